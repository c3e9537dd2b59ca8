//! By what a customer is found: each word of what they are called and reached by, folded, in any script.
//!
//! A search finds what begins with a word. Scripts that put no spaces between words are kept from each of their characters on, so
//! that a given name is found behind its family name.

use super::profile::Customer;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest word, in bytes: longer ones are found by their beginning.
const WORD_BYTES: usize = 64;
/// Longest trait with its name, in bytes; a longer one is kept as its digest.
const TRAIT_BYTES: usize = 160;
/// Most words of a customer.
const WORDS: usize = 300;
/// Most words of a search.
const WANTED: usize = 6;
/// Bytes of the folded name that lists are ordered by.
const KEY_BYTES: usize = 48;
/// Stand before a trait and between its name and its value; no folded word has them.
const TRAIT: u8 = 1;
const IS: u8 = 31;

/// A text in lower case, without marks, with one form of each character.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase) {
        match character {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            '\u{2019}' => folded.push('\''),
            other if other.is_control() => folded.push(' '),
            other => folded.push(other),
        }
    }
    folded.nfc().filter(|character| !is_combining_mark(*character)).collect()
}

/// Whether a script puts no spaces between words.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The beginning of a word that fits.
fn cut(word: &str) -> &[u8] {
    &word.as_bytes()[..word.floor_char_boundary(WORD_BYTES)]
}

/// What people put around a word.
fn bare(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '+')
}

/// Adds the words of a text: those between spaces whole, and their parts.
fn add(text: &str, words: &mut BTreeSet<Vec<u8>>) {
    for whole in folded(text).split_whitespace().map(bare) {
        for part in whole.split(|letter: char| !letter.is_alphanumeric()).chain([whole]) {
            words.insert(cut(part).to_vec());
            for (at, character) in part.char_indices().skip(1) {
                if is_unspaced(character) {
                    words.insert(cut(&part[at..]).to_vec());
                }
            }
        }
    }
}

/// The word by which customers with a trait are found.
pub(super) fn of_trait(name: &str, value: &str) -> Vec<u8> {
    let word = [&[TRAIT], name.as_bytes(), &[IS], value.as_bytes()].concat();
    match word.len() <= TRAIT_BYTES {
        true => word,
        false => [&[TRAIT], name.as_bytes(), &[IS], &Sha256::digest(&word)[..]].concat(),
    }
}

/// Where the words of all traits begin, and of those behind one of that name.
pub(super) fn behind_trait(name: &str) -> Vec<u8> {
    if name.is_empty() { vec![TRAIT] } else { [&[TRAIT], name.as_bytes(), &[IS + 1]].concat() }
}

/// The name of the trait that a word is of.
pub(super) fn trait_name(word: &[u8]) -> Option<String> {
    let rest = word.strip_prefix(&[TRAIT])?;
    let end = rest.iter().position(|byte| *byte == IS)?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

/// Everything that a customer is found by.
pub(super) fn of(customer: &Customer, traits: &[(String, String)]) -> BTreeSet<Vec<u8>> {
    let mut words = BTreeSet::new();
    for text in [&customer.name, &customer.mail, &customer.phone] {
        add(text, &mut words);
    }
    if !super::rule::is_own(&customer.external_id) {
        add(&customer.external_id, &mut words);
    }
    // A number is typed with spaces, or without.
    let digits: String = customer.phone.chars().filter(char::is_ascii_digit).collect();
    words.insert(cut(&digits).to_vec());
    for (_, value) in traits {
        add(value, &mut words);
    }
    words.remove(&Vec::new());
    let mut kept: BTreeSet<_> = words.into_iter().take(WORDS).collect();
    kept.extend(traits.iter().map(|(name, value)| of_trait(name, value)));
    kept
}

/// The words of a search; a customer who is found has one that begins with each. None where nothing is asked for.
pub(super) fn wanted(search: &str) -> Vec<Vec<u8>> {
    let folded = folded(search);
    let mut wanted: Vec<Vec<u8>> =
        folded.split_whitespace().map(bare).filter(|word| !word.is_empty()).map(|word| cut(word).to_vec()).collect();
    wanted.sort();
    wanted.dedup();
    wanted.truncate(WANTED);
    wanted
}

/// By what a list by name is ordered: the folded beginning of what a customer is called.
pub(super) fn name_key(customer: &Customer) -> Vec<u8> {
    let folded = folded(customer.called());
    folded.as_bytes()[..folded.floor_char_boundary(KEY_BYTES)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(name: &str, search: &str) -> bool {
        let customer = Customer {
            name: name.into(),
            mail: "ada.l@example.com".into(),
            phone: "+49 30 1234".into(),
            ..Customer::default()
        };
        let words = of(&customer, &[("plan".into(), "Gold Plus".into())]);
        let wanted = wanted(search);
        !wanted.is_empty() && wanted.iter().all(|wanted| words.iter().any(|word| word.starts_with(wanted)))
    }

    #[test]
    fn a_name_is_found_in_any_script_however_it_is_typed() {
        for (name, search) in [
            ("Ada Lovelace", "love"),
            ("Ada Lovelace", "LOVELACE, Ada"),
            ("Zoë Müller", "zoe mull"),
            ("Zoe Muller", "Zoë"),
            ("Jürgen Groß", "gross"),
            ("Łukasz Øster", "lukasz oster"),
            ("Conan O’Brien", "o'brien"),
            ("王小明", "王"),
            ("王小明", "小明"),
            ("田中 太郎", "太郎"),
            ("สมชาย ใจดี", "ใจดี"),
            ("김민수", "민수"),
            ("أحمد", "احمد"),
            ("Иванов Ёжик", "ежик"),
            ("Ada", "ada.l@exa"),
            ("Ada", "example"),
            ("Ada", "+49"),
            ("Ada", "49301"),
            ("Ada", "gold"),
        ] {
            assert!(finds(name, search), "{search} in {name}");
        }
        for (name, search) in
            [("Ada Lovelace", "lace"), ("Ada", "ben"), ("Ada", ""), ("Ada", " ,. "), ("Ada", "ada ben")]
        {
            assert!(!finds(name, search), "{search} in {name}");
        }
    }

    #[test]
    fn a_trait_is_told_from_another_by_its_whole_value() {
        let long = |last: &str| format!("{}{last}", "x".repeat(250));
        assert_ne!(of_trait("plan", &long("a")), of_trait("plan", &long("b")));
        assert_ne!(of_trait("plan", "gold"), of_trait("plan", "Gold"));
        assert_eq!(trait_name(&of_trait("plan", "gold")).as_deref(), Some("plan"));
        assert!(of_trait("plan", "gold") < behind_trait("plan") && behind_trait("") < of_trait("a", ""));
        assert!(
            wanted("\u{1}plan\u{1f}gold").iter().all(|word| trait_name(word).is_none()),
            "no search reaches traits"
        );
    }
}
