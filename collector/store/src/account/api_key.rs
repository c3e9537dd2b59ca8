//! Keys of servers: kept as hashes, each of one site.

use crate::account::scope::Scope;
use crate::audit::AuditEntry;
use crate::engine::value::count_unknown;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The key.
    pub key_id: Id,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made, in epoch milliseconds.
    pub created_at_ms: i64,
    /// When it was revoked, in epoch milliseconds.
    pub revoked_at_ms: Option<i64>,
}

const COLUMNS: &str = "key_id, name, scopes, created_at_ms, revoked_at_ms";

fn read_key(row: &Row) -> Result<ApiKey, StoreError> {
    let inconsistent = |reason: String| StoreError::Inconsistent(format!("api_key.scopes: {reason}"));
    let names: Vec<String> =
        serde_json::from_str(row.text("scopes")?).map_err(|error| inconsistent(error.to_string()))?;
    Ok(ApiKey {
        key_id: row.id("key_id")?,
        name: row.text("name")?.into(),
        scopes: names.iter().filter_map(|name| known_scope(name)).collect(),
        created_at_ms: row.int("created_at_ms")?,
        revoked_at_ms: row.int_or_null("revoked_at_ms")?,
    })
}

/// `None` for what only a newer collector knows: the key may do less here, and nothing else.
fn known_scope(name: &str) -> Option<Scope> {
    let scope = name.parse().ok();
    if scope.is_none() {
        count_unknown("api_key.scopes");
    }
    scope
}

impl Store {
    /// Adds a key of the site by the hash of its secret, and notes who did.
    pub async fn add_api_key(
        &self,
        site_id: Id,
        key: &ApiKey,
        key_hash: Vec<u8>,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO api_key (site_id, key_id, key_hash, name, scopes, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)";
        let names: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let scopes = serde_json::Value::from(names).to_string();
        let values = params![site_id, key.key_id, key_hash, &key.name, scopes, key.created_at_ms];
        self.write(vec![Statement::new(SQL, values), entry.statement(site_id)]).await.map(|_| ())
    }

    /// The site's key with that hash, unless it was revoked.
    pub async fn api_key_by_hash(&self, site_id: Id, key_hash: Vec<u8>) -> Result<Option<ApiKey>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM api_key WHERE site_id = $1 AND key_hash = $2 AND revoked_at_ms IS NULL");
        self.read(sql, params![site_id, key_hash]).await?.first().map(read_key).transpose()
    }

    /// The site's keys, oldest first, with those that were revoked.
    pub async fn api_keys(&self, site_id: Id) -> Result<Vec<ApiKey>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM api_key WHERE site_id = $1 ORDER BY created_at_ms, key_id");
        self.read(sql, params![site_id]).await?.iter().map(read_key).collect()
    }

    /// Revokes a key, and notes who did; false when the site has no such key, or it was revoked before.
    pub async fn revoke_api_key(&self, site_id: Id, key_id: Id, entry: &AuditEntry) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE api_key SET revoked_at_ms = $3
             WHERE site_id = $1 AND key_id = $2 AND revoked_at_ms IS NULL";
        if !self.api_keys(site_id).await?.iter().any(|key| key.key_id == key_id && key.revoked_at_ms.is_none()) {
            return Ok(false);
        }
        let revoke = Statement::new(SQL, params![site_id, key_id, entry.occurred_at_ms]);
        self.write(vec![revoke, entry.statement(site_id)]).await.map(|_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{each_engine, note};

    #[tokio::test]
    async fn a_key_works_on_its_site_until_it_is_revoked() {
        each_engine(async |store| {
            let (site, other) = (Clock::System.new_id(), Clock::System.new_id());
            let key = ApiKey {
                key_id: Clock::System.new_id(),
                name: "warehouse".into(),
                scopes: vec![Scope::ReadReports, Scope::ReadResponses],
                created_at_ms: 1,
                revoked_at_ms: None,
            };
            store.add_api_key(site, &key, vec![7; 32], &note(1)).await.unwrap();
            assert_eq!(store.api_key_by_hash(site, vec![7; 32]).await, Ok(Some(key.clone())));
            assert_eq!(store.api_key_by_hash(site, vec![8; 32]).await, Ok(None));
            assert_eq!(store.api_key_by_hash(other, vec![7; 32]).await, Ok(None));
            assert_eq!(store.revoke_api_key(other, key.key_id, &note(5)).await, Ok(false));
            assert_eq!(store.revoke_api_key(site, key.key_id, &note(5)).await, Ok(true));
            assert_eq!(store.revoke_api_key(site, key.key_id, &note(6)).await, Ok(false));
            assert_eq!(store.api_key_by_hash(site, vec![7; 32]).await, Ok(None));
            assert_eq!(store.api_keys(site).await, Ok(vec![ApiKey { revoked_at_ms: Some(5), ..key }]));
            assert_eq!(store.audit_entries(site, None, 10).await.unwrap().len(), 2, "what failed is not noted");
        })
        .await;
    }
}
