//! The API of servers: the JSON twins of the pages, for a bearer key of the site with the right scope.
//!
//! `GET /api/v1/sites/{site}/reports/...` takes the same fields as the pages do, and gives the same structs;
//! `POST /api/v1/sites/{site}/surveys/{survey}/responses` takes answers that were given elsewhere.

mod annotations;
pub mod key;
pub mod openapi;
pub(crate) mod pictures;
mod reports;
mod responses;
pub(crate) mod reviews;
mod segments;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes of the API; no cookie is read here.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(reports::overview))
        .routes(routes!(reports::feedback))
        .routes(routes!(reports::survey))
        .routes(routes!(reports::responses))
        .routes(routes!(reports::response))
        .routes(routes!(reports::experience))
        .routes(routes!(reports::pages_csv))
        .routes(routes!(reports::pages_json))
        .routes(routes!(reports::page))
        .routes(routes!(reports::cause))
        .routes(routes!(reports::errors))
        .routes(routes!(reports::error))
        .routes(routes!(reports::events))
        .routes(routes!(reports::drivers))
        .routes(routes!(reports::delivery))
        .routes(routes!(reports::install))
        .routes(routes!(segments::list, segments::add))
        .routes(routes!(segments::rename, segments::remove))
        .routes(routes!(annotations::marks))
        .routes(routes!(annotations::before_after))
        .routes(routes!(annotations::list, annotations::add))
        .routes(routes!(annotations::one, annotations::change, annotations::remove))
        .routes(routes!(responses::add))
        .routes(routes!(pictures::of_response))
        .routes(routes!(pictures::of_review))
}
