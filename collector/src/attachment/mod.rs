//! Pictures of responses (`attachment`): taken in beside the batches, cleaned, stored, and shown to those who may see them.
//!
//! A picture names the response, question and part that it belongs to, and may come before or after its response: it is
//! shown once both are there. One whose response has not come, or no longer speaks of it, after [`KEPT_MS`] is removed.

mod form;
#[cfg(test)]
pub(crate) mod http_test;
pub mod job;
pub mod picture;
pub(crate) mod serve;
pub(crate) mod upload;

pub use form::{File, Form};
pub use serve::{api_document, api_routes, page_routes};
pub use upload::{Incoming, Uploads};

use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

/// How long a picture waits for an answer that speaks of it, in milliseconds (7 days).
pub const KEPT_MS: i64 = 7 * 86_400_000;
/// Path of the route that takes pictures.
pub const UPLOAD: &str = "/v1/attachment/{site}";

/// Routes of the public, with the public key of a site; no cookie is read here.
pub fn public_routes() -> Router<App> {
    Router::new()
        .route(UPLOAD, post(upload::upload).layer(DefaultBodyLimit::disable()))
        .route("/v1/reviews/{site}/{review}/photo", get(serve::public_photo))
}
