//! What a customer is told who complained of something that is fixed: the words of staff, and a link by which they are written to no more.

use super::report::UNSUBSCRIBE;
use super::{Said, written};
use crate::config::Config;
use askama::Template;
use rapport_shared::id::Id;
use rapport_shared::language::is_right_to_left;
use rapport_store::StoreError;
use rapport_store::clock::Clock;
use rapport_store::follow_up::Reach;
use rapport_store::job::NewJob;
use rapport_store::mail::{MailKind, OutgoingMail};
use rapport_store::site::Site;

/// What staff says to all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The subject.
    pub subject: String,
    /// The text; an empty line begins a paragraph.
    pub body: String,
    /// What stands on the link by which they are written to no more.
    pub stop_label: String,
}

#[derive(Template)]
#[template(path = "mail/fixed.txt")]
struct Text<'a> {
    paragraphs: &'a [&'a str],
    site: &'a str,
    stop_label: &'a str,
    unsubscribe: &'a str,
}

#[derive(Template)]
#[template(path = "mail/fixed.html")]
struct Html<'a> {
    language: &'a str,
    direction: &'a str,
    subject: &'a str,
    paragraphs: &'a [&'a str],
    site: &'a str,
    stop_label: &'a str,
    unsubscribe: &'a str,
}

/// The mail of one of them, with the job that sends it; of one issue there is one.
///
/// # Errors
/// When the mail cannot be written.
pub fn of(
    (config, clock): (&Config, &Clock),
    site: &Site,
    (issue_id, words): (Id, &Words),
    (to, token): (&Reach, &[u8]),
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let unsubscribe = format!("{}/{UNSUBSCRIBE}/{}/{token}", config.base_url(), site.key);
    let paragraphs: Vec<&str> = words.body.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
    let language = if to.language.is_empty() { "en" } else { &to.language };
    let failed = |error: askama::Error| StoreError::Inconsistent(error.to_string());
    let text =
        Text { paragraphs: &paragraphs, site: &site.name, stop_label: &words.stop_label, unsubscribe: &unsubscribe };
    let html = Html {
        language,
        direction: if is_right_to_left(language) { "rtl" } else { "ltr" },
        subject: &words.subject,
        paragraphs: &paragraphs,
        site: &site.name,
        stop_label: &words.stop_label,
        unsubscribe: &unsubscribe,
    };
    let said = Said {
        subject: words.subject.clone(),
        text: text.render().map_err(failed)?,
        html: html.render().map_err(failed)?,
        unsubscribe: unsubscribe.clone(),
    };
    written((config, clock), site.site_id, MailKind::Fixed, (&format!("fixed:{issue_id}"), &to.mail), said)
}
