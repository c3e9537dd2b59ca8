//! Customers who turned out to be one person.
//!
//! A merge is an alias: no row is moved, every one keeps the customer it came with, and what arrives later of either is found with both.
//! The merges that were not undone are a forest, since only customers who are nobody's alias are merged, and those of two different
//! trees: there is no circle, whatever is undone in whichever order. `customer.merged_into` is the root of each, so that nobody follows
//! a chain.

pub mod proposal;

use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::value::{placeholders, read_all};
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, BTreeSet};

/// Most customers who are one person.
pub const TOGETHER: usize = 100;

/// Why customers are one person, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Staff, or the company's server, said so.
    Said,
    /// They have the same mail address, which anybody may have typed.
    Mail,
    /// They have the same number.
    Phone,
    /// They signed in from the same browser, which they may share.
    Browser,
}

impl Cause {
    const EACH: [Self; 4] = [Self::Said, Self::Mail, Self::Phone, Self::Browser];

    /// The name in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Browser => "browser",
        }
    }

    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Said => "said by staff",
            Self::Mail => "same mail address",
            Self::Phone => "same phone number",
            Self::Browser => "same browser",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|cause| cause.as_str() == name)
    }
}

/// One merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Its id.
    pub merge_id: Id,
    /// Who is an alias from then on.
    pub loser_id: Id,
    /// Of whom.
    pub winner_id: Id,
    /// Why.
    pub cause: Cause,
    /// Who said so: a mail address, or a key.
    pub actor: String,
    /// When, in epoch milliseconds.
    pub merged_at_ms: i64,
    /// When it was undone, in epoch milliseconds.
    pub undone_at_ms: Option<i64>,
}

/// Why customers are not merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmerged {
    /// There is no such customer.
    Unknown,
    /// They are one person already.
    Same,
    /// They would be more than [`TOGETHER`].
    TooMany,
}

const COLUMNS: &str = "merge_id, loser_id, winner_id, cause, actor, merged_at_ms, undone_at_ms";

fn read(row: &mut Row) -> Result<Merge, StoreError> {
    Ok(Merge {
        merge_id: row.id("merge_id")?,
        loser_id: row.id("loser_id")?,
        winner_id: row.id("winner_id")?,
        cause: row.named("customer_merge.cause", Cause::named)?,
        actor: row.take_text("actor")?,
        merged_at_ms: row.int("merged_at_ms")?,
        undone_at_ms: row.int_or_null("undone_at_ms")?,
    })
}

/// Who everybody is, by the merges that hold: a loser and a winner each. Whoever is left out is nobody's alias.
fn roots(merges: &[(Id, Id)]) -> BTreeMap<Id, Id> {
    let winner_of: BTreeMap<Id, Id> = merges.iter().copied().collect();
    let root = |of: Id| {
        let mut root = of;
        // As many steps as there are merges: rows that somebody made by hand may not keep us for ever.
        for _ in 0..winner_of.len() {
            match winner_of.get(&root) {
                Some(winner) => root = *winner,
                None => break,
            }
        }
        root
    };
    winner_of.keys().map(|loser| (*loser, root(*loser))).collect()
}

/// The statements after which everybody is who these merges make them.
fn settling(site_id: Id, everybody: &[Id], merges: &[(Id, Id)]) -> Vec<Statement> {
    let roots = roots(merges);
    let settle = |of: &Id| {
        let sql = "UPDATE customer SET merged_into = $3 WHERE site_id = $1 AND customer_id = $2";
        Statement::new(sql, params![site_id, *of, roots.get(of).copied()])
    };
    everybody.iter().map(settle).collect()
}

impl Store {
    /// Everybody who is one person with a customer, that one among them, who is first of all whom the others are aliases of. Empty where
    /// there is no such customer.
    pub async fn together(&self, site_id: Id, customer_id: Id) -> Result<Vec<Id>, StoreError> {
        let sql =
            "SELECT COALESCE(merged_into, customer_id) AS root FROM customer WHERE site_id = $1 AND customer_id = $2";
        let rows = self.read(sql, params![site_id, customer_id]).await?;
        let Some(root) = rows.first().map(|row| row.id("root")).transpose()? else { return Ok(Vec::new()) };
        let sql = "SELECT customer_id FROM customer WHERE site_id = $1 AND merged_into = $2 ORDER BY customer_id";
        let mut together = vec![root];
        for row in self.read(sql, params![site_id, root]).await? {
            together.push(row.id("customer_id")?);
        }
        Ok(together)
    }

    /// The merges that hold between some customers, as losers and winners.
    async fn holding(&self, site_id: Id, customers: &[Id]) -> Result<Vec<(Id, Id)>, StoreError> {
        let mut params = params![site_id];
        params.extend(customers.iter().map(|id| Value::from(*id)));
        let sql = format!(
            "SELECT loser_id, winner_id FROM customer_merge WHERE site_id = $1 AND undone_at_ms IS NULL AND loser_id IN ({})",
            placeholders(2, customers.len())
        );
        self.read(sql, params).await?.iter().map(|row| Ok((row.id("loser_id")?, row.id("winner_id")?))).collect()
    }

    /// Makes one customer an alias of another, and whoever is an alias of either with them; the merge.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another merge or an erasure of the site takes too long.
    pub async fn merge_customers(
        &self,
        site_id: Id,
        (loser_id, winner_id): (Id, Id),
        cause: Cause,
        entry: &AuditEntry,
        clock: &Clock,
    ) -> Result<Result<Merge, Unmerged>, StoreError> {
        let holder = clock.new_id();
        self.begin_erasure(site_id, holder, clock).await?;
        let merged = self.merge_alone(site_id, (loser_id, winner_id), cause, entry, clock.new_id()).await;
        self.end_erasure(site_id, holder).await?;
        merged
    }

    async fn merge_alone(
        &self,
        site_id: Id,
        (loser_id, winner_id): (Id, Id),
        cause: Cause,
        entry: &AuditEntry,
        merge_id: Id,
    ) -> Result<Result<Merge, Unmerged>, StoreError> {
        let (losers, winners) = (self.together(site_id, loser_id).await?, self.together(site_id, winner_id).await?);
        let (Some(loser), Some(winner)) = (losers.first().copied(), winners.first().copied()) else {
            return Ok(Err(Unmerged::Unknown));
        };
        if loser == winner {
            return Ok(Err(Unmerged::Same));
        }
        if losers.len() + winners.len() > TOGETHER {
            return Ok(Err(Unmerged::TooMany));
        }
        let merge = Merge {
            merge_id,
            loser_id: loser,
            winner_id: winner,
            cause,
            actor: entry.actor.clone(),
            merged_at_ms: entry.occurred_at_ms,
            undone_at_ms: None,
        };
        let sql = format!("INSERT INTO customer_merge (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)");
        let params = params![site_id, merge_id, loser, winner, cause.as_str(), &merge.actor, merge.merged_at_ms];
        let mut merges = self.holding(site_id, &losers).await?;
        merges.push((loser, winner));
        let mut statements = vec![Statement::new(sql, params), entry.statement(site_id)];
        statements.extend(settling(site_id, &losers, &merges));
        statements.push(crate::persona::note_due(site_id, winner));
        self.write(statements).await?;
        Ok(Ok(merge))
    }

    /// Undoes a merge, whatever was merged since: the loser, with whoever is an alias of theirs, stands alone again. False where there is
    /// none, or it was undone before.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another merge or an erasure of the site takes too long.
    pub async fn undo_merge(
        &self,
        site_id: Id,
        merge_id: Id,
        entry: &AuditEntry,
        clock: &Clock,
    ) -> Result<bool, StoreError> {
        let holder = clock.new_id();
        self.begin_erasure(site_id, holder, clock).await?;
        let undone = self.undo_alone(site_id, merge_id, entry).await;
        self.end_erasure(site_id, holder).await?;
        undone
    }

    async fn undo_alone(&self, site_id: Id, merge_id: Id, entry: &AuditEntry) -> Result<bool, StoreError> {
        let Some(merge) = self.merge(site_id, merge_id).await?.filter(|merge| merge.undone_at_ms.is_none()) else {
            return Ok(false);
        };
        let everybody = self.together(site_id, merge.loser_id).await?;
        let mut merges = self.holding(site_id, &everybody).await?;
        merges.retain(|(loser, _)| *loser != merge.loser_id);
        let sql = "UPDATE customer_merge SET undone_at_ms = $3 WHERE site_id = $1 AND merge_id = $2";
        let undo = Statement::new(sql, params![site_id, merge_id, entry.occurred_at_ms]);
        let mut statements = vec![undo, entry.statement(site_id)];
        statements.extend(settling(site_id, &everybody, &merges));
        statements.extend(everybody.iter().map(|customer| crate::persona::note_due(site_id, *customer)));
        self.write(statements).await?;
        Ok(true)
    }

    /// One merge.
    pub async fn merge(&self, site_id: Id, merge_id: Id) -> Result<Option<Merge>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM customer_merge WHERE site_id = $1 AND merge_id = $2");
        Ok(read_all(self.read(sql, params![site_id, merge_id]).await?, read)?.into_iter().next())
    }

    /// The merges that hold of a person, the newest first.
    pub async fn merges_of(&self, site_id: Id, customer_id: Id) -> Result<Vec<Merge>, StoreError> {
        let everybody: BTreeSet<Id> = self.together(site_id, customer_id).await?.into_iter().collect();
        if everybody.is_empty() {
            return Ok(Vec::new());
        }
        let mut params = params![site_id];
        params.extend(everybody.iter().map(|id| Value::from(*id)));
        let sql = format!(
            "SELECT {COLUMNS} FROM customer_merge WHERE site_id = $1 AND undone_at_ms IS NULL AND loser_id IN ({})
             ORDER BY merged_at_ms DESC, merge_id DESC",
            placeholders(2, everybody.len())
        );
        read_all(self.read(sql, params).await?, read)
    }

    /// The newest merges of a site that hold; at most `limit`.
    pub async fn merges(&self, site_id: Id, limit: u32) -> Result<Vec<Merge>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM customer_merge WHERE site_id = $1 AND undone_at_ms IS NULL
             ORDER BY merged_at_ms DESC, merge_id DESC LIMIT $2"
        );
        read_all(self.read(sql, params![site_id, i64::from(limit)]).await?, read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{link_visitor, note_seen};
    use crate::test_store::{each_engine, in_memory, note};
    use proptest::prelude::*;

    const SITE: Id = Id([7; 16]);

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    async fn customers(store: &Store, numbers: std::ops::Range<u8>) {
        let seen = |number: u8| note_seen(SITE, id(number), &format!("C-{number}"), 5);
        store.write(numbers.map(seen).collect()).await.unwrap();
    }

    async fn merge(store: &Store, loser: u8, winner: u8) -> Result<Merge, Unmerged> {
        let clock = Clock::System;
        store.merge_customers(SITE, (id(loser), id(winner)), Cause::Said, &note(9), &clock).await.unwrap()
    }

    async fn undo(store: &Store, merge: Id) -> bool {
        store.undo_merge(SITE, merge, &note(9), &Clock::System).await.unwrap()
    }

    /// Everything of customers but what was merged and undone.
    async fn standing(store: &Store) -> Vec<Row> {
        let mut rows = store.read("SELECT * FROM customer ORDER BY customer_id", vec![]).await.unwrap();
        rows.extend(store.read("SELECT * FROM identity ORDER BY value, customer_id", vec![]).await.unwrap());
        rows
    }

    #[tokio::test]
    async fn merging_two_records_of_a_person_lost_lines_and_could_not_be_undone() {
        each_engine(async |store| {
            customers(&store, 1..5).await;
            store
                .write(vec![link_visitor(SITE, id(1), id(60), 5), link_visitor(SITE, id(2), id(61), 5)])
                .await
                .unwrap();
            let before = standing(&store).await;
            let first = merge(&store, 1, 2).await.unwrap();
            let second = merge(&store, 2, 3).await.unwrap();
            assert_eq!(store.together(SITE, id(1)).await, Ok(vec![id(3), id(1), id(2)]));
            assert_eq!(store.visitors_of(SITE, id(1)).await, Ok(vec![id(60), id(61)]));
            assert_eq!(store.reach(SITE, id(1)).await.unwrap().unwrap().external_id, "C-3");
            // What is known of one later follows.
            store.write(vec![note_seen(SITE, id(1), "C-1", 9)]).await.unwrap();
            assert_eq!(store.reach(SITE, id(1)).await.unwrap().unwrap().external_id, "C-3");
            store.write(vec![Statement::new("UPDATE customer SET seen_at_ms = 5", vec![])]).await.unwrap();
            for (loser, winner, why) in [
                (1, 3, Unmerged::Same),
                (3, 1, Unmerged::Same),
                (2, 2, Unmerged::Same),
                (9, 1, Unmerged::Unknown),
                (1, 9, Unmerged::Unknown),
            ] {
                assert_eq!(merge(&store, loser, winner).await, Err(why), "{loser} into {winner}");
            }
            // An alias is merged as whom it is of.
            let third = merge(&store, 4, 1).await.unwrap();
            assert_eq!((third.loser_id, third.winner_id), (id(4), id(3)));
            assert_eq!(store.merges_of(SITE, id(4)).await.unwrap().len(), 3);
            assert_eq!(store.merges(SITE, 2).await.unwrap().len(), 2);
            // The one in the middle first.
            assert!(undo(&store, second.merge_id).await);
            assert!(!undo(&store, second.merge_id).await && !undo(&store, id(99)).await);
            assert_eq!(store.together(SITE, id(1)).await, Ok(vec![id(2), id(1)]));
            assert_eq!(store.together(SITE, id(4)).await, Ok(vec![id(3), id(4)]));
            assert!(undo(&store, first.merge_id).await && undo(&store, third.merge_id).await);
            assert_eq!(standing(&store).await, before);
            assert_eq!(store.merges_of(SITE, id(1)).await, Ok(vec![]));
            assert_eq!(store.merges_of(SITE, id(99)).await, Ok(vec![]));
        })
        .await;
    }

    #[test]
    fn rows_that_go_in_a_circle_end() {
        assert_eq!(roots(&[(id(1), id(2)), (id(2), id(1))]).len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_sequence_of_merges_and_undos_returns_to_the_start(
            steps in prop::collection::vec((0_u8..3, 0_u8..6, 0_u8..6), 1..16), order in any::<u64>(),
        ) {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let store = in_memory().await;
                customers(&store, 0..6).await;
                let before = standing(&store).await;
                let mut merges: Vec<Id> = Vec::new();
                for (what, one, other) in steps {
                    if what > 0 {
                        merges.extend(merge(&store, one, other).await.map(|merge| merge.merge_id));
                    } else if !merges.is_empty() {
                        let place = usize::from(one) % merges.len();
                        assert!(undo(&store, merges.remove(place)).await);
                    }
                    // Nobody is an alias of an alias, and everybody of somebody who is there.
                    let sql = "SELECT 1 FROM customer a LEFT JOIN customer b ON b.customer_id = a.merged_into
                         WHERE a.merged_into IS NOT NULL AND (b.customer_id IS NULL OR b.merged_into IS NOT NULL)";
                    assert!(store.read(sql, vec![]).await.unwrap().is_empty());
                }
                let mut order = order;
                while !merges.is_empty() {
                    let place = order as usize % merges.len();
                    order = order.rotate_left(7);
                    assert!(undo(&store, merges.remove(place)).await);
                }
                assert_eq!(standing(&store).await, before);
            });
        }
    }
}
