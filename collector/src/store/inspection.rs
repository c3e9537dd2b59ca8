//! What `rapport doctor` asks of a database: can it be written, will it keep what it acknowledged, what time is it.

use super::{MIGRATIONS, Statement, Store, StoreError};
use crate::params;

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

impl Store {
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
                    "SELECT journal_mode FROM pragma_journal_mode",
                    &["wal", "delete", "truncate", "persist"],
                ),
                ("synchronous", "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", &["2", "3"]),
            ]
        } else {
            &[
                (
                    "synchronous_commit",
                    "SELECT current_setting('synchronous_commit')",
                    &["on", "remote_apply", "remote_write", "local"],
                ),
                ("fsync", "SELECT current_setting('fsync')", &["on"]),
                ("full_page_writes", "SELECT current_setting('full_page_writes')", &["on"]),
            ]
        };
        let mut settings = Vec::new();
        for (name, sql, safe) in asked {
            let rows = self.write(vec![Statement::new(*sql, params![])]).await?;
            let value = rows[0].first().map(|row| row.text(0)).transpose()?.unwrap_or_default().to_owned();
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
        rows.first().ok_or_else(|| StoreError::Inconsistent(format!("migration {version} did not run")))?.int(0)
    }

    /// The newest migration that ran, and the newest that this program knows.
    pub async fn schema_version(&self) -> Result<(i64, i64), StoreError> {
        let rows = self.read("SELECT MAX(version) FROM schema_migration", params![]).await?;
        Ok((rows[0].int_or_null(0)?.unwrap_or(0), MIGRATIONS.last().map_or(0, |migration| migration.version)))
    }

    /// The database's own time in epoch milliseconds, where it has one; else the last time that something was migrated.
    pub async fn database_time_ms(&self) -> Result<i64, StoreError> {
        let sql = if self.engine_name() == "postgres" {
            "SELECT CAST(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000 AS BIGINT)"
        } else {
            "SELECT MAX(applied_at_ms) FROM schema_migration"
        };
        let rows = self.read(sql, params![]).await?;
        Ok(rows[0].int_or_null(0)?.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::Clock;
    use crate::store::test_store::each_engine;

    #[tokio::test]
    async fn the_writing_connection_is_durable_and_its_clock_is_ours() {
        each_engine(async |store| {
            store.try_writing(1).await.unwrap();
            store.try_writing(2).await.unwrap();
            let settings = store.durable_settings().await.unwrap();
            let commit = settings.iter().find(|setting| setting.name.starts_with("synchronous")).unwrap();
            assert!(commit.is_safe, "{settings:?}");
            let (ran, known) = store.schema_version().await.unwrap();
            assert_eq!(ran, known);
            let difference_ms = Clock::System.now_ms() - store.database_time_ms().await.unwrap();
            assert!(difference_ms.abs() < 60_000, "{difference_ms} ms apart");
        })
        .await;
    }
}
