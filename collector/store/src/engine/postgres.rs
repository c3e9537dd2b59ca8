//! PostgreSQL: any number of collectors on one database; rows go in as arrays, one statement a table.

use super::migrate::{self, Migration};
use super::outcome::{self, INSERT_SESSION_HOUR, Tally, UPSERT_DIRTY};
use super::stream::{ROWS, Sink, Unwanted};
use super::value::{CellRef, ColumnType, Columns, TableRow};
use crate::engine::Stamp;
use crate::record::{AnswerRow, KEPT_COLUMNS, Outcome, Record, Submission};
use crate::site::outcome::ItemKind;
use crate::{Row, Statement, StoreError, Value};
use futures_util::TryStreamExt;
use rapport_shared::id::Id;
use sqlx::postgres::{PgArguments, PgConnection, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Column, Executor, PgPool, Row as _, TypeInfo, ValueRef};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

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
            sqlx::raw_sql(migration.sql).execute(&mut *transaction).await?;
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

async fn store_site(
    transaction: &mut PgConnection,
    group: &[&Submission],
    stamp: Stamp,
) -> Result<Vec<Vec<Outcome>>, StoreError> {
    let mut hours = HashMap::new();
    let records: Vec<&Record> = group
        .iter()
        .flat_map(|submission| {
            submission.records.iter().filter(|record| !submission.erased.contains(&record.item_id()))
        })
        .collect();
    store_revised(transaction, records.iter().filter_map(|r| as_page_view(r)), &mut hours).await?;
    store_once(transaction, records.iter().filter_map(|r| as_signal(r)), &mut hours).await?;
    store_once(transaction, records.iter().filter_map(|r| as_delivery(r)), &mut hours).await?;
    store_responses(transaction, &records, &mut hours).await?;

    let mut tally = Tally::default();
    let mut outcomes = Vec::with_capacity(group.len());
    for submission in group {
        let mut changed_hours_ms = Vec::new();
        let stored: Vec<Outcome> = submission
            .records
            .iter()
            .map(|record| match hours.remove(&(record.item_kind(), record.item_id(), record.revision())) {
                Some(hour_ms) => {
                    changed_hours_ms.push(hour_ms);
                    Outcome::Accepted
                }
                None if submission.erased.contains(&record.item_id()) => Outcome::Erased,
                None => Outcome::Duplicate,
            })
            .collect();
        for statement in &submission.also {
            run(transaction, statement).await?;
        }
        tally.add(submission, &stored, &changed_hours_ms);
        outcomes.push(stored);
    }
    for (key, (items, last_at_ms)) in tally.counters {
        run(transaction, &outcome::count(&key, items, last_at_ms)).await?;
    }
    for (site_id, session_id, hour_ms) in tally.session_hours {
        let params = crate::params![site_id, session_id, hour_ms];
        run(transaction, &Statement::new(INSERT_SESSION_HOUR, params)).await?;
    }
    for (site_id, hour_ms) in tally.dirty_hours {
        let params = crate::params![site_id, hour_ms, stamp.collector_id, stamp.mark];
        run(transaction, &Statement::new(UPSERT_DIRTY, params)).await?;
    }
    Ok(outcomes)
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

/// Kind, id and revision of what was stored, with the hour it counts in.
type StoredHours = HashMap<(ItemKind, Id, i64), i64>;

fn as_page_view<'a>(record: &&'a Record) -> Option<&'a crate::record::PageViewRow> {
    if let Record::PageView(row) = *record { Some(row) } else { None }
}

fn as_signal<'a>(record: &&'a Record) -> Option<&'a crate::record::SignalRow> {
    if let Record::Signal(row) = *record { Some(row) } else { None }
}

fn as_delivery<'a>(record: &&'a Record) -> Option<&'a crate::record::DeliveryRow> {
    if let Record::Delivery(row) = *record { Some(row) } else { None }
}

/// What the generic statements need to know of an ingest row.
trait Item: TableRow {
    const KIND: ItemKind;
    fn item_id(&self) -> Id;
    fn revision(&self) -> i64;
}

macro_rules! item {
    ($($row:ident $kind:ident $($revision:ident)?),* $(,)?) => {$(
        impl Item for crate::record::$row {
            const KIND: ItemKind = ItemKind::$kind;
            fn item_id(&self) -> Id { self.item_id }
            fn revision(&self) -> i64 { 0 $(+ self.$revision)? }
        }
    )*};
}
item!(PageViewRow PageView revision, SignalRow Signal, ResponseRow Response revision, DeliveryRow Delivery);

/// Of rows with the same id, the one with the highest revision: a key may appear once in a statement. Sorted by id.
fn folded<'a, R: Item + 'a>(rows: impl Iterator<Item = &'a R>) -> Vec<&'a R> {
    let mut by_id: BTreeMap<Id, &R> = BTreeMap::new();
    for row in rows {
        let entry = by_id.entry(row.item_id()).or_insert(row);
        if row.revision() > entry.revision() {
            *entry = row;
        }
    }
    by_id.into_values().collect()
}

async fn store_once<'a, R: Item + 'a>(
    connection: &mut PgConnection,
    rows: impl Iterator<Item = &'a R>,
    hours: &mut StoredHours,
) -> Result<(), StoreError> {
    let rows = folded(rows);
    insert(connection, &rows, hours).await
}

async fn store_revised<'a, R: Item + 'a>(
    connection: &mut PgConnection,
    rows: impl Iterator<Item = &'a R>,
    hours: &mut StoredHours,
) -> Result<(), StoreError> {
    let mut rows = folded(rows);
    insert(connection, &rows, hours).await?;
    rows.retain(|row| !hours.contains_key(&(R::KIND, row.item_id(), row.revision())));
    if rows.is_empty() {
        return Ok(());
    }
    let set: Vec<_> = R::COLUMNS
        .iter()
        .filter(|(name, _)| !KEPT_COLUMNS.contains(name))
        .map(|(name, _)| format!("{name} = new.{name}"))
        .collect();
    let table = R::TABLE;
    let sql = format!(
        "UPDATE {table} SET {} FROM UNNEST({}) AS new ({}) WHERE {table}.site_id = new.site_id
         AND {table}.item_id = new.item_id AND {table}.revision < new.revision
         RETURNING {table}.item_id, {table}.hour_ms, {table}.revision",
        set.join(", "),
        casts::<R>(),
        names::<R>(),
    );
    collect_hours::<R>(query(connection, sql, &rows).await?, hours)
}

async fn store_responses(
    connection: &mut PgConnection,
    records: &[&Record],
    hours: &mut StoredHours,
) -> Result<(), StoreError> {
    let responses = records.iter().filter_map(|r| if let Record::Response(row, a) = r { Some((row, a)) } else { None });
    // Of two that say the same revision the first is stored, so its answers must be too.
    let mut answers: HashMap<(Id, i64), &Vec<AnswerRow>> = HashMap::new();
    for (row, of_row) in responses.clone() {
        answers.entry((row.item_id, row.revision)).or_insert(of_row);
    }
    store_revised(connection, responses.map(|(row, _)| row.as_ref()), hours).await?;
    let stored: Vec<(Id, i64)> = hours
        .keys()
        .filter(|(name, ..)| *name == ItemKind::Response)
        .map(|(_, id, revision)| (*id, *revision))
        .collect();
    let mut rows = Vec::new();
    for key in &stored {
        rows.extend(answers.get(key).into_iter().flat_map(|answers| answers.iter()));
    }
    let Some(site_id) =
        records.iter().find_map(|r| if let Record::Response(row, _) = r { Some(row.site_id) } else { None })
    else {
        return Ok(());
    };
    let ids: Vec<Vec<u8>> = stored.iter().map(|(id, _)| id.0.to_vec()).collect();
    sqlx::query("DELETE FROM answer WHERE site_id = $1 AND item_id = ANY($2)")
        .bind(site_id.0.to_vec())
        .bind(ids)
        .execute(&mut *connection)
        .await?;
    if !rows.is_empty() {
        let sql = format!(
            "INSERT INTO answer ({}) SELECT * FROM UNNEST({}) ON CONFLICT DO NOTHING",
            names::<AnswerRow>(),
            casts::<AnswerRow>()
        );
        query(connection, sql, &rows).await?;
    }
    Ok(())
}

/// New rows are known from what the insert returns: counts of affected rows lie where tables are distributed.
async fn insert<R: Item>(
    connection: &mut PgConnection,
    rows: &[&R],
    hours: &mut StoredHours,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let revision =
        if R::COLUMNS.iter().any(|(name, _)| *name == "revision") { "revision" } else { "0::BIGINT AS revision" };
    let sql = format!(
        "INSERT INTO {} ({}) SELECT * FROM UNNEST({}) ON CONFLICT DO NOTHING RETURNING item_id, hour_ms, {revision}",
        R::TABLE,
        names::<R>(),
        casts::<R>()
    );
    collect_hours::<R>(query(connection, sql, rows).await?, hours)
}

fn collect_hours<R: Item>(rows: Vec<Row>, hours: &mut StoredHours) -> Result<(), StoreError> {
    for row in rows {
        hours.insert((R::KIND, row.id("item_id")?, row.int("revision")?), row.int("hour_ms")?);
    }
    Ok(())
}

fn names<R: TableRow>() -> String {
    R::COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn casts<R: TableRow>() -> String {
    let cast = |(index, (_, kind)): (usize, &(&str, ColumnType))| {
        let name = match kind {
            ColumnType::Int => "BIGINT",
            ColumnType::Real => "DOUBLE PRECISION",
            ColumnType::Text => "TEXT",
            ColumnType::Blob => "BYTEA",
        };
        format!("${}::{name}[]", index + 1)
    };
    R::COLUMNS.iter().enumerate().map(cast).collect::<Vec<_>>().join(", ")
}

enum Array<'a> {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<&'a str>>),
    Blob(Vec<Option<&'a [u8]>>),
}

/// Runs `sql` with one array a column.
async fn query<R: TableRow>(connection: &mut PgConnection, sql: String, rows: &[&R]) -> Result<Vec<Row>, StoreError> {
    let mut arrays: Vec<Array<'_>> = R::COLUMNS
        .iter()
        .map(|(_, kind)| match kind {
            ColumnType::Text => Array::Text(Vec::with_capacity(rows.len())),
            ColumnType::Blob => Array::Blob(Vec::with_capacity(rows.len())),
            ColumnType::Int | ColumnType::Real => Array::Int(Vec::with_capacity(rows.len())),
        })
        .collect();
    for row in rows {
        let mut column = 0;
        row.each(&mut |cell| {
            match (&mut arrays[column], cell) {
                (Array::Int(values), CellRef::Int(value)) => values.push(Some(value)),
                (Array::Int(values), _) => values.push(None),
                (Array::Text(values), CellRef::Text(value)) => values.push(Some(value)),
                (Array::Text(values), _) => values.push(None),
                (Array::Blob(values), CellRef::Blob(value)) => values.push(Some(value)),
                (Array::Blob(values), _) => values.push(None),
            }
            column += 1;
        });
    }
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for array in arrays {
        query = match array {
            Array::Int(values) => query.bind(values),
            Array::Text(values) => query.bind(values),
            Array::Blob(values) => query.bind(values),
        };
    }
    decode_all(&query.fetch_all(connection).await?)
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

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, PgArguments>;

fn bind<'q>(query: Query<'q>, value: &'q Value) -> Query<'q> {
    match value {
        Value::Null(ColumnType::Int) => query.bind(None::<i64>),
        Value::Null(ColumnType::Real) => query.bind(None::<f64>),
        Value::Null(ColumnType::Text) => query.bind(None::<&str>),
        Value::Null(ColumnType::Blob) => query.bind(None::<&[u8]>),
        Value::Int(value) => query.bind(*value),
        Value::Real(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_str()),
        Value::Blob(value) => query.bind(value.as_slice()),
    }
}

fn columns_of(row: &PgRow) -> Columns {
    Columns::new(row.columns().iter().map(sqlx::Column::name))
}

fn decode_all(rows: &[PgRow]) -> Result<Vec<Row>, StoreError> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let columns = columns_of(first);
    rows.iter().map(|row| decode(row, &columns)).collect()
}

fn decode(row: &PgRow, columns: &Columns) -> Result<Row, StoreError> {
    let value = |column: usize| -> Result<Value, StoreError> {
        let kind = match row.column(column).type_info().name() {
            "INT8" | "INT4" | "INT2" | "BOOL" => ColumnType::Int,
            "FLOAT8" => ColumnType::Real,
            "TEXT" | "VARCHAR" | "NAME" => ColumnType::Text,
            "BYTEA" => ColumnType::Blob,
            other => {
                let name = row.column(column).name();
                return Err(StoreError::Inconsistent(format!("column {name} has type {other}: cast it")));
            }
        };
        if row.try_get_raw(column)?.is_null() {
            return Ok(Value::Null(kind));
        }
        Ok(match (kind, row.column(column).type_info().name()) {
            (ColumnType::Int, "INT4") => Value::Int(row.try_get::<i32, _>(column)?.into()),
            (ColumnType::Int, "INT2") => Value::Int(row.try_get::<i16, _>(column)?.into()),
            (ColumnType::Int, "BOOL") => Value::Int(row.try_get::<bool, _>(column)?.into()),
            (ColumnType::Int, _) => Value::Int(row.try_get(column)?),
            (ColumnType::Real, _) => Value::Real(row.try_get(column)?),
            (ColumnType::Text, _) => Value::Text(row.try_get(column)?),
            (ColumnType::Blob, _) => Value::Blob(row.try_get(column)?),
        })
    };
    let values = (0..columns.len()).map(value).collect::<Result<_, _>>()?;
    Ok(Row::new(columns, values))
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
