//! Addresses of other systems that are told of news, and what became of each telling.

pub mod delivery;
#[cfg(test)]
mod webhook_test;

use crate::audit::AuditEntry;
use crate::engine::value::read_all;
use crate::news::NewsKind;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Longest address, in bytes.
pub const URL_BYTES: usize = 2_000;
/// Most webhooks of a site.
pub const WEBHOOKS: usize = 20;
/// How long what is sent is signed with the secret of before as well, in milliseconds (a day).
pub const OVERLAP_MS: i64 = 86_400_000;

/// Names of what can be told of people, for whoever gave another one.
pub const PERSONAL_NAMES: &str = "nothing, words or all";

/// How much of people is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Personal {
    /// Nothing: what happened, where and how it was scored.
    #[default]
    Nothing,
    /// What they wrote as well.
    Words,
    /// What they wrote, and who they are.
    All,
}

impl Personal {
    /// Each of them.
    pub const EACH: [Self; 3] = [Self::Nothing, Self::Words, Self::All];

    /// The name in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Words => "words",
            Self::All => "all",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Nothing => "nothing of people: what happened, where, and scores",
            Self::Words => "what people wrote as well",
            Self::All => "what people wrote, and who they are",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|personal| personal.as_str() == name)
    }
}

/// An address that is told of news.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub webhook_id: Id,
    /// What people call it.
    pub name: String,
    /// Where it is, `https://…`.
    pub url: String,
    /// What it asked for.
    pub kinds: Vec<NewsKind>,
    /// How much of people it is told.
    pub personal: Personal,
    /// The key of its signatures, as its owner was shown it: `whsec_` and base64.
    pub secret: String,
    /// The one of before, and until when it signs as well, in epoch milliseconds.
    pub former_secret: (String, i64),
    /// Since when it is told nothing, and why.
    pub disabled: Option<(i64, String)>,
    /// Who set it up.
    pub actor: String,
    /// When, in epoch milliseconds.
    pub created_at_ms: i64,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Webhook").field("name", &self.name).field("url", &self.url).finish_non_exhaustive()
    }
}

impl Webhook {
    /// The secrets that sign at an instant, the newest first.
    pub fn secrets(&self, now_ms: i64) -> Vec<&str> {
        let (former, until_ms) = &self.former_secret;
        let former = (!former.is_empty() && now_ms < *until_ms).then_some(former.as_str());
        [self.secret.as_str()].into_iter().chain(former).collect()
    }

    fn values(&self) -> Vec<crate::Value> {
        let (disabled_at_ms, because) = self.disabled.clone().unzip();
        params![
            &self.name,
            &self.url,
            NewsKind::list(&self.kinds),
            self.personal.as_str(),
            &self.secret,
            &self.former_secret.0,
            self.former_secret.1,
            disabled_at_ms,
            because.unwrap_or_default(),
        ]
    }
}

const COLUMNS: &str =
    "name, url, kinds, personal, secret, former_secret, former_secret_until_ms, disabled_at_ms, disabled_because";

fn read_webhook(row: &mut Row) -> Result<Webhook, StoreError> {
    let because = row.take_text("disabled_because")?;
    Ok(Webhook {
        webhook_id: row.id("webhook_id")?,
        name: row.take_text("name")?,
        url: row.take_text("url")?,
        kinds: NewsKind::listed(row.text("kinds")?),
        personal: row.named_if_known("webhook.personal", Personal::named)?.unwrap_or_default(),
        secret: row.take_text("secret")?,
        former_secret: (row.take_text("former_secret")?, row.int("former_secret_until_ms")?),
        disabled: row.int_or_null("disabled_at_ms")?.map(|at_ms| (at_ms, because)),
        actor: row.take_text("actor")?,
        created_at_ms: row.int("created_at_ms")?,
    })
}

impl Store {
    /// The webhooks of a site, by name.
    pub async fn webhooks(&self, site_id: Id) -> Result<Vec<Webhook>, StoreError> {
        let sql = format!(
            "SELECT webhook_id, {COLUMNS}, actor, created_at_ms FROM webhook WHERE site_id = $1 ORDER BY name, webhook_id"
        );
        read_all(self.read(sql, params![site_id]).await?, read_webhook)
    }

    /// One of a site.
    pub async fn webhook(&self, site_id: Id, webhook_id: Id) -> Result<Option<Webhook>, StoreError> {
        Ok(self.webhooks(site_id).await?.into_iter().find(|webhook| webhook.webhook_id == webhook_id))
    }

    /// Adds one, and notes who did; false when the site has [`WEBHOOKS`] already.
    pub async fn add_webhook(&self, site_id: Id, webhook: &Webhook, entry: &AuditEntry) -> Result<bool, StoreError> {
        if self.webhooks(site_id).await?.len() >= WEBHOOKS {
            return Ok(false);
        }
        let sql = format!(
            "INSERT INTO webhook (site_id, webhook_id, {COLUMNS}, actor, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        );
        let mut params = params![site_id, webhook.webhook_id];
        params.extend(webhook.values());
        params.extend(params![&webhook.actor, webhook.created_at_ms]);
        self.write(vec![Statement::new(sql, params), entry.statement(site_id)]).await.map(|_| true)
    }

    /// Puts this in place of what was kept of one, and notes who did; false where there is none.
    pub async fn change_webhook(&self, site_id: Id, webhook: &Webhook, entry: &AuditEntry) -> Result<bool, StoreError> {
        let such = "webhook WHERE site_id = $1 AND webhook_id = $7";
        let note = entry.statement_where(site_id, such, params![webhook.webhook_id]);
        let sql = "UPDATE webhook SET name = $3, url = $4, kinds = $5, personal = $6, secret = $7, former_secret = $8,
               former_secret_until_ms = $9, disabled_at_ms = $10, disabled_because = $11
             WHERE site_id = $1 AND webhook_id = $2 RETURNING webhook_id";
        let mut params = params![site_id, webhook.webhook_id];
        params.extend(webhook.values());
        let rows = self.write(vec![note, Statement::new(sql, params)]).await?;
        Ok(!rows[1].is_empty())
    }

    /// Tells one nothing any more, because of what it answered.
    pub async fn disable_webhook(
        &self,
        site_id: Id,
        webhook_id: Id,
        because: &str,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE webhook SET disabled_at_ms = $3, disabled_because = $4
             WHERE site_id = $1 AND webhook_id = $2 AND disabled_at_ms IS NULL";
        self.write(vec![Statement::new(sql, params![site_id, webhook_id, at_ms, because])]).await.map(|_| ())
    }

    /// Removes one with everything it was told, and notes who did; false where there is none.
    pub async fn remove_webhook(&self, site_id: Id, webhook_id: Id, entry: &AuditEntry) -> Result<bool, StoreError> {
        let such = "webhook WHERE site_id = $1 AND webhook_id = $7";
        let note = entry.statement_where(site_id, such, params![webhook_id]);
        let gone = removing_deliveries(site_id, webhook_id);
        let webhook = "DELETE FROM webhook WHERE site_id = $1 AND webhook_id = $2 RETURNING webhook_id";
        let removed = Statement::new(webhook, params![site_id, webhook_id]);
        let rows = self.write([note].into_iter().chain(gone).chain([removed]).collect()).await?;
        Ok(rows.last().is_some_and(|rows| !rows.is_empty()))
    }
}

/// The statements that remove what an address was told, with each attempt.
pub(crate) fn removing_deliveries(site_id: Id, webhook_id: Id) -> [Statement; 2] {
    let attempts = "DELETE FROM webhook_attempt WHERE site_id = $1 AND delivery_id IN
         (SELECT d.delivery_id FROM webhook_delivery d WHERE d.site_id = $1 AND d.webhook_id = $2)";
    let deliveries = "DELETE FROM webhook_delivery WHERE site_id = $1 AND webhook_id = $2";
    [attempts, deliveries].map(|sql| Statement::new(sql, params![site_id, webhook_id]))
}
