//! One form of each word, however it was typed: NFKC, lower case, without accents, Arabic without what only decorates it.

use crate::token::STEM;
use unicode_normalization::UnicodeNormalization;

/// Marks that are left out: of Latin, Greek and Cyrillic letters, of Hebrew and of Arabic vowels. Marks of Thai, Indic scripts and kana tell words
/// apart and stay.
fn is_left_out(mark: char) -> bool {
    matches!(mark, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}'
        | '\u{640}' | '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{200b}'..='\u{200f}' | '\u{ad}' | '\u{feff}' | '\'' | '\u{2019}' | '\u{2bc}')
}

/// A word as it is compared and indexed: without ASCII signs and spaces, which some characters have as a part of them.
pub fn folded(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for character in word.nfkd().flat_map(char::to_lowercase).filter(|character| !is_left_out(*character)) {
        match character {
            'ß' => text.push_str("ss"),
            'æ' => text.push_str("ae"),
            'œ' => text.push_str("oe"),
            'ø' => text.push('o'),
            'ł' => text.push('l'),
            'đ' => text.push('d'),
            'ı' => text.push('i'),
            // Alef, ya and kaf in the forms that people type for one another.
            'ٱ' => text.push('ا'),
            'ى' | 'ی' => text.push('ي'),
            'ک' => text.push('ك'),
            sign if sign.is_ascii() && !sign.is_ascii_alphanumeric() || sign.is_whitespace() || sign == STEM => {}
            other => text.push(other),
        }
    }
    text.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn a_word_typed_otherwise_was_another_word() {
        for (one, other) in [
            ("Café", "cafe"),
            ("cafe\u{301}", "CAFÉ"),
            ("Straße", "STRASSE"),
            ("İstanbul", "istanbul"),
            ("ﬁne", "fine"),
            ("ＡＢＣ", "abc"),
            ("كتـــاب", "كتاب"),
            ("كِتَابٌ", "كتاب"),
            ("أحمد", "احمد"),
            ("مستشفى", "مستشفي"),
            ("don’t", "dont"),
            ("👍🏽", "👍"),
            ("ёлка", "елка"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_ne!(folded("がき"), folded("かき"));
        assert_ne!(folded("ไม่"), folded("ไม"));
    }
}
