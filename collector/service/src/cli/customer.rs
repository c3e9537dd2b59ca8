//! `rapport customer`: customers from a file, all that is stored of one, and their erasure.

use super::{Failure, Session};
use crate::import::{Options, Report, options_of};
use crate::privacy::{ELSEWHERE, Privacy, lines};
use futures_util::StreamExt;
use rapport_ingest::import::{Ended, Import};
use rapport_store::audit::COMMAND_LINE;
use rapport_store::customer::Customer;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a file that are read at a time.
const PIECE_BYTES: usize = 65_536;

/// What can be done with customers.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Take customers from a CSV file whose first line names the columns; lines at fault are left out and told
    Import(ImportOptions),
    /// Write everything that is stored of a customer as JSON
    Export {
        /// Key or name of the site
        site: String,
        /// What your own systems call the customer
        customer: String,
        /// The file, which must not be there; else it is printed
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Erase a customer and everything that is stored of them, for good; the receipt is printed
    Erase {
        /// Key or name of the site
        site: String,
        /// What your own systems call the customer
        customer: String,
        /// Erase: without it, it is only said what is there
        #[arg(long)]
        yes: bool,
    },
}

/// How a file is read.
#[derive(clap::Args)]
pub(super) struct ImportOptions {
    /// Key or name of the site
    site: String,
    /// The file
    file: PathBuf,
    /// Change nothing: only say what would change, and which lines are at fault
    #[arg(long)]
    trial: bool,
    /// auto, utf-8, utf-16 or windows-1252
    #[arg(long, default_value = "auto")]
    encoding: String,
    /// auto, comma, semicolon, tab or bar
    #[arg(long, default_value = "auto")]
    separator: String,
    /// What a column means where its header does not tell, as "Number=id"; any number of times
    #[arg(long, value_name = "HEADER=FIELD")]
    column: Vec<String>,
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Import(options) => import(session, options).await,
        Command::Export { site, customer, to } => export(session, (&site, &customer), to.as_deref()).await,
        Command::Erase { site, customer, yes } => erase(session, (&site, &customer), yes).await,
    }
}

async fn context(session: &Session, site: &str) -> Result<Arc<SiteContext>, Failure> {
    let site = session.site(site).await?;
    let sites = SiteDirectory::new(session.store.clone(), session.clock.clone());
    sites.by_id(site.site_id).await?.ok_or_else(|| "the site is gone".into())
}

fn ended(ended: Ended) -> Failure {
    match ended {
        Ended::Faults(faults) => {
            let each: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.field, fault.reason)).collect();
            Failure(each.join("\n"))
        }
        Ended::Store(error) => error.into(),
    }
}

async fn import(session: &Session, options: ImportOptions) -> Result<(), Failure> {
    let site = context(session, &options.site).await?;
    let mut told = vec![("encoding".to_owned(), options.encoding), ("separator".to_owned(), options.separator)];
    told.extend(options.column.into_iter().map(|column| ("column".to_owned(), column)));
    let read: Options = options_of(&told).map_err(|faults| ended(Ended::Faults(faults)))?;
    let read = Options { is_trial: options.trial, ..read };
    let unreadable = |error: std::io::Error| Failure(format!("{} cannot be read: {error}", options.file.display()));
    let mut file = std::fs::File::open(&options.file).map_err(unreadable)?;
    let mut import = Import::new(&session.store, &site, read, session.clock.now_ms());
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = file.read(&mut piece).map_err(unreadable)?;
        if length == 0 {
            break;
        }
        import.push(&piece[..length]).await.map_err(ended)?;
    }
    let report = import.end().await.map_err(ended)?;
    let noted = (&report, options.trial);
    crate::import::note(&session.store, &session.clock, &site, COMMAND_LINE, noted).await?;
    say(&report, options.trial);
    Ok(())
}

fn say(report: &Report, is_trial: bool) {
    for (header, meaning) in &report.columns {
        println!("column {header}: {meaning}");
    }
    for fault in &report.faults {
        println!("line {}, {}: {}", fault.line, fault.column, fault.reason);
    }
    let would = if is_trial { "Nothing was changed. It would be: " } else { "" };
    println!(
        "{would}{} lines: {} customers added, {} changed, {} the same, {} lines left out. {} are not written to.",
        report.lines, report.added, report.changed, report.same, report.bad, report.stopped
    );
}

async fn whose(privacy: &Privacy, site: &SiteContext, customer: &str) -> Result<Customer, Failure> {
    let found = privacy.whose(site, customer).await?;
    found.ok_or_else(|| format!("{} has no customer {customer}", site.site.name).into())
}

fn privacy(session: &Session) -> Privacy {
    Privacy { store: session.store.clone(), clock: session.clock.clone() }
}

async fn export(session: &Session, (site, customer): (&str, &str), to: Option<&Path>) -> Result<(), Failure> {
    let (site, privacy) = (context(session, site).await?, privacy(session));
    let customer = whose(&privacy, &site, customer).await?;
    let mut pieces = Box::pin(privacy.document(&site, COMMAND_LINE, &customer).await?);
    let unwritable = |error: std::io::Error| Failure(format!("the document cannot be written: {error}"));
    let mut out: Box<dyn Write + Send> = match to {
        Some(path) => Box::new(std::fs::File::create_new(path).map_err(unwritable)?),
        None => Box::new(std::io::stdout()),
    };
    while let Some(piece) = pieces.next().await {
        out.write_all(piece?.as_bytes()).map_err(unwritable)?;
    }
    out.write_all(b"\n").map_err(unwritable)?;
    out.flush().map_err(unwritable)
}

async fn erase(session: &Session, (site, customer): (&str, &str), is_meant: bool) -> Result<(), Failure> {
    let (site, privacy) = (context(session, site).await?, privacy(session));
    let customer = whose(&privacy, &site, customer).await?;
    let found = if is_meant {
        let erased = privacy.erase(&site, COMMAND_LINE, (&customer, &customer.external_id)).await;
        let receipt = erased.map_err(|problem| Failure(problem.detail))?;
        println!("Erased. Receipt {}:", receipt.erasure_id);
        receipt.found
    } else {
        println!("Nothing was erased: say --yes to erase this for good.");
        privacy.found(&site, customer.customer_id).await?
    };
    for line in lines(found) {
        println!("{:>8}  {} ({})", line.rows, line.label, line.table);
    }
    for line in ELSEWHERE {
        println!("{line}");
    }
    Ok(())
}
