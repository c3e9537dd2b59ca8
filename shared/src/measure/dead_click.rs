//! Clicks on something interactive that have no effect.
//!
//! Thresholds as PostHog's autocapture has them: nothing changed, navigated, scrolled, was selected, took the focus or
//! went to the network within 2.5 s; a second click on the same element within a second is the same click.

/// How long a click may take to show an effect, in milliseconds.
pub const EFFECT_WITHIN_MS: f64 = 2_500.0;
/// When the verdict comes later than this after the click, in milliseconds, the page was blocked and nothing is known.
pub const VERDICT_WITHIN_MS: f64 = EFFECT_WITHIN_MS * 1.1;
/// A scroll, a selection or a move of the focus is a click's effect within this time, in milliseconds; later it is the
/// visitor's own next move.
pub const REACTION_WITHIN_MS: f64 = 100.0;
/// Another click on the same element within this time, in milliseconds, is not judged again.
pub const REPEAT_MS: f64 = 1_000.0;
/// A change of visibility this long before a click, in milliseconds, also explains it: the click only woke the page.
pub const WAKING_MS: f64 = 1_000.0;

/// Whether a click at `clicked_ms` was dead, judged at `now_ms`, when the last effect of any kind was at `effect_ms`
/// and the page last became visible at `visible_ms`.
pub fn is_dead(clicked_ms: f64, now_ms: f64, effect_ms: Option<f64>, visible_ms: f64) -> bool {
    let late = now_ms - clicked_ms > VERDICT_WITHIN_MS;
    let effect = effect_ms.is_some_and(|effect_ms| effect_ms >= clicked_ms);
    let woken = visible_ms > 0.0 && clicked_ms - visible_ms < WAKING_MS;
    !late && !effect && !woken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_effect_after_the_click_saves_it() {
        let cases = [
            // (clicked, judged, effect, became visible, dead)
            (1000.0, 3500.0, None, 0.0, true),
            (1000.0, 3500.0, Some(999.0), 0.0, true),
            (1000.0, 3500.0, Some(1000.0), 0.0, false),
            (1000.0, 3500.0, Some(3400.0), 0.0, false),
            // The page was blocked: the timer came late, so nothing can be said.
            (1000.0, 3751.0, None, 0.0, false),
            // The click brought the window back to the front.
            (1000.0, 3500.0, None, 400.0, false),
            (9000.0, 11500.0, None, 400.0, true),
        ];
        for (clicked, judged, effect, visible, dead) in cases {
            assert_eq!(is_dead(clicked, judged, effect, visible), dead, "{clicked} {judged} {effect:?} {visible}");
        }
    }
}
