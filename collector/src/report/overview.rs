//! How people feel, whether it is changing, what broke, and what to fix first.

use super::feedback::scores;
use super::figure::{Better, Figure, Kind, SMALL_N, Total, Unit, correct};
use super::filter::Filter;
use super::period::Period;
use super::scale::Scale;
use super::sums::PageSums;
use crate::rollup::{AnswerRollup, PageRollup};
use crate::store::reports::PathAnswer;
use rapport_shared::sketch::{SketchError, UniqueSketch};
use rapport_shared::survey::Survey;
use rapport_shared::vital::Vital;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// So many pages are named to be fixed first.
pub const FIX_FIRST: usize = 8;

/// The kinds of figure that count page views.
pub mod kinds {
    use super::{Better, Kind, Unit};

    /// Bounce rate by GA4's rule.
    pub const BOUNCE: Kind = Kind {
        name: "bounce_rate",
        label: "Bounce rate",
        unit: Unit::Percent,
        of: "visits",
        better: Better::Lower,
        definition: "Visits that were not engaged (GA4's rule: engaged is more than 10 s in the foreground, a key \
                     event, or a second view), counted at the page where they began. Interval: Wilson.",
    };
    /// Views with an error.
    pub const ERRORS: Kind = Kind {
        name: "error_views",
        label: "Views with errors",
        unit: Unit::Percent,
        of: "views",
        better: Better::Lower,
        definition: "Share of views with at least one uncaught error or unhandled rejection. Interval: Wilson.",
    };
    /// Views with a rage click.
    pub const RAGE: Kind = Kind {
        name: "rage_views",
        label: "Views with rage clicks",
        unit: Unit::Percent,
        of: "views",
        better: Better::Lower,
        definition: "Share of views with at least one burst of three or more quick clicks in one place. \
                     Interval: Wilson.",
    };
    /// Views with a dead click.
    pub const DEAD: Kind = Kind {
        name: "dead_views",
        label: "Views with dead clicks",
        unit: Unit::Percent,
        of: "views",
        better: Better::Lower,
        definition: "Share of views with at least one click on something interactive that had no effect within \
                     2.5 s. Interval: Wilson.",
    };
    /// Definition of a page view.
    pub const VIEWS: &str = "Page views, single-page routes included; bots are not counted.";
    /// Definition of visitor-days.
    pub const VISITOR_DAYS: &str = "Different visitors of each day, added up over the days (within about 2 %): \
                                    without cookies nobody is recognised the day after.";
    /// Definition of a visit.
    pub const VISITS: &str = "Stretches of activity in one tab, ended by 30 minutes without any or after 24 hours; a second tab \
                              of the same visitor is a second visit.";
}

/// One day of the trend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrendDay {
    /// The day in the site's zone, as `2026-03-31`.
    pub day: String,
    /// Views.
    pub views: u64,
    /// Views with a rage click, a dead click or an error.
    pub failed_views: u64,
    /// Views of the day that stands at the same place of the previous period.
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
    /// Id of the scored question.
    pub question_id: String,
    /// The scored question.
    pub question: String,
    /// What of the question is scored, such as a row of a matrix; empty when it has one score.
    pub part: String,
    /// The score.
    pub figure: Figure,
}

/// Surveys that ask for scores and were given none in the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unanswered {
    /// How many there are.
    pub surveys: u64,
    /// How many of them pages do not get.
    pub paused: u64,
}

/// A page to fix, and why.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Fix {
    /// The page.
    pub path: String,
    /// Views a week that met a failure, over the days since the first data of the period, times the relative share of low
    /// scores where at least 30 scores were given.
    pub impact: f64,
    /// Views in the period.
    pub views: u64,
    /// Views with a rage click, a dead click or an error.
    pub failed: Figure,
    /// Views with rage clicks.
    pub rage_views: u64,
    /// Views with dead clicks.
    pub dead_views: u64,
    /// Views with errors.
    pub error_views: u64,
    /// Share of low scores given on the page.
    pub low_scores: Figure,
    /// Share of low scores relative to the whole site; 1 where it is not known well enough.
    pub weight: f64,
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
    /// What to fix first.
    pub fix_first: Vec<Fix>,
}

/// What the report is made of.
#[derive(Debug, Default)]
pub struct Input {
    /// Rows of the whole site (or of the page filtered by), by bucket.
    pub pages: Vec<PageRollup>,
    /// The same of the previous period.
    pub pages_before: Option<Vec<PageRollup>>,
    /// Counts by page.
    pub by_path: Vec<PageRollup>,
    /// Answers by bucket.
    pub answers: Vec<AnswerRollup>,
    /// The same of the previous period.
    pub answers_before: Option<Vec<AnswerRollup>>,
    /// Scores by page.
    pub path_answers: Vec<PathAnswer>,
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
    pub fn report(&self, filter: &Filter, now: &Period, before: Option<&Period>) -> Result<Overview, SketchError> {
        let sums = PageSums::of(&self.pages)?;
        let sums_before = self.pages_before.as_ref().map(PageSums::of).transpose()?;
        let visitors = visitor_days(now, &self.pages)?;
        let visitors_before = match (before, &self.pages_before) {
            (Some(period), Some(rows)) => Some(visitor_days(period, rows)?),
            _ => None,
        };
        let total =
            |name, label, definition, value: u64, before: Option<u64>| Total { name, label, value, before, definition };
        let (scores, unanswered) = answered(scores(&self.surveys, &self.answers, self.answers_before.as_deref()));
        Ok(Overview {
            from: now.first.to_string(),
            to: now.last.to_string(),
            totals: vec![
                total("views", "Page views", kinds::VIEWS, sums.views, sums_before.as_ref().map(|sums| sums.views)),
                total("visits", "Visits", kinds::VISITS, sums.visits, sums_before.as_ref().map(|sums| sums.visits)),
                total("visitor_days", "Visitor-days", kinds::VISITOR_DAYS, visitors, visitors_before),
            ],
            figures: figures(&sums, sums_before.as_ref()),
            scores,
            unanswered,
            trend: trend(now, &self.pages, before.zip(self.pages_before.as_deref())),
            fix_first: fix_first(
                &self.by_path,
                &self.path_answers,
                observed_weeks(now, self.first_data_ms),
                filter.page.as_deref(),
            ),
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

/// The figures of page views, which are read as one list.
pub fn figures(now: &PageSums, before: Option<&PageSums>) -> Vec<Figure> {
    type Part = fn(&PageSums) -> (u64, u64);
    let rates: [(Kind, Part); 4] = [
        (kinds::BOUNCE, |sums| (sums.bounced_visits, sums.visits)),
        (kinds::ERRORS, |sums| (sums.error_views, sums.views)),
        (kinds::RAGE, |sums| (sums.rage_views, sums.views)),
        (kinds::DEAD, |sums| (sums.dead_views, sums.views)),
    ];
    let rates = rates.into_iter().map(|(kind, part)| Figure::rate(kind, part(now), before.map(part)));
    let vitals = Vital::ALL.into_iter().filter(|vital| vital.is_core());
    let vitals = vitals.map(|vital| Figure::vital(vital, now.vital(vital), before.map(|sums| sums.vital(vital))));
    let mut figures: Vec<_> = rates.chain(vitals).collect();
    correct(&mut figures);
    figures
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

/// Views by day.
pub fn trend(now: &Period, rows: &[PageRollup], before: Option<(&Period, &[PageRollup])>) -> Vec<TrendDay> {
    let by_day = |period: &Period, rows: &[PageRollup]| {
        let mut days = vec![(0, 0); period.days.len()];
        for row in rows {
            if let Some(day) = period.day_of(row.bucket_ms) {
                days[day].0 += row.views.max(0) as u64;
                days[day].1 += row.failed_views.max(0) as u64;
            }
        }
        days
    };
    let days_before = before.map(|(period, rows)| by_day(period, rows));
    by_day(now, rows)
        .into_iter()
        .enumerate()
        .map(|(place, (views, failed_views))| TrendDay {
            day: now.days[place].date.to_string(),
            views,
            failed_views,
            views_before: days_before.as_ref().and_then(|days| days.get(place)).map(|(views, _)| *views),
        })
        .collect()
}

const FAILED: Kind = Kind {
    name: "failed_views",
    label: "Views that met a failure",
    unit: Unit::Percent,
    of: "views",
    better: Better::Lower,
    definition: "Share of views with a rage click, a dead click or an error. Interval: Wilson.",
};
const LOW_SCORES: Kind = Kind {
    name: "low_scores",
    label: "Low scores",
    unit: Unit::Percent,
    of: "answers",
    better: Better::Lower,
    definition: "Share of low scores among those given on the page: NPS 0 to 6, CSAT 1 and 2, CES 1 to 3. \
                 Interval: Wilson.",
};

/// How many weeks of a period were observed: from its first instant, or that of the first data if that is later, to the
/// last. Less than a day counts as one, since a few hours say nothing about a week.
fn observed_weeks(period: &Period, first_data_ms: Option<i64>) -> f64 {
    const DAY_MS: f64 = 24.0 * 3_600_000.0;
    let from_ms = first_data_ms.unwrap_or(period.from_ms).clamp(period.from_ms, period.to_ms);
    ((period.to_ms - from_ms) as f64 / DAY_MS).max(1.0) / 7.0
}

/// Pages by impact: views a week that met a failure, times the share of low scores relative to the site's where at
/// least 30 scores were given on the page. `weeks` is how long was looked.
pub fn fix_first(by_path: &[PageRollup], answers: &[PathAnswer], weeks: f64, only: Option<&str>) -> Vec<Fix> {
    let mut scales: BTreeMap<(&str, &str), Scale> = BTreeMap::new();
    for answer in answers {
        if let Some(empty) = Scale::of_kind(&answer.kind) {
            let scale = scales.entry((&answer.path, &answer.kind)).or_insert(empty);
            scale.add(&answer.value, answer.answers.max(0) as u64);
        }
    }
    let mut low_by_path: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut low_of_site = (0, 0);
    for ((path, _), scale) in &scales {
        let (low, n) = scale.low_of();
        let entry = low_by_path.entry(path).or_default();
        *entry = (entry.0 + low, entry.1 + n);
        low_of_site = (low_of_site.0 + low, low_of_site.1 + n);
    }
    let mut views: BTreeMap<&str, PageRollup> = BTreeMap::new();
    for row in by_path.iter().filter(|row| only.is_none_or(|path| path == row.path)) {
        let sum = views.entry(&row.path).or_default();
        sum.views += row.views.max(0);
        sum.failed_views += row.failed_views.max(0);
        sum.rage_views += row.rage_views.max(0);
        sum.dead_views += row.dead_views.max(0);
        sum.error_views += row.error_views.max(0);
    }
    let mut fixes: Vec<_> = views
        .into_iter()
        .filter(|(_, sum)| sum.failed_views > 0)
        .map(|(path, sum)| {
            let (low, n) = low_by_path.get(path).copied().unwrap_or_default();
            let weight = if n >= SMALL_N && low_of_site.0 > 0 {
                (low as f64 / n as f64) / (low_of_site.0 as f64 / low_of_site.1 as f64)
            } else {
                1.0
            };
            Fix {
                path: path.to_owned(),
                impact: sum.failed_views as f64 / weeks * weight,
                views: sum.views as u64,
                failed: Figure::rate(FAILED, (sum.failed_views as u64, sum.views as u64), None),
                rage_views: sum.rage_views as u64,
                dead_views: sum.dead_views as u64,
                error_views: sum.error_views as u64,
                low_scores: Figure::rate(LOW_SCORES, (low, n), None),
                weight,
            }
        })
        .collect();
    fixes.sort_by(|one, other| other.impact.total_cmp(&one.impact).then_with(|| one.path.cmp(&other.path)));
    fixes
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn impact_is_divided_by_the_days_that_were_observed() {
        const DAY_MS: i64 = 86_400_000;
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(&TimeZone::UTC, day("2026-03-01"), day("2026-03-28"), i64::MAX);
        for (first_data_ms, weeks) in [
            (None, 4.0),
            (Some(period.from_ms - 90 * DAY_MS), 4.0),
            (Some(period.to_ms - 7 * DAY_MS), 1.0),
            (Some(period.to_ms - DAY_MS / 24), 1.0 / 7.0),
            (Some(period.to_ms + DAY_MS), 1.0 / 7.0),
        ] {
            assert!((observed_weeks(&period, first_data_ms) - weeks).abs() < 1e-9, "{first_data_ms:?}");
        }
    }
}
