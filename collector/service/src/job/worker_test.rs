//! The worker on both engines: every job is done once, by one collector, and what goes wrong with one harms no other.

use super::kind::{Attempt, Fault, Kind, Plan, Registry, job_of};
use super::worker::{CONCURRENT, Jobs, Pace};
use crate::app::App;
use crate::config::Config;
use crate::test_app::TestApp;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::job::claim::LEASE_MS;
use rapport_store::job::{KIND_BYTES, NewJob};
use rapport_store::test_store::{each_database, each_engine};
use rapport_store::{Statement, Store, params};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const QUICK: Pace = Pace {
    look: Duration::from_millis(5),
    renew: Duration::from_millis(30),
    tend: Duration::from_millis(50),
    grace: Duration::from_millis(200),
};

/// What the kinds below did.
#[derive(Clone, Default)]
struct Seen {
    runs: Arc<Mutex<HashMap<String, u32>>>,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
}

impl Seen {
    fn add(&self, what: impl Into<String>) {
        *self.runs.lock().unwrap().entry(what.into()).or_default() += 1;
    }

    fn runs(&self, what: &str) -> u32 {
        self.runs.lock().unwrap().get(what).copied().unwrap_or(0)
    }

    fn begins(&self) {
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
    }
}

/// Notes what it was told.
struct Note(Seen);

impl Kind for Note {
    const NAME: &'static str = "note";
    const PLAN: Plan = Plan { first_wait: Duration::from_millis(20), ..Plan::when_asked(3) };
    type Payload = String;

    async fn run(&self, payload: String, _attempt: Attempt) -> Result<(), Fault> {
        self.0.begins();
        tokio::task::yield_now().await;
        self.0.add(&payload);
        self.0.at_once.fetch_sub(1, Ordering::SeqCst);
        match payload.as_str() {
            "poison" => Err(Fault::Passing("never does".into())),
            "panic" => panic!("as it was told"),
            "lasting" => Err(Fault::Lasting("no use".into())),
            _ => Ok(()),
        }
    }
}

/// Comes again and again.
struct Often(Seen);

impl Kind for Often {
    const NAME: &'static str = "often";
    const PLAN: Plan = Plan::every(Duration::from_millis(10));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        self.0.add("often");
        Ok(())
    }
}

/// Goes on until it is stopped, if it listens.
struct Long {
    seen: Seen,
    listens: bool,
}

/// Tells when a run is dropped.
struct Dropped(Seen);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.add("dropped");
    }
}

impl Kind for Long {
    const NAME: &'static str = "long";
    const PLAN: Plan = Plan { patience: None, ..Plan::when_asked(3) };
    type Payload = ();

    async fn run(&self, (): (), mut attempt: Attempt) -> Result<(), Fault> {
        let _dropped = Dropped(self.seen.clone());
        self.seen.add("begun");
        if self.listens {
            while !attempt.stops_within(Duration::from_secs(1)).await {}
            self.seen.add("stopped");
            return Ok(());
        }
        std::future::pending().await
    }
}

fn note(key: &str, payload: &str) -> NewJob {
    job_of::<Note>(key, &payload.to_owned(), 1).unwrap()
}

fn start(store: &Store, kinds: Registry) -> Jobs {
    Jobs::start(store.clone(), Clock::System, kinds, QUICK)
}

/// Waits until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..12_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come");
}

async fn count(store: &Store, state: &str) -> i64 {
    let rows = store.read("SELECT COUNT(*) AS jobs FROM job WHERE state = $1", params![state]).await.unwrap();
    rows[0].int("jobs").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thousands_that_are_due_at_once_each_is_done_once_and_the_poisoned_hold_up_none() {
    const JOBS: usize = 2_000;
    each_database(async |url| {
        let mut jobs = vec![note("a", "poison"), note("b", "panic"), note("c", "lasting")];
        jobs.push(NewJob { payload: "[1]".into(), ..note("d", "") });
        jobs.extend((0..JOBS).map(|number| note(&number.to_string(), &number.to_string())));
        let (one, other) = (open(&url).await, open(&url).await);
        one.enqueue(&jobs, &Clock::System).await.unwrap();
        let seen = [Seen::default(), Seen::default()];
        let workers = [(&one, &seen[0]), (&other, &seen[1])];
        let workers = workers.map(|(store, seen)| start(store, Registry::default().with(Note(seen.clone()))));
        until("the last job", async || count(&one, "done").await == JOBS as i64 && count(&one, "failed").await == 4)
            .await;
        for number in 0..JOBS {
            let runs = seen.each_ref().map(|seen| seen.runs(&number.to_string()));
            assert_eq!(runs.iter().sum::<u32>(), 1, "{number}: {runs:?}");
        }
        let runs = |what| seen.iter().map(|seen| seen.runs(what)).sum::<u32>();
        assert_eq!((runs("poison"), runs("panic"), runs("lasting")), (3, 3, 1));
        for seen in &seen {
            let most = seen.most_at_once.load(Ordering::SeqCst);
            assert!(most <= CONCURRENT, "{most} at once");
        }
        let failed = one.failed_jobs(10).await.unwrap();
        let error = |key: &str| failed.iter().find(|job| job.key == key).unwrap().last_error.clone();
        assert_eq!((error("a").as_str(), error("c").as_str()), ("never does", "no use"));
        assert!(error("b").contains("panicked"), "{}", error("b"));
        assert!(error("d").contains("its payload cannot be read"), "{}", error("d"));
        for worker in workers {
            worker.stop().await;
        }
        one.shut_down().await;
        other.shut_down().await;
    })
    .await;
}

async fn open(url: &str) -> Store {
    Store::open(url, Clock::System).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_every_so_often_is_there_once_however_many_collectors_ask() {
    each_database(async |url| {
        let (one, other) = (open(&url).await, open(&url).await);
        let seen = Seen::default();
        let workers = [&one, &other].map(|store| start(store, Registry::default().with(Often(seen.clone()))));
        until("the fifth run", async || seen.runs("often") >= 5).await;
        for worker in workers {
            worker.stop().await;
        }
        assert_eq!((count(&one, "waiting").await, count(&one, "done").await), (1, 0));
        one.enqueue(&[job_of::<Often>("by hand", &(), 1).unwrap()], &Clock::System).await.unwrap();
        let worker = start(&one, Registry::default().with(Often(seen.clone())));
        until("the one besides", async || count(&one, "done").await == 1).await;
        worker.stop().await;
        one.shut_down().await;
        other.shut_down().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lost_the_work_that_was_going_on() {
    each_engine(async |store| {
        let seen = Seen::default();
        let long = job_of::<Long>("one", &(), 1).unwrap();
        store.enqueue(&[long], &Clock::System).await.unwrap();
        for (listens, expected) in [(false, ("waiting", 1)), (true, ("done", 1))] {
            let worker = start(&store, Registry::default().with(Long { seen: seen.clone(), listens }));
            let begun = seen.runs("begun");
            until("the job's begin", async || seen.runs("begun") > begun).await;
            worker.stop().await;
            assert_eq!(count(&store, expected.0).await, expected.1, "listens: {listens}");
        }
        assert_eq!((seen.runs("begun"), seen.runs("stopped"), seen.runs("dropped")), (2, 1, 2));
        let rows = store.read("SELECT attempts FROM job", params![]).await.unwrap();
        assert_eq!(rows[0].int("attempts"), Ok(1), "what was given back counts as not begun");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_slept_leaves_its_job_to_the_one_that_took_over() {
    each_database(async |url| {
        let (sleeper, other) = (open(&url).await, open(&url).await);
        let seen = Seen::default();
        sleeper.enqueue(&[job_of::<Long>("one", &(), 1).unwrap()], &Clock::System).await.unwrap();
        let worker = start(&sleeper, Registry::default().with(Long { seen: seen.clone(), listens: false }));
        until("the job's begin", async || seen.runs("begun") == 1).await;
        let lease_until_ms = Clock::System.now_ms() + LEASE_MS;
        let take_over = "UPDATE job SET holder = $1, lease_until_ms = $2, attempts = 2";
        let take_over = Statement::new(take_over, params![other.collector_id(), lease_until_ms]);
        other.write(vec![take_over]).await.unwrap();
        until("the end of the first run", async || seen.runs("dropped") == 1).await;
        worker.stop().await;
        assert_eq!((count(&other, "running").await, seen.runs("begun")), (1, 1));
        sleeper.shut_down().await;
        assert_eq!(count(&other, "running").await, 1, "it gives back nothing that is another's");
        other.shut_down().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ended_every_collector_that_began_it_was_begun_for_ever() {
    each_engine(async |store| {
        store.enqueue(&[note("one", "kills")], &Clock::System).await.unwrap();
        let dead = "UPDATE job SET state = 'running', attempts = 3, holder = $1, lease_until_ms = $2";
        store.write(vec![Statement::new(dead, params![Id([7; 16]), 1_i64])]).await.unwrap();
        let seen = Seen::default();
        let worker = start(&store, Registry::default().with(Note(seen.clone())));
        until("the end", async || count(&store, "failed").await == 1).await;
        worker.stop().await;
        let failed = store.failed_jobs(1).await.unwrap();
        assert!(failed[0].last_error.contains("begun 3 times"), "{failed:?}");
        assert_eq!(seen.runs("kills"), 0);
    })
    .await;
}

#[test]
fn waits_grow_to_their_bound_and_no_two_jobs_wait_alike() {
    let plan = Plan { longest_wait: Duration::from_secs(60), ..Plan::when_asked(5) };
    let waits = |chance: f64| [1, 2, 3, 4, i64::MAX].map(|attempts| plan.wait_ms(attempts, chance));
    assert_eq!(waits(0.0), [7_500, 15_000, 30_000, 30_000, 30_000]);
    assert_eq!(waits(0.5), [11_250, 22_500, 45_000, 45_000, 45_000]);
    assert_eq!(plan.wait_ms(0, 0.0), 7_500);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_ours_runs_on_an_empty_database() {
    let test = TestApp::new().await;
    let kinds = super::kinds(&test.app);
    let names = kinds.names();
    assert!(names.iter().all(|name| name.len() <= KIND_BYTES), "{names:?}");
    let repeating = kinds.repeating(0).len();
    let asked_for = [
        super::page_path::Repath::NAME,
        super::recount_days::RecountDays::NAME,
        super::remove_site::RemoveSite::NAME,
        super::reset_mail::WriteResetMail::NAME,
        super::send_mail::SendMail::NAME,
        super::webhook::Deliver::NAME,
    ];
    assert_eq!(repeating + asked_for.len(), names.len(), "each of the others comes every so often");
    let worker = start(&test.app.store, kinds);
    let store = &test.app.store;
    until("a run of each", async || {
        let sql = "SELECT kind FROM job WHERE (state = 'waiting' AND due_at_ms > changed_at_ms) OR kind = 'rollup'";
        store.read(sql, params![]).await.unwrap().len() == repeating
    })
    .await;
    worker.stop().await;
    let rows = store.read("SELECT kind FROM job WHERE last_error IS NOT NULL OR state = 'running'", params![]).await;
    assert_eq!(rows.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_are_rolled_up_though_the_collector_that_did_it_stops() {
    each_database(async |url| {
        let (one, other) = (open(&url).await, open(&url).await);
        let site = rapport_store::test_store::a_site("shop");
        one.add_site(&site).await.unwrap();
        let mut jobs = Vec::new();
        for store in [&one, &other] {
            jobs.push(App::new(store.clone(), Clock::System, Config::default()).await.unwrap().start_jobs());
        }
        let rolled_up = async |hour_ms: i64| {
            let mark = "INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark) VALUES ($1, $2, $3, $3)";
            let mark = Statement::new(mark, params![site.site_id, hour_ms, Clock::System.new_id()]);
            one.write(vec![mark]).await.unwrap();
            until("the rollup", async || one.dirty_hours(site.site_id, 0, i64::MAX).await.unwrap().is_empty()).await;
        };
        rolled_up(0).await;
        jobs.remove(0).stop().await;
        rolled_up(3_600_000).await;
        jobs.remove(0).stop().await;
        let sql = "SELECT kind FROM job WHERE kind = 'rollup' AND state = 'waiting' AND attempts = 0";
        assert_eq!(one.read(sql, params![]).await.unwrap().len(), 1, "whoever starts next has it at once");
        one.shut_down().await;
        other.shut_down().await;
    })
    .await;
}
