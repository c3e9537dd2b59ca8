//! The Words page from what a browser sent to what a person reads, on the path that everyone's answers take.

use crate::job::arrival::Taker;
use crate::job::words::{IndexWords, Message, index_messages};
use crate::test_app::TestApp;
use rapport_shared::id::Id;
use rapport_store::account::role::Role;
use rapport_store::word::Source;

/// Answers of the page's survey: a score with words; each indexed as the job does it.
async fn told(test: &TestApp, said: &[(u8, &str)]) {
    let items: Vec<_> = said
        .iter()
        .enumerate()
        .map(|(number, (score, text))| {
            format!(
                r#"{{"type":"response","id":"018f8d3e-0000-7000-8000-{number:012}","age_ms":{},"revision":1,"survey":"feedback","survey_version":1,"path":"/cart","language":"en","finished":true,
                   "answers":[{{"question":"rating","score":{score}}},{{"question":"reason","text":{}}}]}}"#,
                1_000 * (said.len() - number),
                serde_json::to_string(text).unwrap()
            )
        })
        .collect();
    for items in items.chunks(20) {
        let reply = test.batch(&format!(r#"{{"site":"shop","items":[{}]}}"#, items.join(","))).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        assert!(reply.text().contains(&format!(r#""accepted":{}"#, items.len())), "{}", reply.text());
    }
    let store = test.app.store.clone();
    let site = test.app.sites.by_key("shop").await.unwrap().unwrap();
    let taker = IndexWords { store: store.clone() };
    let arrivals = store.arrivals(site.site.site_id, Id([0; 16]), 1_000).await.unwrap();
    // Twice, as a collector does that was killed in between.
    taker.take(&site, &arrivals).await.unwrap();
    taker.take(&site, &arrivals).await.unwrap();
}

const SAID: &[(u8, &str)] = &[
    (1, "The delivery time is <b>too long</b>"),
    (2, "delivery times too long"),
    (1, "Long delivery time!"),
    (5, "我很喜欢这个商店，退款很快"),
    (3, "no comment"),
    (5, "Lovely mugs"),
];

#[tokio::test]
async fn a_word_is_found_marked_and_escaped_and_leads_to_its_answer() {
    let test = TestApp::new().await;
    let site = test.site().await;
    told(&test, SAID).await;
    let cookie = test.cookie(&site, "vic@example.com", Role::Viewer).await;
    let read = async |query: &str| {
        let reply =
            test.get(&format!("/sites/shop/words{query}"), &[("cookie", &cookie), ("accept", "text/html")]).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text());
        reply.text()
    };
    let page = read("?search=deliveries").await;
    assert!(page.contains("<mark>delivery</mark>") && page.contains("3 texts"), "{page}");
    assert!(page.contains("&#60;b&#62;") && !page.contains("<b>too long"), "{page}");
    assert!(page.contains("/sites/shop/responses/018f8d3e-0000-7"), "{page}");
    assert!(read("?search=%E9%80%80%E6%AC%BE").await.contains("<mark>退款</mark>"));
    assert!(read("?search=absent").await.contains("Nobody wrote that"));
    assert!(read("?search=delivery&device=tablet").await.contains("Nobody wrote that"));
    assert!(read("?score=high").await.contains("2 texts"));
    let themes = read("").await;
    assert!(themes.contains("delivery time"), "{themes}");
    assert!(themes.contains("1 text says nothing"), "{themes}");
    assert!(themes.contains("3×"), "{themes}");
    assert!(read("?theme=deliveri+time").await.contains("3 texts"));
    let message = Message {
        source: Source::Ticket,
        item_id: Id([9; 16]),
        part: "1".into(),
        occurred_at_ms: test.app.clock.now_ms() - 1,
        language: "de".into(),
        text: "Ihre Lieferungen kommen morgen".into(),
    };
    let of = (Source::Ticket, message.item_id);
    index_messages(&test.app.store, site.site_id, of, &[message]).await.unwrap();
    assert!(read("?search=lieferung").await.contains("<mark>Lieferungen</mark>"));
    index_messages(&test.app.store, site.site_id, of, &[]).await.unwrap();
    assert!(read("?search=lieferung").await.contains("Nobody wrote that"));
    let csv = read("?search=mug&format=csv").await;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains("Lovely mugs"), "{csv}");
    assert!(read("?format=csv&table=themes").await.starts_with("name,texts,share,"));
    let refused = test.get("/sites/shop/words?search=...", &[("cookie", &cookie), ("accept", "text/html")]).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
}

#[tokio::test]
async fn a_theme_kept_the_name_that_a_machine_gave_it() {
    let test = TestApp::new().await;
    let site = test.site().await;
    told(&test, SAID).await;
    let cookie = test.cookie(&site, "eve@example.com", Role::Editor).await;
    let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
    let read = async |query: &str| test.get(&format!("/sites/shop/words{query}"), &headers).await.text();
    let page = read("").await;
    let key = page.split("name=\"key\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a theme");
    let send = async |form: &str| {
        let form = format!("key={}&{form}", crate::http::query::encode(key));
        test.submit("/sites/shop/words/themes?range=7d", &form, &headers).await
    };
    let named = send("name=Shipping&label=delivery+time").await;
    assert_eq!(
        (named.status.as_u16(), named.header("location")),
        (303, "/sites/shop/words?range=7d"),
        "{}",
        named.text()
    );
    assert!(read("").await.contains("<bdi>Shipping</bdi>"));
    assert!(read(&format!("?theme={}", crate::http::query::encode(key))).await.contains("Theme “<bdi>Shipping</bdi>”"));
    assert_eq!(send("hidden=yes&label=delivery+time").await.status, 303);
    let hidden = read("").await;
    assert!(hidden.contains("1 theme not listed") && !hidden.contains("<bdi>Shipping</bdi>"), "{hidden}");
    assert_eq!(send("").await.status, 303);
    assert_eq!(read("").await.matches(&format!("name=\"key\" value=\"{key}\"")).count(), 1);
    let refused = send(&format!("into={}", crate::http::query::encode(key))).await;
    assert!(refused.status == 422 && refused.text().contains("<code>into</code>"), "{}", refused.text());
}
