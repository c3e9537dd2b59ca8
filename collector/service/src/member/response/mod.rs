//! The page of one response with its trail.

use super::format::sentence;
use super::frame::{CameFrom, Choice, Fields, Frame, Frames, Page};
use super::{PageError, render};
use crate::app::Reports;
use crate::http::problem::Problem;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::response::{AnswerRole, AnswerView, PictureView, ResponseReport, ResponseSummary};
use rapport_report::slice::Slice;
use rapport_shared::id::Id;
use rapport_shared::signal::Happening;
use rapport_shared::survey::{AnswerKind, Fault};
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::record::Consent;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "member/response/page.html")]
struct ResponsePage {
    frame: Frame,
    report: ResponseReport,
    may_clear: bool,
    /// The field that carries on where one came from, with its `?`.
    kept: String,
}

impl ResponsePage {
    /// The report of the page that something happened on: that of a page view, or the one before.
    fn place_of(&self, place: &usize) -> &str {
        let until = self.report.timeline.get(..=*place).unwrap_or_default();
        let opened = until.iter().rev().find(|moment| moment.kind == Happening::PageView && !moment.path.is_empty());
        opened.map_or("", |moment| moment.path.as_str())
    }
}

/// How a [`ResponseReport`] reads on a page.
pub(crate) trait ResponseReportWords {
    /// Whether the visitor had refused to be measured.
    fn refused(&self) -> bool;

    /// What the visitor had said about being measured when they answered.
    fn consent_text(&self) -> &'static str;
}

impl ResponseReportWords for ResponseReport {
    fn refused(&self) -> bool {
        self.consent == Some(Consent::Refused)
    }

    fn consent_text(&self) -> &'static str {
        match (self.consent, self.summary.trail_withheld) {
            (Some(Consent::Granted), false) => "granted",
            (Some(Consent::Granted), true) => "granted, but the browser asks not to be tracked",
            (Some(Consent::Refused), _) => "refused",
            (Some(Consent::Unknown), false) => "not asked or not decided",
            (Some(Consent::Unknown), true) => "not decided; the browser asks not to be tracked",
            (None, _) => "not recorded",
        }
    }
}

/// How a [`ResponseSummary`] reads on a page.
pub(crate) trait ResponseSummaryWords {
    /// Whether a picture of it has arrived.
    fn has_picture(&self) -> bool;

    /// The first answer with a score.
    fn first_score(&self) -> Option<&AnswerView>;

    /// What was said in words, each with its title, whichever of both was sent first.
    fn said(&self) -> Vec<Said<'_>>;

    /// Who said it, and what the page knew: each with its name.
    fn labels(&self) -> Vec<(String, String)>;
}

impl ResponseSummaryWords for ResponseSummary {
    fn has_picture(&self) -> bool {
        self.answers.iter().any(|answer| answer.picture.is_some())
    }

    fn first_score(&self) -> Option<&AnswerView> {
        let is_score = |answer: &&AnswerView| {
            !matches!(AnswerKind::parse(&answer.kind), Some(AnswerKind::Picture | AnswerKind::Consent))
        };
        self.answers.iter().filter(is_score).find(|answer| answer.score.is_some())
    }

    fn said(&self) -> Vec<Said<'_>> {
        let mut said: Vec<Said<'_>> = Vec::new();
        for answer in self.answers.iter().filter(|answer| answer.is_said() && !answer.words.is_empty()) {
            let question = answer.question.split_once('.').map_or(answer.question.as_str(), |(question, _)| question);
            let is_title = answer.role == AnswerRole::Title;
            let free = |one: &Said<'_>| {
                one.question == question && if is_title { one.title.is_empty() } else { one.text.is_empty() }
            };
            let place = said.iter().position(free).unwrap_or(said.len());
            if place == said.len() {
                said.push(Said { question, title: "", text: "" });
            }
            let one = &mut said[place];
            *(if is_title { &mut one.title } else { &mut one.text }) = &answer.words;
        }
        said
    }

    fn labels(&self) -> Vec<(String, String)> {
        let named = self
            .answers
            .iter()
            .filter(|answer| matches!(answer.role, AnswerRole::Author | AnswerRole::Contact | AnswerRole::Fact));
        let value = |answer: &AnswerView| {
            if answer.words.is_empty() { answer.choices.join(", ") } else { answer.words.clone() }
        };
        let labels = named.map(|answer| (answer.label(), value(answer)));
        labels.filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// Words of a response, with the title that they were given.
pub struct Said<'a> {
    /// Id of the question.
    pub question: &'a str,
    /// Empty for words without one.
    pub title: &'a str,
    /// Empty for a title without words.
    pub text: &'a str,
}

/// How a [`PictureView`] reads on a page.
pub(crate) trait PictureViewWords {
    /// Its length as people read it.
    fn size_text(&self) -> String;
}

impl PictureViewWords for PictureView {
    fn size_text(&self) -> String {
        format!("{} kB", (self.size_bytes + 500) / 1_000)
    }
}

/// How a [`AnswerView`] reads on a page.
pub(crate) trait AnswerViewWords {
    /// What stands before it where its question does not.
    fn label(&self) -> String;

    /// What was asked; of a fact, its name and where it is from.
    fn heading(&self) -> String;

    /// Whether its words are what somebody said.
    fn is_said(&self) -> bool;

    /// Whether it is a picture.
    fn is_picture(&self) -> bool;

    /// The bare score.
    fn score_number(&self) -> String;
}

impl AnswerViewWords for AnswerView {
    fn label(&self) -> String {
        match self.role {
            AnswerRole::Author => "By".to_owned(),
            AnswerRole::Contact if AnswerKind::parse(&self.kind) == Some(AnswerKind::Email) => "E-mail".to_owned(),
            AnswerRole::Contact => "Name".to_owned(),
            AnswerRole::Fact => sentence(self.question.strip_prefix("fact.").unwrap_or(&self.question)),
            AnswerRole::Answer | AnswerRole::Title => self.asked.clone(),
        }
    }

    fn heading(&self) -> String {
        if self.role == AnswerRole::Fact { format!("{}, said by the page", self.label()) } else { self.asked.clone() }
    }

    fn is_said(&self) -> bool {
        matches!(self.role, AnswerRole::Answer | AnswerRole::Title)
    }

    fn is_picture(&self) -> bool {
        AnswerKind::parse(&self.kind) == Some(AnswerKind::Picture)
    }

    fn score_number(&self) -> String {
        self.score.map_or_else(String::new, |score| score.to_string())
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    const NONE: PageError = PageError::NotFound("This site has no such response.");
    let id = Id::parse(&id).ok_or(NONE)?;
    let source = reports.of(&access.site);
    let report = source.response(id).await?.ok_or(NONE)?;
    let page =
        Page { title: "One answer", part: "feedback", path: "responses", back: None, compares: false, dimensions: &[] };
    let from = CameFrom::of(&fields);
    let slice = from.as_ref().map_or_else(Slice::default, |from| from.slice.clone());
    let mut frame = Frame::plain(&frames, &access, &page, &slice).await?;
    let site = &access.site.site.key;
    let kept = from.as_ref().map(CameFrom::suffix).unwrap_or_default();
    frame.here = format!("responses/{}{kept}", report.summary.id);
    frame.back = Some(from.map_or_else(
        || Choice {
            label: report.survey_name.clone(),
            href: format!("/sites/{site}/feedback/{}", report.summary.survey),
            current: false,
        },
        |from| from.choice(site),
    ));
    frame.scope = format!("{}, {}. {}", report.survey_name, report.summary.at.text(), frame.scope);
    render(&ResponsePage { frame, report, kept, may_clear: access.role >= Role::Support })
}

#[derive(Deserialize)]
pub(super) struct Verdict {
    counts: String,
}

/// Says that a suspicious response counts after all, or takes that back.
pub(super) async fn clear_suspicion(
    State(store): State<Store>,
    State(clock): State<Clock>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(verdict): Submitted<Verdict>,
) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let counts = match verdict.counts.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::of_faults([Fault::new("counts", "must be yes or no")]).into()),
    };
    const NONE: PageError = PageError::NotFound("This site has no such suspicious response.");
    let id = Id::parse(&id).ok_or(NONE)?;
    let action = if counts { "response.trust" } else { "response.distrust" };
    let entry = access.note(&clock, action, format!("response {id}"));
    if !store.clear_suspicion(access.site.site.site_id, id, counts, &entry).await? {
        return Err(NONE);
    }
    let kept = CameFrom::of(&fields).map(|from| from.suffix()).unwrap_or_default();
    Ok(Redirect::to(&format!("/sites/{}/responses/{id}{kept}", access.site.site.key)).into_response())
}
