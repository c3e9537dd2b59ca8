//! Pictures over the whole router: in from a page before or after their response, shown to members, and gone again.

use super::KEPT_MS;
use super::picture::tests::{file, photo};
use super::upload::UNCLAIMED;
use crate::config::Config;
use crate::job::attachment;
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use image::ImageFormat;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::attachment::{AnswerKey, NewAttachment};
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::test_store::{a_site, each_engine, in_memory, note, number};
use serde_json::{Value, json};

const ORIGIN: &str = "https://shop.example.com";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";

struct Story {
    test: TestApp,
    site: Site,
}

/// A picture as a page sends it.
#[derive(Clone)]
struct Upload {
    id: String,
    response: Id,
    question: &'static str,
    part: &'static str,
    content: Vec<u8>,
}

impl Story {
    async fn over(store: Store) -> Self {
        let test = TestApp::over(store, Config::default()).await;
        let site = test.site().await;
        let story = Self { test, site };
        story
            .apply(
                "trouble",
                json!([
                    { "id": "problem", "kind": "problem-report", "text": "What went wrong?" },
                    { "id": "mug", "kind": "review", "text": "How is the mug?", "thing": "mug", "photo": true },
                    { "id": "bowl", "kind": "review", "text": "How is the bowl?", "thing": "bowl", "photo": true },
                ]),
            )
            .await;
        story
    }

    async fn begin() -> Self {
        Self::over(in_memory().await).await
    }

    async fn apply(&self, id: &str, questions: Value) {
        let survey = json!({ "id": id, "name": id, "title": id, "questions": questions });
        let survey = serde_json::from_value(survey).expect("a survey");
        self.test.app.store.apply_survey(self.site.site_id, &survey, &note(1)).await.expect("the survey is added");
        self.test.app.sites.forget();
    }

    fn upload(&self, response: Id, question: &'static str, part: &'static str) -> Upload {
        let content = file(ImageFormat::Jpeg, 40, 20);
        Upload { id: self.test.app.clock.new_id().to_text(), response, question, part, content }
    }

    async fn send(&self, upload: &Upload) -> Reply {
        self.send_from(ORIGIN, "shop", upload).await
    }

    async fn send_from(&self, origin: &str, site: &str, upload: &Upload) -> Reply {
        let response = upload.response.to_text();
        let texts =
            [("id", &*upload.id), ("response", &response), ("question", upload.question), ("part", upload.part)];
        let body = multipart(&texts, &[("picture", &upload.content)]);
        self.post(origin, &format!("/v1/attachment/{site}"), body).await
    }

    async fn post(&self, origin: &str, path: &str, body: Vec<u8>) -> Reply {
        let request = Request::post(path).header("origin", origin).header("user-agent", BROWSER);
        let request = request.header("content-type", "multipart/form-data; boundary=edge");
        self.test.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn respond(&self, response: Id, revision: u32, answers: Value) {
        let body = json!({ "site": "shop", "items": [
            { "type": "response", "id": response, "revision": revision, "survey": "trouble", "survey_version": 1,
              "duration_ms": 9_000, "finished": true, "answers": answers },
        ] });
        let request = Request::post("/v1/batch").header("origin", ORIGIN).header("user-agent", BROWSER);
        let reply = self.test.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(reply.json()["rejected"], json!([]), "{}", reply.text());
    }

    async fn public_id(&self, response: Id) -> Id {
        self.test.public_id("shop", response).await
    }

    async fn cookie(&self, role: Role) -> String {
        self.test.cookie(&self.site, "sam@example.com", role).await
    }

    async fn seen(&self, path: &str) -> Reply {
        let cookie = self.cookie(Role::Viewer).await;
        self.test.get(&format!("/sites/shop/{path}"), &[("cookie", &cookie)]).await
    }

    async fn count(&self, table: &str) -> i64 {
        number(&self.test.app.store, format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// Outcomes that were counted: name and number, by name.
    async fn outcomes(&self) -> Vec<(String, i64)> {
        let sql = "SELECT outcome, CAST(SUM(items) AS BIGINT) AS items FROM outcome WHERE item_type = 'attachment'
             GROUP BY outcome ORDER BY outcome";
        let rows = self.test.app.store.read(sql, vec![]).await.unwrap();
        rows.iter().map(|row| (row.text("outcome").unwrap().to_owned(), row.int("items").unwrap())).collect()
    }
}

pub(crate) fn multipart(texts: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in texts {
        body.extend(format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, content) in files {
        // What a file claims to be is not asked.
        let head = format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.exe\"\r\n");
        body.extend(head.bytes().chain(*b"content-type: text/html\r\n\r\n"));
        body.extend_from_slice(content);
        body.extend(*b"\r\n");
    }
    body.extend(*b"--edge--\r\n");
    body
}

fn with_screenshot() -> Value {
    json!([{ "question": "problem", "text": "It broke.", "parts": [{ "part": "screenshot", "score": 1 }] }])
}

fn with_photo(stars: u8) -> Value {
    json!([{ "question": "mug", "score": stars, "parts": [{ "part": "photo", "score": 1 }] }])
}

#[tokio::test]
async fn a_picture_and_its_response_come_in_either_order() {
    each_engine(async |store| {
        let story = Story::over(store).await;
        for picture_first in [true, false] {
            let response = story.test.app.clock.new_id();
            let upload = story.upload(response, "problem", "screenshot");
            if !picture_first {
                story.respond(response, 1, with_screenshot()).await;
                let page = story.seen(&format!("responses/{}", story.public_id(response).await)).await.text();
                assert!(page.contains("not here yet"), "{page}");
            }
            let sent = story.send(&upload).await;
            assert_eq!((sent.status.as_u16(), sent.json()), (200, json!({ "outcome": "accepted" })));
            assert_eq!(sent.header("access-control-allow-origin"), ORIGIN);
            let path = format!("responses/{}/pictures/problem.screenshot", story.public_id(response).await);
            if picture_first {
                assert_eq!(story.seen(&path).await.status, 404, "nothing speaks of it yet");
                story.respond(response, 1, with_screenshot()).await;
            }
            let page = story.seen(&format!("responses/{}", story.public_id(response).await)).await.text();
            assert!(page.contains(&path) && page.contains("40 × 20 px") && !page.contains("not here yet"), "{page}");
            let picture = story.seen(&path).await;
            assert_eq!((picture.status.as_u16(), picture.header("content-type")), (200, "image/jpeg"));
            assert_eq!(image::guess_format(&picture.body).ok(), Some(ImageFormat::Jpeg));
            for _ in 0..2 {
                assert_eq!(story.send(&upload).await.json(), json!({ "outcome": "duplicate" }));
            }
        }
        assert_eq!(story.count("attachment").await, 2);
        assert_eq!(story.outcomes().await, [("accepted".into(), 2), ("duplicate".into(), 4)]);
    })
    .await;
}

#[tokio::test]
async fn a_picture_is_served_as_nothing_else_and_to_members_alone() {
    let story = Story::begin().await;
    let response = story.test.app.clock.new_id();
    story.respond(response, 1, with_screenshot()).await;
    let mut upload = story.upload(response, "problem", "screenshot");
    upload.content = photo();
    assert_eq!(story.send(&upload).await.status, 200);
    let path = format!("responses/{}/pictures/problem.screenshot", story.public_id(response).await);
    let picture = story.seen(&path).await;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(picture.header(name), value);
    }
    assert_eq!(
        picture.header("content-disposition"),
        format!("inline; filename=\"screenshot-{}.jpg\"", story.public_id(response).await)
    );
    assert!(!String::from_utf8_lossy(&picture.body).contains("GPS"), "the place of a photo is not kept");

    let stranger = a_site("other");
    story.test.app.store.add_site(&stranger).await.unwrap();
    let cookie = story.test.cookie(&stranger, "eve@example.com", Role::Owner).await;
    for headers in [&[][..], &[("cookie", cookie.as_str())]] {
        let status = story.test.get(&format!("/sites/shop/{path}"), headers).await.status;
        assert!([303, 401, 404].contains(&status.as_u16()), "{status}");
        assert_ne!(story.test.get(&format!("/sites/other/{path}"), headers).await.status, 200);
    }

    let api = format!("/api/v1/sites/shop/reports/responses/{}", story.public_id(response).await);
    for (scope, status) in [(Scope::ReadResponses, 200), (Scope::ReadReports, 403)] {
        let bearer = story.test.bearer(&story.site, &[scope]).await;
        let headers = [("authorization", bearer.as_str())];
        let picture = story.test.get(&format!("{api}/pictures/problem.screenshot"), &headers).await;
        assert_eq!(picture.status, status);
        if status == 200 {
            let report = story.test.get(&api, &headers).await.json();
            let told = &report["summary"]["answers"][1]["picture"];
            assert_eq!(told["address"], format!("{api}/pictures/problem.screenshot"), "{report}");
            assert_eq!((&told["width_px"], &told["height_px"]), (&json!(32), &json!(64)));
            assert_eq!(told["size_bytes"], picture.body.len());
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_upload_is_named_and_counted() {
    let story = Story::begin().await;
    let response = story.test.app.clock.new_id();
    story.respond(response, 1, with_screenshot()).await;
    let good = story.upload(response, "problem", "screenshot");
    let content = |content: Vec<u8>| Upload { content, ..good.clone() };
    let half = good.content[..good.content.len() / 2].to_vec();
    for (upload, status, field, reason) in [
        (content(b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()), 422, "picture", "JPEG, PNG or WebP"),
        (content(half), 422, "picture", "damaged"),
        (content(vec![0xff; limit::PICTURE_BYTES + 9]), 413, "picture", "at most 600000 bytes, has 600009"),
        (content(vec![0; 5_000_000]), 413, "picture", "at most 600000 bytes, has 5000000"),
        (content(Vec::new()), 422, "picture", "is missing"),
        (Upload { id: "me".into(), ..good.clone() }, 422, "id", "UUID"),
        (Upload { question: "rating", ..good.clone() }, 422, "question", "asks for no picture"),
        (Upload { part: "photo", ..good.clone() }, 422, "question", "asks for no picture"),
        (Upload { response: Id::default(), ..good.clone() }, 422, "response", "UUID"),
    ] {
        let reply = story.send(&upload).await;
        assert_eq!(reply.status.as_u16(), status, "{field} {reason}: {}", reply.text());
        let error = &reply.json()["errors"][0];
        assert_eq!(error["field"], field, "{}", reply.text());
        assert!(error["reason"].as_str().unwrap().contains(reason), "{}", reply.text());
        assert_eq!(reply.header("access-control-allow-origin"), ORIGIN, "the page may read why");
    }
    assert_eq!(story.outcomes().await, [("rejected".into(), 9)]);
    assert_eq!(story.send_from("https://evil.example", "shop", &good).await.status, 403);
    assert_eq!(story.send_from(ORIGIN, "nobody", &good).await.status, 404);
    let path = "/v1/attachment/shop";
    let cut = multipart(&[("id", &good.id)], &[("picture", &good.content)]);
    let cut = story.post(ORIGIN, path, cut[..cut.len() - 20].to_vec()).await;
    assert_eq!(cut.status, 400, "{}", cut.text());
    let long = story.post(ORIGIN, path, multipart(&[("id", &"x".repeat(5_000))], &[])).await;
    assert_eq!(long.status, 413, "{}", long.text());
    let two = multipart(&[], &[("picture", &good.content), ("picture", &good.content)]);
    assert_eq!(story.post(ORIGIN, path, two).await.status, 413);
    let plain = Request::post(path).header("origin", ORIGIN).body(Body::from("picture")).unwrap();
    assert_eq!(story.test.send(plain).await.status, 400);
    assert_eq!(story.count("attachment").await, 0);
    assert_eq!(story.send(&good).await.status, 200);
}

#[tokio::test]
async fn a_client_and_a_site_have_their_limits() {
    let story = Story::begin().await;
    let ids = ["a", "b", "c", "d", "e", "f"];
    let questions = ids.map(|id| json!({ "id": id, "kind": "problem-report", "text": "?" }));
    story.apply("many", json!(questions)).await;
    let response = story.test.app.clock.new_id();
    for question in &ids[..limit::RESPONSE_PICTURES] {
        assert_eq!(story.send(&story.upload(response, question, "screenshot")).await.status, 200);
    }
    let sixth = story.send(&story.upload(response, "f", "screenshot")).await;
    assert_eq!((sixth.status.as_u16(), &sixth.json()["errors"][0]["field"]), (422, &json!("response")));
    let again = story.upload(response, "a", "screenshot");
    assert_eq!(story.send(&again).await.json()["outcome"], "accepted", "another one takes a place that is taken");
    let mut last = again;
    for _ in 0..20 {
        last = story.upload(response, "a", "screenshot");
        let reply = story.send(&last).await;
        if reply.status == 429 {
            assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
            return;
        }
    }
    panic!("{} was taken as the 27th of a minute", last.id);
}

#[tokio::test]
async fn a_flood_of_pictures_without_responses_ends() {
    each_engine(async |store| {
        let story = Story::over(store.clone()).await;
        let new_id = || story.test.app.clock.new_id();
        for _ in 0..UNCLAIMED {
            let answer =
                AnswerKey { response_id: new_id(), question_id: "problem".into(), part_id: "screenshot".into() };
            let new = NewAttachment {
                site_id: story.site.site_id,
                attachment_id: new_id(),
                answer,
                content_type: "image/jpeg",
                width_px: 1,
                height_px: 1,
                received_at_ms: story.test.app.clock.now_ms(),
                content: vec![0xff],
            };
            assert_eq!(store.add_attachment(&new).await, Ok(true));
        }
        let response = new_id();
        let upload = story.upload(response, "problem", "screenshot");
        let refused = story.send(&upload).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, "600"), "{}", refused.text());
        story.respond(response, 1, with_screenshot()).await;
        assert_eq!(story.send(&upload).await.status, 200, "whoever answered is not held up");
    })
    .await;
}

#[tokio::test]
async fn the_later_picture_of_a_place_stays_whichever_arrives_last() {
    let story = Story::begin().await;
    let response = story.test.app.clock.new_id();
    story.respond(response, 1, with_screenshot()).await;
    let first = story.upload(response, "problem", "screenshot");
    let later = Id::version_7(story.test.app.clock.now_ms() as u64 + 1_000, [7; 10]).to_text();
    let second = Upload { id: later, content: file(ImageFormat::Png, 60, 30), ..first.clone() };
    for upload in [&first, &second, &first] {
        assert_eq!(story.send(upload).await.status, 200);
    }
    let page = story.seen(&format!("responses/{}", story.public_id(response).await)).await.text();
    assert!(page.contains("60 × 30 px"), "{page}");
    assert_eq!(story.count("attachment").await, 1);
}

#[tokio::test]
async fn a_picture_that_no_answer_speaks_of_is_removed_after_a_week() {
    each_engine(async |store| {
        let story = Story::over(store.clone()).await;
        let new_id = || story.test.app.clock.new_id();
        let (kept, lost, taken_back) = (new_id(), new_id(), new_id());
        for response in [kept, lost, taken_back] {
            assert_eq!(story.send(&story.upload(response, "problem", "screenshot")).await.status, 200);
        }
        story.respond(kept, 1, with_screenshot()).await;
        story.respond(taken_back, 1, with_screenshot()).await;
        story.respond(taken_back, 2, json!([{ "question": "problem", "text": "It broke." }])).await;
        let gone =
            story.seen(&format!("responses/{}/pictures/problem.screenshot", story.public_id(taken_back).await)).await;
        assert_eq!(gone.status, 404, "the visitor took it back");
        let now_ms = Clock::System.now_ms();
        for (later_ms, removed) in [(KEPT_MS - 60_000, 0), (KEPT_MS + 60_000, 2)] {
            assert_eq!(attachment::run_once(&store, &Clock::manual(now_ms + later_ms)).await, Ok(removed));
        }
        let path = format!("responses/{}/pictures/problem.screenshot", story.public_id(kept).await);
        assert_eq!((story.count("attachment").await, story.seen(&path).await.status.as_u16()), (1, 200));
    })
    .await;
}

#[tokio::test]
async fn a_visitor_sees_and_erases_their_pictures() {
    each_engine(async |store| {
        let story = Story::over(store).await;
        let new_id = || story.test.app.clock.new_id();
        let (own, early, other) = (new_id(), new_id(), new_id());
        for response in [own, early, other] {
            assert_eq!(story.send(&story.upload(response, "problem", "screenshot")).await.status, 200);
        }
        story.respond(own, 1, with_screenshot()).await;
        let ask = async |path: &str| {
            let body = json!({ "site": "shop", "responses": [own, early] }).to_string();
            let request = Request::post(path).header("origin", ORIGIN).header("user-agent", BROWSER);
            story.test.send(request.body(Body::from(body)).unwrap()).await.json()
        };
        let seen = ask("/v1/me").await;
        assert_eq!(seen["pictures"], 2, "{seen}");
        let answers = seen["responses"][0]["answers"].as_array().unwrap();
        let picture = &answers.iter().find(|answer| answer["question"] == "problem.screenshot").unwrap()["picture"];
        assert_eq!((&picture["width_px"], &picture["content_type"]), (&json!(40), &json!("image/jpeg")), "{seen}");
        assert_eq!(ask("/v1/me/erase").await["pictures"], 2);
        assert_eq!(story.count("attachment").await, 1, "the other visitor's");
        assert_eq!(ask("/v1/me").await["pictures"], 0);
    })
    .await;
}

#[tokio::test]
async fn a_photo_is_public_only_while_its_review_is_published() {
    each_engine(async |store| {
        let story = Story::over(store).await;
        let response = story.test.app.clock.new_id();
        story.respond(response, 1, with_photo(5)).await;
        let first = story.upload(response, "mug", "photo");
        assert_eq!(story.send(&first).await.status, 200);
        // Of the same response, and never shown with the mug.
        assert_eq!(story.send(&story.upload(response, "bowl", "photo")).await.status, 200);
        let rows = story.test.app.store.read("SELECT review_id FROM review", vec![]).await.unwrap();
        let id = rows[0].id("review_id").unwrap();
        let public = format!("/v1/reviews/shop/{id}/photo");
        assert_eq!(story.test.get(&public, &[]).await.status, 404);
        let page = story.seen(&format!("reviews/{id}")).await.text();
        assert!(page.contains(&format!("/sites/shop/reviews/{id}/photo")), "{page}");
        assert_eq!(story.seen(&format!("reviews/{id}/photo")).await.status, 200);

        let publish = async || {
            let cookie = story.cookie(Role::Support).await;
            let path = format!("/sites/shop/reviews/{id}");
            assert_eq!(story.test.submit(&path, "state=published", &[("cookie", &cookie)]).await.status, 303);
        };
        publish().await;
        let photo = story.test.get(&public, &[]).await;
        assert_eq!((photo.status.as_u16(), photo.header("content-type")), (200, "image/jpeg"));
        assert_eq!(photo.header("cross-origin-resource-policy"), "cross-origin");
        assert!(photo.header("content-security-policy").contains("sandbox"));
        let list = story.test.get("/v1/reviews/shop", &[]).await.json();
        assert_eq!(
            (&list["reviews"][0]["photo"]["address"], &list["reviews"][0]["photo"]["width_px"]),
            (&json!(public), &json!(40))
        );
        assert!(story.test.get("/r/shop", &[]).await.text().contains(&format!("src=\"..{public}\"")));

        // The same again changes nothing; another picture has to be looked at first.
        assert_eq!(story.send(&first).await.json()["outcome"], "duplicate");
        assert_eq!(story.test.get(&public, &[]).await.status, 200);
        assert_eq!(story.send(&story.upload(response, "mug", "photo")).await.json()["outcome"], "accepted");
        assert_eq!(story.test.get(&public, &[]).await.status, 404);
        assert_eq!(story.test.get("/v1/reviews/shop", &[]).await.json()["reviews"], json!([]));
        publish().await;
        assert_eq!(story.test.get(&public, &[]).await.status, 200);
        story.respond(response, 2, json!([{ "question": "mug", "score": 5 }])).await;
        assert_eq!(story.test.get(&public, &[]).await.status, 404, "the visitor took it back");
    })
    .await;
}
