//! For tests: the same test over each engine, in a fresh database.
//!
//! SQLite always runs, in memory. PostgreSQL runs when `RAPPORT_TEST_POSTGRES_URL` names a server on which databases
//! may be created (`postgres://postgres@127.0.0.1:5432/postgres`); `tests/run` always sets it, and where `CI` is set a test
//! without it fails.

use super::audit::AuditEntry;
use super::{Store, Value};
use crate::clock::Clock;
use crate::site::Site;
use jiff::tz::TimeZone;
use rapport_shared::survey::{CsatDisplay, Question, QuestionKind, Survey};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::borrow::Cow;

/// Environment variable with the URL of a PostgreSQL server for tests.
pub const POSTGRES_URL: &str = "RAPPORT_TEST_POSTGRES_URL";

/// Runs `test` over an empty store of each engine: `each_engine(async |store| { … }).await`.
pub async fn each_engine(test: impl AsyncFn(Store)) {
    println!("engine: sqlite");
    test(in_memory().await).await;
    on_postgres(async |url| test(Store::open(&url, Clock::System).await.expect("the store opens")).await).await;
}

/// Runs `test` over the URL of an empty database of each engine, for tests that open it themselves, or several times.
pub async fn each_database(test: impl AsyncFn(String)) {
    println!("engine: sqlite");
    let name = format!("rapport_test_{:032x}", crate::random::fresh::<u128>());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).expect("a folder");
    test(format!("sqlite://{}", folder.join("rapport.db").display())).await;
    std::fs::remove_dir_all(folder).expect("the folder is removed");
    on_postgres(test).await;
}

/// Runs `test` over the URL of a fresh PostgreSQL database, where there is a server.
async fn on_postgres(test: impl AsyncFn(String)) {
    let Ok(server) = std::env::var(POSTGRES_URL) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "{POSTGRES_URL} must name a server where every engine is to be tested"
        );
        println!("engine: postgres left out, {POSTGRES_URL} is not set");
        return;
    };
    println!("engine: postgres");
    let name = format!("rapport_test_{:032x}", crate::random::fresh::<u128>());
    let mut connection = PgConnection::connect(&server).await.expect("the test server answers");
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut connection).await.expect("databases may be created");
    test(format!("{}/{name}", server.rsplit_once('/').expect("the URL names a database").0)).await;
    let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    sqlx::query(drop).execute(&mut connection).await.expect("databases may be dropped");
}

/// An empty SQLite store in memory, for tests that are not about the store.
pub async fn in_memory() -> Store {
    Store::open("sqlite::memory:", Clock::System).await.expect("the store opens")
}

/// The one number of a statement that reads one; 0 where there is none.
///
/// # Panics
/// When the statement fails, or what it reads is no number.
pub async fn number(store: &Store, sql: impl Into<Cow<'static, str>>) -> i64 {
    let rows = store.read(sql, Vec::new()).await.expect("the store reads");
    match rows.first().and_then(|row| row.columns().next()) {
        Some((_, Value::Int(number))) => *number,
        Some((_, Value::Null(_))) | None => 0,
        other => panic!("{other:?} is no number"),
    }
}

/// A note of somebody's change.
pub fn note(now_ms: i64) -> AuditEntry {
    let entry = AuditEntry::now(&Clock::System, "ada@example.com", "test.change", "test");
    AuditEntry { occurred_at_ms: now_ms, ..entry }
}

/// A site for tests.
pub fn a_site(key: &str) -> Site {
    Site {
        site_id: crate::clock::Clock::System.new_id(),
        key: key.into(),
        name: "Shop".into(),
        origins: vec!["https://shop.example.com".into(), "http://127.0.0.1:8081".into()],
        time_zone: TimeZone::get("Europe/Berlin").unwrap(),
        accent_color: "#3457d5".into(),
        created_at_ms: 1_000,
    }
}

/// A survey for tests: a rating of the page, and its reason.
pub fn first_survey() -> Survey {
    let rating = QuestionKind::Csat {
        display: CsatDisplay::Smileys,
        low_label: "Very dissatisfied".into(),
        high_label: "Very satisfied".into(),
    };
    let reason = QuestionKind::OpenText { placeholder: String::new(), max_characters: 2_000 };
    Survey {
        id: "feedback".into(),
        name: "Page feedback".into(),
        title: "Feedback".into(),
        language: "en".into(),
        questions: vec![
            Question { required: true, ..Question::new("rating", rating, "How satisfied are you with this page?") },
            Question::new("reason", reason, "What is the main reason for your rating?"),
        ],
        ..Survey::default()
    }
}
