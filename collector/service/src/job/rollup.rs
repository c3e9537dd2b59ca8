//! The job that brings rollups up to date. Reports wait for it, so whichever collector has it keeps it for as long as it runs.

use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::rollup::rebuild::{Round, Turn, rebuild};
use rapport_store::site::directory::SiteDirectory;
use std::time::Duration;

/// Pause between two looks at the marks.
const PAUSE: Duration = Duration::from_secs(2);

/// See above.
pub struct RollUp {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Whose hours they are.
    pub sites: SiteDirectory,
}

impl Kind for RollUp {
    const NAME: &'static str = "rollup";
    const PLAN: Plan = Plan { patience: None, ..Plan::every(PAUSE) };
    type Payload = ();

    async fn run(&self, (): (), mut attempt: Attempt) -> Result<(), Fault> {
        let mut round = Round::default();
        loop {
            let pause = match rebuild(&self.store, &self.clock, &self.sites, &mut round).await {
                Ok(Turn { goes_on: true, .. }) => Duration::ZERO,
                Ok(_) => PAUSE,
                Err(error) => {
                    tracing::warn!(%error, "rollups could not be brought up to date; trying again");
                    PAUSE * 3
                }
            };
            if attempt.stops_within(pause).await {
                return Ok(());
            }
        }
    }
}
