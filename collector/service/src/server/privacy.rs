//! All that is stored of a customer, for servers with a key: what there is, taken along, erased, and the receipts that stay.

use super::key::ApiAccess;
use crate::http::problem::Problem;
use crate::privacy::{ELSEWHERE, Privacy};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Part};
use axum::response::Response;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::account::scope::Scope;
use rapport_store::site::directory::SiteContext;
use rapport_store::visitor::receipt::{Found, Receipt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Receipts of one list.
const LISTED: u32 = 200;

/// What is stored of a customer, by the table.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FoundOfCustomer {
    /// Rows by the table; tables with none are left out.
    found: BTreeMap<String, u64>,
    /// What is stored elsewhere, in words.
    elsewhere: Vec<&'static str>,
}

/// That a customer is to be erased.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Erasure {
    /// The id of the customer once more: so nobody is erased by a slip.
    confirm: String,
}

/// What stays of an erasure. It says nothing of whom.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErasureReceipt {
    /// Its id, a UUID.
    id: String,
    /// Who erased.
    actor: String,
    /// When.
    at: Time,
    /// How many rows were found, by the table; tables with none are left out.
    found: BTreeMap<String, u64>,
    /// What is stored elsewhere, in words.
    elsewhere: Vec<&'static str>,
}

fn none() -> Problem {
    Problem::not_found("this site has no such customer")
}

fn by_table(found: Vec<Found>) -> BTreeMap<String, u64> {
    found.into_iter().map(|found| (found.table, found.rows)).collect()
}

fn shown(site: &SiteContext, receipt: Receipt) -> ErasureReceipt {
    ErasureReceipt {
        id: receipt.erasure_id.to_text(),
        actor: receipt.actor,
        at: Time::new(receipt.erased_at_ms, &site.site.time_zone),
        found: by_table(receipt.found),
        elsewhere: ELSEWHERE.into(),
    }
}

/// What is stored of a customer, and of whoever turned out to be them. Scope: `customers:manage`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/customers/{customer}/found", tag = "customers", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("customer" = String, Path, description = "What your own systems call them, or their id here"),
    ),
    responses(
        (status = 200, body = FoundOfCustomer),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such customer"),
    ),
    operation_id = "found_of_customer",
)]
pub(super) async fn found(
    Part(privacy): Part<Privacy>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<FoundOfCustomer>, Problem> {
    access.require(Scope::ManageCustomers)?;
    let Path((_, customer)) = path;
    let customer = privacy.whose(&access.site, &customer).await?.ok_or_else(none)?;
    let found = privacy.found(&access.site, customer.customer_id).await?;
    Ok(Json(FoundOfCustomer { found: by_table(found), elsewhere: ELSEWHERE.into() }))
}

/// Everything that is stored of a customer: an object of arrays by the tables in which it is kept, sent while it is read. Files are
/// Base64. Scope: `customers:manage`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/customers/{customer}/data", tag = "customers", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("customer" = String, Path, description = "What your own systems call them, or their id here"),
    ),
    responses(
        (status = 200, description = "One that breaks off was not sent to its end", body = serde_json::Value),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such customer"),
        (status = 503, description = "As many exports are being read as may be"),
    ),
    operation_id = "export_customer",
)]
pub(super) async fn data(
    Part(privacy): Part<Privacy>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Response, Problem> {
    access.require(Scope::ManageCustomers)?;
    let Path((_, customer)) = path;
    let customer = privacy.whose(&access.site, &customer).await?.ok_or_else(none)?;
    privacy.export(&access.site, &access.actor(), &customer).await
}

/// Erases a customer, whoever turned out to be them, and everything that is stored of them, for good. Counts stay. Scope:
/// `customers:manage`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/customers/{customer}/erase", tag = "customers", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("customer" = String, Path, description = "What your own systems call them, or their id here"),
    ),
    request_body(content = Erasure, example = json!({ "confirm": "C-4711" })),
    responses(
        (status = 200, body = ErasureReceipt),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such customer"),
        (status = 422, description = "What is confirmed is another customer"),
        (status = 503, description = "Nothing was erased; see Retry-After"),
    ),
    operation_id = "erase_customer",
)]
pub(super) async fn erase(
    Part(privacy): Part<Privacy>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Json<Erasure>, JsonRejection>,
) -> Result<Json<ErasureReceipt>, Problem> {
    access.require(Scope::ManageCustomers)?;
    let Path((_, customer)) = path;
    let Json(erasure) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let customer = privacy.whose(&access.site, &customer).await?.ok_or_else(none)?;
    let receipt = privacy.erase(&access.site, &access.actor(), (&customer, &erasure.confirm)).await?;
    Ok(Json(shown(&access.site, receipt)))
}

/// Receipts of erasures, the newest 200. Scope: `customers:manage`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/erasures", tag = "customers", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<ErasureReceipt>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_erasures",
)]
pub(super) async fn receipts(
    Part(privacy): Part<Privacy>,
    access: ApiAccess,
) -> Result<Json<Vec<ErasureReceipt>>, Problem> {
    access.require(Scope::ManageCustomers)?;
    let receipts = privacy.store.receipts(access.site.site.site_id, None, LISTED).await?;
    Ok(Json(receipts.into_iter().map(|receipt| shown(&access.site, receipt)).collect()))
}

/// One receipt. Scope: `customers:manage`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/erasures/{id}", tag = "customers", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the receipt, a UUID"),
    ),
    responses(
        (status = 200, body = ErasureReceipt),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such receipt"),
    ),
    operation_id = "read_erasure",
)]
pub(super) async fn receipt(
    Part(privacy): Part<Privacy>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<ErasureReceipt>, Problem> {
    access.require(Scope::ManageCustomers)?;
    let Path((_, id)) = path;
    let none = || Problem::not_found("this site has no such receipt");
    let id = Id::parse(&id).ok_or_else(none)?;
    let receipt = privacy.store.receipt(access.site.site.site_id, id).await?.ok_or_else(none)?;
    Ok(Json(shown(&access.site, receipt)))
}
