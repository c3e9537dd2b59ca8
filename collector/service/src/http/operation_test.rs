//! Health, metrics and what surrounds every request, over HTTP.

use crate::app::App;
use crate::config::Config;
use crate::test_app::TestApp;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use http_body_util::BodyExt;
use rapport_store::clock::Clock;
use rapport_store::test_store::in_memory;
use tower::ServiceExt;

#[tokio::test]
async fn a_collector_that_can_store_is_ready() {
    let test = TestApp::new().await;
    assert_eq!(test.get("/healthz", &[]).await.text(), "ok\n");
    let ready = test.get("/readyz", &[]).await;
    assert_eq!((ready.status.as_u16(), ready.json()["database"].as_str()), (200, Some("sqlite")));
}

#[tokio::test]
async fn metrics_count_by_route_and_only_the_operators_machines_read_them() {
    let test = TestApp::new().await;
    test.get("/v1/config/some-site-key", &[]).await;
    let metrics = test.get("/metrics", &[]).await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains(r#"route="/v1/config/{site}""#), "{}", metrics.text());
    assert!(!metrics.text().contains("some-site-key"));
    let forwarded = test.get("/metrics", &[("x-forwarded-for", "127.0.0.1")]).await;
    assert_eq!(forwarded.status, 404, "behind a proxy that is not trusted nobody is the operator");

    let trusted = ["127.0.0.1".parse().unwrap()];
    let test = TestApp::with_config(Config { trusted_proxies: trusted.into(), ..Config::default() }).await;
    assert_eq!(test.get("/metrics", &[("x-forwarded-for", "192.0.2.1")]).await.status, 404);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_document() {
    let test = TestApp::new().await;
    let missing = test.get("/nowhere", &[]).await;
    assert_eq!((missing.status.as_u16(), missing.header("content-type")), (404, "application/problem+json"));
    let request = Request::delete("/rapport.js").body(Body::empty()).unwrap();
    let wrong = test.send(request).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["status"].as_u64()), (405, Some(405)));
    assert_eq!(wrong.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn a_form_that_is_too_large_or_not_whole_is_refused() {
    let test = TestApp::new().await;
    let form = format!("email=a@b.c&password={}", "x".repeat(20_000));
    let reply = test.submit("/sign-in", &form, &[]).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (413, "application/problem+json"));
    let reply = test.submit("/sign-in", "email=a@b.c", &[]).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (400, "application/problem+json"));
    assert!(reply.text().contains("password"), "{}", reply.text());
}

#[tokio::test]
async fn a_panic_and_a_delay_are_answered() {
    let config = Config { request_timeout_ms: 100, ..Config::default() };
    let app = App::new(in_memory().await, Clock::System, config).await.unwrap();
    let routes = Router::new()
        .route("/panic", get(async || -> &'static str { panic!("secret") }))
        .route("/slow", get(async || tokio::time::sleep(std::time::Duration::from_secs(30)).await));
    let service = crate::router::surround(routes, &app).with_state(app.clone());
    for (path, status) in [("/panic", 500), ("/slow", 503)] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
}
