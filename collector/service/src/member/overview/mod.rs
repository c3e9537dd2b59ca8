//! The Overview page.

use super::chart::{self, Chart};
use super::format::{count, counted, plain};
use super::frame::{EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::score::{ScoreCard, cards};
use super::{PageError, driver, export, format, mark, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::driver::Driver;
use rapport_report::figure::Figure;
use rapport_report::fix::{FAILURE, Fix, SINCE, State as FixState};
use rapport_report::overview::{Overview, Unanswered};
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

    /// What became of a page, and since when.
    fn since(&self, fix: &Fix) -> String {
        let since = &fix.since;
        let state = match since.state {
            FixState::New => "New",
            FixState::Worse => "Worse",
            FixState::Steady => return "Steady".to_owned(),
            FixState::Better => "Better",
            FixState::Fixed => "Fixed",
        };
        let day = since.day.as_deref().map_or_else(String::new, |day| format!(" since {}", format::day(day)));
        let release = since.release.as_ref().map_or_else(String::new, |release| format!(", with release {release}"));
        format!("{state}{day}{release}")
    }

    fn since_class(&self, fix: &Fix) -> &'static str {
        match fix.since.state {
            FixState::New | FixState::Worse => "tag bad",
            FixState::Better | FixState::Fixed => "tag good",
            FixState::Steady => "tag",
        }
    }

    /// How far the share of failed views moved then; empty where it did not.
    fn moved(&self, fix: &Fix) -> String {
        let moved = |before: f64| {
            format!("{} % of views failed before, {} % since", plain(before, 0), plain(fix.since.now_percent, 0))
        };
        fix.since.before_percent.map_or_else(String::new, moved)
    }

    /// A fact that goes with low scores on a page, with its relative risk.
    fn reason(&self, reason: &Driver) -> String {
        let times = reason.risk.as_ref().map_or_else(String::new, |risk| {
            format!(": low scores {} as often (95 % {})", driver::times(risk), driver::times_interval(risk))
        });
        format!("{}{times}, n {} of {}", reason.label, count(reason.met), count(reason.n))
    }

    fn reason_href(&self, fix: &Fix, reason: &Driver) -> String {
        self.frame.page_href(&fix.path) + driver::anchor(reason.fact)
    }

    /// What fails a view.
    fn failure(&self) -> &'static str {
        FAILURE
    }

    /// What new, worse, better and fixed are.
    fn states(&self) -> &'static str {
        SINCE
    }

    /// Share of the worst page's impact, in percent.
    fn share_of_worst(&self, impact: &f64) -> f64 {
        let worst = self.report.fix_first.first().map_or(0.0, |fix| fix.impact);
        if worst > 0.0 { (impact / worst * 100.0).clamp(1.0, 100.0) } else { 0.0 }
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = source.whole_overview(&slice).await?;
        let running = source.running();
        return Ok(export::overview(csv, field(&fields, "table"), &report, &running)?);
    }
    let report = source.overview(&slice).await?;
    let marks = source.marks(&slice).await?;
    let page = Page {
        title: "Overview",
        part: "overview",
        path: "overview",
        back: None,
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    let frame = Frame::filtered(&frames, &access, &page, &slice, &[]).await?;
    render(&OverviewPage {
        responses: source.newest_words(&slice).await?,
        trend: mark::on_days(chart::views(&report.trend, frame.edges()), &marks, &report.trend, &frame),
        scores: mark::on_cards(
            cards(&access.site.site.key, &slice.suffix(), &report.scores, frame.edges()),
            &marks,
            &frame,
        ),
        frame,
        nothing: report.trend.iter().all(|day| day.views == 0) && report.scores.is_empty(),
        query: slice.suffix(),
        report,
    })
}
