//! Scores with their sample size and 95 % interval: NPS, CSAT, CES, any share, and whether a change is real.

pub mod ces;
mod change;
mod cluster;
mod contrast;
mod control;
pub mod csat;
mod distribution;
mod exact;
pub mod nps;
mod proportion;
mod raking;
mod relative;
mod risk;
mod shift;

pub use ces::{Ces, ces, ces_change, mean, mean_change};
pub use change::{Change, benjamini_hochberg, estimate_change, grouped_change, nps_change, proportion_change};
pub use cluster::{Grouped, Groups};
pub use contrast::{Moments, mean_difference};
pub use control::{Controlled, controlled_change};
pub use csat::{csat, csat_change};
pub(crate) use distribution::{binomial_cdf, ln_gamma};
pub use nps::{NpsGroups, nps};
pub use proportion::{grouped, wilson};
pub use raking::{Cell, MOST_WEIGHT, Weighted, effective_n, rake, weighted_mean, weighted_share};
pub use relative::relative_rates;
pub use risk::{Exposure, Ratio, relative_risk};
pub use shift::{Stretch, likelihood_ratio, stretches};

/// The 97.5 % point of the standard normal distribution, half of every 95 % interval here.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// A change is real where noise alone would show it less often than this.
pub const LEVEL: f64 = 0.05;

/// An estimate, how many it rests on, and its 95 % interval. `low <= value <= high` always holds.
///
/// The unit is the maker's: points for NPS (−100 to 100), percent for shares (0 to 100), the scale's own steps for a
/// mean. A bound that the sample cannot give is the end of the scale, or infinite where the scale has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The estimate itself.
    pub value: f64,
    /// How many it rests on.
    pub n: u64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

impl Score {
    /// A score whose interval is widened where needed to hold the value, and cut to `scale`.
    fn within(value: f64, n: u64, (low, high): (f64, f64), scale: (f64, f64)) -> Self {
        Self { value, n, low: low.min(value).max(scale.0), high: high.max(value).min(scale.1) }
    }
}

/// The sum of counts, without overflow.
fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, &count| sum.saturating_add(count))
}

/// Fails unless two numbers agree to `tolerance`, relative above 1 and absolute below.
#[cfg(test)]
pub(crate) fn assert_close(got: f64, expected: f64, tolerance: f64, of: &str) {
    let difference = (got - expected).abs() / expected.abs().max(1.0);
    assert!(difference <= tolerance, "{of}: got {got}, expected {expected}");
}
