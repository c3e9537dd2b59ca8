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

impl Clock {
    /// A clock that stands at `epoch_ms` until its value is changed.
    pub fn manual(epoch_ms: i64) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(epoch_ms)))
    }

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
        rapport_shared::id::Id::version_7(self.now_ms().max(0) as u64, rand::random())
    }
}
