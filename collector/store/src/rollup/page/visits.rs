//! What the visits of an hour add up to: the sums that shares of views need to allow for views of one visit faring
//! alike (see `rapport_figures::score::Grouped`).
//!
//! A visit that goes on into the next hour counts as one in each.

use super::{PageRollup, SHARES, View};
use crate::rollup::total::with_totals;
use rapport_shared::id::Id;
use std::collections::{BTreeMap, HashMap};

/// Views of one visit, how many of them met each of [`SHARES`], and how many of them failed.
#[derive(Clone, Copy, Default)]
struct Counts {
    views: i64,
    met: [i64; SHARES.len()],
    failed: i64,
}

impl Counts {
    fn add(&mut self, view: &View) {
        self.views += 1;
        for (met, share) in self.met.iter_mut().zip(SHARES) {
            *met += i64::from((share.of_view)(view) > 0);
        }
        self.failed += i64::from(view.failed());
    }
}

/// The visits in each place that views count in.
pub(super) struct Visits<'a>(BTreeMap<(&'a str, &'a str), HashMap<Id, Counts>>);

impl<'a> Visits<'a> {
    /// The visits of some views.
    pub(super) fn of(views: &'a [View]) -> Self {
        let mut visits: BTreeMap<_, HashMap<Id, Counts>> = BTreeMap::new();
        for view in views {
            let visit = view.session_id.unwrap_or(view.visitor_key);
            for key in with_totals(&view.path, &view.device) {
                visits.entry(key).or_default().entry(visit).or_default().add(view);
            }
        }
        Self(visits)
    }

    /// Writes the sums of a page and a device into their row.
    pub(super) fn count_in(&self, key: (&str, &str), row: &mut PageRollup) {
        for Counts { views, met, failed } in self.0.get(&key).into_iter().flat_map(HashMap::values) {
            row.grouped_visits += 1;
            row.grouped_views += views;
            row.view_squares += views * views;
            row.failed_squares += failed * failed;
            row.failed_products += failed * views;
            for (met, share) in met.iter().zip(SHARES) {
                let [squares, products] = (share.sums)(row);
                *squares += met * met;
                *products += met * views;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_are_told_apart_on_each_page_and_on_the_whole_site() {
        let view = |path: &str, session: u8, errors: i64| View {
            path: path.into(),
            device: "mobile".into(),
            session_id: (session > 0).then_some(Id([session; 16])),
            visitor_key: Id([9; 16]),
            errors,
            ..View::default()
        };
        let views = [view("/a", 1, 2), view("/b", 1, 1), view("/a", 1, 0), view("/a", 2, 0), view("/b", 0, 0)];
        let visits = Visits::of(&views);
        let sums = |path, device| {
            let mut row = PageRollup::default();
            visits.count_in((path, device), &mut row);
            assert_eq!((row.failed_squares, row.failed_products), (row.error_squares, row.error_products));
            (row.grouped_visits, row.grouped_views, row.view_squares, row.error_squares, row.error_products)
        };
        assert_eq!(sums("", ""), (3, 5, 9 + 1 + 1, 4, 6));
        assert_eq!(sums("/a", "mobile"), (2, 3, 4 + 1, 1, 2));
        assert_eq!(sums("/b", ""), (2, 2, 2, 1, 1));
        assert_eq!(sums("/b", "desktop"), (0, 0, 0, 0, 0));
    }
}
