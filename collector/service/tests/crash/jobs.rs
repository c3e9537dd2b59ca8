//! Background jobs that are due while collectors are killed: none is lost.

use crate::verify::Database;
use rapport_store::clock::Clock;
use rapport_store::job::{IfKnown, NewJob};
use std::time::{Duration, Instant};

/// A kind that does no harm done often: pictures which no answer speaks of are removed.
const KIND: &str = "unwanted_attachment";
/// Jobs that are asked for, all of them due at once: more than are done before the last kill, so that each kill meets some.
const JOBS: i64 = 6_000;
/// How long the last ones may take: a minute until the lease of a killed collector ends.
const PATIENCE: Duration = Duration::from_secs(180);

/// Asks for them.
pub fn ask(url: &str) {
    let database = Database::open(url);
    let now_ms = Clock::System.now_ms();
    let job = |number: i64| NewJob {
        kind: KIND.into(),
        key: format!("crash {number}"),
        site_id: None,
        payload: "null".into(),
        due_at_ms: now_ms,
        if_known: IfKnown::Keep,
    };
    let jobs: Vec<_> = (0..JOBS).map(job).collect();
    database.runtime.block_on(database.store.enqueue(&jobs, &Clock::System)).expect("the jobs are asked for");
    database.runtime.block_on(database.store.shut_down());
}

/// Waits until the last collector has done them all.
pub fn check(url: &str) {
    let database = Database::open(url);
    let begin = Instant::now();
    let done = || database.number("SELECT COUNT(*) FROM job WHERE idempotency_key LIKE 'crash %' AND state = 'done'");
    while done() < JOBS {
        assert!(begin.elapsed() < PATIENCE, "{} of {JOBS} jobs are done", done());
        std::thread::sleep(Duration::from_millis(100));
    }
    let begun = database.number("SELECT CAST(SUM(attempts) AS BIGINT) FROM job WHERE idempotency_key LIKE 'crash %'");
    println!("{JOBS} jobs are done, {} of them were begun more than once", begun - JOBS);
    // Kills that meet no job prove nothing.
    assert!(begun > JOBS, "no job was cut off");
    assert_eq!(database.number("SELECT COUNT(*) FROM job WHERE state = 'failed'"), 0, "jobs that failed for good");
}
