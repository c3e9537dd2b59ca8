//! Setting up, removing and sending reports by mail, for pages, servers and the command line alike.

use crate::app::{Reports, feature_state};
use crate::config::Config;
use crate::http::problem::Problem;
use crate::http::query::mail_report::{Checked, too_many};
use crate::mail::{Mailer, report};
use rapport_shared::id::Id;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::mail::OutgoingMail;
use rapport_store::mail_report::{MailReport, Recipient};
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};
use std::sync::Arc;

feature_state! {
    /// What reports by mail need.
    pub(crate) struct MailReports {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        reports: Reports,
        mailer: Mailer,
    }
}

impl MailReports {
    /// Whether there is a mail server that takes them.
    pub fn are_sent(&self) -> bool {
        self.mailer.is_set()
    }

    /// Those of a site, by name.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn of(&self, site: &SiteContext) -> Result<Vec<MailReport>, StoreError> {
        self.store.mail_reports(site.site.site_id).await
    }

    /// The newest mails of a site, at most `limit`.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn log(&self, site: &SiteContext, limit: i64) -> Result<Vec<OutgoingMail>, StoreError> {
        self.store.mails(site.site.site_id, limit).await
    }

    /// Sets up a report of a site, in the name of `actor`.
    ///
    /// # Errors
    /// 422 where the site has as many as it may.
    pub async fn add(&self, site: &SiteContext, actor: &str, checked: Checked) -> Result<MailReport, Problem> {
        let now_ms = self.clock.now_ms();
        let recipient = |address| Recipient {
            address,
            token: rapport_store::random::fresh::<[u8; 32]>().to_vec(),
            unsubscribed_at_ms: None,
        };
        let report = MailReport {
            report_id: self.clock.new_id(),
            name: checked.name,
            fields: checked.fields,
            cadence: checked.cadence,
            hour: checked.hour,
            actor: actor.to_owned(),
            created_at_ms: now_ms,
            next_at_ms: checked.cadence.next_ms(checked.hour, &site.site.time_zone, now_ms),
            recipients: checked.recipients.into_iter().map(recipient).collect(),
        };
        let entry = AuditEntry::now(&self.clock, actor, "mail_report.add", format!("mail_report {}", report.name));
        match self.store.add_mail_report(site.site.site_id, &report, &entry).await? {
            true => Ok(report),
            false => Err(Problem::of_faults([too_many()])),
        }
    }

    /// One of a site.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn one(&self, site: &SiteContext, id: &str) -> Result<Option<MailReport>, StoreError> {
        let Some(id) = Id::parse(id) else { return Ok(None) };
        Ok(self.of(site).await?.into_iter().find(|report| report.report_id == id))
    }

    /// Removes a report, in the name of `actor`; false where there is none.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn remove(&self, site: &SiteContext, actor: &str, report: &MailReport) -> Result<bool, StoreError> {
        let entry = AuditEntry::now(&self.clock, actor, "mail_report.remove", format!("mail_report {}", report.name));
        self.store.remove_mail_report(site.site.site_id, report.report_id, &entry).await
    }

    /// Sends a report now, to one address: the period that was over last.
    ///
    /// # Errors
    /// 503 where there is no mail server.
    pub async fn send(&self, site: &SiteContext, report: &MailReport, address: &str) -> Result<(), Problem> {
        if !self.are_sent() {
            return Err(Problem::unavailable("no mail server is set: whoever runs the collector sets mail_url", 600));
        }
        let mail = report::now(&self.reports, (&self.config, &self.clock), site, report, address).await;
        Ok(self.store.write_mails(site.site.site_id, &[mail?], &self.clock).await?)
    }
}
