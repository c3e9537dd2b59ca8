//! The Heat maps page: where a page was clicked, as a table of its elements, and over the live page itself.

use super::frame::{EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, export, render};
use crate::app::{Reports, feature_state};
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::http::query::suffix_of;
use crate::member::account::{Access, Submitted, token};
use crate::member::reading::*;
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::experience::Listed;
use rapport_report::heat::{Heat, kinds};
use rapport_report::slice::{Pages, Slice};
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::heat_code::CODE_MS;
use serde::Serialize;

/// Most pages that are offered.
const OFFERED: usize = 20;

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
    }
}

/// A page of the site that can be looked at.
struct Offered {
    path: String,
    views: u64,
    href: String,
}

#[derive(Template)]
#[template(path = "member/heatmap/page.html")]
struct HeatmapPage {
    frame: Frame,
    report: Heat,
    /// Whether a page is chosen, or several that are one.
    is_chosen: bool,
    offered: Vec<Offered>,
    /// Where pages of the site are.
    origins: Vec<String>,
    /// The query of the slice, which a code is made for.
    fields: String,
    may_change: bool,
    definitions: Vec<(&'static str, &'static str)>,
}

/// What pages of browsers are at: applications show no map.
fn origins(access: &Access) -> Vec<String> {
    access.site.site.origins.iter().filter(|origin| origin.starts_with("http")).cloned().collect()
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = reports.of(&access.site);
    let is_chosen = slice.pages != Pages::Every;
    if let Some(csv) = csv::wanted(&fields)? {
        if !is_chosen {
            return Err(Fault::new("page", "must name the page").into());
        }
        let report = source.whole_heat(&slice).await?;
        return Ok(export::heat(csv, field(&fields, "table"), &report)?);
    }
    let place = Page {
        title: "Heat maps",
        part: "heatmap",
        path: "heatmap",
        back: None,
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let frame = Frame::filtered(&frames, &access, &place, &slice, &[]).await?;
    let report = if is_chosen {
        source.heat(&slice).await?
    } else {
        Heat { sample_percent: source.store.site_heat_percent(access.site.site.site_id).await?, ..Heat::default() }
    };
    let mut offered = Vec::new();
    if !is_chosen {
        let listed = source.experience(&slice, &Listed::default()).await?;
        for line in listed.pages.into_iter().take(OFFERED) {
            let mut own = slice.fields();
            own.push(("page", line.path.clone()));
            let href = format!("/sites/{}/heatmap{}", access.site.site.key, suffix_of(&own));
            offered.push(Offered { path: line.path, views: line.views, href });
        }
    }
    let mut response = render(&HeatmapPage {
        frame,
        report,
        is_chosen,
        offered,
        origins: origins(&access),
        fields: suffix_of(&slice.fields()).trim_start_matches('?').to_owned(),
        may_change: access.role >= Role::Editor,
        definitions: [kinds::SHARE, kinds::RAGE, kinds::DEAD, kinds::REACH]
            .map(|kind| (kind.label, kind.definition))
            .into(),
    })?;
    // The page that it opens keeps its tie to it, and nobody who opens this one has any.
    response.headers_mut().insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin-allow-popups"),
    );
    Ok(response)
}

/// What a code is to show.
#[derive(serde::Deserialize)]
pub(super) struct Wanted {
    /// The query string of the page.
    fields: String,
}

/// A code, and how long it is good.
#[derive(Serialize)]
struct Code {
    code: String,
    lasts_ms: i64,
}

/// Gives a code that shows the map of a slice over its page, once.
pub(super) async fn code(
    State(needs): State<Needs>,
    access: Access,
    Submitted(wanted): Submitted<Wanted>,
) -> Result<Response, PageError> {
    access.require(Role::Viewer)?;
    let pairs: Vec<(String, String)> = form_urlencoded::parse(wanted.fields.as_bytes()).into_owned().collect();
    let slice = Slice::parse(&pairs).map_err(Problem::of_faults)?;
    if slice.pages == Pages::Every {
        return Err(Problem::of_faults([Fault::new("page", "must name the page")]).into());
    }
    let fields = suffix_of(&slice.fields());
    let code = token::random();
    let site_id = access.site.site.site_id;
    let now_ms = needs.clock.now_ms();
    needs.store.add_heat_code(site_id, token::hash(&code), fields.trim_start_matches('?'), now_ms).await?;
    Ok(Json(Code { code, lasts_ms: CODE_MS }).into_response())
}

/// Of how many views clicks are to be kept.
#[derive(serde::Deserialize)]
pub(super) struct Sampled {
    percent: String,
    /// The query string of the page.
    #[serde(default)]
    fields: String,
}

pub(super) async fn sample(
    State(needs): State<Needs>,
    access: Access,
    Submitted(sampled): Submitted<Sampled>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let percent = sampled.percent.trim().parse().ok().filter(|percent| *percent <= 100);
    let at_fault = || Problem::of_faults([Fault::new("percent", "must be a whole number from 0 to 100")]);
    let percent: u32 = percent.ok_or_else(at_fault)?;
    let entry = access.note(&needs.clock, "heatmap.change", format!("heat maps to {percent} % of views"));
    needs.store.set_site_heat_percent(access.site.site.site_id, percent, &entry).await?;
    let pairs: Vec<(String, String)> = form_urlencoded::parse(sampled.fields.as_bytes()).into_owned().collect();
    let query = Slice::parse(&pairs).unwrap_or_default().suffix();
    Ok(Redirect::to(&format!("/sites/{}/heatmap{query}", access.site.site.key)).into_response())
}
