//! What product designers look at: every report as a plain struct, which `api` writes as JSON and `dashboard` as a page.
//!
//! A report is a pure function of rollup rows. SQL (in `store::reports`) returns counts and sketches, `shared` does the
//! arithmetic, and nothing here knows of HTTP. [`Source`] brings both together.

pub mod csv;
pub mod delivery;
#[cfg(test)]
mod equality_test;
pub mod experience;
pub mod feedback;
pub mod figure;
pub mod filter;
mod former;
pub mod install;
pub mod label;
mod load;
pub mod overview;
pub mod page;
pub mod period;
pub mod response;
pub mod reviews;
pub mod scale;
mod source;
#[cfg(test)]
mod source_test;
pub mod sums;
pub mod survey;
pub mod timeline;

pub use source::{Listing, Source, parse_cursor};

use experience::Sort;
use filter::{Pairs, value};
use rapport_figures::sketch::SketchError;
use rapport_figures::standing::Standing;
use rapport_shared::survey::Fault;
use rapport_store::StoreError;
use rapport_store::response::Suspicious;

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

/// Reads which responses to list: `score`, `with`, `after`.
///
/// # Errors
/// The field at fault, with what it may be.
pub fn listing(pairs: &Pairs) -> Result<Listing, Fault> {
    let standing = value(pairs, "score")
        .filter(|name| !name.is_empty())
        .map(|name| Standing::parse(name).ok_or_else(|| Fault::new("score", "must be low, middle or high")));
    let standing = standing.transpose()?;
    let words = match value(pairs, "with") {
        None => false,
        Some("words") => true,
        Some(_) => return Err(Fault::new("with", "must be words")),
    };
    let suspicious = match value(pairs, "suspicious") {
        None => Suspicious::LeftOut,
        Some("included") => Suspicious::Included,
        Some("only") => Suspicious::Only,
        Some(_) => return Err(Fault::new("suspicious", "must be included or only")),
    };
    let after = match value(pairs, "after") {
        None => None,
        Some(text) => {
            Some(source::parse_cursor(text).ok_or_else(|| Fault::new("after", "must be the `next` of a page before"))?)
        }
    };
    Ok(Listing { standing, words, suspicious, after })
}

/// Reads what a list of pages is sorted by: `sort`, and `order`, which is descending unless it says ascending.
///
/// # Errors
/// The field at fault, with what it may be.
pub fn order(pairs: &Pairs) -> Result<(Sort, bool), Fault> {
    let names: Vec<_> = Sort::EACH.iter().map(|(_, name)| *name).collect();
    let sort = match value(pairs, "sort") {
        None => Sort::Views,
        Some(name) => {
            Sort::parse(name).ok_or_else(|| Fault::new("sort", format!("must be one of {}", names.join(", "))))?
        }
    };
    match value(pairs, "order") {
        None | Some("descending") => Ok((sort, false)),
        Some("ascending") => Ok((sort, true)),
        Some(_) => Err(Fault::new("order", "must be ascending or descending")),
    }
}
