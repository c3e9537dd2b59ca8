//! Who changed what: every change of staff is noted in the transaction that makes it.

use super::{Row, Statement, Store, StoreError};
use crate::clock::Clock;
use crate::params;
use rapport_shared::id::Id;

/// Whoever has the database has the command line: it knows nobody by name.
pub const COMMAND_LINE: &str = "command line";

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id, of the instant it was made.
    pub entry_id: Id,
    /// Who: a mail address, a key (`key:` and its id), or [`COMMAND_LINE`].
    pub actor: String,
    /// What, such as `review.publish`.
    pub action: String,
    /// To what, such as `review 01890a5d-…`.
    pub subject: String,
    /// When, in epoch milliseconds.
    pub occurred_at_ms: i64,
}

fn read_entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        entry_id: row.id(0)?,
        actor: row.text(1)?.to_owned(),
        action: row.text(2)?.to_owned(),
        subject: row.text(3)?.to_owned(),
        occurred_at_ms: row.int(4)?,
    })
}

impl AuditEntry {
    /// What `actor` does now.
    pub fn now(clock: &Clock, actor: impl Into<String>, action: &str, subject: impl Into<String>) -> Self {
        Self {
            entry_id: clock.new_id(),
            actor: actor.into(),
            action: action.to_owned(),
            subject: subject.into(),
            occurred_at_ms: clock.now_ms(),
        }
    }

    /// The statement that notes it; it belongs into the transaction of the change.
    pub(in crate::store) fn statement(&self, site_id: Id) -> Statement {
        let sql = "INSERT INTO audit_entry (site_id, entry_id, actor, action, subject, occurred_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)";
        let params = params![site_id, self.entry_id, &self.actor, &self.action, &self.subject, self.occurred_at_ms];
        Statement::new(sql, params)
    }
}

impl Store {
    /// Notes what changes nothing that is stored, such as the showing of a secret.
    pub async fn note(&self, site_id: Id, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(vec![entry.statement(site_id)]).await.map(|_| ())
    }

    /// The newest changes of a site, those before an entry if one is given.
    pub async fn audit_entries(
        &self,
        site_id: Id,
        before: Option<Id>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "SELECT entry_id, actor, action, subject, occurred_at_ms FROM audit_entry
             WHERE site_id = $1 AND ($2 = 0 OR entry_id < $3) ORDER BY entry_id DESC LIMIT $4";
        let params = params![site_id, before.is_some(), before.unwrap_or_default(), limit];
        self.read(sql, params).await?.iter().map(read_entry).collect()
    }
}
