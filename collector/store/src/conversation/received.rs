//! Mails that came in: each is taken once, whatever it comes to, in one transaction; only then the mailbox may forget it.

use super::{Direction, Participant, TicketMail, contact, touching};
use crate::clock::Clock;
use crate::engine::named::named;
use crate::engine::value::{placeholders, read_all};
use crate::job::NewJob;
use crate::mail::{OutgoingMail, writing};
use crate::subscription::StopCause;
use crate::ticket::{NewTicket, TicketEvent, appending};
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};

/// How long it can be seen what became of a mail, in milliseconds (90 days).
pub const KEPT_MS: i64 = 90 * 86_400_000;
/// Longest reason that is kept, in characters.
pub const REASON_CHARACTERS: usize = 300;

named! {
    /// What became of a mail.
    Outcome {
        /// It stands in the conversation of a ticket.
        Appended: "appended";
        /// It opened a ticket.
        Opened: "opened";
        /// It says that one of ours could not be delivered.
        Bounced: "bounced";
        /// Nothing came of it; the reason says why.
        SetAside: "set_aside";
    }
}

named! {
    /// Whether an address will ever take mails.
    Bounce {
        /// It never will.
        Hard: "hard";
        /// Not now.
        Soft: "soft";
    }
}

/// A mail that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMail {
    /// By what it is known when it comes again.
    pub mail_key: Id,
    /// What became of it.
    pub outcome: Outcome,
    /// Why; may be empty.
    pub reason: String,
    /// Who sent it, as it says.
    pub sender: String,
    /// Its subject.
    pub subject: String,
    /// What it said, where it was set aside.
    pub text: String,
    /// The ticket that it belongs to.
    pub ticket_id: Option<Id>,
    /// When it was taken, in epoch milliseconds.
    pub received_at_ms: i64,
}

/// A file that was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its name, in one line.
    pub name: String,
    /// The media type that its sender gave.
    pub content_type: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// An address to which a mail could not be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BouncedAddress {
    /// The address.
    pub address: String,
    /// Whether it ever will.
    pub kind: Bounce,
    /// What the mail server said.
    pub reason: String,
    /// How often.
    pub bounces: i64,
    /// When last, in epoch milliseconds.
    pub last_at_ms: i64,
}

/// Everything that a mail comes to.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The mail.
    pub received: ReceivedMail,
    /// The ticket that it opens.
    pub opens: Option<NewTicket>,
    /// What it says in the conversation.
    pub said: Option<(TicketEvent, TicketMail)>,
    /// Who takes part from now on, unless they do already.
    pub participants: Vec<Participant>,
    /// What was attached.
    pub files: Vec<NewFile>,
    /// Whether it is a contact of the ticket's customer.
    pub is_of_customer: bool,
    /// Addresses that did not work, each with the Message-ID of the mail that was to go there.
    pub bounces: Vec<(BouncedAddress, String)>,
    /// What is answered without anybody's doing.
    pub answers: Vec<(OutgoingMail, NewJob)>,
}

/// The id of something that belongs to a mail: the same whenever the mail is taken.
pub fn id_of(mail_key: Id, place: u8) -> Id {
    let mut id = mail_key;
    id.0[15] ^= place;
    id
}

const COLUMNS: &str = "mail_key, outcome, reason, sender, subject, text, ticket_id, received_at_ms";

fn read(row: &mut Row) -> Result<ReceivedMail, StoreError> {
    Ok(ReceivedMail {
        mail_key: row.id("mail_key")?,
        outcome: row.named("received_mail.outcome", |name| Some(Outcome::parse(name).unwrap_or(Outcome::SetAside)))?,
        reason: row.take_text("reason")?,
        sender: row.take_text("sender")?,
        subject: row.take_text("subject")?,
        text: row.take_text("text")?,
        ticket_id: row.id_or_null("ticket_id")?,
        received_at_ms: row.int("received_at_ms")?,
    })
}

impl ReceivedMail {
    fn statement(&self, site_id: Id) -> Statement {
        let sql = format!(
            "INSERT INTO received_mail (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (site_id, mail_key) DO NOTHING RETURNING mail_key"
        );
        let params = params![
            site_id,
            self.mail_key,
            self.outcome.as_str(),
            &self.reason,
            &self.sender,
            &self.subject,
            &self.text,
            self.ticket_id,
            self.received_at_ms,
        ];
        Statement::new(sql, params)
    }
}

impl BouncedAddress {
    /// The statement that counts it, unless the mail that tells it was taken before.
    fn statement(&self, site_id: Id, mail_key: Id) -> Statement {
        let sql = "INSERT INTO bounced_address (site_id, address, kind, reason, bounces, last_at_ms)
             SELECT $1, $2, $3, $4, 1, $5
             WHERE NOT EXISTS (SELECT 1 FROM received_mail WHERE site_id = $1 AND mail_key = $6)
             ON CONFLICT (site_id, address) DO UPDATE SET bounces = bounced_address.bounces + 1,
               reason = excluded.reason, last_at_ms = excluded.last_at_ms,
               kind = CASE WHEN 'hard' IN (excluded.kind, bounced_address.kind) THEN 'hard' ELSE 'soft' END";
        let params = params![site_id, &self.address, self.kind.as_str(), &self.reason, self.last_at_ms, mail_key];
        Statement::new(sql, params)
    }
}

/// The statement that says of a mail of ours that it never arrived.
fn refusing(site_id: Id, message_id: &str, bounced: &BouncedAddress) -> Statement {
    let sql = "UPDATE outgoing_mail SET state = 'refused', last_error = $4, changed_at_ms = $5
         WHERE site_id = $1 AND message_id = $2 AND recipient = $3 AND state = 'sent'";
    let params = params![site_id, message_id, &bounced.address, &bounced.reason, bounced.last_at_ms];
    Statement::new(sql, params)
}

fn attaching(site_id: Id, mail_key: Id, (place, file): (usize, &NewFile), of: &TicketEvent) -> Statement {
    let sql = "INSERT INTO mail_attachment (site_id, attachment_id, ticket_id, event_id, place, name, content_type, size_bytes, content)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (site_id, attachment_id) DO NOTHING";
    // The places of an id are few: files come after what belongs to the mail itself.
    let attachment_id = id_of(mail_key, u8::try_from(place + 16).unwrap_or(u8::MAX));
    let size_bytes = i64::try_from(file.content.len()).unwrap_or(i64::MAX);
    let params = params![
        site_id,
        attachment_id,
        of.ticket_id,
        of.event_id,
        i64::try_from(place).unwrap_or(i64::MAX),
        &file.name,
        &file.content_type,
        size_bytes,
        file.content.clone(),
    ];
    Statement::new(sql, params)
}

impl Store {
    /// Takes a mail; false where it was taken before, and nothing was done again.
    pub async fn take_mail(&self, site_id: Id, taken: &Taken, clock: &Clock) -> Result<bool, StoreError> {
        let (key, now_ms) = (taken.received.mail_key, taken.received.received_at_ms);
        if self.has_taken(site_id, key).await? {
            return Ok(false);
        }
        let mut statements = Vec::new();
        for (bounced, message_id) in &taken.bounces {
            statements.push(bounced.statement(site_id, key));
            if bounced.kind == Bounce::Hard {
                statements.push(refusing(site_id, message_id, bounced));
                statements.push(self.stopping(site_id, &bounced.address, StopCause::Refused, now_ms).await?);
            }
        }
        statements.extend(taken.opens.iter().flat_map(|new| new.statements(site_id)));
        if let Some((event, mail)) = &taken.said {
            statements.push(appending(site_id, event));
            statements.push(mail.statement(site_id));
            let files = taken.files.iter().enumerate();
            statements.extend(files.map(|file| attaching(site_id, key, file, event)));
            let adding = |participant: &Participant| participant.adding(site_id, event.ticket_id, now_ms);
            statements.extend(taken.participants.iter().map(adding));
            if taken.is_of_customer && mail.direction == Direction::In {
                statements.extend(contact(site_id, event, mail));
            }
            statements.push(touching(site_id, event.ticket_id, now_ms));
        }
        for (mail, job) in &taken.answers {
            statements.extend(writing(site_id, mail, job, clock)?);
        }
        let place = statements.len();
        statements.push(taken.received.statement(site_id));
        Ok(!self.write(statements).await?[place].is_empty())
    }

    /// Whether a mail was taken.
    pub async fn has_taken(&self, site_id: Id, mail_key: Id) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM received_mail WHERE site_id = $1 AND mail_key = $2";
        Ok(!self.read(sql, params![site_id, mail_key]).await?.is_empty())
    }

    /// How many mails of a sender opened a ticket since an instant, and how many came to a ticket.
    pub async fn mails_since(
        &self,
        site_id: Id,
        (sender, ticket_id): (&str, Option<Id>),
        since_ms: i64,
    ) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT COUNT(*) AS mails FROM received_mail
             WHERE site_id = $1 AND sender = $2 AND received_at_ms >= $3 AND outcome = 'opened'";
        let rows = self.read(sql, params![site_id, sender, since_ms]).await?;
        let opened = rows.first().map_or(Ok(0), |row| row.count("mails"))?;
        let Some(ticket_id) = ticket_id else { return Ok((opened, 0)) };
        let sql = "SELECT COUNT(*) AS mails FROM received_mail WHERE site_id = $1 AND ticket_id = $2 AND received_at_ms >= $3";
        let rows = self.read(sql, params![site_id, ticket_id, since_ms]).await?;
        Ok((opened, rows.first().map_or(Ok(0), |row| row.count("mails"))?))
    }

    /// The newest mails that came in; at most `limit`.
    pub async fn received_mails(&self, site_id: Id, limit: u32) -> Result<Vec<ReceivedMail>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM received_mail WHERE site_id = $1 ORDER BY received_at_ms DESC, mail_key LIMIT $2"
        );
        read_all(self.read(sql, params![site_id, i64::from(limit)]).await?, read)
    }

    /// One of them.
    pub async fn received_mail(&self, site_id: Id, mail_key: Id) -> Result<Option<ReceivedMail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM received_mail WHERE site_id = $1 AND mail_key = $2");
        Ok(read_all(self.read(sql, params![site_id, mail_key]).await?, read)?.into_iter().next())
    }

    /// Opens a ticket of a mail that was set aside, once, and notes who did.
    pub async fn open_set_aside(
        &self,
        site_id: Id,
        (mail_key, taken): (Id, &Taken),
        entry: &crate::audit::AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE received_mail SET outcome = 'opened', reason = '', text = '', ticket_id = $3
             WHERE site_id = $1 AND mail_key = $2 AND outcome = 'set_aside' RETURNING mail_key";
        let mut statements = vec![Statement::new(sql, params![site_id, mail_key, taken.received.ticket_id])];
        statements.extend(taken.opens.iter().flat_map(|new| new.statements(site_id)));
        if let Some((event, mail)) = &taken.said {
            statements.push(appending(site_id, event));
            statements.push(mail.statement(site_id));
            let adding = |participant: &Participant| participant.adding(site_id, event.ticket_id, entry.occurred_at_ms);
            statements.extend(taken.participants.iter().map(adding));
        }
        statements.push(entry.statement(site_id));
        Ok(!self.write(statements).await?[0].is_empty())
    }

    /// Addresses that did not work, the last first; at most `limit`.
    pub async fn bounced_addresses(&self, site_id: Id, limit: u32) -> Result<Vec<BouncedAddress>, StoreError> {
        let sql = "SELECT address, kind, reason, bounces, last_at_ms FROM bounced_address WHERE site_id = $1
             ORDER BY last_at_ms DESC, address LIMIT $2";
        read_all(self.read(sql, params![site_id, i64::from(limit)]).await?, read_bounced)
    }

    /// Whether and why an address does not work.
    pub async fn bounced_address(&self, site_id: Id, address: &str) -> Result<Option<BouncedAddress>, StoreError> {
        let sql = "SELECT address, kind, reason, bounces, last_at_ms FROM bounced_address WHERE site_id = $1 AND address = $2";
        Ok(read_all(self.read(sql, params![site_id, address]).await?, read_bounced)?.into_iter().next())
    }

    /// Says that an address works again, and notes who said so.
    pub async fn forget_bounce(
        &self,
        site_id: Id,
        address: &str,
        entry: &crate::audit::AuditEntry,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM bounced_address WHERE site_id = $1 AND address = $2";
        let again =
            "UPDATE outgoing_mail SET state = 'failed' WHERE site_id = $1 AND recipient = $2 AND state = 'refused'";
        let statements = vec![
            Statement::new(sql, params![site_id, address]),
            Statement::new(again, params![site_id, address]),
            self.trying_again(site_id, address, entry.occurred_at_ms).await?,
            entry.statement(site_id),
        ];
        self.write(statements).await.map(|_| ())
    }

    /// Those of our mails that have one of these Message-IDs, without what they say.
    pub(super) async fn mails_among(
        &self,
        site_id: Id,
        message_ids: &[String],
    ) -> Result<Vec<OutgoingMail>, StoreError> {
        let places = placeholders(2, message_ids.len());
        let mut params = params![site_id];
        params.extend(message_ids.iter().map(|id| Value::from(id.as_str())));
        self.mails_where(&format!("message_id IN ({places})"), params).await
    }

    /// Forgets what became of mails that came in before an instant.
    pub async fn forget_received_before(&self, site_id: Id, before_ms: i64) -> Result<(), StoreError> {
        let sql = "DELETE FROM received_mail WHERE site_id = $1 AND received_at_ms < $2";
        self.write(vec![Statement::new(sql, params![site_id, before_ms])]).await.map(|_| ())
    }

    /// How far a mailbox was read: its UIDVALIDITY and the last UID (RFC 3501).
    pub async fn mailbox_cursor(&self, mailbox: &str) -> Result<Option<(u32, u32)>, StoreError> {
        let rows = self.read("SELECT value FROM setting WHERE name = $1", params![cursor_name(mailbox)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let value = row.text("value")?;
        let parsed = value.split_once(':').and_then(|(one, two)| Some((one.parse().ok()?, two.parse().ok()?)));
        parsed.map(Some).ok_or_else(|| StoreError::Inconsistent(format!("setting mailbox: {value}")))
    }

    /// Notes how far a mailbox was read.
    pub async fn note_mailbox_cursor(&self, mailbox: &str, (validity, uid): (u32, u32)) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let statement = Statement::new(sql, params![cursor_name(mailbox), format!("{validity}:{uid}")]);
        self.write(vec![statement]).await.map(|_| ())
    }
}

/// Names of settings are short, and those of mailboxes may be long.
fn cursor_name(mailbox: &str) -> String {
    let digest = Sha256::digest(mailbox.as_bytes());
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("mailbox:{digits}")
}

fn read_bounced(row: &mut Row) -> Result<BouncedAddress, StoreError> {
    Ok(BouncedAddress {
        address: row.take_text("address")?,
        kind: row.named("bounced_address.kind", Bounce::parse)?,
        reason: row.take_text("reason")?,
        bounces: row.int("bounces")?,
        last_at_ms: row.int("last_at_ms")?,
    })
}
