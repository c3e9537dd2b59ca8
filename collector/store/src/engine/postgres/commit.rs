//! Storing a group of submissions of one site: every table by one statement, whatever their number.

use super::run;
use super::value::decode_all;
use crate::engine::Stamp;
use crate::engine::outcome::{self, INSERT_SESSION_HOUR, Tally, UPSERT_DIRTY};
use crate::engine::value::{CellRef, ColumnType, TableRow};
use crate::record::{AnswerRow, KEPT_COLUMNS, Outcome, Record, Submission, brought};
use crate::site::outcome::ItemKind;
use crate::{Row, Statement, StoreError};
use rapport_shared::id::Id;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use std::collections::{BTreeMap, HashMap};

/// Stores what a group sent of one site, and tells what became of each record.
pub(super) async fn store_site(
    transaction: &mut PgConnection,
    group: &[&Submission],
    stamp: Stamp,
) -> Result<Vec<Vec<Outcome>>, StoreError> {
    let mut hours = store_records(transaction, group).await?;
    let mut tally = Tally::default();
    let mut outcomes = Vec::with_capacity(group.len());
    for submission in group {
        let mut changed_hours_ms = Vec::new();
        let stored: Vec<Outcome> = submission
            .records
            .iter()
            .map(|record| match hours.remove(&(record.item_kind(), record.item_id(), record.revision())) {
                Some(hour_ms) => {
                    changed_hours_ms.push(hour_ms);
                    Outcome::Accepted
                }
                None if submission.erased.contains(&record.item_id()) => Outcome::Erased,
                None => Outcome::Duplicate,
            })
            .collect();
        tally.add(submission, &stored, &changed_hours_ms);
        outcomes.push(stored);
    }
    for statement in brought(group) {
        run(transaction, statement).await?;
    }
    write(transaction, tally, stamp).await?;
    Ok(outcomes)
}

/// Stores the records of a group that were not erased.
async fn store_records(transaction: &mut PgConnection, group: &[&Submission]) -> Result<StoredHours, StoreError> {
    let mut hours = HashMap::new();
    let records: Vec<&Record> = group
        .iter()
        .flat_map(|submission| {
            submission.records.iter().filter(|record| !submission.erased.contains(&record.item_id()))
        })
        .collect();
    store_revised(transaction, records.iter().filter_map(|r| as_page_view(r)), &mut hours).await?;
    store_once(transaction, records.iter().filter_map(|r| as_signal(r)), &mut hours).await?;
    store_once(transaction, records.iter().filter_map(|r| as_delivery(r)), &mut hours).await?;
    store_responses(transaction, &records, &mut hours).await?;
    Ok(hours)
}

/// Counts outcomes, notes the hours of sessions and marks hours dirty.
async fn write(transaction: &mut PgConnection, tally: Tally<'_>, stamp: Stamp) -> Result<(), StoreError> {
    for (key, (items, last_at_ms)) in tally.counters {
        run(transaction, &outcome::count(&key, items, last_at_ms)).await?;
    }
    for (site_id, session_id, hour_ms) in tally.session_hours {
        let params = crate::params![site_id, session_id, hour_ms];
        run(transaction, &Statement::new(INSERT_SESSION_HOUR, params)).await?;
    }
    for (site_id, hour_ms) in tally.dirty_hours {
        let params = crate::params![site_id, hour_ms, stamp.collector_id, stamp.mark];
        run(transaction, &Statement::new(UPSERT_DIRTY, params)).await?;
    }
    Ok(())
}

/// Kind, id and revision of what was stored, with the hour it counts in.
type StoredHours = HashMap<(ItemKind, Id, i64), i64>;

fn as_page_view<'a>(record: &&'a Record) -> Option<&'a crate::record::PageViewRow> {
    if let Record::PageView(row) = *record { Some(row) } else { None }
}

fn as_signal<'a>(record: &&'a Record) -> Option<&'a crate::record::SignalRow> {
    if let Record::Signal(row) = *record { Some(row) } else { None }
}

fn as_delivery<'a>(record: &&'a Record) -> Option<&'a crate::record::DeliveryRow> {
    if let Record::Delivery(row) = *record { Some(row) } else { None }
}

/// What the generic statements need to know of an ingest row.
trait Item: TableRow {
    const KIND: ItemKind;
    fn item_id(&self) -> Id;
    fn revision(&self) -> i64;
}

macro_rules! item {
    ($($row:ident $kind:ident $($revision:ident)?),* $(,)?) => {$(
        impl Item for crate::record::$row {
            const KIND: ItemKind = ItemKind::$kind;
            fn item_id(&self) -> Id { self.item_id }
            fn revision(&self) -> i64 { 0 $(+ self.$revision)? }
        }
    )*};
}
item!(PageViewRow PageView revision, SignalRow Signal, ResponseRow Response revision, DeliveryRow Delivery);

/// Of rows with the same id, the one with the highest revision: a key may appear once in a statement. Sorted by id.
fn folded<'a, R: Item + 'a>(rows: impl Iterator<Item = &'a R>) -> Vec<&'a R> {
    let mut by_id: BTreeMap<Id, &R> = BTreeMap::new();
    for row in rows {
        let entry = by_id.entry(row.item_id()).or_insert(row);
        if row.revision() > entry.revision() {
            *entry = row;
        }
    }
    by_id.into_values().collect()
}

async fn store_once<'a, R: Item + 'a>(
    connection: &mut PgConnection,
    rows: impl Iterator<Item = &'a R>,
    hours: &mut StoredHours,
) -> Result<(), StoreError> {
    let rows = folded(rows);
    insert(connection, &rows, hours).await
}

async fn store_revised<'a, R: Item + 'a>(
    connection: &mut PgConnection,
    rows: impl Iterator<Item = &'a R>,
    hours: &mut StoredHours,
) -> Result<(), StoreError> {
    let mut rows = folded(rows);
    insert(connection, &rows, hours).await?;
    rows.retain(|row| !hours.contains_key(&(R::KIND, row.item_id(), row.revision())));
    if rows.is_empty() {
        return Ok(());
    }
    let set: Vec<_> = R::COLUMNS
        .iter()
        .filter(|(name, _)| !KEPT_COLUMNS.contains(name))
        .map(|(name, _)| format!("{name} = new.{name}"))
        .collect();
    let table = R::TABLE;
    let sql = format!(
        "UPDATE {table} SET {} FROM UNNEST({}) AS new ({}) WHERE {table}.site_id = new.site_id
         AND {table}.item_id = new.item_id AND {table}.revision < new.revision
         RETURNING {table}.item_id, {table}.hour_ms, {table}.revision",
        set.join(", "),
        casts::<R>(),
        names::<R>(),
    );
    collect_hours::<R>(query(connection, sql, &rows).await?, hours)
}

async fn store_responses(
    connection: &mut PgConnection,
    records: &[&Record],
    hours: &mut StoredHours,
) -> Result<(), StoreError> {
    let responses = records.iter().filter_map(|r| if let Record::Response(row, a) = r { Some((row, a)) } else { None });
    // Of two that say the same revision the first is stored, so its answers must be too.
    let mut answers: HashMap<(Id, i64), &Vec<AnswerRow>> = HashMap::new();
    for (row, of_row) in responses.clone() {
        answers.entry((row.item_id, row.revision)).or_insert(of_row);
    }
    store_revised(connection, responses.map(|(row, _)| row.as_ref()), hours).await?;
    let stored: Vec<(Id, i64)> = hours
        .keys()
        .filter(|(name, ..)| *name == ItemKind::Response)
        .map(|(_, id, revision)| (*id, *revision))
        .collect();
    let mut rows = Vec::new();
    for key in &stored {
        rows.extend(answers.get(key).into_iter().flat_map(|answers| answers.iter()));
    }
    let Some(site_id) =
        records.iter().find_map(|r| if let Record::Response(row, _) = r { Some(row.site_id) } else { None })
    else {
        return Ok(());
    };
    let ids: Vec<Vec<u8>> = stored.iter().map(|(id, _)| id.0.to_vec()).collect();
    sqlx::query("DELETE FROM answer WHERE site_id = $1 AND item_id = ANY($2)")
        .bind(site_id.0.to_vec())
        .bind(ids)
        .execute(&mut *connection)
        .await?;
    if !rows.is_empty() {
        let sql = format!(
            "INSERT INTO answer ({}) SELECT * FROM UNNEST({}) ON CONFLICT DO NOTHING",
            names::<AnswerRow>(),
            casts::<AnswerRow>()
        );
        query(connection, sql, &rows).await?;
    }
    Ok(())
}

/// New rows are known from what the insert returns: counts of affected rows lie where tables are distributed.
async fn insert<R: Item>(
    connection: &mut PgConnection,
    rows: &[&R],
    hours: &mut StoredHours,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let revision =
        if R::COLUMNS.iter().any(|(name, _)| *name == "revision") { "revision" } else { "0::BIGINT AS revision" };
    let sql = format!(
        "INSERT INTO {} ({}) SELECT * FROM UNNEST({}) ON CONFLICT DO NOTHING RETURNING item_id, hour_ms, {revision}",
        R::TABLE,
        names::<R>(),
        casts::<R>()
    );
    collect_hours::<R>(query(connection, sql, rows).await?, hours)
}

fn collect_hours<R: Item>(rows: Vec<Row>, hours: &mut StoredHours) -> Result<(), StoreError> {
    for row in rows {
        hours.insert((R::KIND, row.id("item_id")?, row.int("revision")?), row.int("hour_ms")?);
    }
    Ok(())
}

fn names<R: TableRow>() -> String {
    R::COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn casts<R: TableRow>() -> String {
    let cast = |(index, (_, kind)): (usize, &(&str, ColumnType))| {
        let name = match kind {
            ColumnType::Int => "BIGINT",
            ColumnType::Real => "DOUBLE PRECISION",
            ColumnType::Text => "TEXT",
            ColumnType::Blob => "BYTEA",
        };
        format!("${}::{name}[]", index + 1)
    };
    R::COLUMNS.iter().enumerate().map(cast).collect::<Vec<_>>().join(", ")
}

enum Array<'a> {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<&'a str>>),
    Blob(Vec<Option<&'a [u8]>>),
}

/// Runs `sql` with one array a column.
async fn query<R: TableRow>(connection: &mut PgConnection, sql: String, rows: &[&R]) -> Result<Vec<Row>, StoreError> {
    let mut arrays: Vec<Array<'_>> = R::COLUMNS
        .iter()
        .map(|(_, kind)| match kind {
            ColumnType::Text => Array::Text(Vec::with_capacity(rows.len())),
            ColumnType::Blob => Array::Blob(Vec::with_capacity(rows.len())),
            ColumnType::Int | ColumnType::Real => Array::Int(Vec::with_capacity(rows.len())),
        })
        .collect();
    for row in rows {
        let mut column = 0;
        row.each(&mut |cell| {
            match (&mut arrays[column], cell) {
                (Array::Int(values), CellRef::Int(value)) => values.push(Some(value)),
                (Array::Int(values), _) => values.push(None),
                (Array::Text(values), CellRef::Text(value)) => values.push(Some(value)),
                (Array::Text(values), _) => values.push(None),
                (Array::Blob(values), CellRef::Blob(value)) => values.push(Some(value)),
                (Array::Blob(values), _) => values.push(None),
            }
            column += 1;
        });
    }
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for array in arrays {
        query = match array {
            Array::Int(values) => query.bind(values),
            Array::Text(values) => query.bind(values),
            Array::Blob(values) => query.bind(values),
        };
    }
    decode_all(&query.fetch_all(connection).await?)
}
