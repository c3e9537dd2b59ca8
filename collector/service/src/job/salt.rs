//! The job that keeps a promise: the salts of past days are destroyed, even when nobody sends or asks for anything.

use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use std::time::Duration;

/// See above.
pub struct DestroySalts {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Whose days they are.
    pub sites: SiteDirectory,
}

impl Kind for DestroySalts {
    const NAME: &'static str = "salt";
    /// So long at most does a salt outlive its day.
    const PLAN: Plan = Plan::every(Duration::from_secs(60));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        Ok(self.store.destroy_salts_before(self.sites.earliest_day(self.clock.now_ms())).await?)
    }
}
