//! Conversations with customers by mail: what was said stands in the events of a ticket, and here who takes part, what is known of each
//! mail, what was attached, which addresses do not work, and what is asked afterwards.

pub mod question;
pub mod received;
pub mod site_mail;

use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::named::named;
use crate::engine::value::{placeholders, read_all};
use crate::interaction;
use crate::job::NewJob;
use crate::mail::{OutgoingMail, writing};
use crate::target::UNVERIFIED;
use crate::ticket::{State, Ticket, TicketEvent, appending};
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// Longest message that is kept, in bytes of UTF-8.
pub const MESSAGE_BYTES: usize = 100_000;
/// Most participants of a ticket: whoever puts hundreds of addresses into a mail makes no crowd of it.
pub const PARTICIPANTS: usize = 50;
/// Before the address of who takes part and wrote, in `ticket_event.actor`.
pub const PARTICIPANT: &str = "participant:";
/// What a robot wrote that somebody set up to answer for them, in `ticket_event.actor`.
pub const AUTOMATIC_REPLY: &str = "robot:automatic-reply";

named! {
    /// As what somebody takes part.
    Part {
        /// Their mail opened the ticket.
        Opener: "opener";
        /// The customer whose ticket it is.
        Customer: "customer";
        /// Somebody gave them a copy.
        Copy: "copy";
        /// They wrote, and nobody had named them before.
        Sender: "sender";
    }
}

named! {
    /// Whether staff agreed that somebody takes part.
    Standing {
        /// They are written to.
        Agreed: "agreed";
        /// Nobody has looked yet: what they write is kept apart, and they are not written to.
        Unverified: "unverified";
        /// They have no part in it: what they write is set aside.
        Refused: "refused";
    }
}

named! {
    /// Which way a mail went.
    Direction {
        /// From outside.
        In: "in";
        /// To them.
        Out: "out";
    }
}

named! {
    /// What a message is that came after its ticket was resolved.
    Choice {
        /// It came before: there is nothing to choose.
        None: "";
        /// Nobody has said yet.
        Asked: "asked";
        /// About the same: the ticket was opened again.
        Same: "same";
        /// Something new: it has a ticket of its own.
        New: "new";
        /// No more than thanks.
        Thanks: "thanks";
    }
}

/// Somebody who takes part in the conversation of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Their address, in lower case.
    pub address: String,
    /// What they call themselves; may be empty.
    pub name: String,
    /// As what.
    pub part: Part,
    /// Whether staff agreed.
    pub standing: Standing,
}

/// What is known of a mail of a ticket beside what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketMail {
    /// The event that holds what was said.
    pub event_id: Id,
    /// The ticket.
    pub ticket_id: Id,
    /// Which way it went.
    pub direction: Direction,
    /// Its Message-ID, with its brackets; empty where it had none.
    pub message_id: String,
    /// Who sent it: an address.
    pub sender: String,
    /// To whom it went, with copies.
    pub recipients: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Whether it is to be said what it is about.
    pub choice: Choice,
    /// When, in epoch milliseconds.
    pub occurred_at_ms: i64,
}

/// What is known of something that was attached to a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAttachment {
    /// Its id.
    pub attachment_id: Id,
    /// The event of its mail.
    pub event_id: Id,
    /// Its name, in one line.
    pub name: String,
    /// The media type that its sender gave.
    pub content_type: String,
    /// Its length, in bytes.
    pub size_bytes: i64,
}

/// What a person writes to the participants of a ticket.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What is said.
    pub event: TicketEvent,
    /// What is known of the mail.
    pub mail: TicketMail,
    /// To whom it goes; those who were not agreed on are from now on.
    pub participants: Vec<Participant>,
    /// The mails, with the jobs that send them.
    pub outgoing: Vec<(OutgoingMail, NewJob)>,
    /// The question that goes with it.
    pub question: Option<question::Question>,
}

const MAIL: &str = "event_id, ticket_id, direction, message_id, sender, recipients, subject, choice, occurred_at_ms";

fn read_mail(row: &mut Row) -> Result<TicketMail, StoreError> {
    let failed = |error: serde_json::Error| StoreError::Inconsistent(format!("ticket_mail.recipients: {error}"));
    Ok(TicketMail {
        event_id: row.id("event_id")?,
        ticket_id: row.id("ticket_id")?,
        direction: row.named("ticket_mail.direction", Direction::parse)?,
        message_id: row.take_text("message_id")?,
        sender: row.take_text("sender")?,
        recipients: serde_json::from_str(row.text("recipients")?).map_err(failed)?,
        subject: row.take_text("subject")?,
        choice: row.named("ticket_mail.choice", |name| Some(Choice::parse(name).unwrap_or(Choice::None)))?,
        occurred_at_ms: row.int("occurred_at_ms")?,
    })
}

fn read_participant(row: &mut Row) -> Result<Participant, StoreError> {
    Ok(Participant {
        address: row.take_text("address")?,
        name: row.take_text("name")?,
        part: row.named("ticket_participant.part", |name| Some(Part::parse(name).unwrap_or(Part::Sender)))?,
        standing: row.named("ticket_participant.standing", Standing::parse)?,
    })
}

impl TicketMail {
    /// The statement that keeps it, once.
    fn statement(&self, site_id: Id) -> Statement {
        let sql = format!(
            "INSERT INTO ticket_mail (site_id, {MAIL}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (site_id, event_id) DO NOTHING"
        );
        let params = params![
            site_id,
            self.event_id,
            self.ticket_id,
            self.direction.as_str(),
            &self.message_id,
            &self.sender,
            serde_json::json!(self.recipients).to_string(),
            &self.subject,
            self.choice.as_str(),
            self.occurred_at_ms,
        ];
        Statement::new(sql, params)
    }
}

impl Participant {
    /// The statement that adds them, unless they take part already.
    fn adding(&self, site_id: Id, ticket_id: Id, now_ms: i64) -> Statement {
        let sql = format!("{ADD} DO NOTHING");
        Statement::new(sql, self.params(site_id, ticket_id, now_ms))
    }

    /// The statement that adds them, or says how they stand from now on.
    fn settling(&self, site_id: Id, ticket_id: Id, now_ms: i64) -> Statement {
        let sql = format!("{ADD} DO UPDATE SET standing = excluded.standing");
        Statement::new(sql, self.params(site_id, ticket_id, now_ms))
    }

    fn params(&self, site_id: Id, ticket_id: Id, now_ms: i64) -> Vec<Value> {
        let (part, standing) = (self.part.as_str(), self.standing.as_str());
        params![site_id, ticket_id, &self.address, &self.name, part, standing, now_ms]
    }
}

const ADD: &str = "INSERT INTO ticket_participant (site_id, ticket_id, address, name, part, standing, added_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (site_id, ticket_id, address)";

/// The statement by which a ticket is looked at again.
fn touching(site_id: Id, ticket_id: Id, now_ms: i64) -> Statement {
    let sql = "UPDATE ticket SET changed_at_ms = CASE WHEN changed_at_ms >= $3 THEN changed_at_ms + 1 ELSE $3 END
         WHERE site_id = $1 AND ticket_id = $2";
    Statement::new(sql, params![site_id, ticket_id, now_ms])
}

/// The statements that leave a mail in the history of the ticket's customer, if it has one.
fn contact(site_id: Id, event: &TicketEvent, mail: &TicketMail) -> [Statement; 2] {
    let sql = "INSERT INTO interaction (site_id, interaction_id, customer_id, channel, direction, subject, body, thing, currency,
           ticket_id, sender_key, actor, occurred_at_ms, received_at_ms)
         SELECT $1, $2, t.customer_id, 'mail', $3, $4, $5, '', '', t.ticket_id, $6, $7, $8, $8
         FROM ticket t WHERE t.site_id = $1 AND t.ticket_id = $9 AND t.customer_id IS NOT NULL
         ON CONFLICT (site_id, sender_key) WHERE sender_key IS NOT NULL DO NOTHING";
    let params = params![
        site_id,
        event.event_id,
        mail.direction.as_str(),
        &mail.subject,
        &event.text,
        format!("mail:{}", event.event_id),
        &event.actor,
        event.occurred_at_ms,
        event.ticket_id,
    ];
    [Statement::new(sql, params), interaction::touching(site_id, event.event_id)]
}

impl Store {
    /// The ids of a ticket and of those merged into it.
    async fn with_merged(&self, site_id: Id, ticket_id: Id) -> Result<Vec<Id>, StoreError> {
        let merged = self.merged_into(site_id, ticket_id).await?;
        Ok(std::iter::once(ticket_id).chain(merged.into_iter().map(|ticket| ticket.ticket_id)).collect())
    }

    async fn of_tickets<T>(
        &self,
        site_id: Id,
        ticket_id: Id,
        (select, order): (&str, &str),
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let ids = self.with_merged(site_id, ticket_id).await?;
        let sql = format!(
            "SELECT {select} WHERE site_id = $1 AND ticket_id IN ({}) ORDER BY {order}",
            placeholders(2, ids.len())
        );
        let mut params = params![site_id];
        params.extend(ids.into_iter().map(Value::from));
        read_all(self.read(sql, params).await?, read)
    }

    /// Who takes part in a ticket and in those merged into it, in the order in which they came. Of one address, what staff said comes
    /// before what nobody looked at.
    pub async fn participants(&self, site_id: Id, ticket_id: Id) -> Result<Vec<Participant>, StoreError> {
        let select = "address, name, part, standing FROM ticket_participant";
        let all = self.of_tickets(site_id, ticket_id, (select, "added_at_ms, address"), read_participant).await?;
        let mut each: Vec<Participant> = Vec::new();
        for one in all {
            match each.iter_mut().find(|known| known.address == one.address) {
                Some(known) if known.standing == Standing::Unverified => *known = one,
                Some(_) => {}
                None => each.push(one),
            }
        }
        Ok(each)
    }

    /// The mails of a ticket and of those merged into it, oldest first.
    pub async fn ticket_mails(&self, site_id: Id, ticket_id: Id) -> Result<Vec<TicketMail>, StoreError> {
        let select = format!("{MAIL} FROM ticket_mail");
        self.of_tickets(site_id, ticket_id, (&select, "occurred_at_ms, event_id"), read_mail).await
    }

    /// What was attached to the mails of a ticket and of those merged into it, without its content.
    pub async fn ticket_attachments(&self, site_id: Id, ticket_id: Id) -> Result<Vec<MailAttachment>, StoreError> {
        let select = "attachment_id, event_id, name, content_type, size_bytes FROM mail_attachment";
        self.of_tickets(site_id, ticket_id, (select, "event_id, place"), read_attachment).await
    }

    /// Something that was attached to a mail of a ticket or of those merged into it, with its content.
    pub async fn mail_attachment(
        &self,
        site_id: Id,
        (ticket_id, attachment_id): (Id, Id),
    ) -> Result<Option<(MailAttachment, Vec<u8>)>, StoreError> {
        let ids = self.with_merged(site_id, ticket_id).await?;
        let sql = format!(
            "SELECT attachment_id, event_id, name, content_type, size_bytes, content FROM mail_attachment
             WHERE site_id = $1 AND attachment_id = $2 AND ticket_id IN ({})",
            placeholders(3, ids.len())
        );
        let mut params = params![site_id, attachment_id];
        params.extend(ids.into_iter().map(Value::from));
        let read = |row: &mut Row| Ok((read_attachment(row)?, row.take_blob("content")?));
        Ok(read_all(self.read(sql, params).await?, read)?.into_iter().next())
    }

    /// Keeps what a person wrote, has it sent to those chosen, and leaves it in the customer's history, all in one transaction.
    pub async fn send_reply(
        &self,
        site_id: Id,
        reply: &Reply,
        entry: &AuditEntry,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let (event, now_ms) = (&reply.event, reply.event.occurred_at_ms);
        let mut statements = vec![appending(site_id, event), reply.mail.statement(site_id)];
        for participant in &reply.participants {
            statements.push(participant.settling(site_id, event.ticket_id, now_ms));
            statements.push(naming(site_id, event.ticket_id, &participant.address));
        }
        for (mail, job) in &reply.outgoing {
            statements.extend(writing(site_id, mail, job, clock)?);
        }
        statements.extend(reply.question.as_ref().map(|question| question.statement(site_id)));
        statements.extend(contact(site_id, event, &reply.mail));
        statements.push(touching(site_id, event.ticket_id, now_ms));
        statements.push(entry.statement(site_id));
        self.write(statements).await.map(|_| ())
    }

    /// Says whether somebody takes part in a ticket, and notes who said so. What they wrote counts as a participant's from then on, and
    /// targets are reckoned by it.
    pub async fn settle_participant(
        &self,
        site_id: Id,
        ticket_id: Id,
        participant: &Participant,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let now_ms = entry.occurred_at_ms;
        let mut statements = vec![participant.settling(site_id, ticket_id, now_ms)];
        if participant.standing == Standing::Agreed {
            statements.push(naming(site_id, ticket_id, &participant.address));
        }
        statements.push(touching(site_id, ticket_id, now_ms));
        statements.push(entry.statement(site_id));
        self.write(statements).await.map(|_| ())
    }

    /// Says that a ticket is this customer's, unless it is somebody's already: whether it is theirs now. The mails so far become part of
    /// their history.
    pub async fn give_ticket_to(
        &self,
        site_id: Id,
        (ticket_id, customer_id): (Id, Id),
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE ticket SET customer_id = $3, changed_at_ms = $4
             WHERE site_id = $1 AND ticket_id = $2 AND customer_id IS NULL RETURNING ticket_id";
        let give = Statement::new(sql, params![site_id, ticket_id, customer_id, entry.occurred_at_ms]);
        let mut statements = vec![give];
        let mails = self.ticket_mails(site_id, ticket_id).await?;
        for event in self.ticket_events(site_id, ticket_id).await? {
            if let Some(mail) = mails.iter().find(|mail| mail.event_id == event.event_id) {
                statements.extend(contact(site_id, &event, mail));
            }
        }
        statements.push(entry.statement(site_id));
        Ok(!self.write(statements).await?[0].is_empty())
    }

    /// The customer who has that address, where there is exactly one: what is typed proves nothing, so it is a proposal.
    pub async fn customer_of_address(&self, site_id: Id, address: &str) -> Result<Option<(Id, String)>, StoreError> {
        let sql = "SELECT customer_id, external_id FROM customer
             WHERE site_id = $1 AND LOWER(mail) = $2 AND merged_into IS NULL ORDER BY customer_id LIMIT 2";
        let rows = self.read(sql, params![site_id, address.to_lowercase()]).await?;
        match rows.as_slice() {
            [one] => Ok(Some((one.id("customer_id")?, one.text("external_id")?.to_owned()))),
            _ => Ok(None),
        }
    }

    /// Says what a message is that came after its ticket was resolved; false where somebody said so already.
    pub async fn choose(
        &self,
        site_id: Id,
        (event_id, choice): (Id, Choice),
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE ticket_mail SET choice = $3 WHERE site_id = $1 AND event_id = $2 AND choice = 'asked' RETURNING event_id";
        let rows = self
            .write(vec![Statement::new(sql, params![site_id, event_id, choice.as_str()]), entry.statement(site_id)])
            .await?;
        Ok(!rows[0].is_empty())
    }

    /// Puts a message into another ticket, with what was attached and whoever takes part; of its old ticket it is gone.
    pub async fn move_message(
        &self,
        site_id: Id,
        (event_id, ticket_id): (Id, Id),
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let copy = "INSERT INTO ticket_participant (site_id, ticket_id, address, name, part, standing, added_at_ms)
             SELECT p.site_id, $3, p.address, p.name, p.part, p.standing, $4 FROM ticket_participant p
             WHERE p.site_id = $1 AND p.ticket_id = (SELECT e.ticket_id FROM ticket_event e WHERE e.site_id = $1 AND e.event_id = $2)
             ON CONFLICT (site_id, ticket_id, address) DO NOTHING";
        let mut statements = vec![Statement::new(copy, params![site_id, event_id, ticket_id, now_ms])];
        for table in ["ticket_event", "ticket_mail", "mail_attachment"] {
            let sql = format!("UPDATE {table} SET ticket_id = $3 WHERE site_id = $1 AND event_id = $2");
            statements.push(Statement::new(sql, params![site_id, event_id, ticket_id]));
        }
        // A contact of its customer belongs to the same ticket.
        let contact = "UPDATE interaction SET ticket_id = $3 WHERE site_id = $1 AND interaction_id = $2";
        statements.push(Statement::new(contact, params![site_id, event_id, ticket_id]));
        statements.push(touching(site_id, ticket_id, now_ms));
        self.write(statements).await.map(|_| ())
    }

    /// What became of the mails of a ticket that are on their way out, by their Message-ID and recipient.
    pub async fn mails_of_messages(
        &self,
        site_id: Id,
        message_ids: &[String],
    ) -> Result<Vec<crate::mail::OutgoingMail>, StoreError> {
        if message_ids.is_empty() {
            return Ok(Vec::new());
        }
        self.mails_among(site_id, message_ids).await
    }

    /// The ticket of a code on some sites.
    pub async fn tickets_of_code(&self, sites: &[Id], code: &str) -> Result<Vec<(Id, Ticket)>, StoreError> {
        let mut found = Vec::new();
        for site_id in sites {
            found.extend(self.ticket_by_code(*site_id, code).await?.map(|ticket| (*site_id, ticket)));
        }
        Ok(found)
    }

    /// The ticket into which one was merged in the end, else itself.
    pub async fn standing_ticket(&self, site_id: Id, ticket: Ticket) -> Result<Ticket, StoreError> {
        let mut ticket = ticket;
        // A merge cannot go round; the bound is for what no merge made.
        for _ in 0..16 {
            let Some(into) = ticket.merged_into else { break };
            let Some(next) = self.ticket(site_id, into).await? else { break };
            ticket = next;
        }
        Ok(ticket)
    }
}

fn read_attachment(row: &mut Row) -> Result<MailAttachment, StoreError> {
    Ok(MailAttachment {
        attachment_id: row.id("attachment_id")?,
        event_id: row.id("event_id")?,
        name: row.take_text("name")?,
        content_type: row.take_text("content_type")?,
        size_bytes: row.int("size_bytes")?,
    })
}

/// The statement that makes what somebody wrote before they were agreed on a participant's.
fn naming(site_id: Id, ticket_id: Id, address: &str) -> Statement {
    let sql =
        "UPDATE ticket_event SET actor = $4 WHERE site_id = $1 AND ticket_id = $2 AND kind = 'received' AND actor = $3";
    let (before, after) = (format!("{UNVERIFIED}{address}"), format!("{PARTICIPANT}{address}"));
    Statement::new(sql, params![site_id, ticket_id, before, after])
}

/// Whether a ticket is resolved: what comes then is asked about.
pub fn is_late(ticket: &Ticket) -> bool {
    ticket.state == State::Resolved
}

#[cfg(test)]
mod conversation_test;
