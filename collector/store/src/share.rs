//! Links under which a report can be read without an account, until they end.

use crate::audit::AuditEntry;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Most links of a site that have not ended.
pub const SHARES: usize = 200;
/// How long a use is not noted again, in milliseconds (1 minute): whoever reads a report touches its filters.
pub const USE_MS: i64 = 60_000;
/// How long a link that ended is listed, in milliseconds (90 days).
pub const ENDED_KEPT_MS: i64 = 90 * 86_400_000;

/// A link, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its id.
    pub share_id: Id,
    /// What people call it.
    pub name: String,
    /// The report: its path below the site, such as `feedback/nps`.
    pub path: String,
    /// The fields of the report's address when the link was made, as a query string.
    pub fields: String,
    /// Those of them that nobody can change under the link. `range` stands for its days.
    pub locked: String,
    /// Whether what people wrote is shown.
    pub shows_words: bool,
    /// Hash of the password that it asks for; empty for none.
    pub password_hash: String,
    /// Who made it: a mail address, or a key.
    pub actor: String,
    /// When it was made, in epoch milliseconds.
    pub created_at_ms: i64,
    /// From when on it opens nothing, in epoch milliseconds.
    pub expires_at_ms: i64,
    /// When it was revoked, in epoch milliseconds.
    pub revoked_at_ms: Option<i64>,
    /// When it was last used, in epoch milliseconds, to the minute.
    pub used_at_ms: Option<i64>,
}

impl Share {
    /// Whether it opens its report at an instant.
    pub fn is_open(&self, now_ms: i64) -> bool {
        self.revoked_at_ms.is_none() && now_ms < self.expires_at_ms
    }
}

const COLUMNS: &str = "share_id, name, path, fields, locked, shows_words, password_hash, actor, created_at_ms, expires_at_ms, \
     revoked_at_ms, used_at_ms";

fn read_share(row: &Row) -> Result<Share, StoreError> {
    Ok(Share {
        share_id: row.id("share_id")?,
        name: row.text("name")?.to_owned(),
        path: row.text("path")?.to_owned(),
        fields: row.text("fields")?.to_owned(),
        locked: row.text("locked")?.to_owned(),
        shows_words: row.flag("shows_words")?,
        password_hash: row.text("password_hash")?.to_owned(),
        actor: row.text("actor")?.to_owned(),
        created_at_ms: row.int("created_at_ms")?,
        expires_at_ms: row.int("expires_at_ms")?,
        revoked_at_ms: row.int_or_null("revoked_at_ms")?,
        used_at_ms: row.int_or_null("used_at_ms")?,
    })
}

impl Store {
    /// The links of a site, newest first: those that are open, and those that ended within [`ENDED_KEPT_MS`].
    pub async fn shares(&self, site_id: Id, now_ms: i64) -> Result<Vec<Share>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM share WHERE site_id = $1 AND expires_at_ms > $2
               AND (revoked_at_ms IS NULL OR revoked_at_ms > $2)
             ORDER BY created_at_ms DESC, share_id DESC"
        );
        self.read(sql, params![site_id, now_ms - ENDED_KEPT_MS]).await?.iter().map(read_share).collect()
    }

    /// The link with the hash of that secret, also one that ended.
    pub async fn share_by_hash(&self, site_id: Id, token_hash: Vec<u8>) -> Result<Option<Share>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM share WHERE site_id = $1 AND token_hash = $2");
        self.read(sql, params![site_id, token_hash]).await?.first().map(read_share).transpose()
    }

    /// Keeps a new link by the hash of its secret, and notes who made it; false where the site has [`SHARES`] that are open.
    pub async fn add_share(
        &self,
        site_id: Id,
        share: &Share,
        token_hash: Vec<u8>,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let open = self.shares(site_id, share.created_at_ms).await?;
        if open.iter().filter(|other| other.is_open(share.created_at_ms)).count() >= SHARES {
            return Ok(false);
        }
        const SQL: &str =
            "INSERT INTO share (site_id, share_id, token_hash, name, path, fields, locked, shows_words, password_hash,
                actor, created_at_ms, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let values = params![
            site_id,
            share.share_id,
            token_hash,
            &share.name,
            &share.path,
            &share.fields,
            &share.locked,
            i64::from(share.shows_words),
            &share.password_hash,
            &share.actor,
            share.created_at_ms,
            share.expires_at_ms,
        ];
        self.write(vec![Statement::new(SQL, values), entry.statement(site_id)]).await.map(|_| true)
    }

    /// Ends a link, and notes who did; false where the site has no such link that is open.
    pub async fn revoke_share(&self, site_id: Id, share_id: Id, entry: &AuditEntry) -> Result<bool, StoreError> {
        let open = "share WHERE site_id = $1 AND share_id = $7 AND revoked_at_ms IS NULL AND expires_at_ms > $8";
        let note = entry.statement_where(site_id, open, params![share_id, entry.occurred_at_ms]);
        let sql = "UPDATE share SET revoked_at_ms = $3
             WHERE site_id = $1 AND share_id = $2 AND revoked_at_ms IS NULL AND expires_at_ms > $3 RETURNING share_id";
        let revoke = Statement::new(sql, params![site_id, share_id, entry.occurred_at_ms]);
        let rows = self.write(vec![note, revoke]).await?;
        Ok(!rows[1].is_empty())
    }

    /// Notes that a link was used, at most once in [`USE_MS`].
    pub async fn use_share(&self, site_id: Id, share: &Share, now_ms: i64) -> Result<(), StoreError> {
        if share.used_at_ms.is_some_and(|used_at_ms| now_ms < used_at_ms + USE_MS) {
            return Ok(());
        }
        let sql = "UPDATE share SET used_at_ms = $3 WHERE site_id = $1 AND share_id = $2";
        self.write(vec![Statement::new(sql, params![site_id, share.share_id, now_ms])]).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{each_engine, note};

    fn share(number: u8) -> Share {
        Share {
            share_id: Id([number; 16]),
            name: "For the agency".into(),
            path: "overview".into(),
            fields: "range=7d&device=mobile".into(),
            locked: "device=mobile".into(),
            shows_words: false,
            password_hash: String::new(),
            actor: "eve@example.com".into(),
            created_at_ms: 10,
            expires_at_ms: 1_000,
            revoked_at_ms: None,
            used_at_ms: None,
        }
    }

    #[tokio::test]
    async fn a_link_opens_on_its_site_until_it_ends_or_is_revoked_and_its_use_is_noted() {
        each_engine(async |store| {
            let (shop, blog) = (Id([8; 16]), Id([9; 16]));
            assert_eq!(store.add_share(shop, &share(1), vec![1; 32], &note(10)).await, Ok(true));
            assert_eq!(store.add_share(shop, &share(2), vec![2; 32], &note(10)).await, Ok(true));
            assert_eq!(store.share_by_hash(blog, vec![1; 32]).await, Ok(None), "that of another site");
            assert_eq!(store.share_by_hash(shop, vec![3; 32]).await, Ok(None));
            let found = store.share_by_hash(shop, vec![1; 32]).await.unwrap().unwrap();
            assert!(found == share(1) && found.is_open(999) && !found.is_open(1_000));
            store.use_share(shop, &found, 20).await.unwrap();
            let used = Share { used_at_ms: Some(20), ..share(1) };
            assert_eq!(store.share_by_hash(shop, vec![1; 32]).await, Ok(Some(used.clone())));
            store.use_share(shop, &used, 20 + USE_MS - 1).await.unwrap();
            assert_eq!(store.share_by_hash(shop, vec![1; 32]).await, Ok(Some(used.clone())), "within a minute");
            assert_eq!(store.revoke_share(blog, Id([1; 16]), &note(30)).await, Ok(false));
            assert_eq!(store.revoke_share(shop, Id([1; 16]), &note(30)).await, Ok(true));
            assert_eq!(store.revoke_share(shop, Id([1; 16]), &note(31)).await, Ok(false));
            assert_eq!(store.revoke_share(shop, Id([2; 16]), &note(1_000)).await, Ok(false), "it has expired");
            let revoked = Share { revoked_at_ms: Some(30), ..used };
            assert!(!revoked.is_open(40));
            assert_eq!(store.shares(shop, 40).await, Ok(vec![share(2), revoked.clone()]));
            assert_eq!(store.shares(shop, 30 + ENDED_KEPT_MS).await, Ok(vec![share(2)]));
            assert_eq!(store.audit_entries(shop, None, 9).await.unwrap().len(), 3, "what failed is not noted");
            for number in 0..u8::try_from(SHARES - 1).unwrap() {
                let more = Share { share_id: Id([number; 16]), ..share(1) };
                assert_eq!(store.add_share(blog, &more, vec![number; 32], &note(10)).await, Ok(true), "{number}");
            }
            let last = |number| Share { share_id: Id([number; 16]), ..share(1) };
            assert_eq!(store.add_share(blog, &last(250), vec![250; 32], &note(10)).await, Ok(true));
            assert_eq!(store.add_share(blog, &last(251), vec![251; 32], &note(10)).await, Ok(false), "one too many");
        })
        .await;
    }
}
