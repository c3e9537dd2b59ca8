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

/// The line of a stack that tells most: the first of a script of `origin`, else the first that names an address; empty when none
/// does. It goes without the query and hash of its address, whose place (`:12:34`) stays.
pub fn frame(stack: &str, origin: &str) -> String {
    let Some(at) = find(stack, origin).or_else(|| find(stack, "http")) else { return String::new() };
    let bytes = stack.as_bytes();
    let (mut begin, mut end) = (at, at);
    while begin > 0 && bytes[begin - 1] != b'\n' {
        begin -= 1;
    }
    while end < bytes.len() && bytes[end] != b'\n' {
        end += 1;
    }
    without_query(stack.get(begin..end).unwrap_or(""), true)
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
    fn a_stack_tells_its_first_own_line_without_query() {
        let own = "https://shop.example";
        for (stack, expected) in [
            (
                "TypeError: x\n    at pay (https://shop.example/app.js?v=127#x:10:5)\n    at https://shop.example/b.js:1:2",
                "    at pay (https://shop.example/app.js:10:5)",
            ),
            (
                "get@https://cdn.example/lib.js:3:4\npay@https://shop.example/app.js:10:5\n",
                "pay@https://shop.example/app.js:10:5",
            ),
            ("get@https://cdn.example/lib.js?token=secret:3:4", "get@https://cdn.example/lib.js:3:4"),
            ("https://shop.example/app.js?token=12345", "https://shop.example/app.js"),
            ("at https://shop.example/app.js?at=9h:4h:1:2", "at https://shop.example/app.js:4:1:2"),
            ("Error: order 4711 failed", ""),
            ("", ""),
        ] {
            assert_eq!(frame(stack, own), expected, "{stack}");
        }
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
