//! `POST /v1/heatmap/{site}`: what the widget shows over a page that a dashboard opened, for a code that is good once.

use crate::app::{App, Reports, feature_state};
use crate::http::page_request::{NotOfSite, SitePath, body, for_page_of_site};
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::member::account::token;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rapport_report::heat::HeatMap;
use rapport_report::slice::Slice;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest body, in bytes: a code has 64.
const BYTES: usize = 256;

feature_state! {
    /// What it needs.
    pub(crate) struct Needs {
        store: Store,
        clock: Clock,
        sites: SiteDirectory,
        reports: Reports,
    }
}

/// The route.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(redeem))
}

/// Clicks and scrolling of a page, for the map over it.
///
/// The body is a code that a dashboard gave, as text. It is good once, for 5 minutes, and shows what it was made for: a page, days and
/// what they are narrowed to.
#[utoipa::path(
    post,
    path = "/v1/heatmap/{site}",
    tag = "public",
    operation_id = "show_heatmap",
    params(SitePath),
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 200, body = HeatMap),
        (status = 401, description = "The code was used, is over, or never was"),
        NotOfSite,
    ),
)]
pub(crate) async fn redeem(
    State(needs): State<Needs>,
    Path(path): Path<SitePath>,
    headers: HeaderMap,
    code: Body,
) -> Response {
    let mut response = for_page_of_site(&needs.sites, &path.site, &headers, async |site| {
        let code = body(code, BYTES).await?;
        let code = std::str::from_utf8(&code).unwrap_or_default().trim();
        let site_id = site.site.site_id;
        let taken = needs.store.take_heat_code(site_id, token::hash(code), needs.clock.now_ms()).await?;
        let fields = taken.ok_or_else(|| {
            Problem::unauthorized("this code was used, is older than 5 minutes, or never was: ask for another one")
        })?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(fields.as_bytes()).into_owned().collect();
        let slice = Slice::parse(&fields).map_err(Problem::of_faults)?;
        Ok(Json(needs.reports.of(site).heat_map(&slice).await?).into_response())
    })
    .await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use crate::http::query::encode;
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::role::Role;

    const ORIGIN: &str = "https://shop.example.com";

    async fn redeem(test: &TestApp, code: &str, origin: &str) -> crate::test_app::Reply {
        let request = Request::post("/v1/heatmap/shop").header("origin", origin);
        test.send(request.body(Body::from(code.to_owned())).unwrap()).await
    }

    #[tokio::test]
    async fn a_code_shows_a_map_to_pages_of_its_site_once() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let viewer = test.cookie(&site, "val@example.com", Role::Viewer).await;
        let ask = async |fields: &str| {
            let form = format!("fields={}", encode(fields));
            test.submit("/sites/shop/heatmap/code", &form, &[("cookie", &viewer)]).await
        };
        let origin = site.origins.first().map_or(ORIGIN, String::as_str);
        let reply = ask("range=7d&page=/checkout/&device=mobile").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let code = reply.json()["code"].as_str().unwrap().to_owned();
        assert_eq!(reply.json()["lasts_ms"], 300_000);
        assert_eq!(redeem(&test, &code, "https://elsewhere.example").await.status, 403);
        let shown = redeem(&test, &code, origin).await;
        assert_eq!((shown.status.as_u16(), shown.header("cache-control")), (200, "no-store"), "{}", shown.text());
        assert_eq!(shown.header("access-control-allow-origin"), origin);
        assert!(shown.json()["elements"].is_array() && shown.json()["reach"].is_array());
        let again = redeem(&test, &code, origin).await;
        assert_eq!(again.status, 401);
        assert!(again.text().contains("this code was used"), "{}", again.text());
        assert_eq!(redeem(&test, "guessed", origin).await.status, 401);
        assert_eq!(redeem(&test, &"x".repeat(300), origin).await.status, 413);
        assert_eq!(ask("range=7d").await.status, 422, "a map is of a page");
        assert_eq!(ask("page=/&device=fridge").await.status, 422);
    }

    #[tokio::test]
    async fn how_many_views_are_sampled_is_set_on_the_page_and_told_to_pages() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let set = async |percent: &str| {
            let form = format!("percent={percent}&fields={}", encode("page=/"));
            test.submit("/sites/shop/heatmap/sample", &form, &[("cookie", &editor)]).await
        };
        for wrong in ["101", "-1", "many", ""] {
            let reply = set(wrong).await;
            assert!(reply.status == 422 && reply.text().contains("0 to 100"), "{wrong}: {}", reply.text());
        }
        let reply = set("20").await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/sites/shop/heatmap?page=%2F"));
        let origin = site.origins.first().map_or(ORIGIN, String::as_str);
        let config = test.get("/v1/config/shop", &[("origin", origin)]).await.json();
        assert_eq!(config["heat_percent"], 20);
        let expected = test.app.config.dashboard_origin();
        assert_eq!(config["dashboard"], expected.as_str());
        assert!(expected.starts_with("http"), "{expected}");
        let page = test.get("/sites/shop/heatmap?page=/", &[("cookie", &editor)]).await;
        assert!(page.text().contains("20 % of the views"), "{}", page.text());
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin-allow-popups");
    }
}
