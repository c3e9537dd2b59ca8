//! Merging customers who are one person, undoing it, and answering proposals, for pages and servers alike.

use crate::app::feature_state;
use crate::http::problem::Problem;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::merge::proposal::Proposal;
use rapport_store::merge::{Cause, Merge, TOGETHER, Unmerged};
use rapport_store::site::directory::SiteContext;
use rapport_store::visitor::audited;
use rapport_store::{Store, StoreError};

feature_state! {
    /// What it needs.
    pub(crate) struct Merging {
        store: Store,
        clock: Clock,
    }
}

/// Proposals, and merges that hold, of one list.
pub(crate) const LISTED: u32 = 200;

impl Merging {
    async fn entry(
        &self,
        site: &SiteContext,
        actor: &str,
        action: &str,
        customer_id: Id,
    ) -> Result<AuditEntry, StoreError> {
        let customer = self.store.customer(site.site.site_id, customer_id).await?;
        Ok(AuditEntry::now(&self.clock, actor, action, audited(&customer.unwrap_or_default())))
    }

    /// Makes one customer an alias of another, in the name of `actor`.
    ///
    /// # Errors
    /// 404 where there is no such customer, 422 where they are one person already or would be too many, 503 when another merge or an
    /// erasure takes too long.
    pub async fn merge(
        &self,
        site: &SiteContext,
        actor: &str,
        (loser, winner): (Id, Id),
        cause: Cause,
    ) -> Result<Merge, Problem> {
        let entry = self.entry(site, actor, "customer.merge", loser).await?;
        let merged = self.store.merge_customers(site.site.site_id, (loser, winner), cause, &entry, &self.clock).await?;
        merged.map_err(|why| match why {
            Unmerged::Unknown => Problem::not_found("this site has no such customer"),
            Unmerged::Same => Problem::of_faults([Fault::new("into", "is the same person already")]),
            Unmerged::TooMany => Problem::of_faults([Fault::new(
                "into",
                format!("would be more than {TOGETHER} customers together, who are hardly one person"),
            )]),
        })
    }

    /// Undoes a merge; false where there is none that holds.
    ///
    /// # Errors
    /// When the store is away, or another merge takes too long.
    pub async fn undo(&self, site: &SiteContext, actor: &str, merge_id: Id) -> Result<bool, StoreError> {
        let site_id = site.site.site_id;
        let Some(merge) = self.store.merge(site_id, merge_id).await? else { return Ok(false) };
        let entry = self.entry(site, actor, "customer.unmerge", merge.loser_id).await?;
        self.store.undo_merge(site_id, merge_id, &entry, &self.clock).await
    }

    /// The proposal of two customers that waits for somebody's word.
    async fn proposal(&self, site: &SiteContext, (one, other): (Id, Id)) -> Result<Option<Proposal>, StoreError> {
        let both = (one.min(other), one.max(other));
        let proposals = self.store.merge_proposals(site.site.site_id, LISTED).await?;
        Ok(proposals.into_iter().find(|proposal| (proposal.one_id, proposal.other_id) == both))
    }

    /// Says that two customers who were proposed are one person, of whom `winner` is kept, or that they are not (`None`); false where
    /// they are not proposed, or not any more.
    ///
    /// # Errors
    /// As of [`Self::merge`].
    pub async fn answer(
        &self,
        site: &SiteContext,
        actor: &str,
        both: (Id, Id),
        winner: Option<Id>,
    ) -> Result<bool, Problem> {
        let Some(proposal) = self.proposal(site, both).await? else { return Ok(false) };
        let both = (proposal.one_id, proposal.other_id);
        if let Some(winner) = winner {
            let loser = if winner == both.0 { both.1 } else { both.0 };
            self.merge(site, actor, (loser, winner), proposal.cause).await?;
        }
        let action = if winner.is_some() { "customer.proposal.accept" } else { "customer.proposal.decline" };
        let entry = self.entry(site, actor, action, both.0).await?;
        Ok(self.store.settle_proposal(site.site.site_id, both, winner.is_some(), &entry).await?)
    }
}
