//! The rollup of who is there and who answers: what weighs scores given by some for what all others met.

use super::came::{Came, Sources};
use super::fact::{ScoreGiven, failure_name};
use super::page::View;
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::{RollupRow, rollup_row};
use super::words::SharedWords;
use crate::device::{Device, rollup_name};
use crate::engine::value::read_all;
use crate::{Store, StoreError, params};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, HashSet};

rollup_row! {
    /// A row of `rollup_crowd`: views of one device that fared alike, and those among them in which a score was given. With an empty
    /// path it is of all pages, and then of one source.
    CrowdRollup = "rollup_crowd"
    by { path, device, source, failure, stayed }
    count { views, answered }
}

/// How long views are in the foreground: the name of each class, and where it begins, in milliseconds.
pub const STAYS: [(&str, i64); 5] = [("0", 0), ("10", 10_000), ("30", 30_000), ("60", 60_000), ("180", 180_000)];

/// The class of a time in the foreground.
fn stay(seen_ms: i64) -> &'static str {
    STAYS.iter().rev().find(|(_, from_ms)| seen_ms >= *from_ms).map_or(STAYS[0].0, |(name, _)| name)
}

impl Rollup for CrowdRollup {
    type Raw = ((View, ScoreGiven), Came);

    fn of_hour(hour_ms: i64, ((views, given), came): ((&[View], &[ScoreGiven]), &[Came])) -> Vec<Self> {
        let sources = Sources::of(came);
        let mut sums: BTreeMap<[&str; 5], (i64, i64)> = BTreeMap::new();
        let mut count = |[path, device, source]: [_; 3], failed, seen_ms, (views, answered): (i64, i64)| {
            let (failure, stayed) = (failure_name(Some(failed)), stay(seen_ms));
            // What has no page is in the whole site, once.
            let own = [[path, device, "", failure, stayed]].into_iter().filter(|_| !path.is_empty());
            for key in [["", device, source, failure, stayed]].into_iter().chain(own) {
                let sum = sums.entry(key).or_default();
                *sum = (sum.0 + views, sum.1 + answered);
            }
        };
        for view in views {
            let source = sources.of_visit(view.session_id);
            count([&view.path, &view.device, source], view.failed_itself(), view.seen_ms(), (1, 0));
        }
        let mut responses = HashSet::new();
        for one in given.iter().filter(|one| responses.insert(one.item_id)) {
            if let Some(view) = one.view {
                let source = sources.of_visit(one.session_id);
                count([&one.path, &one.device, source], view.failed, view.seen_ms, (0, 1));
            }
        }
        sums.into_iter()
            .map(|([path, device, source, failure, stayed], (views, answered))| Self {
                bucket_ms: hour_ms,
                path: path.to_owned(),
                device: device.to_owned(),
                source: source.to_owned(),
                failure: failure.to_owned(),
                stayed: stayed.to_owned(),
                views,
                answered,
            })
            .collect()
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
        self.source.clear();
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

impl Store {
    /// Who was there and who answered, over a range, on one page or (where that is empty) on all together: of one device, or of each.
    pub async fn crowd_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<CrowdRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_crowd
             WHERE site_id = $1 AND path = $2 AND grain = $3 AND bucket_ms >= $4 AND bucket_ms <= $5
               AND ($6 = '' OR device = $6)",
            CrowdRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, path, range.grain.as_str(), range.first_ms, range.last_ms, rollup_name(device)];
        read_all(self.read(sql, params).await?, |row| CrowdRollup::read(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_is_once_in_the_whole_site_and_once_on_its_page() {
        let view = |path: &str, errors: i64, duration_ms: i64| View {
            path: path.into(),
            device: "mobile".into(),
            errors,
            duration_ms,
            ..View::default()
        };
        let views = [view("/a", 0, 9_999), view("/a", 1, 10_000), view("/a", 1, 400_000), view("", 0, 30_000)];
        let rows = CrowdRollup::of_hour(0, ((&views, &[]), &[]));
        let of = |path: &str| {
            let rows = rows.iter().filter(|row| row.path == path);
            rows.map(|row| (row.failure.as_str(), row.stayed.as_str(), row.views)).collect::<Vec<_>>()
        };
        assert_eq!(of("/a"), [("met", "10", 1), ("met", "180", 1), ("spared", "0", 1)]);
        assert_eq!(of(""), [("met", "10", 1), ("met", "180", 1), ("spared", "0", 1), ("spared", "30", 1)]);
    }
}
