//! Whether something could be stored now: known from the last commit, or else found out by storing what a batch does, in the
//! tables in which it does, and as much as it does.
//!
//! Asking costs at most one such commit a second, however many ask.

use super::writer::Evidence;
use crate::clock::Clock;
use crate::device::Device;
use crate::record::Consent;
use crate::record::{AnswerRow, DeliveryRow, PageViewRow, Record, ResponseRow, SignalRow, Submission};
use crate::{Statement, Store, StoreError, params, random};
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_shared::wire::DeliveryEvent;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer holds.
const HOLDS: Duration = Duration::from_secs(1);
/// For so long nothing is believed but a commit after one that failed: less may fit than was refused.
const DISTRUST: Duration = Duration::from_secs(3);
/// What the largest batch makes of its bytes, with indexes.
const PROBE_BYTES: usize = 4 * rapport_shared::limit::BATCH_BYTES;
const HOUR_MS: i64 = 3_600_000;
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
    /// Nobody's visitor key can be made.
    #[error("the salts of visitor keys cannot be used")]
    SaltIsGone(String),
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
            Self::FileIsGone(cause) | Self::CannotWrite(cause) | Self::SaltIsGone(cause) => cause.clone(),
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
            Evidence { failure: None, stored_at: Some(at), .. } if at.elapsed() < HOLDS => return Ok(()),
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

    /// Does what a batch does, and stores as much as the largest one makes.
    async fn probe(&self) -> Result<(), NotReady> {
        // No day is before 1970: this reads the salts, and destroys none.
        self.engine.destroy_salts_before(0).await.map_err(|error| NotReady::SaltIsGone(error.to_string()))?;
        let cannot = |error| match error {
            StoreError::Busy => NotReady::WriterHasEnded,
            error => NotReady::CannotWrite(error.to_string()),
        };
        // Where the last one failed, for what is damaged may lie there.
        let site_id = self.writer.evidence().failed_site.unwrap_or_default();
        self.writer.try_storing(an_item_of_each_kind(site_id)).await.map_err(cannot)?;
        let sql =
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        // Another letter each time, or there would be nothing to write.
        let letter = char::from(b'a' + random::fresh::<u8>() % 26);
        let value = letter.to_string().repeat(PROBE_BYTES);
        // Collectors on one database do not wait for each other's.
        let name = format!("ready-{}", self.collector_id().to_text());
        let forget = Statement::new("DELETE FROM setting WHERE name = $1", params![&name]);
        let written = self.write(vec![Statement::new(sql, params![&name, value]), forget]).await;
        written.map(|_| ()).map_err(cannot)
    }
}

/// What nobody sent, to be taken back.
fn an_item_of_each_kind(site_id: Id) -> Submission {
    let now_ms = Clock::System.now_ms();
    let (item_id, hour_ms) = (Clock::System.new_id(), now_ms - now_ms.rem_euclid(HOUR_MS));
    let response = ResponseRow {
        site_id,
        item_id,
        revision: 0,
        survey_id: "ready".into(),
        survey_version: 1,
        view_id: None,
        session_id: None,
        visitor_key: None,
        occurred_at_ms: now_ms,
        received_at_ms: now_ms,
        hour_ms,
        clamped: false,
        bot: false,
        path: "/".into(),
        language: "en".into(),
        device: Device::Desktop.into(),
        duration_ms: 0,
        finished: false,
        trail: "[]".into(),
        trail_withheld: false,
        page: "{}".into(),
        suspicion: None,
        consent: Consent::Unknown,
        customer_id: None,
    };
    let answer = AnswerRow {
        site_id,
        item_id,
        question_id: "ready".into(),
        position: 0,
        kind: AnswerKind::OpenText,
        score: None,
        choices: "[]".into(),
        text: "ready".into(),
    };
    let records = vec![
        Record::PageView(Box::new(a_view(site_id, item_id, now_ms, hour_ms))),
        Record::Signal(Box::new(SignalRow {
            site_id,
            item_id,
            view_id: item_id,
            session_id: None,
            known_visitor_key: None,
            occurred_at_ms: now_ms,
            received_at_ms: now_ms,
            hour_ms,
            clamped: false,
            bot: false,
            kind: SignalKind::Error,
            path: "/".into(),
            device: Device::Desktop.into(),
            element: String::new(),
            name: "ready".into(),
            text: String::new(),
            count: 1,
            rule: None,
            measured: None,
            error_key: None,
            detail: None,
        })),
        Record::Response(Box::new(response), vec![answer]),
        Record::Delivery(Box::new(DeliveryRow {
            site_id,
            item_id,
            occurred_at_ms: now_ms,
            received_at_ms: now_ms,
            hour_ms,
            clamped: false,
            bot: false,
            survey_id: "ready".into(),
            survey_version: 1,
            event: DeliveryEvent::Shown,
            path: "/".into(),
            device: Device::Desktop.into(),
            response_id: None,
        })),
    ];
    Submission { site_id, received_at_ms: now_ms, day_ms: hour_ms, records, ..Submission::default() }
}

fn a_view(site_id: Id, item_id: Id, now_ms: i64, hour_ms: i64) -> PageViewRow {
    PageViewRow {
        site_id,
        item_id,
        session_id: Some(item_id),
        visitor_key: item_id,
        occurred_at_ms: now_ms,
        received_at_ms: now_ms,
        hour_ms,
        path: "/".into(),
        language: "en".into(),
        device: Device::Desktop.into(),
        view_index: 1,
        ..PageViewRow::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_collector_called_itself_ready_though_no_batch_could_be_stored() {
        for table in ["page_view", "signal", "response", "answer", "delivery", "outcome"] {
            each_engine(async |store| {
                assert_eq!(store.probe().await, Ok(()));
                let sql = format!("SELECT COUNT(*) AS total FROM {table}");
                assert_eq!(store.read(sql, params![]).await.unwrap()[0].int("total"), Ok(0), "nothing of it stays");
                let rename = Statement::new(format!("ALTER TABLE {table} RENAME TO lost"), params![]);
                store.write(vec![rename]).await.unwrap();
                assert!(matches!(store.ready().await, Err(NotReady::CannotWrite(_))), "{table}");
            })
            .await;
        }
    }
}
