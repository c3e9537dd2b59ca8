//! What a JSON document may look like, field by field: every misfit is told by its path and in plain words, all at once.
//!
//! Serde stops at the first misfit, and of a variant that is told by a field it knows no path; so shapes stand beside the
//! types. Tests hold the two together. What fits is read although something else does not, so that it can be judged too.

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
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What stands in it.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether it has to be there.
    pub fn is_required(&self) -> bool {
        self.presence == Presence::Required
    }
}

/// Most characters of a name that nobody knows which are told.
const TOLD_CHARACTERS: usize = 40;

impl Shape {
    /// A value of this shape, and every misfit of the value that was given, by its path. Where nothing fits there stands
    /// what can at least be read; what may be left out and does not fit is left out.
    pub fn read(&self, value: &Value) -> (Value, Vec<Fault>) {
        let mut faults = Vec::new();
        let read = self.read_at("", value, &mut faults);
        (read, faults)
    }

    fn read_at(&self, path: &str, value: &Value, faults: &mut Vec<Fault>) -> Value {
        match (self, value) {
            (Self::Nested(shape), _) => shape.read_at(path, value, faults),
            (Self::List(shape), Value::Array(list)) => {
                // Each keeps its place, since paths count places.
                let each = list.iter().enumerate();
                each.map(|(at, value)| shape.read_at(&format!("{path}[{at}]"), value, faults)).collect()
            }
            (Self::Map(shape), Value::Object(map)) => {
                let each = map.iter();
                each.map(|(name, value)| (name.clone(), shape.read_at(&below(path, &told(name)), value, faults)))
                    .collect()
            }
            (Self::Object(fields), Value::Object(map)) => {
                read_fields(path, map, &fields.iter().collect::<Vec<_>>(), faults).into()
            }
            (Self::Either(fields), Value::Object(map)) if map.len() == 1 => {
                let read = read_fields(path, map, &fields.iter().collect::<Vec<_>>(), faults);
                if read.len() == 1 { read.into() } else { self.readable() }
            }
            (Self::Tagged { tag, variants, shared }, Value::Object(map)) => {
                let names = || any_of(variants.iter().map(|(name, _)| *name));
                let chosen = map.get(*tag).and_then(Value::as_str);
                let decides = Field::required(tag, Shape::Text);
                let fields = |own: &'static [Field]| -> Vec<&Field> {
                    [&decides].into_iter().chain(*shared).chain(own).collect()
                };
                if let Some((_, own)) = variants.iter().find(|(name, _)| Some(*name) == chosen) {
                    return read_fields(path, map, &fields(own), faults).into();
                }
                let reason = if map.contains_key(*tag) { "must be" } else { "is missing:" };
                faults.push(Fault::new(below(path, tag), format!("{reason} {}", names())));
                // Which others there may be nobody knows.
                let mut known = map.clone();
                known.retain(|name, _| shared.iter().any(|field| field.name == name));
                known.insert((*tag).to_owned(), variants[0].0.into());
                read_fields(path, &known, &fields(variants[0].1), faults).into()
            }
            _ if self.fits(value) => value.clone(),
            _ => {
                faults.push(Fault::new(path, self.demand()));
                self.readable()
            }
        }
    }

    /// Whether a value is of this shape, its own fields and entries aside.
    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Whole(least, most) => value.as_i64().is_some_and(|number| (*least..=*most).contains(&number)),
            Self::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::List(_) => value.is_array(),
            Self::Nested(shape) => shape.fits(value),
            Self::Map(_) | Self::Object(_) | Self::Tagged { .. } => value.is_object(),
            Self::Either(_) => value.as_object().is_some_and(|map| map.len() == 1),
        }
    }

    /// What is asked of a value that does not fit.
    fn demand(&self) -> String {
        match self {
            Self::Text => "must be text".into(),
            Self::Flag => "must be true or false".into(),
            Self::Whole(least, most) => format!("must be a whole number from {least} to {most}"),
            Self::OneOf(words) => format!("must be {}", any_of(words.iter().copied())),
            Self::List(_) => "must be a list".into(),
            Self::Nested(shape) => shape.demand(),
            Self::Either(fields) => {
                format!("must have exactly one field: {}", any_of(fields.iter().map(|field| field.name)))
            }
            Self::Map(_) | Self::Object(_) | Self::Tagged { .. } => "must be an object: { … }".into(),
        }
    }

    /// The least value of this shape.
    fn readable(&self) -> Value {
        let required = |fields: &mut dyn Iterator<Item = &Field>| -> Map<String, Value> {
            let required = fields.filter(|field| field.presence == Presence::Required);
            required.map(|field| (field.name.to_owned(), field.shape.readable())).collect()
        };
        match self {
            // A path of pages too, since those are judged beside each other.
            Self::Text => "/".into(),
            Self::Flag => false.into(),
            Self::Whole(least, _) => (*least).into(),
            Self::OneOf(words) => words[0].into(),
            Self::List(_) => Value::Array(Vec::new()),
            Self::Nested(shape) => shape.readable(),
            Self::Map(_) => Map::new().into(),
            Self::Object(fields) => required(&mut fields.iter()).into(),
            Self::Either(fields) => Map::from_iter([(fields[0].name.to_owned(), fields[0].shape.readable())]).into(),
            Self::Tagged { tag, variants, shared } => {
                let mut object = required(&mut shared.iter().chain(variants[0].1));
                object.insert((*tag).to_owned(), variants[0].0.into());
                object.into()
            }
        }
    }
}

fn read_fields(path: &str, map: &Map<String, Value>, fields: &[&Field], faults: &mut Vec<Fault>) -> Map<String, Value> {
    let mut read = Map::new();
    for field in fields {
        let at = below(path, field.name);
        let value = match map.get(field.name) {
            Some(Value::Null) if field.presence == Presence::Nullable => None,
            Some(value) => {
                let read = field.shape.read_at(&at, value, faults);
                (field.presence == Presence::Required || field.shape.fits(value)).then_some(read)
            }
            None if field.presence == Presence::Required => {
                faults.push(Fault::new(at, "is missing"));
                Some(field.shape.readable())
            }
            None => None,
        };
        read.extend(value.map(|value| (field.name.to_owned(), value)));
    }
    for name in map.keys().filter(|name| !fields.iter().any(|field| field.name == **name)) {
        let known = any_of(fields.iter().map(|field| field.name));
        faults.push(Fault::new(below(path, &told(name)), format!("is not known here: must be {known}")));
    }
    read
}

/// The path of a field.
pub fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn told(name: &str) -> String {
    rapport_store::text::beginning(name.to_owned(), TOLD_CHARACTERS)
}

fn any_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    match &words[..] {
        [only] => (*only).to_owned(),
        words => format!("one of {}", words.join(", ")),
    }
}
