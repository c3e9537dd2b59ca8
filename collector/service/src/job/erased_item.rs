//! The job that forgets which items were erased, so long ago that they are not sent again.

use super::every_site::on_every_site;
use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use rapport_store::clock::Clock;
use std::time::Duration;

/// See above.
pub struct ForgetErased {
    /// Where they are known.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Kind for ForgetErased {
    const NAME: &'static str = "long_erased_item";
    const PLAN: Plan = Plan::every(Duration::from_secs(3_600));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let now_ms = self.clock.now_ms();
        on_every_site(&self.store, |sites| {
            let store = self.store.clone();
            async move { store.forget_long_erased(&sites, now_ms).await }
        })
        .await?;
        Ok(())
    }
}
