//! Why people complain: causes, how many tickets each has, and which of them keep coming back.

use super::Ticket;
use crate::audit::AuditEntry;
use crate::{Row, Statement, Store, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use std::borrow::Cow;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 120;
/// Most causes of a site.
pub const MOST: u64 = 2_000;

/// A cause, with its tickets counted; those that were merged into others are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its id.
    pub cause_id: Id,
    /// What people call it; no two of a site are called alike.
    pub name: String,
    /// The issue found on the page, see [`crate::issue::IssueKey::id`].
    pub issue_id: Option<Id>,
    /// When it was last said to be fixed, in epoch milliseconds.
    pub fixed_at_ms: Option<i64>,
    /// Its tickets.
    pub tickets: u64,
    /// Those of them that nobody has done with.
    pub open: u64,
    /// Those that were opened after it was first said to be fixed: it came back.
    pub came_back: u64,
    /// Those that were opened after it was last said to be fixed.
    pub since_fix: u64,
    /// When the last was opened, in epoch milliseconds.
    pub last_ms: Option<i64>,
}

/// What became of a change of causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Done,
    /// Another cause of the site has this name.
    NameTaken,
    /// The site has [`MOST`] already.
    TooMany,
    /// The site has no such cause.
    Unknown,
}

/// A name as it is kept.
///
/// # Errors
/// The field, with its limit.
pub fn name(typed: &str) -> Result<String, Fault> {
    let name = text::line(Cow::Borrowed(typed), usize::MAX).trim().to_owned();
    match name.chars().count() {
        1..=NAME_CHARACTERS => Ok(name),
        has => Err(Fault::new("cause", format!("must be 1 to {NAME_CHARACTERS} characters, has {has}"))),
    }
}

/// The statement that says that the cause of a ticket is fixed, if the ticket's last change is this one.
pub(crate) fn said_fixed(site_id: Id, ticket_id: Id, (change_id, at_ms): (Id, i64)) -> Statement {
    let sql = "UPDATE ticket_cause SET fixed_at_ms = $4, first_fixed_at_ms = COALESCE(first_fixed_at_ms, $4)
         WHERE site_id = $1 AND cause_id IN
           (SELECT t.cause_id FROM ticket t WHERE t.site_id = $1 AND t.ticket_id = $2 AND t.change_id = $3)";
    Statement::new(sql, params![site_id, ticket_id, change_id, at_ms])
}

fn read_cause(row: &Row) -> Result<Cause, StoreError> {
    Ok(Cause {
        cause_id: row.id("cause_id")?,
        name: row.text("name")?.to_owned(),
        issue_id: row.id_or_null("issue_id")?,
        fixed_at_ms: row.int_or_null("fixed_at_ms")?,
        tickets: row.count("tickets")?,
        open: row.count("open_tickets")?,
        came_back: row.count("came_back")?,
        since_fix: row.count("since_fix")?,
        last_ms: row.int_or_null("last_ms")?,
    })
}

impl Store {
    /// The causes of a site: those that came back first, then by how many tickets they have.
    pub async fn causes(&self, site_id: Id) -> Result<Vec<Cause>, StoreError> {
        let sql = "SELECT c.cause_id, c.name, c.issue_id, c.fixed_at_ms, COUNT(t.ticket_id) AS tickets,
               SUM(CASE WHEN t.state <> 'resolved' THEN 1 ELSE 0 END) AS open_tickets,
               SUM(CASE WHEN t.opened_at_ms > c.first_fixed_at_ms THEN 1 ELSE 0 END) AS came_back,
               SUM(CASE WHEN t.opened_at_ms > c.fixed_at_ms THEN 1 ELSE 0 END) AS since_fix, MAX(t.opened_at_ms) AS last_ms
             FROM ticket_cause c LEFT JOIN ticket t
               ON t.site_id = c.site_id AND t.cause_id = c.cause_id AND t.merged_into IS NULL
             WHERE c.site_id = $1 GROUP BY c.cause_id, c.name, c.issue_id, c.fixed_at_ms
             ORDER BY since_fix DESC, tickets DESC, c.name";
        self.read(sql, params![site_id]).await?.iter().map(read_cause).collect()
    }

    /// The cause of that name, made now if there is none; `None` where the site has [`MOST`] already.
    pub async fn cause_named(
        &self,
        site_id: Id,
        (cause_id, name): (Id, &str),
        issue_id: Option<Id>,
        entry: &AuditEntry,
    ) -> Result<Option<Id>, StoreError> {
        let find = "SELECT cause_id FROM ticket_cause WHERE site_id = $1 AND name = $2";
        let rows = self.read(find, params![site_id, name]).await?;
        if let Some(row) = rows.first() {
            return row.id("cause_id").map(Some);
        }
        let count =
            self.read("SELECT COUNT(*) AS causes FROM ticket_cause WHERE site_id = $1", params![site_id]).await?;
        if count.first().map_or(Ok(0), |row| row.count("causes"))? >= MOST {
            return Ok(None);
        }
        let sql =
            "INSERT INTO ticket_cause (site_id, cause_id, name, issue_id, created_at_ms) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (site_id, name) DO NOTHING";
        let insert = Statement::new(sql, params![site_id, cause_id, name, issue_id, entry.occurred_at_ms]);
        let made = "ticket_cause WHERE site_id = $1 AND cause_id = $7";
        self.write(vec![insert, entry.statement_where(site_id, made, params![cause_id])]).await?;
        let rows = self.read(find, params![site_id, name]).await?;
        rows.first().map(|row| row.id("cause_id")).transpose()
    }

    /// Says how a cause is called, which issue it is, and when it was fixed, `None` for never; notes who did.
    pub async fn change_cause(
        &self,
        site_id: Id,
        (cause_id, name): (Id, &str),
        (issue_id, fixed_at_ms): (Option<Id>, Option<i64>),
        entry: &AuditEntry,
    ) -> Result<Kept, StoreError> {
        let known = "SELECT cause_id FROM ticket_cause WHERE site_id = $1 AND cause_id = $2";
        if self.read(known, params![site_id, cause_id]).await?.is_empty() {
            return Ok(Kept::Unknown);
        }
        // Who takes back that it was fixed takes back that it came back.
        let sql = "UPDATE ticket_cause SET name = $3, issue_id = $4, fixed_at_ms = $5,
               first_fixed_at_ms = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN NULL ELSE COALESCE(first_fixed_at_ms, $5) END
             WHERE site_id = $1 AND cause_id = $2 AND NOT EXISTS
               (SELECT 1 FROM ticket_cause o WHERE o.site_id = $1 AND o.name = $3 AND o.cause_id <> $2)
             RETURNING cause_id";
        let change = Statement::new(sql, params![site_id, cause_id, name, issue_id, fixed_at_ms]);
        let such = "ticket_cause WHERE site_id = $1 AND cause_id = $7 AND name = $8";
        let rows = self.write(vec![change, entry.statement_where(site_id, such, params![cause_id, name])]).await?;
        Ok(if rows[0].is_empty() { Kept::NameTaken } else { Kept::Done })
    }
}

impl Cause {
    /// Whether it is of this ticket.
    pub fn is_of(&self, ticket: &Ticket) -> bool {
        ticket.cause_id == Some(self.cause_id)
    }

    /// Whether tickets came after somebody said that it was fixed.
    pub fn keeps_coming_back(&self) -> bool {
        self.came_back > 0
    }
}
