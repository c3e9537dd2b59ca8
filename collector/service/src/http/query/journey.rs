//! Which journeys an address asks for: pages or routes, and those around one of them.

use super::{Pairs, value};
use rapport_report::PagesBy;
use rapport_shared::limit::PATH_BYTES;
use rapport_shared::survey::Fault;
use rapport_store::text::path;

/// Reads `by`, which is `route` unless it says `page`, and `around`.
///
/// # Errors
/// The field at fault, with what it may be.
pub fn asked(pairs: &Pairs) -> Result<(PagesBy, Option<String>), Fault> {
    let by = match value(pairs, "by") {
        None | Some("route") => PagesBy::Route,
        Some("page") => PagesBy::Page,
        Some(_) => return Err(Fault::new("by", "must be route or page")),
    };
    let around = match value(pairs, "around") {
        None => None,
        Some(text) if text.starts_with('/') && text.len() <= PATH_BYTES => Some(path(text)),
        Some(_) => {
            return Err(Fault::new(
                "around",
                format!("must be a path or a route such as /cart, of at most {PATH_BYTES} bytes"),
            ));
        }
    };
    Ok((by, around))
}

/// The fields that ask for it.
pub fn fields(by: PagesBy, around: Option<&str>) -> Vec<(&'static str, String)> {
    let by = (by != PagesBy::default()).then(|| ("by", by.as_str().to_owned()));
    by.into_iter().chain(around.map(|around| ("around", around.to_owned()))).collect()
}
