//! The tables of the pages as CSV, with the same figures, and with every row where a page shows the first ones.

mod courses;
mod drivers;
mod feedback;
pub mod issues;
mod overview;
mod page;
mod persona;
mod settings;

pub use courses::{funnel, journeys, retention, task, tasks};
pub use drivers::drivers;
pub use feedback::{delivery, feedback, survey};
pub use overview::overview;
pub use page::{forms, heat, page};
pub use persona::persona;
pub use settings::{install, mails, received_mails, routes, shares, theme};

use crate::http::export::csv::{Csv, number};
use axum::response::Response;
use rapport_report::driver::Driver;
use rapport_report::figure::{Figure, Total, TrendPoint, Verdict};
use rapport_report::overview::{SurveyScore, TrendDay};
use rapport_report::period::is_running;
use rapport_report::response::Time;
use rapport_shared::survey::Fault;

/// A table of a page: its name in the URL, the names of its columns, its rows.
struct Sheet {
    name: &'static str,
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// The sheet that `table` names, else the first.
fn chosen(csv: Csv, file: &str, table: &str, sheets: Vec<Sheet>) -> Result<Response, Fault> {
    let names: Vec<_> = sheets.iter().map(|sheet| sheet.name).collect();
    let place = if table.is_empty() { Some(0) } else { names.iter().position(|name| *name == table) };
    let fault = || Fault::new("table", format!("must be {}", names.join(", ")));
    let sheet = place.and_then(|place| sheets.get(place)).ok_or_else(fault)?;
    Ok(csv.table(&format!("{file}-{}", sheet.name), &sheet.header, sheet.rows.iter().cloned()))
}

fn whole(value: Option<u64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn time(at: Option<&Time>) -> String {
    at.map_or_else(String::new, |at| at.local.clone())
}

const FIGURE: [&str; 12] =
    ["figure", "unit", "value", "low", "high", "n", "of", "value_before", "n_before", "difference", "p", "verdict"];

/// A figure with its interval and its change.
fn figure(figure: &Figure) -> Vec<String> {
    let unit = serde_json::to_value(figure.unit).ok().and_then(|unit| unit.as_str().map(str::to_owned));
    let change = figure.change.as_ref();
    let verdict = change.map_or("", |change| match change.verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Noise => "noise",
        Verdict::Mix => "mix",
        Verdict::Unknown => "unknown",
    });
    vec![
        figure.name.to_owned(),
        unit.unwrap_or_default(),
        number(figure.value),
        number(figure.low),
        number(figure.high),
        n(figure),
        figure.of.to_owned(),
        number(change.map(|change| change.before)),
        whole(change.map(|change| change.n_before)),
        number(change.map(|change| change.difference)),
        number(change.and_then(|change| change.p)),
        verdict.to_owned(),
    ]
}

/// Value, interval and n of a rate, beside others.
fn rate(figure: &Figure) -> [String; 4] {
    [number(figure.value), number(figure.low), number(figure.high), n(figure)]
}

/// How many a figure rests on; nothing where it cannot be told.
fn n(figure: &Figure) -> String {
    if figure.untold.is_some() { String::new() } else { figure.n.to_string() }
}

fn figures(totals: &[Total], figures: &[Figure]) -> Sheet {
    let totals = totals.iter().map(|total| {
        let mut row = vec![total.name.to_owned(), "count".to_owned(), total.value.to_string()];
        row.resize(FIGURE.len(), String::new());
        row[7] = whole(total.before);
        row
    });
    Sheet { name: "figures", header: FIGURE.to_vec(), rows: totals.chain(figures.iter().map(figure)).collect() }
}

fn scores(scores: &[SurveyScore]) -> Sheet {
    let mut header = vec!["survey", "name", "active", "question", "text", "part"];
    header.extend(FIGURE);
    let rows = scores.iter().map(|score| {
        let mut row = vec![
            score.survey.clone(),
            score.name.clone(),
            yes_no(score.active),
            score.question_id.clone(),
            score.question.clone(),
            score.part.clone(),
        ];
        row.extend(figure(&score.figure));
        row
    });
    Sheet { name: "scores", header, rows: rows.collect() }
}

/// `running` is the hour that is not over.
fn views(trend: &[TrendDay], running: &str) -> Sheet {
    let rows = trend.iter().map(|day| {
        vec![
            day.day.clone(),
            day.views.to_string(),
            day.failed_views.to_string(),
            whole(day.views_before),
            yes_no(is_running(&day.day, running)),
        ]
    });
    let header = vec!["day", "views", "failed_views", "views_before", "is_running"];
    Sheet { name: "views", header, rows: rows.collect() }
}

/// The first fact that goes with low scores, with its relative risk; nothing where none is known.
fn reason(driver: Option<&Driver>) -> [String; 5] {
    let risk = driver.and_then(|driver| driver.risk.as_ref());
    [
        driver.map_or_else(String::new, |driver| driver.fact.to_owned()),
        number(risk.and_then(|risk| risk.value)),
        number(risk.map(|risk| risk.low)),
        number(risk.and_then(|risk| risk.high)),
        whole(driver.map(|driver| driver.met)),
    ]
}

/// The name of an enum in JSON.
fn name_of(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn trend_row(question: &str, point: &TrendPoint) -> Vec<String> {
    let mut row = vec![question.to_owned(), point.from.clone(), point.to.clone()];
    row.extend([number(point.value), number(point.low), number(point.high), point.n.to_string()]);
    row
}
