//! Words of a text, and the tokens by which it is found: the same on every engine, since no engine's own rules are asked.
//!
//! Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words, and Korean few: they are found by pairs of characters, so that a word
//! of two characters is found anywhere inside a clause. Other words are found by their folded form and by their stem.

use crate::detect::Language;
use crate::fold::folded;
use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

/// Longest token, in characters: what is longer is cut, in texts and in what is searched for alike.
pub const TOKEN_CHARACTERS: usize = 40;
/// Most words of one search.
pub const TERMS: usize = 12;
/// Before a stem and its language: no word begins with it.
pub(crate) const STEM: char = '\u{2e2}';

/// A word where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its folded form.
    pub text: String,
    /// Its bytes in the text.
    pub bytes: Range<usize>,
}

/// One word of a search: a text has it when it has one of these tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The tokens.
    pub tokens: Vec<String>,
    /// Whether tokens that begin with the first one are meant too.
    pub is_prefix: bool,
}

static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_auto(WordBreakInvariantOptions::default()));

/// Whether words of this script are not told apart by spaces.
pub fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{0e01}'..='\u{0e3a}' | '\u{0e40}'..='\u{0e4e}' | '\u{0e80}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17dd}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

fn is_emoji(character: char) -> bool {
    matches!(character, '\u{1f000}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{231a}' | '\u{231b}')
}

/// The words of a piece that the segmenter found: ASCII signs part them, but for apostrophes.
fn words_of(piece: &str, start: usize, into: &mut Vec<Word>) {
    let is_word = |part: &str| part.chars().any(|c| c.is_alphanumeric() || is_emoji(c));
    let mut at = 0;
    for part in piece.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '\'') {
        let text: String = folded(part).chars().take(TOKEN_CHARACTERS).collect();
        if is_word(&text) {
            into.push(Word { text, bytes: start + at..start + at + part.len() });
        }
        // What parts them is ASCII: one byte.
        at += part.len() + 1;
    }
}

/// The words of a text, in order. Those of scripts without spaces are told apart by a dictionary.
pub fn words(text: &str) -> Vec<Word> {
    let (mut words, mut start) = (Vec::new(), 0);
    for end in SEGMENTER.segment_str(text) {
        if end > start {
            words_of(&text[start..end], start, &mut words);
        }
        start = end;
    }
    words
}

/// The stretches of a text that are of scripts without spaces (true), and of others.
fn stretches(text: &str) -> Vec<(bool, Range<usize>)> {
    let mut stretches: Vec<(bool, Range<usize>)> = Vec::new();
    for (at, character) in text.char_indices() {
        let (unspaced, end) = (is_unspaced(character), at + character.len_utf8());
        match stretches.last_mut() {
            Some((of, bytes)) if *of == unspaced => bytes.end = end,
            _ => stretches.push((unspaced, at..end)),
        }
    }
    stretches
}

/// What a text is found by, where it stands: words, and of scripts without spaces each character and each pair of neighbours.
fn found_by(text: &str, singles: bool) -> Vec<Word> {
    let mut found = Vec::new();
    for (unspaced, bytes) in stretches(text) {
        if !unspaced {
            let before = found.len();
            found.extend(words(&text[bytes.clone()]));
            for word in &mut found[before..] {
                word.bytes = word.bytes.start + bytes.start..word.bytes.end + bytes.start;
            }
            continue;
        }
        let characters: Vec<(usize, char)> = text[bytes.clone()].char_indices().collect();
        for (place, (at, character)) in characters.iter().enumerate() {
            let start = bytes.start + at;
            let end = start + character.len_utf8();
            let next = characters.get(place + 1).map(|(_, next)| *next);
            if singles || characters.len() == 1 {
                found.push(Word { text: folded(&text[start..end]), bytes: start..end });
            }
            if let Some(next) = next {
                let end = end + next.len_utf8();
                found.push(Word { text: folded(&text[start..end]), bytes: start..end });
            }
        }
    }
    found.retain(|word| !word.text.is_empty());
    found
}

/// Which languages have stems.
const STEMMED: [(&str, Algorithm); 17] = [
    ("ar", Algorithm::Arabic),
    ("da", Algorithm::Danish),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("en", Algorithm::English),
    ("es", Algorithm::Spanish),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("hu", Algorithm::Hungarian),
    ("it", Algorithm::Italian),
    ("nb", Algorithm::Norwegian),
    ("nl", Algorithm::Dutch),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("sv", Algorithm::Swedish),
    ("tr", Algorithm::Turkish),
];

/// The stem of a word of a language, folded; the folded word where the language has no stems. `word` is as somebody typed it.
pub fn stem(word: &str, language: Language) -> String {
    let lower = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let algorithm = STEMMED.iter().find(|(name, _)| *name == language.0).map(|(_, algorithm)| *algorithm);
    let stem = match algorithm {
        Some(algorithm) => folded(&Stemmer::create(algorithm).stem(&lower)),
        None => folded(&lower),
    };
    if stem.is_empty() { folded(word) } else { stem.chars().take(TOKEN_CHARACTERS).collect() }
}

fn stem_token(word: &str, language: &str) -> String {
    format!("{STEM}{language}{}", stem(word, Language::of(language)))
}

/// Whether a word can have a stem.
fn has_stem(word: &str) -> bool {
    word.chars().all(char::is_alphabetic) && !word.chars().any(is_unspaced) && word.chars().count() > 2
}

/// The tokens by which a text of a language is found, each once, sorted. None holds a space or an ASCII sign.
pub fn tokens(text: &str, language: Language) -> Vec<String> {
    let is_stemmed = STEMMED.iter().any(|(name, _)| *name == language.0);
    let mut tokens = BTreeSet::new();
    for word in found_by(text, true) {
        if is_stemmed && has_stem(&word.text) {
            tokens.insert(stem_token(&text[word.bytes.clone()], language.0));
        }
        tokens.insert(word.text);
    }
    tokens.into_iter().collect()
}

/// What a search asks for: each of its words must be there, as it is or as another form of the same stem in the text's own language. Operators and
/// quotes are words or nothing. The last word may go on, where the search does not end in a space.
pub fn terms(search: &str) -> Vec<Term> {
    let found = found_by(search, false);
    let goes_on = search.chars().next_back().is_some_and(|last| last.is_alphanumeric() && !is_unspaced(last));
    let last = found.len().saturating_sub(1);
    let mut terms: Vec<Term> = Vec::new();
    for (place, word) in found.into_iter().enumerate() {
        let mut tokens = vec![word.text.clone()];
        if has_stem(&word.text) {
            tokens.extend(STEMMED.iter().map(|(language, _)| stem_token(&search[word.bytes.clone()], language)));
        }
        let is_prefix = place == last && goes_on && word.text.chars().count() > 2;
        let term = Term { tokens, is_prefix };
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    terms.truncate(TERMS);
    terms
}

/// Where a text has what a search asks for, in bytes, in order and apart.
pub fn hits(text: &str, language: Language, terms: &[Term]) -> Vec<Range<usize>> {
    let mut hits: Vec<Range<usize>> = Vec::new();
    for word in found_by(text, true) {
        let stem = has_stem(&word.text).then(|| stem_token(&text[word.bytes.clone()], language.0));
        let is_hit = terms.iter().any(|term| {
            term.tokens.contains(&word.text)
                || stem.as_ref().is_some_and(|stem| term.tokens.contains(stem))
                || term.is_prefix && word.text.starts_with(&term.tokens[0])
        });
        if is_hit {
            match hits.last_mut() {
                Some(last) if last.end >= word.bytes.start => last.end = last.end.max(word.bytes.end),
                _ => hits.push(word.bytes),
            }
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether a search finds a text, by sets: what an index has to answer.
    fn finds(search: &str, text: &str, language: &str) -> bool {
        let (tokens, terms) = (tokens(text, Language::of(language)), terms(search));
        !terms.is_empty()
            && terms.iter().all(|term| {
                term.tokens.iter().any(|token| tokens.contains(token))
                    || term.is_prefix && tokens.iter().any(|token| token.starts_with(&term.tokens[0]))
            })
    }

    #[test]
    fn a_word_inside_a_clause_was_never_found() {
        for (search, text, language) in [
            ("退款", "我想要申请退款但是按钮没有反应", "zh"),
            ("送料", "送料が高いので買いませんでした", "ja"),
            ("จัดส่ง", "การจัดส่งช้ามากและไม่มีใครตอบ", "th"),
            ("결제", "결제가 안 됩니다", "ko"),
            ("كتاب", "وصل الكِتـــاب متأخرا كتاب", "ar"),
            ("cafe", "Das Café ist schön", "de"),
            ("schön", "schoen oder SCHÖN", "de"),
            ("e-mail", "Please e-mail me", "en"),
            ("email", "no e mail, an EMAIL", "en"),
            ("running", "it runs badly, I run", "en"),
            ("lieferung", "die Lieferungen kamen spät", "de"),
            ("check", "the checkout is slow", "en"),
            ("👍", "great 👍🏽 thanks", "en"),
            ("can't", "I can’t pay", "en"),
            ("OR NOT", "to be OR not", "en"),
            ("\"pay\" AND* (slow)", "and slow to pay", "en"),
            ("3.5", "version 3.5 broke", "en"),
        ] {
            assert!(
                finds(search, text, language),
                "{search}: {:?} in {:?}",
                terms(search),
                tokens(text, Language::of(language))
            );
        }
        for (search, text, language) in [
            ("退货", "我想要申请退款", "zh"),
            ("check ", "the checkout is slow", "en"),
            ("NOT slow", "it is slow", "en"),
            ("\"*", "anything", "en"),
        ] {
            assert!(!finds(search, text, language), "{search}");
        }
    }

    #[test]
    fn what_was_found_is_shown_where_it_stands() {
        let text = "Die Lieferungen: zu spät! 退款很慢";
        let shown = |search: &str| -> Vec<&str> {
            hits(text, Language::of("de"), &terms(search)).into_iter().map(|bytes| &text[bytes]).collect()
        };
        assert_eq!(shown("lieferung spat"), ["Lieferungen", "spät"]);
        assert_eq!(shown("退款"), ["退款"]);
    }

    proptest! {
        #[test]
        fn a_text_is_found_by_each_of_its_words_and_tokens_have_no_signs(text in ".{0,60}") {
            let own = tokens(&text, Language::of("en"));
            for token in &own {
                prop_assert!(!token.is_empty());
                prop_assert!(token.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric()), "{token:?}");
                prop_assert!(!token.chars().any(char::is_whitespace), "{token:?}");
            }
            for bytes in hits(&text, Language::of("en"), &terms(&text)) {
                prop_assert!(text.is_char_boundary(bytes.start) && text.is_char_boundary(bytes.end));
            }
        }
    }
}
