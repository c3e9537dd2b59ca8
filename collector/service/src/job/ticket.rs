//! Opens tickets of responses that arrived, by the rules of their site.

use super::arrival::Taker;
use futures_util::future::BoxFuture;
use rapport_store::arrival::Arrival;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteContext;
use rapport_store::ticket::rule;
use rapport_store::{Store, StoreError};
use std::sync::Arc;

/// See above.
pub struct OpenTickets {
    /// Where they are kept.
    pub store: Store,
    /// The time, by which old feedback is told.
    pub clock: Clock,
}

impl Taker for OpenTickets {
    fn name(&self) -> &'static str {
        "ticket"
    }

    fn take<'a>(
        &'a self,
        site: &'a Arc<SiteContext>,
        arrivals: &'a [Arrival],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let site_id = site.site.site_id;
            let (rules, now_ms) = (self.store.ticket_rules(site_id).await?, self.clock.now_ms());
            let open = |arrival| rule::opened(site_id, &rules, arrival, now_ms);
            let new: Vec<_> = arrivals.iter().filter_map(open).collect();
            self.store.open_tickets(site_id, &new).await
        })
    }
}
