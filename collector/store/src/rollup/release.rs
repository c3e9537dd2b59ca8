//! The rollup of releases: how many views each had, and so since when there is one.

use super::page::View;
use super::registry::Rollup;
use super::row::rollup_row;
use super::words::SharedWords;
use crate::{Store, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::collections::BTreeMap;

/// Most releases kept of an hour, those with most views: a site has few at a time unless somebody makes them up.
const RELEASES: usize = 20;
/// Most bytes of a release's name in a rollup, whose keys are bounded.
pub const RELEASE_BYTES: usize = 4 * limit::NAME_CHARACTERS;

rollup_row! {
    /// A row of `rollup_release`.
    ReleaseRollup = "rollup_release"
    by { release }
    count { views }
}

impl Rollup for ReleaseRollup {
    type Raw = View;

    fn of_hour(hour_ms: i64, views: &[View]) -> Vec<Self> {
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        for view in views.iter().filter(|view| !view.release.is_empty()) {
            *counts.entry(&view.release).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, views)| std::cmp::Reverse(*views));
        let kept = counts.into_iter().take(RELEASES);
        kept.map(|(release, views)| Self {
            bucket_ms: hour_ms,
            release: text::cut(release.to_owned(), RELEASE_BYTES),
            views,
        })
        .collect()
    }

    /// It is the company's own name for what it put online, in every page that it served.
    fn forget(&mut self, _: &SharedWords) {}
}

/// A release, and when it was first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstSeen {
    /// Its name.
    pub release: String,
    /// The hour of its first view, in epoch milliseconds.
    pub hour_ms: i64,
}

impl Store {
    /// The releases that were first seen from `from_ms` on, oldest first, in hours that are rolled up.
    pub async fn releases_since(&self, site_id: Id, from_ms: i64) -> Result<Vec<FirstSeen>, StoreError> {
        let sql = "SELECT release, MIN(bucket_ms) AS hour_ms FROM rollup_release
             WHERE site_id = $1 AND grain = 'hour' GROUP BY release HAVING MIN(bucket_ms) >= $2
             ORDER BY MIN(bucket_ms), release";
        let rows = self.read(sql, params![site_id, from_ms]).await?;
        let first =
            |row: &crate::Row| Ok(FirstSeen { release: row.text("release")?.to_owned(), hour_ms: row.int("hour_ms")? });
        rows.iter().map(first).collect()
    }
}
