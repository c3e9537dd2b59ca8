//! What another version of a survey says otherwise, in words, and which of it a trend does not survive.

use super::form_words::label;
use rapport_shared::survey::{Question, QuestionKind, Survey};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Most characters of a value that are told.
const TOLD_CHARACTERS: usize = 80;

/// One thing that is otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What, in words.
    pub what: String,
    /// Id of the question it is about; empty for everything else.
    pub question: String,
    /// Why scores before and after it cannot be compared; empty where they can.
    pub breaks: &'static str,
}

const REMOVED: &str = "its trend ends here";
const OTHER_KIND: &str = "its answers are others, so its trend begins anew";
const OTHER_WORDS: &str = "scores depend on the words, so a step in its trend may come from them";
const OTHER_SCALE: &str = "scores depend on the scale, so a step in its trend may come from it";
const OTHER_CHOICES: &str = "shares depend on what can be chosen, so a step in its trend may come from it";

/// The changes that a trend does not survive.
pub fn breaks(changes: &[Change]) -> impl Iterator<Item = &Change> {
    changes.iter().filter(|change| !change.breaks.is_empty())
}

/// What stands for a version that is there and for what breaks a trend beside it: one who sends it has read just that.
pub fn read_mark(version: u32, changes: &[Change]) -> String {
    let told = breaks(changes).fold(Sha256::new(), |told, change| told.chain_update(&change.what).chain_update([0]));
    let told: String = told.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{version}-{told}")
}

/// What `new` says otherwise than `old`, question by question, then everything else.
pub fn between(old: &Survey, new: &Survey) -> Vec<Change> {
    let mut changes = Vec::new();
    let plain = |what: String| Change { what, question: String::new(), breaks: "" };
    for question in &old.questions {
        match new.questions.iter().find(|other| other.id == question.id) {
            Some(other) => of_question(question, other, &mut changes),
            None => {
                let what = format!("Question {} is removed", question.id);
                changes.push(Change { what, question: question.id.clone(), breaks: REMOVED });
            }
        }
    }
    let added = new.questions.iter().filter(|question| !old.questions.iter().any(|other| other.id == question.id));
    changes.extend(added.map(|question| plain(format!("Question {} is added: {}", question.id, told(&question.text)))));
    let order = |survey: &Survey, other: &Survey| -> Vec<String> {
        let ids = survey.questions.iter().map(|question| question.id.clone());
        ids.filter(|id| other.questions.iter().any(|question| question.id == *id)).collect()
    };
    let (before, after) = (order(old, new), order(new, old));
    if before != after {
        changes.push(plain(format!("The order of questions is {}", after.join(", "))));
    }
    for (old_tag, texts) in &old.translations {
        if !new.translations.contains_key(old_tag) {
            changes.push(plain(format!("The language {old_tag} is removed, with {} texts", texts.len())));
        }
    }
    for (tag, texts) in &new.translations {
        match old.translations.get(tag) {
            None => changes.push(plain(format!("The language {tag} is added, with {} texts", texts.len()))),
            Some(before) if before != texts => {
                let other = texts.iter().filter(|(path, text)| before.get(*path) != Some(text)).count();
                let gone = before.keys().filter(|path| !texts.contains_key(*path)).count();
                changes.push(plain(format!("In {tag} {other} texts are new or others, and {gone} are gone")));
            }
            Some(_) => {}
        }
    }
    let rest = |survey: &Survey| {
        let plain = Survey { version: 0, questions: Vec::new(), translations: Default::default(), ..survey.clone() };
        serde_json::to_value(plain).unwrap_or_default()
    };
    differing("", &rest(old), &rest(new), &mut |path, before, after| {
        changes.push(plain(sentence(path, before, after)));
    });
    changes
}

fn of_question(old: &Question, new: &Question, changes: &mut Vec<Change>) {
    let (before, after) =
        (serde_json::to_value(old).unwrap_or_default(), serde_json::to_value(new).unwrap_or_default());
    if before["kind"] != after["kind"] {
        let what =
            format!("Question {} is now of kind {}, not {}", old.id, word(&after["kind"]), word(&before["kind"]));
        changes.push(Change { what, question: old.id.clone(), breaks: OTHER_KIND });
        return;
    }
    let is_scored = matches!(
        old.kind,
        QuestionKind::Nps { .. }
            | QuestionKind::Csat { .. }
            | QuestionKind::Ces { .. }
            | QuestionKind::Matrix { .. }
            | QuestionKind::Ladder { .. }
            | QuestionKind::ExpectationGap { .. }
            | QuestionKind::Review { .. }
    );
    let is_chosen = !is_scored && before.get("choices").is_some();
    differing("", &before, &after, &mut |path, before, after| {
        let field = path.split(['.', '[']).next().unwrap_or_default();
        let breaks = match field {
            "text" | "low_label" | "high_label" if is_scored => OTHER_WORDS,
            "statements" | "rows" if is_scored => OTHER_WORDS,
            "display" | "points" if is_scored => OTHER_SCALE,
            "text" | "choices" if is_chosen => OTHER_CHOICES,
            _ => "",
        };
        let what = format!("Question {}: {}", old.id, sentence(path, before, after));
        changes.push(Change { what, question: old.id.clone(), breaks });
    });
}

/// Shows each place at which two values differ.
fn differing(path: &str, old: &Value, new: &Value, see: &mut dyn FnMut(&str, &Value, &Value)) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let below = super::shape::below(path, name);
                let none = Value::Null;
                differing(&below, before.get(name).unwrap_or(&none), after.get(name).unwrap_or(&none), see);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (at, (old, new)) in before.iter().zip(after).enumerate() {
                differing(&format!("{path}[{at}]"), old, new, see);
            }
        }
        _ if old == new => {}
        _ => see(path, old, new),
    }
}

fn sentence(path: &str, before: &Value, after: &Value) -> String {
    let names = path.split('.').map(|step| {
        let (name, place) =
            step.split_once('[').map_or((step, ""), |(name, place)| (name, place.trim_end_matches(']')));
        match place.parse::<usize>() {
            Ok(at) => format!("{} {}", label(name), at + 1),
            Err(_) => label(name).to_owned(),
        }
    });
    let what = names.collect::<Vec<_>>().join(", ");
    match (before, after) {
        (Value::Null, after) => format!("{what} is now {}", word(after)),
        (before, Value::Null) => format!("{what} is no more {}", word(before)),
        (before, after) => format!("{what} is now {}, not {}", word(after), word(before)),
    }
}

fn told(text: &str) -> String {
    format!("“{}”", rapport_store::text::beginning(text.to_owned(), TOLD_CHARACTERS))
}

/// A value as people read it.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) => told(text),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Null => "nothing".to_owned(),
        other => rapport_store::text::beginning(other.to_string(), TOLD_CHARACTERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn survey(change: impl FnOnce(&mut Value)) -> Survey {
        let mut value = json!({
            "id": "a", "name": "A", "title": "Ask", "questions": [
                { "id": "likely", "kind": "nps", "text": "How likely?" },
                { "id": "what", "kind": "multiple-choice-single", "text": "What?", "choices": [
                    { "id": "x", "label": "X" }, { "id": "y", "label": "Y" },
                ] },
                { "id": "why", "kind": "open-text", "text": "Why?" },
            ],
        });
        change(&mut value);
        serde_json::from_value(value).expect("a survey")
    }

    #[test]
    fn an_edit_that_breaks_a_trend_says_so_and_others_do_not() {
        let old = survey(|_| {});
        assert_eq!(between(&old, &old), []);
        for (change, what, breaks) in [
            (
                json!({ "questions": { "0": { "text": "How probable?" } } }),
                "Question likely: Text is now “How probable?”, not “How likely?”",
                OTHER_WORDS,
            ),
            (
                json!({ "questions": { "0": { "kind": "ces" } } }),
                "Question likely is now of kind “ces”, not “nps”",
                OTHER_KIND,
            ),
            (
                json!({ "questions": { "2": { "text": "How come?" } } }),
                "Question why: Text is now “How come?”, not “Why?”",
                "",
            ),
            (
                json!({ "questions": { "2": { "required": true } } }),
                "Question why: Has to be answered is now on, not off",
                "",
            ),
            (
                json!({ "questions": { "1": { "choices": { "0": { "label": "Z" } } } } }),
                "Question what: Choices 1, Label is now “Z”, not “X”",
                OTHER_CHOICES,
            ),
            (json!({ "cooldown_days": 7 }), "Days until the same device is asked again is now 7, not 30", ""),
            (json!({ "placement": "popover" }), "Where it appears is now “popover”, not “launcher”", ""),
        ] {
            let new = survey(|value| merge(value, &change));
            let question =
                what.strip_prefix("Question ").and_then(|rest| rest.split([':', ' ']).next()).unwrap_or_default();
            assert_eq!(
                between(&old, &new),
                [Change { what: what.into(), question: question.into(), breaks }],
                "{change}"
            );
        }
        let fewer = survey(|value| drop(value["questions"].as_array_mut().unwrap().remove(0)));
        let gone = Change { what: "Question likely is removed".into(), question: "likely".into(), breaks: REMOVED };
        assert_eq!(between(&old, &fewer), [gone]);
        assert_eq!(between(&fewer, &old)[0].what, "Question likely is added: “How likely?”");
        let moved = survey(|value| value["questions"].as_array_mut().unwrap().swap(0, 2));
        assert_eq!(between(&old, &moved)[0].what, "The order of questions is why, what, likely");
        let german = survey(|value| value["translations"] = json!({ "de": { "title": "Frage" } }));
        assert_eq!(between(&old, &german)[0].what, "The language de is added, with 1 texts");
    }

    #[test]
    fn who_read_of_one_break_had_read_of_none_other() {
        let old = survey(|_| {});
        let other = |text: &str| between(&old, &survey(|value| value["questions"][0]["text"] = text.into()));
        let one = other("How probable?");
        assert_eq!(read_mark(1, &one), read_mark(1, &other("How probable?")));
        assert_ne!(read_mark(1, &one), read_mark(1, &other("How sure?")));
        assert_ne!(read_mark(1, &one), read_mark(2, &one));
        let harmless = between(&old, &survey(|value| value["cooldown_days"] = 7.into()));
        assert_eq!(read_mark(1, &harmless), read_mark(1, &[]));
    }

    /// Puts the values of one into another, lists by their places.
    fn merge(into: &mut Value, from: &Value) {
        for (name, value) in from.as_object().unwrap() {
            let at = match name.parse::<usize>() {
                Ok(place) => &mut into[place],
                Err(_) => &mut into[name.as_str()],
            };
            if value.is_object() { merge(at, value) } else { *at = value.clone() }
        }
    }
}
