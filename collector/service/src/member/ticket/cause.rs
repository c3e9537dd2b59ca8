//! The Causes page: why people complain, how many tickets each cause has, and which of them keep coming back.

use super::{CameFrom, Fields, Frame, MAY_ACT, Needs, Page, carried, render};
use crate::http::problem::Problem;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::extract::{Path, State as Part};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::annotation::instant_ms;
use rapport_store::ticket::cause::{Cause, Kept, NAME_CHARACTERS, name};
use serde::Deserialize;

const NONE: PageError = PageError::NotFound("This site has no such cause.");
/// Characters of a local date and time to the minute.
const LOCAL: usize = 16;

struct Line {
    cause: Cause,
    id: String,
    issue: String,
    fixed: Option<Time>,
    last: Option<Time>,
}

impl Line {
    fn fixed_local(&self) -> &str {
        self.fixed.as_ref().and_then(|at| at.local.get(..LOCAL)).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "member/ticket/causes.html")]
struct CausesPage {
    frame: Frame,
    lines: Vec<Line>,
    may_act: bool,
}

pub(super) async fn page(Part(needs): Part<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let site = &access.site.site;
    let place = Page {
        title: "Causes",
        part: "inbox",
        path: "causes",
        back: Some(("Inbox", "inbox")),
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, &access, &place, &carried(&fields)).await?;
    if let Some(from) = CameFrom::of(&fields) {
        frame.back = Some(from.choice(&site.key));
    }
    let time = |at_ms| Time::new(at_ms, &site.time_zone);
    let line = |cause: Cause| Line {
        id: cause.cause_id.to_text(),
        issue: cause.issue_id.map_or_else(String::new, Id::to_text),
        fixed: cause.fixed_at_ms.map(time),
        last: cause.last_ms.map(time),
        cause,
    };
    let lines = needs.store.causes(site.site_id).await?.into_iter().map(line).collect();
    render(&CausesPage { frame, lines, may_act: access.role >= MAY_ACT })
}

#[derive(Deserialize)]
pub(super) struct Typed {
    name: String,
    #[serde(default)]
    issue: String,
    #[serde(default)]
    fixed_at: String,
}

pub(super) async fn change(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let (site, id) = (&access.site.site, Id::parse(&id).ok_or(NONE)?);
    let mut faults = Vec::new();
    let name = name(&typed.name).map_err(|fault| faults.push(Fault::new("name", fault.reason))).unwrap_or_default();
    // An issue is pasted by its address or by its id.
    let issue = typed.issue.trim().split('?').next().and_then(|address| address.rsplit('/').next()).unwrap_or_default();
    let issue_id = Id::parse(issue);
    if issue_id.is_none() && !issue.is_empty() {
        faults.push(Fault::new("issue", "must be the id or the address of an issue found"));
    }
    let fixed_at_ms = match typed.fixed_at.trim() {
        "" => None,
        at => {
            let at_ms = instant_ms(at, &site.time_zone).filter(|at_ms| *at_ms <= needs.clock.now_ms());
            if at_ms.is_none() {
                faults.push(Fault::new("fixed_at", "must be a time such as 2026-03-31T14:05 that does not lie ahead"));
            }
            at_ms
        }
    };
    if !faults.is_empty() {
        return Err(Problem::of_faults(faults).into());
    }
    let entry = access.note(&needs.clock, "cause.change", format!("cause {name}"));
    match needs.store.change_cause(site.site_id, (id, &name), (issue_id, fixed_at_ms), &entry).await? {
        Kept::Done => Ok(Redirect::to(&format!("/sites/{}/causes", site.key)).into_response()),
        Kept::NameTaken => Err(Problem::of_faults([Fault::new("name", "is that of another cause")]).into()),
        Kept::TooMany | Kept::Unknown => Err(NONE),
    }
}
