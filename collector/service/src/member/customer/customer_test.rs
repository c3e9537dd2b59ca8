//! The pages of customers, as staff use them.

use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use serde_json::{Value, json};

async fn post(test: &TestApp, path: &str, key: &str, body: &Value) -> crate::test_app::Reply {
    let request = axum::http::Request::post(format!("/api/v1/sites/shop/{path}"))
        .header("authorization", key)
        .header("content-type", "application/json");
    test.send(request.body(body.to_string().into()).unwrap()).await
}

async fn put(test: &TestApp, path: &str, key: &str, body: &Value) -> crate::test_app::Reply {
    let request = axum::http::Request::put(format!("/api/v1/sites/shop/{path}"))
        .header("authorization", key)
        .header("content-type", "application/json");
    test.send(request.body(body.to_string().into()).unwrap()).await
}

#[tokio::test]
async fn a_server_writes_customers_and_contacts_down_once_and_each_bad_one_is_named() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let key = test.bearer(&site, &[Scope::ReadCustomers, Scope::WriteCustomers]).await;
    let customers = json!({ "customers": [
        { "id": "4711", "name": "Ada Lovelace", "mail": "ada@example.com", "traits": { "plan": "gold", "orders": 12, "vip": true } },
        { "id": "rapport:x", "name": "Own" },
        { "name": "No id" },
        { "id": "4712", "mail": "no address" },
        { "id": "4713", "nickname": "x" },
        { "id": "4714", "traits": { "nested": {} } },
        7,
    ] });
    let saved = post(&test, "customers", &key, &customers).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    let saved = saved.json();
    assert_eq!(saved["saved"].as_array().unwrap().len(), 1);
    assert_eq!(saved["saved"][0]["new"], true);
    let rejected: Vec<_> = saved["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["index"].as_u64().unwrap(), of["field"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [(1, "id"), (2, "id"), (3, "mail"), (4, "nickname"), (5, "traits.nested"), (6, "")];
    assert_eq!(rejected, expected.map(|(index, field)| (index, field.to_owned())));
    let again = post(&test, "customers", &key, &customers).await.json();
    assert_eq!((&again["saved"][0]["new"], &again["saved"][0]["id"]), (&json!(false), &saved["saved"][0]["id"]));

    let contacts = json!({ "interactions": [
        { "id": "o-1", "customer": "4711", "channel": "purchase", "amount_minor": 4900, "currency": "EUR", "thing": "Vase" },
        { "id": "o-1", "customer": "4711", "channel": "purchase", "amount_minor": 4900, "currency": "EUR" },
        { "id": "c-1", "mail": "Ada@example.com", "channel": "call", "subject": "Where is it?" },
        { "id": "c-2", "mail": "eve@example.com", "channel": "call" },
        { "id": "c-3", "customer": "new-1", "channel": "visit" },
        { "id": "", "customer": "4711", "channel": "fax" },
        { "id": "c-5", "channel": "call" },
    ] });
    let added = post(&test, "interactions", &key, &contacts).await;
    assert_eq!(added.status, 200, "{}", added.text());
    let added = added.json();
    assert_eq!((&added["accepted"], &added["duplicate"]), (&json!(3), &json!(1)), "{added}");
    let rejected: Vec<_> = added["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["index"].as_u64().unwrap(), of["field"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [(3, "mail"), (5, "id"), (5, "channel"), (6, "customer")];
    assert_eq!(rejected, expected.map(|(index, field)| (index, field.to_owned())));
    let again = post(&test, "interactions", &key, &contacts).await.json();
    assert_eq!((&again["accepted"], &again["duplicate"]), (&json!(0), &json!(4)));

    let get = async |path: &str| test.get(&format!("/api/v1/sites/shop/{path}"), &[("authorization", &key)]).await;
    let one = get("customers/4711").await.json();
    assert_eq!(one["customer"]["traits"], json!({ "plan": "gold", "orders": "12", "vip": "true" }));
    assert_eq!(
        one["paid"],
        json!([{ "currency": "EUR", "purchases": 1, "purchased_minor": 4900, "refunds": 0, "refunded_minor": 0, "rest": "49.00 EUR" }])
    );
    let timeline = get("customers/4711/timeline?show=call").await.json();
    assert_eq!(timeline["days"][0]["events"][0]["subject"], "Where is it?");
    for (query, found) in [
        ("q=lovel", 1),
        ("q=new-1", 1),
        ("trait=plan%3Dgold", 1),
        ("trait=plan%3Dgol", 0),
        ("channel=visit", 1),
        ("tickets=open", 0),
        ("", 2),
    ] {
        assert_eq!(
            get(&format!("customers?{query}")).await.json()["customers"].as_array().unwrap().len(),
            found,
            "{query}"
        );
    }
    let changed = put(&test, "customers/4711", &key, &json!({ "name": null, "traits": { "plan": null } })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let changed = changed.json();
    assert_eq!(
        (&changed["customer"]["called"], &changed["customer"]["traits"]),
        (&json!("ada@example.com"), &json!({ "orders": "12", "vip": "true" }))
    );
    assert_eq!(put(&test, "customers/4711", &key, &json!({ "mail": "x" })).await.status, 422);
    assert_eq!(get("customers/none").await.status, 404);
    for path in [
        "exports/customers?format=csv",
        "exports/interactions?format=csv",
        "exports/customers",
        "exports/interactions?range=today",
    ] {
        let export = get(path).await;
        assert_eq!(export.status, 200, "{path}");
        assert!(export.text().contains("4711"), "{path}: {}", export.text());
    }
    for (body, status) in [(json!({ "interactions": [] }), 422), (json!({ "other": [] }), 422), (json!([]), 400)] {
        assert_eq!(post(&test, "interactions", &key, &body).await.status, status, "{body}");
    }
    let many: Vec<_> = (0..1_000).map(|number| json!({ "id": format!("m-{number}"), "customer": "4711", "channel": "note", "body": "x".repeat(500) })).collect();
    assert_eq!(post(&test, "interactions", &key, &json!({ "interactions": many })).await.json()["accepted"], 1_000);
    let reader = test.bearer(&site, &[Scope::ReadReports]).await;
    assert_eq!(post(&test, "interactions", &reader, &contacts).await.status, 403);
    assert_eq!(test.get("/api/v1/sites/shop/customers", &[("authorization", &reader)]).await.status, 403);
}

#[tokio::test]
async fn staff_log_a_call_with_a_form_and_one_sent_twice_is_kept_once() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let cookie = test.cookie(&site, "sam@example.com", Role::Support).await;
    let headers = [("cookie", cookie.as_str())];
    let added = test.submit("/sites/shop/customers", "name=Zo%C3%AB+M%C3%BCller&mail=&phone=030+12", &headers).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let address = added.header("location").to_owned();
    let key = test.app.clock.new_id();
    let call = format!(
        "key={key}&channel=call&direction=out&subject=Called+back&body=%3Cb%3Ehello&at=&amount=&currency=&thing="
    );
    for _ in 0..2 {
        assert_eq!(test.submit(&format!("{address}/contacts"), &call, &headers).await.status, 303);
    }
    let page = test.get(&address, &headers).await.text();
    assert_eq!(page.matches("Called back").count(), 1, "{page}");
    assert!(page.contains("sam@example.com") && !page.contains("<b>hello") && page.contains("to them"));
    let bad = test
        .submit(&format!("{address}/contacts"), "channel=purchase&subject=Kept+words&amount=&currency=EUR", &headers)
        .await;
    assert!(bad.status == 422 && bad.text().contains("Kept words") && bad.text().contains("<code>amount</code>"));
    let bought =
        test.submit(&format!("{address}/contacts"), "channel=purchase&amount=1.234,50&currency=eur", &headers).await;
    assert_eq!(bought.status, 303, "{}", bought.text());
    assert!(test.get(&address, &headers).await.text().contains("1,234.50 EUR"));
    assert_eq!(test.submit(&address, "name=Zoe&mail=zoe%40example.com", &headers).await.status, 303);
    let wrong = test.submit(&address, "mail=nowhere", &headers).await;
    assert!(wrong.status == 422 && wrong.text().contains("nowhere"));
    let list = test.get("/sites/shop/customers?q=zoe", &headers).await.text();
    assert!(list.contains("zoe@example.com") && list.contains("030 12"), "{list}");
    assert!(test.get("/sites/shop/customers?q=nobody", &headers).await.text().contains("Nobody is found by that"));
    let table = test.get("/sites/shop/customers?format=csv", &headers).await.text();
    assert!(table.starts_with("id,customer,name,mail") && table.contains("zoe@example.com"), "{table}");
    assert_eq!(test.submit("/sites/shop/customers", "name=&mail=&phone=", &headers).await.status, 400);
    let viewer = test.cookie(&site, "vera@example.com", Role::Viewer).await;
    for path in ["/sites/shop/customers", address.as_str()] {
        assert_eq!(test.get(path, &[("cookie", &viewer)]).await.status, 403, "{path}");
    }
    let none = format!("/sites/shop/customers/{}", test.app.clock.new_id());
    assert_eq!(test.get(&none, &headers).await.status, 404);
}
