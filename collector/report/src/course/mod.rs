//! Courses: ways through the site that people are meant to go. A task has a beginning and an end, a funnel has steps; both are
//! found in what was seen in visits, by rules that are kept with the site, so that pages need to be told nothing.

pub mod funnel;
#[cfg(test)]
mod reference_test;
pub mod task;

use crate::figure::{Figure, FigureKind};
use crate::route::Routes;
use crate::visits::{What, WhatKind};
use rapport_figures::score::estimate_change;
use rapport_figures::sketch::{QuantileSketch, Stratum, stratified_score};
use rapport_shared::limit::PATH_BYTES;
use rapport_shared::survey::Fault;
use rapport_shared::targeting::fits_glob;
use rapport_shared::targeting::path::decoded;
use rapport_store::course::NAME_CHARACTERS;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest window and timeout, in minutes: 30 days.
pub const MINUTES: u32 = 30 * 24 * 60;
/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// By what a step is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A page is opened.
    #[default]
    Page,
    /// A custom event is tracked.
    Event,
    /// An element is clicked, as far as such clicks are stored.
    Element,
    /// A step of a task is told by the page.
    Task,
}

impl StepKind {
    /// Every kind.
    pub const EACH: [Self; 4] = [Self::Page, Self::Event, Self::Element, Self::Task];

    /// Its name in forms and definitions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Event => "event",
            Self::Element => "element",
            Self::Task => "task",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Page => "Page",
            Self::Event => "Event",
            Self::Element => "Element",
            Self::Task => "Task",
        }
    }
}

/// What takes somebody a step further.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// By what it is known.
    pub kind: StepKind,
    /// Of a page its path, a glob such as `/orders/*/paid` or a route such as `/orders/:id`; the name of an event; an element as reports name
    /// it; or a task and its step, such as `checkout success`. In each, `*` stands for what lies within one part and `**` for anything.
    pub what: String,
    /// Of a step of a funnel in order: at most so many minutes after the step before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_minutes: Option<u32>,
}

impl Step {
    /// Whether something that was seen is it.
    pub fn is(&self, what: &What, routes: &Routes) -> bool {
        let fits = |text: &str| text == self.what || self.what.contains('*') && fits_glob(&self.what, text);
        match (self.kind, what.kind) {
            (StepKind::Page, WhatKind::Page) => fits(&decoded(&what.text)) || routes.of(&what.text) == self.what,
            (StepKind::Event, WhatKind::Event) | (StepKind::Element, WhatKind::Click) => fits(&what.text),
            (StepKind::Task, WhatKind::Task) => fits(&format!("{} {}", what.text, what.step)),
            _ => false,
        }
    }

    /// What people read: `/cart`, `event order_placed`.
    pub fn label(&self) -> String {
        match self.kind {
            StepKind::Page => self.what.clone(),
            kind => format!("{} {}", kind.as_str(), self.what),
        }
    }

    /// The same, tidied, where it can be a step.
    ///
    /// # Errors
    /// The field that begins with `field`, with what it may be.
    fn checked(&self, field: &str) -> Result<Self, Fault> {
        let what = self.what.trim();
        if what.is_empty() || what.len() > PATH_BYTES || what.chars().any(char::is_control) {
            return Err(Fault::new(format!("{field}.what"), format!("must be 1 to {PATH_BYTES} bytes in one line")));
        }
        let what = if self.kind == StepKind::Page { decoded(what) } else { what.to_owned() };
        if self.kind == StepKind::Page && !what.starts_with('/') && !what.starts_with("**") {
            return Err(Fault::new(format!("{field}.what"), "must be a path such as /cart or /orders/*"));
        }
        if let Some(minutes) = self.within_minutes {
            minutes_of(&format!("{field}.within_minutes"), minutes)?;
        }
        Ok(Self { kind: self.kind, what, within_minutes: self.within_minutes })
    }
}

/// That a number of minutes can be a window.
fn minutes_of(field: &str, minutes: u32) -> Result<u32, Fault> {
    if (1..=MINUTES).contains(&minutes) {
        return Ok(minutes);
    }
    Err(Fault::new(field, format!("must be 1 to {MINUTES} minutes, which is 30 days")))
}

/// The name of a course.
///
/// # Errors
/// The field, with what it may be.
pub fn name(text: &str) -> Result<String, Fault> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS || name.chars().any(char::is_control) {
        return Err(Fault::new("name", format!("must be 1 to {NAME_CHARACTERS} characters in one line")));
    }
    Ok(name.to_owned())
}

/// For each different thing that was seen the steps that it is: a bit each.
fn marks(whats: &[What], steps: &[&Step], routes: &Routes) -> Vec<u16> {
    let of = |what: &What| {
        steps.iter().enumerate().fold(0, |mark, (place, step)| mark | u16::from(step.is(what, routes)) << place)
    };
    whats.iter().map(of).collect()
}

/// The median of some durations in milliseconds, with the interval of its ranks.
fn median(kind: FigureKind, now: &[i64], before: Option<&[i64]>) -> Figure {
    let of = |durations: &[i64]| {
        let mut sketch = QuantileSketch::new();
        sketch.extend(durations.iter().map(|duration| u32::try_from((*duration).max(0)).unwrap_or(u32::MAX)));
        let weight = durations.len() as f64;
        stratified_score(&[Stratum { sketch: &sketch, weight, effect: 1.0 }], 0.5)
    };
    let (now, before) = (of(now), before.and_then(of));
    let change = now.zip(before).and_then(|(now, before)| estimate_change(&before, &now));
    Figure::of_score(kind, now, before, change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(kind: WhatKind, text: &str, step: &str) -> What {
        What { kind, text: text.into(), step: step.into() }
    }

    #[test]
    fn a_step_is_known_by_page_event_element_or_task() {
        let routes = Routes::default();
        for (kind, rule, seen, fits) in [
            (StepKind::Page, "/cart", what(WhatKind::Page, "/cart", ""), true),
            (StepKind::Page, "/cart", what(WhatKind::Page, "/cart/7", ""), false),
            (StepKind::Page, "/docs/*", what(WhatKind::Page, "/docs/a", ""), true),
            (StepKind::Page, "/docs/*", what(WhatKind::Page, "/docs/a/b", ""), false),
            (StepKind::Page, "/docs/**", what(WhatKind::Page, "/docs/a/b", ""), true),
            (StepKind::Page, "/orders/:id", what(WhatKind::Page, "/orders/1234", ""), true),
            (StepKind::Page, "/tür", what(WhatKind::Page, "/t%C3%BCr", ""), true),
            (StepKind::Page, "/cart", what(WhatKind::Event, "/cart", ""), false),
            (StepKind::Event, "order_*", what(WhatKind::Event, "order_placed", ""), true),
            (StepKind::Element, "button#buy", what(WhatKind::Click, "button#buy", ""), true),
            (StepKind::Task, "checkout success", what(WhatKind::Task, "checkout", "success"), true),
            (StepKind::Task, "checkout success", what(WhatKind::Task, "checkout", "start"), false),
        ] {
            let step = Step { kind, what: rule.into(), within_minutes: None };
            assert_eq!(step.is(&seen, &routes), fits, "{step:?} {seen:?}");
        }
    }

    #[test]
    fn what_can_be_no_step_is_told_by_its_field() {
        for (kind, text, minutes, field) in [
            (StepKind::Page, "cart", None, "start.what"),
            (StepKind::Event, " ", None, "start.what"),
            (StepKind::Event, "a\nb", None, "start.what"),
            (StepKind::Event, "a", Some(0), "start.within_minutes"),
            (StepKind::Event, "a", Some(MINUTES + 1), "start.within_minutes"),
        ] {
            let step = Step { kind, what: text.into(), within_minutes: minutes };
            assert_eq!(step.checked("start").expect_err(text).field, field);
        }
        for text in ["", "a\nb", &"x".repeat(81)] {
            assert_eq!(name(text).expect_err(text).field, "name");
        }
    }
}
