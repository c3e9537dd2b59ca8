//! The background work that removes pictures which no answer speaks of: the response never came, or took them back. It also
//! forgets what was erased so long ago that it is not sent again.

use crate::public::attachment::KEPT_MS;
use rapport_store::clock::Clock;
use rapport_store::{Store, StoreError};
use std::time::Duration;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(3_600);
/// How long a collector may do this work alone before another may take over, in milliseconds.
const LEASE_MS: i64 = 2 * 3_600_000;

/// Removes for ever, in the collector that holds the lease. Ends with the task.
pub async fn run(store: Store, clock: Clock) {
    let holder = store.collector_id();
    loop {
        let now_ms = clock.now_ms();
        let turn = async {
            if store.take_lease("attachment", holder, now_ms, now_ms + LEASE_MS).await? {
                run_once(&store, &clock).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = turn.await {
            tracing::warn!(%error, "pictures without an answer could not be removed; trying again");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Removes what has waited long enough, on every site; how many there were.
pub async fn run_once(store: &Store, clock: &Clock) -> Result<usize, StoreError> {
    let mut removed = 0;
    let mut failed = None;
    for site in store.sites().await? {
        match store.remove_unwanted_attachments(site.site_id, clock.now_ms() - KEPT_MS).await {
            Ok(of_site) => removed += of_site,
            // The other sites' go all the same.
            Err(error) => failed = Some(error),
        }
        if let Err(error) = store.forget_long_erased(site.site_id, clock.now_ms()).await {
            failed = Some(error);
        }
    }
    if removed > 0 {
        tracing::info!(removed, "removed pictures that no answer speaks of");
    }
    failed.map_or(Ok(removed), Err)
}
