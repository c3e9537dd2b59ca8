//! The calls of the host page that measure: `rapport('track', 'name')` and the others of `rapport.d.ts`.

use crate::agent::Agent;
use crate::message::Message;
use crate::telemetry::{Signal, forget, signal};
use crate::{route, task};
use rapport_browser::json::Json;
use rapport_browser::{Js, now_ms};
use rapport_shared::limit;
use rapport_shared::measure::page;

/// Answers the calls that waited, and those to come.
pub fn start(agent: &'static Agent) {
    for call in &agent.boot.get("calls").elements() {
        run(agent, call);
    }
    agent.boot.set("call", &agent.callback(Message::Called));
}

/// Runs one call; one that means nothing is told to whoever made the page.
pub fn run(agent: &'static Agent, call: &Js) {
    let command = call.get_text("0");
    let first = call.get_text("1");
    match command.as_str() {
        "page" => {
            let path = if first.is_empty() { route::pathname() } else { page::path(&first).into() };
            route::changed(agent, path, now_ms());
        }
        "track" if !first.is_empty() => {
            let properties = agent.boot.call("stringify", &[&call.get("2")]).0.as_string().unwrap_or_default();
            event(agent, &first, &call.get("2"), &properties);
        }
        "task" => {
            let step = call.get_text("2");
            if !matches!(step.as_str(), "start" | "success" | "fail" | "abandon") {
                return misunderstood(call);
            }
            task::record(agent, &first, &step);
        }
        "purchase" => {
            if let Some(mut view) = agent.view() {
                view.key_events += 1;
            }
            event(agent, "purchase", &call.get("1"), "");
        }
        "forget" => forget(agent),
        _ => misunderstood(call),
    }
}

fn misunderstood(call: &Js) {
    Js::global("console").call("warn", &[&Js::text("rapport: not understood:"), call]);
}

fn event(agent: &'static Agent, name: &str, told: &Js, properties: &str) {
    let mut also = Json::fields();
    // What is no object is none; one that is too long would take a whole batch with it.
    if properties.starts_with('{') && properties.len() <= limit::EVENT_BYTES {
        also.raw("properties", properties);
    }
    let event = Signal { kind: "event", at_ms: now_ms(), name, also: Some(&also), ..Signal::default() };
    signal(agent, event, told, false);
}
