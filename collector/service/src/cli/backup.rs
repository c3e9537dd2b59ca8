//! `rapport backup`, `restore` and `migrate`: what an operator does to the database as a whole.

use super::{Failure, Session, lack_of_database, without_password};
use crate::config::Config;
use crate::member::format::counted;
use rapport_store::clock::Clock;
use rapport_store::engine::backup::{self, Copied};
use std::path::PathBuf;

/// What may be chosen.
#[derive(clap::Args)]
pub(super) struct BackupOptions {
    /// The file to write
    file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

/// What may be chosen.
#[derive(clap::Args)]
pub(super) struct RestoreOptions {
    /// The backup to take
    file: PathBuf,
}

pub(super) fn back_up(config: &Config, options: &BackupOptions) -> Result<(), Failure> {
    if let Some(reason) = lack_of_database(&config.database_url) {
        return Err(reason.into());
    }
    let copied = backup::back_up(&config.database_url, &options.file, options.force)?;
    let url = without_password(&config.database_url);
    println!(
        "Backed up {url} to {}, and verified that every row is in it: {}.",
        options.file.display(),
        summary(&copied)
    );
    println!("It holds secrets and what people said: keep it as safe as the database.");
    Ok(())
}

pub(super) fn restore(config: &Config, options: &RestoreOptions) -> Result<(), Failure> {
    let now = jiff::Timestamp::from_millisecond(Clock::System.now_ms()).map_err(|error| error.to_string())?;
    let now = now.strftime("%Y%m%dT%H%M%S.%3fZ").to_string();
    let copied = backup::restore(&config.database_url, &options.file, &now)?;
    let url = without_password(&config.database_url);
    println!("Restored {} to {url}: {}.", options.file.display(), summary(&copied));
    println!(
        "Its pages, indexes and constraints are sound. Whether somebody changed words in it, only a checksum could tell."
    );
    if let Some(replaced) = copied.replaced {
        println!("What was there before is kept as {}.", replaced.display());
    }
    println!("Whoever was erased since this backup was made is in it: erase them again.");
    Ok(())
}

pub(super) fn migrate(session: &Session) -> Result<(), Failure> {
    let store = &session.store;
    if store.has_collector() == Some(true) && !store.is_overwritten()? {
        return Err(
            "the tables are up to date, but what was deleted long ago is still in free pages of the file: stop \
                    the collector and run this again"
                .into(),
        );
    }
    store.overwrite_deleted(true)?;
    println!("The {} database is up to date.", store.engine_name());
    Ok(())
}

fn summary(copied: &Copied) -> String {
    let counts = [("site", "sites"), ("response", "responses"), ("page_view", "page views"), ("customer", "customers")];
    let counts = counts.map(|(table, name)| counted(copied.rows_of(table), name));
    format!("{}, {} KiB", counts.join(", "), copied.bytes.div_ceil(1024))
}
