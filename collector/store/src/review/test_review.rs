//! For tests: a review, and a note of who did something with it.

use super::WrittenReview;
use crate::audit::AuditEntry;
use crate::clock::Clock;
use rapport_shared::id::Id;

/// A review of a thing, as a visitor wrote it.
pub(super) fn a_review(site_id: Id, thing: &str, stars: u8, created_at_ms: i64) -> WrittenReview {
    WrittenReview {
        site_id,
        review_id: Clock::System.new_id(),
        revision: 1,
        response_id: Some(Clock::System.new_id()),
        question_id: Some("review".into()),
        thing: thing.into(),
        stars,
        title: "Sturdy".into(),
        text: "It survived a fall.".into(),
        author: "Ada".into(),
        language: "en-gb".into(),
        verified: false,
        created_at_ms,
    }
}

/// Who did something with it.
pub(super) fn entry(now_ms: i64) -> AuditEntry {
    AuditEntry {
        entry_id: Clock::System.new_id(),
        actor: "ada@example.com".into(),
        action: "review.publish".into(),
        subject: "review".into(),
        occurred_at_ms: now_ms,
    }
}
