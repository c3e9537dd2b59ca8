//! What a signal says besides what all signals say: the place of an error, the properties of an event, the parts of a vital.

use crate::{Row, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The detail of a signal, kept as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignalDetail {
    /// Of an error the file of the frame that tells most, as its address has it, without origin.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The function, as the browser called it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub function: String,
    /// The line; 0 when unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub line: u32,
    /// The column; 0 when unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub column: u32,
    /// Of a custom event its properties, as texts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// Of a vital what it is made of: see `rapport_shared::wire::Signal::parts`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<u32>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl SignalDetail {
    /// As it is kept; `None` where nothing is said.
    pub fn to_json(&self) -> Option<String> {
        if *self == Self::default() {
            return None;
        }
        // Serializing texts and numbers to memory cannot fail.
        serde_json::to_string(self).ok()
    }

    /// Reads the column `detail` of a row; what a newer collector wrote otherwise says nothing here.
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(row.text_or_null("detail")?.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default())
    }
}
