//! What was given to a question, part by part, and what keeps it from being confirmed.

use crate::survey::{Input, LINE_CHARACTERS, Part, Question, Value, YES_NO, is_email};

/// What was given to one question: an entry for each of its parts, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// As long as [`Question::parts`].
    pub entries: Vec<Entry>,
}

/// What was put into one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The score; 1 for a ticked box and for a picture that was added.
    pub score: Option<i8>,
    /// Places of the choices picked, in the order in which they were picked; of a ranking the first one first.
    pub picked: Vec<u8>,
    /// The words; beside choices those of the "other" one.
    pub text: String,
}

impl Entry {
    /// Whether nothing was given; blank text is nothing.
    pub fn is_empty(&self) -> bool {
        self.score.is_none() && self.picked.is_empty() && self.text.trim().is_empty()
    }

    /// Whether the choice at `index` is picked.
    pub fn has(&self, index: usize) -> bool {
        self.picked.iter().any(|picked| usize::from(*picked) == index)
    }
}

/// Why the question at hand cannot be confirmed, or why the run could not be saved. The first number is the place of
/// the part at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// What is required is not there.
    Missing(usize),
    /// The text has this many characters too many.
    TooLong(usize, usize),
    /// This is no e-mail address.
    NotAnEmail(usize),
    /// The save was refused, for this reason.
    Refused(String),
}

/// Whether the part at `place` is asked for, with what was given so far: the reason of yes or no may wait for one of
/// them.
pub fn is_asked(question: &Question, given: &Given, place: usize, part: &Part<'_>) -> bool {
    if part.id != "reason" || place == 0 {
        return true;
    }
    let chosen = given.entries.first().and_then(|entry| entry.picked.first());
    chosen.is_some_and(|chosen| question.asks_reason_after(YES_NO[usize::from(*chosen).min(1)]))
}

/// Whether the words beside the choices are asked for: the "other" one is picked.
pub fn is_other_picked(part: &Part<'_>, entry: &Entry) -> bool {
    matches!(&part.input, Input::Choices { choices, .. }
        if choices.iter().enumerate().any(|(index, choice)| choice.other && entry.has(index)))
}

/// Longest text of a part, in characters; `None` where no text is taken.
fn most_characters(part: &Part<'_>, entry: &Entry) -> Option<usize> {
    match &part.input {
        Input::Line { most, .. } | Input::Text { most, .. } => Some(*most),
        Input::Choices { .. } if is_other_picked(part, entry) => Some(LINE_CHARACTERS),
        _ => None,
    }
}

/// Characters that still fit into the text, negative when it is too long; `None` for parts without text.
pub fn characters_left(part: &Part<'_>, entry: &Entry) -> Option<isize> {
    most_characters(part, entry).map(|most| most as isize - entry.text.chars().count() as isize)
}

impl Given {
    /// Nothing yet, for a question.
    pub fn none(question: &Question) -> Self {
        Self { entries: question.parts().iter().map(|_| Entry::default()).collect() }
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.entries.iter().all(Entry::is_empty)
    }

    /// What of it is an answer: without parts that are not asked for, and without space around texts.
    pub fn confirmed(&self, question: &Question) -> Self {
        let mut confirmed = self.clone();
        for (place, part) in question.parts().iter().enumerate() {
            let takes_text = match part.input {
                Input::Choices { .. } => is_other_picked(part, &self.entries[place]),
                _ => true,
            };
            let entry = &mut confirmed.entries[place];
            if !is_asked(question, self, place, part) {
                *entry = Entry::default();
            }
            entry.text = if takes_text { entry.text.trim().to_owned() } else { String::new() };
        }
        confirmed
    }

    /// Why it cannot be confirmed as the answer to `question`.
    pub fn problem(&self, question: &Question) -> Option<Problem> {
        let parts = question.parts();
        let given = self.confirmed(question);
        let something = !given.is_empty();
        let has = |id: &str| parts.iter().zip(&given.entries).any(|(part, entry)| part.id == id && !entry.is_empty());
        for (place, (part, entry)) in parts.iter().zip(&given.entries).enumerate() {
            // Nothing can stand beside the question's own value without it, nor an address without its consent.
            let needed = part.required
                || (something && part.id.is_empty())
                || (matches!(part.input, Input::Consent) && has("email"));
            if entry.is_empty() {
                if needed {
                    return Some(Problem::Missing(place));
                }
                continue;
            }
            if matches!(part.input, Input::Email) && !is_email(&entry.text) {
                return Some(Problem::NotAnEmail(place));
            }
            if let Some(left) = characters_left(part, entry).filter(|left| *left < 0) {
                return Some(Problem::TooLong(place, left.unsigned_abs()));
            }
        }
        None
    }

    /// The value of one part, as conditions see it.
    pub(super) fn value(&self, question: &Question, part_id: &str) -> Option<Value> {
        let parts = question.parts();
        let Some(place) = parts.iter().position(|part| part.id == part_id) else {
            // A question of several parts is answered when one of them is.
            return (part_id.is_empty() && !self.is_empty()).then(|| Value::Text(String::new()));
        };
        let entry = self.entries.get(place).filter(|entry| !entry.is_empty())?;
        Some(match entry.score {
            Some(score) => Value::Number(score.into()),
            None if !entry.picked.is_empty() => {
                let ids = parts[place].input.choice_ids();
                let picked = entry.picked.iter().filter_map(|index| ids.get(usize::from(*index)));
                Value::Choices(picked.map(|id| (*id).to_owned()).collect())
            }
            None => Value::Text(entry.text.clone()),
        })
    }

    /// The value of one part in words, for texts that name it; `number` writes scores.
    pub(super) fn words(&self, question: &Question, part_id: &str, number: &dyn Fn(usize) -> String) -> Option<String> {
        let parts = question.parts();
        let place = parts.iter().position(|part| part.id == part_id)?;
        let entry = self.entries.get(place)?;
        let choices = parts[place].input.choices();
        let mut words = String::new();
        for choice in entry.picked.iter().filter_map(|index| choices.get(usize::from(*index))) {
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(if choice.other && !entry.text.is_empty() { &entry.text } else { &choice.label });
        }
        match entry.score {
            Some(score) => {
                if score < 0 {
                    words.push('−');
                }
                words.push_str(&number(score.unsigned_abs().into()));
            }
            None if choices.is_empty() => words.push_str(&entry.text),
            None => {}
        }
        Some(words)
    }
}

/// Texts one after the other, without the weight of joining slices of any kind.
pub fn concat(texts: &[&str]) -> String {
    let mut whole = String::new();
    for text in texts {
        whole.push_str(text);
    }
    whole
}

/// `number` in decimal digits, without the weight of the formatting machinery.
pub fn digits(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'0' + (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::{Choice, CsatDisplay, QuestionKind};

    fn given(entries: Vec<Entry>) -> Given {
        Given { entries }
    }

    fn score(score: i8) -> Entry {
        Entry { score: Some(score), ..Entry::default() }
    }

    fn words(text: &str) -> Entry {
        Entry { text: text.into(), ..Entry::default() }
    }

    fn picked(places: &[u8], text: &str) -> Entry {
        Entry { picked: places.to_vec(), text: text.into(), ..Entry::default() }
    }

    #[test]
    fn what_is_missing_or_too_much_is_named_with_its_part() {
        let none = Entry::default;
        let contact = QuestionKind::Contact { ask_name: true, consent_text: "Yes".into() };
        let review = QuestionKind::Review { thing: "Mug".into(), photo: true };
        let short = QuestionKind::ShortText { placeholder: String::new(), max_characters: 3 };
        let csat = QuestionKind::Csat { display: CsatDisplay::Thumbs, low_label: "".into(), high_label: "".into() };
        let rows = ["a", "b"].map(|id| Choice { id: id.into(), ..Choice::default() }).to_vec();
        let matrix =
            QuestionKind::Matrix { rows, points: 5, low_label: "".into(), high_label: "".into(), randomize: false };
        for (kind, required, entries, expected) in [
            (csat.clone(), false, vec![none()], None),
            (csat.clone(), true, vec![none()], Some(Problem::Missing(0))),
            (csat, true, vec![score(5)], None),
            (contact.clone(), false, vec![none(), none(), none()], None),
            (contact.clone(), false, vec![words("Zoë"), none(), none()], None),
            (contact.clone(), false, vec![none(), words("a@example.com"), none()], Some(Problem::Missing(2))),
            (contact.clone(), false, vec![none(), words("a@example"), score(1)], Some(Problem::NotAnEmail(1))),
            (contact.clone(), true, vec![words("Zoë"), words(" a@example.com "), score(1)], None),
            (contact, true, vec![words("Zoë"), words(" "), score(1)], Some(Problem::Missing(1))),
            (review.clone(), false, vec![none(), words("Good"), none(), none()], Some(Problem::Missing(0))),
            (review, false, vec![score(4), words("Good"), none(), score(1)], None),
            (short.clone(), false, vec![words("éé é")], Some(Problem::TooLong(0, 1))),
            (short, false, vec![words("  ééé  ")], None),
            (matrix.clone(), true, vec![score(1), none()], Some(Problem::Missing(1))),
            (matrix, false, vec![score(1), none()], None),
        ] {
            let question = Question { required, ..Question::new("q", kind, "?") };
            assert_eq!(given(entries.clone()).problem(&question), expected, "{question:?} {entries:?}");
        }
    }

    #[test]
    fn only_what_is_asked_for_is_confirmed() {
        let kind =
            QuestionKind::YesNo { reason_label: "Why not?".into(), reason_after: crate::survey::ReasonAfter::No };
        let question = Question::new("fixed", kind, "Fixed?");
        let yes = given(vec![picked(&[0], ""), words("because")]).confirmed(&question);
        assert_eq!(yes.entries[1], Entry::default());
        let no = given(vec![picked(&[1], ""), words(" because ")]).confirmed(&question);
        assert_eq!(no.entries[1], words("because"));
        assert_eq!(no.value(&question, ""), Some(Value::Choices(vec!["no".into()])));
        assert_eq!(no.value(&question, "reason"), Some(Value::Text("because".into())));

        let choice = |id: &str, other| Choice { id: id.into(), label: id.to_uppercase(), other, last: false };
        let choices = vec![choice("a", false), choice("b", true)];
        let question = Question::new("why", QuestionKind::MultipleChoiceMulti { choices, randomize: false }, "Why?");
        assert_eq!(given(vec![picked(&[0], "x")]).confirmed(&question).entries[0].text, "");
        let other = given(vec![picked(&[1, 0], "price")]).confirmed(&question);
        assert_eq!(other.words(&question, "", &digits).as_deref(), Some("price, A"));
    }

    #[test]
    fn digits_are_those_of_the_formatter() {
        for number in [0, 7, 10, 99, 100, 10_000, usize::MAX] {
            assert_eq!(digits(number), number.to_string());
        }
    }
}
