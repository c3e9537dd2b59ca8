//! Answers weighted so that those who answered look like everybody, and scores of weighted answers.

use super::distribution::student_t_quantile_975;
use super::proportion::interval;
use super::{Score, Z_95};

/// No answer counts more than so many times the mean: M. DeBell and J. A. Krosnick, "Computing weights for American National
/// Election Study survey data" (2009).
pub const MOST_WEIGHT: f64 = 5.0;
/// Rounds after which what is not yet right stays so.
const ROUNDS: usize = 200;
/// The margins are right to this share of a category.
const NEARLY: f64 = 1e-10;

/// Answers that are alike in every trait: the category of each trait, and how many they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// A category a trait, as a place in its shares.
    pub categories: Vec<usize>,
    /// How many answers.
    pub n: f64,
}

/// The weight of an answer of each cell, of mean 1, at which every trait is distributed as in `shares` (a list of shares a
/// trait). Empty where there is no answer.
///
/// Iterative proportional fitting: W. E. Deming and F. F. Stephan, "On a least squares adjustment of a sampled frequency
/// table when the expected marginal totals are known", Annals of Mathematical Statistics 11 (1940). A category that nobody
/// answered from cannot be weighted: the others then stand for it. `most` is the largest weight.
pub fn rake(cells: &[Cell], shares: &[Vec<f64>], most: f64) -> Vec<f64> {
    let n: f64 = cells.iter().map(|cell| cell.n).sum();
    if n <= 0.0 {
        return Vec::new();
    }
    let targets: Vec<_> = shares.iter().enumerate().map(|(of, shares)| reachable(cells, of, shares)).collect();
    let mut weights = vec![1.0; cells.len()];
    for _ in 0..ROUNDS {
        let mut farthest: f64 = 0.0;
        for (of, target) in targets.iter().enumerate() {
            let mut sums = vec![0.0; target.len()];
            for (cell, weight) in cells.iter().zip(&weights) {
                sums[cell.categories[of]] += cell.n * weight / n;
            }
            for (cell, weight) in cells.iter().zip(&mut weights) {
                let category = cell.categories[of];
                if sums[category] > 0.0 {
                    let factor = target[category] / sums[category];
                    farthest = farthest.max((factor - 1.0).abs());
                    *weight *= factor;
                }
            }
        }
        cap(cells, &mut weights, most);
        if farthest < NEARLY {
            break;
        }
    }
    weights
}

/// Brings the weights to a mean of 1, none of them above `most`: what is cut from some is given to the others.
fn cap(cells: &[Cell], weights: &mut [f64], most: f64) {
    let n: f64 = cells.iter().map(|cell| cell.n).sum();
    // Each time one more may reach the limit.
    for _ in 0..=cells.len() {
        let (mut capped, mut free) = (0.0, 0.0);
        for (cell, weight) in cells.iter().zip(weights.iter()) {
            *(if *weight >= most { &mut capped } else { &mut free }) += cell.n * weight.min(most) / n;
        }
        let factor = if free > 0.0 { (1.0 - capped).max(0.0) / free } else { 1.0 };
        weights.iter_mut().for_each(|weight| *weight = if *weight >= most { most } else { *weight * factor });
        if weights.iter().all(|weight| *weight <= most) {
            break;
        }
    }
}

/// The shares of a trait among the categories that somebody answered from, so that they add up to 1.
fn reachable(cells: &[Cell], of: usize, shares: &[f64]) -> Vec<f64> {
    let is_answered = |category: usize| cells.iter().any(|cell| cell.n > 0.0 && cell.categories[of] == category);
    let kept: Vec<_> =
        shares.iter().enumerate().map(|(place, share)| if is_answered(place) { *share } else { 0.0 }).collect();
    let sum: f64 = kept.iter().sum();
    if sum > 0.0 { kept.iter().map(|share| share / sum).collect() } else { kept }
}

/// As many independent answers of equal weight tell as much: (Σ w)² / Σ w². L. Kish, "Survey Sampling" (1965), 11.7. Each pair
/// is how many answers have a weight, and the weight.
pub fn effective_n(weighted: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let (sum, squares) = weighted
        .into_iter()
        .fold((0.0, 0.0), |(sum, squares), (n, weight)| (sum + n * weight, squares + n * weight * weight));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Some answers of one weight: how many, how much each counts, and their values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted {
    /// How many.
    pub n: u64,
    /// How much each counts.
    pub weight: f64,
    /// Σ x.
    pub sum: f64,
    /// Σ x².
    pub squares: f64,
}

/// The share of weighted answers, in percent, whose value is 1 (of 0 and 1), with the Wilson interval of [`effective_n`] answers.
/// `None` without one.
pub fn weighted_share(parts: &[Weighted]) -> Option<Score> {
    let (value, n, worth) = weighed(parts)?;
    let (low, high) = interval(value.clamp(0.0, 1.0), worth.max(1.0), Z_95);
    Some(Score::within(value * 100.0, n, (low * 100.0, high * 100.0), (0.0, 100.0)))
}

/// The mean of weighted answers, with Student's interval of [`effective_n`] answers, cut to `scale`; one that tells no spread has
/// the whole scale. `None` without one.
pub fn weighted_mean(parts: &[Weighted], scale: (f64, f64), least_variance: f64) -> Option<Score> {
    let (value, n, worth) = weighed(parts)?;
    let weights: f64 = parts.iter().map(|part| part.n as f64 * part.weight).sum();
    let squares: f64 = parts.iter().map(|part| part.weight * part.squares).sum();
    let of_all = (squares / weights - value * value).max(0.0);
    let half = if worth <= 1.0 {
        f64::INFINITY
    } else {
        let variance = (of_all * worth / (worth - 1.0)).max(least_variance);
        student_t_quantile_975(worth - 1.0) * (variance / worth).sqrt()
    };
    Some(Score::within(value, n, (value - half, value + half), scale))
}

/// Mean, number and effective number.
fn weighed(parts: &[Weighted]) -> Option<(f64, u64, f64)> {
    let weights: f64 = parts.iter().map(|part| part.n as f64 * part.weight).sum();
    let sum: f64 = parts.iter().map(|part| part.weight * part.sum).sum();
    let n = parts.iter().map(|part| part.n).sum();
    (weights > 0.0).then(|| (sum / weights, n, effective_n(parts.iter().map(|part| (part.n as f64, part.weight)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    fn cells(counts: &[[f64; 2]; 2]) -> Vec<Cell> {
        let all = (0..2).flat_map(|row| (0..2).map(move |column| (row, column)));
        all.map(|(row, column)| Cell { categories: vec![row, column], n: counts[row][column] }).collect()
    }

    #[test]
    fn post_stratification_by_one_trait_is_the_share_over_the_share() {
        // 80 of 100 answers come from phones, and 50 of 100 views.
        let answers = [Cell { categories: vec![0], n: 80.0 }, Cell { categories: vec![1], n: 20.0 }];
        let weights = rake(&answers, &[vec![0.5, 0.5]], MOST_WEIGHT);
        assert_close(weights[0], 0.625, 1e-12, "phones");
        assert_close(weights[1], 2.5, 1e-12, "others");
        assert_close(effective_n([(80.0, weights[0]), (20.0, weights[1])]), 64.0, 1e-9, "Kish's n");
    }

    #[test]
    fn raking_keeps_how_traits_go_together() {
        let counts = [[40.0, 10.0], [20.0, 30.0]];
        let weights = rake(&cells(&counts), &[vec![0.3, 0.7], vec![0.6, 0.4]], f64::INFINITY);
        let fitted = |row: usize, column: usize| counts[row][column] * weights[row * 2 + column];
        assert_close(fitted(0, 0) + fitted(0, 1), 30.0, 1e-6, "a row");
        assert_close(fitted(0, 0) + fitted(1, 0), 60.0, 1e-6, "a column");
        // Deming and Stephan: what is fitted has the odds ratio of what was there.
        let odds = fitted(0, 0) * fitted(1, 1) / (fitted(0, 1) * fitted(1, 0));
        assert_close(odds, 6.0, 1e-6, "odds ratio");
    }

    #[test]
    fn a_category_without_an_answer_is_left_out_and_no_answer_speaks_for_all() {
        let answers = [Cell { categories: vec![0], n: 50.0 }, Cell { categories: vec![1], n: 50.0 }];
        let weights = rake(&answers, &[vec![0.2, 0.2, 0.6]], MOST_WEIGHT);
        assert_close(weights[0], 1.0, 1e-12, "the others stand for it");
        let few = [Cell { categories: vec![0], n: 99.0 }, Cell { categories: vec![1], n: 1.0 }];
        let weights = rake(&few, &[vec![0.5, 0.5]], MOST_WEIGHT);
        assert_close(weights[1], MOST_WEIGHT, 1e-12, "the most that one may count");
        assert_close(99.0 * weights[0] + weights[1], 100.0, 1e-9, "their mean is 1");
        assert_eq!(rake(&[], &[], MOST_WEIGHT), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn equal_weights_are_no_weights(values in prop::collection::vec(1u8..6, 2..60)) {
            let parts: Vec<_> = values.iter().map(|x| f64::from(*x)).map(|x| Weighted { n: 1, weight: 3.0, sum: x, squares: x * x }).collect();
            let mut counts = [0; 5];
            values.iter().for_each(|x| counts[usize::from(*x) - 1] += 1);
            let (weighted, plain) = (weighted_mean(&parts, (1.0, 5.0), 1.0 / 12.0).unwrap(), crate::score::mean(&counts, 1).unwrap());
            prop_assert!((weighted.value - plain.value).abs() < 1e-9 && (weighted.low - plain.low).abs() < 1e-6, "{:?} {:?}", weighted, plain);
        }
    }
}
