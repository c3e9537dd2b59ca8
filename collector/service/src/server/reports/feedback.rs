//! Reports of what people answered.

use super::{Fields, SliceFields, slice_of};
use crate::app::Reports;
use crate::http::export::answers::AnswerTable;
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::http::query::list;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use rapport_report::feedback::Feedback;
use rapport_report::response::ResponseReport;
use rapport_report::survey::SurveyReport;
use rapport_shared::id::Id;
use rapport_store::account::scope::Scope;
use utoipa::IntoParams;

/// Which responses are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by http::query::list")]
struct ListingFields {
    /// Only responses with a score that is `low`, `middle` or `high`.
    score: Option<String>,
    /// `words`: only responses with words.
    with: Option<String>,
    /// `included`: suspicious responses are listed and counted in every figure, those of the period before too; `only`: no others are listed.
    suspicious: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Every survey with its scores and how it was delivered. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/feedback", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Feedback),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn feedback(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Feedback>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).feedback(&slice_of(&fields)?).await?))
}

/// One survey: scores, distributions, trend, delivery, and its responses, 20 at a time. Scopes: `reports:read` and
/// `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/feedback/{survey}", tag = "reports", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("survey" = String, Path, description = "Slug of the survey"),
        SliceFields, ListingFields
    ),
    responses(
        (status = 200, body = SurveyReport),
        (status = 403, description = "The key lacks a scope"),
        (status = 404, description = "No such survey"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn survey(
    State(reports): State<Reports>,
    access: ApiAccess,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<Json<SurveyReport>, Problem> {
    access.require_each(&[Scope::ReadReports, Scope::ReadResponses])?;
    let Path((_, survey)) = path;
    let slice = slice_of(&fields)?;
    let listing = list::listing(&fields).map_err(|fault| Problem::of_faults([fault]))?;
    let report = reports.of(&access.site).survey(&slice, &survey, listing).await?;
    report.map(Json).ok_or_else(|| Problem::not_found("this site has no such survey"))
}

/// Every response of a survey as CSV, however many there are: a row a response, a column a question, and what is known of
/// each besides. The columns follow from the versions of the survey; each name begins with one that stays. Scope:
/// `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/feedback/{survey}/responses.csv", tag = "reports",
    security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("survey" = String, Path, description = "Slug of the survey"),
        ("bom" = Option<String>, Query, description = "`1`: begin with a byte-order mark, which old spreadsheets need"),
        SliceFields, ListingFields
    ),
    responses(
        (status = 200, description = "The table; one that breaks off was not sent to its end", body = String,
            content_type = "text/csv"),
        (status = 403, description = "The key lacks a scope"),
        (status = 404, description = "No such survey"),
        (status = 422, description = "Fields at fault, each named"),
        (status = 503, description = "As many tables as may be are being sent already; try again shortly"),
    )
)]
pub(in crate::server) async fn responses(
    State(reports): State<Reports>,
    access: ApiAccess,
    path: Path<(String, String)>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    access.require(Scope::ReadResponses)?;
    let Path((_, survey)) = path;
    fields.0.push(("format".to_owned(), "csv".to_owned()));
    let slice = slice_of(&fields)?;
    let at_fault = |fault| Problem::of_faults([fault]);
    let csv = csv::wanted(&fields).map_err(at_fault)?.unwrap_or_default();
    let listing = list::listing(&fields).map_err(at_fault)?;
    let table = AnswerTable::open(&reports.of(&access.site), &slice, &survey, listing).await?;
    let table = table.ok_or_else(|| Problem::not_found("this site has no such survey"))?;
    Ok(csv.lines(&format!("{survey}-answers"), table.header(), table.lines()))
}

/// One response with the page's figures and the trail that led to it. Scope: `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/responses/{id}", tag = "reports", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the response, a UUID"),
    ),
    responses(
        (status = 200, body = ResponseReport),
        (status = 404, description = "No such response"),
    )
)]
pub(in crate::server) async fn response(
    State(reports): State<Reports>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<ResponseReport>, Problem> {
    access.require(Scope::ReadResponses)?;
    let none = || Problem::not_found("this site has no such response");
    let Path((_, id)) = path;
    let id = Id::parse(&id).ok_or_else(none)?;
    reports.of(&access.site).response(id).await?.map(Json).ok_or_else(none)
}
