//! Is a change between two periods real or noise? Difference, interval, z and p; and p corrected for many rows.

use super::distribution::normal_two_sided;
use super::proportion::interval;
use super::{NpsGroups, Score, Z_95};

/// A change from one period to the next, in the unit of the score that changed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Change {
    /// Now minus before.
    pub difference: f64,
    /// Lower end of the difference's 95 % interval.
    pub low: f64,
    /// Upper end of the difference's 95 % interval.
    pub high: f64,
    /// The test statistic: standard errors between the difference and none.
    pub z: f64,
    /// Two-sided p: how often noise alone would show a difference of this size.
    pub p: f64,
}

impl Change {
    /// Whether the change is real at the 5 % level. In a list, correct `p` with [`benjamini_hochberg`] first.
    pub fn is_real(&self) -> bool {
        self.p < 0.05
    }
}

/// The change of a share given as `(successes, n)`, in percentage points; `None` when either n is 0.
///
/// z and p: the two-proportion z test with pooled variance. Interval: Newcombe's hybrid score interval (R. G. Newcombe,
/// "Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), method
/// 10), which holds for small n and near 0 and 100 %.
pub fn proportion_change(before: (u64, u64), now: (u64, u64)) -> Option<Change> {
    let ((successes_before, n_before), (successes_now, n_now)) = (before, now);
    if n_before == 0 || n_now == 0 {
        return None;
    }
    let (successes_before, successes_now) = (successes_before.min(n_before), successes_now.min(n_now));
    let (share_before, share_now) = (successes_before as f64 / n_before as f64, successes_now as f64 / n_now as f64);
    let difference = share_now - share_before;
    let pooled = (successes_before as f64 + successes_now as f64) / (n_before as f64 + n_now as f64);
    let variance = pooled * (1.0 - pooled) * (1.0 / n_before as f64 + 1.0 / n_now as f64);
    let z = if variance > 0.0 { difference / variance.sqrt() } else { 0.0 };
    let ((low_before, high_before), (low_now, high_now)) =
        (interval(successes_before, n_before), interval(successes_now, n_now));
    Some(Change {
        difference: difference * 100.0,
        low: (difference - (share_now - low_now).hypot(high_before - share_before)) * 100.0,
        high: (difference + (high_now - share_now).hypot(share_before - low_before)) * 100.0,
        z,
        p: normal_two_sided(z),
    })
}

/// The change of the Net Promoter Score, in points; `None` when either period has no answer.
///
/// z, p and interval rest on the adjusted Wald estimates of both periods (see [`super::nps`]); the difference is that
/// of the plain scores.
pub fn nps_change(before: &[u64; 11], now: &[u64; 11]) -> Option<Change> {
    let (before, now) = (NpsGroups::of(before), NpsGroups::of(now));
    let difference = now.score()?.value - before.score()?.value;
    let ((net_before, variance_before), (net_now, variance_now)) = (before.adjusted(), now.adjusted());
    let (adjusted, error) = ((net_now - net_before) * 100.0, (variance_before + variance_now).sqrt() * 100.0);
    let z = adjusted / error;
    Some(Change {
        difference,
        low: (adjusted - Z_95 * error).min(difference).max(-200.0),
        high: (adjusted + Z_95 * error).max(difference).min(200.0),
        z,
        p: normal_two_sided(z),
    })
}

/// The change between two estimates of which only the intervals are known, such as quantiles.
///
/// Standard errors are read off the side of each interval that faces the other estimate, and combined as for a
/// difference of independent estimates. `None` while a facing bound is infinite: too few to say.
pub fn estimate_change(before: &Score, now: &Score) -> Option<Change> {
    let difference = now.value - before.value;
    let below = (now.value - now.low).hypot(before.high - before.value);
    let above = (now.high - now.value).hypot(before.value - before.low);
    if !below.is_finite() || !above.is_finite() {
        return None;
    }
    let toward_none = if difference >= 0.0 { below } else { above };
    let z = if difference == 0.0 {
        0.0
    } else {
        // Two estimates known exactly and unequal are as different as can be told.
        (difference * Z_95 / toward_none).clamp(-1e3, 1e3)
    };
    Some(Change { difference, low: difference - below, high: difference + above, z, p: normal_two_sided(z) })
}

/// p values corrected for being looked at together, in the same order: one below 0.05 marks a change that is real
/// with a false discovery rate of 5 % over the list.
///
/// Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995).
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&one, &other| p_values[other].total_cmp(&p_values[one]));
    let mut corrected = vec![1.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (place, &index) in order.iter().enumerate() {
        let rank = p_values.len() - place;
        least = least.min(p_values[index] * p_values.len() as f64 / rank as f64);
        corrected[index] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{assert_close, wilson};
    use proptest::prelude::*;

    #[test]
    fn newcombe_1998_difference_is_reproduced() {
        // Newcombe (1998, difference), table II, method 10: 56/70 against 48/80 is 0.0524 to 0.3339.
        let change = proportion_change((48, 80), (56, 70)).unwrap();
        assert_close(change.difference, 20.0, 1e-12, "difference");
        assert_close(change.low, 5.24, 2e-3, "low");
        assert_close(change.high, 33.39, 2e-4, "high");
    }

    #[test]
    fn statsmodels_agrees_on_shares() {
        // python: confint_proportions_2indep(now.., before.., method="newcomb", compare="diff") times 100;
        //         proportions_ztest([now, before], [n_now, n_before])
        for (before, now, low, high, z, p) in [
            ((48, 80), (56, 70), 5.243147240236498, 33.38726540369061, 2.6501719512585336, 0.00804508136819656),
            ((9, 10), (3, 10), -80.9017973535488, -17.05227239345029, -2.738612787525831, 0.006169899320544151),
            (
                (120, 1000),
                (150, 1000),
                0.0013782434204051563,
                6.000825857012657,
                1.963049807622355,
                0.04964038686536878,
            ),
            ((0, 29), (6, 48), -0.9516951794366152, 24.70045828638684, 1.9827602044042074, 0.04739422114923261),
            (
                (5000, 100_000),
                (5200, 100_000),
                0.007159069535952545,
                0.39287531369697376,
                2.0328100706668577,
                0.04207171530471452,
            ),
            // No variance at all: no evidence of a change.
            ((0, 10), (0, 20), -27.753279986288927, 16.11251580528194, 0.0, 1.0),
            ((10, 10), (20, 20), -16.11251580528196, 27.753279986288938, 0.0, 1.0),
        ] {
            let change = proportion_change(before, now).unwrap();
            assert_close(change.low, low, 1e-10, "low");
            assert_close(change.high, high, 1e-10, "high");
            assert_close(change.z, z, 1e-10, "z");
            assert_close(change.p / p, 1.0, 1e-9, "p");
        }
    }

    #[test]
    fn scipy_agrees_on_nps() {
        // python: the adjusted estimates of both, z of their difference, 2 * scipy.stats.norm.sf(abs(z))
        let distribution = |promoters, passives, detractors| {
            let mut counts = [0; 11];
            (counts[10], counts[8], counts[3]) = (promoters, passives, detractors);
            counts
        };
        for (before, now, z, p, low, high) in [
            (
                distribution(300, 120, 80),
                distribution(250, 130, 120),
                -3.605256180912453,
                0.0003118451519889769,
                -27.61981367138711,
                -8.165474598990635,
            ),
            (
                distribution(15, 15, 6),
                distribution(20, 10, 6),
                0.7634038350842879,
                0.4452225934679116,
                -20.094888225075042,
                45.73591386610068,
            ),
            // Widened to the plain difference of -200.
            (
                distribution(3, 0, 0),
                distribution(0, 0, 3),
                -2.449489742783178,
                0.014305878435429648,
                -200.0,
                -19.984805394078165,
            ),
        ] {
            let change = nps_change(&before, &now).unwrap();
            assert_close(change.z, z, 1e-12, "z");
            assert_close(change.p / p, 1.0, 1e-9, "p");
            assert_close(change.low, low, 1e-12, "low");
            assert_close(change.high, high, 1e-12, "high");
        }
        assert_eq!(nps_change(&[0; 11], &[1; 11]), None);
    }

    #[test]
    fn estimates_with_known_intervals_compare_like_the_test_they_stand_for() {
        let (before, now) = (wilson(4_800, 8_000).unwrap(), wilson(5_100, 8_000).unwrap());
        let (rough, exact) =
            (estimate_change(&before, &now).unwrap(), proportion_change((4_800, 8_000), (5_100, 8_000)).unwrap());
        assert_close(rough.z, exact.z, 0.01, "z");
        assert_close(rough.low, exact.low, 1e-9, "low");
        let unbounded = Score { high: f64::INFINITY, ..now };
        assert_eq!(estimate_change(&before, &unbounded), None);
        let exact = Score { value: 1.0, n: 9, low: 1.0, high: 1.0 };
        assert!(estimate_change(&exact, &Score { value: 2.0, low: 2.0, high: 2.0, n: 9 }).unwrap().is_real());
        assert_eq!(estimate_change(&exact, &exact).unwrap().p, 1.0);
    }

    #[test]
    fn benjamini_and_hochbergs_own_example_is_reproduced() {
        // Their 1995 paper, section 3.2: 15 p values, of which the first 4 are declared at a rate of 0.05.
        // Expected: statsmodels 0.15 multipletests(p, method="fdr_bh")[1].
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let expected = [
            0.0015,
            0.003,
            0.0095,
            0.035625,
            0.0603,
            0.06385714285714286,
            0.06385714285714286,
            0.0645,
            0.0765,
            0.486,
            0.5811818181818182,
            0.714875,
            0.7532307692307693,
            0.8132142857142857,
            1.0,
        ];
        let corrected = benjamini_hochberg(&p);
        for (got, expected) in corrected.iter().zip(expected) {
            assert_close(*got, expected, 1e-12, "corrected p");
        }
        assert_eq!(corrected.iter().filter(|&&p| p < 0.05).count(), 4);
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn correction_keeps_order_and_never_helps(p in prop::collection::vec(0.0f64..=1.0, 1..40)) {
            let corrected = benjamini_hochberg(&p);
            for (one, &raw) in corrected.iter().zip(&p) {
                prop_assert!(*one >= raw * (1.0 - 1e-12) && *one <= 1.0);
            }
            for (first, second) in (0..p.len()).flat_map(|i| (0..p.len()).map(move |j| (i, j))) {
                prop_assert!(p[first] > p[second] || corrected[first] <= corrected[second]);
            }
        }

        #[test]
        fn turning_time_around_turns_the_sign(a in 0u64..500, n in 500u64..600, b in 0u64..500, m in 500u64..600) {
            let (there, back) = (proportion_change((a, n), (b, m)).unwrap(), proportion_change((b, m), (a, n)).unwrap());
            prop_assert!((there.z + back.z).abs() < 1e-9 && (there.p - back.p).abs() < 1e-9);
            prop_assert!((there.low + back.high).abs() < 1e-9);
            prop_assert!(there.low <= there.difference && there.difference <= there.high);
        }
    }
}
