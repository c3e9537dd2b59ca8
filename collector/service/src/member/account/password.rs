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

/// Fewest characters of a name that a password must not contain: shorter ones are in many words.
const NEAR_CHARACTERS: usize = 4;
/// A name that strangers try, too.
const PRODUCT: &str = "rapport";
/// The weakest password that is taken: more than 10^8 guesses with the lists of passwords, names and words, keyboards, dates
/// and sequences of zxcvbn (Wheeler, USENIX Security 2016), "safely unguessable" as it says.
const STRENGTH: zxcvbn::Score = zxcvbn::Score::Three;

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

/// Why `password` cannot be one for the person of that mail address, a member of sites with those names; `None` when it can.
pub async fn fault(password: String, email: &str, site_names: &[String]) -> Option<String> {
    if password.chars().count() < CHARACTERS {
        return Some(format!("A password needs at least {CHARACTERS} characters."));
    }
    if password.len() > BYTES {
        return Some(format!("A password has at most {BYTES} bytes."));
    }
    let (name, host) = email.split_once('@').unwrap_or((email, ""));
    let mut near: Vec<String> = [email, name, host, PRODUCT].into_iter().map(str::to_lowercase).collect();
    near.extend(site_names.iter().map(|name| name.to_lowercase()));
    let lower = password.to_lowercase();
    if near.iter().any(|word| word.chars().count() >= NEAR_CHARACTERS && lower.contains(word.as_str())) {
        return Some("A password must not contain your mail address, the name of a site or of this program.".into());
    }
    let guessed = move || {
        let near: Vec<&str> = near.iter().map(String::as_str).collect();
        zxcvbn::zxcvbn(&password, &near).score() < STRENGTH
    };
    let _permit = PERMITS.acquire().await;
    let is_guessed = tokio::task::spawn_blocking(guessed).await.unwrap_or(true);
    is_guessed
        .then(|| "This password is among the first that others try. Take a few words that nobody puts together.".into())
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

    #[tokio::test]
    async fn short_huge_known_and_near_passwords_are_refused() {
        let sites = ["Blue Mug".to_owned(), "Abc".to_owned()];
        let fault = async |password: &str| fault(password.to_owned(), "Lovelace@mugs.example", &sites).await;
        for (password, told) in [
            ("eleven char", "at least 12"),
            (&"x".repeat(BYTES + 1), "at most 1024"),
            ("password1234", "first that others try"),
            ("Passw0rd!2026", "first that others try"),
            ("123456789012", "first that others try"),
            ("qwertyuiop12", "first that others try"),
            ("aaaaaaaaaaaaaaaa", "first that others try"),
            ("iloveyou1234", "first that others try"),
            ("abcabcabcabcabc", "first that others try"),
            ("xk lovelace@mugs.example", "must not contain"),
            ("LOVELACE stone river 71", "must not contain"),
            ("my blue mug of 1871, broken", "must not contain"),
            ("an unlikely Rapport, truly", "must not contain"),
        ] {
            let fault = fault(password).await.unwrap_or_default();
            assert!(fault.contains(told), "{password}: {fault:?}");
        }
        for taken in [
            "twelve charz",
            "correct horse battery",
            "a much better one",
            "abc tulip harbour 19",
            "鯨 は 海 の 中 で 歌 う",
        ] {
            assert_eq!(fault(taken).await, None, "{taken}");
        }
    }
}
