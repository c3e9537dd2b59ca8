//! Responses that arrived and have yet to be taken by what makes something of them: tickets, words, notices. A response and its
//! arrival are written in one commit, so nothing is missed, and whoever takes them may be given one twice.

use crate::engine::value::placeholders;
use crate::response::{AnswerRecord, ResponseRecord};
use crate::{Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use std::collections::HashMap;

/// One that has yet to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The response.
    pub record: ResponseRecord,
    /// The customer who signed it.
    pub customer_id: Option<Id>,
    /// Its answers, in the order they were given.
    pub answers: Vec<AnswerRecord>,
    /// When it arrived, in epoch milliseconds.
    pub arrived_at_ms: i64,
    /// See [`Arrival::revision`].
    revision: i64,
}

impl Arrival {
    /// Which revision of the response arrived.
    pub fn revision(&self) -> i64 {
        self.revision
    }
}

#[cfg(test)]
impl Arrival {
    /// One for tests of what is made of it.
    pub(crate) fn for_test(record: ResponseRecord, answers: Vec<AnswerRecord>, arrived_at_ms: i64) -> Self {
        let customer_id = record.customer_id;
        Self { record, customer_id, answers, arrived_at_ms, revision: 1 }
    }
}

/// The statement that says that a revision of a response arrived; harmless when it is run again.
pub fn note(site_id: Id, item_id: Id, revision: i64, at_ms: i64) -> Statement {
    let sql = "INSERT INTO arrival (site_id, item_id, revision, arrived_at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (site_id, item_id) DO UPDATE SET
           revision = CASE WHEN excluded.revision > arrival.revision THEN excluded.revision ELSE arrival.revision END,
           arrived_at_ms = excluded.arrived_at_ms";
    Statement::new(sql, params![site_id, item_id, revision, at_ms])
}

impl Store {
    /// Those of `sites` where some have yet to be taken.
    pub async fn sites_with_arrivals(&self, sites: &[Id]) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT DISTINCT site_id FROM arrival WHERE site_id IN ({}) ORDER BY site_id",
            placeholders(1, sites.len())
        );
        let params = sites.iter().map(|site_id| Value::from(*site_id)).collect();
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }

    /// The next of a site that have yet to be taken, in order of their ids from after `after` on, at most `limit` of them; without
    /// those whose response is gone.
    pub async fn arrivals(&self, site_id: Id, after: Id, limit: u32) -> Result<Vec<Arrival>, StoreError> {
        let sql = "SELECT a.item_id, a.revision, a.arrived_at_ms, r.customer_id
             FROM arrival a JOIN response r ON r.site_id = a.site_id AND r.item_id = a.item_id
             WHERE a.site_id = $1 AND a.item_id > $2 ORDER BY a.item_id LIMIT $3";
        let rows = self.read(sql, params![site_id, after, i64::from(limit)]).await?;
        let ids = rows.iter().map(|row| row.id("item_id")).collect::<Result<Vec<_>, _>>()?;
        let mut answers: HashMap<Id, Vec<AnswerRecord>> = HashMap::new();
        for answer in self.answers_of(site_id, &ids).await? {
            answers.entry(answer.item_id).or_default().push(answer);
        }
        let mut records: HashMap<Id, ResponseRecord> =
            self.responses_by_id(site_id, &ids).await?.into_iter().map(|record| (record.item_id, record)).collect();
        let mut arrivals = Vec::with_capacity(rows.len());
        for (row, id) in rows.iter().zip(ids) {
            let Some(record) = records.remove(&id) else { continue };
            arrivals.push(Arrival {
                record,
                customer_id: row.id_or_null("customer_id")?,
                answers: answers.remove(&id).unwrap_or_default(),
                arrived_at_ms: row.int("arrived_at_ms")?,
                revision: row.int("revision")?,
            });
        }
        Ok(arrivals)
    }

    /// Notes that these were taken. One that arrived anew in the meantime is taken again.
    pub async fn arrivals_taken(&self, site_id: Id, taken: &[Arrival]) -> Result<(), StoreError> {
        let sql = "DELETE FROM arrival WHERE site_id = $1 AND item_id = $2 AND revision <= $3";
        let statement =
            |arrival: &Arrival| Statement::new(sql, params![site_id, arrival.record.item_id, arrival.revision]);
        self.write(taken.iter().map(statement).collect()).await?;
        Ok(())
    }

    /// Forgets arrivals whose response is not there: it was erased, or refused as one of before.
    pub async fn forget_arrivals_of_nothing(&self, site_id: Id) -> Result<(), StoreError> {
        let sql = "DELETE FROM arrival WHERE site_id = $1 AND NOT EXISTS
             (SELECT 1 FROM response r WHERE r.site_id = arrival.site_id AND r.item_id = arrival.item_id)";
        self.write(vec![Statement::new(sql, params![site_id])]).await?;
        Ok(())
    }
}
