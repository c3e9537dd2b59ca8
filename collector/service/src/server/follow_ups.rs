//! Plans of follow-ups, and what became of each follow-up, as JSON.

use crate::follow_up::{FollowUps, waking_text};
use crate::http::problem::Problem;
use crate::http::query::value;
use crate::server::key::ApiAccess;
use crate::server::reports::Fields;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Needed};
use axum::http::StatusCode;
use rapport_report::response::Time;
use rapport_shared::survey::Fault;
use rapport_store::account::scope::Scope;
use rapport_store::follow_up::{Draft, FollowUp, Plan, State};
use rapport_store::site::directory::SiteContext;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Follow-ups of one list.
const LISTED: u32 = 1_000;

/// A plan: what customers are asked some time after something happened.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FollowUpPlan {
    /// Its id, a UUID.
    id: String,
    /// What staff call it.
    name: String,
    /// `purchase` or `resolved`.
    cause: &'static str,
    /// How many days later.
    days: u32,
    /// `business` or `calendar` days.
    counts: &'static str,
    /// `mail` or `call`.
    way: &'static str,
    /// The survey that a mail asks; empty for calls.
    survey: String,
    /// The subject of a mail, or what a call is about.
    subject: String,
    /// What a mail says before the question.
    body: String,
    /// What stands on the link that stops such mails.
    stop_label: String,
    /// Between which times of the customer's day.
    waking: String,
    /// Whether it asks.
    active: bool,
    /// Who set it up.
    actor: String,
    /// From when on what happens is asked about.
    since: Time,
}

/// A plan to be set up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPlan {
    /// 1 to 120 characters in one line.
    name: String,
    /// `purchase` or `resolved`.
    cause: String,
    /// 0 to 365.
    days: u32,
    /// `business` (default) or `calendar` days.
    #[serde(default)]
    counts: String,
    /// `mail` (default) or `call`.
    #[serde(default)]
    way: String,
    /// Id of the survey that a mail asks.
    #[serde(default)]
    survey: String,
    /// 1 to 120 characters in one line.
    subject: String,
    /// At most 2,000 characters; an empty line begins a paragraph.
    #[serde(default)]
    body: String,
    /// At most 120 characters in one line.
    #[serde(default)]
    stop_label: String,
    /// One stretch of the customer's day; `9:00-20:00` when absent.
    #[serde(default)]
    waking: String,
}

/// Whether a plan asks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanState {
    /// False to pause it.
    active: bool,
}

/// One thing that is asked of one customer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FollowUpLine {
    /// Its id, a UUID.
    id: String,
    /// Id of its plan.
    plan: String,
    /// Name of the customer, or what your own systems call them.
    customer: String,
    /// `waiting`, `calling`, `sent`, `done` or `skipped`.
    state: &'static str,
    /// Why it was not done; may be empty.
    reason: String,
    /// When what it follows happened.
    caused_at: Time,
    /// When it is to be done.
    due_at: Time,
    /// When it last changed.
    changed_at: Time,
}

fn shown(plan: Plan, site: &SiteContext) -> FollowUpPlan {
    FollowUpPlan {
        id: plan.plan_id.to_text(),
        cause: plan.cause.as_str(),
        days: plan.days,
        counts: plan.counts.as_str(),
        way: plan.way.as_str(),
        waking: waking_text(&plan),
        active: plan.active,
        since: Time::new(plan.created_at_ms, &site.site.time_zone),
        name: plan.name,
        survey: plan.survey_id,
        subject: plan.subject,
        body: plan.body,
        stop_label: plan.stop_label,
        actor: plan.actor,
    }
}

fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    let Json(body) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(body)
}

fn none() -> Problem {
    Problem::not_found("this site has no such plan")
}

/// The plans of a site, by name. Scope: `follow-ups:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/follow-up-plans", tag = "follow-ups", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<FollowUpPlan>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_follow_up_plans",
)]
pub(super) async fn plans(
    Needed(follow_ups): Needed<FollowUps>,
    access: ApiAccess,
) -> Result<Json<Vec<FollowUpPlan>>, Problem> {
    access.require(Scope::WriteFollowUps)?;
    let plans = follow_ups.plans(&access.site).await?;
    Ok(Json(plans.into_iter().map(|plan| shown(plan, &access.site)).collect()))
}

/// Sets up a plan, which asks about what happens from now on. Scope: `follow-ups:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/follow-up-plans", tag = "follow-ups", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = NewPlan, example = json!({
        "name": "After a purchase", "cause": "purchase", "days": 5, "survey": "post-purchase", "subject": "How was your order?",
    })),
    responses(
        (status = 201, body = FollowUpPlan),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_follow_up_plan",
)]
pub(super) async fn add(
    Needed(follow_ups): Needed<FollowUps>,
    access: ApiAccess,
    sent: Result<Json<NewPlan>, JsonRejection>,
) -> Result<(StatusCode, Json<FollowUpPlan>), Problem> {
    access.require(Scope::WriteFollowUps)?;
    let new = body(sent)?;
    let draft = Draft {
        name: new.name,
        cause: new.cause,
        days: new.days.to_string(),
        counts: new.counts,
        way: new.way,
        survey_id: new.survey,
        subject: new.subject,
        body: new.body,
        stop_label: new.stop_label,
        waking: new.waking,
    };
    let plan = follow_ups.add(&access.site, &access.actor(), &draft).await?;
    Ok((StatusCode::CREATED, Json(shown(plan, &access.site))))
}

/// Pauses a plan or has it ask again. What happens while it is paused is never asked about. Scope: `follow-ups:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/follow-up-plans/{id}", tag = "follow-ups", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the plan, a UUID"),
    ),
    request_body(content = PlanState, example = json!({ "active": false })),
    responses(
        (status = 204, description = "It is so"),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such plan"),
    ),
    operation_id = "set_follow_up_plan",
)]
pub(super) async fn set(
    Needed(follow_ups): Needed<FollowUps>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Json<PlanState>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteFollowUps)?;
    let (Path((_, id)), state) = (path, body(sent)?);
    let plan = follow_ups.one(&access.site, &id).await?.ok_or_else(none)?;
    let actor = access.actor();
    match follow_ups.set(&access.site, &actor, &plan, state.active).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}

/// Removes a plan, and what it has not asked yet. Scope: `follow-ups:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/follow-up-plans/{id}", tag = "follow-ups", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the plan, a UUID"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such plan"),
    ),
    operation_id = "remove_follow_up_plan",
)]
pub(super) async fn remove(
    Needed(follow_ups): Needed<FollowUps>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteFollowUps)?;
    let Path((_, id)) = path;
    let plan = follow_ups.one(&access.site, &id).await?.ok_or_else(none)?;
    match follow_ups.remove(&access.site, &access.actor(), &plan).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}

/// Follow-ups in a state, at most 1,000: those that wait by when they are due, others the newest first. Scope: `follow-ups:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/follow-ups", tag = "follow-ups", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("state" = Option<String>, Query, description = "`waiting` (default), `calling`, `sent`, `done` or `skipped`"),
    ),
    responses(
        (status = 200, body = Vec<FollowUpLine>),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "No such state"),
    ),
    operation_id = "list_follow_ups",
)]
pub(super) async fn list(
    Needed(follow_ups): Needed<FollowUps>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Vec<FollowUpLine>>, Problem> {
    access.require(Scope::WriteFollowUps)?;
    let name = value(&fields, "state").unwrap_or("waiting");
    let names = State::EACH.map(State::as_str).join(", ");
    let state = State::EACH.into_iter().find(|state| state.as_str() == name);
    let state = state.ok_or_else(|| Problem::of_faults([Fault::new("state", format!("must be one of {names}"))]))?;
    let time = |at_ms| Time::new(at_ms, &access.site.site.time_zone);
    let mut lines = Vec::new();
    for of in follow_ups.of(&access.site, state, LISTED).await? {
        let (customer, _) = follow_ups.who(&access.site, &of).await?;
        let FollowUp { follow_up_id, plan_id, caused_at_ms, due_at_ms, changed_at_ms, reason, .. } = of;
        lines.push(FollowUpLine {
            id: follow_up_id.to_text(),
            plan: plan_id.to_text(),
            customer,
            state: state.as_str(),
            reason,
            caused_at: time(caused_at_ms),
            due_at: time(due_at_ms),
            changed_at: time(changed_at_ms),
        });
    }
    Ok(Json(lines))
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::scope::Scope;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_server_sets_up_a_plan_pauses_and_removes_it() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key = test.bearer(&site, &[Scope::WriteFollowUps]).await;
        let send = async |method: &str, path: &str, body: Value| {
            let request = Request::builder()
                .method(method)
                .uri(format!("/api/v1/sites/shop/{path}"))
                .header("authorization", &key)
                .header("content-type", "application/json");
            test.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let plan = json!({ "name": "Is it fixed?", "cause": "resolved", "days": 7, "counts": "calendar", "way": "call", "subject": "Ask" });
        let added = send("POST", "follow-up-plans", plan.clone()).await;
        assert_eq!(added.status, 201, "{}", added.text());
        let id = added.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(
            send("POST", "follow-up-plans", json!({ "name": "x", "cause": "resolved", "days": 7, "subject": "x" }))
                .await
                .status,
            422
        );
        let listed = send("GET", "follow-up-plans", json!(null)).await.json();
        assert_eq!((&listed[0]["name"], &listed[0]["waking"]), (&json!("Is it fixed?"), &json!("9:00-20:00")));
        let path = format!("follow-up-plans/{id}");
        assert_eq!(send("PUT", &path, json!({ "active": false })).await.status, 204);
        assert_eq!(send("GET", "follow-up-plans", json!(null)).await.json()[0]["active"], false);
        assert_eq!(send("GET", "follow-ups?state=skipped", json!(null)).await.json(), json!([]));
        assert_eq!(send("GET", "follow-ups?state=asleep", json!(null)).await.status, 422);
        for status in [204, 404] {
            assert_eq!(send("DELETE", &path, json!(null)).await.status, status);
        }
    }
}
