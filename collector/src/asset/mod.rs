//! The widget's files: the loader at its fixed name, everything else under names that change with the content.

mod encoding;

use crate::app::App;
use crate::page_request::readable_by_all;
use crate::problem::Problem;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use encoding::Encoding;
use rapport_bundle::Asset;
use sha2::{Digest, Sha256};

/// The loader's name never changes, so it is asked for again after five minutes, and meanwhile taken as it is.
const LOADER_CACHE: &str = "public, max-age=300, stale-while-revalidate=86400";
/// A hashed name stands for its content for ever.
const HASHED_CACHE: &str = "public, max-age=31536000, immutable";

/// Routes of the files. The loader has its own name always, and `name` besides.
pub fn routes(name: &str) -> Router<App> {
    let usual = format!("/{}", rapport_bundle::LOADER);
    let routes = Router::new().route(&usual, get(loader)).route("/assets/{file}", get(hashed));
    if name == rapport_bundle::LOADER { routes } else { routes.route(&format!("/{name}"), get(loader)) }
}

/// The script that host pages name in their tag.
#[utoipa::path(
    get,
    path = "/rapport.js",
    tag = "public",
    responses(
        (status = 200, description = "The loader: brotli, gzip or as it is", content_type = "text/javascript"),
        (status = 304, description = "Unchanged"),
    ),
)]
pub(crate) async fn loader(headers: HeaderMap) -> Response {
    serve(rapport_bundle::LOADER, LOADER_CACHE, &headers)
}

async fn hashed(Path(file): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("assets/{file}"), HASHED_CACHE, &headers)
}

fn serve(name: &str, cache: &'static str, request: &HeaderMap) -> Response {
    let Some(asset) = rapport_bundle::asset(name) else {
        let mut response = Problem::not_found("there is no such file; a newer version may have taken its place");
        response.detail.push_str(": load the page again");
        return with_cross_origin(response.into_response());
    };
    let encoding = Encoding::choose(request);
    let etag = encoding.etag(asset.etag);
    let unchanged = is_unchanged(request, &etag);
    let mut response = if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { content(asset, encoding) };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    with_cross_origin(response)
}

fn content(asset: &'static Asset, encoding: Encoding) -> Response {
    let bytes = match encoding {
        Encoding::Brotli => asset.brotli,
        Encoding::Gzip => asset.gzip,
        Encoding::Identity => asset.bytes,
    };
    let mut response = ([(header::CONTENT_TYPE, asset.content_type)], bytes).into_response();
    if let Some(name) = encoding.name() {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}

/// Any page may load the widget: modules are fetched with CORS, and a page may isolate itself from other origins.
fn with_cross_origin(mut response: Response) -> Response {
    response.headers_mut().insert("timing-allow-origin", HeaderValue::from_static("*"));
    readable_by_all(response)
}

/// A validator of a document that is made here. Weak: the same document may be sent compressed.
pub fn weak_etag(document: &[u8]) -> String {
    let digest: String = Sha256::digest(document).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{digest}\"")
}

/// Whether the client's `If-None-Match` names `etag` (RFC 9110 §13.1.2, compared weakly).
pub fn is_unchanged(request: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let lines = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    async fn body(response: Response) -> Vec<u8> {
        response.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    #[tokio::test]
    async fn the_loader_comes_compressed_and_is_not_sent_twice() {
        let asset = rapport_bundle::asset(rapport_bundle::LOADER).unwrap();
        for (accepted, encoding, bytes) in [
            ("gzip, deflate, br, zstd", Some("br"), asset.brotli),
            ("gzip;q=0.5", Some("gzip"), asset.gzip),
            ("br;q=0, gzip", Some("gzip"), asset.gzip),
            ("identity", None, asset.bytes),
        ] {
            let response = loader(headers(&[("accept-encoding", accepted)])).await;
            assert_eq!(response.status(), 200);
            let sent = response.headers().clone();
            assert_eq!(sent.get("content-encoding").map(|value| value.to_str().unwrap()), encoding, "{accepted}");
            assert_eq!(sent["access-control-allow-origin"], "*");
            assert_eq!(sent["cross-origin-resource-policy"], "cross-origin");
            assert_eq!(sent["vary"], "accept-encoding");
            assert_eq!(body(response).await, bytes, "{accepted}");

            let etag = sent["etag"].to_str().unwrap();
            let again = loader(headers(&[("accept-encoding", accepted), ("if-none-match", etag)])).await;
            assert_eq!(again.status(), 304, "{accepted}");
            assert_eq!(again.headers()["etag"], etag);
            assert!(body(again).await.is_empty());
        }
    }

    #[tokio::test]
    async fn every_hashed_file_is_served_for_ever_and_others_are_not_found() {
        for Asset { name: path, content_type, .. } in rapport_bundle::assets() {
            let Some(file) = path.strip_prefix("assets/") else { continue };
            let response = hashed(Path(file.into()), HeaderMap::new()).await;
            assert_eq!(response.status(), 200, "{path}");
            assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
            assert_eq!(response.headers()["content-type"], *content_type);
        }
        for file in ["none.js", "../rapport.js", "..%2frapport.js", ""] {
            assert_eq!(hashed(Path(file.into()), HeaderMap::new()).await.status(), 404, "{file}");
        }
    }
}
