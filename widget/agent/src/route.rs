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

/// Begins to watch the address.
pub fn start(agent: &'static Agent) {
    remember(agent);
    let navigation = Js::global("navigation");
    if navigation.exists() {
        agent.listen(&navigation, "currententrychange", Message::Address);
        agent.listen(&navigation, "navigate", Message::Effect);
    } else {
        agent.listen_all(&["popstate", "hashchange"], || Message::Address);
        agent.listen_all(&["popstate", "hashchange"], || Message::Effect);
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

/// Begins a view when the path is another one. Looked at soon after a click, the address is a click's effect only when
/// it is another one.
pub fn compare(agent: &'static Agent) {
    let path = pathname();
    let is_other = {
        let mut state = agent.state.borrow_mut();
        if state.address != address() {
            state.clicks.effect(now_ms());
        }
        state.route != path
    };
    if is_other {
        changed(agent, path);
    } else {
        remember(agent);
    }
}

/// The whole address.
fn address() -> String {
    Js::global("location").get_text("href")
}

fn remember(agent: &'static Agent) {
    let mut state = agent.state.borrow_mut();
    state.route = pathname();
    state.address = address();
}

/// Begins a view of that path, unless it is the one that is going on.
pub fn changed(agent: &'static Agent, path: String) {
    remember(agent);
    if agent.path() != path {
        begin_view(agent, Navigation::Route, now_ms(), path);
    }
}
