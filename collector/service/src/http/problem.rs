//! The one shape of every HTTP error: an RFC 9457 problem document that names the field and the limit.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rapport_shared::survey::Fault;
use rapport_store::StoreError;
use rapport_store::rarely::Rarely;
use serde::Serialize;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// An error as the client reads it. It never carries what the server alone should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Status of the response.
    pub status: StatusCode,
    /// What happened this time, in plain words.
    pub detail: String,
    /// The fields at fault, if it is about fields.
    pub errors: Vec<FieldError>,
    /// When to try again, in seconds: sent as `Retry-After`.
    pub retry_after_s: Option<u32>,
}

/// What a response says of a fault of ours, in whatever form: for the log.
#[derive(Clone, Debug)]
pub struct Said(pub String);

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Dotted path of the field.
    pub field: String,
    /// What is wrong, naming the limit.
    pub reason: String,
}

/// The document itself, as it is sent (`application/problem+json`).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument<'a> {
    /// `about:blank`: the status says what kind of problem it is.
    r#type: &'static str,
    /// The status in words.
    title: &'a str,
    /// The status.
    status: u16,
    /// What happened this time, in plain words.
    detail: &'a str,
    /// The fields at fault, if it is about fields.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem with this status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), retry_after_s: None }
    }

    /// 400: the request cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401: who are you?
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// 403: not you, or not from there.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 404: there is none, or you may not know of it.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 413: larger than `limit_bytes`.
    pub fn too_large(limit_bytes: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body must be at most {limit_bytes} bytes"))
    }

    /// 422: these fields are at fault.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let named: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        let detail = format!("not valid: {}", named.join(", "));
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// 422: everything that is wrong, by field.
    pub fn of_faults(faults: impl IntoIterator<Item = Fault>) -> Self {
        let errors = faults.into_iter().map(|fault| FieldError { field: fault.field, reason: fault.reason });
        Self::invalid(errors.collect())
    }

    /// 429: too often; try again in `retry_after_s` seconds.
    pub fn too_many(detail: impl Into<String>, retry_after_s: u32) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    /// 503: nothing was stored; try again in `retry_after_s` seconds.
    pub fn unavailable(detail: impl Into<String>, retry_after_s: u32) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// 500: our fault. What it was belongs into the log, not into the answer.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong here; the operator's log says what")
    }
}

/// Under load it is the same for one request after the other.
static TOLD: LazyLock<Rarely> = LazyLock::new(Rarely::default);

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => {
                if let Some(left_out) = TOLD.mention(("a request", "busy")) {
                    tracing::warn!(left_out, "the write queue is full, so requests are refused");
                }
                Self::unavailable("too much is waiting to be stored", 2)
            }
            StoreError::Unavailable(reason) => {
                tracing::error!(reason, "the database is unavailable");
                Self::unavailable("the database is unavailable", 10)
            }
            error => {
                tracing::error!(%error, "the store failed");
                Self::internal()
            }
        }
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page could not be rendered");
        Self::internal()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = ProblemDocument {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        // Serializing strings and a number to memory cannot fail.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status.is_server_error() {
            response.extensions_mut().insert(Said(self.detail.clone()));
        }
        // For those who stand around handlers: on our own pages it becomes a page.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_problem_is_a_document_with_its_headers() {
        let response = Problem::from(StoreError::Busy).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "2");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(document["title"], "Service Unavailable");
        assert_eq!(document["status"], 503);
        assert_eq!(document.get("errors"), None);
    }

    #[tokio::test]
    async fn what_the_database_said_stays_in_the_log() {
        let response = Problem::from(StoreError::Refused("secret".into())).into_response();
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
}
