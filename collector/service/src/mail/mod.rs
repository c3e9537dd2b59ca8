//! Mails on their way out. Whoever has something to say writes an [`OutgoingMail`] with [`written`] and puts it into the store, with
//! the job that sends it, in the transaction of whatever causes it; that is all. The job hands it to the operator's mail server, again
//! and again until it takes it, and the store says what became of it.

pub mod account;
pub mod fixed;
pub mod follow_up;
mod kept;
pub mod notice;
pub mod received;
pub mod reply;
pub mod report;
#[cfg(test)]
mod smtp_test;
pub mod thread;
mod transport;
pub(crate) mod write;

pub(crate) use kept::MailReports;
pub use transport::{Mailer, Undelivered};

use crate::config::Config;
use crate::job::kind::job_of;
use crate::job::send_mail::{Payload, SendMail};
use rapport_shared::id::Id;
use rapport_store::StoreError;
use rapport_store::clock::Clock;
use rapport_store::job::NewJob;
use rapport_store::mail::{MailKind, MailState, OutgoingMail};

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its subject.
    pub subject: String,
    /// The mail as plain text.
    pub text: String,
    /// The same as HTML, readable without pictures.
    pub html: String,
    /// The address by which its recipient unsubscribes with one click; empty for none.
    pub unsubscribe: String,
}

/// A mail to one recipient, with the job that sends it. To them there is one `about` the same.
///
/// # Errors
/// When the job cannot be written.
pub fn written(
    (config, clock): (&Config, &Clock),
    site_id: Id,
    kind: MailKind,
    (about, recipient): (&str, &str),
    said: Said,
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let (mail_id, now_ms) = (clock.new_id(), clock.now_ms());
    let host =
        config.mail_server().ok().flatten().map_or_else(String::new, |server| server.from.email.domain().to_owned());
    let host = if host.is_empty() { "rapport.invalid".to_owned() } else { host };
    let mail = OutgoingMail {
        mail_id,
        kind,
        about: about.to_owned(),
        recipient: recipient.to_owned(),
        subject: one_line(&said.subject),
        text: said.text,
        html: said.html,
        unsubscribe: said.unsubscribe,
        message_id: format!("<{mail_id}@{host}>"),
        envelope: None,
        state: MailState::Waiting,
        attempts: 0,
        last_error: None,
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
    };
    let job = job_of::<SendMail>(mail_id.to_text(), &Payload { mail_id: mail_id.to_text() }, now_ms)?;
    Ok((mail, NewJob { site_id: Some(site_id), ..job }))
}

/// A text in one line: what stands in a header must not begin another.
fn one_line(text: &str) -> String {
    text.split(|letter: char| letter.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
