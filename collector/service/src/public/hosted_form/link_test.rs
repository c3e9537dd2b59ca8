//! Links of a mail over the whole router: what opening, pressing the button, clicking again and every kind of broken link do.

use crate::mail_link::{address, sign};
use crate::test_app::{Reply, TestApp};
use rapport_shared::survey::Survey;
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::site::secrets::Purpose;
use rapport_store::test_store::note;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const BROWSER: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");

struct Story {
    test: TestApp,
    site: Site,
}

fn survey() -> Survey {
    serde_json::from_value(serde_json::json!({
        "id": "nps", "name": "After an order", "title": "Your order", "language": "en", "placement": "hosted",
        "facts": ["order"],
        "questions": [
            { "id": "likely", "kind": "nps", "text": "How likely are you to recommend us?", "required": true },
            { "id": "why", "kind": "open-text", "text": "Why did you give {{answer:likely}}?" },
        ],
    }))
    .expect("a survey")
}

impl Story {
    async fn begin() -> Self {
        Self::of(TestApp::new().await).await
    }

    async fn of(test: TestApp) -> Self {
        let site = test.site().await;
        let story = Self { test, site };
        story.apply(&survey()).await;
        story
    }

    async fn apply(&self, survey: &Survey) {
        assert_eq!(survey.faults(), []);
        self.test.app.store.apply_survey(self.site.site_id, survey, &note(1)).await.expect("a version is added");
        self.test.app.sites.forget();
    }

    /// The path of a link for a recipient whose last day is that many days away.
    async fn link(&self, likely: &str, recipient: &str, days: i32) -> String {
        let store = &self.test.app.store;
        let secret =
            store.site_secret(self.site.site_id, Purpose::Recipient, rapport_store::random::fresh(), 1).await.unwrap();
        let today = jiff::Timestamp::from_millisecond(self.test.app.clock.now_ms()).unwrap();
        let today = today.to_zoned(self.site.time_zone.clone()).date();
        let until = today.checked_add(jiff::Span::new().days(days)).unwrap();
        let signature = sign(&secret, "nps", recipient, until);
        let until = until.to_string();
        let fields = [
            ("likely", likely),
            ("order", "17"),
            ("recipient", recipient),
            ("until", until.as_str()),
            ("signature", signature.as_str()),
        ];
        address("/f", "shop", "nps", &fields)
    }

    async fn open(&self, link: &str) -> Reply {
        self.test.get(link, &[BROWSER]).await
    }

    /// Presses the button of a page: what it carries along, with these answers.
    async fn press(&self, link: &str, page: &str, answers: &str) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in hidden(page) {
            form.append_pair(&name, &value);
        }
        self.test.submit(link, &format!("{}&{answers}", form.finish()), &[BROWSER]).await
    }

    /// Every stored response: customer, whether it is finished, and its answers.
    async fn stored(&self) -> Vec<(String, bool, String)> {
        let store = &self.test.app.store;
        let sql = "SELECT r.item_id, COALESCE(c.external_id, '') AS customer, r.finished FROM response r
             LEFT JOIN customer c ON c.site_id = r.site_id AND c.customer_id = r.customer_id ORDER BY r.item_id";
        let mut stored = Vec::new();
        for row in store.read(sql, vec![]).await.unwrap() {
            let answers = store.answers_of(self.site.site_id, &[row.id("item_id").unwrap()]).await.unwrap();
            let said = answers.iter().filter(|answer| answer.kind != "fact").map(|answer| match answer.score {
                Some(score) => score.to_string(),
                None => answer.text.clone(),
            });
            let said = said.collect::<Vec<_>>().join(" ");
            stored.push((row.text("customer").unwrap().to_owned(), row.flag("finished").unwrap(), said));
        }
        stored
    }
}

/// The fields that travel along, by name.
fn hidden(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap());
    let value_of = |input: &str, name: &str| {
        let rest = input.split(&format!(" {name}=\"")).nth(1)?;
        rest.split('"').next().map(str::to_owned)
    };
    inputs
        .filter(|input| input.contains("type=\"hidden\""))
        .filter_map(|input| Some((value_of(input, "name")?, value_of(input, "value")?)))
        .collect()
}

fn of(recipient: &str, finished: bool, said: &str) -> (String, bool, String) {
    (recipient.to_owned(), finished, said.to_owned())
}

#[tokio::test]
async fn opening_a_link_stores_nothing_and_pressing_the_button_does() {
    let story = Story::begin().await;
    let link = "/f/shop/nps?likely=9&order=17";
    let page = story.open(link).await;
    assert_eq!(page.status, 200);
    let page = page.text();
    // A preview in a whole browser runs scripts and looks at the page for as long as it likes.
    assert!(page.contains("<p class=\"notice\">Please confirm your choice") && !page.contains("<script"), "{page}");
    let chosen: Vec<_> = page.split("<input").filter(|input| input.contains(" checked")).collect();
    assert!(chosen.len() == 1 && chosen[0].contains("value=\"9\""), "{chosen:?}");
    assert!(!page.contains("Why did you give"), "one question at a time");
    assert_eq!(story.stored().await, []);

    let next = story.press(link, &page, "q.likely=9").await;
    assert_eq!(next.status, 200);
    let next = next.text();
    assert!(next.contains("Your answer is saved.") && next.contains("Why did you give 9?"), "{next}");
    assert!(!next.contains("Please confirm your choice"), "{next}");
    assert_eq!(story.stored().await, [of("", false, "9")], "whoever stops here has answered");

    // Back, another score, and on to the end: still one response.
    let back = story.press(link, &next, "q.why=&back=1").await.text();
    let again = story.press(link, &back, "q.likely=3").await.text();
    assert_eq!(story.stored().await, [of("", false, "3")]);
    let done = story.press(link, &again, "q.why=Too+slow").await;
    assert!(done.text().contains("role=\"status\""));
    assert_eq!(story.stored().await, [of("", true, "3 Too slow")]);
}

#[tokio::test]
async fn who_chose_in_the_mail_and_presses_at_once_was_called_faster_than_people_read() {
    let now = Arc::new(AtomicI64::new(1_795_341_600_000));
    let passes = |ms: i64| now.fetch_add(ms, Ordering::Relaxed);
    let story = Story::of(TestApp::at(Clock::Manual(now.clone())).await).await;
    let suspicion = async || {
        let sql = "SELECT COALESCE(suspicion, '') AS suspicion FROM response";
        let rows = story.test.app.store.read(sql, vec![]).await.unwrap();
        rows.iter().map(|row| row.text("suspicion").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let link = story.link("9", "C-17", 30).await;
    let page = story.open(&link).await.text();
    passes(300);
    let next = story.press(&link, &page, "q.likely=9").await.text();
    assert_eq!(suspicion().await, [""]);
    passes(300);
    story.press(&link, &next, "q.why=Friendly").await;
    assert_eq!(suspicion().await, [""]);
    // What was said by the first link stays, and is not said again.
    let link = story.link("2", "C-17", 30).await;
    let page = story.open(&link).await.text();
    passes(200);
    story.press(&link, &page, "q.likely=2").await;
    assert_eq!(story.stored().await, [of("C-17", true, "2 Friendly")]);
    assert_eq!(suspicion().await, [""]);
    // No person sees a page and presses its button in no time.
    let link = story.link("5", "C-18", 30).await;
    let page = story.open(&link).await.text();
    passes(20);
    story.press(&link, &page, "q.likely=5").await;
    let mut marked = suspicion().await;
    marked.sort();
    assert_eq!(marked, ["", "too_fast"]);
}

#[tokio::test]
async fn another_click_of_a_recipient_changes_their_answer_and_loses_no_words() {
    let story = Story::begin().await;
    let (nine, two) = (story.link("9", "C-17", 30).await, story.link("2", "C-17", 30).await);
    let page = story.open(&nine).await.text();
    assert!(page.contains("your answer is kept under C-17, and you can change it until"), "{page}");
    let next = story.press(&nine, &page, "q.likely=9").await.text();
    story.press(&nine, &next, "q.why=Friendly").await;
    assert_eq!(story.stored().await, [of("C-17", true, "9 Friendly")]);

    let page = story.open(&two).await.text();
    assert!(!page.contains("Friendly"), "what was said is not shown to whoever has the link");
    let next = story.press(&two, &page, "q.likely=2").await.text();
    assert!(!next.contains("Friendly"), "{next}");
    assert_eq!(story.stored().await, [of("C-17", true, "2 Friendly")], "the same response");
    story.press(&two, &next, "q.why=Broken").await;
    assert_eq!(story.stored().await, [of("C-17", true, "2 Broken")]);

    let other = story.link("5", "C-18", 30).await;
    let page = story.open(&other).await.text();
    story.press(&other, &page, "q.likely=5").await;
    let mut stored = story.stored().await;
    stored.sort();
    assert_eq!(stored, [of("C-17", true, "2 Broken"), of("C-18", false, "5")]);
}

#[tokio::test]
async fn a_link_that_is_too_old_or_was_changed_is_told_so_and_can_be_answered_unsigned() {
    let story = Story::begin().await;
    let expired = story.link("9", "C-17", -1).await;
    let forged = story.link("9", "C-17", 30).await.replace("C-17", "C-18");
    for (link, said) in [(expired, "This link was personal until"), (forged, "This link was changed or cut")] {
        let page = story.open(&link).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains(said), "{}", page.text());
        assert_eq!(story.press(&link, &page.text(), "q.likely=9").await.status, 200);
    }
    assert_eq!(story.stored().await, [of("", false, "9"), of("", false, "9")], "of nobody in particular");
}

#[tokio::test]
async fn an_answer_that_there_is_not_is_asked_for() {
    let story = Story::begin().await;
    for wrong in ["11", "-1", "nine", ""] {
        let page = story.open(&format!("/f/shop/nps?likely={wrong}")).await;
        assert_eq!(page.status, 200, "{wrong}");
        let page = page.text();
        assert!(page.contains("is not one of those below") && !page.contains(" checked"), "{wrong}: {page}");
        assert!(!page.contains("<script"), "{wrong}");
    }
    // A field that is nobody's is left alone, and so is the answer of a question that is gone.
    let page = story.open("/f/shop/nps?utm_source=mail&older=3").await.text();
    assert!(!page.contains("is not one of those") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn the_questions_that_were_opened_are_those_that_are_answered() {
    let story = Story::begin().await;
    let link = "/f/shop/nps?likely=9";
    let page = story.open(link).await.text();
    let mut newer = survey();
    newer.questions[1].id = "reason".into();
    newer.questions[1].text = "What is the reason?".into();
    story.apply(&newer).await;
    let next = story.press(link, &page, "q.likely=9").await.text();
    assert!(next.contains("Why did you give 9?"), "{next}");
    // Whoever opens it now sees the new one; the link is still good.
    assert!(story.open(link).await.text().contains("Please confirm your choice"));

    story.test.app.store.activate_survey(story.site.site_id, "nps", false, &note(1)).await.unwrap();
    let over = story.open(link).await;
    assert_eq!(over.status, 410);
    assert!(over.text().contains("This survey has ended") && !over.text().contains("<form"), "{}", over.text());
    assert_eq!(story.test.submit(link, "q.likely=9", &[BROWSER]).await.status, 410, "nobody opened that");
    let done = story.press(link, &next, "q.why=Friendly").await;
    assert_eq!(done.status, 200, "what was opened may be finished");
    assert_eq!(story.stored().await, [of("", true, "9 Friendly")]);
    let unknown = story.open("/f/shop/none?likely=9").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("There is no such survey"), "{}", unknown.text());
}

#[tokio::test]
async fn a_link_leads_to_a_review_of_a_verified_purchase() {
    let story = Story::begin().await;
    let review = serde_json::from_value(serde_json::json!({
        "id": "review", "name": "Review", "title": "Your review", "language": "en", "placement": "hosted",
        "questions": [{ "id": "stars", "kind": "review", "text": "How is it?", "thing": "shop" }],
    }));
    story.apply(&review.unwrap()).await;
    let store = &story.test.app.store;
    let secret =
        store.site_secret(story.site.site_id, Purpose::Order, rapport_store::random::fresh(), 1).await.unwrap();
    let message = rapport_store::review::rule::purchase_message("A-1", "mug");
    let signature = rapport_ingest::signature::sign(rapport_ingest::signature::readable(&secret).as_bytes(), &message);
    let link = format!("/f/shop/review?stars=4&thing=mug&order=A-1&order_signature={signature}");
    let page = story.open(&link).await.text();
    assert!(
        page.contains(" checked") && !page.contains("Please confirm your choice"),
        "there are words to be written: {page}"
    );
    let done = story.press(&link, &page, "q.stars=4&q.stars.text=Holds+tea.").await;
    assert_eq!(done.status, 200, "{}", done.text());
    let sql = "SELECT thing, stars, verified, text FROM review";
    let rows = store.read(sql, vec![]).await.unwrap();
    let row = &rows[0];
    assert_eq!(
        (row.text("thing"), row.int("stars"), row.int("verified"), row.text("text")),
        (Ok("mug"), Ok(4), Ok(1), Ok("Holds tea.")),
        "{rows:?}"
    );
    let facts =
        store.read("SELECT question_id FROM answer WHERE kind = 'fact' ORDER BY question_id", vec![]).await.unwrap();
    let facts: Vec<_> = facts.iter().map(|row| row.text("question_id").unwrap()).collect();
    assert_eq!(facts, ["fact.order", "fact.thing"], "a signature tells nothing once it is checked");
}
