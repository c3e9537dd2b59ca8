//! The table of contents of the HTTP service, grouped by how large a body may be.

use crate::app::App;
use crate::problem::Problem;
use axum::Router;
use axum::extract::DefaultBodyLimit;

/// Largest body of a form that a person submits, in bytes.
const FORM_BYTES: usize = 16_384;

/// The whole service. Tests call it without a socket.
pub fn router(app: App) -> Router {
    // What carries no body, or that of a form.
    let pages = Router::new().layer(DefaultBodyLimit::max(FORM_BYTES));
    Router::new()
        .merge(crate::ingest::http::routes())
        .merge(pages)
        .fallback(|| async { Problem::not_found("there is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method")
        })
        .with_state(app)
}
