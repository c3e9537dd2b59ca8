//! What a survey once asked and asks no longer: its answers stay counted, so they stay shown.

use crate::feedback::named;
use rapport_shared::survey::{Choice, Question, QuestionKind, Survey};
use rapport_store::rollup::AnswerRollup;
use std::collections::BTreeSet;

/// Beside the text of what is asked no longer.
const FORMER: &str = "(no longer asked)";

/// A survey with those questions, and rows of a matrix, of its earlier versions that are not in it any more and were answered.
pub fn as_answered(mut survey: Survey, versions: &[Survey], answers: &[AnswerRollup]) -> Survey {
    let own = answers.iter().filter(|row| row.survey_id == survey.id);
    let given: BTreeSet<&str> = own.map(|row| row.question_id.as_str()).collect();
    let mut earlier: Vec<_> = versions.iter().filter(|version| version.version != survey.version).collect();
    // What was asked last is how it is called.
    earlier.sort_by_key(|version| std::cmp::Reverse(version.version));
    for version in earlier {
        for question in version.clone().outlined().questions {
            let is_given = question.parts().iter().any(|part| given.contains(named(&question, part).0.as_str()));
            match survey.questions.iter_mut().find(|other| other.id == question.id) {
                _ if !is_given => {}
                Some(current) => add_rows(current, &question, &given),
                None => {
                    let text = format!("{} {FORMER}", question.text);
                    survey.questions.push(Question { text, ..question });
                }
            }
        }
    }
    survey
}

/// Adds rows that a matrix once had and that were answered.
fn add_rows(current: &mut Question, earlier: &Question, given: &BTreeSet<&str>) {
    let (QuestionKind::Matrix { rows, .. }, QuestionKind::Matrix { rows: former, .. }) =
        (&mut current.kind, &earlier.kind)
    else {
        return;
    };
    for row in former {
        let is_given = given.contains(format!("{}.{}", earlier.id, row.id).as_str());
        if is_given && !rows.iter().any(|other| other.id == row.id) {
            rows.push(Choice { label: format!("{} {FORMER}", row.label), ..row.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(version: u32, questions: serde_json::Value) -> Survey {
        serde_json::from_value(serde_json::json!({
            "id": "shop", "name": "Shop", "title": "Tell us", "version": version, "questions": questions,
        }))
        .expect("a survey")
    }

    #[test]
    fn a_removed_question_or_row_vanished_with_its_answers() {
        let row = |id: &str| serde_json::json!({"id": id, "label": id.to_uppercase()});
        let first = survey(
            1,
            serde_json::json!([
                {"id": "likely", "kind": "nps", "text": "Likely?"},
                {"id": "ease", "kind": "ces", "text": "Easy?"},
                {"id": "never", "kind": "csat", "text": "Never answered?"},
                {"id": "m", "kind": "matrix", "text": "Rate", "rows": [row("a"), row("b"), row("c")]},
            ]),
        );
        let now = survey(
            2,
            serde_json::json!([
                {"id": "likely", "kind": "nps", "text": "How likely?"},
                {"id": "m", "kind": "matrix", "text": "Rate", "rows": [row("a")]},
            ]),
        );
        let given = ["likely", "ease", "m.a", "m.b"].map(|id| AnswerRollup {
            survey_id: "shop".into(),
            question_id: id.into(),
            ..AnswerRollup::default()
        });
        let shown = as_answered(now.clone(), &[first, now], &given);
        let texts: Vec<_> = shown.questions.iter().map(|question| question.text.as_str()).collect();
        assert_eq!(texts, ["How likely?", "Rate", "Easy? (no longer asked)"]);
        let QuestionKind::Matrix { rows, .. } = &shown.questions[1].kind else { panic!("a matrix") };
        assert_eq!(rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(), ["A", "B (no longer asked)"]);
    }
}
