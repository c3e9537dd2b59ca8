//! Faults of files, as people read them; and that the shapes say what the types say.

use super::shape::{Field, Shape};
use super::survey::SURVEY;
use super::theme::THEME;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::Survey;
use rapport_shared::theme::Theme;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn faults_of_survey(definition: &Value) -> Vec<String> {
    let read = super::survey(&definition.to_string());
    read.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn with(pointer: &str, value: Value) -> Value {
    let mut definition = json!({
        "id": "s", "name": "S", "title": "S", "placement": "popover", "target": {}, "trigger": { "on": "manual" },
        "questions": [
            { "id": "likely", "kind": "nps", "text": "?" },
            { "id": "grid", "kind": "matrix", "text": "?", "rows": [{ "id": "a", "label": "A" }], "when": [{ "not": { "answer": "likely", "is": "3" } }] },
        ],
    });
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match definition.pointer_mut(parent).expect("the parent") {
        Value::Array(list) => list[key.parse::<usize>().expect("a place")] = value,
        object => object[key] = value,
    }
    definition
}

#[test]
fn half_of_the_faults_in_a_definition_named_neither_field_nor_limit() {
    for (pointer, value, expected) in [
        (
            "/trigger",
            json!({ "on": "scroll", "percent": 400 }),
            "trigger.percent: must be a whole number from 1 to 100",
        ),
        ("/trigger", json!({ "on": "scroll" }), "trigger.percent: is missing"),
        (
            "/trigger",
            json!({ "percent": 4 }),
            "trigger.on: is missing: one of manual, delay, signal, scroll, exit_intent",
        ),
        ("/trigger", json!({ "on": "magic" }), "trigger.on: must be one of manual, delay"),
        (
            "/trigger",
            json!({ "on": "signal", "signal": "task" }),
            "trigger.signal: must be one of rage_click, dead_click, slow_click, failed_click, error",
        ),
        ("/trigger", json!({ "on": "exit_intent", "delay_ms": 1 }), "trigger.delay_ms: is not known here: must be on"),
        ("/trigger", json!("delay"), "trigger: must be an object"),
        ("/cooldown_days", json!(-3), "cooldown_days: must be a whole number from 0 to 3650"),
        ("/quota", json!(0), "quota: must be a whole number from 1 to 1000000000"),
        ("/target/sample_percent", json!(0.5), "target.sample_percent: must be a whole number from 1 to 100"),
        ("/target/devices", json!(["mobile", "phone"]), "target.devices[1]: must be one of desktop, mobile, tablet"),
        (
            "/target/pages",
            json!([{ "glob": "/a", "regex": "b" }]),
            "target.pages[0]: must have exactly one field: one of glob, regex",
        ),
        (
            "/target/pages",
            json!([{ "path": "/a" }]),
            "target.pages[0].path: is not known here: must be one of glob, regex",
        ),
        (
            "/target/schedule",
            json!({ "from_hour": 24 }),
            "target.schedule.from_hour: must be a whole number from 0 to 23",
        ),
        ("/questions/1", json!({ "id": "grid", "kind": "matrix", "text": "?" }), "questions[1].rows: is missing"),
        ("/questions/1/points", json!(-1), "questions[1].points: must be a whole number from 2 to 11"),
        ("/questions/1/rows/0/label", json!(7), "questions[1].rows[0].label: must be text"),
        (
            "/questions/1/rows/0/lable",
            json!("A"),
            "questions[1].rows[0].lable: is not known here: must be one of id, label, other, last",
        ),
        ("/questions/1/when/0/not/is", json!(3), "questions[1].when[0].not.is: must be text"),
        ("/questions/0/kind", json!("slider"), "questions[0].kind: must be one of nps, csat"),
        ("/questions/0/required", json!("yes"), "questions[0].required: must be true or false"),
        ("/questions/0", json!([]), "questions[0]: must be an object"),
        ("/questions", json!({}), "questions: must be a list"),
        ("/placement", json!("tooltip"), "placement: must be one of launcher, popover, banner, modal, inline, hosted"),
        (
            "/ends",
            json!([{ "id": "e", "button": { "label": "x", "labell": "x" } }]),
            "ends[0].button.labell: is not known here",
        ),
        ("/translations", json!({ "de": { "title": 1 } }), "translations.de.title: must be text"),
    ] {
        let faults = faults_of_survey(&with(pointer, value));
        assert!(matches!(&faults[..], [only] if only.starts_with(expected)), "{pointer}: {faults:?}");
    }
}

#[test]
fn every_fault_of_a_definition_is_told_at_once() {
    let mut definition = with("/trigger", json!({ "on": "scroll", "percent": 400 }));
    definition["cooldown_days"] = json!(-3);
    definition["questions"][1]["points"] = json!("five");
    definition["colour"] = json!("red");
    let fields: Vec<String> =
        faults_of_survey(&definition).iter().map(|fault| fault.split(':').next().unwrap_or_default().into()).collect();
    assert_eq!(fields, ["questions[1].points", "trigger.percent", "cooldown_days", "colour"]);
}

#[test]
fn a_sample_of_200_percent_hid_what_else_could_not_be_meant() {
    let meant = [
        "id: must be 1 to 64 of",
        "questions[1].id: must be unique",
        "questions[1].text: must be 1 to",
        "target.pages[0].regex: ",
        "target.languages[0]: ",
    ];
    let mut definition = with("/target/pages", json!([{ "regex": "(" }]));
    definition["target"]["languages"] = json!(["klingonish"]);
    definition["id"] = json!("s one");
    definition["questions"][1] = json!({ "id": "likely", "kind": "open-text", "text": "" });
    for (field, value, misfit) in [
        ("sample_percent", json!(200), "target.sample_percent: must be a whole number from 1 to 100"),
        ("devices", json!(["phone"]), "target.devices[0]: must be one of desktop"),
        ("device", json!("mobile"), "target.device: is not known here"),
    ] {
        let mut definition = definition.clone();
        definition["target"][field] = value;
        let faults = faults_of_survey(&definition);
        assert_eq!(faults.len(), 1 + meant.len(), "{faults:?}");
        for expected in meant.iter().chain([&misfit]) {
            assert!(faults.iter().any(|fault| fault.starts_with(expected)), "no {expected}: {faults:?}");
        }
    }
    // A part that nobody could read does not hide those beside it either.
    definition["questions"][0] = json!({ "id": "Likely!", "kind": "slider", "text": "" });
    let faults = faults_of_survey(&definition);
    for expected in ["questions[0].kind: must be one of", "questions[0].id: must be 1 to 64", "questions[0].text: must"]
    {
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "no {expected}: {faults:?}");
    }
}

#[test]
fn what_leads_to_a_part_that_could_not_be_read_is_not_at_fault() {
    let base = |placement: &str| {
        json!({
            "id": "s", "name": "S", "title": "S", "placement": placement, "trigger": { "on": "exit_intent" },
            "facts": ["order"], "target": {},
            "questions": [
                { "id": "which", "kind": "multiple-choice-single", "text": "?", "choices": [
                    { "id": "a", "label": "A" }, { "id": "b", "label": "B" }] },
                { "id": "why", "kind": "open-text", "text": "{{answer:which}} {{fact:order}}", "when": [
                    { "answer": "which", "is": "b" }], "branches": [{ "skip_to": "last" }] },
                { "id": "more", "kind": "open-text", "text": "?" },
                { "id": "last", "kind": "open-text", "text": "?" },
            ],
            "random_groups": [["more", "last"]],
            "translations": { "de": { "questions.which.choices.b": "B" } },
        })
    };
    let sound = |definition: Value| {
        let mut definition = definition;
        definition["questions"][1]["branches"] = json!([]);
        definition
    };
    assert_eq!(faults_of_survey(&sound(base("banner"))), [""; 0]);
    for (pointer, value) in [
        ("/questions/0", json!(7)),
        ("/questions/0/id", json!(7)),
        ("/questions/0/kind", json!("choice")),
        ("/questions/0/choices", json!("a, b")),
        ("/questions/0/choices/1", json!("b")),
        ("/questions/0/choices/1/id", json!(2)),
        ("/questions/3/id", json!(7)),
        ("/questions/1/when/0/is", json!(7)),
        ("/questions/1/when/0/answer", json!(7)),
        ("/facts", json!("order")),
        ("/facts/0", json!(1)),
        ("/placement", json!("corner")),
    ] {
        let mut definition = sound(base("banner"));
        *definition.pointer_mut(pointer).expect("a place") = value;
        let faults = faults_of_survey(&definition);
        assert_eq!(faults.len(), 1, "{pointer}: {faults:?}");
    }
}

#[test]
fn a_file_that_is_a_list_is_not_read_as_the_fields_in_their_order() {
    for (read, named) in [
        (super::survey("[]").map(|_| ()), "must be an object"),
        (super::theme("[]").map(|_| ()), "must be an object"),
        (super::theme(r##"["#005500"]"##).map(|_| ()), "must be an object"),
        (super::theme("null").map(|_| ()), "must be an object"),
        (super::theme("{\n \"accent\": }").map(|_| ()), "must be JSON: line 2, column 12: expected value"),
        (super::theme(r##"{"accent":"#005500","accent":"#000000"}"##).map(|_| ()), "accent: is given twice"),
        (super::theme(r#"{"radius_px":-1}"#).map(|_| ()), "radius_px: must be a whole number from 0 to 28"),
        (super::theme(r#"{"position":"middle"}"#).map(|_| ()), "position: must be one of bottom-right, bottom-left"),
        (super::theme(r#"{"colour":"x"}"#).map(|_| ()), "colour: is not known here: must be one of accent"),
        (super::theme(r#"{"accent":"red"}"#).map(|_| ()), "accent: must be a colour"),
    ] {
        let faults: Vec<String> = read.expect_err(named).iter().map(ToString::to_string).collect();
        assert!(matches!(&faults[..], [only] if only.starts_with(named)), "{named}: {faults:?}");
    }
    assert!(super::theme("{}").is_ok());
}

/// A value that fits, with every field that there may be.
fn full(shape: &Shape, depth: usize) -> Value {
    let object = |fields: Vec<&Field>| -> Value {
        fields
            .iter()
            .map(|field| (field.name().to_owned(), full(field.shape(), depth + 1)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    match shape {
        Shape::Text => json!("a"),
        Shape::Flag => json!(true),
        Shape::Whole(least, _) => json!(least),
        Shape::OneOf(words) => json!(words[0]),
        Shape::List(_) | Shape::Map(_) | Shape::Nested(_) if depth > 5 => match shape {
            Shape::List(_) => json!([]),
            _ => json!({}),
        },
        Shape::List(Shape::Tagged { tag, variants, shared }) => {
            variants.iter().map(|variant| tagged(tag, variant, shared, depth)).collect()
        }
        Shape::List(shape) => json!([full(shape, depth + 1)]),
        Shape::Nested(shape) => full(shape, depth + 1),
        Shape::Map(shape) => json!({ "de": full(shape, depth + 1) }),
        Shape::Object(fields) => object(fields.iter().collect()),
        Shape::Either(fields) => object(fields.iter().take(1).collect()),
        Shape::Tagged { tag, variants, shared } => tagged(tag, &variants[0], shared, depth),
    }
}

fn tagged(tag: &str, (name, fields): &(&str, &[Field]), shared: &[Field], depth: usize) -> Value {
    let mut object: serde_json::Map<String, Value> =
        shared.iter().chain(*fields).map(|field| (field.name().to_owned(), full(field.shape(), depth + 1))).collect();
    object.insert(tag.to_owned(), json!(name));
    object.into()
}

/// Puts a value where it belongs, and gives the whole.
type Put<'p> = &'p dyn Fn(Value) -> Value;

/// Every place of a shape, with what puts a value there.
fn places<'a>(shape: &'a Shape, depth: usize, put: Put<'_>, see: &mut dyn FnMut(&'a Shape, Put<'_>)) {
    see(shape, put);
    if depth > 4 {
        return;
    }
    let mut inside = |base: &Value, field: &'a Field| {
        let put_field = |value: Value| {
            let mut base = base.clone();
            base[field.name()] = value;
            put(base)
        };
        places(field.shape(), depth + 1, &put_field, see);
    };
    match shape {
        Shape::Object(fields) => {
            let base = full(shape, depth);
            fields.iter().for_each(|field| inside(&base, field));
        }
        Shape::Either(fields) => fields.iter().for_each(|field| inside(&json!({}), field)),
        Shape::Tagged { tag, variants, shared } => {
            for variant in *variants {
                let base = tagged(tag, variant, shared, depth);
                shared.iter().chain(variant.1).for_each(|field| inside(&base, field));
            }
        }
        Shape::List(inner) => places(inner, depth + 1, &|value| put(json!([value])), see),
        Shape::Nested(inner) => places(inner, depth + 1, put, see),
        Shape::Map(inner) => places(inner, depth + 1, &|value| put(json!({ "de": value })), see),
        Shape::Text | Shape::Flag | Shape::Whole(..) | Shape::OneOf(_) => {}
    }
}

/// Names in the marks of serde's own list of what it expected.
fn listed(message: &str) -> Vec<String> {
    let list = message.rsplit_once("expected ").map_or("", |(_, list)| list);
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whatever a shape takes, the type takes, field by field and word by word; and the type knows nothing that the shape does not.
fn agrees<T: DeserializeOwned>(root: &'static Shape) {
    let read = |value: Value| serde_json::from_value::<T>(value);
    if let Err(error) = read(full(root, 0)) {
        panic!("{error}: {}", full(root, 0));
    }
    let mut seen = 0;
    places(root, 0, &|value| value, &mut |shape, put| {
        seen += 1;
        let fits = |value: Value| {
            if let Err(error) = read(put(value.clone())) {
                panic!("{value} is taken by the shape and not by the type: {error}");
            }
        };
        let misfits =
            |value: Value| read(put(value.clone())).err().unwrap_or_else(|| panic!("{value} is taken")).to_string();
        // Whatever stands there, the rest is read.
        for odd in [json!(null), json!(7.5), json!("\u{0}"), json!([[7]]), json!({ "unheard-of": 1 }), json!([])] {
            let (readable, _) = root.read(&put(odd));
            if let Err(error) = read(readable.clone()) {
                panic!("{error}: {readable}");
            }
        }
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        match shape {
            Shape::Text => fits(json!("words")),
            Shape::Flag => [true, false].into_iter().for_each(|flag| fits(json!(flag))),
            Shape::Whole(least, most) => [least, most].into_iter().for_each(|number| fits(json!(number))),
            Shape::OneOf(words) => {
                words.iter().for_each(|word| fits(json!(word)));
                let known = sorted(listed(&misfits(json!("unheard-of"))));
                let named: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                // A survey waits for some of the signals only.
                let is_awaited = |word: &String| {
                    let is_measured = SignalKind::parse(word).is_some_and(SignalKind::is_measured);
                    let follows =
                        ["quick_back", "excessive_scroll", "broken_image", "failed_request", "lcp", "inp", "cls"];
                    !is_measured && word != "task" && word != "event" && !follows.contains(&word.as_str())
                };
                let known: Vec<String> = known.into_iter().filter(is_awaited).collect();
                assert_eq!(known, sorted(named));
            }
            Shape::Tagged { tag, variants, .. } => {
                // One without fields takes any, for serde; the shape does not.
                for (name, fields) in variants.iter().filter(|(_, fields)| !fields.is_empty()) {
                    let least = full(shape, 0);
                    let mut odd = tagged(tag, &(*name, *fields), &[], 6);
                    for (field, value) in least.as_object().expect("an object") {
                        if !odd[field].is_null() || field == tag {
                            continue;
                        }
                        if *tag == "kind" && ["id", "text"].contains(&&**field) {
                            odd[field] = value.clone();
                        }
                    }
                    odd["unheard-of"] = json!(1);
                    let error = misfits(odd);
                    let own: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
                    assert_eq!(sorted(listed(&error)), sorted(own), "{name}: {error}");
                }
                let named: Vec<String> = variants.iter().map(|(name, _)| (*name).to_owned()).collect();
                let mut odd = full(shape, 0);
                odd[*tag] = json!("unheard-of");
                assert_eq!(sorted(listed(&misfits(odd))), sorted(named));
            }
            Shape::Object(fields) => {
                let mut odd = full(shape, 0);
                odd["unheard-of"] = json!(1);
                let known = sorted(listed(&misfits(odd)));
                assert_eq!(known, sorted(fields.iter().map(|field| field.name().to_owned()).collect()));
            }
            Shape::Either(_) | Shape::List(_) | Shape::Nested(_) | Shape::Map(_) => {}
        }
    });
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_shapes_know_every_field_and_word_that_the_types_know() {
    agrees::<Survey>(&SURVEY);
    agrees::<Theme>(&THEME);
}
