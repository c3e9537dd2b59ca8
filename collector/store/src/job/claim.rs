//! Who has a job: claiming what is due, renewing the lease while the work goes on, giving it back.
//!
//! A claim is an update of a row that must still be as it was read, so that of several collectors one gets it; that is the same
//! on both engines and locks nothing else.

use crate::engine::value::placeholders;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use std::collections::HashSet;
use std::sync::atomic::Ordering;

/// How long a collector has a job without renewing its lease, in milliseconds (1 minute).
pub const LEASE_MS: i64 = 60_000;

/// A lease that ends later than any that is taken now could is of a clock that was set back since: `$1` is now, `$2` the end of
/// the longest lease.
const LOST: &str = "state = 'running' AND (lease_until_ms < $1 OR lease_until_ms > $2)";

/// What a collector would take on.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The kinds that it knows; others are left to those who know them.
    pub kinds: &'a [&'static str],
    /// The collector.
    pub holder: Id,
    /// Now, in epoch milliseconds.
    pub now_ms: i64,
    /// Most jobs.
    pub most: usize,
    /// What it is at already: its lease may have ended without its notice.
    pub except: &'a HashSet<Id>,
}

/// A job that this collector has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Its id.
    pub job_id: Id,
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// The site that it belongs to, if it belongs to one.
    pub site_id: Option<Id>,
    /// What its kind needs to know, as JSON.
    pub payload: String,
    /// How often it was begun since it was asked for, this time included.
    pub attempts: i64,
    /// How often it was asked for anew until now.
    pub revision: i64,
}

fn claimed(row: &Row) -> Result<ClaimedJob, StoreError> {
    Ok(ClaimedJob {
        job_id: row.id("job_id")?,
        kind: row.text("kind")?.to_owned(),
        key: row.text("idempotency_key")?.to_owned(),
        site_id: row.id_or_null("site_id")?,
        payload: row.text("payload")?.to_owned(),
        attempts: row.int("attempts")?,
        revision: row.int("revision")?,
    })
}

/// The end of the longest lease that can have been taken by a clock that is right.
fn longest_ms(now_ms: i64) -> i64 {
    now_ms.saturating_add(2 * LEASE_MS)
}

impl Store {
    /// Takes jobs that are due, those due first before others, and those whose collector let its lease end; each goes to one.
    pub async fn claim_jobs(&self, claim: Claim<'_>) -> Result<Vec<ClaimedJob>, StoreError> {
        let mut due = self.due_jobs(&claim).await?;
        due.retain(|job_id| !claim.except.contains(job_id));
        due.truncate(claim.most);
        if due.is_empty() {
            return Ok(Vec::new());
        }
        // In one order, so that collectors that want the same do not wait for each other in a circle.
        due.sort();
        self.holds_lease.store(true, Ordering::Relaxed);
        let sql = format!(
            "UPDATE job SET state = 'running', holder = $3, lease_until_ms = $4, attempts = attempts + 1, changed_at_ms = $1
             WHERE job_id = $5 AND ((state = 'waiting' AND due_at_ms <= $1) OR ({LOST}))
             RETURNING job_id, kind, idempotency_key, site_id, payload, attempts, revision"
        );
        let Claim { holder, now_ms, .. } = claim;
        let take = |job_id: Id| {
            let params = params![now_ms, longest_ms(now_ms), holder, now_ms.saturating_add(LEASE_MS), job_id];
            Statement::new(sql.clone(), params)
        };
        let rows = self.write(due.into_iter().map(take).collect()).await?;
        rows.iter().flatten().map(claimed).collect()
    }

    /// Ids of jobs that could be claimed, those that were lost first, then those due first.
    async fn due_jobs(&self, claim: &Claim<'_>) -> Result<Vec<Id>, StoreError> {
        if claim.most == 0 || claim.kinds.is_empty() {
            return Ok(Vec::new());
        }
        let kinds = placeholders(4, claim.kinds.len());
        let sql = format!(
            "SELECT job_id FROM (SELECT job_id FROM job WHERE {LOST} AND kind IN ({kinds}) LIMIT $3) AS lost
             UNION ALL SELECT job_id FROM (SELECT job_id FROM job WHERE state = 'waiting' AND due_at_ms <= $1
                AND kind IN ({kinds}) ORDER BY due_at_ms, job_id LIMIT $3) AS due"
        );
        let most = claim.most.saturating_add(claim.except.len()) as i64;
        let mut params = params![claim.now_ms, longest_ms(claim.now_ms), most];
        params.extend(claim.kinds.iter().map(|kind| Value::from(*kind)));
        self.read(sql, params).await?.iter().map(|row| row.id("job_id")).collect()
    }

    /// Renews the leases of what a collector is at; the ids of the jobs that it still has. The others have gone to somebody else.
    pub async fn renew_jobs(&self, holder: Id, job_ids: &HashSet<Id>, now_ms: i64) -> Result<HashSet<Id>, StoreError> {
        let sql = "UPDATE job SET lease_until_ms = $1 WHERE job_id = $2 AND holder = $3 AND state = 'running' RETURNING job_id";
        let mut job_ids: Vec<Id> = job_ids.iter().copied().collect();
        job_ids.sort();
        let renew = |job_id| Statement::new(sql, params![now_ms.saturating_add(LEASE_MS), job_id, holder]);
        let rows = self.write(job_ids.into_iter().map(renew).collect()).await?;
        rows.iter().flatten().map(|row| row.id("job_id")).collect()
    }

    /// Gives back whatever this collector has, as if it had not begun.
    pub async fn give_back_jobs(&self) -> Result<(), StoreError> {
        self.write(vec![self.giving_back_jobs()]).await.map(|_| ())
    }

    /// The statement of [`Store::give_back_jobs`].
    pub(crate) fn giving_back_jobs(&self) -> Statement {
        let sql = "UPDATE job SET state = 'waiting', attempts = attempts - 1, holder = NULL, lease_until_ms = $2
             WHERE holder = $1 AND state = 'running'";
        Statement::new(sql, params![self.collector_id(), 0_i64])
    }
}

/// The statement that ends the lease of every job, on a database where there can be no other collector: whoever had them is dead.
pub(crate) fn ending_leases() -> Statement {
    Statement::new("UPDATE job SET lease_until_ms = $1 WHERE state = 'running'", params![0_i64])
}
