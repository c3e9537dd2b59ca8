//! What every request handler can reach.

use crate::config::{Config, Names};
use crate::job;
use crate::job::worker::{Jobs, Pace};
use crate::member::account::Attempts;
use crate::public::asset::Files;
use crate::public::attachment::Uploads;
use crate::public::config::ClientConfigs;
use rapport_ingest::{Ingest, RateLimit};
use rapport_report::Source;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use std::num::NonZeroU32;
use std::sync::Arc;

/// The running collector. Cheap to clone.
#[derive(Clone)]
pub struct App {
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
    pub ingest: Ingest,
    /// What the widget is told, remembered.
    pub client_configs: ClientConfigs,
    /// Attempts at passwords, by client and account.
    pub attempts: Arc<Attempts>,
    /// What a visitor asks for besides batches, by client.
    pub visitor_rate: Arc<RateLimit>,
    /// Pictures on their way in.
    pub uploads: Uploads,
}

/// Requests of one visitor a minute, and at once, besides batches: votes, and what is known of them.
const VISITOR_REQUESTS: NonZeroU32 = NonZeroU32::new(30).unwrap();

impl App {
    /// The application over an open store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn new(store: Store, clock: Clock, config: Config) -> Result<Self, rapport_store::StoreError> {
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let burst = NonZeroU32::new(config.batch_burst).unwrap_or(NonZeroU32::MIN);
        let rate = RateLimit::new(NonZeroU32::new(config.batches_per_minute), burst);
        let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), rate);
        let names = config.names();
        Ok(Self {
            store,
            clock,
            files: Arc::new(Files::new(&names)),
            names: Arc::new(names),
            sites,
            ingest,
            client_configs: ClientConfigs::default(),
            uploads: Uploads::default(),
            visitor_rate: Arc::new(RateLimit::new(Some(VISITOR_REQUESTS), VISITOR_REQUESTS)),
            attempts: Arc::new(Attempts::new(NonZeroU32::new(config.sign_in_attempts_per_minute))),
            config: Arc::new(config),
        })
    }

    /// The reports of a site, as of now.
    pub fn reports<'a>(&'a self, site: &'a SiteContext) -> Source<'a> {
        Source { store: &self.store, site, now_ms: self.clock.now_ms() }
    }

    /// Starts the background work of a collector, which goes on until it is stopped.
    pub fn start_jobs(&self) -> Jobs {
        tokio::spawn(crate::http::measurement::keep_up());
        Jobs::start(self.store.clone(), self.clock.clone(), job::kinds(self), Pace::default())
    }
}
