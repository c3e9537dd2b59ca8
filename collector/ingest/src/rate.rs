//! How many batches one client may send.

use super::visitor::network;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{PoisonError, RwLock};

/// Most networks remembered.
const NETWORKS: usize = 100_000;

/// A limit per client: an IPv4 address, or the /64 network of an IPv6 address. Its time is monotonic.
pub struct RateLimit {
    quota: Option<Quota>,
    limiter: RwLock<Option<DefaultKeyedRateLimiter<IpAddr>>>,
}

impl RateLimit {
    /// So many batches a minute, and so many at once; `None` for no limit.
    pub fn new(per_minute: Option<NonZeroU32>, burst: NonZeroU32) -> Self {
        let quota = per_minute.map(|per_minute| Quota::per_minute(per_minute).allow_burst(burst));
        Self { quota, limiter: RwLock::new(quota.map(DefaultKeyedRateLimiter::keyed)) }
    }

    /// One of its own with the same quota.
    pub fn another(&self) -> Self {
        Self { quota: self.quota, limiter: RwLock::new(self.quota.map(DefaultKeyedRateLimiter::keyed)) }
    }

    /// Takes one batch of `address`.
    ///
    /// # Errors
    /// Seconds to wait, at least 1.
    pub fn check(&self, address: IpAddr) -> Result<(), u64> {
        if self.networks() >= NETWORKS {
            self.forget();
        }
        let limiter = self.limiter.read().unwrap_or_else(PoisonError::into_inner);
        let Some(limiter) = &*limiter else { return Ok(()) };
        let clock = DefaultClock::default();
        limiter.check_key(&network(address)).map_err(|refused| refused.wait_time_from(clock.now()).as_secs().max(1))
    }

    /// How many networks are remembered.
    fn networks(&self) -> usize {
        let limiter = self.limiter.read().unwrap_or_else(PoisonError::into_inner);
        limiter.as_ref().map_or(0, DefaultKeyedRateLimiter::len)
    }

    /// Forgets those at rest, or everybody when half of them are not: a sender with that many networks gains less by
    /// beginning anew than by having them, and looking through them for every request would cost more than it takes.
    fn forget(&self) {
        let mut limiter = self.limiter.write().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = limiter.as_ref().filter(|known| known.len() >= NETWORKS) else { return };
        known.retain_recent();
        if known.len() > NETWORKS / 2 {
            *limiter = self.quota.map(DefaultKeyedRateLimiter::keyed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_has_one_burst() -> Result<(), Box<dyn std::error::Error>> {
        let two = NonZeroU32::MIN.saturating_add(1);
        let limit = RateLimit::new(Some(two), two);
        let [first, neighbour, other] = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(str::parse::<IpAddr>);
        let (first, neighbour, other) = (first?, neighbour?, other?);
        assert_eq!(limit.check(first), Ok(()));
        assert_eq!(limit.check(neighbour), Ok(()));
        assert!(limit.check(first).is_err_and(|seconds| (1..=60).contains(&seconds)));
        assert_eq!(limit.check(other), Ok(()));
        let unlimited = RateLimit::new(None, two);
        assert!((0..10).all(|_| unlimited.check(first).is_ok()));
        Ok(())
    }

    #[test]
    fn invented_addresses_fill_no_memory() {
        let ten = NonZeroU32::MIN.saturating_add(9);
        let limit = RateLimit::new(Some(ten), ten);
        let mut most = 0;
        for number in 0..u32::try_from(NETWORKS).unwrap() * 2 + 1_000 {
            assert_eq!(limit.check(IpAddr::from(number.to_be_bytes())), Ok(()));
            if number % 1_000 == 0 {
                most = most.max(limit.networks());
            }
        }
        assert!((NETWORKS - 1_000..=NETWORKS).contains(&most), "{most}");
    }
}
