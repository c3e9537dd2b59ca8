//! How those who answer differ from those who do not, and scores weighted for it.

use crate::figure::{Better, Figure, FigureKind, SMALL_N, Unit};
use crate::overview::SurveyScore;
use rapport_figures::score::{
    Cell, LEVEL, MOST_WEIGHT, Score, Weighted, benjamini_hochberg, effective_n, proportion_change, rake, weighted_mean,
    weighted_share,
};
use rapport_figures::standing::Ends;
use rapport_store::rollup::crowd::STAYS;
use rapport_store::rollup::fact::{MET, SPARED};
use rapport_store::rollup::row::RollupRow;
use rapport_store::rollup::{CrowdRollup, FactRollup};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What bias and weights are.
pub const DEFINITION: &str = "Views in which a score was given, beside all other views. A difference is real where p is below 0.05 \
    after the correction for the number of lines (Benjamini and Hochberg; each alone by the z test of two shares, exact where few are \
    expected). Scores are weighted (raking: Deming and Stephan, 1940) so that their views have the devices, the failures and, over the \
    whole site, the sources of all views; no answer counts more than five times the mean. Weighted answers are worth fewer: the \
    effective n is Kish's, (Σw)²/Σw², and the interval is of as many (Wilson for shares, Student's t for means). What is weighted \
    cannot make up for what those who do not answer think otherwise. Time on the page is shown only: answering takes time.";

/// Why new and returning visitors are not told apart.
const UNTOLD_RETURN: &str = "New and returning visitors: without cookies nobody is recognised the day after, so who answers is not told apart by it.";
/// Why sources are not told apart.
const UNTOLD_SOURCE: &str =
    "Sources: views of one page are not kept by where their visits came from; the whole site tells.";

/// The names of the classes of [`STAYS`].
const STAYED: [&str; STAYS.len()] = ["0", "10", "30", "60", "180"];

/// A trait of a view by which those who answer may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trait {
    Device,
    Source,
    Failure,
    Stayed,
}

impl Trait {
    const EACH: [Self; 4] = [Self::Device, Self::Source, Self::Failure, Self::Stayed];
    /// Those by which scores are weighted.
    const WEIGHED: [Self; 3] = [Self::Device, Self::Source, Self::Failure];

    fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Source => "source",
            Self::Failure => "failure",
            Self::Stayed => "stayed",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Device => "Device",
            Self::Source => "Source",
            Self::Failure => "Failures met",
            Self::Stayed => "Time in the foreground",
        }
    }

    /// Views of each value, and those in which a score was given.
    fn of_views(self, row: &CrowdRollup) -> Vec<(&str, (i64, i64))> {
        let all = (row.views, row.answered);
        match self {
            Self::Device => vec![(&row.device, all)],
            Self::Source => vec![(&row.source, all)],
            Self::Failure => {
                let failed = (row.failed_views, row.failed_answered);
                vec![(MET, failed), (SPARED, (all.0 - failed.0, all.1 - failed.1))]
            }
            Self::Stayed => STAYED.into_iter().zip(row.stayed()).collect(),
        }
    }

    fn of_score(self, row: &FactRollup) -> &str {
        match self {
            Self::Device => &row.device,
            Self::Source => &row.source,
            Self::Failure => &row.failure,
            Self::Stayed => "",
        }
    }

    fn level_label(self, level: &str) -> String {
        match (self, level) {
            (Self::Failure, MET) => "Met a failure".to_owned(),
            (Self::Failure, SPARED) => "Met none".to_owned(),
            (Self::Stayed, "0") => "Less than 10 s".to_owned(),
            (Self::Stayed, "10") => "10 to 30 s".to_owned(),
            (Self::Stayed, "30") => "30 to 60 s".to_owned(),
            (Self::Stayed, "60") => "1 to 3 min".to_owned(),
            (Self::Stayed, "180") => "3 min and more".to_owned(),
            (Self::Source, "") => "Not known".to_owned(),
            _ => level.to_owned(),
        }
    }
}

/// One value of a trait.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BiasLevel {
    /// `device`, `source`, `failure` (whether the view met one by its end) or `stayed` (time in the foreground).
    pub of: &'static str,
    /// What people read of that.
    pub of_label: &'static str,
    /// The value; of times the first second.
    pub level: String,
    /// What people read.
    pub label: String,
    /// Its share of the views in which a score was given.
    pub answered: Figure,
    /// Its share of all other views.
    pub others: Figure,
    /// The first minus the second, in percentage points; absent where there are none to compare.
    pub difference: Option<f64>,
    /// Lower end of the difference's 95 % interval.
    pub low: Option<f64>,
    /// Upper end of it.
    pub high: Option<f64>,
    /// How often noise alone would show such a difference, corrected for the number of lines.
    pub p: Option<f64>,
    /// Whether it is real.
    pub is_real: bool,
}

/// A score as it was given, and as it would be if those who answered were like all.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WeightedScore {
    /// Slug of the survey.
    pub survey: String,
    /// Its name.
    pub name: String,
    /// Id of the question.
    pub question_id: String,
    /// The question.
    pub question: String,
    /// As it was given.
    pub raw: Figure,
    /// Weighted; its n are the answers whose views are known.
    pub weighted: Figure,
    /// As many answers of equal weight would tell as much.
    pub effective_n: f64,
    /// By what it was weighted: `device`, `source`, `failure`.
    pub weighed_by: Vec<&'static str>,
}

/// How those who answer differ from those who do not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Bias {
    /// All views.
    pub views: u64,
    /// Those in which a score was given.
    pub answered: u64,
    /// Each value of each trait.
    pub levels: Vec<BiasLevel>,
    /// Scores, as they were given and weighted.
    pub scores: Vec<WeightedScore>,
    /// What is not told, and why.
    pub untold: Vec<&'static str>,
    /// What exactly it is.
    pub definition: &'static str,
}

const ANSWERED: FigureKind = FigureKind {
    name: "share_of_answered",
    label: "Of those who answered",
    unit: Unit::Percent,
    of: "views with a score",
    better: Better::Higher,
    definition: "Share of the views in which a score was given. Interval: Wilson.",
};
const OTHERS: FigureKind = FigureKind {
    name: "share_of_others",
    label: "Of the others",
    unit: Unit::Percent,
    of: "views without",
    better: Better::Higher,
    definition: "Share of the views in which none was given. Interval: Wilson.",
};

/// Views and answered views of each value of a trait.
fn counts(crowd: &[CrowdRollup], of: Trait) -> BTreeMap<&str, (u64, u64)> {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (value, (views, answered)) in crowd.iter().flat_map(|row| of.of_views(row)) {
        let sum = counts.entry(value).or_default();
        *sum = (sum.0 + views.max(0) as u64, sum.1 + answered.max(0) as u64);
    }
    counts.retain(|_, (views, answered)| *views + *answered > 0);
    counts
}

impl Bias {
    /// The bias of these views, and the scores given in them; `is_page` where they are of one page, whose sources are not known.
    pub fn of(crowd: &[CrowdRollup], rows: &[FactRollup], scores: &[SurveyScore], is_page: bool) -> Self {
        let total = counts(crowd, Trait::Device).values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let mut levels: Vec<_> = Trait::EACH
            .into_iter()
            .filter(|of| !(is_page && *of == Trait::Source))
            .flat_map(|of| levels(of, &counts(crowd, of), total))
            .collect();
        correct(&mut levels);
        let mut untold = vec![UNTOLD_RETURN];
        untold.extend(is_page.then_some(UNTOLD_SOURCE));
        let weighed = scores.iter().filter_map(|score| weighted(score, crowd, rows, is_page)).collect();
        Self { views: total.0, answered: total.1, levels, scores: weighed, untold, definition: DEFINITION }
    }
}

fn levels(of: Trait, counts: &BTreeMap<&str, (u64, u64)>, (views, answered): (u64, u64)) -> Vec<BiasLevel> {
    let mut sorted: Vec<_> = counts.iter().collect();
    match of {
        Trait::Stayed => sorted.sort_by_key(|(level, _)| STAYED.iter().position(|name| name == *level)),
        _ => sorted.sort_by_key(|(_, (views, _))| std::cmp::Reverse(*views)),
    }
    let all_others = views.saturating_sub(answered);
    let level = |(level, &(views, given)): (&&str, &(u64, u64))| {
        // An answer whose view counts on another day may make more of them than there are views.
        let others = views.saturating_sub(given).min(all_others);
        let given = given.min(answered);
        let change = proportion_change((others, all_others), (given, answered));
        BiasLevel {
            of: of.name(),
            of_label: of.label(),
            level: (*level).to_owned(),
            label: of.level_label(level),
            answered: Figure::rate(ANSWERED, (given, answered), None),
            others: Figure::rate(OTHERS, (others, all_others), None),
            difference: change.map(|change| change.difference),
            low: change.map(|change| change.low),
            high: change.map(|change| change.high),
            p: change.map(|change| change.p),
            is_real: false,
        }
    };
    sorted.into_iter().map(level).collect()
}

fn correct(levels: &mut [BiasLevel]) {
    let known: Vec<_> = levels.iter().filter_map(|level| level.p).collect();
    let mut corrected = benjamini_hochberg(&known).into_iter();
    for level in levels.iter_mut().filter(|level| level.p.is_some()) {
        level.p = corrected.next();
        level.is_real = level.p.is_some_and(|p| p < LEVEL);
    }
}

/// A score weighted to all views; `None` for kinds that are not about a page, and where no view of an answer is known.
fn weighted(score: &SurveyScore, crowd: &[CrowdRollup], rows: &[FactRollup], is_page: bool) -> Option<WeightedScore> {
    let is_known = |row: &&FactRollup| !row.failure.is_empty() && !row.device.is_empty();
    let of_question = |row: &&FactRollup| row.survey_id == score.survey && row.question_id == score.value_id;
    // However the rows came, by the hour or by the day, the same ones add up to the same.
    let mut given: BTreeMap<Vec<String>, FactRollup> = BTreeMap::new();
    for row in rows.iter().filter(of_question).filter(is_known) {
        given.entry(row.key()).and_modify(|sum| sum.add_counts(row)).or_insert_with(|| row.clone());
    }
    let given: Vec<_> = given.values().collect();
    let kind = given.first()?.kind.as_str();
    let traits: Vec<_> = Trait::WEIGHED.into_iter().filter(|of| !(is_page && *of == Trait::Source)).collect();
    let populations: Vec<_> = traits.iter().map(|of| counts(crowd, *of)).collect();
    let mut shares = Vec::new();
    let mut names: Vec<Vec<&str>> = Vec::new();
    for (of, population) in traits.iter().zip(&populations) {
        let views: u64 = population.values().map(|(views, _)| views).sum();
        let answered = given.iter().map(|row| of.of_score(row));
        let all: BTreeSet<&str> = population.keys().copied().chain(answered).collect();
        let share = |name: &&str| population.get(name).map_or(0.0, |(of, _)| *of as f64 / views.max(1) as f64);
        shares.push(all.iter().map(share).collect::<Vec<_>>());
        names.push(all.into_iter().collect());
    }
    let place = |row: &FactRollup| {
        let of = traits.iter().zip(&names);
        of.map(|(of, names)| names.binary_search(&of.of_score(row)).unwrap_or(0)).collect::<Vec<_>>()
    };
    let cells: Vec<_> = given.iter().map(|row| Cell { categories: place(row), n: row.answers.max(0) as f64 }).collect();
    let weights = rake(&cells, &shares, MOST_WEIGHT);
    let parts: Vec<_> = given.iter().zip(&weights).map(|(row, weight)| part(kind, row, *weight)).collect();
    let value = weighed(kind, &parts)?;
    Some(WeightedScore {
        survey: score.survey.clone(),
        name: score.name.clone(),
        question_id: score.question_id.clone(),
        question: score.question.clone(),
        weighted: figure(&score.figure, value),
        raw: Figure { change: None, ..score.figure.clone() },
        effective_n: effective_n(parts.iter().map(|part| (part.n as f64, part.weight))),
        weighed_by: traits.iter().map(|of| of.name()).collect(),
    })
}

/// The values of a row as its score counts them: of CSAT who is satisfied, of NPS ±100 and 0, else the score itself.
fn part(kind: &str, row: &FactRollup, weight: f64) -> Weighted {
    let (sum, squares) = match kind {
        "csat" => (row.high as f64, row.high as f64),
        "nps" => (100.0 * (row.high - row.low) as f64, 10_000.0 * (row.high + row.low) as f64),
        _ => (row.score_sum as f64, row.score_squares as f64),
    };
    Weighted { n: row.answers.max(0) as u64, weight, sum, squares }
}

fn weighed(kind: &str, parts: &[Weighted]) -> Option<Score> {
    match kind {
        "csat" => weighted_share(parts),
        "nps" => weighted_mean(parts, (-100.0, 100.0), 100.0 * 100.0 / 12.0),
        _ => {
            Ends::of_kind(kind).and_then(|ends| weighted_mean(parts, (ends.first as f64, ends.last as f64), 1.0 / 12.0))
        }
    }
}

/// The weighted score as a figure like the raw one.
fn figure(raw: &Figure, score: Score) -> Figure {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    Figure {
        value: Some(score.value),
        n: score.n,
        low: finite(score.low),
        high: finite(score.high),
        small: score.n < SMALL_N,
        definition: DEFINITION.to_owned(),
        change: None,
        ..raw.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(device: &str, failure: &str, views: i64, answered: i64) -> CrowdRollup {
        let (failed_views, failed_answered) = if failure == MET { (views, answered) } else { (0, 0) };
        CrowdRollup { device: device.into(), views, answered, failed_views, failed_answered, ..CrowdRollup::default() }
    }

    fn scores(device: &str, failure: &str, answers: i64, high: i64) -> FactRollup {
        FactRollup {
            survey_id: "rating".into(),
            question_id: "q".into(),
            kind: "csat".into(),
            device: device.into(),
            failure: failure.into(),
            answers,
            high,
            low: answers - high,
            ..FactRollup::default()
        }
    }

    fn asked(value: f64, n: u64) -> SurveyScore {
        let kind = FigureKind { name: "csat", ..ANSWERED };
        SurveyScore {
            survey: "rating".into(),
            name: "Rating".into(),
            active: true,
            value_id: "q".into(),
            question_id: "q".into(),
            question: "How was it?".into(),
            part: String::new(),
            figure: Figure::rate(kind, ((value * n as f64) as u64, n), None),
            trend: Vec::new(),
        }
    }

    #[test]
    fn who_met_a_failure_answers_more_often_and_counts_less() {
        // One view in ten fails, and half of the answers are from those.
        let crowd = [views("mobile", MET, 1_000, 100), views("mobile", SPARED, 9_000, 100)];
        let rows = [scores("mobile", MET, 100, 10), scores("mobile", SPARED, 100, 90)];
        let bias = Bias::of(&crowd, &rows, &[asked(0.5, 200)], false);
        assert_eq!((bias.views, bias.answered), (10_000, 200));
        let failure: Vec<_> = bias.levels.iter().filter(|level| level.of == "failure").collect();
        let met = failure.iter().find(|level| level.level == MET).unwrap();
        assert!(met.is_real && met.difference.unwrap() > 40.0, "{met:?}");
        let [score] = &bias.scores[..] else { panic!("one question") };
        assert!((score.weighted.value.unwrap() - 82.0).abs() < 1e-6, "0.1 × 10 % + 0.9 × 90 %: {score:?}");
        // Weights 0.2 and 1.8: (100 · 0.2 + 100 · 1.8)² / (100 · 0.04 + 100 · 3.24).
        assert!((score.effective_n - 40_000.0 / 328.0).abs() < 1e-6);
        assert!(score.weighted.low.unwrap() < 76.0, "its interval is that of as many");
    }

    #[test]
    fn one_page_tells_no_sources_and_answers_without_a_view_are_not_weighted() {
        let crowd = [views("mobile", SPARED, 500, 10), views("desktop", SPARED, 500, 30)];
        let rows = [scores("mobile", SPARED, 10, 10), scores("desktop", SPARED, 30, 0), scores("desktop", "", 50, 50)];
        let bias = Bias::of(&crowd, &rows, &[asked(0.7, 90)], true);
        assert!(bias.levels.iter().all(|level| level.of != "source") && bias.untold.len() == 2);
        assert_eq!((bias.scores[0].weighted.n, bias.scores[0].raw.n), (40, 90));
        assert!((bias.scores[0].weighted.value.unwrap() - 50.0).abs() < 1e-6);
        assert_eq!(Bias::of(&[], &[], &[asked(0.7, 90)], true).scores, []);
    }
}
