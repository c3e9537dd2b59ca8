//! When the visit of a further view began, by what the view itself says.

use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::wire::PageView;

/// How far apart two instants can be told that were one, in milliseconds: ages are taken when a batch leaves.
const SLACK_MS: i64 = 60_000;
/// As long as a session can last, in milliseconds.
const LONGEST_MS: i64 = limit::SESSION_LENGTH_MS as i64;
/// So many views are thought to have been lost between the first and this one, where nothing better is known.
const MOST_BETWEEN: i64 = 4;

/// The instant in a UUIDv7, in epoch milliseconds of the clock that made it; `None` for other ids.
fn instant_ms(id: Id) -> Option<i64> {
    let is_version_7 = id.0[6] >> 4 == 7 && id.0[8] >> 6 == 2;
    is_version_7.then(|| id.0[..6].iter().fold(0, |ms, byte| ms << 8 | i64::from(*byte)))
}

/// The earliest and the latest instant at which the first view of the visit can have begun, in epoch milliseconds.
///
/// The ids of session and view are made by one clock as they begin, so what lies between them does not depend on whether it
/// is right. Of ids without a time it is only known that between two views a visit is idle for half an hour at most.
pub fn began(session_id: Id, view: &PageView<'_>, occurred_at_ms: i64) -> (i64, i64) {
    let between = instant_ms(view.id).zip(instant_ms(session_id)).map(|(view_ms, session_ms)| view_ms - session_ms);
    match between.filter(|between_ms| (0..=LONGEST_MS).contains(between_ms)) {
        Some(between_ms) => (occurred_at_ms - between_ms - SLACK_MS, occurred_at_ms - between_ms + SLACK_MS),
        None => {
            let views = (i64::from(view.view_index) - 1).min(MOST_BETWEEN);
            (occurred_at_ms - views * limit::SESSION_IDLE_MS as i64, occurred_at_ms)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_began_as_long_before_a_view_as_its_id() {
        let began_ms = 1_790_000_000_000;
        let id = |at_ms: i64| Id::version_7(at_ms as u64, [9; 10]);
        // The clock of the visitor is a year ahead.
        let ahead_ms = 365 * 86_400_000;
        let at = |between_ms: i64, session_id: Id| {
            let view = PageView { id: id(began_ms + ahead_ms + between_ms), view_index: 3, ..PageView::default() };
            let (first_ms, last_ms) = began(session_id, &view, began_ms + between_ms);
            (first_ms - began_ms, last_ms - began_ms)
        };
        let session = id(began_ms + ahead_ms);
        assert_eq!(at(5 * 3_600_000, session), (-SLACK_MS, SLACK_MS));
        let half_hour = limit::SESSION_IDLE_MS as i64;
        for unknown in [Id([5; 16]), id(began_ms + ahead_ms + 3_600_001), id(0)] {
            assert_eq!(at(3_600_000, unknown), (3_600_000 - 2 * half_hour, 3_600_000), "{unknown}");
        }
    }
}
