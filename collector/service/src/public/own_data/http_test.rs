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
    rapport_store::test_store::number(&test.app.store, format!("SELECT COUNT(*) FROM {table}")).await
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

/// A survey that asks for a review with a photo.
async fn review_survey(test: &TestApp, site_id: Id) {
    let survey = json!({
        "id": "reviews", "name": "Reviews", "title": "Reviews",
        "questions": [{ "id": "review", "kind": "review", "text": "How was it?", "thing": "mug" }],
    });
    let survey = serde_json::from_value(survey).unwrap();
    test.app.store.apply_survey(site_id, &survey, &rapport_store::test_store::note(1)).await.unwrap();
    test.app.sites.forget();
}

const ERASED: &str = "was erased at the visitor's wish, and is stored again only as a new answer";

#[tokio::test]
async fn what_was_erased_does_not_come_back_when_it_is_sent_again() {
    let test = TestApp::new().await;
    let site = test.site().await;
    review_survey(&test, site.site_id).await;
    let new_id = || test.app.clock.new_id();
    let (session, view, signal, response, step) = (new_id(), new_id(), new_id(), new_id(), new_id());
    let batch = |revision: u32| {
        json!({ "site": "shop", "session": session, "consent": "granted", "items": [
            { "type": "page_view", "id": view, "revision": revision, "path": "/mug", "view_index": 1 },
            { "type": "signal", "id": signal, "view": view, "kind": "rage_click", "path": "/mug" },
            { "type": "response", "id": response, "revision": revision, "survey": "reviews", "survey_version": 1,
              "finished": true, "view": view, "path": "/mug",
              "answers": [{ "question": "review", "score": 2, "parts": [{ "part": "title", "text": "It broke." }] }] },
        ] })
    };
    let told = json!({ "site": "shop", "session": session, "items": [
        { "type": "delivery", "id": step, "survey": "reviews", "survey_version": 1, "event": "answered",
          "path": "/mug", "response": response },
    ] });
    let first = post(&test, "/v1/batch", ORIGIN, batch(1)).await;
    assert_eq!(first.json()["accepted"], 3, "{}", first.text());
    assert_eq!(count(&test, "review").await, 1);
    let erased = post(&test, "/v1/me/erase", ORIGIN, json!({ "site": "shop", "sessions": [session] })).await.json();
    assert_eq!((&erased["responses"], &erased["reviews"]), (&json!(1), &json!(1)));

    let again = post(&test, "/v1/batch", ORIGIN, batch(2)).await.json();
    // Whoever answers again is not told that it is stored.
    let erased = |index: u32| json!([{ "index": index, "field": "id", "reason": ERASED }]);
    assert_eq!(again, json!({ "accepted": 0, "duplicate": 2, "rejected": erased(2) }));
    // Nor beside something that is new.
    let mut mixed = batch(3);
    let fresh = json!({ "type": "page_view", "id": new_id(), "revision": 1, "path": "/mug", "view_index": 1 });
    mixed["items"].as_array_mut().unwrap().push(fresh);
    let mixed = post(&test, "/v1/batch", ORIGIN, mixed).await.json();
    assert_eq!(mixed, json!({ "accepted": 1, "duplicate": 2, "rejected": erased(2) }));
    for (table, left) in [("page_view", 1), ("signal", 0), ("response", 0), ("answer", 0), ("review", 0)] {
        assert_eq!(count(&test, table).await, left, "{table}");
    }
    // Of the step it is known that its answer had arrived, and not which it was.
    assert_eq!(post(&test, "/v1/batch", ORIGIN, told).await.json()["accepted"], 1);
    let steps = test.app.store.read("SELECT response_id FROM delivery", vec![]).await.unwrap();
    assert_eq!(steps[0].id("response_id"), Ok(Id([0; 16])));

    let now_ms = test.app.clock.now_ms();
    let known = async |later_days: i64| {
        let now_ms = now_ms + later_days * 86_400_000;
        test.app.store.forget_long_erased(&[site.site_id], now_ms).await.unwrap();
        count(&test, "erased_item").await
    };
    assert_eq!((known(30).await, known(32).await), (3, 0), "longer than an answer waits, and no longer");
}
