//! The kinds of question, by the field's own names, and what each can be told.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

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

impl QuestionKind {
    /// The name on the wire and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Nps { .. } => "nps",
            Self::Csat { .. } => "csat",
            Self::Ces { .. } => "ces",
            Self::Matrix { .. } => "matrix",
            Self::Ladder { .. } => "ladder",
            Self::ExpectationGap { .. } => "expectation-gap",
            Self::MultipleChoiceSingle { .. } => "multiple-choice-single",
            Self::MultipleChoiceMulti { .. } => "multiple-choice-multi",
            Self::Ranking { .. } => "ranking",
            Self::YesNo { .. } => "yes-no",
            Self::ShortText { .. } => "short-text",
            Self::OpenText { .. } => "open-text",
            Self::Contact { .. } => "contact",
            Self::Idea { .. } => "idea",
            Self::ProblemReport { .. } => "problem-report",
            Self::Review { .. } => "review",
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
}
