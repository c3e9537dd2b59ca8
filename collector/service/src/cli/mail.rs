//! `rapport mail`: whether the mail server of the settings takes mails and its mailbox can be read, what became of mails of a site, and the
//! pipe through which a mail server hands over what comes in.

use super::{Failure, Session};
use crate::mail::received::imap::{self, Unread};
use crate::mail::received::{MAIL_BYTES, Receiver, Taken};
use crate::mail::{Mailer, Said, Undelivered, written};
use crate::member::account::normalize_email;
use crate::member::format::TimeText;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::mail::MailKind;
use rapport_store::site::directory::SiteDirectory;
use std::io::Read;
use std::sync::Arc;

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
    /// Take a mail from standard input, as a mail server pipes it in
    Receive,
    /// Sign in to the mailbox of the settings, and say how many mails are in it
    Mailbox,
    /// Set the address that customers of a site write to
    Address {
        /// Key or name of the site
        site: String,
        /// Mail address; empty for the one of the settings
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
        Command::Receive => receive(session).await,
        Command::Mailbox => mailbox(session).await,
        Command::Address { site, address } => set_address(session, &site, &address).await,
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

/// What comes in. A mail server that pipes a mail keeps it, and tries again, where this fails.
async fn receive(session: &Session) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAIL_BYTES).unwrap_or(u64::MAX) + 1;
    std::io::stdin()
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure(format!("the mail cannot be read: {error}")))?;
    // A mail server that is not heard to the end thinks that it failed.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
        .map_err(|error| Failure(format!("the mail cannot be read: {error}")))?;
    let receiver = Receiver {
        store: session.store.clone(),
        clock: session.clock.clone(),
        config: Arc::new(session.config.clone()),
        sites: SiteDirectory::new(session.store.clone(), session.clock.clone()),
    };
    match receiver.receive(&bytes).await? {
        Taken::Now { site, outcome, reason, code } => {
            let of = if code.is_empty() { String::new() } else { format!(" {code}") };
            let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            println!("{site}: {}{of}{why}", outcome.as_str());
            Ok(())
        }
        Taken::Before => {
            println!("it was taken before");
            Ok(())
        }
        Taken::NoSite => Err("the mail is to no address of any site: see `rapport mail address`".into()),
    }
}

async fn mailbox(session: &Session) -> Result<(), Failure> {
    let Some(mailbox) = session.config.mailbox()? else {
        return Err("no mailbox is set: mail_in_url".into());
    };
    match imap::test(&mailbox).await {
        Ok(mails) => {
            println!("{} can be read: {mails} mails are in it.", mailbox.name());
            Ok(())
        }
        Err(Unread::Server(reason)) => Err(format!("{}: {reason}", mailbox.name()).into()),
        Err(Unread::Store(error)) => Err(error.into()),
    }
}

async fn set_address(session: &Session, site: &str, address: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let before = session.store.site_mail(site.site_id).await?;
    let settings = crate::member::mail::checked((address, &before.sender_name), (before.acknowledges, before.asks));
    let settings = settings.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let all = session.store.site_ids().await?;
    let others = session.store.addresses_of_sites(&all).await?;
    if !settings.address.is_empty()
        && others.iter().any(|(other, own)| *other != site.site_id && *own == settings.address)
    {
        return Err(format!("{} is the address of another site", settings.address).into());
    }
    let entry = session.note("mail.settings", "mail with customers");
    session.store.set_site_mail(site.site_id, &settings, &entry).await?;
    println!(
        "Customers of {} write to {}.",
        site.name,
        if settings.address.is_empty() { "the address of the settings" } else { &settings.address }
    );
    Ok(())
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
