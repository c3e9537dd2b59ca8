//! Changes of a definition's order: things that are added, removed and moved, by the path at which they stand.

use super::form_words::{NO_ITEM, item};
use serde_json::{Map, Value, json};

/// What a button of the form asks for besides saving what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Adds a thing to the list at a path; a question of a kind.
    Add(String, String),
    /// Removes the thing at a path.
    Remove(String),
    /// Moves it before the one before it.
    Up(String),
    /// Moves it behind the next.
    Down(String),
    /// Moves it to the place of another of its list.
    Move(String, String),
    /// Gives what was left out a place to be filled in.
    Fill(String),
    /// Adds a language.
    AddLanguage(String),
    /// Removes a language with its texts.
    RemoveLanguage(String),
}

impl Act {
    /// What a button says: `up questions[1]`; `more` is what was chosen beside it.
    pub fn parse(word: &str, more: &str) -> Option<Self> {
        let (act, path) = word.split_once(' ')?;
        let path = path.to_owned();
        Some(match act {
            "add" => Self::Add(path, more.to_owned()),
            "remove" => Self::Remove(path),
            "up" => Self::Up(path),
            "down" => Self::Down(path),
            "move" => {
                let (path, to) = path.split_once(' ')?;
                Self::Move(path.to_owned(), to.to_owned())
            }
            "fill" => Self::Fill(path),
            "add-language" => Self::AddLanguage(more.trim().to_owned()),
            "remove-language" => Self::RemoveLanguage(path),
            _ => return None,
        })
    }

    /// Makes the change, and tells the path at which one goes on; nothing is changed where there is no such place.
    pub fn make(&self, definition: &mut Value) -> Option<String> {
        match self {
            Self::Add(path, kind) => add(definition, path, kind),
            Self::Remove(path) => {
                let (list, at) = split(path)?;
                match at {
                    Some(at) => {
                        let things = place(definition, list)?.as_array_mut()?;
                        (at < things.len()).then(|| things.remove(at))?;
                    }
                    None => {
                        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
                        place(definition, parent)?.as_object_mut()?.remove(name)?;
                    }
                }
                Some(list.to_owned())
            }
            Self::Up(path) => swap(definition, path, |at| at.checked_sub(1)),
            Self::Down(path) => swap(definition, path, |at| at.checked_add(1)),
            Self::Move(path, to) => {
                let ((list, at), (same, to)) = (split(path)?, split(to)?);
                let things = place(definition, list)?.as_array_mut()?;
                let (at, to) = (at?, to?);
                if list != same || at >= things.len() || to >= things.len() {
                    return None;
                }
                let thing = things.remove(at);
                things.insert(to, thing);
                Some(format!("{list}[{to}]"))
            }
            Self::Fill(path) => {
                let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
                place(definition, parent)?.as_object_mut()?.insert(name.to_owned(), json!({}));
                Some(path.clone())
            }
            Self::AddLanguage(tag) => {
                if tag.is_empty() || tag.contains('.') {
                    return None;
                }
                let object = definition.as_object_mut()?;
                let languages = object.entry("translations").or_insert_with(|| Map::new().into()).as_object_mut()?;
                languages.entry(tag.as_str()).or_insert_with(|| Map::new().into());
                Some("translations".to_owned())
            }
            Self::RemoveLanguage(tag) => {
                let languages = definition.get_mut("translations")?.as_object_mut()?;
                languages.remove(tag)?;
                Some("translations".to_owned())
            }
        }
    }
}

/// Steps of a path: names, and places in lists.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty())
}

/// What stands at a path.
fn place<'a>(definition: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    steps(path).try_fold(definition, |at, step| match at {
        Value::Array(things) => things.get_mut(step.parse::<usize>().ok()?),
        other => other.get_mut(step),
    })
}

/// The list of a thing, and its place there; none where it is the only one.
fn split(path: &str) -> Option<(&str, Option<usize>)> {
    match path.strip_suffix(']').and_then(|path| path.rsplit_once('[')) {
        Some((list, at)) => Some((list, Some(at.parse().ok()?))),
        None => Some((path, None)),
    }
}

fn swap(definition: &mut Value, path: &str, to: impl Fn(usize) -> Option<usize>) -> Option<String> {
    let (list, at) = split(path)?;
    let things = place(definition, list)?.as_array_mut()?;
    let (at, to) = (at?, to(at?)?);
    if at >= things.len() || to >= things.len() {
        return None;
    }
    things.swap(at, to);
    Some(format!("{list}[{to}]"))
}

fn add(definition: &mut Value, path: &str, kind: &str) -> Option<String> {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    if item(name) == NO_ITEM {
        return None;
    }
    let list = place(definition, parent)?.as_object_mut()?.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    let things = list.as_array_mut()?;
    let mut thing = Map::new();
    if matches!(name, "questions" | "choices" | "rows" | "statements" | "ends") {
        thing.insert("id".to_owned(), free_id(things, item(name)).into());
    }
    if name == "questions" {
        thing.insert("kind".to_owned(), if kind.is_empty() { "open-text" } else { kind }.into());
        if matches!(kind, "multiple-choice-single" | "multiple-choice-multi" | "ranking") {
            thing.insert("choices".to_owned(), json!([{ "id": "choice-1" }, { "id": "choice-2" }]));
        }
        if kind == "matrix" {
            thing.insert("rows".to_owned(), json!([{ "id": "row-1" }, { "id": "row-2" }]));
        }
    }
    things.push(thing.into());
    Some(format!("{path}[{}]", things.len() - 1))
}

/// An id that nothing of a list has.
fn free_id(things: &[Value], item: &str) -> String {
    let is_free = |id: &String| !things.iter().any(|thing| thing["id"] == **id);
    (things.len() + 1..).map(|number| format!("{item}-{number}")).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(definition: &Value, word: &str, more: &str) -> (Value, Option<String>) {
        let mut definition = definition.clone();
        let at = Act::parse(word, more).expect("a word").make(&mut definition);
        (definition, at)
    }

    #[test]
    fn things_are_added_removed_and_moved() {
        let one =
            json!({ "questions": [{ "id": "a", "choices": [{ "id": "x" }, { "id": "y" }] }, { "id": "question-3" }] });
        let (added, at) = made(&one, "add questions", "ranking");
        assert_eq!(at.as_deref(), Some("questions[2]"));
        assert_eq!(
            (&added["questions"][2]["id"], &added["questions"][2]["kind"]),
            (&json!("question-4"), &json!("ranking"))
        );
        let (moved, at) = made(&one, "up questions[1]", "");
        assert_eq!((at.as_deref(), &moved["questions"][0]["id"]), (Some("questions[0]"), &json!("question-3")));
        let (moved, at) = made(&one, "down questions[0].choices[0]", "");
        assert_eq!(
            (at.as_deref(), &moved["questions"][0]["choices"][0]["id"]),
            (Some("questions[0].choices[1]"), &json!("y"))
        );
        let three = json!({ "questions": [{ "id": "a" }, { "id": "b" }, { "id": "c" }] });
        for (word, order) in [
            ("move questions[0] questions[2]", ["b", "c", "a"]),
            ("move questions[2] questions[0]", ["c", "a", "b"]),
            ("move questions[1] questions[1]", ["a", "b", "c"]),
        ] {
            let moved = made(&three, word, "").0;
            assert_eq!(
                moved["questions"],
                order.map(|id| json!({ "id": id })).into_iter().collect::<Value>(),
                "{word}"
            );
        }
        let (removed, at) = made(&one, "remove questions[0].choices[1]", "");
        assert_eq!(
            (at.as_deref(), &removed["questions"][0]["choices"]),
            (Some("questions[0].choices"), &json!([{ "id": "x" }]))
        );
        let (filled, _) = made(&one, "add questions[1].when", "");
        assert_eq!(filled["questions"][1]["when"], json!([{}]));
        let (filled, _) = made(&filled, "fill questions[1].when[0].not", "");
        assert_eq!(filled["questions"][1]["when"], json!([{ "not": {} }]));
        assert_eq!(made(&filled, "remove questions[1].when[0].not", "").0["questions"][1]["when"], json!([{}]));
        for (word, more) in [
            ("up questions[0]", ""),
            ("down questions[1]", ""),
            ("remove questions[7]", ""),
            ("remove nothing", ""),
            ("add title", ""),
            ("up questions", ""),
            ("move questions[0] questions[7]", ""),
            ("move questions[0] questions[0].choices[1]", ""),
            ("down questions[18446744073709551615]", ""),
            ("add-language x", ""),
            ("add-language x", "a.b"),
        ] {
            assert_eq!(made(&one, word, more), (one.clone(), None), "{word}");
        }
        assert_eq!(Act::parse("publish", ""), None);
    }
}
