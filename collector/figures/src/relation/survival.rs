//! The time until something happens where it has not happened to all yet: Kaplan and Meier's curve.

use crate::score::{Score, Z_95, wilson};

/// How long one was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// Days from the start until it happened, or until today where it has not.
    pub days: u32,
    /// Whether it happened. A spell that is still open counts for as long as it was watched, and is never left out: the closed ones alone
    /// are too short.
    pub is_closed: bool,
}

/// A day on which it happened to somebody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Days from the start.
    pub day: u32,
    /// How many were watched until that day.
    pub at_risk: u64,
    /// To how many of them it happened on it.
    pub closed: u64,
    /// The share to whom it has not happened by its end, 0 to 1.
    pub open: f64,
    /// Greenwood's standard error of that share.
    pub standard_error: f64,
    /// Lower end of the share's 95 % interval.
    pub low: f64,
    /// Upper end of the share's 95 % interval.
    pub high: f64,
}

/// The curve of those to whom it has not happened yet.
///
/// Source: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958). The interval is
/// Kalbfleisch and Prentice's, on the scale of log(−log), with Greenwood's variance, so that it never leaves 0 to 1. Where nobody is left
/// the variance says nothing: the upper end stays that of the step before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The days on which it happened, in order.
    pub steps: Vec<Step>,
    /// The length of every spell, in order.
    days: Vec<u32>,
}

impl Curve {
    /// The curve of these spells. One that ends on the day of another's event was still watched then.
    pub fn of(spells: &[Spell]) -> Self {
        let mut sorted: Vec<_> = spells.iter().map(|spell| (spell.days, spell.is_closed)).collect();
        sorted.sort_unstable();
        let (mut steps, mut open, mut variance, mut high) = (Vec::new(), 1.0, 0.0, 1.0);
        let mut rest = sorted.as_slice();
        while let Some(&(day, _)) = rest.first() {
            let (today, later) = rest.split_at(rest.partition_point(|(days, _)| *days == day));
            let closed = today.iter().filter(|(_, is_closed)| *is_closed).count();
            if closed > 0 {
                let (at_risk, left) = (rest.len() as f64, (rest.len() - closed) as f64);
                open *= left / at_risk;
                variance += if left > 0.0 { closed as f64 / (at_risk * left) } else { 0.0 };
                let (low, up) = interval(open, variance).unwrap_or((0.0, high));
                high = up;
                let standard_error = open * f64::sqrt(variance);
                steps.push(Step {
                    day,
                    at_risk: rest.len() as u64,
                    closed: closed as u64,
                    open,
                    standard_error,
                    low,
                    high,
                });
            }
            rest = later;
        }
        Self { steps, days: sorted.into_iter().map(|(days, _)| days).collect() }
    }

    /// How many were watched.
    pub fn n(&self) -> u64 {
        self.days.len() as u64
    }

    /// The share to whom it has happened within so many days, in percent; `None` where nobody was watched for so long and it has not
    /// happened to all.
    pub fn share_by(&self, day: u32) -> Option<Score> {
        let watched = self.days.iter().rev().take_while(|days| **days >= day).count() as u64;
        let step = self.steps.iter().take_while(|step| step.day <= day).last();
        let all = step.is_some_and(|step| step.open <= 0.0);
        if watched == 0 && !all {
            return None;
        }
        match step {
            Some(step) => {
                let [value, low, high] = [step.open, step.high, step.low].map(|open| (1.0 - open) * 100.0);
                Some(Score { value, n: self.n(), low, high })
            }
            // Nothing has happened yet: as sure as none of those who were watched until then.
            None => wilson(0, watched).map(|score| Score { n: self.n(), ..score }),
        }
    }

    /// The day by which it has happened to half of them; `None` where that has not come.
    pub fn median_days(&self) -> Option<u32> {
        // Products of shares miss a half by their rounding.
        self.steps.iter().find(|step| step.open <= 0.5 + 1e-12).map(|step| step.day)
    }
}

/// The 95 % interval of an open share; `None` where none is left.
fn interval(open: f64, variance: f64) -> Option<(f64, f64)> {
    (open > 0.0).then(|| {
        let log = open.ln();
        let points = Z_95 * variance.sqrt() / log;
        (open.powf((-points).exp()), open.powf(points.exp()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    fn spells(closed: &[u32], open: &[u32]) -> Vec<Spell> {
        let of = |days: &[u32], is_closed| days.iter().map(move |&days| Spell { days, is_closed }).collect::<Vec<_>>();
        [of(closed, true), of(open, false)].concat()
    }

    /// Weeks of remission under 6-mercaptopurine: E. J. Freireich et al., Blood 21 (1963), with the curve and errors that Cox and Oakes
    /// (1984) print.
    #[test]
    fn the_published_curve_of_remission_is_found() {
        let curve =
            Curve::of(&spells(&[6, 6, 6, 7, 10, 13, 16, 22, 23], &[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]));
        let expected = [
            (6, 21, 0.857, 0.076),
            (7, 17, 0.807, 0.087),
            (10, 15, 0.753, 0.096),
            (13, 12, 0.690, 0.107),
            (16, 11, 0.627, 0.114),
            (22, 7, 0.538, 0.128),
            (23, 6, 0.448, 0.135),
        ];
        assert_eq!(curve.steps.len(), expected.len());
        for (step, (day, at_risk, open, error)) in curve.steps.iter().zip(expected) {
            assert_eq!((step.day, step.at_risk), (day, at_risk));
            assert_close(step.open, open, 6e-4, "open");
            assert_close(step.standard_error, error, 6e-4, "error");
        }
        assert_eq!(curve.median_days(), Some(23));
    }

    #[test]
    fn the_time_between_purchases_is_not_only_that_of_those_who_bought_again() {
        let curve = Curve::of(&spells(&[10, 20], &[100, 100, 100, 100]));
        assert_eq!(curve.median_days(), None, "most have not bought again");
        assert_close(curve.share_by(50).expect("watched").value, 100.0 / 3.0, 1e-9, "share");
        assert_eq!(curve.share_by(101), None, "nobody was watched for so long");
    }

    #[test]
    fn no_spell_is_no_curve_and_nothing_is_said_of_it() {
        let curve = Curve::of(&[]);
        assert_eq!((curve.n(), curve.median_days(), curve.share_by(0)), (0, None, None));
        assert_eq!(Curve::of(&spells(&[], &[5, 5])).share_by(5).expect("watched").value, 0.0);
        let all = Curve::of(&spells(&[1, 2], &[])).share_by(400).expect("it happened to all");
        assert_eq!((all.value, all.high), (100.0, 100.0));
    }

    proptest! {
        #[test]
        fn the_curve_is_that_of_a_slow_reference(drawn in prop::collection::vec((0_u32..40, any::<bool>()), 1..60), day in 0_u32..50) {
            let spells: Vec<_> = drawn.iter().map(|&(days, is_closed)| Spell { days, is_closed }).collect();
            let curve = Curve::of(&spells);
            let mut open = 1.0;
            for day in 0..=day {
                let at_risk = spells.iter().filter(|spell| spell.days >= day).count() as f64;
                let closed = spells.iter().filter(|spell| spell.days == day && spell.is_closed).count() as f64;
                open *= if at_risk > 0.0 { 1.0 - closed / at_risk } else { 1.0 };
            }
            if let Some(share) = curve.share_by(day) {
                prop_assert!((share.value - 100.0 * (1.0 - open)).abs() < 1e-9);
                prop_assert!(0.0 <= share.low && share.low <= share.value + 1e-9 && share.value <= share.high + 1e-9 && share.high <= 100.0);
            }
        }
    }
}
