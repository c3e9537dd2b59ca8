//! What the panel does to the page around it: its stylesheet, its keys, its focus. Nothing outside its shadow root.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, HtmlElement, Node, ShadowRoot};

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type CSSStyleSheet;
    #[wasm_bindgen(constructor)]
    fn new() -> CSSStyleSheet;
    #[wasm_bindgen(method, js_name = replaceSync)]
    fn replace_sync(this: &CSSStyleSheet, text: &str);

    type Styled;
    #[wasm_bindgen(method, getter, structural, js_name = adoptedStyleSheets)]
    fn sheets(this: &Styled) -> Array;
    #[wasm_bindgen(method, setter, structural, js_name = adoptedStyleSheets)]
    fn set_sheets(this: &Styled, sheets: &Array);

    type Layered;
    #[wasm_bindgen(method, structural, catch, js_name = showPopover)]
    fn show_popover(this: &Layered) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = showModal)]
    fn show_modal(this: &Layered) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn monotonic_ms() -> f64;

    #[wasm_bindgen(js_namespace = Math, js_name = random)]
    fn random() -> f64;

    #[wasm_bindgen(js_name = String)]
    fn string(value: &JsValue) -> String;
}

/// A value as the page would write it.
pub fn text_of(value: &JsValue) -> String {
    string(value)
}

/// A seed for the order of this visitor's questions.
pub fn random_seed() -> u32 {
    (random() * f64::from(u32::MAX)) as u32
}

thread_local! {
    static SHEET: CSSStyleSheet = {
        let sheet = CSSStyleSheet::new();
        sheet.replace_sync(crate::STYLE);
        sheet
    };
}

/// Milliseconds on a clock that only goes forward.
pub fn now_ms() -> f64 {
    monotonic_ms()
}

/// Adopts the panel's stylesheet where `element` lives, once, before those that are there: the theme and the site's own
/// rules build on it. A constructed sheet needs no `unsafe-inline`.
pub fn adopt_styles(element: &Node) {
    let root = element.get_root_node();
    let root: &Styled = root.unchecked_ref();
    SHEET.with(|sheet| {
        let sheets = root.sheets();
        if !sheets.includes(sheet, 0) {
            // Assigned, not pushed: the array was frozen before browsers of 2022.
            root.set_sheets(&Array::of1(sheet).concat(&sheets));
        }
    });
}

/// Lifts the panel into the top layer, where no stacking order or transform of the host reaches it. Browsers without
/// popovers leave it where it is, fixed in the corner.
pub fn lift(element: &HtmlElement) {
    let _ = element.unchecked_ref::<Layered>().show_popover();
}

/// Shows a dialog that keeps the focus and makes the page behind it inert, until it is taken out of the page.
pub fn show_modal(element: &HtmlElement) {
    let _ = element.unchecked_ref::<Layered>().show_modal();
}

/// Moves the focus to the first match of `selector` within `element`, if there is one.
pub fn focus_within(element: &Element, selector: &str) -> bool {
    let Ok(Some(found)) = element.query_selector(selector) else { return false };
    let found: HtmlElement = found.unchecked_into();
    // Firefox gives no focus to what has just been added to a container that queries measure, until it is laid out.
    let _ = found.offset_height();
    found.focus().is_ok()
}

/// Keeps `element` from getting lower than it is. The reply to a save may come long after the click, and a panel that
/// gets lower by then would count as a layout shift of the host's page.
pub fn keep_height(element: &HtmlElement) {
    let height_px = rapport_shared::flow::digits(element.offset_height().unsigned_abs() as usize);
    let _ = element.style().set_property("min-height", &[&height_px, "px"].concat());
}

/// The element that has the focus in the tree that `element` belongs to.
pub fn active_element(element: &Node) -> Option<Element> {
    let root = element.get_root_node();
    match root.dyn_ref::<ShadowRoot>() {
        Some(shadow) => shadow.active_element(),
        None => root.dyn_ref::<Document>().and_then(Document::active_element),
    }
}

/// Whether `element` holds the focus.
pub fn has_focus(element: &Node) -> bool {
    active_element(element).is_some_and(|active| element.contains(Some(&active)))
}

/// Whether nothing else on the page holds the focus, so that it may be moved into `element` unasked.
pub fn may_take_focus(element: &Node) -> bool {
    has_focus(element)
        || element
            .owner_document()
            .and_then(|document| document.active_element().zip(document.body()))
            .is_none_or(|(active, body)| *active == **body)
}

/// Stops key events at the panel's border while it lives: the host sees only the widget's element as their target
/// and would take typed letters for its shortcuts.
pub struct KeyGuard {
    target: HtmlElement,
    stop: Closure<dyn Fn(Event)>,
}

const KEY_EVENTS: [&str; 3] = ["keydown", "keyup", "keypress"];

impl KeyGuard {
    /// Guards `target`.
    pub fn new(target: &HtmlElement) -> Self {
        let stop = Closure::new(|event: Event| event.stop_propagation());
        for kind in KEY_EVENTS {
            let _ = target.add_event_listener_with_callback(kind, stop.as_ref().unchecked_ref());
        }
        Self { target: target.clone(), stop }
    }
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        for kind in KEY_EVENTS {
            let _ = self.target.remove_event_listener_with_callback(kind, self.stop.as_ref().unchecked_ref());
        }
    }
}
