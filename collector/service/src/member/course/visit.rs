//! One visit: its trail, page by page, with what happened on them.

use super::Needs;
use crate::http::query::query_of;
use crate::member::account::Access;
use crate::member::frame::{CameFrom, Fields, Frame, Page, carried, field};
use crate::member::reading::*;
use crate::member::{PageError, render};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::response::Time;
use rapport_report::timeline::Moment;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;

#[derive(Template)]
#[template(path = "member/course/visit.html")]
struct VisitPage {
    frame: Frame,
    moments: Vec<(Time, Moment)>,
}

/// The address of a visit's trail, from which the way back leads here.
pub(super) fn href(frame: &Frame, visit: &str, at_ms: i64) -> String {
    let mut fields = frame.slice.fields();
    fields.extend([("visit", visit.to_owned()), ("at", at_ms.to_string()), ("back", frame.here.clone())]);
    format!("/sites/{}/visit?{}", frame.site_key, query_of(&fields))
}

pub(super) async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = carried(&fields);
    let visit = Id::parse(field(&fields, "visit"));
    let visit = visit.ok_or_else(|| Fault::new("visit", "must be the id of a visit, a UUID"))?;
    let at_ms = field(&fields, "at").parse::<i64>().ok().filter(|at_ms| (0..1 << 52).contains(at_ms));
    let at_ms = at_ms.ok_or_else(|| Fault::new("at", "must be an instant of the visit, in epoch milliseconds"))?;
    let (last_ms, moments) = needs.reports.of(&access.site).visit(visit, at_ms).await?;
    let zone = &access.site.site.time_zone;
    let place = Page {
        title: "A visit",
        part: "tasks",
        path: "visit",
        back: Some(("Tasks", "tasks")),
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    if let Some(from) = CameFrom::of(&fields) {
        frame.back = Some(from.choice(&access.site.site.key));
    }
    let moments = moments.into_iter().map(|moment| (Time::new(last_ms - moment.before_ms, zone), moment)).collect();
    render(&VisitPage { frame, moments })
}
