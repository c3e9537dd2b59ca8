//! Customers: the list with its search, one of them with everything that happened by day, and the box that logs a contact in seconds.

mod change;
mod list;
mod log;

use super::frame::{Choice, Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, Reports, feature_state};
use crate::customer::Customers;
use crate::http::query::customer as query;
use crate::http::query::slice::SliceQuery;
use crate::http::query::suffix_of;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State as Part};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use rapport_report::customer::{CustomerReport, CustomerTimeline, Happened, Shown};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::interaction::Channel;
use rapport_store::interaction::rule::{SUBJECT_CHARACTERS, THING_CHARACTERS};
use rapport_store::ticket::State;

/// Who may see customers, and write down what happened with them: whoever deals with them.
const MAY_SEE: Role = Role::Support;
/// The channels that the box offers.
const LOGGED: [Channel; 8] = [
    Channel::Call,
    Channel::Letter,
    Channel::Mail,
    Channel::Visit,
    Channel::Chat,
    Channel::Purchase,
    Channel::Refund,
    Channel::Note,
];

const NONE: PageError = PageError::NotFound("This site has no such customer.");

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/customers", get(list::page).post(change::add))
        .route("/sites/{site}/customers/{id}", get(one).post(change::change))
        .route("/sites/{site}/customers/{id}/contacts", post(log::log))
}

feature_state! {
    /// What the pages and the forms need.
    struct Needs {
        customers: Customers,
        clock: Clock,
        store: Store,
        reports: Reports,
        frames: Frames,
    }
}

/// What is told above a customer: what was not done, with what was typed.
#[derive(Default)]
struct Told {
    faults: Vec<Fault>,
    log: log::Form,
    change: Option<change::Form>,
}

#[derive(Template)]
#[template(path = "member/customer/page.html")]
struct CustomerPage {
    frame: Frame,
    report: CustomerReport,
    timeline: CustomerTimeline,
    shown: Vec<Choice>,
    older: Option<String>,
    newest: Option<String>,
    log: log::Form,
    change: change::Form,
    faults: Vec<Fault>,
    /// Whether the member may take along, or erase, everything that is stored of a customer.
    may_take: bool,
    /// Names what is sent, so that what is sent twice is kept once.
    key: Id,
}

impl CustomerPage {
    fn action(&self, of: &str) -> String {
        format!("/sites/{}/customers/{}{of}{}", self.frame.site_key, self.report.customer.id, self.frame.slice.suffix())
    }

    fn channel(&self, name: &str) -> &'static str {
        Channel::parse(name).map_or("Contact", Channel::label)
    }

    /// Who began, in words.
    fn direction(&self, channel: &str, direction: &str) -> &'static str {
        match (Channel::parse(channel).is_some_and(Channel::is_paid), direction) {
            (false, "in") => "from them",
            (false, "out") => "to them",
            _ => "",
        }
    }

    fn state(&self, name: &str) -> &'static str {
        State::parse(name).map_or("", State::label)
    }

    fn kind(&self, name: &str) -> String {
        match name {
            "nps" | "csat" | "ces" => name.to_uppercase(),
            other => super::format::sentence(&other.replace('-', " ")),
        }
    }

    fn visit_href(&self, visit: &str) -> String {
        format!("/sites/{}/visits/{visit}{}", self.frame.site_key, self.frame.slice.suffix())
    }

    fn is_failed(&self, views: &[rapport_report::customer::ViewLine]) -> bool {
        views.iter().any(|view| view.errors > 0 || view.rage_clicks > 0)
    }
}

async fn one(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(MAY_SEE)?;
    show(&needs, &access, (&id, &fields), Told::default()).await
}

/// The page of a customer, with the forms as they were sent where something was not done.
async fn show(
    needs: &Needs,
    access: &Access,
    (id, fields): (&str, &Fields),
    told: Told,
) -> Result<Response, PageError> {
    let (site, source) = (&access.site.site, needs.reports.of(&access.site));
    let report = source.customer(Id::parse(id).ok_or(NONE)?).await?.ok_or(NONE)?;
    let (shown, after) = query::timeline(fields)?;
    let customer_id = Id::parse(&report.customer.id).ok_or(NONE)?;
    let timeline = source.customer_timeline(customer_id, shown, after).await?;
    let slice = carried(fields);
    let path = format!("customers/{}", report.customer.id);
    let place = Page {
        title: &report.customer.called,
        part: "customers",
        path: &path,
        back: Some(("Customers", "customers")),
        compares: false,
        dimensions: &[],
    };
    let frame = Frame::plain(&needs.frames, access, &place, &slice).await?;
    let href = |shown: Shown, after: Option<&str>| {
        let mut list = slice.fields();
        list.extend((shown != Shown::All).then(|| ("show", shown.as_str().to_owned())));
        list.extend(after.map(|after| ("after", after.to_owned())));
        format!("/sites/{}/{path}{}#timeline", site.key, suffix_of(&list))
    };
    let had = |one: &Shown| match one {
        Shown::Channel(channel) => report.channels.iter().any(|of| of.channel == channel.as_str()),
        _ => true,
    };
    let choice = |one: Shown| Choice { label: one.label().to_owned(), href: href(one, None), current: one == shown };
    let status = if told.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = render(&CustomerPage {
        shown: Shown::each().filter(|one| had(one) || *one == shown).map(choice).collect(),
        older: timeline.next.as_deref().map(|next| href(shown, Some(next))),
        newest: after.map(|_| href(shown, None)),
        change: told.change.unwrap_or_else(|| change::Form::of(&report.customer)),
        log: told.log,
        faults: told.faults,
        may_take: access.role >= Role::Editor,
        key: needs.clock.new_id(),
        frame,
        report,
        timeline,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

#[cfg(test)]
mod customer_test;
