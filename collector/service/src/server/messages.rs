//! The conversation of a ticket for servers with a key: what was said, and replies.

use super::key::ApiAccess;
use super::reviews::{Repaired, body};
use crate::app::{Reports, feature_state};
use crate::http::problem::Problem;
use crate::mail::write::{Correspondence, Draft};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Part};
use axum::http::StatusCode;
use rapport_report::conversation::Conversation;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::ticket::Ticket;
use serde::Deserialize;
use utoipa::ToSchema;

feature_state! {
    /// What conversations need.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        reports: Reports,
        correspondence: Correspondence,
    }
}

/// A reply to participants of a ticket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReply {
    /// Id of the reply (UUID): of one there is one, however often it is sent. Absent, each is another.
    #[serde(default)]
    id: String,
    /// At most 20,000 bytes of UTF-8.
    text: String,
    /// 1 to 20 mail addresses. Whoever gets a reply takes part from then on. Absent or empty: whoever was agreed on.
    #[serde(default)]
    to: Vec<String>,
}

async fn ticket_of(needs: &Needs, access: &ApiAccess, code: &str) -> Result<Ticket, Problem> {
    let found = needs.store.ticket_by_code(access.site.site.site_id, code).await?;
    found.ok_or_else(|| Problem::not_found("this site has no such ticket"))
}

/// The conversation of a ticket by mail: messages with what they quote marked, participants, and what the customer said afterwards.
/// Scope: `tickets:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/tickets/{code}/messages", tag = "tickets", security(("api_key" = [])),
    operation_id = "ticket_messages",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("code" = String, Path, description = "Code of the ticket"),
    ),
    responses((status = 200, body = Conversation), (status = 404, description = "No such ticket"))
)]
pub(super) async fn list(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<Conversation>, Problem> {
    access.require(Scope::ReadTickets)?;
    let Path((_, code)) = path;
    let ticket = ticket_of(&needs, &access, &code).await?;
    Ok(Json(needs.reports.of(&access.site).conversation(&ticket).await?))
}

/// Writes a reply by mail to participants of a ticket; one that was new is acknowledged by that. Scope: `tickets:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/tickets/{code}/replies", tag = "tickets", security(("api_key" = [])),
    operation_id = "reply_to_ticket",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("code" = String, Path, description = "Code of the ticket"),
    ),
    request_body(content = NewReply, example = json!({ "text": "The release of tonight mends it.", "to": ["ada@example.com"] })),
    responses(
        (status = 204, description = "It is kept, and sent as soon as the mail server takes it"),
        (status = 404, description = "No such ticket"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn reply(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Repaired<NewReply>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteTickets)?;
    let (sent, Path((_, code))) = (body(sent)?, path);
    let ticket = ticket_of(&needs, &access, &code).await?;
    let site = &access.site.site;
    let reply_id = match sent.id.as_str() {
        "" => None,
        id => Some(Id::parse(id).ok_or_else(|| Problem::of_faults([Fault::new("id", "must be a UUID")]))?),
    };
    let mut to = sent.to;
    if to.is_empty() {
        let usual = needs.correspondence.recipients(site.site_id, &ticket).await?.into_iter();
        to = usual.filter(|one| one.is_usual).map(|one| one.participant.address).collect();
    }
    let entry = AuditEntry::now(
        &needs.clock,
        format!("key:{}", access.key_id),
        "ticket.reply",
        format!("ticket {}", ticket.code),
    );
    let draft = Draft { reply_id, text: sent.text, to, state: None };
    let faults = needs.correspondence.send(site, &ticket, &draft, &entry).await?;
    if faults.is_empty() { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::of_faults(faults)) }
}
