//! `rapport annotation`: releases and notes, which are marked on every chart of a site.

use super::{Failure, Session};
use crate::member::format::TimeText;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::annotation::{self, Added, Annotation, Draft};
use rapport_store::audit::COMMAND_LINE;
use rapport_store::site::Site;

/// Releases and notes that are listed.
const LISTED: i64 = 200;

/// What can be done with releases and notes.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Add a release or note
    Add {
        /// Key or name of the site
        site: String,
        /// The name of the release, or what is noted: at most 500 bytes
        text: String,
        /// What it is: release or note
        #[arg(long, default_value = "release", value_name = "KIND")]
        kind: String,
        /// When it was: an instant such as 2026-03-31T14:05:00Z, or a day or a time by the site's clocks such as 2026-03-31 or
        /// 2026-03-31T14:05; now when absent
        #[arg(long, default_value = "", value_name = "WHEN")]
        at: String,
        /// A UUID of your choice: added twice under it, it is there once
        #[arg(long, value_name = "UUID")]
        id: Option<String>,
    },
    /// List the releases and notes of a site, the latest first
    List {
        /// Key or name of the site
        site: String,
    },
    /// Remove a release or note
    Remove {
        /// Key or name of the site
        site: String,
        /// Its id, as listed
        id: String,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add { site, text, kind, at, id } => {
            let site = session.site(&site).await?;
            let id = id.map(|id| Id::parse(&id).ok_or_else(|| Failure(format!("--id must be a UUID, is {id}"))));
            let draft = Draft { kind: &kind, text: &text, at: &at };
            let added = add(session, &site, id.transpose()?, &draft).await?;
            println!("{}", told(&added, &site));
            Ok(())
        }
        Command::List { site } => list(session, &site).await,
        Command::Remove { site, id } => remove(session, &site, &id).await,
    }
}

/// Why it cannot be added, a line for each fault.
fn refusal(faults: &[Fault]) -> Failure {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Failure(lines.join("\n"))
}

/// Adds a release or note as the command does; it, as it is stored.
pub(super) async fn add(
    session: &Session,
    site: &Site,
    id: Option<Id>,
    draft: &Draft<'_>,
) -> Result<Annotation, Failure> {
    let id = id.unwrap_or_else(|| session.clock.new_id());
    let read = draft.read(&site.time_zone, (id, COMMAND_LINE, session.clock.now_ms()));
    let annotation = read.map_err(|faults| refusal(&faults))?;
    let entry = session.note("annotation.add", annotation.subject());
    match session.store.add_annotation(site.site_id, &annotation, &entry).await? {
        Added::Added => Ok(annotation),
        Added::Known(before) => {
            let is_same = annotation.says(&before) || draft.at.is_empty() && annotation.subject() == before.subject();
            let another = || format!("{} has another release or note under that id: {}", site.name, before.subject());
            if is_same { Ok(before) } else { Err(another().into()) }
        }
        Added::Full => Err(refusal(&[annotation::full()])),
    }
}

/// One on a line.
fn told(annotation: &Annotation, site: &Site) -> String {
    let at = Time::new(annotation.at_ms, &site.time_zone).text();
    let Annotation { annotation_id, kind, text, actor, .. } = annotation;
    format!("{annotation_id}  {at}  {:<7}  {text}  ({actor})", kind.as_str())
}

async fn list(session: &Session, site: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let mut found = session.store.annotations(site.site_id, None, LISTED + 1).await?;
    if found.is_empty() {
        println!("{} has no releases or notes yet: `rapport annotation add {} TEXT`", site.name, site.key);
    }
    let more = found.len() > LISTED as usize;
    found.truncate(LISTED as usize);
    for annotation in &found {
        println!("{}", told(annotation, &site));
    }
    if more {
        println!("There are older ones: see Releases and notes in the dashboards.");
    }
    Ok(())
}

async fn remove(session: &Session, site: &str, id: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let none =
        || Failure(format!("{} has no release or note {id}: see `rapport annotation list {}`", site.name, site.key));
    let id_of = Id::parse(id).ok_or_else(none)?;
    let annotation = session.store.annotation(site.site_id, id_of).await?.ok_or_else(none)?;
    let entry = session.note("annotation.remove", annotation.subject());
    if !session.store.remove_annotation(site.site_id, id_of, &entry).await? {
        return Err(none());
    }
    println!("Removed the {} from {}.", annotation.subject(), site.name);
    Ok(())
}
