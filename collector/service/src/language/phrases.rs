//! Phrases in several languages, with `{}` where a value goes.

use rapport_shared::survey::nearest_language;
use std::collections::BTreeMap;

/// The phrases of a language by their keys.
pub type Texts = BTreeMap<String, String>;

/// Phrases by language (BCP 47); English is among them.
pub struct Phrases(BTreeMap<String, Texts>);

impl Phrases {
    /// Reads an object of languages, each an object of phrases; tests read every file that is built in.
    pub fn read(json: &str) -> Self {
        Self(serde_json::from_str(json).expect("a test reads the phrases"))
    }

    /// Adds the phrases of a language, an object.
    pub fn add(&mut self, tag: &str, json: &str) {
        let texts: Texts = serde_json::from_str(json).expect("a test reads the phrases");
        self.0.entry(tag.to_owned()).or_default().extend(texts);
    }

    /// The languages.
    pub fn tags(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    /// The phrases of exactly that language.
    pub fn exactly(&self, tag: &str) -> Option<&Texts> {
        self.0.get(tag)
    }

    /// The phrases of the nearest language there is, else English.
    pub fn of(&self, language: &str) -> &Texts {
        let tag = nearest_language(self.tags(), language).unwrap_or("en");
        &self.0[tag]
    }
}

/// A phrase with `values` in its places, in order.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut pieces = text.split("{}");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for (at, piece) in pieces.enumerate() {
        filled += values.get(at).copied().unwrap_or_default();
        filled += piece;
    }
    filled
}

/// For tests: fails unless every language has the phrases of English, each with as many places.
#[cfg(test)]
pub(crate) fn assert_complete(phrases: &Phrases) {
    let english = &phrases.0["en"];
    assert_eq!(phrases.0.len(), 24);
    for (tag, texts) in &phrases.0 {
        assert_eq!(texts.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{tag}");
        for (key, text) in texts {
            assert_eq!(text.matches("{}").count(), english[key].matches("{}").count(), "{tag}: {key}");
            assert!(!text.trim().is_empty(), "{tag}: {key}");
        }
    }
}
