//! Quantiles of whole numbers within 1 %, mergeable: a DDSketch with linearly interpolated logarithm.
//!
//! C. Masson, J. E. Rim and H. K. Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
//! guarantees", PVLDB 12 (2019). Each power of two is cut into 64 buckets of equal width, so that a bucket's index is
//! an exact matter of shifting bits, the same on every machine, and no value in a bucket is further than 1/129
//! (0.78 %) from its estimate. Values below 128 are kept exactly. A bucket that holds a threshold of a Web Vital is
//! cut once more above it, so that a value at the threshold is never taken for a worse one.
//!
//! Encoding, version 2: the version byte, then for each bucket in use, in rising order, two varints: how many empty
//! buckets precede it, and its count. Version 1 had no cuts at thresholds: the values of such a bucket go where its
//! estimate lay.

use super::{SketchError, varint};
use crate::score::{Score, Z_95, binomial_cdf};

const VERSION: u8 = 2;
/// The version without cuts at [`EDGES`].
const UNCUT: u8 = 1;
/// Buckets per power of two, as a power of two itself.
const SUB_BITS: u32 = 6;
/// Buckets without the cuts: index of that of `u32::MAX`, plus 1.
const UNCUT_BUCKETS: usize = ((32 - SUB_BITS as usize) + 1) << SUB_BITS;
/// Thresholds of the vitals, in their units: each is the last value of its bucket.
const EDGES: [u32; 8] = [200, 500, 800, 1_000, 1_800, 2_500, 3_000, 4_000];
/// The bucket that each of them ends.
const EDGE_BUCKETS: [usize; EDGES.len()] = {
    let mut buckets = [0; EDGES.len()];
    let mut edge = 0;
    while edge < EDGES.len() {
        buckets[edge] = uncut_bucket(EDGES[edge]) + edge;
        edge += 1;
    }
    buckets
};
const BUCKETS: usize = UNCUT_BUCKETS + EDGES.len();

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
        let (buckets, mut rest) = match bytes.split_first() {
            Some((&VERSION, rest)) => (BUCKETS, rest),
            Some((&UNCUT, rest)) => (UNCUT_BUCKETS, rest),
            _ => return Err(SketchError::Version),
        };
        let mut next = 0;
        while !rest.is_empty() {
            let skip = varint::read(&mut rest)?;
            let count = varint::read(&mut rest)?;
            if skip >= (buckets - next) as u64 || count == 0 {
                return Err(SketchError::Range);
            }
            next += skip as usize + 1;
            let index = if buckets == BUCKETS { next - 1 } else { bucket(middle(uncut_bounds(next - 1))) };
            // Reports merge millions of buckets, nearly all of which are there already.
            match self.counts.get_mut(index.wrapping_sub(self.first)) {
                Some(sum) => {
                    *sum = sum.saturating_add(count);
                    self.n = self.n.saturating_add(count);
                }
                None => self.add(index, count),
            }
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
    /// By nearest rank, so it is one of the values: the smallest with at least that share at or below it, the one of
    /// rank `⌈quantile · n⌉`. p75 of two values is the larger.
    pub fn quantile(&self, quantile: f64) -> Option<u32> {
        (self.n > 0).then(|| self.at_rank(nearest_rank(self.n, quantile)))
    }

    /// The quantile with its 95 % interval, or `None` when empty.
    ///
    /// The interval is distribution-free: the two values whose ranks enclose the quantile with at least 95 %, by the
    /// binomial distribution of how many values lie below it (H. A. David and H. N. Nagaraja, "Order Statistics", 3rd
    /// ed., 7.1). A bound that so few values cannot give is 0 or infinite: for p75, 3 values give a lower and 13 an upper bound.
    pub fn quantile_score(&self, quantile: f64) -> Option<Score> {
        stratified_score(&[Stratum { sketch: self, weight: 1.0, effect: 1.0 }], quantile)
    }

    /// How many values are at most `limit`, give or take those within 1 % of it; exact at the thresholds of vitals.
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

/// A part of what is measured, such as the views on one kind of device.
#[derive(Clone, Copy, Debug)]
pub struct Stratum<'a> {
    /// Its values; a part without any is left out.
    pub sketch: &'a QuantileSketch,
    /// Its share of the whole; only the proportions of weights count.
    pub weight: f64,
    /// How many of its values tell as much as one that is independent of the others; at least 1.
    pub effect: f64,
}

/// The quantile of a whole that is mixed of parts by their weights, with its 95 % interval; `None` without a value.
///
/// With other weights than the numbers of values it tells what the quantile would be in another mix (direct
/// standardisation). The interval is that of [`QuantileSketch::quantile_score`] for as many values as the parts are
/// worth together: 1 / Σ (w² · effect / n), after L. Kish, "Survey Sampling" (1965), 11.7.
pub fn stratified_score(strata: &[Stratum<'_>], quantile: f64) -> Option<Score> {
    let strata: Vec<_> = strata.iter().filter(|part| !part.sketch.is_empty() && part.weight > 0.0).collect();
    let weights: f64 = strata.iter().map(|part| part.weight).sum();
    let mut points: Vec<(usize, f64)> = strata
        .iter()
        .flat_map(|part| {
            let each = part.weight / weights / part.sketch.n as f64;
            (part.sketch.first..).zip(&part.sketch.counts).map(move |(index, &count)| (index, count as f64 * each))
        })
        .filter(|&(_, share)| share > 0.0)
        .collect();
    points.sort_unstable_by_key(|&(index, _)| index);
    let last = points.last()?.0;
    // Sums of shares are off by their rounding.
    let at = |share: f64| {
        let mut seen = 0.0;
        let found = points.iter().find(|&&(_, part)| {
            seen += part;
            seen >= share - 1e-9
        });
        f64::from(estimate(found.map_or(last, |&(index, _)| index)))
    };
    let n = strata.iter().fold(0u64, |sum, part| sum.saturating_add(part.sketch.n));
    let spread: f64 =
        strata.iter().map(|part| (part.weight / weights).powi(2) * part.effect.max(1.0) / part.sketch.n as f64).sum();
    // As a whole of independent values it is worth exactly n.
    let worth = ((1.0 / spread * (1.0 + 1e-12)) as u64).clamp(1, n);
    let (low, high) = interval_ranks(worth, quantile);
    let of_rank = |rank: u64| at(rank as f64 / worth as f64);
    let value = at(quantile.clamp(0.0, 1.0));
    Some(Score {
        value,
        n,
        low: low.map_or(0.0, of_rank).min(value),
        high: high.map_or(f64::INFINITY, of_rank).max(value),
    })
}

/// The rank, from 1, of the smallest of n values with the share `quantile` at or below it.
fn nearest_rank(n: u64, quantile: f64) -> u64 {
    // A product that is whole but for its rounding is whole.
    let rank = (quantile.clamp(0.0, 1.0) * n as f64 * (1.0 - 1e-12)).ceil();
    (rank as u64).clamp(1, n.max(1))
}

/// The bucket of a value: the value itself below 64, then 64 to each power of two, and one more above each edge.
fn bucket(value: u32) -> usize {
    uncut_bucket(value) + EDGES.partition_point(|edge| *edge < value)
}

const fn uncut_bucket(value: u32) -> usize {
    let shift = (32 - value.leading_zeros()).saturating_sub(SUB_BITS + 1);
    ((shift << SUB_BITS) + (value >> shift)) as usize
}

/// The smallest and the largest value of a bucket.
fn bounds(index: usize) -> (u32, u32) {
    let cuts = EDGE_BUCKETS.partition_point(|edge| *edge < index);
    let (low, high) = uncut_bounds(index - cuts);
    let above = cuts.checked_sub(1).map_or(0, |edge| EDGES[edge] + 1);
    let until = EDGE_BUCKETS.iter().position(|edge| *edge == index).map_or(u32::MAX, |edge| EDGES[edge]);
    (low.max(above), high.min(until))
}

fn uncut_bounds(index: usize) -> (u32, u32) {
    let index = index.min(UNCUT_BUCKETS - 1) as u64;
    let shift = (index >> SUB_BITS).saturating_sub(1);
    let low = (index - (shift << SUB_BITS)) << shift;
    (low as u32, (low + (1 << shift) - 1) as u32)
}

fn estimate(index: usize) -> u32 {
    middle(bounds(index.min(BUCKETS - 1)))
}

/// The whole number that is nearest, relatively, to every value from `low` to `high`.
fn middle((low, high): (u32, u32)) -> u32 {
    if low == high {
        return low;
    }
    // 2ab/(a+b) is as far from a as from b, relatively.
    let (low, high) = (f64::from(low), f64::from(high));
    (2.0 * low * high / (low + high)).round() as u32
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
    use crate::vital::{Rating, Vital};
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
    fn no_bucket_is_left_out_and_none_holds_values_of_two() {
        for value in (0..10_000u32).chain((14..32).flat_map(|exponent| (1u32 << exponent) - 3..(1 << exponent) + 3)) {
            let (index, next) = (bucket(value), bucket(value + 1));
            assert!(next == index || next == index + 1, "{value}");
            let (low, high) = bounds(index);
            assert!((low..=high).contains(&value) && bucket(low) == index && bucket(high) == index, "{value}");
        }
    }

    #[test]
    fn vitals_that_lie_on_a_threshold_are_not_rated_worse() {
        for vital in Vital::ALL {
            let (good, poor) = vital.thresholds();
            for (value, rating) in [
                (good, Rating::Good),
                (good + 1, Rating::NeedsImprovement),
                (poor, Rating::NeedsImprovement),
                (poor + 1, Rating::Poor),
            ] {
                let sketch = of(&[value; 40]);
                let p75 = f64::from(sketch.quantile(0.75).unwrap());
                assert_eq!(vital.rating(p75), rating, "{} {value}", vital.abbreviation());
                assert_eq!(
                    sketch.count_at_most(good) + sketch.count_at_most(poor),
                    match rating {
                        Rating::Good => 80,
                        Rating::NeedsImprovement => 40,
                        Rating::Poor => 0,
                    }
                );
            }
        }
    }

    #[test]
    fn sketches_stored_before_thresholds_were_edges_are_still_read() {
        // Version 1: two of 0, one of 5, and one of 2,496 to 2,527, whose estimate was 2,511.
        let old = [1, 0, 2, 4, 1, 0x88, 3, 1];
        let sketch = QuantileSketch::decode(&old).unwrap();
        assert_eq!((sketch.n(), sketch.quantile(0.5), sketch.quantile(1.0)), (4, Some(0), Some(2_514)));
        assert_eq!(sketch.count_at_most(2_500), 3);
        let mut both = of(&[2_500]);
        both.merge_encoded(&old).unwrap();
        assert_eq!((both.n(), both.count_at_most(2_500)), (5, 4));
        assert_eq!(QuantileSketch::decode(&both.encode()).unwrap(), both);
        // Every bucket of old finds its place, and none passes another.
        let mut previous = 0;
        for index in 0..UNCUT_BUCKETS {
            let place = bucket(middle(uncut_bounds(index)));
            assert!(place >= previous + usize::from(index > 0), "{index}");
            previous = place;
        }
    }

    #[test]
    fn quantiles_are_of_nearest_rank() {
        for (n, quantile, rank) in
            [(1, 0.75, 1), (2, 0.75, 2), (3, 0.75, 3), (4, 0.75, 3), (5, 0.75, 4), (100, 0.07, 7), (20, 0.95, 19)]
        {
            assert_eq!(nearest_rank(n, quantile), rank, "{n}, {quantile}");
        }
        assert_eq!((nearest_rank(7, 0.0), nearest_rank(7, 1.0)), (1, 7));
        // "p75 of 10 and 20 is 10" would let three quarters lie above it.
        assert_eq!(of(&[10, 20]).quantile(0.75), Some(20));
        assert_eq!(of(&[10, 20]).quantile_score(0.75).unwrap().value, 20.0);
    }

    #[test]
    fn another_mix_of_parts_is_another_quantile() {
        let (fast, slow) = (of(&[1_000; 60]), of(&[5_000; 60]));
        let score = |fast_weight: f64, slow_weight: f64, effect: f64| {
            let part = |sketch, weight| Stratum { sketch, weight, effect };
            stratified_score(&[part(&fast, fast_weight), part(&slow, slow_weight)], 0.75).unwrap()
        };
        assert_eq!((score(60.0, 60.0, 1.0).value, score(60.0, 60.0, 1.0).n), (f64::from(estimate(bucket(5_000))), 120));
        assert_eq!(score(80.0, 20.0, 1.0).value, f64::from(estimate(bucket(1_000))));
        // The mix as it is says what all together say.
        let mut all = fast.clone();
        all.merge(&slow);
        assert_eq!(Some(score(60.0, 60.0, 1.0)), all.quantile_score(0.75));
        assert_eq!(stratified_score(&[], 0.75), None);
        // Values that come in groups of three are worth a third.
        let thousand = of(&(1..=1_200).collect::<Vec<_>>());
        let of_groups = stratified_score(&[Stratum { sketch: &thousand, weight: 1.0, effect: 3.0 }], 0.75).unwrap();
        let alone = thousand.quantile_score(0.75).unwrap();
        assert!(of_groups.high - of_groups.low > 1.6 * (alone.high - alone.low), "{of_groups:?}, {alone:?}");
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
        assert_eq!((score.value, score.n, score.low), (102.0, 3, 100.0));
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
        assert_eq!(QuantileSketch::new().encode(), [2]);
        assert_eq!(of(&[0, 0, 5, 2_500]).encode(), [2, 0, 2, 4, 1, 0x8d, 3, 1]);
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
            (&[2, 0], SketchError::Truncated),
            (&[2, 0, 0x80], SketchError::Truncated),
            (&[2, 0, 0], SketchError::Range),
            (&[2, 0xff, 0xff, 0x7f, 1], SketchError::Range),
            (&[1, 0xc0, 0x0d, 1], SketchError::Range),
            (&[1, 0xbf, 0x0d, 1, 0, 1], SketchError::Range),
            (&[2, 0xc8, 0x0d, 1], SketchError::Range),
            (&[2, 0xc7, 0x0d, 1, 0, 1], SketchError::Range),
        ] {
            assert_eq!(QuantileSketch::decode(bytes), Err(error), "{bytes:?}");
        }
    }

    #[test]
    fn counts_do_not_overflow() {
        let mut bytes = vec![VERSION, 7];
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
            let rank = (quantile * sorted.len() as f64).ceil().max(1.0);
            let exact = f64::from(sorted[rank as usize - 1]);
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
        fn no_bytes_panic(mut bytes: Vec<u8>, version in 0u8..4) {
            bytes.insert(0, version);
            if let Ok(sketch) = QuantileSketch::decode(&bytes) {
                prop_assert_eq!(QuantileSketch::decode(&sketch.encode()).unwrap().n(), sketch.n());
                sketch.quantile_score(0.75);
            }
        }
    }
}
