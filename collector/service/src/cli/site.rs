//! `rapport site`: add a website, and see which there are.

use super::survey::refusal;
use super::{Failure, Session, origin as origins, warn_of_loopback};
use crate::config::Address;
use crate::definition;
use crate::job::recount_days::RecountDays;
use crate::job::remove_site::RemoveSite;
use crate::member::format::counted;
use crate::member::{removal, zone_told};
use crate::new_site::{self, Draft};
use crate::public::asset::Files;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rapport_ingest::signature;
use rapport_report::install::tag;
use rapport_shared::survey::Fault;
use rapport_shared::theme::Theme;
use rapport_store::audit::COMMAND_LINE;
use rapport_store::site::secrets::{MOST_OVERLAP_DAYS, Purpose};
use rapport_store::site::settings::{self, Done};
use rapport_store::site::{Site, WATCHES, origin};
use sha2::{Digest as _, Sha384};
use std::path::{Path, PathBuf};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

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
    /// Call a website otherwise
    Rename {
        /// Key or name of the site
        site: String,
        /// What people call it from now on
        name: String,
    },
    /// Remove a website with everything that was ever stored of it
    Remove {
        /// Key or name of the site
        site: String,
        /// The name of the site once more, so that none is removed by mistake; without it one reads what would go
        #[arg(long, default_value = "", value_name = "NAME")]
        confirm: String,
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
        /// Put another in its place first, and believe the one of before for so many days; 0 for no longer
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(0..=MOST_OVERLAP_DAYS))]
        rotate: Option<i64>,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add { name, origins, time_zone } => add(session, name, origins, time_zone).await,
        Command::Rename { site, name } => rename(session, &site, name).await,
        Command::Remove { site, confirm } => remove(session, &site, &confirm).await,
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
        Command::Secret { site, purpose, rotate } => secret(session, &site, purpose, rotate).await,
    }
}

async fn add(session: &Session, name: String, written: Vec<String>, time_zone: String) -> Result<(), Failure> {
    let draft = Draft { name, origins: written, time_zone };
    let site = match draft.check(&session.store, &session.clock).await? {
        Ok(site) => site,
        Err(faults) => return Err(session.refused(&draft, &faults).await),
    };
    for written in &draft.origins {
        origins::tell_converted(written, &origin::normalize(written)?);
    }
    new_site::add((&session.store, &session.clock), &site, COMMAND_LINE, None).await?;
    let base_url = session.config.base_url();
    println!("Added {} with the survey \"feedback\". Put this into every page:\n", site.name);
    println!("  {}\n", tag(&session.config.script().url(), &site.key));
    println!("Next: `rapport member add {} YOU@EXAMPLE.COM --role owner`, then open {base_url}/", site.key);
    warn_of_loopback(&session.config, &[Address::Script, Address::Collector]);
    Ok(())
}

impl Session {
    /// Why there is no such site, for whoever typed it.
    async fn refused(&self, draft: &Draft, faults: &[Fault]) -> Failure {
        let called = self.store.other_site_called(draft.name.trim(), None).await;
        if let (Ok(Some(Site { key, name, .. })), [_]) = (called, faults) {
            return Failure(format!(
                "there is a site {name} already, with the key {key}: `rapport site tag {key}` prints its script tag; choose \
                 another name for another site"
            ));
        }
        Failure(faults.iter().map(said).collect::<Vec<_>>().join("; "))
    }
}

/// A fault of a setting as a part of a sentence.
fn said(fault: &Fault) -> String {
    let begins = ["must ", "is ", "knows "].iter().any(|word| fault.reason.starts_with(word));
    let field = fault.field.replace('_', " ");
    if begins { format!("the {field} {}", fault.reason) } else { fault.reason.clone() }
}

/// Changes some of the settings of a site, by the rules of all of them.
async fn change(session: &Session, site: &Site, with: impl FnOnce(&mut settings::Draft)) -> Result<Done, Failure> {
    let before = session.store.site_settings(site).await?;
    let mut draft = settings::Draft::of(&before);
    with(&mut draft);
    let failure = |faults: Vec<Fault>| Failure(faults.iter().map(said).collect::<Vec<_>>().join("; "));
    let settings = draft.check().map_err(failure)?;
    let later = RecountDays::of(site, session.clock.now_ms())?;
    let who = (COMMAND_LINE, &session.clock);
    session.store.change_site_settings(site, &settings, &later, who).await?.map_err(failure)
}

async fn rename(session: &Session, site: &str, name: String) -> Result<(), Failure> {
    let site = session.site(site).await?;
    change(session, &site, |draft| draft.name.clone_from(&name)).await?;
    println!("{} is called {} from now on; its key stays {}.", site.name, name.trim(), site.key);
    Ok(())
}

async fn remove(session: &Session, site: &str, confirmed: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    if !removal::is_meant(&site, confirmed) {
        let going = session.store.going_with_site(site.site_id).await?;
        return Err(format!(
            "with {} go {}; nothing brings them back. To remove it for good: --confirm \"{}\"",
            site.name,
            removal::told(&going),
            site.name
        )
        .into());
    }
    let rest = RemoveSite::of(&site, session.clock.now_ms())?;
    session.store.remove_site(site.site_id, &rest, &session.clock).await?;
    println!("{} is gone; what it held is removed within the next minutes, by the collector.", site.name);
    Ok(())
}

async fn time_zone(session: &Session, site: &str, name: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let (zone, before) = (settings::time_zone(name)?, site.time_zone_name());
    let now = zone.iana_name().unwrap_or("UTC");
    if now == before {
        return Err(format!("the days of {} are cut in {now} already", site.name).into());
    }
    let done = change(session, &site, |draft| name.clone_into(&mut draft.time_zone)).await?;
    println!("The days of {} are cut in {now}, no longer in {before}.", site.name);
    if let Some(days) = done.recounted_days.filter(|days| *days > 0) {
        println!("{}", zone_told(&counted(days as u64, "days"), now, before));
    }
    Ok(())
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

async fn secret(session: &Session, site: &str, shown: Shown, rotate: Option<i64>) -> Result<(), Failure> {
    let purpose = match shown {
        Shown::Order => Purpose::Order,
        Shown::Recipient => Purpose::Recipient,
        Shown::Identity => Purpose::Identity,
    };
    let site = session.site(site).await?;
    let now_ms = session.clock.now_ms();
    if let Some(days) = rotate {
        let entry = session.note("secret.rotate", format!("secret {}", purpose.as_str()));
        let fresh = (purpose, rapport_store::random::fresh());
        session.store.rotate_secret(site.site_id, fresh, now_ms + days * DAY_MS, &entry).await?;
    }
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
