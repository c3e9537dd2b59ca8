//! Codes that show a heat map over a live page: each is good once, and for minutes. What is kept of one is a hash.

use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// How long a code is good, in milliseconds (5 minutes).
pub const CODE_MS: i64 = 5 * 60_000;

impl Store {
    /// Keeps a code by its hash, with what it shows as the fields of an address, for [`CODE_MS`]; those of the site that are over go.
    pub async fn add_heat_code(
        &self,
        site_id: Id,
        code_hash: Vec<u8>,
        fields: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let over = Statement::new(
            "DELETE FROM heat_code WHERE site_id = $1 AND expires_at_ms <= $2",
            params![site_id, now_ms],
        );
        let sql = "INSERT INTO heat_code (site_id, code_hash, fields, expires_at_ms) VALUES ($1, $2, $3, $4)";
        let add = Statement::new(sql, params![site_id, code_hash, fields, now_ms + CODE_MS]);
        self.write(vec![over, add]).await.map(|_| ())
    }

    /// Takes a code away; what it shows, unless it was used, is over or never was.
    pub async fn take_heat_code(
        &self,
        site_id: Id,
        code_hash: Vec<u8>,
        now_ms: i64,
    ) -> Result<Option<String>, StoreError> {
        // Whoever guesses codes has nothing written.
        let known = "SELECT 1 FROM heat_code WHERE site_id = $1 AND code_hash = $2";
        if self.read(known, params![site_id, code_hash.clone()]).await?.is_empty() {
            return Ok(None);
        }
        let sql = "DELETE FROM heat_code WHERE site_id = $1 AND code_hash = $2 RETURNING fields, expires_at_ms";
        let taken = self.write(vec![Statement::new(sql, params![site_id, code_hash])]).await?;
        let Some(row) = taken.first().and_then(|rows| rows.first()) else { return Ok(None) };
        Ok((row.int("expires_at_ms")? > now_ms).then_some(row.text("fields")?.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{a_site, each_engine};

    #[tokio::test]
    async fn a_code_shows_a_map_once_for_minutes_and_for_its_site_alone() {
        const NOW_MS: i64 = 1_795_341_600_000;
        each_engine(async |store| {
            let (site, other) = (a_site("shop"), a_site("other"));
            store.add_site(&site).await.unwrap();
            store.add_site(&other).await.unwrap();
            let (site_id, other_id) = (site.site_id, other.site_id);
            let hash = |byte: u8| vec![byte; 32];
            store.add_heat_code(site_id, hash(1), "page=%2F", NOW_MS).await.unwrap();
            store.add_heat_code(site_id, hash(2), "page=%2Fa", NOW_MS).await.unwrap();
            assert_eq!(store.take_heat_code(other_id, hash(1), NOW_MS).await, Ok(None), "of another site");
            assert_eq!(store.take_heat_code(site_id, hash(9), NOW_MS).await, Ok(None), "never was");
            assert_eq!(store.take_heat_code(site_id, hash(1), NOW_MS).await, Ok(Some("page=%2F".into())));
            assert_eq!(store.take_heat_code(site_id, hash(1), NOW_MS).await, Ok(None), "used");
            assert_eq!(store.take_heat_code(site_id, hash(2), NOW_MS + CODE_MS).await, Ok(None), "over");
            store.add_heat_code(site_id, hash(3), "page=%2Fb", NOW_MS).await.unwrap();
            store.add_heat_code(site_id, hash(4), "page=%2Fc", NOW_MS + CODE_MS).await.unwrap();
            let kept = store.read("SELECT fields FROM heat_code", vec![]).await.unwrap();
            assert_eq!(kept.len(), 1, "what is over is not kept");
        })
        .await;
    }
}
