//! The two services that are compared, in one process: the real router over a file, and one that stores nothing.

use crate::payload::SITE_KEY;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::{BodyExt, Limited};
use rapport::bench::{App, Config, Problem};
use rapport_ingest::{BatchRequest, Client};
use rapport_shared::limit;
use rapport_shared::wire::BatchReply;
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::{Store, params};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;

/// Both services, listening on loopback until this is dropped.
pub struct Service {
    runtime: tokio::runtime::Runtime,
    store: Store,
    file: PathBuf,
    /// Address of the real router.
    pub durable: SocketAddr,
    /// Address of the service that parses, validates and answers.
    pub without_storing: SocketAddr,
}

impl Service {
    /// Starts both over a fresh file.
    pub fn start(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("ingest {name}.db"));
        remove(&file);
        let (store, durable, without_storing) = runtime.block_on(async {
            let url = format!("sqlite://{}", file.display());
            let store = Store::open(&url, Clock::System).await.expect("the store opens");
            store.add_site(&site()).await.expect("the site is added");
            let config = Config { batches_per_minute: u32::MAX, batch_burst: u32::MAX, ..Config::default() };
            let app = App::new(store.clone(), Clock::System, config).await.expect("the app starts");
            let routes = Router::new().route("/v1/batch", post(answer)).layer(DefaultBodyLimit::disable());
            let without_storing = rapport::bench::surround(routes, &app).with_state(app.clone());
            (store, listen(rapport::bench::router(app)).await, listen(without_storing).await)
        });
        Self { runtime, store, file, durable, without_storing }
    }

    /// Every acknowledged item must be in the file.
    pub fn check(&self, acknowledged: u64) {
        let sql = "SELECT (SELECT COUNT(*) FROM page_view) + (SELECT COUNT(*) FROM signal) AS stored";
        let rows = self.runtime.block_on(self.store.read(sql, params![])).expect("the store reads");
        let stored = rows[0].count("stored").expect("a count");
        assert!(stored >= acknowledged, "{stored} of {acknowledged} items are stored");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.runtime.block_on(self.store.shut_down());
        remove(&self.file);
    }
}

fn remove(file: &std::path::Path) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
}

fn site() -> Site {
    Site {
        site_id: Clock::System.new_id(),
        key: SITE_KEY.into(),
        name: "Bench".into(),
        origins: vec!["https://shop.example.com".into()],
        time_zone: jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone"),
        accent_color: "#3457d5".into(),
        created_at_ms: 0,
    }
}

async fn listen(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// The same checks, the same parsing, the same answer; only nothing is kept.
async fn answer(State(app): State<App>, request: Request) -> Response {
    let address = rapport::bench::of_request(&request, &app.config.trusted_proxies);
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, limit::BATCH_BYTES).collect().await else {
        return Problem::too_large(limit::BATCH_BYTES).into_response();
    };
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client::new(text("user-agent"), text("accept-language"), text("sec-gpc"), text("dnt"));
    let origin = parts.headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    match app
        .ingest
        .prepare(BatchRequest { body: &body.to_bytes(), origin, address, client, trapped: false, recipient: None })
        .await
    {
        Ok(prepared) => {
            let accepted = prepared.submission.records.len() as u32;
            let reply = BatchReply { accepted, duplicate: 0, rejected: prepared.rejected };
            (StatusCode::ACCEPTED, axum::Json(reply)).into_response()
        }
        Err(refusal) => Problem::from(refusal).into_response(),
    }
}
