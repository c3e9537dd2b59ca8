//! The job that spreads news: everybody who asked gets a copy. It also hands what happened to tickets on as news, and sees to it that
//! addresses with messages whose time has come are told them.

use super::kind::{Attempt, Fault, Kind, Plan, job_of};
use super::webhook::{Deliver, Payload};
use crate::config::Config;
use crate::notification::{of_ticket, person};
use crate::webhook::payload;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::job::{IfKnown, NewJob};
use rapport_store::news::{News, NewsKind};
use rapport_store::notification::{Channel, Notice, Rule};
use rapport_store::site::Site;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::webhook::Webhook;
use rapport_store::webhook::delivery::{Delivery, DeliveryState};
use rapport_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// News that is spread together.
const TOGETHER: i64 = 100;
/// Sites of one statement.
const SITES: usize = 250;
/// Most characters of what somebody wrote in a notice.
const WORDS_CHARACTERS: usize = 500;

/// See above.
pub struct SpreadNews {
    /// Where it is.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How the operator wants it: where links lead.
    pub config: Arc<Config>,
    /// Whose it is.
    pub sites: SiteDirectory,
}

/// The copy of a webhook.
fn delivery(webhook: &Webhook, news: &News, body: String, clock: &Clock) -> Delivery {
    let now_ms = clock.now_ms();
    Delivery {
        delivery_id: clock.new_id(),
        webhook_id: webhook.webhook_id,
        news_id: news.news_id,
        kind: news.kind.as_str().to_owned(),
        body,
        customer_id: news.customer_id,
        response_id: news.response_id,
        state: DeliveryState::Waiting,
        attempts: 0,
        next_at_ms: now_ms,
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
    }
}

/// Whether a rule tells of news.
fn concerns(rule: &Rule, news: &News) -> bool {
    let is_of_page = rule.path.is_empty() || news.page.starts_with(&rule.path);
    // A chat is everybody's; a mail goes to those alone whom it concerns.
    let is_for = news.audience.is_empty() || rule.channel == Channel::Slack || news.audience.contains(&rule.target);
    rule.unsubscribed_at_ms.is_none() && rule.kinds.contains(&news.kind) && is_of_page && is_for
}

/// The words of news in a line, as a rule shows them; empty where it shows none.
fn words(rule: &Rule, news: &News) -> String {
    if !rule.shows_words || rule.channel != Channel::Slack {
        return String::new();
    }
    let texts: Vec<_> = news.words.values().filter_map(|value| value.as_str()).collect();
    texts.join("\n").chars().take(WORDS_CHARACTERS).collect()
}

fn notice(rule: &Rule, news: &News) -> Notice {
    Notice {
        rule_id: rule.rule_id,
        news_id: news.news_id,
        kind: news.kind.as_str().to_owned(),
        title: news.title.clone(),
        page: news.page.clone(),
        path: news.path.clone(),
        words: words(rule, news),
        customer_id: news.customer_id,
        response_id: news.response_id,
        occurred_at_ms: news.occurred_at_ms,
    }
}

impl SpreadNews {
    /// Writes everybody's copies of the news of a site.
    async fn spread(&self, site: &Site) -> Result<(), StoreError> {
        let (site_id, base_url) = (site.site_id, self.config.base_url());
        let mut webhooks = self.store.webhooks(site_id).await?;
        webhooks.retain(|webhook| webhook.disabled.is_none());
        let rules = self.store.notification_rules(site_id).await?;
        loop {
            let news = self.store.news(site_id, TOGETHER).await?;
            if news.is_empty() {
                return Ok(());
            }
            let mut deliveries = Vec::new();
            for one in &news {
                for webhook in webhooks.iter().filter(|webhook| webhook.kinds.contains(&one.kind)) {
                    let body = payload::body(one, (&base_url, &site.key), webhook.personal);
                    deliveries.push(delivery(webhook, one, body, &self.clock));
                }
            }
            let told = |one| rules.iter().filter(move |rule| concerns(rule, one)).map(move |rule| notice(rule, one));
            let notices: Vec<_> = news.iter().flat_map(told).collect();
            self.store.spread(site_id, &news, (&deliveries, &notices)).await?;
        }
    }

    /// Makes news of what happened to tickets of a site, where anybody asked for such news.
    async fn tickets(&self, site: &Site) -> Result<(), StoreError> {
        let wanted = self.store.wanted_news(site.site_id).await?;
        let of_tickets =
            [NewsKind::TicketOpened, NewsKind::TicketChanged, NewsKind::TicketResolved, NewsKind::TicketMentioned];
        loop {
            let now_ms = self.clock.now_ms();
            let untold = match of_tickets.iter().any(|kind| wanted.contains(kind)) {
                true => self.store.untold_of_tickets(site.site_id, TOGETHER).await?,
                false => Vec::new(),
            };
            if untold.is_empty() {
                return self.store.pass_over_tickets(site.site_id, now_ms).await;
            }
            let mut news = Vec::new();
            for of in &untold {
                let known = match of.ticket.customer_id {
                    Some(customer_id) => self.store.reach(site.site_id, customer_id).await?.as_ref().map(person),
                    None => None,
                };
                news.extend(of_ticket(site.site_id, of, &known.unwrap_or_default()));
            }
            self.store.tell_of_tickets(site.site_id, (&untold, &news), now_ms).await?;
        }
    }

    /// Asks for the jobs of addresses with messages whose time has come.
    async fn ask(&self, sites: &[Id]) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        let mut jobs = Vec::new();
        for (site_id, webhook_id) in self.store.due_webhooks(sites, now_ms).await? {
            let id = webhook_id.to_text();
            let job = job_of::<Deliver>(format!("{site_id}:{id}"), &Payload { webhook_id: id }, now_ms)?;
            jobs.push(NewJob { site_id: Some(site_id), if_known: IfKnown::Postpone, ..job });
        }
        if jobs.is_empty() { Ok(()) } else { self.store.enqueue(&jobs, &self.clock).await }
    }

    async fn of_sites(&self, sites: &[Id]) -> Result<(), StoreError> {
        for site_id in self.store.sites_with_untold_tickets(sites).await? {
            if let Some(site) = self.sites.by_id(site_id).await? {
                self.tickets(&site.site).await?;
            }
        }
        for site_id in self.store.sites_with_news(sites).await? {
            if let Some(site) = self.sites.by_id(site_id).await? {
                self.spread(&site.site).await?;
            }
        }
        self.ask(sites).await
    }
}

impl Kind for SpreadNews {
    const NAME: &'static str = "news";
    const PLAN: Plan = Plan::every(PAUSE);
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            failed = self.of_sites(sites).await.err().or(failed);
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}
