//! What is said in the log now and then, however often there is a reason: while a database is away, every request fails of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines that say the same.
const PAUSE: Duration = Duration::from_secs(10);

/// A subject: what failed, and of what kind of fault.
type Subject = (&'static str, &'static str);

/// When each subject was last mentioned.
#[derive(Default)]
pub struct Rarely {
    mentioned: Mutex<BTreeMap<Subject, Mention>>,
}

struct Mention {
    at: Instant,
    left_out: u64,
}

impl Rarely {
    /// Whether a subject is to be mentioned now: how often it was not, since it last was.
    pub fn mention(&self, subject: Subject) -> Option<u64> {
        self.mention_at(subject, Instant::now())
    }

    fn mention_at(&self, subject: Subject, now: Instant) -> Option<u64> {
        let mut mentioned = self.mentioned.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = mentioned.get_mut(&subject) else {
            mentioned.insert(subject, Mention { at: now, left_out: 0 });
            return Some(0);
        };
        if now.saturating_duration_since(last.at) < PAUSE {
            last.left_out += 1;
            return None;
        }
        last.at = now;
        Some(std::mem::take(&mut last.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_every_request_does_not_fill_the_log() {
        let (rarely, now) = (Rarely::default(), Instant::now());
        let after = |milliseconds: u64| now + Duration::from_millis(milliseconds);
        let (busy, away) = (("a batch", "busy"), ("a batch", "unavailable"));
        assert_eq!(rarely.mention_at(busy, now), Some(0));
        for later_ms in [0, 1, 9_999] {
            assert_eq!(rarely.mention_at(busy, after(later_ms)), None);
        }
        assert_eq!(rarely.mention_at(away, after(1)), Some(0), "another cause is said at once");
        assert_eq!(rarely.mention_at(busy, after(10_000)), Some(3));
        assert_eq!(rarely.mention_at(busy, after(20_000)), Some(0));
    }
}
