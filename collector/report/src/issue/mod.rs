//! Issues: what fails people on a page, by the element or cause and the kind of failure, with what they said of it; since when it is so
//! and for whom, whose it is, and what came of its fix.

pub mod fix;
pub mod segment;
mod told;

pub use told::{headline, kind_label};

use crate::figure::{Better, Figure, FigureKind, Unit};
use crate::fix::{self as rank, LEAST_WEIGHT, Since};
use crate::period::Period;
use crate::response::{ResponseSummary, Time};
use crate::route::Routes;
use fix::FixReport;
use rapport_figures::score::{Grouped, Groups, Score, relative_rates};
use rapport_figures::sketch::{SketchError, UniqueSketch};
use rapport_shared::limit::OTHER_PAGES;
use rapport_store::account::Member;
use rapport_store::issue::{IssueKey, IssueRecord, Status};
use rapport_store::rollup::issue::{VIEWS, is_of_page};
use rapport_store::rollup::release::FirstSeen;
use rapport_store::rollup::{IssueRollup, IssueSums};
use segment::{Cell, Cells, Segment, is_in};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Issues on one page of the list.
pub const LISTED: usize = 25;
/// Responses on one page of those who complained.
pub const COMPLAINTS: usize = 20;

/// What an issue is.
pub const DEFINITION: &str = "An issue is one kind of failure on one page (pages that are one but for an id count as one): of an element \
    (rage, dead, slow or failed clicks), of an error, of a task that failed or was given up, or a poor Core Web Vital (LCP above 4 s, INP \
    above 500 ms, CLS above 0.25). Low ratings and comments are those given in a view that met it: NPS 0 to 6, CSAT 1 and 2, effort 1 to 3 \
    and the like, and answers with words. Visitors are estimated (HyperLogLog, about 2 %); without consent a visitor is known for one day.";

/// What [`Issue::impact`] is.
pub const IMPACT: &str = "Weighted views a week: those that met the issue, of the days that were observed, recent ones counting more (a \
    week ago half as much as today), and where their share changed only those since then; times a weight. The weight is how many times \
    more low ratings were given in views that met it than the site's share of low ratings leads to expect; few ratings say little, so \
    that of an issue with few is near 1 (empirical Bayes, Clayton and Kaldor), and no weight is below 0.5.";

/// Views of a page that met an issue.
pub const MET: FigureKind = FigureKind {
    name: "met_views",
    label: "Views that met it",
    unit: Unit::Percent,
    of: "views",
    better: Better::Lower,
    definition: "Share of the page's views that met the issue. Interval: Wilson, views clustered by visit (Rao and Scott).",
};

/// Views that met something, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Of {
    /// Views that met it.
    pub met: u64,
    /// All views.
    pub views: u64,
}

/// A day of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct IssueDay {
    /// The day, as `2026-03-31`.
    pub day: String,
    /// Views that met the issue.
    pub met: u64,
    /// Views of its page.
    pub views: u64,
}

/// When an issue was fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FixedOn {
    /// When.
    pub at: Time,
    /// With which release; empty where none was named.
    pub release: String,
}

/// One issue.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Issue {
    /// Its id: the same whenever it is found, so that anything can link to it.
    pub id: String,
    /// The page, or the route of several.
    pub page: String,
    /// How many pages it is of.
    pub pages: u64,
    /// `rage_click`, `dead_click`, `slow_click`, `failed_click`, `error`, `task`, `quick_back`, `broken_image`,
    /// `failed_request`, `poor_lcp`, `poor_inp` or `poor_cls`.
    pub kind: String,
    /// The element, the error, the address, or the task with its step; empty for what is of the page itself.
    pub label: String,
    /// All of it in a line: `Save on /checkout: 212 dead clicks, 14 low ratings, 9 comments`.
    pub headline: String,
    /// How often it happened: clicks, errors, views with a poor vital.
    pub signals: u64,
    /// Views that met it.
    pub views: u64,
    /// Visits that met it; one that goes on into the next hour counts in either.
    pub visits: u64,
    /// Visitors who met it, about.
    pub visitors: u64,
    /// Answers given in a view that met it which have a score.
    pub answered: u64,
    /// Those of them with a low one.
    pub low_ratings: u64,
    /// Answers given in a view that met it which have words.
    pub comments: u64,
    /// Answers with a low score or with words.
    pub complaints: u64,
    /// Share of the page's views that met it.
    pub met: Figure,
    /// Day by day.
    pub trend: Vec<IssueDay>,
    /// Weighted views a week: see [`IMPACT`].
    pub impact: f64,
    /// How many times more low ratings were given than expected: see [`IMPACT`].
    pub weight: f64,
    /// Lower end of the weight's 95 % interval.
    pub weight_low: f64,
    /// Upper end of the weight's 95 % interval.
    pub weight_high: f64,
    /// The part of the views in which it lies; absent where it lies in none more than in the others.
    pub segment: Option<Segment>,
    /// Since when it is so, among the views of that part.
    pub since: Since,
    /// `new`, `in_progress`, `fixed` or `ignored`.
    pub status: &'static str,
    /// The mail address of the member whose it is; absent for nobody.
    pub owner: Option<String>,
    /// When it was fixed; absent where nobody said so.
    pub fixed: Option<FixedOn>,
    /// Whether fewer than 30 views of the page tell of it.
    pub small: bool,
}

/// The issues that were found.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Issues {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Those of this part, by impact.
    pub issues: Vec<Issue>,
    /// How many there are of those that are shown.
    pub found: u64,
    /// How many parts of the list there are.
    pub parts: usize,
    /// How many issues there are of each status.
    pub counts: Vec<StatusCount>,
    /// What an issue is.
    pub definition: &'static str,
    /// What their impact is.
    pub impact_definition: &'static str,
    /// What the part of the views is in which one lies.
    pub segment_definition: &'static str,
}

/// How many issues have a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusCount {
    /// The status.
    pub status: &'static str,
    /// How many.
    pub issues: u64,
}

/// One issue, with who complained of it and what came of its fix.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IssueReport {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The issue, on these days.
    pub issue: Issue,
    /// What else is said of it.
    pub note: String,
    /// When something was last said of it, and who said it.
    pub changed: Option<Changed>,
    /// The pages it is of, those with most views that met it first.
    pub paths: Vec<String>,
    /// Before and after its fix; absent where nobody said that it is fixed.
    pub fix: Option<FixReport>,
    /// The newest of those who gave a low score or words in a view that met it.
    pub complaints: Vec<Complaint>,
    /// Where these go on, as `after`; absent on the last part.
    pub next: Option<String>,
}

/// Who said something of an issue, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changed {
    /// When.
    pub at: Time,
    /// A mail address, a key or the command line.
    pub by: String,
}

/// Somebody who complained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Complaint {
    /// What they answered; its id leads to their trail.
    pub response: ResponseSummary,
    /// What the company calls them, where it signed who they are.
    pub customer: Option<String>,
}

/// Which issues are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// What nobody called fixed or ignored.
    #[default]
    Open,
    /// Those of one status.
    Only(Status),
    /// All.
    All,
}

impl Show {
    /// The choices, with their names.
    pub const EACH: [(Self, &'static str); 6] = [
        (Self::Open, "open"),
        (Self::Only(Status::New), "new"),
        (Self::Only(Status::InProgress), "in_progress"),
        (Self::Only(Status::Fixed), "fixed"),
        (Self::Only(Status::Ignored), "ignored"),
        (Self::All, "all"),
    ];

    /// The one of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|(_, of)| *of == name).map(|(show, _)| show)
    }

    fn holds(self, status: Status) -> bool {
        match self {
            Self::Open => matches!(status, Status::New | Status::InProgress),
            Self::Only(only) => status == only,
            Self::All => true,
        }
    }
}

/// What is read for issues, besides their rows.
pub(crate) struct Beside<'a> {
    pub period: &'a Period,
    pub routes: &'a Routes,
    pub releases: &'a [FirstSeen],
    pub first_data_ms: Option<i64>,
    /// What is said of issues.
    pub said: &'a [IssueRecord],
    pub members: &'a [Member],
    /// Only this page.
    pub page: Option<&'a str>,
}

fn count(value: i64) -> u64 {
    value.max(0) as u64
}

/// Sums of some rows, day by day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    pub counts: IssueRollup,
    days: Vec<u64>,
    paths: BTreeMap<String, i64>,
}

impl Sums {
    fn add(&mut self, of: &IssueSums, period: &Period) {
        self.days.resize(period.days.len(), 0);
        self.counts.add_counts(&of.counts);
        *self.paths.entry(of.counts.path.clone()).or_default() += of.counts.views;
        for (bucket_ms, views) in &of.views {
            if let Some(day) = period.day_of(*bucket_ms).and_then(|day| self.days.get_mut(day)) {
                *day += count(*views);
            }
        }
    }

    /// The pages, those of most views first.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.paths.iter().collect();
        paths.sort_by(|(one, many), (other, few)| few.cmp(many).then(one.cmp(other)));
        paths.into_iter().map(|(path, _)| path.clone()).collect()
    }
}

/// The share of views that met something, by visit: `met` are the rows of that, `all` those of every view.
pub(crate) fn share(met: &IssueRollup, all: &IssueRollup) -> Grouped {
    Grouped {
        successes: count(met.views).min(count(all.views)),
        n: count(all.views),
        groups: Groups { groups: count(all.visits), members: count(all.views), squares: count(all.view_squares) },
        success_squares: count(met.view_squares),
        products: count(met.products),
    }
}

/// Whether a row is of an issue, and not of all of a kind or of what is kept by no name.
fn is_issue(row: &IssueRollup) -> bool {
    row.kind != VIEWS
        && row.label != OTHER_PAGES
        && row.path != OTHER_PAGES
        && (is_of_page(&row.kind) || !row.label.is_empty())
}

/// An issue as far as it is ranked: all but what only the listed ones need.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub key: IssueKey,
    pub sums: Sums,
    status: Status,
    said: Option<usize>,
    impact: f64,
    weight: Score,
    since: Since,
}

/// Every issue of some rows, and the views of their pages.
pub(crate) struct Found<'a> {
    beside: &'a Beside<'a>,
    observed: Vec<f64>,
    views: BTreeMap<String, Sums>,
    /// By impact.
    pub ranked: Vec<Ranked>,
}

impl<'a> Found<'a> {
    /// What `totals` come to: rows of every browser and campaign.
    pub fn of(totals: &[IssueSums], beside: &'a Beside<'a>) -> Self {
        let (mut by_key, mut views): (BTreeMap<IssueKey, Sums>, BTreeMap<String, Sums>) = Default::default();
        for sums in totals.iter().filter(|sums| beside.page.is_none_or(|page| sums.counts.path == page)) {
            let row = &sums.counts;
            let page = beside.routes.of(&row.path).into_owned();
            if row.kind == VIEWS {
                views.entry(page).or_default().add(sums, beside.period);
            } else if is_issue(row) {
                let key = IssueKey { page, kind: row.kind.clone(), label: row.label.clone() };
                by_key.entry(key).or_default().add(sums, beside.period);
            }
        }
        let observed = rank::observed(beside.period, beside.first_data_ms);
        let mut found = Self { beside, observed, views, ranked: Vec::new() };
        let weights = found.weights(&by_key);
        let looks = by_key.len();
        let said: BTreeMap<_, _> = beside.said.iter().enumerate().map(|(place, one)| (&one.key, place)).collect();
        let ranked = by_key.into_iter().zip(weights).map(|((key, sums), weight)| {
            let said = said.get(&key).copied();
            let (since, first) = found.since(&found.by_day(&key.page, &sums.days), &sums, &key.page, looks);
            let by_day = found.by_day(&key.page, &sums.days);
            let impact = rank::failed_a_week(&by_day, &found.observed, first) * weight.value.max(LEAST_WEIGHT);
            let status = said.map_or(Status::New, |place| beside.said[place].status);
            Ranked { key, sums, status, said, impact, weight, since }
        });
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_by(|one, other| other.impact.total_cmp(&one.impact).then_with(|| one.key.cmp(&other.key)));
        found.ranked = ranked;
        found
    }

    /// How many times more low ratings were given in the views of each issue than expected: see [`IMPACT`].
    fn weights(&self, by_key: &BTreeMap<IssueKey, Sums>) -> Vec<Score> {
        let (low, answered) = self.views.values().fold((0, 0), |(low, answered), page| {
            (low + count(page.counts.low), answered + count(page.counts.answered))
        });
        let part = |sums: &Sums| {
            let expected = count(sums.counts.answered) as f64 * low as f64 / answered.max(1) as f64;
            (count(sums.counts.low), expected)
        };
        let known: Vec<_> = by_key.values().map(part).filter(|(_, expected)| *expected > 0.0).collect();
        let mut rates = relative_rates(&known).into_iter();
        let unknown = relative_rates(&[(0, 0.0)])[0];
        let weight = |sums: &Sums| if part(sums).1 > 0.0 { rates.next().unwrap_or(unknown) } else { unknown };
        by_key.values().map(weight).collect()
    }

    fn all(&self, page: &str) -> Sums {
        self.views.get(page).cloned().unwrap_or_default()
    }

    /// Views that met something, of the page's, day by day.
    fn by_day(&self, page: &str, met: &[u64]) -> Vec<(u64, u64)> {
        let all = self.views.get(page).map_or(&[][..], |sums| &sums.days);
        let of = |day: usize| (met.get(day).copied().unwrap_or(0), all.get(day).copied().unwrap_or(0));
        // A view that began in the hour before may lie in the day before, too.
        (0..self.beside.period.days.len()).map(of).map(|(met, all)| (met, all.max(met))).collect()
    }

    fn since(&self, by_day: &[(u64, u64)], sums: &Sums, page: &str, looks: usize) -> (Since, usize) {
        let effect = share(&sums.counts, &self.all(page).counts).effect();
        rank::since((by_day, effect), (self.beside.period, &self.observed), self.beside.releases, looks)
    }

    /// The pages of a route that were seen.
    pub fn paths_of(&self, page: &str) -> Vec<String> {
        self.views.get(page).map_or_else(|| vec![page.to_owned()], Sums::paths)
    }

    /// How many issues have each status.
    pub fn counts(&self) -> Vec<StatusCount> {
        let of = |status: Status| self.ranked.iter().filter(|one| one.status == status).count() as u64;
        Status::EACH.map(|status| StatusCount { status: status.as_str(), issues: of(status) }).into()
    }

    /// Those that are shown, by impact.
    pub fn shown(&self, show: Show) -> Vec<&Ranked> {
        self.ranked.iter().filter(|one| show.holds(one.status)).collect()
    }

    /// The issue of this id; with nothing counted where it was not found, but something is said of it.
    pub fn one(&self, id: rapport_shared::id::Id) -> Option<Ranked> {
        let found = self.ranked.iter().find(|one| one.key.id() == id).cloned();
        found.or_else(|| {
            let place = self.beside.said.iter().position(|one| one.key.id() == id)?;
            let said = &self.beside.said[place];
            let (since, _) = self.since(&self.by_day(&said.key.page, &[]), &Sums::default(), &said.key.page, 1);
            let weight = relative_rates(&[(0, 0.0)])[0];
            let (key, status) = (said.key.clone(), said.status);
            Some(Ranked { key, sums: Sums::default(), status, said: Some(place), impact: 0.0, weight, since })
        })
    }

    /// What is said of an issue.
    pub fn said(&self, of: &Ranked) -> Option<&'a IssueRecord> {
        of.said.map(|place| &self.beside.said[place])
    }

    /// Some issues in full; `rows` are everything of their pages.
    ///
    /// # Errors
    /// When a sketch cannot be read.
    pub fn issues(&self, of: &[&Ranked], rows: &[IssueRollup], device: &str) -> Result<Vec<Issue>, SketchError> {
        let wanted: BTreeSet<_> = of.iter().map(|one| &one.key).collect();
        let pages: BTreeSet<_> = of.iter().map(|one| one.key.page.as_str()).collect();
        let mut details: BTreeMap<IssueKey, Detail> = BTreeMap::new();
        let mut views: BTreeMap<String, Course> = BTreeMap::new();
        for row in rows.iter().filter(|row| self.beside.page.is_none_or(|page| row.path == page)) {
            let page = self.beside.routes.of(&row.path).into_owned();
            if !pages.contains(page.as_str()) {
                continue;
            }
            if row.kind == VIEWS {
                if !row.is_total() && (device.is_empty() || row.device == device) {
                    views.entry(page).or_default().add(row, self.beside.period);
                }
                continue;
            }
            let key = IssueKey { page, kind: row.kind.clone(), label: row.label.clone() };
            if !wanted.contains(&key) {
                continue;
            }
            let detail = details.entry(key).or_default();
            if !row.is_total() {
                if device.is_empty() || row.device == device {
                    detail.course.add(row, self.beside.period);
                }
            } else if row.device == device && !row.visitors_sketch.is_empty() {
                detail.visitors.merge_encoded(&row.visitors_sketch)?;
            }
        }
        let none = (Detail::default(), Course::default());
        let full = |one: &&Ranked| {
            let detail = details.get(&one.key).unwrap_or(&none.0);
            self.issue(one, detail, views.get(&one.key.page).unwrap_or(&none.1))
        };
        Ok(of.iter().map(full).collect())
    }

    fn issue(&self, one: &Ranked, detail: &Detail, views: &Course) -> Issue {
        let all = self.all(&one.key.page).counts;
        let met = Figure::share(MET, &share(&one.sums.counts, &all), None);
        let part = segment::segment(&detail.course.beside(views));
        let since = match &part {
            Some(part) => {
                let by_day = detail.course.by_day(views, part, self.beside.period.days.len());
                self.since(&by_day, &one.sums, &one.key.page, self.ranked.len()).0
            }
            None => one.since.clone(),
        };
        let by_day = self.by_day(&one.key.page, &one.sums.days).into_iter();
        let day = |(day, (met, views)): (&crate::period::Day, _)| IssueDay { day: day.date.to_string(), met, views };
        let said = self.said(one);
        let owner = said.and_then(|said| said.owner).and_then(|owner| {
            let member = self.beside.members.iter().find(|member| member.account_id == owner);
            member.map(|member| member.email.clone())
        });
        let counts = &one.sums.counts;
        let mut issue = Issue {
            id: one.key.id().to_text(),
            page: one.key.page.clone(),
            pages: one.sums.paths.len() as u64,
            kind: one.key.kind.clone(),
            label: one.key.label.clone(),
            headline: String::new(),
            signals: count(counts.signals),
            views: count(counts.views),
            visits: count(counts.visits),
            visitors: detail.visitors.estimate(),
            answered: count(counts.answered),
            low_ratings: count(counts.low),
            comments: count(counts.comments),
            complaints: count(counts.complaints),
            small: met.small,
            met,
            trend: self.beside.period.days.iter().zip(by_day).map(day).collect(),
            impact: one.impact,
            weight: one.weight.value.max(LEAST_WEIGHT),
            weight_low: one.weight.low.max(LEAST_WEIGHT),
            weight_high: one.weight.high.max(LEAST_WEIGHT),
            segment: part,
            since,
            status: one.status.as_str(),
            owner,
            fixed: None,
        };
        issue.headline = headline(&issue);
        issue
    }
}

/// What the listed issues need besides: who met it, and where.
#[derive(Default)]
struct Detail {
    visitors: UniqueSketch,
    course: Course,
}

/// Views of each cell, day by day.
#[derive(Default)]
struct Course(BTreeMap<Cell, Vec<u64>>);

impl Course {
    fn add(&mut self, row: &IssueRollup, period: &Period) {
        let cell = [row.device.clone(), row.browser.clone(), row.campaign.clone()];
        let days = self.0.entry(cell).or_insert_with(|| vec![0; period.days.len()]);
        if let Some(day) = period.day_of(row.bucket_ms).and_then(|day| days.get_mut(day)) {
            *day += count(row.views);
        }
    }

    /// These views of each cell beside all of it.
    fn beside(&self, all: &Self) -> Cells {
        let mut cells = Cells::new();
        for (cell, days) in &all.0 {
            cells.entry(cell.clone()).or_default().views += days.iter().sum::<u64>();
        }
        for (cell, days) in &self.0 {
            let of = cells.entry(cell.clone()).or_default();
            of.met += days.iter().sum::<u64>();
            of.views = of.views.max(of.met);
        }
        cells
    }

    /// These views of a part beside all of it, day by day.
    fn by_day(&self, all: &Self, part: &Segment, days: usize) -> Vec<(u64, u64)> {
        let sum = |course: &Self, day: usize| {
            let cells = course.0.iter().filter(|(cell, _)| is_in(cell, &part.told));
            cells.map(|(_, days)| days[day]).sum::<u64>()
        };
        (0..days).map(|day| (sum(self, day), sum(all, day))).map(|(met, all)| (met, all.max(met))).collect()
    }
}
