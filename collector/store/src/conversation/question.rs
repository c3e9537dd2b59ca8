//! What a customer is asked after an answer, and once their ticket is resolved: whether the answer was true, and whether their problem
//! and its cause are fixed. Silence is no answer, and theirs never overwrites what staff said.

use crate::clock::Clock;
use crate::engine::named::named;
use crate::engine::value::{placeholders, read_all};
use crate::job::NewJob;
use crate::mail::{OutgoingMail, writing};
use crate::ticket::{EventKind, TicketEvent, appending};
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// Longest words beside the answers, in bytes of UTF-8.
pub const WORDS_BYTES: usize = 5_000;
/// How often a customer is asked about one ticket without having written in between.
pub const MOST: u64 = 3;

named! {
    /// After what is asked.
    Kind {
        /// After an answer.
        Answer: "answer";
        /// Once the ticket is resolved.
        Resolved: "resolved";
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its id, which its link names.
    pub question_id: Id,
    /// The ticket.
    pub ticket_id: Id,
    /// After what.
    pub kind: Kind,
    /// The event of the answer, or when the ticket was resolved: of the same there is one question.
    pub about: String,
    /// The language of whoever is asked, a BCP 47 tag; may be empty.
    pub language: String,
    /// When it was asked, in epoch milliseconds.
    pub asked_at_ms: i64,
    /// When it was last answered, in epoch milliseconds.
    pub answered_at_ms: Option<i64>,
    /// What was said.
    pub said: Said,
}

/// What a customer says; `None` where they do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether the answer was true.
    pub was_true: Option<bool>,
    /// Whether their problem is fixed.
    pub problem_fixed: Option<bool>,
    /// Whether its cause is fixed, as far as they can tell.
    pub cause_fixed: Option<bool>,
    /// In their words; may be empty.
    pub words: String,
}

/// A ticket that was resolved and whose customer is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The ticket.
    pub ticket_id: Id,
    /// When it was resolved, in epoch milliseconds.
    pub resolved_at_ms: i64,
}

const COLUMNS: &str = "question_id, ticket_id, kind, about, language, asked_at_ms, answered_at_ms, was_true, problem_fixed, \
     cause_fixed, words";

fn read(row: &mut Row) -> Result<Question, StoreError> {
    let flag = |row: &Row, column| row.int_or_null(column).map(|value| value.map(|value| value != 0));
    Ok(Question {
        question_id: row.id("question_id")?,
        ticket_id: row.id("ticket_id")?,
        kind: row.named("ticket_question.kind", Kind::parse)?,
        about: row.take_text("about")?,
        language: row.take_text("language")?,
        asked_at_ms: row.int("asked_at_ms")?,
        answered_at_ms: row.int_or_null("answered_at_ms")?,
        said: Said {
            was_true: flag(row, "was_true")?,
            problem_fixed: flag(row, "problem_fixed")?,
            cause_fixed: flag(row, "cause_fixed")?,
            words: row.take_text("words")?,
        },
    })
}

impl Question {
    /// The statement that keeps it; of the same there is one.
    pub(super) fn statement(&self, site_id: Id) -> Statement {
        let flag = |said: Option<bool>| said.map(i64::from);
        let sql = format!(
            "INSERT INTO ticket_question (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (site_id, ticket_id, about) DO NOTHING"
        );
        let params = params![
            site_id,
            self.question_id,
            self.ticket_id,
            self.kind.as_str(),
            &self.about,
            &self.language,
            self.asked_at_ms,
            self.answered_at_ms,
            flag(self.said.was_true),
            flag(self.said.problem_fixed),
            flag(self.said.cause_fixed),
            &self.said.words,
        ];
        Statement::new(sql, params)
    }
}

impl Store {
    /// Those of some sites whose customers are asked.
    pub async fn sites_that_ask(&self, sites: &[Id]) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT site_id FROM site_mail WHERE asks = 1 AND site_id IN ({}) ORDER BY site_id",
            placeholders(1, sites.len())
        );
        let params = sites.iter().map(|site_id| Value::from(*site_id)).collect();
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }

    /// Tickets that were resolved in `[from_ms, until_ms)` and about which nobody was asked since; at most `limit`.
    pub async fn tickets_to_ask_about(
        &self,
        site_id: Id,
        (from_ms, until_ms): (i64, i64),
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let sql = "SELECT t.ticket_id, t.resolved_at_ms FROM ticket t
             WHERE t.site_id = $1 AND t.state = 'resolved' AND t.merged_into IS NULL AND t.resolved_at_ms >= $2
               AND t.resolved_at_ms < $3 AND t.changed_at_ms >= $2
               AND NOT EXISTS (SELECT 1 FROM ticket_question q WHERE q.site_id = t.site_id AND q.ticket_id = t.ticket_id
                 AND q.kind = 'resolved' AND q.asked_at_ms >= t.resolved_at_ms)
             ORDER BY t.resolved_at_ms, t.ticket_id LIMIT $4";
        let read =
            |row: &mut Row| Ok(Due { ticket_id: row.id("ticket_id")?, resolved_at_ms: row.int("resolved_at_ms")? });
        read_all(self.read(sql, params![site_id, from_ms, until_ms, i64::from(limit)]).await?, read)
    }

    /// Asks: keeps the question, and has its mail sent where there is one; a question without a mail says that nobody was asked.
    pub async fn ask_about_ticket(
        &self,
        site_id: Id,
        question: &Question,
        mail: Option<&(OutgoingMail, NewJob)>,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let mut statements = vec![question.statement(site_id)];
        if let Some((mail, job)) = mail {
            statements.extend(writing(site_id, mail, job, clock)?);
            let asked = TicketEvent {
                event_id: question.question_id,
                ticket_id: question.ticket_id,
                kind: EventKind::Asked,
                actor: "robot".to_owned(),
                text: String::new(),
                detail: "{}".to_owned(),
                occurred_at_ms: question.asked_at_ms,
            };
            statements.push(appending(site_id, &asked));
        }
        self.write(statements).await.map(|_| ())
    }

    /// One question.
    pub async fn question(&self, site_id: Id, question_id: Id) -> Result<Option<Question>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM ticket_question WHERE site_id = $1 AND question_id = $2");
        Ok(read_all(self.read(sql, params![site_id, question_id]).await?, read)?.into_iter().next())
    }

    /// The questions of a ticket and of those merged into it, oldest first.
    pub async fn questions_of_ticket(&self, site_id: Id, ticket_id: Id) -> Result<Vec<Question>, StoreError> {
        let select = format!("{COLUMNS} FROM ticket_question");
        self.of_tickets(site_id, ticket_id, (&select, "asked_at_ms, question_id"), read).await
    }

    /// Keeps what was said to a question, in place of what was said before, with the event that tells it. It changes nothing of the
    /// ticket.
    pub async fn answer_question(
        &self,
        site_id: Id,
        question: &Question,
        said: &Said,
        (event_id, now_ms): (Id, i64),
    ) -> Result<(), StoreError> {
        let flag = |said: Option<bool>| said.map(i64::from);
        let sql = "UPDATE ticket_question SET answered_at_ms = $3, was_true = $4, problem_fixed = $5, cause_fixed = $6, words = $7
             WHERE site_id = $1 AND question_id = $2";
        let params = params![
            site_id,
            question.question_id,
            now_ms,
            flag(said.was_true),
            flag(said.problem_fixed),
            flag(said.cause_fixed),
            &said.words,
        ];
        let detail = serde_json::json!({
            "was_true": said.was_true, "problem_fixed": said.problem_fixed, "cause_fixed": said.cause_fixed,
        });
        let event = TicketEvent {
            event_id,
            ticket_id: question.ticket_id,
            kind: EventKind::Confirmed,
            actor: "customer".to_owned(),
            text: said.words.clone(),
            detail: detail.to_string(),
            occurred_at_ms: now_ms,
        };
        let touch = super::touching(site_id, question.ticket_id, now_ms);
        self.write(vec![Statement::new(sql, params), appending(site_id, &event), touch]).await.map(|_| ())
    }
}
