//! SQLite, embedded: one writing connection with its own prepared statements, a pool of read-only ones.

mod checkpoint;
mod commit;

use super::migrate;
use super::value::Kind;
use super::{Row, Statement, StoreError, Value};
use checkpoint::{Checkpointer, Limits};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Read-only connections: dashboards are few, and each holds a page cache.
const READERS: usize = 4;

/// The engine.
pub(crate) struct Sqlite {
    writer: Mutex<Connection>,
    readers: Arc<Readers>,
    checkpointer: Checkpointer,
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
             PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=134217728;"
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
        let mut writer = location.connect(false)?;
        let checkpointer = Checkpointer::start(&mut writer, location.connect(false)?, Limits::default())?;
        let readers = Readers { location, idle: Mutex::default(), permits: Semaphore::new(READERS) };
        Ok(Self { writer: Mutex::new(writer), readers: Arc::new(readers), checkpointer })
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

    /// Reads on the writer's own connection, which waits for no reader.
    pub fn read_to_write(&self, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        run(&self.writer.lock().unwrap_or_else(PoisonError::into_inner), statement)
    }

    pub fn write(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let results = statements.iter().map(|statement| run(&transaction, statement)).collect::<Result<_, _>>()?;
        transaction.commit()?;
        self.checkpointer.committed(&writer);
        Ok(results)
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
        // A report reads tens of thousands of rows: collecting into a result would let each of them grow step by step.
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(owned(row.get_ref(column)?));
        }
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
