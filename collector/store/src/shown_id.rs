//! The ids of visits, views and signals, as members and servers know them.
//!
//! A browser names its visit and what it sends by ids that are its secrets: whoever knows one may revise a view, see what is stored
//! of the visit, and erase it. So nobody is shown more than a digest.

use crate::{Store, StoreError, params};
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};

/// Most visits of one instant that are looked through for one.
const OF_AN_INSTANT: i64 = 10_000;

/// What is shown for an id of a site's visit, view or signal: the instant of that id, so that it is found again, and 74 bits of
/// SHA-256 over site and id. The same id is the same wherever it is shown.
pub fn of_stored(site_id: Id, secret: Id) -> Id {
    let mut hash = Sha256::new();
    hash.update(b"stored");
    hash.update(site_id.0);
    hash.update(secret.0);
    let digest = hash.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    Id::version_7(secret.unix_ms(), random)
}

impl Store {
    /// The visit that is shown as `shown`; `None` where nothing is kept of it.
    pub async fn visit_shown_as(&self, site_id: Id, shown: Id) -> Result<Option<Id>, StoreError> {
        let (mut first, mut last) = (shown, shown);
        first.0[6..].fill(0);
        last.0[6..].fill(0xff);
        let sql = "SELECT DISTINCT session_id FROM session_hour
             WHERE site_id = $1 AND session_id >= $2 AND session_id <= $3 LIMIT $4";
        for row in self.read(sql, params![site_id, first, last, OF_AN_INSTANT]).await? {
            let session_id = row.id("session_id")?;
            if of_stored(site_id, session_id) == shown {
                return Ok(Some(session_id));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::each_engine;
    use crate::{Statement, test_store};

    #[tokio::test(flavor = "multi_thread")]
    async fn the_address_of_a_visit_was_what_its_browser_erases_it_by() {
        each_engine(async |store| {
            let site = test_store::a_site("shop");
            store.add_site(&site).await.unwrap();
            let visits: Vec<Id> = (0..3).map(|number| Id::version_7(1_790_000_000_000, [number; 10])).collect();
            let sql = "INSERT INTO session_hour (site_id, session_id, hour_ms) VALUES ($1, $2, 0)";
            let kept = visits.iter().take(2).map(|visit| Statement::new(sql, params![site.site_id, *visit]));
            store.write(kept.collect()).await.unwrap();
            for (place, visit) in visits.iter().enumerate() {
                let shown = of_stored(site.site_id, *visit);
                assert_ne!(shown, *visit);
                assert_eq!(store.visit_shown_as(site.site_id, shown).await.unwrap(), (place < 2).then_some(*visit));
                assert_eq!(store.visit_shown_as(Id([9; 16]), shown).await.unwrap(), None, "of another site");
                assert_eq!(store.visit_shown_as(site.site_id, *visit).await.unwrap(), None, "by the secret itself");
            }
        })
        .await;
    }
}
