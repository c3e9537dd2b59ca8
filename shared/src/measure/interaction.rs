//! Interaction to Next Paint: the longest interaction of a page, leaving out one in fifty.
//!
//! As web-vitals estimates the 98th percentile: keep the ten longest, and take the one at the number of interactions
//! divided by fifty (<https://web.dev/articles/inp>, and its `InteractionManager`).

/// How many of the longest interactions are kept.
const KEPT: usize = 10;
/// Of so many interactions one is left out.
const PER_OUTLIER: u32 = 50;

/// The longest interactions so far.
#[derive(Clone, Debug, Default)]
pub struct Interactions {
    /// Id and duration in milliseconds, longest first.
    longest: Vec<(u32, u32)>,
}

impl Interactions {
    /// Adds one event of the interaction `id` (0 for none) that took `duration_ms` until the next paint.
    pub fn event(&mut self, id: u32, duration_ms: u32) {
        if id == 0 {
            return;
        }
        match self.longest.iter_mut().find(|known| known.0 == id) {
            Some(known) => known.1 = known.1.max(duration_ms),
            None => {
                let last = self.longest.last().map_or(0, |last| last.1);
                if self.longest.len() == KEPT && duration_ms <= last {
                    return;
                }
                self.longest.truncate(KEPT - 1);
                self.longest.push((id, duration_ms));
            }
        }
        // One alone may stand too far behind: it moves up to its place.
        for index in (1..self.longest.len()).rev() {
            if self.longest[index].1 > self.longest[index - 1].1 {
                self.longest.swap(index, index - 1);
            }
        }
    }

    /// The estimate after `count` interactions in all; `None` before the first.
    pub fn estimate_ms(&self, count: u32) -> Option<u32> {
        let last = self.longest.len().checked_sub(1)?;
        self.longest.get(last.min((count / PER_OUTLIER) as usize)).map(|interaction| interaction.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn events_of_one_interaction_count_once() {
        let mut interactions = Interactions::default();
        for (id, duration_ms) in [(0, 900), (7, 48), (7, 120), (7, 64), (14, 80)] {
            interactions.event(id, duration_ms);
        }
        assert_eq!(interactions.estimate_ms(2), Some(120));
    }

    #[test]
    fn one_in_fifty_is_left_out() {
        let mut interactions = Interactions::default();
        (1..=60).for_each(|id| interactions.event(id * 7, id * 8));
        assert_eq!(interactions.estimate_ms(49), Some(480));
        assert_eq!(interactions.estimate_ms(50), Some(472));
        assert_eq!(interactions.estimate_ms(10_000), Some(408), "never beyond the ten that are kept");
    }

    proptest! {
        /// The reference: keep all, sort, take the same place.
        #[test]
        fn it_agrees_with_sorting_everything(durations in proptest::collection::vec(0u32..2000, 1..400)) {
            let mut interactions = Interactions::default();
            for (index, duration_ms) in durations.iter().enumerate() {
                interactions.event(index as u32 + 1, *duration_ms);
            }
            let mut sorted = durations.clone();
            sorted.sort_by(|left, right| right.cmp(left));
            let place = (durations.len() / 50).min(KEPT - 1).min(durations.len() - 1);
            prop_assert_eq!(interactions.estimate_ms(durations.len() as u32), Some(sorted[place]));
        }
    }
}
