//! What happened at a site and others are told of: webhooks, and whoever asked to be notified.
//!
//! Whatever causes news writes it by [`tell`] in its own transaction, so neither is there without the other. A job then spreads it:
//! everybody's copy is written and the news removed in one transaction. The id of news is made of what it is about, so that telling
//! it twice is telling it once for as long as copies are kept; what is found again and again is told by [`tell_once`].

pub mod kind;
#[cfg(test)]
pub(crate) mod news_test;
pub mod source;

pub use kind::NewsKind;

use crate::engine::value::placeholders;
use crate::notification::Notice;
use crate::webhook::delivery::Delivery;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

/// Longest title, in characters.
pub const TITLE_CHARACTERS: usize = 200;

/// One piece of news.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// Its id: see [`News::id_of`].
    pub news_id: Id,
    /// What it is of.
    pub kind: NewsKind,
    /// What people read of it, in one line without anybody's words, at most [`TITLE_CHARACTERS`].
    pub title: String,
    /// The page of the site's visitors that it is about; empty for none.
    pub page: String,
    /// The path below the site's dashboards where more is to be seen, such as `responses/…`.
    pub path: String,
    /// What anybody who asked may hear.
    pub facts: Map<String, Json>,
    /// What people wrote.
    pub words: Map<String, Json>,
    /// Who they are.
    pub person: Map<String, Json>,
    /// The mail addresses of those whom alone it concerns; empty for everybody.
    pub audience: Vec<String>,
    /// The customer it is about: it is erased with them.
    pub customer_id: Option<Id>,
    /// The response it is about, by the id in the database: it is erased with it.
    pub response_id: Option<Id>,
    /// When it happened, in epoch milliseconds.
    pub occurred_at_ms: i64,
}

impl News {
    /// News of a kind about `about`, which names the thing and, where it can happen several times, which time it was.
    pub fn new(site_id: Id, (kind, about): (NewsKind, &str), title: &str, occurred_at_ms: i64) -> Self {
        Self {
            news_id: Self::id_of(site_id, kind, about),
            kind,
            title: title.chars().filter(|letter| !letter.is_control()).take(TITLE_CHARACTERS).collect(),
            page: String::new(),
            path: String::new(),
            facts: Map::new(),
            words: Map::new(),
            person: Map::new(),
            audience: Vec::new(),
            customer_id: None,
            response_id: None,
            occurred_at_ms,
        }
    }

    /// The id: a UUID of version 8 (RFC 9562, 5.8) of site, kind and what it is about. It tells no id that it was made of.
    pub fn id_of(site_id: Id, kind: NewsKind, about: &str) -> Id {
        let digest = Sha256::new_with_prefix("rapport news 1").chain_update(site_id.0);
        let digest = digest.chain_update(kind.as_str()).chain_update([0]).chain_update(about).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes[6] = 0x80 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Id(bytes)
    }
}

const COLUMNS: &str =
    "news_id, kind, title, page, path, facts, words, person, audience, customer_id, response_id, occurred_at_ms";
/// That somebody of the site asked for any news: where nobody did, none is written.
const WANTED: &str = "(EXISTS (SELECT 1 FROM webhook w WHERE w.site_id = $1 AND w.disabled_at_ms IS NULL)
    OR EXISTS (SELECT 1 FROM notification_rule o WHERE o.site_id = $1 AND o.unsubscribed_at_ms IS NULL))";

/// The statement that tells news where `such` holds, whose own values are from `$14` on.
fn telling(site_id: Id, news: &News, such: &str, values: Vec<Value>) -> Statement {
    let sql = format!(
        "INSERT INTO news (site_id, {COLUMNS})
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 WHERE {WANTED} AND {such}
         ON CONFLICT (site_id, news_id) DO NOTHING"
    );
    let json = |object: &Map<String, Json>| Json::Object(object.clone()).to_string();
    let mut params = params![site_id, news.news_id, news.kind.as_str(), &news.title, &news.page, &news.path];
    params.extend(params![json(&news.facts), json(&news.words), json(&news.person), news.audience.join(" ")]);
    params.extend(params![news.customer_id, news.response_id, news.occurred_at_ms]);
    params.extend(values);
    Statement::new(sql, params)
}

/// The statement that tells news; it belongs into the transaction of what causes it.
pub fn tell(site_id: Id, news: &News) -> Statement {
    telling(site_id, news, "1 = 1", Vec::new())
}

/// The statements that tell what is found again and again, once; in this order, in one transaction. It is known as told for as long as it
/// is found, and `kept_ms` longer ([`Store::forget_told_before`]).
pub fn tell_once(site_id: Id, news: &News, now_ms: i64) -> [Statement; 2] {
    let such = "NOT EXISTS (SELECT 1 FROM news_told t WHERE t.site_id = $1 AND t.news_id = $2)";
    [telling(site_id, news, such, Vec::new()), note_told(site_id, news, 0, now_ms)]
}

/// The statements that tell of something that grows: `created` the first time, and `grown` when a higher revision is there than was told.
/// In this order, in one transaction.
pub fn tell_growing(site_id: Id, (created, grown): (&News, &News), revision: i64, now_ms: i64) -> [Statement; 3] {
    let of_created = "SELECT 1 FROM news_told t WHERE t.site_id = $1 AND t.news_id";
    [
        telling(
            site_id,
            grown,
            &format!("EXISTS ({of_created} = $14 AND t.revision < $15)"),
            params![created.news_id, revision],
        ),
        telling(site_id, created, &format!("NOT EXISTS ({of_created} = $2)"), Vec::new()),
        note_told(site_id, created, revision, now_ms),
    ]
}

/// The statement that notes that news was told.
pub fn note_told(site_id: Id, news: &News, revision: i64, now_ms: i64) -> Statement {
    let sql = "INSERT INTO news_told (site_id, news_id, revision, found_at_ms, response_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (site_id, news_id) DO UPDATE SET found_at_ms = excluded.found_at_ms,
           revision = CASE WHEN excluded.revision > news_told.revision THEN excluded.revision ELSE news_told.revision END";
    Statement::new(sql, params![site_id, news.news_id, revision, now_ms, news.response_id])
}

fn object(row: &Row, column: &str) -> Result<Map<String, Json>, StoreError> {
    serde_json::from_str(row.text(column)?).map_err(|error| {
        // What is wrong is told by its place: the text may be somebody's words.
        StoreError::Inconsistent(format!("news.{column} is no JSON object at byte {}", error.column()))
    })
}

fn read_news(row: &Row) -> Result<Option<News>, StoreError> {
    let Some(kind) = row.named_if_known("news.kind", NewsKind::parse)? else { return Ok(None) };
    Ok(Some(News {
        news_id: row.id("news_id")?,
        kind,
        title: row.text("title")?.to_owned(),
        page: row.text("page")?.to_owned(),
        path: row.text("path")?.to_owned(),
        facts: object(row, "facts")?,
        words: object(row, "words")?,
        person: object(row, "person")?,
        audience: row.text("audience")?.split_whitespace().map(str::to_owned).collect(),
        customer_id: row.id_or_null("customer_id")?,
        response_id: row.id_or_null("response_id")?,
        occurred_at_ms: row.int("occurred_at_ms")?,
    }))
}

impl Store {
    /// Tells news that nothing else is written with.
    pub async fn tell(&self, site_id: Id, news: &[News]) -> Result<(), StoreError> {
        self.write(news.iter().map(|news| tell(site_id, news)).collect()).await.map(|_| ())
    }

    /// Tells, each once, what is found again and again. Where `silently`, it is only known as told from now on.
    pub async fn tell_once(&self, site_id: Id, news: &[News], silently: bool, now_ms: i64) -> Result<(), StoreError> {
        let mut statements = Vec::new();
        for news in news {
            let [tell, note] = tell_once(site_id, news, now_ms);
            statements.extend((!silently).then_some(tell));
            statements.push(note);
        }
        if statements.is_empty() {
            return Ok(());
        }
        self.write(statements).await.map(|_| ())
    }

    /// Whether news of that id was told once.
    pub async fn was_told(&self, site_id: Id, news_id: Id) -> Result<bool, StoreError> {
        let sql = "SELECT 1 AS told FROM news_told WHERE site_id = $1 AND news_id = $2";
        Ok(!self.read(sql, params![site_id, news_id]).await?.is_empty())
    }

    /// Those of `sites` that have news.
    pub async fn sites_with_news(&self, sites: &[Id]) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT DISTINCT site_id FROM news WHERE site_id IN ({}) ORDER BY site_id",
            placeholders(1, sites.len())
        );
        let params = sites.iter().map(|site_id| Value::from(*site_id)).collect();
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }

    /// The oldest news of a site, at most `limit`.
    pub async fn news(&self, site_id: Id, limit: i64) -> Result<Vec<News>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM news WHERE site_id = $1 ORDER BY occurred_at_ms, news_id LIMIT $2");
        let rows = self.read(sql, params![site_id, limit]).await?;
        rows.iter().filter_map(|row| read_news(row).transpose()).collect()
    }

    /// Writes everybody's copies of news and removes the news: all of it or nothing. What somebody has a copy of already is not written
    /// again, and what was erased meanwhile is not written at all.
    pub async fn spread(
        &self,
        site_id: Id,
        news: &[News],
        (deliveries, notices): (&[Delivery], &[Notice]),
    ) -> Result<(), StoreError> {
        let deliveries = deliveries.iter().map(|delivery| crate::webhook::delivery::writing(site_id, delivery, true));
        let mut statements: Vec<_> = deliveries.collect();
        statements.extend(notices.iter().map(|notice| crate::notification::writing(site_id, notice)));
        let remove = "DELETE FROM news WHERE site_id = $1 AND news_id = $2";
        statements.extend(news.iter().map(|news| Statement::new(remove, params![site_id, news.news_id])));
        self.write(statements).await.map(|_| ())
    }

    /// Forgets what was told before an instant: deliveries with their attempts, notices, and what was found for the last time before it.
    pub async fn forget_told_before(&self, site_id: Id, before_ms: i64) -> Result<(), StoreError> {
        let attempts = "DELETE FROM webhook_attempt WHERE site_id = $1 AND delivery_id IN
             (SELECT d.delivery_id FROM webhook_delivery d WHERE d.site_id = $1 AND d.created_at_ms < $2)";
        let deliveries = "DELETE FROM webhook_delivery WHERE site_id = $1 AND created_at_ms < $2";
        let notices = "DELETE FROM notice WHERE site_id = $1 AND occurred_at_ms < $2";
        let told = "DELETE FROM news_told WHERE site_id = $1 AND found_at_ms < $2";
        let statement = |sql: &'static str| Statement::new(sql, params![site_id, before_ms]);
        self.write([attempts, deliveries, notices, told].map(statement).into()).await.map(|_| ())
    }

    /// What anybody of a site asked for.
    pub async fn wanted_news(&self, site_id: Id) -> Result<Vec<NewsKind>, StoreError> {
        let sql = "SELECT kinds FROM webhook WHERE site_id = $1 AND disabled_at_ms IS NULL
             UNION SELECT kinds FROM notification_rule WHERE site_id = $1 AND unsubscribed_at_ms IS NULL";
        let mut wanted = Vec::new();
        for row in self.read(sql, params![site_id]).await? {
            wanted.extend(NewsKind::listed(row.text("kinds")?));
        }
        wanted.sort();
        wanted.dedup();
        Ok(wanted)
    }

    /// Those of `sites` where anybody asked for any news.
    pub async fn sites_that_want_news(&self, sites: &[Id]) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let places = placeholders(1, sites.len());
        let sql = format!(
            "SELECT site_id FROM webhook WHERE disabled_at_ms IS NULL AND site_id IN ({places})
             UNION SELECT site_id FROM notification_rule WHERE unsubscribed_at_ms IS NULL AND site_id IN ({places})
             ORDER BY site_id"
        );
        let params = sites.iter().map(|site_id| Value::from(*site_id)).collect();
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }
}
