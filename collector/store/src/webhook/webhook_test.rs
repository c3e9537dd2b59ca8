//! Webhooks and their deliveries on both engines.

use super::delivery::{DeliveryAttempt, DeliveryState};
use super::*;
use crate::clock::Clock;
use crate::news::news_test::{a_delivery, a_webhook};
use crate::test_store::{each_engine, note};

const SHOP: Id = Id([8; 16]);
const BLOG: Id = Id([9; 16]);

#[tokio::test]
async fn a_webhook_is_kept_changed_disabled_and_removed_with_what_it_was_told() {
    each_engine(async |store| {
        let hook = a_webhook(1);
        assert_eq!(store.add_webhook(SHOP, &hook, &note(5)).await, Ok(true));
        assert_eq!(store.webhooks(SHOP).await, Ok(vec![hook.clone()]));
        assert_eq!((store.webhook(BLOG, Id([1; 16])).await, store.webhooks(BLOG).await), (Ok(None), Ok(vec![])));
        store.disable_webhook(SHOP, Id([1; 16]), "it answered 410", 9).await.unwrap();
        store.disable_webhook(SHOP, Id([1; 16]), "again", 10).await.unwrap();
        let disabled = store.webhook(SHOP, Id([1; 16])).await.unwrap().unwrap();
        assert_eq!(disabled.disabled, Some((9, "it answered 410".to_owned())));
        let changed = Webhook { former_secret: (hook.secret.clone(), 99), secret: "whsec_b2xk".into(), ..hook.clone() };
        assert_eq!(store.change_webhook(SHOP, &changed, &note(11)).await, Ok(true));
        assert_eq!(store.webhook(SHOP, Id([1; 16])).await, Ok(Some(changed.clone())));
        assert_eq!(changed.secrets(98), ["whsec_b2xk", "whsec_bmV3"]);
        assert_eq!(changed.secrets(99), ["whsec_b2xk"]);
        assert_eq!(store.change_webhook(BLOG, &changed, &note(11)).await, Ok(false));
        store.write_delivery(SHOP, &a_delivery(1, Id([1; 16]), Id([7; 16]))).await.unwrap();
        for removed in [true, false] {
            assert_eq!(store.remove_webhook(SHOP, Id([1; 16]), &note(12)).await, Ok(removed));
        }
        assert_eq!(store.deliveries(SHOP, Id([1; 16]), None, 9).await, Ok(vec![]));
        assert_eq!(store.audit_entries(SHOP, None, 9).await.unwrap().len(), 3);
        for number in 0..u8::try_from(WEBHOOKS).unwrap() {
            assert_eq!(store.add_webhook(BLOG, &a_webhook(number), &note(5)).await, Ok(true));
        }
        assert_eq!(store.add_webhook(BLOG, &a_webhook(99), &note(5)).await, Ok(false));
    })
    .await;
}

#[tokio::test]
async fn a_delivery_waits_is_noted_rests_and_is_made_again() {
    each_engine(async |store| {
        let hook = Id([1; 16]);
        let (first, second) = (a_delivery(1, hook, Id([7; 16])), a_delivery(2, hook, Id([6; 16])));
        for delivery in [&first, &second] {
            store.write_delivery(SHOP, delivery).await.unwrap();
        }
        assert_eq!(store.due_webhooks(&[SHOP, BLOG], 9).await, Ok(vec![]));
        assert_eq!(store.due_webhooks(&[], 10).await, Ok(vec![]));
        assert_eq!(store.due_webhooks(&[SHOP, BLOG], 10).await, Ok(vec![(SHOP, hook)]));
        assert_eq!(store.due_deliveries(SHOP, hook, 10, 9).await, Ok(vec![first.clone(), second.clone()]));
        store.rest_webhook(SHOP, hook, (10, 70)).await.unwrap();
        assert_eq!(store.due_deliveries(SHOP, hook, 69, 9).await, Ok(vec![]));
        let attempt = DeliveryAttempt {
            at_ms: 70,
            took_ms: 4,
            status: Some(500),
            error: "it answered 500".into(),
            answer: "x".repeat(500),
        };
        let noted = async |state, next_at_ms| {
            store.note_attempt(SHOP, (&first, &attempt), (state, next_at_ms), &Clock::manual(75)).await.unwrap();
            store.delivery(SHOP, Id([1; 16])).await.unwrap().unwrap()
        };
        let waiting = noted(DeliveryState::Waiting, 90).await;
        assert_eq!((waiting.state, waiting.attempts, waiting.next_at_ms), (DeliveryState::Waiting, 1, 90));
        let failed = noted(DeliveryState::Failed, 90).await;
        assert_eq!((failed.state, failed.attempts, failed.changed_at_ms), (DeliveryState::Failed, 2, 75));
        let attempts = store.delivery_attempts(SHOP, Id([1; 16])).await.unwrap();
        assert_eq!((attempts.len(), attempts[0].answer.len(), attempts[0].status), (2, 300, Some(500)));
        let states = store.deliveries_by_state(SHOP, hook).await.unwrap();
        assert_eq!(states, [(DeliveryState::Failed, 1), (DeliveryState::Waiting, 1)]);
        assert_eq!(store.redeliver_since(SHOP, (hook, 11), true, &note(80)).await, Ok(0));
        assert_eq!(store.redeliver_since(SHOP, (hook, 0), true, &note(80)).await, Ok(1));
        let again = store.delivery(SHOP, Id([1; 16])).await.unwrap().unwrap();
        assert_eq!((again.state, again.attempts, again.next_at_ms), (DeliveryState::Waiting, 0, 80));
        assert_eq!(store.redeliver_since(SHOP, (hook, 0), false, &note(80)).await, Ok(0), "they wait anyway");
        assert_eq!(store.redeliver(SHOP, (hook, Id([2; 16])), &note(81)).await, Ok(true));
        assert_eq!(store.redeliver(SHOP, (Id([3; 16]), Id([2; 16])), &note(81)).await, Ok(false));
        let page = store.deliveries(SHOP, hook, None, 1).await.unwrap();
        let place = crate::response::Cursor { occurred_at_ms: page[0].created_at_ms, item_id: page[0].delivery_id };
        assert_eq!(store.deliveries(SHOP, hook, Some(place), 9).await.unwrap().len(), 1);
        store.forget_told_before(SHOP, 11).await.unwrap();
        assert_eq!(store.delivery_attempts(SHOP, Id([1; 16])).await, Ok(vec![]));
        assert_eq!(store.deliveries(SHOP, hook, None, 9).await, Ok(vec![]));
    })
    .await;
}
