//! Paths as people read them: `/каталог/кружки` for what browsers write as `/%D0%BA%D0%B0…`.
//!
//! Two paths are the same when they are the same decoded. What is reserved in an address (RFC 3986, 2.2) means something else
//! when it is escaped, and stays so: `%2F` is no `/`. So do control characters and those that turn the direction of what
//! follows, which would let a path look like another. Canonical equivalence (NFC) is left to whoever calls: browsers have it
//! built in, and its tables would weigh more here than all rules together.

use std::fmt::Write as _;

/// A path decoded, its remaining escapes in upper case and a `%` that escapes nothing as `%25`. Never fails: what is no UTF-8
/// stays escaped. A decoded path stays as it is.
pub fn decoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while !rest.is_empty() {
        let plain = rest.find('%').unwrap_or(rest.len());
        rest[..plain].chars().for_each(|character| push(&mut text, character));
        rest = &rest[plain..];
        let bytes = escaped(rest);
        rest = &rest[bytes.len() * 3..];
        if bytes.is_empty() && !rest.is_empty() {
            text.push_str("%25");
            rest = &rest[1..];
        }
        for chunk in bytes.utf8_chunks() {
            chunk.valid().chars().for_each(|character| match character {
                ':' | '/' | '?' | '#' | '[' | ']' | '@' | '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ','
                | ';' | '=' | '%' => escape(&mut text, character),
                _ => push(&mut text, character),
            });
            for byte in chunk.invalid() {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// A decoded path as addresses write it, its escapes in upper case.
pub fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for character in path.chars() {
        let is_plain = character.is_ascii_graphic() && !matches!(character, '"' | '<' | '>' | '`' | '{' | '}');
        if is_plain { text.push(character) } else { escape(&mut text, character) }
    }
    text
}

/// The bytes of the escapes at the start of a text.
fn escaped(text: &str) -> Vec<u8> {
    let escape = |triple: &[u8]| match triple {
        [b'%', high, low] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            Some((digit(high)? * 16 + digit(low)?) as u8)
        }
        _ => None,
    };
    text.as_bytes().chunks(3).map_while(escape).collect()
}

/// Adds a character, escaped if it is not to be seen as itself.
fn push(text: &mut String, character: char) {
    let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if character.is_control() || turns { escape(text, character) } else { text.push(character) }
}

fn escape(text: &mut String, character: char) {
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(text, "%{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_is_read_as_people_write_it() {
        for (path, expected) in [
            ("/%D0%BA%D0%B0%D1%82%D0%B0%D0%BB%D0%BE%D0%B3/%d0%ba", "/каталог/к"),
            ("/caf%C3%A9", "/café"),
            ("/%E2%9C%93%20a%7Eb", "/✓ a~b"),
            ("/%D7%A9%D7%9C%D7%95%D7%9D", "/שלום"),
            ("/a%2fb%3F%23%40%2a%25", "/a%2Fb%3F%23%40%2A%25"),
            ("/a/b@c*", "/a/b@c*"),
            ("/100%", "/100%25"),
            ("/%zz%4", "/%25zz%254"),
            ("/%E9t%E9", "/%E9t%E9"),
            ("/%D0%BA%D0", "/к%D0"),
            ("/%00%0a%7F", "/%00%0A%7F"),
            ("/%E2%80%AEmoc", "/%E2%80%AEmoc"),
            ("/\u{202e}moc", "/%E2%80%AEmoc"),
            ("/%D9%85%DB%8C%E2%80%8C%D8%B4%D9%88%D8%AF", "/می\u{200c}شود"),
            ("/%F0%9F%A7%A5", "/🧥"),
            ("%", "%25"),
            ("", ""),
        ] {
            assert_eq!(decoded(path), expected, "{path}");
        }
    }

    #[test]
    fn an_address_has_upper_case_escapes() {
        assert_eq!(encoded("/каталог a%2F\""), "/%D0%BA%D0%B0%D1%82%D0%B0%D0%BB%D0%BE%D0%B3%20a%2F%22");
    }

    proptest! {
        #[test]
        fn what_is_decoded_stays_so_and_comes_back(path in "(/|%|%2[fF5]|%[0-9a-fA-F]{2}|[a-zé🧥к\u{202e} ]){0,12}") {
            let once = decoded(&path);
            prop_assert_eq!(&decoded(&once), &once);
            prop_assert_eq!(decoded(&encoded(&once)), once);
        }
    }
}
