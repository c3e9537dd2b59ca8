//! What became of clicks, for the browser: reads what the click part gathered and asks `rapport_shared::measure`.

use rapport_shared::measure::answer::{Change, Press};
use rapport_shared::measure::dead_click::{self, Known, Verdict};
use rapport_shared::measure::rage_click::{self, burst};
use wasm_bindgen::prelude::*;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// The version of the rules, which is kept with what they judged.
#[wasm_bindgen]
pub fn version() -> u32 {
    rage_click::VERSION
}

/// The clicks of the first burst in a row of clicks on one control, 0 for none; `repeats` says that it is made to be pressed
/// often. For `numbers` see [`read`].
#[wasm_bindgen]
pub fn rage(numbers: &[f64], repeats: bool) -> u32 {
    let (presses, changes) = read(numbers);
    burst(&presses, &changes, repeats)
}

/// What came of the one click in `numbers` (see [`read`]), by what [`Known`] says: 0 when it is fine, 1 when it has to be asked
/// about again, 2 when it is dead, 3 slow and 4 failed.
#[wasm_bindgen]
pub fn effect(numbers: &[f64], now_ms: f64, visible_ms: f64, failed_ms: f64, first: bool, last: bool) -> u32 {
    let (presses, changes) = read(numbers);
    let known = Known { now_ms, visible_ms, failed_ms, first, last };
    match presses.first().map(|press| dead_click::judge(*press, &changes, known)) {
        None | Some(Verdict::Fine) => 0,
        Some(Verdict::Open) => 1,
        Some(Verdict::Dead) => 2,
        Some(Verdict::Slow) => 3,
        Some(Verdict::Failed) => 4,
    }
}

/// How many clicks there are; of each the press, the click and whether it is void; then of each change the time, the key and the
/// facts as bits: passing, unseen, request, caused.
fn read(numbers: &[f64]) -> (Vec<Press>, Vec<Change>) {
    let clicks = numbers.first().map_or(0, |clicks| *clicks as usize);
    let mut triples = numbers.get(1..).unwrap_or_default().chunks_exact(3);
    let presses = triples.by_ref().take(clicks);
    let presses = presses.map(|press| Press { began_ms: press[0], at_ms: press[1], void: press[2] > 0.0 }).collect();
    let changes = triples.map(|change| {
        let is = |bit: u32| change[2] as u32 & bit > 0;
        let (passing, unseen, request, caused) = (is(1), is(2), is(4), is(8));
        Change { at_ms: change[0], key: change[1] as u32, passing, unseen, request, caused }
    });
    (presses, changes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_part_hands_over_is_read_in_its_order() {
        let (presses, changes) = read(&[2.0, 10.0, 20.0, 0.0, 30.0, 40.0, 1.0, 50.0, 7.0, 9.0]);
        assert_eq!(presses[1], Press { began_ms: 30.0, at_ms: 40.0, void: true });
        let change = Change { at_ms: 50.0, key: 7, passing: true, caused: true, ..Change::default() };
        assert_eq!((presses.len(), changes), (2, vec![change]));
        assert_eq!(read(&[]), (Vec::new(), Vec::new()));
        assert_eq!((rage(&[], false), effect(&[], 0.0, 0.0, 0.0, true, true)), (0, 0));
    }
}
