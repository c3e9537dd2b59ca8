//! The Delivery page: per survey what pages say happened, beside what is stored.

use super::export;
use super::frame::{Fields, Frame, Place, field};
use super::{PageError, render};
use crate::account::Access;
use crate::app::App;
use crate::export::csv;
use crate::report::delivery::{DeliveryLog, MISSING};
use crate::report::feedback::RESPONSE_RATE;
use crate::report::filter::Filter;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "delivery.html")]
struct DeliveryPage {
    frame: Frame,
    report: DeliveryLog,
    query: String,
    definition: &'static str,
    rate_definition: &'static str,
}

pub(super) async fn page(State(app): State<App>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let filter = Filter::parse(&fields)?;
    let source = app.reports(&access.site);
    let report = source.delivery(&filter).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::delivery(csv, field(&fields, "table"), &report)?);
    }
    let place =
        Place { title: "Delivery", part: "delivery", path: "delivery", back: None, compares: true, by_page: true };
    render(&DeliveryPage {
        frame: Frame::filtered(&app, &access, &place, &filter, &[]).await?,
        query: filter.suffix(),
        report,
        definition: MISSING.definition,
        rate_definition: RESPONSE_RATE.definition,
    })
}
