//! Since when there is which release, by what pages name (`data-release`). Anybody can name any, so one counts on a day only
//! where enough of the day's views named it.

use crate::figure::{Better, Figure, FigureKind, Unit};
use crate::period::Period;
use jiff::civil::Date;
use rapport_shared::limit::OTHER_PAGES;
use rapport_store::rollup::ReleaseRollup;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One view of so many of a day has to name a release for it to count on that day.
const ONE_OF: u64 = 100;
/// Most releases that are shown and marked: those with most views.
pub const RELEASES: usize = 20;
/// So many days before those of a report are looked at: a release that was there on one of them did not come later.
pub const EARLIER_DAYS: i32 = 28;

/// Which releases are shown and marked.
pub const RULE: &str = "A release is told by what pages name (data-release), which anybody can send. So it counts on a day only \
                        if at least 1 % of the day's page views named it, and the 20 releases with most views are shown. It came \
                        on the first such day that has none in the 28 days before; what was there on the first day with data \
                        came on no day that is known.";

const SHARE: FigureKind = FigureKind {
    name: "release_views",
    label: "Share of page views",
    unit: Unit::Percent,
    of: "views",
    better: Better::Higher,
    definition: "Share of the page views of these days whose page named this release. Interval: Wilson.",
};

/// A release, as far as its days tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// The first day of the report on which it counts.
    pub first: Option<Date>,
    /// The last one.
    pub last: Option<Date>,
    /// The day it came: its first one, unless it was there earlier.
    pub came: Option<Date>,
    /// Page views on the days of the report.
    pub views: u64,
}

/// A release that pages named.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReleaseLine {
    /// Its name.
    pub release: String,
    /// The first of the days on which it counts, as `2026-03-31`.
    pub first: String,
    /// The last of them.
    pub last: String,
    /// Whether it came on its first day; else it was there before.
    pub came: bool,
    /// Id of its mark, if it came; see [`super::Mark::id`].
    pub mark: Option<String>,
    /// Page views.
    pub views: u64,
    /// Its share of all page views.
    pub share: Figure,
}

impl ReleaseLine {
    /// A release among all views.
    pub fn of(release: &Release, mark: Option<String>, views: u64) -> Option<Self> {
        Some(Self {
            release: release.name.clone(),
            first: release.first?.to_string(),
            last: release.last?.to_string(),
            came: release.came.is_some(),
            mark,
            views: release.views,
            share: Figure::rate(SHARE, (release.views, views), None),
        })
    }
}

/// What page views named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The releases that count, those with most views first; at most [`RELEASES`].
    pub releases: Vec<Release>,
    /// How many others there are.
    pub rare: u64,
    /// Their views.
    pub rare_views: u64,
    /// Views that named none.
    pub unnamed_views: u64,
    /// All views.
    pub views: u64,
}

/// What the views of the days from `first` on named. `whole` are these days and [`EARLIER_DAYS`] before them, `rows` those of
/// all of them; `data_began` is the first day with data.
pub fn named(rows: &[ReleaseRollup], whole: &Period, first: Date, data_began: Option<Date>) -> Named {
    let mut of_day: BTreeMap<Date, u64> = BTreeMap::new();
    let mut of_release: BTreeMap<&str, BTreeMap<Date, u64>> = BTreeMap::new();
    let mut named = Named::default();
    for row in rows {
        let Some(day) = whole.day_of(row.bucket_ms).map(|place| whole.days[place].date) else { continue };
        let views = row.views.max(0) as u64;
        *of_day.entry(day).or_default() += views;
        if day >= first {
            named.views += views;
            named.unnamed_views += if row.release.is_empty() { views } else { 0 };
        }
        if !row.release.is_empty() {
            *of_release.entry(&row.release).or_default().entry(day).or_default() += views;
        }
    }
    let mut counted = Vec::new();
    for (name, days) in of_release {
        let views = days.range(first..).map(|(_, views)| views).sum();
        let counts = |(day, views): (&Date, &u64)| *views * ONE_OF >= of_day[day] && *views > 0;
        let counting: Vec<Date> = days.iter().filter(|day| counts(*day)).map(|(day, _)| *day).collect();
        let within: Vec<Date> = counting.iter().copied().filter(|day| *day >= first).collect();
        if name == OTHER_PAGES || within.is_empty() {
            named.rare += u64::from(views > 0);
            named.rare_views += views;
            continue;
        }
        let is_new = counting.first() == within.first() && within.first().copied() > data_began;
        let came = within.first().copied().filter(|_| is_new && data_began.is_some());
        let (name, last) = (name.to_owned(), within.last().copied());
        counted.push(Release { name, first: within.first().copied(), last, came, views });
    }
    counted.sort_by(|one, other| other.views.cmp(&one.views).then_with(|| one.name.cmp(&other.name)));
    let others = counted.split_off(counted.len().min(RELEASES));
    named.rare += others.len() as u64;
    named.rare_views += others.iter().map(|release| release.views).sum::<u64>();
    named.releases = counted;
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::tz::TimeZone;

    const FIRST: &str = "2026-03-01";

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    /// Thirty days of a report, with those before.
    fn whole() -> Period {
        let first = day(FIRST).saturating_sub(EARLIER_DAYS.days());
        Period::new(&TimeZone::UTC, first, day("2026-03-30"), i64::MAX)
    }

    fn on(date: &str, release: &str, views: i64) -> ReleaseRollup {
        let of_day = Period::new(&TimeZone::UTC, day(date), day(date), i64::MAX);
        ReleaseRollup { bucket_ms: of_day.from_ms + 3_600_000, release: release.into(), views }
    }

    fn told(rows: &[ReleaseRollup], data_began: &str) -> Vec<String> {
        let named = named(rows, &whole(), day(FIRST), Some(day(data_began)));
        let day = |day: Option<Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let line =
            |of: &Release| format!("{} {} {} {} {}", of.name, day(of.first), day(of.last), day(of.came), of.views);
        named.releases.iter().map(line).collect()
    }

    #[test]
    fn a_release_came_on_its_first_day_unless_it_was_there_before() {
        let rows = [
            on("2026-02-20", "4.1", 100),
            on("2026-03-01", "4.1", 100),
            on("2026-03-10", "4.1", 60),
            on("2026-03-10", "4.2", 40),
            on("2026-03-20", "4.2", 100),
        ];
        assert_eq!(
            told(&rows, "2026-01-01"),
            ["4.1 2026-03-01 2026-03-10 - 160", "4.2 2026-03-10 2026-03-20 2026-03-10 140"]
        );
        // What was there when the data began came on no day that is known.
        let began = [on("2026-03-10", "4.1", 60), on("2026-03-12", "4.2", 50)];
        assert_eq!(
            told(&began, "2026-03-10"),
            ["4.1 2026-03-10 2026-03-10 - 60", "4.2 2026-03-12 2026-03-12 2026-03-12 50"]
        );
    }

    #[test]
    fn a_visitor_who_invents_releases_or_names_one_early_moves_no_mark() {
        let mut rows: Vec<_> = (0..300).map(|number| on("2026-03-10", &format!("made up {number}"), 1)).collect();
        rows.extend([on("2026-03-10", "4.1", 2_000), on("2026-03-12", "4.1", 900), on("2026-03-12", "4.2", 100)]);
        rows.extend([on("2026-02-25", "4.1", 500), on("2026-02-25", "4.2", 1), on("2026-03-10", "4.2", 1)]);
        assert_eq!(
            told(&rows, "2026-01-01"),
            ["4.1 2026-03-10 2026-03-12 - 2900", "4.2 2026-03-12 2026-03-12 2026-03-12 101"]
        );
        let seen = named(&rows, &whole(), day(FIRST), None);
        assert_eq!((seen.rare, seen.rare_views, seen.views), (300, 300, 3_301));
        // One view of a hundred is enough, whatever the range: a release of today is marked on a chart of 30 days.
        let few = [on("2026-03-29", "4.1", 99), on("2026-03-29", "4.2", 1), on("2026-03-28", "4.1", 9_000)];
        assert_eq!(told(&few, "2026-01-01").len(), 2);
    }

    #[test]
    fn of_many_releases_those_with_most_views_are_shown_and_the_rest_is_counted() {
        let mut rows: Vec<_> = (1..=30).map(|number| on("2026-03-10", &format!("{number:02}"), number)).collect();
        rows.extend([on("2026-03-10", "", 35), on("2026-03-10", OTHER_PAGES, 500)]);
        let seen = named(&rows, &whole(), day(FIRST), Some(day("2026-01-01")));
        assert_eq!((seen.releases.len(), seen.releases[0].name.as_str()), (RELEASES, "30"));
        assert_eq!((seen.unnamed_views, seen.views), (35, 465 + 35 + 500));
        let shown: u64 = seen.releases.iter().map(|release| release.views).sum();
        assert_eq!(shown + seen.rare_views + seen.unnamed_views, seen.views, "every view is somewhere");
        assert_eq!(seen.rare, 11, "one that is kept of none by name is one more");
    }
}
