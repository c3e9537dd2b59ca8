//! Business time: how long somebody was there to answer, and when a target falls due.
//!
//! B(a, b) is the length of `[a, b)` inside stretches that are open, all of them half-open: an instant at which one closes and the
//! next opens is counted once. A target is due at the least t with B(start, t) ≥ target, so at the end of an opening rather than at
//! the beginning of the next. Both are what help desks count by (Zammad's `lib/escalation.rb`; Chatwoot PR #13392). What is open is
//! the caller's: openings come as instants, in order, and may end, so a calendar that never opens ends as well.

/// From one instant until another, half-open, in milliseconds of any one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first instant.
    pub from_ms: i64,
    /// The first instant after it; `i64::MAX` for what has no end yet.
    pub until_ms: i64,
}

impl Stretch {
    /// What lies in both; `None` when nothing does.
    fn within(self, other: Self) -> Option<Self> {
        let both = Self { from_ms: self.from_ms.max(other.from_ms), until_ms: self.until_ms.min(other.until_ms) };
        (both.from_ms < both.until_ms).then_some(both)
    }

    fn length_ms(self) -> i64 {
        self.until_ms.saturating_sub(self.from_ms)
    }
}

/// What of `openings` lies in stretches in which a clock runs; both in order, neither overlapping itself.
pub fn while_running<'a>(
    openings: impl IntoIterator<Item = Stretch> + 'a,
    running: &'a [Stretch],
) -> impl Iterator<Item = Stretch> + 'a {
    let last_ms = running.last().map_or(i64::MIN, |last| last.until_ms);
    openings
        .into_iter()
        .take_while(move |opening| opening.from_ms < last_ms)
        .flat_map(move |opening| running.iter().filter_map(move |runs| opening.within(*runs)))
}

/// B(from, until): how much of `[from, until)` is open, in milliseconds.
pub fn business_ms(openings: impl IntoIterator<Item = Stretch>, (from_ms, until_ms): (i64, i64)) -> i64 {
    let asked = Stretch { from_ms, until_ms };
    openings
        .into_iter()
        .take_while(|opening| opening.from_ms < until_ms)
        .filter_map(|opening| opening.within(asked))
        .map(Stretch::length_ms)
        .fold(0, i64::saturating_add)
}

/// The least instant until which `target_ms` of business time have passed since `start_ms`; `None` when the openings end before.
/// Nothing to wait for is due at once.
pub fn due_ms(openings: impl IntoIterator<Item = Stretch>, start_ms: i64, target_ms: i64) -> Option<i64> {
    let mut left_ms = target_ms;
    if left_ms <= 0 {
        return Some(start_ms);
    }
    let from_start = Stretch { from_ms: start_ms, until_ms: i64::MAX };
    for opening in openings.into_iter().filter_map(|opening| opening.within(from_start)) {
        if left_ms <= opening.length_ms() {
            return Some(opening.from_ms + left_ms);
        }
        left_ms -= opening.length_ms();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stretch(from_ms: i64, until_ms: i64) -> Stretch {
        Stretch { from_ms, until_ms }
    }

    #[test]
    fn an_instant_between_two_openings_is_counted_once_and_a_target_is_due_before_the_night() {
        let days = [stretch(10, 20), stretch(20, 30), stretch(50, 60)];
        for (from, until, expected) in [(0, 100, 30), (15, 25, 10), (20, 20, 0), (30, 50, 0), (55, 52, 0), (59, 60, 1)]
        {
            assert_eq!(business_ms(days, (from, until)), expected, "{from} to {until}");
        }
        for (start, target, due) in [
            (0, 10, Some(20)),
            (0, 20, Some(30)),
            (0, 21, Some(51)),
            (35, 0, Some(35)),
            (30, 10, Some(60)),
            (0, 31, None),
        ] {
            assert_eq!(due_ms(days, start, target), due, "{target} from {start} on");
        }
        assert_eq!((due_ms([], 0, 1), business_ms([], (0, 9))), (None, 0), "what never opens");
    }

    #[test]
    fn a_clock_that_waits_counts_nothing_and_is_due_later_by_as_much() {
        let days = [stretch(0, 100), stretch(200, 300)];
        let runs = [stretch(10, 20), stretch(90, 210), stretch(250, i64::MAX)];
        let open: Vec<_> = while_running(days, &runs).collect();
        assert_eq!(open, [stretch(10, 20), stretch(90, 100), stretch(200, 210), stretch(250, 300)]);
        assert_eq!(due_ms(while_running(days, &runs), 0, 31), Some(251));
        assert_eq!(while_running(days, &[]).count(), 0);
    }

    /// Openings that neither overlap nor touch out of order.
    fn openings() -> impl Strategy<Value = Vec<Stretch>> {
        proptest::collection::vec((0_i64..50, 1_i64..50), 0..20).prop_map(|steps| {
            let mut at_ms = 0;
            steps
                .into_iter()
                .map(|(gap, length)| {
                    let opening = stretch(at_ms + gap, at_ms + gap + length);
                    at_ms = opening.until_ms;
                    opening
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn business_time_adds_up_and_never_shrinks(days in openings(), mut at in proptest::array::uniform3(-10_i64..1_500)) {
            at.sort_unstable();
            let [a, b, c] = at;
            let of = |from, until| business_ms(days.clone(), (from, until));
            prop_assert_eq!(of(a, b) + of(b, c), of(a, c));
            prop_assert!(of(a, b) <= of(a, c) && of(b, c) <= of(a, c));
            prop_assert!(of(a, b) <= b - a);
        }

        #[test]
        fn a_target_is_due_at_the_least_instant_that_holds_it(days in openings(), start in -10_i64..600, target in 1_i64..400) {
            let until = |at| business_ms(days.clone(), (start, at));
            match due_ms(days.clone(), start, target) {
                Some(due) => {
                    prop_assert_eq!(until(due), target);
                    prop_assert!(until(due - 1) < target);
                }
                None => prop_assert!(until(i64::MAX) < target),
            }
        }

        #[test]
        fn later_and_longer_is_never_due_earlier(days in openings(), start in 0_i64..300, more in 0_i64..50, target in 1_i64..200) {
            let due = |start, target| due_ms(days.clone(), start, target).unwrap_or(i64::MAX);
            prop_assert!(due(start + more, target) >= due(start, target));
            prop_assert!(due(start, target + more) >= due(start, target));
        }
    }
}
