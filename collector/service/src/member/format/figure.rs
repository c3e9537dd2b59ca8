//! How scores, measurements and their changes read, with intervals.

use super::{count, counted, duration, plain, signed};
use rapport_report::experience::PageLine;
use rapport_report::figure::{Comparison, Figure, Total, Unit, Verdict};
use rapport_report::response::Measured;

/// A value in its unit.
pub(super) fn in_unit(value: f64, unit: Unit) -> String {
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

    /// What it was compared with; a dash where it was not.
    fn before_text(&self) -> String;

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

    fn before_text(&self) -> String {
        self.change.as_ref().map_or_else(|| "–".to_owned(), |change| in_unit(change.before, self.unit))
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
