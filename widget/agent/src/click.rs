//! Clicks: counted, described, and judged as bursts or as having no effect.

use crate::agent::Agent;
use crate::message::Message;
use crate::route;
use crate::telemetry::{Signal, signal};
use rapport_browser::json::Json;
use rapport_browser::{Js, concat, head, now_ms};
use rapport_shared::measure::dead_click::{EFFECT_WITHIN_MS, REACTION_WITHIN_MS, REPEAT_MS, is_dead};
use rapport_shared::measure::element::{Element, describe, is_stepper_label};
use rapport_shared::measure::rage_click::{Burst, CLICKS, Click};

/// What a visitor expects to react; an element with a pointer cursor counts as well.
const INTERACTIVE: &str = "a[href],button,summary,[onclick],[role=button],[role=link],[role=tab],[role=menuitem],\
    [role=switch],[role=option],input[type=button],input[type=submit],input[type=image],input[type=reset]";
/// What reacts in ways a page cannot see: native controls, media, links that leave the window.
const OPAQUE: &str = "input:not([type=button],[type=submit],[type=image],[type=reset]),textarea,select,option,label,\
    audio,video,canvas,iframe,embed,object,[contenteditable],a[download],a[target]:not([target=_self])";
/// Where several quick clicks are how it is meant to be used.
const REPEATED: &str = "input:not([type=button],[type=submit],[type=image],[type=reset]),textarea,select,\
    [contenteditable],[role=textbox],[role=spinbutton],[role=slider],[role=scrollbar],\
    [aria-roledescription=carousel],[aria-roledescription=slide],[ondblclick],audio,video,canvas";
/// What is the widget's own.
const OURS: &str = "rapport-widget,[data-rapport-survey]";
/// What changes how a click is taken, or says whose it is: one look for all of it, since most clicks have none of it near.
const MARKED: &str =
    "rapport-widget,[data-rapport-survey],[data-rapport-ignore],[data-rapport-name],[data-rapport-mask]";
/// A label longer than this, in characters, is no stepper's.
const STEPPER_CHARACTERS: f64 = 8.0;

/// The clicks being judged.
#[derive(Default)]
pub struct Clicks {
    burst: Burst,
    last_element: Js,
    last_at_ms: f64,
    /// Clicks whose effect is awaited; none while nothing is observed.
    awaited: u32,
    /// Counts up whenever all awaited clicks are forgotten, so that their timers know.
    generation: u32,
    observer: Js,
    /// What the observer is told to observe of a tree.
    observed: Js,
    effect_ms: Option<f64>,
    /// When the page last became visible; 0 while it always was.
    pub visible_ms: f64,
}

impl Clicks {
    /// Something visible or audible to the visitor happened.
    pub fn effect(&mut self, at_ms: f64) {
        self.effect_ms = Some(self.effect_ms.map_or(at_ms, |before| before.max(at_ms)));
    }

    /// The focus, the selection or the scroll position changed: an effect when it follows a click at once, else the
    /// visitor's next move.
    pub fn reaction(&mut self) {
        let now_ms = now_ms();
        if now_ms - self.last_at_ms < REACTION_WITHIN_MS {
            self.effect(now_ms);
        }
    }

    /// The page goes away: nothing can be said of the clicks that led there.
    pub fn forget_candidates(&mut self) {
        self.awaited = 0;
        self.generation += 1;
        self.observer.call("disconnect", &[]);
    }
}

/// A click whose effect is awaited.
pub struct Awaited {
    event: Js,
    element: Js,
    description: String,
    at_ms: f64,
    generation: u32,
}

/// Begins to listen.
pub fn start(agent: &'static Agent) {
    agent.listen_all(&["click"], || Message::Clicked);
    agent.listen_all(&["submit", "visibilitychange"], || Message::Effect);
    agent.listen_all(&["selectionchange", "focusin"], || Message::Reaction);
    let observer = Js::construct("MutationObserver", &[&agent.callback(Message::Effect)]);
    let observed = Js::object(&[]);
    for name in ["childList", "attributes", "characterData", "subtree"] {
        observed.set(name, &Js::flag(true));
    }
    let clicks = &mut agent.state.borrow_mut().clicks;
    clicks.observer = observer;
    clicks.observed = observed;
}

/// The nearest element up from `element` that a selector fits.
fn closest(element: &Js, selector: &str) -> Js {
    element.ask("closest", selector)
}

/// The value of an attribute of the nearest element that has it; `None` when none has.
pub fn nearest_attribute(element: &Js, name: &str) -> Option<String> {
    closest(element, &concat(&["[", name, "]"])).ask("getAttribute", name).0.as_string()
}

/// A click: counted, described and, once there is something to judge, judged. Whatever the browser is asked here, the
/// page waits for.
pub fn clicked(agent: &'static Agent, event: &Js) {
    let target = event.get("target");
    let is_marked = closest(&target, MARKED).exists();
    if !event.get_flag("isTrusted") || is_marked && closest(&target, OURS).exists() {
        return;
    }
    // Without a value everything is ignored, with `rage` or `dead` that judgement alone.
    let ignored = if is_marked { nearest_attribute(&target, "data-rapport-ignore") } else { None };
    if ignored.as_deref() == Some("") {
        return;
    }
    let ignored = ignored.unwrap_or_default();
    route::after_click(agent);
    let at_ms = event.get_number("timeStamp");
    let element = match closest(&target, INTERACTIVE) {
        found if found.exists() => found,
        _ => target.clone(),
    };
    let description = described(&element, is_marked);
    let same_element = {
        let mut state = agent.state.borrow_mut();
        let clicks = &mut state.clicks;
        // A click on a label comes again as a click on its control, at the same moment.
        if clicks.last_at_ms == at_ms {
            return;
        }
        let same_element = clicks.last_element == element;
        clicks.last_element = element.clone();
        same_element
    };
    let again = same_element && at_ms - agent.state.borrow().clicks.last_at_ms < REPEAT_MS;
    agent.state.borrow_mut().clicks.last_at_ms = at_ms;
    if let Some(mut view) = agent.view() {
        view.clicks += 1;
    }
    {
        let mut json = Json::fields();
        json.text("kind", "click");
        json.text("element", &description);
        agent.state.borrow_mut().trail.add(at_ms, 1, json);
    }
    // A held Enter key clicks many times in the same place.
    if event.get_number("detail") > 0.0 && ignored != "rage" {
        judge_burst(agent, event, &target, at_ms, same_element, &description);
    }
    if !again && ignored != "dead" {
        await_effect(agent, event, &target, element, at_ms, description);
    }
}

/// Whether a key is held that makes a click another one.
pub fn is_modified(event: &Js) -> bool {
    ["ctrlKey", "metaKey", "shiftKey", "altKey"].iter().any(|key| event.get_flag(key))
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

/// Whether quick clicks are how the element is used.
fn is_repeated(target: &Js) -> bool {
    if closest(target, REPEATED).exists() {
        return true;
    }
    let button = closest(target, "button,a,[role=button]");
    let label = button.ask("getAttribute", "aria-label").0.as_string();
    // The text of an element is looked at only to know a stepper, when it is too short to say anything else.
    let content = button.get("textContent");
    let short = content.get_number("length") <= STEPPER_CHARACTERS;
    is_stepper_label(&label.or_else(|| short.then(|| content.0.as_string()).flatten()).unwrap_or_default())
}

fn judge_burst(agent: &'static Agent, event: &Js, target: &Js, at_ms: f64, same_element: bool, description: &str) {
    let click = Click { at_ms, x_px: event.get_number("clientX"), y_px: event.get_number("clientY"), same_element };
    let Some(count) = agent.state.borrow_mut().clicks.burst.click(click) else { return };
    if is_repeated(target) {
        return;
    }
    let rage = Signal { kind: "rage_click", at_ms, element: description, count, ..Signal::default() };
    if count == CLICKS
        && let Some(mut view) = agent.view()
    {
        view.rage_clicks += 1;
    }
    signal(agent, rage, &Js::default(), count > CLICKS);
}

/// Watches what a click does, so that it can be said when it does nothing.
fn await_effect(agent: &'static Agent, event: &Js, target: &Js, element: Js, at_ms: f64, description: String) {
    let generation = {
        let mut state = agent.state.borrow_mut();
        let clicks = &mut state.clicks;
        if clicks.awaited == 0 {
            clicks.observer.call("observe", &[&Js::global("document"), &clicks.observed]);
        }
        clicks.awaited += 1;
        // A shadow root hides what happens within; the click may have come from there.
        if target.get("shadowRoot").exists() {
            let root = event.call("composedPath", &[]).get("0").call("getRootNode", &[]);
            clicks.observer.call("observe", &[&root, &clicks.observed]);
        }
        clicks.generation
    };
    let awaited = Awaited { event: event.clone(), element, description, at_ms, generation };
    agent.after(EFFECT_WITHIN_MS, Message::Verdict(awaited));
}

/// Time is up for the effect of a click.
pub fn judge_effect(agent: &'static Agent, awaited: &Awaited) {
    let dead = {
        let mut state = agent.state.borrow_mut();
        let clicks = &mut state.clicks;
        if clicks.generation != awaited.generation {
            return;
        }
        clicks.awaited -= 1;
        if clicks.awaited == 0 {
            clicks.observer.call("disconnect", &[]);
        }
        is_dead(awaited.at_ms, now_ms(), clicks.effect_ms, clicks.visible_ms)
    };
    if dead && should_react(awaited) {
        if let Some(mut view) = agent.view() {
            view.dead_clicks += 1;
        }
        let (at_ms, element) = (awaited.at_ms, awaited.description.as_str());
        let dead = Signal { kind: "dead_click", at_ms, element, ..Signal::default() };
        signal(agent, dead, &Js::default(), false);
    }
}

/// Whether a visitor would expect a click to do something, and the page could see it.
fn should_react(awaited: &Awaited) -> bool {
    let Awaited { event, element, .. } = awaited;
    let by_kind = || element.ask("matches", INTERACTIVE).is_true();
    let by_looks = || Js::window().call("getComputedStyle", &[element]).is("cursor", "pointer");
    !is_modified(event)
        && !closest(&event.get("target"), OPAQUE).exists()
        && !leads_elsewhere(element)
        && (by_kind() || by_looks())
}

/// Whether an element is in a link to another document: following it may take longer than any threshold.
fn leads_elsewhere(element: &Js) -> bool {
    let target = closest(element, "a[href]").get_text("href");
    let here = Js::global("location").get_text("href");
    !target.is_empty() && head(&mut target.as_str(), b'#') != head(&mut here.as_str(), b'#')
}
