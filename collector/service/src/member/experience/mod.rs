//! The Experience pages: every page of the site, and one of them.

use super::chart::{self, Chart};
use super::frame::{CameFrom, Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::score::{ScoreCard, cards};
use super::{PageError, export, format, mark, render};
use crate::app::Reports;
use crate::http::export::{csv, pages, raw};
use crate::http::query::slice::SliceQuery;
use crate::http::query::{list, query_of, suffix_of};
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_figures::vital::Vital;
use rapport_report::experience::{By, DeviceVitals, Experience, LISTED, Listed, PageLine, Sort};
use rapport_report::figure::Figure;
use rapport_report::overview::kinds;
use rapport_report::page::{CauseReport, PageReport};
use rapport_report::route;
use rapport_report::scorecard::kinds as scorecard;
use rapport_report::slice::{Dimension, Pages, Slice};
use rapport_report::vital_cause::VitalCause;
use rapport_shared::limit::{LABEL_BYTES, OTHER_PAGES};
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::Fault;
use rapport_store::issue::IssueKey;
use rapport_store::raw::{signal_columns, view_columns};

/// A column that is shown.
struct Column {
    sort: Sort,
    label: &'static str,
    href: String,
    number: bool,
    sorted: Option<&'static str>,
}

/// A column that can be chosen.
struct Choosable {
    name: &'static str,
    label: &'static str,
    shown: bool,
}

/// Where one is in the list.
struct Pager {
    first: usize,
    last: usize,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "member/experience/page.html")]
struct ExperiencePage {
    frame: Frame,
    report: Experience,
    columns: Vec<Column>,
    choosable: Vec<Choosable>,
    /// By page, by route.
    by: Vec<Choice>,
    search: String,
    /// The other fields, for the form that searches.
    beside_search: Vec<(&'static str, String)>,
    /// The other fields, for the form that chooses columns.
    beside_columns: Vec<(&'static str, String)>,
    /// The same list, not searched.
    unsearched: String,
    pager: Pager,
    definitions: Vec<(&'static str, &'static str)>,
}

impl ExperiencePage {
    /// The Core Web Vital of a column.
    fn vital<'a>(&self, vitals: &'a DeviceVitals, column: &Column) -> Option<&'a Figure> {
        let place = [Sort::Lcp, Sort::Inp, Sort::Cls].iter().position(|sort| *sort == column.sort)?;
        vitals.figures.get(place)
    }

    /// Share of the most viewed page's views, in percent.
    fn share_of_most(&self, views: &u64) -> f64 {
        let most = self.report.most_views;
        if most > 0 { (*views as f64 / most as f64 * 100.0).max(1.0) } else { 0.0 }
    }

    /// What a line leads to: the report of a page, or of a route.
    fn line_href(&self, line: &PageLine) -> String {
        if self.report.by == By::Route.as_str() && !self.is_of_page(line) {
            self.frame.route_href(&line.path)
        } else {
            self.frame.page_href(&line.path)
        }
    }

    /// Whether a line of a route is a single page that is called like it.
    fn is_of_page(&self, line: &PageLine) -> bool {
        line.pages == 1 && !line.path.contains('*') && !line.path.contains(route::ID)
    }

    /// What there is in the list.
    fn things(&self) -> &'static str {
        if self.report.by == By::Route.as_str() { "routes" } else { "pages" }
    }
}

#[derive(Template)]
#[template(path = "member/experience/detail.html")]
struct DetailPage {
    frame: Frame,
    report: PageReport,
    trend: Option<Chart>,
    lcp: Option<Chart>,
    scores: Vec<ScoreCard>,
    definitions: Vec<(&'static str, &'static str)>,
    of_scorecard: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "member/experience/cause.html")]
struct CausePage {
    frame: Frame,
    report: CauseReport,
    kind: &'static str,
    what: String,
    /// The issue that it is; empty for what is none, or is of several pages.
    issue_href: String,
}

/// Heading of a kind of signal.
fn kind_title(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::RageClick => "Rage clicks",
        SignalKind::DeadClick => "Dead clicks",
        SignalKind::SlowClick => "Slow clicks",
        SignalKind::FailedClick => "Clicks that failed",
        SignalKind::Error => "Errors",
        SignalKind::Task => "Tasks",
        SignalKind::Event => "Events",
        SignalKind::Point => "Clicks",
        SignalKind::Form => "Forms",
        SignalKind::Field => "Fields",
        SignalKind::QuickBack => "Quick-backs",
        SignalKind::ExcessiveScroll => "Excessive scrolling",
        SignalKind::BrokenImage => "Pictures that did not load",
        SignalKind::FailedRequest => "Requests that failed",
        SignalKind::Lcp => "LCP worse than good",
        SignalKind::Inp => "INP worse than good",
        SignalKind::Cls => "CLS worse than good",
    }
}

impl DetailPage {
    /// The issues of the page, or of these pages.
    fn issues_href(&self) -> String {
        format!("/sites/{}/issues{}", self.frame.site_key, self.frame.slice.suffix())
    }

    /// The people who met something here.
    fn people_href(&self, kind: &SignalKind, what: &str) -> String {
        let mut fields = self.frame.slice.fields();
        fields.extend([("kind", kind.as_str().to_owned()), ("what", what.to_owned())]);
        format!("/sites/{}/experience/cause?{}", self.frame.site_key, query_of(&fields))
    }

    /// Where on the page more is said of a figure; empty for nowhere.
    fn anchor(&self, figure: &Figure) -> &'static str {
        match figure.name {
            "error_views" => "#error",
            "rage_views" => "#rage_click",
            "dead_views" => "#dead_click",
            "lcp" | "inp" | "cls" => "#vitals",
            _ => "",
        }
    }

    /// The people whose vital was of an element.
    fn vital_href(&self, cause: &VitalCause) -> Option<String> {
        let kind = SignalKind::parse(&cause.vital)?;
        let is_told = !cause.element.is_empty() && cause.element != OTHER_PAGES;
        is_told.then(|| self.people_href(&kind, &cause.element))
    }

    /// A mean of a vital, or of a part of it.
    fn vital_mean(&self, cause: &VitalCause, mean: &f64) -> String {
        if cause.vital == "cls" { format!("{mean:.2}") } else { format::duration(*mean) }
    }

    /// Where the picture of an LCP came from.
    fn vital_source(&self, cause: &VitalCause) -> &'static str {
        match cause.source.as_str() {
            "own" => "picture of this origin",
            "other" => "picture of another origin",
            "data" => "picture within the page",
            _ if cause.vital == "lcp" => "text",
            _ => "",
        }
    }

    /// Heading of a kind of signal.
    fn kind_title(&self, kind: &SignalKind) -> &'static str {
        kind_title(*kind)
    }
}

fn vital_definitions() -> impl Iterator<Item = (&'static str, &'static str)> {
    Vital::ALL.into_iter().map(|vital| (vital.abbreviation(), vital.definition()))
}

/// What a column is called.
fn label_of(column: Sort) -> &'static str {
    match column {
        Sort::Path => "Page",
        Sort::Views => "Views",
        Sort::Visits => "Visits begun",
        Sort::Bounce => "Bounce",
        Sort::Engaged => "Engaged",
        Sort::Failed => "Failed",
        Sort::Errors => "Errors",
        Sort::Rage => "Rage",
        Sort::Dead => "Dead",
        Sort::Lcp => "LCP",
        Sort::Inp => "INP",
        Sort::Cls => "CLS",
    }
}

/// The columns that an address asks for, in their order; all where it names none. What names the line is always there.
fn shown(fields: &Fields) -> Result<Vec<Sort>, Fault> {
    let mut named = Vec::new();
    for (_, name) in fields.iter().filter(|(field, _)| field == "column") {
        let names = Sort::EACH.map(|(_, name)| name).join(", ");
        named.push(Sort::parse(name).ok_or_else(|| Fault::new("column", format!("must be one of {names}")))?);
    }
    let all = Sort::EACH.into_iter().map(|(column, _)| column);
    Ok(all.filter(|column| named.is_empty() || *column == Sort::Path || named.contains(column)).collect())
}

fn definitions() -> Vec<(&'static str, &'static str)> {
    let mut definitions = vec![
        ("Views", kinds::VIEWS),
        ("Visits begun", kinds::VISITS),
        ("Bounce", kinds::BOUNCE.definition),
        ("Engaged", "Mean and median time of a view that was visible, focused and within 5 s of an action."),
        ("Failed", kinds::FAILED.definition),
        ("Errors", kinds::ERRORS.definition),
        ("Rage", kinds::RAGE.definition),
        ("Dead", kinds::DEAD.definition),
    ];
    definitions.extend(vital_definitions());
    definitions.push((
        "Change",
        "Shown only where it is real at a false discovery rate of 5 % (Benjamini–Hochberg) over all pages that were seen, whichever of \
         them are shown.",
    ));
    definitions.push(("Route", Dimension::Route.definition()));
    definitions
}

pub(super) async fn list(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let listed = list::listed(&fields)?;
    if let Some(csv) = csv::wanted(&fields)? {
        match field(&fields, "table") {
            "raw_views" => {
                access.require_member()?;
                let rows = reports.of(&access.site).stream_views(&slice).await?;
                return Ok(raw::answer(access.site.site.site_id, csv.into(), "views", view_columns(), rows));
            }
            "raw_signals" => {
                access.require_member()?;
                let rows = reports.of(&access.site).stream_signals(&slice).await?;
                return Ok(raw::answer(access.site.site.site_id, csv.into(), "signals", signal_columns(), rows));
            }
            _ => {}
        }
        if !matches!(field(&fields, "table"), "" | "pages") {
            return Err(Fault::new("table", "must be pages").into());
        }
        let header = pages::header(listed.by);
        if csv.json {
            let body = Body::from_stream(pages::json(&reports, &access.site, slice, listed).await?);
            return Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response());
        }
        let lines = pages::csv_lines(&reports, &access.site, slice, listed).await?;
        return Ok(csv.lines("experience-pages", header, lines));
    }
    let columns = shown(&fields)?;
    let report = reports.of(&access.site).experience(&slice, &listed).await?;
    let place = Page {
        title: "Experience",
        part: "experience",
        path: "experience",
        back: None,
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    let chosen = fields.iter().filter(|(field, _)| field == "column").map(|(_, name)| ("column", name.clone()));
    let chosen: Vec<_> = chosen.collect();
    let own = |listed: &Listed| list::fields_of(listed).into_iter().chain(chosen.iter().cloned()).collect::<Vec<_>>();
    let all = |listed: &Listed| slice.fields().into_iter().chain(own(listed)).collect::<Vec<_>>();
    let address = |listed: &Listed| {
        let mut fields = all(listed);
        fields.extend((listed.part > 1).then(|| ("part", listed.part.to_string())));
        format!("/sites/{}/experience{}", access.site.site.key, suffix_of(&fields))
    };
    let kept = own(&listed);
    let kept: Vec<_> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut frame = Frame::filtered(&frames, &access, &place, &slice, &kept).await?;
    if listed.part > 1 {
        frame.here += &format!("{}part={}", if frame.here.contains('?') { "&" } else { "?" }, listed.part);
    }
    let part = |part: usize| address(&Listed { part, ..listed.clone() });
    let first = (listed.part - 1).saturating_mul(LISTED);
    render(&ExperiencePage {
        columns: columns.iter().map(|column| column_of(*column, &listed, address)).collect(),
        choosable: Sort::EACH
            .into_iter()
            .filter(|(column, _)| *column != Sort::Path)
            .map(|(column, name)| Choosable { name, label: label_of(column), shown: columns.contains(&column) })
            .collect(),
        by: By::EACH
            .into_iter()
            .map(|by| Choice {
                label: if by == By::Page { "Pages" } else { "Routes" }.to_owned(),
                href: address(&Listed { by, part: 1, ..listed.clone() }),
                current: by == listed.by,
            })
            .collect(),
        beside_search: all(&Listed { search: String::new(), ..listed.clone() }),
        beside_columns: slice.fields().into_iter().chain(list::fields_of(&listed)).collect(),
        unsearched: address(&Listed { search: String::new(), part: 1, ..listed.clone() }),
        pager: Pager {
            first: first + 1,
            last: first + report.pages.len(),
            previous: (listed.part > 1).then(|| part((listed.part - 1).min(report.parts.max(1)))),
            next: (listed.part < report.parts).then(|| part(listed.part + 1)),
        },
        definitions: definitions(),
        search: listed.search.clone(),
        frame,
        report,
    })
}

/// A column of the list; its heading sorts by it.
fn column_of(column: Sort, listed: &Listed, address: impl Fn(&Listed) -> String) -> Column {
    let is_sorted = column == listed.sort;
    // A second click on a column turns it round; pages begin with A, numbers with the largest.
    let ascending = if is_sorted { !listed.ascending } else { column == Sort::Path };
    Column {
        sort: column,
        label: if column == Sort::Path && listed.by == By::Route { "Route" } else { label_of(column) },
        href: address(&Listed { sort: column, ascending, part: 1, ..listed.clone() }),
        number: column != Sort::Path,
        sorted: is_sorted.then_some(if listed.ascending { "ascending" } else { "descending" }),
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    if slice.pages == Pages::Every {
        // Without a page it is about all of them.
        return Ok(
            Redirect::to(&format!("/sites/{}/experience{}", access.site.site.key, slice.suffix())).into_response()
        );
    }
    let source = reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = source.whole_page(&slice).await?;
        let running = source.running();
        return Ok(export::page(csv, field(&fields, "table"), &report, &running)?);
    }
    let report = source.page(&slice).await?;
    let marks = source.marks(&slice).await?;
    let title = slice.narrowed().find(|(dimension, _)| dimension.is_path()).map_or("", |(_, pages)| pages);
    let title = format::path(title);
    let place = Page {
        title: &title,
        part: "experience",
        path: "experience/page",
        back: Some(("Experience", "experience")),
        compares: true,
        dimensions: &Dimension::BESIDE_PAGES,
    };
    let from = CameFrom::of(&fields);
    let own: Vec<_> = from.iter().map(|from| ("back", from.path.as_str())).collect();
    let mut frame = Frame::filtered(&frames, &access, &place, &slice, &own).await?;
    // Every page again, unless one came from another place.
    let all = slice.without(Dimension::Page).suffix();
    let pages = format!("/sites/{}/experience{all}", access.site.site.key);
    frame.back = Some(match &from {
        Some(from) => from.choice(&access.site.site.key),
        None => Choice { label: "Experience".to_owned(), href: pages, current: false },
    });
    render(&DetailPage {
        trend: mark::on_days(chart::views(&report.trend, frame.edges()), &marks, &report.trend, &frame),
        lcp: mark::on_points(chart::lcp_trend(&report.lcp_trend, frame.edges()), &marks, &report.lcp_trend, &frame),
        scores: mark::on_cards(
            cards(&access.site.site.key, &slice.suffix(), &report.scores, frame.edges()),
            &marks,
            &frame,
        ),
        frame,
        definitions: vital_definitions().collect(),
        of_scorecard: [scorecard::ENGAGED, scorecard::ADOPTION, scorecard::RETURN, scorecard::TASK_SUCCESS]
            .map(|kind| (kind.label, kind.definition))
            .into(),
        report,
    })
}

/// The people who met something on a page, or on the pages of a route.
pub(super) async fn cause(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let kinds = || SignalKind::EACH.map(SignalKind::as_str).join(", ");
    let kind = SignalKind::parse(field(&fields, "kind"));
    let kind = kind.ok_or_else(|| Fault::new("kind", format!("must be one of {}", kinds())))?;
    let what = field(&fields, "what");
    if what.is_empty() || what.len() > LABEL_BYTES {
        return Err(
            Fault::new("what", format!("must be 1 to {LABEL_BYTES} bytes: an element, an error or a task")).into()
        );
    }
    let source = reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let rows = source.stream_views_touched(&slice, kind, what).await?;
        return Ok(raw::answer(access.site.site.site_id, csv.into(), "views-that-met-it", view_columns(), rows));
    }
    let report = source.cause(&slice, kind, what).await?;
    let pages = slice.narrowed().find(|(dimension, _)| dimension.is_path());
    let title = pages.map_or_else(|| "Every page".to_owned(), |(_, pages)| format::path(pages));
    let place = Page {
        title: &title,
        part: "experience",
        path: "experience/cause",
        back: None,
        compares: false,
        dimensions: &Dimension::BESIDE_PAGES,
    };
    let mut frame =
        Frame::filtered(&frames, &access, &place, &slice, &[("kind", kind.as_str()), ("what", what)]).await?;
    let back = if pages.is_some() { "experience/page" } else { "experience" };
    frame.back = Some(Choice {
        label: if pages.is_some() { title.clone() } else { "Experience".to_owned() },
        href: format!("/sites/{}/{back}{}", access.site.site.key, slice.suffix()),
        current: false,
    });
    let page = match (&slice.pages, slice.page()) {
        (Pages::Route(route), _) => Some(route.clone()),
        (_, Some(page)) => Some(source.routes().await?.of(page).into_owned()),
        _ => None,
    };
    let is_failure = kind != SignalKind::Event && !report.views.is_empty();
    let issue_href = page.filter(|_| is_failure).map_or_else(String::new, |page| {
        let id = IssueKey { page, kind: kind.as_str().to_owned(), label: what.to_owned() }.id().to_text();
        format!("/sites/{}/issues/{id}{}", access.site.site.key, slice.without(Dimension::Page).suffix())
    });
    render(&CausePage { frame, report, kind: kind_title(kind), what: what.to_owned(), issue_href })
}

#[cfg(test)]
mod tests {
    use crate::http::query::encode;
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;
    use rapport_store::story_test::{BROKEN, RESPONSE, tell};

    const DAYS: &str = "range=custom&from=2026-04-20&to=2026-05-06";

    async fn story() -> (TestApp, String) {
        let test = TestApp::new().await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
        (test, cookie)
    }

    #[tokio::test]
    async fn each_cause_leads_to_the_people_who_met_it() {
        let (test, cookie) = story().await;
        let read = async |address: &str| test.get(address, &[("cookie", &cookie), ("accept", "text/html")]).await;
        let page = read(&format!("/sites/shop/experience/page?{DAYS}&page={}", encode(BROKEN))).await.text();
        let links: Vec<_> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let causes: Vec<_> = links.iter().filter(|link| link.contains("/experience/cause?")).collect();
        assert!(causes.len() >= 3, "{links:?}");
        for cause in causes {
            let reply = read(&cause.replace("&#38;", "&")).await;
            let text = reply.text();
            assert_eq!(reply.status, 200, "{cause}: {text}");
            assert!(text.contains(&format!("/responses/{RESPONSE}")), "{cause}: {text}");
            assert!(text.contains("<h2 id=\"seen\">Their views</h2>") && text.contains("<time"), "{text}");
        }
        let none = read(&format!("/sites/shop/experience/cause?{DAYS}&kind=error&what=none")).await.text();
        assert!(none.contains("No view met it") && none.contains("None of them gave an answer"), "{none}");
        for (query, field) in [("kind=storm&what=x", "kind"), ("kind=error", "what")] {
            let reply = read(&format!("/sites/shop/experience/cause?{query}")).await;
            assert!(reply.status == 400 && reply.text().contains(&format!("<code>{field}</code>")), "{query}");
        }
        let card = page.split("id=\"scorecard\"").nth(1).expect("a scorecard");
        for part in ["Happiness", "Engagement", "Adoption", "Return", "Task success", "What stands in the way"] {
            assert!(card.contains(part), "{part}: {card}");
        }
        assert!(card.contains("only who consented or was identified is recognised"), "{card}");
    }

    #[tokio::test]
    async fn the_list_is_searched_and_shows_the_columns_that_were_chosen() {
        let (test, cookie) = story().await;
        let read = async |query: &str| {
            let address = format!("/sites/shop/experience?{DAYS}{query}");
            let reply = test.get(&address, &[("cookie", &cookie), ("accept", "text/html")]).await;
            assert_eq!(reply.status, 200, "{query}: {}", reply.text());
            reply.text().replace("&#38;", "&")
        };
        let found = read(&format!("&search={}", encode(&BROKEN[1..5].to_uppercase()))).await;
        assert!(found.contains("1 page found among 2") && found.contains("Show all"), "{found}");
        let none = read("&search=nowhere").await;
        assert!(none.contains("None of 2 pages has “nowhere” in its path"), "{none}");
        let beyond = read("&part=9").await;
        assert!(beyond.contains("The list ends before this part"), "{beyond}");
        let few = read("&column=views&column=failed&sort=failed").await;
        let head = few.split("<thead>").nth(1).and_then(|rest| rest.split("</thead>").next()).expect("a table");
        assert!(head.matches("<th ").count() == 3 && head.contains("Failed") && !head.contains("LCP"), "{head}");
        assert!(
            head.contains("column=views&column=failed"),
            "a column is sorted by among those that were chosen: {head}"
        );
        // An empty slice says that the filter is empty, and how to take each part of it off.
        let empty = read("&device=tablet&language=en&campaign=none").await;
        assert!(empty.contains("There is data, but none of it passes the filter"), "{empty}");
        for off in ["without Device tablet", "without Language en", "without Campaign none"] {
            assert!(empty.contains(off), "{off}: {empty}");
        }
        assert!(!empty.contains("Paste the tag"), "{empty}");
    }
}
