//! The survey panel: renders one survey into an element of the host page and hands every confirmed answer to the agent.
//!
//! It does no network and no storage. `mount(options)` takes one JavaScript object (see [`options::Options`]) and
//! returns a [`mount::Handle`]. The feature `server` renders the same questions as a form without script instead.

#[cfg(feature = "client")]
pub mod definition;
pub mod draw;
#[cfg(feature = "server")]
pub mod form;
#[cfg(feature = "client")]
pub mod mount;
#[cfg(feature = "client")]
pub mod options;
#[cfg(feature = "client")]
pub mod panel;
#[cfg(feature = "client")]
pub mod picture;
#[cfg(feature = "client")]
pub mod surface;
pub mod words;

/// The stylesheet of the panel and of the form.
pub const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/style.css"));

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());
