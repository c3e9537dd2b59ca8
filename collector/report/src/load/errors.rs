//! Errors in groups, and custom events.

use super::source::RESPONSES;
use super::{Loaded, Source};
use crate::ReportError;
use crate::error_group::{self, ErrorGroup, ErrorGroups, ErrorReport, ErrorsListed, Groups};
use crate::event::{self, Events};
use crate::page::CauseReport;
use crate::slice::Slice;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;
use rapport_store::error_key::{ErrorKey, ErrorMet};
use rapport_store::response::cause::Cause;

/// Newest errors of a group that are looked at.
const LOOKED_AT: i64 = 5_000;
/// Groups of which a search knows the messages, those of most views.
const SEARCHED: usize = 500;

impl Source<'_> {
    /// A part of the list of groups.
    pub async fn errors(&self, slice: &Slice, listed: &ErrorsListed) -> Result<ErrorGroups, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let mut groups = self.error_groups(slice).await?;
        if !listed.search.is_empty() {
            groups.sort_by_key(|group| std::cmp::Reverse(group.views));
            let searched = groups.len().min(SEARCHED);
            self.describe(&mut groups[..searched]).await?;
        }
        let mut report = error_group::listed(&now, groups, listed);
        if listed.search.is_empty() {
            self.describe(&mut report.groups).await?;
        }
        Ok(report)
    }

    /// Every group of the days, described.
    pub async fn every_error(&self, slice: &Slice, listed: &ErrorsListed) -> Result<ErrorGroups, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let mut groups = self.error_groups(slice).await?;
        self.describe(&mut groups).await?;
        let parts = groups.len().div_ceil(error_group::LISTED);
        let mut all = error_group::listed(&now, groups.clone(), listed);
        for part in 2..=parts {
            let next = error_group::listed(&now, groups.clone(), &ErrorsListed { part, ..listed.clone() });
            all.groups.extend(next.groups);
        }
        Ok(all)
    }

    async fn error_groups(&self, slice: &Slice) -> Result<Vec<ErrorGroup>, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let keys = async { Ok(self.store.error_keys(self.site_id()).await?) };
        let rows = async { Loaded::new(self, slice, &now).await?.errors().await };
        let (rows, keys): (Vec<_>, Vec<ErrorKey>) = tokio::try_join!(rows, keys)?;
        Ok(error_group::groups(&now, &rows, &keys, &self.site.site.time_zone)?)
    }

    async fn describe(&self, groups: &mut [ErrorGroup]) -> Result<(), ReportError> {
        let keys: Vec<_> =
            groups.iter().map(|group| group.key.clone()).filter(|key| key != limit::OTHER_PAGES).collect();
        let keys: Vec<_> = keys.iter().map(String::as_str).collect();
        error_group::describe(groups, &self.store.newest_errors(self.site_id(), &keys).await?);
        Ok(())
    }

    /// One group with the people who met it, whom only those see `with_people`; `None` where the site knows no such key.
    pub async fn error(&self, slice: &Slice, key: &str, with_people: bool) -> Result<Option<ErrorReport>, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let keys = self.store.error_keys(self.site_id()).await?;
        if !keys.iter().any(|known| known.error_key == key) {
            return Ok(None);
        }
        let known = Groups::of(&keys);
        let group = known.group_of(key).to_owned();
        let rows = Loaded::new(self, slice, &now).await?.errors().await?;
        let zone = &self.site.site.time_zone;
        let all = error_group::groups(&now, &rows, &keys, zone)?;
        let mut own = match all.into_iter().find(|one| one.key == group) {
            Some(own) => own,
            // None on these days.
            None => error_group::none_of(&group, &keys, &now, zone),
        };
        self.describe(std::slice::from_mut(&mut own)).await?;
        let members = known.keys_of(&group);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let within = (slice.path(), slice.device.stored(), &narrow);
        let met = self.store.errors_met(self.site_id(), &members, span_ms, within, LOOKED_AT).await?;
        let of = |value: fn(&ErrorMet) -> String| error_group::occurring(&met, value);
        let people = if with_people { Some(self.people(slice, &members).await?) } else { None };
        Ok(Some(ErrorReport {
            steps: now.steps.iter().map(|step| step.label.clone()).collect(),
            looked_at: met.len(),
            releases: of(|met| met.release.clone()),
            browsers: of(|met| met.browser.clone()),
            pages: of(|met| met.path.clone()),
            places: of(error_group::place),
            messages: of(|met| met.text.clone()),
            merged: known.merged(&group),
            group: own,
            people,
        }))
    }

    /// The people who met an error of some keys.
    async fn people(&self, slice: &Slice, keys: &[String]) -> Result<CauseReport, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let cause = Cause {
            kind: SignalKind::Error,
            label: "",
            error_keys: keys,
            path: slice.path(),
            device: slice.device.stored(),
            narrow: &narrow,
        };
        self.touched(&now, &cause, RESPONSES as i64).await
    }

    /// Custom events of the days: every one, or one with the values of its properties.
    pub async fn events(&self, slice: &Slice, name: &str, of: (&str, &str)) -> Result<Events, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let rows = Loaded::new(self, slice, &now).await?.events(name).await?;
        Ok(event::report(&now, &rows, of)?)
    }
}
