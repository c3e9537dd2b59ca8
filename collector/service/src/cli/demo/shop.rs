//! The example shop on a server of its own, so that its pages are of another origin than the collector, as in life.

use super::page::{self, Placeholders};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};
use std::sync::Arc;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/shop");

/// The text of a file of the shop.
pub fn text(path: &str) -> Option<&'static str> {
    FILES.get_file(path)?.contents_utf8()
}

/// The shop's pages, wired to the collector at `rapport_url` as the site with `site_key`.
pub fn routes(rapport_url: &str, site_key: &str) -> Router {
    let wired: Arc<[String; 2]> = Arc::new([rapport_url.into(), site_key.into()]);
    Router::new()
        .route("/", get(async |state: State<Arc<[String; 2]>>| answer(state, Path(String::new())).await))
        .route("/{*path}", get(answer))
        .with_state(wired)
}

async fn answer(State(wired): State<Arc<[String; 2]>>, Path(path): Path<String>) -> Response {
    let [rapport, site] = &*wired;
    page::answer(&FILES, &path, &Placeholders { rapport, site })
        .unwrap_or_else(|| (StatusCode::NOT_FOUND, "There is no such page in the shop.").into_response())
}
