//! Tasks and funnels as JSON: kept, changed and removed by servers as on the pages, and their reports; journeys and retention of use.

use super::reports::{Fields, SliceFields, slice_of};
use crate::app::{Reports, feature_state};
use crate::http::problem::Problem;
use crate::http::query::{journey, value};
use crate::member::fault_of_course;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_report::course::funnel::{Funnel, FunnelPerson, FunnelReport};
use rapport_report::course::task::{TaskDetail, TaskReport, TaskRule};
use rapport_report::course::{self};
use rapport_report::journey::Journeys;
use rapport_report::retention::Retention;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::course::{Course, CourseKind, Kept};
use rapport_store::{Store, StoreError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

feature_state! {
    /// What tasks and funnels need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
    }
}

/// A task that has rules.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NamedTask {
    /// Its id, a UUID.
    id: String,
    /// What people call it; no two tasks of a site are called alike.
    name: String,
    /// Where it begins and how it ends.
    rule: TaskRule,
}

/// A task to be set up, or what one is changed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTask {
    /// 1 to 80 characters in one line.
    name: String,
    /// Where it begins and how it ends.
    rule: TaskRule,
}

/// A funnel by its name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NamedFunnel {
    /// Its id, a UUID.
    id: String,
    /// What people call it; no two funnels of a site are called alike.
    name: String,
    /// Its steps and windows.
    funnel: Funnel,
}

/// A funnel to be set up, or what one is changed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewFunnel {
    /// 1 to 80 characters in one line.
    name: String,
    /// Its steps, 2 to 8, and windows.
    funnel: Funnel,
}

/// Which task a report is about: one of the two is given.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by name")]
struct TaskFields {
    /// The id of a task that has rules.
    id: Option<String>,
    /// The name of a task that pages tell.
    name: Option<String>,
}

/// Which journeys are asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by http::query::journey")]
struct JourneyFields {
    /// `route` (default): pages that are one but for an id are one; or `page`.
    by: Option<String>,
    /// Only ways from and to this page or route.
    around: Option<String>,
}

fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    let Json(body) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(body)
}

fn none() -> Problem {
    Problem::not_found("this site has no such task or funnel")
}

/// What a course is made of, once it was checked.
fn made<T: Serialize>(
    needs: &Needs,
    (kind, id): (CourseKind, Option<Id>),
    (name, checked): (&str, Result<T, Vec<Fault>>),
) -> Result<(Course, T), Problem> {
    let (name, checked) = match (course::name(name), checked) {
        (Ok(name), Ok(checked)) => (name, checked),
        (name, checked) => {
            return Err(Problem::of_faults(name.err().into_iter().chain(checked.err().unwrap_or_default())));
        }
    };
    let definition = serde_json::to_string(&checked).unwrap_or_default();
    let (course_id, created_at_ms) = (id.unwrap_or_else(|| needs.clock.new_id()), needs.clock.now_ms());
    Ok((Course { course_id, kind, name, definition, created_at_ms }, checked))
}

/// Keeps a new course, or changes the one that has its id already.
async fn keep(needs: &Needs, access: &ApiAccess, course: &Course, is_new: bool) -> Result<(), Problem> {
    let (what, site_id) = (course.kind.as_str(), access.site.site.site_id);
    let verb = if is_new { "add" } else { "change" };
    let actor = access.actor();
    let subject = format!("{what} {}", course.name);
    let entry = AuditEntry::now(&needs.clock, actor, &format!("{what}.{verb}"), subject);
    let kept = if is_new {
        needs.store.add_course(site_id, course, &entry).await?
    } else {
        needs.store.change_course(site_id, course, &entry).await?
    };
    match fault_of_course(kept) {
        Some(fault) => Err(Problem::of_faults([fault])),
        None if kept == Kept::Unknown => Err(none()),
        None => Ok(()),
    }
}

async fn forget(needs: &Needs, access: &ApiAccess, kind: CourseKind, id: &str) -> Result<StatusCode, Problem> {
    let (site_id, id) = (access.site.site.site_id, Id::parse(id).ok_or_else(none)?);
    let known = needs.store.courses(site_id, kind).await?.into_iter().find(|course| course.course_id == id);
    let (course, what) = (known.ok_or_else(none)?, kind.as_str());
    let subject = format!("{what} {}", course.name);
    let entry = access.note(&needs.clock, &format!("{what}.remove"), subject);
    match needs.store.remove_course(site_id, (kind, id), &entry).await? {
        Kept::Done => Ok(StatusCode::NO_CONTENT),
        _ => Err(none()),
    }
}

/// The definitions of a kind, each with its id and name.
async fn all<T: DeserializeOwned>(
    needs: &Needs,
    access: &ApiAccess,
    kind: CourseKind,
) -> Result<Vec<(String, String, T)>, Problem> {
    let courses = needs.store.courses(access.site.site.site_id, kind).await?;
    let read = |course: Course| {
        let definition = serde_json::from_str(&course.definition)
            .map_err(|error| StoreError::Inconsistent(format!("course.definition: {error}")))?;
        Ok((course.course_id.to_text(), course.name, definition))
    };
    courses.into_iter().map(read).collect::<Result<_, StoreError>>().map_err(Problem::from)
}

/// The tasks that have rules, by name. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/tasks", tag = "courses", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<NamedTask>)),
    operation_id = "list_tasks",
)]
pub(super) async fn tasks(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<Vec<NamedTask>>, Problem> {
    access.require(Scope::ReadReports)?;
    let all = all(&needs, &access, CourseKind::Task).await?;
    Ok(Json(all.into_iter().map(|(id, name, rule)| NamedTask { id, name, rule }).collect()))
}

/// Sets a task up. Its rules hold for what is stored already. Scope: `courses:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/tasks", tag = "courses", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewTask,
        example = json!({ "name": "Buy", "rule": {
            "start": { "kind": "page", "what": "/checkout" }, "success": { "kind": "page", "what": "/thanks" },
            "failure": { "kind": "event", "what": "payment_refused" }, "timeout_minutes": 30 } }),
    ),
    responses(
        (status = 201, body = NamedTask),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_task",
)]
pub(super) async fn add_task(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<NewTask>, JsonRejection>,
) -> Result<(StatusCode, Json<NamedTask>), Problem> {
    access.require(Scope::WriteCourses)?;
    let new = body(sent)?;
    let (course, rule) = made(&needs, (CourseKind::Task, None), (&new.name, new.rule.checked()))?;
    keep(&needs, &access, &course, true).await?;
    Ok((StatusCode::CREATED, Json(NamedTask { id: course.course_id.to_text(), name: course.name, rule })))
}

/// Changes a task. Scope: `courses:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/tasks/{id}", tag = "courses", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the task, a UUID"),
    ),
    request_body(
        content = NewTask,
        example = json!({ "name": "Buy", "rule": {
            "start": { "kind": "page", "what": "/cart" }, "success": { "kind": "page", "what": "/thanks" }, "timeout_minutes": 60 } }),
    ),
    responses(
        (status = 200, body = NamedTask),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such task"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "change_task",
)]
pub(super) async fn change_task(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Json<NewTask>, JsonRejection>,
) -> Result<Json<NamedTask>, Problem> {
    access.require(Scope::WriteCourses)?;
    let Path((_, id)) = path;
    let (id, new) = (Id::parse(&id).ok_or_else(none)?, body(sent)?);
    let (course, rule) = made(&needs, (CourseKind::Task, Some(id)), (&new.name, new.rule.checked()))?;
    keep(&needs, &access, &course, false).await?;
    Ok(Json(NamedTask { id: course.course_id.to_text(), name: course.name, rule }))
}

/// Removes a task. Scope: `courses:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/tasks/{id}", tag = "courses", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the task, a UUID"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such task"),
    ),
    operation_id = "remove_task",
)]
pub(super) async fn remove_task(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteCourses)?;
    let Path((_, id)) = path;
    forget(&needs, &access, CourseKind::Task, &id).await
}

/// The funnels, by name. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/funnels", tag = "courses", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<NamedFunnel>)),
    operation_id = "list_funnels",
)]
pub(super) async fn funnels(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<Vec<NamedFunnel>>, Problem> {
    access.require(Scope::ReadReports)?;
    let all = all(&needs, &access, CourseKind::Funnel).await?;
    Ok(Json(all.into_iter().map(|(id, name, funnel)| NamedFunnel { id, name, funnel }).collect()))
}

/// Sets a funnel up. It is told of what is stored already. Scope: `courses:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/funnels", tag = "courses", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewFunnel,
        example = json!({ "name": "From cart to order", "funnel": {
            "order": "ordered", "of": "visit", "window_minutes": 60, "steps": [
                { "kind": "page", "what": "/cart" }, { "kind": "page", "what": "/checkout", "within_minutes": 15 },
                { "kind": "task", "what": "checkout success" } ] } }),
    ),
    responses(
        (status = 201, body = NamedFunnel),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_funnel",
)]
pub(super) async fn add_funnel(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<NewFunnel>, JsonRejection>,
) -> Result<(StatusCode, Json<NamedFunnel>), Problem> {
    access.require(Scope::WriteCourses)?;
    let new = body(sent)?;
    let (course, funnel) = made(&needs, (CourseKind::Funnel, None), (&new.name, new.funnel.checked()))?;
    keep(&needs, &access, &course, true).await?;
    Ok((StatusCode::CREATED, Json(NamedFunnel { id: course.course_id.to_text(), name: course.name, funnel })))
}

/// Changes a funnel. Scope: `courses:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/funnels/{id}", tag = "courses", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the funnel, a UUID"),
    ),
    request_body(
        content = NewFunnel,
        example = json!({ "name": "Reads and rates", "funnel": {
            "order": "any", "of": "visitor", "window_minutes": 1440, "steps": [
                { "kind": "page", "what": "/docs/**" }, { "kind": "event", "what": "rated" } ] } }),
    ),
    responses(
        (status = 200, body = NamedFunnel),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such funnel"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "change_funnel",
)]
pub(super) async fn change_funnel(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Json<NewFunnel>, JsonRejection>,
) -> Result<Json<NamedFunnel>, Problem> {
    access.require(Scope::WriteCourses)?;
    let Path((_, id)) = path;
    let (id, new) = (Id::parse(&id).ok_or_else(none)?, body(sent)?);
    let (course, funnel) = made(&needs, (CourseKind::Funnel, Some(id)), (&new.name, new.funnel.checked()))?;
    keep(&needs, &access, &course, false).await?;
    Ok(Json(NamedFunnel { id: course.course_id.to_text(), name: course.name, funnel }))
}

/// Removes a funnel. Scope: `courses:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/funnels/{id}", tag = "courses", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the funnel, a UUID"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such funnel"),
    ),
    operation_id = "remove_funnel",
)]
pub(super) async fn remove_funnel(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteCourses)?;
    let Path((_, id)) = path;
    forget(&needs, &access, CourseKind::Funnel, &id).await
}

/// How every task went: those that have rules, and those that pages tell. Each is followed through the visits of these days; where they
/// hold more than 500,000 page views and signals, one visit in 128 (`one_in`). Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/tasks", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses((status = 200, body = TaskReport), (status = 422, description = "Fields at fault, each named")),
    operation_id = "report_tasks",
)]
pub(super) async fn task_report(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<TaskReport>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).tasks(&slice_of(&fields)?).await?))
}

/// One task with everybody who tried it. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/task", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), TaskFields, SliceFields),
    responses(
        (status = 200, body = TaskDetail),
        (status = 404, description = "No such task"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "report_task",
)]
pub(super) async fn task(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<TaskDetail>, Problem> {
    access.require(Scope::ReadReports)?;
    let (id, name) = (value(&fields, "id").unwrap_or_default(), value(&fields, "name").unwrap_or_default());
    if id.is_empty() == name.is_empty() {
        return Err(Problem::of_faults([Fault::new("id", "must name a task, or `name` must where pages tell it")]));
    }
    let report = reports.of(&access.site).task(&slice_of(&fields)?, (id, name)).await?;
    report.map(Json).ok_or_else(none)
}

/// A funnel step by step, compared with the period before. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/funnels/{id}", tag = "reports", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the funnel, a UUID"),
        SliceFields
    ),
    responses(
        (status = 200, body = FunnelReport),
        (status = 404, description = "No such funnel"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "report_funnel",
)]
pub(super) async fn funnel(
    State(reports): State<Reports>,
    access: ApiAccess,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<Json<FunnelReport>, Problem> {
    access.require(Scope::ReadReports)?;
    let (Path((_, id)), source) = (path, reports.of(&access.site));
    let funnel = source.kept_funnel(&id).await?.ok_or_else(none)?;
    Ok(Json(source.funnel(&slice_of(&fields)?, funnel).await?.0))
}

/// Everybody who began a funnel, and how far they came: those whom its report counts, no more and no fewer. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/funnels/{id}/people", tag = "reports", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the funnel, a UUID"),
        SliceFields
    ),
    responses(
        (status = 200, body = Vec<FunnelPerson>),
        (status = 404, description = "No such funnel"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "report_funnel_people",
)]
pub(super) async fn funnel_people(
    State(reports): State<Reports>,
    access: ApiAccess,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Vec<FunnelPerson>>, Problem> {
    access.require(Scope::ReadReports)?;
    let (Path((_, id)), source) = (path, reports.of(&access.site));
    let funnel = source.kept_funnel(&id).await?.ok_or_else(none)?;
    let slice = rapport_report::slice::Slice { compare: false, ..slice_of(&fields)? };
    Ok(Json(source.funnel(&slice, funnel).await?.1))
}

/// Which way visits go: edges summed over all visits, and the most frequent paths. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/journeys", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields, JourneyFields),
    responses((status = 200, body = Journeys), (status = 422, description = "Fields at fault, each named")),
    operation_id = "report_journeys",
)]
pub(super) async fn journeys(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Journeys>, Problem> {
    access.require(Scope::ReadReports)?;
    let (by, around) = journey::asked(&fields).map_err(|fault| Problem::of_faults([fault]))?;
    Ok(Json(reports.of(&access.site).journeys(&slice_of(&fields)?, by, around.as_deref()).await?))
}

/// Of the known visitors who came first in a week, how many came again in each week after it; at least the last 8 weeks. Scope:
/// `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/retention", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses((status = 200, body = Retention), (status = 422, description = "Fields at fault, each named")),
    operation_id = "report_retention",
)]
pub(super) async fn retention(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Retention>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).retention(&slice_of(&fields)?).await?))
}
