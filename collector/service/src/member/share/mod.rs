//! Links under which people without an account read one report: made on the report, listed and revoked here.

mod contained;
mod guest;
mod made;
#[cfg(test)]
mod share_test;

pub use guest::Guest;
pub(crate) use made::{Made, address, make, revoke};

use super::frame::{Fields, Frame, Frames, Page, carried, field};
use super::{PageError, export, format, render, report_routes};
use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::http::query::share::{self, Draft, Locked};
use crate::http::query::slice::SliceQuery;
use crate::http::query::{query_of, segment};
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_report::slice::{Range, Slice};
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::share::Share;
use rapport_store::site::directory::SiteContext;
use std::collections::BTreeMap;
use std::sync::Arc;

feature_state! {
    /// What links need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        frames: Frames,
    }
}

/// Routes of the page where links are made and revoked.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/shares", get(page).post(add))
        .route("/sites/{site}/shares/{id}/revoke", post(remove))
}

/// The route of the links themselves. No cookie is read there.
pub(crate) fn guest_routes(app: &App) -> Router<App> {
    let reports = report_routes().with_state(app.clone());
    Router::new().route("/shared/{site}/{secret}", get(guest::open)).layer(Extension(guest::Reports(reports)))
}

/// A link as it is listed.
struct Line {
    id: Id,
    name: String,
    /// The report, in words, and where members read it.
    report: String,
    href: String,
    /// What cannot be changed, in words.
    locked: Vec<String>,
    words: bool,
    password: bool,
    actor: String,
    expires: Time,
    used: Option<Time>,
    /// Why it opens nothing; empty while it does.
    ended: &'static str,
}

#[derive(Template)]
#[template(path = "member/share/page.html")]
struct SharePage {
    frame: Frame,
    lines: Vec<Line>,
    may_change: bool,
    query: String,
    /// The link that was made just now.
    made: Option<String>,
}

/// What a report is called.
fn called(path: &str, site: &SiteContext) -> String {
    let known = path.strip_prefix("feedback/").and_then(|survey| site.versions(survey).last());
    match path {
        "overview" => "Overview".to_owned(),
        "feedback" => "Feedback".to_owned(),
        "experience" => "Experience".to_owned(),
        "experience/page" => "Page".to_owned(),
        "drivers" => "Drivers".to_owned(),
        "delivery" => "Delivery".to_owned(),
        "forms" => "Forms".to_owned(),
        "journeys" => "Journeys".to_owned(),
        "retention" => "Retention of use".to_owned(),
        other => known.map_or_else(|| other.to_owned(), |survey| survey.name.clone()),
    }
}

/// What cannot be changed under a link, in words.
fn locked_words(locked: &Locked) -> Vec<String> {
    let pairs = segment::pairs(&locked.query());
    let Ok(slice) = Slice::parse(&pairs) else { return vec![locked.query()] };
    let days = locked.holds_days().then(|| match slice.range {
        Range::Custom(from, to) => format!("{from} to {to}"),
        range => range.label().to_owned(),
    });
    let narrowed =
        slice.narrowed().map(|(dimension, value)| dimension.narrowed_to(&format::of_dimension(dimension, value)));
    days.into_iter().chain(narrowed).collect()
}

fn line(share: Share, site: &SiteContext, now_ms: i64) -> Line {
    let query = if share.fields.is_empty() { String::new() } else { format!("?{}", share.fields) };
    Line {
        id: share.share_id,
        report: called(&share.path, site),
        href: format!("/sites/{}/{}{query}", site.site.key, share.path),
        locked: locked_words(&Locked::parse(&share.locked)),
        words: share.shows_words,
        password: !share.password_hash.is_empty(),
        expires: Time::new(share.expires_at_ms, &site.site.time_zone),
        used: share.used_at_ms.map(|at_ms| Time::new(at_ms, &site.site.time_zone)),
        ended: match share.revoked_at_ms {
            Some(_) => "revoked",
            None if share.is_open(now_ms) => "",
            None => "expired",
        },
        name: share.name,
        actor: share.actor,
    }
}

async fn listed(needs: &Needs, access: &Access, slice: &Slice, made: Option<String>) -> Result<Response, PageError> {
    let place =
        Page { title: "Shared links", part: "shares", path: "shares", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&needs.frames, access, &place, slice).await?;
    frame.scope = "Reports that can be read without signing in".to_owned();
    let now_ms = needs.clock.now_ms();
    let shares = needs.store.shares(access.site.site.site_id, now_ms).await?;
    render(&SharePage {
        lines: shares.into_iter().map(|share| line(share, &access.site, now_ms)).collect(),
        may_change: access.role >= Role::Editor,
        query: slice.suffix(),
        made,
        frame,
    })
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    if let Some(csv) = csv::wanted(&fields)? {
        let shares = needs.store.shares(access.site.site.site_id, needs.clock.now_ms()).await?;
        return Ok(export::shares(csv, field(&fields, "table"), &shares, &access.site)?);
    }
    listed(&needs, &access, &carried(&fields), None).await
}

/// Makes a link and shows it, once.
async fn add(
    State(needs): State<Needs>,
    access: Access,
    Submitted(form): Submitted<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let text = |name: &str| form.get(name).map_or("", String::as_str);
    let fields = segment::pairs(text("fields"));
    let pairs: Vec<_> = form.clone().into_iter().collect();
    let draft = Draft {
        name: text("name"),
        path: text("path"),
        fields: &fields,
        locked: Some(form.keys().filter_map(|name| name.strip_prefix("lock-")).collect()),
        days: share::days(&pairs, "days").map_err(|fault| Problem::of_faults([fault]))?,
        password: text("password"),
    };
    let checked = draft.check().map_err(Problem::of_faults)?;
    let wanted = Made { path: draft.path, password: draft.password, shows_words: !text("words").is_empty() };
    let (site, actor) = (&access.site.site, &access.member.email);
    let (share, secret) = make(&needs.store, &needs.clock, site.site_id, actor, checked, wanted).await?;
    let slice = carried(&fields);
    listed(&needs, &access, &slice, Some(address(&needs.config, &site.key, &secret, &share))).await
}

async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    const NONE: PageError = PageError::NotFound("This site has no such link that is open.");
    let id = Id::parse(&id).ok_or(NONE)?;
    if !revoke(&needs.store, &needs.clock, access.site.site.site_id, &access.member.email, id).await? {
        return Err(NONE);
    }
    let suffix = match carried(&fields).fields() {
        fields if fields.is_empty() => String::new(),
        fields => format!("?{}", query_of(&fields)),
    };
    Ok(Redirect::to(&format!("/sites/{}/shares{suffix}", access.site.site.key)).into_response())
}
