//! Words that say nothing by themselves, by language; words that turn a sentence round, which always count.

use crate::detect::Language;
use crate::fold::folded;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Folded stop words of each language that has a list.
static LISTS: LazyLock<HashMap<&'static str, HashSet<String>>> = LazyLock::new(|| {
    let list = |language: &&'static str| {
        let name = if *language == "nb" { "no" } else { language };
        let words = stop_words::lookup(name)?;
        Some((*language, words.iter().map(|word| folded(word)).collect()))
    };
    crate::detect::LANGUAGES.iter().filter_map(list).collect()
});

/// Words that turn round what a sentence says, folded.
const TURNING: &[&str] = &[
    "not",
    "no",
    "never",
    "without",
    "cannot",
    "cant",
    "dont",
    "doesnt",
    "didnt",
    "isnt",
    "wont",
    "nothing",
    "none",
    "nicht",
    "kein",
    "keine",
    "keinen",
    "nie",
    "ohne",
    "ne",
    "pas",
    "jamais",
    "sans",
    "non",
    "mai",
    "senza",
    "nunca",
    "sin",
    "nao",
    "sem",
    "niet",
    "geen",
    "nooit",
    "zonder",
    "ikke",
    "aldrig",
    "aldri",
    "uten",
    "uden",
    "inte",
    "aldrig",
    "utan",
    "ei",
    "ilman",
    "nie",
    "bez",
    "ani",
    "nem",
    "soha",
    "nelkul",
    "nu",
    "fara",
    "не",
    "нет",
    "без",
    "никогда",
    "ні",
    "без",
    "degil",
    "yok",
    "hic",
    "لا",
    "ليس",
    "لم",
    "לא",
    "אין",
    "δεν",
    "μη",
    "χωρις",
    "不",
    "没",
    "没有",
    "ない",
    "ません",
    "ไม่",
    "안",
    "못",
];

/// Whether a folded word turns round what is said: two texts that differ by it are never alike. Where a language has a word of another meaning that is
/// written so, texts that differ by it stay apart too.
pub fn is_turning(word: &str) -> bool {
    TURNING.contains(&word)
}

/// Whether a folded word says nothing by itself in a language.
pub fn is_stop(word: &str, language: Language) -> bool {
    LISTS.get(language.0).is_some_and(|list| list.contains(word))
}

/// In how many languages a folded word is a stop word, and whether it is one of this language.
pub(crate) fn languages_with(word: &str) -> Vec<&'static str> {
    LISTS.iter().filter(|(_, list)| list.contains(word)).map(|(language, _)| *language).collect()
}
