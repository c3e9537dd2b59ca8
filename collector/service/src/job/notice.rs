//! The job that tells by rules what happened: at once, at most every ten minutes, or as a digest; and nothing when nothing happened.

use super::kind::{Attempt, Fault, Kind, Plan};
use crate::config::Config;
use crate::mail::notice::{self, heading};
use crate::notification::slack;
use crate::webhook::payload::address;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::hours::Calendar;
use rapport_store::news::{News, NewsKind};
use rapport_store::notification::{Cadence, Channel, Notice, PAUSE_MS, Rule, Telling};
use rapport_store::site::Site;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::webhook::delivery::{Delivery, DeliveryState};
use rapport_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// Most notices of one message.
const TOGETHER: i64 = 5_000;
/// Sites of one statement.
const SITES: usize = 250;
const DAY_MS: i64 = 86_400_000;

/// See above.
pub struct TellNotices {
    /// Where they wait.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How the operator wants it: where links lead.
    pub config: Arc<Config>,
    /// Whose they are.
    pub sites: SiteDirectory,
}

/// When a rule is to tell what waits since `oldest_ms`, if that is later than now.
fn later(rule: &Rule, site: &Site, calendar: &Calendar, (oldest_ms, now_ms): (i64, i64)) -> Option<i64> {
    let due_ms = match (rule.cadence, rule.cadence.of_digest()) {
        // What never opens keeps nobody from being told.
        (Cadence::Hours, _) => calendar.open_from_ms(now_ms).unwrap_or(now_ms),
        (_, Some(digest)) => digest.next_ms(rule.hour, &site.time_zone, oldest_ms),
        (_, None) => now_ms,
    };
    (due_ms > now_ms).then_some(due_ms)
}

impl TellNotices {
    /// The message of a chat; of what a rule had to tell at one time there is one.
    fn chat(&self, site: &Site, rule: &Rule, notices: &[Notice]) -> Delivery {
        let now_ms = self.clock.now_ms();
        let hrefs: Vec<_> = notices
            .iter()
            .rev()
            .take(slack::LINES)
            .map(|notice| address(&self.config.base_url(), &site.key, &notice.path))
            .collect();
        // Words of several people would have to be erased with each of them.
        let is_one = notices.len() == 1;
        let line = |(notice, href)| -> slack::Line<'_> {
            let (notice, href): (&Notice, &String) = (notice, href);
            slack::Line { text: &notice.title, href, words: if is_one { &notice.words } else { "" } }
        };
        let lines: Vec<_> = notices.iter().rev().zip(&hrefs).map(line).collect();
        let heading = if is_one { site.name.clone() } else { heading(site, rule, notices) };
        let about = format!("{}:{}", rule.rule_id, rule.next_at_ms);
        let one = notices.first().filter(|_| is_one);
        Delivery {
            delivery_id: self.clock.new_id(),
            webhook_id: rule.rule_id,
            news_id: News::id_of(site.site_id, NewsKind::Message, &about),
            kind: NewsKind::Message.as_str().to_owned(),
            body: slack::message(&heading, &lines, notices.len() - lines.len()),
            customer_id: one.and_then(|notice| notice.customer_id),
            response_id: one.and_then(|notice| notice.response_id),
            state: DeliveryState::Waiting,
            attempts: 0,
            next_at_ms: now_ms,
            created_at_ms: now_ms,
            changed_at_ms: now_ms,
        }
    }

    /// What a digest is compared with: how many of each kind the period before had.
    async fn before(&self, site_id: Id, rule: &Rule) -> Result<Option<Vec<(String, u64)>>, StoreError> {
        let length_ms = match rule.cadence {
            Cadence::Now | Cadence::Hours => return Ok(None),
            Cadence::Day => DAY_MS,
            Cadence::Week => 7 * DAY_MS,
        };
        let now_ms = self.clock.now_ms();
        let before = (now_ms - 2 * length_ms, now_ms - length_ms);
        self.store.notices_by_kind(site_id, rule.rule_id, before).await.map(Some)
    }

    async fn of_rule(&self, site: &Site, calendar: &Calendar, rule: &Rule) -> Result<(), StoreError> {
        let (site_id, now_ms) = (site.site_id, self.clock.now_ms());
        let notices = self.store.notices(site_id, rule.rule_id, TOGETHER).await?;
        let Some(oldest) = notices.first() else { return Ok(()) };
        if rule.unsubscribed_at_ms.is_some() {
            return self.store.tell_notices(site_id, rule, (&notices, now_ms), Telling::Nothing, &self.clock).await;
        }
        // A promise that was missed happened when it fell due; what was found of it afterwards waits from now on.
        let since_ms = oldest.occurred_at_ms.max(rule.created_at_ms);
        if let Some(later_ms) = later(rule, site, calendar, (since_ms, now_ms)) {
            return self.store.tell_notices(site_id, rule, (&[], later_ms), Telling::Nothing, &self.clock).await;
        }
        let next_ms = match rule.cadence.of_digest() {
            Some(digest) => digest.next_ms(rule.hour, &site.time_zone, now_ms),
            None => now_ms + PAUSE_MS,
        };
        match rule.channel {
            Channel::Mail => {
                let before = self.before(site_id, rule).await?;
                let told = (notices.as_slice(), before.as_deref());
                let (mail, job) = notice::of((&self.config, &self.clock), site, rule, told)?;
                let telling = Telling::Mail(&mail, &job);
                self.store.tell_notices(site_id, rule, (&notices, next_ms), telling, &self.clock).await
            }
            Channel::Slack => {
                let message = self.chat(site, rule, &notices);
                let telling = Telling::Chat(&message);
                self.store.tell_notices(site_id, rule, (&notices, next_ms), telling, &self.clock).await
            }
        }
    }

    async fn of_site(&self, site_id: Id) -> Result<(), StoreError> {
        let Some(site) = self.sites.by_id(site_id).await? else { return Ok(()) };
        let calendar = Calendar::of(&self.store.hours(&site.site).await?.hours);
        let now_ms = self.clock.now_ms();
        let rules = self.store.notification_rules(site_id).await?;
        for rule in rules.iter().filter(|rule| rule.next_at_ms <= now_ms) {
            self.of_rule(&site.site, &calendar, rule).await?;
        }
        Ok(())
    }
}

impl Kind for TellNotices {
    const NAME: &'static str = "notice";
    const PLAN: Plan = Plan::every(PAUSE);
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            for site_id in self.store.sites_with_notices(sites, self.clock.now_ms()).await? {
                failed = self.of_site(site_id).await.err().or(failed);
            }
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}
