//! What a visitor is told of a form without script is what is stored, whichever of its pages they send, and how often.

use crate::test_app::TestApp;
use rapport_store::test_store::note;
use serde_json::json;

/// The site's survey of two pages: what is asked on the second names the answer of the first.
async fn two(app: &TestApp) {
    let site = app.site().await;
    let survey = json!({
        "id": "two", "name": "Two", "title": "Two", "placement": "hosted", "language": "en",
        "questions": [
            { "id": "rate", "kind": "csat", "display": "numbers", "text": "How was it?" },
            { "id": "why", "kind": "open-text", "text": "You gave {{answer:rate}}. Why?", "max_characters": 20 },
        ],
    });
    let survey = serde_json::from_value(survey).expect("a survey");
    app.app.store.apply_survey(site.site_id, &survey, &note(1)).await.expect("the survey is added");
}

/// Sends a page of one run; status and page.
async fn send(app: &TestApp, fields: &str) -> (u16, String) {
    let form = format!("run=01890000-0000-7000-8000-000000000001&version=1&opened_at_ms=0&{fields}");
    let reply = app.submit("/f/shop/two", &form, &[]).await;
    (reply.status.into(), reply.text())
}

/// What is stored: each answer with its score or its words, and whether the run is finished.
async fn stored(app: &TestApp) -> (Vec<(String, String)>, bool) {
    let sql = "SELECT question_id, COALESCE(CAST(score AS TEXT), text) AS said FROM answer ORDER BY question_id";
    let rows = app.app.store.read(sql, vec![]).await.expect("reads");
    let answers = rows
        .iter()
        .map(|row| (row.text("question_id").unwrap().to_owned(), row.text("said").unwrap().to_owned()))
        .collect();
    let rows = app.app.store.read("SELECT finished FROM response", vec![]).await.expect("reads");
    assert!(rows.len() < 2, "one run is one response");
    (answers, rows.first().is_some_and(|row| row.flag("finished").unwrap()))
}

fn answers(rate: &str, why: Option<&str>) -> Vec<(String, String)> {
    let why = why.map(|why| ("why".to_owned(), why.to_owned()));
    std::iter::once(("rate".to_owned(), rate.to_owned())).chain(why).collect()
}

const SAVED: &str = "Your answer is saved.";

#[tokio::test]
async fn going_back_and_rating_anew_was_said_to_be_saved_and_was_not() {
    let app = TestApp::new().await;
    two(&app).await;
    let (_, second) = send(&app, "page=0&revision=0&q.rate=2").await;
    assert!(second.contains(SAVED) && second.contains("You gave 2. Why?"), "{second}");
    assert_eq!(send(&app, "page=1&revision=1&q.rate=2&q.why=Too+slow").await.0, 200);
    assert_eq!(stored(&app).await, (answers("2", Some("Too slow")), true));
    // The browser's own Back, twice: the first page as it was, with its own revision.
    let (_, second) = send(&app, "page=0&revision=0&q.rate=5").await;
    assert!(second.contains(SAVED) && second.contains("You gave 5. Why?"), "{second}");
    assert!(second.contains("Too slow"), "what is stored is shown: {second}");
    assert_eq!(stored(&app).await, (answers("5", Some("Too slow")), true));
    // What is taken back on the page that is sent is gone.
    assert_eq!(send(&app, "page=1&revision=1&q.rate=5&q.why=").await.0, 200);
    assert_eq!(stored(&app).await, (answers("5", None), true));
    // The second page as it was after the first rating.
    assert_eq!(send(&app, "page=1&revision=1&q.rate=2&q.why=Slow").await.0, 200);
    assert_eq!(stored(&app).await, (answers("2", Some("Slow")), true));
}

#[tokio::test]
async fn answers_that_were_erased_meanwhile_were_never_taken_again() {
    let app = TestApp::new().await;
    two(&app).await;
    assert_eq!(send(&app, "page=0&revision=0&q.rate=2").await.0, 200);
    let body = json!({ "site": "shop", "responses": ["01890000-0000-7000-8000-000000000001"] });
    let erase = axum::http::Request::post("/v1/me/erase").header("origin", "https://shop.example.com");
    let erased = app.send(erase.body(body.to_string().into()).expect("a request")).await;
    assert_eq!(erased.json()["responses"], 1, "{}", erased.text());
    let (status, page) = send(&app, "page=1&revision=1&q.rate=2&q.why=Slow").await;
    assert!(status == 503 && page.contains("press the button again"), "{page}");
    let before = page.split_once("\" type=\"hidden\" name=\"run\"").expect("a run").0;
    let run = before.rsplit('"').next().expect("its id");
    assert_ne!(run, "01890000-0000-7000-8000-000000000001");
    let form = format!("run={run}&version=1&opened_at_ms=0&page=1&q.rate=2&q.why=Slow");
    assert_eq!(app.submit("/f/shop/two", &form, &[]).await.status.as_u16(), 200);
    assert_eq!(stored(&app).await, (answers("2", Some("Slow")), true));
}

#[tokio::test]
async fn an_answer_taken_back_whole_stays_and_is_shown() {
    let app = TestApp::new().await;
    two(&app).await;
    assert_eq!(send(&app, "page=1&q.rate=&q.why=Fine").await.0, 200);
    let (status, page) = send(&app, "page=1&q.rate=&q.why=").await;
    assert!(status == 200 && page.contains(SAVED) && page.contains("Fine"), "{page}");
    assert_eq!(stored(&app).await.0, [("why".to_owned(), "Fine".to_owned())]);
}

#[tokio::test]
async fn of_sendings_at_once_each_that_is_said_to_be_saved_is() {
    let app = TestApp::new().await;
    two(&app).await;
    let at_once = (1..=5).map(|rate| {
        let (app, fields) = (&app, format!("page=0&q.rate={rate}"));
        async move { send(app, &fields).await }
    });
    let replies = futures_util::future::join_all(at_once).await;
    let saved = replies.iter().filter(|(status, page)| *status == 200 && page.contains(SAVED)).count();
    assert!(replies.iter().all(|(status, _)| [200, 503].contains(status)) && saved > 0);
    let rows = app.app.store.read("SELECT revision FROM response", vec![]).await.expect("reads");
    assert!(rows[0].int("revision").unwrap() >= saved as i64, "each was stored in its turn");
}

#[tokio::test]
async fn line_breaks_counted_twice_in_a_form_without_script() {
    let app = TestApp::new().await;
    two(&app).await;
    // 20 characters with three line breaks, as browsers send them.
    let text = "one%0D%0Atwo%0D%0Athree%0D%0A456789";
    let (status, page) = send(&app, &format!("page=1&q.rate=4&q.why={text}")).await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(stored(&app).await.0, answers("4", Some("one\ntwo\nthree\n456789")));
    let (status, page) = send(&app, &format!("page=1&q.rate=4&q.why={text}0")).await;
    assert!(status == 422 && page.contains("Characters to remove: 1"), "{page}");
    // A form with files sends its texts in parts.
    let request = axum::http::Request::post("/f/shop/two")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=edge");
    let texts = [("version", "1"), ("page", "1"), ("q.rate", "4"), ("q.why", "one\r\ntwo\r\nthree\r\n456789")];
    let body = crate::public::attachment::http_test::multipart(&texts, &[]);
    let reply = app.send(request.body(body.into()).expect("a request")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}
