//! The roles as docs/operate.md tells them: each line of its table is what the pages allow, to that role and those after it.

use crate::http::query::encode;
use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::story_test::{RESPONSE, tell};

const THEME: &str = "accent=%23005500&text=&accent_text=&background=&dark_background=&dark_text=&radius_px=8&font=\
    &density=compact&position=left&scheme=auto&launcher=stays&logo=&logo_text=&css=";

/// What the table says, in its words, and a request that does it: a form where there is one.
const DEEDS: [(&str, &str, Option<&str>); 62] = [
    ("read the dashboards", "overview", None),
    ("read the dashboards", "feedback", None),
    ("read the dashboards", "experience", None),
    ("read the dashboards", "delivery", None),
    ("read the dashboards", "install", None),
    ("read the dashboards", "annotations", None),
    ("read the dashboards", "forms", None),
    ("read the dashboards", "heatmap?page=/", None),
    ("read the dashboards", "heatmap/code", Some("fields=page%3D%2F")),
    ("of how many views clicks are kept", "heatmap/sample", Some("percent=5")),
    ("add, change and remove releases and notes", "annotations", Some("kind=note&text=Sale&at=")),
    ("add, change and remove releases and notes", "annotations/NOBODY/remove", Some("")),
    ("read the dashboards", "issues", None),
    ("say of issues", "issues/NOBODY", Some("status=new")),
    ("answers and trails", "responses/RESPONSE", None),
    ("the inbox", "inbox", None),
    ("the inbox", "causes", None),
    ("the inbox", "inbox/rules", None),
    ("work with tickets", "inbox", Some("subject=Call")),
    ("work with tickets", "inbox/NOBODY", Some("state=new")),
    ("work with tickets", "inbox/NOBODY/notes", Some("note=x")),
    ("work with tickets", "inbox/NOBODY/merge", Some("into=x")),
    ("work with tickets", "inbox/NOBODY/unmerge", Some("")),
    ("the inbox", "inbox/NOBODY/seen", Some("")),
    ("work with tickets", "inbox/views", Some("name=x&fields=")),
    ("work with tickets", "causes/NOBODY", Some("name=x")),
    ("say what opens a ticket", "inbox/rules", Some("stars-review=2")),
    ("and the theme", "theme", None),
    ("moderate reviews", "reviews/NOBODY", Some("state=published")),
    ("reply to reviews", "reviews/NOBODY/reply", Some("reply=Thanks")),
    ("let suspicious answers count", "responses/RESPONSE/suspicion", Some("counts=yes")),
    ("change the theme", "theme", Some(THEME)),
    ("read the dashboards", "segments", None),
    ("read the dashboards", "shares", None),
    ("read the dashboards", "mail-reports", None),
    ("by links and by mail", "mail-reports", Some("name=x&cadence=day&hour=7&fields=&recipients=a%40b.c")),
    ("by links and by mail", "mail-reports/NOBODY/remove", Some("")),
    ("by links and by mail", "mail-reports/NOBODY/send", Some("")),
    ("share reports by links", "shares", Some("name=x&path=overview&fields=")),
    ("share reports by links", "shares/NOBODY/revoke", Some("")),
    ("read the dashboards", "routes", None),
    ("segments and routes", "routes", Some("pattern=%2Fdocs%2F*")),
    ("segments and routes", "routes/remove", Some("pattern=%2Fdocs%2F*")),
    ("read the dashboards", "tasks", None),
    ("read the dashboards", "funnels", None),
    ("read the dashboards", "journeys", None),
    ("read the dashboards", "retention", None),
    ("set up tasks and funnels", "tasks", Some("name=&minutes=5")),
    ("set up tasks and funnels", "tasks/NOBODY/remove", Some("")),
    ("set up tasks and funnels", "funnels", Some("name=&minutes=5")),
    ("set up tasks and funnels", "funnels/NOBODY/remove", Some("")),
    ("read the dashboards", "targets", None),
    ("read the dashboards", "hours", None),
    ("read the dashboards", "follow-ups", None),
    ("set business hours", "hours", Some("monday=9-17")),
    ("plan follow-ups", "follow-ups", Some("name=x&cause=purchase&days=5&way=call&subject=x")),
    ("plan follow-ups", "follow-ups/NOBODY/state", Some("active=no")),
    ("plan follow-ups", "follow-ups/NOBODY/remove", Some("")),
    ("note what calls to customers came to", "follow-ups/NOBODY/call", Some("came_to=done")),
    ("change the theme, segments", "segments", Some("name=Phones&fields=device%3Dmobile")),
    ("change the theme, segments", "segments/NOBODY", Some("name=Phones")),
    ("name, hide and merge themes", "words/themes", Some("key=late&name=Delivery")),
];

/// The least role whose line holds these words.
fn least(table: &[(Role, String)], words: &str) -> Role {
    table.iter().find(|(_, may)| may.contains(words)).unwrap_or_else(|| panic!("no role may {words}")).0
}

#[tokio::test]
async fn the_table_of_roles_told_of_what_the_pages_refuse() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate.md");
    let document = std::fs::read_to_string(path).unwrap();
    let table = Role::EACH.map(|role| {
        let start = format!("| `{role}` | ");
        let line = document.lines().find_map(|line| line.strip_prefix(&start));
        (role, line.expect("every role has a line").to_owned())
    });
    let test = TestApp::new().await;
    let site = test.site().await;
    tell(&test.app.store, &test.app.sites, &site).await;
    let reads_changes = [("read Changes", "audit", None)];
    for role in Role::EACH {
        let cookie = test.cookie(&site, "ada@example.com", role).await;
        for (words, below, form) in DEEDS.iter().chain(&reads_changes) {
            let below =
                below.replace("RESPONSE", &RESPONSE.to_text()).replace("NOBODY", &test.app.clock.new_id().to_text());
            let address = format!("/sites/shop/{below}");
            let reply = match form {
                Some(form) => test.submit(&address, form, &[("cookie", &cookie)]).await,
                None => test.get(&address, &[("cookie", &cookie)]).await,
            };
            assert_ne!(reply.status, 405, "{address}");
            let is_allowed = reply.status != 403;
            assert_eq!(is_allowed, role >= least(&table, words), "{role}: {words}, {address}: {}", reply.status);
        }
    }
}

#[tokio::test]
async fn a_viewer_was_led_to_a_page_that_refused_them() {
    let test = TestApp::new().await;
    let site = test.site().await;
    for role in Role::EACH {
        let cookie = test.cookie(&site, "ada@example.com", role).await;
        let page = test.get("/sites/shop/overview", &[("cookie", &cookie)]).await.text();
        let navigation = page.split_once("<nav").and_then(|(_, rest)| rest.split_once("</nav>")).unwrap().0;
        let links: Vec<_> = navigation.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() >= 7, "{links:?}");
        assert_eq!(links.contains(&"/sites/shop/audit"), role >= Role::Editor, "{role}: {links:?}");
        for link in links {
            assert_eq!(test.get(link, &[("cookie", &cookie)]).await.status, 200, "{role}: {link}");
        }
    }
}

#[tokio::test]
async fn a_refusal_said_that_an_owner_could_change_it_and_no_owner_can() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let cookie = test.cookie(&site, "vera@example.com", Role::Viewer).await;
    let page = test.get("/sites/shop/audit", &[("cookie", &cookie), ("accept", "text/html")]).await.text();
    assert!(page.contains("This needs the role editor.") && page.contains("`rapport member add`"), "{page}");
    assert!(!page.contains("owns the site"), "{page}");
    let form = format!("state={}", encode("published"));
    let foreign =
        test.submit("/r/shop/none/helpful", &form, &[("sec-fetch-site", "cross-site"), ("accept", "text/html")]).await;
    assert!(!foreign.text().contains("owns the site"), "{}", foreign.text());
}
