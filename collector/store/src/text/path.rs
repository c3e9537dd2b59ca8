//! Paths of pages as they are kept and looked for: one way of writing for each page, however it was told.

use super::scrub::card_numbers;
use rapport_shared::limit::PATH_CHARACTERS;
use rapport_shared::targeting::path::{decoded, encoded};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Most escapes of a character that is cut off: one less than a character has bytes.
const CUT_ESCAPES: usize = 3;

/// A page's path as it is kept, without query and hash and in at most [`PATH_CHARACTERS`].
///
/// Paths that are the same as people read them ([`decoded`]) come to the same: as addresses write them, with escapes in upper case,
/// and letters that can be written in two ways in one of them (NFC). What it gives stays as it is.
pub fn path(text: &str) -> String {
    let text = super::before_query(text);
    within(&read(whole(text)), PATH_CHARACTERS)
}

/// How many characters a path has as it is kept, were there no limit.
pub fn path_characters(text: &str) -> usize {
    encoded(&read(super::before_query(text))).len()
}

/// A path as people read it.
fn read(text: &str) -> String {
    let composed = composed(&decoded(text));
    // What is taken out of it is written anew.
    match card_numbers(&composed) {
        Cow::Owned(scrubbed) => decoded(&scrubbed),
        Cow::Borrowed(_) => composed,
    }
}

/// A decoded path with each letter and its marks composed (NFC). What is escaped in it has no letters to put marks on.
fn composed(decoded: &str) -> String {
    let mut text = String::with_capacity(decoded.len());
    for (place, piece) in decoded.split('%').enumerate() {
        let (digits, plain) = piece.split_at_checked(2).filter(|_| place > 0).unwrap_or(("", piece));
        text.extend((place > 0).then_some('%'));
        text.push_str(digits);
        text.extend(plain.nfc());
    }
    text
}

/// A path that a browser may have cut at its limit, up to its last whole character.
fn whole(path: &str) -> &str {
    if path.chars().count() < PATH_CHARACTERS { path } else { without_half(path) }
}

/// A path that was cut anywhere, up to its last whole character.
fn without_half(path: &str) -> &str {
    let path = match path.rfind('%') {
        Some(at) if path.len() - at < 3 => &path[..at],
        _ => path,
    };
    for escapes in 1..=CUT_ESCAPES {
        let Some(start) = path.len().checked_sub(escapes * 3) else { break };
        let byte = match path.as_bytes().get(start..start + 3) {
            Some([b'%', digits @ ..]) => {
                std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
            }
            _ => None,
        };
        match byte.map(u8::leading_ones) {
            // It goes on what began before.
            Some(1) => {}
            Some(bytes @ 2..=4) if bytes as usize > escapes => return &path[..start],
            _ => break,
        }
    }
    path
}

/// A path as addresses write it, at most so many characters of it. It ends between two as people see them.
fn within(read: &str, most: usize) -> String {
    let whole = encoded(read);
    if whole.len() < most {
        return whole;
    }
    let mut kept = String::with_capacity(most);
    for character in read.graphemes(true).map(encoded) {
        if kept.len() + character.len() > most {
            break;
        }
        kept.push_str(&character);
    }
    // What stays escaped is one character after another here.
    let end = without_half(&kept).len();
    kept.truncate(end);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_page_written_in_two_ways_was_two_pages() {
        for (one, other, kept) in [
            ("/%d0%ba/x", "/%D0%BA/x", "/%D0%BA/x"),
            ("/к/x", "/%d0%BA/x", "/%D0%BA/x"),
            ("/caf%C3%A9", "/cafe%CC%81", "/caf%C3%A9"),
            ("/a%7Eb", "/a~b", "/a~b"),
            ("/a b", "/a%20b", "/a%20b"),
            ("/100%", "/100%25", "/100%25"),
            ("/a%2fb", "/a%2Fb?token=1#x", "/a%2Fb"),
            ("/%E2%80%AEmoc", "/\u{202e}moc", "/%E2%80%AEmoc"),
        ] {
            assert_eq!(path(one), kept, "{one}");
            assert_eq!(path(other), kept, "{other}");
        }
        assert_ne!(path("/a%2fb"), path("/a/b"), "an escaped slash is none");
        assert_ne!(path("/a/"), path("/a"));
    }

    #[test]
    fn a_long_path_ends_with_a_whole_character() {
        let escapes = "%D0%BA".repeat(85);
        let long = format!("/{escapes}к");
        assert_eq!(path(&long), format!("/{escapes}"));
        // What browsers send of it: cut after 512 characters.
        for told in ["%", "%D", "%D0", "a"] {
            let cut = format!("/{escapes}{told}");
            let cut = &cut[..cut.len().min(PATH_CHARACTERS)];
            let expected = if told == "a" { cut } else { &long[..511] };
            assert_eq!(path(cut), expected, "{told}");
        }
        let slashes = format!("/{}", "%2F".repeat(200));
        assert_eq!(path(&slashes), slashes[..511]);
        assert_eq!(path_characters(&slashes), 601);
        assert_eq!(path_characters("/к?x"), 7);
    }

    #[test]
    fn no_path_keeps_a_card_number() {
        for card in ["/4111111111111111", "/4111%201111%201111%201111", "/%34111111111111111/x"] {
            assert!(!path(card).contains("1111"), "{}", path(card));
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_found_by_what_is_kept(told in "(/|%|%2[fF5]|%[0-9a-fA-F]{2}|e\u{301}|%CC%81|[a-zé🧥к\u{202e} \u{37e}]){0,12}", times in 1usize..60) {
            let kept = path(&told.repeat(times));
            prop_assert_eq!(&path(&kept), &kept);
            prop_assert!(kept.is_ascii() && kept.len() <= PATH_CHARACTERS);
            prop_assert_eq!(path(&decoded(&kept)), kept);
        }
    }
}
