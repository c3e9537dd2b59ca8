//! Changes of a ticket by several people at a time: what two change differently is nobody's to overwrite, and the second is told.

use super::{EventKind, Priority, State, Ticket, TicketEvent};
use crate::audit::AuditEntry;
use crate::{Statement, Store, StoreError, Value, params, text};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use serde_json::json;
use std::borrow::Cow;

/// Longest tag, in characters.
pub const TAG_CHARACTERS: usize = 40;
/// Most tags of a ticket.
pub const TAGS: usize = 20;
/// How often a change is tried whose ticket is changed at the same instant.
const TRIES: usize = 4;

/// What is to become of a ticket; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// How far it is.
    pub state: Option<State>,
    /// How soon it has to be looked at.
    pub priority: Option<Priority>,
    /// Whose it is; nobody's where there is none inside.
    pub owner: Option<Option<Id>>,
    /// Its cause.
    pub cause: Option<Option<Id>>,
    /// Whether the customer's problem is fixed; unknown where there is none inside.
    pub problem_fixed: Option<Option<bool>>,
    /// Whether its cause is fixed.
    pub cause_fixed: Option<Option<bool>>,
    /// Tags that it gets.
    pub add_tags: Vec<String>,
    /// Tags that it loses.
    pub remove_tags: Vec<String>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is kept; these others were made meanwhile, of other fields, and stay.
    Done(Ticket, Vec<TicketEvent>),
    /// It was so already.
    Same(Ticket),
    /// Nothing was kept: these were made meanwhile, of the same fields.
    Conflict(Ticket, Vec<TicketEvent>),
    /// It was merged into this ticket, which is to be changed instead.
    Merged(Id),
    /// It would have more than [`TAGS`] tags.
    TooManyTags,
    /// The site has no such ticket.
    Unknown,
}

/// A tag as it is kept: one line in lower case.
///
/// # Errors
/// The field, with its limit.
pub fn tag(typed: &str) -> Result<String, Fault> {
    let tag = text::line(Cow::Borrowed(typed), usize::MAX).trim().trim_start_matches('#').to_lowercase();
    match tag.chars().count() {
        1..=TAG_CHARACTERS if !tag.contains(',') => Ok(tag),
        has => Err(Fault::new(
            "tags",
            format!("must each be 1 to {TAG_CHARACTERS} characters without a comma, one has {has}"),
        )),
    }
}

/// Tags as they are typed, with commas between them.
///
/// # Errors
/// See [`tag`].
pub fn tags(typed: &str) -> Result<Vec<String>, Fault> {
    let mut tags = typed.split(',').filter(|part| !part.trim().is_empty()).map(tag).collect::<Result<Vec<_>, _>>()?;
    tags.sort();
    tags.dedup();
    if tags.len() > TAGS {
        return Err(Fault::new("tags", format!("must be at most {TAGS}, are {}", tags.len())));
    }
    Ok(tags)
}

/// One field that gets another value.
struct Set {
    kind: EventKind,
    column: &'static str,
    value: Value,
    from: serde_json::Value,
    to: serde_json::Value,
}

impl Change {
    /// The fields that differ from what the ticket has.
    fn sets(&self, ticket: &Ticket) -> Vec<Set> {
        let mut sets = Vec::new();
        let mut add = |kind, column, value: Value, from: serde_json::Value, to: serde_json::Value| {
            if from != to {
                sets.push(Set { kind, column, value, from, to });
            }
        };
        let id = |id: Option<Id>| json!(id.map(|id| id.to_text()));
        if let Some(state) = self.state {
            add(EventKind::State, "state", state.as_str().into(), json!(ticket.state.as_str()), json!(state.as_str()));
        }
        if let Some(priority) = self.priority {
            let (from, to) = (ticket.priority.as_str(), priority.as_str());
            add(EventKind::Priority, "priority", to.into(), json!(from), json!(to));
        }
        if let Some(owner) = self.owner {
            add(EventKind::Owner, "owner_id", owner.into(), id(ticket.owner_id), id(owner));
        }
        if let Some(cause) = self.cause {
            add(EventKind::Cause, "cause_id", cause.into(), id(ticket.cause_id), id(cause));
        }
        for (kind, column, said, was) in [
            (EventKind::ProblemFixed, "problem_fixed", self.problem_fixed, ticket.problem_fixed),
            (EventKind::CauseFixed, "cause_fixed", self.cause_fixed, ticket.cause_fixed),
        ] {
            if let Some(said) = said {
                add(kind, column, said.map(i64::from).into(), json!(was), json!(said));
            }
        }
        sets
    }
}

/// The number and the value of a change, as an event holds them.
fn of_event(event: &TicketEvent) -> Option<(i64, serde_json::Value)> {
    let mut detail: serde_json::Value = serde_json::from_str(&event.detail).ok()?;
    Some((detail.get("version")?.as_i64()?, detail.get_mut("to")?.take()))
}

/// The row of the ticket whose last change is this one: `$9` in the note of an event, `$7` in that of an audit entry.
fn changed_by(id: &str, place: u8) -> String {
    format!("ticket WHERE site_id = $1 AND ticket_id = {id} AND change_id = ${place}")
}

impl Store {
    /// The tags of a ticket, in order.
    pub async fn ticket_tags(&self, site_id: Id, ticket_id: Id) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT tag FROM ticket_tag WHERE site_id = $1 AND ticket_id = $2 ORDER BY tag";
        let rows = self.read(sql, params![site_id, ticket_id]).await?;
        rows.iter().map(|row| row.text("tag").map(str::to_owned)).collect()
    }

    /// Changes a ticket as whoever saw it at `seen_version` wants it, and notes who did.
    pub async fn change_ticket(
        &self,
        site_id: Id,
        (ticket_id, seen_version): (Id, i64),
        change: &Change,
        entry: &AuditEntry,
    ) -> Result<Changed, StoreError> {
        for _ in 0..TRIES {
            let Some(ticket) = self.ticket(site_id, ticket_id).await? else { return Ok(Changed::Unknown) };
            if let Some(into) = ticket.merged_into {
                return Ok(Changed::Merged(into));
            }
            let sets = change.sets(&ticket);
            let meanwhile = self.changes_since(site_id, ticket_id, seen_version).await?;
            let against: Vec<_> =
                meanwhile.iter().filter(|event| sets.iter().any(|set| set.kind == event.kind)).cloned().collect();
            if !against.is_empty() {
                return Ok(Changed::Conflict(ticket, against));
            }
            let had = self.ticket_tags(site_id, ticket_id).await?;
            let add: Vec<_> = change.add_tags.iter().filter(|tag| !had.contains(tag)).cloned().collect();
            let remove: Vec<_> = change.remove_tags.iter().filter(|tag| had.contains(tag)).cloned().collect();
            if sets.is_empty() && add.is_empty() && remove.is_empty() {
                return Ok(Changed::Same(ticket));
            }
            if had.len() + add.len() - remove.len() > TAGS {
                return Ok(Changed::TooManyTags);
            }
            let statements = self.changing(site_id, &ticket, (&sets, &add, &remove), entry);
            let rows = self.write(statements).await?;
            if !rows[0].is_empty() {
                let ticket = self.ticket(site_id, ticket_id).await?;
                return Ok(ticket.map_or(Changed::Unknown, |ticket| Changed::Done(ticket, meanwhile)));
            }
        }
        Err(StoreError::Busy)
    }

    /// The changes of fields that were made after a version, oldest first.
    pub async fn changes_since(
        &self,
        site_id: Id,
        ticket_id: Id,
        version: i64,
    ) -> Result<Vec<TicketEvent>, StoreError> {
        let events = self.ticket_events(site_id, ticket_id).await?;
        let is_later =
            |event: &TicketEvent| event.ticket_id == ticket_id && of_event(event).is_some_and(|(at, _)| at > version);
        Ok(events.into_iter().filter(is_later).collect())
    }

    /// The statements of a change; the first gives a row where it was made, and the others do nothing where it was not.
    fn changing(
        &self,
        site_id: Id,
        ticket: &Ticket,
        (sets, add, remove): (&[Set], &[String], &[String]),
        entry: &AuditEntry,
    ) -> Vec<Statement> {
        let (ticket_id, at_ms, change_id) = (ticket.ticket_id, entry.occurred_at_ms, entry.entry_id);
        let mut params = params![site_id, ticket_id, ticket.version, at_ms, change_id];
        let mut sql = "UPDATE ticket SET version = version + 1, change_id = $5, changed_at_ms = $4".to_owned();
        for set in sets {
            params.push(set.value.clone());
            sql += &format!(", {} = ${}", set.column, params.len());
        }
        match sets.iter().find(|set| set.kind == EventKind::State) {
            Some(set) if set.to == State::Resolved.as_str() => sql += ", resolved_at_ms = $4",
            Some(_) if ticket.state == State::Resolved => sql += ", resolved_at_ms = NULL, reopened = reopened + 1",
            _ => {}
        }
        sql += " WHERE site_id = $1 AND ticket_id = $2 AND version = $3 AND merged_into IS NULL RETURNING ticket_id";
        let mut statements = vec![Statement::new(sql, params)];
        let event = |place: usize, kind, detail: serde_json::Value| {
            let mut event_id = change_id;
            event_id.0[15] ^= u8::try_from(place + 1).unwrap_or(u8::MAX);
            let event = TicketEvent {
                event_id,
                ticket_id,
                kind,
                actor: entry.actor.clone(),
                text: String::new(),
                detail: detail.to_string(),
                occurred_at_ms: at_ms,
            };
            event.statement_where(site_id, &changed_by("$3", 9), params![change_id])
        };
        let version = ticket.version + 1;
        for (place, set) in sets.iter().enumerate() {
            statements.push(event(place, set.kind, json!({ "from": set.from, "to": set.to, "version": version })));
        }
        if !add.is_empty() || !remove.is_empty() {
            let detail = json!({ "added": add, "removed": remove, "version": version });
            statements.push(event(sets.len(), EventKind::Tag, detail));
        }
        for tag in add {
            let sql = format!(
                "INSERT INTO ticket_tag (site_id, ticket_id, tag) SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM {})
                 ON CONFLICT (site_id, ticket_id, tag) DO NOTHING",
                changed_by("$2", 4)
            );
            statements.push(Statement::new(sql, params![site_id, ticket_id, tag, change_id]));
        }
        for tag in remove {
            let sql = format!(
                "DELETE FROM ticket_tag WHERE site_id = $1 AND ticket_id = $2 AND tag = $3 AND EXISTS (SELECT 1 FROM {})",
                changed_by("$2", 4)
            );
            statements.push(Statement::new(sql, params![site_id, ticket_id, tag, change_id]));
        }
        if sets.iter().any(|set| set.kind == EventKind::CauseFixed && set.to == true) {
            statements.push(super::cause::said_fixed(site_id, ticket_id, (change_id, at_ms)));
        }
        let such = "ticket WHERE site_id = $1 AND ticket_id = $7 AND change_id = $8";
        statements.push(entry.statement_where(site_id, such, params![ticket_id, change_id]));
        statements
    }
}
