//! The pages: each loads a report, adds charts, and renders a template. They work without script, and their URL is
//! their whole state.

mod audit;
mod chart;
mod delivery;
mod experience;
mod export;
mod feedback;
pub mod files;
pub mod format;
pub(crate) mod frame;
mod install;
mod overview;
mod response;
mod score;
mod theme;

#[cfg(test)]
mod page_test;

use crate::account::SignedIn;
use crate::app::App;
use crate::report::ReportError;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_shared::survey::Fault;

/// Routes of the pages; they belong among those of people with a cookie.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route(
            "/sites/{site}",
            get(|access: crate::account::Access| async move {
                Redirect::to(&format!("/sites/{}/overview", access.site.site.key))
            }),
        )
        .route("/sites/{site}/overview", get(overview::page))
        .route("/sites/{site}/feedback", get(feedback::list))
        .route("/sites/{site}/feedback/{survey}", get(feedback::survey))
        .route("/sites/{site}/responses/{id}", get(response::page))
        .route("/sites/{site}/responses/{id}/suspicion", post(response::clear_suspicion))
        .route("/sites/{site}/experience", get(experience::list))
        .route("/sites/{site}/experience/page", get(experience::page))
        .route("/sites/{site}/delivery", get(delivery::page))
        .merge(theme_routes())
        .route("/sites/{site}/audit", get(audit::page))
        .route("/sites/{site}/install", get(install::page))
        .merge(files::routes())
}

/// The Theme page, whose form may be long.
fn theme_routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/theme", get(theme::page).post(theme::save))
        .route("/sites/{site}/theme/preview", get(theme::preview_frame).post(theme::preview_frame))
        .route("/sites/{site}/theme/looks", post(theme::preview_looks))
        .layer(axum::extract::DefaultBodyLimit::max(theme::FORM_BYTES))
}

/// To the first site of the member.
async fn home(State(app): State<App>, member: SignedIn) -> Result<Response, PageError> {
    let mut names = Vec::new();
    for (site_id, _) in app.store.memberships(member.account_id).await.map_err(ReportError::from)? {
        if let Some(context) = app.sites.by_id(site_id).await.map_err(ReportError::from)? {
            names.push((context.site.name.clone(), context.site.key.clone()));
        }
    }
    names.sort();
    match names.first() {
        Some((_, key)) => Ok(Redirect::to(&format!("/sites/{key}/overview")).into_response()),
        None => Err(PageError::NotFound("You are not a member of any site yet. Ask its owner to add you.")),
    }
}

/// Why there is no page.
#[derive(Debug)]
pub enum PageError {
    /// Fields of the URL are at fault.
    Faults(Vec<Fault>),
    /// There is no such thing.
    NotFound(&'static str),
    /// The report could not be made.
    Report(ReportError),
    /// The template could not be rendered.
    Template(askama::Error),
}

impl From<ReportError> for PageError {
    fn from(error: ReportError) -> Self {
        Self::Report(error)
    }
}

impl From<crate::store::StoreError> for PageError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Report(error.into())
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Template(error)
    }
}

impl From<Vec<Fault>> for PageError {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Faults(faults)
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    detail: &'a str,
    faults: Vec<Fault>,
    back: &'a str,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, detail, faults) = match self {
            Self::Faults(faults) => {
                (StatusCode::BAD_REQUEST, "This address cannot be read", "These fields of it are at fault:", faults)
            }
            Self::NotFound(detail) => (StatusCode::NOT_FOUND, "There is nothing here", detail, Vec::new()),
            Self::Report(ReportError::Store(error)) => {
                tracing::error!(%error, "a page could not be loaded");
                let detail = "The database could not be read. Nothing is lost; try again in a moment.";
                (StatusCode::SERVICE_UNAVAILABLE, "Not just now", detail, Vec::new())
            }
            Self::Template(error) => {
                tracing::error!(%error, "a page could not be rendered");
                let detail = "Something went wrong here; the operator's log says what.";
                (StatusCode::INTERNAL_SERVER_ERROR, "That went wrong", detail, Vec::new())
            }
        };
        let page = ErrorPage { title, detail, faults, back: "/" };
        (status, Html(page.render().unwrap_or_else(|_| detail.to_owned()))).into_response()
    }
}

pub(crate) fn render(page: &impl Template) -> Result<Response, PageError> {
    Ok(Html(page.render()?).into_response())
}
