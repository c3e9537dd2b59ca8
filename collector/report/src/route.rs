//! Routes: which pages are one but for an id in their path, `/orders/7` and `/orders/8`.
//!
//! A site can say it with patterns of its own, where `*` stands for what lies within one part of a path and `**` for anything. All
//! other paths are grouped by what looks like an id: a number, a UUID, a hash or a token.

use rapport_shared::survey::Fault;
use rapport_shared::targeting::fits_glob;
use rapport_store::route::{PATTERN_BYTES, ROUTES};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What stands in place of an id.
pub const ID: &str = ":id";
/// Shortest hash, in hexadecimal digits: Git's short form.
const HASH_DIGITS: usize = 7;
/// Shortest token that is no word, in characters.
const TOKEN_CHARACTERS: usize = 16;

/// The routes of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// Patterns, those that fit fewest paths first.
    patterns: Vec<String>,
}

impl Routes {
    /// Routes by patterns of the site's own; of several that fit the narrowest counts: the one with fewest stars, then the longest.
    pub fn new(patterns: Vec<String>) -> Self {
        let mut patterns = patterns;
        let stars = |pattern: &str| (pattern.matches("**").count(), pattern.matches('*').count());
        patterns.sort_by_key(|pattern| (stars(pattern), std::cmp::Reverse(pattern.len()), pattern.clone()));
        Self { patterns }
    }

    /// The route of a page: the site's own pattern that fits it, else its path with [`ID`] for each part that looks like an id.
    pub fn of<'a>(&'a self, path: &'a str) -> Cow<'a, str> {
        match self.pattern_of(path) {
            Some(pattern) => Cow::Borrowed(pattern),
            None => without_ids(path),
        }
    }

    /// The site's own pattern that fits a page.
    pub fn pattern_of(&self, path: &str) -> Option<&str> {
        self.patterns.iter().find(|pattern| fits_glob(pattern, path)).map(String::as_str)
    }

    /// The same with one more pattern.
    pub fn with(&self, pattern: &str) -> Self {
        Self::new(self.patterns.iter().cloned().chain([pattern.to_owned()]).collect())
    }
}

/// A pattern that would bring pages together, and how many of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The pattern.
    pub pattern: String,
    /// How many pages fit it that no pattern of the site fits yet.
    pub pages: usize,
}

/// So many pages that differ in one part alone are proposed as a route.
const MANY: usize = 10;
/// Most patterns that are proposed.
const PROPOSED: usize = 10;

impl Routes {
    /// Patterns for pages that differ in one part alone, such as the articles of a blog: what has no id in its path is found by how many
    /// there are. Those of most pages first; the first part of a path tells what a page is for, and stays.
    pub fn proposed<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Vec<Proposal> {
        let mut values: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for path in paths {
            if self.pattern_of(path).is_some() || path.contains('*') {
                continue;
            }
            let parts: Vec<_> = path.split('/').collect();
            for place in 2..parts.len() {
                if is_id(parts[place]) || parts[place].is_empty() {
                    continue;
                }
                let part = |(other, part): (usize, &&'a str)| {
                    if other == place || is_id(part) { "*" } else { *part }
                };
                let pattern = parts.iter().enumerate().map(part).collect::<Vec<_>>().join("/");
                values.entry(pattern).or_default().insert(path);
            }
        }
        let many = values.into_iter().filter(|(_, pages)| pages.len() >= MANY);
        let mut proposals: Vec<_> = many.map(|(pattern, pages)| Proposal { pattern, pages: pages.len() }).collect();
        proposals.sort_by(|one, other| other.pages.cmp(&one.pages).then_with(|| one.pattern.cmp(&other.pattern)));
        proposals.truncate(PROPOSED);
        proposals
    }
}

/// That a text can be a pattern.
///
/// # Errors
/// The field `pattern`, with what it may be.
pub fn checked(text: &str) -> Result<String, Fault> {
    let pattern = text.trim();
    let fault = |reason: String| Err(Fault::new("pattern", reason));
    if !pattern.starts_with('/') || pattern.chars().any(char::is_control) {
        return fault("must be a path with * for what differs, such as /docs/*".into());
    }
    if !pattern.contains('*') {
        return fault("must have a * for what differs: without one it is a single page".into());
    }
    if pattern.len() > PATTERN_BYTES {
        return fault(format!("must be at most {PATTERN_BYTES} bytes"));
    }
    Ok(pattern.to_owned())
}

/// That a site has as many as it may.
pub fn too_many() -> Fault {
    Fault::new("pattern", format!("is one too many: a site has at most {ROUTES} patterns"))
}

/// The pages that a pattern takes in, in their order.
pub fn taken_in<'a>(pattern: &str, pages: &'a [String]) -> Vec<&'a String> {
    pages.iter().filter(|page| fits_glob(pattern, page)).collect()
}

/// A path with [`ID`] for each part that looks like an id.
fn without_ids(path: &str) -> Cow<'_, str> {
    if !path.split('/').any(is_id) {
        return Cow::Borrowed(path);
    }
    let parts: Vec<_> = path.split('/').map(|part| if is_id(part) { ID } else { part }).collect();
    Cow::Owned(parts.join("/"))
}

/// Whether a part of a path looks like an id: a number, a UUID, a hash in hexadecimal, or a long token of letters and digits.
fn is_id(part: &str) -> bool {
    let (mut digits, mut hexadecimal, mut others) = (0, 0, 0);
    for byte in part.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'f' | b'A'..=b'F' => hexadecimal += 1,
            b'-' | b'_' | b'g'..=b'z' | b'G'..=b'Z' => others += 1,
            // A word in another script, a file with an ending: people wrote that.
            _ => return false,
        }
    }
    let is_number = digits > 0 && digits == part.len();
    let is_hash = digits > 0 && others == 0 && digits + hexadecimal >= HASH_DIGITS;
    is_number || is_hash || is_uuid(part) || is_token(part, digits)
}

/// A UUID as it is written (RFC 9562, 4).
fn is_uuid(part: &str) -> bool {
    let lengths = part.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A token without a dash between words, in which digits and letters are mixed.
fn is_token(part: &str, digits: usize) -> bool {
    let is_plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A word with a year behind it has its digits together.
    let turns = part.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    is_plain && part.len() >= TOKEN_CHARACTERS && digits > 1 && turns >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_words() {
        for (path, route) in [
            ("/", "/"),
            ("/orders/7", "/orders/:id"),
            ("/orders/7/items/0012", "/orders/:id/items/:id"),
            ("/u/0198f3b2-5f3a-7cc1-9d11-2f3a4b5c6d7e/edit", "/u/:id/edit"),
            ("/commit/3f5b275", "/commit/:id"),
            ("/commit/3f5b275c0ffee0000000000000000000deadbeef", "/commit/:id"),
            ("/i/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/i/:id"),
            ("/f/dQw4w9WgXcQ1aB2c", "/f/:id"),
            ("/orders/7/", "/orders/:id/"),
            // Words, also such as could be read in hexadecimal, years in names, files and versions.
            ("/facade/decade", "/facade/decade"),
            ("/blue-mug-2", "/blue-mug-2"),
            ("/v2/docs", "/v2/docs"),
            ("/conference2026programme", "/conference2026programme"),
            ("/report-2026.pdf", "/report-2026.pdf"),
            ("/internationalization", "/internationalization"),
            ("/каталог/12", "/каталог/:id"),
            ("", ""),
        ] {
            assert_eq!(Routes::default().of(path), route, "{path}");
        }
    }

    #[test]
    fn the_narrowest_pattern_of_the_site_counts_before_what_looks_like_an_id() {
        let routes = Routes::new(["/docs/**", "/docs/*", "/docs/api-*", "/p/*/reviews"].map(str::to_owned).to_vec());
        for (path, route) in [
            ("/docs/start", "/docs/*"),
            ("/docs/api-keys", "/docs/api-*"),
            ("/docs/guides/start", "/docs/**"),
            ("/p/mug/reviews", "/p/*/reviews"),
            ("/p/12", "/p/:id"),
            ("/p/mug", "/p/mug"),
        ] {
            assert_eq!(routes.of(path), route, "{path}");
        }
        assert_eq!(routes.with("/p/*").of("/p/mug"), "/p/*");
    }

    #[test]
    fn many_pages_that_differ_in_one_part_are_proposed_as_a_route() {
        let mut paths: Vec<_> = (0..12).map(|place| format!("/blog/about-{place}-things")).collect();
        paths.extend((0..9).map(|place| format!("/help/topic-{place}-x")));
        paths.extend((0..40).map(|place| format!("/orders/{place}")));
        paths.extend(
            (0..11).map(|place| format!("/shop/{}/reviews", ["mug", "vase", "pot"][place % 3].repeat(place / 3 + 1))),
        );
        let of = |routes: &Routes| {
            let proposals = routes.proposed(paths.iter().map(String::as_str)).into_iter();
            proposals.map(|proposal| (proposal.pattern, proposal.pages)).collect::<Vec<_>>()
        };
        // Orders are one already, and nine topics are not many.
        assert_eq!(of(&Routes::default()), [("/blog/*".to_owned(), 12), ("/shop/*/reviews".to_owned(), 11)]);
        assert_eq!(of(&Routes::new(vec!["/blog/*".into()])), [("/shop/*/reviews".to_owned(), 11)]);
    }

    #[test]
    fn a_pattern_that_cannot_be_one_is_refused_with_what_it_may_be() {
        assert_eq!(checked(" /docs/* "), Ok("/docs/*".to_owned()));
        for text in ["", "docs/*", "/docs", "/a\n*", &format!("/{}*", "x".repeat(512))] {
            assert_eq!(checked(text).expect_err(text).field, "pattern");
        }
    }
}
