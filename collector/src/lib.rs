//! Rapport's collector: takes what pages send, keeps it, and shows product designers what it means.

pub mod clock;
pub mod store;
