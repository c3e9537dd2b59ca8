//! What goes with low scores: each fact of a page against those who did not meet it, and how those who answer differ from those who do
//! not.

pub mod bias;
mod told;

pub use told::sentence;

use super::figure::{Better, Family, Figure, FigureKind, SMALL_N, Unit, judged_among};
use rapport_figures::score::{Exposure, LEVEL, Moments, benjamini_hochberg, mean_difference, relative_risk};
use rapport_figures::standing::Ends;
use rapport_store::rollup::FactRollup;
use rapport_store::rollup::fact::Fact;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// So many lines about pages are listed.
pub const LISTED: usize = 50;
/// Fewer answers of those who met a fact, or of those who did not, are compared with nothing.
pub const LEAST: u64 = 10;

/// What drivers are.
pub const DEFINITION: &str = "A fact is compared between those who met it before they answered and those who did not, by answers to \
    NPS, CSAT and effort questions. What each had met is told by their answer: the figures of its page at that time, and its trail. \
    Answers that carry none (Global Privacy Control, a link in a mail) are left out, and so is whoever did not have what is measured, \
    such as INP without an interaction. Relative risk: how many times as often low scores (NPS 0 to 6, CSAT 1 and 2, effort 1 to 3) \
    were given, compared page by page and question by question (Mantel and Haenszel); its 95 % interval is the score interval of \
    Miettinen and Nurminen. Points: the difference of the means on the scale of the question that most of them answered; interval: \
    Welch's. Compared from 30 answers on, at least 10 on either side. The verdict goes by p of the relative risk after the correction \
    for the number of lines (Benjamini and Hochberg). What goes with low scores need not be their reason.";

/// What a fact has to do with scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Those who met it give low scores more often, and chance alone would rarely show it.
    Low,
    /// They give them more rarely, and chance alone would rarely show it.
    High,
    /// Chance alone would often show as much.
    Noise,
    /// Too few answers to compare.
    TooFew,
}

/// How many times as often low scores were given.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Risk {
    /// The relative risk; absent where nobody else gave a low score.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of it; absent where so few cannot give it.
    pub high: Option<f64>,
    /// How often noise alone would show such a ratio, after the corrections that `judged` names; by it the verdict is found.
    pub p: f64,
    /// The same of this ratio alone: its interval leaves out 1 exactly where it is below 0.05.
    pub p_alone: f64,
    /// What it was judged together with.
    pub judged: String,
}

/// How far apart mean scores are.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// Mean of those who met it minus that of the others, in points of the scale.
    pub points: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// How often noise alone would show such a difference.
    pub p: f64,
    /// Slug of the survey whose question it is.
    pub survey: String,
    /// Id of the question.
    pub question: String,
    /// Lowest and highest score of its scale.
    pub ends: [i64; 2],
}

/// A fact, and what it has to do with scores.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Driver {
    /// The page; absent where it is over all pages of the report.
    pub path: Option<String>,
    /// `error`, `rage_click`, `dead_click`, `slow_click`, `failed_click`, `failed_task`, `poor_lcp`, `poor_inp`, `poor_cls`,
    /// `earlier_failure`, `device` or `source`.
    pub fact: &'static str,
    /// Which device or source; else empty.
    pub level: String,
    /// What people read.
    pub label: String,
    /// All of it in a sentence.
    pub sentence: String,
    /// Answers of which it is known whether their visitor met it.
    pub n: u64,
    /// Those of them whose visitor met it.
    pub met: u64,
    /// Low scores of those who met it, as a share.
    pub low_met: Figure,
    /// Low scores of those who did not.
    pub low_spared: Figure,
    /// How many times as often low scores were given; absent where too few answers can be compared, or none is low.
    pub risk: Option<Risk>,
    /// How far apart the means are.
    pub difference: Option<Difference>,
    /// How many of the low scores of those who met it there would not be if they fared as the others (O. S. Miettinen, 1974): lines are
    /// sorted by it.
    pub low_scores_with_it: f64,
    /// What it has to do with scores.
    pub verdict: Verdict,
    /// Whether fewer than 30 answers tell of it.
    pub small: bool,
}

const LOW: FigureKind = FigureKind {
    name: "low_scores",
    label: "Low scores",
    unit: Unit::Percent,
    of: "answers",
    better: Better::Lower,
    definition: "Share of low scores: NPS 0 to 6, CSAT 1 and 2, effort 1 to 3. Interval: Wilson.",
};

/// What answers are told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// Whether their visitor had met it.
    Fact(Fact),
    /// Whether they came from this kind of device.
    Device(String),
    /// Whether their visit came from there.
    Source(String),
}

impl Subject {
    fn has_met(&self, row: &FactRollup) -> Option<bool> {
        match self {
            Self::Fact(fact) => row.has_met(*fact),
            Self::Device(device) => Some(row.device == *device).filter(|_| !row.device.is_empty()),
            Self::Source(source) => Some(row.source == *source).filter(|_| !row.source.is_empty()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Fact(fact) => fact.as_str(),
            Self::Device(_) => "device",
            Self::Source(_) => "source",
        }
    }

    fn level(&self) -> &str {
        match self {
            Self::Fact(_) => "",
            Self::Device(level) | Self::Source(level) => level,
        }
    }
}

/// Scores of one question on one page.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    low: u64,
    moments: Moments,
}

impl Sum {
    fn add(&mut self, row: &FactRollup) {
        let count = |value: i64| value.max(0) as u64;
        self.low += count(row.low);
        let (sum, squares) = (row.score_sum as f64, row.score_squares as f64);
        self.moments.add(&Moments { n: count(row.answers), sum, squares });
    }

    fn cases(&self) -> (u64, u64) {
        (self.low, self.moments.n)
    }
}

/// Survey, question, kind of question.
type Asked<'a> = (&'a str, &'a str, &'a str);

/// Those who met something and those who did not, by question and page.
type Strata<'a> = BTreeMap<(Asked<'a>, &'a str), (Sum, Sum)>;

fn strata<'a>(rows: &[&'a FactRollup], subject: &Subject) -> Strata<'a> {
    let mut strata = Strata::new();
    for row in rows {
        let asked = (row.survey_id.as_str(), row.question_id.as_str(), row.kind.as_str());
        if let Some(has_met) = subject.has_met(row) {
            let (met, spared) = strata.entry((asked, row.path.as_str())).or_default();
            (if has_met { met } else { spared }).add(row);
        }
    }
    strata
}

/// The difference of the means of the question that most of those who met it answered.
fn difference(strata: &Strata<'_>) -> Option<Difference> {
    let mut met: BTreeMap<Asked<'_>, u64> = BTreeMap::new();
    for ((asked, _), (of_met, _)) in strata {
        *met.entry(*asked).or_default() += of_met.moments.n;
    }
    let (asked, _) = met.into_iter().max_by_key(|(_, n)| *n)?;
    let ends = Ends::of_kind(asked.2)?;
    let of_question = strata.iter().filter(|((other, _), _)| *other == asked);
    let parts: Vec<_> = of_question.map(|(_, (met, spared))| (met.moments, spared.moments)).collect();
    let change = mean_difference(&parts)?;
    let most = (ends.last - ends.first) as f64;
    Some(Difference {
        points: change.difference,
        low: change.low.max(-most),
        high: change.high.min(most),
        p: change.p,
        survey: asked.0.to_owned(),
        question: asked.1.to_owned(),
        ends: [ends.first, ends.last],
    })
}

/// One line, not yet judged; `None` where nobody met it.
fn driver(path: Option<&str>, rows: &[&FactRollup], subject: &Subject) -> Option<Driver> {
    let strata = strata(rows, subject);
    let (mut met, mut spared) = (Sum::default(), Sum::default());
    for (of_met, of_spared) in strata.values() {
        for (sum, part) in [(&mut met, of_met), (&mut spared, of_spared)] {
            sum.low += part.low;
            sum.moments.add(&part.moments);
        }
    }
    let n = met.moments.n + spared.moments.n;
    if met.moments.n == 0 {
        return None;
    }
    let is_enough = n >= SMALL_N && met.moments.n >= LEAST && spared.moments.n >= LEAST;
    let exposures: Vec<_> =
        strata.values().map(|(met, spared)| Exposure { met: met.cases(), spared: spared.cases() }).collect();
    let risk = relative_risk(&exposures).filter(|_| is_enough).map(|ratio| Risk {
        value: Some(ratio.value).filter(|value| value.is_finite()),
        low: ratio.low,
        high: Some(ratio.high).filter(|high| high.is_finite()),
        p: ratio.p,
        p_alone: ratio.p,
        judged: String::new(),
    });
    let excess = |risk: &Risk| risk.value.map_or(1.0, |value| if value > 0.0 { 1.0 - 1.0 / value } else { -1.0 });
    Some(Driver {
        path: path.map(str::to_owned),
        fact: subject.name(),
        level: subject.level().to_owned(),
        label: told::label(subject),
        sentence: String::new(),
        n,
        met: met.moments.n,
        low_met: Figure::rate(LOW, met.cases(), None),
        low_spared: Figure::rate(LOW, spared.cases(), None),
        low_scores_with_it: risk.as_ref().map_or(0.0, |risk| met.low as f64 * excess(risk)),
        difference: difference(&strata).filter(|_| is_enough),
        verdict: if risk.is_some() { Verdict::Noise } else { Verdict::TooFew },
        risk,
        small: n < SMALL_N,
    })
}

/// Judges lines that are read as one list, says each in a sentence, and sorts them: what goes with low scores first.
fn judge(family: Family, drivers: &mut [Driver]) {
    let known: Vec<_> = drivers.iter().filter_map(|driver| Some(driver.risk.as_ref()?.p_alone)).collect();
    let words = judged_among(family, known.len(), "comparisons");
    let mut corrected = benjamini_hochberg(&known).into_iter();
    for driver in drivers.iter_mut() {
        if let Some(risk) = &mut driver.risk {
            risk.p = corrected.next().map_or(1.0, |p| (p * family.looks).min(1.0));
            risk.judged.clone_from(&words);
            driver.verdict = match risk.value {
                _ if risk.p >= LEVEL => Verdict::Noise,
                Some(value) if value < 1.0 => Verdict::High,
                _ => Verdict::Low,
            };
        }
        driver.sentence = sentence(driver);
    }
    let rank = |verdict: Verdict| match verdict {
        Verdict::Low => 0,
        Verdict::High => 1,
        Verdict::Noise => 2,
        Verdict::TooFew => 3,
    };
    drivers.sort_by(|one, other| {
        let by_size = other.low_scores_with_it.abs().total_cmp(&one.low_scores_with_it.abs());
        rank(one.verdict).cmp(&rank(other.verdict)).then(by_size).then_with(|| one.path.cmp(&other.path))
    });
}

/// What goes with low scores over all pages of these rows.
pub fn over_all(rows: &[FactRollup], looks: f64) -> Vec<Driver> {
    let all: Vec<_> = rows.iter().collect();
    let levels = |of: fn(&FactRollup) -> &String| {
        let names: BTreeSet<_> = rows.iter().map(of).filter(|name| !name.is_empty()).cloned().collect();
        // One alone is compared with nothing.
        if names.len() > 1 { names } else { BTreeSet::new() }
    };
    let subjects = Fact::EACH.into_iter().map(Subject::Fact);
    let devices = levels(|row| &row.device).into_iter().map(Subject::Device);
    let sources = levels(|row| &row.source).into_iter().map(Subject::Source);
    let subjects = subjects.chain(devices).chain(sources);
    let mut drivers: Vec<_> = subjects.filter_map(|subject| driver(None, &all, &subject)).collect();
    judge(Family { name: "facts over all pages", looks }, &mut drivers);
    drivers
}

/// What goes with low scores on each page of these rows.
pub fn by_page(rows: &[FactRollup], looks: f64) -> Vec<Driver> {
    let mut pages: BTreeMap<&str, Vec<&FactRollup>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.path.is_empty()) {
        pages.entry(&row.path).or_default().push(row);
    }
    let mut drivers = Vec::new();
    for (path, rows) in pages {
        drivers.extend(Fact::EACH.into_iter().filter_map(|fact| driver(Some(path), &rows, &Subject::Fact(fact))));
    }
    judge(Family { name: "facts of all pages", looks }, &mut drivers);
    drivers
}

/// The report of drivers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Drivers {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Scores that were given.
    pub answers: u64,
    /// Those of them that carry nothing of what their visitor had met.
    pub withheld: u64,
    /// Over all pages, or over the page that is looked at.
    pub over_all: Vec<Driver>,
    /// Page by page.
    pub by_page: Vec<Driver>,
    /// How many lines there are page by page.
    pub of_pages: u64,
    /// How those who answer differ from those who do not.
    pub bias: bias::Bias,
    /// What drivers are.
    pub definition: &'static str,
}

impl Drivers {
    /// The report on these rows.
    pub fn of(
        (from, to): (String, String),
        rows: &[FactRollup],
        bias: bias::Bias,
        (looks, is_page): (f64, bool),
    ) -> Self {
        let count = |rows: &mut dyn Iterator<Item = &FactRollup>| rows.map(|row| row.answers.max(0) as u64).sum();
        // Of one page the lines over all pages are those of the page.
        let by_page = if is_page { Vec::new() } else { by_page(rows, looks) };
        Self {
            from,
            to,
            answers: count(&mut rows.iter()),
            withheld: count(&mut rows.iter().filter(|row| !row.is_told())),
            over_all: over_all(rows, looks),
            of_pages: by_page.len() as u64,
            by_page,
            bias,
            definition: DEFINITION,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(path: &str, kind: &str, met: &str, (answers, low, mean): (i64, i64, i64)) -> FactRollup {
        FactRollup {
            survey_id: "rating".into(),
            question_id: kind.into(),
            kind: kind.into(),
            path: path.into(),
            device: "mobile".into(),
            met: met.into(),
            answers,
            low,
            score_sum: answers * mean,
            score_squares: answers * (mean * mean + 1),
            ..FactRollup::default()
        }
    }

    #[test]
    fn a_page_that_jumps_is_said_to_jump_and_not_to_have_the_button_that_every_page_has() {
        let rows = [
            row("/vase", "csat", "poor_cls", (100, 50, 2)),
            row("/vase", "csat", "poor_cls dead_click", (12, 7, 2)),
            row("/vase", "csat", "dead_click", (12, 3, 4)),
            row("/vase", "csat", "", (100, 8, 4)),
            row("/mug", "csat", "dead_click", (12, 2, 4)),
            row("/mug", "csat", "", (100, 8, 4)),
        ];
        let drivers = by_page(&rows, 1.0);
        let first = &drivers[0];
        assert_eq!((first.path.as_deref(), first.fact, first.verdict), (Some("/vase"), "poor_cls", Verdict::Low));
        let risk = first.risk.as_ref().unwrap();
        assert!(risk.low > 2.9 && risk.high.unwrap() < 10.0, "{risk:?}");
        assert_eq!(
            first.sentence,
            "Visitors who saw /vase jump (CLS above 0.25) rate it 2.0 points lower (95 % 1.7 to 2.3, scale 1 to 5) and give \
             low scores 5.2 times as often (95 % 2.9 to 9.4); n = 112 of 224."
        );
        assert!(
            drivers.iter().filter(|driver| driver.fact == "dead_click").all(|driver| driver.verdict != Verdict::Low)
        );
    }

    #[test]
    fn pages_that_are_rated_low_for_another_reason_do_not_blame_a_fact() {
        // Errors are frequent where scores are low, and make no difference there.
        let rows = [
            row("/bad", "csat", "error", (80, 40, 2)),
            row("/bad", "csat", "", (80, 40, 2)),
            row("/good", "csat", "error", (20, 1, 4)),
            row("/good", "csat", "", (400, 20, 4)),
        ];
        let drivers = over_all(&rows, 1.0);
        let error = drivers.iter().find(|driver| driver.fact == "error").unwrap();
        assert_eq!(error.verdict, Verdict::Noise, "{error:?}");
        assert!((error.risk.as_ref().unwrap().value.unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn few_answers_are_listed_and_not_compared_and_a_list_needs_stronger_evidence() {
        let few = [row("/a", "csat", "error", (9, 9, 1)), row("/a", "csat", "", (60, 1, 4))];
        let drivers = by_page(&few, 1.0);
        assert_eq!((drivers[0].verdict, drivers[0].risk.is_none()), (Verdict::TooFew, true));
        // About 0.03 alone; among twenty pages that show nothing it is not enough.
        let mut rows = vec![row("/a", "csat", "error", (40, 14, 3)), row("/a", "csat", "", (40, 5, 3))];
        assert_eq!(by_page(&rows, 1.0)[0].verdict, Verdict::Low);
        for page in 0..20 {
            rows.push(row(&format!("/b{page}"), "csat", "error", (40, 6, 3)));
            rows.push(row(&format!("/b{page}"), "csat", "", (40, 6, 3)));
        }
        let drivers = by_page(&rows, 1.0);
        assert!(drivers.iter().all(|driver| driver.verdict == Verdict::Noise), "{:?}", drivers[0]);
        assert!(drivers[0].risk.as_ref().unwrap().judged.contains("among 21"));
    }

    #[test]
    fn devices_are_compared_where_there_are_several_and_unknown_facts_are_on_neither_side() {
        let desktop = |row: FactRollup| FactRollup { device: "desktop".into(), ..row };
        let rows = [row("/a", "csat", "?poor_inp", (50, 25, 2)), desktop(row("/a", "csat", "poor_inp", (50, 5, 4)))];
        let drivers = over_all(&rows, 1.0);
        let found: Vec<_> = drivers.iter().map(|driver| (driver.fact, driver.level.as_str(), driver.n)).collect();
        assert_eq!(found, [("device", "mobile", 100), ("device", "desktop", 100), ("poor_inp", "", 50)]);
        assert_eq!((drivers[0].verdict, drivers[1].verdict), (Verdict::Low, Verdict::High));
        assert!(over_all(&rows[..1], 1.0).is_empty());
    }
}
