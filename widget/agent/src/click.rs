//! Clicks: counted and described. What comes of them is gathered by the click part, which the visitor's first move brings, and
//! judged here, by the rules of `rapport_shared::measure`.

use crate::agent::Agent;
use crate::message::Message;
use crate::route;
use crate::telemetry::{Signal, signal};
use rapport_browser::json::Json;
use rapport_browser::{Js, concat, now_ms};
use rapport_shared::measure::answer::{Change, Press};
use rapport_shared::measure::dead_click::{self, Known, Verdict};
use rapport_shared::measure::element::{Element, describe};
use rapport_shared::measure::rage_click::burst;

/// What a click on something within is told as a click on.
const INTERACTIVE: &str = "a[href],button,summary,[onclick],[role=button],[role=link],[role=tab],[role=menuitem],\
    [role=switch],[role=option],input[type=button],input[type=submit],input[type=image],input[type=reset]";
/// What is the widget's own.
const OURS: &str = "rapport-widget,[data-rapport-survey]";
/// What changes how a click is taken, or says whose it is: one look for all of it, since most clicks have none of it near.
const MARKED: &str =
    "rapport-widget,[data-rapport-survey],[data-rapport-ignore],[data-rapport-name],[data-rapport-mask]";
/// What may answer a click before the part is there that knows all of it.
const EARLY: [&str; 8] = ["toggle", "input", "change", "select", "play", "pause", "focusin", "scroll"];
/// Most of what happens before that is kept.
const EARLY_KEPT: f64 = 200.0;

/// What is known of clicks.
#[derive(Default)]
pub struct Clicks {
    last_at_ms: f64,
}

/// The visitor moves: the first time, what judges clicks is brought. What happens until it is there is kept for it.
pub fn moved(agent: &'static Agent, event: &Js) {
    if !agent.boot.get("brought").exists() {
        agent.boot.set("brought", &Js::flag(true));
        agent.boot.set("early", &Js::list(&[]));
        agent.boot.set("observer", &Js::construct(&untouched("MutationObserver"), &[&agent.callback(Message::Early)]));
        observe(agent, &Js::global("document"));
        agent.listen_all(&EARLY, || Message::Early);
        let part = agent.boot.ask("load", "click");
        agent.otherwise(&part.call("then", &[&agent.callback(Message::Brought)]), Message::Nothing);
    }
    if event.is("type", "pointerdown") {
        early(agent, event);
    }
}

/// The part is there.
pub fn brought(agent: &'static Agent, part: &Js) {
    agent.boot.set("judge", &agent.callback(Message::Judge));
    part.call("start", &[&agent.boot]);
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
        for root in path.elements().iter().filter(|node| node.get("host").exists()) {
            observe(agent, root);
        }
    }
    kept.call("push", &[&Js::list(&[Js::number(now_ms()), what.clone(), path])]);
}

/// The nearest element up from `element` that a selector fits, across the borders of shadow roots.
fn closest(element: &Js, selector: &str) -> Js {
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
    let description = described(&element, is_marked);
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

fn described(element: &Js, is_marked: bool) -> String {
    let name = if is_marked { nearest_attribute(element, "data-rapport-name") } else { None }.unwrap_or_default();
    let text = |attribute: &str| element.ask("getAttribute", attribute).0.as_string().unwrap_or_default();
    describe(Element {
        tag: &element.get_text("localName"),
        id: &text("id"),
        classes: &text("class"),
        name: &name,
        masked: is_marked && closest(element, "[data-rapport-mask]").exists(),
    })
}

/// Judges what the part gathered: `element` (a description), `numbers` (how many clicks; of each the press, the click and
/// whether it is void; then of each change the time, the key and the facts as bits), and either `rage` and `repeats`, or what
/// [`Known`] says. Whether a click has to be asked about again.
pub fn judge(agent: &'static Agent, facts: &Js) -> Js {
    let numbers: Vec<f64> = facts.get("numbers").elements().iter().map(|number| number.0.as_f64().unwrap_or(0.0)).collect();
    let (&[clicks], rest) = numbers.split_at(1.min(numbers.len())) else { return Js::default() };
    let (presses, changes) = rest.split_at((clicks as usize * 3).min(rest.len()));
    let presses = triples(presses, |[began_ms, at_ms, void]| Press { began_ms, at_ms, void: void > 0.0 });
    let changes = triples(changes, |[at_ms, key, facts]| {
        let is = |bit: u32| facts as u32 & bit > 0;
        Change { at_ms, key: key as u32, passing: is(1), unseen: is(2), request: is(4), caused: is(8) }
    });
    let Some(press) = presses.first() else { return Js::default() };
    let element = &facts.get_text("element");
    let (kind, count) = if facts.get_flag("rage") {
        let count = burst(&presses, &changes, facts.get_flag("repeats"));
        if count == 0 {
            return Js::default();
        }
        ("rage_click", count)
    } else {
        let known = Known {
            now_ms: facts.get_number("now_ms"),
            visible_ms: facts.get_number("visible_ms"),
            failed_ms: facts.get_number("failed_ms"),
            first: facts.get_flag("first"),
            last: facts.get_flag("last"),
        };
        let kind = match dead_click::judge(*press, &changes, known) {
            Verdict::Fine => return Js::default(),
            Verdict::Open => return Js::flag(true),
            Verdict::Dead => "dead_click",
            Verdict::Slow => "slow_click",
            Verdict::Failed => "failed_click",
        };
        (kind, 1)
    };
    if let Some(mut view) = agent.view() {
        match kind {
            "rage_click" => view.rage_clicks += 1,
            "dead_click" => view.dead_clicks += 1,
            _ => {}
        }
    }
    let judged = Signal { kind, at_ms: press.at_ms, element, count, judged: true, ..Signal::default() };
    signal(agent, judged, &Js::default(), false);
    Js::default()
}

fn triples<T>(numbers: &[f64], make: impl Fn([f64; 3]) -> T) -> Vec<T> {
    numbers.chunks_exact(3).filter_map(|three| three.try_into().ok()).map(make).collect()
}

/// The view ends: what is awaited is judged while it is still its view's.
pub fn settle(agent: &Agent) {
    agent.boot.call("settle", &[]);
}
