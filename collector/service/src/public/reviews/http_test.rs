//! Reviews over the whole router: in by a server, moderated by a member, read by the public.

use crate::config::{Config, Network};
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use rapport_ingest::signature;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::review::rule::purchase_message;
use rapport_store::site::Site;
use rapport_store::site::secrets::Purpose;
use rapport_store::test_store::note;
use serde_json::json;

const BROWSER: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");

struct Story {
    test: TestApp,
    site: Site,
    key: String,
}

impl Story {
    async fn begin() -> Self {
        Self::over(TestApp::new().await).await
    }

    async fn over(test: TestApp) -> Self {
        let site = test.site().await;
        let key = test.bearer(&site, &[Scope::ReadReviews, Scope::WriteReviews]).await;
        Self { test, site, key }
    }

    async fn call(&self, method: &str, path: &str, body: serde_json::Value) -> Reply {
        let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/{path}"));
        let request = request.header("authorization", &self.key).header("content-type", "application/json");
        self.test.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn add(&self, body: serde_json::Value) -> serde_json::Value {
        let reply = self.call("POST", "reviews", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    async fn publish(&self, id: &str) {
        let cookie = self.test.cookie(&self.site, "sam@example.com", Role::Support).await;
        let reply =
            self.test.submit(&format!("/sites/shop/reviews/{id}"), "state=published", &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
    }

    async fn public(&self, query: &str) -> serde_json::Value {
        let reply = self.test.get(&format!("/v1/reviews/shop{query}"), &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }
}

#[tokio::test]
async fn nothing_is_public_before_somebody_published_it() {
    let story = Story::begin().await;
    let review =
        json!({ "thing": "mug", "stars": 5, "title": "Fine", "text": "<script>alert(1)</script>", "author": "Ada" });
    let id = story.add(review).await["id"].as_str().unwrap().to_owned();
    assert_eq!(story.public("").await["reviews"], json!([]));
    story.publish(&id).await;
    let reply = story.test.get("/v1/reviews/shop?thing=mug", &[("origin", "https://elsewhere.example")]).await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(reply.header("cache-control").starts_with("public, max-age=60"));
    let list = reply.json();
    assert_eq!(list["reviews"][0]["text"], "<script>alert(1)</script>");
    assert_eq!(list["summary"]["mean_stars"], 5.0);
    assert_eq!(list["structured_data"], json!(null), "nobody said what it is");

    let cookie = story.test.cookie(&story.site, "sam@example.com", Role::Support).await;
    let form = "reply=Thank+you%21";
    let replied = story.test.submit(&format!("/sites/shop/reviews/{id}/reply"), form, &[("cookie", &cookie)]).await;
    assert_eq!(replied.header("location"), format!("/sites/shop/reviews/{id}"));
    let list = story.public("").await;
    assert_eq!(list["reviews"][0]["reply"]["text"], "Thank you!");
    assert!(!list.to_string().contains("sam@example.com"), "who replied is the company's business");
    let own = story.call("GET", "reviews?state=published", json!(null)).await.json();
    assert_eq!(own["reviews"][0]["reply"]["by"], "sam@example.com");

    for page in ["/r/shop", "/r/shop/mug", &format!("/sites/shop/reviews/{id}"), "/sites/shop/reviews?state=all"] {
        let text = story.test.get(page, &[("cookie", &cookie)]).await;
        assert_eq!(text.status, 200, "{page}: {}", text.text());
        assert!(text.text().contains("&#60;script&#62;alert(1)") && text.text().contains("Thank you!"), "{page}");
        assert!(!text.text().contains("<script>alert"), "{page}");
    }
    let entries = story.test.app.store.audit_entries(story.site.site_id, None, 10).await.unwrap();
    let noted = entries.iter().map(|entry| (entry.actor.as_str(), entry.action.as_str()));
    let noted: Vec<_> = noted.filter(|(_, action)| action.starts_with("review.")).collect();
    assert_eq!(noted, [("sam@example.com", "review.reply"), ("sam@example.com", "review.publish")]);
}

#[tokio::test]
async fn only_staff_moderate_and_only_from_our_own_pages() {
    let story = Story::begin().await;
    let id = story.add(json!({ "thing": "mug", "stars": 1 })).await["id"].as_str().unwrap().to_owned();
    let address = format!("/sites/shop/reviews/{id}");
    let viewer = story.test.cookie(&story.site, "vera@example.com", Role::Viewer).await;
    let page = story.test.get("/sites/shop/reviews", &[("cookie", &viewer)]).await.text();
    assert!(page.contains("Pending 1") && !page.contains(">Publish<"), "a viewer sees it, and no button");
    for (path, form) in [(address.clone(), "state=published"), (format!("{address}/reply"), "reply=x")] {
        assert_eq!(story.test.submit(&path, form, &[("cookie", &viewer)]).await.status, 403, "{path}");
        assert_eq!(story.test.submit(&path, form, &[]).await.status, 401, "{path}");
        let sam = story.test.cookie(&story.site, "sam@example.com", Role::Support).await;
        let foreign = Request::post(&path).header("sec-fetch-site", "cross-site").header("cookie", &sam);
        let foreign =
            foreign.header("content-type", "application/x-www-form-urlencoded").body(Body::from(form)).unwrap();
        assert_eq!(story.test.send(foreign).await.status, 403, "{path}");
    }
    let sam = story.test.cookie(&story.site, "sam@example.com", Role::Support).await;
    let wrong = story.test.submit(&address, "state=shown", &[("cookie", &sam)]).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["errors"][0]["field"].as_str()), (422, Some("state")));
    let long = format!("reply={}", "x".repeat(5_001));
    let wrong = story.test.submit(&format!("{address}/reply"), &long, &[("cookie", &sam)]).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["errors"][0]["field"].as_str()), (422, Some("reply")));
    for (back, location) in [
        ("%3Fstate%3Dpending%26stars%3D1", "/sites/shop/reviews?state=pending&stars=1".to_owned()),
        ("//evil.example", address.clone()),
    ] {
        let form = format!("state=rejected&back={back}");
        let reply = story.test.submit(&address, &form, &[("cookie", &sam)]).await;
        assert_eq!(reply.header("location"), location);
    }
    assert_eq!(story.public("").await["summary"]["reviews"], 0);
}

#[tokio::test]
async fn a_signed_order_proves_a_purchase_and_faults_are_named() {
    let story = Story::begin().await;
    let store = &story.test.app.store;
    let secret =
        store.site_secret(story.site.site_id, Purpose::Order, rapport_store::random::fresh(), 1).await.unwrap();
    let signed = signature::sign(signature::readable(&secret).as_bytes(), &purchase_message("A-1", "mug"));
    let review = json!({ "thing": "mug", "stars": 4, "order": "A-1", "order_signature": signed });
    let first = story.add(review.clone()).await;
    assert_eq!((&first["verified_purchase"], &first["added"]), (&json!(true), &json!(true)));
    assert_eq!(story.add(review).await["id"], first["id"], "an order has one review of each thing");
    for (body, status, field) in [
        (json!({ "thing": "bowl", "stars": 4, "order": "A-1", "order_signature": signed }), 422, "order_signature"),
        (json!({ "thing": "mug", "stars": 6 }), 422, "stars"),
        (json!({ "thing": "", "stars": 3 }), 422, "thing"),
        (json!({ "thing": "mug", "stars": 3, "author": "x".repeat(81) }), 422, "author"),
    ] {
        let reply = story.call("POST", "reviews", body.clone()).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()["errors"][0]["field"].as_str()),
            (status, Some(field)),
            "{body}"
        );
    }
    for (body, field, reason) in [
        (json!({ "thing": "mug" }), "stars", "must be 1 to 5"),
        (json!({ "thing": "mug", "stars": 2.5 }), "stars", "must be a whole number from 1 to 5"),
        (json!({ "thing": "mug", "stars": 3, "language": "xx-nonsense-zz-!!" }), "language", "BCP 47"),
        (json!({ "thing": "mug", "stars": 3, "colour": "red" }), "colour", "is not known here"),
    ] {
        let reply = story.call("POST", "reviews", body.clone()).await;
        let error = &reply.json()["errors"][0];
        assert_eq!((reply.status.as_u16(), error["field"].as_str()), (422, Some(field)), "{body}");
        assert!(error["reason"].as_str().is_some_and(|told| told.contains(reason)), "{error}");
    }
    assert_eq!(story.call("POST", "reviews", json!([])).await.status, 422);
    let id = story.test.app.clock.new_id().to_text();
    let with_id = json!({ "id": id, "thing": "bowl", "stars": 2 });
    assert_eq!(story.add(with_id.clone()).await["added"], true);
    assert_eq!(story.add(with_id).await["added"], false, "sent twice, kept once");
}

#[tokio::test]
async fn an_empty_review_was_told_of_its_thing_and_not_of_its_stars() {
    let story = Story::begin().await;
    let reply = story.call("POST", "reviews", json!({})).await;
    assert_eq!(reply.status, 422);
    let document = reply.json();
    let fields: Vec<_> = document["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["thing", "stars"]);
}

#[tokio::test]
async fn another_review_under_the_same_id_was_told_as_added_before_and_lost() {
    let story = Story::begin().await;
    let id = story.test.app.clock.new_id().to_text();
    let with = |stars: u8, text: &str| json!({ "id": id, "thing": "bowl", "stars": stars, "text": text });
    assert_eq!(story.add(with(2, "4111 1111 1111 1111")).await["added"], true);
    assert_eq!(story.add(with(2, "4111 1111 1111 1111")).await["added"], false, "what is kept otherwise is the same");
    for other in [with(5, "4111 1111 1111 1111"), with(2, "Another")] {
        let reply = story.call("POST", "reviews", other).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["field"]), (422, &json!("id")));
    }
}

#[tokio::test]
async fn the_bodies_that_the_description_shows_are_accepted() {
    let story = Story::begin().await;
    let document = story.test.get("/api/openapi.json", &[]).await.json();
    for (method, path, address, status) in [
        ("post", "/api/v1/sites/{site}/reviews", "reviews", 201),
        ("put", "/api/v1/sites/{site}/things/{thing}", "things/moss-mug", 200),
    ] {
        let example = &document["paths"][path][method]["requestBody"]["content"]["application/json"]["example"];
        let reply = story.call(&method.to_uppercase(), address, example.clone()).await;
        assert_eq!(reply.status, status, "{example}: {}", reply.text());
    }
    let required = &document["components"]["schemas"]["NewReview"]["required"];
    assert_eq!(required, &json!(["thing", "stars"]));
}

#[tokio::test]
async fn a_described_product_has_markup_that_is_the_page() {
    let story = Story::begin().await;
    let described =
        json!({ "name": "Harbour </script> mug", "type": "Product", "url": "https://shop.example.com/mug" });
    let reply = story.call("PUT", "things/tableware%2Fmug", described).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    for (body, field) in [
        (json!({ "name": "Pottery", "type": "LocalBusiness" }), "type"),
        (json!({ "name": " " }), "name"),
        (json!({ "name": "Mug", "url": "javascript:alert(1)" }), "url"),
    ] {
        let reply = story.call("PUT", "things/mug", body).await;
        assert_eq!((reply.status.as_u16(), reply.json()["errors"][0]["field"].as_str()), (422, Some(field)));
    }
    for (stars, author) in [(5, "Ada"), (4, "Bob"), (1, "")] {
        let review = json!({ "thing": "tableware/mug", "stars": stars, "author": author, "text": "Holds tea." });
        let id = story.add(review).await["id"].as_str().unwrap().to_owned();
        story.publish(&id).await;
    }
    let page = story.test.get("/r/shop/tableware%2Fmug", &[]).await.text();
    let start = page.find("application/ld+json\">").unwrap() + 21;
    let script = &page[start..start + page[start..].find("</script>").unwrap()];
    let document: serde_json::Value = serde_json::from_str(script).unwrap();
    assert_eq!(document["aggregateRating"]["ratingValue"], "3.3");
    assert!(page.contains("3.3 of 5 stars") && page.contains("Ratings: 3<br>With words: 3"), "{page}");
    assert_eq!(document["name"], "Harbour </script> mug");
    assert_eq!(document["review"].as_array().unwrap().len(), 2, "who gave no name is shown, and not marked up");
    assert!(!story.test.get("/r/shop", &[]).await.text().contains("ld+json"), "a list of the company itself has none");
    let ranking = story.test.get("/v1/reviews/shop/things", &[]).await.json();
    assert_eq!((&ranking[0]["thing"], &ranking[0]["summary"]["written"]), (&json!("tableware/mug"), &json!(3)));
}

#[tokio::test]
async fn the_public_filters_pages_and_votes() {
    let story = Story::begin().await;
    let mut ids = Vec::new();
    for stars in [5, 3, 5] {
        let review = json!({ "thing": "mug", "stars": stars, "language": "de" });
        let id = story.add(review).await["id"].as_str().unwrap().to_owned();
        story.publish(&id).await;
        ids.push(id);
    }
    let list = story.public("?stars=5&per_page=1&page=2&language=de").await;
    assert_eq!((&list["matching"], &list["pages"], &list["summary"]["reviews"]), (&json!(2), &json!(2), &json!(3)));
    assert_eq!(list["reviews"].as_array().unwrap().len(), 1);
    let fault = story.test.get("/v1/reviews/shop?sort=price", &[]).await;
    assert_eq!((fault.status.as_u16(), fault.header("access-control-allow-origin")), (422, "*"));
    assert_eq!(story.test.get("/v1/reviews/none", &[]).await.status, 404);
    assert_eq!(story.test.get("/r/none", &[]).await.status, 404);
    assert_eq!(story.test.get("/r/shop/none", &[]).await.status, 404);

    let vote = async |origin: &str, way: &str| {
        let request = Request::post(format!("/v1/reviews/shop/{}/{way}", ids[1])).header(BROWSER.0, BROWSER.1);
        story.test.send(request.header("origin", origin).body(Body::empty()).unwrap()).await
    };
    assert_eq!(vote("https://evil.example", "helpful").await.status, 403);
    for (way, helpful, unhelpful) in [("helpful", 1, 0), ("helpful", 1, 0), ("unhelpful", 0, 1), ("helpful", 1, 0)] {
        let votes = vote("https://shop.example.com", way).await.json();
        assert_eq!(votes, json!({ "helpful": helpful, "unhelpful": unhelpful }), "one visitor has one vote");
    }
    let by_form =
        story.test.submit(&format!("/r/shop/{}/helpful", ids[1]), "back=%2Fr%2Fshop%3Fsort%3Dhelpful", &[]).await;
    let id = &ids[1];
    let back = by_form.header("location");
    assert_eq!(back, format!("../../../r/shop?sort=helpful&counted={id}#review-{id}"));
    let told = story.test.get(&format!("/r/shop?sort=helpful&counted={id}"), &[]).await;
    assert_eq!(told.header("cache-control"), "no-store", "a second vote comes back to the same address");
    assert_eq!(told.text().matches("Thank you, your vote is counted.").count(), 1);
    assert!(!told.text().contains(&format!("counted={id}")), "{}", told.text());
    let gone = story.test.app.clock.new_id();
    let none = story.test.submit(&format!("/r/shop/{gone}/helpful"), "", &[]).await;
    assert_eq!(none.header("location"), format!("../../../r/shop?not_counted={gone}#review-{gone}"));
    assert_eq!(story.public("?sort=helpful").await["reviews"][0]["helpful"], 1, "another browser is no other voter");
    assert_eq!(story.public("").await["reviews"][0]["id"], ids[1], "the public sees first what is surely helpful");
    assert_eq!(story.public("?sort=newest").await["reviews"][0]["id"], ids[2]);
    assert_eq!(story.public("?verified=1").await["matching"], 0);
    let no = "back=%2Fr%2Fshop&helpful=0";
    story.test.submit(&format!("/r/shop/{}/helpful", ids[0]), no, &[]).await;
    assert_eq!(story.public("?sort=lowest").await["reviews"][2]["unhelpful"], 1);
    assert_eq!(
        (&list["site_name"], &list["languages"]),
        (&json!("Shop"), &json!([{ "language": "de", "reviews": 3 }])),
        "{list}"
    );
    let elsewhere = story.test.submit(&format!("/r/shop/{}/helpful", ids[1]), "back=%2Fr%2Fshopping", &[]).await;
    assert_eq!(elsewhere.header("location"), format!("../../../r/shop?counted={id}#review-{id}"));
}

#[tokio::test]
async fn one_address_has_one_vote_whatever_browsers_it_makes_up() {
    let trusted_proxies = vec![Network::IPV4_LOOPBACK];
    let story = Story::over(TestApp::with_config(Config { trusted_proxies, ..Config::default() }).await).await;
    let id = story.add(json!({ "thing": "mug", "stars": 5 })).await["id"].as_str().unwrap().to_owned();
    story.publish(&id).await;
    let vote = async |address: &str, user_agent: &str| {
        let request = Request::post(format!("/v1/reviews/shop/{id}/helpful"))
            .header("origin", "https://shop.example.com")
            .header("x-forwarded-for", address)
            .header("user-agent", user_agent);
        let reply = story.test.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["helpful"].as_u64().unwrap()
    };
    for number in 0..29 {
        assert_eq!(vote("192.0.2.1", &format!("Browser {number}")).await, 1);
    }
    for number in 0..29 {
        assert_eq!(
            vote(&format!("2001:db8:0:1::{number}"), &format!("Browser {number}")).await,
            2,
            "a /64 is one network"
        );
    }
    assert_eq!(vote("192.0.2.2", "Browser 1").await, 3);
}

#[tokio::test]
async fn a_response_brings_its_review_which_waits_for_moderation() {
    let story = Story::begin().await;
    let survey = serde_json::from_value(json!({
        "id": "review", "name": "Review", "title": "Your review", "facts": ["product", "order", "order_signature"],
        "questions": [{ "id": "stars", "kind": "review", "text": "How is it?", "thing": "{{fact:product}}" },
                      { "id": "author", "kind": "short-text", "text": "Your name?" }],
    }))
    .unwrap();
    let store = &story.test.app.store;
    store.apply_survey(story.site.site_id, &survey, &note(1)).await.unwrap();
    story.test.app.sites.forget();
    let secret =
        store.site_secret(story.site.site_id, Purpose::Order, rapport_store::random::fresh(), 1).await.unwrap();
    let signed = signature::sign(signature::readable(&secret).as_bytes(), &purchase_message("A-1", "mug"));
    let id = story.test.app.clock.new_id();
    let send = async |revision: u32, stars: i32, facts: serde_json::Value, user_agent: &str| {
        let body = json!({ "site": "shop", "items": [{
            "type": "response", "id": id, "revision": revision, "survey": "review", "survey_version": 1,
            "language": "de", "path": "/mug", "duration_ms": 9_000, "facts": facts, "answers": [
                { "question": "stars", "score": stars, "parts": [{ "part": "text", "text": "Holds <b>tea</b>." }] },
                { "question": "author", "text": "Ada" },
            ],
        }] });
        let request = Request::post("/v1/batch").header("user-agent", user_agent).body(Body::from(body.to_string()));
        let reply = story.test.send(request.unwrap()).await;
        assert_eq!(reply.json()["rejected"], json!([]), "{}", reply.text());
    };
    let reviews = async || story.call("GET", "reviews", json!(null)).await.json()["reviews"].clone();
    send(1, 2, json!({ "product": "mug" }), BROWSER.1).await;
    let first = reviews().await;
    assert_eq!(first.as_array().unwrap().len(), 1);
    assert_eq!(
        (&first[0]["thing"], &first[0]["stars"], &first[0]["state"]),
        (&json!("mug"), &json!(2), &json!("pending"))
    );
    assert_eq!((&first[0]["text"], &first[0]["language"]), (&json!("Holds <b>tea</b>."), &json!("de")));
    let public_id = story.test.public_id("shop", id).await;
    assert_eq!((&first[0]["response"], &first[0]["author"]), (&json!(public_id), &json!("Ada")));
    send(2, 4, json!({ "product": "mug" }), BROWSER.1).await;
    send(1, 1, json!({ "product": "mug" }), BROWSER.1).await;
    let second = reviews().await;
    assert_eq!((second.as_array().unwrap().len(), &second[0]["stars"]), (1, &json!(4)), "the highest revision wins");
    story.publish(second[0]["id"].as_str().unwrap()).await;
    let listed = story.public("").await.to_string();
    assert!([id, public_id].iter().all(|id| !listed.contains(&id.to_text())), "the response is nobody's business");

    let bought = json!({ "product": "mug", "order": "A-1", "order_signature": signed });
    send(3, 5, bought, "Googlebot/2.1").await;
    let third = story.call("GET", "reviews?stars=5", json!(null)).await.json()["reviews"].clone();
    assert_eq!((&third[0]["verified_purchase"], &third[0]["suspicions"][0]["reason"]), (&json!(true), &json!("bot")));
    send(4, 3, json!({}), BROWSER.1).await;
    let without_fact = story.call("GET", "reviews?stars=3", json!(null)).await.json()["reviews"].clone();
    assert_eq!(without_fact[0]["thing"], "/mug", "the page stands in for a thing nobody named");
    send(5, 1, json!({ "thing": "plate", "product": "mug" }), BROWSER.1).await;
    let said = story.call("GET", "reviews?stars=1", json!(null)).await.json()["reviews"].clone();
    assert_eq!(said[0]["thing"], "plate", "what the page names stands above what the survey says");
}

/// The value of the first such attribute after a mark.
fn attribute<'a>(page: &'a str, after: &str, name: &str) -> &'a str {
    let rest = page.split_once(after).unwrap_or_else(|| panic!("{after}: {page}")).1;
    let rest = rest.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("{name} after {after}: {page}")).1;
    rest.split_once('"').unwrap_or_default().0
}

#[tokio::test]
async fn the_page_is_the_same_below_the_path_of_the_script() {
    let config = Config {
        public_url: "http://feedback.example.com".into(),
        script_url: "http://www.example.com/hello/voice.js".into(),
        ..Config::default()
    };
    let story = Story::over(TestApp::with_config(config).await).await;
    let names = story.test.app.names.clone();
    let [reviews, style] = ["/r", "/reviews.css"].map(|ours| names.path(ours).into_owned());
    let id = story.add(json!({ "thing": "a/b", "stars": 5 })).await["id"].as_str().unwrap().to_owned();
    story.publish(&id).await;
    let top = story.test.get("/r/shop/a%2Fb", &[]).await;
    let below = story.test.get("/hello/r/shop/a%2Fb", &[]).await;
    assert_eq!((top.status, below.text()), (below.status, top.text()));
    // Links that were given away before still lead here; what is linked from now on follows from the script's address.
    let renamed = story.test.get(&format!("/hello{reviews}/shop/a%2Fb"), &[]).await;
    assert_eq!((renamed.status, renamed.text()), (below.status, below.text()));
    let page = below.text();
    assert!(!page.contains("href=\"/") && !page.contains("action=\"/") && !page.contains("src=\"/"), "{page}");
    assert_eq!(
        attribute(&page, "rel=\"canonical\"", "href"),
        format!("http://www.example.com/hello{reviews}/shop/a%2Fb")
    );
    assert_eq!(attribute(&page, "<link rel=\"stylesheet\"", "href"), format!("../..{style}"));
    assert_eq!(attribute(&page, "method=\"post\"", "action"), format!("../..{reviews}/shop/{id}/helpful"));
    for style in ["/reviews.css", &style] {
        assert_eq!(story.test.get(&format!("/hello{style}"), &[]).await.status, 200);
    }
    for own in ["/r", &reviews] {
        let back = format!("back={}%2Fshop%2Fa%252Fb", own.replace('/', "%2F"));
        let voted = story.test.submit(&format!("/hello{own}/shop/{id}/helpful"), &back, &[]).await;
        assert_eq!(voted.header("location"), format!("../../..{reviews}/shop/a%2Fb?counted={id}#review-{id}"));
    }
    let cookie = story.test.cookie(&story.site, "sam@example.com", Role::Support).await;
    let own = story.test.get("/sites/shop/reviews", &[("cookie", &cookie)]).await.text();
    assert!(own.contains(&format!("href=\"http://www.example.com/hello{reviews}/shop\"")), "{own}");
    assert_eq!(story.test.get("/hello/sites/shop/reviews", &[("cookie", &cookie)]).await.status, 404);
}

#[tokio::test]
async fn the_page_speaks_the_visitors_language_and_says_nothing_of_an_unknown_thing() {
    let story = Story::begin().await;
    let review = json!({ "thing": "mug", "stars": 4, "written_at_ms": 1_767_225_600_000_i64 });
    let id = story.add(review).await["id"].as_str().unwrap().to_owned();
    story.publish(&id).await;
    for (accepted, language, said) in [
        ("de-CH,de;q=0.9", "lang=\"de-CH\" dir=\"ltr\"", "4.0 von 5 Sternen"),
        ("de", "lang=\"de\" dir=\"ltr\"", "4,0 von 5 Sternen"),
        ("ar-EG", "lang=\"ar-EG\" dir=\"rtl\"", "يناير ٢٠٢٦"),
        ("xx,pl", "lang=\"pl\" dir=\"ltr\"", "stycznia 2026"),
        ("x\"y", "lang=\"en\" dir=\"ltr\"", "January 1, 2026"),
    ] {
        let reply = story.test.get("/r/shop/mug", &[("accept-language", accepted)]).await;
        assert!(reply.headers.get_all("vary").iter().any(|vary| vary == "accept-language"), "{:?}", reply.headers);
        let page = reply.text();
        assert!(page.contains(language) && page.contains(said), "{accepted}: {page}");
    }
    let unknown = story.test.get("/r/shop/BUY%20THIS", &[]).await;
    assert_eq!(unknown.status, 404);
    let page = unknown.text();
    assert!(page.contains("There are no reviews yet.") && page.contains("noindex") && !page.contains("BUY"), "{page}");
    assert!(page.contains("href=\"../../r/shop\""), "{page}");
}
