//! The Settings page of a site: name, origins, zone and the like; its secrets; and the way out of it.

mod secret;

use super::frame::{Fields, Frame, Frames, Page, carried};
use super::{PageError, removal, render};
use crate::app::{App, feature_state};
use crate::http::query::slice::SliceQuery;
use crate::job::recount_days::RecountDays;
use crate::job::remove_site::RemoveSite;
use crate::member::account::{Access, Submitted};
use crate::member::format::counted;
use crate::member::reading::*;
use crate::public::config::ClientConfigs;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::calendar::zone_names;
use rapport_store::clock::Clock;
use rapport_store::site::WATCHES;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::site::settings::{COOLDOWN_DAYS, Done, Draft, NAME_CHARACTERS};
use secret::{Line, lines};
use serde::Deserialize;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/settings", get(page).post(save))
        .route("/sites/{site}/settings/secrets", post(secret::rotate))
        .route("/sites/{site}/settings/remove", get(removal_page).post(remove))
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        sites: SiteDirectory,
        client_configs: ClientConfigs,
        frames: Frames,
    }
}

#[derive(Template)]
#[template(path = "member/settings/page.html")]
struct SettingsPage {
    frame: Frame,
    draft: Draft,
    faults: Vec<Fault>,
    /// What was done just now; empty for nothing.
    done: String,
    zones: Vec<&'static str>,
    zone: String,
    may_change: bool,
    is_owner: bool,
    secrets: Vec<Line>,
    /// A secret that was made just now: what it is for, and the secret.
    made: Option<(&'static str, String)>,
    query: String,
}

impl SettingsPage {
    fn error(&self, field: &str) -> &str {
        self.faults.iter().find(|fault| fault.field == field).map_or("", |fault| &fault.reason)
    }

    fn watches(&self, name: &str) -> bool {
        self.draft.watches.iter().any(|known| known == name)
    }
}

/// What a page says besides what is set.
#[derive(Default)]
struct Besides {
    draft: Option<Draft>,
    faults: Vec<Fault>,
    done: String,
    made: Option<(&'static str, String)>,
}

async fn show(needs: &Needs, access: &Access, fields: &Fields, besides: Besides) -> Result<Response, PageError> {
    let slice = carried(fields);
    let place =
        Page { title: "Settings", part: "settings", path: "settings", back: None, compares: false, dimensions: &[] };
    // As it is now, which the directory may not have heard of yet.
    let site = needs.store.site_by_key(&access.site.site.key).await?;
    let site = site.ok_or(PageError::NotFound("There is no such site any more."))?;
    let mut frame = Frame::plain(&needs.frames, access, &place, &slice).await?;
    frame.scope = format!("Of {}, with the key {}", site.name, site.key);
    let is_owner = access.role >= Role::Owner;
    let draft = match besides.draft {
        Some(draft) => draft,
        None => Draft::of(&needs.store.site_settings(&site).await?),
    };
    let secrets = if is_owner { lines(needs, &site).await? } else { Vec::new() };
    let status = if besides.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = render(&SettingsPage {
        zone: site.time_zone_name().to_owned(),
        zones: zone_names().collect(),
        may_change: access.role >= Role::Editor,
        is_owner,
        secrets,
        faults: besides.faults,
        done: besides.done,
        made: besides.made,
        query: slice.suffix(),
        draft,
        frame,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    show(&needs, &access, &fields, Besides::default()).await
}

/// The lines of a text that say something.
pub(super) fn lines_of(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The settings that a form means.
fn typed(form: &[(String, String)]) -> Draft {
    let value = |name: &str| form.iter().find(|(of, _)| of == name).map_or("", |(_, value)| value.as_str()).to_owned();
    let watches = form.iter().filter(|(name, _)| name == "watches").map(|(_, value)| value.clone());
    Draft {
        name: value("name"),
        origins: lines_of(&value("origins")),
        time_zone: value("time_zone"),
        cooldown_days: value("cooldown_days"),
        heat_percent: value("heat_percent"),
        watches: watches.collect(),
    }
}

async fn save(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let draft = typed(&form);
    let refused = |draft, faults| Besides { draft: Some(draft), faults, ..Besides::default() };
    let settings = match draft.check() {
        Ok(settings) => settings,
        Err(faults) => return show(&needs, &access, &fields, refused(draft, faults)).await,
    };
    let site = &access.site.site;
    let later = RecountDays::of(site, needs.clock.now_ms())?;
    let who = (access.member.email.as_str(), &needs.clock);
    match needs.store.change_site_settings(site, &settings, &later, who).await? {
        Err(faults) => show(&needs, &access, &fields, refused(draft, faults)).await,
        Ok(done) => {
            needs.sites.forget();
            needs.client_configs.forget(&site.key);
            let zone = settings.time_zone.iana_name().unwrap_or("UTC");
            let done = done_text(&done, zone, site.time_zone_name());
            show(&needs, &access, &fields, Besides { done, ..Besides::default() }).await
        }
    }
}

/// What a change of the zone came to, for so many days that were counted before.
pub(crate) fn zone_told(days: &str, now: &str, before: &str) -> String {
    format!(
        "{days} with data are counted anew of their hours by the collector, and reports add up the hours until then: no view and \
         no answer is lost, but each counts on the day that it was in {now}. What was exported or written down before goes by \
         {before}; visitors without consent may count twice today. Schedules of surveys and the last day of links go by \
         {now} from now on."
    )
}

/// What a change did, in words.
fn done_text(done: &Done, zone: &str, before: &str) -> String {
    match (done.changes, done.recounted_days) {
        (0, _) => "Nothing was changed.".to_owned(),
        (_, Some(days)) if days > 0 => {
            format!("Saved. {}", zone_told(&counted(days as u64, "days"), zone, before))
        }
        _ => "Saved. Pages go by it within a minute.".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "member/settings/remove.html")]
struct RemovePage {
    frame: Frame,
    going: String,
    name: String,
    error: &'static str,
    query: String,
}

async fn show_removal(
    needs: &Needs,
    access: &Access,
    fields: &Fields,
    error: &'static str,
) -> Result<Response, PageError> {
    access.require(Role::Owner)?;
    let (site, slice) = (&access.site.site, carried(fields));
    let place = Page {
        title: "Remove the site",
        part: "settings",
        path: "settings/remove",
        back: Some(("Settings", "settings")),
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, access, &place, &slice).await?;
    frame.scope.clear();
    let going = removal::told(&needs.store.going_with_site(site.site_id).await?);
    render(&RemovePage { frame, going, name: site.name.clone(), error, query: slice.suffix() })
}

async fn removal_page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    show_removal(&needs, &access, &fields, "").await
}

#[derive(Deserialize)]
struct Confirmed {
    #[serde(default)]
    name: String,
}

async fn remove(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Confirmed>,
) -> Result<Response, PageError> {
    access.require(Role::Owner)?;
    let site = &access.site.site;
    if !removal::is_meant(site, &form.name) {
        let error = "This is not the name of the site. Nothing was removed.";
        let mut response = show_removal(&needs, &access, &fields, error).await?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    let rest = RemoveSite::of(site, needs.clock.now_ms())?;
    needs.store.remove_site(site.site_id, &rest, &needs.clock).await?;
    needs.sites.forget();
    // Its own list of changes goes with it.
    tracing::warn!(site = site.key, "a site was removed by one of its owners");
    Ok(Redirect::to("/sites").into_response())
}
