//! Codes of an app that change every half minute (TOTP, RFC 6238, over HOTP, RFC 4226), and codes on paper for whoever lost it.

use crate::new_site::readable_digits;
use hmac::{Hmac, KeyInit, Mac};
use qrcodegen::{QrCode, QrCodeEcc};
use sha1::Sha1;

/// How long a code is shown, in milliseconds: what every app takes for granted.
const STEP_MS: i64 = 30_000;
/// Codes have six digits: what every app takes for granted.
const CODES: u32 = 1_000_000;
/// Bytes of a secret: as long as what SHA-1 gives (RFC 4226 §4, R6).
pub const SECRET_BYTES: usize = 20;
/// Codes on paper that a person gets.
pub const RECOVERY_CODES: usize = 10;
/// Dots of white around a picture, as its standard wants it.
const QUIET: i32 = 4;

/// The code of a step (RFC 4226 §5.3: dynamic truncation).
pub(super) fn code(secret: &[u8], step: i64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let from = usize::from(hash[19] & 15);
    let four: [u8; 4] = hash[from..from + 4].try_into().expect("four bytes");
    (u32::from_be_bytes(four) & 0x7fff_ffff) % CODES
}

/// The step whose code was given: that of now, the one before or the one after (RFC 6238 §5.2: clocks differ, and people are slow); `None` for
/// any other text.
pub fn step_of(secret: &[u8], given: &str, now_ms: i64) -> Option<i64> {
    let digits: String = given.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (given, now) = (digits.parse::<u32>().ok()?, now_ms.div_euclid(STEP_MS));
    [now, now - 1, now + 1].into_iter().find(|step| code(secret, *step) == given)
}

/// A secret as apps take it: base 32 (RFC 4648), without padding.
pub fn readable(secret: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits = secret.len() * 8;
    let bit = |at: usize| if at < bits { usize::from(secret[at / 8] >> (7 - at % 8) & 1) } else { 0 };
    let digit = |from: usize| (0..5).fold(0, |digit, place| digit << 1 | bit(from + place));
    (0..bits).step_by(5).map(|from| ALPHABET[digit(from)] as char).collect()
}

/// The address by which an app takes a secret over.
pub fn address(secret: &[u8], email: &str) -> String {
    let email = crate::http::query::encode(email);
    format!("otpauth://totp/Rapport:{email}?secret={}&issuer=Rapport", readable(secret))
}

/// A text as a picture for a camera: path data of its dots, and how many there are on each side with the white around them.
pub fn picture(text: &str) -> Option<(String, i32)> {
    let picture = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = picture.size();
    let dots = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
    let path: String = dots
        .filter(|(x, y)| picture.get_module(*x, *y))
        .map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET))
        .collect();
    Some((path, size + 2 * QUIET))
}

/// Codes on paper, 80 random bits each.
pub fn recovery_codes() -> Vec<String> {
    let written = |digits: String| {
        let groups: Vec<&str> = (0..4).map(|group| &digits[group * 4..group * 4 + 4]).collect();
        groups.join("-")
    };
    (0..RECOVERY_CODES).map(|_| written(readable_digits(rapport_store::random::fresh()))).collect()
}

/// What the database keeps of a code on paper, however it was typed. With 80 random bits a fast hash is enough.
pub fn recovery_hash(given: &str) -> Vec<u8> {
    let plain: String = given.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
    super::token::hash(&plain.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standards() {
        // RFC 4226 appendix D.
        let expected = [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (step, expected) in expected.into_iter().enumerate() {
            assert_eq!(code(SECRET, step as i64), expected, "{step}");
        }
        // RFC 6238 appendix B, for SHA-1, the last six of the eight digits.
        for (at_s, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step_of(SECRET, expected, at_s * 1_000), Some(at_s / 30), "{at_s}");
        }
        // RFC 4648 §10 and appendix D of the above.
        assert_eq!((readable(b"foobar").as_str(), readable(b"fo").as_str()), ("MZXW6YTBOI", "MZXQ"));
        assert_eq!(readable(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_clock_may_be_half_a_minute_off_and_no_more() {
        let at = |step: i64| step * STEP_MS + 1_000;
        for (step, taken) in [(98, false), (99, true), (100, true), (101, true), (102, false)] {
            let given = format!("{:06}", code(SECRET, 100));
            assert_eq!(step_of(SECRET, &given, at(step)).is_some(), taken, "{step}");
        }
        for given in ["", "12345", "1234567", "abcdef", "+12345", "１２３４５６"] {
            assert_eq!(step_of(SECRET, given, at(100)), None, "{given}");
        }
        let spaced = format!("{:06}", code(SECRET, 100));
        assert_eq!(step_of(SECRET, &format!(" {} {}", &spaced[..3], &spaced[3..]), at(100)), Some(100));
    }

    #[test]
    fn a_code_on_paper_is_known_however_it_is_typed() {
        let codes = recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        assert!(codes.iter().all(|code| code.len() == 19 && code.matches('-').count() == 3), "{codes:?}");
        assert_eq!(recovery_hash(&codes[0]), recovery_hash(&codes[0].replace('-', " ").to_uppercase()));
        assert_ne!(recovery_hash(&codes[0]), recovery_hash(&codes[1]));
    }

    #[test]
    fn a_secret_is_shown_to_cameras() {
        let (path, size) = picture(&address(SECRET, "ada+x@example.com")).expect("it fits");
        assert!(path.starts_with('M') && (29..80).contains(&size), "{size}");
        assert!(address(SECRET, "ada+x@example.com").contains("ada%2Bx%40example.com?secret=GEZDG"));
    }
}
