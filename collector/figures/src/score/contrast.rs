//! How far apart the means of those who met a fact and of those who did not are, over strata that are alike.

use super::Change;
use super::ces::ROUNDING_VARIANCE;
use super::distribution::{student_t_quantile_975, student_t_two_sided};

/// Some values: how many, their sum, and the sum of their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// How many.
    pub n: u64,
    /// Σ x.
    pub sum: f64,
    /// Σ x².
    pub squares: f64,
}

impl Moments {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// These without others that are among them.
    pub fn without(&self, other: &Self) -> Self {
        Self { n: self.n.saturating_sub(other.n), sum: self.sum - other.sum, squares: self.squares - other.squares }
    }

    /// Their mean; that of none is not a number.
    pub fn mean(&self) -> f64 {
        self.sum / self.n as f64
    }

    /// The squared error of the mean. Scores are whole, so the variance is at least that of rounding.
    fn squared_error(&self) -> f64 {
        let n = self.n as f64;
        let variance = (self.squares - self.sum * self.sum / n) / (n - 1.0).max(1.0);
        variance.max(ROUNDING_VARIANCE) / n
    }
}

/// The mean of those who met a fact (first of each pair) minus the mean of those who did not, in steps of the scale, over
/// strata; `None` where no stratum has two of each.
///
/// One stratum: B. L. Welch's interval and test (Biometrika 34 (1947)). Several: the weighted mean of their differences, with
/// weights n₁n₀/n, as Mantel and Haenszel weigh; its degrees of freedom by F. E. Satterthwaite (Biometrics Bulletin 2
/// (1946)). The variance of each part is at least 1/12, that of rounding to whole steps.
pub fn mean_difference(strata: &[(Moments, Moments)]) -> Option<Change> {
    let (mut weights, mut difference, mut variance, mut spread) = (0.0, 0.0, 0.0, 0.0);
    for (met, spared) in strata.iter().filter(|(met, spared)| met.n >= 2 && spared.n >= 2) {
        let (n_met, n_spared) = (met.n as f64, spared.n as f64);
        let weight = n_met * n_spared / (n_met + n_spared);
        let squared = weight * weight;
        weights += weight;
        difference += weight * (met.mean() - spared.mean());
        for (part, n) in [(met, n_met), (spared, n_spared)] {
            let error = squared * part.squared_error();
            variance += error;
            spread += error * error / (n - 1.0);
        }
    }
    if weights <= 0.0 {
        return None;
    }
    let (difference, error) = (difference / weights, variance.sqrt() / weights);
    let degrees = variance * variance / spread;
    let half = student_t_quantile_975(degrees) * error;
    let z = difference / error;
    let p = student_t_two_sided(z, degrees);
    Some(Change { difference, low: difference - half, high: difference + half, z, p: p.min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Moments {
        Moments { n: values.len() as u64, sum: values.iter().sum(), squares: values.iter().map(|x| x * x).sum() }
    }

    #[test]
    fn welchs_difference_agrees_with_scipy() {
        // The first example of Wikipedia's article on Welch's t-test; python: scipy 1.17 ttest_ind(a, b, equal_var=False).
        let a = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4];
        let b = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4];
        let change = mean_difference(&[(of(&a), of(&b))]).unwrap();
        assert_close(change.z, -2.455356, 1e-5, "t");
        assert_close(change.p, 0.021378, 1e-4, "p");
    }

    #[test]
    fn pages_that_are_rated_unlike_are_not_mixed() {
        // Who met it is a point lower on either page, and mostly on the better one.
        let good = (of(&[4.0, 4.0, 4.0, 4.0, 4.0, 4.0]), of(&[5.0, 5.0]));
        let bad = (of(&[1.0, 1.0]), of(&[2.0, 2.0, 2.0, 2.0, 2.0, 2.0]));
        assert_close(mean_difference(&[good, bad]).unwrap().difference, -1.0, 1e-12, "over both");
        let mut all = (good.0, good.1);
        all.0.add(&bad.0);
        all.1.add(&bad.1);
        assert!(mean_difference(&[all]).unwrap().difference > 0.0, "mixed it would say the contrary");
    }

    #[test]
    fn one_answer_tells_no_difference() {
        assert_eq!(mean_difference(&[(of(&[1.0]), of(&[5.0, 4.0, 5.0]))]), None);
        assert_eq!(mean_difference(&[]), None);
        let alike = mean_difference(&[(of(&[1.0, 1.0]), of(&[5.0, 5.0]))]).unwrap();
        assert!(alike.low < alike.difference && alike.high > alike.difference, "{alike:?}");
    }

    proptest! {
        #[test]
        fn interval_and_p_of_a_difference_agree(
            strata in prop::collection::vec((prop::collection::vec(1u8..6, 2..40), prop::collection::vec(1u8..6, 2..40)), 1..4),
        ) {
            let values = |scores: &[u8]| scores.iter().map(|score| f64::from(*score)).collect::<Vec<_>>();
            let strata: Vec<_> = strata.iter().map(|(met, spared)| (of(&values(met)), of(&values(spared)))).collect();
            let change = mean_difference(&strata).unwrap();
            let leaves_out_none = change.low > 0.0 || change.high < 0.0;
            prop_assert!(leaves_out_none == (change.p < 0.05) || (change.p - 0.05).abs() < 1e-6, "{:?}", change);
        }
    }
}
