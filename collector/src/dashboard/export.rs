//! Tables as CSV (RFC 4180), with the same figures as the pages.

use crate::report::experience::Experience;
use crate::report::figure::Figure;
use crate::report::survey::SurveyReport;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// One cell. What a spreadsheet would take for a formula gets an apostrophe: visitors wrote some of it.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn file(name: &str, header_row: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Response {
    let mut text = header_row.join(",") + "\r\n";
    for row in rows {
        text += &row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",");
        text += "\r\n";
    }
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)], text)
        .into_response()
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

fn figure(figure: &Figure) -> [String; 4] {
    [number(figure.value), number(figure.low), number(figure.high), figure.n.to_string()]
}

/// The pages of the Experience report.
pub fn pages(report: &Experience) -> Response {
    const HEADER: [&str; 22] = [
        "page",
        "views",
        "visits_begun",
        "engaged_mean_ms",
        "engaged_median_ms",
        "bounce_percent",
        "bounce_low",
        "bounce_high",
        "bounce_n",
        "error_views_percent",
        "error_views_low",
        "error_views_high",
        "error_views_n",
        "rage_views_percent",
        "rage_views_low",
        "rage_views_high",
        "rage_views_n",
        "dead_views_percent",
        "dead_views_low",
        "dead_views_high",
        "dead_views_n",
        "vitals_p75",
    ];
    let rows = report.pages.iter().map(|line| {
        let vitals = line.vitals.iter().flat_map(|vitals| {
            vitals.figures.iter().map(|figure| format!("{} {} {}", vitals.device, figure.label, number(figure.value)))
        });
        let mut row = vec![
            line.path.clone(),
            line.views.to_string(),
            line.visits.to_string(),
            number(line.engaged_mean_ms),
            line.engaged_median_ms.map_or_else(String::new, |ms| ms.to_string()),
        ];
        for rate in [&line.bounce, &line.errors, &line.rage, &line.dead] {
            row.extend(figure(rate));
        }
        row.push(vitals.collect::<Vec<_>>().join("; "));
        row
    });
    file("pages", &HEADER, rows)
}

/// The listed responses of a survey, one row per answer.
pub fn responses(report: &SurveyReport) -> Response {
    const HEADER: [&str; 10] =
        ["response", "at", "page", "device", "language", "finished", "question", "score", "choices", "words"];
    let rows = report.responses.iter().flat_map(|response| {
        response.answers.iter().map(|answer| {
            vec![
                response.id.clone(),
                response.at.local.clone(),
                response.path.clone(),
                response.device.clone(),
                response.language.clone(),
                response.finished.to_string(),
                answer.asked.clone(),
                answer.score_number(),
                answer.choices.join("; "),
                answer.words.clone(),
            ]
        })
    });
    file(&report.survey, &HEADER, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_defused() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("+49 30", "'+49 30"),
            ("-12.5", "-12.5"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
