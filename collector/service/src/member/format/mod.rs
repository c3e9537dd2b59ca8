//! How numbers, times and changes read. Nothing is computed here but the form.

mod figure;
mod moment;

pub(crate) use figure::{ComparisonText, FigureText, MeasuredText, PageLineText, TotalText};
pub(crate) use moment::{MomentText, TimeText};

use jiff::civil::Date;
use rapport_report::rule_change::RuleChange;
use rapport_report::slice::Dimension;

/// The path of a page as people read it. It may be in a script that runs the other way, so it stands in an element of its own
/// direction (`<bdi>`).
pub fn path(written: &str) -> String {
    rapport_shared::targeting::path::decoded(written)
}

/// Longest text that lists show whole, in characters.
const LONG_CHARACTERS: usize = 400;
/// What they show of a longer one.
const START_CHARACTERS: usize = 280;

/// Whether lists show only the beginning of a text until it is opened.
pub fn is_long(text: impl AsRef<str>) -> bool {
    text.as_ref().chars().nth(LONG_CHARACTERS).is_some()
}

/// The beginning of a text, up to the end of a word where there is one near.
pub fn start(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    let Some((end, _)) = text.char_indices().nth(START_CHARACTERS) else { return text.to_owned() };
    let start = &text[..end];
    let near = start.rfind(char::is_whitespace).filter(|place| end - place < 60);
    start[..near.unwrap_or(end)].to_owned()
}

/// The value of a dimension as people read it.
pub fn of_dimension(dimension: Dimension, value: &str) -> String {
    if dimension.is_path() { path(value) } else { value.to_owned() }
}

/// A count, however it is kept; templates hold references.
pub trait Count {
    /// The number.
    fn number(&self) -> u64;
}

impl Count for u64 {
    fn number(&self) -> u64 {
        *self
    }
}

macro_rules! counts {
    ($($type:ty),*) => {$(
        impl Count for $type {
            fn number(&self) -> u64 {
                u64::try_from(*self).unwrap_or(0)
            }
        }
    )*};
}
counts!(i64, u32, usize);

impl<T: Count> Count for &T {
    fn number(&self) -> u64 {
        (*self).number()
    }
}

/// A count with thousands apart: `12,345`.
pub fn count(value: impl Count) -> String {
    rapport_report::figure::thousands(value.number())
}

/// A count with what is counted, named in the plural: `1 answer`, `12,345 answers`. The one place that knows of singulars.
pub fn counted(value: impl Count, things: &str) -> String {
    format!("{} {}", count(value.number()), noun(value, things))
}

/// A number that may not be known.
pub fn told(value: &Option<u64>) -> String {
    value.map_or_else(|| "–".to_owned(), count)
}

/// The class of a tag with a count of a view that is not zero; empty where that says nothing bad.
pub fn failure_class(name: &str) -> &'static str {
    match name {
        "rage_clicks" | "errors" => "bad",
        "dead_clicks" => "warn",
        _ => "",
    }
}

/// What is counted, in the singular for one: `answer`, `answers`.
pub fn noun(value: impl Count, things: &str) -> String {
    if value.number() != 1 {
        return things.to_owned();
    }
    // `times shown` names what is counted first, `rage clicks` last.
    let (counted, rest) =
        if things.ends_with('s') { (things, "") } else { things.split_at(things.find(' ').unwrap_or(0)) };
    let one = match counted.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => counted.strip_suffix('s').unwrap_or(counted).to_owned(),
    };
    one + rest
}

/// A whole number with its sign, of which there is none for 0.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    match text.trim_matches(['0', '.']) {
        "" => text,
        _ if value < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

/// A number with a sign only when it is below 0.
pub fn plain(value: f64, decimals: usize) -> String {
    let text = signed(value, decimals);
    text.strip_prefix('+').map(str::to_owned).unwrap_or(text)
}

/// A number of milliseconds, however it is kept; templates hold references.
pub trait Milliseconds {
    /// The number.
    fn milliseconds(&self) -> f64;
}

macro_rules! milliseconds {
    ($($type:ty),*) => {$(
        impl Milliseconds for $type {
            fn milliseconds(&self) -> f64 {
                *self as f64
            }
        }
    )*};
}
milliseconds!(f64, i64, u32);

impl<T: Milliseconds> Milliseconds for &T {
    fn milliseconds(&self) -> f64 {
        (*self).milliseconds()
    }
}

/// A length of time: `180 ms`, `2.43 s`, `3 min 20 s`.
pub fn duration(ms: impl Milliseconds) -> String {
    let ms = ms.milliseconds();
    if ms < 1_000.0 {
        format!("{ms:.0} ms")
    } else if ms < 10_000.0 {
        format!("{:.2} s", ms / 1_000.0)
    } else if ms < 60_000.0 {
        format!("{:.0} s", ms / 1_000.0)
    } else if ms < 3_600_000.0 {
        let seconds = (ms / 1_000.0).round() as u64;
        format!("{} min {} s", seconds / 60, seconds % 60)
    } else {
        let minutes = (ms / 60_000.0).round() as u64;
        format!("{} h {} min", minutes / 60, minutes % 60)
    }
}

/// A length of business time to the minute: `20 min`, `3 h 20 min`, `52 h`; below zero as if it were above.
pub fn business_time(ms: impl Milliseconds) -> String {
    let minutes = (ms.milliseconds().abs() / 60_000.0).round() as u64;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A name as the beginning of a sentence: `order_number` is `Order number`.
pub fn sentence(name: &str) -> String {
    let name = name.replace(['_', '-'], " ");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A day: `31 Mar 2026`; an hour: `31 Mar 2026, 14:00`.
pub fn day(day: &str) -> String {
    let date = day.split('T').next().and_then(|date| date.parse::<Date>().ok());
    let Some(date) = date else { return day.to_owned() };
    let date = date.strftime("%-d %b %Y").to_string();
    hour_of(day).map_or(date.clone(), |hour| format!("{date}, {hour}"))
}

/// The hour of a point in time as charts call it: `14:00` of `2026-03-31T14:00+02:00`; none of a day.
pub fn hour_of(point: &str) -> Option<&str> {
    point.split_once('T').and_then(|(_, time)| time.get(..5))
}

/// That clicks were judged by another rule from some day on.
pub fn rule_change(change: &RuleChange) -> String {
    format!(
        "Since {} clicks are judged by another rule (version {}): rage and dead clicks counted before and after are not comparable.",
        day(&change.day),
        change.version
    )
}

/// JSON that may stand in a script element: nothing in it can end the element.
pub fn in_script(document: &serde_json::Value) -> String {
    document.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::figure::in_unit;
    use super::*;
    use rapport_report::figure::Unit;
    use rapport_report::response::Time;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (value, text) in [(0_u64, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(value), text);
        }
        for (value, things, text) in [
            (0_u64, "answers", "0 answers"),
            (1, "answers", "1 answer"),
            (2, "answers", "2 answers"),
            (1, "entries", "1 entry"),
            (1, "answered", "1 answered"),
            (1, "times shown", "1 time shown"),
            (1, "rage clicks", "1 rage click"),
            (1_234, "views", "1,234 views"),
        ] {
            assert_eq!(counted(value, things), text);
        }
        for (ms, text) in [
            (0.0, "0 ms"),
            (180.4, "180 ms"),
            (2_430.0, "2.43 s"),
            (59_000.0, "59 s"),
            (200_000.0, "3 min 20 s"),
            (7_260_000.0, "2 h 1 min"),
        ] {
            assert_eq!(duration(ms), text);
        }
        for (value, unit, text) in [
            (41.24, Unit::Percent, "41.2%"),
            (0.123, Unit::Percent, "0.12%"),
            (31.6, Unit::Points, "+32"),
            (-0.2, Unit::Points, "0"),
            (-12.0, Unit::Points, "−12"),
            (0.004, Unit::Shift, "0.004"),
            (0.124, Unit::Shift, "0.12"),
            (5.617, Unit::Steps, "5.62"),
            (-0.5, Unit::Steps, "−0.50"),
        ] {
            assert_eq!(in_unit(value, unit), text);
        }
    }

    #[test]
    fn times_are_those_of_the_site() {
        let zone = jiff::tz::TimeZone::get("America/New_York").expect("a known zone");
        assert_eq!(Time::new(0, &zone).text(), "31 Dec 1969, 19:00");
    }
}
