//! The survey panel: renders one survey into an element of the host page and hands every confirmed answer to the agent.
//!
//! It does no network and no storage. [`mount::mount`] takes one JavaScript object (see [`options::Options`]) and returns
//! another, which closes it. The feature `server` renders the same components as a form without script instead.

pub mod asked;
#[cfg(feature = "client")]
pub mod definition;
#[cfg(feature = "server")]
pub mod form;
pub mod icon;
pub mod input;
mod list;
#[cfg(feature = "client")]
pub mod mount;
#[cfg(feature = "client")]
pub mod options;
#[cfg(feature = "client")]
pub mod panel;
pub mod question;
#[cfg(feature = "client")]
pub mod surface;
pub mod words;

/// The stylesheet of the panel and of the form.
pub const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/style.css"));

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());
