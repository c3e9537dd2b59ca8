//! What an address is told of one piece of news: it waits until it was taken, and says what became of each attempt.

use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::value::{placeholders, read_all};
use crate::news::NewsKind;
use crate::response::Cursor;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// How long it can be seen what an address was told, in milliseconds (30 days).
pub const KEPT_MS: i64 = 30 * 86_400_000;
/// How much of an answer is kept, in characters.
pub const ANSWER_CHARACTERS: usize = 300;

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits for its first attempt, or for another.
    Waiting,
    /// The address took it.
    Delivered,
    /// It was tried as often as it may be, or never will be taken.
    Failed,
}

impl DeliveryState {
    /// Each of them.
    pub const EACH: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// The name in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|state| state.as_str() == name)
    }
}

/// What an address is told of one piece of news.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of webhook_delivery")]
pub struct Delivery {
    pub delivery_id: Id,
    pub webhook_id: Id,
    pub news_id: Id,
    pub kind: String,
    pub body: String,
    pub customer_id: Option<Id>,
    pub response_id: Option<Id>,
    pub state: DeliveryState,
    pub attempts: i64,
    pub next_at_ms: i64,
    pub created_at_ms: i64,
    pub changed_at_ms: i64,
}

/// One attempt at a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// When it began, in epoch milliseconds.
    pub at_ms: i64,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The status of the answer, if there was one.
    pub status: Option<i64>,
    /// Why there was none, or why it was not enough; empty where all is well.
    pub error: String,
    /// The beginning of the answer, at most [`ANSWER_CHARACTERS`].
    pub answer: String,
}

const COLUMNS: &str = "delivery_id, webhook_id, news_id, kind, body, customer_id, response_id, state, attempts, next_at_ms, \
     created_at_ms, changed_at_ms";

fn read_delivery(row: &mut Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        delivery_id: row.id("delivery_id")?,
        webhook_id: row.id("webhook_id")?,
        news_id: row.id("news_id")?,
        kind: row.take_text("kind")?,
        body: row.take_text("body")?,
        customer_id: row.id_or_null("customer_id")?,
        response_id: row.id_or_null("response_id")?,
        state: row.named("state", DeliveryState::named)?,
        attempts: row.int("attempts")?,
        next_at_ms: row.int("next_at_ms")?,
        created_at_ms: row.int("created_at_ms")?,
        changed_at_ms: row.int("changed_at_ms")?,
    })
}

/// The statement that writes one; to an address there is one of the same news. `of_news` writes it only while the news is there.
pub(crate) fn writing(site_id: Id, delivery: &Delivery, of_news: bool) -> Statement {
    let such = if of_news {
        "WHERE EXISTS (SELECT 1 FROM news n WHERE n.site_id = $1 AND n.news_id = $4)"
    } else {
        "WHERE 1 = 1"
    };
    let sql = format!(
        "INSERT INTO webhook_delivery (site_id, {COLUMNS})
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 {such}
         ON CONFLICT (site_id, webhook_id, news_id) DO NOTHING"
    );
    let mut params = params![site_id, delivery.delivery_id, delivery.webhook_id, delivery.news_id, &delivery.kind];
    params.extend(params![&delivery.body, delivery.customer_id, delivery.response_id, delivery.state.as_str()]);
    params.extend(params![delivery.attempts, delivery.next_at_ms, delivery.created_at_ms, delivery.changed_at_ms]);
    Statement::new(sql, params)
}

impl Store {
    /// Writes a delivery of its own, such as a test or a message.
    pub async fn write_delivery(&self, site_id: Id, delivery: &Delivery) -> Result<(), StoreError> {
        self.write(vec![writing(site_id, delivery, false)]).await.map(|_| ())
    }

    /// One.
    pub async fn delivery(&self, site_id: Id, delivery_id: Id) -> Result<Option<Delivery>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM webhook_delivery WHERE site_id = $1 AND delivery_id = $2");
        Ok(read_all(self.read(sql, params![site_id, delivery_id]).await?, read_delivery)?.into_iter().next())
    }

    /// The newest of an address, those before a place if one is given, at most `limit`.
    pub async fn deliveries(
        &self,
        site_id: Id,
        webhook_id: Id,
        before: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let before = before.unwrap_or(Cursor { occurred_at_ms: i64::MAX, item_id: Id::default() });
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_delivery WHERE site_id = $1 AND webhook_id = $2
               AND created_at_ms <= $3 AND (created_at_ms < $3 OR delivery_id < $4)
             ORDER BY created_at_ms DESC, delivery_id DESC LIMIT $5"
        );
        let params = params![site_id, webhook_id, before.occurred_at_ms, before.item_id, limit];
        read_all(self.read(sql, params).await?, read_delivery)
    }

    /// How many of an address are in each state.
    pub async fn deliveries_by_state(
        &self,
        site_id: Id,
        webhook_id: Id,
    ) -> Result<Vec<(DeliveryState, u64)>, StoreError> {
        let sql = "SELECT state, COUNT(*) AS deliveries FROM webhook_delivery
             WHERE site_id = $1 AND webhook_id = $2 GROUP BY state ORDER BY state";
        let rows = self.read(sql, params![site_id, webhook_id]).await?;
        let read = |row: &Row| Ok((row.named("state", DeliveryState::named)?, row.count("deliveries")?));
        rows.iter().map(read).collect()
    }

    /// The attempts at one, in order.
    pub async fn delivery_attempts(&self, site_id: Id, delivery_id: Id) -> Result<Vec<DeliveryAttempt>, StoreError> {
        let sql = "SELECT at_ms, took_ms, status, error, answer FROM webhook_attempt
             WHERE site_id = $1 AND delivery_id = $2 ORDER BY at_ms, attempt_id";
        read_all(self.read(sql, params![site_id, delivery_id]).await?, |row| {
            Ok(DeliveryAttempt {
                at_ms: row.int("at_ms")?,
                took_ms: row.int("took_ms")?,
                status: row.int_or_null("status")?,
                error: row.take_text("error")?,
                answer: row.take_text("answer")?,
            })
        })
    }

    /// The addresses of some sites that have deliveries whose time has come: the site, and the webhook or rule.
    pub async fn due_webhooks(&self, sites: &[Id], now_ms: i64) -> Result<Vec<(Id, Id)>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT DISTINCT site_id, webhook_id FROM webhook_delivery
             WHERE state = 'waiting' AND next_at_ms <= $1 AND site_id IN ({}) ORDER BY site_id, webhook_id",
            placeholders(2, sites.len())
        );
        let params = params![now_ms].into_iter().chain(sites.iter().map(|site_id| Value::from(*site_id))).collect();
        self.read(sql, params).await?.iter().map(|row| Ok((row.id("site_id")?, row.id("webhook_id")?))).collect()
    }

    /// Those of an address whose time has come, in the order in which they were written, at most `limit`.
    pub async fn due_deliveries(
        &self,
        site_id: Id,
        webhook_id: Id,
        now_ms: i64,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_delivery
             WHERE site_id = $1 AND webhook_id = $2 AND state = 'waiting' AND next_at_ms <= $3
             ORDER BY created_at_ms, delivery_id LIMIT $4"
        );
        read_all(self.read(sql, params![site_id, webhook_id, now_ms, limit]).await?, read_delivery)
    }

    /// Has what waits at an address now wait until an instant, without counting that as an attempt: the address does not answer.
    pub async fn rest_webhook(
        &self,
        site_id: Id,
        webhook_id: Id,
        (now_ms, until_ms): (i64, i64),
    ) -> Result<(), StoreError> {
        let sql = "UPDATE webhook_delivery SET next_at_ms = $4
             WHERE site_id = $1 AND webhook_id = $2 AND state = 'waiting' AND next_at_ms <= $3";
        self.write(vec![Statement::new(sql, params![site_id, webhook_id, now_ms, until_ms])]).await.map(|_| ())
    }

    /// Notes an attempt and what became of the delivery, which if it waits is tried again at `next_at_ms`. What was erased meanwhile stays
    /// erased. Once it no longer waits, a message to a chat is forgotten.
    pub async fn note_attempt(
        &self,
        site_id: Id,
        (delivery, attempt): (&Delivery, &DeliveryAttempt),
        (state, next_at_ms): (DeliveryState, i64),
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let insert =
            "INSERT INTO webhook_attempt (site_id, attempt_id, delivery_id, at_ms, took_ms, status, error, answer)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8
             WHERE EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.site_id = $1 AND d.delivery_id = $3)";
        let answer: String = attempt.answer.chars().take(ANSWER_CHARACTERS).collect();
        let error: String = attempt.error.chars().take(ANSWER_CHARACTERS).collect();
        let delivery_id = delivery.delivery_id;
        let mut params = params![site_id, clock.new_id(), delivery_id, attempt.at_ms, attempt.took_ms, attempt.status];
        params.extend(params![error, answer]);
        let is_over = state != DeliveryState::Waiting && delivery.kind == NewsKind::Message.as_str();
        let said = if is_over { ", body = ''" } else { "" };
        let update = format!(
            "UPDATE webhook_delivery SET state = $3, attempts = attempts + 1, next_at_ms = $4, changed_at_ms = $5{said}
             WHERE site_id = $1 AND delivery_id = $2"
        );
        let changed = params![site_id, delivery_id, state.as_str(), next_at_ms, clock.now_ms()];
        self.write(vec![Statement::new(insert, params), Statement::new(update, changed)]).await.map(|_| ())
    }

    /// Has one delivered again from the first attempt on: under the same news id, by which the address knows it. False where there is
    /// none.
    pub async fn redeliver(
        &self,
        site_id: Id,
        (webhook_id, delivery_id): (Id, Id),
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let such = "webhook_delivery WHERE site_id = $1 AND webhook_id = $7 AND delivery_id = $8 AND body <> ''";
        let note = entry.statement_where(site_id, such, params![webhook_id, delivery_id]);
        let sql = "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at_ms = $4, changed_at_ms = $4
             WHERE site_id = $1 AND webhook_id = $2 AND delivery_id = $3 AND body <> '' RETURNING delivery_id";
        let again = Statement::new(sql, params![site_id, webhook_id, delivery_id, entry.occurred_at_ms]);
        Ok(!self.write(vec![note, again]).await?[1].is_empty())
    }

    /// Has those of an address since an instant delivered again, failed ones only or all; how many.
    pub async fn redeliver_since(
        &self,
        site_id: Id,
        (webhook_id, since_ms): (Id, i64),
        only_failed: bool,
        entry: &AuditEntry,
    ) -> Result<usize, StoreError> {
        let such = if only_failed { "state = 'failed'" } else { "state <> 'waiting'" };
        let sql = format!(
            "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at_ms = $4, changed_at_ms = $4
             WHERE site_id = $1 AND webhook_id = $2 AND created_at_ms >= $3 AND {such} AND body <> '' RETURNING delivery_id"
        );
        let again = Statement::new(sql, params![site_id, webhook_id, since_ms, entry.occurred_at_ms]);
        Ok(self.write(vec![again, entry.statement(site_id)]).await?[0].len())
    }
}
