//! What is done to one ticket: its fields, notes, merging. Of two who change the same, the second is told and nothing is lost.

use super::{MAY_ACT, NONE, Needs, Told, carried, list_fields, show, ticket_of};
use crate::http::query::suffix_of;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::Fields;
use axum::extract::{Path, State as Part};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::ticket::{Named, TicketLine};
use rapport_shared::survey::Fault;
use rapport_store::account::Member;
use rapport_store::ticket::change::{self, Change, Changed, TAGS};
use rapport_store::ticket::merge::{MERGED, Merge};
use rapport_store::ticket::note;
use rapport_store::ticket::{Priority, State, Ticket, TicketEvent, cause};
use serde::Deserialize;

/// The fields of a ticket as they are typed. What is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Form {
    pub(super) state: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) problem_fixed: Option<String>,
    pub(super) cause_fixed: Option<String>,
    pub(super) tags: Option<String>,
    /// The tags that were there when the form was opened.
    pub(super) seen_tags: Option<String>,
    pub(super) version: Option<i64>,
}

impl Form {
    /// That of a ticket as it is.
    pub(super) fn of(ticket: &TicketLine) -> Self {
        let half = |said: Option<bool>| Some(said.map_or("", |said| if said { "yes" } else { "no" }).to_owned());
        let tags = Some(ticket.tags.join(", "));
        Self {
            state: Some(ticket.state.to_owned()),
            priority: Some(ticket.priority.to_owned()),
            owner: Some(ticket.owner.clone().unwrap_or_default()),
            cause: Some(ticket.cause.clone().unwrap_or_default()),
            problem_fixed: half(ticket.problem_fixed),
            cause_fixed: half(ticket.cause_fixed),
            seen_tags: tags.clone(),
            tags,
            version: Some(ticket.version),
        }
    }

    /// Whether a field has a value.
    pub(super) fn is(&self, field: &Option<String>, value: &str) -> bool {
        field.as_deref() == Some(value)
    }

    /// What stands in a field.
    pub(super) fn text<'a>(&self, field: &'a Option<String>) -> &'a str {
        field.as_deref().unwrap_or_default()
    }
}

/// What a form comes to; the cause is made where there is none of that name.
///
/// # Errors
/// Everything that is wrong with it, by field.
pub(crate) fn read(form: &super::change::Form, members: &[Member]) -> Result<(Change, Option<String>), Vec<Fault>> {
    let (mut faults, mut change) = (Vec::new(), Change::default());
    if let Some(name) = &form.state {
        change.state = State::parse(name);
        if change.state.is_none() {
            faults.push(Fault::new("state", format!("must be one of {}", State::names())));
        }
    }
    if let Some(name) = &form.priority {
        change.priority = Priority::parse(name);
        if change.priority.is_none() {
            faults.push(Fault::new("priority", format!("must be one of {}", Priority::names())));
        }
    }
    if let Some(email) = form.owner.as_ref().map(|email| email.trim().to_lowercase()) {
        let owner = members.iter().find(|member| member.email == email).map(|member| member.account_id);
        if owner.is_none() && !email.is_empty() {
            faults.push(Fault::new("owner", "must be the mail address of a member of the site, or empty for nobody"));
        }
        change.owner = Some(owner);
    }
    for (name, text, half) in [
        ("problem_fixed", &form.problem_fixed, &mut change.problem_fixed),
        ("cause_fixed", &form.cause_fixed, &mut change.cause_fixed),
    ] {
        match text.as_deref() {
            None => {}
            Some("") => *half = Some(None),
            Some("yes") => *half = Some(Some(true)),
            Some("no") => *half = Some(Some(false)),
            Some(_) => faults.push(Fault::new(name, "must be yes, no, or empty for not known")),
        }
    }
    if let Some(typed) = &form.tags {
        match (change::tags(typed), change::tags(form.seen_tags.as_deref().unwrap_or_default())) {
            (Ok(tags), Ok(seen)) => {
                change.add_tags = tags.iter().filter(|tag| !seen.contains(tag)).cloned().collect();
                change.remove_tags = seen.into_iter().filter(|tag| !tags.contains(tag)).collect();
            }
            (Err(fault), _) | (_, Err(fault)) => faults.push(fault),
        }
    }
    let cause = match form.cause.as_deref().map(str::trim) {
        None => None,
        Some("") => {
            change.cause = Some(None);
            None
        }
        Some(typed) => cause::name(typed).map_err(|fault| faults.push(fault)).ok(),
    };
    if faults.is_empty() { Ok((change, cause)) } else { Err(faults) }
}

/// Changes in words, for whoever did not make them.
pub(super) async fn in_words<'a>(
    needs: &Needs,
    access: &Access,
    events: impl Iterator<Item = &'a TicketEvent>,
) -> Result<Vec<String>, PageError> {
    let site = &access.site.site;
    let members = needs.store.members(site.site_id).await?;
    let causes = needs.store.causes(site.site_id).await?;
    let named = Named { members: &members, causes: &causes, zone: &site.time_zone };
    let line = |event: &TicketEvent| {
        let line = named.event(event, "");
        format!("{} {}", line.actor, line.what)
    };
    Ok(events.map(line).collect())
}

/// Makes the change of a form to a ticket.
pub(super) async fn apply(
    needs: &Needs,
    access: &Access,
    ticket: &Ticket,
    (form, members): (&Form, &[Member]),
) -> Result<Result<Changed, Vec<Fault>>, PageError> {
    let site_id = access.site.site.site_id;
    let (mut change, cause) = match read(form, members) {
        Ok(read) => read,
        Err(faults) => return Ok(Err(faults)),
    };
    if let Some(name) = cause {
        let entry = access.note(&needs.clock, "cause.add", format!("cause {name}"));
        let made = (needs.clock.new_id(), name.as_str());
        let Some(id) = needs.store.cause_named(site_id, made, ticket.issue_id, &entry).await? else {
            return Ok(Err(vec![Fault::new("cause", format!("cannot be added: a site has at most {}", cause::MOST))]));
        };
        change.cause = Some(Some(id));
    }
    let entry = access.note(&needs.clock, "ticket.change", format!("ticket {}", ticket.code));
    let seen = form.version.unwrap_or(ticket.version);
    Ok(Ok(needs.store.change_ticket(site_id, (ticket.ticket_id, seen), &change, &entry).await?))
}

pub(super) fn too_many_tags() -> Fault {
    Fault::new("tags", format!("must be at most {TAGS}"))
}

/// Back to the ticket, with the fields of its list.
fn back(access: &Access, fields: &Fields, code: &str, since: Option<i64>) -> Response {
    let mut list = list_fields(fields, &carried(fields));
    list.extend(since.map(|version| ("since", version.to_string())));
    Redirect::to(&format!("/sites/{}/inbox/{code}{}", access.site.site.key, suffix_of(&list))).into_response()
}

pub(super) async fn change(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Submitted<Form>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let ticket = ticket_of(&needs, &access, &code).await?;
    let members = needs.store.members(access.site.site.site_id).await?;
    let told = match apply(&needs, &access, &ticket, (&form, &members)).await? {
        Ok(Changed::Done(_, meanwhile)) => {
            see(&needs, &access, &ticket).await?;
            let since = form.version.filter(|_| !meanwhile.is_empty());
            return Ok(back(&access, &fields, &ticket.code, since));
        }
        Ok(Changed::Same(_)) => return Ok(back(&access, &fields, &ticket.code, None)),
        Ok(Changed::Conflict(_, theirs)) => {
            Told { lines: in_words(&needs, &access, theirs.iter()).await?, refused: true, ..Told::default() }
        }
        Ok(Changed::Merged(_)) => Told {
            lines: vec!["It was merged into another ticket meanwhile: change that one.".to_owned()],
            refused: true,
            ..Told::default()
        },
        Ok(Changed::TooManyTags) => Told { faults: vec![too_many_tags()], ..Told::default() },
        Ok(Changed::Unknown) => return Err(NONE),
        Err(faults) => Told { faults, ..Told::default() },
    };
    // Whoever reads what others did, and sends it again, means it.
    let version = needs.store.ticket(access.site.site.site_id, ticket.ticket_id).await?.ok_or(NONE)?.version;
    let tags = needs.store.ticket_tags(access.site.site.site_id, ticket.ticket_id).await?;
    let form = Form { version: Some(version), seen_tags: Some(tags.join(", ")), ..form };
    show(&needs, &access, (&ticket, &fields), (Some(form), told)).await
}

/// Notes that whoever does something to a ticket has seen where it mentions them. Looking at it changes nothing: programs that open
/// links look as well.
async fn see(needs: &Needs, access: &Access, ticket: &Ticket) -> Result<(), PageError> {
    let (site_id, me) = (access.site.site.site_id, access.member.account_id);
    Ok(needs.store.see_mentions(site_id, (ticket.ticket_id, me), needs.clock.now_ms()).await?)
}

pub(super) async fn seen(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let ticket = ticket_of(&needs, &access, &code).await?;
    see(&needs, &access, &ticket).await?;
    Ok(back(&access, &fields, &ticket.code, None))
}

#[derive(Deserialize)]
pub(super) struct Noted {
    note: String,
}

pub(super) async fn note(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
    Submitted(noted): Submitted<Noted>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let ticket = ticket_of(&needs, &access, &code).await?;
    let site_id = access.site.site.site_id;
    let members = needs.store.members(site_id).await?;
    let read = note::note(&noted.note).and_then(|text| Ok((note::mentioned(&text, &members)?, text)));
    match read {
        Ok((mentions, text)) => {
            let entry = access.note(&needs.clock, "ticket.note", format!("ticket {}", ticket.code));
            needs.store.note_on_ticket(site_id, &ticket, (&text, &mentions), &entry).await?;
            see(&needs, &access, &ticket).await?;
            Ok(back(&access, &fields, &ticket.code, None))
        }
        Err(fault) => {
            let told = Told { faults: vec![fault], note: noted.note, ..Told::default() };
            show(&needs, &access, (&ticket, &fields), (None, told)).await
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Into {
    into: String,
}

/// Why a merge was not made; `None` where it was.
pub(super) fn not_merged(merge: Merge) -> Option<String> {
    match merge {
        Merge::Done => None,
        Merge::Circular => {
            Some("a ticket cannot be merged into itself, or into one that was merged into it".to_owned())
        }
        Merge::Already => Some("it was merged, or taken apart, meanwhile".to_owned()),
        Merge::TooMany => Some(format!("the other ticket would hold more than {MERGED}")),
        Merge::Unknown => Some("must be the code of a ticket of this site".to_owned()),
    }
}

pub(super) async fn merge(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
    Submitted(Into { into }): Submitted<Into>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let site_id = access.site.site.site_id;
    let ticket = ticket_of(&needs, &access, &code).await?;
    let other = needs.store.ticket_by_code(site_id, &into).await?;
    let merged = match &other {
        Some(other) => {
            let entry = access.note(&needs.clock, "ticket.merge", format!("ticket {}", ticket.code));
            needs.store.merge_ticket(site_id, ticket.ticket_id, other.ticket_id, &entry).await?
        }
        None => Merge::Unknown,
    };
    match (not_merged(merged), other) {
        (None, Some(other)) => Ok(back(&access, &fields, &other.code, None)),
        (reason, _) => {
            let faults = vec![Fault::new("into", reason.unwrap_or_default())];
            show(&needs, &access, (&ticket, &fields), (None, Told { faults, ..Told::default() })).await
        }
    }
}

pub(super) async fn unmerge(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let ticket = ticket_of(&needs, &access, &code).await?;
    let entry = access.note(&needs.clock, "ticket.unmerge", format!("ticket {}", ticket.code));
    needs.store.unmerge_ticket(access.site.site.site_id, ticket.ticket_id, &entry).await?;
    Ok(back(&access, &fields, &ticket.code, None))
}
