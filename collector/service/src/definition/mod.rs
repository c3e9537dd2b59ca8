//! Definitions that people write, surveys and themes, as JSON files or in a form: read with every fault told by its field and limit.

pub(crate) mod act;
pub(crate) mod difference;
pub(crate) mod follow;
pub(crate) mod form;
pub(crate) mod form_words;
pub(crate) mod pool;
pub(crate) mod reach;
mod shape;
pub(crate) mod survey;
#[cfg(test)]
mod survey_test;
pub(crate) mod theme;

use rapport_ingest::{fault, repaired};
use rapport_shared::survey::{Fault, Survey};
use rapport_shared::theme::Theme;
use serde::de::DeserializeOwned;
use shape::Shape;

/// Reads a survey's definition.
///
/// # Errors
/// Everything that is wrong with it: what cannot be read, and of what can be, what cannot be meant. What depends on a part
/// that cannot be read is not judged.
pub fn survey(text: &str) -> Result<Survey, Vec<Fault>> {
    read(text, &survey::SURVEY, Survey::faults_apart_from)
}

/// The kinds of question, each with what people read.
pub fn question_kinds() -> Vec<(&'static str, String)> {
    let Shape::Tagged { variants, .. } = &survey::QUESTION else { return Vec::new() };
    variants.iter().map(|(kind, _)| (*kind, form_words::option("kind", kind))).collect()
}

/// A survey as it is written, without the version that the collector counts.
pub fn written(survey: &Survey) -> serde_json::Value {
    let mut value = serde_json::to_value(survey).unwrap_or_default();
    value.as_object_mut().map(|object| object.remove("version"));
    value
}

/// What can be read of a survey's definition, faults and all.
pub fn readable_survey(value: &serde_json::Value) -> Option<Survey> {
    serde_json::from_value(survey::SURVEY.read(value).0).ok()
}

/// Reads a theme.
///
/// # Errors
/// Everything that is wrong with it: first what cannot be read, and once all can, what cannot be meant, since its colours
/// are judged together.
pub fn theme(text: &str) -> Result<Theme, Vec<Fault>> {
    read(text, &theme::THEME, |theme: &Theme, unread| if unread.is_empty() { theme.faults() } else { Vec::new() })
}

/// Reads a document. `faults_of` gives what cannot be meant, apart from the fields that could not be read.
fn read<T: DeserializeOwned>(
    text: &str,
    shape: &Shape,
    faults_of: fn(&T, &[String]) -> Vec<Fault>,
) -> Result<T, Vec<Fault>> {
    // Half of a character that was cut is no reason to turn the whole away.
    let repaired = repaired(text.as_bytes());
    let text = &String::from_utf8_lossy(&repaired);
    let value = serde_json::from_str(text).map_err(|error| vec![fault::of_syntax(&error)])?;
    let (readable, mut faults) = shape.read(&value);
    // From the text where all fits: a field that is given twice is one in the value.
    if faults.is_empty() {
        let whole = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_str(text));
        faults.extend(whole.err().map(|error| fault::of_parse(&error)));
    }
    let unread: Vec<String> = faults.iter().map(|fault| fault.field.clone()).collect();
    let Ok(read) = serde_json::from_value(readable) else { return Err(faults) };
    faults.extend(faults_of(&read, &unread));
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}
