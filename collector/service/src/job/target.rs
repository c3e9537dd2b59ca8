//! The job that reckons what is promised of tickets, after each change to a ticket or to the hours of its site.

use super::kind::{Attempt, Fault, Kind, Plan};
use rapport_shared::id::Id;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::hours::Hours;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::target::{Versions, reckon};
use rapport_store::{Store, StoreError};
use std::time::Duration;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// Tickets that are reckoned together.
const TOGETHER: u32 = 200;
/// Sites of one statement.
const SITES: usize = 250;
/// Who makes a version of the hours when the site's zone became another.
const ZONE_CHANGED: &str = "time zone of the site";

/// See above.
pub struct ReckonTargets {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Whose they are.
    pub sites: SiteDirectory,
}

impl ReckonTargets {
    /// The versions of a site's hours, the newest by the clocks that the site goes by.
    async fn versions(&self, site: &SiteContext) -> Result<Versions, StoreError> {
        let versions = self.store.hours_versions(&site.site).await?;
        let newest = &versions[0];
        let zone = site.site.time_zone_name();
        if newest.hours.zone == zone {
            return Ok(Versions::new(versions));
        }
        let hours = Hours { zone: zone.to_owned(), ..newest.hours.clone() };
        let entry = AuditEntry::now(&self.clock, ZONE_CHANGED, "hours.change", "hours");
        self.store.add_hours(site.site.site_id, &hours, newest.version, &entry).await?;
        Ok(Versions::new(self.store.hours_versions(&site.site).await?))
    }

    async fn of_site(&self, site_id: Id) -> Result<(), StoreError> {
        let Some(site) = self.sites.by_id(site_id).await? else { return Ok(()) };
        let versions = self.versions(&site).await?;
        let mut after = Id([0; 16]);
        loop {
            let found = self.store.tickets_to_reckon(site_id, after, TOGETHER).await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.ticket_id;
            let ticket_ids: Vec<_> = found.iter().map(|of| of.ticket_id).collect();
            let mut kept = self.store.targets_of(site_id, &ticket_ids).await?;
            for of in &found {
                let before = kept.remove(&of.ticket_id).unwrap_or_default();
                let targets = reckon::targets(&of.history, &versions, &before, self.clock.now_ms());
                self.store.keep_targets(site_id, of, (&before, &targets), &self.clock).await?;
            }
        }
    }
}

impl Kind for ReckonTargets {
    const NAME: &'static str = "target";
    const PLAN: Plan = Plan::every(PAUSE);
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            for site_id in self.store.sites_to_reckon(sites).await? {
                failed = self.of_site(site_id).await.err().or(failed);
            }
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}

/// Reckons the targets of one site now.
#[cfg(test)]
pub(super) async fn reckon_of(job: &ReckonTargets, site_id: Id) -> Result<(), StoreError> {
    job.of_site(site_id).await
}
