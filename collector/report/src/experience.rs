//! Every page of a site: how often it is seen, whether visits that begin there bounce, what fails and how fast it is.

use super::figure::sums::PageSums;
use super::figure::{Family, Figure, VitalPart, correct};
use super::overview::{RATES, rates};
use super::route::Routes;
use super::rule_change::RuleChange;
use rapport_figures::sketch::{QuantileSketch, SketchError};
use rapport_figures::vital::{QUANTILE, Vital};
use rapport_shared::targeting::path::decoded;
use rapport_store::rollup::PageRollup;
use serde::Serialize;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use utoipa::ToSchema;

/// So many lines are one part of the list.
pub const LISTED: usize = 50;
/// Longest text that is searched for, in characters.
pub const SEARCH_CHARACTERS: usize = 200;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns")]
pub enum Sort {
    #[default]
    Views,
    Visits,
    Bounce,
    Engaged,
    Failed,
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
    pub const EACH: [(Self, &'static str); 12] = [
        (Self::Path, "page"),
        (Self::Views, "views"),
        (Self::Visits, "visits"),
        (Self::Bounce, "bounce"),
        (Self::Engaged, "engaged"),
        (Self::Failed, "failed"),
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

impl Sort {
    /// The place of the vital among the Core Web Vitals; none of what is counted.
    fn vital(self) -> Option<usize> {
        [Self::Lcp, Self::Inp, Self::Cls].iter().position(|sort| *sort == self)
    }
}

/// What a line is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// One page.
    #[default]
    Page,
    /// Pages that are one but for an id: see [`crate::route`].
    Route,
}

impl By {
    /// Both, in the order they are offered.
    pub const EACH: [Self; 2] = [Self::Page, Self::Route];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Route => "route",
        }
    }
}

/// Which part of the list of pages is asked for, and how it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is sorted by.
    pub sort: Sort,
    /// Whether the smallest comes first.
    pub ascending: bool,
    /// What a line is about.
    pub by: By,
    /// Only what has this in its path, upper case as lower; empty for all.
    pub search: String,
    /// Which [`LISTED`] lines, from 1.
    pub part: usize,
}

impl Default for Listed {
    fn default() -> Self {
        Self { sort: Sort::Views, ascending: false, by: By::Page, search: String::new(), part: 1 }
    }
}

impl Listed {
    /// Whether a line of this name is looked for. What people read is searched, as well as what is stored.
    fn finds(&self, name: &str) -> bool {
        let search = self.search.to_lowercase();
        search.is_empty() || name.to_lowercase().contains(&search) || decoded(name).to_lowercase().contains(&search)
    }

    /// The order of two lines; what is unknown comes last either way, and what is alike by name.
    fn order(&self, (one, key): (&str, Option<f64>), (other, other_key): (&str, Option<f64>)) -> Ordering {
        let order = match (key, other_key) {
            (Some(one), Some(other)) if self.ascending => one.total_cmp(&other),
            (Some(one), Some(other)) => other.total_cmp(&one),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let by_name = one.cmp(other);
        order.then(if self.sort == Sort::Path && !self.ascending { by_name.reverse() } else { by_name })
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

/// One page, or the pages of one route.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PageLine {
    /// The page, or the route.
    pub path: String,
    /// How many pages it is of.
    pub pages: u64,
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
    /// Views with a rage click, a dead click or an error.
    pub failed: Figure,
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Experience {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// `page` or `route`: what a line is about.
    pub by: &'static str,
    /// How many pages, or routes, were seen.
    pub pages_seen: usize,
    /// How many of them were found by what was searched for.
    pub pages_found: usize,
    /// The most views that one of them has.
    pub most_views: u64,
    /// Which part of the list this is, from 1.
    pub part: usize,
    /// How many parts there are, of 50 lines each.
    pub parts: usize,
    /// Where clicks were judged by another rule meanwhile.
    pub rule_change: Option<RuleChange>,
    /// The lines of this part.
    pub pages: Vec<PageLine>,
}

/// Counts by page, or by whatever else a path is counted as.
pub fn by_name<'a>(rows: &'a [PageRollup], name: impl Fn(&'a str) -> Cow<'a, str>) -> BTreeMap<Cow<'a, str>, PageSums> {
    let mut sums: BTreeMap<Cow<'a, str>, PageSums> = BTreeMap::new();
    for row in rows {
        sums.entry(name(&row.path)).or_default().count(row);
    }
    sums
}

/// Counts of every page, by page.
pub fn by_path(rows: &[PageRollup]) -> BTreeMap<Cow<'_, str>, PageSums> {
    by_name(rows, Cow::Borrowed)
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

/// The shares of views of every page, each kind judged as one list; the same wherever they are shown.
pub struct PageRates(BTreeMap<String, [Figure; RATES.len()]>);

impl PageRates {
    /// The shares of every page that was seen.
    pub fn of(now: &[PageRollup], before: Option<&[PageRollup]>, looks: f64) -> Self {
        Self::of_sums(&by_path(now), before.map(by_path).as_ref(), looks)
    }

    fn of_sums(
        now: &BTreeMap<Cow<'_, str>, PageSums>,
        before: Option<&BTreeMap<Cow<'_, str>, PageSums>>,
        looks: f64,
    ) -> Self {
        let none = PageSums::default();
        let of = |(name, sums): (&Cow<'_, str>, &PageSums)| {
            let before = before.map(|before| before.get(name).unwrap_or(&none));
            (name.clone().into_owned(), rates(sums, before))
        };
        let mut all: BTreeMap<_, _> = now.iter().filter(|(_, sums)| sums.views > 0).map(of).collect();
        for place in 0..RATES.len() {
            let family = Family { name: "pages seen, of this kind of figure", looks };
            correct(family, all.values_mut().map(|rates| &mut rates[place]));
        }
        Self(all)
    }

    /// The shares of a page, in the order of [`RATES`].
    pub fn take(mut self, page: &str) -> Option<[Figure; RATES.len()]> {
        self.0.remove(page)
    }
}

/// Every page, or route, that was seen, in order, with what is counted of it.
pub struct PageTable<'a> {
    listed: &'a Listed,
    now: BTreeMap<Cow<'a, str>, PageSums>,
    before: Option<BTreeMap<Cow<'a, str>, PageSums>>,
    rates: PageRates,
    /// The pages of each line.
    paths: BTreeMap<Cow<'a, str>, BTreeSet<&'a str>>,
    /// Those that were found.
    found: Vec<Cow<'a, str>>,
    seen: usize,
}

impl<'a> PageTable<'a> {
    /// The table of some rows, not yet in order. `only` one page is listed where the slice names it; it is judged among all.
    pub fn new(
        listed: &'a Listed,
        routes: &'a Routes,
        now: &'a [PageRollup],
        before: Option<&'a [PageRollup]>,
        (only, looks): (Option<&str>, f64),
    ) -> Self {
        let name = |path: &'a str| match listed.by {
            By::Page => Cow::Borrowed(path),
            By::Route => routes.of(path),
        };
        let mut paths: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for row in now.iter().filter(|row| row.views > 0) {
            paths.entry(name(&row.path)).or_default().insert(row.path.as_str());
        }
        let (now, before) = (by_name(now, name), before.map(|before| by_name(before, name)));
        let rates = PageRates::of_sums(&now, before.as_ref(), looks);
        let of_slice =
            |name: &&Cow<'_, str>| only.is_none_or(|only| paths.get(*name).is_some_and(|paths| paths.contains(only)));
        let seen: Vec<_> = paths.keys().filter(of_slice).collect();
        let found = seen.iter().filter(|name| listed.finds(name)).map(|name| (*name).clone()).collect();
        let seen = seen.len();
        Self { listed, now, before, rates, paths, found, seen }
    }

    /// How many were found.
    pub fn found(&self) -> usize {
        self.found.len()
    }

    /// Says in a report which part it has of how much.
    pub fn describe(&self, report: &mut Experience) {
        report.by = self.listed.by.as_str();
        report.pages_seen = self.seen;
        report.pages_found = self.found.len();
        report.most_views = self.now.values().map(|sums| sums.views).max().unwrap_or(0);
        report.part = self.listed.part;
        report.parts = self.found.len().div_ceil(LISTED);
    }

    /// Whether the order needs the sketches of every page that was found.
    pub fn needs_sketches(&self) -> bool {
        self.listed.sort.vital().is_some()
    }

    /// The pages of some lines, by their places.
    pub fn paths(&self, places: Range<usize>) -> Vec<&'a str> {
        self.names(places).iter().filter_map(|name| self.paths.get(name)).flatten().copied().collect()
    }

    /// Brings the lines in order; `sketches` are those of all pages, where they are needed.
    pub fn sort(&mut self, sketches: &Sketches) {
        let of_lines = self.by_line(sketches);
        let key = |name: &Cow<'_, str>| self.key(name, &of_lines);
        let mut keyed: Vec<_> = self.found.iter().map(|name| (name.clone(), key(name))).collect();
        keyed.sort_by(|(one, key), (other, other_key)| self.listed.order((one, *key), (other, *other_key)));
        self.found = keyed.into_iter().map(|(name, _)| name).collect();
    }

    /// By what a line is sorted.
    fn key(&self, name: &str, sketches: &BTreeMap<(&str, &str), PageSums>) -> Option<f64> {
        let sums = self.now.get(name)?;
        let rate = |place: usize| self.rates.0.get(name).and_then(|rates| rates[place].value);
        match self.listed.sort {
            Sort::Path => None,
            Sort::Views => Some(sums.views as f64),
            Sort::Visits => Some(sums.visits as f64),
            Sort::Bounce => rate(0),
            Sort::Engaged => sums.mean(sums.engaged_ms),
            Sort::Failed => rate(1),
            Sort::Errors => rate(2),
            Sort::Rage => rate(3),
            Sort::Dead => rate(4),
            // Of the vitals the worst device counts: that is the one to look at.
            Sort::Lcp | Sort::Inp | Sort::Cls => {
                let vital = Vital::ALL.into_iter().filter(|vital| vital.is_core()).nth(self.listed.sort.vital()?)?;
                let of_devices = DEVICES.iter().filter_map(|device| sketches.get(&(name, *device)));
                let values = of_devices.filter_map(|sums| sums.vital(vital).quantile(QUANTILE));
                values.max().map(f64::from)
            }
        }
    }

    /// The sketches of pages as those of lines.
    fn by_line(&self, sketches: &Sketches) -> BTreeMap<(&str, &str), PageSums> {
        let mut of_path: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, paths) in &self.paths {
            of_path.extend(paths.iter().map(|path| (*path, &**name)));
        }
        let mut lines: BTreeMap<(&str, &str), PageSums> = BTreeMap::new();
        for ((path, device), sums) in sketches {
            let (Some(name), Some(device)) =
                (of_path.get(path.as_str()), DEVICES.iter().find(|known| *known == device))
            else {
                continue;
            };
            lines.entry((name, device)).or_default().merge(sums);
        }
        lines
    }

    /// Some lines, by their places; `sketches` are those of their pages.
    pub fn lines(&self, places: Range<usize>, sketches: &Sketches) -> Vec<PageLine> {
        let of_lines = self.by_line(sketches);
        self.names(places).iter().filter_map(|name| self.line(name, &of_lines)).collect()
    }

    /// The names of the lines at some places, as far as there are any.
    fn names(&self, places: Range<usize>) -> &[Cow<'a, str>] {
        let end = places.end.min(self.found.len());
        &self.found[places.start.min(end)..end]
    }

    fn line(&self, name: &str, sketches: &BTreeMap<(&str, &str), PageSums>) -> Option<PageLine> {
        let sum = self.now.get(name)?;
        let [bounce, failed, errors, rage, dead] = self.rates.0.get(name)?.clone();
        let mut engaged = QuantileSketch::new();
        let mut vitals = Vec::new();
        for device in DEVICES {
            let Some(of_device) = sketches.get(&(name, device)) else { continue };
            engaged.merge(&of_device.engaged);
            vitals.push(vitals_of(device, of_device, |vital| vital.is_core()));
        }
        Some(PageLine {
            path: name.to_owned(),
            pages: self.paths.get(name).map_or(0, BTreeSet::len) as u64,
            views: sum.views,
            views_before: self.before.as_ref().map(|before| before.get(name).map_or(0, |sum| sum.views)),
            visits: sum.visits,
            bounce,
            engaged_mean_ms: sum.mean(sum.engaged_ms),
            engaged_median_ms: engaged.quantile(0.5),
            failed,
            errors,
            rage,
            dead,
            vitals,
        })
    }
}

/// Kinds of device, in the order they are shown.
const DEVICES: [&str; 3] = ["desktop", "mobile", "tablet"];

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

    /// The lines of some rows.
    fn lines(rows: &[PageRollup], listed: &Listed, places: Range<usize>) -> Vec<PageLine> {
        let (routes, sketches) = (Routes::default(), merged(rows.to_vec()).expect("sketches are fine"));
        let mut table = PageTable::new(listed, &routes, rows, None, (None, 1.0));
        table.sort(&sketches);
        table.lines(places, &sketches)
    }

    #[test]
    fn pages_are_listed_with_their_vitals_by_device_and_sorted_by_any_column() {
        let rows = [
            row("/a", "desktop", 100, 1, 1_000),
            row("/a", "mobile", 100, 1, 5_000),
            row("/b", "desktop", 300, 90, 2_000),
            row("/c", "mobile", 10, 0, 2_000),
        ];
        let of = |sort, ascending| Listed { sort, ascending, ..Listed::default() };
        let line = &lines(&rows, &Listed::default(), 1..2)[0];
        assert_eq!((line.views, line.bounce.value, line.engaged_mean_ms), (200, Some(50.0), Some(1_000.0)));
        let ratings: Vec<_> = line.vitals.iter().map(|of| (of.device.as_str(), of.figures[0].rating)).collect();
        assert_eq!(ratings, [("desktop", Some("good")), ("mobile", Some("poor"))]);
        for (by, ascending, order) in [
            (Sort::Errors, false, ["/b", "/a", "/c"]),
            (Sort::Views, true, ["/c", "/a", "/b"]),
            (Sort::Lcp, false, ["/a", "/b", "/c"]),
            (Sort::Path, true, ["/a", "/b", "/c"]),
            (Sort::Path, false, ["/c", "/b", "/a"]),
            // What nobody measured comes last either way.
            (Sort::Inp, false, ["/a", "/b", "/c"]),
        ] {
            let found = lines(&rows, &of(by, ascending), 0..9);
            assert_eq!(found.iter().map(|line| line.path.as_str()).collect::<Vec<_>>(), order, "{by:?}");
        }
    }

    #[test]
    fn pages_of_a_route_are_one_line_and_a_search_finds_what_people_read() {
        let rows = [
            row("/orders/7", "desktop", 100, 10, 1_000),
            row("/orders/8", "mobile", 50, 20, 5_000),
            row("/%D0%BA%D1%80%D1%83%D0%B6%D0%BA%D0%B0", "mobile", 10, 0, 2_000),
        ];
        let by_route = Listed { by: By::Route, ..Listed::default() };
        let found = lines(&rows, &by_route, 0..9);
        assert_eq!((found.len(), found[0].path.as_str(), found[0].pages), (2, "/orders/:id", 2));
        assert_eq!((found[0].views, found[0].errors.value, found[0].vitals.len()), (150, Some(20.0), 2));
        for (search, count) in [("ORDERS", 2), ("кружка", 1), ("%D0%BA", 1), ("none", 0), ("", 3)] {
            let listed = Listed { search: search.into(), ..Listed::default() };
            assert_eq!(lines(&rows, &listed, 0..9).len(), count, "{search}");
        }
        assert_eq!(lines(&rows, &Listed::default(), 3..99), [], "beyond the end");
    }

    #[test]
    fn a_change_has_the_same_verdict_on_the_page_in_every_part_of_the_list_and_in_each_order() {
        let paths: Vec<_> = (0..60).map(|place| format!("/{place}")).collect();
        let rows = |errors: i64| -> Vec<PageRollup> {
            let row = |(place, path): (usize, &String)| {
                row(path, "", 400 - place as i64, if place % 9 == 0 { errors } else { 20 }, 1_000)
            };
            paths.iter().enumerate().map(row).collect()
        };
        let (now, before) = (rows(38), rows(20));
        let of_table = |listed: &Listed, only: Option<&str>| {
            let routes = Routes::default();
            let mut table = PageTable::new(listed, &routes, &now, Some(&before), (only, 1.0));
            table.sort(&Sketches::new());
            table.lines(0..table.found(), &Sketches::new())
        };
        let all = of_table(&Listed::default(), None);
        assert_eq!(all.len(), 60);
        let by_errors = of_table(&Listed { sort: Sort::Errors, search: "/1".into(), ..Listed::default() }, None);
        for line in &all {
            let page = PageRates::of(&now, Some(&before), 1.0).take(&line.path).expect("it is listed");
            let [bounce, failed, errors, rage, dead] = page.each_ref();
            assert_eq!(
                [&line.bounce, &line.failed, &line.errors, &line.rage, &line.dead],
                [bounce, failed, errors, rage, dead]
            );
            assert_eq!(of_table(&Listed::default(), Some(&line.path)), std::slice::from_ref(line));
            assert!(by_errors.iter().all(|other| other.path != line.path || other == line));
        }
        // However few are shown, each is judged among all pages.
        assert_eq!(by_errors.len(), 11);
        assert!(by_errors[0].errors.change.as_ref().expect("compared").judged.contains("60 changes"));
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
        let [_, _, errors, ..] = PageRates::of(&now, Some(&before), 1.0).take("/a").expect("it was asked for");
        let change = errors.change.expect("compared");
        assert_eq!((change.verdict, errors.n), (super::super::figure::Verdict::Noise, 600));
        let by_visit = Figure::rate(super::super::overview::kinds::ERRORS, (45, 300), Some((30, 300)));
        assert!((change.p.unwrap() - by_visit.change.unwrap().p.unwrap()).abs() < 0.01);
        assert!((errors.low.unwrap() - by_visit.low.unwrap()).abs() < 0.1, "{:?} {:?}", errors.low, by_visit.low);
    }
}
