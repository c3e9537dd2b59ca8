//! What every request handler can reach.

use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;
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
}

impl App {
    /// The application over an open store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn new(store: Store, clock: Clock, config: Config) -> Result<Self, crate::store::StoreError> {
        Ok(Self { store, clock, config: Arc::new(config) })
    }
}
