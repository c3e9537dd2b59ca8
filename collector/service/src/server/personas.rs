//! Personas as JSON: described and read by servers as on the pages.

use crate::app::{Reports, feature_state};
use crate::http::problem::Problem;
use crate::member::persona_refusal;
use crate::server::key::ApiAccess;
use crate::server::reports::{Fields, SliceFields, slice_of};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_report::persona::{PersonaLine, PersonaReport, Personas};
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::persona::{Draft, Kept, Persona, key_of};
use serde::Deserialize;
use utoipa::ToSchema;

feature_state! {
    /// What personas need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        reports: Reports,
    }
}

/// What is said of a persona. What is absent is empty.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Described {
    /// 1 to 80 characters in one line.
    name: String,
    /// Who looks after it, at most 80 characters.
    #[serde(default)]
    owner: String,
    /// Age, place, work and the like: at most 20 lines of 200 characters, as each of the lists.
    #[serde(default)]
    demographics: Vec<String>,
    /// By what one knows them.
    #[serde(default)]
    identifiers: Vec<String>,
    /// What they want.
    #[serde(default)]
    goals: Vec<String>,
    /// What is in their way.
    #[serde(default)]
    problems: Vec<String>,
    /// What is done about it.
    #[serde(default)]
    solutions: Vec<String>,
    /// Who is one of them: at most 20 conditions such as `trait plan is gold`, all of which must hold.
    #[serde(default)]
    rule: Vec<String>,
}

impl Described {
    fn check(self, key: &str) -> Result<Persona, Problem> {
        let draft = Draft {
            name: self.name,
            owner: self.owner,
            demographics: self.demographics.join("\n"),
            identifiers: self.identifiers.join("\n"),
            goals: self.goals.join("\n"),
            problems: self.problems.join("\n"),
            solutions: self.solutions.join("\n"),
            rule: self.rule.join("\n"),
        };
        draft.check(key).map_err(Problem::of_faults)
    }
}

fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    let Json(body) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(body)
}

fn none() -> Problem {
    Problem::not_found("this site has no such persona")
}

fn note(needs: &Needs, access: &ApiAccess, action: &str, key: &str) -> AuditEntry {
    access.note(&needs.clock, action, format!("persona {key}"))
}

fn refused(fault: Fault) -> Problem {
    Problem::of_faults([fault])
}

/// The persona of a key, with how many are of it.
async fn line(needs: &Needs, access: &ApiAccess, key: &str) -> Result<PersonaLine, Problem> {
    let all = needs.reports.of(&access.site).personas().await?;
    all.personas.into_iter().find(|line| line.key == key).ok_or_else(none)
}

/// The personas with how many customers and visitors are of each. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/personas", tag = "personas", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Personas)),
    operation_id = "list_personas",
)]
pub(super) async fn list(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<Personas>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(needs.reports.of(&access.site).personas().await?))
}

/// One persona on some days: what they feel and meet beside everybody else, the pages they see most, problems and quotes. Scope:
/// `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/personas/{key}", tag = "personas", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("key" = String, Path, description = "Key of the persona"),
        SliceFields,
    ),
    responses(
        (status = 200, body = PersonaReport),
        (status = 404, description = "No such persona"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "read_persona",
)]
pub(super) async fn one(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<Json<PersonaReport>, Problem> {
    access.require(Scope::ReadReports)?;
    let Path((_, key)) = path;
    let report = needs.reports.of(&access.site).persona(&slice_of(&fields)?, &key).await?;
    report.map(Json).ok_or_else(none)
}

/// Describes a new persona; its key follows from its name and stays. Scope: `segments:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/personas", tag = "personas", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = Described,
        example = json!({
            "name": "Gift buyer", "owner": "Mara", "goals": ["A present in time"],
            "rule": ["purchases more than 0", "trait plan is not trade"],
        }),
    ),
    responses(
        (status = 201, body = PersonaLine),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_persona",
)]
pub(super) async fn add(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<Described>, JsonRejection>,
) -> Result<(StatusCode, Json<PersonaLine>), Problem> {
    access.require(Scope::WriteSegments)?;
    let described = body(sent)?;
    let persona = {
        let key = key_of(&described.name);
        described.check(&key)?
    };
    let entry = note(&needs, &access, "persona.add", &persona.key);
    let kept = needs.store.add_persona(access.site.site.site_id, &persona, &entry).await?;
    match persona_refusal(kept) {
        Some(fault) => Err(refused(fault)),
        None => Ok((StatusCode::CREATED, Json(line(&needs, &access, &persona.key).await?))),
    }
}

/// Describes a persona anew, the whole of it. Scope: `segments:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/personas/{key}", tag = "personas", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("key" = String, Path, description = "Key of the persona"),
    ),
    request_body(content = Described, example = json!({ "name": "Gift buyer", "rule": ["device is mobile"] })),
    responses(
        (status = 200, body = PersonaLine),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such persona"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "change_persona",
)]
pub(super) async fn change(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Json<Described>, JsonRejection>,
) -> Result<Json<PersonaLine>, Problem> {
    access.require(Scope::WriteSegments)?;
    let Path((_, key)) = path;
    let persona = body(sent)?.check(&key)?;
    let entry = note(&needs, &access, "persona.change", &key);
    match needs.store.change_persona(access.site.site.site_id, &persona, &entry).await? {
        Kept::Done => Ok(Json(line(&needs, &access, &key).await?)),
        _ => Err(none()),
    }
}

/// Forgets a persona. Scope: `segments:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/personas/{key}", tag = "personas", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("key" = String, Path, description = "Key of the persona"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such persona"),
    ),
    operation_id = "remove_persona",
)]
pub(super) async fn remove(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteSegments)?;
    let Path((_, key)) = path;
    let entry = note(&needs, &access, "persona.remove", &key);
    match needs.store.remove_persona(access.site.site.site_id, &key, &entry).await? {
        Kept::Done => Ok(StatusCode::NO_CONTENT),
        _ => Err(none()),
    }
}
