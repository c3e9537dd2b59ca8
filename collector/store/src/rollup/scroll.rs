//! The rollup of scroll reach: how many views saw each tenth of a page.

use super::page::View;
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::rollup_row;
use super::words::SharedWords;
use crate::device::Device;
use crate::{Store, StoreError, params};
use rapport_shared::id::Id;
use std::collections::BTreeMap;

/// Parts of a page that are told apart.
pub const PARTS: usize = 10;

rollup_row! {
    /// A row of `rollup_scroll`.
    ScrollRollup = "rollup_scroll"
    by { path, device }
    count {
        views, reached_10, reached_20, reached_30, reached_40, reached_50, reached_60,
        reached_70, reached_80, reached_90, reached_100
    }
}

impl ScrollRollup {
    /// How many views reached each tenth, the first one first.
    pub fn reached(&self) -> [i64; PARTS] {
        [
            self.reached_10,
            self.reached_20,
            self.reached_30,
            self.reached_40,
            self.reached_50,
            self.reached_60,
            self.reached_70,
            self.reached_80,
            self.reached_90,
            self.reached_100,
        ]
    }

    fn count(&mut self, seen_percent: i64) {
        self.views += 1;
        let reached = [
            &mut self.reached_10,
            &mut self.reached_20,
            &mut self.reached_30,
            &mut self.reached_40,
            &mut self.reached_50,
            &mut self.reached_60,
            &mut self.reached_70,
            &mut self.reached_80,
            &mut self.reached_90,
            &mut self.reached_100,
        ];
        for (part, count) in (1..).zip(reached) {
            *count += i64::from(seen_percent >= part * 10);
        }
    }
}

impl Rollup for ScrollRollup {
    type Raw = View;

    fn of_hour(hour_ms: i64, views: &[View]) -> Vec<Self> {
        let mut rows: BTreeMap<(&str, &str), Self> = BTreeMap::new();
        for view in views {
            rows.entry((&view.path, &view.device)).or_default().count(view.scroll_percent);
        }
        let row = |((path, device), row): ((&str, &str), Self)| Self {
            bucket_ms: hour_ms,
            path: path.to_owned(),
            device: device.to_owned(),
            ..row
        };
        rows.into_iter().map(row).collect()
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

impl Store {
    /// Scroll reach of one page by bucket and device over a range; an empty device is every one.
    pub async fn scroll_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<ScrollRollup>, StoreError> {
        use super::row::RollupRow;
        let sql = format!(
            "SELECT {} FROM rollup_scroll
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND path = $5 AND ($6 = '' OR device = $6)
             ORDER BY bucket_ms, device",
            ScrollRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, path, device];
        self.read(sql, params).await?.iter().map(ScrollRollup::read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_reached_every_tenth_up_to_the_deepest_that_it_saw() {
        let view =
            |scroll_percent| View { path: "/".into(), device: "mobile".into(), scroll_percent, ..View::default() };
        let rows = ScrollRollup::of_hour(0, &[view(0), view(9), view(10), view(59), view(100)]);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].views, rows[0].reached()), (5, [3, 2, 2, 2, 2, 1, 1, 1, 1, 1]));
    }
}
