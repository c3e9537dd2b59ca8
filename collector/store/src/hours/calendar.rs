//! When a site is open, as instants: the openings of a week, with the dates that are otherwise, in the site's zone.

use super::holiday::{Holiday, Kind, country};
use super::{Hours, Opening, OwnDay};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use rapport_figures::business_time::{Stretch, business_ms, due_ms};
use std::collections::BTreeMap;
use std::iter::successors;

/// Minutes of a day by the clock on the wall.
pub const DAY_MINUTES: u16 = 1_440;
/// Days after which a calendar that has not opened is taken not to open (a little over ten years).
const HORIZON_DAYS: usize = 3_700;

/// Why a date has the openings that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is a day of the week.
    Usual,
    /// The site says so.
    Own(String),
    /// A public holiday.
    Holiday(&'static str),
    /// A day that ends earlier.
    HalfDay(&'static str),
    /// A weekend that is worked.
    Worked(&'static str),
}

/// A version of a site's hours, made ready to be counted by.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    week: [Vec<Opening>; 7],
    half_day_until: Option<u16>,
    own: BTreeMap<Date, OwnDay>,
    holidays: BTreeMap<Date, Holiday>,
}

fn timestamp(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or_default()
}

/// The first instant at which the clocks of a zone show that time or a later one of that day. A time that a change of the clocks
/// leaves out is the instant of the change; of a time that is shown twice, the first counts.
pub fn instant_ms(zone: &TimeZone, time: DateTime) -> i64 {
    let at = match zone.to_ambiguous_zoned(time).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(time).unwrap_or_default()
        }
        AmbiguousOffset::Gap { after, .. } => {
            let before_change = after.to_timestamp(time).unwrap_or_default();
            zone.following(before_change).next().map_or(before_change, |change| change.timestamp())
        }
    };
    at.as_millisecond()
}

/// The instant of a minute of a date's day, which may lie on the date after.
fn minute_ms(zone: &TimeZone, date: Date, minute: u16) -> i64 {
    let date = date.saturating_add(i64::from(minute / DAY_MINUTES).days());
    let minute = minute % DAY_MINUTES;
    let (hour, minute) = (i8::try_from(minute / 60).unwrap_or(0), i8::try_from(minute % 60).unwrap_or(0));
    instant_ms(zone, date.at(hour, minute, 0, 0))
}

/// The openings of a day cut off at a minute.
fn until(openings: &[Opening], last: u16) -> Vec<Opening> {
    let cut = openings.iter().map(|opening| Opening { until: opening.until.min(last), ..*opening });
    cut.filter(|opening| opening.from < opening.until).collect()
}

fn minutes(openings: &[Opening]) -> u32 {
    openings.iter().map(|opening| u32::from(opening.until.saturating_sub(opening.from))).sum()
}

impl Calendar {
    /// That of some hours.
    pub fn of(hours: &Hours) -> Self {
        Self {
            zone: crate::calendar::zone(&hours.zone).unwrap_or(TimeZone::UTC),
            week: hours.week.clone(),
            half_day_until: hours.half_day_until,
            own: hours.days.iter().map(|day| (day.date, day.clone())).collect(),
            holidays: country(&hours.country).map(|country| country.days(&hours.part)).unwrap_or_default(),
        }
    }

    /// The zone of its clocks.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The openings of a weekend day that is worked: those of the first day of the week that has any.
    fn of_worked_day(&self) -> &[Opening] {
        self.week.iter().find(|day| !day.is_empty()).map_or(&[], Vec::as_slice)
    }

    /// The openings of a date, and why it has them. What the site says wins over holidays, and holidays over the week.
    pub fn on(&self, date: Date) -> (Vec<Opening>, Why) {
        let usual = &self.week[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)];
        if let Some(own) = self.own.get(&date) {
            return (own.openings.clone(), Why::Own(own.name.clone()));
        }
        match (self.holidays.get(&date), self.half_day_until) {
            (Some(Holiday { kind: Kind::Off, name }), _) => (Vec::new(), Why::Holiday(name)),
            (Some(Holiday { kind: Kind::Half, name }), Some(last)) => (until(usual, last), Why::HalfDay(name)),
            (Some(Holiday { kind: Kind::Worked, name }), _) if usual.is_empty() => {
                (self.of_worked_day().to_vec(), Why::Worked(name))
            }
            _ => (usual.clone(), Why::Usual),
        }
    }

    /// The date that an instant lies on.
    pub fn date(&self, at_ms: i64) -> Date {
        timestamp(at_ms).to_zoned(self.zone.clone()).date()
    }

    /// What is open from an instant on, in order; what opened before and is open still is given from its beginning.
    pub fn openings(&self, from_ms: i64) -> impl Iterator<Item = Stretch> {
        // An opening of the day before may reach into this one.
        let first = self.date(from_ms).saturating_sub(1.days());
        let dates = successors(Some(first), |date| date.checked_add(1.days()).ok()).take(HORIZON_DAYS);
        let of_date = move |date: Date| {
            let openings = self.on(date).0;
            let stretch = move |opening: Opening| Stretch {
                from_ms: minute_ms(&self.zone, date, opening.from),
                until_ms: minute_ms(&self.zone, date, opening.until),
            };
            openings.into_iter().map(stretch)
        };
        let mut last_ms = i64::MIN;
        dates
            .flat_map(of_date)
            // One that reaches past midnight into the next is counted once.
            .filter_map(move |stretch| {
                let stretch = Stretch { from_ms: stretch.from_ms.max(last_ms), ..stretch };
                last_ms = last_ms.max(stretch.until_ms);
                (stretch.from_ms < stretch.until_ms).then_some(stretch)
            })
            .filter(move |stretch| stretch.until_ms > from_ms)
    }

    /// B(from, until): how much of `[from, until)` is open, in milliseconds.
    pub fn business_ms(&self, from_ms: i64, until_ms: i64) -> i64 {
        business_ms(self.openings(from_ms), (from_ms, until_ms))
    }

    /// When `target_ms` of business time have passed since `start_ms`; `None` where the calendar does not open for so long in ten years.
    pub fn due_ms(&self, start_ms: i64, target_ms: i64) -> Option<i64> {
        due_ms(self.openings(start_ms), start_ms, target_ms)
    }

    /// Whether an instant lies inside an opening.
    pub fn is_open(&self, at_ms: i64) -> bool {
        self.openings(at_ms).next().is_some_and(|opening| opening.from_ms <= at_ms)
    }

    /// The first instant from `at_ms` on at which it is open; `None` where it does not open in ten years.
    pub fn open_from_ms(&self, at_ms: i64) -> Option<i64> {
        self.openings(at_ms).next().map(|opening| opening.from_ms.max(at_ms))
    }

    /// How long one business day is, in milliseconds: the longest day of the usual week, by the clock on the wall.
    pub fn business_day_ms(&self) -> i64 {
        i64::from(self.week.iter().map(|day| minutes(day)).max().unwrap_or(0)) * 60_000
    }

    /// The same time of the clock on the wall `days` open days later, counted from the date of `start_ms`, which is not counted itself;
    /// `None` where so many do not come in ten years.
    pub fn after_open_days_ms(&self, start_ms: i64, days: u32) -> Option<i64> {
        let start = timestamp(start_ms).to_zoned(self.zone.clone()).datetime();
        if days == 0 {
            return Some(start_ms);
        }
        let following = successors(start.date().checked_add(1.days()).ok(), |date| date.checked_add(1.days()).ok());
        let mut open = following.take(HORIZON_DAYS).filter(|date| minutes(&self.on(*date).0) > 0);
        let date = open.nth(usize::try_from(days).unwrap_or(usize::MAX) - 1)?;
        Some(instant_ms(&self.zone, date.to_datetime(start.time())))
    }
}

/// The same time of the clock on the wall so many days later.
pub fn after_days_ms(zone: &TimeZone, start_ms: i64, days: u32) -> i64 {
    let start = timestamp(start_ms).to_zoned(zone.clone()).datetime();
    if days == 0 {
        return start_ms;
    }
    instant_ms(zone, start.saturating_add(i64::from(days).days()))
}

/// The first instant from `at_ms` on at which clocks of a zone show at least minute `from` and less than minute `until` of a day.
pub fn waking_ms(zone: &TimeZone, at_ms: i64, (from, until): (u16, u16)) -> i64 {
    let today = timestamp(at_ms).to_zoned(zone.clone()).date();
    let day = |date: Date| (minute_ms(zone, date, from), minute_ms(zone, date, until));
    match day(today) {
        (first_ms, _) if at_ms < first_ms => first_ms,
        (_, end_ms) if at_ms < end_ms => at_ms,
        _ => day(today.saturating_add(1.days())).0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hours, nine_to_five};
    use super::*;
    use proptest::prelude::*;

    const HOUR_MS: i64 = 3_600_000;

    /// An instant of the calendar's own clocks.
    fn at(calendar: &Calendar, text: &str) -> i64 {
        let time: DateTime = text.parse().expect("a time");
        time.to_zoned(calendar.zone.clone()).expect("an instant").timestamp().as_millisecond()
    }

    fn shown(calendar: &Calendar, at_ms: Option<i64>) -> String {
        at_ms.map_or("never".into(), |at_ms| {
            timestamp(at_ms).to_zoned(calendar.zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
        })
    }

    fn check(hours: &Hours, cases: &[(&str, i64, &str)]) {
        let calendar = Calendar::of(hours);
        for (start, minutes, due) in cases {
            let start_ms = at(&calendar, start);
            let found = calendar.due_ms(start_ms, minutes * 60_000);
            assert_eq!(shown(&calendar, found), *due, "{start} + {minutes} min of {hours:?}");
            if let Some(found) = found {
                assert_eq!(calendar.business_ms(start_ms, found), minutes * 60_000, "{start}");
            }
        }
    }

    #[test]
    fn published_examples_fall_due_when_they_say() {
        let week = |text: &str, days: &[usize]| {
            let mut hours = hours("UTC");
            for day in 0..7 {
                hours.week[day] = if days.contains(&day) { Opening::parse(text).unwrap() } else { Vec::new() };
            }
            hours
        };
        let weekdays = [0, 1, 2, 3, 4];
        check(&week("9-17", &weekdays), &[("2026-05-01T16:30", 60, "2026-05-04T09:30")]);
        check(&week("8-18", &weekdays), &[("2026-05-04T17:00", 240, "2026-05-05T11:00")]);
        // Daily 9 to 21, Friday and Sunday off (Zammad issue 390).
        check(&week("9-21", &[0, 1, 2, 3, 5]), &[("2026-05-06T23:00", 48 * 60, "2026-05-12T21:00")]);
        // A week without Monday and Thursday (osTicket issue 6739).
        check(&week("9-17", &[1, 2, 4]), &[("2026-05-06T16:00", 9 * 60, "2026-05-08T17:00")]);
        // Round the clock does not close a minute at midnight (Zammad issue 3180).
        check(&week("0-24", &[0, 1, 2, 3, 4, 5, 6]), &[("2026-05-06T23:30", 60, "2026-05-07T00:30")]);
        // A break at noon (Chatwoot issue 14009).
        check(
            &week("9-12, 13-17", &weekdays),
            &[("2026-05-04T11:30", 60, "2026-05-04T13:30"), ("2026-05-04T12:30", 30, "2026-05-04T13:30")],
        );
        // Past midnight (Chatwoot issue 5254): the night from Friday on belongs to Friday.
        check(
            &week("22-6", &weekdays),
            &[("2026-05-08T23:00", 8 * 60, "2026-05-11T23:00"), ("2026-05-09T05:00", 60, "2026-05-09T06:00")],
        );
    }

    #[test]
    fn a_night_that_clocks_are_changed_is_as_long_as_it_is() {
        let mut night = hours("Europe/Berlin");
        night.week = std::array::from_fn(|_| Opening::parse("22-6").unwrap());
        // On 29 March 2026 clocks go from 2 to 3, on 25 October from 3 to 2.
        check(
            &night,
            &[
                ("2026-03-28T22:00", 7 * 60, "2026-03-29T06:00"),
                ("2026-10-24T22:00", 9 * 60, "2026-10-25T06:00"),
                ("2026-03-29T01:30", 60, "2026-03-29T03:30"),
            ],
        );
        // An opening in the hour that is left out is none, and one that ends in it ends with the change.
        let mut early = hours("Europe/Berlin");
        early.week[6] = Opening::parse("1-2:30").unwrap();
        let calendar = Calendar::of(&early);
        let (from, until) = (at(&calendar, "2026-03-29T00:00"), at(&calendar, "2026-03-30T00:00"));
        assert_eq!(calendar.business_ms(from, until), HOUR_MS);
        early.week[6] = Opening::parse("2-2:30").unwrap();
        assert_eq!(Calendar::of(&early).business_ms(from, until), 0);
        // A date that a zone left out altogether (Samoa, 30 December 2011, a Friday) opens for nobody.
        check(&nine_to_five("Pacific/Apia"), &[("2011-12-29T16:00", 120, "2012-01-02T10:00")]);
        // Half hours (Lord Howe Island changes by 30 minutes, at 2:00).
        let mut whole = hours("Australia/Lord_Howe");
        whole.week = std::array::from_fn(|_| Opening::parse("0-24").unwrap());
        let calendar = Calendar::of(&whole);
        let day = |text: &str| at(&calendar, text);
        assert_eq!(calendar.business_ms(day("2026-04-05T00:00"), day("2026-04-06T00:00")), 24 * HOUR_MS + HOUR_MS / 2);
    }

    #[test]
    fn holidays_half_days_and_own_days_are_counted_as_the_site_is_open() {
        let mut hours = nine_to_five("Europe/Berlin");
        (hours.country, hours.part) = ("DE".into(), "BY".into());
        check(
            &hours,
            &[
                // Friday is Labour Day.
                ("2026-04-30T16:00", 120, "2026-05-04T10:00"),
                // Good Friday and Easter Monday with the weekend between them.
                ("2026-04-02T16:30", 60, "2026-04-07T09:30"),
                // Epiphany, of Bavaria alone.
                ("2026-01-05T16:30", 60, "2026-01-07T09:30"),
            ],
        );
        hours.days =
            OwnDay::parse("2026-12-24 9-12 Christmas Eve\n2026-12-31 closed\n2026-05-01 10-11 inventory").unwrap();
        check(
            &hours,
            &[
                // Thursday until noon; Friday and Saturday are Christmas, then a weekend.
                ("2026-12-24T11:00", 120, "2026-12-28T10:00"),
                // What the site says wins over the holiday.
                ("2026-04-30T16:00", 120, "2026-05-01T11:00"),
                ("2026-12-30T16:30", 60, "2027-01-04T09:30"),
            ],
        );
        // Half days are days with shorter hours where the site says until when, and days like others where it does not.
        let mut tallinn = nine_to_five("Europe/Tallinn");
        tallinn.country = "EE".into();
        check(&tallinn, &[("2026-12-23T13:00", 120, "2026-12-23T15:00")]);
        tallinn.half_day_until = Some(14 * 60);
        check(&tallinn, &[("2026-12-23T13:00", 120, "2026-12-28T10:00")]);
        // A Saturday that China works in place of another day.
        let mut beijing = nine_to_five("Asia/Shanghai");
        beijing.country = "CN".into();
        check(&beijing, &[("2026-02-13T16:30", 60, "2026-02-14T09:30")]);
    }

    #[test]
    fn a_calendar_that_never_opens_ends() {
        check(&hours("UTC"), &[("2026-05-04T10:00", 1, "never")]);
        let calendar = Calendar::of(&hours("UTC"));
        let now = at(&calendar, "2026-05-04T10:00");
        assert_eq!((calendar.business_ms(now, i64::MAX), calendar.business_day_ms()), (0, 0));
        assert_eq!((calendar.open_from_ms(now), calendar.after_open_days_ms(now, 3)), (None, None));
        assert!(!calendar.is_open(now));
        // One that opens for a minute a week does come to an hour.
        let mut seldom = hours("UTC");
        seldom.week[0] = Opening::parse("9-9:01").unwrap();
        check(&seldom, &[("2026-05-04T10:00", 3, "2026-05-25T09:01")]);
    }

    #[test]
    fn so_many_business_days_later_is_the_same_time_and_then_waking_hours() {
        let mut hours = nine_to_five("Europe/Berlin");
        hours.country = "DE".into();
        let calendar = Calendar::of(&hours);
        for (start, days, expected) in [
            ("2026-04-29T18:30", 5, "2026-05-07T18:30"),
            ("2026-05-02T03:00", 1, "2026-05-04T03:00"),
            ("2026-03-27T02:30", 1, "2026-03-30T02:30"),
            ("2026-05-04T10:00", 0, "2026-05-04T10:00"),
        ] {
            let found = calendar.after_open_days_ms(at(&calendar, start), days);
            assert_eq!(shown(&calendar, found), expected, "{days} after {start}");
        }
        let zone = TimeZone::get("America/New_York").unwrap();
        let instant = |text: &str| text.parse::<DateTime>().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
        for (start, expected) in [
            ("2026-05-07T12:30", "2026-05-07T12:30"),
            ("2026-05-07T08:59", "2026-05-07T09:00"),
            ("2026-05-07T20:00", "2026-05-08T09:00"),
            ("2026-03-07T23:00", "2026-03-08T09:00"),
        ] {
            let found = waking_ms(&zone, instant(start).as_millisecond(), (9 * 60, 20 * 60));
            assert_eq!(found, instant(expected).as_millisecond(), "{start}");
        }
        let start = instant("2026-03-07T02:30").as_millisecond();
        assert_eq!(after_days_ms(&zone, start, 1), instant("2026-03-08T03:00").as_millisecond(), "no 2:30 on that day");
    }

    proptest! {
        #[test]
        fn business_time_of_a_calendar_adds_up(
            from in 1_700_000_000_000_i64..1_900_000_000_000, one in 0_i64..2_000_000_000, other in 0_i64..2_000_000_000, zone in 0_usize..4
        ) {
            let mut hours = nine_to_five(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"][zone]);
            hours.week[5] = Opening::parse("22-6").unwrap();
            hours.week[6] = Opening::parse("0-3, 5-24").unwrap();
            hours.country = "DE".into();
            let calendar = Calendar::of(&hours);
            let of = |from, until| calendar.business_ms(from, until);
            let (middle, end) = (from + one, from + one + other);
            prop_assert_eq!(of(from, middle) + of(middle, end), of(from, end));
            let due = calendar.due_ms(from, one.max(1)).unwrap();
            prop_assert_eq!(of(from, due), one.max(1));
            prop_assert!(of(from, due - 1) < one.max(1));
        }
    }
}
