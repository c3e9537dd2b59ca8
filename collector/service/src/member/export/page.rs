//! The tables of one page, of its forms and of its heat map.

use super::{FIGURE, Sheet, chosen, figure, figures, number, rate, scores, trend_row, views};
use crate::http::export::csv::Csv;
use axum::response::Response;
use rapport_report::form::Forms;
use rapport_report::heat::{Heat, Reach};
use rapport_report::page::PageReport;
use rapport_report::vital_cause::VitalCause;
use rapport_shared::survey::Fault;

/// The means and the median of a page's views, which have no interval, as rows of its figures.
fn means(report: &PageReport) -> impl Iterator<Item = Vec<String>> {
    let rows = [
        ("engaged_mean", "milliseconds", report.engaged_mean_ms),
        ("engaged_median", "milliseconds", report.engaged_median_ms.map(f64::from)),
        ("scroll_mean", "percent", report.scroll_mean_percent),
        ("clicks_mean", "count", report.clicks_mean),
    ];
    rows.into_iter().map(|(name, unit, value)| {
        let mut row = vec![name.to_owned(), unit.to_owned(), number(value)];
        row.resize(FIGURE.len(), String::new());
        row
    })
}

/// How far a page was scrolled.
fn reach(reach: &[Reach]) -> Sheet {
    let mut header = vec!["device", "part_percent"];
    header.extend(["reached_percent", "reached_low", "reached_high", "views"]);
    let rows = reach.iter().flat_map(|of| {
        of.parts.iter().zip(1..).map(|(figure, part)| {
            let device = if of.device.is_empty() { "all" } else { &of.device };
            [vec![device.to_owned(), (part * 10).to_string()], rate(figure).into()].concat()
        })
    });
    Sheet { name: "reach", header, rows: rows.collect() }
}

/// The tables of a heat map: every element, and how far the page was scrolled.
pub fn heat(csv: Csv, table: &str, report: &Heat) -> Result<Response, Fault> {
    let mut header = vec!["element", "place", "clicks", "rage_clicks", "dead_clicks"];
    header.extend(["share_percent", "share_low", "share_high", "share_n"]);
    let rows = report.elements.iter().map(|line| {
        let mut row = vec![line.element.clone(), line.place.clone()];
        row.extend([line.clicks, line.rage_hits, line.dead_hits].map(|count| count.to_string()));
        row.extend(rate(&line.share));
        row
    });
    let sheets = vec![Sheet { name: "elements", header, rows: rows.collect() }, reach(&report.reach)];
    chosen(csv, "heatmap", table, sheets)
}

/// The tables of forms: every form, and every field of each.
pub fn forms(csv: Csv, table: &str, report: &Forms) -> Result<Response, Fault> {
    let mut of_forms = vec!["page", "form", "begun", "abandoned"];
    of_forms.extend(["completed_percent", "completed_low", "completed_high", "completed_n"]);
    of_forms.extend(["time_ms", "time_low_ms", "time_high_ms", "time_n"]);
    let rows = report.forms.iter().map(|form| {
        let mut row = vec![form.path.clone(), form.form.clone(), form.uses.to_string(), form.abandoned.to_string()];
        row.extend(rate(&form.completed));
        row.extend(rate(&form.took));
        row
    });
    let of_fields = vec![
        "page",
        "form",
        "field",
        "place",
        "touched",
        "errors",
        "time_ms",
        "time_low_ms",
        "time_high_ms",
        "time_n",
        "returned_percent",
        "returned_low",
        "returned_high",
        "returned_n",
        "refilled_percent",
        "refilled_low",
        "refilled_high",
        "refilled_n",
        "error_percent",
        "error_low",
        "error_high",
        "error_n",
        "autofilled_percent",
        "autofilled_low",
        "autofilled_high",
        "autofilled_n",
        "given_up_percent",
        "given_up_low",
        "given_up_high",
        "given_up_n",
        "friction_points",
        "friction_low",
        "friction_high",
    ];
    let fields = report.forms.iter().flat_map(|form| form.fields.iter().map(move |line| (form, line)));
    let fields = fields.map(|(form, line)| {
        let mut row = vec![form.path.clone(), form.form.clone(), line.field.clone(), number(Some(line.place))];
        row.extend([line.uses, line.errors].map(|count| count.to_string()));
        for figure in [&line.time, &line.returned, &line.refilled, &line.faulted, &line.autofilled, &line.left] {
            row.extend(rate(figure));
        }
        let friction = line.friction;
        row.extend([
            number(friction.map(|of| of.points)),
            number(friction.map(|of| of.low)),
            number(friction.map(|of| of.high)),
        ]);
        row
    });
    let sheets = vec![
        Sheet { name: "forms", header: of_forms, rows: rows.collect() },
        Sheet { name: "fields", header: of_fields, rows: fields.collect() },
    ];
    chosen(csv, "forms", table, sheets)
}

/// The tables of one page, first everything that failed on it.
pub fn page(csv: Csv, table: &str, report: &PageReport, running: &str) -> Result<Response, Fault> {
    let culprits = report.culprits.iter().flat_map(|kind| {
        kind.culprits.iter().map(|culprit| {
            vec![
                kind.kind.as_str().to_owned(),
                culprit.label.clone(),
                culprit.views.to_string(),
                culprit.signals.to_string(),
            ]
        })
    });
    let mut vitals_header = vec!["device"];
    vitals_header.extend(FIGURE);
    let vitals = report.vitals.iter().flat_map(|vitals| {
        vitals.figures.iter().map(|one| {
            let mut row = vec![vitals.device.clone()];
            row.extend(figure(one));
            row
        })
    });
    let mut all_figures = figures(&report.totals, &report.figures);
    all_figures.rows.extend(means(report));
    let mut card_header = vec!["part", "label"];
    card_header.extend(FIGURE);
    let card = report.scorecard.iter().flat_map(|part| {
        part.figures.iter().map(|one| [vec![part.name.to_owned(), one.label.clone()], figure(one)].concat())
    });
    let lcp = report.lcp_trend.iter().map(|point| trend_row("lcp", point));
    let sheets = vec![
        Sheet { name: "failures", header: vec!["kind", "what", "views", "times"], rows: culprits.collect() },
        views(&report.trend, running),
        Sheet { name: "vitals", header: vitals_header, rows: vitals.collect() },
        attribution(&report.vital_causes),
        Sheet { name: "lcp", header: vec!["figure", "from", "to", "value", "low", "high", "n"], rows: lcp.collect() },
        scores(&report.scores),
        reach(&report.reach),
        Sheet { name: "scorecard", header: card_header, rows: card.collect() },
        all_figures,
    ];
    chosen(csv, "page", table, sheets)
}

/// What vitals were of; of each part its mean.
fn attribution(causes: &[VitalCause]) -> Sheet {
    let row = |cause: &VitalCause| {
        let mean = |value: f64| if cause.vital == "cls" { format!("{value:.4}") } else { format!("{value:.0}") };
        let mut cells = vec![cause.vital.clone(), cause.element.clone(), cause.source.clone(), cause.views.to_string()];
        cells.push(mean(cause.mean));
        cells.extend((0..4).map(|place| cause.parts.get(place).map_or_else(String::new, |part| mean(part.mean))));
        cells.push(cause.longest.to_owned());
        cells
    };
    let header =
        vec!["vital", "element", "source", "views", "mean", "part_1", "part_2", "part_3", "part_4", "longest_part"];
    Sheet { name: "attribution", header, rows: causes.iter().map(row).collect() }
}
