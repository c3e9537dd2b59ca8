//! What whoever has the link of a mail can stop with one click (RFC 8058), whatever the mail was: one mechanism for all of them.

use crate::engine::value::read_all;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// What is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stops {
    /// One report.
    Report,
    /// Everything that a customer is asked by mail.
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

impl Store {
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
        let sql = "SELECT address, unsubscribed_at_ms FROM follow_up WHERE site_id = $1 AND token = $2";
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
        self.write(["mail_report_recipient", "follow_up", "notification_rule"].map(stop).into()).await.map(|_| ())
    }
}
