//! How numbers, times and changes read. Nothing is computed here but the form.

use jiff::civil::{Date, DateTime};
use rapport_report::experience::PageLine;
use rapport_report::figure::{Comparison, Figure, Total, Unit, Verdict};
use rapport_report::response::{Measured, Time};
use rapport_report::rule_change::RuleChange;
use rapport_report::slice::Dimension;
use rapport_report::timeline::Moment;
use rapport_shared::signal::{Happening, SignalKind};

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

/// A value in its unit.
fn in_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent if value != 0.0 && value.abs() < 1.0 => format!("{value:.2}%"),
        Unit::Percent => format!("{value:.1}%"),
        Unit::Points => signed(value, 0),
        Unit::Milliseconds => duration(value),
        Unit::Shift if value < 0.01 && value != 0.0 => format!("{value:.3}"),
        Unit::Shift | Unit::Steps => plain(value, 2),
    }
}

/// Where a value and its interval lie on a track of 100 steps, for the drawing beside a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    /// Left end of the interval.
    pub low: f64,
    /// Width of the interval.
    pub width: f64,
    /// The value.
    pub value: f64,
    /// Where `good` ends and `poor` begins, for Web Vitals.
    pub thresholds: Option<(f64, f64)>,
}

impl Track {
    /// What lies between the thresholds.
    pub fn middle(&self) -> f64 {
        self.thresholds.map_or(0.0, |(good, poor)| poor - good)
    }

    /// What lies above them.
    pub fn rest(&self) -> f64 {
        self.thresholds.map_or(0.0, |(_, poor)| 100.0 - poor)
    }
}

/// How a [`Figure`] reads on a page.
pub(crate) trait FigureText {
    /// The value as people read it.
    fn text(&self) -> String;

    /// The 95 % interval as people read it; empty without a value.
    fn interval(&self) -> String;

    /// n with thousands apart.
    fn n_text(&self) -> String;

    /// n with what was counted.
    fn n_of_text(&self) -> String;

    /// The rating in words.
    fn rating_text(&self) -> &'static str;

    /// The rating as a class name; empty when there is none.
    fn rating_class(&self) -> &'static str;

    /// Whether it rests on few; on none there is nothing to doubt.
    fn is_small(&self) -> bool;

    /// Where the value lies on its scale.
    fn track(&self) -> Option<Track>;

    /// The change as people read it; empty without one.
    fn change_text(&self) -> String;

    /// The 95 % interval of the change as people read it; empty where so few cannot give it.
    fn change_interval(&self) -> String;
}

impl FigureText for Figure {
    fn text(&self) -> String {
        self.value.map_or_else(|| "–".to_owned(), |value| in_unit(value, self.unit))
    }

    fn interval(&self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => {
                let (low, high) = (in_unit(low, self.unit), in_unit(high, self.unit));
                // The unit is said once where both ends have the same.
                let unit = ["%", " ms", " s"].into_iter().find(|unit| low.ends_with(unit) && high.ends_with(unit));
                let bare = unit.and_then(|unit| low.strip_suffix(unit)).unwrap_or(&low);
                // Beside a sign a dash would be another.
                let signs = self.unit == Unit::Points || self.low < Some(0.0);
                let dash = if signs { " to " } else { "–" };
                format!("{bare}{dash}{high}")
            }
            (Some(low), None) => format!("{} or more", in_unit(low, self.unit)),
            _ => String::new(),
        }
    }

    fn n_text(&self) -> String {
        count(self.n)
    }

    fn n_of_text(&self) -> String {
        counted(self.n, self.of)
    }

    fn rating_text(&self) -> &'static str {
        rating_text(self.rating.unwrap_or_default())
    }

    fn rating_class(&self) -> &'static str {
        self.rating.unwrap_or_default()
    }

    fn is_small(&self) -> bool {
        self.small && self.n > 0
    }

    fn track(&self) -> Option<Track> {
        let value = self.value?;
        let thresholds = match self.name {
            "lcp" => Some((2_500.0, 4_000.0)),
            "inp" => Some((200.0, 500.0)),
            "cls" => Some((0.1, 0.25)),
            "fcp" => Some((1_800.0, 3_000.0)),
            "ttfb" => Some((800.0, 1_800.0)),
            _ => None,
        };
        let (low, high) = (self.low.unwrap_or(value), self.high.unwrap_or(value));
        let (from, to) = match (self.unit, thresholds) {
            (_, Some((_, poor))) => (0.0, f64::max(poor * 1.5, high * 1.05)),
            (Unit::Points, _) => (-100.0, 100.0),
            (Unit::Steps, _) => self.ends.map_or((1.0, 7.0), |[first, last]| (first as f64, last as f64)),
            (Unit::Percent, _) => {
                let steps = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0];
                (0.0, steps.into_iter().find(|most| high <= *most).unwrap_or(100.0))
            }
            _ => (0.0, high.max(1.0)),
        };
        let place = |value: f64| ((value - from) / (to - from) * 100.0).clamp(0.0, 100.0);
        Some(Track {
            low: place(low),
            width: (place(high) - place(low)).max(1.0),
            value: place(value),
            thresholds: thresholds.map(|(good, poor)| (place(good), place(poor))),
        })
    }

    fn change_text(&self) -> String {
        self.change.as_ref().map_or_else(String::new, |change| difference(change.difference, self.unit))
    }

    fn change_interval(&self) -> String {
        let ends = self.change.as_ref().and_then(|change| change.low.zip(change.high));
        ends.map_or_else(String::new, |(low, high)| {
            format!("{} to {}", difference(low, self.unit), difference(high, self.unit))
        })
    }
}

/// A difference of two values in their unit, with its sign.
fn difference(difference: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent if difference.abs() < 0.1 => format!("{} pp", signed(difference, 2)),
        Unit::Percent => format!("{} pp", signed(difference, 1)),
        Unit::Points => signed(difference, 0),
        Unit::Milliseconds if difference.abs() < 0.5 => "0 ms".to_owned(),
        Unit::Milliseconds => {
            let sign = if difference < 0.0 { "−" } else { "+" };
            format!("{sign}{}", duration(difference.abs()))
        }
        Unit::Shift if difference.abs() < 0.01 => signed(difference, 3),
        Unit::Shift | Unit::Steps => signed(difference, 2),
    }
}

/// The rating in words.
pub fn rating_text(rating: &str) -> &'static str {
    match rating {
        "good" => "Good",
        "needs-improvement" => "Needs work",
        "poor" => "Poor",
        _ => "",
    }
}

/// How a [`Comparison`] reads on a page.
pub(crate) trait ComparisonText {
    /// Real or noise, in words.
    fn verdict_text(&self) -> &'static str;

    /// Real or noise, as a class name.
    fn verdict_class(&self) -> &'static str;

    /// An arrow for the direction.
    fn arrow(&self) -> &'static str;

    /// Whether it is told from noise.
    fn is_real(&self) -> bool;
}

impl ComparisonText for Comparison {
    fn verdict_text(&self) -> &'static str {
        match self.verdict {
            Verdict::Better => "real, better",
            Verdict::Worse => "real, worse",
            Verdict::Noise => "may be noise",
            Verdict::Mix => "other devices, not other speed",
            Verdict::Unknown => "too few to say",
        }
    }

    fn verdict_class(&self) -> &'static str {
        match self.verdict {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Noise | Verdict::Mix | Verdict::Unknown => "noise",
        }
    }

    fn arrow(&self) -> &'static str {
        match self.difference.partial_cmp(&0.0) {
            Some(std::cmp::Ordering::Greater) => "↑",
            Some(std::cmp::Ordering::Less) => "↓",
            _ => "→",
        }
    }

    fn is_real(&self) -> bool {
        matches!(self.verdict, Verdict::Better | Verdict::Worse)
    }
}

/// How a [`Total`] reads on a page.
pub(crate) trait TotalText {
    /// The count as people read it.
    fn text(&self) -> String;

    /// The change as people read it; empty without one.
    fn change_text(&self) -> String;
}

impl TotalText for Total {
    fn text(&self) -> String {
        count(self.value)
    }

    fn change_text(&self) -> String {
        self.change_percent().map_or_else(String::new, |percent| format!("{}%", signed(percent, 1)))
    }
}

/// How a [`PageLine`] reads on a page.
pub(crate) trait PageLineText {
    /// Mean engaged time as people read it.
    fn engaged_text(&self) -> String;

    /// Median engaged time as people read it.
    fn engaged_median_text(&self) -> String;
}

impl PageLineText for PageLine {
    fn engaged_text(&self) -> String {
        self.engaged_mean_ms.map_or_else(|| "–".to_owned(), duration)
    }

    fn engaged_median_text(&self) -> String {
        self.engaged_median_ms.map_or_else(|| "–".to_owned(), duration)
    }
}

/// How a [`Time`] reads on a page.
pub(crate) trait TimeText {
    /// `31 Mar 2026, 14:05`, by the clocks of the site.
    fn text(&self) -> String;
}

impl TimeText for Time {
    fn text(&self) -> String {
        // The first 19 characters are the local date and time; the offset follows.
        self.local
            .get(..19)
            .and_then(|local| local.parse::<DateTime>().ok())
            .map_or_else(|| self.local.clone(), |local| local.strftime("%-d %b %Y, %H:%M").to_string())
    }
}

/// How a [`Measured`] reads on a page.
pub(crate) trait MeasuredText {
    /// The value in its unit.
    fn text(&self) -> String;

    /// The rating in words.
    fn rating_text(&self) -> &'static str;
}

impl MeasuredText for Measured {
    fn text(&self) -> String {
        in_unit(self.value, if self.name == "CLS" { Unit::Shift } else { Unit::Milliseconds })
    }

    fn rating_text(&self) -> &'static str {
        rating_text(self.rating)
    }
}

/// How a [`Moment`] reads on a page.
pub(crate) trait MomentText {
    /// How long before the answer: `12 s before`.
    fn before_text(&self) -> String;

    /// Whether a page failed its visitor.
    fn is_failure(&self) -> bool;

    /// What happened, in words.
    fn title(&self) -> &'static str;

    /// Its kind as a class name: one of a few, whatever was sent.
    fn class(&self) -> &'static str;
}

impl MomentText for Moment {
    fn before_text(&self) -> String {
        if self.before_ms < 1_000 {
            "just before".to_owned()
        } else if self.before_ms < 10_000 {
            format!("{} s before", self.before_ms / 1_000)
        } else {
            format!("{} before", duration((self.before_ms / 1_000 * 1_000) as f64))
        }
    }

    fn is_failure(&self) -> bool {
        let is_failure =
            |kind: SignalKind| kind.is_judged() || matches!(kind, SignalKind::Error | SignalKind::QuickBack);
        matches!(self.kind, Happening::Signal(kind) if is_failure(kind))
    }

    fn title(&self) -> &'static str {
        match self.kind {
            Happening::PageView => "Opened",
            Happening::Click => "Clicked",
            Happening::Signal(SignalKind::RageClick) => "Rage-clicked",
            Happening::Signal(SignalKind::DeadClick) => "Clicked without effect",
            Happening::Signal(SignalKind::SlowClick) => "Clicked, and waited",
            Happening::Signal(SignalKind::FailedClick) => "Clicked, and it failed",
            Happening::Signal(SignalKind::Error) => "Script error",
            Happening::Signal(SignalKind::Task) => "Task",
            Happening::Signal(SignalKind::Event) => "Event",
            // Nobody is told of these one by one.
            Happening::Signal(SignalKind::Point) => "Clicked",
            Happening::Signal(SignalKind::Form | SignalKind::Field) => "Form",
            Happening::Signal(SignalKind::QuickBack) => "Went back at once",
            Happening::Signal(SignalKind::ExcessiveScroll) => "Scrolled up and down",
            Happening::Signal(SignalKind::BrokenImage) => "Picture did not load",
            Happening::Signal(SignalKind::FailedRequest) => "Request failed",
            Happening::Signal(SignalKind::Lcp) => "Shown late",
            Happening::Signal(SignalKind::Inp) => "Reacted late",
            Happening::Signal(SignalKind::Cls) => "Jumped",
        }
    }

    fn class(&self) -> &'static str {
        match self.kind {
            Happening::PageView => "page-view",
            Happening::Click => "click",
            Happening::Signal(SignalKind::RageClick) => "rage",
            Happening::Signal(SignalKind::DeadClick | SignalKind::SlowClick | SignalKind::FailedClick) => "dead",
            Happening::Signal(SignalKind::Error) => "error",
            Happening::Signal(SignalKind::Task) => "task",
            Happening::Signal(SignalKind::Point) => "click",
            Happening::Signal(SignalKind::Form | SignalKind::Field) => "task",
            Happening::Signal(SignalKind::BrokenImage | SignalKind::FailedRequest) => "error",
            Happening::Signal(SignalKind::QuickBack) => "dead",
            Happening::Signal(_) => "event",
        }
    }
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
    use super::*;

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
