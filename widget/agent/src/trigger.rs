//! When a survey appears by itself: after a delay, on a signal, or near its place in the page.

use crate::agent::Agent;
use crate::browser::{Js, now_ms};
use crate::message::Message;
use crate::{cooldown, panel};
use std::cell::Cell;

/// How far below or above the window a place is when its survey is brought.
const NEAR: &str = "300px";
/// How long before a planned popover its module is brought, in milliseconds.
const AHEAD_MS: f64 = 2_000.0;

/// Plans popovers and watches the places of inline surveys.
pub fn start(agent: &'static Agent) {
    for survey in &agent.config.get("surveys").elements() {
        let trigger = survey.get("trigger");
        if is_popover(survey) && trigger.is("on", "delay") && may_appear(agent, survey, false) {
            // Time on the page, of which some has passed.
            let delay_ms = trigger.get_number("delay_ms") - now_ms();
            agent.after(delay_ms - AHEAD_MS, Message::Intent);
            agent.after(delay_ms, Message::Due(survey.clone()));
        }
    }
    watch_places(agent);
}

/// Watches the places of inline surveys, again after a route change.
pub fn watch_places(agent: &'static Agent) {
    let places = Js::global("document").ask("querySelectorAll", "[data-rapport-survey]");
    for place in &places.elements() {
        let id = place.ask("getAttribute", "data-rapport-survey");
        let Some(survey) = panel::find(agent, &|survey| survey.get("id") == id) else { continue };
        if may_appear(agent, &survey, true) {
            watch(place, NEAR, &agent.callback(Message::Near(survey, place.clone(), Cell::new(false))));
        }
    }
}

/// The place of an inline survey may be near the window: once it is, the survey is shown there.
pub fn near(agent: &'static Agent, survey: &Js, place: &Js, done: &Cell<bool>, entries: &Js) {
    if !first_in_view(entries, done) {
        return;
    }
    let root = match place.get("shadowRoot") {
        root if root.exists() => root,
        _ => place.call("attachShadow", &[&Js::object(&[("mode", Js::text("open"))])]),
    };
    // A place that was watched twice is filled once.
    if root.get_number("childElementCount") == 0.0 {
        panel::show(agent, survey, Some(&root), &Js::default());
    }
}

/// A signal was seen: the popovers that wait for it appear.
pub fn signal(agent: &'static Agent, kind: &str) {
    let waits = |survey: &Js| is_popover(survey) && survey.get("trigger").is("signal", kind);
    if let Some(survey) = panel::find(agent, &|survey| waits(survey) && may_appear(agent, survey, false)) {
        appear(agent, &survey);
    }
}

/// Calls back whenever an element comes within `margin` of the window, or leaves it.
pub fn watch(element: &Js, margin: &str, callback: &Js) {
    let options = Js::object(&[("rootMargin", Js::text(margin))]);
    Js::construct("IntersectionObserver", &[callback, &options]).call("observe", &[element]);
}

/// Whether the entries of an observer tell of coming into view, for the first time.
pub fn first_in_view(entries: &Js, done: &Cell<bool>) -> bool {
    entries.elements().iter().any(|entry| entry.get_flag("isIntersecting")) && !done.replace(true)
}

fn is_popover(survey: &Js) -> bool {
    survey.is("placement", "popover")
}

fn may_appear(agent: &Agent, survey: &Js, answered_only: bool) -> bool {
    cooldown::is_over(&agent.site, &survey.get_text("id"), survey.get_number("cooldown_days"), answered_only)
}

/// A survey's time has come.
pub fn appear(agent: &'static Agent, survey: &Js) {
    // Another tab may have asked meanwhile, and a survey on screen is never replaced.
    if may_appear(agent, survey, false) {
        panel::show(agent, survey, None, &Js::default());
    }
}
