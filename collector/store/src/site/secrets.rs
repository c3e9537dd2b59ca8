//! Secrets of a site: made when they are first needed, one for each purpose, so that none can stand in for another. One in whose place
//! another came is believed for a while, so that whoever signs with it has the time to change.

use crate::audit::AuditEntry;
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
    /// Those that people may see and change; the others are the collector's alone.
    pub const SHOWN: [Self; 3] = [Self::Order, Self::Recipient, Self::Identity];

    /// Each of them.
    const ALL: [Self; 6] = [Self::Order, Self::Config, Self::Recipient, Self::Identity, Self::Mail, Self::Address];

    /// The one with that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }

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

/// For how many days a secret may be believed after another took its place.
pub const MOST_OVERLAP_DAYS: i64 = 365;

/// A secret in whose place another came.
#[derive(Clone, PartialEq, Eq)]
pub struct Retired {
    /// What it was for.
    pub purpose: Purpose,
    /// Until when it is believed, in epoch milliseconds.
    pub until_ms: i64,
    secret: Vec<u8>,
}

/// What tells that a site has the secrets that it had.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretStamp {
    made_at_ms: i64,
    retired: Vec<Retired>,
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
    /// What tells them from those of another time.
    pub stamp: SecretStamp,
}

impl std::fmt::Debug for SiteSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SiteSecrets")
    }
}

impl SiteSecrets {
    /// What is believed for a purpose: the secret, then those in whose place it came not long ago.
    pub fn believed(&self, purpose: Purpose) -> impl Iterator<Item = &[u8]> {
        let retired = self.stamp.retired.iter().filter(move |retired| retired.purpose == purpose);
        std::iter::once(self.of(purpose)).chain(retired.map(|retired| retired.secret.as_slice()))
    }

    /// Whether these are the secrets that such a stamp tells of.
    pub fn is_of(&self, stamp: &SecretStamp) -> bool {
        self.stamp == *stamp
    }

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
        let known = self.known_secrets(site_ids, now_ms).await?;
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
        self.known_secrets(site_ids, now_ms).await
    }

    async fn known_secrets(&self, site_ids: &[Id], now_ms: i64) -> Result<HashMap<Id, SiteSecrets>, StoreError> {
        let (condition, params) = site::among(site_ids);
        let sql = format!("SELECT site_id, purpose, secret FROM site_secret {condition}");
        let mut of_sites: HashMap<Id, SiteSecrets> = HashMap::new();
        for row in self.read(sql, params).await? {
            // One that a newer program uses is none of ours.
            if let Some(purpose) = Purpose::named(row.text("purpose")?) {
                *of_sites.entry(row.id("site_id")?).or_default().of_mut(purpose) = row.blob("secret")?.to_vec();
            }
        }
        for (site_id, stamp) in self.secret_stamps(now_ms).await? {
            if let Some(secrets) = of_sites.get_mut(&site_id) {
                secrets.stamp = stamp;
            }
        }
        Ok(of_sites)
    }

    /// What tells that sites have the secrets that they had, by the site.
    pub async fn secret_stamps(&self, now_ms: i64) -> Result<HashMap<Id, SecretStamp>, StoreError> {
        let mut stamps: HashMap<Id, SecretStamp> = HashMap::new();
        let sql = "SELECT site_id, MAX(created_at_ms) AS made_at_ms FROM site_secret GROUP BY site_id";
        for row in self.read(sql, params![]).await? {
            stamps.entry(row.id("site_id")?).or_default().made_at_ms = row.int("made_at_ms")?;
        }
        let sql = "SELECT site_id, purpose, until_ms, secret FROM retired_secret WHERE until_ms > $1
             ORDER BY site_id, purpose, until_ms DESC";
        for row in self.read(sql, params![now_ms]).await? {
            let Some(purpose) = Purpose::named(row.text("purpose")?) else { continue };
            let retired = Retired { purpose, until_ms: row.int("until_ms")?, secret: row.blob("secret")?.to_vec() };
            stamps.entry(row.id("site_id")?).or_default().retired.push(retired);
        }
        Ok(stamps)
    }

    /// Puts `fresh` in the place of a secret, which is believed until `until_ms` all the same, and notes who did.
    pub async fn rotate_secret(
        &self,
        site_id: Id,
        (purpose, fresh): (Purpose, [u8; 32]),
        until_ms: i64,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let now_ms = entry.occurred_at_ms;
        let forget = "DELETE FROM retired_secret WHERE site_id = $1 AND purpose = $2 AND until_ms <= $3";
        let retire = "INSERT INTO retired_secret (site_id, purpose, until_ms, secret)
             SELECT site_id, purpose, $3, secret FROM site_secret WHERE site_id = $1 AND purpose = $2
             ON CONFLICT (site_id, purpose, until_ms) DO UPDATE SET secret = excluded.secret";
        // The stamp of a site whose clock was set back changes as well.
        let set = "INSERT INTO site_secret (site_id, purpose, secret, created_at_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (site_id, purpose) DO UPDATE SET secret = excluded.secret, created_at_ms = 1 +
                 (SELECT MAX(CASE WHEN s.created_at_ms > $4 THEN s.created_at_ms ELSE $4 END)
                  FROM site_secret s WHERE s.site_id = $1)";
        let name = purpose.as_str();
        let mut statements = vec![Statement::new(forget, params![site_id, name, now_ms])];
        if until_ms > now_ms {
            statements.push(Statement::new(retire, params![site_id, name, until_ms]));
        } else {
            // Whoever changes a secret that others got hold of wants none of those before it believed either.
            let all = "DELETE FROM retired_secret WHERE site_id = $1 AND purpose = $2";
            statements.push(Statement::new(all, params![site_id, name]));
        }
        statements.push(Statement::new(set, params![site_id, name, fresh.to_vec(), now_ms]));
        statements.push(entry.statement(site_id));
        self.write(statements).await.map(|_| ())
    }

    /// When the secrets of a site were made, by what they are for, in epoch milliseconds, and those that are believed besides.
    pub async fn secret_ages(
        &self,
        site_id: Id,
        now_ms: i64,
    ) -> Result<(HashMap<&'static str, i64>, Vec<Retired>), StoreError> {
        let sql = "SELECT purpose, created_at_ms FROM site_secret WHERE site_id = $1";
        let mut made = HashMap::new();
        for row in self.read(sql, params![site_id]).await? {
            if let Some(purpose) = Purpose::named(row.text("purpose")?) {
                made.insert(purpose.as_str(), row.int("created_at_ms")?);
            }
        }
        let retired = self.secret_stamps(now_ms).await?.remove(&site_id).unwrap_or_default().retired;
        Ok((made, retired))
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
    use crate::test_store::{each_engine, note};

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

    #[tokio::test]
    async fn a_secret_that_was_changed_refused_all_that_was_signed_a_minute_before() {
        each_engine(async |store| {
            let (site, other) = (Clock::System.new_id(), Clock::System.new_id());
            for site in [site, other] {
                store.site_secret(site, Purpose::Identity, [1; 32], 5).await.unwrap();
                store.site_secrets(site, 5).await.unwrap();
            }
            let before = store.site_secrets(site, 6).await.unwrap();
            let believed = async |now_ms| {
                let secrets = store.site_secrets(site, now_ms).await.unwrap();
                secrets.believed(Purpose::Identity).map(|secret| secret[0]).collect::<Vec<_>>()
            };
            let rotate = async |byte: u8, until_ms, now_ms| {
                store.rotate_secret(site, (Purpose::Identity, [byte; 32]), until_ms, &note(now_ms)).await.unwrap();
            };
            rotate(2, 100, 10).await;
            assert_eq!((believed(99).await, believed(100).await), (vec![2, 1], vec![2]));
            rotate(3, 200, 20).await;
            assert_eq!((believed(50).await, believed(150).await), (vec![3, 2, 1], vec![3, 2]));
            let stamps = store.secret_stamps(50).await.unwrap();
            assert!(!before.is_of(&stamps[&site]), "who remembers them hears of it");
            assert!(store.site_secrets(other, 50).await.unwrap().is_of(&stamps[&other]));
            // One that others got hold of ends at once, with all before it; on a clock that was set back too.
            let known = store.site_secrets(site, 15).await.unwrap();
            rotate(4, 15, 15).await;
            assert_eq!(believed(16).await, [4]);
            assert!(!known.is_of(&store.secret_stamps(16).await.unwrap()[&site]));
            let (made, retired) = store.secret_ages(site, 16).await.unwrap();
            assert_eq!((made.len(), retired.len()), (Purpose::ALL.len(), 0));
            assert_eq!(store.site_secrets(other, 50).await.unwrap().identity, [1; 32]);
            assert_eq!(store.audit_entries(site, None, 9).await.unwrap().len(), 3);
        })
        .await;
    }
}
