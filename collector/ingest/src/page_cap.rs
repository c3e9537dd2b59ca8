//! The cap on new pages a day and site: a page that makes up a path per visitor must not flood the rollups, and must not
//! push out the pages that a site has.

use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_store::{Store, StoreError};
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Days before today whose pages are known, in milliseconds (28 days: four whole weeks).
const KNOWN_MS: i64 = 28 * DAY_MS;

/// The pages of every site's current day.
#[derive(Default)]
pub struct PageCap {
    sites: Mutex<HashMap<Id, Day>>,
}

/// The start of a day, and its pages once they are read.
type Day = (i64, Arc<OnceCell<Arc<PagesOfDay>>>);

/// Hashes of the paths of one site in one day.
pub struct PagesOfDay {
    hasher: RandomState,
    /// Those of earlier days: they keep their place.
    known: HashSet<u64>,
    /// Those that came up today, at most [`limit::PAGES_PER_DAY`].
    new: Mutex<HashSet<u64>>,
}

impl PageCap {
    /// The pages of `site_id` in the day that begins at `day_ms`, with those the store already counts. They are read once,
    /// however many batches begin the day.
    pub async fn of_site(&self, store: &Store, site_id: Id, day_ms: i64) -> Arc<PagesOfDay> {
        let cell = {
            let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = sites.entry(site_id).or_default();
            if entry.0 != day_ms {
                *entry = (day_ms, Arc::default());
            }
            entry.1.clone()
        };
        let pages = cell.get_or_try_init(|| PagesOfDay::read(store, site_id, day_ms)).await;
        // A store that is away says so when the batch is submitted; until then an empty set is only generous.
        pages.cloned().unwrap_or_else(|_: StoreError| Arc::new(PagesOfDay::of(&[], &[])))
    }
}

impl PagesOfDay {
    async fn read(store: &Store, site_id: Id, day_ms: i64) -> Result<Arc<Self>, StoreError> {
        // A day can have 25 hours.
        let yesterday_ms = day_ms - DAY_MS - DAY_MS / 24;
        let days_ms = (day_ms - KNOWN_MS, yesterday_ms, day_ms);
        let known = store.known_paths(site_id, days_ms, limit::KNOWN_PAGES).await?;
        let today = store.paths_of_day(site_id, day_ms, limit::KNOWN_PAGES + limit::PAGES_PER_DAY).await?;
        Ok(Arc::new(Self::of(&known, &today)))
    }

    fn of(known: &[String], today: &[String]) -> Self {
        let hasher = RandomState::new();
        let hashes = |paths: &[String]| -> HashSet<u64> { paths.iter().map(|path| hasher.hash_one(path)).collect() };
        let known = hashes(known);
        let new = hashes(today).difference(&known).copied().collect();
        Self { hasher, known, new: Mutex::new(new) }
    }

    /// The path to count under: itself, or [`limit::OTHER_PAGES`] once the day has too many new ones.
    pub fn admit(&self, path: String) -> String {
        let hash = self.hasher.hash_one(path.as_str());
        if self.known.contains(&hash) {
            return path;
        }
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        if new.contains(&hash) {
            return path;
        }
        if new.len() >= limit::PAGES_PER_DAY {
            return limit::OTHER_PAGES.to_owned();
        }
        new.insert(hash);
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_store::rollup::row::RollupRow;
    use rapport_store::rollup::{Grain, PageRollup};
    use rapport_store::test_store::each_engine;

    const SITE: Id = Id([1; 16]);
    const TODAY_MS: i64 = 100 * DAY_MS;

    /// A page of a day or an hour.
    async fn seen(store: &Store, grain: Grain, bucket_ms: i64, path: &str, views: i64) {
        let row = |device: &str| PageRollup {
            bucket_ms,
            path: path.into(),
            device: device.into(),
            views,
            ..PageRollup::default()
        };
        let rows = ["", "desktop"].map(|device| row(device).insert(SITE, grain));
        store.write(rows.into()).await.unwrap();
    }

    #[tokio::test]
    async fn invented_paths_push_no_page_of_earlier_days_into_other() {
        each_engine(async |store| {
            for day in 1..=3 {
                seen(&store, Grain::Day, TODAY_MS - day * DAY_MS, "/cart", 10).await;
            }
            seen(&store, Grain::Hour, TODAY_MS - 3_600_000, "/since-yesterday", 1).await;
            seen(&store, Grain::Day, TODAY_MS - 29 * DAY_MS, "/long-gone", 1_000).await;
            seen(&store, Grain::Hour, TODAY_MS, "/new-today", 1).await;
            seen(&store, Grain::Day, TODAY_MS - DAY_MS, limit::OTHER_PAGES, 1_000).await;
            seen(&store, Grain::Day, TODAY_MS - DAY_MS, "", 1_000).await;
            let pages = PageCap::default().of_site(&store, SITE, TODAY_MS).await;
            let kept = |path: &str| pages.admit(path.to_owned()) == path;
            // One place of the day is taken: it was there before the collector started anew.
            let invented = (0..5_000).filter(|number| kept(&format!("/invented/{number}"))).count();
            assert_eq!(invented, limit::PAGES_PER_DAY - 1);
            for (path, keeps) in [
                ("/cart", true),
                ("/since-yesterday", true),
                ("/new-today", true),
                ("/long-gone", false),
                ("/late", false),
            ] {
                assert_eq!(kept(path), keeps, "{path}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_invented_yesterday_drives_out_no_page_with_views_on_many_days() {
        each_engine(async |store| {
            for day in 1..=2 {
                seen(&store, Grain::Day, TODAY_MS - day * DAY_MS, "/quiet", 1).await;
            }
            let invented = (0..limit::KNOWN_PAGES + 10).map(|number| {
                let row = PageRollup {
                    bucket_ms: TODAY_MS - DAY_MS,
                    path: format!("/invented/{number}"),
                    views: 50,
                    ..PageRollup::default()
                };
                row.insert(SITE, Grain::Day)
            });
            store.write(invented.collect()).await.unwrap();
            let days_ms = (TODAY_MS - KNOWN_MS, TODAY_MS - DAY_MS, TODAY_MS);
            let known = store.known_paths(SITE, days_ms, limit::KNOWN_PAGES).await.unwrap();
            assert_eq!((known.len(), known[0].as_str()), (limit::KNOWN_PAGES, "/quiet"));
        })
        .await;
    }
}
