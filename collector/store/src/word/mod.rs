//! What people wrote, and the index by which it is found. Both engines hold the tokens that they are given and no rule of their own, so they find the
//! same: SQLite by FTS5, PostgreSQL by a GIN index. What a text is found by is the caller's to say (`rapport-language`).
//!
//! A row's number grows with the time, so that days are a range of numbers and the newest are found first in either index.

pub mod choice;
#[cfg(test)]
mod word_test;

use crate::device::Device;
use crate::engine::value::placeholders;
use crate::response::COUNTED;
use crate::rollup::narrow::Narrow;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_figures::standing::Standing;
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};

/// Bits of a number below its milliseconds.
const CHANCE_BITS: u32 = 21;
/// Longest time that numbers can hold: the year 2109.
const LAST_MS: i64 = (1 << 42) - 1;
/// Items, or rows, of one statement.
const TOGETHER: usize = 200;

/// Of what a text is a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// An answer of a response, a review among them; the item is the response, the part its question.
    Answer,
    /// A message of a ticket; the item is the ticket, the part names the message.
    Ticket,
    /// A contact in another channel; the item is the interaction.
    Interaction,
}

impl Source {
    /// Every value.
    pub const EACH: [Self; 3] = [Self::Answer, Self::Ticket, Self::Interaction];

    /// The name under which it is kept and asked for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Ticket => "ticket",
            Self::Interaction => "interaction",
        }
    }

    /// The value of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|source| source.as_str() == name)
    }
}

/// A text with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Of what it is a part.
    pub source: Source,
    /// Which one.
    pub item_id: Id,
    /// Which part of it.
    pub part: String,
    /// The survey it answers; empty for other sources.
    pub survey_id: String,
    /// When it was written, in epoch milliseconds.
    pub occurred_at_ms: i64,
    /// The language it is thought to be in, as its primary subtag; empty when nothing is known.
    pub language: String,
    /// Where the score that was given with it stands on its scale, from 0 to 100.
    pub score: Option<i64>,
    /// The same in three steps.
    pub standing: Option<Standing>,
    /// The words.
    pub said: String,
}

/// A text and its tokens, which hold no ASCII sign but letters and digits, and no space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// The text.
    pub text: Text,
    /// By what it is found.
    pub tokens: Vec<String>,
}

/// One word of a search: a text has it when it has one of the tokens, or, of a prefix, one that begins with the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The tokens.
    pub tokens: Vec<String>,
    /// Whether tokens that begin with the first one are meant too.
    pub is_prefix: bool,
}

/// A text that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The text.
    pub text: Text,
    /// Its place in the list of all.
    pub number: i64,
    /// The page on which it was answered; empty for other sources.
    pub path: String,
}

/// Which texts. Other sources than answers have no page, device or visit: they pass only where nothing of that kind is asked.
#[derive(Clone, Debug)]
pub struct TextFilter<'a> {
    /// What has to be in them; nothing for all.
    pub wanted: &'a [Wanted],
    /// First instant, in epoch milliseconds.
    pub from_ms: i64,
    /// First instant that is too late.
    pub to_ms: i64,
    /// Only those of one survey; empty for all.
    pub survey_id: &'a str,
    /// Only of one source.
    pub source: Option<Source>,
    /// Only beside a score that stands there.
    pub standing: Option<Standing>,
    /// Page, empty for every page.
    pub path: &'a str,
    /// Device, `None` for every device.
    pub device: Option<Device>,
    /// What else must hold.
    pub narrow: &'a Narrow,
    /// Only those with a lower number: older ones.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// The first number of an instant.
fn number_of(at_ms: i64) -> i64 {
    at_ms.clamp(0, LAST_MS) << CHANCE_BITS
}

/// What the tokens of a site begin with: the index is one for all, and so none of another site's is ever looked at.
fn mark_of(site_id: Id) -> String {
    Sha256::digest(site_id.0)[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether an index takes it as one token.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii() && !c.is_whitespace())
}

/// A search as an engine reads it. Nobody's signs are in it: tokens have none.
fn matching(engine: &str, site_id: Id, wanted: &[Wanted]) -> String {
    let (mark, is_sqlite) = (mark_of(site_id), engine == "sqlite");
    let one = |token: &str, is_prefix: bool| match (is_sqlite, is_prefix) {
        (true, false) => format!("\"{mark}{token}\""),
        (true, true) => format!("\"{mark}{token}\" *"),
        (false, false) => format!("'{mark}{token}'"),
        (false, true) => format!("'{mark}{token}':*"),
    };
    let (or, and) = if is_sqlite { (" OR ", " AND ") } else { (" | ", " & ") };
    let each = |wanted: &Wanted| {
        let tokens = wanted.tokens.iter().enumerate().filter(|(_, token)| is_token(token));
        let tokens: Vec<_> = tokens.map(|(place, token)| one(token, wanted.is_prefix && place == 0)).collect();
        format!("({})", tokens.join(or))
    };
    wanted.iter().map(each).collect::<Vec<_>>().join(and)
}

const COLUMNS: &str =
    "w.source, w.item_id, w.part, w.number, w.survey_id, w.occurred_at_ms, w.language, w.score, w.standing, w.said,
    COALESCE(r.path, '') AS path";

fn found(row: &Row) -> Result<Found, StoreError> {
    let source = row.text("source")?;
    Ok(Found {
        text: Text {
            source: Source::parse(source)
                .ok_or_else(|| StoreError::Inconsistent(format!("word_text.source cannot be {source}")))?,
            item_id: row.id("item_id")?,
            part: row.text("part")?.to_owned(),
            survey_id: row.text("survey_id")?.to_owned(),
            occurred_at_ms: row.int("occurred_at_ms")?,
            language: row.text("language")?.to_owned(),
            score: row.int_or_null("score")?,
            standing: row.text_or_null("standing")?.and_then(Standing::parse),
            said: row.text("said")?.to_owned(),
        },
        number: row.int("number")?,
        path: row.text("path")?.to_owned(),
    })
}

impl TextFilter<'_> {
    /// Tables and conditions, with their values.
    fn tables_and_conditions(&self, engine: &str, site_id: Id) -> (String, Vec<Value>) {
        let last = self.before.unwrap_or(i64::MAX).min(number_of(self.to_ms));
        let mut params = params![site_id, number_of(self.from_ms), last];
        let asks_for_answers = !self.path.is_empty() || self.device.is_some() || !self.narrow.is_whole();
        let searches = !self.wanted.is_empty();
        let mut sql = String::from("FROM ");
        let mut conditions = String::new();
        if searches {
            params.push(matching(engine, site_id, self.wanted).into());
            if engine == "sqlite" {
                // The index alone leads: it knows the order, and the days.
                sql += "word_index x CROSS JOIN word_text w ON w.number = x.rowid";
                conditions += " AND x.word_index MATCH $4 AND x.rowid >= $2 AND x.rowid < $3";
            } else {
                sql += "word_text w";
                conditions += " AND array_to_tsvector(string_to_array(w.tokens, ' ')) @@ CAST($4 AS TSQUERY)";
            }
        } else {
            sql += "word_text w";
        }
        sql += &format!(
            " LEFT JOIN response r ON r.site_id = w.site_id AND r.item_id = w.item_id AND w.source = 'answer'
             WHERE w.site_id = $1 AND w.number >= $2 AND w.number < $3{conditions}"
        );
        sql += &match asks_for_answers {
            true => format!(" AND {COUNTED}"),
            false => format!(" AND (w.source <> 'answer' OR {COUNTED})"),
        };
        let mut must = |column: &str, value: Value| {
            params.push(value);
            format!(" AND {column} = ${}", params.len())
        };
        if !self.survey_id.is_empty() {
            sql += &must("w.survey_id", self.survey_id.into());
        }
        if let Some(source) = self.source {
            sql += &must("w.source", source.as_str().into());
        }
        if let Some(standing) = self.standing {
            sql += &must("w.standing", standing.as_str().into());
        }
        if !self.path.is_empty() {
            sql += &must("r.path", self.path.into());
        }
        if self.device.is_some() {
            sql += &must("r.device", self.device.into());
        }
        sql += &self.narrow.on_responses((self.from_ms, self.to_ms), &mut params);
        (sql, params)
    }
}

impl Store {
    /// Keeps what some items hold, in place of what they held before; nothing of a response that was erased in the meantime. Being told again comes to the same.
    pub async fn keep_words(
        &self,
        site_id: Id,
        source: Source,
        items: &[Id],
        texts: &[Indexed],
    ) -> Result<(), StoreError> {
        let mut statements = self.forgetting_words(site_id, source, items);
        let numbers = self.free_numbers(texts).await?;
        let mark = mark_of(site_id);
        for (indexed, number) in texts.iter().zip(&numbers) {
            let text = &indexed.text;
            let tokens: Vec<_> =
                indexed.tokens.iter().filter(|token| is_token(token)).map(|token| format!("{mark}{token}")).collect();
            let sql = "INSERT INTO word_text (site_id, source, item_id, part, number, survey_id, occurred_at_ms, language, score, standing,
                 said, tokens) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
                 WHERE $2 <> 'answer' OR EXISTS (SELECT 1 FROM response r WHERE r.site_id = $1 AND r.item_id = $3)";
            let params = params![
                site_id,
                text.source.as_str(),
                text.item_id,
                &text.part,
                *number,
                &text.survey_id,
                text.occurred_at_ms,
                &text.language,
                text.score,
                text.standing.map(|standing| standing.as_str().to_owned()),
                &text.said,
                tokens.join(" "),
            ];
            statements.push(Statement::new(sql, params));
        }
        if self.engine_name() == "sqlite" {
            for numbers in numbers.chunks(TOGETHER) {
                let sql = format!(
                    "INSERT INTO word_index (rowid, tokens) SELECT number, tokens FROM word_text WHERE site_id = $1 AND number IN ({})",
                    placeholders(2, numbers.len())
                );
                let mut params = params![site_id];
                params.extend(numbers.iter().map(|number| Value::from(*number)));
                statements.push(Statement::new(sql, params));
            }
        }
        if !statements.is_empty() {
            self.write(statements).await?;
        }
        Ok(())
    }

    /// Numbers that no text has, in the order of these.
    async fn free_numbers(&self, texts: &[Indexed]) -> Result<Vec<i64>, StoreError> {
        let chance = || i64::from(crate::random::fresh::<u32>() >> (u32::BITS - CHANCE_BITS));
        let mut numbers: Vec<i64> =
            texts.iter().map(|indexed| number_of(indexed.text.occurred_at_ms) + chance()).collect();
        let mut taken: HashSet<i64> = HashSet::new();
        for numbers in numbers.chunks(TOGETHER) {
            let sql = format!("SELECT number FROM word_text WHERE number IN ({})", placeholders(1, numbers.len()));
            let params = numbers.iter().map(|number| Value::from(*number)).collect();
            for row in self.read(sql, params).await? {
                taken.insert(row.int("number")?);
            }
        }
        // Two of two million in one millisecond: the next one is as good, and one that is taken too is refused and tried again.
        for number in &mut numbers {
            while !taken.insert(*number) {
                *number += 1;
            }
        }
        Ok(numbers)
    }

    /// The statements after which the words of these items are neither kept nor found. Whoever erases an item runs them in the same transaction, before those that
    /// delete it.
    pub fn forgetting_words(&self, site_id: Id, source: Source, items: &[Id]) -> Vec<Statement> {
        let mut statements = Vec::new();
        let items: BTreeSet<Id> = items.iter().copied().collect();
        for items in items.into_iter().collect::<Vec<_>>().chunks(TOGETHER) {
            let mut params = params![site_id, source.as_str()];
            params.extend(items.iter().map(|id| Value::from(*id)));
            let of = format!("site_id = $1 AND source = $2 AND item_id IN ({})", placeholders(3, items.len()));
            if self.engine_name() == "sqlite" {
                // The index takes out what it is told that it holds.
                let sql = format!(
                    "INSERT INTO word_index (word_index, rowid, tokens) SELECT 'delete', number, tokens FROM word_text WHERE {of}"
                );
                statements.push(Statement::new(sql, params.clone()));
            }
            statements.push(Statement::new(format!("DELETE FROM word_text WHERE {of}"), params));
        }
        statements
    }

    /// Texts, the newest first.
    pub async fn texts(&self, site_id: Id, filter: &TextFilter<'_>) -> Result<Vec<Found>, StoreError> {
        let (tables_and_conditions, mut params) = filter.tables_and_conditions(self.engine_name(), site_id);
        // FTS5 walks its own order, and would sort by any other name of it.
        let by = if self.engine_name() == "sqlite" && !filter.wanted.is_empty() { "x.rowid" } else { "w.number" };
        params.push(filter.limit.into());
        let sql = format!("SELECT {COLUMNS} {tables_and_conditions} ORDER BY {by} DESC LIMIT ${}", params.len());
        self.read(sql, params).await?.iter().map(found).collect()
    }

    /// How many texts there are, counted up to the limit of the filter.
    pub async fn count_texts(&self, site_id: Id, filter: &TextFilter<'_>) -> Result<u64, StoreError> {
        let (tables_and_conditions, mut params) = filter.tables_and_conditions(self.engine_name(), site_id);
        params.push(filter.limit.into());
        let sql = format!(
            "SELECT COUNT(*) AS texts FROM (SELECT 1 AS one {tables_and_conditions} LIMIT ${}) AS counted",
            params.len()
        );
        self.read(sql, params).await?.first().map_or(Ok(0), |row| row.count("texts"))
    }
}
