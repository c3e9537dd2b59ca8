//! Where a view was and where it came from, without anything that could name a person.

use crate::limit;
use crate::measure::element::cut;
use crate::measure::position;

/// The path of a page, cut to its limit; `/` when there is none.
pub fn path(pathname: &str) -> &str {
    let path = without_query(pathname);
    if path.is_empty() { "/" } else { cut(path, limit::PATH_CHARACTERS) }
}

/// An address up to its query or hash.
fn without_query(address: &str) -> &str {
    position(address, b'?', b'#').and_then(|end| address.get(..end)).unwrap_or(address)
}

/// Origin and path of the page before, or nothing when it is of the same origin.
pub fn referrer<'a>(referrer: &'a str, origin: &str) -> &'a str {
    let after = referrer.strip_prefix(origin).map(|rest| rest.bytes().next());
    let same = after.is_some_and(|next| matches!(next, None | Some(b'/' | b'?' | b'#')));
    if same { "" } else { cut(without_query(referrer), limit::REFERRER_CHARACTERS) }
}

/// What a query string (`?utm_source=newsletter`) names as the source of a visit, the first of them that it has.
pub const SOURCE: &[&str] = &["utm_source=", "source=", "ref="];
/// What it names as the campaign.
pub const CAMPAIGN: &[&str] = &["utm_campaign="];

/// The value of the first of these names that a query string has, as it stands when it is plain, else nothing.
pub fn named<'a>(query: &'a str, names: &[&str]) -> &'a str {
    for key in names {
        // Each parameter stands behind `?` or `&`.
        for (at, mark) in query.bytes().enumerate() {
            if mark != b'?' && mark != b'&' {
                continue;
            }
            let Some(rest) = query.get(at + 1..).and_then(|pair| pair.strip_prefix(key)) else { continue };
            let end = position(rest, b'&', b'#').unwrap_or(rest.len());
            let value = rest.get(..end).unwrap_or("");
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            if value.len() <= limit::NAME_CHARACTERS && value.bytes().all(plain) {
                return value;
            }
        }
    }
    ""
}

/// How much of a page has been seen, 0 to 100, when it is scrolled by `top_px` in a window of `window_px`.
pub fn scroll_percent(top_px: f64, window_px: f64, page_px: f64) -> u8 {
    if page_px <= window_px {
        return 100;
    }
    // A pixel of rounding at the lower end must not read as 99.
    (((top_px + window_px + 1.0) / page_px * 100.0).clamp(0.0, 100.0)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_has_no_query_and_no_hash() {
        for (pathname, expected) in [("/a/b", "/a/b"), ("/a?x=1", "/a"), ("/a#b", "/a"), ("", "/")] {
            assert_eq!(path(pathname), expected);
        }
    }

    #[test]
    fn a_referrer_of_the_same_origin_is_none() {
        let cases = [
            ("https://a.example/x?y=1", "https://a.example", ""),
            ("https://a.example", "https://a.example", ""),
            ("https://a.example.org/x", "https://a.example", "https://a.example.org/x"),
            ("https://b.example/x?token=1#z", "https://a.example", "https://b.example/x"),
            ("", "https://a.example", ""),
        ];
        for (from, origin, expected) in cases {
            assert_eq!(referrer(from, origin), expected, "{from}");
        }
    }

    #[test]
    fn a_source_and_a_campaign_are_taken_only_when_plain() {
        let cases = [
            ("?utm_source=news&x=1", "news"),
            ("?ref=hn&utm_source=mail", "mail"),
            ("?utm_source=jane%40doe.example", ""),
            ("?my_utm_source=x", ""),
            ("", ""),
        ];
        for (query, expected) in cases {
            assert_eq!(named(query, SOURCE), expected, "{query}");
        }
        for (query, expected) in [
            ("?utm_source=news&utm_campaign=spring-2026", "spring-2026"),
            ("?utm_campaign=jane%40doe.example", ""),
            ("?utm_source=news", ""),
        ] {
            assert_eq!(named(query, CAMPAIGN), expected, "{query}");
        }
    }

    #[test]
    fn depth_is_of_the_page_seen() {
        assert_eq!(scroll_percent(0.0, 800.0, 700.0), 100);
        assert_eq!(scroll_percent(0.0, 800.0, 1600.0), 50);
        assert_eq!(scroll_percent(799.5, 800.0, 1600.0), 100);
    }

    proptest! {
        #[test]
        fn nothing_after_a_question_mark_is_ever_kept(head in "[a-z/]{0,40}", query in "[a-z=&]{0,40}") {
            let whole = format!("{head}?{query}");
            prop_assert!(!path(&whole).contains('?'));
            prop_assert!(!referrer(&whole, "https://a.example").contains('?'));
        }
    }
}
