//! Answers of a company's own server over the whole router: believed, counted once, and refused by the field at fault.

use crate::http::query::list;
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use rapport_report::slice::Slice;
use rapport_report::survey::SurveyReport;
use rapport_shared::id::Id;
use rapport_store::account::scope::Scope;
use rapport_store::device::Sender;
use rapport_store::rollup::rebuild;
use rapport_store::site::Site;
use rapport_store::test_store::note;
use serde_json::{Value, json};

const ADDRESS: &str = "/api/v1/sites/shop/surveys/feedback/responses";
const DAY_MS: i64 = 86_400_000;

struct Counter {
    test: TestApp,
    site: Site,
    key: String,
}

impl Counter {
    async fn open() -> Self {
        Self::with(Scope::WriteResponses).await
    }

    async fn with(scope: Scope) -> Self {
        Self::with_each(vec![scope]).await
    }

    async fn with_each(scopes: Vec<Scope>) -> Self {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key = test.bearer(&site, &scopes).await;
        Self { test, site, key }
    }

    async fn send(&self, address: &str, body: String, headers: &[(&str, &str)]) -> Reply {
        let request = Request::post(address).header("authorization", &self.key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.test.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends responses, and gives what became of them.
    async fn tell(&self, responses: Value, headers: &[(&str, &str)]) -> Value {
        let reply = self.send(ADDRESS, json!({ "responses": responses }).to_string(), headers).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        reply.json()
    }

    async fn report(&self) -> SurveyReport {
        let site = self.test.app.sites.by_id(self.site.site_id).await.unwrap().unwrap();
        let listing = list::listing(&[]).unwrap();
        self.test.reports().of(&site).survey(&Slice::default(), "feedback", listing).await.unwrap().unwrap()
    }
}

fn rated(id: &str, score: i64) -> Value {
    json!({ "id": id, "answers": [{ "question": "rating", "score": score }] })
}

#[tokio::test]
async fn eleven_answers_of_a_server_in_ten_minutes_all_count() {
    let counter = Counter::open().await;
    // One by one, as calls end; then as many of the same words as a batch takes.
    for number in 0..11 {
        let told = counter.tell(json!([rated(&format!("call-{number}"), 4)]), &[]).await;
        assert_eq!(told["accepted"], 1, "{told}");
    }
    let same = |number: usize| {
        json!({ "id": number.to_string(), "answers": [
            { "question": "rating", "score": 2 }, { "question": "reason", "text": "The parcel came late, and open." },
        ] })
    };
    let told = counter.tell((0..100).map(same).collect(), &[]).await;
    assert_eq!((&told["accepted"], &told["rejected"]), (&json!(100), &json!([])));
    let before = counter.report().await;
    assert_eq!(before.questions[0].answered, 111, "before they are rolled up");
    let app = &counter.test.app;
    rebuild::run_once(&app.store, &app.clock, &app.sites).await.unwrap();
    let after = counter.report().await;
    assert_eq!(after.questions[0].answered, 111, "and after");
    assert!(
        after.responses.iter().all(|response| response.device == Sender::Server.as_str()),
        "they are told from those of pages"
    );
}

#[tokio::test]
async fn an_answer_that_a_server_sends_twice_is_a_duplicate_and_counts_once() {
    let counter = Counter::open().await;
    let first = counter.tell(json!([rated("call-1", 4)]), &[]).await;
    let response = &first["stored"][0]["response"];
    assert_eq!(
        first,
        json!({ "accepted": 1, "duplicate": 0, "rejected": [], "stored": [
            { "index": 0, "response": response, "duplicate": false },
        ] })
    );
    let again = counter.tell(json!([rated("call-1", 4), rated("call-2", 5)]), &[]).await;
    assert_eq!((&again["accepted"], &again["duplicate"]), (&json!(1), &json!(1)));
    assert_eq!(again["stored"][0], json!({ "index": 0, "response": response, "duplicate": true }));
    // A correction says that it is one.
    let mut corrected = rated("call-1", 1);
    corrected["revision"] = 2.into();
    assert_eq!(counter.tell(json!([corrected]), &[]).await["accepted"], 1);

    // Without ids of their own the request's key tells them apart.
    let nameless = json!({ "answers": [{ "question": "rating", "score": 3 }] });
    for (accepted, duplicate) in [(2, 0), (0, 2)] {
        let told = counter.tell(json!([nameless, nameless]), &[("idempotency-key", "8e03978e")]).await;
        assert_eq!((&told["accepted"], &told["duplicate"]), (&json!(accepted), &json!(duplicate)));
    }
    assert_eq!(counter.tell(json!([nameless]), &[("idempotency-key", "another")]).await["accepted"], 1);
    let refused = counter.tell(json!([nameless]), &[]).await;
    assert_eq!((&refused["accepted"], &refused["rejected"][0]["field"]), (&json!(0), &json!("id")));
    assert_eq!(counter.report().await.questions[0].answered, 5);
}

#[tokio::test]
async fn another_answer_under_the_same_name_was_told_as_a_duplicate_and_lost() {
    let counter = Counter::open().await;
    let key = [("idempotency-key", "k1")];
    let nameless = |score: i64| json!({ "answers": [{ "question": "rating", "score": score }, { "question": "reason", "text": "4111 1111 1111 1111" }] });
    for (first, other, headers) in [(rated("call-1", 5), rated("call-1", 1), &[][..]), (nameless(5), nameless(1), &key)]
    {
        assert_eq!(counter.tell(json!([first]), headers).await["accepted"], 1);
        let told = counter.tell(json!([other]), headers).await;
        assert_eq!((&told["accepted"], &told["duplicate"], &told["stored"]), (&json!(0), &json!(0), &json!([])));
        let reason = "was sent before with other answers; send a higher revision to correct them";
        assert_eq!(told["rejected"], json!([{ "index": 0, "field": "id", "reason": reason }]));
        // The same again is a repeat still, though words are kept otherwise than they were sent, and so is an earlier revision.
        assert_eq!(counter.tell(json!([first]), headers).await["duplicate"], 1);
        let mut corrected = other.clone();
        corrected["revision"] = 2.into();
        assert_eq!(counter.tell(json!([corrected]), headers).await["accepted"], 1, "a correction says that it is one");
        assert_eq!(counter.tell(json!([first]), headers).await["duplicate"], 1);
    }
    // Whether it is finished is said too, and the newest version of the survey is not.
    let mut unfinished = rated("call-2", 3);
    unfinished["finished"] = false.into();
    assert_eq!(counter.tell(json!([unfinished]), &[]).await["accepted"], 1);
    assert_eq!(counter.tell(json!([rated("call-2", 3)]), &[]).await["rejected"][0]["field"], "id");
    let mut changed = crate::new_site::first_survey();
    changed.title = "Another".into();
    counter.test.app.store.apply_survey(counter.site.site_id, &changed, &note(2)).await.unwrap();
    counter.test.app.sites.forget();
    assert_eq!(counter.tell(json!([unfinished]), &[]).await["duplicate"], 1);
    // Two of one request, too: the first counts.
    let told = counter.tell(json!([rated("call-3", 5), rated("call-3", 1), rated("call-3", 5)]), &[]).await;
    assert_eq!((&told["accepted"], &told["duplicate"]), (&json!(1), &json!(1)));
    assert_eq!((&told["rejected"][0]["index"], &told["rejected"][0]["field"]), (&json!(1), &json!("id")));
    assert_eq!(counter.report().await.questions[0].answered, 4);
}

#[tokio::test]
async fn what_a_server_said_was_accepted_and_dropped() {
    let counter = Counter::open().await;
    let with = |name: &str, value: Value| {
        let mut response = rated(name, 4);
        response[name] = value;
        response
    };
    let long = "x".repeat(600);
    for (response, field, reason) in [
        (with("facts", json!({ "order": "17" })), "facts.order", "is not a fact of this survey"),
        (with("facts", json!({ "order": long })), "facts.order", "is not a fact of this survey"),
        (with("language", json!("xx-nonsense-zz-!!")), "language", "BCP 47"),
        (with("language", json!("english")), "language", "BCP 47"),
        (with("path", json!(format!("/{long}"))), "path", "at most 512 characters"),
    ] {
        let told = counter.tell(json!([response]), &[]).await;
        assert_eq!(told["rejected"][0]["field"], field, "{told}");
        assert!(told["rejected"][0]["reason"].as_str().unwrap().contains(reason), "{told}");
    }
    for kept in [with("language", json!("pt-BR")), with("path", json!("/cart"))] {
        assert_eq!(counter.tell(json!([kept]), &[]).await["accepted"], 1);
    }
    // Those that the survey names are kept, and have a limit.
    let mut survey = crate::new_site::first_survey();
    survey.facts = vec!["order".into()];
    counter.test.app.store.apply_survey(counter.site.site_id, &survey, &note(2)).await.unwrap();
    counter.test.app.sites.forget();
    let told = counter.tell(json!([with("facts", json!({ "order": long }))]), &[]).await;
    assert!(told["rejected"][0]["reason"].as_str().unwrap().contains("at most 500 characters"), "{told}");
    let told = counter.tell(json!([with("facts", json!({ "order": "17" }))]), &[]).await;
    let id = Id::parse(told["stored"][0]["response"].as_str().unwrap()).unwrap();
    let answers = counter.test.app.store.answers_of(counter.site.site_id, &[id]).await.unwrap();
    assert!(answers.iter().any(|answer| answer.question_id == "fact.order" && answer.choices == "[\"17\"]"));
}

#[tokio::test]
async fn a_fault_of_a_servers_answer_named_the_limits_of_a_type_and_not_those_of_the_field() {
    let counter = Counter::open().await;
    let scored = |score: Value| json!({ "id": "x", "answers": [{ "question": "rating", "score": score }] });
    for score in [json!(4.5), json!("4"), json!(300), json!(-1), json!(true)] {
        let told = counter.tell(json!([scored(score.clone())]), &[]).await;
        assert_eq!(told["rejected"][0]["field"], "answers[0].score", "{score}: {told}");
        let reason = told["rejected"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("1 to 5 for csat") || reason.contains("from 1 to 5"), "{score}: {reason}");
    }
    let mut unknown = scored(json!(4));
    unknown["fact"] = json!({});
    let told = counter.tell(json!([unknown]), &[]).await;
    assert_eq!(told["rejected"][0]["field"], "fact");
    let reason = told["rejected"][0]["reason"].as_str().unwrap();
    for field in ["id", "revision", "survey_version", "occurred_at_ms", "answers", "finished", "duration_ms", "facts"] {
        assert!(reason.split([' ', ',']).any(|name| name == field), "{field}: {reason}");
    }
    let mut slow = scored(json!(4));
    slow["duration_ms"] = json!(-3);
    let told = counter.tell(json!([slow, 1]), &[]).await;
    assert_eq!(told["rejected"][0]["field"], "duration_ms");
    assert!(!told["rejected"][0]["reason"].as_str().unwrap().contains("4294967295"), "{told}");
    assert_eq!(told["rejected"][1]["field"], "responses[1]");
}

#[tokio::test]
async fn a_key_that_lacked_one_of_two_scopes_was_told_of_one_alone() {
    let address = "/api/v1/sites/shop/reports/feedback/feedback";
    for (scopes, status) in [
        (vec![Scope::ReadReports], 403),
        (vec![Scope::ReadResponses], 403),
        (vec![Scope::ReadReports, Scope::ReadResponses], 200),
    ] {
        let reader = Counter::with_each(scopes.clone()).await;
        let reply = reader.test.get(address, &[("authorization", &reader.key)]).await;
        assert_eq!(reply.status, status, "{scopes:?}: {}", reply.text());
        let both = reply.text().contains("scopes reports:read and responses:read");
        assert_eq!(both, status == 403, "{scopes:?}: {}", reply.text());
    }
}

#[tokio::test]
async fn an_answer_of_a_server_says_itself_when_it_was_given() {
    let counter = Counter::open().await;
    let now_ms = counter.test.app.clock.now_ms();
    for (number, days_ago) in [0, 45, 400].into_iter().enumerate() {
        let mut response = rated(&number.to_string(), 5);
        response["occurred_at_ms"] = (now_ms - days_ago * DAY_MS).into();
        response["customer"] = "4711".into();
        let told = counter.tell(json!([response]), &[]).await;
        let id = Id::parse(told["stored"][0]["response"].as_str().unwrap()).unwrap();
        let kept = counter.test.app.store.response(counter.site.site_id, id).await.unwrap().unwrap();
        assert!((kept.occurred_at_ms - (now_ms - days_ago * DAY_MS)).abs() < 60_000, "{days_ago} days ago");
        assert!(!kept.clamped && kept.suspicion.is_empty() && kept.finished, "{days_ago} days ago");
    }
    for (occurred_at_ms, reason) in [
        (now_ms + DAY_MS, "must not be in the future"),
        (now_ms / 1_000, "must be at most 3650 days ago"),
        (i64::MIN, "must be at most 3650 days ago"),
    ] {
        let mut response = rated("when", 5);
        response["occurred_at_ms"] = occurred_at_ms.into();
        let told = counter.tell(json!([response]), &[]).await;
        assert_eq!(told["rejected"][0]["field"], "occurred_at_ms");
        assert!(told["rejected"][0]["reason"].as_str().unwrap().starts_with(reason), "{told}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_answer_of_a_server_is_told_of_that_answer() {
    let counter = Counter::open().await;
    let long = "x".repeat(201);
    let told = counter
        .tell(
            json!([
                rated("good", 5),
                rated("score", 9),
                { "id": "none", "answers": [] },
                { "id": "typing", "answers": [{ "question": "rating", "scores": 4 }] },
                { "id": "version", "survey_version": 7, "answers": [{ "question": "rating", "score": 4 }] },
                { "id": "question", "answers": [{ "question": "mood", "score": 4 }] },
                rated(&long, 4),
                rated("a\nb", 4),
                { "id": "customer", "customer": long, "answers": [{ "question": "rating", "score": 4 }] },
                "no object",
            ]),
            &[],
        )
        .await;
    let fields: Vec<_> = told["rejected"].as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect();
    let expected = [
        "answers[0].score",
        "answers",
        "answers[0].scores",
        "survey_version",
        "answers[0].question",
        "id",
        "id",
        "customer",
        "responses[9]",
    ];
    assert_eq!(fields, expected, "{told}");
    assert!(told["rejected"][0]["reason"].as_str().unwrap().contains("1 to 5"), "{told}");
    assert_eq!(told["accepted"], 1);
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_whole() {
    let counter = Counter::open().await;
    let many = json!({ "responses": vec![rated("x", 1); 101] }).to_string();
    for (address, body, status, said) in [
        (ADDRESS, "{", 400, "JSON"),
        (ADDRESS, "[]", 400, "responses"),
        (ADDRESS, "{}", 422, "responses"),
        (ADDRESS, r#"{"responses":[],"site":"shop"}"#, 422, "site"),
        (ADDRESS, r#"{"responses":[]}"#, 422, "1 to 100"),
        (ADDRESS, many.as_str(), 422, "has 101"),
        ("/api/v1/sites/shop/surveys/none/responses", r#"{"responses":[]}"#, 404, "no such survey"),
        ("/api/v1/sites/none/surveys/feedback/responses", r#"{"responses":[]}"#, 401, "the key"),
        (ADDRESS, &" ".repeat(65_537), 413, "65536"),
    ] {
        let reply = counter.send(address, body.to_owned(), &[]).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.text().contains(said), "{}", reply.text());
    }
    let reply = counter.send(ADDRESS, many, &[("idempotency-key", &"k".repeat(201))]).await;
    assert_eq!(reply.status, 422);
    let reader = Counter::with(Scope::ReadResponses).await;
    let reply = reader.send(ADDRESS, json!({ "responses": [rated("x", 1)] }).to_string(), &[]).await;
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("responses:write"), "{}", reply.text());
}
