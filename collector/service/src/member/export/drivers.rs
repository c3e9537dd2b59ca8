//! The tables of Drivers.

use super::{Sheet, chosen, name_of, number, rate, yes_no};
use crate::http::export::csv::Csv;
use axum::response::Response;
use rapport_report::driver::Drivers;
use rapport_shared::survey::Fault;

fn driver_rows(report: &Drivers) -> impl Iterator<Item = Vec<String>> {
    report.over_all.iter().chain(&report.by_page).map(|driver| {
        let mut row = vec![driver.path.clone().unwrap_or_default(), driver.fact.to_owned(), driver.level.clone()];
        row.extend([name_of(&driver.compared_with), driver.n.to_string(), driver.met.to_string()]);
        row.extend(rate(&driver.low_met));
        row.extend(rate(&driver.low_spared));
        let risk = driver.risk.as_ref();
        row.extend([
            number(risk.and_then(|risk| risk.value)),
            number(risk.map(|risk| risk.low)),
            number(risk.and_then(|risk| risk.high)),
            number(risk.map(|risk| risk.p_alone)),
            number(risk.map(|risk| risk.p)),
        ]);
        let points = driver.difference.as_ref();
        row.extend([
            number(points.map(|points| points.points)),
            number(points.map(|points| points.low)),
            number(points.map(|points| points.high)),
            points.map_or_else(String::new, |points| points.survey.clone()),
            points.map_or_else(String::new, |points| points.question.clone()),
            name_of(&driver.verdict),
        ]);
        row
    })
}

fn bias_rows(report: &Drivers) -> impl Iterator<Item = Vec<String>> {
    report.bias.levels.iter().map(|level| {
        let mut row = vec![level.of.to_owned(), level.level.clone()];
        row.extend(rate(&level.answered));
        row.extend(rate(&level.others));
        row.extend([level.difference, level.low, level.high, level.p].map(number));
        row.push(yes_no(level.is_real));
        row
    })
}

fn weighted_rows(report: &Drivers) -> impl Iterator<Item = Vec<String>> {
    report.bias.scores.iter().map(|score| {
        let mut row = vec![score.survey.clone(), score.question_id.clone(), score.raw.name.to_owned()];
        row.extend(rate(&score.raw));
        row.extend(rate(&score.weighted));
        row.extend([number(Some(score.effective_n)), score.weighed_by.join(" ")]);
        row
    })
}

/// The tables of Drivers: every fact, who answers, and weighted scores.
pub fn drivers(csv: Csv, table: &str, report: &Drivers) -> Result<Response, Fault> {
    let facts = vec![
        "page",
        "fact",
        "level",
        "compared_with",
        "n",
        "met",
        "low_scores_met_percent",
        "low_scores_met_low",
        "low_scores_met_high",
        "low_scores_met_n",
        "low_scores_others_percent",
        "low_scores_others_low",
        "low_scores_others_high",
        "low_scores_others_n",
        "relative_risk",
        "relative_risk_low",
        "relative_risk_high",
        "p_alone",
        "p",
        "points",
        "points_low",
        "points_high",
        "points_survey",
        "points_question",
        "verdict",
    ];
    let bias = vec![
        "trait",
        "level",
        "answered_percent",
        "answered_low",
        "answered_high",
        "answered_n",
        "others_percent",
        "others_low",
        "others_high",
        "others_n",
        "difference",
        "difference_low",
        "difference_high",
        "p",
        "is_real",
    ];
    let weighted = vec![
        "survey",
        "question",
        "figure",
        "raw",
        "raw_low",
        "raw_high",
        "raw_n",
        "weighted",
        "weighted_low",
        "weighted_high",
        "weighted_n",
        "effective_n",
        "weighted_by",
    ];
    let sheets = vec![
        Sheet { name: "drivers", header: facts, rows: driver_rows(report).collect() },
        Sheet { name: "bias", header: bias, rows: bias_rows(report).collect() },
        Sheet { name: "weighted", header: weighted, rows: weighted_rows(report).collect() },
    ];
    chosen(csv, "drivers", table, sheets)
}
