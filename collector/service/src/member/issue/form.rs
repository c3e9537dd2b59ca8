//! The form in which something is said of an issue.

use super::{MAY_SAY, NONE, Needs, id_in, show};
use crate::http::query::slice::SliceQuery;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::Fields;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::issue::IssueReport;
use rapport_report::slice::Slice;
use rapport_shared::survey::Fault;
use rapport_store::issue::{self, Draft};
use serde::Deserialize;

/// Characters of a local date and time to the minute, at the beginning of one with its offset.
const LOCAL: usize = 16;

/// What stands in the form, and what is wrong with it.
#[derive(Default)]
pub(super) struct Form {
    pub status: String,
    pub owner: String,
    pub fixed_at: String,
    pub release: String,
    pub note: String,
    faults: Vec<Fault>,
}

/// A form as it was sent.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    status: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    fixed_at: String,
    #[serde(default)]
    release: String,
    #[serde(default)]
    note: String,
}

impl Form {
    /// That of an issue as it is.
    pub fn of(report: &IssueReport) -> Self {
        let fixed = report.issue.fixed.as_ref();
        Self {
            status: report.issue.status.to_owned(),
            owner: report.issue.owner.clone().unwrap_or_default(),
            fixed_at: fixed
                .map_or_else(String::new, |fixed| fixed.at.local.get(..LOCAL).unwrap_or_default().to_owned()),
            release: fixed.map_or_else(String::new, |fixed| fixed.release.clone()),
            note: report.note.clone(),
            faults: Vec::new(),
        }
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

pub(super) async fn say(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    access.require(MAY_SAY)?;
    let (slice, site) = (Slice::parse(&fields)?, &access.site.site);
    let key = needs.reports.of(&access.site).issue_key(&slice, id_in(&id)?).await?.ok_or(NONE)?;
    let members = needs.store.members(site.site_id).await?;
    let draft = Draft {
        status: &typed.status,
        owner: &typed.owner,
        fixed_at: &typed.fixed_at,
        release: &typed.release,
        note: &typed.note,
    };
    let faults = match draft.read(key, (&members, &site.time_zone), (&access.member.email, needs.clock.now_ms())) {
        Ok(said) => {
            let entry = access.note(&needs.clock, "issue.say", said.subject());
            if needs.store.say_of_issue(site.site_id, &said, &entry).await? {
                let address = format!("/sites/{}/issues/{id}{}", site.key, slice.suffix());
                return Ok(Redirect::to(&address).into_response());
            }
            vec![issue::full()]
        }
        Err(faults) => faults,
    };
    let Typed { status, owner, fixed_at, release, note } = typed;
    let refused = Form { status, owner, fixed_at, release, note, faults };
    show(&needs, &access, (&id, &fields), Some(refused)).await
}
