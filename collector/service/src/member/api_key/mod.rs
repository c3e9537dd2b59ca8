//! The Keys page: keys with which servers read and write, each shown once.

use super::frame::{Fields, Frame, Frames, Page, carried, least_role};
use super::{PageError, render};
use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted, token};
use crate::member::reading::*;
use crate::server::key::random_key;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_report::slice::Slice;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::api_key::{ApiKey, Draft, MOST_DAYS, NAME_CHARACTERS};
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use std::sync::Arc;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/sites/{site}/keys", get(page).post(add)).route("/sites/{site}/keys/{id}/revoke", post(revoke))
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        frames: Frames,
    }
}

/// A key as it is listed.
struct Line {
    id: Id,
    name: String,
    scopes: Vec<&'static str>,
    made: Time,
    used: Option<Time>,
    until: Option<Time>,
    /// Why it opens nothing; empty while it does.
    ended: &'static str,
}

#[derive(Template)]
#[template(path = "member/api_key/page.html")]
struct KeysPage {
    frame: Frame,
    lines: Vec<Line>,
    /// Each scope, and whether it is ticked.
    scopes: Vec<(&'static str, bool)>,
    draft: Draft,
    faults: Vec<Fault>,
    made: Option<String>,
    address: String,
    query: String,
}

impl KeysPage {
    fn error(&self, field: &str) -> &str {
        self.faults.iter().find(|fault| fault.field == field).map_or("", |fault| &fault.reason)
    }
}

async fn show(
    needs: &Needs,
    access: &Access,
    slice: &Slice,
    (draft, faults, made): (Draft, Vec<Fault>, Option<String>),
) -> Result<Response, PageError> {
    let place = Page { title: "Keys", part: "keys", path: "keys", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&needs.frames, access, &place, slice).await?;
    frame.scope = "With which servers read and write".to_owned();
    let (site, now_ms) = (&access.site.site, needs.clock.now_ms());
    let time = |at_ms| Time::new(at_ms, &site.time_zone);
    let line = |key: ApiKey| Line {
        id: key.key_id,
        name: key.name,
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
        made: time(key.created_at_ms),
        used: key.used_at_ms.map(time),
        until: key.expires_at_ms.map(time),
        ended: match (key.revoked_at_ms, key.expires_at_ms) {
            (Some(_), _) => "revoked",
            (None, Some(until_ms)) if until_ms <= now_ms => "over",
            _ => "",
        },
    };
    let mut lines: Vec<_> = needs.store.api_keys(site.site_id).await?.into_iter().rev().map(line).collect();
    lines.sort_by_key(|line| !line.ended.is_empty());
    let is_ticked = |scope: &Scope| draft.scopes.iter().any(|name| name == scope.as_str());
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = render(&KeysPage {
        lines,
        scopes: Scope::ALL.iter().map(|scope| (scope.as_str(), is_ticked(scope))).collect(),
        address: format!("{}/api/v1/sites/{}/", needs.config.base_url(), site.key),
        query: slice.suffix(),
        draft,
        faults,
        made,
        frame,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    access.require(least_role("keys"))?;
    show(&needs, &access, &carried(&fields), (Draft::default(), Vec::new(), None)).await
}

async fn add(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    access.require(least_role("keys"))?;
    let values = |name: &str| form.iter().filter(|(of, _)| of == name).map(|(_, value)| value.clone()).collect();
    let value = |name: &str| -> String { Vec::into_iter(values(name)).next().unwrap_or_default() };
    let draft = Draft { name: value("name"), scopes: values("scopes"), days: value("days") };
    let slice = carried(&fields);
    let key = match ApiKey::new(&draft, &needs.clock) {
        Ok(key) => key,
        Err(faults) => return show(&needs, &access, &slice, (draft, faults, None)).await,
    };
    let secret = random_key();
    let entry = access.note(&needs.clock, "key.create", format!("key {}", key.key_id));
    needs.store.add_api_key(access.site.site.site_id, &key, token::hash(&secret), &entry).await?;
    show(&needs, &access, &slice, (Draft::default(), Vec::new(), Some(secret))).await
}

async fn revoke(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(least_role("keys"))?;
    const NONE: PageError = PageError::NotFound("This site has no such key that could be revoked.");
    let id = Id::parse(&id).ok_or(NONE)?;
    let entry = access.note(&needs.clock, "key.revoke", format!("key {id}"));
    if !needs.store.revoke_api_key(access.site.site.site_id, id, &entry).await? {
        return Err(NONE);
    }
    let suffix = carried(&fields).suffix();
    Ok(Redirect::to(&format!("/sites/{}/keys{suffix}", access.site.site.key)).into_response())
}
