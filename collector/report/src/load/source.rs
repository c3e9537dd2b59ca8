//! Where reports come from: the store and a site, as of now. Each report is loaded here and computed elsewhere.

use super::Loaded;
use crate::ReportError;
use crate::delivery::{self, DeliveryLog};
use crate::driver::bias::Bias;
use crate::driver::{self, ByVisitor, Drivers};
use crate::feedback::{self, Delivered, Feedback};
use crate::fix::first_of;
use crate::install::{self, Foreign, Install};
use crate::overview::{Input, Overview};
use crate::period::{Period, Periods, hour_label};
use crate::response::{self, PictureAddress, Pictures, ResponseReport, ResponseSummary, Time};
use crate::route::Routes;
use crate::rule_change::RuleChange;
use crate::slice::{Dimension, ROWS, Range, Slice};
use crate::survey::former;
use crate::survey::{self, SurveyReport};
use crate::timeline::timeline;
use rapport_figures::standing::Standing;
use rapport_shared::id::Id;
use rapport_shared::survey::{Fault, Survey};
use rapport_store::Store;
use rapport_store::attachment::Attachment;
use rapport_store::calendar::day_of_instant;
use rapport_store::device::rollup_name;
use rapport_store::engine::stream::RowStream;
use rapport_store::response::session::Session;
use rapport_store::response::{Cursor, ResponseFilter, ResponseRecord, Suspicious};
use rapport_store::rollup::narrow::{Narrow, Occurring, Recurrence};
use rapport_store::rollup::{AnswerRollup, Rollup, SurveyRollup};
use rapport_store::site::directory::SiteContext;
use rapport_store::site::refused_origins::RefusedOrigin;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// Responses on one page of a list.
pub const RESPONSES: usize = 20;
/// Words shown beside a page's figures.
pub(super) const NEWEST_WORDS: i64 = 5;
/// Views, and signals, of a session that are looked at.
const SESSION_ROWS: usize = 100;

/// Rows that are looked at to find what a slice can be narrowed to.
const LOOKED_AT: i64 = 2_000;
/// Most pages that a pattern is tried on.
const KNOWN: usize = 5_000;
/// Most pages that a glob or a route may fit: each is a value of a statement, of which an engine takes so many.
const MATCHED: usize = 10_000;
/// Most values of one dimension that are offered.
const OFFERED: usize = 12;
/// A site's data as of now.
pub struct Source<'a> {
    /// The store.
    pub store: &'a Store,
    /// The site.
    pub site: &'a SiteContext,
    /// Now, in epoch milliseconds.
    pub now_ms: i64,
    /// Where pictures are to be had.
    pub picture_address: PictureAddress,
}

/// Which responses of a survey to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listing {
    /// One of its scores stands there; `None` for all.
    pub standing: Option<Standing>,
    /// Only those with words.
    pub words: bool,
    /// Whether suspicious ones are listed, and counted in every figure.
    pub suspicious: Suspicious,
    /// The place to go on after.
    pub after: Option<Cursor>,
}

/// The rows of each hour.
fn by_hour<T>(rows: Vec<(i64, T)>) -> HashMap<i64, Vec<T>> {
    let mut hours: HashMap<i64, Vec<T>> = HashMap::new();
    rows.into_iter().for_each(|(hour_ms, row)| hours.entry(hour_ms).or_default().push(row));
    hours
}

impl Source<'_> {
    pub(super) fn site_id(&self) -> Id {
        self.site.site.site_id
    }

    /// The day that runs, by the clocks of the site.
    pub fn today(&self) -> jiff::civil::Date {
        day_of_instant(&self.site.site.time_zone, self.now_ms)
    }

    /// The hour that runs, as points of charts are called.
    pub fn running(&self) -> String {
        let zone = &self.site.site.time_zone;
        hour_label(zone, self.site.hour_start_ms(self.now_ms))
    }

    /// Which pages of the site are one.
    pub async fn routes(&self) -> Result<Routes, ReportError> {
        Ok(Routes::new(self.store.routes(self.site_id()).await?))
    }

    /// Pages of the last 30 days, those that are seen on most days first; at most some thousands.
    pub async fn known_pages(&self) -> Result<Vec<String>, ReportError> {
        let slice = Slice { compare: false, ..Slice::default() };
        let (month, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let day_ms = |back: usize| month.days.iter().rev().nth(back).map_or(month.from_ms, |day| day.start_ms);
        let (site_id, span_ms) = (self.site_id(), (month.from_ms, day_ms(1), day_ms(0)));
        let (mut pages, today) = tokio::try_join!(
            self.store.known_paths(site_id, span_ms, KNOWN),
            self.store.paths_of_day(site_id, span_ms.2, KNOWN)
        )?;
        let known: HashSet<String> = pages.iter().cloned().collect();
        pages.extend(today.into_iter().filter(|page| !known.contains(page)));
        Ok(pages)
    }

    /// What rows of some hours have to meet. Where pages are matched by their paths, these are looked up.
    ///
    /// # Errors
    /// When there are too many rows to look through, or too many pages fit.
    pub async fn narrow(&self, slice: &Slice, span_ms: (i64, i64)) -> Result<Narrow, ReportError> {
        if !slice.pages.are_matched() {
            return Ok(slice.narrow(None));
        }
        if self.store.rows_within(self.site_id(), span_ms, ROWS + 1).await? > ROWS as u64 {
            return Err(vec![super::too_many(slice, &self.site.site.time_zone, span_ms)].into());
        }
        let routes = self.routes().await?;
        let mut paths = self.store.paths_within(self.site_id(), span_ms, ROWS as usize).await?;
        paths.retain(|path| slice.pages.holds(path, &routes));
        if paths.len() > MATCHED {
            let field = slice.narrowed().find(|(dimension, _)| dimension.is_path()).map_or("page", |(of, _)| of.name());
            return Err(
                vec![Fault::new(field, format!("fits more than {MATCHED} pages of these days: fit fewer"))].into()
            );
        }
        Ok(slice.narrow(Some(paths)))
    }

    /// Every page view of a slice, as it is stored.
    ///
    /// # Errors
    /// When they cannot be told, or as many long results are being read as may be.
    pub async fn stream_views(&self, slice: &Slice) -> Result<RowStream, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let within = (slice.path(), slice.device.stored(), &narrow);
        Ok(self.store.stream_views(self.site_id(), span_ms, within).await?)
    }

    /// Every signal of a slice, as it is stored.
    ///
    /// # Errors
    /// When they cannot be told, or as many long results are being read as may be.
    pub async fn stream_signals(&self, slice: &Slice) -> Result<RowStream, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let within = (slice.path(), slice.device.stored(), &narrow);
        Ok(self.store.stream_signals(self.site_id(), span_ms, within).await?)
    }

    /// The days of a report, and those before, unless some of them lie before the first data: what began halfway through
    /// them would be compared with less than a whole period.
    pub async fn periods(&self, slice: &Slice) -> Result<Periods, ReportError> {
        let zone = &self.site.site.time_zone;
        let (now, before) = slice.periods(zone, self.now_ms);
        let Some(before) = before else { return Ok(Periods { now, before: None, no_data_before: None }) };
        let first = self.store.first_hour_ms(self.site_id()).await?.map(|hour_ms| day_of_instant(zone, hour_ms));
        let is_whole = first.is_some_and(|first| first <= before.first);
        let no_data_before = first.filter(|_| !is_whole);
        Ok(Periods { now, before: Some(before).filter(|_| is_whole), no_data_before })
    }

    /// Where clicks were judged by another rule within the days shown and compared with.
    pub(super) async fn rule_change(
        &self,
        now: &Period,
        before: Option<&Period>,
    ) -> Result<Option<RuleChange>, ReportError> {
        let rules = self.store.click_rules(self.site_id()).await?;
        let from_ms = before.map_or(now.from_ms, |before| before.from_ms);
        Ok(RuleChange::of(&rules, (from_ms, now.to_ms), &self.site.site.time_zone))
    }

    /// How people feel, what broke, what to fix first.
    pub async fn overview(&self, slice: &Slice) -> Result<Overview, ReportError> {
        let mut report = self.whole_overview(slice).await?;
        report.fix_first = first_of(report.fix_first);
        Ok(report)
    }

    /// The same with every page that met a failure.
    pub async fn whole_overview(&self, slice: &Slice) -> Result<Overview, ReportError> {
        let Periods { now, before, .. } = self.periods(slice).await?;
        self.overview_beside(slice, &now, before.as_ref().map(|before| (slice, before))).await
    }

    /// The same of a period, compared with another part of the data, or with other days.
    pub(super) async fn overview_beside(
        &self,
        slice: &Slice,
        now: &Period,
        beside: Option<(&Slice, &Period)>,
    ) -> Result<Overview, ReportError> {
        let (other, before) = (beside.map_or(slice, |(other, _)| other), beside.map(|(_, before)| before));
        // Both are read side by side: the store has several readers.
        let of_now = async {
            let loaded = Loaded::new(self, slice, now).await?;
            tokio::try_join!(
                loaded.pages(slice.path()),
                loaded.pages_by_device(slice.path()),
                loaded.page_counts(),
                loaded.answers(""),
                loaded.path_answers(),
                loaded.facts(),
                loaded.releases()
            )
        };
        let of_before = self.before(other, before, async |loaded| {
            let by_path = async {
                // Only the shares of a page are judged among those of the others.
                if other.page().is_some() { loaded.page_counts().await } else { Ok(Vec::new()) }
            };
            tokio::try_join!(
                loaded.pages(other.path()),
                loaded.pages_by_device(other.path()),
                by_path,
                loaded.answers("")
            )
        });
        let first_data = async { Ok(self.store.first_hour_ms(self.site_id()).await?) };
        let ((pages, by_device, by_path, answers, path_answers, facts, releases), earlier, surveys, first_data_ms) =
            tokio::try_join!(of_now, of_before, self.surveys(), first_data)?;
        let surveys = self.as_answered(surveys, &answers);
        let mut input = Input {
            pages,
            by_device,
            by_path,
            answers,
            path_answers,
            facts,
            releases,
            surveys,
            first_data_ms,
            ..Input::default()
        };
        if let Some((pages, by_device, by_path, answers)) = earlier {
            input.pages_before = Some(pages);
            input.by_device_before = Some(by_device);
            input.by_path_before = Some(by_path);
            input.answers_before = Some(answers);
        }
        let mut report = input.report(slice, now, before)?;
        report.rule_change = self.rule_change(now, before).await?;
        Ok(report)
    }

    /// What goes with low scores, and how those who answer differ from those who do not.
    pub async fn drivers(&self, slice: &Slice) -> Result<Drivers, ReportError> {
        let mut report = self.whole_drivers(slice).await?;
        report.by_page.truncate(driver::LISTED);
        Ok(report)
    }

    /// The same with every line.
    pub async fn whole_drivers(&self, slice: &Slice) -> Result<Drivers, ReportError> {
        let Periods { now, .. } = self.periods(slice).await?;
        let of_now = async {
            let loaded = Loaded::new(self, slice, &now).await?;
            tokio::try_join!(loaded.facts(), loaded.crowd(), loaded.answers(""))
        };
        let by_visitor = async { self.by_visitor(slice, (now.from_ms, now.to_ms)).await };
        let ((facts, crowd, answers), surveys, by_visitor) = tokio::try_join!(of_now, self.surveys(), by_visitor)?;
        let surveys = self.as_answered(surveys, &answers);
        let scores = feedback::scores(&surveys, &answers, None, 1.0);
        let is_page = slice.page().is_some();
        let bias = Bias::of(&crowd, &facts, &scores, is_page);
        Ok(Drivers::of((now.first.to_string(), now.last.to_string()), (&facts, &by_visitor), bias, is_page))
    }

    /// Scores of visitors who are new and of those who return; nobody's where the slice is of either, or has too many answers to read.
    async fn by_visitor(&self, slice: &Slice, span_ms: (i64, i64)) -> Result<ByVisitor, ReportError> {
        if slice.recurrence.is_some() {
            return Ok(ByVisitor::default());
        }
        let narrow = self.narrow(slice, span_ms).await?;
        let of = async |recurrence: Recurrence| -> Result<_, ReportError> {
            let narrow = Narrow { recurrence: Some(recurrence), ..narrow.clone() };
            let (path, device) = (slice.path(), rollup_name(slice.device.stored()));
            let mut rows = self.store.facts_narrowed(self.site_id(), span_ms, &narrow).await?.unwrap_or_default();
            rows.retain(|row| (path.is_empty() || row.path == path) && (device.is_empty() || row.device == device));
            Ok(rows)
        };
        let (new, returning) = tokio::try_join!(of(Recurrence::New), of(Recurrence::Returning))?;
        Ok(ByVisitor { new, returning })
    }

    /// Every survey with its scores.
    pub async fn feedback(&self, slice: &Slice) -> Result<Feedback, ReportError> {
        let Periods { now, before, .. } = self.periods(slice).await?;
        let of_now = async {
            let loaded = Loaded::new(self, slice, &now).await?;
            tokio::try_join!(loaded.answers(""), loaded.surveys(""))
        };
        let of_before = self
            .before(slice, before.as_ref(), async |loaded| tokio::try_join!(loaded.answers(""), loaded.surveys("")));
        let ((answers, delivery), earlier, surveys) = tokio::try_join!(of_now, of_before, self.surveys())?;
        let surveys = self.as_answered(surveys, &answers);
        let surveys = feedback::lines(
            &surveys,
            (&answers, earlier.as_ref().map(|(answers, _)| answers.as_slice())),
            Delivered {
                now: &delivery,
                before: earlier.as_ref().map(|(_, delivery)| delivery.as_slice()),
                steps_tell: slice.is_told_by_steps(),
            },
            slice.looks(),
        );
        Ok(Feedback { from: now.first.to_string(), to: now.last.to_string(), surveys })
    }

    /// What pages say of each survey, beside what is stored.
    ///
    /// # Errors
    /// Where the slice asks for what steps of delivery do not carry.
    pub async fn delivery(&self, slice: &Slice) -> Result<DeliveryLog, ReportError> {
        slice.told_by("steps of delivery", &Dimension::OF_STEPS)?;
        let Periods { now, before, .. } = self.periods(slice).await?;
        let narrow = self.narrow(slice, (now.from_ms, now.to_ms)).await?;
        let of_now = async { Loaded::new(self, slice, &now).await?.surveys("").await };
        let of_before = self.before(slice, before.as_ref(), async |loaded| loaded.surveys("").await);
        let arrived = async {
            let device = slice.device.stored();
            let span_ms = (now.from_ms, now.to_ms);
            let (site_id, within) = (self.site_id(), (slice.path(), device, &narrow));
            let (named, finished) = tokio::try_join!(
                self.store.named_responses(site_id, span_ms, within),
                self.store.finished_of_pages(site_id, span_ms, within)
            )?;
            Ok(delivery::Arrived { named, finished })
        };
        let (delivery, earlier, arrived, surveys) = tokio::try_join!(of_now, of_before, arrived, self.surveys())?;
        let surveys = delivery::lines(
            &surveys,
            Delivered { now: &delivery, before: earlier.as_deref(), steps_tell: true },
            &arrived,
            slice.looks(),
        );
        Ok(DeliveryLog { from: now.first.to_string(), to: now.last.to_string(), surveys })
    }

    /// One survey with its responses; `None` when the site has no such survey.
    pub async fn survey(
        &self,
        slice: &Slice,
        survey_id: &str,
        listing: Listing,
    ) -> Result<Option<SurveyReport>, ReportError> {
        let surveys = self.surveys().await?;
        let Some(place) = surveys.iter().position(|(survey, _)| survey.id == survey_id) else {
            return Ok(None);
        };
        let Periods { now, before, .. } = self.periods(slice).await?;
        let narrow = self.narrow(slice, (now.from_ms, now.to_ms)).await?;
        // The rows of every survey are read: a change is judged among those of the list.
        let of_now = async {
            let loaded = Loaded::new(self, slice, &now).await?;
            tokio::try_join!(loaded.answers(""), loaded.surveys(""))
        };
        let of_before = self
            .before(slice, before.as_ref(), async |loaded| tokio::try_join!(loaded.answers(""), loaded.surveys("")));
        let ((mut answers, mut delivery), earlier) = tokio::try_join!(of_now, of_before)?;
        let mut earlier = earlier;
        if listing.suspicious == Suspicious::Included {
            let (more, steps) = self.suspicious(slice, survey_id, (now.from_ms, now.to_ms)).await?;
            answers.extend(more);
            delivery.extend(steps);
            if let Some(((answers, delivery), before)) = earlier.as_mut().zip(before.as_ref()) {
                let (more, steps) = self.suspicious(slice, survey_id, (before.from_ms, before.to_ms)).await?;
                answers.extend(more);
                delivery.extend(steps);
            }
        }
        let surveys = self.as_answered(surveys, &answers);
        let report = survey::report(
            (&surveys, place),
            self.site.versions(survey_id),
            &now,
            (&answers, earlier.as_ref().map(|(answers, _)| answers.as_slice())),
            Delivered {
                now: &delivery,
                before: earlier.as_ref().map(|(_, delivery)| delivery.as_slice()),
                steps_tell: slice.is_told_by_steps(),
            },
            slice.looks(),
        );
        let Some(mut report) = report else { return Ok(None) };
        let wanted = ResponseFilter {
            survey_id,
            from_ms: now.from_ms,
            to_ms: now.to_ms,
            path: slice.path(),
            device: slice.device.stored(),
            narrow: &narrow,
            standing: listing.standing,
            words: listing.words,
            suspicious: listing.suspicious,
            after: listing.after,
            limit: RESPONSES as i64 + 1,
        };
        let mut records = self.store.responses(self.site_id(), &wanted).await?;
        if records.len() > RESPONSES {
            records.truncate(RESPONSES);
            report.next = records.last().map(|last| Cursor::of(last).to_string());
        }
        report.responses = self.summaries(&records).await?;
        Ok(Some(report))
    }

    /// What rollups leave out because it is suspicious, in the form of rollups.
    async fn suspicious(
        &self,
        slice: &Slice,
        survey_id: &str,
        span_ms: (i64, i64),
    ) -> Result<(Vec<AnswerRollup>, Vec<SurveyRollup>), ReportError> {
        let narrow = self.narrow(slice, span_ms).await?;
        let (path, device) = (slice.path(), slice.device.stored());
        let (site_id, within) = (self.site_id(), (path, device, &narrow));
        let (given, steps) = tokio::try_join!(
            self.store.suspicious_answers(site_id, survey_id, span_ms, within),
            self.store.suspicious_steps(site_id, survey_id, span_ms, within)
        )?;
        // Totals and parts come side by side, as rollups hold them: those of the slice are wanted.
        let is_wanted = |of_path: &str, of_device: &str| of_path == path && of_device == rollup_name(device);
        let (given, steps) = (by_hour(given), by_hour(steps));
        let answers = given.iter().flat_map(|(hour_ms, given)| AnswerRollup::of_hour(*hour_ms, given));
        let surveys = steps.iter().flat_map(|(hour_ms, steps)| SurveyRollup::of_hour(*hour_ms, steps));
        Ok((
            answers.filter(|row| is_wanted(&row.path, &row.device)).collect(),
            surveys.filter(|row| is_wanted(&row.path, &row.device)).collect(),
        ))
    }

    /// One response with its trail; `None` when the site has no such response.
    pub async fn response(&self, id: Id) -> Result<Option<ResponseReport>, ReportError> {
        let Some(record) = self.store.response(self.site_id(), id).await? else { return Ok(None) };
        let zone = &self.site.site.time_zone;
        let definition = self.survey_version(&record.survey_id, record.survey_version).await?;
        let answers = self.store.answers_of(self.site_id(), &[id]).await?;
        let pictures = self.store.attachments_of(self.site_id(), &[id]).await?;
        let answers = response::answers(self.pictures(&pictures), definition.as_ref(), &answers);
        let session = match record.session_id.filter(|_| !record.trail_withheld) {
            // The view it was given in began before the first answer, give or take what the network added.
            Some(session) => self.store.session(self.site_id(), session, record.occurred_at_ms, SESSION_ROWS).await?,
            None => Session::default(),
        };
        Ok(Some(ResponseReport {
            summary: response::summary(&record, answers, zone),
            survey_name: definition.map_or_else(|| record.survey_id.clone(), |survey| survey.name),
            survey_version: record.survey_version,
            consent: record.consent,
            customer: match record.customer_id {
                Some(customer_id) => self.store.customer(self.site_id(), customer_id).await?,
                None => None,
            },
            received_at: Time::new(record.received_at_ms, zone),
            clamped: record.clamped,
            duration_ms: record.duration_ms,
            page: response::page_facts(&record),
            timeline: timeline(record.occurred_at_ms, &response::trail(&record), &session.views, &session.signals),
        }))
    }

    /// The newest responses with words, on any survey.
    pub async fn newest_words(&self, slice: &Slice) -> Result<Vec<ResponseSummary>, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let range = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, range).await?;
        let within = (slice.path(), slice.device.stored(), &narrow);
        let records = self.store.newest_words(self.site_id(), range, within, NEWEST_WORDS).await?;
        self.summaries(&records).await
    }

    /// What occurs on the days of a slice that it can be narrowed to: among the newest rows, what occurs most first.
    pub async fn occurring(&self, slice: &Slice) -> Result<Occurring, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        Ok(self.store.occurring(self.site_id(), span_ms, LOOKED_AT, OFFERED).await?)
    }

    /// Whether the tag works, on custom days or on the last 7; `script_url` is where pages find the script, `refused` whose
    /// pages were refused. Items that arrive are counted as they are, and told apart by nothing.
    pub async fn install(
        &self,
        range: Range,
        script_url: &str,
        refused: Vec<RefusedOrigin>,
    ) -> Result<Install, ReportError> {
        let site = &self.site.site;
        let range = if let Range::Custom(..) = range { range } else { Range::Last(7) };
        let slice = Slice { range, compare: false, ..Slice::default() };
        let (now, _) = slice.periods(&site.time_zone, self.now_ms);
        let counts = self.store.outcome_counts(site.site_id, now.from_ms, now.to_ms).await?;
        let last = self.store.last_items(site.site_id).await?;
        let (outcomes, rejected, last_at) = install::outcomes(&counts, &last, &site.time_zone);
        Ok(Install {
            from: now.first.to_string(),
            to: now.last.to_string(),
            tag: install::tag(script_url, &site.key),
            site_key: site.key.clone(),
            origins: site.origins.clone(),
            foreign: refused.into_iter().map(|origin| Foreign::of(origin, &site.key, &site.time_zone)).collect(),
            time_zone: site.time_zone_name().to_owned(),
            last_at,
            outcomes,
            refused: rejected,
        })
    }

    /// What `read` reads of the previous period, when there is one to compare with.
    pub(super) async fn before<T>(
        &self,
        slice: &Slice,
        period: Option<&Period>,
        read: impl AsyncFnOnce(Loaded<'_>) -> Result<T, ReportError>,
    ) -> Result<Option<T>, ReportError> {
        match period {
            Some(period) => read(Loaded::new(self, slice, period).await?).await.map(Some),
            None => Ok(None),
        }
    }

    /// Current definitions as reports name their texts, and whether each is active.
    pub async fn surveys(&self) -> Result<Vec<(Survey, bool)>, ReportError> {
        let listed = self.store.surveys(self.site_id()).await?;
        Ok(listed.into_iter().map(|listed| (listed.survey.outlined(), listed.active)).collect())
    }

    /// The same, with what they once asked and was answered.
    pub(super) fn as_answered(&self, surveys: Vec<(Survey, bool)>, answers: &[AnswerRollup]) -> Vec<(Survey, bool)> {
        let surveys = surveys.into_iter();
        surveys.map(|(survey, active)| (self.with_former(survey, answers), active)).collect()
    }

    fn with_former(&self, survey: Survey, answers: &[AnswerRollup]) -> Survey {
        let versions = self.site.versions(&survey.id);
        former::as_answered(survey, versions, answers)
    }

    /// The version of a survey that was answered, as reports name its texts.
    async fn survey_version(&self, survey_id: &str, version: i64) -> Result<Option<Survey>, ReportError> {
        let version = self.store.survey_version(self.site_id(), survey_id, version).await?;
        Ok(version.map(Survey::outlined))
    }

    fn pictures<'p>(&'p self, arrived: &'p [Attachment]) -> Pictures<'p> {
        Pictures { arrived, site_key: &self.site.site.key, address: self.picture_address }
    }

    pub(super) async fn summaries(&self, records: &[ResponseRecord]) -> Result<Vec<ResponseSummary>, ReportError> {
        let ids: Vec<_> = records.iter().map(|record| record.item_id).collect();
        let answers = self.store.answers_of(self.site_id(), &ids).await?;
        let pictures = self.store.attachments_of(self.site_id(), &ids).await?;
        let mut versions: HashMap<(&str, i64), Option<Survey>> = HashMap::new();
        let mut summaries = Vec::with_capacity(records.len());
        for record in records {
            let key = (record.survey_id.as_str(), record.survey_version);
            if let Entry::Vacant(place) = versions.entry(key) {
                place.insert(self.survey_version(key.0, key.1).await?);
            }
            let own: Vec<_> = answers.iter().filter(|answer| answer.item_id == record.item_id).cloned().collect();
            let definition = versions.get(&key).and_then(Option::as_ref);
            let views = response::answers(self.pictures(&pictures), definition, &own);
            summaries.push(response::summary(record, views, &self.site.site.time_zone));
        }
        Ok(summaries)
    }
}
