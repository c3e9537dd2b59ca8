//! The table of contents of the HTTP service, grouped by who calls and how large a body may be.

use crate::app::App;
use crate::config::{Names, Script};
use crate::http::problem::Problem;
use crate::http::{completion, health, measurement, problem_page, protection};
use crate::member::{self, account};
use crate::public::{asset, attachment, config, hosted_form, own_data, reviews};
use crate::server::{self, openapi};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use std::sync::Arc;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;

/// Largest body of a form that a person submits, in bytes.
pub const FORM_BYTES: usize = 16_384;

/// Routes for pages of other sites, with the public key of a site: no cookie is read here.
fn widget(script: &Script) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(asset::documented(&script.name))
        .merge(config::documented())
        .merge(crate::public::batch::documented())
        .merge(reviews::documented())
        .merge(own_data::documented())
        .merge(crate::public::heatmap::documented())
        .merge(attachment::public_documented())
}

/// Our own pages that everybody may open, below the path of the script as well.
fn hosted() -> OpenApiRouter<App> {
    hosted_form::documented().merge(crate::public::hosted_reviews::documented())
}

/// Our own pages that mails lead to, and whose forms mail programs send by themselves: no cookie is read here.
fn mail_links() -> OpenApiRouter<App> {
    crate::public::unsubscribe::documented().merge(crate::public::asked::documented())
}

/// Routes for servers, with a key: no cookie is read here either.
fn servers() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(server::documented())
        .merge(crate::server::reviews::documented())
        .layer(DefaultBodyLimit::max(rapport_shared::limit::BATCH_BYTES))
        .merge(server::customers::documented())
        .layer(from_fn(protection::on_reports))
        .layer(CompressionLayer::new())
}

/// What stands around the pages that people see.
fn pages(app: &App, routes: Router<App>) -> Router<App> {
    routes
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(from_fn_with_state(app.clone(), account::same_origin::guard))
        .layer(from_fn(problem_page::for_people))
        .layer(from_fn(protection::on_pages))
        .layer(CompressionLayer::new())
}

/// The whole service. Tests call it without a socket.
pub fn router(app: App) -> Router {
    measurement::start();
    let (script, names) = (app.config.script(), app.names.clone());
    let (machines, of_machines) = widget(&script).merge(servers()).split_for_parts();
    let (everybody, of_everybody) = hosted().split_for_parts();
    let (mails, of_mails) = mail_links().split_for_parts();
    let (monitors, of_monitors) = health::documented().split_for_parts();
    // People with a cookie, and our own pages.
    let people = Router::new()
        .merge(member::routes())
        .merge(crate::member::reviews::routes())
        .merge(account::routes())
        .layer(from_fn_with_state(app.clone(), member::in_frame))
        .merge(member::share::guest_routes(&app))
        .merge(everybody.clone());
    // What describes the interface: the same for everybody.
    let document = openapi::document(&app.config.base_url(), [of_machines, of_everybody, of_mails, of_monitors]);
    let description = openapi::routes(document).layer(CompressionLayer::new());
    let mails = mails.layer(DefaultBodyLimit::max(FORM_BYTES)).layer(from_fn(problem_page::for_people));
    let mails = mails.layer(from_fn(protection::on_pages));
    let mut routes = machines.merge(pages(&app, people)).merge(mails).merge(description);
    if !script.folder.is_empty() {
        routes = routes.nest(&script.folder, Router::from(widget(&script)).merge(pages(&app, everybody)));
    }
    let routes = surround(routes, &app).merge(monitors).with_state(app);
    if names.are_usual() { routes } else { under_other_names(routes, names) }
}

/// The same service for pages that call everything by other names; by its own names it is there as well.
fn under_other_names(routes: Router, names: Arc<Names>) -> Router {
    let service = routes.map_request(move |mut request: Request| {
        let ours = names.ours(request.uri().path()).map(|path| match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        });
        if let Some(ours) = ours.and_then(|ours| ours.parse().ok()) {
            *request.uri_mut() = ours;
        }
        request
    });
    Router::new().fallback_service(service)
}

/// The paths that programs and everybody may ask for, as they are routed: axum tells them where it describes itself.
#[cfg(test)]
pub(crate) fn paths_for_programs(app: &App) -> std::collections::BTreeSet<String> {
    let script = app.config.script();
    let routers = [widget(&script), servers(), hosted(), mail_links(), health::documented()];
    let described = routers.map(|router| format!("{:?}", Router::from(router)));
    let paths = described.iter().flat_map(|text| text.split('"').skip(1).step_by(2)).map(str::to_owned);
    // Every router has a fallback.
    paths.filter(|text| text.len() > 1 && text.starts_with('/') && !text.starts_with("/{*")).collect()
}

/// The paths of people with a cookie, as they are routed.
#[cfg(test)]
pub(crate) fn paths_of_people() -> std::collections::BTreeSet<String> {
    let routers = [member::routes(), crate::member::reviews::routes(), account::routes()];
    let described = routers.map(|router| format!("{router:?}"));
    let paths = described.iter().flat_map(|text| text.split('"').skip(1).step_by(2)).map(str::to_owned);
    paths.filter(|text| text.starts_with('/') && !text.starts_with("/{*")).collect()
}

/// What stands around every request, outermost last.
pub fn surround(routes: Router<App>, app: &App) -> Router<App> {
    routes
        .fallback(|State(framing): State<member::Framing>, headers: HeaderMap| async move {
            match member::lost(&framing, &headers).await {
                Some(page) => page,
                None => problem_page::answer(&headers, Problem::not_found("no page has this address")),
            }
        })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method")
        })
        .layer(from_fn(completion::of_changes))
        .layer(CatchPanicLayer::custom(protection::after_panic))
        .layer(from_fn_with_state(app.clone(), protection::limit_time))
        .layer(from_fn(protection::everywhere))
        .layer(from_fn(measurement::observe))
}
