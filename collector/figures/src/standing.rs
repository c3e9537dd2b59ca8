//! The scored kinds of answer, and which of their scores are low, middling and high: said once, for figures, for colours
//! and for what SQL filters by.

use std::ops::RangeInclusive;

/// The kinds whose low scores weigh in what to fix first: what a visitor says of this page or this errand. Reviews are about
/// a thing, matrices and ladders ask about a relation.
pub const WEIGHED_KINDS: [&str; 3] = ["nps", "csat", "ces"];

/// Every scored kind but `rating-2` to `rating-11`.
pub const NAMED_KINDS: [&str; 6] = ["nps", "csat", "ces", "expectation-gap", "ladder", "review"];

/// Where a score stands on its scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// NPS 0 to 6 (detractors), CSAT 1 and 2, CES 1 to 3, any other rating below the middle of its scale.
    Low,
    /// NPS 7 and 8 (passives), CSAT 3, CES 4, the middle of any other scale.
    Middle,
    /// NPS 9 and 10 (promoters), CSAT 4 and 5, CES 5 to 7, any other rating above the middle of its scale.
    High,
}

impl Standing {
    /// Every value.
    pub const EACH: [Self; 3] = [Self::Low, Self::Middle, Self::High];

    /// The name in URLs and class names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Middle => "middle",
            Self::High => "high",
        }
    }

    /// The value of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|standing| standing.as_str() == name)
    }

    /// The scores of a scale that stand there; none of them where an even scale has no middle.
    pub fn scores(self, ends: &Ends) -> RangeInclusive<i64> {
        match self {
            Self::Low => ends.first..=ends.middle - 1,
            Self::Middle => ends.middle..=ends.high - 1,
            Self::High => ends.high..=ends.last,
        }
    }
}

/// A scale: where it begins and ends, and where its groups begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The lowest score.
    pub first: i64,
    /// The lowest middling score; the same as [`Self::high`] where an even scale has no middle.
    pub middle: i64,
    /// The lowest high score.
    pub high: i64,
    /// The highest score.
    pub last: i64,
}

impl Ends {
    /// Of the Net Promoter Score.
    pub const NPS: Self = Self { first: 0, middle: 7, high: 9, last: 10 };
    /// Of customer satisfaction.
    pub const CSAT: Self = Self { first: 1, middle: 3, high: 4, last: 5 };
    /// Of customer effort.
    pub const CES: Self = Self { first: 1, middle: 4, high: 5, last: 7 };

    /// The scale of a kind of answer; `None` for kinds without scores.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Some(match kind {
            "nps" => Self::NPS,
            "csat" => Self::CSAT,
            "ces" => Self::CES,
            "expectation-gap" => Self::around_the_middle(-2, 2),
            "ladder" | "review" => Self::around_the_middle(1, 5),
            _ => {
                let points: i64 = kind.strip_prefix("rating-")?.parse().ok()?;
                return (2..=11).contains(&points).then(|| Self::around_the_middle(1, points));
            }
        })
    }

    /// A scale whose low scores are those below its middle.
    fn around_the_middle(first: i64, last: i64) -> Self {
        let sum = first + last;
        Self { first, middle: sum.div_euclid(2) + sum.rem_euclid(2), high: sum.div_euclid(2) + 1, last }
    }

    /// Where a score stands.
    pub fn standing(&self, score: i64) -> Standing {
        match score {
            score if score >= self.high => Standing::High,
            score if score >= self.middle => Standing::Middle,
            _ => Standing::Low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_score_of_a_scale_stands_in_one_place() {
        for kind in ["nps", "csat", "ces", "expectation-gap", "ladder", "review", "rating-2", "rating-5", "rating-10"] {
            let ends = Ends::of_kind(kind).expect("a scored kind");
            for score in ends.first..=ends.last {
                let places: Vec<_> =
                    Standing::EACH.into_iter().filter(|at| at.scores(&ends).contains(&score)).collect();
                assert_eq!(places, [ends.standing(score)], "{kind} {score}");
            }
        }
        for kind in ["open-text", "rating-1", "rating-12", "rating-", "consent"] {
            assert_eq!(Ends::of_kind(kind), None, "{kind}");
        }
    }
}
