//! Getting about the pages: what one looks at stays what one looks at, there is a way back, and always a way on.

use crate::http::query::encode;
use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::site::Site;
use rapport_store::story_test::{BROKEN, RESPONSE, tell};
use rapport_store::test_store::note;

const DAYS: &str = "range=custom&from=2026-04-20&to=2026-05-06";

async fn story() -> (TestApp, Site, String) {
    let test = TestApp::new().await;
    let site = test.site().await;
    tell(&test.app.store, &test.app.sites, &site).await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Owner).await;
    (test, site, cookie)
}

async fn read(test: &TestApp, cookie: &str, address: &str) -> String {
    let reply = test.get(address, &[("cookie", cookie), ("accept", "text/html")]).await;
    assert_eq!(reply.status, 200, "{address}: {}", reply.text());
    reply.text()
}

/// The addresses of the links that begin so, as a browser reads them.
fn links(page: &str, beginning: &str) -> Vec<String> {
    let all = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let all = all.map(|href| href.replace("&#38;", "&").replace("&amp;", "&"));
    all.filter(|href| href.starts_with(beginning)).collect()
}

#[tokio::test]
async fn every_link_of_the_navigation_keeps_days_device_and_page() {
    let (test, _, cookie) = story().await;
    let other = Site { key: "other".into(), name: "Other".into(), ..rapport_store::test_store::a_site("other") };
    test.app.store.add_site(&other).await.unwrap();
    test.app.sites.forget();
    test.cookie(&other, "ada@example.com", Role::Viewer).await;
    let page = encode(BROKEN);
    for (narrowed, of_other_site, is_told_by_steps) in [
        (format!("device=desktop&page={page}"), "device=desktop", true),
        ("page_group=%2F".to_owned(), "", true),
        (
            format!("device=desktop&page={page}&language=en&source=direct&release=1.0"),
            "device=desktop&language=en&source=direct",
            false,
        ),
        ("page_group=%2F&language=en-gb&source=a%26b".to_owned(), "language=en-gb&source=a%26b", false),
    ] {
        let kept = format!("{DAYS}&{narrowed}");
        let parts = [
            "overview",
            "feedback",
            "reviews",
            "experience",
            "forms",
            "heatmap",
            "drivers",
            "delivery",
            "theme",
            "audit",
            "install",
        ];
        let told = parts.iter().filter(|part| is_told_by_steps || **part != "delivery");
        let mut pages: Vec<_> = told.map(|part| format!("{part}?{kept}")).collect();
        pages.extend([
            format!("feedback/feedback?{kept}&score=low"),
            format!("responses/{RESPONSE}?back={}", encode(&format!("feedback/feedback?{kept}&score=low#answer-x"))),
        ]);
        if !narrowed.starts_with("page_group") {
            pages.push(format!("experience/page?{kept}"));
        }
        let other = [DAYS, of_other_site].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        for page in &pages {
            let text = read(&test, &cookie, &format!("/sites/shop/{page}")).await;
            for part in parts {
                let found = links(&text, &format!("/sites/shop/{part}?"));
                assert!(found.contains(&format!("/sites/shop/{part}?{kept}")), "{page} to {part}: {found:?}");
            }
            // A page, and a release, of one site is none of another; a viewer there reads no changes.
            let part = page.split(['/', '?']).next().map(|part| match part {
                "responses" => "feedback",
                "audit" => "overview",
                part => part,
            });
            let there = format!("/sites/other/{}?{other}", part.unwrap_or_default());
            assert!(links(&text, "/sites/other/").contains(&there), "{page} to {there}");
        }
        keeps_in_lists(&test, &cookie, &kept).await;
    }
}

/// What is listed, and the ways to choose among it, keep what one looks at.
async fn keeps_in_lists(test: &TestApp, cookie: &str, kept: &str) {
    let lists = read(test, cookie, &format!("/sites/shop/reviews?{kept}")).await;
    // But for every review, and for those in every language.
    let language = kept.split('&').find(|pair| pair.starts_with("language="));
    let in_every = format!("?state=pending&{}", kept.replace(&format!("&{}", language.unwrap_or("none")), ""));
    let is_taken_back = |choice: &String| choice.contains("state=all") || language.is_some() && *choice == in_every;
    for choice in links(&lists, "?state=").iter().filter(|choice| !is_taken_back(choice)) {
        assert!(choice.ends_with(kept) || choice.contains(&format!("{kept}&")), "{choice}");
    }
    let surveys = read(test, cookie, &format!("/sites/shop/feedback?{kept}")).await;
    let listed = links(&surveys, "/sites/shop/feedback/");
    assert!(!listed.is_empty() && listed.iter().all(|href| href.ends_with(kept)), "{listed:?}");
    // Other days, another device, another value: nothing else is lost on the way.
    let overview = read(test, cookie, &format!("/sites/shop/overview?{kept}")).await;
    let narrowed = kept.strip_prefix(DAYS).unwrap_or_default().trim_start_matches('&');
    for choice in links(&overview, "?").iter().filter(|choice| choice.starts_with("?range=7d")) {
        assert!(choice.ends_with(narrowed), "{choice}");
    }
    let table = links(&overview, "?").into_iter().find(|href| href.contains("format=csv")).expect("a table");
    assert!(table.contains(&format!("{kept}&format=csv")), "{table}");
    for hidden in overview.split("<form method=\"get\">").skip(1).filter_map(|rest| rest.split("</form>").next()) {
        for field in narrowed.split('&').filter_map(|pair| pair.split('=').next()) {
            // A page and those below one are asked for one instead of another.
            let is_instead = field.starts_with("page")
                && ["page", "route"].iter().any(|pages| hidden.contains(&format!("name=\"{pages}")));
            assert!(is_instead || hidden.contains(&format!("name=\"{field}\"")), "{field}: {hidden}");
        }
    }
}

#[tokio::test]
async fn low_scores_and_words_can_be_asked_for_together() {
    let (test, _, cookie) = story().await;
    let page = read(&test, &cookie, &format!("/sites/shop/feedback/feedback?{DAYS}&score=low")).await;
    let both = format!("?{DAYS}&score=low&with=words#answers");
    assert!(links(&page, "?").contains(&both), "{:?}", links(&page, "?"));
    let page = read(&test, &cookie, &format!("/sites/shop/feedback/feedback?{DAYS}&score=low&with=words")).await;
    assert!(page.contains("answer-09090909"), "{page}");
    for more in ["score=high&with=words", "score=low"] {
        assert!(links(&page, "?").contains(&format!("?{DAYS}&{more}#answers")), "{more}");
    }
    assert!(links(&page, "?").contains(&format!("?{DAYS}&score=low&with=words&suspicious=included#answers")));
}

#[tokio::test]
async fn back_from_a_trail_leads_to_the_place_in_the_list_it_was_opened_from() {
    let (test, _, cookie) = story().await;
    for list in [
        format!("feedback/feedback?{DAYS}&device=desktop&score=low&with=words"),
        format!("feedback/feedback?{DAYS}&after=9999999999999.01234567-89ab-7def-8123-456789abcdef"),
        format!("overview?{DAYS}"),
        format!("feedback?{DAYS}&compare=none"),
        format!("experience/page?{DAYS}&page={}", encode(BROKEN)),
    ] {
        let page = read(&test, &cookie, &format!("/sites/shop/{list}")).await;
        let answers = links(&page, "/sites/shop/responses/");
        let answer = answers.first().unwrap_or_else(|| panic!("{list} has no answer: {page}"));
        let trail = read(&test, &cookie, answer).await;
        let back = format!("/sites/shop/{list}#answer-{RESPONSE}");
        assert!(links(&trail, "/sites/shop/").contains(&back), "{back}: {:?}", links(&trail, "/sites/shop/"));
        assert!(page.contains(&format!("id=\"answer-{RESPONSE}\"")), "{list}");
    }
    // Opened by its address alone, and with one that would lead elsewhere.
    for query in ["", "?back=%2F%2Fevil.example", "?back=..%2F..%2Fsign-out"] {
        let trail = read(&test, &cookie, &format!("/sites/shop/responses/{RESPONSE}{query}")).await;
        assert!(trail.contains("<p class=\"crumbs\"><a href=\"/sites/shop/feedback/feedback\">"), "{trail}");
        assert!(!trail.contains("evil") && !trail.contains(".."), "{trail}");
    }
}

#[tokio::test]
async fn back_from_a_page_leads_to_the_pages_in_the_order_they_stood_in() {
    let (test, _, cookie) = story().await;
    for order in ["", "&sort=errors&order=descending", "&sort=page&order=ascending"] {
        let list = format!("/sites/shop/experience?{DAYS}&device=desktop{order}");
        let page = read(&test, &cookie, &list).await;
        let details = links(&page, "/sites/shop/experience/page?");
        assert!(details.len() >= 2, "{list}: {page}");
        for href in details {
            let detail = read(&test, &cookie, href.split('#').next().unwrap()).await;
            assert!(links(&detail, "/sites/shop/").contains(&list), "{href} does not lead back to {list}");
            assert!(detail.contains("← Experience"), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_table_of_a_choice_is_not_called_one_of_all() {
    let (test, _, cookie) = story().await;
    for page in [format!("feedback/feedback?{DAYS}&score=low&with=words"), "reviews?state=pending".to_owned()] {
        let text = read(&test, &cookie, &format!("/sites/shop/{page}")).await;
        assert!(text.contains("CSV of these</a>") && !text.contains("CSV of all"), "{page}: {text}");
    }
}

#[tokio::test]
async fn none_is_not_a_small_number() {
    let (test, _, cookie) = story().await;
    let before = "range=custom&from=2026-01-01&to=2026-01-02";
    for (days, small) in [(before, false), (DAYS, true)] {
        for page in ["overview?", "feedback/feedback?", &format!("experience/page?page={}&", encode(BROKEN))] {
            let text = read(&test, &cookie, &format!("/sites/shop/{page}{days}")).await;
            let marked = ["class=\"stat small\"", "class=\"panel score small\""].iter().any(|mark| text.contains(mark));
            assert_eq!(marked, small, "{page}{days}: {text}");
        }
    }
}

#[tokio::test]
async fn the_address_of_the_collector_opens_the_site_last_used() {
    let (test, _, cookie) = story().await;
    let other =
        Site { key: "another".into(), name: "A first name".into(), ..rapport_store::test_store::a_site("another") };
    test.app.store.add_site(&other).await.unwrap();
    test.app.sites.forget();
    let second = test.cookie(&other, "ada@example.com", Role::Viewer).await;
    let home = async |cookie: &str| test.get("/", &[("cookie", cookie)]).await.header("location").to_owned();
    assert_eq!(home(&cookie).await, "/sites/another/overview", "by name, as long as none was opened");
    for (key, opened) in [("shop", "experience"), ("another", "install"), ("shop", "theme")] {
        read(&test, &cookie, &format!("/sites/{key}/{opened}")).await;
        assert_eq!(home(&cookie).await, format!("/sites/{key}/overview"));
        assert_eq!(home(&second).await, format!("/sites/{key}/overview"), "on another device too");
    }
    let account = test.app.store.account_by_email("ada@example.com").await.unwrap().unwrap();
    let shop = test.app.store.last_site(account.account_id).await.unwrap().unwrap();
    test.app.store.remove_member(shop, account.account_id, &note(1)).await.unwrap();
    assert_eq!(home(&cookie).await, "/sites/another/overview", "whoever is no member any more is not led there");
}

#[tokio::test]
async fn what_is_not_there_or_cannot_be_read_stands_in_the_frame_with_a_way_on() {
    let (test, site, cookie) = story().await;
    for (address, status, told) in [
        ("/sites/shop/overview?range=custom&from=2026-05-02&to=2026-05-01&device=mobile", 400, "<code>from</code>"),
        ("/sites/shop/overview?range=1y", 400, "<code>range</code>"),
        ("/sites/shop/reviews?stars=9", 400, "<code>stars</code>"),
        ("/sites/shop/reviews?list_page=0", 400, "<code>list_page</code>"),
        ("/sites/shop/audit?before=x", 400, "<code>before</code>"),
        ("/sites/shop/feedback/none?range=7d", 404, "no such survey"),
        ("/sites/shop/responses/none?range=7d", 404, "no such response"),
        ("/sites/shop/reviews/none", 404, "no such review"),
        ("/sites/shop/nothing/at/all", 404, "No page has this address"),
        ("/sites/shop/responses/none/pictures/a.b", 404, "no such picture"),
        ("/sites/elsewhere/overview", 404, "no such site"),
        ("/nothing", 404, "No page has this address"),
    ] {
        let reply = test.get(address, &[("cookie", &cookie), ("accept", "text/html")]).await;
        let text = reply.text();
        assert_eq!(reply.status.as_u16(), status, "{address}");
        assert!(text.contains(told), "{address}: {text}");
        assert!(reply.header("content-security-policy").contains("script-src 'self'"), "{address}");
        assert_eq!(links(&text, "/sites/shop/experience").len(), 1, "{address} lost the navigation: {text}");
        assert!(text.contains("Sign out") && text.contains("<h1>"), "{address}");
        if status == 400 {
            let plain = address.split('?').next().unwrap();
            assert!(
                links(&text, plain).contains(&plain.to_owned()),
                "{address} has no way to the page without the fault"
            );
        }
        let document = test.get(address, &[("cookie", &cookie), ("accept", "application/json")]).await;
        assert_eq!(document.header("content-type"), "application/problem+json", "{address}");
    }
    let viewer = test.cookie(&site, "vera@example.com", Role::Viewer).await;
    let refused = test.get("/sites/shop/audit", &[("cookie", &viewer), ("accept", "text/html")]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("This needs the role editor.") && refused.text().contains("/sites/shop/feedback"));
    // Strangers see nothing of any site.
    let stranger = test.get("/nothing", &[("accept", "text/html")]).await;
    assert!(!stranger.text().contains("/sites/"), "{}", stranger.text());
}

#[tokio::test]
async fn an_empty_filter_is_said_to_be_the_filter_and_offers_to_clear_it() {
    let (test, _, cookie) = story().await;
    for page in ["overview", "feedback", "experience", "feedback/feedback"] {
        let text = read(&test, &cookie, &format!("/sites/shop/{page}?{DAYS}&device=tablet&page=%2Fnone")).await;
        assert!(!text.contains("Paste the tag") && !text.contains("Show the tag"), "{page}: {text}");
        assert!(text.contains("on tablet, on the page /none, on these days"), "{page}: {text}");
        assert!(links(&text, "/sites/shop/").contains(&format!("/sites/shop/{page}")), "{page} cannot be cleared");
    }
    let text = read(&test, &cookie, &format!("/sites/shop/feedback/feedback?{DAYS}&score=high")).await;
    assert!(text.contains("No answer passes this choice") && !text.contains("tag</a>"), "{text}");
    assert!(links(&text, "?").contains(&format!("?{DAYS}#answers")));
    // Where nothing ever arrived, the tag is what is missing.
    let empty = TestApp::new().await;
    let site = empty.site().await;
    let cookie = empty.cookie(&site, "ada@example.com", Role::Viewer).await;
    for page in ["overview", "feedback", "experience", "feedback/feedback"] {
        let text = read(&empty, &cookie, &format!("/sites/shop/{page}")).await;
        assert!(text.contains("Show the tag"), "{page}: {text}");
    }
}

#[tokio::test]
async fn one_of_something_is_not_called_by_its_plural() {
    let (test, _, cookie) = story().await;
    for page in [
        format!("overview?{DAYS}"),
        format!("feedback?{DAYS}"),
        format!("feedback/feedback?{DAYS}"),
        format!("experience/page?{DAYS}&page={}", encode(BROKEN)),
        format!("responses/{RESPONSE}"),
        format!("experience?{DAYS}&page={}", encode(BROKEN)),
    ] {
        let text = read(&test, &cookie, &format!("/sites/shop/{page}")).await;
        for things in ["answers", "responses", "views", "visits", "pages", "times", "errors", "clicks", "surveys"] {
            for (at, _) in text.match_indices(&format!("1 {things}")) {
                let before = text[..at].chars().next_back();
                assert!(
                    before.is_some_and(|letter| letter.is_ascii_digit()),
                    "{page}: {}",
                    &text[at.saturating_sub(60)..at + 20]
                );
            }
        }
    }
    let survey = read(&test, &cookie, &format!("/sites/shop/feedback/feedback?{DAYS}")).await;
    assert!(survey.contains("· 1 answer<") && survey.contains("n 1 answer<"), "{survey}");
    // A tile says what it counts below its number.
    let counted = "<p class=\"value\">1</p><p class=\"note\">response, unfinished too</p>";
    assert!(survey.contains(counted), "{survey}");
}

#[tokio::test]
async fn a_page_is_one_click_from_every_cause() {
    let (test, _, cookie) = story().await;
    let detail = format!("/sites/shop/experience/page?{DAYS}&page={}", encode(BROKEN));
    let overview = read(&test, &cookie, &format!("/sites/shop/overview?{DAYS}")).await;
    let experience = read(&test, &cookie, &format!("/sites/shop/experience?{DAYS}")).await;
    for (name, page) in [("overview", &overview), ("experience", &experience)] {
        for cause in ["#error", "#rage_click", "#dead_click"] {
            let found = links(page, &detail);
            assert!(found.iter().any(|href| href.ends_with(cause)), "{name} to {cause}: {found:?}");
        }
    }
    assert!(links(&experience, &detail).iter().any(|href| href.ends_with("#vitals")));
    for sort in ["errors", "rage", "dead", "bounce", "lcp", "inp", "cls"] {
        let sorted = format!("/sites/shop/experience?{DAYS}&sort={sort}");
        assert!(links(&overview, &sorted).contains(&sorted), "{sort}");
    }
    let page = read(&test, &cookie, &detail).await;
    for place in ["error", "rage_click", "dead_click", "vitals"] {
        assert!(page.contains(&format!(" id=\"{place}\"")), "{place}");
    }
    let trail = read(&test, &cookie, &format!("/sites/shop/responses/{RESPONSE}")).await;
    assert!(links(&trail, "/sites/shop/experience/page?").len() >= 3, "{trail}");
}

#[tokio::test]
async fn the_day_that_runs_is_marked_and_said_and_impact_has_a_unit() {
    let test = TestApp::at(rapport_store::clock::Clock::manual(rapport_store::story_test::NOW_MS)).await;
    let site = test.site().await;
    tell(&test.app.store, &test.app.sites, &site).await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let page = read(&test, &cookie, "/sites/shop/overview?range=7d").await;
    // Each chart comes wide and narrow.
    assert_eq!(page.matches("var(--chart-main-running)").count(), 2, "{page}");
    for told in
        ["6 May is not over: 35 views so far.", "6 May 2026, so far: the day is not over", ">6 May 2026, so far</th>"]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    // 35 views in the 12, 24 and 13 hours since the first data, each day counting 2^(−1/7) of the one after it.
    let days = 13.0 / 24.0 + 0.5_f64.powf(1.0 / 7.0) + 0.5 * 0.5_f64.powf(2.0 / 7.0);
    let impact = format!("{:.0} <small>weighted views a week</small>", 7.0 * 35.0 / days);
    assert!(page.contains(&impact), "{impact}: {page}");
    let over = read(&test, &cookie, "/sites/shop/overview?range=custom&from=2026-05-01&to=2026-05-05").await;
    assert!(!over.contains("so far") && !over.contains("-running"), "{over}");
    let answers = read(&test, &cookie, "/sites/shop/feedback/feedback?range=7d").await;
    assert!(answers.contains("6 May 2026, so far</th>"), "{answers}");
    // What the legend promises is drawn: a lighter bar, or a dashed line to a hollow point.
    let broken = encode(BROKEN);
    for (address, classes) in [
        ("overview?range=7d", vec!["running"]),
        ("overview?range=30d", vec!["running", "unfinished"]),
        ("overview?range=90d", vec!["unfinished"]),
        ("feedback/feedback?range=7d", vec!["unfinished"]),
        (&format!("experience/page?range=90d&page={broken}"), vec!["unfinished", "unfinished"]),
    ] {
        let text = read(&test, &cookie, &format!("/sites/shop/{address}")).await;
        let promised: Vec<_> =
            text.split("<i class=\"").skip(1).filter_map(|rest| rest.split_once("\"></i>")).collect();
        let promised: Vec<_> = promised.iter().filter(|(_, said)| said.starts_with("6 May 2026, so far")).collect();
        assert_eq!(promised.iter().map(|(class, _)| *class).collect::<Vec<_>>(), classes, "{address}: {text}");
        assert_eq!(text.contains("stroke-dasharray"), classes.contains(&"unfinished"), "{address}");
    }
    // The data began on 4 May: before, nothing was measured, and that is not 0.
    let table = read(&test, &cookie, "/sites/shop/overview?range=7d").await;
    for (day, told) in [("3 May 2026, before the first data</th>", true), ("4 May 2026, before", false)] {
        assert_eq!(table.contains(day), told, "{day}: {table}");
    }
}

#[tokio::test]
async fn what_was_changed_is_opened_with_the_filter_and_leads_back_to_the_changes() {
    let (test, site, cookie) = story().await;
    for (action, subject) in
        [("survey.activate", "survey feedback".to_owned()), ("response.trust", format!("response {RESPONSE}"))]
    {
        let entry = rapport_store::audit::AuditEntry { action: action.into(), subject, ..note(1) };
        test.app.store.note(site.site_id, &entry).await.unwrap();
    }
    let changes = read(&test, &cookie, "/sites/shop/audit?range=7d").await;
    assert!(links(&changes, "/sites/shop/feedback/").contains(&"/sites/shop/feedback/feedback?range=7d".to_owned()));
    let answer = links(&changes, "/sites/shop/responses/").remove(0);
    let trail = read(&test, &cookie, &answer).await;
    assert!(links(&trail, "/sites/shop/audit").contains(&"/sites/shop/audit?range=7d".to_owned()), "{answer}");
    assert!(trail.contains("← Changes"), "{trail}");
}
