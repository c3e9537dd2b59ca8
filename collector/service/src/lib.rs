//! Rapport's collector: takes what pages send, keeps it, and shows product designers what it means.
//!
//! It is a library only so that benchmarks can run it without a socket: they see [`bench`], the binary [`main`], and nobody
//! the rest, so that the compiler finds what nothing uses.

mod app;
mod cli;
mod config;
mod country;
mod customer;
mod definition;
pub(crate) mod follow_up;
mod http;
pub(crate) mod import;
mod job;
mod language;
mod mail;
mod mail_link;
mod member;
pub(crate) mod merging;
mod new_site;
mod notification;
pub(crate) mod privacy;
mod public;
mod router;
mod server;
#[cfg(test)]
mod test_app;
mod webhook;

pub use cli::main;

/// What benchmarks stand on.
pub mod bench {
    pub use crate::app::App;
    pub use crate::config::Config;
    pub use crate::http::client_address::of_request;
    pub use crate::http::problem::Problem;
    pub use crate::new_site::first_survey;
    pub use crate::router::{router, surround};
}

/// Reports and ingest make many small blocks on several threads, which is what the system's allocator is slowest at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
