//! The pages of personas, and the same as JSON.

use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::story_test::{NOW_MS, tell};
use serde_json::json;

#[tokio::test]
async fn a_persona_is_described_by_a_form_found_by_its_rule_and_narrows_every_report() {
    let test = TestApp::at(Clock::manual(NOW_MS)).await;
    let site = test.site().await;
    tell(&test.app.store, &test.app.sites, &site).await;
    let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
    let key = test.bearer(&site, &[Scope::WriteCustomers, Scope::ReadReports, Scope::WriteSegments]).await;
    let send = async |method: &str, path: &str, body: serde_json::Value| {
        let request = axum::http::Request::builder().method(method).uri(format!("/api/v1/sites/shop/{path}"));
        let request = request.header("authorization", &key).header("content-type", "application/json");
        test.send(request.body(axum::body::Body::from(body.to_string())).unwrap()).await
    };
    let read = async |address: &str| {
        test.get(address, &[("cookie", &editor), ("accept", "text/html")]).await.text().replace("&#38;", "&")
    };
    for (customer, plan) in [("1", "gold"), ("2", "gold"), ("3", "silver")] {
        let put = send("PUT", &format!("customers/{customer}"), json!({ "traits": { "plan": plan } })).await;
        assert!(put.status.is_success(), "{}", put.text());
    }
    assert!(read("/sites/shop/personas").await.contains("No persona yet"));

    let wrong = "name=Gold+diggers&rule=trait+plan+is+gold%0Aplan+gold";
    let refused = test.submit("/sites/shop/personas", wrong, &[("cookie", &editor), ("accept", "text/html")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("line 2: must begin with trait"), "{}", refused.text());
    assert!(refused.text().contains("value=\"Gold diggers\""), "what was typed stays");
    let form = "name=Gold+diggers&owner=Mara&goals=Presents%0ACoupons&rule=trait+plan+is+gold";
    let added = test.submit("/sites/shop/personas", form, &[("cookie", &editor)]).await;
    assert_eq!((added.status.as_u16(), added.header("location")), (303, "/sites/shop/personas/gold-diggers"));
    let again = test.submit("/sites/shop/personas", form, &[("cookie", &editor), ("accept", "text/html")]).await;
    assert!(again.status == 422 && again.text().contains("another persona of this site has"), "{}", again.text());
    let page = read("/sites/shop/personas/gold-diggers").await;
    assert!(page.contains("is being looked up"), "{page}");

    test.app.store.keep_personas(site.site_id, test.app.clock.now_ms()).await.unwrap();
    let page = read("/sites/shop/personas/gold-diggers?range=7d").await;
    for words in ["<b>2 customers</b>", "66.7%", "their plan is gold", "Presents", "Looked after by <bdi>Mara</bdi>"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("/sites/shop/overview?range=7d&persona=gold-diggers"), "{page}");
    let csv = read("/sites/shop/personas?format=csv").await;
    assert!(csv.contains("gold-diggers,Gold diggers,Mara,2,0,66.6667,"), "{csv}");

    // Every report takes it, and everybody else; what was not signed by a customer is everybody else's.
    let views = async |fields: &str| {
        let report = send("GET", &format!("reports/overview?range=7d{fields}"), json!(null)).await;
        assert_eq!(report.status, 200, "{}", report.text());
        report.json()["totals"][0]["value"].as_u64().unwrap()
    };
    let all = views("").await;
    assert!(all > 0);
    assert_eq!((views("&persona=gold-diggers").await, views("&persona=-gold-diggers").await), (0, all));
    assert_eq!(views("&trait=plan%3Dgold").await, 0);
    let overview = read("/sites/shop/overview?persona=gold-diggers").await;
    assert!(overview.contains("gold-diggers"), "{overview}");
    let untold = send("GET", "reports/delivery?persona=gold-diggers", json!(null)).await;
    assert_eq!((untold.status.as_u16(), untold.json()["errors"][0]["field"].as_str()), (422, Some("persona")));

    let json_of = send("GET", "personas/gold-diggers?range=7d", json!(null)).await.json();
    assert_eq!(
        (json_of["persona"]["customers"].as_u64(), json_of["persona"]["is_known"].as_bool()),
        (Some(2), Some(true))
    );
    let put = send("PUT", "personas/gold-diggers", json!({ "name": "Nobody", "rule": ["trait plan is lead"] })).await;
    assert_eq!((put.status.as_u16(), put.json()["is_known"].as_bool()), (200, Some(false)), "{}", put.text());
    test.app.store.keep_personas(site.site_id, test.app.clock.now_ms()).await.unwrap();
    assert!(read("/sites/shop/personas").await.contains("Nobody is one of them"));
    let bad = send("POST", "personas", json!({ "name": "", "rule": ["device is fridge"] })).await.json();
    let fields: Vec<_> =
        bad["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "rule"]);
    assert_eq!(test.submit("/sites/shop/personas/gold-diggers/remove", "", &[("cookie", &editor)]).await.status, 303);
    assert_eq!(send("DELETE", "personas/gold-diggers", json!(null)).await.status, 404);
    let changes = read("/sites/shop/audit").await;
    assert!(changes.contains("the persona gold-diggers"), "{changes}");
}
