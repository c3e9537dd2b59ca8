//! HMAC-SHA-256 (RFC 2104) over short messages: who holds the secret wrote this.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Hexadecimal digits of a short signature: 80 bits (RFC 2104 allows half of the hash or 80 bits, whichever is more, to be left out).
pub const SHORT_DIGITS: usize = 20;

fn mac(secret: &[u8], message: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(message.as_bytes());
    mac
}

/// The signature of `message`, 64 hexadecimal digits in lower case.
pub fn sign(secret: &[u8], message: &str) -> String {
    mac(secret, message).finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The signature of `message` as its 32 bytes.
pub fn bytes_of(secret: &[u8], message: &str) -> [u8; 32] {
    mac(secret, message).finalize().into_bytes().into()
}

/// Whether `signature` (64 hexadecimal digits, in either case) is that of `message`; takes the same time wherever it
/// differs.
pub fn is_valid(secret: &[u8], message: &str, signature: &str) -> bool {
    bytes(signature).is_some_and(|bytes| mac(secret, message).verify_slice(&bytes).is_ok())
}

/// The first 80 bits of the signature of `message`, [`SHORT_DIGITS`] hexadecimal digits: for places with no room for more, where every
/// guess has to be sent to us.
pub fn sign_short(secret: &[u8], message: &str) -> String {
    sign(secret, message).chars().take(SHORT_DIGITS).collect()
}

/// Whether `signature` is the short one of `message`; takes the same time wherever it differs.
pub fn is_short_valid(secret: &[u8], message: &str, signature: &str) -> bool {
    signature.len() == SHORT_DIGITS
        && bytes(signature).is_some_and(|bytes| mac(secret, message).verify_truncated_left(&bytes).is_ok())
}

/// A secret as it is handed to a person: hexadecimal digits, of which the text itself is the key.
pub fn readable(secret: &[u8]) -> String {
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits = hexadecimal.as_bytes();
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfc_4231_case_is_reproduced() {
        // RFC 4231 test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign(b"Jefe", "what do ya want for nothing?"), expected);
        assert!(is_valid(b"Jefe", "what do ya want for nothing?", &expected.to_uppercase()));
    }

    #[test]
    fn a_short_signature_is_the_beginning_of_the_whole_and_nothing_shorter_counts() {
        let message = "what do ya want for nothing?";
        assert_eq!(sign_short(b"Jefe", message), "5bdcc146bf60754e6a04");
        for (given, counts) in [
            ("5bdcc146bf60754e6a04", true),
            ("5BDCC146BF60754E6A04", true),
            ("5bdcc146bf60754e6a05", false),
            ("5bdcc146bf60754e6a", false),
            ("5bdcc146bf60754e6a0424", false),
            ("", false),
            ("zzdcc146bf60754e6a04", false),
        ] {
            assert_eq!(is_short_valid(b"Jefe", message, given), counts, "{given}");
        }
    }

    #[test]
    fn what_is_not_the_signature_is_refused() {
        let signature = sign(b"secret", "order-1\nmug");
        for (secret, message, signature, valid) in [
            (&b"secret"[..], "order-1\nmug", signature.as_str(), true),
            (b"other", "order-1\nmug", &signature, false),
            (b"secret", "order-2\nmug", &signature, false),
            (b"secret", "order-1\nmug", &signature[1..], false),
            (b"secret", "order-1\nmug", "", false),
            (b"secret", "order-1\nmug", &"é".repeat(32), false),
        ] {
            assert_eq!(is_valid(secret, message, signature), valid, "{message} {signature}");
        }
    }
}
