//! Reports as JSON.

use crate::app::Reports;
use crate::config::Config;
use crate::http::export::answers::AnswerTable;
use crate::http::export::{csv, pages};
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::http::query::{errors as errors_query, list, value};
use crate::server::key::ApiAccess;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rapport_report::ReportError;
use rapport_report::delivery::DeliveryLog;
use rapport_report::driver::Drivers;
use rapport_report::error_group::{ErrorGroups, ErrorReport};
use rapport_report::event::Events;
use rapport_report::experience::{Experience, Listed, PageLine};
use rapport_report::feedback::Feedback;
use rapport_report::form::Forms;
use rapport_report::heat::Heat;
use rapport_report::install::Install;
use rapport_report::overview::Overview;
use rapport_report::page::{CauseReport, PageReport};
use rapport_report::response::ResponseReport;
use rapport_report::slice::{Pages, Slice};
use rapport_report::survey::SurveyReport;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::Fault;
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
    /// Only page views of this release of the site (`data-release`), and what was done and answered in them.
    release: Option<String>,
}

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

/// Every survey with its scores and how it was delivered. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/feedback", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Feedback),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn feedback(
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
pub(super) async fn survey(
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
pub(super) async fn responses(
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
pub(super) async fn response(
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
pub(super) async fn experience(
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
pub(super) async fn pages_csv(
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
pub(super) async fn pages_json(
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
pub(super) async fn page(
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
pub(super) async fn cause(
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
pub(super) async fn errors(
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
pub(super) async fn error(
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

/// Which custom events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by hand")]
struct EventsFields {
    /// Only this event, with the values of its properties.
    name: Option<String>,
    /// Only values of this property.
    property: Option<String>,
    /// Only this value.
    value: Option<String>,
}

/// Custom events that pages told by `rapport('track', …)`: how often, and by the values of their properties. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/events", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields, EventsFields),
    responses(
        (status = 200, body = Events),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn events(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Events>, Problem> {
    access.require(Scope::ReadReports)?;
    let slice = slice_of(&fields)?;
    let [name, property, of_property] =
        ["name", "property", "value"].map(|name| value(&fields, name).unwrap_or_default());
    Ok(Json(reports.of(&access.site).events(&slice, name, (property, of_property)).await?))
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

/// Forms, field by field: how many who begin complete them, how long it takes, where errors are shown, and where they are given up. Every
/// form of the days, or of `page`. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/forms", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Forms),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn forms(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Forms>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).every_form(&slice_of(&fields)?).await?))
}

/// Where a page was clicked, every element of it, and how far it was scrolled. `page`, or what stands for several that are one, is
/// required. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/heatmap", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Heat),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn heat(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Heat>, Problem> {
    access.require(Scope::ReadReports)?;
    let slice = slice_of(&fields)?;
    if slice.pages == Pages::Every {
        return Err(Problem::of_faults([Fault::new("page", "must name the page")]));
    }
    Ok(Json(reports.of(&access.site).whole_heat(&slice).await?))
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
