//! `rapport job`: background jobs that nobody does, or that were given up.

use super::{Failure, Session};
use crate::job::worker::OVERDUE_MS;
use rapport_store::job::backlog::ListedJob;

/// Most jobs of a kind of trouble that are listed.
const LISTED: i64 = 1_000;

/// What can be done with jobs.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List the jobs that are overdue, and those that failed for good
    List,
    /// Have a job that failed for good tried again
    Retry {
        /// Kind of the job, as listed
        kind: String,
        /// Key of the job, as listed
        key: String,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::List => list(session).await,
        Command::Retry { kind, key } => retry(session, &kind, &key).await,
    }
}

async fn list(session: &Session) -> Result<(), Failure> {
    let overdue = session.store.overdue_jobs(session.clock.now_ms() - OVERDUE_MS, LISTED).await?;
    let failed = session.store.failed_jobs(LISTED).await?;
    if overdue.is_empty() && failed.is_empty() {
        println!("No background job is overdue, and none failed for good.");
    }
    let overdue = overdue.iter().map(|job| ("overdue", job));
    for (trouble, job) in overdue.chain(failed.iter().map(|job| ("failed", job))) {
        let ListedJob { kind, key, attempts, last_error, .. } = job;
        println!("{trouble:<8} {kind}  \"{key}\"  begun {attempts} times  {last_error}");
    }
    Ok(())
}

async fn retry(session: &Session, kind: &str, key: &str) -> Result<(), Failure> {
    if !session.store.retry_failed_job(kind, key, session.clock.now_ms()).await? {
        return Err(format!("no job {kind} \"{key}\" failed for good: see `rapport job list`").into());
    }
    println!("It is due now.");
    Ok(())
}
