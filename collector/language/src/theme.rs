//! Themes: phrases that many texts have in common, ranked over the whole collection.
//!
//! Candidates are runs of one to three words that neither begin nor end with a word that says nothing by itself, in at least [`LEAST`] texts. Words that only
//! happen to stand together are left out by Dunning's log-likelihood ratio (T. Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence",
//! Computational Linguistics 19, 1993). What remains is ranked by C-value, which takes from a phrase what it only has as a part of longer ones
//! (K. Frantzi, S. Ananiadou, H. Mima, "Automatic recognition of multi-word terms", International Journal on Digital Libraries 3, 2000), with
//! log2(words + 1), so that single words count too.

use crate::detect::Language;
use crate::nothing::says_nothing;
use crate::stop::is_stop;
use crate::token::{is_unspaced, stem, words};
use std::collections::{BTreeSet, HashMap};

/// Fewest texts that make a theme.
pub const LEAST: usize = 3;
/// Most themes of a collection.
pub const MOST: usize = 40;
/// Most words of a phrase.
const WORDS: usize = 3;
/// Least log-likelihood ratio of words that belong together: chance in one of a hundred pairs (chi-squared, one degree of freedom).
const TOGETHER: f64 = 6.63;
/// Share of a phrase's texts, in percent, that a better one has: then it says nothing new.
const COVERED_PERCENT: usize = 75;

/// A text of the collection.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The words.
    pub text: &'a str,
    /// Their language.
    pub language: Language,
}

/// A theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Its stems, joined by spaces: what it is known by from one day to the next.
    pub key: String,
    /// How most people write it.
    pub label: String,
    /// Places of its texts in the collection, in order.
    pub texts: Vec<usize>,
    /// Its C-value.
    pub weight: f64,
}

/// What a collection is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Themes {
    /// The themes, the heaviest first.
    pub themes: Vec<Theme>,
    /// Texts that say nothing, such as "no comment".
    pub nothing: Vec<usize>,
    /// Texts that fit no theme.
    pub none: Vec<usize>,
}

/// A word of a text, as far as phrases are made of it.
struct Part {
    stem: String,
    start: usize,
    end: usize,
    /// Whether a phrase may begin or end with it.
    is_said: bool,
    /// Whether a sentence or clause ends before it.
    is_first: bool,
}

fn parts(text: &Text<'_>) -> Vec<Part> {
    let mut before = 0;
    let mut parts = Vec::new();
    for word in words(text.text) {
        let gap = &text.text[before..word.bytes.start];
        let raw = &text.text[word.bytes.clone()];
        let long = if word.text.chars().any(is_unspaced) { 2 } else { 3 };
        let is_word = word.text.chars().all(char::is_alphanumeric) || word.text.chars().any(is_unspaced);
        parts.push(Part {
            is_said: is_word
                && word.text.chars().any(char::is_alphabetic)
                && word.text.chars().count() >= long
                && !is_stop(&word.text, text.language),
            stem: stem(raw, text.language),
            start: word.bytes.start,
            end: word.bytes.end,
            is_first: gap.chars().any(|c| !c.is_whitespace() && c != '-' && c != '\'' && c != '’'),
        });
        before = word.bytes.end;
    }
    parts
}

/// The phrases of a text with how each is written there first.
fn phrases<'a>(text: &Text<'a>) -> HashMap<String, &'a str> {
    let parts = parts(text);
    let mut phrases = HashMap::new();
    for from in 0..parts.len() {
        for to in from..parts.len().min(from + WORDS) {
            if to > from && parts[to].is_first {
                break;
            }
            if parts[from].is_said && parts[to].is_said {
                let stems: Vec<&str> = parts[from..=to].iter().map(|part| part.stem.as_str()).collect();
                phrases.entry(stems.join(" ")).or_insert(&text.text[parts[from].start..parts[to].end]);
            }
        }
    }
    phrases
}

fn term(observed: f64, expected: f64) -> f64 {
    if observed > 0.0 { observed * (observed / expected).ln() } else { 0.0 }
}

/// Dunning's ratio of two things of which `one` and `other` of `all` texts have each, and `both` the two; 0 where they are together less often than by chance.
fn together(both: usize, one: usize, other: usize, all: usize) -> f64 {
    let [both, one, other, all] = [both, one, other, all].map(|count| count as f64);
    if both * all <= one * other {
        return 0.0;
    }
    let expected = |row: f64, column: f64| row * column / all;
    2.0 * (term(both, expected(one, other))
        + term(one - both, expected(one, all - other))
        + term(other - both, expected(all - one, other))
        + term(all - one - other + both, expected(all - one, all - other)))
}

/// Whether one phrase is a part of the other.
fn is_part(part: &str, whole: &str) -> bool {
    format!(" {whole} ").contains(&format!(" {part} ")) && part != whole
}

/// The themes of a collection.
pub fn themes(texts: &[Text<'_>]) -> Themes {
    let mut found = Themes::default();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    let mut written: HashMap<String, HashMap<String, usize>> = HashMap::new();
    for (place, text) in texts.iter().enumerate() {
        if says_nothing(text.text) {
            found.nothing.push(place);
            continue;
        }
        for (phrase, raw) in phrases(text) {
            *written.entry(phrase.clone()).or_default().entry(raw.to_lowercase()).or_default() += 1;
            places.entry(phrase).or_default().push(place);
        }
    }
    places.retain(|_, texts| texts.len() >= LEAST);
    let count = |phrase: &str| places.get(phrase).map_or(0, Vec::len);
    let all = texts.len() - found.nothing.len();
    let belongs = |phrase: &str| match phrase.rsplit_once(' ') {
        None => true,
        Some((head, last)) => {
            // A phrase whose parts are no candidates, such as one around a small word, stands by its own number.
            let (one, other) = (count(head).max(count(phrase)), count(last).max(count(phrase)));
            one == count(phrase) || together(count(phrase), one, other, all) >= TOGETHER
        }
    };
    let mut candidates: Vec<&String> = places.keys().filter(|phrase| belongs(phrase)).collect();
    candidates.sort_by_key(|phrase| (std::cmp::Reverse(count(phrase)), phrase.as_str()));
    // How often, and in how many longer phrases, each is only a part.
    let mut within: HashMap<&str, (usize, usize)> = HashMap::new();
    for whole in &candidates {
        let stems: Vec<&str> = whole.split(' ').collect();
        let mut inner = BTreeSet::new();
        for from in 0..stems.len() {
            for to in from..stems.len() {
                inner.insert(stems[from..=to].join(" "));
            }
        }
        for part in inner.iter().filter(|part| is_part(part, whole)) {
            if let Some((part, _)) = places.get_key_value(part) {
                let (sum, wholes) = within.entry(part.as_str()).or_default();
                *sum += count(whole);
                *wholes += 1;
            }
        }
    }
    let weight = |phrase: &str| {
        let (sum, wholes) = within.get(phrase).copied().unwrap_or_default();
        let alone = count(phrase) as f64 - if wholes > 0 { sum as f64 / wholes as f64 } else { 0.0 };
        (phrase.split(' ').count() as f64 + 1.0).log2() * alone
    };
    candidates.sort_by(|one, other| weight(other).total_cmp(&weight(one)).then(one.cmp(other)));
    for phrase in candidates {
        if found.themes.len() == MOST {
            break;
        }
        let own = &places[phrase];
        let is_told = found.themes.iter().any(|theme| {
            let shared = own.iter().filter(|place| theme.texts.binary_search(place).is_ok()).count();
            let related = phrase.split(' ').any(|stem| theme.key.split(' ').any(|other| other == stem));
            related && shared * 100 >= own.len() * COVERED_PERCENT
        });
        if is_told || weight(phrase) <= 0.0 {
            continue;
        }
        let label =
            written[phrase].iter().max_by_key(|(raw, times)| (**times, std::cmp::Reverse(raw.len()), raw.as_str()));
        found.themes.push(Theme {
            key: phrase.clone(),
            label: label
                .map_or_else(|| phrase.clone(), |(raw, _)| raw.split_whitespace().collect::<Vec<_>>().join(" ")),
            texts: own.clone(),
            weight: weight(phrase),
        });
    }
    let mut fits = vec![false; texts.len()];
    found.themes.iter().flat_map(|theme| &theme.texts).chain(&found.nothing).for_each(|place| fits[*place] = true);
    found.none = (0..texts.len()).filter(|place| !fits[*place]).collect();
    found
}

/// The keys of all themes that a text could be of.
pub fn keys(text: &Text<'_>) -> BTreeSet<String> {
    if says_nothing(text.text) { BTreeSet::new() } else { phrases(text).into_keys().collect() }
}

/// How a text writes the theme with this key; `None` where it is of another. `language` is its primary subtag.
pub fn label(text: &str, language: &str, key: &str) -> Option<String> {
    let text = Text { text, language: Language::of(language) };
    phrases(&text).get(key).map(|raw| raw.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Themes {
        let texts: Vec<_> = texts.iter().map(|text| Text { text, language: Language("en") }).collect();
        themes(&texts)
    }

    const SAID: &[&str] = &[
        "Delivery time was too long",
        "the delivery time is bad. Checkout fine",
        "Long delivery times!",
        "I hate your delivery time",
        "Payment failed twice",
        "payments fail with my card",
        "payment page",
        "the payment",
        "no comment",
        "n/a",
        "no comment",
        "no comment.",
        "-",
        "Nothing",
        "A lovely shop overall",
    ];

    #[test]
    fn no_comment_became_a_theme_and_what_fitted_none_was_not_said() {
        let found = of(SAID);
        let labels: Vec<_> = found.themes.iter().map(|theme| (theme.label.as_str(), theme.texts.len())).collect();
        assert!(labels.contains(&("delivery time", 4)), "{labels:?}");
        assert!(labels.contains(&("payment", 4)), "{labels:?}");
        assert!(
            labels.iter().all(|(label, _)| !label.contains("comment") && *label != "delivery" && *label != "time"),
            "{labels:?}"
        );
        assert_eq!(found.nothing.len(), 6);
        assert_eq!(found.none, [14]);
        let text = Text { text: "Your delivery times!", language: Language("en") };
        let key = &found.themes.iter().find(|theme| theme.label == "delivery time").expect("a theme").key;
        assert!(keys(&text).contains(key));
    }

    #[test]
    fn every_text_is_in_a_theme_or_said_to_be_in_none() {
        let found = of(SAID);
        let mut places: BTreeSet<usize> = found.none.iter().chain(&found.nothing).copied().collect();
        assert_eq!(places.len(), found.none.len() + found.nothing.len());
        places.extend(found.themes.iter().flat_map(|theme| theme.texts.iter().copied()));
        assert_eq!(places.len(), SAID.len());
        assert_eq!(of(&[]), Themes::default());
    }

    #[test]
    fn words_that_belong_together_have_the_ratio_of_a_published_formula() {
        // By hand: 2 (4 ln(4·20/(5·6)) + 1 ln(1·20/(5·14)) + 2 ln(2·20/(15·6)) + 13 ln(13·20/(15·14))).
        let expected = 2.0
            * (4.0 * (80.0_f64 / 30.0).ln()
                + (20.0_f64 / 70.0).ln()
                + 2.0 * (40.0_f64 / 90.0).ln()
                + 13.0 * (260.0_f64 / 210.0).ln());
        assert!((together(4, 5, 6, 20) - expected).abs() < 1e-9);
        assert_eq!(together(1, 10, 10, 20), 0.0);
    }
}
