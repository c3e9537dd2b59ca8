//! Customers who turned out to be one person, or may be, for servers with a key.

use super::key::ApiAccess;
use crate::http::problem::Problem;
use crate::merging::{LISTED, Merging};
use crate::privacy::Privacy;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Part};
use axum::http::StatusCode;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::scope::Scope;
use rapport_store::merge::{Cause, Merge};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A merge that holds: of the rows of both nothing changes, and it can be undone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerMerge {
    /// Its id, a UUID.
    id: String,
    /// Who is an alias.
    customer: String,
    /// Of whom.
    into: String,
    /// `said`, `mail`, `phone` or `browser`.
    cause: &'static str,
    /// Who said so.
    actor: String,
    /// When.
    at: Time,
}

/// Two customers who are one person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMerge {
    /// Who becomes an alias, by what your own systems call them.
    customer: String,
    /// Of whom.
    into: String,
}

/// Two customers who may be one person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MergeProposal {
    /// One of them.
    one: String,
    /// The other.
    other: String,
    /// What they have in common: `mail`, `phone` or `browser`.
    cause: &'static str,
    /// When it was found.
    at: Time,
}

/// What somebody says of two customers who were proposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposalAnswer {
    /// One of them.
    one: String,
    /// The other.
    other: String,
    /// Who of them is kept, as whom the other becomes an alias; absent where they are two people.
    keep: Option<String>,
}

fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    let Json(body) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(body)
}

async fn whose(privacy: &Privacy, access: &ApiAccess, customer: &str) -> Result<Id, Problem> {
    let found = privacy.whose(&access.site, customer).await?;
    found.map(|found| found.customer_id).ok_or_else(|| Problem::not_found("this site has no such customer"))
}

async fn called(merging: &Merging, access: &ApiAccess, customer_id: Id) -> Result<String, Problem> {
    Ok(merging.store.customer(access.site.site.site_id, customer_id).await?.unwrap_or_default())
}

async fn shown(merging: &Merging, access: &ApiAccess, merge: Merge) -> Result<CustomerMerge, Problem> {
    Ok(CustomerMerge {
        id: merge.merge_id.to_text(),
        customer: called(merging, access, merge.loser_id).await?,
        into: called(merging, access, merge.winner_id).await?,
        cause: merge.cause.as_str(),
        at: Time::new(merge.merged_at_ms, &access.site.site.time_zone),
        actor: merge.actor,
    })
}

/// The newest merges that hold, at most 200. Scope: `customers:manage`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/customer-merges", tag = "customers", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<CustomerMerge>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_customer_merges",
)]
pub(super) async fn list(Part(merging): Part<Merging>, access: ApiAccess) -> Result<Json<Vec<CustomerMerge>>, Problem> {
    access.require(Scope::ManageCustomers)?;
    let mut merges = Vec::new();
    for merge in merging.store.merges(access.site.site.site_id, LISTED).await? {
        merges.push(shown(&merging, &access, merge).await?);
    }
    Ok(Json(merges))
}

/// Says that two customers are one person: one becomes an alias of the other. Scope: `customers:manage`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/customer-merges", tag = "customers", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = NewMerge, example = json!({ "customer": "C-4712", "into": "C-4711" })),
    responses(
        (status = 201, body = CustomerMerge),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such customer"),
        (status = 422, description = "They are one person already, or would be too many"),
        (status = 503, description = "Another merge takes too long; see Retry-After"),
    ),
    operation_id = "merge_customers",
)]
pub(super) async fn merge(
    Part(merging): Part<Merging>,
    Part(privacy): Part<Privacy>,
    access: ApiAccess,
    sent: Result<Json<NewMerge>, JsonRejection>,
) -> Result<(StatusCode, Json<CustomerMerge>), Problem> {
    access.require(Scope::ManageCustomers)?;
    let new = body(sent)?;
    let both = (whose(&privacy, &access, &new.customer).await?, whose(&privacy, &access, &new.into).await?);
    let merge = merging.merge(&access.site, &access.actor(), both, Cause::Said).await?;
    Ok((StatusCode::CREATED, Json(shown(&merging, &access, merge).await?)))
}

/// Undoes a merge, whatever was merged since. Nothing is lost. Scope: `customers:manage`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/customer-merges/{id}", tag = "customers", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the merge, a UUID"),
    ),
    responses(
        (status = 204, description = "It is undone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such merge holds"),
    ),
    operation_id = "undo_customer_merge",
)]
pub(super) async fn undo(
    Part(merging): Part<Merging>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::ManageCustomers)?;
    let Path((_, id)) = path;
    let none = || Problem::not_found("this site has no such merge, or it was undone");
    let id = Id::parse(&id).ok_or_else(none)?;
    match merging.undo(&access.site, &access.actor(), id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}

/// Customers who may be one person, and wait for somebody's word, at most 200. Scope: `customers:manage`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/customer-proposals", tag = "customers", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<MergeProposal>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_customer_proposals",
)]
pub(super) async fn proposals(
    Part(merging): Part<Merging>,
    access: ApiAccess,
) -> Result<Json<Vec<MergeProposal>>, Problem> {
    access.require(Scope::ManageCustomers)?;
    let mut proposals = Vec::new();
    for proposal in merging.store.merge_proposals(access.site.site.site_id, LISTED).await? {
        proposals.push(MergeProposal {
            one: called(&merging, &access, proposal.one_id).await?,
            other: called(&merging, &access, proposal.other_id).await?,
            cause: proposal.cause.as_str(),
            at: Time::new(proposal.proposed_at_ms, &access.site.site.time_zone),
        });
    }
    Ok(Json(proposals))
}

/// Says of two customers who were proposed whether they are one person. Scope: `customers:manage`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/customer-proposals", tag = "customers", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = ProposalAnswer, example = json!({ "one": "C-4711", "other": "C-4712", "keep": "C-4711" })),
    responses(
        (status = 204, description = "It is noted, and done"),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "They are not proposed, or not any more"),
        (status = 422, description = "Who is kept is neither"),
        (status = 503, description = "Another merge takes too long; see Retry-After"),
    ),
    operation_id = "answer_customer_proposal",
)]
pub(super) async fn answer(
    Part(merging): Part<Merging>,
    Part(privacy): Part<Privacy>,
    access: ApiAccess,
    sent: Result<Json<ProposalAnswer>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::ManageCustomers)?;
    let said = body(sent)?;
    if said.keep.as_ref().is_some_and(|keep| *keep != said.one && *keep != said.other) {
        return Err(Problem::of_faults([Fault::new("keep", "must be one of both, or absent")]));
    }
    let both = (whose(&privacy, &access, &said.one).await?, whose(&privacy, &access, &said.other).await?);
    let winner = said.keep.map(|keep| if keep == said.one { both.0 } else { both.1 });
    match merging.answer(&access.site, &access.actor(), both, winner).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("these two are not proposed, or not any more")),
    }
}
