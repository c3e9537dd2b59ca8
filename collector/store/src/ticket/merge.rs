//! Merging of tickets that are one: the one merged points to the other and keeps its rows, so that it can be undone.

use super::{COLUMNS, EventKind, Ticket, TicketEvent, read_ticket};
use crate::audit::AuditEntry;
use crate::engine::value::placeholders;
use crate::{Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use serde_json::json;

/// Most tickets that are merged into one.
pub const MERGED: usize = 500;

/// What became of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// They are one now, or two again.
    Done,
    /// It cannot be merged into itself, or into what was merged into it.
    Circular,
    /// It was merged already; or, where that is to be undone, it was not.
    Already,
    /// The other has [`MERGED`] already.
    TooMany,
    /// The site has no such ticket.
    Unknown,
}

/// The event of a merge, on one of the two.
fn event(ticket_id: Id, place: u8, kind: EventKind, other: &Ticket, entry: &AuditEntry) -> TicketEvent {
    let mut event_id = entry.entry_id;
    event_id.0[15] ^= place;
    TicketEvent {
        event_id,
        ticket_id,
        kind,
        actor: entry.actor.clone(),
        text: String::new(),
        detail: json!({ "ticket": other.code, "into": place == 1 }).to_string(),
        occurred_at_ms: entry.occurred_at_ms,
    }
}

impl Store {
    /// The tickets that were merged into one, and into these, oldest first.
    pub async fn merged_into(&self, site_id: Id, ticket_id: Id) -> Result<Vec<Ticket>, StoreError> {
        let (mut found, mut next) = (Vec::<Ticket>::new(), vec![ticket_id]);
        while !next.is_empty() && found.len() <= MERGED {
            let sql = format!(
                "SELECT {COLUMNS} FROM ticket WHERE site_id = $1 AND merged_into IN ({}) ORDER BY opened_at_ms, ticket_id",
                placeholders(2, next.len())
            );
            let mut params = params![site_id];
            params.extend(next.drain(..).map(Value::from));
            for row in self.read(sql, params).await? {
                let ticket = read_ticket(&row)?;
                if ticket.ticket_id != ticket_id && found.iter().all(|known| known.ticket_id != ticket.ticket_id) {
                    next.push(ticket.ticket_id);
                    found.push(ticket);
                }
            }
        }
        found.sort_by_key(|ticket| (ticket.opened_at_ms, ticket.ticket_id.0));
        Ok(found)
    }

    /// The ticket that one ended up in: itself where it was not merged.
    pub async fn ticket_now(&self, site_id: Id, ticket_id: Id) -> Result<Option<Ticket>, StoreError> {
        let mut ticket = self.ticket(site_id, ticket_id).await?;
        for _ in 0..MERGED {
            match ticket.as_ref().and_then(|ticket| ticket.merged_into) {
                Some(into) => ticket = self.ticket(site_id, into).await?,
                None => break,
            }
        }
        Ok(ticket)
    }

    /// Merges a ticket into another, and notes who did.
    pub async fn merge_ticket(&self, site_id: Id, from: Id, into: Id, entry: &AuditEntry) -> Result<Merge, StoreError> {
        let (one, other) = (self.ticket(site_id, from).await?, self.ticket_now(site_id, into).await?);
        let (Some(one), Some(other)) = (one, other) else { return Ok(Merge::Unknown) };
        if one.merged_into.is_some() {
            return Ok(Merge::Already);
        }
        if other.ticket_id == from {
            return Ok(Merge::Circular);
        }
        if self.merged_into(site_id, other.ticket_id).await?.len() + self.merged_into(site_id, from).await?.len()
            >= MERGED
        {
            return Ok(Merge::TooMany);
        }
        // Whoever merges the other way round at the same time finds that one of both is no longer on its own.
        let sql = "UPDATE ticket SET merged_into = $3, change_id = $4, changed_at_ms = $5, version = version + 1
             WHERE site_id = $1 AND ticket_id = $2 AND merged_into IS NULL
               AND EXISTS (SELECT 1 FROM ticket o WHERE o.site_id = $1 AND o.ticket_id = $3 AND o.merged_into IS NULL)
             RETURNING ticket_id";
        let merge = params![site_id, from, other.ticket_id, entry.entry_id, entry.occurred_at_ms];
        self.merging(site_id, Statement::new(sql, merge), (&one, &other, EventKind::Merged), entry).await
    }

    /// Takes a ticket out of the one that it was merged into, with everything that is its own, and notes who did.
    pub async fn unmerge_ticket(&self, site_id: Id, ticket_id: Id, entry: &AuditEntry) -> Result<Merge, StoreError> {
        let Some(one) = self.ticket(site_id, ticket_id).await? else { return Ok(Merge::Unknown) };
        let Some(into) = one.merged_into else { return Ok(Merge::Already) };
        let Some(other) = self.ticket(site_id, into).await? else { return Ok(Merge::Unknown) };
        let sql = "UPDATE ticket SET merged_into = NULL, change_id = $3, changed_at_ms = $4, version = version + 1
             WHERE site_id = $1 AND ticket_id = $2 AND merged_into IS NOT NULL RETURNING ticket_id";
        let undo = params![site_id, ticket_id, entry.entry_id, entry.occurred_at_ms];
        self.merging(site_id, Statement::new(sql, undo), (&one, &other, EventKind::Unmerged), entry).await
    }

    async fn merging(
        &self,
        site_id: Id,
        statement: Statement,
        (one, other, kind): (&Ticket, &Ticket, EventKind),
        entry: &AuditEntry,
    ) -> Result<Merge, StoreError> {
        let such = "ticket WHERE site_id = $1 AND ticket_id = $9 AND change_id = $10";
        let made = || params![one.ticket_id, entry.entry_id];
        let note = "ticket WHERE site_id = $1 AND ticket_id = $7 AND change_id = $8";
        // What is promised of the other changes as well.
        let touch = "UPDATE ticket SET changed_at_ms = $3 WHERE site_id = $1 AND ticket_id = $2 AND EXISTS
             (SELECT 1 FROM ticket o WHERE o.site_id = $1 AND o.ticket_id = $4 AND o.change_id = $5)";
        let touched = params![site_id, other.ticket_id, entry.occurred_at_ms, one.ticket_id, entry.entry_id];
        let rows = self
            .write(vec![
                statement,
                Statement::new(touch, touched),
                event(one.ticket_id, 1, kind, other, entry).statement_where(site_id, such, made()),
                event(other.ticket_id, 2, kind, one, entry).statement_where(site_id, such, made()),
                entry.statement_where(site_id, note, made()),
            ])
            .await?;
        Ok(if rows[0].is_empty() { Merge::Already } else { Merge::Done })
    }
}
