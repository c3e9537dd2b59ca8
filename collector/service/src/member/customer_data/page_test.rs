//! Customers from a file, merged, taken along and erased, on the pages and over the interface of servers.

use crate::test_app::TestApp;
use axum::body::Body;
use axum::http::Request;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use serde_json::{Value, json};

const FILE: &str = "Number;Name;E-Mail;plan\n1;Ada;ada@example.com;gold\n2;Ada L.;ada@example.com;\n\
    3;Ben;no address;\n;Nobody;;\n1;Ada again;;\n";

fn multipart(fields: &[(&str, &str)], file: &str) -> String {
    let part = |name: &str, more: &str, value: &str| {
        format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().map(|(name, value)| part(name, "", value)).collect();
    format!("{fields}{}--edge--\r\n", part("file", "; filename=\"a.csv\"", file))
}

async fn import(test: &TestApp, cookie: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let request = Request::post("/sites/shop/customer-data/import")
        .header("cookie", cookie)
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=edge");
    let reply = test.send(request.body(Body::from(multipart(fields, FILE))).unwrap()).await;
    (reply.status.as_u16(), reply.text())
}

/// The link that begins so.
fn link<'a>(page: &'a str, beginning: &str) -> &'a str {
    let mut links = page.split(['"']).filter(|text| text.starts_with(beginning));
    links.next().unwrap_or_else(|| panic!("no link begins with {beginning}: {page}"))
}

#[tokio::test]
async fn a_bad_line_sank_a_file_and_importing_it_twice_doubled_customers() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let cookie = test.cookie(&site, "eve@example.com", Role::Editor).await;
    let customers =
        async || rapport_store::test_store::number(&test.app.store, "SELECT COUNT(*) AS n FROM customer").await;
    let (status, page) = import(&test, &cookie, &[("trial", "yes")]).await;
    assert_eq!((status, page.contains("none of Number, Name, E-Mail, plan is the id")), (422, true), "{page}");
    let told = ("column", "Number=id");
    for (trial, added, there) in [("yes", 2, 0), ("no", 2, 2), ("no", 0, 2)] {
        let (status, page) = import(&test, &cookie, &[("trial", trial), told]).await;
        assert_eq!(status, 200, "{page}");
        let new = format!("New customers</th><td data-label=\"How many\" class=\"number\">{added}<");
        assert!(page.contains(&new), "{page}");
        for (line, column, why) in [
            (4, "E-Mail", "must be one mail address"),
            (5, "Number", "is empty"),
            (6, "Number", "stands in line 2 already"),
        ] {
            let row = format!("<tr><th scope=\"row\">{line}</th><td data-label=\"Column\"><bdi>{column}</bdi>");
            assert!(page.contains(&row) && page.contains(why), "{line}: {page}");
        }
        assert_eq!(customers().await, there);
    }
    let viewer = test.cookie(&site, "vic@example.com", Role::Support).await;
    assert_eq!(import(&test, &viewer, &[("trial", "no"), told]).await.0, 403);
    let (status, page) = import(&test, &cookie, &[("trial", "maybe"), told]).await;
    assert_eq!((status, page.contains("must be yes or no")), (422, true));
}

#[tokio::test]
async fn customers_are_merged_undone_taken_along_and_erased_with_a_receipt_on_the_pages() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let cookie = test.cookie(&site, "eve@example.com", Role::Editor).await;
    import(&test, &cookie, &[("trial", "no"), ("column", "Number=id")]).await;
    let read = async |path: &str| {
        let reply = test.get(path, &[("cookie", &cookie), ("accept", "text/html")]).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    };
    let send = async |path: &str, form: &str| test.submit(path, form, &[("cookie", &cookie)]).await;
    assert_eq!(send("/sites/shop/customer-data/look", "").await.status, 303);
    let page = read("/sites/shop/customer-data").await;
    assert!(page.contains("same mail address") && page.contains("Two people"), "{page}");
    let id = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split_once('"').unwrap().0
    };
    let both = format!("one={}&other={}&keep=one", id("one"), id("other"));
    assert_eq!(send("/sites/shop/customer-data/answer", &both).await.status, 303);
    assert_eq!(send("/sites/shop/customer-data/answer", &both).await.status, 404);
    let page = read("/sites/shop/customer-data").await;
    let undo = link(&page, "/sites/shop/customer-data/merges/");
    assert_eq!(send(undo, "").await.status, 303);
    assert_eq!(send(undo, "").await.status, 404);
    assert_eq!(send("/sites/shop/customer-data/merge", "customer=2&into=1").await.status, 303);
    let again = send("/sites/shop/customer-data/merge", "customer=1&into=2").await;
    assert_eq!((again.status.as_u16(), again.text().contains("same person already")), (422, true));

    let found = test.get("/sites/shop/customer-data/find?customer=1", &[("cookie", &cookie)]).await;
    let address = found.header("location").to_owned();
    let page = read(&address).await;
    assert!(page.contains("Customer records") && page.contains("Ada L."), "{page}");
    let taken = send(&format!("{address}/take"), "").await;
    let document = taken.json();
    assert_eq!(document["tables"]["customer"].as_array().map(Vec::len), Some(2), "{document}");
    assert_eq!(document["tables"]["customer_trait"][0]["value"], "gold");
    assert!(document["elsewhere"].as_array().is_some_and(|lines| lines.len() == 5));
    let refused = send(&format!("{address}/erase"), "confirm=Adam").await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let erased = send(&format!("{address}/erase"), "confirm=Ada").await;
    assert_eq!(erased.status, 303, "{}", erased.text());
    let receipt = read(erased.header("location")).await;
    assert!(receipt.contains("Customer records") && receipt.contains("mail server"), "{receipt}");
    assert!(!receipt.contains("Ada") && !receipt.contains("ada@example.com"), "{receipt}");
    assert_eq!(test.get(&address, &[("cookie", &cookie)]).await.status, 404);
    let audit = read("/sites/shop/audit").await;
    assert!(audit.contains("customer (erased)") && !audit.contains("customer 1<"), "{audit}");
}

#[tokio::test]
async fn a_server_imports_merges_takes_along_and_erases() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let key = test.bearer(&site, &[Scope::ManageCustomers]).await;
    let send = async |method: &str, path: &str, kind: &str, body: String| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/sites/shop/{path}"))
            .header("authorization", &key)
            .header("content-type", kind);
        test.send(request.body(Body::from(body)).unwrap()).await
    };
    let json_of = async |method: &str, path: &str, body: Value| {
        let reply = send(method, path, "application/json", body.to_string()).await;
        let status = reply.status.as_u16();
        (status, if reply.text().is_empty() { Value::Null } else { reply.json() })
    };
    for (trial, added) in [("yes", 2), ("no", 2), ("no", 0)] {
        let path = format!("customer-imports?trial={trial}&column=Number%3Did");
        let reply = send("POST", &path, "text/csv", FILE.to_owned()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let report = reply.json();
        assert_eq!((&report["lines"], &report["added"], &report["bad"]), (&json!(5), &json!(added), &json!(3)));
        assert_eq!(report["columns"][0], json!({ "header": "Number", "meaning": "id" }));
    }
    let broken = send("POST", "customer-imports?encoding=latin", "text/csv", FILE.to_owned()).await;
    assert_eq!((broken.status.as_u16(), &broken.json()["errors"][0]["field"]), (422, &json!("encoding")));
    let (status, merge) = json_of("POST", "customer-merges", json!({ "customer": "2", "into": "1" })).await;
    assert_eq!((status, &merge["customer"], &merge["cause"]), (201, &json!("2"), &json!("said")));
    assert_eq!(json_of("POST", "customer-merges", json!({ "customer": "9", "into": "1" })).await.0, 404);
    let undo = format!("customer-merges/{}", merge["id"].as_str().unwrap());
    assert_eq!(json_of("DELETE", &undo, json!({})).await.0, 204);
    assert_eq!(json_of("DELETE", &undo, json!({})).await.0, 404);
    test.app.store.propose_merges(site.site_id, 5).await.unwrap();
    let (_, proposals) = json_of("GET", "customer-proposals", json!({})).await;
    assert_eq!(proposals[0]["cause"], "mail", "{proposals}");
    let said = json!({ "one": "1", "other": "2", "keep": "3" });
    assert_eq!(json_of("POST", "customer-proposals", said).await.0, 422);
    let said = json!({ "one": "1", "other": "2", "keep": "1" });
    assert_eq!(json_of("POST", "customer-proposals", said).await.0, 204);
    assert_eq!(json_of("GET", "customer-merges", json!({})).await.1[0]["into"], "1");

    let (_, found) = json_of("GET", "customers/2/found", json!({})).await;
    assert_eq!(found["found"]["customer"], 2, "{found}");
    let (_, document) = json_of("GET", "customers/1/data", json!({})).await;
    assert_eq!(document["tables"]["customer"].as_array().map(Vec::len), Some(2));
    assert_eq!(json_of("POST", "customers/1/erase", json!({ "confirm": "2" })).await.0, 422);
    let (status, receipt) = json_of("POST", "customers/1/erase", json!({ "confirm": "1" })).await;
    assert_eq!((status, &receipt["found"]["customer"]), (200, &json!(2)), "{receipt}");
    let path = format!("erasures/{}", receipt["id"].as_str().unwrap());
    assert_eq!(json_of("GET", &path, json!({})).await.1, receipt);
    assert_eq!(json_of("GET", "erasures", json!({})).await.1[0], receipt);
    assert_eq!(json_of("GET", "customers/1/data", json!({})).await.0, 404);
}
