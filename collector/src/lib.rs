//! Rapport's collector: takes what pages send, keeps it, and shows product designers what it means.

pub mod account;
pub mod api;
pub mod app;
pub mod asset;
pub mod attachment;
pub mod calendar;
pub mod cli;
pub mod client_address;
pub mod client_config;
pub mod clock;
pub mod config;
pub mod customer;
pub mod dashboard;
pub(crate) mod definition;
pub mod export;
pub mod hosted_form;
pub mod ingest;
pub mod language;
pub mod mail_link;
pub mod openapi;
pub mod operation;
pub mod origin;
pub mod page_request;
pub mod problem;
pub mod problem_page;
pub mod public_address;
pub mod report;
pub mod review;
pub mod rollup;
pub mod router;
pub mod signature;
pub mod standing;
pub mod store;
#[cfg(test)]
pub(crate) mod test_app;
pub mod visitor_data;

/// Reports and ingest make many small blocks on several threads, which is what the system's allocator is slowest at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
