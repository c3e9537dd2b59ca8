//! The job that brings the paths of a site's rows from before to the form in which they are kept: one a site, asked for by the
//! migration that came with that form.

use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_store::Store;
use rapport_store::clock::Clock;
use std::time::Duration;

/// So much of a site's time is looked at together, in milliseconds (a day).
const SPAN_MS: i64 = 86_400_000;

/// See above.
pub struct Repath {
    /// Where the rows are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl Kind for Repath {
    const NAME: &'static str = "page_path";
    const PLAN: Plan = Plan { tries: None, patience: None, ..Plan::when_asked(1) };
    type Payload = ();

    async fn run(&self, (): (), mut attempt: Attempt) -> Result<(), Fault> {
        let site_id = attempt.site_id.ok_or_else(|| Fault::Lasting("it belongs to no site".into()))?;
        let Some((first_ms, last_ms)) = self.store.hours_with_rows(site_id).await? else { return Ok(()) };
        let (mut from_ms, mut changed) = (first_ms, 0);
        while from_ms <= last_ms {
            changed += self.store.repath(site_id, (from_ms, from_ms + SPAN_MS), &self.clock).await?;
            from_ms += SPAN_MS;
            if attempt.stops_within(Duration::ZERO).await {
                return Err(Fault::Passing("the collector stops".into()));
            }
        }
        if changed > 0 {
            tracing::info!(%site_id, hours = changed, "paths of pages are written in one way; their hours are counted anew");
        }
        Ok(())
    }
}
