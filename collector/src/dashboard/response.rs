//! The page of one response with its trail.

use super::frame::{Frame, Place, page_query};
use super::{PageError, render};
use crate::account::Access;
use crate::app::App;
use crate::report::Source;
use crate::report::filter::Filter;
use crate::report::response::{AnswerView, ResponseReport, ResponseSummary};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use rapport_shared::id::Id;

#[derive(Template)]
#[template(path = "response.html")]
struct ResponsePage {
    frame: Frame,
    report: ResponseReport,
}

impl ResponsePage {
    fn page_query(&self) -> String {
        page_query(&Filter::default(), &self.report.summary.path)
    }
}

impl ResponseSummary {
    /// The first answer with a score.
    pub fn first_score(&self) -> Option<&AnswerView> {
        self.answers.iter().find(|answer| answer.score.is_some())
    }
}

impl AnswerView {
    /// The bare score.
    pub fn score_number(&self) -> String {
        self.score.map_or_else(String::new, |score| score.to_string())
    }
}

pub(super) async fn page(
    State(app): State<App>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    const NONE: PageError = PageError::NotFound("This site has no such response.");
    let id = Id::parse(&id).ok_or(NONE)?;
    let source = Source { store: &app.store, site: &access.site, now_ms: app.clock.now_ms() };
    let report = source.response(id).await?.ok_or(NONE)?;
    let place = Place {
        title: "One answer",
        part: "feedback",
        path: "responses",
        back: Some(("Feedback", "feedback")),
        compares: false,
        by_page: false,
    };
    let mut frame = Frame::plain(&app, &access, &place, &Filter::default()).await?;
    frame.scope = format!("{}, {}. {}", report.survey_name, report.summary.at.text(), frame.scope);
    render(&ResponsePage { frame, report })
}
