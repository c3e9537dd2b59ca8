//! Web Vitals: the five metrics, their thresholds, and how a page is rated at the 75th percentile.
//!
//! Thresholds are those of the web-vitals library (`LCPThresholds` and its like) and of web.dev/articles/vitals; INP
//! replaced FID as a Core Web Vital on 2024-03-12. A page is judged at p75 of its views by nearest rank, mobile and
//! desktop apart. Each threshold is also an edge of the sketches' buckets (see `sketch::quantile`).

/// The quantile at which vitals are judged.
pub const QUANTILE: f64 = 0.75;

/// One metric, in the unit of the wire: milliseconds, and for CLS ten-thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vital {
    /// Largest Contentful Paint: when the largest text or image was on screen.
    Lcp,
    /// Interaction to Next Paint: how long the page took to answer its slowest interactions.
    Inp,
    /// Cumulative Layout Shift: how much moved unasked, times 10,000.
    Cls,
    /// First Contentful Paint: when the first text or image was on screen.
    Fcp,
    /// Time To First Byte: when the first byte of the page arrived.
    Ttfb,
}

/// How a value of a metric is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rating {
    /// At or below the first threshold.
    Good,
    /// Between the thresholds.
    NeedsImprovement,
    /// Above the second threshold.
    Poor,
}

impl Vital {
    /// All five, the three Core Web Vitals first.
    pub const ALL: [Self; 5] = [Self::Lcp, Self::Inp, Self::Cls, Self::Fcp, Self::Ttfb];

    /// The usual abbreviation.
    pub fn abbreviation(self) -> &'static str {
        match self {
            Self::Lcp => "LCP",
            Self::Inp => "INP",
            Self::Cls => "CLS",
            Self::Fcp => "FCP",
            Self::Ttfb => "TTFB",
        }
    }

    /// The name in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lcp => "Largest Contentful Paint",
            Self::Inp => "Interaction to Next Paint",
            Self::Cls => "Cumulative Layout Shift",
            Self::Fcp => "First Contentful Paint",
            Self::Ttfb => "Time To First Byte",
        }
    }

    /// What it tells, in one sentence.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Lcp => "Time from navigation until the largest text or image in view was painted.",
            Self::Inp => "The slowest reaction of the page to a click, tap or key, leaving out one in fifty.",
            Self::Cls => "How much of the view moved without being asked to, at the worst stretch of at most 5 s.",
            Self::Fcp => "Time from navigation until the first text or image was painted.",
            Self::Ttfb => "Time from navigation until the first byte of the page arrived.",
        }
    }

    /// Whether it is one of the three Core Web Vitals.
    pub fn is_core(self) -> bool {
        matches!(self, Self::Lcp | Self::Inp | Self::Cls)
    }

    /// The largest good value and the largest that is not poor, in the unit of the wire.
    pub fn thresholds(self) -> (u32, u32) {
        match self {
            Self::Lcp => (2_500, 4_000),
            Self::Inp => (200, 500),
            Self::Cls => (1_000, 2_500),
            Self::Fcp => (1_800, 3_000),
            Self::Ttfb => (800, 1_800),
        }
    }

    /// The rating of a value in the unit of the wire.
    pub fn rating(self, value: f64) -> Rating {
        let (good, poor) = self.thresholds();
        if value <= f64::from(good) {
            Rating::Good
        } else if value <= f64::from(poor) {
            Rating::NeedsImprovement
        } else {
            Rating::Poor
        }
    }
}

impl Rating {
    /// The usual name: `good`, `needs-improvement`, `poor`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NeedsImprovement => "needs-improvement",
            Self::Poor => "poor",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rating::{Good, NeedsImprovement, Poor};

    #[test]
    fn thresholds_belong_to_the_better_side() {
        // web-vitals 5, README, "Rating Thresholds": good up to and including, poor only above.
        for (vital, good, poor) in [
            (Vital::Lcp, 2_500.0, 4_000.0),
            (Vital::Inp, 200.0, 500.0),
            (Vital::Cls, 1_000.0, 2_500.0),
            (Vital::Fcp, 1_800.0, 3_000.0),
            (Vital::Ttfb, 800.0, 1_800.0),
        ] {
            let ratings = [0.0, good, good + 0.5, poor, poor + 0.5].map(|value| vital.rating(value));
            assert_eq!(ratings, [Good, Good, NeedsImprovement, NeedsImprovement, Poor], "{}", vital.abbreviation());
        }
    }

    #[test]
    fn three_are_core_and_each_has_its_own_words() {
        assert_eq!(Vital::ALL.iter().filter(|vital| vital.is_core()).count(), 3);
        for (index, vital) in Vital::ALL.iter().enumerate() {
            let others = &Vital::ALL[index + 1..];
            assert!(!vital.definition().is_empty());
            assert!(others.iter().all(|other| other.abbreviation() != vital.abbreviation()));
            assert!(others.iter().all(|other| other.name() != vital.name()));
        }
        assert_eq!([Good, NeedsImprovement, Poor].map(Rating::as_str), ["good", "needs-improvement", "poor"]);
    }
}
