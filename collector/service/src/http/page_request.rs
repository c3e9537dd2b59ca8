//! What requests have in common, those of host pages above all: the site that they name, a body that has a bound, who may read the reply, and
//! how that is documented.

use crate::http::problem::Problem;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, IntoResponses};

/// Names a site.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SitePath {
    /// Public site key
    pub site: String,
}

/// Why nobody is told anything.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only documents the replies")]
pub enum NoSite {
    /// No site has this key
    #[response(status = 404)]
    Unknown,
}

/// Why a page is told nothing.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only documents the replies")]
pub enum NotOfSite {
    /// The page's origin is not one of the site's
    #[response(status = 403)]
    Foreign,
    /// No site has this key
    #[response(status = 404)]
    Unknown,
}

/// Answers a page of the site with that key, for that page alone.
///
/// A refusal says nothing that its receiver does not know, and a developer should be able to read it in the page.
pub async fn for_page_of_site(
    sites: &SiteDirectory,
    key: &str,
    headers: &HeaderMap,
    answer: impl AsyncFnOnce(&SiteContext) -> Result<Response, Problem>,
) -> Response {
    match site_of_page(sites, key, headers).await {
        Ok(site) => readable_by_page(answer(&site).await.unwrap_or_else(IntoResponse::into_response), headers),
        Err(problem) => with_vary(readable_by_all(problem.into_response())),
    }
}

/// Answers whoever asks of the site with that key, from any page.
pub async fn for_everybody(
    sites: &SiteDirectory,
    key: &str,
    answer: impl AsyncFnOnce(&SiteContext) -> Result<Response, Problem>,
) -> Response {
    let response = async { answer(&*site(sites, key).await?).await };
    readable_by_all(response.await.unwrap_or_else(IntoResponse::into_response))
}

/// The site with that key.
///
/// # Errors
/// 404 when there is none.
pub async fn site(sites: &SiteDirectory, key: &str) -> Result<Arc<SiteContext>, Problem> {
    sites.by_key(key).await?.ok_or_else(no_site)
}

fn no_site() -> Problem {
    Problem::not_found("no site has this key")
}

/// The site with that key, if the page that asks is one of its own.
///
/// # Errors
/// 404 when there is none, 403 for a foreign page.
pub async fn site_of_page(sites: &SiteDirectory, key: &str, headers: &HeaderMap) -> Result<Arc<SiteContext>, Problem> {
    let origin = headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or("null"));
    let site = sites.by_key_with(key, |site| site.allows(origin)).await?.ok_or_else(no_site)?;
    match sites.refusal(&site, origin) {
        None => Ok(site),
        Some(reason) => Err(Problem::forbidden(reason)),
    }
}

/// Reads a body of at most `most_bytes`.
///
/// # Errors
/// 413 for a larger one, and for one that breaks off: nobody is left to hear of that.
pub async fn body(body: Body, most_bytes: usize) -> Result<Bytes, Problem> {
    let body = Limited::new(body, most_bytes).collect().await;
    Ok(body.map_err(|_| Problem::too_large(most_bytes))?.to_bytes())
}

/// Lets every page read the reply, also one that isolates itself from other origins.
pub fn readable_by_all(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    across_origins(response)
}

/// Lets the page that asked read the reply, and no other.
pub fn readable_by_page(mut response: Response, request: &HeaderMap) -> Response {
    if let Some(origin) = request.get(header::ORIGIN) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    with_vary(across_origins(response))
}

/// Says that the reply is another one to another page.
fn with_vary(mut response: Response) -> Response {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
    response
}

fn across_origins(mut response: Response) -> Response {
    response.headers_mut().insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}
