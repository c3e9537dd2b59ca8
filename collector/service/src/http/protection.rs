//! What stands around handlers: time limits, panics turned into answers, and headers that tell browsers to be careful.

use crate::config::Config;
use crate::http::problem::Problem;
use crate::public::attachment;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// What our own pages may load: their own files and nothing else. Nothing inline runs.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// [`PAGE_POLICY`] for a page that shows a picture from this `https` address; other addresses change nothing.
pub fn page_policy_with_pictures_of(address: &str) -> String {
    let host = address.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | ':');
    if host.is_empty() || !host.chars().all(is_host) {
        return PAGE_POLICY.to_owned();
    }
    PAGE_POLICY.replace("img-src 'self'", &format!("img-src 'self' https://{host}"))
}

/// The API's browsable page brings styles of its own into elements.
pub const API_PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How many times longer a picture may take than other requests: a slow line needs a minute for half a megabyte.
const PICTURE_TIMES: u64 = 8;
/// Where files with customers come in, and the same of them: they are taken while they are read.
const IMPORTS: [&str; 2] = ["/customer-imports", "/customer-data/import"];
const IMPORT_TIMES: u64 = 40;

/// Answers 503 when a handler takes longer than the settings allow.
pub async fn limit_time(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // Below the path of the script it is the same route.
    let is_picture = route.is_some_and(|route| route.ends_with(attachment::UPLOAD));
    let is_import = route.is_some_and(|route| IMPORTS.iter().any(|import| route.ends_with(import)));
    let times = if is_import {
        IMPORT_TIMES
    } else if is_picture {
        PICTURE_TIMES
    } else {
        1
    };
    let patience = Duration::from_millis(config.request_timeout_ms * times);
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("this took too long", 5).into_response(),
    }
}

/// The answer after a panic. The panic's message is in the log already.
#[allow(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
pub fn after_panic(_panic: Box<dyn Any + Send>) -> Response {
    metrics::counter!("rapport_panics_total").increment(1);
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}

/// Headers of every response.
pub async fn everywhere(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// Headers of our own pages. They are for one person, so nothing between may keep them.
pub async fn on_pages(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        set(&mut response, name, value);
    }
    response
}

/// Headers of reports for servers: what customers said is for the holder of the key, so nothing between may keep it.
pub async fn on_reports(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// Sets a header unless the handler did.
fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
}
