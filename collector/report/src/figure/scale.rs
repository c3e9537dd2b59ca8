//! The scored kinds of question: their distribution, their score, and which answers are low.

use rapport_figures::standing::Standing;

use super::{Better, Figure, FigureKind, Unit};
use rapport_figures::score::{ces, ces_change, csat, csat_change, mean, mean_change, nps, nps_change};
use rapport_figures::standing::Ends;

/// How often each score of a scale was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Net Promoter Score: 0 to 10.
    Nps([u64; 11]),
    /// Customer satisfaction: 1 to 5.
    Csat([u64; 5]),
    /// Customer effort: 1 to 7.
    Ces([u64; 7]),
    /// Any other rating.
    Rating {
        /// What its mean is.
        kind: &'static FigureKind,
        /// Where it begins and ends, and where its groups begin.
        ends: Ends,
        /// How often each score was given.
        counts: Vec<u64>,
    },
}

/// How means are known.
macro_rules! of_mean {
    () => {
        "Interval: Student's t, with a variance of at least 1/12, that of rounding to whole steps. Change: exact \
         permutation test while there are few, then Welch's t."
    };
}

const NPS: FigureKind = FigureKind {
    name: "nps",
    label: "NPS",
    unit: Unit::Points,
    of: "answers",
    better: Better::Higher,
    definition: "Net Promoter Score: share of 9 and 10 minus share of 0 to 6, in points from −100 to 100. \
                 Interval: adjusted Wald. Change: of the plain scores; exact permutation test while there are few, then \
                 z.",
};
const CSAT: FigureKind = FigureKind {
    name: "csat",
    label: "CSAT",
    unit: Unit::Percent,
    of: "answers",
    better: Better::Higher,
    definition: "Customer satisfaction: share of 4 and 5 on a scale of 1 to 5. Interval: Wilson. Change: z test of two \
                 shares; where few are expected Fisher's mid-p, guarded by Boschloo's exact test.",
};
const CES: FigureKind = FigureKind {
    name: "ces",
    label: "CES",
    unit: Unit::Steps,
    of: "answers",
    better: Better::Higher,
    definition: concat!("Customer Effort Score 2.0: mean agreement, from 1 to 7, that it was easy. ", of_mean!()),
};

const RATING: FigureKind = FigureKind {
    name: "rating",
    label: "Mean rating",
    unit: Unit::Steps,
    of: "answers",
    better: Better::Higher,
    definition: concat!("Mean of the ratings, in steps of the scale. ", of_mean!()),
};
const GAP: FigureKind = FigureKind {
    name: "expectation_gap",
    label: "Expectation gap",
    unit: Unit::Steps,
    of: "answers",
    better: Better::Higher,
    definition: concat!(
        "Mean of what was got compared with what was expected, from −2 (much worse) to 2 (much better). ",
        of_mean!()
    ),
};
const AGREEMENT: FigureKind = FigureKind {
    name: "agreement",
    label: "Mean agreement",
    unit: Unit::Steps,
    of: "answers",
    better: Better::Higher,
    definition: concat!("Mean agreement with a level of the loyalty ladder, from 1 to 5. ", of_mean!()),
};

impl Scale {
    /// An empty scale of a kind of question; `None` for kinds without scores.
    pub fn of_kind(kind: &str) -> Option<Self> {
        let ends = Ends::of_kind(kind)?;
        let figure = match kind {
            "nps" => return Some(Self::Nps([0; 11])),
            "csat" => return Some(Self::Csat([0; 5])),
            "ces" => return Some(Self::Ces([0; 7])),
            "expectation-gap" => &GAP,
            "ladder" => &AGREEMENT,
            _ => &RATING,
        };
        let points = usize::try_from(ends.last - ends.first + 1).unwrap_or(0);
        Some(Self::Rating { kind: figure, ends, counts: vec![0; points] })
    }

    /// Where the scale begins and ends, and where its groups begin.
    fn ends(&self) -> Ends {
        match self {
            Self::Nps(_) => Ends::NPS,
            Self::Csat(_) => Ends::CSAT,
            Self::Ces(_) => Ends::CES,
            Self::Rating { ends, .. } => *ends,
        }
    }

    fn counts_mut(&mut self) -> &mut [u64] {
        match self {
            Self::Nps(counts) => counts,
            Self::Csat(counts) => counts,
            Self::Ces(counts) => counts,
            Self::Rating { counts, .. } => counts,
        }
    }

    /// How often each score was given, from [`Scale::first`] upwards.
    pub fn counts(&self) -> &[u64] {
        match self {
            Self::Nps(counts) => counts,
            Self::Csat(counts) => counts,
            Self::Ces(counts) => counts,
            Self::Rating { counts, .. } => counts,
        }
    }

    /// The lowest score of the scale.
    pub fn first(&self) -> i64 {
        self.ends().first
    }

    /// How many scores were given.
    pub fn n(&self) -> u64 {
        self.counts().iter().sum()
    }

    /// Adds `answers` of a score, which is text in rollups; one that is not on the scale is left out.
    pub fn add(&mut self, score: &str, answers: u64) {
        let first = self.first();
        let place = score.parse::<i64>().ok().and_then(|score| usize::try_from(score - first).ok());
        if let Some(count) = place.and_then(|place| self.counts_mut().get_mut(place)) {
            *count += answers;
        }
    }

    /// Where a score stands.
    pub fn standing(&self, score: i64) -> Standing {
        self.ends().standing(score)
    }

    /// How many low scores were given, and how many in all.
    pub fn low_of(&self) -> (u64, u64) {
        let low = (self.first()..).zip(self.counts()).filter(|(score, _)| self.standing(*score) == Standing::Low);
        (low.map(|(_, count)| count).sum(), self.n())
    }

    /// The highest score of the scale.
    pub fn last(&self) -> i64 {
        self.ends().last
    }

    /// The score with its interval, and its change since `before` (of the same kind).
    pub fn figure(&self, before: Option<&Self>) -> Figure {
        let figure = self.score(before);
        let ends = (figure.unit == Unit::Steps).then(|| [self.first(), self.last()]);
        Figure { ends, ..figure }
    }

    fn score(&self, before: Option<&Self>) -> Figure {
        match (self, before) {
            (Self::Nps(now), Some(Self::Nps(before))) => {
                Figure::of_score(NPS, nps(now), nps(before), nps_change(before, now))
            }
            (Self::Csat(now), Some(Self::Csat(before))) => {
                Figure::of_score(CSAT, csat(now), csat(before), csat_change(before, now))
            }
            (Self::Ces(now), Some(Self::Ces(before))) => {
                let mean = |counts| ces(counts).map(|ces| ces.mean);
                Figure::of_score(CES, mean(now), mean(before), ces_change(before, now))
            }
            (Self::Rating { kind, ends, counts }, before) => {
                let before = match before {
                    Some(Self::Rating { counts: before, .. }) if before.len() == counts.len() => Some(before),
                    _ => None,
                };
                let change = before.and_then(|before| mean_change(before, counts));
                let mean = |counts: &[u64]| mean(counts, ends.first as i8);
                Figure::of_score(**kind, mean(counts), before.and_then(|before| mean(before)), change)
            }
            (Self::Nps(now), _) => Figure::of_score(NPS, nps(now), None, None),
            (Self::Csat(now), _) => Figure::of_score(CSAT, csat(now), None, None),
            (Self::Ces(now), _) => Figure::of_score(CES, ces(now).map(|ces| ces.mean), None, None),
        }
    }

    /// Name of the score of this scale.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Nps(_) => NPS.label,
            Self::Csat(_) => CSAT.label,
            Self::Ces(_) => CES.label,
            Self::Rating { kind, .. } => kind.label,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_off_the_scale_are_left_out() {
        for (kind, given, counted) in
            [("nps", ["0", "10", "11", "x"], 2), ("csat", ["0", "1", "5", "6"], 2), ("ces", ["0", "7", "8", "-1"], 1)]
        {
            let mut scale = Scale::of_kind(kind).unwrap();
            given.iter().for_each(|score| scale.add(score, 1));
            assert_eq!(scale.n(), counted, "{kind}");
        }
        assert_eq!(Scale::of_kind("open-text"), None);
        assert_eq!(Scale::of_kind("rating-12"), None);
    }

    #[test]
    fn low_scores_are_the_field_s_own_groups() {
        for (kind, low, middle, high) in [
            ("nps", 7, 2, 2),
            ("csat", 2, 1, 2),
            ("ces", 3, 1, 3),
            ("expectation-gap", 2, 1, 2),
            ("rating-4", 2, 0, 2),
            ("rating-11", 5, 1, 5),
        ] {
            let mut scale = Scale::of_kind(kind).unwrap();
            (-2..=11).for_each(|score| scale.add(&score.to_string(), 1));
            let standings: Vec<_> =
                (scale.first()..).take(scale.counts().len()).map(|score| scale.standing(score)).collect();
            let count = |standing| standings.iter().filter(|other| **other == standing).count();
            assert_eq!((count(Standing::Low), count(Standing::Middle), count(Standing::High)), (low, middle, high));
            assert_eq!(scale.low_of(), (low as u64, (low + middle + high) as u64));
        }
    }

    #[test]
    fn each_scale_has_its_own_score() {
        let figure = |kind, scores: &[&str]| {
            let mut scale = Scale::of_kind(kind).unwrap();
            scores.iter().for_each(|score| scale.add(score, 1));
            scale.figure(None)
        };
        assert_eq!(figure("nps", &["10", "9", "8", "0"]).value, Some(25.0));
        assert_eq!(figure("csat", &["5", "4", "3", "1"]).value, Some(50.0));
        assert_eq!(figure("ces", &["7", "5", "3", "1"]).value, Some(4.0));
        assert_eq!(figure("ces", &[]).value, None);
        assert_eq!(figure("expectation-gap", &["-2", "1", "-3"]).value, Some(-0.5));
        assert_eq!(figure("rating-4", &["4", "3", "5"]).value, Some(3.5));
        assert_eq!(figure("rating-4", &[]).ends, Some([1, 4]));
        assert_eq!(figure("expectation-gap", &[]).ends, Some([-2, 2]));
        assert_eq!(figure("nps", &["10"]).ends, None);
    }
}
