//! Surveys answered without script over the whole router: pages, ways, pictures, languages, and what is over.

use crate::test_app::TestApp;
use rapport_store::test_store::{note, number};

async fn count(app: &TestApp, table: &str) -> i64 {
    number(&app.app.store, format!("SELECT COUNT(*) FROM {table}")).await
}

/// A field that travels along, as it is drawn.
fn travelling(name: &str, value: &str) -> String {
    format!(r#"value="{value}" type="hidden" name="{name}""#)
}

fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let field = travelling(name, "");
    let end = page.find(field.strip_prefix("value=\"").expect("a value")).expect("the field is there");
    let start = page[..end].rfind('"').expect("it begins") + 1;
    &page[start..end]
}

#[tokio::test]
async fn a_survey_can_be_answered_without_script() {
    let app = TestApp::new().await;
    app.site().await;
    let page = app.get("/f/shop/feedback", &[]).await;
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(page.contains("How satisfied are you with this page?") && !page.contains("<script"));
    let run = hidden(&page, "run").to_owned();
    let form = format!("run={run}&opened_at_ms=0&q.rating=2&q.reason=Too+%3Cb%3Eslow%3C%2Fb%3E");
    let browser = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")];
    for _ in 0..2 {
        let thanks = app.submit("/f/shop/feedback", &form, &browser).await;
        assert_eq!(thanks.status, 200, "{}", thanks.text());
        assert!(thanks.text().contains("role=\"status\""));
    }
    assert_eq!((count(&app, "response").await, count(&app, "answer").await), (1, 2), "sent twice, kept once");
    let rows = app.app.store.read("SELECT text FROM answer WHERE question_id = 'reason'", vec![]).await.expect("reads");
    assert_eq!(rows[0].text("text"), Ok("Too <b>slow</b>"));
}

#[tokio::test]
async fn a_missing_answer_is_asked_for_and_nothing_typed_is_lost() {
    let app = TestApp::new().await;
    app.site().await;
    let reply = app.submit("/f/shop/feedback", "q.reason=%3C%2Ftextarea%3E%3Cscript%3E", &[]).await;
    assert_eq!(reply.status, 422);
    let page = reply.text();
    assert!(page.contains("Please choose an answer."), "{page}");
    assert!(page.contains("&lt;/textarea&gt;&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert_eq!(count(&app, "response").await, 0);
    assert_eq!(app.get("/f/shop/nothing", &[]).await.status, 404);
    assert_eq!(app.get("/f/nobody/feedback", &[]).await.status, 404);
}

async fn branching(app: &TestApp) {
    let site = app.site().await;
    let survey = serde_json::from_value(serde_json::json!({
        "id": "ways", "name": "Ways", "title": "Ways", "language": "en", "facts": ["order"],
        "questions": [
            {"id": "likely", "kind": "nps", "text": "Likely?", "required": true,
             "branches": [{"when": [{"answer": "likely", "at_least": 9}], "end": true}]},
            {"id": "why", "kind": "open-text", "text": "You gave {{answer:likely}}. Why, order {{fact:order}}?"},
            {"id": "parts", "kind": "matrix", "text": "Rate", "rows": [{"id": "speed", "label": "Speed"}]},
            {"id": "rank", "kind": "ranking", "text": "Order",
             "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]},
        ],
        "ends": [{"id": "glad", "when": [{"answer": "likely", "at_least": 9}], "title": "So glad",
                  "button": {"label": "Review", "survey": "feedback"}}],
        "translations": {"ar": {"questions.likely.text": "ما مدى احتمال؟"}},
    }))
    .expect("a survey");
    assert_eq!(rapport_shared::survey::Survey::faults(&survey), []);
    app.app.store.apply_survey(site.site_id, &survey, &note(1)).await.expect("the survey is added");
}

#[tokio::test]
async fn the_way_follows_the_answers_without_script() {
    let app = TestApp::new().await;
    branching(&app).await;
    let first = app.get("/f/shop/ways?order=17&other=1", &[]).await.text();
    assert!(first.contains("Likely?") && !first.contains("Rate"), "{first}");
    assert!(first.contains(&travelling("fact.order", "17")) && !first.contains("fact.other"), "{first}");
    let run = hidden(&first, "run").to_owned();
    let sent = |rest: &str| format!("run={run}&opened_at_ms=0&fact.order=17&{rest}");
    let second = app.submit("/f/shop/ways", &sent("page=0&q.likely=3"), &[]).await;
    assert_eq!(second.status, 200);
    let second = second.text();
    assert!(second.contains("You gave 3. Why, order 17?") && second.contains("Rate"), "{second}");
    assert!(second.contains(&travelling("q.likely", "3")), "the earlier answer travels along: {second}");
    let back = app.submit("/f/shop/ways", &sent("page=1&q.likely=3&q.why=slow&back=1"), &[]).await.text();
    assert!(back.contains("Likely?") && back.contains(&travelling("q.why", "slow")), "{back}");
    let rest = "page=1&q.likely=3&q.why=slow&q.parts.speed=2&q.rank.rank.a=2&q.rank.rank.b=1";
    let done = app.submit("/f/shop/ways", &sent(rest), &[]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.text().contains("role=\"status\""));
    let sql = "SELECT question_id, kind, CAST(COALESCE(score, 0) AS BIGINT) AS score, choices FROM answer ORDER BY question_id";
    let rows = app.app.store.read(sql, vec![]).await.expect("reads");
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let text = |column| row.text(column).unwrap();
            (text("question_id"), text("kind"), row.int("score").unwrap(), text("choices"))
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("fact.order", "fact", 0, r#"["17"]"#),
            ("likely", "nps", 3, "[]"),
            ("parts.speed", "rating-5", 2, "[]"),
            ("rank", "ranking", 0, r#"["b","a"]"#),
            ("why", "open-text", 0, "[]"),
        ]
    );
}

async fn post_parts(app: &TestApp, texts: &[(&str, &str)], files: &[(&str, &[u8])]) -> crate::test_app::Reply {
    let request = axum::http::Request::post("/f/shop/pages")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=edge");
    let body = crate::public::attachment::http_test::multipart(texts, files);
    app.send(request.body(body.into()).expect("a request")).await
}

#[tokio::test]
async fn a_picture_waits_on_its_page_for_the_answers_of_the_next() {
    let app = TestApp::new().await;
    let site = app.site().await;
    let survey = serde_json::from_value(serde_json::json!({
        "id": "pages", "name": "Pages", "title": "Pages", "questions": [
            {"id": "mug", "kind": "review", "text": "How is it?", "thing": "mug", "photo": true, "required": true},
            {"id": "more", "kind": "problem-report", "text": "What else?", "when": [{"answer": "mug", "at_most": 3}]},
        ],
    }))
    .expect("a survey");
    app.app.store.apply_survey(site.site_id, &survey, &note(1)).await.expect("the survey is added");
    let first = app.get("/f/shop/pages", &[]).await.text();
    assert!(first.contains("multipart/form-data") && first.contains("q.mug.photo"), "{first}");
    let run = hidden(&first, "run").to_owned();
    let own = |page: &'static str| [("run", run.clone()), ("opened_at_ms", "0".into()), ("page", page.into())];
    let fields = |page: &'static str, rest: &[(&'static str, &'static str)]| -> Vec<(String, String)> {
        let rest = rest.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        own(page).into_iter().map(|(name, value)| (name.to_owned(), value)).chain(rest).collect()
    };
    let send = async |fields: Vec<(String, String)>, files: &[(&str, &[u8])]| {
        let texts: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        post_parts(&app, &texts, files).await
    };
    let stars = [("q.mug", "2"), ("q.mug.title", "Typed title")];
    for (bad, reason) in [(vec![0xff; 3_000_000], "at most 600000 bytes, has 3000000"), (b"<svg/>".to_vec(), "PNG")] {
        let refused = send(fields("0", &stars), &[("q.mug.photo", &bad)]).await;
        let page = refused.text();
        assert_eq!(refused.status, 422, "{page}");
        assert!(page.contains(reason) && page.contains("Typed title"), "{page}");
    }
    let photo = crate::public::attachment::picture::tests::photo();
    let files: [(&str, &[u8]); 3] = [("q.mug.photo", &photo), ("q.mug.other", b"x"), ("q.more.photo", b"x")];
    let second = send(fields("0", &stars), &files).await;
    assert_eq!(second.status, 200, "{}", second.text());
    let page = second.text();
    assert!(page.contains(&travelling("q.mug.photo", "1")) && page.contains("q.more.screenshot"), "{page}");
    assert_eq!(
        (count(&app, "attachment").await, count(&app, "response").await),
        (1, 1),
        "whoever stops here has answered"
    );
    let back = send(fields("1", &[("q.mug", "2"), ("q.mug.photo", "1"), ("back", "1")]), &[]).await.text();
    assert!(back.contains("Use this picture"), "it can be taken back: {back}");
    let rest = [("q.mug", "2"), ("q.mug.photo", "1"), ("q.more", "Cracked")];
    for _ in 0..2 {
        let done = send(fields("1", &rest), &[("q.more.screenshot", &photo)]).await;
        assert_eq!(done.status, 200, "{}", done.text());
    }
    assert_eq!((count(&app, "attachment").await, count(&app, "response").await), (2, 1), "sent twice, kept once");
    let id = app.public_id("shop", rapport_shared::id::Id::parse(&run).expect("an id")).await;
    let shown = app.app.store.attachments_of(site.site_id, &[id]).await.expect("reads");
    assert_eq!(shown.len(), 2, "{shown:?}");
}

#[tokio::test]
async fn a_survey_is_no_longer_asked_when_its_quota_is_reached() {
    let app = TestApp::new().await;
    let site = app.site().await;
    let first = crate::new_site::first_survey();
    let survey = rapport_shared::survey::Survey { quota: Some(1), ..first };
    app.app.store.apply_survey(site.site_id, &survey, &note(1)).await.expect("a version is added");
    assert_eq!(app.get("/f/shop/feedback", &[]).await.status, 200);
    let browser = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")];
    assert_eq!(app.submit("/f/shop/feedback", "q.rating=4", &browser).await.status, 200);
    let over = app.get("/f/shop/feedback", &[("accept-language", "de")]).await;
    assert_eq!(over.status, 410);
    assert!(over.text().contains("Diese Umfrage ist beendet") && over.text().contains("Alle benötigten"));
}

#[tokio::test]
async fn an_end_screen_leads_on_and_the_language_is_the_visitor_s() {
    let app = TestApp::new().await;
    branching(&app).await;
    let done = app.submit("/f/shop/ways", "page=0&q.likely=10&q.why=left+over", &[]).await.text();
    assert!(done.contains("So glad") && done.contains(r#"href="feedback""#), "{done}");
    let sql = "SELECT question_id FROM answer";
    let rows = app.app.store.read(sql, vec![]).await.expect("reads");
    assert_eq!(rows.len(), 1, "an answer that no way leads to is left out");
    let arabic = app.get("/f/shop/ways", &[("accept-language", "ar-EG,en;q=0.5")]).await.text();
    assert!(arabic.contains(r#"lang="ar-EG" dir="rtl""#) && arabic.contains("ما مدى احتمال؟"), "{arabic}");
    assert!(arabic.contains("التالي"), "{arabic}");
    let site = app.app.sites.by_key("shop").await.expect("reads").expect("the site").site.site_id;
    app.app.store.activate_survey(site, "feedback", false, &note(2)).await.expect("is written");
    let done = app.submit("/f/shop/ways", "page=0&q.likely=10", &[]).await.text();
    assert!(done.contains("So glad") && !done.contains("href=\"feedback\""), "the button led to a dead end: {done}");
}
