//! Who found a review helpful, and the rank that follows from it.

use crate::review::rule::helpfulness_e6;
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// What visitors think of a review, each voter counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    /// How many found it helpful.
    pub helpful: u64,
    /// How many did not.
    pub unhelpful: u64,
}

impl Store {
    /// Counts what a visitor thinks of a published review: a later vote takes the place of an earlier one. `None` when
    /// there is no such review.
    pub async fn vote_for_review(
        &self,
        site_id: Id,
        review_id: Id,
        visitor_key: Id,
        helpful: bool,
        now_ms: i64,
    ) -> Result<Option<Votes>, StoreError> {
        let vote = "INSERT INTO review_vote (site_id, review_id, visitor_key, voted_at_ms, helpful)
             SELECT site_id, review_id, $3, $4, $5 FROM review
             WHERE site_id = $1 AND review_id = $2 AND state = 'published'
             ON CONFLICT (site_id, review_id, visitor_key) DO UPDATE SET helpful = excluded.helpful";
        // Counted anew, since how many rows an insert affected is not known everywhere.
        let count = "UPDATE review SET
                helpful = (SELECT COUNT(*) FROM review_vote v WHERE v.site_id = review.site_id
                    AND v.review_id = review.review_id AND COALESCE(v.helpful, 1) = 1),
                unhelpful = (SELECT COUNT(*) FROM review_vote v WHERE v.site_id = review.site_id
                    AND v.review_id = review.review_id AND v.helpful = 0)
             WHERE site_id = $1 AND review_id = $2 AND state = 'published' RETURNING helpful, unhelpful";
        let rows = self
            .write(vec![
                Statement::new(vote, params![site_id, review_id, visitor_key, now_ms, helpful]),
                Statement::new(count, params![site_id, review_id]),
            ])
            .await?;
        let Some(row) = rows[1].first() else { return Ok(None) };
        let votes = Votes { helpful: row.count("helpful")?, unhelpful: row.count("unhelpful")? };
        // Only as long as these are the votes: whoever voted meanwhile ranks it themselves.
        let rank = "UPDATE review SET rank_e6 = $3 WHERE site_id = $1 AND review_id = $2
                AND helpful = $4 AND unhelpful = $5";
        let rank_e6 = helpfulness_e6(votes.helpful, votes.unhelpful);
        let counts = [votes.helpful, votes.unhelpful].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        self.write(vec![Statement::new(rank, params![site_id, review_id, rank_e6, counts[0], counts[1]])]).await?;
        Ok(Some(votes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::review::rule::Moderation;
    use crate::review::test_review::{a_review, entry};
    use crate::review::{ReviewFilter, Sort};
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_visitor_votes_once_and_may_think_again() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let review = a_review(site, "mug", 4, 10);
            store.add_review(&review).await.unwrap();
            let (one, other) = (Clock::System.new_id(), Clock::System.new_id());
            let vote = async |voter, helpful| store.vote_for_review(site, review.review_id, voter, helpful, 1).await;
            assert_eq!(vote(one, true).await, Ok(None), "not published");
            store.moderate_review(site, review.review_id, Moderation::Published, &entry(9)).await.unwrap();
            let votes = |helpful, unhelpful| Ok(Some(Votes { helpful, unhelpful }));
            assert_eq!(vote(one, true).await, votes(1, 0));
            assert_eq!(vote(one, true).await, votes(1, 0));
            assert_eq!(vote(other, false).await, votes(1, 1));
            assert_eq!(vote(one, false).await, votes(0, 2));
            assert_eq!(vote(one, true).await, votes(1, 1));
            assert_eq!(store.vote_for_review(site, one, other, true, 3).await, Ok(None));
            let read = store.review(site, review.review_id).await.unwrap().unwrap();
            assert_eq!((read.helpful, read.unhelpful), (1, 1));
        })
        .await;
    }

    #[tokio::test]
    async fn the_top_is_what_people_surely_find_helpful() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let mut ids = Vec::new();
            // Many with a few against them, two without doubt, none at all, and one that is only disliked.
            for (at_ms, (helpful, unhelpful)) in (1..).zip([(12, 2), (2, 0), (0, 0), (0, 3)]) {
                let review = a_review(site, "mug", 4, at_ms);
                store.add_review(&review).await.unwrap();
                store.moderate_review(site, review.review_id, Moderation::Published, &entry(9)).await.unwrap();
                for number in 0..helpful + unhelpful {
                    let voter = Clock::System.new_id();
                    store.vote_for_review(site, review.review_id, voter, number < helpful, 1).await.unwrap();
                }
                ids.push(review.review_id);
            }
            let reviews = store.reviews(site, &ReviewFilter::default(), Sort::Top, (0, 10)).await.unwrap();
            let order: Vec<_> = reviews.iter().map(|review| review.written.review_id).collect();
            assert_eq!(order, ids);
        })
        .await;
    }
}
