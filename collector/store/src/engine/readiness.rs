//! Whether something could be stored now: known from the last commit, or else found out by storing as much as a batch
//! does.
//!
//! Asking costs at most one such commit a second, however many ask.

use super::writer::Evidence;
use crate::{Statement, Store, StoreError, params, random};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer holds.
const HOLDS: Duration = Duration::from_secs(1);
/// For so long nothing is believed but a commit after one that failed: less may fit than was refused.
const DISTRUST: Duration = Duration::from_secs(3);
/// What the largest batch makes of its bytes, with indexes.
const PROBE_BYTES: usize = 4 * rapport_shared::limit::BATCH_BYTES;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Free space below which a batch may not fit any more, in bytes (1 MiB): it touches several indexes.
const FULL_BYTES: u64 = 1 << 20;

/// Why nothing could be stored now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// What is sent is turned away until some of it is stored.
    #[error("the write queue is full")]
    QueueIsFull,
    /// The process stops, or its writer died.
    #[error("the collector stores nothing any more")]
    WriterHasEnded,
    /// So few bytes are free.
    #[error("the disk of the database is full")]
    DiskIsFull(u64),
    /// The file was deleted, replaced or cut short.
    #[error("the database file is not the one that was opened")]
    FileIsGone(String),
    /// A commit failed.
    #[error("the database cannot be written")]
    CannotWrite(String),
    /// It did not come to an end.
    #[error("the database does not answer in time")]
    IsLate,
}

impl NotReady {
    /// What only the operator should know, for the log.
    pub fn cause(&self) -> String {
        match self {
            Self::FileIsGone(cause) | Self::CannotWrite(cause) => cause.clone(),
            Self::DiskIsFull(free_bytes) => format!("{free_bytes} bytes are free"),
            _ => String::new(),
        }
    }
}

/// What was found out last.
#[derive(Default)]
pub(crate) struct Readiness {
    last: Mutex<Option<(Instant, Result<(), NotReady>)>>,
    probing: Arc<tokio::sync::Mutex<()>>,
}

impl Readiness {
    fn fresh(&self) -> Option<Result<(), NotReady>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at, _)| at.elapsed() < HOLDS).map(|(_, found)| found.clone())
    }
}

impl Store {
    /// Whether a batch could be stored now.
    ///
    /// # Errors
    /// Why not.
    pub async fn ready(&self) -> Result<(), NotReady> {
        self.known_obstacle().map_or(Ok(()), Err)?;
        match self.writer.evidence() {
            Evidence { failure: Some((at, error)), .. } if at.elapsed() < DISTRUST => {
                return Err(NotReady::CannotWrite(error.to_string()));
            }
            Evidence { failure: None, stored_at: Some(at) } if at.elapsed() < HOLDS => return Ok(()),
            _ => {}
        }
        if let Some(found) = self.readiness.fresh() {
            return found;
        }
        let probing = tokio::time::timeout(PATIENCE, self.readiness.probing.clone().lock_owned());
        let probing = probing.await.map_err(|_| NotReady::IsLate)?;
        if let Some(found) = self.readiness.fresh() {
            return found;
        }
        let store = self.clone();
        // A task of its own: who asked may go, and the next must not begin another.
        let probe = tokio::spawn(async move {
            let found = store.probe().await;
            let mut last = store.readiness.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some((Instant::now(), found.clone()));
            drop(probing);
            found
        });
        tokio::time::timeout(PATIENCE, probe).await.ok().and_then(Result::ok).unwrap_or(Err(NotReady::IsLate))
    }

    /// What can be seen without trying.
    fn known_obstacle(&self) -> Option<NotReady> {
        if self.writer.has_ended() {
            return Some(NotReady::WriterHasEnded);
        }
        if self.queue_is_full() {
            return Some(NotReady::QueueIsFull);
        }
        if let Err(error) = self.engine.check() {
            return Some(NotReady::FileIsGone(error.to_string()));
        }
        self.engine.free_bytes().filter(|free_bytes| *free_bytes < FULL_BYTES).map(NotReady::DiskIsFull)
    }

    /// Stores as much as the largest batch makes.
    async fn probe(&self) -> Result<(), NotReady> {
        let sql =
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        // Another letter each time, or there would be nothing to write.
        let letter = char::from(b'a' + random::fresh::<u8>() % 26);
        let value = letter.to_string().repeat(PROBE_BYTES);
        // Collectors on one database do not wait for each other's.
        let name = format!("ready-{}", self.collector_id().to_text());
        let forget = Statement::new("DELETE FROM setting WHERE name = $1", params![&name]);
        match self.write(vec![Statement::new(sql, params![&name, value]), forget]).await {
            Ok(_) => Ok(()),
            Err(StoreError::Busy) => Err(NotReady::WriterHasEnded),
            Err(error) => Err(NotReady::CannotWrite(error.to_string())),
        }
    }
}
