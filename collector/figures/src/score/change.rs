//! Is a change between two periods real or noise? Difference, interval, statistic and p; and p corrected for many
//! rows.
//!
//! Difference, interval and p of a change speak of one quantity and never contradict one another: the interval leaves
//! out 0 exactly where p is below 0.05, and then lies on the difference's side. Where only one of test and interval
//! takes a change for real, it is not: p is raised to the interval's, or the interval is widened to touch 0.

use super::cluster::Grouped;
use super::distribution::normal_two_sided;
use super::proportion::interval;
use super::{LEVEL, NpsGroups, Score, Z_95, exact};

/// Below this many expected successes or failures in the smaller sample the z test of two shares errs too often.
const EXPECTED_LEAST: f64 = 15.0;

/// A change from one period to the next, in the unit of the score that changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Now minus before.
    pub difference: f64,
    /// Lower end of the difference's 95 % interval.
    pub low: f64,
    /// Upper end of the difference's 95 % interval.
    pub high: f64,
    /// The difference in standard errors.
    pub z: f64,
    /// Two-sided p: how often noise alone would show a difference of this size.
    pub p: f64,
}

impl Change {
    /// Whether the change is real at the 5 % level. In a list, correct `p` with [`benjamini_hochberg`] first.
    pub fn is_real(&self) -> bool {
        self.p < LEVEL
    }

    /// The change that both a test and an interval vouch for: see the head of this file. `of_interval` is the p at
    /// which the interval would just touch 0.
    pub(super) fn agreed(
        difference: f64,
        (low, high): (f64, f64),
        z: f64,
        of_test: f64,
        of_interval: impl FnOnce() -> f64,
    ) -> Self {
        let holds_none = low <= 0.0 && high >= 0.0;
        let p = if holds_none && of_test < LEVEL { of_test.max(of_interval()).max(LEVEL) } else { of_test };
        let (low, high) = if p < LEVEL { (low, high) } else { (low.min(0.0), high.max(0.0)) };
        Self { difference, low: low.min(difference), high: high.max(difference), z, p: p.min(1.0) }
    }
}

/// The change of a share given as `(successes, n)`, in percentage points; `None` when either n is 0. See
/// [`grouped_change`].
pub fn proportion_change(before: (u64, u64), now: (u64, u64)) -> Option<Change> {
    grouped_change(&Grouped::independent(before), &Grouped::independent(now))
}

/// The change of a share whose n come in groups, in percentage points; `None` when either n is 0.
///
/// Test: the z test of two shares with pooled variance where at least 15 successes and failures are expected in
/// either sample, else Fisher's mid-p; of up to 200 the change must stand Boschloo's exact test too. Interval: Newcombe's hybrid score
/// interval (R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
/// Medicine 17 (1998), method 10), which holds for small n and near 0 and 100 %. Successes and n count divided by
/// their common design effect (see [`Grouped`]).
pub fn grouped_change(before: &Grouped, now: &Grouped) -> Option<Change> {
    if before.n == 0 || now.n == 0 {
        return None;
    }
    let effect = before.common_effect(now);
    let ((share_before, n_before), (share_now, n_now)) = (worth(before, effect), worth(now, effect));
    let difference = share_now - share_before;
    let pooled = (share_before * n_before + share_now * n_now) / (n_before + n_now);
    let variance = pooled * (1.0 - pooled) * (1.0 / n_before + 1.0 / n_now);
    let z = if variance > 0.0 { difference / variance.sqrt() } else { 0.0 };
    let expected = n_before.min(n_now) * pooled.min(1.0 - pooled);
    let (whole_before, whole_now) = (whole(share_before, n_before), whole(share_now, n_now));
    let of_test = if expected >= EXPECTED_LEAST {
        exact::guarded(normal_two_sided(z), whole_before, whole_now)
    } else {
        exact::shares(whole_before, whole_now)
    };
    let newcombe = |points: f64| {
        let (low_before, high_before) = interval(share_before, n_before, points);
        let (low_now, high_now) = interval(share_now, n_now, points);
        (
            difference - (share_now - low_now).hypot(high_before - share_before),
            difference + (high_now - share_now).hypot(share_before - low_before),
        )
    };
    let of_interval = || {
        let (mut low, mut high) = (0.0, Z_95);
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            let bounds = newcombe(middle);
            if bounds.0 <= 0.0 && bounds.1 >= 0.0 { high = middle } else { low = middle }
        }
        normal_two_sided(high)
    };
    let (low, high) = newcombe(Z_95);
    Some(Change::agreed(difference * 100.0, (low * 100.0, high * 100.0), z, of_test, of_interval))
}

/// The share, and how many independent members its n are worth.
fn worth(sample: &Grouped, effect: f64) -> (f64, f64) {
    (sample.share(), (sample.n as f64 / effect).max(1.0))
}

/// The nearest whole successes and n.
fn whole(share: f64, n: f64) -> (u64, u64) {
    let n = n.round();
    ((share * n).round() as u64, n as u64)
}

/// The change of the Net Promoter Score, in points; `None` when either period has no answer.
///
/// The interval is that of the difference of the plain scores, with the adjusted Wald variances of both periods (see
/// [`super::nps`]). Test: the exact permutation of promoters, passives and detractors while it can be counted out, from
/// there on z with the same variances.
pub fn nps_change(before: &[u64; 11], now: &[u64; 11]) -> Option<Change> {
    let (before, now) = (NpsGroups::of(before), NpsGroups::of(now));
    let difference = now.score()?.value - before.score()?.value;
    let error = (before.adjusted().1 + now.adjusted().1).sqrt() * 100.0;
    let z = difference / error;
    let of_test = exact::means(&before.in_order(), &now.in_order()).unwrap_or_else(|| normal_two_sided(z));
    let (low, high) = ((difference - Z_95 * error).max(-200.0), (difference + Z_95 * error).min(200.0));
    Some(Change::agreed(difference, (low, high), z, of_test, || normal_two_sided(z)))
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
        // python: statsmodels 0.15 confint_proportions_2indep(now.., before.., method="newcomb", compare="diff") times
        //         100; proportions_ztest([now, before], [n_now, n_before]); where few are expected, p of the exact test:
        //         k = now + before; 2 * (hypergeom.cdf(now, n, k, n_now) - hypergeom.pmf(now, n, k, n_now) / 2)
        for (before, now, low, high, z, p) in [
            ((48, 80), (56, 70), 5.243147240236498, 33.38726540369061, 2.6501719512585336, 0.00804508136819656),
            ((9, 10), (3, 10), -80.9017973535488, -17.05227239345029, -2.738612787525831, 0.0102405334603477),
            (
                (120, 1000),
                (150, 1000),
                0.0013782434204051563,
                6.000825857012657,
                1.963049807622355,
                0.04964038686536878,
            ),
            ((0, 29), (6, 48), -0.9516951794366152, 24.70045828638684, 1.9827602044042074, 0.05175805118126675),
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
        // python: d = the plain difference; s = the root of both adjusted Wald variances; d / s; d -/+
        //         scipy.stats.norm.ppf(.975) * s; 2 * scipy.stats.norm.sf(d / s). Of few answers p is counted out:
        //         every way of drawing the smaller sample's promoters, passives and detractors, by math.comb.
        let distribution = |promoters, passives, detractors| {
            let mut counts = [0; 11];
            (counts[10], counts[8], counts[3]) = (promoters, passives, detractors);
            counts
        };
        for (before, now, z, p, low, high) in [
            (
                distribution(300, 120, 80),
                distribution(250, 130, 120),
                -3.626887717997926,
                0.0002868579573100679,
                -27.72716953619824,
                -8.27283046380176,
            ),
            (
                distribution(15, 15, 6),
                distribution(20, 10, 6),
                0.8270208213413119,
                0.5290457333979971,
                -19.026512156698974,
                46.804289934476756,
            ),
            (
                distribution(10, 0, 0),
                distribution(2, 2, 2),
                -3.3253627856406553,
                0.016483516483516484,
                -158.93985441237965,
                -41.06014558762037,
            ),
            // Three against three can be chance in one of ten: the interval is widened to touch 0.
            (distribution(3, 0, 0), distribution(0, 0, 3), -4.898979485566357, 0.1, -200.0, 0.0),
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
    fn an_nps_that_did_not_move_did_not_get_worse() {
        let tens = |count| [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, count];
        let change = nps_change(&tens(1), &tens(300)).unwrap();
        assert_eq!((change.difference, change.z, change.p), (0.0, 0.0, 1.0));
        assert!(change.low < 0.0 && change.high > 0.0, "{change:?}");
    }

    #[test]
    fn the_z_test_is_not_used_where_it_errs() {
        // One of one failed, then none of 60: z would say p = 4.4e-14, and 1 against 60 errs in 12 % of cases.
        assert_close(proportion_change((1, 1), (0, 60)).unwrap().p, 1.0 / 61.0, 1e-12, "mid-p");
        // 0 of 30 against 6 of 48: z says 0.044.
        let few = proportion_change((0, 30), (6, 48)).unwrap();
        assert!(!few.is_real() && few.low <= 0.0, "{few:?}");
    }

    /// Chances of each count of successes, for the error of a test to be summed exactly.
    fn binomial(n: u64, share: f64) -> Vec<f64> {
        let mut chance = (n as f64 * (-share).ln_1p()).exp();
        (0..=n)
            .map(|successes| {
                let this = chance;
                chance *= (n - successes) as f64 / (successes + 1) as f64 * share / (1.0 - share);
                this
            })
            .collect()
    }

    #[test]
    fn a_false_change_of_shares_is_no_more_frequent_than_it_says() {
        // Over every table that can come up, not by simulation. z with pooled variance errs in up to 16 % of these.
        for (n, n_other) in
            [(1, 60), (1, 300), (2, 13), (3, 60), (5, 8), (5, 300), (8, 300), (13, 13), (20, 30), (40, 40), (60, 100)]
        {
            let real: Vec<Vec<bool>> = (0..=n)
                .map(|one| {
                    let real = |other| proportion_change((one, n), (other, n_other)).unwrap().is_real();
                    (0..=n_other).map(real).collect()
                })
                .collect();
            for share in [0.005, 0.02, 0.05, 0.1, 0.17, 0.3, 0.4, 0.5] {
                let (one, other) = (binomial(n, share), binomial(n_other, share));
                let error: f64 = real
                    .iter()
                    .zip(&one)
                    .flat_map(|(row, one)| {
                        row.iter().zip(&other).filter(|(real, _)| **real).map(move |(_, other)| one * other)
                    })
                    .sum();
                assert!(error <= 0.055, "{n} against {n_other}, {share}: {error}");
            }
        }
    }

    /// A fixed sequence of numbers from 0 to 1.
    fn uniform() -> impl FnMut() -> f64 {
        let mut state = 7u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// How often two samples of the same scores are taken for different, of 1,000.
    fn false_changes<const N: usize>(
        shares: [f64; N],
        n: (usize, usize),
        change: impl Fn(&[u64; N], &[u64; N]) -> Option<Change>,
    ) -> usize {
        let mut uniform = uniform();
        let mut draw = |n: usize| {
            let mut counts = [0; N];
            for _ in 0..n {
                let mut left = uniform();
                let place = shares.iter().position(|share| {
                    left -= share;
                    left < 0.0
                });
                counts[place.unwrap_or(N - 1)] += 1;
            }
            counts
        };
        (0..1_000).filter(|_| change(&draw(n.0), &draw(n.1)).is_some_and(|change| change.is_real())).count()
    }

    #[test]
    fn a_false_change_of_scores_is_no_more_frequent_than_it_says() {
        let nps = |detractors: f64, passives: f64| {
            let mut shares = [0.0; 11];
            (shares[3], shares[8], shares[10]) = (detractors, passives, 1.0 - detractors - passives);
            shares
        };
        // 65 of 1,000 is what a true 5 % exceeds once in 70; before, two equal answers made nearly every change real.
        for n in [(1, 300), (2, 60), (20, 200), (150, 400)] {
            for shares in [nps(0.02, 0.03), nps(0.15, 0.0), nps(0.2, 0.3)] {
                let found = false_changes(shares, n, nps_change);
                assert!(found <= 65, "NPS of {n:?}, {shares:?}: {found}");
            }
            for shares in [[0.15, 0.0, 0.0, 0.0, 0.0, 0.0, 0.85], [0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.3]] {
                let found = false_changes(shares, n, super::super::ces_change);
                assert!(found <= 65, "CES of {n:?}, {shares:?}: {found}");
            }
        }
    }

    #[test]
    fn failures_that_come_in_pairs_do_not_make_a_change() {
        // Visits of two views that fare alike, one in ten of them badly, 150 before and now: tested by view, 16 % of
        // such changes would be real.
        let mut uniform = uniform();
        let mut sample = |visits: u64, of: u64| {
            let failed = (0..visits).filter(|_| uniform() < 0.1).count() as u64;
            Grouped {
                successes: failed * of,
                n: visits * of,
                groups: super::super::Groups { groups: visits, members: visits * of, squares: visits * of * of },
                success_squares: failed * of * of,
                products: failed * of * of,
            }
        };
        for of in [1, 2, 5] {
            let (mut by_visit, mut by_view) = (0, 0);
            for _ in 0..1_000 {
                let (before, now) = (sample(150, of), sample(150, of));
                let alone = |sample: Grouped| (sample.successes, sample.n);
                by_visit += usize::from(grouped_change(&before, &now).unwrap().is_real());
                by_view += usize::from(proportion_change(alone(before), alone(now)).unwrap().is_real());
            }
            assert!(by_visit <= 65, "{of} a visit: {by_visit}");
            assert!(of == 1 || by_view > 110, "{of} a visit, by view: {by_view}");
        }
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

    #[test]
    fn failures_that_fill_visits_of_any_length_do_not_make_a_change() {
        let mut uniform = uniform();
        let mut sample = |visits: u64, failing: f64| {
            let mut sum = Grouped::default();
            for _ in 0..visits {
                let views = 1 + (uniform().ln() / 0.7f64.ln()) as u64;
                let is_bad = uniform() < failing;
                let failed = (0..views).filter(|_| is_bad && uniform() < 0.8).count() as u64;
                sum.successes += failed;
                sum.n += views;
                sum.groups.groups += 1;
                sum.groups.members += views;
                sum.groups.squares += views * views;
                sum.success_squares += failed * failed;
                sum.products += failed * views;
            }
            sum
        };
        for (visits, visits_now, failing) in [(40, 40, 0.1), (300, 300, 0.02), (60, 600, 0.1), (300, 300, 0.3)] {
            let found = (0..1_000)
                .filter(|_| grouped_change(&sample(visits, failing), &sample(visits_now, failing)).unwrap().is_real())
                .count();
            assert!(found <= 65, "{visits} against {visits_now} visits, {failing}: {found}");
        }
    }

    #[test]
    fn a_false_change_of_a_p75_is_no_more_frequent_than_it_says() {
        // Loading times that are skewed as they are, and interactions in steps of 8 ms.
        let mut uniform = uniform();
        let mut p75 = |n: usize, step: f64| {
            let mut sketch = crate::sketch::QuantileSketch::new();
            for _ in 0..n {
                let normal = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
                let value = if step > 1.0 { 80.0 * (0.6 * normal).exp() } else { 1_800.0 * (0.6 * normal).exp() };
                sketch.insert(((value / step).round() * step) as u32);
            }
            sketch.quantile_score(0.75).unwrap()
        };
        for n in [(13, 13), (13, 60), (20, 400), (60, 13), (60, 60), (300, 300), (300, 40)] {
            for step in [1.0, 8.0] {
                let found = (0..1_000)
                    .filter(|_| {
                        estimate_change(&p75(n.0, step), &p75(n.1, step)).is_some_and(|change| change.is_real())
                    })
                    .count();
                assert!(found <= 65, "{n:?} in steps of {step}: {found}");
            }
        }
    }

    /// Whether difference, interval and p say the same.
    fn agree(change: &Change) -> bool {
        let says_more = change.low > 0.0;
        let says_less = change.high < 0.0;
        change.is_real() == (says_more || says_less)
            && (!says_more || change.difference > 0.0)
            && (!says_less || change.difference < 0.0)
            && change.low <= change.difference
            && change.difference <= change.high
            && (0.0..=1.0).contains(&change.p)
    }

    proptest! {
        #[test]
        fn difference_interval_and_p_of_a_share_agree(
            n in prop_oneof![1u64..40, 1u64..2_000], m in prop_oneof![1u64..40, 1u64..2_000],
            one in 0.0f64..=1.0, other in 0.0f64..=1.0, of in 1u64..6,
        ) {
            let sample = |n: u64, share: f64| Grouped {
                successes: (n as f64 * share).round() as u64 * of,
                n: n * of,
                groups: super::super::Groups { groups: n, members: n * of, squares: n * of * of },
                success_squares: (n as f64 * share).round() as u64 * of * of,
                products: (n as f64 * share).round() as u64 * of * of,
            };
            let change = grouped_change(&sample(n, one), &sample(m, other)).unwrap();
            prop_assert!(agree(&change), "{:?}", change);
        }

        #[test]
        fn difference_interval_and_p_of_an_nps_agree(
            before in prop::array::uniform11(prop_oneof![Just(0u64), 0u64..5, 0u64..300]),
            now in prop::array::uniform11(prop_oneof![Just(0u64), 0u64..5, 0u64..300]),
        ) {
            if let Some(change) = nps_change(&before, &now) {
                prop_assert!(agree(&change), "{:?}", change);
            }
        }

        #[test]
        fn difference_interval_and_p_of_a_mean_agree(
            before in prop::array::uniform7(prop_oneof![Just(0u64), 0u64..5, 0u64..300]),
            now in prop::array::uniform7(prop_oneof![Just(0u64), 0u64..5, 0u64..300]),
        ) {
            if let Some(change) = super::super::ces_change(&before, &now) {
                prop_assert!(agree(&change), "{:?}", change);
            }
        }

        #[test]
        fn difference_interval_and_p_of_an_estimate_agree(
            values in prop::array::uniform2(0.0f64..100.0), widths in prop::array::uniform4(0.0f64..30.0),
        ) {
            let score = |value: f64, below: f64, above: f64| Score { value, n: 50, low: value - below, high: value + above };
            let (before, now) = (score(values[0], widths[0], widths[1]), score(values[1], widths[2], widths[3]));
            if let Some(change) = estimate_change(&before, &now) {
                prop_assert!(agree(&change), "{:?}", change);
            }
        }

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
