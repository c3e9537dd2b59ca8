//! What a JSON document may look like, field by field: every misfit is told by its path and in plain words, all at once.
//!
//! Serde stops at the first misfit, and of a variant that is told by a field it knows no path; so shapes stand beside the
//! types. Tests hold the two together.

use rapport_shared::survey::Fault;
use serde_json::{Map, Value};

/// What a value may be.
pub enum Shape {
    /// Words.
    Text,
    /// True or false.
    Flag,
    /// A whole number of this range.
    Whole(i64, i64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of such values.
    List(&'static Shape),
    /// What is described elsewhere, maybe around it.
    Nested(&'static Shape),
    /// Names of one's own with such values.
    Map(&'static Shape),
    /// These fields, all of which have to be known.
    Object(&'static [Field]),
    /// Exactly one of these fields.
    Either(&'static [Field]),
    /// Fields that depend on one of them.
    Tagged {
        /// The field that decides.
        tag: &'static str,
        /// Its values, each with the fields it brings.
        variants: &'static [(&'static str, &'static [Field])],
        /// Fields that stand in each.
        shared: &'static [Field],
    },
}

/// A field of an object.
pub struct Field {
    name: &'static str,
    shape: Shape,
    presence: Presence,
}

#[derive(Clone, Copy, PartialEq)]
enum Presence {
    Required,
    Optional,
    /// May be left out or be `null`.
    Nullable,
}

impl Field {
    /// One that has to be there.
    pub const fn required(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, presence: Presence::Required }
    }

    /// One that may be left out.
    pub const fn optional(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, presence: Presence::Optional }
    }

    /// One that may be left out, or be `null`.
    pub const fn nullable(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, presence: Presence::Nullable }
    }

    /// Its name.
    #[cfg(test)]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What stands in it.
    #[cfg(test)]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// Most characters of a name that nobody knows which are told.
const TOLD_CHARACTERS: usize = 40;

impl Shape {
    /// Every misfit of a value at this path; the whole document's path is empty.
    pub fn faults(&self, path: &str, value: &Value) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.check(path, value, &mut faults);
        faults
    }

    fn check(&self, path: &str, value: &Value, faults: &mut Vec<Fault>) {
        let mut misfit = |reason: String| faults.push(Fault::new(path, reason));
        match (self, value) {
            (Self::Text, Value::String(_)) | (Self::Flag, Value::Bool(_)) => {}
            (Self::Text, _) => misfit("must be text".into()),
            (Self::Flag, _) => misfit("must be true or false".into()),
            (Self::Whole(least, most), _) => {
                if !value.as_i64().is_some_and(|number| (*least..=*most).contains(&number)) {
                    misfit(format!("must be a whole number from {least} to {most}"));
                }
            }
            (Self::OneOf(words), _) => {
                if !value.as_str().is_some_and(|word| words.contains(&word)) {
                    misfit(format!("must be {}", any_of(words.iter().copied())));
                }
            }
            (Self::Nested(shape), _) => shape.check(path, value, faults),
            (Self::List(shape), Value::Array(list)) => {
                for (at, value) in list.iter().enumerate() {
                    shape.check(&format!("{path}[{at}]"), value, faults);
                }
            }
            (Self::List(_), _) => misfit("must be a list".into()),
            (Self::Map(shape), Value::Object(map)) => {
                for (name, value) in map {
                    shape.check(&below(path, &told(name)), value, faults);
                }
            }
            (Self::Object(fields), Value::Object(map)) => {
                check_fields(path, map, &fields.iter().collect::<Vec<_>>(), faults);
            }
            (Self::Either(fields), Value::Object(map)) => {
                if map.len() != 1 {
                    let names = any_of(fields.iter().map(|field| field.name));
                    return misfit(format!("must have exactly one field: {names}"));
                }
                check_fields(path, map, &fields.iter().collect::<Vec<_>>(), faults);
            }
            (Self::Tagged { tag, variants, shared }, Value::Object(map)) => {
                let names = || any_of(variants.iter().map(|(name, _)| *name));
                let chosen = map.get(*tag).and_then(Value::as_str);
                match variants.iter().find(|(name, _)| Some(*name) == chosen) {
                    Some((_, fields)) => {
                        let tag = Field::required(tag, Shape::Text);
                        let fields: Vec<&Field> = [&tag].into_iter().chain(*shared).chain(*fields).collect();
                        check_fields(path, map, &fields, faults);
                    }
                    None if map.contains_key(*tag) => {
                        faults.push(Fault::new(below(path, tag), format!("must be {}", names())));
                    }
                    None => faults.push(Fault::new(below(path, tag), format!("is missing: {}", names()))),
                }
            }
            (Self::Map(_) | Self::Object(_) | Self::Either(_) | Self::Tagged { .. }, _) => {
                misfit("must be an object: { … }".into());
            }
        }
    }
}

fn check_fields(path: &str, map: &Map<String, Value>, fields: &[&Field], faults: &mut Vec<Fault>) {
    for field in fields {
        match map.get(field.name) {
            Some(Value::Null) if field.presence == Presence::Nullable => {}
            Some(value) => field.shape.check(&below(path, field.name), value, faults),
            None if field.presence == Presence::Required => {
                faults.push(Fault::new(below(path, field.name), "is missing"));
            }
            None => {}
        }
    }
    for name in map.keys().filter(|name| !fields.iter().any(|field| field.name == **name)) {
        let known = any_of(fields.iter().map(|field| field.name));
        faults.push(Fault::new(below(path, &told(name)), format!("is not known here: must be {known}")));
    }
}

/// The path of a field.
pub fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn told(name: &str) -> String {
    name.chars().take(TOLD_CHARACTERS).collect()
}

fn any_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    match &words[..] {
        [only] => (*only).to_owned(),
        words => format!("one of {}", words.join(", ")),
    }
}
