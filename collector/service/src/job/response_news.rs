//! Tells of responses that arrived: that they are there, that they grew, low scores with words, and the reviews among them.

use super::arrival::Taker;
use crate::notification::{of_response, of_review, person};
use futures_util::future::BoxFuture;
use rapport_store::arrival::Arrival;
use rapport_store::clock::Clock;
use rapport_store::news::{NewsKind, tell_growing, tell_once};
use rapport_store::site::directory::SiteContext;
use rapport_store::ticket::rule::OLDEST_MS;
use rapport_store::{Store, StoreError};
use std::sync::Arc;

/// What of responses can be asked for.
const OF_RESPONSES: [NewsKind; 4] =
    [NewsKind::ResponseCreated, NewsKind::ResponseUpdated, NewsKind::ResponseLow, NewsKind::ReviewCreated];

/// See above.
pub struct TellOfResponses {
    /// Where it is told.
    pub store: Store,
    /// The time, by which old feedback is told from new.
    pub clock: Clock,
}

impl TellOfResponses {
    async fn tell(&self, site: &SiteContext, arrivals: &[Arrival]) -> Result<(), StoreError> {
        let (site_id, now_ms) = (site.site.site_id, self.clock.now_ms());
        let wanted = self.store.wanted_news(site_id).await?;
        if !OF_RESPONSES.iter().any(|kind| wanted.contains(kind)) {
            return Ok(());
        }
        let counts = |arrival: &&Arrival| {
            let is_suspicious =
                !arrival.record.suspicion.is_empty() && arrival.record.suspicion_cleared_at_ms.is_none();
            !is_suspicious && now_ms - arrival.arrived_at_ms <= OLDEST_MS
        };
        let mut statements = Vec::new();
        let arrivals: Vec<_> = arrivals.iter().filter(counts).collect();
        for arrival in &arrivals {
            let known = match arrival.customer_id {
                Some(customer_id) => self.store.reach(site_id, customer_id).await?.as_ref().map(person),
                None => None,
            };
            let told = of_response(site_id, arrival, known.unwrap_or_default());
            statements.extend(tell_growing(site_id, (&told.created, &told.grown), arrival.revision(), now_ms));
            statements.extend(told.low.iter().flat_map(|low| tell_once(site_id, low, now_ms)));
        }
        if wanted.contains(&NewsKind::ReviewCreated) {
            let ids: Vec<_> = arrivals.iter().map(|arrival| arrival.record.item_id).collect();
            for review in self.store.reviews_of_responses(site_id, &ids).await? {
                let arrival = arrivals.iter().find(|arrival| arrival.record.item_id == review.response_id);
                let news = arrival.map(|arrival| of_review(site_id, &review, arrival));
                statements.extend(news.iter().flat_map(|news| tell_once(site_id, news, now_ms)));
            }
        }
        if statements.is_empty() { Ok(()) } else { self.store.write(statements).await.map(|_| ()) }
    }
}

impl Taker for TellOfResponses {
    fn name(&self) -> &'static str {
        "news"
    }

    fn take<'a>(
        &'a self,
        site: &'a Arc<SiteContext>,
        arrivals: &'a [Arrival],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.tell(site, arrivals))
    }
}
