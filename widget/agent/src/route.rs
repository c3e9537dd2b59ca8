//! Route changes of single-page applications, seen without touching the history API.

use crate::agent::Agent;
use crate::browser::{Js, after, now_ms};
use crate::telemetry::begin_view;
use crate::view::Navigation;
use rapport_shared::measure::page;
use std::rc::Rc;

/// How long after a click or key the address is compared, in milliseconds, where the browser does not tell.
const COMPARE_AFTER_MS: [f64; 2] = [50.0, 500.0];

/// Begins to watch the address.
pub fn start(agent: &Rc<Agent>) {
    agent.state.borrow_mut().route = pathname();
    let navigation = Js::global("navigation");
    if navigation.exists() {
        let watching = agent.clone();
        navigation.listen("currententrychange", move |_| compare(&watching));
        let agent = agent.clone();
        navigation.listen("navigate", move |_| agent.state.borrow_mut().clicks.effect(now_ms()));
        return;
    }
    let window = Js::window();
    for event in ["popstate", "hashchange"] {
        let agent = agent.clone();
        window.listen(event, move |_| compare(&agent));
    }
    for event in ["click", "keyup"] {
        let agent = agent.clone();
        window.listen(event, move |_| {
            for delay_ms in COMPARE_AFTER_MS {
                let agent = agent.clone();
                after(delay_ms, move || compare(&agent));
            }
        });
    }
}

/// The path of the address, as the browser has it now.
pub fn pathname() -> String {
    page::path(&Js::global("location").get_text("pathname")).into()
}

/// Begins a view when the path is another one.
fn compare(agent: &Rc<Agent>) {
    agent.state.borrow_mut().clicks.effect(now_ms());
    let path = pathname();
    if agent.state.borrow().route != path {
        changed(agent, path);
    }
}

/// Begins a view of that path, unless it is the one that is going on.
pub fn changed(agent: &Rc<Agent>, path: String) {
    agent.state.borrow_mut().route = pathname();
    if agent.path() != path {
        begin_view(agent, Navigation::Route, now_ms(), path);
    }
}
