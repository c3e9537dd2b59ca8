//! An answer, checked part by part against its question, and the rows it becomes: one for the question's own value and
//! one for each further part, named `question.part`, so that a row of a matrix is counted like a question.

use rapport_shared::limit;
use rapport_shared::survey::{self, AnswerKind, Choice, Fault, Input, Part, Question};
use rapport_shared::wire::Answer;
use rapport_store::text;
use std::borrow::Cow;

/// One stored value of an answer.
#[derive(Debug, PartialEq)]
pub(super) struct Stored {
    /// Id of the question, with the part's after a dot.
    pub question_id: String,
    /// What kind of value it is.
    pub kind: AnswerKind,
    /// The score.
    pub score: Option<i8>,
    /// Ids of the choices as JSON.
    pub choices: String,
    /// The words.
    pub text: String,
}

/// What was sent for one part.
struct Sent<'a> {
    /// Path of its fields within the answer, with a dot at its end; empty for the question's own value.
    path: String,
    score: Option<i8>,
    choices: &'a [Cow<'a, str>],
    text: &'a str,
}

/// The values of an answer that fits its question; a fault names the field within the answer.
pub(super) fn check(question: &Question, answer: &Answer<'_>) -> Result<Vec<Stored>, Fault> {
    let parts = question.parts();
    if answer.parts.len() > limit::ANSWER_PARTS {
        return Err(Fault::new("parts", format!("must be at most {} parts", limit::ANSWER_PARTS)));
    }
    for (index, sent) in answer.parts.iter().enumerate() {
        let at = format!("parts[{index}].part");
        if sent.part.is_empty() || !parts.iter().any(|part| part.id == sent.part) {
            return Err(Fault::new(at, format!("is not a part of a {} answer", question.kind.as_str())));
        }
        if answer.parts[..index].iter().any(|earlier| earlier.part == sent.part) {
            return Err(Fault::new(at, "must be sent only once"));
        }
    }
    let own = Sent { path: String::new(), score: answer.score, choices: &answer.choices, text: &answer.text };
    let own_part = parts.iter().find(|part| part.id.is_empty());
    if own_part.is_none() {
        absent(question, &own)?;
    }
    let mut stored = Vec::new();
    let further = answer.parts.iter().enumerate().filter_map(|(index, sent)| {
        let part = parts.iter().find(|part| part.id == sent.part)?;
        let sent = Sent { path: format!("parts[{index}]."), score: sent.score, choices: &[], text: &sent.text };
        Some((part, sent))
    });
    for (part, sent) in own_part.map(|part| (part, own)).into_iter().chain(further) {
        stored.push(value(question, part, &sent)?);
    }
    if stored.is_empty() {
        return Err(Fault::new("parts", "must not be empty"));
    }
    let sent = |id: &str| answer.parts.iter().any(|sent| sent.part == id);
    if parts.iter().any(|part| part.id == "consent") && sent("email") && !sent("consent") {
        return Err(Fault::new("parts", "must hold consent beside an e-mail address"));
    }
    Ok(stored)
}

fn must(ok: bool, sent: &Sent<'_>, field: &str, reason: impl Into<String>) -> Result<(), Fault> {
    if ok { Ok(()) } else { Err(Fault::new(format!("{}{field}", sent.path), reason)) }
}

fn absent(question: &Question, sent: &Sent<'_>) -> Result<(), Fault> {
    let reason = || format!("must be absent for {}", question.kind.as_str());
    must(sent.score.is_none(), sent, "score", reason())?;
    must(sent.choices.is_empty(), sent, "choices", reason())?;
    must(sent.text.trim().is_empty(), sent, "text", reason())
}

fn value(question: &Question, part: &Part<'_>, sent: &Sent<'_>) -> Result<Stored, Fault> {
    let kind = question.kind.as_str();
    let words = text::words(sent.text);
    // What the input takes is read out of `sent`; what is left over must be absent.
    let mut rest = Sent { path: sent.path.clone(), score: sent.score, choices: sent.choices, text: sent.text };
    match &part.input {
        Input::Scale { low, high, .. } => {
            let fits = sent.score.is_some_and(|score| (*low..=*high).contains(&score));
            must(fits, sent, "score", format!("must be {low} to {high} for {kind}"))?;
            rest.score = None;
        }
        Input::Consent | Input::Picture { .. } => {
            must(sent.score == Some(1), sent, "score", format!("must be 1 for {}", part.id))?;
            rest.score = None;
        }
        Input::Choices { choices, many } => {
            picked(choices.iter().map(|choice| choice.id.as_str()), if *many { choices.len() } else { 1 }, sent)?;
            let other = |choice: &&Choice| choice.other && sent.choices.iter().any(|id| *id == choice.id);
            if choices.iter().find(other).is_some() {
                at_most(survey::LINE_CHARACTERS, sent)?;
                rest.text = "";
            }
            rest.choices = &[];
        }
        Input::YesNo => {
            picked(survey::YES_NO.into_iter(), 1, sent)?;
            rest.choices = &[];
        }
        Input::Ranking { choices } => {
            picked(choices.iter().map(|choice| choice.id.as_str()), choices.len(), sent)?;
            rest.choices = &[];
        }
        Input::Line { most, .. } | Input::Text { most, .. } => {
            at_most(*most, sent)?;
            must(!words.is_empty(), sent, "text", "must not be empty")?;
            rest.text = "";
        }
        Input::Email => {
            let reason = format!("must be an e-mail address of at most {} characters", survey::EMAIL_CHARACTERS);
            must(survey::is_email(sent.text.trim()), sent, "text", reason)?;
            rest.text = "";
        }
    }
    absent(question, &rest)?;
    let question_id = match part.id {
        "" => question.id.clone(),
        id => format!("{}.{id}", question.id),
    };
    let choices = serde_json::to_string(&sent.choices).unwrap_or_else(|_| "[]".to_owned());
    Ok(Stored { question_id, kind: part.kind(question), score: sent.score, choices, text: words })
}

/// Whether the picked choices are known, different and not too many.
fn picked<'a>(known: impl Iterator<Item = &'a str> + Clone, most: usize, sent: &Sent<'_>) -> Result<(), Fault> {
    must((1..=most).contains(&sent.choices.len()), sent, "choices", format!("must be 1 to {most} choices"))?;
    for (index, id) in sent.choices.iter().enumerate() {
        let field = format!("choices[{index}]");
        must(known.clone().any(|known| known == *id), sent, &field, "is not a choice of this question")?;
        must(!sent.choices[..index].contains(id), sent, &field, "must be picked only once")?;
    }
    Ok(())
}

fn at_most(most: usize, sent: &Sent<'_>) -> Result<(), Fault> {
    let length = text::line_breaks(sent.text).chars().count();
    must(length <= most, sent, "text", format!("must be at most {most} characters, has {length}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(question: Value, answer: Value) -> Result<Vec<Stored>, Fault> {
        let mut question = question;
        question["id"] = json!("q");
        question["text"] = json!("?");
        let question: Question = serde_json::from_value(question).expect("a question");
        let text = answer.to_string();
        check(&question, &serde_json::from_str(&text).expect("an answer"))
    }

    fn choices() -> Value {
        json!([{"id": "a", "label": "A"}, {"id": "b", "label": "B", "other": true}])
    }

    #[test]
    fn a_line_break_of_two_characters_counted_twice() {
        let lines = json!({"kind": "open-text", "max_characters": 5});
        for text in ["ab\r\ncd", "ab\ncd", "ab\rcd"] {
            let stored = checked(lines.clone(), json!({ "text": text })).expect("five characters");
            assert_eq!(stored[0].text, "ab\ncd", "{text:?}");
        }
        let fault = checked(lines, json!({"text": "ab\r\ncde"})).expect_err("six characters");
        assert!(fault.reason.ends_with("has 6"), "{}", fault.reason);
    }

    #[test]
    fn each_kind_becomes_its_rows() {
        let matrix =
            json!({"kind": "matrix", "points": 4, "rows": [{"id": "x", "label": "X"}, {"id": "y", "label": "Y"}]});
        let cases = [
            (
                json!({"kind": "expectation-gap"}),
                json!({"score": -2}),
                vec![("q", "expectation-gap", Some(-2), "[]", "")],
            ),
            (
                matrix,
                json!({"parts": [{"part": "y", "score": 4}, {"part": "x", "score": 1}]}),
                vec![("q.y", "rating-4", Some(4), "[]", ""), ("q.x", "rating-4", Some(1), "[]", "")],
            ),
            (
                json!({"kind": "ladder"}),
                json!({"parts": [{"part": "price", "score": 5}]}),
                vec![("q.price", "ladder", Some(5), "[]", "")],
            ),
            (
                json!({"kind": "multiple-choice-single", "choices": choices()}),
                json!({"choices": ["b"], "text": "a third"}),
                vec![("q", "multiple-choice-single", None, r#"["b"]"#, "a third")],
            ),
            (
                json!({"kind": "ranking", "choices": choices()}),
                json!({"choices": ["b", "a"]}),
                vec![("q", "ranking", None, r#"["b","a"]"#, "")],
            ),
            (
                json!({"kind": "yes-no", "reason_label": "Why?"}),
                json!({"choices": ["no"], "parts": [{"part": "reason", "text": "still broken"}]}),
                vec![("q", "yes-no", None, r#"["no"]"#, ""), ("q.reason", "open-text", None, "[]", "still broken")],
            ),
            (
                json!({"kind": "contact", "consent_text": "Yes"}),
                json!({"parts": [{"part": "email", "text": "a@example.com"}, {"part": "consent", "score": 1}]}),
                vec![("q.email", "email", None, "[]", "a@example.com"), ("q.consent", "consent", Some(1), "[]", "")],
            ),
            (
                json!({"kind": "review", "thing": "Mug", "photo": true}),
                json!({"score": 4, "parts": [{"part": "title", "text": "Good"}, {"part": "photo", "score": 1}]}),
                vec![
                    ("q", "review", Some(4), "[]", ""),
                    ("q.title", "short-text", None, "[]", "Good"),
                    ("q.photo", "picture", Some(1), "[]", ""),
                ],
            ),
        ];
        for (question, answer, expected) in cases {
            let rows = checked(question.clone(), answer).unwrap_or_else(|fault| panic!("{question}: {fault}"));
            let rows: Vec<_> = rows
                .iter()
                .map(|row| {
                    (row.question_id.as_str(), row.kind.as_str(), row.score, row.choices.as_str(), row.text.as_str())
                })
                .collect();
            assert_eq!(rows, expected, "{question}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let cases = [
            (json!({"kind": "expectation-gap"}), json!({"score": 3}), "score", "-2 to 2"),
            (
                json!({"kind": "review", "thing": "Mug"}),
                json!({"parts": [{"part": "title", "text": "x"}]}),
                "score",
                "1 to 5",
            ),
            (json!({"kind": "ladder"}), json!({"score": 3}), "score", "absent"),
            (json!({"kind": "ladder"}), json!({}), "parts", "not be empty"),
            (json!({"kind": "ladder"}), json!({"parts": [{"part": "price", "score": 6}]}), "parts[0].score", "1 to 5"),
            (json!({"kind": "ladder"}), json!({"parts": [{"part": "top", "score": 1}]}), "parts[0].part", "not a part"),
            (
                json!({"kind": "ladder"}),
                json!({"parts": [{"part": "price", "score": 1}, {"part": "price", "score": 1}]}),
                "parts[1].part",
                "only once",
            ),
            (
                json!({"kind": "ladder"}),
                json!({"parts": [{"part": "price", "score": 1, "text": "x"}]}),
                "parts[0].text",
                "absent",
            ),
            (
                json!({"kind": "contact"}),
                json!({"parts": [{"part": "email", "text": "nobody"}]}),
                "parts[0].text",
                "e-mail",
            ),
            (
                json!({"kind": "contact", "consent_text": "Yes"}),
                json!({"parts": [{"part": "consent", "score": 0}]}),
                "parts[0].score",
                "must be 1",
            ),
            (
                json!({"kind": "multiple-choice-single", "choices": choices()}),
                json!({"choices": ["a"], "text": "x"}),
                "text",
                "absent",
            ),
            (
                json!({"kind": "ranking", "choices": choices()}),
                json!({"choices": ["a", "a"]}),
                "choices[1]",
                "only once",
            ),
            (json!({"kind": "yes-no"}), json!({"choices": ["maybe"]}), "choices[0]", "not a choice"),
            (
                json!({"kind": "yes-no"}),
                json!({"choices": ["yes"], "parts": [{"part": "reason", "text": "x"}]}),
                "parts[0].part",
                "not a part",
            ),
            (json!({"kind": "short-text", "max_characters": 3}), json!({"text": "four"}), "text", "at most 3"),
        ];
        for (question, answer, field, reason) in cases {
            let fault = checked(question.clone(), answer).expect_err(&question.to_string());
            assert_eq!(fault.field, field, "{question}: {fault}");
            assert!(fault.reason.contains(reason), "{question}: {fault}");
        }
    }
}
