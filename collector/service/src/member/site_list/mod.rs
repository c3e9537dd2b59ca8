//! All sites of a person with their state, and adding another.

use super::{PageError, render};
use crate::app::{App, feature_state};
use crate::http::problem::Problem;
use crate::member::account::{SignedIn, Submitted};
use crate::member::reading::*;
use crate::member::settings::lines_of;
use crate::new_site::{self, Draft};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rapport_report::response::Time;
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;
use rapport_store::calendar::zone_names;
use rapport_store::clock::Clock;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::site::settings::NAME_CHARACTERS;
use rapport_store::{Store, StoreError};
use serde::Deserialize;

/// Without an item for so long a site is quiet, in milliseconds (1 day).
const QUIET_MS: i64 = 86_400_000;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/sites", get(page)).route("/sites/new", get(new_page).post(add))
}

feature_state! {
    /// What the pages need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        sites: SiteDirectory,
    }
}

/// A site as it is listed.
struct Line {
    key: String,
    name: String,
    role: Role,
    /// Its state in a word, and the class of its tag.
    state: (&'static str, &'static str),
    last: Option<Time>,
    waiting: u64,
    origins: Vec<String>,
}

#[derive(Template)]
#[template(path = "member/site_list/page.html")]
struct SitesPage {
    email: String,
    lines: Vec<Line>,
    may_add: bool,
}

#[derive(Template)]
#[template(path = "member/site_list/new.html")]
struct NewPage {
    draft: Draft,
    faults: Vec<Fault>,
    zones: Vec<&'static str>,
}

impl NewPage {
    fn error(&self, field: &str) -> &str {
        self.faults.iter().find(|fault| fault.field == field).map_or("", |fault| &fault.reason)
    }
}

/// What a site is said to be, by when something last arrived.
fn state(last_at_ms: Option<i64>, now_ms: i64) -> (&'static str, &'static str) {
    match last_at_ms {
        None => ("nothing arrived yet", "tag warn"),
        Some(at_ms) if now_ms - at_ms > QUIET_MS => ("quiet", "tag"),
        Some(_) => ("receiving", "tag good"),
    }
}

async fn line(needs: &Needs, site: &SiteContext, role: Role) -> Result<Line, StoreError> {
    let site = &site.site;
    let last = needs.store.last_items(site.site_id).await?.into_iter().map(|(_, at_ms)| at_ms).max();
    Ok(Line {
        key: site.key.clone(),
        name: site.name.clone(),
        role,
        state: state(last, needs.clock.now_ms()),
        last: last.map(|at_ms| Time::new(at_ms, &site.time_zone)),
        waiting: needs.store.new_tickets(site.site_id).await?,
        origins: site.origins.clone(),
    })
}

async fn page(State(needs): State<Needs>, member: SignedIn) -> Result<Response, PageError> {
    let mut lines = Vec::new();
    let memberships = needs.store.memberships(member.account_id).await?;
    for (site_id, role) in &memberships {
        if let Some(site) = needs.sites.by_id(*site_id).await? {
            lines.push(line(&needs, &site, *role).await?);
        }
    }
    lines.sort_by(|one, other| (&one.name, &one.key).cmp(&(&other.name, &other.key)));
    render(&SitesPage { email: member.email, lines, may_add: owns_one(&memberships) })
}

fn owns_one(memberships: &[(rapport_shared::id::Id, Role)]) -> bool {
    memberships.iter().any(|(_, role)| *role == Role::Owner)
}

/// Whoever owns a site may add another.
async fn require_owner(needs: &Needs, member: &SignedIn) -> Result<(), PageError> {
    if owns_one(&needs.store.memberships(member.account_id).await?) {
        return Ok(());
    }
    let why =
        "adding a site needs the role owner of another. Whoever runs the collector adds one with `rapport site add`";
    Err(Problem::forbidden(why).into())
}

async fn new_page(State(needs): State<Needs>, member: SignedIn) -> Result<Response, PageError> {
    require_owner(&needs, &member).await?;
    let draft = Draft { time_zone: "UTC".to_owned(), ..Draft::default() };
    render(&NewPage { draft, faults: Vec::new(), zones: zone_names().collect() })
}

/// A new site as a form has it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    origins: String,
    #[serde(default)]
    time_zone: String,
}

impl Typed {
    pub(super) fn draft(&self) -> Draft {
        Draft { name: self.name.clone(), origins: lines_of(&self.origins), time_zone: self.time_zone.clone() }
    }
}

async fn add(
    State(needs): State<Needs>,
    member: SignedIn,
    Submitted(form): Submitted<Typed>,
) -> Result<Response, PageError> {
    require_owner(&needs, &member).await?;
    let draft = form.draft();
    let site = match draft.check(&needs.store, &needs.clock).await? {
        Ok(site) => site,
        Err(faults) => {
            let mut response = render(&NewPage { draft, faults, zones: zone_names().collect() })?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
    };
    let owner = Some((member.account_id, member.email.as_str()));
    new_site::add((&needs.store, &needs.clock), &site, &member.email, owner).await?;
    needs.sites.forget();
    Ok(Redirect::to(&format!("/sites/{}/install", site.key)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_said_to_be_what_it_is() {
        for (last, expected) in [
            (None, "nothing arrived yet"),
            (Some(0), "quiet"),
            (Some(QUIET_MS), "receiving"),
            (Some(QUIET_MS + 1), "receiving"),
        ] {
            assert_eq!(state(last, 2 * QUIET_MS).0, expected, "{last:?}");
        }
    }
}
