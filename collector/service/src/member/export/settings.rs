//! The tables of what a site is set up with, and of what became of it.

use super::{Sheet, chosen, time, yes_no};
use crate::http::export::csv::Csv;
use crate::member::theme::Pairs;
use axum::response::Response;
use rapport_report::install::Install;
use rapport_report::response::Time;
use rapport_report::route::Routes;
use rapport_report::route::{self};
use rapport_shared::survey::Fault;
use rapport_shared::theme::TEXT_CONTRAST;
use rapport_store::conversation::received::ReceivedMail;
use rapport_store::mail::OutgoingMail;
use rapport_store::share::Share;
use rapport_store::site::directory::SiteContext;
use std::collections::BTreeMap;

/// The table of the saved theme: every pair of colours that it draws, with what its contrast needs.
pub fn theme(csv: Csv, table: &str, groups: &[Pairs]) -> Result<Response, Fault> {
    let header =
        vec!["drawn", "front", "front_color", "behind", "behind_color", "contrast", "needed", "needed_as", "passes"];
    let rows = groups.iter().flat_map(|group| {
        group.pairs.iter().map(|pair| {
            vec![
                group.heading.to_owned(),
                pair.front.to_owned(),
                pair.front_hex(),
                pair.behind.to_owned(),
                pair.behind_hex(),
                pair.contrast_text(),
                pair.least.to_string(),
                if pair.least >= TEXT_CONTRAST { "text" } else { "edge" }.to_owned(),
                yes_no(pair.passes()),
            ]
        })
    });
    chosen(csv, "theme", table, vec![Sheet { name: "contrast", header, rows: rows.collect() }])
}

/// The tables of Routes: every route of the known pages, and every page with its route; of a pattern that is tried those that fit.
pub fn routes(
    csv: Csv,
    table: &str,
    (routes, own, pages, pattern): (&Routes, &[String], &[String], &str),
) -> Result<Response, Fault> {
    let mut counts: BTreeMap<String, usize> = own.iter().map(|pattern| (pattern.clone(), 0)).collect();
    pages.iter().for_each(|page| *counts.entry(routes.of(page).into_owned()).or_default() += 1);
    let by = |route: &String| if own.contains(route) { "pattern" } else { "ids" };
    let rows = counts.iter().map(|(route, pages)| vec![route.clone(), by(route).to_owned(), pages.to_string()]);
    let fitting = if pattern.is_empty() { pages.iter().collect() } else { route::taken_in(pattern, pages) };
    let fits = fitting.into_iter().map(|page| vec![page.clone(), routes.of(page).into_owned()]);
    let sheets = vec![
        Sheet { name: "routes", header: vec!["route", "by", "pages"], rows: rows.collect() },
        Sheet { name: "pages", header: vec!["page", "route"], rows: fits.collect() },
    ];
    chosen(csv, "routes", table, sheets)
}

/// The table of links to reports.
pub fn shares(csv: Csv, table: &str, shares: &[Share], site: &SiteContext) -> Result<Response, Fault> {
    let at = |at_ms: i64| Time::new(at_ms, &site.site.time_zone).local;
    let at_or_none = |at_ms: Option<i64>| at_ms.map_or_else(String::new, at);
    let rows = shares.iter().map(|share| {
        vec![
            share.share_id.to_text(),
            share.name.clone(),
            share.path.clone(),
            share.fields.clone(),
            share.locked.clone(),
            yes_no(share.shows_words),
            yes_no(!share.password_hash.is_empty()),
            share.actor.clone(),
            at(share.created_at_ms),
            at(share.expires_at_ms),
            at_or_none(share.revoked_at_ms),
            at_or_none(share.used_at_ms),
        ]
    });
    let header = vec![
        "id",
        "name",
        "report",
        "fields",
        "locked",
        "words",
        "password",
        "made_by",
        "made_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    ];
    chosen(csv, "shares", table, vec![Sheet { name: "links", header, rows: rows.collect() }])
}

/// The table of mails that were sent.
pub fn mails(csv: Csv, table: &str, mails: &[OutgoingMail], site: &SiteContext) -> Result<Response, Fault> {
    let at = |at_ms: i64| Time::new(at_ms, &site.site.time_zone).local;
    let rows = mails.iter().map(|mail| {
        vec![
            at(mail.changed_at_ms),
            mail.recipient.clone(),
            mail.subject.clone(),
            mail.state.as_str().to_owned(),
            mail.attempts.to_string(),
            mail.last_error.clone().unwrap_or_default(),
            mail.message_id.clone(),
            at(mail.created_at_ms),
        ]
    });
    let header = vec!["at", "to", "subject", "state", "attempts", "error", "message_id", "written_at"];
    chosen(csv, "mails", table, vec![Sheet { name: "mails", header, rows: rows.collect() }])
}

/// The table of mails that came in.
pub fn received_mails(csv: Csv, table: &str, mails: &[ReceivedMail], site: &SiteContext) -> Result<Response, Fault> {
    let rows = mails.iter().map(|mail| {
        vec![
            Time::new(mail.received_at_ms, &site.site.time_zone).local,
            mail.sender.clone(),
            mail.subject.clone(),
            mail.outcome.as_str().to_owned(),
            mail.reason.clone(),
            mail.ticket_id.map(rapport_store::ticket::code_of).unwrap_or_default(),
        ]
    });
    let header = vec!["at", "from", "subject", "outcome", "reason", "ticket"];
    chosen(csv, "received-mails", table, vec![Sheet { name: "received", header, rows: rows.collect() }])
}

/// The tables of Install.
pub fn install(csv: Csv, table: &str, report: &Install) -> Result<Response, Fault> {
    let items = report.outcomes.iter().map(|line| {
        let counts = [line.accepted, line.duplicate, line.rejected, line.bot, line.late].map(|count| count.to_string());
        [vec![line.item_type.as_str().to_owned()], counts.to_vec(), vec![time(line.last_at.as_ref())]].concat()
    });
    let refused = report.refused.iter().map(|line| {
        let (item, field, reason) = (line.item_type.as_str().to_owned(), line.field.clone(), line.reason.clone());
        vec![item, field, reason, line.items.to_string(), time(Some(&line.last_at))]
    });
    let origins = report.foreign.iter().map(|line| {
        let command = line.command.clone().unwrap_or_default();
        vec![line.origin.clone(), command, line.requests.to_string(), time(Some(&line.last_at))]
    });
    let sheets = vec![
        Sheet {
            name: "items",
            header: vec!["item", "accepted", "duplicate", "rejected", "bot", "late", "last_accepted_at"],
            rows: items.collect(),
        },
        Sheet {
            name: "rejected",
            header: vec!["item", "field", "reason", "items", "last_at"],
            rows: refused.collect(),
        },
        Sheet { name: "origins", header: vec!["origin", "command", "requests", "last_at"], rows: origins.collect() },
    ];
    chosen(csv, "install", table, sheets)
}
