//! A review on its way in: checked, scrubbed, its purchase verified, and turned into a row that waits for moderation.

use crate::derived::derived;
use crate::signature;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::review::WrittenReview;
use rapport_store::review::rule::{self, Draft};
use rapport_store::text;

/// A review as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming<'a> {
    /// The site.
    pub site_id: Id,
    /// The id to keep it under, unless an order says it is the buyer's.
    pub id: Id,
    /// A higher revision replaces a lower one.
    pub revision: i64,
    /// The response it came with.
    pub response_id: Option<Id>,
    /// The question of it that asked for this review.
    pub question_id: Option<&'a str>,
    /// What is said.
    pub draft: Draft<'a>,
    /// Signature of `draft.order`.
    pub signature: &'a str,
    /// BCP 47 tag, or empty.
    pub language: &'a str,
    /// When it was written, in epoch milliseconds.
    pub created_at_ms: i64,
}

impl Incoming<'_> {
    /// What keeps the order from proving the purchase whatever its signature, by field.
    pub fn purchase_faults(&self) -> Vec<Fault> {
        if self.draft.order.is_empty() {
            return Vec::new();
        }
        rule::purchase_faults(self.draft.order, self.draft.thing)
    }

    /// Whether the order was signed for this thing by a holder of one of the order secrets that the site believes (as they are shown to people).
    pub fn is_verified(&self, order_secrets: &[&[u8]]) -> bool {
        let message = rule::purchase_message(self.draft.order, self.draft.thing);
        !self.draft.order.is_empty()
            && self.purchase_faults().is_empty()
            && order_secrets
                .iter()
                .any(|secret| signature::is_valid(signature::readable(secret).as_bytes(), &message, self.signature))
    }

    /// The row to store. A verified order has one review of each thing: a second one takes the first one's place.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn into_row(self, order_secrets: &[&[u8]]) -> Result<WrittenReview, Vec<Fault>> {
        let faults = self.draft.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let verified = self.is_verified(order_secrets);
        let Draft { thing, stars, title, text: words, author, order } = self.draft;
        Ok(WrittenReview {
            site_id: self.site_id,
            review_id: if verified { derived(&[&self.site_id.0, order.as_bytes(), thing.as_bytes()]) } else { self.id },
            revision: self.revision,
            response_id: self.response_id,
            question_id: self.question_id.map(str::to_owned),
            thing: text::bounded(thing.trim(), rule::THING_CHARACTERS),
            stars,
            title: text::bounded(title.trim(), rule::TITLE_CHARACTERS),
            text: text::words(words),
            author: text::bounded(author.trim(), rule::AUTHOR_CHARACTERS),
            language: text::bounded(self.language, 35).to_ascii_lowercase(),
            verified,
            created_at_ms: self.created_at_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    fn incoming<'a>(order: &'a str, signature: &'a str) -> Incoming<'a> {
        Incoming {
            site_id: Id([1; 16]),
            id: Id([2; 16]),
            revision: 1,
            response_id: None,
            question_id: None,
            draft: Draft {
                thing: "mug",
                stars: 5,
                title: " Fine\nmug ",
                text: "Paid with 4111 1111 1111 1111\u{202e}",
                author: "Ada",
                order,
            },
            signature,
            language: "de-CH",
            created_at_ms: 9,
        }
    }

    fn signed(order: &str, thing: &str) -> String {
        signature::sign(signature::readable(&SECRET).as_bytes(), &rule::purchase_message(order, thing))
    }

    #[test]
    fn only_an_order_signed_for_the_thing_is_a_verified_purchase() {
        let (good, other_thing) = (signed("A-1", "mug"), signed("A-1", "bowl"));
        for (order, signature, verified) in [
            ("A-1", good.as_str(), true),
            ("A-2", &good, false),
            ("A-1", &other_thing, false),
            ("A-1", "", false),
            ("", &signed("", "mug"), false),
        ] {
            let row = incoming(order, signature).into_row(&[&SECRET]).unwrap();
            assert_eq!(row.verified, verified, "{order} {signature}");
            assert_eq!(row.review_id == Id([2; 16]), !verified, "an order has one review of each thing");
        }
        assert!(!incoming("A-1", &good).into_row(&[&[8; 32]]).unwrap().verified);
        assert!(incoming("A-1", &good).into_row(&[&[8; 32], &SECRET]).unwrap().verified, "by the secret of before");
    }

    #[test]
    fn the_signature_of_one_purchase_proves_no_other_with_line_feeds_elsewhere() {
        let signature = signed("A-1\nred", "mug");
        let with = |order, thing| {
            let incoming = incoming(order, &signature);
            Incoming { draft: Draft { thing, ..incoming.draft.clone() }, ..incoming }
        };
        for (order, thing, field) in [("A-1\nred", "mug", "order"), ("A-1", "red\nmug", "thing")] {
            let incoming = with(order, thing);
            let faults = incoming.purchase_faults();
            assert_eq!((faults.len(), faults[0].field.as_str()), (1, field));
            assert!(faults[0].reason.contains("control characters"));
            assert!(!incoming.into_row(&[&SECRET]).unwrap().verified, "{order:?} {thing:?}");
        }
    }

    #[test]
    fn what_is_kept_is_clean_and_what_is_too_long_is_named() {
        let row = incoming("", "").into_row(&[&SECRET]).unwrap();
        assert_eq!((row.title.as_str(), row.language.as_str()), ("Fine mug", "de-ch"));
        assert_eq!(row.text, "Paid with [card number removed]");
        let wrong = Incoming { draft: Draft { stars: 9, ..incoming("", "").draft }, ..incoming("", "") };
        assert_eq!(wrong.into_row(&[&SECRET]).unwrap_err()[0].field, "stars");
    }
}
