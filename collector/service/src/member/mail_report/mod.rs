//! Reports by mail: who gets which, and what became of each mail.

use super::frame::{Fields, Frame, Frames, Page, carried, field};
use super::{PageError, export, format, render};
use crate::app::App;
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::http::query::mail_report::Draft;
use crate::http::query::segment;
use crate::http::query::slice::SliceQuery;
use crate::mail::MailReports;
use crate::mail::report::cadence_text;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_report::slice::Slice;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::mail::{MailState, OutgoingMail};
use rapport_store::mail_report::MailReport;
use rapport_store::site::directory::SiteContext;
use std::collections::BTreeMap;

/// Mails that are listed.
const MAILS: i64 = 100;

/// Routes of the page.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/mail-reports", get(page).post(add))
        .route("/sites/{site}/mail-reports/{id}/remove", post(remove))
        .route("/sites/{site}/mail-reports/{id}/send", post(send))
}

/// A report as it is listed.
struct Line {
    id: Id,
    name: String,
    cadence: &'static str,
    hour: i64,
    narrowed: Vec<String>,
    href: String,
    /// Addresses, and whether each has unsubscribed.
    recipients: Vec<(String, bool)>,
    actor: String,
    next: Time,
}

/// A mail as it is listed.
struct Sent {
    at: Time,
    recipient: String,
    subject: String,
    state: &'static str,
    class: &'static str,
    attempts: i64,
    error: String,
}

#[derive(Template)]
#[template(path = "member/mail_report/page.html")]
struct MailReportPage {
    frame: Frame,
    lines: Vec<Line>,
    mails: Vec<Sent>,
    segments: Vec<(String, String)>,
    may_change: bool,
    are_sent: bool,
    query: String,
}

fn line(report: MailReport, site: &SiteContext) -> Line {
    let slice = Slice::parse(&segment::pairs(&report.fields)).unwrap_or_default();
    let narrowed = |(dimension, value): (rapport_report::slice::Dimension, &str)| {
        dimension.narrowed_to(&format::of_dimension(dimension, value))
    };
    Line {
        id: report.report_id,
        cadence: cadence_text(report.cadence),
        hour: report.hour,
        narrowed: slice.narrowed().map(narrowed).collect(),
        href: format!("/sites/{}/overview{}", site.site.key, slice.suffix()),
        recipients: report.recipients.iter().map(|to| (to.address.clone(), to.unsubscribed_at_ms.is_some())).collect(),
        next: Time::new(report.next_at_ms, &site.site.time_zone),
        name: report.name,
        actor: report.actor,
    }
}

fn sent(mail: OutgoingMail, site: &SiteContext) -> Sent {
    let (state, class) = match mail.state {
        MailState::Waiting if mail.attempts > 0 => ("tried again", "tag warn"),
        MailState::Waiting => ("waiting", "tag"),
        MailState::Sent => ("sent", "tag good"),
        MailState::Refused => ("refused", "tag bad"),
        MailState::Failed => ("given up", "tag bad"),
        MailState::Withdrawn => ("unsubscribed", "tag"),
    };
    Sent {
        at: Time::new(mail.changed_at_ms, &site.site.time_zone),
        recipient: mail.recipient,
        subject: mail.subject,
        state,
        class,
        attempts: mail.attempts,
        error: mail.last_error.unwrap_or_default(),
    }
}

async fn page(
    State(mails): State<MailReports>,
    State(store): State<Store>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    if let Some(csv) = csv::wanted(&fields)? {
        access.require(Role::Editor)?;
        let sent = mails.log(&access.site, i64::MAX).await?;
        return Ok(export::mails(csv, field(&fields, "table"), &sent, &access.site)?);
    }
    let slice = carried(&fields);
    let place = Page {
        title: "Reports by mail",
        part: "mail-reports",
        path: "mail-reports",
        back: None,
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&frames, &access, &place, &slice).await?;
    frame.scope = format!("The Overview by mail; hours of {}", access.site.site.time_zone_name());
    let site_id = access.site.site.site_id;
    let may_change = access.role >= Role::Editor;
    let (reports, sent_mails, segments) =
        tokio::try_join!(mails.of(&access.site), mails.log(&access.site, MAILS), store.segments(site_id))?;
    render(&MailReportPage {
        lines: reports.into_iter().map(|report| line(report, &access.site)).collect(),
        mails: sent_mails.into_iter().filter(|_| may_change).map(|mail| sent(mail, &access.site)).collect(),
        segments: segments.into_iter().map(|segment| (segment.name, segment.fields)).collect(),
        may_change,
        are_sent: mails.are_sent(),
        query: slice.suffix(),
        frame,
    })
}

fn back(access: &Access, slice: &Slice) -> Response {
    Redirect::to(&format!("/sites/{}/mail-reports{}", access.site.site.key, slice.suffix())).into_response()
}

async fn add(
    State(mails): State<MailReports>,
    access: Access,
    Submitted(form): Submitted<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let text = |name: &str| form.get(name).map_or("", String::as_str);
    let fields = segment::pairs(text("fields"));
    let draft = Draft {
        name: text("name"),
        fields: &fields,
        cadence: text("cadence"),
        hour: text("hour"),
        recipients: text("recipients"),
    };
    let checked = draft.check().map_err(Problem::of_faults)?;
    mails.add(&access.site, &access.member.email, checked).await?;
    Ok(back(&access, &carried(&fields)))
}

const NONE: PageError = PageError::NotFound("This site has no such report by mail.");

async fn remove(
    State(mails): State<MailReports>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let report = mails.one(&access.site, &id).await?.ok_or(NONE)?;
    if !mails.remove(&access.site, &access.member.email, &report).await? {
        return Err(NONE);
    }
    Ok(back(&access, &carried(&fields)))
}

/// Sends one to whoever asks.
async fn send(
    State(mails): State<MailReports>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let report = mails.one(&access.site, &id).await?.ok_or(NONE)?;
    mails.send(&access.site, &report, &access.member.email).await?;
    Ok(back(&access, &carried(&fields)))
}
