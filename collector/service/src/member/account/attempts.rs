//! How often a password may be tried: for each address, and for each account, whether or not there is such an account.
//!
//! A stranger who tries the passwords of somebody else uses up what everybody has for that account, and must not lock its owner
//! out with it. So a browser in which the owner has signed in keeps a token that says so, and has an allowance of its own (the
//! device cookies of OWASP's "Slow Down Online Guessing Attacks"); and whoever is signed in changes the password on another
//! allowance yet, which begins anew with each time that the password was right. Where neither helps, `rapport member reset` makes a link that asks for no password.

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use rapport_ingest::{RateLimit, network};
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Attempts at once.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Attempts a minute after that. With the passwords that are taken, a thousand years do not suffice to guess one.
const PER_MINUTE: NonZeroU32 = NonZeroU32::MIN;
/// Accounts and browsers remembered before those at rest are forgotten.
const REMEMBERED: usize = 100_000;

/// Where a password is tried.
#[derive(Clone, Copy, Debug)]
pub enum Door<'a> {
    /// Signing in to the account of a mail address, from a browser that nobody knows.
    Anywhere(&'a str),
    /// Signing in from a browser in which the account was signed in before: the hash of its token.
    Known(&'a [u8]),
    /// Changing the password of an account.
    Inside(Id),
    /// Giving the code that follows the password of an account, from a browser that nobody knows: a stranger who knows the password.
    Code(Id),
    /// The same from a browser in which the account was signed in before: the hash of its token.
    KnownCode(&'a [u8]),
    /// Asking for a link by mail to the account of an address.
    Forgotten(&'a str),
    /// Opening a shared report, from one address: whoever has its link locks nobody out of it but themselves.
    Shared(Id, IpAddr),
}

/// The attempts of late.
pub struct Attempts {
    by_address: RateLimit,
    by_door: DefaultKeyedRateLimiter<[u8; 32]>,
    /// How often a door was passed: each time its allowance begins anew.
    passed: Mutex<HashMap<[u8; 32], u64>>,
}

/// What a door is known by.
fn key(door: Door<'_>) -> [u8; 32] {
    let address;
    let (kind, name) = match &door {
        Door::Anywhere(email) => (&b"anywhere"[..], email.as_bytes()),
        Door::Known(token) => (&b"known"[..], *token),
        Door::Inside(account_id) => (&b"inside"[..], &account_id.0[..]),
        Door::Code(account_id) => (&b"code"[..], &account_id.0[..]),
        Door::KnownCode(token) => (&b"known code"[..], *token),
        Door::Forgotten(email) => (&b"forgotten"[..], email.as_bytes()),
        Door::Shared(share_id, client) => {
            address = format!("{share_id} {}", network(*client));
            (&b"shared"[..], address.as_bytes())
        }
    };
    Sha256::new().chain_update(kind).chain_update(name).finalize().into()
}

impl Attempts {
    /// So many attempts a minute of one address; `None` for no limit.
    pub fn new(of_address_per_minute: Option<NonZeroU32>) -> Self {
        let at_once = of_address_per_minute.unwrap_or(NonZeroU32::MIN);
        Self {
            by_address: RateLimit::new(of_address_per_minute, at_once),
            by_door: DefaultKeyedRateLimiter::keyed(Quota::per_minute(PER_MINUTE).allow_burst(AT_ONCE)),
            passed: Mutex::default(),
        }
    }

    /// Takes one attempt of an address.
    ///
    /// # Errors
    /// Seconds to wait, at least 1.
    pub fn check_address(&self, address: IpAddr) -> Result<(), u64> {
        self.by_address.check(address)
    }

    /// Takes one attempt at a door.
    ///
    /// # Errors
    /// Seconds to wait, at least 1.
    pub fn check(&self, door: Door<'_>) -> Result<(), u64> {
        if self.by_door.len() > REMEMBERED {
            self.by_door.retain_recent();
        }
        let key = key(door);
        let times = self.times_passed().get(&key).copied().unwrap_or(0);
        let key = Sha256::new().chain_update(key).chain_update(times.to_be_bytes()).finalize().into();
        let now = DefaultClock::default().now();
        self.by_door.check_key(&key).map_err(|refused| refused.wait_time_from(now).as_secs().max(1))
    }

    /// Gives back the attempts at a door that somebody passed.
    pub fn passed(&self, door: Door<'_>) {
        *self.times_passed().entry(key(door)).or_default() += 1;
    }

    fn times_passed(&self) -> MutexGuard<'_, HashMap<[u8; 32], u64>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_locks_neither_the_browsers_of_the_owner_nor_other_accounts() {
        let attempts = Attempts::new(None);
        let anywhere = |email| attempts.check(Door::Anywhere(email));
        for _ in 0..AT_ONCE.get() {
            assert_eq!(anywhere("ada@example.com"), Ok(()));
        }
        assert!(anywhere("ada@example.com").is_err_and(|seconds| (1..=60).contains(&seconds)));
        assert_eq!(anywhere("bob@example.com"), Ok(()));
        assert_eq!(attempts.check(Door::Known(b"token")), Ok(()));
        let inside = Door::Inside(Id([1; 16]));
        for _ in 0..AT_ONCE.get() {
            assert_eq!(attempts.check(inside), Ok(()));
        }
        assert!(attempts.check(inside).is_err());
        attempts.passed(inside);
        assert_eq!(attempts.check(inside), Ok(()), "who knows the password may go on");
    }
}
