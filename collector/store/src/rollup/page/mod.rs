//! The rollup of page views: counts and sketches by page and device.

mod read;
mod visits;

use super::hour::{Hour, RawRow, Select, Span, path};
use super::registry::Rollup;
use super::row::rollup_row;
use super::signal::SignalSeen;
use super::total::with_totals;
use super::words::{SharedWords, Word};
use crate::site::directory::SiteContext;
use crate::{Row, Statement, StoreError, params};
use rapport_figures::sketch::{QuantileSketch, UniqueSketch};
use rapport_figures::vital::{Rating, Vital};
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::targeting::TaskEnd;
use std::collections::{BTreeMap, HashSet};
use visits::Visits;

/// A visit with more time in the foreground than this is engaged (Google Analytics 4's default), in milliseconds.
pub const ENGAGED_VISIT_MS: i64 = 10_000;

macro_rules! page_rollup {
    (
        counts { $($count:ident: $most:literal, $label:literal, $what:literal
            $(, share($views:ident, $squares:ident, $products:ident))?;)* }
        vitals { $($vital:ident: $most_of_vital:literal, $what_vital:literal, $sketch:ident;)* }
    ) => {
        rollup_row! {
            /// A row of `rollup_page`. With an empty path it is of all pages, with an empty device of all devices.
            PageRollup = "rollup_page"
            by { path, device }
            count {
                views, visits, bounced_visits, duration_ms, engaged_ms, scroll_percent, failed_views, grouped_visits,
                grouped_views, view_squares, failed_squares, failed_products, poor_lcp_views, poor_inp_views, poor_cls_views,
                poor_views, failed_task_views, quick_back_views
                $(, $count $(, $views, $squares, $products)?)*
            }
            quantiles { engaged_sketch $(, $sketch)* }
            uniques { visitors_sketch }
        }

        /// A page view, as far as rollups count it.
        #[derive(Clone, Debug, Default)]
        #[allow(missing_docs, reason = "the migrations describe the columns")]
        pub struct View {
            pub item_id: Id,
            pub path: String,
            pub device: String,
            /// Empty where it was not kept yet.
            pub browser: String,
            pub session_id: Option<Id>,
            pub visitor_key: Id,
            pub release: String,
            pub view_index: i64,
            pub duration_ms: i64,
            pub hidden_ms: i64,
            pub engaged_ms: i64,
            pub scroll_percent: i64,
            pub key_events: i64,
            $(pub $count: i64,)*
            $(pub $vital: Option<i64>,)*
            /// Whether a task failed in it, or was abandoned: signals tell, see [`with_signals`].
            pub task_failed: bool,
            /// Whether its visitor went back almost at once: signals tell it as well.
            pub quick_back: bool,
        }

        /// What stands in the list of measures.
        const MEASURED: &[&str] = &[$(stringify!($count),)* $(stringify!($vital),)*];

        impl View {
            fn of(row: &mut Row) -> Result<Self, StoreError> {
                Ok(Self {
                    item_id: row.id("item_id")?,
                    path: path(row)?,
                    device: row.take_text("device")?,
                    browser: row.take_text("browser")?,
                    session_id: row.id_or_null("session_id")?,
                    visitor_key: row.id("visitor_key")?,
                    release: row.take_text("release")?,
                    view_index: row.int("view_index")?,
                    duration_ms: row.int("duration_ms")?,
                    hidden_ms: row.int("hidden_ms")?,
                    engaged_ms: row.int("engaged_ms")?,
                    scroll_percent: row.int("scroll_percent")?,
                    key_events: row.int("key_events")?,
                    // A measure that a later migration added is NULL in the views from before.
                    $($count: row.int_or_null(stringify!($count))?.unwrap_or(0),)*
                    $($vital: row.int_or_null(stringify!($vital))?,)*
                    task_failed: false,
                    quick_back: false,
                })
            }

            /// The vitals, in the order of the list.
            fn vitals(&self) -> [Option<i64>; VITALS] {
                [$(self.$vital),*]
            }
        }

        /// How many vitals there are.
        const VITALS: usize = [$(stringify!($vital)),*].len();

        /// What is shown as a share of views.
        const SHARES: &[Share] = &[$($(Share {
            of_view: |view| view.$count,
            sums: |row| [&mut row.$squares, &mut row.$products],
        },)?)*];

        /// The counts of shares that lists of pages show.
        const SHARE_COLUMNS: &[Column] = &[$($(
            (stringify!($views), |row| &mut row.$views),
            (stringify!($squares), |row| &mut row.$squares),
            (stringify!($products), |row| &mut row.$products),
        )?)*];

        impl PageRollup {
            /// Counts what one view measured.
            fn count_measured(&mut self, view: &View) {
                $(
                    self.$count += view.$count;
                    $(self.$views += i64::from(view.$count > 0);)?
                )*
            }

            /// Takes the sketches of vitals, in the order of the list.
            fn set_vitals(&mut self, sketches: &[QuantileSketch; VITALS]) {
                let [$($vital),*] = sketches;
                $(self.$sketch = bytes_of($vital);)*
            }
        }
    };
}
rapport_shared::view_measures!(page_rollup);

/// A count of views that is also shown as a share of them.
struct Share {
    /// How often it happened in a view.
    of_view: fn(&View) -> i64,
    /// Over visits, Σ y² and Σ y m.
    sums: fn(&mut PageRollup) -> [&mut i64; 2],
}

/// The name of a count, and where it is in a row.
type Column = (&'static str, fn(&mut PageRollup) -> &mut i64);

/// Whether a vital of a view is known and poor: there is no way to say of one view what p75 says of many, so the threshold of a
/// poor page is that of a poor view.
pub(super) fn is_poor(vital: Vital, value: Option<i64>) -> bool {
    value.is_some_and(|value| vital.rating(value as f64) == Rating::Poor)
}

impl View {
    /// Whether one of its Core Web Vitals is poor.
    pub(super) fn is_poor(&self) -> bool {
        self.poor_vitals().contains(&true)
    }

    /// Which of its Core Web Vitals are poor, in the order of [`Vital::ALL`].
    pub(super) fn poor_vitals(&self) -> [bool; 3] {
        [(Vital::Lcp, self.lcp_ms), (Vital::Inp, self.inp_ms), (Vital::Cls, self.cls_e4)]
            .map(|(of, value)| is_poor(of, value))
    }

    /// Whether it failed by what it says itself: a rage click, a dead click, an error, or a poor Core Web Vital.
    pub(super) fn failed_itself(&self) -> bool {
        self.rage_clicks + self.dead_clicks + self.errors > 0 || self.is_poor()
    }

    /// Whether it failed its visitor: see [`Self::failed_itself`]; or a task failed in it or was abandoned; or it was gone back from
    /// almost at once.
    fn failed(&self) -> bool {
        self.failed_itself() || self.task_failed || self.quick_back
    }

    /// Time in the foreground, in milliseconds.
    pub(super) fn seen_ms(&self) -> i64 {
        self.duration_ms - self.hidden_ms
    }
}

/// The views, each knowing whether a task failed in it, and whether it was gone back from almost at once. A step that was told in the hour after its view's is not among `signals`.
fn with_signals(views: &[View], signals: &[SignalSeen]) -> Vec<View> {
    let of = |kind: SignalKind| signals.iter().filter(move |signal| signal.kind == kind.as_str());
    let failed = of(SignalKind::Task).filter(|signal| is_failed_step(&signal.text)).map(|signal| signal.view_id);
    let (failed, left): (HashSet<Id>, HashSet<Id>) =
        (failed.collect(), of(SignalKind::QuickBack).map(|signal| signal.view_id).collect());
    let told = |view: &View| View {
        task_failed: failed.contains(&view.item_id),
        quick_back: left.contains(&view.item_id),
        ..view.clone()
    };
    views.iter().map(told).collect()
}

/// Whether a step of a task is one by which it fails.
pub(super) fn is_failed_step(step: &str) -> bool {
    [TaskEnd::Fail, TaskEnd::Abandon].iter().any(|end| end.as_str() == step)
}

impl RawRow for View {
    fn selects(hour: &Hour) -> Vec<Select> {
        let sql = format!(
            "SELECT {} FROM page_view
             WHERE site_id = $1 AND hour_ms = $2 AND occurred_at_ms < $3 AND bot = 0 AND clamped = 0",
            columns()
        );
        vec![Select::of_items("page_view", "item_id", sql, params![hour.site_id, hour.hour_ms, hour.until_ms])]
    }

    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let mut params = span.params();
        let sql = format!(
            "SELECT {}, hour_ms FROM page_view v
             WHERE v.site_id = $1 AND v.hour_ms >= $2 AND v.hour_ms < $3 AND v.occurred_at_ms < $3
               AND v.bot = 0 AND v.clamped = 0{}",
            columns(),
            span.narrow.on_views(span.ends(), &mut params)
        );
        vec![Statement::new(sql, params)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Self::of(row)
    }

    fn words(&self) -> Vec<Word> {
        let release = Word { of: "release".to_owned(), text: self.release.clone() };
        vec![Word::path(&self.path), release]
    }
}

/// The columns of a view.
fn columns() -> String {
    format!(
        "item_id, path, device, COALESCE(browser, '') AS browser, session_id, visitor_key, release, view_index, duration_ms, hidden_ms, engaged_ms, scroll_percent, key_events, {}",
        MEASURED.join(", ")
    )
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

    /// Visits went on whatever their further views were: nothing narrows them, and those of the hour itself are there, too.
    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let own = "SELECT hour_ms, session_id, 0 AS is_next FROM page_view
             WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3 AND occurred_at_ms < $3
               AND bot = 0 AND clamped = 0 AND view_index > 1";
        let later = "SELECT hour_ms, session_id, 0 AS is_next FROM visit_further
             WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3";
        let next = "SELECT hour_ms, session_id, 1 AS is_next FROM page_view
             WHERE site_id = $1 AND hour_ms > $2 AND hour_ms < $3 AND bot = 0 AND view_index > 1";
        let after = params![span.site_id, span.from_ms, span.after_ms];
        vec![Statement::new(own, span.params()), Statement::new(later, span.params()), Statement::new(next, after)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        row.id_or_null("session_id").map(Self)
    }

    fn read_of_span(row: &mut Row, site: &SiteContext) -> Result<(i64, Self), StoreError> {
        let hour_ms = row.int("hour_ms")?;
        let of_hour_ms = if row.flag("is_next")? { site.hour_start_ms(hour_ms - 1) } else { hour_ms };
        Ok((of_hour_ms, Self::read(row)?))
    }
}

impl PageRollup {
    /// Counts whether a view failed, and by what.
    fn count_failure(&mut self, view: &View) {
        let [lcp, inp, cls] = view.poor_vitals().map(i64::from);
        self.poor_lcp_views += lcp;
        self.poor_inp_views += inp;
        self.poor_cls_views += cls;
        self.poor_views += i64::from(view.is_poor());
        self.failed_task_views += i64::from(view.task_failed);
        self.quick_back_views += i64::from(view.quick_back);
        self.failed_views += i64::from(view.failed());
    }
}

impl Rollup for PageRollup {
    type Raw = ((View, Continued), SignalSeen);

    fn of_hour(hour_ms: i64, ((views, continued), signals): ((&[View], &[Continued]), &[SignalSeen])) -> Vec<Self> {
        pages(hour_ms, &with_signals(views, signals), continued)
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

#[derive(Clone, Default)]
struct PageSum {
    counts: PageRollup,
    visitors: UniqueSketch,
    engaged: QuantileSketch,
    vitals: [QuantileSketch; VITALS],
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
    !continued && view.key_events == 0 && view.seen_ms() <= ENGAGED_VISIT_MS
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
        counts.count_failure(view);
        counts.count_measured(view);
        sum.visitors.insert(&view.visitor_key.0);
        sum.engaged.insert(unsigned(view.engaged_ms));
        for (sketch, value) in sum.vitals.iter_mut().zip(view.vitals()) {
            value.into_iter().for_each(|value| sketch.insert(unsigned(value)));
        }
    }
    let mut all: BTreeMap<(&str, &str), PageSum> = BTreeMap::new();
    for ((path, device), sum) in sums {
        for key in with_totals(path, device) {
            all.entry(key).or_default().add(&sum);
        }
    }
    let visits = Visits::of(views);
    all.into_iter()
        .map(|((path, device), mut sum)| {
            visits.count_in((path, device), &mut sum.counts);
            sum.counts.set_vitals(&sum.vitals);
            PageRollup {
                bucket_ms: hour_ms,
                path: path.to_owned(),
                device: device.to_owned(),
                visitors_sketch: sum.visitors.encode(),
                engaged_sketch: bytes_of(&sum.engaged),
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
