//! Secrets that are shown once and kept as hashes.

use sha2::{Digest, Sha256};

/// 256 random bits as 64 hexadecimal digits.
pub fn random() -> String {
    rapport_store::random::fresh::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the database keeps of a secret. The secret has 256 random bits, so a fast hash is enough, and comparing hashes
/// tells nothing about the secret by its timing.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    #[test]
    fn tokens_are_long_and_differ() {
        let token = super::random();
        assert_eq!(token.len(), 64);
        assert_ne!(token, super::random());
        assert_eq!(super::hash(&token).len(), 32);
    }
}
