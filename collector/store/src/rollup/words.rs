//! What rollups hold of people's words: a path or a label that only one visitor had may be theirs.

use super::hour::HourRows;
use rapport_shared::limit;
use std::collections::{HashMap, HashSet};

/// A text that may be somebody's words, and of what it is: `path`, or the kind of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Word {
    /// Of what it is.
    pub of: String,
    /// The text.
    pub text: String,
}

impl Word {
    /// A path.
    pub fn path(path: &str) -> Self {
        Self { of: "path".to_owned(), text: path.to_owned() }
    }
}

/// The words that rows of an hour have which are not erased.
#[derive(Debug, Default)]
pub struct SharedWords(HashSet<Word>);

impl SharedWords {
    /// What others of all rows have than the erased ones.
    pub(crate) fn of_others(all: &HourRows, erased: &HourRows) -> Self {
        let erased = counted(erased.words());
        let more = |(word, count): &(Word, usize)| *count > erased.get(word).copied().unwrap_or(0);
        Self(counted(all.words()).into_iter().filter(more).map(|(word, _)| word).collect())
    }

    /// Puts [`limit::OTHER_PAGES`] in place of a path that no other row has. The empty path is of all pages, and says
    /// nothing.
    pub fn keep_path(&self, path: &mut String) {
        if !path.is_empty() {
            self.keep("path", path);
        }
    }

    /// Puts [`limit::OTHER_PAGES`] in place of a text that no other row has.
    pub fn keep(&self, of: &str, text: &mut String) {
        let word = Word { of: of.to_owned(), text: std::mem::take(text) };
        *text = if self.0.contains(&word) { word.text } else { limit::OTHER_PAGES.to_owned() };
    }
}

/// How often each is there.
fn counted(words: impl Iterator<Item = Word>) -> HashMap<Word, usize> {
    let mut counts = HashMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}
