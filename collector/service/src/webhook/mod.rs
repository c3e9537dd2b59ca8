//! Webhooks: setting them up, what they are told and how, for pages and servers alike.

pub mod address;
pub mod courier;
pub mod payload;
pub mod scheme;

pub use courier::Courier;

use crate::app::feature_state;
use crate::config::Config;
use crate::http::problem::Problem;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::news::NewsKind;
use rapport_store::notification::draft;
use rapport_store::site::directory::SiteContext;
use rapport_store::webhook::delivery::{Delivery, DeliveryState, KEPT_MS};
use rapport_store::webhook::{NAME_CHARACTERS, OVERLAP_MS, PERSONAL_NAMES, Personal, WEBHOOKS, Webhook};
use rapport_store::{Store, StoreError};
use std::sync::Arc;

feature_state! {
    /// What webhooks need.
    pub(crate) struct Webhooks {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        courier: Courier,
    }
}

/// A webhook as it was typed or sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Names of [`NewsKind`].
    pub events: Vec<String>,
    /// A name of [`Personal`]; empty for nothing.
    pub personal: String,
}

/// What of a [`Draft`] is kept.
struct Checked {
    name: String,
    url: String,
    kinds: Vec<NewsKind>,
    personal: Personal,
}

/// What became of asking for deliveries to be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// All that were not taken.
    Failed,
    /// Those that were taken as well.
    All,
}

impl Webhooks {
    fn check(&self, draft: &Draft) -> Result<Checked, Problem> {
        let mut faults = Vec::new();
        let name = draft::name(&draft.name, NAME_CHARACTERS);
        let url = self.courier.check(&draft.url).map_err(|reason| Fault::new("url", reason));
        let kinds = draft::kinds(&draft.events, &NewsKind::for_webhooks().collect::<Vec<_>>());
        let personal = if draft.personal.is_empty() { "nothing" } else { &draft.personal };
        let personal =
            Personal::named(personal).ok_or_else(|| Fault::new("personal", format!("must be {PERSONAL_NAMES}")));
        match (name, url, kinds, personal) {
            (Ok(name), Ok(target), Ok(kinds), Ok(personal)) => {
                Ok(Checked { name, url: target.uri.to_string(), kinds, personal })
            }
            (name, url, kinds, personal) => {
                faults.extend([name.err(), url.err(), kinds.err(), personal.err()].into_iter().flatten());
                Err(Problem::of_faults(faults))
            }
        }
    }

    fn entry(&self, actor: &str, action: &str, name: &str) -> AuditEntry {
        AuditEntry::now(&self.clock, actor, action, format!("webhook {name}"))
    }

    /// The webhooks of a site, by name.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn of(&self, site: &SiteContext) -> Result<Vec<Webhook>, StoreError> {
        self.store.webhooks(site.site.site_id).await
    }

    /// One of a site.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn one(&self, site: &SiteContext, id: &str) -> Result<Option<Webhook>, StoreError> {
        let Some(id) = Id::parse(id) else { return Ok(None) };
        self.store.webhook(site.site.site_id, id).await
    }

    /// Sets one up, in the name of `actor`; its secret is shown once.
    ///
    /// # Errors
    /// 422 with every field at fault, or where the site has as many as it may.
    pub async fn add(&self, site: &SiteContext, actor: &str, draft: &Draft) -> Result<Webhook, Problem> {
        let Checked { name, url, kinds, personal } = self.check(draft)?;
        let webhook = Webhook {
            webhook_id: self.clock.new_id(),
            name,
            url,
            kinds,
            personal,
            secret: scheme::random_secret(),
            former_secret: (String::new(), 0),
            disabled: None,
            actor: actor.to_owned(),
            created_at_ms: self.clock.now_ms(),
        };
        let entry = self.entry(actor, "webhook.add", &webhook.name);
        match self.store.add_webhook(site.site.site_id, &webhook, &entry).await? {
            true => Ok(webhook),
            false => Err(Problem::of_faults([Fault::new(
                "name",
                format!("is one too many: a site has at most {WEBHOOKS} webhooks"),
            )])),
        }
    }

    /// Puts this in place of what was said of one; it is told news again if it was disabled. `None` where there is none.
    ///
    /// # Errors
    /// 422 with every field at fault.
    pub async fn change(
        &self,
        site: &SiteContext,
        actor: &str,
        (webhook, draft): (Webhook, &Draft),
    ) -> Result<Option<Webhook>, Problem> {
        let Checked { name, url, kinds, personal } = self.check(draft)?;
        let webhook = Webhook { name, url, kinds, personal, disabled: None, ..webhook };
        let entry = self.entry(actor, "webhook.change", &webhook.name);
        let changed = self.store.change_webhook(site.site.site_id, &webhook, &entry).await?;
        Ok(changed.then_some(webhook))
    }

    /// Tells one nothing until it is told news again, or again; false where there is none.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn set(
        &self,
        site: &SiteContext,
        actor: &str,
        webhook: Webhook,
        tells: bool,
    ) -> Result<bool, StoreError> {
        let disabled = (!tells).then(|| (self.clock.now_ms(), format!("paused by {actor}")));
        let webhook = Webhook { disabled, ..webhook };
        let entry = self.entry(actor, if tells { "webhook.resume" } else { "webhook.pause" }, &webhook.name);
        self.store.change_webhook(site.site.site_id, &webhook, &entry).await
    }

    /// Gives one another secret, which is shown once; for a day both sign. `None` where there is no such webhook.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn rotate(
        &self,
        site: &SiteContext,
        actor: &str,
        webhook: Webhook,
    ) -> Result<Option<Webhook>, StoreError> {
        let until_ms = self.clock.now_ms() + OVERLAP_MS;
        let former_secret = (webhook.secret, until_ms);
        let webhook = Webhook { secret: scheme::random_secret(), former_secret, ..webhook };
        let entry = self.entry(actor, "webhook.rotate", &webhook.name);
        let changed = self.store.change_webhook(site.site.site_id, &webhook, &entry).await?;
        Ok(changed.then_some(webhook))
    }

    /// Removes one with its log; false where there is none.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn remove(&self, site: &SiteContext, actor: &str, webhook: &Webhook) -> Result<bool, StoreError> {
        let entry = self.entry(actor, "webhook.remove", &webhook.name);
        self.store.remove_webhook(site.site.site_id, webhook.webhook_id, &entry).await
    }

    /// Sends one a test: the id of the delivery, which is made at once and tried again like any other.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn test(&self, site: &SiteContext, actor: &str, webhook: &Webhook) -> Result<Id, StoreError> {
        let (site_id, now_ms, delivery_id) = (site.site.site_id, self.clock.now_ms(), self.clock.new_id());
        let news = payload::test(site_id, &delivery_id.to_text(), now_ms);
        let body = payload::body(&news, (&self.config.base_url(), &site.site.key), Personal::Nothing);
        let delivery = Delivery {
            delivery_id,
            webhook_id: webhook.webhook_id,
            news_id: news.news_id,
            kind: news.kind.as_str().to_owned(),
            body,
            customer_id: None,
            response_id: None,
            state: DeliveryState::Waiting,
            attempts: 0,
            next_at_ms: now_ms,
            created_at_ms: now_ms,
            changed_at_ms: now_ms,
        };
        self.store.write_delivery(site_id, &delivery).await?;
        self.store.note(site_id, &self.entry(actor, "webhook.test", &webhook.name)).await?;
        Ok(delivery_id)
    }

    /// Has one delivery made again, under the id that the receiver knows; false where there is none.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn redeliver(
        &self,
        site: &SiteContext,
        actor: &str,
        (webhook, delivery_id): (&Webhook, Id),
    ) -> Result<bool, StoreError> {
        let entry = self.entry(actor, "webhook.redeliver", &webhook.name);
        self.store.redeliver(site.site.site_id, (webhook.webhook_id, delivery_id), &entry).await
    }

    /// Has all deliveries since an instant made again: how many.
    ///
    /// # Errors
    /// 422 where the instant is longer ago than deliveries are kept, or lies ahead.
    pub async fn redeliver_since(
        &self,
        site: &SiteContext,
        actor: &str,
        (webhook, since, which): (&Webhook, &str, Again),
    ) -> Result<usize, Problem> {
        let now_ms = self.clock.now_ms();
        let at_ms = rapport_store::annotation::instant_ms(since.trim(), &site.site.time_zone);
        let at_ms = at_ms.filter(|at_ms| (now_ms - KEPT_MS..=now_ms).contains(at_ms)).ok_or_else(|| {
            let reason = "must be an instant or a day of the last 30 days, such as 2026-03-31T14:05 or 2026-03-31";
            Problem::of_faults([Fault::new("since", reason)])
        })?;
        let entry = self.entry(actor, "webhook.redeliver", &webhook.name);
        let of = (webhook.webhook_id, at_ms);
        Ok(self.store.redeliver_since(site.site.site_id, of, which == Again::Failed, &entry).await?)
    }
}
