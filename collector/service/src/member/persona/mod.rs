//! Personas: who they are, how many there are, what they feel and meet beside everybody else, and the form that describes them.

mod form;
#[cfg(test)]
mod persona_test;

pub(crate) use form::refusal;

use super::frame::{EVERY_DIMENSION, Fields, Frame, Frames, Page, carried, field};
use super::{PageError, export, render};
use crate::app::{App, Reports, feature_state};
use crate::http::export::csv::{self, number};
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use form::Form;
use rapport_report::persona::{PersonaLine, PersonaReport, Personas};
use rapport_report::slice::{Dimension, Slice};
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::persona::NAME_CHARACTERS;

const NONE: PageError = PageError::NotFound("This site has no such persona.");

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/personas", get(list).post(form::add))
        .route("/sites/{site}/personas/{key}", get(one).post(form::change))
        .route("/sites/{site}/personas/{key}/remove", post(form::remove))
}

feature_state! {
    /// What the pages and the form need.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        reports: Reports,
        frames: Frames,
    }
}

#[derive(Template)]
#[template(path = "member/persona/list.html")]
struct ListPage {
    frame: Frame,
    report: Personas,
    form: Option<Form>,
}

impl ListPage {
    fn href(&self, persona: &PersonaLine) -> String {
        format!("/sites/{}/personas/{}{}", self.frame.site_key, persona.key, self.frame.slice.suffix())
    }
}

#[derive(Template)]
#[template(path = "member/persona/one.html")]
struct OnePage {
    frame: Frame,
    report: PersonaReport,
    form: Option<Form>,
    /// The Overview, narrowed to the persona.
    narrowed: String,
}

/// What a persona is, of which an address is about one.
fn beside_personas(slice: &Slice) -> Slice {
    slice.without(Dimension::Persona)
}

async fn list(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    if let Some(csv) = csv::wanted(&fields)? {
        let report = needs.reports.of(&access.site).personas().await?;
        let header = [
            "persona",
            "name",
            "owner",
            "customers",
            "visitors",
            "share_percent",
            "share_low",
            "share_high",
            "known_customers",
            "rule",
            "goals",
            "problems",
            "solutions",
        ];
        let row = |line: &PersonaLine| {
            vec![
                line.key.clone(),
                line.name.clone(),
                line.owner.clone(),
                line.customers.to_string(),
                line.visitors.to_string(),
                number(line.share.value),
                number(line.share.low),
                number(line.share.high),
                report.customers.to_string(),
                line.rule.replace('\n', "; "),
                line.goals.join("; "),
                line.problems.join("; "),
                line.solutions.join("; "),
            ]
        };
        return Ok(csv.table("personas", &header, report.personas.iter().map(row)));
    }
    let form = (access.role >= Role::Editor).then(Form::default);
    show_list(&needs, &access, &carried(&fields), form).await
}

/// The list with a form in a state.
async fn show_list(needs: &Needs, access: &Access, slice: &Slice, form: Option<Form>) -> Result<Response, PageError> {
    let place =
        Page { title: "Personas", part: "personas", path: "personas", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&needs.frames, access, &place, slice).await?;
    frame.scope = "Kinds of people, bound to real customers and visitors".to_owned();
    let status = Form::status(form.as_ref());
    let report = needs.reports.of(&access.site).personas().await?;
    with_status(render(&ListPage { frame, report, form })?, status)
}

async fn one(
    State(needs): State<Needs>,
    access: Access,
    Path((_, key)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = beside_personas(&Slice::parse(&fields)?);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = needs.reports.of(&access.site).persona(&slice, &key).await?.ok_or(NONE)?;
        return Ok(export::persona(csv, field(&fields, "table"), &report)?);
    }
    let form = if access.role >= Role::Editor {
        let personas = needs.store.personas(access.site.site.site_id).await?;
        personas.iter().find(|persona| persona.key == key).map(Form::of)
    } else {
        None
    };
    show_one(&needs, &access, &slice, (&key, form)).await
}

/// One persona with its form in a state.
async fn show_one(
    needs: &Needs,
    access: &Access,
    slice: &Slice,
    (key, form): (&str, Option<Form>),
) -> Result<Response, PageError> {
    let report = needs.reports.of(&access.site).persona(slice, key).await?.ok_or(NONE)?;
    let path = format!("personas/{key}");
    let page = Page {
        title: &report.persona.name,
        part: "personas",
        path: &path,
        back: Some(("Personas", "personas")),
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let frame = Frame::filtered(&needs.frames, access, &page, slice, &[]).await?;
    let of_it = Slice { persona: Some(key.to_owned()), ..slice.clone() };
    let status = Form::status(form.as_ref());
    let narrowed = format!("/sites/{}/overview{}", access.site.site.key, of_it.suffix());
    with_status(render(&OnePage { frame, report, form, narrowed })?, status)
}

fn with_status(mut response: Response, status: StatusCode) -> Result<Response, PageError> {
    *response.status_mut() = status;
    Ok(response)
}
