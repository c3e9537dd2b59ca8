//! Counts and times every request, and logs those that went wrong: by route and status, never by address or content.

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

/// Starts counting, once a process.
pub fn start() {
    RECORDER.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_items".into()), &ITEMS))
            .and_then(PrometheusBuilder::install_recorder)
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
        tracing::warn!(method, route, status = status.as_u16(), duration_ms, "a request failed");
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
    async fn invented_methods_hosts_and_paths_make_no_metric_of_their_own() {
        let test = TestApp::new().await;
        let series = || super::render(0).lines().filter(|line| line.starts_with("rapport_http")).count();
        let send = async |method: &str, path: &str, host: &str| {
            let request = Request::builder().method(method).uri(path).header("host", host);
            test.send(request.body(Body::empty()).unwrap()).await.status
        };
        for method in ["GET", "POST", "INVENTED"] {
            for path in ["/", "/nowhere", "/v1/config/none", "/r/none/none"] {
                send(method, path, "a.example").await;
            }
        }
        let before = series();
        for number in 0..3_000 {
            let (method, host) = (format!("M{number}"), format!("{number}.example"));
            send(&method, &format!("/invented/{number}"), &host).await;
            send(&method, &format!("/v1/config/{number}"), &host).await;
            send("GET", &format!("/r/{number}/none"), &host).await;
        }
        // Other tests of this process count too, each a few routes.
        let grown = series() - before;
        assert!(grown < 500, "{grown} more series");
        assert!(!super::render(0).contains("M2999"));
    }
}
