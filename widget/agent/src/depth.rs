//! How much the visitor has seen of what they scroll: the page, or where that cannot be scrolled the element that can.

use crate::agent::Agent;
use crate::message::Message;
use rapport_browser::Js;
use rapport_shared::measure::page::scroll_percent;

fn overflow(element: &Js) -> String {
    Js::window().call("getComputedStyle", &[element]).get_text("overflowY")
}

fn is_fixed(overflow: &str) -> bool {
    matches!(overflow, "hidden" | "clip")
}

/// Whether there is more of an element than is seen of it.
fn is_longer(element: &Js, seen_px: f64) -> bool {
    element.get_number("scrollHeight") > seen_px + 1.0
}

fn window_px() -> f64 {
    Js::window().get_number("innerHeight")
}

/// Whether the page itself can be scrolled. The body's overflow is the window's where the root has none of its own.
fn page_scrolls() -> bool {
    let document = Js::global("document");
    let root = document.get("documentElement");
    let own = overflow(&root);
    is_longer(&root, window_px()) && !is_fixed(&if own == "visible" { overflow(&document.get("body")) } else { own })
}

/// The element in the middle of the window that scrolls, through shadow roots.
fn in_the_middle() -> Js {
    let (x, y) = (Js::number(Js::window().get_number("innerWidth") / 2.0), Js::number(window_px() / 2.0));
    let mut at = Js::global("document").call("elementFromPoint", &[&x, &y]);
    loop {
        let within = at.get("shadowRoot").call("elementFromPoint", &[&x, &y]);
        if !within.exists() || within == at {
            break;
        }
        at = within;
    }
    while at.exists() {
        let scrolls = matches!(overflow(&at).as_str(), "auto" | "scroll" | "overlay");
        if scrolls && is_longer(&at, at.get_number("clientHeight")) {
            break;
        }
        let parent = at.get("parentElement");
        at = if parent.exists() { parent } else { at.call("getRootNode", &[]).get("host") };
    }
    at
}

/// How much has been seen, 0 to 100. `target` is what a scroll was of; nothing where nothing was scrolled yet.
pub fn seen(agent: &'static Agent, target: &Js) -> u8 {
    let window = Js::window();
    if page_scrolls() {
        let page_px = Js::global("document").get("documentElement").get_number("scrollHeight");
        return scroll_percent(window.get_number("scrollY"), window_px(), page_px);
    }
    let is_main = target.get_number("clientHeight") * 2.0 >= window_px()
        && target.get_number("clientWidth") * 2.0 >= window.get_number("innerWidth");
    let scroller = if is_main { target.clone() } else { in_the_middle() };
    if !scroller.exists() {
        return 100;
    }
    listen_within(agent, &scroller);
    scroll_percent(
        scroller.get_number("scrollTop"),
        scroller.get_number("clientHeight"),
        scroller.get_number("scrollHeight"),
    )
}

/// A scroll within a shadow root is told there alone.
fn listen_within(agent: &'static Agent, scroller: &Js) {
    let root = scroller.call("getRootNode", &[]);
    let is_new = root.get("host").exists() && agent.state.borrow().scrolled_root != root;
    if is_new {
        agent.listen(&root, "scroll", Message::Scrolled);
        agent.state.borrow_mut().scrolled_root = root;
    }
}

/// Takes note of how far the visitor has scrolled.
pub fn note(agent: &'static Agent, target: &Js) {
    let seen = seen(agent, target);
    if let Some(view) = agent.state.borrow_mut().views.last_mut()
        && seen > view.scroll_percent
    {
        view.scroll_percent = seen;
        view.changed = true;
    }
}
