//! Ways through the site as a Sankey: columns of stops, and between them ways as wide as the visits that took them.

use super::super::format::{count, counted, path};
use super::Chart;
use rapport_report::journey::{EdgeView, StopKind, StopView, Ways};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Width and height in pixels, columns, and characters of a label: of the last two columns, whose labels share the room between them, and of
/// the others.
const WIDE: ((f64, f64), usize, (usize, usize)) = ((1_080.0, 420.0), 5, (16, 34));
/// See [`WIDE`].
const NARROW: ((f64, f64), usize, (usize, usize)) = ((340.0, 420.0), 3, (8, 20));
/// Width of a stop, and room between two of a column, in pixels.
const STOP_PX: f64 = 10.0;
/// See [`STOP_PX`].
const ROOM_PX: f64 = 22.0;

/// What a stop is called.
pub fn stop_label(stop: &StopView) -> String {
    match stop.kind {
        StopKind::Page => path(&stop.page),
        StopKind::Rest => "other pages".to_owned(),
        StopKind::Left => "left".to_owned(),
        StopKind::Began => "visit began".to_owned(),
    }
}

/// A stop as it is drawn.
#[derive(Clone, Copy, Default)]
struct Box {
    visits: u64,
    top: f64,
    /// How far down ways have come to it and gone from it.
    came: f64,
    went: f64,
}

type Column<'a> = BTreeMap<&'a StopView, Box>;

fn columns<'a>(edges: &'a [EdgeView], count: usize) -> Vec<Column<'a>> {
    let mut columns: Vec<Column<'a>> = vec![Column::new(); count];
    for edge in edges.iter().filter(|edge| edge.step < count) {
        if edge.step == 1 {
            columns[0].entry(&edge.from).or_default().visits += edge.visits;
        }
        columns[edge.step].entry(&edge.to).or_default().visits += edge.visits;
    }
    columns
}

/// Pages first, by how many came, then what stands for none.
fn in_order<'a>(column: &Column<'a>) -> Vec<&'a StopView> {
    let mut stops: Vec<_> =
        column.iter().map(|(stop, place)| (stop.kind, std::cmp::Reverse(place.visits), *stop)).collect();
    stops.sort();
    stops.into_iter().map(|(_, _, stop)| stop).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

fn draw(ways: &Ways, ((width, height), count_of_columns, characters): ((f64, f64), usize, (usize, usize))) -> String {
    let mut columns = columns(&ways.edges, count_of_columns);
    let most = columns.iter().map(BTreeMap::len).max().unwrap_or(0);
    let scale = (height - ROOM_PX * most as f64) / ways.visits.max(1) as f64;
    for column in &mut columns {
        let mut top = ROOM_PX;
        for stop in in_order(column) {
            if let Some(place) = column.get_mut(stop) {
                place.top = top;
                top += place.visits as f64 * scale + ROOM_PX;
            }
        }
    }
    // Ways that lead to a page come from the left.
    let column_x = |column: usize| {
        let column = if ways.backwards { count_of_columns - 1 - column } else { column };
        column as f64 * (width - STOP_PX) / (count_of_columns - 1) as f64
    };
    let mut svg = format!(
        "<svg class=\"sankey\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" aria-hidden=\"true\" focusable=\"false\">"
    );
    let mut edges: Vec<_> = ways.edges.iter().filter(|edge| edge.step < count_of_columns).collect();
    let rank = |column: usize, stop: &StopView| columns[column].get(stop).map_or(0, |place| place.top as i64);
    edges.sort_by_key(|edge| (edge.step, rank(edge.step - 1, &edge.from), rank(edge.step, &edge.to)));
    let edges: Vec<_> = edges.into_iter().cloned().collect();
    for edge in &edges {
        let thick = edge.visits as f64 * scale;
        let from = columns[edge.step - 1].get_mut(&edge.from).map(|place| {
            let y = place.top + place.went + thick / 2.0;
            place.went += thick;
            y
        });
        let to = columns[edge.step].get_mut(&edge.to).map(|place| {
            let y = place.top + place.came + thick / 2.0;
            place.came += thick;
            y
        });
        let (Some(from), Some(to)) = (from, to) else { continue };
        let (near, far) = (column_x(edge.step - 1), column_x(edge.step));
        let (start, end) = if ways.backwards { (near, far + STOP_PX) } else { (near + STOP_PX, far) };
        let middle = f64::midpoint(start, end);
        let class = if matches!(edge.to.kind, StopKind::Left | StopKind::Began) { "way end" } else { "way" };
        let (one, other) = (stop_label(&edge.from), stop_label(&edge.to));
        let (first, then) = if ways.backwards { (other, one) } else { (one, other) };
        let _ = write!(
            svg,
            "<path class=\"{class}\" d=\"M{start:.1} {from:.1}C{middle:.1} {from:.1} {middle:.1} {to:.1} {end:.1} {to:.1}\" \
             stroke-width=\"{:.1}\"><title>{} → {}: {}</title></path>",
            thick.max(0.5),
            escaped(&first),
            escaped(&then),
            counted(edge.visits, "visits")
        );
    }
    for (number, column) in columns.iter().enumerate() {
        let x = column_x(number);
        // The label of the last column stands on the other side.
        let (text_x, anchor) = if x + STOP_PX >= width { (x + STOP_PX, "end") } else { (x, "start") };
        let from_right = if ways.backwards { number } else { count_of_columns - 1 - number };
        let characters = if from_right < 2 { characters.0 } else { characters.1 };
        for (stop, place) in column {
            let class = if stop.kind == StopKind::Page { "stop" } else { "stop end" };
            let label = format!("{} {}", shortened(&stop_label(stop), characters), count(place.visits));
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{STOP_PX}\" height=\"{:.1}\" rx=\"1\"/>\
                 <text x=\"{text_x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                place.top,
                (place.visits as f64 * scale).max(1.0),
                place.top - 5.0,
                escaped(&label)
            );
        }
    }
    svg + "</svg>"
}

/// The ways as a drawing; none without a visit.
pub fn sankey(ways: &Ways) -> Option<Chart> {
    let first = ways.edges.first()?;
    let (from, to) = (stop_label(&first.from), stop_label(&first.to));
    let (one, other) = if ways.backwards { (to, from) } else { (from, to) };
    let summary = format!(
        "{}; most, {}, went from {one} to {other}. Every way stands in the table below.",
        counted(ways.visits, "visits"),
        count(first.visits)
    );
    let (running, spread) = Default::default();
    let (wide, narrow) = (draw(ways, WIDE), draw(ways, NARROW));
    Some(Chart { wide, narrow, summary, running, small: false, spread, marks: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_called_like_markup_was_drawn_as_such() {
        let names: Vec<String> = ["/%3Cscript%3E", "/\"&b"].map(str::to_owned).into();
        for backwards in [false, true] {
            let ways = Ways::of(&[vec![0, 1], vec![0], vec![1, 0, 1]], &names, backwards);
            let chart = sankey(&ways).expect("visits");
            for svg in [&chart.wide, &chart.narrow] {
                assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;"), "{svg}");
                assert!(svg.contains("&quot;&amp;b") && !svg.contains("NaN"), "{svg}");
                assert_eq!(svg.matches("<title>").count(), svg.matches("</path>").count());
            }
            assert!(chart.summary.starts_with("3 visits;"), "{}", chart.summary);
        }
        assert!(sankey(&Ways::of(&[], &names, false)).is_none());
    }
}
