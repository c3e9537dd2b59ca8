//! What a survey is: questions, where and when it appears, and what an answer to it may be.

use crate::limit;
use crate::targeting::Target;
pub use crate::targeting::Trigger;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// One version of a survey, as `rapport survey apply` reads it and `/v1/config/{site}` serves it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Survey {
    /// Slug, unique within the site: lower-case letters, digits and hyphens.
    pub id: String,
    /// Set by the collector when a version is created; ignored on input.
    #[cfg_attr(feature = "serde", serde(default))]
    pub version: u32,
    /// Name for the dashboard; visitors never see it.
    pub name: String,
    /// Heading of the panel and label of the launcher.
    pub title: String,
    /// Questions in order, one at a time.
    pub questions: Vec<Question>,
    /// Where it appears.
    #[cfg_attr(feature = "serde", serde(default))]
    pub placement: Placement,
    /// What makes it appear; a launcher and an inline survey need none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub trigger: Trigger,
    /// Whom it asks of its own accord, where and when; everyone, everywhere by default.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Target::is_everyone"))]
    pub target: Target,
    /// What is said once the answers are safe.
    #[cfg_attr(feature = "serde", serde(default))]
    pub thanks: Thanks,
    /// Days before the same device is asked again on its own accord; a launcher may always be opened.
    #[cfg_attr(feature = "serde", serde(default = "default_cooldown_days"))]
    pub cooldown_days: u32,
}

#[cfg(feature = "serde")]
fn default_cooldown_days() -> u32 {
    30
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Question {
    /// Unique within the survey; answers are bound to it and to the version.
    pub id: String,
    /// What kind of answer it takes.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub kind: QuestionKind,
    /// The question itself.
    pub text: String,
    /// Whether it may be passed over.
    #[cfg_attr(feature = "serde", serde(default))]
    pub required: bool,
}

/// The kinds of question, by the field's own names.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, Deserialize),
    serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)
)]
pub enum QuestionKind {
    /// Net Promoter Score: 0 to 10.
    Nps {
        /// Label of 0.
        #[cfg_attr(feature = "serde", serde(default))]
        low_label: String,
        /// Label of 10.
        #[cfg_attr(feature = "serde", serde(default))]
        high_label: String,
    },
    /// Customer satisfaction: 1 to 5.
    Csat {
        /// How the scale is drawn.
        #[cfg_attr(feature = "serde", serde(default))]
        display: CsatDisplay,
        /// Label of 1.
        #[cfg_attr(feature = "serde", serde(default))]
        low_label: String,
        /// Label of 5.
        #[cfg_attr(feature = "serde", serde(default))]
        high_label: String,
    },
    /// Customer Effort Score 2.0: 1 (strongly disagree) to 7 (strongly agree) that it was easy.
    Ces {
        /// Label of 1.
        #[cfg_attr(feature = "serde", serde(default))]
        low_label: String,
        /// Label of 7.
        #[cfg_attr(feature = "serde", serde(default))]
        high_label: String,
    },
    /// Pick one.
    MultipleChoiceSingle {
        /// What can be picked.
        choices: Vec<Choice>,
    },
    /// Pick any.
    MultipleChoiceMulti {
        /// What can be picked.
        choices: Vec<Choice>,
    },
    /// Words.
    OpenText {
        /// Shown while empty.
        #[cfg_attr(feature = "serde", serde(default))]
        placeholder: String,
        /// Longest text taken, in characters; at most [`limit::ANSWER_CHARACTERS`].
        #[cfg_attr(feature = "serde", serde(default = "default_characters"))]
        max_characters: usize,
    },
}

#[cfg(feature = "serde")]
fn default_characters() -> usize {
    2_000
}

/// How a CSAT scale is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum CsatDisplay {
    /// Five stars.
    #[default]
    Stars,
    /// Five faces.
    Smileys,
}

/// One choice.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Choice {
    /// Unique within the question.
    pub id: String,
    /// What the visitor reads.
    pub label: String,
}

/// Where a survey appears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Placement {
    /// A button floating in the lower corner opens the panel.
    #[default]
    Launcher,
    /// The panel opens in the lower corner when the trigger fires.
    Popover,
    /// Inside the host's own `<div data-rapport-survey="id">`.
    Inline,
}

/// The thank-you.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct Thanks {
    /// Heading; a built-in one when empty.
    pub title: String,
    /// Text below it.
    pub text: String,
}

impl QuestionKind {
    /// The name on the wire and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Nps { .. } => "nps",
            Self::Csat { .. } => "csat",
            Self::Ces { .. } => "ces",
            Self::MultipleChoiceSingle { .. } => "multiple-choice-single",
            Self::MultipleChoiceMulti { .. } => "multiple-choice-multi",
            Self::OpenText { .. } => "open-text",
        }
    }

    /// The inclusive range of scores, for the scored kinds.
    pub fn scores(&self) -> Option<(u8, u8)> {
        match self {
            Self::Nps { .. } => Some((0, 10)),
            Self::Csat { .. } => Some((1, 5)),
            Self::Ces { .. } => Some((1, 7)),
            _ => None,
        }
    }

    /// What can be picked, for the choice kinds.
    pub fn choices(&self) -> &[Choice] {
        match self {
            Self::MultipleChoiceSingle { choices } | Self::MultipleChoiceMulti { choices } => choices,
            _ => &[],
        }
    }
}

/// What is wrong with a survey definition or an answer: the field as a dotted path, and the reason with its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Dotted path of the field.
    pub field: String,
    /// What is wrong, naming the limit.
    pub reason: String,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

/// Whether `text` can be an id of a survey, question or choice: 1 to 64 of a–z, 0–9, `-` and `_`.
pub fn is_key(text: &str) -> bool {
    (1..=limit::KEY_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
}

impl Survey {
    /// Every fault of the definition; empty when it can be used.
    pub fn faults(&self) -> Vec<Fault> {
        const KEY: &str = "must be 1 to 64 of a-z, 0-9, - and _";
        let mut faults = Vec::new();
        let mut check = |ok: bool, field: String, reason: &str| {
            if !ok {
                faults.push(Fault::new(field, reason));
            }
        };
        let length = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
        check(is_key(&self.id), "id".into(), KEY);
        check(length(&self.name, 120), "name".into(), "must be 1 to 120 characters");
        check(length(&self.title, 120), "title".into(), "must be 1 to 120 characters");
        check(
            (1..=limit::RESPONSE_ANSWERS).contains(&self.questions.len()),
            "questions".into(),
            "must be 1 to 50 questions",
        );
        for (index, question) in self.questions.iter().enumerate() {
            let at = |field: &str| format!("questions[{index}].{field}");
            check(is_key(&question.id), at("id"), KEY);
            check(
                !self.questions[..index].iter().any(|other| other.id == question.id),
                at("id"),
                "must be unique within the survey",
            );
            check(length(&question.text, 500), at("text"), "must be 1 to 500 characters");
            match &question.kind {
                QuestionKind::MultipleChoiceSingle { choices } | QuestionKind::MultipleChoiceMulti { choices } => {
                    check(
                        (2..=limit::ANSWER_CHOICES).contains(&choices.len()),
                        at("choices"),
                        "must be 2 to 50 choices",
                    );
                    for (place, choice) in choices.iter().enumerate() {
                        check(is_key(&choice.id), at(&format!("choices[{place}].id")), KEY);
                        check(
                            length(&choice.label, 200),
                            at(&format!("choices[{place}].label")),
                            "must be 1 to 200 characters",
                        );
                        check(
                            !choices[..place].iter().any(|other| other.id == choice.id),
                            at(&format!("choices[{place}].id")),
                            "must be unique within the question",
                        );
                    }
                }
                QuestionKind::OpenText { max_characters, .. } => {
                    check(
                        (1..=limit::ANSWER_CHARACTERS).contains(max_characters),
                        at("max_characters"),
                        "must be 1 to 10000",
                    );
                }
                _ => {}
            }
        }
        faults.extend(self.target.faults());
        faults.extend(self.trigger.faults());
        faults
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_and_an_unknown_field_is_refused() {
        let read = |json: &str| serde_json::from_str::<Question>(json);
        let question = read(r#"{"id":"likely","kind":"nps","text":"How likely?","low_label":"Not likely"}"#).unwrap();
        assert_eq!(question.kind, QuestionKind::Nps { low_label: "Not likely".into(), high_label: String::new() });
        assert_eq!(serde_json::to_value(&question).unwrap()["kind"], "nps");
        for (json, named) in [
            (r#"{"id":"a","kind":"nps","text":"t","low_lable":"x"}"#, "low_lable"),
            (r#"{"id":"a","kind":"slider","text":"t"}"#, "slider"),
            (r#"{"id":"a","kind":"csat","text":"t","display":"hearts"}"#, "hearts"),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
