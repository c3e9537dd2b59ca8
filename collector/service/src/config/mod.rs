//! How the operator wants it. Later wins: defaults, then the file, then the environment, then the command line.
//!
//! The file is `rapport.toml` in the working directory, or the one that `--config` or `RAPPORT_CONFIG` names. The
//! environment says `RAPPORT_` and the key in capitals: `RAPPORT_PUBLIC_URL=https://feedback.example.com`; a list is
//! written `RAPPORT_TRUSTED_PROXIES=[10.0.0.0/8]`. A key that does not exist is refused by its name.

mod mail;
pub(crate) mod names;
mod network;
mod reach;
mod script;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
pub use mail::{MailServer, MailTls, Mailbox, Secret, SignIn};
pub use names::Names;
pub use network::Network;
use rapport_ingest::country::Countries;
use rapport_store::site::origin;
pub use reach::{Address, OnlyHere};
pub use script::Script;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::Path;

/// The file that is read when none is named; it may be missing.
pub const DEFAULT_FILE: &str = "rapport.toml";

/// The settings of a collector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub database_url: String,
    /// How people and pages reach it from outside; empty means `http://` and `listen`.
    pub public_url: String,
    /// Where pages find the script, when its host, path or name differ from `rapport.js` at `public_url`: whatever pages ask
    /// of the collector is then answered below the same path as well.
    pub script_url: String,
    /// Proxies whose `X-Forwarded-For` is believed: addresses or networks.
    pub trusted_proxies: Vec<Network>,
    /// Batches that one client address may send in a minute.
    pub batches_per_minute: u32,
    /// Batches that one client address may send at once, before the rate counts.
    pub batch_burst: u32,
    /// Attempts to sign in that one client address has in a minute.
    pub sign_in_attempts_per_minute: u32,
    /// Days until a person has to sign in again.
    pub session_days: u32,
    /// Networks from which `/metrics` may be read.
    pub metrics_networks: Vec<Network>,
    /// Longest time a request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// Most connections at a time; when all are taken, the longest silent one makes room.
    pub max_connections: u32,
    /// Longest time until a request's headers are here, in milliseconds.
    pub header_timeout_ms: u64,
    /// Longest time a connection may be kept between two requests, in milliseconds.
    pub idle_timeout_ms: u64,
    /// Longest time from a request's headers until its response has been read, in milliseconds.
    pub exchange_timeout_ms: u64,
    /// Longest wait for running requests when it stops, in milliseconds.
    pub shutdown_timeout_ms: u64,
    /// A database of the countries of addresses (MMDB); empty for none: countries are not told apart then.
    pub country_database: String,
    /// The mail server that takes what is sent: `smtp://HOST`, `smtp://HOST:PORT` or `smtp://USER@HOST:PORT`; empty for none.
    pub mail_url: String,
    /// How the connection to it is kept from others.
    pub mail_tls: MailTls,
    /// Whom mails come from, as `Rapport <reports@example.com>`.
    pub mail_from: String,
    /// The password of the user; never shown.
    pub mail_password: Secret,
    /// A file that has the password; it comes first.
    pub mail_password_file: String,
    /// A file with the certificate (PEM) that signed the mail server's, where that is one of your own.
    pub mail_ca_file: String,
    /// Private networks inside which webhooks and chats may be told something; empty for none. `http://` goes to these alone.
    pub webhook_networks: Vec<Network>,
    /// The mailbox to which customers write: `imap://USER@HOST` or `imap://USER@HOST:PORT`; empty for none.
    pub mail_in_url: String,
    /// How the connection to it is kept from others.
    pub mail_in_tls: MailTls,
    /// How its user signs in.
    pub mail_in_sign_in: SignIn,
    /// The password of its user, or the token; never shown.
    pub mail_in_password: Secret,
    /// A file that has it, which is read anew each time; it comes first.
    pub mail_in_password_file: String,
    /// The folder that is read.
    pub mail_in_folder: String,
    /// The folder to which mails are moved that were taken; empty for none: they stay.
    pub mail_in_done_folder: String,
    /// What its mail server calls itself in `Authentication-Results`; empty where it says nothing that counts.
    pub mail_in_authority: String,
    /// What is logged, as a `tracing` filter: `info`, `warn`, `rapport=debug`.
    pub log_filter: String,
    /// How it is logged.
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database_url: "sqlite://rapport.db".into(),
            public_url: String::new(),
            script_url: String::new(),
            trusted_proxies: Vec::new(),
            batches_per_minute: 120,
            batch_burst: 60,
            sign_in_attempts_per_minute: 10,
            session_days: 30,
            metrics_networks: vec![Network::IPV4_LOOPBACK, Network::IPV6_LOOPBACK],
            request_timeout_ms: 15_000,
            max_connections: 4_096,
            header_timeout_ms: 10_000,
            idle_timeout_ms: 130_000,
            exchange_timeout_ms: 600_000,
            shutdown_timeout_ms: 10_000,
            country_database: String::new(),
            mail_url: String::new(),
            mail_tls: MailTls::Starttls,
            mail_from: String::new(),
            mail_password: Secret::default(),
            mail_password_file: String::new(),
            mail_ca_file: String::new(),
            webhook_networks: Vec::new(),
            mail_in_url: String::new(),
            mail_in_tls: MailTls::Implicit,
            mail_in_sign_in: SignIn::Password,
            mail_in_password: Secret::default(),
            mail_in_password_file: String::new(),
            mail_in_folder: "INBOX".into(),
            mail_in_done_folder: String::new(),
            mail_in_authority: String::new(),
            log_filter: "info,sqlx=warn".into(),
            log_format: LogFormat::Text,
        }
    }
}

/// What the command line may set.
#[derive(Clone, Debug, Default, Serialize, clap::Args)]
pub struct Flags {
    /// Where to listen, as 127.0.0.1:8080
    #[arg(long, global = true, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
    /// How people and pages reach the collector from outside
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// A proxy or network whose X-Forwarded-For is believed; may be given several times
    #[arg(long = "trusted-proxy", global = true, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_proxies: Vec<Network>,
    /// What to log, as info or rapport=debug
    #[arg(long, global = true, value_name = "FILTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_filter: Option<String>,
    /// How to log
    #[arg(long, global = true, value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<LogFormat>,
}

impl Config {
    /// Environment variables of the build and the tests that begin like ours: not settings.
    fn is_setting(variable: &figment::value::UncasedStr) -> bool {
        !["config", "wasm_opt", "binary"].iter().any(|other| variable == *other) && !variable.starts_with("test_")
    }

    /// Reads the settings; `file` is the one that was named, if any.
    ///
    /// # Errors
    /// What is wrong and where it came from, in plain words.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, String> {
        if let Some(file) = file.filter(|file| !file.is_file()) {
            return Err(format!("there is no configuration file {}", file.display()));
        }
        let file = file.or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|file| file.is_file()));
        let figment = Figment::from(Serialized::defaults(Self::default()));
        let figment = match file {
            Some(file) => figment.merge(Toml::file_exact(file)),
            None => figment,
        }
        .merge(Env::prefixed("RAPPORT_").filter(Self::is_setting))
        .merge(Serialized::defaults(flags));
        let config: Self = figment.extract().map_err(|error| explain(&error))?;
        config.check()?;
        Ok(config)
    }

    /// The address that links, script tags and cookies are made for, without a slash at its end.
    pub fn base_url(&self) -> String {
        if self.public_url.is_empty() {
            format!("http://{}", self.listen)
        } else {
            self.public_url.trim_end_matches('/').to_owned()
        }
    }

    /// The origin of the dashboards, as browsers write it.
    pub fn dashboard_origin(&self) -> String {
        let base = self.base_url();
        let host = base.find("://").map_or(0, |at| at + 3);
        let end = base[host..].find('/').map_or(base.len(), |at| host + at);
        origin::normalize(&base[..end]).unwrap_or_default()
    }

    /// Whether people reach it over TLS: cookies are marked Secure then.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Where pages find the script.
    pub fn script(&self) -> Script {
        let usual = || Script { origin: self.base_url(), folder: String::new(), name: script::NAME.into() };
        // Checked when the settings were read.
        Script::parse(&self.script_url).unwrap_or_else(|_| usual())
    }

    /// The countries of addresses.
    pub fn countries(&self) -> Countries {
        if self.country_database.is_empty() { Countries::default() } else { Countries::of_file(&self.country_database) }
    }

    /// What pages call everything else. Where the script is that of the collector itself, everything has its usual name.
    pub fn names(&self) -> Names {
        let script = self.script();
        let is_usual = self.script_url.is_empty() || script.url() == format!("{}/{}", self.base_url(), script::NAME);
        Names::of(&script, is_usual)
    }

    fn check(&self) -> Result<(), String> {
        if !self.script_url.is_empty()
            && let Err(reason) = Script::parse(&self.script_url)
        {
            return Err(format!("script_url: {reason}"));
        }
        let is_of_web = |url: &str| origin::normalize(url).is_ok_and(|origin| origin::is_of_web(&origin));
        if !self.public_url.is_empty() && !is_of_web(&self.public_url) {
            return Err(format!(
                "public_url: \"{}\" must be a scheme and a host, as in https://feedback.example.com",
                self.public_url
            ));
        }
        crate::mail::Mailer::new(self)?;
        self.mailbox()?;
        for (key, value) in [
            ("batches_per_minute", self.batches_per_minute),
            ("batch_burst", self.batch_burst),
            ("sign_in_attempts_per_minute", self.sign_in_attempts_per_minute),
            ("session_days", self.session_days),
            ("max_connections", self.max_connections),
        ] {
            if value == 0 {
                return Err(format!("{key}: must be at least 1"));
            }
        }
        for (key, value_ms) in [
            ("request_timeout_ms", self.request_timeout_ms),
            ("header_timeout_ms", self.header_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("exchange_timeout_ms", self.exchange_timeout_ms),
        ] {
            if value_ms < 100 {
                return Err(format!("{key}: must be at least 100"));
            }
        }
        Ok(())
    }
}

/// A refusal in one line a fault: the key, what is wrong, where it was set.
fn explain(error: &figment::Error) -> String {
    let lines: Vec<String> = error
        .clone()
        .into_iter()
        .map(|error| {
            let key = error.path.join(".");
            let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
            let source = error.metadata.as_ref().map(|metadata| match &metadata.source {
                Some(source) => format!(" (set in {} {source})", metadata.name),
                None => format!(" (set in {})", metadata.name),
            });
            format!("{key}{}{}", error.kind, source.unwrap_or_default())
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use figment::Jail;

    fn load(flags: &Flags) -> Result<Config, String> {
        Config::load(None, flags)
    }

    #[test]
    fn the_example_file_is_the_defaults() {
        let text = include_str!("../../../../rapport.example.toml");
        let example: toml::Table = text.parse().unwrap();
        let defaults: toml::Table = toml::Table::try_from(Config::default()).unwrap();
        assert_eq!(example, defaults, "every key is in the example, with its default");
    }

    #[test]
    #[allow(clippy::result_large_err, reason = "the signature is figment's")]
    fn flags_beat_the_environment_beats_the_file_beats_the_defaults() {
        Jail::expect_with(|jail| {
            let none = Flags::default();
            assert_eq!(load(&none), Ok(Config::default()));
            jail.create_file(DEFAULT_FILE, "batch_burst = 7\nsession_days = 3\nlog_filter = 'warn'")?;
            jail.set_env("RAPPORT_SESSION_DAYS", "4");
            jail.set_env("RAPPORT_LOG_FILTER", "debug");
            jail.set_env("RAPPORT_TRUSTED_PROXIES", "[10.0.0.0/8, ::1]");
            jail.set_env("RAPPORT_TEST_POSTGRES_URL", "is no setting");
            jail.set_env("RAPPORT_WASM_OPT", "is no setting");
            let config = load(&Flags { log_filter: Some("trace".into()), ..none }).unwrap();
            assert_eq!(config.batch_burst, 7);
            assert_eq!(config.session_days, 4);
            assert_eq!(config.log_filter, "trace");
            assert_eq!(config.trusted_proxies.len(), 2);
            assert_eq!(config.listen, Config::default().listen);
            Ok(())
        });
    }

    #[test]
    #[allow(clippy::result_large_err, reason = "the signature is figment's")]
    fn a_mistake_is_refused_by_its_key_and_its_source() {
        for (file, named) in [
            ("listne = '127.0.0.1:1'", vec!["listne", "rapport.toml"]),
            ("listen = 'here'", vec!["listen", "rapport.toml"]),
            ("public_url = 'https://example.com/path'", vec!["public_url"]),
            ("script_url = 'https://example.com/voice'", vec!["script_url", "voice.js"]),
            ("trusted_proxies = ['10.0.0.0/99']", vec!["trusted_proxies", "10.0.0.0/99"]),
            ("batch_burst = 0", vec!["batch_burst"]),
            ("max_connections = 0", vec!["max_connections"]),
            ("idle_timeout_ms = 5", vec!["idle_timeout_ms", "100"]),
            ("batch_burst = -1", vec!["batch_burst"]),
            ("log_format = 'xml'", vec!["log_format", "xml"]),
        ] {
            Jail::expect_with(|jail| {
                jail.create_file(DEFAULT_FILE, file)?;
                let error = load(&Flags::default()).expect_err(file);
                assert!(named.iter().all(|part| error.contains(part)), "{file}: {error}");
                Ok(())
            });
        }
        Jail::expect_with(|jail| {
            jail.set_env("RAPPORT_PUBLIK_URL", "https://example.com");
            let error = load(&Flags::default()).expect_err("an unknown variable");
            assert!(error.to_lowercase().contains("publik_url") && error.contains("environment"), "{error}");
            Ok(())
        });
    }
}
