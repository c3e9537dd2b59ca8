//! What the panel does to the page around it: its stylesheet, its events, its focus. Nothing outside its shadow root.
//!
//! Languages reach the browser by name: a page may say anything of its own, and what cannot be read is no exception then.

use crate::options::Mode;
use crate::words::Numbers;
use js_sys::{Array, Promise};
use rapport_browser::Js;
use rapport_shared::flow::{concat, digits};
use rapport_shared::survey::cut;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CssStyleSheet, FocusEvent, HtmlDialogElement, HtmlElement, ShadowRoot};

/// A seed for the order of this visitor's questions.
pub fn random_seed() -> u32 {
    (js_sys::Math::random() * f64::from(u32::MAX)) as u32
}

/// The tree that an element lives in: a shadow root, or the document, which has the same to offer.
fn tree_of(element: &HtmlElement) -> ShadowRoot {
    element.get_root_node().unchecked_into()
}

/// Adopts the panel's stylesheet where `element` lives, once, before those that are there: the theme and the site's own
/// rules build on it. A constructed sheet needs no `unsafe-inline`.
pub fn adopt_styles(element: &HtmlElement) {
    thread_local! {
        static SHEET: Option<CssStyleSheet> = {
            let sheet = CssStyleSheet::new().ok();
            sheet.inspect(|sheet| drop(sheet.replace_sync(crate::STYLE)))
        };
    }
    let tree = tree_of(element);
    SHEET.with(|sheet| {
        let Some(sheet) = sheet else { return };
        let sheets = tree.adopted_style_sheets();
        if !sheets.includes(sheet, 0) {
            // Assigned, not pushed: the array was frozen before browsers of 2022.
            tree.set_adopted_style_sheets(&Array::of1(sheet).concat(&sheets));
        }
    });
}

/// The panel within the element that it is rendered into.
fn panel_in(target: &HtmlElement) -> Option<HtmlElement> {
    target.first_element_child().map(JsCast::unchecked_into)
}

/// Brings the panel in `target`, if it stands over the page, to the top of it.
pub fn open(target: &HtmlElement, mode: Mode) {
    let _ = match (mode, panel_in(target)) {
        (Mode::Inline, _) | (_, None) => Ok(()),
        // Keeps the focus and makes the page behind it inert, until it is taken out of the page.
        (Mode::Modal, Some(panel)) => panel.unchecked_into::<HtmlDialogElement>().show_modal(),
        // In the top layer no stacking order or transform of the host reaches it. Browsers without popovers leave it where
        // it is, fixed in the corner.
        (_, Some(panel)) => panel.show_popover(),
    };
}

/// Moves the focus to the first match of `selector` within `element`, if there is one.
pub fn focus_within(element: &HtmlElement, selector: &str) -> bool {
    let Ok(Some(found)) = element.query_selector(selector) else { return false };
    let found: HtmlElement = found.unchecked_into();
    // Firefox gives no focus to what has just been added to a container that queries measure, until it is laid out.
    found.offset_height();
    found.focus().is_ok()
}

/// Keeps the panel in `target`, which stands in the page, from getting lower than it is. The reply to a save may come long after the
/// click, and what follows in the page would move by then.
pub fn keep_height(target: &HtmlElement) {
    if let Some(panel) = panel_in(target) {
        let height = usize::try_from(panel.offset_height()).unwrap_or(0);
        let _ = panel.style().set_property("min-height", &concat(&[&digits(height), "px"]));
    }
}

/// Whether `element` holds the focus, as the tree that it lives in sees it.
pub fn has_focus(element: &HtmlElement) -> bool {
    tree_of(element).active_element().is_some_and(|active| element.contains(Some(&active)))
}

/// Whether nobody else's focus would be taken away by giving it to `element`.
pub fn may_take_focus(element: &HtmlElement) -> bool {
    let document = gloo::utils::document();
    let active = document.active_element();
    has_focus(element) || active.is_none() || active == document.body().map(Into::into)
}

/// Where a focus came from that has just come to something within `element`; `None` when it was within before.
pub fn from_outside(event: &FocusEvent, element: &HtmlElement) -> Option<HtmlElement> {
    let from: HtmlElement = event.related_target()?.unchecked_into();
    (!element.contains(Some(&from))).then_some(from)
}

/// What comes of `promise`, kept or broken; a value that is no promise is what comes of it.
pub async fn settled(promise: Js) -> Js {
    let (Ok(result) | Err(result)) = JsFuture::from(Promise::resolve(&promise.0)).await;
    Js(result)
}

/// `language` (BCP 47) with a region, where it has none and the page or else the visitor names one: the same language
/// writes dates otherwise in another place.
pub fn with_region(language: &str) -> String {
    let page = Js::global("document").get("documentElement").get("lang");
    let mut known = vec![page];
    known.extend(Js::global("navigator").get("languages").elements());
    let is_of = |tag: &String| cut(tag, b'-').is_some_and(|(primary, _)| primary.eq_ignore_ascii_case(language));
    let mut known = known.iter().filter_map(|tag| tag.0.as_string());
    known.find(is_of).unwrap_or_else(|| language.to_owned())
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
