//! Counts and times every request, and logs those that went wrong: by route and status, never by address or content.

use crate::http::problem::Said;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Seconds between which requests and commits are counted: from what SQLite needs for one commit to a timeout.
const SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 15.0];
/// Items in one commit.
const ITEMS: [f64; 7] = [1.0, 10.0, 50.0, 200.0, 1_000.0, 4_000.0, 8_000.0];

/// A counter with its label and the values that it takes, all of them there from the start: what grows from nothing would
/// otherwise begin with its second event.
struct Counter {
    name: &'static str,
    label: Option<(&'static str, &'static [&'static str])>,
    counts: &'static str,
}

const COUNTERS: [Counter; 9] = [
    Counter {
        name: "rapport_items_total",
        label: Some(("outcome", &["accepted", "duplicate", "rejected"])),
        counts: "Items of batches and of servers, by what became of them",
    },
    Counter {
        name: "rapport_batches_refused_total",
        label: Some((
            "reason",
            &["foreign_origin", "malformed", "no_site_key", "too_large", "too_many", "unavailable", "unknown_site"],
        )),
        counts: "Batches that were refused whole",
    },
    Counter {
        name: "rapport_attachments_total",
        label: Some(("outcome", &["accepted", "duplicate", "rejected"])),
        counts: "Pictures, by what became of them",
    },
    Counter { name: "rapport_sign_in_refused_total", label: None, counts: "Attempts to sign in that were refused" },
    Counter {
        name: "rapport_connections_closed_total",
        label: Some(("reason", &["full", "idle", "room", "silent", "slow", "slow_headers", "stopping"])),
        counts: "Connections that were closed by the collector",
    },
    Counter {
        name: "rapport_rollup_failures_total",
        label: Some(("grain", &["day", "hour"])),
        counts: "Hours and days that could not be rolled up",
    },
    Counter {
        name: "rapport_job_runs_total",
        label: Some(("outcome", &["done", "failed", "retried"])),
        counts: "Runs of background jobs, by what became of them",
    },
    Counter {
        name: "rapport_unknown_names_total",
        label: Some(("column", &["api_key.scopes", "outcome.outcome", "response.suspicion", "signal.kind"])),
        counts: "Values in the database that only a newer collector can have written",
    },
    Counter {
        name: "rapport_panics_total",
        label: None,
        counts: "Faults of the collector's own, each with a line in the log",
    },
];

/// Gauges that stand at 0 until they are set.
const GAUGES: [(&str, &str); 5] = [
    ("rapport_waiting_submissions", "Batches that wait for the writer"),
    ("rapport_connections", "Connections that are open now"),
    ("rapport_jobs_overdue", "Background jobs of the database that should have been done ten minutes ago"),
    ("rapport_jobs_failed", "Background jobs of the database that failed for good"),
    ("rapport_rollup_failing_buckets", "Hours and days that cannot be rolled up now"),
];

/// Says what everything counts, and has all that is counted begin at 0.
fn describe() {
    for Counter { name, label, counts } in COUNTERS {
        metrics::describe_counter!(name, counts);
        match label {
            None => drop(metrics::counter!(name)),
            Some((label, values)) => values.iter().for_each(|value| drop(metrics::counter!(name, label => *value))),
        }
    }
    for (name, measures) in GAUGES {
        metrics::describe_gauge!(name, measures);
        drop(metrics::gauge!(name));
    }
    metrics::describe_counter!("rapport_http_requests_total", "Requests by method, route and status");
    metrics::describe_histogram!("rapport_http_request_seconds", "How long requests took, by route");
    metrics::describe_histogram!("rapport_ingest_group_items", "Items that were committed together");
}

/// Starts counting, once a process.
pub fn start() {
    RECORDER.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_items".into()), &ITEMS))
            .and_then(PrometheusBuilder::install_recorder)
            .inspect(|_| describe())
            .inspect_err(|error| tracing::error!(%error, "nothing is counted"))
            .ok()
    });
}

/// Between two rounds of [`keep_up`].
const KEEP_UP: Duration = Duration::from_secs(5);

/// Puts what was timed into its buckets, for ever. Until then every single value is kept: where nobody reads `/metrics`,
/// every request would take memory for good.
pub async fn keep_up() {
    loop {
        tokio::time::sleep(KEEP_UP).await;
        if let Some(handle) = RECORDER.get().and_then(Option::as_ref) {
            handle.run_upkeep();
        }
    }
}

/// Everything counted, in Prometheus' text format.
pub fn render(waiting_submissions: usize) -> String {
    metrics::gauge!("rapport_waiting_submissions").set(waiting_submissions as f64);
    RECORDER.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

/// The name that requests of a method are counted under. Anybody may make up methods, and a counter is kept for ever.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Surrounds a request.
pub async fn observe(request: Request, next: Next) -> Response {
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status();
    let seconds = began.elapsed().as_secs_f64();
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status.as_str().to_owned())];
    metrics::counter!("rapport_http_requests_total", &labels).increment(1);
    metrics::histogram!("rapport_http_request_seconds", "route" => route.clone()).record(seconds);
    let duration_ms = (seconds * 1_000.0).round() as u64;
    if status.is_server_error() {
        let why = response.extensions().get::<Said>().map_or("", |said| said.0.as_str());
        tracing::warn!(method, route, status = status.as_u16(), duration_ms, why, "a request failed");
    } else {
        tracing::debug!(method, route, status = status.as_u16(), duration_ms, "answered");
    }
    response
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;

    #[tokio::test]
    async fn an_alarm_for_growth_missed_the_first_event_for_the_counter_was_not_there() {
        let test = TestApp::new().await;
        let shown = test.get("/metrics", &[]).await;
        let text = if shown.status == 200 { shown.text() } else { super::render(0) };
        let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate.md")).unwrap();
        let listed: Vec<_> = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")).collect();
        let of_kind =
            |kind: &'static str| listed.iter().filter(move |(_, rest)| rest.starts_with(kind)).map(|(name, _)| *name);
        let there_at_once =
            of_kind("counter").filter(|name| *name != "rapport_http_requests_total").chain(of_kind("gauge"));
        let mut seen = 0;
        for name in there_at_once {
            seen += 1;
            let is_series = |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
            assert!(text.lines().any(is_series), "{name} does not begin at 0: {text}");
            assert!(text.contains(&format!("# HELP {name} ")), "{name} is not described: {text}");
        }
        assert_eq!(seen, super::COUNTERS.len() + super::GAUGES.len());
        for series in [
            "rapport_connections_closed_total{reason=\"slow_headers\"}",
            "rapport_rollup_failures_total{grain=\"day\"}",
            "rapport_batches_refused_total{reason=\"unavailable\"}",
            "rapport_job_runs_total{outcome=\"failed\"}",
        ] {
            assert!(text.contains(series), "{series}: {text}");
        }
    }

    #[tokio::test]
    async fn invented_methods_hosts_and_paths_make_no_metric_of_their_own() {
        let test = TestApp::new().await;
        let send = async |method: &str, path: &str, host: &str| {
            let request = Request::builder().method(method).uri(path).header("host", host);
            test.send(request.body(Body::empty()).unwrap()).await.status
        };
        for number in 0..100 {
            let (method, host) = (format!("MADEUP{number}"), format!("madeup{number}.example"));
            send(&method, &format!("/madeup{number}"), &host).await;
            send(&method, &format!("/v1/config/madeup{number}"), &host).await;
            send("GET", &format!("/r/madeup{number}/none"), &host).await;
        }
        let text = super::render(0).to_lowercase();
        assert!(text.contains("rapport_http_requests_total"));
        assert_eq!(text.lines().filter(|line| line.contains("madeup")).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
