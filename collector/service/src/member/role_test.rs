//! The roles as docs/operate.md tells them: each line of its table is what the pages allow, to that role and those after it.

use crate::http::query::encode;
use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::story_test::{RESPONSE, tell};

const THEME: &str = "accent=%23005500&text=&accent_text=&background=&dark_background=&dark_text=&radius_px=8&font=\
    &density=compact&position=left&scheme=auto&launcher=stays&logo=&logo_text=&css=";

/// What the table says, in its words, and a request that does it: a form where there is one.
const DEEDS: &[(&str, &str, Option<&str>)] = &[
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
    ("work with tickets", "inbox/NOBODY/replies", Some("text=x&to=a%40b.c")),
    ("work with tickets", "inbox/NOBODY/participants", Some("address=x&standing=agreed")),
    ("work with tickets", "inbox/NOBODY/customer", Some("")),
    ("work with tickets", "inbox/NOBODY/messages/NOBODY/choice", Some("choice=same")),
    ("read the dashboards", "mail", None),
    ("work with tickets", "mail/NOBODY/open", Some("")),
    ("work with tickets", "mail/addresses", Some("address=a%40b.c")),
    ("set up mail with customers", "mail", Some("address=")),
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
    ("work with customers", "customers", None),
    ("work with customers", "customers", Some("name=x")),
    ("work with customers", "customers/NOBODY", None),
    ("work with customers", "customers/NOBODY", Some("name=x")),
    ("work with customers", "customers/NOBODY/contacts", Some("channel=call")),
    ("set up webhooks and notifications", "webhooks", None),
    ("set up webhooks and notifications", "webhooks", Some("name=")),
    ("set up webhooks and notifications", "webhooks/NOBODY", None),
    ("set up webhooks and notifications", "webhooks/NOBODY", Some("name=")),
    ("set up webhooks and notifications", "webhooks/NOBODY/state", Some("active=no")),
    ("set up webhooks and notifications", "webhooks/NOBODY/secret", Some("")),
    ("set up webhooks and notifications", "webhooks/NOBODY/test", Some("")),
    ("set up webhooks and notifications", "webhooks/NOBODY/remove", Some("")),
    ("set up webhooks and notifications", "webhooks/NOBODY/redeliver", Some("since=2026-03-31")),
    ("set up webhooks and notifications", "webhooks/NOBODY/deliveries/NOBODY/redeliver", Some("")),
    ("set up webhooks and notifications", "notifications", None),
    ("set up webhooks and notifications", "notifications", Some("name=")),
    ("set up webhooks and notifications", "notifications/NOBODY/remove", Some("")),
    ("tell people of fixes", "issues/NOBODY/tell", None),
    ("tell people of fixes", "issues/NOBODY/tell", Some("subject=x&body=x&stop_label=x&count=0")),
    ("set business hours", "hours", Some("monday=9-17")),
    ("plan follow-ups", "follow-ups", Some("name=x&cause=purchase&days=5&way=call&subject=x")),
    ("plan follow-ups", "follow-ups/NOBODY/state", Some("active=no")),
    ("plan follow-ups", "follow-ups/NOBODY/remove", Some("")),
    ("note what calls to customers came to", "follow-ups/NOBODY/call", Some("came_to=done")),
    ("change the theme, segments", "segments", Some("name=Phones&fields=device%3Dmobile")),
    ("change the theme, segments", "segments/NOBODY", Some("name=Phones")),
    ("read the dashboards", "personas", None),
    ("read the dashboards", "personas/NOBODY", None),
    ("describe personas", "personas", Some("name=Gift+buyers")),
    ("describe personas", "personas/NOBODY", Some("name=Gift+buyers")),
    ("describe personas", "personas/NOBODY/remove", Some("")),
    ("merge customers", "customer-data", None),
    ("merge customers", "customer-data/look", Some("")),
    ("merge customers", "customer-data/merge", Some("customer=1&into=2")),
    ("merge customers", "customer-data/answer", Some("one=1&other=2&keep=both")),
    ("merge customers", "customer-data/merges/NOBODY/undo", Some("")),
    ("merge customers", "customers/NOBODY/data", None),
    ("or erase all that is stored of a customer", "customers/NOBODY/data/take", Some("")),
    ("or erase all that is stored of a customer", "customers/NOBODY/data/erase", Some("confirm=x")),
    ("change the theme, segments", "segments/NOBODY/remove", Some("")),
    ("read the dashboards", "", None),
    ("read the dashboards", "feedback/feedback", None),
    ("read the dashboards", "experience/page?page=/", None),
    ("read the dashboards", "experience/cause?page=/", None),
    ("read the dashboards", "drivers", None),
    ("read the dashboards", "errors", None),
    ("read the dashboards", "errors/group?group=x", None),
    ("say which errors are one", "errors/merge", Some("key=x&into=y")),
    ("say which errors are one", "errors/unmerge", Some("key=x")),
    ("read the dashboards", "events", None),
    ("read the dashboards", "words", None),
    ("read the dashboards", "change", None),
    ("read the dashboards", "issues/NOBODY", None),
    ("read the dashboards", "tasks/task?name=x", None),
    ("set up tasks and funnels", "tasks/NOBODY", Some("name=&minutes=5")),
    ("set up tasks and funnels", "funnels/NOBODY", Some("name=&minutes=5")),
    ("add, change and remove releases and notes", "annotations/NOBODY", Some("kind=note&text=Sale&at=")),
    ("work with tickets", "inbox/bulk", Some("state=new")),
    ("work with tickets", "inbox/views/NOBODY/remove", Some("")),
    ("read the dashboards", "funnels/NOBODY", None),
    ("read the dashboards", "visit", None),
    ("answers and trails", "responses/RESPONSE/pictures/x", None),
    ("read the dashboards", "reviews", None),
    ("read the dashboards", "reviews/NOBODY", None),
    ("read the dashboards", "reviews/NOBODY/photo", None),
    ("the inbox", "inbox/NOBODY", None),
    ("and the theme", "theme/preview", None),
    ("and the theme", "theme/preview", Some(THEME)),
    ("and the theme", "theme/looks", Some(THEME)),
    ("see how much is stored of a customer", "customer-data/find?customer=x", None),
    ("merge customers", "customer-data/erasures/NOBODY", None),
    ("the inbox", "inbox/NOBODY/files/NOBODY", None),
    ("say of issues", "issues/NOBODY/tell", None),
    ("say of issues", "issues/NOBODY/tell", Some("")),
    ("read the dashboards", "settings", None),
    ("change the settings", "settings", Some("name=")),
    ("make and change secrets", "settings/secrets", Some("purpose=none&days=1")),
    ("remove the site", "settings/remove", None),
    ("remove the site", "settings/remove", Some("name=no")),
    ("read the dashboards", "people", None),
    ("decide who belongs to the site", "people", Some("email=none&role=viewer")),
    ("decide who belongs to the site", "people/MEMBER", Some("role=viewer")),
    ("decide who belongs to the site", "people/NOBODY/remove", Some("")),
    ("decide who belongs to the site", "people/invitations/NOBODY/revoke", Some("")),
    ("give and take keys", "keys", None),
    ("give and take keys", "keys", Some("name=")),
    ("give and take keys", "keys/NOBODY/revoke", Some("")),
    ("name, hide and merge themes", "words/themes", Some("key=late&name=Delivery")),
    ("read the dashboards", "surveys", None),
    ("read the dashboards", "surveys/feedback", None),
    ("build surveys", "surveys", Some("from=nowhere")),
    ("build surveys", "surveys/nowhere/state", Some("state=off")),
    ("build surveys", "surveys/drafts/NOBODY", None),
    ("build surveys", "surveys/drafts/NOBODY", Some("do=save")),
    ("build surveys", "surveys/drafts/NOBODY/discard", Some("")),
    ("build surveys", "surveys/drafts/NOBODY/preview", None),
    ("build surveys", "surveys/drafts/NOBODY/preview", Some("do=try")),
];

/// Addresses of people that are of no site, and what somebody gets who is not signed in: they are led to sign in, or may open it.
const OF_NO_SITE: &[(&str, bool)] = &[
    ("/", false),
    ("/sites", false),
    ("/sites/new", false),
    ("/account", false),
    ("/account/sessions/{id}/end", false),
    ("/account/sessions/end-others", false),
    ("/account/codes", false),
    ("/account/codes/offer", false),
    ("/account/codes/renew", false),
    ("/account/codes/remove", false),
    ("/password", false),
    ("/sign-in", true),
    ("/sign-in/code", true),
    ("/sign-in/forgotten", true),
    ("/sign-in/link/{token}", true),
    ("/sign-in/reset/{token}", true),
    ("/sign-out", true),
    ("/invitations/{site}/{token}", true),
    ("/setup/{token}", true),
];

/// Forms with files, below a site: the tests beside them try the roles.
const WITH_FILES: &[&str] = &["/sites/{site}/customer-data/import"];

/// Whether a deed is done at a path as it is routed.
fn is_at(below: &str, path: &str) -> bool {
    let below = below.split('?').next().unwrap_or_default();
    let address = format!("/sites/shop/{below}");
    let (address, path): (Vec<_>, Vec<_>) =
        (address.trim_end_matches('/').split('/').collect(), path.split('/').collect());
    address.len() == path.len()
        && address.iter().zip(&path).all(|(part, routed)| routed.starts_with('{') || part == routed)
}

#[tokio::test]
async fn an_address_that_was_added_later_stood_in_no_table_of_roles() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Owner).await;
    let paths = crate::router::paths_of_people();
    assert!(paths.len() > 60, "{paths:?}");
    for path in paths.iter().filter(|path| !path.contains('.') && !path.contains("{*")) {
        let address = path.replace("{site}", "shop").replace(['{', '}'], "");
        let is_taken = async |form: Option<&str>| match form {
            Some(form) => test.submit(&address, form, &[("cookie", &cookie)]).await.status != 405,
            None => test.get(&address, &[("cookie", &cookie)]).await.status != 405,
        };
        let (reads, writes) = (is_taken(None).await, is_taken(Some("")).await);
        if !path.starts_with("/sites/{site}") {
            let (_, is_open) =
                OF_NO_SITE.iter().find(|(known, _)| known == path).unwrap_or_else(|| panic!("{path}: no row"));
            let stranger = if reads { test.get(&address, &[]).await } else { test.submit(&address, "", &[]).await };
            let is_led = stranger.header("location").starts_with("/sign-in?") || stranger.status == 401;
            let is_door = stranger.header("location") == "/sign-in";
            assert_eq!(is_led || is_door && path == "/", !is_open, "{path}: {}", stranger.status);
            continue;
        }
        for (is_routed, is_form) in [(reads, false), (writes, true)] {
            let known = DEEDS
                .iter()
                .chain(READS_CHANGES)
                .any(|(_, below, form)| form.is_some() == is_form && is_at(below, path));
            assert!(
                !is_routed || known || WITH_FILES.contains(&path.as_str()),
                "{path}: no row says who may {}",
                if is_form { "post" } else { "read" }
            );
        }
    }
}

#[tokio::test]
async fn an_owner_of_another_site_or_nobody_at_all_got_in_by_another_address() {
    let test = TestApp::new().await;
    let (site, other) = (test.site().await, rapport_store::test_store::a_site("other"));
    test.app.store.add_site(&other).await.unwrap();
    tell(&test.app.store, &test.app.sites, &site).await;
    let member = test.cookie(&site, "ada@example.com", Role::Owner).await;
    let stranger = test.cookie(&other, "eve@example.com", Role::Owner).await;
    let people = test.get("/sites/shop/people", &[("cookie", &member)]).await.text();
    let (_, shown) = people.split_once("/sites/shop/people/").expect("a member");
    let shown = &shown[..32];
    let before = test.app.store.audit_entries(site.site_id, None, 100).await.unwrap();
    for (_, below, form) in DEEDS.iter().chain(READS_CHANGES) {
        let below = below
            .replace("RESPONSE", &RESPONSE.to_text())
            .replace("MEMBER", shown)
            .replace("NOBODY", &RESPONSE.to_text());
        let send = async |site: &str, cookie: &str| {
            let address = format!("/sites/{site}/{below}");
            let address = address.trim_end_matches('/');
            match form {
                Some(form) => test.submit(address, form, &[("cookie", cookie)]).await,
                None => test.get(address, &[("cookie", cookie)]).await,
            }
        };
        assert_eq!(send("shop", &stranger).await.status, 404, "{below}: of another site");
        let nobody = send("shop", "").await.status;
        assert_eq!(nobody, if form.is_some() { 401 } else { 303 }, "{below}: nobody");
        // The things of one site below the address of another.
        if below.contains(shown) || below.contains(&RESPONSE.to_text()) {
            let status = send("other", &stranger).await.status;
            assert!([404, 422, 400, 503].contains(&status.as_u16()), "{below} below another site: {status}");
        }
    }
    let after = test.app.store.audit_entries(site.site_id, None, 100).await.unwrap();
    assert_eq!(before, after, "and nothing was changed");
}

const READS_CHANGES: &[(&str, &str, Option<&str>)] = &[("read Changes", "audit", None)];

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
    for role in Role::EACH {
        let cookie = test.cookie(&site, "ada@example.com", role).await;
        for (words, below, form) in DEEDS.iter().chain(READS_CHANGES) {
            let below =
                below.replace("RESPONSE", &RESPONSE.to_text()).replace("NOBODY", &test.app.clock.new_id().to_text());
            let address = format!("/sites/shop/{below}");
            let address = address.trim_end_matches('/');
            let reply = match form {
                Some(form) => test.submit(address, form, &[("cookie", &cookie)]).await,
                None => test.get(address, &[("cookie", &cookie)]).await,
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
async fn a_refusal_did_not_say_who_gives_roles() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let cookie = test.cookie(&site, "vera@example.com", Role::Viewer).await;
    let page = test.get("/sites/shop/audit", &[("cookie", &cookie), ("accept", "text/html")]).await.text();
    assert!(
        page.contains("This needs the role editor.") && page.contains("An owner of the site gives roles"),
        "{page}"
    );
    assert!(!page.contains("owns the site"), "{page}");
    let form = format!("state={}", encode("published"));
    let foreign =
        test.submit("/r/shop/none/helpful", &form, &[("sec-fetch-site", "cross-site"), ("accept", "text/html")]).await;
    assert!(!foreign.text().contains("owns the site"), "{}", foreign.text());
}
