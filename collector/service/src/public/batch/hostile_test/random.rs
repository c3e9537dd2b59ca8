//! Random bytes and random changes of a good batch: always an answer, never a panic, and the sums add up.

use super::{Sum, batch, fresh_id, good, post, service, unlimited};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rapport_shared::wire::BatchReply;
use rapport_store::test_store::{in_memory, number};
use serde_json::json;

/// One of each kind, with every field that has a limit of its own.
fn good_batch() -> String {
    let view = json!({ "type": "page_view", "id": fresh_id(), "age_ms": 9, "revision": 2, "path": "/a", "referrer": "x",
        "source": "mail", "release": "1.2", "view_index": 2, "duration_ms": 7, "scroll_percent": 50, "lcp_ms": 900 });
    let signal = json!({ "type": "signal", "id": fresh_id(), "view": fresh_id(), "kind": "rage_click", "path": "/a",
        "element": "button#buy", "name": "n", "text": "t", "count": 3 });
    let response = json!({ "type": "response", "id": fresh_id(), "revision": 1, "survey": "all", "survey_version": 1,
        "answers": [{ "question": "likely", "score": 9 }, { "question": "some", "choices": ["a", "c"] },
            { "question": "why", "text": "4111 1111 1111 1111 \u{e9}\u{1f642}" }],
        "trail": [{ "kind": "click", "before_ms": 5, "element": "a" }], "page": { "id": fresh_id(), "path": "/a" } });
    let delivery =
        json!({ "type": "delivery", "id": fresh_id(), "survey": "all", "survey_version": 1, "event": "closed" });
    batch(&[view, signal, response, delivery].map(|item| item.to_string()))
}

/// A change at a place of the text, the place given in thousandths of its length.
#[derive(Clone, Debug)]
enum Change {
    Put(u16, Vec<u8>),
    Cut(u16, u8),
    Flip(u16, u8),
    Repeat(u16, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let tokens = [
        "null",
        "-1",
        "1e400",
        "18446744073709551616",
        "[",
        "]",
        "{",
        "}",
        "\"",
        ",",
        ":",
        "\\ud800",
        "\\u0000",
        "\\",
        "\u{202e}",
        "\u{0}",
        "true",
        "{}",
        "[[[[[[[[",
        "\"type\":\"signal\",",
        "\"answers\":[],",
        "\"id\":\"\",",
        "0.1",
        "\"score\":300,",
        "\"page\":null,",
        "\"trail\":{},",
    ];
    let token = prop::sample::select(tokens.to_vec()).prop_map(|token| token.as_bytes().to_vec());
    let bytes = prop_oneof![3 => token, 1 => prop::collection::vec(any::<u8>(), 1..6)];
    prop_oneof![
        (0..1000_u16, bytes).prop_map(|(place, bytes)| Change::Put(place, bytes)),
        (0..1000_u16, 1..40_u8).prop_map(|(place, length)| Change::Cut(place, length)),
        (0..1000_u16, any::<u8>()).prop_map(|(place, bits)| Change::Flip(place, bits)),
        (0..1000_u16, 1..200_u8).prop_map(|(place, length)| Change::Repeat(place, length)),
    ]
}

fn changed(mut text: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let at = |place: &u16| usize::from(*place) * text.len() / 1000;
        match change {
            Change::Put(place, bytes) => {
                let place = at(place);
                text.splice(place..place, bytes.iter().copied());
            }
            Change::Cut(place, length) => {
                let place = at(place);
                text.drain(place..(place + usize::from(*length)).min(text.len()));
            }
            Change::Flip(place, bits) => {
                let place = at(place);
                if let Some(byte) = text.get_mut(place) {
                    *byte ^= bits;
                }
            }
            Change::Repeat(place, length) => {
                let place = at(place);
                let piece = text[place..(place + usize::from(*length)).min(text.len())].to_vec();
                text.splice(place..place, piece);
            }
        }
    }
    text
}

#[test]
fn random_batches_are_always_answered() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let test = runtime.block_on(async { service(in_memory().await, unlimited()).await });
    let sum = std::cell::RefCell::new(Sum::default());
    let accepted_changed = std::cell::Cell::new(0);
    let send = |body: Vec<u8>| {
        let reply = runtime.block_on(post(&test, &[], body.clone().into()));
        let status = reply.status.as_u16();
        prop_assert!(matches!(status, 202 | 400 | 401 | 403 | 404 | 413 | 429), "{status}: {}", reply.text());
        if status == 202 {
            let told: BatchReply = serde_json::from_slice(&reply.body).expect("a batch reply");
            let items = serde_json::from_slice::<serde_json::Value>(&body)
                .ok()
                .and_then(|batch| Some(batch["items"].as_array()?.len()));
            let outcomes = told.accepted as usize + told.duplicate as usize + told.rejected.len();
            // A batch with a lone surrogate is JSON to the grammar and to us, though not to a reader of text.
            prop_assert!(items.is_none_or(|items| items == outcomes), "{told:?}");
            accepted_changed.set(accepted_changed.get() + told.accepted);
            sum.borrow_mut().add(&told);
        }
        Ok(())
    };
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    runner.run(&prop::collection::vec(any::<u8>(), 0..400), send).expect("random bytes");
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let changes = prop::collection::vec(change(), 0..5);
    runner.run(&changes, |changes| send(changed(good_batch().into_bytes(), &changes))).expect("random changes");
    assert!(accepted_changed.get() > 1_000, "most changes must leave something to store: {}", accepted_changed.get());
    let mut sum = sum.into_inner();
    runtime.block_on(async {
        assert_eq!(post(&test, &[], batch(&[good()]).into()).await.status, 202, "it still serves");
        sum.accepted += 1;
        let rejected_only_known = "SELECT COUNT(*) FROM outcome WHERE outcome = 'rejected'";
        assert!(
            number(&test.app.store, rejected_only_known).await < 400,
            "kinds of refusal must not grow with what is sent"
        );
        sum.check(&test.app.store).await;
    });
}
