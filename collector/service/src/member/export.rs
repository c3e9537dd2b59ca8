//! The tables of the pages as CSV, with the same figures, and with every row where a page shows the first ones.

use super::theme::Pairs;
use crate::http::export::csv::Csv;
use axum::response::Response;
use rapport_report::course::funnel::{FunnelPerson, FunnelReport};
use rapport_report::course::task::{TaskDetail, TaskPerson, TaskReport};
use rapport_report::delivery::DeliveryLog;
use rapport_report::driver::{Driver, Drivers};
use rapport_report::feedback::{Delivery, Feedback};
use rapport_report::figure::{Figure, Total, TrendPoint, Verdict};
use rapport_report::form::Forms;
use rapport_report::heat::{Heat, Reach};
use rapport_report::install::Install;
use rapport_report::journey::{Journeys, Ways};
use rapport_report::overview::{Overview, SurveyScore, TrendDay};
use rapport_report::page::PageReport;
use rapport_report::period::is_running;
use rapport_report::response::Time;
use rapport_report::retention::Retention;
use rapport_report::route::{self, Routes};
use rapport_report::survey::SurveyReport;
use rapport_report::vital_cause::VitalCause;
use rapport_shared::survey::Fault;
use rapport_shared::theme::TEXT_CONTRAST;
use rapport_store::mail::OutgoingMail;
use rapport_store::share::Share;
use rapport_store::site::directory::SiteContext;
use std::collections::BTreeMap;

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

/// The tables of Routes: every route of the known pages, and every page with its route; of a pattern that is tried those that fit.
pub fn routes(
    csv: Csv,
    table: &str,
    (routes, own, pages, pattern): (&Routes, &[String], &[String], &str),
) -> Result<Response, Fault> {
    let mut counts: BTreeMap<String, usize> = own.iter().map(|pattern| (pattern.clone(), 0)).collect();
    pages.iter().for_each(|page| *counts.entry(routes.of(page).into_owned()).or_default() += 1);
    let by = |route: &String| if own.contains(route) { "pattern" } else { "ids" };
    let rows = counts.iter().map(|(route, pages)| vec![route.clone(), by(route).to_owned(), pages.to_string()]);
    let fitting = if pattern.is_empty() { pages.iter().collect() } else { route::taken_in(pattern, pages) };
    let fits = fitting.into_iter().map(|page| vec![page.clone(), routes.of(page).into_owned()]);
    let sheets = vec![
        Sheet { name: "routes", header: vec!["route", "by", "pages"], rows: rows.collect() },
        Sheet { name: "pages", header: vec!["page", "route"], rows: fits.collect() },
    ];
    chosen(csv, "routes", table, sheets)
}

/// The table of links to reports.
pub fn shares(csv: Csv, table: &str, shares: &[Share], site: &SiteContext) -> Result<Response, Fault> {
    let at = |at_ms: i64| Time::new(at_ms, &site.site.time_zone).local;
    let at_or_none = |at_ms: Option<i64>| at_ms.map_or_else(String::new, at);
    let rows = shares.iter().map(|share| {
        vec![
            share.share_id.to_text(),
            share.name.clone(),
            share.path.clone(),
            share.fields.clone(),
            share.locked.clone(),
            yes_no(share.shows_words),
            yes_no(!share.password_hash.is_empty()),
            share.actor.clone(),
            at(share.created_at_ms),
            at(share.expires_at_ms),
            at_or_none(share.revoked_at_ms),
            at_or_none(share.used_at_ms),
        ]
    });
    let header = vec![
        "id",
        "name",
        "report",
        "fields",
        "locked",
        "words",
        "password",
        "made_by",
        "made_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    ];
    chosen(csv, "shares", table, vec![Sheet { name: "links", header, rows: rows.collect() }])
}

/// The table of mails that were sent.
pub fn mails(csv: Csv, table: &str, mails: &[OutgoingMail], site: &SiteContext) -> Result<Response, Fault> {
    let at = |at_ms: i64| Time::new(at_ms, &site.site.time_zone).local;
    let rows = mails.iter().map(|mail| {
        vec![
            at(mail.changed_at_ms),
            mail.recipient.clone(),
            mail.subject.clone(),
            mail.state.as_str().to_owned(),
            mail.attempts.to_string(),
            mail.last_error.clone().unwrap_or_default(),
            mail.message_id.clone(),
            at(mail.created_at_ms),
        ]
    });
    let header = vec!["at", "to", "subject", "state", "attempts", "error", "message_id", "written_at"];
    chosen(csv, "mails", table, vec![Sheet { name: "mails", header, rows: rows.collect() }])
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

/// The table of Tasks.
pub fn tasks(csv: Csv, table: &str, report: &TaskReport) -> Result<Response, Fault> {
    let mut header = vec!["task", "id", "attempts", "undecided", "left", "timed_out"];
    header.extend([
        "success_percent",
        "success_low",
        "success_high",
        "success_n",
        "failed_percent",
        "failed_low",
        "failed_high",
        "failed_n",
        "abandoned_percent",
        "abandoned_low",
        "abandoned_high",
        "abandoned_n",
        "retried_percent",
        "retried_low",
        "retried_high",
        "retried_n",
        "time_ms",
        "time_low",
        "time_high",
        "time_n",
    ]);
    let rows = report.tasks.iter().map(|task| {
        let mut row = vec![task.name.clone(), task.id.clone().unwrap_or_default()];
        row.extend([task.attempts, task.undecided, task.left, task.timed_out].map(|count| count.to_string()));
        for figure in [&task.success, &task.failed, &task.abandoned, &task.retried, &task.time] {
            row.extend(rate(figure));
        }
        row
    });
    chosen(csv, "tasks", table, vec![Sheet { name: "tasks", header, rows: rows.collect() }])
}

/// The tables of one task: those who tried, and where it ended without success.
pub fn task(csv: Csv, table: &str, report: &TaskDetail, people: &[TaskPerson]) -> Result<Response, Fault> {
    let of_people = people.iter().map(|one| {
        vec![
            time(Some(&one.began)),
            time(Some(&one.ended)),
            one.outcome.as_str().to_owned(),
            yes_no(one.retry),
            one.took_ms.to_string(),
            one.page.clone(),
            one.device.clone(),
            one.visit.clone(),
        ]
    });
    let pages = report.ended_on.iter().map(|on| vec![on.page.clone(), on.failed.to_string(), on.abandoned.to_string()]);
    let sheets = vec![
        Sheet {
            name: "people",
            header: vec!["began", "ended", "outcome", "is_retry", "took_ms", "page", "device", "visit"],
            rows: of_people.collect(),
        },
        Sheet { name: "pages", header: vec!["page", "failed", "abandoned"], rows: pages.collect() },
    ];
    chosen(csv, "task", table, sheets)
}

/// The tables of one funnel: its steps, where people went instead, and those who began.
pub fn funnel(csv: Csv, table: &str, report: &FunnelReport, people: &[FunnelPerson]) -> Result<Response, Fault> {
    let steps = report.steps.iter().enumerate().map(|(place, step)| {
        let counts = [step.reached, step.stopped, step.undecided].map(|count| count.to_string());
        let mut row = [vec![(place + 1).to_string(), step.label.clone()], counts.to_vec()].concat();
        row.push(whole(step.reached_before));
        row.extend(rate(&step.of_all));
        row.extend(step.went_on.as_ref().map_or_else(|| [const { String::new() }; 4], rate));
        row
    });
    let instead = report.steps.iter().enumerate().flat_map(|(place, step)| {
        let row = move |kind: &str, page: &str, people: u64| {
            vec![(place + 1).to_string(), kind.to_owned(), page.to_owned(), people.to_string()]
        };
        let pages: Vec<_> = step.instead.iter().map(|page| row("page", &page.page, page.people)).collect();
        let others = [row("rest", "", step.instead_rest), row("left", "", step.left)];
        pages.into_iter().chain(others)
    });
    let of_people = people.iter().map(|one| {
        let times = [time(Some(&one.began)), time(Some(&one.last))];
        let standing = one.standing.as_str().to_owned();
        let rest = [one.steps.to_string(), standing, one.instead.clone(), one.device.clone(), one.visit.clone()];
        [times.to_vec(), rest.to_vec()].concat()
    });
    let sheets = vec![
        Sheet {
            name: "steps",
            header: vec![
                "step",
                "what",
                "reached",
                "stopped",
                "undecided",
                "reached_before",
                "of_all_percent",
                "of_all_low",
                "of_all_high",
                "of_all_n",
                "went_on_percent",
                "went_on_low",
                "went_on_high",
                "went_on_n",
            ],
            rows: steps.collect(),
        },
        Sheet { name: "instead", header: vec!["step", "went_to", "page", "people"], rows: instead.collect() },
        Sheet {
            name: "people",
            header: vec!["began", "last", "steps", "standing", "instead", "device", "visit"],
            rows: of_people.collect(),
        },
    ];
    chosen(csv, "funnel", table, sheets)
}

/// The tables of Journeys: every way from one stop to the next, and the most frequent paths.
pub fn journeys(csv: Csv, table: &str, report: &Journeys) -> Result<Response, Fault> {
    let direction = |ways: &Ways| if ways.backwards { "to" } else { "on" }.to_owned();
    let every = || report.back.iter().chain([&report.on]);
    let edges = every().flat_map(|ways| {
        ways.all.iter().map(move |edge| {
            let stop = |kind: &str, page: &str| [kind.to_owned(), page.to_owned()];
            let [from, from_page] = stop(edge.from.kind.as_str(), &edge.from.page);
            let [to, to_page] = stop(edge.to.kind.as_str(), &edge.to.page);
            vec![direction(ways), edge.step.to_string(), from, from_page, to, to_page, edge.visits.to_string()]
        })
    });
    let paths = every().flat_map(|ways| {
        let line = move |path: String, whole: String, visits: u64, share: [String; 4]| {
            [vec![direction(ways), path, whole, visits.to_string()], share.to_vec()].concat()
        };
        let listed: Vec<_> = ways
            .paths
            .iter()
            .map(|path| line(path.pages.join(" > "), yes_no(path.whole), path.visits, rate(&path.share)))
            .collect();
        let rest =
            (ways.rest > 0).then(|| line("rest".to_owned(), String::new(), ways.rest, [const { String::new() }; 4]));
        listed.into_iter().chain(rest)
    });
    let sheets = vec![
        Sheet {
            name: "ways",
            header: vec!["direction", "step", "from", "from_page", "to", "to_page", "visits"],
            rows: edges.collect(),
        },
        Sheet {
            name: "paths",
            header: vec![
                "direction",
                "path",
                "is_whole",
                "visits",
                "share_percent",
                "share_low",
                "share_high",
                "share_n",
            ],
            rows: paths.collect(),
        },
    ];
    chosen(csv, "journeys", table, sheets)
}

/// The table of retention: a row a cohort and a week.
pub fn retention(csv: Csv, table: &str, report: &Retention) -> Result<Response, Fault> {
    let rows = report.cohorts.iter().flat_map(|cohort| {
        cohort.returned.iter().map(|one| {
            let mut row = vec![cohort.week.clone(), cohort.visitors.to_string(), one.weeks_later.to_string()];
            row.push(one.visitors.to_string());
            row.extend(rate(&one.share));
            row.push(yes_no(one.unfinished));
            row
        })
    });
    let header = vec!["week", "visitors", "weeks_later", "came_again", "percent", "low", "high", "n", "is_unfinished"];
    chosen(csv, "retention", table, vec![Sheet { name: "cohorts", header, rows: rows.collect() }])
}
