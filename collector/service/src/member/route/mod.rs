//! The Routes page: which pages of the site are one, by what looks like an id and by patterns of the site's own, tried on real pages
//! before they are saved.

use super::export;
use super::frame::{Fields, Frame, Frames, Page, carried, field};
use super::{PageError, render};
use crate::app::{Reports, feature_state};
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::http::query::query_of;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::route::{self, Proposal, Routes};
use rapport_report::slice::Slice;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::route::{PATTERN_BYTES, ROUTES};
use std::collections::BTreeMap;

feature_state! {
    /// What routes need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        frames: Frames,
        reports: Reports,
    }
}

/// Pages that a trial shows, and routes that are listed.
const SHOWN: usize = 20;

/// A route, and how many of the known pages are of it.
struct Line {
    route: String,
    pages: usize,
    /// Whether it is one of the site's own.
    own: bool,
    href: String,
}

/// A pattern tried on real pages.
struct Trial {
    pattern: String,
    /// What is wrong with it; empty for nothing.
    wrong: String,
    /// Pages that fit it, each with the route that it is of now.
    fits: Vec<(String, String)>,
    count: usize,
    known: bool,
}

/// A proposal, and where it is tried.
struct Proposed {
    proposal: Proposal,
    href: String,
}

#[derive(Template)]
#[template(path = "member/route/page.html")]
struct RoutePage {
    frame: Frame,
    lines: Vec<Line>,
    trial: Option<Trial>,
    proposed: Vec<Proposed>,
    pages: usize,
    may_change: bool,
    query: String,
}

/// What a pattern would take in.
fn tried(text: &str, routes: &Routes, own: &[String], pages: &[String]) -> Trial {
    let (pattern, wrong) = match route::checked(text) {
        Ok(pattern) => (pattern, String::new()),
        Err(fault) => (text.to_owned(), fault.reason),
    };
    let all = if wrong.is_empty() { route::taken_in(&pattern, pages) } else { Vec::new() };
    let fits = all.iter().take(SHOWN).map(|page| ((*page).clone(), routes.of(page).into_owned())).collect();
    Trial { count: all.len(), fits, known: own.contains(&pattern), pattern, wrong }
}

/// The routes of most pages, and all of the site's own.
fn lines(routes: &Routes, own: &[String], pages: &[String], frame: &Frame) -> Vec<Line> {
    let mut counts: BTreeMap<String, usize> = own.iter().map(|pattern| (pattern.clone(), 0)).collect();
    pages.iter().for_each(|page| *counts.entry(routes.of(page).into_owned()).or_default() += 1);
    let is_own = |route: &str| own.iter().any(|pattern| pattern == route);
    let mut lines: Vec<_> = counts
        .into_iter()
        .filter(|(route, pages)| *pages > 1 || is_own(route))
        .map(|(route, pages)| Line { own: is_own(&route), href: frame.pages_of_route_href(&route), route, pages })
        .collect();
    lines.sort_by_key(|line| (!line.own, std::cmp::Reverse(line.pages)));
    lines.truncate(own.len() + SHOWN);
    lines
}

pub(super) async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = carried(&fields);
    let place = Page {
        title: "Routes",
        part: "experience",
        path: "routes",
        back: Some(("Experience", "experience")),
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    frame.scope = "Which pages are one".to_owned();
    let source = needs.reports.of(&access.site);
    let (own, pages) = (needs.store.routes(access.site.site.site_id).await?, source.known_pages().await?);
    let routes = Routes::new(own.clone());
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::routes(csv, field(&fields, "table"), (&routes, &own, &pages, field(&fields, "pattern")))?);
    }
    let pattern = field(&fields, "pattern");
    let trial = (!pattern.is_empty()).then(|| tried(pattern, &routes, &own, &pages));
    let proposed = routes.proposed(pages.iter().map(String::as_str)).into_iter().map(|proposal| {
        let mut fields = slice.fields();
        fields.push(("pattern", proposal.pattern.clone()));
        Proposed { href: format!("/sites/{}/routes?{}", access.site.site.key, query_of(&fields)), proposal }
    });
    render(&RoutePage {
        lines: lines(&routes, &own, &pages, &frame),
        trial,
        proposed: proposed.collect(),
        pages: pages.len(),
        may_change: access.role >= Role::Editor,
        query: slice.suffix(),
        frame,
    })
}

/// The form that keeps a pattern, or forgets one.
#[derive(serde::Deserialize)]
pub(super) struct Pattern {
    pattern: String,
}

fn back(access: &Access, slice: &Slice) -> Response {
    Redirect::to(&format!("/sites/{}/routes{}", access.site.site.key, slice.suffix())).into_response()
}

pub(super) async fn add(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(new): Submitted<Pattern>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let at_fault = |fault| PageError::from(Problem::of_faults([fault]));
    let (site_id, pattern) = (access.site.site.site_id, route::checked(&new.pattern).map_err(at_fault)?);
    if needs.store.routes(site_id).await?.len() >= ROUTES {
        return Err(at_fault(route::too_many()));
    }
    let entry = access.note(&needs.clock, "route.add", format!("route {pattern}"));
    needs.store.add_route(site_id, &pattern, needs.clock.now_ms(), &entry).await?;
    Ok(back(&access, &carried(&fields)))
}

pub(super) async fn remove(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(old): Submitted<Pattern>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let entry = access.note(&needs.clock, "route.remove", format!("route {}", old.pattern));
    if !needs.store.remove_route(access.site.site.site_id, &old.pattern, &entry).await? {
        return Err(PageError::NotFound("This site has no such route."));
    }
    Ok(back(&access, &carried(&fields)))
}

#[cfg(test)]
mod tests {
    use crate::http::query::encode;
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;
    use rapport_store::clock::Clock;
    use rapport_store::rollup::rebuild;
    use rapport_store::story_test::{BROKEN, NOW_MS, tell};

    #[tokio::test]
    async fn a_pattern_is_tried_on_real_pages_before_it_is_saved_and_then_pages_are_one_line() {
        let test = TestApp::at(Clock::manual(NOW_MS)).await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.unwrap();
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let read = async |address: &str| {
            test.get(address, &[("cookie", &editor), ("accept", "text/html")]).await.text().replace("&#38;", "&")
        };
        let folder = BROKEN.rsplit_once('/').map_or("", |(folder, _)| folder);
        let pattern = format!("{folder}/*");
        let page = read(&format!("/sites/shop/routes?pattern={}", encode(&pattern))).await;
        assert!(page.contains("1 page fits") && page.contains("Save this route"), "{page}");
        let page = read("/sites/shop/routes?pattern=checkout").await;
        assert!(page.contains("must be a path with *") && !page.contains("Save this route"), "{page}");
        let submit = async |path: &str, pattern: &str, cookie: &str| {
            let form = format!("pattern={}", encode(pattern));
            test.submit(&format!("/sites/shop/routes{path}"), &form, &[("cookie", cookie)]).await.status.as_u16()
        };
        let support = test.cookie(&site, "sam@example.com", Role::Support).await;
        assert_eq!((submit("", &pattern, &support).await, submit("/remove", &pattern, &support).await), (403, 403));
        assert_eq!((submit("", "/checkout", &editor).await, submit("", &pattern, &editor).await), (422, 303));
        let days = "range=custom&from=2026-04-20&to=2026-05-06";
        let list = read(&format!("/sites/shop/experience?{days}&by=route")).await;
        assert!(list.contains(&format!("route={}", encode(&pattern))), "{list}");
        // Its pages have a report together.
        let detail = read(&format!("/sites/shop/experience/page?{days}&route={}", encode(&pattern))).await;
        assert!(detail.contains("Where it fails") && detail.contains("TypeError"), "{detail}");
        assert_eq!(
            (submit("/remove", &pattern, &editor).await, submit("/remove", &pattern, &editor).await),
            (303, 404)
        );
        let changes = read("/sites/shop/audit").await;
        assert!(changes.matches("the route ").count() == 2, "{changes}");
    }
}
