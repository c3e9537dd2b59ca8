//! Tasks and funnels as people and servers set them up, look at them and follow who did not come to the end.

use crate::http::query::encode;
use crate::member::account::token;
use crate::server::key::random_key;
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_store::account::api_key::ApiKey;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::device::Device;
use rapport_store::record::{PageViewRow, Record, SignalRow, Submission};
use rapport_store::site::Site;
use rapport_store::site::directory::SiteContext;
use rapport_store::story_test::NOW_MS;
use rapport_store::test_store::note;
use serde_json::json;

const MINUTE_MS: i64 = 60_000;

/// A visit of some pages, a minute each; the checkout tells that the task `pay` begins.
fn visit(site: &Site, context: &SiteContext, (session, began_ms): (u8, i64), pages: &[&str]) -> Vec<Record> {
    let mut records = Vec::new();
    for (place, path) in pages.iter().enumerate() {
        let at_ms = began_ms + place as i64 * MINUTE_MS;
        let id = |kind: u8| Id([kind, session, place as u8, 7, 7, 7, 0x77, 7, 0x87, 7, 7, 7, 7, 7, 7, 7]);
        let view = PageViewRow {
            site_id: site.site_id,
            item_id: id(1),
            session_id: Some(Id([session; 16])),
            visitor_key: Id([session; 16]),
            occurred_at_ms: at_ms,
            received_at_ms: at_ms,
            hour_ms: context.hour_start_ms(at_ms),
            path: (*path).into(),
            device: if session.is_multiple_of(2) { Device::Mobile } else { Device::Desktop }.into(),
            language: "en".into(),
            view_index: place as i64 + 1,
            duration_ms: 30_000,
            ..PageViewRow::default()
        };
        if *path == "/checkout" {
            records.push(Record::Signal(Box::new(SignalRow {
                site_id: site.site_id,
                item_id: id(2),
                view_id: view.item_id,
                session_id: view.session_id,
                known_visitor_key: None,
                occurred_at_ms: at_ms + 1_000,
                received_at_ms: at_ms + 1_000,
                hour_ms: view.hour_ms,
                clamped: false,
                bot: false,
                kind: SignalKind::Task,
                path: view.path.clone(),
                device: view.device,
                element: String::new(),
                name: "pay".into(),
                text: "start".into(),
                count: 1,
                rule: None,
                measured: None,
                error_key: None,
                detail: None,
            })));
        }
        records.push(Record::PageView(Box::new(view)));
    }
    records
}

/// A site with what was stored of it, and somebody who may change it.
async fn with_records(of: impl Fn(&Site, &SiteContext) -> Vec<Record>) -> (TestApp, Site, String) {
    let test = TestApp::at(Clock::manual(NOW_MS)).await;
    let site = test.site().await;
    let context = test.app.sites.by_id(site.site_id).await.unwrap().unwrap();
    let records = of(&site, &context);
    test.app.store.submit(Submission { site_id: site.site_id, records, ..Submission::default() }).await.unwrap();
    let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
    (test, site, editor)
}

/// Ten visits yesterday: each reads the cart, eight go to the checkout, five to the thanks; two of the others go to the help. One
/// more began the checkout 5 minutes ago.
async fn story() -> (TestApp, Site, String) {
    with_records(|site, context| {
        let pages = |session: u8| -> &[&str] {
            match session {
                1..=5 => &["/cart", "/checkout", "/thanks"],
                6..=7 => &["/cart", "/checkout", "/help"],
                8 => &["/cart", "/checkout"],
                _ => &["/cart", "/shop"],
            }
        };
        let yesterday_ms = NOW_MS - 24 * 60 * MINUTE_MS;
        let yesterday = (1..=10).flat_map(|session| visit(site, context, (session, yesterday_ms), pages(session)));
        let now = visit(site, context, (11, NOW_MS - 6 * MINUTE_MS), &["/cart", "/checkout"]);
        yesterday.chain(now).collect()
    })
    .await
}

async fn read(test: &TestApp, cookie: &str, address: &str) -> String {
    let reply = test.get(&format!("/sites/shop/{address}"), &[("cookie", cookie), ("accept", "text/html")]).await;
    assert_eq!(reply.status, 200, "{address}: {}", reply.text());
    reply.text().replace("&#38;", "&").replace("&amp;", "&")
}

fn link(page: &str, part: &str) -> String {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found = links.filter(|link| link.contains(part)).map(|link| link.trim_start_matches("/sites/shop/").to_owned());
    found.last().unwrap_or_else(|| panic!("a link with {part}: {page}"))
}

const TASK: &str = "name=Buy&start_kind=page&start_what=%2Fcheckout&success_kind=page&success_what=%2Fthanks\
                    &failure_kind=page&failure_what=&minutes=30";

#[tokio::test]
async fn a_task_is_set_up_looked_at_followed_changed_and_removed() {
    let (test, site, editor) = story().await;
    let viewer = test.cookie(&site, "vera@example.com", Role::Viewer).await;
    let submit = async |path: &str, form: &str| {
        test.submit(&format!("/sites/shop/tasks{path}"), form, &[("cookie", &editor), ("accept", "text/html")]).await
    };
    let refused = test.submit("/sites/shop/tasks", TASK, &[("cookie", &viewer)]).await;
    assert_eq!(refused.status, 403);
    assert!(!read(&test, &viewer, "tasks").await.contains("Set up a task"));
    let saved = submit("?range=7d", TASK).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let address = saved.header("location").trim_start_matches("/sites/shop/").to_owned();
    // What pages tell stands beside what rules find; nobody who may still go on is counted as lost.
    let list = read(&test, &viewer, "tasks?range=7d").await;
    assert!(list.contains("by rules") && list.contains("told by pages") && list.contains("1 not decided"), "{list}");
    let table = read(&test, &viewer, "tasks?range=7d&format=csv").await;
    let of = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(of("Buy,").contains(",9,1,3,0,62.5000,"), "5 of 8 are decided: {table}");
    assert!(of("pay,").contains(",9,1,8,0,0.0000,"), "its pages told no end: {table}");
    let page = read(&test, &viewer, &address).await;
    assert!(
        page.contains("62.5") && page.contains("Where it ended without success") && page.contains("/help"),
        "{page}"
    );
    let left = read(&test, &viewer, &format!("{address}&outcome=left")).await;
    assert!(left.contains("1 to 3 of 3"), "{left}");
    let trail = read(&test, &viewer, &link(&left, "/visit?")).await;
    assert!(trail.contains("Opened") && trail.contains("/checkout") && trail.contains("pay: start"), "{trail}");
    assert!(trail.contains("← Task"), "the way back: {trail}");
    let phones = read(&test, &viewer, &format!("{address}&device=mobile&outcome=left")).await;
    assert!(phones.contains("1 to 2 of 2"), "{phones}");
    // Of visits to a page all is followed.
    let helped = read(&test, &viewer, &format!("{address}&page=%2Fhelp")).await;
    assert!(helped.contains("2 attempts"), "{helped}");

    let twice = submit("", TASK).await;
    assert!(twice.status == 422 && twice.text().contains("one of this site is called so"), "{}", twice.text());
    let wrong = submit("", &TASK.replace("minutes=30", "minutes=x").replace("%2Fthanks", "thanks")).await;
    assert!(wrong.status == 422 && wrong.text().contains("must be a path such as"), "{}", wrong.text());
    assert!(wrong.text().contains("must be 1 to 43200 minutes") && wrong.text().contains("value=\"thanks\""));
    let id = address.rsplit("id=").next().unwrap().to_owned();
    let edit = read(&test, &editor, &format!("tasks?edit={id}")).await;
    assert!(edit.contains("value=\"Buy\"") && edit.contains("value=\"/thanks\""), "{edit}");
    assert_eq!(submit(&format!("/{id}"), &TASK.replace("%2Fcheckout", "%2Fcart")).await.status, 303);
    let table = read(&test, &viewer, "tasks?range=7d&format=csv").await;
    assert!(table.lines().any(|line| line.starts_with("Buy,") && line.contains(",11,1,5,0,50.0000,")), "{table}");
    assert_eq!(submit(&format!("/{id}/remove"), "").await.status, 303);
    assert_eq!(submit(&format!("/{id}/remove"), "").await.status, 404);
    let changes = read(&test, &editor, "audit").await;
    for told in ["Added", "Changed", "Removed", "the task Buy"] {
        assert!(changes.contains(told), "{told}: {changes}");
    }
    for (address, status) in [("tasks/task", 400), ("tasks/task?name=pay&outcome=x", 400), ("visit?visit=x&at=1", 400)]
    {
        assert_eq!(test.get(&format!("/sites/shop/{address}"), &[("cookie", &viewer)]).await.status, status);
    }
}

const FUNNEL: &str = "name=Order&order=ordered&of=visit&minutes=60&step0_kind=page&step0_what=%2Fcart&step1_kind=page\
                      &step1_what=%2Fcheckout&step1_within=15&step2_kind=page&step2_what=&step3_kind=page&step3_what=%2Fthanks";

#[tokio::test]
async fn the_list_of_people_in_a_funnel_disagreed_with_the_count() {
    let (test, _, editor) = story().await;
    let submit = async |path: &str, form: &str| {
        test.submit(&format!("/sites/shop/funnels{path}"), form, &[("cookie", &editor), ("accept", "text/html")]).await
    };
    let saved = submit("", FUNNEL).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let address = saved.header("location").trim_start_matches("/sites/shop/").to_owned();
    let page = read(&test, &editor, &address).await;
    assert!(page.contains("11 visits began; 1 may still go on"), "{page}");
    let steps = read(&test, &editor, &format!("{address}?format=csv")).await;
    let told: Vec<_> =
        steps.lines().skip(1).map(|line| line.split(',').take(5).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(told, ["1,/cart,11,2,0", "2,/checkout,9,3,1", "3,/thanks,5,0,0"]);
    assert!(steps.lines().nth(2).is_some_and(|line| line.contains("62.5000")), "5 of the 8 who are decided: {steps}");
    let instead = read(&test, &editor, &format!("{address}?format=csv&table=instead")).await;
    for line in ["1,page,/shop,2", "1,left,,0", "2,page,/help,2", "2,left,,1"] {
        assert!(instead.lines().any(|told| told == line), "{line}: {instead}");
    }
    for (query, people) in [
        ("", 11),
        ("&steps=2", 9),
        ("&steps=2&standing=stopped", 3),
        ("&steps=2&standing=undecided", 1),
        ("&standing=completed", 5),
        ("&steps=1&standing=stopped", 2),
    ] {
        let table = read(&test, &editor, &format!("{address}?format=csv&table=people{query}")).await;
        assert_eq!(table.lines().count() - 1, people, "{query}: {table}");
        let page = read(&test, &editor, &format!("{address}?x=y{query}")).await;
        assert!(page.contains(&format!("of {people}, the newest first")), "{query}: {page}");
    }
    let trail = read(&test, &editor, &link(&page, "/visit?")).await;
    assert!(trail.contains("/cart") && trail.contains("← Funnel"), "{trail}");
    for (query, field) in
        [("steps=9", "steps"), ("standing=x", "standing"), ("part=0", "part"), ("format=csv&table=x", "table")]
    {
        let reply =
            test.get(&format!("/sites/shop/{address}?{query}"), &[("cookie", &editor), ("accept", "text/html")]).await;
        assert!(reply.status == 400 && reply.text().contains(&format!("<code>{field}</code>")), "{query}");
    }
    let wrong = submit("", "name=&order=any&of=visit&minutes=60&step1_kind=page&step1_what=x&step1_within=5").await;
    for told in ["must be 2 to 8, are 1", "must be 1 to 80 characters", "must be a path such as"] {
        assert!(wrong.status == 422 && wrong.text().contains(told), "{told}: {}", wrong.text());
    }
    let any = FUNNEL.replace("order=ordered", "order=any").replace("&step1_within=15", "");
    assert_eq!(submit(&address.replace("funnels", ""), &any).await.status, 303);
    let page = read(&test, &editor, &address).await;
    assert!(page.contains("Any 2 steps") && page.contains("Each step by itself"), "{page}");
    assert_eq!(submit(&format!("{}/remove", address.replace("funnels", "")), "").await.status, 303);
    assert!(read(&test, &editor, "funnels").await.contains("No funnel was set up yet"));
}

#[tokio::test]
async fn a_visit_over_midnight_was_cut_in_two() {
    let (test, _, editor) = with_records(|site, context| {
        let today_ms = context.day_start_ms(NOW_MS);
        let over = visit(site, context, (1, today_ms - MINUTE_MS / 2), &["/cart", "/checkout", "/thanks"]);
        let after = visit(site, context, (2, today_ms + MINUTE_MS), &["/cart", "/checkout"]);
        over.into_iter().chain(after).collect()
    })
    .await;
    let from_cart = TASK.replace("%2Fcheckout", "%2Fcart");
    for (path, form) in [("tasks", from_cart.as_str()), ("funnels", FUNNEL)] {
        assert_eq!(test.submit(&format!("/sites/shop/{path}"), form, &[("cookie", &editor)]).await.status, 303);
    }
    let funnels = read(&test, &editor, "funnels").await;
    let funnel = link(&funnels, "/funnels/").split('?').next().unwrap_or_default().to_owned();
    for (day, of_tasks, of_funnel, of_journeys) in [
        (
            "2026-05-05",
            ",1,0,0,0,100.0000,",
            ["1,/cart,1,0,0", "2,/checkout,1,0,0", "3,/thanks,1,0,0"],
            "3,page,/thanks,left,,1",
        ),
        (
            "2026-05-06",
            ",1,0,1,0,0.0000,",
            ["1,/cart,1,0,0", "2,/checkout,1,1,0", "3,/thanks,0,0,0"],
            "2,page,/checkout,left,,1",
        ),
    ] {
        let days = format!("range=custom&from={day}&to={day}&compare=none&format=csv");
        let tasks = read(&test, &editor, &format!("tasks?{days}")).await;
        assert!(tasks.lines().any(|line| line.starts_with("Buy,") && line.contains(of_tasks)), "{day}: {tasks}");
        let steps = read(&test, &editor, &format!("{funnel}?{days}")).await;
        for (told, line) in steps.lines().skip(1).zip(of_funnel) {
            assert!(told.starts_with(line), "{day}: {steps}");
        }
        let ways = read(&test, &editor, &format!("journeys?{days}")).await;
        assert!(
            ways.contains(of_journeys) && ways.lines().filter(|line| line.contains(",left,")).count() == 1,
            "{day}: {ways}"
        );
    }
}

#[tokio::test]
async fn a_server_sets_up_a_task_and_a_funnel_and_reads_how_they_go() {
    let (test, site, _) = story().await;
    let key_of = async |scopes: &[Scope]| {
        let secret = random_key();
        let key = ApiKey {
            key_id: test.app.clock.new_id(),
            name: scopes.len().to_string(),
            scopes: scopes.to_vec(),
            created_at_ms: 1,
            revoked_at_ms: None,
            expires_at_ms: None,
            used_at_ms: None,
        };
        test.app.store.add_api_key(site.site_id, &key, token::hash(&secret), &note(1)).await.unwrap();
        secret
    };
    let key = key_of(&[Scope::ReadReports, Scope::WriteCourses]).await;
    let reader = key_of(&[Scope::ReadReports]).await;
    let send = async |method: &str, path: &str, key: &str, body: serde_json::Value| -> Reply {
        let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/{path}"));
        let request = request.header("authorization", format!("Bearer {key}"));
        let request = request.header("content-type", "application/json");
        test.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let page = |what: &str| json!({"kind": "page", "what": what});
    let task =
        json!({"name": "Buy", "rule": {"start": page("/checkout"), "success": page("/thanks"), "timeout_minutes": 30}});
    let funnel = json!({"name": "Order", "funnel": {"window_minutes": 60, "steps": [page("/cart"), page("/checkout"), page("/thanks")]}});
    for (path, new) in [("tasks", &task), ("funnels", &funnel)] {
        assert_eq!(send("POST", path, &reader, new.clone()).await.status, 403);
        let made = send("POST", path, &key, new.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let again = send("POST", path, &key, new.clone()).await;
        assert_eq!((again.status.as_u16(), again.json()["errors"][0]["field"].as_str()), (422, Some("name")));
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let mut renamed = new.clone();
        renamed["name"] = json!("Other");
        assert_eq!(send("PUT", &format!("{path}/{id}"), &key, renamed).await.json()["name"], "Other");
        assert_eq!(send("GET", path, &reader, json!(null)).await.json()[0]["name"], "Other");
        let other = if path == "tasks" { "funnels" } else { "tasks" };
        assert_eq!(send("DELETE", &format!("{other}/{id}"), &key, json!(null)).await.status, 404);
    }
    for (path, body, field) in [
        (
            "tasks",
            json!({"name": "x", "rule": {"start": page("cart"), "success": page("/a"), "timeout_minutes": 0}}),
            "start.what",
        ),
        (
            "tasks",
            json!({"name": "x", "rule": {"start": page("/a"), "success": page("/a"), "timeout_minutes": 5}}),
            "success",
        ),
        ("funnels", json!({"name": "x", "funnel": {"window_minutes": 5, "steps": [page("/a")]}}), "steps"),
    ] {
        let refused = send("POST", path, &key, body).await;
        assert_eq!((refused.status.as_u16(), refused.json()["errors"][0]["field"].as_str()), (422, Some(field)));
    }
    let report = send("GET", "reports/tasks", &reader, json!(null)).await.json();
    assert_eq!((&report["tasks"][0]["name"], &report["tasks"][0]["success"]["value"]), (&json!("Other"), &json!(62.5)));
    assert_eq!(report["tasks"][0]["time"]["unit"], "milliseconds");
    let task = send("GET", "reports/task?name=pay", &reader, json!(null)).await.json();
    assert_eq!(task["people"].as_array().unwrap().len(), 9);
    assert_eq!(send("GET", "reports/task", &reader, json!(null)).await.status, 422);
    let id = send("GET", "funnels", &reader, json!(null)).await.json()[0]["id"].as_str().unwrap().to_owned();
    let report = send("GET", &format!("reports/funnels/{id}"), &reader, json!(null)).await.json();
    let people = send("GET", &format!("reports/funnels/{id}/people"), &reader, json!(null)).await.json();
    assert_eq!(report["began"].as_u64().unwrap() as usize, people.as_array().unwrap().len());
    let journeys =
        send("GET", &format!("reports/journeys?around={}", encode("/checkout")), &reader, json!(null)).await.json();
    assert_eq!((&journeys["visits"], &journeys["on"]["visits"]), (&json!(11), &json!(9)));
    assert_eq!(send("GET", "reports/retention", &reader, json!(null)).await.status, 200);
}
