//! A visitor sees and erases their own data, and nobody else's.

use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use rapport_shared::id::Id;
use serde_json::{Value, json};

const ORIGIN: &str = "https://shop.example.com";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";

async fn post(test: &TestApp, path: &str, origin: &str, body: Value) -> Reply {
    let request = Request::post(path).header("origin", origin).header("user-agent", BROWSER);
    test.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// One visit with a view, a signal and a response; the id of the response.
async fn visit(test: &TestApp, session: Id, visitor: Option<Id>) -> Id {
    let (view, response) = (test.app.clock.new_id(), test.app.clock.new_id());
    let body = json!({ "site": "shop", "session": session, "visitor": visitor, "consent": "granted", "items": [
        { "type": "page_view", "id": view, "revision": 1, "path": "/mug", "view_index": 1 },
        { "type": "signal", "id": test.app.clock.new_id(), "view": view, "kind": "rage_click", "path": "/mug" },
        { "type": "response", "id": response, "revision": 1, "survey": "feedback", "survey_version": 1, "view": view,
          "duration_ms": 9_000, "answers": [{ "question": "rating", "score": 2 },
                                            { "question": "reason", "text": "The handle broke." }] },
    ] });
    let reply = post(test, "/v1/batch", ORIGIN, body).await;
    assert_eq!(reply.json()["accepted"], 3, "{}", reply.text());
    test.public_id("shop", response).await
}

async fn count(test: &TestApp, table: &str) -> i64 {
    test.app.store.read(format!("SELECT COUNT(*) FROM {table}"), vec![]).await.unwrap()[0].int(0).unwrap()
}

#[tokio::test]
async fn what_a_browser_knows_of_itself_opens_its_own_data_and_no_other() {
    let test = TestApp::new().await;
    test.site().await;
    let new_id = || test.app.clock.new_id();
    let (visitor, first, second, other) = (new_id(), new_id(), new_id(), new_id());
    let answered = visit(&test, first, Some(visitor)).await;
    visit(&test, second, Some(visitor)).await;
    let of_other = visit(&test, other, None).await;

    let seen = post(&test, "/v1/me", ORIGIN, json!({ "site": "shop", "visitor": visitor })).await;
    assert_eq!((seen.status.as_u16(), seen.header("access-control-allow-origin")), (200, ORIGIN));
    let own = seen.json();
    assert_eq!((&own["page_views"], &own["signals"]), (&json!(2), &json!(2)));
    assert_eq!(own["responses"].as_array().unwrap().len(), 2);
    let text = own.to_string();
    assert!(text.contains("The handle broke.") && text.contains(&answered.to_text()) && text.contains("granted"));
    assert!(!text.contains(&of_other.to_text()));
    let by_session = post(&test, "/v1/me", ORIGIN, json!({ "site": "shop", "sessions": [other] })).await.json();
    assert_eq!((&by_session["page_views"], &by_session["responses"][0]["id"]), (&json!(1), &json!(of_other)));
    let nobody = post(&test, "/v1/me", ORIGIN, json!({ "site": "shop", "visitor": new_id(), "responses": [new_id()] }));
    assert_eq!(
        nobody.await.json(),
        json!({ "page_views": 0, "signals": 0, "reviews": 0, "pictures": 0, "responses": [], "asked": 0 })
    );

    let erased = post(&test, "/v1/me/erase", ORIGIN, json!({ "site": "shop", "visitor": visitor })).await.json();
    assert_eq!(erased, json!({ "page_views": 2, "signals": 2, "responses": 2, "reviews": 0, "pictures": 0 }));
    for (table, left) in [("page_view", 1), ("signal", 1), ("response", 1), ("answer", 2)] {
        assert_eq!(count(&test, table).await, left, "{table}: the other visitor's");
    }
    let again = post(&test, "/v1/me/erase", ORIGIN, json!({ "site": "shop", "visitor": visitor })).await.json();
    assert_eq!(again["page_views"], 0);
}

#[tokio::test]
async fn who_proves_nothing_learns_nothing() {
    let test = TestApp::new().await;
    test.site().await;
    let id = test.app.clock.new_id();
    visit(&test, id, None).await;
    for path in ["/v1/me", "/v1/me/erase"] {
        for (origin, body, status, told) in [
            (ORIGIN, json!({ "site": "shop" }), 400, "nothing else proves who asks"),
            (ORIGIN, json!({ "site": "shop", "visitor": "me" }), 400, "UUID"),
            (ORIGIN, json!({ "site": "shop", "sessions": vec![id; 201] }), 400, "at most 200 ids, has 201"),
            (ORIGIN, json!({ "site": "none", "sessions": [id] }), 404, "no site"),
            ("https://evil.example", json!({ "site": "shop", "sessions": [id] }), 403, "origin"),
            (
                ORIGIN,
                json!({ "site": "shop", "email": "ada@example.com" }),
                400,
                "email: is not known here: must be one of",
            ),
        ] {
            let reply = post(&test, path, origin, body.clone()).await;
            assert_eq!(reply.status.as_u16(), status, "{path} {body}: {}", reply.text());
            assert!(reply.text().contains(told), "{path} {body}: {}", reply.text());
        }
    }
    assert_eq!((count(&test, "page_view").await, count(&test, "response").await), (1, 1));
}
