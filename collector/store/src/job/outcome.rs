//! What becomes of a job that was worked at.

use super::claim::ClaimedJob;
use super::{ERROR_BYTES, JobState};
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// How the work at a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is done.
    Done,
    /// It is done, and comes again at that time.
    Repeats {
        /// In epoch milliseconds.
        due_at_ms: i64,
    },
    /// It failed, and is tried again at that time.
    Retried {
        /// In epoch milliseconds.
        due_at_ms: i64,
        /// Why.
        error: String,
    },
    /// It failed for good.
    Failed {
        /// Why.
        error: String,
    },
    /// It was not finished, and is left to somebody else as if it had not begun.
    GivenBack,
}

impl Store {
    /// Notes how the work at a job ended; false when it had gone to somebody else meanwhile. One that was asked for anew since it
    /// was claimed waits for its new time, whatever came of this run.
    pub async fn end_job(&self, holder: Id, job: &ClaimedJob, now_ms: i64, ended: &Ended) -> Result<bool, StoreError> {
        let (state, due_at_ms, attempts, error) = match ended {
            Ended::Done => (JobState::Done, now_ms, job.attempts, None),
            Ended::Repeats { due_at_ms } => (JobState::Waiting, *due_at_ms, 0, None),
            Ended::Retried { due_at_ms, error } => (JobState::Waiting, *due_at_ms, job.attempts, Some(error)),
            Ended::Failed { error } => (JobState::Failed, now_ms, job.attempts, Some(error)),
            Ended::GivenBack => (JobState::Waiting, now_ms, job.attempts - 1, None),
        };
        let error = error.map(|error| error[..error.floor_char_boundary(ERROR_BYTES)].to_owned());
        // What is done needs no payload any more, and whoever it was about may want to be forgotten.
        let sql = "UPDATE job SET
                payload = CASE WHEN revision = $3 AND $4 = 'done' THEN '' ELSE payload END,
                state = CASE WHEN revision = $3 THEN $4 ELSE 'waiting' END,
                due_at_ms = CASE WHEN revision = $3 THEN $5 ELSE due_at_ms END,
                attempts = CASE WHEN revision = $3 THEN $6 ELSE 0 END,
                last_error = $7, changed_at_ms = $8, holder = NULL, lease_until_ms = 0
             WHERE job_id = $1 AND holder = $2 AND state = 'running' RETURNING job_id";
        let params = params![job.job_id, holder, job.revision, state.as_str(), due_at_ms, attempts, error, now_ms];
        Ok(!self.write(vec![Statement::new(sql, params)]).await?[0].is_empty())
    }
}
