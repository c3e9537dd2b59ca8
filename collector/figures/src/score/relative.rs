//! How many times more often than expected something happens in each part of a whole, when some parts are small.

use super::{Score, Z_95};

/// The spread of true relative rates between parts, as the prior shape of a gamma distribution of mean 1: at least
/// this (a standard deviation of ½), so that a few cases never speak for themselves alone,
const LEAST_SHAPE: f64 = 4.0;
/// and at most this (one of 0.16), so that many are heard.
const MOST_SHAPE: f64 = 40.0;

/// The relative rate of each part, given how many cases it had and how many were expected, with its 95 % interval; `n`
/// is the cases. It is never 0.
///
/// Empirical Bayes: D. Clayton and J. Kaldor, "Empirical Bayes estimates of age-standardized relative risks for use in
/// disease mapping", Biometrics 43 (1987): a part with cases o of e expected has the rate (o + a) / (e + a), which is
/// near 1 while e is small. The prior shape a is estimated by the moments of R. J. Marshall, "Mapping disease and
/// mortality rates using empirical Bayes estimators", Applied Statistics 40 (1991), within fixed limits. The interval is
/// that of the gamma posterior, by the approximation of E. B. Wilson and M. M. Hilferty, PNAS 17 (1931).
pub fn relative_rates(parts: &[(u64, f64)]) -> Vec<Score> {
    let shape = prior_shape(parts);
    let rate = |&(cases, expected): &(u64, f64)| {
        let (posterior, scale) = (cases as f64 + shape, 1.0 / (expected + shape));
        let bound = |points: f64| {
            let root = 1.0 - 1.0 / (9.0 * posterior) + points / (3.0 * posterior.sqrt());
            posterior * root.powi(3) * scale
        };
        Score { value: posterior * scale, n: cases, low: bound(-Z_95), high: bound(Z_95) }
    };
    parts.iter().map(rate).collect()
}

fn prior_shape(parts: &[(u64, f64)]) -> f64 {
    let known: Vec<_> = parts.iter().filter(|(_, expected)| *expected > 0.0).collect();
    let cases: f64 = known.iter().map(|(cases, _)| *cases as f64).sum();
    let expected: f64 = known.iter().map(|(_, expected)| expected).sum();
    if cases <= 0.0 {
        return MOST_SHAPE;
    }
    let mean = cases / expected;
    let squares: f64 = known.iter().map(|(cases, expected)| expected * (*cases as f64 / expected - mean).powi(2)).sum();
    // What chance alone spreads is taken off.
    let variance = squares / expected - mean * known.len() as f64 / expected;
    if variance <= 0.0 { MOST_SHAPE } else { (mean * mean / variance).clamp(LEAST_SHAPE, MOST_SHAPE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    #[test]
    fn the_posterior_agrees_with_scipy() {
        // python: scipy 1.17 gamma.ppf([.025, .975], cases + 4, scale=1 / (expected + 4)), to the approximation's 1.5 %.
        // The other parts make the prior as weak as it may be.
        let rates = relative_rates(&[(0, 8.0), (200, 100.0), (0, 100.0)]);
        assert_close(rates[0].value, 1.0 / 3.0, 1e-12, "rate");
        assert_close(rates[0].low / 0.09082211, 1.0, 0.015, "low");
        assert_close(rates[0].high / 0.73060613, 1.0, 0.01, "high");
    }

    #[test]
    fn few_cases_are_near_what_is_expected_and_none_are_not_nothing() {
        let rates = relative_rates(&[(0, 0.0), (0, 0.4), (0, 8.0), (0, 400.0), (900, 408.4)]);
        assert_close(rates[0].value, 1.0, 1e-12, "nothing known");
        assert!(rates[1].value > 0.9 && rates[1].high > 1.9, "{:?}", rates[1]);
        assert!(rates.iter().all(|rate| rate.low > 0.0));
        assert!(rates.windows(2).take(3).all(|pair| pair[0].value > pair[1].value), "more evidence weighs more");
        assert!(relative_rates(&[(0, 0.0), (0, 0.0)]).iter().all(|rate| rate.value == 1.0));
    }

    #[test]
    fn parts_that_differ_by_chance_alone_are_drawn_together() {
        let alike = relative_rates(&[(9, 10.0), (11, 10.0), (10, 10.0), (10, 10.0)]);
        assert!(alike.iter().all(|rate| (rate.value - 1.0).abs() < 0.03), "{alike:?}");
    }

    proptest! {
        #[test]
        fn a_rate_lies_in_its_interval_and_rises_with_its_cases(
            parts in prop::collection::vec((0u64..500, 0.0f64..500.0), 1..20),
        ) {
            for rate in relative_rates(&parts) {
                prop_assert!(0.0 < rate.low && rate.low <= rate.value && rate.value <= rate.high, "{:?}", rate);
            }
        }
    }
}
