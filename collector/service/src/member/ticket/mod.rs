//! The inbox: tickets by what is most urgent, one of them with everything that happened to it, why people complain, and which feedback
//! opens a ticket. The page of a ticket is a list of parts: a part is a file of its own with a template of its own.

mod bulk;
mod cause;
mod change;
mod list;
mod open;
mod reply;
mod rule;
mod view;

pub(crate) use open::{Form as TicketForm, Opener, not_counted};

use super::frame::{CameFrom, Choice, Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, Reports, feature_state};
use crate::http::query::slice::SliceQuery;
use crate::http::query::{query_of, suffix_of, ticket as query};
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State as Part};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use rapport_report::slice::Slice;
use rapport_report::target::TargetView;
use rapport_report::ticket::{CustomerFigures, TicketEventLine, TicketReport};
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::ticket::{NOTE_BYTES, Priority, State, Ticket, TicketKind};

/// Who may act on tickets: whoever deals with customers.
pub(crate) const MAY_ACT: Role = Role::Support;

const NONE: PageError = PageError::NotFound("This site has no such ticket.");

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/inbox", get(list::page).post(open::open))
        .route("/sites/{site}/inbox/bulk", post(bulk::change))
        .route("/sites/{site}/inbox/views", post(view::add))
        .route("/sites/{site}/inbox/views/{id}/remove", post(view::remove))
        .route("/sites/{site}/inbox/rules", get(rule::page).post(rule::save))
        .route("/sites/{site}/inbox/{code}", get(one).post(change::change))
        .route("/sites/{site}/inbox/{code}/notes", post(change::note))
        .route("/sites/{site}/inbox/{code}/replies", post(reply::send).layer(DefaultBodyLimit::max(reply::FORM_BYTES)))
        .route("/sites/{site}/inbox/{code}/participants", post(reply::settle))
        .route("/sites/{site}/inbox/{code}/customer", post(reply::give))
        .route("/sites/{site}/inbox/{code}/messages/{id}/choice", post(reply::choose))
        .route("/sites/{site}/inbox/{code}/files/{id}", get(reply::file))
        .route("/sites/{site}/inbox/{code}/seen", post(change::seen))
        .route("/sites/{site}/inbox/{code}/merge", post(change::merge))
        .route("/sites/{site}/inbox/{code}/unmerge", post(change::unmerge))
        .route("/sites/{site}/causes", get(cause::page))
        .route("/sites/{site}/causes/{id}", post(cause::change))
}

feature_state! {
    /// What the pages and the forms need.
    pub(crate) struct Needs {
        clock: Clock,
        store: Store,
        reports: Reports,
        frames: Frames,
        correspondence: reply::Writes,
    }
}

/// What is told above a ticket: what others did meanwhile, or what was not done.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
    refused: bool,
    faults: Vec<Fault>,
    /// What was typed as a note and could not be kept.
    note: String,
    /// What was typed as a reply and could not be sent.
    reply: String,
}

#[derive(Template)]
#[template(path = "member/ticket/ticket.html")]
struct TicketPage {
    frame: Frame,
    report: TicketReport,
    form: change::Form,
    owners: Vec<String>,
    causes: Vec<String>,
    may_act: bool,
    /// Whether a note mentions whoever reads it, and they have not said that they saw it.
    mentioned: bool,
    told: Told,
    talk: reply::Talk,
    next: Option<String>,
    previous: Option<String>,
    /// The fields that carry on where one came from, with their `?`.
    kept: String,
}

impl TicketPage {
    fn kind(&self) -> &'static str {
        TicketKind::parse(self.report.ticket.kind).map_or("Other", TicketKind::label)
    }

    fn state(&self) -> &'static str {
        State::parse(self.report.ticket.state).map_or("", State::label)
    }

    fn action(&self, of: &str) -> String {
        format!("/sites/{}/inbox/{}{of}{}", self.frame.site_key, self.report.ticket.code, self.kept)
    }

    fn half(&self, said: &Option<bool>) -> &'static str {
        match said {
            None => "not known",
            Some(true) => "yes",
            Some(false) => "no",
        }
    }

    /// Whether what was said in an event stands in the conversation.
    fn is_said_there(&self, event: &TicketEventLine) -> bool {
        matches!(event.kind, "reply" | "received")
    }

    /// The states in which the clock of a promise waits.
    fn waits_in(&self, target: &TargetView) -> String {
        let labels = target.waits_in.iter().filter_map(|name| State::parse(name)).map(State::label);
        labels.chain([State::Resolved.label()]).collect::<Vec<_>>().join(", ")
    }

    /// Every ticket of its customer.
    fn of_customer(&self, customer: &CustomerFigures) -> String {
        let fields = [("show", "all".to_owned()), ("customer_id", customer.id.clone())];
        format!("/sites/{}/inbox?{}", self.frame.site_key, query_of(&fields))
    }

    fn who(&self, event: &TicketEventLine) -> String {
        match event.actor.as_str() {
            "rule" => "A rule".to_owned(),
            "customer" => "The customer".to_owned(),
            "robot" | "robot:mail" => "The collector".to_owned(),
            "robot:mail-server" => "A mail server".to_owned(),
            "robot:automatic-reply" => "A program".to_owned(),
            actor => {
                let of = |before| actor.strip_prefix(before);
                of("participant:").or_else(|| of("unverified:")).unwrap_or(actor).to_owned()
            }
        }
    }
}

/// The ticket of that code.
async fn ticket_of(needs: &Needs, access: &Access, code: &str) -> Result<Ticket, PageError> {
    needs.store.ticket_by_code(access.site.site.site_id, code).await?.ok_or(NONE)
}

async fn one(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, code)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let ticket = ticket_of(&needs, &access, &code).await?;
    let site_id = access.site.site.site_id;
    let mut told = Told::default();
    // The change was made; what others did meanwhile is told once.
    if let Some(version) = crate::http::query::value(&fields, "since").and_then(|text| text.parse().ok()) {
        let changes = needs.store.changes_since(site_id, ticket.ticket_id, version).await?;
        let others = changes.iter().filter(|event| event.actor != access.member.email);
        told.lines = change::in_words(&needs, &access, others).await?;
    }
    show(&needs, &access, (&ticket, &fields), (None, told)).await
}

/// The page of a ticket, with the form as it was sent where something was not done.
async fn show(
    needs: &Needs,
    access: &Access,
    (ticket, fields): (&Ticket, &Fields),
    (typed, told): (Option<change::Form>, Told),
) -> Result<Response, PageError> {
    let (site, source, ticket_id) = (&access.site.site, needs.reports.of(&access.site), ticket.ticket_id);
    let report = source.ticket(&ticket.code).await?.ok_or(NONE)?;
    let slice = carried(fields);
    let list = list_fields(fields, &slice);
    let (previous, next) = list::beside(needs, access, (&slice, fields), &report.ticket.code).await?;
    let path = format!("inbox/{}", report.ticket.code);
    let place = Page {
        title: &report.ticket.subject,
        part: "inbox",
        path: &path,
        back: None,
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, access, &place, &slice).await?;
    let from = CameFrom::of(fields);
    frame.back = Some(from.as_ref().map_or_else(
        || Choice {
            label: "Inbox".to_owned(),
            href: format!("/sites/{}/inbox{}", site.key, suffix_of(&list)),
            current: false,
        },
        |from| from.choice(&site.key),
    ));
    let beside =
        |code: Option<String>| code.map(|code| format!("/sites/{}/inbox/{code}{}", site.key, suffix_of(&list)));
    let may_act = access.role >= MAY_ACT;
    let members = if may_act { needs.store.members(site.site_id).await? } else { Vec::new() };
    let causes = needs.store.causes(site.site_id).await?;
    let me = access.member.account_id;
    let mentioned = needs.store.is_mentioned(site.site_id, (ticket_id, me)).await?;
    let status = if told.refused { StatusCode::CONFLICT } else { StatusCode::OK };
    let status = if told.faults.is_empty() { status } else { StatusCode::UNPROCESSABLE_ENTITY };
    let kept = needs.store.ticket_by_code(site.site_id, &report.ticket.code).await?.ok_or(NONE)?;
    let talk = reply::Talk::of(needs, access, &kept, told.reply.clone()).await?;
    let mut response = render(&TicketPage {
        talk,
        form: typed.unwrap_or_else(|| change::Form::of(&report.ticket)),
        owners: members.into_iter().map(|member| member.email).collect(),
        causes: causes.into_iter().map(|cause| cause.name).collect(),
        next: beside(next),
        previous: beside(previous),
        kept: suffix_of(&list),
        may_act,
        mentioned,
        told,
        frame,
        report,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// The fields that give the list in which a ticket stands.
fn list_fields(fields: &Fields, slice: &Slice) -> Vec<(&'static str, String)> {
    let mut list = slice.fields();
    list.extend(query::fields(fields));
    list
}

#[cfg(test)]
mod ticket_test;
