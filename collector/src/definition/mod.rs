//! Definitions that people write as JSON files, surveys and themes: read with every fault told by its field and limit.

mod shape;
mod survey;
#[cfg(test)]
mod survey_test;
mod theme;

use crate::ingest::fault;
use rapport_shared::survey::{Fault, Survey};
use rapport_shared::theme::Theme;
use serde::de::DeserializeOwned;
use shape::Shape;

/// Reads a survey's definition.
///
/// # Errors
/// Everything that is wrong with it: first what cannot be read, and once all can, what cannot be meant.
pub fn survey(text: &str) -> Result<Survey, Vec<Fault>> {
    read(text, &survey::SURVEY, Survey::faults)
}

/// Reads a theme.
///
/// # Errors
/// Everything that is wrong with it, as for [`survey()`].
pub fn theme(text: &str) -> Result<Theme, Vec<Fault>> {
    read(text, &theme::THEME, Theme::faults)
}

fn read<T: DeserializeOwned>(text: &str, shape: &Shape, faults_of: fn(&T) -> Vec<Fault>) -> Result<T, Vec<Fault>> {
    let value = serde_json::from_str(text).map_err(|error| vec![fault::of_syntax(&error)])?;
    let faults = shape.faults("", &value);
    if !faults.is_empty() {
        return Err(faults);
    }
    // From the text: a field that is given twice is one in the value.
    let read: T = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
        .map_err(|error| vec![fault::of_parse(&error)])?;
    let faults = faults_of(&read);
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}
