//! Which buckets answer a range, and what is still missing from them.

use super::hour::Hour;
use super::{Grain, HourRollup};
use crate::site::directory::SiteContext;
use crate::{Store, StoreError};
use rapport_shared::id::Id;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// The buckets of a range, each instant of it in exactly one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketPlan {
    /// Whole days whose day rollups are up to date.
    pub days: Vec<i64>,
    /// Hours, of the other days, whose rollups are up to date.
    pub hours: Vec<i64>,
    /// Hours to aggregate from rows: see [`fresh`].
    pub dirty_hours: Vec<i64>,
}

/// The plan of the days that begin at `days_ms` (starts of calendar days in the site's zone, ascending), as of now.
///
/// `until_ms` is the end of the last day.
pub async fn buckets(
    store: &Store,
    site: &SiteContext,
    days_ms: &[i64],
    until_ms: i64,
) -> Result<BucketPlan, StoreError> {
    let Some(&from_ms) = days_ms.first() else { return Ok(BucketPlan::default()) };
    let site_id = site.site.site_id;
    let dirty_hours = store.dirty_hours(site_id, from_ms, until_ms).await?;
    let dirty_days = store.dirty_days(site_id, from_ms, until_ms).await?;
    let hours = |from_ms, until_ms| site.hours(from_ms, until_ms).collect();
    Ok(plan(days_ms, until_ms, &dirty_days, dirty_hours, hours))
}

/// `hours` has the starts of the hours in a stretch of time.
fn plan(
    days_ms: &[i64],
    until_ms: i64,
    dirty_days: &[i64],
    dirty_hours: Vec<i64>,
    hours: impl Fn(i64, i64) -> Vec<i64>,
) -> BucketPlan {
    let dirty: BTreeSet<i64> = dirty_hours.iter().copied().collect();
    let mut plan = BucketPlan { dirty_hours, ..BucketPlan::default() };
    for (index, &day_ms) in days_ms.iter().enumerate() {
        let end_ms = days_ms.get(index + 1).copied().unwrap_or(until_ms);
        if end_ms == day_ms {
            // A day that the zone leaves out: its start is that of the next.
            continue;
        }
        if !dirty_days.contains(&day_ms) && dirty.range(day_ms..end_ms).next().is_none() {
            plan.days.push(day_ms);
        } else {
            plan.hours.extend(hours(day_ms, end_ms).into_iter().filter(|hour_ms| !dirty.contains(hour_ms)));
        }
    }
    plan
}

/// Site, hour, until when it was read, and the marks it had.
type Remembered = (Id, i64, i64, Vec<Id>);
type Known = VecDeque<(Remembered, Arc<HourRollup>)>;
/// Most hours remembered.
const REMEMBERED: usize = 32;
/// Most rows of them in all: what one site's visitors invent in an hour must not fill the memory 32 times.
const REMEMBERED_ROWS: usize = 100_000;

/// Remembers an hour in place of what was known of it, and forgets the oldest ones of too many.
fn remember(known: &mut Known, key: Remembered, rollup: Arc<HourRollup>) {
    known.retain(|((site, hour, _, _), _)| (*site, *hour) != (key.0, key.1));
    known.truncate(REMEMBERED - 1);
    known.push_front((key, rollup));
    let mut rows = 0;
    known.retain(|(_, rollup)| {
        rows += rollup.len();
        rows <= REMEMBERED_ROWS
    });
}

/// What was aggregated under this key, or what `aggregate` makes of the rows. One look at a dashboard asks several times.
async fn remembered(
    known: &Mutex<Known>,
    key: Remembered,
    aggregate: impl Future<Output = Result<HourRollup, StoreError>>,
) -> Result<Arc<HourRollup>, StoreError> {
    let known = || known.lock().unwrap_or_else(PoisonError::into_inner);
    // Nothing tells whether what was aggregated under no mark is still true.
    if let Some((_, rollup)) = known().iter().find(|(other, _)| *other == key).filter(|_| !key.3.is_empty()) {
        return Ok(rollup.clone());
    }
    // On the heap: what is asked of PostgreSQL below is large, and a report already stands deep.
    let rollup = Arc::new(Box::pin(aggregate).await?);
    remember(&mut known(), key, rollup.clone());
    Ok(rollup)
}

/// The rollup of one dirty hour, from its rows.
///
/// Every write gives the hour a new mark, so what was aggregated under the same marks is still true.
pub async fn fresh(store: &Store, site: &SiteContext, hour_ms: i64) -> Result<Arc<HourRollup>, StoreError> {
    static KNOWN: Mutex<Known> = Mutex::new(VecDeque::new());
    let site_id = site.site.site_id;
    // The marks first: rows that come after them are at worst seen early.
    let key = (site_id, hour_ms, i64::MAX, store.marks_of_hour(site_id, hour_ms).await?);
    remembered(&KNOWN, key, of_hour(store, site, hour_ms)).await
}

/// The rollup of an hour: what its rows add up to, and what stays of those that were erased.
pub async fn of_hour(store: &Store, site: &SiteContext, hour_ms: i64) -> Result<HourRollup, StoreError> {
    let hour = hour(site, hour_ms, i64::MAX);
    let (rows, rollups) = (store.hour_rows(&hour, None).await?, store.rollups());
    let rollup = tokio::task::spawn_blocking(move || rollups.of_hour(&rows))
        .await
        .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    rollup.and(store.hour_rollup(hour.site_id, Grain::Erased, hour_ms).await?, hour_ms)
}

/// What the rows of an hour add up to that happened before `until_ms`, an instant within it. What was erased is not among
/// them: of that only whole hours are known.
///
/// Every time that the hour's rollups are put in place they get a new mark, so what was read under the same mark is still true.
pub async fn until(
    store: &Store,
    site: &SiteContext,
    hour_ms: i64,
    until_ms: i64,
) -> Result<Arc<HourRollup>, StoreError> {
    static KNOWN: Mutex<Known> = Mutex::new(VecDeque::new());
    let site_id = site.site.site_id;
    let marks = store.built_mark(site_id, hour_ms).await?.into_iter().collect();
    let aggregated = async {
        let (rows, rollups) = (store.hour_rows(&hour(site, hour_ms, until_ms), None).await?, store.rollups());
        let aggregating = tokio::task::spawn_blocking(move || rollups.of_hour(&rows));
        aggregating.await.map_err(|error| StoreError::Inconsistent(error.to_string()))
    };
    remembered(&KNOWN, (site_id, hour_ms, until_ms, marks), aggregated).await
}

fn hour(site: &SiteContext, hour_ms: i64, until_ms: i64) -> Hour {
    let (previous_hour_ms, next_hour_ms) = (site.hour_start_ms(hour_ms - 1), site.next_hour_start_ms(hour_ms));
    Hour { site_id: site.site.site_id, hour_ms, previous_hour_ms, next_hour_ms, until_ms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollup::{HOUR_MS, PageRollup};

    #[test]
    fn hours_with_thousands_of_invented_pages_fill_no_memory() {
        let hour = |pages: usize| Arc::new(HourRollup::default().with(vec![PageRollup::default(); pages]));
        let (mut known, site) = (VecDeque::new(), Id([1; 16]));
        for number in 0..100 {
            remember(&mut known, (site, number, i64::MAX, vec![]), hour(10));
            remember(&mut known, (site, 7, i64::MAX, vec![site]), hour(10));
        }
        assert_eq!(known.len(), REMEMBERED);
        for number in 0..100 {
            remember(&mut known, (site, number, i64::MAX, vec![]), hour(16_000));
            let rows: usize = known.iter().map(|(_, rollup)| rollup.rows::<PageRollup>().len()).sum();
            assert!(rows <= REMEMBERED_ROWS, "{rows}");
        }
        assert_eq!(known[0].0.1, 99, "the newest is there");
        remember(&mut known, (site, 100, i64::MAX, vec![]), hour(REMEMBERED_ROWS + 1));
        assert!(known.is_empty(), "what is too large alone is made anew each time");
    }

    #[test]
    fn every_hour_is_answered_once() {
        let day = 24 * HOUR_MS;
        let hours = |from: i64, until: i64| (from..until).step_by(HOUR_MS as usize).collect();
        let found = plan(&[0, day, 2 * day, 2 * day], 3 * day, &[day], vec![2 * day + HOUR_MS], hours);
        assert_eq!(found.days, [0]);
        assert_eq!(found.dirty_hours, [2 * day + HOUR_MS]);
        assert_eq!(found.hours.len(), 24 + 23);
        assert!(!found.hours.contains(&(2 * day + HOUR_MS)));
    }

    #[tokio::test]
    async fn an_hour_that_a_period_cuts_was_aggregated_anew_at_every_look() {
        use crate::clock::Clock;
        use crate::engine::outcome::UPSERT_DIRTY;
        use crate::rollup::rebuild::run_once;
        use crate::site::directory::SiteDirectory;
        use crate::story_test::{NOW_MS, tell};
        use crate::test_store::{a_site, each_engine};
        use crate::{Statement, params};

        each_engine(async |store| {
            let (site, clock) = (a_site("shop"), Clock::manual(NOW_MS));
            store.add_site(&site).await.unwrap();
            let sites = SiteDirectory::new(store.clone(), clock.clone());
            tell(&store, &sites, &site).await;
            run_once(&store, &clock, &sites).await.unwrap();
            let context = sites.by_id(site.site_id).await.unwrap().unwrap();
            let rows = "SELECT MAX(hour_ms) AS hour_ms FROM page_view WHERE site_id = $1";
            let hour_ms = store.read(rows, params![site.site_id]).await.unwrap()[0].int("hour_ms").unwrap();
            let look = async || {
                let before = store.statements_run();
                let cut = until(&store, &context, hour_ms, hour_ms + HOUR_MS).await.unwrap();
                (store.statements_run() - before, cut.rows::<PageRollup>().to_vec())
            };
            let (first, rows) = look().await;
            assert!(first > 1 && !rows.is_empty(), "{first}");
            assert_eq!(look().await, (1, rows.clone()), "under the same mark");
            let mark = clock.new_id();
            let dirty = Statement::new(UPSERT_DIRTY, params![site.site_id, hour_ms, mark, mark]);
            store.write(vec![dirty]).await.unwrap();
            assert!(look().await.0 > 1 && look().await.0 > 1, "while it is behind nothing tells what is true");
            run_once(&store, &clock, &sites).await.unwrap();
            assert_eq!(look().await, (first, rows.clone()));
            assert_eq!(look().await, (1, rows));
        })
        .await;
    }
}
