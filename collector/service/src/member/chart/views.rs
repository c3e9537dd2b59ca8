//! Views by day, as bars or as areas.

use super::super::format::{count, counted, day, hour_of};
use super::super::mark::Spread;
use super::tip::{Tips, told};
use super::{
    BAR_PX, Chart, DASHED, Edges, LIGHTER, NARROW, Paint, WIDE, axes, both, keep, labels, point, short_day, unfinished,
    whole_steps,
};
use charts_rs::{BarChart, LineChart, Series, SeriesCategory, Symbol};
use rapport_report::overview::TrendDay;

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

/// The most views of a day of the trend, or of its previous period.
fn most_views(trend: &[TrendDay]) -> u64 {
    trend.iter().map(|day| day.views.max(day.views_before.unwrap_or(0))).max().unwrap_or(0)
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
