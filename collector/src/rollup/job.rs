//! The background work that brings rollups up to date: dirty hours, and days once they are over.

use super::aggregate::HourRollup;
use super::row::merged;
use super::{Grain, of_hour};
use crate::clock::Clock;
use crate::ingest::sites::SiteDirectory;
use crate::store::rollups::DirtyMark;
use crate::store::{Store, StoreError};
use rapport_shared::id::Id;
use std::time::Duration;

/// Pause between two looks at the marks.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a collector may do this work alone before another may take over, in milliseconds.
const LEASE_MS: i64 = 60_000;
/// Marks taken at a time.
const MARKS: i64 = 256;

/// Rebuilds for ever, in the collector that holds the lease. Ends with the task.
pub async fn run(store: Store, clock: Clock, sites: SiteDirectory) {
    let holder = clock.new_id();
    loop {
        match take_turn(&store, &clock, &sites, holder).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                tracing::warn!(%error, "rollups could not be brought up to date; trying again");
                tokio::time::sleep(PAUSE * 3).await;
            }
        }
    }
}

/// Rebuilds everything that is dirty now, whoever holds the lease: two that rebuild the same come to the same.
pub async fn run_once(store: &Store, clock: &Clock, sites: &SiteDirectory) -> Result<(), StoreError> {
    while rebuild(store, clock, sites).await? {}
    Ok(())
}

/// One round if nobody else is at it; true when there may be more to do at once.
async fn take_turn(store: &Store, clock: &Clock, sites: &SiteDirectory, holder: Id) -> Result<bool, StoreError> {
    let now_ms = clock.now_ms();
    let held = store.take_lease("rollup", holder, now_ms, now_ms + LEASE_MS).await?;
    if held { rebuild(store, clock, sites).await } else { Ok(false) }
}

/// One round; true when there may be more to do at once.
async fn rebuild(store: &Store, clock: &Clock, sites: &SiteDirectory) -> Result<bool, StoreError> {
    let now_ms = clock.now_ms();
    let marks = store.dirty_marks(MARKS).await?;
    for same_hour in marks.chunk_by(|a, b| (a.site_id, a.hour_ms) == (b.site_id, b.hour_ms)) {
        rebuild_hour(store, clock, sites, same_hour).await?;
    }
    let days = store.dirty_day_marks(now_ms, MARKS).await?;
    let mut rebuilt = 0;
    for (site_id, day_ms, mark) in days {
        rebuilt += usize::from(rebuild_day(store, sites, now_ms, (site_id, day_ms, mark)).await?);
    }
    Ok(marks.len() == MARKS as usize || rebuilt == MARKS as usize)
}

async fn rebuild_hour(
    store: &Store,
    clock: &Clock,
    sites: &SiteDirectory,
    marks: &[DirtyMark],
) -> Result<(), StoreError> {
    let [DirtyMark { site_id, hour_ms, .. }, ..] = marks else { return Ok(()) };
    let Some(site) = sites.by_id(*site_id).await? else { return Ok(()) };
    let rollup = of_hour(store, &site, *hour_ms).await?;
    store.replace_hour(marks, site.day_start_ms(*hour_ms), clock.new_id(), &rollup).await
}

/// Whether the day was over and its rollups were rebuilt.
async fn rebuild_day(
    store: &Store,
    sites: &SiteDirectory,
    now_ms: i64,
    (site_id, day_ms, mark): (Id, i64, Id),
) -> Result<bool, StoreError> {
    let Some(site) = sites.by_id(site_id).await? else { return Ok(false) };
    let end_ms = site.next_day_start_ms(day_ms);
    if end_ms > now_ms {
        return Ok(false);
    }
    let failed = |error: rapport_shared::sketch::SketchError| StoreError::Inconsistent(format!("a sketch: {error:?}"));
    let rollup = HourRollup {
        pages: merged(store.rollup_rows(site_id, Grain::Hour, day_ms, end_ms).await?, day_ms).map_err(failed)?,
        signals: merged(store.rollup_rows(site_id, Grain::Hour, day_ms, end_ms).await?, day_ms).map_err(failed)?,
        answers: merged(store.rollup_rows(site_id, Grain::Hour, day_ms, end_ms).await?, day_ms).map_err(failed)?,
        surveys: merged(store.rollup_rows(site_id, Grain::Hour, day_ms, end_ms).await?, day_ms).map_err(failed)?,
    };
    store.replace_day(site_id, day_ms, mark, &rollup).await?;
    Ok(true)
}
