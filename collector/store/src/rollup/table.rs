//! SQL of the rollups: dirty marks, what could not be rolled up, and the swap of old rollup rows for new ones.

use crate::rollup::{Grain, HourRollup};
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// A mark that an hour's rollups are behind, as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirtyMark {
    /// The site.
    pub site_id: Id,
    /// Start of the hour.
    pub hour_ms: i64,
    /// Who marked it.
    pub collector_id: Id,
    /// Changes with every write.
    pub mark: Id,
}

/// An hour or a day that could not be rolled up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupFailure {
    /// The site.
    pub site_id: Id,
    /// The length of the bucket.
    pub grain: Grain,
    /// Its start.
    pub bucket_ms: i64,
    /// How often it was tried in vain.
    pub attempts: i64,
    /// When it last failed.
    pub failed_at_ms: i64,
    /// When it is tried again.
    pub retry_at_ms: i64,
    /// Why it last failed.
    pub reason: String,
}

/// Whether a failed bucket waits for its next try, at the instant in `$1`. A failure of the future is of a clock that was
/// set back, and waits for nothing.
const WAITS: &str = "f.retry_at_ms > $1 AND f.failed_at_ms <= $1";

impl Store {
    /// Dirty hours of all sites after the place `after` (site and hour) whose turn it is at `now_ms`, in that order; at most
    /// `most` marks.
    pub async fn dirty_marks(&self, after: (Id, i64), now_ms: i64, most: i64) -> Result<Vec<DirtyMark>, StoreError> {
        let sql = format!(
            "SELECT d.site_id, d.hour_ms, d.collector_id, d.mark FROM rollup_dirty d
             WHERE (d.site_id, d.hour_ms) > ($2, $3)
               AND NOT EXISTS (SELECT 1 FROM rollup_failure f WHERE f.site_id = d.site_id AND f.grain = 'hour'
                   AND f.bucket_ms = d.hour_ms AND {WAITS})
             ORDER BY d.site_id, d.hour_ms LIMIT $4"
        );
        self.read(sql, params![now_ms, after.0, after.1, most]).await?.iter().map(dirty_mark).collect()
    }

    /// Notes that a bucket could not be rolled up; how often that happened in all.
    pub async fn rollup_failed(&self, failure: &RollupFailure) -> Result<(), StoreError> {
        let sql = "INSERT INTO rollup_failure (site_id, grain, bucket_ms, attempts, failed_at_ms, retry_at_ms, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (site_id, grain, bucket_ms) DO UPDATE SET attempts = excluded.attempts,
                 failed_at_ms = excluded.failed_at_ms, retry_at_ms = excluded.retry_at_ms, reason = excluded.reason";
        let RollupFailure { site_id, grain, bucket_ms, attempts, failed_at_ms, retry_at_ms, reason } = failure;
        let params =
            params![*site_id, grain.as_str(), *bucket_ms, *attempts, *failed_at_ms, *retry_at_ms, reason.as_str()];
        self.write(vec![Statement::new(sql, params)]).await.map(|_| ())
    }

    /// How often a bucket was tried in vain; 0 for those that are well.
    pub async fn rollup_attempts(&self, site_id: Id, grain: Grain, bucket_ms: i64) -> Result<i64, StoreError> {
        let sql = "SELECT attempts FROM rollup_failure WHERE site_id = $1 AND grain = $2 AND bucket_ms = $3";
        let rows = self.read(sql, params![site_id, grain.as_str(), bucket_ms]).await?;
        rows.first().map_or(Ok(0), |row| row.int("attempts"))
    }

    /// The buckets of all sites that could not be rolled up, those tried most often first, at most `most`.
    pub async fn rollup_failures(&self, most: i64) -> Result<Vec<RollupFailure>, StoreError> {
        let sql = "SELECT site_id, grain, bucket_ms, attempts, failed_at_ms, retry_at_ms, reason FROM rollup_failure
             ORDER BY attempts DESC, site_id, grain, bucket_ms LIMIT $1";
        self.read(sql, params![most]).await?.iter().map(rollup_failure).collect()
    }

    /// Hours of one site in `[from_ms, until_ms)` whose rollups are behind.
    pub async fn dirty_hours(&self, site_id: Id, from_ms: i64, until_ms: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT DISTINCT hour_ms FROM rollup_dirty
                   WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3 ORDER BY hour_ms";
        self.read(sql, params![site_id, from_ms, until_ms]).await?.iter().map(|row| row.int("hour_ms")).collect()
    }

    /// The marks that an hour has; none when its rollups are up to date.
    pub async fn marks_of_hour(&self, site_id: Id, hour_ms: i64) -> Result<Vec<Id>, StoreError> {
        let sql = "SELECT mark FROM rollup_dirty WHERE site_id = $1 AND hour_ms = $2 ORDER BY mark";
        self.read(sql, params![site_id, hour_ms]).await?.iter().map(|row| row.id("mark")).collect()
    }

    /// The mark under which the rollups of an hour that is not behind were put in place; `None` while it is behind, or has none.
    pub async fn built_mark(&self, site_id: Id, hour_ms: i64) -> Result<Option<Id>, StoreError> {
        let sql = "SELECT b.mark FROM rollup_built b WHERE b.site_id = $1 AND b.hour_ms = $2
             AND NOT EXISTS (SELECT 1 FROM rollup_dirty d WHERE d.site_id = b.site_id AND d.hour_ms = b.hour_ms)";
        self.read(sql, params![site_id, hour_ms]).await?.first().map(|row| row.id("mark")).transpose()
    }

    /// Days of one site in `[from_ms, until_ms)` whose day rollups are not there yet or behind.
    pub async fn dirty_days(&self, site_id: Id, from_ms: i64, until_ms: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT day_ms FROM rollup_dirty_day
                   WHERE site_id = $1 AND day_ms >= $2 AND day_ms < $3 ORDER BY day_ms";
        self.read(sql, params![site_id, from_ms, until_ms]).await?.iter().map(|row| row.int("day_ms")).collect()
    }

    /// Dirty days of all sites after the place `after` (site and day) that began before `now_ms` and whose turn it is, in
    /// that order: site, day and mark.
    pub async fn dirty_day_marks(
        &self,
        after: (Id, i64),
        now_ms: i64,
        most: i64,
    ) -> Result<Vec<(Id, i64, Id)>, StoreError> {
        let sql = format!(
            "SELECT d.site_id, d.day_ms, d.mark FROM rollup_dirty_day d
             WHERE d.day_ms < $1 AND (d.site_id, d.day_ms) > ($2, $3)
               AND NOT EXISTS (SELECT 1 FROM rollup_failure f WHERE f.site_id = d.site_id AND f.grain = 'day'
                   AND f.bucket_ms = d.day_ms AND {WAITS})
             ORDER BY d.site_id, d.day_ms LIMIT $4"
        );
        let rows = self.read(sql, params![now_ms, after.0, after.1, most]).await?;
        rows.iter().map(|row| Ok((row.id("site_id")?, row.int("day_ms")?, row.id("mark")?))).collect()
    }

    /// Puts an hour's rollups in place of the old ones, marks its day, and takes away the marks that were seen.
    pub async fn replace_hour(
        &self,
        marks: &[DirtyMark],
        day_ms: i64,
        day_mark: Id,
        rollup: &HourRollup,
    ) -> Result<(), StoreError> {
        let Some(DirtyMark { site_id, hour_ms, .. }) = marks.first() else { return Ok(()) };
        let mut statements = self.rollups().replace(*site_id, Grain::Hour, *hour_ms, rollup);
        statements.push(marking(*site_id, day_ms, day_mark));
        statements.push(built(*site_id, *hour_ms, day_mark));
        statements.extend(marks.iter().map(|mark| {
            Statement::new(
                "DELETE FROM rollup_dirty WHERE site_id = $1 AND hour_ms = $2 AND collector_id = $3 AND mark = $4",
                params![mark.site_id, mark.hour_ms, mark.collector_id, mark.mark],
            )
        }));
        self.write(statements).await.map(|_| ())
    }

    /// Puts a day's rollups in place of the old ones and takes away the mark that was seen.
    pub async fn replace_day(&self, site_id: Id, day_ms: i64, mark: Id, rollup: &HourRollup) -> Result<(), StoreError> {
        let mut statements = self.rollups().replace(site_id, Grain::Day, day_ms, rollup);
        statements.push(unmarking(site_id, day_ms, mark));
        self.write(statements).await.map(|_| ())
    }

    /// Puts marks of these days in place of one that was seen, whose rollups, if there are any, are of no day.
    pub(super) async fn mark_days_instead(
        &self,
        (site_id, day_ms, mark): (Id, i64, Id),
        days_ms: &[i64],
        new_mark: Id,
    ) -> Result<(), StoreError> {
        let mut statements = self.rollups().replace(site_id, Grain::Day, day_ms, &HourRollup::default());
        statements.extend(days_ms.iter().map(|day_ms| marking(site_id, *day_ms, new_mark)));
        statements.push(unmarking(site_id, day_ms, mark));
        self.write(statements).await.map(|_| ())
    }
}

/// The statement that marks a day.
pub(crate) fn marking(site_id: Id, day_ms: i64, mark: Id) -> Statement {
    let sql = "INSERT INTO rollup_dirty_day (site_id, day_ms, mark) VALUES ($1, $2, $3)
         ON CONFLICT (site_id, day_ms) DO UPDATE SET mark = excluded.mark";
    Statement::new(sql, params![site_id, day_ms, mark])
}

/// The statement that says under which mark an hour's rollups were put in place.
fn built(site_id: Id, hour_ms: i64, mark: Id) -> Statement {
    let sql = "INSERT INTO rollup_built (site_id, hour_ms, mark) VALUES ($1, $2, $3)
         ON CONFLICT (site_id, hour_ms) DO UPDATE SET mark = excluded.mark";
    Statement::new(sql, params![site_id, hour_ms, mark])
}

/// The statement that takes away a day's mark that was seen.
fn unmarking(site_id: Id, day_ms: i64, mark: Id) -> Statement {
    let sql = "DELETE FROM rollup_dirty_day WHERE site_id = $1 AND day_ms = $2 AND mark = $3";
    Statement::new(sql, params![site_id, day_ms, mark])
}

fn dirty_mark(row: &Row) -> Result<DirtyMark, StoreError> {
    Ok(DirtyMark {
        site_id: row.id("site_id")?,
        hour_ms: row.int("hour_ms")?,
        collector_id: row.id("collector_id")?,
        mark: row.id("mark")?,
    })
}

fn rollup_failure(row: &Row) -> Result<RollupFailure, StoreError> {
    Ok(RollupFailure {
        site_id: row.id("site_id")?,
        grain: row.named("rollup_failure.grain", Grain::parse)?,
        bucket_ms: row.int("bucket_ms")?,
        attempts: row.int("attempts")?,
        failed_at_ms: row.int("failed_at_ms")?,
        retry_at_ms: row.int("retry_at_ms")?,
        reason: row.text("reason")?.to_owned(),
    })
}
