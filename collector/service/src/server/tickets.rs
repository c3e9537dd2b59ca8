//! Tickets for servers with a key: the inbox, one of them, and what is done to it.

use super::key::ApiAccess;
use super::reports::{Fields, SliceFields, slice_of};
use super::reviews::{Repaired, body};
use crate::app::{Reports, feature_state};
use crate::http::problem::Problem;
use crate::http::query::ticket as query;
use crate::member::ticket::{Opener, TicketForm, not_counted};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Part};
use axum::http::StatusCode;
use rapport_report::ticket::{Inbox, TicketReport};
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::ticket::change::{Change, Changed, TAGS, tag};
use rapport_store::ticket::{Priority, State, Ticket, cause, note};
use serde::Deserialize;
use utoipa::ToSchema;

feature_state! {
    /// What tickets need.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        reports: Reports,
    }
}

/// A ticket that is to be opened: of a response, else of a review, else of what `subject` says.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NewTicket {
    /// What it is about, one line of at most 200 characters; not read where a response or a review says it.
    subject: String,
    /// Id of a response: of one there is one ticket, however often it is opened.
    response: String,
    /// Id of a review.
    review: String,
    /// Id of an issue found.
    issue: String,
    /// Id of a customer.
    customer: String,
    /// The page that it is about.
    page: String,
}

/// What becomes of a ticket; what is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TicketChange {
    /// The `version` that was read. A field that somebody else changed since is a conflict; absent, nothing is.
    version: Option<i64>,
    /// `new`, `acknowledged`, `in_progress`, `waiting` or `resolved`.
    state: Option<String>,
    /// `low`, `normal`, `high` or `urgent`.
    priority: Option<String>,
    /// The mail address of a member of the site; empty for nobody.
    owner: Option<String>,
    /// Why people complain so, at most 120 characters; made where the site has none of that name; empty for none.
    cause: Option<String>,
    /// Whether the customer's problem is fixed.
    problem_fixed: Option<bool>,
    /// Whether its cause is fixed.
    cause_fixed: Option<bool>,
    /// Tags that it gets, each at most 40 characters.
    add_tags: Vec<String>,
    /// Tags that it loses.
    remove_tags: Vec<String>,
}

/// A note for the team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNote {
    /// At most 10,000 bytes of UTF-8. `@name` mentions a member.
    note: String,
}

fn none() -> Problem {
    Problem::not_found("this site has no such ticket")
}

async fn ticket_of(needs: &Needs, access: &ApiAccess, code: &str) -> Result<Ticket, Problem> {
    needs.store.ticket_by_code(access.site.site.site_id, code).await?.ok_or_else(none)
}

/// The inbox, 50 tickets at a time: what is overdue first, then the most urgent. Open tickets are listed whatever day they came on; the days of the slice
/// narrow those resolved. Scope: `tickets:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/tickets", tag = "tickets", security(("api_key" = [])),
    operation_id = "tickets",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("show" = Option<String>, Query, description = "`open` (default), `new`, `acknowledged`, `in_progress`, `waiting`, `resolved` or `all`"),
        ("owner" = Option<String>, Query, description = "Mail address of a member, or `nobody`"),
        ("tag" = Option<String>, Query, description = "Only those with this tag"),
        ("kind" = Option<String>, Query, description = "`rating`, `problem`, `review`, `idea`, `message` or `other`"),
        ("priority" = Option<String>, Query, description = "`low`, `normal`, `high` or `urgent`"),
        ("cause" = Option<String>, Query, description = "Id of a cause"),
        ("customer_id" = Option<String>, Query, description = "Id of a customer"),
        ("score" = Option<String>, Query, description = "`low`: only those with a low score"),
        ("with" = Option<String>, Query, description = "`words`: only those with words"),
        ("due" = Option<String>, Query, description = "`overdue`: only those where something that was promised fell due and is not done"),
        ("part" = Option<String>, Query, description = "Which part of the list, from 1 (default) to `parts`"),
        SliceFields
    ),
    responses(
        (status = 200, body = Inbox),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn list(Part(needs): Part<Needs>, access: ApiAccess, fields: Fields) -> Result<Json<Inbox>, Problem> {
    access.require(Scope::ReadTickets)?;
    let members = needs.store.members(access.site.site.site_id).await?;
    let asked = query::asked(&fields, &members, None).map_err(Problem::of_faults)?;
    Ok(Json(needs.reports.of(&access.site).inbox(&slice_of(&fields)?, &asked).await?))
}

/// One ticket with everything that happened to it. Scope: `tickets:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/tickets/{code}", tag = "tickets", security(("api_key" = [])),
    operation_id = "ticket",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("code" = String, Path, description = "Code of the ticket"),
    ),
    responses((status = 200, body = TicketReport), (status = 404, description = "No such ticket"))
)]
pub(super) async fn one(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<TicketReport>, Problem> {
    access.require(Scope::ReadTickets)?;
    let Path((_, code)) = path;
    needs.reports.of(&access.site).ticket(&code).await?.map(Json).ok_or_else(none)
}

/// Opens a ticket. Scope: `tickets:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/tickets", tag = "tickets", security(("api_key" = [])),
    operation_id = "open_ticket",
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = NewTicket, example = json!({ "subject": "Called about the invoice of May" })),
    responses(
        (status = 201, body = TicketReport),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn open(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    sent: Result<Repaired<NewTicket>, JsonRejection>,
) -> Result<(StatusCode, Json<TicketReport>), Problem> {
    access.require(Scope::WriteTickets)?;
    let NewTicket { subject, response, review, issue, customer, page } = body(sent)?;
    let actor = access.actor();
    let site_id = access.site.site.site_id;
    let opener = Opener { store: &needs.store, clock: &needs.clock, site_id, actor: &actor };
    let form = TicketForm { subject, response, review, issue, customer, path: page };
    let new = opener.ticket(&form).await?.map_err(|fault| Problem::of_faults([fault]))?;
    let code = rapport_store::ticket::code_of(new.ticket_id);
    let entry = access.note(&needs.clock, "ticket.open", format!("ticket {code}"));
    let ticket = needs.store.open_ticket(site_id, &new, &entry).await?;
    let ticket = ticket.ok_or_else(|| Problem::of_faults([not_counted()]))?;
    let report = needs.reports.of(&access.site).ticket(&ticket.code).await?.ok_or_else(none)?;
    Ok((StatusCode::CREATED, Json(report)))
}

/// What a change comes to, with the name of its cause.
async fn read(needs: &Needs, access: &ApiAccess, sent: TicketChange) -> Result<(Change, Option<String>), Problem> {
    let (mut faults, mut change) = (Vec::new(), Change::default());
    change.state = sent.state.as_deref().and_then(State::parse);
    if sent.state.is_some() && change.state.is_none() {
        faults.push(Fault::new("state", format!("must be one of {}", State::names())));
    }
    change.priority = sent.priority.as_deref().and_then(Priority::parse);
    if sent.priority.is_some() && change.priority.is_none() {
        faults.push(Fault::new("priority", format!("must be one of {}", Priority::names())));
    }
    if let Some(email) = sent.owner.map(|email| email.trim().to_lowercase()) {
        let members = needs.store.members(access.site.site.site_id).await?;
        let owner = members.iter().find(|member| member.email == email).map(|member| member.account_id);
        if owner.is_none() && !email.is_empty() {
            faults.push(Fault::new("owner", "must be the mail address of a member of the site, or empty for nobody"));
        }
        change.owner = Some(owner);
    }
    change.problem_fixed = sent.problem_fixed.map(Some);
    change.cause_fixed = sent.cause_fixed.map(Some);
    for (typed, tags) in [(&sent.add_tags, &mut change.add_tags), (&sent.remove_tags, &mut change.remove_tags)] {
        match typed.iter().map(|typed| tag(typed)).collect::<Result<Vec<_>, _>>() {
            Ok(read) => *tags = read,
            Err(fault) => faults.push(fault),
        }
    }
    change.add_tags.sort();
    change.add_tags.dedup();
    let cause = match sent.cause.as_deref().map(str::trim) {
        None => None,
        Some("") => {
            change.cause = Some(None);
            None
        }
        Some(typed) => cause::name(typed).map_err(|fault| faults.push(fault)).ok(),
    };
    if faults.is_empty() { Ok((change, cause)) } else { Err(Problem::of_faults(faults)) }
}

/// Changes a ticket. Of two who change the same field, the second is told by 409, and nothing of theirs is kept; different fields are
/// both kept. Scope: `tickets:write`.
#[utoipa::path(
    patch, path = "/api/v1/sites/{site}/tickets/{code}", tag = "tickets", security(("api_key" = [])),
    operation_id = "change_ticket",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("code" = String, Path, description = "Code of the ticket"),
    ),
    request_body(content = TicketChange, example = json!({ "version": 3, "state": "resolved", "problem_fixed": true })),
    responses(
        (status = 200, body = TicketReport),
        (status = 404, description = "No such ticket"),
        (status = 409, description = "Somebody else changed the same field since that version, or it was merged"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn change(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Repaired<TicketChange>, JsonRejection>,
) -> Result<Json<TicketReport>, Problem> {
    access.require(Scope::WriteTickets)?;
    let (sent, Path((_, code))) = (body(sent)?, path);
    let (site_id, ticket) = (access.site.site.site_id, ticket_of(&needs, &access, &code).await?);
    let seen = sent.version.unwrap_or(ticket.version);
    let (mut change, cause) = read(&needs, &access, sent).await?;
    if let Some(name) = cause {
        let entry = access.note(&needs.clock, "cause.add", format!("cause {name}"));
        let made = (needs.clock.new_id(), name.as_str());
        let id = needs.store.cause_named(site_id, made, ticket.issue_id, &entry).await?;
        let full = || Fault::new("cause", format!("cannot be added: a site has at most {}", cause::MOST));
        change.cause = Some(Some(id.ok_or_else(|| Problem::of_faults([full()]))?));
    }
    let entry = access.note(&needs.clock, "ticket.change", format!("ticket {}", ticket.code));
    let conflict = |detail: String| Problem::new(StatusCode::CONFLICT, detail);
    match needs.store.change_ticket(site_id, (ticket.ticket_id, seen), &change, &entry).await? {
        Changed::Done(..) | Changed::Same(_) => {}
        Changed::Conflict(now, theirs) => {
            let names: Vec<_> =
                theirs.iter().map(|event| format!("{} by {}", event.kind.as_str(), event.actor)).collect();
            return Err(conflict(format!("changed since: {}; it has version {}", names.join(", "), now.version)));
        }
        Changed::Merged(_) => return Err(conflict("it was merged into another ticket".to_owned())),
        Changed::TooManyTags => {
            return Err(Problem::of_faults([Fault::new("add_tags", format!("must leave it at most {TAGS} tags"))]));
        }
        Changed::Unknown => return Err(none()),
    }
    needs.reports.of(&access.site).ticket(&ticket.code).await?.map(Json).ok_or_else(none)
}

/// Adds a note for the team to a ticket; the customer never sees it. Scope: `tickets:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/tickets/{code}/notes", tag = "tickets", security(("api_key" = [])),
    operation_id = "note_on_ticket",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("code" = String, Path, description = "Code of the ticket"),
    ),
    request_body(content = NewNote, example = json!({ "note": "The release of tonight mends it. @ada" })),
    responses(
        (status = 204, description = "It is kept"),
        (status = 404, description = "No such ticket"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn add_note(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Repaired<NewNote>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteTickets)?;
    let (sent, Path((_, code))) = (body(sent)?, path);
    let (site_id, ticket) = (access.site.site.site_id, ticket_of(&needs, &access, &code).await?);
    let members = needs.store.members(site_id).await?;
    let fault = |fault| Problem::of_faults([fault]);
    let text = note::note(&sent.note).map_err(fault)?;
    let mentions = note::mentioned(&text, &members).map_err(fault)?;
    let entry = access.note(&needs.clock, "ticket.note", format!("ticket {}", ticket.code));
    needs.store.note_on_ticket(site_id, &ticket, (&text, &mentions), &entry).await?;
    Ok(StatusCode::NO_CONTENT)
}
