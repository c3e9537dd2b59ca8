//! Phrases with `{}` where a value goes.

/// A phrase with `values` in its places, in order.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut pieces = text.split("{}");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for (at, piece) in pieces.enumerate() {
        filled += values.get(at).copied().unwrap_or_default();
        filled += piece;
    }
    filled
}
