//! The second thing that a person proves themselves by: an app that shows codes, and codes on paper in its place.
//!
//! Which code is right is none of the store's business; that each is taken once is.

use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// What an account shares with an app that shows codes.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The secret, 20 random bytes.
    pub secret: Vec<u8>,
    /// Whether a code was given, so that one is asked for from then on.
    pub is_confirmed: bool,
    /// How many codes on paper are left.
    pub recovery_codes: usize,
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor").field("is_confirmed", &self.is_confirmed).finish_non_exhaustive()
    }
}

/// The statements that take an account's second factor.
pub(super) fn forgetting(account_id: Id) -> [Statement; 2] {
    ["DELETE FROM second_factor WHERE account_id = $1", "DELETE FROM recovery_code WHERE account_id = $1"]
        .map(|sql| Statement::new(sql, params![account_id]))
}

fn recovery_codes(account_id: Id, hashes: &[Vec<u8>], now_ms: i64) -> Vec<Statement> {
    let forget = Statement::new("DELETE FROM recovery_code WHERE account_id = $1", params![account_id]);
    let insert = "INSERT INTO recovery_code (account_id, code_hash, created_at_ms) VALUES ($1, $2, $3)";
    let insert = hashes.iter().map(|hash| Statement::new(insert, params![account_id, hash.clone(), now_ms]));
    std::iter::once(forget).chain(insert).collect()
}

impl Store {
    /// The account's second factor; `None` where it has none.
    pub async fn second_factor(&self, account_id: Id) -> Result<Option<SecondFactor>, StoreError> {
        let sql = "SELECT secret, confirmed_at_ms, (SELECT COUNT(*) FROM recovery_code r WHERE r.account_id = f.account_id) AS codes
             FROM second_factor f WHERE account_id = $1";
        let rows = self.read(sql, params![account_id]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(SecondFactor {
            secret: row.blob("secret")?.to_vec(),
            is_confirmed: row.int_or_null("confirmed_at_ms")?.is_some(),
            recovery_codes: usize::try_from(row.int("codes")?).unwrap_or(0),
        }))
    }

    /// Remembers a secret that is not asked for yet, in place of another such; one that is asked for stays.
    pub async fn offer_second_factor(&self, account_id: Id, secret: &[u8], now_ms: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO second_factor (account_id, secret, last_step, created_at_ms) VALUES ($1, $2, 0, $3)
             ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, created_at_ms = excluded.created_at_ms
             WHERE second_factor.confirmed_at_ms IS NULL";
        self.write(vec![Statement::new(sql, params![account_id, secret.to_vec(), now_ms])]).await.map(|_| ())
    }

    /// Has a code of this secret asked for from now on, after the one of `step` was given, and keeps codes on paper by their hashes; false
    /// where that was so already, or the secret is another.
    pub async fn confirm_second_factor(
        &self,
        account_id: Id,
        (secret, step): (&[u8], i64),
        code_hashes: &[Vec<u8>],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE second_factor SET confirmed_at_ms = $2, last_step = $3
             WHERE account_id = $1 AND confirmed_at_ms IS NULL AND secret = $4 RETURNING last_step";
        let rows = self.write(vec![Statement::new(sql, params![account_id, now_ms, step, secret.to_vec()])]).await?;
        if rows[0].is_empty() {
            return Ok(false);
        }
        self.write(recovery_codes(account_id, code_hashes, now_ms)).await.map(|_| true)
    }

    /// Takes the code of a step: false where that code, or one of a later step, was taken before.
    pub async fn take_step(&self, account_id: Id, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE second_factor SET last_step = $2
             WHERE account_id = $1 AND last_step < $2 AND confirmed_at_ms IS NOT NULL RETURNING last_step";
        Ok(!self.write(vec![Statement::new(sql, params![account_id, step])]).await?[0].is_empty())
    }

    /// Takes a code on paper by its hash: false where there is none such, or it was taken before.
    pub async fn take_recovery_code(&self, account_id: Id, code_hash: Vec<u8>) -> Result<bool, StoreError> {
        let sql = "DELETE FROM recovery_code WHERE account_id = $1 AND code_hash = $2 RETURNING created_at_ms";
        Ok(!self.write(vec![Statement::new(sql, params![account_id, code_hash])]).await?[0].is_empty())
    }

    /// Keeps other codes on paper, by their hashes, in place of all that there were.
    pub async fn renew_recovery_codes(
        &self,
        account_id: Id,
        code_hashes: &[Vec<u8>],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(recovery_codes(account_id, code_hashes, now_ms)).await.map(|_| ())
    }

    /// Asks the account for no code any more.
    pub async fn remove_second_factor(&self, account_id: Id) -> Result<(), StoreError> {
        self.write(forgetting(account_id).into()).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::Clock;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_code_was_taken_twice() {
        each_engine(async |store| {
            let ada = Clock::System.new_id();
            assert_eq!(store.second_factor(ada).await, Ok(None));
            store.offer_second_factor(ada, &[1; 20], 1).await.unwrap();
            store.offer_second_factor(ada, &[2; 20], 2).await.unwrap();
            assert_eq!(store.take_step(ada, 5).await, Ok(false), "nothing is asked for that nobody confirmed");
            assert_eq!(store.confirm_second_factor(ada, (&[1; 20], 7), &[], 3).await, Ok(false), "another secret");
            let codes = [vec![8; 32], vec![9; 32]];
            assert_eq!(store.confirm_second_factor(ada, (&[2; 20], 7), &codes, 3).await, Ok(true));
            assert_eq!(store.confirm_second_factor(ada, (&[2; 20], 8), &[], 4).await, Ok(false), "once");
            store.offer_second_factor(ada, &[3; 20], 5).await.unwrap();
            let factor = store.second_factor(ada).await.unwrap().unwrap();
            assert_eq!((factor.secret, factor.is_confirmed, factor.recovery_codes), (vec![2; 20], true, 2));
            for (step, taken) in [(7, false), (6, false), (8, true), (8, false), (9, true)] {
                assert_eq!(store.take_step(ada, step).await, Ok(taken), "{step}");
            }
            assert_eq!(store.take_recovery_code(Clock::System.new_id(), vec![8; 32]).await, Ok(false));
            assert_eq!(store.take_recovery_code(ada, vec![8; 32]).await, Ok(true));
            assert_eq!(store.take_recovery_code(ada, vec![8; 32]).await, Ok(false));
            store.renew_recovery_codes(ada, &[vec![7; 32]], 6).await.unwrap();
            assert_eq!(store.take_recovery_code(ada, vec![9; 32]).await, Ok(false));
            store.remove_second_factor(ada).await.unwrap();
            assert_eq!(store.second_factor(ada).await, Ok(None));
            assert_eq!(store.take_recovery_code(ada, vec![7; 32]).await, Ok(false));
        })
        .await;
    }
}
