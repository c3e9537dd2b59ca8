//! The issues that were found, and one of them with who complained and what came of its fix.

use super::{Loaded, Source};
use crate::ReportError;
use crate::issue::fix::{self, Compared, FixReport};
use crate::issue::{
    Beside, COMPLAINTS, Changed, Complaint, DEFINITION, FixedOn, Found, IMPACT, Issue, IssueReport, Issues, LISTED,
    Ranked, Show, segment,
};
use crate::period::{Period, Periods};
use crate::response::Time;
use crate::route::Routes;
use crate::slice::{Pages, Range, Slice};
use jiff::civil::Date;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::Member;
use rapport_store::calendar::day_of_instant;
use rapport_store::device::rollup_name;
use rapport_store::issue::{Complained, IssueKey, IssueRecord};
use rapport_store::response::{Cursor, ResponseRecord};
use rapport_store::rollup::range::BucketRange;
use rapport_store::rollup::release::FirstSeen;
use rapport_store::rollup::{Grain, IssueRollup, IssueSums};
use std::collections::BTreeSet;

/// Issues that are read in full at a time.
const TAKEN: usize = 200;
/// Pages whose rows one statement reads: each is a value of its own, of which an engine takes so many.
const PATHS: usize = 500;

/// Complaints that are read at a time for a list of all who complained.
const TOLD: i64 = 500;

impl Loaded<'_> {
    /// What failed on each page on the device of the slice: rows of every browser and campaign.
    pub(crate) async fn issue_totals(&self) -> Result<Vec<IssueRollup>, ReportError> {
        let device = self.device();
        let is_wanted = |row: &&IssueRollup| row.is_total() && row.device == rollup_name(device);
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<IssueRollup>());
        let mut rows: Vec<_> = fresh.filter(is_wanted).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.issue_totals(site, range, device)).await?);
        Ok(rows)
    }

    /// The same, summed up over the days.
    pub(crate) async fn issue_sums(&self) -> Result<Vec<IssueSums>, ReportError> {
        let device = self.device();
        let is_wanted = |row: &&IssueRollup| row.is_total() && row.device == rollup_name(device);
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<IssueRollup>());
        let mut sums: Vec<IssueSums> = fresh.filter(is_wanted).map(IssueSums::from).collect();
        let site = self.source.site;
        let starts = |range: BucketRange| -> Vec<i64> {
            if range.grain == Grain::Hour {
                return site.hours(range.first_ms, range.last_ms + 1).collect();
            }
            let days = std::iter::successors(Some(range.first_ms), |start_ms| Some(site.next_day_start_ms(*start_ms)));
            days.take_while(|start_ms| *start_ms <= range.last_ms).collect()
        };
        let of_range = |store, site_id, range: BucketRange| {
            let starts = starts(range);
            async move { Store::issue_sums(store, site_id, (range.grain, &starts), device).await }
        };
        sums.extend(self.of_ranges(of_range).await?);
        Ok(sums)
    }

    /// Everything of some issues, and of the views of some pages: those that these issues are on.
    pub(crate) async fn issue_rows(
        &self,
        paths: &[String],
        of: &BTreeSet<&IssueKey>,
    ) -> Result<Vec<IssueRollup>, ReportError> {
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<IssueRollup>());
        let mut rows: Vec<_> = fresh.filter(|row| paths.contains(&row.path)).cloned().collect();
        let each = |word: fn(&IssueKey) -> &str| -> Vec<&str> {
            of.iter().map(|key| word(key)).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let (kinds, labels) = (each(|key| &key.kind), each(|key| &key.label));
        for some in paths.chunks(PATHS) {
            let wanted = (some, &kinds[..], &labels[..]);
            rows.extend(self.of_ranges(|store, site, range| store.issue_rollups(site, range, wanted)).await?);
        }
        Ok(rows)
    }
}

/// What issues of a slice are found from.
struct Read {
    now: Period,
    totals: Vec<IssueSums>,
    routes: Routes,
    releases: Vec<FirstSeen>,
    first_data_ms: Option<i64>,
    said: Vec<IssueRecord>,
    members: Vec<Member>,
}

impl Read {
    fn beside<'a>(&'a self, slice: &'a Slice) -> Beside<'a> {
        Beside {
            period: &self.now,
            routes: &self.routes,
            releases: &self.releases,
            first_data_ms: self.first_data_ms,
            said: &self.said,
            members: &self.members,
            page: slice.page(),
        }
    }
}

impl Source<'_> {
    /// Issues by impact: those of one part of the list, which begins with 1.
    pub async fn issues(&self, slice: &Slice, (show, part): (Show, usize)) -> Result<Issues, ReportError> {
        let first = part.saturating_sub(1).saturating_mul(LISTED);
        self.issues_of(slice, show, first..first.saturating_add(LISTED)).await
    }

    /// All of them.
    pub async fn whole_issues(&self, slice: &Slice, show: Show) -> Result<Issues, ReportError> {
        self.issues_of(slice, show, 0..usize::MAX).await
    }

    async fn issues_of(
        &self,
        slice: &Slice,
        show: Show,
        places: std::ops::Range<usize>,
    ) -> Result<Issues, ReportError> {
        let (read, loaded) = Box::pin(self.read_issues(slice)).await?;
        let beside = read.beside(slice);
        let found = Found::of(&read.totals, &beside);
        let shown = found.shown(show);
        let end = places.end.min(shown.len());
        let listed = &shown[places.start.min(end)..end];
        let mut issues = Vec::new();
        for some in listed.chunks(TAKEN) {
            issues.extend(self.full(slice, &loaded, &found, some).await?);
        }
        Ok(Issues {
            from: read.now.first.to_string(),
            to: read.now.last.to_string(),
            issues,
            found: shown.len() as u64,
            parts: shown.len().div_ceil(LISTED),
            counts: found.counts(),
            definition: DEFINITION,
            impact_definition: IMPACT,
            segment_definition: segment::DEFINITION,
        })
    }

    async fn read_issues<'s>(&'s self, slice: &'s Slice) -> Result<(Read, Loaded<'s>), ReportError> {
        let Periods { now, .. } = self.periods(slice).await?;
        let loaded = Loaded::new(self, slice, &now).await?;
        let stored = async {
            let site_id = self.site_id();
            Ok(tokio::try_join!(
                self.store.issues(site_id),
                self.store.members(site_id),
                self.store.first_hour_ms(site_id)
            )?)
        };
        let (totals, releases, routes, (said, members, first_data_ms)) =
            tokio::try_join!(loaded.issue_sums(), loaded.releases(), self.routes(), stored)?;
        Ok((Read { now, totals, routes, releases, first_data_ms, said, members }, loaded))
    }

    async fn full(
        &self,
        slice: &Slice,
        loaded: &Loaded<'_>,
        found: &Found<'_>,
        some: &[&Ranked],
    ) -> Result<Vec<Issue>, ReportError> {
        let mut paths: Vec<_> = some.iter().flat_map(|one| found.paths_of(&one.key.page)).collect();
        paths.sort();
        paths.dedup();
        let keys = some.iter().map(|one| &one.key).collect();
        let rows = loaded.issue_rows(&paths, &keys).await?;
        let mut issues = found.issues(some, &rows, rollup_name(slice.device.stored()))?;
        for (issue, one) in issues.iter_mut().zip(some) {
            issue.fixed = found.said(one).and_then(|said| said.fixed.as_ref()).map(|fixed| FixedOn {
                at: Time::new(fixed.at_ms, &self.site.site.time_zone),
                release: fixed.release.clone(),
            });
        }
        Ok(issues)
    }

    /// One issue; `None` where the days of the slice have none of this id and nothing is said of one. Those who complained go on after a
    /// place.
    pub async fn issue(
        &self,
        slice: &Slice,
        id: Id,
        after: Option<Cursor>,
    ) -> Result<Option<IssueReport>, ReportError> {
        let (read, loaded) = Box::pin(self.read_issues(slice)).await?;
        let beside = read.beside(slice);
        let found = Found::of(&read.totals, &beside);
        let Some(one) = found.one(id) else { return Ok(None) };
        let issue = self.full(slice, &loaded, &found, &[&one]).await?.remove(0);
        let said = found.said(&one);
        let fix = match said.and_then(|said| said.fixed.as_ref()) {
            Some(fixed) => Some(self.fix_of(slice, &read.routes, &one.key, fixed).await?),
            None => None,
        };
        let paths = one.sums.paths();
        let mut records = self.complaints_of(slice, (&one.key, &paths), after, COMPLAINTS as i64 + 1).await?;
        let more = records.len() > COMPLAINTS;
        records.truncate(COMPLAINTS);
        Ok(Some(IssueReport {
            from: read.now.first.to_string(),
            to: read.now.last.to_string(),
            issue,
            note: said.map_or_else(String::new, |said| said.note.clone()),
            changed: said.map(|said| Changed {
                at: Time::new(said.changed_at_ms, &self.site.site.time_zone),
                by: said.changed_by.clone(),
            }),
            paths,
            fix,
            next: records.last().filter(|_| more).map(|last| Cursor::of(last).to_string()),
            complaints: self.complaints(&records).await?,
        }))
    }

    /// Which issue has an id: one of the days of a slice, or one of which something is said.
    pub async fn issue_key(&self, slice: &Slice, id: Id) -> Result<Option<IssueKey>, ReportError> {
        if let Some(said) = self.store.issue(self.site_id(), id).await? {
            return Ok(Some(said.key));
        }
        let (read, _) = Box::pin(self.read_issues(slice)).await?;
        let beside = read.beside(slice);
        Ok(Found::of(&read.totals, &beside).one(id).map(|one| one.key))
    }

    /// Everybody who complained of an issue, a part at a time, after a place: for tables of all.
    pub async fn who_complained(
        &self,
        slice: &Slice,
        (key, paths): (&IssueKey, &[String]),
        after: Option<Cursor>,
        most: i64,
    ) -> Result<(Vec<Complaint>, Option<Cursor>), ReportError> {
        let records = self.complaints_of(slice, (key, paths), after, most).await?;
        let last = records.last().map(Cursor::of).filter(|_| records.len() as i64 == most);
        Ok((self.complaints(&records).await?, last))
    }

    /// The customers who complained of an issue, each once, the newest complaint first; and how many complaints are of nobody known.
    pub async fn who_to_tell(
        &self,
        slice: &Slice,
        (key, paths): (&IssueKey, &[String]),
    ) -> Result<(Vec<Id>, u64), ReportError> {
        let (mut customers, mut unknown, mut after) = (Vec::new(), 0, None);
        loop {
            let records = self.complaints_of(slice, (key, paths), after, TOLD).await?;
            for record in &records {
                match record.customer_id {
                    Some(customer_id) if !customers.contains(&customer_id) => customers.push(customer_id),
                    Some(_) => {}
                    None => unknown += 1,
                }
            }
            if (records.len() as i64) < TOLD {
                return Ok((customers, unknown));
            }
            after = records.last().map(Cursor::of);
        }
    }

    async fn complaints_of(
        &self,
        slice: &Slice,
        (key, paths): (&IssueKey, &[String]),
        after: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<ResponseRecord>, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let narrow = self.narrow(slice, (now.from_ms, now.to_ms)).await?;
        // Of a route of very many pages those of most views.
        let of = Complained {
            from_ms: now.from_ms,
            to_ms: now.to_ms,
            paths: &paths[..paths.len().min(PATHS)],
            met: (&key.kind, &key.label),
            device: slice.device.stored(),
            narrow: &narrow,
            after,
            limit,
        };
        Ok(self.store.complaints(self.site_id(), &of).await?)
    }

    async fn complaints(&self, records: &[ResponseRecord]) -> Result<Vec<Complaint>, ReportError> {
        let mut complaints = Vec::with_capacity(records.len());
        for (record, response) in records.iter().zip(self.summaries(records).await?) {
            let customer = match record.customer_id {
                Some(customer_id) => self.store.customer(self.site_id(), customer_id).await?,
                None => None,
            };
            complaints.push(Complaint { response, customer });
        }
        Ok(complaints)
    }

    /// Before and after the fix of an issue, by what the slice is narrowed to besides its days and pages.
    async fn fix_of(
        &self,
        slice: &Slice,
        routes: &Routes,
        key: &IssueKey,
        fixed: &rapport_store::issue::Fixed,
    ) -> Result<FixReport, ReportError> {
        let zone = &self.site.site.time_zone;
        let day = day_of_instant(zone, fixed.at_ms);
        let [before, after] = fix::longest(day);
        let (before, after, data_began) =
            tokio::try_join!(self.fix_side(slice, before), self.fix_side(slice, after), self.data_began())?;
        let rows = [before, after].concat();
        Ok(Compared::new(key, routes, &rows).report(fixed, day, (self.now_ms, data_began, zone)))
    }

    /// What failed on those days of a side that are over.
    async fn fix_side(&self, slice: &Slice, (first, last): (Date, Date)) -> Result<Vec<IssueRollup>, ReportError> {
        let zone = &self.site.site.time_zone;
        let side = Period::new(zone, first, last, i64::MAX);
        let over = side.days.iter().take_while(|day| day.end_ms <= self.now_ms).last();
        let Some(last) = over.map(|day| day.date) else { return Ok(Vec::new()) };
        let range = Range::Custom(first, last);
        let slice = Slice { range, compare: false, pages: Pages::Every, ..slice.clone() };
        let days = Period::new(zone, first, last, i64::MAX);
        Loaded::new(self, &slice, &days).await?.issue_totals().await
    }
}
