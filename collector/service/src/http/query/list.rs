//! Which part of a list an address asks for, and in which order.

use super::{Pairs, value};
use rapport_figures::standing::Standing;
use rapport_report::Listing;
use rapport_report::experience::Sort;
use rapport_shared::survey::Fault;
use rapport_store::response::{Cursor, Suspicious};

/// Reads a place in a list, as [`Cursor`] writes it.
///
/// # Errors
/// The field, where it names no place.
pub fn place(pairs: &Pairs, name: &str) -> Result<Option<Cursor>, Fault> {
    let read = |text| Cursor::parse(text).ok_or_else(|| Fault::new(name, "must be the `next` of a page before"));
    value(pairs, name).map(read).transpose()
}

/// Reads which responses to list: `score`, `with`, `after`.
///
/// # Errors
/// The field at fault, with what it may be.
pub fn listing(pairs: &Pairs) -> Result<Listing, Fault> {
    let standing = value(pairs, "score")
        .filter(|name| !name.is_empty())
        .map(|name| Standing::parse(name).ok_or_else(|| Fault::new("score", "must be low, middle or high")))
        .transpose()?;
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
    Ok(Listing { standing, words, suspicious, after: place(pairs, "after")? })
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
