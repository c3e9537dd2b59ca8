//! Tickets: feedback that somebody has to act on, what happened to each, and how it is opened.

pub mod cause;
pub mod change;
pub mod list;
pub mod merge;
pub mod note;
pub mod rule;
pub mod view;

use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::named::named;
use crate::response::COUNTED;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};

/// Most characters of what a ticket is about.
pub const SUBJECT_CHARACTERS: usize = 200;
/// Characters of a code: 50 bits, so that two of a million tickets hardly ever have the same.
pub const CODE_CHARACTERS: usize = 10;
/// Longest note, in bytes of UTF-8.
pub const NOTE_BYTES: usize = 10_000;
/// Crockford's base 32: no letter that is taken for a number.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

named! {
    /// What a ticket came from.
    TicketKind {
        /// A low score.
        Rating: "rating", "Low rating";
        /// A problem report.
        Problem: "problem", "Problem";
        /// A review.
        Review: "review", "Review";
        /// An idea.
        Idea: "idea", "Idea";
        /// A message of a customer.
        Message: "message", "Message";
        /// Anything else.
        Other: "other", "Other";
    }
}

named! {
    /// How far a ticket is.
    State {
        /// Nobody has looked at it.
        New: "new", "New";
        /// Somebody has seen it.
        Acknowledged: "acknowledged", "Acknowledged";
        /// Somebody works on it.
        InProgress: "in_progress", "In progress";
        /// It waits for the customer, or for somebody else.
        Waiting: "waiting", "Waiting";
        /// It is done with.
        Resolved: "resolved", "Resolved";
    }
}

impl State {
    /// What it is after staff wrote to the customer and asked for this state, or for none: what was answered has been seen.
    pub fn after_reply(self, asked: Option<Self>) -> Self {
        let usual = if self == Self::New { Self::Acknowledged } else { self };
        asked.filter(|asked| *asked != Self::New).unwrap_or(usual)
    }
}

named! {
    /// How soon it has to be looked at.
    Priority {
        /// When there is time.
        Low: "low", "Low";
        /// As usual.
        Normal: "normal", "Normal";
        /// Before others.
        High: "high", "High";
        /// Before everything else.
        Urgent: "urgent", "Urgent";
    }
}

named! {
    /// What happened to a ticket.
    EventKind {
        /// It was opened.
        Opened: "opened", "opened it";
        /// Staff noted something, for staff.
        Note: "note", "noted";
        /// Staff wrote to the customer.
        Reply: "reply", "replied";
        /// The customer, or another participant, wrote.
        Received: "received", "wrote";
        /// A robot said that it has arrived.
        Acknowledged: "acknowledged", "said that it has arrived";
        /// It got another state.
        State: "state", "set the state";
        /// It got another owner.
        Owner: "owner", "gave it";
        /// It got another priority.
        Priority: "priority", "set the priority";
        /// A tag was added or taken away.
        Tag: "tag", "changed the tags";
        /// It got another cause.
        Cause: "cause", "set the cause";
        /// Somebody said whether the customer's problem is fixed.
        ProblemFixed: "problem_fixed", "said whether the problem is fixed";
        /// Somebody said whether its cause is fixed.
        CauseFixed: "cause_fixed", "said whether the cause is fixed";
        /// It was merged into another, or another into it.
        Merged: "merged", "merged it";
        /// That was undone.
        Unmerged: "unmerged", "undid the merge";
        /// The customer was asked whether it is fixed.
        Asked: "asked", "was asked";
        /// The customer said so.
        Confirmed: "confirmed", "answered whether it is fixed";
        /// It was opened again.
        Reopened: "reopened", "opened it again";
    }
}

/// A row of `ticket`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of ticket")]
pub struct Ticket {
    pub ticket_id: Id,
    pub code: String,
    pub kind: TicketKind,
    pub subject: String,
    pub path: String,
    pub standing: String,
    pub words: bool,
    pub response_id: Option<Id>,
    pub review_id: Option<Id>,
    pub customer_id: Option<Id>,
    pub issue_id: Option<Id>,
    pub state: State,
    pub priority: Priority,
    pub owner_id: Option<Id>,
    pub cause_id: Option<Id>,
    pub problem_fixed: Option<bool>,
    pub cause_fixed: Option<bool>,
    pub merged_into: Option<Id>,
    pub reopened: i64,
    pub version: i64,
    pub opened_at_ms: i64,
    pub changed_at_ms: i64,
    pub resolved_at_ms: Option<i64>,
}

/// Something that happened to a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketEvent {
    /// Its id.
    pub event_id: Id,
    /// The ticket that it happened to; of one that was merged its own.
    pub ticket_id: Id,
    /// What happened.
    pub kind: EventKind,
    /// Who did it, as [`AuditEntry::actor`].
    pub actor: String,
    /// What was said; may be empty.
    pub text: String,
    /// JSON, by kind: `{"from":…,"to":…,"version":…}` of a change.
    pub detail: String,
    /// When, in epoch milliseconds.
    pub occurred_at_ms: i64,
}

/// A ticket that is to be opened.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named as the columns of ticket")]
pub struct NewTicket {
    pub ticket_id: Id,
    pub kind: TicketKind,
    pub subject: String,
    pub path: String,
    pub standing: String,
    pub words: bool,
    pub response_id: Option<Id>,
    pub review_id: Option<Id>,
    pub customer_id: Option<Id>,
    pub issue_id: Option<Id>,
    pub priority: Priority,
    pub owner_id: Option<Id>,
    /// Who opens it, as [`AuditEntry::actor`].
    pub actor: String,
    pub opened_at_ms: i64,
}

/// The ticket of a response or of a review: there is one, however often it is opened.
pub fn id_of(site_id: Id, of: Id) -> Id {
    derived(b"rapport ticket 1", site_id, of)
}

fn derived(what: &[u8], site_id: Id, of: Id) -> Id {
    let digest = Sha256::new_with_prefix(what).chain_update(site_id.0).chain_update(of.0).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    Id(bytes)
}

/// What people call a ticket.
pub fn code_of(ticket_id: Id) -> String {
    let digest = Sha256::new_with_prefix("rapport ticket code 1").chain_update(ticket_id.0).finalize();
    digest.iter().take(CODE_CHARACTERS).map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect()
}

/// A code as it is kept, whichever letters were typed for it.
pub fn code_in(text: &str) -> String {
    let letter = |letter: char| match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    text.trim().trim_start_matches('#').chars().filter(|letter| *letter != '-').map(letter).take(64).collect()
}

/// The condition on `ticket t` that nobody has done with it.
pub(crate) const OPEN: &str = "t.merged_into IS NULL AND t.state <> 'resolved'";

pub(crate) const COLUMNS: &str = "ticket_id, code, kind, subject, path, standing, words, response_id, review_id, customer_id, issue_id, state,
    priority, owner_id, cause_id, problem_fixed, cause_fixed, merged_into, reopened, version, opened_at_ms, changed_at_ms,
    resolved_at_ms";

pub(crate) fn read_ticket(row: &Row) -> Result<Ticket, StoreError> {
    let flag = |column| row.int_or_null(column).map(|value| value.map(|value| value != 0));
    Ok(Ticket {
        ticket_id: row.id("ticket_id")?,
        code: row.text("code")?.to_owned(),
        kind: row.named("ticket.kind", |name| Some(TicketKind::parse(name).unwrap_or(TicketKind::Other)))?,
        subject: row.text("subject")?.to_owned(),
        path: row.text("path")?.to_owned(),
        standing: row.text("standing")?.to_owned(),
        words: row.flag("words")?,
        response_id: row.id_or_null("response_id")?,
        review_id: row.id_or_null("review_id")?,
        customer_id: row.id_or_null("customer_id")?,
        issue_id: row.id_or_null("issue_id")?,
        state: row.named("ticket.state", State::parse)?,
        priority: row.named("ticket.priority", Priority::parse)?,
        owner_id: row.id_or_null("owner_id")?,
        cause_id: row.id_or_null("cause_id")?,
        problem_fixed: flag("problem_fixed")?,
        cause_fixed: flag("cause_fixed")?,
        merged_into: row.id_or_null("merged_into")?,
        reopened: row.int("reopened")?,
        version: row.int("version")?,
        opened_at_ms: row.int("opened_at_ms")?,
        changed_at_ms: row.int("changed_at_ms")?,
        resolved_at_ms: row.int_or_null("resolved_at_ms")?,
    })
}

pub(crate) fn read_event(row: &Row) -> Result<Option<TicketEvent>, StoreError> {
    let Some(kind) = row.named_if_known("ticket_event.kind", EventKind::parse)? else { return Ok(None) };
    Ok(Some(TicketEvent {
        event_id: row.id("event_id")?,
        ticket_id: row.id("ticket_id")?,
        kind,
        actor: row.text("actor")?.to_owned(),
        text: row.text("text")?.to_owned(),
        detail: row.text("detail")?.to_owned(),
        occurred_at_ms: row.int("occurred_at_ms")?,
    }))
}

impl NewTicket {
    /// The statements that open it, once: run again, they change nothing but what the response says now. One whose response is no
    /// longer there, comes from a robot or is suspicious is not opened.
    pub fn statements(&self, site_id: Id) -> Vec<Statement> {
        let mut params = params![
            site_id,
            self.ticket_id,
            code_of(self.ticket_id),
            self.kind.as_str(),
            &self.subject,
            &self.path,
            &self.standing,
            self.words,
            self.response_id,
            self.review_id,
            self.customer_id,
            self.issue_id,
            State::New.as_str(),
            self.priority.as_str(),
            self.owner_id,
            self.opened_at_ms,
            self.opened_id(site_id),
        ];
        let such = match self.response_id {
            Some(_) => {
                format!("EXISTS (SELECT 1 FROM response r WHERE r.site_id = $1 AND r.item_id = $9 AND {COUNTED})")
            }
            None => "1 = 1".to_owned(),
        };
        let sql = format!(
            "INSERT INTO ticket (site_id, ticket_id, code, kind, subject, path, standing, words, response_id, review_id, customer_id,
               issue_id, state, priority, owner_id, opened_at_ms, change_id, changed_at_ms, reopened, version)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $16, 0, 0 WHERE {such}
             ON CONFLICT (site_id, ticket_id) DO UPDATE SET kind = excluded.kind, subject = excluded.subject,
               path = excluded.path, standing = excluded.standing, words = excluded.words,
               review_id = COALESCE(excluded.review_id, ticket.review_id),
               customer_id = COALESCE(excluded.customer_id, ticket.customer_id)
             WHERE ticket.kind <> excluded.kind OR ticket.subject <> excluded.subject OR ticket.path <> excluded.path
                OR ticket.standing <> excluded.standing OR ticket.words <> excluded.words
                OR ticket.customer_id IS NULL AND excluded.customer_id IS NOT NULL
                OR ticket.review_id IS NULL AND excluded.review_id IS NOT NULL"
        );
        let open = Statement::new(sql, std::mem::take(&mut params));
        let note = TicketEvent {
            event_id: self.opened_id(site_id),
            ticket_id: self.ticket_id,
            kind: EventKind::Opened,
            actor: self.actor.clone(),
            text: String::new(),
            detail: "{}".to_owned(),
            occurred_at_ms: self.opened_at_ms,
        };
        vec![open, note.statement_where(site_id, "ticket WHERE site_id = $1 AND ticket_id = $3", Vec::new())]
    }

    /// The event that it was opened by: there is one.
    fn opened_id(&self, site_id: Id) -> Id {
        derived(b"rapport ticket opened 1", site_id, self.ticket_id)
    }
}

impl TicketEvent {
    /// The statement that notes it where there is such a row: `such` goes on after `FROM`, with the site as `$1`, the ticket as `$3`
    /// and its own values from `$9` on.
    pub(crate) fn statement_where(&self, site_id: Id, such: &str, values: Vec<Value>) -> Statement {
        let sql = format!(
            "INSERT INTO ticket_event (site_id, event_id, ticket_id, kind, actor, text, detail, occurred_at_ms)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE EXISTS (SELECT 1 FROM {such})
             ON CONFLICT (site_id, event_id) DO NOTHING"
        );
        let mut params = params![
            site_id,
            self.event_id,
            self.ticket_id,
            self.kind.as_str(),
            &self.actor,
            &self.text,
            &self.detail,
            self.occurred_at_ms,
        ];
        params.extend(values);
        Statement::new(sql, params)
    }
}

/// The statement that notes something that happened to a ticket, if it is there; harmless when it is run again.
pub fn appending(site_id: Id, event: &TicketEvent) -> Statement {
    event.statement_where(site_id, "ticket WHERE site_id = $1 AND ticket_id = $3", Vec::new())
}

/// The statements after which what was promised of tickets that are erased, and kept or not, is counted as before, as that of tickets
/// nobody finds. What has yet to fall due is promised to nobody any more.
pub(crate) fn keeping_promises(site_id: Id, tickets: &[Id], clock: &Clock) -> Vec<Statement> {
    let keep = |ticket: &Id| {
        let undue = "DELETE FROM ticket_target WHERE site_id = $1 AND ticket_id = $2 AND met_at_ms IS NULL
             AND (due_at_ms IS NULL OR due_at_ms > $3)";
        let sql = "UPDATE ticket_target SET ticket_id = $3 WHERE site_id = $1 AND ticket_id = $2";
        [
            Statement::new(undue, params![site_id, *ticket, clock.now_ms()]),
            Statement::new(sql, params![site_id, *ticket, clock.new_id()]),
        ]
    };
    tickets.iter().flat_map(keep).collect()
}

impl Store {
    /// Opens a ticket, and notes who did, unless it is there; the ticket, or `None` where its response opens none.
    pub async fn open_ticket(
        &self,
        site_id: Id,
        new: &NewTicket,
        entry: &AuditEntry,
    ) -> Result<Option<Ticket>, StoreError> {
        if self.ticket(site_id, new.ticket_id).await?.is_none() {
            let mut statements = new.statements(site_id);
            let there = "ticket WHERE site_id = $1 AND ticket_id = $7";
            statements.push(entry.statement_where(site_id, there, params![new.ticket_id]));
            self.write(statements).await?;
        }
        self.ticket(site_id, new.ticket_id).await
    }

    /// Opens these by rule; nobody has to be told who did.
    pub async fn open_tickets(&self, site_id: Id, new: &[NewTicket]) -> Result<(), StoreError> {
        if new.is_empty() {
            return Ok(());
        }
        self.write(new.iter().flat_map(|new| new.statements(site_id)).collect()).await.map(|_| ())
    }

    /// One ticket, merged or not.
    pub async fn ticket(&self, site_id: Id, ticket_id: Id) -> Result<Option<Ticket>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM ticket WHERE site_id = $1 AND ticket_id = $2");
        self.read(sql, params![site_id, ticket_id]).await?.first().map(read_ticket).transpose()
    }

    /// The ticket that people call so, in whichever letters.
    pub async fn ticket_by_code(&self, site_id: Id, code: &str) -> Result<Option<Ticket>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM ticket WHERE site_id = $1 AND code = $2");
        self.read(sql, params![site_id, code_in(code)]).await?.first().map(read_ticket).transpose()
    }

    /// The ticket of a response.
    pub async fn ticket_of_response(&self, site_id: Id, response_id: Id) -> Result<Option<Ticket>, StoreError> {
        self.ticket(site_id, id_of(site_id, response_id)).await
    }

    /// Notes something that happened to a ticket; once, however often it is told.
    pub async fn append_ticket_event(&self, site_id: Id, event: &TicketEvent) -> Result<(), StoreError> {
        self.write(vec![appending(site_id, event)]).await.map(|_| ())
    }

    /// Everything that happened to a ticket and to those merged into it, oldest first.
    pub async fn ticket_events(&self, site_id: Id, ticket_id: Id) -> Result<Vec<TicketEvent>, StoreError> {
        let mut ids = vec![ticket_id];
        ids.extend(self.merged_into(site_id, ticket_id).await?.into_iter().map(|ticket| ticket.ticket_id));
        let sql = format!(
            "SELECT event_id, ticket_id, kind, actor, text, detail, occurred_at_ms FROM ticket_event
             WHERE site_id = $1 AND ticket_id IN ({}) ORDER BY occurred_at_ms, event_id",
            crate::engine::value::placeholders(2, ids.len())
        );
        let mut params = params![site_id];
        params.extend(ids.into_iter().map(Value::from));
        let rows = self.read(sql, params).await?;
        rows.iter().filter_map(|row| read_event(row).transpose()).collect()
    }
}

#[cfg(test)]
mod ticket_test;
