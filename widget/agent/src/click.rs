//! Clicks: counted and described. What comes of them is gathered and judged by the click part, which the visitor's first move
//! brings.

use crate::agent::Agent;
use crate::message::Message;
use crate::route;
use crate::telemetry::{Signal, signal};
use rapport_browser::json::Json;
use rapport_browser::{Js, concat, now_ms};
use rapport_shared::measure::element::{Element, describe, within};

/// What a click on something within is told as a click on.
const INTERACTIVE: &str = "a[href],button,summary,[onclick],[role=button],[role=link],[role=tab],[role=menuitem],\
    [role=switch],[role=option],input[type=button],input[type=submit],input[type=image],input[type=reset]";
/// What is the widget's own.
const OURS: &str = "rapport-widget,[data-rapport-survey]";
/// What changes how a click is taken, or says whose it is: one look for all of it, since most clicks have none of it near.
const MARKED: &str =
    "rapport-widget,[data-rapport-survey],[data-rapport-ignore],[data-rapport-name],[data-rapport-mask]";
/// What may answer a click before the part is there that knows all of it.
const EARLY: [&str; 7] = ["toggle", "input", "change", "play", "pause", "focusin", "scroll"];
/// The `nodeType` of a shadow root; what it is the root of is no sign of one, for links have a `host` too.
const SHADOW_ROOT: f64 = 11.0;
/// Most of what happens before that is kept.
const EARLY_KEPT: f64 = 200.0;

/// What is known of clicks.
#[derive(Default)]
pub struct Clicks {
    last_at_ms: f64,
}

/// The visitor moves: the first time, what judges clicks is brought. What happens until it is there is kept for it.
pub fn moved(agent: &'static Agent, event: &Js) {
    if agent.bring("click", Message::Brought) {
        agent.boot.set("early", &Js::list(&[]));
        agent.boot.set("observer", &Js::construct(&untouched("MutationObserver"), &[&agent.callback(Message::Early)]));
        observe(agent, &Js::global("document"));
        agent.listen_all(&EARLY, Message::Early);
    }
    if event.is("type", "pointerdown") {
        early(agent, event);
    }
}

/// The name under which the browser's own class is found where zone.js put another in its place: what an observer of
/// Angular's zone is told makes the page look itself over, which it is told again.
fn untouched(class: &str) -> String {
    let own = Js::global("Zone").ask("__symbol__", class).0.as_string().unwrap_or_default();
    if Js::global(&own).exists() { own } else { class.into() }
}

fn observe(agent: &Agent, root: &Js) {
    let observed = Js::object(&[]);
    for name in ["childList", "attributes", "characterData", "subtree", "attributeOldValue", "characterDataOldValue"] {
        observed.set(name, &Js::flag(true));
    }
    agent.boot.get("observer").call("observe", &[root, &observed]);
}

/// Keeps something that happened before the part is there: with its time, and of an event the path, which it loses.
pub fn early(agent: &Agent, what: &Js) {
    let kept = agent.boot.get("early");
    if !kept.exists() {
        return;
    }
    if kept.get_number("length") > EARLY_KEPT {
        agent.boot.get("observer").call("disconnect", &[]);
        return;
    }
    let path = what.call("composedPath", &[]);
    if what.is("type", "pointerdown") {
        // What a shadow root hides is told to nobody outside.
        for root in path.elements().iter().filter(|node| node.get_number("nodeType") == SHADOW_ROOT) {
            observe(agent, root);
        }
    }
    kept.call("push", &[&Js::list(&[Js::number(now_ms()), what.clone(), path])]);
}

/// The nearest element up from `element` that a selector fits, across the borders of shadow roots.
pub fn closest(element: &Js, selector: &str) -> Js {
    let found = element.ask("closest", selector);
    let host = if found.exists() { Js::default() } else { element.call("getRootNode", &[]).get("host") };
    if host.exists() { closest(&host, selector) } else { found }
}

/// The value of an attribute of the nearest element that has it; `None` when none has.
pub fn nearest_attribute(element: &Js, name: &str) -> Option<String> {
    closest(element, &concat(&["[", name, "]"])).ask("getAttribute", name).0.as_string()
}

/// A click: counted, described and handed on to be judged. Whatever the browser is asked here, the page waits for.
pub fn clicked(agent: &'static Agent, event: &Js) {
    let path = event.call("composedPath", &[]);
    let target = path.get("0");
    let is_marked = closest(&target, MARKED).exists();
    if !event.get_flag("isTrusted") || is_marked && closest(&target, OURS).exists() {
        return;
    }
    // Without a value everything is ignored, with `rage` or `dead` that judgement alone.
    let ignored = if is_marked { nearest_attribute(&target, "data-rapport-ignore") } else { None };
    if ignored.as_deref() == Some("") {
        return;
    }
    route::after_click(agent);
    let at_ms = event.get_number("timeStamp");
    let element = match closest(&target, INTERACTIVE) {
        found if found.exists() => found,
        _ => target,
    };
    let description = description(&element, is_marked);
    {
        let mut state = agent.state.borrow_mut();
        // A click on a label comes again as a click on its control, at the same moment.
        if state.clicks.last_at_ms == at_ms {
            return;
        }
        state.clicks.last_at_ms = at_ms;
        let mut json = Json::fields();
        json.text("kind", "click");
        json.text("element", &description);
        state.trail.add(at_ms, 1, json);
    }
    if let Some(mut view) = agent.view() {
        view.clicks += 1;
    }
    let click = Js::object(&[
        ("event", event.clone()),
        ("path", path),
        ("element", Js::text(&description)),
        ("ignored", Js::text(&ignored.unwrap_or_default())),
        ("at_ms", Js::number(at_ms)),
    ]);
    if agent.boot.get("clicked").exists() {
        agent.boot.call("clicked", &[&click]);
    } else {
        early(agent, &click);
    }
}

/// How an element is named; empty where there is none.
pub fn described(element: &Js) -> String {
    description(element, closest(element, MARKED).exists())
}

fn description(element: &Js, is_marked: bool) -> String {
    let name = if is_marked { nearest_attribute(element, "data-rapport-name") } else { None }.unwrap_or_default();
    let text = |attribute: &str| element.ask("getAttribute", attribute).0.as_string().unwrap_or_default();
    let own = describe(Element {
        tag: &element.get_text("localName"),
        id: &text("id"),
        classes: &text("class"),
        name: &name,
        masked: is_marked && closest(element, "[data-rapport-mask]").exists(),
    });
    // What is drawn in the root of a component is alike in each of them, unless it has an id.
    let root = element.call("getRootNode", &[]);
    if name.is_empty() && !own.contains('#') && root.get_number("nodeType") == SHADOW_ROOT {
        within(&description(&root.get("host"), is_marked), &own)
    } else {
        own
    }
}

/// Records what a part tells, such as what became of a click: `kind`, `element` (or a description of it), `name`, `at_ms`, `count`,
/// `rule`, the version of the rules, and `also`, further fields as JSON.
pub fn judged(agent: &'static Agent, click: &Js) {
    let kind = &click.get_text("kind");
    if let Some(mut view) = agent.view() {
        match kind.as_str() {
            "rage_click" => view.rage_clicks += 1,
            "dead_click" => view.dead_clicks += 1,
            _ => {}
        }
    }
    let number = |name: &str| click.get_number(name) as u32;
    let (at_ms, element, name) = (click.get_number("at_ms"), click.get("element"), &click.get_text("name"));
    let element = &element.0.as_string().unwrap_or_else(|| described(&element));
    let also = Some(&Json::of(click.get_text("also")));
    let judged =
        Signal { kind, at_ms, element, name, also, count: number("count"), rule: number("rule"), ..Signal::default() };
    signal(agent, judged, &Js::default(), false);
}

/// The view ends: what is awaited is judged while it is still its view's.
pub fn settle(agent: &Agent) {
    agent.boot.call("settle", &[]);
}
