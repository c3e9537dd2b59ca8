//! Views of the inbox: kept by a name, and forgotten.

use super::{MAY_ACT, Needs};
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::http::query::{query_of, ticket as query};
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use axum::extract::{Path, State as Part};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::slice::Slice;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::ticket::view::{Kept, NAME_CHARACTERS, VIEWS, View};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct New {
    name: String,
    /// The query string of the inbox.
    fields: String,
}

const NONE: PageError = PageError::NotFound("The inbox has no such view.");

fn after(access: &Access, kept: Kept, query: &str) -> Result<Response, PageError> {
    let reason = match kept {
        Kept::Done => {
            let mark = if query.is_empty() { "" } else { "?" };
            let address = format!("/sites/{}/inbox{mark}{query}", access.site.site.key);
            return Ok(Redirect::to(&address).into_response());
        }
        Kept::Unknown => return Err(NONE),
        Kept::NameTaken => "is that of another view: choose another".to_owned(),
        Kept::TooMany => format!("cannot be kept: a site has at most {VIEWS} views"),
    };
    Err(Problem::of_faults([Fault::new("name", reason)]).into())
}

pub(super) async fn add(
    Part(needs): Part<Needs>,
    access: Access,
    Submitted(new): Submitted<New>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let name = new.name.split_whitespace().collect::<Vec<_>>().join(" ");
    let has = name.chars().count();
    if !(1..=NAME_CHARACTERS).contains(&has) {
        let reason = format!("must be 1 to {NAME_CHARACTERS} characters, has {has}");
        return Err(Problem::of_faults([Fault::new("name", reason)]).into());
    }
    // What is kept is what the inbox reads, and nothing else.
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(new.fields.trim_start_matches('?').as_bytes()).into_owned().collect();
    let members = needs.store.members(access.site.site.site_id).await?;
    query::asked(&pairs, &members, Some(access.member.account_id)).map_err(Problem::of_faults)?;
    let mut fields = Slice::parse(&pairs).map_err(Problem::of_faults)?.fields();
    fields.extend(query::fields(&pairs));
    let view = View { view_id: needs.clock.new_id(), name, fields: query_of(&fields) };
    let entry = access.note(&needs.clock, "view.add", format!("view {}", view.name));
    let kept = needs.store.add_ticket_view(access.site.site.site_id, &view, &entry).await?;
    after(&access, kept, &view.fields)
}

pub(super) async fn remove(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let (site_id, id) = (access.site.site.site_id, Id::parse(&id).ok_or(NONE)?);
    let known = needs.store.ticket_views(site_id).await?.into_iter().find(|view| view.view_id == id).ok_or(NONE)?;
    let entry = access.note(&needs.clock, "view.remove", format!("view {}", known.name));
    after(&access, needs.store.remove_ticket_view(site_id, id, &entry).await?, "")
}
