//! How long each report takes over ten million stored page views of 30 days.
//!
//! `cargo bench -p rapport --bench reports`. The views are made once, always the same, and kept in the target directory
//! (about 10 GB); the first run takes some minutes more. Each report is timed twice: with every hour rolled up, and with
//! the running hour behind, as it is on a site that is being visited. `-- experience` times those with that in their name.
//! What is read from rows has a limit of its own; what has more rows than are read is said to be refused.

mod traffic;

use rapport_figures::standing::Standing;
use rapport_report::course::funnel::{Funnel, Order};
use rapport_report::course::{Step, StepKind};
use rapport_report::error_group::ErrorsListed;
use rapport_report::experience::{By, Listed, Sort};
use rapport_report::issue::Show;
use rapport_report::response::nowhere;
use rapport_report::slice::{Device, Range, Slice};
use rapport_report::visits::Walker;
use rapport_report::{Listing, PagesBy, ReportError, Source};
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::response::Suspicious;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::{Store, params};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use traffic::{BUSY_PAGE, NOW_MS, SITE_KEY, VIEWS};

/// What every report that rollups tell must stay under at the median, in milliseconds.
const LIMIT_MS: f64 = 50.0;
/// The same of one that is read from rows.
const ROWS_LIMIT_MS: f64 = 1_000.0;
/// How often each is run.
const RUNS: usize = 15;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reports.db");
    let complete = file.with_extension("complete");
    if !complete.exists() {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
    }
    let clock = Clock::manual(NOW_MS);
    let store = Store::open(&format!("sqlite://{}", file.display()), clock.clone()).await.expect("the store opens");
    let sites = SiteDirectory::new(store.clone(), clock.clone());
    if !complete.exists() {
        let begin = Instant::now();
        traffic::generate(&store, &sites).await;
        println!("made {VIEWS} views in {:.0} s", begin.elapsed().as_secs_f64());
        std::fs::write(&complete, "").expect("the target directory can be written");
    }
    // The mark that the run before left on the running hour is taken away here too.
    let begin = Instant::now();
    rapport_store::rollup::rebuild::run_once(&store, &clock, &sites).await.expect("the rollups are rebuilt");
    println!("brought the rollups up to date in {:.1} s", begin.elapsed().as_secs_f64());

    let site = sites.by_key(SITE_KEY).await.expect("the store answers").expect("the site is there");
    let clean = times(&store, &site).await;
    let size = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
    traffic::one_more_view(&store, &site).await;
    let behind = times(&store, &site).await;
    println!(
        "{VIEWS} views, {:.1} GB; medians of {RUNS} runs (the fastest), limit {LIMIT_MS:.0} ms, of what is read from rows {ROWS_LIMIT_MS:.0} ms\n",
        size as f64 / 1e9
    );
    println!("{:<60} {:>16} {:>24}", "report", "all clean ms", "running hour behind ms");
    let mut missed = 0;
    for (clean, behind) in clean.iter().zip(&behind) {
        let (Some((clean_ms, clean_least_ms)), Some((behind_ms, behind_least_ms))) = (clean.ms, behind.ms) else {
            missed += 1;
            println!("{:<60}  refused: too many rows", clean.name);
            continue;
        };
        let over = clean_ms.max(behind_ms) >= clean.limit_ms;
        missed += usize::from(over);
        let verdict = if over { "  over the limit" } else { "" };
        println!(
            "{:<60} {clean_ms:>8.1} {:>7} {behind_ms:>16.1} {:>7}{verdict}",
            clean.name,
            format!("({clean_least_ms:.1})"),
            format!("({behind_least_ms:.1})")
        );
    }
    println!("\n{} of {} reports within their limits", clean.len() - missed, clean.len());
    store.shut_down().await;
}

/// One report.
struct Timed {
    name: String,
    limit_ms: f64,
    /// Median and fastest run; none of a report that is refused.
    ms: Option<(f64, f64)>,
}

/// Median and fastest run of each report, in milliseconds.
async fn times(store: &Store, site: &Arc<SiteContext>) -> Vec<Timed> {
    let source = Source { store, site, now_ms: NOW_MS, picture_address: nowhere };
    let month = Slice { compare: false, ..Slice::default() };
    let fortnight =
        |device| Slice { range: Range::Custom(traffic::day(15), traffic::day(1)), device, ..Slice::default() };
    let week = Slice { range: Range::Last(7), ..Slice::default() };
    let filters = [
        ("30 days", month),
        ("7 days and the 7 before", week),
        ("15 days and the 15 before, on phones", fortnight(Device::Mobile)),
    ];
    let response = any_response(store, site).await;
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut times = Vec::new();
    for (range, slice) in filters {
        let on_page = slice.of_page(BUSY_PAGE);
        macro_rules! time {
            ($name:literal, $report:expr) => {
                time!($name, $report, LIMIT_MS)
            };
            ($name:literal, $report:expr, $limit_ms:expr) => {{
                if wanted.is_empty() || wanted.iter().any(|wanted| $name.contains(wanted.as_str())) {
                    let mut samples_ms = Vec::with_capacity(RUNS);
                    for _ in 0..RUNS {
                        let begin = Instant::now();
                        match $report.await {
                            Ok(report) => drop(std::hint::black_box(report)),
                            Err(ReportError::Untold(_)) => break,
                            Err(error) => panic!("{}: {error}", $name),
                        }
                        samples_ms.push(begin.elapsed().as_secs_f64() * 1_000.0);
                    }
                    samples_ms.sort_by(f64::total_cmp);
                    let ms = samples_ms.first().map(|least| (samples_ms[samples_ms.len() / 2], *least));
                    times.push(Timed { name: format!("{}, {range}", $name), limit_ms: $limit_ms, ms });
                }
            }};
        }
        time!("overview", source.overview(&slice));
        time!("overview of a page", source.overview(&on_page));
        time!("newest words", source.newest_words(&slice));
        time!("feedback", source.feedback(&slice));
        time!("survey", source.survey(&slice, "feedback", Listing::default()));
        time!(
            "survey, low and with words",
            source.survey(
                &slice,
                "feedback",
                Listing { standing: Some(Standing::Low), words: true, suspicious: Suspicious::LeftOut, after: None }
            )
        );
        let listed = |sort, by, part| Listed { sort, by, part, ..Listed::default() };
        time!("experience", source.experience(&slice, &Listed::default()));
        time!("experience by failures, part 3", source.experience(&slice, &listed(Sort::Failed, By::Page, 3)));
        time!("experience by LCP, part 3", source.experience(&slice, &listed(Sort::Lcp, By::Page, 3)));
        time!("experience by route", source.experience(&slice, &listed(Sort::Views, By::Route, 1)));
        time!("drivers", source.drivers(&slice));
        time!("drivers of a page", source.drivers(&on_page));
        time!("page", source.page(&on_page));
        time!("errors", source.errors(&slice, &ErrorsListed { part: 1, ..ErrorsListed::default() }));
        time!("events", source.events(&slice, "", ("", "")));
        time!("forms", source.forms(&slice));
        time!("heat", source.heat(&on_page));
        time!("heat map", source.heat_map(&on_page));
        time!("issues", source.issues(&slice, (Show::Open, 1)));
        time!("tasks", source.tasks(&slice), ROWS_LIMIT_MS);
        time!("funnel", source.funnel(&slice, two_pages()), ROWS_LIMIT_MS);
        time!("journeys", source.journeys(&slice, PagesBy::Route, None), ROWS_LIMIT_MS);
        let german = Slice { country: Some("DE".into()), ..slice.clone() };
        time!("overview of a country", source.overview(&german));
        time!("experience of a country", source.experience(&german, &Listed::default()));
        time!("retention of use", source.retention(&slice));
        time!("install", source.install(slice.range, "https://feedback.example.com", vec![]));
        time!("response with its trail", source.response(response));
    }
    times
}

fn two_pages() -> (String, String, Funnel) {
    let step = |what: &str| Step { kind: StepKind::Page, what: what.to_owned(), within_minutes: None };
    let steps = vec![step("/**"), step(BUSY_PAGE)];
    let funnel = Funnel { order: Order::Ordered, of: Walker::Visit, window_minutes: 60, steps };
    ("busy".to_owned(), "To the busy page".to_owned(), funnel)
}

async fn any_response(store: &Store, site: &SiteContext) -> Id {
    let sql =
        "SELECT item_id FROM response WHERE site_id = $1 AND session_id IS NOT NULL ORDER BY item_id DESC LIMIT 1";
    store.read(sql, params![site.site.site_id]).await.expect("the store reads")[0].id("item_id").expect("an id")
}
