//! What the form's page itself says, in the interface's languages.

use crate::language::fill;
use rapport_words::Language;

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
/// The answer of a link counts once the button is pressed.
pub const CONFIRM: &str = "confirm";

/// A phrase in the nearest language there is, with `values` in its places.
pub fn phrase(language: &str, key: &str, values: &[&str]) -> String {
    fill(Language::spoken(language).hosted_form.get(key).unwrap_or(key), values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_said_what_no_language_says() {
        let said = [
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
        ];
        for key in said {
            assert!(rapport_words::ENGLISH.hosted_form.get(key).is_some(), "{key}");
        }
        assert_eq!(rapport_words::ENGLISH.hosted_form.0.len(), said.len(), "nobody says the rest");
        assert_eq!(phrase("no", SAVED, &[]), "Svaret ditt er lagret.");
        assert_eq!(phrase("de", EXPIRED, &["heute"]).matches("heute").count(), 1);
    }
}
