//! Everything that is stored of a site's visits and answers, as CSV and as JSON, sent while it is read.

use crate::app::Reports;
use crate::http::export::answers::AnswerTable;
use crate::http::export::csv;
use crate::http::export::raw::{self, Format};
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::http::query::{Pairs, list, value};
use crate::member::frame::Fields;
use crate::server::key::ApiAccess;
use crate::server::reports::SliceFields;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rapport_report::slice::Slice;
use rapport_shared::survey::Fault;
use rapport_store::account::scope::Scope;
use rapport_store::raw::{signal_columns, view_columns};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// In which form rows are sent.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields")]
pub(super) struct FormFields {
    /// `json` (default): an array of objects; `csv`: a table.
    format: Option<String>,
    /// `1`: begin the table with a byte-order mark, which old spreadsheets need.
    bom: Option<String>,
}

/// A row as it is stored: a value for each column of its table. Ids are texts, instants milliseconds since 1970, what is not known is null.
#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "only documents the rows")]
pub(super) struct RawRow(BTreeMap<String, serde_json::Value>);

pub(super) fn form(fields: &Pairs) -> Result<Format, Problem> {
    let at_fault = |fault| Problem::of_faults([fault]);
    match value(fields, "format") {
        None | Some("json") => Ok(Format::Json),
        Some("csv") => Ok(Format::Csv(csv::wanted(fields).map_err(at_fault)?.unwrap_or_default())),
        Some(_) => Err(at_fault(Fault::new("format", "must be json or csv"))),
    }
}

/// How a table that is not of raw rows is sent.
pub(super) fn table(form: Format) -> csv::Csv {
    match form {
        Format::Csv(csv) => csv,
        Format::Json => csv::Csv { bom: false, json: true },
    }
}

fn slice_of(access: &ApiAccess, fields: &Pairs) -> Result<Slice, Problem> {
    access.require_each(&[Scope::ReadReports, Scope::ReadResponses])?;
    Slice::parse(fields).map_err(Problem::of_faults)
}

/// Every page view of a slice, oldest first, as it is stored, those of bots among them (`bot`). Scopes: `reports:read` and
/// `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/exports/views", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), FormFields, SliceFields),
    responses(
        (status = 200, description = "One that breaks off was not sent to its end", body = Vec<RawRow>),
        (status = 403, description = "The key lacks a scope"),
        (status = 422, description = "Fields at fault, each named"),
        (status = 503, description = "As many exports are being read as may be"),
    ),
    operation_id = "export_views",
)]
pub(super) async fn views(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Response, Problem> {
    let (slice, form) = (slice_of(&access, &fields)?, form(&fields)?);
    let rows = reports.of(&access.site).stream_views(&slice).await?;
    Ok(raw::answer(access.site.site.site_id, form, "views", view_columns(), rows))
}

/// Every signal of a slice (clicks, rage and dead clicks, errors, steps of tasks, events), oldest first, as it is stored. Scopes:
/// `reports:read` and `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/exports/signals", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), FormFields, SliceFields),
    responses(
        (status = 200, description = "One that breaks off was not sent to its end", body = Vec<RawRow>),
        (status = 403, description = "The key lacks a scope"),
        (status = 422, description = "Fields at fault, each named"),
        (status = 503, description = "As many exports are being read as may be"),
    ),
    operation_id = "export_signals",
)]
pub(super) async fn signals(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Response, Problem> {
    let (slice, form) = (slice_of(&access, &fields)?, form(&fields)?);
    let rows = reports.of(&access.site).stream_signals(&slice).await?;
    Ok(raw::answer(access.site.site.site_id, form, "signals", signal_columns(), rows))
}

/// Every response to a survey in a slice with its answers, newest first: as JSON each as in the list, as CSV a column a question.
/// `survey` is required. Scopes: `reports:read` and `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/exports/answers", tag = "reports", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("survey" = String, Query, description = "Id of the survey"),
        FormFields, SliceFields
    ),
    responses(
        (status = 200, description = "One that breaks off was not sent to its end",
            body = Vec<rapport_report::response::ResponseSummary>),
        (status = 403, description = "The key lacks a scope"),
        (status = 404, description = "No such survey"),
        (status = 422, description = "Fields at fault, each named"),
        (status = 503, description = "As many exports are being read as may be"),
    ),
    operation_id = "export_answers",
)]
pub(super) async fn answers(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Response, Problem> {
    let (slice, form) = (slice_of(&access, &fields)?, form(&fields)?);
    let at_fault = |fault| Problem::of_faults([fault]);
    let survey =
        value(&fields, "survey").ok_or_else(|| at_fault(Fault::new("survey", "must be the id of a survey")))?;
    let listing = list::listing(&fields).map_err(at_fault)?;
    let table = AnswerTable::open(&reports.of(&access.site), &slice, survey, listing).await?;
    let table = table.ok_or_else(|| Problem::not_found("this site has no such survey"))?;
    Ok(match form {
        Format::Csv(csv) => csv.lines(&format!("{survey}-answers"), table.header(), table.lines()),
        Format::Json => ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(table.json())).into_response(),
    })
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::scope::Scope;
    use rapport_store::clock::Clock;
    use rapport_store::story_test::{BROKEN, NOW_MS, tell};

    #[tokio::test(flavor = "multi_thread")]
    async fn every_view_signal_and_answer_can_be_taken_along_as_csv_and_json() {
        let test = TestApp::at(Clock::manual(NOW_MS)).await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        let key = test.bearer(&site, &[Scope::ReadReports, Scope::ReadResponses]).await;
        let figures = test.bearer(&site, &[Scope::ReadReports]).await;
        let get = async |path: &str, key: &str| {
            test.get(&format!("/api/v1/sites/shop/exports/{path}"), &[("authorization", key)]).await
        };
        for (path, column) in [("views?", "path"), ("signals?", "path"), ("answers?survey=feedback&", "path")] {
            assert_eq!(get(path, &figures).await.status, 403, "{path}");
            let json = get(path, &key).await;
            assert_eq!((json.status.as_u16(), json.header("content-type")), (200, "application/json"), "{path}");
            let rows = json.json();
            let rows = rows.as_array().unwrap();
            assert!(!rows.is_empty() && rows.iter().all(|row| row[column].is_string()), "{path}: {rows:?}");
            let csv = get(&format!("{path}format=csv&bom=1"), &key).await.text();
            assert!(csv.starts_with('\u{feff}'), "{csv}");
            assert_eq!(csv.matches("\r\n").count(), rows.len() + 1, "{path}: a row is a line, with a header before");
            let header: Vec<_> = csv.trim_start_matches('\u{feff}').lines().next().unwrap().split(',').collect();
            let mut once = header.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), header.len(), "{path}: no column is called as another");
        }
        let views = get("views?", &key).await.json();
        assert!(views[0]["duration_ms"].is_i64() && views[0]["item_id"].as_str().unwrap().len() == 36, "{}", views[0]);
        let of_page = get(&format!("views?page={}", crate::http::query::encode(BROKEN)), &key).await.json();
        let (all, some) = (views.as_array().unwrap().len(), of_page.as_array().unwrap().len());
        assert!(some > 0 && some < all, "{some} of {all}");
        assert_eq!(get("views?device=tablet", &key).await.json(), serde_json::json!([]));
        for (path, field) in [("views?format=xlsx", "format"), ("signals?device=x", "device"), ("answers?", "survey")] {
            let refused = get(path, &key).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["errors"][0]["field"]),
                (422, &field.into()),
                "{path}"
            );
        }
        assert_eq!(get("answers?survey=none", &key).await.status, 404);
    }
}
