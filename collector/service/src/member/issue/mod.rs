//! Issues that were found: the list by impact, and one of them with who complained, what is said of it, and what came of its fix.

mod form;
mod tell;

use super::chart::{self, Chart};
use super::export::issues;
use super::frame::{CameFrom, Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, format, mark, render};
use crate::app::{App, Reports, feature_state};
use crate::http::export::csv::{self, Csv};
use crate::http::query::slice::SliceQuery;
use crate::http::query::{list, query_of, suffix_of, value};
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use form::Form;
use rapport_report::fix::{Since, State as Became};
use rapport_report::issue::fix::{FixVerdict, Points};
use rapport_report::issue::segment::Segment;
use rapport_report::issue::{Issue, IssueReport, Issues, LISTED, Show};
use rapport_report::overview::TrendDay;
use rapport_report::response::ResponseSummary;
use rapport_report::route;
use rapport_report::slice::{Dimension, Pages, Slice};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::issue::{NOTE_BYTES, Status};

/// Who may say something of an issue: whoever deals with it.
pub(super) const MAY_SAY: Role = Role::Support;
/// Complaints that are read at a time for a table of all.
const EXPORTED: i64 = 500;
/// Height of the small chart of a line, and the width of a day in it.
const SPARK: (f64, f64) = (24.0, 4.0);

const NONE: PageError =
    PageError::NotFound("Nothing is said of such an issue, and it was not found on these days: choose more of them.");

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/issues", get(list))
        .route("/sites/{site}/issues/{id}", get(one).post(form::say))
        .route("/sites/{site}/issues/{id}/tell", get(tell::page).post(tell::send))
}

feature_state! {
    /// What the pages and the form need.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        reports: Reports,
        frames: Frames,
    }
}

/// What both pages say of an issue.
trait Told {
    /// The frame of the page.
    fn frame(&self) -> &Frame;

    /// What became of it, and since when.
    fn since(&self, since: &Since) -> String {
        let state = match since.state {
            Became::New => "New",
            Became::Worse => "Worse",
            Became::Steady => return "Steady".to_owned(),
            Became::Better => "Better",
            Became::Fixed => "Gone",
        };
        let day = since.day.as_deref().map_or_else(String::new, |day| format!(" since {}", format::day(day)));
        let release = since.release.as_ref().map_or_else(String::new, |release| format!(", with release {release}"));
        format!("{state}{day}{release}")
    }

    fn since_class(&self, since: &Since) -> &'static str {
        match since.state {
            Became::New | Became::Worse => "tag bad",
            Became::Better | Became::Fixed => "tag good",
            Became::Steady => "tag",
        }
    }

    fn status(&self, issue: &Issue) -> &'static str {
        Status::parse(issue.status).map_or("", Status::label)
    }

    fn status_class(&self, issue: &Issue) -> &'static str {
        match issue.status {
            "in_progress" => "tag warn",
            "fixed" => "tag good",
            _ => "tag",
        }
    }

    /// The part of the views in which it lies: `mobile, campaign spring-sale`.
    fn segment(&self, segment: &Segment) -> String {
        let part = |told: &rapport_report::issue::segment::PartOf| match told.by.as_str() {
            "device" => told.value.clone(),
            by => format!("{by} {}", told.value),
        };
        segment.told.iter().map(part).collect::<Vec<_>>().join(", ")
    }

    /// How much more often it is met there.
    fn times(&self, segment: &Segment) -> String {
        let views = format!("{} of {} views there", format::count(segment.met), format::count(segment.views));
        match segment.times {
            Some(times) => format!(
                "{views}, {} times as often as elsewhere (95 %: at least {})",
                format::plain(times, 1),
                format::plain(segment.times_low, 1)
            ),
            None => format!("{views}, and nowhere else"),
        }
    }

    /// The fields of the slice, narrowed to that part.
    fn narrowed(&self, segment: &Segment) -> Slice {
        let mut slice = self.frame().slice.clone();
        for told in &segment.told {
            let dimension = Dimension::EACH.into_iter().find(|dimension| dimension.name() == told.by.as_str());
            // What was found in rows is a value of its dimension.
            dimension.into_iter().for_each(|dimension| drop(slice.set(dimension, &told.value)));
        }
        slice
    }

    /// The report of the page of an issue, or of the pages of its route.
    fn page_href(&self, issue: &Issue) -> String {
        if issue.page.contains('*') || issue.page.contains(route::ID) {
            self.frame().route_href(&issue.page)
        } else {
            self.frame().page_href(&issue.page)
        }
    }

    /// When it was fixed, and with which release.
    fn fixed(&self, issue: &Issue) -> String {
        issue.fixed.as_ref().map_or_else(String::new, |fixed| {
            let day = format::day(fixed.at.local.get(..10).unwrap_or_default());
            let with = if fixed.release.is_empty() { String::new() } else { format!(" with {}", fixed.release) };
            format!("{day}{with}")
        })
    }
}

#[derive(Template)]
#[template(path = "member/issue/page.html")]
struct IssuesPage {
    frame: Frame,
    report: Issues,
    shows: Vec<Choice>,
    first: usize,
    previous: Option<String>,
    next: Option<String>,
}

/// A bar of the small chart of a line: place, top and height.
struct Bar {
    x: f64,
    y: f64,
    height: f64,
}

impl Told for IssuesPage {
    fn frame(&self) -> &Frame {
        &self.frame
    }
}

impl IssuesPage {
    fn href(&self, issue: &Issue) -> String {
        format!("/sites/{}/issues/{}{}", self.frame.site_key, issue.id, self.frame.slice.suffix())
    }

    /// The impact, to the whole view where there are some.
    fn impact(&self, issue: &Issue) -> String {
        if issue.impact < 10.0 { format::plain(issue.impact, 1) } else { format::count(issue.impact.round() as u64) }
    }

    fn bars(&self, issue: &Issue) -> Vec<Bar> {
        let most = issue.trend.iter().map(|day| day.met).max().unwrap_or(0).max(1) as f64;
        let bar = |(place, day): (usize, &rapport_report::issue::IssueDay)| {
            let height = day.met as f64 / most * SPARK.0;
            Bar { x: place as f64 * SPARK.1, y: SPARK.0 - height, height }
        };
        issue.trend.iter().enumerate().map(bar).collect()
    }

    fn width(&self, issue: &Issue) -> f64 {
        issue.trend.len() as f64 * SPARK.1
    }

    /// What the small chart shows, in a sentence.
    fn course(&self, issue: &Issue) -> String {
        let most = issue.trend.iter().max_by_key(|day| day.met);
        most.filter(|day| day.met > 0).map_or_else(
            || "No view of these days met it".to_owned(),
            |day| format!("Views that met it by day; most, {}, on {}", format::count(day.met), format::day(&day.day)),
        )
    }
}

#[derive(Template)]
#[template(path = "member/issue/detail.html")]
struct IssuePage {
    frame: Frame,
    report: IssueReport,
    trend: Option<Chart>,
    form: Option<Form>,
    owners: Vec<String>,
    next: Option<String>,
}

impl Told for IssuePage {
    fn frame(&self) -> &Frame {
        &self.frame
    }
}

impl IssuePage {
    fn action(&self) -> String {
        format!("/sites/{}/issues/{}{}", self.frame.site_key, self.report.issue.id, self.frame.slice.suffix())
    }

    /// Everybody who met it; empty for poor vitals, which leave no signal.
    fn people_href(&self) -> String {
        let issue = &self.report.issue;
        if issue.label.is_empty() {
            return String::new();
        }
        let pages = if issue.page.contains('*') || issue.page.contains(route::ID) {
            Pages::Route(issue.page.clone())
        } else {
            Pages::One(issue.page.clone())
        };
        let mut fields = Slice { pages, ..self.frame.slice.clone() }.fields();
        fields.extend([("kind", issue.kind.clone()), ("what", issue.label.clone())]);
        format!("/sites/{}/experience/cause?{}", self.frame.site_key, query_of(&fields))
    }

    /// The same issue in the part of the views in which it lies.
    fn segment_href(&self, segment: &Segment) -> String {
        format!("/sites/{}/issues/{}{}", self.frame.site_key, self.report.issue.id, self.narrowed(segment).suffix())
    }

    fn verdict(&self, verdict: &FixVerdict) -> &'static str {
        match verdict {
            FixVerdict::Fixed => "Fixed",
            FixVerdict::Better => "Better",
            FixVerdict::Unchanged => "Unchanged",
            FixVerdict::AsElsewhere => "As elsewhere",
            FixVerdict::Worse => "Worse",
            FixVerdict::Undecided => "Not decided",
        }
    }

    fn verdict_class(&self, verdict: &FixVerdict) -> &'static str {
        match verdict {
            FixVerdict::Fixed | FixVerdict::Better => "tag good",
            FixVerdict::Worse => "tag bad",
            FixVerdict::Unchanged | FixVerdict::AsElsewhere => "tag warn",
            FixVerdict::Undecided => "tag",
        }
    }

    /// What those who complained answered.
    fn responses(&self) -> Vec<&ResponseSummary> {
        self.report.complaints.iter().map(|one| &one.response).collect()
    }

    /// Those of them whom the company knows: the answer, and what it calls them.
    fn customers(&self) -> Vec<(&str, &str)> {
        let all = self.report.complaints.iter();
        all.filter_map(|one| Some((one.response.id.as_str(), one.customer.as_deref()?))).collect()
    }

    fn points(&self, points: &Points) -> String {
        format!("{} points", signed(points.difference))
    }

    fn points_interval(&self, points: &Points) -> String {
        format!("{} to {}", signed(points.low), signed(points.high))
    }
}

/// A number of one decimal with its sign.
fn signed(value: f64) -> String {
    format!("{value:+.1}").replace('-', "−")
}

/// Reads which issues are shown, and which part of them: `show` and `part`.
///
/// # Errors
/// The field at fault, with what it may be.
pub(crate) fn asked(fields: &[(String, String)]) -> Result<(Show, usize), Fault> {
    let names = || Show::EACH.map(|(_, name)| name).join(", ");
    let show = match value(fields, "show") {
        None => Show::default(),
        Some(name) => Show::parse(name).ok_or_else(|| Fault::new("show", format!("must be one of {}", names())))?,
    };
    Ok((show, list::listed(fields)?.part))
}

async fn list(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let (show, part) = asked(&fields)?;
    let source = needs.reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        if !matches!(field(&fields, "table"), "" | "issues") {
            return Err(Fault::new("table", "must be issues").into());
        }
        let report = source.whole_issues(&slice, show).await?;
        return Ok(csv.table("issues", &issues::ISSUE, report.issues.iter().map(issues::issue)));
    }
    let report = source.issues(&slice, (show, part)).await?;
    let place = Page {
        title: "Issues",
        part: "issues",
        path: "issues",
        back: None,
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let name = |show: Show| Show::EACH.into_iter().find(|(of, _)| *of == show).map_or("", |(_, name)| name);
    let own: Vec<_> = (show != Show::default()).then(|| ("show", name(show))).into_iter().collect();
    let frame = Frame::filtered(&needs.frames, &access, &place, &slice, &own).await?;
    let address = |show: Show, part: usize| {
        let mut fields = slice.fields();
        fields.extend((show != Show::default()).then(|| ("show", name(show).to_owned())));
        fields.extend((part > 1).then(|| ("part", part.to_string())));
        format!("/sites/{}/issues{}", access.site.site.key, suffix_of(&fields))
    };
    let of = |status: Status| {
        report.counts.iter().find(|count| count.status == status.as_str()).map_or(0, |count| count.issues)
    };
    let label = |of_show: Show| match of_show {
        Show::Open => format!("Open {}", of(Status::New) + of(Status::InProgress)),
        Show::Only(status) => format!("{} {}", status.label(), of(status)),
        Show::All => format!("All {}", Status::EACH.into_iter().map(of).sum::<u64>()),
    };
    let choice = |(of_show, _)| Choice { label: label(of_show), href: address(of_show, 1), current: of_show == show };
    render(&IssuesPage {
        shows: Show::EACH.into_iter().map(choice).collect(),
        first: (part - 1).saturating_mul(LISTED) + 1,
        previous: (part > 1).then(|| address(show, (part - 1).min(report.parts.max(1)))),
        next: (part < report.parts).then(|| address(show, part + 1)),
        frame,
        report,
    })
}

/// The id that a path names.
fn id_in(text: &str) -> Result<Id, PageError> {
    Id::parse(text).ok_or(NONE)
}

async fn one(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    show(&needs, &access, (&id, &fields), None).await
}

/// The page of an issue, with the form as it was sent, if it was.
async fn show(
    needs: &Needs,
    access: &Access,
    (id, fields): (&str, &Fields),
    refused: Option<Form>,
) -> Result<Response, PageError> {
    let slice = Slice::parse(fields)?;
    let after = list::place(fields, "after")?;
    let source = needs.reports.of(&access.site);
    let report = source.issue(&slice, id_in(id)?, after).await?.ok_or(NONE)?;
    if let Some(csv) = csv::wanted(fields)? {
        return table(needs, access, &slice, (csv, field(fields, "table"), &report)).await;
    }
    let path = format!("issues/{}", report.issue.id);
    let title = format::path(&report.issue.page);
    let place = Page {
        title: &title,
        part: "issues",
        path: &path,
        back: Some(("Issues", "issues")),
        compares: false,
        dimensions: &Dimension::BESIDE_PAGES,
    };
    let from = CameFrom::of(fields);
    let own: Vec<_> = from.iter().map(|from| ("back", from.path.as_str())).collect();
    let mut frame = Frame::filtered(&needs.frames, access, &place, &slice, &own).await?;
    if let Some(from) = &from {
        frame.back = Some(from.choice(&access.site.site.key));
    }
    let marks = source.marks(&slice).await?;
    let days: Vec<_> = report
        .issue
        .trend
        .iter()
        .map(|day| TrendDay { day: day.day.clone(), views: day.views, failed_views: day.met, views_before: None })
        .collect();
    let next = report.next.as_ref().map(|next| {
        let mut fields = slice.fields();
        fields.push(("after", next.clone()));
        format!("?{}#complained", query_of(&fields))
    });
    let may_say = access.role >= MAY_SAY;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let members = if may_say { needs.store.members(access.site.site.site_id).await? } else { Vec::new() };
    let form = may_say.then(|| refused.unwrap_or_else(|| Form::of(&report)));
    let trend = if frame.by_hour { None } else { chart::views(&days, frame.edges()) };
    let mut response = render(&IssuePage {
        trend: mark::on_days(trend, &marks, &days, &frame),
        owners: members.into_iter().map(|member| member.email).collect(),
        form,
        frame,
        report,
        next,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// The tables of an issue: its days, the looks at its fix, and everybody who complained.
async fn table(
    needs: &Needs,
    access: &Access,
    slice: &Slice,
    (csv, name, report): (Csv, &str, &IssueReport),
) -> Result<Response, PageError> {
    match name {
        "" | "days" => {
            let rows = report.issue.trend.iter();
            let rows = rows.map(|day| vec![day.day.clone(), day.met.to_string(), day.views.to_string()]);
            Ok(csv.table("issue-days", &["day", "met", "views"], rows))
        }
        "fix" => {
            let looks = report.fix.iter().flat_map(|fix| &fix.looks);
            Ok(csv.table("issue-fix", &issues::LOOK, looks.map(issues::look)))
        }
        "complaints" => {
            let source = needs.reports.of(&access.site);
            let key = source.issue_key(slice, id_in(&report.issue.id)?).await?.ok_or(NONE)?;
            let (mut rows, mut after) = (Vec::new(), None);
            loop {
                let part = source.who_complained(slice, (&key, &report.paths), after, EXPORTED).await?;
                rows.extend(part.0.iter().map(issues::complaint));
                let Some(next) = part.1 else { break };
                after = Some(next);
            }
            Ok(csv.table("issue-complaints", &issues::COMPLAINT, rows))
        }
        _ => Err(vec![Fault::new("table", "must be days, fix, complaints")].into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;
    use rapport_store::story_test::{BROKEN, RESPONSE, tell};

    const DAYS: &str = "range=custom&from=2026-04-20&to=2026-05-06";

    async fn story(role: Role) -> (TestApp, String) {
        let test = TestApp::new().await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        let cookie = test.cookie(&site, "ada@example.com", role).await;
        (test, cookie)
    }

    /// The address of the first issue of the list whose heading has these words.
    fn link(list: &str, words: &str) -> String {
        let items = list.split("<li").find(|item| item.contains(words)).expect(words);
        let href = items.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
        href.replace("&#38;", "&")
    }

    #[tokio::test]
    async fn an_issue_is_found_with_who_complained_and_is_fixed_by_whoever_deals_with_it() {
        let (test, cookie) = story(Role::Support).await;
        let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
        let list = test.get(&format!("/sites/shop/issues?{DAYS}"), &headers).await.text();
        for words in ["35 dead clicks, 1 low rating, 1 comment", "is slow to show", "weighted views a week", "New"] {
            assert!(list.contains(words), "{words}: {list}");
        }
        assert!(!list.contains("<script>alert"), "{list}");
        let address = link(&list, "35 dead clicks");
        let page = test.get(&address, &headers).await;
        let text = page.text();
        assert_eq!(page.status, 200, "{text}");
        for words in
            [&format!("/responses/{RESPONSE}"), "People who complained", "Everybody who met it", "ada@example.com"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
        let form = "status=fixed&owner=ada%40example.com&fixed_at=2026-05-01&release=4.2&note=Shipped";
        let saved = test.submit(&address, form, &headers).await;
        assert_eq!(saved.status, 303, "{}", saved.text());
        let text = test.get(&address, &headers).await.text();
        for words in ["1 May 2026 with 4.2", "Before and after the fix", "Not decided", "Shipped"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        // It is where fixed ones are, and stays at its address on days that do not have it.
        let open = test.get(&format!("/sites/shop/issues?{DAYS}"), &headers).await.text();
        assert!(!open.contains("35 dead clicks"), "{open}");
        let fixed = test.get(&format!("/sites/shop/issues?{DAYS}&show=fixed"), &headers).await.text();
        assert!(fixed.contains("35 dead clicks") && fixed.contains("ada@example.com"), "{fixed}");
        let path = address.split('?').next().unwrap();
        let earlier = test.get(&format!("{path}?range=custom&from=2026-04-01&to=2026-04-02"), &headers).await;
        assert_eq!(earlier.status, 200, "{}", earlier.text());
        let unknown = "/sites/shop/issues/01890a5d-ac96-874b-bcce-b302099a8057";
        assert_eq!(test.get(&format!("{unknown}?{DAYS}"), &headers).await.status, 404);
        for (form, field) in [("status=done", "Status"), ("status=new&owner=eve%40example.com", "Owner")] {
            let refused = test.submit(&address, form, &headers).await;
            assert!(
                refused.status == 422 && refused.text().contains(&format!("{field} must be")),
                "{}",
                refused.text()
            );
        }
        for (query, field) in [("show=gone", "show"), ("part=0", "part"), ("format=csv&table=x", "table")] {
            let reply = test.get(&format!("/sites/shop/issues?{DAYS}&{query}"), &headers).await;
            assert!(reply.status == 400 && reply.text().contains(&format!("<code>{field}</code>")), "{query}");
        }
    }

    #[tokio::test]
    async fn who_may_only_read_says_nothing_of_an_issue() {
        let (test, cookie) = story(Role::Viewer).await;
        let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
        let list = test.get(&format!("/sites/shop/issues?{DAYS}"), &headers).await.text();
        let address = link(&list, "35 dead clicks");
        assert!(!test.get(&address, &headers).await.text().contains("<select name=\"status\""));
        assert_eq!(test.submit(&address, "status=ignored", &headers).await.status, 403);
    }

    #[tokio::test]
    async fn every_table_of_an_issue_is_told_as_csv() {
        let (test, cookie) = story(Role::Viewer).await;
        let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
        let list = test.get(&format!("/sites/shop/issues?{DAYS}"), &headers).await.text();
        let address = link(&list, "35 dead clicks");
        let csv = async |address: &str| test.get(address, &headers).await.text();
        let all = csv(&format!("/sites/shop/issues?{DAYS}&format=csv&show=all")).await;
        let lines: Vec<_> = all.lines().collect();
        assert!(lines[0].starts_with("id,page,kind,label,headline,status,") && lines.len() > 4, "{all}");
        assert!(all.contains(",dead_click,") && all.contains(",poor_lcp,"), "{all}");
        let days = csv(&format!("{address}&format=csv")).await;
        assert!(days.starts_with("day,met,views\r\n") && days.contains("2026-05-06,35,35"), "{days}");
        let complaints = csv(&format!("{address}&format=csv&table=complaints")).await;
        assert!(complaints.contains(&RESPONSE.to_text()) && complaints.contains(",low,"), "{complaints}");
        let fix = csv(&format!("{address}&format=csv&table=fix")).await;
        assert_eq!(fix.lines().count(), 1, "it is not fixed: {fix}");
        assert!(all.contains(BROKEN), "{all}");
    }
}
