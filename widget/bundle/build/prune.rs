//! Empties functions that a module never reaches, so that all that only they use goes too.
//!
//! Yew can draw more than the panel asks of it, and looks at every kind of node whenever it draws, so the compiler keeps
//! all of it. What the panel asks for stands in `survey/src/tree.rs`: elements that all have one list of attribute names,
//! no listeners and no keyed lists; texts; and lists. Whatever only serves the rest has its body replaced by a trap, which
//! would end the panel as a failed assertion does. A name that a new version no longer has costs bytes, which the budget
//! tells of.

use crate::Outcome;

/// Types that the panel has no value of: functions whose names name one are never reached, except those that look
/// through an empty collection of them or drop one ([`REACHED`]).
const TYPES: &[&str] = &[
    // Components within components, portals, suspense and raw HTML.
    "vcomp::VComp",
    "bcomp::BComp",
    "vportal::VPortal",
    "bportal::BPortal",
    "yew::suspense::",
    "vsuspense::VSuspense",
    "bsuspense::BSuspense",
    "vraw::VRaw",
    "braw::BRaw",
    // Listeners: the panel has one of its own, at its border.
    "btag::listeners::Registry",
    "listeners::ListenerKind",
    "dyn yew::virtual_dom::listeners::Listener",
    "&yew::dom_bundle::subtree_root::EventDescriptor",
    // Attributes under different names, and keyed lists.
    "&yew::virtual_dom::AttributeOrProperty",
    "indexmap::",
    "blist::KeyedEntry",
];

/// See [`TYPES`].
const REACHED: &[&str] = &["drop", "next_impl", "into_iter", "::iter"];

/// Further functions that are never reached.
const FUNCTIONS: &[&str] = &[
    // Listeners.
    "btag::listeners::ListenerRegistration>::register",
    "subtree_root::BSubtree>::ensure_handled",
    "subtree_root::AppData>::ensure_handled",
    "subtree_root::SubtreeData>::add_listener",
    "subtree_root::SubtreeData>::bubble_to_inner_element",
    "subtree_root::shadow_aware_parent",
    "<yew::dom_bundle::subtree_root::EventDescriptor as ",
    "HashMap<yew::dom_bundle::subtree_root::EventDescriptor, (), std::hash::random::RandomState>>::insert",
    "RawTable<(yew::dom_bundle::subtree_root::EventDescriptor, ())>>::reserve_rehash",
    "RawTable<(yew::dom_bundle::subtree_root::EventDescriptor, ())>>::find_or_find_insert_index",
    "drop_elements::<(yew::dom_bundle::subtree_root::EventDescriptor",
    "drop_elements::<(u32, std::collections::hash::map::HashMap<yew::dom_bundle::subtree_root::EventDescriptor",
    // Attributes under different names.
    "Attributes>::apply_diff_as_maps",
    "Attributes>::apply_diff_index_maps",
    "FilterMap<indexmap::",
    "FilterMap<core::slice::iter::Iter<(&str, yew::virtual_dom::AttributeOrProperty)>",
    // Copies of nodes: each is drawn once, by its only owner.
    "vnode::VNode as core::clone::Clone>",
    "Vec<yew::virtual_dom::vnode::VNode> as core::clone::Clone>",
    "AttributeOrProperty>]> as core::clone::Clone>",
    // Elements by tag: all say their namespace.
    "RefCell<std::collections::hash::map::HashMap<alloc::string::String, web_sys::features::gen_Element::Element>>>>::with",
    // The panel's properties never change, and nothing waits for a promise of JavaScript.
    "lifecycle::Stateful>::props_changed",
    "lifecycle::ComponentState>::suspend",
    "js_sys::futures::jspi::SpawnedTask",
    "js_sys::futures::jspi::task_waker",
    // Drops of what is never made.
    "Rc<indexmap::",
    "Rc<yew::virtual_dom::vcomp::VComp>>::drop_slow",
    "Rc<yew::virtual_dom::vportal::VPortal>>::drop_slow",
    "Rc<yew::virtual_dom::vsuspense::VSuspense>>::drop_slow",
    "drop_in_place::<yew::suspense::suspension::Suspension>",
    // A panic ends the module at once, so nobody tells of it; and nothing else writes by format.
    "console_error_panic_hook::hook",
    "std::panic::PanicHookInfo",
    "as core::fmt::Display>::fmt",
    "as core::fmt::Write>::write",
    "core::fmt::write",
    "<core::fmt::Formatter>",
];

/// Functions that write down what only functions that are never reached read: they do nothing.
const UNREAD: &[&str] =
    &["HashMap<yew::dom_bundle::subtree_root::WeakSubtree, (), std::hash::random::RandomState>>::insert"];

/// The module without what it never reaches.
pub fn module(compiled: &[u8]) -> Outcome<Vec<u8>> {
    let mut module = walrus::ModuleConfig::new().strict_validate(false).parse(compiled)?;
    let has = |name: &str, parts: &[&str]| parts.iter().any(|part| name.contains(part));
    for function in module.funcs.iter_mut() {
        let Some(mangled) = &function.name else { continue };
        let name = format!("{:#}", rustc_demangle::demangle(mangled));
        let walrus::FunctionKind::Local(local) = &mut function.kind else { continue };
        // What describes a type to wasm-bindgen is run by it, and gone afterwards.
        let describes = name.contains("describe");
        if !describes && (has(&name, FUNCTIONS) || (has(&name, TYPES) && !has(&name, REACHED))) {
            let mut body = local.builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        } else if !describes && has(&name, UNREAD) {
            let results = module.types.get(local.ty()).results().len();
            let mut body = local.builder_mut().func_body();
            body.instrs_mut().clear();
            for _ in 0..results {
                body.i32_const(0);
            }
        }
    }
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}
