//! What is said alike stands once: texts whose words are equal, or nearly.
//!
//! Two texts are alike when the Jaccard index of their sets of words (stems; of what is no stop word) is at least [`THRESHOLD`], and the
//! words that turn a sentence round and the numbers are the same in both: "works" and "does not work", or "error 404" and "error 500", are no
//! repetitions of each other. What is alike to the same text is one group.
//!
//! Found exactly, without comparing each with each, by prefix filtering: R. J. Bayardo, Y. Ma, R. Srikant, "Scaling Up All Pairs Similarity
//! Search", WWW 2007; prefix of a Jaccard threshold as in C. Xiao et al., "Efficient Similarity Joins for Near Duplicate Detection", WWW 2008.

use crate::detect::Language;
use crate::stop::{is_stop, is_turning};
use crate::token::{stem, words};
use std::collections::{BTreeSet, HashMap};

/// Least Jaccard index of what is said alike, in percent.
pub const THRESHOLD_PERCENT: usize = 80;

/// What a text says, as far as it matters for being alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Said {
    /// Words that turn it round, and numbers: what must be equal.
    pub fixed: BTreeSet<String>,
    /// The stems of the others.
    pub words: BTreeSet<String>,
}

impl Said {
    /// What a text of a language says.
    pub fn of(text: &str, language: Language) -> Self {
        let (mut said, mut stops) = (Self::default(), BTreeSet::new());
        for word in words(text) {
            if is_turning(&word.text) || word.text.chars().any(char::is_numeric) {
                said.fixed.insert(word.text);
            } else if is_stop(&word.text, language) {
                stops.insert(word.text);
            } else {
                said.words.insert(stem(&text[word.bytes], language));
            }
        }
        // Where there is nothing but small words, they are what is said.
        if said.words.is_empty() {
            said.words = stops;
        }
        said
    }

    /// Whether both say the same.
    pub fn is_like(&self, other: &Self) -> bool {
        let both = self.words.intersection(&other.words).count();
        let either = self.words.len() + other.words.len() - both;
        self.fixed == other.fixed && both * 100 >= either * THRESHOLD_PERCENT
    }
}

/// Which group a text is in.
struct Groups(Vec<usize>);

impl Groups {
    fn of(&mut self, mut place: usize) -> usize {
        while self.0[place] != place {
            self.0[place] = self.0[self.0[place]];
            place = self.0[place];
        }
        place
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        self.0[one.max(other)] = one.min(other);
    }
}

/// Words of a prefix: two sets that reach the threshold share one of them.
fn prefix(length: usize) -> usize {
    length - (length * THRESHOLD_PERCENT).div_ceil(100) + usize::from(length > 0)
}

/// The groups of texts, as places in `texts`, each in order; groups in order of their first.
pub fn groups(texts: &[Said]) -> Vec<Vec<usize>> {
    let mut distinct: HashMap<&Said, usize> = HashMap::new();
    let mut groups = Groups((0..texts.len()).collect());
    let mut often: HashMap<&str, usize> = HashMap::new();
    for (place, said) in texts.iter().enumerate() {
        match distinct.get(said) {
            Some(first) => groups.join(*first, place),
            None => {
                distinct.insert(said, place);
                said.words.iter().for_each(|word| *often.entry(word).or_default() += 1);
            }
        }
    }
    let mut sorted: Vec<(usize, Vec<&str>)> = distinct
        .into_iter()
        .map(|(said, place)| {
            let mut words: Vec<&str> = said.words.iter().map(String::as_str).collect();
            words.sort_by_key(|word| (often[word], *word));
            (place, words)
        })
        .collect();
    sorted.sort_by_key(|(place, words)| (words.len(), *place));
    // By what must be equal, and a rare word of the prefix.
    let mut index: HashMap<(&BTreeSet<String>, &str), Vec<usize>> = HashMap::new();
    for (place, words) in &sorted {
        let mut tried = BTreeSet::new();
        for word in &words[..prefix(words.len())] {
            let places = index.entry((&texts[*place].fixed, word)).or_default();
            for other in places.iter().rev() {
                // They come by length: those before are shorter still.
                if texts[*other].words.len() * 100 < words.len() * THRESHOLD_PERCENT {
                    break;
                }
                if tried.insert(*other)
                    && groups.of(*other) != groups.of(*place)
                    && texts[*place].is_like(&texts[*other])
                {
                    groups.join(*place, *other);
                }
            }
            places.push(*place);
        }
    }
    // Texts of nothing but what must be equal have no prefix.
    let mut by_group: HashMap<usize, Vec<usize>> = HashMap::new();
    for place in 0..texts.len() {
        by_group.entry(groups.of(place)).or_default().push(place);
    }
    let mut found: Vec<Vec<usize>> = by_group.into_values().collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> Said {
        Said::of(text, Language::of("en"))
    }

    #[test]
    fn the_same_complaint_stood_there_many_times_and_its_opposite_with_it() {
        for (one, other) in [
            ("The checkout is slow", "checkout SLOW!!"),
            ("Delivery was late.", "deliveries late"),
            ("I can't pay with my credit card", "i can’t pay with credit card"),
        ] {
            assert!(said(one).is_like(&said(other)), "{one}: {:?} {:?}", said(one), said(other));
        }
        for (one, other) in [
            ("The checkout works", "The checkout does not work"),
            ("error 404", "error 500"),
            ("slow checkout", "slow search"),
            ("never again", "again"),
        ] {
            assert!(!said(one).is_like(&said(other)), "{one}");
        }
    }

    /// Each with each.
    fn slowly(texts: &[Said]) -> Vec<Vec<usize>> {
        let mut groups = Groups((0..texts.len()).collect());
        for one in 0..texts.len() {
            for other in 0..one {
                if texts[one].is_like(&texts[other]) {
                    groups.join(one, other);
                }
            }
        }
        let mut by_group: HashMap<usize, Vec<usize>> = HashMap::new();
        for place in 0..texts.len() {
            by_group.entry(groups.of(place)).or_default().push(place);
        }
        let mut found: Vec<Vec<usize>> = by_group.into_values().collect();
        found.sort();
        found
    }

    proptest! {
        #[test]
        fn the_same_groups_are_found_as_by_comparing_each_with_each(
            texts in prop::collection::vec((prop::collection::btree_set(0u8..14, 0..12), prop::collection::btree_set(0u8..2, 0..2)), 0..60)
        ) {
            let texts: Vec<Said> = texts
                .into_iter()
                .map(|(words, fixed)| Said {
                    words: words.into_iter().map(|word| format!("w{word}")).collect(),
                    fixed: fixed.into_iter().map(|word| format!("f{word}")).collect(),
                })
                .filter(|said| !said.words.is_empty())
                .collect();
            prop_assert_eq!(groups(&texts), slowly(&texts));
        }
    }

    #[test]
    fn twice_as_many_texts_do_not_take_four_times_as_long() {
        // Counted in comparisons that the prefix leaves, not in seconds: of distinct words, none are left.
        let texts: Vec<Said> =
            (0..20_000).map(|number| said(&format!("thing{}x part{}y slow page", number, number % 5_000))).collect();
        assert_eq!(groups(&texts).len(), 20_000);
    }
}
