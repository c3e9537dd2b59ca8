//! Whatever members, servers and the public are shown of a visitor, it opens none of the visitor's doors. Every page that is
//! linked, every report of the API and every public document is looked through for ids.

use crate::config::Config;
use crate::public::attachment::http_test::multipart;
use crate::public::attachment::picture::tests::file;
use crate::server::openapi::DOCUMENT;
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use image::ImageFormat;
use rapport_ingest::public_id;
use rapport_shared::id::Id;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::review::rule::Moderation;
use rapport_store::rollup::rebuild;
use rapport_store::site::Site;
use rapport_store::test_store::note;
use rapport_store::{Row, Statement, Value, params};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

const ORIGIN: &str = "https://shop.example.com";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";
/// Most pages that are looked through; there are some dozens.
const PAGES: usize = 400;

/// A service that counts nobody's requests: each comes from an address of its own, as a trusted proxy tells it.
async fn service() -> TestApp {
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    TestApp::with_config(Config { trusted_proxies, ..Config::default() }).await
}

async fn post(test: &TestApp, path: &str, body: impl Into<Body>, content_type: &str) -> Reply {
    let address =
        format!("2001:db8:{:x}:{:x}::1", rapport_store::random::fresh::<u16>(), rapport_store::random::fresh::<u16>());
    let request = Request::post(path).header("origin", ORIGIN).header("user-agent", BROWSER);
    let request = request.header("x-forwarded-for", address).header("content-type", content_type);
    test.send(request.body(body.into()).unwrap()).await
}

async fn send(test: &TestApp, body: &Json) -> Json {
    post(test, "/v1/batch", body.to_string(), "text/plain").await.json()
}

/// A response with its picture and the review that it brings, as a browser sends it.
fn response(id: Id, view: Id, revision: u32, stars: u8) -> Json {
    json!({ "type": "response", "id": id, "revision": revision, "survey": "review", "survey_version": 1, "view": view,
        "path": "/mug", "duration_ms": 9_000, "finished": true, "answers": [{ "question": "stars", "score": stars,
            "parts": [{ "part": "text", "text": "Holds tea." }, { "part": "photo", "score": 1 }] }],
        "trail": [{ "before_ms": 9, "kind": "page_view", "path": "/mug" }] })
}

fn picture(attachment: Id, response: Id, size_px: u32) -> (Vec<u8>, &'static str) {
    let (id, response) = (attachment.to_text(), response.to_text());
    let texts = [("id", &*id), ("response", &*response), ("question", "stars"), ("part", "photo")];
    let content = file(ImageFormat::Jpeg, size_px, size_px);
    (multipart(&texts, &[("picture", &content)]), "multipart/form-data; boundary=edge")
}

/// What only the browser knows.
struct Browser {
    visitor: Id,
    session: Id,
    view: Id,
    signal: Id,
    response: Id,
    attachment: Id,
    run: Id,
}

impl Browser {
    fn secrets(&self) -> [Id; 7] {
        [self.visitor, self.session, self.view, self.signal, self.response, self.attachment, self.run]
    }

    /// Visits, answers with a picture, and answers the form without script as well.
    async fn visit(test: &TestApp) -> Self {
        let [visitor, session, view, signal, response_id, attachment, run] = [(); 7].map(|()| test.app.clock.new_id());
        let body = json!({ "site": "shop", "session": session, "visitor": visitor, "consent": "granted", "items": [
            { "type": "page_view", "id": view, "revision": 1, "path": "/mug", "view_index": 1, "errors": 1 },
            { "type": "signal", "id": signal, "view": view, "kind": "error", "path": "/mug", "name": "TypeError" },
            response(response_id, view, 1, 4),
        ] });
        assert_eq!(send(test, &body).await["accepted"], 3);
        let (body, kind) = picture(attachment, response_id, 40);
        assert_eq!(post(test, "/v1/attachment/shop", body, kind).await.status, 200);
        let form = format!("run={run}&opened_at_ms=0&q.rating=2&q.reason=The+handle+broke");
        assert_eq!(test.submit("/f/shop/feedback", &form, &[("user-agent", BROWSER)]).await.status, 200);
        Self { visitor, session, view, signal, response: response_id, attachment, run }
    }
}

async fn shop(test: &TestApp) -> Site {
    let site = test.site().await;
    let survey = serde_json::from_value(json!({ "id": "review", "name": "Review", "title": "Your review",
        "questions": [{ "id": "stars", "kind": "review", "text": "How is it?", "thing": "mug", "photo": true }] }));
    test.app.store.apply_survey(site.site_id, &survey.unwrap(), &note(1)).await.unwrap();
    test.app.sites.forget();
    site
}

/// Every UUID of a text.
fn ids(text: &str) -> impl Iterator<Item = Id> {
    (0..text.len()).filter_map(|at| text.get(at..at + 36).and_then(Id::parse))
}

/// Addresses on this host that a page links.
fn links(html: &str) -> Vec<String> {
    let mut links = Vec::new();
    for name in ["href=\"", "src=\""] {
        for (at, _) in html.match_indices(name) {
            let address = html[at + name.len()..].split('"').next().unwrap_or_default();
            let address = address.split('#').next().unwrap_or_default().replace("&amp;", "&").replace("&#38;", "&");
            links.extend(address.starts_with('/').then_some(address));
        }
    }
    links
}

/// What [`Browser::secrets`] are of.
const SECRETS: [&str; 7] = ["visitor", "visit", "view", "signal", "response", "picture", "run"];

/// The ids on every page that a member can reach by links, none of which is a secret.
async fn shown_to_members(test: &TestApp, site: &Site, secrets: [Id; 7]) -> BTreeSet<Id> {
    let cookie = test.cookie(site, "ada@example.com", Role::Owner).await;
    let (mut waiting, mut seen, mut shown) = (
        ["/sites/shop/overview", "/sites/shop/reviews?state=published"].map(str::to_owned).to_vec(),
        BTreeSet::new(),
        BTreeSet::new(),
    );
    while let Some(address) = waiting.pop() {
        if seen.len() > PAGES || !seen.insert(address.clone()) {
            continue;
        }
        let reply = test.get(&address, &[("cookie", &cookie)]).await;
        let text = reply.text();
        shown.extend(ids(&text).chain(ids(&address)));
        for (name, secret) in SECRETS.iter().zip(secrets) {
            assert!(!shown.contains(&secret), "the id of the {name} is shown by {address}");
        }
        shown.extend(reply.headers.values().filter_map(|value| value.to_str().ok()).flat_map(ids));
        if reply.header("content-type").starts_with("text/html") {
            waiting.extend(links(&text));
        }
        let location = reply.header("location");
        waiting.extend(location.starts_with('/').then(|| location.to_owned()));
    }
    assert!((10..PAGES).contains(&seen.len()), "{seen:?}");
    for page in ["responses/", "/reviews/", "feedback/feedback", "experience/page", "audit"] {
        assert!(seen.iter().any(|address| address.contains(page)), "{page}: {seen:?}");
    }
    shown
}

/// The ids in every document that the API or the public can get, given the ids already known.
async fn shown_to_others(test: &TestApp, site: &Site, known: &BTreeSet<Id>) -> BTreeSet<Id> {
    let bearer = test.bearer(site, &Scope::ALL).await;
    let document = test.get(DOCUMENT, &[]).await;
    let mut shown: BTreeSet<Id> = ids(&document.text()).collect();
    let paths = document.json()["paths"].as_object().unwrap().clone();
    let mut answered = 0;
    for (path, _) in paths.iter().filter(|(_, methods)| methods.get("get").is_some()) {
        let path = path.replace("{site}", "shop").replace("{survey}", "review").replace("{thing}", "mug");
        let path = path.replace("{answer}", "stars.photo");
        let each: Vec<String> = match path.split_once('{') {
            None => vec![path],
            Some((before, rest)) => {
                let after = rest.split_once('}').map_or("", |(_, after)| after);
                known.iter().map(|id| format!("{before}{id}{after}")).collect()
            }
        };
        for address in each {
            let reply = test.get(&address, &[("authorization", &bearer)]).await;
            answered += usize::from(reply.status == 200);
            shown.extend(ids(&reply.text()));
        }
    }
    assert!(answered > 10, "{paths:?}");
    for address in ["/r/shop", "/r/shop/mug", "/f/shop/feedback", "/v1/unserved/shop", "/metrics", "/rapport.js"] {
        shown.extend(ids(&test.get(address, &[]).await.text()));
    }
    shown
}

/// Everything that is stored of the browser's ids, row by row.
async fn stored(test: &TestApp, site: &Site, browser: &Browser) -> Vec<Vec<Value>> {
    let [response, run] = [browser.response, browser.run].map(|id| public_id::of_response(site.site_id, id));
    let values = |row: &Row| row.columns().map(|(_, value)| value.clone()).collect();
    let mut rows = Vec::new();
    // Whether a response is suspicious changes with what others send; what it holds does not.
    let said = "SELECT item_id, revision, survey_id, view_id, session_id, path, duration_ms, finished, trail, page, customer_id
         FROM response WHERE item_id IN ($1, $2) ORDER BY 1";
    let said = test.app.store.read(said, [response, run].map(Value::from).to_vec()).await.unwrap();
    assert_eq!(said.len(), 2);
    rows.extend(said.iter().map(values));
    for (table, column, ids) in [
        ("answer", "item_id", [response, run]),
        ("page_view", "item_id", [browser.view; 2]),
        ("signal", "item_id", [browser.signal; 2]),
        ("review", "response_id", [response, run]),
        ("attachment", "response_id", [response, run]),
    ] {
        let sql = format!("SELECT * FROM {table} WHERE {column} IN ($1, $2) ORDER BY 1, 2, 3");
        let found = test.app.store.read(sql, ids.map(Value::from).to_vec()).await.unwrap();
        assert!(!found.is_empty(), "{table}");
        rows.extend(found.iter().map(values));
    }
    rows
}

#[tokio::test]
async fn no_id_that_anybody_is_shown_revises_shows_or_erases_an_answer() {
    let test = service().await;
    let site = shop(&test).await;
    let browser = Browser::visit(&test).await;
    rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.unwrap();
    let review = test.app.store.read("SELECT review_id FROM review", vec![]).await.unwrap()[0].id("review_id").unwrap();
    let moderated = AuditEntry::now(&test.app.clock, "ada@example.com", "review.publish", review.to_text());
    assert!(test.app.store.moderate_review(site.site_id, review, Moderation::Published, &moderated).await.unwrap());

    let mut shown = shown_to_members(&test, &site, browser.secrets()).await;
    shown.extend(shown_to_others(&test, &site, &shown).await);
    let public = public_id::of_response(site.site_id, browser.response);
    let of_run = public_id::of_response(site.site_id, browser.run);
    assert!(shown.contains(&public) && shown.contains(&of_run) && shown.contains(&review), "{shown:?}");
    for secret in browser.secrets() {
        assert!(!shown.contains(&secret), "{secret} is shown");
    }

    let before = stored(&test, &site, &browser).await;
    for id in shown {
        let me = json!({ "site": "shop", "visitor": id, "sessions": [id], "responses": [id] }).to_string();
        for path in ["/v1/me", "/v1/me/erase"] {
            let reply = post(&test, path, me.clone(), "text/plain").await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            let told = reply.json();
            let found = ["page_views", "signals", "reviews", "pictures"].map(|field| told[field].as_u64().unwrap_or(0));
            assert_eq!(found, [0; 4], "{path} {id}");
        }
        let body = json!({ "site": "shop", "items": [
            response(id, browser.attachment, 99, 1),
            { "type": "page_view", "id": id, "revision": 99, "path": "/mug", "view_index": 1 },
        ] });
        send(&test, &body).await;
        let (body, kind) = picture(Id([0xff; 16]), id, 20);
        post(&test, "/v1/attachment/shop", body, kind).await;
        let form = format!("run={id}&opened_at_ms=0&revision=99&q.rating=5");
        test.submit("/f/shop/feedback", &form, &[("user-agent", BROWSER)]).await;
        assert!(stored(&test, &site, &browser).await == before, "{id} changes what is stored");
    }
    // The browser itself can do all of it.
    let body = json!({ "site": "shop", "items": [response(browser.response, browser.view, 2, 1)] });
    assert_eq!(send(&test, &body).await["accepted"], 1);
    let (body, kind) = picture(Id([0xfe; 16]), browser.response, 20);
    assert_eq!(post(&test, "/v1/attachment/shop", body, kind).await.json()["outcome"], "accepted");
    let form = format!("run={}&opened_at_ms=0&revision=9&q.rating=5", browser.run);
    assert_eq!(test.submit("/f/shop/feedback", &form, &[("user-agent", BROWSER)]).await.status, 200);
    assert!(stored(&test, &site, &browser).await != before);
    let me = json!({ "site": "shop", "responses": [browser.response, browser.run] }).to_string();
    let erased = post(&test, "/v1/me/erase", me, "text/plain").await.json();
    assert_eq!((&erased["responses"], &erased["reviews"], &erased["pictures"]), (&json!(2), &json!(1), &json!(1)));
}

/// A response as it was stored before there were public ids.
async fn from_before(test: &TestApp, site: &Site) -> Id {
    let secret = Id::version_7(1_000, [7; 10]);
    let public = public_id::of_response(site.site_id, secret);
    let body = json!({ "site": "shop", "items": [{ "type": "response", "id": secret, "revision": 2, "survey": "feedback",
        "survey_version": 1, "duration_ms": 9_000, "answers": [{ "question": "rating", "score": 2 }] }] });
    assert_eq!(send(test, &body).await["accepted"], 1);
    let renamed = ["response", "answer"].map(|table| {
        let sql = format!("UPDATE {table} SET item_id = $1 WHERE item_id = $2");
        Statement::new(sql, params![secret, public])
    });
    test.app.store.write(renamed.into()).await.unwrap();
    secret
}

#[tokio::test]
async fn an_answer_from_before_the_upgrade_is_not_doubled_and_not_changed_by_the_id_that_members_saw() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let id = from_before(&test, &site).await;
    let sent = async |revision: u32, score: u8| {
        let body = json!({ "site": "shop", "items": [{ "type": "response", "id": id, "revision": revision,
            "survey": "feedback", "survey_version": 1, "duration_ms": 9_000,
            "answers": [{ "question": "rating", "score": score }] }] });
        send(&test, &body).await
    };
    let scores = async || {
        let rows = test.app.store.read("SELECT score FROM answer ORDER BY score", vec![]).await.unwrap();
        rows.iter().map(|row| row.int("score").unwrap()).collect::<Vec<_>>()
    };
    // An outbox that did not hear of the receipt.
    assert_eq!((sent(2, 2).await["duplicate"].as_u64(), scores().await), (Some(1), vec![2]));
    // A later revision, of whoever it may be, is an answer of its own.
    assert_eq!((sent(3, 5).await["accepted"].as_u64(), scores().await), (Some(1), vec![2, 5]));
    let me = json!({ "site": "shop", "responses": [id] }).to_string();
    let erased = post(&test, "/v1/me/erase", me, "text/plain").await.json();
    assert_eq!((erased["responses"].as_u64(), scores().await), (Some(1), vec![2]), "only what came since");
}
