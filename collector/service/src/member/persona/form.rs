//! The forms by which a persona is added, described and removed.

use super::{NONE, Needs, beside_personas, show_list, show_one};
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, carried};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;
use rapport_store::persona::{Draft, Kept, PERSONAS, Persona, key_of};
use serde::Deserialize;

/// What stands in the form, and what is wrong with it.
#[derive(Default)]
pub(super) struct Form {
    pub draft: Draft,
    faults: Vec<Fault>,
}

/// A form as it was sent.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    demographics: String,
    #[serde(default)]
    identifiers: String,
    #[serde(default)]
    goals: String,
    #[serde(default)]
    problems: String,
    #[serde(default)]
    solutions: String,
    #[serde(default)]
    rule: String,
}

impl From<Typed> for Draft {
    fn from(typed: Typed) -> Self {
        let Typed { name, owner, demographics, identifiers, goals, problems, solutions, rule } = typed;
        Self { name, owner, demographics, identifiers, goals, problems, solutions, rule }
    }
}

impl Form {
    /// That of a persona.
    pub fn of(persona: &Persona) -> Self {
        let draft = Draft {
            name: persona.name.clone(),
            owner: persona.owner.clone(),
            demographics: persona.demographics.join("\n"),
            identifiers: persona.identifiers.join("\n"),
            goals: persona.goals.join("\n"),
            problems: persona.problems.join("\n"),
            solutions: persona.solutions.join("\n"),
            rule: persona.rule.text(),
        };
        Self { draft, faults: Vec::new() }
    }

    /// The lists, by the names of their fields, with what people read and what stands there.
    pub fn lists(&self) -> [(&'static str, &'static str, &str); 5] {
        [
            ("demographics", "Demographics", &self.draft.demographics),
            ("identifiers", "By what one knows them", &self.draft.identifiers),
            ("goals", "Goals", &self.draft.goals),
            ("problems", "Problems", &self.draft.problems),
            ("solutions", "Solutions", &self.draft.solutions),
        ]
    }

    /// Whether something is wrong with it.
    pub fn is_refused(&self) -> bool {
        !self.faults.is_empty()
    }

    /// What is wrong with a field; empty when nothing is.
    pub fn error(&self, field: &str) -> String {
        let reasons = self.faults.iter().filter(|fault| fault.field == field).map(|fault| fault.reason.as_str());
        reasons.collect::<Vec<_>>().join("; ")
    }

    /// The status of a page with such a form.
    pub fn status(form: Option<&Self>) -> StatusCode {
        if form.is_some_and(Self::is_refused) { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

/// That a persona is not kept.
pub(crate) fn refusal(kept: Kept) -> Option<Fault> {
    match kept {
        Kept::Done | Kept::Unknown => None,
        Kept::Taken => Some(Fault::new("name", "gives a key that another persona of this site has: choose another")),
        Kept::TooMany => Some(Fault::new("name", format!("is one too many: a site has at most {PERSONAS} personas"))),
    }
}

/// The page of a persona.
fn to(access: &Access, path: &str, fields: &Fields) -> Response {
    let suffix = carried(fields).suffix();
    Redirect::to(&format!("/sites/{}/personas{path}{suffix}", access.site.site.key)).into_response()
}

pub(super) async fn add(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let draft = Draft::from(typed);
    let key = key_of(&draft.name);
    let faults = match draft.check(&key) {
        Ok(persona) => {
            let entry = access.note(&needs.clock, "persona.add", format!("persona {key}"));
            match refusal(needs.store.add_persona(access.site.site.site_id, &persona, &entry).await?) {
                None => return Ok(to(&access, &format!("/{key}"), &fields)),
                Some(fault) => vec![fault],
            }
        }
        Err(faults) => faults,
    };
    show_list(&needs, &access, &carried(&fields), Some(Form { draft, faults })).await
}

pub(super) async fn change(
    State(needs): State<Needs>,
    access: Access,
    Path((_, key)): Path<(String, String)>,
    fields: Fields,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let draft = Draft::from(typed);
    let persona = match draft.check(&key) {
        Ok(persona) => persona,
        Err(faults) => {
            let slice = beside_personas(&carried(&fields));
            return show_one(&needs, &access, &slice, (&key, Some(Form { draft, faults }))).await;
        }
    };
    let entry = access.note(&needs.clock, "persona.change", format!("persona {key}"));
    match needs.store.change_persona(access.site.site.site_id, &persona, &entry).await? {
        Kept::Unknown => Err(NONE),
        kept => match refusal(kept) {
            Some(fault) => Err(Problem::of_faults([fault]).into()),
            None => Ok(to(&access, &format!("/{key}"), &fields)),
        },
    }
}

pub(super) async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, key)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let entry = access.note(&needs.clock, "persona.remove", format!("persona {key}"));
    match needs.store.remove_persona(access.site.site.site_id, &key, &entry).await? {
        Kept::Unknown => Err(NONE),
        _ => Ok(to(&access, "", &fields)),
    }
}
