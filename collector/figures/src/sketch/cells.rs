//! How often each of many numbered cells was hit: exact, sparse, and the sum of two is their sum.

use super::{SketchError, varint};
use std::collections::BTreeMap;

/// The version that encoded bytes begin with.
const VERSION: u8 = 1;

/// Counts by cell. Cells are numbered below a bound that whoever reads them knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellCounts(BTreeMap<u32, u64>);

impl CellCounts {
    /// Counts a cell.
    pub fn add(&mut self, cell: u32, times: u64) {
        if times > 0 {
            let count = self.0.entry(cell).or_default();
            *count = count.saturating_add(times);
        }
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        other.each().for_each(|(cell, count)| self.add(cell, count));
    }

    /// The cells that were hit, in order, with their counts.
    pub fn each(&self) -> impl Iterator<Item = (u32, u64)> {
        self.0.iter().map(|(cell, count)| (*cell, *count))
    }

    /// Whether none was hit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As bytes: after the version, of each cell its distance from the one before and its count.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let mut next = 0;
        for (cell, count) in self.each() {
            varint::write(&mut bytes, u64::from(cell - next));
            varint::write(&mut bytes, count);
            next = cell;
        }
        bytes
    }

    /// From bytes, of cells below `bound` alone; no bytes are no cells.
    ///
    /// # Errors
    /// When they are not what [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8], bound: u32) -> Result<Self, SketchError> {
        let Some((version, mut rest)) = bytes.split_first() else { return Ok(Self::default()) };
        if *version != VERSION {
            return Err(SketchError::Version);
        }
        let (mut counts, mut cell) = (Self::default(), 0u64);
        while !rest.is_empty() {
            cell = cell.checked_add(varint::read(&mut rest)?).ok_or(SketchError::Range)?;
            let of_cell = u32::try_from(cell).ok().filter(|cell| *cell < bound).ok_or(SketchError::Range)?;
            counts.add(of_cell, varint::read(&mut rest)?);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUND: u32 = 10_000;

    fn counts(hits: &[(u32, u64)]) -> CellCounts {
        let mut counts = CellCounts::default();
        hits.iter().for_each(|(cell, times)| counts.add(*cell, *times));
        counts
    }

    proptest! {
        #[test]
        fn counts_come_back_and_add_up(
            one in prop::collection::vec((0..BOUND, 0u64..1_000), 0..50),
            other in prop::collection::vec((0..BOUND, 0u64..1_000), 0..50),
        ) {
            let (first, second) = (counts(&one), counts(&other));
            prop_assert_eq!(CellCounts::decode(&first.encode(), BOUND), Ok(first.clone()));
            let mut sum = first;
            sum.merge(&second);
            prop_assert_eq!(sum, counts(&[one, other].concat()));
        }

        #[test]
        fn whatever_the_bytes_are_reading_them_ends(bytes: Vec<u8>) {
            let _ = CellCounts::decode(&bytes, BOUND);
        }
    }

    #[test]
    fn what_is_no_count_is_refused() {
        assert_eq!(CellCounts::decode(&[], BOUND), Ok(CellCounts::default()));
        assert_eq!(CellCounts::decode(&[9], BOUND), Err(SketchError::Version));
        assert_eq!(CellCounts::decode(&[VERSION, 3], BOUND), Err(SketchError::Truncated));
        assert_eq!(CellCounts::decode(&counts(&[(BOUND, 1)]).encode(), BOUND), Err(SketchError::Range));
    }
}
