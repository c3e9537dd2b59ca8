//! What answers a click: a change of the page that a visitor sees and takes for the click's, and not for the page's own life.
//!
//! A page changes whether or not somebody clicks: clocks, adverts, ripples under the pointer, scripts and pixels that nobody
//! sees. Whatever keeps changing by itself answers only a click that it follows at once, and again at the next.

/// How soon after a click a change of something restless counts as its answer, in milliseconds.
pub const PROMPT_MS: f64 = 150.0;
/// What changed by itself so shortly before is restless, in milliseconds: a second, and the jitter of a clock.
pub const LATELY_MS: f64 = 1_100.0;
/// What changed by itself so often since it was first seen is restless, however long ago.
pub const OFTEN: usize = 2;
/// A second is looked at in so many pieces: what changed by itself in each of the last ones never rests.
const PIECES: u32 = 4;
/// So many of the last pauses between changes by itself tell how often something changes, and none that is longer, in milliseconds.
const PAUSES: usize = 10;
const PAUSE_MS: f64 = 10_000.0;
/// How long after a lone click a change that nobody asked for still tells of restlessness, in milliseconds.
const ECHO_MS: f64 = 500.0;

/// A press and the click it became.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Press {
    /// When the pointer went down, on the page's clock.
    pub began_ms: f64,
    /// When it was a click.
    pub at_ms: f64,
    /// Whether it was something else than a click at that place: a drag, a selection, a scroll.
    pub void: bool,
}

/// A change of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// When, on the page's clock.
    pub at_ms: f64,
    /// What changed: a part of the page and how; 0 for what never changes by itself, such as a popover that opens.
    pub key: u32,
    /// Whether it came and went under the pointer: a ripple, a pressed look.
    pub passing: bool,
    /// Whether nobody sees it: a script, a pixel.
    pub unseen: bool,
    /// Whether it is a request that came back, of which nothing needs to be seen.
    pub request: bool,
    /// Whether the visitor had done something in the second before.
    pub caused: bool,
}

/// Whether a change answers one of these presses, oldest first, given all `changes` that are known of.
pub fn is_answer(change: &Change, presses: &[Press], changes: &[Change]) -> bool {
    let Some(first) = presses.first() else { return false };
    if change.passing || change.unseen || change.request {
        return false;
    }
    if change.key == 0 {
        return true;
    }
    let same = || changes.iter().filter(|other| other.key == change.key);
    let alone = || same().filter(|other| !other.caused && other.at_ms < first.began_ms);
    let piece_ms = LATELY_MS / f64::from(PIECES);
    let in_piece = |piece: u32| {
        let end_ms = first.began_ms - f64::from(piece) * piece_ms;
        alone().any(|other| other.at_ms < end_ms && other.at_ms >= end_ms - piece_ms)
    };
    if (0..PIECES).all(in_piece) {
        return false;
    }
    let restless = alone().count() >= OFTEN || alone().any(|other| other.at_ms >= change.at_ms - LATELY_MS);
    if !restless {
        return true;
    }
    // A change is of the last press before it, and of no other.
    let follows = |place: &usize| {
        let (press, next) = (presses[*place], presses.get(place + 1));
        let end_ms =
            (press.at_ms.max(press.began_ms) + PROMPT_MS).min(next.map_or(f64::INFINITY, |next| next.began_ms));
        same().any(|other| other.at_ms >= press.began_ms && other.at_ms < end_ms)
    };
    let followed = (0..presses.len()).filter(follows).count();
    // A lone click has no next one: there a further change that nobody asked for tells.
    let goes_on = || same().any(|other| other.at_ms > first.at_ms + ECHO_MS);
    if presses.len() == 1 {
        followed == 1 && !goes_on()
    } else {
        followed >= 2 && followed > by_itself(presses, alone())
    }
}

/// How often something that changes by itself is likely to do so from the first press until an answer to the last would be there,
/// given the changes from before: what turns every half second falls behind two of three quick clicks by chance.
fn by_itself<'a>(presses: &[Press], alone: impl Iterator<Item = &'a Change>) -> usize {
    let [Some(first), Some(last)] = [presses.first(), presses.last()] else { return 0 };
    let at_ms: Vec<f64> = alone.map(|change| change.at_ms).collect();
    let pauses_ms = at_ms.windows(2).rev().map(|pair| pair[1] - pair[0]);
    let pauses_ms: Vec<f64> = pauses_ms.filter(|pause_ms| *pause_ms < PAUSE_MS).take(PAUSES).collect();
    let span_ms = last.at_ms + PROMPT_MS - first.began_ms;
    // Without two of them nothing is known of how often, and one may always come.
    let sum_ms: f64 = pauses_ms.iter().sum();
    if sum_ms > 0.0 { (span_ms * pauses_ms.len() as f64 / sum_ms).ceil() as usize } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(at_ms: f64) -> Press {
        Press { began_ms: at_ms - 50.0, at_ms, void: false }
    }

    /// Changes of one thing: by themselves before `until_ms`, and as the visitor acts from then on.
    fn changes(key: u32, at_ms: &[f64], until_ms: f64) -> Vec<Change> {
        let change = |at_ms: &f64| Change { at_ms: *at_ms, key, caused: *at_ms >= until_ms, ..Change::default() };
        at_ms.iter().map(change).collect()
    }

    #[test]
    fn what_changes_anyway_answers_nothing() {
        let presses = [press(5_000.0), press(5_200.0), press(5_400.0)];
        for (what, at_ms, place, expected) in [
            ("a counter", &[5_010.0, 5_210.0, 5_410.0][..], 0, true),
            ("a panel that opens once", &[5_300.0], 0, true),
            ("a clock", &[4_100.0, 5_100.0, 6_100.0], 1, false),
            ("an advert every two seconds", &[1_200.0, 3_200.0, 5_200.0], 2, false),
            ("a film of many frames", &[4_000.0, 4_300.0, 4_600.0, 4_900.0, 5_010.0, 5_220.0], 4, false),
            ("an advert that turns soon after two clicks", &[3_500.0, 4_200.0, 5_155.0], 2, false),
            ("a slide show that is also moved by its arrow", &[4_400.0, 5_010.0, 5_215.0, 5_420.0], 1, true),
        ] {
            let changes = changes(3, at_ms, 4_950.0);
            assert_eq!(is_answer(&changes[place], &presses, &changes), expected, "{what}");
        }
    }

    #[test]
    fn what_turns_every_half_second_saves_no_row_of_clicks_whenever_it_turns() {
        let presses = [press(5_000.0), press(5_265.0), press(5_530.0)];
        for period_ms in [300, 400, 500, 600, 700, 900, 1_000] {
            for phase_ms in (0..period_ms).step_by(10) {
                let at_ms: Vec<f64> =
                    (0..).map(|turn| f64::from(turn * period_ms + phase_ms)).take_while(|at| *at < 7_000.0).collect();
                let changes = changes(3, &at_ms, 4_950.0);
                let answers = changes.iter().filter(|change| change.at_ms >= 4_950.0 && change.at_ms < 5_530.0);
                for change in answers {
                    assert!(!is_answer(change, &presses, &changes), "each {period_ms} ms, at {}", change.at_ms);
                }
            }
        }
    }

    #[test]
    fn a_lone_click_is_answered_by_what_rests_again() {
        let presses = [press(5_000.0)];
        for (what, at_ms, place, expected) in [
            ("a message", &[5_900.0][..], 0, true),
            ("a clock that ticks soon after", &[4_050.0, 5_050.0, 6_050.0, 7_050.0], 1, false),
            ("a clock that ticks later", &[4_600.0, 5_600.0, 6_600.0], 1, false),
            ("a tooltip that came, and then what was asked for", &[4_400.0, 5_020.0], 1, true),
        ] {
            let changes = changes(3, at_ms, 4_950.0);
            assert_eq!(is_answer(&changes[place], &presses, &changes), expected, "{what}");
        }
    }

    #[test]
    fn ripples_pixels_and_requests_are_no_answer() {
        let presses = [press(100.0)];
        let seen = Change { at_ms: 120.0, key: 1, caused: true, ..Change::default() };
        assert!(is_answer(&seen, &presses, &[seen]));
        for change in [
            Change { passing: true, ..seen },
            Change { unseen: true, ..seen },
            Change { request: true, key: 0, ..seen },
        ] {
            assert!(!is_answer(&change, &presses, &[change]), "{change:?}");
        }
        assert!(!is_answer(&seen, &[], &[seen]), "nobody pressed anything");
    }
}
