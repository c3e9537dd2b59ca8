//! The Overview page.

use super::chart::{self, Chart};
use super::format::{count, counted, plain};
use super::frame::{EVERY_DIMENSION, Fields, Frame, Place, field};
use super::score::{ScoreCard, cards};
use super::{PageError, export, mark, render};
use crate::app::App;
use crate::http::export::csv;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::figure::Figure;
use rapport_report::overview::{Fix, Overview, Unanswered};
use rapport_report::response::ResponseSummary;
use rapport_report::slice::Slice;

#[derive(Template)]
#[template(path = "member/overview/page.html")]
struct OverviewPage {
    frame: Frame,
    report: Overview,
    responses: Vec<ResponseSummary>,
    trend: Option<Chart>,
    scores: Vec<ScoreCard>,
    nothing: bool,
    query: String,
}

impl OverviewPage {
    /// How many surveys got no score, in words.
    fn unanswered_text(&self) -> String {
        let Unanswered { surveys, paused } = self.report.unanswered;
        let of_them = match paused {
            0 => String::new(),
            1 if surveys == 1 => ", and is paused".to_owned(),
            paused if paused == surveys => ", and all are paused".to_owned(),
            1 => "; one of them is paused".to_owned(),
            paused => format!("; {} of them are paused", count(paused)),
        };
        match surveys {
            1 => format!("One survey was given no score on these days{of_them}."),
            surveys => format!("{} were given no score on these days{of_them}.", counted(surveys, "surveys")),
        }
    }

    /// Where a figure is worst.
    fn cause_href(&self, figure: &Figure) -> String {
        let sort = match figure.name {
            "bounce_rate" => "bounce",
            "error_views" => "errors",
            "rage_views" => "rage",
            "dead_views" => "dead",
            vital => vital,
        };
        self.frame.cause_href(sort)
    }

    /// The impact of a page, to the whole view where there are some.
    fn impact(&self, fix: &Fix) -> String {
        if fix.impact < 10.0 { plain(fix.impact, 1) } else { count(fix.impact.round() as u64) }
    }

    /// Share of the worst page's impact, in percent.
    fn share_of_worst(&self, impact: &f64) -> f64 {
        let worst = self.report.fix_first.first().map_or(0.0, |fix| fix.impact);
        if worst > 0.0 { (impact / worst * 100.0).clamp(1.0, 100.0) } else { 0.0 }
    }
}

pub(super) async fn page(State(app): State<App>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = app.reports(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = source.whole_overview(&slice).await?;
        let today = source.today().to_string();
        return Ok(export::overview(csv, field(&fields, "table"), &report, &today)?);
    }
    let report = source.overview(&slice).await?;
    let marks = source.marks(&slice).await?;
    let place = Place {
        title: "Overview",
        part: "overview",
        path: "overview",
        back: None,
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    let frame = Frame::filtered(&app, &access, &place, &slice, &[]).await?;
    render(&OverviewPage {
        responses: source.newest_words(&slice).await?,
        trend: mark::on_days(chart::views(&report.trend, frame.edges()), &marks, &report.trend, &frame),
        frame,
        scores: cards(&access.site.site.key, &slice.suffix(), &report.scores),
        nothing: report.trend.iter().all(|day| day.views == 0) && report.scores.is_empty(),
        query: slice.suffix(),
        report,
    })
}
