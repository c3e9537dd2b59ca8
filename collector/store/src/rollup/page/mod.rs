//! The rollup of page views: counts and sketches by page and device.

mod read;
mod visits;

use super::hour::{Hour, RawRow, Select, path};
use super::place::places;
use super::registry::Rollup;
use super::row::rollup_row;
use super::words::{SharedWords, Word};
use crate::{Row, StoreError, params};
use rapport_figures::sketch::{QuantileSketch, UniqueSketch};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, HashSet};
use visits::Visits;

/// A visit with more time in the foreground than this is engaged (Google Analytics 4's default), in milliseconds.
pub const ENGAGED_VISIT_MS: i64 = 10_000;

rollup_row! {
    /// A row of `rollup_page`. With an empty path it is of all pages, with an empty device of all devices.
    PageRollup = "rollup_page"
    by { path, device }
    count {
        views, visits, bounced_visits, duration_ms, engaged_ms, scroll_percent, clicks, rage_clicks, rage_views,
        dead_clicks, dead_views, errors, error_views, failed_views,
        grouped_visits, grouped_views, view_squares, error_squares, error_products, rage_squares, rage_products,
        dead_squares, dead_products, failed_squares, failed_products
    }
    quantiles { engaged_sketch, lcp_sketch, inp_sketch, cls_sketch, fcp_sketch, ttfb_sketch }
    uniques { visitors_sketch }
}

/// A page view, as far as rollups count it.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct View {
    pub path: String,
    pub device: String,
    pub session_id: Option<Id>,
    pub visitor_key: Id,
    pub view_index: i64,
    pub duration_ms: i64,
    pub hidden_ms: i64,
    pub engaged_ms: i64,
    pub scroll_percent: i64,
    pub clicks: i64,
    pub rage_clicks: i64,
    pub dead_clicks: i64,
    pub errors: i64,
    pub key_events: i64,
    pub lcp_ms: Option<i64>,
    pub inp_ms: Option<i64>,
    pub cls_e4: Option<i64>,
    pub fcp_ms: Option<i64>,
    pub ttfb_ms: Option<i64>,
}

impl RawRow for View {
    fn selects(hour: &Hour) -> Vec<Select> {
        let sql = "SELECT path, device, session_id, visitor_key, view_index, duration_ms, hidden_ms, engaged_ms,
                scroll_percent, clicks, rage_clicks, dead_clicks, errors, key_events, lcp_ms, inp_ms, cls_e4, fcp_ms, ttfb_ms
             FROM page_view WHERE site_id = $1 AND hour_ms = $2 AND occurred_at_ms < $3 AND bot = 0 AND clamped = 0";
        vec![Select::of_items("page_view", "item_id", sql, params![hour.site_id, hour.hour_ms, hour.until_ms])]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(View {
            path: path(row, 0)?,
            device: row.take_text(1)?,
            session_id: row.id_or_null(2)?,
            visitor_key: row.id(3)?,
            view_index: row.int(4)?,
            duration_ms: row.int(5)?,
            hidden_ms: row.int(6)?,
            engaged_ms: row.int(7)?,
            scroll_percent: row.int(8)?,
            clicks: row.int(9)?,
            rage_clicks: row.int(10)?,
            dead_clicks: row.int(11)?,
            errors: row.int(12)?,
            key_events: row.int(13)?,
            lcp_ms: row.int_or_null(14)?,
            inp_ms: row.int_or_null(15)?,
            cls_e4: row.int_or_null(16)?,
            fcp_ms: row.int_or_null(17)?,
            ttfb_ms: row.int_or_null(18)?,
        })
    }

    fn words(&self) -> Vec<Word> {
        vec![Word::path(&self.path)]
    }
}

/// A session that has a further view in the hour after this one, or in a later one: its visit did not bounce.
#[derive(Clone, Copy, Debug)]
pub struct Continued(pub Option<Id>);

impl RawRow for Continued {
    fn selects(hour: &Hour) -> Vec<Select> {
        // Neither DISTINCT nor IS NOT NULL: for either SQLite would walk the index of the whole site's sessions.
        let next =
            "SELECT session_id FROM page_view WHERE site_id = $1 AND hour_ms = $2 AND bot = 0 AND view_index > 1";
        let later = "SELECT session_id FROM visit_further WHERE site_id = $1 AND hour_ms = $2";
        vec![
            Select::whole(next, params![hour.site_id, hour.next_hour_ms]),
            Select::whole(later, params![hour.site_id, hour.hour_ms]),
        ]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        row.id_or_null(0).map(Self)
    }
}

impl Rollup for PageRollup {
    type Raw = (View, Continued);

    fn of_hour(hour_ms: i64, (views, continued): (&[View], &[Continued])) -> Vec<Self> {
        pages(hour_ms, views, continued)
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
    }
}

#[derive(Clone, Default)]
struct PageSum {
    counts: PageRollup,
    visitors: UniqueSketch,
    engaged: QuantileSketch,
    vitals: [QuantileSketch; 5],
}

impl PageSum {
    fn add(&mut self, other: &Self) {
        self.counts.add_counts(&other.counts);
        self.visitors.merge(&other.visitors);
        self.engaged.merge(&other.engaged);
        for (sketch, other) in self.vitals.iter_mut().zip(&other.vitals) {
            sketch.merge(other);
        }
    }
}

/// Whether the visit that began with `view` bounced: not engaged by Google Analytics 4's rule (over 10 s in the
/// foreground, a key event, or a second view).
fn bounced(view: &View, continued: bool) -> bool {
    !continued && view.key_events == 0 && view.duration_ms - view.hidden_ms <= ENGAGED_VISIT_MS
}

fn pages(hour_ms: i64, views: &[View], continued: &[Continued]) -> Vec<PageRollup> {
    let own = views.iter().filter(|view| view.view_index > 1).filter_map(|view| view.session_id);
    let continued: HashSet<Id> = own.chain(continued.iter().filter_map(|session| session.0)).collect();
    let mut sums: BTreeMap<(&str, &str), PageSum> = BTreeMap::new();
    for view in views {
        let sum = sums.entry((view.path.as_str(), view.device.as_str())).or_default();
        let counts = &mut sum.counts;
        counts.views += 1;
        if let Some(session) = view.session_id.filter(|_| view.view_index == 1) {
            counts.visits += 1;
            counts.bounced_visits += i64::from(bounced(view, continued.contains(&session)));
        }
        counts.duration_ms += view.duration_ms;
        counts.engaged_ms += view.engaged_ms;
        counts.scroll_percent += view.scroll_percent;
        counts.clicks += view.clicks;
        counts.rage_clicks += view.rage_clicks;
        counts.rage_views += i64::from(view.rage_clicks > 0);
        counts.dead_clicks += view.dead_clicks;
        counts.dead_views += i64::from(view.dead_clicks > 0);
        counts.errors += view.errors;
        counts.error_views += i64::from(view.errors > 0);
        counts.failed_views += i64::from(view.rage_clicks + view.dead_clicks + view.errors > 0);
        sum.visitors.insert(&view.visitor_key.0);
        sum.engaged.insert(unsigned(view.engaged_ms));
        let vitals = [view.lcp_ms, view.inp_ms, view.cls_e4, view.fcp_ms, view.ttfb_ms];
        for (sketch, value) in sum.vitals.iter_mut().zip(vitals) {
            value.into_iter().for_each(|value| sketch.insert(unsigned(value)));
        }
    }
    let mut all: BTreeMap<(&str, &str), PageSum> = BTreeMap::new();
    for ((path, device), sum) in sums {
        for place in places(path, device) {
            all.entry(place).or_default().add(&sum);
        }
    }
    let visits = Visits::of(views);
    all.into_iter()
        .map(|((path, device), mut sum)| {
            visits.count_in((path, device), &mut sum.counts);
            let [lcp, inp, cls, fcp, ttfb] = sum.vitals.map(|sketch| bytes_of(&sketch));
            PageRollup {
                bucket_ms: hour_ms,
                path: path.to_owned(),
                device: device.to_owned(),
                visitors_sketch: sum.visitors.encode(),
                engaged_sketch: bytes_of(&sum.engaged),
                lcp_sketch: lcp,
                inp_sketch: inp,
                cls_sketch: cls,
                fcp_sketch: fcp,
                ttfb_sketch: ttfb,
                ..sum.counts
            }
        })
        .collect()
}

fn unsigned(value: i64) -> u32 {
    value.clamp(0, u32::MAX.into()) as u32
}

fn bytes_of(sketch: &QuantileSketch) -> Vec<u8> {
    if sketch.is_empty() { Vec::new() } else { sketch.encode() }
}
