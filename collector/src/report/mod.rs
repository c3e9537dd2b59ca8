//! What product designers look at: every report as a plain struct, which `api` writes as JSON and `dashboard` as a page.
//!
//! A report is a pure function of rollup rows. SQL (in `store::reports`) returns counts and sketches, `shared` does the
//! arithmetic, and nothing here knows of HTTP. [`Source`] brings both together.

pub mod experience;
pub mod feedback;
pub mod figure;
pub mod filter;
pub mod install;
mod load;
pub mod overview;
pub mod page;
pub mod period;
pub mod response;
pub mod scale;
mod source;
pub mod sums;
pub mod survey;
pub mod timeline;

pub use source::Source;

use crate::store::StoreError;
use rapport_shared::sketch::SketchError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SketchError> for ReportError {
    fn from(error: SketchError) -> Self {
        Self::Store(StoreError::Inconsistent(format!("rollup_page: {error}")))
    }
}
