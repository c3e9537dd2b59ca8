//! The example shop on a server of its own, so that its pages are of another origin than the collector, as in life.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};
use std::sync::Arc;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../examples/shop");

/// The text of a file of the shop.
pub fn text(path: &str) -> Option<&'static str> {
    FILES.get_file(path)?.contents_utf8()
}

struct Placeholders {
    rapport: String,
    site: String,
}

/// The shop's pages, wired to the collector at `rapport_url` as the site with `site_key`.
pub fn routes(rapport_url: &str, site_key: &str) -> Router {
    let placeholders = Placeholders { rapport: rapport_url.to_owned(), site: site_key.to_owned() };
    Router::new()
        .route("/", get(async |state: State<Arc<Placeholders>>| page(state, Path(String::new())).await))
        .route("/{*path}", get(page))
        .with_state(Arc::new(placeholders))
}

async fn page(State(placeholders): State<Arc<Placeholders>>, Path(path): Path<String>) -> Response {
    let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path };
    let Some(file) = FILES.get_file(&path) else {
        return (StatusCode::NOT_FOUND, "There is no such page in the shop.").into_response();
    };
    let content_type = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")];
    match file.contents_utf8().filter(|_| path.ends_with(".html")) {
        Some(html) => {
            let html = html.replace("{{rapport}}", &placeholders.rapport).replace("{{site}}", &placeholders.site);
            (headers, html).into_response()
        }
        None => (headers, file.contents()).into_response(),
    }
}
