//! PostgreSQL: any number of collectors on one database; rows go in as arrays, one statement a table.

mod commit;
mod value;

use super::migrate::{self, Migration};
use super::stream::{ROWS, Sink, Unwanted};
use crate::engine::Stamp;
use crate::record::{Outcome, Submission};
use crate::{Row, Statement, StoreError};
use commit::store_site;
use futures_util::TryStreamExt;
use rapport_shared::id::Id;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool};
use std::collections::BTreeMap;
use std::time::Duration;
use value::{Query, bind, columns_of, decode, decode_all};

/// Connections of one collector: readers of dashboards and the writer.
const CONNECTIONS: u32 = 8;
/// How often a transaction is tried again after a fault that a new connection or a new try can mend.
const TRIES: u32 = 5;
/// Holds collectors that start together apart while one migrates ("rapport" in ASCII, cut to 63 bits).
const MIGRATION_LOCK: i64 = 0x72_6170_706f_7274;

/// The engine.
pub(crate) struct Postgres {
    pool: PgPool,
}

/// SQLSTATEs that mean "not now": connection lost, server shutting down or starting, too many connections, disk full,
/// serialization failure, deadlock. 08P01 is what a pooler answers when its server went away.
fn is_transient(code: &str) -> bool {
    code.starts_with("08")
        || code.starts_with("53")
        || matches!(code, "57P01" | "57P02" | "57P03" | "40001" | "40P01" | "25006")
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if !database.code().is_some_and(|code| is_transient(&code)) => {
                Self::Refused(error.to_string())
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Inconsistent(error.to_string())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl Postgres {
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(|connection, _| {
                // An acknowledged item must survive a crash whatever the server's default is.
                Box::pin(async move { connection.execute("SET synchronous_commit = on").await.map(|_| ()) })
            })
            .connect(url)
            .await?;
        Ok(Self { pool })
    }

    pub async fn migrate(&self, known: &[Migration], now_ms: i64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *transaction).await?;
        sqlx::raw_sql(migrate::HISTORY).execute(&mut *transaction).await?;
        let applied: Vec<(i64, String)> =
            sqlx::query_as("SELECT version, checksum FROM schema_migration ORDER BY version")
                .fetch_all(&mut *transaction)
                .await?;
        for migration in migrate::pending(known, &applied).map_err(StoreError::Setup)? {
            sqlx::raw_sql(AssertSqlSafe(migration.sql_on("postgres"))).execute(&mut *transaction).await?;
            sqlx::query(
                "INSERT INTO schema_migration (version, name, checksum, applied_at_ms) VALUES ($1, $2, $3, $4)",
            )
            .bind(migration.version)
            .bind(migration.name)
            .bind(migration.checksum())
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?;
        }
        keep_salt_out_of_the_log(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// The salt of a day: `fresh` when there is none yet. Those of days before `oldest_day` are destroyed with the file that
    /// they were in.
    pub async fn daily_salt(&self, day: i64, oldest_day: i64, fresh: [u8; 16]) -> Result<[u8; 16], StoreError> {
        let known = async |connection: &mut PgConnection| -> Result<Option<[u8; 16]>, StoreError> {
            let sql = "SELECT salt FROM daily_salt WHERE day = $1";
            let rows = run(connection, &Statement::new(sql, crate::params![day])).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            let salt = row.blob("salt")?.try_into();
            salt.map(Some).map_err(|_| StoreError::Inconsistent("a salt must have 16 bytes".into()))
        };
        self.destroy_salts_before(oldest_day.min(day)).await?;
        if let Some(salt) = known(&mut *self.pool.acquire().await?).await? {
            return Ok(salt);
        }
        let mut transaction = self.pool.begin().await?;
        sqlx::raw_sql(LOCK_SALTS).execute(&mut *transaction).await?;
        if let Some(salt) = known(&mut transaction).await? {
            return Ok(salt);
        }
        let insert = "INSERT INTO daily_salt (day, salt) VALUES ($1, $2)";
        run(&mut transaction, &Statement::new(insert, crate::params![day, fresh.to_vec()])).await?;
        transaction.commit().await?;
        Ok(fresh)
    }

    pub async fn destroy_salts_before(&self, day: i64) -> Result<(), StoreError> {
        let sql = "SELECT COUNT(*) AS days FROM daily_salt WHERE day < $1";
        if self.read(&Statement::new(sql, crate::params![day])).await?[0].int("days")? == 0 {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        sqlx::raw_sql(LOCK_SALTS).execute(&mut *transaction).await?;
        keep_salts_from(&mut transaction, day).await?;
        Ok(transaction.commit().await?)
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub async fn read(&self, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        run(&mut *self.pool.acquire().await?, statement).await
    }

    /// On a connection of its own, which is closed whatever came of it: one that is left in the middle of a result would
    /// have to read the rest of it first.
    pub fn stream(&self, statements: Vec<Statement>, sink: Sink) {
        let pool = self.pool.clone();
        tokio::spawn(async move {
            let read = async {
                let mut connection = pool.acquire().await?.detach();
                each(&mut connection, &statements, &sink).await
            };
            let read = read.await;
            sink.end(read).await;
        });
    }

    pub async fn write(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        retried(async || {
            let mut transaction = self.pool.begin().await?;
            let mut results = Vec::with_capacity(statements.len());
            for statement in statements {
                results.push(run(&mut transaction, statement).await?);
            }
            transaction.commit().await?;
            Ok(results)
        })
        .await
    }

    /// One transaction a site, so that a site whose shard is away does not hold up the others.
    pub async fn commit_group(&self, group: &[&Submission], stamp: Stamp) -> Result<Vec<Vec<Outcome>>, StoreError> {
        let mut sites: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
        for (index, submission) in group.iter().enumerate() {
            sites.entry(submission.site_id).or_default().push(index);
        }
        let mut outcomes = vec![Vec::new(); group.len()];
        for places in sites.into_values() {
            let submissions: Vec<&Submission> = places.iter().map(|place| group[*place]).collect();
            let stored = retried(async || self.commit_site(&submissions, stamp).await).await?;
            for (place, stored) in places.into_iter().zip(stored) {
                outcomes[place] = stored;
            }
        }
        Ok(outcomes)
    }

    async fn commit_site(&self, group: &[&Submission], stamp: Stamp) -> Result<Vec<Vec<Outcome>>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let outcomes = store_site(&mut transaction, group, stamp).await?;
        transaction.commit().await?;
        Ok(outcomes)
    }

    /// [`Self::commit_group`] of one site without the commit: nothing of it stays.
    pub async fn try_group(&self, group: &[&Submission], stamp: Stamp) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        store_site(&mut transaction, group, stamp).await?;
        Ok(transaction.rollback().await?)
    }
}

/// Collectors that begin a day at the same time must not destroy each other's salt.
const LOCK_SALTS: &str = "LOCK TABLE daily_salt IN ACCESS EXCLUSIVE MODE";

/// Destroys the salts of days before `oldest_day`: the others go into a new file of the table, and the old one is deleted.
async fn keep_salts_from(connection: &mut PgConnection, oldest_day: i64) -> Result<(), StoreError> {
    let kept = run(connection, &Statement::new("SELECT day, salt FROM daily_salt", crate::params![])).await?;
    if kept.iter().all(|row| row.int("day").is_ok_and(|day| day >= oldest_day)) {
        return Ok(());
    }
    sqlx::raw_sql("TRUNCATE daily_salt").execute(&mut *connection).await?;
    for row in kept {
        let (day, salt) = (row.int("day")?, row.blob("salt")?.to_vec());
        if day >= oldest_day {
            let insert = "INSERT INTO daily_salt (day, salt) VALUES ($1, $2)";
            run(connection, &Statement::new(insert, crate::params![day, salt])).await?;
        }
    }
    Ok(())
}

/// Rows of an unlogged table are in no write-ahead log, so in no archive, replica or base backup either; `TRUNCATE` takes
/// the file away that they were in. After a crash of the server the table is empty: that day has two salts.
async fn keep_salt_out_of_the_log(connection: &mut PgConnection) -> Result<(), StoreError> {
    let sql = "SELECT COUNT(*) AS logged FROM pg_class WHERE oid = 'daily_salt'::REGCLASS AND relpersistence = 'p'";
    let logged = run(connection, &Statement::new(sql, crate::params![])).await?;
    if logged[0].int("logged")? > 0 {
        sqlx::raw_sql("ALTER TABLE daily_salt SET UNLOGGED").execute(connection).await?;
    }
    Ok(())
}

/// Runs one statement and reads all its rows.
async fn run(connection: &mut PgConnection, statement: &Statement) -> Result<Vec<Row>, StoreError> {
    decode_all(&bound(statement).fetch_all(connection).await?)
}

/// A statement with its values.
fn bound(statement: &Statement) -> Query<'_> {
    let query = sqlx::query::<sqlx::Postgres>(AssertSqlSafe(statement.sql.to_string()));
    statement.params.iter().fold(query, bind)
}

/// Gives the rows of statements, a piece at a time, in one transaction.
async fn each(connection: &mut PgConnection, statements: &[Statement], sink: &Sink) -> Result<(), StoreError> {
    let unwanted = |Unwanted| StoreError::Unavailable("nobody takes the rest of a long result".to_owned());
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    for (place, statement) in statements.iter().enumerate() {
        let mut rows = bound(statement).fetch(&mut *connection);
        let mut piece = Vec::with_capacity(ROWS);
        let mut columns = None;
        while let Some(row) = rows.try_next().await? {
            piece.push(decode(&row, columns.get_or_insert_with(|| columns_of(&row)))?);
            if piece.len() == ROWS {
                let full = std::mem::replace(&mut piece, Vec::with_capacity(ROWS));
                sink.give(place, full).await.map_err(unwanted)?;
            }
        }
        sink.give(place, piece).await.map_err(unwanted)?;
    }
    connection.execute("COMMIT").await?;
    Ok(())
}

/// Tries a transaction again after a passing fault, with the same ids, so that a commit whose answer was lost is safe.
async fn retried<T>(transaction: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let mut pause = Duration::from_millis(20);
    for _ in 1..TRIES {
        match transaction().await {
            Err(StoreError::Unavailable(reason)) => tracing::warn!(reason, "trying a transaction again"),
            result => return result,
        }
        tokio::time::sleep(pause).await;
        pause *= 3;
    }
    transaction().await
}
