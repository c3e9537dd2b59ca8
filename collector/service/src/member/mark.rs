//! Marks on charts with a time axis: a numbered line at each release and note, and the list of them below the chart. They are drawn
//! into the SVG that charts-rs made, between the ends of the grid line that it drew.

use super::chart::Chart;
use super::format::TimeText;
use super::frame::Frame;
use super::score::ScoreCard;
use jiff::Timestamp;
use rapport_report::annotation::{Mark, Marks};
use rapport_report::figure::TrendPoint;
use rapport_report::overview::TrendDay;
use std::fmt::Write as _;

/// Where the points of a chart are between the ends of its axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// Each in the middle of its part, as bars are.
    #[default]
    Middles,
    /// From one end to the other, as those of areas are.
    Ends,
}

/// A mark as the list below a chart tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMark {
    /// Its number on the chart.
    pub number: usize,
    /// `Release 4.2.0`, or what is noted.
    pub text: String,
    /// `31 Mar 2026, 14:05`.
    pub at: String,
    /// The same for programs.
    pub local: String,
    /// The figures before and after it; empty where there are none.
    pub href: String,
}

/// Half the width, and the height, of the field that holds a number, in pixels.
const FIELD_PX: (f32, f32) = (9.0, 14.0);
/// Font size of a number, in pixels.
const NUMBER_PX: f32 = 10.0;
/// Rows of numbers, where lines stand so close that their fields would meet.
const ROWS: usize = 3;

/// A chart with the marks that lie in its points, each of which is the first and the last day of some days, or an hour. `compare`
/// gives the address of the figures before and after a mark.
fn on(
    chart: Option<Chart>,
    marks: &Marks,
    points: &[(&str, &str)],
    compare: impl Fn(&Mark) -> String,
) -> Option<Chart> {
    let mut chart = chart?;
    let placed: Vec<_> = marks.marks.iter().filter_map(|mark| Some((place(points, mark)?, mark))).collect();
    let listed = |(number, (_, mark)): (usize, &(usize, &Mark))| ListedMark {
        number: number + 1,
        text: title(mark),
        at: mark.at.text(),
        local: mark.at.local.clone(),
        href: compare(mark),
    };
    chart.marks = placed.iter().enumerate().map(listed).collect();
    let lines = lines(&placed);
    let [wide, narrow] = chart.spread;
    chart.wide = drawn(&chart.wide, wide, points.len(), &lines);
    chart.narrow = drawn(&chart.narrow, narrow, points.len(), &lines);
    Some(chart)
}

/// A chart of days, or of hours, with the marks that lie in them.
pub fn on_days(chart: Option<Chart>, marks: &Marks, trend: &[TrendDay], frame: &Frame) -> Option<Chart> {
    let points: Vec<_> = trend.iter().map(|day| (day.day.as_str(), day.day.as_str())).collect();
    on(chart, marks, &points, |mark| frame.change_href(&mark.id))
}

/// A chart of some days a point with the marks that lie in them.
pub fn on_points(chart: Option<Chart>, marks: &Marks, trend: &[TrendPoint], frame: &Frame) -> Option<Chart> {
    let points: Vec<_> = trend.iter().map(|point| (point.from.as_str(), point.to.as_str())).collect();
    // What nobody set as a mark has no id, and no page of figures before and after it.
    let compare = |mark: &Mark| if mark.id.is_empty() { String::new() } else { frame.change_href(&mark.id) };
    on(chart, marks, &points, compare)
}

/// Cards of scores with the marks that lie in their trends. There is no room for a list: their sentence tells them, and the same
/// numbers are listed below the chart of views.
pub fn on_cards(cards: Vec<ScoreCard>, marks: &Marks, frame: &Frame) -> Vec<ScoreCard> {
    let marked = |mut card: ScoreCard| {
        let trend = card.trend.take();
        let marked = on_points(trend, marks, &card.first().trend, frame).map(told);
        card.trend = marked;
        card
    };
    cards.into_iter().map(marked).collect()
}

/// A chart whose sentence tells its marks in place of a list.
fn told(mut chart: Chart) -> Chart {
    let marks = std::mem::take(&mut chart.marks);
    if !marks.is_empty() {
        let marks: Vec<_> = marks.iter().map(|mark| format!("{}: {}, {}", mark.number, mark.text, mark.at)).collect();
        let _ = write!(chart.summary, " Marked: {}.", marks.join("; "));
    }
    chart
}

/// What a mark is called.
pub fn title(mark: &Mark) -> String {
    if mark.kind == "release" { format!("Release {}", mark.text) } else { mark.text.clone() }
}

/// The place of the point that a mark lies in.
fn place(points: &[(&str, &str)], mark: &Mark) -> Option<usize> {
    let is_in = |(from, to): &(&str, &str)| *from <= mark.day.as_str() && mark.day.as_str() <= *to;
    if points.first()?.0.len() <= mark.day.len() {
        return points.iter().position(is_in);
    }
    // Hours, each called by its first instant.
    let starts_ms: Vec<i64> = points.iter().filter_map(|(from, _)| hour_ms(from)).collect();
    let place = starts_ms.partition_point(|start_ms| *start_ms <= mark.at.epoch_ms).checked_sub(1)?;
    let is_of_day = points.get(place)?.0.starts_with(mark.day.as_str());
    (starts_ms.len() == points.len() && is_of_day).then_some(place)
}

/// The first instant of an hour such as `2026-03-31T14:00+02:00`, in epoch milliseconds.
fn hour_ms(label: &str) -> Option<i64> {
    label.parse::<Timestamp>().ok().map(|start| start.as_millisecond())
}

/// A line of a chart: the point it stands at, its number or numbers, and what it says.
struct Line {
    place: usize,
    number: String,
    title: String,
}

/// One line a point, since marks of one point would lie on each other.
fn lines(placed: &[(usize, &Mark)]) -> Vec<Line> {
    let mut number = 0;
    placed
        .chunk_by(|one, next| one.0 == next.0)
        .map(|of_point| {
            let first = number + 1;
            number += of_point.len();
            let titles: Vec<_> =
                of_point.iter().map(|(_, mark)| format!("{}, {}", title(mark), mark.at.text())).collect();
            Line {
                place: of_point[0].0,
                number: if first == number { first.to_string() } else { format!("{first}–{number}") },
                title: titles.join("; "),
            }
        })
        .collect()
}

/// The plot of a chart, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Plot {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

impl Plot {
    /// Between the ends of the first line of the grid, and from it down to the axis: the lowest of the lines that run across.
    fn of(svg: &str) -> Option<Self> {
        let number = |line: &str, name: &str| -> Option<f32> {
            let (_, rest) = line.split_once(&format!(" {name}=\""))?;
            rest.split('"').next()?.parse().ok()
        };
        let mut plot: Option<Self> = None;
        for line in svg.split("<line").skip(1).filter_map(|rest| rest.split("/>").next()) {
            let (Some(left), Some(right), Some(top), Some(bottom)) =
                (number(line, "x1"), number(line, "x2"), number(line, "y1"), number(line, "y2"))
            else {
                continue;
            };
            match &mut plot {
                None if top == bottom => plot = Some(Self { left, right, top, bottom }),
                Some(plot) if top == bottom && left == plot.left && right == plot.right => {
                    plot.bottom = plot.bottom.max(bottom);
                }
                _ => {}
            }
        }
        plot
    }

    /// Where a point stands.
    fn x(self, place: usize, points: usize, spread: Spread) -> f32 {
        let width = self.right - self.left;
        match spread {
            Spread::Middles => self.left + width * (place as f32 + 0.5) / points.max(1) as f32,
            Spread::Ends if points < 2 => self.left + width / 2.0,
            Spread::Ends => self.left + width * place as f32 / (points - 1) as f32,
        }
    }
}

/// The chart with its lines, which come last, so that nothing lies on them.
fn drawn(svg: &str, spread: Spread, points: usize, lines: &[Line]) -> String {
    let (Some(plot), Some(end)) = (Plot::of(svg).filter(|_| !lines.is_empty()), svg.rfind("</svg>")) else {
        return svg.to_owned();
    };
    let mut marked = svg[..end].to_owned();
    let (mut last_x, mut row) = (f32::NEG_INFINITY, 0);
    for line in lines {
        let x = plot.x(line.place, points, spread);
        let half = FIELD_PX.0 + if line.number.len() > 2 { NUMBER_PX } else { 0.0 };
        row = if x - last_x < 2.0 * half { (row + 1) % ROWS } else { 0 };
        last_x = x;
        let top = plot.top - FIELD_PX.1 / 2.0 + row as f32 * (FIELD_PX.1 + 1.0);
        let _ = write!(
            marked,
            "<g class=\"chart-mark\"><title>{}: {}</title><line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>\
             <rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"4\"/><text x=\"{x:.1}\" y=\"{:.1}\" \
             font-size=\"{NUMBER_PX}\" text-anchor=\"middle\">{}</text></g>",
            escaped(&line.number),
            escaped(&line.title),
            plot.top,
            plot.bottom,
            x - half,
            2.0 * half,
            FIELD_PX.1,
            top + FIELD_PX.1 - 3.5,
            escaped(&line.number),
        );
    }
    marked += "</svg>";
    marked
}

/// Text as markup holds it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::chart::{self, Edges};
    use jiff::civil::Date;
    use jiff::tz::TimeZone;
    use jiff::{ToSpan, civil::date};
    use rapport_report::response::Time;

    const FIRST: Date = date(2026, 3, 1);

    fn mark(at: &str, text: &str) -> Mark {
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        let at = Time::new(at.parse::<Timestamp>().expect("an instant").as_millisecond(), &zone);
        let day = at.local[..10].to_owned();
        Mark { id: "x".into(), kind: "release", text: text.into(), day, at, is_of_tag: true }
    }

    fn of(marks: Vec<Mark>) -> Marks {
        Marks {
            from: String::new(),
            to: String::new(),
            marks,
            more: 0,
            releases: Vec::new(),
            rare_releases: 0,
            rare_views: 0,
            unnamed_views: 0,
            views: 0,
            rule: "",
        }
    }

    fn trend(days: i32) -> Vec<TrendDay> {
        (0..days)
            .map(|day| TrendDay {
                day: FIRST.saturating_add(day.days()).to_string(),
                views: 100,
                failed_views: 20,
                views_before: None,
            })
            .collect()
    }

    /// The abscissas of the drawn lines.
    fn lines_of(svg: &str) -> Vec<f32> {
        let marks = svg.split("class=\"chart-mark\"").skip(1);
        marks.filter_map(|rest| rest.split("x1=\"").nth(1)?.split('"').next()?.parse().ok()).collect()
    }

    /// The middle of each bar of a chart, of one colour.
    fn bars_of(svg: &str) -> Vec<f32> {
        let bars = svg.split("<rect").skip(1).filter_map(|rest| rest.split("/>").next().or(Some(rest)));
        let bars = bars.filter(|bar| bar.contains("fill=\"var(--chart-bad)\""));
        let number = |bar: &str, name: &str| -> f32 {
            let rest = bar.split_once(&format!(" {name}=\"")).expect(name).1;
            rest.split('"').next().and_then(|text| text.parse().ok()).expect("a number")
        };
        bars.map(|bar| number(bar, "x") + number(bar, "width") / 2.0).collect()
    }

    /// The points of the longest line that is drawn.
    fn points_of(svg: &str) -> Vec<f32> {
        let paths = svg.split("<path").skip(1).filter_map(|rest| rest.split("/>").next());
        let strokes = paths.filter(|path| path.contains("stroke=\"var(--chart-main)\""));
        let points = |path: &str| -> Vec<f32> {
            let drawn = path.split('"').nth(1).expect("a path has points");
            let points = drawn.split(['M', 'L']).map(str::trim).filter(|point| !point.is_empty());
            points.filter_map(|point| point.split([',', ' ']).next()?.parse().ok()).collect()
        };
        strokes.map(points).max_by_key(Vec::len).unwrap_or_default()
    }

    fn near(one: &[f32], other: &[f32]) -> bool {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| (one - other).abs() < 0.2)
    }

    #[test]
    fn a_mark_stood_beside_the_day_it_is_of() {
        // Bars, areas, and both at once where the narrow chart has no room for bars.
        for (days, bars) in [(7, [true, true]), (30, [true, false]), (90, [false, false])] {
            let trend = trend(days);
            let points: Vec<_> = trend.iter().map(|day| (day.day.as_str(), day.day.as_str())).collect();
            let places = [0, days as usize / 2, days as usize - 1];
            let marks = places.map(|place| mark(&format!("{}T10:00:00Z", trend[place].day), "4.2.0"));
            let chart = on(chart::views(&trend, Edges::default()), &of(marks.to_vec()), &points, |_| String::new());
            let chart = chart.expect("a chart");
            for (svg, is_bars) in [&chart.wide, &chart.narrow].into_iter().zip(bars) {
                let all = if is_bars { bars_of(svg) } else { points_of(svg) };
                assert_eq!(all.len(), days as usize, "{days} days, bars: {is_bars}: {svg}");
                let expected = places.map(|place| all[place]);
                assert!(near(&lines_of(svg), &expected), "{:?} at {expected:?}: {svg}", lines_of(svg));
            }
            assert_eq!(chart.marks.iter().map(|mark| mark.number).collect::<Vec<_>>(), [1, 2, 3]);
        }
    }

    #[test]
    fn a_mark_of_a_trend_stands_at_the_point_whose_days_hold_it() {
        let points: Vec<_> = (0..10)
            .map(|place| TrendPoint {
                from: FIRST.saturating_add((3 * place).days()).to_string(),
                to: FIRST.saturating_add((3 * place + 2).days()).to_string(),
                value: Some(2_000.0 + f64::from(place)),
                low: Some(1_900.0),
                high: Some(2_100.0),
                n: 40,
            })
            .collect();
        let spans: Vec<_> = points.iter().map(|point| (point.from.as_str(), point.to.as_str())).collect();
        let marks = of(vec![mark("2026-03-03T22:59:00Z", "4.1"), mark("2026-03-27T12:00:00Z", "4.2")]);
        for chart in [chart::lcp_trend(&points, Edges::default()), chart::score_trend(&points, Edges::default(), "CES")]
        {
            let chart = on(chart, &marks, &spans, |_| String::new()).expect("a chart");
            assert_eq!(chart.marks.len(), 2);
            let card = told(chart.clone());
            assert!(
                card.marks.is_empty()
                    && card.summary.ends_with("1: Release 4.1, 3 Mar 2026, 23:59; 2: Release 4.2, 27 Mar 2026, 13:00."),
                "{}",
                card.summary
            );
            for svg in [&chart.wide, &chart.narrow] {
                let drawn = points_of(svg);
                assert!(near(&lines_of(svg), &[drawn[0], drawn[8]]), "{:?} of {drawn:?}", lines_of(svg));
            }
        }
    }

    #[test]
    fn an_hour_holds_what_happened_in_it_and_the_one_that_comes_twice_is_told_apart() {
        let hours =
            ["2026-10-25T01:00+02:00", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"];
        let points = hours.map(|hour| (hour, hour));
        for (at, expected) in [
            ("2026-10-24T22:59:59Z", None),
            ("2026-10-24T23:00:00Z", Some(0)),
            ("2026-10-25T00:30:00Z", Some(1)),
            ("2026-10-25T01:30:00Z", Some(2)),
            ("2026-10-25T02:10:00Z", Some(3)),
            ("2026-10-26T02:10:00Z", None),
        ] {
            assert_eq!(place(&points, &mark(at, "x")), expected, "{at}");
        }
        assert_eq!(place(&[], &mark("2026-10-25T00:30:00Z", "x")), None);
    }

    #[test]
    fn marks_of_one_day_are_one_line_and_what_they_say_is_text() {
        let trend = trend(7);
        let points: Vec<_> = trend.iter().map(|day| (day.day.as_str(), day.day.as_str())).collect();
        let hostile = "</title><script>alert(1)</script>\" onload=\"x";
        let marks = of(vec![
            mark("2026-02-20T10:00:00Z", "before the chart"),
            mark("2026-03-02T10:00:00Z", hostile),
            mark("2026-03-02T12:00:00Z", "4.2"),
            mark("2026-03-03T12:00:00Z", "4.3"),
        ]);
        let chart =
            on(chart::views(&trend, Edges::default()), &marks, &points, |mark| format!("change?mark={}", mark.id));
        let chart = chart.expect("a chart");
        for svg in [&chart.wide, &chart.narrow] {
            assert_eq!(lines_of(svg).len(), 2, "{svg}");
            assert!(svg.contains(">1–2</text>") && svg.contains(">3</text>"), "{svg}");
            assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;") && !svg.contains(" style="), "{svg}");
            assert!(svg.ends_with("</svg>"));
        }
        assert_eq!(chart.marks.len(), 3);
        assert_eq!((chart.marks[2].text.as_str(), chart.marks[2].at.as_str()), ("Release 4.3", "3 Mar 2026, 13:00"));
        assert_eq!(chart.marks[0].href, "change?mark=x");
        // Without a mark a chart is as it was.
        let plain = chart::views(&trend, Edges::default()).expect("a chart");
        let same = on(Some(plain.clone()), &of(Vec::new()), &points, |_| String::new()).expect("a chart");
        assert_eq!((same.wide, same.marks.len()), (plain.wide, 0));
    }
}
