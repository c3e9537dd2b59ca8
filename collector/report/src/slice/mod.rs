//! Which part of a site's data a report is about. Whoever asks reads it once; every report, list, export and link takes it as it is.
//!
//! What it costs. Rollups have a row a page and a device, and of the totals of each, so a slice by these reads as few rows as one of
//! everything. Each further dimension would multiply the rows of every hour by the number of its values, on every site and whether
//! anybody asks or not: with 5 languages and 20 sources a hundredfold. So page groups, languages, sources, browsers and whatever else
//! there is, and every combination of them, are read from the rows of the days through the same aggregation. That costs about as much as there are rows,
//! whatever the values, and is bounded: days with more than [`ROWS`] are refused with that limit. What a visitor had erased is counted
//! by page and device alone, and is in no slice that is read from rows.

mod device;
mod dimension;
mod range;

pub use device::Device;
pub use dimension::Dimension;
pub use range::{RANGE_DAYS, Range};

use crate::period::Period;
use crate::route::Routes;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rapport_shared::targeting::fits_glob;
use rapport_shared::targeting::path::decoded;
use rapport_store::rollup::narrow::{Recurrence, Relation, VisitSource};

/// Most rows (page views, signals, answers and steps of delivery together) of days that a slice is read from, where rollups do not
/// tell it.
pub const ROWS: i64 = 500_000;

/// Which part of a site's data: see each field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The days covered.
    pub range: Range,
    /// Whether the previous period is looked at too.
    pub compare: bool,
    /// Which devices.
    pub device: Device,
    /// Which pages.
    pub pages: Pages,
    /// Only this language, lower case, with its regional forms.
    pub language: Option<String>,
    /// Only visits that came from there.
    pub source: Option<VisitSource>,
    /// Only visits of this campaign.
    pub campaign: Option<String>,
    /// Only this country, as two capital letters.
    pub country: Option<String>,
    /// Only this browser, as it is stored.
    pub browser: Option<String>,
    /// Only known visitors who are new, or who return.
    pub recurrence: Option<Recurrence>,
    /// Only customers, or only others.
    pub relation: Option<Relation>,
    /// Only people of this persona, or only others: as it is asked for, a key, after a hyphen for the others.
    pub persona: Option<String>,
    /// Only customers who have this trait, as `plan=gold`.
    pub customer_trait: Option<String>,
    /// Only this release of the site.
    pub release: Option<String>,
}

/// Which pages a report is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pages {
    /// Every page.
    #[default]
    Every,
    /// One page.
    One(String),
    /// One page and those below it: of `/shop` also `/shop/mugs`, and not `/shopping`.
    Below(String),
    /// Those whose paths, decoded, fit a glob such as `/shop/*/reviews`.
    Like(String),
    /// Those of a route, such as `/orders/:id`: see [`crate::route`].
    Route(String),
}

impl Pages {
    /// Whether those are meant which only a look at each path tells.
    pub fn are_matched(&self) -> bool {
        matches!(self, Self::Like(_) | Self::Route(_))
    }

    /// Whether a page is one of them.
    pub fn holds(&self, path: &str, routes: &Routes) -> bool {
        match self {
            Self::Every => true,
            Self::One(page) => path == page,
            Self::Below(page) => {
                let page = page.trim_end_matches('/');
                path.strip_prefix(page).is_some_and(|rest| rest.starts_with('/') || rest.is_empty() && !page.is_empty())
            }
            Self::Like(glob) => fits_glob(glob, &decoded(path)),
            Self::Route(route) => routes.of(path) == *route,
        }
    }
}

impl Default for Slice {
    fn default() -> Self {
        Self {
            range: Range::Last(30),
            compare: true,
            device: Device::All,
            pages: Pages::Every,
            language: None,
            source: None,
            campaign: None,
            country: None,
            browser: None,
            recurrence: None,
            relation: None,
            persona: None,
            customer_trait: None,
            release: None,
        }
    }
}

impl Slice {
    /// The same of one page.
    pub fn of_page(&self, path: impl Into<String>) -> Self {
        Self { pages: Pages::One(path.into()), ..self.clone() }
    }

    /// The one page that it is about.
    pub fn page(&self) -> Option<&str> {
        match &self.pages {
            Pages::One(path) => Some(path),
            Pages::Every | Pages::Below(_) | Pages::Like(_) | Pages::Route(_) => None,
        }
    }

    /// The page as rollups name it: empty for all of them together.
    pub fn path(&self) -> &str {
        self.page().unwrap_or("")
    }

    /// By how much p of a change is multiplied, because the days of the slice move on and so are looked at every day:
    /// with it, who looks for a month at what does not change meets a false one in at most 5 of 100 months. 1 for days
    /// that stay the same. Found by simulation: see the test of this function.
    pub fn looks(&self) -> f64 {
        match self.range {
            Range::Custom(..) | Range::LastMonth => 1.0,
            Range::Yesterday => 30.0,
            // It begins anew each month, and each of its first days is as few days as those of a week.
            Range::ThisMonth => 22.0,
            Range::Last(..7) => 30.0,
            Range::Last(7..14) => 22.0,
            Range::Last(14..30) => 16.0,
            Range::Last(30..90) => 8.0,
            Range::Last(_) => 5.0,
        }
    }

    /// The period of the report, and the previous one when compared.
    ///
    /// The previous period is as many days, moved back by whole weeks, so that the same days of the week are compared:
    /// 7 days with the 7 before, 30 with those of five weeks ago. Where the period is not over, it ends at the same
    /// time of its day, to the minute, so that a day that is not over is compared with as much of another.
    pub fn periods(&self, zone: &TimeZone, now_ms: i64) -> (Period, Option<Period>) {
        let today = Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(zone.clone()).date();
        let (first, last) = self.range.days(today);
        let now = Period::new(zone, first, last, now_ms);
        let before = self.compare.then(|| {
            let shift = (now.days.len().div_ceil(7) * 7) as i32;
            let back = |date: Date| date.saturating_sub(shift.days());
            let is_over = now.days.last().is_none_or(|last| last.end_ms <= now.to_ms);
            let before = Period::new(zone, back(first), back(last), i64::MAX);
            if is_over {
                return before;
            }
            // Of the whole minute, so that all who look in it read the hour that is cut there once.
            let minute = Timestamp::from_millisecond(now_ms - now_ms.rem_euclid(60_000)).unwrap_or_default();
            let until = minute.to_zoned(zone.clone()).datetime();
            let until = back(until.date()).to_datetime(until.time()).to_zoned(zone.clone());
            before.ending_at(until.map_or(i64::MAX, |until| until.timestamp().as_millisecond()))
        });
        (now, before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_report_cannot_tell_apart_is_named_with_what_it_can() {
        let mut slice = Slice::default();
        for (dimension, value) in
            [(Dimension::Device, "mobile"), (Dimension::Language, "DE-ch"), (Dimension::Source, "x")]
        {
            slice.set(dimension, value).expect("a value");
        }
        assert_eq!(slice.told_by("views", &Dimension::EACH), Ok(()));
        let faults =
            slice.told_by("steps", &[Dimension::Device, Dimension::Page]).expect_err("not by language or source");
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let reason = "is not known of steps: this report is narrowed by days and by device, page";
        assert_eq!(told, [format!("language: {reason}"), format!("source: {reason}")]);
        let narrowed: Vec<_> = slice.narrowed().map(|(dimension, value)| (dimension.name(), value)).collect();
        assert_eq!(narrowed, [("device", "mobile"), ("language", "de-ch"), ("source", "x")]);
        for dimension in Dimension::EACH {
            assert!(slice.without(dimension).value(dimension).is_none());
        }
    }

    #[test]
    fn a_value_that_cannot_be_one_is_named() {
        let long = "x".repeat(513);
        for (dimension, value) in [
            (Dimension::Device, "fridge"),
            (Dimension::Page, &long),
            (Dimension::PageGroup, "shop"),
            (Dimension::Language, "<b>"),
            (Dimension::Source, &long),
            (Dimension::Release, &long),
            (Dimension::PageGlob, "shop/*"),
            (Dimension::Route, "orders"),
            (Dimension::Campaign, &long),
            (Dimension::Country, "DEU"),
            (Dimension::Country, "D1"),
            (Dimension::Browser, &long),
            (Dimension::Visitor, "known"),
            (Dimension::Customer, "maybe"),
            (Dimension::Persona, "Gift buyers"),
            (Dimension::Persona, "-"),
            (Dimension::Trait, "gold"),
            (Dimension::Trait, "=gold"),
            (Dimension::Trait, "plan="),
        ] {
            let fault = Slice::default().set(dimension, value).expect_err(value);
            assert_eq!(fault.field, dimension.name());
        }
        for dimension in [Dimension::PageGroup, Dimension::PageGlob, Dimension::Route] {
            let fault = Slice::default().of_page("/cart").set(dimension, "/shop").expect_err("one of both");
            assert_eq!(fault.field, dimension.name());
        }
    }

    #[test]
    fn named_ranges_are_days_of_the_calendar() {
        for (today, range, first, last) in [
            ("2026-03-31", Range::Last(1), "2026-03-31", "2026-03-31"),
            ("2026-03-01", Range::Yesterday, "2026-02-28", "2026-02-28"),
            ("2026-03-31", Range::ThisMonth, "2026-03-01", "2026-03-31"),
            ("2026-03-01", Range::ThisMonth, "2026-03-01", "2026-03-01"),
            ("2026-03-31", Range::LastMonth, "2026-02-01", "2026-02-28"),
            ("2024-03-01", Range::LastMonth, "2024-02-01", "2024-02-29"),
            ("2026-01-15", Range::LastMonth, "2025-12-01", "2025-12-31"),
            ("2026-01-02", Range::Last(7), "2025-12-27", "2026-01-02"),
        ] {
            let (from, to) = range.days(today.parse().expect("a day"));
            assert_eq!((from.to_string(), to.to_string()), (first.into(), last.into()), "{range:?} on {today}");
        }
    }

    #[test]
    fn a_month_and_yesterday_are_compared_with_the_same_days_of_the_week() {
        let zone = TimeZone::UTC;
        let now_ms = "2026-05-06T12:00:00Z".parse::<Timestamp>().expect("an instant").as_millisecond();
        for range in Range::NAMED {
            let (now, before) = Slice { range, ..Slice::default() }.periods(&zone, now_ms);
            let before = before.expect("compared");
            assert_eq!(before.days.len(), now.days.len(), "{range:?}");
            assert_eq!(before.first.weekday(), now.first.weekday(), "{range:?}");
            assert!(before.last < now.first, "{range:?}");
            // What is over is compared with as much; of a day that runs, the same hours.
            let is_over = now.days.last().is_none_or(|last| last.end_ms <= now_ms);
            assert_eq!(before.to_ms == before.days.last().expect("a day").end_ms, is_over, "{range:?}");
        }
    }

    #[test]
    fn the_previous_period_ends_at_the_same_hour() {
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        // 2026-04-15 10:30 in Berlin; summer time began on 29 March.
        let now_ms = "2026-04-15T08:30:00Z".parse::<Timestamp>().expect("an instant").as_millisecond();
        let (now, before) = Slice { range: Range::Last(7), ..Slice::default() }.periods(&zone, now_ms);
        assert_eq!((now.first.to_string(), now.last.to_string()), ("2026-04-09".into(), "2026-04-15".into()));
        assert_eq!(now.days.len(), 7);
        let before = before.expect("compared by default");
        assert_eq!((before.first.to_string(), before.last.to_string()), ("2026-04-02".into(), "2026-04-08".into()));
        let end = Timestamp::from_millisecond(before.to_ms).expect("an instant").to_zoned(zone.clone());
        assert_eq!(end.datetime().to_string(), "2026-04-08T10:30:00");
        let range = Range::Custom("2026-03-28".parse().expect("a day"), "2026-03-30".parse().expect("a day"));
        let (custom, before) = Slice { range, ..Slice::default() }.periods(&zone, now_ms);
        assert_eq!(custom.to_ms - custom.from_ms, (3 * 24 - 1) * 3_600_000, "an hour is missing in March");
        let before = before.expect("compared");
        assert_eq!((before.first.to_string(), before.last.to_string()), ("2026-03-21".into(), "2026-03-23".into()));
        assert_eq!(Slice { compare: false, ..Slice::default() }.periods(&zone, now_ms).1, None);
    }

    #[test]
    fn a_running_day_is_cut_alike_when_the_clocks_change() {
        // Clocks went forward on Sunday 29 March: at 10:30 nine and a half hours had passed, a week before ten and a half.
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        let now_ms = "2026-03-29T08:30:00Z".parse::<Timestamp>().expect("an instant").as_millisecond();
        let day = |text: &str| text.parse().expect("a day");
        for range in [Range::Last(7), Range::Custom(day("2026-03-28"), day("2026-03-31"))] {
            let (now, before) = Slice { range, ..Slice::default() }.periods(&zone, now_ms);
            let clock = |ms: i64| {
                Timestamp::from_millisecond(ms).expect("an instant").to_zoned(zone.clone()).datetime().to_string()
            };
            assert_eq!(clock(now.to_ms), "2026-03-29T11:00:00");
            assert_eq!(clock(before.expect("compared").to_ms), "2026-03-22T10:30:00");
        }
    }

    #[test]
    fn the_previous_period_has_the_same_days_of_the_week() {
        let zone = TimeZone::UTC;
        let now_ms = "2026-05-06T12:00:00Z".parse::<Timestamp>().expect("an instant").as_millisecond();
        let last = "2026-05-05".parse::<Date>().expect("a day");
        for days in [1, 3, 7, 14, 28, 30, 90, 365, 366] {
            for range in [Range::Last(days), Range::Custom(last.saturating_sub((days - 1).days()), last)] {
                let (now, before) = Slice { range, ..Slice::default() }.periods(&zone, now_ms);
                let before = before.expect("compared");
                assert_eq!(before.days.len(), now.days.len(), "{range:?}");
                assert_eq!(before.first.weekday(), now.first.weekday(), "{range:?}");
                assert!(before.last < now.first, "{range:?}");
                assert!(before.last.saturating_add(7.days()) >= now.first, "{range:?}: no more than needed");
            }
        }
    }

    #[test]
    fn looking_every_day_for_a_month_finds_a_false_change_in_at_most_one_month_of_twenty() {
        // Days of independent, normally distributed figures that never change, looked at on 30 days: 1,000 months.
        let mut state = 9u64;
        let mut normal = || {
            let uniform = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 11) as f64 / (1u64 << 53) as f64
            };
            std::iter::repeat_with(uniform).take(12).sum::<f64>() - 6.0
        };
        for (days, alone) in [(7, 500), (14, 370), (30, 210), (90, 120)] {
            let looks = Slice { range: Range::Last(days), ..Slice::default() }.looks();
            let (length, shift) = (days as usize, (days as usize).div_ceil(7) * 7);
            let (mut found, mut found_alone) = (0, 0);
            for _ in 0..1_000 {
                let mut sums = vec![0.0];
                (0..length + shift + 30).for_each(|_| sums.push(sums[sums.len() - 1] + normal()));
                let least = (length + shift..sums.len() - 1)
                    .map(|end| {
                        let of = |end: usize| sums[end] - sums[end - length];
                        let z = (of(end) - of(end - shift)) / (2.0 * length as f64).sqrt();
                        2.0 * upper_tail(z.abs())
                    })
                    .fold(1.0, f64::min);
                found += usize::from(least * looks < 0.05);
                found_alone += usize::from(least < 0.05);
            }
            assert!(found <= 55, "{days} days: {found} of 1,000");
            assert!(found_alone >= alone, "{days} days, uncorrected: {found_alone} of 1,000");
        }
    }

    /// The upper tail of the normal distribution, within 1e-7 (Abramowitz and Stegun 26.2.17).
    fn upper_tail(z: f64) -> f64 {
        let t = 1.0 / (1.0 + 0.231_641_9 * z);
        let factors = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_53];
        let series = factors.into_iter().fold(0.0, |sum, factor| (sum + factor) * t);
        series * (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }
}
