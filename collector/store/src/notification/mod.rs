//! Rules by which people hear of news: who hears of what, where and how often; and what waits to be told by each.

pub mod draft;
#[cfg(test)]
mod notification_test;

pub use draft::Draft;

use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::value::{placeholders, read_all};
use crate::job::NewJob;
use crate::mail::OutgoingMail;
use crate::news::NewsKind;
use crate::webhook::delivery::Delivery;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Longest beginning of a page's path, in characters.
pub const PATH_CHARACTERS: usize = 200;
/// Most rules of a site.
pub const RULES: usize = 50;
/// Hour of the day from which on a digest is sent that says nothing else.
pub const USUAL_HOUR: i64 = 8;
/// Shortest time between two messages of a rule, in milliseconds (10 minutes): what happens meanwhile is told together.
pub const PAUSE_MS: i64 = 600_000;

/// Where a rule tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// By mail.
    Mail,
    /// In a chat, by its incoming webhook: Slack, Mattermost, Rocket.Chat and others that take the same messages.
    Slack,
}

impl Channel {
    /// Each of them.
    pub const EACH: [Self; 2] = [Self::Mail, Self::Slack];

    /// The name in the database, in the API and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Slack => "slack",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mail => "by mail",
            Self::Slack => "in a chat (Slack, Mattermost, Rocket.Chat)",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|channel| channel.as_str() == name)
    }
}

/// How often a rule tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// At once.
    Now,
    /// At once while the site is open, else when it opens.
    Hours,
    /// Once a day, of the day before.
    Day,
    /// On Mondays, of the week before.
    Week,
}

impl Cadence {
    /// Each of them.
    pub const EACH: [Self; 4] = [Self::Now, Self::Hours, Self::Day, Self::Week];

    /// The name in the database, in the API and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Hours => "hours",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Now => "at once",
            Self::Hours => "at once in business hours, else when they begin",
            Self::Day => "once a day",
            Self::Week => "on Mondays",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|cadence| cadence.as_str() == name)
    }

    /// That of a report, of digests.
    pub const fn of_digest(self) -> Option<crate::mail_report::Cadence> {
        match self {
            Self::Now | Self::Hours => None,
            Self::Day => Some(crate::mail_report::Cadence::Day),
            Self::Week => Some(crate::mail_report::Cadence::Week),
        }
    }
}

/// A rule.
#[derive(Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub rule_id: Id,
    /// What people call it.
    pub name: String,
    /// Of what.
    pub kinds: Vec<NewsKind>,
    /// Only of pages that begin so; empty for all.
    pub path: String,
    /// Where.
    pub channel: Channel,
    /// A mail address, or that of a chat's incoming webhook.
    pub target: String,
    /// How often.
    pub cadence: Cadence,
    /// From which hour of the site's days on a digest is sent, 0 to 23.
    pub hour: i64,
    /// Whether a message to a chat has what people wrote.
    pub shows_words: bool,
    /// From when on it may tell again, in epoch milliseconds.
    pub next_at_ms: i64,
    /// What stands in the link by which whoever gets it stops it.
    pub token: Vec<u8>,
    /// When it was stopped so, in epoch milliseconds.
    pub unsubscribed_at_ms: Option<i64>,
    /// Who set it up: a mail address, or a key.
    pub actor: String,
    /// When, in epoch milliseconds.
    pub created_at_ms: i64,
}

impl std::fmt::Debug for Rule {
    /// Without its target and token, which are secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, kinds, cadence) = (&self.name, &self.kinds, &self.cadence);
        formatter
            .debug_struct("Rule")
            .field("name", name)
            .field("kinds", kinds)
            .field("cadence", cadence)
            .finish_non_exhaustive()
    }
}

/// What a rule has to tell, or has told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of notice")]
pub struct Notice {
    pub rule_id: Id,
    pub news_id: Id,
    pub kind: String,
    pub title: String,
    pub page: String,
    pub path: String,
    pub words: String,
    pub customer_id: Option<Id>,
    pub response_id: Option<Id>,
    pub occurred_at_ms: i64,
}

/// How a rule tells: what is written with the note that it was told.
pub enum Telling<'a> {
    /// By a mail, with the job that sends it.
    Mail(&'a OutgoingMail, &'a NewJob),
    /// By a message to a chat.
    Chat(&'a Delivery),
    /// Not at all: there is nothing to tell.
    Nothing,
}

const RULE: &str = "rule_id, name, kinds, path, channel, target, cadence, hour, shows_words, next_at_ms, token, unsubscribed_at_ms, \
     actor, created_at_ms";
const NOTICE: &str = "rule_id, news_id, kind, title, page, path, words, customer_id, response_id, occurred_at_ms";

fn read_rule(row: &mut Row) -> Result<Rule, StoreError> {
    Ok(Rule {
        rule_id: row.id("rule_id")?,
        kinds: NewsKind::listed(row.text("kinds")?),
        channel: row.named("channel", Channel::named)?,
        cadence: row.named("cadence", Cadence::named)?,
        hour: row.int("hour")?,
        shows_words: row.flag("shows_words")?,
        next_at_ms: row.int("next_at_ms")?,
        token: row.take_blob("token")?,
        unsubscribed_at_ms: row.int_or_null("unsubscribed_at_ms")?,
        created_at_ms: row.int("created_at_ms")?,
        name: row.take_text("name")?,
        path: row.take_text("path")?,
        target: row.take_text("target")?,
        actor: row.take_text("actor")?,
    })
}

fn read_notice(row: &mut Row) -> Result<Notice, StoreError> {
    Ok(Notice {
        rule_id: row.id("rule_id")?,
        news_id: row.id("news_id")?,
        kind: row.take_text("kind")?,
        title: row.take_text("title")?,
        page: row.take_text("page")?,
        path: row.take_text("path")?,
        words: row.take_text("words")?,
        customer_id: row.id_or_null("customer_id")?,
        response_id: row.id_or_null("response_id")?,
        occurred_at_ms: row.int("occurred_at_ms")?,
    })
}

/// The statement that has a rule tell something while the news of it is there; of the same news there is one.
pub(crate) fn writing(site_id: Id, notice: &Notice) -> Statement {
    let sql = format!(
        "INSERT INTO notice (site_id, {NOTICE}) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
         WHERE EXISTS (SELECT 1 FROM news n WHERE n.site_id = $1 AND n.news_id = $3)
         ON CONFLICT (site_id, rule_id, news_id) DO NOTHING"
    );
    let mut params = params![site_id, notice.rule_id, notice.news_id, &notice.kind, &notice.title, &notice.page];
    params.extend(params![&notice.path, &notice.words, notice.customer_id, notice.response_id, notice.occurred_at_ms]);
    Statement::new(sql, params)
}

impl Store {
    /// The rules of a site, by name.
    pub async fn notification_rules(&self, site_id: Id) -> Result<Vec<Rule>, StoreError> {
        let sql = format!("SELECT {RULE} FROM notification_rule WHERE site_id = $1 ORDER BY name, rule_id");
        read_all(self.read(sql, params![site_id]).await?, read_rule)
    }

    /// The rule whose token this is.
    pub async fn notification_rule_of_token(&self, site_id: Id, token: Vec<u8>) -> Result<Option<Rule>, StoreError> {
        let sql = format!("SELECT {RULE} FROM notification_rule WHERE site_id = $1 AND token = $2");
        Ok(read_all(self.read(sql, params![site_id, token]).await?, read_rule)?.into_iter().next())
    }

    /// Keeps a new rule, and notes who set it up; false where the site has [`RULES`] already.
    pub async fn add_notification_rule(
        &self,
        site_id: Id,
        rule: &Rule,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        if self.notification_rules(site_id).await?.len() >= RULES {
            return Ok(false);
        }
        let sql = format!(
            "INSERT INTO notification_rule (site_id, {RULE})
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        );
        let mut params = params![site_id, rule.rule_id, &rule.name, NewsKind::list(&rule.kinds), &rule.path];
        params.extend(params![rule.channel.as_str(), &rule.target, rule.cadence.as_str(), rule.hour, rule.shows_words]);
        params.extend(params![rule.next_at_ms, rule.token.clone(), rule.unsubscribed_at_ms, &rule.actor]);
        params.push(rule.created_at_ms.into());
        self.write(vec![Statement::new(sql, params), entry.statement(site_id)]).await.map(|_| true)
    }

    /// Removes a rule with what it has to tell, and notes who did; false where there is none.
    pub async fn remove_notification_rule(
        &self,
        site_id: Id,
        rule_id: Id,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let note =
            entry.statement_where(site_id, "notification_rule WHERE site_id = $1 AND rule_id = $7", params![rule_id]);
        let notices = "DELETE FROM notice WHERE site_id = $1 AND rule_id = $2";
        let rule = "DELETE FROM notification_rule WHERE site_id = $1 AND rule_id = $2 RETURNING rule_id";
        let gone = crate::webhook::removing_deliveries(site_id, rule_id);
        let statements = [notices, rule].map(|sql| Statement::new(sql, params![site_id, rule_id]));
        let statements: Vec<_> = [note].into_iter().chain(gone).chain(statements).collect();
        Ok(self.write(statements).await?.last().is_some_and(|rows| !rows.is_empty()))
    }

    /// Those of `sites` where a rule may tell something that waits.
    pub async fn sites_with_notices(&self, sites: &[Id], now_ms: i64) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT DISTINCT n.site_id FROM notice n JOIN notification_rule r ON r.site_id = n.site_id AND r.rule_id = n.rule_id
             WHERE n.told_at_ms IS NULL AND r.next_at_ms <= $1 AND n.site_id IN ({}) ORDER BY n.site_id",
            placeholders(2, sites.len())
        );
        let params = params![now_ms].into_iter().chain(sites.iter().map(|site_id| Value::from(*site_id))).collect();
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }

    /// What a rule has yet to tell, the oldest first.
    pub async fn notices(&self, site_id: Id, rule_id: Id, limit: i64) -> Result<Vec<Notice>, StoreError> {
        let sql = format!(
            "SELECT {NOTICE} FROM notice WHERE site_id = $1 AND rule_id = $2 AND told_at_ms IS NULL
             ORDER BY occurred_at_ms, news_id LIMIT $3"
        );
        read_all(self.read(sql, params![site_id, rule_id, limit]).await?, read_notice)
    }

    /// How many notices of each kind a rule got of what happened in `[from, until)`, told or not.
    pub async fn notices_by_kind(
        &self,
        site_id: Id,
        rule_id: Id,
        (from_ms, until_ms): (i64, i64),
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT kind, COUNT(*) AS notices FROM notice
             WHERE site_id = $1 AND rule_id = $2 AND occurred_at_ms >= $3 AND occurred_at_ms < $4 GROUP BY kind ORDER BY kind";
        let rows = self.read(sql, params![site_id, rule_id, from_ms, until_ms]).await?;
        rows.iter().map(|row| Ok((row.text("kind")?.to_owned(), row.count("notices")?))).collect()
    }

    /// Tells what a rule has to tell and forgets the words of it, and has the rule wait until `next_at_ms`. A mail is about the rule and the
    /// time at which it was to tell, and a message is of such news, so that of the same there is one: where somebody else told meanwhile,
    /// what they did not tell waits on.
    pub async fn tell_notices(
        &self,
        site_id: Id,
        rule: &Rule,
        (notices, next_at_ms): (&[Notice], i64),
        telling: Telling<'_>,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let now_ms = clock.now_ms();
        let wait =
            "UPDATE notification_rule SET next_at_ms = $4 WHERE site_id = $1 AND rule_id = $2 AND next_at_ms = $3";
        let mut statements = vec![Statement::new(wait, params![site_id, rule.rule_id, rule.next_at_ms, next_at_ms])];
        let (such, id) = match &telling {
            Telling::Mail(mail, _) => {
                ("EXISTS (SELECT 1 FROM outgoing_mail m WHERE m.site_id = $1 AND m.mail_id = $5)", mail.mail_id)
            }
            Telling::Chat(delivery) => (
                "EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.site_id = $1 AND d.delivery_id = $5)",
                delivery.delivery_id,
            ),
            Telling::Nothing => ("$5 IS NOT NULL", Id::default()),
        };
        match telling {
            Telling::Mail(mail, job) => statements.extend(crate::mail::writing(site_id, mail, job, clock)?),
            Telling::Chat(delivery) => statements.push(crate::webhook::delivery::writing(site_id, delivery, false)),
            Telling::Nothing => {}
        }
        let told = format!(
            "UPDATE notice SET told_at_ms = $4, words = '' WHERE site_id = $1 AND rule_id = $2 AND news_id = $3 AND {such}"
        );
        let told =
            |notice: &Notice| Statement::new(told.clone(), params![site_id, rule.rule_id, notice.news_id, now_ms, id]);
        statements.extend(notices.iter().map(told));
        self.write(statements).await.map(|_| ())
    }
}
