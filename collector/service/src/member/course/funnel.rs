//! The Funnels page: those that a site keeps, and one of them step by step with everybody who began it.

use super::form::{self, Form, Typed};
use super::{Needs, Pager, fault_of, paged, tabs};
use crate::http::export::csv;
use crate::http::query::slice::SliceQuery;
use crate::http::query::suffix_of;
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Page, carried, field};
use crate::member::reading::*;
use crate::member::{PageError, export, format, render};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::course::StepKind;
use rapport_report::course::funnel::{Funnel, FunnelPerson, FunnelReport, FunnelStep, Order, Standing};
use rapport_report::slice::Slice;
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;
use rapport_store::course::{Course, CourseKind, NAME_CHARACTERS};

/// Pages that are offered while one types.
const OFFERED: usize = 200;

/// A funnel as it is listed.
struct Line {
    id: String,
    name: String,
    /// Its steps, in words; one for what this version does not know.
    steps: Vec<String>,
    any_order: bool,
}

#[derive(Template)]
#[template(path = "member/course/funnels.html")]
struct FunnelsPage {
    frame: Frame,
    tabs: Vec<Choice>,
    lines: Vec<Line>,
    form: Option<Form>,
    pages: Vec<String>,
}

impl FunnelsPage {
    fn href(&self, id: &str) -> String {
        format!("/sites/{}/funnels/{id}{}", self.frame.site_key, self.frame.slice.suffix())
    }

    fn action(&self) -> String {
        let id = self.form.as_ref().map_or("", |form| form.id.as_str());
        let path = if id.is_empty() { String::new() } else { format!("/{id}") };
        format!("/sites/{}/funnels{path}{}", self.frame.site_key, self.frame.slice.suffix())
    }

    fn remove(&self) -> String {
        let id = self.form.as_ref().map_or("", |form| form.id.as_str());
        format!("/sites/{}/funnels/{id}/remove{}", self.frame.site_key, self.frame.slice.suffix())
    }
}

pub(super) async fn list(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let form = match field(&fields, "edit") {
        "" => Form::empty(CourseKind::Funnel),
        id => Form::stored(&needs.course(&access, CourseKind::Funnel, id).await?),
    };
    show(&needs, &access, &carried(&fields), form).await
}

async fn show(needs: &Needs, access: &Access, slice: &Slice, form: Form) -> Result<Response, PageError> {
    let place = Page { title: "Funnels", part: "tasks", path: "funnels", back: None, compares: false, dimensions: &[] };
    let courses = needs.store.courses(access.site.site.site_id, CourseKind::Funnel).await?;
    let line = |course: Course| {
        let funnel = serde_json::from_str::<Funnel>(&course.definition);
        let any_order = funnel.as_ref().is_ok_and(|funnel| funnel.order == Order::Any);
        let unknown = |_| vec!["something that this version does not know".to_owned()];
        let steps = funnel.map(|funnel| funnel.steps.iter().map(|step| step.label()).collect()).unwrap_or_else(unknown);
        Line { id: course.course_id.to_text(), name: course.name, steps, any_order }
    };
    let mut pages = needs.reports.of(&access.site).known_pages().await?;
    pages.truncate(OFFERED);
    let status = if form.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut frame = Frame::plain(&needs.frames, access, &place, slice).await?;
    frame.scope = "Steps, of which each is taken by fewer".to_owned();
    let mut response = render(&FunnelsPage {
        tabs: tabs(&access.site.site.key, slice, "funnels"),
        lines: courses.into_iter().map(line).collect(),
        form: (access.role >= Role::Editor).then_some(form),
        pages,
        frame,
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
    let faults = match form::funnel_of(typed) {
        Ok((name, definition)) => {
            let course = Course {
                course_id: known.as_ref().map_or_else(|| needs.clock.new_id(), |course| course.course_id),
                kind: CourseKind::Funnel,
                name,
                definition,
                created_at_ms: needs.clock.now_ms(),
            };
            match fault_of(needs.keep(access, &course, known.is_none()).await?) {
                Some(fault) => vec![fault],
                None => {
                    let (key, id) = (&access.site.site.key, course.course_id);
                    return Ok(Redirect::to(&format!("/sites/{key}/funnels/{id}{}", slice.suffix())).into_response());
                }
            }
        }
        Err(faults) => faults,
    };
    show(needs, access, slice, Form::refused(CourseKind::Funnel, id, typed, faults)).await
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
    let known = needs.course(&access, CourseKind::Funnel, &id).await?;
    save(&needs, &access, &carried(&fields), (Some(known), &typed)).await
}

pub(super) async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    needs.forget(&access, CourseKind::Funnel, &id, &carried(&fields)).await
}

#[derive(Template)]
#[template(path = "member/course/funnel.html")]
struct FunnelPage {
    frame: Frame,
    report: FunnelReport,
    people: Vec<FunnelPerson>,
    pager: Pager,
    /// What the list of people is narrowed to.
    chosen: Chosen,
    may_change: bool,
}

/// Which people are listed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Chosen {
    /// Those who took so many steps or more; of those who stopped or are undecided exactly so many.
    steps: Option<usize>,
    standing: Option<Standing>,
}

impl Chosen {
    fn of(fields: &Fields, most: usize) -> Result<Self, Fault> {
        let steps = match field(fields, "steps") {
            "" => None,
            text => Some(
                text.parse()
                    .ok()
                    .filter(|steps| (1..=most).contains(steps))
                    .ok_or_else(|| Fault::new("steps", format!("must be 1 to {most}")))?,
            ),
        };
        let standing = match field(fields, "standing") {
            "" => None,
            text => {
                let names = || Standing::EACH.map(Standing::as_str).join(", ");
                let standing = Standing::EACH.into_iter().find(|standing| standing.as_str() == text);
                Some(standing.ok_or_else(|| Fault::new("standing", format!("must be one of {}", names())))?)
            }
        };
        Ok(Self { steps, standing })
    }

    fn holds(self, one: &FunnelPerson) -> bool {
        let far = self.steps.is_none_or(|steps| match self.standing {
            None => one.steps >= steps,
            Some(_) => one.steps == steps,
        });
        far && self.standing.is_none_or(|standing| standing == one.standing)
    }

    fn fields(self) -> Vec<(&'static str, String)> {
        let steps = self.steps.map(|steps| ("steps", steps.to_string()));
        let standing = self.standing.map(|standing| ("standing", standing.as_str().to_owned()));
        steps.into_iter().chain(standing).collect()
    }
}

impl FunnelPage {
    fn any_order(&self) -> bool {
        self.report.funnel.order == Order::Any
    }

    /// How wide the bar of a step is, of 100.
    fn width(&self, step: &FunnelStep) -> u64 {
        (step.reached * 100).checked_div(self.report.began).unwrap_or(0)
    }

    fn list(&self, steps: Option<usize>, standing: Option<Standing>) -> String {
        let mut fields = self.frame.slice.fields();
        fields.extend(Chosen { steps, standing }.fields());
        let path = format!("/sites/{}/funnels/{}", self.frame.site_key, self.report.id);
        format!("{path}{}#people", suffix_of(&fields))
    }

    fn reached_href(&self, place: &usize) -> String {
        self.list(Some(*place + 1), None)
    }

    fn stopped_href(&self, place: &usize) -> String {
        self.list(Some(*place + 1), Some(Standing::Stopped))
    }

    fn undecided_href(&self, place: &usize) -> String {
        self.list(Some(*place + 1), Some(Standing::Undecided))
    }

    fn all_href(&self) -> String {
        self.list(None, None)
    }

    /// What the list holds, in words.
    fn listed(&self) -> String {
        let of = match self.chosen.steps {
            None => "everybody who began".to_owned(),
            Some(steps) => format!(
                "{} {steps} of {}",
                if self.chosen.standing.is_some() { "step" } else { "step or further:" },
                self.report.steps.len()
            ),
        };
        match self.chosen.standing {
            None => of,
            Some(standing) => format!("{of}: {}", standing.label().to_lowercase()),
        }
    }

    fn trail(&self, person: &FunnelPerson) -> String {
        super::visit::href(&self.frame, &person.visit, person.last.epoch_ms)
    }

    fn edit(&self) -> String {
        let mut fields = self.frame.slice.fields();
        fields.push(("edit", self.report.id.clone()));
        format!("/sites/{}/funnels{}#form", self.frame.site_key, suffix_of(&fields))
    }

    /// The window that a step has of its own; empty for none.
    fn within(&self, place: &usize) -> String {
        let minutes = self.report.funnel.steps[*place].within_minutes;
        minutes.map_or_else(String::new, |minutes| {
            format!("within {} of the one before", format::counted(u64::from(minutes), "minutes"))
        })
    }

    /// A step by itself, in any order.
    fn own_label(&self, place: &usize) -> String {
        self.report.funnel.steps[*place].label()
    }
}

pub(super) async fn page(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = needs.reports.of(&access.site);
    let kept = source.kept_funnel(&id).await?.ok_or(super::NONE)?;
    let chosen = Chosen::of(&fields, kept.2.steps.len())?;
    let (report, people) = source.funnel(&slice, kept).await?;
    let people: Vec<_> = people.into_iter().filter(|one| chosen.holds(one)).collect();
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::funnel(csv, field(&fields, "table"), &report, &people)?);
    }
    let own = chosen.fields();
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (title, path) = (report.name.clone(), format!("funnels/{id}"));
    let place = Page {
        title: &title,
        part: "tasks",
        path: &path,
        back: Some(("Funnels", "funnels")),
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    let frame = Frame::filtered(&needs.frames, &access, &place, &slice, &own).await?;
    let mut kept = slice.fields();
    kept.extend(chosen.fields());
    let (people, pager) = paged(people, field(&fields, "part"), &kept)?;
    let may_change = access.role >= Role::Editor;
    render(&FunnelPage { frame, report, people, pager, chosen, may_change })
}
