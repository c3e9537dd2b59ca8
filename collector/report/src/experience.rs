//! Every page of a site: how often it is seen, whether visits that begin there bounce, what fails and how fast it is.

use super::figure::sums::PageSums;
use super::figure::{Family, Figure, VitalPart, correct};
use super::overview::{RATES, rates};
use rapport_figures::sketch::SketchError;
use rapport_figures::vital::Vital;
use rapport_store::rollup::PageRollup;
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
        merged.entry(place).or_default().merge_listed(&row)?;
    }
    Ok(merged)
}

/// What the views on each kind of device add up to.
#[derive(Debug, Default)]
pub struct Devices(BTreeMap<String, PageSums>);

impl Devices {
    /// The sums of some rows.
    ///
    /// # Errors
    /// When a sketch cannot be read.
    pub fn of(rows: &[PageRollup]) -> Result<Self, SketchError> {
        let mut devices: BTreeMap<String, PageSums> = BTreeMap::new();
        for row in rows {
            devices.entry(row.device.clone()).or_default().add(row)?;
        }
        Ok(Self(devices))
    }

    /// The distribution of a vital on each.
    pub fn parts(&self, vital: Vital) -> Vec<VitalPart<'_>> {
        self.0.iter().map(|(device, sums)| part(device, sums, vital)).collect()
    }

    /// p75 of all five vitals on each.
    pub fn vitals(&self) -> Vec<DeviceVitals> {
        self.0.iter().map(|(device, sums)| vitals_of(device, sums, |_| true)).collect()
    }
}

fn part<'a>(device: &'a str, sums: &'a PageSums, vital: Vital) -> VitalPart<'a> {
    VitalPart { device, sketch: sums.vital(vital), effect: sums.groups.whole_effect() }
}

fn vitals_of(device: &str, sums: &PageSums, is_wanted: fn(&Vital) -> bool) -> DeviceVitals {
    let vitals = Vital::ALL.into_iter().filter(is_wanted);
    DeviceVitals {
        device: device.to_owned(),
        figures: vitals.map(|vital| Figure::vital(vital, &[part(device, sums, vital)], None)).collect(),
    }
}

/// The shares of views of the listed pages, each kind judged as one list; the same wherever they are shown.
pub struct PageRates(BTreeMap<String, [Figure; RATES.len()]>);

impl PageRates {
    /// The shares of the most viewed pages, and of `page`.
    pub fn of(now: &[PageRollup], before: Option<&[PageRollup]>, page: &str, looks: f64) -> Self {
        let (sums, sums_before) = (by_path(now), before.map(by_path));
        let (mut listed, _) = most_viewed(&sums, LISTED);
        if !listed.contains(&page) {
            listed.push(page);
        }
        Self::of_listed(&listed, &sums, sums_before.as_ref(), looks)
    }

    fn of_listed(
        listed: &[&str],
        now: &BTreeMap<&str, PageSums>,
        before: Option<&BTreeMap<&str, PageSums>>,
        looks: f64,
    ) -> Self {
        let none = PageSums::default();
        let of = |path: &&str| {
            let before = before.map(|before| before.get(path).unwrap_or(&none));
            ((*path).to_owned(), rates(now.get(path).unwrap_or(&none), before))
        };
        let family = || Family { name: "pages listed, of this kind of figure", looks };
        // A page beyond the list is judged as one more of them, however many others are taken along with it.
        let (listed, others) = listed.split_at(listed.len().min(LISTED));
        let raw: BTreeMap<_, _> = listed.iter().map(of).collect();
        let mut all = raw.clone();
        for place in 0..RATES.len() {
            correct(family(), all.values_mut().map(|rates| &mut rates[place]));
        }
        for path in others {
            let (path, mut own) = of(path);
            for (place, figure) in own.iter_mut().enumerate() {
                let mut beside: Vec<_> = raw.values().map(|rates| rates[place].clone()).collect();
                correct(family(), beside.iter_mut().chain([figure]));
            }
            all.insert(path, own);
        }
        Self(all)
    }

    /// The shares of a page, in the order of [`RATES`].
    pub fn take(mut self, page: &str) -> Option<[Figure; RATES.len()]> {
        self.0.remove(page)
    }
}

/// The lines of the listed pages; `only` one of them where the slice names a page.
pub fn lines(
    listed: &[&str],
    now: &BTreeMap<&str, PageSums>,
    before: Option<&BTreeMap<&str, PageSums>>,
    sketches: &Sketches,
    (only, looks): (Option<&str>, f64),
) -> Vec<PageLine> {
    let none = PageSums::default();
    let mut rates = PageRates::of_listed(listed, now, before, looks).0;
    let mut lines = Vec::with_capacity(listed.len());
    for path in listed.iter().filter(|path| only.is_none_or(|only| only == **path)) {
        let Some([bounce, errors, rage, dead, ..]) = rates.remove(*path) else { continue };
        let sum = now.get(path).unwrap_or(&none);
        let mut engaged = rapport_figures::sketch::QuantileSketch::new();
        let mut vitals = Vec::new();
        for device in ["desktop", "mobile", "tablet"] {
            let Some(of_device) = sketches.get(&((*path).to_owned(), device.to_owned())) else { continue };
            engaged.merge(&of_device.engaged);
            vitals.push(vitals_of(device, of_device, |vital| vital.is_core()));
        }
        lines.push(PageLine {
            path: (*path).to_owned(),
            views: sum.views,
            views_before: before.map(|before| before.get(path).map_or(0, |sum| sum.views)),
            visits: sum.visits,
            bounce,
            engaged_mean_ms: sum.mean(sum.engaged_ms),
            engaged_median_ms: engaged.quantile(0.5),
            errors,
            rage,
            dead,
            vitals,
        });
    }
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
    use rapport_figures::sketch::QuantileSketch;

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
        let sketches = merged(rows.to_vec()).expect("sketches are fine");
        let mut lines = lines(&listed, &sums, None, &sketches, (None, 1.0));
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

    #[test]
    fn a_change_has_the_same_verdict_on_the_page_and_in_the_list_of_pages() {
        let paths: Vec<_> = (0..60).map(|place| format!("/{place}")).collect();
        let rows = |errors: i64| -> Vec<PageRollup> {
            let row = |(place, path): (usize, &String)| {
                row(path, "", 400 - place as i64, if place % 9 == 0 { errors } else { 20 }, 1_000)
            };
            paths.iter().enumerate().map(row).collect()
        };
        let (now, before) = (rows(38), rows(20));
        let (sums, sums_before) = (by_path(&now), by_path(&before));
        let (listed, _) = most_viewed(&sums, LISTED);
        let all = lines(&listed, &sums, Some(&sums_before), &Sketches::new(), (None, 1.0));
        assert_eq!(all.len(), LISTED);
        for line in &all {
            let page = PageRates::of(&now, Some(&before), &line.path, 1.0).take(&line.path).expect("it is listed");
            let [bounce, errors, rage, dead, ..] = page.each_ref();
            assert_eq!([&line.bounce, &line.errors, &line.rage, &line.dead], [bounce, errors, rage, dead]);
            let alone = lines(&listed, &sums, Some(&sums_before), &Sketches::new(), (Some(&line.path), 1.0));
            assert_eq!(alone, std::slice::from_ref(line));
        }
        // What is not among the most viewed is judged with them, on its own page.
        let last = PageRates::of(&now, Some(&before), "/59", 1.0).take("/59").expect("it was asked for");
        assert!(last[1].change.as_ref().expect("compared").judged.contains("51 changes"));
        // So it is in the table of all pages.
        let (every, _) = most_viewed(&sums, usize::MAX);
        let whole = lines(&every, &sums, Some(&sums_before), &Sketches::new(), (None, 1.0));
        assert_eq!(whole[..LISTED], all);
        assert_eq!(whole[59].errors, last[1]);
    }

    #[test]
    fn errors_that_come_in_pairs_within_visits_are_no_change() {
        // 30 of 300 visits of two views, then 45 of 300, fail twice: by view that would be 60 and 90 of 600, p = 0.008.
        let row = |failed: i64| PageRollup {
            error_views: failed * 2,
            grouped_visits: 300,
            grouped_views: 600,
            view_squares: 1_200,
            error_squares: failed * 4,
            error_products: failed * 4,
            ..row("/a", "", 600, 0, 1_000)
        };
        let (now, before) = ([row(45)], [row(30)]);
        let [_, errors, ..] = PageRates::of(&now, Some(&before), "/a", 1.0).take("/a").expect("it was asked for");
        let change = errors.change.expect("compared");
        assert_eq!((change.verdict, errors.n), (super::super::figure::Verdict::Noise, 600));
        let by_visit = Figure::rate(super::super::overview::kinds::ERRORS, (45, 300), Some((30, 300)));
        assert!((change.p.unwrap() - by_visit.change.unwrap().p.unwrap()).abs() < 0.01);
        assert!((errors.low.unwrap() - by_visit.low.unwrap()).abs() < 0.1, "{:?} {:?}", errors.low, by_visit.low);
    }
}
