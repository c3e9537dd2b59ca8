//! Quick-backs: a page that a visitor leaves by the browser's back button almost at once was not what they looked for.
//!
//! Only a step back through the history is one, not a link that leads back: that may end what was done on the page. A page that was
//! itself reached by such a step is passed through, and its view is none. Clarity has the signal too, and publishes no number.

/// A page that somebody went back from so soon after it was opened was left almost at once, in milliseconds.
pub const BRIEF_MS: u64 = 5_000;

/// Whether a page that was there for so long, in milliseconds, was left almost at once.
pub fn is_brief(open_ms: u64) -> bool {
    open_ms < BRIEF_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_was_there_for_five_seconds_was_looked_at() {
        for (open_ms, expected) in [(0, true), (4_999, true), (5_000, false)] {
            assert_eq!(is_brief(open_ms), expected, "{open_ms}");
        }
    }
}
