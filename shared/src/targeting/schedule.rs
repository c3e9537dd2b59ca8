//! Dates, weekdays and hours, in the site's time zone.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// When a survey may appear. What is left out does not limit.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct Schedule {
    /// First day, as `2026-11-24`; empty for no beginning.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub from: String,
    /// Last day, included; empty for no end.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub until: String,
    /// Weekdays from 1 (Monday) to 7 (Sunday), as ISO 8601 has them; all when empty.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub weekdays: Vec<u8>,
    /// First hour of the day, 0 to 23.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub from_hour: Option<u8>,
    /// Hour of the day at which it ends, 1 to 24; one that is not after `from_hour` is of the next day.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub until_hour: Option<u8>,
}

/// A moment on the site's clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    /// The date as a number: 20261124 for 24 November 2026.
    pub date: u32,
    /// 1 (Monday) to 7 (Sunday).
    pub weekday: u8,
    /// 0 to 23.
    pub hour: u8,
}

impl LocalTime {
    /// Reads `2026-11-24 09:05:00`; the beginning of time when it is none.
    pub fn read(text: &str) -> Self {
        let date = text.get(..10).and_then(date_number).unwrap_or(0);
        let hour = text.get(11..13).map_or(0, |digits| {
            digits.bytes().fold(0u8, |hour, digit| hour.wrapping_mul(10).wrapping_add(digit.wrapping_sub(b'0')))
        });
        Self { date, weekday: weekday(date), hour }
    }
}

/// The weekday of a date such as 20261124, from 1 (Monday) to 7 (Sunday), in the Gregorian calendar (Zeller's
/// congruence).
fn weekday(date: u32) -> u8 {
    let (mut year, mut month, day) = (date / 10_000, date / 100 % 100, date % 100);
    if month < 3 {
        month += 12;
        year = year.wrapping_sub(1);
    }
    let from_saturday = (day + 13 * (month + 1) / 5 + year % 100 + year % 100 / 4 + year / 400 + 5 * (year / 100)) % 7;
    // 0 is Saturday.
    ((from_saturday + 5) % 7 + 1) as u8
}

impl Schedule {
    /// Whether a survey may appear at that time.
    pub fn includes(&self, now: LocalTime) -> bool {
        let date = |text: &str, otherwise| date_number(text).unwrap_or(otherwise);
        let (from_hour, until_hour) = (self.from_hour.unwrap_or(0), self.until_hour.unwrap_or(24));
        let in_hours = if from_hour < until_hour {
            (from_hour..until_hour).contains(&now.hour)
        } else {
            now.hour >= from_hour || now.hour < until_hour
        };
        (date(&self.from, 0)..=date(&self.until, u32::MAX)).contains(&now.date)
            && (self.weekdays.is_empty() || self.weekdays.contains(&now.weekday))
            && in_hours
    }
}

/// `2026-11-24` as 20261124; `None` for what is no date of the calendar.
pub fn date_number(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let mut number = 0;
    for byte in bytes.iter().filter(|byte| **byte != b'-') {
        number = number * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    // More than two dashes leave fewer than eight digits.
    (number >= 1_000_000 && (1..=days).contains(&day)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_of_the_calendar() {
        for (text, expected) in [
            ("2026-11-24", Some(20_261_124)),
            ("2024-02-29", Some(20_240_229)),
            ("2100-02-29", None),
            ("2026-04-31", None),
            ("2026-13-01", None),
            ("2026-00-10", None),
            ("2026-1-240", None),
            ("2026-11--4", None),
            ("24.11.2026", None),
            ("", None),
        ] {
            assert_eq!(date_number(text), expected, "{text}");
        }
    }

    #[test]
    fn a_moment_is_read_with_its_weekday() {
        for (text, date, weekday, hour) in [
            ("2026-11-24 09:05:00", 20_261_124, 2, 9),
            ("2024-02-29 23:59:59", 20_240_229, 4, 23),
            ("2000-01-01 00:00:00", 20_000_101, 6, 0),
            ("2027-01-31 12:00:00", 20_270_131, 7, 12),
            ("2026-11-23 12:00:00", 20_261_123, 1, 12),
        ] {
            assert_eq!(LocalTime::read(text), LocalTime { date, weekday, hour }, "{text}");
        }
        assert_eq!(LocalTime::read("").date, 0);
    }

    #[test]
    fn first_and_last_day_are_included_and_hours_may_span_midnight() {
        let dates = Schedule { from: "2026-11-24".into(), until: "2026-11-30".into(), ..Schedule::default() };
        let night = Schedule { from_hour: Some(22), until_hour: Some(6), ..Schedule::default() };
        let office =
            Schedule { weekdays: vec![1, 2, 3, 4, 5], from_hour: Some(9), until_hour: Some(17), ..Schedule::default() };
        let at = |date, weekday, hour| LocalTime { date, weekday, hour };
        for (schedule, now, expected) in [
            (&dates, at(20_261_123, 1, 23), false),
            (&dates, at(20_261_124, 2, 0), true),
            (&dates, at(20_261_130, 1, 23), true),
            (&dates, at(20_261_201, 2, 0), false),
            (&night, at(20_261_124, 2, 21), false),
            (&night, at(20_261_124, 2, 22), true),
            (&night, at(20_261_124, 2, 5), true),
            (&night, at(20_261_124, 2, 6), false),
            (&office, at(20_261_128, 6, 10), false),
            (&office, at(20_261_127, 5, 16), true),
            (&office, at(20_261_127, 5, 17), false),
            (&Schedule::default(), at(0, 0, 0), true),
        ] {
            assert_eq!(schedule.includes(now), expected, "{schedule:?} {now:?}");
        }
    }
}
