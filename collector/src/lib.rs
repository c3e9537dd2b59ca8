//! Rapport's collector: takes what pages send, keeps it, and shows product designers what it means.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod origin;
pub mod problem;
pub mod router;
pub mod store;
