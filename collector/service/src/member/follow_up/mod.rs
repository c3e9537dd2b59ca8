//! The Follow-ups page: whom to call today, the plans, what comes next, and what was asked or not and why.

use super::frame::{Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, feature_state};
use crate::follow_up::{Call, FollowUps, example_ms, wait_text, waking_text};
use crate::http::export::csv;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State as Needed};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;
use rapport_store::follow_up::{Cause, Draft, FollowUp, NAME_CHARACTERS, Plan, State, TEXT_CHARACTERS, Way};
use rapport_store::hours::Calendar;
use rapport_store::{Store, StoreError};
use std::collections::BTreeMap;

/// Follow-ups of a list.
const LISTED: u32 = 50;
/// Follow-ups of a table.
const EXPORTED: u32 = 10_000;

/// Routes of the page.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/follow-ups", get(page).post(add))
        .route("/sites/{site}/follow-ups/{id}/state", post(set))
        .route("/sites/{site}/follow-ups/{id}/remove", post(remove))
        .route("/sites/{site}/follow-ups/{id}/call", post(call))
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        follow_ups: FollowUps,
        store: Store,
        frames: Frames,
    }
}

/// A plan as it is listed.
struct PlanLine {
    id: Id,
    name: String,
    says: String,
    /// When it would ask about what happens now; `None` for never.
    example: Option<Time>,
    active: bool,
    actor: String,
}

/// A follow-up as it is listed.
struct Line {
    id: Id,
    who: String,
    phone: String,
    plan: String,
    about: String,
    caused: Time,
    due: Time,
    changed: Time,
    state: &'static str,
    reason: String,
    attempts: i64,
}

#[derive(Template)]
#[template(path = "member/follow_up/page.html")]
struct FollowUpPage {
    frame: Frame,
    calls: Vec<Line>,
    plans: Vec<PlanLine>,
    coming: Vec<Line>,
    past: Vec<Line>,
    surveys: Vec<(String, String)>,
    may_call: bool,
    may_change: bool,
    are_sent: bool,
    query: String,
}

async fn lines(needs: &Needs, access: &Access, plans: &[Plan], found: Vec<FollowUp>) -> Result<Vec<Line>, StoreError> {
    let time = |at_ms| Time::new(at_ms, &access.site.site.time_zone);
    let mut lines = Vec::with_capacity(found.len());
    for of in found {
        let (who, phone) = needs.follow_ups.who(&access.site, &of).await?;
        let plan = plans.iter().find(|plan| plan.plan_id == of.plan_id);
        lines.push(Line {
            id: of.follow_up_id,
            who: if who.is_empty() { "a customer who is no longer there".to_owned() } else { who },
            phone,
            plan: plan.map_or_else(|| "a plan that was removed".to_owned(), |plan| plan.name.clone()),
            about: plan.map_or_else(String::new, |plan| plan.subject.clone()),
            caused: time(of.caused_at_ms),
            due: time(of.due_at_ms),
            changed: time(of.changed_at_ms),
            state: of.state.as_str(),
            reason: of.reason,
            attempts: of.attempts,
        });
    }
    Ok(lines)
}

fn says(plan: &Plan) -> String {
    format!(
        "{} after {} {}, between {} of their day",
        wait_text(plan),
        plan.cause.label(),
        plan.way.label(),
        waking_text(plan).replace('-', " and ")
    )
}

async fn past(needs: &Needs, access: &Access, limit: u32) -> Result<Vec<FollowUp>, StoreError> {
    let mut past = Vec::new();
    for state in [State::Sent, State::Done, State::Skipped] {
        past.extend(needs.follow_ups.of(&access.site, state, limit).await?);
    }
    past.sort_by_key(|of| (std::cmp::Reverse(of.changed_at_ms), of.follow_up_id));
    past.truncate(limit as usize);
    Ok(past)
}

async fn page(Needed(needs): Needed<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let plans = needs.follow_ups.plans(&access.site).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        access.require(Role::Support)?;
        let past = past(&needs, &access, EXPORTED).await?;
        let rows = lines(&needs, &access, &plans, past).await?.into_iter().map(|line| {
            vec![line.changed.local, line.who, line.plan, line.state.to_owned(), line.reason, line.caused.local]
        });
        return Ok(csv.table("follow-ups", &["at", "customer", "plan", "state", "reason", "happened_at"], rows));
    }
    let slice = carried(&fields);
    let place = Page {
        title: "Follow-ups",
        part: "follow-ups",
        path: "follow-ups",
        back: None,
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    let (site, now_ms) = (&access.site.site, needs.follow_ups.clock.now_ms());
    frame.scope = format!("Customers are asked by their own clocks, else by those of {}", site.time_zone_name());
    let calendar = Calendar::of(&needs.store.hours(site).await?.hours);
    let plan_line = |plan: &Plan| PlanLine {
        id: plan.plan_id,
        name: plan.name.clone(),
        says: says(plan),
        example: example_ms(plan, &calendar, &site.time_zone, now_ms).map(|at_ms| Time::new(at_ms, &site.time_zone)),
        active: plan.active,
        actor: plan.actor.clone(),
    };
    let may_call = access.role >= Role::Support;
    let of = |state| needs.follow_ups.of(&access.site, state, LISTED);
    let (calls, coming) = tokio::try_join!(of(State::Calling), of(State::Waiting))?;
    // Names and numbers of customers are for those who work with them.
    let shown = |found: Vec<FollowUp>| if may_call { found } else { Vec::new() };
    let past = shown(past(&needs, &access, LISTED).await?);
    render(&FollowUpPage {
        calls: lines(&needs, &access, &plans, shown(calls)).await?,
        coming: lines(&needs, &access, &plans, shown(coming)).await?,
        past: lines(&needs, &access, &plans, past).await?,
        plans: plans.iter().map(plan_line).collect(),
        surveys: needs.follow_ups.surveys(&access.site).await?,
        may_call,
        may_change: access.role >= Role::Editor,
        are_sent: needs.follow_ups.are_sent(),
        query: slice.suffix(),
        frame,
    })
}

fn back(access: &Access, fields: &Fields) -> Response {
    let suffix = carried(fields).suffix();
    Redirect::to(&format!("/sites/{}/follow-ups{suffix}", access.site.site.key)).into_response()
}

type Form = Submitted<BTreeMap<String, String>>;

async fn add(
    Needed(needs): Needed<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Form,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    let draft = Draft {
        name: text("name"),
        cause: text("cause"),
        days: text("days"),
        counts: text("counts"),
        way: text("way"),
        survey_id: text("survey"),
        subject: text("subject"),
        body: text("body"),
        stop_label: text("stop_label"),
        waking: text("waking"),
    };
    needs.follow_ups.add(&access.site, &access.member.email, &draft).await?;
    Ok(back(&access, &fields))
}

const NONE: PageError = PageError::NotFound("This site has no such plan.");
const NO_CALL: PageError = PageError::NotFound("They are not on the list of people to call, or not any more.");

async fn set(
    Needed(needs): Needed<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Form,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let plan = needs.follow_ups.one(&access.site, &id).await?.ok_or(NONE)?;
    let active = match form.get("active").map(String::as_str) {
        Some("yes") => true,
        Some("no") => false,
        _ => return Err(vec![Fault::new("active", "must be yes or no")].into()),
    };
    if !needs.follow_ups.set(&access.site, &access.member.email, &plan, active).await? {
        return Err(NONE);
    }
    Ok(back(&access, &fields))
}

async fn remove(
    Needed(needs): Needed<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let plan = needs.follow_ups.one(&access.site, &id).await?.ok_or(NONE)?;
    if !needs.follow_ups.remove(&access.site, &access.member.email, &plan).await? {
        return Err(NONE);
    }
    Ok(back(&access, &fields))
}

async fn call(
    Needed(needs): Needed<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Form,
) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let call = form.get("came_to").and_then(|name| Call::named(name));
    let call = call.ok_or_else(|| vec![Fault::new("came_to", "must be done, again or no_answer")])?;
    if !needs.follow_ups.call(&access.site, &access.member.email, &id, call).await? {
        return Err(NO_CALL);
    }
    Ok(back(&access, &fields))
}
