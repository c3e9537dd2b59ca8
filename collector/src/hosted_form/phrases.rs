//! What the form's page itself says, in the interface's languages.

use rapport_shared::survey::nearest_language;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The answers so far are stored.
pub const SAVED: &str = "saved";
/// The link is for one recipient: under what their answer is kept, and the last day of the link.
pub const PERSONAL: &str = "personal";
/// The recipient's link is too old: its last day.
pub const EXPIRED: &str = "expired";
/// The link is not as it was signed.
pub const FORGED: &str = "forged";
/// The link carries an answer that the question does not take.
pub const MISFIT: &str = "misfit";
/// Heading for a survey that is not asked any more.
pub const CLOSED_TITLE: &str = "closed_title";
/// It was switched off.
pub const CLOSED: &str = "closed";
/// Its quota is reached.
pub const FULL: &str = "full";
/// Heading for an address without a survey.
pub const UNKNOWN_TITLE: &str = "unknown_title";
/// What may have become of the address.
pub const UNKNOWN: &str = "unknown";
/// Error: answers are missing or too long.
pub const MARKED: &str = "marked";
/// Error: the collector could not store the answers.
pub const UNKEPT: &str = "unkept";
/// Said where no script can confirm the answer of a link.
pub const CONFIRM: &str = "confirm";

type Phrases = BTreeMap<String, BTreeMap<String, String>>;

static ALL: LazyLock<Phrases> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../static/form-words.json")).expect("a test reads the phrases")
});

/// A phrase in the nearest language there is, with `values` in its places.
pub fn phrase(language: &str, key: &str, values: &[&str]) -> String {
    let tag = nearest_language(ALL.keys().map(String::as_str), language).unwrap_or("en");
    let text = ALL.get(tag).and_then(|words| words.get(key)).map_or(key, String::as_str);
    let mut pieces = text.split("{}");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for (at, piece) in pieces.enumerate() {
        filled += values.get(at).copied().unwrap_or_default();
        filled += piece;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        let english = &ALL["en"];
        assert_eq!(ALL.len(), 24);
        for (tag, words) in ALL.iter() {
            assert_eq!(words.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{tag}");
            for (key, text) in words {
                assert_eq!(text.matches("{}").count(), english[key].matches("{}").count(), "{tag}: {key}");
                assert!(!text.trim().is_empty(), "{tag}: {key}");
            }
        }
        for key in [
            SAVED,
            PERSONAL,
            EXPIRED,
            FORGED,
            MISFIT,
            CLOSED_TITLE,
            CLOSED,
            FULL,
            UNKNOWN_TITLE,
            UNKNOWN,
            MARKED,
            UNKEPT,
            CONFIRM,
        ] {
            assert!(english.contains_key(key), "{key}");
        }
        assert!(phrase("de-CH", PERSONAL, &["K-1", "2026-03-31"]).contains("unter K-1 aufbewahrt"));
        assert_eq!(phrase("xx", SAVED, &[]), "Your answer is saved.");
    }
}
