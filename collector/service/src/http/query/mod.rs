//! The query string of an address: what it says, read once, and how it is written again.

pub mod customer;
pub mod errors;
pub mod journey;
pub mod list;
pub mod mail_report;
pub mod mark;
pub mod review;
pub mod segment;
pub mod share;
pub mod slice;
pub mod ticket;
pub mod word;

use std::fmt::Write as _;

/// The pairs of a query string, in order; of a repeated name the last one counts.
pub type Pairs = [(String, String)];

/// The value of `name` among the pairs; an empty one is none.
pub fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .rev()
        .find(|(other, _)| other == name)
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// The query string of some fields.
pub fn query_of(fields: &[(&str, String)]) -> String {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

/// The query string of some fields with its `?`, or nothing.
pub fn suffix_of(fields: &[(&str, String)]) -> String {
    let query = query_of(fields);
    if query.is_empty() { query } else { format!("?{query}") }
}

/// Percent-encodes a value of a query string, or a segment of a path.
pub fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
