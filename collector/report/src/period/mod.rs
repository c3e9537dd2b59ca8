//! Days in the site's time zone, and the buckets of rollups that lie in them.

use rapport_store::calendar::day_start_ms;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rapport_store::calendar::next_hour_start_ms;

/// One calendar day of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Its first instant, in epoch milliseconds.
    pub start_ms: i64,
    /// The first instant of the next day.
    pub end_ms: i64,
}

/// A point of a chart over time: an hour of a period of at most [`HOURLY_DAYS`], else a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The day as `2026-03-31`, or the hour as `2026-03-31T14:00+02:00`.
    pub label: String,
    /// Its first instant, in epoch milliseconds.
    pub start_ms: i64,
    /// The first instant after it.
    pub end_ms: i64,
}

/// The most days that are shown by the hour.
pub const HOURLY_DAYS: usize = 2;

/// How an hour that begins at an instant is called.
pub fn hour_label(zone: &TimeZone, start_ms: i64) -> String {
    let start = Timestamp::from_millisecond(start_ms).unwrap_or_default().to_zoned(zone.clone());
    start.strftime("%Y-%m-%dT%H:%M%:z").to_string()
}

/// Whether a day or an hour holds what runs, which is called as one of them: an hour runs within its day.
pub fn is_running(label: &str, running: &str) -> bool {
    !label.is_empty() && running.starts_with(label)
}

/// A stretch of whole days, of which the last may not be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// Each day.
    pub days: Vec<Day>,
    /// The points of its charts.
    pub steps: Vec<Step>,
    /// First instant, in epoch milliseconds.
    pub from_ms: i64,
    /// The first instant that is not in it any more.
    pub to_ms: i64,
}

/// The days of a report, and those they are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Periods {
    /// The days of the report.
    pub now: Period,
    /// As many days before them, and the same of the week; absent where nothing is compared, or where the data begins after their first.
    pub before: Option<Period>,
    /// The first day with data, when that is why nothing is compared.
    pub no_data_before: Option<Date>,
}

impl Period {
    /// The days from `first` to `last`, cut at the end of the hour that holds `until_ms`.
    pub fn new(zone: &TimeZone, first: Date, last: Date, until_ms: i64) -> Self {
        let mut days = Vec::new();
        let mut date = first;
        let mut start_ms = day_start_ms(zone, date);
        while date <= last {
            let next = date.saturating_add(1.day());
            let end_ms = day_start_ms(zone, next);
            days.push(Day { date, start_ms, end_ms });
            (date, start_ms) = (next, end_ms);
        }
        let from_ms = days.first().map_or(0, |day| day.start_ms);
        let end_ms = days.last().map_or(0, |day| day.end_ms);
        // An instant that is the start of an hour ends there: it was computed so.
        let to_ms = if until_ms < end_ms { next_hour_start_ms(zone, until_ms - 1) } else { end_ms };
        let steps = if days.len() > HOURLY_DAYS { by_day(&days) } else { by_hour(zone, (from_ms, end_ms)) };
        Self { first, last, days, steps, from_ms, to_ms: to_ms.max(from_ms) }
    }

    /// Whether it is shown by the hour.
    pub fn is_by_hour(&self) -> bool {
        self.days.len() <= HOURLY_DAYS
    }

    /// The place of the point of a chart an instant lies in.
    pub fn step_of(&self, instant_ms: i64) -> Option<usize> {
        let place = self.steps.partition_point(|step| step.end_ms <= instant_ms);
        self.steps.get(place).filter(|step| step.start_ms <= instant_ms).map(|_| place)
    }

    /// The same, ended at an instant within it.
    pub fn ending_at(self, until_ms: i64) -> Self {
        Self { to_ms: until_ms.clamp(self.from_ms, self.to_ms), ..self }
    }

    /// The place of the day an instant lies in.
    pub fn day_of(&self, instant_ms: i64) -> Option<usize> {
        let place = self.days.partition_point(|day| day.end_ms <= instant_ms);
        self.days.get(place).filter(|day| day.start_ms <= instant_ms).map(|_| place)
    }

    /// So many days make one point of a trend of scores: about a dozen points, each with enough answers to tell.
    pub fn days_a_point(&self) -> usize {
        match self.days.len() {
            ..=14 => 1,
            15..=45 => 3,
            46..=120 => 7,
            _ => 30,
        }
    }
}

fn by_day(days: &[Day]) -> Vec<Step> {
    let step = |day: &Day| Step { label: day.date.to_string(), start_ms: day.start_ms, end_ms: day.end_ms };
    days.iter().map(step).collect()
}

fn by_hour(zone: &TimeZone, (from_ms, end_ms): (i64, i64)) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut start_ms = from_ms;
    while start_ms < end_ms {
        let next_ms = next_hour_start_ms(zone, start_ms);
        steps.push(Step { label: hour_label(zone, start_ms), start_ms, end_ms: next_ms });
        start_ms = next_ms;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn days_follow_the_clocks_of_the_site() {
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        let day = |text: &str| text.parse::<Date>().expect("a day");
        let period = Period::new(&zone, day("2026-10-24"), day("2026-10-26"), i64::MAX);
        let hours: Vec<_> = period.days.iter().map(|day| (day.end_ms - day.start_ms) / 3_600_000).collect();
        assert_eq!(hours, [24, 25, 24]);
        for (instant_ms, place) in [
            (period.from_ms - 1, None),
            (period.from_ms, Some(0)),
            (period.days[1].start_ms, Some(1)),
            (period.days[1].end_ms - 1, Some(1)),
            (period.to_ms, None),
        ] {
            assert_eq!(period.day_of(instant_ms), place);
        }
    }

    #[test]
    fn two_days_are_shown_by_the_hour_however_many_they_have() {
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        let period = |first: &str, last: &str| {
            Period::new(&zone, first.parse().expect("a day"), last.parse().expect("a day"), i64::MAX)
        };
        for (first, last, steps) in [
            ("2026-06-01", "2026-06-01", 24),
            ("2026-06-01", "2026-06-02", 48),
            ("2026-03-29", "2026-03-29", 23),
            ("2026-10-25", "2026-10-25", 25),
            ("2026-06-01", "2026-06-03", 3),
        ] {
            assert_eq!(period(first, last).steps.len(), steps, "{first} to {last}");
        }
        // The hour that comes twice is told apart.
        let labels: Vec<_> = period("2026-10-25", "2026-10-25").steps.into_iter().map(|step| step.label).collect();
        assert_eq!(labels[2..4], ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]);
        let day = period("2026-06-01", "2026-06-01");
        assert_eq!(day.step_of(day.from_ms + 3 * 3_600_000 + 5), Some(3));
        assert_eq!((day.step_of(day.from_ms - 1), day.step_of(day.to_ms)), (None, None));
        let running = "2026-06-01T14:00+02:00";
        for (label, runs) in [("2026-06-01", true), (running, true), ("2026-06-01T13:00+02:00", false), ("", false)] {
            assert_eq!(is_running(label, running), runs, "{label}");
        }
    }

    #[test]
    fn a_period_ends_with_the_hour_that_runs() {
        for (zone, hour) in [("UTC", "12:00"), ("Asia/Kolkata", "12:30")] {
            let zone = TimeZone::get(zone).expect("a known zone");
            let now_ms = "2026-05-05T11:45:00Z".parse::<Timestamp>().expect("an instant").as_millisecond();
            let day = "2026-05-05".parse::<Date>().expect("a day");
            let period = Period::new(&zone, day, day, now_ms);
            let end = Timestamp::from_millisecond(period.to_ms).expect("an instant");
            assert_eq!(end.strftime("%H:%M").to_string(), hour);
        }
    }
}
