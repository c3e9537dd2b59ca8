//! The job that removes what is left of a site that is gone, a few rows at a time.

use super::kind::{Attempt, Fault, Kind, Plan, job_of};
use rapport_shared::id::Id;
use rapport_store::job::NewJob;
use rapport_store::site::Site;
use rapport_store::site::directory::FRESH_MS;
use rapport_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When nobody takes anything for the site any more, in milliseconds: what is known of a site is kept for [`FRESH_MS`], and what was
/// begun with it has to end.
const SETTLED_MS: i64 = 12 * FRESH_MS;
/// Pause between two turns, so that what is sent meanwhile has its own.
const PAUSE: Duration = Duration::from_millis(5);

/// See above.
pub struct RemoveSite {
    /// Where it was.
    pub store: Store,
}

/// Which site. Its row is gone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    site_id: String,
}

impl RemoveSite {
    /// The job for a site that goes now.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a key that is too long.
    pub fn of(site: &Site, now_ms: i64) -> Result<NewJob, StoreError> {
        let site_id = site.site_id.to_text();
        job_of::<Self>(site_id.clone(), &Payload { site_id }, now_ms + SETTLED_MS)
    }
}

impl Kind for RemoveSite {
    const NAME: &'static str = "remove_site";
    const PLAN: Plan = Plan { tries: None, patience: None, ..Plan::when_asked(1) };
    type Payload = Payload;

    async fn run(&self, payload: Payload, mut attempt: Attempt) -> Result<(), Fault> {
        let site_id = Id::parse(&payload.site_id).ok_or_else(|| Fault::Lasting("it names no site".into()))?;
        while self.store.remove_rest_of_site(site_id).await? {
            if attempt.stops_within(PAUSE).await {
                return Err(Fault::Passing("the collector stops".into()));
            }
        }
        Ok(())
    }
}
