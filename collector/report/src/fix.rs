//! What to fix first: pages by how many views met a failure of late, weighed by the low scores given there, each with what goes with
//! those and since when it is so.

use super::driver::{Driver, reasons};
use super::figure::scale::Scale;
use super::figure::sums::PageSums;
use super::figure::{Better, Figure, FigureKind, Unit};
use super::overview::by_visit;
use super::period::{Day, Period};
use rapport_figures::score::{Score, Stretch, relative_rates, stretches, wilson};
use rapport_store::rollup::release::FirstSeen;
use rapport_store::rollup::{FactRollup, PageRollup, PathAnswer};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// So many pages are named to be fixed first.
pub const FIX_FIRST: usize = 8;
/// So many more that were fixed are shown with them.
const FIXED_SHOWN: usize = 3;
/// So many facts are named as what goes with low scores on a page.
const REASONS: usize = 3;

/// What fails a view.
pub const FAILURE: &str = "A view meets a failure by an error, a rage or dead click, a task that failed or was given up, a poor Core \
    Web Vital (LCP above 4 s, INP above 500 ms, CLS above 0.25), or a quick-back: by the browser's back button within 5 s.";

/// Views that met a failure.
pub const FAILED: FigureKind = FigureKind {
    name: "failed_views",
    label: "Views that met a failure",
    unit: Unit::Percent,
    of: "views",
    better: Better::Lower,
    definition: concat!(
        "Share of views that met an error, a rage or dead click, a failed or abandoned task, or a poor Core Web Vital (LCP above \
         4 s, INP above 500 ms, CLS above 0.25). ",
        by_visit!()
    ),
};
const LOW_SCORES: FigureKind = FigureKind {
    name: "low_scores",
    label: "Low scores",
    unit: Unit::Percent,
    of: "answers",
    better: Better::Lower,
    definition: "Share of low scores among those given on the page: NPS 0 to 6, CSAT 1 and 2, CES 1 to 3. \
                 Interval: Wilson.",
};

/// However good the scores of a page, its failures weigh at least this: whom a failure drove away gave no score.
pub(crate) const LEAST_WEIGHT: f64 = 0.5;
/// Days after which a view counts half.
const HALF_LIFE_DAYS: f64 = 7.0;
/// A share that fell to this part of itself is fixed, and one that rose from it is new.
pub(crate) const FIXED: f64 = 0.25;

/// What moved by less than from this part to the whole is as it was.
const MATERIAL: f64 = 0.8;

/// What [`Fix::impact`] is.
pub const IMPACT: &str = "Weighted views a week: those that met a failure (an error, a rage or dead click, a failed or abandoned task, \
                          or a poor Core Web Vital), times a weight. Of the days that were observed recent ones count more, a week ago \
                          half as much as today, and where the share of failed views has changed only those since then. \
                          The weight is how many times more low scores were given on the page than the site's share of \
                          low scores leads to expect, each kind of score by itself. Few scores say little, so the \
                          weight of a page with few is near 1 (empirical Bayes, Clayton and Kaldor), and since those \
                          whom a failure drives away give no score, no weight is below 0.5. Its 95 % interval stands \
                          beside it.";

/// Since when a page is as it is, and how that is found.
pub const SINCE: &str = "The days at which the share of failed views changed are found by likelihood ratios, corrected for the number of \
                         days and pages, and for how much days differ anyway; less than a fifth is no change. New: it rose from at most a quarter of what it is, or the page came a week or more after the others; \
                         worse: it rose from more; fixed: it fell to at most a quarter; better: it fell to more; steady: it did not \
                         change within these days. That a share is at most a quarter, its 95 % interval has to say. The release is the one first seen on that day or the day before.";

/// What became of a page within the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It hardly failed before.
    New,
    /// It fails more than before.
    Worse,
    /// Nothing changed.
    Steady,
    /// It fails less than before.
    Better,
    /// It hardly fails any more.
    Fixed,
}

impl State {
    /// The name in JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Steady => "steady",
            Self::Better => "better",
            Self::Fixed => "fixed",
        }
    }
}

/// Since when a page is as it is: see [`SINCE`].
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Since {
    /// What became of it.
    pub state: State,
    /// The first day on which it was as it is, as `2026-03-31`; absent where it is steady.
    pub day: Option<String>,
    /// The release that came then, where one did.
    pub release: Option<String>,
    /// Share of failed views just before that day, in percent.
    pub before_percent: Option<f64>,
    /// Share of failed views since then, in percent.
    pub now_percent: f64,
}

/// A page to fix, and why.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Fix {
    /// The page.
    pub path: String,
    /// Views a week that met a failure, times the weight: see [`IMPACT`].
    pub impact: f64,
    /// What an impact counts.
    pub impact_unit: &'static str,
    /// Views in the period.
    pub views: u64,
    /// Views that met a failure.
    pub failed: Figure,
    /// Views with rage clicks.
    pub rage_views: u64,
    /// Views with dead clicks.
    pub dead_views: u64,
    /// Views with errors.
    pub error_views: u64,
    /// Views in which a task failed or was given up.
    pub failed_task_views: u64,
    /// Views with a poor Core Web Vital.
    pub poor_views: u64,
    /// Those with a poor LCP.
    pub poor_lcp_views: u64,
    /// Those with a poor INP.
    pub poor_inp_views: u64,
    /// Those with a poor CLS.
    pub poor_cls_views: u64,
    /// Since when it is so.
    pub since: Since,
    /// The facts that go with low scores here, beyond what chance would show; those that go with most of them first. None where too few
    /// scores tell.
    pub reasons: Vec<Driver>,
    /// Share of low scores given on the page.
    pub low_scores: Figure,
    /// How many times more low scores were given on the page than its kinds of score lead to expect: see [`IMPACT`].
    pub weight: f64,
    /// Lower end of the weight's 95 % interval.
    pub weight_low: f64,
    /// Upper end of the weight's 95 % interval.
    pub weight_high: f64,
    /// Whether fewer than 30 views tell of it.
    pub small: bool,
}

/// Low scores given on each page, of how many, and how many of them the site's share of each kind of score leads to
/// expect.
fn low_scores(answers: &[PathAnswer]) -> BTreeMap<&str, (u64, u64, f64)> {
    let mut scales: BTreeMap<(&str, &str), Scale> = BTreeMap::new();
    for answer in answers {
        if let Some(empty) = Scale::of_kind(&answer.kind) {
            let scale = scales.entry((&answer.kind, &answer.path)).or_insert(empty);
            scale.add(&answer.value, answer.answers.max(0) as u64);
        }
    }
    let mut of_site: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for ((kind, _), scale) in &scales {
        let (low, n) = scale.low_of();
        let sum = of_site.entry(kind).or_default();
        *sum = (sum.0 + low, sum.1 + n);
    }
    let mut by_path: BTreeMap<&str, (u64, u64, f64)> = BTreeMap::new();
    for ((kind, path), scale) in &scales {
        let (low, n) = scale.low_of();
        let (low_of_site, n_of_site) = of_site[kind];
        let sum = by_path.entry(path).or_default();
        let expected = n as f64 * low_of_site as f64 / n_of_site.max(1) as f64;
        *sum = (sum.0 + low, sum.1 + n, sum.2 + expected);
    }
    by_path
}

/// The weight of each page with scores: see [`IMPACT`].
fn weights<'a>(low: &BTreeMap<&'a str, (u64, u64, f64)>) -> BTreeMap<&'a str, Score> {
    let parts: Vec<_> = low.values().map(|&(low, _, expected)| (low, expected)).collect();
    low.keys().copied().zip(relative_rates(&parts)).collect()
}

/// What failed where.
#[derive(Clone, Copy, Debug)]
pub struct Failures<'a> {
    /// Counts by page and bucket.
    pub by_path: &'a [PageRollup],
    /// Scores by page.
    pub answers: &'a [PathAnswer],
    /// Scores by what their visitors had met.
    pub facts: &'a [FactRollup],
    /// Releases, and when each was first seen.
    pub releases: &'a [FirstSeen],
    /// The first instant with data, in epoch milliseconds.
    pub first_data_ms: Option<i64>,
}

/// A page over the days of a period.
struct Course {
    sums: PageSums,
    /// Failed views and views of each day.
    days: Vec<(u64, u64)>,
}

/// How much of each day was observed, in days: from the first data on, and until now.
pub(crate) fn observed(period: &Period, first_data_ms: Option<i64>) -> Vec<f64> {
    const DAY_MS: f64 = 24.0 * 3_600_000.0;
    let first_ms = first_data_ms.unwrap_or(period.from_ms);
    let of_day = |day: &Day| (day.end_ms.min(period.to_ms) - day.start_ms.max(first_ms)).max(0) as f64 / DAY_MS;
    period.days.iter().map(of_day).collect()
}

/// Failed views a week over the days from `first` on, recent ones counting more. Less than a day counts as one: a few hours say nothing
/// about a week.
pub(crate) fn failed_a_week(days: &[(u64, u64)], observed: &[f64], first: usize) -> f64 {
    let (mut failed, mut weights, mut length) = (0.0, 0.0, 0.0);
    for (age, place) in (first..days.len()).rev().enumerate() {
        let weight = 0.5_f64.powf(age as f64 / HALF_LIFE_DAYS);
        failed += weight * days[place].0 as f64;
        weights += weight * observed[place];
        length += observed[place];
    }
    if weights > 0.0 { 7.0 * failed / weights * length.min(1.0) } else { 0.0 }
}

/// Since when a share is as it is, and the first day of that: each day is how many of how many, and `looks` is how many such shares are
/// looked at.
pub(crate) fn since(
    (by_day, effect): (&[(u64, u64)], f64),
    (period, observed): (&Period, &[f64]),
    releases: &[FirstSeen],
    looks: usize,
) -> (Since, usize) {
    const PERCENT: f64 = 100.0;
    // A release that comes late in a day changes that day little.
    let came = |first: usize| {
        let is_then =
            |release: &&FirstSeen| period.day_of(release.hour_ms).is_some_and(|day| day == first || day + 1 == first);
        releases.iter().rev().find(is_then).map(|release| release.release.clone())
    };
    let found = stretches(by_day, effect, looks as f64);
    let steady = |now: f64| Since {
        state: State::Steady,
        day: None,
        release: None,
        before_percent: None,
        now_percent: now * PERCENT,
    };
    match &found[..] {
        [.., before, now] if is_material(before.share(), now.share()) => {
            let since = Since {
                state: state(before, now, effect),
                day: period.days.get(now.first).map(|day| day.date.to_string()),
                release: came(now.first),
                before_percent: Some(before.share() * PERCENT),
                now_percent: now.share() * PERCENT,
            };
            (since, now.first)
        }
        all => {
            let since = steady(all.last().map_or(0.0, Stretch::share));
            // A page that came later than the others was not better before.
            match by_day.iter().position(|(_, views)| *views > 0).filter(|first| is_late(observed, *first)) {
                Some(first) => {
                    let day = period.days.get(first).map(|day| day.date.to_string());
                    (Since { state: State::New, release: came(first), day, ..since }, first)
                }
                None => (since, 0),
            }
        }
    }
}

/// Whether a share moved so far that anybody would care.
fn is_material(was: f64, is: f64) -> bool {
    was.min(is) <= was.max(is) * MATERIAL
}

/// Whether a week or more was observed before a day.
fn is_late(observed: &[f64], day: usize) -> bool {
    observed[..day].iter().sum::<f64>() >= 7.0
}

/// What became of a share. `effect` is how many members say as much as an independent one.
fn state(before: &Stretch, now: &Stretch, effect: f64) -> State {
    let (was, is) = (before.share(), now.share());
    match was < is {
        true if at_most(before, effect) <= is * FIXED => State::New,
        true => State::Worse,
        false if at_most(now, effect) <= was * FIXED => State::Fixed,
        false => State::Better,
    }
}

/// The upper end of the 95 % interval of a share: one good view after many bad ones mends nothing.
fn at_most(stretch: &Stretch, effect: f64) -> f64 {
    let worth = |members: u64| (members as f64 / effect.max(1.0)).round() as u64;
    let n = worth(stretch.n).max(1);
    wilson(worth(stretch.cases).min(n), n).map_or(1.0, |share| share.high / 100.0)
}

/// Each page over the days, those that met a failure.
fn courses<'a>(by_path: &'a [PageRollup], period: &Period, only: Option<&str>) -> BTreeMap<&'a str, Course> {
    let mut courses: BTreeMap<&str, Course> = BTreeMap::new();
    for row in by_path.iter().filter(|row| only.is_none_or(|path| path == row.path)) {
        let empty = || Course { sums: PageSums::default(), days: vec![(0, 0); period.days.len()] };
        let course = courses.entry(&row.path).or_insert_with(empty);
        course.sums.count(row);
        if let Some(day) = period.day_of(row.bucket_ms).and_then(|day| course.days.get_mut(day)) {
            *day = (day.0 + row.failed_views.max(0) as u64, day.1 + row.views.max(0) as u64);
        }
    }
    courses.retain(|_, course| course.sums.failed_views > 0);
    courses
}

/// The first of these pages, and with them some that were fixed: whoever fixed one looks for it.
pub fn first_of(mut fixes: Vec<Fix>) -> Vec<Fix> {
    let mut fixed = fixes.split_off(FIX_FIRST.min(fixes.len()));
    fixed.retain(|fix| fix.since.state == State::Fixed);
    fixed.truncate(FIXED_SHOWN);
    fixes.extend(fixed);
    fixes
}

/// Pages by impact: see [`IMPACT`].
pub fn fix_first(failures: &Failures<'_>, period: &Period, only: Option<&str>) -> Vec<Fix> {
    let low_by_path = low_scores(failures.answers);
    let weights = weights(&low_by_path);
    let unknown = relative_rates(&[(0, 0.0)])[0];
    let mut reasons = reasons(failures.facts, REASONS);
    let observed = observed(period, failures.first_data_ms);
    let courses = courses(failures.by_path, period, only);
    let pages = courses.len();
    let mut fixes: Vec<_> = courses
        .into_iter()
        .map(|(path, course)| {
            let (low, n, _) = low_by_path.get(path).copied().unwrap_or_default();
            let weight = weights.get(path).copied().unwrap_or(unknown);
            let at_least = |weight: f64| weight.max(LEAST_WEIGHT);
            let by_day = (course.days.as_slice(), course.sums.failed().effect());
            let (since, first) = since(by_day, (period, &observed), failures.releases, pages);
            let sums = &course.sums;
            let failed = Figure::share(FAILED, &sums.failed(), None);
            Fix {
                path: path.to_owned(),
                impact: failed_a_week(&course.days, &observed, first) * at_least(weight.value),
                impact_unit: "weighted views a week",
                views: sums.views,
                rage_views: sums.rage_views,
                dead_views: sums.dead_views,
                error_views: sums.error_views,
                failed_task_views: sums.failed_task_views,
                poor_views: sums.poor_views,
                poor_lcp_views: sums.poor_lcp_views,
                poor_inp_views: sums.poor_inp_views,
                poor_cls_views: sums.poor_cls_views,
                since,
                reasons: reasons.remove(path).unwrap_or_default(),
                low_scores: Figure::rate(LOW_SCORES, (low, n), None),
                weight: at_least(weight.value),
                weight_low: at_least(weight.low),
                weight_high: at_least(weight.high),
                small: failed.small,
                failed,
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

    const DAY_MS: i64 = 86_400_000;

    /// Four weeks.
    fn period() -> Period {
        let day = |text: &str| text.parse().expect("a day");
        Period::new(&TimeZone::UTC, day("2026-03-01"), day("2026-03-28"), i64::MAX)
    }

    fn fixes(by_path: &[PageRollup], answers: &[PathAnswer]) -> Vec<Fix> {
        let failures = Failures { by_path, answers, facts: &[], releases: &[], first_data_ms: None };
        fix_first(&failures, &period(), None)
    }

    /// A page as it is on every day.
    fn daily(path: &str, views: i64, failed: impl Fn(usize) -> i64) -> Vec<PageRollup> {
        let of = |(place, day): (usize, &Day)| PageRollup {
            bucket_ms: day.start_ms,
            path: path.into(),
            views,
            failed_views: failed(place),
            ..PageRollup::default()
        };
        period().days.iter().enumerate().map(of).collect()
    }

    fn given(path: &str, kind: &str, value: &str, answers: i64) -> PathAnswer {
        PathAnswer { path: path.into(), kind: kind.into(), value: value.into(), answers }
    }

    #[test]
    fn impact_counts_the_days_that_were_observed_and_recent_ones_more() {
        let period = period();
        let lengths = |first_data_ms| observed(&period, first_data_ms).iter().sum::<f64>();
        for (first_data_ms, days) in [
            (None, 28.0),
            (Some(period.from_ms - 90 * DAY_MS), 28.0),
            (Some(period.to_ms - 7 * DAY_MS), 7.0),
            (Some(period.to_ms - DAY_MS / 24), 1.0 / 24.0),
            (Some(period.to_ms + DAY_MS), 0.0),
        ] {
            assert!((lengths(first_data_ms) - days).abs() < 1e-9, "{first_data_ms:?}");
        }
        let whole = vec![1.0; 28];
        assert!((failed_a_week(&[(10, 100); 28], &whole, 0) - 70.0).abs() < 1e-9, "ten a day are seventy a week");
        let (mut old, mut new) = ([(0, 100); 28], [(0, 100); 28]);
        (old[0], new[27]) = ((100, 100), (100, 100));
        assert!(failed_a_week(&new, &whole, 0) > 14.0 * failed_a_week(&old, &whole, 0), "27 days are four half-lives");
        let hours = [vec![0.0; 27], vec![0.25]].concat();
        assert!((failed_a_week(&new, &hours, 0) - 700.0).abs() < 1e-9, "a few hours count as a day");
    }

    #[test]
    fn perfect_scores_do_not_silence_a_page_that_always_fails() {
        let rows = [daily("/broken", 10, |_| 10), daily("/fine", 10, |day| (day % 2) as i64)].concat();
        let elsewhere = [given("/fine", "csat", "5", 300), given("/fine", "csat", "1", 100)];
        let mut previous = f64::INFINITY;
        for perfect in [0, 1, 29, 30, 40, 4_000] {
            let mut answers = elsewhere.to_vec();
            answers.push(given("/broken", "csat", "5", perfect));
            let fixes = fixes(&rows, &answers);
            assert_eq!(fixes[0].path, "/broken", "{perfect} perfect scores");
            let (weight, low, high) = (fixes[0].weight, fixes[0].weight_low, fixes[0].weight_high);
            assert!((0.5..=1.0).contains(&weight) && low <= weight && weight <= high, "{perfect}: {weight}");
            assert!((fixes[0].impact - 70.0 * weight).abs() < 1e-9);
            // A score more changes little, also the thirtieth.
            assert!(weight <= previous && (perfect != 30 || previous - weight < 0.02), "{perfect}: {weight}");
            previous = weight;
        }
    }

    #[test]
    fn a_page_is_weighed_against_its_own_kinds_of_score() {
        // Half of all NPS answers are low, and one in twenty of CSAT: a page that asks for NPS is not the worse for it.
        let pages = ["/nps", "/csat", "/bad", "/silent"];
        let rows: Vec<_> = pages.into_iter().flat_map(|path| daily(path, 10, |_| 2)).collect();
        let mut answers = Vec::new();
        for (path, kind, low, high) in [("/nps", "nps", 100, 100), ("/csat", "csat", 10, 190), ("/bad", "csat", 30, 20)]
        {
            answers
                .extend([given(path, kind, "1", low), given(path, kind, if kind == "nps" { "10" } else { "5" }, high)]);
        }
        answers.push(given("/other", "csat", "5", 3_000));
        let fixes = fixes(&rows, &answers);
        let weight = |path: &str| fixes.iter().find(|fix| fix.path == path).expect("it fails").weight;
        assert_eq!(fixes[0].path, "/bad");
        assert!((weight("/nps") - 1.0).abs() < 1e-9 && weight("/silent") == 1.0);
        assert!(weight("/bad") > 3.0, "{}", weight("/bad"));
    }

    #[test]
    fn one_quick_view_after_208_slow_ones_was_called_fixed() {
        let stretch = |cases, n| Stretch { first: 0, end: 1, cases, n };
        for (now, effect, expected) in [
            ((0, 1), 1.0, State::Better),
            ((0, 11), 1.0, State::Better),
            ((0, 12), 1.0, State::Fixed),
            ((0, 12), 2.0, State::Better),
            ((0, 24), 2.0, State::Fixed),
            ((20, 100), 1.0, State::Better),
        ] {
            assert_eq!(state(&stretch(208, 208), &stretch(now.0, now.1), effect), expected, "{now:?} {effect}");
        }
        assert_eq!(state(&stretch(0, 1), &stretch(208, 208), 1.0), State::Worse);
        assert_eq!(state(&stretch(0, 12), &stretch(208, 208), 1.0), State::New);
    }

    #[test]
    fn each_line_says_whether_it_is_new_worse_steady_better_or_fixed_and_since_which_release() {
        let rows = [
            daily("/steady", 100, |_| 20),
            daily("/new", 100, |day| if day < 20 { 2 } else { 60 }),
            daily("/worse", 100, |day| if day < 20 { 30 } else { 70 }),
            daily("/better", 100, |day| if day < 20 { 70 } else { 30 }),
            daily("/fixed", 100, |day| if (10..20).contains(&day) { 60 } else { 2 }),
        ]
        .concat();
        let day = |place: i64| period().from_ms + place * DAY_MS;
        let releases = [("1.0", 0), ("1.1", 19), ("1.2", 25)]
            .map(|(release, at)| FirstSeen { release: release.into(), hour_ms: day(at) + 3_600_000 });
        let failures =
            Failures { by_path: &rows, answers: &[], facts: &[], releases: &releases, first_data_ms: Some(day(0)) };
        let fixes = fix_first(&failures, &period(), None);
        for (path, state) in [
            ("/steady", State::Steady),
            ("/new", State::New),
            ("/worse", State::Worse),
            ("/better", State::Better),
            ("/fixed", State::Fixed),
        ] {
            let fix = fixes.iter().find(|fix| fix.path == path).expect("it fails");
            assert_eq!(fix.since.state, state, "{path}");
            let (on, release) = (fix.since.day.as_deref(), fix.since.release.as_deref());
            let expected = if state == State::Steady { (None, None) } else { (Some("2026-03-21"), Some("1.1")) };
            assert_eq!((on, release), expected, "{path}");
        }
        let late = daily("/late", 100, |_| 20).into_iter().filter(|row| row.bucket_ms >= day(9)).collect::<Vec<_>>();
        let found = fix_first(&Failures { by_path: &late, ..failures }, &period(), None);
        assert_eq!((found[0].since.state, found[0].since.day.as_deref()), (State::New, Some("2026-03-10")));
        assert!((found[0].impact - 140.0).abs() < 1e-9, "twenty a day since it is there: {}", found[0].impact);
        // What counts is what it is like since then: the fixed page has failed 640 times, and is last.
        assert_eq!(fixes.last().map(|fix| fix.path.as_str()), Some("/fixed"));
        assert!((fixes.last().map_or(0.0, |fix| fix.impact) - 14.0).abs() < 1e-9, "two a day");
    }
}
