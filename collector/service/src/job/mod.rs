//! The background work of a collector: loops that hold a lease, one collector at a time.

pub mod attachment;
pub mod rollup;
#[cfg(test)]
mod rollup_test;
pub mod upkeep;
