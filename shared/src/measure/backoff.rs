//! When to send again what could not be sent.

/// Pause after the first failure, in milliseconds.
pub const FIRST_MS: u32 = 2_000;
/// Longest pause of our own choosing, in milliseconds.
pub const LONGEST_MS: u32 = 5 * 60 * 1000;
/// Longest pause a `Retry-After` may ask for, in milliseconds; a page rarely lives longer than an hour.
pub const LONGEST_ASKED_MS: u32 = 60 * 60 * 1000;

/// The pause after `failures` failures in a row (1 or more), in milliseconds.
///
/// Doubles from [`FIRST_MS`] to [`LONGEST_MS`], of which a random half (`jitter` 0 to 255) keeps many pages from coming
/// back at once. A `Retry-After` in seconds is a lower bound.
pub fn pause_ms(failures: u32, jitter: u8, retry_after_s: Option<u32>) -> u32 {
    let doubled = FIRST_MS << failures.saturating_sub(1).min(8);
    let capped = doubled.min(LONGEST_MS);
    let pause = capped / 2 + capped / 2 / 255 * u32::from(jitter);
    pause.max(retry_after_s.unwrap_or(0).saturating_mul(1000).min(LONGEST_ASKED_MS))
}

/// The seconds of a `Retry-After` header; its other form, a date, is not understood and means no wish.
pub fn retry_after_s(header: &str) -> Option<u32> {
    let digits = header.trim_ascii();
    let mut seconds = 0u32;
    for digit in digits.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        seconds = seconds.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    }
    (!digits.is_empty()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let longest: Vec<u32> = (1..=9).map(|failures| pause_ms(failures, 255, None) / 1000).collect();
        assert_eq!(longest, [1, 3, 7, 15, 31, 63, 127, 255, 299]);
    }

    #[test]
    fn retry_after_is_seconds_only() {
        let cases = [("120", Some(120)), (" 5 ", Some(5)), ("", None), ("-1", None), ("1.5", None)];
        for (header, seconds) in cases {
            assert_eq!(retry_after_s(header), seconds, "{header:?}");
        }
        assert_eq!(retry_after_s("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(retry_after_s("99999999999999"), Some(u32::MAX));
    }

    proptest! {
        #[test]
        fn a_pause_is_never_shorter_than_asked_nor_longer_than_the_longest(
            failures in 0u32..1000, jitter: u8, asked in proptest::option::of(any::<u32>()),
        ) {
            let pause = pause_ms(failures, jitter, asked);
            prop_assert!(pause >= FIRST_MS / 2);
            prop_assert!(pause <= LONGEST_MS.max(LONGEST_ASKED_MS));
            prop_assert!(pause >= asked.unwrap_or(0).saturating_mul(1000).min(LONGEST_ASKED_MS));
        }
    }
}
