//! SQLite, embedded: one writing connection with its own prepared statements, a pool of read-only ones.

use super::engine::Stamp;
use super::migrate;
use super::outcome::{Tally, UPSERT_COUNTER, UPSERT_DIRTY};
use super::record::{AnswerRow, DeliveryRow, Outcome, PageViewRow, Record, ResponseRow, SignalRow, Submission};
use super::value::{CellRef, Kind, TableRow};
use super::{Row, Statement, StoreError, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Read-only connections: dashboards are few, and each holds a page cache.
const READERS: usize = 4;

/// The engine.
pub(crate) struct Sqlite {
    writer: Mutex<Connection>,
    readers: Arc<Readers>,
}

struct Readers {
    location: Location,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

#[derive(Clone)]
enum Location {
    File(PathBuf),
    /// A database in memory that the connections of this process share, alive as long as the writer.
    Memory(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::*;
        match error.sqlite_error_code() {
            Some(
                DiskFull | DatabaseBusy | DatabaseLocked | SystemIoFailure | CannotOpen | ReadOnly | OutOfMemory
                | PermissionDenied | NotADatabase | DatabaseCorrupt,
            ) => Self::Unavailable(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}

impl Location {
    fn connect(&self, read_only: bool) -> Result<Connection, StoreError> {
        let access = if read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let connection = match self {
            Self::File(path) => Connection::open_with_flags(path, flags),
            Self::Memory(name) => Connection::open_with_flags(format!("file:/{name}?vfs=memdb"), flags),
        }?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(256);
        // A larger cache keeps the right edges of the indexes in memory under load; negative means KiB.
        connection.execute_batch(if read_only {
            "PRAGMA query_only=1; PRAGMA cache_size=-32768; PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY;"
        } else {
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-131072; PRAGMA temp_store=MEMORY;
             PRAGMA wal_autocheckpoint=16000; PRAGMA journal_size_limit=134217728;"
        })?;
        Ok(connection)
    }
}

impl Sqlite {
    /// Opens or creates the file at `path`; `:memory:` for one that lives as long as the engine.
    pub fn open(path: &str) -> Result<Self, StoreError> {
        let location = if path == ":memory:" {
            Location::Memory(format!("rapport-{:032x}", rand::random::<u128>()))
        } else {
            Location::File(path.into())
        };
        let writer = Mutex::new(location.connect(false)?);
        let readers = Readers { location, idle: Mutex::default(), permits: Semaphore::new(READERS) };
        Ok(Self { writer, readers: Arc::new(readers) })
    }

    pub fn migrate(&self, now_ms: i64) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(migrate::HISTORY)?;
        let applied = transaction
            .prepare("SELECT version, checksum FROM schema_migration ORDER BY version")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, String)>, _>>()?;
        for migration in migrate::pending(&applied).map_err(StoreError::Setup)? {
            transaction.execute_batch(migration.sql)?;
            transaction.execute(
                "INSERT INTO schema_migration (version, name, checksum, applied_at_ms) VALUES (?1, ?2, ?3, ?4)",
                (migration.version, migration.name, migration.checksum(), now_ms),
            )?;
        }
        Ok(transaction.commit()?)
    }

    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let readers = self.readers.clone();
        let _permit = readers.permits.acquire().await.map_err(|_| StoreError::Busy)?;
        let pool = readers.clone();
        tokio::task::spawn_blocking(move || {
            let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| pool.location.connect(true), Ok)?;
            let rows = run(&connection, &statement);
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            rows
        })
        .await
        .map_err(|error| StoreError::Unavailable(error.to_string()))?
    }

    pub fn write(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let results = statements.iter().map(|statement| run(&transaction, statement)).collect::<Result<_, _>>()?;
        transaction.commit()?;
        Ok(results)
    }

    pub fn commit_group(&self, group: &[&Submission], stamp: Stamp) -> Result<Vec<Vec<Outcome>>, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut tally = Tally::default();
        let mut outcomes = Vec::with_capacity(group.len());
        {
            let mut statements = Statements::prepare(&transaction)?;
            for submission in group {
                let mut changed_hours_ms = Vec::new();
                let stored = submission
                    .records
                    .iter()
                    .map(|record| statements.store(&transaction, record, &mut changed_hours_ms))
                    .collect::<Result<Vec<_>, _>>()?;
                for statement in &submission.also {
                    run(&transaction, statement)?;
                }
                tally.add(submission, &stored, &changed_hours_ms);
                outcomes.push(stored);
            }
        }
        record_tally(&transaction, &tally, stamp)?;
        transaction.commit()?;
        Ok(outcomes)
    }
}

fn record_tally(connection: &Connection, tally: &Tally<'_>, stamp: Stamp) -> Result<(), StoreError> {
    let mut counter = connection.prepare_cached(UPSERT_COUNTER)?;
    for ((site_id, day_ms, outcome, item_type, field, reason), (items, last_at_ms)) in &tally.counters {
        counter.execute((&site_id.0, day_ms, outcome, item_type, field, reason, items, last_at_ms))?;
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
        .filter(|(_, (name, _))| !super::record::KEPT_COLUMNS.contains(name))
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

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null(_) => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
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

/// Runs one statement and reads all its rows.
fn run(connection: &Connection, statement: &Statement) -> Result<Vec<Row>, StoreError> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    for (index, value) in statement.params.iter().enumerate() {
        // `$2` is a name to SQLite, numbered by first appearance; a parameter may be unused or used twice.
        if let Some(place) = prepared.parameter_index(&format!("${}", index + 1))? {
            prepared.raw_bind_parameter(place, value)?;
        }
    }
    let columns = prepared.column_count();
    let mut rows = prepared.raw_query();
    let mut result = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| row.get_ref(column).map(owned)).collect::<Result<_, _>>()?;
        result.push(Row(values));
    }
    Ok(result)
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null(Kind::Int),
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
    }
}
