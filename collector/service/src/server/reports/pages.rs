//! Reports of what pages do to people: all of them, one, and the people who met one cause.

use super::{Fields, SliceFields, slice_of};
use crate::app::Reports;
use crate::http::export::{csv, pages};
use crate::http::problem::Problem;
use crate::http::query::{list, value};
use crate::server::key::ApiAccess;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rapport_report::experience::{Experience, Listed, PageLine};
use rapport_report::page::{CauseReport, PageReport};
use rapport_report::slice::Slice;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::Fault;
use rapport_store::account::scope::Scope;
use utoipa::IntoParams;

/// Which part of the list of pages is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by http::query::list")]
struct OrderFields {
    /// `views` (default), `page`, `visits`, `bounce`, `engaged`, `failed`, `errors`, `rage`, `dead`, `lcp`, `inp` or `cls`.
    sort: Option<String>,
    /// `descending` (default) or `ascending`.
    order: Option<String>,
    /// `page` (default) or `route`: pages that are one but for an id are one line.
    by: Option<String>,
    /// Only what has this in its path.
    search: Option<String>,
    /// Which 50 lines, from 1 (default).
    part: Option<usize>,
}

/// Pages or routes, 50 at a time in any order: views, bounce, engaged time, failures, p75 of the Core Web Vitals by device. Changes are
/// judged among all that were seen (Benjamini–Hochberg). Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/experience", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields, OrderFields),
    responses(
        (status = 200, body = Experience),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn experience(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Experience>, Problem> {
    access.require(Scope::ReadReports)?;
    let (slice, listed) = list_of(&fields)?;
    Ok(Json(reports.of(&access.site).experience(&slice, &listed).await?))
}

/// A slice, and which part of its list of pages.
fn list_of(fields: &Fields) -> Result<(Slice, Listed), Problem> {
    let listed = list::listed(fields).map_err(|fault| Problem::of_faults([fault]))?;
    Ok((slice_of(fields)?, listed))
}

/// Every page or route, however many there are, as CSV: a row each, numbers as numbers. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/experience/pages.csv", tag = "reports", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("bom" = Option<String>, Query, description = "`1`: begin with a byte-order mark, which old spreadsheets need"),
        SliceFields, OrderFields
    ),
    responses(
        (status = 200, description = "The table; one that breaks off was not sent to its end", body = String,
            content_type = "text/csv"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn pages_csv(
    State(reports): State<Reports>,
    access: ApiAccess,
    mut fields: Fields,
) -> Result<Response, Problem> {
    access.require(Scope::ReadReports)?;
    fields.0.push(("format".to_owned(), "csv".to_owned()));
    let csv = csv::wanted(&fields).map_err(|fault| Problem::of_faults([fault]))?.unwrap_or_default();
    let (slice, listed) = list_of(&fields)?;
    let header = pages::header(listed.by);
    Ok(csv.lines("experience-pages", header, pages::csv_lines(&reports, &access.site, slice, listed).await?))
}

/// The same as a JSON array, each element as in the list. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/experience/pages.json", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields, OrderFields),
    responses(
        (status = 200, description = "One that breaks off was not sent to its end", body = Vec<PageLine>),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn pages_json(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Response, Problem> {
    access.require(Scope::ReadReports)?;
    let (slice, listed) = list_of(&fields)?;
    let body = Body::from_stream(pages::json(&reports, &access.site, slice, listed).await?);
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// One page: figures and their trend, vitals by device, what fails and where, scores. `page` is required. Scope:
/// `reports:read`; its newest responses are listed for keys that also have `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/page", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = PageReport),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn page(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<PageReport>, Problem> {
    access.require(Scope::ReadReports)?;
    let slice = slice_of(&fields)?;
    if slice.page().is_none() {
        return Err(Problem::of_faults([Fault::new("page", "must name the page")]));
    }
    let mut report = reports.of(&access.site).page(&slice).await?;
    if access.require(Scope::ReadResponses).is_err() {
        report.responses.clear();
    }
    Ok(Json(report))
}

/// Which cause.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by name")]
struct CauseFields {
    /// A kind of signal, such as `rage_click`, `error` or `quick_back`.
    kind: String,
    /// The element, the error, or the task with its step, as the report of the page names it.
    what: String,
}

/// The people who met an element that fails, an error or a task: what they answered, and their views. Scopes: `reports:read` and
/// `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/cause", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields, CauseFields),
    responses(
        (status = 200, body = CauseReport),
        (status = 403, description = "The key lacks a scope"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn cause(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<CauseReport>, Problem> {
    access.require_each(&[Scope::ReadReports, Scope::ReadResponses])?;
    let slice = slice_of(&fields)?;
    let (kind, what) = (value(&fields, "kind").and_then(SignalKind::parse), value(&fields, "what"));
    let at_fault = |field, reason: &str| Problem::of_faults([Fault::new(field, reason)]);
    let kind = kind.ok_or_else(|| at_fault("kind", "must be a kind of signal, such as error"))?;
    let what = what.ok_or_else(|| at_fault("what", "must name an element, an error or a task"))?;
    Ok(Json(reports.of(&access.site).cause(&slice, kind, what).await?))
}
