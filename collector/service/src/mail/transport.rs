//! The way to the operator's mail server.

use crate::config::{Config, MailServer, MailTls};
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use rapport_store::mail::{MailKind, OutgoingMail};
use std::time::Duration;

/// Longest wait for one word of the mail server.
const PATIENCE: Duration = Duration::from_secs(30);
/// Replies that say that whoever signs in is at fault, not the mail (RFC 4954): they end when the operator mends the settings.
const OF_SIGN_IN: [u16; 4] = [530, 534, 535, 538];

/// Hands mails to the mail server. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: Option<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)>,
}

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// Another time it may be.
    Later(String),
    /// This one never will be.
    Never(String),
}

impl Mailer {
    /// The way to the server of the settings; to none where none is set.
    ///
    /// # Errors
    /// The setting at fault.
    pub fn new(config: &Config) -> Result<Self, String> {
        let Some(server) = config.mail_server()? else { return Ok(Self { transport: None }) };
        let tls = tls(&server)?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .timeout(Some(PATIENCE))
            .tls(tls);
        let builder = match server.credentials {
            Some((user, password)) => builder.credentials(Credentials::new(user, password.0)),
            None => builder,
        };
        Ok(Self { transport: Some((builder.build(), server.from)) })
    }

    /// Whether there is a mail server.
    pub fn is_set(&self) -> bool {
        self.transport.is_some()
    }

    /// Hands over one mail.
    ///
    /// # Errors
    /// Why it was not taken, and whether it may be another time.
    pub async fn send(&self, mail: &OutgoingMail) -> Result<(), Undelivered> {
        let Some((transport, from)) = &self.transport else {
            return Err(Undelivered::Later("no mail server is set: mail_url".into()));
        };
        let message = message(mail, from.clone()).map_err(Undelivered::Never)?;
        transport.send(message).await.map(|_| ()).map_err(|error| undelivered(&error))
    }
}

fn tls(server: &MailServer) -> Result<Tls, String> {
    if server.tls == MailTls::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(file) = &server.ca_file {
        let told = |reason: &dyn std::fmt::Display| format!("mail_ca_file: {}: {reason}", file.display());
        let pem = std::fs::read(file).map_err(|error| told(&error))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| told(&error))?);
    }
    let parameters = parameters.build_rustls().map_err(|error| format!("mail_url: {error}"))?;
    Ok(if server.tls == MailTls::Implicit { Tls::Wrapper(parameters) } else { Tls::Required(parameters) })
}

fn undelivered(error: &SmtpError) -> Undelivered {
    let is_of_sign_in = error.status().is_some_and(|code| OF_SIGN_IN.contains(&u16::from(code)));
    let told =
        std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    if error.is_permanent() && !is_of_sign_in { Undelivered::Never(told) } else { Undelivered::Later(told) }
}

/// Marks what this collector sent, so that it is known when it comes back.
const OWN: &str = "X-Rapport-Mail";

fn address(text: &str) -> Result<lettre::Address, String> {
    text.parse().map_err(|error| format!("the address: {error}"))
}

/// The mail as it is handed over: to its recipient alone, whoever else stands in its headers.
fn message(mail: &OutgoingMail, usual: Mailbox) -> Result<Message, String> {
    let to = address(&mail.recipient)?;
    let raw =
        |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let envelope = mail.envelope.as_ref();
    let from = match envelope {
        Some(envelope) => {
            let name = Some(envelope.from_name.clone()).filter(|name| !name.is_empty());
            Mailbox::new(name, address(&envelope.from)?)
        }
        None => usual,
    };
    let route = Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(|error| error.to_string())?;
    let mut builder = Message::builder()
        .envelope(route)
        .from(from)
        .subject(&mail.subject)
        .message_id(Some(mail.message_id.clone()))
        .date_now()
        .raw_header(raw(OWN, &mail.mail_id.to_text()));
    match envelope {
        Some(envelope) => {
            for to in &envelope.to {
                builder = builder.to(Mailbox::new(None, address(to)?));
            }
            for copy in &envelope.copies {
                builder = builder.cc(Mailbox::new(None, address(copy)?));
            }
            if !envelope.reply_to.is_empty() {
                builder = builder.reply_to(Mailbox::new(None, address(&envelope.reply_to)?));
            }
            if !envelope.in_reply_to.is_empty() {
                builder = builder.in_reply_to(envelope.in_reply_to.clone()).references(envelope.references.join(" "));
            }
        }
        None => builder = builder.to(Mailbox::new(None, to)),
    }
    if envelope.is_none_or(|envelope| envelope.is_automatic) {
        // Nobody's absence is to answer it (RFC 3834, and what Exchange knows).
        let is_answer = mail.kind == MailKind::Acknowledgement;
        builder = builder
            .raw_header(raw("Auto-Submitted", if is_answer { "auto-replied" } else { "auto-generated" }))
            .raw_header(raw("X-Auto-Response-Suppress", "All"));
    }
    if !mail.unsubscribe.is_empty() {
        builder = builder
            .raw_header(raw("List-Unsubscribe", &format!("<{}>", mail.unsubscribe)))
            .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let parts = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    builder.multipart(parts).map_err(|error| error.to_string())
}
