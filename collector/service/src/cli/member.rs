//! `rapport member`: who may see a site, and how they get in.

use super::{Failure, Session, warn_of_loopback};
use crate::config::Address;
use crate::member::account::link::{new_link, reset_link};
use crate::member::account::normalize_email;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rapport_store::account::Account;
use rapport_store::account::role::Role;

/// What can be done with members.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make a person a member of a site, or change their role, and print a link that signs them in
    Add {
        /// Key or name of the site
        site: String,
        /// Mail address of the person
        email: String,
        /// What they may do
        #[arg(long, value_parser = roles())]
        role: Role,
    },
    /// List the members of a site
    List {
        /// Key or name of the site
        site: String,
    },
    /// End a person's membership of a site
    Remove {
        /// Key or name of the site
        site: String,
        /// Mail address of the person
        email: String,
    },
    /// End a person's password and everything they are signed in with, and print a link to choose another password
    Reset {
        /// Mail address of the person
        email: String,
    },
}

/// The roles by their names, so that the help and a refusal list them.
fn roles() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::EACH.map(Role::as_str)).try_map(|name| name.parse::<Role>())
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add { site, email, role } => add(session, &site, &email, role).await,
        Command::List { site } => list(session, &site).await,
        Command::Remove { site, email } => remove(session, &site, &email).await,
        Command::Reset { email } => reset(session, &email).await,
    }
}

async fn add(session: &Session, site: &str, email: &str, role: Role) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let (email, now_ms) = (normalize_email(email)?, session.clock.now_ms());
    let account = session.store.account_for_email(session.clock.new_id(), &email, now_ms).await?;
    let (action, subject) = match session.store.role(site.site_id, account.account_id).await? {
        None => ("member.add", format!("member {email} as {role}")),
        Some(before) if before != role => ("member.change", format!("member {email} from {before} to {role}")),
        Some(_) => ("member.reset", format!("member {email}")),
    };
    let entry = session.note(action, subject);
    session.store.set_member(site.site_id, account.account_id, role, &entry).await?;
    println!("{email} is {role} of {}.", site.name);
    print_link(session, &account).await
}

async fn list(session: &Session, site: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let members = session.store.members(site.site_id).await?;
    if members.is_empty() {
        println!("{} has no members yet: `rapport member add {} EMAIL --role owner`", site.name, site.key);
    }
    for member in members {
        println!("{}  {}", member.email, member.role);
    }
    Ok(())
}

async fn remove(session: &Session, site: &str, email: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let account = account(session, email).await?;
    let entry = session.note("member.remove", format!("member {}", account.email));
    if !session.store.remove_member(site.site_id, account.account_id, &entry).await? {
        return Err(format!("{} is no member of {}", account.email, site.name).into());
    }
    println!("{} is no longer a member of {}.", account.email, site.name);
    Ok(())
}

/// A link opens every site of a person, so each site's members read of it.
async fn reset(session: &Session, email: &str) -> Result<(), Failure> {
    let account = account(session, email).await?;
    let memberships = session.store.memberships(account.account_id).await?;
    let note = |(site_id, _)| (site_id, session.note("member.reset", format!("member {}", account.email)));
    let entries: Vec<_> = memberships.into_iter().map(note).collect();
    let base_url = session.config.base_url();
    let link = reset_link(&session.store, &session.clock, &base_url, account.account_id, &entries).await?;
    println!("The password of {} and everything they were signed in with have ended.", account.email);
    println!("With this link they choose another password, once, within a day:\n\n  {link}\n");
    warn_of_loopback(&session.config, &[Address::Collector]);
    Ok(())
}

async fn account(session: &Session, email: &str) -> Result<Account, Failure> {
    let email = normalize_email(email)?;
    let account = session.store.account_by_email(&email).await?;
    account.ok_or_else(|| format!("nobody is known as {email}: see `rapport member add --help`").into())
}

async fn print_link(session: &Session, account: &Account) -> Result<(), Failure> {
    let base_url = session.config.base_url();
    let link = new_link(&session.store, &session.clock, &base_url, account.account_id, &[]).await?;
    println!("This link signs {} in, once, within a day:\n\n  {link}\n", account.email);
    warn_of_loopback(&session.config, &[Address::Collector]);
    Ok(())
}
