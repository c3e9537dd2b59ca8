//! The visitor's language on pages of ours: which one is spoken, and how numbers and days read in it. What is said in it is
//! `rapport_words`'.

mod locale;
mod phrases;

pub use locale::Locale;
pub use phrases::fill;

use axum::http::{HeaderMap, header};
use rapport_shared::language::{is_right_to_left, nearest_language};

/// Most languages that are looked at: nobody reads more.
const READ: usize = 20;

/// The languages that a visitor reads, the most welcome first (RFC 9110, 12.5.4).
pub fn accepted(headers: &HeaderMap) -> Vec<&str> {
    let list = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut ranges: Vec<(&str, f32)> = list.split(',').take(READ).map(weighed).collect();
    ranges.retain(|(range, weight)| *weight > 0.0 && !range.is_empty());
    ranges.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    ranges.into_iter().map(|(range, _)| range).collect()
}

/// A language and its weight, 1 where none is said.
fn weighed(entry: &str) -> (&str, f32) {
    let (range, parameters) = entry.split_once(';').unwrap_or((entry, ""));
    let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse().ok());
    (range.trim(), weight.unwrap_or(1.0))
}

/// The first of them that one of `tags` stands for.
pub fn spoken<'a, 't>(headers: &'a HeaderMap, tags: impl Iterator<Item = &'t str> + Clone) -> Option<&'a str> {
    accepted(headers).into_iter().find(|range| nearest_language(tags.clone(), range).is_some())
}

/// The attribute `dir` of a page in a language.
pub fn direction(language: &str) -> &'static str {
    if is_right_to_left(language) { "rtl" } else { "ltr" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_there_is_spoken() {
        for (accepted, expected) in [
            ("ar-EG,en;q=0.5", Some("ar-EG")),
            ("xx, pt-BR;q=0.9, de", Some("de")),
            ("xx, pt-BR;q=0.9, de;q=0.8", Some("pt-BR")),
            ("de;q=0, pt", Some("pt")),
            ("de;q=much", Some("de")),
            ("*", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(spoken(&headers, ["ar", "de", "pt"].into_iter()), expected, "{accepted}");
        }
        assert_eq!(spoken(&HeaderMap::new(), ["de"].into_iter()), None);
    }
}
