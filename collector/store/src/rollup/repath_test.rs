//! Rows from before paths were kept in one way of writing: each page becomes one, in rows, in rollups and in what was erased.

use super::{Grain, PageRollup, rebuild};
use crate::clock::Clock;
use crate::record::{PageViewRow, Record, Submission};
use crate::site::directory::SiteDirectory;
use crate::test_store::{a_site, each_database, each_engine, number};
use crate::visitor::Traces;
use crate::{MIGRATIONS, Store, params};
use rapport_shared::id::Id;

const HOUR_MS: i64 = 3_600_000;
/// 2026-11-22T10:00:00Z.
const NOW_MS: i64 = 1_795_341_600_000;

async fn seen(store: &Store, site_id: Id, number: u8, hour_ms: i64, path: &str) {
    let view = PageViewRow {
        site_id,
        item_id: Id([number; 16]),
        session_id: Some(Id([number; 16])),
        visitor_key: Id([number; 16]),
        occurred_at_ms: hour_ms,
        received_at_ms: hour_ms,
        hour_ms,
        path: path.into(),
        device: "mobile",
        view_index: 1,
        ..PageViewRow::default()
    };
    let records = vec![Record::PageView(Box::new(view))];
    let submission = Submission { site_id, received_at_ms: hour_ms, day_ms: hour_ms, records, ..Submission::default() };
    store.submit(submission).await.unwrap();
}

/// The pages of a bucket with their views.
async fn pages(store: &Store, site_id: Id, grain: Grain, bucket_ms: i64) -> Vec<(String, i64)> {
    let rows = store.rollup_rows::<PageRollup>(site_id, grain, bucket_ms, bucket_ms + 1).await.unwrap();
    let rows = rows.into_iter().filter(|row| row.device == "mobile" && !row.path.is_empty());
    let mut pages: Vec<_> = rows.map(|row| (row.path, row.views)).collect();
    pages.sort();
    pages
}

#[tokio::test]
async fn a_page_that_was_kept_in_two_ways_of_writing_is_one() {
    each_engine(async |store| {
        let site = a_site("shop");
        let site_id = site.site_id;
        store.add_site(&site).await.unwrap();
        let clock = Clock::manual(NOW_MS);
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let context = sites.by_id(site_id).await.unwrap().unwrap();
        let hour_ms = context.hour_start_ms(NOW_MS - 48 * HOUR_MS);
        assert_eq!(store.hours_with_rows(site_id).await, Ok(None));
        for (number, hour_ms, path) in [
            (1, hour_ms, "/%d0%ba"),
            (2, hour_ms, "/%D0%BA"),
            (3, hour_ms, "/к"),
            (4, hour_ms, "/plain"),
            (5, hour_ms + HOUR_MS, "/plain"),
            (6, hour_ms, "/%d0%bb"),
            (7, hour_ms, "/%D0%BB"),
            (8, hour_ms, "/%d0%bb"),
        ] {
            seen(&store, site_id, number, hour_ms, path).await;
        }
        // Two that others share are erased: their pages stay counted.
        let traces = Traces { page_views: vec![Id([6; 16]), Id([1; 16])], ..Traces::default() };
        seen(&store, site_id, 9, hour_ms, "/%d0%ba").await;
        store.erase(site_id, &site.time_zone, &traces, &clock).await.unwrap();
        rebuild::run_once(&store, &clock, &sites).await.unwrap();
        let day_ms = context.day_start_ms(hour_ms);
        assert_eq!(pages(&store, site_id, Grain::Day, day_ms).await.len(), 6);

        assert_eq!(store.hours_with_rows(site_id).await, Ok(Some((hour_ms, hour_ms + HOUR_MS))));
        let span_ms = (hour_ms, hour_ms + 2 * HOUR_MS);
        assert_eq!(store.repath(site_id, span_ms, &clock).await, Ok(1));
        assert_eq!(store.dirty_hours(site_id, 0, i64::MAX).await, Ok(vec![hour_ms]), "the other hour is as it was");
        let erased = [("/%D0%BA".to_owned(), 1), ("/%D0%BB".to_owned(), 1)];
        assert_eq!(pages(&store, site_id, Grain::Erased, hour_ms).await, erased);
        rebuild::run_once(&store, &clock, &sites).await.unwrap();
        let expected =
            |plain| [("/%D0%BA", 4), ("/%D0%BB", 3), ("/plain", plain)].map(|(path, views)| (path.to_owned(), views));
        assert_eq!(pages(&store, site_id, Grain::Hour, hour_ms).await, expected(1));
        assert_eq!(pages(&store, site_id, Grain::Day, day_ms).await, expected(2));
        assert_eq!(store.repath(site_id, span_ms, &clock).await, Ok(0), "done twice it comes to the same");
    })
    .await;
}

#[tokio::test]
async fn a_database_from_before_asks_for_it_once_a_site() {
    each_database(async |url| {
        let before: Vec<_> = MIGRATIONS.iter().filter(|known| known.version < 82).copied().collect();
        let store = Store::open_knowing(&url, &before).await.unwrap();
        store.add_site(&a_site("shop")).await.unwrap();
        store.add_site(&a_site("other")).await.unwrap();
        store.shut_down().await;
        let store = Store::open_knowing(&url, MIGRATIONS).await.unwrap();
        store.add_site(&a_site("new")).await.unwrap();
        let jobs = "SELECT COUNT(*) AS jobs FROM job j JOIN site s ON s.site_id = j.site_id
             WHERE j.kind = 'page_path' AND j.state = 'waiting' AND j.idempotency_key = s.site_key";
        assert_eq!(number(&store, jobs).await, 2);
        assert_eq!(store.read("SELECT job_id FROM job", params![]).await.unwrap().len(), 2);
        store.shut_down().await;
    })
    .await;
}
