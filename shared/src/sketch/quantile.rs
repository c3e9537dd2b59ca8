//! Quantiles of whole numbers within 1 %, mergeable: a DDSketch with linearly interpolated logarithm.
//!
//! C. Masson, J. E. Rim and H. K. Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
//! guarantees", PVLDB 12 (2019). Each power of two is cut into 64 buckets of equal width, so that a bucket's index is
//! an exact matter of shifting bits, the same on every machine, and no value in a bucket is further than 1/129
//! (0.78 %) from its estimate. Values below 128 are kept exactly.
//!
//! Encoding, version 1: the version byte, then for each bucket in use, in rising order, two varints: how many empty
//! buckets precede it, and its count.

use super::{SketchError, varint};
use crate::score::{Score, Z_95, binomial_cdf};

const VERSION: u8 = 1;
/// Buckets per power of two, as a power of two itself.
const SUB_BITS: u32 = 6;
/// Index of the bucket of `u32::MAX`, plus 1.
const BUCKETS: usize = ((32 - SUB_BITS as usize) + 1) << SUB_BITS;

/// How often values near each point were seen.
#[derive(Clone, Debug, Default)]
pub struct QuantileSketch {
    /// Index of the bucket that `counts` begins with.
    first: usize,
    counts: Vec<u64>,
    n: u64,
}

impl QuantileSketch {
    /// An empty sketch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one value.
    pub fn insert(&mut self, value: u32) {
        self.add(bucket(value), 1);
    }

    /// How many values were added.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Adds all of another sketch.
    pub fn merge(&mut self, other: &Self) {
        for (index, &count) in other.counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
            self.add(other.first + index, count);
        }
    }

    /// Adds all of an encoded sketch, without building it. After an error `self` holds a part of it: discard it.
    pub fn merge_encoded(&mut self, bytes: &[u8]) -> Result<(), SketchError> {
        let Some((&VERSION, mut rest)) = bytes.split_first() else {
            return Err(SketchError::Version);
        };
        let mut next = 0;
        while !rest.is_empty() {
            let skip = varint::read(&mut rest)?;
            let count = varint::read(&mut rest)?;
            if skip >= (BUCKETS - next) as u64 || count == 0 {
                return Err(SketchError::Range);
            }
            let index = next + skip as usize;
            // Reports merge millions of buckets, nearly all of which are there already.
            match self.counts.get_mut(index.wrapping_sub(self.first)) {
                Some(sum) => {
                    *sum = sum.saturating_add(count);
                    self.n = self.n.saturating_add(count);
                }
                None => self.add(index, count),
            }
            next = index + 1;
        }
        Ok(())
    }

    /// Reads an encoded sketch.
    pub fn decode(bytes: &[u8]) -> Result<Self, SketchError> {
        let mut sketch = Self::new();
        sketch.merge_encoded(bytes)?;
        Ok(sketch)
    }

    /// The bytes to store: 1 for an empty sketch, about 2 for each different value while they are few.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let mut next = 0;
        for (index, &count) in self.counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
            let index = self.first + index;
            varint::write(&mut bytes, (index - next) as u64);
            varint::write(&mut bytes, count);
            next = index + 1;
        }
        bytes
    }

    /// The value that the share `quantile` (0 to 1) of the values lies at or below, within 1 %; `None` when empty.
    ///
    /// It is the lower one where two values share the quantile: the one of rank `⌊1 + quantile (n − 1)⌋`.
    pub fn quantile(&self, quantile: f64) -> Option<u32> {
        (self.n > 0).then(|| {
            let rank = (1.0 + quantile.clamp(0.0, 1.0) * (self.n - 1) as f64).floor();
            self.at_rank(rank as u64)
        })
    }

    /// The quantile with its 95 % interval, or `None` when empty.
    ///
    /// The interval is distribution-free: the two values whose ranks enclose the quantile with at least 95 %, by the
    /// binomial distribution of how many values lie below it (H. A. David and H. N. Nagaraja, "Order Statistics", 3rd
    /// ed., 7.1). A bound that so few values cannot give is 0 or infinite: for p75, 3 values give a lower and 13 an upper bound.
    pub fn quantile_score(&self, quantile: f64) -> Option<Score> {
        let value = f64::from(self.quantile(quantile)?);
        let (low, high) = interval_ranks(self.n, quantile);
        Some(Score {
            value,
            n: self.n,
            low: low.map_or(0.0, |rank| f64::from(self.at_rank(rank))).min(value),
            high: high.map_or(f64::INFINITY, |rank| f64::from(self.at_rank(rank))).max(value),
        })
    }

    /// How many values are at most `limit`, give or take those within 1 % of it.
    pub fn count_at_most(&self, limit: u32) -> u64 {
        let buckets = (bucket(limit) + 1).saturating_sub(self.first).min(self.counts.len());
        self.counts[..buckets].iter().fold(0, |sum, &count| sum.saturating_add(count))
    }

    /// The estimate of the value of a rank, counted from 1.
    fn at_rank(&self, rank: u64) -> u32 {
        let mut seen = 0u64;
        for (index, &count) in self.counts.iter().enumerate() {
            seen = seen.saturating_add(count);
            if seen >= rank && count > 0 {
                return estimate(self.first + index);
            }
        }
        self.counts.len().checked_sub(1).map_or(0, |last| estimate(self.first + last))
    }

    fn add(&mut self, index: usize, count: u64) {
        if self.counts.is_empty() {
            self.first = index;
        } else if index < self.first {
            let missing = self.first - index;
            self.counts.splice(..0, core::iter::repeat_n(0, missing));
            self.first = index;
        }
        let place = index - self.first;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] = self.counts[place].saturating_add(count);
        self.n = self.n.saturating_add(count);
    }
}

/// Equal when the same values were added, up to what the sketch can tell apart.
impl PartialEq for QuantileSketch {
    fn eq(&self, other: &Self) -> bool {
        self.encode() == other.encode()
    }
}

impl Eq for QuantileSketch {}

impl Extend<u32> for QuantileSketch {
    fn extend<T: IntoIterator<Item = u32>>(&mut self, values: T) {
        values.into_iter().for_each(|value| self.insert(value));
    }
}

/// The bucket of a value: the value itself below 64, then 64 to each power of two.
fn bucket(value: u32) -> usize {
    let shift = (32 - value.leading_zeros()).saturating_sub(SUB_BITS + 1);
    ((shift << SUB_BITS) + (value >> shift)) as usize
}

/// The whole number that is nearest, relatively, to every value of a bucket.
fn estimate(index: usize) -> u32 {
    let index = index.min(BUCKETS - 1) as u64;
    let shift = (index >> SUB_BITS).saturating_sub(1);
    let low = (index - (shift << SUB_BITS)) << shift;
    let high = low + (1 << shift) - 1;
    if low == high {
        return low as u32;
    }
    // 2ab/(a+b) is as far from a as from b, relatively.
    (2.0 * low as f64 * high as f64 / (low + high) as f64).round() as u32
}

/// The ranks, from 1, of the values that enclose a quantile with at least 95 %; `None` where n is too small.
fn interval_ranks(n: u64, quantile: f64) -> (Option<u64>, Option<u64>) {
    if quantile <= 0.0 || quantile >= 1.0 {
        return (None, None);
    }
    let tail = |rank: u64| if rank == 0 { 0.0 } else { binomial_cdf(rank - 1, n, quantile) };
    // The normal approximation is a step or two off; from there on, by the exact distribution.
    let (mean, half) = (n as f64 * quantile, Z_95 * (n as f64 * quantile * (1.0 - quantile)).sqrt());
    // The largest rank that has at most 2.5 % below it.
    let mut low = ((mean - half).max(0.0) as u64).min(n);
    while low < n && tail(low + 1) <= 0.025 {
        low += 1;
    }
    while low > 0 && tail(low) > 0.025 {
        low -= 1;
    }
    // The smallest rank that has at most 2.5 % at or above it.
    let mut high = ((mean + half).ceil() as u64 + 1).min(n + 1);
    while high <= n && 1.0 - tail(high) > 0.025 {
        high += 1;
    }
    while high > 1 && 1.0 - tail(high - 1) <= 0.025 {
        high -= 1;
    }
    ((low > 0).then_some(low), (high <= n).then_some(high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u32]) -> QuantileSketch {
        let mut sketch = QuantileSketch::new();
        sketch.extend(values.iter().copied());
        sketch
    }

    #[test]
    fn every_bucket_follows_the_one_before_and_keeps_its_promise() {
        assert_eq!(bucket(u32::MAX), BUCKETS - 1);
        let mut previous = 0;
        for exponent in 0..32 {
            for step in 0..200u64 {
                let value = ((1u64 << exponent) + (step << exponent) / 200) as u32;
                let index = bucket(value);
                assert!(index >= previous, "{value}");
                previous = index;
                let error = (f64::from(estimate(index)) - f64::from(value)).abs() / f64::from(value);
                assert!(error <= 0.01, "{value} is estimated as {}", estimate(index));
                assert_eq!(bucket(estimate(index)), index, "{value}");
            }
        }
        for value in 0..128 {
            assert_eq!(estimate(bucket(value)), value);
        }
    }

    #[test]
    fn interval_ranks_agree_with_scipy() {
        // python: low, the largest l with scipy.stats.binom.cdf(l-1, n, q) <= .025;
        //         high, the smallest u with scipy.stats.binom.sf(u-1, n, q) <= .025
        for (n, quantile, low, high) in [
            (1, 0.75, None, None),
            (12, 0.75, Some(6), None),
            (13, 0.75, Some(7), Some(13)),
            (20, 0.75, Some(11), Some(19)),
            (100, 0.75, Some(66), Some(84)),
            (1_000, 0.75, Some(723), Some(778)),
            (100_000, 0.75, Some(74_731), Some(75_269)),
            (50, 0.5, Some(18), Some(33)),
            (200, 0.95, Some(184), Some(197)),
            (1_000_000, 0.75, Some(749_151), Some(750_849)),
        ] {
            assert_eq!(interval_ranks(n, quantile), (low, high), "{n}, {quantile}");
        }
    }

    #[test]
    fn few_values_have_no_upper_bound_yet() {
        let score = of(&[100, 101, 102]).quantile_score(0.75).unwrap();
        assert_eq!((score.value, score.n, score.low), (101.0, 3, 100.0));
        assert_eq!(score.high, f64::INFINITY);
        assert_eq!(of(&[100, 101]).quantile_score(0.75).unwrap().low, 0.0);
        assert_eq!(QuantileSketch::new().quantile_score(0.75), None);
        assert_eq!(QuantileSketch::new().quantile(0.5), None);
        let thousand = of(&(1..=1_000).collect::<Vec<_>>()).quantile_score(0.75).unwrap();
        assert!((thousand.low - 723.0).abs() <= 8.0 && (thousand.high - 778.0).abs() <= 8.0, "{thousand:?}");
    }

    #[test]
    fn bytes_are_stable_and_small() {
        // Stored for years: a change here needs a new version byte.
        assert_eq!(QuantileSketch::new().encode(), [1]);
        assert_eq!(of(&[0, 0, 5, 2_500]).encode(), [1, 0, 2, 4, 1, 0x88, 3, 1]);
        let day = of(&(0..10_000u32).map(|i| 800 + i * i % 4_000).collect::<Vec<_>>());
        assert!(day.encode().len() < 500, "{} bytes", day.encode().len());
    }

    #[test]
    fn hostile_bytes_are_refused() {
        for (bytes, error) in [
            (&[][..], SketchError::Version),
            (&[0], SketchError::Version),
            (&[9, 0, 1], SketchError::Version),
            (&[1, 0], SketchError::Truncated),
            (&[1, 0, 0x80], SketchError::Truncated),
            (&[1, 0, 0], SketchError::Range),
            (&[1, 0xff, 0xff, 0x7f, 1], SketchError::Range),
            (&[1, 0xbf, 0x0d, 1, 0, 1], SketchError::Range),
        ] {
            assert_eq!(QuantileSketch::decode(bytes), Err(error), "{bytes:?}");
        }
    }

    #[test]
    fn counts_do_not_overflow() {
        let mut bytes = vec![1, 7];
        varint::write(&mut bytes, u64::MAX);
        let mut sketch = QuantileSketch::decode(&bytes).unwrap();
        sketch.merge_encoded(&bytes).unwrap();
        assert_eq!((sketch.n(), sketch.quantile(0.75)), (u64::MAX, Some(7)));
        assert_eq!(sketch.count_at_most(u32::MAX), u64::MAX);
    }

    #[test]
    fn counting_below_a_threshold_is_exact_at_bucket_bounds() {
        let sketch = of(&[10, 20, 30, 2_495, 5_000]);
        assert_eq!([0, 10, 19, 100, 2_500, 10_000].map(|limit| sketch.count_at_most(limit)), [0, 1, 1, 3, 4, 5]);
    }

    proptest! {
        #[test]
        fn any_quantile_is_within_one_percent(
            values in prop::collection::vec(prop_oneof![0u32..200, 0u32..100_000, any::<u32>()], 1..300),
            quantile in 0.0f64..=1.0,
        ) {
            let sketch = of(&values);
            let mut sorted = values;
            sorted.sort_unstable();
            let exact = f64::from(sorted[(quantile * (sorted.len() - 1) as f64).floor() as usize]);
            let estimate = f64::from(sketch.quantile(quantile).unwrap());
            prop_assert!((estimate - exact).abs() <= exact * 0.01, "{} for {}", estimate, exact);
            let score = sketch.quantile_score(quantile).unwrap();
            prop_assert!(score.low <= score.value && score.value <= score.high);
        }

        #[test]
        fn merging_in_any_order_is_adding_all(one: Vec<u32>, other: Vec<u32>) {
            let (a, b) = (of(&one), of(&other));
            let all = of(&[one, other].concat());
            let (mut ab, mut ba, mut encoded) = (a.clone(), b.clone(), a.clone());
            ab.merge(&b);
            ba.merge(&a);
            encoded.merge_encoded(&b.encode()).unwrap();
            prop_assert_eq!(&ab, &all);
            prop_assert_eq!(&ba, &all);
            prop_assert_eq!(&encoded, &all);
            prop_assert_eq!(encoded.n(), all.n());
        }

        #[test]
        fn bytes_and_back_is_the_same_sketch(values: Vec<u32>) {
            let sketch = of(&values);
            prop_assert_eq!(QuantileSketch::decode(&sketch.encode()).unwrap(), sketch);
        }

        #[test]
        fn no_bytes_panic(mut bytes: Vec<u8>, version in 0u8..3) {
            bytes.insert(0, version);
            if let Ok(sketch) = QuantileSketch::decode(&bytes) {
                prop_assert_eq!(QuantileSketch::decode(&sketch.encode()).unwrap().n(), sketch.n());
                sketch.quantile_score(0.75);
            }
        }
    }
}
