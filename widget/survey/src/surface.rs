//! What the panel does to the page around it: its stylesheet, its events, its focus. Nothing outside its shadow root.

use crate::words::Numbers;
use rapport_browser::Js;
use rapport_shared::flow::{concat, digits};
use wasm_bindgen::JsValue;

/// A seed for the order of this visitor's questions.
pub fn random_seed() -> u32 {
    (Js::global("Math").call("random", &[]).0.as_f64().unwrap_or_default() * f64::from(u32::MAX)) as u32
}

/// Adopts the panel's stylesheet where `element` lives, once, before those that are there: the theme and the site's own
/// rules build on it. A constructed sheet needs no `unsafe-inline`.
pub fn adopt_styles(element: &Js) {
    thread_local! {
        static SHEET: Js = {
            let sheet = Js::construct("CSSStyleSheet", &[]);
            sheet.ask("replaceSync", crate::STYLE);
            sheet
        };
    }
    let root = element.call("getRootNode", &[]);
    SHEET.with(|sheet| {
        let sheets = root.get("adoptedStyleSheets");
        if !sheets.call("includes", &[sheet]).is_true() {
            // Assigned, not pushed: the array was frozen before browsers of 2022.
            let first = Js::list(std::slice::from_ref(sheet));
            root.set("adoptedStyleSheets", &first.call("concat", &[&sheets]));
        }
    });
}

fn set_style(element: &Js, name: &str, value: &str) {
    element.get("style").call("setProperty", &[&Js::text(name), &Js::text(value)]);
}

/// Moves the focus to the first match of `selector` within `element`, if there is one.
pub fn focus_within(element: &Js, selector: &str) -> bool {
    let found = element.ask("querySelector", selector);
    if !found.exists() {
        return false;
    }
    // Firefox gives no focus to what has just been added to a container that queries measure, until it is laid out.
    found.get("offsetHeight");
    found.call("focus", &[]);
    true
}

/// Keeps `element`, which stands in the page, from getting lower than it is. The reply to a save may come long after the
/// click, and what follows in the page would move by then.
pub fn keep_height(element: &Js) {
    set_style(element, "min-height", &concat(&[&digits(element.get_number("offsetHeight") as usize), "px"]));
}

/// Whether `element` holds the focus, as the tree that it lives in sees it.
pub fn has_focus(element: &Js) -> bool {
    contains(element, &element.call("getRootNode", &[]).get("activeElement"))
}

/// Whether `other` is `element` or in it.
pub fn contains(element: &Js, other: &Js) -> bool {
    element.call("contains", &[other]).is_true()
}

/// Whether nothing else on the page holds the focus, so that it may be moved into `element` unasked.
pub fn may_take_focus(element: &Js) -> bool {
    let document = Js::global("document");
    let active = document.get("activeElement");
    has_focus(element) || !active.exists() || active == document.get("body")
}

/// What the panel hears of.
const EVENTS: [&str; 8] = ["keydown", "keyup", "keypress", "focusin", "click", "change", "input", "submit"];

/// An event within the panel. Its elements are read while it is on its way, since what lies in a shadow tree is gone
/// from it afterwards.
pub struct Heard {
    /// The event.
    pub event: Js,
    /// Its type, such as `click`.
    pub kind: String,
    /// The element it happened to.
    pub target: Js,
    /// Where the focus came from.
    pub origin: Js,
}

/// Calls `hear` with the panel's events, at the border of the panel. Key events go no further, since the host sees only
/// the widget's element as their target and would take typed letters for its shortcuts; and a form is never sent.
pub fn listen(target: &Js, hear: impl Fn(Heard) + 'static) {
    let hear = Js::function(Box::new(move |event| {
        let event = Js(event);
        let kind = event.get_text("type");
        match kind.as_bytes().first() {
            Some(b's') => drop(event.call("preventDefault", &[])),
            Some(b'k') => drop(event.call("stopPropagation", &[])),
            _ => {}
        }
        let (target, origin) = (event.get("target"), event.get("relatedTarget"));
        hear(Heard { event, kind, target, origin });
        JsValue::UNDEFINED
    }));
    for kind in EVENTS {
        target.call("addEventListener", &[&Js::text(kind), &hear]);
    }
}

/// Calls `done` with what comes of `promise`, kept or broken; at once when it is no promise.
pub fn settled(promise: &Js, done: Box<dyn Fn(Js)>) {
    if !promise.exists() || !promise.get("then").exists() {
        return done(promise.clone());
    }
    let done = Js::function(Box::new(move |result| {
        done(Js(result));
        JsValue::UNDEFINED
    }));
    promise.call("then", &[&done, &done]);
}

/// What writes numbers as `language` (BCP 47) does, without marks between thousands: a number may be that of an order.
pub fn number_format(language: &str) -> Js {
    let ungrouped = Js::object(&[("useGrouping", Js::flag(false))]);
    Js::global("Intl").call("NumberFormat", &[&Js::text(language), &ungrouped])
}

/// Writes numbers as `language` (BCP 47) does; in plain digits when the browser does not know it.
pub fn numbers(language: &str) -> Numbers {
    let format = number_format(language);
    Box::new(move |number| {
        let written =
            if format.exists() { format.call("format", &[&Js::number(number as f64)]) } else { Js::default() };
        written.0.as_string().unwrap_or_else(|| digits(number))
    })
}

/// A date, or a time with its zone, as ISO 8601 writes it.
const DATE: &str = r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$";

/// `text` as `language` (BCP 47) writes dates, a time in the visitor's own zone; `None` when it is no date.
pub fn date(language: &str, text: &str) -> Option<String> {
    if !Js::construct("RegExp", &[&Js::text(DATE)]).ask("test", text).is_true() {
        return None;
    }
    let style = Js::object(&[("dateStyle", Js::text("long"))]);
    if text.len() > 10 {
        style.set("timeStyle", &Js::text("short"));
    } else {
        style.set("timeZone", &Js::text("UTC"));
    }
    let date = Js::construct("Date", &[&Js::text(text)]);
    Js::global("Intl").call("DateTimeFormat", &[&Js::text(language), &style]).call("format", &[&date]).0.as_string()
}
