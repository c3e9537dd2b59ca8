//! Cumulative Layout Shift: the largest session window of unexpected shifts.
//!
//! A window ends after a second without a shift and after five seconds in all
//! (<https://web.dev/articles/cls>, and `LayoutShiftManager` of web-vitals).

/// Longest gap between two shifts of a window, in milliseconds.
pub const GAP_MS: f64 = 1_000.0;
/// Longest window, in milliseconds.
pub const WINDOW_MS: f64 = 5_000.0;

/// The current window and the largest so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Windows {
    value: f64,
    first_ms: f64,
    last_ms: f64,
    largest: f64,
}

impl Windows {
    /// Adds a shift that no recent input explains.
    pub fn shift(&mut self, value: f64, at_ms: f64) {
        if self.value > 0.0 && at_ms - self.last_ms < GAP_MS && at_ms - self.first_ms < WINDOW_MS {
            self.value += value;
        } else {
            self.value = value;
            self.first_ms = at_ms;
        }
        self.last_ms = at_ms;
        self.largest = self.largest.max(self.value);
    }

    /// The layout shift of the page so far.
    pub fn largest(&self) -> f64 {
        self.largest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(shifts: &[(f64, f64)]) -> f64 {
        let mut windows = Windows::default();
        shifts.iter().for_each(|&(value, at_ms)| windows.shift(value, at_ms));
        windows.largest()
    }

    #[test]
    fn a_gap_of_a_second_ends_a_window() {
        assert_eq!(run(&[(0.25, 0.0), (0.25, 999.0)]), 0.5);
        assert_eq!(run(&[(0.25, 0.0), (0.125, 1000.0)]), 0.25);
    }

    #[test]
    fn a_window_lasts_five_seconds() {
        let shifts: Vec<(f64, f64)> = (0..8).map(|step| (0.125, f64::from(step) * 900.0)).collect();
        // 0 to 4500 ms are six shifts; 5400 ms starts the next window.
        assert_eq!(run(&shifts), 0.75);
    }

    proptest! {
        #[test]
        fn the_result_lies_between_the_largest_shift_and_the_sum(
            shifts in proptest::collection::vec((0.0f64..1.0, 0.0f64..3000.0), 1..40),
        ) {
            let mut at_ms = 0.0;
            let shifts: Vec<(f64, f64)> = shifts.into_iter().map(|(value, gap_ms)| { at_ms += gap_ms; (value, at_ms) }).collect();
            let cls = run(&shifts);
            let largest = shifts.iter().map(|shift| shift.0).fold(0.0, f64::max);
            let sum: f64 = shifts.iter().map(|shift| shift.0).sum();
            prop_assert!(cls >= largest && cls <= sum + 1e-9);
        }
    }
}
