//! What is destroyed and erased is searched for in the bytes of every file of the database.

use crate::config::Config;
use crate::test_app::TestApp;
use axum::body::Body;
use axum::http::Request;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::engine::backup;
use serde_json::{Value, json};
use std::path::Path;

/// A word that nothing else contains.
const WORD: &str = "Xylographically";

async fn post(test: &TestApp, path: &str, body: Value) -> Value {
    let request = Request::post(path)
        .header("origin", "https://shop.example.com")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36");
    test.send(request.body(Body::from(body.to_string())).unwrap()).await.json()
}

/// The files of the folder in which `needle` is found.
fn files_with(folder: &Path, needle: &[u8]) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let holds =
        |path: &std::path::PathBuf| std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle);
    files.filter(holds).map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("rapport.db").display())
}

#[tokio::test]
async fn erased_words_stayed_in_free_pages_in_the_log_and_in_backups() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_to_collect(&url(folder.path()), Clock::System).await.unwrap();
    let test = TestApp::over(store.clone(), Config::default()).await;
    test.site().await;
    let new_id = || test.app.clock.new_id();
    let visitor = new_id();
    for visit in 0..40 {
        let (view, reason) = (new_id(), format!("{WORD} {visit} {}", "word ".repeat(visit * 5)));
        let body = json!({ "site": "shop", "session": new_id(), "consent": "granted",
            "visitor": if visit % 2 == 0 { visitor } else { new_id() },
            "items": [
                { "type": "page_view", "id": view, "revision": 1, "path": "/mug", "view_index": 1 },
                { "type": "response", "id": new_id(), "revision": 1, "survey": "feedback", "survey_version": 1,
                  "view": view, "duration_ms": 9_000,
                  "answers": [{ "question": "rating", "score": 2 },
                      { "question": "reason", "text": if visit % 2 == 0 { reason } else { "Other words.".into() } }] },
            ] });
        assert_eq!(post(&test, "/v1/batch", body).await["accepted"], 2);
    }
    assert!(!files_with(folder.path(), WORD.as_bytes()).is_empty());
    // A reader holds the log for a while.
    let reading = rusqlite::Connection::open(folder.path().join("rapport.db")).unwrap();
    reading.execute_batch("BEGIN; SELECT COUNT(*) FROM answer;").unwrap();
    let erased = post(&test, "/v1/me/erase", json!({ "site": "shop", "visitor": visitor })).await;
    assert_eq!(erased["responses"], 20);
    reading.execute_batch("COMMIT").unwrap();
    for _ in 0..100 {
        if files_with(folder.path(), WORD.as_bytes()).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(files_with(folder.path(), WORD.as_bytes()), [""; 0]);
    backup::back_up(&url(folder.path()), &folder.path().join("kept.db"), false).unwrap();
    store.shut_down().await;
    assert_eq!(files_with(folder.path(), WORD.as_bytes()), [""; 0]);
}

#[tokio::test]
async fn erased_words_stayed_in_rollups_as_labels_and_paths() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_to_collect(&url(folder.path()), Clock::System).await.unwrap();
    let test = TestApp::over(store.clone(), Config::default()).await;
    test.site().await;
    let new_id = || test.app.clock.new_id();
    let visit = async |session, path: &str, text: &str, name: &str| {
        let view = new_id();
        let signal = |kind: &str| json!({ "type": "signal", "id": new_id(), "view": view, "kind": kind, "path": path });
        let (mut error, mut event, mut click) = (signal("error"), signal("event"), signal("rage_click"));
        (error["text"], event["name"], click["element"]) = (text.into(), name.into(), format!("a.{name}").into());
        let body = json!({ "site": "shop", "session": session, "consent": "granted", "items": [
            { "type": "page_view", "id": view, "revision": 1, "path": path, "view_index": 1 }, error, event, click,
            { "type": "response", "id": new_id(), "revision": 1, "survey": "feedback", "survey_version": 1, "path": path,
              "view": view, "duration_ms": 9_000, "answers": [{ "question": "rating", "score": 2 }] },
        ] });
        assert_eq!(post(&test, "/v1/batch", body).await["accepted"], 5);
    };
    let (one, other) = (new_id(), new_id());
    visit(one, "/mug", "out of memory", "bought").await;
    visit(other, "/mug", "out of memory", "bought").await;
    visit(one, &format!("/reset/{WORD}"), &format!("no account for {WORD}"), WORD).await;
    let rebuild = async || rapport_store::rollup::rebuild::run_once(&store, &test.app.clock, &test.app.sites).await;
    rebuild().await.unwrap();
    let sums = async |table: &str, column: &str| {
        rapport_store::test_store::number(&store, format!("SELECT SUM({column}) FROM {table} WHERE grain = 'hour'"))
            .await
    };
    let all = async || {
        let (pages, signals) = (sums("rollup_page", "views").await, sums("rollup_signal", "signals").await);
        [pages, signals, sums("rollup_answer", "answers").await, sums("rollup_survey", "responses").await]
    };
    let before = all().await;
    post(&test, "/v1/me/erase", json!({ "site": "shop", "sessions": [one] })).await;
    rebuild().await.unwrap();
    assert_eq!(all().await, before, "the counts stay");
    let labels = async |path: &str| {
        let sql = "SELECT label, SUM(signals) AS signals FROM rollup_signal WHERE grain = 'hour' AND path = $1 GROUP BY label ORDER BY label";
        let rows = store.read(sql, rapport_store::params![path]).await.unwrap();
        rows.iter().map(|row| (row.text("label").unwrap().to_owned(), row.int("signals").unwrap())).collect::<Vec<_>>()
    };
    let kept = ["a.bought", "bought", "out of memory"].map(|label| (label.to_owned(), 2));
    assert_eq!(labels("/mug").await, kept, "what others have says nothing of anybody");
    assert_eq!(labels("(other)").await, [("(other)".to_owned(), 3)]);
    post(&test, "/v1/me/erase", json!({ "site": "shop", "sessions": [other] })).await;
    rebuild().await.unwrap();
    assert_eq!((labels("/mug").await, all().await), (vec![], before), "nobody has it any more");
    store.shut_down().await;
    for word in [WORD, "out of memory"] {
        assert_eq!(files_with(folder.path(), word.as_bytes()), [""; 0], "{word}");
    }
}

#[tokio::test]
async fn yesterdays_salt_was_in_the_log_and_in_backups() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_to_collect(&url(folder.path()), Clock::System).await.unwrap();
    let (first, second) = ([0xa5; 16], [0x5a; 16]);
    assert_eq!(store.daily_salt(20_000, 20_000, first).await, Ok(first));
    assert_eq!(store.daily_salt(20_000, 20_000, second).await, Ok(first));
    let digits = "a5".repeat(16);
    assert_eq!(files_with(folder.path(), &first), [""; 0], "not in the database or its log, not even today");
    assert_eq!(files_with(folder.path(), digits.as_bytes()), ["rapport.db-salt"]);
    backup::back_up(&url(folder.path()), &folder.path().join("kept.db"), false).unwrap();
    store.destroy_salts_before(20_000).await.unwrap();
    assert_eq!(files_with(folder.path(), digits.as_bytes()), ["rapport.db-salt"], "only where it is kept");
    store.destroy_salts_before(20_001).await.unwrap();
    assert_eq!(files_with(folder.path(), digits.as_bytes()), [""; 0], "though nobody asked for another");
    assert_eq!(store.daily_salt(20_001, 20_001, second).await, Ok(second));
    store.shut_down().await;
}

#[tokio::test]
async fn a_file_of_an_earlier_version_is_written_anew_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rapport.db");
    Store::open(&url(folder.path()), Clock::System).await.unwrap().shut_down().await;
    let salt = [0xa5; 16];
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch("PRAGMA secure_delete=OFF; PRAGMA user_version=0;").unwrap();
    old.execute("INSERT INTO daily_salt (day, salt) VALUES (20000, ?1)", [salt]).unwrap();
    for number in 0..200 {
        let text = format!("{WORD} {}", "word ".repeat(number));
        old.execute("INSERT INTO setting (name, value) VALUES (?1, ?2)", (format!("old-{number}"), text)).unwrap();
    }
    old.execute("DELETE FROM setting", []).unwrap();
    drop(old);
    assert_eq!(files_with(folder.path(), WORD.as_bytes()), ["rapport.db"], "the free pages hold it");
    backup::back_up(&url(folder.path()), &folder.path().join("kept.db"), false).unwrap();
    let left =
        |needle: &[u8]| files_with(folder.path(), needle).into_iter().filter(|file| file != "rapport.db").count();
    assert_eq!((left(WORD.as_bytes()), left(&salt)), (0, 0), "a backup of it holds rows and nothing else");

    let store = Store::open_to_collect(&url(folder.path()), Clock::System).await.unwrap();
    assert_eq!(store.is_overwritten(), Ok(true));
    assert_eq!(store.daily_salt(20_000, 20_000, [1; 16]).await, Ok(salt), "the day goes on with its salt");
    store.shut_down().await;
    assert_eq!(files_with(folder.path(), WORD.as_bytes()), [""; 0]);
    assert_eq!(files_with(folder.path(), &salt), [""; 0]);
}

#[tokio::test]
async fn a_salt_belongs_to_one_day_and_is_gone_after_it() {
    rapport_store::test_store::each_engine(async |store| {
        let salt = async |day, oldest_day, byte| store.daily_salt(day, oldest_day, [byte; 16]).await;
        assert_eq!(salt(20_000, 20_000, 1).await, Ok([1; 16]));
        assert_eq!(salt(20_000, 20_000, 2).await, Ok([1; 16]));
        store.destroy_salts_before(20_000).await.unwrap();
        assert_eq!(salt(20_000, 20_000, 2).await, Ok([1; 16]));
        assert_eq!(salt(20_001, 20_000, 3).await, Ok([3; 16]));
        assert_eq!(salt(20_000, 20_000, 4).await, Ok([1; 16]), "it is that day still on some site");
        assert_eq!(salt(20_002, 20_001, 5).await, Ok([5; 16]));
        assert_eq!(salt(20_001, 20_001, 6).await, Ok([3; 16]));
        store.destroy_salts_before(20_002).await.unwrap();
        assert_eq!(salt(20_001, 20_001, 7).await, Ok([7; 16]), "what was destroyed does not come back");
        if store.engine_name() == "postgres" {
            let sql =
                "SELECT CAST(relpersistence AS TEXT) AS relpersistence FROM pg_class WHERE relname = 'daily_salt'";
            assert_eq!(store.read(sql, vec![]).await.unwrap()[0].text("relpersistence"), Ok("u"), "it is in no log");
        }
    })
    .await;
}

#[tokio::test]
async fn what_can_store_is_ready_and_leaves_no_trace_of_being_asked() {
    rapport_store::test_store::each_engine(async |store| {
        let settings = async || store.read("SELECT name FROM setting", vec![]).await.unwrap();
        let before = settings().await;
        assert_eq!(store.ready().await, Ok(()));
        assert_eq!(store.ready().await, Ok(()));
        assert_eq!(settings().await, before);
        store.shut_down().await;
        assert_eq!(store.ready().await, Err(rapport_store::engine::readiness::NotReady::WriterHasEnded));
    })
    .await;
}
