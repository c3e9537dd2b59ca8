//! What `rapport doctor` asks of a database: can it be written, is it whole, will it keep what it acknowledged, what time
//! is it, does its background work go on.

use crate::{MIGRATIONS, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use std::collections::BTreeSet;

/// No day is longer, in milliseconds.
const LONGEST_DAY_MS: i64 = 26 * 3_600_000;
/// Most faults that are told of a damaged file.
const FAULTS: i64 = 3;

/// Settings of the engine on which the promise to keep every acknowledged item rests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurableSetting {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether the promise holds with it.
    pub is_safe: bool,
}

/// What waits to be rolled up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// The site of what has waited longest.
    pub site_id: Id,
    /// Start of that hour, or of that day once it is over, in epoch milliseconds.
    pub bucket_ms: i64,
    /// Since when it has waited, in epoch milliseconds.
    pub since_ms: i64,
    /// How many hours and days that are over wait, of all sites.
    pub buckets: u64,
}

impl Store {
    /// What is damaged in an embedded file, in words; nothing when every page, index and constraint is sound. Reads all of
    /// it. Nothing of PostgreSQL is checked here.
    pub async fn damages(&self) -> Result<Vec<String>, StoreError> {
        if self.engine_name() != "sqlite" {
            return Ok(Vec::new());
        }
        let sql = "SELECT integrity_check FROM pragma_integrity_check LIMIT $1";
        let rows = self.read(sql, params![FAULTS]).await?;
        let said =
            rows.iter().map(|row| row.text("integrity_check").map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
        Ok(said.into_iter().filter(|line| line != "ok").collect())
    }

    /// What has waited longest to be rolled up, if anything waits. An hour that changes again has waited since then only.
    pub async fn rollup_backlog(&self, now_ms: i64) -> Result<Option<Backlog>, StoreError> {
        let over = "rollup_dirty_day WHERE day_ms < $1";
        let oldest = format!(
            "SELECT site_id, bucket_ms, mark FROM (SELECT site_id, hour_ms AS bucket_ms, mark FROM rollup_dirty
               UNION ALL SELECT site_id, day_ms AS bucket_ms, mark FROM {over}) AS waiting ORDER BY mark LIMIT 1"
        );
        let over_before_ms = now_ms - LONGEST_DAY_MS;
        let rows = self.read(oldest, params![over_before_ms]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let count = format!("SELECT (SELECT COUNT(*) FROM rollup_dirty) + (SELECT COUNT(*) FROM {over}) AS buckets");
        Ok(Some(Backlog {
            site_id: row.id("site_id")?,
            bucket_ms: row.int("bucket_ms")?,
            since_ms: row.id("mark")?.unix_ms() as i64,
            buckets: self.read(count, params![over_before_ms]).await?[0].count("buckets")?,
        }))
    }

    /// Writes a value and takes it back.
    pub async fn try_writing(&self, now_ms: i64) -> Result<(), StoreError> {
        let name = "doctor";
        let forget = || Statement::new("DELETE FROM setting WHERE name = $1", params![name]);
        let insert = "INSERT INTO setting (name, value) VALUES ($1, $2)";
        self.write(vec![forget(), Statement::new(insert, params![name, now_ms.to_string()])]).await?;
        self.write(vec![forget()]).await.map(|_| ())
    }

    /// The settings of the connection that writes.
    pub async fn durable_settings(&self) -> Result<Vec<DurableSetting>, StoreError> {
        let asked: &[(&'static str, &str, &[&str])] = if self.engine_name() == "sqlite" {
            &[
                (
                    "journal_mode",
                    "SELECT journal_mode AS value FROM pragma_journal_mode",
                    &["wal", "delete", "truncate", "persist"],
                ),
                ("synchronous", "SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous", &["2", "3"]),
            ]
        } else {
            &[
                (
                    "synchronous_commit",
                    "SELECT current_setting('synchronous_commit') AS value",
                    &["on", "remote_apply", "remote_write", "local"],
                ),
                ("fsync", "SELECT current_setting('fsync') AS value", &["on"]),
                ("full_page_writes", "SELECT current_setting('full_page_writes') AS value", &["on"]),
            ]
        };
        let mut settings = Vec::new();
        for (name, sql, safe) in asked {
            let rows = self.write(vec![Statement::new(*sql, params![])]).await?;
            let value = rows[0].first().map(|row| row.text("value")).transpose()?.unwrap_or_default().to_owned();
            settings.push(DurableSetting { name, is_safe: safe.contains(&value.as_str()), value });
        }
        Ok(settings)
    }

    /// When a migration ran, in epoch milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when it did not.
    pub async fn migrated_at_ms(&self, version: i64) -> Result<i64, StoreError> {
        let sql = "SELECT applied_at_ms FROM schema_migration WHERE version = $1";
        let rows = self.read(sql, params![version]).await?;
        rows.first()
            .ok_or_else(|| StoreError::Inconsistent(format!("migration {version} did not run")))?
            .int("applied_at_ms")
    }

    /// Versions of the migrations that this program knows and that did not run.
    pub async fn missing_migrations(&self) -> Result<Vec<i64>, StoreError> {
        let rows = self.read("SELECT version FROM schema_migration", params![]).await?;
        let ran = rows.iter().map(|row| row.int("version")).collect::<Result<BTreeSet<_>, _>>()?;
        let known = MIGRATIONS.iter().map(|migration| migration.version);
        Ok(known.filter(|version| !ran.contains(version)).collect())
    }

    /// The database's own time in epoch milliseconds, where it has one; else the last time that something was migrated.
    pub async fn database_time_ms(&self) -> Result<i64, StoreError> {
        let sql = if self.engine_name() == "postgres" {
            "SELECT CAST(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000 AS BIGINT) AS now_ms"
        } else {
            "SELECT MAX(applied_at_ms) AS now_ms FROM schema_migration"
        };
        let rows = self.read(sql, params![]).await?;
        Ok(rows[0].int_or_null("now_ms")?.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn rollups_that_stand_still_are_known_by_site_and_hour() {
        each_engine(async |store| {
            const HOUR_MS: i64 = 3_600_000;
            let now_ms = 1_790_000_000_000;
            assert_eq!(store.rollup_backlog(now_ms).await, Ok(None));
            assert_eq!(store.damages().await, Ok(vec![]));
            let (site, other) = (Id([1; 16]), Id([2; 16]));
            let mark = |age_ms: i64| Id::version_7((now_ms - age_ms) as u64, [7; 10]);
            let hour = "INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark) VALUES ($1, $2, $3, $4)";
            let day = "INSERT INTO rollup_dirty_day (site_id, day_ms, mark) VALUES ($1, $2, $3)";
            let statements = vec![
                Statement::new(hour, params![site, now_ms - 2 * HOUR_MS, other, mark(HOUR_MS)]),
                Statement::new(hour, params![other, now_ms - 90 * HOUR_MS, other, mark(5)]),
                // Of today: it does not wait yet.
                Statement::new(day, params![other, now_ms - 10 * HOUR_MS, mark(9 * HOUR_MS)]),
            ];
            store.write(statements).await.unwrap();
            let backlog =
                Backlog { site_id: site, bucket_ms: now_ms - 2 * HOUR_MS, since_ms: now_ms - HOUR_MS, buckets: 2 };
            assert_eq!(store.rollup_backlog(now_ms).await, Ok(Some(backlog)));
            let old = Statement::new(day, params![other, now_ms - 50 * HOUR_MS, mark(20 * HOUR_MS)]);
            store.write(vec![old]).await.unwrap();
            let backlog = store.rollup_backlog(now_ms).await.unwrap().unwrap();
            assert_eq!((backlog.site_id, backlog.bucket_ms), (other, now_ms - 50 * HOUR_MS));
        })
        .await;
    }

    #[tokio::test]
    async fn the_writing_connection_is_durable_and_its_clock_is_ours() {
        each_engine(async |store| {
            store.try_writing(1).await.unwrap();
            store.try_writing(2).await.unwrap();
            let settings = store.durable_settings().await.unwrap();
            let commit = settings.iter().find(|setting| setting.name.starts_with("synchronous")).unwrap();
            assert!(commit.is_safe, "{settings:?}");
            assert_eq!(store.missing_migrations().await, Ok(vec![]));
            let unrun = Statement::new("DELETE FROM schema_migration WHERE version = $1", params![20_i64]);
            store.write(vec![unrun]).await.unwrap();
            assert_eq!(store.missing_migrations().await, Ok(vec![20]));
            let difference_ms = Clock::System.now_ms() - store.database_time_ms().await.unwrap();
            assert!(difference_ms.abs() < 60_000, "{difference_ms} ms apart");
        })
        .await;
    }
}
