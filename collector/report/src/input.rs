//! What each kind of question and of input is called and counted as in reports.

use rapport_shared::survey::{AnswerKind, Input, Part};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Ids and labels of the bars that values of a part are counted in; none for scores and words.
pub fn bars<'a>(part: &Part<'a>) -> Vec<(&'a str, Cow<'a, str>)> {
    let one = |label: &'static str| vec![("1", label.into())];
    match &part.input {
        Input::Choices { choices, .. } | Input::Ranking { choices } => {
            choices.iter().map(|choice| (&*choice.id, Cow::Borrowed(&*choice.label))).collect()
        }
        Input::YesNo => YES_NO.map(|(id, label)| (id, label.into())).into(),
        Input::Consent => one("Given"),
        Input::Picture { .. } => one("Added"),
        Input::Scale { .. } | Input::Line { .. } | Input::Email | Input::Text { .. } => Vec::new(),
    }
}

/// What people read for the choices of a yes/no question.
const YES_NO: [(&str, &str); 2] = [("yes", "Yes"), ("no", "No")];

/// The choices among the values that were given: who picked what an earlier version offered has answered, too, and without
/// them the bars would not add up.
pub fn choices_given<'a>(part: &Part<'_>, given: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    match part.input {
        Input::Choices { .. } => given.iter().copied().filter(|value| !value.is_empty()).collect(),
        Input::Ranking { .. } => given.iter().filter_map(|value| value.rsplit_once(':')).map(|(id, _)| id).collect(),
        _ => BTreeSet::new(),
    }
}

/// The value that counts who answered. With several choices each, the choices add up to more: the empty one does.
pub fn answered_value(part: &Part<'_>, has_bars: bool) -> &'static str {
    match part.input {
        Input::Consent | Input::Picture { .. } => "1",
        _ if has_bars => "",
        _ => "text",
    }
}

/// What a question or a part of that kind asks for, in plain words.
pub fn what_is_asked(kind: AnswerKind) -> &'static str {
    match kind {
        AnswerKind::Nps => "Net Promoter Score, 0 to 10",
        AnswerKind::Csat => "Satisfaction, 1 to 5",
        AnswerKind::Ces => "Effort, 1 to 7",
        AnswerKind::MultipleChoiceSingle => "Pick one",
        AnswerKind::MultipleChoiceMulti => "Pick any",
        AnswerKind::Ranking => "Put in order; bars count the first places",
        AnswerKind::YesNo => "Yes or no",
        AnswerKind::ExpectationGap => "Compared with what was expected, −2 to 2",
        AnswerKind::Ladder => "Agreement with a level of the loyalty ladder, 1 to 5",
        AnswerKind::Review => "Stars, 1 to 5",
        AnswerKind::Email => "E-mail address",
        AnswerKind::Consent => "Consent",
        AnswerKind::Picture => "Picture",
        AnswerKind::Rating(_) => "Rating",
        _ => "Words",
    }
}

/// Whether places of choices are counted, as `choice:place`: the first ones make the bar.
pub fn is_ranked(part: &Part<'_>) -> bool {
    matches!(part.input, Input::Ranking { .. })
}

/// What people read for the id of a choice; `kind` is that of the answer.
pub fn choice_label(part: Option<&Part<'_>>, kind: &str, id: &str) -> String {
    let choices = part.map_or(&[][..], |part| part.input.choices());
    let own = choices.iter().find(|choice| choice.id == id).map(|choice| choice.label.as_str());
    let fixed =
        || YES_NO.iter().find(|(known, _)| kind == AnswerKind::YesNo.as_str() && *known == id).map(|(_, label)| *label);
    own.or_else(fixed).unwrap_or(id).to_owned()
}

/// The highest score that a scale has.
pub fn highest_score(part: &Part<'_>) -> Option<i8> {
    match part.input {
        Input::Scale { high, .. } => Some(high),
        _ => None,
    }
}

/// What people read beside a part; empty for the question's own value.
pub fn part_label<'a>(part: &Part<'a>) -> &'a str {
    match part.input {
        _ if part.id.is_empty() => "",
        Input::Picture { of_page: true } => "Picture of the page",
        Input::Picture { of_page: false } => "Photo",
        _ if part.label.is_empty() => crate::figure::label::built_in(part.id),
        _ => part.label,
    }
}
