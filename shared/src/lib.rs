//! What the widget and the collector agree on: wire types, limits, survey definitions and metric mathematics.
//!
//! Nothing here does I/O, reads a clock, draws a random number, touches a DOM or speaks SQL, so all of it runs
//! natively and in WebAssembly and is tested with plain tables and properties.

#[cfg(feature = "serde")]
pub mod client_config;
pub mod flow;
pub mod id;
pub mod language;
pub mod limit;
pub mod measure;
pub mod signal;
pub mod survey;
pub mod targeting;
pub mod theme;
#[cfg(feature = "serde")]
pub mod wire;
