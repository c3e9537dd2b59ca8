//! The tables of answers and of what was delivered.

use super::{Sheet, chosen, rate, scores, trend_row, whole, yes_no};
use crate::http::export::csv::Csv;
use axum::response::Response;
use rapport_report::delivery::DeliveryLog;
use rapport_report::feedback::{Delivery, Feedback};
use rapport_report::survey::SurveyReport;
use rapport_shared::survey::Fault;

const DELIVERY: [&str; 7] = ["survey", "name", "active", "shown", "started", "answered", "closed"];

fn delivered(survey: &str, name: &str, active: bool, delivery: &Delivery) -> Vec<String> {
    let mut row = vec![survey.to_owned(), name.to_owned(), yes_no(active)];
    let counts = [delivery.shown, delivery.started, delivery.answered, delivery.closed];
    row.extend(counts.map(whole));
    row
}

/// The tables of Feedback: how each survey was delivered, and every score.
pub fn feedback(csv: Csv, table: &str, report: &Feedback) -> Result<Response, Fault> {
    let mut header = DELIVERY.to_vec();
    header.extend([
        "counted",
        "finished",
        "response_rate_percent",
        "response_rate_low",
        "response_rate_high",
        "response_rate_n",
    ]);
    let rows = report.surveys.iter().map(|line| {
        let mut row = delivered(&line.survey, &line.name, line.active, &line.delivery);
        row.extend([line.delivery.stored.to_string(), line.delivery.finished.to_string()]);
        row.extend(rate(&line.response_rate));
        row
    });
    let surveys = Sheet { name: "surveys", header, rows: rows.collect() };
    let all: Vec<_> = report.surveys.iter().flat_map(|line| line.scores.iter().cloned()).collect();
    chosen(csv, "feedback", table, vec![surveys, scores(&all)])
}

/// The table of Delivery.
pub fn delivery(csv: Csv, table: &str, report: &DeliveryLog) -> Result<Response, Fault> {
    let mut header = DELIVERY.to_vec();
    header.extend([
        "arrived",
        "missing",
        "missing_percent",
        "missing_low",
        "missing_high",
        "missing_n",
        "counted",
        "finished",
        "response_rate_percent",
        "response_rate_low",
        "response_rate_high",
        "response_rate_n",
    ]);
    let rows = report.surveys.iter().map(|line| {
        let mut row = delivered(&line.survey, &line.name, line.active, &line.delivery);
        row.extend([line.arrived.to_string(), line.missing.to_string()]);
        row.extend(rate(&line.missing_rate));
        row.extend([line.delivery.stored.to_string(), line.delivery.finished.to_string()]);
        row.extend(rate(&line.response_rate));
        row
    });
    chosen(csv, "delivery", table, vec![Sheet { name: "surveys", header, rows: rows.collect() }])
}

/// The tables of a survey besides its answers: how often each was given, and scores over time.
pub fn survey(csv: Csv, table: &str, report: &SurveyReport) -> Result<Response, Fault> {
    let bars = report.questions.iter().flat_map(|question| {
        question.distribution.iter().map(|bar| {
            let mut row = vec![question.id.clone(), question.text.clone(), question.kind.as_str().to_owned()];
            row.extend([bar.value.clone(), bar.label.clone(), bar.standing.to_owned(), bar.answers.to_string()]);
            row.extend(rate(&bar.share));
            row
        })
    });
    let points =
        report.questions.iter().flat_map(|question| question.trend.iter().map(|point| trend_row(&question.id, point)));
    let sheets = vec![
        Sheet {
            name: "distribution",
            header: vec![
                "question",
                "text",
                "kind",
                "value",
                "label",
                "standing",
                "answers",
                "share_percent",
                "share_low",
                "share_high",
                "share_n",
            ],
            rows: bars.collect(),
        },
        Sheet {
            name: "trend",
            header: vec!["question", "from", "to", "value", "low", "high", "n"],
            rows: points.collect(),
        },
    ];
    chosen(csv, &report.survey, table, sheets)
}
