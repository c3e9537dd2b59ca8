//! Notification rules: setting them up, and what is said by them, for pages, servers and jobs alike.

mod compose;
pub mod slack;

pub use compose::{of_issue, of_response, of_review, of_target, of_ticket, person};

use crate::app::feature_state;
use crate::http::problem::Problem;
use crate::mail::Mailer;
use crate::member::account::normalize_email;
use crate::webhook::Courier;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::mail::ADDRESS_BYTES;
use rapport_store::notification::{Channel, Draft, RULES, Rule};
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};

feature_state! {
    /// What rules need.
    pub(crate) struct Notifications {
        store: Store,
        clock: Clock,
        courier: Courier,
        mailer: Mailer,
    }
}

impl Notifications {
    /// Whether there is a mail server that takes mails.
    pub fn are_sent(&self) -> bool {
        self.mailer.is_set()
    }

    /// The rules of a site, by name.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn of(&self, site: &SiteContext) -> Result<Vec<Rule>, StoreError> {
        self.store.notification_rules(site.site.site_id).await
    }

    /// One of a site.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn one(&self, site: &SiteContext, id: &str) -> Result<Option<Rule>, StoreError> {
        let Some(id) = Id::parse(id) else { return Ok(None) };
        Ok(self.of(site).await?.into_iter().find(|rule| rule.rule_id == id))
    }

    fn target(&self, channel: Channel, typed: &str) -> Result<String, Fault> {
        match channel {
            Channel::Mail => {
                let address = normalize_email(typed).ok().filter(|address| address.len() <= ADDRESS_BYTES);
                let address = address.filter(|address| address.parse::<lettre::Address>().is_ok());
                address.ok_or_else(|| Fault::new("target", "must be a mail address"))
            }
            Channel::Slack => {
                let target = self.courier.check(typed).map_err(|reason| Fault::new("target", reason))?;
                Ok(target.uri.to_string())
            }
        }
    }

    /// Sets one up, in the name of `actor`.
    ///
    /// # Errors
    /// 422 with every field at fault, or where the site has as many as it may.
    pub async fn add(&self, site: &SiteContext, actor: &str, draft: &Draft) -> Result<Rule, Problem> {
        let checked = draft.check();
        let channel = Channel::named(&draft.channel).unwrap_or(Channel::Mail);
        let (checked, target) = match (checked, self.target(channel, &draft.target)) {
            (Ok(checked), Ok(target)) => (checked, target),
            (checked, target) => {
                return Err(Problem::of_faults(checked.err().into_iter().flatten().chain(target.err())));
            }
        };
        let now_ms = self.clock.now_ms();
        let digest = checked.cadence.of_digest();
        let rule = Rule {
            rule_id: self.clock.new_id(),
            name: checked.name,
            kinds: checked.kinds,
            path: checked.path,
            channel,
            target,
            cadence: checked.cadence,
            hour: checked.hour,
            shows_words: draft.shows_words && channel == Channel::Slack,
            next_at_ms: digest.map_or(now_ms, |digest| digest.next_ms(checked.hour, &site.site.time_zone, now_ms)),
            token: rapport_store::random::fresh::<[u8; 32]>().to_vec(),
            unsubscribed_at_ms: None,
            actor: actor.to_owned(),
            created_at_ms: now_ms,
        };
        let entry = AuditEntry::now(&self.clock, actor, "notification.add", format!("notification {}", rule.name));
        match self.store.add_notification_rule(site.site.site_id, &rule, &entry).await? {
            true => Ok(rule),
            false => Err(Problem::of_faults([Fault::new(
                "name",
                format!("is one too many: a site has at most {RULES} notification rules"),
            )])),
        }
    }

    /// Removes one; false where there is none.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn remove(&self, site: &SiteContext, actor: &str, rule: &Rule) -> Result<bool, StoreError> {
        let entry = AuditEntry::now(&self.clock, actor, "notification.remove", format!("notification {}", rule.name));
        self.store.remove_notification_rule(site.site.site_id, rule.rule_id, &entry).await
    }
}
