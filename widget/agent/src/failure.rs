//! Uncaught errors and unhandled rejections, including those the loader kept.

use crate::agent::Agent;
use crate::browser::{Js, now_ms};
use crate::telemetry::{Signal, repeats, signal};
use rapport_shared::measure::error::{DIFFERENT, clean, split};
use std::rc::Rc;

/// Takes over from the loader: its list of errors, and its listeners, which call the list's `push`.
pub fn start(agent: &Rc<Agent>, errors: &Js) {
    for event in errors.elements() {
        failed(agent, &event);
    }
    errors.set("length", &Js::number(0.0));
    let agent = agent.clone();
    let push = Js::function(move |event| {
        failed(&agent, &event);
        Js::default()
    });
    errors.set("push", &push);
}

fn failed(agent: &Rc<Agent>, event: &Js) {
    let (source, message) = match event.get("reason") {
        reason if reason.exists() => (reason.clone(), reason.0.as_string()),
        _ => (event.get("error"), Some(event.get_text("message"))),
    };
    let whole = message.unwrap_or_else(|| source.get_text("message"));
    // Not ours to count: a browser's notice that it deferred a layout, and whatever goes wrong in the widget itself.
    if whole.starts_with("ResizeObserver loop") || event.get_text("filename").starts_with(&agent.base) {
        return;
    }
    let (mut name, text) = split(&whole);
    let own_name = source.get_text("name");
    if !own_name.is_empty() {
        name = &own_name;
    }
    let text = clean(text);
    let different = agent.with_view(|view| {
        view.errors += 1;
        view.different_errors
    });
    let at_ms = match event.get_number("timeStamp") {
        0.0 => now_ms(),
        at_ms => at_ms,
    };
    let error = Signal { kind: "error", at_ms, name, text: &text, ..Signal::default() };
    if !repeats(agent, error) && different.is_some_and(|different| different < DIFFERENT) {
        agent.with_view(|view| view.different_errors += 1);
        signal(agent, error, false);
    }
}
