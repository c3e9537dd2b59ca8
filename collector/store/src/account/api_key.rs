//! Keys of servers: kept as hashes, each of one site.

use crate::account::scope::Scope;
use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::value::count_unknown;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;

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
    /// Until when it may be used, in epoch milliseconds; `None` for as long as nobody revokes it.
    pub expires_at_ms: Option<i64>,
    /// When it was last used, to the hour, in epoch milliseconds; `None` where it never was.
    pub used_at_ms: Option<i64>,
}

impl ApiKey {
    /// A key as it is made now.
    ///
    /// # Errors
    /// The fields at fault.
    pub fn new(draft: &Draft, clock: &Clock) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let name = draft.name.trim();
        if !(1..=NAME_CHARACTERS).contains(&name.chars().count()) {
            faults.push(Fault::new("name", format!("must be 1 to {NAME_CHARACTERS} characters")));
        }
        let mut scopes = Vec::new();
        for name in &draft.scopes {
            match name.parse() {
                Ok(scope) => scopes.push(scope),
                Err(reason) => faults.push(Fault::new("scopes", reason)),
            }
        }
        if draft.scopes.is_empty() {
            faults.push(Fault::new("scopes", "must name at least one"));
        }
        scopes.sort_unstable();
        scopes.dedup();
        let days = draft.days.trim();
        let days = if days.is_empty() { Ok(None) } else { days.parse::<i64>().map(Some) };
        let days = days.ok().filter(|days| days.is_none_or(|days| (1..=MOST_DAYS).contains(&days)));
        if days.is_none() {
            faults
                .push(Fault::new("days", format!("must be a whole number from 1 to {MOST_DAYS}, or empty for no end")));
        }
        let created_at_ms = clock.now_ms();
        let expires_at_ms = days.flatten().map(|days| created_at_ms + days * DAY_MS);
        let key_id = clock.new_id();
        let name = name.to_owned();
        let key = Self { key_id, name, scopes, created_at_ms, revoked_at_ms: None, expires_at_ms, used_at_ms: None };
        if faults.is_empty() { Ok(key) } else { Err(faults) }
    }
}

/// A key as somebody asks for it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What people call it: 1 to [`NAME_CHARACTERS`].
    pub name: String,
    /// The names of what it may do.
    pub scopes: Vec<String>,
    /// For how many days it may be used, 1 to [`MOST_DAYS`]; empty for as long as nobody revokes it.
    pub days: String,
}

/// Longest name of a key, in characters.
pub const NAME_CHARACTERS: usize = 120;
/// For how many days a key may be used at most.
pub const MOST_DAYS: i64 = 3_650;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// How often it is noted that a key is used, in milliseconds.
const NOTED_EVERY_MS: i64 = 3_600_000;

const COLUMNS: &str = "key_id, name, scopes, created_at_ms, revoked_at_ms, expires_at_ms, used_at_ms";

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
        expires_at_ms: row.int_or_null("expires_at_ms")?,
        used_at_ms: row.int_or_null("used_at_ms")?,
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
        const SQL: &str = "INSERT INTO api_key (site_id, key_id, key_hash, name, scopes, created_at_ms, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let names: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let scopes = serde_json::Value::from(names).to_string();
        let values = params![site_id, key.key_id, key_hash, &key.name, scopes, key.created_at_ms, key.expires_at_ms];
        self.write(vec![Statement::new(SQL, values), entry.statement(site_id)]).await.map(|_| ())
    }

    /// The site's key with that hash, which is noted as used; `None` where there is none, it was revoked, or its time is over.
    pub async fn api_key_by_hash(
        &self,
        site_id: Id,
        key_hash: Vec<u8>,
        now_ms: i64,
    ) -> Result<Option<ApiKey>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM api_key WHERE site_id = $1 AND key_hash = $2 AND revoked_at_ms IS NULL
               AND (expires_at_ms IS NULL OR expires_at_ms > $3)"
        );
        let rows = self.read(sql, params![site_id, key_hash, now_ms]).await?;
        let Some(key) = rows.first().map(read_key).transpose()? else { return Ok(None) };
        if key.used_at_ms.is_none_or(|used_at_ms| (now_ms - used_at_ms).abs() >= NOTED_EVERY_MS) {
            let sql = "UPDATE api_key SET used_at_ms = $3 WHERE site_id = $1 AND key_id = $2";
            // Servers are answered whether or not this can be written.
            if let Err(error) = self.write(vec![Statement::new(sql, params![site_id, key.key_id, now_ms])]).await {
                tracing::warn!(%error, "the use of a key could not be noted");
            }
        }
        Ok(Some(key))
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
                expires_at_ms: Some(10 * NOTED_EVERY_MS),
                used_at_ms: None,
            };
            store.add_api_key(site, &key, vec![7; 32], &note(1)).await.unwrap();
            assert_eq!(store.api_key_by_hash(site, vec![7; 32], 2).await, Ok(Some(key.clone())));
            assert_eq!(store.api_key_by_hash(site, vec![8; 32], 2).await, Ok(None));
            assert_eq!(store.api_key_by_hash(other, vec![7; 32], 2).await, Ok(None));
            let over = store.api_key_by_hash(site, vec![7; 32], 10 * NOTED_EVERY_MS).await;
            assert_eq!(over, Ok(None), "its time is over");
            assert_eq!(store.revoke_api_key(other, key.key_id, &note(5)).await, Ok(false));
            assert_eq!(store.revoke_api_key(site, key.key_id, &note(5)).await, Ok(true));
            assert_eq!(store.revoke_api_key(site, key.key_id, &note(6)).await, Ok(false));
            assert_eq!(store.api_key_by_hash(site, vec![7; 32], 2).await, Ok(None));
            assert_eq!(
                store.api_keys(site).await,
                Ok(vec![ApiKey { revoked_at_ms: Some(5), used_at_ms: Some(2), ..key }])
            );
            assert_eq!(store.audit_entries(site, None, 10).await.unwrap().len(), 2, "what failed is not noted");
        })
        .await;
    }

    #[test]
    fn a_key_that_cannot_be_names_every_field_at_fault() {
        let clock = Clock::manual(1_000);
        let draft = |name: &str, scopes: &[&str], days: &str| Draft {
            name: name.into(),
            scopes: scopes.iter().map(|name| (*name).to_owned()).collect(),
            days: days.into(),
        };
        let fields = |draft: Draft| {
            let faults = ApiKey::new(&draft, &clock).expect_err("it cannot be");
            faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(draft(" ", &[], "0")), ["name", "scopes", "days"]);
        assert_eq!(fields(draft("a", &["everything"], "")), ["scopes"]);
        for days in ["-1", "3651", "soon", "1.5"] {
            assert_eq!(fields(draft("a", &["reports:read"], days)), ["days"], "{days}");
        }
        let key = ApiKey::new(&draft(" a ", &["responses:read", "reports:read", "reports:read"], "2"), &clock).unwrap();
        assert_eq!((key.name.as_str(), key.expires_at_ms), ("a", Some(1_000 + 2 * DAY_MS)));
        assert_eq!(key.scopes, [Scope::ReadReports, Scope::ReadResponses]);
        assert_eq!(ApiKey::new(&draft("a", &["reports:read"], ""), &clock).unwrap().expires_at_ms, None);
    }
}
