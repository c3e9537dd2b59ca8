//! Every page of a site: how often it is seen, whether visits that begin there bounce, what fails and how fast it is.

use super::figure::{Figure, correct};
use super::overview::kinds;
use super::sums::PageSums;
use crate::rollup::PageRollup;
use rapport_shared::sketch::SketchError;
use rapport_shared::vital::Vital;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// So many pages are listed with their vitals; the most viewed are chosen, whatever they are sorted by.
pub const LISTED: usize = 50;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns")]
pub enum Sort {
    Views,
    Visits,
    Bounce,
    Engaged,
    Errors,
    Rage,
    Dead,
    Lcp,
    Inp,
    Cls,
    Path,
}

impl Sort {
    /// Every column with its name in the URL.
    pub const EACH: [(Self, &'static str); 11] = [
        (Self::Path, "page"),
        (Self::Views, "views"),
        (Self::Visits, "visits"),
        (Self::Bounce, "bounce"),
        (Self::Engaged, "engaged"),
        (Self::Errors, "errors"),
        (Self::Rage, "rage"),
        (Self::Dead, "dead"),
        (Self::Lcp, "lcp"),
        (Self::Inp, "inp"),
        (Self::Cls, "cls"),
    ];

    /// The name in the URL.
    pub fn as_str(self) -> &'static str {
        Self::EACH.iter().find(|(sort, _)| *sort == self).map_or("views", |(_, name)| name)
    }

    /// The column of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.iter().find(|(_, other)| *other == name).map(|(sort, _)| *sort)
    }
}

/// p75 of the Core Web Vitals on one kind of device.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DeviceVitals {
    /// `desktop`, `mobile` or `tablet`.
    pub device: String,
    /// LCP, INP and CLS; on a page's own report also FCP and TTFB.
    pub figures: Vec<Figure>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PageLine {
    /// The page.
    pub path: String,
    /// Views.
    pub views: u64,
    /// Views of the previous period, when compared.
    pub views_before: Option<u64>,
    /// Visits that began here.
    pub visits: u64,
    /// Visits that began here and bounced.
    pub bounce: Figure,
    /// Mean engaged time of a view, in milliseconds.
    pub engaged_mean_ms: Option<f64>,
    /// Median engaged time of a view, in milliseconds.
    pub engaged_median_ms: Option<u32>,
    /// Views with errors.
    pub errors: Figure,
    /// Views with rage clicks.
    pub rage: Figure,
    /// Views with dead clicks.
    pub dead: Figure,
    /// p75 by kind of device, those with views.
    pub vitals: Vec<DeviceVitals>,
}

/// The Experience report.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Experience {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// How many pages were seen; at most the 50 most viewed are listed.
    pub pages_seen: usize,
    /// The pages.
    pub pages: Vec<PageLine>,
}

/// Counts of every page, by page.
pub fn by_path(rows: &[PageRollup]) -> BTreeMap<&str, PageSums> {
    let mut sums: BTreeMap<&str, PageSums> = BTreeMap::new();
    for row in rows {
        sums.entry(&row.path).or_default().count(row);
    }
    sums
}

/// The most viewed pages, and how many there are.
pub fn most_viewed<'a>(sums: &BTreeMap<&'a str, PageSums>, most: usize) -> (Vec<&'a str>, usize) {
    let mut paths: Vec<_> = sums.iter().filter(|(_, sum)| sum.views > 0).collect();
    paths.sort_by_key(|(path, sum)| (std::cmp::Reverse(sum.views), **path));
    let seen = paths.len();
    (paths.into_iter().take(most).map(|(path, _)| *path).collect(), seen)
}

/// Merged sketches of pages, by page and device.
pub type Sketches = BTreeMap<(String, String), PageSums>;

/// The merged sketches of some rows, whose counts are not looked at.
///
/// # Errors
/// When a sketch cannot be read.
pub fn merged(rows: Vec<PageRollup>) -> Result<Sketches, SketchError> {
    let mut merged = Sketches::new();
    for mut row in rows {
        let place = (std::mem::take(&mut row.path), std::mem::take(&mut row.device));
        merged.entry(place).or_default().merge_sketches(&row)?;
    }
    Ok(merged)
}

/// The lines of the listed pages.
pub fn lines(
    listed: &[&str],
    now: &BTreeMap<&str, PageSums>,
    before: Option<&BTreeMap<&str, PageSums>>,
    sketches: &Sketches,
) -> Vec<PageLine> {
    let none = PageSums::default();
    let mut lines = Vec::with_capacity(listed.len());
    for path in listed {
        let sum = now.get(path).unwrap_or(&none);
        let old = before.map(|before| before.get(path).unwrap_or(&none));
        let mut engaged = rapport_shared::sketch::QuantileSketch::new();
        let mut vitals = Vec::new();
        for device in ["desktop", "mobile", "tablet"] {
            let Some(of_device) = sketches.get(&((*path).to_owned(), device.to_owned())) else { continue };
            engaged.merge(&of_device.engaged);
            vitals.push(DeviceVitals {
                device: device.to_owned(),
                figures: Vital::ALL
                    .into_iter()
                    .filter(|vital| vital.is_core())
                    .map(|vital| Figure::vital(vital, of_device.vital(vital), None))
                    .collect(),
            });
        }
        let rate = |kind, part: fn(&PageSums) -> (u64, u64)| Figure::rate(kind, part(sum), old.map(part));
        lines.push(PageLine {
            path: (*path).to_owned(),
            views: sum.views,
            views_before: old.map(|old| old.views),
            visits: sum.visits,
            bounce: rate(kinds::BOUNCE, |sum| (sum.bounced_visits, sum.visits)),
            engaged_mean_ms: sum.mean(sum.engaged_ms),
            engaged_median_ms: engaged.quantile(0.5),
            errors: rate(kinds::ERRORS, |sum| (sum.error_views, sum.views)),
            rage: rate(kinds::RAGE, |sum| (sum.rage_views, sum.views)),
            dead: rate(kinds::DEAD, |sum| (sum.dead_views, sum.views)),
            vitals,
        });
    }
    // Each column is read as one list.
    correct(lines.iter_mut().map(|line| &mut line.bounce));
    correct(lines.iter_mut().map(|line| &mut line.errors));
    correct(lines.iter_mut().map(|line| &mut line.rage));
    correct(lines.iter_mut().map(|line| &mut line.dead));
    lines
}

/// Sorts lines; what is unknown comes last either way.
pub fn sort(lines: &mut [PageLine], by: Sort, ascending: bool) {
    // Of the vitals the worst device counts: that is the one to look at.
    let vital = |line: &PageLine, place: usize| {
        let values = line.vitals.iter().filter_map(|vitals| vitals.figures.get(place)?.value);
        values.reduce(f64::max)
    };
    let key = |line: &PageLine| match by {
        Sort::Views => Some(line.views as f64),
        Sort::Visits => Some(line.visits as f64),
        Sort::Bounce => line.bounce.value,
        Sort::Engaged => line.engaged_mean_ms,
        Sort::Errors => line.errors.value,
        Sort::Rage => line.rage.value,
        Sort::Dead => line.dead.value,
        Sort::Lcp => vital(line, 0),
        Sort::Inp => vital(line, 1),
        Sort::Cls => vital(line, 2),
        Sort::Path => None,
    };
    lines.sort_by(|one, other| {
        let order = match (key(one), key(other)) {
            (Some(one), Some(other)) if ascending => one.total_cmp(&other),
            (Some(one), Some(other)) => other.total_cmp(&one),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => std::cmp::Ordering::Equal,
        };
        let by_path = one.path.cmp(&other.path);
        order.then(if by == Sort::Path && !ascending { by_path.reverse() } else { by_path })
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_shared::sketch::QuantileSketch;

    fn row(path: &str, device: &str, views: i64, error_views: i64, lcp_ms: u32) -> PageRollup {
        let mut lcp = QuantileSketch::new();
        lcp.extend(std::iter::repeat_n(lcp_ms, views as usize));
        PageRollup {
            path: path.into(),
            device: device.into(),
            views,
            error_views,
            visits: views,
            bounced_visits: views / 2,
            engaged_ms: views * 1_000,
            lcp_sketch: lcp.encode(),
            ..PageRollup::default()
        }
    }

    #[test]
    fn pages_are_listed_with_their_vitals_by_device_and_sorted() {
        let rows = [
            row("/a", "desktop", 100, 1, 1_000),
            row("/a", "mobile", 100, 1, 5_000),
            row("/b", "desktop", 300, 90, 2_000),
            row("/c", "mobile", 10, 0, 2_000),
        ];
        let sums = by_path(&rows);
        let (listed, seen) = most_viewed(&sums, LISTED);
        assert_eq!((listed.as_slice(), seen), (&["/b", "/a", "/c"][..], 3));
        let mut lines = lines(&listed, &sums, None, &merged(rows.to_vec()).expect("sketches are fine"));
        assert_eq!((lines[1].views, lines[1].bounce.value, lines[1].engaged_mean_ms), (200, Some(50.0), Some(1_000.0)));
        let ratings: Vec<_> = lines[1].vitals.iter().map(|of| (of.device.as_str(), of.figures[0].rating)).collect();
        assert_eq!(ratings, [("desktop", Some("good")), ("mobile", Some("poor"))]);
        for (by, ascending, order) in [
            (Sort::Errors, false, ["/b", "/a", "/c"]),
            (Sort::Views, true, ["/c", "/a", "/b"]),
            (Sort::Lcp, false, ["/a", "/b", "/c"]),
            (Sort::Path, true, ["/a", "/b", "/c"]),
            (Sort::Path, false, ["/c", "/b", "/a"]),
        ] {
            sort(&mut lines, by, ascending);
            assert_eq!(lines.iter().map(|line| line.path.as_str()).collect::<Vec<_>>(), order, "{by:?}");
        }
    }
}
