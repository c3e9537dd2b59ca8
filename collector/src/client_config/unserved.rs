//! `GET /v1/unserved/{site}`: the surveys that the configuration leaves out, for `rapport('debug')` alone.

use super::refused;
use crate::app::App;
use crate::page_request::{readable_by_page, site_of_page};
use crate::problem::Problem;
use crate::store::surveys::Unserved;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Whoever asks why wants to know it as it is now.
const CACHE: &str = "public, max-age=5";

/// A survey that pages do not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct UnservedSurvey {
    /// Id of the survey.
    pub survey: String,
    /// `active` when it was deactivated, `quota` when so many answers are there.
    pub rule: &'static str,
}

impl UnservedSurvey {
    pub(super) fn new(survey: String, unserved: Unserved) -> Self {
        let rule = match unserved {
            Unserved::Inactive => "active",
            Unserved::QuotaReached => "quota",
        };
        Self { survey, rule }
    }
}

/// The surveys that the configuration leaves out.
///
/// For developers who ask why a survey does not appear: `rapport('debug')` lists them.
#[utoipa::path(
    get,
    path = "/v1/unserved/{site}",
    tag = "public",
    params(("site" = String, Path, description = "Public site key")),
    responses(
        (status = 200, body = [UnservedSurvey], description = "Their ids, each with the rule that says no"),
        (status = 403, description = "The page's origin is not one of the site's"),
        (status = 404, description = "No site has this key"),
    ),
)]
pub(crate) async fn unserved(State(app): State<App>, Path(site): Path<String>, headers: HeaderMap) -> Response {
    let site = match site_of_page(&app, &site, &headers).await {
        Ok(site) => site,
        Err(problem) => return refused(problem),
    };
    let response = match app.client_configs.document(&app, &site, "").await {
        Ok(document) => ([(header::CACHE_CONTROL, CACHE)], Json(document.unserved)).into_response(),
        Err(error) => Problem::from(error).into_response(),
    };
    readable_by_page(response, &headers)
}
