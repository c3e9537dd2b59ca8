//! Secrets of a site: made when they are first needed, one for each purpose, so that none can stand in for another.

use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The company signs orders with it: their reviews are verified purchases.
    Order,
    /// The collector signs what it puts into configs, to know who loaded one.
    Config,
    /// Recipients of mails are signed with it, so that a second click changes the answer of the first.
    Recipient,
    /// The company signs customers with it: nobody can speak for another.
    Identity,
}

impl Purpose {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Config => "config",
            Self::Recipient => "recipient",
            Self::Identity => "identity",
        }
    }
}

/// The secrets of a site, 32 random bytes each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SiteSecrets {
    /// See [`Purpose::Order`].
    pub order: Vec<u8>,
    /// See [`Purpose::Config`].
    pub config: Vec<u8>,
    /// See [`Purpose::Recipient`].
    pub recipient: Vec<u8>,
    /// See [`Purpose::Identity`].
    pub identity: Vec<u8>,
}

impl std::fmt::Debug for SiteSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SiteSecrets")
    }
}

impl Store {
    /// Every secret of the site, made now if there was none.
    pub async fn site_secrets(&self, site_id: Id, now_ms: i64) -> Result<SiteSecrets, StoreError> {
        Ok(SiteSecrets {
            order: self.site_secret(site_id, Purpose::Order, crate::random::fresh(), now_ms).await?,
            config: self.site_secret(site_id, Purpose::Config, crate::random::fresh(), now_ms).await?,
            recipient: self.site_secret(site_id, Purpose::Recipient, crate::random::fresh(), now_ms).await?,
            identity: self.site_secret(site_id, Purpose::Identity, crate::random::fresh(), now_ms).await?,
        })
    }

    /// The site's secret for that purpose: `fresh` when there is none yet.
    pub async fn site_secret(
        &self,
        site_id: Id,
        purpose: Purpose,
        fresh: [u8; 32],
        now_ms: i64,
    ) -> Result<Vec<u8>, StoreError> {
        let read = "SELECT secret FROM site_secret WHERE site_id = $1 AND purpose = $2";
        let mut rows = self.read(read, params![site_id, purpose.as_str()]).await?;
        if rows.is_empty() {
            let insert = "INSERT INTO site_secret (site_id, purpose, secret, created_at_ms) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (site_id, purpose) DO NOTHING";
            self.write(vec![Statement::new(insert, params![site_id, purpose.as_str(), fresh.to_vec(), now_ms])])
                .await?;
            rows = self.read(read, params![site_id, purpose.as_str()]).await?;
        }
        let row = rows.first().ok_or_else(|| StoreError::Inconsistent("a site's secret is gone".into()))?;
        Ok(row.blob("secret")?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_secret_stays_and_belongs_to_one_site_and_purpose() {
        each_engine(async |store| {
            let (site, other) = (Clock::System.new_id(), Clock::System.new_id());
            assert_eq!(store.site_secret(site, Purpose::Order, [1; 32], 1).await, Ok(vec![1; 32]));
            assert_eq!(store.site_secret(site, Purpose::Order, [2; 32], 2).await, Ok(vec![1; 32]));
            assert_eq!(store.site_secret(site, Purpose::Recipient, [3; 32], 2).await, Ok(vec![3; 32]));
            assert_eq!(store.site_secret(other, Purpose::Order, [4; 32], 2).await, Ok(vec![4; 32]));
        })
        .await;
    }
}
