//! Brings the rows of a period together: clean buckets from rollups; from the rows themselves hours that are behind, and whatever
//! rollups do not tell apart.

mod annotation;
mod conversation;
mod customer;
#[cfg(test)]
mod equality_test;
mod errors;
mod interaction;
mod issue;
mod pages;
mod persona;
#[cfg(test)]
mod planted_test;
mod source;
#[cfg(test)]
mod source_test;
mod ticket;
mod ways;
mod words;

pub use source::{Listing, Source};
pub use ways::PagesBy;

use crate::ReportError;
use crate::experience::{self, Sketches};
use crate::period::{Day, Period};
use crate::slice::{ROWS, Slice};
use futures_util::future::try_join_all;
use jiff::tz::TimeZone;
use rapport_figures::standing::WEIGHED_KINDS;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::calendar::day_of_instant;
use rapport_store::device::{Device, rollup_name};
use rapport_store::rollup::narrow::Narrow;
use rapport_store::rollup::range::{BucketRange, ranges};
use rapport_store::rollup::release::FirstSeen;
use rapport_store::rollup::row::merged;
use rapport_store::rollup::{
    self, AnswerRollup, CrowdRollup, ErrorRollup, EventRollup, FactRollup, HourRollup, PageRollup, PathAnswer,
    ReleaseRollup, SignalRollup, SurveyRollup, VitalRollup,
};
use rapport_store::{Store, StoreError};
use std::sync::Arc;

/// What a period is read from.
pub struct Loaded<'a> {
    source: &'a Source<'a>,
    slice: &'a Slice,
    ranges: Vec<BucketRange>,
    fresh: Vec<Arc<HourRollup>>,
}

/// Rows that are read at a time, about: what is read is in memory until it is aggregated. Few in tests, so that there are several pieces.
const PIECE: u64 = if cfg!(test) { 100 } else { 50_000 };

/// Pages whose sketches one statement reads: each is a value of its own, of which an engine takes so many.
const SKETCHED: usize = 500;

/// The hours of a period from the rows that meet `narrow`.
async fn narrowed(
    source: &Source<'_>,
    slice: &Slice,
    (narrow, period): (&Narrow, &Period),
) -> Result<Vec<Arc<HourRollup>>, ReportError> {
    let (store, site) = (source.store, source.site);
    let rows = store.rows_within(site.site.site_id, (period.from_ms, period.to_ms), ROWS + 1).await?;
    if rows > ROWS as u64 {
        let span_ms = (period.from_ms, period.to_ms);
        return Err(vec![too_many(slice, &site.site.time_zone, span_ms)].into());
    }
    let starts: Vec<_> = site.hours(period.from_ms, period.to_ms).collect();
    let pieces = usize::try_from(rows.div_ceil(PIECE)).unwrap_or(1).max(1);
    let each = starts.len().div_ceil(pieces).max(1);
    let mut hours = Vec::new();
    for (place, first_ms) in starts.iter().enumerate().step_by(each) {
        let end_ms = starts.get(place + each).copied().unwrap_or(period.to_ms);
        hours.extend(rollup::narrow::narrowed(store, site, (*first_ms, end_ms), narrow).await?);
    }
    Ok(hours)
}

/// That days hold more than can be read from rows.
fn too_many(slice: &Slice, zone: &TimeZone, (from_ms, to_ms): (i64, i64)) -> Fault {
    let read: Vec<_> = slice.narrowed().map(|(dimension, _)| dimension).filter(|of| !of.is_in_rollups()).collect();
    let names: Vec<_> = read.iter().map(|dimension| dimension.name()).collect();
    let (first, last) = (day_of_instant(zone, from_ms), day_of_instant(zone, to_ms - 1));
    let names = names.join(" and ");
    let reason = format!(
        "holds more than {ROWS} page views, signals and answers from {first} to {last}, and {names} is read from each of them: ask \
         for fewer days, or without {names}"
    );
    Fault::new("range", reason)
}

/// The same of ways through the site, where a sample does not help.
fn too_many_rows(zone: &TimeZone, (from_ms, to_ms): (i64, i64)) -> Fault {
    let (first, last) = (day_of_instant(zone, from_ms), day_of_instant(zone, to_ms - 1));
    let reason = format!(
        "holds more than {ROWS} page views and signals from {first} to {last}, and ways through the site are followed in each of them: ask \
         for fewer days"
    );
    Fault::new("range", reason)
}

impl<'a> Loaded<'a> {
    /// Finds out which buckets are clean, and aggregates the hours that are not; all of them where rollups do not tell the slice.
    ///
    /// # Errors
    /// When there are too many rows to read.
    pub async fn new(source: &'a Source<'a>, slice: &'a Slice, period: &Period) -> Result<Self, ReportError> {
        let narrow = source.narrow(slice, (period.from_ms, period.to_ms)).await?;
        if !narrow.is_whole() {
            let fresh = narrowed(source, slice, (&narrow, period)).await?;
            return Ok(Self { source, slice, ranges: Vec::new(), fresh });
        }
        let (store, site) = (source.store, source.site);
        // A day that is cut short is read by its hours: the rollup of the day has no finer grain.
        let is_whole = |day: &&Day| day.end_ms <= period.to_ms || day.end_ms > source.now_ms;
        // What is shown by the hour is read by the hour.
        let whole = period.days.iter().filter(|day| !period.is_by_hour() && is_whole(day));
        let starts: Vec<_> = whole.map(|day| day.start_ms).collect();
        let until_ms = period.days.get(starts.len().wrapping_sub(1)).map_or(period.from_ms, |day| day.end_ms);
        let mut plan = rollup::buckets(store, site, &starts, until_ms).await?;
        let cut_ms = site.hour_start_ms(period.to_ms);
        if until_ms < cut_ms {
            let dirty = store.dirty_hours(site.site.site_id, until_ms, cut_ms).await?;
            let hours = site.hours(until_ms, cut_ms);
            plan.hours.extend(hours.filter(|hour_ms| !dirty.contains(hour_ms)));
            plan.dirty_hours.extend(dirty);
        }
        let (mut fresh, mut dirty_hours) = (Vec::with_capacity(plan.dirty_hours.len() + 1), Vec::new());
        if until_ms <= cut_ms && cut_ms < period.to_ms {
            // An hour that is cut short has no rollup.
            fresh.push(rollup::until(store, site, cut_ms, period.to_ms).await?);
        }
        for hour_ms in plan.dirty_hours {
            match rollup::fresh(store, site, hour_ms).await {
                Ok(hour) => {
                    fresh.push(hour);
                    dirty_hours.push(hour_ms);
                }
                // One hour that cannot be read takes no page with it: it is shown as it was when it last could be. The
                // job that rolls it up fails as well, and says so.
                Err(error @ (StoreError::Inconsistent(_) | StoreError::Refused(_))) => {
                    let site_id = site.site.site_id;
                    tracing::warn!(%error, %site_id, hour_ms, "a report shows an hour as it last could be rolled up");
                    plan.hours.push(hour_ms);
                }
                Err(error) => return Err(error.into()),
            }
        }
        plan.hours.sort_unstable();
        let ranges = ranges(&plan.days, &plan.hours, &dirty_hours);
        Ok(Self { source, slice, ranges, fresh })
    }

    /// The device of the slice; `None` for all together.
    fn device(&self) -> Option<Device> {
        self.slice.device.stored()
    }

    /// Whether a row is the one of the slice's page and device, or of all of either together.
    fn is_of(&self, path: &str, row: (&str, &str)) -> bool {
        row == (path, rollup_name(self.device()))
    }

    /// Whether a row of one device belongs to the slice's.
    fn on_device(&self, device: &str) -> bool {
        !device.is_empty() && self.device().is_none_or(|only| only.as_str() == device)
    }

    /// What `read` reads of every range, side by side: the store has several readers.
    async fn of_ranges<T, F>(&self, read: impl Fn(&'a Store, Id, BucketRange) -> F) -> Result<Vec<T>, ReportError>
    where
        F: Future<Output = Result<Vec<T>, StoreError>>,
    {
        let (store, site_id) = (self.source.store, self.source.site.site.site_id);
        let parts = try_join_all(self.ranges.iter().map(|range| read(store, site_id, *range))).await?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// Rows of one page on the device of the slice, with their sketches; of the whole site when `path` is empty.
    pub async fn pages(&self, path: &str) -> Result<Vec<PageRollup>, ReportError> {
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<PageRollup>());
        let mut rows: Vec<_> = fresh.filter(|row| self.is_of(path, (&row.path, &row.device))).cloned().collect();
        let device = self.device();
        rows.extend(self.of_ranges(|store, site, range| store.page_rollups(site, range, path, device)).await?);
        Ok(rows)
    }

    /// Rows of one page by device, with their sketches: of the slice's device, or of each.
    pub async fn pages_by_device(&self, path: &str) -> Result<Vec<PageRollup>, ReportError> {
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<PageRollup>());
        let mut rows: Vec<_> = fresh.filter(|row| row.path == path && self.on_device(&row.device)).cloned().collect();
        let device = self.device();
        rows.extend(
            self.of_ranges(|store, site, range| store.page_rollups_by_device(site, range, path, device)).await?,
        );
        Ok(rows)
    }

    /// Counts of every page; of one page there can be several rows.
    pub async fn page_counts(&self) -> Result<Vec<PageRollup>, ReportError> {
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<PageRollup>());
        let mut rows: Vec<_> = fresh
            .filter(|row| !row.path.is_empty() && self.is_of(&row.path, (&row.path, &row.device)))
            .cloned()
            .collect();
        let device = self.device();
        rows.extend(self.of_ranges(|store, site, range| store.page_counts(site, range, device)).await?);
        Ok(rows)
    }

    /// Merged sketches of some pages. Merging takes as long as reading, so each range does it where it was read.
    pub async fn page_sketches(&self, paths: &[&str]) -> Result<Sketches, ReportError> {
        let (store, site_id, device) = (self.source.store, self.source.site.site.site_id, self.device());
        let of_range = async |range: &BucketRange| -> Result<Sketches, ReportError> {
            let rows = store.page_sketches(site_id, *range, paths, device).await?;
            let merging = tokio::task::spawn_blocking(move || experience::merged(rows));
            Ok(merging.await.map_err(|error| StoreError::Inconsistent(error.to_string()))??)
        };
        let parts = try_join_all(self.ranges.iter().map(of_range)).await?;
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<PageRollup>());
        let listed = fresh.filter(|row| paths.contains(&row.path.as_str()) && self.on_device(&row.device));
        let mut all = experience::merged(listed.cloned().collect())?;
        for (place, sums) in parts.into_iter().flatten() {
            all.entry(place).or_default().merge(&sums);
        }
        Ok(all)
    }

    /// The same of any number of pages.
    pub async fn sketches_of(&self, paths: &[&str]) -> Result<Sketches, ReportError> {
        let mut sketches = Sketches::new();
        for some in paths.chunks(SKETCHED) {
            sketches.extend(self.page_sketches(some).await?);
        }
        Ok(sketches)
    }

    /// Answers of a survey, or of all when it is empty, on the page and device of the slice.
    pub async fn answers(&self, survey_id: &str) -> Result<Vec<AnswerRollup>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<AnswerRollup>());
        let mut rows: Vec<_> = fresh
            .filter(|row| survey_id.is_empty() || row.survey_id == survey_id)
            .filter(|row| self.is_of(path, (&row.path, &row.device)))
            .cloned()
            .collect();
        rows.extend(
            self.of_ranges(|store, site, range| store.answer_rollups(site, range, survey_id, path, device)).await?,
        );
        Ok(rows)
    }

    /// Scores of [`WEIGHED_KINDS`] by page, on the device of the slice.
    pub async fn path_answers(&self) -> Result<Vec<PathAnswer>, ReportError> {
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<AnswerRollup>());
        let mut rows: Vec<_> = fresh
            .filter(|row| !row.path.is_empty() && self.is_of(&row.path, (&row.path, &row.device)))
            .filter(|row| WEIGHED_KINDS.contains(&row.kind.as_str()))
            .map(|row| PathAnswer {
                path: row.path.clone(),
                kind: row.kind.clone(),
                value: row.value.clone(),
                answers: row.answers,
            })
            .collect();
        let device = self.device();
        rows.extend(self.of_ranges(|store, site, range| store.path_answers(site, range, device)).await?);
        Ok(rows)
    }

    /// Scores by what their visitors had met, on the page and device of the slice.
    pub async fn facts(&self) -> Result<Vec<FactRollup>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<FactRollup>());
        let on_device = |of: &str| device.is_none_or(|only| only.as_str() == of);
        let of_slice = |row: &&FactRollup| (path.is_empty() || row.path == path) && on_device(&row.device);
        let mut rows: Vec<_> = fresh.filter(of_slice).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.fact_rollups(site, range, path, device)).await?);
        // The same rows in the same order, however they were cut into buckets: sums come out the same to the last digit.
        Ok(merged(rows, 0)?)
    }

    /// Who was there and who answered, on the page and device of the slice.
    pub async fn crowd(&self) -> Result<Vec<CrowdRollup>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<CrowdRollup>());
        let on_device = |of: &str| device.is_none_or(|only| only.as_str() == of);
        let mut rows: Vec<_> = fresh.filter(|row| row.path == path && on_device(&row.device)).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.crowd_rollups(site, range, path, device)).await?);
        Ok(merged(rows, 0)?)
    }

    /// Releases of the site, and when each was first seen.
    pub async fn releases(&self) -> Result<Vec<FirstSeen>, ReportError> {
        let mut seen = self.source.store.releases_since(self.source.site.site.site_id, i64::MIN).await?;
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<ReleaseRollup>());
        for row in fresh.filter(|row| row.is_named()) {
            match seen.iter_mut().find(|known| known.release == row.release) {
                Some(known) => known.hour_ms = known.hour_ms.min(row.bucket_ms),
                None => seen.push(FirstSeen { release: row.release.clone(), hour_ms: row.bucket_ms }),
            }
        }
        seen.sort_by(|one, other| (one.hour_ms, &one.release).cmp(&(other.hour_ms, &other.release)));
        Ok(seen)
    }

    /// Delivery of a survey, or of all when it is empty, on the page and device of the slice.
    pub async fn surveys(&self, survey_id: &str) -> Result<Vec<SurveyRollup>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<SurveyRollup>());
        let mut rows: Vec<_> = fresh
            .filter(|row| survey_id.is_empty() || row.survey_id == survey_id)
            .filter(|row| self.is_of(path, (&row.path, &row.device)))
            .cloned()
            .collect();
        rows.extend(
            self.of_ranges(|store, site, range| store.survey_rollups(site, range, survey_id, path, device)).await?,
        );
        Ok(rows)
    }

    /// Views of each release, of all pages and devices.
    pub async fn release_rows(&self) -> Result<Vec<ReleaseRollup>, ReportError> {
        let mut rows: Vec<_> = self.fresh.iter().flat_map(|hour| hour.rows::<ReleaseRollup>()).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.release_rollups(site, range)).await?);
        Ok(rows)
    }

    /// Errors by key, on the page and device of the slice.
    pub async fn errors(&self) -> Result<Vec<ErrorRollup>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<ErrorRollup>());
        let mut rows: Vec<_> = fresh.filter(|row| self.is_of(path, (&row.path, &row.device))).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.error_rollups(site, range, path, device)).await?);
        Ok(rows)
    }

    /// Custom events on the page and device of the slice: of one name with its values, or of every where it is empty.
    pub async fn events(&self, name: &str) -> Result<Vec<EventRollup>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<EventRollup>());
        let is_wanted = |row: &&EventRollup| row.name == name || name.is_empty() && row.property.is_empty();
        let of_slice = |row: &&EventRollup| self.is_of(path, (&row.path, &row.device));
        let mut rows: Vec<_> = fresh.filter(of_slice).filter(is_wanted).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.event_rollups(site, range, (path, device), name)).await?);
        Ok(rows)
    }

    /// What vitals were of, on one page and the device of the slice; of all its pages where it is about several.
    pub async fn vitals(&self, path: &str) -> Result<Vec<VitalRollup>, ReportError> {
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<VitalRollup>());
        let is_there = |row: &&VitalRollup| self.slice.page().is_none() || row.path == path;
        let mut rows: Vec<_> = fresh.filter(is_there).filter(|row| self.on_device(&row.device)).cloned().collect();
        let device = self.device();
        rows.extend(self.of_ranges(|store, site, range| store.vital_rollups(site, range, path, device)).await?);
        Ok(rows)
    }

    /// Signals of one page on the device of the slice; of all its pages where it is about several, which are read from rows.
    pub async fn signals(&self, path: &str) -> Result<Vec<SignalRollup>, ReportError> {
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<SignalRollup>());
        let is_there = |row: &&SignalRollup| self.slice.page().is_none() || row.path == path;
        let mut rows: Vec<_> = fresh.filter(is_there).filter(|row| self.on_device(&row.device)).cloned().collect();
        let device = self.device();
        rows.extend(self.of_ranges(|store, site, range| store.signal_rollups(site, range, path, device)).await?);
        Ok(rows)
    }
}
