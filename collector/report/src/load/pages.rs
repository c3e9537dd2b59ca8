//! The list of pages, one page or several that are one, and who met what on them.

use super::source::{NEWEST_WORDS, RESPONSES};
use super::{Loaded, Source};
use crate::ReportError;
use crate::experience::{By, Experience, LISTED, Listed, PageLine, PageRates, PageTable};
use crate::feedback;
use crate::page::{self, CULPRITS, CauseReport, PageReport, TouchedView};
use crate::period::{Period, Periods};
use crate::response::Time;
use crate::route::Routes;
use crate::scorecard::{Measured, scorecard};
use crate::slice::Slice;
use crate::vital_cause;
use rapport_shared::signal::SignalKind;
use rapport_store::engine::stream::RowStream;
use rapport_store::response::cause::{self, Cause};
use rapport_store::visitor::usage::Usage;
use std::ops::Range as Places;
use tokio::sync::mpsc::Sender;

/// Most hours of known visitors that a scorecard counts.
const USED: i64 = 200_000;
/// Views that are listed of a cause.
const TOUCHED: i64 = 50;
/// Lines that a list of pages hands over at a time.
const TAKEN: usize = 500;

/// Who takes the lines of a list of pages.
enum Taker<'a> {
    /// A report of some of them.
    Report(&'a mut Experience),
    /// Whoever waits at the other end.
    Channel(&'a Sender<Result<Vec<PageLine>, ReportError>>),
}

impl Taker<'_> {
    /// Hands some lines over; whether more are wanted.
    async fn take(&mut self, table: &PageTable<'_>, now: &Period, lines: Vec<PageLine>) -> bool {
        match self {
            Self::Report(report) => {
                table.describe(report);
                (report.from, report.to) = (now.first.to_string(), now.last.to_string());
                report.pages.extend(lines);
                true
            }
            Self::Channel(channel) => channel.send(Ok(lines)).await.is_ok(),
        }
    }
}

impl Source<'_> {
    /// A part of the list of pages.
    pub async fn experience(&self, slice: &Slice, listed: &Listed) -> Result<Experience, ReportError> {
        let first = listed.part.saturating_sub(1).saturating_mul(LISTED);
        let mut report = Experience::default();
        let periods =
            self.pages(slice, listed, first..first.saturating_add(LISTED), Taker::Report(&mut report)).await?;
        report.rule_change = self.rule_change(&periods.now, periods.before.as_ref()).await?;
        Ok(report)
    }

    /// Every line of the list of pages, however many there are, some at a time, as long as somebody takes them; at least once, of no
    /// lines where there are none.
    pub async fn every_page(
        &self,
        slice: &Slice,
        listed: &Listed,
        taker: &Sender<Result<Vec<PageLine>, ReportError>>,
    ) -> Result<(), ReportError> {
        self.pages(slice, listed, 0..usize::MAX, Taker::Channel(taker)).await.map(|_| ())
    }

    /// The lines of some places of the list of pages.
    async fn pages(
        &self,
        slice: &Slice,
        listed: &Listed,
        places: Places<usize>,
        mut taker: Taker<'_>,
    ) -> Result<Periods, ReportError> {
        let periods = self.periods(slice).await?;
        let (now, before) = (&periods.now, periods.before.as_ref());
        let routes = if listed.by == By::Route { self.routes().await? } else { Routes::default() };
        let loaded = Loaded::new(self, slice, now).await?;
        let of_before = self.before(slice, before, async |loaded| loaded.page_counts().await);
        let (rows, earlier) = tokio::try_join!(loaded.page_counts(), of_before)?;
        let mut table = PageTable::new(listed, &routes, &rows, earlier.as_deref(), (slice.page(), slice.looks()));
        let every = if table.needs_sketches() { table.paths(0..table.found()) } else { Vec::new() };
        let all = loaded.sketches_of(&every).await?;
        table.sort(&all);
        let end = places.end.min(table.found());
        let mut from = places.start.min(end);
        loop {
            let to = from.saturating_add(TAKEN).min(end);
            let of_part = if table.needs_sketches() { Vec::new() } else { table.paths(from..to) };
            let own = loaded.sketches_of(&of_part).await?;
            let lines = table.lines(from..to, if table.needs_sketches() { &all } else { &own });
            if !taker.take(&table, now, lines).await || to == end {
                return Ok(periods);
            }
            from = to;
        }
    }

    /// One page: the one of the slice.
    pub async fn page(&self, slice: &Slice) -> Result<PageReport, ReportError> {
        let mut report = self.whole_page(slice).await?;
        report.culprits.iter_mut().for_each(|kind| kind.culprits.truncate(CULPRITS));
        Ok(report)
    }

    /// The same with every element and error.
    pub async fn whole_page(&self, slice: &Slice) -> Result<PageReport, ReportError> {
        let Periods { now, before, .. } = self.periods(slice).await?;
        let path = slice.path();
        let of_now = async {
            let loaded = Loaded::new(self, slice, &now).await?;
            tokio::try_join!(
                loaded.pages(path),
                loaded.pages_by_device(path),
                loaded.page_counts(),
                loaded.signals(path),
                loaded.answers(""),
                loaded.reach(),
                loaded.vitals(path)
            )
        };
        let of_before = self.before(slice, before.as_ref(), async |loaded| {
            tokio::try_join!(
                loaded.pages(path),
                loaded.pages_by_device(path),
                loaded.page_counts(),
                loaded.answers(""),
                loaded.signals(path)
            )
        });
        let usage = async { self.usage(slice, Some(&now)).await };
        let usage_before = async { self.usage(slice, before.as_ref()).await };
        let ((rows, by_device, counts, signals, answers, reach, vitals), earlier, usage, usage_before) =
            tokio::try_join!(of_now, of_before, usage, usage_before)?;
        let earlier = earlier.as_ref();
        let answers_before = earlier.map(|(_, _, _, answers, _)| answers.as_slice());
        let rates = PageRates::of(&counts, earlier.map(|(_, _, counts, ..)| counts.as_slice()), slice.looks());
        let mut report = page::report(
            path,
            &now,
            &rows,
            (&by_device, earlier.map(|(_, by_device, ..)| by_device.as_slice())),
            before.as_ref().zip(earlier.map(|(rows, ..)| rows.as_slice())),
            &signals,
            (rates.take(path).filter(|_| slice.page().is_some()), slice.looks()),
        )?;
        report.reach = reach;
        report.vital_causes = vital_cause::causes(&vitals, vital_cause::ELEMENTS);
        report.rule_change = self.rule_change(&now, before.as_ref()).await?;
        let surveys = self.as_answered(self.surveys().await?, &answers);
        report.scores = feedback::scores(&surveys, &answers, answers_before, slice.looks());
        report.scores.retain(|score| score.figure.n > 0);
        let measured = Measured { period: &now, rows: &rows, signals: &signals, usage: &usage };
        let measured_before = before.as_ref().zip(earlier).map(|(period, (rows, _, _, _, signals))| Measured {
            period,
            rows,
            signals,
            usage: &usage_before,
        });
        report.scorecard = scorecard(measured, measured_before, (&report.scores, &report.figures), slice.looks())?;
        let range = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, range).await?;
        let within = (path, slice.device.stored(), &narrow);
        let records = self.store.newest_words(self.site_id(), range, within, NEWEST_WORDS).await?;
        report.responses = self.summaries(&records).await?;
        Ok(report)
    }

    /// Known visitors of a slice in a period; nobody without one.
    async fn usage(&self, slice: &Slice, period: Option<&Period>) -> Result<Usage, ReportError> {
        let Some(period) = period else { return Ok(Usage::default()) };
        let span_ms = (period.from_ms, period.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let places = (slice.path(), slice.device.stored(), &narrow);
        Ok(self.store.usage(self.site_id(), span_ms, places, USED).await?)
    }

    /// Every page view in which something was met, as it is stored.
    ///
    /// # Errors
    /// When they cannot be told, or as many long results are being read as may be.
    pub async fn stream_views_touched(
        &self,
        slice: &Slice,
        kind: SignalKind,
        label: &str,
    ) -> Result<RowStream, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let (path, device) = (slice.path(), slice.device.stored());
        let cause = Cause { kind, label, error_keys: &[], path, device, narrow: &narrow };
        Ok(self.store.stream_views_touched(self.site_id(), span_ms, &cause).await?)
    }

    /// The people who met something on the page of the slice, or on any of its pages.
    pub async fn cause(&self, slice: &Slice, kind: SignalKind, label: &str) -> Result<CauseReport, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let (path, device) = (slice.path(), slice.device.stored());
        let cause = Cause { kind, label, error_keys: &[], path, device, narrow: &narrow };
        self.touched(&now, &cause, RESPONSES as i64).await
    }

    /// Whom a cause touched in a period.
    pub(super) async fn touched(
        &self,
        now: &Period,
        cause: &Cause<'_>,
        responses: i64,
    ) -> Result<CauseReport, ReportError> {
        let span_ms = (now.from_ms, now.to_ms);
        let (records, views) = tokio::try_join!(
            self.store.responses_touched(self.site_id(), span_ms, cause, responses),
            self.store.views_touched(self.site_id(), span_ms, cause, TOUCHED)
        )?;
        let zone = &self.site.site.time_zone;
        let view = |view: cause::TouchedView| TouchedView {
            at: Time::new(view.occurred_at_ms, zone),
            path: view.path,
            device: view.device,
            browser: view.browser,
            country: view.country,
            language: view.language,
            release: view.release,
            duration_ms: view.duration_ms,
        };
        Ok(CauseReport {
            from: now.first.to_string(),
            to: now.last.to_string(),
            responses: self.summaries(&records).await?,
            views: views.into_iter().map(view).collect(),
        })
    }
}
