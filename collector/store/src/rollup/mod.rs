//! Counts and sketches per hour and day, so that no page ever scans a month of raw rows.
//!
//! Ingest marks the hours it changes in its own transaction. A report reads clean days and hours from the rollups and
//! aggregates dirty hours from their rows with the same code that [`rebuild`] has, so it is never behind.
//! Sketches cannot forget, so nothing is patched: a dirty hour is aggregated anew, and so is its day once it is over.
//!
//! Each rollup is a file (`page`, `signal`, `answer`, `survey`) that says its table, what identifies a row, what it counts and
//! how it is made of the raw rows of an hour; [`registry`] lists them, and everything else is written once for all of them.

pub mod answer;
mod bucket;
pub mod came;
pub mod crowd;
pub mod error;
pub mod event;
pub mod fact;
pub mod form;
pub mod heat;
pub mod hour;
pub mod issue;
pub mod measured;
pub mod narrow;
pub mod page;
mod plan;
pub mod range;
pub mod rebuild;
pub mod registry;
#[cfg(test)]
mod registry_test;
pub mod release;
mod repath;
#[cfg(test)]
mod repath_test;
pub mod row;
pub mod scroll;
pub mod signal;
pub mod survey;
pub mod table;
mod total;
pub mod vital;
pub mod words;

pub use answer::{AnswerGiven, AnswerRollup, PathAnswer};
pub use bucket::HourRollup;
pub use crowd::CrowdRollup;
pub use error::ErrorRollup;
pub use event::EventRollup;
pub use fact::FactRollup;
pub use form::FormRollup;
pub use heat::HeatRollup;
pub use hour::HourRows;
pub use issue::{IssueRollup, IssueSums};
pub use page::{Continued, PageRollup, View};
pub use plan::{BucketPlan, buckets, fresh, of_hour, until};
pub use registry::{ROLLUPS, Rollup};
pub use release::ReleaseRollup;
pub use scroll::ScrollRollup;
pub use signal::{SignalRollup, SignalSeen};
pub use survey::{SurveyRollup, SurveyStep};
pub use vital::VitalRollup;

/// Milliseconds of an hour, as most are.
#[cfg(test)]
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// What a row of a rollup is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// An hour of the site's time zone.
    Hour,
    /// A calendar day of the site's time zone.
    Day,
    /// The part of an hour whose rows were erased: every rebuild of the hour adds it.
    Erased,
}

impl Grain {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Erased => "erased",
        }
    }

    /// The grain of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Hour, Self::Day, Self::Erased].into_iter().find(|grain| grain.as_str() == name)
    }
}
