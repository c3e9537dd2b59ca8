//! What product designers look at: every report as a plain struct, which the service writes as JSON and draws as a page.
//!
//! Its vocabulary is [`slice`] (which part of the data), [`period`] (its days), [`figure`] (a value with what is known of it) and
//! `load` (where the rows come from); then there is a module a report. A report is a pure function of rows that the store
//! returns, and nothing here knows of HTTP or of how an address is written. [`Source`] brings both together.

pub mod annotation;
pub mod conversation;
pub mod course;
pub mod csv;
pub mod customer;
pub mod delivery;
pub mod driver;
pub mod error_group;
pub mod event;
pub mod experience;
pub mod feedback;
pub mod figure;
pub mod fix;
pub mod form;
pub mod heat;
pub mod input;
pub mod install;
pub mod issue;
pub mod journey;
mod load;
pub mod overview;
pub mod page;
pub mod period;
pub mod persona;
pub mod response;
pub mod retention;
pub mod reviews;
pub mod route;
pub mod rule_change;
pub mod scorecard;
pub mod slice;
pub mod survey;
pub mod target;
pub mod ticket;
pub mod timeline;
pub mod visits;
pub mod vital_cause;
pub mod word;

pub use load::{Listing, PagesBy, Source};

use rapport_figures::sketch::SketchError;
use rapport_shared::survey::Fault;
use rapport_store::StoreError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be told for this slice: each field at fault, with what can be asked for.
    #[error("cannot be told: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Untold(Vec<Fault>),
}

impl From<Vec<Fault>> for ReportError {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Untold(faults)
    }
}

impl From<SketchError> for ReportError {
    fn from(error: SketchError) -> Self {
        Self::Store(StoreError::Inconsistent(format!("rollup_page: {error}")))
    }
}
