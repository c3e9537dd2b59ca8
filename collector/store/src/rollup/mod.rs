//! Counts and sketches per hour and day, so that no page ever scans a month of raw rows.
//!
//! Ingest marks the hours it changes in its own transaction. A report reads clean days and hours from the rollups and
//! aggregates dirty hours from their rows with the same code that [`job`] rebuilds them with, so it is never behind.
//! Sketches cannot forget, so nothing is patched: a dirty hour is aggregated anew, and so is its day once it is over.

pub mod aggregate;
mod answers;
pub mod counts;
pub mod narrow;
mod pages;
mod plan;
pub mod rebuild;
pub mod row;
pub mod run;
pub mod table;
mod visits;

pub use aggregate::HourRollup;
pub use plan::{BucketPlan, buckets, fresh, of_hour, until};
pub use row::{AnswerRollup, PageRollup, SignalRollup, SurveyRollup};

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
}
