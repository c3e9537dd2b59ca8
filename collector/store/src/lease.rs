//! Leases: who does something that only one may do at a time and that nobody is asked to do later, as an erasure while its page
//! waits. What is to be done in the background is a [job](crate::job), which has a lease of its own.
//!
//! A collector gives its leases up when it stops. One that was killed cannot: on an embedded file the next one knows that
//! nobody else is there and takes over at once; on PostgreSQL, where others may live, a lease ends by its time.

use super::{Statement, Store, StoreError};
use crate::job::claim::ending_leases;
use crate::params;
use rapport_shared::id::Id;
use std::sync::atomic::Ordering;

impl Store {
    /// Takes the lease of something named until `until_ms` if nobody holds it at `now_ms`, or renews it.
    pub async fn take_lease(&self, name: &str, holder: Id, now_ms: i64, until_ms: i64) -> Result<bool, StoreError> {
        self.holds_lease.store(true, Ordering::Relaxed);
        let holder = holder.to_text();
        let statements = vec![
            Statement::new(
                "INSERT INTO lease (name, holder, until_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                params![name, &holder, 0_i64],
            ),
            Statement::new(
                // One that ends later than any lease taken now could is of a clock that was set back since.
                "UPDATE lease SET holder = $2, until_ms = $3
                 WHERE name = $1 AND (holder = $2 OR until_ms < $4 OR until_ms > $5) RETURNING until_ms",
                params![name, &holder, until_ms, now_ms, until_ms.saturating_add(until_ms - now_ms)],
            ),
        ];
        Ok(self.write(statements).await?.last().is_some_and(|rows| !rows.is_empty()))
    }

    /// Ends the leases that somebody held on a database where there can be no other collector than this.
    pub(super) async fn end_leases_of_the_dead(&self) -> Result<(), StoreError> {
        if !self.engine.is_alone() {
            return Ok(());
        }
        let end = Statement::new("UPDATE lease SET until_ms = $1 WHERE until_ms > $1", params![0_i64]);
        self.write(vec![end, ending_leases()]).await.map(|_| ())
    }

    /// The statements that give up the leases and the jobs of this collector, if it ever took one.
    pub(super) fn giving_up_leases(&self) -> Vec<Statement> {
        if !self.holds_lease.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let sql = "UPDATE lease SET until_ms = $1 WHERE holder = $2";
        vec![Statement::new(sql, params![0_i64, self.collector_id().to_text()]), self.giving_back_jobs()]
    }

    /// Until when somebody holds a lease, in epoch milliseconds; 0 when nobody ever did.
    pub async fn lease_until_ms(&self, name: &str) -> Result<i64, StoreError> {
        let rows = self.read("SELECT until_ms FROM lease WHERE name = $1", params![name]).await?;
        rows.first().map_or(Ok(0), |row| row.int("until_ms"))
    }
}

#[cfg(test)]
mod tests {
    use crate::Store;
    use crate::clock::Clock;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_lease_is_held_by_one_and_ends() {
        each_engine(async |store| {
            let (one, other) = (Clock::System.new_id(), Clock::System.new_id());
            assert_eq!(store.take_lease("rollup", one, 10, 20).await, Ok(true));
            assert_eq!(store.take_lease("rollup", other, 15, 25).await, Ok(false));
            assert_eq!(store.take_lease("rollup", one, 15, 25).await, Ok(true));
            assert_eq!(store.lease_until_ms("rollup").await, Ok(25));
            assert_eq!(store.take_lease("rollup", other, 26, 36).await, Ok(true));
            assert_eq!(store.lease_until_ms("none").await, Ok(0));
            assert_eq!(store.end_leases_of_the_dead().await, Ok(()));
            let ended = if store.engine_name() == "sqlite" { 0 } else { 36 };
            assert_eq!(store.lease_until_ms("rollup").await, Ok(ended), "on PostgreSQL somebody else may live");
        })
        .await;
    }

    #[tokio::test]
    async fn after_a_stop_or_a_kill_rollups_waited_out_the_lease_of_a_dead_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("rapport.db").display());
        let far_ms = i64::MAX;
        for stops_well in [true, false] {
            let store = Store::open_to_collect(&url, Clock::System).await.expect("the store opens");
            assert_eq!(store.lease_until_ms("rollup").await, Ok(0));
            assert_eq!(store.take_lease("rollup", store.collector_id(), 10, far_ms).await, Ok(true));
            if stops_well {
                store.shut_down().await;
                let reader = Store::open(&url, Clock::System).await.expect("the store opens");
                assert_eq!(reader.lease_until_ms("rollup").await, Ok(0), "given up");
                reader.shut_down().await;
            }
        }
    }
}
