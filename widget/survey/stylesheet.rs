//! Makes style sheets smaller: the survey's, and that of the reviews list in the bundle.

/// `source` without comments, without space that separates nothing, and without the last semicolon of a block. The
/// style sheet has no strings with runs of space in them.
pub fn smaller(source: &str) -> String {
    let mut text = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let mut small = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Before a colon space is a descendant combinator, after it nothing.
    for mark in ["{", "}", ";", ","] {
        small = small.replace(&format!(" {mark}"), mark).replace(&format!("{mark} "), mark);
    }
    small.replace(": ", ":").replace(";}", "}")
}
