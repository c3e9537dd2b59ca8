//! What lets a person into the dashboards: an invitation to a site, and a link to choose another password.

use super::{Said, written};
use crate::config::Config;
use askama::Template;
use rapport_shared::id::Id;
use rapport_store::StoreError;
use rapport_store::clock::Clock;
use rapport_store::job::NewJob;
use rapport_store::mail::{MailKind, OutgoingMail};

#[derive(Template)]
#[template(path = "mail/account.txt")]
struct Text<'a> {
    said: &'a [String],
    link: &'a str,
    last: &'a str,
}

#[derive(Template)]
#[template(path = "mail/account.html")]
struct Html<'a> {
    subject: &'a str,
    said: &'a [String],
    label: &'a str,
    link: &'a str,
    last: &'a str,
}

/// A mail with a link.
fn with_link(
    by: (&Config, &Clock),
    site_id: Id,
    to: (&str, &str),
    (subject, said, label): (&str, &[String], &str),
    (link, last): (&str, &str),
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let failed = |error: askama::Error| StoreError::Inconsistent(error.to_string());
    let said = Said {
        subject: subject.to_owned(),
        text: Text { said, link, last }.render().map_err(failed)?,
        html: Html { subject, said, label, link, last }.render().map_err(failed)?,
        unsubscribe: String::new(),
    };
    written(by, site_id, MailKind::Account, to, said)
}

/// The mail with which somebody chooses another password; `to` is what it is about, and whom it goes to.
///
/// # Errors
/// When it cannot be written.
pub fn reset(
    by: (&Config, &Clock),
    site_id: Id,
    to: (&str, &str),
    link: &str,
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let said = ["Somebody, you as we hope, asked for another password for Rapport. Choose it here:".to_owned()];
    let last =
        "The link can be used once, within an hour. If it was not you, do nothing: your password stays as it is.";
    with_link(by, site_id, to, ("Another password for Rapport", &said, "Choose another password"), (link, last))
}

/// The mail that asks somebody to become a member of a site.
///
/// # Errors
/// When it cannot be written.
pub fn invitation(
    by: (&Config, &Clock),
    site_id: Id,
    to: (&str, &str),
    (site_name, role, actor): (&str, &str, &str),
    link: &str,
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let article = if role.starts_with(['e', 'o']) { "an" } else { "a" };
    let said = [format!("{actor} asks you to join {site_name} in Rapport as {article} {role}. Accept it here:")];
    let last = "The link can be used once, within seven days. If you do not know what this is about, do nothing.";
    let subject = format!("{site_name}: an invitation to Rapport");
    with_link(by, site_id, to, (&subject, &said, "Accept the invitation"), (link, last))
}
