//! What an operator asks of the jobs: which are overdue, which failed for good; and what keeps the table in order.

use super::{DONE_KEPT_MS, FAILED_KEPT_MS};
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// How far clocks of collectors may be apart before a job that was reckoned by a later clock is reckoned anew, in milliseconds.
const CLOCK_MS: i64 = 60_000;

/// A job, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedJob {
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// The site that it belongs to, if it belongs to one.
    pub site_id: Option<Id>,
    /// When it was to be done, in epoch milliseconds.
    pub due_at_ms: i64,
    /// How often it was begun.
    pub attempts: i64,
    /// Why it last failed; empty when it did not.
    pub last_error: String,
}

const COLUMNS: &str = "kind, idempotency_key, site_id, due_at_ms, attempts, COALESCE(last_error, '') AS last_error";

fn listed(row: &Row) -> Result<ListedJob, StoreError> {
    Ok(ListedJob {
        kind: row.text("kind")?.to_owned(),
        key: row.text("idempotency_key")?.to_owned(),
        site_id: row.id_or_null("site_id")?,
        due_at_ms: row.int("due_at_ms")?,
        attempts: row.int("attempts")?,
        last_error: row.text("last_error")?.to_owned(),
    })
}

impl Store {
    /// Jobs that were due, or whose lease ended, before `before_ms`, and that nobody is at; the longest due first, at most `most`.
    pub async fn overdue_jobs(&self, before_ms: i64, most: i64) -> Result<Vec<ListedJob>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM job WHERE (state = 'waiting' AND due_at_ms < $1)
               OR (state = 'running' AND lease_until_ms < $1) ORDER BY due_at_ms, job_id LIMIT $2"
        );
        self.read(sql, params![before_ms, most]).await?.iter().map(listed).collect()
    }

    /// Jobs that failed for good, the last first, at most `most`.
    pub async fn failed_jobs(&self, most: i64) -> Result<Vec<ListedJob>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM job WHERE state = 'failed' ORDER BY changed_at_ms DESC, job_id LIMIT $1");
        self.read(sql, params![most]).await?.iter().map(listed).collect()
    }

    /// Has a job that failed for good tried again, as if it had just been asked for; false when there is none.
    pub async fn retry_failed_job(&self, kind: &str, key: &str, now_ms: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE job SET state = 'waiting', attempts = $3, due_at_ms = $4, changed_at_ms = $4
             WHERE kind = $1 AND idempotency_key = $2 AND state = 'failed' RETURNING job_id";
        let retry = Statement::new(sql, params![kind, key, 0_i64, now_ms]);
        Ok(!self.write(vec![retry]).await?[0].is_empty())
    }

    /// Forgets jobs that have been done or have failed for long enough.
    pub async fn forget_ended_jobs(&self, now_ms: i64) -> Result<(), StoreError> {
        let sql = "DELETE FROM job WHERE state = $1 AND changed_at_ms < $2";
        let forget = |state: &str, kept_ms: i64| Statement::new(sql, params![state, now_ms - kept_ms]);
        self.write(vec![forget("done", DONE_KEPT_MS), forget("failed", FAILED_KEPT_MS)]).await.map(|_| ())
    }

    /// After the clock was set back: what was to wait for a while waits no longer than that from now on.
    pub async fn reckon_jobs_anew(&self, now_ms: i64) -> Result<(), StoreError> {
        let ahead = "state = 'waiting' AND changed_at_ms > $1";
        let latest_ms = now_ms.saturating_add(CLOCK_MS);
        // Hardly ever is there one, and then nothing is written.
        let any = self.read(format!("SELECT 1 FROM job WHERE {ahead} LIMIT 1"), params![latest_ms]).await?;
        if any.is_empty() {
            return Ok(());
        }
        let sql =
            format!("UPDATE job SET due_at_ms = due_at_ms - (changed_at_ms - $2), changed_at_ms = $2 WHERE {ahead}");
        self.write(vec![Statement::new(sql, params![latest_ms, now_ms])]).await.map(|_| ())
    }
}
