//! The websites that send to this collector.

pub mod directory;
pub mod origin;
pub mod outcome;
pub mod refused_origins;
pub mod removal;
pub mod secrets;
pub mod settings;
pub mod setup;
pub mod theme;
pub mod time_zone;

use super::audit::AuditEntry;
use super::{Row, Statement, Store, StoreError, Value};
use crate::engine::value::placeholders;
use crate::params;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;

/// One website.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its id, part of every key below it.
    pub site_id: Id,
    /// Public, write-only key: the `data-site` of the script tag.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Origins whose pages may send, as browsers write them (`https://shop.example.com`).
    pub origins: Vec<String>,
    /// The zone that days and hours of its reports are cut in.
    pub time_zone: TimeZone,
    /// Accent colour of launcher and panel, `#rrggbb`.
    pub accent_color: String,
    /// When it was added, in epoch milliseconds.
    pub created_at_ms: i64,
}

/// Days between any two surveys that appear by themselves, for a new site: nobody is asked on page after page.
const COOLDOWN_DAYS: u32 = 7;

/// What pages of a site can watch besides: pictures that do not load, requests that fail.
pub const WATCHES: [&str; 2] = ["images", "requests"];

const COLUMNS: &str = "site_id, site_key, name, origins, time_zone, accent_color, created_at_ms";

impl Site {
    /// IANA name of the time zone (`Europe/Berlin`).
    pub fn time_zone_name(&self) -> &str {
        self.time_zone.iana_name().unwrap_or("UTC")
    }

    /// Whether people mean it by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let inconsistent = |what: &str, reason: String| StoreError::Inconsistent(format!("site.{what}: {reason}"));
        Ok(Self {
            site_id: row.id("site_id")?,
            key: row.text("site_key")?.into(),
            name: row.text("name")?.into(),
            origins: serde_json::from_str(row.text("origins")?)
                .map_err(|error| inconsistent("origins", error.to_string()))?,
            time_zone: TimeZone::get(row.text("time_zone")?)
                .map_err(|error| inconsistent("time_zone", error.to_string()))?,
            accent_color: row.text("accent_color")?.into(),
            created_at_ms: row.int("created_at_ms")?,
        })
    }
}

/// Most sites that a statement names; of more it reads all.
const NAMED: usize = 200;

/// The `WHERE` of a statement about some sites, with its parameters from `$1` on. It may give others', too.
pub(crate) fn among(site_ids: &[Id]) -> (String, Vec<Value>) {
    if site_ids.len() > NAMED {
        return (String::new(), Vec::new());
    }
    let ids = placeholders(1, site_ids.len());
    (format!("WHERE site_id IN ({ids})"), site_ids.iter().map(|id| Value::from(*id)).collect())
}

impl Store {
    /// Every site, by the time it was added.
    pub async fn sites(&self) -> Result<Vec<Site>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM site ORDER BY created_at_ms, site_id");
        self.read(sql, params![]).await?.iter().map(Site::read).collect()
    }

    /// The id of every site, in order.
    pub async fn site_ids(&self) -> Result<Vec<Id>, StoreError> {
        let rows = self.read("SELECT site_id FROM site ORDER BY site_id", params![]).await?;
        rows.iter().map(|row| row.id("site_id")).collect()
    }

    /// The site with that public key; `None` when there is none.
    pub async fn site_by_key(&self, key: &str) -> Result<Option<Site>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM site WHERE site_key = $1");
        self.read(sql, params![key]).await?.first().map(Site::read).transpose()
    }

    /// Replaces the origins whose pages may send, and notes who did.
    pub async fn set_site_origins(
        &self,
        site_id: Id,
        origins: &[String],
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let origins = serde_json::Value::from(origins).to_string();
        let sql = "UPDATE site SET origins = $2 WHERE site_id = $1";
        self.write(vec![Statement::new(sql, params![site_id, origins]), entry.statement(site_id)]).await.map(|_| ())
    }

    /// Days that have to pass between any two of the site's surveys that appear of their own accord; 0 for none.
    pub async fn site_cooldown_days(&self, site_id: Id) -> Result<u32, StoreError> {
        let rows = self
            .read("SELECT COALESCE(cooldown_days, 0) AS cooldown_days FROM site WHERE site_id = $1", params![site_id])
            .await?;
        let days = rows.first().map_or(Ok(0), |row| row.int("cooldown_days"))?;
        u32::try_from(days).map_err(|_| StoreError::Inconsistent("site.cooldown_days".into()))
    }

    /// Sets the days between two surveys of the site, and notes who did.
    pub async fn set_site_cooldown_days(&self, site_id: Id, days: u32, entry: &AuditEntry) -> Result<(), StoreError> {
        let sql = "UPDATE site SET cooldown_days = $2 WHERE site_id = $1";
        let set = Statement::new(sql, params![site_id, i64::from(days)]);
        self.write(vec![set, entry.statement(site_id)]).await.map(|_| ())
    }

    /// Of how many views in a hundred clicks are kept for heat maps; 0 for none.
    pub async fn site_heat_percent(&self, site_id: Id) -> Result<u32, StoreError> {
        let sql = "SELECT COALESCE(heat_percent, 0) AS heat_percent FROM site WHERE site_id = $1";
        let rows = self.read(sql, params![site_id]).await?;
        let percent = rows.first().map_or(Ok(0), |row| row.int("heat_percent"))?;
        u32::try_from(percent).map_err(|_| StoreError::Inconsistent("site.heat_percent".into()))
    }

    /// Sets of how many views in a hundred clicks are kept for heat maps, and notes who did.
    pub async fn set_site_heat_percent(&self, site_id: Id, percent: u32, entry: &AuditEntry) -> Result<(), StoreError> {
        let sql = "UPDATE site SET heat_percent = $2 WHERE site_id = $1";
        let set = Statement::new(sql, params![site_id, i64::from(percent)]);
        self.write(vec![set, entry.statement(site_id)]).await.map(|_| ())
    }

    /// What pages of the site watch that not every site asks for: some of [`WATCHES`], separated by spaces.
    pub async fn site_watches(&self, site_id: Id) -> Result<String, StoreError> {
        let sql = "SELECT COALESCE(watches, '') AS watches FROM site WHERE site_id = $1";
        self.read(sql, params![site_id])
            .await?
            .first()
            .map_or(Ok(String::new()), |row| Ok(row.text("watches")?.to_owned()))
    }

    /// Sets what pages of the site watch, and notes who did.
    pub async fn set_site_watches(&self, site_id: Id, watches: &str, entry: &AuditEntry) -> Result<(), StoreError> {
        let sql = "UPDATE site SET watches = $2 WHERE site_id = $1";
        self.write(vec![Statement::new(sql, params![site_id, watches]), entry.statement(site_id)]).await.map(|_| ())
    }

    /// Adds a site. The caller chose its id and a random key.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the key is taken.
    pub async fn add_site(&self, site: &Site) -> Result<(), StoreError> {
        if self.site_by_key(&site.key).await?.is_some() {
            return Err(StoreError::Refused(format!("the site key {} is taken", site.key)));
        }
        let origins = serde_json::Value::from(site.origins.clone()).to_string();
        let values = params![
            site.site_id,
            &site.key,
            &site.name,
            origins,
            site.time_zone_name(),
            &site.accent_color,
            site.created_at_ms,
            i64::from(COOLDOWN_DAYS),
        ];
        let sql = format!("INSERT INTO site ({COLUMNS}, cooldown_days) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        self.write(vec![Statement::new(sql, values)]).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{a_site, each_engine, note};

    #[tokio::test]
    async fn a_site_comes_back_as_it_was_added() {
        each_engine(async |store| {
            assert_eq!(store.sites().await, Ok(vec![]));
            let (first, second) = (a_site("first"), Site { created_at_ms: 2_000, ..a_site("second") });
            store.add_site(&second).await.unwrap();
            store.add_site(&first).await.unwrap();
            assert_eq!(store.site_by_key("first").await, Ok(Some(first.clone())));
            assert_eq!(store.site_by_key("third").await, Ok(None));
            assert!(matches!(store.add_site(&a_site("first")).await, Err(StoreError::Refused(_))));
            assert_eq!(store.site_cooldown_days(first.site_id).await, Ok(7));
            store.set_site_cooldown_days(first.site_id, 14, &note(5)).await.unwrap();
            assert_eq!(store.site_cooldown_days(first.site_id).await, Ok(14));
            assert_eq!(store.site_cooldown_days(second.site_id).await, Ok(7));
            assert_eq!(store.site_heat_percent(first.site_id).await, Ok(0));
            store.set_site_heat_percent(first.site_id, 25, &note(6)).await.unwrap();
            assert_eq!(store.site_heat_percent(first.site_id).await, Ok(25));
            assert_eq!(store.site_heat_percent(second.site_id).await, Ok(0));
            assert_eq!(store.site_watches(first.site_id).await, Ok(String::new()), "nothing that is not asked for");
            store.set_site_watches(first.site_id, "images", &note(6)).await.unwrap();
            assert_eq!(store.site_watches(first.site_id).await, Ok("images".to_owned()));
            let mut ids = vec![first.site_id, second.site_id];
            ids.sort();
            assert_eq!(store.site_ids().await, Ok(ids));
            assert_eq!(store.sites().await, Ok(vec![first, second]));
        })
        .await;
    }
}
