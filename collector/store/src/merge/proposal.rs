//! Customers who may be one person: found by what they have in common, and merged only once somebody says so.
//!
//! Anybody may type an address, and a browser may be shared: what is alike is a reason to ask, no proof. What so many have in common
//! tells nobody apart (the address of an office, the browser of a shop), and is not asked about.

use super::Cause;
use crate::audit::AuditEntry;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, BTreeSet};

/// What more customers than this have in common says nothing of them.
const ALIKE: i64 = 4;
/// Things in common that are looked at in one search, each of which may make several proposals.
const SEARCHED: i64 = 5_000;

/// One proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// One customer, whose id is lower.
    pub one_id: Id,
    /// The other.
    pub other_id: Id,
    /// What they have in common.
    pub cause: Cause,
    /// When it was found, in epoch milliseconds.
    pub proposed_at_ms: i64,
}

fn read(row: &Row) -> Result<Proposal, StoreError> {
    Ok(Proposal {
        one_id: row.id("one_id")?,
        other_id: row.id("other_id")?,
        cause: row.named("customer_proposal.cause", Cause::named)?,
        proposed_at_ms: row.int("proposed_at_ms")?,
    })
}

/// Customers with the same text in a column, whatever its letters, beside each other.
fn alike(column: &str) -> String {
    let same = format!("LOWER(TRIM({column}))");
    format!(
        "SELECT {same} AS same, customer_id FROM customer WHERE site_id = $1 AND merged_into IS NULL AND {same} IN (
             SELECT {same} FROM customer WHERE site_id = $1 AND merged_into IS NULL AND {same} <> ''
             GROUP BY {same} HAVING COUNT(*) BETWEEN 2 AND $2 ORDER BY {same} LIMIT $3)
         ORDER BY {same}, customer_id"
    )
}

/// Customers to whom the same belongs, of a kind of `identity`, beside each other.
fn belonging(kind: &str) -> String {
    format!(
        "SELECT i.value AS same, c.customer_id FROM identity i
         JOIN customer c ON c.site_id = i.site_id AND c.customer_id = i.customer_id AND c.merged_into IS NULL
         WHERE i.site_id = $1 AND i.kind = '{kind}' AND i.value IN (
             SELECT value FROM identity WHERE site_id = $1 AND kind = '{kind}'
             GROUP BY value HAVING COUNT(*) BETWEEN 2 AND $2 ORDER BY value LIMIT $3)
         ORDER BY i.value, c.customer_id"
    )
}

/// Each two of those who have the same.
fn pairs(rows: &[Row]) -> Result<BTreeSet<(Id, Id)>, StoreError> {
    let mut alike: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
    for row in rows {
        alike.entry(row.text("same")?).or_default().push(row.id("customer_id")?);
    }
    let two = |ids: &Vec<Id>| {
        let pairs = |place: usize| ids[place + 1..].iter().map(|other| (ids[place], *other)).collect::<Vec<_>>();
        (0..ids.len()).flat_map(pairs).collect::<Vec<_>>()
    };
    Ok(alike.values().flat_map(two).collect())
}

impl Store {
    /// Looks for customers who may be one person, and proposes those who were not proposed before; how many there are.
    pub async fn propose_merges(&self, site_id: Id, now_ms: i64) -> Result<usize, StoreError> {
        let mut statements = Vec::new();
        for (cause, sql) in
            [(Cause::Mail, belonging("mail")), (Cause::Phone, alike("phone")), (Cause::Browser, belonging("visitor"))]
        {
            let rows = self.read(sql, params![site_id, ALIKE, SEARCHED]).await?;
            for (one_id, other_id) in pairs(&rows)? {
                let sql = "INSERT INTO customer_proposal (site_id, one_id, other_id, cause, state, actor, proposed_at_ms, changed_at_ms)
                     VALUES ($1, $2, $3, $4, 'open', 'robot', $5, $5)
                     ON CONFLICT (site_id, one_id, other_id, cause) DO NOTHING RETURNING one_id";
                let params = params![site_id, one_id, other_id, cause.as_str(), now_ms];
                statements.push(Statement::new(sql, params));
            }
        }
        if statements.is_empty() {
            return Ok(0);
        }
        Ok(self.write(statements).await?.iter().map(Vec::len).sum())
    }

    /// Proposals that wait for somebody's word, the oldest first; at most `limit`. Customers who are one person by now are left out.
    pub async fn merge_proposals(&self, site_id: Id, limit: u32) -> Result<Vec<Proposal>, StoreError> {
        let sql = "SELECT p.one_id, p.other_id, p.cause, p.proposed_at_ms FROM customer_proposal p
             JOIN customer a ON a.site_id = p.site_id AND a.customer_id = p.one_id
             JOIN customer b ON b.site_id = p.site_id AND b.customer_id = p.other_id
             WHERE p.site_id = $1 AND p.state = 'open'
               AND COALESCE(a.merged_into, a.customer_id) <> COALESCE(b.merged_into, b.customer_id)
             ORDER BY p.proposed_at_ms, p.one_id, p.other_id, p.cause LIMIT $2";
        self.read(sql, params![site_id, i64::from(limit)]).await?.iter().map(read).collect()
    }

    /// Notes what somebody said of two customers, for every cause for which they were proposed; false where they were not.
    pub async fn settle_proposal(
        &self,
        site_id: Id,
        (one_id, other_id): (Id, Id),
        is_accepted: bool,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let state = if is_accepted { "accepted" } else { "declined" };
        let sql = "UPDATE customer_proposal SET state = $4, actor = $5, changed_at_ms = $6
             WHERE site_id = $1 AND one_id = $2 AND other_id = $3 AND state = 'open' RETURNING one_id";
        let (one_id, other_id) = (one_id.min(other_id), one_id.max(other_id));
        let params = params![site_id, one_id, other_id, state, &entry.actor, entry.occurred_at_ms];
        let open = "customer_proposal WHERE site_id = $1 AND one_id = $7 AND other_id = $8 AND state = 'open'";
        let noted = entry.statement_where(site_id, open, params![one_id, other_id]);
        Ok(!self.write(vec![noted, Statement::new(sql, params)]).await?[1].is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::customer::{link_visitor, note_seen};
    use crate::test_store::{each_engine, note};

    const SITE: Id = Id([7; 16]);

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    async fn customer(store: &Store, number: u8, mail: Option<&str>, phone: Option<&str>) {
        let sql = "UPDATE customer SET phone = $3 WHERE site_id = $1 AND customer_id = $2";
        let told = Statement::new(sql, params![SITE, id(number), phone.map(str::to_owned)]);
        store.write(vec![note_seen(SITE, id(number), &format!("C-{number}"), 5), told]).await.unwrap();
        if let Some(mail) = mail {
            let sql = "INSERT INTO identity (site_id, kind, value, customer_id, created_at_ms) VALUES ($1, 'mail', $2, $3, 5)";
            store.write(vec![Statement::new(sql, params![SITE, mail, id(number)])]).await.unwrap();
        }
    }

    async fn proposed(store: &Store) -> Vec<(u8, u8, &'static str)> {
        let proposals = store.merge_proposals(SITE, 99).await.unwrap();
        proposals.iter().map(|one| (one.one_id.0[0], one.other_id.0[0], one.cause.as_str())).collect()
    }

    #[tokio::test]
    async fn a_shared_browser_or_a_typed_address_merged_two_people_by_itself() {
        each_engine(async |store| {
            for (number, mail, phone) in [
                (1, Some("ada@example.com"), Some("+49 30 1x")),
                (2, Some("ada@example.com"), None),
                (3, None, Some(" +49 30 1X")),
                (4, None, Some(" ")),
                (5, None, None),
            ] {
                customer(&store, number, mail, phone).await;
            }
            // The address of an office.
            for number in 20..25 {
                customer(&store, number, Some("office@example.com"), None).await;
            }
            // Two customers of one browser, and the browser of a shop.
            store
                .write(vec![link_visitor(SITE, id(4), id(60), 5), link_visitor(SITE, id(5), id(60), 5)])
                .await
                .unwrap();
            store.write((1..6).map(|number| link_visitor(SITE, id(number), id(61), 5)).collect()).await.unwrap();
            assert_eq!(store.propose_merges(id(8), 10).await, Ok(0), "another site");
            assert_eq!(store.propose_merges(SITE, 10).await, Ok(3));
            assert_eq!(store.propose_merges(SITE, 11).await, Ok(0));
            assert_eq!(proposed(&store).await, [(1, 2, "mail"), (1, 3, "phone"), (4, 5, "browser")]);
            let rows = store.read("SELECT 1 AS one FROM customer WHERE merged_into IS NOT NULL", vec![]).await.unwrap();
            assert!(rows.is_empty(), "nobody is merged before somebody says so");
            assert_eq!(store.visitors_of(SITE, id(4)).await, Ok(vec![]), "whose the browser is, is not known");

            assert_eq!(store.settle_proposal(SITE, (id(5), id(4)), false, &note(12)).await, Ok(true));
            assert_eq!(store.settle_proposal(SITE, (id(5), id(4)), false, &note(12)).await, Ok(false));
            assert_eq!(store.propose_merges(SITE, 13).await, Ok(0), "who was declined is not proposed again");
            let merged = store.merge_customers(SITE, (id(2), id(1)), Cause::Mail, &note(14), &Clock::System).await;
            assert_eq!(merged.unwrap().unwrap().cause, Cause::Mail);
            assert_eq!(proposed(&store).await, [(1, 3, "phone")]);
            assert_eq!(store.settle_proposal(SITE, (id(1), id(3)), true, &note(15)).await, Ok(true));
            assert_eq!(proposed(&store).await, []);
        })
        .await;
    }
}
