//! How often each score or choice was given.

use super::super::format::counted;
use super::{Chart, HALF, NARROW, Paint, axes, both, whole_steps};
use charts_rs::{BarChart, Series};
use rapport_report::survey::Bar;

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
