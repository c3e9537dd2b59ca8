//! What the collector stands on, and how features get at their part of it.
//!
//! A handler names the parts that it needs (`State<Store>`, `State<SiteDirectory>`); a feature that needs several says which in a
//! [`feature_state`](crate::app::feature_state) of its own.

use crate::config::{Config, Names};
use crate::job;
use crate::job::worker::{Jobs, Pace};
use crate::mail::Mailer;
use crate::member::account::Attempts;
use crate::public::asset::Files;
use crate::public::attachment::Uploads;
use crate::public::config::{ClientConfigs, TagsSeen};
use crate::public::visitor_rate::VisitorRate;
use crate::server::pictures::address_of_answer;
use crate::webhook::Courier;
use axum::extract::FromRef;
use rapport_ingest::country::Countries;
use rapport_ingest::{Ingest, RateLimit};
use rapport_report::Source;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

/// The running collector. Every request clones it several times: one count is all that may cost.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What it consists of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How the operator wants it.
    pub config: Arc<Config>,
    /// What pages call us.
    pub names: Arc<Names>,
    /// The widget's files.
    pub files: Arc<Files>,
    /// The sites and their surveys, remembered.
    pub sites: SiteDirectory,
    /// The service behind `POST /v1/batch`.
    pub ingest: Arc<Ingest>,
    /// What the widget is told, remembered.
    pub client_configs: ClientConfigs,
    /// Attempts at passwords, by client and account.
    pub attempts: Arc<Attempts>,
    /// What a visitor asks for besides batches, by client.
    pub visitor_rate: VisitorRate,
    /// Pictures on their way in.
    pub uploads: Uploads,
    /// Who fetched the tag's configuration last, by site.
    pub tags_seen: TagsSeen,
    /// The countries of addresses.
    pub countries: Countries,
    /// The way to the mail server.
    pub mailer: Mailer,
    /// The way to webhooks and chats.
    pub courier: Courier,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

macro_rules! parts {
    ($($field:ident: $part:ty),* $(,)?) => {$(
        impl FromRef<App> for $part {
            fn from_ref(app: &App) -> Self {
                app.$field.clone()
            }
        }
    )*};
}

parts! {
    courier: Courier,
    mailer: Mailer,
    store: Store,
    clock: Clock,
    config: Arc<Config>,
    names: Arc<Names>,
    files: Arc<Files>,
    sites: SiteDirectory,
    ingest: Arc<Ingest>,
    client_configs: ClientConfigs,
    attempts: Arc<Attempts>,
    visitor_rate: VisitorRate,
    uploads: Uploads,
    tags_seen: TagsSeen,
}

/// Declares the state of a feature: the parts of [`App`] that it needs, under names of its own.
macro_rules! feature_state {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($(#[$field_meta:meta])* $field:ident: $part:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone)]
        $visibility struct $name { $($(#[$field_meta])* $visibility $field: $part),* }

        impl axum::extract::FromRef<$crate::app::App> for $name {
            fn from_ref(app: &$crate::app::App) -> Self {
                Self { $($field: axum::extract::FromRef::from_ref(app)),* }
            }
        }
    };
}
pub(crate) use feature_state;

feature_state! {
    /// Reports of sites.
    pub struct Reports {
        store: Store,
        clock: Clock,
    }
}

impl Reports {
    /// Those of one site, as of now.
    pub fn of<'a>(&'a self, site: &'a SiteContext) -> Source<'a> {
        Source { store: &self.store, site, now_ms: self.clock.now_ms(), picture_address: address_of_answer }
    }
}

impl App {
    /// The application over an open store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn new(store: Store, clock: Clock, config: Config) -> Result<Self, rapport_store::StoreError> {
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let burst = NonZeroU32::new(config.batch_burst).unwrap_or(NonZeroU32::MIN);
        let rate = RateLimit::new(NonZeroU32::new(config.batches_per_minute), burst);
        let countries = config.countries();
        // The settings were checked when they were read.
        let mailer = Mailer::new(&config).map_err(rapport_store::StoreError::Refused)?;
        let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), rate).with_countries(countries.clone());
        let ingest = Arc::new(ingest);
        let names = config.names();
        let files = Arc::new(Files::new(&names));
        Ok(Self(Arc::new(Parts {
            client_configs: ClientConfigs::new(store.clone(), clock.clone(), files.clone(), &config),
            uploads: Uploads::new(store.clone(), clock.clone()),
            tags_seen: TagsSeen::default(),
            countries,
            mailer,
            courier: Courier::new(&config),
            visitor_rate: VisitorRate::default(),
            store,
            clock,
            files,
            names: Arc::new(names),
            sites,
            ingest,
            attempts: Arc::new(Attempts::new(NonZeroU32::new(config.sign_in_attempts_per_minute))),
            config: Arc::new(config),
        })))
    }

    /// Starts the background work of a collector, which goes on until it is stopped.
    pub fn start_jobs(&self) -> Jobs {
        tokio::spawn(crate::http::measurement::keep_up());
        tokio::spawn(crate::country::keep_up(self.countries.clone()));
        Jobs::start(self.store.clone(), self.clock.clone(), job::kinds(self), Pace::default())
    }
}
