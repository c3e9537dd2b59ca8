//! One page: its figures and their trend, vitals by device, what fails on it and where, and what people said there.

use super::experience::{DeviceVitals, Devices};
use super::figure::sums::PageSums;
use super::figure::{Figure, Total, TrendPoint, VitalPart};
use super::heat::Reach;
use super::overview::{RATES, SurveyScore, TrendDay, figures, kinds, trend};
use super::period::Period;
use super::response::{ResponseSummary, Time};
use super::rule_change::RuleChange;
use super::scorecard::Part;
use super::vital_cause::VitalCause;
use rapport_figures::sketch::{QuantileSketch, SketchError};
use rapport_figures::vital::Vital;
use rapport_shared::signal::SignalKind;
use rapport_store::rollup::row::RollupRow;
use rapport_store::rollup::{PageRollup, SignalRollup};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// So many elements or errors of each kind are named.
pub const CULPRITS: usize = 10;

/// Whom a cause touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TouchedView {
    /// When it began.
    pub at: Time,
    /// The page.
    pub path: String,
    /// `desktop`, `mobile` or `tablet`.
    pub device: String,
    /// The browser; empty where it was not kept yet.
    pub browser: String,
    /// The country, as two letters; empty where it is not known.
    pub country: String,
    /// The first language that the browser asks for.
    pub language: String,
    /// The release of the site; empty for none.
    pub release: String,
    /// How long it lasted, in milliseconds.
    pub duration_ms: i64,
}

/// The people who met an element that fails, an error or a task: what they answered, and their views.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CauseReport {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The newest answers of visits that met it, given on whatever page, at most 20; each has its trail.
    pub responses: Vec<ResponseSummary>,
    /// The newest views that met it, at most 50.
    pub views: Vec<TouchedView>,
}

/// An element, an error or an event, and how often it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Culprit {
    /// The element, or the type and message of the error.
    pub label: String,
    /// How often.
    pub signals: u64,
    /// In how many views.
    pub views: u64,
}

/// What failed, by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Culprits {
    /// A kind of signal, such as `rage_click`, `error` or `quick_back`.
    #[schema(value_type = String)]
    pub kind: SignalKind,
    /// Most views first.
    pub culprits: Vec<Culprit>,
    /// How many there are in all.
    pub distinct: usize,
}

/// The report of one page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PageReport {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The page.
    pub path: String,
    /// Views, and visits that began here.
    pub totals: Vec<Total>,
    /// Bounce rate, views with failures, p75 of the three Core Web Vitals over all devices of the slice.
    pub figures: Vec<Figure>,
    /// What the page does to people, in six parts.
    pub scorecard: Vec<Part>,
    /// Mean engaged time of a view, in milliseconds.
    pub engaged_mean_ms: Option<f64>,
    /// Median engaged time of a view, in milliseconds.
    pub engaged_median_ms: Option<u32>,
    /// Mean of the deepest part seen, 0 to 100.
    pub scroll_mean_percent: Option<f64>,
    /// Mean clicks of a view.
    pub clicks_mean: Option<f64>,
    /// Views by day.
    pub trend: Vec<TrendDay>,
    /// Where clicks were judged by another rule meanwhile.
    pub rule_change: Option<RuleChange>,
    /// p75 of LCP over time, in milliseconds.
    pub lcp_trend: Vec<TrendPoint>,
    /// p75 of all five vitals by kind of device.
    pub vitals: Vec<DeviceVitals>,
    /// How far views saw of it: over all devices, and on each.
    pub reach: Vec<Reach>,
    /// What vitals worse than good were of: which element, which part of the time.
    pub vital_causes: Vec<VitalCause>,
    /// What failed, and where.
    pub culprits: Vec<Culprits>,
    /// Scores given on the page.
    pub scores: Vec<SurveyScore>,
    /// The newest responses with words given on the page.
    pub responses: Vec<ResponseSummary>,
}

/// What the rollups say of a page: `rows` are of the slice's device, or of all together, `by_device` of each of them
/// alone, now and before; `rates` were judged where pages are listed. Reach, scores and responses are added by the caller; of
/// elements and errors all are named.
///
/// # Errors
/// When a sketch cannot be read.
pub fn report(
    path: &str,
    period: &Period,
    rows: &[PageRollup],
    (by_device, by_device_before): (&[PageRollup], Option<&[PageRollup]>),
    before: Option<(&Period, &[PageRollup])>,
    signals: &[SignalRollup],
    (rates, looks): (Option<[Figure; RATES.len()]>, f64),
) -> Result<PageReport, SketchError> {
    let sums = PageSums::of(rows)?;
    let sums_before = before.map(|(_, rows)| PageSums::of(rows)).transpose()?;
    let devices = Devices::of(by_device)?;
    let devices_before = by_device_before.map(Devices::of).transpose()?;
    let total = |name, label, definition, value: fn(&PageSums) -> u64| Total {
        name,
        label,
        value: value(&sums),
        before: sums_before.as_ref().map(value),
        definition,
    };
    Ok(PageReport {
        from: period.first.to_string(),
        to: period.last.to_string(),
        path: path.to_owned(),
        totals: vec![
            total("views", "Page views", kinds::VIEWS, |sums| sums.views),
            total("visits", "Visits begun here", kinds::VISITS, |sums| sums.visits),
        ],
        figures: figures((&sums, sums_before.as_ref()), (&devices, devices_before.as_ref()), rates, looks),
        scorecard: Vec::new(),
        engaged_mean_ms: sums.mean(sums.engaged_ms),
        engaged_median_ms: sums.engaged.quantile(0.5),
        scroll_mean_percent: sums.mean(sums.scroll_percent),
        clicks_mean: sums.mean(sums.clicks),
        trend: trend(period, rows, before),
        rule_change: None,
        lcp_trend: lcp_trend(period, rows)?,
        vitals: devices.vitals(),
        reach: Vec::new(),
        vital_causes: Vec::new(),
        culprits: culprits(signals)?,
        scores: Vec::new(),
        responses: Vec::new(),
    })
}

fn lcp_trend(period: &Period, rows: &[PageRollup]) -> Result<Vec<TrendPoint>, SketchError> {
    let step = period.days_a_point();
    let mut points = vec![(QuantileSketch::new(), PageSums::default()); period.days.len().div_ceil(step)];
    for row in rows {
        if let Some(day) = period.day_of(row.bucket_ms) {
            let (sketch, sums) = &mut points[day / step];
            if !row.lcp_sketch.is_empty() {
                sketch.merge_encoded(&row.lcp_sketch)?;
            }
            sums.count(row);
        }
    }
    Ok(period
        .days
        .chunks(step)
        .zip(&points)
        .filter_map(|(days, (sketch, sums))| {
            let all = VitalPart { device: "", sketch, effect: sums.groups.whole_effect() };
            TrendPoint::of(days, &Figure::vital(Vital::Lcp, &[all], None))
        })
        .collect())
}

/// What failed, by kind. A view that rows of several hours count is one view.
fn culprits(signals: &[SignalRollup]) -> Result<Vec<Culprits>, SketchError> {
    let mut all = Vec::new();
    // What vitals were of is told by its parts.
    for kind in SignalKind::EACH.into_iter().filter(|kind| !kind.is_vital()) {
        let mut labels: BTreeMap<&str, SignalRollup> = BTreeMap::new();
        for row in signals.iter().filter(|row| row.kind == kind.as_str()) {
            labels.entry(&row.label).or_default().merge(row)?;
        }
        let distinct = labels.len();
        let count = |value: i64| value.max(0) as u64;
        let mut culprits: Vec<_> = labels
            .into_iter()
            .map(|(label, sum)| Culprit {
                label: label.to_owned(),
                signals: count(sum.signals),
                views: count(sum.views),
            })
            .collect();
        culprits.sort_by(|one, other| {
            (other.views, other.signals).cmp(&(one.views, one.signals)).then_with(|| one.label.cmp(&other.label))
        });
        if distinct > 0 {
            all.push(Culprits { kind, culprits, distinct });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn a_page_is_read_from_its_rollups() {
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(&TimeZone::UTC, day("1970-01-01"), day("1970-01-03"), i64::MAX);
        let mut lcp = QuantileSketch::new();
        lcp.extend([3_000_u32; 40]);
        let row = |day: i64, device: &str, views| PageRollup {
            bucket_ms: day * 86_400_000,
            path: "/cart".into(),
            device: device.into(),
            views,
            failed_views: views / 4,
            scroll_percent: views * 60,
            lcp_sketch: lcp.encode(),
            ..PageRollup::default()
        };
        let signal = |kind: &str, label: &str, views| SignalRollup {
            kind: kind.into(),
            label: label.into(),
            views,
            signals: views * 2,
            ..SignalRollup::default()
        };
        let rows = [row(0, "mobile", 40), row(1, "mobile", 40), row(1, "desktop", 80)];
        let signals = [
            signal("error", "TypeError: x", 3),
            signal("error", "TypeError: y", 9),
            signal("error", "TypeError: x", 8),
        ];
        let report =
            report("/cart", &period, &rows, (&rows, None), None, &signals, (None, 1.0)).expect("sketches are fine");
        assert_eq!(report.totals[0].value, 160);
        assert_eq!(report.scroll_mean_percent, Some(60.0));
        let views: Vec<_> = report.trend.iter().map(|day| (day.views, day.failed_views)).collect();
        assert_eq!(views, [(40, 10), (120, 30), (0, 0)]);
        assert_eq!(report.vitals.iter().map(|of| of.device.as_str()).collect::<Vec<_>>(), ["desktop", "mobile"]);
        assert_eq!(report.vitals[1].figures[0].rating, Some("needs-improvement"));
        assert_eq!(report.lcp_trend.iter().map(|point| point.n).collect::<Vec<_>>(), [40, 80, 0]);
        let [errors] = &report.culprits[..] else { panic!("one kind") };
        assert_eq!((errors.culprits[0].label.as_str(), errors.culprits[0].views), ("TypeError: x", 11));
    }
}
