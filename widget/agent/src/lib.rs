//! The agent: measures the page, keeps answers safe, decides when a survey is shown.

use wasm_bindgen::prelude::*;

/// Starts the agent with what the loader gathered.
#[wasm_bindgen]
pub fn start(_boot: JsValue) {
    web_sys::window().and_then(|window| window.document()).map(|document| document.set_title("agent"));
}
