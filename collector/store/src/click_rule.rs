//! Which versions of the rules for clicks a site has met, and since when: counts by different rules are not comparable.

use super::{Statement, Store, StoreError};
use crate::params;
use rapport_shared::id::Id;

/// A version, and the start of the first hour with a click that was judged by it, in epoch milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClickRule {
    /// The version, from 1.
    pub version: i64,
    /// Since when.
    pub since_ms: i64,
}

/// The statement that notes a click judged by a version in the hour that begins at `hour_ms`.
pub fn used(site_id: Id, version: u32, hour_ms: i64) -> Statement {
    let sql = "INSERT INTO click_rule (site_id, rule, since_ms) VALUES ($1, $2, $3)
         ON CONFLICT (site_id, rule) DO UPDATE SET since_ms = excluded.since_ms
         WHERE excluded.since_ms < click_rule.since_ms";
    Statement::new(sql, params![site_id, i64::from(version), hour_ms])
}

impl Store {
    /// The versions that a site has met, the lowest first.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn click_rules(&self, site_id: Id) -> Result<Vec<ClickRule>, StoreError> {
        let sql = "SELECT rule, since_ms FROM click_rule WHERE site_id = $1 ORDER BY rule";
        let rows = self.read(sql, params![site_id]).await?;
        rows.iter().map(|row| Ok(ClickRule { version: row.int("rule")?, since_ms: row.int("since_ms")? })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_version_is_known_since_the_first_hour_with_a_click_that_it_judged() {
        each_engine(async |store| {
            let (site, other) = (Id([1; 16]), Id([2; 16]));
            let statements =
                vec![used(site, 2, 7_200_000), used(site, 2, 3_600_000), used(site, 2, 10_800_000), used(site, 1, 0)];
            store.write(statements).await.expect("they are noted");
            let rules = store.click_rules(site).await.expect("they are read");
            let expected = [(1, 0), (2, 3_600_000)].map(|(version, since_ms)| ClickRule { version, since_ms });
            assert_eq!(rules, expected);
            assert_eq!(store.click_rules(other).await, Ok(Vec::new()));
        })
        .await;
    }
}
