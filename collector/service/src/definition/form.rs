//! A definition as a form: each field of its shape becomes one that is named by the path by which faults name it, and what was typed
//! becomes a definition again. One that has faults is a definition too, so that nothing that was typed is lost.

use super::form_words::{Usual, heading, hint, item, label, option, usual};
use super::shape::{Field, Shape, below};
use rapport_shared::survey::Fault;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A part of the form.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The path of the field, which is the name of its input.
    pub path: String,
    /// The last part of the path.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What may stand in it; empty where the label says it.
    pub hint: &'static str,
    /// What is wrong with it.
    pub faults: Vec<String>,
    /// What it takes.
    pub body: Body,
}

/// What a part of the form takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A line of text.
    Line(String),
    /// Several lines.
    Lines(String),
    /// A number, as it was typed.
    Number(String),
    /// Yes or no.
    Flag(bool),
    /// One of some words, each with what people read; what was chosen.
    Choice(String, Vec<(String, String)>),
    /// Any of some words, each with what people read and whether it was chosen.
    Ticks(Vec<(String, String, bool)>),
    /// Fields that belong together.
    Group(Vec<Node>),
    /// Fields that may be there, and are not.
    Absent,
    /// Things in an order: each with its heading and its fields.
    Items(Vec<(Node, Vec<Node>)>),
}

impl Node {
    /// What is submitted of it, by its names: what a browser sends of what it shows.
    #[cfg(test)]
    pub fn submitted(&self) -> Vec<(String, String)> {
        let own = |value: &str| (self.path.clone(), value.to_owned());
        match &self.body {
            Body::Line(text) | Body::Lines(text) | Body::Number(text) | Body::Choice(text, _) => vec![own(text)],
            Body::Flag(is_on) => {
                if *is_on {
                    vec![own("off"), own("on")]
                } else {
                    vec![own("off")]
                }
            }
            Body::Ticks(ticks) => ticks.iter().filter(|(.., is_on)| *is_on).map(|(value, ..)| own(value)).collect(),
            Body::Group(nodes) => [own("")].into_iter().chain(nodes.iter().flat_map(Self::submitted)).collect(),
            Body::Absent => Vec::new(),
            Body::Items(items) => {
                let each = items.iter().flat_map(|(at, nodes)| {
                    [(at.path.clone(), String::new())].into_iter().chain(nodes.iter().flat_map(Self::submitted))
                });
                each.collect()
            }
        }
    }

    /// Every path that stands in it.
    pub fn paths<'a>(&'a self, found: &mut Vec<&'a str>) {
        found.push(&self.path);
        match &self.body {
            Body::Group(nodes) => nodes.iter().for_each(|node| node.paths(found)),
            Body::Items(items) => items.iter().for_each(|(at, nodes)| {
                found.push(&at.path);
                nodes.iter().for_each(|node| node.paths(found));
            }),
            _ => {}
        }
    }
}

/// The fields of a definition of that shape, by what stands in them and what is wrong with it.
pub fn nodes(shape: &Shape, value: &Value, faults: &[Fault]) -> Vec<Node> {
    match shape {
        Shape::Object(fields) => children(&fields.iter().collect::<Vec<_>>(), "", Some(value), faults),
        _ => Vec::new(),
    }
}

fn children(fields: &[&Field], path: &str, value: Option<&Value>, faults: &[Fault]) -> Vec<Node> {
    // Translations stand beside each other, and versions are counted by the collector.
    let shown = fields.iter().filter(|field| !["translations", "version"].contains(&field.name()));
    shown
        .map(|field| node(field, &below(path, field.name()), value.and_then(|value| value.get(field.name())), faults))
        .collect()
}

/// Text of a value as it was typed.
fn typed(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn wrong_at(path: &str, faults: &[Fault]) -> Vec<String> {
    faults.iter().filter(|fault| fault.field == path).map(|fault| fault.reason.clone()).collect()
}

fn node(field: &Field, path: &str, value: Option<&Value>, faults: &[Fault]) -> Node {
    let name = field.name();
    Node {
        path: path.to_owned(),
        name: name.to_owned(),
        label: label(name).to_owned(),
        hint: hint(path, name),
        faults: wrong_at(path, faults),
        body: body(field, path, value, faults),
    }
}

/// Words to choose from; what is there already stays one of them, though it is none.
fn choice(chosen: &str, words: impl Iterator<Item = &'static str>, name: &str, may_be_left_out: bool) -> Body {
    let none = may_be_left_out.then(|| (String::new(), option(name, "")));
    let mut options: Vec<_> = none.into_iter().chain(words.map(|word| (word.to_owned(), option(name, word)))).collect();
    if !options.iter().any(|(word, _)| word == chosen) {
        options.insert(0, (chosen.to_owned(), chosen.to_owned()));
    }
    Body::Choice(chosen.to_owned(), options)
}

fn body(field: &Field, path: &str, value: Option<&Value>, faults: &[Fault]) -> Body {
    let name = field.name();
    match field.shape() {
        Shape::Text if super::form_words::is_long(name) => Body::Lines(typed(value)),
        Shape::Text => Body::Line(typed(value)),
        Shape::Whole(..) => Body::Number(typed(value)),
        Shape::Flag => match (usual(name), value) {
            (Usual::Unsaid, _) => {
                let said = match value {
                    Some(Value::Bool(true)) => "on",
                    Some(Value::Bool(false)) => "off",
                    _ => "",
                };
                choice(said, ["on", "off"].into_iter(), name, true)
            }
            (_, Some(Value::Bool(is_on))) => Body::Flag(*is_on),
            (usual, _) => Body::Flag(usual == Usual::On),
        },
        Shape::OneOf(words) => choice(&typed(value), words.iter().copied(), name, !field.is_required()),
        Shape::List(Shape::Text) => {
            Body::Lines(list(value).iter().map(|one| typed(Some(one))).collect::<Vec<_>>().join("\n"))
        }
        Shape::List(Shape::List(Shape::Text)) => {
            let group = |one: &Value| list(Some(one)).iter().map(|id| typed(Some(id))).collect::<Vec<_>>().join(", ");
            Body::Lines(list(value).iter().map(group).collect::<Vec<_>>().join("\n"))
        }
        Shape::List(Shape::OneOf(words)) => ticks(words.iter().map(|word| (*word).to_owned()), name, value),
        Shape::List(Shape::Whole(least, most)) => ticks((*least..=*most).map(|number| number.to_string()), name, value),
        Shape::List(shape) => {
            let each = list(value).iter().enumerate().map(|(at, one)| {
                let path = format!("{path}[{at}]");
                let head = Node {
                    label: heading(name, at, one),
                    name: item(name).to_owned(),
                    hint: "",
                    faults: wrong_at(&path, faults),
                    body: Body::Absent,
                    path: path.clone(),
                };
                (head, fields_of(shape, &path, Some(one), faults))
            });
            Body::Items(each.collect())
        }
        Shape::Nested(shape) => match value {
            Some(value) if !value.is_null() => Body::Group(fields_of(shape, path, Some(value), faults)),
            _ => Body::Absent,
        },
        Shape::Map(_) => Body::Absent,
        shape @ Shape::Tagged { .. } => {
            let mut fields = fields_of(shape, path, value, faults);
            if let Some(Node { body: Body::Choice(chosen, options), .. }) = fields.first_mut() {
                // What was not chosen stands there already.
                options.retain(|(word, _)| !word.is_empty());
                options.insert(0, (String::new(), option(name, "")));
                debug_assert!(options.iter().any(|(word, _)| word == chosen), "{chosen}");
            }
            Body::Group(fields)
        }
        shape => Body::Group(fields_of(shape, path, value, faults)),
    }
}

fn ticks(words: impl Iterator<Item = String>, name: &str, value: Option<&Value>) -> Body {
    let chosen: Vec<String> = list(value).iter().map(|one| typed(Some(one))).collect();
    let tick = |word: String| (word.clone(), option(name, &word), chosen.contains(&word));
    Body::Ticks(words.map(tick).collect())
}

/// The fields of a shape that has some.
fn fields_of(shape: &Shape, path: &str, value: Option<&Value>, faults: &[Fault]) -> Vec<Node> {
    match shape {
        Shape::Object(fields) | Shape::Either(fields) => {
            children(&fields.iter().collect::<Vec<_>>(), path, value, faults)
        }
        Shape::Nested(shape) => fields_of(shape, path, value, faults),
        Shape::Tagged { tag, variants, shared } => {
            let chosen = typed(value.and_then(|value| value.get(*tag)));
            let at = below(path, tag);
            let decides = Node {
                name: (*tag).to_owned(),
                label: label(tag).to_owned(),
                hint: hint(&at, tag),
                faults: wrong_at(&at, faults),
                body: choice(&chosen, variants.iter().map(|(word, _)| *word), tag, false),
                path: at,
            };
            let own = variants.iter().find(|(word, _)| *word == chosen).map_or(&[][..], |(_, own)| *own);
            // What is asked, and what belongs to its kind, before what leads on from there.
            let (first, later): (Vec<&Field>, Vec<&Field>) =
                shared.iter().partition(|field| !["required", "when", "branches"].contains(&field.name()));
            let fields: Vec<&Field> = first.into_iter().chain(own).chain(later).collect();
            [decides].into_iter().chain(children(&fields, path, value, faults)).collect()
        }
        _ => Vec::new(),
    }
}

/// What was submitted, by the names of the inputs.
pub struct Submission(BTreeMap<String, Vec<String>>);

impl Submission {
    /// Of the fields of a form.
    pub fn new(fields: &[(String, String)]) -> Self {
        let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in fields {
            by_name.entry(name.clone()).or_default().push(value.clone());
        }
        Self(by_name)
    }

    /// The definition of that shape that was typed.
    pub fn definition(&self, shape: &Shape) -> Value {
        self.value(shape, "", "", true).unwrap_or_default()
    }

    fn all(&self, path: &str) -> &[String] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.all(path).last().map(String::as_str).filter(|text| !text.is_empty())
    }

    fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn value(&self, shape: &Shape, path: &str, name: &str, is_required: bool) -> Option<Value> {
        let filled = |values: Vec<Value>| (is_required || !values.is_empty()).then_some(Value::Array(values));
        match shape {
            Shape::Text | Shape::OneOf(_) => self.text(path).map(Value::from),
            Shape::Whole(..) => self.text(path).map(number),
            Shape::Flag => {
                let is_on = self.all(path).iter().any(|value| value == "on");
                match usual(name) {
                    Usual::Unsaid => self.text(path).map(|_| is_on.into()),
                    usual => (is_on != (usual == Usual::On)).then(|| is_on.into()).filter(|_| self.has(path)),
                }
            }
            Shape::List(Shape::Text) => filled(self.lines(path).map(Value::from).collect()),
            Shape::List(Shape::List(Shape::Text)) => {
                let ids = |line: &str| -> Value {
                    line.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Value::from).collect()
                };
                filled(self.lines(path).map(ids).collect())
            }
            Shape::List(Shape::OneOf(_)) => {
                filled(self.all(path).iter().map(|one| Value::from(one.as_str())).collect())
            }
            Shape::List(Shape::Whole(..)) => filled(self.all(path).iter().map(|one| number(one)).collect()),
            Shape::List(shape) => {
                let places = (0..).map(|at| format!("{path}[{at}]")).take_while(|path| self.has(path));
                filled(
                    places
                        .map(|path| self.value(shape, &path, name, true).unwrap_or_else(|| Map::new().into()))
                        .collect(),
                )
            }
            Shape::Map(_) => self.translations(path),
            Shape::Nested(shape) if path.is_empty() || is_required => self.value(shape, path, name, is_required),
            Shape::Nested(shape) => self.has(path).then(|| self.value(shape, path, name, true).unwrap_or_default()),
            Shape::Object(fields) | Shape::Either(fields) => {
                let read = self.fields(&fields.iter().collect::<Vec<_>>(), path);
                (is_required || !read.is_empty()).then(|| read.into())
            }
            Shape::Tagged { tag, variants, shared } => {
                let chosen = self.text(&below(path, tag));
                let own = variants.iter().find(|(word, _)| Some(*word) == chosen).map_or(&[][..], |(_, own)| *own);
                let mut read = self.fields(&shared.iter().chain(own).collect::<Vec<_>>(), path);
                match chosen {
                    Some(word) => read.insert((*tag).to_owned(), word.into()),
                    None if !is_required => return None,
                    None => None,
                };
                Some(read.into())
            }
        }
    }

    fn fields(&self, fields: &[&Field], path: &str) -> Map<String, Value> {
        let read = |field: &&Field| {
            let name = field.name();
            // What is required and empty is missing, but for a list, which may have too few.
            let value = self.value(field.shape(), &below(path, name), name, field.is_required())?;
            Some((name.to_owned(), value))
        };
        fields.iter().filter_map(read).collect()
    }

    fn lines(&self, path: &str) -> impl Iterator<Item = &str> {
        self.text(path).unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// Languages, each with its texts by their paths: `translations.de.questions.likely.text`.
    fn translations(&self, path: &str) -> Option<Value> {
        let below = format!("{path}.");
        let mut languages: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for (name, values) in self.0.range(below.clone()..).take_while(|(name, _)| name.starts_with(&below)) {
            match name[below.len()..].split_once('.') {
                None => drop(languages.entry(&name[below.len()..]).or_default()),
                Some((tag, of)) => {
                    let text = values.last().filter(|text| !text.is_empty());
                    languages.entry(tag).or_default().extend(text.map(|text| (of.to_owned(), text.as_str().into())));
                }
            }
        }
        let whole: Map<String, Value> =
            languages.into_iter().map(|(tag, texts)| (tag.to_owned(), texts.into())).collect();
        (!whole.is_empty()).then(|| whole.into())
    }
}

/// A number where it is one, else what was typed, whose fault is told.
fn number(typed: &str) -> Value {
    let typed = typed.trim();
    typed.parse::<i64>().map_or_else(|_| typed.into(), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{self, survey::SURVEY};
    use rapport_shared::survey::Survey;
    use serde_json::json;

    /// What a browser sends of the form of a definition, translations included.
    fn sent(value: &Value) -> Vec<(String, String)> {
        let mut fields: Vec<_> = nodes(&SURVEY, value, &[]).iter().flat_map(Node::submitted).collect();
        for (tag, texts) in value["translations"].as_object().into_iter().flatten() {
            fields.push((format!("translations.{tag}"), String::new()));
            for (path, text) in texts.as_object().into_iter().flatten() {
                fields.push((format!("translations.{tag}.{path}"), text.as_str().unwrap_or_default().to_owned()));
            }
        }
        fields
    }

    #[test]
    fn every_survey_that_we_ship_comes_out_of_its_form_as_it_went_in() {
        let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let mut files: Vec<_> = crate::definition::pool::names().filter_map(crate::definition::pool::text).collect();
        for folder in ["examples/shop/surveys", "tests/surveys", "examples/kinds"] {
            let found = std::fs::read_dir(format!("{workspace}/{folder}")).into_iter().flatten();
            files.extend(found.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok()));
        }
        assert!(files.len() > 15, "{}", files.len());
        for text in files {
            let Ok(survey) = definition::survey(&text) else { continue };
            for value in [serde_json::from_str(&text).unwrap(), serde_json::to_value(&survey).unwrap()] {
                let read = Submission::new(&sent(&value)).definition(&SURVEY);
                let again: Survey =
                    serde_json::from_value(read.clone()).unwrap_or_else(|error| panic!("{error}: {read}"));
                assert_eq!(again, survey, "{read}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_stays_as_it_was_typed_and_its_fault_stands_beside_it() {
        let fields = [
            ("id", "Mine"),
            ("name", ""),
            ("title", "Ask"),
            ("quota", "many"),
            ("questions[0]", ""),
            ("questions[0].kind", "csat"),
            ("questions[0].text", "How?"),
            ("questions[0].display", "hearts"),
            ("target.weekdays", ""),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let value = Submission::new(&fields).definition(&SURVEY);
        assert_eq!(value["quota"], json!("many"));
        let faults = definition::survey(&value.to_string()).unwrap_err();
        let drawn = nodes(&SURVEY, &value, &faults);
        let quota = drawn.iter().find(|node| node.path == "quota").unwrap();
        assert_eq!((&quota.body, quota.faults.len()), (&Body::Number("many".into()), 1));
        let mut paths = Vec::new();
        drawn.iter().for_each(|node| node.paths(&mut paths));
        for fault in &faults {
            assert!(paths.contains(&&*fault.field), "{fault} stands nowhere");
        }
        assert!(faults.iter().any(|fault| fault.field == "questions[0].display"), "{faults:?}");
    }

    #[test]
    fn a_condition_within_a_condition_is_kept() {
        let value = json!({
            "id": "a", "name": "A", "title": "A", "questions": [
                { "id": "q", "kind": "nps", "text": "How?", "required": true },
                { "id": "r", "kind": "open-text", "text": "Why?", "when": [
                    { "any": [{ "answer": "q", "at_most": 6 }, { "not": { "trait": "plan", "is": "free" } }] },
                    { "answer": "q", "given": false },
                ] },
            ],
            "back": false, "cooldown_days": 0,
            "target": { "devices": ["mobile"], "schedule": { "weekdays": [1, 7] }, "pages": [{ "glob": "/a/*" }] },
        });
        assert_eq!(Submission::new(&sent(&value)).definition(&SURVEY), value);
    }
}
