//! What a report is narrowed to: what is offered, what it comes to, and what is said where it cannot be told.

use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::story_test::tell;

const DAYS: &str = "range=custom&from=2026-04-20&to=2026-05-06";

async fn story() -> (TestApp, String) {
    let test = TestApp::new().await;
    let site = test.site().await;
    tell(&test.app.store, &test.app.sites, &site).await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    (test, cookie)
}

#[tokio::test]
async fn languages_and_sources_that_occur_are_offered_and_the_choice_can_be_taken_back() {
    let (test, cookie) = story().await;
    let read = async |query: &str| {
        let address = format!("/sites/shop/overview?{DAYS}{query}");
        test.get(&address, &[("cookie", &cookie), ("accept", "text/html")]).await.text()
    };
    let page = read("").await;
    for (label, link) in [("Language", "language=en"), ("Source", "source=direct")] {
        assert!(page.contains(&format!("<summary>{label}</summary>")), "{label}: {page}");
        assert!(page.contains(&format!("&#38;{link}\">")), "{link}: {page}");
    }
    for typed in ["page", "page_group", "language", "source"] {
        assert!(page.contains(&format!("<input type=\"text\" name=\"{typed}\"")), "{typed}: {page}");
    }
    // No page named a release.
    assert!(!page.contains("<summary>Release</summary>"), "{page}");
    let page = read("&language=en&source=direct").await;
    for (chosen, rest) in [("language", "source=direct"), ("source", "language=en")] {
        let back = format!("&#38;{rest}\" aria-label=\"Show every {chosen}\"");
        assert!(page.contains(&back), "{back}: {page}");
    }
    assert!(page.contains("; language en; source direct</p>"), "it is said on paper, too: {page}");
    assert!(page.contains("<p class=\"value\">115</p>"), "{page}");
    let none = read("&language=fr").await;
    assert!(none.contains("in the language fr, on these days"), "{none}");
}

#[tokio::test]
async fn a_report_that_a_filter_cannot_narrow_says_so_and_leads_to_what_it_can_tell() {
    let (test, cookie) = story().await;
    let address = format!("/sites/shop/delivery?{DAYS}&device=desktop&language=en&source=direct");
    let reply = test.get(&address, &[("cookie", &cookie), ("accept", "text/html")]).await;
    let page = reply.text();
    assert_eq!(reply.status, 422, "{page}");
    for field in ["language", "source"] {
        assert!(page.contains(&format!("<code>{field}</code> is not known of steps of delivery")), "{page}");
    }
    let told = format!("/sites/shop/delivery?{DAYS}&device=desktop").replace('&', "&#38;");
    assert!(page.contains(&format!("href=\"{told}\"")), "{page}");
    let program = test.get(&address, &[("cookie", &cookie), ("accept", "application/json")]).await;
    let fields = program.json();
    assert_eq!(
        (fields["errors"][0]["field"].as_str(), fields["errors"][1]["field"].as_str()),
        (Some("language"), Some("source"))
    );
    // What is told in part says which part is not.
    let address = format!("/sites/shop/feedback?{DAYS}&source=direct");
    let feedback = test.get(&address, &[("cookie", &cookie), ("accept", "text/html")]).await.text();
    assert!(
        feedback.contains("not known by language, source or anything else") && feedback.contains("not known</small>"),
        "{feedback}"
    );
    let table = test.get(&format!("{address}&format=csv"), &[("cookie", &cookie)]).await.text();
    assert!(table.contains("feedback,Page feedback,yes,,,,,1,1,,,,\r\n"), "{table}");
    let install = test.get("/sites/shop/install?language=en", &[("cookie", &cookie), ("accept", "text/html")]).await;
    assert!(install.text().contains("What arrives is counted whole"), "{}", install.text());
}

#[tokio::test]
async fn a_table_holds_what_the_page_was_narrowed_to() {
    let (test, cookie) = story().await;
    let table = async |page: &str, query: &str| {
        let and = if page.contains('?') { "&" } else { "?" };
        let address = format!("/sites/shop/{page}{and}{DAYS}&format=csv{query}");
        let reply = test.get(&address, &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text());
        reply.text()
    };
    for page in ["overview?table=figures", "experience", "feedback/feedback?table=answers", "feedback?table=scores"] {
        let whole = table(page, "").await;
        assert_eq!(table(page, "&source=direct").await.lines().count(), whole.lines().count(), "{page}");
        assert_ne!(table(page, "&source=elsewhere").await, whole, "{page}");
        assert_ne!(table(page, "&page_group=%2Fnone").await, whole, "{page}");
    }
}
