//! The one narrow surface that an engine offers to the rest of the store.

pub mod backup;
#[cfg(test)]
pub(crate) mod catalog_test;
pub mod inspection;
pub(crate) mod migrate;
#[cfg(test)]
mod migrate_test;
pub(crate) mod named;
pub mod outcome;
mod postgres;
pub mod readiness;
pub mod salt;
pub(crate) mod sqlite;
pub mod stream;
pub mod value;
pub(crate) mod writer;

use super::record::{Outcome, Submission};
use super::{Row, Statement, StoreError};
use crate::engine::migrate::Migration;
use crate::engine::postgres::Postgres;
use crate::engine::sqlite::Sqlite;
use crate::engine::stream::Sink;
use rapport_shared::id::Id;
use std::path::Path;

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

/// The file that `url` names, if it names one.
pub(crate) fn sqlite_path(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite:").map(|path| Path::new(path.strip_prefix("//").unwrap_or(path)))
}

impl Engine {
    /// With `collects` for a collector, of which an embedded database has one.
    pub async fn open(url: &str, collects: bool) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Postgres::open(url).await.map(Self::Postgres)
        } else if let Some(path) = sqlite_path(url) {
            Sqlite::open(path, collects).map(Self::Sqlite)
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

    /// Runs those of `known` that have not run yet.
    pub async fn migrate(&self, known: &[Migration], now_ms: i64) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(engine) => engine.migrate(known, now_ms),
            Self::Postgres(engine) => engine.migrate(known, now_ms).await,
        }
    }

    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.read(statement).await,
            Self::Postgres(engine) => engine.read(&statement).await,
        }
    }

    /// Starts a reader that gives the sink the rows of the statements, all of one snapshot.
    pub fn stream(&self, statements: Vec<Statement>, sink: Sink) {
        match self {
            Self::Sqlite(engine) => engine.stream(statements, sink),
            Self::Postgres(engine) => engine.stream(statements, sink),
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

    /// [`Self::commit_group`] without the commit: nothing of it stays. On SQLite this blocks and belongs on the writer's
    /// thread.
    pub async fn try_group(&self, group: &[&Submission], stamp: Stamp) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(engine) => engine.try_group(group, stamp),
            Self::Postgres(engine) => engine.try_group(group, stamp).await,
        }
    }

    /// The salt of a day: `fresh` when there is none yet, and then those of days before `oldest_day` are destroyed.
    pub async fn daily_salt(&self, day: i64, oldest_day: i64, fresh: [u8; 16]) -> Result<[u8; 16], StoreError> {
        match self {
            Self::Sqlite(engine) => engine.daily_salt(day, oldest_day, fresh).await,
            Self::Postgres(engine) => engine.daily_salt(day, oldest_day, fresh).await,
        }
    }

    pub async fn destroy_salts_before(&self, day: i64) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(engine) => engine.destroy_salts_before(day).await,
            Self::Postgres(engine) => engine.destroy_salts_before(day).await,
        }
    }

    /// See [`Sqlite::overwrite_deleted`]; PostgreSQL's autovacuum does it as it goes.
    pub fn overwrite_deleted(&self, always: bool) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.overwrite_deleted(always),
            Self::Postgres(_) => Ok(true),
        }
    }

    /// Whether nothing that was deleted is still in free pages of the file.
    pub fn is_overwritten(&self) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.is_overwritten(),
            Self::Postgres(_) => Ok(true),
        }
    }

    /// False when it has to be tried again. On SQLite this blocks and belongs on the writer's thread.
    pub fn wipe_log(&self) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.wipe_log(),
            // PostgreSQL recycles its log by itself, and replicas and archives need it.
            Self::Postgres(_) => Ok(true),
        }
    }

    /// Whether what is acknowledged now would be there after the next start, as far as that can be known at no cost.
    pub fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(engine) => engine.check(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Free bytes on the disk of an embedded file.
    pub fn free_bytes(&self) -> Option<u64> {
        match self {
            Self::Sqlite(engine) => engine.free_bytes(),
            Self::Postgres(_) => None,
        }
    }

    /// Whether there can be no other collector on this database.
    pub fn is_alone(&self) -> bool {
        match self {
            Self::Sqlite(engine) => engine.is_alone(),
            Self::Postgres(_) => false,
        }
    }

    /// Whether a collector runs on this database now; `None` where that cannot be known.
    pub fn has_collector(&self) -> Option<bool> {
        match self {
            Self::Sqlite(engine) => Some(engine.has_collector()),
            Self::Postgres(_) => None,
        }
    }

    /// Brings everything to rest; later calls may be refused.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(engine) => engine.close().await,
            Self::Postgres(engine) => engine.close().await,
        }
    }
}
