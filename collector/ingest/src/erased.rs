//! What is told of an answer that its visitor has had erased: it is not stored, and under its id it never will be again.

use rapport_shared::id::Id;
use rapport_shared::wire::Rejection;
use rapport_store::record::Outcome;

/// What a sender reads.
const REASON: &str = "was erased at the visitor's wish, and is stored again only as a new answer";

/// The rejection of the answer at that place of its batch.
pub(crate) fn rejection(index: u32) -> Rejection {
    Rejection { index, field: "id".into(), reason: REASON.into() }
}

/// The rejections of those of a batch's items that are answers and were erased; `items` are those that were not `rejected`,
/// of which answers have their id.
pub(crate) fn told(rejected: &[Rejection], items: &[Option<Id>], outcomes: &[Outcome]) -> Vec<Rejection> {
    let is_left = |place: &u32| rejected.iter().all(|rejection| rejection.index != *place);
    let places = (0..).filter(is_left);
    let erased = places.zip(items).zip(outcomes);
    let erased = erased.filter(|((_, item), outcome)| item.is_some() && **outcome == Outcome::Erased);
    erased.map(|((place, _), _)| rejection(place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_at_the_place_that_it_has_in_its_batch() {
        let refused = |index| Rejection { index, field: String::new(), reason: String::new() };
        let answer = Some(Id([1; 16]));
        let outcomes = [Outcome::Erased, Outcome::Accepted, Outcome::Erased, Outcome::Duplicate];
        let told = told(&[refused(0), refused(3)], &[None, answer, answer, answer], &outcomes);
        assert_eq!(told, [rejection(4)]);
    }
}
