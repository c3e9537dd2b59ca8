//! Conditions on what was answered, on the customer and on the page: they decide which questions and end screens a
//! visitor sees.

use super::texts::cut;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// One condition: exactly one subject (`answer`, `trait`, `fact`, `any`, `all` or `not`), and for the first three
/// exactly one test. What is not known fulfils no test but `given: false`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct Condition {
    /// An earlier question's id, or `question.part` for one part of its answer, such as `service.speed`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub answer: String,
    /// A trait of the customer, as `rapport('identify', …)` named it.
    #[cfg_attr(feature = "serde", serde(rename = "trait", skip_serializing_if = "String::is_empty"))]
    pub customer_trait: String,
    /// One of the survey's `facts`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub fact: String,
    /// At least one of these holds.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub any: Vec<Condition>,
    /// All of these hold.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub all: Vec<Condition>,
    /// This does not hold.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub not: Option<Box<Condition>>,
    /// The score as digits, the only choice's id, or the text, is this.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub is: Option<String>,
    /// This choice is among those picked.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub includes: Option<String>,
    /// The score or number is this or more.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub at_least: Option<i32>,
    /// The score or number is this or less.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub at_most: Option<i32>,
    /// Whether there is a value at all.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub given: Option<bool>,
}

/// Where to go after a question, when every condition holds.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct Branch {
    /// All must hold; empty always does.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub when: Vec<Condition>,
    /// Id of a later question.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub skip_to: String,
    /// Whether the survey ends here instead.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "core::ops::Not::not"))]
    pub end: bool,
}

/// What a condition is judged on.
pub trait Known {
    /// The value of an answer or of one part of it, of a trait or of a fact; `None` when it is not known.
    fn value(&self, subject: Subject<'_>) -> Option<Value>;
}

/// What a condition, or a placeholder in a text, asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A question's answer, or one part of it after a dot.
    Answer(&'a str),
    /// A trait of the customer.
    Trait(&'a str),
    /// A fact of the page.
    Fact(&'a str),
}

/// A known value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A score.
    Number(i32),
    /// Ids of the choices picked, in the order in which they were picked or ranked.
    Choices(Vec<String>),
    /// Words.
    Text(String),
}

impl Condition {
    /// What it asks about, unless it is made of other conditions.
    pub fn subject(&self) -> Option<Subject<'_>> {
        if !self.answer.is_empty() {
            Some(Subject::Answer(&self.answer))
        } else if !self.customer_trait.is_empty() {
            Some(Subject::Trait(&self.customer_trait))
        } else if !self.fact.is_empty() {
            Some(Subject::Fact(&self.fact))
        } else {
            None
        }
    }

    /// Whether it holds.
    pub fn holds(&self, known: &dyn Known) -> bool {
        let Some(subject) = self.subject() else {
            return self.any.iter().any(|one| one.holds(known))
                || (!self.all.is_empty() && all_hold(&self.all, known))
                || self.not.as_ref().is_some_and(|one| !one.holds(known));
        };
        let value = known.value(subject);
        if let Some(given) = self.given {
            return value.is_some() == given;
        }
        let Some(value) = value else { return false };
        if let Some(wanted) = &self.is {
            return value.is(wanted);
        }
        if let Some(wanted) = &self.includes {
            return matches!(&value, Value::Choices(choices) if choices.contains(wanted));
        }
        let Some(number) = value.number() else { return false };
        self.at_least.is_none_or(|least| number >= least) && self.at_most.is_none_or(|most| number <= most)
    }
}

impl Condition {
    /// Whether it asks about an answer to the question of this id.
    pub(super) fn asks_about(&self, id: &str) -> bool {
        let own = cut(&self.answer, b'.').map_or(&*self.answer, |(question, _)| question) == id;
        let inner = self.any.iter().chain(&self.all).chain(self.not.as_deref());
        own || inner.into_iter().any(|one| one.asks_about(id))
    }
}

/// A whole number that is written as one, with a sign or without; the library's reader weighs more than the panel's rules.
pub fn whole(text: &str) -> Option<i32> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut number = 0_i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        // Far above what fits, so that no length of digits overflows.
        number = (number * 10 + i64::from(digit - b'0')).min(1 << 40);
    }
    i32::try_from(if negative { -number } else { number }).ok()
}

/// Whether every condition holds; none at all does.
pub fn all_hold(conditions: &[Condition], known: &dyn Known) -> bool {
    conditions.iter().all(|one| one.holds(known))
}

impl Value {
    fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Number(number) => whole(wanted) == Some(*number),
            Self::Choices(choices) => matches!(&choices[..], [only] if only == wanted),
            Self::Text(text) => text == wanted,
        }
    }

    fn number(&self) -> Option<i32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => whole(text.trim()),
            Self::Choices(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_as_the_library_reads_them() {
        for text in [
            "0",
            "7",
            "-2",
            "+5",
            "10",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "",
            "-",
            "+",
            "1.5",
            " 1",
            "1 ",
            "٣",
            "1e3",
            "99999999999999999999",
            "0000000000000000007",
            "--1",
            "+-1",
        ] {
            assert_eq!(whole(text), text.parse().ok(), "{text}");
        }
    }
}
