//! The Tasks page: every task that has rules or that pages tell, and one of them with the trails of those who did not do it.

use super::form::{self, Form, Typed};
use super::{Needs, Pager, fault_of, paged, tabs};
use crate::http::export::csv;
use crate::http::query::slice::SliceQuery;
use crate::http::query::{query_of, suffix_of};
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Page, carried, field};
use crate::member::reading::*;
use crate::member::{PageError, export, render};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::course::StepKind;
use rapport_report::course::task::{Outcome, TaskDetail, TaskLine, TaskPerson, TaskReport};
use rapport_report::slice::Slice;
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;
use rapport_store::course::{Course, CourseKind, NAME_CHARACTERS};

/// Pages that are offered while one types.
const OFFERED: usize = 200;

#[derive(Template)]
#[template(path = "member/course/tasks.html")]
struct TasksPage {
    frame: Frame,
    tabs: Vec<Choice>,
    report: TaskReport,
    form: Option<Form>,
    pages: Vec<String>,
}

/// The fields that name a task.
fn named(task: &TaskLine) -> (&'static str, String) {
    match &task.id {
        Some(id) => ("id", id.clone()),
        None => ("name", task.name.clone()),
    }
}

impl TasksPage {
    fn href(&self, task: &TaskLine) -> String {
        let mut fields = self.frame.slice.fields();
        fields.push(named(task));
        format!("/sites/{}/tasks/task?{}", self.frame.site_key, query_of(&fields))
    }

    fn action(&self) -> String {
        let id = self.form.as_ref().map_or("", |form| form.id.as_str());
        let path = if id.is_empty() { String::new() } else { format!("/{id}") };
        format!("/sites/{}/tasks{path}{}", self.frame.site_key, self.frame.slice.suffix())
    }

    fn remove(&self) -> String {
        let id = self.form.as_ref().map_or("", |form| form.id.as_str());
        format!("/sites/{}/tasks/{id}/remove{}", self.frame.site_key, self.frame.slice.suffix())
    }
}

pub(super) async fn list(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    if let Some(csv) = csv::wanted(&fields)? {
        let report = needs.reports.of(&access.site).tasks(&slice).await?;
        return Ok(export::tasks(csv, field(&fields, "table"), &report)?);
    }
    let form = match field(&fields, "edit") {
        "" => Form::empty(CourseKind::Task),
        id => Form::stored(&needs.course(&access, CourseKind::Task, id).await?),
    };
    show(&needs, &access, &slice, form).await
}

async fn show(needs: &Needs, access: &Access, slice: &Slice, form: Form) -> Result<Response, PageError> {
    let source = needs.reports.of(&access.site);
    let place =
        Page { title: "Tasks", part: "tasks", path: "tasks", back: None, compares: true, dimensions: EVERY_DIMENSION };
    let mut pages = source.known_pages().await?;
    pages.truncate(OFFERED);
    let status = if form.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut response = render(&TasksPage {
        frame: Frame::filtered(&needs.frames, access, &place, slice, &[]).await?,
        tabs: tabs(&access.site.site.key, slice, "tasks"),
        report: source.tasks(slice).await?,
        form: (access.role >= Role::Editor).then_some(form),
        pages,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

async fn save(
    needs: &Needs,
    access: &Access,
    slice: &Slice,
    (known, typed): (Option<Course>, &Typed),
) -> Result<Response, PageError> {
    let id = known.as_ref().map_or_else(String::new, |course| course.course_id.to_text());
    let faults = match form::task_of(typed) {
        Ok((name, definition)) => {
            let course = Course {
                course_id: known.as_ref().map_or_else(|| needs.clock.new_id(), |course| course.course_id),
                kind: CourseKind::Task,
                name,
                definition,
                created_at_ms: needs.clock.now_ms(),
            };
            match fault_of(needs.keep(access, &course, known.is_none()).await?) {
                Some(fault) => vec![fault],
                None => {
                    let mut fields = slice.fields();
                    fields.push(("id", course.course_id.to_text()));
                    let to = format!("/sites/{}/tasks/task{}", access.site.site.key, suffix_of(&fields));
                    return Ok(Redirect::to(&to).into_response());
                }
            }
        }
        Err(faults) => faults,
    };
    show(needs, access, slice, Form::refused(CourseKind::Task, id, typed, faults)).await
}

pub(super) async fn add(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    save(&needs, &access, &carried(&fields), (None, &typed)).await
}

pub(super) async fn change(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let known = needs.course(&access, CourseKind::Task, &id).await?;
    save(&needs, &access, &carried(&fields), (Some(known), &typed)).await
}

pub(super) async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    needs.forget(&access, CourseKind::Task, &id, &carried(&fields)).await
}

#[derive(Template)]
#[template(path = "member/course/task.html")]
struct TaskPage {
    frame: Frame,
    report: TaskDetail,
    people: Vec<TaskPerson>,
    pager: Pager,
    outcomes: Vec<Choice>,
    may_change: bool,
}

impl TaskPage {
    fn figures(&self) -> [&rapport_report::figure::Figure; 5] {
        let task = &self.report.task;
        [&task.success, &task.failed, &task.abandoned, &task.retried, &task.time]
    }

    fn trail(&self, person: &TaskPerson) -> String {
        super::visit::href(&self.frame, &person.visit, person.ended.epoch_ms)
    }

    fn edit(&self) -> String {
        let mut fields = self.frame.slice.fields();
        fields.extend(self.report.task.id.as_ref().map(|id| ("edit", id.clone())));
        format!("/sites/{}/tasks{}#form", self.frame.site_key, suffix_of(&fields))
    }
}

pub(super) async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let (id, name) = (field(&fields, "id"), field(&fields, "name"));
    if id.is_empty() == name.is_empty() {
        return Err(Fault::new("id", "must name a task, or `name` must where pages tell it").into());
    }
    let outcome = match field(&fields, "outcome") {
        "" => None,
        text => {
            let names = || Outcome::EACH.map(Outcome::as_str).join(", ");
            let outcome = Outcome::EACH.into_iter().find(|outcome| outcome.as_str() == text);
            Some(outcome.ok_or_else(|| Fault::new("outcome", format!("must be one of {}", names())))?)
        }
    };
    let report = needs.reports.of(&access.site).task(&slice, (id, name)).await?;
    let mut report = report.ok_or(super::NONE)?;
    let all = std::mem::take(&mut report.people);
    let people: Vec<_> = all.into_iter().filter(|one| outcome.is_none_or(|only| one.outcome == only)).collect();
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::task(csv, field(&fields, "table"), &report, &people)?);
    }
    let task = named(&report.task);
    let mut own = vec![(task.0, task.1.as_str())];
    own.extend(outcome.map(|outcome| ("outcome", outcome.as_str())));
    let title = report.task.name.clone();
    let place = Page {
        title: &title,
        part: "tasks",
        path: "tasks/task",
        back: Some(("Tasks", "tasks")),
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    let frame = Frame::filtered(&needs.frames, &access, &place, &slice, &own).await?;
    let mut kept = slice.fields();
    kept.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let (people, pager) = paged(people, field(&fields, "part"), &kept)?;
    let chosen = |only: Option<Outcome>| {
        let mut fields = slice.fields();
        fields.push((task.0, task.1.clone()));
        fields.extend(only.map(|only| ("outcome", only.as_str().to_owned())));
        let label = only.map_or("All", Outcome::label).to_owned();
        Choice { label, href: format!("{}#people", suffix_of(&fields)), current: only == outcome }
    };
    let outcomes = [None].into_iter().chain(Outcome::EACH.map(Some)).map(chosen).collect();
    let may_change = access.role >= Role::Editor && report.task.id.is_some();
    render(&TaskPage { frame, report, people, pager, outcomes, may_change })
}
