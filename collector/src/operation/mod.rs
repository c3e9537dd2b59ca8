//! What the operator watches: whether it lives, whether it is ready, what it counts; and what surrounds every request.

pub mod connections;
pub mod health;
#[cfg(test)]
mod http_test;
pub mod measurement;
pub mod protection;
pub mod upkeep;
