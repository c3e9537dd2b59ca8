//! Secrets of a site: made when they are first needed, one for each purpose, so that none can stand in for another.

use crate::{Statement, Store, StoreError, params, site};
use rapport_shared::id::Id;
use std::collections::HashMap;

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
    /// What answers to mails refer to is signed with it: nobody gets into a conversation by guessing.
    Mail,
    /// Addresses that are not written to are kept as their HMAC with it.
    Address,
}

impl Purpose {
    /// Each of them.
    const ALL: [Self; 6] = [Self::Order, Self::Config, Self::Recipient, Self::Identity, Self::Mail, Self::Address];

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Config => "config",
            Self::Recipient => "recipient",
            Self::Identity => "identity",
            Self::Mail => "mail",
            Self::Address => "address",
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
    /// See [`Purpose::Mail`].
    pub mail: Vec<u8>,
    /// See [`Purpose::Address`].
    pub address: Vec<u8>,
}

impl std::fmt::Debug for SiteSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SiteSecrets")
    }
}

impl SiteSecrets {
    fn of(&self, purpose: Purpose) -> &[u8] {
        match purpose {
            Purpose::Order => &self.order,
            Purpose::Config => &self.config,
            Purpose::Recipient => &self.recipient,
            Purpose::Identity => &self.identity,
            Purpose::Mail => &self.mail,
            Purpose::Address => &self.address,
        }
    }

    fn of_mut(&mut self, purpose: Purpose) -> &mut Vec<u8> {
        match purpose {
            Purpose::Order => &mut self.order,
            Purpose::Config => &mut self.config,
            Purpose::Recipient => &mut self.recipient,
            Purpose::Identity => &mut self.identity,
            Purpose::Mail => &mut self.mail,
            Purpose::Address => &mut self.address,
        }
    }
}

/// The statement that makes a secret unless there is one.
fn made(site_id: Id, purpose: Purpose, fresh: [u8; 32], now_ms: i64) -> Statement {
    let sql = "INSERT INTO site_secret (site_id, purpose, secret, created_at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (site_id, purpose) DO NOTHING";
    Statement::new(sql, params![site_id, purpose.as_str(), fresh.to_vec(), now_ms])
}

impl Store {
    /// Every secret of the site, made now if there was none.
    pub async fn site_secrets(&self, site_id: Id, now_ms: i64) -> Result<SiteSecrets, StoreError> {
        Ok(self.secrets_of(&[site_id], now_ms).await?.remove(&site_id).unwrap_or_default())
    }

    /// Every secret of some sites, made now where there was none, by the site.
    pub async fn secrets_of(&self, site_ids: &[Id], now_ms: i64) -> Result<HashMap<Id, SiteSecrets>, StoreError> {
        let known = self.known_secrets(site_ids).await?;
        let lacks =
            |(site_id, purpose): &(Id, Purpose)| known.get(site_id).is_none_or(|known| known.of(*purpose).is_empty());
        let wanted = site_ids.iter().flat_map(|site_id| Purpose::ALL.map(|purpose| (*site_id, purpose)));
        let missing: Vec<_> = wanted.filter(lacks).collect();
        if missing.is_empty() {
            return Ok(known);
        }
        let made = missing.into_iter().map(|(site_id, purpose)| made(site_id, purpose, crate::random::fresh(), now_ms));
        self.write(made.collect()).await?;
        // Another may have made some at the same time.
        self.known_secrets(site_ids).await
    }

    async fn known_secrets(&self, site_ids: &[Id]) -> Result<HashMap<Id, SiteSecrets>, StoreError> {
        let (condition, params) = site::among(site_ids);
        let sql = format!("SELECT site_id, purpose, secret FROM site_secret {condition}");
        let mut of_sites: HashMap<Id, SiteSecrets> = HashMap::new();
        for row in self.read(sql, params).await? {
            let purpose = row.text("purpose")?;
            // One that a newer program uses is none of ours.
            if let Some(purpose) = Purpose::ALL.into_iter().find(|known| known.as_str() == purpose) {
                *of_sites.entry(row.id("site_id")?).or_default().of_mut(purpose) = row.blob("secret")?.to_vec();
            }
        }
        Ok(of_sites)
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
            self.write(vec![made(site_id, purpose, fresh, now_ms)]).await?;
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
            let both = store.secrets_of(&[site, other], 3).await.unwrap();
            assert_eq!(
                (&both[&site].order, &both[&site].recipient, &both[&other].order),
                (&vec![1; 32], &vec![3; 32], &vec![4; 32])
            );
            assert_eq!((both[&site].identity.len(), both[&other].config.len()), (32, 32));
            assert_ne!(both[&site].identity, both[&other].identity);
            assert_eq!(store.secrets_of(&[other, site], 4).await, Ok(both));
        })
        .await;
    }
}
