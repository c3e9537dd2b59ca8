//! Mails of the conversation of a ticket: what a person answers, what says that a mail has arrived, and what is asked afterwards. Each says
//! by its address and its Message-ID to which ticket an answer to it belongs; none says again what a stranger wrote.

use super::one_line;
use super::thread::Thread;
use crate::config::Config;
use crate::job::kind::job_of;
use crate::job::send_mail::{Payload, SendMail};
use crate::language::fill;
use askama::Template;
use rapport_ingest::signature;
use rapport_shared::id::Id;
use rapport_store::StoreError;
use rapport_store::clock::Clock;
use rapport_store::conversation::TicketMail;
use rapport_store::conversation::site_mail::SiteMail;
use rapport_store::job::NewJob;
use rapport_store::mail::{Envelope, MailKind, MailState, OutgoingMail};
use rapport_store::site::Site;
use rapport_words::Language;

/// Most Message-IDs that a mail refers to: of a longer conversation the last.
const REFERENCES: usize = 20;
const DAY_MS: i64 = 86_400_000;
/// Below this path a customer says how it went.
pub const ASKED: &str = "asked";

/// Whom mails of a site's conversations come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// A name, in one line.
    pub name: String,
    /// The address, in lower case.
    pub address: String,
}

/// The address of sites that have none of their own: that of the settings, in lower case.
pub fn usual_address(config: &Config) -> Option<String> {
    config.mail_server().ok().flatten().map(|server| server.from.email.to_string().to_lowercase())
}

impl From {
    /// That of a site; `None` where there is no address to write from.
    pub fn of(config: &Config, site: &Site, settings: &SiteMail) -> Option<Self> {
        let own = Some(settings.address.clone()).filter(|address| !address.is_empty());
        let name = if settings.sender_name.is_empty() { &site.name } else { &settings.sender_name };
        Some(Self { name: one_line(name), address: own.or_else(|| usual_address(config))? })
    }

    fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("rapport.invalid", |(_, domain)| domain)
    }
}

#[derive(Template)]
#[template(path = "mail/reply.txt")]
struct Text<'a> {
    marker: &'a str,
    text: &'a str,
    site: &'a str,
    asks: &'a str,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/reply.html")]
struct Html<'a> {
    language: &'a str,
    direction: &'a str,
    marker: &'a str,
    subject: &'a str,
    paragraphs: Vec<Vec<&'a str>>,
    site: &'a str,
    asks: &'a str,
    link: &'a str,
}

/// The line that begins what is said: whatever stands below it in an answer is quoted.
pub fn marker(code: &str) -> String {
    format!("[#{code}]")
}

/// What is said, whichever the mail is.
struct Words<'a> {
    subject: String,
    text: &'a str,
    /// The label of the link and the link; both empty for none.
    link: (&'a str, &'a str),
}

/// To whom a mail goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct To {
    /// Those whom it is written to.
    pub to: Vec<String>,
    /// Those who get a copy.
    pub copies: Vec<String>,
}

impl To {
    /// Everybody.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.to.iter().chain(&self.copies)
    }
}

/// What is common to mails of a conversation.
struct Letter<'a> {
    site: &'a Site,
    from: &'a From,
    thread: &'a Thread<'a>,
    language: &'a Language,
}

impl Letter<'_> {
    /// The mail to each, all with the same Message-ID.
    fn to_each(
        &self,
        clock: &Clock,
        (kind, about): (MailKind, &str),
        (to, before): (&To, &[TicketMail]),
        words: &Words<'_>,
    ) -> Result<Vec<(OutgoingMail, NewJob)>, StoreError> {
        let marker = marker(self.thread.code);
        let failed = |error: askama::Error| StoreError::Inconsistent(error.to_string());
        let (asks, link) = words.link;
        let text = Text { marker: &marker, text: words.text, site: &self.site.name, asks, link };
        let paragraphs = words.text.split("\n\n").map(|paragraph| paragraph.lines().collect()).collect();
        let html = Html {
            language: self.language.tag,
            direction: self.language.direction(),
            marker: &marker,
            subject: &words.subject,
            paragraphs,
            site: &self.site.name,
            asks,
            link,
        };
        let (text, html) = (text.render().map_err(failed)?, html.render().map_err(failed)?);
        let (now_ms, message) = (clock.now_ms(), clock.new_id());
        let known: Vec<_> = before.iter().map(|mail| mail.message_id.clone()).filter(|id| !id.is_empty()).collect();
        let references = known.iter().skip(known.len().saturating_sub(REFERENCES)).cloned().collect();
        let envelope = Envelope {
            from_name: self.from.name.clone(),
            from: self.from.address.clone(),
            reply_to: self.thread.tagged(&self.from.address),
            to: to.to.clone(),
            copies: to.copies.clone(),
            in_reply_to: known.last().cloned().unwrap_or_default(),
            references,
            is_automatic: kind != MailKind::Reply,
        };
        let mail = |recipient: &String| {
            let mail_id = clock.new_id();
            let mail = OutgoingMail {
                mail_id,
                kind,
                about: about.to_owned(),
                recipient: recipient.clone(),
                subject: one_line(&words.subject),
                text: text.clone(),
                html: html.clone(),
                unsubscribe: String::new(),
                message_id: self.thread.message_id(message, self.from.domain()),
                envelope: Some(envelope.clone()),
                state: MailState::Waiting,
                attempts: 0,
                last_error: None,
                created_at_ms: now_ms,
                changed_at_ms: now_ms,
            };
            let job = job_of::<SendMail>(mail_id.to_text(), &Payload { mail_id: mail_id.to_text() }, now_ms)?;
            Ok((mail, NewJob { site_id: Some(self.site.site_id), ..job }))
        };
        to.all().map(mail).collect()
    }
}

/// The subject of an answer.
pub fn answering(subject: &str) -> String {
    let subject = one_line(subject);
    let is_answer = subject.get(..3).is_some_and(|begins| begins.eq_ignore_ascii_case("re:"));
    if is_answer { subject } else { format!("Re: {subject}") }
}

fn said(language: &Language, key: &str) -> &'static str {
    language.conversation.get(key).unwrap_or_default()
}

/// What a person answers, to each of whom they chose; `asked` is the link by which they say whether it was right.
///
/// # Errors
/// When the jobs cannot be written.
pub fn reply(
    clock: &Clock,
    site: &Site,
    (from, thread): (&From, &Thread<'_>),
    (to, before): (&To, &[TicketMail]),
    (subject, text, about): (&str, &str, &str),
    (language, asked): (&str, Option<&str>),
) -> Result<Vec<(OutgoingMail, NewJob)>, StoreError> {
    let language = Language::spoken(language);
    let link = asked.map_or(("", ""), |link| (said(language, "was_it_right"), link));
    let letter = Letter { site, from, thread, language };
    letter.to_each(clock, (MailKind::Reply, about), (to, before), &Words { subject: answering(subject), text, link })
}

/// Says that a mail has arrived, once an address and day, whatever arrives; it repeats nothing of it.
///
/// # Errors
/// When the job cannot be written.
pub fn acknowledgement(
    (_config, clock): (&Config, &Clock),
    site: &Site,
    (from, thread): (&From, &Thread<'_>),
    (message_id, recipient): (&str, &str),
    language: &str,
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let language = Language::spoken(language);
    let letter = Letter { site, from, thread, language };
    let text = fill(said(language, "arrived"), &[&site.name]);
    let about = format!("acknowledgement:{}", clock.now_ms().div_euclid(DAY_MS));
    let to = To { to: vec![recipient.to_owned()], copies: Vec::new() };
    let subject = format!("{} {}", said(language, "arrived_subject"), marker(thread.code));
    let words = Words { subject, text: &text, link: ("", "") };
    let mut mails = letter.to_each(clock, (MailKind::Acknowledgement, &about), (&to, &[]), &words)?;
    let (mut mail, job) = mails.pop().ok_or_else(|| StoreError::Inconsistent("a mail to nobody".into()))?;
    if let Some(envelope) = mail.envelope.as_mut().filter(|_| !message_id.is_empty()) {
        message_id.clone_into(&mut envelope.in_reply_to);
        envelope.references = vec![message_id.to_owned()];
    }
    Ok((mail, job))
}

/// Asks whether what was resolved is fixed; of a time that a ticket was resolved there is one mail.
///
/// # Errors
/// When the job cannot be written.
pub fn question(
    clock: &Clock,
    site: &Site,
    (from, thread): (&From, &Thread<'_>),
    (recipient, before): (&str, &[TicketMail]),
    (about, language, link): (&str, &str, &str),
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let language = Language::spoken(language);
    let letter = Letter { site, from, thread, language };
    let text = fill(said(language, "done"), &[&site.name]);
    let to = To { to: vec![recipient.to_owned()], copies: Vec::new() };
    let subject = format!("{} {}", said(language, "done_subject"), marker(thread.code));
    let words = Words { subject, text: &text, link: (said(language, "title"), link) };
    let mut mails = letter.to_each(clock, (MailKind::Question, about), (&to, before), &words)?;
    mails.pop().ok_or_else(|| StoreError::Inconsistent("a mail to nobody".into()))
}

fn of_question(question_id: Id) -> String {
    format!("question\n{question_id}")
}

/// The address of the page where a question is answered: its id, and an HMAC of it.
pub fn question_address(base: &str, site_key: &str, (secret, question_id): (&[u8], Id)) -> String {
    let mac = signature::sign_short(secret, &of_question(question_id));
    format!("{base}/{ASKED}/{site_key}/{question_id}-{mac}")
}

/// The question of such an address, if it was made here.
pub fn question_of(secret: &[u8], token: &str) -> Option<Id> {
    let (id, mac) = token.rsplit_once('-')?;
    let id = Id::parse(id)?;
    signature::is_short_valid(secret, &of_question(id), mac).then_some(id)
}
