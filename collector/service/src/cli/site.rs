//! `rapport site`: add a website, and see which there are.

use super::survey::refusal;
use super::{Failure, Session, origin as origins, pool, warn_of_loopback};
use crate::config::Address;
use crate::definition;
use crate::job::recount_days::RecountDays;
use crate::member::format::counted;
use crate::public::asset::Files;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::tz::TimeZone;
use rapport_ingest::signature;
use rapport_report::install::tag;
use rapport_shared::survey::{CsatDisplay, Question, QuestionKind, Survey};
use rapport_shared::theme::Theme;
use rapport_store::calendar::zone;
use rapport_store::site::secrets::Purpose;
use rapport_store::site::{Site, WATCHES, origin};
use sha2::{Digest as _, Sha384};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Accent colour of a site that chose none: readable with white text on it (contrast 6.0).
const ACCENT_COLOR: &str = "#3457d5";

/// What can be done with sites.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Add a website with a first survey, and print its script tag
    Add {
        /// What people call it
        name: String,
        /// Where its pages are, as https://www.example.com; may be given several times
        #[arg(long = "origin", required = true, value_name = "ORIGIN")]
        origins: Vec<String>,
        /// The zone its days are cut in, as Europe/Berlin
        #[arg(long, default_value = "UTC", value_name = "ZONE")]
        time_zone: String,
    },
    /// Print the script tag of a website
    Tag {
        /// Key or name of the site
        site: String,
        /// With the hash of the loader: a browser then refuses any other version, so print it again after an upgrade
        #[arg(long)]
        integrity: bool,
    },
    /// Where its pages are: only those may send
    #[command(subcommand)]
    Origin(origins::Command),
    /// Set how many days pass between any two surveys that appear of their own accord
    Cooldown {
        /// Key or name of the site
        site: String,
        /// Days, 0 for no limit
        #[arg(value_parser = clap::value_parser!(u32).range(..=3_650))]
        days: u32,
    },
    /// Set of how many views in a hundred clicks are kept for heat maps
    Heat {
        /// Key or name of the site
        site: String,
        /// Percent of views, 0 for none
        #[arg(value_parser = clap::value_parser!(u32).range(..=100))]
        percent: u32,
    },
    /// Have pages watch for what not every site asks for: images that do not load, requests that fail; without any, for nothing
    Watch {
        /// Key or name of the site
        site: String,
        /// What to watch for
        #[arg(value_parser = WATCHES)]
        what: Vec<String>,
    },
    /// Cut the days of a website in another zone, and count those anew that are counted already
    TimeZone {
        /// Key or name of the site
        site: String,
        /// As Europe/Berlin
        zone: String,
    },
    /// List the websites with their keys
    List,
    /// Change how the widget looks, by a JSON file; without one print how it does
    Theme {
        /// Key or name of the site
        site: String,
        /// The theme: accent, accent_text, background, text, dark_background, dark_text, radius_px, font, density,
        /// position, scheme, launcher, logo, logo_text, css
        file: Option<PathBuf>,
    },
    /// Print a secret of a website, for its servers only
    Secret {
        /// Key or name of the site
        site: String,
        /// What it is for: order signs purchases, so that their reviews are verified; recipient signs links in mails; identity
        /// signs customers
        purpose: Shown,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add { name, origins, time_zone } => add(session, name, &origins, &time_zone).await,
        Command::Tag { site, integrity } => {
            let site = session.site(&site).await?;
            let tag = tag(&session.config.script().url(), &site.key);
            println!(
                "{}",
                if integrity { with_integrity(&tag, &Files::loader_of(&session.config.names())) } else { tag }
            );
            warn_of_loopback(&session.config, &[Address::Script]);
            Ok(())
        }
        Command::Origin(command) => origins::run(session, command).await,
        Command::Cooldown { site, days } => {
            let site = session.site(&site).await?;
            let entry = session.note("cooldown.change", format!("cooldown to {}", counted(days, "days")));
            session.store.set_site_cooldown_days(site.site_id, days, &entry).await?;
            let days = counted(days, "days");
            println!("{}: {days} between any two surveys that appear of their own accord.", site.name);
            Ok(())
        }
        Command::Heat { site, percent } => {
            let site = session.site(&site).await?;
            let entry = session.note("heatmap.change", format!("heat maps to {percent} % of views"));
            session.store.set_site_heat_percent(site.site_id, percent, &entry).await?;
            println!("{}: clicks are kept for heat maps of {percent} % of the views.", site.name);
            Ok(())
        }
        Command::Watch { site, what } => {
            let site = session.site(&site).await?;
            let watches: Vec<_> = WATCHES.into_iter().filter(|name| what.iter().any(|wanted| wanted == name)).collect();
            let watches = watches.join(" ");
            let told = if watches.is_empty() { "nothing besides".to_owned() } else { watches.replace(' ', " and ") };
            let entry = session.note("watch.change", format!("what pages watch to {told}"));
            session.store.set_site_watches(site.site_id, &watches, &entry).await?;
            println!("{}: pages watch {told}, within a minute.", site.name);
            Ok(())
        }
        Command::TimeZone { site, zone } => time_zone(session, &site, &zone).await,
        Command::List => list(session).await,
        Command::Theme { site, file } => theme(session, &site, file.as_deref()).await,
        Command::Secret { site, purpose } => secret(session, &site, purpose).await,
    }
}

async fn add(session: &Session, name: String, origins: &[String], time_zone: &str) -> Result<(), Failure> {
    if !(1..=120).contains(&name.trim().chars().count()) {
        return Err("the name must be 1 to 120 characters".into());
    }
    let written = origins;
    let origins: Vec<String> = written.iter().map(|text| origin::normalize(text)).collect::<Result<_, _>>()?;
    written.iter().zip(&origins).for_each(|(written, origin)| origins::tell_converted(written, origin));
    let origins = each_once(origins);
    let time_zone = known_zone(time_zone)?;
    // Every command finds a site by its name too.
    if let Some(known) = session.store.sites().await?.iter().find(|known| known.is_called(name.trim())) {
        let Site { key, name, .. } = known;
        return Err(format!(
            "there is a site {name} already, with the key {key}: `rapport site tag {key}` prints its script tag; choose \
             another name for another site"
        )
        .into());
    }
    let site = Site {
        site_id: session.clock.new_id(),
        key: random_key(),
        name: name.trim().into(),
        origins,
        time_zone,
        accent_color: ACCENT_COLOR.into(),
        created_at_ms: session.clock.now_ms(),
    };
    session.store.add_site(&site).await?;
    let survey = first_survey();
    let entry = session.note("survey.create", format!("survey {}", survey.id));
    session.store.apply_survey(site.site_id, &survey, &entry).await?;
    let base_url = session.config.base_url();
    println!("Added {} with the survey \"feedback\". Put this into every page:\n", site.name);
    println!("  {}\n", tag(&session.config.script().url(), &site.key));
    println!("Next: `rapport member add {} YOU@EXAMPLE.COM --role owner`, then open {base_url}/", site.key);
    warn_of_loopback(&session.config, &[Address::Script, Address::Collector]);
    Ok(())
}

fn known_zone(name: &str) -> Result<TimeZone, Failure> {
    let reason = || format!("there is no time zone {name} that browsers know: use a name such as Europe/Berlin");
    Ok(zone(name).ok_or_else(reason)?)
}

async fn time_zone(session: &Session, site: &str, name: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let (zone, before) = (known_zone(name)?, site.time_zone_name());
    let now = zone.iana_name().unwrap_or("UTC");
    if now == before {
        return Err(format!("the days of {} are cut in {now} already", site.name).into());
    }
    let entry = session.note("time_zone.change", format!("time zone from {before} to {now}"));
    let later = RecountDays::of(&site, session.clock.now_ms())?;
    let days = session.store.set_site_time_zone(&site, &zone, (&later, &entry), &session.clock).await??;
    println!("The days of {} are cut in {now}, no longer in {before}.", site.name);
    if days > 0 {
        let days = counted(days as u64, "days");
        println!(
            "{days} with data are counted anew of their hours by the collector, and reports add up the hours until then: no view and \
             no answer is lost, but each counts on the day that it was in {now}. What was exported or written down before goes by \
             {before}; visitors without consent may count twice today. Schedules of surveys and the last day of links go by \
             {now} from now on."
        );
    }
    Ok(())
}

/// Every origin once, in the order given.
fn each_once(mut origins: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    origins.retain(|origin| seen.insert(origin.clone()));
    origins
}

async fn list(session: &Session) -> Result<(), Failure> {
    let sites = session.store.sites().await?;
    if sites.is_empty() {
        println!("There is no site yet: `rapport site add NAME --origin https://www.example.com`");
    }
    for site in sites {
        println!("{}  {}  {}  {}", site.key, site.name, site.time_zone_name(), site.origins.join(" "));
    }
    Ok(())
}

async fn theme(session: &Session, site: &str, file: Option<&Path>) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let Some(file) = file else {
        let theme = session.store.theme(site.site_id).await?;
        let theme = theme.unwrap_or_else(|| Theme { accent: site.accent_color, ..Theme::default() });
        println!("{}", serde_json::to_string_pretty(&theme).map_err(|error| error.to_string())?);
        return Ok(());
    };
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let theme = definition::theme(&text).map_err(|faults| refusal(file, &faults))?;
    let entry = session.note("theme.change", "theme");
    session.store.set_theme(site.site_id, &theme, &entry).await?;
    println!("{} has a new theme; its pages show it within a minute.", site.name);
    Ok(())
}

/// Secrets that people may see; the others are the collector's alone.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Shown {
    /// HMAC-SHA-256 of order, line feed and thing makes a verified purchase
    Order,
    /// HMAC-SHA-256 of survey, line feed, recipient, line feed and last day (2026-03-31) makes a link of a mail personal
    Recipient,
    /// HMAC-SHA-256 of a customer's id lets a page speak for them: rapport('identify', id, traits, signature)
    Identity,
}

async fn secret(session: &Session, site: &str, shown: Shown) -> Result<(), Failure> {
    let purpose = match shown {
        Shown::Order => Purpose::Order,
        Shown::Recipient => Purpose::Recipient,
        Shown::Identity => Purpose::Identity,
    };
    let site = session.site(site).await?;
    let now_ms = session.clock.now_ms();
    let secret = session.store.site_secret(site.site_id, purpose, rapport_store::random::fresh(), now_ms).await?;
    // Whoever has it can sign: that it was shown is worth knowing.
    session.store.note(site.site_id, &session.note("secret.show", format!("secret {}", purpose.as_str()))).await?;
    println!("{}", signature::readable(&secret));
    Ok(())
}

/// A tag with the Subresource Integrity value of this version's loader (W3C SRI, SHA-384).
fn with_integrity(tag: &str, loader: &[u8]) -> String {
    let hash = BASE64.encode(Sha384::digest(loader));
    tag.replacen("<script ", &format!(r#"<script integrity="sha384-{hash}" crossorigin="anonymous" "#), 1)
}

/// 80 random bits in Crockford's base 32: nobody guesses it, everybody can read it out.
fn random_key() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits: u128 = rapport_store::random::fresh();
    (0..16).map(|place| ALPHABET[(bits >> (place * 5)) as usize & 31] as char).collect()
}

/// The survey that a new site begins with: a rating of the page, and its reason.
pub fn first_survey() -> Survey {
    let rating = QuestionKind::Csat {
        display: CsatDisplay::Smileys,
        low_label: "Very dissatisfied".into(),
        high_label: "Very satisfied".into(),
    };
    let reason = QuestionKind::OpenText { placeholder: String::new(), max_characters: 2_000 };
    pool::translated(Survey {
        id: "feedback".into(),
        name: "Page feedback".into(),
        title: "Feedback".into(),
        language: "en".into(),
        questions: vec![
            Question { required: true, ..Question::new("rating", rating, "How satisfied are you with this page?") },
            Question::new("reason", reason, "What is the main reason for your rating?"),
        ],
        ..Survey::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_survey_has_no_fault() {
        assert_eq!(first_survey().faults(), []);
    }

    #[test]
    fn keys_are_readable_and_differ() {
        let key = random_key();
        assert_eq!(key.len(), 16);
        assert!(key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert_ne!(key, random_key());
    }
}
