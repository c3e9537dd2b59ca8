//! Customer satisfaction: the share of 4 and 5 on a scale of 1 to 5 (top-2-box), not the mean.

use super::{Change, Score, proportion_change, total, wilson};

/// CSAT of a distribution (`counts[s - 1]` answers of score `s`, 1 to 5): the share of 4 and 5 in percent, with the
/// Wilson interval; `None` without an answer.
pub fn csat(counts: &[u64; 5]) -> Option<Score> {
    wilson(total(&counts[3..]), total(counts))
}

/// The change of CSAT from one period to the next, in percentage points; `None` when either has no answer.
pub fn csat_change(before: &[u64; 5], now: &[u64; 5]) -> Option<Change> {
    proportion_change((total(&before[3..]), total(before)), (total(&now[3..]), total(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_and_five_are_satisfied() {
        assert_eq!(csat(&[1, 2, 3, 4, 10]), wilson(14, 20));
        assert_eq!(csat(&[5, 0, 0, 0, 0]).unwrap().value, 0.0);
        assert_eq!(csat(&[0, 0, 0, 0, 5]).unwrap().value, 100.0);
        assert_eq!(csat(&[0; 5]), None);
    }

    #[test]
    fn the_change_is_that_of_the_share() {
        assert_eq!(csat_change(&[2, 4, 4, 5, 5], &[0, 1, 4, 5, 10]), proportion_change((10, 20), (15, 20)));
        assert_eq!(csat_change(&[0; 5], &[1; 5]), None);
    }
}
