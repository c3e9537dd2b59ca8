//! The widget's files: the loader at its fixed name, everything else under names that change with the content.

mod encoding;
mod files;

use crate::app::App;
use crate::http::page_request::readable_by_all;
use crate::http::problem::Problem;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use encoding::Encoding;
pub use files::{File, Files};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The loader's name never changes, so it is asked for again after five minutes, and meanwhile taken as it is.
const LOADER_CACHE: &str = "public, max-age=300, stale-while-revalidate=86400";
/// A hashed name stands for its content for ever.
const HASHED_CACHE: &str = "public, max-age=31536000, immutable";

/// Routes of the files. The loader has its own name always, and `name` besides.
pub fn documented(name: &str) -> OpenApiRouter<App> {
    let routes = OpenApiRouter::new().routes(routes!(loader)).routes(routes!(hashed));
    if name == rapport_bundle::LOADER { routes } else { routes.route(&format!("/{name}"), get(loader)) }
}

/// The script that host pages name in their tag.
#[utoipa::path(
    get,
    path = "/rapport.js",
    tag = "public",
    operation_id = "read_loader",
    responses(
        (
            status = 200, body = String, content_type = "text/javascript",
            description = "The loader: brotli, gzip or as it is",
        ),
        (status = 304, description = "Unchanged"),
    ),
)]
pub(crate) async fn loader(State(files): State<Arc<Files>>, headers: HeaderMap) -> Response {
    serve(Some(files.loader()), LOADER_CACHE, &headers)
}

/// A part of the widget.
///
/// Its name changes with its contents, so it may be kept for ever; the configuration names it.
#[utoipa::path(
    get,
    path = "/assets/{file}",
    tag = "public",
    operation_id = "read_file",
    params(("file" = String, Path, description = "Name of the file, as the configuration has it")),
    responses(
        (status = 200, description = "The file: brotli, gzip or as it is", content(
            (String = "text/javascript"),
            (Vec<u8> = "application/wasm"),
        )),
        (status = 304, description = "Unchanged"),
        (status = 404, description = "No such file, or not of this version"),
    ),
)]
pub(crate) async fn hashed(State(files): State<Arc<Files>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    serve(files.hashed(&file), HASHED_CACHE, &headers)
}

fn serve(file: Option<&File>, cache: &'static str, request: &HeaderMap) -> Response {
    let Some(file) = file else {
        let mut response = Problem::not_found("there is no such file; a newer version may have taken its place");
        response.detail.push_str(": load the page again");
        return with_cross_origin(response.into_response());
    };
    let encoding = Encoding::choose(request);
    let etag = encoding.etag(&file.etag);
    let unchanged = is_unchanged(request, &etag);
    let mut response = if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { content(file, encoding) };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    with_cross_origin(response)
}

fn content(file: &File, encoding: Encoding) -> Response {
    let bytes = match encoding {
        Encoding::Brotli => &file.brotli,
        Encoding::Gzip => &file.gzip,
        Encoding::Identity => &file.bytes,
    };
    let mut response = ([(header::CONTENT_TYPE, file.content_type)], bytes.clone()).into_response();
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
    use crate::config::Config;
    use crate::test_app::TestApp;
    use rapport_bundle::Asset;

    #[tokio::test]
    async fn the_loader_comes_compressed_and_is_not_sent_twice() {
        let test = TestApp::new().await;
        let asset = rapport_bundle::asset(rapport_bundle::LOADER).unwrap();
        for (accepted, encoding, bytes) in [
            ("gzip, deflate, br, zstd", "br", asset.brotli),
            ("gzip;q=0.5", "gzip", asset.gzip),
            ("br;q=0, gzip", "gzip", asset.gzip),
            ("identity", "", asset.bytes),
        ] {
            let sent = test.get("/rapport.js", &[("accept-encoding", accepted)]).await;
            assert_eq!(sent.status, 200);
            assert_eq!(sent.header("content-encoding"), encoding, "{accepted}");
            assert_eq!(sent.header("access-control-allow-origin"), "*");
            assert_eq!(sent.header("cross-origin-resource-policy"), "cross-origin");
            assert_eq!(sent.header("vary"), "accept-encoding");
            assert_eq!(sent.body, bytes, "{accepted}");

            let etag = sent.header("etag");
            let again = test.get("/rapport.js", &[("accept-encoding", accepted), ("if-none-match", etag)]).await;
            assert_eq!(again.status, 304, "{accepted}");
            assert_eq!(again.header("etag"), etag);
            assert!(again.body.is_empty());
        }
    }

    #[tokio::test]
    async fn every_hashed_file_is_served_for_ever_and_others_are_not_found() {
        let test = TestApp::new().await;
        for Asset { name: path, content_type, .. } in rapport_bundle::assets() {
            if !path.starts_with("assets/") {
                continue;
            }
            let sent = test.get(&format!("/{path}"), &[]).await;
            assert_eq!(sent.status, 200, "{path}");
            assert!(sent.header("cache-control").contains("immutable"));
            assert_eq!(sent.header("content-type"), *content_type);
        }
        for file in ["none.js", "..%2frapport.js", "%2e%2e%2frapport.js"] {
            assert_eq!(test.get(&format!("/assets/{file}"), &[]).await.status, 404, "{file}");
        }
    }

    #[tokio::test]
    async fn a_renamed_widget_holds_none_of_the_names_that_a_blocker_could_know() {
        let config = Config { script_url: "https://www.example.com/hello/voice.js".into(), ..Config::default() };
        let test = TestApp::with_config(config).await;
        let paths = serde_json::to_value(test.app.files.paths()).unwrap();
        let mut named: Vec<String> = vec!["voice.js".into()];
        for path in paths.as_object().unwrap().values() {
            match path.as_str() {
                Some(path) => named.push(path.into()),
                None => named.extend(path.as_object().unwrap().values().map(|path| path.as_str().unwrap().into())),
            }
        }
        assert!(named.len() > 50, "{named:?}");
        for path in &named {
            let sent = test.get(&format!("/hello/{path}"), &[("accept-encoding", "identity")]).await;
            assert_eq!(sent.status, 200, "{path}");
            let compressed = test.get(&format!("/hello/{path}"), &[("accept-encoding", "br")]).await;
            let mut unpacked = Vec::new();
            brotli::BrotliDecompress(&mut compressed.body.as_slice(), &mut unpacked).expect("brotli reads its own");
            assert_eq!(unpacked, sent.body, "{path}");
            for known in ["/v1/", "/assets/", "rapport-widget", "/f/${", "rapport.js", "agent-", "survey-", "reviews-"]
            {
                // What pages write to be found by the widget stays as it is: `data-rapport-survey`.
                let text = String::from_utf8_lossy(&sent.body).replace("data-rapport-", "");
                assert!(!text.contains(known) && !path.contains(known), "{path} holds {known}");
            }
            if sent.header("content-type") == "application/wasm" {
                assert_eq!(&sent.body[..8], b"\0asm\x01\0\0\0");
            }
        }
        // The tag that pages had before, and the names of a page that was loaded before, still lead somewhere.
        let [old, new] = [test.get("/rapport.js", &[]).await, test.get("/hello/voice.js", &[]).await];
        assert_eq!(old.body, new.body);
        assert_eq!(test.get(&format!("/hello/{}", rapport_bundle::AGENT_WASM), &[]).await.status, 200);
    }

    #[tokio::test]
    async fn a_renamed_module_is_as_long_as_it_was() {
        let config = Config { script_url: "https://www.example.com/voice.js".into(), ..Config::default() };
        let test = TestApp::with_config(config).await;
        let usual = rapport_bundle::asset(rapport_bundle::AGENT_WASM).unwrap().bytes;
        let path = format!("/{}", test.app.files.paths().agent_wasm);
        let renamed = test.get(&path, &[("accept-encoding", "identity")]).await.body;
        assert_eq!(renamed.len(), usual.len());
        let places = usual.iter().zip(&renamed).filter(|(one, other)| one != other).count();
        // An address of batches, one of files, and the element twice.
        assert!((20..=8 + 6 + 2 * 14).contains(&places), "{places}");
    }
}
