//! Passwords: hashed with Argon2id, checked in the same time whether or not there is an account.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

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

/// Sentences and rows of keys that many have taken for a password, a line each: letters only, in lower case.
const FAMOUS: &str = include_str!("famous_passwords.txt");
/// So many letters may stand behind one of them, and it is still the same.
const MORE_LETTERS: usize = 4;
/// Most letters of what is still one word, or a name: with a year or a row of digits it is among the first that are tried.
const WORD_LETTERS: usize = 15;

static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);
/// What is checked when there is no account or no password: nobody knows its password, not even we.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&super::token::random()));

fn hash_now(password: &str) -> String {
    // Argon2's own defaults (OWASP's first choice: Argon2id, 19 MiB, 2 passes) cannot fail on any password.
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).inspect_err(unhashed).unwrap_or_default()
}

fn unhashed(error: &impl std::fmt::Display) {
    tracing::error!(%error, "a password could not be hashed");
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
    // As it looks: full-width letters are letters.
    let password = password.nfkc().collect::<String>();
    let lower = password.to_lowercase();
    if near.iter().any(|word| word.chars().count() >= NEAR_CHARACTERS && lower.contains(word.as_str())) {
        return Some("A password must not contain your mail address, the name of a site or of this program.".into());
    }
    let guessed = move || {
        let near: Vec<&str> = near.iter().map(String::as_str).collect();
        is_famous(&lower) || is_word_and_number(&lower) || zxcvbn::zxcvbn(&password, &near).score() < STRENGTH
    };
    let _permit = PERMITS.acquire().await;
    let is_guessed = tokio::task::spawn_blocking(guessed).await.unwrap_or(true);
    is_guessed
        .then(|| "This password is among the first that others try. Take a few words that nobody puts together.".into())
}

/// Letters that are written as what looks like them.
fn plain(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether it is a sentence that everybody knows, in lower case, whatever stands between its words and behind it.
fn is_famous(lower: &str) -> bool {
    let letters = |of: &str| of.chars().filter(|character| character.is_alphabetic()).collect::<String>();
    let looks_like = letters(&lower.chars().map(plain).collect::<String>());
    let forms = [letters(lower), looks_like];
    FAMOUS.lines().any(|famous| {
        forms.iter().any(|form| form.strip_prefix(famous).is_some_and(|more| more.chars().count() <= MORE_LETTERS))
    })
}

/// Whether it is one word or name, in lower case, with nothing but a year, a row or a pair of digits and signs around it.
fn is_word_and_number(lower: &str) -> bool {
    let word = lower.trim_matches(|character: char| !character.is_alphabetic());
    let letters = word.chars().count();
    if letters > WORD_LETTERS || !word.chars().map(plain).all(char::is_alphabetic) {
        return false;
    }
    let around = lower.replacen(word, " ", 1);
    let mut numbers = around.split(|character: char| !character.is_ascii_digit()).filter(|digits| !digits.is_empty());
    numbers.next().is_some_and(|first| is_guessable(first) && numbers.all(is_guessable))
}

/// Whether digits are few, a year, a date, or each follows or is the one before it.
fn is_guessable(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let is_year = |from: usize| matches!(bytes.get(from..from + 2), Some(b"19" | b"20"));
    let is_row = |step: i16| bytes.windows(2).all(|pair| (i16::from(pair[1]) - i16::from(pair[0]) - step) % 10 == 0);
    let is_date = matches!(bytes.len(), 6 | 8) && (is_year(0) || is_year(bytes.len() - 4));
    bytes.len() <= 3 || bytes.len() == 4 && is_year(0) || is_date || [-1, 0, 1].into_iter().any(is_row)
}

/// The hash of a password; empty if it could not be made.
pub async fn hash(password: String) -> String {
    let _permit = PERMITS.acquire().await;
    tokio::task::spawn_blocking(move || hash_now(&password)).await.inspect_err(unhashed).unwrap_or_default()
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
            ("correct horse battery staple", "first that others try"),
            ("correcthorsebatterystaple", "first that others try"),
            ("Correct-Horse-Battery-Staple1!", "first that others try"),
            ("Tr0ub4dor&3xx", "first that others try"),
            ("to be or not to be", "first that others try"),
            ("Sommer2026!!", "first that others try"),
            ("Welcome2026!!", "first that others try"),
            ("Frankfurt2026!", "first that others try"),
            ("ilovemymother1", "first that others try"),
            ("maxmustermann1990", "first that others try"),
            ("пароль123456", "first that others try"),
            ("йцукенгшщзхъ", "first that others try"),
            ("contraseña1234", "first that others try"),
            ("ｐａｓｓｗｏｒｄ１２３４", "first that others try"),
            ("!!2026Bayern!!", "first that others try"),
            ("31121999anna!", "first that others try"),
            ("xk ｌｏｖｅｌａｃｅ stone river", "must not contain"),
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
            "tulip7391&harbour",
            "kettle 2026 harbour",
            "鯨 は 海 の 中 で 歌 う",
        ] {
            assert_eq!(fault(taken).await, None, "{taken}");
        }
    }
}
