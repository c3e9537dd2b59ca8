//! The Changes page: who changed what.

use super::frame::{Fields, Frame, Place, field};
use super::{PageError, render};
use crate::account::{Access, Role};
use crate::app::App;
use crate::report::filter::Filter;
use crate::report::response::Time;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;

/// Changes on one page.
const ENTRIES: usize = 50;

struct Line {
    at: Time,
    actor: String,
    action: String,
    subject: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    lines: Vec<Line>,
    older: Option<String>,
}

pub(super) async fn page(State(app): State<App>, access: Access, fields: Fields) -> Result<Response, PageError> {
    if let Err(problem) = access.require(Role::Editor) {
        return Ok(problem.into_response());
    }
    let before = match field(&fields, "before") {
        "" => None,
        text => Some(Id::parse(text).ok_or_else(|| vec![Fault::new("before", "must be the id of a change")])?),
    };
    let site = &access.site.site;
    let mut entries = app.store.audit_entries(site.site_id, before, ENTRIES as i64 + 1).await?;
    let more = entries.len() > ENTRIES;
    entries.truncate(ENTRIES);
    let place = Place { title: "Changes", part: "audit", path: "audit", back: None, compares: false, by_page: false };
    render(&AuditPage {
        frame: Frame::plain(&app, &access, &place, &Filter::default()).await?,
        older: entries.last().filter(|_| more).map(|entry| format!("?before={}", entry.entry_id)),
        lines: entries
            .into_iter()
            .map(|entry| Line {
                at: Time::new(entry.occurred_at_ms, &site.time_zone),
                actor: entry.actor,
                action: entry.action,
                subject: entry.subject,
            })
            .collect(),
    })
}
