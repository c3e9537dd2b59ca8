//! Everything that is stored of one person: found by what only their browser knows, or by the signature of the company's
//! server, and erased.
//!
//! Indexes lead to the rows of visitors whose id lasts; nobody else's rows are in them, so that a beacon of an unknown
//! visitor does not pay for what is rarely asked. The rows of a session are found by the hour: a session lasts at most a
//! day, and its id (UUIDv7) says when it began.

use super::{Row, Statement, Store, StoreError, Value};
use crate::clock::Clock;
use crate::params;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::collections::BTreeSet;

/// Most ids in one statement.
pub(super) const IDS: usize = 400;
/// How long before and after the instant in its id a session can have rows, give or take what clocks differ, in
/// milliseconds.
const SESSION_SPAN_MS: i64 = 2 * limit::SESSION_LENGTH_MS as i64;

/// By what a person is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The key made of the persistent visitor id.
    pub visitor_key: Option<Id>,
    /// Sessions.
    pub sessions: Vec<Id>,
    /// Responses.
    pub responses: Vec<Id>,
    /// The customer whom the company's server signed.
    pub customer_id: Option<Id>,
    /// Now, in epoch milliseconds.
    pub now_ms: i64,
}

/// The keys of everything that is stored of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Page views.
    pub page_views: Vec<Id>,
    /// Signals.
    pub signals: Vec<Id>,
    /// Responses; their answers go with them.
    pub responses: Vec<Id>,
    /// Reviews that came with them.
    pub reviews: Vec<Id>,
    /// Pictures of them: the response of each.
    pub pictures: Vec<Id>,
    /// Their sessions.
    pub sessions: Vec<Id>,
    /// The visitors they are known as.
    pub visitor_keys: Vec<Id>,
    /// The customer, with what they were asked.
    pub customer_id: Option<Id>,
}

pub(super) fn places(first: usize, ids: &[Id]) -> String {
    let places: Vec<_> = (0..ids.len()).map(|place| format!("${}", place + first)).collect();
    places.join(", ")
}

pub(super) fn values(ids: &[Id]) -> impl Iterator<Item = Value> {
    ids.iter().map(|id| Value::from(*id))
}

fn ids(rows: &[Row]) -> Result<Vec<Id>, StoreError> {
    rows.iter().map(|row| row.id(0)).collect()
}

/// The instant in a UUIDv7, in epoch milliseconds.
fn instant_ms(id: Id) -> i64 {
    id.0[..6].iter().fold(0, |ms, byte| ms << 8 | i64::from(*byte))
}

/// The stretches of time in which rows of sessions can be: around the instants in their ids and those of rows known of
/// them, and lately, since the clock of the visitor may be wrong. Those that touch are one.
fn spans_ms(instants_ms: impl Iterator<Item = i64>) -> Vec<(i64, i64)> {
    let mut spans: Vec<_> = instants_ms.map(|at| (at - SESSION_SPAN_MS, at + SESSION_SPAN_MS)).collect();
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut().filter(|last| from <= last.1) {
            Some(last) => last.1 = last.1.max(to),
            None => merged.push((from, to)),
        }
    }
    merged
}

impl Store {
    /// The rows of `table` whose `column` is one of `ids`, as `select` has them.
    pub(super) async fn rows_by(
        &self,
        site_id: Id,
        (table, select, column): (&str, &str, &str),
        ids: &[Id],
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for ids in ids.chunks(IDS) {
            let sql = format!("SELECT {select} FROM {table} WHERE site_id = $1 AND {column} IN ({})", places(2, ids));
            let mut params = params![site_id];
            params.extend(values(ids));
            rows.extend(self.read(sql, params).await?);
        }
        Ok(rows)
    }

    /// The keys of the rows of `table` that belong to `sessions`, in those stretches of time.
    async fn rows_of_sessions(
        &self,
        site_id: Id,
        table: &str,
        sessions: &[Id],
        spans_ms: &[(i64, i64)],
    ) -> Result<Vec<Id>, StoreError> {
        let mut keys = Vec::new();
        for sessions in sessions.chunks(IDS) {
            for (from_ms, to_ms) in spans_ms {
                let sql = format!(
                    "SELECT item_id FROM {table}
                     WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms <= $3 AND session_id IN ({})",
                    places(4, sessions)
                );
                let mut params = params![site_id, *from_ms, *to_ms];
                params.extend(values(sessions));
                keys.extend(ids(&self.read(sql, params).await?)?);
            }
        }
        Ok(keys)
    }

    /// Finds what is stored of a person.
    pub async fn traces(&self, site_id: Id, known: &Known) -> Result<Traces, StoreError> {
        let mut keys: BTreeSet<Id> = known.visitor_key.into_iter().collect();
        if let Some(customer_id) = known.customer_id {
            keys.extend(self.visitors_of(site_id, customer_id).await?);
        }
        let keys: Vec<Id> = keys.into_iter().collect();
        let select = "item_id, session_id, hour_ms";
        let views = self.rows_by(site_id, ("page_view", select, "known_visitor_key"), &keys).await?;
        let signals = self.rows_by(site_id, ("signal", select, "known_visitor_key"), &keys).await?;
        let answered = self.rows_by(site_id, ("response", select, "visitor_key"), &keys).await?;
        // A visitor's sessions may have begun before they were recognised. A customer's own are not looked through: somebody
        // else may have gone on in the same tab.
        let mut sessions: BTreeSet<Id> = known.sessions.iter().copied().collect();
        let mut instants_ms = vec![known.now_ms];
        for row in views.iter().chain(&signals).chain(&answered) {
            sessions.extend(row.id_or_null(1)?);
            instants_ms.push(row.int(2)?);
        }
        let sessions: Vec<Id> = sessions.into_iter().collect();
        let spans_ms = spans_ms(instants_ms.into_iter().chain(sessions.iter().copied().map(instant_ms)));

        let mut page_views: BTreeSet<Id> = ids(&views)?.into_iter().collect();
        page_views.extend(self.rows_of_sessions(site_id, "page_view", &sessions, &spans_ms).await?);
        let mut signals: BTreeSet<Id> = ids(&signals)?.into_iter().collect();
        signals.extend(self.rows_of_sessions(site_id, "signal", &sessions, &spans_ms).await?);
        let mut responses: BTreeSet<Id> = ids(&answered)?.into_iter().collect();
        let customers: Vec<Id> = known.customer_id.into_iter().collect();
        for (column, of) in [("item_id", &known.responses), ("session_id", &sessions), ("customer_id", &customers)] {
            responses.extend(ids(&self.rows_by(site_id, ("response", "item_id", column), of).await?)?);
        }
        let responses: Vec<Id> = responses.into_iter().collect();
        // A picture may be there before its response.
        let claimed: Vec<Id> = responses.iter().chain(&known.responses).copied().collect();
        let pictures = ids(&self.rows_by(site_id, ("attachment", "response_id", "response_id"), &claimed).await?)?;
        Ok(Traces {
            page_views: page_views.into_iter().collect(),
            signals: signals.into_iter().collect(),
            reviews: ids(&self.rows_by(site_id, ("review", "review_id", "response_id"), &responses).await?)?,
            responses,
            pictures,
            sessions,
            visitor_keys: keys,
            customer_id: known.customer_id,
        })
    }

    /// Erases rows for good. What they were counted into stays, whatever is counted anew later: see [`super::erasure`].
    /// `zone` is the site's.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another erasure of the site takes too long; then nothing was erased.
    pub async fn erase(&self, site_id: Id, zone: &TimeZone, traces: &Traces, clock: &Clock) -> Result<(), StoreError> {
        let holder = clock.new_id();
        self.begin_erasure(site_id, holder, clock).await?;
        let erased = self.erase_alone(site_id, zone, traces, clock).await;
        if let Err(error) = self.end_erasure(site_id, holder).await {
            tracing::warn!(%error, "the next erasure of the site has to wait until this one is thought to have failed");
        }
        erased
    }

    async fn erase_alone(
        &self,
        site_id: Id,
        zone: &TimeZone,
        traces: &Traces,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let mut statements = self.remainder(site_id, zone, traces, clock).await?;
        let customers: Vec<Id> = traces.customer_id.into_iter().collect();
        for (table, key, ids) in [
            ("page_view", "item_id", &traces.page_views),
            ("signal", "item_id", &traces.signals),
            ("answer", "item_id", &traces.responses),
            ("response", "item_id", &traces.responses),
            ("attachment", "response_id", &traces.pictures),
            ("review_vote", "review_id", &traces.reviews),
            ("review", "review_id", &traces.reviews),
            ("customer_asked", "customer_id", &customers),
            ("identity", "customer_id", &customers),
            ("customer", "customer_id", &customers),
            ("visit_further", "session_id", &traces.sessions),
        ] {
            for ids in ids.chunks(IDS) {
                let sql = format!("DELETE FROM {table} WHERE site_id = $1 AND {key} IN ({})", places(2, ids));
                let mut params = params![site_id];
                params.extend(values(ids));
                statements.push(Statement::new(sql, params));
            }
        }
        for key in &traces.visitor_keys {
            let sql = "DELETE FROM identity WHERE site_id = $1 AND kind = 'visitor' AND value = $2";
            statements.push(Statement::new(sql, params![site_id, key.to_text()]));
        }
        self.write(statements).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test_store::in_memory;

    #[tokio::test]
    async fn nothing_that_is_read_of_a_person_walks_a_whole_table() {
        let store = in_memory().await;
        for (table, columns) in [
            ("page_view", &["known_visitor_key", "hour_ms"][..]),
            ("signal", &["known_visitor_key", "hour_ms"]),
            ("response", &["visitor_key", "session_id", "customer_id", "item_id"]),
            ("review", &["response_id"]),
            ("customer_asked", &["customer_id"]),
            ("identity", &["customer_id"]),
        ] {
            for column in columns {
                let condition = if *column == "hour_ms" { ">= $2" } else { "IN ($2)" };
                let sql = format!(
                    "EXPLAIN QUERY PLAN SELECT site_id FROM {table} WHERE site_id = $1 AND {column} {condition}"
                );
                let value = if *column == "hour_ms" { Value::Int(1) } else { Value::from(Id([1; 16])) };
                let plan = store.read(sql, vec![Value::from(Id([1; 16])), value]).await.unwrap();
                let plan = plan[0].text(3).unwrap();
                let narrow = format!("(site_id=? AND {column}{}?", if *column == "hour_ms" { ">" } else { "=" });
                assert!(plan.contains(&narrow), "{table}.{column}: {plan}");
            }
        }
    }

    #[test]
    fn spans_that_touch_are_one() {
        let day = limit::SESSION_LENGTH_MS as i64;
        assert_eq!(spans_ms([].into_iter()), []);
        assert_eq!(spans_ms([10 * day, 0, day].into_iter()), [(-2 * day, 3 * day), (8 * day, 12 * day)]);
        assert_eq!(instant_ms(Id::version_7(1_790_000_000_123, [9; 10])), 1_790_000_000_123);
    }
}
