//! The job that writes the reports which are due as mails.

use super::kind::{Attempt, Fault, Kind, Plan};
use crate::app::Reports;
use crate::config::Config;
use crate::mail::report;
use rapport_report::ReportError;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::mail::KEPT_MS;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Sites of one statement.
const SITES: usize = 250;

/// See above.
pub struct WriteReports {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How the operator wants it.
    pub config: Arc<Config>,
    /// Whose reports they are.
    pub sites: SiteDirectory,
    /// What they say.
    pub reports: Reports,
}

impl WriteReports {
    async fn of_site(&self, site_id: Id) -> Result<(), ReportError> {
        let Some(site) = self.sites.by_id(site_id).await? else { return Ok(()) };
        let now_ms = self.clock.now_ms();
        for due in self.store.mail_reports(site_id).await?.into_iter().filter(|report| report.next_at_ms <= now_ms) {
            let next_at_ms = due.cadence.next_ms(due.hour, &site.site.time_zone, now_ms);
            let mails = report::due(&self.reports, (&self.config, &self.clock), &site, &due).await?;
            let when = (due.report_id, due.next_at_ms, next_at_ms);
            self.store.send_mail_report(site_id, when, &mails, &self.clock).await?;
        }
        Ok(self.store.forget_mails_before(site_id, now_ms - KEPT_MS).await?)
    }
}

impl Kind for WriteReports {
    const NAME: &'static str = "mail_report";
    const PLAN: Plan = Plan::every(Duration::from_secs(60));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            for site_id in self.store.sites_with_due_mail_reports(sites, self.clock.now_ms()).await? {
                // What is wrong with one site must not keep the others from their reports.
                if let Err(error) = self.of_site(site_id).await {
                    failed = Some(error);
                }
            }
        }
        match failed {
            None => Ok(()),
            Some(ReportError::Store(error)) => Err(Fault::from(error)),
            Some(ReportError::Untold(_)) => Err(Fault::from(StoreError::Refused("a report cannot be told".into()))),
        }
    }
}
