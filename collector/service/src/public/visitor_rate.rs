//! What a visitor may ask for besides batches, by client: votes, and what is known of them.

use crate::http::problem::Problem;
use rapport_ingest::RateLimit;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Requests of one visitor a minute, and at once.
const REQUESTS: NonZeroU32 = NonZeroU32::new(30).unwrap();

/// Counts them. Cheap to clone.
#[derive(Clone)]
pub struct VisitorRate {
    rate: Arc<RateLimit>,
}

impl Default for VisitorRate {
    fn default() -> Self {
        Self { rate: Arc::new(RateLimit::new(Some(REQUESTS), REQUESTS)) }
    }
}

impl VisitorRate {
    /// Takes one request of a client from its allowance.
    ///
    /// # Errors
    /// 429 for one too many.
    pub fn check(&self, address: IpAddr) -> Result<(), Problem> {
        self.rate.check(address).map_err(too_often)
    }
}

/// 429: this client has to wait for so many seconds.
pub fn too_often(seconds: u64) -> Problem {
    Problem::too_many("this client asks too often", u32::try_from(seconds).unwrap_or(60))
}
