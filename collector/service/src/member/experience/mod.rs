//! The Experience pages: every page of the site, and one of them.

use super::chart::{self, Chart};
use super::frame::{CameFrom, Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::score::{ScoreCard, cards};
use super::{PageError, export, format, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::http::query::list;
use crate::http::query::query_of;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_figures::vital::Vital;
use rapport_report::experience::{DeviceVitals, Experience, Sort};
use rapport_report::figure::Figure;
use rapport_report::overview::kinds;
use rapport_report::page::PageReport;
use rapport_report::slice::{Dimension, Slice};
use rapport_shared::signal::SignalKind;

struct Column {
    label: &'static str,
    href: String,
    number: bool,
    sorted: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "member/experience/page.html")]
struct ExperiencePage {
    frame: Frame,
    report: Experience,
    columns: Vec<Column>,
    definitions: Vec<(&'static str, &'static str)>,
}

impl ExperiencePage {
    /// The Core Web Vital of a place in the list of them.
    fn vital<'a>(&self, vitals: &'a DeviceVitals, place: &usize) -> Option<&'a Figure> {
        vitals.figures.get(*place)
    }

    /// What a place in that list is called.
    fn vital_label(&self, place: &usize) -> &'static str {
        Vital::ALL.into_iter().filter(|vital| vital.is_core()).nth(*place).map_or("", Vital::abbreviation)
    }

    /// Share of the most viewed page's views, in percent.
    fn share_of_most(&self, views: &u64) -> f64 {
        let most = self.report.pages.iter().map(|line| line.views).max().unwrap_or(0);
        if most > 0 { (*views as f64 / most as f64 * 100.0).max(1.0) } else { 0.0 }
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
}

impl DetailPage {
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

    /// Heading of a kind of signal.
    fn kind_title(&self, kind: &SignalKind) -> &'static str {
        match kind {
            SignalKind::RageClick => "Rage clicks",
            SignalKind::DeadClick => "Dead clicks",
            SignalKind::SlowClick => "Slow clicks",
            SignalKind::FailedClick => "Clicks that failed",
            SignalKind::Error => "Errors",
            SignalKind::Task => "Tasks",
            SignalKind::Event => "Events",
        }
    }
}

fn vital_definitions() -> impl Iterator<Item = (&'static str, &'static str)> {
    Vital::ALL.into_iter().map(|vital| (vital.abbreviation(), vital.definition()))
}

pub(super) async fn list(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let (sort, ascending) = list::order(&fields)?;
    let source = reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = source.every_page(&slice, sort, ascending).await?;
        return Ok(export::pages(csv, field(&fields, "table"), &report)?);
    }
    let report = source.experience(&slice, sort, ascending).await?;
    let page = Page {
        title: "Experience",
        part: "experience",
        path: "experience",
        back: None,
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    let order = if ascending { "ascending" } else { "descending" };
    let own: Vec<_> = if (sort, ascending) == (Sort::Views, false) {
        Vec::new()
    } else {
        vec![("sort", sort.as_str()), ("order", order)]
    };
    let address = |own: &[(&'static str, &str)]| {
        let mut fields = slice.fields();
        fields.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
        format!("?{}", query_of(&fields))
    };
    let label = |column: Sort| match column {
        Sort::Path => "Page",
        Sort::Views => "Views",
        Sort::Visits => "Visits begun",
        Sort::Bounce => "Bounce",
        Sort::Engaged => "Engaged",
        Sort::Errors => "Errors",
        Sort::Rage => "Rage",
        Sort::Dead => "Dead",
        Sort::Lcp => "LCP",
        Sort::Inp => "INP",
        Sort::Cls => "CLS",
    };
    let columns = Sort::EACH
        .into_iter()
        .map(|(column, name)| {
            // A second click on a column turns it round; pages begin with A, numbers with the largest.
            let next = if column == sort { !ascending } else { column == Sort::Path };
            Column {
                label: label(column),
                href: address(&[("sort", name), ("order", if next { "ascending" } else { "descending" })]),
                number: column != Sort::Path,
                sorted: (column == sort).then_some(order),
            }
        })
        .collect();
    let mut definitions = vec![
        ("Views", kinds::VIEWS),
        ("Visits begun", kinds::VISITS),
        ("Bounce", kinds::BOUNCE.definition),
        ("Engaged", "Mean and median time of a view that was visible, focused and within 5 s of an action."),
        ("Errors", kinds::ERRORS.definition),
        ("Rage", kinds::RAGE.definition),
        ("Dead", kinds::DEAD.definition),
    ];
    definitions.extend(vital_definitions());
    definitions.push(("Change", "Shown only where it is real at a false discovery rate of 5 % over the column."));
    render(&ExperiencePage {
        frame: Frame::filtered(&frames, &access, &page, &slice, &own).await?,
        report,
        columns,
        definitions,
    })
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    if slice.page().is_none() {
        // Without a page it is about all of them.
        return Ok(
            Redirect::to(&format!("/sites/{}/experience{}", access.site.site.key, slice.suffix())).into_response()
        );
    }
    let source = reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = source.whole_page(&slice).await?;
        let today = source.today().to_string();
        return Ok(export::page(csv, field(&fields, "table"), &report, &today)?);
    }
    let report = source.page(&slice).await?;
    let title = format::path(slice.path());
    let page = Page {
        title: &title,
        part: "experience",
        path: "experience/page",
        back: Some(("Experience", "experience")),
        compares: true,
        dimensions: &[Dimension::Device, Dimension::Language, Dimension::Source, Dimension::Release],
    };
    let from = CameFrom::of(&fields);
    let own: Vec<_> = from.iter().map(|from| ("back", from.path.as_str())).collect();
    let mut frame = Frame::filtered(&frames, &access, &page, &slice, &own).await?;
    // Every page again, unless one came from another place.
    let all = slice.without(Dimension::Page).suffix();
    let pages = format!("/sites/{}/experience{all}", access.site.site.key);
    frame.back = Some(match &from {
        Some(from) => from.choice(&access.site.site.key),
        None => Choice { label: "Experience".to_owned(), href: pages, current: false },
    });
    render(&DetailPage {
        trend: chart::views(&report.trend, frame.edges()),
        lcp: chart::lcp_trend(&report.lcp_trend, frame.edges()),
        frame,
        scores: cards(&access.site.site.key, &slice.suffix(), &report.scores),
        definitions: vital_definitions().collect(),
        report,
    })
}
