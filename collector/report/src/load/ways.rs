//! Tasks, funnels, journeys and retention: what was seen in visits is read from rows, a piece at a time, and followed.

use super::{PIECE, Source, too_many_rows};
use crate::ReportError;
use crate::course::funnel::{self, Funnel, FunnelPerson, FunnelReport, Reached};
use crate::course::task::{self, Sought, TaskDetail, TaskPerson, TaskReport, TaskRule, Tried};
use crate::journey::{self, Journeys, Ways};
use crate::period::{Period, Periods};
use crate::retention::{self, Retention, Week};
use crate::route::Routes;
use crate::slice::{Pages, ROWS, Range, Slice};
use crate::timeline::{Moment, timeline};
use crate::visits::{Gathered, Seen, Walker};
use jiff::ToSpan;
use jiff::civil::Date;
use rapport_shared::id::Id;
use rapport_shared::limit::SESSION_LENGTH_MS;
use rapport_shared::survey::Fault;
use rapport_store::StoreError;
use rapport_store::calendar::{day_of_instant, day_start_ms};
use rapport_store::course::{Course, CourseKind};
use rapport_store::device::Device;
use rapport_store::rollup::PageRollup;
use rapport_store::rollup::narrow::Narrow;
use rapport_store::visit::Sample;

/// Views, and signals, of one visit that are shown.
const VISIT_ROWS: usize = 500;
/// So long after an instant of a visit its trail goes on, in milliseconds.
const SHOWN_AFTER_MS: i64 = 2 * 3_600_000;
/// Most known visitors of a week.
const VISITORS: i64 = 500_000;

/// By which pages are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PagesBy {
    /// Pages that are one but for an id are one.
    #[default]
    Route,
    /// Each path by itself.
    Page,
}

impl PagesBy {
    /// Its name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Page => "page",
        }
    }
}

/// A course as it was kept, which a newer version may have written.
fn definition<T: serde::de::DeserializeOwned>(course: &Course) -> Result<T, StoreError> {
    serde_json::from_str(&course.definition)
        .map_err(|error| StoreError::Inconsistent(format!("course.definition of {}: {error}", course.course_id)))
}

/// The first days of the weeks that a period touches, Monday to Sunday, at least as many as are looked at; and that of the week after.
fn weeks(period: &Period) -> Vec<Date> {
    let (fewest, most) = retention::WEEKS;
    let last = period.last.saturating_sub(i32::from(period.last.weekday().to_monday_zero_offset()).days());
    let days = period.first.until(last).map_or(0, |span| span.get_days().max(0) as usize);
    let count = (days.div_ceil(7) + 1).clamp(fewest, most) as i32;
    (0..=count).map(|week| last.saturating_add((7 * (week - count + 1)).days())).collect()
}

/// What was seen over the days of a report, the days, and of how many visits one was followed.
struct Followed {
    seen: Seen,
    span_ms: (i64, i64),
    one_in: u64,
}

/// How rows are followed.
#[derive(Clone, Copy)]
struct Reading {
    /// So long after the days, in milliseconds.
    after_ms: i64,
    /// Whether signals are read too.
    signals: bool,
    /// Whom.
    walker: Walker,
}

impl Reading {
    /// Visits, with their signals or without, to their end.
    fn of_visits(signals: bool) -> Self {
        Self { after_ms: SESSION_LENGTH_MS as i64, signals, walker: Walker::Visit }
    }
}

impl Source<'_> {
    /// Until when what was seen after a period is read, and until when it is kept and so counts among the rows: of what comes after the days
    /// only the visits that began on them are kept.
    fn ends_ms(&self, period: &Period, reading: Reading) -> (i64, i64) {
        let until_ms = period.to_ms.saturating_add(reading.after_ms).min(self.now_ms + 1).max(period.to_ms);
        (until_ms, if reading.walker == Walker::Visit { period.to_ms } else { until_ms })
    }

    /// Which visits of some periods are followed: every one, or the same sample in each of them where one has too many rows.
    ///
    /// # Errors
    /// Where there are too many rows even so, or visitors are followed: a visitor's visits are in the sample one by one.
    async fn sample_of(&self, periods: &[&Period], reading: Reading) -> Result<Sample, ReportError> {
        let (mut sample, zone) = (Sample::Every, &self.site.site.time_zone);
        for period in periods {
            let span_ms = (period.from_ms, self.ends_ms(period, reading).1);
            let rows = async |sample| self.store.rows_of_sample(self.site_id(), span_ms, (sample, ROWS + 1)).await;
            if rows(Sample::Every).await? <= ROWS as u64 {
                continue;
            }
            sample = Sample::OneIn128;
            if reading.walker == Walker::Visitor || rows(sample).await? > ROWS as u64 {
                return Err(vec![too_many_rows(zone, span_ms)].into());
            }
        }
        Ok(sample)
    }

    /// What was seen in a period and after it.
    async fn seen(
        &self,
        slice: &Slice,
        period: &Period,
        (reading, sample): (Reading, Sample),
    ) -> Result<Followed, ReportError> {
        let Reading { signals, walker, .. } = reading;
        let (until_ms, counted_ms) = self.ends_ms(period, reading);
        let rows = self.store.rows_of_sample(self.site_id(), (period.from_ms, counted_ms), (sample, ROWS)).await?;
        let pieces = usize::try_from(rows.div_ceil(PIECE)).unwrap_or(1).max(1);
        let mut gathered = Gathered::default();
        self.gather(&mut gathered, slice, ((period.from_ms, period.to_ms), pieces, signals, sample)).await?;
        if walker == Walker::Visit {
            gathered.close();
        }
        self.gather(&mut gathered, slice, ((period.to_ms, until_ms), pieces, signals, sample)).await?;
        let mut seen = tokio::task::spawn_blocking(move || gathered.seen(walker))
            .await
            .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        seen.site_id = self.site_id();
        if slice.pages != Pages::Every {
            let routes = self.routes().await?;
            seen.keep(|page| slice.pages.holds(page, &routes));
        }
        Ok(Followed { seen, span_ms: (period.from_ms, period.to_ms), one_in: sample.one_in() })
    }

    /// Reads the rows of a span in so many pieces.
    async fn gather(
        &self,
        gathered: &mut Gathered,
        slice: &Slice,
        (span_ms, pieces, signals, sample): ((i64, i64), usize, bool, Sample),
    ) -> Result<(), ReportError> {
        // Of a visit to a page all is followed, so that one sees where it came from and went.
        let everywhere = Slice { pages: Pages::Every, ..slice.clone() };
        let (narrow, device) = (everywhere.narrow(None), slice.device.stored());
        let (store, site_id) = (self.store, self.site_id());
        if span_ms.0 >= span_ms.1 {
            return Ok(());
        }
        // What ends within an hour is gone on from there: rows are found by their hours.
        let begin_ms = span_ms.0;
        let starts: Vec<_> = self.site.hours(self.site.hour_start_ms(begin_ms), span_ms.1).collect();
        let each = starts.len().div_ceil(pieces).max(1);
        for (place, first_ms) in starts.iter().enumerate().step_by(each) {
            let span_ms = (*first_ms, starts.get(place + each).copied().unwrap_or(span_ms.1));
            let of_signals = async {
                if signals {
                    store.seen_signals(site_id, span_ms, (device, &narrow), sample).await
                } else {
                    Ok(Vec::new())
                }
            };
            let (mut views, mut signals) =
                tokio::try_join!(store.seen_views(site_id, span_ms, (device, &narrow), sample), of_signals)?;
            views.retain(|view| view.occurred_at_ms >= begin_ms);
            signals.retain(|signal| signal.occurred_at_ms >= begin_ms);
            gathered.views(views);
            gathered.signals(signals);
        }
        Ok(())
    }

    /// The same of the days of a report and of those before.
    async fn seen_of_both(
        &self,
        slice: &Slice,
        reading: Reading,
    ) -> Result<(Period, Followed, Option<Followed>), ReportError> {
        let Periods { now, before, .. } = self.periods(slice).await?;
        let both: Vec<_> = std::iter::once(&now).chain(&before).collect();
        let how = (reading, self.sample_of(&both, reading).await?);
        let of_before = async {
            match &before {
                Some(before) => self.seen(slice, before, how).await.map(Some),
                None => Ok(None),
            }
        };
        let (of_now, of_before) = tokio::try_join!(self.seen(slice, &now, how), of_before)?;
        Ok((now, of_now, of_before))
    }

    /// The tasks that have rules.
    async fn ruled(&self) -> Result<Vec<Sought>, ReportError> {
        let courses = self.store.courses(self.site_id(), CourseKind::Task).await?;
        let sought = |course: Course| -> Result<Sought, ReportError> {
            let rule: TaskRule = definition(&course)?;
            Ok(Sought { id: Some(course.course_id.to_text()), name: course.name, rule: Some(rule) })
        };
        courses.into_iter().map(sought).collect()
    }

    /// Every task: those that have rules, and those that pages tell.
    pub async fn tasks(&self, slice: &Slice) -> Result<TaskReport, ReportError> {
        let ruled = self.ruled().await?;
        let routes = self.routes().await?;
        let (now, of_now, of_before) = self.seen_of_both(slice, Reading::of_visits(true)).await?;
        let mut sought = ruled;
        sought.extend(Sought::told(&of_now.seen));
        let found =
            |sought: &Sought, followed: &Followed| sought.found(&followed.seen, &routes, followed.span_ms, self.now_ms);
        let all = sought
            .iter()
            .map(|sought| (sought, found(sought, &of_now), of_before.as_ref().map(|before| found(sought, before))));
        Ok(TaskReport {
            from: now.first.to_string(),
            to: now.last.to_string(),
            one_in: of_now.one_in,
            tasks: task::lines(all, slice.looks()),
            definition: task::DEFINITION,
        })
    }

    /// One task, by the id of its rule or by the name that pages call it by; `None` where the site has none such.
    pub async fn task(&self, slice: &Slice, (id, name): (&str, &str)) -> Result<Option<TaskDetail>, ReportError> {
        let known = self.ruled().await?.into_iter().find(|sought| !id.is_empty() && sought.id.as_deref() == Some(id));
        let told = || Sought { id: None, name: name.to_owned(), rule: None };
        let Some(sought) = known.or_else(|| id.is_empty().then(told)) else { return Ok(None) };
        let routes = self.routes().await?;
        let (now, of_now, of_before) = self.seen_of_both(slice, Reading::of_visits(true)).await?;
        let found = |followed: &Followed| -> Vec<Tried> {
            sought.found(&followed.seen, &routes, followed.span_ms, self.now_ms)
        };
        let tried = found(&of_now);
        let people: Vec<TaskPerson> = task::people(&of_now.seen, &tried, &self.site.site.time_zone);
        let mut lines = task::lines([(&sought, tried, of_before.as_ref().map(found))], slice.looks());
        let Some(task) = lines.pop() else { return Ok(None) };
        Ok(Some(TaskDetail {
            from: now.first.to_string(),
            to: now.last.to_string(),
            one_in: of_now.one_in,
            task,
            ended_on: task::ended_on(&people),
            people,
            definition: task::DEFINITION,
        }))
    }

    /// A funnel, and everybody who began it, from one reading.
    pub async fn funnel(
        &self,
        slice: &Slice,
        (id, name, funnel): (String, String, Funnel),
    ) -> Result<(FunnelReport, Vec<FunnelPerson>), ReportError> {
        let routes = self.routes().await?;
        let after_ms = match funnel.of {
            Walker::Visit => funnel.window_ms().min(SESSION_LENGTH_MS as i64),
            Walker::Visitor => funnel.window_ms(),
        };
        let (now, of_now, of_before) =
            self.seen_of_both(slice, Reading { after_ms, signals: true, walker: funnel.of }).await?;
        let found = |followed: &Followed| -> Vec<Reached> {
            funnel::reached(&funnel, &followed.seen, &routes, followed.span_ms, self.now_ms)
        };
        let (reached, reached_before) = (found(&of_now), of_before.as_ref().map(found));
        let people = funnel::people(&funnel, &of_now.seen, &reached, &self.site.site.time_zone);
        let before = of_before.as_ref().zip(reached_before.as_ref());
        let found = ((&of_now.seen, &reached[..]), before.map(|(before, reached)| (&before.seen, &reached[..])));
        let days = (now.first.to_string(), now.last.to_string());
        let report = funnel::report((id, name, funnel), days, found, &routes, slice.looks());
        Ok((FunnelReport { one_in: of_now.one_in, ..report }, people))
    }

    /// A funnel that the site keeps; `None` where it has none such.
    pub async fn kept_funnel(&self, id: &str) -> Result<Option<(String, String, Funnel)>, ReportError> {
        let courses = self.store.courses(self.site_id(), CourseKind::Funnel).await?;
        let Some(course) = courses.into_iter().find(|course| course.course_id.to_text() == id) else { return Ok(None) };
        let funnel = definition(&course)?;
        Ok(Some((course.course_id.to_text(), course.name, funnel)))
    }

    /// Which way visits go: from their beginning, or from and to a page.
    pub async fn journeys(&self, slice: &Slice, by: PagesBy, around: Option<&str>) -> Result<Journeys, ReportError> {
        let routes: Routes = self.routes().await?;
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let reading = Reading::of_visits(false);
        let sample = self.sample_of(&[&now], reading).await?;
        let followed = self.seen(slice, &now, (reading, sample)).await?;
        let seen = followed.seen;
        let (of_whats, names) = seen.pages((by == PagesBy::Route).then_some(&routes));
        let (mut visits, mut views, mut repeats) = (Vec::new(), 0, 0);
        for walk in &seen.walks {
            // One that began earlier belongs to the days before.
            let began_ms = walk.events.first().map_or(i64::MAX, |event| event.at_ms);
            if walk.first_index > 1 || began_ms >= now.to_ms {
                continue;
            }
            views += walk.events.len() as u64;
            let pages = walk.events.iter().filter_map(|event| of_whats[event.what as usize]);
            let (stops, repeated) = journey::stops(pages);
            repeats += repeated;
            visits.push(stops);
        }
        let page = around.and_then(|around| names.iter().position(|name| name == around));
        let (on, back) = match (around, page) {
            (None, _) => (Ways::of(&visits, &names, false), None),
            (Some(_), None) => (Ways::of(&[], &names, false), Some(Ways::of(&[], &names, true))),
            (Some(_), Some(page)) => {
                let (on, back) = journey::around(&visits, page as u32);
                (Ways::of(&on, &names, false), Some(Ways::of(&back, &names, true)))
            }
        };
        Ok(Journeys {
            from: now.first.to_string(),
            to: now.last.to_string(),
            by: by.as_str(),
            around: around.map(str::to_owned),
            one_in: sample.one_in(),
            visits: visits.len() as u64,
            views,
            repeats,
            on,
            back,
            definition: journey::DEFINITION,
        })
    }

    /// How many known visitors came again, week by week, until the week of the last day of a slice; at least 8 weeks.
    pub async fn retention(&self, slice: &Slice) -> Result<Retention, ReportError> {
        let zone = &self.site.site.time_zone;
        let (now, _) = slice.periods(zone, self.now_ms);
        let starts = weeks(&now);
        let edges_ms: Vec<i64> = starts.iter().map(|day| day_start_ms(zone, *day)).collect();
        let (first_ms, until_ms) = (edges_ms[0], edges_ms[edges_ms.len() - 1].min(self.now_ms + 1));
        let (site_id, device, whole) = (self.site_id(), slice.device.stored(), Narrow::default());
        let mut narrow = self.narrow(slice, (first_ms, until_ms)).await?;
        if let Some(page) = slice.page() {
            narrow.paths = Some(vec![page.to_owned()]);
        }
        let mut weeks = Vec::new();
        for (first, edge) in starts.iter().zip(edges_ms.windows(2)) {
            let span_ms = (edge[0], edge[1].min(until_ms).max(edge[0]));
            let (there, asked) = self.known_of_week(*first, span_ms, (device, &narrow)).await?;
            weeks.push(Week { first: first.to_string(), is_over: edge[1] <= self.now_ms, there, asked });
        }
        let before = self.store.known_visitors(site_id, (0, first_ms), (None, &whole), i64::MAX).await?;
        let known = self.store.views_of_known(site_id, (first_ms, until_ms), (device, &narrow)).await?;
        let last = day_of_instant(zone, until_ms - 1);
        let first =
            self.store.first_hour_ms(site_id).await?.map_or(starts[0], |first_ms| day_of_instant(zone, first_ms));
        let range = Range::Custom(starts[0].max(first).min(last), last);
        // Where they would have to be counted one by one, and are too many, their share is not told.
        let all = match self.all_views(&Slice { range, compare: false, ..slice.clone() }).await {
            Ok(all) => Some((known.min(all), all)),
            Err(ReportError::Untold(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(retention::report(&weeks, &before, last.to_string(), all))
    }

    /// Everybody known who was there in a week, and those of them who are asked for.
    async fn known_of_week(
        &self,
        first: Date,
        span_ms: (i64, i64),
        (device, narrow): (Option<Device>, &Narrow),
    ) -> Result<(Vec<Id>, Vec<Id>), ReportError> {
        let (site_id, whole) = (self.site_id(), Narrow::default());
        let there = self.store.known_visitors(site_id, span_ms, (None, &whole), VISITORS + 1).await?;
        if there.len() as i64 > VISITORS {
            let reason = format!("holds more than {VISITORS} known visitors in the week of {first}");
            return Err(vec![Fault::new("range", reason)].into());
        }
        if device.is_none() && narrow.is_whole() {
            return Ok((there.clone(), there));
        }
        let asked = self.store.known_visitors(site_id, span_ms, (device, narrow), VISITORS).await?;
        Ok((there, asked))
    }

    /// The page views of a slice.
    async fn all_views(&self, slice: &Slice) -> Result<u64, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let rows: Vec<PageRollup> = super::Loaded::new(self, slice, &now).await?.pages(slice.path()).await?;
        Ok(rows.iter().map(|row| row.views.max(0) as u64).sum())
    }

    /// What happened in a visit around an instant, oldest first, and when the last of it was; empty where nothing is kept of it.
    pub async fn visit(&self, shown: Id, at_ms: i64) -> Result<(i64, Vec<Moment>), ReportError> {
        let until_ms = at_ms.saturating_add(SHOWN_AFTER_MS).min(self.now_ms);
        let Some(session) = self.store.visit_shown_as(self.site_id(), shown).await? else {
            return Ok((until_ms, Vec::new()));
        };
        let session = self.store.session(self.site_id(), session, until_ms, VISIT_ROWS).await?;
        let last_ms = session.views.iter().map(|view| view.occurred_at_ms);
        let last_ms = last_ms.chain(session.signals.iter().map(|signal| signal.occurred_at_ms)).max();
        let last_ms = last_ms.unwrap_or(until_ms);
        Ok((last_ms, timeline(last_ms, &[], &session.views, &session.signals)))
    }
}
