//! Text from browsers, made fit to keep: no card numbers, no control characters, no invisible direction changes, bounded. It
//! is scrubbed before it is cut: the half of a card number would pass for something else.

mod path;
mod scrub;

pub use path::{path, path_characters};

use crate::text::scrub::card_numbers;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Characters that are never kept: controls other than tab and newline (NUL does not fit PostgreSQL either), and the
/// bidirectional embeddings, overrides and isolates that can make shown text lie about its order.
fn is_unwanted(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text with one line feed for each line break, as people count them: some systems write two characters.
pub fn line_breaks(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\n").into(),
        false => text.into(),
    }
}

/// Human words: card numbers, unwanted characters and outer white space removed, each line break one line feed.
pub fn words(text: &str) -> String {
    card_numbers(&line_breaks(text))
        .chars()
        .filter(|character| !is_unwanted(*character))
        .collect::<String>()
        .trim()
        .to_owned()
}

/// One line of machine text: card numbers and unwanted characters removed, line breaks turned into spaces, cut to `most`
/// characters between two that people see as such.
pub fn line(text: Cow<'_, str>, most: usize) -> String {
    let text = match card_numbers(&text) {
        Cow::Owned(scrubbed) => Cow::Owned(scrubbed),
        Cow::Borrowed(_) => text,
    };
    if text.len() <= most && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.into_owned();
    }
    let line = line_breaks(&text)
        .chars()
        .map(|character| if matches!(character, '\n' | '\t') { ' ' } else { character })
        .filter(|character| !is_unwanted(*character))
        .collect();
    beginning(line, most)
}

/// The beginning of a text, at most so many characters. It ends between two characters as people see them, unless the first of
/// them alone is too long.
pub fn beginning(mut text: String, most: usize) -> String {
    if text.len() > most {
        let mut characters = 0;
        let ends = text.grapheme_indices(true).map(|(start, grapheme)| {
            characters += grapheme.chars().count();
            (start + grapheme.len(), characters)
        });
        let end = ends.take_while(|(_, characters)| *characters <= most).last().map(|(end, _)| end);
        let whole = || text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
        let end = end.unwrap_or_else(whole);
        text.truncate(end);
    }
    text
}

/// An address without query and hash, as a line of at most `most` characters.
pub fn address(text: Cow<'_, str>, most: usize) -> String {
    let end = before_query(&text).len();
    if end == text.len() { line(text, most) } else { line(Cow::Borrowed(&text[..end]), most) }
}

/// An address up to its query or hash.
fn before_query(text: &str) -> &str {
    text.find(['?', '#']).map_or(text, |end| &text[..end])
}

/// The beginning of a text that fits into so many bytes of UTF-8: what an index takes is counted in bytes. It ends between
/// two characters as people see them, unless the first of them alone is too long.
pub fn cut(mut text: String, most_bytes: usize) -> String {
    if text.len() > most_bytes {
        let ends = text.grapheme_indices(true).map(|(start, grapheme)| start + grapheme.len());
        let end = ends.take_while(|end| *end <= most_bytes).last();
        text.truncate(end.unwrap_or_else(|| text.floor_char_boundary(most_bytes)));
    }
    text
}

/// A copy cut to `most` characters.
pub fn bounded(text: &str, most: usize) -> String {
    line(Cow::Borrowed(text), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_its_bytes_between_characters_as_people_see_them() {
        let family = "👨‍👩‍👧";
        assert_eq!(family.len(), 18);
        for (text, most_bytes, kept) in [
            ("plain", 5, "plain"),
            ("plain", 4, "plai"),
            ("ééé", 5, "éé"),
            ("e\u{301}e\u{301}", 5, "e\u{301}"),
            ("a👨‍👩‍👧b", 19, "a👨‍👩‍👧"),
            ("a👨‍👩‍👧b", 18, "a"),
            ("👨‍👩‍👧", 10, "👨\u{200d}"),
            ("北", 2, ""),
        ] {
            assert_eq!(cut(text.to_owned(), most_bytes), kept, "{text} {most_bytes}");
        }
    }

    #[test]
    fn a_text_is_cut_to_its_characters_between_those_that_people_see() {
        for (text, most, kept) in [
            ("jacket 🧥", 8, "jacket 🧥"),
            ("a👨‍👩‍👧b", 5, "a"),
            ("a👨‍👩‍👧b", 6, "a👨‍👩‍👧"),
            ("e\u{301}e\u{301}", 3, "e\u{301}"),
            ("👨‍👩‍👧", 3, "👨\u{200d}👩"),
            ("🇩🇪🇫🇷", 3, "🇩🇪"),
        ] {
            assert_eq!(line(text.into(), most), kept, "{text} {most}");
        }
    }

    #[test]
    fn controls_and_direction_overrides_go_and_words_stay() {
        assert_eq!(words(" a\u{0}b\u{7}\u{202e}c\n\u{85}d\t "), "abc\nd");
        assert_eq!(words("سلام 👋🏽"), "سلام 👋🏽");
        assert_eq!(words("a\r\nb\rc\n\r\nd"), "a\nb\nc\n\nd");
        assert_eq!(line("a\r\nb\rc".into(), 10), "a b c");
        assert_eq!(line("a\nb\u{0}".into(), 10), "a b");
        assert_eq!(line("ééééé".into(), 3), "ééé");
        assert_eq!(address("https://a.example/a?token=1#x".into(), 30), "https://a.example/a");
        assert_eq!(address("/é#x".into(), 10), "/é");
    }

    #[test]
    fn no_text_keeps_a_card_number() {
        let card = "4111 1111 1111 1111";
        for kept in [
            words(&format!("paid with {card} 12/27")),
            line(format!("Error: {card}").into(), 200),
            line(format!("cut: {card}").into(), 20),
            path(&format!("/pay/{card}?x")),
            bounded(card, 80),
        ] {
            assert!(!kept.contains("1111"), "{kept}");
        }
    }
}
