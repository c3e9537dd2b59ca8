//! Where everything is kept: one store, on an embedded SQLite file or on PostgreSQL, chosen by the URL alone.
//!
//! The two engines offer the same three primitives: read a statement, write a list of statements as one transaction,
//! commit a group of ingest submissions. Everything else in this folder is SQL in the dialect both understand, written
//! once. SQLite has one writer thread with its own prepared statements and a pool of read-only connections.

pub mod accounts;
pub mod api_keys;
pub mod attachments;
pub mod audit;
#[cfg(test)]
mod catalog_test;
pub mod customers;
mod engine;
pub(crate) mod erasure;
pub mod inspection;
mod migrate;
pub(crate) mod outcome;
mod postgres;
pub mod record;
#[cfg(test)]
mod record_test;
pub mod reports;
pub mod reviews;
pub mod rollups;
pub mod site_secrets;
pub mod sites;
mod sqlite;
pub mod surveys;
#[cfg(test)]
pub(crate) mod test_store;
pub mod themes;
pub mod value;
pub mod visitors;
pub mod visits;
mod writer;

use crate::clock::Clock;
use engine::Engine;
pub use migrate::{MIGRATIONS, Migration};
use record::{Outcome, Submission};
use std::borrow::Cow;
use std::sync::Arc;
pub use value::{Kind, Row, Value};

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

/// One statement with its values.
#[derive(Clone, Debug)]
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

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
    writer: writer::Writer,
}

impl Store {
    /// Opens `url` (`sqlite://FILE`, `sqlite::memory:` or `postgres://...`) and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Setup`] for a URL or a schema that cannot be used, [`StoreError::Unavailable`] when it is away.
    pub async fn open(url: &str, clock: Clock) -> Result<Self, StoreError> {
        let engine = Arc::new(Engine::open(url).await?);
        engine.migrate(clock.now_ms()).await?;
        let writer = writer::Writer::start(engine.clone(), clock);
        Ok(Self { engine, writer })
    }

    /// Rows of a statement that only reads.
    pub async fn read(&self, sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.engine.read(Statement::new(sql, params)).await
    }

    /// Runs the statements as one transaction and gives the rows each returned (`RETURNING`).
    pub async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, StoreError> {
        self.writer.write(statements).await
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
        self.queue_length() >= writer::QUEUE_SUBMISSIONS
    }

    /// Waits until everything submitted so far is durable, then stops the writer. Later submissions are [`StoreError::Busy`].
    pub async fn shut_down(&self) {
        self.writer.shut_down().await;
    }

    /// `sqlite` or `postgres`.
    pub fn engine_name(&self) -> &'static str {
        self.engine.name()
    }
}
