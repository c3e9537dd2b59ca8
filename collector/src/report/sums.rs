//! What rollup rows of page views add up to.

use crate::rollup::PageRollup;
use rapport_shared::sketch::{QuantileSketch, SketchError, UniqueSketch};
use rapport_shared::vital::Vital;

/// Sums and merged sketches of page views.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named as the columns of rollup_page")]
pub struct PageSums {
    pub views: u64,
    pub visits: u64,
    pub bounced_visits: u64,
    pub duration_ms: u64,
    pub engaged_ms: u64,
    pub scroll_percent: u64,
    pub clicks: u64,
    pub rage_clicks: u64,
    pub rage_views: u64,
    pub dead_clicks: u64,
    pub dead_views: u64,
    pub errors: u64,
    pub error_views: u64,
    pub failed_views: u64,
    pub visitors: UniqueSketch,
    pub engaged: QuantileSketch,
    pub vitals: [QuantileSketch; 5],
}

impl PageSums {
    /// Adds a row.
    ///
    /// # Errors
    /// When one of its sketches cannot be read.
    pub fn add(&mut self, row: &PageRollup) -> Result<(), SketchError> {
        self.count(row);
        self.merge_sketches(row)
    }

    /// Adds the counts of a row.
    pub fn count(&mut self, row: &PageRollup) {
        let count = |value: i64| value.max(0) as u64;
        self.views += count(row.views);
        self.visits += count(row.visits);
        self.bounced_visits += count(row.bounced_visits);
        self.duration_ms += count(row.duration_ms);
        self.engaged_ms += count(row.engaged_ms);
        self.scroll_percent += count(row.scroll_percent);
        self.clicks += count(row.clicks);
        self.rage_clicks += count(row.rage_clicks);
        self.rage_views += count(row.rage_views);
        self.dead_clicks += count(row.dead_clicks);
        self.dead_views += count(row.dead_views);
        self.errors += count(row.errors);
        self.error_views += count(row.error_views);
        self.failed_views += count(row.failed_views);
    }

    /// Merges the sketches of a row.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn merge_sketches(&mut self, row: &PageRollup) -> Result<(), SketchError> {
        if !row.visitors_sketch.is_empty() {
            self.visitors.merge_encoded(&row.visitors_sketch)?;
        }
        let [lcp, inp, cls, fcp, ttfb] = &mut self.vitals;
        for (sketch, bytes) in [
            (&mut self.engaged, &row.engaged_sketch),
            (lcp, &row.lcp_sketch),
            (inp, &row.inp_sketch),
            (cls, &row.cls_sketch),
            (fcp, &row.fcp_sketch),
            (ttfb, &row.ttfb_sketch),
        ] {
            if !bytes.is_empty() {
                sketch.merge_encoded(bytes)?;
            }
        }
        Ok(())
    }

    /// Merges the sketches of other sums.
    pub fn merge(&mut self, other: &Self) {
        self.visitors.merge(&other.visitors);
        self.engaged.merge(&other.engaged);
        for (sketch, other) in self.vitals.iter_mut().zip(&other.vitals) {
            sketch.merge(other);
        }
    }

    /// Everything of some rows.
    ///
    /// # Errors
    /// When a sketch cannot be read.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a PageRollup>) -> Result<Self, SketchError> {
        let mut sums = Self::default();
        rows.into_iter().try_for_each(|row| sums.add(row))?;
        Ok(sums)
    }

    /// The distribution of a Web Vital.
    pub fn vital(&self, vital: Vital) -> &QuantileSketch {
        let place = Vital::ALL.iter().position(|other| *other == vital);
        &self.vitals[place.unwrap_or(0)]
    }

    /// Mean of a sum over views; `None` without a view.
    pub fn mean(&self, sum: u64) -> Option<f64> {
        (self.views > 0).then(|| sum as f64 / self.views as f64)
    }
}
