//! What names a part of a definition follows it: to its new id, and away with it.

use super::readable_survey;
use serde_json::Value;

/// The id of what has none, as a shape that cannot be read has it.
const NO_ID: &str = "/";

/// Lists of a question whose things have ids and texts.
const LISTS: [&str; 3] = ["choices", "rows", "statements"];

/// Names of before, each with that of now.
#[derive(Default)]
struct Renamed {
    /// Questions, and rows as `question.row`.
    answers: Vec<(String, String)>,
    /// Questions by their ids of before, with an id of a choice before and now.
    choices: Vec<(String, String, String)>,
    /// Paths by which translations name texts; the longest first.
    texts: Vec<(String, String)>,
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap_or(NO_ID)
}

/// Things that kept their places; none where some were added or removed.
fn pairs<'a>(before: &'a Value, after: &'a Value) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let list = |value: &'a Value| value.as_array().map_or(&[][..], Vec::as_slice);
    let (old, new) = (list(before), list(after));
    let of_one_length = if old.len() == new.len() { old.len() } else { 0 };
    old.iter().zip(new).take(of_one_length)
}

impl Renamed {
    fn between(before: &Value, after: &Value) -> Self {
        let mut renamed = Self::default();
        for (old, new) in pairs(&before["questions"], &after["questions"]) {
            let (old_id, new_id) = (id(old), id(new));
            for list in LISTS {
                for (old, new) in pairs(&old[list], &new[list]) {
                    if id(old) == id(new) {
                        continue;
                    }
                    renamed.texts.push((
                        format!("questions.{old_id}.{list}.{}", id(old)),
                        format!("questions.{new_id}.{list}.{}", id(new)),
                    ));
                    if list == "choices" {
                        renamed.choices.push((old_id.to_owned(), id(old).to_owned(), id(new).to_owned()));
                    } else {
                        renamed.answers.push((format!("{old_id}.{}", id(old)), format!("{new_id}.{}", id(new))));
                    }
                }
            }
            if old_id != new_id {
                renamed.texts.push((format!("questions.{old_id}"), format!("questions.{new_id}")));
                renamed.answers.push((old_id.to_owned(), new_id.to_owned()));
            }
        }
        for (old, new) in pairs(&before["ends"], &after["ends"]) {
            if id(old) != id(new) {
                renamed.texts.push((format!("ends.{}", id(old)), format!("ends.{}", id(new))));
            }
        }
        renamed
    }

    /// What a name is now: one of a part follows its whole.
    fn now(names: &[(String, String)], name: &str) -> Option<String> {
        names.iter().find_map(|(old, new)| {
            let rest = name.strip_prefix(&**old)?;
            (rest.is_empty() || rest.starts_with('.')).then(|| format!("{new}{rest}"))
        })
    }

    /// Texts with the placeholders of now.
    fn filled(&self, text: &str) -> Option<String> {
        const OPENS: &str = "{{answer:";
        let mut parts = text.split(OPENS);
        let mut now = parts.next()?.to_owned();
        for part in parts {
            let name = &part[..part.find(['|', '}']).unwrap_or(0)];
            now += OPENS;
            now += &Self::now(&self.answers, name).unwrap_or_else(|| name.to_owned());
            now += &part[name.len()..];
        }
        (now != text).then_some(now)
    }

    /// Follows in all that stands in a value.
    fn follow(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(now) = self.filled(text) {
                    *text = now;
                }
            }
            Value::Array(things) => things.iter_mut().for_each(|thing| self.follow(thing)),
            Value::Object(fields) => {
                let asked = fields.get("answer").and_then(Value::as_str).map(str::to_owned);
                for (name, value) in fields {
                    let said = value.as_str();
                    let now = match (&**name, said, &asked) {
                        ("answer" | "skip_to", Some(said), _) => Self::now(&self.answers, said),
                        ("is" | "includes", Some(said), Some(asked)) => {
                            let known = self.choices.iter().find(|(of, old, _)| of == asked && old == said);
                            known.map(|(.., new)| new.clone())
                        }
                        _ => None,
                    };
                    match now {
                        Some(now) => *value = now.into(),
                        None => self.follow(value),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Gives everything that names questions, rows, choices and ends their new ids: conditions, ways, orders, placeholders and
/// translations. What kept its place is the same thing, whatever it is called.
pub fn follow_ids(before: &Value, after: &mut Value) {
    let renamed = Renamed::between(before, after);
    if renamed.texts.is_empty() {
        return;
    }
    renamed.follow(after);
    let groups = after.get_mut("random_groups").and_then(Value::as_array_mut).into_iter().flatten();
    for id in groups.filter_map(Value::as_array_mut).flatten() {
        if let Some(now) = id.as_str().and_then(|id| Renamed::now(&renamed.answers, id)) {
            *id = now.into();
        }
    }
    let languages = after.get_mut("translations").and_then(Value::as_object_mut);
    for texts in languages.into_iter().flat_map(|languages| languages.values_mut()).filter_map(Value::as_object_mut) {
        let kept = std::mem::take(texts);
        let called = |path: String| Renamed::now(&renamed.texts, &path).unwrap_or(path);
        texts.extend(kept.into_iter().map(|(path, text)| (called(path), text)));
    }
}

/// Takes away translations of texts that are gone, which no form shows and nobody could take away.
pub fn drop_gone_texts(definition: &mut Value) {
    let Some(survey) = readable_survey(definition) else { return };
    let texts = survey.texts();
    let languages = definition.get_mut("translations").and_then(Value::as_object_mut);
    for own in languages.into_iter().flat_map(|languages| languages.values_mut()).filter_map(Value::as_object_mut) {
        own.retain(|path, _| texts.iter().any(|(known, _)| known == path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition;
    use serde_json::json;

    fn survey() -> Value {
        json!({
            "id": "s", "name": "S", "title": "S", "language": "en",
            "questions": [
                { "id": "a", "kind": "multiple-choice-single", "text": "Which?", "required": true,
                  "choices": [{ "id": "x", "label": "X" }, { "id": "y", "label": "Y" }],
                  "branches": [{ "when": [{ "answer": "a", "is": "x" }], "skip_to": "c" }] },
                { "id": "b", "kind": "matrix", "text": "How, after {{answer:a}}?",
                  "rows": [{ "id": "speed", "label": "Speed" }, { "id": "price", "label": "Price" }] },
                { "id": "c", "kind": "open-text", "text": "Why {{answer:a|that}}?",
                  "when": [{ "any": [{ "not": { "answer": "a", "is": "y" } }, { "answer": "b.speed", "at_most": 2 }] }] },
            ],
            "ends": [{ "id": "e", "when": [{ "answer": "a", "is": "x" }], "title": "Thanks" }],
            "translations": { "de": {
                "questions.a.text": "Was?", "questions.a.choices.x": "X!", "questions.b.rows.speed": "Tempo",
                "questions.c.text": "Warum {{answer:a}}?", "ends.e.title": "Danke",
            } },
        })
    }

    #[test]
    fn conditions_ways_texts_and_translations_named_an_id_that_was_no_more() {
        let before = survey();
        let mut after = before.clone();
        after["questions"][0]["id"] = json!("which");
        after["questions"][0]["choices"][0]["id"] = json!("first");
        after["questions"][1]["rows"][0]["id"] = json!("pace");
        after["questions"][2]["id"] = json!("why");
        after["ends"][0]["id"] = json!("end");
        follow_ids(&before, &mut after);
        assert_eq!(definition::survey(&after.to_string()).err(), None, "{after:#}");
        let [which, how, why] = [0, 1, 2].map(|at| &after["questions"][at]);
        assert_eq!(which["branches"], json!([{ "when": [{ "answer": "which", "is": "first" }], "skip_to": "why" }]));
        assert_eq!(how["text"], "How, after {{answer:which}}?");
        assert_eq!(why["text"], "Why {{answer:which|that}}?");
        assert_eq!(why["when"][0]["any"][0]["not"], json!({ "answer": "which", "is": "y" }));
        assert_eq!(why["when"][0]["any"][1]["answer"], "b.pace");
        assert_eq!(after["ends"][0]["when"][0], json!({ "answer": "which", "is": "first" }));
        let texts = json!({
            "questions.which.text": "Was?", "questions.which.choices.first": "X!", "questions.b.rows.pace": "Tempo",
            "questions.why.text": "Warum {{answer:which}}?", "ends.end.title": "Danke",
        });
        assert_eq!(after["translations"]["de"], texts);
    }

    #[test]
    fn two_ids_that_change_places_take_what_names_them_along() {
        let before = json!({ "questions": [{ "id": "a" }, { "id": "b" }, { "id": "c", "when": [{ "answer": "a" }] }] });
        let mut after = before.clone();
        (after["questions"][0]["id"], after["questions"][1]["id"]) = (json!("b"), json!("a"));
        follow_ids(&before, &mut after);
        assert_eq!(after["questions"][2]["when"][0]["answer"], "b");
    }

    #[test]
    fn an_id_that_was_cleared_for_a_moment_took_every_translation_along() {
        let before = survey();
        let mut cleared = before.clone();
        cleared["questions"][0].as_object_mut().unwrap().remove("id");
        follow_ids(&before, &mut cleared);
        drop_gone_texts(&mut cleared);
        let mut named = cleared.clone();
        named["questions"][0]["id"] = json!("which");
        follow_ids(&cleared, &mut named);
        drop_gone_texts(&mut named);
        assert_eq!(definition::survey(&named.to_string()).err(), None, "{named:#}");
        assert_eq!(named["translations"]["de"]["questions.which.text"], "Was?");
    }

    #[test]
    fn texts_of_a_removed_question_were_faults_that_no_form_showed() {
        let mut fewer = survey();
        fewer["questions"].as_array_mut().unwrap().remove(2);
        fewer["questions"][0].as_object_mut().unwrap().remove("branches");
        assert!(definition::survey(&fewer.to_string()).is_err());
        drop_gone_texts(&mut fewer);
        assert_eq!(definition::survey(&fewer.to_string()).err(), None);
        assert_eq!(fewer["translations"]["de"]["questions.a.text"], "Was?");
    }
}
