//! A report under a link: it is the same report, leads nowhere else, keeps what is locked, and ends.

use crate::config::{Config, Network};
use crate::http::query::share::REPORTS;
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::story_test::{BROKEN, NOW_MS, tell};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

const DAYS: &str = "range=custom&from=2026-04-20&to=2026-05-06";

struct Shared {
    test: TestApp,
    site: Site,
    key: String,
    /// How many clients have looked.
    clients: AtomicU32,
}

impl Shared {
    async fn new() -> Self {
        // Each look is another client's: how often one may look is looked at by itself.
        let config = Config { trusted_proxies: vec![Network::IPV4_LOOPBACK], ..Config::default() };
        let test = TestApp::at_with(Clock::manual(NOW_MS), config).await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        let key = test.bearer(&site, &[Scope::WriteShares]).await;
        Self { test, site, key, clients: AtomicU32::new(1) }
    }

    async fn send(&self, method: &str, below: &str, body: &Value) -> Reply {
        let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/shares{below}"));
        let request = request.header("authorization", &self.key).header("content-type", "application/json");
        self.test.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A link and its id.
    async fn link(&self, body: &Value) -> (String, String) {
        let made = self.send("POST", "", body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let url = made.json()["url"].as_str().unwrap().to_owned();
        let path = url.strip_prefix(&self.test.app.config.base_url()).unwrap().to_owned();
        (path, made.json()["id"].as_str().unwrap().to_owned())
    }

    async fn read(&self, address: &str) -> Reply {
        let client = Ipv4Addr::from(0x0a00_0000 + self.clients.fetch_add(1, Ordering::Relaxed)).to_string();
        self.test.get(address, &[("accept", "text/html"), ("x-forwarded-for", &client)]).await
    }
}

fn hrefs(page: &str) -> Vec<String> {
    let all = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    all.map(|href| href.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

#[tokio::test]
async fn every_report_is_the_same_under_a_link_and_leads_nowhere_else() {
    let shared = Shared::new().await;
    let member = shared.test.cookie(&shared.site, "ada@example.com", Role::Editor).await;
    for path in REPORTS {
        let path = path.replace('*', "feedback");
        let mut fields = json!({"range": "custom", "from": "2026-04-20", "to": "2026-05-06"});
        if path == "experience/page" {
            fields["page"] = json!(BROKEN);
        }
        let (link, _) = shared.link(&json!({"name": "Agency", "path": path, "fields": fields})).await;
        let (address, query) = link.split_once('?').expect("the days stand in the link");
        assert!(query.contains("from=2026-04-20"), "{link}");
        let page = shared.read(&link).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        assert_eq!(page.header("x-robots-tag"), "noindex, nofollow");
        assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
        assert_eq!(page.header("set-cookie"), "");
        let text = page.text();
        for href in hrefs(&text) {
            let is_own = href.starts_with(['?', '#']) || href == address || href.starts_with(&format!("{address}?"));
            assert!(is_own || ["/dashboard.css", "/rapport.svg"].contains(&href.as_str()), "{path} leads to {href}");
        }
        for other in ["/sites/", "method=\"post\"", "<nav", "ada@example.com", "Sign out", "All segments"] {
            assert!(!text.contains(other), "{path}: {other}");
        }
        // The figures are those that members see.
        let members = format!("/sites/shop/{path}?{query}");
        let seen = shared.test.get(&members, &[("cookie", &member), ("accept", "text/html")]).await.text();
        let values = |page: &str| page.matches("class=\"value\"").count();
        assert_eq!(values(&text), values(&seen), "{path}");
        let first = |page: &str| {
            page.split("class=\"value\">").nth(1).map(|rest| rest.split('<').next().unwrap_or("").to_owned())
        };
        assert_eq!(first(&text), first(&seen), "{path}");
        assert!(seen.contains("<summary>Share</summary>"), "{path} can be shared from its page");
        // Its tables are to be had, and stay below the link.
        if let Some(table) = hrefs(&text).into_iter().find(|href| href.contains("format=csv")) {
            let csv = shared.read(&format!("{address}{table}")).await;
            assert_eq!(
                (csv.status.as_u16(), csv.header("content-type")),
                (200, "text/csv; charset=utf-8; header=present"),
                "{path}"
            );
            assert_eq!(csv.header("x-robots-tag"), "noindex, nofollow");
        }
    }
}

#[tokio::test]
async fn touching_a_filter_keeps_the_link_and_what_is_locked_cannot_be_edited() {
    let shared = Shared::new().await;
    let fields = json!({"range": "7d", "device": "desktop", "source": "direct"});
    let (link, _) =
        shared.link(&json!({"name": "x", "path": "overview", "fields": fields, "locked": ["source"]})).await;
    let (address, query) = link.split_once('?').unwrap();
    assert_eq!(query, "range=7d&device=desktop&source=direct");
    let page = shared.read(&link).await.text();
    let ranges: Vec<_> = hrefs(&page).into_iter().filter(|href| href.starts_with("?range=90d")).collect();
    assert!(!ranges.is_empty() && ranges.iter().all(|href| href.contains("source=direct")), "{ranges:?}");
    let further = shared.read(&format!("{address}{}", ranges[0])).await;
    assert!(further.status == 200 && further.text().contains("aria-current=\"true\">90 days"), "{}", further.text());
    // Whatever the address says, the source is the one that was locked; the device is free.
    for edited in ["", "?source=", "?source=elsewhere", "?source=elsewhere&device=mobile", "?source=a&source=b"] {
        let text = shared.read(&format!("{address}{edited}")).await.text();
        assert!(text.contains("source direct") && !text.contains("elsewhere"), "{edited}: {text}");
        assert!(!text.contains("Show every source") && !text.contains("name=\"source\" placeholder"), "{edited}");
        assert_eq!(text.contains("mobile only"), edited.contains("device=mobile"), "{edited}");
    }
    // What else occurs on the site is none of a narrower report.
    assert!(!page.contains("<datalist") && !page.contains("language=en"), "{page}");
    let faulty = shared.read(&format!("{address}?device=fridge")).await;
    assert!(faulty.status == 400 && faulty.text().contains(&format!("href=\"{address}\"")), "{}", faulty.text());
    assert!(!faulty.text().contains("/sites/"));
    // One page stays that page.
    let of_page = json!({"name": "x", "path": "experience/page", "fields": {"page": BROKEN}, "locked": []});
    let (link, _) = shared.link(&of_page).await;
    let address = link.split_once('?').unwrap().0;
    for edited in ["?", "?page=%2F", "?page_group=%2F", "?route=%2F"] {
        let text = shared.read(&format!("{address}{edited}&{DAYS}")).await.text();
        assert!(
            text.contains("<h1><bdi>/&#60;script&#62;") || text.contains("<h1><bdi>/&lt;script&gt;"),
            "{edited}: {text}"
        );
    }
}

#[tokio::test]
async fn nothing_of_people_is_shown_unless_it_was_chosen() {
    let shared = Shared::new().await;
    let fields = json!({"range": "custom", "from": "2026-04-20", "to": "2026-05-06"});
    for path in ["overview", "feedback", "feedback/feedback", "experience", "experience/page"] {
        let mut fields = fields.clone();
        if path == "experience/page" {
            fields["page"] = json!(BROKEN);
        }
        for words in [false, true] {
            let new = json!({"name": "x", "path": path, "fields": fields, "words": words});
            let (link, _) = shared.link(&new).await;
            let text = shared.read(&link).await.text();
            assert_eq!(text.contains("answer-09090909"), words && path != "experience", "{path}: {text}");
            assert!(!text.contains("responses/"), "{path}");
            for table in ["raw_views", "raw_signals"] {
                let raw = shared.read(&format!("{link}&format=csv&table={table}")).await;
                assert!(raw.status != 200 || !raw.text().contains("session_id"), "{path} {table}");
            }
            if path.starts_with("feedback/") {
                for table in ["", "&table=answers"] {
                    let csv = shared.read(&format!("{link}&format=csv{table}")).await;
                    assert_eq!(csv.status, if words { 200 } else { 403 }, "{table}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_link_that_ended_or_never_was_says_so_politely() {
    let shared = Shared::new().await;
    let new = json!({"name": "Agency", "path": "overview", "days": 2});
    let ((one, id), (other, _)) = (shared.link(&new).await, shared.link(&new).await);
    for link in [&one, &other] {
        assert_eq!(shared.read(link).await.status, 200);
    }
    assert_eq!(shared.send("DELETE", &format!("/{id}"), &json!(null)).await.status, 204);
    assert_eq!(shared.send("DELETE", &format!("/{id}"), &json!(null)).await.status, 404);
    let revoked = shared.read(&one).await;
    assert_eq!((revoked.status.as_u16(), revoked.header("x-robots-tag")), (410, "noindex, nofollow"));
    assert!(revoked.text().contains("This link has ended") && !revoked.text().contains("Shop"), "{}", revoked.text());
    let Clock::Manual(now_ms) = &shared.test.app.clock else { unreachable!("the clock is set by hand") };
    now_ms.fetch_add(2 * 86_400_000, Ordering::Relaxed);
    assert_eq!(shared.read(&other).await.status, 410);
    let unknown = shared.read(&format!("/shared/shop/{}", "0".repeat(64))).await;
    assert!(unknown.status == 404 && unknown.text().contains("no such report"), "{}", unknown.text());
    assert_eq!(shared.read("/shared/nowhere/x").await.status, 404);
    let listed = shared.send("GET", "", &json!(null)).await.json();
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|share| share["is_open"].clone()).collect();
    assert_eq!(states, [json!(false), json!(false)]);
    assert!(listed[0].get("url").is_none() && !listed[0]["used_at"].is_null(), "{listed}");
    let actions: Vec<_> = shared.test.app.store.audit_entries(shared.site.site_id, None, 9).await.unwrap();
    let count = |action: &str| actions.iter().filter(|entry| entry.action == action).count();
    assert_eq!((count("share.add"), count("share.revoke")), (2, 1));
}

#[tokio::test]
async fn a_password_is_asked_for_and_guessing_it_is_slow() {
    let shared = Shared::new().await;
    let new = json!({"name": "x", "path": "overview", "password": "blue mugs only"});
    let (link, _) = shared.link(&new).await;
    let open = async |password: Option<&str>| {
        let basic = password.map(|password| format!("Basic {}", STANDARD.encode(format!(":{password}"))));
        let mut headers = vec![("accept", "text/html")];
        headers.extend(basic.as_deref().map(|basic| ("authorization", basic)));
        shared.test.get(&link, &headers).await
    };
    let asked = open(None).await;
    assert_eq!(asked.status, 401);
    assert!(asked.header("www-authenticate").starts_with("Basic realm=\"Report "), "{:?}", asked.headers);
    assert!(!asked.text().contains("class=\"value\""));
    for (password, status) in [("blue mugs only", 200), ("blue mugs", 401), ("blue mugs only", 200)] {
        assert_eq!(open(Some(password)).await.status, status, "{password}");
    }
    let mut status = 401;
    for _ in 0..12 {
        status = open(Some("wrong")).await.status.as_u16();
    }
    assert_eq!(status, 429, "who guesses has to wait");
}

#[tokio::test]
async fn too_many_looks_have_to_wait() {
    let shared = Shared::new().await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(shared.test.get(&format!("/shared/shop/{}", "1".repeat(64)), &[]).await.status.as_u16());
    }
    assert!(statuses[0] == 404 && statuses[39] == 429, "{statuses:?}");
}

#[tokio::test]
async fn an_editor_makes_a_link_on_a_report_sees_it_once_and_revokes_it() {
    let shared = Shared::new().await;
    let editor = shared.test.cookie(&shared.site, "eve@example.com", Role::Editor).await;
    let support = shared.test.cookie(&shared.site, "sam@example.com", Role::Support).await;
    let form = "name=The+agency&path=overview&fields=range%3D7d%26device%3Dmobile&days=7&password=&lock-device=yes&lock-range=yes";
    let read = async |address: &str, cookie: &str| {
        shared.test.get(address, &[("cookie", cookie), ("accept", "text/html")]).await.text()
    };
    assert_eq!(shared.test.submit("/sites/shop/shares", form, &[("cookie", &support)]).await.status, 403);
    assert!(!read("/sites/shop/overview", &support).await.contains("<summary>Share</summary>"));
    let faulty = shared.test.submit("/sites/shop/shares", "name=&path=audit&fields=", &[("cookie", &editor)]).await;
    assert_eq!(faulty.status, 422, "{}", faulty.text());
    let made = shared.test.submit("/sites/shop/shares", form, &[("cookie", &editor), ("accept", "text/html")]).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let link = made.text().split("id=\"new-link\">").nth(1).unwrap().split('<').next().unwrap().replace("&#38;", "&");
    let link = link.strip_prefix(&shared.test.app.config.base_url()).unwrap().to_owned();
    let page = shared.read(&link).await.text();
    assert!(page.contains("Shared report “<bdi>The agency</bdi>”, until"), "{page}");
    assert!(!page.contains("aria-label=\"Range\"") && !page.contains("aria-label=\"Device\""), "both are locked");
    let list = read("/sites/shop/shares", &editor).await;
    assert!(!list.contains("id=\"new-link\"") && list.contains("last used") && list.contains("7 days"), "{list}");
    let revoke =
        list.split("action=\"").find(|rest| rest.contains("/revoke")).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(shared.test.submit(&revoke, "", &[("cookie", &support)]).await.status, 403);
    assert_eq!(shared.test.submit(&revoke, "", &[("cookie", &editor)]).await.status, 303);
    assert_eq!(shared.read(&link).await.status, 410);
    assert!(read("/sites/shop/audit", &editor).await.contains("the link The agency"));
}
