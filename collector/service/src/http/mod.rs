//! What requests and answers have in common, whoever calls.

pub mod client_address;
pub mod connections;
pub mod export;
pub mod health;
pub mod measurement;
#[cfg(test)]
mod operation_test;
pub mod page_request;
pub mod problem;
pub mod problem_page;
pub mod protection;
pub mod public_address;
pub mod query;
