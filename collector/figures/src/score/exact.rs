//! Tests that hold for any n: Fisher's mid-p and Boschloo's test of two shares, and the permutation test of two means.

use super::LEVEL;
use super::distribution::{binomial_cdf, ln_gamma};

/// Boschloo's test looks at every table of two samples; above these sizes Fisher's own p stands in, which is larger.
const BOSCHLOO_N: (u64, u64) = (200, 5_000);
/// Points of the unknown share at which Boschloo's test is looked at.
const BOSCHLOO_POINTS: u32 = 200;
/// The permutation test counts every sample that could have been drawn while it holds about so many scores that are
/// not the most frequent one. From there on the sums are as good as normal.
const PERMUTED_MOST: f64 = 20.0;
/// Chances below this are left out of sums.
const NEGLIGIBLE: f64 = 1e-17;

/// Two-sided p of a difference between two shares given as `(successes, n)`, whatever n; 1 where they are equal.
///
/// Fisher's exact test with mid-p (H. O. Lancaster, "Significance tests in discrete distributions", JASA 56 (1961)),
/// one side doubled, and [`guarded`].
pub(super) fn shares(one: (u64, u64), other: (u64, u64)) -> f64 {
    let Some((low, high)) = in_order(one, other) else { return 1.0 };
    let tail = fisher(low, high);
    let mid = (2.0 * tail.mid()).min(1.0);
    let fisher = (2.0 * tail.whole()).min(1.0);
    if mid < LEVEL && fisher >= LEVEL { mid.max(boschloo(low, high).unwrap_or(fisher)) } else { mid }
}

/// The p of an approximate test of two shares, made sure of where the samples are few.
///
/// Approximate tests err a little more often than they say for some n. So where one alone speaks of a change, and
/// Fisher's own test does not, Boschloo's decides (R. D. Boschloo, "Raised conditional level of significance for the
/// 2×2-table", Statistica Neerlandica 24 (1970)), which finds a change in at most 5 % where there is none.
pub(super) fn guarded(p: f64, one: (u64, u64), other: (u64, u64)) -> f64 {
    let (few, many) = (one.1.min(other.1), one.1.max(other.1));
    match in_order(one, other) {
        Some((low, high)) if p < LEVEL && few <= BOSCHLOO_N.0 && many <= BOSCHLOO_N.1 => {
            let is_sure = 2.0 * fisher(low, high).whole() < LEVEL;
            if is_sure { p } else { p.max(boschloo(low, high).unwrap_or(p)) }
        }
        _ => p,
    }
}

/// The samples by their shares, the lower one first; `None` where they are equal.
fn in_order(one: (u64, u64), other: (u64, u64)) -> Option<((u64, u64), (u64, u64))> {
    let product = |(successes, _): (u64, u64), (_, n): (u64, u64)| u128::from(successes) * u128::from(n);
    match product(one, other).cmp(&product(other, one)) {
        core::cmp::Ordering::Less => Some((one, other)),
        core::cmp::Ordering::Greater => Some((other, one)),
        core::cmp::Ordering::Equal => None,
    }
}

/// One side of a discrete distribution.
#[derive(Clone, Copy)]
struct Tail {
    at: f64,
    beyond: f64,
}

impl Tail {
    fn whole(self) -> f64 {
        self.at + self.beyond
    }

    fn mid(self) -> f64 {
        self.at / 2.0 + self.beyond
    }
}

/// How often the sample with the lower share has as few successes as it has, or fewer, if it was drawn from both.
fn fisher((successes, n): (u64, u64), (successes_high, n_high): (u64, u64)) -> Tail {
    let hypergeometric = Hypergeometric { of: n + n_high, marked: successes + successes_high, drawn: n };
    let at = hypergeometric.chance(successes);
    let (mut term, mut beyond) = (at, 0.0);
    let mut count = successes;
    while count > hypergeometric.least() && term > beyond * f64::EPSILON {
        term *= hypergeometric.step_down(count);
        beyond += term;
        count -= 1;
    }
    Tail { at, beyond }
}

/// Boschloo's two-sided p, as twice the smaller side; `None` where there are too many tables to look at.
fn boschloo(low: (u64, u64), high: (u64, u64)) -> Option<f64> {
    // Failures instead of successes turn the roles around, so the smaller sample can always be `low`.
    let turned = |(successes, n): (u64, u64)| (n - successes, n);
    let (low, high) = if low.1 <= high.1 { (low, high) } else { (turned(high), turned(low)) };
    let (n, n_high) = (low.1, high.1);
    if n > BOSCHLOO_N.0 || n_high > BOSCHLOO_N.1 {
        return None;
    }
    let observed = fisher(low, high).whole() * (1.0 + 1e-9);
    // For each count of the small sample, the least count of the other that is as extreme as what was observed.
    let mut least = 0;
    let mut limits = Vec::new();
    for successes in 0..=n {
        let (mut from, mut to) = (least, n_high + 1);
        while from < to {
            let middle = from.midpoint(to);
            if fisher((successes, n), (middle, n_high)).whole() <= observed { to = middle } else { from = middle + 1 }
        }
        if from > n_high {
            break;
        }
        least = from;
        limits.push(from);
    }
    let chance_at = |share: f64| -> f64 {
        let odds = share / (1.0 - share);
        let mut chance = (n as f64 * (-share).ln_1p()).exp();
        let mut sum = 0.0;
        for (successes, &limit) in (0u64..).zip(&limits) {
            let rest = if limit == 0 { 1.0 } else { 1.0 - binomial_cdf(limit - 1, n_high, share) };
            sum += chance * rest;
            chance *= (n - successes) as f64 / (successes + 1) as f64 * odds;
        }
        sum
    };
    // Even steps of the angle whose sine squared is the share: as fine near 0 and 1 as a share is known there.
    let step = core::f64::consts::FRAC_PI_2 / f64::from(BOSCHLOO_POINTS);
    let worst =
        (1..BOSCHLOO_POINTS).map(|point| chance_at((f64::from(point) * step).sin().powi(2))).fold(0.0, f64::max);
    Some((2.0 * worst).min(1.0))
}

/// How many marked there are among `drawn` of `of`, of which `marked` are.
struct Hypergeometric {
    of: u64,
    marked: u64,
    drawn: u64,
}

impl Hypergeometric {
    fn least(&self) -> u64 {
        (self.drawn + self.marked).saturating_sub(self.of)
    }

    fn most(&self) -> u64 {
        self.drawn.min(self.marked)
    }

    fn chance(&self, count: u64) -> f64 {
        (ln_choose(self.marked, count) + ln_choose(self.of - self.marked, self.drawn - count)
            - ln_choose(self.of, self.drawn))
        .exp()
    }

    /// The chance of `count - 1` as a multiple of that of `count`.
    fn step_down(&self, count: u64) -> f64 {
        let unmarked = (self.of + count) as f64 - (self.marked + self.drawn) as f64;
        count as f64 * unmarked / ((self.marked - count + 1) as f64 * (self.drawn - count + 1) as f64)
    }

    /// Every count that is not negligible, with its chance.
    fn chances(&self) -> Vec<(u64, f64)> {
        let mode = ((self.drawn + 1) as f64 * (self.marked + 1) as f64 / (self.of + 2) as f64) as u64;
        let mode = mode.clamp(self.least(), self.most());
        let at_mode = self.chance(mode);
        let mut chances = vec![(mode, at_mode)];
        let (mut count, mut chance) = (mode, at_mode);
        while count > self.least() && chance > NEGLIGIBLE {
            chance *= self.step_down(count);
            count -= 1;
            chances.push((count, chance));
        }
        (count, chance) = (mode, at_mode);
        while count < self.most() && chance > NEGLIGIBLE {
            count += 1;
            chance /= self.step_down(count);
            chances.push((count, chance));
        }
        chances
    }
}

fn ln_choose(n: u64, k: u64) -> f64 {
    let ln_factorial = |n: u64| ln_gamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// Two-sided p of a difference between the means of two samples of scores, `counts[i]` of each score `i`; `None`
/// where there are enough for the test of normal sums.
///
/// The exact permutation test: how often the smaller sample would have a sum as far to that side, if it had been drawn
/// blindly from both; doubled. E. J. G. Pitman, "Significance tests which may be applied to samples from any
/// populations", Supplement to JRSS 4 (1937). Of two scores it is Fisher's test.
pub(super) fn means(one: &[u64], other: &[u64]) -> Option<f64> {
    let both: Vec<u64> = one.iter().zip(other).map(|(one, other)| one.saturating_add(*other)).collect();
    let sample = if one.iter().sum::<u64>() <= other.iter().sum() { one } else { other };
    let (drawn, of) = (sample.iter().sum::<u64>(), both.iter().sum::<u64>());
    // Sums are counted from the most frequent score, which then needs no counting.
    let (base, &most) = both.iter().enumerate().max_by_key(|&(_, count)| count)?;
    let expected = drawn as f64 * (of - most) as f64 / of as f64;
    if expected.is_nan() || expected > PERMUTED_MOST {
        return None;
    }
    let offset = |place: usize| place as i64 - base as i64;
    let sum = |counts: &[u64]| (0..).zip(counts).map(|(place, &count)| offset(place) as i128 * i128::from(count)).sum();
    let (sum_drawn, sum_both): (i128, i128) = (sum(sample), sum(&both));
    let side = (sum_drawn * i128::from(of)).cmp(&(sum_both * i128::from(drawn)));
    if side.is_eq() {
        return Some(1.0);
    }
    let chances = sums(&both, base, drawn, expected);
    let tail = chances.iter().filter(|&&(sum, _)| {
        let order = i128::from(sum).cmp(&sum_drawn);
        order.is_eq() || order == side
    });
    Some((2.0 * tail.map(|(_, chance)| chance).sum::<f64>()).min(1.0))
}

/// The sums that `drawn` scores out of `both` can have, counted from the score `base`, with their chances.
fn sums(both: &[u64], base: usize, drawn: u64, expected: f64) -> Vec<(i64, f64)> {
    // More scores other than the base than this are as good as never drawn.
    let most_drawn = ((expected + 8.0 * expected.sqrt() + 12.0) as u64).min(drawn) as usize;
    let span = most_drawn * (both.len() - 1);
    let width = 2 * span + 1;
    let mut others: Vec<usize> = (0..both.len()).filter(|&place| place != base && both[place] > 0).collect();
    others.sort_by_key(|&place| both[place]);
    let mut left: u64 = both.iter().sum();
    // Rows: how many scores were drawn; columns: their sum, from -span.
    let mut chances = vec![vec![0.0; width]; most_drawn + 1];
    chances[0][span] = 1.0;
    for place in others {
        let mut next = vec![vec![0.0; width]; most_drawn + 1];
        for (count, row) in chances.iter().enumerate().filter(|(_, row)| row.iter().any(|&chance| chance > 0.0)) {
            let hypergeometric = Hypergeometric { of: left, marked: both[place], drawn: drawn - count as u64 };
            for (more, chance) in hypergeometric.chances() {
                let Some(target) = next.get_mut(count + more as usize) else { continue };
                let shift = more as i64 * (place as i64 - base as i64);
                for (column, &before) in row.iter().enumerate().filter(|&(_, &before)| before > NEGLIGIBLE) {
                    target[(column as i64 + shift) as usize] += before * chance;
                }
            }
        }
        chances = next;
        left -= both[place];
    }
    (0..width).map(|column| (column as i64 - span as i64, chances.iter().map(|row| row[column]).sum())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;

    #[test]
    fn the_lady_tasting_tea_is_judged_as_agresti_does() {
        // A. Agresti, "Categorical Data Analysis", 3rd ed., 3.5: three of four cups right, one-sided P = 0.243 and
        // mid-P = 0.129.
        let tail = fisher((1, 4), (3, 4));
        assert_close(tail.whole(), 17.0 / 70.0, 1e-12, "P");
        assert_close(tail.mid(), 9.0 / 70.0, 1e-12, "mid-P");
    }

    #[test]
    fn mid_p_agrees_with_scipy() {
        // python: scipy 1.17 hypergeom, k = a + b, n = n1 + n2: 2 * (cdf(a, n, k, n1) - pmf(a, n, k, n1) / 2), or sf
        // for the other side. The second is F. Perondi et al. (2004), adrenaline in cardiac arrest: 1 of 34, 7 of 34.
        for (one, other, mid) in [
            ((1, 4), (3, 4), 0.2571428571428571),
            ((2, 13), (9, 13), 0.008200969174855296),
            ((0, 1), (60, 60), 0.016393442622950817),
            ((5, 8), (970, 1_000), 0.0016643738663251143),
            ((3, 5), (290, 300), 0.0137666365907755),
            ((1, 8), (600, 1_000), 0.009502761247491897),
            ((0, 100_000), (9, 100_000), 0.001952773454196176),
            ((3, 1_000_000), (16, 1_200_000), 0.008288710808531236),
        ] {
            assert_close(shares(one, other) / mid, 1.0, 1e-6, &format!("{one:?}, {other:?}"));
            assert_close(shares(other, one) / mid, 1.0, 1e-6, &format!("{other:?}, {one:?}"));
        }
        assert_eq!(shares((2, 4), (50, 100)), 1.0);
        assert_eq!(shares((0, 4), (0, 100)), 1.0);
    }

    #[test]
    fn boschloos_test_agrees_with_scipy() {
        // python: scipy 1.17 boschloo_exact([[a, b], [n1 - a, n2 - b]], alternative="two-sided", n=256).pvalue
        for (one, other, p) in [
            ((3, 4), (1, 4), 0.28906250000000017),
            ((1, 34), (7, 34), 0.038463922122742404),
            ((0, 1), (60, 60), 0.012161442282904335),
            ((9, 10), (3, 10), 0.007955551147460955),
            ((0, 29), (6, 48), 0.06863578212079467),
            ((2, 13), (9, 13), 0.007080041023384547),
            ((3, 5), (290, 300), 0.014682934742094747),
            ((1, 8), (600, 1_000), 0.011459799438672888),
        ] {
            let (low, high) = if one.0 * other.1 < other.0 * one.1 { (one, other) } else { (other, one) };
            assert_close(boschloo(low, high).unwrap() / p, 1.0, 0.02, &format!("{one:?}, {other:?}"));
        }
        assert_eq!(boschloo((0, 10_000), (3, 10_000)), None);
    }

    #[test]
    fn boschloos_test_decides_where_mid_p_is_too_sure() {
        // Mid-p says 0.0297 and Fisher's own test 0.0544.
        assert_close(shares((1, 34), (7, 34)), 0.0385, 1e-3, "p");
    }

    #[test]
    fn permutations_agree_with_those_counted_one_by_one() {
        // python: scipy 1.17 permutation_test of the means, n_resamples=inf; larger ones by polynomials of math.comb.
        for (one, other, p) in [
            (&[0, 0, 2][..], &[3, 2, 5][..], 0.6363636363636364),
            (&[0, 0, 0, 0, 0, 0, 2], &[1, 0, 0, 0, 1, 0, 8], 1.0),
            (&[1, 0, 2, 1], &[0, 0, 3, 5], 0.2828282828282828),
            (&[2, 1, 0, 3, 1], &[0, 1, 2, 1, 4], 0.2601398601398601),
            (&[0, 0, 0, 0, 2], &[9, 4, 3, 20, 40], 0.5734265734265734),
            (&[0, 0, 10], &[2, 2, 2], 0.016483516483516484),
            (&[2, 3, 4], &[6, 2, 1], 0.09584533114394),
            (&[1, 0, 0], &[3, 10, 300], 0.025477707006369428),
        ] {
            assert_close(means(one, other).unwrap(), p, 1e-9, &format!("{one:?}, {other:?}"));
            assert_close(means(other, one).unwrap(), p, 1e-9, &format!("{other:?}, {one:?}"));
        }
        assert_eq!(means(&[5, 5], &[50, 50]), Some(1.0));
        assert_eq!(means(&[500, 500], &[500, 510]), None);
        assert_eq!(means(&[0, 0], &[0, 0]), None);
    }

    #[test]
    fn of_two_scores_the_permutation_is_fishers_test() {
        for (one, other) in [((1, 4), (3, 4)), ((2, 13), (9, 13)), ((0, 60), (1, 1))] {
            let counts = |(successes, n): (u64, u64)| [n - successes, successes];
            let whole = 2.0 * fisher(one, other).whole();
            assert_close(means(&counts(one), &counts(other)).unwrap(), whole.min(1.0), 1e-9, "p");
        }
    }
}
