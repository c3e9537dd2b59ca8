//! Rapport's collector: takes what pages send, keeps it, and shows product designers what it means.

pub mod app;
pub mod cli;
pub mod config;
pub(crate) mod definition;
pub mod http;
pub mod job;
pub mod language;
pub mod mail_link;
pub mod member;
pub mod public;
pub mod router;
pub mod server;
#[cfg(test)]
pub(crate) mod test_app;

/// Reports and ingest make many small blocks on several threads, which is what the system's allocator is slowest at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
