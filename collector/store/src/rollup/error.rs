//! The rollup of errors: how often, in how many views and by how many visitors, by page, device and what makes errors one.

use super::range::BucketRange;
use super::registry::Rollup;
use super::row::{RollupRow, rollup_row};
use super::signal::{SignalSeen, Views, listed};
use super::total::with_totals;
use super::words::SharedWords;
use crate::device::{Device, rollup_name};
use crate::engine::value::read_all;
use crate::{Store, StoreError, params};
use rapport_figures::sketch::UniqueSketch;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;
use std::collections::{BTreeMap, HashMap};

/// Most keys kept of one page and device in an hour; the rest count as [`limit::OTHER_PAGES`].
const KEYS: usize = 100;

rollup_row! {
    /// A row of `rollup_error`. With an empty path it is of all pages, with an empty device of all devices.
    ErrorRollup = "rollup_error"
    by { path, device, error_key }
    count { errors, views }
    uniques { visitors_sketch }
    views { listed_views of views }
}

#[derive(Default)]
struct Sum {
    errors: i64,
    views: Views,
    visitors: UniqueSketch,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.errors += other.errors;
        self.views.extend(other.views);
        self.visitors.merge(&other.visitors);
    }
}

impl Rollup for ErrorRollup {
    type Raw = SignalSeen;

    fn of_hour(hour_ms: i64, seen: &[SignalSeen]) -> Vec<Self> {
        let mut sums: BTreeMap<(&str, &str), HashMap<&str, Sum>> = BTreeMap::new();
        let errors =
            seen.iter().filter(|signal| signal.kind == SignalKind::Error.as_str() && !signal.error_key.is_empty());
        for error in errors {
            for place in with_totals(&error.path, &error.device) {
                let sum = sums.entry(place).or_default().entry(&error.error_key).or_default();
                sum.errors += error.count;
                sum.views.insert(error.view_id, error.within_hour);
                // Who it was is known with the view.
                sum.visitors.insert(&error.visitor_key.unwrap_or(error.view_id).0);
            }
        }
        let mut rows = Vec::new();
        for ((path, device), keys) in sums {
            let mut keys: Vec<_> = keys.into_iter().collect();
            keys.sort_by(|(a, a_sum), (b, b_sum)| b_sum.views.len().cmp(&a_sum.views.len()).then(a.cmp(b)));
            if keys.len() > KEYS {
                let mut other = Sum::default();
                keys.drain(KEYS - 1..).for_each(|(_, sum)| other.add(sum));
                keys.push((limit::OTHER_PAGES, other));
            }
            rows.extend(keys.into_iter().map(|(key, sum)| Self {
                bucket_ms: hour_ms,
                path: path.to_owned(),
                device: device.to_owned(),
                error_key: key.to_owned(),
                errors: sum.errors,
                views: sum.views.len() as i64,
                visitors_sketch: sum.visitors.encode(),
                listed_views: listed(&sum.views),
            }));
        }
        rows
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

impl Store {
    /// Errors by bucket and key over a range, on one page (empty for all together) and device.
    pub async fn error_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<ErrorRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_error
             WHERE site_id = $1 AND path = $2 AND grain = $3 AND bucket_ms >= $4 AND bucket_ms <= $5 AND device = $6",
            ErrorRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, path, range.grain.as_str(), range.first_ms, range.last_ms, rollup_name(device)];
        read_all(self.read(sql, params).await?, |row| ErrorRollup::read(row))
    }
}
