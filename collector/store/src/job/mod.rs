//! Background work that waits in the database: what is to be done, when, and which collector is at it.
//!
//! A job is claimed by one collector at a time, which has to renew its lease while it works; one that is killed loses it, and
//! another takes over. So a job is done at least once, and whatever it does must bear being done again. What it is about is
//! told by its key: to ask for the same again is no second job.

pub mod backlog;
pub mod claim;
#[cfg(test)]
mod job_test;
pub mod outcome;

use crate::clock::Clock;
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Longest name of a kind, in bytes.
pub const KIND_BYTES: usize = 32;
/// Longest idempotency key, in bytes.
pub const KEY_BYTES: usize = 200;
/// Longest payload, in bytes of JSON: it names what the work is about, and does not carry it.
pub const PAYLOAD_BYTES: usize = 16_384;
/// Longest error that is kept, in bytes.
pub const ERROR_BYTES: usize = 500;
/// How long a job that is done is known by its key, in milliseconds (a day): whoever asks again meanwhile did not hear the answer.
pub const DONE_KEPT_MS: i64 = 86_400_000;
/// How long a job that failed for good can be seen, in milliseconds (30 days).
pub const FAILED_KEPT_MS: i64 = 30 * 86_400_000;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits for its time, or for a collector that is free.
    Waiting,
    /// A collector has it.
    Running,
    /// It is done, and known by its key for [`DONE_KEPT_MS`].
    Done,
    /// It failed for good, and can be seen for [`FAILED_KEPT_MS`].
    Failed,
}

impl JobState {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// What it means to ask for a job whose kind and key are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfKnown {
    /// Nothing: it stays as it is, whatever its state.
    Keep,
    /// The newer payload and the later due time take the place of those that are there; one that is done or failed waits anew,
    /// and one that is being worked at comes once more afterwards.
    Postpone,
}

/// A job that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its kind, at most [`KIND_BYTES`].
    pub kind: String,
    /// What it is about, at most [`KEY_BYTES`]: of a kind there is one job with it.
    pub key: String,
    /// The site that it belongs to, if it belongs to one.
    pub site_id: Option<Id>,
    /// What its kind needs to know, as JSON of at most [`PAYLOAD_BYTES`].
    pub payload: String,
    /// When it is to be done, in epoch milliseconds.
    pub due_at_ms: i64,
    /// What if it is there already.
    pub if_known: IfKnown,
}

fn bounded(field: &str, text: &str, most_bytes: usize) -> Result<(), StoreError> {
    let bytes = text.len();
    if bytes <= most_bytes {
        return Ok(());
    }
    Err(StoreError::Refused(format!("job.{field} has {bytes} bytes; at most {most_bytes} are allowed")))
}

impl NewJob {
    /// The statement that asks for it. In the transaction of whatever causes the job, both are there or neither.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when kind, key or payload are too long.
    pub fn statement(&self, clock: &Clock) -> Result<Statement, StoreError> {
        bounded("kind", &self.kind, KIND_BYTES)?;
        bounded("key", &self.key, KEY_BYTES)?;
        bounded("payload", &self.payload, PAYLOAD_BYTES)?;
        let insert =
            "INSERT INTO job (job_id, kind, idempotency_key, site_id, payload, state, due_at_ms, changed_at_ms,
                attempts, revision, holder, lease_until_ms, last_error)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, NULL, $9, NULL)
             ON CONFLICT (kind, idempotency_key) ";
        let what = match self.if_known {
            IfKnown::Keep => "DO NOTHING",
            IfKnown::Postpone => {
                "DO UPDATE SET payload = excluded.payload, site_id = excluded.site_id,
                    due_at_ms = CASE WHEN job.state = 'waiting' AND job.due_at_ms > excluded.due_at_ms
                        THEN job.due_at_ms ELSE excluded.due_at_ms END,
                    state = CASE WHEN job.state = 'running' THEN job.state ELSE excluded.state END,
                    attempts = CASE WHEN job.state = 'running' THEN job.attempts ELSE 0 END,
                    changed_at_ms = excluded.changed_at_ms, revision = job.revision + 1"
            }
        };
        let params = params![
            clock.new_id(),
            &self.kind,
            &self.key,
            self.site_id,
            &self.payload,
            JobState::Waiting.as_str(),
            self.due_at_ms,
            clock.now_ms(),
            0_i64,
        ];
        Ok(Statement::new(format!("{insert}{what}"), params))
    }
}

impl Store {
    /// Asks for jobs, all of them or none.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when kind, key or payload of one are too long.
    pub async fn enqueue(&self, jobs: &[NewJob], clock: &Clock) -> Result<(), StoreError> {
        let statements = jobs.iter().map(|job| job.statement(clock)).collect::<Result<Vec<_>, _>>()?;
        self.write(statements).await.map(|_| ())
    }
}
