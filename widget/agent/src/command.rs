//! The calls of the host page: `rapport('track', 'name')` and the others of `rapport.d.ts`.

use crate::agent::Agent;
use crate::browser::{Js, now_ms};
use crate::message::Message;
use crate::telemetry::{Signal, signal};
use crate::{panel, route, task};
use rapport_shared::limit;
use rapport_shared::measure::element::cut;
use rapport_shared::measure::page;

/// Answers the calls that waited and those to come: the loader's function pushes each on the queue, whose `push` now
/// leads here.
pub fn start(agent: &'static Agent, queue: &Js) {
    for call in &queue.elements() {
        run(agent, call);
    }
    queue.set("length", &Js::number(0.0));
    queue.set("push", &agent.callback(Message::Called));
}

/// Runs one call; an unknown one is for a later version, and does nothing.
pub fn run(agent: &'static Agent, call: &Js) {
    let command = call.get_text("0");
    let first = call.get_text("1");
    match command.as_str() {
        "page" if !agent.withheld => {
            let path = if first.is_empty() { route::pathname() } else { page::path(&first).into() };
            route::changed(agent, path);
        }
        "track" => event(agent, &first),
        "task" => {
            let step = call.get_text("2");
            if matches!(step.as_str(), "start" | "success" | "fail" | "abandon") {
                task::record(agent, &first, &step);
            }
        }
        "survey" | "open" => {
            let focused = Js::global("document").get("activeElement");
            panel::open(agent, &first, &focused);
        }
        "close" => panel::close_over(agent),
        "on" => agent.listeners.borrow_mut().push((first, call.get("2"))),
        _ => {}
    }
}

fn event(agent: &'static Agent, name: &str) {
    if !name.is_empty() {
        let name = cut(name, limit::NAME_CHARACTERS);
        signal(agent, Signal { kind: "event", at_ms: now_ms(), name, ..Signal::default() }, false);
    }
}
