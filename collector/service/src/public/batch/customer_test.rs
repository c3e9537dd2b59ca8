//! A signed customer over the whole router, on both engines: known on every device, asked once, and nobody speaks for them.

use crate::config::Config;
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use rapport_ingest::signature;
use rapport_report::response::nowhere;
use rapport_shared::id::Id;
use rapport_store::record::Consent;
use rapport_store::site::Site;
use rapport_store::site::outcome::ItemKind;
use rapport_store::test_store::{each_engine, number};
use serde_json::{Value, json};

const ORIGIN: &str = "https://shop.example.com";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";

struct Story {
    test: TestApp,
    site: Site,
    secret: String,
}

impl Story {
    async fn over(store: rapport_store::Store) -> Self {
        let config = Config { batches_per_minute: u32::MAX, batch_burst: u32::MAX, ..Config::default() };
        let test = TestApp::over(store, config).await;
        let site = test.site().await;
        let secrets = test.app.store.site_secrets(site.site_id, 1).await.unwrap();
        Self { test, site, secret: signature::readable(&secrets.identity) }
    }

    fn sign(&self, customer: &str) -> String {
        signature::sign(self.secret.as_bytes(), customer)
    }

    fn new_id(&self) -> Id {
        self.test.app.clock.new_id()
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, body, &[]).await
    }

    async fn post_with(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        let request = Request::post(path).header("origin", ORIGIN).header("user-agent", BROWSER);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.test.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A batch with a view, a signal and an answer, as `sender` says it; the public id of the answer.
    async fn visit(&self, sender: Value, headers: &[(&str, &str)]) -> (Id, Value) {
        let (view, response) = (self.new_id(), self.new_id());
        let mut body = json!({ "site": "shop", "session": self.new_id(), "items": [
            { "type": "page_view", "id": view, "revision": 1, "path": "/mug", "view_index": 1 },
            { "type": "signal", "id": self.new_id(), "view": view, "kind": "rage_click", "path": "/mug" },
            { "type": "response", "id": response, "revision": 1, "survey": "feedback", "survey_version": 1, "view": view,
              "duration_ms": 9_000, "finished": true, "answers": [{ "question": "rating", "score": 2 }],
              "trail": [{ "before_ms": 9, "kind": "page_view", "path": "/mug" }] },
        ] });
        body.as_object_mut().unwrap().extend(sender.as_object().unwrap().clone());
        let reply = self.post_with("/v1/batch", &body, headers).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        (self.test.public_id("shop", response).await, reply.json())
    }

    async fn customer_of(&self, response: Id) -> Option<String> {
        let (store, site_id) = (&self.test.app.store, self.site.site_id);
        let record = store.response(site_id, response).await.unwrap().expect("the answer is kept");
        match record.customer_id {
            Some(customer_id) => store.customer(site_id, customer_id).await.unwrap(),
            None => None,
        }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        number(&self.test.app.store, sql).await
    }

    async fn asked(&self, customer: &str, signature: &str, told: Value) -> Reply {
        let body = json!({ "site": "shop", "customer": customer, "customer_signature": signature, "told": told });
        self.post("/v1/asked", &body).await
    }
}

#[tokio::test]
async fn a_forged_signature_opens_nothing_and_loses_nothing() {
    each_engine(async |store| {
        let story = Story::over(store).await;
        let signed =
            |customer: &str, signature: String| json!({ "customer": customer, "customer_signature": signature });
        let (own, _) = story.visit(signed("ada", story.sign("ada")), &[]).await;
        assert_eq!(story.customer_of(own).await.as_deref(), Some("ada"));
        for forged in [
            signed("ada", story.sign("eve")),
            signed("ada", "0".repeat(64)),
            json!({ "customer": "ada" }),
            signed(&"a".repeat(201), story.sign(&"a".repeat(201))),
        ] {
            let (response, told) = story.visit(forged, &[]).await;
            assert_eq!(told, json!({ "accepted": 3, "duplicate": 0, "rejected": [] }));
            assert_eq!(story.customer_of(response).await, None);
        }
        let (nobody, _) = story.visit(json!({}), &[]).await;
        assert_eq!(story.customer_of(nobody).await, None);
        assert_eq!(story.count("SELECT COUNT(*) FROM customer").await, 1);
        for path in ["/v1/me", "/v1/me/erase", "/v1/asked"] {
            let mut body = signed("ada", story.sign("eve"));
            body["site"] = "shop".into();
            let refused = story.post(path, &body).await;
            assert_eq!(
                (refused.status.as_u16(), refused.header("access-control-allow-origin")),
                (403, ORIGIN),
                "{path}"
            );
            assert_eq!(refused.json()["errors"][0]["field"], "customer_signature", "{path}");
        }
        assert_eq!(story.count("SELECT COUNT(*) FROM response").await, 6);

        // The Install page says how often, and why.
        let cookie =
            story.test.cookie(&story.site, "vera@example.com", rapport_store::account::role::Role::Viewer).await;
        let page = story.test.get("/sites/shop/install", &[("cookie", &cookie)]).await.text();
        assert!(page.contains("Signed customers") && page.contains("is not that of this customer"), "{page}");
        let counts = story.test.app.store.outcome_counts(story.site.site_id, 0, i64::MAX).await.unwrap();
        let of = |outcome: &str| {
            let of_customers = counts
                .iter()
                .filter(|count| count.item_kind == ItemKind::Customer && count.outcome.as_str() == outcome);
            of_customers.map(|count| (count.field.as_str(), count.items)).collect::<Vec<_>>()
        };
        assert_eq!(of("accepted"), [("", 1)]);
        let mut rejected = of("rejected");
        rejected.sort_unstable();
        assert_eq!(rejected, [("customer", 1), ("customer_signature", 1), ("customer_signature", 5)]);
    })
    .await;
}

#[tokio::test]
async fn what_a_customer_was_asked_on_one_device_is_known_on_the_others() {
    each_engine(async |store| {
        let story = Story::over(store).await;
        let signature = story.sign("ada");
        let asked = async |told: Value| {
            let reply = story.asked("ada", &signature, told).await;
            assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"), "{}", reply.text());
            reply.json()
        };
        assert_eq!(asked(Value::Null).await, json!({ "surveys": {} }));
        let opened = asked(json!({ "survey": "feedback", "event": "closed" })).await;
        assert_eq!(opened, json!({ "surveys": { "feedback": { "days_ago": 0, "outcome": "closed" } } }));
        // Told late: what was known stays.
        let shown = asked(json!({ "survey": "feedback", "event": "shown", "unasked": true })).await;
        let expected = json!({ "surveys": { "feedback": { "days_ago": 0, "outcome": "closed" } }, "site_days_ago": 0 });
        assert_eq!(shown, expected);
        // An answer says it by itself, on whatever day it was given.
        let signed = json!({ "customer": "ben", "customer_signature": story.sign("ben") });
        story.visit(signed, &[]).await;
        let ben = story.asked("ben", &story.sign("ben"), Value::Null).await.json();
        assert_eq!(ben, json!({ "surveys": { "feedback": { "days_ago": 0, "outcome": "answered" } } }));
        assert_eq!(asked(Value::Null).await, expected, "the other customer's");

        for (told, field) in [
            (json!({ "survey": "none", "event": "shown" }), "told.survey"),
            (json!({ "survey": "feedback", "event": "started" }), "told.event"),
        ] {
            let refused = story.asked("ada", &signature, told).await;
            assert_eq!((refused.status.as_u16(), refused.json()["errors"][0]["field"].as_str()), (400, Some(field)));
        }
        let nobody = story.asked("", "", Value::Null).await;
        assert_eq!((nobody.status.as_u16(), nobody.json()["errors"][0]["field"].as_str()), (400, Some("customer")));
    })
    .await;
}

#[tokio::test]
async fn a_customer_sees_and_erases_what_is_theirs_on_every_device() {
    each_engine(async |store| {
        let story = Story::over(store).await;
        let sender = |customer: &str, visitor: Id| {
            json!({ "customer": customer, "customer_signature": story.sign(customer), "visitor": visitor })
        };
        let (phone, laptop, shared) = (story.new_id(), story.new_id(), story.new_id());
        for (customer, visitor) in [("ada", phone), ("ada", laptop), ("ada", shared), ("ben", shared)] {
            story.visit(sender(customer, visitor), &[]).await;
        }
        let (anonymous, _) = story.visit(json!({}), &[]).await;
        let me = |customer: &str| {
            json!({ "site": "shop", "customer": customer, "customer_signature": story.sign(customer) })
        };
        let own = story.post("/v1/me", &me("ada")).await.json();
        assert_eq!((&own["customer"], &own["asked"]), (&json!("ada"), &json!(1)));
        assert_eq!(own["responses"].as_array().map(Vec::len), Some(3));
        // A browser that two customers share opens neither's views to the other.
        assert_eq!((&own["page_views"], &own["signals"]), (&json!(2), &json!(2)));

        let erased = story.post("/v1/me/erase", &me("ada")).await.json();
        assert_eq!(erased, json!({ "page_views": 2, "signals": 2, "responses": 3, "reviews": 0, "pictures": 0 }));
        let again = story.post("/v1/me", &me("ada")).await.json();
        let nothing = json!({ "page_views": 0, "signals": 0, "reviews": 0, "pictures": 0, "responses": [], "asked": 0 });
        assert_eq!(again, nothing);
        for (sql, left) in [
            ("SELECT COUNT(*) FROM page_view", 3),
            ("SELECT COUNT(*) FROM signal", 3),
            ("SELECT COUNT(*) FROM response", 2),
            ("SELECT COUNT(*) FROM answer", 2),
            ("SELECT COUNT(*) FROM customer", 1),
            ("SELECT COUNT(*) FROM identity", 1),
            ("SELECT COUNT(*) FROM customer_asked", 1),
        ] {
            assert_eq!(story.count(sql).await, left, "{sql}: what is others'");
        }
        assert_eq!(story.customer_of(anonymous).await, None);
        // Who holds the visitor id of a browser sees what came from it, whoever they were.
        let of_browser = story.post("/v1/me", &json!({ "site": "shop", "visitor": shared })).await.json();
        assert_eq!((&of_browser["page_views"], of_browser.get("customer")), (&json!(2), None));
    })
    .await;
}

#[tokio::test]
async fn every_basis_is_recorded_as_it_was_and_decides_what_is_kept() {
    const GPC: &[(&str, &str)] = &[("sec-gpc", "1")];
    const DNT: &[(&str, &str)] = &[("dnt", "1")];
    each_engine(async |store| {
        let story = Story::over(store).await;
        for (consent, headers, recorded, is_kept) in [
            (None, &[][..], "unknown", true),
            (Some("unknown"), &[], "unknown", true),
            (Some("granted"), &[], "granted", true),
            (Some("refused"), &[], "refused", false),
            (Some("maybe"), &[], "unknown", true),
            (Some("unknown"), GPC, "unknown", false),
            (Some("granted"), GPC, "granted", false),
            (Some("granted"), DNT, "granted", false),
            (Some("refused"), GPC, "refused", false),
        ] {
            let mut sender =
                json!({ "visitor": story.new_id(), "customer": "ada", "customer_signature": story.sign("ada") });
            if let Some(consent) = consent {
                sender["consent"] = consent.into();
            }
            let (response, told) = story.visit(sender, headers).await;
            let about = format!("{consent:?} {headers:?}");
            // Telemetry of whoever does not want it is refused; the answer is kept all the same.
            assert_eq!(told["accepted"], if is_kept { 3 } else { 1 }, "{about}: {told}");
            let record = story.test.app.store.response(story.site.site_id, response).await.unwrap().unwrap();
            assert_eq!(record.consent.map(Consent::as_str), Some(recorded), "{about}");
            assert_eq!(record.trail_withheld, !is_kept, "{about}");
            let held = [record.trail != "[]", record.view_id.is_some(), record.session_id.is_some()];
            assert_eq!(held, [is_kept; 3], "{about}");
            assert_eq!(story.customer_of(response).await.is_some(), is_kept, "{about}");
            let source = rapport_report::Source {
                store: &story.test.app.store,
                site: &story.test.app.sites.by_id(story.site.site_id).await.unwrap().unwrap(),
                now_ms: story.test.app.clock.now_ms(),
                picture_address: nowhere,
            };
            let report = source.response(response).await.unwrap().unwrap();
            assert_eq!(report.consent.map(Consent::as_str), Some(recorded), "{about}");
            assert_eq!(report.customer.is_some(), is_kept, "{about}");
        }
        // A later batch with another basis changes nothing about the answers before it.
        let granted = "SELECT COUNT(*) FROM response WHERE consent = 'granted'";
        assert_eq!(story.count(granted).await, 3);
        story.visit(json!({ "consent": "granted" }), &[]).await;
        assert_eq!(story.count(granted).await, 4);
    })
    .await;
}
