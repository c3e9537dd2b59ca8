//! Charts by what is drawn.

use super::tip::HIT;
use super::*;
use rapport_report::figure::TrendPoint;
use rapport_report::figure::{Better, Figure, FigureKind, Unit};
use rapport_report::overview::TrendDay;
use rapport_report::survey::Bar;

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
            let labels: Vec<_> = chart.wide.split("<text").skip(1).filter_map(|rest| rest.split('>').nth(1)).collect();
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
    let day =
        |day: &str, views| TrendDay { day: day.into(), views, failed_views: views / 5, views_before: Some(views + 5) };
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
    let chart =
        score_trend(&[point(Some(20.0)), point(None), point(Some(30.0))], Edges::default(), "NPS").expect("a chart");
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
        points.map(|point| point.split([',', ' ']).next().and_then(|x| x.parse().ok()).expect("an abscissa")).collect()
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
            assert_eq!(lengths(true).first(), Some(&2), "from the last day that is over to the one that runs: {svg}");
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
