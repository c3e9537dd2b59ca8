//! The Journeys page: which way visits go, as a Sankey with its table, and the most frequent paths, from and to a page as well.

use super::course::tabs;
use super::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, chart, export, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::http::query::{journey, suffix_of};
use crate::member::account::Access;
use crate::member::chart::{Chart, stop_label};
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::PagesBy;
use rapport_report::journey::{Journeys, StopView, Ways};
use rapport_report::slice::Slice;

/// Ways as they are drawn.
struct Drawn {
    id: &'static str,
    title: String,
    chart: Option<Chart>,
    ways: Ways,
}

#[derive(Template)]
#[template(path = "member/journey/page.html")]
struct JourneysPage {
    frame: Frame,
    tabs: Vec<Choice>,
    by: Vec<Choice>,
    drawn: Vec<Drawn>,
    report: Journeys,
    others: Vec<(&'static str, String)>,
    pages: Vec<String>,
    /// The page without the one that is asked for.
    whole: String,
}

impl JourneysPage {
    fn label(&self, stop: &StopView) -> String {
        stop_label(stop)
    }

    /// The ways around a page.
    fn around_href(&self, page: &str) -> String {
        let mut fields = self.frame.slice.fields();
        fields
            .extend(journey::fields(if self.report.by == "page" { PagesBy::Page } else { PagesBy::Route }, Some(page)));
        format!("/sites/{}/journeys{}", self.frame.site_key, suffix_of(&fields))
    }

    fn without_drawing(&self) -> bool {
        self.report.on.visits == 0
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let (by, around) = journey::asked(&fields)?;
    let source = reports.of(&access.site);
    let mut report = source.journeys(&slice, by, around.as_deref()).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::journeys(csv, field(&fields, "table"), &report)?);
    }
    let place = Page {
        title: "Journeys",
        part: "tasks",
        path: "journeys",
        back: None,
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let own = journey::fields(by, around.as_deref());
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let frame = Frame::filtered(&frames, &access, &place, &slice, &own).await?;
    let address = |by: PagesBy, around: Option<&str>| {
        let fields: Vec<_> = slice.fields().into_iter().chain(journey::fields(by, around)).collect();
        format!("/sites/{}/journeys{}", access.site.site.key, suffix_of(&fields))
    };
    let choice = |(label, of): (&str, PagesBy)| Choice {
        label: label.to_owned(),
        // A route is no page.
        href: address(of, around.as_deref().filter(|_| of == by)),
        current: of == by,
    };
    let mut drawn = Vec::new();
    if let Some(back) = report.back.take() {
        let title = "Ways to it".to_owned();
        drawn.push(Drawn { id: "to", title, chart: chart::sankey(&back), ways: back });
    }
    let title = if around.is_some() { "Ways on from it" } else { "From the first page of a visit" }.to_owned();
    drawn.push(Drawn { id: "on", title, chart: chart::sankey(&report.on), ways: report.on.clone() });
    // Which other pages there are is not for whoever reads this one report under a link.
    let mut pages = if access.guest.is_some() { Vec::new() } else { source.known_pages().await? };
    pages.truncate(200);
    let others = slice.fields().into_iter().chain(journey::fields(by, None)).collect();
    render(&JourneysPage {
        tabs: tabs(&access.site.site.key, &slice, "journeys"),
        by: [("By route", PagesBy::Route), ("By page", PagesBy::Page)].map(choice).into(),
        whole: address(by, None),
        frame,
        drawn,
        report,
        others,
        pages,
    })
}

#[cfg(test)]
mod tests {
    use crate::http::query::encode;
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;
    use rapport_store::story_test::{BROKEN, tell};

    #[tokio::test]
    async fn every_visit_is_in_the_table_beside_the_drawing() {
        let test = TestApp::new().await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
        let days = "range=custom&from=2026-04-20&to=2026-05-06";
        let read = async |query: &str| {
            let address = format!("/sites/shop/journeys?{days}{query}");
            test.get(&address, &[("cookie", &cookie), ("accept", "text/html")]).await
        };
        let page = read("").await.text();
        assert!(page.contains("115 visits") && page.contains("class=\"sankey\"") && page.contains("left"), "{page}");
        assert!(!page.contains("<script>alert"), "{page}");
        let around = read(&format!("&by=page&around={}", encode(BROKEN))).await.text();
        assert!(around.contains("Ways to it") && around.contains("visit began"), "{around}");
        let none = read("&around=%2Fnowhere").await.text();
        assert!(none.contains("No visit went through it"), "{none}");
        let table = read("&format=csv").await.text();
        assert!(table.starts_with("direction,step,from,from_page,to,to_page,visits,one_in\r\n"), "{table}");
        let visits: u64 = table.lines().skip(1).filter_map(|line| line.rsplit(',').nth(1)?.parse::<u64>().ok()).sum();
        assert_eq!(visits, 115, "each visit of one page ends with it");
        for (query, field) in [("&by=fridge", "by"), ("&around=nowhere", "around"), ("&format=csv&table=x", "table")] {
            let reply = read(query).await;
            assert!(reply.status == 400 && reply.text().contains(&format!("<code>{field}</code>")), "{query}");
        }
    }
}
