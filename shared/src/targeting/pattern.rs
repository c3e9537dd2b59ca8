//! Regular expressions for pages: the part of their language that means the same to every engine.
//!
//! The browser evaluates them with its own `RegExp`, so a definition that uses what other engines lack, or read in
//! another way, is refused when it is saved.

/// Longest expression, in bytes.
const MOST_BYTES: usize = 200;
/// Largest number in braces.
const MOST_REPEATS: u32 = 100;

/// What is wrong with an expression, or `None` when every engine reads it alike: literals, `.`, classes, `^`, `$`, `|`,
/// groups `(…)` and `(?:…)`, the repetitions `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`, `\d`, `\w`, `\s`, `\b` and escaped
/// marks.
///
/// A repetition of a group that itself repeats is refused too: an engine that goes back may need years for it.
pub fn pattern_fault(pattern: &str) -> Option<&'static str> {
    if pattern.is_empty() || pattern.len() > MOST_BYTES {
        return Some("must be 1 to 200 characters");
    }
    // Engines count characters beyond these as one or as two.
    if pattern.chars().any(|character| character > '\u{ffff}') {
        return Some("must not have emoji and rare letters: write them as they are encoded in a path (%F0%9F%A7%A5)");
    }
    let mut bytes = pattern.bytes().enumerate().peekable();
    // For each open group, whether something in it repeats.
    let mut groups: Vec<bool> = vec![false];
    // Whether there is something before that may be repeated, and whether that is a group with a repetition in it.
    let (mut repeatable, mut repeats) = (false, false);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'(' => {
                if bytes.next_if(|(_, next)| *next == b'?').is_some()
                    && bytes.next_if(|(_, next)| *next == b':').is_none()
                {
                    return Some("may have groups (…) and (?:…) only: no look-around, names or flags");
                }
                groups.push(false);
                (repeatable, repeats) = (false, false);
            }
            b')' => {
                if groups.len() == 1 {
                    return Some("closes a group that was not opened");
                }
                repeats = groups.pop().unwrap_or(false);
                repeatable = true;
                if let Some(outer) = groups.last_mut() {
                    *outer |= repeats;
                }
            }
            b'*' | b'+' | b'?' | b'{' => {
                if !repeatable {
                    return Some("repeats nothing, or a repetition: write \\{ or \\? for the character");
                }
                if byte == b'{' && !braces(pattern.get(at..).unwrap_or("")) {
                    return Some("must have {n}, {n,} or {n,m} up to 100 between braces, or \\{ for the character");
                }
                if byte == b'{' {
                    bytes.by_ref().take_while(|(_, inner)| *inner != b'}').for_each(drop);
                }
                if byte != b'?' {
                    if repeats {
                        return Some(
                            "repeats a group that repeats something itself, which can take an engine for ever",
                        );
                    }
                    if let Some(group) = groups.last_mut() {
                        *group = true;
                    }
                }
                (repeatable, repeats) = (false, false);
            }
            b'[' => {
                let _ = bytes.next_if(|(_, next)| *next == b'^');
                let mut empty = true;
                loop {
                    match bytes.next() {
                        None => return Some("opens a class [ that is not closed"),
                        Some((_, b']')) if empty => return Some("has an empty class"),
                        Some((_, b']')) => break,
                        Some((_, b'[' | b'&' | b'~')) => return Some("must escape [, & and ~ within a class"),
                        Some((_, b'\\')) if !bytes.next().is_some_and(|(_, escaped)| is_escape(escaped)) => {
                            return Some(ESCAPES);
                        }
                        Some(_) => empty = false,
                    }
                }
                (repeatable, repeats) = (true, false);
            }
            b'\\' => {
                let Some((_, escaped)) = bytes.next() else { return Some(ESCAPES) };
                if escaped != b'b' && !is_escape(escaped) {
                    return Some(ESCAPES);
                }
                (repeatable, repeats) = (escaped != b'b', false);
            }
            b']' | b'}' => return Some("must escape ] and } outside classes and repetitions"),
            b'|' | b'^' | b'$' => (repeatable, repeats) = (false, false),
            _ => (repeatable, repeats) = (true, false),
        }
    }
    (groups.len() > 1).then_some("opens a group that is not closed")
}

const ESCAPES: &str = "may escape marks, and use \\d, \\w, \\s and \\b (outside classes) only";

fn is_escape(byte: u8) -> bool {
    byte.is_ascii_punctuation() || matches!(byte, b'd' | b'w' | b's')
}

/// Whether a text begins with a repetition in braces.
fn braces(text: &str) -> bool {
    let Some((inner, _)) = text.get(1..).and_then(|rest| rest.split_once('}')) else { return false };
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten().filter(|number: &u32| *number <= MOST_REPEATS)
    };
    match inner.split_once(',') {
        None => number(inner).is_some(),
        Some((least, "")) => number(least).is_some(),
        Some((least, most)) => matches!((number(least), number(most)), (Some(least), Some(most)) if least <= most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_every_engine_reads_alike_is_taken() {
        for pattern in [
            "^/product/[^/]+$",
            "/(de|fr)/",
            "^/(?:a|b){2,3}x?$",
            r"^/docs/v\d+\.\d+(/|$)",
            r"[\w.-]+",
            r"\bcart\b",
            "/a{3}/b{1,}",
            r"\{id\}",
            "^/каталог/",
            "/caf[éè]+",
        ] {
            assert_eq!(pattern_fault(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn what_differs_between_engines_is_refused_with_its_reason() {
        for (pattern, named) in [
            ("", "1 to 200"),
            ("/🧥", "emoji"),
            ("(?=a)", "look-around"),
            ("(?<name>a)", "names"),
            ("(?i)a", "flags"),
            (r"(a)\1", "escape"),
            (r"\p{L}", "escape"),
            ("a**", "repeats"),
            ("a+?", "repeats"),
            ("*a", "repeats"),
            ("a{2", "braces"),
            ("a{x}", "braces"),
            ("a{200}", "braces"),
            ("a{3,2}", "braces"),
            ("(a+)+", "for ever"),
            ("(a*b|c)*", "for ever"),
            ("((a+)b)*", "for ever"),
            ("[a", "not closed"),
            ("[]", "empty"),
            ("[a&&b]", "escape"),
            ("(a", "not closed"),
            ("a)", "not opened"),
            ("a]", "escape"),
            (r"a\", "escape"),
        ] {
            let fault = pattern_fault(pattern).unwrap_or_else(|| panic!("{pattern} is taken"));
            assert!(fault.contains(named), "{pattern}: {fault}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(pattern in "[ab(){}\\[\\]\\\\^$|*+?.,:0-9dwé-]{0,40}") {
            let _ = pattern_fault(&pattern);
        }
    }
}
