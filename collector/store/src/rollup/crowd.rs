//! The rollup of who is there and who answers: what weighs scores given by some for what all others met.

use super::came::{Came, Sources};
use super::fact::ScoreGiven;
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
    /// A row of `rollup_crowd`: views of one device, and those among them in which a score was given. With an empty path it is of all
    /// pages, and then of one source.
    CrowdRollup = "rollup_crowd"
    by { path, device, source }
    count {
        views, answered, failed_views, failed_answered, stayed_10_views, stayed_10_answered, stayed_30_views, stayed_30_answered,
        stayed_60_views, stayed_60_answered, stayed_180_views, stayed_180_answered
    }
}

/// How long views are in the foreground: where each class begins, in seconds.
pub const STAYS: [i64; 5] = [0, 10, 30, 60, 180];

impl CrowdRollup {
    /// Views of each class of [`STAYS`], and those in which a score was given.
    pub fn stayed(&self) -> [(i64, i64); STAYS.len()] {
        let longer = [
            (self.stayed_10_views, self.stayed_10_answered),
            (self.stayed_30_views, self.stayed_30_answered),
            (self.stayed_60_views, self.stayed_60_answered),
            (self.stayed_180_views, self.stayed_180_answered),
        ];
        let [mut views, mut answered] = [self.views, self.answered];
        for (of_views, of_answered) in longer {
            (views, answered) = (views - of_views, answered - of_answered);
        }
        [(views, answered), longer[0], longer[1], longer[2], longer[3]]
    }

    /// Counts views, and those in which a score was given, that fared so.
    fn count(&mut self, failed: bool, seen_ms: i64, (views, answered): (i64, i64)) {
        let class = STAYS.iter().rposition(|from| seen_ms >= from * 1_000).unwrap_or(0);
        let stayed = match class {
            1 => Some((&mut self.stayed_10_views, &mut self.stayed_10_answered)),
            2 => Some((&mut self.stayed_30_views, &mut self.stayed_30_answered)),
            3 => Some((&mut self.stayed_60_views, &mut self.stayed_60_answered)),
            4 => Some((&mut self.stayed_180_views, &mut self.stayed_180_answered)),
            _ => None,
        };
        let failed = Some((&mut self.failed_views, &mut self.failed_answered)).filter(|_| failed);
        let all = Some((&mut self.views, &mut self.answered));
        for (of_views, of_answered) in [all, failed, stayed].into_iter().flatten() {
            *of_views += views;
            *of_answered += answered;
        }
    }
}

impl Rollup for CrowdRollup {
    type Raw = ((View, ScoreGiven), Came);

    fn of_hour(hour_ms: i64, ((views, given), came): ((&[View], &[ScoreGiven]), &[Came])) -> Vec<Self> {
        let sources = Sources::of(came);
        let mut sums: BTreeMap<[&str; 3], Self> = BTreeMap::new();
        let mut count = |[path, device, source]: [_; 3], failed, seen_ms, counted| {
            // What has no page is in the whole site, once.
            let own = [[path, device, ""]].into_iter().filter(|_| !path.is_empty());
            for key in [["", device, source]].into_iter().chain(own) {
                sums.entry(key).or_default().count(failed, seen_ms, counted);
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
        let row = |([path, device, source], sum): ([&str; 3], Self)| {
            let [path, device, source] = [path, device, source].map(str::to_owned);
            Self { bucket_ms: hour_ms, path, device, source, ..sum }
        };
        sums.into_iter().map(row).collect()
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
            rows.map(|row| (row.views, row.failed_views, row.stayed().map(|(views, _)| views))).collect::<Vec<_>>()
        };
        assert_eq!(of("/a"), [(3, 2, [1, 1, 0, 0, 1])]);
        assert_eq!(of(""), [(4, 2, [1, 1, 1, 0, 1])]);
    }
}
