//! The way into a collector that has no site yet: links that whoever started it finds in the terminal. The first that is used makes the others
//! useless, and so does a site that was added in another way.

use crate::{Statement, Store, StoreError, params};

/// How long a link can be used, in milliseconds (7 days).
pub const LASTS_MS: i64 = 7 * 86_400_000;
/// What the names of links begin with among the settings of the collector.
const PREFIX: &str = "setup:";

fn name(token_hash: &[u8]) -> String {
    let hash: String = token_hash.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
    format!("{PREFIX}{hash}")
}

impl Store {
    /// Remembers a link by the hash of its token, and forgets those that are over.
    pub async fn add_setup_link(&self, token_hash: &[u8], now_ms: i64) -> Result<(), StoreError> {
        let old = "SELECT name, value FROM setting WHERE name LIKE 'setup:%'";
        let mut statements = Vec::new();
        for row in self.read(old, params![]).await? {
            if row.text("value")?.parse().is_ok_and(|until_ms: i64| until_ms <= now_ms) {
                let sql = "DELETE FROM setting WHERE name = $1";
                statements.push(Statement::new(sql, params![row.text("name")?]));
            }
        }
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        statements.push(Statement::new(sql, params![name(token_hash), (now_ms + LASTS_MS).to_string()]));
        self.write(statements).await.map(|_| ())
    }

    /// Whether the link with that token can be used: there is no site, and it is not over.
    pub async fn is_setup_link(&self, token_hash: &[u8], now_ms: i64) -> Result<bool, StoreError> {
        let sql = "SELECT value FROM setting WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM site)";
        let rows = self.read(sql, params![name(token_hash)]).await?;
        let until_ms = rows.first().map_or(Ok(0), |row| row.text("value").map(|text| text.parse().unwrap_or(0)))?;
        Ok(until_ms > now_ms)
    }

    /// Takes the link with that token, and all others with it; false where it cannot be used, or somebody took it before.
    pub async fn take_setup_link(&self, token_hash: &[u8], now_ms: i64) -> Result<bool, StoreError> {
        if !self.is_setup_link(token_hash, now_ms).await? {
            return Ok(false);
        }
        let take = "DELETE FROM setting WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM site) RETURNING name";
        if self.write(vec![Statement::new(take, params![name(token_hash)])]).await?[0].is_empty() {
            return Ok(false);
        }
        let others = "DELETE FROM setting WHERE name LIKE 'setup:%'";
        self.write(vec![Statement::new(others, params![])]).await.map(|_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{a_site, each_engine};

    #[tokio::test]
    async fn a_link_that_was_used_set_up_the_collector_again() {
        each_engine(async |store| {
            for (byte, now_ms) in [(1, 10), (2, 20), (3, 30)] {
                store.add_setup_link(&[byte; 32], now_ms).await.unwrap();
            }
            assert_eq!(store.is_setup_link(&[1; 32], 10 + LASTS_MS).await, Ok(false), "it is over");
            assert_eq!(store.is_setup_link(&[4; 32], 40).await, Ok(false));
            assert_eq!(store.is_setup_link(&[2; 32], 40).await, Ok(true), "opening it uses nothing up");
            assert_eq!(store.take_setup_link(&[2; 32], 40).await, Ok(true));
            for byte in [1, 2, 3] {
                assert_eq!(store.take_setup_link(&[byte; 32], 40).await, Ok(false), "{byte}");
            }
            store.add_setup_link(&[5; 32], 50).await.unwrap();
            store.add_site(&a_site("shop")).await.unwrap();
            assert_eq!(store.is_setup_link(&[5; 32], 60).await, Ok(false), "there is a site");
            assert_eq!(store.take_setup_link(&[5; 32], 60).await, Ok(false));
        })
        .await;
    }
}
