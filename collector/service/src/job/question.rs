//! The job that asks customers whether what was resolved is fixed, some time after it was.

use super::kind::{Attempt, Fault, Kind, Plan};
use crate::config::Config;
use crate::mail::Mailer;
use crate::mail::reply::{self, From};
use crate::mail::thread::Thread;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::conversation::question::{Due, Kind as After, MOST, Question, Said};
use rapport_store::conversation::{Direction, Standing};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::site::secrets::Purpose;
use rapport_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(60);
/// How long after a ticket was resolved is asked, in milliseconds (an hour): who opens it again at once is not asked.
const AFTER_MS: i64 = 3_600_000;
/// What was resolved longer ago is not asked about any more, in milliseconds (7 days).
const LATEST_MS: i64 = 7 * 86_400_000;
/// Tickets of one look and site.
const TOGETHER: u32 = 200;
/// Sites of one statement.
const SITES: usize = 250;

/// See above.
pub struct AskAfterwards {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How the operator wants it.
    pub config: Arc<Config>,
    /// Whose they are.
    pub sites: SiteDirectory,
    /// The way to the mail server.
    pub mailer: Mailer,
}

impl AskAfterwards {
    /// To whom a question about a ticket goes, and in which language; `None` where nobody can be asked.
    async fn whom(&self, site_id: Id, ticket_id: Id) -> Result<Option<(String, String)>, StoreError> {
        let Some(ticket) = self.store.ticket(site_id, ticket_id).await? else { return Ok(None) };
        let own = match ticket.customer_id {
            Some(customer_id) => self.store.reach(site_id, customer_id).await?,
            None => None,
        };
        let language = own.as_ref().map(|own| own.language.clone()).unwrap_or_default();
        let mail = own.map(|own| own.mail.trim().to_lowercase()).filter(|mail| mail.parse::<lettre::Address>().is_ok());
        // Whoever has been answered by mail wrote to us, or gave their address for it.
        let agreed = self.store.participants(site_id, ticket_id).await?;
        let agreed = agreed.into_iter().find(|one| one.standing == Standing::Agreed).map(|one| one.address);
        let Some(address) = mail.or(agreed) else { return Ok(None) };
        let customer_id = ticket.customer_id.unwrap_or_default();
        if self.store.stopped(site_id, customer_id, &address).await?.is_some() {
            return Ok(None);
        }
        Ok(Some((address, language)))
    }

    async fn ask(&self, site: &SiteContext, due: Due) -> Result<(), StoreError> {
        let (site_id, now_ms) = (site.site.site_id, self.clock.now_ms());
        let asked = self.store.questions_of_ticket(site_id, due.ticket_id).await?;
        let mails = self.store.ticket_mails(site_id, due.ticket_id).await?;
        let heard_ms =
            mails.iter().filter(|mail| mail.direction == Direction::In).map(|mail| mail.occurred_at_ms).max();
        let in_vain =
            asked.iter().filter(|one| one.kind == After::Resolved && heard_ms.is_none_or(|at| at < one.asked_at_ms));
        let is_too_often = in_vain.count() as u64 >= MOST;
        let whom = if is_too_often { None } else { self.whom(site_id, due.ticket_id).await? };
        let question = Question {
            question_id: self.clock.new_id(),
            ticket_id: due.ticket_id,
            kind: After::Resolved,
            about: format!("resolved:{}", due.resolved_at_ms),
            language: whom.as_ref().map(|(_, language)| language.clone()).unwrap_or_default(),
            asked_at_ms: now_ms,
            answered_at_ms: None,
            said: Said::default(),
        };
        let settings = self.store.site_mail(site_id).await?;
        let mail = match (whom, From::of(&self.config, &site.site, &settings)) {
            (Some((address, language)), Some(from)) => {
                let fresh = rapport_store::random::fresh();
                let secret = self.store.site_secret(site_id, Purpose::Mail, fresh, now_ms).await?;
                let code = rapport_store::ticket::code_of(due.ticket_id);
                let thread = Thread { secret: &secret, ticket_id: due.ticket_id, code: &code };
                let base = self.config.base_url();
                let link = reply::question_address(&base, &site.site.key, (&secret, question.question_id));
                let about = format!("question:{}:{}", due.ticket_id, due.resolved_at_ms);
                let what = (about.as_str(), language.as_str(), link.as_str());
                Some(reply::question(&self.clock, &site.site, (&from, &thread), (&address, &mails), what)?)
            }
            _ => None,
        };
        self.store.ask_about_ticket(site_id, &question, mail.as_ref(), &self.clock).await
    }

    async fn of_site(&self, site_id: Id) -> Result<(), StoreError> {
        let Some(site) = self.sites.by_id(site_id).await? else { return Ok(()) };
        let now_ms = self.clock.now_ms();
        let mut failed = None;
        for due in self.store.tickets_to_ask_about(site_id, (now_ms - LATEST_MS, now_ms - AFTER_MS), TOGETHER).await? {
            // One must not keep the others from theirs.
            failed = self.ask(&site, due).await.err().or(failed);
        }
        failed.map_or(Ok(()), Err)
    }
}

impl Kind for AskAfterwards {
    const NAME: &'static str = "ask_afterwards";
    const PLAN: Plan = Plan::every(PAUSE);
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        if !self.mailer.is_set() {
            return Ok(());
        }
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            for site_id in self.store.sites_that_ask(sites).await? {
                failed = self.of_site(site_id).await.err().or(failed);
            }
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}
