//! Which site a person last looked at, so that they find it open when they come back.

use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

impl Store {
    /// The site that the account last looked at; it may have ceased to be a member of it.
    pub async fn last_site(&self, account_id: Id) -> Result<Option<Id>, StoreError> {
        let sql = "SELECT last_site_id FROM account WHERE account_id = $1";
        self.read(sql, params![account_id]).await?.first().map_or(Ok(None), |row| row.id_or_null("last_site_id"))
    }

    /// Remembers the site that the account looks at; writes only when it is another one. Pages are shown whether or not
    /// this can be written.
    pub async fn remember_site(&self, account_id: Id, site_id: Id) -> Result<(), StoreError> {
        if self.last_site(account_id).await? == Some(site_id) {
            return Ok(());
        }
        let sql = "UPDATE account SET last_site_id = $2 WHERE account_id = $1";
        if let Err(error) = self.write(vec![Statement::new(sql, params![account_id, site_id])]).await {
            tracing::warn!(%error, "the site last looked at could not be remembered");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn the_last_site_is_remembered() {
        each_engine(async |store| {
            let account = store.account_for_email(Clock::System.new_id(), "ada@example.com", 1).await.unwrap();
            assert_eq!(store.last_site(account.account_id).await, Ok(None));
            for number in [1, 2] {
                store.remember_site(account.account_id, Id([number; 16])).await.unwrap();
                assert_eq!(store.last_site(account.account_id).await, Ok(Some(Id([number; 16]))));
            }
        })
        .await;
    }
}
