//! Errors of a page: what their text may hold, and which are the same.

use crate::limit;
use crate::measure::element::cut;

/// Most different errors kept of one view; more are counted but not told apart.
pub const DIFFERENT: usize = 20;

/// A message fit to leave the page: cut to its limit, and without the query and hash of any address in it.
pub fn clean(message: &str) -> String {
    without_query(message, false)
}

/// The same; `keeps_places` keeps digits behind a colon.
fn without_query(text: &str, keeps_places: bool) -> String {
    let mut clean = String::new();
    let mut in_address = false;
    let mut dropping = false;
    let mut in_place = false;
    let mut before = ' ';
    for character in cut(text, limit::MESSAGE_CHARACTERS).chars() {
        let ends = character.is_ascii_whitespace() || matches!(character, '"' | '\'' | ')' | '>' | ',');
        if ends {
            in_address = false;
            dropping = false;
        } else if character == '/' && before == '/' {
            in_address = true;
        } else if in_address && matches!(character, '?' | '#') {
            dropping = true;
        }
        in_place = keeps_places && (character == ':' || in_place && character.is_ascii_digit());
        if !dropping || in_place {
            clean.push(character);
        }
        before = character;
    }
    clean
}

/// The beginning of a stack, fit to leave the page: from a little before its first address on, without query and hash of any, whose
/// places (`:12:34`) stay; empty when it names no address.
pub fn beginning(stack: &str) -> String {
    let Some(at) = find(stack, "http") else { return String::new() };
    let mut from = at.saturating_sub(limit::NAME_CHARACTERS);
    while !stack.is_char_boundary(from) {
        from += 1;
    }
    without_query(stack.get(from..).unwrap_or(""), true)
}

/// Where in a text a part begins. The library's search weighs more than all rules of errors.
pub fn find(text: &str, part: &str) -> Option<usize> {
    text.as_bytes().windows(part.len().max(1)).position(|window| window == part.as_bytes())
}

/// Splits what a rejected string or a foreign error says (`TypeError: x is not a function`) into type and message.
pub fn split(text: &str) -> (&str, &str) {
    let text = text.strip_prefix("Uncaught ").unwrap_or(text);
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(0);
    match (text.get(..end), text.get(end..).and_then(|rest| rest.strip_prefix(": "))) {
        (Some(name), Some(message)) if name.ends_with("Error") => (name, message),
        _ => ("Error", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn queries_and_hashes_of_addresses_go() {
        let cases = [
            ("Failed to fetch https://a.example/b?token=1#x now", "Failed to fetch https://a.example/b now"),
            ("bad \"https://a.example/?q=1\"", "bad \"https://a.example/\""),
            ("is it null? yes #1", "is it null? yes #1"),
        ];
        for (message, expected) in cases {
            assert_eq!(clean(message), expected);
        }
    }

    #[test]
    fn a_stack_is_told_from_its_first_address_on_without_queries() {
        for (stack, expected) in [
            (
                "TypeError: x\n    at pay (https://shop.example/app.js?v=127#x:10:5)\n    at https://shop.example/b.js:1:2",
                "TypeError: x\n    at pay (https://shop.example/app.js:10:5)\n    at https://shop.example/b.js:1:2",
            ),
            ("get@https://cdn.example/lib.js?token=secret:3:4", "get@https://cdn.example/lib.js:3:4"),
            ("https://shop.example/app.js?token=12345", "https://shop.example/app.js"),
            ("at https://shop.example/app.js?at=9h:4h:1:2", "at https://shop.example/app.js:4:1:2"),
            ("Error: order 4711 failed", ""),
            ("", ""),
        ] {
            assert_eq!(beginning(stack), expected, "{stack}");
        }
        let long = format!("{}\nat f (https://shop.example/app.js:1:2)", "é".repeat(900));
        assert!(beginning(&long).ends_with("at f (https://shop.example/app.js:1:2)"));
    }

    #[test]
    fn type_and_message_are_told_apart() {
        let cases = [
            ("Uncaught TypeError: x is not a function", ("TypeError", "x is not a function")),
            ("Script error.", ("Error", "Script error.")),
            ("could not load: 404", ("Error", "could not load: 404")),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), expected);
        }
    }

    proptest! {
        #[test]
        fn a_message_never_grows(message: String) {
            prop_assert!(clean(&message).chars().count() <= message.chars().count().min(limit::MESSAGE_CHARACTERS));
        }
    }
}
