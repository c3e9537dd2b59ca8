//! The rollup of releases: views of each that pages named, so that it is known since when there is one.

use super::page::View;
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::rollup_row;
use super::words::SharedWords;
use crate::{Row, Store, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::collections::BTreeMap;

/// Most releases kept of an hour; the rest count as [`limit::OTHER_PAGES`]. Anybody can name any.
const RELEASES: usize = 50;
/// Longest name of a release, in bytes: it is a key.
pub const RELEASE_BYTES: usize = 4 * limit::NAME_CHARACTERS;

rollup_row! {
    /// A row of `rollup_release`. With an empty release it is of views whose page named none.
    ReleaseRollup = "rollup_release"
    by { release }
    count { views }
}

impl Rollup for ReleaseRollup {
    type Raw = View;

    fn of_hour(hour_ms: i64, views: &[View]) -> Vec<Self> {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for view in views {
            *counts.entry(text::cut(view.release.clone(), RELEASE_BYTES)).or_default() += 1;
        }
        let row = |(release, views): (String, i64)| Self { bucket_ms: hour_ms, release, views };
        let (unnamed, mut named): (Vec<_>, Vec<_>) =
            counts.into_iter().map(row).partition(|row| row.release.is_empty());
        named.sort_by(|one, other| other.views.cmp(&one.views).then_with(|| one.release.cmp(&other.release)));
        if named.len() > RELEASES {
            let views = named.drain(RELEASES - 1..).map(|row| row.views).sum();
            named.push(row((limit::OTHER_PAGES.to_owned(), views)));
        }
        named.extend(unnamed);
        named
    }

    fn forget(&mut self, shared: &SharedWords) {
        if !self.release.is_empty() {
            shared.keep("release", &mut self.release);
        }
    }
}

impl ReleaseRollup {
    /// Whether it is of one release: not of views whose page named none, and not of several that are kept of none by name.
    pub fn is_named(&self) -> bool {
        !self.release.is_empty() && self.release != limit::OTHER_PAGES
    }
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
    /// Views by release and bucket over a range.
    pub async fn release_rollups(&self, site_id: Id, range: BucketRange) -> Result<Vec<ReleaseRollup>, StoreError> {
        self.rollup_rows(site_id, range.grain, range.first_ms, range.last_ms + 1).await
    }

    /// The releases that were first seen from `from_ms` on, oldest first, in hours that are rolled up.
    pub async fn releases_since(&self, site_id: Id, from_ms: i64) -> Result<Vec<FirstSeen>, StoreError> {
        let sql = "SELECT release, MIN(bucket_ms) AS hour_ms FROM rollup_release
             WHERE site_id = $1 AND grain = 'hour' AND release NOT IN ('', $3)
             GROUP BY release HAVING MIN(bucket_ms) >= $2 ORDER BY MIN(bucket_ms), release";
        let rows = self.read(sql, params![site_id, from_ms, limit::OTHER_PAGES]).await?;
        let first =
            |row: &Row| Ok(FirstSeen { release: row.text("release")?.to_owned(), hour_ms: row.int("hour_ms")? });
        rows.iter().map(first).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::record::{PageViewRow, Record, Submission};
    use crate::rollup::{Grain, fresh, rebuild};
    use crate::site::directory::SiteDirectory;
    use crate::test_store::{a_site, each_engine};
    use crate::visitor::Traces;

    fn named(release: &str) -> View {
        View { release: release.into(), ..View::default() }
    }

    #[test]
    fn a_flood_of_invented_releases_takes_no_place_of_a_real_one() {
        let mut views: Vec<_> = (0..5_000).map(|number| named(&format!("made up {number}"))).collect();
        views.extend((0..40).map(|_| named("4.2.0")));
        views.extend((0..7).map(|_| named("")));
        let rows = ReleaseRollup::of_hour(0, &views);
        assert_eq!(rows.len(), RELEASES + 1);
        assert_eq!((rows[0].release.as_str(), rows[0].views), ("4.2.0", 40));
        let last = &rows[rows.len() - 1];
        assert_eq!((last.release.as_str(), last.views), ("", 7));
        assert_eq!(rows.iter().map(|row| row.views).sum::<i64>(), 5_047, "none is lost");
        let longest = named(&"\u{10348}".repeat(limit::NAME_CHARACTERS + 1));
        assert_eq!(ReleaseRollup::of_hour(0, &[longest])[0].release.len(), RELEASE_BYTES);
    }

    #[tokio::test]
    async fn views_of_a_release_stay_counted_after_an_erasure_and_what_nobody_shares_is_forgotten() {
        const HOUR_MS: i64 = 3_600_000;
        const NOW_MS: i64 = 1_795_341_600_000;
        each_engine(async |store| {
            let site = a_site("shop");
            let site_id = site.site_id;
            store.add_site(&site).await.unwrap();
            let clock = Clock::manual(NOW_MS);
            let sites = SiteDirectory::new(store.clone(), clock.clone());
            let context = sites.by_id(site_id).await.unwrap().unwrap();
            let at_ms = NOW_MS - 48 * HOUR_MS;
            for (number, release) in [(1, "4.2.0"), (2, "4.2.0"), (3, "of ada alone"), (4, "")] {
                let view = PageViewRow {
                    site_id,
                    item_id: Id([number; 16]),
                    occurred_at_ms: at_ms,
                    received_at_ms: at_ms,
                    hour_ms: at_ms,
                    path: "/".into(),
                    device: "mobile",
                    release: release.into(),
                    view_index: 1,
                    ..PageViewRow::default()
                };
                let records = vec![Record::PageView(Box::new(view))];
                let of_day = Submission { site_id, received_at_ms: at_ms, records, ..Submission::default() };
                store.submit(of_day).await.unwrap();
            }
            let told = |rows: &[ReleaseRollup]| {
                let mut told: Vec<_> = rows.iter().map(|row| (row.release.clone(), row.views)).collect();
                told.sort();
                told
            };
            let named = |pairs: &[(&str, i64)]| -> Vec<(String, i64)> {
                pairs.iter().map(|(release, views)| ((*release).to_owned(), *views)).collect()
            };
            let all = named(&[("", 1), ("4.2.0", 2), ("of ada alone", 1)]);
            assert_eq!(told(fresh(&store, &context, at_ms).await.unwrap().rows()), all, "from rows");
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            let stored = async |grain| {
                let rows = store.rollup_rows::<ReleaseRollup>(site_id, grain, 0, i64::MAX).await.unwrap();
                told(&rows)
            };
            assert_eq!((stored(Grain::Hour).await, stored(Grain::Day).await), (all.clone(), all));
            let traces = Traces { page_views: vec![Id([2; 16]), Id([3; 16])], ..Traces::default() };
            store.erase(site_id, &site.time_zone, &traces, &clock).await.unwrap();
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            let first = FirstSeen { release: "4.2.0".into(), hour_ms: at_ms };
            assert_eq!(store.releases_since(site_id, at_ms).await, Ok(vec![first]), "none that is not named any more");
            assert_eq!(store.releases_since(site_id, at_ms + 1).await, Ok(vec![]));
            let kept = named(&[("", 1), (limit::OTHER_PAGES, 1), ("4.2.0", 2)]);
            assert_eq!((stored(Grain::Hour).await, stored(Grain::Day).await), (kept.clone(), kept));
        })
        .await;
    }
}
