//! The page of one response with its trail.

use super::frame::{Frame, Place, page_query};
use super::{PageError, render};
use crate::account::{Access, Role, Submitted};
use crate::app::App;
use crate::problem::Problem;
use crate::report::filter::Filter;
use crate::report::response::{AnswerView, PictureView, ResponseReport, ResponseSummary};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "response.html")]
struct ResponsePage {
    frame: Frame,
    report: ResponseReport,
    may_clear: bool,
}

impl ResponsePage {
    fn page_query(&self) -> String {
        page_query(&Filter::default(), &self.report.summary.path)
    }
}

impl ResponseReport {
    /// Whether the visitor had refused to be measured.
    fn refused(&self) -> bool {
        self.consent.as_deref() == Some("refused")
    }

    /// What the visitor had said about being measured when they answered.
    fn consent_text(&self) -> &'static str {
        match (self.consent.as_deref(), self.summary.trail_withheld) {
            (Some("granted"), false) => "granted",
            (Some("granted"), true) => "granted, but the browser asks not to be tracked",
            (Some("refused"), _) => "refused",
            (Some(_), false) => "not asked or not decided",
            (Some(_), true) => "not decided; the browser asks not to be tracked",
            (None, _) => "not recorded",
        }
    }
}

impl ResponseSummary {
    /// Whether a picture of it has arrived.
    pub fn has_picture(&self) -> bool {
        self.answers.iter().any(|answer| answer.picture.is_some())
    }

    /// The first answer with a score.
    pub fn first_score(&self) -> Option<&AnswerView> {
        let is_score = |answer: &&AnswerView| !matches!(answer.kind.as_str(), "picture" | "consent");
        self.answers.iter().filter(is_score).find(|answer| answer.score.is_some())
    }
}

impl PictureView {
    /// Its length as people read it.
    pub fn size_text(&self) -> String {
        format!("{} kB", (self.size_bytes + 500) / 1_000)
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
    let source = app.reports(&access.site);
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
    render(&ResponsePage { frame, report, may_clear: access.role >= Role::Support })
}

#[derive(Deserialize)]
pub(super) struct Verdict {
    counts: String,
}

/// Says that a suspicious response counts after all, or takes that back.
pub(super) async fn clear_suspicion(
    State(app): State<App>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    Submitted(verdict): Submitted<Verdict>,
) -> Result<Response, Problem> {
    access.require(Role::Support)?;
    let counts = match verdict.counts.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::of_faults([Fault::new("counts", "must be yes or no")])),
    };
    let none = || Problem::not_found("this site has no such suspicious response");
    let id = Id::parse(&id).ok_or_else(none)?;
    let action = if counts { "response.trust" } else { "response.distrust" };
    let entry = access.note(&app, action, format!("response {id}"));
    if !app.store.clear_suspicion(access.site.site.site_id, id, counts, &entry).await? {
        return Err(none());
    }
    Ok(Redirect::to(&format!("/sites/{}/responses/{id}", access.site.site.key)).into_response())
}
