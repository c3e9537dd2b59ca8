//! How much the visitor has seen of what they scroll.

use crate::agent::Agent;
use crate::message::Message;
use rapport_browser::Js;
use rapport_shared::measure::page::scroll_percent;

/// Whether what does not fit into the window cannot be scrolled to.
fn is_fixed(element: &Js) -> bool {
    Js::window().call("getComputedStyle", &[element]).is("overflowY", "hidden")
}

/// How much has been seen of the page, 0 to 100; `None` when the page itself cannot be scrolled.
fn seen_of_page() -> Option<u8> {
    let (window, document) = (Js::window(), Js::global("document"));
    let (root, window_px) = (document.get("documentElement"), window.get_number("innerHeight"));
    let page_px = root.get_number("scrollHeight");
    let scrolls = page_px > window_px && !is_fixed(&root) && !is_fixed(&document.get("body"));
    scrolls.then(|| scroll_percent(window.get_number("scrollY"), window_px, page_px))
}

/// Takes note of how far the visitor has scrolled; `event` is the scroll, if there was one. Where the page itself cannot be
/// scrolled, a part is brought that finds what can.
pub fn note(agent: &'static Agent, event: &Js) {
    let boot = &agent.boot;
    let seen = match seen_of_page() {
        Some(seen) => seen,
        None if boot.get("seen").exists() => boot.call("seen", &[event]).0.as_f64().unwrap_or(0.0) as u8,
        None => {
            agent.bring("depth", Message::Deep);
            return;
        }
    };
    if let Some(view) = agent.state.borrow_mut().views.last_mut()
        && seen > view.scroll_percent
    {
        view.scroll_percent = seen;
        view.changed = true;
    }
}

/// The part is there that finds what the visitor scrolls.
pub fn found(agent: &'static Agent, part: &Js) {
    let told = agent.callback(Message::Scrolled);
    agent.boot.set("seen", &part.call("measure", &[&told]));
    note(agent, &Js::default());
}
