//! Days in the site's time zone, and the buckets of rollups that lie in them.

use rapport_store::calendar::day_start_ms;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
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

/// A stretch of whole days, of which the last may not be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// Each day.
    pub days: Vec<Day>,
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
        Self { first, last, days, from_ms, to_ms: to_ms.max(from_ms) }
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
