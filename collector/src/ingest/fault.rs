//! What is said of a fault: to the sender its place and its reason, to the counters their kind.
//!
//! Neither repeats what the sender wrote. It may be somebody's words in the wrong field, and a counter for each of them
//! would let one page fill the table of outcomes.

use super::text;
use rapport_shared::survey::Fault;
use std::borrow::Cow;

/// Longest field that is told, in characters.
const FIELD_CHARACTERS: usize = 80;
/// Longest reason that is told, in characters.
const REASON_CHARACTERS: usize = 160;

/// The reason of a parser's error, without the value at fault and without its place in the text.
pub fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
    text::bounded(&without_value(message), REASON_CHARACTERS)
}

/// The fault of one item that could not be parsed.
pub fn of_parse(error: serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let path = error.path().to_string();
    let reason = reason(error.inner());
    let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let field = match missing {
        Some(missing) if path == "." => missing.to_owned(),
        Some(missing) => format!("{path}.{missing}"),
        None if path == "." => String::new(),
        None => path,
    };
    Fault::new(text::bounded(&field, FIELD_CHARACTERS), reason)
}

/// Field and reason to count a fault under: places in lists and sizes are left out.
pub fn kind(fault: &Fault) -> (String, String) {
    let mut field = String::with_capacity(fault.field.len());
    for part in fault.field.split_inclusive('[') {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let place = if field.ends_with('[') { digits } else { 0 };
        field.push_str(&part[place..]);
    }
    let reason = fault.reason.split(", has ").next().unwrap_or_default();
    (text::bounded(&field, FIELD_CHARACTERS), text::bounded(reason, REASON_CHARACTERS))
}

/// Serde repeats the value between what it is and what was expected: ``integer `-5`, expected u64``.
fn without_value(message: &str) -> Cow<'_, str> {
    for start in ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "] {
        let Some(rest) = message.strip_prefix(start) else { continue };
        // The last one is serde's own: the value may hold these words too.
        let Some((value, expected)) = rest.rsplit_once(", expected ") else { break };
        let what = value.split(['`', '"']).next().unwrap_or_default();
        let what = what.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
        return format!("{}{what}, expected {expected}", if what.is_empty() { start.trim_end() } else { start }).into();
    }
    message.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_shared::wire::{Response, Signal};

    fn fault_of<'a, T: serde::Deserialize<'a>>(json: &'a str) -> (String, String) {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, T>(&mut deserializer).err().expect("a fault");
        let fault = of_parse(error);
        (fault.field, fault.reason)
    }

    #[test]
    fn the_place_and_the_reason_are_told_and_the_value_is_not() {
        const ID: &str = r#""id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f""#;
        let signal = |rest: &str| {
            let json = format!(r#"{{{ID},"view":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f",{rest}}}"#);
            fault_of::<Signal<'_>>(&json)
        };
        let told = |field: &str, reason: &str| (field.to_owned(), reason.to_owned());
        assert_eq!(
            signal(r#""kind":"error","count":"my card, expected 4111 at line 3""#),
            told("count", "invalid type: string, expected u32")
        );
        assert_eq!(signal(r#""kind":"error","count":-7"#), told("count", "invalid value: integer, expected u32"));
        let (field, reason) = signal(r#""kind":"my words""#);
        assert_eq!(field, "kind");
        assert!(reason.starts_with("unknown variant, expected one of `rage_click`"), "{reason}");
        assert_eq!(signal(r#""text":"x""#), told("kind", "missing field `kind`"));
        let json = format!(r#"{{{ID},"survey":"s","survey_version":1,"answers":[{{}},{{"score":[2]}}]}}"#);
        assert_eq!(fault_of::<Response<'_>>(&json), told("answers[1].score", "invalid type: sequence, expected i8"));
    }

    #[test]
    fn a_counter_knows_neither_places_nor_sizes() {
        let fault = Fault::new("answers[12].choices[3]", "must be at most 5 characters, has 71");
        assert_eq!(kind(&fault), ("answers[].choices[]".into(), "must be at most 5 characters".into()));
        assert_eq!(kind(&Fault::new("cls_e4", "must be at most 9")), ("cls_e4".into(), "must be at most 9".into()));
    }
}
