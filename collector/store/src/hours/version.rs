//! The versions of a site's hours as they are kept: a change adds one, and none is ever changed.

use super::Hours;
use crate::audit::AuditEntry;
use crate::site::Site;
use crate::target::reckoning_open;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// One version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number, from 1 on; 0 for the usual hours of a site that never said anything.
    pub version: i64,
    /// The hours.
    pub hours: Hours,
    /// Who made it: a mail address, or a key; empty for nobody.
    pub actor: String,
    /// When, in epoch milliseconds.
    pub created_at_ms: i64,
}

fn read(row: &Row) -> Result<Version, StoreError> {
    let definition = row.text("definition")?;
    Ok(Version {
        version: row.int("version")?,
        hours: serde_json::from_str(definition)
            .map_err(|error| StoreError::Inconsistent(format!("site_hours.definition: {error}")))?,
        actor: row.text("actor")?.to_owned(),
        created_at_ms: row.int("created_at_ms")?,
    })
}

const COLUMNS: &str = "version, definition, actor, created_at_ms";

impl Store {
    /// Every version of a site's hours, the newest first; the last is the usual one, from before anybody said anything.
    pub async fn hours_versions(&self, site: &Site) -> Result<Vec<Version>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM site_hours WHERE site_id = $1 ORDER BY version DESC");
        let rows = self.read(sql, params![site.site_id]).await?;
        let mut versions = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        // The zone of before is that of the first version: what was counted by it is not counted anew.
        let zone = versions.last().map_or(site.time_zone_name(), |first| first.hours.zone.as_str());
        let hours = Hours::usual(zone);
        versions.push(Version { version: 0, hours, actor: String::new(), created_at_ms: site.created_at_ms });
        Ok(versions)
    }

    /// The hours that count now.
    pub async fn hours(&self, site: &Site) -> Result<Version, StoreError> {
        let mut versions = self.hours_versions(site).await?;
        Ok(versions.swap_remove(0))
    }

    /// Keeps a version after `after`, notes who made it, and has the open targets of tickets reckoned by it; false where somebody else made
    /// one in the meantime.
    pub async fn add_hours(
        &self,
        site_id: Id,
        hours: &Hours,
        after: i64,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let definition = serde_json::to_string(hours)
            .map_err(|error| StoreError::Refused(format!("hours cannot be written: {error}")))?;
        let sql = format!(
            "INSERT INTO site_hours (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (site_id, version) DO NOTHING RETURNING version"
        );
        let params = params![site_id, after + 1, definition, &entry.actor, entry.occurred_at_ms];
        // The note is of a row that is there only where it was this one that got in.
        let such = "site_hours WHERE site_id = $1 AND version = $7 AND actor = $3 AND created_at_ms = $6";
        let note = entry.statement_where(site_id, such, params![after + 1]);
        let reckon = reckoning_open(site_id, entry.occurred_at_ms);
        let rows = self.write(vec![Statement::new(sql, params), note, reckon]).await?;
        Ok(!rows[0].is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hours::Draft;
    use crate::test_store::{a_site, each_engine, note};

    #[tokio::test]
    async fn hours_are_kept_version_by_version_and_two_at_a_time_do_not_undo_each_other() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let usual = store.hours(&site).await.unwrap();
            assert_eq!((usual.version, usual.hours), (0, Hours::usual(site.time_zone_name())));
            let mut draft = Draft::of(&Hours::usual("UTC"));
            draft.days = "2026-12-24 9-12 Christmas Eve".into();
            let hours = draft.check("UTC").unwrap();
            assert_eq!(store.add_hours(site.site_id, &hours, 0, &note(5)).await, Ok(true));
            assert_eq!(store.add_hours(site.site_id, &Hours::usual("UTC"), 0, &note(6)).await, Ok(false));
            assert_eq!(store.add_hours(site.site_id, &Hours::usual("UTC"), 1, &note(7)).await, Ok(true));
            let versions = store.hours_versions(&site).await.unwrap();
            let numbers: Vec<_> = versions.iter().map(|version| version.version).collect();
            assert_eq!((numbers, &versions[1].hours), (vec![2, 1, 0], &hours));
            assert_eq!(store.hours(&site).await, Ok(versions[0].clone()));
            assert_eq!(store.audit_entries(site.site_id, None, 9).await.unwrap().len(), 2);
        })
        .await;
    }
}
