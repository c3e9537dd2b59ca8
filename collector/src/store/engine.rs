//! The one narrow surface that an engine offers to the rest of the store.

use super::postgres::Postgres;
use super::record::{Outcome, Submission};
use super::sqlite::Sqlite;
use super::{Row, Statement, StoreError};
use rapport_shared::id::Id;

/// One of the engines.
pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// What a group commit is told besides its submissions.
#[derive(Clone, Copy)]
pub(crate) struct Stamp {
    /// This process, among the collectors on the same database.
    pub collector_id: Id,
    /// Fresh for every group: dirty hours carry it.
    pub mark: Id,
}

impl Engine {
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Postgres::open(url).await.map(Self::Postgres)
        } else if let Some(path) = url.strip_prefix("sqlite:") {
            Sqlite::open(path.strip_prefix("//").unwrap_or(path)).map(Self::Sqlite)
        } else {
            Err(StoreError::Setup("database_url must begin with sqlite:// or postgres://".into()))
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    pub async fn migrate(&self, now_ms: i64) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(engine) => engine.migrate(now_ms),
            Self::Postgres(engine) => engine.migrate(now_ms).await,
        }
    }

    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.read(statement).await,
            Self::Postgres(engine) => engine.read(&statement).await,
        }
    }

    /// Rows that the writer needs before it commits. On SQLite it does not wait for a reader, blocks, and belongs on the
    /// writer's thread.
    pub async fn read_to_write(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.read_to_write(&statement),
            Self::Postgres(engine) => engine.read(&statement).await,
        }
    }

    /// One transaction. On SQLite this blocks and belongs on the writer's thread.
    pub async fn write(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.write(statements),
            Self::Postgres(engine) => engine.write(statements).await,
        }
    }

    /// Outcomes per submission and record, after the commit. On SQLite this blocks and belongs on the writer's thread.
    pub async fn commit_group(&self, group: &[&Submission], stamp: Stamp) -> Result<Vec<Vec<Outcome>>, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.commit_group(group, stamp),
            Self::Postgres(engine) => engine.commit_group(group, stamp).await,
        }
    }
}
