//! What requests and answers have in common, whoever calls.

#[cfg(test)]
mod cause_test;
pub mod client_address;
pub mod completion;
pub mod connections;
pub mod export;
pub mod form_body;
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
