//! Mails on their way out: each waits until a mail server took it, and says afterwards what became of it.
//!
//! A mail is about something, such as a report and its period, and to one recipient there is one about the same: whoever writes it
//! twice wrote it once. The job that sends it may be done twice, when a collector ends between the mail server's word and its own
//! note; both have the same Message-ID then.

use crate::clock::Clock;
use crate::engine::value::read_all;
use crate::job::NewJob;
use crate::subscription::StopCause;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use serde::{Deserialize, Serialize};

/// Longest mail address, in bytes (RFC 5321 allows a path of 256 with its brackets).
pub const ADDRESS_BYTES: usize = 254;
/// Longest Message-ID of a mail of ours, in bytes: its own part and a domain.
pub const MESSAGE_ID_BYTES: usize = 400;
/// Longest word on what a mail is about, in bytes.
pub const ABOUT_BYTES: usize = 200;
/// Longest error that is kept, in characters.
pub const ERROR_CHARACTERS: usize = 300;
/// How long it can be seen what became of a mail, in milliseconds (90 days).
pub const KEPT_MS: i64 = 90 * 86_400_000;

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// It waits to be sent, for the first time or again.
    Waiting,
    /// A mail server took it.
    Sent,
    /// A mail server said that it will never take it.
    Refused,
    /// It was tried as often as it may be.
    Failed,
    /// Its recipient unsubscribed before it was sent.
    Withdrawn,
}

impl MailState {
    const EACH: [Self; 5] = [Self::Waiting, Self::Sent, Self::Refused, Self::Failed, Self::Withdrawn];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|state| state.as_str() == name)
    }
}

/// What a mail is for: what sends it, and what its recipient can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// A report.
    Report,
    /// What a customer is asked some time after something happened.
    FollowUp,
    /// What somebody wanted to be notified of.
    Notice,
    /// That an issue is fixed of which its recipient complained.
    Fixed,
    /// What a person wrote in the conversation of a ticket.
    Reply,
    /// Where a customer is told that their mail has arrived.
    Acknowledgement,
    /// What a customer is asked once their ticket is resolved.
    Question,
    /// What lets a person into the dashboards: an invitation, a link to choose another password.
    Account,
}

impl MailKind {
    const EACH: [Self; 8] = [
        Self::Report,
        Self::FollowUp,
        Self::Notice,
        Self::Fixed,
        Self::Reply,
        Self::Acknowledgement,
        Self::Question,
        Self::Account,
    ];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::FollowUp => "follow_up",
            Self::Notice => "notice",
            Self::Fixed => "fixed",
            Self::Reply => "reply",
            Self::Acknowledgement => "acknowledgement",
            Self::Question => "question",
            Self::Account => "account",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What the headers of a mail say that is part of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The name of whom it comes from; may be empty.
    pub from_name: String,
    /// Their address.
    pub from: String,
    /// Where answers go, if not there.
    pub reply_to: String,
    /// Everybody to whom it says that it goes; each of them gets a mail of their own.
    pub to: Vec<String>,
    /// Who gets a copy, as it says.
    pub copies: Vec<String>,
    /// The Message-ID of what it answers, with its brackets; empty for nothing.
    pub in_reply_to: String,
    /// The Message-IDs of what was said before, oldest first.
    pub references: Vec<String>,
    /// Whether no person wrote it: nobody's robot is to answer (RFC 3834).
    pub is_automatic: bool,
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Its id.
    pub mail_id: Id,
    /// What it is for.
    pub kind: MailKind,
    /// What it is about, at most [`ABOUT_BYTES`]: to one recipient there is one.
    pub about: String,
    /// To whom, at most [`ADDRESS_BYTES`].
    pub recipient: String,
    /// Its subject, in one line.
    pub subject: String,
    /// What it says, as plain text; empty once it was sent or given up.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The address by which its recipient unsubscribes with one click (RFC 8058); empty for none.
    pub unsubscribe: String,
    /// Its Message-ID, with its brackets.
    pub message_id: String,
    /// What else its headers say, where it is part of a conversation.
    pub envelope: Option<Envelope>,
    /// Where it stands.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: i64,
    /// What the last attempt met.
    pub last_error: Option<String>,
    /// When it was written, in epoch milliseconds.
    pub created_at_ms: i64,
    /// When it was sent, or what else became of it, in epoch milliseconds.
    pub changed_at_ms: i64,
}

const COLUMNS: &str = "mail_id, kind, about, recipient, subject, text, html, unsubscribe, message_id, envelope, state, \
     attempts, last_error, created_at_ms, changed_at_ms";

fn read_envelope(row: &Row) -> Result<Option<Envelope>, StoreError> {
    let failed = |error: serde_json::Error| StoreError::Inconsistent(format!("outgoing_mail.envelope: {error}"));
    row.text_or_null("envelope")?.map(|text| serde_json::from_str(text).map_err(failed)).transpose()
}

fn read_mail(row: &mut Row) -> Result<OutgoingMail, StoreError> {
    Ok(OutgoingMail {
        mail_id: row.id("mail_id")?,
        kind: row.named("kind", MailKind::named)?,
        about: row.take_text("about")?,
        recipient: row.take_text("recipient")?,
        subject: row.take_text("subject")?,
        text: row.take_text("text")?,
        html: row.take_text("html")?,
        unsubscribe: row.take_text("unsubscribe")?,
        message_id: row.take_text("message_id")?,
        envelope: read_envelope(row)?,
        state: row.named("state", MailState::named)?,
        attempts: row.int("attempts")?,
        last_error: row.text_or_null("last_error")?.map(str::to_owned),
        created_at_ms: row.int("created_at_ms")?,
        changed_at_ms: row.int("changed_at_ms")?,
    })
}

/// The statements that put a mail among those that wait, with the job that sends it.
///
/// # Errors
/// [`StoreError::Refused`] when the job's key is too long.
pub(crate) fn writing(
    site_id: Id,
    mail: &OutgoingMail,
    job: &NewJob,
    clock: &Clock,
) -> Result<[Statement; 2], StoreError> {
    let sql = format!(
        "INSERT INTO outgoing_mail (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (site_id, about, recipient) DO NOTHING"
    );
    let failed = |error: serde_json::Error| StoreError::Refused(format!("outgoing_mail.envelope: {error}"));
    let envelope = mail.envelope.as_ref().map(serde_json::to_string).transpose().map_err(failed)?;
    let params = params![
        site_id,
        mail.mail_id,
        mail.kind.as_str(),
        &mail.about,
        &mail.recipient,
        &mail.subject,
        &mail.text,
        &mail.html,
        &mail.unsubscribe,
        &mail.message_id,
        envelope,
        mail.state.as_str(),
        mail.attempts,
        mail.last_error.clone(),
        mail.created_at_ms,
        mail.changed_at_ms,
    ];
    Ok([Statement::new(sql, params), job.statement(clock)?])
}

impl Store {
    /// Writes mails, each with the job that sends it; those that are about the same as one that is there are not written again.
    pub async fn write_mails(
        &self,
        site_id: Id,
        mails: &[(OutgoingMail, NewJob)],
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let mut statements = Vec::new();
        for (mail, job) in mails {
            statements.extend(writing(site_id, mail, job, clock)?);
        }
        self.write(statements).await.map(|_| ())
    }

    /// One mail.
    pub async fn mail(&self, site_id: Id, mail_id: Id) -> Result<Option<OutgoingMail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outgoing_mail WHERE site_id = $1 AND mail_id = $2");
        let rows = self.read(sql, params![site_id, mail_id]).await?;
        Ok(read_all(rows, read_mail)?.into_iter().next())
    }

    /// The mails of a site of which something is so, without what they say, oldest first; `params` begin with the site.
    pub(crate) async fn mails_where(&self, so: &str, params: Vec<Value>) -> Result<Vec<OutgoingMail>, StoreError> {
        let columns = COLUMNS.replace(" text, html,", " '' AS text, '' AS html,");
        let sql =
            format!("SELECT {columns} FROM outgoing_mail WHERE site_id = $1 AND {so} ORDER BY created_at_ms, mail_id");
        read_all(self.read(sql, params).await?, read_mail)
    }

    /// The newest mails of a site, without what they say; at most `limit`.
    pub async fn mails(&self, site_id: Id, limit: i64) -> Result<Vec<OutgoingMail>, StoreError> {
        let columns = COLUMNS.replace(" text, html,", " '' AS text, '' AS html,");
        let sql = format!(
            "SELECT {columns} FROM outgoing_mail WHERE site_id = $1 ORDER BY created_at_ms DESC, mail_id DESC LIMIT $2"
        );
        read_all(self.read(sql, params![site_id, limit]).await?, read_mail)
    }

    /// Notes an attempt at a mail that waits, and what became of it. Once it no longer waits, what it says is forgotten; an address that
    /// was refused is not written to again.
    pub async fn note_mail(
        &self,
        site_id: Id,
        mail_id: Id,
        state: MailState,
        error: Option<&str>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let said = if state == MailState::Waiting { "" } else { ", text = '', html = ''" };
        let sql = format!(
            "UPDATE outgoing_mail SET state = $3, last_error = $4, changed_at_ms = $5, attempts = attempts + 1{said}
             WHERE site_id = $1 AND mail_id = $2 AND state = 'waiting'"
        );
        let error = error.map(|error| error.chars().take(ERROR_CHARACTERS).collect::<String>());
        let params = params![site_id, mail_id, state.as_str(), error, now_ms];
        let mut statements = vec![Statement::new(sql, params)];
        if state == MailState::Refused
            && let Some(mail) = self.mail(site_id, mail_id).await?
        {
            statements.push(self.stopping(site_id, &mail.recipient, StopCause::Refused, now_ms).await?);
        }
        self.write(statements).await.map(|_| ())
    }

    /// Forgets the mails of a site that were written before an instant.
    pub async fn forget_mails_before(&self, site_id: Id, before_ms: i64) -> Result<(), StoreError> {
        let sql = "DELETE FROM outgoing_mail WHERE site_id = $1 AND created_at_ms < $2";
        self.write(vec![Statement::new(sql, params![site_id, before_ms])]).await.map(|_| ())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::job::IfKnown;
    use crate::test_store::each_engine;

    pub(crate) fn a_mail(number: u8, about: &str, recipient: &str) -> OutgoingMail {
        OutgoingMail {
            mail_id: Id([number; 16]),
            kind: MailKind::Report,
            about: about.into(),
            recipient: recipient.into(),
            subject: "Last week".into(),
            text: "All is well.".into(),
            html: "<p>All is well.</p>".into(),
            unsubscribe: "https://feedback.example.com/unsubscribe/shop/7".into(),
            message_id: "<7@example.com>".into(),
            envelope: None,
            state: MailState::Waiting,
            attempts: 0,
            last_error: None,
            created_at_ms: 10,
            changed_at_ms: 10,
        }
    }

    pub(crate) fn a_job(key: &str) -> NewJob {
        NewJob {
            kind: "send_mail".into(),
            key: key.into(),
            site_id: None,
            payload: "null".into(),
            due_at_ms: 0,
            if_known: IfKnown::Keep,
        }
    }

    #[tokio::test]
    async fn a_mail_about_the_same_is_written_once_and_what_it_says_is_forgotten_when_it_is_sent() {
        each_engine(async |store| {
            let (shop, blog) = (Id([8; 16]), Id([9; 16]));
            let mails = [
                (a_mail(1, "report:1:2026-05", "ada@example.com"), a_job("1")),
                (a_mail(2, "report:1:2026-05", "bob@example.com"), a_job("2")),
                (a_mail(3, "report:1:2026-05", "ada@example.com"), a_job("3")),
            ];
            store.write_mails(shop, &mails, &Clock::System).await.unwrap();
            let listed = store.mails(shop, 9).await.unwrap();
            let ids: Vec<_> = listed.iter().map(|mail| mail.mail_id.0[0]).collect();
            assert_eq!((ids, listed[0].text.as_str()), (vec![2, 1], ""));
            assert_eq!(store.mail(shop, Id([1; 16])).await, Ok(Some(mails[0].0.clone())));
            assert_eq!(store.mail(blog, Id([1; 16])).await, Ok(None), "that of another site");
            let note = async |state, error| store.note_mail(shop, Id([1; 16]), state, error, 20).await.unwrap();
            note(MailState::Waiting, Some("451 later")).await;
            let waiting = store.mail(shop, Id([1; 16])).await.unwrap().unwrap();
            assert_eq!(
                (waiting.attempts, waiting.last_error.as_deref(), waiting.text.len()),
                (1, Some("451 later"), 12)
            );
            note(MailState::Sent, None).await;
            note(MailState::Failed, Some("too late")).await;
            let sent = store.mail(shop, Id([1; 16])).await.unwrap().unwrap();
            assert_eq!((sent.state, sent.attempts, sent.last_error), (MailState::Sent, 2, None));
            assert!(sent.text.is_empty() && sent.html.is_empty());
            store.forget_mails_before(blog, 99).await.unwrap();
            store.forget_mails_before(shop, 10).await.unwrap();
            assert_eq!(store.mails(shop, 9).await.unwrap().len(), 2);
            store.forget_mails_before(shop, 11).await.unwrap();
            assert_eq!(store.mails(shop, 9).await, Ok(vec![]));
        })
        .await;
    }
}
