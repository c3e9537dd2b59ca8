//! The tables of a persona.

use super::{Sheet, chosen, figures, rate, scores};
use crate::http::export::csv::Csv;
use axum::response::Response;
use rapport_report::persona::PersonaReport;
use rapport_shared::survey::Fault;

/// The tables of a persona, first what they met.
pub fn persona(csv: Csv, table: &str, report: &PersonaReport) -> Result<Response, Fault> {
    let header = vec!["page", "views", "failed_percent", "failed_low", "failed_high", "failed_n"];
    let rows = report.pages.iter().map(|page| {
        let mut row = vec![page.path.clone(), page.views.to_string()];
        row.extend(rate(&page.failed));
        row
    });
    let pages = Sheet { name: "pages", header, rows: rows.collect() };
    chosen(csv, "persona", table, vec![figures(&[], &report.figures), scores(&report.scores), pages])
}
