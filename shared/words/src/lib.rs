//! What Rapport says to visitors, in every language: a file for each beside this folder, with a section for each place that
//! speaks. The widget's files are cut out of them when it is built; the collector holds them all.
//!
//! A text takes values where `{}` stands. A language is complete when it says what English says, with as many places: the
//! tests at the end see to that.

#[cfg(test)]
mod tests;

use rapport_shared::language::{is_right_to_left, nearest_language};

/// Every language, in the order of their tags; English is among them.
pub const LANGUAGES: &[Language] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// English: what is said where nothing nearer is there.
pub const ENGLISH: &Language = {
    let mut at = 0;
    while at < LANGUAGES.len() && !is_same(LANGUAGES[at].tag, "en") {
        at += 1;
    }
    &LANGUAGES[at]
};

/// What is said in a language.
#[derive(Debug)]
pub struct Language {
    /// Its tag (BCP 47).
    pub tag: &'static str,
    /// What it calls itself.
    pub name: &'static str,
    /// The survey panel and the questions of the form without script.
    pub panel: Texts,
    /// The dialog that shows visitors their data.
    pub own_data: Texts,
    /// The list of reviews, in a page of the host's and hosted.
    pub reviews: Texts,
    /// What the hosted page of reviews says beside the list.
    pub hosted_reviews: Texts,
    /// What the form's page says around the questions.
    pub hosted_form: Texts,
    /// Mails of a ticket's conversation beside what a person wrote, and the page where is asked how it went.
    pub conversation: Texts,
    /// The texts of the surveys in the pool by their English texts; English has none.
    pub pools: Texts,
}

impl Language {
    /// The one that stands for the wanted language (BCP 47), if there is one.
    pub fn nearest(wanted: &str) -> Option<&'static Self> {
        let tag = nearest_language(tags(), wanted)?;
        LANGUAGES.iter().find(|language| language.tag == tag)
    }

    /// The one that stands for the wanted language, else English.
    pub fn spoken(wanted: &str) -> &'static Self {
        Self::nearest(wanted).unwrap_or(ENGLISH)
    }

    /// The attribute `dir` of what is said in it.
    pub fn direction(&self) -> &'static str {
        if is_right_to_left(self.tag) { "rtl" } else { "ltr" }
    }
}

/// The tags of all languages.
pub fn tags() -> impl Iterator<Item = &'static str> + Clone {
    LANGUAGES.iter().map(|language| language.tag)
}

/// Texts by their keys.
#[derive(Clone, Copy, Debug)]
pub struct Texts(pub &'static [(&'static str, &'static str)]);

impl Texts {
    /// The text of a key.
    pub const fn get(self, key: &str) -> Option<&'static str> {
        let mut at = 0;
        while at < self.0.len() {
            if is_same(self.0[at].0, key) {
                return Some(self.0[at].1);
            }
            at += 1;
        }
        None
    }
}

/// What the panel says in English; a key that it does not have ends the compilation.
pub const fn panel(key: &'static str) -> (&'static str, &'static str) {
    match ENGLISH.panel.get(key) {
        Some(text) => (key, text),
        None => panic!("English has no such text for the panel"),
    }
}

/// Whether two texts are the same, while compiling as well.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    one.len() == other.len() && at == one.len()
}
