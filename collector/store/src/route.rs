//! Routes: patterns of a site's own that say which of its pages are one.

use crate::audit::AuditEntry;
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Longest pattern, in bytes.
pub const PATTERN_BYTES: usize = 512;
/// Most patterns of a site.
pub const ROUTES: usize = 100;

/// The row of a pattern, for the note of a change to it.
const OF_ROUTE: &str = "route WHERE site_id = $1 AND pattern = $7";

impl Store {
    /// The patterns of a site, in order.
    pub async fn routes(&self, site_id: Id) -> Result<Vec<String>, StoreError> {
        let rows = self.read("SELECT pattern FROM route WHERE site_id = $1 ORDER BY pattern", params![site_id]).await?;
        rows.iter().map(|row| Ok(row.text("pattern")?.to_owned())).collect()
    }

    /// Keeps a pattern, and notes who made it; false where it was there already.
    pub async fn add_route(
        &self,
        site_id: Id,
        pattern: &str,
        at_ms: i64,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        if self.routes(site_id).await?.iter().any(|known| known == pattern) {
            return Ok(false);
        }
        let sql = "INSERT INTO route (site_id, pattern, created_at_ms) VALUES ($1, $2, $3)
             ON CONFLICT (site_id, pattern) DO NOTHING RETURNING pattern";
        let insert = Statement::new(sql, params![site_id, pattern, at_ms]);
        let rows = self.write(vec![insert, entry.statement_where(site_id, OF_ROUTE, params![pattern])]).await?;
        Ok(!rows[0].is_empty())
    }

    /// Forgets a pattern, and notes who did; false where there was none.
    pub async fn remove_route(&self, site_id: Id, pattern: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        let sql = "DELETE FROM route WHERE site_id = $1 AND pattern = $2 RETURNING pattern";
        let note = entry.statement_where(site_id, OF_ROUTE, params![pattern]);
        let rows = self.write(vec![note, Statement::new(sql, params![site_id, pattern])]).await?;
        Ok(!rows[1].is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{a_site, each_engine};

    #[tokio::test]
    async fn a_pattern_is_kept_once_and_only_changes_are_noted() {
        each_engine(async |store| {
            let (shop, blog) = (a_site("shop").site_id, Id([9; 16]));
            let note = |action: &str| AuditEntry::now(&Clock::System, "eve@example.com", action, "route /p/*");
            for (pattern, added) in [("/p/*", true), ("/p/*", false), ("/a/**", true)] {
                assert_eq!(store.add_route(shop, pattern, 5, &note("route.add")).await, Ok(added), "{pattern}");
            }
            assert_eq!(store.routes(shop).await, Ok(vec!["/a/**".to_owned(), "/p/*".to_owned()]));
            assert_eq!(store.routes(blog).await, Ok(vec![]));
            for removed in [true, false] {
                assert_eq!(store.remove_route(shop, "/p/*", &note("route.remove")).await, Ok(removed));
            }
            assert_eq!(store.remove_route(blog, "/a/**", &note("route.remove")).await, Ok(false));
            let noted = store.audit_entries(shop, None, 20).await.unwrap();
            assert_eq!(noted.len(), 3);
        })
        .await;
    }
}
