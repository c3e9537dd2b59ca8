//! One figure of a report: value, n, 95 % interval, definition, and whether its change is real or noise.

pub mod label;
pub mod scale;
pub mod sums;

use crate::period::Day;
use rapport_figures::score::{
    Change, Grouped, LEVEL, Score, benjamini_hochberg, estimate_change, grouped, grouped_change,
};
use rapport_figures::sketch::{QuantileSketch, Stratum, stratified_score};
use rapport_figures::vital::{QUANTILE, Vital};
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
    /// Noise on each kind of device: what moved is how often each of them came.
    Mix,
    /// Too few to say.
    Unknown,
}

/// A figure against the one of the previous period.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// The value of the previous period; of vitals over several devices, in the mix of devices of this one.
    pub before: f64,
    /// How many it rested on.
    pub n_before: u64,
    /// Now minus before.
    pub difference: f64,
    /// Lower end of the difference's 95 % interval; absent when so few cannot give it.
    pub low: Option<f64>,
    /// Upper end of the difference's 95 % interval.
    pub high: Option<f64>,
    /// How often noise alone would show such a difference, after the corrections that `judged` names; by it the verdict is
    /// found.
    pub p: Option<f64>,
    /// The same of this change alone, before them: the difference's interval leaves out 0 exactly where it is below 0.05.
    pub p_alone: Option<f64>,
    /// Of vitals over several devices: p of the change if their mix is not allowed for.
    pub p_of_mix: Option<f64>,
    /// What it was judged together with, and whether as something that is looked at every day.
    pub judged: String,
    /// Real or noise.
    pub verdict: Verdict,
}

/// Figures that are read as one list, whose changes are therefore judged together, and how often they are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Family {
    /// What they are, such as `scores of all surveys`.
    pub name: &'static str,
    /// See [`crate::slice::Slice::looks`].
    pub looks: f64,
}

/// The views of one kind of device, with their distribution of a vital.
#[derive(Clone, Copy, Debug)]
pub struct VitalPart<'a> {
    /// Name of the device; empty when it is all of them.
    pub device: &'a str,
    /// The values.
    pub sketch: &'a QuantileSketch,
    /// Views of a visit, as far as they are alike: see [`Stratum::effect`].
    pub effect: f64,
}

/// A part of the views this small may be left out of a comparison, when the other period has none of its device.
const LEFT_OUT: f64 = 0.1;

const SHARE_TEST: &str =
    "Change: z test of two shares; where few are expected Fisher's mid-p, guarded by Boschloo's exact test.";
const VITAL_RULE: &str = "75th percentile of views, by nearest rank. Interval: by the binomial distribution of ranks, \
                          views of one visit counted as one.";
const VITAL_TEST: &str =
    "Change: z of the difference, with the errors of both intervals, in the present mix of devices.";

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
    /// Why there is none although something may have been counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untold: Option<&'static str>,
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
    /// What exactly it is, and how its interval and its change are found.
    pub definition: String,
    /// Against the previous period, when compared.
    pub change: Option<Comparison>,
}

/// What stays the same about a figure whatever its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FigureKind {
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
    pub fn of_score(kind: FigureKind, now: Option<Score>, before: Option<Score>, change: Option<Change>) -> Self {
        let n = now.map_or(0, |score| score.n);
        let comparison = now.zip(before).map(|(now, before)| Comparison {
            before: before.value,
            n_before: before.n,
            difference: change.map_or(now.value - before.value, |change| change.difference),
            low: change.and_then(|change| finite(change.low)),
            high: change.and_then(|change| finite(change.high)),
            p: change.map(|change| change.p),
            p_alone: change.map(|change| change.p),
            p_of_mix: None,
            judged: String::new(),
            verdict: Verdict::Unknown,
        });
        let mut figure = Self {
            name: kind.name,
            label: kind.label.to_owned(),
            unit: kind.unit,
            value: now.map(|score| score.value),
            untold: None,
            n,
            of: kind.of,
            low: now.and_then(|score| finite(score.low)),
            high: now.and_then(|score| finite(score.high)),
            ends: None,
            small: n < SMALL_N,
            rating: None,
            better: kind.better,
            definition: kind.definition.to_owned(),
            change: comparison,
        };
        figure.judge();
        figure
    }

    /// A share of `(successes, n)` in percent.
    pub fn rate(kind: FigureKind, now: (u64, u64), before: Option<(u64, u64)>) -> Self {
        Self::share(kind, &Grouped::independent(now), before.map(Grouped::independent).as_ref())
    }

    /// A share, in percent, of what comes in groups.
    pub fn share(kind: FigureKind, now: &Grouped, before: Option<&Grouped>) -> Self {
        let change = before.and_then(|before| grouped_change(before, now));
        let mut figure = Self::of_score(kind, grouped(now), before.and_then(grouped), change);
        if before.is_some() {
            figure.definition = format!("{} {SHARE_TEST}", figure.definition);
        }
        figure
    }

    /// The 75th percentile of a Web Vital over the views of some devices, with its rating.
    ///
    /// It is compared with what the views before come to in the present mix of devices, so that more views of a slow
    /// kind of device do not read as slowness.
    pub fn vital(vital: Vital, now: &[VitalPart<'_>], before: Option<&[VitalPart<'_>]>) -> Self {
        let scale = if vital == Vital::Cls { 10_000.0 } else { 1.0 };
        let scaled = |score: Score| Score {
            value: score.value / scale,
            low: score.low / scale,
            high: score.high / scale,
            n: score.n,
        };
        let kind = FigureKind {
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
        let value = of_parts(now).map(scaled);
        let of_mix = before.and_then(of_parts).map(scaled);
        let alike = before.and_then(|before| in_the_mix_of(now, before));
        let alike = alike.map(|(now, before)| (scaled(now), scaled(before)));
        let change = alike.and_then(|(now, before)| estimate_change(&before, &now));
        let mut figure = Self::of_score(kind, value, alike.map(|(_, before)| before).or(of_mix), change);
        figure.rating = value.map(|score| vital.rating(score.value * scale).as_str());
        figure.definition = format!("{} {VITAL_RULE}", figure.definition);
        if before.is_some() {
            figure.definition = format!("{} {VITAL_TEST}", figure.definition);
        }
        if let Some(comparison) = figure.change.as_mut().filter(|_| now.len() > 1) {
            let change = of_mix.zip(value).and_then(|(before, now)| estimate_change(&before, &now));
            comparison.p_of_mix = change.map(|change| change.p);
        }
        figure.judge();
        figure
    }

    /// A figure that cannot be told for the slice, and why.
    pub fn untold(kind: FigureKind, why: &'static str) -> Self {
        Self { untold: Some(why), ..Self::of_score(kind, None, None, None) }
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
                Some(p) if p >= LEVEL && change.p_of_mix.is_some_and(|p| p < LEVEL) => Verdict::Mix,
                Some(p) if p >= LEVEL => Verdict::Noise,
                Some(_) if (change.difference > 0.0) == (better == Better::Higher) => Verdict::Better,
                Some(_) => Verdict::Worse,
            };
        }
    }
}

/// p75 of some parts together.
fn of_parts(parts: &[VitalPart<'_>]) -> Option<Score> {
    let strata: Vec<_> = parts.iter().map(|part| stratum(part, part.sketch.n())).collect();
    stratified_score(&strata, QUANTILE)
}

fn stratum<'a>(part: &VitalPart<'a>, weight: u64) -> Stratum<'a> {
    Stratum { sketch: part.sketch, weight: weight as f64, effect: part.effect }
}

/// p75 now and before over the devices that both periods have, both in the mix of now; `None` where these are not nearly
/// all of now's views.
fn in_the_mix_of(now: &[VitalPart<'_>], before: &[VitalPart<'_>]) -> Option<(Score, Score)> {
    let (mut strata, mut strata_before, mut common) = (Vec::new(), Vec::new(), 0);
    for part in now {
        let earlier = before.iter().find(|other| other.device == part.device && !other.sketch.is_empty());
        if let Some(earlier) = earlier {
            strata.push(stratum(part, part.sketch.n()));
            strata_before.push(stratum(earlier, part.sketch.n()));
            common += part.sketch.n();
        }
    }
    let all: u64 = now.iter().map(|part| part.sketch.n()).sum();
    let nearly_all = common as f64 >= all as f64 * (1.0 - LEFT_OUT);
    nearly_all.then(|| stratified_score(&strata, QUANTILE).zip(stratified_score(&strata_before, QUANTILE)))?
}

/// Judges the changes of figures that are read as one list: p is corrected for their number (Benjamini and Hochberg)
/// and for how often they are looked at.
pub fn correct<'a>(family: Family, figures: impl IntoIterator<Item = &'a mut Figure>) {
    let mut changes: Vec<_> = figures.into_iter().filter(|figure| figure.change.is_some()).collect();
    let known: Vec<f64> = changes.iter().filter_map(|figure| figure.change.as_ref()?.p).collect();
    let (looks, size) = (family.looks, known.len() as f64);
    let judged = judged(family, known.len());
    let mut corrected = benjamini_hochberg(&known).into_iter();
    for figure in &mut changes {
        if let Some(change) = figure.change.as_mut().filter(|change| change.p.is_some()) {
            change.p = corrected.next().map(|p| (p * looks).min(1.0));
            change.p_of_mix = change.p_of_mix.map(|p| (p * looks * size).min(1.0));
            change.judged.clone_from(&judged);
        }
        figure.judge();
    }
}

/// What a change was judged together with, in words.
fn judged(family: Family, size: usize) -> String {
    judged_among(family, size, "changes")
}

/// The same of what is not a change: `what` they are, in the plural.
pub(crate) fn judged_among(family: Family, size: usize, what: &str) -> String {
    let alone = format!("Judged by itself, of the {}", family.name);
    let among = format!("Judged among {size} {what}, those of the {} (Benjamini–Hochberg)", family.name);
    let daily = if family.looks > 1.0 {
        ", and strictly enough that who looks every day for a month meets a false “real” in at most 5 of 100 months"
    } else {
        ""
    };
    format!("{}{daily}.", if size == 1 { alone } else { among })
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

/// A number with thousands apart: `12,345`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERRORS: FigureKind = FigureKind {
        name: "error_rate",
        label: "Errors",
        unit: Unit::Percent,
        of: "views",
        better: Better::Lower,
        definition: "Views with an error.",
    };

    fn all(sketch: &QuantileSketch) -> [VitalPart<'_>; 1] {
        [VitalPart { device: "", sketch, effect: 1.0 }]
    }

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
        let figure = Figure::vital(Vital::Lcp, &all(&sketch), None);
        assert_eq!((figure.n, figure.rating, figure.high), (3, Some("good"), None));
    }

    #[test]
    fn cls_is_shown_in_its_own_unit() {
        let mut sketch = QuantileSketch::new();
        sketch.extend([100_u32; 40]);
        let figure = Figure::vital(Vital::Cls, &all(&sketch), None);
        assert_eq!((figure.value, figure.unit, figure.rating), (Some(0.01), Unit::Shift, Some("good")));
    }

    #[test]
    fn a_list_needs_stronger_evidence_than_one_figure() {
        // p is about 0.03 for each alone; among twenty of which nineteen are noise it is not enough.
        let mut figures = vec![Figure::rate(ERRORS, (140, 1_000), Some((108, 1_000)))];
        assert_eq!(figures[0].change.as_ref().map(|change| change.verdict), Some(Verdict::Worse));
        figures.extend((0..19).map(|_| Figure::rate(ERRORS, (100, 1_000), Some((100, 1_000)))));
        correct(Family { name: "pages", looks: 1.0 }, &mut figures);
        let change = figures[0].change.as_ref().expect("compared");
        assert_eq!(change.verdict, Verdict::Noise);
        assert_eq!(change.judged, "Judged among 20 changes, those of the pages (Benjamini–Hochberg).");
    }

    #[test]
    fn what_is_looked_at_every_day_needs_stronger_evidence_than_what_is_over() {
        for (looks, verdict, told) in [(1.0, Verdict::Worse, false), (7.0, Verdict::Noise, true)] {
            let mut figure = Figure::rate(ERRORS, (140, 1_000), Some((108, 1_000)));
            correct(Family { name: "pages", looks }, [&mut figure]);
            let change = figure.change.expect("compared");
            assert_eq!((change.verdict, change.judged.contains("every day")), (verdict, told));
        }
    }

    #[test]
    fn more_views_on_slow_devices_are_not_a_slower_page() {
        let (mut desktop, mut mobile) = (QuantileSketch::new(), QuantileSketch::new());
        desktop.extend((0..2_000).map(|step| 800 + step % 400));
        mobile.extend((0..2_000).map(|step| 3_000 + step % 400));
        let times = |sketch: &QuantileSketch, times: usize| {
            let mut sum = QuantileSketch::new();
            (0..times).for_each(|_| sum.merge(sketch));
            sum
        };
        let (many_desktop, many_mobile) = (times(&desktop, 9), times(&mobile, 9));
        let parts = |desktop, mobile| {
            let part = |device, sketch| VitalPart { device, sketch, effect: 1.0 };
            [part("desktop", desktop), part("mobile", mobile)]
        };
        let (before, now) = (parts(&many_desktop, &mobile), parts(&desktop, &many_mobile));
        let figure = Figure::vital(Vital::Lcp, &now, Some(&before));
        let change = figure.change.as_ref().expect("compared");
        assert_eq!((change.verdict, change.difference, figure.rating), (Verdict::Mix, 0.0, Some("needs-improvement")));
        let mut family = [figure];
        correct(Family { name: "vitals", looks: 7.0 }, &mut family);
        assert_eq!(family[0].change.as_ref().map(|change| change.verdict), Some(Verdict::Mix));
        // On one device only it is slower, whatever the mix.
        let mut slower = QuantileSketch::new();
        slower.extend((0..18_000).map(|step| 3_600 + step % 400));
        let figure = Figure::vital(Vital::Lcp, &parts(&desktop, &slower), Some(&before));
        assert_eq!(figure.change.map(|change| change.verdict), Some(Verdict::Worse));
        // A kind of device that is new cannot be compared, when many have it.
        let figure = Figure::vital(Vital::Lcp, &now, Some(&before[..1]));
        assert_eq!(figure.change.map(|change| change.verdict), Some(Verdict::Unknown));
    }
}
