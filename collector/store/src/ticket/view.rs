//! Views of the inbox: filters that were given a name.

use crate::audit::AuditEntry;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Most views of a site.
pub const VIEWS: usize = 100;

/// Filters of the inbox by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its id.
    pub view_id: Id,
    /// What people call it; no two of a site are called alike.
    pub name: String,
    /// The query string of the inbox that gives it.
    pub fields: String,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Done,
    /// Another view of the site has this name.
    NameTaken,
    /// The site has [`VIEWS`] already.
    TooMany,
    /// The site has no such view.
    Unknown,
}

fn read_view(row: &Row) -> Result<View, StoreError> {
    Ok(View { view_id: row.id("view_id")?, name: row.text("name")?.to_owned(), fields: row.text("fields")?.to_owned() })
}

const OF_VIEW: &str = "ticket_view WHERE site_id = $1 AND view_id = $7";

impl Store {
    /// The views of a site, by name.
    pub async fn ticket_views(&self, site_id: Id) -> Result<Vec<View>, StoreError> {
        let sql = "SELECT view_id, name, fields FROM ticket_view WHERE site_id = $1 ORDER BY name";
        self.read(sql, params![site_id]).await?.iter().map(read_view).collect()
    }

    /// Keeps a view, and notes who did.
    pub async fn add_ticket_view(&self, site_id: Id, view: &View, entry: &AuditEntry) -> Result<Kept, StoreError> {
        if self.ticket_views(site_id).await?.len() >= VIEWS {
            return Ok(Kept::TooMany);
        }
        let sql = "INSERT INTO ticket_view (site_id, view_id, name, fields, created_at_ms) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (site_id, name) DO NOTHING RETURNING name";
        let View { view_id, name, fields } = view;
        let insert = Statement::new(sql, params![site_id, *view_id, name, fields, entry.occurred_at_ms]);
        let note = entry.statement_where(site_id, OF_VIEW, params![*view_id]);
        let rows = self.write(vec![insert, note]).await?;
        Ok(if rows[0].is_empty() { Kept::NameTaken } else { Kept::Done })
    }

    /// Forgets a view, and notes who did.
    pub async fn remove_ticket_view(&self, site_id: Id, view_id: Id, entry: &AuditEntry) -> Result<Kept, StoreError> {
        let sql = "DELETE FROM ticket_view WHERE site_id = $1 AND view_id = $2 RETURNING name";
        let note = entry.statement_where(site_id, OF_VIEW, params![view_id]);
        let rows = self.write(vec![note, Statement::new(sql, params![site_id, view_id])]).await?;
        Ok(if rows[1].is_empty() { Kept::Unknown } else { Kept::Done })
    }
}
