//! `POST /v1/batch`: headers in, reply or problem document out.

#[cfg(test)]
mod customer_test;
#[cfg(test)]
mod hostile_test;
#[cfg(test)]
mod scrub_test;
#[cfg(test)]
mod server_test;
#[cfg(test)]
mod trust_test;

use crate::app::App;
use crate::config::Config;
use crate::http::client_address;
use crate::http::problem::{FieldError, Problem};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use rapport_ingest::rejection::RejectedItem;
use rapport_ingest::{BatchRefusal, BatchRequest, Client, Ingest};
use rapport_shared::limit;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The route of batches, with its own body limit.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(batch)).layer(DefaultBodyLimit::disable())
}

/// A batch: documents `wire::Batch`, whose items are read one by one.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only documents the fields")]
pub(crate) struct Batch {
    /// Public site key.
    site: String,
    /// The tab's session; absent when telemetry is withheld.
    #[schema(format = "uuid")]
    session: Option<String>,
    /// Persistent visitor id; only after consent or identification.
    #[schema(format = "uuid")]
    visitor: Option<String>,
    /// What the visitor said about being measured: `unknown` (default), `refused` or `granted`.
    consent: Option<String>,
    /// What the company's own systems call the visitor; only with its server's signature.
    customer: Option<String>,
    /// The signature of `customer`.
    customer_signature: Option<String>,
    /// The `proof` of the configuration that the page loaded.
    proof: Option<String>,
    /// 1 to 100 items, each with its `type` (`page_view`, `signal`, `response` or `delivery`) and an `id`, a UUIDv7.
    items: Vec<serde_json::Value>,
}

/// What became of a batch: documents `wire::BatchReply`.
#[derive(ToSchema)]
#[schema(as = BatchReply)]
#[allow(dead_code, reason = "only documents the fields")]
pub(crate) struct Taken {
    /// Items stored, and durable.
    accepted: u32,
    /// Items already stored before (same id, same or lower revision).
    duplicate: u32,
    /// Items that can never be stored as they are; sending them again is useless.
    rejected: Vec<RejectedItem>,
}

/// Stores a batch and answers once it is durable.
///
/// The reply says of every item what became of it. An item that was rejected will be rejected again; everything else
/// may be sent again with the same id, and counts once.
#[utoipa::path(
    post,
    path = "/v1/batch",
    tag = "public",
    operation_id = "send_batch",
    request_body(
        content((Batch = "application/json"), (String = "text/plain")),
        description = "JSON of at most 65,536 bytes, which browsers send as text so that they ask no leave",
    ),
    responses(
        (
            status = 202,
            body = Taken,
            description = "Durable. `rejected` names index, field and reason",
            example = json!({ "accepted": 1, "duplicate": 1, "rejected": [
                { "index": 2, "field": "answers[0].score", "reason": "must be 1 to 5" },
            ] }),
        ),
        (status = 400, description = "Not a batch"),
        (status = 401, description = "No site key"),
        (status = 403, description = "A foreign origin"),
        (status = 404, description = "No site has this key"),
        (status = 413, description = "Too large"),
        (status = 429, description = "Too often; see Retry-After"),
        (status = 503, description = "Nothing was stored; see Retry-After"),
    ),
)]
pub(crate) async fn batch(
    State(ingest): State<Arc<Ingest>>,
    State(config): State<Arc<Config>>,
    request: Request,
) -> Response {
    let address = client_address::of_request(&request, &config.trusted_proxies);
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, limit::BATCH_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(BatchRefusal::TooLarge),
        Err(_) => Err(BatchRefusal::Malformed { field: String::new(), reason: "the body broke off".into() }),
    };
    let result = match body {
        Ok(body) => accept(&ingest, &parts.headers, &body, address).await,
        Err(refusal) => Err(refusal),
    };
    let mut response = match result {
        Ok(reply) => (StatusCode::ACCEPTED, axum::Json(reply)).into_response(),
        Err(refusal) => Problem::from(refusal).into_response(),
    };
    allow_origin(&parts.headers, response.headers_mut());
    response
}

async fn accept(
    ingest: &Ingest,
    headers: &HeaderMap,
    body: &Bytes,
    address: std::net::IpAddr,
) -> Result<rapport_shared::wire::BatchReply, BatchRefusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client::new(text("user-agent"), text("accept-language"), text("sec-gpc"), text("dnt"));
    let origin = headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or("null"));
    ingest.accept(BatchRequest { body, origin, address, client, trapped: false, recipient: None }).await
}

/// The reply holds counts and the sender's own mistakes: any page may read it, foreign ones learn that they are foreign.
/// A beacon is sent with credentials, so the origin is named and not `*`; no cookie is read here.
pub(crate) fn allow_origin(request: &HeaderMap, response: &mut HeaderMap) {
    if let Some(origin) = request.get(header::ORIGIN) {
        response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    }
    response.append(header::VARY, HeaderValue::from_static("origin"));
    response.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
}

impl From<BatchRefusal> for Problem {
    fn from(refusal: BatchRefusal) -> Self {
        match refusal {
            BatchRefusal::Malformed { field, reason } => Self {
                errors: vec![FieldError { field: field.clone(), reason: reason.clone() }],
                ..Self::bad_request(format!("not a batch: {field} {reason}").replace("  ", " "))
            },
            BatchRefusal::NoSiteKey => Self {
                errors: vec![FieldError { field: "site".into(), reason: "is missing".into() }],
                ..Self::unauthorized("the batch names no site key")
            },
            BatchRefusal::ForeignOrigin(reason) => Self::forbidden(reason),
            BatchRefusal::UnknownSite => Self::not_found("no site has this key"),
            BatchRefusal::TooLarge => Self::too_large(limit::BATCH_BYTES),
            BatchRefusal::TooMany(seconds) => {
                Self::too_many("this client sent too many batches", u32::try_from(seconds).unwrap_or(u32::MAX))
            }
            BatchRefusal::Unavailable(seconds) => Self {
                retry_after_s: Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "nothing was stored; try again")
            },
        }
    }
}
