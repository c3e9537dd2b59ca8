//! Brings rollups up to date: dirty hours, and days once they are over.
//!
//! Hours go round: every site's have their turn, however many another has. One that cannot be rolled up is noted with its
//! reason, tried again ever later, and holds up nothing.

use super::{Grain, of_hour};
use crate::clock::Clock;
use crate::rollup::table::{DirtyMark, RollupFailure};
use crate::site::directory::SiteDirectory;
use crate::{Store, StoreError};
use rapport_shared::id::Id;

/// Marks taken at a time.
const MARKS: i64 = 256;
/// Before the first in the order of sites and buckets.
const START: SiteBucket = (Id([0; 16]), i64::MIN);
/// Wait before a bucket that failed once is tried again, in milliseconds; it doubles with every further failure.
const FIRST_WAIT_MS: i64 = 15_000;
/// Longest wait before a bucket that failed is tried again, in milliseconds (1 hour).
const LONGEST_WAIT_MS: i64 = 3_600_000;
/// Longest reason that is kept of a failure, in bytes.
const REASON_BYTES: usize = 500;
/// Most failures that are counted for the gauge.
const FAILURES: i64 = 1_000;

/// A site, and the start of a bucket.
type SiteBucket = (Id, i64);

/// Up to where the marks were looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    hours_after: SiteBucket,
    days_after: SiteBucket,
}

impl Default for Round {
    fn default() -> Self {
        Self { hours_after: START, days_after: START }
    }
}

/// What one turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Buckets rebuilt.
    pub rebuilt: usize,
    /// Whether there are marks that had no turn yet.
    pub goes_on: bool,
}

/// Rebuilds everything that is dirty now, whoever holds the lease: two that rebuild the same come to the same.
pub async fn run_once(store: &Store, clock: &Clock, sites: &SiteDirectory) -> Result<(), StoreError> {
    let (mut round, mut rebuilt) = (Round::default(), 0);
    loop {
        let turn = rebuild(store, clock, sites, &mut round).await?;
        rebuilt += turn.rebuilt;
        if !turn.goes_on {
            // A whole round in which nothing was left to do.
            if rebuilt == 0 {
                return Ok(());
            }
            rebuilt = 0;
        }
    }
}

/// One turn: the next marks of the round, of hours and of days.
pub async fn rebuild(
    store: &Store,
    clock: &Clock,
    sites: &SiteDirectory,
    round: &mut Round,
) -> Result<Turn, StoreError> {
    let mut turn = Turn::default();
    let marks = store.dirty_marks(round.hours_after, clock.now_ms(), MARKS).await?;
    for same_hour in marks.chunk_by(|a, b| (a.site_id, a.hour_ms) == (b.site_id, b.hour_ms)) {
        let DirtyMark { site_id, hour_ms, .. } = same_hour[0];
        // Whatever comes of it, the next turn goes on after it.
        round.hours_after = (site_id, hour_ms);
        let result = rebuild_hour(store, clock, sites, same_hour).await;
        turn.rebuilt += usize::from(unless_failed(store, clock, (site_id, Grain::Hour, hour_ms), result).await?);
    }
    if marks.len() < MARKS as usize {
        round.hours_after = START;
    }
    let now_ms = clock.now_ms();
    let days = store.dirty_day_marks(round.days_after, now_ms, MARKS).await?;
    turn.goes_on = marks.len() == MARKS as usize || days.len() == MARKS as usize;
    if days.len() < MARKS as usize {
        round.days_after = START;
    }
    for (site_id, day_ms, mark) in &days {
        if turn.goes_on {
            round.days_after = (*site_id, *day_ms);
        }
        let result = rebuild_day(store, clock, sites, (*site_id, *day_ms, *mark)).await;
        turn.rebuilt += usize::from(unless_failed(store, clock, (*site_id, Grain::Day, *day_ms), result).await?);
    }
    let failures = store.rollup_failures(FAILURES).await?;
    metrics::gauge!("rapport_rollup_failing_buckets").set(failures.len() as f64);
    Ok(turn)
}

/// Whether a bucket was rebuilt. One that failed is noted, and is not ours to wait for.
///
/// # Errors
/// When not even that could be noted: the store is away.
async fn unless_failed(
    store: &Store,
    clock: &Clock,
    (site_id, grain, bucket_ms): (Id, Grain, i64),
    result: Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    let error = match result {
        Ok(rebuilt) => return Ok(rebuilt),
        Err(error) => error,
    };
    let attempts = store.rollup_attempts(site_id, grain, bucket_ms).await?.saturating_add(1);
    let (now_ms, wait_ms) = (clock.now_ms(), wait_ms(attempts));
    let mut reason = error.to_string();
    reason.truncate(reason.floor_char_boundary(REASON_BYTES));
    let grain_name = grain.as_str();
    metrics::counter!("rapport_rollup_failures_total", "grain" => grain_name).increment(1);
    tracing::error!(%site_id, grain = grain_name, bucket_ms, attempts, wait_ms, reason, "a rollup failed; the others go on");
    let failed_at_ms = now_ms;
    let retry_at_ms = now_ms + wait_ms;
    let failure = RollupFailure { site_id, grain, bucket_ms, attempts, failed_at_ms, retry_at_ms, reason };
    store.rollup_failed(&failure).await?;
    Ok(false)
}

/// Wait after so many failures in a row, in milliseconds.
fn wait_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS)
}

/// Whether the hour was rebuilt: one of a site that is gone is not.
async fn rebuild_hour(
    store: &Store,
    clock: &Clock,
    sites: &SiteDirectory,
    marks: &[DirtyMark],
) -> Result<bool, StoreError> {
    let [DirtyMark { site_id, hour_ms, .. }, ..] = marks else { return Ok(false) };
    let Some(site) = sites.by_id(*site_id).await? else { return Ok(false) };
    let rollup = of_hour(store, &site, *hour_ms).await?;
    store.replace_hour(marks, site.day_start_ms(*hour_ms), clock.new_id(), &rollup).await?;
    Ok(true)
}

/// Whether the day was over and its rollups were rebuilt. A mark that was made in another zone is none of a day: those that it
/// reaches into are marked instead.
async fn rebuild_day(
    store: &Store,
    clock: &Clock,
    sites: &SiteDirectory,
    (site_id, day_ms, mark): (Id, i64, Id),
) -> Result<bool, StoreError> {
    let Some(site) = sites.by_id(site_id).await? else { return Ok(false) };
    let now_ms = clock.now_ms();
    if site.day_start_ms(day_ms) != day_ms {
        let days_ms = [site.day_start_ms(day_ms), site.next_day_start_ms(day_ms)];
        store.mark_days_instead((site_id, day_ms, mark), &days_ms, clock.new_id()).await?;
        return Ok(true);
    }
    let end_ms = site.next_day_start_ms(day_ms);
    if end_ms > now_ms {
        return Ok(false);
    }
    let rollup = store.bucket_of((site_id, Grain::Hour), (day_ms, end_ms), day_ms).await?;
    store.replace_day(site_id, day_ms, mark, &rollup).await?;
    Ok(true)
}
