//! Errors of a page: what their text may hold, and which are the same.

use crate::limit;
use crate::measure::element::cut;

/// Most different errors kept of one view; more are counted but not told apart.
pub const DIFFERENT: usize = 20;

/// A message fit to leave the page: cut to its limit, and without the query and hash of any address in it.
pub fn clean(message: &str) -> String {
    let mut clean = String::new();
    let mut in_address = false;
    let mut dropping = false;
    let mut before = ' ';
    for character in cut(message, limit::MESSAGE_CHARACTERS).chars() {
        let ends = character.is_ascii_whitespace() || matches!(character, '"' | '\'' | ')' | '>' | ',');
        if ends {
            in_address = false;
            dropping = false;
        } else if character == '/' && before == '/' {
            in_address = true;
        } else if in_address && matches!(character, '?' | '#') {
            dropping = true;
        }
        if !dropping {
            clean.push(character);
        }
        before = character;
    }
    clean
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
