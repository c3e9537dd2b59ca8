//! The visitor's language on pages of ours: which one is spoken, its phrases, and how numbers and days read in it.

mod locale;
mod phrases;

pub use locale::Locale;
#[cfg(test)]
pub(crate) use phrases::assert_complete;
pub use phrases::{Phrases, Texts, fill};

use axum::http::{HeaderMap, header};
use rapport_shared::limit::LANGUAGE_CHARACTERS;
use rapport_shared::survey::nearest_language;

/// The languages that a visitor reads, as the browser lists them: the most welcome first.
pub fn accepted(headers: &HeaderMap) -> impl Iterator<Item = &str> + Clone {
    let list = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    list.split(',').map(|range| range.split(';').next().unwrap_or_default().trim())
}

/// The first of them that one of `tags` is near to.
pub fn spoken<'a, 't>(headers: &'a HeaderMap, tags: impl Iterator<Item = &'t str> + Clone) -> Option<&'a str> {
    accepted(headers).find(|range| nearest_language(tags.clone(), range).is_some())
}

/// Whether a text may stand as a language tag in a page.
pub fn is_tag(text: &str) -> bool {
    text.len() <= LANGUAGE_CHARACTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The attribute `dir` of a page in a language.
pub fn direction(language: &str) -> &'static str {
    if rapport_survey::words::is_right_to_left(language) { "rtl" } else { "ltr" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_there_is_spoken() {
        for (accepted, expected) in
            [("ar-EG,en;q=0.5", Some("ar-EG")), ("xx, pt-BR;q=0.9, de", Some("pt-BR")), ("*", None), ("", None)]
        {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(spoken(&headers, ["ar", "de", "pt"].into_iter()), expected, "{accepted}");
        }
        assert_eq!(spoken(&HeaderMap::new(), ["de"].into_iter()), None);
    }
}
