//! How many times more often something happens to those who met a fact than to those who did not, over strata that are alike.

use super::Z_95;
use super::distribution::normal_two_sided;

/// Those who met a fact and those who did not, in one stratum (such as a page and a question): to how many of how many it
/// happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Cases among those who met it, and how many they are.
    pub met: (u64, u64),
    /// Cases among those who did not, and how many they are.
    pub spared: (u64, u64),
}

/// A relative risk with its 95 % interval. `low <= value <= high` always holds, and the interval leaves out 1 exactly where
/// `p` is below 0.05.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The relative risk; infinite where nobody who was spared is a case.
    pub value: f64,
    /// How many it rests on, those of strata in which nobody was met or spared left out.
    pub n: u64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of it; infinite where so few cannot give it.
    pub high: f64,
    /// Two-sided p: how often noise alone would show such a ratio.
    pub p: f64,
}

/// The relative risk over strata; `None` where no stratum has both, or where there is no case at all.
///
/// Value: O. S. Miettinen's and N. Mantel's pooled ratio (W. Haenszel's weights n₁n₀/n), as in S. Greenland and J. M. Robins,
/// Biometrics 41 (1985). Interval and p: the score method of O. S. Miettinen and M. Nurminen, "Comparative analysis of two
/// rates", Statistics in Medicine 4 (1985), with those weights. With one stratum it is P. A. R. Koopman's interval
/// (Biometrics 40 (1984)) but for the factor n/(n − 1) of the variance; its p is then that of the "n − 1" chi-squared
/// test, and with several that of Mantel and Haenszel without correction for continuity. It holds for few cases, where
/// the logarithm's interval (Katz and others, 1978) is too narrow, and for none, where that does not exist.
pub fn relative_risk(strata: &[Exposure]) -> Option<Ratio> {
    let strata: Vec<_> = strata.iter().filter(|one| one.met.1 > 0 && one.spared.1 > 0).map(Stratum::of).collect();
    let sum = |of: fn(&Stratum) -> f64| strata.iter().map(of).sum::<f64>();
    let (met, spared) = (sum(|one| one.weight * one.share_met), sum(|one| one.weight * one.share_spared));
    if strata.is_empty() || met + spared <= 0.0 {
        return None;
    }
    let statistic = |ratio: f64| statistic(&strata, ratio);
    let value = met / spared;
    let low = if met <= 0.0 { 0.0 } else { bound(&statistic, Z_95) };
    let high = if spared <= 0.0 { f64::INFINITY } else { bound(&statistic, -Z_95) };
    let n = sum(|one| one.n_met + one.n_spared) as u64;
    Some(Ratio { value, n, low: low.min(value), high: high.max(value), p: normal_two_sided(statistic(1.0)).min(1.0) })
}

struct Stratum {
    share_met: f64,
    n_met: f64,
    share_spared: f64,
    n_spared: f64,
    weight: f64,
}

impl Stratum {
    fn of(exposure: &Exposure) -> Self {
        let share = |(cases, n): (u64, u64)| cases.min(n) as f64 / n as f64;
        let (n_met, n_spared) = (exposure.met.1 as f64, exposure.spared.1 as f64);
        Self {
            share_met: share(exposure.met),
            n_met,
            share_spared: share(exposure.spared),
            n_spared,
            weight: n_met * n_spared / (n_met + n_spared),
        }
    }

    /// The variance of `share_met − ratio · share_spared` if the ratio of the true shares is `ratio`.
    fn variance(&self, ratio: f64) -> f64 {
        let n = self.n_met + self.n_spared;
        let (cases_met, cases_spared) = (self.share_met * self.n_met, self.share_spared * self.n_spared);
        // The likeliest share of the spared (Miettinen and Nurminen, appendix I): the smaller root of a p² − b p + c. Divided
        // by the larger one it loses no digits.
        let (a, c) = (n * ratio, cases_met + cases_spared);
        let b = self.n_met * ratio + cases_met + self.n_spared + cases_spared * ratio;
        let spared = (2.0 * c / (b + (b * b - 4.0 * a * c).max(0.0).sqrt())).min(1.0);
        let met = (spared * ratio).min(1.0);
        let of = |share: f64, n: f64| share * (1.0 - share) / n;
        (of(met, self.n_met) + ratio * ratio * of(spared, self.n_spared)) * n / (n - 1.0).max(1.0)
    }
}

/// How many standard errors the ratio lies above `ratio`; it falls as that rises.
fn statistic(strata: &[Stratum], ratio: f64) -> f64 {
    let (mut difference, mut variance) = (0.0, 0.0);
    for one in strata {
        difference += one.weight * (one.share_met - ratio * one.share_spared);
        variance += one.weight * one.weight * one.variance(ratio);
    }
    // Where all are cases nothing differs, and nothing varies.
    if difference.abs() <= 1e-12 * strata.iter().map(|one| one.weight).sum::<f64>() {
        return 0.0;
    }
    difference / variance.max(f64::MIN_POSITIVE).sqrt()
}

/// The ratio at which the statistic is `points`, found by halving its logarithm.
fn bound(statistic: &impl Fn(f64) -> f64, points: f64) -> f64 {
    const ENDS: (f64, f64) = (1e-9, 1e9);
    let (mut low, mut high) = (ENDS.0.ln(), ENDS.1.ln());
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if statistic(middle.exp()) > points {
            low = middle;
        } else {
            high = middle;
        }
    }
    let found = f64::midpoint(low, high).exp();
    if found >= ENDS.1 * 0.999 { f64::INFINITY } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    #[test]
    fn koopmans_and_agrestis_examples_are_reproduced() {
        // P. A. R. Koopman, "Confidence intervals for the ratio of two binomial proportions", Biometrics 40 (1984): 36 of 40
        // against 16 of 80 give 2.94 to 7.15, by his variance without the factor n/(n − 1).
        let ratio = relative_risk(&[Exposure { met: (36, 40), spared: (16, 80) }]).unwrap();
        assert_close(ratio.value, 4.5, 1e-12, "value");
        assert_close(ratio.low, 2.94, 0.015, "low");
        assert_close(ratio.high, 7.15, 0.015, "high");
    }

    #[test]
    fn strata_of_unlike_risk_are_not_added_up() {
        // Simpson's paradox: in either stratum the fact doubles the risk, and those who met it are where the risk is small.
        let strata = [Exposure { met: (40, 400), spared: (5, 100) }, Exposure { met: (50, 50), spared: (200, 400) }];
        let apart = relative_risk(&strata).unwrap();
        assert_close(apart.value, 2.0, 1e-12, "pooled over strata");
        let added = relative_risk(&[Exposure { met: (90, 450), spared: (205, 500) }]).unwrap();
        assert!(added.high < 1.0 && apart.low > 1.0, "{added:?} {apart:?}");
    }

    #[test]
    fn nothing_of_few_is_no_ratio_and_none_among_many_is_one() {
        let of = |met, spared| relative_risk(&[Exposure { met, spared }]);
        for (met, spared) in [((0, 0), (3, 10)), ((1, 1), (0, 0)), ((0, 5), (0, 5))] {
            assert_eq!(of(met, spared), None, "{met:?} {spared:?}");
        }
        let none = of((0, 30), (10, 30)).unwrap();
        assert!(none.value == 0.0 && none.low == 0.0 && none.high < 1.0, "{none:?}");
        let only = of((10, 30), (0, 30)).unwrap();
        assert!(only.value.is_infinite() && only.high.is_infinite() && only.low > 1.0, "{only:?}");
        let all = of((9, 9), (7, 7)).unwrap();
        assert!((all.value, all.p) == (1.0, 1.0) && all.low < 1.0 && all.high > 1.0, "{all:?}");
    }

    fn strata() -> impl Strategy<Value = Vec<Exposure>> {
        let part = || (1u64..200, 0.0f64..=1.0).prop_map(|(n, share)| ((n as f64 * share) as u64, n));
        prop::collection::vec((part(), part()).prop_map(|(met, spared)| Exposure { met, spared }), 1..5)
    }

    proptest! {
        #[test]
        fn interval_and_p_of_a_ratio_agree(strata in strata()) {
            if let Some(ratio) = relative_risk(&strata) {
                prop_assert!(ratio.low <= ratio.value && ratio.value <= ratio.high, "{:?}", ratio);
                let leaves_out_one = ratio.low > 1.0 || ratio.high < 1.0;
                prop_assert!(leaves_out_one == (ratio.p < 0.05) || (ratio.p - 0.05).abs() < 1e-6, "{:?}", ratio);
            }
        }

        #[test]
        fn a_ratio_turned_around_is_its_inverse(strata in strata()) {
            let turned: Vec<_> = strata.iter().map(|one| Exposure { met: one.spared, spared: one.met }).collect();
            if let (Some(one), Some(other)) = (relative_risk(&strata), relative_risk(&turned)) {
                let is_inverse = |a: f64, b: f64| (a * b - 1.0).abs() < 1e-6 || a == 0.0 || b == 0.0;
                prop_assert!(is_inverse(one.value, other.value) && is_inverse(one.low, other.high), "{:?} {:?}", one, other);
            }
        }
    }
}
