//! The job that forgets what was told more than 30 days ago: deliveries with their attempts, and notices.

use super::every_site::on_every_site;
use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::webhook::delivery::KEPT_MS;
use std::time::Duration;

/// See above.
pub struct ForgetTold {
    /// Where it is kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Kind for ForgetTold {
    const NAME: &'static str = "long_told";
    const PLAN: Plan = Plan::every(Duration::from_secs(3_600));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let before_ms = self.clock.now_ms() - KEPT_MS;
        on_every_site(&self.store, |sites| {
            let store = self.store.clone();
            async move {
                for site_id in &sites {
                    store.forget_told_before(*site_id, before_ms).await?;
                }
                Ok(sites.len())
            }
        })
        .await?;
        Ok(())
    }
}
