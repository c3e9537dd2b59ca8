//! The group commit: rows that exist are told apart from new ones as they are inserted, by prepared statements.

use super::Sqlite;
use crate::StoreError;
use crate::engine::Stamp;
use crate::engine::outcome::{INSERT_SESSION_HOUR, Tally, UPSERT_COUNTER, UPSERT_DIRTY};
use crate::engine::value::{CellRef, TableRow};
use crate::record::{
    AnswerRow, DeliveryRow, KEPT_COLUMNS, Outcome, PageViewRow, Record, ResponseRow, SignalRow, Submission, brought,
};
use crate::site::outcome::ItemKind;
use rapport_shared::id::Id;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};
use std::collections::HashMap;
use std::sync::LazyLock;

impl Sqlite {
    pub fn commit_group(&self, group: &[&Submission], stamp: Stamp) -> Result<Vec<Vec<Outcome>>, StoreError> {
        self.committed(|writer| {
            let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let outcomes = store_group(&transaction, group, stamp)?;
            transaction.commit()?;
            Ok(outcomes)
        })
    }

    /// [`Self::commit_group`] without the commit: nothing of it stays.
    pub fn try_group(&self, group: &[&Submission], stamp: Stamp) -> Result<(), StoreError> {
        let mut writer = self.checked_writer()?;
        let writer = writer.as_mut().ok_or_else(super::closed)?;
        let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        store_group(&transaction, group, stamp)?;
        Ok(transaction.rollback()?)
    }
}

fn store_group(transaction: &Connection, group: &[&Submission], stamp: Stamp) -> Result<Vec<Vec<Outcome>>, StoreError> {
    let mut tally = Tally::default();
    let highest = highest_revisions(group);
    let mut outcomes = Vec::with_capacity(group.len());
    let mut statements = Statements::prepare(transaction)?;
    for submission in group {
        let mut changed_hours_ms = Vec::new();
        let stored = submission
            .records
            .iter()
            .map(|record| match highest.get(&(submission.site_id, record.item_kind(), record.item_id())) {
                _ if submission.erased.contains(&record.item_id()) => Ok(Outcome::Erased),
                Some(revision) if record.revision() < *revision => Ok(Outcome::Duplicate),
                _ => statements.store(transaction, record, &mut changed_hours_ms),
            })
            .collect::<Result<Vec<_>, _>>()?;
        tally.add(submission, &stored, &changed_hours_ms);
        outcomes.push(stored);
    }
    for statement in brought(group) {
        super::run(transaction, statement)?;
    }
    record_tally(transaction, &tally, stamp)?;
    Ok(outcomes)
}

/// The highest revision of every item of a group that comes with more than its first: what is below it is a duplicate
/// before it is stored, as it is where a group is one statement.
fn highest_revisions(group: &[&Submission]) -> HashMap<(Id, ItemKind, Id), i64> {
    let mut highest = HashMap::new();
    for submission in group {
        for record in submission.records.iter().filter(|record| record.revision() > 0) {
            let entry = highest.entry((submission.site_id, record.item_kind(), record.item_id())).or_insert(0);
            *entry = record.revision().max(*entry);
        }
    }
    highest
}

fn record_tally(connection: &Connection, tally: &Tally<'_>, stamp: Stamp) -> Result<(), StoreError> {
    let mut counter = connection.prepare_cached(UPSERT_COUNTER)?;
    for ((site_id, day_ms, outcome, item_kind, field, reason), (items, last_at_ms)) in &tally.counters {
        counter.execute((
            &site_id.0,
            day_ms,
            outcome.as_str(),
            item_kind.as_str(),
            field,
            reason,
            items,
            last_at_ms,
        ))?;
    }
    let mut session_hour = connection.prepare_cached(INSERT_SESSION_HOUR)?;
    for (site_id, session_id, hour_ms) in &tally.session_hours {
        session_hour.execute((&site_id.0, &session_id.0, hour_ms))?;
    }
    let mut dirty = connection.prepare_cached(UPSERT_DIRTY)?;
    for (site_id, hour_ms) in &tally.dirty_hours {
        dirty.execute((&site_id.0, hour_ms, &stamp.collector_id.0, &stamp.mark.0))?;
    }
    Ok(())
}

/// The prepared inserts of one transaction, from the connection's cache.
struct Statements<'c> {
    page_view: CachedStatement<'c>,
    signal: CachedStatement<'c>,
    response: CachedStatement<'c>,
    delivery: CachedStatement<'c>,
    answer: CachedStatement<'c>,
}

fn insert_sql<R: TableRow>() -> String {
    let names: Vec<_> = R::COLUMNS.iter().map(|(name, _)| *name).collect();
    let places: Vec<_> = (1..=names.len()).map(|place| format!("?{place}")).collect();
    format!("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING", R::TABLE, names.join(", "), places.join(", "))
}

/// Replaces a row by a higher revision. Columns of when it happened keep their first value, so that it stays in its
/// bucket although every sending computes the instant anew. The columns' places are those of the insert.
fn revise_sql<R: TableRow>() -> String {
    let set: Vec<_> = R::COLUMNS
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| !KEPT_COLUMNS.contains(name))
        .map(|(index, (name, _))| format!("{name} = ?{}", index + 1))
        .collect();
    format!(
        "UPDATE {} SET {} WHERE site_id = ?1 AND item_id = ?2 AND revision < ?3 RETURNING hour_ms",
        R::TABLE,
        set.join(", ")
    )
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> Result<Self, StoreError> {
        static INSERTS: LazyLock<[String; 5]> = LazyLock::new(|| {
            [
                insert_sql::<PageViewRow>(),
                insert_sql::<SignalRow>(),
                insert_sql::<ResponseRow>(),
                insert_sql::<DeliveryRow>(),
                insert_sql::<AnswerRow>(),
            ]
        });
        let [page_view, signal, response, delivery, answer] = &*INSERTS;
        Ok(Self {
            page_view: connection.prepare_cached(page_view)?,
            signal: connection.prepare_cached(signal)?,
            response: connection.prepare_cached(response)?,
            delivery: connection.prepare_cached(delivery)?,
            answer: connection.prepare_cached(answer)?,
        })
    }

    fn store(
        &mut self,
        connection: &Connection,
        record: &Record,
        changed_hours_ms: &mut Vec<i64>,
    ) -> Result<Outcome, StoreError> {
        let (inserted, revised) = match record {
            Record::PageView(row) => match insert(&mut self.page_view, row.as_ref())? {
                true => (true, None),
                false => (false, revise(connection, row.as_ref())?),
            },
            Record::Response(row, answers) => {
                let (inserted, revised) = match insert(&mut self.response, row.as_ref())? {
                    true => (true, None),
                    false => (false, revise(connection, row.as_ref())?),
                };
                if revised.is_some() {
                    connection
                        .prepare_cached("DELETE FROM answer WHERE site_id = ?1 AND item_id = ?2")?
                        .execute((&row.site_id.0, &row.item_id.0))?;
                }
                if inserted || revised.is_some() {
                    for answer in answers {
                        insert(&mut self.answer, answer)?;
                    }
                }
                (inserted, revised)
            }
            Record::Signal(row) => (insert(&mut self.signal, row.as_ref())?, None),
            Record::Delivery(row) => (insert(&mut self.delivery, row.as_ref())?, None),
        };
        if !inserted && revised.is_none() {
            return Ok(Outcome::Duplicate);
        }
        let hour_ms = revised.unwrap_or_else(|| record.hour_ms());
        if changed_hours_ms.last() != Some(&hour_ms) {
            changed_hours_ms.push(hour_ms);
        }
        Ok(Outcome::Accepted)
    }
}

impl ToSql for CellRef<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

fn bind<R: TableRow>(statement: &mut rusqlite::Statement<'_>, row: &R) -> Result<(), StoreError> {
    let mut place = 0;
    let mut result = Ok(());
    row.each(&mut |cell| {
        place += 1;
        if result.is_ok() {
            result = statement.raw_bind_parameter(place, cell);
        }
    });
    Ok(result?)
}

/// Whether the row was new. `changes` is exact in SQLite: the statement inserts one row or none.
fn insert<R: TableRow>(statement: &mut rusqlite::Statement<'_>, row: &R) -> Result<bool, StoreError> {
    bind(statement, row)?;
    Ok(statement.raw_execute()? == 1)
}

/// The hour of the stored row when the new one has the higher revision and took its place.
fn revise<R: TableRow>(connection: &Connection, row: &R) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached(&revise_sql::<R>())?;
    let mut place = 0;
    let mut result = Ok(());
    let places = statement.parameter_count();
    row.each(&mut |cell| {
        place += 1;
        if result.is_ok() && place <= places {
            result = statement.raw_bind_parameter(place, cell);
        }
    });
    result?;
    let mut rows = statement.raw_query();
    let hour_ms = rows.next()?.map(|row| row.get(0)).transpose()?;
    while rows.next()?.is_some() {}
    Ok(hour_ms)
}
