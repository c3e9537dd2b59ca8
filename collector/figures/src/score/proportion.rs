//! Any share (CSAT, task success, error rate) with the Wilson score interval.

use super::cluster::Grouped;
use super::{Score, Z_95};

/// The share of `successes` in `n`, in percent, with the Wilson score interval; `None` when `n` is 0.
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
/// More successes than tries count as all of them.
pub fn wilson(successes: u64, n: u64) -> Option<Score> {
    grouped(&Grouped::independent((successes, n)))
}

/// The share of a sample whose n come in groups, in percent, with the Wilson score interval of as many independent
/// ones as they are worth (see [`Grouped`]); `None` when n is 0.
pub fn grouped(sample: &Grouped) -> Option<Score> {
    (sample.n > 0).then(|| {
        let worth = (sample.n as f64 / sample.effect()).max(1.0);
        let (low, high) = interval(sample.share(), worth, Z_95);
        Score::within(sample.share() * 100.0, sample.n, (low * 100.0, high * 100.0), (0.0, 100.0))
    })
}

/// The Wilson interval of `points` standard errors as shares of 1, exact at both ends of the scale.
pub(super) fn interval(share: f64, n: f64, points: f64) -> (f64, f64) {
    let squared = points * points;
    let scale = 1.0 + squared / n;
    let centre = (share + squared / (2.0 * n)) / scale;
    let half = points / scale * (share * (1.0 - share) / n + squared / (4.0 * n * n)).sqrt();
    let low = if share <= 0.0 { 0.0 } else { centre - half };
    let high = if share >= 1.0 { 1.0 } else { centre + half };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    #[test]
    fn newcombe_1998_table_is_reproduced() {
        // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17
        // (1998), table I, method 3 (score, no continuity correction), four decimals.
        for (successes, n, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let score = wilson(successes, n).unwrap();
            assert_close(score.low / 100.0, low, 5.1e-5, "low");
            assert_close(score.high / 100.0, high, 5.1e-5, "high");
        }
    }

    #[test]
    fn statsmodels_agrees() {
        // python: statsmodels 0.15 proportion_confint(successes, n, method="wilson"), times 100
        for (successes, n, low, high) in [
            (81, 263, 25.528851987827423, 36.62095769828),
            (1, 1, 20.65493143772374, 100.0),
            (0, 1, 0.0, 79.34506856227627),
            (7, 10, 39.677814746114535, 89.2208732593699),
            (999, 1000, 99.4357441402042, 99.98234536293738),
            (123_456, 1_000_000, 12.281269653142285, 12.410219641400438),
        ] {
            let score = wilson(successes, n).unwrap();
            assert_close(score.low, low, 1e-12, "low");
            assert_close(score.high, high, 1e-12, "high");
        }
    }

    #[test]
    fn no_tries_is_no_share() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 0), None);
        assert_eq!(wilson(9, 3), wilson(3, 3));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_value_and_stays_on_the_scale(n in 1u64..1 << 50, part in 0.0f64..=1.0) {
            let score = wilson((n as f64 * part) as u64, n).unwrap();
            prop_assert!(0.0 <= score.low && score.low <= score.value);
            prop_assert!(score.value <= score.high && score.high <= 100.0);
        }

        #[test]
        fn success_and_failure_mirror_each_other(n in 1u64..100_000, part in 0.0f64..=1.0) {
            let successes = (n as f64 * part) as u64;
            let (one, other) = (wilson(successes, n).unwrap(), wilson(n - successes, n).unwrap());
            prop_assert!((one.low + other.high - 100.0).abs() < 1e-9);
            prop_assert!((one.high + other.low - 100.0).abs() < 1e-9);
        }

        #[test]
        fn more_of_the_same_narrows_the_interval(n in 1u64..10_000, part in 0.0f64..=1.0) {
            let successes = (n as f64 * part) as u64;
            let (few, many) = (wilson(successes, n).unwrap(), wilson(successes * 4, n * 4).unwrap());
            prop_assert!(many.high - many.low < few.high - few.low);
        }
    }
}
