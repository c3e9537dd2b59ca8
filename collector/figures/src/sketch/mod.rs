//! Mergeable sketches as small strings of bytes that databases keep: quantiles, numbers of unique visitors, counts of cells.
//!
//! The first byte names the version of the encoding. Bytes come from a database that others can write to, so reading
//! them never panics and never allocates more than a full sketch needs.

mod cells;
mod quantile;
mod unique;
mod varint;

pub use cells::CellCounts;
pub use quantile::{QuantileSketch, Stratum, stratified_score};
pub use unique::{UniqueSketch, stable_hash};

/// Why bytes are not a sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SketchError {
    /// The bytes begin with an unknown version, or there are none.
    Version,
    /// The bytes end in the middle of something.
    Truncated,
    /// A number is out of its range.
    Range,
}

impl core::fmt::Display for SketchError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Version => "sketch bytes begin with an unknown version",
            Self::Truncated => "sketch bytes end too early",
            Self::Range => "sketch bytes hold a number out of range",
        })
    }
}

impl core::error::Error for SketchError {}
