//! How many batches one client may send.

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

/// Clients remembered before those at rest are forgotten.
const CLIENTS: usize = 100_000;

/// A limit per client address; an IPv6 client is its /64 network.
pub struct RateLimit {
    limiter: Option<DefaultKeyedRateLimiter<IpAddr>>,
}

impl RateLimit {
    /// So many batches a minute, and so many at once; `None` for no limit.
    pub fn new(per_minute: Option<NonZeroU32>, burst: NonZeroU32) -> Self {
        let quota = |per_minute| Quota::per_minute(per_minute).allow_burst(burst);
        Self { limiter: per_minute.map(|per_minute| DefaultKeyedRateLimiter::keyed(quota(per_minute))) }
    }

    /// Takes one batch of `address`.
    ///
    /// # Errors
    /// Seconds to wait, at least 1.
    pub fn check(&self, address: IpAddr) -> Result<(), u64> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if limiter.len() > CLIENTS {
            limiter.retain_recent();
        }
        let clock = DefaultClock::default();
        limiter.check_key(&network(address)).map_err(|refused| refused.wait_time_from(clock.now()).as_secs().max(1))
    }
}

/// The network of a client: an IPv4 address, or the /64 that an IPv6 client chooses its addresses from.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
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
}
