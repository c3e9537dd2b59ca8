//! How a site writes to its customers and hears from them by mail.

use crate::audit::AuditEntry;
use crate::engine::value::{placeholders, read_all};
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// Longest name of a sender, in characters.
pub const NAME_CHARACTERS: usize = 80;

/// The settings of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteMail {
    /// Where customers write to, in lower case; empty for the address of the settings.
    pub address: String,
    /// What stands before it; empty for the site's name.
    pub sender_name: String,
    /// Whether whoever opens a ticket by mail is told that it has arrived.
    pub acknowledges: bool,
    /// Whether customers are asked whether an answer was true and the problem is fixed.
    pub asks: bool,
}

fn read(row: &mut Row) -> Result<SiteMail, StoreError> {
    Ok(SiteMail {
        address: row.take_text("address")?,
        sender_name: row.take_text("sender_name")?,
        acknowledges: row.flag("acknowledges")?,
        asks: row.flag("asks")?,
    })
}

impl Store {
    /// Those of a site; the usual ones where nobody has set any.
    pub async fn site_mail(&self, site_id: Id) -> Result<SiteMail, StoreError> {
        let sql = "SELECT address, sender_name, acknowledges, asks FROM site_mail WHERE site_id = $1";
        Ok(read_all(self.read(sql, params![site_id]).await?, read)?.into_iter().next().unwrap_or_default())
    }

    /// The addresses of some sites, of those that have one of their own.
    pub async fn addresses_of_sites(&self, sites: &[Id]) -> Result<Vec<(Id, String)>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT site_id, address FROM site_mail WHERE site_id IN ({}) AND address <> '' ORDER BY site_id",
            placeholders(1, sites.len())
        );
        let params = sites.iter().map(|site_id| Value::from(*site_id)).collect();
        read_all(self.read(sql, params).await?, |row| Ok((row.id("site_id")?, row.take_text("address")?)))
    }

    /// Sets them, and notes who did.
    pub async fn set_site_mail(&self, site_id: Id, mail: &SiteMail, entry: &AuditEntry) -> Result<(), StoreError> {
        let sql = "INSERT INTO site_mail (site_id, address, sender_name, acknowledges, asks, changed_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (site_id) DO UPDATE SET address = excluded.address, sender_name = excluded.sender_name,
               acknowledges = excluded.acknowledges, asks = excluded.asks, changed_at_ms = excluded.changed_at_ms";
        let params =
            params![site_id, &mail.address, &mail.sender_name, mail.acknowledges, mail.asks, entry.occurred_at_ms];
        self.write(vec![Statement::new(sql, params), entry.statement(site_id)]).await.map(|_| ())
    }
}
