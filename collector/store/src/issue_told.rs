//! Customers who complained of an issue and were told that it is fixed: each once, whoever they turn out to be afterwards.

use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::value::read_all;
use crate::job::NewJob;
use crate::mail::{OutgoingMail, writing};
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Somebody who was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldOfIssue {
    /// Who, as they were known then.
    pub customer_id: Id,
    /// At which address.
    pub address: String,
    /// What stands in the link by which they are written to no more.
    pub token: Vec<u8>,
    /// When, in epoch milliseconds.
    pub told_at_ms: i64,
}

impl Store {
    /// Everybody who was told of an issue.
    pub async fn told_of_issue(&self, site_id: Id, issue_id: Id) -> Result<Vec<ToldOfIssue>, StoreError> {
        let sql = "SELECT customer_id, address, token, told_at_ms FROM issue_told WHERE site_id = $1 AND issue_id = $2
             ORDER BY told_at_ms, customer_id";
        let read = |row: &mut Row| {
            Ok(ToldOfIssue {
                customer_id: row.id("customer_id")?,
                address: row.take_text("address")?,
                token: row.take_blob("token")?,
                told_at_ms: row.int("told_at_ms")?,
            })
        };
        read_all(self.read(sql, params![site_id, issue_id]).await?, read)
    }

    /// Tells people that an issue is fixed, each by a mail with the job that sends it, and notes who did.
    /// Whoever was told already is not told again, whoever asks at the same time.
    pub async fn tell_of_fix(
        &self,
        site_id: Id,
        issue_id: Id,
        told: &[(ToldOfIssue, OutgoingMail, NewJob)],
        entry: &AuditEntry,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let mut statements = Vec::new();
        for (of, mail, job) in told {
            statements.extend(writing(site_id, mail, job, clock)?);
            let sql = "INSERT INTO issue_told (site_id, issue_id, customer_id, address, token, told_at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (site_id, issue_id, customer_id) DO NOTHING";
            let params = params![site_id, issue_id, of.customer_id, &of.address, of.token.clone(), of.told_at_ms];
            statements.push(Statement::new(sql, params));
        }
        statements.push(entry.statement(site_id));
        self.write(statements).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::tests::{a_job, a_mail};
    use crate::subscription::Stops;
    use crate::test_store::{each_engine, note};

    #[tokio::test]
    async fn somebody_was_told_twice_of_a_fix_or_could_not_stop_it() {
        each_engine(async |store| {
            let (shop, issue) = (Id([8; 16]), Id([1; 16]));
            let of = |number: u8| ToldOfIssue {
                customer_id: Id([7; 16]),
                address: "ada@example.com".into(),
                token: vec![number; 32],
                told_at_ms: i64::from(number),
            };
            for number in [1, 2] {
                let told = (of(number), a_mail(number, "fixed:1", "ada@example.com"), a_job(&number.to_string()));
                store.tell_of_fix(shop, issue, &[told], &note(5), &Clock::System).await.unwrap();
            }
            assert_eq!(store.told_of_issue(shop, issue).await, Ok(vec![of(1)]));
            assert_eq!(store.told_of_issue(Id([9; 16]), issue).await, Ok(vec![]));
            assert_eq!(store.mails(shop, 9).await.unwrap().len(), 1);
            let known = store.subscription(shop, vec![1; 32]).await.unwrap().unwrap();
            assert_eq!((known.stops, known.address.as_str()), (Stops::FollowUps, "ada@example.com"));
            store.unsubscribe(shop, vec![1; 32], 30).await.unwrap();
            assert_eq!(store.stopped(shop, Id([6; 16]), "Ada@example.com").await, Ok(Some("unsubscribed")));
        })
        .await;
    }
}
