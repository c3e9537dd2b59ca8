//! The conversation of a ticket: replies, who takes part, whose it is, what a message is that came late, and what was attached.

use super::{MAY_ACT, NONE, Needs, Told, carried, list_fields, show, ticket_of};
use crate::http::problem::Problem;
use crate::http::query::{suffix_of, value};
use crate::mail::write::{Correspondence, Draft, REPLY_BYTES, Recipient};
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::Fields;
use axum::extract::{Path, State as Part};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::conversation::Conversation;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::conversation::{Choice, Participant, Standing};
use rapport_store::ticket::change::Change;
use rapport_store::ticket::{EventKind, NewTicket, State, Ticket, TicketEvent, TicketKind};
use serde::Deserialize;

/// Largest form of a reply, in bytes: a byte of UTF-8 is written with three letters.
pub(super) const FORM_BYTES: usize = 4 * REPLY_BYTES;

/// What the page of a ticket shows of its conversation.
pub(super) struct Talk {
    pub(super) conversation: Conversation,
    pub(super) recipients: Vec<Recipient>,
    /// Why nothing can be written.
    pub(super) lack: Option<&'static str>,
    /// The customer who has the address of whoever opened it, while it is nobody's: what they are called, and the address.
    pub(super) proposal: Option<(String, String)>,
    /// What was typed and could not be sent.
    pub(super) typed: String,
    /// The id of the reply that is written here.
    pub(super) reply_id: Id,
}

impl Talk {
    pub(super) async fn of(needs: &Needs, access: &Access, ticket: &Ticket, typed: String) -> Result<Self, PageError> {
        let site = &access.site.site;
        let may_act = access.role >= MAY_ACT;
        let write = &needs.correspondence;
        let recipients = if may_act { write.recipients(site.site_id, ticket).await? } else { Vec::new() };
        let opener = recipients.iter().find(|one| one.participant.part == rapport_store::conversation::Part::Opener);
        let proposal = match opener.filter(|_| may_act && ticket.customer_id.is_none()) {
            Some(one) => {
                let address = &one.participant.address;
                let known = needs.store.customer_of_address(site.site_id, address).await?;
                known.map(|(_, name)| (name, address.clone()))
            }
            None => None,
        };
        Ok(Self {
            conversation: needs.reports.of(&access.site).conversation(ticket).await?,
            recipients,
            lack: write.lack(site).await?,
            proposal,
            typed,
            reply_id: needs.clock.new_id(),
        })
    }
}

/// Back to the ticket, with the fields of its list.
fn back(access: &Access, fields: &Fields, code: &str) -> Response {
    let list = list_fields(fields, &carried(fields));
    let place = "#conversation";
    Redirect::to(&format!("/sites/{}/inbox/{code}{}{place}", access.site.site.key, suffix_of(&list))).into_response()
}

pub(super) async fn send(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
    Submitted(pairs): Submitted<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let ticket = ticket_of(&needs, &access, &code).await?;
    let to = pairs.iter().filter(|(name, _)| name == "to" || name == "other").map(|(_, value)| value.clone());
    let draft = Draft {
        reply_id: value(&pairs, "reply_id").and_then(Id::parse),
        text: value(&pairs, "text").unwrap_or_default().to_owned(),
        to: to.collect(),
        state: value(&pairs, "state").and_then(State::parse),
    };
    let entry = access.note(&needs.clock, "ticket.reply", format!("ticket {}", ticket.code));
    let faults = needs.correspondence.send(&access.site.site, &ticket, &draft, &entry).await?;
    if !faults.is_empty() {
        let told = Told { faults, reply: draft.text, ..Told::default() };
        return show(&needs, &access, (&ticket, &fields), (None, told)).await;
    }
    Ok(back(&access, &fields, &ticket.code))
}

#[derive(Deserialize)]
pub(super) struct Settled {
    address: String,
    standing: String,
}

pub(super) async fn settle(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Submitted<Settled>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let ticket = ticket_of(&needs, &access, &code).await?;
    let site_id = access.site.site.site_id;
    let known = needs.store.participants(site_id, ticket.ticket_id).await?;
    let one = known.into_iter().find(|one| one.address == form.address);
    let standing = Standing::parse(&form.standing).filter(|standing| *standing != Standing::Unverified);
    let (Some(one), Some(standing)) = (one, standing) else {
        let fault = Fault::new("address", "must be that of somebody who wrote, and standing agreed or refused");
        return Err(Problem::of_faults([fault]).into());
    };
    let entry = access.note(&needs.clock, "ticket.participant", format!("ticket {}", ticket.code));
    needs.store.settle_participant(site_id, ticket.ticket_id, &Participant { standing, ..one }, &entry).await?;
    Ok(back(&access, &fields, &ticket.code))
}

/// Says that a ticket that nobody owned is the customer's who has the address of whoever opened it.
pub(super) async fn give(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let ticket = ticket_of(&needs, &access, &code).await?;
    let site_id = access.site.site.site_id;
    let talk = Talk::of(&needs, &access, &ticket, String::new()).await?;
    let found = match &talk.proposal {
        Some((_, address)) => needs.store.customer_of_address(site_id, address).await?,
        None => None,
    };
    let Some((customer_id, _)) = found else {
        return Err(Problem::of_faults([Fault::new(
            "customer",
            "is not known by the address of whoever opened the ticket",
        )])
        .into());
    };
    let entry = access.note(&needs.clock, "ticket.customer", format!("ticket {}", ticket.code));
    needs.store.give_ticket_to(site_id, (ticket.ticket_id, customer_id), &entry).await?;
    Ok(back(&access, &fields, &ticket.code))
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    choice: String,
}

/// Says what a message is that came after its ticket was resolved. Only *same* opens it again.
pub(super) async fn choose(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code, id)): Path<(String, String, String)>,
    fields: Fields,
    Submitted(form): Submitted<Chosen>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let ticket = ticket_of(&needs, &access, &code).await?;
    let site_id = access.site.site.site_id;
    let choice =
        Choice::parse(&form.choice).filter(|choice| matches!(choice, Choice::Same | Choice::New | Choice::Thanks));
    let Some(choice) = choice else {
        return Err(Problem::of_faults([Fault::new("choice", "must be same, new or thanks")]).into());
    };
    let events = needs.store.ticket_events(site_id, ticket.ticket_id).await?;
    let event = Id::parse(&id).and_then(|id| events.into_iter().find(|event| event.event_id == id)).ok_or(NONE)?;
    let entry = access.note(&needs.clock, "ticket.choose", format!("ticket {}: {}", ticket.code, choice.as_str()));
    if !needs.store.choose(site_id, (event.event_id, choice), &entry).await? {
        return Ok(back(&access, &fields, &ticket.code));
    }
    match choice {
        Choice::Same => {
            reopen(&needs, &access, &ticket, &event).await?;
            Ok(back(&access, &fields, &ticket.code))
        }
        Choice::New => {
            let code = another(&needs, &access, &ticket, &event).await?;
            Ok(back(&access, &fields, &code))
        }
        _ => Ok(back(&access, &fields, &ticket.code)),
    }
}

/// Opens a ticket again, and notes that it was the customer who had it opened: such are counted apart.
async fn reopen(needs: &Needs, access: &Access, ticket: &Ticket, event: &TicketEvent) -> Result<(), PageError> {
    let site_id = access.site.site.site_id;
    if ticket.state == State::Resolved {
        let entry = access.note(&needs.clock, "ticket.change", format!("ticket {}", ticket.code));
        let change = Change { state: Some(State::InProgress), ..Change::default() };
        needs.store.change_ticket(site_id, (ticket.ticket_id, ticket.version), &change, &entry).await?;
    }
    let noted = TicketEvent {
        event_id: rapport_store::conversation::received::id_of(event.event_id, 2),
        ticket_id: ticket.ticket_id,
        kind: EventKind::Reopened,
        actor: event.actor.clone(),
        text: String::new(),
        detail: "{}".to_owned(),
        occurred_at_ms: needs.clock.now_ms(),
    };
    Ok(needs.store.append_ticket_event(site_id, &noted).await?)
}

/// Opens a ticket of its own for a message; the participants come along. Its code.
async fn another(needs: &Needs, access: &Access, ticket: &Ticket, event: &TicketEvent) -> Result<String, PageError> {
    let (site_id, now_ms) = (access.site.site.site_id, needs.clock.now_ms());
    let ticket_id = rapport_store::ticket::id_of(site_id, event.event_id);
    let mails = needs.store.ticket_mails(site_id, ticket.ticket_id).await?;
    let subject = mails.iter().find(|mail| mail.event_id == event.event_id).map(|mail| mail.subject.clone());
    let new = NewTicket {
        ticket_id,
        kind: TicketKind::Message,
        subject: subject.filter(|subject| !subject.is_empty()).unwrap_or_else(|| ticket.subject.clone()),
        path: String::new(),
        standing: String::new(),
        words: true,
        response_id: None,
        review_id: None,
        customer_id: ticket.customer_id,
        issue_id: None,
        priority: ticket.priority,
        owner_id: ticket.owner_id,
        actor: access.member.email.clone(),
        opened_at_ms: now_ms,
    };
    let entry =
        access.note(&needs.clock, "ticket.open", format!("ticket {}", rapport_store::ticket::code_of(ticket_id)));
    needs.store.open_ticket(site_id, &new, &entry).await?;
    needs.store.move_message(site_id, (event.event_id, ticket_id), now_ms).await?;
    Ok(rapport_store::ticket::code_of(ticket_id))
}

/// What was attached, as a download: whatever it is, a browser neither shows nor runs it here.
pub(super) async fn file(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code, id)): Path<(String, String, String)>,
) -> Result<Response, PageError> {
    const NO_FILE: PageError = PageError::NotFound("No such file is attached to this ticket.");
    let ticket = ticket_of(&needs, &access, &code).await?;
    let id = Id::parse(&id).ok_or(NO_FILE)?;
    let found = needs.store.mail_attachment(access.site.site.site_id, (ticket.ticket_id, id)).await?;
    let (file, content) = found.ok_or(NO_FILE)?;
    let plain: String = file
        .name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "._- ".contains(letter) { letter } else { '_' })
        .collect();
    let named = format!(
        "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
        crate::http::query::encode(&file.name).replace('+', "%20")
    );
    let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let named = HeaderValue::from_str(&named).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, named);
    Ok(response)
}

pub(super) type Writes = Correspondence;
