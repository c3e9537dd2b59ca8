//! Links in mails: one click answers a question. A link carries the answer and, if it was made for somebody, who that is.

mod recipient;
mod snippet;

pub use recipient::{Addressed, fault as recipient_fault, sign};
pub use snippet::html;

use rapport_shared::survey::{CsatDisplay, Input, Question, Survey, YES_NO};
use rapport_survey::words::{self, Words};

/// One answer that a link can carry: its value in the address, and what people click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Score, or id of a choice.
    pub value: String,
    /// What stands in the mail.
    pub label: String,
}

/// The answers that one click can give to a question; none when it takes more than a click.
pub fn answers(question: &Question, words: &Words) -> Vec<Answer> {
    let answer = |value: String, label: String| Answer { value, label };
    match question.parts().first().filter(|part| part.id.is_empty()).map(|part| &part.input) {
        Some(Input::Scale { low, high, display }) => match display {
            CsatDisplay::Thumbs => [(1, words::BAD), (5, words::GOOD)]
                .map(|(score, word)| answer(score.to_string(), words.get(&word)))
                .to_vec(),
            CsatDisplay::Stars => (*low..=*high)
                .map(|score| answer(score.to_string(), "★".repeat(usize::from(score.unsigned_abs()))))
                .collect(),
            _ => (*low..=*high)
                .map(|score| answer(score.to_string(), score.to_string().replace('-', "\u{2212}")))
                .collect(),
        },
        Some(Input::YesNo) => YES_NO
            .iter()
            .zip([words::YES, words::NO])
            .map(|(id, word)| answer((*id).to_owned(), words.get(&word)))
            .collect(),
        Some(Input::Choices { choices, many: false }) => {
            choices.iter().map(|choice| answer(choice.id.clone(), choice.label.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// The question that a link answers when none is named: the first that one click can answer.
pub fn first_question(survey: &Survey) -> Option<&Question> {
    let words = Words::with_plain_numbers(Box::new(|_| None));
    survey.questions.iter().find(|question| !answers(question, &words).is_empty())
}

/// The address of a form with these fields; `forms` is that of all forms, `https://feedback.example.com/f`.
pub fn address(forms: &str, site_key: &str, survey_id: &str, fields: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{forms}/{site_key}/{survey_id}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(json: serde_json::Value) -> Question {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn every_answer_of_one_click_has_its_link_and_others_have_none() {
        let words = Words::with_plain_numbers(Box::new(|_| None));
        let of = |json| {
            let answers = answers(&question(json), &words);
            answers.into_iter().map(|answer| format!("{}={}", answer.value, answer.label)).collect::<Vec<_>>().join(" ")
        };
        let choices = serde_json::json!([{ "id": "a", "label": "One" }, { "id": "b", "label": "Two" }]);
        for (json, expected) in [
            (
                serde_json::json!({ "id": "q", "kind": "nps", "text": "?" }),
                "0=0 1=1 2=2 3=3 4=4 5=5 6=6 7=7 8=8 9=9 10=10",
            ),
            (
                serde_json::json!({ "id": "q", "kind": "csat", "display": "stars", "text": "?" }),
                "1=★ 2=★★ 3=★★★ 4=★★★★ 5=★★★★★",
            ),
            (serde_json::json!({ "id": "q", "kind": "csat", "display": "thumbs", "text": "?" }), "1=Not good 5=Good"),
            (serde_json::json!({ "id": "q", "kind": "expectation-gap", "text": "?" }), "-2=−2 -1=−1 0=0 1=1 2=2"),
            (serde_json::json!({ "id": "q", "kind": "yes-no", "text": "?" }), "yes=Yes no=No"),
            (
                serde_json::json!({ "id": "q", "kind": "multiple-choice-single", "text": "?", "choices": choices }),
                "a=One b=Two",
            ),
            (serde_json::json!({ "id": "q", "kind": "multiple-choice-multi", "text": "?", "choices": choices }), ""),
            (serde_json::json!({ "id": "q", "kind": "open-text", "text": "?" }), ""),
            (serde_json::json!({ "id": "q", "kind": "ladder", "text": "?" }), ""),
        ] {
            assert_eq!(of(json.clone()), expected, "{json}");
        }
    }
}
