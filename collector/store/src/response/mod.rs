//! Responses one by one.

pub mod cause;
pub mod session;
pub mod standing;
pub mod stream;
pub mod suspicion;

use crate::audit::AuditEntry;
use crate::device::Device;
use crate::engine::outcome::UPSERT_DIRTY;
use crate::engine::value::{placeholders, read_all};
use crate::record::Consent;
use crate::rollup::hour::RawRow;
use crate::rollup::narrow::Narrow;
use crate::rollup::{AnswerGiven, SurveyStep};
use crate::visitor::erasure::ERASED_RESPONSE;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_figures::spam::Reason;
use rapport_figures::standing::Standing;
use rapport_shared::id::Id;
use std::collections::HashMap;
use std::fmt;

/// A row of `response`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of response")]
pub struct ResponseRecord {
    pub item_id: Id,
    pub survey_id: String,
    pub survey_version: i64,
    pub view_id: Option<Id>,
    pub session_id: Option<Id>,
    pub occurred_at_ms: i64,
    pub received_at_ms: i64,
    pub clamped: bool,
    pub path: String,
    pub language: String,
    pub device: String,
    pub duration_ms: i64,
    pub finished: bool,
    pub trail: String,
    pub trail_withheld: bool,
    pub page: String,
    pub suspicion: Vec<Reason>,
    pub suspicion_cleared_at_ms: Option<i64>,
    pub consent: Option<Consent>,
    pub customer_id: Option<Id>,
}

/// Whether suspicious responses are among those meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suspicious {
    /// They are left out, as in every score.
    #[default]
    LeftOut,
    /// They are there with the others.
    Included,
    /// Only they are.
    Only,
}

/// The condition on `response r` that it counts in scores and rates, from rows and from rollups alike.
pub(crate) const COUNTED: &str = "(r.bot = 0 AND r.suspicion IS NULL OR r.suspicion_cleared_at_ms IS NOT NULL)";

impl Suspicious {
    /// The condition on the columns of `response r`. What a person cleared counts like any other.
    pub(crate) fn condition(self) -> &'static str {
        match self {
            Self::LeftOut => COUNTED,
            Self::Included => "1 = 1",
            Self::Only => "r.suspicion IS NOT NULL AND r.suspicion_cleared_at_ms IS NULL",
        }
    }
}

/// Steps of delivery that say which response they speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamedResponses {
    /// How many responses they say were finished.
    pub responses: u64,
    /// How many of these arrived, finished.
    pub arrived: u64,
    /// How many steps there are: a response may be told of twice.
    pub steps: u64,
}

/// A row of `answer`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of answer")]
pub struct AnswerRecord {
    pub item_id: Id,
    pub question_id: String,
    pub kind: String,
    pub score: Option<i64>,
    pub choices: String,
    pub text: String,
}

/// A place in a list that is ordered by instant and id, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Instant of the last response of the page before, in epoch milliseconds.
    pub occurred_at_ms: i64,
    /// Its id.
    pub item_id: Id,
}

impl Cursor {
    /// The place of a response.
    pub fn of(record: &ResponseRecord) -> Self {
        Self { occurred_at_ms: record.occurred_at_ms, item_id: record.item_id }
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (instant, id) = text.split_once('.')?;
        Some(Self { occurred_at_ms: instant.parse().ok()?, item_id: Id::parse(id)? })
    }
}

/// Its instant in epoch milliseconds, a dot, its id.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.occurred_at_ms, self.item_id)
    }
}

/// Which responses of a survey.
#[derive(Clone, Debug)]
pub struct ResponseFilter<'a> {
    /// Slug of the survey.
    pub survey_id: &'a str,
    /// First instant, in epoch milliseconds.
    pub from_ms: i64,
    /// First instant that is too late.
    pub to_ms: i64,
    /// Page, empty for every page.
    pub path: &'a str,
    /// Device, `None` for every device.
    pub device: Option<Device>,
    /// What else must hold.
    pub narrow: &'a Narrow,
    /// One of its scores stands there; `None` for all.
    pub standing: Option<Standing>,
    /// Only those with words.
    pub words: bool,
    /// Whether suspicious ones are listed.
    pub suspicious: Suspicious,
    /// Only those after this place.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: i64,
}

/// Page (empty for every one), device (`None` for every one), and what else must hold.
pub type Within<'a> = (&'a str, Option<Device>, &'a Narrow);

/// Reads a row.
type OfRow<T> = fn(&mut Row) -> Result<T, StoreError>;

pub(crate) const RESPONSE: &str = "r.item_id, r.survey_id, r.survey_version, r.view_id, r.session_id, r.occurred_at_ms,
    r.received_at_ms, r.clamped, r.path, r.language, r.device, r.duration_ms, r.finished, r.trail, r.trail_withheld,
    r.page, r.suspicion, r.suspicion_cleared_at_ms, r.consent, r.customer_id";

pub(crate) fn response(row: &Row) -> Result<ResponseRecord, StoreError> {
    Ok(ResponseRecord {
        item_id: row.id("item_id")?,
        survey_id: row.text("survey_id")?.to_owned(),
        survey_version: row.int("survey_version")?,
        view_id: row.id_or_null("view_id")?,
        session_id: row.id_or_null("session_id")?,
        occurred_at_ms: row.int("occurred_at_ms")?,
        received_at_ms: row.int("received_at_ms")?,
        clamped: row.flag("clamped")?,
        path: row.text("path")?.to_owned(),
        language: row.text("language")?.to_owned(),
        device: row.text("device")?.to_owned(),
        duration_ms: row.int("duration_ms")?,
        finished: row.flag("finished")?,
        trail: row.text("trail")?.to_owned(),
        trail_withheld: row.flag("trail_withheld")?,
        page: row.text("page")?.to_owned(),
        suspicion: suspicion::reasons(row.text_or_null("suspicion")?),
        suspicion_cleared_at_ms: row.int_or_null("suspicion_cleared_at_ms")?,
        consent: row.text_or_null("consent")?.map(Consent::of_name),
        customer_id: row.id_or_null("customer_id")?,
    })
}

/// The condition on an answer that it holds words about something: not a name, and not an address. Names are told as
/// `report::response` tells them.
pub(crate) const WORDS: &str = "a.text <> '' AND a.kind <> 'email' AND NOT (a.kind = 'short-text'
    AND (a.question_id LIKE '%.name' OR a.question_id = 'author' AND EXISTS (
        SELECT 1 FROM answer v WHERE v.site_id = a.site_id AND v.item_id = a.item_id AND v.kind = 'review')))";

impl ResponseFilter<'_> {
    /// The condition on `response r`, and its values; place and limit are the caller's, after these.
    pub(crate) fn condition(&self, site_id: Id) -> (String, Vec<Value>) {
        let mut sql = format!(
            "r.site_id = $1 AND r.survey_id = $2 AND r.occurred_at_ms >= $3 AND r.occurred_at_ms < $4
               AND {} AND ($5 = '' OR r.path = $5) AND ($6 = '' OR r.device = $6)",
            self.suspicious.condition()
        );
        let with_answer = |condition: &str| {
            format!(
                " AND EXISTS (SELECT 1 FROM answer a
                  WHERE a.site_id = r.site_id AND a.item_id = r.item_id AND {condition})"
            )
        };
        if self.words {
            sql += &with_answer(WORDS);
        }
        if let Some(standing) = self.standing {
            sql += &with_answer(&crate::response::standing::condition(standing));
        }
        let mut params = params![site_id, self.survey_id, self.from_ms, self.to_ms, self.path, self.device];
        sql += &self.narrow.on_responses((self.from_ms, self.to_ms), &mut params);
        (sql, params)
    }
}

impl Store {
    /// Responses of a survey, newest first.
    pub async fn responses(&self, site_id: Id, filter: &ResponseFilter<'_>) -> Result<Vec<ResponseRecord>, StoreError> {
        let (condition, mut params) = filter.condition(site_id);
        let mut sql = format!("SELECT {RESPONSE} FROM response r WHERE {condition}");
        let limit = params.len() + 1;
        params.extend(params![filter.limit]);
        if let Some(cursor) = filter.after {
            let (instant, id) = (limit + 1, limit + 2);
            sql += &format!(
                " AND r.occurred_at_ms <= ${instant} AND (r.occurred_at_ms < ${instant} OR r.item_id < ${id})"
            );
            params.extend(params![cursor.occurred_at_ms, cursor.item_id]);
        }
        sql += &format!(" ORDER BY r.occurred_at_ms DESC, r.item_id DESC LIMIT ${limit}");
        self.read(sql, params).await?.iter().map(response).collect()
    }

    /// The newest responses on any survey that have words. An empty path or device is every one.
    pub async fn newest_words(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (path, device, narrow): Within<'_>,
        limit: i64,
    ) -> Result<Vec<ResponseRecord>, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, path, device, limit];
        let sql = format!(
            "SELECT {RESPONSE} FROM response r
             WHERE r.site_id = $1 AND r.hour_ms >= $2 AND r.hour_ms < $3 AND {}
               AND ($4 = '' OR r.path = $4) AND ($5 = '' OR r.device = $5){}
               AND EXISTS (SELECT 1 FROM answer a
                           WHERE a.site_id = r.site_id AND a.item_id = r.item_id AND {WORDS})
             ORDER BY r.hour_ms DESC, r.occurred_at_ms DESC, r.item_id DESC LIMIT $6",
            Suspicious::LeftOut.condition(),
            narrow.on_responses((from_ms, to_ms), &mut params)
        );
        let rows = self.read(sql, params).await?;
        rows.iter().map(response).collect()
    }

    /// Says that a suspicious response counts after all, or takes that back; notes who said it, and has its hour counted
    /// anew. False when there is no such suspicious response.
    pub async fn clear_suspicion(
        &self,
        site_id: Id,
        item_id: Id,
        cleared: bool,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let read =
            "SELECT hour_ms, revision FROM response WHERE site_id = $1 AND item_id = $2 AND suspicion IS NOT NULL";
        let rows = self.read(read, params![site_id, item_id]).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        let set = "UPDATE response SET suspicion_cleared_at_ms = $3 WHERE site_id = $1 AND item_id = $2";
        let cleared_at_ms = cleared.then_some(entry.occurred_at_ms);
        // What was made of responses that count has yet to be made of it.
        let arrives = crate::arrival::note(site_id, item_id, row.int("revision")?, entry.occurred_at_ms);
        self.write(vec![
            Statement::new(set, params![site_id, item_id, cleared_at_ms]),
            // Its own id marks the hour: nobody else writes this mark.
            Statement::new(UPSERT_DIRTY, params![site_id, row.int("hour_ms")?, entry.entry_id, entry.entry_id]),
            arrives,
            entry.statement(site_id),
        ])
        .await
        .map(|_| true)
    }

    /// The answers that scores of a survey leave out because they are suspicious, by hour. An empty path or device is every
    /// one.
    pub async fn suspicious_answers(
        &self,
        site_id: Id,
        survey_id: &str,
        range: (i64, i64),
        within: Within<'_>,
    ) -> Result<Vec<(i64, AnswerGiven)>, StoreError> {
        let what = "r.survey_id, a.question_id, a.kind, a.score, a.choices, r.path, r.device
             FROM response r JOIN answer a ON a.site_id = r.site_id AND a.item_id = r.item_id";
        self.suspicious((what, AnswerGiven::read), (site_id, survey_id), range, within).await
    }

    /// The responses that figures of a survey leave out because they are suspicious, by hour. An empty path or
    /// device is every one.
    pub async fn suspicious_steps(
        &self,
        site_id: Id,
        survey_id: &str,
        range: (i64, i64),
        within: Within<'_>,
    ) -> Result<Vec<(i64, SurveyStep)>, StoreError> {
        let what = "r.survey_id, r.path, r.device, CASE WHEN r.finished = 1 THEN 'finished' ELSE 'response' END AS step
             FROM response r";
        self.suspicious((what, SurveyStep::read), (site_id, survey_id), range, within).await
    }

    /// What suspicious responses of a survey hold, by hour: `what` names columns and tables, and `of_row` reads them.
    async fn suspicious<T>(
        &self,
        (what, of_row): (&str, OfRow<T>),
        (site_id, survey_id): (Id, &str),
        (from_ms, to_ms): (i64, i64),
        (path, device, narrow): Within<'_>,
    ) -> Result<Vec<(i64, T)>, StoreError> {
        let mut params = params![site_id, survey_id, from_ms, to_ms, path, device];
        let sql = format!(
            "SELECT r.hour_ms, {what}
             WHERE r.site_id = $1 AND r.survey_id = $2 AND r.occurred_at_ms >= $3 AND r.occurred_at_ms < $4
               AND {} AND ($5 = '' OR r.path = $5) AND ($6 = '' OR r.device = $6){}",
            Suspicious::Only.condition(),
            narrow.on_responses((from_ms, to_ms), &mut params)
        );
        read_all(self.read(sql, params).await?, |row| Ok((row.int("hour_ms")?, of_row(row)?)))
    }

    /// Finished responses by survey, of pages that report delivery: with a view, and nothing withheld. Suspicious ones are
    /// there, bots are not: their deliveries are not counted either. An empty path or device is every one.
    pub async fn finished_of_pages(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (path, device, narrow): Within<'_>,
    ) -> Result<HashMap<String, u64>, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, path, device];
        let sql = format!(
            "SELECT r.survey_id, COUNT(*) AS finished FROM response r
             WHERE r.site_id = $1 AND r.hour_ms >= $2 AND r.hour_ms < $3 AND r.bot = 0 AND r.clamped = 0 AND r.finished = 1
               AND r.trail_withheld = 0 AND r.view_id IS NOT NULL AND ($4 = '' OR r.path = $4) AND ($5 = '' OR r.device = $5){}
             GROUP BY r.survey_id",
            narrow.on_responses((from_ms, to_ms), &mut params)
        );
        let rows = self.read(sql, params).await?;
        rows.iter().map(|row| Ok((row.text("survey_id")?.to_owned(), row.count("finished")?))).collect()
    }

    /// The answered steps of each survey that name their response, and how many of these responses are stored, finished. One
    /// that was erased since had arrived. An empty path or device is every one.
    pub async fn named_responses(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (path, device, narrow): Within<'_>,
    ) -> Result<HashMap<String, NamedResponses>, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, path, device, ERASED_RESPONSE];
        let on_steps = narrow.on_steps(&mut params);
        // Sent twice, as two items, it is one response; those that were erased are known by their step alone.
        let sql = format!(
            "SELECT survey_id, COUNT(*) AS responses, CAST(SUM(arrived) AS BIGINT) AS arrived, CAST(SUM(steps) AS BIGINT) AS steps
             FROM (
               SELECT d.survey_id, CASE WHEN d.response_id = $6 THEN d.item_id ELSE d.response_id END AS named,
                 MAX(CASE WHEN d.response_id = $6 OR r.finished = 1 THEN 1 ELSE 0 END) AS arrived, COUNT(*) AS steps
               FROM delivery d LEFT JOIN response r ON r.site_id = d.site_id AND r.item_id = d.response_id
               WHERE d.site_id = $1 AND d.hour_ms >= $2 AND d.hour_ms < $3 AND d.bot = 0 AND d.clamped = 0
                 AND d.event = 'answered'
                 AND d.response_id IS NOT NULL AND ($4 = '' OR d.path = $4) AND ($5 = '' OR d.device = $5){on_steps}
               GROUP BY 1, 2) AS steps
             GROUP BY survey_id"
        );
        let rows = self.read(sql, params).await?;
        let named = |row: &Row| {
            let named = NamedResponses {
                responses: row.count("responses")?,
                arrived: row.count("arrived")?,
                steps: row.count("steps")?,
            };
            Ok((row.text("survey_id")?.to_owned(), named))
        };
        rows.iter().map(named).collect()
    }

    /// Revision of a response, and whether it is finished; `None` when there is none.
    pub async fn response_state(&self, site_id: Id, item_id: Id) -> Result<Option<(i64, bool)>, StoreError> {
        let sql = "SELECT revision, finished FROM response WHERE site_id = $1 AND item_id = $2";
        let rows = self.read(sql, params![site_id, item_id]).await?;
        rows.first().map(|row| Ok((row.int("revision")?, row.flag("finished")?))).transpose()
    }

    /// Revision of those responses that are there, and whether each is finished.
    pub async fn response_states(&self, site_id: Id, item_ids: &[Id]) -> Result<HashMap<Id, (i64, bool)>, StoreError> {
        let sql = format!(
            "SELECT item_id, revision, finished FROM response WHERE site_id = $1 AND item_id IN ({})",
            placeholders(2, item_ids.len())
        );
        let mut params = params![site_id];
        params.extend(item_ids.iter().map(|id| Value::from(*id)));
        let rows = self.read(sql, params).await?;
        rows.iter().map(|row| Ok((row.id("item_id")?, (row.int("revision")?, row.flag("finished")?)))).collect()
    }

    /// One response.
    pub async fn response(&self, site_id: Id, item_id: Id) -> Result<Option<ResponseRecord>, StoreError> {
        let sql = format!("SELECT {RESPONSE} FROM response r WHERE r.site_id = $1 AND r.item_id = $2");
        self.read(sql, params![site_id, item_id]).await?.first().map(response).transpose()
    }

    /// Those of some responses that are there.
    pub async fn responses_by_id(&self, site_id: Id, item_ids: &[Id]) -> Result<Vec<ResponseRecord>, StoreError> {
        if item_ids.is_empty() {
            return Ok(Vec::new());
        }
        let places = placeholders(2, item_ids.len());
        let sql = format!("SELECT {RESPONSE} FROM response r WHERE r.site_id = $1 AND r.item_id IN ({places})");
        let mut params = params![site_id];
        params.extend(item_ids.iter().map(|id| Value::from(*id)));
        self.read(sql, params).await?.iter().map(response).collect()
    }

    /// The answers of some responses, in the order they were given.
    pub async fn answers_of(&self, site_id: Id, item_ids: &[Id]) -> Result<Vec<AnswerRecord>, StoreError> {
        if item_ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT item_id, question_id, kind, score, choices, text
             FROM answer
             WHERE site_id = $1 AND item_id IN ({})
             ORDER BY item_id, position, question_id",
            placeholders(2, item_ids.len())
        );
        let mut params = params![site_id];
        params.extend(item_ids.iter().map(|id| Value::from(*id)));
        self.read(sql, params)
            .await?
            .iter()
            .map(|row| {
                Ok(AnswerRecord {
                    item_id: row.id("item_id")?,
                    question_id: row.text("question_id")?.to_owned(),
                    kind: row.text("kind")?.to_owned(),
                    score: row.int_or_null("score")?,
                    choices: row.text("choices")?.to_owned(),
                    text: row.text("text")?.to_owned(),
                })
            })
            .collect()
    }
}
