//! Net Promoter Score: share of promoters (9, 10) minus share of detractors (0 to 6), in points.

use super::{Score, Z_95, total};

/// How many promoters, passives and detractors there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NpsGroups {
    /// Scores 9 and 10.
    pub promoters: u64,
    /// Scores 7 and 8.
    pub passives: u64,
    /// Scores 0 to 6.
    pub detractors: u64,
}

impl NpsGroups {
    /// The groups of a distribution: `counts[s]` answers of score `s`.
    pub fn of(counts: &[u64; 11]) -> Self {
        Self { promoters: total(&counts[9..]), passives: total(&counts[7..9]), detractors: total(&counts[..7]) }
    }

    /// How many answers there are.
    pub fn n(&self) -> u64 {
        total(&[self.promoters, self.passives, self.detractors])
    }

    /// The score with its interval; `None` without an answer. See [`nps`].
    pub fn score(&self) -> Option<Score> {
        let n = self.n();
        (n > 0).then(|| {
            let value = (self.promoters as f64 - self.detractors as f64) / n as f64 * 100.0;
            let (centre, variance) = self.adjusted();
            let half = Z_95 * variance.sqrt();
            Score::within(value, n, ((centre - half) * 100.0, (centre + half) * 100.0), (-100.0, 100.0))
        })
    }

    /// The groups from the worst to the best.
    pub(super) fn in_order(&self) -> [u64; 3] {
        [self.detractors, self.passives, self.promoters]
    }

    /// The adjusted estimate and its variance, on the scale −1 to 1: ¾ of an answer is added to promoters and to
    /// detractors, 3 to n.
    pub(super) fn adjusted(&self) -> (f64, f64) {
        let n = self.n() as f64 + 3.0;
        let (promoters, detractors) = ((self.promoters as f64 + 0.75) / n, (self.detractors as f64 + 0.75) / n);
        let net = promoters - detractors;
        (net, (promoters + detractors - net * net) / n)
    }
}

/// The Net Promoter Score of a distribution (`counts[s]` answers of score `s`, 0 to 10), in points from −100 to 100,
/// with the adjusted Wald interval; `None` without an answer.
///
/// Definition: F. F. Reichheld, "The one number you need to grow", HBR (2003). Interval: B. Rocks, "Interval
/// estimation for the Net Promoter Score", The American Statistician 70 (2016); J. Lewis and J. Sauro, MeasuringU
/// (2021), found it the best of three. It is centred on the adjusted estimate; where few answers all agree it is
/// widened to hold the score itself.
pub fn nps(counts: &[u64; 11]) -> Option<Score> {
    NpsGroups::of(counts).score()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    fn groups(promoters: u64, passives: u64, detractors: u64) -> NpsGroups {
        NpsGroups { promoters, passives, detractors }
    }

    #[test]
    fn each_score_falls_into_its_group() {
        for score in 0..=10 {
            let mut counts = [0; 11];
            counts[score] = 1;
            let expected = match score {
                9..=10 => groups(1, 0, 0),
                7..=8 => groups(0, 1, 0),
                _ => groups(0, 0, 1),
            };
            assert_eq!(NpsGroups::of(&counts), expected, "{score}");
        }
    }

    #[test]
    fn the_adjusted_wald_formula_agrees_with_scipy() {
        // python: n2=n+3; p=(P+.75)/n2; d=(D+.75)/n2; c=p-d; s=scipy.stats.norm.ppf(.975)*sqrt((p+d-c*c)/n2)
        //         (P-D)/n*100, (c-s)*100, (c+s)*100
        for (promoters, passives, detractors, value, low, high) in [
            (15, 15, 6, 25.0, 0.36551448659284114, 45.78833166725331),
            (16, 14, 6, 27.77777777777778, 2.646244785874294, 48.63580649617698),
            (300, 120, 80, 44.0, 37.156243440003095, 50.31890566536471),
            (5000, 3000, 2000, 30.0, 28.46045899237415, 31.52154640600634),
            // Few and of one mind: cut to the scale, widened to hold the score.
            (1, 0, 0, 100.0, -48.49864942025203, 100.0),
            (0, 0, 3, -100.0, -100.0, 6.5792867038085845),
        ] {
            let score = groups(promoters, passives, detractors).score().unwrap();
            assert_close(score.value, value, 1e-12, "value");
            assert_close(score.low, low, 1e-12, "low");
            assert_close(score.high, high, 1e-12, "high");
        }
    }

    #[test]
    fn no_answers_is_no_score() {
        assert_eq!(nps(&[0; 11]), None);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_score(counts: [u32; 11]) {
            let counts = counts.map(u64::from);
            if let Some(score) = nps(&counts) {
                prop_assert!(-100.0 <= score.low && score.low <= score.value);
                prop_assert!(score.value <= score.high && score.high <= 100.0);
            }
        }

        #[test]
        fn a_promoter_more_never_lowers_the_score(counts in prop::array::uniform11(0u64..1000)) {
            let mut more = counts;
            more[10] += 1;
            if let Some(before) = nps(&counts) {
                prop_assert!(nps(&more).unwrap().value >= before.value);
            }
        }
    }

    #[test]
    fn the_interval_covers_the_truth_about_as_often_as_it_says() {
        // 2,000 samples of 50 from 50 % promoters, 20 % detractors (a truth of 30), by a fixed sequence.
        let mut state = 7u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let covered = (0..2_000)
            .filter(|_| {
                let mut sample = groups(0, 0, 0);
                for _ in 0..50 {
                    match uniform() {
                        draw if draw < 0.5 => sample.promoters += 1,
                        draw if draw < 0.7 => sample.detractors += 1,
                        _ => sample.passives += 1,
                    }
                }
                let score = sample.score().unwrap();
                score.low <= 30.0 && 30.0 <= score.high
            })
            .count();
        assert!((1_870..=1_950).contains(&covered), "{covered} of 2000");
    }
}
