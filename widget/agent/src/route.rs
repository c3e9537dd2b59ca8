//! Route changes of single-page applications, seen without touching the history API.

use crate::agent::Agent;
use crate::message::Message;
use crate::telemetry::begin_view;
use crate::view::Navigation;
use rapport_browser::{Js, now_ms};
use rapport_shared::measure::page;

/// How long after a click the address is compared, in milliseconds.
const SOON_MS: f64 = 50.0;
/// How long after a click it is compared again, for routes that wait for data, in milliseconds.
const LATER_MS: f64 = 1_000.0;

/// Paths that replace each other so soon are one that moves, in milliseconds; so is one that is gone on from faster than
/// anybody clicks.
const REPLACED_MS: f64 = 500.0;
const PUSHED_MS: f64 = 200.0;

/// Begins to watch the address.
pub fn start(agent: &'static Agent) {
    remember(agent);
    let navigation = Js::global("navigation");
    if navigation.exists() {
        agent.listen(&navigation, "currententrychange", Message::Address);
    } else {
        agent.listen_all(&["popstate", "hashchange"], Message::Address);
    }
}

/// Compares the address soon after a click, where the browser does not tell.
pub fn after_click(agent: &'static Agent) {
    if !Js::global("navigation").exists() {
        agent.after(SOON_MS, Message::Address);
        agent.after(LATER_MS, Message::Address);
    }
}

/// The path of the address, as the browser has it now.
pub fn pathname() -> String {
    page::path(&Js::global("location").get_text("pathname")).into()
}

/// Begins a view when the path is another one. A path that changes again and again, as of a map that is dragged, is one once
/// it rests: each would be a view that nobody looked at, and all together more than the collector takes.
pub fn compare(agent: &'static Agent, event: &Js) {
    let path = pathname();
    let now_ms = now_ms();
    let calm_ms = if event.is("navigationType", "replace") { REPLACED_MS } else { PUSHED_MS };
    let restless = {
        let mut state = agent.state.borrow_mut();
        if state.route == path {
            return;
        }
        state.route = path.clone();
        state.stepped = event.is("navigationType", "traverse") || event.is("type", "popstate");
        let restless = now_ms - state.routed_ms < calm_ms;
        state.routed_ms = now_ms;
        restless
    };
    if restless {
        plan(agent);
    } else {
        changed(agent, path, now_ms);
    }
}

/// Looks at the path again, unless that is planned.
fn plan(agent: &'static Agent) {
    if !std::mem::replace(&mut agent.state.borrow_mut().route_planned, true) {
        agent.after(REPLACED_MS, Message::Rested);
    }
}

/// The path may have come to rest: then its view began when it last changed.
pub fn rested(agent: &'static Agent) {
    agent.state.borrow_mut().route_planned = false;
    let routed_ms = agent.state.borrow().routed_ms;
    if now_ms() - routed_ms < REPLACED_MS {
        plan(agent);
    } else {
        changed(agent, pathname(), routed_ms);
    }
}

fn remember(agent: &'static Agent) {
    agent.state.borrow_mut().route = pathname();
}

/// Begins a view of that path, unless it is the one that is going on.
pub fn changed(agent: &'static Agent, path: String, began_ms: f64) {
    remember(agent);
    if agent.path() != path {
        begin_view(agent, Navigation::Route, began_ms, path);
    }
}
