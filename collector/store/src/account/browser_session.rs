//! Where a person is signed in: one session a browser, listed and ended one by one.

use crate::account::{Account, read_account};
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};

/// How often it is noted that a session is used, in milliseconds.
const NOTED_EVERY_MS: i64 = 3_600_000;
/// Longest name of a browser, in characters.
pub const BROWSER_CHARACTERS: usize = 80;

/// A browser in which an account is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserSession {
    /// What it is known by: a hash of what the database keeps, which opens nothing.
    pub shown_id: String,
    /// What the browser calls itself; empty where nobody said.
    pub browser: String,
    /// When it began, in epoch milliseconds.
    pub created_at_ms: i64,
    /// When it ends, in epoch milliseconds.
    pub expires_at_ms: i64,
    /// When it was last used, to the hour, in epoch milliseconds; absent where that was not noted.
    pub used_at_ms: Option<i64>,
}

/// What a session is shown as: 32 hexadecimal digits of the SHA-256 of the hash of its token.
pub fn shown_id(token_hash: &[u8]) -> String {
    Sha256::digest(token_hash).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Remembers a session of the account by the hash of its token, and what its browser calls itself.
    pub async fn add_session(
        &self,
        token_hash: Vec<u8>,
        account_id: Id,
        browser: &str,
        (now_ms, expires_at_ms): (i64, i64),
    ) -> Result<(), StoreError> {
        let browser: String = browser.chars().take(BROWSER_CHARACTERS).collect();
        let sql =
            "INSERT INTO sign_in (token_hash, account_id, kind, created_at_ms, expires_at_ms, browser, used_at_ms)
             VALUES ($1, $2, 'session', $3, $4, $5, $3)";
        self.write(vec![
            Statement::new("DELETE FROM sign_in WHERE expires_at_ms <= $1", params![now_ms]),
            Statement::new(sql, params![token_hash, account_id, now_ms, expires_at_ms, browser]),
        ])
        .await
        .map(|_| ())
    }

    /// Whose session the token is, which is noted as used; `None` when there is none or it is over.
    pub async fn account_of_session(&self, token_hash: Vec<u8>, now_ms: i64) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT a.account_id, a.email, a.password_hash, s.used_at_ms FROM sign_in s
             JOIN account a ON a.account_id = s.account_id
             WHERE s.token_hash = $1 AND s.kind = 'session' AND s.expires_at_ms > $2";
        let rows = self.read(SQL, params![token_hash.clone(), now_ms]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let used_at_ms = row.int_or_null("used_at_ms")?;
        if used_at_ms.is_none_or(|used_at_ms| (now_ms - used_at_ms).abs() >= NOTED_EVERY_MS) {
            let sql = "UPDATE sign_in SET used_at_ms = $2 WHERE token_hash = $1";
            // Pages are shown whether or not this can be written.
            if let Err(error) = self.write(vec![Statement::new(sql, params![token_hash, now_ms])]).await {
                tracing::warn!(%error, "the use of a session could not be noted");
            }
        }
        read_account(row).map(Some)
    }

    /// Where the account is signed in, the newest first.
    pub async fn sessions(&self, account_id: Id, now_ms: i64) -> Result<Vec<BrowserSession>, StoreError> {
        let rows = self.read(OF_ACCOUNT, params![account_id, now_ms]).await?;
        rows.iter()
            .map(|row| {
                Ok(BrowserSession {
                    shown_id: shown_id(row.blob("token_hash")?),
                    browser: row.text("browser")?.to_owned(),
                    created_at_ms: row.int("created_at_ms")?,
                    expires_at_ms: row.int("expires_at_ms")?,
                    used_at_ms: row.int_or_null("used_at_ms")?,
                })
            })
            .collect()
    }

    /// Ends sessions of an account: the one that is shown so, or all but that of a token. How many there were.
    pub async fn end_sessions(&self, account_id: Id, which: Which<'_>, now_ms: i64) -> Result<usize, StoreError> {
        let rows = self.read(OF_ACCOUNT, params![account_id, now_ms]).await?;
        let mut statements = Vec::new();
        for row in &rows {
            let hash = row.blob("token_hash")?;
            let is_meant = match which {
                Which::Shown(shown) => shown_id(hash) == shown,
                Which::AllBut(kept) => hash != kept,
            };
            if is_meant {
                let sql = "DELETE FROM sign_in WHERE token_hash = $1 AND account_id = $2";
                statements.push(Statement::new(sql, params![hash.to_vec(), account_id]));
            }
        }
        let count = statements.len();
        if count > 0 {
            self.write(statements).await?;
        }
        Ok(count)
    }
}

const OF_ACCOUNT: &str = "SELECT token_hash, COALESCE(browser, '') AS browser, created_at_ms, expires_at_ms, used_at_ms
     FROM sign_in WHERE account_id = $1 AND kind = 'session' AND expires_at_ms > $2
     ORDER BY created_at_ms DESC, token_hash";

/// Which sessions are meant.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// The one that is shown so.
    Shown(&'a str),
    /// All but that of the token with this hash.
    AllBut(&'a [u8]),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::TokenKind;
    use crate::clock::Clock;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_session_in_a_lost_browser_could_not_be_ended_from_another() {
        each_engine(async |store| {
            let ada = store.account_for_email(Clock::System.new_id(), "ada@example.com", 1).await.unwrap();
            let bob = store.account_for_email(Clock::System.new_id(), "bob@example.com", 1).await.unwrap();
            for (byte, account, browser) in [(1, &ada, "Firefox on Linux"), (2, &ada, "Safari"), (3, &bob, "Edge")] {
                let at = (i64::from(byte), 100 * NOTED_EVERY_MS);
                store.add_session(vec![byte; 32], account.account_id, browser, at).await.unwrap();
            }
            store.add_token(vec![4; 32], ada.account_id, TokenKind::Link, 0, 100 * NOTED_EVERY_MS).await.unwrap();
            let listed = store.sessions(ada.account_id, 10).await.unwrap();
            assert_eq!(
                listed.iter().map(|one| one.browser.as_str()).collect::<Vec<_>>(),
                ["Safari", "Firefox on Linux"]
            );
            assert_eq!(listed[0].used_at_ms, Some(2));
            let later = 2 * NOTED_EVERY_MS;
            assert_eq!(store.account_of_session(vec![2; 32], later).await, Ok(Some(ada.clone())));
            assert_eq!(store.sessions(ada.account_id, later).await.unwrap()[0].used_at_ms, Some(later));
            // Of others nobody ends anything.
            let of_ada = listed[1].shown_id.clone();
            assert_eq!(store.end_sessions(bob.account_id, Which::Shown(&of_ada), 10).await, Ok(0));
            assert_eq!(store.end_sessions(ada.account_id, Which::Shown(&of_ada), 10).await, Ok(1));
            assert_eq!(store.account_of_session(vec![1; 32], 10).await, Ok(None));
            assert_eq!(store.end_sessions(ada.account_id, Which::AllBut(&[2; 32]), 10).await, Ok(0));
            assert_eq!(store.end_sessions(ada.account_id, Which::AllBut(&[9; 32]), 10).await, Ok(1));
            assert_eq!(store.sessions(bob.account_id, 10).await.unwrap().len(), 1);
            assert_eq!(store.take_link(vec![4; 32], 10).await, Ok(Some(ada.account_id)), "a link is no session");
        })
        .await;
    }
}
