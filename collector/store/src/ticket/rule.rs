//! Which feedback opens a ticket by itself: a rule a kind, and what a response comes to by them.

use super::{NewTicket, Priority, SUBJECT_CHARACTERS, TicketKind, id_of};
use crate::arrival::Arrival;
use crate::audit::AuditEntry;
use crate::response::AnswerRecord;
use crate::{Row, Statement, Store, StoreError, params, text};
use rapport_figures::standing::{Ends, Standing};
use rapport_shared::id::Id;
use rapport_shared::survey::AnswerKind;
use std::borrow::Cow;

/// Who opens tickets by rule, as [`AuditEntry::actor`].
pub const RULE: &str = "rule";
/// The age in milliseconds from which feedback opens no ticket by itself: who turns this on is not asked to answer years.
pub const OLDEST_MS: i64 = 60 * 86_400_000;

/// One rule of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The feedback it is about: rating, problem, review or idea.
    pub kind: TicketKind,
    /// Whether it opens tickets.
    pub opens: bool,
    /// Of reviews: the most stars that open one, 1 to 5.
    pub most_stars: i64,
    /// Whether only what says something in words opens one.
    pub words_only: bool,
    /// How soon its tickets have to be looked at.
    pub priority: Priority,
    /// Whose its tickets are.
    pub owner_id: Option<Id>,
}

/// The kinds that have rules.
pub const KINDS: [TicketKind; 4] = [TicketKind::Rating, TicketKind::Problem, TicketKind::Review, TicketKind::Idea];

/// The rules of a site that has said nothing: everything opens a ticket, of reviews those of 1 and 2 stars.
pub fn usual() -> Vec<Rule> {
    let rule = |kind| Rule {
        kind,
        opens: true,
        most_stars: 2,
        words_only: false,
        priority: match kind {
            TicketKind::Problem => Priority::High,
            TicketKind::Idea => Priority::Low,
            _ => Priority::Normal,
        },
        owner_id: None,
    };
    KINDS.into_iter().map(rule).collect()
}

/// What a response is about, whether or not a rule opens a ticket of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The kind of its ticket; `None` where nothing of it asks for one by itself.
    pub kind: Option<TicketKind>,
    /// What it is about: the first words, else its score.
    pub subject: String,
    /// Stars, of a review.
    pub stars: Option<i64>,
    /// Whether a score of it stands low.
    pub low: bool,
    /// Whether something was said.
    pub words: bool,
}

fn is_words(answer: &AnswerRecord, all: &[AnswerRecord]) -> bool {
    let is_review = all.iter().any(|other| other.kind == "review");
    let is_name = answer.kind == "short-text"
        && (answer.question_id.ends_with(".name") || answer.question_id == crate::review::rule::AUTHOR && is_review);
    !answer.text.is_empty() && !is_name && !matches!(answer.kind.as_str(), "email" | "fact")
}

/// What the answers of a response on a page come to.
pub fn content(path: &str, answers: &[AnswerRecord]) -> Content {
    let of = |kind: AnswerKind| answers.iter().filter(move |answer| AnswerKind::parse(&answer.kind) == Some(kind));
    let is_low = |answer: &AnswerRecord| {
        answer.score.zip(Ends::of_kind(&answer.kind)).is_some_and(|(score, ends)| ends.standing(score) == Standing::Low)
    };
    let stars = of(AnswerKind::Review).find_map(|answer| answer.score);
    let said = |kind| of(kind).any(|answer| !answer.text.is_empty() || answer.choices.len() > 2);
    let low = answers.iter().find(|answer| is_low(answer));
    let kind = if said(AnswerKind::ProblemReport) {
        Some(TicketKind::Problem)
    } else if stars.is_some() {
        Some(TicketKind::Review)
    } else if said(AnswerKind::Idea) {
        Some(TicketKind::Idea)
    } else {
        low.map(|_| TicketKind::Rating)
    };
    let is_title = |answer: &&AnswerRecord| answer.question_id.ends_with(".title");
    let words: Vec<_> = answers.iter().filter(|answer| is_words(answer, answers)).collect();
    let first = words.iter().copied().find(is_title).or(words.first().copied());
    let subject = match (first, low.or(answers.iter().find(|answer| answer.score.is_some()))) {
        (Some(answer), _) => answer.text.clone(),
        (None, Some(AnswerRecord { kind, score: Some(score), .. })) => {
            let of = Ends::of_kind(kind).map_or(String::new(), |ends| format!(" of {}", ends.last));
            format!("Rated {score}{of} on {path}")
        }
        (None, _) => format!("Feedback on {path}"),
    };
    Content { kind, subject: subject_of(&subject), stars, low: low.is_some(), words: !words.is_empty() }
}

/// What a ticket is about, as it is kept: one line.
pub fn subject_of(typed: &str) -> String {
    let line = text::line(Cow::Owned(text::line_breaks(typed).replace('\n', " ")), usize::MAX).trim().to_owned();
    match line.char_indices().nth(SUBJECT_CHARACTERS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// The ticket of a response, whoever opens it.
pub fn ticket_of(
    site_id: Id,
    arrival: (&crate::response::ResponseRecord, &[AnswerRecord]),
    actor: &str,
    at_ms: i64,
) -> NewTicket {
    let (record, answers) = arrival;
    let content = content(&record.path, answers);
    NewTicket {
        ticket_id: id_of(site_id, record.item_id),
        kind: content.kind.unwrap_or(TicketKind::Other),
        subject: content.subject,
        path: record.path.clone(),
        standing: if content.low { Standing::Low.as_str() } else { "" }.to_owned(),
        words: content.words,
        response_id: Some(record.item_id),
        review_id: None,
        customer_id: record.customer_id,
        issue_id: None,
        priority: Priority::Normal,
        owner_id: None,
        actor: actor.to_owned(),
        opened_at_ms: at_ms,
    }
}

/// The ticket that these rules open of a response that arrived; `None` where none does.
pub fn opened(site_id: Id, rules: &[Rule], arrival: &Arrival, now_ms: i64) -> Option<NewTicket> {
    let record = &arrival.record;
    let is_suspicious = !record.suspicion.is_empty() && record.suspicion_cleared_at_ms.is_none();
    if is_suspicious || now_ms - arrival.arrived_at_ms > OLDEST_MS {
        return None;
    }
    let content = content(&record.path, &arrival.answers);
    let rule = rules.iter().find(|rule| Some(rule.kind) == content.kind && rule.opens)?;
    let is_good = rule.kind == TicketKind::Review && content.stars.is_some_and(|stars| stars > rule.most_stars);
    if is_good || rule.words_only && !content.words {
        return None;
    }
    let new = ticket_of(site_id, (record, &arrival.answers), RULE, arrival.arrived_at_ms);
    let customer_id = arrival.customer_id.or(new.customer_id);
    Some(NewTicket { priority: rule.priority, owner_id: rule.owner_id, customer_id, ..new })
}

fn read_rule(row: &Row) -> Result<Option<Rule>, StoreError> {
    let Some(kind) = row.named_if_known("ticket_rule.kind", TicketKind::parse)? else { return Ok(None) };
    Ok(Some(Rule {
        kind,
        opens: row.flag("opens")?,
        most_stars: row.int("most_stars")?,
        words_only: row.flag("words_only")?,
        priority: row.named("ticket_rule.priority", Priority::parse)?,
        owner_id: row.id_or_null("owner_id")?,
    }))
}

impl Store {
    /// The rules of a site, the usual ones where it has said nothing.
    pub async fn ticket_rules(&self, site_id: Id) -> Result<Vec<Rule>, StoreError> {
        let sql = "SELECT kind, opens, most_stars, words_only, priority, owner_id FROM ticket_rule WHERE site_id = $1";
        let rows = self.read(sql, params![site_id]).await?;
        let own = rows.iter().filter_map(|row| read_rule(row).transpose()).collect::<Result<Vec<_>, _>>()?;
        let of_kind = |usual: Rule| own.iter().find(|rule| rule.kind == usual.kind).cloned().unwrap_or(usual);
        Ok(usual().into_iter().map(of_kind).collect())
    }

    /// Puts these in place of the rules of a site, and notes who did.
    pub async fn set_ticket_rules(&self, site_id: Id, rules: &[Rule], entry: &AuditEntry) -> Result<(), StoreError> {
        let sql = "INSERT INTO ticket_rule (site_id, kind, opens, most_stars, words_only, priority, owner_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (site_id, kind) DO UPDATE SET opens = excluded.opens, most_stars = excluded.most_stars,
               words_only = excluded.words_only, priority = excluded.priority, owner_id = excluded.owner_id";
        let statement = |rule: &Rule| {
            let Rule { kind, opens, most_stars, words_only, priority, owner_id } = rule;
            let params =
                params![site_id, kind.as_str(), *opens, *most_stars, *words_only, priority.as_str(), *owner_id];
            Statement::new(sql, params)
        };
        let statements = rules.iter().map(statement).chain([entry.statement(site_id)]);
        self.write(statements.collect()).await.map(|_| ())
    }
}
