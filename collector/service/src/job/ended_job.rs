//! The job that forgets jobs which have been done, or have failed for good, for long enough.

use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use rapport_store::clock::Clock;
use std::time::Duration;

/// See above.
pub struct ForgetEnded {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Kind for ForgetEnded {
    const NAME: &'static str = "ended_job";
    const PLAN: Plan = Plan::every(Duration::from_secs(3_600));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        Ok(self.store.forget_ended_jobs(self.clock.now_ms()).await?)
    }
}
