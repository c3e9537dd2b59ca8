//! Passwords: hashed with Argon2id, checked in the same time whether or not there is an account.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Fewest characters of a password (NIST SP 800-63B-4 §3.1.1.2 asks for 15 where it is the only factor, 8 at the
/// least; 12 is what people put up with).
pub const CHARACTERS: usize = 12;
/// Longest password, in bytes: a bound on what one attempt makes us hash.
pub const BYTES: usize = 1_024;
/// How many are hashed at a time: each takes 19 MiB and a good part of a second of one core.
const AT_ONCE: usize = 2;

static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);
/// What is checked when there is no account or no password: nobody knows its password, not even we.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&super::token::random()));

fn hash_now(password: &str) -> String {
    // Argon2's own defaults (OWASP's first choice: Argon2id, 19 MiB, 2 passes) cannot fail on any password.
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).unwrap_or_default()
}

fn verify_now(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

/// Why `password` cannot be one; `None` when it can.
pub fn fault(password: &str) -> Option<String> {
    if password.chars().count() < CHARACTERS {
        Some(format!("A password needs at least {CHARACTERS} characters."))
    } else if password.len() > BYTES {
        Some(format!("A password has at most {BYTES} bytes."))
    } else {
        None
    }
}

/// The hash of a password; empty if it could not be made.
pub async fn hash(password: String) -> String {
    let _permit = PERMITS.acquire().await;
    tokio::task::spawn_blocking(move || hash_now(&password)).await.unwrap_or_default()
}

/// Whether `password` is the one of `hash`. Without a hash it takes as long and says no.
pub async fn verify(password: String, hash: Option<String>) -> bool {
    let _permit = PERMITS.acquire().await;
    let check = move || match hash.filter(|hash| !hash.is_empty()) {
        Some(hash) => verify_now(&password, &hash),
        None => {
            verify_now(&password, &NOBODY);
            false
        }
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_an_account_is_accepted() {
        let hash = hash("correct horse battery".into()).await;
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(verify("correct horse battery".into(), Some(hash.clone())).await);
        assert!(!verify("correct horse batterx".into(), Some(hash)).await);
        assert!(!verify("anything".into(), None).await);
        assert!(!verify(String::new(), Some(String::new())).await);
        assert!(!verify("anything".into(), Some("not a hash".into())).await);
    }

    #[test]
    fn short_and_huge_passwords_are_refused() {
        assert!(fault("eleven char").is_some());
        assert!(fault("twelve chars").is_none());
        assert!(fault(&"x".repeat(BYTES + 1)).is_some());
    }
}
