//! The Forms page: how forms are filled in, field by field.

use super::frame::{EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, export, format, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::http::query::slice::SliceQuery;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::form::{FRICTION, FieldLine, FormLine, Forms, Friction, kinds};
use rapport_report::slice::Slice;

#[derive(Template)]
#[template(path = "member/form/page.html")]
struct FormsPage {
    frame: Frame,
    report: Forms,
    definitions: Vec<(&'static str, &'static str)>,
}

/// A number of one decimal with its sign.
fn signed(value: f64) -> String {
    let text = format!("{value:+.1}").replace('-', "−");
    if text == "−0.0" { "+0.0".to_owned() } else { text }
}

impl FormsPage {
    fn path(&self, form: &FormLine) -> String {
        format::path(&form.path)
    }

    fn page_href(&self, form: &FormLine) -> String {
        self.frame.page_href(&form.path)
    }

    fn points(&self, friction: &Friction) -> String {
        signed(friction.points)
    }

    fn points_interval(&self, friction: &Friction) -> String {
        format!("{} to {}", signed(friction.low), signed(friction.high))
    }

    /// Whether a field goes with giving up beyond what chance shows.
    fn is_hard(&self, line: &FieldLine) -> bool {
        line.friction.is_some_and(|friction| friction.low > 0.0)
    }

    /// Where most of those who gave up did, in a sentence; empty where nobody did.
    fn where_left(&self, form: &FormLine) -> String {
        let last = form
            .fields
            .iter()
            .max_by(|one, other| one.left.value.partial_cmp(&other.left.value).unwrap_or(std::cmp::Ordering::Equal));
        match last.filter(|line| line.left.value.is_some_and(|share| share > 0.0)) {
            Some(line) => format!(
                "{} of {} given up ended at {}.",
                line.left.text(),
                format::counted(form.abandoned, "uses"),
                line.field
            ),
            None => String::new(),
        }
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = source.every_form(&slice).await?;
        return Ok(export::forms(csv, field(&fields, "table"), &report)?);
    }
    let report = source.forms(&slice).await?;
    let page =
        Page { title: "Forms", part: "forms", path: "forms", back: None, compares: true, dimensions: EVERY_DIMENSION };
    let frame = Frame::filtered(&frames, &access, &page, &slice, &[]).await?;
    let of = [
        kinds::COMPLETED,
        kinds::TOOK,
        kinds::TIME,
        kinds::RETURNED,
        kinds::REFILLED,
        kinds::FAULTED,
        kinds::AUTOFILLED,
        kinds::LEFT,
    ];
    let mut definitions: Vec<_> = of.iter().map(|kind| (kind.label, kind.definition)).collect();
    definitions.push(("Friction", FRICTION));
    render(&FormsPage { frame, report, definitions })
}
