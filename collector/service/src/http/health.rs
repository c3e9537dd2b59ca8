//! `/healthz`: the process answers. `/readyz`: it can store. `/metrics`: what it counts, for machines of the operator.

use super::measurement;
use crate::app::App;
use crate::config::Config;
use crate::http::client_address;
use crate::http::problem::Problem;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use rapport_store::Store;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes for load balancers and monitors. They are added last, so that nothing but their own checks stands before them.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(readiness)).routes(routes!(metrics))
}

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    responses((status = 200, body = String, content_type = "text/plain", description = "It does")),
)]
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// What a collector that is ready says of itself.
#[derive(Serialize, ToSchema)]
struct Readiness {
    /// `sqlite` or `postgres`.
    database: &'static str,
    /// Batches that wait for the writer.
    waiting_submissions: usize,
}

/// Whether it could store now what pages send: on the evidence of the last second, or by trying.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses(
        (status = 200, body = Readiness, description = "A batch could be stored now"),
        (status = 503, description = "Not now: the queue or the disk is full, the database is away, read-only, deleted or replaced"),
    ),
)]
pub(crate) async fn readiness(State(store): State<Store>) -> Response {
    match store.ready().await {
        Ok(()) => {
            let (database, waiting_submissions) = (store.engine_name(), store.queue_length());
            Json(Readiness { database, waiting_submissions }).into_response()
        }
        Err(reason) => {
            tracing::warn!(cause = reason.cause(), "not ready: {reason}");
            Problem::unavailable(reason.to_string(), 5).into_response()
        }
    }
}

/// What it counts, in Prometheus' text format; only for the networks that `metrics_networks` names.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses(
        (status = 200, body = String, content_type = "text/plain; version=0.0.4", description = "The metrics"),
        (status = 404, description = "Not for this network"),
    ),
)]
async fn metrics(State(store): State<Store>, State(config): State<Arc<Config>>, request: Request) -> Response {
    let trusted = &config.trusted_proxies;
    let peer = client_address::of_request(&request, &[]);
    let client = client_address::of_request(&request, trusted);
    // A proxy that is not known to be one would lend its own address to everybody behind it.
    let behind_stranger =
        request.headers().contains_key("x-forwarded-for") && !trusted.iter().any(|network| network.contains(peer));
    if behind_stranger || !config.metrics_networks.iter().any(|network| network.contains(client)) {
        return Problem::not_found("there is nothing at this address").into_response();
    }
    ([("content-type", "text/plain; version=0.0.4")], measurement::render(store.queue_length())).into_response()
}
