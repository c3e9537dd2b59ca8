//! The rollup of what Web Vitals worse than good were of: which element, and which part of the time, by page and device.

use super::range::BucketRange;
use super::registry::Rollup;
use super::row::{RollupRow, rollup_row};
use super::signal::SignalSeen;
use super::words::SharedWords;
use crate::device::Device;
use crate::engine::value::read_all;
use crate::{Store, StoreError, params};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;
use std::collections::BTreeMap;

/// Most elements kept of one vital, page and device in an hour; the rest count as [`limit::OTHER_PAGES`].
const ELEMENTS: usize = 20;

/// Where the picture of an LCP may come from.
const SOURCES: [&str; 3] = ["own", "other", "data"];

rollup_row! {
    /// A row of `rollup_vital`: sums over views; of LCP the parts are time to first byte, load delay, load time and render delay, of INP
    /// input delay, processing and presentation, of CLS the largest shift.
    VitalRollup = "rollup_vital"
    by { path, device, vital, element, source }
    count { views, whole, part_1, part_2, part_3, part_4 }
}

/// Sums by element, and where its picture came from.
type OfElements<'a> = BTreeMap<(&'a str, &'a str), VitalRollup>;

impl VitalRollup {
    fn add(&mut self, parts: &[u32]) {
        self.views += 1;
        let sums = [&mut self.whole, &mut self.part_1, &mut self.part_2, &mut self.part_3, &mut self.part_4];
        for (sum, part) in sums.into_iter().zip(parts) {
            *sum += i64::from(*part);
        }
    }
}

impl Rollup for VitalRollup {
    type Raw = SignalSeen;

    fn of_hour(hour_ms: i64, seen: &[SignalSeen]) -> Vec<Self> {
        // A view tells again when it got worse.
        let mut worst: BTreeMap<(&str, Id), &SignalSeen> = BTreeMap::new();
        let is_vital = |signal: &&SignalSeen| SignalKind::parse(&signal.kind).is_some_and(SignalKind::is_vital);
        for signal in seen.iter().filter(is_vital) {
            let known = worst.entry((&signal.kind, signal.view_id)).or_insert(signal);
            // Of two that are as bad always the same, in whatever order they are read.
            let rank = |signal: &SignalSeen| (signal.detail.parts.first().copied(), signal.element.clone());
            if rank(signal) > rank(known) {
                *known = signal;
            }
        }
        let mut sums: BTreeMap<(&str, &str, &str), OfElements<'_>> = BTreeMap::new();
        for signal in worst.into_values() {
            let place = (signal.path.as_str(), signal.device.as_str(), signal.kind.as_str());
            let source = SOURCES.into_iter().find(|source| *source == signal.name).unwrap_or_default();
            let of = sums.entry(place).or_default().entry((&signal.element, source)).or_default();
            of.add(&signal.detail.parts);
        }
        let mut rows = Vec::new();
        for ((path, device, vital), elements) in sums {
            let mut elements: Vec<_> = elements.into_iter().collect();
            elements.sort_by(|(a, one), (b, other)| other.views.cmp(&one.views).then(a.cmp(b)));
            if elements.len() > ELEMENTS {
                let mut other = Self::default();
                elements.drain(ELEMENTS - 1..).for_each(|(_, sum)| other.add_counts(&sum));
                elements.push(((limit::OTHER_PAGES, ""), other));
            }
            rows.extend(elements.into_iter().map(|((element, source), sum)| Self {
                bucket_ms: hour_ms,
                path: path.to_owned(),
                device: device.to_owned(),
                vital: vital.to_owned(),
                element: element.to_owned(),
                source: source.to_owned(),
                ..sum
            }));
        }
        rows
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
        if !self.element.is_empty() {
            shared.keep(&self.vital, &mut self.element);
        }
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

impl Store {
    /// What vitals were of, by bucket, over a range, on one page and device; of every device where there is none.
    pub async fn vital_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<VitalRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_vital
             WHERE site_id = $1 AND path = $2 AND grain = $3 AND bucket_ms >= $4 AND bucket_ms <= $5 AND ($6 = '' OR device = $6)",
            VitalRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, path, range.grain.as_str(), range.first_ms, range.last_ms, device];
        read_all(self.read(sql, params).await?, |row| VitalRollup::read(row))
    }
}
