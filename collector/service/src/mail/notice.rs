//! What a rule tells by mail: one thing, several together, or a digest with how many of each there were, and how many before. What people
//! wrote is not in it: that is read where one signs in.

use super::report::UNSUBSCRIBE;
use super::{Said, written};
use crate::config::Config;
use crate::webhook::payload::address;
use askama::Template;
use rapport_report::response::Time;
use rapport_store::StoreError;
use rapport_store::clock::Clock;
use rapport_store::job::NewJob;
use rapport_store::mail::{MailKind, OutgoingMail};
use rapport_store::news::NewsKind;
use rapport_store::notification::{Notice, Rule};
use rapport_store::site::Site;

/// Things that a mail names.
const LINES: usize = 20;

/// One thing that happened.
struct Line {
    title: String,
    href: String,
    at: String,
}

/// How many things of a kind happened.
pub struct Count {
    /// Of which kind, in words.
    pub label: String,
    /// How many.
    pub n: u64,
    /// How many in the period before; of digests.
    pub before: Option<u64>,
}

#[derive(Template)]
#[template(path = "mail/notice.txt")]
struct Text<'a> {
    heading: &'a str,
    counts: &'a [Count],
    lines: &'a [Line],
    more: usize,
    site: &'a str,
    rule: &'a str,
    unsubscribe: &'a str,
}

#[derive(Template)]
#[template(path = "mail/notice.html")]
struct Html<'a> {
    subject: &'a str,
    heading: &'a str,
    columns: &'a [&'a str],
    counts: &'a [Count],
    lines: &'a [Line],
    more: usize,
    site: &'a str,
    rule: &'a str,
    unsubscribe: &'a str,
}

/// How many notices there are of each kind, in the order of kinds.
pub fn counts(notices: &[Notice], before: Option<&[(String, u64)]>) -> Vec<Count> {
    let count = |kind: &NewsKind| {
        let n = notices.iter().filter(|notice| notice.kind == kind.as_str()).count() as u64;
        let of =
            |before: &[(String, u64)]| before.iter().find(|(name, _)| name == kind.as_str()).map_or(0, |(_, n)| *n);
        Count { label: kind.label().to_owned(), n, before: before.map(of) }
    };
    NewsKind::EACH.iter().map(count).filter(|count| count.n > 0 || count.before.is_some_and(|n| n > 0)).collect()
}

/// What stands at the head of a message.
pub fn heading(site: &Site, rule: &Rule, notices: &[Notice]) -> String {
    match (notices, rule.cadence.of_digest()) {
        ([one], None) => format!("{}: {}", site.name, one.title),
        (several, None) => format!("{}: {} things happened ({})", site.name, several.len(), rule.name),
        (several, Some(_)) => format!("{}: {}, {} in all", site.name, rule.name, several.len()),
    }
}

/// How many notices of each kind there were in the period before; `None` of a mail that is no digest.
type Before<'a> = Option<&'a [(String, u64)]>;

/// The mail of what a rule has to tell; of what it had to tell at one time there is one. `before` has how many there were of each kind in the
/// period before, of digests.
///
/// # Errors
/// When the mail cannot be written.
pub fn of(
    (config, clock): (&Config, &Clock),
    site: &Site,
    rule: &Rule,
    (notices, before): (&[Notice], Before<'_>),
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let token: String = rule.token.iter().map(|byte| format!("{byte:02x}")).collect();
    let unsubscribe = format!("{}/{UNSUBSCRIBE}/{}/{token}", config.base_url(), site.key);
    let heading = heading(site, rule, notices);
    let counts = if notices.len() > 1 || before.is_some() { counts(notices, before) } else { Vec::new() };
    let line = |notice: &Notice| Line {
        title: notice.title.clone(),
        href: address(&config.base_url(), &site.key, &notice.path),
        at: Time::new(notice.occurred_at_ms, &site.time_zone).local.replace('T', " "),
    };
    // The newest first: they are what is looked at.
    let lines: Vec<_> = notices.iter().rev().take(LINES).map(line).collect();
    let more = notices.len() - lines.len();
    let failed = |error: askama::Error| StoreError::Inconsistent(error.to_string());
    let columns: &[&str] = if before.is_some() { &["What", "How many", "Before"] } else { &["What", "How many"] };
    let (site_name, rule_name) = (site.name.as_str(), rule.name.as_str());
    let text = Text {
        heading: &heading,
        counts: &counts,
        lines: &lines,
        more,
        site: site_name,
        rule: rule_name,
        unsubscribe: &unsubscribe,
    };
    let html = Html {
        subject: &heading,
        heading: &heading,
        columns,
        counts: &counts,
        lines: &lines,
        more,
        site: site_name,
        rule: rule_name,
        unsubscribe: &unsubscribe,
    };
    let said = Said {
        subject: heading.clone(),
        text: text.render().map_err(failed)?,
        html: html.render().map_err(failed)?,
        unsubscribe: unsubscribe.clone(),
    };
    let about = format!("notice:{}:{}", rule.rule_id, rule.next_at_ms);
    written((config, clock), site.site_id, MailKind::Notice, (&about, &rule.target), said)
}
