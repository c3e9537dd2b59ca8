//! The background work that brings rollups up to date, in the one collector that holds the lease.

use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::rollup::rebuild::{Round, Turn, rebuild};
use rapport_store::site::directory::SiteDirectory;
use rapport_store::{Store, StoreError};
use std::time::Duration;

/// Pause between two looks at the marks.
const PAUSE: Duration = Duration::from_secs(2);

/// How long a collector may do this work alone before another may take over, in milliseconds.
const LEASE_MS: i64 = 60_000;

/// Rebuilds for ever, in the collector that holds the lease. Ends with the task.
pub async fn run(store: Store, clock: Clock, sites: SiteDirectory) {
    let holder = store.collector_id();
    let mut round = Round::default();
    loop {
        match take_turn(&store, &clock, &sites, holder, &mut round).await {
            Ok(Turn { goes_on: true, .. }) => {}
            Ok(_) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                tracing::warn!(%error, "rollups could not be brought up to date; trying again");
                tokio::time::sleep(PAUSE * 3).await;
            }
        }
    }
}

/// One turn if nobody else is at it.
async fn take_turn(
    store: &Store,
    clock: &Clock,
    sites: &SiteDirectory,
    holder: Id,
    round: &mut Round,
) -> Result<Turn, StoreError> {
    let now_ms = clock.now_ms();
    let held = store.take_lease("rollup", holder, now_ms, now_ms + LEASE_MS).await?;
    if held { rebuild(store, clock, sites, round).await } else { Ok(Turn::default()) }
}
