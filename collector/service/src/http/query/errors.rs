//! Which part of the list of errors an address asks for, and in which order.

use super::{Pairs, value};
use rapport_report::error_group::{ErrorSort, ErrorsListed, SEARCH_CHARACTERS};
use rapport_shared::survey::Fault;

/// The last part of the list that can be asked for.
const MOST_PARTS: usize = 1_000;

/// Reads `sort`, `search` and `part`.
///
/// # Errors
/// The field at fault, with what it may be.
pub fn listed(pairs: &Pairs) -> Result<ErrorsListed, Fault> {
    let names = ErrorSort::EACH.map(|(_, name)| name).join(", ");
    let sort = match value(pairs, "sort") {
        None => ErrorSort::Views,
        Some(name) => ErrorSort::parse(name).ok_or_else(|| Fault::new("sort", format!("must be one of {names}")))?,
    };
    let search = value(pairs, "search").unwrap_or_default().trim().to_owned();
    if search.chars().count() > SEARCH_CHARACTERS {
        return Err(Fault::new("search", format!("must be at most {SEARCH_CHARACTERS} characters")));
    }
    let part =
        value(pairs, "part").map_or(Some(1), |text| text.parse().ok().filter(|part| (1..=MOST_PARTS).contains(part)));
    let part = part.ok_or_else(|| Fault::new("part", format!("must be a number from 1 to {MOST_PARTS}")))?;
    Ok(ErrorsListed { sort, search, part })
}

/// The fields of an address that give this list, but for its part; none for the usual one.
pub fn fields_of(listed: &ErrorsListed) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if listed.sort != ErrorSort::Views {
        fields.push(("sort", listed.sort.as_str().to_owned()));
    }
    if !listed.search.is_empty() {
        fields.push(("search", listed.search.clone()));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_errors_is_read_as_it_is_written_and_each_fault_is_named() {
        let pairs = |query: &str| form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>();
        for query in ["", "sort=last_seen", "sort=visitors&search=cart"] {
            let listed = listed(&pairs(query)).expect(query);
            assert_eq!(super::super::query_of(&fields_of(&listed)), query);
        }
        let long = format!("search={}", "x".repeat(201));
        for (query, field) in [("sort=price", "sort"), ("part=0", "part"), (&long, "search")] {
            assert_eq!(listed(&pairs(query)).expect_err(query).field, field);
        }
    }
}
