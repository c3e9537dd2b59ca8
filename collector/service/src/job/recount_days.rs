//! The job that has a site's days counted anew some time after its time zone was changed: whoever had not heard of that yet counted
//! by the old one.

use super::kind::{Attempt, Fault, Kind, Plan, job_of};
use rapport_store::clock::Clock;
use rapport_store::job::{IfKnown, NewJob};
use rapport_store::site::Site;
use rapport_store::site::directory::FRESH_MS;
use rapport_store::{Store, StoreError};

/// When nobody counts by the old zone any more, in milliseconds: what is known of a site is kept for [`FRESH_MS`], and what was begun
/// with it has to end.
const SETTLED_MS: i64 = 12 * FRESH_MS;

/// See above.
pub struct RecountDays {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl RecountDays {
    /// The job for a site whose zone is changed now.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a key that is too long.
    pub fn of(site: &Site, now_ms: i64) -> Result<NewJob, StoreError> {
        let job = job_of::<Self>(site.key.clone(), &(), now_ms + SETTLED_MS)?;
        Ok(NewJob { site_id: Some(site.site_id), if_known: IfKnown::Postpone, ..job })
    }
}

impl Kind for RecountDays {
    const NAME: &'static str = "recount_days";
    const PLAN: Plan = Plan { tries: None, ..Plan::when_asked(1) };
    type Payload = ();

    async fn run(&self, (): (), attempt: Attempt) -> Result<(), Fault> {
        // Not from the directory, which may be what is behind.
        let sites = self.store.sites().await?;
        let Some(site) = sites.into_iter().find(|site| Some(site.site_id) == attempt.site_id) else { return Ok(()) };
        Ok(self.store.recount_days(site.site_id, &site.time_zone, &self.clock).await?)
    }
}
