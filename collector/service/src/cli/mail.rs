//! `rapport mail`: whether the mail server of the settings takes mails, and what became of those of a site.

use super::{Failure, Session};
use crate::mail::{Mailer, Said, Undelivered, written};
use crate::member::account::normalize_email;
use crate::member::format::TimeText;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::mail::MailKind;

/// Mails that are listed.
const LISTED: i64 = 200;

/// What can be done with mails.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Send a mail to an address at once, to see whether the mail server of the settings takes it
    Test {
        /// Mail address
        address: String,
    },
    /// List the newest mails of a site, and what became of each
    List {
        /// Key or name of the site
        site: String,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Test { address } => test(session, &address).await,
        Command::List { site } => list(session, &site).await,
    }
}

async fn test(session: &Session, address: &str) -> Result<(), Failure> {
    let address = normalize_email(address)?;
    let mailer = Mailer::new(&session.config)?;
    let said = Said {
        subject: "Rapport can send mails".into(),
        text: format!("The collector at {} can send mails.\n", session.config.base_url()),
        html: "<!doctype html><html lang=\"en\"><title>Rapport</title><p>The collector can send mails.</p></html>"
            .into(),
        unsubscribe: String::new(),
    };
    let by = (&session.config, &session.clock);
    let (mail, _) = written(by, Id::default(), MailKind::Report, ("test", &address), said)?;
    match mailer.send(&mail).await {
        Ok(()) => {
            println!("The mail server took it: look into the mailbox of {address}.");
            Ok(())
        }
        Err(Undelivered::Later(reason) | Undelivered::Never(reason)) => Err(reason.into()),
    }
}

async fn list(session: &Session, site: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let mails = session.store.mails(site.site_id, LISTED).await?;
    if mails.is_empty() {
        println!("{} has sent no mails.", site.name);
    }
    for mail in mails {
        let at = Time::new(mail.changed_at_ms, &site.time_zone).text();
        let error = mail.last_error.map_or_else(String::new, |error| format!("  {error}"));
        println!(
            "{at}  {}  {}  {}  {} attempts{error}",
            mail.state.as_str(),
            mail.recipient,
            mail.subject,
            mail.attempts
        );
    }
    Ok(())
}
