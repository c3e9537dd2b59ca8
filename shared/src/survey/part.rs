//! The parts of a question: each is one input with one value. What is drawn, what may be confirmed, what is stored and
//! what is counted all follow from them.

use super::Question;
use super::kind::{AnswerKind, Choice, CsatDisplay, EMAIL_CHARACTERS, QuestionKind, YES_NO};
use super::texts::cut;

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

impl<'a> Input<'a> {
    /// What can be picked or put in order; yes and no are [`YES_NO`].
    pub fn choices(&self) -> &'a [Choice] {
        match self {
            Self::Choices { choices, .. } | Self::Ranking { choices } => choices,
            _ => &[],
        }
    }

    /// Ids of what can be picked or put in order.
    pub fn choice_ids(&self) -> Vec<&'a str> {
        match self {
            Self::YesNo => YES_NO.to_vec(),
            _ => self.choices().iter().map(|choice| choice.id.as_str()).collect(),
        }
    }

    /// Whether its value is some of [`Input::choice_ids`].
    pub fn is_picked(&self) -> bool {
        matches!(self, Self::Choices { .. } | Self::Ranking { .. } | Self::YesNo)
    }

    /// The scores that it takes, from the least to the most.
    pub fn scores(&self) -> Option<(i8, i8)> {
        match self {
            Self::Scale { low, high, .. } => Some((*low, *high)),
            Self::Consent | Self::Picture { .. } => Some((1, 1)),
            _ => None,
        }
    }
}

impl Part<'_> {
    /// The kind under which its value is stored and counted: the question's own kind for its own value.
    pub fn kind(&self, question: &Question) -> AnswerKind {
        match &self.input {
            _ if self.id.is_empty() => question.kind.answer_kind(),
            Input::Scale { .. } if matches!(question.kind, QuestionKind::Ladder { .. }) => AnswerKind::Ladder,
            Input::Scale { high, .. } => AnswerKind::Rating(high.unsigned_abs()),
            Input::Line { .. } => AnswerKind::ShortText,
            Input::Email => AnswerKind::Email,
            Input::Consent => AnswerKind::Consent,
            Input::Picture { .. } => AnswerKind::Picture,
            _ => AnswerKind::OpenText,
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
