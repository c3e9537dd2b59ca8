//! How people feel, whether it is changing, what broke, and what to fix first.

use super::experience::{Devices, PageRates};
use super::feedback::scores;
use super::figure::sums::PageSums;
use super::figure::{Better, Family, Figure, FigureKind, Total, TrendPoint, Unit, correct};
use super::fix::{Failures, Fix, IMPACT, fix_first};
use super::period::Period;
use super::rule_change::RuleChange;
use super::slice::Slice;
use super::survey;
use rapport_figures::score::Grouped;
use rapport_figures::sketch::{SketchError, UniqueSketch};
use rapport_figures::vital::Vital;
use rapport_shared::survey::Survey;
use rapport_store::rollup::release::FirstSeen;
use rapport_store::rollup::{AnswerRollup, FactRollup, PageRollup, PathAnswer};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How shares of views are known.
macro_rules! by_visit {
    () => {
        "Interval: Wilson; views of one visit often fare alike, so they count as what they tell together (Rao and Scott)."
    };
}

pub(crate) use by_visit;

/// The kinds of figure that count page views.
pub mod kinds {
    use super::{Better, FigureKind, Unit};

    pub use crate::fix::FAILED;

    /// Bounce rate by GA4's rule.
    pub const BOUNCE: FigureKind = FigureKind {
        name: "bounce_rate",
        label: "Bounce rate",
        unit: Unit::Percent,
        of: "visits",
        better: Better::Lower,
        definition: "Visits that were not engaged (GA4's rule: engaged is more than 10 s in the foreground, a key \
                     event, or a second view), counted at the page where they began. Interval: Wilson.",
    };
    /// Views with an error.
    pub const ERRORS: FigureKind = FigureKind {
        name: "error_views",
        label: "Views with errors",
        unit: Unit::Percent,
        of: "views",
        better: Better::Lower,
        definition: concat!("Share of views with at least one uncaught error or unhandled rejection. ", by_visit!()),
    };
    /// Views with a rage click.
    pub const RAGE: FigureKind = FigureKind {
        name: "rage_views",
        label: "Views with rage clicks",
        unit: Unit::Percent,
        of: "views",
        better: Better::Lower,
        definition: concat!(
            "Share of views with at least one rage click: three or more clicks on the same control within a second in all, \
             without an answer between them. What changes anyway, such as a clock, is no answer; drags, selections of text \
             and scrolls are no such clicks. ",
            by_visit!()
        ),
    };
    /// Views with a dead click.
    pub const DEAD: FigureKind = FigureKind {
        name: "dead_views",
        label: "Views with dead clicks",
        unit: Unit::Percent,
        of: "views",
        better: Better::Lower,
        definition: concat!(
            "Share of views with at least one click on something interactive that nothing came of: nothing within 2.5 s, and \
             nothing later either. A click whose first effect came within 7 s is slow, one during which a script or a \
             request failed is failed, and neither is dead. ",
            by_visit!()
        ),
    };
    /// Definition of a page view.
    pub const VIEWS: &str = "Page views, single-page routes included; bots are not counted.";
    /// Definition of visitor-days.
    pub const VISITOR_DAYS: &str = "Different visitors of each day, added up over the days: without cookies nobody is \
                                    recognised the day after. Each day is estimated: 95 of 100 days are within 3.2 % \
                                    of the truth, and 99 within 4.2 %; sums of many days are nearer.";
    /// Definition of a visit.
    pub const VISITS: &str = "Stretches of activity in one tab, ended by 30 minutes without any or after 24 hours; a second tab \
                              of the same visitor is a second visit.";
}

/// One day of the trend, or one hour where at most two days are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrendDay {
    /// The day in the site's zone, as `2026-03-31`, or the hour, as `2026-03-31T14:00+02:00`.
    pub day: String,
    /// Views.
    pub views: u64,
    /// Views that met a failure: see [`super::fix::FAILURE`].
    pub failed_views: u64,
    /// Views of the day, or hour, that stands at the same place of the previous period.
    pub views_before: Option<u64>,
}

/// One score of a survey.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SurveyScore {
    /// Slug of the survey.
    pub survey: String,
    /// Its name.
    pub name: String,
    /// Whether pages get it.
    pub active: bool,
    /// The scored value, as [`super::feedback::named`] names it.
    #[serde(skip)]
    pub value_id: String,
    /// Id of the scored question.
    pub question_id: String,
    /// The scored question.
    pub question: String,
    /// What of the question is scored, such as a row of a matrix; empty when it has one score.
    pub part: String,
    /// The score.
    pub figure: Figure,
    /// The score over time, where a report has it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trend: Vec<TrendPoint>,
}

/// Surveys that ask for scores and were given none in the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unanswered {
    /// How many there are.
    pub surveys: u64,
    /// How many of them pages do not get.
    pub paused: u64,
}

/// The Overview report.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Overview {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Views, visits and visitor-days.
    pub totals: Vec<Total>,
    /// Bounce rate, views with failures, and p75 of the three Core Web Vitals.
    pub figures: Vec<Figure>,
    /// Scores that were given, those of active surveys first.
    pub scores: Vec<SurveyScore>,
    /// The surveys without any.
    pub unanswered: Unanswered,
    /// Views by day.
    pub trend: Vec<TrendDay>,
    /// Where clicks were judged by another rule meanwhile.
    pub rule_change: Option<RuleChange>,
    /// What to fix first.
    pub fix_first: Vec<Fix>,
    /// What an impact is.
    pub impact_definition: &'static str,
}

/// What the report is made of.
#[derive(Debug, Default)]
pub struct Input {
    /// Rows of the whole site (or of the page filtered by), by bucket.
    pub pages: Vec<PageRollup>,
    /// The same of the previous period.
    pub pages_before: Option<Vec<PageRollup>>,
    /// The same rows by device, with their sketches.
    pub by_device: Vec<PageRollup>,
    /// The same of the previous period.
    pub by_device_before: Option<Vec<PageRollup>>,
    /// Counts by page.
    pub by_path: Vec<PageRollup>,
    /// The same of the previous period; read where one page is looked at.
    pub by_path_before: Option<Vec<PageRollup>>,
    /// Answers by bucket.
    pub answers: Vec<AnswerRollup>,
    /// The same of the previous period.
    pub answers_before: Option<Vec<AnswerRollup>>,
    /// Scores by page.
    pub path_answers: Vec<PathAnswer>,
    /// Scores by what their visitors had met.
    pub facts: Vec<FactRollup>,
    /// Releases, and when each was first seen.
    pub releases: Vec<FirstSeen>,
    /// Current definition of every survey, and whether it is active.
    pub surveys: Vec<(Survey, bool)>,
    /// The first instant with data, in epoch milliseconds.
    pub first_data_ms: Option<i64>,
}

impl Input {
    /// The report.
    ///
    /// # Errors
    /// When a sketch cannot be read.
    pub fn report(&self, slice: &Slice, now: &Period, before: Option<&Period>) -> Result<Overview, SketchError> {
        let sums = PageSums::of(&self.pages)?;
        let sums_before = self.pages_before.as_ref().map(PageSums::of).transpose()?;
        let visitors = visitor_days(now, &self.pages)?;
        let visitors_before = match (before, &self.pages_before) {
            (Some(period), Some(rows)) => Some(visitor_days(period, rows)?),
            _ => None,
        };
        let total =
            |name, label, definition, value: u64, before: Option<u64>| Total { name, label, value, before, definition };
        let looks = slice.looks();
        let given = scores(&self.surveys, &self.answers, self.answers_before.as_deref(), looks);
        let (mut scores, unanswered) = answered(given);
        for score in &mut scores {
            if let Some((survey, _)) = self.surveys.iter().find(|(survey, _)| survey.id == score.survey) {
                score.trend = survey::trend(survey, &score.value_id, now, &self.answers);
            }
        }
        let devices = Devices::of(&self.by_device)?;
        let devices_before = self.by_device_before.as_deref().map(Devices::of).transpose()?;
        let rates = slice
            .page()
            .and_then(|page| PageRates::of(&self.by_path, self.by_path_before.as_deref(), looks).take(page));
        Ok(Overview {
            from: now.first.to_string(),
            to: now.last.to_string(),
            totals: vec![
                total("views", "Page views", kinds::VIEWS, sums.views, sums_before.as_ref().map(|sums| sums.views)),
                total("visits", "Visits", kinds::VISITS, sums.visits, sums_before.as_ref().map(|sums| sums.visits)),
                total("visitor_days", "Visitor-days", kinds::VISITOR_DAYS, visitors, visitors_before),
            ],
            figures: figures((&sums, sums_before.as_ref()), (&devices, devices_before.as_ref()), rates, looks),
            scores,
            unanswered,
            trend: trend(now, &self.pages, before.zip(self.pages_before.as_deref())),
            rule_change: None,
            fix_first: fix_first(
                &Failures {
                    by_path: &self.by_path,
                    answers: &self.path_answers,
                    facts: &self.facts,
                    releases: &self.releases,
                    first_data_ms: self.first_data_ms,
                },
                now,
                slice.page(),
            ),
            impact_definition: IMPACT,
        })
    }
}

/// The scores that were given, those of active surveys first, and how many surveys have none.
fn answered(scores: Vec<SurveyScore>) -> (Vec<SurveyScore>, Unanswered) {
    let mut answered_of: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for score in &scores {
        let (is_answered, active) = answered_of.entry(&score.survey).or_insert((false, score.active));
        (*is_answered, *active) = (*is_answered || score.figure.n > 0, score.active);
    }
    let silent = || answered_of.values().filter(|(is_answered, _)| !is_answered);
    let unanswered =
        Unanswered { surveys: silent().count() as u64, paused: silent().filter(|(_, active)| !active).count() as u64 };
    let (mut first, last): (Vec<_>, Vec<_>) =
        scores.into_iter().filter(|score| score.figure.n > 0).partition(|score| score.active);
    first.extend(last);
    (first, unanswered)
}

/// A share of page views, and how it is counted.
pub type Rate = (FigureKind, fn(&PageSums) -> Grouped);

/// What is counted of page views as shares, in the order of [`rates`].
pub const RATES: [Rate; 5] = [
    (kinds::BOUNCE, PageSums::bounced),
    (kinds::FAILED, PageSums::failed),
    (kinds::ERRORS, |sums| sums.of_views(sums.error_views, sums.error_squares, sums.error_products)),
    (kinds::RAGE, |sums| sums.of_views(sums.rage_views, sums.rage_squares, sums.rage_products)),
    (kinds::DEAD, |sums| sums.of_views(sums.dead_views, sums.dead_squares, sums.dead_products)),
];

/// The shares of page views, not yet judged together with others.
pub fn rates(now: &PageSums, before: Option<&PageSums>) -> [Figure; RATES.len()] {
    RATES.map(|(kind, part)| Figure::share(kind, &part(now), before.map(part).as_ref()))
}

/// The figures of page views: shares, and p75 of the Core Web Vitals over the devices.
///
/// Those of the site are read as one list. The shares of a page, in `of_page`, are judged where pages are listed, so
/// that they are told the same there and here.
pub fn figures(
    (now, before): (&PageSums, Option<&PageSums>),
    (devices, devices_before): (&Devices, Option<&Devices>),
    of_page: Option<[Figure; RATES.len()]>,
    looks: f64,
) -> Vec<Figure> {
    let vitals = Vital::ALL.into_iter().filter(|vital| vital.is_core()).map(|vital| {
        let before = devices_before.map(|devices| devices.parts(vital));
        Figure::vital(vital, &devices.parts(vital), before.as_deref())
    });
    let mut vitals: Vec<_> = vitals.collect();
    match of_page {
        Some(of_page) => {
            correct(Family { name: "Core Web Vitals of the page", looks }, &mut vitals);
            of_page.into_iter().chain(vitals).collect()
        }
        None => {
            let mut figures: Vec<_> = rates(now, before).into_iter().chain(vitals).collect();
            correct(Family { name: "figures of all page views", looks }, &mut figures);
            figures
        }
    }
}

/// Different visitors of each day, added up.
fn visitor_days(period: &Period, rows: &[PageRollup]) -> Result<u64, SketchError> {
    let mut days: BTreeMap<usize, UniqueSketch> = BTreeMap::new();
    for row in rows {
        if let Some(day) = period.day_of(row.bucket_ms).filter(|_| !row.visitors_sketch.is_empty()) {
            days.entry(day).or_default().merge_encoded(&row.visitors_sketch)?;
        }
    }
    Ok(days.values().map(UniqueSketch::estimate).sum())
}

/// Views by day, or by the hour where there are few days.
pub fn trend(now: &Period, rows: &[PageRollup], before: Option<(&Period, &[PageRollup])>) -> Vec<TrendDay> {
    let by_step = |period: &Period, rows: &[PageRollup]| {
        let mut steps = vec![(0, 0); period.steps.len()];
        for row in rows {
            if let Some(step) = period.step_of(row.bucket_ms) {
                steps[step].0 += row.views.max(0) as u64;
                steps[step].1 += row.failed_views.max(0) as u64;
            }
        }
        steps
    };
    let steps_before = before.map(|(period, rows)| by_step(period, rows));
    by_step(now, rows)
        .into_iter()
        .enumerate()
        .map(|(place, (views, failed_views))| TrendDay {
            day: now.steps[place].label.clone(),
            views,
            failed_views,
            views_before: steps_before.as_ref().and_then(|steps| steps.get(place)).map(|(views, _)| *views),
        })
        .collect()
}
