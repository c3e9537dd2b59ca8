//! Jobs on both engines: each is had by one collector, none is lost, and to ask twice is to ask once.

use super::claim::{Claim, ClaimedJob, LEASE_MS};
use super::outcome::Ended;
use super::{DONE_KEPT_MS, FAILED_KEPT_MS, IfKnown, KEY_BYTES, NewJob, PAYLOAD_BYTES};
use crate::clock::Clock;
use crate::test_store::{each_database, each_engine};
use crate::{Statement, Store, StoreError, params};
use futures_util::future::join_all;
use rapport_shared::id::Id;
use std::collections::HashSet;

const NOW_MS: i64 = 1_795_341_600_000;
const YEAR_MS: i64 = 365 * 86_400_000;

fn job(key: &str) -> NewJob {
    NewJob {
        kind: "mail".into(),
        key: key.into(),
        site_id: None,
        payload: format!("{{\"key\":\"{key}\"}}"),
        due_at_ms: NOW_MS,
        if_known: IfKnown::Keep,
    }
}

async fn enqueue(store: &Store, jobs: &[NewJob]) {
    store.enqueue(jobs, &Clock::manual(NOW_MS)).await.expect("the jobs are asked for");
}

async fn claim_most(store: &Store, now_ms: i64, most: usize) -> Vec<ClaimedJob> {
    let (kinds, except) = (&["mail", "other"], HashSet::new());
    let claim = Claim { kinds, holder: store.collector_id(), now_ms, most, except: &except };
    store.claim_jobs(claim).await.expect("the store answers")
}

async fn claim(store: &Store, now_ms: i64) -> Vec<ClaimedJob> {
    claim_most(store, now_ms, 100).await
}

async fn end(store: &Store, job: &ClaimedJob, now_ms: i64, ended: Ended) -> bool {
    store.end_job(store.collector_id(), job, now_ms, &ended).await.expect("the store answers")
}

async fn count(store: &Store) -> i64 {
    crate::test_store::number(store, "SELECT COUNT(*) FROM job").await
}

/// As many stores on one database as there would be collectors.
async fn collectors(url: &str) -> Vec<Store> {
    join_all((0..4).map(|_| async { Store::open(url, Clock::System).await.expect("the store opens") })).await
}

async fn shut_down(stores: Vec<Store>) {
    join_all(stores.iter().map(Store::shut_down)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_collectors_never_both_have_a_job() {
    each_database(async |url| {
        let stores = collectors(&url).await;
        let jobs: Vec<_> = (0..400).map(|number| job(&number.to_string())).collect();
        enqueue(&stores[0], &jobs).await;
        let all = stores.iter().map(|store| async {
            let mut had = Vec::new();
            // Whoever comes second at every job of a claim goes away with nothing, but not for good.
            while store.overdue_jobs(NOW_MS + 1, 1).await.is_ok_and(|waiting| !waiting.is_empty()) {
                had.extend(claim_most(store, NOW_MS, 7).await.into_iter().map(|job| job.key));
            }
            had
        });
        let had = join_all(all).await.concat();
        assert_eq!((had.len(), had.iter().collect::<HashSet<_>>().len()), (400, 400));
        shut_down(stores).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_twice_at_once_asks_once() {
    each_database(async |url| {
        let stores = collectors(&url).await;
        let one = [job("one")];
        join_all((0..40).map(|number| enqueue(&stores[number % stores.len()], &one))).await;
        assert_eq!(count(&stores[0]).await, 1);
        let had = claim(&stores[0], NOW_MS).await;
        enqueue(&stores[1], &one).await;
        assert!(end(&stores[0], &had[0], NOW_MS, Ended::Done).await);
        enqueue(&stores[2], &one).await;
        assert_eq!(claim(&stores[3], NOW_MS + 1).await, [], "it is done, and known for a while");
        assert_eq!(stores[0].forget_ended_jobs(NOW_MS + DONE_KEPT_MS + 1).await, Ok(()));
        assert_eq!(count(&stores[0]).await, 0);
        shut_down(stores).await;
    })
    .await;
}

#[tokio::test]
async fn the_job_of_a_killed_collector_was_lost() {
    each_database(async |url| {
        let stores = collectors(&url).await;
        let [killed, other, ..] = &stores[..] else { unreachable!("there are four") };
        enqueue(killed, &[job("one")]).await;
        let lost = claim(killed, NOW_MS).await;
        assert_eq!((lost.len(), lost[0].attempts, lost[0].payload.as_str()), (1, 1, r#"{"key":"one"}"#));
        assert_eq!(claim(other, NOW_MS + LEASE_MS).await, []);
        let ids = HashSet::from([lost[0].job_id]);
        assert_eq!(killed.renew_jobs(killed.collector_id(), &ids, NOW_MS + 10_000).await, Ok(ids.clone()));
        assert_eq!(claim(other, NOW_MS + LEASE_MS + 1).await, [], "its lease was renewed");
        let found = claim(other, NOW_MS + LEASE_MS + 10_001).await;
        assert_eq!((found.len(), found[0].attempts), (1, 2));
        assert_eq!(killed.renew_jobs(killed.collector_id(), &ids, NOW_MS + 80_000).await, Ok(HashSet::new()));
        assert!(!end(killed, &lost[0], NOW_MS + 80_000, Ended::Done).await, "it is another's now");
        assert!(end(other, &found[0], NOW_MS + 80_000, Ended::Done).await);
        shut_down(stores).await;
    })
    .await;
}

#[tokio::test]
async fn after_a_restart_a_job_waited_out_the_lease_of_a_dead_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("rapport.db").display());
    for (stops_well, attempts) in [(false, 1), (true, 2), (false, 2), (true, 3)] {
        let store = Store::open_to_collect(&url, Clock::System).await.expect("the store opens");
        enqueue(&store, &[job("one")]).await;
        let had = claim(&store, NOW_MS).await;
        assert_eq!((had.len(), had[0].attempts), (1, attempts), "what was given back counts as not begun");
        if stops_well {
            store.shut_down().await;
        }
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_stranded_jobs_in_the_future() {
    each_engine(async |store| {
        let in_an_hour = |key: &str| NewJob { due_at_ms: NOW_MS + YEAR_MS + 3_600_000, ..job(key) };
        store.enqueue(&[in_an_hour("waits")], &Clock::manual(NOW_MS + YEAR_MS)).await.unwrap();
        store.enqueue(&[job("runs")], &Clock::manual(NOW_MS + YEAR_MS)).await.unwrap();
        assert_eq!(claim(&store, NOW_MS + YEAR_MS).await.len(), 1);
        // Now the clock is right.
        let held = claim(&store, NOW_MS).await;
        assert_eq!(held.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["runs"], "no lease is that long");
        assert!(end(&store, &held[0], NOW_MS, Ended::Done).await);
        store.reckon_jobs_anew(NOW_MS).await.unwrap();
        store.reckon_jobs_anew(NOW_MS).await.unwrap();
        assert_eq!(claim(&store, NOW_MS + 3_599_999).await, []);
        assert_eq!(claim(&store, NOW_MS + 3_600_000).await.len(), 1, "an hour is an hour");
    })
    .await;
}

#[tokio::test]
async fn a_job_of_a_kind_that_only_a_newer_program_knows_is_left_alone() {
    each_engine(async |store| {
        let foreign = (0..150).map(|number| NewJob { kind: "newer".into(), due_at_ms: 1, ..job(&number.to_string()) });
        enqueue(&store, &foreign.chain([job("known")]).collect::<Vec<_>>()).await;
        let had = claim(&store, NOW_MS).await;
        assert_eq!(had.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["mail"], "they hold nobody up");
        assert!(end(&store, &had[0], NOW_MS, Ended::Done).await);
        let overdue = store.overdue_jobs(NOW_MS, 1_000).await.unwrap();
        assert_eq!((overdue.len(), overdue[0].kind.as_str(), overdue[0].attempts), (150, "newer", 0));
    })
    .await;
}

#[tokio::test]
async fn what_was_asked_for_anew_during_the_run_comes_once_more() {
    each_engine(async |store| {
        let ask = |due_at_ms: i64| NewJob { due_at_ms, if_known: IfKnown::Postpone, ..job("one") };
        enqueue(&store, &[ask(NOW_MS + 10)]).await;
        enqueue(&store, &[ask(NOW_MS + 30)]).await;
        enqueue(&store, &[ask(NOW_MS + 20)]).await;
        assert_eq!(claim(&store, NOW_MS + 29).await, [], "the later time holds");
        let had = claim(&store, NOW_MS + 30).await;
        enqueue(&store, &[NewJob { payload: "2".into(), ..ask(NOW_MS + 50) }]).await;
        assert_eq!(claim(&store, NOW_MS + 50).await, [], "somebody is at it");
        assert!(end(&store, &had[0], NOW_MS + 40, Ended::Failed { error: "broken".into() }).await);
        assert_eq!(claim(&store, NOW_MS + 49).await, []);
        let again = claim(&store, NOW_MS + 50).await;
        assert_eq!((again[0].payload.as_str(), again[0].attempts), ("2", 1));
        assert!(end(&store, &again[0], NOW_MS + 60, Ended::Done).await);
        enqueue(&store, &[ask(NOW_MS + 70)]).await;
        assert_eq!(claim(&store, NOW_MS + 70).await.len(), 1, "one that is done waits anew");
        assert_eq!(count(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_failed_for_good_can_be_seen_and_what_failed_once_waits() {
    each_engine(async |store| {
        let site_id = Some(Id([1; 16]));
        enqueue(&store, &[NewJob { site_id, ..job("bad") }, job("unlucky"), job("hourly")]).await;
        for had in claim(&store, NOW_MS).await {
            let error = "é".repeat(400);
            let ended = match had.key.as_str() {
                "bad" => Ended::Failed { error },
                "unlucky" => Ended::Retried { due_at_ms: NOW_MS + 500, error },
                _ => Ended::Repeats { due_at_ms: NOW_MS + 3_600_000 },
            };
            assert!(end(&store, &had, NOW_MS + 100, ended).await);
        }
        assert_eq!(store.retry_failed_job("mail", "hourly", NOW_MS).await, Ok(false), "it did not fail");
        let failed = store.failed_jobs(10).await.unwrap();
        assert_eq!((failed.len(), failed[0].key.as_str(), failed[0].site_id), (1, "bad", site_id));
        assert_eq!(failed[0].last_error, "é".repeat(250));
        assert_eq!(store.overdue_jobs(NOW_MS + 500, 10).await, Ok(vec![]));
        assert_eq!(store.overdue_jobs(NOW_MS + 501, 10).await.unwrap()[0].key, "unlucky");
        assert_eq!(claim(&store, NOW_MS + 500).await.iter().map(|job| job.attempts).collect::<Vec<_>>(), [2]);
        let hourly = claim(&store, NOW_MS + 3_600_000).await.into_iter().find(|job| job.key == "hourly").unwrap();
        assert_eq!(hourly.attempts, 1);
        store.forget_ended_jobs(NOW_MS + FAILED_KEPT_MS).await.unwrap();
        assert_eq!(store.failed_jobs(10).await.unwrap().len(), 1);
        assert_eq!(store.retry_failed_job("mail", "bad", NOW_MS + 200).await, Ok(true));
        let again = claim(&store, NOW_MS + 3_600_000).await;
        assert_eq!((again.len(), again[0].key.as_str(), again[0].attempts), (1, "bad", 1));
        assert!(end(&store, &again[0], NOW_MS + 100, Ended::Failed { error: "again".into() }).await);
        store.forget_ended_jobs(NOW_MS + FAILED_KEPT_MS + 101).await.unwrap();
        assert_eq!(store.failed_jobs(10).await.unwrap().len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_job_and_what_causes_it_are_there_both_or_neither() {
    each_engine(async |store| {
        let clock = Clock::manual(NOW_MS);
        let setting =
            |name: &str| Statement::new("INSERT INTO setting (name, value) VALUES ($1, $2)", params![name, "x"]);
        store.write(vec![setting("cause"), job("one").statement(&clock).unwrap()]).await.unwrap();
        let twice = store.write(vec![job("two").statement(&clock).unwrap(), setting("cause")]).await;
        assert!(matches!(twice, Err(StoreError::Refused(_))), "{twice:?}");
        assert_eq!(claim(&store, NOW_MS).await.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["one"]);
        for (too_long, field) in [
            (NewJob { payload: "x".repeat(PAYLOAD_BYTES + 1), ..job("three") }, "job.payload has 16385 bytes"),
            (job(&"k".repeat(KEY_BYTES + 1)), "job.key has 201 bytes; at most 200"),
        ] {
            let refused = store.enqueue(&[job("four"), too_long], &clock).await.unwrap_err().to_string();
            assert!(refused.contains(field), "{refused}");
        }
        assert_eq!(count(&store).await, 1);
    })
    .await;
}
