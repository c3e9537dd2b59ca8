//! SQLite, embedded: one writing connection with its own prepared statements, a pool of read-only ones.
//!
//! What is deleted is overwritten with zeros in the file (`secure_delete`) and leaves the log with its next emptying
//! ([`Sqlite::wipe_log`]). The file is watched while it is used ([`file`]), and at the end the log goes into it, so that
//! then it alone is everything ([`Sqlite::close`]).

mod backup;
mod checkpoint;
mod commit;
mod file;
mod lock;
mod log;
mod salt;

use super::migrate::{self, Migration};
use super::stream::{ROWS, Sink, Unwanted};
use super::value::{ColumnType, Columns};
use crate::{Row, Statement, StoreError, Value};
pub(crate) use backup::{back_up, restore};
use checkpoint::{Checkpointer, Limits};
use file::DatabaseFile;
pub(crate) use file::exposed;
use lock::CollectorLock;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};
use salt::Salts;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Read-only connections: dashboards are few, and each holds a page cache.
const READERS: usize = 4;

/// Longest wait for a transaction of another process.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest time for which emptying the log holds up the writer, waiting for readers.
const WIPE_PATIENCE: Duration = Duration::from_millis(250);
/// Longest wait for readers at the end.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
/// Largest file that is compacted without being asked, in bytes (1 GiB): it takes seconds.
const COMPACTED_BYTES: u64 = 1 << 30;
/// `user_version` of a file in which nothing was ever deleted without being overwritten.
const OVERWRITTEN: i64 = 1;

/// The engine. Its file comes last: what is kept open of it must outlive the connections.
pub(crate) struct Sqlite {
    writer: Mutex<Option<Connection>>,
    checkpointer: Checkpointer,
    readers: Arc<Readers>,
    salts: Arc<Salts>,
    lock: Option<CollectorLock>,
    file: Option<Arc<DatabaseFile>>,
}

struct Readers {
    location: Location,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    file: Option<Arc<DatabaseFile>>,
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
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Self::File(path) => Connection::open_with_flags(path, flags),
            Self::Memory(name) => {
                let flags = flags | OpenFlags::SQLITE_OPEN_URI;
                Connection::open_with_flags(format!("file:/{name}?vfs=memdb"), flags)
            }
        }?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(256);
        // Negative means KiB. The writer's cache holds the right edges of the indexes; SQLite looks through all of it at most commits
        // (a page that is moved within a tree passes a number beyond the file), so a larger one makes each slower.
        connection.execute_batch(if read_only {
            "PRAGMA query_only=1; PRAGMA cache_size=-32768; PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY;"
        } else {
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY;
             PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=134217728; PRAGMA secure_delete=ON;"
        })?;
        Ok(connection)
    }
}

impl Sqlite {
    /// Opens or creates the file at `path`; `:memory:` for one that lives as long as the engine. With `collects` it is for
    /// the file's one collector.
    pub fn open(path: &Path, collects: bool) -> Result<Self, StoreError> {
        let (location, file) = if path == Path::new(":memory:") {
            (Location::Memory(format!("rapport-{:032x}", crate::random::fresh::<u128>())), None)
        } else {
            let file = Arc::new(DatabaseFile::prepare(path)?);
            (Location::File(file.path().to_owned()), Some(file))
        };
        let lock = match &file {
            Some(file) if collects => Some(take(file)?),
            Some(file) => {
                file.refuse_other_name()?;
                None
            }
            None => None,
        };
        let mut writer = location.connect(false)?;
        if let (Some(file), Some(lock)) = (&file, &lock)
            && let Err(error) = file.mark(&writer, lock)
        {
            tracing::warn!(%error, "the file could not be marked: a database that is written over it would not be noticed");
        }
        let own = location.connect(false)?;
        let checkpointer = Checkpointer::start(&mut writer, own, file.clone(), Limits::default())?;
        let salts = Arc::new(match &file {
            Some(file) => Salts::Beside(file.path().to_owned()),
            None => Salts::Memory(Mutex::default()),
        });
        let readers =
            Readers { location, idle: Mutex::default(), permits: Semaphore::new(READERS), file: file.clone() };
        Ok(Self { writer: Mutex::new(Some(writer)), checkpointer, readers: Arc::new(readers), salts, lock, file })
    }

    /// The connection that writes.
    fn writer(&self) -> MutexGuard<'_, Option<Connection>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`Self::writer`], of a file that is whole.
    fn checked_writer(&self) -> Result<MutexGuard<'_, Option<Connection>>, StoreError> {
        let writer = self.writer();
        if let (Some(writer), Some(file)) = (writer.as_ref(), &self.file) {
            file.check_with(writer)?;
        }
        Ok(writer)
    }

    /// Does what ends with a commit, and says that it is done only if it went into the file that the next start will read.
    fn committed<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut writer = self.checked_writer()?;
        let writer = writer.as_mut().ok_or_else(closed)?;
        let result = work(writer)?;
        if let Some(file) = &self.file {
            file.check_with(writer)?;
            file.watch_log()?;
            if let Some(lock) = &self.lock
                && let Err(error) = file.renew_mark(writer, lock)
            {
                tracing::warn!(%error, "the file could not be marked anew: an older copy of it may be taken for it");
            }
        }
        self.checkpointer.committed(writer);
        Ok(result)
    }

    pub fn migrate(&self, known: &[Migration], now_ms: i64) -> Result<(), StoreError> {
        let is_new = self.committed(|writer| {
            let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            transaction.execute_batch(migrate::HISTORY)?;
            let applied = applied(&transaction)?;
            for migration in migrate::pending(known, &applied).map_err(StoreError::Setup)? {
                transaction.execute_batch(&migration.sql_on("sqlite"))?;
                transaction.execute(
                    "INSERT INTO schema_migration (version, name, checksum, applied_at_ms) VALUES (?1, ?2, ?3, ?4)",
                    (migration.version, migration.name, migration.checksum(), now_ms),
                )?;
            }
            if applied.is_empty() {
                transaction.pragma_update(None, "user_version", OVERWRITTEN)?;
            }
            transaction.commit()?;
            Ok(applied.is_empty())
        })?;
        if is_new { Ok(()) } else { self.move_salt() }
    }

    /// Takes the day's salt out of the database, where it was once.
    fn move_salt(&self) -> Result<(), StoreError> {
        let mut writer = self.writer();
        let writer = writer.as_mut().ok_or_else(closed)?;
        let rows: Vec<(i64, Vec<u8>)> = writer
            .prepare("SELECT day, salt FROM daily_salt ORDER BY day")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (day, salt) in &rows {
            if let Ok(salt) = salt.as_slice().try_into() {
                self.salts.of_day(*day, *day - 1, salt)?;
            }
        }
        if !rows.is_empty() {
            writer.execute("DELETE FROM daily_salt", [])?;
            checkpoint::truncate(writer)?;
        }
        Ok(())
    }

    /// Writes the file anew when things may have been deleted in it without being overwritten, as long ago; once. Without
    /// `always` only if that takes seconds. True when there is nothing left to do.
    pub fn overwrite_deleted(&self, always: bool) -> Result<bool, StoreError> {
        let Some(file) = &self.file else { return Ok(true) };
        let mut writer = self.writer();
        let writer = writer.as_mut().ok_or_else(closed)?;
        if user_version(writer)? >= OVERWRITTEN {
            return Ok(true);
        }
        let bytes = file::length(file.path());
        // It is written to a temporary file, into the log, and from there into the file.
        if !always && (bytes > COMPACTED_BYTES || file.free_bytes().is_some_and(|free_bytes| free_bytes < 3 * bytes)) {
            return Ok(false);
        }
        tracing::info!(
            "writing the database anew, once: what was deleted from it until now is still in its free pages"
        );
        writer.execute_batch("PRAGMA temp_store=FILE; VACUUM; PRAGMA temp_store=MEMORY;")?;
        writer.pragma_update(None, "user_version", OVERWRITTEN)?;
        checkpoint::truncate(writer)?;
        self.checkpointer.begun_anew();
        file.check_with(writer)?;
        Ok(true)
    }

    /// Whether nothing that was deleted is still in the file's free pages.
    pub fn is_overwritten(&self) -> Result<bool, StoreError> {
        Ok(self.file.is_none() || user_version(self.writer().as_ref().ok_or_else(closed)?)? >= OVERWRITTEN)
    }

    /// Copies the log into the file and empties it, so that what was deleted or changed is gone from it as well. False
    /// when readers still need it: try again.
    pub fn wipe_log(&self) -> Result<bool, StoreError> {
        self.committed(|writer| {
            writer.busy_timeout(WIPE_PATIENCE)?;
            let is_empty = checkpoint::truncate(writer);
            writer.busy_timeout(PATIENCE)?;
            if *is_empty.as_ref().unwrap_or(&false) {
                self.checkpointer.begun_anew();
            }
            Ok(is_empty?)
        })
    }

    /// Whether the file is the one that was opened, and whole.
    pub fn check(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.check())
    }

    /// Bytes that are free for the file; `None` where that is not told, or nothing is limited.
    pub fn free_bytes(&self) -> Option<u64> {
        self.file.as_ref().and_then(|file| file.free_bytes())
    }

    /// Whether this engine is the one collector of its file.
    pub fn is_alone(&self) -> bool {
        self.file.is_none() || self.lock.is_some()
    }

    /// Whether a collector runs on the file, in this process or another.
    pub fn has_collector(&self) -> bool {
        self.lock.is_some() || self.file.as_ref().is_some_and(|file| lock::is_held(file.path()))
    }

    pub async fn daily_salt(&self, day: i64, oldest_day: i64, fresh: [u8; 16]) -> Result<[u8; 16], StoreError> {
        let salts = self.salts.clone();
        blocking(move || salts.of_day(day, oldest_day, fresh)).await
    }

    pub async fn destroy_salts_before(&self, day: i64) -> Result<(), StoreError> {
        let salts = self.salts.clone();
        blocking(move || salts.destroy_before(day)).await
    }

    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let readers = self.readers.clone();
        let _permit = readers.permits.acquire().await.map_err(|_| closed())?;
        let pool = readers.clone();
        blocking(move || {
            pool.file.as_ref().map_or(Ok(()), |file| file.check())?;
            let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| pool.location.connect(true), Ok)?;
            let rows = run(&connection, &statement);
            if !pool.permits.is_closed() {
                pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            rows
        })
        .await
    }

    /// On a connection of its own: however slow whoever takes the rows is, no page waits for it.
    pub fn stream(&self, statements: Vec<Statement>, sink: Sink) {
        let (location, file) = (self.readers.location.clone(), self.file.clone());
        tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Handle::current();
            let mut give = |statement, rows| runtime.block_on(sink.give(statement, rows));
            let whole = file.as_ref().map_or(Ok(()), |file| file.check());
            let connection = whole.and_then(|()| location.connect(true));
            let read = connection.and_then(|mut connection| each(&mut connection, &statements, &mut give));
            runtime.block_on(sink.end(read));
        });
    }

    /// Reads on the writer's own connection, which waits for no reader.
    pub fn read_to_write(&self, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        run(self.checked_writer()?.as_ref().ok_or_else(closed)?, statement)
    }

    pub fn write(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.committed(|writer| {
            let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let results = statements.iter().map(|statement| run(&transaction, statement)).collect::<Result<_, _>>()?;
            transaction.commit()?;
            Ok(results)
        })
    }

    /// Copies the log into the file and closes everything: then the file alone is everything. Later calls are refused.
    pub async fn close(&self) {
        // Who reads now may come to an end; nobody begins.
        let all = self.readers.permits.acquire_many(READERS as u32);
        let readers_ended = tokio::time::timeout(CLOSE_PATIENCE, all).await.is_ok();
        self.readers.permits.close();
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let Some(mut writer) = self.writer().take() else { return };
        self.checkpointer.stop(&mut writer);
        let is_complete = match self.file.as_ref().map_or(Ok(()), |file| file.check_with(&writer)) {
            Ok(()) => empty_at_the_end(&writer, readers_ended),
            Err(_) => {
                leave_as_it_is(&writer);
                self.file.as_ref().is_some_and(|file| file.is_rescued())
            }
        };
        if let Err((_, error)) = writer.close() {
            tracing::warn!(%error, "the database could not be closed");
        }
        match (&self.file, &self.lock) {
            (Some(file), Some(lock)) if is_complete => file.note_complete(lock),
            (Some(file), None) if is_complete => lock::note_complete(file.path()),
            _ => {}
        }
    }
}

/// Has this process be the collector of the file, and says so when the one before it left less than it acknowledged.
fn take(file: &DatabaseFile) -> Result<CollectorLock, StoreError> {
    let lock = CollectorLock::take(file.path())?;
    file.hold()?;
    let log = file::beside(file.path(), file::LOG);
    if lock::needs_log(file.path()) && !log.exists() {
        tracing::error!(
            "the last collector on {} did not end properly, and its log {} is not there any more: unless another program \
             copied that into the file, what was acknowledged last is lost",
            file.path().display(),
            log.display()
        );
    }
    Ok(lock)
}

/// After [`Sqlite::close`].
fn closed() -> StoreError {
    StoreError::Unavailable("the collector is stopping".into())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Unavailable(error.to_string()))?
}

/// Version and checksum of the migrations that ran.
fn applied(connection: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    connection
        .prepare("SELECT version, checksum FROM schema_migration ORDER BY version")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn user_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// What is left of a file and its log must stay as it is, for who has to put it together.
fn leave_as_it_is(writer: &Connection) {
    if let Err(error) = writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::warn!(%error, "the log may be copied into a file that is not whole");
    }
}

/// Whether the file alone is everything now.
fn empty_at_the_end(writer: &Connection, readers_ended: bool) -> bool {
    let patience = writer.busy_timeout(CLOSE_PATIENCE);
    let emptied = patience.and_then(|()| checkpoint::truncate(writer));
    match &emptied {
        Ok(true) => {}
        Ok(false) => tracing::warn!(
            readers_ended,
            "the log could not be emptied, since somebody reads: until the next stop the file is not complete without it"
        ),
        Err(error) => {
            tracing::warn!(%error, "the log could not be copied: until the next stop the file is not complete without it");
        }
    }
    emptied.unwrap_or(false)
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

/// Gives the rows of statements, a piece at a time, in one transaction.
fn each(
    connection: &mut Connection,
    statements: &[Statement],
    give: &mut impl FnMut(usize, Vec<Row>) -> Result<(), Unwanted>,
) -> Result<(), StoreError> {
    let unwanted = |Unwanted| StoreError::Unavailable("nobody takes the rest of a long result".to_owned());
    let transaction = connection.transaction()?;
    for (place, statement) in statements.iter().enumerate() {
        let mut prepared = prepare(&transaction, statement)?;
        let columns = Columns::new(prepared.column_names());
        let mut rows = prepared.raw_query();
        let mut piece = Vec::with_capacity(ROWS);
        while let Some(row) = rows.next()? {
            piece.push(read_row(row, &columns)?);
            if piece.len() == ROWS {
                give(place, std::mem::replace(&mut piece, Vec::with_capacity(ROWS))).map_err(unwanted)?;
            }
        }
        give(place, piece).map_err(unwanted)?;
    }
    Ok(())
}

/// Prepares a statement and binds its values.
fn prepare<'a>(connection: &'a Connection, statement: &Statement) -> Result<CachedStatement<'a>, StoreError> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    for (index, value) in statement.params.iter().enumerate() {
        // `$2` is a name to SQLite, numbered by first appearance; a parameter may be unused or used twice.
        if let Some(place) = prepared.parameter_index(&format!("${}", index + 1))? {
            prepared.raw_bind_parameter(place, value)?;
        }
    }
    Ok(prepared)
}

/// Runs one statement and reads all its rows.
fn run(connection: &Connection, statement: &Statement) -> Result<Vec<Row>, StoreError> {
    let mut prepared = prepare(connection, statement)?;
    let columns = Columns::new(prepared.column_names());
    let mut rows = prepared.raw_query();
    let mut result = Vec::new();
    while let Some(row) = rows.next()? {
        result.push(read_row(row, &columns)?);
    }
    Ok(result)
}

fn read_row(row: &rusqlite::Row<'_>, columns: &Columns) -> Result<Row, StoreError> {
    // A report reads tens of thousands of rows: collecting into a result would let each of them grow step by step.
    let mut values = Vec::with_capacity(columns.len());
    for column in 0..columns.len() {
        values.push(owned(row.get_ref(column)?));
    }
    Ok(Row::new(columns, values))
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null(ColumnType::Int),
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
    }
}
