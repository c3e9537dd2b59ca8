//! Sampling: the same session and survey always draw the same lot.

/// A number from 0 to 99, drawn evenly from the session and the survey (FNV-1a, 32 bits, mixed at the end, since the
/// last bytes of FNV hardly reach the upper bits).
pub fn draw(session: &[u8], survey: &str) -> u8 {
    let bytes = session.iter().chain(survey.as_bytes());
    let mut hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    (hash % 100) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_are_even_and_differ_between_surveys() {
        let mut counts = [0u32; 100];
        let mut same = 0;
        for session in 0u32..20_000 {
            let session = session.to_be_bytes();
            let drawn = draw(&session, "rating");
            counts[usize::from(drawn)] += 1;
            same += u32::from(drawn == draw(&session, "reason"));
        }
        // 200 each are expected; six standard deviations of a binomial are 84.
        assert!(counts.iter().all(|count| count.abs_diff(200) < 84), "{counts:?}");
        assert!(same.abs_diff(200) < 84, "{same}");
        assert_eq!(draw(b"x", "rating"), draw(b"x", "rating"));
    }
}
