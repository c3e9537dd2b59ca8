//! One survey: its versions with what each says otherwise than the one before, and whether pages get it.

use super::{NO_SURVEY, Needs};
use crate::definition::difference::{Change, between};
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, Frame, Page, carried, field};
use crate::member::{PageError, render};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_shared::survey::Survey;
use rapport_store::account::role::Role;

/// A version, and what it says otherwise than the one before.
struct Line {
    version: u32,
    changes: Vec<Change>,
}

#[derive(Template)]
#[template(path = "member/survey/version.html")]
struct VersionPage {
    frame: Frame,
    survey: Survey,
    /// Newest first.
    lines: Vec<Line>,
    active: bool,
    json: String,
    may_change: bool,
    query: String,
}

pub(super) async fn page(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = carried(&fields);
    let site = &access.site.site;
    let listed = needs.store.surveys(site.site_id).await?.into_iter().find(|listed| listed.survey.id == id);
    let listed = listed.ok_or(NO_SURVEY)?;
    let json = definition_of(&listed.survey);
    if field(&fields, "format") == "json" {
        let name = format!("attachment; filename=\"{id}.json\"");
        let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, name)];
        return Ok((headers, json).into_response());
    }
    let mut versions = needs.store.survey_versions(site.site_id).await?;
    versions.retain(|version| version.id == id);
    let line = |at: usize| Line {
        version: versions[at].version,
        changes: at.checked_sub(1).map_or_else(Vec::new, |before| between(&versions[before], &versions[at])),
    };
    let place = Page {
        title: &listed.survey.name,
        part: "surveys",
        path: &format!("surveys/{id}"),
        back: Some(("Surveys", "surveys")),
        compares: false,
        dimensions: &[],
    };
    let frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    render(&VersionPage {
        lines: (0..versions.len()).rev().map(line).collect(),
        survey: listed.survey,
        active: listed.active,
        json,
        may_change: access.role >= Role::Editor,
        query: slice.suffix(),
        frame,
    })
}

/// A survey as it is written in a file: its version is none of the file's.
pub(super) fn definition_of(survey: &Survey) -> String {
    let text = serde_json::to_string_pretty(&Survey { version: 0, ..survey.clone() }).unwrap_or_default();
    text.replacen("  \"version\": 0,\n", "", 1)
}

/// Whether pages are to get a survey.
#[derive(serde::Deserialize)]
pub(super) struct Wanted {
    /// `on` or `off`.
    state: String,
}

pub(super) async fn set(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(wanted): Submitted<Wanted>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let site = &access.site.site;
    let active = wanted.state == "on";
    let action = if active { "survey.activate" } else { "survey.deactivate" };
    let entry = access.note(&needs.clock, action, format!("survey {id}"));
    if !needs.store.activate_survey(site.site_id, &id, active, &entry).await? {
        return Err(NO_SURVEY);
    }
    needs.sites.forget();
    Ok(Redirect::to(&format!("/sites/{}/surveys/{id}{}", site.key, carried(&fields).suffix())).into_response())
}
