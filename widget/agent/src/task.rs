//! Tasks: what a visitor set out to do, from the host's calls or from a form with `data-rapport-task`.
//!
//! A form's task starts when something in it gets the focus, succeeds when it is submitted (the browser checks the
//! fields first), and is abandoned when the page is left before that. The host may call `fail` or anything else itself.

use crate::agent::Agent;
use crate::click::nearest_attribute;
use crate::message::Message;
use crate::telemetry::{Signal, signal};
use rapport_browser::{Js, now_ms};

/// Begins to watch forms.
pub fn start(agent: &'static Agent) {
    agent.listen_all(&["focusin"], Message::Focused);
    agent.listen_all(&["submit"], Message::Submitted);
}

/// Something in a form got the focus, or a form was submitted.
pub fn touched(agent: &'static Agent, event: &Js, step: &'static str) {
    if let Some(name) = nearest_attribute(&event.get("target"), "data-rapport-task") {
        let is_open = agent.state.borrow().tasks.contains(&name);
        if !is_open || step != "start" {
            record(agent, &name, step);
        }
        // One that the host starts may go on in another page; only a form's own ends with the page.
        if step == "start" && !is_open {
            agent.state.borrow_mut().tasks.push(name);
        }
    }
}

/// The page is left: what was started by a form is abandoned.
pub fn abandon(agent: &'static Agent) {
    let tasks = std::mem::take(&mut agent.state.borrow_mut().tasks);
    for name in tasks {
        record(agent, &name, "abandon");
    }
}

/// Records a step of a task.
pub fn record(agent: &'static Agent, name: &str, step: &str) {
    if name.is_empty() {
        return;
    }
    if step == "success"
        && let Some(mut view) = agent.view()
    {
        view.key_events += 1;
    }
    {
        let tasks = &mut agent.state.borrow_mut().tasks;
        if let Some(open) = tasks.iter().position(|open| open == name) {
            tasks.swap_remove(open);
        }
    }
    let ended = Signal { kind: "task", at_ms: now_ms(), name, text: step, ..Signal::default() };
    signal(agent, ended, &Js::text(step), false);
}
