//! Reports of errors, in groups.

use super::{Fields, SliceFields, slice_of};
use crate::app::Reports;
use crate::http::problem::Problem;
use crate::http::query::{errors as errors_query, value};
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::State;
use rapport_report::error_group::{ErrorGroups, ErrorReport};
use rapport_shared::survey::Fault;
use rapport_store::account::scope::Scope;
use utoipa::IntoParams;

/// Which part of the list of errors is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by http::query::errors")]
struct ErrorsFields {
    /// `views` (default), `errors`, `visitors`, `first_seen` or `last_seen`; the largest, or the latest, first.
    sort: Option<String>,
    /// Only what has this in its type, message, file or function.
    search: Option<String>,
    /// Which 50 groups, from 1 (default).
    part: Option<usize>,
}

/// Errors in groups: those of one type, file without origin, query and build hash, and function are one; those without a stack by their
/// message without its particulars; and what was merged by hand. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/errors", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields, ErrorsFields),
    responses(
        (status = 200, body = ErrorGroups),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn errors(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<ErrorGroups>, Problem> {
    access.require(Scope::ReadReports)?;
    let listed = errors_query::listed(&fields).map_err(|fault| Problem::of_faults([fault]))?;
    Ok(Json(reports.of(&access.site).errors(&slice_of(&fields)?, &listed).await?))
}

/// Which group of errors.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the field, which is read by hand")]
struct ErrorFields {
    /// The `key` of the group, or of one that was merged into it.
    key: String,
}

/// One group of errors: since when, in which releases, browsers, pages and places, and for keys that have `responses:read` as well the
/// people who met it. Scope: `reports:read`; for the people `responses:read` as well.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/error", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields, ErrorFields),
    responses(
        (status = 200, body = ErrorReport),
        (status = 404, description = "The site has no such group"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn error(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<ErrorReport>, Problem> {
    access.require(Scope::ReadReports)?;
    let slice = slice_of(&fields)?;
    let key = value(&fields, "key")
        .ok_or_else(|| Problem::of_faults([Fault::new("key", "must be the key of a group of errors")]))?;
    let with_people = access.require(Scope::ReadResponses).is_ok();
    let report = reports.of(&access.site).error(&slice, key, with_people).await?;
    report.map(Json).ok_or_else(|| Problem::not_found("The site has no such group of errors."))
}
