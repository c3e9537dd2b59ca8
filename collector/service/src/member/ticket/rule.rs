//! Which feedback opens a ticket by itself.

use super::{Fields, Frame, Needs, Page, carried, render};
use crate::http::problem::Problem;
use crate::http::query::value;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::extract::State as Part;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::Member;
use rapport_store::account::role::Role;
use rapport_store::ticket::rule::{KINDS, OLDEST_MS, Rule};
use rapport_store::ticket::{Priority, TicketKind};

const DAY_MS: i64 = 86_400_000;

#[derive(Template)]
#[template(path = "member/ticket/rules.html")]
struct RulesPage {
    frame: Frame,
    rules: Vec<Rule>,
    members: Vec<Member>,
    may_change: bool,
}

impl RulesPage {
    fn is_owner(&self, rule: &Rule, id: &Id) -> bool {
        rule.owner_id == Some(*id)
    }

    fn is_review(&self, rule: &Rule) -> bool {
        rule.kind == TicketKind::Review
    }

    fn oldest_days(&self) -> i64 {
        OLDEST_MS / DAY_MS
    }
}

pub(super) async fn page(Part(needs): Part<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let site_id = access.site.site.site_id;
    let place = Page {
        title: "What opens a ticket",
        part: "inbox",
        path: "inbox/rules",
        back: Some(("Inbox", "inbox")),
        compares: false,
        dimensions: &[],
    };
    let frame = Frame::plain(&needs.frames, &access, &place, &carried(&fields)).await?;
    let (rules, members) = (needs.store.ticket_rules(site_id).await?, needs.store.members(site_id).await?);
    render(&RulesPage { frame, rules, members, may_change: access.role >= Role::Editor })
}

/// The rules of a form, whose fields are `opens-rating`, `priority-rating` and so on.
fn read(pairs: &[(String, String)], members: &[Member]) -> Result<Vec<Rule>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut rules = Vec::new();
    for kind in KINDS {
        let name = |field: &str| format!("{field}-{}", kind.as_str());
        let text = |field: &str| value(pairs, &name(field)).unwrap_or_default();
        let priority = Priority::parse(text("priority"));
        if priority.is_none() {
            faults.push(Fault::new(name("priority"), format!("must be one of {}", Priority::names())));
        }
        let owner = members.iter().find(|member| member.email == text("owner")).map(|member| member.account_id);
        if owner.is_none() && !text("owner").is_empty() {
            faults.push(Fault::new(name("owner"), "must be the mail address of a member of the site"));
        }
        let stars = if kind == TicketKind::Review { text("stars").parse().ok() } else { Some(2) };
        let stars = stars.filter(|stars| (1..=5).contains(stars));
        if stars.is_none() {
            faults.push(Fault::new(name("stars"), "must be 1 to 5"));
        }
        rules.push(Rule {
            kind,
            opens: text("opens") == "yes",
            most_stars: stars.unwrap_or(2),
            words_only: text("words") == "yes",
            priority: priority.unwrap_or(Priority::Normal),
            owner_id: owner,
        });
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

pub(super) async fn save(
    Part(needs): Part<Needs>,
    access: Access,
    Submitted(pairs): Submitted<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let site = &access.site.site;
    let members = needs.store.members(site.site_id).await?;
    let rules = read(&pairs, &members).map_err(Problem::of_faults)?;
    let entry = access.note(&needs.clock, "rules.change", "rules of the inbox".to_owned());
    needs.store.set_ticket_rules(site.site_id, &rules, &entry).await?;
    Ok(Redirect::to(&format!("/sites/{}/inbox/rules", site.key)).into_response())
}
