//! One figure of a report: value, n, 95 % interval, definition, and whether its change is real or noise.

use super::period::Day;
use rapport_shared::score::{Change, Score, benjamini_hochberg, estimate_change, proportion_change, wilson};
use rapport_shared::sketch::QuantileSketch;
use rapport_shared::vital::{QUANTILE, Vital};
use serde::Serialize;
use utoipa::ToSchema;

/// Fewer than this many leave a figure greyed: its interval is too wide to act on.
pub const SMALL_N: u64 = 30;

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share, 0 to 100.
    Percent,
    /// Net Promoter Score, −100 to 100.
    Points,
    /// Milliseconds.
    Milliseconds,
    /// Cumulative Layout Shift.
    Shift,
    /// Steps of a scale: see [`Figure::ends`].
    Steps,
}

/// Which direction is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// What a change against the previous period amounts to, at the 5 % level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Real, and for the better.
    Better,
    /// Real, and for the worse.
    Worse,
    /// Chance alone would often show as much.
    Noise,
    /// Too few to say.
    Unknown,
}

/// A figure against the one of the previous period.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// The value of the previous period.
    pub before: f64,
    /// How many it rested on.
    pub n_before: u64,
    /// Now minus before.
    pub difference: f64,
    /// Lower end of the difference's 95 % interval; absent when so few cannot give it.
    pub low: Option<f64>,
    /// Upper end of the difference's 95 % interval.
    pub high: Option<f64>,
    /// How often noise alone would show such a difference; in lists corrected for the number of rows.
    pub p: Option<f64>,
    /// Real or noise.
    pub verdict: Verdict,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Figure {
    /// Stable name, such as `bounce_rate`.
    pub name: &'static str,
    /// What people read.
    pub label: String,
    /// Unit of value, interval and change.
    pub unit: Unit,
    /// The value; absent when nothing was counted.
    pub value: Option<f64>,
    /// How many it rests on.
    pub n: u64,
    /// What the n are: `views`, `answers`.
    pub of: &'static str,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval; absent when so few cannot give it.
    pub high: Option<f64>,
    /// Lowest and highest score of the scale, for means of scores.
    pub ends: Option<[i64; 2]>,
    /// Whether n is below 30.
    pub small: bool,
    /// `good`, `needs-improvement` or `poor`, for Web Vitals.
    pub rating: Option<&'static str>,
    /// Which direction is the better one.
    pub better: Better,
    /// What exactly it is.
    pub definition: &'static str,
    /// Against the previous period, when compared.
    pub change: Option<Comparison>,
}

/// What stays the same about a figure whatever its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// See [`Figure::name`].
    pub name: &'static str,
    /// See [`Figure::label`].
    pub label: &'static str,
    /// See [`Figure::unit`].
    pub unit: Unit,
    /// See [`Figure::of`].
    pub of: &'static str,
    /// See [`Figure::better`].
    pub better: Better,
    /// See [`Figure::definition`].
    pub definition: &'static str,
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

impl Figure {
    /// A figure of an estimate, compared with the previous one by `change`.
    pub fn of_score(kind: Kind, now: Option<Score>, before: Option<Score>, change: Option<Change>) -> Self {
        let n = now.map_or(0, |score| score.n);
        let comparison = now.zip(before).map(|(now, before)| Comparison {
            before: before.value,
            n_before: before.n,
            difference: now.value - before.value,
            low: change.and_then(|change| finite(change.low)),
            high: change.and_then(|change| finite(change.high)),
            p: change.map(|change| change.p),
            verdict: Verdict::Unknown,
        });
        let mut figure = Self {
            name: kind.name,
            label: kind.label.to_owned(),
            unit: kind.unit,
            value: now.map(|score| score.value),
            n,
            of: kind.of,
            low: now.and_then(|score| finite(score.low)),
            high: now.and_then(|score| finite(score.high)),
            ends: None,
            small: n < SMALL_N,
            rating: None,
            better: kind.better,
            definition: kind.definition,
            change: comparison,
        };
        figure.judge();
        figure
    }

    /// A share of `(successes, n)` in percent.
    pub fn rate(kind: Kind, now: (u64, u64), before: Option<(u64, u64)>) -> Self {
        let score = |(successes, n)| wilson(successes, n);
        let change = before.and_then(|before| proportion_change(before, now));
        Self::of_score(kind, score(now), before.and_then(score), change)
    }

    /// The 75th percentile of a Web Vital, with its rating.
    pub fn vital(vital: Vital, now: &QuantileSketch, before: Option<&QuantileSketch>) -> Self {
        let scale = if vital == Vital::Cls { 10_000.0 } else { 1.0 };
        let score = |sketch: &QuantileSketch| {
            sketch.quantile_score(QUANTILE).map(|score| Score {
                value: score.value / scale,
                low: score.low / scale,
                high: score.high / scale,
                n: score.n,
            })
        };
        let (now, before) = (score(now), before.and_then(score));
        let kind = Kind {
            name: match vital {
                Vital::Lcp => "lcp",
                Vital::Inp => "inp",
                Vital::Cls => "cls",
                Vital::Fcp => "fcp",
                Vital::Ttfb => "ttfb",
            },
            label: vital.abbreviation(),
            unit: if vital == Vital::Cls { Unit::Shift } else { Unit::Milliseconds },
            of: "views",
            better: Better::Lower,
            definition: vital.definition(),
        };
        let change = before.zip(now).and_then(|(before, now)| estimate_change(&before, &now));
        let mut figure = Self::of_score(kind, now, before, change);
        figure.rating = now.map(|score| vital.rating(score.value * scale).as_str());
        figure
    }

    /// A figure with a label of its own.
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets the verdict of the change from its p.
    fn judge(&mut self) {
        let better = self.better;
        if let Some(change) = &mut self.change {
            change.verdict = match change.p {
                None => Verdict::Unknown,
                Some(p) if p >= 0.05 => Verdict::Noise,
                Some(_) if (change.difference > 0.0) == (better == Better::Higher) => Verdict::Better,
                Some(_) => Verdict::Worse,
            };
        }
    }
}

/// Corrects the changes of figures that are read as one list (Benjamini and Hochberg), and judges them anew.
pub fn correct<'a>(figures: impl IntoIterator<Item = &'a mut Figure>) {
    let mut figures: Vec<_> = figures.into_iter().collect();
    let p_of = |figure: &Figure| figure.change.as_ref().and_then(|change| change.p);
    let known: Vec<f64> = figures.iter().filter_map(|figure| p_of(figure)).collect();
    let mut corrected = benjamini_hochberg(&known).into_iter();
    for figure in &mut figures {
        if p_of(figure).is_some() {
            if let Some(change) = &mut figure.change {
                change.p = corrected.next();
            }
            figure.judge();
        }
    }
}

/// A count, which needs no interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Total {
    /// Stable name, such as `views`.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// How many.
    pub value: u64,
    /// How many in the previous period, when compared.
    pub before: Option<u64>,
    /// What exactly is counted.
    pub definition: &'static str,
}

impl Total {
    /// Change against the previous period in percent; absent without one, or from nothing.
    pub fn change_percent(&self) -> Option<f64> {
        self.before.filter(|before| *before > 0).map(|before| (self.value as f64 / before as f64 - 1.0) * 100.0)
    }
}

/// What a figure came to over some days.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrendPoint {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The value, in the figure's unit; absent where `n` is 0.
    pub value: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// How many answers or views it is of.
    pub n: u64,
}

impl TrendPoint {
    /// A figure of these days; `None` without a day.
    pub fn of(days: &[Day], figure: &Figure) -> Option<Self> {
        let (first, last) = (days.first()?, days.last()?);
        Some(Self {
            from: first.date.to_string(),
            to: last.date.to_string(),
            value: figure.value,
            low: figure.low,
            high: figure.high,
            n: figure.n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERRORS: Kind = Kind {
        name: "error_rate",
        label: "Errors",
        unit: Unit::Percent,
        of: "views",
        better: Better::Lower,
        definition: "Views with an error.",
    };

    #[test]
    fn a_rate_is_judged_against_the_previous_period() {
        for (now, before, verdict) in [
            ((300, 1_000), (100, 1_000), Verdict::Worse),
            ((100, 1_000), (300, 1_000), Verdict::Better),
            ((101, 1_000), (100, 1_000), Verdict::Noise),
        ] {
            let figure = Figure::rate(ERRORS, now, Some(before));
            let change = figure.change.expect("both periods have views");
            assert_eq!(change.verdict, verdict, "{now:?} after {before:?}");
            assert!((change.difference - (now.0 as f64 - before.0 as f64) / 10.0).abs() < 1e-9);
        }
        assert_eq!(Figure::rate(ERRORS, (1, 10), Some((0, 0))).change, None);
        assert_eq!(Figure::rate(ERRORS, (0, 0), None).value, None);
    }

    #[test]
    fn few_make_a_figure_small_and_an_unknown_bound_is_absent() {
        assert!(Figure::rate(ERRORS, (3, 29), None).small);
        assert!(!Figure::rate(ERRORS, (3, 30), None).small);
        let mut sketch = QuantileSketch::new();
        sketch.extend([2_000, 2_100, 2_200]);
        let figure = Figure::vital(Vital::Lcp, &sketch, None);
        assert_eq!((figure.n, figure.rating, figure.high), (3, Some("good"), None));
    }

    #[test]
    fn cls_is_shown_in_its_own_unit() {
        let mut sketch = QuantileSketch::new();
        sketch.extend([100_u32; 40]);
        let figure = Figure::vital(Vital::Cls, &sketch, None);
        assert_eq!((figure.value, figure.unit, figure.rating), (Some(0.01), Unit::Shift, Some("good")));
    }

    #[test]
    fn a_list_needs_stronger_evidence_than_one_figure() {
        // p is about 0.03 for each alone; among twenty of which nineteen are noise it is not enough.
        let mut figures = vec![Figure::rate(ERRORS, (140, 1_000), Some((108, 1_000)))];
        assert_eq!(figures[0].change.as_ref().map(|change| change.verdict), Some(Verdict::Worse));
        figures.extend((0..19).map(|_| Figure::rate(ERRORS, (100, 1_000), Some((100, 1_000)))));
        correct(&mut figures);
        assert_eq!(figures[0].change.as_ref().map(|change| change.verdict), Some(Verdict::Noise));
    }
}
