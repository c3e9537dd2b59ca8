//! A figure over time, with its interval.

use super::super::format::{count, day, plain};
use super::tip::{Tips, told};
use super::{CARD, Chart, DASHED, Edges, HALF, NARROW, Paint, axes, both, keep, labels, point, short_day, unfinished};
use charts_rs::{LineChart, Series, SeriesBand};
use rapport_report::figure::{SMALL_N, TrendPoint};

/// How a figure is drawn over time.
struct Line<'a> {
    /// What it is called.
    name: &'a str,
    /// Values are divided by it.
    unit: f64,
    /// The ends of its axis.
    limits: (Option<f32>, Option<f32>),
    /// How the axis writes a value.
    format: &'a str,
    /// What the chart shows, in a sentence.
    summary: String,
    /// Wide and narrow.
    sizes: [(f32, f32); 2],
}

/// What is told of each point: its days, the value with its interval, and on how many it rests of how many in all.
fn point_tips(points: &[TrendPoint], edges: Edges<'_>, unit: f64, format: &str) -> Tips {
    let total: u64 = points.iter().map(|point| point.n).sum();
    let names = labels(points.iter().map(|point| point.from.as_str()));
    let number = |value: f64| format.replace("{c}", &plain(value / unit, 1));
    let tip = |(name, point): (String, &TrendPoint)| {
        let days = if point.from == point.to {
            day(&point.from)
        } else {
            format!("{} to {}", short_day(&point.from), day(&point.to))
        };
        let so_far = if edges.run(&point.from, &point.to) { ", so far" } else { "" };
        let value = point.value.map_or_else(|| "–".to_owned(), number);
        let interval = point.low.zip(point.high);
        let interval =
            interval.map_or_else(String::new, |(low, high)| format!(" ({} to {})", number(low), number(high)));
        (name, format!("{days}{so_far}: {value}{interval}, n {} of {}", count(point.n), count(total)))
    };
    names.into_iter().zip(points).map(tip).collect()
}

/// A figure over time with its 95 % interval as a band. The last piece, to a point whose days are not over, is dashed, and points that rest
/// on too few to act on are hollow.
fn line(points: &[TrendPoint], edges: Edges<'_>, line: Line<'_>) -> Option<Chart> {
    let Line { name, unit, limits, format, summary, sizes } = line;
    points.iter().find(|point| point.value.is_some())?;
    let running = points.iter().position(|point| point.value.is_some() && edges.run(&point.from, &point.to));
    let is_small = |point: &TrendPoint| point.value.is_some() && point.n < SMALL_N;
    let tips = point_tips(points, edges, unit, format);
    let draw = |size| {
        let bound = |bound: fn(&TrendPoint) -> Option<f64>| {
            let bounds = points.iter().map(|point| point.value.and(bound(point)));
            bounds.map(|bound| bound.map(|value| (value / unit) as f32)).collect::<Vec<_>>()
        };
        let mut whole: Series = (name, bound(|point| point.value)).into();
        whole.band = Some(SeriesBand {
            lower: bound(|point| point.low.or(point.value)),
            upper: bound(|point| point.high.or(point.value)),
            stroke_width: None,
        });
        whole.symbol = Some(point(Paint::Main));
        whole.index = Some(0);
        let hollow = |place: usize| {
            let mut point = unfinished(&whole, place);
            keep(&mut point, place..place + 1);
            point.band = None;
            point
        };
        let small: Vec<_> = (0..points.len()).filter(|place| is_small(&points[*place])).map(hollow).collect();
        let mut series = Vec::new();
        if let Some(place) = running {
            series.push(unfinished(&whole, place));
            keep(&mut whole, 0..place);
        }
        series.push(whole);
        series.extend(small);
        let mut chart = LineChart::new(series, labels(points.iter().map(|point| point.from.as_str())));
        axes(&mut chart.base, &mut chart.y_axis_configs, size);
        chart.series.stroke_width = 2.0;
        chart.series.colors = vec![Paint::Main.color()];
        chart.series.fill_opacity = Some(0.16);
        for axis in &mut chart.y_axis_configs {
            (axis.min, axis.max) = limits;
            axis.formatter = Some(format.to_owned());
            if size == CARD {
                axis.split_number = 2;
            }
        }
        chart.svg().map(|svg| told(&svg, &tips))
    };
    let mut chart = both(draw, sizes, summary)?;
    chart.small = points.iter().any(is_small);
    if running.is_some() {
        chart.running = [DASHED; 2];
    }
    Some(chart)
}

/// A score over time with its 95 % interval as a band.
pub fn score_trend(points: &[TrendPoint], edges: Edges<'_>, label: &str) -> Option<Chart> {
    score_line(points, edges, label, [HALF, NARROW])
}

/// The same beside the score itself; none of a single point, which is the score.
pub fn card_trend(points: &[TrendPoint], edges: Edges<'_>, label: &str) -> Option<Chart> {
    let known = points.iter().filter(|point| point.value.is_some()).count();
    if known > 1 { score_line(points, edges, label, [CARD, CARD]) } else { None }
}

fn score_line(points: &[TrendPoint], edges: Edges<'_>, label: &str, sizes: [(f32, f32); 2]) -> Option<Chart> {
    let known = || points.iter().filter_map(|point| point.value);
    let (first, last) = (known().next()?, known().next_back()?);
    let summary = format!("{label} over time with its 95 % interval: from {first:.1} to {last:.1}.");
    let limits = match label {
        "NPS" => (Some(-100.0), Some(100.0)),
        "CSAT" => (Some(0.0), Some(100.0)),
        "CES" => (Some(1.0), Some(7.0)),
        _ => (None, None),
    };
    line(points, edges, Line { name: label, unit: 1.0, limits, format: "{c}", summary, sizes })
}

/// p75 of LCP over time with its 95 % interval as a band, in seconds.
pub fn lcp_trend(points: &[TrendPoint], edges: Edges<'_>) -> Option<Chart> {
    let known = || points.iter().filter_map(|point| point.value);
    let (first, last) = (known().next()? / 1_000.0, known().next_back()? / 1_000.0);
    let summary = format!("p75 of LCP over time with its 95 % interval: from {first:.1} s to {last:.1} s.");
    let limits = (Some(0.0), None);
    line(
        points,
        edges,
        Line { name: "LCP, p75", unit: 1_000.0, limits, format: "{c} s", summary, sizes: [HALF, NARROW] },
    )
}
