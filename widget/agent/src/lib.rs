//! The agent: measures the page, keeps answers safe and decides when a survey is shown.
//!
//! The loader calls [`start`] once. What follows is driven by events of the browser; each module below is one concern,
//! the rules themselves are pure and live in `rapport_shared::measure`.

pub mod agent;
pub mod browser;
pub mod click;
pub mod command;
pub mod cooldown;
pub mod failure;
pub mod json;
pub mod message;
pub mod outbox;
pub mod panel;
pub mod route;
pub mod session;
pub mod task;
pub mod telemetry;
pub mod trail;
pub mod trigger;
pub mod view;
pub mod vitals;

use wasm_bindgen::prelude::*;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// Starts the agent with what the loader gathered: site, base, config, queue, errors, root, launcher, load, release and
/// language (see `widget/README.md`).
#[wasm_bindgen]
pub fn start(boot: JsValue) {
    agent::Agent::start(browser::Js(boot));
}
