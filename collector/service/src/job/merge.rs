//! The job that looks for customers who may be one person, and proposes to merge them: somebody has to say so.

use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use rapport_store::clock::Clock;
use std::time::Duration;

/// Pause between two looks: each reads what every customer is found by.
const PAUSE: Duration = Duration::from_secs(3_600);

/// See above.
pub struct ProposeMerges {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Kind for ProposeMerges {
    const NAME: &'static str = "propose_merges";
    const PLAN: Plan = Plan::every(PAUSE);
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for site_id in self.store.site_ids().await? {
            failed = self.store.propose_merges(site_id, self.clock.now_ms()).await.err().or(failed);
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}
