//! The cap on distinct pages a day and site: a page that makes up a path per visitor must not flood the rollups.

use crate::store::Store;
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

/// The pages of every site's current day.
#[derive(Default)]
pub struct PageCap {
    sites: Mutex<HashMap<Id, Arc<PagesOfDay>>>,
}

/// Hashes of the paths one site reported in one day.
pub struct PagesOfDay {
    day_ms: i64,
    hasher: RandomState,
    paths: Mutex<HashSet<u64>>,
}

impl PageCap {
    /// The pages of `site_id` in the day that begins at `day_ms`, with those the store already counts.
    pub async fn of_site(&self, store: &Store, site_id: Id, day_ms: i64) -> Arc<PagesOfDay> {
        let known = self.sites.lock().unwrap_or_else(PoisonError::into_inner).get(&site_id).cloned();
        if let Some(pages) = known.filter(|pages| pages.day_ms == day_ms) {
            return pages;
        }
        // A store that is away says so when the batch is submitted; until then an empty set is only generous.
        let stored = store.paths_of_day(site_id, day_ms, limit::PAGES_PER_DAY).await.unwrap_or_default();
        let hasher = RandomState::new();
        let paths = Mutex::new(stored.iter().map(|path| hasher.hash_one(path.as_str())).collect());
        let pages = Arc::new(PagesOfDay { day_ms, hasher, paths });
        self.sites.lock().unwrap_or_else(PoisonError::into_inner).insert(site_id, pages.clone());
        pages
    }
}

impl PagesOfDay {
    /// The path to count under: itself, or [`limit::OTHER_PAGES`] once the day has too many.
    pub fn admit(&self, path: String) -> String {
        let hash = self.hasher.hash_one(path.as_str());
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        if paths.contains(&hash) {
            return path;
        }
        if paths.len() >= limit::PAGES_PER_DAY {
            return limit::OTHER_PAGES.to_owned();
        }
        paths.insert(hash);
        path
    }
}
