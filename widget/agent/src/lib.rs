//! The agent: measures the page.
//!
//! The loader calls [`start`] once, for visitors who may be measured. What follows is driven by events of the browser;
//! each module below is one concern, the rules themselves are pure and live in `rapport_shared::measure`.

pub mod agent;
pub mod click;
pub mod command;
pub mod depth;
pub mod failure;
pub mod form;
pub mod message;
pub mod report;
pub mod route;
pub mod session;
pub mod task;
pub mod telemetry;
pub mod trail;
pub mod view;
pub mod vitals;

use rapport_browser::Js;
use wasm_bindgen::prelude::*;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// Starts the agent with what the loader gathered, and adds to it what others may ask of the agent (see
/// `widget/README.md`).
#[wasm_bindgen]
pub fn start(boot: JsValue) {
    agent::Agent::start(Js(boot));
}
