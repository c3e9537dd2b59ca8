//! Every page and its JSON twin, over the whole router: who may read it, that it tells the story, and that no text of
//! a visitor becomes markup.

use crate::http::query::encode;
use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::site::Site;
use rapport_store::story_test::{BROKEN, HOSTILE, NOW_MS, RESPONSE, tell};
use rapport_store::test_store::note;

async fn story() -> (TestApp, Site) {
    let test = TestApp::new().await;
    let site = test.site().await;
    tell(&test.app.store, &test.app.sites, &site).await;
    (test, site)
}

/// Addresses of every page below a site, over the days of the story.
fn pages() -> Vec<String> {
    let days = "range=custom&from=2026-04-20&to=2026-05-06";
    let broken = encode(BROKEN);
    vec![
        format!("overview?{days}"),
        format!("overview?{days}&page={broken}"),
        format!("drivers?{days}"),
        format!("drivers?{days}&page={broken}"),
        format!("issues?{days}&show=all"),
        format!("feedback?{days}"),
        format!("feedback/feedback?{days}"),
        format!("feedback/feedback?{days}&score=low&with=words&device=desktop"),
        format!("responses/{RESPONSE}"),
        format!("experience?{days}&sort=errors&order=ascending"),
        format!("experience/page?{days}&page={broken}"),
        format!("install?{days}"),
        format!("delivery?{days}&page={broken}"),
    ]
}

#[tokio::test]
async fn no_text_of_a_visitor_becomes_markup() {
    let (test, site) = story().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    for page in pages() {
        let reply = test.get(&format!("/sites/shop/{page}"), &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 200, "{page}: {}", reply.text());
        let text = reply.text();
        for markup in ["<script>alert", "<img", "onerror=alert(2)>", "\"'&<"] {
            assert!(!text.contains(markup), "{page} has {markup}");
        }
        // It is there, as text.
        assert!(text.contains("&#60;script&#62;alert(1)"), "{page}");
        assert!(!text.contains(" style=") && !text.contains("<style"), "{page} has an inline style");
        let scripts: Vec<_> = text.match_indices("<script").collect();
        assert_eq!(scripts.len(), 1, "{page} has scripts of its own");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"), "{page}");
    }
}

#[tokio::test]
async fn pages_are_for_members() {
    let (test, site) = story().await;
    let other = Site { key: "other".into(), ..rapport_store::test_store::a_site("other") };
    test.app.store.add_site(&other).await.unwrap();
    let stranger = test.cookie(&other, "eve@example.com", Role::Owner).await;
    for page in pages() {
        let address = format!("/sites/shop/{page}");
        let reply = test.get(&address, &[]).await;
        assert_eq!(reply.status, 303, "{page}");
        assert!(reply.header("location").starts_with("/sign-in?next="), "{page}");
        assert_eq!(test.get(&address, &[("cookie", &stranger)]).await.status, 404, "{page}");
        assert_eq!(test.get(&address, &[("cookie", "rapport=made-up")]).await.status, 303, "{page}");
    }
    let member = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    assert_eq!(test.get("/", &[("cookie", &member)]).await.header("location"), "/sites/shop/overview");
    assert_eq!(test.get("/sites/shop", &[("cookie", &member)]).await.header("location"), "/sites/shop/overview");
}

#[tokio::test]
async fn a_site_without_a_survey_is_told_the_command_that_brings_one() {
    let test = TestApp::new().await;
    let site = rapport_store::test_store::a_site("shop");
    test.app.store.add_site(&site).await.unwrap();
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    for page in ["overview", "feedback", "delivery"] {
        let reply = test.get(&format!("/sites/shop/{page}"), &[("cookie", &cookie)]).await;
        assert!(reply.text().contains("<code>rapport survey apply shop FILE</code>"), "{page}: {}", reply.text());
    }
}

#[tokio::test]
async fn an_address_at_fault_is_told_by_field() {
    let (test, site) = story().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    for (page, status, told) in [
        ("overview?range=1y", 400, "<code>range</code>"),
        ("overview?device=%3Cscript%3Ealert(1)", 400, "<code>device</code>"),
        ("experience?sort=price", 400, "<code>sort</code>"),
        ("feedback/feedback?after=x", 400, "<code>after</code>"),
        ("feedback/none", 404, "no such survey"),
        ("responses/none", 404, "no such response"),
        ("responses/01234567-89ab-7def-8123-456789abcdef", 404, "no such response"),
    ] {
        let reply = test.get(&format!("/sites/shop/{page}"), &[("cookie", &cookie)]).await;
        assert_eq!(reply.status.as_u16(), status, "{page}");
        assert!(reply.text().contains(told), "{page}: {}", reply.text());
        assert!(!reply.text().contains("<script>alert"), "{page}");
    }
}

#[tokio::test]
async fn the_table_of_views_tells_what_the_chart_compares() {
    let (test, site) = story().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    // Compared with 5 and 6 May, a week before.
    let days = "range=custom&from=2026-05-12&to=2026-05-13";
    for page in [format!("overview?{days}"), format!("experience/page?{days}&page={}", encode(BROKEN))] {
        for (compare, columns) in [("", 1), ("&compare=none", 0)] {
            let text = test.get(&format!("/sites/shop/{page}{compare}"), &[("cookie", &cookie)]).await.text();
            for told in ["</i>Previous period</span>", "<th scope=\"col\" class=\"number\">Previous period</th>"] {
                assert_eq!(text.matches(told).count(), columns, "{page}{compare}: {told}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_is_shown_with_its_trail() {
    let (test, site) = story().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let text = test.get(&format!("/sites/shop/responses/{RESPONSE}"), &[("cookie", &cookie)]).await.text();
    for told in [
        "How satisfied are you with this page?",
        "What is the main reason for your rating?",
        "Rage-clicked",
        "Script error",
        "Clicked without effect",
        "25 s before",
        "6 May 2026, 11:30",
        "Poor",
    ] {
        assert!(text.contains(told), "{told}");
    }
    let empty = test.get("/sites/shop/feedback/feedback?range=7d", &[("cookie", &cookie)]).await;
    if test.app.clock.now_ms() > NOW_MS + 8 * 86_400_000 {
        assert!(empty.text().contains("No answers yet"));
    }
}

#[tokio::test]
async fn a_name_and_an_order_are_not_quoted_as_what_was_said() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let survey = serde_json::json!({
        "id": "review", "name": "Reviews", "title": "Your review",
        "questions": [
            {"id": "stars", "kind": "review", "text": "How is it?", "thing": "shop"},
            {"id": "author", "kind": "short-text", "text": "Which name?"},
        ],
    });
    let survey = serde_json::from_value(survey).unwrap();
    test.app.store.apply_survey(site.site_id, &survey, &rapport_store::test_store::note(1)).await.unwrap();
    let send = async |number: u8, parts: serde_json::Value, author: &str| {
        let item = serde_json::json!({
            "type": "response", "id": format!("01890a5d-ac96-774b-bcce-b302099a80{number:02}"), "age_ms": 1_000,
            "revision": 1, "survey": "review", "survey_version": 1, "path": "/mug", "duration_ms": 30_000,
            "finished": true, "facts": {"order": "F-4213", "thing": "harbour-mug"},
            "answers": [
                {"question": "stars", "score": 5, "parts": parts},
                {"question": "author", "text": author},
            ],
        });
        let request = axum::http::Request::post("/v1/batch")
            .header("content-type", "text/plain")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")
            .body(axum::body::Body::from(serde_json::json!({"site": "shop", "items": [item]}).to_string()));
        let reply = test.send(request.unwrap()).await;
        assert!(reply.text().contains(r#""rejected":[]"#), "{}", reply.text());
    };
    send(1, serde_json::json!([{"part": "text", "text": "Quiet."}, {"part": "title", "text": "Unpacked"}]), "Bo").await;
    send(2, serde_json::json!([]), "Nils").await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let overview = test.get("/sites/shop/overview", &[("cookie", &cookie)]).await.text();
    let said = |page: &str| -> Vec<String> {
        let quotes = page.split("<blockquote").skip(1).filter_map(|rest| rest.split_once("</blockquote>"));
        quotes.map(|(quote, _)| quote.split_once('>').unwrap().1.to_owned()).collect()
    };
    assert_eq!(said(&overview), ["Quiet."], "{overview}");
    assert!(overview.contains(">Unpacked</p><blockquote"), "a title stands above its text, outside of its quotes");
    for told in
        ["By <bdi class=\"label\">Bo<", "Order <bdi class=\"label\">F-4213<", "Thing <bdi class=\"label\">harbour-mug<"]
    {
        assert!(overview.contains(told), "{told}: {overview}");
    }
    assert!(!overview.contains("Nils"), "whoever wrote only a name has said nothing in words");
    let id = rapport_shared::id::Id::parse("01890a5d-ac96-774b-bcce-b302099a8001").expect("an id");
    let one = format!("/sites/shop/responses/{}", test.public_id("shop", id).await);
    let response = test.get(&one, &[("cookie", &cookie)]).await.text();
    assert!(response.contains("<bdi>Bo</bdi>") && response.contains("Order, said by the page"), "{response}");
}

#[tokio::test]
async fn a_page_in_another_script_is_one_page_and_found_by_typing_its_name() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let paths = ["/%d0%ba%d1%80", "/%D0%BA%D1%80", "/кр", "/%D0%BA%D1%80/%d0%bb", "/cart"];
    let items = paths.map(|path| {
        let id = test.app.clock.new_id();
        serde_json::json!({ "type": "page_view", "id": id, "revision": 1, "path": path, "view_index": 1, "age_ms": 1_000 })
    });
    let request = axum::http::Request::post("/v1/batch")
        .header("content-type", "text/plain")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")
        .body(axum::body::Body::from(serde_json::json!({"site": "shop", "items": items}).to_string()));
    let reply = test.send(request.unwrap()).await;
    assert!(reply.text().contains(r#""rejected":[]"#), "{}", reply.text());
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let csv = async |narrowed: &str| {
        let page = format!("/sites/shop/experience?format=csv&{narrowed}");
        let reply = test.get(&page, &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 200, "{page}: {}", reply.text());
        let text = reply.text();
        let lines = text.lines().skip(1).map(|line| line.split(',').take(2).collect::<Vec<_>>().join(" "));
        let mut lines: Vec<_> = lines.collect();
        lines.sort();
        lines
    };
    let (one, below) = ("/%D0%BA%D1%80 3".to_owned(), "/%D0%BA%D1%80/%D0%BB 1".to_owned());
    assert_eq!(csv("").await, [one.clone(), below.clone(), "/cart 1".to_owned()]);
    for typed in ["/кр", "/%d0%ba%d1%80", "/%D0%BA%D1%80", "/кр?x=1"] {
        let typed = encode(typed);
        assert_eq!(csv(&format!("page={typed}")).await, std::slice::from_ref(&one), "{typed}");
        assert_eq!(csv(&format!("page_group={typed}")).await, [one.clone(), below.clone()], "{typed}");
        for page in [format!("experience?page={typed}"), format!("experience/page?page={typed}")] {
            let shown = test.get(&format!("/sites/shop/{page}"), &[("cookie", &cookie)]).await;
            assert_eq!(shown.status, 200, "{page}: {}", shown.text());
            assert!(shown.text().contains("/кр"), "{page}: {}", shown.text());
        }
    }
    let fault = test.get("/sites/shop/experience?page=%3Fx", &[("cookie", &cookie)]).await;
    assert_eq!((fault.status.as_u16(), fault.text().contains("must be a path such as /shop")), (400, true));
}

#[tokio::test]
async fn tables_can_be_taken_along() {
    let (test, site) = story().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let days = "range=custom&from=2026-04-20&to=2026-05-06&format=csv";
    let broken = encode(BROKEN);
    for (page, columns, rows) in [
        ("experience?", "page,views,", 2),
        // A row a response: that of the story has two answers.
        ("feedback/feedback?", "response,at,page,device,language,", 1),
        ("feedback/feedback?table=answers&", "response,at,page,device,language,", 1),
        ("feedback/feedback?table=distribution&", "question,text,kind,value,", 5),
        ("feedback/feedback?table=trend&", "question,from,to,value,", 6),
        ("overview?", "page,impact_views_a_week,", 1),
        ("overview?table=views&", "day,views,failed_views,views_before,is_running", 17),
        ("overview?table=scores&", "survey,name,active,question,", 1),
        ("overview?table=figures&", "figure,unit,value,low,high,n,", 11),
        ("drivers?", "page,fact,level,compared_with,", 6),
        ("drivers?table=bias&", "trait,level,", 5),
        ("drivers?table=weighted&", "survey,question,figure,", 1),
        ("feedback?", "survey,name,active,shown,", 1),
        ("feedback?table=scores&", "survey,name,active,question,", 1),
        ("delivery?", "survey,name,active,shown,", 1),
        ("install?", "item,accepted,duplicate,", 4),
        ("install?table=rejected&", "item,field,reason,", 1),
        (&format!("experience/page?page={broken}&"), "kind,what,views,times", 3),
        (&format!("experience/page?page={broken}&table=vitals&"), "device,figure,unit,", 5),
        (&format!("experience/page?page={broken}&table=lcp&"), "figure,from,to,value,", 6),
        ("reviews?", "review,at,stars,", 0),
    ] {
        let reply = test.get(&format!("/sites/shop/{page}{days}"), &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 200, "{page}: {}", reply.text());
        assert!(reply.header("content-type").starts_with("text/csv"), "{page}");
        let text = reply.text();
        assert!(text.starts_with(columns), "{text}");
        assert_eq!(text.matches("\r\n").count(), rows + 1, "{page}: {text}");
        let marked = test.get(&format!("/sites/shop/{page}{days}&bom=1"), &[("cookie", &cookie)]).await;
        assert_eq!(marked.text(), format!("\u{feff}{text}"), "{page}");
        // The same rows as JSON, by the names of the columns.
        let json =
            test.get(&format!("/sites/shop/{page}{}", days.replace("csv", "json")), &[("cookie", &cookie)]).await;
        assert_eq!(json.header("content-type"), "application/json", "{page}");
        assert_eq!(json.json().as_array().map(Vec::len), Some(rows), "{page}: {}", json.text());
    }
    for (fault, field) in [("format=xlsx", "format"), ("format=csv&bom=2", "bom"), ("format=csv&table=none", "table")] {
        let reply = test.get(&format!("/sites/shop/overview?{fault}"), &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 400, "{fault}");
        assert!(reply.text().contains(&format!("<code>{field}</code>")), "{}", reply.text());
    }
}

/// The columns of each table of a page, as people read them.
fn columns_of_tables(page: &str) -> Vec<Vec<String>> {
    let heads = page.split("<thead>").skip(1).filter_map(|rest| rest.split("</thead>").next());
    let text = |cell: &str| {
        let parts = cell.split('<').filter_map(|part| part.split_once('>'));
        parts.map(|(_, text)| text).collect::<String>().replace(['↑', '↓'], "")
    };
    heads.map(|head| head.split("<th").skip(1).map(|cell| text(&format!("<th{cell}"))).collect()).collect()
}

/// Each table of the pages with what names it in the address of its CSV, and with the columns there of each of its own. A
/// table or a column that stands on no line of this list has none.
type Columns = [(&'static str, &'static [&'static str])];
const TABLES: [(&str, &str, &Columns); 24] = [
    (
        "overview?",
        "views",
        &[
            ("Day", &["day"]),
            ("Views", &["views"]),
            ("Met a failure", &["failed_views"]),
            ("Previous period", &["views_before"]),
        ],
    ),
    (
        "feedback?",
        "surveys",
        &[
            ("Survey", &["survey", "name", "active"]),
            ("Score", &[]),
            ("Score and change", &[]),
            ("Shown", &["shown"]),
            ("Counted", &["counted", "finished"]),
            ("Response rate", &["response_rate_percent", "response_rate_n"]),
        ],
    ),
    (
        "feedback/feedback?",
        "trend",
        &[("Days", &["from", "to"]), ("CSAT", &["value"]), ("95 % interval", &["low", "high"]), ("n", &["n"])],
    ),
    (
        "feedback/feedback?",
        "distribution",
        &[("Answer", &["label"]), ("Answers", &["answers"]), ("Share", &["share_percent"])],
    ),
    (
        "experience?",
        "pages",
        &[
            ("Page", &["page"]),
            ("Views", &["views"]),
            ("Visits begun", &["visits_begun"]),
            ("Bounce", &["bounce_percent", "bounce_n"]),
            ("Engaged", &["engaged_mean_ms", "engaged_median_ms"]),
            ("Failed", &["failed_views_percent"]),
            ("Errors", &["error_views_percent"]),
            ("Rage", &["rage_views_percent"]),
            ("Dead", &["dead_views_percent"]),
            ("LCP", &["desktop_lcp_p75_ms", "mobile_lcp_p75_ms"]),
            ("INP", &["desktop_inp_p75_ms"]),
            ("CLS", &["desktop_cls_p75"]),
        ],
    ),
    (
        "experience/page?page=BROKEN&",
        "views",
        &[
            ("Day", &["day"]),
            ("Views", &["views"]),
            ("Met a failure", &["failed_views"]),
            ("Previous period", &["views_before"]),
        ],
    ),
    (
        "experience/page?page=BROKEN&",
        "vitals",
        &[
            ("Device", &["device"]),
            ("LCP", &["figure", "value", "n"]),
            ("INP", &["figure", "value", "n"]),
            ("CLS", &["figure", "value", "n"]),
            ("FCP", &["figure", "value", "n"]),
            ("TTFB", &["figure", "value", "n"]),
        ],
    ),
    ("experience/page?page=BROKEN&", "lcp", &[("Days", &["from", "to"]), ("LCP, p75", &["value"]), ("n", &["n"])]),
    (
        "experience/page?page=BROKEN&",
        "reach",
        &[
            ("Part of the page", &["part_percent"]),
            ("Every device", &["device", "reached_percent", "reached_low", "reached_high", "views"]),
            ("desktop", &["device"]),
            ("mobile", &["device"]),
            ("tablet", &["device"]),
        ],
    ),
    (
        "heatmap?page=BROKEN&",
        "reach",
        &[
            ("Part of the page", &["part_percent"]),
            ("Every device", &["device", "reached_percent", "views"]),
            ("desktop", &["device"]),
            ("mobile", &["device"]),
            ("tablet", &["device"]),
        ],
    ),
    (
        "heatmap?page=BROKEN&",
        "elements",
        &[
            ("Element", &["element", "place"]),
            ("Clicks", &["clicks"]),
            ("Share of clicks", &["share_percent", "share_n"]),
            ("Rage", &["rage_clicks"]),
            ("Dead", &["dead_clicks"]),
        ],
    ),
    (
        "forms?",
        "forms",
        &[
            ("Form", &["form"]),
            ("Page", &["page"]),
            ("Begun", &["begun"]),
            ("Completed", &["completed_percent", "completed_low", "completed_high", "completed_n"]),
            ("Time to complete", &["time_ms", "time_low_ms", "time_high_ms", "time_n"]),
        ],
    ),
    (
        "forms?",
        "fields",
        &[
            ("Field", &["form", "field"]),
            ("Touched", &["touched"]),
            ("Time", &["time_ms"]),
            ("Came back", &["returned_percent"]),
            ("Filled in again", &["refilled_percent"]),
            ("Error shown", &["error_percent", "errors"]),
            ("By the browser", &["autofilled_percent"]),
            ("Given up here", &["given_up_percent"]),
            ("Friction", &["friction_points", "friction_low", "friction_high"]),
        ],
    ),
    (
        "experience/page?page=BROKEN&",
        "failures",
        &[("Rage clicks", &["kind", "what"]), ("Views", &["views"]), ("Times", &["times"])],
    ),
    (
        "experience/page?page=BROKEN&",
        "failures",
        &[("Dead clicks", &["kind", "what"]), ("Views", &["views"]), ("Times", &["times"])],
    ),
    (
        "experience/page?page=BROKEN&",
        "failures",
        &[("Errors", &["kind", "what"]), ("Views", &["views"]), ("Times", &["times"])],
    ),
    (
        "delivery?",
        "surveys",
        &[
            ("Survey", &["survey", "name", "active"]),
            ("Shown", &["shown"]),
            ("Closed", &["closed"]),
            ("Started", &["started"]),
            ("Answered", &["answered"]),
            ("Arrived", &["arrived"]),
            ("Missing", &["missing"]),
            ("Missing rate", &["missing_percent"]),
            ("Counted", &["counted", "finished"]),
            ("Response rate", &["response_rate_percent"]),
        ],
    ),
    (
        "install?",
        "items",
        &[
            ("Item", &["item"]),
            ("Accepted", &["accepted"]),
            ("Duplicate", &["duplicate"]),
            ("Rejected", &["rejected"]),
            ("Bot", &["bot"]),
            ("Late", &["late"]),
            ("Last accepted", &["last_accepted_at"]),
        ],
    ),
    (
        "install?",
        "rejected",
        &[
            ("Item", &["item"]),
            ("Field", &["field"]),
            ("Reason", &["reason"]),
            ("Items", &["items"]),
            ("Last", &["last_at"]),
        ],
    ),
    (
        "theme?",
        "contrast",
        &[("Pair", &["front", "behind"]), ("Contrast", &["contrast"]), ("Needed", &["needed", "needed_as"])],
    ),
    ("routes?", "routes", &[("Route", &["route"]), ("By", &["by"]), ("Pages", &["pages"]), ("Change", &[])]),
    (
        "experience/cause?page=BROKEN&kind=rage_click&what=HOSTILE&",
        "",
        &[
            ("When", &["occurred_at_ms"]),
            ("Page", &["path"]),
            ("Device", &["device"]),
            ("Browser", &["browser"]),
            ("Country", &["country"]),
            ("Language", &["language"]),
            ("Release", &["release"]),
            ("Lasted", &["duration_ms"]),
        ],
    ),
    (
        "mail-reports?",
        "",
        &[
            ("When", &["at"]),
            ("To", &["to"]),
            ("Subject", &["subject"]),
            ("State", &["state"]),
            ("Attempts", &["attempts"]),
            ("The mail server said", &["error"]),
        ],
    ),
    ("audit?", "", &[("When", &["at"]), ("Who", &["who"]), ("What", &["what"]), ("To what", &["to_what"])]),
];

/// Every template below a folder.
fn templates(folder: &std::path::Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            templates(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Templates whose tables tell nothing of the site: parts of a page that offers its table, what somebody is about to do or has just done, and
/// what became of messages, which servers read.
const NO_REPORTS: [&str; 8] = [
    "theme/contrast.html",
    "customer_data/found.html",
    "customer_data/import.html",
    "customer_data/page.html",
    "issue/tell.html",
    "mail/page.html",
    "survey/draft.html",
    "webhook/one.html",
];

#[test]
fn no_page_draws_a_table_that_cannot_be_taken_along() {
    let mut found = Vec::new();
    templates(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/member"), &mut found);
    let draws = found.iter().filter(|(_, text)| text.contains("<table"));
    let offers = |text: &str| ["frame.csv(", "format=csv", ">CSV</a>"].iter().any(|offer| text.contains(offer));
    let lacking: Vec<_> = draws.filter(|(_, text)| !offers(text)).map(|(path, _)| path.as_str()).collect();
    let reports: Vec<_> = lacking.iter().filter(|path| !NO_REPORTS.iter().any(|of| path.ends_with(of))).collect();
    assert!(reports.is_empty(), "{reports:?}");
    assert!(found.len() > 20, "{}", found.len());
}

#[tokio::test]
async fn no_column_of_a_page_is_missing_in_its_csv() {
    let (test, site) = story().await;
    test.app.store.note(site.site_id, &note(1)).await.unwrap();
    let cookie = test.cookie(&site, "ada@example.com", Role::Owner).await;
    let (days, broken) = ("range=custom&from=2026-05-11&to=2026-05-13", encode(BROKEN));
    let address = |page: &str| {
        // The days after the story have a period before them; those of the story have answers, failures and vitals.
        let days = if page == "overview?" { days } else { "range=custom&from=2026-04-20&to=2026-05-06" };
        format!("/sites/shop/{}{days}", page.replace("BROKEN", &broken).replace("HOSTILE", &encode(HOSTILE)))
    };
    let read = async |address: &str| {
        let reply = test.get(address, &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text());
        reply.text()
    };
    for (page, table, columns) in TABLES {
        let csv = read(&format!(
            "{}&format=csv{}",
            address(page),
            if table.is_empty() { String::new() } else { format!("&table={table}") }
        ))
        .await;
        let header: Vec<_> = csv.lines().next().unwrap_or_default().split(',').collect();
        for (label, of_csv) in columns {
            for column in *of_csv {
                assert!(header.contains(column), "{page} {table}: \"{label}\" is no {column} of {header:?}");
            }
        }
    }
    for (page, ..) in TABLES {
        let known: Vec<Vec<&str>> = TABLES
            .iter()
            .filter(|(other, ..)| *other == page)
            .map(|(.., columns)| columns.iter().map(|(label, _)| *label).collect())
            .collect();
        for shown in columns_of_tables(&read(&address(page)).await) {
            let is_known = known.iter().any(|labels| shown.iter().all(|label| labels.contains(&label.as_str())));
            assert!(is_known, "{page} has a table of {shown:?}, of which the list names {known:?}");
        }
    }
    // A tile of the page is a row of its figures.
    let detail = address("experience/page?page=BROKEN&");
    let figures = read(&format!("{detail}&format=csv&table=figures")).await;
    for row in
        ["engaged_mean,milliseconds,", "engaged_median,milliseconds,", "scroll_mean,percent,80.0", "clicks_mean,count,"]
    {
        assert!(figures.contains(row), "{row}: {figures}");
    }
}

#[tokio::test]
async fn servers_read_the_same_reports_with_a_key() {
    let (test, site) = story().await;
    let figures = test.bearer(&site, &[Scope::ReadReports]).await;
    let everything = test.bearer(&site, &Scope::ALL).await;
    let days = "range=custom&from=2026-04-20&to=2026-05-06";
    let page = encode(BROKEN);
    for (path, for_figures, pointer, value) in [
        (format!("overview?{days}"), 200, "/totals/0/value", serde_json::json!(115)),
        (format!("feedback?{days}"), 200, "/surveys/0/delivery/stored", serde_json::json!(1)),
        (format!("feedback/feedback?{days}"), 403, "/responses/0/answers/0/score", serde_json::json!(1)),
        (format!("responses/{RESPONSE}"), 403, "/timeline/1/kind", serde_json::json!("rage_click")),
        (format!("experience?{days}"), 200, "/pages/0/path", serde_json::json!("/")),
        (format!("page?{days}&page={page}"), 200, "/responses/0/survey", serde_json::json!("feedback")),
        (format!("drivers?{days}"), 200, "/answers", serde_json::json!(1)),
        (format!("drivers?{days}&language=fr"), 200, "/bias/views", serde_json::json!(0)),
        (format!("delivery?{days}"), 200, "/surveys/0/arrived", serde_json::json!(1)),
        (format!("install?{days}"), 200, "/outcomes/0/rejected", serde_json::json!(1)),
        (format!("overview?{days}&language=en&source=direct"), 200, "/totals/0/value", serde_json::json!(115)),
        (format!("overview?{days}&language=fr"), 200, "/totals/0/value", serde_json::json!(0)),
        (format!("experience?{days}&page_group=%2F"), 200, "/pages_seen", serde_json::json!(2)),
        (format!("feedback?{days}&source=direct"), 200, "/surveys/0/delivery/shown", serde_json::Value::Null),
    ] {
        let address = format!("/api/v1/sites/shop/reports/{path}");
        assert_eq!(test.get(&address, &[]).await.status, 401, "{path}");
        assert_eq!(test.get(&address, &[("authorization", "Bearer rapport_x")]).await.status, 401, "{path}");
        let status = test.get(&address, &[("authorization", &figures)]).await.status;
        assert_eq!(status.as_u16(), for_figures, "{path}");
        let reply = test.get(&address, &[("authorization", &everything)]).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        assert_eq!(reply.json().pointer(pointer), Some(&value), "{path}: {}", reply.text());
    }
    let address = format!("/api/v1/sites/shop/reports/page?{days}&page={page}");
    let without_words = test.get(&address, &[("authorization", &figures)]).await;
    assert_eq!(without_words.json()["responses"], serde_json::json!([]));
    let fault = test.get("/api/v1/sites/shop/reports/page?device=fridge", &[("authorization", &figures)]).await;
    assert_eq!((fault.status.as_u16(), fault.json()["errors"][0]["field"].as_str()), (422, Some("device")));
    for (path, field) in
        [("delivery?release=1", "release"), ("install?device=mobile", "device"), ("overview?language=%3C", "language")]
    {
        let fault = test.get(&format!("/api/v1/sites/shop/reports/{path}"), &[("authorization", &figures)]).await;
        assert_eq!((fault.status.as_u16(), fault.json()["errors"][0]["field"].as_str()), (422, Some(field)), "{path}");
    }
}
