//! Surveys, built by those who ask: the list with what is being written, a draft as a form, and a survey's versions.

mod draft;
#[cfg(test)]
mod page_test;
mod preview;
mod version;

use super::format;
use super::frame::{Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, Reports, feature_state};
use crate::definition::{pool, written};
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use crate::public::asset::Files;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::{Fault, Survey};
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::survey::Unserved;
use rapport_store::survey_draft::{DRAFT_BYTES, DRAFTS, Drafted, SurveyDraft};
use serde_json::json;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// Largest form, in bytes: a character may be written as twelve, and fields have names.
const FORM_BYTES: usize = 4 * DRAFT_BYTES;

const NO_DRAFT: PageError =
    PageError::NotFound("This site has no such draft. It may have been published or discarded.");
const NO_SURVEY: PageError = PageError::NotFound("This site has no such survey.");

/// Routes of the pages.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/surveys", get(list).post(begin))
        .route("/sites/{site}/surveys/drafts/{id}", get(draft::page).post(draft::change))
        .route("/sites/{site}/surveys/drafts/{id}/discard", post(draft::discard))
        .route("/sites/{site}/surveys/drafts/{id}/preview", get(preview::frame).post(preview::typed))
        .route("/sites/{site}/surveys/{survey}", get(version::page))
        .route("/sites/{site}/surveys/{survey}/state", post(version::set))
        .layer(axum::extract::DefaultBodyLimit::max(FORM_BYTES))
}

feature_state! {
    /// What the pages need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        sites: SiteDirectory,
        frames: Frames,
        reports: Reports,
        files: Arc<Files>,
    }
}

/// A survey as it is listed.
struct Line {
    id: String,
    name: String,
    version: u32,
    questions: usize,
    placement: String,
    /// Its place in the order in which surveys take precedence.
    place: usize,
    /// When its first version was made, in epoch milliseconds.
    created_at_ms: i64,
    /// Answers that scores count, on the days that are looked at.
    answers: u64,
    /// Why pages do not get it; empty while they do.
    unserved: &'static str,
}

/// A draft as it is listed.
struct DraftLine {
    id: Id,
    name: String,
    /// The survey of which it is another version; empty for a new one.
    survey_id: String,
    changed_at: Time,
    changed_by: String,
}

/// A survey of the pool.
struct PoolLine {
    name: &'static str,
    told: String,
}

#[derive(Template)]
#[template(path = "member/survey/list.html")]
struct ListPage {
    frame: Frame,
    lines: Vec<Line>,
    drafts: Vec<DraftLine>,
    pool: Vec<PoolLine>,
    may_change: bool,
    query: String,
}

/// What a draft is called: as its definition says.
fn name_of(draft: &SurveyDraft) -> String {
    let definition: serde_json::Value = serde_json::from_str(&draft.definition).unwrap_or_default();
    let said = |field: &str| definition[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    said("name").or_else(|| said("title")).or_else(|| said("id")).unwrap_or_else(|| "Without a name".to_owned())
}

async fn list(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = carried(&fields);
    let site = &access.site.site;
    let place =
        Page { title: "Surveys", part: "surveys", path: "surveys", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    frame.scope = "What visitors are asked, where and when".to_owned();
    let answers = needs.reports.of(&access.site).feedback(&slice).await?.surveys;
    let answers: HashMap<String, u64> = answers.into_iter().map(|line| (line.survey, line.delivery.stored)).collect();
    let made = needs.store.surveys(site.site_id).await?.into_iter();
    let made: HashMap<String, i64> = made.map(|listed| (listed.survey.id, listed.created_at_ms)).collect();
    let line = |(at, (survey, unserved)): (usize, (Survey, Option<Unserved>))| Line {
        place: at + 1,
        created_at_ms: made.get(&survey.id).copied().unwrap_or(0),
        answers: answers.get(&survey.id).copied().unwrap_or(0),
        questions: survey.questions.len(),
        placement: survey.placement.as_str().to_owned(),
        version: survey.version,
        id: survey.id,
        name: survey.name,
        unserved: match unserved {
            None => "",
            Some(Unserved::Inactive) => "switched off",
            Some(Unserved::QuotaReached) => "has answers enough",
        },
    };
    let draft = |draft: SurveyDraft| DraftLine {
        id: draft.draft_id,
        name: name_of(&draft),
        changed_at: Time::new(draft.changed_at_ms, &site.time_zone),
        survey_id: draft.survey_id,
        changed_by: draft.changed_by,
    };
    let pooled = pool::names().filter_map(|name| {
        let survey = pool::survey(name)?;
        let told = format!("{}: {}", survey.name, format::counted(survey.questions.len(), "questions"));
        Some(PoolLine { name, told })
    });
    let may_change = access.role >= Role::Editor;
    let drafts = if may_change { needs.store.survey_drafts(site.site_id).await? } else { Vec::new() };
    let served = needs.store.served_surveys(site.site_id).await?;
    let mut lines: Vec<Line> = served.into_iter().enumerate().map(line).collect();
    lines.sort_by_key(|line| Reverse((line.created_at_ms, line.place)));
    render(&ListPage {
        lines,
        drafts: drafts.into_iter().map(draft).collect(),
        pool: pooled.collect(),
        may_change,
        query: slice.suffix(),
        frame,
    })
}

/// What a draft is begun from.
#[derive(serde::Deserialize)]
struct Begin {
    /// `empty`, `pool`, `survey` (another version), `copy` or `json`.
    from: String,
    /// The survey of the pool, or of the site.
    #[serde(default)]
    name: String,
    /// The definition as JSON.
    #[serde(default)]
    json: String,
}

/// An id that no survey of a site has.
fn free_id(known: &[String], wanted: &str) -> String {
    let is_free = |id: &String| !known.contains(id);
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    [wanted.to_owned()].into_iter().chain(numbered).find(is_free).unwrap_or_default()
}

async fn begin(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(begin): Submitted<Begin>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let site_id = access.site.site.site_id;
    let surveys = needs.store.surveys(site_id).await?;
    let known: Vec<String> = surveys.iter().map(|listed| listed.survey.id.clone()).collect();
    let of_site = || surveys.iter().find(|listed| listed.survey.id == begin.name).map(|listed| listed.survey.clone());
    let fault = |field: &str, reason: &str| PageError::from(Problem::of_faults([Fault::new(field, reason)]));
    let (definition, survey_id) = match begin.from.as_str() {
        "empty" => {
            let questions = json!([{ "id": "rating", "kind": "csat", "text": "", "required": true }]);
            let id = free_id(&known, "survey");
            (json!({ "id": id, "name": "", "title": "", "questions": questions }), String::new())
        }
        "pool" => {
            let survey = pool::survey(&begin.name).ok_or_else(|| fault("name", "is no survey of the pool"))?;
            (written(&Survey { id: free_id(&known, &survey.id), ..survey }), String::new())
        }
        "survey" => {
            let survey = of_site().ok_or(NO_SURVEY)?;
            (written(&survey), survey.id)
        }
        "copy" => {
            let survey = of_site().ok_or(NO_SURVEY)?;
            let (id, name) = (free_id(&known, &survey.id), format!("{} (copy)", survey.name));
            (written(&Survey { id, name, ..survey }), String::new())
        }
        "json" => {
            let value: serde_json::Value = serde_json::from_str(&begin.json)
                .map_err(|error| Problem::of_faults([Fault::new("json", format!("is no JSON: {error}"))]))?;
            if !value.is_object() {
                return Err(fault("json", "must be an object: { … }"));
            }
            let id = value["id"].as_str().filter(|id| known.iter().any(|known| known == id)).unwrap_or_default();
            let id = id.to_owned();
            (value, id)
        }
        _ => return Err(fault("from", "must be empty, pool, survey, copy or json")),
    };
    let now_ms = needs.clock.now_ms();
    let draft = SurveyDraft {
        draft_id: needs.clock.new_id(),
        survey_id,
        definition: definition.to_string(),
        revision: 0,
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
        changed_by: access.member.email.clone(),
    };
    if draft.definition.len() > DRAFT_BYTES {
        return Err(fault("json", &format!("must be at most {DRAFT_BYTES} bytes")));
    }
    let entry = access.note(&needs.clock, "survey.draft", format!("draft {}", name_of(&draft)));
    match needs.store.add_survey_draft(site_id, &draft, &entry).await? {
        Drafted::TooMany => {
            Err(fault("from", &format!("cannot be begun: a site has at most {DRAFTS} drafts; publish or discard some")))
        }
        _ => Ok(Redirect::to(&draft_href(&access, draft.draft_id, &carried(&fields).suffix())).into_response()),
    }
}

fn draft_href(access: &Access, draft_id: Id, query: &str) -> String {
    format!("/sites/{}/surveys/drafts/{draft_id}{query}", access.site.site.key)
}
