//! What is said of a fault: to the sender its place and its reason, to the counters their kind.
//!
//! Neither repeats what the sender wrote. It may be somebody's words in the wrong field, and a counter for each of them
//! would let one page fill the table of outcomes.

use rapport_shared::survey::Fault;
use rapport_store::record::refusal::{FIELD_CHARACTERS, REASON_CHARACTERS};
use rapport_store::text;
use serde::Deserialize;
use std::borrow::Cow;

/// The fault of a text that is no JSON at all.
pub fn of_syntax(error: &serde_json::Error) -> Fault {
    let message = error.to_string();
    let reason = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
    let (line, column) = (error.line(), error.column());
    Fault::new("", format!("must be JSON: line {line}, column {column}: {reason}"))
}

/// The fault of a document that is JSON, and not what was expected.
pub fn of_parse(error: &serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let path = error.path().to_string();
    if path == "." && !error.inner().is_data() {
        return of_syntax(error.inner());
    }
    let reason = reason(error.inner());
    let path = if path == "." { "" } else { &path };
    let of_field = |start: &str| reason.strip_prefix(start).and_then(|rest| rest.split('`').next());
    let below = |field: &str| match path.rsplit('.').next() {
        _ if path.is_empty() => field.to_owned(),
        // Where the field itself could not be read, the path names it already.
        Some(last) if last == field => path.to_owned(),
        _ => format!("{path}.{field}"),
    };
    let known = || reason.rsplit_once(", expected ").map_or("", |(_, known)| known).replace('`', "");
    let (field, reason) =
        match (of_field("missing field `"), of_field("duplicate field `"), of_field("unknown field `")) {
            (Some(missing), ..) => (below(missing), "is missing".to_owned()),
            (_, Some(double), _) => (below(double), "is given twice".to_owned()),
            (.., Some(unknown)) => (below(unknown), format!("is not known here: must be {}", known())),
            _ => (path.to_owned(), reason.clone()),
        };
    Fault::new(text::bounded(&field, FIELD_CHARACTERS), reason)
}

/// Parses a document; only a faulty one pays for knowing where the fault is.
///
/// # Errors
/// The first fault, with its field.
pub fn explained<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Fault> {
    serde_json::from_str(json).or_else(|_| {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| of_parse(&error))
    })
}

/// Longest reason that is told, in characters: it may list every field that there is, and what is counted is cut short.
const TOLD_CHARACTERS: usize = 1_000;

/// The reason of a parser's error in plain words, without the value at fault and without its place in the text.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
    text::bounded(&in_words(message), TOLD_CHARACTERS)
}

/// Fields whose parts are named by the page: whatever stands below them is counted as one.
const NAMED_BY_PAGES: [&str; 2] = ["facts.", "properties."];

/// Field and reason to count a fault under: places in lists, names that pages make up, and sizes are left out.
pub fn kind(fault: &Fault) -> (String, String) {
    let of_page = NAMED_BY_PAGES.into_iter().find(|start| fault.field.starts_with(start));
    let told = of_page.unwrap_or(&fault.field);
    let mut field = String::with_capacity(told.len() + 1);
    for part in told.split_inclusive('[') {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let place = if field.ends_with('[') { digits } else { 0 };
        field.push_str(&part[place..]);
    }
    if of_page.is_some() {
        field.push('*');
    }
    let reason = fault.reason.split(", has ").next().unwrap_or_default();
    (text::bounded(&field, FIELD_CHARACTERS), text::bounded(reason, REASON_CHARACTERS))
}

/// Serde repeats the value between what it is and what was expected: ``integer `-5`, expected u64``.
fn in_words(message: &str) -> Cow<'_, str> {
    // What the parser says of an item that is JSON: another value where one of several words is expected.
    if message == "expected value" {
        return "must be text".into();
    }
    let is = |start: &&str| message.starts_with(start);
    if !["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "].iter().any(is) {
        return message.into();
    }
    // The last one is serde's own: the value may hold these words too.
    let Some((_, expected)) = message.rsplit_once(", expected ") else { return message.into() };
    let range = |least: i128, most: i128| format!("must be a whole number from {least} to {most}").into();
    match expected {
        "u8" => range(0, u8::MAX.into()),
        "u16" => range(0, u16::MAX.into()),
        "u32" => range(0, u32::MAX.into()),
        "u64" | "usize" => range(0, u64::MAX.into()),
        "i8" => range(i8::MIN.into(), i8::MAX.into()),
        "i16" => range(i16::MIN.into(), i16::MAX.into()),
        "i32" => range(i32::MIN.into(), i32::MAX.into()),
        "i64" => range(i64::MIN.into(), i64::MAX.into()),
        "f32" | "f64" => "must be a number".into(),
        "a string" | "a borrowed string" | "str" | "string" => "must be text".into(),
        "a boolean" => "must be true or false".into(),
        "a sequence" | "an array" => "must be a list".into(),
        "a map" => "must be an object".into(),
        expected if expected.starts_with("struct ") => "must be an object".into(),
        expected => format!("must be {}", expected.replace('`', "")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_shared::wire::{Response, Signal};

    fn fault_of<'a, T: serde::Deserialize<'a>>(json: &'a str) -> (String, String) {
        let fault = explained::<T>(json).err().expect("a fault");
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
            told("count", "must be a whole number from 0 to 4294967295")
        );
        assert_eq!(
            signal(r#""kind":"error","count":-7"#),
            told("count", "must be a whole number from 0 to 4294967295")
        );
        let (field, reason) = signal(r#""kind":"my words""#);
        assert_eq!(field, "kind");
        assert!(reason.starts_with("must be one of rage_click, dead_click"), "{reason}");
        assert_eq!(signal(r#""text":"x""#), told("kind", "is missing"));
        let json = format!(r#"{{{ID},"survey":"s","survey_version":1,"answers":[{{}},{{"score":[2]}}]}}"#);
        assert_eq!(
            fault_of::<Response<'_>>(&json),
            told("answers[1].score", "must be a whole number from -128 to 127")
        );
    }

    #[test]
    fn a_field_is_named_whether_it_is_missing_double_or_unknown() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "only read")]
        struct Inner {
            stars: u8,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "only read")]
        struct Outer {
            list: Vec<Inner>,
        }
        for (json, field, reason) in [
            (r#"{"list":[{}]}"#, "list[0].stars", "is missing"),
            (r#"{"list":[{"stars":1,"stars":2}]}"#, "list[0].stars", "is given twice"),
            (r#"{"list":[{"stars":1,"star":2}]}"#, "list[0].star", "is not known here: must be stars"),
            (r#"{"lists":[]}"#, "lists", "is not known here: must be list"),
            (r#"{"list":[{"stars":6.5}]}"#, "list[0].stars", "must be a whole number from 0 to 255"),
            (r#"{"list":{}}"#, "list", "must be a list"),
            ("nonsense", "", "must be JSON: line 1, column 2: expected ident"),
        ] {
            assert_eq!(fault_of::<Outer>(json), (field.to_owned(), reason.to_owned()), "{json}");
        }
    }

    #[test]
    fn a_counter_knows_neither_places_nor_sizes() {
        let fault = Fault::new("answers[12].choices[3]", "must be at most 5 characters, has 71");
        assert_eq!(kind(&fault), ("answers[].choices[]".into(), "must be at most 5 characters".into()));
        assert_eq!(kind(&Fault::new("facts.made up [3]", "must be text")), ("facts.*".into(), "must be text".into()));
        assert_eq!(kind(&Fault::new("cls_e4", "must be at most 9")), ("cls_e4".into(), "must be at most 9".into()));
    }
}
