//! Where everything is kept: one store, on an embedded SQLite file or on PostgreSQL, chosen by the URL alone.
//!
//! The two engines offer the same three primitives: read a statement, write a list of statements as one transaction,
//! commit a group of ingest submissions. Everything else is SQL in the dialect both understand, written once, in a
//! folder a subject. SQLite has one writer thread with its own prepared statements and a pool of read-only connections.

pub mod account;
pub mod annotation;
pub mod arrival;
pub mod attachment;
pub mod audit;
pub mod calendar;
pub mod click_rule;
pub mod clock;
pub mod conversation;
pub mod course;
pub mod customer;
pub mod device;
pub mod engine;
pub mod error_key;
pub mod follow_up;
pub mod heat_code;
pub mod hours;
pub mod interaction;
pub mod issue;
pub mod issue_told;
pub mod job;
mod lease;
pub mod mail;
pub mod mail_report;
pub mod merge;
pub mod news;
pub mod notification;
pub mod persona;
pub mod random;
pub mod rarely;
pub mod raw;
pub mod record;
pub mod response;
pub mod review;
pub mod rollup;
pub mod route;
pub mod segment;
pub mod share;
pub mod shown_id;
pub mod signal_detail;
pub mod site;
#[cfg(any(test, feature = "test"))]
pub mod story_test;
pub mod subscription;
pub mod survey;
pub mod survey_draft;
pub mod target;
#[cfg(any(test, feature = "test"))]
pub mod test_store;
pub mod text;
pub mod ticket;
pub mod visit;
pub mod visitor;
pub mod webhook;
pub mod word;

use crate::clock::Clock;
pub use crate::engine::migrate::{MIGRATIONS, Migration};
pub use crate::engine::value::{Row, Value};
use engine::Engine;
use record::{Outcome, Submission};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Why the store could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The queue of the writer is full: try again shortly.
    #[error("the write queue is full")]
    Busy,
    /// The database is away, locked or out of space: nothing was stored, try again.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database refused a statement: a bug, or a constraint.
    #[error("the database refused a statement: {0}")]
    Refused(String),
    /// What the database holds is not what this program writes.
    #[error("inconsistent data: {0}")]
    Inconsistent(String),
    /// The URL or the schema cannot be used.
    #[error("{0}")]
    Setup(String),
}

impl StoreError {
    /// The kind of fault, in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Unavailable(_) => "unavailable",
            Self::Refused(_) => "refused",
            Self::Inconsistent(_) => "inconsistent",
            Self::Setup(_) => "setup",
        }
    }
}

/// One statement with its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// SQL in the common dialect, with `$1` and so on.
    pub sql: Cow<'static, str>,
    /// Values for `$1` and so on.
    pub params: Vec<Value>,
}

impl Statement {
    /// A statement.
    pub fn new(sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Self {
        Self { sql: sql.into(), params }
    }
}

/// The store. Every request clones it several times: one count is all that may cost.
#[derive(Clone)]
pub struct Store(Arc<Opened>);

/// What an open store consists of.
#[cfg_attr(test, derive(Clone))]
pub struct Opened {
    engine: Arc<Engine>,
    writer: crate::engine::writer::Writer,
    streams: crate::engine::stream::Streams,
    readiness: Arc<crate::engine::readiness::Readiness>,
    /// Whether a lease or a job was ever taken.
    holds_lease: Arc<AtomicBool>,
    /// Whether the log is to be wiped in the background.
    wipes_log: Arc<AtomicBool>,
    #[cfg(any(test, feature = "test"))]
    statements_run: Arc<std::sync::atomic::AtomicUsize>,
    rollups: rollup::registry::Registry,
}

impl std::ops::Deref for Store {
    type Target = Opened;

    fn deref(&self) -> &Opened {
        &self.0
    }
}

/// The file in which the database at `url` is, if it is embedded.
pub fn database_file(url: &str) -> Option<&Path> {
    engine::sqlite_path(url).filter(|path| *path != Path::new(":memory:"))
}

/// Files of the database at `url` that others than their owner may read or write. Opening it mends that.
pub fn exposed_files(url: &str) -> Vec<PathBuf> {
    database_file(url).map_or_else(Vec::new, crate::engine::sqlite::exposed)
}

impl Store {
    /// Opens `url` (`sqlite://FILE`, `crate::engine::sqlite::memory:` or `postgres://...`) and brings its schema up to date. Beside a
    /// collector that runs on it, too.
    ///
    /// # Errors
    /// [`StoreError::Setup`] for a URL or a schema that cannot be used, [`StoreError::Unavailable`] when it is away.
    pub async fn open(url: &str, clock: Clock) -> Result<Self, StoreError> {
        Self::open_for(url, clock, false, MIGRATIONS).await
    }

    /// [`Store::open`] for a collector. An embedded file has one at a time.
    ///
    /// # Errors
    /// [`StoreError::Setup`] also when another collector runs on the file.
    pub async fn open_to_collect(url: &str, clock: Clock) -> Result<Self, StoreError> {
        let store = Self::open_for(url, clock, true, MIGRATIONS).await?;
        // A disk that is full now, or a damaged page, must not keep it from showing what it has and storing what it can.
        if let Err(error) = store.end_leases_of_the_dead().await {
            tracing::warn!(%error, "background work may wait for a collector that is dead");
        }
        if let Err(error) = store.fill_visitor_keys().await {
            tracing::warn!(%error, "reports of customers may leave out some whose browsers were known before this version");
        }
        if let Err(error) = store.index_customers().await {
            tracing::warn!(%error, "some customers of before this version may not be found by their words");
        }
        match store.overwrite_deleted(false) {
            Ok(true) => {}
            Ok(false) => tracing::warn!(
                "what was deleted from the database until this version is still in its free pages, and it is too large to \
                 be written anew at a start: run `rapport migrate` while no collector runs"
            ),
            Err(error) => tracing::warn!(
                %error,
                "what was deleted from the database until this version is still in its free pages, and it cannot be \
                 written anew"
            ),
        }
        Ok(store)
    }

    /// [`Store::open`] as a program does that knows these migrations.
    #[cfg(test)]
    pub(crate) async fn open_knowing(url: &str, known: &[Migration]) -> Result<Self, StoreError> {
        Self::open_for(url, Clock::System, false, known).await
    }

    /// The same store, in something otherwise.
    #[cfg(test)]
    pub(crate) fn altered(&self, alter: impl FnOnce(&mut Opened)) -> Self {
        let mut opened = Opened::clone(self);
        alter(&mut opened);
        Self(Arc::new(opened))
    }

    async fn open_for(url: &str, clock: Clock, collects: bool, known: &[Migration]) -> Result<Self, StoreError> {
        let engine = Arc::new(Engine::open(url, collects).await?);
        engine.migrate(known, clock.now_ms()).await?;
        let writer = crate::engine::writer::Writer::start(engine.clone(), clock);
        Ok(Self(Arc::new(Opened {
            engine,
            writer,
            streams: crate::engine::stream::Streams::default(),
            readiness: Arc::default(),
            holds_lease: Arc::default(),
            wipes_log: Arc::default(),
            #[cfg(any(test, feature = "test"))]
            statements_run: Arc::default(),
            rollups: rollup::ROLLUPS,
        })))
    }

    /// This process among the collectors on the same database: it holds leases and marks dirty hours by this id.
    pub fn collector_id(&self) -> rapport_shared::id::Id {
        self.writer.collector_id()
    }

    /// Whether a collector runs on this database, in this process or another; `None` where that cannot be known.
    pub fn has_collector(&self) -> Option<bool> {
        self.engine.has_collector()
    }

    /// Writes an embedded file anew when what was deleted in it long ago was not overwritten; without `always` only when
    /// that takes seconds. True when there is nothing left to do. Blocks, and so does every write meanwhile.
    pub fn overwrite_deleted(&self, always: bool) -> Result<bool, StoreError> {
        self.engine.overwrite_deleted(always)
    }

    /// Whether nothing that was deleted is still in free pages of an embedded file.
    pub fn is_overwritten(&self) -> Result<bool, StoreError> {
        self.engine.is_overwritten()
    }

    /// Rows of a statement that only reads.
    pub async fn read(&self, sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.count(1);
        self.engine.read(Statement::new(sql, params)).await
    }

    /// Runs the statements as one transaction and gives the rows each returned (`RETURNING`).
    pub async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, StoreError> {
        self.count(statements.len());
        self.writer.write(statements).await
    }

    #[cfg(not(any(test, feature = "test")))]
    fn count(&self, _statements: usize) {}

    #[cfg(any(test, feature = "test"))]
    fn count(&self, statements: usize) {
        self.statements_run.fetch_add(statements, std::sync::atomic::Ordering::Relaxed);
    }

    /// How many statements were read and written through this store, so that tests can say what something costs.
    #[cfg(any(test, feature = "test"))]
    pub fn statements_run(&self) -> usize {
        self.statements_run.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Stores a submission and answers once it is durable: one outcome per record, in order.
    ///
    /// # Errors
    /// [`StoreError::Busy`] at once when the queue is full; then nothing was stored.
    pub async fn submit(&self, submission: Submission) -> Result<Vec<Outcome>, StoreError> {
        self.writer.submit(submission).await
    }

    /// How many submissions wait for the writer.
    pub fn queue_length(&self) -> usize {
        self.writer.queue_length()
    }

    /// Whether new submissions are turned away.
    pub fn queue_is_full(&self) -> bool {
        self.queue_length() >= crate::engine::writer::QUEUE_SUBMISSIONS
    }

    /// Waits until everything submitted so far is durable, gives up leases, and closes the database: then an embedded file
    /// alone is everything. Later submissions are [`StoreError::Busy`].
    pub async fn shut_down(&self) {
        self.writer.shut_down(self.giving_up_leases()).await;
    }

    /// `sqlite` or `postgres`.
    pub fn engine_name(&self) -> &'static str {
        self.engine.name()
    }
}
