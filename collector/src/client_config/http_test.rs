//! The widget's configuration over HTTP.

use crate::clock::Clock;
use crate::test_app::TestApp;
use rapport_shared::client_config::ClientConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[tokio::test]
async fn a_page_of_the_site_gets_its_surveys_and_is_told_when_nothing_changed() {
    let test = TestApp::new().await;
    test.site().await;
    let origin = ("origin", "https://shop.example.com");
    let reply = test.get("/v1/config/shop", &[origin]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), origin.1);
    assert!(reply.headers.get_all("vary").iter().any(|name| name == "origin"), "{:?}", reply.headers);
    assert_eq!(reply.header("cross-origin-resource-policy"), "cross-origin");
    let config: ClientConfig = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((config.site.as_str(), config.surveys.len(), config.surveys[0].version), ("shop", 1, 1));
    assert!(rapport_bundle::asset(&config.assets.agent_js).is_some());

    let again = test.get("/v1/config/shop", &[origin, ("if-none-match", reply.header("etag"))]).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(again.header("access-control-allow-origin"), origin.1);
    let compressed = test.get("/v1/config/shop", &[origin, ("accept-encoding", "gzip")]).await;
    assert_eq!(compressed.header("content-encoding"), "gzip");
    assert!(compressed.body.len() < reply.body.len());
    let stale = test.get("/v1/config/shop", &[origin, ("if-none-match", "\"another\"")]).await;
    assert_eq!(stale.status, 200);
}

#[tokio::test]
async fn other_pages_and_unknown_sites_are_refused() {
    let test = TestApp::new().await;
    test.site().await;
    for (path, origin, status) in [
        ("/v1/config/shop", "https://evil.example", 403),
        ("/v1/config/shop", "null", 403),
        ("/v1/config/none", "https://shop.example.com", 404),
    ] {
        let reply = test.get(path, &[("origin", origin)]).await;
        assert_eq!(reply.status.as_u16(), status, "{path} {origin}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert!(!reply.text().contains("surveys"), "{}", reply.text());
    }
    assert_eq!(test.get("/v1/config/shop", &[]).await.status, 200);
}

#[tokio::test]
async fn a_visitor_downloads_a_survey_in_one_language() {
    let test = TestApp::new().await;
    test.site().await;
    let survey = async |query: &str| {
        let config = test.get(&format!("/v1/config/shop{query}"), &[]).await.json();
        config["surveys"][0].clone()
    };
    let all = survey("").await;
    assert_eq!(
        (all["language"].as_str(), all["translations"].as_object().map(|all| all.len() > 20)),
        (Some("en"), Some(true))
    );
    let english = "How satisfied are you with this page?";
    for (query, language, text) in [
        ("?language=de-AT", "de", "Wie zufrieden sind Sie mit dieser Seite?"),
        ("?language=DE", "de", "Wie zufrieden sind Sie mit dieser Seite?"),
        ("?language=en-GB", "en", english),
        ("?language=gsw", "en", english),
        ("?other=1&language=ja&language=de", "ja", "このページにどのくらい満足していますか？"),
    ] {
        let one = survey(query).await;
        assert_eq!(
            (one["language"].as_str(), one["questions"][0]["text"].as_str()),
            (Some(language), Some(text)),
            "{query}"
        );
        assert_eq!(one.get("translations"), None, "{query}");
    }
    assert_eq!(survey("?language=klingon").await, all, "what is no language is none");
}

#[tokio::test]
async fn a_button_is_not_drawn_when_the_survey_it_opens_is_not_asked() {
    let time = Arc::new(AtomicI64::new(1_800_000_000_000));
    let test = TestApp::at(Clock::Manual(time.clone())).await;
    let site = test.site().await;
    let leading = serde_json::from_value(serde_json::json!({
        "id": "leading", "name": "L", "title": "L", "placement": "modal", "questions": [{"id": "q", "kind": "nps", "text": "?"}],
        "ends": [{"id": "on", "button": {"label": "Go on", "survey": "feedback"}}],
    }));
    test.app.store.apply_survey(site.site_id, &leading.expect("a survey"), 1).await.expect("the survey is added");
    let button = async || {
        let config = test.get("/v1/config/shop", &[]).await.json();
        let surveys = config["surveys"].as_array().expect("surveys").clone();
        surveys.iter().find(|survey| survey["id"] == "leading").expect("it is asked")["ends"][0]["button"].clone()
    };
    assert_eq!(button().await["survey"], "feedback");
    test.app.store.activate_survey(site.site_id, "feedback", false).await.expect("is written");
    time.fetch_add(3_000, Ordering::Relaxed);
    assert_eq!(button().await, serde_json::Value::Null);
}
