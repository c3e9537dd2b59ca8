//! Which part of a list an address asks for, and in which order.

use super::{Pairs, value};
use rapport_figures::standing::Standing;
use rapport_report::Listing;
use rapport_report::experience::{By, Listed, SEARCH_CHARACTERS, Sort};
use rapport_shared::survey::Fault;
use rapport_store::response::{Cursor, Suspicious};

/// The last part of a list that can be asked for.
const MOST_PARTS: usize = 1_000_000;

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

/// Reads which part of the list of pages is asked for: `sort`, `order`, which is descending unless it says ascending, `by`, `search` and
/// `part`.
///
/// # Errors
/// The field at fault, with what it may be.
pub fn listed(pairs: &Pairs) -> Result<Listed, Fault> {
    let names: Vec<_> = Sort::EACH.iter().map(|(_, name)| *name).collect();
    let sort = match value(pairs, "sort") {
        None => Sort::Views,
        Some(name) => {
            Sort::parse(name).ok_or_else(|| Fault::new("sort", format!("must be one of {}", names.join(", "))))?
        }
    };
    let ascending = match value(pairs, "order") {
        None | Some("descending") => false,
        Some("ascending") => true,
        Some(_) => return Err(Fault::new("order", "must be ascending or descending")),
    };
    let by = match value(pairs, "by") {
        None => By::Page,
        Some(name) => {
            let by = By::EACH.into_iter().find(|by| by.as_str() == name);
            by.ok_or_else(|| Fault::new("by", "must be page or route"))?
        }
    };
    let search = value(pairs, "search").unwrap_or_default().trim();
    if search.chars().count() > SEARCH_CHARACTERS {
        return Err(Fault::new("search", format!("must be at most {SEARCH_CHARACTERS} characters")));
    }
    let part =
        value(pairs, "part").map_or(Some(1), |text| text.parse().ok().filter(|part| (1..=MOST_PARTS).contains(part)));
    let part = part.ok_or_else(|| Fault::new("part", format!("must be a number from 1 to {MOST_PARTS}")))?;
    Ok(Listed { sort, ascending, by, search: search.to_owned(), part })
}

/// The fields of an address that give this list, but for its part; none for the usual one.
pub fn fields_of(listed: &Listed) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if (listed.sort, listed.ascending) != (Sort::Views, false) {
        fields.push(("sort", listed.sort.as_str().to_owned()));
        fields.push(("order", if listed.ascending { "ascending" } else { "descending" }.to_owned()));
    }
    if listed.by != By::Page {
        fields.push(("by", listed.by.as_str().to_owned()));
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
    fn a_list_of_pages_is_read_as_it_is_written_and_each_fault_is_named() {
        let pairs = |query: &str| form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>();
        for (query, canonical) in [
            ("", ""),
            ("sort=views&order=descending&by=page&search=+&part=3", ""),
            ("sort=lcp&order=ascending&by=route&search=cart", "sort=lcp&order=ascending&by=route&search=cart"),
            ("sort=failed", "sort=failed&order=descending"),
        ] {
            let listed = listed(&pairs(query)).expect(query);
            assert_eq!(super::super::query_of(&fields_of(&listed)), canonical, "{query}");
        }
        assert_eq!(listed(&pairs("part=3")).map(|listed| listed.part), Ok(3));
        let long = format!("search={}", "x".repeat(201));
        for (query, field) in [
            ("sort=price", "sort"),
            ("order=up", "order"),
            ("by=folder", "by"),
            ("part=0", "part"),
            ("part=x", "part"),
            (&long, "search"),
        ] {
            assert_eq!(listed(&pairs(query)).expect_err(query).field, field);
        }
    }
}
