//! The Overview page.

use super::chart::{self, Chart};
use super::format::count;
use super::frame::{Fields, Frame, Place, page_query};
use super::score::{ScoreCard, cards};
use super::{PageError, render};
use crate::account::Access;
use crate::app::App;
use crate::report::filter::Filter;
use crate::report::overview::{Fix, Overview, Unanswered};
use crate::report::response::ResponseSummary;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    report: Overview,
    responses: Vec<ResponseSummary>,
    trend: Option<Chart>,
    scores: Vec<ScoreCard>,
    nothing: bool,
    query: String,
    filter: Filter,
}

impl OverviewPage {
    fn page_query(&self, path: &str) -> String {
        page_query(&self.filter, path)
    }

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
            surveys => format!("{} surveys were given no score on these days{of_them}.", count(surveys)),
        }
    }

    /// The impact of a page, to the whole view.
    fn impact(&self, fix: &Fix) -> String {
        count(fix.impact.round() as u64)
    }

    /// Share of the worst page's impact, in percent.
    fn share_of_worst(&self, impact: &f64) -> f64 {
        let worst = self.report.fix_first.first().map_or(0.0, |fix| fix.impact);
        if worst > 0.0 { (impact / worst * 100.0).clamp(1.0, 100.0) } else { 0.0 }
    }
}

pub(super) async fn page(State(app): State<App>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let filter = Filter::parse(&fields)?;
    let source = app.reports(&access.site);
    let report = source.overview(&filter).await?;
    let place =
        Place { title: "Overview", part: "overview", path: "overview", back: None, compares: true, by_page: true };
    let frame = Frame::filtered(&app, &access, &place, &filter, &[]).await?;
    render(&OverviewPage {
        frame,
        responses: source.newest_words(&filter).await?,
        trend: chart::views(&report.trend),
        scores: cards(&access.site.site.key, &filter.suffix(), &report.scores),
        nothing: report.trend.iter().all(|day| day.views == 0) && report.scores.is_empty(),
        query: filter.suffix(),
        report,
        filter,
    })
}
