//! The jobs that look for what nobody causes at an instant: promises that are missed or soon will be, issues that were found, and scores
//! that fell. Each is told once; what is there when somebody first asks for issues is not new.

use super::kind::{Attempt, Fault, Kind, Plan};
use crate::app::Reports;
use crate::member::reading::*;
use crate::notification::{of_issue, of_target};
use rapport_report::ReportError;
use rapport_report::figure::Verdict;
use rapport_report::issue::Show;
use rapport_report::slice::{Range, Slice};
use rapport_shared::id::Id;
use rapport_store::calendar::day_of_instant;
use rapport_store::clock::Clock;
use rapport_store::news::{News, NewsKind};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::{Store, StoreError};
use serde_json::json;
use std::time::Duration;

/// Sites of one statement.
const SITES: usize = 250;
/// Promises that are read together.
const TARGETS: u32 = 1_000;
/// How long before it falls due a promise is about to be missed, in milliseconds (an hour).
const SOON_MS: i64 = 3_600_000;
/// How long after it fell due a missed promise is still told, in milliseconds (a day): a collector may have been away.
const LATE_MS: i64 = 86_400_000;
/// Days that issues and scores are of.
const DAYS: i32 = 7;

/// Looks for promises.
pub struct FindTargets {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

impl FindTargets {
    async fn of_site(&self, site_id: Id) -> Result<(), StoreError> {
        let wanted = self.store.wanted_news(site_id).await?;
        if !wanted.iter().any(|kind| matches!(kind, NewsKind::TargetSoon | NewsKind::TargetMissed)) {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        let due = self.store.targets_due_between(site_id, (now_ms - LATE_MS, now_ms + SOON_MS), TARGETS).await?;
        let kind = |due_at_ms| if due_at_ms <= now_ms { NewsKind::TargetMissed } else { NewsKind::TargetSoon };
        let news = due.iter().map(|of| of_target(site_id, of, kind(of.target.due_at_ms.unwrap_or(i64::MAX)), now_ms));
        self.store.tell_once(site_id, &news.collect::<Vec<_>>(), false, now_ms).await
    }
}

impl Kind for FindTargets {
    const NAME: &'static str = "find_target";
    const PLAN: Plan = Plan::every(Duration::from_secs(60));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            for site_id in self.store.sites_that_want_news(sites).await? {
                failed = self.of_site(site_id).await.err().or(failed);
            }
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}

/// Looks for issues and scores.
pub struct FindIssues {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Whose they are.
    pub sites: SiteDirectory,
    /// What finds them.
    pub reports: Reports,
}

impl FindIssues {
    async fn issues(&self, site: &SiteContext) -> Result<(), ReportError> {
        let (site_id, now_ms) = (site.site.site_id, self.clock.now_ms());
        let slice = Slice { range: Range::Last(DAYS), ..Slice::default() };
        let found = self.reports.of(site).whole_issues(&slice, Show::Open).await?;
        let news: Vec<_> = found.issues.iter().map(|issue| of_issue(site_id, issue, now_ms)).collect();
        // That this was looked at before: what is there the first time is not new.
        let first = News::new(site_id, (NewsKind::IssueFound, "looked for"), "", now_ms);
        let silently = !self.store.was_told(site_id, first.news_id).await?;
        self.store.tell_once(site_id, &news, silently, now_ms).await?;
        Ok(self.store.tell_once(site_id, &[first], true, now_ms).await?)
    }

    /// Scores that fell against the days before, told from noise; each once a week.
    async fn scores(&self, site: &SiteContext) -> Result<(), ReportError> {
        let (site_id, now_ms) = (site.site.site_id, self.clock.now_ms());
        let slice = Slice { range: Range::Last(DAYS), compare: true, ..Slice::default() };
        let overview = self.reports.of(site).overview(&slice).await?;
        let week = day_of_instant(&site.site.time_zone, now_ms).iso_week_date();
        let mut fell = Vec::new();
        for score in &overview.scores {
            let figure = &score.figure;
            let Some(change) = figure.change.as_ref().filter(|change| change.verdict == Verdict::Worse) else {
                continue;
            };
            let part = if score.part.is_empty() { String::new() } else { format!(", {}", score.part) };
            let label = format!("{}: {}{part}", score.name, figure.label);
            let title = format!("{label} fell to {} ({}, n {})", figure.text(), figure.change_text(), figure.n);
            let about = format!("{label}:{}-{}", week.year(), week.week());
            let mut news = News::new(site_id, (NewsKind::ScoreFell, &about), &title, now_ms);
            news.path = format!("overview{}", crate::http::query::slice::SliceQuery::suffix(&slice));
            news.facts = json!({
                "survey": score.name, "score": figure.label, "value": figure.value, "n": figure.n, "low": figure.low,
                "high": figure.high, "before": change.before, "n_before": change.n_before, "difference": change.difference,
            })
            .as_object()
            .cloned()
            .unwrap_or_default();
            fell.push(news);
        }
        Ok(self.store.tell_once(site_id, &fell, false, now_ms).await?)
    }

    async fn of_site(&self, site_id: Id) -> Result<(), ReportError> {
        let Some(site) = self.sites.by_id(site_id).await? else { return Ok(()) };
        let wanted = self.store.wanted_news(site_id).await?;
        if wanted.contains(&NewsKind::IssueFound) {
            self.issues(&site).await?;
        }
        if wanted.contains(&NewsKind::ScoreFell) {
            self.scores(&site).await?;
        }
        Ok(())
    }
}

impl Kind for FindIssues {
    const NAME: &'static str = "find_issue";
    const PLAN: Plan = Plan::every(Duration::from_secs(3_600));
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            for site_id in self.store.sites_that_want_news(sites).await? {
                failed = self.of_site(site_id).await.err().or(failed);
            }
        }
        match failed {
            None => Ok(()),
            Some(ReportError::Store(error)) => Err(Fault::from(error)),
            Some(ReportError::Untold(_)) => {
                Err(Fault::from(StoreError::Refused("what was found cannot be told".into())))
            }
        }
    }
}
