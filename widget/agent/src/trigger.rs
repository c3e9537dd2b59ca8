//! When a survey appears by itself: after a delay, on a signal, or near its place in the page.

use crate::agent::Agent;
use crate::browser::{Js, after};
use crate::{cooldown, panel};
use std::rc::Rc;

/// How far below or above the window a place is when its survey is brought.
const NEAR: &str = "300px";
/// How long before a planned popover its module is brought, in milliseconds.
const AHEAD_MS: f64 = 2_000.0;

/// Plans popovers and watches the places of inline surveys.
pub fn start(agent: &Rc<Agent>) {
    for survey in agent.config.get("surveys").elements() {
        let trigger = survey.get("trigger");
        if is_popover(&survey) && trigger.get_text("on") == "delay" && may_appear(agent, &survey, false) {
            let delay_ms = trigger.get_number("delay_ms");
            let bringing = agent.clone();
            after(delay_ms - AHEAD_MS, move || {
                panel::module(&bringing);
            });
            let agent = agent.clone();
            after(delay_ms, move || appear(&agent, &survey));
        }
    }
    let places = Js::global("document").call("querySelectorAll", &[&Js::text("[data-rapport-survey]")]);
    for place in places.elements() {
        let id = place.call("getAttribute", &[&Js::text("data-rapport-survey")]);
        let Some(survey) = panel::find(agent, |survey| survey.get("id") == id) else { continue };
        if !may_appear(agent, &survey, true) {
            continue;
        }
        let (agent, holder) = (agent.clone(), place.clone());
        when_near(&place, NEAR, move || {
            let mode = Js::object(&[("mode", Js::text("open"))]);
            let root = match holder.get("shadowRoot") {
                root if root.exists() => root,
                _ => holder.call("attachShadow", &[&mode]),
            };
            panel::show(&agent, &survey, Some(&root), &Js::default());
        });
    }
}

/// A signal was seen: the popovers that wait for it appear.
pub fn signal(agent: &Rc<Agent>, kind: &str) {
    let waits = |survey: &Js| is_popover(survey) && survey.get("trigger").get_text("signal") == kind;
    if let Some(survey) = panel::find(agent, |survey| waits(survey) && may_appear(agent, survey, false)) {
        appear(agent, &survey);
    }
}

/// Runs something once an element is within `margin` of the window.
pub fn when_near(element: &Js, margin: &str, action: impl FnOnce() + 'static) {
    let mut action = Some(action);
    let observer_of_itself = Js::object(&[]);
    let itself = observer_of_itself.clone();
    let callback = Js::function(move |entries| {
        let near = entries.elements().any(|entry| entry.get_flag("isIntersecting"));
        if let Some(action) = near.then(|| action.take()).flatten() {
            itself.get("observer").call("disconnect", &[]);
            action();
        }
        Js::default()
    });
    let options = Js::object(&[("rootMargin", Js::text(margin))]);
    let observer = Js::construct("IntersectionObserver", &[&callback, &options]);
    observer_of_itself.set("observer", &observer);
    observer.call("observe", &[element]);
}

fn is_popover(survey: &Js) -> bool {
    survey.get_text("placement") == "popover"
}

fn may_appear(agent: &Agent, survey: &Js, answered_only: bool) -> bool {
    cooldown::is_over(&agent.site, &survey.get_text("id"), survey.get_number("cooldown_days"), answered_only)
}

fn appear(agent: &Rc<Agent>, survey: &Js) {
    // Another tab may have asked meanwhile, and a survey on screen is never replaced.
    if may_appear(agent, survey, false) {
        panel::show(agent, survey, None, &Js::default());
    }
}
