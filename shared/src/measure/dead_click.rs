//! Clicks on something interactive that nothing comes of, that something comes of late, or that fail.
//!
//! The thresholds are PostHog's (2.5 s) and Sentry's (slow up to 7 s, then dead). What counts as an effect is
//! [`super::answer`]; a request that came back is one too, since a save need not be seen.

use super::answer::{Change, Press, is_answer};

/// How long a click may take to show an effect, in milliseconds.
pub const EFFECT_WITHIN_MS: f64 = 2_500.0;
/// How long a late effect is waited for, in milliseconds.
pub const SLOW_WITHIN_MS: f64 = 7_000.0;
/// When the first verdict comes later than this after the click, in milliseconds, the page was blocked and nothing is known.
pub const VERDICT_WITHIN_MS: f64 = EFFECT_WITHIN_MS * 1.1;
/// A change of visibility this long before a click, in milliseconds, also explains it: the click only woke the page.
pub const WAKING_MS: f64 = 1_000.0;

/// What is known of a click when it is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// The time on the page's clock.
    pub now_ms: f64,
    /// When the page last became visible; 0 while it always was.
    pub visible_ms: f64,
    /// When a script or a request failed since the press; 0 while none did.
    pub failed_ms: f64,
    /// Whether it is the first verdict, and in time unless the page was blocked.
    pub first: bool,
    /// Whether nothing more can be waited for: the visitor went on to something else, or left.
    pub last: bool,
}

/// What became of a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It had an effect, or nobody can say.
    Fine,
    /// Nothing was seen yet, and something may still come.
    Open,
    /// Nothing came of it.
    Dead,
    /// Its first effect came late.
    Slow,
    /// Nothing was seen, and a script or a request failed.
    Failed,
}

/// Judges one click; `changes` are all that is known of around it.
pub fn judge(press: Press, changes: &[Change], known: Known) -> Verdict {
    let presses = [press];
    let is_effect = |change: &&Change| {
        change.at_ms >= press.began_ms && (change.request && !change.unseen || is_answer(change, &presses, changes))
    };
    let first_ms = changes.iter().filter(is_effect).map(|change| change.at_ms).fold(f64::INFINITY, f64::min);
    let woken = known.visible_ms > 0.0 && press.at_ms - known.visible_ms < WAKING_MS;
    let blocked = known.first && known.now_ms - press.at_ms > VERDICT_WITHIN_MS;
    if woken || blocked || press.void || first_ms - press.at_ms <= EFFECT_WITHIN_MS {
        Verdict::Fine
    } else if known.now_ms - press.at_ms < EFFECT_WITHIN_MS {
        // The timer may be early by a fraction; who leaves before has not seen what would have come.
        if known.last { Verdict::Fine } else { Verdict::Open }
    } else if known.failed_ms >= press.began_ms && known.failed_ms <= first_ms {
        Verdict::Failed
    } else if first_ms - press.at_ms <= SLOW_WITHIN_MS {
        Verdict::Slow
    } else if known.last || known.now_ms - press.at_ms >= SLOW_WITHIN_MS {
        Verdict::Dead
    } else {
        Verdict::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESS: Press = Press { began_ms: 950.0, at_ms: 1_000.0, void: false };
    const KNOWN: Known = Known { now_ms: 3_500.0, visible_ms: 0.0, failed_ms: 0.0, first: true, last: false };

    fn effect(at_ms: f64) -> Vec<Change> {
        vec![Change { at_ms, caused: true, ..Change::default() }]
    }

    #[test]
    fn dead_slow_and_failed_are_told_apart() {
        let later = |now_ms| Known { now_ms, first: false, ..KNOWN };
        for (what, changes, known, expected) in [
            ("nothing yet", vec![], KNOWN, Verdict::Open),
            ("nothing, and the visitor went on", vec![], Known { last: true, ..KNOWN }, Verdict::Dead),
            ("nothing for seven seconds", vec![], later(8_000.0), Verdict::Dead),
            ("an effect before the press", effect(900.0), later(8_000.0), Verdict::Dead),
            ("an effect as the pointer goes down", effect(960.0), KNOWN, Verdict::Fine),
            ("an effect in time", effect(3_400.0), KNOWN, Verdict::Fine),
            ("an effect after four seconds", effect(5_000.0), later(5_001.0), Verdict::Slow),
            ("an effect after ten seconds", effect(11_000.0), later(11_001.0), Verdict::Dead),
            ("an error and nothing", vec![], Known { failed_ms: 1_010.0, ..KNOWN }, Verdict::Failed),
            ("an error and an effect", effect(1_200.0), Known { failed_ms: 1_010.0, ..KNOWN }, Verdict::Fine),
            ("an error before", vec![], Known { failed_ms: 800.0, last: true, ..KNOWN }, Verdict::Dead),
            (
                "a late effect after an error",
                effect(5_000.0),
                Known { failed_ms: 4_900.0, ..later(5_001.0) },
                Verdict::Failed,
            ),
            ("who leaves early", vec![], Known { now_ms: 2_000.0, last: true, ..KNOWN }, Verdict::Fine),
            ("a page that was blocked", vec![], Known { now_ms: 3_751.0, ..KNOWN }, Verdict::Fine),
            ("a click that woke the window", vec![], Known { visible_ms: 400.0, ..later(8_000.0) }, Verdict::Fine),
        ] {
            assert_eq!(judge(PRESS, &changes, known), expected, "{what}");
        }
    }

    #[test]
    fn a_request_of_the_page_that_came_back_is_an_effect_and_a_pixel_is_none() {
        let request = Change { at_ms: 1_400.0, request: true, caused: true, ..Change::default() };
        let last = Known { last: true, ..KNOWN };
        assert_eq!(judge(PRESS, &[request], last), Verdict::Fine);
        assert_eq!(judge(PRESS, &[Change { unseen: true, ..request }], last), Verdict::Dead);
    }
}
