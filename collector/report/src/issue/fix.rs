//! What came of a fix: the share of views that met an issue before and after it, at fixed looks, beside pages that nobody touched. It says
//! what changed with the release, never because of it.

use super::{Issue, MET, is_issue, share};
use crate::annotation::before_after::{Days, LENGTHS, LOOKS, Side, spans};
use crate::figure::{Better, Figure, FigureKind, Unit};
use crate::fix::FIXED;
use crate::period::Period;
use crate::response::Time;
use crate::route::Routes;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rapport_figures::score::{Grouped, LEVEL, controlled_change, grouped_change};
use rapport_store::issue::{Fixed, IssueKey};
use rapport_store::rollup::IssueRollup;
use rapport_store::rollup::issue::{POOR, VIEWS};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// How it is found.
pub const DEFINITION: &str = "So many whole days of the site before and after the day of the fix, which counts on neither side. A change \
    counts as real where chance alone would show it in fewer than 5 of 100 fixes to whoever looks after 7, 14 and 28 days (p times 2.5); \
    views are clustered by visit (Rao and Scott). Control: the pages on which the issue never occurred, by all failures of its kind; of \
    poor vitals all other pages. What the share would be had it fared as theirs is the share before times the ratio by which theirs \
    changed. Fixed: it fell to at most a quarter, and beyond what the control shows. It happened with the release; that it happened \
    because of it no such comparison can tell.";

const LOW: FigureKind = FigureKind {
    name: "low_ratings",
    label: "Low ratings on the page",
    unit: Unit::Percent,
    of: "answers",
    better: Better::Lower,
    definition: "Share of answers given on the page that have a low score. Interval: Wilson.",
};

/// What became of an issue with its fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FixVerdict {
    /// It hardly happens any more.
    Fixed,
    /// It happens less.
    Better,
    /// It happens as often, as far as can be told.
    Unchanged,
    /// It fell, and so it did where nothing was done.
    AsElsewhere,
    /// It happens more.
    Worse,
    /// The days are not over, or not all known.
    Undecided,
}

impl FixVerdict {
    /// The name in JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Better => "better",
            Self::Unchanged => "unchanged",
            Self::AsElsewhere => "as_elsewhere",
            Self::Worse => "worse",
            Self::Undecided => "undecided",
        }
    }
}

/// A difference of shares, in percentage points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Points {
    /// After minus before, or minus what was to be expected.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// How often noise alone would show such a difference, times 2.5 for the three looks.
    pub p: f64,
}

/// What the pages tell on which the issue never occurred.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Control {
    /// How many pages, or routes, they are.
    pub pages: u64,
    /// Their share before.
    pub before: Figure,
    /// Their share after.
    pub after: Figure,
    /// What the share of the issue would be had it fared as theirs, in percent; absent where they tell no ratio.
    pub expected_percent: Option<f64>,
    /// The share after beside that.
    pub beyond: Option<Points>,
}

/// One look.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Look {
    /// How many days before and after.
    pub length_days: i32,
    /// The days before.
    pub before: Days,
    /// The days after.
    pub after: Days,
    /// Share of the page's views that met it, before.
    pub met_before: Figure,
    /// The same after.
    pub met_after: Figure,
    /// The difference of both; absent where nothing can be judged.
    pub change: Option<Points>,
    /// Share of low ratings on the page, before.
    pub low_before: Figure,
    /// The same after.
    pub low_after: Figure,
    /// What the pages tell on which it never occurred; absent where there are none.
    pub control: Option<Control>,
    /// What became of it.
    pub verdict: FixVerdict,
    /// All of it in a sentence.
    pub sentence: String,
}

/// Before and after a fix.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FixReport {
    /// When it was fixed.
    pub at: Time,
    /// With which release; empty where none was named.
    pub release: String,
    /// The day it was, as `2026-03-31`.
    pub day: String,
    /// After 7, 14 and 28 days.
    pub looks: Vec<Look>,
    /// The verdict of the longest look that is decided; `undecided` where none is.
    pub verdict: FixVerdict,
    /// Its sentence.
    pub sentence: String,
    /// How it is found.
    pub definition: &'static str,
}

/// The first and the last day of the longest look.
pub(crate) fn longest(day: Date) -> [(Date, Date); 2] {
    spans(day, LENGTHS[LENGTHS.len() - 1], Side::Neither)
}

/// What one side comes to.
#[derive(Debug, Default)]
struct SideSums {
    met: IssueRollup,
    views: IssueRollup,
    control_met: IssueRollup,
    control_views: IssueRollup,
}

/// The rows of both sides of the longest look.
pub(crate) struct Compared<'a> {
    pub key: &'a IssueKey,
    pub routes: &'a Routes,
    pub rows: &'a [IssueRollup],
    touched: BTreeSet<String>,
    control: BTreeSet<String>,
}

impl<'a> Compared<'a> {
    /// Of these totals, which are all of the days before and after.
    pub fn new(key: &'a IssueKey, routes: &'a Routes, rows: &'a [IssueRollup]) -> Self {
        let is_poor = POOR.iter().any(|(_, kind)| *kind == key.kind);
        let is_met = |row: &&IssueRollup| !is_poor && row.kind == key.kind && is_issue(row) && row.label == key.label;
        let page = |row: &IssueRollup| routes.of(&row.path).into_owned();
        let mut touched: BTreeSet<_> = rows.iter().filter(is_met).map(page).collect();
        touched.insert(key.page.clone());
        let views = rows.iter().filter(|row| row.kind == VIEWS).map(page);
        let control = views.filter(|page| !touched.contains(page)).collect();
        Self { key, routes, rows, touched, control }
    }

    fn side(&self, days: &Period) -> SideSums {
        let mut sums = SideSums::default();
        for row in self.rows.iter().filter(|row| days.day_of(row.bucket_ms).is_some()) {
            let page = self.routes.of(&row.path);
            if *page == *self.key.page {
                if row.kind == VIEWS {
                    sums.views.add_counts(row);
                } else if row.kind == self.key.kind && row.label == self.key.label {
                    sums.met.add_counts(row);
                }
            } else if !self.touched.contains(page.as_ref()) {
                if row.kind == VIEWS {
                    sums.control_views.add_counts(row);
                } else if row.kind == self.key.kind && row.label.is_empty() {
                    // What is kept without a label is every view that met any of the kind.
                    sums.control_met.add_counts(row);
                }
            }
        }
        sums
    }

    fn look(&self, day: Date, length_days: i32, now: (i64, Option<Date>, &TimeZone), fixed: &Fixed) -> Look {
        let (now_ms, data_began, zone) = now;
        let [before, after] =
            spans(day, length_days, Side::Neither).map(|(first, last)| Period::new(zone, first, last, i64::MAX));
        let over = |period: &Period| period.days.iter().filter(|day| day.end_ms <= now_ms).count() as u64;
        let days =
            |period: &Period| Days { from: period.first.to_string(), to: period.last.to_string(), over: over(period) };
        let (sums_before, sums_after) = (self.side(&before), self.side(&after));
        let [was, is] = [&sums_before, &sums_after].map(|side| share(&side.met, &side.views));
        let low =
            |side: &SideSums| Grouped::independent((side.views.low.max(0) as u64, side.views.answered.max(0) as u64));
        let undecided = if over(&after) < after.days.len() as u64 {
            Some(format!("{} of {length_days} days are over.", over(&after)))
        } else if data_began.is_none_or(|began| began > before.first) {
            Some("The data begins within the days before: nothing is compared.".to_owned())
        } else if was.n == 0 || is.n == 0 {
            Some("The page was not seen on both sides.".to_owned())
        } else {
            None
        };
        let points = |change: rapport_figures::score::Change| Points {
            difference: change.difference,
            low: change.low,
            high: change.high,
            p: (change.p * LOOKS).min(1.0),
        };
        let change = grouped_change(&was, &is).filter(|_| undecided.is_none()).map(points);
        let [control_was, control_is] =
            [&sums_before, &sums_after].map(|side| share(&side.control_met, &side.control_views));
        let controlled = controlled_change(&was, &is, (&control_was, &control_is)).filter(|_| undecided.is_none());
        let control = (control_was.n > 0 && control_is.n > 0).then(|| Control {
            pages: self.control.len() as u64,
            before: Figure::share(MET, &control_was, None),
            after: Figure::share(MET, &control_is, None),
            expected_percent: controlled.map(|found| found.expected.value),
            beyond: controlled.map(|found| points(found.change)),
        });
        let verdict = verdict(change, control.as_ref(), (&was, &is));
        let mut look = Look {
            length_days,
            before: days(&before),
            after: days(&after),
            met_before: Figure::share(MET, &was, None),
            met_after: Figure::share(MET, &is, None),
            change,
            low_before: Figure::share(LOW, &low(&sums_before), None),
            low_after: Figure::share(LOW, &low(&sums_after), None),
            control,
            verdict,
            sentence: String::new(),
        };
        look.sentence = undecided.unwrap_or_else(|| sentence(&look, fixed));
        look
    }

    /// Every look.
    pub fn report(&self, fixed: &Fixed, day: Date, now: (i64, Option<Date>, &TimeZone)) -> FixReport {
        let looks: Vec<_> = LENGTHS.into_iter().map(|length| self.look(day, length, now, fixed)).collect();
        let decided = looks.iter().rev().find(|look| look.verdict != FixVerdict::Undecided);
        let (verdict, sentence) = match decided {
            Some(look) => (look.verdict, look.sentence.clone()),
            None => {
                let reason = looks.first().map_or_else(String::new, |look| look.sentence.clone());
                (FixVerdict::Undecided, reason)
            }
        };
        FixReport {
            at: Time::new(fixed.at_ms, now.2),
            release: fixed.release.clone(),
            day: day.to_string(),
            looks,
            verdict,
            sentence,
            definition: DEFINITION,
        }
    }
}

fn verdict(change: Option<Points>, control: Option<&Control>, (was, is): (&Grouped, &Grouped)) -> FixVerdict {
    let Some(change) = change else { return FixVerdict::Undecided };
    if change.p >= LEVEL {
        return FixVerdict::Unchanged;
    }
    let beyond = control.and_then(|control| control.beyond);
    let falls = change.difference < 0.0;
    if beyond.is_some_and(|beyond| beyond.p >= LEVEL || (beyond.difference < 0.0) != falls) {
        return FixVerdict::AsElsewhere;
    }
    let part = |sample: &Grouped| sample.successes as f64 / sample.n.max(1) as f64;
    match falls {
        true if part(is) <= part(was) * FIXED => FixVerdict::Fixed,
        true => FixVerdict::Better,
        false => FixVerdict::Worse,
    }
}

fn percent(figure: &Figure) -> String {
    figure.value.map_or_else(|| "none".to_owned(), |value| format!("{value:.1} %"))
}

/// A look in a sentence.
fn sentence(look: &Look, fixed: &Fixed) -> String {
    let with =
        if fixed.release.is_empty() { "With the fix".to_owned() } else { format!("With release {}", fixed.release) };
    let (was, is) = (percent(&look.met_before), percent(&look.met_after));
    let interval = look.change.map_or_else(String::new, |change| {
        format!(" ({:+.1} points, 95 % {:+.1} to {:+.1})", change.difference, change.low, change.high).replace('-', "−")
    });
    let elsewhere = look.control.as_ref().map_or_else(
        || "; no untouched page tells whether it did elsewhere".to_owned(),
        |control| format!("; on untouched pages {} and {}", percent(&control.before), percent(&control.after)),
    );
    let days = look.length_days;
    match look.verdict {
        FixVerdict::Fixed | FixVerdict::Better => {
            let how = if look.verdict == FixVerdict::Fixed { "it is fixed" } else { "it is better, not gone" };
            format!(
                "{with} {how}: of {days} days before {was} of views met it, of {days} days after {is}{interval}{elsewhere}."
            )
        }
        FixVerdict::Worse => {
            format!(
                "{with} it got worse: of {days} days before {was} of views met it, of {days} days after {is}{interval}{elsewhere}."
            )
        }
        FixVerdict::AsElsewhere => format!(
            "It changed as it did where nothing was done: of {days} days before {was} of views met it, of {days} days after \
             {is}{interval}{elsewhere}."
        ),
        FixVerdict::Unchanged | FixVerdict::Undecided => format!(
            "Nothing that chance alone would not show: of {days} days before {was} of views met it, of {days} days after \
             {is}{interval}{elsewhere}."
        ),
    }
}

/// The short word of what came of the fix of an issue, for those who read a list.
pub fn fixed_text(issue: &Issue) -> String {
    issue.fixed.as_ref().map_or_else(String::new, |fixed| {
        let release = if fixed.release.is_empty() { String::new() } else { format!(" with {}", fixed.release) };
        format!("{}{release}", &fixed.at.local[..10])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn key() -> IssueKey {
        IssueKey { page: "/pay".into(), kind: "dead_click".into(), label: "#save".into() }
    }

    /// 100 views a day of each page, on the days around 29 March; `met` says how many of them met it, by days after the fix.
    fn rows(pay: impl Fn(i64) -> i64, other: impl Fn(i64) -> i64) -> Vec<IssueRollup> {
        let mut rows = Vec::new();
        let fixed_ms = Period::new(&TimeZone::UTC, day("2026-03-29"), day("2026-03-29"), i64::MAX).from_ms;
        for after in (-28..=28).filter(|after| *after != 0) {
            let row = |path: &str, kind: &str, label: &str, views: i64| IssueRollup {
                bucket_ms: fixed_ms + after * DAY_MS,
                path: path.into(),
                kind: kind.into(),
                label: label.into(),
                browser: "*".into(),
                campaign: "*".into(),
                views,
                visits: views,
                view_squares: views,
                products: views,
                ..IssueRollup::default()
            };
            rows.extend([
                row("/pay", VIEWS, "", 100),
                row("/pay", "dead_click", "#save", pay(after)),
                row("/pay", "dead_click", "", pay(after)),
                row("/", VIEWS, "", 400),
                row("/", "dead_click", "#logo", other(after)),
                row("/", "dead_click", "", other(after)),
            ]);
        }
        rows
    }

    fn report(rows: &[IssueRollup], today: &str) -> FixReport {
        let (key, routes) = (key(), Routes::default());
        let now_ms = Period::new(&TimeZone::UTC, day(today), day(today), i64::MAX).from_ms;
        let fixed = Fixed { at_ms: now_ms, release: "4.2".into() };
        let now = (now_ms, Some(day("2026-01-01")), &TimeZone::UTC);
        Compared::new(&key, &routes, rows).report(&fixed, day("2026-03-29"), now)
    }

    #[test]
    fn a_fix_is_told_after_seven_days_and_not_before() {
        let rows = rows(|after| if after < 0 { 30 } else { 1 }, |_| 20);
        let early = report(&rows, "2026-04-05");
        assert_eq!((early.verdict, early.sentence.as_str()), (FixVerdict::Undecided, "6 of 7 days are over."));
        assert!(early.looks.iter().all(|look| look.change.is_none()));
        let found = report(&rows, "2026-04-06");
        let verdicts: Vec<_> = found.looks.iter().map(|look| look.verdict).collect();
        assert_eq!(verdicts, [FixVerdict::Fixed, FixVerdict::Undecided, FixVerdict::Undecided]);
        assert_eq!(found.verdict, FixVerdict::Fixed);
        for words in ["With release 4.2 it is fixed", "30.0 %", "1.0 %", "on untouched pages 5.0 % and 5.0 %"] {
            assert!(found.sentence.contains(words), "{words}: {}", found.sentence);
        }
        assert!(!found.sentence.contains("because"), "{}", found.sentence);
        let later = report(&rows, "2026-05-01");
        assert!(later.looks.iter().all(|look| look.verdict == FixVerdict::Fixed), "{later:?}");
        assert_eq!(later.looks[2].before.from, "2026-03-01");
    }

    #[test]
    fn a_quiet_week_everywhere_was_called_a_fix() {
        let found = report(
            &rows(|after| if after < 0 { 30 } else { 12 }, |after| if after < 0 { 50 } else { 20 }),
            "2026-05-01",
        );
        assert!(found.looks.iter().all(|look| look.verdict == FixVerdict::AsElsewhere), "{found:?}");
        let control = found.looks[0].control.as_ref().expect("a control");
        assert_eq!((control.pages, control.expected_percent.map(f64::round)), (1, Some(12.0)));
    }

    #[test]
    fn what_became_less_is_not_called_fixed_and_what_stayed_is_not_called_better() {
        for (after_fix, expected) in [
            (15, FixVerdict::Better),
            (30, FixVerdict::Unchanged),
            (29, FixVerdict::Unchanged),
            (60, FixVerdict::Worse),
        ] {
            let found = report(&rows(|after| if after < 0 { 30 } else { after_fix }, |_| 20), "2026-05-01");
            assert_eq!(found.verdict, expected, "{after_fix}: {}", found.sentence);
        }
    }

    #[test]
    fn days_before_the_data_began_are_compared_with_nothing() {
        let rows = rows(|after| if after < 0 { 30 } else { 1 }, |_| 20);
        let (key, routes) = (key(), Routes::default());
        let now_ms = Period::new(&TimeZone::UTC, day("2026-05-01"), day("2026-05-01"), i64::MAX).from_ms;
        let now = (now_ms, Some(day("2026-03-20")), &TimeZone::UTC);
        let fixed = Fixed { at_ms: now_ms, release: String::new() };
        let found = Compared::new(&key, &routes, &rows).report(&fixed, day("2026-03-29"), now);
        let verdicts: Vec<_> = found.looks.iter().map(|look| look.verdict).collect();
        assert_eq!(verdicts, [FixVerdict::Fixed, FixVerdict::Undecided, FixVerdict::Undecided]);
        assert!(found.looks[1].sentence.contains("data begins"), "{found:?}");
    }
}
