//! Tasks and funnels: the ways that people are meant to go, whether they come to their end, and the trails of those who do not.

mod form;
mod funnel;
mod task;
mod visit;

use super::PageError;
use super::frame::{Choice, Frames};
use crate::app::{App, Reports, feature_state};
use crate::http::query::slice::SliceQuery;
use crate::http::query::suffix_of;
use crate::member::account::Access;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::slice::Slice;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::course::{COURSES, Course, CourseKind, Kept};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/tasks", get(task::list).post(task::add))
        .route("/sites/{site}/tasks/task", get(task::page))
        .route("/sites/{site}/tasks/{id}", post(task::change))
        .route("/sites/{site}/tasks/{id}/remove", post(task::remove))
        .route("/sites/{site}/funnels", get(funnel::list).post(funnel::add))
        .route("/sites/{site}/funnels/{id}", get(funnel::page).post(funnel::change))
        .route("/sites/{site}/funnels/{id}/remove", post(funnel::remove))
        .route("/sites/{site}/visit", get(visit::page))
}

feature_state! {
    /// What the pages and their forms need.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        reports: Reports,
        frames: Frames,
    }
}

/// People of a list on one page.
const LISTED: usize = 50;

/// The pages about ways through the site, one beside the other.
pub(super) fn tabs(site_key: &str, slice: &Slice, current: &str) -> Vec<Choice> {
    let pages =
        [("tasks", "Tasks"), ("funnels", "Funnels"), ("journeys", "Journeys"), ("retention", "Retention of use")];
    let choice = |(path, label): (&str, &str)| Choice {
        label: label.to_owned(),
        href: format!("/sites/{site_key}/{path}{}", slice.suffix()),
        current: path == current,
    };
    pages.map(choice).into()
}

/// What a course is called in the list of changes, and in addresses.
fn place_of(kind: CourseKind) -> (&'static str, &'static str) {
    match kind {
        CourseKind::Task => ("task", "tasks"),
        CourseKind::Funnel => ("funnel", "funnels"),
    }
}

const NONE: PageError = PageError::NotFound("This site has no such task or funnel.");

fn id_in(text: &str) -> Result<Id, PageError> {
    Id::parse(text).ok_or(NONE)
}

/// Why a course is not kept; none where it is.
pub(crate) fn fault_of(kept: Kept) -> Option<Fault> {
    match kept {
        Kept::Done | Kept::Unknown => None,
        Kept::NameTaken => Some(Fault::new("name", "must be another: one of this site is called so")),
        Kept::TooMany => Some(Fault::new("name", format!("is one too many: a site has at most {COURSES}"))),
    }
}

impl Needs {
    /// Keeps a new course, or changes the one that has its id already.
    async fn keep(&self, access: &Access, course: &Course, is_new: bool) -> Result<Kept, PageError> {
        let (what, _) = place_of(course.kind);
        let verb = if is_new { "add" } else { "change" };
        let entry = access.note(&self.clock, &format!("{what}.{verb}"), format!("{what} {}", course.name));
        let site_id = access.site.site.site_id;
        let kept = if is_new {
            self.store.add_course(site_id, course, &entry).await?
        } else {
            self.store.change_course(site_id, course, &entry).await?
        };
        if kept == Kept::Unknown { Err(NONE) } else { Ok(kept) }
    }

    /// The course that a path names.
    async fn course(&self, access: &Access, kind: CourseKind, id: &str) -> Result<Course, PageError> {
        let id = id_in(id)?;
        let courses = self.store.courses(access.site.site.site_id, kind).await?;
        courses.into_iter().find(|course| course.course_id == id).ok_or(NONE)
    }

    async fn forget(&self, access: &Access, kind: CourseKind, id: &str, slice: &Slice) -> Result<Response, PageError> {
        let (what, path) = place_of(kind);
        let course = self.course(access, kind, id).await?;
        let entry = access.note(&self.clock, &format!("{what}.remove"), format!("{what} {}", course.name));
        match self.store.remove_course(access.site.site.site_id, (kind, course.course_id), &entry).await? {
            Kept::Done => {
                Ok(Redirect::to(&format!("/sites/{}/{path}{}", access.site.site.key, slice.suffix())).into_response())
            }
            _ => Err(NONE),
        }
    }
}

/// Pages of the list of people.
struct Pager {
    first: usize,
    last: usize,
    all: usize,
    previous: Option<String>,
    next: Option<String>,
}

/// The part of a list that `part` asks for, from 1, and the ways to its other parts; `fields` give the rest of the address.
fn paged<T>(all: Vec<T>, part: &str, fields: &[(&'static str, String)]) -> Result<(Vec<T>, Pager), Fault> {
    let part = match part {
        "" => 1,
        text => text
            .parse()
            .ok()
            .filter(|part| (1..=1_000_000).contains(part))
            .ok_or_else(|| Fault::new("part", "must be a whole number from 1"))?,
    };
    let (count, first) = (all.len(), (part - 1_usize) * LISTED);
    let address = |part: usize| {
        let mut fields = fields.to_vec();
        fields.push(("part", part.to_string()));
        format!("{}#people", suffix_of(&fields))
    };
    let shown: Vec<T> = all.into_iter().skip(first).take(LISTED).collect();
    let last = first + shown.len();
    let pager = Pager {
        first: first + 1,
        last,
        all: count,
        previous: (part > 1).then(|| address(part - 1)),
        next: (last < count && !shown.is_empty()).then(|| address(part + 1)),
    };
    Ok((shown, pager))
}

#[cfg(test)]
mod page_test;
