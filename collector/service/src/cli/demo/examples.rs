//! The example pages beside the shop, below `/examples/` of its server. They belong to sites of their own: the month of the
//! shop stays as it is.

use super::page::{self, Placeholders};
use super::shop;
use crate::cli::{Failure, Session};
use crate::new_site::first_survey;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};
use jiff::tz::TimeZone;
use rapport_shared::survey::Survey;
use rapport_store::site::Site;
use std::sync::Arc;

/// Public key of the site that the pages belong to.
pub const SITE_KEY: &str = "examples-demo";
/// Public key of the site of the page in Arabic, whose floating button asks in Arabic.
const RIGHT_TO_LEFT_KEY: &str = "examples-demo-rtl";

/// The shop's file that stands beside the title of every page.
const ICON: &str = "art/moss-mug.svg";

static INDEX: &str = include_str!("../../../../../examples/index.html");

/// Folders that need nothing but a server. That of the bundler has to be built first.
static FOLDERS: [(&str, Dir<'_>); 8] = [
    ("plain", include_dir!("$CARGO_MANIFEST_DIR/../../examples/plain")),
    ("spa", include_dir!("$CARGO_MANIFEST_DIR/../../examples/spa")),
    ("strict-csp", include_dir!("$CARGO_MANIFEST_DIR/../../examples/strict-csp")),
    ("consent-banner", include_dir!("$CARGO_MANIFEST_DIR/../../examples/consent-banner")),
    ("right-to-left", include_dir!("$CARGO_MANIFEST_DIR/../../examples/right-to-left")),
    ("hosted-form", include_dir!("$CARGO_MANIFEST_DIR/../../examples/hosted-form")),
    ("reviews", include_dir!("$CARGO_MANIFEST_DIR/../../examples/reviews")),
    ("mail", include_dir!("$CARGO_MANIFEST_DIR/../../examples/mail")),
];

fn folder(name: &str) -> Option<&'static Dir<'static>> {
    FOLDERS.iter().find(|(known, _)| *known == name).map(|(_, folder)| folder)
}

/// A survey that the example of this folder brings.
fn survey(name: &str, file: &str) -> Result<Survey, Failure> {
    let text = folder(name).and_then(|folder| folder.get_file(format!("surveys/{file}.json"))?.contents_utf8());
    let text = text.ok_or_else(|| format!("the survey {file} is missing"))?;
    serde_json::from_str(text).map_err(|error| format!("the survey {file}: {error}").into())
}

/// The examples' sites, added where they are not there yet, for pages of these origins.
pub async fn sites(session: &Session, origins: &[String]) -> Result<Vec<Site>, Failure> {
    let surveys = [
        (SITE_KEY, "Examples", vec![first_survey(), survey("reviews", "review")?, survey("mail", "order")?]),
        (RIGHT_TO_LEFT_KEY, "Examples, right to left", vec![survey("right-to-left", "visit")?]),
    ];
    let mut sites = Vec::new();
    for (key, name, surveys) in surveys {
        let site = match session.store.site_by_key(key).await? {
            Some(site) => site,
            None => {
                let site = Site {
                    site_id: session.clock.new_id(),
                    key: key.into(),
                    name: name.into(),
                    origins: origins.to_vec(),
                    time_zone: TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC),
                    accent_color: "#3457d5".into(),
                    created_at_ms: session.clock.now_ms(),
                };
                session.store.add_site(&site).await?;
                for survey in &surveys {
                    let entry = session.note("survey.create", format!("survey {}", survey.id));
                    session.store.apply_survey(site.site_id, survey, &entry).await?;
                }
                site
            }
        };
        sites.push(site);
    }
    Ok(sites)
}

/// The pages, wired to the collector at `rapport_url`.
pub fn routes(rapport_url: &str) -> Router {
    Router::new()
        .route("/examples", get(async || Redirect::to("/examples/")))
        .route("/examples/", get(async || ([(header::CACHE_CONTROL, "no-cache")], Html(INDEX))))
        // Browsers ask for it where a page names none.
        .route("/favicon.ico", get(icon))
        // The shop has the whole server.
        .route("/examples/shop/", get(async || Redirect::to("/")))
        .route("/examples/{*path}", get(answer))
        .with_state(rapport_url.into())
}

async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], shop::text(ICON).unwrap_or_default()).into_response()
}

async fn answer(State(rapport): State<Arc<str>>, Path(path): Path<String>) -> Response {
    let (name, rest) = path.split_once('/').unwrap_or((&path, ""));
    let site = if name == "right-to-left" { RIGHT_TO_LEFT_KEY } else { SITE_KEY };
    let placeholders = Placeholders { rapport: &rapport, site };
    let found = folder(name).and_then(|folder| match rest {
        "" if !path.ends_with('/') => Some(Redirect::to(&format!("/examples/{name}/")).into_response()),
        // Its views have addresses and no files: a server of such an application gives its one document.
        view if name == "spa" && !view.contains(['.', '/']) => page::answer(folder, "", &placeholders),
        rest => page::answer(folder, rest, &placeholders),
    });
    let lost = "There is no such example: see /examples/";
    found.unwrap_or_else(|| (StatusCode::NOT_FOUND, lost).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn get(path: &str) -> (u16, String, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let reply = routes("http://127.0.0.1:8080").oneshot(request).await.unwrap();
        let location = reply.headers().get(header::LOCATION).map_or("", |value| value.to_str().unwrap()).to_owned();
        let status = reply.status().as_u16();
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        (status, location, String::from_utf8_lossy(&body).into_owned())
    }

    /// What stands in these quotes after each `start`.
    fn all<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
        text.split(start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[tokio::test]
    async fn nobody_could_serve_the_examples_without_writing_a_server() {
        let (status, _, index) = get("/examples/").await;
        assert_eq!(status, 200);
        let links = all(&index, "href=\"./");
        for (name, _) in &FOLDERS {
            assert!(links.iter().any(|link| link.starts_with(&format!("{name}/"))), "{name} is not in {links:?}");
        }
        for link in links {
            let (status, location, page) = get(&format!("/examples/{link}")).await;
            if link == "shop/" {
                assert_eq!((status, &*location), (303, "/"));
                continue;
            }
            assert_eq!(status, 200, "{link}");
            assert!(!page.contains("{{") && page.contains("examples-demo"), "{link} is filled in: {page}");
            // And all that it is made of is there.
            for file in all(&page, "src=\"./").into_iter().chain(all(&page, "rel=\"stylesheet\" href=\"./")) {
                let (below, _) = link.rsplit_once('/').unwrap();
                assert_eq!(get(&format!("/examples/{below}/{file}")).await.0, 200, "{link} {file}");
            }
        }
        for (path, status, location) in [
            ("/examples", 303, "/examples/"),
            ("/examples/plain", 303, "/examples/plain/"),
            ("/examples/spa/plots", 200, ""),
            ("/examples/spa/none.js", 404, ""),
            ("/examples/nowhere/", 404, ""),
            // What browsers ask for themselves was not there, and the console said so.
            ("/favicon.ico", 200, ""),
        ] {
            let reply = get(path).await;
            assert_eq!((reply.0, &*reply.1), (status, location), "{path}");
        }
        assert!(get("/favicon.ico").await.2.starts_with("<svg"));
        assert!(get("/examples/right-to-left/").await.2.contains(RIGHT_TO_LEFT_KEY));
        let nonce = async || all(&get("/examples/strict-csp/nonce.html").await.2, "nonce=\"")[0].to_owned();
        assert_ne!(nonce().await, nonce().await, "a nonce is new in every answer");
    }
}
