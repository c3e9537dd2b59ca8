//! The command line: every way to run the collector and to look after it.

// First, for its macros take the place of those of the standard library below.
#[macro_use]
mod output;

mod annotation;
mod appearance;
mod backup;
mod customer;
mod demo;
mod doctor;
#[cfg(test)]
mod documents_test;
mod door;
mod file_limit;
mod job;
mod key;
mod link;
mod log;
mod mail;
mod member;
mod origin;
mod serve;
mod share;
mod site;
mod survey;

use crate::config::{Address, Config, Flags};
use clap::{Parser, Subcommand};
use door::Doors;
use rapport_store::audit::{AuditEntry, COMMAND_LINE};
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::{Store, StoreError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Listens to a company's customers on its web pages, and shows product designers what it means.
#[derive(Parser)]
#[command(name = "rapport", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Configuration file, instead of rapport.toml
    #[arg(long, global = true, env = "RAPPORT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Run the collector
    Serve,
    /// Run the collector with a simulated month and an example shop, from a file of its own
    Demo(demo::Options),
    /// Bring the database's tables up to date, then stop
    Migrate,
    /// Websites that send to this collector
    #[command(subcommand)]
    Site(site::Command),
    /// Surveys of a website
    #[command(subcommand)]
    Survey(survey::Command),
    /// People who may see a website's dashboards
    #[command(subcommand)]
    Member(member::Command),
    /// Keys with which servers read a website's figures
    #[command(subcommand)]
    Key(key::Command),
    /// Releases and notes, which are marked on every chart of a website
    #[command(subcommand)]
    Annotation(annotation::Command),
    /// Customers from a file, and all that is stored of one
    #[command(subcommand)]
    Customer(customer::Command),
    /// The mail server, and mails that were sent
    #[command(subcommand)]
    Mail(mail::Command),
    /// Links under which a website's reports are read without an account
    #[command(subcommand)]
    Share(share::Command),
    /// Background jobs that are overdue, or that failed for good
    #[command(subcommand)]
    Job(job::Command),
    /// Write a verified copy of the database file, also while the collector runs
    Backup(backup::BackupOptions),
    /// Put a verified copy in the place of the database file, while no collector runs
    Restore(backup::RestoreOptions),
    /// Examine settings, database and widget, and say what has to be mended
    Doctor,
}

/// Why a command failed, in words for the person who typed it.
#[derive(Debug)]
pub(crate) struct Failure(pub String);

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for Failure {
    fn from(reason: &str) -> Self {
        Self(reason.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// What a command works with: settings, the time, and the store that the settings name.
pub(crate) struct Session {
    pub config: Config,
    pub clock: Clock,
    pub store: Store,
}

impl Session {
    /// Opens the database that is there.
    async fn open(config: Config) -> Result<Self, Failure> {
        if let Some(reason) = lack_of_database(&config.database_url) {
            return Err(reason.into());
        }
        Self::begin(config).await
    }

    /// Opens the database, and begins one where there is none.
    async fn begin(config: Config) -> Result<Self, Failure> {
        Self::with(config, async |url, clock| Store::open(url, clock).await).await
    }

    /// For the one collector of an embedded database, which begins one where there is none.
    async fn open_to_collect(config: Config) -> Result<Self, Failure> {
        Self::with(config, async |url, clock| Store::open_to_collect(url, clock).await).await
    }

    async fn with(
        config: Config,
        open: impl AsyncFnOnce(&str, Clock) -> Result<Store, StoreError>,
    ) -> Result<Self, Failure> {
        let clock = Clock::System;
        let store = open(&config.database_url, clock.clone()).await.map_err(|error| {
            Failure(format!("the database {} cannot be opened: {error}", without_password(&config.database_url)))
        })?;
        Ok(Self { config, clock, store })
    }

    /// A note of what the command does, to be stored with the change itself.
    fn note(&self, action: &str, subject: impl Into<String>) -> AuditEntry {
        AuditEntry::now(&self.clock, COMMAND_LINE, action, subject)
    }

    /// The site that was named by its key or, if that is not ambiguous, by its name.
    async fn site(&self, named: &str) -> Result<Site, Failure> {
        let sites = self.store.sites().await?;
        if let Some(site) = sites.iter().find(|site| site.key == named) {
            return Ok(site.clone());
        }
        let mut by_name = sites.iter().filter(|site| site.is_called(named));
        match (by_name.next(), by_name.next()) {
            (Some(site), None) => Ok(site.clone()),
            (Some(_), Some(_)) => Err(format!("several sites are called {named}: give the key instead").into()),
            (None, _) if sites.is_empty() => Err(format!(
                "there is no site {named}, and no other in {}: run this in the folder where the collector runs, or name \
                 its settings or its database with --config or --database-url",
                without_password(&self.config.database_url)
            )
            .into()),
            (None, _) => Err(format!("there is no site {named}: see `rapport site list`").into()),
        }
    }
}

/// What to say where the file of the database is not there. Where its log is, the store says more.
fn lack_of_database(url: &str) -> Option<String> {
    let path = rapport_store::database_file(url)?;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if path.exists() || Path::new(&log).exists() {
        return None;
    }
    let folder = std::env::current_dir().map_or_else(|_| ".".to_owned(), |folder| folder.display().to_string());
    Some(format!(
        "there is no database {url} in {folder}: run this in the folder where the collector runs, or name its settings or its \
         database with --config or --database-url; `rapport migrate` begins a new one, and so does `rapport serve`"
    ))
}

/// Warns of each address that a command just printed and that leads nowhere but on this machine.
pub(crate) fn warn_of_loopback(config: &Config, printed: &[Address]) {
    for only_here in config.only_here(printed) {
        output::warn(&format!("{}, and run this again", only_here.reason()));
    }
}

/// The URL as it may be shown: what stands between the user name and the host is nobody's business.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (credentials, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{host}"),
        None => url.to_owned(),
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    match start(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(reason)) => {
            output::complain(&reason);
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn start(arguments: Arguments) -> Result<(), Failure> {
    let mut config = Config::load(arguments.config.as_deref(), &arguments.flags)?;
    if matches!(arguments.command, Command::Demo(_)) && config.database_url == Config::default().database_url {
        config.database_url = demo::DATABASE_URL.into();
    }
    log::start(&config)?;
    file_limit::report()?;
    match &arguments.command {
        Command::Doctor => return doctor::run(&config).await,
        Command::Backup(options) => return backup::back_up(&config, options),
        Command::Restore(options) => return backup::restore(&config, options),
        _ => {}
    }
    let doors = Doors::open(&arguments.command, &mut config).await?;
    let session = match &arguments.command {
        Command::Serve | Command::Demo(_) => Session::open_to_collect(config).await?,
        Command::Migrate => Session::begin(config).await?,
        _ => Session::open(config).await?,
    };
    let result = match arguments.command {
        Command::Serve => {
            serve::warn_of_loopback(&session.config);
            serve::run(&session, doors).await
        }
        Command::Demo(options) => demo::run(&session, &options, doors).await,
        Command::Migrate => backup::migrate(&session),
        Command::Site(command) => site::run(&session, command).await,
        Command::Survey(command) => survey::run(&session, command).await,
        Command::Member(command) => member::run(&session, command).await,
        Command::Key(command) => key::run(&session, command).await,
        Command::Annotation(command) => annotation::run(&session, command).await,
        Command::Customer(command) => customer::run(&session, command).await,
        Command::Mail(command) => mail::run(&session, command).await,
        Command::Share(command) => share::run(&session, command).await,
        Command::Job(command) => job::run(&session, command).await,
        Command::Doctor | Command::Backup(_) | Command::Restore(_) => Ok(()),
    };
    session.store.shut_down().await;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(without_password("postgres://me:s3:cr@t@db/rapport"), "postgres://me:***@db/rapport");
        assert_eq!(without_password("postgres://me@db/rapport"), "postgres://me@db/rapport");
        assert_eq!(without_password("sqlite://rapport.db"), "sqlite://rapport.db");
    }
}
