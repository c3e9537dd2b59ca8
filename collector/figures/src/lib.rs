//! The arithmetic, once: scores with their intervals, sketches, vitals, suspicion, business time, relationships. No I/O, clock, randomness or SQL.
//!
//! Nothing that runs in a visitor's browser may use it, so that a change of a formula rebuilds no widget.

pub mod business_time;
pub mod relation;
pub mod score;
pub mod sketch;
pub mod spam;
pub mod standing;
pub mod vital;
