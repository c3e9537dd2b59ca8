//! The time, as a parameter: epoch milliseconds from the system or from a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time in epoch milliseconds.
#[derive(Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands where it was set.
    Manual(Arc<AtomicI64>),
}

/// Whether what was learnt at `then_ms` is still taken as true at `now_ms`, being good for `kept_ms`. A clock that was set
/// back makes nothing fresh: what seems to come from the future is as old as it may be.
pub fn is_fresh(then_ms: i64, now_ms: i64, kept_ms: i64) -> bool {
    (0..kept_ms).contains(&now_ms.saturating_sub(then_ms))
}

impl Clock {
    /// A clock that stands at `epoch_ms` until its value is changed.
    pub fn manual(epoch_ms: i64) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(epoch_ms)))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that looks at the machine's clock")]
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::System => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
            }
            Self::Manual(now) => now.load(Ordering::Relaxed),
        }
    }

    /// A fresh UUIDv7.
    pub fn new_id(&self) -> rapport_shared::id::Id {
        rapport_shared::id::Id::version_7(self.now_ms().max(0) as u64, crate::random::fresh())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_fresh_when_the_clock_is_set_back() {
        for (then_ms, now_ms, fresh) in [(0, 0, true), (0, 4, true), (0, 5, false), (9, 8, false), (0, i64::MAX, false)]
        {
            assert_eq!(is_fresh(then_ms, now_ms, 5), fresh, "{then_ms} {now_ms}");
        }
        assert!(!is_fresh(i64::MIN, i64::MAX, 5));
    }
}
