//! The Delivery page: per survey what pages say happened, beside what is stored.

use super::frame::{Fields, Frame, Frames, Page, field};
use super::{PageError, export, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::delivery::{DeliveryLog, MISSING};
use rapport_report::feedback::RESPONSE_RATE;
use rapport_report::slice::{Dimension, Slice};

#[derive(Template)]
#[template(path = "member/delivery/page.html")]
struct DeliveryPage {
    frame: Frame,
    report: DeliveryLog,
    query: String,
    definition: &'static str,
    rate_definition: &'static str,
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = reports.of(&access.site);
    let report = source.delivery(&slice).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::delivery(csv, field(&fields, "table"), &report)?);
    }
    let page = Page {
        title: "Delivery",
        part: "delivery",
        path: "delivery",
        back: None,
        compares: true,
        dimensions: &Dimension::OF_STEPS,
    };
    render(&DeliveryPage {
        frame: Frame::filtered(&frames, &access, &page, &slice, &[]).await?,
        query: slice.suffix(),
        report,
        definition: MISSING.definition,
        rate_definition: RESPONSE_RATE.definition,
    })
}
