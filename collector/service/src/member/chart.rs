//! Charts as inline SVG: drawn by charts-rs in stand-in colours, which become CSS variables so that they follow the
//! theme. Each comes wide and narrow, with a sentence for those who cannot see it; its table is the template's.

use super::format::{count, counted, day, hour_of, plain};
use super::mark::{ListedMark, Spread};
use charts_rs::{BarChart, Box as Margin, Color, LineChart, Series, SeriesBand, SeriesCategory, Symbol, YAxisConfig};
use jiff::civil::Date;
use rapport_report::figure::{SMALL_N, TrendPoint};
use rapport_report::overview::TrendDay;
use rapport_report::survey::Bar;
use std::ops::Range;

/// A chart in both widths.
#[derive(Clone, Debug)]
pub struct Chart {
    /// SVG for wide screens.
    pub wide: String,
    /// SVG for narrow screens.
    pub narrow: String,
    /// What it shows, in a sentence.
    pub summary: String,
    /// How the day that is not over is told from the others, wide and narrow: a class of the legend, empty without such a day.
    pub running: [&'static str; 2],
    /// Whether some of its points rest on too few to act on.
    pub small: bool,
    /// Where its points are, wide and narrow.
    pub spread: [Spread; 2],
    /// What is marked on it: see [`super::mark`].
    pub marks: Vec<ListedMark>,
}

/// The days of a chart that are not like the others.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edges<'a> {
    /// The first day with data, as `2026-03-31`: before it nothing was measured, which is not 0. Empty when nothing ever was.
    pub first: &'a str,
    /// The day that is not over; empty where all days are.
    pub running: &'a str,
}

impl Edges<'_> {
    /// Whether the days from `from` to `to` hold the one that is not over.
    fn run(&self, from: &str, to: &str) -> bool {
        let cut = |label: &str| self.running.get(..label.len()).unwrap_or(self.running);
        !self.running.is_empty() && from <= cut(from) && cut(to) <= to
    }
}

/// Class of the legend for a lighter bar.
const LIGHTER: &str = "running";
/// Class of the legend for a dashed line to a hollow point.
const DASHED: &str = "unfinished";

/// A colour of the style sheet. Its place is the blue of the stand-in that charts-rs draws with.
#[derive(Clone, Copy)]
enum Paint {
    Text,
    Grid,
    Main,
    Bad,
    Before,
    MainRunning,
    BadRunning,
    Low,
    Middle,
    High,
    Surface,
}

const PAINTS: [(Paint, &str); 11] = [
    (Paint::Text, "--chart-text"),
    (Paint::Grid, "--chart-grid"),
    (Paint::Main, "--chart-main"),
    (Paint::Bad, "--chart-bad"),
    (Paint::Before, "--chart-before"),
    (Paint::MainRunning, "--chart-main-running"),
    (Paint::BadRunning, "--chart-bad-running"),
    (Paint::Low, "--chart-low"),
    (Paint::Middle, "--chart-middle"),
    (Paint::High, "--chart-high"),
    (Paint::Surface, "--surface"),
];

impl Paint {
    fn color(self) -> Color {
        Color { r: 1, g: 254, b: self as u8, a: 255 }
    }
}

/// Width and height in pixels.
const WIDE: (f32, f32) = (1080.0, 240.0);
const HALF: (f32, f32) = (540.0, 220.0);
const NARROW: (f32, f32) = (340.0, 200.0);
/// On a card, wide or narrow.
const CARD: (f32, f32) = (320.0, 120.0);

/// Room that a bar needs to be told from its neighbours, in pixels.
const BAR_PX: f32 = 16.0;
/// Font size of axes, in pixels at the size it is drawn for.
const FONT_PX: f32 = 11.0;

/// Replaces stand-ins by variables, and takes away what a strict content security policy would refuse.
fn themed(svg: &str) -> String {
    let mut svg = svg.to_owned();
    if let (Some(start), Some(end)) = (svg.find("<style"), svg.find("</style>")) {
        svg.replace_range(start..end + "</style>".len(), "");
    }
    for (paint, variable) in PAINTS {
        svg = svg.replace(&format!("\"{}\"", paint.color().hex()), &format!("\"var({variable})\""));
    }
    svg.replace(" font-family=\"Roboto\"", "").replacen("<svg ", "<svg aria-hidden=\"true\" focusable=\"false\" ", 1)
}

/// What is told of a point that is pointed at, by what its place on the axis is called.
type Tips = Vec<(String, String)>;

/// Tells more of each point than the drawing knows: every hit area says which place on the axis it is of.
fn told(svg: &str, tips: &Tips) -> String {
    let mut parts = svg.split(HIT);
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        told += HIT;
        let label = between(part, "data-category=\"", "\"").map(|found| &part[found]);
        match tips.iter().position(|(of, _)| Some(escaped(of).as_str()) == label) {
            Some(place) => told += &with_tip(part, &tips[place].1, (place, tips.len())),
            None => told += part,
        }
    }
    told
}

/// Begins a hit area; what is told of it follows as its title and as a text beside it.
const HIT: &str = "class=\"ct-trigger\"";

/// Where the text between two others is.
fn between(text: &str, before: &str, after: &str) -> Option<Range<usize>> {
    let start = text.find(before)? + before.len();
    Some(start..start + text[start..].find(after)?)
}

/// The rest of a hit area with another text. At the ends of the axis the text runs towards its middle.
fn with_tip(part: &str, tip: &str, (place, places): (usize, usize)) -> String {
    let mut part = part.to_owned();
    let tip = escaped(tip);
    if let Some(title) = between(&part, "<title>", "</title>") {
        part.replace_range(title, &tip);
    }
    let Some(beside) = part.find("class=\"ct-tip\"") else { return part };
    let start = part[..beside].rfind("<text").unwrap_or(beside);
    let Some(end) = part[start..].find("</text>").map(|end| start + end) else { return part };
    let Some(inside) = part[start..end].find('>').map(|mark| start + mark + 1) else { return part };
    part.replace_range(inside..end, &tip);
    let anchor = match place * 3 / places.max(1) {
        0 => "start",
        1 => "middle",
        _ => "end",
    };
    let tag = part[start..inside].replace("text-anchor=\"middle\"", &format!("text-anchor=\"{anchor}\""));
    part.replace_range(start..inside, &tag);
    part
}

/// A text as XML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}

fn axes(base: &mut charts_rs::ChartBase, y_axes: &mut Vec<YAxisConfig>, (width, height): (f32, f32)) {
    base.width = width;
    base.height = height;
    base.margin = Margin { left: 4.0, top: 10.0, right: 6.0, bottom: 0.0 };
    base.background_color = Color::transparent();
    base.title.height = 0.0;
    base.legend.show = Some(false);
    base.grid.stroke_color = Paint::Grid.color();
    base.x_axis.font.size = FONT_PX;
    base.x_axis.font.color = Paint::Text.color();
    base.x_axis.stroke_color = Paint::Grid.color();
    base.x_axis.height = 24.0;
    base.tooltip.show = true;
    base.tooltip.font.size = FONT_PX + 1.0;
    base.tooltip.font.color = Paint::Text.color();
    base.series.label.font.size = FONT_PX;
    base.series.label.font.color = Paint::Text.color();
    if y_axes.is_empty() {
        y_axes.push(YAxisConfig::default());
    }
    for axis in y_axes {
        axis.font.size = FONT_PX;
        axis.font.color = Paint::Text.color();
        axis.split_number = 4;
        axis.formatter = Some("{t}".to_owned());
    }
}

/// Steps of an axis of counts, at most.
const STEPS: u64 = 4;

/// An axis of counts up to `most`: whole numbers only, as there is no half a view.
fn whole_steps(y_axes: &mut [YAxisConfig], most: u64) {
    let least = most.div_ceil(STEPS).max(1);
    let ten = 10_u64.pow(least.ilog10());
    let step = [1, 2, 5, 10].into_iter().map(|of_ten| of_ten * ten).find(|step| *step >= least).unwrap_or(least);
    let steps = most.div_ceil(step).max(1);
    for axis in y_axes {
        (axis.min, axis.max) = (Some(0.0), Some((steps * step) as f32));
        axis.split_number = steps as usize;
    }
}

/// The most views of a day of the trend, or of its previous period.
fn most_views(trend: &[TrendDay]) -> u64 {
    trend.iter().map(|day| day.views.max(day.views_before.unwrap_or(0))).max().unwrap_or(0)
}

/// What an axis calls its points: days, or hours, which name their day too where there are two.
fn labels<'a>(points: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let date = |point: &'a str| point.split('T').next().unwrap_or(point);
    let is_one_day = points.clone().zip(points.clone().skip(1)).all(|(one, next)| date(one) == date(next));
    let label = |point: &'a str| match (hour_of(point), date(point).parse::<Date>()) {
        (Some(hour), Ok(date)) if !is_one_day => format!("{} {hour}", date.strftime("%a")),
        _ => short_day(point),
    };
    points.map(label).collect()
}

/// A day as an axis shows it: `31 Mar`; an hour: `14:00`.
pub fn short_day(day: &str) -> String {
    if let Some(hour) = hour_of(day) {
        return hour.to_owned();
    }
    day.parse::<Date>().map_or_else(|_| day.to_owned(), |date| date.strftime("%-d %b").to_string())
}

fn both(
    draw: impl Fn((f32, f32)) -> charts_rs::Result<String>,
    [wide, narrow]: [(f32, f32); 2],
    summary: String,
) -> Option<Chart> {
    match (draw(wide), draw(narrow)) {
        (Ok(wide), Ok(narrow)) => {
            let (wide, narrow) = (themed(&wide), themed(&narrow));
            let (running, spread) = Default::default();
            Some(Chart { wide, narrow, summary, running, small: false, spread, marks: Vec::new() })
        }
        (Err(error), _) | (_, Err(error)) => {
            // The table below the chart still says everything.
            tracing::error!(%error, "a chart could not be drawn");
            None
        }
    }
}

/// Bars need room to be told apart; where there is none, areas show the same.
fn has_room_for_bars(days: usize, (width, _): (f32, f32)) -> bool {
    width / days as f32 >= BAR_PX
}

/// Views by day with those that met a failure, and the previous period as a line. What is not over is lighter as a bar, and
/// dashed as a line.
pub fn views(trend: &[TrendDay], edges: Edges<'_>) -> Option<Chart> {
    let total: u64 = trend.iter().map(|day| day.views).sum();
    if total == 0 {
        return None;
    }
    let failed: u64 = trend.iter().map(|day| day.failed_views).sum();
    let most = trend.iter().max_by_key(|day| day.views)?;
    let is_running = |day: &TrendDay| edges.run(&day.day, &day.day);
    let running = trend.iter().find(|day| is_running(day)).map_or_else(String::new, |day| {
        format!(" {} is not over: {} so far.", short_day(&day.day), counted(day.views, "views"))
    });
    let summary = format!(
        "{} by {}, of which {failed} met a failure; most, {}, on {}.{running}",
        counted(total, "views"),
        if hour_of(&most.day).is_some() { "hour" } else { "day" },
        most.views,
        if hour_of(&most.day).is_some() { day(&most.day) } else { short_day(&most.day) }
    );
    let values = |value: &dyn Fn(&TrendDay) -> u64| trend.iter().map(|day| Some(value(day) as f32)).collect::<Vec<_>>();
    let draw = |size: (f32, f32)| {
        if !has_room_for_bars(trend.len(), size) {
            return view_areas(trend, edges, size);
        }
        let mut series: Vec<Series> = vec![
            ("Met a failure", values(&|day| day.failed_views)).into(),
            ("Went well", values(&|day| day.views - day.failed_views.min(day.views))).into(),
        ];
        series.iter_mut().for_each(|series| series.stack = Some("views".to_owned()));
        for (one, (whole, part)) in
            series.iter_mut().zip([(Paint::Bad, Paint::BadRunning), (Paint::Main, Paint::MainRunning)])
        {
            let paint = |day| if is_running(day) { part } else { whole };
            one.colors = Some(trend.iter().map(|day| Some(paint(day).color())).collect());
        }
        series.extend(before_line(trend));
        let mut chart = BarChart::new(series, labels(trend.iter().map(|day| day.day.as_str())));
        axes(&mut chart.base, &mut chart.y_axis_configs, size);
        whole_steps(&mut chart.y_axis_configs, most_views(trend));
        chart.radius = Some(1.5);
        chart.series.stroke_width = 1.5;
        chart.series.colors = vec![Paint::Bad.color(), Paint::Main.color(), Paint::Before.color()];
        chart.svg()
    };
    let tips = view_tips(trend, edges);
    let mut chart = both(|size| Ok(told(&draw(size)?, &tips)), [WIDE, NARROW], summary)?;
    chart.spread =
        [WIDE, NARROW].map(|size| if has_room_for_bars(trend.len(), size) { Spread::Middles } else { Spread::Ends });
    if trend.iter().any(is_running) {
        chart.running = [WIDE, NARROW].map(|size| if has_room_for_bars(trend.len(), size) { LIGHTER } else { DASHED });
    }
    Some(chart)
}

/// What is told of each day: its views, those that met a failure, and of how many in all.
fn view_tips(trend: &[TrendDay], edges: Edges<'_>) -> Tips {
    let total: u64 = trend.iter().map(|day| day.views).sum();
    let names = labels(trend.iter().map(|day| day.day.as_str()));
    let tip = |(name, one): (String, &TrendDay)| {
        let so_far = if edges.run(&one.day, &one.day) { " so far" } else { "" };
        let before = one.views_before.map_or_else(String::new, |before| format!("; before {}", count(before)));
        let tip = format!(
            "{}: {}{so_far} of {}, {} met a failure{before}",
            day(&one.day),
            counted(one.views, "views"),
            count(total),
            count(one.failed_views)
        );
        (name, tip)
    };
    names.into_iter().zip(trend).map(tip).collect()
}

/// The previous period as a dashed line, when it is compared with.
fn before_line(trend: &[TrendDay]) -> Option<Series> {
    trend.iter().any(|day| day.views_before.is_some()).then(|| {
        let values: Vec<_> = trend.iter().map(|day| day.views_before.map(|views| views as f32)).collect();
        let mut before: Series = ("Previous period", values).into();
        before.category = Some(SeriesCategory::Line);
        before.stroke_dash_array = Some("3,3".to_owned());
        before.symbol = Some(Symbol::None);
        before.fill = Some(false);
        before.index = Some(2);
        before
    })
}

/// A point of a line, hollow or filled.
fn point(inside: Paint) -> Symbol {
    Symbol::Circle(2.5, Some(inside.color()))
}

/// Leaves a series the values at such places, with their part of its band.
fn keep(series: &mut Series, kept: Range<usize>) {
    let cut = |values: &mut Vec<Option<f32>>| {
        let left_out = values.iter_mut().enumerate().filter(|(place, _)| !kept.contains(place));
        left_out.for_each(|(_, value)| *value = None);
    };
    cut(&mut series.data);
    if let Some(band) = &mut series.band {
        cut(&mut band.lower);
        cut(&mut band.upper);
    }
}

/// The last piece of a line, dashed to the hollow point at `place`, which is not over. Its other end is hollow too, until
/// what it continues is drawn over it.
fn unfinished(line: &Series, place: usize) -> Series {
    let mut piece = line.clone();
    keep(&mut piece, place.saturating_sub(1)..place + 1);
    piece.stroke_dash_array = Some("3,3".to_owned());
    piece.symbol = Some(point(Paint::Surface));
    piece.fill = Some(false);
    piece
}

/// A count by day as an area that begins with the data and ends with the last day that is over, and the piece that leads from
/// there to the day that is not. `place` is that of its colour.
fn area(
    trend: &[TrendDay],
    edges: Edges<'_>,
    place: usize,
    name: &str,
    value: impl Fn(&TrendDay) -> u64,
) -> Vec<Series> {
    let known = |day: &TrendDay| (day.day.as_str() >= edges.first).then(|| value(day) as f32);
    let mut area: Series = (name, trend.iter().map(known).collect::<Vec<_>>()).into();
    area.index = Some(place);
    let mut all = Vec::new();
    if let Some(running) = trend.iter().position(|day| edges.run(&day.day, &day.day)) {
        let mut piece = unfinished(&area, running);
        let mut end = piece.clone();
        keep(&mut end, running..running + 1);
        piece.symbol = Some(Symbol::None);
        keep(&mut area, 0..running);
        all.extend([piece, end]);
    }
    // One day alone is no area.
    let is_line = area.data.iter().flatten().count() > 1;
    area.symbol = Some(if is_line { Symbol::None } else { point([Paint::Main, Paint::Bad][place]) });
    area.fill = Some(true);
    all.push(area);
    all
}

/// Views by day as areas, one before the other: all views, and those that met a failure.
fn view_areas(trend: &[TrendDay], edges: Edges<'_>, size: (f32, f32)) -> charts_rs::Result<String> {
    let mut series = area(trend, edges, 0, "Views", |day| day.views);
    series.extend(area(trend, edges, 1, "Met a failure", |day| day.failed_views));
    series.extend(before_line(trend));
    let mut chart = LineChart::new(series, labels(trend.iter().map(|day| day.day.as_str())));
    axes(&mut chart.base, &mut chart.y_axis_configs, size);
    whole_steps(&mut chart.y_axis_configs, most_views(trend));
    chart.x_axis.boundary_gap = Some(false);
    chart.series.stroke_width = 1.5;
    chart.series.fill_opacity = Some(0.45);
    chart.series.colors = vec![Paint::Main.color(), Paint::Bad.color(), Paint::Before.color()];
    chart.svg()
}

/// How often each score or choice was given.
pub fn distribution(bars: &[Bar]) -> Option<Chart> {
    let total: u64 = bars.iter().map(|bar| bar.answers).sum();
    let most = bars.iter().max_by_key(|bar| bar.answers).filter(|_| total > 0)?;
    let (all, often) = (counted(total, "answers"), counted(most.answers, "times"));
    let summary = format!("Distribution of {all}; most often, {often}: {}.", most.label);
    let draw = |size| {
        let mut series: Series =
            ("Answers", bars.iter().map(|bar| Some(bar.answers as f32)).collect::<Vec<_>>()).into();
        let paint = |bar: &Bar| match bar.standing {
            "low" => Paint::Low,
            "middle" => Paint::Middle,
            "high" => Paint::High,
            _ => Paint::Main,
        };
        series.colors = Some(bars.iter().map(|bar| Some(paint(bar).color())).collect());
        series.label_show = true;
        let mut chart = BarChart::new(vec![series], bars.iter().map(|bar| bar.label.clone()).collect());
        axes(&mut chart.base, &mut chart.y_axis_configs, size);
        whole_steps(&mut chart.y_axis_configs, most.answers);
        chart.margin.top = 18.0;
        chart.tooltip.show = false;
        chart.radius = Some(3.0);
        chart.series.colors = vec![Paint::Main.color()];
        chart.series.label.formatter = "{t}".to_owned();
        chart.svg()
    };
    both(draw, [HALF, NARROW], summary)
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_report::figure::{Better, Figure, FigureKind, Unit};

    fn bar(label: &str, answers: u64) -> Bar {
        const SHARE: FigureKind = FigureKind {
            name: "share",
            label: "Share",
            unit: Unit::Percent,
            of: "answers",
            better: Better::Higher,
            definition: "Share.",
        };
        Bar {
            value: label.into(),
            label: label.into(),
            answers,
            share: Figure::rate(SHARE, (answers, 10), None),
            standing: "low",
        }
    }

    #[test]
    fn labels_are_text_and_colours_are_variables() {
        let hostile = "</text><script>alert(1)</script>\" onload=\"x";
        let chart = distribution(&[bar(hostile, 3), bar("fine", 7)]).expect("a chart");
        for svg in [&chart.wide, &chart.narrow] {
            assert!(!svg.contains("<script"), "{svg}");
            assert!(!svg.contains("<style") && !svg.contains(" style="), "{svg}");
            assert!(svg.contains("var(--chart-low)"), "{svg}");
            assert!(!svg.contains("#01FE"), "{svg}");
            assert!(!svg.contains("Roboto"), "{svg}");
        }
    }

    #[test]
    fn an_axis_of_counts_shows_no_part_of_a_view() {
        let day = |views, views_before| TrendDay { day: "2026-05-04".into(), views, failed_views: 0, views_before };
        for (most, top) in [(1, "1"), (3, "3"), (4, "4"), (5, "6"), (17, "20"), (3_800, "4,000")] {
            for trend in [[day(most, None), day(0, None)], [day(1, None), day(0, Some(most))]] {
                let chart = views(&trend, Edges::default()).expect("a chart");
                let labels: Vec<_> =
                    chart.wide.split("<text").skip(1).filter_map(|rest| rest.split('>').nth(1)).collect();
                let labels: Vec<_> = labels.iter().filter_map(|label| label.split('<').next()).map(str::trim).collect();
                assert!(labels.iter().all(|label| !label.contains('.')), "{most}: {labels:?}");
                assert!(labels.contains(&top), "{most}: {labels:?}");
            }
        }
    }

    #[test]
    fn a_point_that_is_pointed_at_tells_its_days_its_value_its_n_and_of_how_many() {
        let point = |from: &str, to: &str, value: f64, n| TrendPoint {
            from: from.into(),
            to: to.into(),
            value: Some(value),
            low: Some(value - 10.0),
            high: Some(value + 10.0),
            n,
        };
        let points = [point("2026-03-01", "2026-03-03", 60.0, 12), point("2026-03-04", "2026-03-06", 70.5, 40)];
        let edges = Edges { running: "2026-03-06", ..Edges::default() };
        let chart = score_trend(&points, edges, "CSAT").expect("a chart");
        for tip in [
            "1 Mar to 3 Mar 2026: 60.0 (50.0 to 70.0), n 12 of 52",
            "4 Mar to 6 Mar 2026, so far: 70.5 (60.5 to 80.5), n 40 of 52",
        ] {
            for svg in [&chart.wide, &chart.narrow] {
                assert!(svg.contains(&format!("<title>{tip}</title>")), "{tip}: {svg}");
                assert!(svg.matches(tip).count() >= 2, "as a text beside the point, too: {svg}");
            }
        }
        // 12 answers are too few to act on, and their point is hollow over the filled one.
        assert!(chart.small);
        let many = score_trend(&[point("2026-03-01", "2026-03-03", 60.0, 30), points[1].clone()], edges, "CSAT");
        assert!(!many.expect("a chart").small);
        let day = |day: &str, views| TrendDay { day: day.into(), views, failed_views: 2, views_before: Some(7) };
        let hours = [day("2026-03-01T14:00+01:00", 9), day("2026-03-02T14:00+01:00", 3)];
        let edges = Edges { running: "2026-03-02T14:00+01:00", ..Edges::default() };
        let chart = views(&hours, edges).expect("a chart");
        for tip in [
            "1 Mar 2026, 14:00: 9 views of 12, 2 met a failure; before 7",
            "2 Mar 2026, 14:00: 3 views so far of 12, 2 met a failure; before 7",
        ] {
            assert!(chart.wide.contains(&format!("<title>{tip}</title>")), "{tip}: {}", chart.wide);
        }
        assert!(chart.wide.contains("Sun 14:00") && chart.wide.contains("Mon 14:00"), "two days tell theirs apart");
        assert!(chart.summary.contains("12 views by hour"), "{}", chart.summary);
        assert_eq!(card_trend(&points[..1], Edges::default(), "CSAT").map(|chart| chart.wide), None);
        let card = card_trend(&points, Edges::default(), "CSAT").expect("a chart");
        assert!(card.wide.contains("var(--chart-main)") && card.wide == card.narrow);
    }

    #[test]
    fn a_chart_of_nothing_is_none() {
        assert!(distribution(&[bar("0", 0)]).is_none());
        assert!(views(&[], Edges::default()).is_none());
        assert!(score_trend(&[], Edges::default(), "NPS").is_none());
    }

    #[test]
    fn a_trend_shows_its_band_and_the_previous_period() {
        let day = |day: &str, views| TrendDay {
            day: day.into(),
            views,
            failed_views: views / 5,
            views_before: Some(views + 5),
        };
        let days = [day("2026-03-01", 100), day("2026-03-02", 200)];
        let running = views(&days, Edges { running: "2026-03-02", ..Edges::default() }).expect("a chart");
        assert!(running.summary.contains("2 Mar is not over: 200 views so far."), "{}", running.summary);
        for svg in [&running.wide, &running.narrow] {
            assert_eq!(svg.matches("var(--chart-main-running)").count(), 1, "{svg}");
            assert_eq!(svg.matches("var(--chart-bad-running)").count(), 1, "{svg}");
        }
        let chart = views(&days, Edges::default()).expect("a chart");
        assert!(!chart.wide.contains("-running") && !chart.summary.contains("so far"));
        assert!(chart.summary.contains("300 views by day") && chart.summary.contains("on 2 Mar"), "{}", chart.summary);
        assert!(chart.wide.contains("var(--chart-before)") && chart.wide.contains("var(--chart-bad)"));
        let point = |value| TrendPoint {
            from: "2026-03-01".into(),
            to: "2026-03-03".into(),
            value,
            low: value.map(|value| value - 10.0),
            high: value.map(|value| value + 10.0),
            n: 40,
        };
        let chart = score_trend(&[point(Some(20.0)), point(None), point(Some(30.0))], Edges::default(), "NPS")
            .expect("a chart");
        assert!(chart.wide.contains("var(--chart-main)"));
    }

    /// The points of each line or area that is drawn with such a stroke, by their abscissas in pixels.
    fn strokes(svg: &str, color: &str, dashed: bool) -> Vec<Vec<f32>> {
        let paths = svg.split("<path").skip(1).filter_map(|rest| rest.split("/>").next());
        let paths = paths.filter(|path| path.contains(&format!("stroke=\"var({color})\"")));
        let paths = paths.filter(|path| path.contains("stroke-dasharray") == dashed);
        let points = |path: &str| -> Vec<f32> {
            let drawn = path.split('"').nth(1).expect("a path has points");
            let points = drawn.split(['M', 'L']).map(str::trim).filter(|point| !point.is_empty());
            points
                .map(|point| point.split([',', ' ']).next().and_then(|x| x.parse().ok()).expect("an abscissa"))
                .collect()
        };
        paths.map(points).collect()
    }

    /// The points that are drawn, without the areas that are pointed at.
    fn points(svg: &str) -> usize {
        let circles = svg.split("<circle").skip(1).filter_map(|rest| rest.split('>').next());
        circles.filter(|circle| !circle.contains(HIT)).count()
    }

    #[test]
    fn the_day_that_runs_is_no_drop_of_an_area_and_days_before_the_data_are_not_0() {
        let trend: Vec<_> = (1..=90)
            .map(|day| {
                let date = "2026-01-01".parse::<Date>().expect("a day").saturating_add(jiff::ToSpan::days(day - 1));
                let views = if day <= 60 { 0 } else { 100 };
                TrendDay { day: date.to_string(), views, failed_views: views / 5, views_before: None }
            })
            .collect();
        let (first, running) = (trend[60].day.clone(), trend[89].day.clone());
        let chart = views(&trend, Edges { first: &first, running: &running }).expect("a chart");
        assert_eq!(chart.running, ["unfinished"; 2]);
        for svg in [&chart.wide, &chart.narrow] {
            for color in ["--chart-main", "--chart-bad"] {
                let lengths = |dashed| strokes(svg, color, dashed).iter().map(Vec::len).collect::<Vec<_>>();
                assert_eq!(
                    lengths(true).first(),
                    Some(&2),
                    "from the last day that is over to the one that runs: {svg}"
                );
                assert_eq!(lengths(false).first(), Some(&29), "days 61 to 89: {svg}");
            }
            assert_eq!(points(svg), 2, "a hollow point ends each: {svg}");
        }
        let over = views(&trend, Edges { first: &first, running: "" }).expect("a chart");
        assert_eq!(over.running, [""; 2]);
        assert_eq!(strokes(&over.wide, "--chart-main", false)[0].len(), 30);
        assert!(!over.wide.contains("stroke-dasharray") && points(&over.wide) == 0, "{}", over.wide);
        // Data that began today, or ended with its first day, is a point and no empty chart.
        for edges in [Edges { first: &running, running: &running }, Edges { first: &running, running: "" }] {
            assert_eq!(points(&views(&trend, edges).expect("a chart").wide), 2, "{edges:?}");
        }
    }

    #[test]
    fn a_point_of_a_trend_whose_days_are_not_over_is_told_from_the_others() {
        let point = |from: &str, to: &str, value: Option<f64>| TrendPoint {
            from: from.into(),
            to: to.into(),
            value,
            low: value.map(|value| value - 5.0),
            high: value.map(|value| value + 5.0),
            n: 40,
        };
        let points = [
            point("2026-03-01", "2026-03-03", Some(60.0)),
            point("2026-03-04", "2026-03-06", Some(70.0)),
            point("2026-03-07", "2026-03-09", Some(20.0)),
        ];
        let edges = Edges { first: "2026-02-01", running: "2026-03-09" };
        for chart in [score_trend(&points, edges, "CSAT"), lcp_trend(&points, edges)] {
            let chart = chart.expect("a chart");
            assert_eq!(chart.running, ["unfinished"; 2]);
            let [whole, dashed] = [false, true].map(|dashed| strokes(&chart.wide, "--chart-main", dashed));
            assert_eq!((whole[0].len(), dashed[0].len()), (2, 2), "{}", chart.wide);
            assert_eq!(whole[0][1], dashed[0][0], "the piece goes on where the line ends");
        }
        // Where nothing was answered since, there is no such point to mark.
        let [one, two, _] = points.clone();
        let none = score_trend(&[one, two, point("2026-03-07", "2026-03-09", None)], edges, "CSAT").expect("a chart");
        assert_eq!(none.running, [""; 2]);
        let over = score_trend(&points, Edges { running: "", ..edges }, "CSAT").expect("a chart");
        assert_eq!(strokes(&over.wide, "--chart-main", false)[0].len(), 3);
        assert!(!over.wide.contains("stroke-dasharray"), "{}", over.wide);
    }
}
