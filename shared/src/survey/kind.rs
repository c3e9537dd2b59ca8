//! The kinds of question, by the field's own names: all that is said of a kind anywhere in `shared` stands here.
//!
//! A new kind is a variant, its name in [`AnswerKind::as_str`], its inputs in [`Question::parts`] and the fields of its
//! definition in [`QuestionKind::each_field`]; the compiler names what is missing.

use super::Question;
use super::part::{Input, Part};
use crate::limit;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The kinds of question.
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
    /// Rating matrix: several things on one scale from 1.
    Matrix {
        /// What is rated.
        rows: Vec<Choice>,
        /// Highest score, 2 to 11.
        #[cfg_attr(feature = "serde", serde(default = "default_points"))]
        points: u8,
        /// Label of 1.
        #[cfg_attr(feature = "serde", serde(default))]
        low_label: String,
        /// Label of the highest score.
        #[cfg_attr(feature = "serde", serde(default))]
        high_label: String,
        /// Whether each visitor gets the rows in an order of their own.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
        randomize: bool,
    },
    /// The four levels of loyalty, each a statement agreed with from 1 to 5 (see [`LADDER`]).
    Ladder {
        /// Other words for a level's statement; `id` is one of [`LADDER`].
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
        statements: Vec<Choice>,
        /// Label of 1.
        #[cfg_attr(feature = "serde", serde(default))]
        low_label: String,
        /// Label of 5.
        #[cfg_attr(feature = "serde", serde(default))]
        high_label: String,
    },
    /// Compared with what was expected: −2 (much worse) to 2 (much better).
    ExpectationGap {
        /// Label of −2.
        #[cfg_attr(feature = "serde", serde(default))]
        low_label: String,
        /// Label of 2.
        #[cfg_attr(feature = "serde", serde(default))]
        high_label: String,
    },
    /// Pick one.
    MultipleChoiceSingle {
        /// What can be picked.
        choices: Vec<Choice>,
        /// Whether each visitor gets the choices in an order of their own.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
        randomize: bool,
    },
    /// Pick any.
    MultipleChoiceMulti {
        /// What can be picked.
        choices: Vec<Choice>,
        /// Whether each visitor gets the choices in an order of their own.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
        randomize: bool,
    },
    /// Put in order, the first one first; what is not placed has no rank.
    Ranking {
        /// What is put in order.
        choices: Vec<Choice>,
        /// Whether each visitor gets the choices in an order of their own.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
        randomize: bool,
    },
    /// Yes or no, with room for the reason.
    YesNo {
        /// Label of the reason's field; without one no reason is asked for.
        #[cfg_attr(feature = "serde", serde(default))]
        reason_label: String,
        /// After which answer the reason is asked for.
        #[cfg_attr(feature = "serde", serde(default))]
        reason_after: ReasonAfter,
    },
    /// One line of words.
    ShortText {
        /// Shown while empty.
        #[cfg_attr(feature = "serde", serde(default))]
        placeholder: String,
        /// Longest text taken, in characters; at most [`LINE_CHARACTERS`].
        #[cfg_attr(feature = "serde", serde(default = "default_line_characters"))]
        max_characters: usize,
    },
    /// Words.
    OpenText {
        /// Shown while empty.
        #[cfg_attr(feature = "serde", serde(default))]
        placeholder: String,
        /// Longest text taken, in characters; at most [`crate::limit::ANSWER_CHARACTERS`].
        #[cfg_attr(feature = "serde", serde(default = "default_characters"))]
        max_characters: usize,
    },
    /// Who may be written to, and their agreement to it.
    Contact {
        /// Whether a name is asked for.
        #[cfg_attr(feature = "serde", serde(default = "default_true"))]
        ask_name: bool,
        /// What has to be agreed to before the address is used; without it no consent is asked for.
        #[cfg_attr(feature = "serde", serde(default))]
        consent_text: String,
    },
    /// An idea: its title and what it is about.
    Idea {
        /// Shown in the longer field while empty.
        #[cfg_attr(feature = "serde", serde(default))]
        placeholder: String,
    },
    /// What went wrong, with a picture of the page when the visitor takes one.
    ProblemReport {
        /// Shown while empty.
        #[cfg_attr(feature = "serde", serde(default))]
        placeholder: String,
        /// Whether a picture of the page may be taken.
        #[cfg_attr(feature = "serde", serde(default = "default_true"))]
        screenshot: bool,
    },
    /// A review of one thing: 1 to 5 stars, a title and words.
    Review {
        /// What is reviewed where the page does not say it by the fact `thing`, as the reviews list names it; may be piped
        /// from another fact. Several reviews in one survey are each of the thing that stands here. Where neither says it,
        /// it is the path of the page, or the survey's id.
        #[cfg_attr(feature = "serde", serde(default))]
        thing: String,
        /// Whether a photo may be added.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
        photo: bool,
    },
}

/// Ids of the loyalty ladder's levels, from the ground up: price and availability as expected, service better than
/// elsewhere, knowledge that is relied on, values that are shared.
pub const LADDER: [&str; 4] = ["price", "service", "knowledge", "values"];
/// Ids of the two choices of a yes/no question.
pub const YES_NO: [&str; 2] = ["yes", "no"];
/// Longest text of a field of one line, in characters.
pub const LINE_CHARACTERS: usize = 200;
/// Longest address taken as an e-mail address, in characters (RFC 5321, 4.5.3.1.3, without its brackets).
pub const EMAIL_CHARACTERS: usize = 254;
/// Longest text where the definition names no other limit, in characters.
pub const DEFAULT_CHARACTERS: usize = 2_000;

#[cfg(feature = "serde")]
fn default_points() -> u8 {
    5
}
#[cfg(feature = "serde")]
fn default_characters() -> usize {
    DEFAULT_CHARACTERS
}
#[cfg(feature = "serde")]
fn default_line_characters() -> usize {
    LINE_CHARACTERS
}
#[cfg(feature = "serde")]
fn default_true() -> bool {
    true
}
#[cfg(feature = "serde")]
fn is_false(flag: &bool) -> bool {
    !*flag
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
    /// The numbers 1 to 5.
    Numbers,
    /// Thumb down (1) and thumb up (5).
    Thumbs,
}

/// After which answer of a yes/no question its reason is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum ReasonAfter {
    /// After either.
    #[default]
    Any,
    /// After yes.
    Yes,
    /// After no.
    No,
}

/// One choice, or one row of a matrix.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Choice {
    /// Unique within the question.
    pub id: String,
    /// What the visitor reads.
    pub label: String,
    /// Whether picking it asks for words ("other, please say").
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
    pub other: bool,
    /// Whether it keeps its place at the end when the order is random.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
    pub last: bool,
}

/// A field of a kind's definition that visitors read or that has a limit.
pub(super) enum Field<'a> {
    /// A text of the question; its name, and how many characters it may have.
    Text(&'static str, &'a mut String, RangeInclusive<usize>),
    /// Choices or rows that the definition names, at least so many; their labels are texts.
    List(&'static str, &'a mut Vec<Choice>, usize),
    /// Other labels for what is there anyway under these ids.
    Relabeled(&'static str, &'a mut Vec<Choice>, &'static [&'static str]),
    /// A number and its limits.
    Number(&'static str, usize, RangeInclusive<usize>),
}

/// Longest label, heading or placeholder, in characters.
pub(super) const LABEL_CHARACTERS: usize = 200;
/// Longest question or text of an end screen, in characters.
pub(super) const TEXT_CHARACTERS: usize = 500;

/// The kinds of answers: those of questions, of the inputs that questions are made of, and what the page knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerKind {
    /// [`QuestionKind::Nps`].
    Nps,
    /// [`QuestionKind::Csat`].
    Csat,
    /// [`QuestionKind::Ces`].
    Ces,
    /// [`QuestionKind::Matrix`], which has no value of its own.
    Matrix,
    /// A row of a matrix, by its highest score, 2 to 11.
    Rating(u8),
    /// [`QuestionKind::Ladder`], and each of its rows.
    Ladder,
    /// [`QuestionKind::ExpectationGap`].
    ExpectationGap,
    /// [`QuestionKind::MultipleChoiceSingle`].
    MultipleChoiceSingle,
    /// [`QuestionKind::MultipleChoiceMulti`].
    MultipleChoiceMulti,
    /// [`QuestionKind::Ranking`].
    Ranking,
    /// [`QuestionKind::YesNo`].
    YesNo,
    /// [`QuestionKind::ShortText`], and every line of words.
    ShortText,
    /// [`QuestionKind::OpenText`], and all other words.
    OpenText,
    /// [`QuestionKind::Contact`], which has no value of its own.
    Contact,
    /// [`QuestionKind::Idea`].
    Idea,
    /// [`QuestionKind::ProblemReport`].
    ProblemReport,
    /// [`QuestionKind::Review`]: its stars.
    Review,
    /// An e-mail address.
    Email,
    /// A box that was ticked.
    Consent,
    /// A picture that comes on its own.
    Picture,
    /// What the page knew.
    Fact,
}

/// Names of the rows of a matrix, by their highest score from 2.
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

impl AnswerKind {
    /// Every kind, of the rows of a matrix the first.
    const EACH: [Self; 20] = [
        Self::Nps,
        Self::Csat,
        Self::Ces,
        Self::Matrix,
        Self::Ladder,
        Self::ExpectationGap,
        Self::MultipleChoiceSingle,
        Self::MultipleChoiceMulti,
        Self::Ranking,
        Self::YesNo,
        Self::ShortText,
        Self::OpenText,
        Self::Contact,
        Self::Idea,
        Self::ProblemReport,
        Self::Review,
        Self::Email,
        Self::Consent,
        Self::Picture,
        Self::Fact,
    ];

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nps => "nps",
            Self::Csat => "csat",
            Self::Ces => "ces",
            Self::Matrix => "matrix",
            Self::Rating(highest) => RATINGS[usize::from(highest).saturating_sub(2).min(RATINGS.len() - 1)],
            Self::Ladder => "ladder",
            Self::ExpectationGap => "expectation-gap",
            Self::MultipleChoiceSingle => "multiple-choice-single",
            Self::MultipleChoiceMulti => "multiple-choice-multi",
            Self::Ranking => "ranking",
            Self::YesNo => "yes-no",
            Self::ShortText => "short-text",
            Self::OpenText => "open-text",
            Self::Contact => "contact",
            Self::Idea => "idea",
            Self::ProblemReport => "problem-report",
            Self::Review => "review",
            Self::Email => "email",
            Self::Consent => "consent",
            Self::Picture => "picture",
            Self::Fact => "fact",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let rating =
            || (2..).zip(RATINGS).find(|(_, rating)| *rating == name).map(|(highest, _)| Self::Rating(highest));
        Self::EACH.into_iter().find(|kind| kind.as_str() == name).or_else(rating)
    }
}

impl QuestionKind {
    /// The name on the wire and in the database.
    pub fn as_str(&self) -> &'static str {
        self.answer_kind().as_str()
    }

    /// The kind of the question's own value.
    pub fn answer_kind(&self) -> AnswerKind {
        match self {
            Self::Nps { .. } => AnswerKind::Nps,
            Self::Csat { .. } => AnswerKind::Csat,
            Self::Ces { .. } => AnswerKind::Ces,
            Self::Matrix { .. } => AnswerKind::Matrix,
            Self::Ladder { .. } => AnswerKind::Ladder,
            Self::ExpectationGap { .. } => AnswerKind::ExpectationGap,
            Self::MultipleChoiceSingle { .. } => AnswerKind::MultipleChoiceSingle,
            Self::MultipleChoiceMulti { .. } => AnswerKind::MultipleChoiceMulti,
            Self::Ranking { .. } => AnswerKind::Ranking,
            Self::YesNo { .. } => AnswerKind::YesNo,
            Self::ShortText { .. } => AnswerKind::ShortText,
            Self::OpenText { .. } => AnswerKind::OpenText,
            Self::Contact { .. } => AnswerKind::Contact,
            Self::Idea { .. } => AnswerKind::Idea,
            Self::ProblemReport { .. } => AnswerKind::ProblemReport,
            Self::Review { .. } => AnswerKind::Review,
        }
    }

    /// The inclusive range of the question's own score; a matrix and a ladder have one per row instead.
    pub fn scores(&self) -> Option<(i8, i8)> {
        match self {
            Self::Nps { .. } => Some((0, 10)),
            Self::Csat { .. } | Self::Review { .. } => Some((1, 5)),
            Self::Ces { .. } => Some((1, 7)),
            Self::ExpectationGap { .. } => Some((-2, 2)),
            _ => None,
        }
    }

    /// What can be picked or ranked by the definition; yes and no are [`YES_NO`].
    pub fn choices(&self) -> &[Choice] {
        match self {
            Self::MultipleChoiceSingle { choices, .. }
            | Self::MultipleChoiceMulti { choices, .. }
            | Self::Ranking { choices, .. } => choices,
            _ => &[],
        }
    }

    /// Labels of the lowest and the highest score.
    pub fn ends(&self) -> Option<(&str, &str)> {
        match self {
            Self::Nps { low_label, high_label }
            | Self::Csat { low_label, high_label, .. }
            | Self::Ces { low_label, high_label }
            | Self::Matrix { low_label, high_label, .. }
            | Self::Ladder { low_label, high_label, .. }
            | Self::ExpectationGap { low_label, high_label } => Some((low_label, high_label)),
            _ => None,
        }
    }

    /// Whether the order of choices or rows is drawn for each visitor.
    pub fn is_random(&self) -> bool {
        match self {
            Self::MultipleChoiceSingle { randomize, .. }
            | Self::MultipleChoiceMulti { randomize, .. }
            | Self::Ranking { randomize, .. }
            | Self::Matrix { randomize, .. } => *randomize,
            _ => false,
        }
    }
    /// Shows every field of the definition that visitors read or that has a limit to `see`.
    pub(super) fn each_field(&mut self, see: &mut dyn FnMut(Field<'_>)) {
        const LABEL: RangeInclusive<usize> = 0..=LABEL_CHARACTERS;
        match self {
            Self::Nps { low_label, high_label }
            | Self::Csat { low_label, high_label, .. }
            | Self::Ces { low_label, high_label }
            | Self::ExpectationGap { low_label, high_label } => ends(low_label, high_label, see),
            Self::Matrix { rows, points, low_label, high_label, .. } => {
                ends(low_label, high_label, see);
                see(Field::List("rows", rows, 1));
                see(Field::Number("points", (*points).into(), 2..=11));
            }
            Self::Ladder { statements, low_label, high_label } => {
                ends(low_label, high_label, see);
                see(Field::Relabeled("statements", statements, &LADDER));
            }
            Self::MultipleChoiceSingle { choices, .. }
            | Self::MultipleChoiceMulti { choices, .. }
            | Self::Ranking { choices, .. } => see(Field::List("choices", choices, 2)),
            Self::YesNo { reason_label, .. } => see(Field::Text("reason_label", reason_label, LABEL)),
            Self::ShortText { placeholder, max_characters } => {
                see(Field::Text("placeholder", placeholder, LABEL));
                see(Field::Number("max_characters", *max_characters, 1..=LINE_CHARACTERS));
            }
            Self::OpenText { placeholder, max_characters } => {
                see(Field::Text("placeholder", placeholder, LABEL));
                see(Field::Number("max_characters", *max_characters, 1..=limit::ANSWER_CHARACTERS));
            }
            Self::Contact { consent_text, .. } => {
                see(Field::Text("consent_text", consent_text, 0..=TEXT_CHARACTERS));
            }
            Self::Idea { placeholder } | Self::ProblemReport { placeholder, .. } => {
                see(Field::Text("placeholder", placeholder, LABEL));
            }
            Self::Review { thing, .. } => see(Field::Text("thing", thing, LABEL)),
        }
    }
}

/// Shows the labels of the lowest and the highest score to `see`.
fn ends(low_label: &mut String, high_label: &mut String, see: &mut dyn FnMut(Field<'_>)) {
    see(Field::Text("low_label", low_label, 0..=LABEL_CHARACTERS));
    see(Field::Text("high_label", high_label, 0..=LABEL_CHARACTERS));
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
