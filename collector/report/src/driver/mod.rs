//! What goes with low scores: each fact of a page against those who did not meet it, and how those who answer differ from those who do
//! not.

pub mod bias;
mod told;

pub use told::sentence;

use super::figure::{Better, Family, Figure, FigureKind, SMALL_N, Unit, judged_among};
use rapport_figures::score::{Exposure, LEVEL, Moments, benjamini_hochberg, mean_difference, relative_risk};
use rapport_figures::standing::Ends;
use rapport_store::device::Sender;
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
pub const DEFINITION: &str = "Those who met a fact before they answered are compared with those of the same page who met none of these \
    facts (of devices and sources with all others), by answers to NPS, CSAT and effort questions. Where fewer than 10 of a page met \
    none, those of the other pages stand for them, and the line says so. What each had met is told by their answer: the figures of \
    its page at that time, and its trail. Answers that carry none (Global Privacy Control, a link in a mail) are left out, and so is whoever did not have what is measured, \
    such as INP without an interaction. Relative risk: how many times as often low scores (NPS 0 to 6, CSAT 1 and 2, effort 1 to 3) \
    were given, compared page by page and question by question (Mantel and Haenszel); its 95 % interval is the score interval of \
    Miettinen and Nurminen. Points: the difference of the means on the scale of the question that most of them answered; interval: \
    Welch's. Compared from 30 answers on, at least 10 on either side. The verdict goes by p of the relative risk after the correction \
    for the number of lines (Benjamini and Hochberg). What goes with low scores need not be their reason.";

/// What a fact has to do with scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriverVerdict {
    /// Those who met it give low scores more often, and chance alone would rarely show it.
    Low,
    /// They give them more rarely, and chance alone would rarely show it.
    High,
    /// Chance alone would often show as much.
    Noise,
    /// Too few answers to compare.
    TooFew,
}

/// Whom those who met a fact are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparedWith {
    /// Those of the same pages who met nothing.
    Unharmed,
    /// Those of other pages who met nothing: of this one there are too few.
    UnharmedElsewhere,
    /// All others.
    Others,
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
    /// `earlier_failure`, `device`, `source` or `visitor` (whether they had been there before).
    pub fact: &'static str,
    /// Which device or source, or `new` or `returning`; else empty.
    pub level: String,
    /// What people read.
    pub label: String,
    /// All of it in a sentence.
    pub sentence: String,
    /// Whom those who met it are compared with.
    pub compared_with: ComparedWith,
    /// Answers that are compared.
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
    pub verdict: DriverVerdict,
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
    /// Whether they had been there before: see [`ByVisitor`].
    Visitor,
}

impl Subject {
    /// Whether an answer is of those who met it, or of those they are compared with; `None` where it is of neither.
    fn has_met(&self, row: &FactRollup) -> Option<bool> {
        match self {
            Self::Fact(fact) => row.has_met(*fact).filter(|has_met| *has_met || row.has_met_nothing()),
            // What a server brought was given on no device that is known.
            Self::Device(device) => Some(row.device == *device).filter(|_| is_device(&row.device)),
            Self::Source(source) => Some(row.source == *source).filter(|_| !row.source.is_empty()),
            // No row of a rollup tells it.
            Self::Visitor => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Fact(fact) => fact.as_str(),
            Self::Device(_) => "device",
            Self::Source(_) => "source",
            Self::Visitor => "visitor",
        }
    }

    fn level(&self) -> &str {
        match self {
            Self::Fact(_) => "",
            Self::Device(level) | Self::Source(level) => level,
            Self::Visitor => "returning",
        }
    }
}

/// Whether it is the name of a kind of device.
fn is_device(name: &str) -> bool {
    !name.is_empty() && name != Sender::Server.as_str()
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

/// Those of all pages who met nothing, by question.
type Unharmed<'a> = BTreeMap<Asked<'a>, Sum>;

fn unharmed<'a>(rows: impl IntoIterator<Item = &'a FactRollup>, subject: &Subject) -> Unharmed<'a> {
    let mut unharmed = Unharmed::new();
    for row in rows.into_iter().filter(|row| subject.has_met(row) == Some(false)) {
        let asked = (row.survey_id.as_str(), row.question_id.as_str(), row.kind.as_str());
        unharmed.entry(asked).or_default().add(row);
    }
    unharmed
}

/// Those who met a fact on a page, beside those of other pages who met nothing; `everywhere` are those of all pages.
fn beside_others<'a>(own: &Strata<'a>, everywhere: &Unharmed<'a>) -> Strata<'a> {
    let mut strata = Strata::new();
    for ((asked, _), (met, spared)) in own {
        let all = everywhere.get(asked).copied().unwrap_or_default();
        let others = Sum { low: all.low.saturating_sub(spared.low), moments: all.moments.without(&spared.moments) };
        strata.insert((*asked, ""), (*met, others));
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

/// How many those who met nothing are.
fn spared(strata: &Strata<'_>) -> u64 {
    strata.values().map(|(_, spared)| spared.moments.n).sum()
}

/// One line, not yet judged; `None` where nobody met it.
fn driver(
    path: Option<&str>,
    strata: &Strata<'_>,
    (subject, compared_with): (&Subject, ComparedWith),
) -> Option<Driver> {
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
        compared_with,
        n,
        met: met.moments.n,
        low_met: Figure::rate(LOW, met.cases(), None),
        low_spared: Figure::rate(LOW, spared.cases(), None),
        low_scores_with_it: risk.as_ref().map_or(0.0, |risk| met.low as f64 * excess(risk)),
        difference: difference(strata).filter(|_| is_enough),
        verdict: if risk.is_some() { DriverVerdict::Noise } else { DriverVerdict::TooFew },
        risk,
        small: n < SMALL_N,
    })
}

/// Judges lines that are read as one list, says each in a sentence, and sorts them: what goes with low scores first.
fn judge(name: &'static str, drivers: &mut [Driver]) {
    let known: Vec<_> = drivers.iter().filter_map(|driver| Some(driver.risk.as_ref()?.p_alone)).collect();
    let words = judged_among(Family { name, looks: 1.0 }, known.len(), "comparisons");
    let mut corrected = benjamini_hochberg(&known).into_iter();
    for driver in drivers.iter_mut() {
        if let Some(risk) = &mut driver.risk {
            risk.p = corrected.next().unwrap_or(1.0);
            risk.judged.clone_from(&words);
            driver.verdict = match risk.value {
                _ if risk.p >= LEVEL => DriverVerdict::Noise,
                Some(value) if value < 1.0 => DriverVerdict::High,
                _ => DriverVerdict::Low,
            };
        }
        driver.sentence = sentence(driver);
    }
    let rank = |verdict: DriverVerdict| match verdict {
        DriverVerdict::Low => 0,
        DriverVerdict::High => 1,
        DriverVerdict::Noise => 2,
        DriverVerdict::TooFew => 3,
    };
    drivers.sort_by(|one, other| {
        let by_size = other.low_scores_with_it.abs().total_cmp(&one.low_scores_with_it.abs());
        rank(one.verdict).cmp(&rank(other.verdict)).then(by_size).then_with(|| one.path.cmp(&other.path))
    });
}

/// Scores of visitors who are known from one day to the next, by whether they had been there before.
#[derive(Debug, Default)]
pub struct ByVisitor {
    /// Of those first seen less than a day before.
    pub new: Vec<FactRollup>,
    /// Of those seen before that.
    pub returning: Vec<FactRollup>,
}

impl ByVisitor {
    /// The line on those who return beside those who are new; none where nobody of either answered.
    fn driver(&self) -> Option<Driver> {
        let subject = Subject::Visitor;
        let mut strata = Strata::new();
        for (rows, has_met) in [(&self.new, false), (&self.returning, true)] {
            for row in rows {
                let asked = (row.survey_id.as_str(), row.question_id.as_str(), row.kind.as_str());
                let (met, spared) = strata.entry((asked, row.path.as_str())).or_default();
                (if has_met { met } else { spared }).add(row);
            }
        }
        driver(None, &strata, (&subject, ComparedWith::Others)).filter(|driver| driver.met < driver.n)
    }
}

/// What goes with low scores over all pages of these rows.
pub fn over_all(rows: &[FactRollup], by_visitor: &ByVisitor) -> Vec<Driver> {
    let all: Vec<_> = rows.iter().collect();
    let levels = |of: fn(&FactRollup) -> &String, is_known: fn(&str) -> bool| {
        let names: BTreeSet<_> = rows.iter().map(of).filter(|name| is_known(name)).cloned().collect();
        // One alone is compared with nothing.
        if names.len() > 1 { names } else { BTreeSet::new() }
    };
    let subjects = Fact::EACH.into_iter().map(Subject::Fact);
    let devices = levels(|row| &row.device, is_device).into_iter().map(Subject::Device);
    let sources = levels(|row| &row.source, |name| !name.is_empty()).into_iter().map(Subject::Source);
    let subjects = subjects.chain(devices).chain(sources);
    let line = |subject: Subject| {
        let compared_with =
            if matches!(subject, Subject::Fact(_)) { ComparedWith::Unharmed } else { ComparedWith::Others };
        driver(None, &strata(&all, &subject), (&subject, compared_with))
    };
    let mut drivers: Vec<_> = subjects.filter_map(line).chain(by_visitor.driver()).collect();
    judge("facts over all pages", &mut drivers);
    drivers
}

/// What goes with low scores on each page of these rows.
pub fn by_page(rows: &[FactRollup]) -> Vec<Driver> {
    let mut pages: BTreeMap<&str, Vec<&FactRollup>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.path.is_empty()) {
        pages.entry(&row.path).or_default().push(row);
    }
    let subjects: Vec<_> = Fact::EACH.into_iter().map(Subject::Fact).collect();
    let everywhere: Vec<_> =
        subjects.iter().map(|subject| unharmed(pages.values().flatten().copied(), subject)).collect();
    let mut drivers = Vec::new();
    for (path, rows) in &pages {
        for (subject, everywhere) in subjects.iter().zip(&everywhere) {
            let own = strata(rows, subject);
            drivers.extend(if spared(&own) < LEAST {
                let strata = beside_others(&own, everywhere);
                driver(Some(path), &strata, (subject, ComparedWith::UnharmedElsewhere))
            } else {
                driver(Some(path), &own, (subject, ComparedWith::Unharmed))
            });
        }
    }
    judge("facts of all pages", &mut drivers);
    drivers
}

/// The facts of each page that go with its low scores, each beyond what those before it explain: it is also compared among the answers
/// of those who met none of these. So what happens to come with the reason is not named for it.
pub fn reasons(rows: &[FactRollup], most: usize) -> BTreeMap<String, Vec<Driver>> {
    let mut pages: BTreeMap<&str, Vec<&FactRollup>> = BTreeMap::new();
    for row in rows {
        pages.entry(&row.path).or_default().push(row);
    }
    let mut reasons: BTreeMap<String, Vec<Driver>> = BTreeMap::new();
    for driver in by_page(rows).into_iter().filter(|driver| driver.verdict == DriverVerdict::Low) {
        let path = driver.path.clone().unwrap_or_default();
        let unexplained = pages.get_mut(path.as_str());
        let (Some(unexplained), Some(fact)) = (unexplained, Fact::parse(driver.fact)) else { continue };
        let named = reasons.entry(path).or_default();
        if named.len() < most && (named.is_empty() || goes_with_low(unexplained, fact)) {
            unexplained.retain(|row| row.has_met(fact) != Some(true));
            named.push(driver);
        }
    }
    reasons
}

/// Whether a fact goes with low scores among some answers.
fn goes_with_low(rows: &[&FactRollup], fact: Fact) -> bool {
    let strata = strata(rows, &Subject::Fact(fact));
    let met: u64 = strata.values().map(|(met, _)| met.moments.n).sum();
    let exposures: Vec<_> =
        strata.values().map(|(met, spared)| Exposure { met: met.cases(), spared: spared.cases() }).collect();
    let ratio = relative_risk(&exposures).filter(|_| met >= LEAST && spared(&strata) >= LEAST);
    ratio.is_some_and(|ratio| ratio.p < LEVEL && ratio.value > 1.0)
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
        (rows, by_visitor): (&[FactRollup], &ByVisitor),
        bias: bias::Bias,
        is_page: bool,
    ) -> Self {
        let count = |rows: &mut dyn Iterator<Item = &FactRollup>| rows.map(|row| row.answers.max(0) as u64).sum();
        // Of one page the lines over all pages are those of the page.
        let by_page = if is_page { Vec::new() } else { by_page(rows) };
        Self {
            from,
            to,
            answers: count(&mut rows.iter()),
            withheld: count(&mut rows.iter().filter(|row| !row.is_told())),
            over_all: over_all(rows, by_visitor),
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
        let reasons = reasons(&rows, 3);
        let [reason] = &reasons["/vase"][..] else { panic!("{reasons:?}") };
        assert_eq!((reason.fact, reason.verdict), ("poor_cls", DriverVerdict::Low));
        let risk = reason.risk.as_ref().unwrap();
        assert!(risk.low > 3.0 && risk.high.unwrap() < 13.0, "{risk:?}");
        assert_eq!(
            reason.sentence,
            "Visitors who saw /vase jump (CLS above 0.25) rate it 2.0 points lower (95 % 1.7 to 2.3, scale 1 to 5) and give \
             low scores 6.4 times as often (95 % 3.3 to 12.7) as those who met nothing there; n = 112 of 212."
        );
        assert!(!reasons.contains_key("/mug"));
    }

    #[test]
    fn a_page_on_which_everybody_waits_is_compared_with_others_and_two_faults_do_not_hide_one_another() {
        // Whoever is spared the one nearly always meets the other: beside one another neither makes a difference.
        let rows = [
            row("/vase", "csat", "poor_lcp", (60, 30, 2)),
            row("/vase", "csat", "poor_cls", (60, 30, 2)),
            row("/vase", "csat", "poor_lcp poor_cls", (60, 30, 2)),
            row("/vase", "csat", "", (5, 0, 4)),
            row("/mug", "csat", "", (200, 10, 4)),
        ];
        let drivers = by_page(&rows);
        let found: Vec<_> = drivers.iter().map(|driver| (driver.fact, driver.compared_with, driver.verdict)).collect();
        let expected = |fact| (fact, ComparedWith::UnharmedElsewhere, DriverVerdict::Low);
        assert_eq!(found, [expected("poor_lcp"), expected("poor_cls")]);
        assert!(drivers[0].sentence.contains("as visitors of other pages who met nothing"), "{}", drivers[0].sentence);
        let [one, other] = [("/vase", (20, 1)), ("/mug", (0, 0))].map(|(path, more)| {
            let spared = row(path, "csat", "", (more.0, more.1, 4));
            let rows = [&rows[..], &[spared]].concat();
            reasons(&rows, 3).remove("/vase").unwrap_or_default().len()
        });
        assert_eq!((one, other), (2, 1), "each is compared with those who were spared both, where there are some");
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
        let drivers = over_all(&rows, &ByVisitor::default());
        let error = drivers.iter().find(|driver| driver.fact == "error").unwrap();
        assert_eq!(error.verdict, DriverVerdict::Noise, "{error:?}");
        assert!((error.risk.as_ref().unwrap().value.unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn few_answers_are_listed_and_not_compared_and_a_list_needs_stronger_evidence() {
        let few = [row("/a", "csat", "error", (9, 9, 1)), row("/a", "csat", "", (60, 1, 4))];
        let drivers = by_page(&few);
        assert_eq!((drivers[0].verdict, drivers[0].risk.is_none()), (DriverVerdict::TooFew, true));
        // About 0.03 alone; among twenty pages that show nothing it is not enough.
        let mut rows = vec![row("/a", "csat", "error", (40, 14, 3)), row("/a", "csat", "", (40, 5, 3))];
        assert_eq!(by_page(&rows)[0].verdict, DriverVerdict::Low);
        for page in 0..20 {
            rows.push(row(&format!("/b{page}"), "csat", "error", (40, 6, 3)));
            rows.push(row(&format!("/b{page}"), "csat", "", (40, 6, 3)));
        }
        let drivers = by_page(&rows);
        assert!(drivers.iter().all(|driver| driver.verdict == DriverVerdict::Noise), "{:?}", drivers[0]);
        assert!(drivers[0].risk.as_ref().unwrap().judged.contains("among 21"));
    }

    #[test]
    fn devices_are_compared_where_there_are_several_and_unknown_facts_are_on_neither_side() {
        let desktop = |row: FactRollup| FactRollup { device: "desktop".into(), ..row };
        let rows = [row("/a", "csat", "?poor_inp", (50, 25, 2)), desktop(row("/a", "csat", "poor_inp", (50, 5, 4)))];
        let drivers = over_all(&rows, &ByVisitor::default());
        let found: Vec<_> = drivers.iter().map(|driver| (driver.fact, driver.level.as_str(), driver.n)).collect();
        assert_eq!(found, [("device", "mobile", 100), ("device", "desktop", 100), ("poor_inp", "", 50)]);
        assert_eq!((drivers[0].verdict, drivers[1].verdict), (DriverVerdict::Low, DriverVerdict::High));
        assert!(over_all(&rows[..1], &ByVisitor::default()).is_empty());
    }

    #[test]
    fn those_who_return_are_compared_with_new_ones() {
        let by_visitor = ByVisitor {
            new: vec![row("/a", "csat", "", (60, 6, 4))],
            returning: vec![row("/a", "csat", "", (60, 30, 2))],
        };
        let drivers = over_all(&[], &by_visitor);
        let [driver] = &drivers[..] else { panic!("one line: {drivers:?}") };
        assert_eq!((driver.fact, driver.level.as_str(), driver.met, driver.n), ("visitor", "returning", 60, 120));
        assert_eq!(driver.verdict, DriverVerdict::Low);
        assert!(driver.sentence.contains("Visitors who return rate it 2.0 points lower"), "{}", driver.sentence);
        assert!(
            driver.sentence.contains("5.0 times as often") && driver.sentence.contains("as new ones"),
            "{}",
            driver.sentence
        );
        let alone = ByVisitor { new: Vec::new(), ..by_visitor };
        assert!(over_all(&[], &alone).is_empty(), "those who return are compared with nobody");
    }
}
