//! What rollup rows of page views add up to.

use rapport_figures::score::{Grouped, Groups};
use rapport_figures::sketch::{QuantileSketch, SketchError, UniqueSketch};
use rapport_figures::vital::Vital;
use rapport_store::rollup::PageRollup;

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
    pub groups: Groups,
    pub error_groups: SuccessSums,
    pub rage_groups: SuccessSums,
    pub dead_groups: SuccessSums,
    pub failed_groups: SuccessSums,
    pub visitors: UniqueSketch,
    pub engaged: QuantileSketch,
    pub vitals: [QuantileSketch; 5],
}

/// Views of each visit that met something: Σ y², and Σ y m with all its views (see [`Grouped`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of rollup_page")]
pub struct SuccessSums {
    pub squares: u64,
    pub products: u64,
}

impl SuccessSums {
    fn add(&mut self, squares: i64, products: i64) {
        self.squares += squares.max(0) as u64;
        self.products += products.max(0) as u64;
    }
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
        self.error_groups.add(row.error_squares, row.error_products);
        self.rage_groups.add(row.rage_squares, row.rage_products);
        self.dead_groups.add(row.dead_squares, row.dead_products);
        self.failed_groups.add(row.failed_squares, row.failed_products);
        self.group(row);
    }

    fn group(&mut self, row: &PageRollup) {
        self.groups.groups += row.grouped_visits.max(0) as u64;
        self.groups.members += row.grouped_views.max(0) as u64;
        self.groups.squares += row.view_squares.max(0) as u64;
    }

    /// Visits that bounced.
    pub fn bounced(&self) -> Grouped {
        Grouped::independent((self.bounced_visits, self.visits))
    }

    /// Views with errors, by visit.
    pub fn with_errors(&self) -> Grouped {
        self.of_views(self.error_views, self.error_groups)
    }

    /// Views with rage clicks, by visit.
    pub fn with_rage_clicks(&self) -> Grouped {
        self.of_views(self.rage_views, self.rage_groups)
    }

    /// Views with dead clicks, by visit.
    pub fn with_dead_clicks(&self) -> Grouped {
        self.of_views(self.dead_views, self.dead_groups)
    }

    /// Views with any of these, by visit.
    pub fn failed(&self) -> Grouped {
        self.of_views(self.failed_views, self.failed_groups)
    }

    fn of_views(&self, successes: u64, sums: SuccessSums) -> Grouped {
        let SuccessSums { squares, products } = sums;
        Grouped { successes, n: self.views, groups: self.groups, success_squares: squares, products }
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

    /// Merges the sketches of a row that has no counts but those of visits.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn merge_listed(&mut self, row: &PageRollup) -> Result<(), SketchError> {
        self.group(row);
        self.merge_sketches(row)
    }

    /// Merges the sketches of other sums, and their visits.
    pub fn merge(&mut self, other: &Self) {
        self.groups.groups += other.groups.groups;
        self.groups.members += other.groups.members;
        self.groups.squares += other.groups.squares;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_from_before_visits_were_told_apart_take_what_the_others_know() {
        let old = PageRollup { views: 1_000, error_views: 100, ..PageRollup::default() };
        // 100 visits of four views, of which a fifth fail in all of them.
        let new = PageRollup {
            views: 400,
            error_views: 80,
            grouped_visits: 100,
            grouped_views: 400,
            view_squares: 1_600,
            error_squares: 20 * 16,
            error_products: 20 * 16,
            ..PageRollup::default()
        };
        let effect =
            |rows: &[&PageRollup]| PageSums::of(rows.iter().copied()).expect("no sketches").with_errors().effect();
        assert_eq!(effect(&[&old]), 1.0);
        assert!((effect(&[&new]) - 4.0).abs() < 0.05);
        assert!(effect(&[&old, &new]) > 3.5);
    }
}
