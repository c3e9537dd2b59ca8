//! `rapport key`: keys with which servers read a site's figures.

use super::{Failure, Session, warn_of_loopback};
use crate::config::Address;
use crate::member::account::token;
use crate::server::key::random_key;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::api_key::{ApiKey, Draft};
use rapport_store::account::scope::Scope;

/// What can be done with keys.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make a key and print it, once
    Add {
        /// Key or name of the site
        site: String,
        /// What people call the key
        #[arg(long)]
        name: String,
        /// What it may do, one of the scopes of docs/operate.md such as reports:read; may be given several times
        #[arg(long = "scope", required = true, value_name = "SCOPE")]
        scopes: Vec<Scope>,
        /// For how many days it may be used; as long as nobody revokes it without
        #[arg(long, default_value = "", value_name = "DAYS")]
        days: String,
    },
    /// List the keys of a site
    List {
        /// Key or name of the site
        site: String,
    },
    /// Make a key useless
    Revoke {
        /// Key or name of the site
        site: String,
        /// Id of the key, as listed
        id: String,
    },
}

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add { site, name, scopes, days } => add(session, &site, name, &scopes, days).await,
        Command::List { site } => list(session, &site).await,
        Command::Revoke { site, id } => revoke(session, &site, &id).await,
    }
}

async fn add(session: &Session, site: &str, name: String, scopes: &[Scope], days: String) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let draft = Draft { name, scopes: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(), days };
    let refused = |faults: Vec<Fault>| {
        let told = faults.iter().map(|fault| format!("the {} {}", fault.field, fault.reason));
        Failure(told.collect::<Vec<_>>().join("; "))
    };
    let (secret, key) = (random_key(), ApiKey::new(&draft, &session.clock).map_err(refused)?);
    let entry = session.note("key.create", format!("key {}", key.key_id));
    session.store.add_api_key(site.site_id, &key, token::hash(&secret), &entry).await?;
    println!("Keep this key, it is not shown again:\n\n  {secret}\n");
    let address = format!("{}/api/v1/sites/{}/", session.config.base_url(), site.key);
    println!("Send it as `Authorization: Bearer {secret}` to {address}...");
    warn_of_loopback(&session.config, &[Address::Collector]);
    Ok(())
}

async fn list(session: &Session, site: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let keys = session.store.api_keys(site.site_id).await?;
    if keys.is_empty() {
        println!("{} has no keys.", site.name);
    }
    for key in keys {
        let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let day = |at_ms| jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().strftime("%Y-%m-%d").to_string();
        let used = key.used_at_ms.map_or("never used".to_owned(), |at_ms| format!("last used {}", day(at_ms)));
        let state = match (key.revoked_at_ms, key.expires_at_ms) {
            (Some(_), _) => "  revoked".to_owned(),
            (None, Some(until_ms)) => format!("  until {}", day(until_ms)),
            (None, None) => String::new(),
        };
        println!("{}  {}  {}  {used}{state}", key.key_id, key.name, scopes.join(" "));
    }
    Ok(())
}

async fn revoke(session: &Session, site: &str, id: &str) -> Result<(), Failure> {
    let site = session.site(site).await?;
    let key_id = Id::parse(id).ok_or_else(|| format!("\"{id}\" is no id of a key: see `rapport key list`"))?;
    let entry = session.note("key.revoke", format!("key {key_id}"));
    if !session.store.revoke_api_key(site.site_id, key_id, &entry).await? {
        return Err(format!("{} has no key {id} that could be revoked", site.name).into());
    }
    println!("Revoked.");
    Ok(())
}
