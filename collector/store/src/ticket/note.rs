//! Notes of staff for staff, and whom they mention.

use super::{EventKind, NOTE_BYTES, Ticket, TicketEvent, appending};
use crate::account::Member;
use crate::audit::AuditEntry;
use crate::{Statement, Store, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;

/// A note as it is kept.
///
/// # Errors
/// The field, with its limit.
pub fn note(typed: &str) -> Result<String, Fault> {
    let note = text::words(typed);
    match note.len() {
        1..=NOTE_BYTES => Ok(note),
        has => Err(Fault::new("note", format!("must be 1 to {NOTE_BYTES} bytes of UTF-8, has {has}"))),
    }
}

/// Whether a letter belongs to a name after `@`.
fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '+' | '@')
}

/// The members whom a text mentions: by `@` and their mail address, or what stands before its `@`. What is no member's name is text.
///
/// # Errors
/// Where a name is that of several members.
pub fn mentioned(text: &str, members: &[Member]) -> Result<Vec<Id>, Fault> {
    let mut found = Vec::new();
    for (place, _) in text.match_indices('@') {
        // In `ada@example.com` nobody is mentioned.
        if text[..place].chars().next_back().is_some_and(is_of_name) {
            continue;
        }
        let name: String = text[place + 1..].chars().take_while(|letter| is_of_name(*letter)).collect();
        let name = name.trim_end_matches(['.', '-', '@']).to_lowercase();
        let of_name = |member: &&Member| {
            member.email == name || member.email.split_once('@').is_some_and(|(local, _)| local == name)
        };
        let named: Vec<_> = members.iter().filter(of_name).collect();
        match named.as_slice() {
            [] => {}
            [one] => found.push(one.account_id),
            several => {
                let names = several.iter().map(|member| format!("@{}", member.email)).collect::<Vec<_>>().join(" or ");
                return Err(Fault::new(
                    "note",
                    format!("mentions @{name}, which is the name of several: write {names}"),
                ));
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

impl Store {
    /// Adds a note to a ticket for those whom it mentions, and notes who did.
    pub async fn note_on_ticket(
        &self,
        site_id: Id,
        ticket: &Ticket,
        (text, mentions): (&str, &[Id]),
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let event = TicketEvent {
            event_id: entry.entry_id,
            ticket_id: ticket.ticket_id,
            kind: EventKind::Note,
            actor: entry.actor.clone(),
            text: text.to_owned(),
            detail: "{}".to_owned(),
            occurred_at_ms: entry.occurred_at_ms,
        };
        let touch = "UPDATE ticket SET changed_at_ms = $3 WHERE site_id = $1 AND ticket_id = $2";
        let touch = Statement::new(touch, params![site_id, ticket.ticket_id, entry.occurred_at_ms]);
        let mut statements = vec![appending(site_id, &event), touch, entry.statement(site_id)];
        let sql = "INSERT INTO ticket_mention (site_id, event_id, account_id, ticket_id, created_at_ms)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (site_id, event_id, account_id) DO NOTHING";
        statements.extend(mentions.iter().map(|account_id| {
            let params = params![site_id, event.event_id, *account_id, ticket.ticket_id, entry.occurred_at_ms];
            Statement::new(sql, params)
        }));
        self.write(statements).await.map(|_| ())
    }

    /// How many tickets mention a member who has yet to look at them.
    pub async fn unseen_mentions(&self, site_id: Id, account_id: Id) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(DISTINCT ticket_id) AS tickets FROM ticket_mention
             WHERE site_id = $1 AND account_id = $2 AND seen_at_ms IS NULL";
        let rows = self.read(sql, params![site_id, account_id]).await?;
        rows.first().map_or(Ok(0), |row| row.count("tickets"))
    }

    /// Whether a ticket mentions a member who has yet to look at it.
    pub async fn is_mentioned(&self, site_id: Id, (ticket_id, account_id): (Id, Id)) -> Result<bool, StoreError> {
        let sql = "SELECT event_id FROM ticket_mention
             WHERE site_id = $1 AND ticket_id = $2 AND account_id = $3 AND seen_at_ms IS NULL LIMIT 1";
        Ok(!self.read(sql, params![site_id, ticket_id, account_id]).await?.is_empty())
    }

    /// Notes that a member looked at a ticket that mentions them.
    pub async fn see_mentions(
        &self,
        site_id: Id,
        (ticket_id, account_id): (Id, Id),
        now_ms: i64,
    ) -> Result<(), StoreError> {
        if !self.is_mentioned(site_id, (ticket_id, account_id)).await? {
            return Ok(());
        }
        let sql = "UPDATE ticket_mention SET seen_at_ms = $4
             WHERE site_id = $1 AND ticket_id = $2 AND account_id = $3 AND seen_at_ms IS NULL";
        self.write(vec![Statement::new(sql, params![site_id, ticket_id, account_id, now_ms])]).await.map(|_| ())
    }
}
