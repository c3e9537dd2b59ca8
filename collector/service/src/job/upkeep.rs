//! The background work that keeps a promise: what is to be destroyed is, even when nobody sends or asks for anything.

use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use std::time::Duration;

/// Pause between two looks: so long at most does a salt outlive its day.
const PAUSE: Duration = Duration::from_secs(60);
/// After so many looks what was changed or deleted leaves the log, too: an hour.
const LOOKS: u64 = 60;

/// Looks for ever. Ends with the task.
pub async fn run(store: Store, clock: Clock, sites: SiteDirectory) {
    for look in 0_u64.. {
        if let Err(error) = store.destroy_salts_before(sites.earliest_day(clock.now_ms())).await {
            tracing::warn!(%error, "the salts of past days could not be destroyed; trying again");
        }
        if look % LOOKS == LOOKS - 1 {
            store.wipe_log().await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
