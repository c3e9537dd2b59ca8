//! The job that keeps who is of which persona: see `rapport_store::persona`.

use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use rapport_store::clock::Clock;
use std::time::Duration;

/// Pause between two looks; one where nobody changed is a few reads.
const PAUSE: Duration = Duration::from_secs(60);

/// See above.
pub struct KeepPersonas {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Kind for KeepPersonas {
    const NAME: &'static str = "keep_personas";
    const PLAN: Plan = Plan::every(PAUSE);
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for site_id in self.store.site_ids().await? {
            failed = self.store.keep_personas(site_id, self.clock.now_ms()).await.err().or(failed);
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}
