//! What whoever has the link of a mail can stop with one click (RFC 8058), whatever the mail was: one mechanism for all of them; and
//! the addresses that are not written to, which outlive the customers whose they were.
//!
//! Of such an address an HMAC-SHA-256 with a secret of the site is kept: nobody reads addresses out of the table, nor tries a list of
//! them without the secret.

use crate::engine::value::{placeholders, read_all};
use crate::site::secrets::Purpose;
use crate::visitor::IDS;
use crate::{Row, Statement, Store, StoreError, params};
use hmac::{Hmac, KeyInit, Mac};
use rapport_shared::id::Id;
use sha2::Sha256;

/// What is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stops {
    /// One report.
    Report,
    /// Everything that a customer is asked or told by mail.
    FollowUps,
    /// What a rule tells.
    Notices,
}

/// Somebody who is sent something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// What.
    pub stops: Stops,
    /// Their address.
    pub address: String,
    /// When they stopped it, in epoch milliseconds.
    pub unsubscribed_at_ms: Option<i64>,
}

/// Why an address is not written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// Its owner said so.
    Unsubscribed,
    /// A mail server said that it never takes mails to it, or a mail to it came back for good.
    Refused,
}

impl StopCause {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Refused => "refused",
        }
    }

    /// What is said where a mail was not written for it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Refused => "address refused",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Unsubscribed, Self::Refused].into_iter().find(|cause| cause.as_str() == name)
    }
}

/// An address as it is compared: mail servers take the letters of a name in either case.
fn compared(address: &str) -> String {
    address.trim().to_lowercase()
}

fn hash_of(secret: &[u8], address: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(compared(address).as_bytes());
    mac.finalize().into_bytes().to_vec()
}

impl Store {
    async fn address_hash(&self, site_id: Id, address: &str, now_ms: i64) -> Result<Vec<u8>, StoreError> {
        let secret = self.site_secret(site_id, Purpose::Address, crate::random::fresh(), now_ms).await?;
        Ok(hash_of(&secret, address))
    }

    /// The statement after which an address is not written to; to be run with what it is the consequence of.
    pub(crate) async fn stopping(
        &self,
        site_id: Id,
        address: &str,
        cause: StopCause,
        now_ms: i64,
    ) -> Result<Statement, StoreError> {
        let sql = "INSERT INTO stopped_address (site_id, address_hash, cause, stopped_at_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (site_id, address_hash, cause) DO NOTHING";
        let hash = self.address_hash(site_id, address, now_ms).await?;
        Ok(Statement::new(sql, params![site_id, hash, cause.as_str(), now_ms]))
    }

    /// The statement after which an address that was refused is tried again.
    pub(crate) async fn trying_again(&self, site_id: Id, address: &str, now_ms: i64) -> Result<Statement, StoreError> {
        let sql = "DELETE FROM stopped_address WHERE site_id = $1 AND address_hash = $2 AND cause = $3";
        let hash = self.address_hash(site_id, address, now_ms).await?;
        Ok(Statement::new(sql, params![site_id, hash, StopCause::Refused.as_str()]))
    }

    /// Has an address written to no more, whoever it is of and whatever becomes of them.
    pub async fn stop_address(
        &self,
        site_id: Id,
        address: &str,
        cause: StopCause,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let stopping = self.stopping(site_id, address, cause, now_ms).await?;
        self.write(vec![stopping]).await.map(|_| ())
    }

    /// Why an address is not written to; `None` when it may be. What its owner said comes first.
    pub async fn stop_of(&self, site_id: Id, address: &str) -> Result<Option<StopCause>, StoreError> {
        let sql = "SELECT secret FROM site_secret WHERE site_id = $1 AND purpose = $2";
        let secrets = self.read(sql, params![site_id, Purpose::Address.as_str()]).await?;
        // Nothing was ever stopped where there is none.
        let Some(secret) = secrets.first() else { return Ok(None) };
        let sql =
            "SELECT cause FROM stopped_address WHERE site_id = $1 AND address_hash = $2 ORDER BY cause DESC LIMIT 1";
        let rows = self.read(sql, params![site_id, hash_of(secret.blob("secret")?, address)]).await?;
        rows.first().map(|row| row.named("cause", StopCause::named)).transpose()
    }

    /// How many of some addresses are not written to.
    pub async fn stopped_among(&self, site_id: Id, addresses: &[&str]) -> Result<u64, StoreError> {
        let sql = "SELECT secret FROM site_secret WHERE site_id = $1 AND purpose = $2";
        let secrets = self.read(sql, params![site_id, Purpose::Address.as_str()]).await?;
        let Some(secret) = secrets.first() else { return Ok(0) };
        let mut stopped = 0;
        for addresses in addresses.chunks(IDS) {
            let sql = format!(
                "SELECT COUNT(DISTINCT address_hash) AS stopped FROM stopped_address WHERE site_id = $1 AND address_hash IN ({})",
                placeholders(2, addresses.len())
            );
            let mut params = params![site_id];
            for address in addresses {
                params.push(hash_of(secret.blob("secret")?, address).into());
            }
            stopped += self.read(sql, params).await?[0].count("stopped")?;
        }
        Ok(stopped)
    }

    /// Why a customer is not written to at an address: one of them was stopped; `None` when they may be.
    pub async fn stopped(
        &self,
        site_id: Id,
        customer_id: Id,
        address: &str,
    ) -> Result<Option<&'static str>, StoreError> {
        if let Some(cause) = self.stop_of(site_id, address).await? {
            return Ok(Some(cause.reason()));
        }
        let sql = "SELECT 1 FROM follow_up WHERE site_id = $1 AND unsubscribed_at_ms IS NOT NULL AND customer_id = $2 LIMIT 1";
        let is_stopped = !self.read(sql, params![site_id, customer_id]).await?.is_empty();
        Ok(is_stopped.then_some(StopCause::Unsubscribed.reason()))
    }

    /// What a token of a mail's link is of; `None` where it is of nothing.
    pub async fn subscription(&self, site_id: Id, token: Vec<u8>) -> Result<Option<Subscription>, StoreError> {
        if let Some((_, to)) = self.mail_report_of_token(site_id, token.clone()).await? {
            let (address, unsubscribed_at_ms) = (to.address, to.unsubscribed_at_ms);
            return Ok(Some(Subscription { stops: Stops::Report, address, unsubscribed_at_ms }));
        }
        if let Some(rule) = self.notification_rule_of_token(site_id, token.clone()).await? {
            let (address, unsubscribed_at_ms) = (rule.target, rule.unsubscribed_at_ms);
            return Ok(Some(Subscription { stops: Stops::Notices, address, unsubscribed_at_ms }));
        }
        let sql = "SELECT address, unsubscribed_at_ms FROM follow_up WHERE site_id = $1 AND token = $2
             UNION ALL SELECT address, unsubscribed_at_ms FROM issue_told WHERE site_id = $1 AND token = $2";
        let read = |row: &mut Row| {
            Ok(Subscription {
                stops: Stops::FollowUps,
                address: row.take_text("address")?,
                unsubscribed_at_ms: row.int_or_null("unsubscribed_at_ms")?,
            })
        };
        Ok(read_all(self.read(sql, params![site_id, token]).await?, read)?.into_iter().next())
    }

    /// Stops what whoever has a token is sent; what waits to be sent to them is withdrawn when its turn comes.
    pub async fn unsubscribe(&self, site_id: Id, token: Vec<u8>, now_ms: i64) -> Result<(), StoreError> {
        let stop = |table: &str| {
            let sql = format!(
                "UPDATE {table} SET unsubscribed_at_ms = $3 WHERE site_id = $1 AND token = $2 AND unsubscribed_at_ms IS NULL"
            );
            Statement::new(sql, params![site_id, token.clone(), now_ms])
        };
        let mut statements =
            Vec::from(["mail_report_recipient", "follow_up", "notification_rule", "issue_told"].map(stop));
        // A report or a rule is stopped alone; whoever is asked something is asked nothing any more, at that address.
        if let Some(of) = self
            .subscription(site_id, token.clone())
            .await?
            .filter(|of| of.stops == Stops::FollowUps && !of.address.is_empty())
        {
            statements.push(self.stopping(site_id, &of.address, StopCause::Unsubscribed, now_ms).await?);
        }
        self.write(statements).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::each_engine;

    const SITE: Id = Id([7; 16]);

    #[test]
    fn the_rfc_4231_case_is_reproduced() {
        // RFC 4231 test case 2, whose text has no capitals.
        let hash = hash_of(b"Jefe", "what do ya want for nothing?");
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[tokio::test]
    async fn the_next_import_wrote_to_an_address_that_had_unsubscribed_or_come_back() {
        each_engine(async |store| {
            assert_eq!(store.stop_of(SITE, "ada@example.com").await, Ok(None));
            for (address, cause) in [
                ("ada@example.com", StopCause::Refused),
                ("Ada@Example.com", StopCause::Unsubscribed),
                ("ben@example.com", StopCause::Refused),
            ] {
                for now_ms in [5, 6] {
                    store.stop_address(SITE, address, cause, now_ms).await.unwrap();
                }
            }
            for (site_id, address, stopped) in [
                (SITE, " ADA@example.com", Some(StopCause::Unsubscribed)),
                (SITE, "ben@example.com", Some(StopCause::Refused)),
                (SITE, "eve@example.com", None),
                (Id([8; 16]), "ada@example.com", None),
            ] {
                assert_eq!(store.stop_of(site_id, address).await, Ok(stopped), "{address}");
            }
            let among = ["eve@example.com", "Ben@example.com", "ada@example.com", "ada@example.com"];
            assert_eq!(store.stopped_among(SITE, &among).await, Ok(2));
            assert_eq!(store.stopped_among(Id([8; 16]), &among).await, Ok(0));
            assert_eq!(store.stopped(SITE, Id([1; 16]), "ben@example.com").await, Ok(Some("address refused")));
            let rows = store.read("SELECT address_hash, stopped_at_ms FROM stopped_address", vec![]).await.unwrap();
            assert_eq!(rows.len(), 3);
            assert!(rows.iter().all(|row| row.blob("address_hash").unwrap().len() == 32), "no address is kept");
        })
        .await;
    }
}
