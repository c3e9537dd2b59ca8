//! `rapport share`: links under which a site's reports are read without an account.

use super::{Failure, Session};
use crate::member::format::TimeText;
use crate::member::share;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::audit::COMMAND_LINE;

/// What can be done with links.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List the links of a site, newest first; those that ended too, for 90 days
    List {
        /// Key or name of the site
        site: String,
    },
    /// Make a link useless, or all of a site's
    Revoke {
        /// Key or name of the site
        site: String,
        /// Id of the link, as listed
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// All links of the site
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { site } => list(session, &site).await,
        Command::Revoke { site, id, .. } => revoke(session, &site, id.as_deref()).await,
    }
}

async fn list(session: &Session, site: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let now_ms = session.clock.now_ms();
    let shares = session.store.shares(site.site_id, now_ms).await?;
    if shares.is_empty() {
        println!("{} shares nothing.", site.name);
    }
    let time = |at_ms| Time::new(at_ms, &site.time_zone).text();
    for share in shares {
        let state = match share.revoked_at_ms {
            Some(at_ms) => format!("revoked {}", time(at_ms)),
            None if share.is_open(now_ms) => format!("until {}", time(share.expires_at_ms)),
            None => format!("expired {}", time(share.expires_at_ms)),
        };
        let used =
            share.used_at_ms.map_or_else(|| "never used".to_owned(), |at_ms| format!("last used {}", time(at_ms)));
        let locked = if share.locked.is_empty() { String::new() } else { format!("  locked: {}", share.locked) };
        println!("{}  {}  {}  {state}  {used}  by {}{locked}", share.share_id, share.name, share.path, share.actor);
    }
    Ok(())
}

async fn revoke(session: &Session, site: &str, id: Option<&str>) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let now_ms = session.clock.now_ms();
    let ids: Vec<Id> = match id {
        Some(id) => {
            vec![Id::parse(id).ok_or_else(|| format!("\"{id}\" is no id of a link: see `rapport share list`"))?]
        }
        None => {
            let shares = session.store.shares(site.site_id, now_ms).await?;
            shares.iter().filter(|share| share.is_open(now_ms)).map(|share| share.share_id).collect()
        }
    };
    let mut revoked = 0;
    for share_id in ids {
        revoked +=
            usize::from(share::revoke(&session.store, &session.clock, site.site_id, COMMAND_LINE, share_id).await?);
    }
    match (revoked, id) {
        (0, Some(id)) => Err(format!("{} has no link {id} that could be revoked", site.name).into()),
        (1, _) => {
            println!("Revoked 1 link.");
            Ok(())
        }
        (revoked, _) => {
            println!("Revoked {revoked} links.");
            Ok(())
        }
    }
}
