//! The table of contents of the HTTP service, grouped by who calls and how large a body may be.

use crate::app::App;
use crate::operation::{health, measurement, protection};
use crate::problem::Problem;
use crate::{
    account, api, asset, attachment, client_config, dashboard, hosted_form, ingest, openapi, problem_page, review,
    visitor_data,
};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// Largest body of a form that a person submits, in bytes.
pub const FORM_BYTES: usize = 16_384;

/// The whole service. Tests call it without a socket.
pub fn router(app: App) -> Router {
    measurement::start();
    let script = app.config.script();
    // Pages of other sites, with the public key of a site: no cookie is read here.
    let widget = || {
        Router::new()
            .merge(asset::routes(&script.name))
            .merge(client_config::routes())
            .merge(ingest::http::routes())
            .merge(review::public_routes())
            .merge(visitor_data::routes())
            .merge(attachment::public_routes())
    };
    // Our own pages that everybody may open, below the path of the script as well.
    let hosted = || hosted_form::routes().merge(review::hosted_routes());
    // Servers, with a key: no cookie is read here either.
    let servers = api::routes()
        .merge(review::server_routes())
        .merge(attachment::api_routes())
        .layer(DefaultBodyLimit::max(rapport_shared::limit::BATCH_BYTES))
        .layer(from_fn(protection::on_reports))
        .layer(CompressionLayer::new());
    // People with a cookie, and our own pages.
    let pages = |routes: Router<App>| {
        routes
            .layer(DefaultBodyLimit::max(FORM_BYTES))
            .layer(from_fn_with_state(app.clone(), account::same_origin::guard))
            .layer(from_fn(problem_page::for_people))
            .layer(from_fn(protection::on_pages))
            .layer(CompressionLayer::new())
    };
    let people = Router::new()
        .merge(dashboard::routes())
        .merge(review::page_routes())
        .merge(attachment::page_routes())
        .layer(from_fn_with_state(app.clone(), dashboard::in_frame))
        .merge(account::routes())
        .merge(hosted());
    let people = pages(people);
    // What describes the interface: the same for everybody.
    let description = openapi::routes().layer(CompressionLayer::new());
    let mut routes = widget().merge(servers).merge(people).merge(description);
    if !script.folder.is_empty() {
        routes = routes.nest(&script.folder, widget().merge(pages(hosted())));
    }
    surround(routes, &app).merge(health::routes()).with_state(app)
}

/// What stands around every request, outermost last.
pub fn surround(routes: Router<App>, app: &App) -> Router<App> {
    routes
        .fallback(|State(app): State<App>, headers: HeaderMap| async move {
            match dashboard::lost(&app, &headers).await {
                Some(page) => page,
                None => problem_page::answer(&headers, Problem::not_found("no page has this address")),
            }
        })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method")
        })
        .layer(CatchPanicLayer::custom(protection::after_panic))
        .layer(from_fn_with_state(app.clone(), protection::limit_time))
        .layer(from_fn(protection::everywhere))
        .layer(from_fn(measurement::observe))
}
