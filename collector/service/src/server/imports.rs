//! Customers from a file, for servers with a key.

use super::key::ApiAccess;
use crate::app::feature_state;
use crate::http::problem::Problem;
use crate::import::{note, options_of, problem};
use crate::server::reports::Fields;
use axum::Json;
use axum::body::Body;
use axum::extract::State as Part;
use futures_util::StreamExt;
use rapport_ingest::import::{Import, Report};
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Largest file, in bytes (256 MiB).
pub(super) const FILE_BYTES: usize = 256 << 20;

feature_state! {
    /// What an import needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
    }
}

/// How the file is read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields")]
pub(super) struct ImportFields {
    /// `yes`: nothing is changed, it is only said what would be; `no` (default).
    trial: Option<String>,
    /// `auto` (default), `utf-8`, `utf-16` or `windows-1252`.
    encoding: Option<String>,
    /// `auto` (default), `comma`, `semicolon`, `tab` or `bar`.
    separator: Option<String>,
    /// What a column means where its header does not tell: the header, `=`, and `id`, `name`, `mail`, `phone`, `language`, `time_zone`,
    /// `trait:NAME` or `nothing`. Any number of times.
    column: Option<Vec<String>>,
}

/// A line that was left out.
#[derive(Debug, Serialize, ToSchema)]
struct ImportFault {
    /// The line in the file, from 1.
    line: u64,
    /// The header of the column, or `line`.
    column: String,
    /// Why.
    reason: String,
}

/// What a column was taken for.
#[derive(Debug, Serialize, ToSchema)]
struct ImportColumn {
    /// Its header.
    header: String,
    /// As the field `column` names it.
    meaning: String,
}

/// What came of a file, or would come of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportReport {
    /// What each column was taken for.
    columns: Vec<ImportColumn>,
    /// Lines with customers, those at fault among them.
    lines: u64,
    /// Customers who were new.
    added: u64,
    /// Customers who were known, and of whom something was new.
    changed: u64,
    /// Customers of whom everything was known.
    same: u64,
    /// Lines that were left out.
    bad: u64,
    /// Customers who are not written to, since their address unsubscribed or was refused.
    stopped: u64,
    /// Why lines were left out, at most 200.
    faults: Vec<ImportFault>,
}

impl From<Report> for ImportReport {
    fn from(report: Report) -> Self {
        let column = |(header, meaning)| ImportColumn { header, meaning };
        Self {
            columns: report.columns.into_iter().map(column).collect(),
            lines: report.lines,
            added: report.added,
            changed: report.changed,
            same: report.same,
            bad: report.bad,
            stopped: report.stopped,
            faults: report
                .faults
                .into_iter()
                .map(|fault| ImportFault { line: fault.line, column: fault.column, reason: fault.reason })
                .collect(),
        }
    }
}

/// Takes customers from a CSV file of at most 256 MiB and 1,000,000 lines, whose first line names the columns; it is read as it comes.
/// Lines at fault are left out and told. What is in the file twice, or was imported before, changes nothing: one that broke off is
/// sent again. Scope: `customers:manage`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/customer-imports", tag = "customers", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), ImportFields),
    request_body(content = String, content_type = "text/csv", example = "id,name,mail,plan\nC-4711,Ada Lovelace,ada@example.com,gold\n"),
    responses(
        (status = 200, body = ImportReport),
        (status = 403, description = "The key lacks the scope"),
        (status = 413, description = "The file is too large; lines before are in"),
        (status = 422, description = "Fields, the first line, or a line after which nothing can be read, is at fault; lines before are in"),
        (status = 503, description = "The store is away; send the file again"),
    ),
    operation_id = "import_customers",
)]
pub(super) async fn import(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    fields: Fields,
    body: Body,
) -> Result<Json<ImportReport>, Problem> {
    access.require(Scope::ManageCustomers)?;
    let options = options_of(&fields).map_err(Problem::of_faults)?;
    let is_trial = options.is_trial;
    let mut import = Import::new(&needs.store, &access.site, options, needs.clock.now_ms());
    let (mut pieces, mut length) = (body.into_data_stream(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| Problem::bad_request(format!("the file broke off: {error}")))?;
        length += piece.len();
        if length > FILE_BYTES {
            return Err(Problem::too_large(FILE_BYTES));
        }
        import.push(&piece).await.map_err(problem)?;
    }
    let report = import.end().await.map_err(problem)?;
    note(&needs.store, &needs.clock, &access.site, &access.actor(), (&report, is_trial)).await?;
    Ok(Json(report.into()))
}
