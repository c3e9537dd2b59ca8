//! The tables of the pages as CSV, with the same figures, and with every row where a page shows the first ones.

use super::theme::Pairs;
use crate::http::export::csv::Csv;
use axum::response::Response;
use rapport_report::delivery::DeliveryLog;
use rapport_report::driver::{Driver, Drivers};
use rapport_report::feedback::{Delivery, Feedback};
use rapport_report::figure::{Figure, Total, TrendPoint, Verdict};
use rapport_report::install::Install;
use rapport_report::overview::{Overview, SurveyScore, TrendDay};
use rapport_report::page::PageReport;
use rapport_report::period::is_running;
use rapport_report::response::Time;
use rapport_report::survey::SurveyReport;
use rapport_report::vital_cause::VitalCause;
use rapport_shared::survey::Fault;
use rapport_shared::theme::TEXT_CONTRAST;

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

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
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

fn trend_row(question: &str, point: &TrendPoint) -> Vec<String> {
    let mut row = vec![question.to_owned(), point.from.clone(), point.to.clone()];
    row.extend([number(point.value), number(point.low), number(point.high), point.n.to_string()]);
    row
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

/// The table of the saved theme: every pair of colours that it draws, with what its contrast needs.
pub fn theme(csv: Csv, table: &str, groups: &[Pairs]) -> Result<Response, Fault> {
    let header =
        vec!["drawn", "front", "front_color", "behind", "behind_color", "contrast", "needed", "needed_as", "passes"];
    let rows = groups.iter().flat_map(|group| {
        group.pairs.iter().map(|pair| {
            vec![
                group.heading.to_owned(),
                pair.front.to_owned(),
                pair.front_hex(),
                pair.behind.to_owned(),
                pair.behind_hex(),
                pair.contrast_text(),
                pair.least.to_string(),
                if pair.least >= TEXT_CONTRAST { "text" } else { "edge" }.to_owned(),
                yes_no(pair.passes()),
            ]
        })
    });
    chosen(csv, "theme", table, vec![Sheet { name: "contrast", header, rows: rows.collect() }])
}

/// The tables of Install.
pub fn install(csv: Csv, table: &str, report: &Install) -> Result<Response, Fault> {
    let items = report.outcomes.iter().map(|line| {
        let counts = [line.accepted, line.duplicate, line.rejected, line.bot, line.late].map(|count| count.to_string());
        [vec![line.item_type.as_str().to_owned()], counts.to_vec(), vec![time(line.last_at.as_ref())]].concat()
    });
    let refused = report.refused.iter().map(|line| {
        let (item, field, reason) = (line.item_type.as_str().to_owned(), line.field.clone(), line.reason.clone());
        vec![item, field, reason, line.items.to_string(), time(Some(&line.last_at))]
    });
    let origins = report.foreign.iter().map(|line| {
        let command = line.command.clone().unwrap_or_default();
        vec![line.origin.clone(), command, line.requests.to_string(), time(Some(&line.last_at))]
    });
    let sheets = vec![
        Sheet {
            name: "items",
            header: vec!["item", "accepted", "duplicate", "rejected", "bot", "late", "last_accepted_at"],
            rows: items.collect(),
        },
        Sheet {
            name: "rejected",
            header: vec!["item", "field", "reason", "items", "last_at"],
            rows: refused.collect(),
        },
        Sheet { name: "origins", header: vec!["origin", "command", "requests", "last_at"], rows: origins.collect() },
    ];
    chosen(csv, "install", table, sheets)
}
