//! Pictures of responses (`attachment`): taken in beside the batches, cleaned, stored, and shown to those who may see them.
//!
//! A picture names the response, question and part that it belongs to, and may come before or after its response: it is
//! shown once both are there. One whose response has not come, or no longer speaks of it, after [`KEPT_MS`] is removed.

mod form;
#[cfg(test)]
pub(crate) mod http_test;
pub mod picture;
pub(crate) mod serve;
pub(crate) mod upload;

pub use form::Form;
pub use upload::{Incoming, Uploads};

use crate::app::App;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long a picture waits for an answer that speaks of it, in milliseconds (7 days).
pub const KEPT_MS: i64 = 7 * 86_400_000;
/// Path of the route that takes pictures.
pub const UPLOAD: &str = "/v1/attachment/{site}";

/// Routes of the public, with the public key of a site; no cookie is read here.
pub fn public_documented() -> OpenApiRouter<App> {
    let uploads = OpenApiRouter::new().routes(routes!(upload::upload)).layer(DefaultBodyLimit::disable());
    uploads.merge(OpenApiRouter::new().routes(routes!(serve::public_photo)))
}
