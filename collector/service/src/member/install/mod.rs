//! The Install page: the tag, and whether it works.

use super::frame::{Fields, Frame, Place, field};
use super::{PageError, export, render};
use crate::app::App;
use crate::http::export::csv;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::filter::Filter;
use rapport_report::install::Install;

#[derive(Template)]
#[template(path = "member/install/page.html")]
struct InstallPage {
    frame: Frame,
    report: Install,
}

impl InstallPage {
    /// Name of a type of item.
    fn item_title(&self, item_type: &str) -> String {
        match item_type {
            "page_view" => "Page views".to_owned(),
            "signal" => "Signals".to_owned(),
            "response" => "Responses".to_owned(),
            "attachment" => "Pictures".to_owned(),
            "delivery" => "Survey deliveries".to_owned(),
            "customer" => "Signed customers".to_owned(),
            "" => "Without a type".to_owned(),
            other => other.to_owned(),
        }
    }
}

pub(super) async fn page(State(app): State<App>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let filter = Filter::parse(&fields)?;
    let source = app.reports(&access.site);
    let report = source.install(&filter, &app.config.script().url(), app.sites.refused_origins(&access.site)).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::install(csv, field(&fields, "table"), &report)?);
    }
    let place =
        Place { title: "Install", part: "install", path: "install", back: None, compares: false, by_page: false };
    let frame = Frame::plain(&app, &access, &place, &filter).await?;
    render(&InstallPage { frame, report })
}
