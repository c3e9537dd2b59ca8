//! `rapport site origin`: where a website's pages are.

use super::{Failure, Session};
use rapport_store::site::{directory, origin};

/// What can be done with origins.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Let the pages of one more origin send
    Add {
        /// Key or name of the site
        site: String,
        /// As https://www.example.com
        origin: String,
    },
    /// Refuse the pages of an origin from now on
    Remove {
        /// Key or name of the site
        site: String,
        /// As it is listed
        origin: String,
    },
    /// List the origins whose pages may send
    List {
        /// Key or name of the site
        site: String,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add { site, origin } => add(session, &site, &origin).await,
        Command::Remove { site, origin } => remove(session, &site, &origin).await,
        Command::List { site } => {
            for origin in session.site(&site).await?.origins {
                println!("{origin}");
            }
            Ok(())
        }
    }
}

/// Says how browsers write an origin that was given in another way.
pub(crate) fn tell_converted(written: &str, origin: &str) {
    if let Some(told) = origin::converted(written, origin) {
        println!("{told}");
    }
}

async fn add(session: &Session, site: &str, written: &str) -> Result<(), Failure> {
    let mut site = session.site(site).await?;
    let origin = origin::normalize(written)?;
    tell_converted(written, &origin);
    if site.origins.contains(&origin) {
        return Err(format!("{origin} is an origin of {} already", site.name).into());
    }
    site.origins.push(origin.clone());
    let entry = session.note("origin.add", format!("origin {origin}"));
    session.store.set_site_origins(site.site_id, &site.origins, &entry).await?;
    println!("Pages of {origin} may send to {} within {} seconds.", site.name, directory::FRESH_MS / 1_000);
    Ok(())
}

async fn remove(session: &Session, site: &str, origin: &str) -> Result<(), Failure> {
    let mut site = session.site(site).await?;
    let origin = origin::normalize(origin)?;
    if !site.origins.contains(&origin) {
        return Err(
            format!("{origin} is no origin of {}: see `rapport site origin list {}`", site.name, site.key).into()
        );
    }
    if site.origins.len() == 1 {
        let reason = "is the last origin of";
        return Err(format!("{origin} {reason} {}, and no page could send: add another one first", site.name).into());
    }
    site.origins.retain(|known| *known != origin);
    let entry = session.note("origin.remove", format!("origin {origin}"));
    session.store.set_site_origins(site.site_id, &site.origins, &entry).await?;
    println!("Pages of {origin} are refused by {} within {} seconds.", site.name, directory::FRESH_MS / 1_000);
    Ok(())
}
