//! Card numbers through every door over the whole router: wherever one is typed, no table keeps it.

use crate::test_app::TestApp;
use axum::body::Body;
use axum::http::Request;
use rapport_store::account::scope::Scope;
use rapport_store::site::Site;
use rapport_store::test_store::{note, number};
use serde_json::{Value, json};

const CARD: &str = "4111 1111 1111 1111";
const ORIGIN: &str = "https://shop.example.com";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";

async fn shop(test: &TestApp) -> Site {
    let site = test.site().await;
    let choices = json!([{ "id": "a", "label": "A" }, { "id": "b", "label": "B", "other": true }]);
    let survey = json!({ "id": "all", "name": "All", "title": "All", "facts": ["plan", "order", "thing"], "questions": [
        { "id": "words", "kind": "open-text", "text": "?" },
        { "id": "line", "kind": "short-text", "text": "?" },
        { "id": "pick", "kind": "multiple-choice-single", "text": "?", "choices": choices },
        { "id": "no", "kind": "yes-no", "text": "?", "reason_label": "Why?" },
        { "id": "who", "kind": "contact", "text": "?" },
        { "id": "stars", "kind": "review", "text": "?", "thing": "{{answer:line}}" },
        { "id": "author", "kind": "short-text", "text": "?" },
    ] });
    let survey = serde_json::from_value(survey).unwrap();
    test.app.store.apply_survey(site.site_id, &survey, &note(1)).await.unwrap();
    test.app.sites.forget();
    site
}

/// Items with a card number in every text.
fn items(test: &TestApp) -> Value {
    let [view, signal, delivery, response] = [(); 4].map(|()| test.app.clock.new_id());
    let path = format!("/pay/{CARD}/{}", CARD.replace(' ', "%20"));
    let page = json!({ "id": view, "revision": 1, "path": path, "view_index": 1, "source": CARD, "release": CARD,
        "referrer": format!("https://other.example{path}") });
    let mut page_view = page.clone();
    page_view["type"] = "page_view".into();
    json!([
        page_view,
        { "type": "signal", "id": signal, "view": view, "kind": "error", "path": path, "element": CARD, "name": CARD,
          "text": format!("could not read {CARD}") },
        { "type": "signal", "id": view, "view": view, "kind": CARD },
        { "type": "delivery", "id": delivery, "survey": "all", "survey_version": 1, "event": "shown", "path": path },
        { "type": "response", "id": response, "revision": 1, "survey": "all", "survey_version": 1, "path": path,
          "duration_ms": 90_000, "finished": true, "language": CARD, "page": page,
          "facts": { "plan": CARD, "order": CARD, "thing": CARD },
          "trail": [{ "before_ms": 9, "kind": "error", "path": path, "element": CARD, "name": CARD, "text": CARD }],
          "answers": [
              { "question": "words", "text": format!("paid with {CARD} 12/27") },
              { "question": "line", "text": CARD },
              { "question": "pick", "choices": ["b"], "text": CARD },
              { "question": "no", "choices": ["no"], "parts": [{ "part": "reason", "text": CARD }] },
              { "question": "who", "parts": [{ "part": "name", "text": CARD }] },
              { "question": "stars", "score": 4, "parts": [{ "part": "title", "text": CARD }, { "part": "text", "text": CARD }] },
              { "question": "author", "text": CARD },
          ] },
    ])
}

/// Texts of every table in which a card number is left.
async fn left(test: &TestApp) -> Vec<String> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
    let mut left = Vec::new();
    for table in test.app.store.read(tables, vec![]).await.unwrap() {
        let name = table.text("name").unwrap();
        for row in test.app.store.read(format!("SELECT * FROM {name}"), vec![]).await.unwrap() {
            for (_, value) in row.columns() {
                if let rapport_store::Value::Text(text) = value
                    && text.contains("1111")
                {
                    left.push(format!("{name}: {text}"));
                }
            }
        }
    }
    left
}

#[tokio::test]
async fn no_table_keeps_a_card_number_wherever_it_was_typed() {
    let test = TestApp::new().await;
    let site = shop(&test).await;
    let body = json!({ "site": "shop", "items": items(&test) }).to_string();
    let request = Request::post("/v1/batch").header("origin", ORIGIN).header("user-agent", BROWSER);
    let reply = test.send(request.body(Body::from(body)).unwrap()).await.json();
    assert_eq!((&reply["accepted"], reply["rejected"].as_array().map(Vec::len)), (&json!(4), Some(1)), "{reply}");

    let form = format!("opened_at_ms=0&q.rating=2&q.reason={}&fact.plan={CARD}", CARD.replace(' ', "+"));
    assert_eq!(test.submit("/f/shop/feedback", &form, &[("user-agent", BROWSER)]).await.status, 200);

    let bearer = test.bearer(&site, &Scope::ALL).await;
    let review = json!({ "thing": CARD, "stars": 5, "title": CARD, "text": CARD, "author": CARD, "language": "en" });
    let request = Request::post("/api/v1/sites/shop/reviews").header("authorization", &bearer);
    let request = request.header("content-type", "application/json").body(Body::from(review.to_string()));
    assert_eq!(test.send(request.unwrap()).await.status, 201);
    // Half of a character that a server cut off is repaired, and no reason to turn the review away.
    let cut = r#"{"thing":"mug","stars":4,"text":"Warm \ud83e","author":"Ada","language":"en"}"#;
    let request = Request::post("/api/v1/sites/shop/reviews").header("authorization", &bearer);
    let request = request.header("content-type", "application/json").body(Body::from(cut));
    assert_eq!(test.send(request.unwrap()).await.status, 201);

    let count = async |sql: &'static str| number(&test.app.store, sql).await;
    assert_eq!((count("SELECT COUNT(*) FROM review").await, count("SELECT COUNT(*) FROM response").await), (3, 2));
    assert_eq!(left(&test).await, [""; 0]);
}
