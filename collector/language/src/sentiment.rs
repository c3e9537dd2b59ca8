//! A machine's guess whether a text is praise or complaint, learned from what the same site's people wrote beside their scores.
//!
//! Multinomial naive Bayes with Laplace smoothing on stems, and on each word after one that turns a sentence round (C. D. Manning, P. Raghavan,
//! H. Schütze, "Introduction to Information Retrieval", 2008, chapter 13). How often it is right is measured on texts that it did not learn
//! from, by language, and it is not to be shown where that is no better than always saying the same.

use crate::detect::Language;
use crate::stop::{is_stop, is_turning};
use crate::token::{stem, words};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Parts that are held out in turn.
const FOLDS: usize = 5;
/// Fewest texts of a language that something is said about.
pub const LEAST: usize = 50;

/// A text with the side on which its writer's score stands.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// The words.
    pub text: &'a str,
    /// Their language.
    pub language: Language,
    /// Whether the score was low.
    pub is_low: bool,
}

/// How often the guess was right, on texts of a language that it did not learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The language.
    pub language: Language,
    /// Texts.
    pub n: u64,
    /// Texts whose side was guessed.
    pub right: u64,
    /// Texts of the side that more have: what always guessing that one gets right.
    pub most: u64,
}

/// What was learned.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Of each feature how many texts of either side have it: high, low.
    counts: HashMap<String, [f64; 2]>,
    features: [f64; 2],
    texts: [f64; 2],
}

/// What a text is judged by.
pub fn features(text: &str, language: Language) -> Vec<String> {
    let (mut features, mut turned) = (BTreeSet::new(), false);
    for word in words(text) {
        if is_turning(&word.text) {
            turned = true;
            features.insert(word.text);
        } else if !is_stop(&word.text, language) {
            let stem = stem(&text[word.bytes], language);
            if turned {
                features.insert(format!("- {stem}"));
            }
            features.insert(stem);
            turned = false;
        }
    }
    features.into_iter().collect()
}

impl Model {
    fn learn(&mut self, features: &[String], is_low: bool) {
        let side = usize::from(is_low);
        self.texts[side] += 1.0;
        for feature in features {
            self.counts.entry(feature.clone()).or_default()[side] += 1.0;
            self.features[side] += 1.0;
        }
    }

    /// Whether a text of these features is more likely a complaint; `None` where it has none that was ever seen, or nothing was learned of a side.
    pub fn is_low(&self, features: &[String]) -> Option<bool> {
        if self.texts.contains(&0.0) || !features.iter().any(|feature| self.counts.contains_key(feature)) {
            return None;
        }
        let of = |side: usize| {
            let all = self.features[side] + self.counts.len() as f64;
            let seen = features.iter().filter_map(|feature| self.counts.get(feature));
            seen.map(|counts| ((counts[side] + 1.0) / all).ln()).sum::<f64>() + self.texts[side].ln()
        };
        Some(of(1) > of(0))
    }
}

/// Learns from all examples, and measures on each part what the others teach.
pub fn learned(examples: &[Example<'_>]) -> (Model, Vec<Measured>) {
    let features: Vec<Vec<String>> = examples.iter().map(|example| features(example.text, example.language)).collect();
    // What is said alike word for word is in one part: nothing is held out that was learned.
    let mut parts: HashMap<&[String], usize> = HashMap::new();
    let part_of: Vec<usize> = features
        .iter()
        .map(|features| {
            let next = parts.len() % FOLDS;
            *parts.entry(features).or_insert(next)
        })
        .collect();
    let mut model = Model::default();
    examples.iter().zip(&features).for_each(|(example, features)| model.learn(features, example.is_low));
    let mut counted: BTreeMap<Language, [u64; 3]> = BTreeMap::new();
    for part in 0..FOLDS {
        let mut others = Model::default();
        for (place, example) in examples.iter().enumerate().filter(|(place, _)| part_of[*place] != part) {
            others.learn(&features[place], example.is_low);
        }
        for (place, example) in examples.iter().enumerate().filter(|(place, _)| part_of[*place] == part) {
            let [n, right, low] = counted.entry(example.language).or_default();
            // What it does not know it does not get right.
            *right += u64::from(others.is_low(&features[place]) == Some(example.is_low));
            *n += 1;
            *low += u64::from(example.is_low);
        }
    }
    let measured =
        counted.into_iter().map(|(language, [n, right, low])| Measured { language, n, right, most: low.max(n - low) });
    (model, measured.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(good: &str, bad: &str) -> Vec<(String, bool)> {
        let things = ["shop", "page", "search", "basket", "delivery", "payment", "account", "photo", "price", "filter"];
        (0..60)
            .flat_map(|number| {
                let (thing, other) = (things[number % 10], things[number / 10]);
                [(format!("{thing} {other} {good}"), false), (format!("{thing} {other} {bad}"), true)]
            })
            .collect()
    }

    fn of(texts: &[(String, bool)]) -> (Model, Vec<Measured>) {
        let examples: Vec<_> =
            texts.iter().map(|(text, is_low)| Example { text, language: Language("en"), is_low: *is_low }).collect();
        learned(&examples)
    }

    #[test]
    fn praise_is_told_from_complaint_and_not_good_from_good() {
        let (model, measured) = of(&examples("lovely", "broken and not lovely"));
        assert_eq!(measured.len(), 1);
        assert_eq!((measured[0].n, measured[0].most), (120, 60));
        assert!(measured[0].right >= 115, "{measured:?}");
        let judge = |text: &str| model.is_low(&features(text, Language("en")));
        assert_eq!(judge("lovely"), Some(false));
        assert_eq!(judge("it is not lovely"), Some(true));
        assert_eq!(judge("zebra"), None);
    }

    #[test]
    fn what_cannot_be_learned_is_not_better_than_guessing() {
        let (_, measured) = of(&examples("thing", "thing"));
        assert!(measured[0].right <= measured[0].most, "{measured:?}");
        assert!(learned(&[]).1.is_empty());
    }
}
