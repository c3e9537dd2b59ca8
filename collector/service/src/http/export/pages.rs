//! The list of pages, complete however long it is: as CSV and as JSON, sent while it is read.

use super::csv::number;
use crate::app::Reports;
use futures_util::stream;
use futures_util::{Stream, StreamExt, TryStreamExt};
use rapport_report::ReportError;
use rapport_report::csv::line;
use rapport_report::experience::{By, DeviceVitals, Listed, PageLine};
use rapport_report::figure::{Figure, Verdict};
use rapport_report::slice::Slice;
use rapport_store::site::directory::SiteContext;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// Kinds of device, and the Core Web Vitals as [`Figure::name`] calls them.
const DEVICES: [&str; 3] = ["desktop", "mobile", "tablet"];
const VITALS: [&str; 3] = ["lcp", "inp", "cls"];
/// The shares of views, as the columns call them.
const SHARES: [&str; 5] = ["bounce", "error_views", "rage_views", "dead_views", "failed_views"];

/// The shares of a line, in the order of [`SHARES`].
fn shares(line: &PageLine) -> [&Figure; SHARES.len()] {
    [&line.bounce, &line.errors, &line.rage, &line.dead, &line.failed]
}

/// The columns, by name.
pub fn header(by: By) -> String {
    let mut header = vec![by.as_str().to_owned()];
    header.extend(["views", "visits_begun", "engaged_mean_ms", "engaged_median_ms"].map(str::to_owned));
    for share in SHARES {
        header.extend(["percent", "low", "high", "n"].map(|part| format!("{share}_{part}")));
    }
    for device in DEVICES {
        for vital in VITALS {
            let unit = if vital == "cls" { "p75" } else { "p75_ms" };
            header.extend([format!("{device}_{vital}_{unit}"), format!("{device}_{vital}_n")]);
        }
    }
    header.extend(["pages", "views_before"].map(str::to_owned));
    for share in SHARES {
        header.extend(["before_percent", "before_n", "p", "verdict"].map(|part| format!("{share}_{part}")));
    }
    line(header)
}

fn whole(value: Option<u64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// p75 and n of each vital on each device; milliseconds, for CLS the shift.
fn vitals(vitals: &[DeviceVitals]) -> Vec<String> {
    let of = |device: &str, name: &str| {
        let of_device = vitals.iter().find(|of| of.device == device)?;
        of_device.figures.iter().find(|figure| figure.name == name)
    };
    let mut row = Vec::new();
    for device in DEVICES {
        for name in VITALS {
            let figure = of(device, name);
            row.extend([number(figure.and_then(|figure| figure.value)), whole(figure.map(|figure| figure.n))]);
        }
    }
    row
}

/// What a share was before, and whether the change is real.
fn change(figure: &Figure) -> [String; 4] {
    let change = figure.change.as_ref();
    let verdict = change.map_or("", |change| match change.verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Noise => "noise",
        Verdict::Mix => "mix",
        Verdict::Unknown => "unknown",
    });
    [
        number(change.map(|change| change.before)),
        whole(change.map(|change| change.n_before)),
        number(change.and_then(|change| change.p)),
        verdict.to_owned(),
    ]
}

/// A page, or a route, as a line of the table.
fn csv_line(page: &PageLine) -> String {
    let mut row = vec![
        page.path.clone(),
        page.views.to_string(),
        page.visits.to_string(),
        number(page.engaged_mean_ms),
        page.engaged_median_ms.map_or_else(String::new, |ms| ms.to_string()),
    ];
    for share in shares(page) {
        row.extend([number(share.value), number(share.low), number(share.high), share.n.to_string()]);
    }
    row.extend(vitals(&page.vitals));
    row.extend([page.pages.to_string(), whole(page.views_before)]);
    shares(page).into_iter().for_each(|share| row.extend(change(share)));
    line(row)
}

/// Lines of a table, as they are read.
type Lines = Result<Vec<PageLine>, ReportError>;

/// Every line of the list, some at a time. What cannot be told is told before anything is sent.
async fn lines(
    reports: &Reports,
    site: &Arc<SiteContext>,
    (slice, listed): (Slice, Listed),
) -> Result<impl Stream<Item = Lines> + Send + use<>, ReportError> {
    let (sender, mut receiver) = mpsc::channel(1);
    let (reports, site) = (reports.clone(), site.clone());
    tokio::spawn(async move {
        if let Err(error) = reports.of(&site).every_page(&slice, &listed, &sender).await {
            // Who went away hears nothing of it.
            let _ = sender.send(Err(error)).await;
        }
    });
    let first = receiver.recv().await.transpose()?;
    let rest = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    Ok(stream::iter(first.map(Ok)).chain(rest))
}

/// Every line of the list as lines of CSV, without their header.
///
/// # Errors
/// When the list cannot be made.
pub async fn csv_lines(
    reports: &Reports,
    site: &Arc<SiteContext>,
    slice: Slice,
    listed: Listed,
) -> Result<impl Stream<Item = Result<String, ReportError>> + Send + use<>, ReportError> {
    let lines = lines(reports, site, (slice, listed)).await?;
    Ok(lines.map_ok(|lines| lines.iter().map(csv_line).collect()))
}

/// Every line of the list as a JSON array, which has no end where it breaks off.
///
/// # Errors
/// When the list cannot be made.
pub async fn json(
    reports: &Reports,
    site: &Arc<SiteContext>,
    slice: Slice,
    listed: Listed,
) -> Result<impl Stream<Item = Result<String, ReportError>> + Send + use<>, ReportError> {
    let lines = lines(reports, site, (slice, listed)).await?;
    let items = lines.enumerate().map(|(place, lines)| lines.map(|lines| items(&lines, place == 0)));
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = broken.clone();
    let items = items.inspect_err(move |_| breaks.store(true, Ordering::Relaxed));
    let end = stream::once(async move { (!broken.load(Ordering::Relaxed)).then(|| Ok("]".to_owned())) });
    Ok(items.chain(end.filter_map(std::future::ready)))
}

/// Some elements of an array, the first with its beginning.
fn items(lines: &[PageLine], is_first: bool) -> String {
    // Serializing figures to memory cannot fail.
    let items: Vec<_> = lines.iter().map(|line| serde_json::to_string(line).unwrap_or_default()).collect();
    let before = match (is_first, items.is_empty()) {
        (true, _) => "[",
        (false, true) => "",
        (false, false) => ",",
    };
    format!("{before}{}", items.join(","))
}
