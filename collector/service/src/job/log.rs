//! The job that has what was changed or deleted leave the log of an embedded file, too.

use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use std::time::Duration;

/// See above.
pub struct WipeLog {
    /// Whose log it is.
    pub store: Store,
}

impl Kind for WipeLog {
    const NAME: &'static str = "log";
    const PLAN: Plan = Plan::every(Duration::from_secs(3_600));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        self.store.wipe_log().await;
        Ok(())
    }
}
