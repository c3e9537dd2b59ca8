//! Charts as inline SVG: drawn by charts-rs in stand-in colours, which become CSS variables so that they follow the
//! theme. Each comes wide and narrow, with a sentence for those who cannot see it; its table is the template's.

#[cfg(test)]
mod chart_test;
mod distribution;
mod sankey;
mod tip;
mod trend;
mod views;

pub use distribution::distribution;
pub use sankey::{sankey, stop_label};
pub use trend::{card_trend, lcp_trend, score_trend};
pub use views::views;

use super::format::hour_of;
use super::mark::{ListedMark, Spread};
use charts_rs::{Box as Margin, Color, Series, Symbol, YAxisConfig};
use jiff::civil::Date;
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
