//! The widget's configuration over HTTP.

use crate::test_app::TestApp;
use rapport_shared::client_config::ClientConfig;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::test_store::note;
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
    assert_eq!((config.site.as_str(), config.surveys.len(), config.surveys[0].survey.version), ("shop", 1, 1));
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
async fn a_change_shows_within_a_minute_as_the_documents_say() {
    let test = TestApp::new().await;
    test.site().await;
    let reply = test.get("/v1/config/shop", &[("origin", "https://shop.example.com")]).await;
    let seconds = |name: &str| {
        let said = reply.header("cache-control").split(", ").find_map(|directive| directive.strip_prefix(name));
        said.and_then(|text| text.strip_prefix('=')).map_or(0, |text| text.parse::<i64>().unwrap())
    };
    let kept_s = seconds("max-age") + seconds("stale-while-revalidate");
    let known_ms = super::FRESH_MS + rapport_store::site::directory::FRESH_MS;
    assert!(kept_s > 0 && kept_s * 1_000 + known_ms <= 60_000, "{kept_s} s and {known_ms} ms");
}

#[tokio::test]
async fn a_developer_reads_which_surveys_are_left_out_and_other_pages_do_not() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let origin = ("origin", "https://shop.example.com");
    assert_eq!(test.get("/v1/unserved/shop", &[origin]).await.json(), serde_json::json!([]));
    test.app.store.activate_survey(site.site_id, "feedback", false, &note(1)).await.unwrap();
    let test = TestApp::over(test.app.store.clone(), Default::default()).await;
    let reply = test.get("/v1/unserved/shop", &[origin]).await;
    assert_eq!(reply.json(), serde_json::json!([{ "survey": "feedback", "rule": "active" }]));
    assert_eq!(reply.header("access-control-allow-origin"), origin.1);
    assert_eq!(reply.header("cache-control"), "public, max-age=5");
    let config = test.get("/v1/config/shop", &[origin]).await;
    assert!(!config.text().contains("unserved") && !config.text().contains("\"feedback\""), "{}", config.text());
    assert_eq!(test.get("/v1/unserved/shop", &[("origin", "https://evil.example")]).await.status, 403);
    assert_eq!(test.get("/v1/unserved/none", &[origin]).await.status, 404);
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
    test.app
        .store
        .apply_survey(site.site_id, &leading.expect("a survey"), &note(1))
        .await
        .expect("the survey is added");
    let button = async || {
        let config = test.get("/v1/config/shop", &[]).await.json();
        let surveys = config["surveys"].as_array().expect("surveys").clone();
        surveys.iter().find(|survey| survey["id"] == "leading").expect("it is asked")["ends"][0]["button"].clone()
    };
    assert_eq!(button().await["survey"], "feedback");
    test.app.store.activate_survey(site.site_id, "feedback", false, &note(2)).await.expect("is written");
    time.fetch_add(3_000, Ordering::Relaxed);
    assert_eq!(button().await, serde_json::Value::Null);
}

#[tokio::test]
async fn whoever_forgot_an_origin_reads_which_it_is_and_what_allows_it() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let staging = "https://staging.example.com";
    let command = format!("rapport site origin add shop {staging}");
    let reply = test.get("/v1/config/shop", &[("origin", staging)]).await;
    assert_eq!(reply.header("access-control-allow-origin"), "*", "the page's developer can read it");
    assert!(reply.json()["detail"].as_str().unwrap().contains(&command), "{}", reply.text());
    let batch = axum::http::Request::post("/v1/batch").header("origin", staging);
    let reply = test.send(batch.body(r#"{"site":"shop","items":[{}]}"#.into()).unwrap()).await;
    assert_eq!(reply.status, 403);
    assert!(reply.json()["detail"].as_str().unwrap().contains(&command), "{}", reply.text());
    let sandboxed = test.get("/v1/config/shop", &[("origin", "null")]).await;
    assert!(sandboxed.json()["detail"].as_str().unwrap().contains("sandboxed frame"), "{}", sandboxed.text());
    test.get("/v1/config/shop", &[("origin", "https://shop.example.com")]).await;

    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let page = test.get("/sites/shop/install", &[("cookie", &cookie)]).await.text();
    let foreign = &page[page.find("Pages of other origins").unwrap()..page.find("What arrived").unwrap()];
    assert!(foreign.contains(&format!("<code>{command}</code></td><td class=\"number\">2</td>")), "{foreign}");
    assert!(foreign.contains("not possible: a file") && !foreign.contains("shop.example.com"), "{foreign}");

    let origins = [site.origins.clone(), vec![staging.into()]].concat();
    test.app.store.set_site_origins(site.site_id, &origins, &note(1)).await.unwrap();
    test.app.sites.forget();
    assert_eq!(test.get("/v1/config/shop", &[("origin", staging)]).await.status, 200);
    let page = test.get("/sites/shop/install", &[("cookie", &cookie)]).await.text();
    assert!(!page.contains(&command), "what is allowed now is not refused any more");
}
