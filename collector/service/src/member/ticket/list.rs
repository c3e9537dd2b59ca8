//! The list of tickets, and the two beside one of them.

use super::{Choice, Fields, Frame, MAY_ACT, Needs, Page, PageError, list_fields, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::http::query::slice::SliceQuery;
use crate::http::query::{suffix_of, ticket as query};
use crate::member::account::Access;
use crate::member::frame::EVERY_DIMENSION;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State as Part;
use axum::response::Response;
use futures_util::{Stream, stream};
use rapport_report::ReportError;
use rapport_report::csv::line;
use rapport_report::slice::Slice;
use rapport_report::ticket::{Asked, Inbox, TicketLine};
use rapport_store::site::directory::SiteContext;
use rapport_store::ticket::list::Show;
use rapport_store::ticket::view::View;
use rapport_store::ticket::{Priority, State, TicketKind};
use std::sync::Arc;

/// Parts that are looked through for the tickets beside one.
const LOOKED_THROUGH: usize = 20;
/// The columns of the table.
const COLUMNS: [&str; 19] = [
    "id",
    "kind",
    "subject",
    "page",
    "state",
    "priority",
    "owner",
    "tags",
    "reason",
    "problem_fixed",
    "cause_fixed",
    "response",
    "reopened",
    "version",
    "opened_at",
    "changed_at",
    "resolved_at",
    "next_target",
    "due_at",
];

/// A row of the table.
fn row(line: &TicketLine) -> Vec<String> {
    let next = line.next_target.as_ref();
    let said = |said: Option<bool>| said.map_or(String::new(), |said| said.to_string());
    vec![
        line.code.clone(),
        line.kind.to_owned(),
        line.subject.clone(),
        line.path.clone(),
        line.state.to_owned(),
        line.priority.to_owned(),
        line.owner.clone().unwrap_or_default(),
        line.tags.join(" "),
        line.cause.clone().unwrap_or_default(),
        said(line.problem_fixed),
        said(line.cause_fixed),
        line.response.clone().unwrap_or_default(),
        line.reopened.to_string(),
        line.version.to_string(),
        line.opened_at.local.clone(),
        line.changed_at.local.clone(),
        line.resolved_at.as_ref().map_or(String::new(), |at| at.local.clone()),
        next.map_or(String::new(), |next| next.kind.to_owned()),
        next.and_then(|next| next.due_at.as_ref()).map_or(String::new(), |at| at.local.clone()),
    ]
}

#[derive(Template)]
#[template(path = "member/ticket/inbox.html")]
struct InboxPage {
    frame: Frame,
    inbox: Inbox,
    shows: Vec<Choice>,
    quick: Vec<Choice>,
    dues: Vec<Choice>,
    kinds: Vec<Choice>,
    views: Vec<View>,
    /// The query string that gives this list.
    query: String,
    owners: Vec<String>,
    may_act: bool,
    not_done: Vec<String>,
    done: Option<usize>,
    previous: Option<String>,
    next: Option<String>,
}

impl InboxPage {
    fn href(&self, line: &TicketLine) -> String {
        format!("/sites/{}/inbox/{}{}", self.frame.site_key, line.code, self.query)
    }

    fn label(&self, line: &TicketLine) -> &'static str {
        TicketKind::parse(line.kind).map_or("Other", TicketKind::label)
    }

    fn state(&self, line: &TicketLine) -> &'static str {
        State::parse(line.state).map_or("", State::label)
    }

    fn priority(&self, line: &TicketLine) -> &'static str {
        Priority::parse(line.priority).map_or("", Priority::label)
    }
}

/// Every ticket of a list as lines of a table, the newest first. What cannot be told is told before anything is sent.
async fn table(
    reports: Reports,
    site: Arc<SiteContext>,
    (slice, asked): (Slice, Asked),
) -> Result<impl Stream<Item = Result<String, ReportError>> + Send + 'static, ReportError> {
    let first = reports.of(&site).tickets_after(&slice, &asked, None).await?;
    Ok(stream::try_unfold(Some(first), move |some| {
        let (reports, site, slice, asked) = (reports.clone(), site.clone(), slice.clone(), asked.clone());
        async move {
            let Some((tickets, Some(last))) = some else { return Ok(None) };
            let text: String = tickets.iter().map(|ticket| line(row(ticket))).collect();
            let next = reports.of(&site).tickets_after(&slice, &asked, Some(last)).await?;
            Ok::<_, ReportError>(Some((text, Some(next))))
        }
    }))
}

pub(super) async fn page(Part(needs): Part<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    show(&needs, &access, &fields, (None, Vec::new())).await
}

/// The list, with what a change of several did and did not do.
pub(super) async fn show(
    needs: &Needs,
    access: &Access,
    fields: &Fields,
    (done, not_done): (Option<usize>, Vec<String>),
) -> Result<Response, PageError> {
    let (slice, site) = (Slice::parse(fields)?, &access.site.site);
    let members = needs.store.members(site.site_id).await?;
    let asked = query::asked(fields, &members, Some(access.member.account_id))?;
    let source = needs.reports.of(&access.site);
    if let Some(csv) = csv::wanted(fields)? {
        let lines = table(needs.reports.clone(), access.site.clone(), (slice, asked)).await?;
        return Ok(csv.lines("tickets", line(COLUMNS), lines));
    }
    let inbox = source.inbox(&slice, &asked).await?;
    let place =
        Page { title: "Inbox", part: "inbox", path: "inbox", back: None, compares: false, dimensions: EVERY_DIMENSION };
    let own = query::fields(fields);
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let frame = Frame::filtered(&needs.frames, access, &place, &slice, &own).await?;
    let list = list_fields(fields, &slice);
    let with = |changes: &[(&'static str, &str)]| {
        let mut list: Vec<_> =
            list.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)).cloned().collect();
        let set = changes.iter().filter(|(_, value)| !value.is_empty());
        list.extend(set.map(|(name, value)| (*name, (*value).to_owned())));
        format!("/sites/{}/inbox{}", site.key, suffix_of(&list))
    };
    let is = |name: &str, wanted: &str| crate::http::query::value(fields, name).unwrap_or_default() == wanted;
    let of = |show: Show| -> u64 {
        let counts = inbox.counts.iter();
        counts
            .filter(|count| State::parse(count.state).is_some_and(|state| show.shows(state)))
            .map(|count| count.tickets)
            .sum()
    };
    let each = [Show::Open].into_iter().chain(State::EACH.iter().map(|state| Show::Only(*state))).chain([Show::All]);
    let label = |show: Show| match show {
        Show::Open => "Open",
        Show::Only(state) => state.label(),
        Show::All => "All",
    };
    let choice = |label: &str, changes: &[(&'static str, &str)]| Choice {
        label: label.to_owned(),
        href: with(changes),
        current: changes.iter().all(|(name, value)| is(name, value)),
    };
    let shows = each.map(|show| Choice {
        label: format!("{} {}", label(show), crate::member::format::count(of(show))),
        href: with(&[("show", if show == Show::Open { "" } else { show.as_str() })]),
        current: show == asked.show,
    });
    let unseen = needs.store.unseen_mentions(site.site_id, access.member.account_id).await?;
    let quick = vec![
        choice("Everybody's", &[("owner", ""), ("mentions", "")]),
        choice("Mine", &[("owner", "me"), ("mentions", "")]),
        choice("Nobody's", &[("owner", "nobody"), ("mentions", "")]),
        choice(&format!("Mention me {unseen}"), &[("mentions", "me"), ("owner", "")]),
    ];
    let dues = vec![choice("Whenever due", &[("due", "")]), choice("Overdue", &[("due", "overdue")])];
    let mut kinds = vec![
        choice("Every kind", &[("kind", ""), ("score", ""), ("with", "")]),
        choice("Low and with words", &[("kind", ""), ("score", "low"), ("with", "words")]),
    ];
    kinds.extend(
        TicketKind::EACH
            .iter()
            .map(|kind| choice(kind.label(), &[("kind", kind.as_str()), ("score", ""), ("with", "")])),
    );
    let part = |part: usize| with(&[("part", &part.to_string())]);
    render(&InboxPage {
        shows: shows.collect(),
        quick,
        dues,
        kinds,
        views: needs.store.ticket_views(site.site_id).await?,
        query: suffix_of(&list),
        owners: members.into_iter().map(|member| member.email).collect(),
        may_act: access.role >= MAY_ACT,
        previous: (asked.part > 1).then(|| part(asked.part - 1)),
        next: (asked.part < inbox.parts).then(|| part(asked.part + 1)),
        not_done,
        done,
        frame,
        inbox,
    })
}

/// The codes of the tickets before and after one in the list that an address gives.
pub(super) async fn beside(
    needs: &Needs,
    access: &Access,
    (slice, fields): (&Slice, &Fields),
    code: &str,
) -> Result<(Option<String>, Option<String>), PageError> {
    let members = needs.store.members(access.site.site.site_id).await?;
    // An address that asks for something else gives no list to step through.
    let Ok(mut asked) = query::asked(fields, &members, Some(access.member.account_id)) else { return Ok((None, None)) };
    let source = needs.reports.of(&access.site);
    let mut codes: Vec<String> = Vec::new();
    for part in 1..=LOOKED_THROUGH {
        asked.part = part;
        let inbox = source.inbox(slice, &asked).await?;
        codes.extend(inbox.tickets.into_iter().map(|line| line.code));
        let at = codes.iter().position(|other| other == code);
        if let Some(at) = at.filter(|at| at + 1 < codes.len() || part >= inbox.parts) {
            return Ok((at.checked_sub(1).map(|at| codes[at].clone()), codes.get(at + 1).cloned()));
        }
        if part >= inbox.parts {
            break;
        }
    }
    // One that is no longer in the list, such as one just resolved, leads on to the first of it.
    Ok((None, codes.first().cloned()))
}
