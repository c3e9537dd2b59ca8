//! Tables to take along, complete however long they are: `csv` is their form, `answers` the table of what was answered, `customers` who
//! they are and every contact with them, `pages` that of every page, `raw` whatever is stored, as it is, and `person` all that is stored of
//! one customer.

pub mod answers;
pub mod csv;
pub mod customers;
#[cfg(test)]
mod http_test;
pub mod pages;
pub mod person;
pub mod raw;
