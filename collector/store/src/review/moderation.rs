//! What the company does with reviews: it publishes or rejects them, and replies.

use crate::audit::AuditEntry;
use crate::review::rule::Moderation;
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

impl Store {
    /// How many reviews stand in each state.
    pub async fn review_states(&self, site_id: Id) -> Result<Vec<(Moderation, u64)>, StoreError> {
        let rows = self
            .read("SELECT state, COUNT(*) AS reviews FROM review WHERE site_id = $1 GROUP BY state", params![site_id])
            .await?;
        let mut counts = Moderation::EACH.map(|state| (state, 0)).to_vec();
        for row in rows {
            let state = row.named("review.state", Moderation::parse)?;
            if let Some(entry) = counts.iter_mut().find(|(known, _)| *known == state) {
                entry.1 = row.count("reviews")?;
            }
        }
        Ok(counts)
    }

    /// Moderates a review, and notes who did; false when there is no such review.
    pub async fn moderate_review(
        &self,
        site_id: Id,
        review_id: Id,
        state: Moderation,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE review SET state = $3 WHERE site_id = $1 AND review_id = $2";
        self.change_review(site_id, review_id, Statement::new(sql, params![site_id, review_id, state.as_str()]), entry)
            .await
    }

    /// Puts the company's reply under a review (an empty one takes it away), and notes who did; false when there is no
    /// such review.
    pub async fn reply_to_review(
        &self,
        site_id: Id,
        review_id: Id,
        reply: &str,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE review SET reply = $3, replied_by = $4, replied_at_ms = $5
             WHERE site_id = $1 AND review_id = $2";
        let (by, at_ms) =
            if reply.is_empty() { ("", None) } else { (entry.actor.as_str(), Some(entry.occurred_at_ms)) };
        let statement = Statement::new(sql, params![site_id, review_id, reply, by, at_ms]);
        self.change_review(site_id, review_id, statement, entry).await
    }

    async fn change_review(
        &self,
        site_id: Id,
        review_id: Id,
        change: Statement,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        if self.review(site_id, review_id).await?.is_none() {
            return Ok(false);
        }
        self.write(vec![change, entry.statement(site_id)]).await.map(|_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::review::WrittenReview;
    use crate::review::test_review::{a_review, entry};
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_review_waits_for_moderation_and_again_when_it_says_something_else() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let review = a_review(site, "mug", 4, 10);
            assert_eq!(store.add_review(&review).await, Ok(true));
            assert_eq!(store.add_review(&review).await, Ok(false), "the same revision");
            assert_eq!(store.review(site, review.review_id).await.unwrap().unwrap().written, review);
            let state = async || store.review(site, review.review_id).await.unwrap().unwrap().state;
            assert_eq!(state().await, Moderation::Pending);
            assert_eq!(
                store.moderate_review(site, review.review_id, Moderation::Published, &entry(20)).await,
                Ok(true)
            );
            let same = WrittenReview { revision: 2, ..review.clone() };
            assert_eq!((store.add_review(&same).await, state().await), (Ok(true), Moderation::Published));
            let other = WrittenReview { revision: 3, text: "Buy at evil.example".into(), ..review.clone() };
            assert_eq!((store.add_review(&other).await, state().await), (Ok(true), Moderation::Pending));
            let stale = WrittenReview { revision: 2, ..review.clone() };
            assert_eq!(store.add_review(&stale).await, Ok(false));
            let later_run = WrittenReview { revision: 1, response_id: Some(Clock::System.new_id()), ..review.clone() };
            assert_eq!(store.add_review(&later_run).await, Ok(true), "another run of the same buyer");
            let none = Clock::System.new_id();
            assert_eq!(store.moderate_review(site, none, Moderation::Published, &entry(20)).await, Ok(false));
            assert_eq!(store.audit_entries(site, None, 10).await.unwrap().len(), 1, "what failed is not noted");
        })
        .await;
    }

    #[tokio::test]
    async fn a_reply_says_who_and_when_and_can_be_taken_away() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let review = a_review(site, "mug", 2, 10);
            store.add_review(&review).await.unwrap();
            store.reply_to_review(site, review.review_id, "We are sorry.", &entry(20)).await.unwrap();
            let read = async || store.review(site, review.review_id).await.unwrap().unwrap();
            let replied = read().await;
            assert_eq!(
                (replied.reply.as_str(), replied.replied_by.as_str(), replied.replied_at_ms),
                ("We are sorry.", "ada@example.com", Some(20))
            );
            store.reply_to_review(site, review.review_id, "", &entry(30)).await.unwrap();
            let without = read().await;
            assert_eq!((without.reply.as_str(), without.replied_by.as_str(), without.replied_at_ms), ("", "", None));
        })
        .await;
    }
}
