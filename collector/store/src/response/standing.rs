//! Which answers stand low, in the middle or high, as a condition of SQL.

use rapport_figures::standing::{Ends, NAMED_KINDS, Standing};

/// The condition on the kind and score of `answer a` that it stands there, in SQL.
pub fn condition(standing: Standing) -> String {
    let ratings = (2..=11).map(|points| format!("rating-{points}"));
    let kinds = NAMED_KINDS.iter().map(|kind| (*kind).to_owned()).chain(ratings);
    let of_kind = |kind: String| {
        let scores = standing.scores(&Ends::of_kind(&kind)?);
        let (low, high) = (scores.start(), scores.end());
        (!scores.is_empty()).then(|| format!("a.kind = '{kind}' AND a.score BETWEEN {low} AND {high}"))
    };
    let each: Vec<_> = kinds.filter_map(of_kind).collect();
    format!("({})", each.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_without_a_middle_has_no_condition_for_it() {
        assert!(!condition(Standing::Middle).contains("rating-4"));
        assert!(condition(Standing::Low).contains("a.kind = 'rating-4' AND a.score BETWEEN 1 AND 2"));
        assert!(condition(Standing::High).contains("a.kind = 'expectation-gap' AND a.score BETWEEN 1 AND 2"));
    }
}
