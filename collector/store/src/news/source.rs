//! Where news comes from that nobody has to be asked for: what happened to tickets and has yet to be told, and reviews of responses.

use crate::engine::value::{placeholders, read_all};
use crate::news::{News, tell};
use crate::ticket::{Ticket, TicketEvent, read_event};
use crate::{Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// Something that happened to a ticket and has yet to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// What happened.
    pub event: TicketEvent,
    /// The ticket as it is now.
    pub ticket: Ticket,
    /// The mail addresses of members whom a note mentions.
    pub mentioned: Vec<String>,
}

/// A review that came with a response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of review")]
pub struct ReviewOfResponse {
    pub review_id: Id,
    pub response_id: Id,
    pub thing: String,
    pub stars: i64,
    pub title: String,
    pub text: String,
    pub author: String,
}

impl Store {
    /// Those of `sites` where something happened to a ticket that has yet to be told.
    pub async fn sites_with_untold_tickets(&self, sites: &[Id]) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT DISTINCT site_id FROM ticket_event WHERE told_at_ms IS NULL AND site_id IN ({}) ORDER BY site_id",
            placeholders(1, sites.len())
        );
        let params = sites.iter().map(|site_id| Value::from(*site_id)).collect();
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }

    /// What happened to tickets of a site and has yet to be told, the oldest first, at most `limit`.
    pub async fn untold_of_tickets(&self, site_id: Id, limit: i64) -> Result<Vec<Untold>, StoreError> {
        let events = "SELECT event_id, ticket_id, kind, actor, text, detail, occurred_at_ms FROM ticket_event
             WHERE site_id = $1 AND told_at_ms IS NULL ORDER BY occurred_at_ms, event_id LIMIT $2";
        let mut untold = Vec::new();
        for row in self.read(events, params![site_id, limit]).await? {
            let Some(event) = read_event(&row)? else { continue };
            let Some(ticket) = self.ticket(site_id, event.ticket_id).await? else { continue };
            let mentioned = self.mentioned_in(site_id, event.event_id).await?;
            untold.push(Untold { event, ticket, mentioned });
        }
        Ok(untold)
    }

    async fn mentioned_in(&self, site_id: Id, event_id: Id) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT a.email FROM ticket_mention m JOIN account a ON a.account_id = m.account_id
             WHERE m.site_id = $1 AND m.event_id = $2 ORDER BY a.email";
        read_all(self.read(sql, params![site_id, event_id]).await?, |row| row.take_text("email"))
    }

    /// Tells what happened to tickets, and notes that it was told, in one transaction.
    pub async fn tell_of_tickets(
        &self,
        site_id: Id,
        (untold, news): (&[Untold], &[News]),
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE ticket_event SET told_at_ms = $3 WHERE site_id = $1 AND event_id = $2";
        let mut statements: Vec<_> = news.iter().map(|news| tell(site_id, news)).collect();
        let told = |of: &Untold| Statement::new(sql, params![site_id, of.event.event_id, now_ms]);
        statements.extend(untold.iter().map(told));
        self.write(statements).await.map(|_| ())
    }

    /// Notes that everything that happened to tickets of a site was told: where nobody asked for it, or what is there of no ticket.
    pub async fn pass_over_tickets(&self, site_id: Id, now_ms: i64) -> Result<(), StoreError> {
        let sql = "UPDATE ticket_event SET told_at_ms = $2 WHERE site_id = $1 AND told_at_ms IS NULL";
        self.write(vec![Statement::new(sql, params![site_id, now_ms])]).await.map(|_| ())
    }

    /// The reviews that came with these responses.
    pub async fn reviews_of_responses(
        &self,
        site_id: Id,
        responses: &[Id],
    ) -> Result<Vec<ReviewOfResponse>, StoreError> {
        if responses.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT review_id, response_id, thing, stars, title, text, author FROM review
             WHERE site_id = $1 AND response_id IN ({}) ORDER BY review_id",
            placeholders(2, responses.len())
        );
        let mut params = params![site_id];
        params.extend(responses.iter().map(|id| Value::from(*id)));
        read_all(self.read(sql, params).await?, |row| {
            Ok(ReviewOfResponse {
                review_id: row.id("review_id")?,
                response_id: row.id("response_id")?,
                thing: row.take_text("thing")?,
                stars: row.int("stars")?,
                title: row.take_text("title")?,
                text: row.take_text("text")?,
                author: row.take_text("author")?,
            })
        })
    }
}
