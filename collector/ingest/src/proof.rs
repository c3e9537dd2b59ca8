//! The proof that a page loaded the site's config: a word in it that only this collector could have written, good for the
//! day and as long as a tab may stay open.

use crate::signature;

/// Milliseconds of a UTC day.
const DAY_MS: i64 = 86_400_000;
/// Oldest proof that counts, in days.
const DAYS: i64 = 31;
/// Digits of the signature that are sent.
const DIGITS: usize = 32;

fn of_day(secret: &[u8], day: i64) -> String {
    format!("{day}.{}", &signature::sign(secret, &format!("config {day}"))[..DIGITS])
}

/// The proof that a config made now carries.
pub fn make(secret: &[u8], now_ms: i64) -> String {
    of_day(secret, now_ms.div_euclid(DAY_MS))
}

/// Whether a config of this site, at most 31 days old, carried it.
pub fn is_valid(secret: &[u8], proof: &str, now_ms: i64) -> bool {
    let today = now_ms.div_euclid(DAY_MS);
    let day = proof.split_once('.').and_then(|(day, _)| day.parse::<i64>().ok());
    // A day ahead, since the clocks of two collectors may differ.
    day.is_some_and(|day| (today - DAYS..=today + 1).contains(&day) && of_day(secret, day) == proof)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_recent_proof_of_the_site_counts() {
        let (secret, now_ms) = ([3; 32], 400 * DAY_MS + 5);
        let proof = make(&secret, now_ms);
        for (secret, proof, now_ms, valid) in [
            (secret, proof.as_str(), now_ms, true),
            (secret, &proof, now_ms + DAYS * DAY_MS, true),
            (secret, &proof, now_ms + (DAYS + 1) * DAY_MS, false),
            (secret, &proof, now_ms - DAY_MS, true),
            (secret, &proof, now_ms - 2 * DAY_MS, false),
            ([4; 32], &proof, now_ms, false),
            (secret, &proof.replace("400.", "399."), now_ms, false),
            (secret, "", now_ms, false),
            (secret, "400.", now_ms, false),
        ] {
            assert_eq!(is_valid(&secret, proof, now_ms), valid, "{proof} {now_ms}");
        }
    }
}
