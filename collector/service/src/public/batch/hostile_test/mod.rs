//! Hostile and broken batches, in a table: each has its documented outcome, on both engines, and its good neighbours
//! are stored. What is stored and what is counted must add up to what the senders were told.

mod batches;
mod items;
mod random;

use crate::config::Config;
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use rapport_shared::id::Id;
use rapport_shared::survey::Survey;
use rapport_shared::wire::BatchReply;
use rapport_store::clock::Clock;
use rapport_store::test_store::{each_engine, in_memory, note, number};
use rapport_store::{Store, params};
use serde_json::json;
use std::collections::BTreeMap;

/// A browser, so that nothing counts as a bot's.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";
/// Words that only ever stand where they do not belong: no counter may repeat them.
const MISPLACED: &str = "my own misplaced words";

/// One batch and what its sender is told.
struct BatchCase {
    name: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Body,
    told: Told,
}

enum Told {
    /// Nothing was stored: the status, the field at fault and a part of the detail.
    Refused(u16, &'static str, &'static str),
    /// 202 with so many accepted and duplicate, and the rejected by place, field and part of the reason.
    Taken(u32, u32, Vec<(u32, String, String)>),
}

/// One item between good neighbours.
struct ItemCase {
    name: String,
    json: String,
    fate: Fate,
}

enum Fate {
    Stored,
    Duplicate,
    /// Field, and a part of the reason.
    Rejected(String, String),
}

fn fresh_id() -> String {
    Clock::System.new_id().to_text()
}

/// A page view that nothing is wrong with.
fn good() -> String {
    json!({ "type": "page_view", "id": fresh_id(), "age_ms": 5_000, "path": "/good", "duration_ms": 4_000 }).to_string()
}

fn batch(items: &[String]) -> String {
    format!(r#"{{"site":"shop","session":"{}","items":[{}]}}"#, fresh_id(), items.join(","))
}

/// A survey with every kind of question.
fn survey() -> Survey {
    let choices = json!([{ "id": "a", "label": "A" }, { "id": "b", "label": "B" }, { "id": "c", "label": "C" }]);
    serde_json::from_value(json!({ "id": "all", "name": "All", "title": "All", "questions": [
        { "id": "likely", "kind": "nps", "text": "?" },
        { "id": "stars", "kind": "csat", "text": "?" },
        { "id": "easy", "kind": "ces", "text": "?" },
        { "id": "one", "kind": "multiple-choice-single", "text": "?", "choices": choices },
        { "id": "some", "kind": "multiple-choice-multi", "text": "?", "choices": choices },
        { "id": "why", "kind": "open-text", "text": "?", "max_characters": 200 },
    ] }))
    .expect("a survey")
}

/// The service over `store`, with the site `shop`; unlimited but for what a test sets.
async fn service(store: Store, config: Config) -> TestApp {
    let test = TestApp::over(store, config).await;
    let site = test.site().await;
    test.app.store.apply_survey(site.site_id, &survey(), &note(1)).await.expect("the survey is added");
    test
}

fn unlimited() -> Config {
    Config { batches_per_minute: u32::MAX, batch_burst: u32::MAX, ..Config::default() }
}

async fn post(test: &TestApp, headers: &[(&str, &str)], body: Body) -> Reply {
    let request = Request::post("/v1/batch").header("content-type", "text/plain");
    let request = match headers.iter().any(|(name, _)| *name == "user-agent") {
        true => request,
        false => request.header("user-agent", USER_AGENT),
    };
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value.as_bytes()));
    test.send(request.body(body).expect("a request")).await
}

/// What the senders were told in all.
#[derive(Debug, Default, PartialEq)]
struct Sum {
    accepted: i64,
    duplicate: i64,
    rejected: i64,
}

impl Sum {
    fn add(&mut self, reply: &BatchReply) {
        self.accepted += i64::from(reply.accepted);
        self.duplicate += i64::from(reply.duplicate);
        self.rejected += reply.rejected.len() as i64;
    }

    /// What the store holds and has counted must be that.
    async fn check(&self, store: &Store) {
        let mut rows = 0;
        for table in ["page_view", "signal", "response", "delivery"] {
            rows += number(store, format!("SELECT COUNT(*) FROM {table}")).await;
        }
        assert_eq!(rows, self.accepted, "rows stored and items acknowledged");
        let sql = "SELECT outcome, CAST(SUM(items) AS BIGINT) AS items FROM outcome GROUP BY outcome";
        let counted: BTreeMap<String, i64> = store
            .read(sql, params![])
            .await
            .expect("reads")
            .iter()
            .map(|row| (row.text("outcome").expect("a name").to_owned(), row.int("items").expect("a count")))
            .collect();
        let of = |name: &str| counted.get(name).copied().unwrap_or(0);
        let counted = Sum {
            accepted: of("accepted") + of("bot") + of("late"),
            duplicate: of("duplicate"),
            rejected: of("rejected"),
        };
        assert_eq!(&counted, self, "outcomes counted and outcomes told");
    }
}

fn taken(name: &str, reply: &Reply) -> BatchReply {
    assert_eq!(reply.status, 202, "{name}: {}", reply.text());
    serde_json::from_slice(&reply.body).expect("a batch reply")
}

/// What is wrong with the answer to `case`, if anything.
async fn fault_of_batch(test: &TestApp, case: BatchCase, sum: &mut Sum) -> Option<String> {
    let reply = post(test, &case.headers, case.body).await;
    let fault = format!("{}: {} {}", case.name, reply.status, reply.text());
    let right = match case.told {
        Told::Refused(status, field, detail) => {
            let problem = if reply.body.is_empty() { json!({}) } else { reply.json() };
            reply.status == status
                && reply.header("content-type") == "application/problem+json"
                && problem["detail"].as_str().is_some_and(|text| text.contains(detail))
                && (field.is_empty() || problem["errors"][0]["field"] == field)
                // A problem must not repeat what was sent.
                && reply.body.len() < 1_000
        }
        Told::Taken(..) if reply.status != 202 => false,
        Told::Taken(accepted, duplicate, rejected) => {
            let told = taken(&case.name, &reply);
            sum.add(&told);
            (told.accepted, told.duplicate, told.rejected.len()) == (accepted, duplicate, rejected.len())
                && told.rejected.iter().zip(&rejected).all(|(found, (index, field, reason))| {
                    (found.index, &found.field) == (*index, field)
                        && found.reason.contains(reason.as_str())
                        && !found.reason.contains(MISPLACED)
                })
        }
    };
    (!right).then_some(fault)
}

/// Sends the item between two good ones, and looks for both in the store.
async fn fault_of_item(test: &TestApp, case: ItemCase, sum: &mut Sum) -> Option<String> {
    let neighbours = [fresh_id(), fresh_id()];
    let neighbour =
        |id: &str| json!({ "type": "signal", "id": id, "view": fresh_id(), "kind": "dead_click" }).to_string();
    let items = [neighbour(&neighbours[0]), case.json, neighbour(&neighbours[1])];
    let told = match case.fate {
        Fate::Stored => Told::Taken(3, 0, vec![]),
        Fate::Duplicate => Told::Taken(2, 1, vec![]),
        Fate::Rejected(field, reason) => Told::Taken(2, 0, vec![(1, field, reason)]),
    };
    let name = case.name.clone();
    let case = BatchCase { name: case.name, headers: vec![], body: batch(&items).into(), told };
    let fault = fault_of_batch(test, case, sum).await;
    for id in neighbours {
        let id = Id::parse(&id).expect("an id");
        let found = test.app.store.read("SELECT count FROM signal WHERE item_id = $1", params![id]).await;
        if found.map(|rows| rows.len()) != Ok(1) {
            return Some(format!("{name}: a good neighbour is not stored"));
        }
    }
    fault
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_batch_has_its_documented_outcome() {
    each_engine(async |store| {
        let test = service(store, unlimited()).await;
        let mut sum = Sum::default();
        let (batches, items) = (batches::cases(), items::cases());
        assert!(batches.len() >= 40 && items.len() >= 100, "{} and {}", batches.len(), items.len());
        let mut faults = Vec::new();
        for case in batches {
            faults.extend(fault_of_batch(&test, case, &mut sum).await);
        }
        for case in items {
            faults.extend(fault_of_item(&test, case, &mut sum).await);
        }
        assert!(faults.is_empty(), "{} wrong\n{}", faults.len(), faults.join("\n"));
        sum.check(&test.app.store).await;
        assert_eq!(test.get("/healthz", &[]).await.status, 200);
        let store = &test.app.store;
        for row in store.read("SELECT item_type, field, reason FROM outcome", params![]).await.expect("reads") {
            assert!(!format!("{row:?}").contains(MISPLACED), "a counter repeats what was sent: {row:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_kept_as_they_are_but_for_what_no_page_can_show() {
    each_engine(async |store| {
        let test = service(store, unlimited()).await;
        let text = "a\u{0}b\u{202e}c<script>alert(1)</script>'; DROP TABLE site; --{{7*7}}";
        let id = fresh_id();
        let item = json!({ "type": "response", "id": id, "survey": "all", "survey_version": 1, "path": "/p",
            "age_ms": 40_u64 * 24 * 3_600_000, "answers": [{ "question": "why", "text": text }],
            "trail": [{ "kind": "error", "text": text }, { "kind": "made_up", "text": text }] });
        let told = taken("response", &post(&test, &[], batch(&[item.to_string()]).into()).await);
        assert_eq!(told.accepted, 1, "{told:?}");
        let kept = "abc<script>alert(1)</script>'; DROP TABLE site; --{{7*7}}";
        let answers = test.app.store.read("SELECT text FROM answer", params![]).await.expect("reads");
        assert_eq!(answers[0].text("text"), Ok(kept));
        let sql = "SELECT trail, clamped, received_at_ms - occurred_at_ms AS age_ms FROM response";
        let rows = test.app.store.read(sql, params![]).await.expect("reads");
        let trail: serde_json::Value = serde_json::from_str(rows[0].text("trail").expect("a trail")).expect("JSON");
        assert_eq!((trail.as_array().map(Vec::len), trail[0]["text"].as_str()), (Some(1), Some(kept)));
        // 40 days are more than the 30 that are believed: clamped, and flagged.
        assert_eq!((rows[0].int("clamped"), rows[0].int("age_ms")), (Ok(1), Ok(30 * 24 * 3_600_000)));
    })
    .await;
}

#[tokio::test]
async fn a_client_that_sends_too_often_is_told_when_to_come_back() {
    let config = Config { batches_per_minute: 1, batch_burst: 2, ..Config::default() };
    let test = service(in_memory().await, config).await;
    for _ in 0..2 {
        assert_eq!(taken("in time", &post(&test, &[], batch(&[good()]).into()).await).accepted, 1);
    }
    let reply = post(&test, &[], batch(&[good()]).into()).await;
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert!(reply.header("retry-after").parse::<u32>().is_ok_and(|seconds| (1..=60).contains(&seconds)));
    // A batch that is refused for another reason costs nothing, and what a stranger forges changes nothing.
    assert_eq!(post(&test, &[], "{".into()).await.status, 400);
    assert_eq!(post(&test, &[("x-forwarded-for", "203.0.113.7")], batch(&[good()]).into()).await.status, 429);
}

#[tokio::test]
async fn an_answer_passes_whatever_telemetry_does() {
    let config = Config { batches_per_minute: 1, batch_burst: 2, ..Config::default() };
    let test = service(in_memory().await, config).await;
    for _ in 0..5 {
        post(&test, &[], batch(&[good()]).into()).await;
    }
    assert_eq!(post(&test, &[], batch(&[good()]).into()).await.status, 429);
    let answer = || {
        json!({ "type": "response", "id": fresh_id(), "survey": "all", "survey_version": 1,
            "answers": [{ "question": "likely", "score": 9 }] })
    };
    for _ in 0..2 {
        assert_eq!(taken("an answer", &post(&test, &[], batch(&[answer().to_string()]).into()).await).accepted, 1);
    }
    // Answers have a limit as well, of their own.
    assert_eq!(post(&test, &[], batch(&[answer().to_string()]).into()).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_of_the_rule_is_kept_with_each_click_that_it_judged() {
    each_engine(async |store| {
        let test = service(store, unlimited()).await;
        let click = |kind: &str, more: serde_json::Value| {
            let mut item = json!({ "type": "signal", "id": fresh_id(), "view": fresh_id(), "kind": kind });
            more.as_object().expect("an object").iter().for_each(|(name, value)| item[name] = value.clone());
            item.to_string()
        };
        let items = [
            click("rage_click", json!({ "rule": 2 })),
            click("dead_click", json!({})),
            click("slow_click", json!({ "rule": 2 })),
            click("failed_click", json!({ "rule": 2 })),
            click("event", json!({ "name": "cart" })),
        ];
        assert_eq!(taken("clicks", &post(&test, &[], batch(&items).into()).await).accepted, 5);
        let sql = "SELECT kind, rule FROM signal WHERE rule IS NOT NULL ORDER BY kind";
        let rows = test.app.store.read(sql, params![]).await.expect("reads");
        let kept: Vec<_> =
            rows.iter().map(|row| (row.text("kind").expect("a kind"), row.int("rule").expect("a version"))).collect();
        let expected = [("dead_click", 1), ("failed_click", 2), ("rage_click", 2), ("slow_click", 2)];
        assert_eq!(kept, expected);
        let sites = test.app.store.sites().await.expect("reads");
        let rules = test.app.store.click_rules(sites[0].site_id).await.expect("reads");
        assert_eq!(rules.iter().map(|rule| rule.version).collect::<Vec<_>>(), [1, 2]);
    })
    .await;
}

#[tokio::test]
async fn a_bot_takes_no_place_among_the_pages_of_the_day() {
    let test = service(in_memory().await, unlimited()).await;
    let pages = |first: usize| -> Vec<String> {
        (first..first + 100)
            .map(|page| json!({ "type": "page_view", "id": fresh_id(), "path": format!("/{page}") }).to_string())
            .collect()
    };
    let most = rapport_shared::limit::PAGES_PER_DAY;
    for first in (0..most).step_by(100) {
        let bot = [("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")];
        assert_eq!(taken("bot", &post(&test, &bot, batch(&pages(first)).into()).await).accepted, 100);
    }
    for first in (0..most + 100).step_by(100) {
        assert_eq!(taken("people", &post(&test, &[], batch(&pages(10_000 + first)).into()).await).accepted, 100);
    }
    let sql = "SELECT COUNT(*) FROM page_view WHERE path = '(other)'";
    assert_eq!(number(&test.app.store, sql).await, 100, "only what is over the cap");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_invented_names_make_a_handful_of_counters() {
    let test = service(in_memory().await, unlimited()).await;
    for number in 0..300 {
        let invented = |place: &str| format!("{place}{number}");
        let answered = json!([{ "question": "likely", "score": 9 }]);
        let response = |more: serde_json::Value| {
            let mut item = json!({ "type": "response", "id": fresh_id(), "survey": "all", "survey_version": 1,
                "answers": answered });
            more.as_object().expect("an object").iter().for_each(|(name, value)| item[name] = value.clone());
            item.to_string()
        };
        let items = [
            response(json!({ "facts": { invented("fact"): 7 } })),
            response(json!({ "facts": { invented("fact [1] "): ["x"] } })),
            response(json!({ "facts": { invented("a.b."): {} } })),
            response(json!({ "survey": invented("survey") })),
            response(json!({ "survey_version": number + 2 })),
            response(json!({ "answers": [{ "question": invented("question"), "score": 1 }] })),
            response(json!({ "answers": [{ "question": "one", "choices": [invented("choice")] }] })),
            response(json!({ "answers": [{ "question": "likely", "score": 9, "parts": [{ "part": invented("part") }] }] })),
            response(json!({ "id": invented("id") })),
            response(json!({ invented("field"): 1, "duration_ms": -number - 1 })),
            json!({ "type": invented("type"), "id": fresh_id() }).to_string(),
            json!({ invented("no type"): 1 }).to_string(),
            json!({ "type": "signal", "id": fresh_id(), "view": fresh_id(), "kind": invented("kind") }).to_string(),
            json!({ "type": "delivery", "id": fresh_id(), "survey": "all", "survey_version": 1, "event": invented("event") })
                .to_string(),
            json!({ "type": "page_view", "id": fresh_id(), "path": invented("path") }).to_string(),
        ];
        let body = format!(
            r#"{{"site":"shop","customer":"{}","customer_signature":"{}","items":[{}]}}"#,
            invented("customer"),
            invented("signature"),
            items.join(",")
        );
        taken("invented", &post(&test, &[], body.into()).await);
    }
    let sql = "SELECT item_type, field, reason FROM outcome";
    let counters = test.app.store.read(sql, params![]).await.expect("reads");
    assert!(counters.len() < 25, "{}: {counters:#?}", counters.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_anywhere_is_no_fault_of_the_service() {
    each_engine(async |store| {
        let test = service(store, unlimited()).await;
        let site = test.app.store.site_by_key("shop").await.expect("reads").expect("a site");
        let cookie = test.cookie(&site, "olga@example.com", rapport_store::account::role::Role::Owner).await;
        let nul = "a\u{0}b";
        let items = [
            json!({ "type": "page_view", "id": fresh_id(), "path": "/a\u{0}b", "referrer": nul, "source": nul, "release": nul }),
            json!({ "type": "signal", "id": fresh_id(), "view": fresh_id(), "kind": "error", "path": "/a\u{0}b", "element": nul,
                "name": nul, "text": nul }),
            json!({ "type": "delivery", "id": fresh_id(), "survey": "all", "survey_version": 1, "event": "shown",
                "path": "/a\u{0}b" }),
            json!({ "type": "response", "id": fresh_id(), "survey": "all", "survey_version": 1, "path": "/a\u{0}b",
                "language": nul, "facts": { "thing": nul, "a\u{0}": "b" }, "page": { "id": fresh_id(), "path": "/a\u{0}b" },
                "answers": [{ "question": "why", "text": nul }], "trail": [{ "kind": "error", "text": nul }] }),
            json!({ "type": "response", "id": fresh_id(), "survey": nul, "survey_version": 1,
                "answers": [{ "question": nul, "choices": [nul] }] }),
            json!({ "type": "delivery", "id": fresh_id(), "survey": nul, "survey_version": 1, "event": "shown" }),
        ];
        let items: Vec<String> = items.iter().map(ToString::to_string).collect();
        assert_eq!(taken("NUL", &post(&test, &[], batch(&items).into()).await).accepted, 4);
        let envelope = |more: &str| format!(r#"{{{more},"items":[{}]}}"#, good());
        for body in [
            envelope(r#""site":"shop\u0000""#),
            envelope(r#""site":"shop","customer":"a\u0000","customer_signature":"a\u0000""#),
            envelope(r#""site":"shop","consent":"a\u0000","proof":"1\u0000.a""#),
        ] {
            let status = post(&test, &[], body.clone().into()).await.status;
            assert!(!status.is_server_error(), "{body}: {status}");
        }
        rapport_store::rollup::rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.expect("rebuilds");
        let report = "/sites/shop";
        for address in [
            "/v1/config/%00".to_owned(),
            "/v1/config/shop?language=%00".into(),
            "/v1/reviews/shop?thing=%00".into(),
            "/v1/reviews/shop?thing=a%00b&language=%00".into(),
            "/v1/reviews/shop?language=de%00".into(),
            "/r/shop/%00".into(),
            "/r/shop/a%00b?language=%00".into(),
            "/f/shop/%00".into(),
            "/f/shop/all?thing=%00&order=%00&run=%00&recipient=%00".into(),
            "/sign-in?next=%00".into(),
            "/link/%00".into(),
            format!("{report}/overview?path=/a%00b"),
            format!("{report}/experience?path=/a%00b&q=%00&sort=%00"),
            format!("{report}/experience/page?path=/a%00b"),
            format!("{report}/feedback/%00"),
            format!("{report}/feedback/all?path=%00"),
            format!("{report}/reviews?thing=%00&state=%00"),
            format!("{report}/responses/%00"),
            format!("{report}/changes?after=%00"),
            "/api/v1/sites/shop/reviews?thing=%00".into(),
        ] {
            let status = test.get(&address, &[("cookie", &cookie)]).await.status;
            assert!(!status.is_server_error(), "{address}: {status}");
        }
        for (address, form) in [
            ("/sign-in", "email=a%00%40example.com&password=%00"),
            ("/f/shop/all", "why=a%00b&run=%00&thing=%00&language=%00"),
            ("/r/shop/%00/helpful", "back=%00"),
            ("/sites/shop/reviews/%00", "state=%00&reply=%00"),
            ("/sites/shop/theme", "theme=%00"),
        ] {
            let status = test.submit(address, form, &[("cookie", &cookie)]).await.status;
            assert!(!status.is_server_error(), "{address}: {status}");
        }
        for (address, body) in [
            ("/v1/me", r#"{"site":"shop","customer":"a\u0000","customer_signature":"\u0000"}"#),
            ("/v1/asked", r#"{"site":"shop","customer":"a\u0000","customer_signature":"\u0000","survey":"\u0000"}"#),
            ("/v1/me", r#"{"site":"\u0000","visitor":"\u0000"}"#),
        ] {
            let request = Request::post(address).header("origin", "https://shop.example.com");
            let status = test.send(request.body(Body::from(body)).expect("a request")).await.status;
            assert!(!status.is_server_error(), "{address} {body}: {status}");
        }
    })
    .await;
}
