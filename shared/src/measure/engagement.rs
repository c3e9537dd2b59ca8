//! Engaged time: how long somebody was really there.
//!
//! A moment counts when the page is visible and has the focus, and the visitor acted within the last five seconds
//! (Chartbeat's rule). Arriving is an action.

/// How long an action counts, in milliseconds.
pub const ACTION_MS: f64 = 5_000.0;

/// Engaged time of one view.
#[derive(Clone, Copy, Debug)]
pub struct Engagement {
    total_ms: f64,
    /// Up to here everything is added up.
    counted_ms: f64,
    /// Until here the last action counts.
    until_ms: f64,
    present: bool,
}

impl Engagement {
    /// A view that begins at `now_ms`; `present` says whether the page is visible and has the focus.
    pub fn begin(now_ms: f64, present: bool) -> Self {
        Self { total_ms: 0.0, counted_ms: now_ms, until_ms: now_ms + ACTION_MS, present }
    }

    /// The visitor acted.
    pub fn action(&mut self, now_ms: f64) {
        self.total_ms(now_ms);
        self.until_ms = self.until_ms.max(now_ms + ACTION_MS);
    }

    /// The page came to the front, or left it. Coming back is an action.
    pub fn presence(&mut self, now_ms: f64, present: bool) {
        self.total_ms(now_ms);
        if present && !self.present {
            self.action(now_ms);
        }
        self.present = present;
    }

    /// Engaged time up to now, in milliseconds.
    pub fn total_ms(&mut self, now_ms: f64) -> f64 {
        let end_ms = now_ms.min(self.until_ms);
        if self.present && end_ms > self.counted_ms {
            self.total_ms += end_ms - self.counted_ms;
        }
        self.counted_ms = self.counted_ms.max(now_ms);
        self.total_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn five_seconds_after_each_action_count_once() {
        let mut engagement = Engagement::begin(0.0, true);
        assert_eq!(engagement.total_ms(20_000.0), 5_000.0);
        engagement.action(20_000.0);
        engagement.action(22_000.0);
        assert_eq!(engagement.total_ms(60_000.0), 12_000.0);
    }

    #[test]
    fn nothing_counts_while_the_page_is_behind_another() {
        let mut engagement = Engagement::begin(0.0, false);
        engagement.action(1_000.0);
        assert_eq!(engagement.total_ms(3_000.0), 0.0);
        engagement.presence(10_000.0, true);
        engagement.presence(11_500.0, false);
        assert_eq!(engagement.total_ms(60_000.0), 1_500.0);
    }

    proptest! {
        #[test]
        fn it_never_exceeds_the_time_that_passed_nor_shrinks(
            steps in proptest::collection::vec((0.0f64..10_000.0, 0u8..3), 0..60),
        ) {
            let mut engagement = Engagement::begin(0.0, true);
            let (mut now_ms, mut before_ms) = (0.0, 0.0);
            for (wait_ms, step) in steps {
                now_ms += wait_ms;
                match step {
                    0 => engagement.action(now_ms),
                    1 => engagement.presence(now_ms, true),
                    _ => engagement.presence(now_ms, false),
                }
                let total_ms = engagement.total_ms(now_ms);
                prop_assert!(total_ms >= before_ms && total_ms <= now_ms + 1e-6);
                before_ms = total_ms;
            }
        }
    }
}
