//! The job that hands an address what it has yet to be told: a webhook, or the chat of a rule. Each message is tried over three days;
//! what an address answered stands with the message. One collector at a time is at an address, so that a slow one holds up nobody else.

use super::kind::{Attempt, Fault, Kind, Plan};
use crate::webhook::courier::{Answer, Courier};
use crate::webhook::scheme;
use axum::http::HeaderName;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::news::NewsKind;
use rapport_store::webhook::delivery::{Delivery, DeliveryAttempt, DeliveryState};
use rapport_store::{Store, StoreError};
use serde::{Deserialize, Serialize};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How long after each failure a message is tried again: as the scheme proposes, over a little more than three days. Each wait may be up to
/// a tenth longer, so that what failed together does not come together again.
const WAITS_MS: [i64; 9] = [
    5_000,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];
/// Failures in a row after which an address is left alone for a while.
const IN_A_ROW: usize = 3;
/// How long it is left alone.
const REST_MS: i64 = MINUTE_MS;
/// Messages that are read together.
const TOGETHER: i64 = 20;

/// See above.
pub struct Deliver {
    /// Where messages wait.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The way to the addresses.
    pub courier: Courier,
}

/// Which address.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    /// The id of the webhook or of the rule.
    pub webhook_id: String,
}

/// An address that is told something.
enum Address {
    /// A webhook, whose messages are signed.
    Webhook(Box<rapport_store::webhook::Webhook>),
    /// The chat of a rule, whose address alone is a secret.
    Chat(Box<rapport_store::notification::Rule>),
}

impl Address {
    fn url(&self) -> &str {
        match self {
            Self::Webhook(webhook) => &webhook.url,
            Self::Chat(rule) => &rule.target,
        }
    }

    fn headers(&self, delivery: &Delivery, now_ms: i64) -> Vec<(HeaderName, String)> {
        match self {
            Self::Webhook(webhook) => scheme::headers(webhook, delivery.news_id, &delivery.body, now_ms),
            Self::Chat(_) => Vec::new(),
        }
    }

    /// Why it is told nothing; `None` while it is. A test is for one that is paused as well.
    fn refuses(&self, delivery: &Delivery) -> bool {
        match self {
            Self::Webhook(webhook) => webhook.disabled.is_some() && delivery.kind != NewsKind::Test.as_str(),
            Self::Chat(rule) => rule.unsubscribed_at_ms.is_some(),
        }
    }
}

/// What becomes of a message after an attempt, the first being number 1: its state, and when it is tried again.
fn outcome(attempts: i64, answer: &Answer, now_ms: i64, chance: f64) -> (DeliveryState, i64) {
    let wait_ms = usize::try_from(attempts - 1).ok().and_then(|place| WAITS_MS.get(place));
    match (answer.status, wait_ms) {
        (Some(200..=299), _) => (DeliveryState::Delivered, now_ms),
        // Gone: nobody will ever take it there.
        (Some(410), _) | (_, None) => (DeliveryState::Failed, now_ms),
        (_, Some(wait_ms)) => {
            let wait_ms = wait_ms + (*wait_ms as f64 * chance / 10.0) as i64;
            (DeliveryState::Waiting, now_ms.saturating_add(wait_ms.max(answer.retry_after_ms.unwrap_or(0))))
        }
    }
}

/// Why an answer is not enough, in words; empty where it is.
fn said(answer: &Answer) -> String {
    match answer.status {
        None => answer.error.clone(),
        Some(200..=299) => String::new(),
        Some(300..=399) => "it points elsewhere, which is not followed".to_owned(),
        Some(410) => "it said that it is gone for good".to_owned(),
        Some(_) => "it did not take it".to_owned(),
    }
}

impl Deliver {
    async fn address(&self, site_id: Id, id: Id) -> Result<Option<Address>, StoreError> {
        if let Some(webhook) = self.store.webhook(site_id, id).await? {
            return Ok(Some(Address::Webhook(Box::new(webhook))));
        }
        let rules = self.store.notification_rules(site_id).await?;
        Ok(rules.into_iter().find(|rule| rule.rule_id == id).map(|rule| Address::Chat(Box::new(rule))))
    }

    /// Tries one message: whether it was taken.
    async fn attempt(&self, site_id: Id, address: &Address, delivery: &Delivery) -> Result<bool, StoreError> {
        let at_ms = self.clock.now_ms();
        if address.refuses(delivery) {
            let attempt =
                DeliveryAttempt { at_ms, error: "it is told nothing at present".into(), ..Default::default() };
            let failed = (DeliveryState::Failed, at_ms);
            self.store.note_attempt(site_id, (delivery, &attempt), failed, &self.clock).await?;
            return Ok(true);
        }
        let headers = address.headers(delivery, at_ms);
        let answer = self.courier.post(address.url(), &headers, delivery.body.clone(), at_ms).await;
        let now_ms = self.clock.now_ms();
        let attempt = DeliveryAttempt {
            at_ms,
            took_ms: now_ms - at_ms,
            status: answer.status.map(i64::from),
            error: said(&answer),
            answer: answer.beginning.clone(),
        };
        let (state, next_at_ms) = outcome(delivery.attempts + 1, &answer, now_ms, rapport_store::random::fresh());
        self.store.note_attempt(site_id, (delivery, &attempt), (state, next_at_ms), &self.clock).await?;
        if answer.status == Some(410) {
            self.disable(site_id, address, now_ms).await?;
        }
        Ok(state == DeliveryState::Delivered)
    }

    /// Tells an address that is gone for good nothing any more.
    async fn disable(&self, site_id: Id, address: &Address, now_ms: i64) -> Result<(), StoreError> {
        match address {
            Address::Webhook(webhook) => {
                self.store.disable_webhook(site_id, webhook.webhook_id, "it answered 410 Gone", now_ms).await
            }
            Address::Chat(rule) => self.store.unsubscribe(site_id, rule.token.clone(), now_ms).await,
        }
    }

    /// Tells an address what waits for it, until that is told, the address fails several times in a row, or the collector stops.
    async fn deliver(&self, site_id: Id, webhook_id: Id, mut run: Attempt) -> Result<(), StoreError> {
        let mut in_a_row = 0;
        loop {
            let due = self.store.due_deliveries(site_id, webhook_id, self.clock.now_ms(), TOGETHER).await?;
            if due.is_empty() {
                return Ok(());
            }
            for delivery in due {
                // It may have been paused, changed or removed meanwhile.
                let Some(address) = self.address(site_id, webhook_id).await? else { return Ok(()) };
                let taken = self.attempt(site_id, &address, &delivery).await?;
                in_a_row = if taken { 0 } else { in_a_row + 1 };
                if in_a_row >= IN_A_ROW {
                    let now_ms = self.clock.now_ms();
                    return self.store.rest_webhook(site_id, webhook_id, (now_ms, now_ms + REST_MS)).await;
                }
                if run.stops_within(std::time::Duration::ZERO).await {
                    return Ok(());
                }
            }
        }
    }
}

impl Kind for Deliver {
    const NAME: &'static str = "webhook";
    const PLAN: Plan = Plan::when_asked(3);
    type Payload = Payload;

    async fn run(&self, payload: Payload, attempt: Attempt) -> Result<(), Fault> {
        let (Some(site_id), Some(webhook_id)) = (attempt.site_id, Id::parse(&payload.webhook_id)) else {
            return Err(Fault::Lasting("it names no webhook of a site".into()));
        };
        Ok(self.deliver(site_id, webhook_id, attempt).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Answer {
        Answer { status: Some(status), ..Answer::default() }
    }

    #[test]
    fn a_message_is_tried_over_three_days_and_no_longer() {
        let (mut now_ms, mut attempts) = (0, 0);
        loop {
            attempts += 1;
            let (state, next_at_ms) = outcome(attempts, &answered(500), now_ms, 0.0);
            if state == DeliveryState::Failed {
                break;
            }
            assert!(next_at_ms > now_ms);
            now_ms = next_at_ms;
        }
        assert_eq!(attempts, 10);
        assert!((72 * HOUR_MS..80 * HOUR_MS).contains(&now_ms), "{now_ms}");
        assert_eq!(outcome(1, &answered(204), 7, 0.5), (DeliveryState::Delivered, 7));
        assert_eq!(outcome(1, &answered(410), 7, 0.5), (DeliveryState::Failed, 7));
        assert_eq!(outcome(1, &answered(302), 0, 0.0), (DeliveryState::Waiting, 5_000));
        let asked = Answer { retry_after_ms: Some(3_600_000), ..answered(429) };
        assert_eq!(outcome(1, &asked, 0, 0.0), (DeliveryState::Waiting, 3_600_000));
        assert!(outcome(2, &Answer::default(), 0, 0.999).1 <= 330_000);
    }
}
