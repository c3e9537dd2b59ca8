//! Whether a survey may ask a visit, for the browser: reads what the invitation hands over and asks
//! `rapport_shared::targeting`.

pub mod definition;
pub mod visit;

use rapport_browser::Js;
use wasm_bindgen::prelude::*;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// The path of the field that keeps a survey from appearing of its own accord; empty when it may. `known` is what is
/// known of the visit: see [`visit`].
#[wasm_bindgen]
pub fn evaluate(survey: JsValue, known: JsValue) -> JsValue {
    let (survey, known) = (Js(survey), Js(known));
    let cooldown_days = survey.get_number("cooldown_days") as u32;
    let visit = visit::visit(&known, &survey.get_text("id"));
    let matches =
        |pattern: &str, path: &str| Js::construct("RegExp", &[&Js::text(pattern)]).ask("test", path).is_true();
    let refusal = definition::target(&survey).evaluate(&visit, &visit::history(&known), cooldown_days, &matches);
    JsValue::from_str(refusal.err().map_or("", |rule| rule.field()))
}

/// Whether all rules of a list hold of an object's properties.
#[wasm_bindgen]
pub fn hold(rules: JsValue, properties: JsValue) -> bool {
    let rules: Vec<_> = Js(rules).elements().iter().map(definition::property).collect();
    rapport_shared::targeting::all_hold(&rules, &definition::properties(&Js(properties)))
}
