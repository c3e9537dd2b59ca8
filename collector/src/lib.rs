//! Rapport's collector: takes what pages send, keeps it, and shows product designers what it means.

pub mod app;
pub mod cli;
pub mod client_address;
pub mod clock;
pub mod config;
pub mod ingest;
pub mod origin;
pub mod problem;
pub mod rollup;
pub mod router;
pub mod store;
