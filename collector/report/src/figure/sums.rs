//! What rollup rows of page views add up to.

use rapport_figures::score::{Grouped, Groups};
use rapport_figures::sketch::{QuantileSketch, SketchError, UniqueSketch};
use rapport_figures::vital::Vital;
use rapport_store::rollup::PageRollup;

macro_rules! page_sums {
    (
        counts { $($count:ident: $most:literal, $label:literal, $what:literal
            $(, share($views:ident, $squares:ident, $products:ident))?;)* }
        vitals { $($vital:ident: $most_of_vital:literal, $what_vital:literal, $sketch:ident;)* }
    ) => {
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
            pub failed_views: u64,
            pub failed_squares: u64,
            pub failed_products: u64,
            pub poor_lcp_views: u64,
            pub poor_inp_views: u64,
            pub poor_cls_views: u64,
            pub poor_views: u64,
            pub failed_task_views: u64,
            /// Views that were gone back from almost at once.
            pub quick_back_views: u64,
            $(
                pub $count: u64,
                $(pub $views: u64, pub $squares: u64, pub $products: u64,)?
            )*
            pub groups: Groups,
            pub visitors: UniqueSketch,
            pub engaged: QuantileSketch,
            pub vitals: [QuantileSketch; Vital::ALL.len()],
        }

        impl PageSums {
            /// Adds what stands in the list of measures.
            fn count_measures(&mut self, row: &PageRollup) {
                $(
                    self.$count += count(row.$count);
                    $(
                        self.$views += count(row.$views);
                        self.$squares += count(row.$squares);
                        self.$products += count(row.$products);
                    )?
                )*
            }
        }

        /// The sketches of the vitals, in the order of [`Vital::ALL`].
        fn vital_sketches(row: &PageRollup) -> [&[u8]; Vital::ALL.len()] {
            [$(&row.$sketch),*]
        }

        #[cfg(test)]
        const LISTED_VITALS: &[&str] = &[$(stringify!($vital)),*];
    };
}
rapport_shared::view_measures!(page_sums);

fn count(value: i64) -> u64 {
    value.max(0) as u64
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
        self.views += count(row.views);
        self.visits += count(row.visits);
        self.bounced_visits += count(row.bounced_visits);
        self.duration_ms += count(row.duration_ms);
        self.engaged_ms += count(row.engaged_ms);
        self.scroll_percent += count(row.scroll_percent);
        self.failed_views += count(row.failed_views);
        self.failed_squares += count(row.failed_squares);
        self.failed_products += count(row.failed_products);
        self.poor_lcp_views += count(row.poor_lcp_views);
        self.poor_inp_views += count(row.poor_inp_views);
        self.poor_cls_views += count(row.poor_cls_views);
        self.poor_views += count(row.poor_views);
        self.failed_task_views += count(row.failed_task_views);
        self.quick_back_views += count(row.quick_back_views);
        self.count_measures(row);
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

    /// Views that met any failure, by visit.
    pub fn failed(&self) -> Grouped {
        self.of_views(self.failed_views, self.failed_squares, self.failed_products)
    }

    /// Views that met something, by visit: how many, Σ y² and Σ y m (see [`Grouped`]).
    pub fn of_views(&self, successes: u64, success_squares: u64, products: u64) -> Grouped {
        Grouped { successes, n: self.views, groups: self.groups, success_squares, products }
    }

    /// Merges the sketches of a row.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn merge_sketches(&mut self, row: &PageRollup) -> Result<(), SketchError> {
        if !row.visitors_sketch.is_empty() {
            self.visitors.merge_encoded(&row.visitors_sketch)?;
        }
        let sketches = std::iter::once(&mut self.engaged).chain(&mut self.vitals);
        let encoded = std::iter::once(row.engaged_sketch.as_slice()).chain(vital_sketches(row));
        for (sketch, bytes) in sketches.zip(encoded) {
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
    fn the_vitals_of_the_list_are_those_that_reports_know_in_their_order() {
        let known = Vital::ALL.map(|vital| vital.abbreviation().to_lowercase());
        let listed: Vec<_> =
            LISTED_VITALS.iter().filter_map(|name| name.split_once('_')).map(|(name, _)| name).collect();
        assert_eq!(listed, known);
    }

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
        let effect = |rows: &[&PageRollup]| {
            let sums = PageSums::of(rows.iter().copied()).expect("no sketches");
            sums.of_views(sums.error_views, sums.error_squares, sums.error_products).effect()
        };
        assert_eq!(effect(&[&old]), 1.0);
        assert!((effect(&[&new]) - 4.0).abs() < 0.05);
        assert!(effect(&[&old, &new]) > 3.5);
    }
}
