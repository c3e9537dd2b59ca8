//! `kill -9` under load, again and again: of the collector on SQLite and on PostgreSQL, and there of the database
//! server too. Afterwards every acknowledged item is there once, nothing is torn, the counts add up, and every job is done.

mod cluster;
mod collector;
mod jobs;
mod load;
mod verify;

use cluster::Cluster;
use collector::Collector;
use load::Load;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often the collector is killed in one run.
const KILLS: u32 = 20;
/// Connections that send at the same time.
const SENDERS: usize = 8;

/// One at a time: each needs the machine for itself.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A random moment: mostly in the midst of the load, sometimes right after the start.
fn wait_a_random_moment() {
    std::thread::sleep(Duration::from_millis(rand::random_range(5..500)));
}

fn run(database_url: &str, mut also_kill: impl FnMut(u32)) {
    let begin = Instant::now();
    let mut collector = Collector::new(database_url);
    let site = collector.add_site();
    jobs::ask(database_url);
    collector.start();
    let load = Load::start(collector.address(), &site, SENDERS);
    for kill in 0..KILLS {
        wait_a_random_moment();
        also_kill(kill);
        wait_a_random_moment();
        collector.kill();
        collector.start();
    }
    wait_a_random_moment();
    let ledger = load.finish();
    println!(
        "{KILLS} kills in {:.1} s: {} items acknowledged in {} batches, {} repeated, {} given up",
        begin.elapsed().as_secs_f64(),
        ledger.acknowledged.len(),
        ledger.batches,
        ledger.repeated,
        ledger.given_up.len(),
    );
    // Kills that meet no load prove nothing.
    assert!(ledger.repeated + ledger.given_up.len() as u64 >= u64::from(KILLS), "too few batches were cut off");
    assert!(ledger.acknowledged.len() > 1_000, "too little was acknowledged");
    verify::check(database_url, &ledger);
    jobs::check(database_url);
    collector.kill();
}

#[test]
fn sqlite_keeps_what_it_acknowledged() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("rapport.db").display());
    run(&url, |_| {});
    verify::sqlite_file(&url);
}

#[test]
fn postgres_keeps_what_it_acknowledged() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(mut cluster) = Cluster::start() else {
        let demanded = ["CI", "RAPPORT_TEST_POSTGRES_URL"].into_iter().find(|name| std::env::var_os(name).is_some());
        assert!(demanded.is_none(), "{} is set, but PostgreSQL's initdb was not found", demanded.unwrap_or_default());
        println!("left out: PostgreSQL's initdb was not found");
        return;
    };
    let url = cluster.url();
    run(&url, |kill| match kill % 4 {
        1 => cluster.kill_server(),
        3 => cluster.kill_one_backend(),
        _ => {}
    });
    assert!(cluster.kills() >= 8, "the database server was killed {} times", cluster.kills());
}
