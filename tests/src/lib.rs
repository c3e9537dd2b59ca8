//! What the end-to-end tests share: a real collector, a real browser, the example pages, and a proxy that remembers
//! everything that passed between them.

pub mod browser;
pub mod crowd;
pub mod dashboard;
pub mod keyboard;
pub mod pages;
pub mod proxy;
pub mod rapport;
pub mod reviews;
pub mod server;
pub mod snapshot;
pub mod tools;
pub mod wait;
pub mod widget;
pub mod wire;
pub mod world;

/// What a test step can fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
/// The outcome of a test step.
pub type Outcome<T = ()> = Result<T, Failure>;
