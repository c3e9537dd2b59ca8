//! The texts of a form as people typed them: browsers send two characters for a line break, and whoever typed it counts one.

use std::borrow::Cow;

/// A body in `application/x-www-form-urlencoded` with one line feed for each line break.
pub fn with_plain_line_breaks(body: &[u8]) -> Cow<'_, [u8]> {
    if !body.contains(&b'\r') && !body.windows(RETURN.len()).any(|part| part.eq_ignore_ascii_case(RETURN)) {
        return Cow::Borrowed(body);
    }
    let (mut plain, mut rest) = (Vec::with_capacity(body.len()), body);
    while let Some(first) = rest.first() {
        if let Some(after) = after(rest, b'\r', RETURN) {
            plain.extend_from_slice(FEED);
            rest = self::after(after, b'\n', FEED).unwrap_or(after);
        } else {
            plain.push(*first);
            rest = &rest[1..];
        }
    }
    Cow::Owned(plain)
}

/// A carriage return and a line feed as they are encoded.
const RETURN: &[u8] = b"%0D";
const FEED: &[u8] = b"%0A";

/// What stands behind a character at the beginning, plain or encoded.
fn after<'a>(body: &'a [u8], plain: u8, encoded: &[u8]) -> Option<&'a [u8]> {
    match body.split_at_checked(encoded.len()) {
        _ if body.first() == Some(&plain) => Some(&body[1..]),
        Some((start, after)) if start.eq_ignore_ascii_case(encoded) => Some(after),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_of_a_form_counted_twice() {
        for (sent, read) in [
            ("a=1%0D%0A2&b=%0d%0a%0D%0A", "1\n2|\n\n"),
            ("a=1%0D2&b=%0A%0D", "1\n2|\n\n"),
            ("a=1\r\n2&b=\r%0A%0D\n", "1\n2|\n\n"),
            ("a=%250D%250A&b=%0", "%0D%0A|%0"),
            ("a=plain&b=%0D", "plain|\n"),
            ("a=&b=\r", "|\n"),
        ] {
            let body = with_plain_line_breaks(sent.as_bytes());
            let values: Vec<_> = form_urlencoded::parse(&body).map(|(_, value)| value.into_owned()).collect();
            assert_eq!(values.join("|"), read, "{sent:?}");
        }
        assert!(matches!(with_plain_line_breaks(b"a=1%0A2"), Cow::Borrowed(_)));
        assert!(matches!(with_plain_line_breaks(b""), Cow::Borrowed(_)));
    }
}
