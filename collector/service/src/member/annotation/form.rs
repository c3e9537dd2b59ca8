//! The forms by which a release or note is added, changed and removed.

use super::{NONE, Needs, id_in, show};
use crate::http::query::slice::SliceQuery;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, carried};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::response::Time;
use rapport_report::slice::Slice;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;
use rapport_store::annotation::{self, Added, Annotation, Draft};
use serde::Deserialize;

/// Characters of a local date and time to the second, at the beginning of one with its offset.
const LOCAL: usize = 19;

/// What stands in the form, and what is wrong with it.
pub(super) struct Form {
    /// The id of what is changed; empty for a new one.
    pub id: String,
    pub kind: String,
    pub text: String,
    pub at: String,
    faults: Vec<Fault>,
}

/// A form as it was sent.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    at: String,
}

impl Form {
    /// An empty one, or that of what is to be changed.
    pub fn of(access: &Access, edited: Option<&Annotation>) -> Self {
        let Some(edited) = edited else {
            return Self {
                id: String::new(),
                kind: "release".into(),
                text: String::new(),
                at: String::new(),
                faults: Vec::new(),
            };
        };
        let local = Time::new(edited.at_ms, &access.site.site.time_zone).local;
        Self {
            id: edited.annotation_id.to_text(),
            kind: edited.kind.as_str().to_owned(),
            text: edited.text.clone(),
            at: local.get(..LOCAL).unwrap_or_default().to_owned(),
            faults: Vec::new(),
        }
    }

    fn refused(id: String, typed: Typed, faults: Vec<Fault>) -> Self {
        Self { id, kind: typed.kind, text: typed.text, at: typed.at, faults }
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
}

/// The one with an id, as the query or the path names it.
pub(super) async fn one(needs: &Needs, access: &Access, id: &str) -> Result<Annotation, PageError> {
    needs.store.annotation(access.site.site.site_id, id_in(id)?).await?.ok_or(NONE)
}

/// Back to the list.
fn list(access: &Access, slice: &Slice) -> Response {
    Redirect::to(&format!("/sites/{}/annotations{}", access.site.site.key, slice.suffix())).into_response()
}

fn read(needs: &Needs, access: &Access, id: Id, typed: &Typed) -> Result<Annotation, Vec<Fault>> {
    let draft = Draft { kind: &typed.kind, text: &typed.text, at: &typed.at };
    draft.read(&access.site.site.time_zone, (id, &access.member.email, needs.clock.now_ms()))
}

pub(super) async fn add(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let slice = carried(&fields);
    let faults = match read(&needs, &access, needs.clock.new_id(), &typed) {
        Ok(annotation) => {
            let entry = access.note(&needs.clock, "annotation.add", annotation.subject());
            match needs.store.add_annotation(access.site.site.site_id, &annotation, &entry).await? {
                Added::Full => vec![annotation::full()],
                Added::Added | Added::Known(_) => return Ok(list(&access, &slice)),
            }
        }
        Err(faults) => faults,
    };
    show(&needs, &access, &slice, (None, Form::refused(String::new(), typed, faults))).await
}

pub(super) async fn change(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let (slice, before) = (carried(&fields), one(&needs, &access, &id).await?);
    let annotation = match read(&needs, &access, before.annotation_id, &typed) {
        Ok(annotation) => annotation,
        Err(faults) => return show(&needs, &access, &slice, (None, Form::refused(id, typed, faults))).await,
    };
    let entry = access.note(&needs.clock, "annotation.change", annotation.subject());
    if !needs.store.change_annotation(access.site.site.site_id, &annotation, &entry).await? {
        return Err(NONE);
    }
    Ok(list(&access, &slice))
}

pub(super) async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let annotation = one(&needs, &access, &id).await?;
    let entry = access.note(&needs.clock, "annotation.remove", annotation.subject());
    if !needs.store.remove_annotation(access.site.site.site_id, annotation.annotation_id, &entry).await? {
        return Err(NONE);
    }
    Ok(list(&access, &carried(&fields)))
}
