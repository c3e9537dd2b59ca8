//! What people write about: themes with their score and trend, what is said alike once, languages, and how well a machine tells praise from
//! complaint here.

use super::Written;
use crate::figure::{Better, Family, Figure, FigureKind, Unit, correct};
use rapport_figures::score::{mean, mean_change, wilson};
use rapport_figures::standing::Standing;
use rapport_language::alike::{Said, groups};
use rapport_language::detect::Language;
use rapport_language::nothing::says_nothing;
use rapport_language::sentiment::{self, Example};
use rapport_language::theme::{self, Text, keys};
use rapport_store::word::Found;
use rapport_store::word::choice::{self, ThemeChoice};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Examples of a theme.
const EXAMPLES: usize = 3;
/// Most groups of what is said alike.
const GROUPS: usize = 20;
/// Texts of a group that are listed.
const OF_A_GROUP: usize = 10;

const SHARE: FigureKind = FigureKind {
    name: "theme_share",
    label: "Share of texts",
    unit: Unit::Percent,
    of: "texts",
    better: Better::Lower,
    definition: "Texts with this phrase, in any of its forms, among those that say something. Interval: Wilson.",
};
const SCORE: FigureKind = FigureKind {
    name: "theme_score",
    label: "Mean score",
    unit: Unit::Steps,
    of: "scored texts",
    better: Better::Higher,
    definition: "Mean of the scores given with these texts, each as its place on its own scale, from 0 to 100. Interval: Student's t. \
                 Change: exact permutation, or Welch's t.",
};
const NONE: FigureKind = FigureKind {
    name: "no_theme",
    label: "Fits no theme",
    unit: Unit::Percent,
    of: "texts",
    better: Better::Lower,
    definition: "Texts that say something and have none of the themes, among those that say something. Interval: Wilson.",
};
const ACCURACY: FigureKind = FigureKind {
    name: "sentiment_accuracy",
    label: "Guessed right",
    unit: Unit::Percent,
    of: "held-out texts",
    better: Better::Higher,
    definition: "Texts with a low or a high score whose side was guessed by naive Bayes from their words alone, when it had learned from four fifths of \
                 this site's texts and they were in the other fifth. Interval: Wilson.",
};

/// A theme.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ThemeLine {
    /// What it is known by: its stems.
    pub key: String,
    /// What the site calls it, else how most people write it.
    pub label: String,
    /// Whether the site gave it this name.
    pub is_named: bool,
    /// The themes that the site merged into it.
    pub merged: Vec<ThemeName>,
    /// Texts with it.
    pub texts: u64,
    /// Its share, against the period before.
    pub share: Figure,
    /// The mean of the scores given with it.
    pub score: Figure,
    /// Some of its texts, the newest.
    pub examples: Vec<Written>,
}

/// A theme that is listed nowhere by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThemeName {
    /// What it is known by.
    pub key: String,
    /// What it is called.
    pub label: String,
}

/// What several people said alike.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AlikeLine {
    /// How many said so.
    pub count: u64,
    /// The newest of them, at most ten.
    pub texts: Vec<Written>,
}

/// Texts of a language.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LanguageLine {
    /// Its primary subtag; empty where nothing is known.
    pub language: String,
    /// Texts thought to be in it.
    pub texts: u64,
}

/// How well a machine tells low from high scores by the words alone, in a language, and what it guesses of texts without a score.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SentimentLine {
    /// The language.
    pub language: String,
    /// How often it was right on texts that it had not learned from.
    pub accuracy: Figure,
    /// How often, in percent, one is right who always says the same.
    pub always_the_same: f64,
    /// Whether it is better than that, beyond chance. Only then something is guessed.
    pub is_better: bool,
    /// Texts of these days without a score that are thought to be complaints; absent where nothing is guessed.
    pub thought_low: Option<u64>,
    /// The same, praise.
    pub thought_high: Option<u64>,
}

/// What people write about on some days.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ThemesReport {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Texts that were read: the newest of the days.
    pub read: u64,
    /// Whether older ones of these days were not.
    pub more: bool,
    /// Texts among them that say nothing, such as "no comment": they are in no share.
    pub nothing: u64,
    /// The share of texts that fit no theme.
    pub none: Figure,
    /// The themes, those that say most first.
    pub themes: Vec<ThemeLine>,
    /// Themes that the site does not want to see; their texts fit a theme all the same.
    pub hidden: Vec<ThemeName>,
    /// What was said alike by several, the most frequent first.
    pub alike: Vec<AlikeLine>,
    /// Languages, the most frequent first; each is a guess.
    pub languages: Vec<LanguageLine>,
    /// What a machine can tell of praise and complaint.
    pub sentiment: Vec<SentimentLine>,
}

impl ThemesReport {
    /// What a machine can tell of praise and complaint in a language.
    pub fn sentiment_of(&self, language: &str) -> Option<&SentimentLine> {
        self.sentiment.iter().find(|line| line.language == language)
    }
}

/// What it is made of.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// First and last day.
    pub days: (String, String),
    /// Texts of the period, the newest first.
    pub now: Vec<Found>,
    /// Whether there are older ones.
    pub more: bool,
    /// Texts of the period before, where there is one.
    pub before: Option<Vec<Found>>,
    /// Texts with scores to learn from, of any days.
    pub scored: Vec<Found>,
    /// See [`crate::slice::Slice::looks`].
    pub looks: f64,
    /// What the site decided of themes.
    pub choices: Vec<ThemeChoice>,
}

fn language_of(found: &Found) -> Language {
    Language::of(&found.text.language)
}

fn text_of(found: &Found) -> Text<'_> {
    Text { text: &found.text.said, language: language_of(found) }
}

/// How many texts have each score, from 0 to 100.
fn scores<'a>(texts: impl Iterator<Item = &'a Found>) -> Vec<u64> {
    let mut counts = vec![0; 101];
    texts.filter_map(|found| found.text.score).for_each(|score| counts[score.clamp(0, 100) as usize] += 1);
    counts
}

/// A theme as a site has it: with those merged into it.
struct Chosen {
    key: String,
    label: String,
    is_named: bool,
    /// What it and those merged into it are known by.
    keys: Vec<String>,
    merged: Vec<ThemeName>,
    /// Places of its texts, in order.
    texts: Vec<usize>,
}

fn name_of(choice: &ThemeChoice) -> String {
    let names = [&choice.name, &choice.label, &choice.key];
    names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default()
}

/// The themes that a machine found as the site wants them: merged, by its names, and without those that it hides.
fn chosen(input: &Input, found: &theme::Themes) -> Vec<Chosen> {
    let choices = &input.choices;
    let choice = |key: &str| choices.iter().find(|choice| choice.key == key);
    let mut chosen: Vec<Chosen> = Vec::new();
    for theme in &found.themes {
        let key = choice::root(choices, &theme.key);
        if choice(key).is_some_and(|choice| choice.hidden) || chosen.iter().any(|other| other.key == key) {
            continue;
        }
        let parts: Vec<_> = choices.iter().filter(|choice| choice.into == key).collect();
        let name = choice(key).map_or("", |choice| choice.name.as_str());
        let own = found.themes.iter().find(|theme| theme.key == key);
        let label = match (name, own, choice(key)) {
            ("", Some(own), _) => own.label.clone(),
            ("", None, Some(choice)) => name_of(choice),
            ("", None, None) => theme.label.clone(),
            (name, ..) => name.to_owned(),
        };
        chosen.push(Chosen {
            key: key.to_owned(),
            label,
            is_named: !name.is_empty(),
            keys: [key.to_owned()].into_iter().chain(parts.iter().map(|part| part.key.clone())).collect(),
            merged: parts.iter().map(|part| ThemeName { key: part.key.clone(), label: name_of(part) }).collect(),
            texts: own.map_or_else(Vec::new, |own| own.texts.clone()),
        });
    }
    with_texts_of_parts(input, &mut chosen);
    chosen
}

/// Gives themes that others were merged into the texts of all of them, each once: also of those that are too rare to be found by themselves.
fn with_texts_of_parts(input: &Input, chosen: &mut [Chosen]) {
    if chosen.iter().all(|theme| theme.merged.is_empty()) {
        return;
    }
    chosen.iter_mut().filter(|theme| !theme.merged.is_empty()).for_each(|theme| theme.texts.clear());
    for (place, found) in input.now.iter().enumerate().filter(|(_, found)| !says_nothing(&found.text.said)) {
        let own = keys(&text_of(found));
        for theme in chosen.iter_mut().filter(|theme| !theme.merged.is_empty()) {
            if theme.keys.iter().any(|key| own.contains(key)) {
                theme.texts.push(place);
            }
        }
    }
}

/// Of the period before, the texts of each theme, and how many say something.
fn before_by_key<'a>(before: &'a [Found], themes: &[Chosen]) -> (HashMap<String, Vec<&'a Found>>, u64) {
    let (mut by_key, mut saying): (HashMap<String, Vec<&Found>>, u64) = (HashMap::new(), 0);
    for found in before.iter().filter(|found| !says_nothing(&found.text.said)) {
        saying += 1;
        let own = keys(&text_of(found));
        for theme in themes.iter().filter(|theme| theme.keys.iter().any(|key| own.contains(key))) {
            by_key.entry(theme.key.clone()).or_default().push(found);
        }
    }
    (by_key, saying)
}

fn theme_lines(input: &Input, themes: &[Chosen], saying: u64, shown: &dyn Fn(&Found) -> Written) -> Vec<ThemeLine> {
    let earlier = input.before.as_deref().map(|before| before_by_key(before, themes));
    let line = |theme: &Chosen| {
        let own = || theme.texts.iter().map(|place| &input.now[*place]);
        let counts = scores(own());
        let now = mean(&counts, 0);
        let before: Option<&[&Found]> =
            earlier.as_ref().map(|(by_key, _)| by_key.get(&theme.key).map_or(&[][..], Vec::as_slice));
        let counts_before = before.map(|before| scores(before.iter().copied()));
        let change = counts_before.as_ref().and_then(|before| mean_change(before, &counts));
        let mut score = Figure::of_score(SCORE, now, counts_before.as_ref().and_then(|before| mean(before, 0)), change);
        score.ends = Some([0, 100]);
        // More of what goes with low scores is worse.
        let better = if now.is_some_and(|score| score.value >= 50.0) { Better::Higher } else { Better::Lower };
        let of_before = before.zip(earlier.as_ref()).map(|(before, (_, saying))| (before.len() as u64, *saying));
        ThemeLine {
            key: theme.key.clone(),
            label: theme.label.clone(),
            is_named: theme.is_named,
            merged: theme.merged.clone(),
            texts: theme.texts.len() as u64,
            share: Figure::rate(FigureKind { better, ..SHARE }, (theme.texts.len() as u64, saying), of_before),
            score,
            examples: own().take(EXAMPLES).map(shown).collect(),
        }
    };
    let mut lines: Vec<_> = themes.iter().map(line).collect();
    correct(Family { name: "shares of all themes", looks: input.looks }, lines.iter_mut().map(|line| &mut line.share));
    correct(Family { name: "scores of all themes", looks: input.looks }, lines.iter_mut().map(|line| &mut line.score));
    lines
}

fn alike_lines(input: &Input, shown: &dyn Fn(&Found) -> Written) -> Vec<AlikeLine> {
    let saying: Vec<&Found> = input.now.iter().filter(|found| !says_nothing(&found.text.said)).collect();
    let said: Vec<Said> = saying.iter().map(|found| Said::of(&found.text.said, language_of(found))).collect();
    let mut groups: Vec<Vec<usize>> = groups(&said).into_iter().filter(|group| group.len() > 1).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let line = |group: Vec<usize>| AlikeLine {
        count: group.len() as u64,
        texts: group.iter().take(OF_A_GROUP).map(|place| shown(saying[*place])).collect(),
    };
    groups.into_iter().take(GROUPS).map(line).collect()
}

fn sentiment_lines(input: &Input) -> Vec<SentimentLine> {
    let examples: Vec<Example<'_>> = input
        .scored
        .iter()
        .filter(|found| !says_nothing(&found.text.said))
        .filter_map(|found| {
            let is_low = match found.text.standing? {
                Standing::Low => true,
                Standing::High => false,
                Standing::Middle => return None,
            };
            Some(Example { text: &found.text.said, language: language_of(found), is_low })
        })
        .collect();
    let (model, measured) = sentiment::learned(&examples);
    let line = |of: sentiment::Measured| {
        let accuracy = Figure::rate(ACCURACY, (of.right, of.n), None);
        let always = wilson(of.most, of.n).map_or(100.0, |score| score.value);
        let is_better = of.n >= sentiment::LEAST as u64 && accuracy.low.is_some_and(|low| low > always);
        let thought = |low: bool| {
            let without_score =
                input.now.iter().filter(|found| found.text.score.is_none() && language_of(found) == of.language);
            let features = |found: &Found| sentiment::features(&found.text.said, of.language);
            without_score.filter(|found| model.is_low(&features(found)) == Some(low)).count() as u64
        };
        SentimentLine {
            language: of.language.0.to_owned(),
            accuracy,
            always_the_same: always,
            is_better,
            thought_low: is_better.then(|| thought(true)),
            thought_high: is_better.then(|| thought(false)),
        }
    };
    let mut lines: Vec<_> = measured.into_iter().map(line).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.accuracy.n));
    lines
}

/// The themes that the site does not want to see.
fn hidden(input: &Input) -> Vec<ThemeName> {
    let hidden = input.choices.iter().filter(|choice| choice.hidden && choice.into.is_empty());
    hidden.map(|choice| ThemeName { key: choice.key.clone(), label: name_of(choice) }).collect()
}

/// The report; `shown` is how a text is told.
pub fn report(input: &Input, shown: &dyn Fn(&Found) -> Written) -> ThemesReport {
    let texts: Vec<Text<'_>> = input.now.iter().map(text_of).collect();
    let found = theme::themes(&texts);
    let saying = (texts.len() - found.nothing.len()) as u64;
    let mut languages: BTreeMap<&str, u64> = BTreeMap::new();
    input.now.iter().for_each(|found| *languages.entry(&found.text.language).or_default() += 1);
    let mut languages: Vec<_> =
        languages.into_iter().map(|(language, texts)| LanguageLine { language: language.to_owned(), texts }).collect();
    languages.sort_by_key(|line| std::cmp::Reverse(line.texts));
    ThemesReport {
        from: input.days.0.clone(),
        to: input.days.1.clone(),
        read: texts.len() as u64,
        more: input.more,
        nothing: found.nothing.len() as u64,
        none: Figure::rate(NONE, (found.none.len() as u64, saying), None),
        themes: theme_lines(input, &chosen(input, &found), saying, shown),
        hidden: hidden(input),
        alike: alike_lines(input, shown),
        languages,
        sentiment: sentiment_lines(input),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use rapport_shared::id::Id;
    use rapport_store::word::{Source, Text as Stored};

    fn found(number: usize, said: &str, score: Option<i64>) -> Found {
        let standing = score.map(|score| if score < 50 { Standing::Low } else { Standing::High });
        Found {
            text: Stored {
                source: Source::Answer,
                item_id: Id([number as u8; 16]),
                part: "reason".into(),
                survey_id: "feedback".into(),
                occurred_at_ms: number as i64,
                language: "en".into(),
                score,
                standing,
                said: said.into(),
            },
            number: number as i64,
            path: "/".into(),
        }
    }

    fn of(input: &Input) -> ThemesReport {
        report(input, &|found| Written::new(found, &[], &[], &TimeZone::UTC))
    }

    #[test]
    fn a_theme_has_its_count_its_mean_score_and_its_trend() {
        let said = [
            ("delivery was late", Some(0)),
            ("the delivery is late!", Some(25)),
            ("Late delivery", Some(50)),
            ("lovely mugs", Some(100)),
            ("n/a", Some(50)),
            ("no comment", None),
        ];
        let now = said.iter().enumerate().map(|(number, (text, score))| found(number, text, *score)).collect();
        let before = (0..10)
            .map(|number| found(number, if number == 0 { "delivery late" } else { "fine shop" }, None))
            .collect();
        let input = Input { now, before: Some(before), looks: 1.0, ..Input::default() };
        let report = of(&input);
        let delivery = report.themes.iter().find(|theme| theme.key.contains("deliveri")).expect("a theme");
        assert_eq!(delivery.texts, 3);
        assert_eq!((delivery.share.value, delivery.share.n), (Some(75.0), 4));
        assert_eq!((delivery.score.value, delivery.score.n), (Some(25.0), 3));
        assert_eq!(delivery.share.change.as_ref().map(|change| (change.before, change.n_before)), Some((10.0, 10)));
        assert_eq!((report.nothing, report.none.value, report.none.n), (2, Some(25.0), 4));
        // Once with its count: the sets of words are equal.
        assert_eq!(report.alike.iter().map(|line| (line.count, line.texts.len())).collect::<Vec<_>>(), [(3, 3)]);
    }

    #[test]
    fn themes_that_say_the_same_stood_apart_and_one_that_says_nothing_could_not_be_hidden() {
        let said = [["late delivery"; 3], ["slow parcel"; 3]].concat();
        let said = said.iter().chain(&["slow parcel, late delivery"]);
        let now: Vec<_> = said.enumerate().map(|(number, text)| found(number, text, Some(50))).collect();
        let plain = of(&Input { now: now.clone(), ..Input::default() });
        let key = |label: &str| {
            let theme = plain.themes.iter().find(|theme| theme.label == label);
            theme.unwrap_or_else(|| panic!("{label}: {:?}", plain.themes)).key.clone()
        };
        let (late, slow) = (key("late delivery"), key("slow parcel"));
        let name = |key: &str, label: &str| ThemeName { key: key.into(), label: label.into() };
        let choices = vec![
            ThemeChoice { key: late.clone(), name: "Delivery".into(), ..ThemeChoice::default() },
            ThemeChoice {
                key: slow.clone(),
                label: "slow parcel".into(),
                into: late.clone(),
                ..ThemeChoice::default()
            },
        ];
        let merged = of(&Input { now: now.clone(), choices, ..Input::default() });
        let delivery = merged.themes.iter().find(|theme| theme.key == late).expect("it is there");
        // Three of each, and the one that says both once.
        assert_eq!((delivery.label.as_str(), delivery.is_named, delivery.texts), ("Delivery", true, 7));
        assert_eq!(delivery.merged, [name(&slow, "slow parcel")]);
        assert!(merged.themes.iter().all(|theme| theme.key != slow));
        let hidden =
            ThemeChoice { key: slow.clone(), label: "slow parcel".into(), hidden: true, ..ThemeChoice::default() };
        let without = of(&Input { now, choices: vec![hidden], ..Input::default() });
        assert!(without.themes.iter().all(|theme| theme.key != slow));
        assert_eq!(without.hidden, [name(&slow, "slow parcel")]);
        assert_eq!(without.none.value, plain.none.value, "what is hidden fits a theme all the same");
    }

    #[test]
    fn a_guess_no_better_than_chance_was_shown() {
        let things = ["page", "shop", "basket", "photo", "price", "search", "filter", "account", "font", "colour"];
        let texts = |low: &'static str, high: &'static str| -> Vec<Found> {
            (0..200)
                .map(|number| {
                    let is_low = number % 2 == 0;
                    let said = format!(
                        "{} {} {}",
                        things[number / 2 % 10],
                        things[number / 20],
                        if is_low { low } else { high }
                    );
                    found(number, &said, Some(if is_low { 0 } else { 100 }))
                })
                .collect()
        };
        let now = vec![found(1, "this is broken", None)];
        let learned = of(&Input { now: now.clone(), scored: texts("broken", "lovely"), ..Input::default() });
        assert_eq!(learned.sentiment.len(), 1);
        assert!(learned.sentiment[0].is_better, "{:?}", learned.sentiment);
        assert_eq!((learned.sentiment[0].thought_low, learned.sentiment[0].thought_high), (Some(1), Some(0)));
        let nothing = of(&Input { now, scored: texts("thing", "thing"), ..Input::default() });
        assert!(!nothing.sentiment[0].is_better);
        assert_eq!(nothing.sentiment[0].thought_low, None);
    }
}
