//! `GET /v1/unserved/{site}`: the surveys that the configuration leaves out, for `rapport('debug')` alone.

use super::ClientConfigs;
use crate::http::page_request::{NotOfSite, SitePath, for_page_of_site};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use rapport_store::site::directory::SiteDirectory;
use rapport_store::survey::Unserved;
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
    params(SitePath),
    responses(
        (status = 200, body = [UnservedSurvey], description = "Their ids, each with the rule that says no"),
        NotOfSite,
    ),
)]
pub(crate) async fn unserved(
    State(sites): State<SiteDirectory>,
    State(configs): State<ClientConfigs>,
    Path(path): Path<SitePath>,
    headers: HeaderMap,
) -> Response {
    for_page_of_site(&sites, &path.site, &headers, async |site| {
        let document = configs.document(site, "").await?;
        Ok(([(header::CACHE_CONTROL, CACHE)], Json(document.unserved)).into_response())
    })
    .await
}
