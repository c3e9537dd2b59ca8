//! Items that are wrong, and those that only look dangerous.

use super::{Fate, ItemCase, MISPLACED, fresh_id};
use rapport_shared::limit;
use serde_json::{Value, json};

/// Texts that somebody could hope to be run by a browser, a database, a template or a shell.
const DANGEROUS: [&str; 14] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)//",
    "<svg/onload=alert(1)>",
    "</textarea></title></style><b>",
    "'; DROP TABLE page_view; --",
    "' OR '1'='1",
    "$1, ?1, :name, @p",
    "{{ 7 * 7 }} {% for x in y %} ${7*7} #{7*7}",
    "../../../../etc/passwd\u{0}.html",
    "$(reboot) `reboot` | reboot & reboot",
    "=HYPERLINK(\"http://evil.example\")",
    "\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}\u{0}\u{7}\u{1b}[31m\u{85}",
    "Z\u{351}\u{36b}\u{343} 👩‍👩‍👧‍👦 \u{10ffff} \u{fffd} İ ß ﷽",
];

fn case(name: impl Into<String>, json: impl ToString, fate: Fate) -> ItemCase {
    ItemCase { name: name.into(), json: json.to_string(), fate }
}

fn rejected(field: impl Into<String>, reason: impl Into<String>) -> Fate {
    Fate::Rejected(field.into(), reason.into())
}

/// `item` with `fields` put over its own.
fn with(mut item: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().expect("fields") {
        item[name] = value.clone();
    }
    item
}

fn view() -> Value {
    json!({ "type": "page_view", "id": fresh_id(), "path": "/p", "duration_ms": 9_000 })
}

fn signal() -> Value {
    json!({ "type": "signal", "id": fresh_id(), "view": fresh_id(), "kind": "error" })
}

fn response(answer: Value) -> Value {
    json!({ "type": "response", "id": fresh_id(), "survey": "all", "survey_version": 1, "answers": [answer] })
}

fn delivery() -> Value {
    json!({ "type": "delivery", "id": fresh_id(), "survey": "all", "survey_version": 1, "event": "shown" })
}

fn likely() -> Value {
    json!({ "question": "likely", "score": 7 })
}

fn bare(fields: Value, without: &str) -> Value {
    let mut item = fields;
    item.as_object_mut().expect("fields").remove(without);
    item
}

pub fn cases() -> Vec<ItemCase> {
    let mut cases = shapes();
    cases.extend(measured());
    cases.extend(numbers());
    cases.extend(responses());
    cases.extend(answers());
    cases.extend(texts());
    cases
}

/// Signals that are only counted, by the numbers that they carry.
fn measured() -> Vec<ItemCase> {
    let point =
        || with(signal(), json!({ "kind": "point", "text": "body>p", "measured": [0, 32_767, 1, 2, 3, 4, 390, 3] }));
    let form = || {
        with(signal(), json!({ "kind": "form", "name": "address", "text": "left", "element": "town", "measured": [9] }))
    };
    let field = || {
        with(signal(), json!({ "kind": "field", "name": "address", "element": "town", "measured": [9, 1, 1, 0, 1, 3] }))
    };
    let numbers = |item: Value, numbers: Value| with(item, json!({ "measured": numbers }));
    vec![
        case("a point", point(), Fate::Stored),
        case("a point nowhere", with(point(), json!({ "text": "" })), rejected("text", "is missing")),
        case("a point without numbers", bare(point(), "measured"), rejected("measured", "must be 8 numbers")),
        case(
            "a point beside its element",
            numbers(point(), json!([0, 32_768, 1, 2, 3, 4, 390, 3])),
            rejected("measured", "must have offsets of at most 32767"),
        ),
        case("a step of a form", form(), Fate::Stored),
        case("a form without a name", with(form(), json!({ "name": "" })), rejected("name", "is missing")),
        case(
            "a step that is none",
            with(form(), json!({ "text": "sent" })),
            rejected("text", "must be one of start, left, complete"),
        ),
        case(
            "a form of a year",
            numbers(form(), json!([4_000_000_000_u32])),
            rejected("measured", "must be at most 604800000"),
        ),
        case("a field", field(), Fate::Stored),
        case("a field without a name", with(field(), json!({ "element": "" })), rejected("element", "is missing")),
        case("a field with a number", numbers(field(), json!([9])), rejected("measured", "must be 6 numbers")),
        case(
            "an error with numbers",
            numbers(signal(), json!([1])),
            rejected("measured", "must be empty: only a point, a form and a field have numbers"),
        ),
    ]
}

/// What is no item, and fields that are missing or of the wrong type.
fn shapes() -> Vec<ItemCase> {
    let no_type = || rejected("type", "must be page_view, signal, response or delivery");
    let object = || rejected("", "must be a JSON object");
    let uuid = "must be a UUID";
    let nil = "00000000-0000-0000-0000-000000000000";
    let nested = format!(r#"{{"type":"page_view","id":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let known = fresh_id();
    let first = with(view(), json!({ "id": known }));
    let mut cases = vec![
        case("null", "null", object()),
        case("a number", "1e400", object()),
        case("a text", "\"page_view\"", object()),
        case("a list", r#"["page_view"]"#, object()),
        case("nothing in it", "{}", rejected("type", "is missing")),
        case("an unknown type", r#"{"type":"teapot"}"#, no_type()),
        case("a type in capitals", with(view(), json!({ "type": "Page_View" })), no_type()),
        case("an empty type", r#"{"type":""}"#, no_type()),
        case("a type that is null", r#"{"type":null}"#, rejected("type", "must be text")),
        case("a type that is deep", nested.replace("page_view\",\"id\":", "x\",\"y\":"), no_type()),
        case("two types", r#"{"type":"signal","type":"page_view"}"#, rejected("type", "is given twice")),
        case("a lone surrogate as type", r#"{"type":"\udc00"}"#, no_type()),
        case("an id that is deep", nested, rejected("id", uuid)),
        case("an id that is nil", with(view(), json!({ "id": nil })), rejected("id", uuid)),
        case("an id that is null", with(view(), json!({ "id": null })), rejected("id", uuid)),
        case("an id with braces", with(view(), json!({ "id": format!("{{{known}}}") })), rejected("id", uuid)),
        case("no id of a view", bare(view(), "id"), rejected("id", "is missing")),
        case("no path of a view", bare(view(), "path"), rejected("path", "is missing")),
        case("an empty path", with(view(), json!({ "path": "" })), rejected("path", "is missing")),
        case(
            "a path that is a URL",
            with(view(), json!({ "path": "https://x.example/" })),
            rejected("path", "begin with /"),
        ),
        case("a path that is null", with(view(), json!({ "path": null })), rejected("path", "must be text")),
        case("an unknown kind", with(signal(), json!({ "kind": MISPLACED })), rejected("kind", "must be one of")),
        case("a kind that is a number", with(signal(), json!({ "kind": 3 })), rejected("kind", "must be")),
        case("a view that is nil", with(signal(), json!({ "view": nil })), rejected("view", uuid)),
        case("an unknown event", with(delivery(), json!({ "event": "eaten" })), rejected("event", "must be one of")),
        case(
            "two ids",
            format!(r#"{{"type":"signal","id":"{known}","id":"{known}"}}"#),
            rejected("id", "is given twice"),
        ),
        case("fields of a later version", with(view(), json!({ "mood": { "a": [1, null, [[]]] } })), Fate::Stored),
        case(
            "an id of the future",
            with(view(), json!({ "id": "ffffffff-ffff-7fff-bfff-ffffffffffff" })),
            Fate::Stored,
        ),
        case("an id for the first time", first.clone(), Fate::Stored),
        case("an id again", first.clone(), Fate::Duplicate),
        case("an id again, with other figures", with(first, json!({ "clicks": 9 })), Fate::Duplicate),
    ];
    for (item, fields) in [
        (signal(), vec!["id", "view", "kind"]),
        (response(likely()), vec!["id", "survey", "survey_version"]),
        (delivery(), vec!["id", "survey", "survey_version", "event"]),
    ] {
        for field in fields {
            let name = format!("no {field} of {}", item["type"]);
            cases.push(case(name, bare(item.clone(), field), rejected(field, "is missing")));
        }
    }
    for field in ["path", "referrer", "source", "release"] {
        for wrong in [json!(1), json!(true), json!([MISPLACED]), json!({ MISPLACED: 1 })] {
            let name = format!("{field} is {wrong}");
            cases.push(case(name, with(view(), json!({ field: wrong })), rejected(field, "must be text")));
        }
    }
    cases
}

/// Every number at its limit, over it, and of the wrong type.
fn numbers() -> Vec<ItemCase> {
    let mut cases = Vec::new();
    let limits = [
        ("scroll_percent", 100),
        ("navigation", 3),
        ("duration_ms", u64::from(limit::DURATION_MS)),
        ("hidden_ms", limit::DURATION_MS.into()),
        ("engaged_ms", limit::DURATION_MS.into()),
        ("view_index", 1_000_000),
        ("clicks", 1_000_000),
        ("rage_clicks", 1_000_000),
        ("dead_clicks", 1_000_000),
        ("errors", 1_000_000),
        ("key_events", 1_000_000),
        ("lcp_ms", 3_600_000),
        ("inp_ms", 3_600_000),
        ("cls_e4", 10_000_000),
        ("fcp_ms", 3_600_000),
        ("ttfb_ms", 3_600_000),
        ("viewport_width_px", 100_000),
        ("viewport_height_px", 100_000),
        ("revision", u64::from(u32::MAX)),
        ("age_ms", u64::MAX),
    ];
    for (field, most) in limits {
        let of = |number: &str| {
            let item = with(view(), json!({ field: 0 })).to_string();
            item.replacen(&format!("\"{field}\":0"), &format!("\"{field}\":{number}"), 1)
        };
        cases.push(case(format!("{field} at its limit"), of(&most.to_string()), Fate::Stored));
        for number in ["18446744073709551616", "-1", "1.5", "-0.0", "1e3", "1e400", "\"7\"", "[]", "true"] {
            cases.push(case(format!("{field} is {number}"), of(number), rejected(field, "")));
        }
        if !matches!(field, "revision" | "age_ms") {
            let over = format!("must be at most {most}");
            cases.push(case(format!("{field} over its limit"), of(&(most + 1).to_string()), rejected(field, over)));
            cases.push(case(format!("{field} is huge"), of("18446744073709551615"), rejected(field, "")));
        }
    }
    for (name, item, field, reason) in [
        ("a count over its limit", with(signal(), json!({ "count": 1_000_001 })), "count", "at most 1000000"),
        (
            "a count that is words",
            with(signal(), json!({ "count": MISPLACED })),
            "count",
            "whole number from 0 to 4294967295",
        ),
        ("a future", with(signal(), json!({ "age_ms": -3_600_000 })), "age_ms", "whole number from 0"),
        (
            "a future of a response",
            with(response(likely()), json!({ "age_ms": i64::MIN })),
            "age_ms",
            "whole number from 0",
        ),
        ("a past without end", with(delivery(), json!({ "age_ms": 1e300 })), "age_ms", "whole number from 0"),
    ] {
        cases.push(case(name, item, rejected(field, reason)));
    }
    cases
}

/// Responses around their answers.
fn responses() -> Vec<ItemCase> {
    let of = |fields: Value| with(response(likely()), fields);
    let many = |count: usize| json!({ "answers": vec![likely(); count] });
    let events = |count: usize| -> Value {
        (0..count).map(|_| json!({ "kind": "error", "text": "x".repeat(400) })).collect::<Vec<_>>().into()
    };
    let refusals = [
        ("an unknown survey", json!({ "survey": MISPLACED }), "survey", "is not a survey of this site"),
        ("version 0", json!({ "survey_version": 0 }), "survey_version", "is not a version of this survey"),
        ("a version to come", json!({ "survey_version": u32::MAX }), "survey_version", "is not a version"),
        ("a survey that is null", json!({ "survey": null }), "survey", "must be text"),
        ("no answers", json!({ "answers": [] }), "answers", "must be 1 to 50 answers"),
        ("too many answers", many(51), "answers", "must be 1 to 50 answers"),
        ("a question answered twice", many(2), "answers[1].question", "must be answered only once"),
        ("answers that are null", json!({ "answers": null }), "answers", "must be a list"),
        ("answers that are words", json!({ "answers": MISPLACED }), "answers", "must be a list"),
        ("finished by half", json!({ "finished": 0.5 }), "finished", "must be true or false"),
        (
            "a duration of a year",
            json!({ "duration_ms": 31_536_000_000_u64 }),
            "duration_ms",
            "whole number from 0 to 4294967295",
        ),
        ("a duration of 8 days", json!({ "duration_ms": 691_200_000 }), "duration_ms", "at most 604800000"),
        ("a page without a path", json!({ "page": {} }), "page.id", "is missing"),
        ("a page that is a text", json!({ "page": MISPLACED }), "page", "must be an object"),
        (
            "a page that scrolls too far",
            json!({ "page": { "id": fresh_id(), "path": "/", "scroll_percent": 101 } }),
            "page.scroll_percent",
            "at most 100",
        ),
        ("a trail that is a text", json!({ "trail": MISPLACED }), "trail", "must be a list"),
        ("a trail with a number", json!({ "trail": [{}, { "kind": 7 }] }), "trail[1].kind", "must be text"),
    ];
    let mut cases: Vec<ItemCase> = refusals
        .into_iter()
        .map(|(name, fields, field, reason)| case(name, of(fields), rejected(field, reason)))
        .collect();
    for (name, fields) in [
        ("more trail than is kept", json!({ "trail": events(60) })),
        ("a trail of nothing", json!({ "trail": [{}, { "kind": "made_up" }, { "before_ms": u64::MAX }] })),
        ("a trail that is withheld and there", json!({ "trail": events(2), "trail_withheld": true })),
        ("a language that is none", json!({ "language": "x".repeat(500) })),
    ] {
        cases.push(case(name, of(fields), Fate::Stored));
    }
    cases
}

/// Answers against their questions.
fn answers() -> Vec<ItemCase> {
    let many: Vec<&str> = vec!["a"; 500];
    let long = "é".repeat(201);
    [
        (json!({ "question": "none", "score": 1 }), "question", "is not a question of this version"),
        (json!({ "score": 1 }), "question", "is not a question"),
        (json!({ "question": "likely" }), "score", "must be 0 to 10 for nps"),
        (json!({ "question": "likely", "score": 11 }), "score", "must be 0 to 10 for nps"),
        (json!({ "question": "likely", "score": 256 }), "score", "whole number from -128 to 127"),
        (json!({ "question": "likely", "score": -1 }), "score", "must be 0 to 10"),
        (json!({ "question": "likely", "score": 6.5 }), "score", "whole number from -128 to 127"),
        (json!({ "question": "likely", "score": MISPLACED }), "score", "whole number from -128 to 127"),
        (json!({ "question": "likely", "score": 6, "text": "x" }), "text", "must be absent for nps"),
        (json!({ "question": "likely", "score": 6, "choices": ["a"] }), "choices", "must be absent for nps"),
        (json!({ "question": "stars", "score": 0 }), "score", "must be 1 to 5 for csat"),
        (json!({ "question": "stars", "score": 6 }), "score", "must be 1 to 5 for csat"),
        (json!({ "question": "easy", "score": 8 }), "score", "must be 1 to 7 for ces"),
        (json!({ "question": "one" }), "choices", "must be 1 to 1 choices"),
        (json!({ "question": "one", "choices": ["a", "b"] }), "choices", "must be 1 to 1 choices"),
        (json!({ "question": "one", "choices": ["z"] }), "choices[0]", "is not a choice"),
        (json!({ "question": "one", "choices": ["a"], "score": 1 }), "score", "must be absent"),
        (json!({ "question": "one", "choices": "a" }), "choices", "must be a list"),
        (json!({ "question": "some", "choices": ["a", "a"] }), "choices[1]", "must be picked only once"),
        (json!({ "question": "some", "choices": many }), "choices", "must be 1 to 3 choices"),
        (json!({ "question": "some", "choices": ["a", 2] }), "choices[1]", "must be text"),
        (json!({ "question": "why" }), "text", "must not be empty"),
        (json!({ "question": "why", "text": "\u{0}\u{202e} \n" }), "text", "must not be empty"),
        (json!({ "question": "why", "text": long }), "text", "at most 200 characters, has 201"),
        (json!({ "question": "why", "text": "x", "score": 1 }), "score", "must be absent for open-text"),
        (json!({ "question": "why", "text": 5 }), "text", "must be text"),
    ]
    .into_iter()
    .map(|(answer, field, reason)| {
        let name = format!("the answer {}", answer.to_string().chars().take(60).collect::<String>());
        case(name, response(answer), rejected(format!("answers[0].{field}"), reason))
    })
    .collect()
}

/// Dangerous and overlong words in every field that takes words: they are only words.
fn texts() -> Vec<ItemCase> {
    let mut cases = Vec::new();
    let overlong = "ü\u{0}".repeat(700);
    for text in DANGEROUS.into_iter().chain([overlong.as_str()]) {
        let short: String = text.chars().take(24).collect();
        let path = format!("/{text}");
        let all = [
            with(view(), json!({ "path": path, "referrer": text, "source": text, "release": text })),
            with(signal(), json!({ "path": path, "element": text, "name": text, "text": text })),
            with(delivery(), json!({ "path": path })),
            with(
                response(json!({ "question": "why", "text": format!("words {}", short) })),
                json!({ "path": path, "language": text,
                    "trail": [{ "kind": "task", "path": text, "element": text, "name": text, "text": text }],
                    "page": { "id": fresh_id(), "path": path, "referrer": text, "source": text, "release": text } }),
            ),
        ];
        for item in all {
            cases.push(case(format!("{} with {short:?}", item["type"]), item, Fate::Stored));
        }
        let keyed = with(delivery(), json!({ "survey": text }));
        cases.push(case(format!("the survey {short:?}"), keyed, rejected("survey", "is not a survey of this site")));
    }
    cases
}
