//! Texts that were found, the newest first.

use super::Written;
use rapport_figures::standing::Standing;
use rapport_store::word::Source;
use serde::Serialize;
use utoipa::ToSchema;

/// Which texts are asked for, besides the slice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Words that have to be in them; empty for any.
    pub search: String,
    /// Only answers to this survey; empty for all.
    pub survey: String,
    /// Only of this source.
    pub source: Option<Source>,
    /// Only beside a score that stands there.
    pub standing: Option<Standing>,
    /// Only of the theme with this key; empty for all.
    pub theme: String,
    /// Only those after this place of the list.
    pub after: Option<i64>,
}

/// Texts of some days.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WordList {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// What was searched for.
    pub search: String,
    /// How many there are: exact unless `more`.
    pub total: u64,
    /// Whether there are more than that.
    pub more: bool,
    /// These, the newest first.
    pub texts: Vec<Written>,
    /// The `after` of those that follow.
    pub next: Option<String>,
}
