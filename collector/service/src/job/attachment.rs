//! The job that removes pictures which no answer speaks of: the response never came, or took them back.

use super::every_site::on_every_site;
use super::kind::{Attempt, Fault, Kind, Plan};
use crate::public::attachment::KEPT_MS;
use rapport_store::clock::Clock;
use rapport_store::{Store, StoreError};
use std::time::Duration;

/// See above.
pub struct RemoveUnwanted {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Kind for RemoveUnwanted {
    const NAME: &'static str = "unwanted_attachment";
    const PLAN: Plan = Plan::every(Duration::from_secs(3_600));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let removed = run_once(&self.store, &self.clock).await?;
        if removed > 0 {
            tracing::info!(removed, "removed pictures that no answer speaks of");
        }
        Ok(())
    }
}

/// Removes what has waited long enough, on every site; how many there were.
pub async fn run_once(store: &Store, clock: &Clock) -> Result<usize, StoreError> {
    let before_ms = clock.now_ms() - KEPT_MS;
    on_every_site(store, |sites| {
        let store = store.clone();
        async move { store.remove_unwanted_attachments(&sites, before_ms).await }
    })
    .await
}
