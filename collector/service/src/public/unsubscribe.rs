//! The link by which whoever gets a report by mail, or is asked something by mail, gets it no more. Mail programs send its form by themselves when somebody clicks
//! "unsubscribe" in them (RFC 8058); what scanners of mails do, opening every link, changes nothing.

use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::client_address::of_parts;
use crate::http::problem::Problem;
use crate::mail::report::token_of;
use crate::public::visitor_rate::VisitorRate;
use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::subscription::Stops;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

feature_state! {
    /// What unsubscribing needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        sites: SiteDirectory,
        rate: VisitorRate,
    }
}

/// Its route. It takes forms from everywhere: a mail program is no page of ours.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ask, stop))
}

#[derive(Template)]
#[template(path = "public/unsubscribe.html")]
struct UnsubscribePage {
    title: &'static str,
    detail: String,
    asks: bool,
}

fn page(status: StatusCode, title: &'static str, detail: String, asks: bool) -> Result<Response, Problem> {
    Ok((status, Html(UnsubscribePage { title, detail, asks }.render()?)).into_response())
}

/// What a link is of.
struct Found {
    token: Vec<u8>,
    site_id: rapport_shared::id::Id,
    site_name: String,
    address: String,
    stops: Stops,
    is_over: bool,
}

async fn found(needs: &Needs, (site, token): (&str, &str), asked: &Parts) -> Result<Option<Found>, Problem> {
    needs.rate.check(of_parts(&asked.headers, &asked.extensions, &needs.config.trusted_proxies))?;
    let Some(token) = token_of(&format!("/{token}")) else { return Ok(None) };
    let Some(site) = needs.sites.by_key(site).await? else { return Ok(None) };
    let site_id = site.site.site_id;
    let known = needs.store.subscription(site_id, token.clone()).await?;
    Ok(known.map(|known| Found {
        token,
        site_id,
        site_name: site.site.name.clone(),
        is_over: known.unsubscribed_at_ms.is_some(),
        stops: known.stops,
        address: known.address,
    }))
}

fn none() -> Result<Response, Problem> {
    let detail = "What this link was of is no longer sent to anybody.".to_owned();
    page(StatusCode::NOT_FOUND, "Nothing to stop", detail, false)
}

fn over(found: &Found) -> Result<Response, Problem> {
    let detail = match found.stops {
        Stops::Report => format!("{} gets this report of {} no more.", found.address, found.site_name),
        Stops::FollowUps => format!("{} asks {} nothing by mail any more.", found.site_name, found.address),
        Stops::Notices => format!("{} is told this of {} no more.", found.address, found.site_name),
    };
    page(StatusCode::OK, "You get it no more", detail, false)
}

/// Asks whether a report, or what a customer is asked by mail, is to be stopped. It changes nothing.
#[utoipa::path(
    get, path = "/unsubscribe/{site}/{token}", tag = "pages",
    params(
        ("site" = String, Path, description = "Public site key"),
        ("token" = String, Path, description = "What the link in the mail says"),
    ),
    responses(
        (status = 200, description = "The question, as a page", content_type = "text/html"),
        (status = 404, description = "No such link", content_type = "text/html"),
        (status = 429, description = "Too often"),
    ),
    operation_id = "ask_to_unsubscribe",
)]
pub(super) async fn ask(
    State(needs): State<Needs>,
    path: Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((site, token)) = path;
    match found(&needs, (&site, &token), &request.into_parts().0).await? {
        None => none(),
        Some(found) if found.is_over => over(&found),
        Some(found) => {
            let (title, detail) = match found.stops {
                Stops::Report => {
                    ("Stop this report?", format!("{} gets a report of {} by mail.", found.address, found.site_name))
                }
                Stops::Notices => (
                    "Stop these mails?",
                    format!("{} is told by mail what happens at {}.", found.address, found.site_name),
                ),
                Stops::FollowUps => {
                    ("Stop these mails?", format!("{} asks {} by mail how it went.", found.site_name, found.address))
                }
            };
            page(StatusCode::OK, title, detail, true)
        }
    }
}

/// Stops a report, or whatever is asked by mail, for whoever has the link, with one click (RFC 8058). Doing it twice is doing it once.
#[utoipa::path(
    post, path = "/unsubscribe/{site}/{token}", tag = "pages",
    params(
        ("site" = String, Path, description = "Public site key"),
        ("token" = String, Path, description = "What the link in the mail says"),
    ),
    responses(
        (status = 200, description = "It is stopped, as a page", content_type = "text/html"),
        (status = 404, description = "No such link", content_type = "text/html"),
        (status = 429, description = "Too often"),
    ),
    operation_id = "unsubscribe",
)]
pub(super) async fn stop(
    State(needs): State<Needs>,
    path: Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((site, token)) = path;
    let Some(found) = found(&needs, (&site, &token), &request.into_parts().0).await? else { return none() };
    needs.store.unsubscribe(found.site_id, found.token.clone(), needs.clock.now_ms()).await?;
    over(&found)
}
