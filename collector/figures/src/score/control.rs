//! Did a share change more than it did where nothing was done? A change beside that of a control, such as pages that nobody touched.

use super::cluster::Grouped;
use super::proportion::grouped;
use super::{Change, Score, Z_95, estimate_change};

/// A share beside what it would be, had it fared as its control.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controlled {
    /// What the share would be, in percent, with its 95 % interval.
    pub expected: Score,
    /// What it is minus that, in percentage points.
    pub change: Change,
}

/// The change of a share beyond that of a control: now against the share before times the ratio by which the control changed. `None` where
/// one of these three shares rests on nothing or is 0, so that no ratio can be told.
///
/// The ratio, not the difference, is carried over: where a tenth as many fail at the control, a tenth of its points says nothing.
/// Variance of the logarithm of the product: the sum of those of its factors, (1 − p) / (n p) each (D. Katz and others, "Obtaining
/// confidence intervals for the risk ratio in cohort studies", Biometrics 34 (1978)), n divided by its design effect (see [`Grouped`]);
/// the difference: see [`estimate_change`].
pub fn controlled_change(
    before: &Grouped,
    now: &Grouped,
    (control_before, control_now): (&Grouped, &Grouped),
) -> Option<Controlled> {
    let (value_before, value_now) = (log_share(before)?, grouped(now)?);
    let (ratio_of, ratio_to) = (log_share(control_now)?, log_share(control_before)?);
    let log = value_before.0 + ratio_of.0 - ratio_to.0;
    let error = Z_95 * (value_before.1 + ratio_of.1 + ratio_to.1).sqrt();
    let percent = |log: f64| log.exp() * 100.0;
    let expected = Score {
        value: percent(log).min(100.0),
        n: before.n,
        low: percent(log - error).min(100.0),
        high: percent(log + error),
    };
    Some(Controlled { expected, change: estimate_change(&expected, &value_now)? })
}

/// The logarithm of a share and its variance.
fn log_share(sample: &Grouped) -> Option<(f64, f64)> {
    if sample.n == 0 || sample.successes == 0 {
        return None;
    }
    let share = sample.share();
    let n = (sample.n as f64 / sample.effect()).max(1.0);
    // Where all are cases, half of one is taken for none: the variance is that of a share not quite 1.
    let rest = (1.0 - share).max(0.5 / n);
    Some((share.ln(), rest / (n * share)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;

    fn of(successes: u64, n: u64) -> Grouped {
        Grouped::independent((successes, n))
    }

    #[test]
    fn an_expected_share_agrees_with_a_calculation_by_hand() {
        // 20 % times 8/10 is 16 %; variance of its logarithm: 0.8/200 + 0.92/80 + 0.9/100 = 0.0245, whose root times 1.96 is 0.3067829.
        let found = controlled_change(&of(200, 1_000), &of(50, 1_000), (&of(100, 1_000), &of(80, 1_000))).unwrap();
        assert_close(found.expected.value, 16.0, 1e-9, "expected");
        assert_close(found.expected.low, 16.0 * (-0.306_782_9_f64).exp(), 1e-6, "low");
        assert_close(found.expected.high, 16.0 * 0.306_782_9_f64.exp(), 1e-6, "high");
        assert_close(found.change.difference, -11.0, 1e-9, "difference");
        assert!(found.change.p < 0.001 && found.change.high < 0.0, "{found:?}");
    }

    #[test]
    fn what_fell_everywhere_was_taken_for_a_fix() {
        let found = controlled_change(&of(200, 1_000), &of(100, 1_000), (&of(600, 6_000), &of(300, 6_000))).unwrap();
        assert!(found.change.p > 0.5, "half here, and half there: {found:?}");
        let alone = super::super::grouped_change(&of(200, 1_000), &of(100, 1_000)).unwrap();
        assert!(alone.p < 0.001, "without the control it is real: {alone:?}");
    }

    #[test]
    fn nothing_is_told_where_a_control_never_met_it() {
        let (before, now) = (of(200, 1_000), of(100, 1_000));
        for control in [(of(0, 500), of(3, 500)), (of(3, 500), of(0, 500)), (of(0, 0), of(0, 0))] {
            assert_eq!(controlled_change(&before, &now, (&control.0, &control.1)), None, "{control:?}");
        }
        assert_eq!(controlled_change(&of(0, 100), &now, (&of(5, 50), &of(5, 50))), None);
        let gone = controlled_change(&before, &of(0, 1_000), (&of(50, 500), &of(50, 500))).unwrap();
        assert!(gone.change.p < 0.001, "that it is gone is no reason not to say so: {gone:?}");
    }

    /// Numbers that look random and are the same in every run (xorshift64*).
    struct Random(u64);

    impl Random {
        fn unit(&mut self) -> f64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
        }

        fn draw(&mut self, n: u64, share: f64) -> Grouped {
            of((0..n).filter(|_| self.unit() < share).count() as u64, n)
        }
    }

    #[test]
    fn noise_alone_rarely_looks_like_a_change_beyond_the_control() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let (mut false_ones, runs) = (0, 2_000);
        for _ in 0..runs {
            // Everything falls by a fifth, here and there alike.
            let (before, now) = (random.draw(400, 0.25), random.draw(400, 0.2));
            let control = (random.draw(1_000, 0.1), random.draw(1_000, 0.08));
            let found = controlled_change(&before, &now, (&control.0, &control.1)).unwrap();
            false_ones += u32::from(found.change.p < 0.05);
        }
        let share = f64::from(false_ones) / f64::from(runs);
        assert!((0.03..0.065).contains(&share), "{share}");
    }
}
