//! The job that hands responses which arrived to whatever makes something of them: each is a [`Taker`], and a line in [`takers`](super::takers).

use super::kind::{Attempt, Fault, Kind, Plan};
use futures_util::future::BoxFuture;
use rapport_shared::id::Id;
use rapport_store::arrival::Arrival;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// Arrivals that are taken together.
const TOGETHER: u32 = 200;
/// Sites of one statement.
const SITES: usize = 250;

/// What makes something of responses. It is given each at least once and in any order; being given it again has to come to the same.
pub trait Taker: Send + Sync {
    /// What it is called in the log.
    fn name(&self) -> &'static str;

    /// Takes some of a site.
    fn take<'a>(&'a self, site: &'a Arc<SiteContext>, arrivals: &'a [Arrival])
    -> BoxFuture<'a, Result<(), StoreError>>;
}

/// See above.
pub struct TakeArrivals {
    /// Where they are.
    pub store: Store,
    /// Whose they are.
    pub sites: SiteDirectory,
    /// Who takes them.
    pub takers: Vec<Box<dyn Taker>>,
}

impl TakeArrivals {
    /// Has some taken by everyone who takes any.
    async fn take(&self, site: &Arc<SiteContext>, arrivals: &[Arrival]) -> Result<(), StoreError> {
        for taker in &self.takers {
            taker.take(site, arrivals).await.inspect_err(
                |error| tracing::warn!(%error, taker = taker.name(), "responses that arrived could not be taken"),
            )?;
        }
        self.store.arrivals_taken(site.site.site_id, arrivals).await
    }

    /// Has all of a site taken. Where some together fail, each is tried alone: one must not keep the others from it.
    async fn of_site(&self, site_id: Id) -> Result<(), StoreError> {
        let Some(site) = self.sites.by_id(site_id).await? else { return Ok(()) };
        let (mut after, mut failed) = (Id([0; 16]), None);
        loop {
            let arrivals = self.store.arrivals(site_id, after, TOGETHER).await?;
            let Some(last) = arrivals.last() else { break };
            after = last.record.item_id;
            if self.take(&site, &arrivals).await.is_err() {
                for arrival in &arrivals {
                    failed = self.take(&site, std::slice::from_ref(arrival)).await.err().or(failed);
                }
            }
        }
        self.store.forget_arrivals_of_nothing(site_id).await?;
        failed.map_or(Ok(()), Err)
    }
}

impl Kind for TakeArrivals {
    const NAME: &'static str = "arrival";
    const PLAN: Plan = Plan::every(PAUSE);
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            for site_id in self.store.sites_with_arrivals(sites).await? {
                failed = self.of_site(site_id).await.err().or(failed);
            }
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}
