//! `rapport survey`: bring a survey's definition into a site, and see which there are.

use super::{Failure, Session, appearance, link, output};
use crate::definition::{self, pool};
use rapport_shared::survey::{Fault, Survey};
use rapport_store::site::Site;
use rapport_store::survey::Applied;
use std::path::{Path, PathBuf};

/// What can be done with surveys.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Create surveys from JSON files, or add a version of those that say something new
    Apply {
        /// Key or name of the site
        site: String,
        /// The definitions; those that lead to each other are applied together
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// List the surveys that are ready to be used, or print one to change and apply
    Pool {
        /// Name of one of them
        name: Option<String>,
    },
    /// Create a survey from one of the pool
    AddFrom {
        /// Name in the pool
        pool: String,
        /// Key or name of the site
        site: String,
    },
    /// List the surveys of a site
    List {
        /// Key or name of the site
        site: String,
    },
    /// Print links for a mail, one for each answer that one click can give, and the question as HTML with them
    Link(link::Options),
    /// Show a survey on the site's pages
    Activate {
        /// Key or name of the site
        site: String,
        /// Id of the survey
        survey: String,
    },
    /// Keep a survey off the site's pages; its answers stay
    Deactivate {
        /// Key or name of the site
        site: String,
        /// Id of the survey
        survey: String,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Apply { site, files } => apply(session, &site, &files).await,
        Command::Pool { name } => show_pool(name.as_deref()),
        Command::AddFrom { pool, site } => add_from(session, &pool, &site).await,
        Command::Link(options) => link::run(session, &options).await,
        Command::List { site } => list(session, &site).await,
        Command::Activate { site, survey } => activate(session, &site, &survey, true).await,
        Command::Deactivate { site, survey } => activate(session, &site, &survey, false).await,
    }
}

/// What is wrong with a file, a line for each fault.
pub(super) fn refusal(file: &Path, faults: &[Fault]) -> Failure {
    let lines: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    format!("{} cannot be used:{}", file.display(), lines.concat()).into()
}

async fn apply(session: &Session, site: &str, files: &[PathBuf]) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let (mut surveys, mut refused, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        match definition::survey(&text) {
            Ok(survey) => {
                warnings.extend(silence(&survey, &text));
                surveys.push(survey);
            }
            Err(faults) => refused.push(refusal(file, &faults).0),
        }
    }
    if !refused.is_empty() {
        return Err(refused.join("\n").into());
    }
    // Those that come together may lead to each other; none is kept unless all can be.
    let mut known: Vec<String> =
        session.store.surveys(site.site_id).await?.into_iter().map(|listed| listed.survey.id).collect();
    known.extend(surveys.iter().map(|survey| survey.id.clone()));
    for (survey, file) in surveys.iter().zip(files) {
        let faults = survey.faults_beside(&known);
        if !faults.is_empty() {
            return Err(refusal(file, &faults));
        }
    }
    for survey in &surveys {
        keep(session, &site, survey).await?;
    }
    warnings.iter().for_each(|warning| output::warn(warning));
    Ok(())
}

/// What to say of a survey that nobody gave a moment: it may be meant for a button, or its trigger was forgotten.
fn silence(survey: &Survey, text: &str) -> Option<String> {
    let written: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    (survey.placement.has_trigger() && written.get("trigger").is_none()).then(|| {
        let (id, placement) = (&survey.id, survey.placement.as_str());
        format!(
            "{id} is a {placement} without a trigger, so it never appears by itself: give it one, such as \
             \"trigger\": {{ \"on\": \"delay\", \"delay_ms\": 5000 }}, or say {{ \"on\": \"manual\" }} if a button of yours opens it"
        )
    })
}

async fn keep(session: &Session, site: &Site, survey: &Survey) -> Result<(), Failure> {
    let is_new = !session.store.surveys(site.site_id).await?.iter().any(|listed| listed.survey.id == survey.id);
    let action = if is_new { "survey.create" } else { "survey.change" };
    let entry = session.note(action, format!("survey {}", survey.id));
    match session.store.apply_survey(site.site_id, survey, &entry).await? {
        Applied::Created => println!("Created {} on {}.", survey.id, site.name),
        Applied::Versioned(version) => println!("{} on {} is now at version {version}.", survey.id, site.name),
        Applied::Unchanged(version) => {
            println!("{} on {} says this already (version {version}).", survey.id, site.name)
        }
    }
    let listed = session.store.surveys(site.site_id).await?;
    println!("{}", appearance::of(survey, site, &listed, session.config.base_url()));
    Ok(())
}

fn unknown_pool(name: &str) -> Failure {
    format!("there is no {name} in the pool: see `rapport survey pool`").into()
}

fn show_pool(name: Option<&str>) -> Result<(), Failure> {
    match name {
        Some(name) => print!("{}", pool::text(name).ok_or_else(|| unknown_pool(name))?),
        None => {
            for survey in pool::names().filter_map(pool::survey) {
                println!("{:<20} {:>2} questions  {}", survey.id, survey.questions.len(), survey.name);
            }
        }
    }
    Ok(())
}

async fn add_from(session: &Session, name: &str, site: &str) -> Result<(), Failure> {
    let survey = pool::survey(name).ok_or_else(|| unknown_pool(name))?;
    let site = session.site(site).await?;
    keep(session, &site, &survey).await
}

async fn list(session: &Session, site: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let surveys = session.store.surveys(site.site_id).await?;
    if surveys.is_empty() {
        println!("{} has no survey yet: `rapport survey apply {} FILE`", site.name, site.key);
    }
    for listed in surveys {
        let state = if listed.active { "active" } else { "inactive" };
        println!("{}  version {}  {state}  {}", listed.survey.id, listed.survey.version, listed.survey.name);
    }
    Ok(())
}

async fn activate(session: &Session, site: &str, survey: &str, active: bool) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let action = if active { "survey.activate" } else { "survey.deactivate" };
    let entry = session.note(action, format!("survey {survey}"));
    if !session.store.activate_survey(site.site_id, survey, active, &entry).await? {
        return Err(format!("{} has no survey {survey}: see `rapport survey list {}`", site.name, site.key).into());
    }
    println!("{survey} on {} is {}.", site.name, if active { "active" } else { "inactive" });
    Ok(())
}
