//! Customer Effort Score 2.0: agreement from 1 to 7 that it was easy, as mean and as share of 5 and more.

use super::distribution::{student_t_quantile_975, student_t_two_sided};
use super::{Change, Score, exact, total, wilson};

/// The two ways of reporting effort.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ces {
    /// Mean on the scale of 1 (hard) to 7 (easy).
    pub mean: Score,
    /// Share of 5, 6 and 7 in percent, with the Wilson interval.
    pub easy: Score,
}

/// The smallest variance assumed behind whole-numbered answers: that of rounding to a step of 1 (W. F. Sheppard,
/// 1898). Without it, a handful of equal answers would claim to be known exactly.
pub(super) const ROUNDING_VARIANCE: f64 = 1.0 / 12.0;

/// CES of a distribution (`counts[s - 1]` answers of score `s`, 1 to 7); `None` without an answer.
///
/// Definition: M. Dixon, L. Ponomareff, S. Turner and R. DeLisi, "The Effortless Experience" (2013).
pub fn ces(counts: &[u64; 7]) -> Option<Ces> {
    Some(Ces { mean: mean(counts, 1)?, easy: wilson(total(&counts[4..]), total(counts))? })
}

/// The mean of a rating (`counts[i]` answers of score `first + i`), in steps of the scale; `None` without an answer.
///
/// The interval is Student's t; a single answer says nothing of the spread, so its interval is the scale.
pub fn mean(counts: &[u64], first: i8) -> Option<Score> {
    let sample = Sample::of(counts)?;
    let half = match sample.degrees() {
        degrees if degrees < 1.0 => f64::INFINITY,
        degrees => student_t_quantile_975(degrees) * sample.squared_error().sqrt(),
    };
    // The sample counts its scores from 1.
    let (shift, first) = (f64::from(first) - 1.0, f64::from(first));
    let value = sample.mean + shift;
    Some(Score::within(value, total(counts), (value - half, value + half), (first, shift + counts.len() as f64)))
}

/// The change of the mean from one period to the next, in steps of the scale; `None` when either period has fewer than
/// two answers. See [`mean_change`].
pub fn ces_change(before: &[u64; 7], now: &[u64; 7]) -> Option<Change> {
    mean_change(before, now)
}

/// The change of a rating's mean from one period to the next; the scales must be the same. `None` when either period
/// has fewer than two answers.
///
/// Interval: Welch's (B. L. Welch, 1947). Test: the exact permutation of the answers while it can be counted out, since
/// a few equal answers say nothing of the spread; from there on Welch's t.
pub fn mean_change(before: &[u64], now: &[u64]) -> Option<Change> {
    let most = now.len().max(1) as f64 - 1.0;
    let permuted = || exact::means(before, now);
    let (before, now) = (Sample::of(before)?, Sample::of(now)?);
    if before.degrees() < 1.0 || now.degrees() < 1.0 {
        return None;
    }
    let (first, second) = (before.squared_error(), now.squared_error());
    let degrees = (first + second).powi(2) / (first * first / before.degrees() + second * second / now.degrees());
    let difference = now.mean - before.mean;
    let error = (first + second).sqrt();
    let half = student_t_quantile_975(degrees) * error;
    let statistic = difference / error;
    let welch = || student_t_two_sided(statistic, degrees);
    let bounds = ((difference - half).max(-most), (difference + half).min(most));
    Some(Change::agreed(difference, bounds, statistic, permuted().unwrap_or_else(welch), welch))
}

/// Size, mean and variance of a distribution over 1, 2, 3, …
struct Sample {
    n: f64,
    mean: f64,
    variance: f64,
}

impl Sample {
    fn of(counts: &[u64]) -> Option<Self> {
        let sum = |f: &dyn Fn(f64) -> f64| {
            counts.iter().enumerate().map(|(index, &count)| f(index as f64 + 1.0) * count as f64).sum::<f64>()
        };
        let n = sum(&|_| 1.0);
        (n > 0.0).then(|| {
            let mean = sum(&|score| score) / n;
            let squares = sum(&|score| (score - mean).powi(2));
            Self { n, mean, variance: (squares / (n - 1.0).max(1.0)).max(ROUNDING_VARIANCE) }
        })
    }

    fn degrees(&self) -> f64 {
        self.n - 1.0
    }

    fn squared_error(&self) -> f64 {
        self.variance / self.n
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    #[test]
    fn mean_and_interval_agree_with_scipy() {
        // python: d = the answers; h = scipy.stats.t.ppf(.975, n-1) * d.std(ddof=1) / sqrt(n); d.mean() -/+ h
        for (counts, mean, low, high) in [
            ([1, 0, 2, 3, 5, 8, 9], 5.535714285714286, 4.943569748020721, 6.12785882340785),
            ([0, 0, 0, 0, 3, 2, 1], 5.666666666666667, 4.809806054787895, 6.523527278545439),
            ([10, 5, 5, 10, 30, 60, 80], 5.725, 5.501803354400336, 5.948196645599663),
        ] {
            let score = ces(&counts).unwrap().mean;
            assert_close(score.value, mean, 1e-12, "mean");
            assert_close(score.low, low, 1e-9, "low");
            assert_close(score.high, high, 1e-9, "high");
        }
    }

    #[test]
    fn a_mean_knows_where_its_scale_begins() {
        let gap = mean(&[1, 0, 2, 3, 2], -2).unwrap();
        let moved = mean(&[1, 0, 2, 3, 2], 1).unwrap();
        assert_close(gap.value, 0.625, 1e-12, "mean");
        assert_close(gap.low, moved.low - 3.0, 1e-12, "low");
        let one = mean(&[0, 0, 1, 0, 0], -2).unwrap();
        assert_eq!((one.low, one.value, one.high), (-2.0, 0.0, 2.0));
    }

    #[test]
    fn five_and_more_are_easy() {
        assert_eq!(ces(&[1, 0, 2, 3, 5, 8, 9]).unwrap().easy, wilson(22, 28).unwrap());
        assert_eq!(ces(&[0; 7]), None);
    }

    #[test]
    fn one_answer_says_nothing_of_the_spread_and_equal_answers_not_everything() {
        let one = ces(&[0, 0, 0, 1, 0, 0, 0]).unwrap().mean;
        assert_eq!((one.value, one.low, one.high), (4.0, 1.0, 7.0));
        let same = ces(&[0, 0, 0, 5, 0, 0, 0]).unwrap().mean;
        assert!(same.low < 3.7 && same.high > 4.3, "{same:?}");
    }

    #[test]
    fn welch_agrees_with_scipy() {
        // python: scipy.stats.ttest_ind(now, before, equal_var=False), its confidence_interval()
        let change = ces_change(&[1, 0, 2, 3, 5, 8, 9], &[4, 5, 6, 4, 3, 3, 2]).unwrap();
        assert_close(change.difference, -2.017195767195767, 1e-12, "difference");
        assert_close(change.z, -4.405056887834575, 1e-12, "t");
        assert_close(change.p / 5.519298590595616e-05, 1.0, 1e-8, "p");
        assert_close(change.low, -2.936764060685892, 1e-9, "low");
        assert_close(change.high, -1.097627473705642, 1e-9, "high");
        assert_eq!(ces_change(&[0, 0, 0, 1, 0, 0, 0], &[1; 7]), None);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_mean(counts in prop::array::uniform7(0u64..1 << 40)) {
            if let Some(Ces { mean, .. }) = ces(&counts) {
                prop_assert!(1.0 <= mean.low && mean.low <= mean.value && mean.value <= mean.high && mean.high <= 7.0);
            }
        }
    }
}
