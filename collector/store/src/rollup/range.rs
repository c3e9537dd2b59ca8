//! What reports read: rollups by ranges of clean buckets, and the few raw rows that a page shows one by one.

use super::Grain;

/// Neighbouring clean buckets of one grain, read by one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketRange {
    /// Days or hours.
    pub grain: Grain,
    /// Start of the first bucket, in epoch milliseconds.
    pub first_ms: i64,
    /// Start of the last bucket.
    pub last_ms: i64,
}

pub(crate) const HOUR_MS: i64 = 3_600_000;

/// A range of this many buckets is cut in two, so that two readers share it.
const LONG_BUCKETS: usize = 10;

/// The ranges that make up some buckets, which are in rising order, without those that are `dirty`.
pub fn ranges(days_ms: &[i64], hours_ms: &[i64], dirty_hours_ms: &[i64]) -> Vec<BucketRange> {
    let mut ranges = Vec::new();
    let is_clean = |one: i64, next: i64| !dirty_hours_ms.iter().any(|dirty_ms| (one..next).contains(dirty_ms));
    // A day can have 25 hours, and the day after next is never that near. Where clocks change, what is left of an hour can
    // be short enough for the hour after next to be near.
    for (grain, buckets, step_ms) in [(Grain::Day, days_ms, 25 * HOUR_MS), (Grain::Hour, hours_ms, HOUR_MS)] {
        for neighbours in buckets.chunk_by(|one, next| next - one <= step_ms && is_clean(*one, *next)) {
            let halves = if neighbours.len() < LONG_BUCKETS { 1 } else { 2 };
            for part in neighbours.chunks(neighbours.len().div_ceil(halves)) {
                ranges.push(BucketRange { grain, first_ms: part[0], last_ms: part[part.len() - 1] });
            }
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_bucket_ends_a_range() {
        let day = 24 * HOUR_MS;
        let found =
            ranges(&[0, day, day + 25 * HOUR_MS, 4 * day + HOUR_MS], &[5 * day, 5 * day + HOUR_MS, 6 * day], &[]);
        let expected = [
            (Grain::Day, 0, day + 25 * HOUR_MS),
            (Grain::Day, 4 * day + HOUR_MS, 4 * day + HOUR_MS),
            (Grain::Hour, 5 * day, 5 * day + HOUR_MS),
            (Grain::Hour, 6 * day, 6 * day),
        ];
        assert_eq!(found, expected.map(|(grain, first_ms, last_ms)| BucketRange { grain, first_ms, last_ms }));
        assert_eq!(ranges(&[], &[], &[]), []);
    }

    #[test]
    fn a_dirty_piece_of_an_hour_ends_a_range() {
        let minute = HOUR_MS / 60;
        let range = |first_ms, last_ms| BucketRange { grain: Grain::Hour, first_ms, last_ms };
        // Of an hour one minute was left before the clocks went back, and 59 after it.
        assert_eq!(ranges(&[], &[0, HOUR_MS], &[minute]), [range(0, 0), range(HOUR_MS, HOUR_MS)]);
        assert_eq!(ranges(&[], &[0, minute, HOUR_MS], &[]), [range(0, HOUR_MS)]);
    }

    #[test]
    fn a_long_range_is_two_that_follow_each_other() {
        let hours: Vec<i64> = (0..11).map(|hour| hour * HOUR_MS).collect();
        let range = |first: i64, last: i64| BucketRange {
            grain: Grain::Hour,
            first_ms: first * HOUR_MS,
            last_ms: last * HOUR_MS,
        };
        assert_eq!(ranges(&[], &hours, &[]), [range(0, 5), range(6, 10)]);
        assert_eq!(ranges(&[], &hours[..9], &[]), [range(0, 8)]);
    }
}
