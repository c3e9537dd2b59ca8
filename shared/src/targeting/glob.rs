//! Page globs: `*` for what lies within one part of a path, `**` for anything, `?` for one character.

/// Whether the whole of `path` fits `glob`. Upper and lower case differ, as in paths; a slash at the end does not.
///
/// `/product/*` fits `/product/mug` and not `/product/mug/reviews`; `/product/**` fits both, and `/product/` itself.
pub fn fits(glob: &str, path: &str) -> bool {
    let end = |text: &str| if text.len() > 1 && text.ends_with('/') { text.len() - 1 } else { text.len() };
    let (glob, path) = (&glob[..end(glob)], &path[..end(path)]);
    let folder = glob.strip_suffix("/**");
    whole_fits(glob.as_bytes(), path.as_bytes())
        || folder.is_some_and(|folder| whole_fits(folder.as_bytes(), path.as_bytes()))
}

/// Whether the whole of a path fits, character by character.
fn whole_fits(glob: &[u8], path: &[u8]) -> bool {
    // Where to go on after a mismatch, for the last star of either kind: a longer `*` first, then a longer `**`.
    let mut star: Option<(usize, usize)> = None;
    let mut double: Option<(usize, usize)> = None;
    let (mut at, mut here) = (0, 0);
    loop {
        let next = glob.get(at);
        if next == Some(&b'*') {
            if glob.get(at + 1) == Some(&b'*') {
                at += 2;
                double = Some((at, here));
                star = None;
            } else {
                at += 1;
                star = Some((at, here));
            }
            continue;
        }
        match (next, path.get(here)) {
            (None, None) => return true,
            (Some(b'?'), Some(byte)) if *byte != b'/' => {
                at += 1;
                here += 1;
                // One character may be several bytes.
                while path.get(here).is_some_and(|byte| byte & 0xc0 == 0x80) {
                    here += 1;
                }
                continue;
            }
            (Some(expected), Some(byte)) if expected == byte && *expected != b'?' => {
                at += 1;
                here += 1;
                continue;
            }
            _ => {}
        }
        if let Some((after, from)) = star.filter(|(_, from)| path.get(*from).is_some_and(|byte| *byte != b'/')) {
            star = Some((after, from + 1));
            (at, here) = (after, from + 1);
        } else if let Some((after, from)) = double.filter(|(_, from)| *from < path.len()) {
            double = Some((after, from + 1));
            star = None;
            (at, here) = (after, from + 1);
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_stay_within_a_part_and_double_stars_do_not() {
        for (glob, path, expected) in [
            ("/", "/", true),
            ("/cart", "/cart", true),
            ("/cart", "/cart/", true),
            ("/cart/", "/cart", true),
            ("/cart", "/carts", false),
            ("/cart", "/Cart", false),
            ("/product/*", "/product/mug", true),
            ("/product/*", "/product/mug/reviews", false),
            ("/product/*/reviews", "/product/mug/reviews", true),
            ("/product/**", "/product/mug/reviews", true),
            ("/product/**", "/product/", true),
            ("/product/**", "/product", true),
            ("/product/**", "/products", false),
            ("/*/**", "/product", true),
            ("/**/reviews", "/product/mug/reviews", true),
            ("/**/reviews", "/product/mug/ratings", false),
            ("**", "/anything/at/all", true),
            ("/v?/docs", "/v2/docs", true),
            ("/v?/docs", "/vé/docs", true),
            ("/v?/docs", "/v//docs", false),
            ("/**/a*c/**", "/x/abc/y/z", true),
            ("/**/a*c/**", "/x/ab/c/z", false),
            ("/*a*b", "/aab", true),
        ] {
            assert_eq!(fits(glob, path), expected, "{glob} {path}");
        }
    }

    /// The definition, by recursion over characters.
    fn by_definition(glob: &[char], path: &[char]) -> bool {
        match glob {
            [] => path.is_empty(),
            ['*', '*', rest @ ..] => (0..=path.len()).any(|taken| by_definition(rest, &path[taken..])),
            ['*', rest @ ..] => (0..=path.len())
                .take_while(|taken| path[..*taken].iter().all(|character| *character != '/'))
                .any(|taken| by_definition(rest, &path[taken..])),
            ['?', rest @ ..] => path.first().is_some_and(|first| *first != '/') && by_definition(rest, &path[1..]),
            [first, rest @ ..] => path.first() == Some(first) && by_definition(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_its_definition(glob in "/[ab/*?]{0,8}[ab*?]", path in "/[ab/]{0,9}[abé]") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let fits_it = |glob: &str| by_definition(&characters(glob), &characters(&path));
            let folder = glob.strip_suffix("/**");
            prop_assert_eq!(fits(&glob, &path), fits_it(&glob) || folder.is_some_and(fits_it));
        }
    }
}
