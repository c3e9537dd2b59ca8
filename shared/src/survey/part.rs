//! The parts of a question: each is one input with one value. What is drawn, what may be confirmed, what is stored and
//! what is counted all follow from this list, so a new kind of question is one more arm here.

use super::Question;
use super::kind::{
    Choice, CsatDisplay, DEFAULT_CHARACTERS, EMAIL_CHARACTERS, LADDER, LINE_CHARACTERS, QuestionKind, ReasonAfter,
};
use super::texts::cut;
use crate::limit;

/// One input of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<'a> {
    /// Empty for the question's own value, else unique within the question; `question.part` names it elsewhere.
    pub id: &'a str,
    /// What the visitor reads beside it; empty for the question's own text, or for the interface's word for `id`.
    pub label: &'a str,
    /// What it takes.
    pub input: Input<'a>,
    /// Whether the question cannot be confirmed without it.
    pub required: bool,
}

/// The interface's word for a part without a label of its own, by its key in `shared/words`.
pub fn part_word(part_id: &str) -> &'static str {
    match part_id {
        "name" => "name",
        "email" => "email",
        "title" => "title",
        "price" => "ladder_price",
        "service" => "ladder_service",
        "knowledge" => "ladder_knowledge",
        "values" => "ladder_values",
        "photo" => "photo",
        "screenshot" => "screenshot",
        _ => "details",
    }
}

/// What an input takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<'a> {
    /// A score from `low` to `high`, drawn as numbers unless `display` says otherwise.
    Scale {
        /// The lowest score.
        low: i8,
        /// The highest score.
        high: i8,
        /// Pictures, for a scale of 1 to 5.
        display: CsatDisplay,
    },
    /// One of these choices, or several.
    Choices {
        /// What can be picked.
        choices: &'a [Choice],
        /// Whether more than one may be.
        many: bool,
    },
    /// Yes or no.
    YesNo,
    /// These choices in an order.
    Ranking {
        /// What is put in order.
        choices: &'a [Choice],
    },
    /// One line of words.
    Line {
        /// Longest text, in characters.
        most: usize,
        /// Shown while empty.
        placeholder: &'a str,
    },
    /// An e-mail address.
    Email,
    /// Several lines of words.
    Text {
        /// Longest text, in characters.
        most: usize,
        /// Shown while empty.
        placeholder: &'a str,
    },
    /// A box that is ticked (score 1) or not.
    Consent,
    /// A picture that travels on its own as an attachment; its score is 1 when there is one.
    Picture {
        /// Drawn from the page rather than chosen as a file.
        of_page: bool,
    },
}

impl Question {
    /// Its inputs, in the order in which they are drawn.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let required = self.required;
        let mut parts = Vec::new();
        let mut add = |id, label, input, required| parts.push(Part { id, label, input, required });
        let scale = |low, high, display| Input::Scale { low, high, display };
        let numbers = |low, high| scale(low, high, CsatDisplay::Numbers);
        let words = |placeholder, most| Input::Text { most, placeholder };
        let line = Input::Line { most: LINE_CHARACTERS, placeholder: "" };
        match &self.kind {
            QuestionKind::Nps { .. } => add("", "", numbers(0, 10), required),
            QuestionKind::Csat { display, .. } => add("", "", scale(1, 5, *display), required),
            QuestionKind::Ces { .. } => add("", "", numbers(1, 7), required),
            QuestionKind::ExpectationGap { .. } => add("", "", numbers(-2, 2), required),
            QuestionKind::Matrix { rows, points, .. } => {
                for row in rows {
                    add(&row.id, &row.label, numbers(1, *points as i8), required);
                }
            }
            QuestionKind::Ladder { statements, .. } => {
                for id in LADDER {
                    let own = statements.iter().find(|statement| statement.id == id);
                    add(id, own.map_or("", |statement| &statement.label), numbers(1, 5), required);
                }
            }
            QuestionKind::MultipleChoiceSingle { choices, .. } => {
                add("", "", Input::Choices { choices, many: false }, required);
            }
            QuestionKind::MultipleChoiceMulti { choices, .. } => {
                add("", "", Input::Choices { choices, many: true }, required);
            }
            QuestionKind::Ranking { choices, .. } => add("", "", Input::Ranking { choices }, required),
            QuestionKind::YesNo { reason_label, .. } => {
                add("", "", Input::YesNo, required);
                if !reason_label.is_empty() {
                    add("reason", reason_label, words("", DEFAULT_CHARACTERS), false);
                }
            }
            QuestionKind::ShortText { placeholder, max_characters } => {
                add("", "", Input::Line { most: *max_characters, placeholder }, required);
            }
            QuestionKind::OpenText { placeholder, max_characters } => {
                add("", "", words(placeholder, *max_characters), required);
            }
            QuestionKind::Contact { ask_name, consent_text } => {
                if *ask_name {
                    add("name", "", line, false);
                }
                add("email", "", Input::Email, required);
                if !consent_text.is_empty() {
                    add("consent", consent_text, Input::Consent, required);
                }
            }
            QuestionKind::Idea { placeholder } => {
                add("title", "", line, required);
                add("text", "", words(placeholder, limit::ANSWER_CHARACTERS), false);
            }
            QuestionKind::ProblemReport { placeholder, screenshot } => {
                add("", "", words(placeholder, limit::ANSWER_CHARACTERS), required);
                if *screenshot {
                    add("screenshot", "", Input::Picture { of_page: true }, false);
                }
            }
            QuestionKind::Review { photo, .. } => {
                add("", "", scale(1, 5, CsatDisplay::Stars), required);
                add("title", "", line, false);
                add("text", "", words("", limit::ANSWER_CHARACTERS), false);
                if *photo {
                    add("photo", "", Input::Picture { of_page: false }, false);
                }
            }
        }
        parts
    }

    /// Whether the reason of a yes/no question is asked for after this choice.
    pub fn asks_reason_after(&self, choice: &str) -> bool {
        match &self.kind {
            QuestionKind::YesNo { reason_after: ReasonAfter::Any, .. } => true,
            QuestionKind::YesNo { reason_after: ReasonAfter::Yes, .. } => choice == "yes",
            QuestionKind::YesNo { reason_after: ReasonAfter::No, .. } => choice == "no",
            _ => true,
        }
    }
}

/// Kinds of the rows of a matrix, by their highest score from 2.
const RATINGS: [&str; 10] = [
    "rating-2",
    "rating-3",
    "rating-4",
    "rating-5",
    "rating-6",
    "rating-7",
    "rating-8",
    "rating-9",
    "rating-10",
    "rating-11",
];

impl Part<'_> {
    /// The kind under which its value is stored and counted: the question's own kind for its own value.
    pub fn kind(&self, question: &Question) -> &'static str {
        match &self.input {
            _ if self.id.is_empty() => question.kind.as_str(),
            Input::Scale { .. } if matches!(question.kind, QuestionKind::Ladder { .. }) => "ladder",
            Input::Scale { high, .. } => {
                let place = usize::from(high.unsigned_abs()).saturating_sub(2);
                RATINGS.get(place).copied().unwrap_or("rating-11")
            }
            Input::Line { .. } => "short-text",
            Input::Email => "email",
            Input::Consent => "consent",
            Input::Picture { .. } => "picture",
            _ => "open-text",
        }
    }
}

/// Whether `text` looks like an address that mail can be sent to: one `@`, something before it, and a domain with a dot
/// inside. Only mail that arrives proves more.
pub fn is_email(text: &str) -> bool {
    let plain =
        text.len() <= EMAIL_CHARACTERS && !text.bytes().any(|byte| byte <= b' ' || byte == b'<' || byte == b'>');
    let Some((name, domain)) = cut(text, b'@') else { return false };
    let labels = domain.as_bytes().split(|byte| *byte == b'.');
    plain
        && !name.is_empty()
        && !domain.contains('@')
        && labels.clone().count() >= 2
        && !labels.into_iter().any(<[u8]>::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_cannot_be_one() {
        for (text, expected) in [
            ("a@example.com", true),
            ("first.last+tag@mail.example.co.uk", true),
            ("jörg@exämple.de", true),
            ("", false),
            ("a", false),
            ("a@b", false),
            ("@example.com", false),
            ("a@@example.com", false),
            ("a@example..com", false),
            ("a b@example.com", false),
            ("<a@example.com>", false),
        ] {
            assert_eq!(is_email(text), expected, "{text}");
        }
        assert!(!is_email(&format!("{}@example.com", "a".repeat(250))));
    }
}
