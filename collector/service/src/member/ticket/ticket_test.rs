//! The inbox from a response that arrives to a ticket that is done with.

use crate::job::arrival::Taker;
use crate::job::ticket::OpenTickets;
use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::story_test::{NOW_MS, RESPONSE, tell};
use rapport_store::{arrival, target, ticket};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

async fn story() -> (TestApp, Site, String) {
    story_by(Clock::manual(NOW_MS)).await
}

async fn story_by(clock: Clock) -> (TestApp, Site, String) {
    let test = TestApp::at(clock).await;
    let site = test.site().await;
    let store = &test.app.store;
    tell(store, &test.app.sites, &site).await;
    store.write(vec![arrival::note(site.site_id, RESPONSE, 1, NOW_MS)]).await.unwrap();
    let context = test.app.sites.by_id(site.site_id).await.unwrap().unwrap();
    let arrivals = store.arrivals(site.site_id, Default::default(), 10).await.unwrap();
    let taker = OpenTickets { store: store.clone(), clock: test.app.clock.clone() };
    for _ in 0..2 {
        taker.take(&context, &arrivals).await.unwrap();
    }
    let code = ticket::code_of(ticket::id_of(site.site_id, RESPONSE));
    (test, site, code)
}

#[tokio::test]
async fn a_low_rating_becomes_one_ticket_that_is_worked_through_to_both_halves_of_resolved() {
    let (test, site, code) = story().await;
    let ada = test.cookie(&site, "ada@example.com", Role::Support).await;
    let ben = test.cookie(&site, "ben@example.com", Role::Support).await;
    let read = async |who: &str, path: &str| {
        let reply = test.get(&format!("/sites/shop/{path}"), &[("cookie", who), ("accept", "text/html")]).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    };
    let send = async |who: &str, path: &str, form: &str| {
        test.submit(&format!("/sites/shop/inbox{path}"), form, &[("cookie", who), ("accept", "text/html")]).await
    };
    let list = read(&ada, "inbox?score=low&with=words").await;
    assert!(list.contains(&code) && list.contains("Open 1") && !list.contains("<script>alert"), "{list}");
    let one = format!("/{code}");
    assert!(read(&ada, &format!("inbox{one}")).await.contains("A rule"));
    // Both saw version 0: the second of two who set the same is told, with what they chose still there.
    assert_eq!(
        send(&ada, &one, "version=0&state=in_progress&priority=normal&owner=ada%40example.com").await.status,
        303
    );
    let late = send(&ben, &one, "version=0&state=waiting&priority=normal&owner=").await;
    assert_eq!(late.status, 409, "{}", late.text());
    let text = late.text();
    assert!(text.contains("ada@example.com set the state: New → In progress"), "{text}");
    assert!(text.contains("<option value=\"waiting\" selected>"), "{text}");
    // Another field is kept, and what the other did is told.
    let both = send(&ben, &one, "version=0&state=new&priority=high&owner=&tags=cart&seen_tags=").await;
    assert_eq!(both.status, 303, "{}", both.text());
    let told = read(&ben, both.header("location").trim_start_matches("/sites/shop/")).await;
    assert!(told.contains("Meanwhile others changed"), "{told}");
    // A mention.
    assert_eq!(send(&ada, &format!("{one}/notes"), "note=%40ben+look").await.status, 303);
    assert!(read(&ben, "inbox?mentions=me").await.contains(&code));
    // Programs open links too: only saying so makes it seen.
    assert!(read(&ben, &format!("inbox{one}")).await.contains("A note mentions you."));
    assert!(read(&ben, "inbox?mentions=me").await.contains(&format!("inbox/{code}")));
    assert_eq!(send(&ben, &format!("{one}/seen"), "").await.status, 303);
    assert!(!read(&ben, "inbox?mentions=me").await.contains(&format!("inbox/{code}")));
    assert!(!read(&ben, &format!("inbox{one}")).await.contains("A note mentions you."));
    let resolved = "state=resolved&problem_fixed=yes&cause_fixed=yes&cause=Dead+button";
    assert_eq!(send(&ada, &one, resolved).await.status, 303);
    let causes = read(&ada, "causes").await;
    assert!(causes.contains("Dead button") && causes.contains("1 ticket, 0 open"), "{causes}");
    for (path, form, field) in [
        (one.as_str(), "state=closed", "state"),
        (&one, "owner=eve%40example.com", "owner"),
        (&format!("{one}/notes"), "note=+", "note"),
        (&format!("{one}/merge"), "into=NONE", "into"),
        ("", "subject=", "subject"),
        ("", "response=x", "response"),
    ] {
        let reply = send(&ada, path, form).await;
        assert!(reply.status == 422 && reply.text().contains(field), "{form}: {}", reply.text());
    }
    let csv = test.get("/sites/shop/inbox?show=all&format=csv", &[("cookie", &ada)]).await.text();
    assert!(csv.starts_with("id,kind,subject,page,") && csv.contains(&format!("{code},rating,")), "{csv}");
    let json = test.get("/sites/shop/inbox?show=all&format=json", &[("cookie", &ada)]).await.json();
    assert_eq!((&json[0]["id"], &json[0]["state"]), (&code.clone().into(), &"resolved".into()), "{json}");
    let viewer = test.cookie(&site, "vic@example.com", Role::Viewer).await;
    assert_eq!(send(&viewer, &one, "state=new").await.status, 403);
    assert!(!read(&viewer, &format!("inbox{one}")).await.contains("<form method=\"post\" action=\"/sites/shop/inbox"));
}

/// Reckons what is promised of the tickets of a site, as the job does.
async fn reckon(test: &TestApp, site: &Site) {
    let (store, clock) = (&test.app.store, &test.app.clock);
    let versions = target::Versions::new(store.hours_versions(site).await.unwrap());
    for of in store.tickets_to_reckon(site.site_id, Default::default(), 100).await.unwrap() {
        let before = store.targets_of(site.site_id, &[of.ticket_id]).await.unwrap().remove(&of.ticket_id);
        let before = before.unwrap_or_default();
        let after = target::reckon::targets(&of.history, &versions, &before, clock.now_ms());
        store.keep_targets(site.site_id, &of, (&before, &after), clock).await.unwrap();
    }
}

#[tokio::test]
async fn a_ticket_said_neither_what_was_promised_of_it_nor_what_was_said() {
    let time = Arc::new(AtomicI64::new(NOW_MS));
    let (test, site, code) = story_by(Clock::Manual(time.clone())).await;
    let ada = test.cookie(&site, "ada@example.com", Role::Support).await;
    let open = async |who: &str, path: &str| {
        let reply = test.get(&format!("/sites/shop/{path}"), &[("cookie", who), ("accept", "text/html")]).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    };
    let read = async |path: &str| open(&ada, path).await;
    reckon(&test, &site).await;
    let one = read(&format!("inbox/{code}")).await;
    for told in [
        "What was said",
        "Answer and trail",
        "<b>First response</b> within 1 business day",
        "due in 8 h",
        "waits while: Resolved",
    ] {
        assert!(one.contains(told), "{told}: {one}");
    }
    assert!(read("inbox").await.contains("due in 8 h"));
    assert!(read("inbox?due=overdue").await.contains("No ticket here"));
    // A week later, with one that is more urgent and not late: what is overdue is first.
    time.store(NOW_MS + 7 * 86_400_000, Ordering::Relaxed);
    let ada = test.cookie(&site, "ada@example.com", Role::Support).await;
    let read = async |path: &str| open(&ada, path).await;
    let headers = [("cookie", ada.as_str()), ("accept", "text/html")];
    let opened = test.submit("/sites/shop/inbox", "subject=Now", &headers).await;
    let other = opened.header("location").rsplit('/').next().unwrap().to_owned();
    test.submit(&format!("/sites/shop/inbox/{other}"), "priority=urgent", &headers).await;
    reckon(&test, &site).await;
    let list = read("inbox").await;
    let place = |code: &str| list.find(&format!("inbox/{code}")).unwrap_or_else(|| panic!("{code}: {list}"));
    assert!(place(&code) < place(&other) && list.contains("overdue 32 h"), "{list}");
    let late = read("inbox?due=overdue").await;
    assert!(late.contains(&format!("inbox/{code}")) && !late.contains(&format!("inbox/{other}")), "{late}");
    assert!(read(&format!("inbox/{code}")).await.contains("32 h of business time too late"));
    // Days in the past hide nothing that waits.
    let past = read("inbox?range=custom&from=2026-01-01&to=2026-01-02").await;
    assert!(past.contains(&format!("inbox/{code}")) && past.contains("Open 2"), "{past}");
    let json = test.get("/sites/shop/inbox?format=json&due=overdue", &headers).await.json();
    assert_eq!((json.as_array().map(Vec::len), &json[0]["next_target"]), (Some(1), &"first_response".into()), "{json}");
}

#[tokio::test]
async fn a_change_of_several_says_which_were_not_changed_and_why() {
    let (test, site, code) = story().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Editor).await;
    let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
    let opened = test.submit("/sites/shop/inbox", "subject=A+call+about+shipping", &headers).await;
    assert_eq!(opened.status, 303, "{}", opened.text());
    let other = opened.header("location").rsplit('/').next().unwrap().to_owned();
    test.submit(&format!("/sites/shop/inbox/{code}"), "version=0&state=waiting", &headers).await;
    let form = format!("ticket={code}.0&ticket={other}.0&ticket=NONE.0&state=acknowledged&tags=cart");
    let reply = test.submit("/sites/shop/inbox/bulk", &form, &headers).await;
    let text = reply.text();
    assert!(text.contains("1 ticket changed."), "{text}");
    assert!(text.contains(&format!("{code}: meanwhile ada@example.com set the state")), "{text}");
    assert!(text.contains("NONE: this site has no such ticket"), "{text}");
    assert_eq!(test.submit("/sites/shop/inbox/bulk", "state=new", &headers).await.status, 400);
    // Merged, seen in the other, and taken apart.
    let merge = test.submit(&format!("/sites/shop/inbox/{code}/merge"), &format!("into={other}"), &headers).await;
    assert_eq!(merge.header("location"), format!("/sites/shop/inbox/{other}"));
    let page = test.get(&format!("/sites/shop/inbox/{other}"), &headers).await.text();
    assert!(page.contains("Merged into it") && page.contains("A rule"), "{page}");
    let undone = test.submit(&format!("/sites/shop/inbox/{code}/unmerge"), "", &headers).await;
    assert_eq!(undone.status, 303);
    assert!(!test.get(&format!("/sites/shop/inbox/{other}"), &headers).await.text().contains("Merged into it"));
    // A view by a name, and rules.
    let view = test.submit("/sites/shop/inbox/views", "name=Cart&fields=%3Ftag%3Dcart%26x%3D1", &headers).await;
    assert_eq!(view.header("location"), "/sites/shop/inbox?tag=cart");
    let rules = "priority-rating=low&priority-problem=high&priority-review=low&priority-idea=low&stars-review=3&opens-review=yes";
    assert_eq!(test.submit("/sites/shop/inbox/rules", rules, &headers).await.status, 303);
    let kept = test.app.store.ticket_rules(site.site_id).await.unwrap();
    assert_eq!(
        kept.iter().map(|rule| (rule.opens, rule.most_stars)).collect::<Vec<_>>(),
        [(false, 2), (false, 2), (true, 3), (false, 2)]
    );
    let wrong = test.submit("/sites/shop/inbox/rules", "stars-review=9", &headers).await;
    assert_eq!(wrong.status, 422);
    assert!(test.get("/sites/shop/inbox/rules", &headers).await.text().contains("older than 60 days"));
}

#[tokio::test]
async fn a_server_lists_opens_and_changes_tickets_and_is_told_of_what_others_did() {
    let (test, site, code) = story().await;
    let key = test.bearer(&site, &[Scope::ReadTickets, Scope::WriteTickets]).await;
    let send = async |method: &str, path: &str, body: serde_json::Value| {
        let request = axum::http::Request::builder().method(method).uri(format!("/api/v1/sites/shop/tickets{path}"));
        let request = request.header("authorization", &key).header("content-type", "application/json");
        test.send(request.body(axum::body::Body::from(body.to_string())).unwrap()).await
    };
    let list = send("GET", "?score=low", serde_json::Value::Null).await.json();
    assert_eq!(
        (&list["tickets"][0]["code"], &list["counts"][0]["tickets"]),
        (&code.clone().into(), &1.into()),
        "{list}"
    );
    let opened = send("POST", "", serde_json::json!({ "subject": "By telephone" })).await;
    assert_eq!(opened.status, 201, "{}", opened.text());
    let path = format!("/{code}");
    let done = send("PATCH", &path, serde_json::json!({ "version": 0, "state": "waiting", "add_tags": ["x"] })).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let late = send("PATCH", &path, serde_json::json!({ "version": 0, "state": "resolved" })).await;
    assert_eq!(late.status, 409, "{}", late.text());
    assert_eq!(send("POST", &format!("{path}/notes"), serde_json::json!({ "note": "Seen" })).await.status, 204);
    let one = send("GET", &path, serde_json::Value::Null).await.json();
    assert_eq!((&one["ticket"]["state"], &one["ticket"]["tags"][0]), (&"waiting".into(), &"x".into()), "{one}");
    assert_eq!(send("PATCH", &path, serde_json::json!({ "state": "closed" })).await.status, 422);
    assert_eq!(send("GET", "/NONE", serde_json::Value::Null).await.status, 404);
}
