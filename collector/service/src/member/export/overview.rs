//! The tables of the Overview.

use super::{Sheet, chosen, figures, number, rate, reason, scores, views};
use crate::http::export::csv::Csv;
use axum::response::Response;
use rapport_report::overview::Overview;
use rapport_shared::survey::Fault;

/// The tables of the Overview, first every page that met a failure.
pub fn overview(csv: Csv, table: &str, report: &Overview, running: &str) -> Result<Response, Fault> {
    let header = vec![
        "page",
        "impact_views_a_week",
        "weight",
        "views",
        "failed_views_percent",
        "failed_views_low",
        "failed_views_high",
        "failed_views_n",
        "error_views",
        "rage_views",
        "dead_views",
        "failed_task_views",
        "poor_vital_views",
        "poor_lcp_views",
        "poor_inp_views",
        "poor_cls_views",
        "low_scores_percent",
        "low_scores_low",
        "low_scores_high",
        "low_scores_n",
        "state",
        "since",
        "release",
        "failed_before_percent",
        "failed_since_percent",
        "goes_with",
        "goes_with_relative_risk",
        "goes_with_low",
        "goes_with_high",
        "goes_with_n",
    ];
    let rows = report.fix_first.iter().map(|fix| {
        let mut row = vec![fix.path.clone(), number(Some(fix.impact)), number(Some(fix.weight)), fix.views.to_string()];
        row.extend(rate(&fix.failed));
        let counts = [
            fix.error_views,
            fix.rage_views,
            fix.dead_views,
            fix.failed_task_views,
            fix.poor_views,
            fix.poor_lcp_views,
            fix.poor_inp_views,
            fix.poor_cls_views,
        ];
        row.extend(counts.map(|views| views.to_string()));
        row.extend(rate(&fix.low_scores));
        row.extend([
            fix.since.state.as_str().to_owned(),
            fix.since.day.clone().unwrap_or_default(),
            fix.since.release.clone().unwrap_or_default(),
            number(fix.since.before_percent),
            number(Some(fix.since.now_percent)),
        ]);
        row.extend(reason(fix.reasons.first()));
        row
    });
    let fixes = Sheet { name: "fixes", header, rows: rows.collect() };
    let sheets =
        vec![fixes, views(&report.trend, running), scores(&report.scores), figures(&report.totals, &report.figures)];
    chosen(csv, "overview", table, sheets)
}
