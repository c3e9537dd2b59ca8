//! Reports by mail as JSON: set up, listed, sent and removed by servers as on the page.

use crate::http::problem::Problem;
use crate::http::query::mail_report::Draft;
use crate::http::query::segment;
use crate::mail::MailReports;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_report::response::Time;
use rapport_store::account::scope::Scope;
use rapport_store::mail::OutgoingMail;
use rapport_store::mail_report::MailReport;
use rapport_store::site::directory::SiteContext;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Mails that are listed.
const MAILS: i64 = 1_000;

/// A report that is sent by mail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailedReport {
    /// Its id, a UUID.
    id: String,
    /// What people call it.
    name: String,
    /// What it is narrowed to, by the names of the fields of a report.
    fields: BTreeMap<String, String>,
    /// `day`, `week` (Mondays) or `month` (on the first).
    cadence: &'static str,
    /// From which hour of the site's days on, 0 to 23.
    hour: i64,
    /// To whom.
    recipients: Vec<MailRecipient>,
    /// Who set it up.
    actor: String,
    /// When.
    created_at: Time,
    /// When it is sent next.
    next_at: Time,
}

/// Somebody to whom a report is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailRecipient {
    /// The mail address.
    address: String,
    /// When they unsubscribed; they are sent nothing since.
    unsubscribed_at: Option<Time>,
}

/// A report to be sent by mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMailReport {
    /// 1 to 80 characters in one line.
    name: String,
    /// What it is narrowed to, by the names of the fields of a report. Days are no part of it.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// `day`, `week` or `month`.
    cadence: String,
    /// From which hour of the site's days on, 0 to 23; 7 when absent.
    #[serde(default)]
    hour: Option<i64>,
    /// 1 to 50 mail addresses.
    recipients: Vec<String>,
}

/// To whom a report is sent now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MailAddress {
    /// A mail address.
    address: String,
}

/// A mail, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SentMail {
    /// Its id, a UUID.
    id: String,
    /// What it is for: `report` or `follow_up`.
    kind: &'static str,
    /// To whom.
    recipient: String,
    /// Its subject.
    subject: String,
    /// Its Message-ID.
    message_id: String,
    /// `waiting`, `sent`, `refused`, `failed` or `withdrawn`.
    state: &'static str,
    /// How often it was tried.
    attempts: i64,
    /// What the mail server said last.
    error: Option<String>,
    /// When it was written.
    created_at: Time,
    /// When it was sent, or what else became of it.
    changed_at: Time,
}

impl MailedReport {
    fn of(report: MailReport, site: &SiteContext) -> Self {
        let time = |at_ms| Time::new(at_ms, &site.site.time_zone);
        let recipient = |to: rapport_store::mail_report::Recipient| MailRecipient {
            address: to.address,
            unsubscribed_at: to.unsubscribed_at_ms.map(time),
        };
        Self {
            id: report.report_id.to_text(),
            name: report.name,
            fields: segment::pairs(&report.fields).into_iter().collect(),
            cadence: report.cadence.as_str(),
            hour: report.hour,
            recipients: report.recipients.into_iter().map(recipient).collect(),
            actor: report.actor,
            created_at: time(report.created_at_ms),
            next_at: time(report.next_at_ms),
        }
    }
}

impl SentMail {
    fn of(mail: OutgoingMail, site: &SiteContext) -> Self {
        let time = |at_ms| Time::new(at_ms, &site.site.time_zone);
        Self {
            id: mail.mail_id.to_text(),
            kind: mail.kind.as_str(),
            recipient: mail.recipient,
            subject: mail.subject,
            message_id: mail.message_id,
            state: mail.state.as_str(),
            attempts: mail.attempts,
            error: mail.last_error,
            created_at: time(mail.created_at_ms),
            changed_at: time(mail.changed_at_ms),
        }
    }
}

fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    let Json(body) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(body)
}

async fn known(mails: &MailReports, access: &ApiAccess, id: &str) -> Result<MailReport, Problem> {
    let known = mails.one(&access.site, id).await?;
    known.ok_or_else(|| Problem::not_found("this site has no such report by mail"))
}

/// The reports of a site that are sent by mail, by name. Scope: `mail-reports:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/mail-reports", tag = "mail", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<MailedReport>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_mail_reports",
)]
pub(super) async fn list(
    State(mails): State<MailReports>,
    access: ApiAccess,
) -> Result<Json<Vec<MailedReport>>, Problem> {
    access.require(Scope::WriteMailReports)?;
    let reports = mails.of(&access.site).await?;
    Ok(Json(reports.into_iter().map(|report| MailedReport::of(report, &access.site)).collect()))
}

/// Has a report sent by mail from now on. Scope: `mail-reports:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/mail-reports", tag = "mail", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewMailReport,
        example = json!({
            "name": "Phones", "fields": { "device": "mobile" }, "cadence": "week", "hour": 7,
            "recipients": ["ada@example.com"]
        }),
    ),
    responses(
        (status = 201, body = MailedReport),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_mail_report",
)]
pub(super) async fn add(
    State(mails): State<MailReports>,
    access: ApiAccess,
    sent: Result<Json<NewMailReport>, JsonRejection>,
) -> Result<(StatusCode, Json<MailedReport>), Problem> {
    access.require(Scope::WriteMailReports)?;
    let new = body(sent)?;
    let pairs: Vec<_> = new.fields.into_iter().collect();
    let hour = new.hour.map_or_else(String::new, |hour| hour.to_string());
    let recipients = new.recipients.join(" ");
    let draft = Draft { name: &new.name, fields: &pairs, cadence: &new.cadence, hour: &hour, recipients: &recipients };
    let checked = draft.check().map_err(Problem::of_faults)?;
    let report = mails.add(&access.site, &access.actor(), checked).await?;
    Ok((StatusCode::CREATED, Json(MailedReport::of(report, &access.site))))
}

/// Has a report sent no more. Scope: `mail-reports:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/mail-reports/{id}", tag = "mail", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the report, a UUID"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such report"),
    ),
    operation_id = "remove_mail_report",
)]
pub(super) async fn remove(
    State(mails): State<MailReports>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteMailReports)?;
    let Path((_, id)) = path;
    let report = known(&mails, &access, &id).await?;
    mails.remove(&access.site, &access.actor(), &report).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a report now, to one address: the period that was over last. Scope: `mail-reports:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/mail-reports/{id}/send", tag = "mail", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the report, a UUID"),
    ),
    request_body(content = MailAddress, example = json!({ "address": "ada@example.com" })),
    responses(
        (status = 202, description = "It is written, and sent in the background"),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such report"),
        (status = 422, description = "No mail address"),
        (status = 503, description = "No mail server is set"),
    ),
    operation_id = "send_mail_report",
)]
pub(super) async fn send(
    State(mails): State<MailReports>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Json<MailAddress>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteMailReports)?;
    let Path((_, id)) = path;
    let to = body(sent)?;
    let draft = Draft { name: "x", cadence: "day", recipients: &to.address, ..Draft::default() };
    let checked = draft.check().map_err(Problem::of_faults)?;
    let report = known(&mails, &access, &id).await?;
    for address in &checked.recipients {
        mails.send(&access.site, &report, address).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

/// The newest 1,000 mails of a site, and what became of them. Scope: `mail-reports:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/mails", tag = "mail", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<SentMail>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_mails",
)]
pub(super) async fn log(State(mails): State<MailReports>, access: ApiAccess) -> Result<Json<Vec<SentMail>>, Problem> {
    access.require(Scope::WriteMailReports)?;
    let sent = mails.log(&access.site, MAILS).await?;
    Ok(Json(sent.into_iter().map(|mail| SentMail::of(mail, &access.site)).collect()))
}
