//! Reports as JSON.

pub(super) mod behaviour;
pub(super) mod errors;
pub(super) mod feedback;
pub(super) mod pages;

use crate::app::Reports;
use crate::config::Config;
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::{Query, State};
use rapport_report::ReportError;
use rapport_report::delivery::DeliveryLog;
use rapport_report::driver::Drivers;
use rapport_report::install::Install;
use rapport_report::overview::Overview;
use rapport_report::slice::Slice;
use rapport_store::account::scope::Scope;
use rapport_store::site::directory::SiteDirectory;
use std::sync::Arc;
use utoipa::IntoParams;

pub(super) type Fields = Query<Vec<(String, String)>>;

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Store(error) => error.into(),
            ReportError::Untold(faults) => Self::of_faults(faults),
        }
    }
}

pub(super) fn slice_of(fields: &Fields) -> Result<Slice, Problem> {
    Slice::parse(fields).map_err(Problem::of_faults)
}

/// What a report is about. Days are those of the site's time zone; today is included.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by http::query::slice")]
pub(super) struct SliceFields {
    /// `today`, `yesterday`, `7d`, `30d` (default), `90d`, `month` (the one that runs), `last-month` or `custom`. At most two days are
    /// told by the hour.
    range: Option<String>,
    /// First day of a custom range, such as `2026-03-01`.
    from: Option<String>,
    /// Last day of a custom range, at most 366 days later.
    to: Option<String>,
    /// `previous` (default: as many days, moved back by whole weeks) or `none`.
    compare: Option<String>,
    /// `all` (default), `desktop`, `mobile` or `tablet`.
    device: Option<String>,
    /// Only this page, as its path.
    page: Option<String>,
    /// Only this page and those below it, such as `/shop`; not with `page`. This one and those that follow are read from each page view and
    /// answer of the days: where these are more than 500,000 the reply is 422. A figure that one of them does not tell says so in `untold`.
    page_group: Option<String>,
    /// Only pages whose paths fit this glob, such as `/shop/*/reviews`: `*` stands for what lies within one part of a path, `**` for anything.
    /// Of `page`, `page_group`, `page_glob` and `route` one can be given.
    page_glob: Option<String>,
    /// Only pages of this route, which are one but for an id, such as `/orders/:id`.
    route: Option<String>,
    /// Only this language with its regional forms, such as `de`: of page views and what was done in them the first that the browser asks
    /// for, of answers the one they were asked in.
    language: Option<String>,
    /// Only visits that came from there, and everything done and answered in them: what the address of their first page named (`utm_source`
    /// or its like), else the host of its referrer, else `direct`.
    source: Option<String>,
    /// Only visits whose first page was called with this `utm_campaign`, and everything done and answered in them.
    campaign: Option<String>,
    /// Only page views from addresses in this country (two letters, ISO 3166-1, such as `DE`), and what was done and answered in them;
    /// known where the operator has a database of addresses.
    country: Option<String>,
    /// Only page views in this browser (`chrome`, `edge`, `firefox`, `opera`, `safari`, `samsung-internet`, `other`), and what was done and
    /// answered in them.
    browser: Option<String>,
    /// `new` or `returning`: of known visitors only, those first seen less than 24 hours before, or those seen before that.
    visitor: Option<String>,
    /// `yes`: only those whom your own server signed, in this browser or with this answer; `no`: only all others.
    customer: Option<String>,
    /// Only people of this persona, by its key, such as `gift-buyer`; `-gift-buyer` for everybody else, known or not. In their views and with
    /// their answers.
    persona: Option<String>,
    /// Only customers who have this trait now, such as `plan=gold`, in their views and with their answers.
    #[param(rename = "trait")]
    customer_trait: Option<String>,
    /// Only page views of this release of the site (`data-release`), and what was done and answered in them.
    release: Option<String>,
}

/// How people feel, whether it is changing, what broke, and what to fix first. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/overview", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Overview),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn overview(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Overview>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).overview(&slice_of(&fields)?).await?))
}

/// Drivers: which facts of pages (errors, clicks, failed tasks, slowness, jumps, device, source) go with low scores, as relative risks and
/// differences of means with intervals; how the views in which a score was given differ from the others; and scores weighted for
/// that. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/drivers", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Drivers),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn drivers(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Drivers>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).drivers(&slice_of(&fields)?).await?))
}

/// What pages say of each survey, beside what is stored: a lost answer would be seen here. Pages say it with page and device
/// alone, so `language`, `source` and `release` are refused. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/delivery", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = DeliveryLog),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn delivery(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<DeliveryLog>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).delivery(&slice_of(&fields)?).await?))
}

/// Whether the tag works: when something last arrived, what was refused and why. The last 7 days unless a custom
/// range is given. What arrives is counted whole: every field that narrows it is refused. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/install", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Install),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn install(
    State(reports): State<Reports>,
    State(config): State<Arc<Config>>,
    State(sites): State<SiteDirectory>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Install>, Problem> {
    access.require(Scope::ReadReports)?;
    let slice = slice_of(&fields)?;
    slice.told_by("what arrives", &[]).map_err(Problem::of_faults)?;
    let refused = sites.refused_origins(&access.site);
    Ok(Json(reports.of(&access.site).install(slice.range, &config.script().url(), refused).await?))
}
