//! Rage clicks: anger at something that does not answer.
//!
//! Three clicks on the same control within one second in all, and no answer between them. A press that was a drag, a
//! selection or a scroll is void and begins the count anew, and so does an answer. The rule is Datadog's (three within a second in all,
//! no selection, no scroll) with an answer asked for, as Sentry does.

use super::answer::{Change, Press, is_answer};

/// The version of this rule and of what counts as an answer, stored with each click that is judged. The first was three
/// clicks within 30 px, each within a second of the one before, whatever came of them.
pub const VERSION: u32 = 2;
/// Clicks that make a burst.
pub const CLICKS: usize = 3;
/// Longest time from the first of them to the third, in milliseconds.
pub const WITHIN_MS: f64 = 1_000.0;
/// A press that moves so far is a drag, in CSS pixels.
pub const DRAG_PX: f64 = 10.0;
/// How long after its last press something that is made to be pressed often may take to answer, in milliseconds.
const FOLLOW_MS: f64 = 1_000.0;

/// The clicks of the first burst in a row of presses on one control, oldest first; 0 when there is none.
///
/// `repeats` says that the control is made to be pressed often, as a stepper's or the arrow of a slide show: it is pressed on
/// past its end and faster than a server answers, so what it answered in the same row, or soon after, is no anger.
pub fn burst(presses: &[Press], changes: &[Change], repeats: bool) -> u32 {
    let answered = |from: usize, to: usize, more_ms: f64| {
        let (Some(first), Some(last)) = (presses.get(from), presses.get(to)) else { return false };
        let between = |change: &&Change| change.at_ms >= first.began_ms && change.at_ms < last.began_ms + more_ms;
        let of = presses.get(from..=to).unwrap_or_default();
        changes.iter().filter(between).any(|change| is_answer(change, of, changes))
    };
    for first in 0..presses.len().saturating_sub(CLICKS - 1) {
        let third = first + CLICKS - 1;
        let (began, ended) = (presses[first], presses[third]);
        let void = presses[first..=third].iter().any(|press| press.void);
        if void || ended.at_ms - began.at_ms > WITHIN_MS || answered(first, third, 0.0) {
            continue;
        }
        if repeats && answered(0, third, FOLLOW_MS) {
            return 0;
        }
        let goes_on = |last: &usize| {
            let (before, press) = (presses[last - 1], presses[*last]);
            !press.void && press.at_ms - before.at_ms <= WITHIN_MS && !answered(last - 1, *last, 0.0)
        };
        return (CLICKS + (third + 1..presses.len()).take_while(goes_on).count()) as u32;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presses(at_ms: &[f64]) -> Vec<Press> {
        at_ms.iter().map(|at_ms| Press { began_ms: at_ms - 40.0, at_ms: *at_ms, void: false }).collect()
    }

    fn answers(at_ms: &[f64]) -> Vec<Change> {
        at_ms.iter().map(|at_ms| Change { at_ms: *at_ms, key: 1, caused: true, ..Change::default() }).collect()
    }

    #[test]
    fn three_clicks_within_a_second_in_all_without_an_answer_between_are_rage() {
        // (what, clicks, answers, made to be repeated, clicks of the burst)
        for (what, at_ms, answered_ms, repeats, expected) in [
            ("a button that does nothing", &[1_000.0, 1_200.0, 1_400.0][..], &[][..], false, 3),
            ("two clicks", &[1_000.0, 1_200.0], &[], false, 0),
            ("four clicks", &[1_000.0, 1_200.0, 1_400.0, 2_300.0], &[], false, 4),
            ("a fourth long after", &[1_000.0, 1_200.0, 1_400.0, 2_500.0], &[], false, 3),
            ("a second in all", &[1_000.0, 1_500.0, 2_000.0], &[], false, 3),
            ("more than a second in all", &[1_000.0, 1_500.0, 2_001.0], &[], false, 0),
            ("slow ones before fast ones", &[0.0, 900.0, 1_800.0, 2_000.0, 2_200.0], &[], false, 3),
            ("a counter", &[1_000.0, 1_200.0, 1_400.0], &[1_005.0, 1_205.0, 1_405.0], false, 0),
            ("an accordion that answers once", &[1_000.0, 1_200.0, 1_400.0], &[1_250.0], false, 0),
            ("a menu that opens as the pointer goes down", &[1_000.0, 1_200.0, 1_400.0], &[970.0], false, 0),
            ("a slow button, answered after two seconds", &[1_000.0, 1_200.0, 1_400.0], &[3_000.0], false, 3),
            ("an answer to the third alone", &[1_000.0, 1_200.0, 1_400.0], &[1_405.0], false, 3),
            ("anger after an answer", &[1_000.0, 1_200.0, 1_400.0, 1_600.0], &[1_050.0], false, 3),
            ("a stepper beyond its end", &[1_000.0, 1_200.0, 1_400.0, 1_600.0, 1_800.0], &[1_010.0], true, 0),
            ("a stepper that a server answers", &[1_000.0, 1_150.0, 1_300.0], &[1_350.0], true, 0),
            ("an arrow that does nothing", &[1_000.0, 1_200.0, 1_400.0], &[], true, 3),
        ] {
            assert_eq!(burst(&presses(at_ms), &answers(answered_ms), repeats), expected, "{what}");
        }
    }

    #[test]
    fn a_drag_a_selection_or_a_scroll_begins_anew() {
        for (void, expected) in [(0, 3), (1, 0), (2, 0), (3, 3)] {
            let mut presses = presses(&[1_000.0, 1_200.0, 1_400.0, 1_600.0]);
            presses[void].void = true;
            assert_eq!(burst(&presses, &[], false), expected, "{void}");
        }
    }

    #[test]
    fn a_clock_beside_a_dead_button_saves_nobody() {
        let ticks =
            [100.0, 1_100.0, 2_100.0].map(|at_ms| Change { at_ms, key: 9, caused: at_ms > 960.0, ..Change::default() });
        assert_eq!(burst(&presses(&[1_000.0, 1_200.0, 1_400.0]), &ticks, false), 3);
    }
}
