//! Uncaught errors and unhandled rejections, including those the loader kept.

use crate::agent::Agent;
use crate::message::Message;
use crate::telemetry::{Signal, signal};
use rapport_browser::json::Json;
use rapport_browser::{Js, concat, now_ms};
use rapport_shared::measure::error::{DIFFERENT, beginning, clean, find, split};

/// Takes over from the loader: the errors it kept, and its listeners.
pub fn start(agent: &'static Agent) {
    for event in &agent.boot.get("errors").elements() {
        failed(agent, event);
    }
    agent.boot.set("failed", &agent.callback(Message::Failed));
}

/// Counts an error, and tells it apart from those before.
pub fn failed(agent: &'static Agent, event: &Js) {
    let (source, message) = match event.get("reason") {
        reason if reason.exists() => (reason.clone(), reason.0.as_string()),
        _ => (event.get("error"), Some(event.get_text("message"))),
    };
    let whole = message.unwrap_or_else(|| source.get_text("message"));
    // Not the page's: a browser's notice that it deferred a layout, and whatever goes wrong in the widget itself.
    if whole.starts_with("ResizeObserver loop") || is_ours(agent, &event.get_text("filename")) {
        return;
    }
    // A promise names no file; whose script failed is the first in the stack.
    let stack = source.get_text("stack");
    if let Some(at) = find(&stack, "http")
        && is_ours(agent, stack.get(at..).unwrap_or_default())
    {
        return;
    }
    agent.boot.call("failing", &[&Js::number(now_ms())]);
    let (mut name, text) = split(&whole);
    let own_name = source.get_text("name");
    if !own_name.is_empty() {
        name = &own_name;
    }
    let text = clean(text);
    let mut also = Json::fields();
    also.text("stack", &beginning(&stack));
    let mut different = 0;
    if let Some(mut view) = agent.view() {
        view.errors += 1;
        different = view.different_errors;
    }
    let at_ms = match event.get_number("timeStamp") {
        0.0 => now_ms(),
        at_ms => at_ms,
    };
    let error = Signal { kind: "error", at_ms, name, text: &text, also: Some(&also), ..Signal::default() };
    if !signal(agent, error, &Js::default(), true) && different < DIFFERENT {
        if let Some(mut view) = agent.view() {
            view.different_errors += 1;
        }
        signal(agent, error, &Js::default(), false);
    }
}

/// Whether a script is one of the widget's; the host's own may come from the same origin.
fn is_ours(agent: &Agent, address: &str) -> bool {
    address.starts_with(&agent.boot.get_text("script"))
        || address.starts_with(&concat(&[&agent.boot.get_text("base"), "/assets/"]))
}
