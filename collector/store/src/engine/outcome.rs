//! What a group commit counts besides its rows: outcomes by day, and the hours whose rollups fall behind.

use crate::record::{Outcome, Submission};
use crate::site::outcome::{ItemKind, ItemOutcome};
use crate::{Statement, params};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, BTreeSet};

/// Key of a counter: site, day, outcome, kind of item, field, reason.
pub type CounterKey<'a> = (Id, i64, ItemOutcome, ItemKind, &'a str, &'a str);

/// Counters and dirty hours of one group, sorted so that concurrent collectors lock rows in one order.
#[derive(Default)]
pub(crate) struct Tally<'a> {
    /// Items, and the last instant one came, by key.
    pub counters: BTreeMap<CounterKey<'a>, (i64, i64)>,
    /// Site and start of hour.
    pub dirty_hours: BTreeSet<(Id, i64)>,
    /// Site, session and start of an hour in which it has rows.
    pub session_hours: BTreeSet<(Id, Id, i64)>,
}

pub(crate) const UPSERT_COUNTER: &str =
    "INSERT INTO outcome (site_id, day_ms, outcome, item_type, field, reason, items, last_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (site_id, day_ms, outcome, item_type, field, reason) DO UPDATE
     SET items = outcome.items + excluded.items, last_at_ms = excluded.last_at_ms";

/// The statement that counts `items` more of a kind, the last of them at `last_at_ms`.
pub fn count(
    (site_id, day_ms, outcome, item_kind, field, reason): &CounterKey<'_>,
    items: i64,
    last_at_ms: i64,
) -> Statement {
    let params = params![*site_id, *day_ms, outcome.as_str(), item_kind.as_str(), *field, *reason, items, last_at_ms];
    Statement::new(UPSERT_COUNTER, params)
}

pub(crate) const INSERT_SESSION_HOUR: &str =
    "INSERT INTO session_hour (site_id, session_id, hour_ms) VALUES ($1, $2, $3)
     ON CONFLICT (site_id, session_id, hour_ms) DO NOTHING";

pub(crate) const UPSERT_DIRTY: &str = "INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
     VALUES ($1, $2, $3, $4)
     ON CONFLICT (site_id, hour_ms, collector_id) DO UPDATE SET mark = excluded.mark";

impl<'a> Tally<'a> {
    /// Counts one submission: `outcomes` has one entry per record, `changed_hours_ms` the hours that stored rows belong to.
    pub fn add(&mut self, submission: &'a Submission, outcomes: &[Outcome], changed_hours_ms: &[i64]) {
        let (counters, session_hours) = (&mut self.counters, &mut self.session_hours);
        let mut count = |outcome, item_kind: ItemKind, field: &'a str, reason: &'a str| {
            let key = (submission.site_id, submission.day_ms, outcome, item_kind, field, reason);
            let entry = counters.entry(key).or_insert((0, 0));
            entry.0 += 1;
            entry.1 = submission.received_at_ms;
        };
        for (record, outcome) in submission.records.iter().zip(outcomes) {
            let stored = record.session_hour().filter(|_| *outcome == Outcome::Accepted);
            session_hours.extend(stored.map(|(session_id, hour_ms)| (submission.site_id, session_id, hour_ms)));
            let outcome = match outcome {
                Outcome::Duplicate | Outcome::Erased => ItemOutcome::Duplicate,
                Outcome::Accepted if record.bot() => ItemOutcome::Bot,
                Outcome::Accepted if record.clamped() => ItemOutcome::Late,
                Outcome::Accepted => ItemOutcome::Accepted,
            };
            count(outcome, record.item_kind(), "", "");
        }
        if submission.signed {
            count(ItemOutcome::Accepted, ItemKind::Customer, "", "");
        }
        for refusal in &submission.refusals {
            count(ItemOutcome::Rejected, refusal.item_kind, &refusal.field, &refusal.reason);
        }
        if !changed_hours_ms.is_empty() {
            let earlier = submission.earlier_hours_ms.iter();
            self.dirty_hours.extend(changed_hours_ms.iter().chain(earlier).map(|hour| (submission.site_id, *hour)));
        }
    }
}
