//! The pages: each loads a report, adds charts, and renders a template. They work without script, and their URL is
//! their whole state.

pub mod account;
mod annotation;
mod api_key;
mod audit;
mod chart;
mod course;
mod customer;
mod customer_data;
mod delivery;
mod driver;
mod error;
mod error_group;
mod event;
mod experience;
mod export;
mod feedback;
pub mod files;
mod follow_up;
mod form;
pub mod format;
pub(crate) mod frame;
mod heatmap;
pub(crate) mod hours;
mod install;
pub(crate) mod issue;
mod journey;
pub(crate) mod mail;
mod mail_report;
mod mark;
#[cfg(test)]
mod navigation_test;
mod notification;
mod overview;
#[cfg(test)]
mod page_test;
mod people;
mod persona;
pub(crate) use persona::refusal as persona_refusal;
mod picture;
pub(crate) mod reading;
pub(crate) mod removal;
mod response;
mod retention;
pub(crate) mod reviews;
#[cfg(test)]
mod role_test;
mod route;
mod score;
mod segment;
mod settings;
pub(crate) mod setup;
pub(crate) mod share;
mod site_list;
#[cfg(test)]
mod slice_test;
mod survey;
mod target;
mod theme;
pub(crate) mod ticket;
mod webhook;
mod word;

pub(crate) use course::fault_of as fault_of_course;
pub use error::{Framing, PageError, in_frame, lost};
pub(crate) use settings::zone_told;

use crate::app::App;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Members, SignedIn};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use frame::{Fields, carried};
use rapport_report::ReportError;
use rapport_store::site::directory::SiteContext;
use std::sync::Arc;

/// Routes of the pages; they belong among those of people with a cookie.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route(
            "/sites/{site}",
            get(|access: Access, fields: Fields| async move {
                Redirect::to(&format!("/sites/{}/overview{}", access.site.site.key, carried(&fields).suffix()))
            }),
        )
        .merge(report_routes())
        .route("/sites/{site}/responses/{id}", get(response::page))
        .route("/sites/{site}/responses/{id}/suspicion", post(response::clear_suspicion))
        .route("/sites/{site}/responses/{id}/pictures/{answer}", get(picture::of_response))
        .route("/sites/{site}/reviews/{id}/photo", get(picture::of_review))
        .route("/sites/{site}/experience/cause", get(experience::cause))
        .route("/sites/{site}/heatmap", get(heatmap::page))
        .route("/sites/{site}/heatmap/code", post(heatmap::code))
        .route("/sites/{site}/heatmap/sample", post(heatmap::sample))
        .merge(course::routes())
        .route("/sites/{site}/errors", get(error_group::list))
        .route("/sites/{site}/errors/group", get(error_group::group))
        .route("/sites/{site}/errors/merge", post(error_group::merge))
        .route("/sites/{site}/errors/unmerge", post(error_group::unmerge))
        .route("/sites/{site}/events", get(event::page))
        .route("/sites/{site}/words", get(word::page))
        .route("/sites/{site}/words/themes", post(word::choice::choose))
        .merge(theme_routes())
        .merge(survey::routes())
        .route("/sites/{site}/routes", get(route::page).post(route::add))
        .route("/sites/{site}/routes/remove", post(route::remove))
        .route("/sites/{site}/segments", get(segment::page).post(segment::add))
        .route("/sites/{site}/segments/{id}", post(segment::rename))
        .route("/sites/{site}/segments/{id}/remove", post(segment::remove))
        .merge(share::routes())
        .merge(mail::routes())
        .merge(mail_report::routes())
        .merge(people::routes())
        .merge(api_key::routes())
        .merge(settings::routes())
        .merge(site_list::routes())
        .merge(setup::routes())
        .merge(annotation::routes())
        .merge(issue::routes())
        .merge(ticket::routes())
        .merge(customer::routes())
        .merge(persona::routes())
        .merge(hours::routes())
        .merge(follow_up::routes())
        .merge(customer_data::routes())
        .merge(webhook::routes())
        .merge(notification::routes())
        .route("/sites/{site}/targets", get(target::page))
        .route("/sites/{site}/audit", get(audit::page))
        .route("/sites/{site}/install", get(install::page))
        .route("/sites/{site}/{*rest}", any(nothing))
        .merge(files::routes())
}

/// The reports that can also be read under a link: those of [`crate::http::query::share::REPORTS`].
pub(crate) fn report_routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/overview", get(overview::page))
        .route("/sites/{site}/feedback", get(feedback::list))
        .route("/sites/{site}/feedback/{survey}", get(feedback::survey))
        .route("/sites/{site}/experience", get(experience::list))
        .route("/sites/{site}/experience/page", get(experience::page))
        .route("/sites/{site}/drivers", get(driver::page))
        .route("/sites/{site}/delivery", get(delivery::page))
        .route("/sites/{site}/forms", get(form::page))
        .route("/sites/{site}/journeys", get(journey::page))
        .route("/sites/{site}/retention", get(retention::page))
}

/// The Theme page, whose form may be long.
fn theme_routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/theme", get(theme::page).post(theme::save))
        .route("/sites/{site}/theme/preview", get(theme::preview_frame).post(theme::preview_frame))
        .route("/sites/{site}/theme/looks", post(theme::preview_looks))
        .layer(axum::extract::DefaultBodyLimit::max(theme::FORM_BYTES))
}

/// Below a site, where no page is.
async fn nothing(_: Access) -> PageError {
    PageError::NotFound("No page has this address.")
}

/// The site that a member last looked at, else the first by name of those they belong to.
async fn last_site(members: &Members, member: &SignedIn) -> Result<Option<Arc<SiteContext>>, ReportError> {
    let last = members.store.last_site(member.account_id).await?;
    let mut sites = Vec::new();
    for (site_id, _) in members.store.memberships(member.account_id).await? {
        sites.extend(members.sites.by_id(site_id).await?);
    }
    let key = |context: &Arc<SiteContext>| {
        let site = &context.site;
        (Some(site.site_id) != last, site.name.clone(), site.key.clone())
    };
    Ok(sites.into_iter().min_by_key(key))
}

/// To the site that the member last looked at.
async fn home(State(members): State<Members>, member: SignedIn) -> Result<Response, PageError> {
    match last_site(&members, &member).await? {
        Some(context) => Ok(Redirect::to(&format!("/sites/{}/overview", context.site.key)).into_response()),
        None => Ok(Redirect::to("/sites").into_response()),
    }
}

pub(crate) fn render(page: &impl Template) -> Result<Response, PageError> {
    Ok(Html(page.render()?).into_response())
}
