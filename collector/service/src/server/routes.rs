//! Routes as JSON: which pages are one, listed, tried and changed by servers as on the page.

use crate::app::{Reports, feature_state};
use crate::http::problem::Problem;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use rapport_report::route::{self, Routes};
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::route::ROUTES;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

feature_state! {
    /// What routes need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        reports: Reports,
    }
}

/// Most pages that a trial names.
const NAMED: usize = 1_000;

/// A pattern of a site's own, whose pages are one.
#[derive(Debug, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RoutePattern {
    /// A path with `*` for what lies within one part of it and `**` for anything, such as `/blog/*`; at most 512 bytes.
    pattern: String,
}

/// What a pattern takes in, of the pages of the last 30 days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RouteTrial {
    /// The pattern.
    pattern: String,
    /// Whether it is kept already.
    is_kept: bool,
    /// How many pages are known.
    pages: usize,
    /// How many of them it takes in.
    fits: usize,
    /// The first 1,000 of these.
    fitting: Vec<FittingPage>,
}

/// A page that a pattern takes in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FittingPage {
    /// Its path.
    path: String,
    /// The route that it is of as long as the pattern is not kept.
    route: String,
}

fn note(needs: &Needs, access: &ApiAccess, action: &str, pattern: &str) -> AuditEntry {
    access.note(&needs.clock, action, format!("route {pattern}"))
}

/// The patterns of the site's own, in order. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/routes", tag = "routes", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<RoutePattern>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_routes",
)]
pub(super) async fn list(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<Vec<RoutePattern>>, Problem> {
    access.require(Scope::ReadReports)?;
    let patterns = needs.store.routes(access.site.site.site_id).await?;
    Ok(Json(patterns.into_iter().map(|pattern| RoutePattern { pattern }).collect()))
}

/// Which pages of the last 30 days a pattern takes in, before it is kept. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/routes/trial", tag = "routes", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), RoutePattern),
    responses(
        (status = 200, body = RouteTrial),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Not such a pattern"),
    ),
    operation_id = "try_route",
)]
pub(super) async fn trial(
    State(needs): State<Needs>,
    access: ApiAccess,
    Query(asked): Query<RoutePattern>,
) -> Result<Json<RouteTrial>, Problem> {
    access.require(Scope::ReadReports)?;
    let pattern = route::checked(&asked.pattern).map_err(|fault| Problem::of_faults([fault]))?;
    let own = needs.store.routes(access.site.site.site_id).await?;
    let pages = needs.reports.of(&access.site).known_pages().await?;
    let (is_kept, routes) = (own.contains(&pattern), Routes::new(own));
    let fitting = route::taken_in(&pattern, &pages);
    let page = |path: &&String| FittingPage { path: (*path).clone(), route: routes.of(path).into_owned() };
    Ok(Json(RouteTrial {
        is_kept,
        pages: pages.len(),
        fits: fitting.len(),
        fitting: fitting.iter().take(NAMED).map(page).collect(),
        pattern,
    }))
}

/// Keeps a pattern; one that is kept already stays. Scope: `routes:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/routes", tag = "routes", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = RoutePattern, example = json!({ "pattern": "/blog/*" })),
    responses(
        (status = 200, description = "It was kept already", body = RoutePattern),
        (status = 201, description = "It is kept", body = RoutePattern),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Not such a pattern, or one too many"),
    ),
    operation_id = "add_route",
)]
pub(super) async fn add(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<RoutePattern>, JsonRejection>,
) -> Result<(StatusCode, Json<RoutePattern>), Problem> {
    access.require(Scope::WriteRoutes)?;
    let Json(new) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let pattern = route::checked(&new.pattern).map_err(|fault| Problem::of_faults([fault]))?;
    let (site_id, known) = (access.site.site.site_id, needs.store.routes(access.site.site.site_id).await?);
    if known.len() >= ROUTES && !known.contains(&pattern) {
        return Err(Problem::of_faults([route::too_many()]));
    }
    let entry = note(&needs, &access, "route.add", &pattern);
    let is_new = needs.store.add_route(site_id, &pattern, needs.clock.now_ms(), &entry).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(RoutePattern { pattern })))
}

/// Forgets a pattern. Scope: `routes:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/routes", tag = "routes", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), RoutePattern),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such pattern"),
    ),
    operation_id = "remove_route",
)]
pub(super) async fn remove(
    State(needs): State<Needs>,
    access: ApiAccess,
    Query(old): Query<RoutePattern>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteRoutes)?;
    let entry = note(&needs, &access, "route.remove", &old.pattern);
    if needs.store.remove_route(access.site.site.site_id, &old.pattern, &entry).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("this site has no such pattern"))
    }
}

#[cfg(test)]
mod tests {
    use crate::http::query::encode;
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::scope::Scope;
    use rapport_store::clock::Clock;
    use rapport_store::rollup::rebuild;
    use rapport_store::story_test::{BROKEN, NOW_MS, tell};
    use serde_json::json;

    #[tokio::test]
    async fn a_server_tries_a_pattern_on_real_pages_keeps_and_forgets_it() {
        let test = TestApp::at(Clock::manual(NOW_MS)).await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.unwrap();
        let writer = test.bearer(&site, &[Scope::ReadReports, Scope::WriteRoutes]).await;
        let reader = test.bearer(&site, &[Scope::ReadReports]).await;
        let send = async |method: &str, below: &str, key: &str, body: serde_json::Value| {
            let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/routes{below}"));
            let request = request.header("authorization", key).header("content-type", "application/json");
            test.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let pattern = format!("{}/*", BROKEN.rsplit_once('/').unwrap().0);
        let query = format!("?pattern={}", encode(&pattern));
        let trial = send("GET", &format!("/trial{query}"), &reader, json!(null)).await.json();
        assert_eq!(
            (&trial["fits"], &trial["is_kept"], &trial["fitting"][0]["path"]),
            (&json!(1), &json!(false), &json!(BROKEN))
        );
        let new = json!({ "pattern": pattern });
        assert_eq!(send("POST", "", &reader, new.clone()).await.status, 403);
        for status in [201, 200] {
            let kept = send("POST", "", &writer, new.clone()).await;
            assert_eq!((kept.status.as_u16(), kept.json()), (status, new.clone()));
        }
        assert_eq!(send("GET", "", &reader, json!(null)).await.json(), json!([new]));
        let trial = send("GET", &format!("/trial{query}"), &reader, json!(null)).await.json();
        assert_eq!(trial["is_kept"], json!(true));
        for (method, below, body) in
            [("POST", "", json!({"pattern": "/checkout"})), ("GET", "/trial?pattern=checkout", json!(null))]
        {
            let refused = send(method, below, &writer, body).await;
            assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["field"]), (422, &json!("pattern")));
        }
        for status in [204, 404] {
            assert_eq!(send("DELETE", &query, &writer, json!(null)).await.status, status);
        }
        let noted = test.app.store.audit_entries(site.site_id, None, 9).await.unwrap();
        assert_eq!(noted.iter().filter(|entry| entry.action.starts_with("route.")).count(), 2);
    }
}
