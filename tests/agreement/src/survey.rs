//! A random survey and one visitor's run through it.

use crate::Digest;
use crate::random::Random;
use rapport_shared::flow::{Outcome, Phase, Run, Script, Step};
use rapport_shared::survey::{
    Branch, Button, Choice, Condition, CsatDisplay, EndScreen, Question, QuestionKind, ReasonAfter, Subject, Survey,
};

/// Steps after which even a hesitant visitor has given up.
const STEPS: usize = 60;
/// What visitors write: blank, short, too long for some fields, an address, other scripts.
const WORDS: [&str; 8] =
    ["", "  ", "ok", " 12 ", "a@example.com", "ありがとう", "zu langsam 🐌", "e\u{301}te\u{301} e\u{301}te\u{301}"];

/// Runs through a survey of the stream; whether the run came to its end, and how many questions were asked.
pub fn run(random: &mut Random, digest: &mut Digest) -> (bool, usize) {
    let survey = survey(random);
    let faults = survey.faults();
    digest.add(&faults);
    if !faults.is_empty() {
        return (false, 0);
    }
    let plan = random.of(&[None, Some("pro"), Some("free"), Some("7")]);
    let outside = move |subject: Subject<'_>| match subject {
        Subject::Trait("plan") | Subject::Fact("order") => plan.map(str::to_owned),
        _ => None,
    };
    let script = Script::of(&survey, random.bits() as u32, Box::new(outside));
    let Some(mut run) = Run::new(&script) else {
        digest.add(&"nothing is asked");
        return (false, 0);
    };
    let mut asked = vec![run.at()];
    for _ in 0..STEPS {
        let step = step(random, &script.questions[run.at()], run.save_number());
        let effect = run.apply(&script, step);
        digest.add(&effect);
        digest.add(&run);
        digest.add(&run.progress(&script));
        digest.add(
            &run.fill(&script, "{{answer:q0}} {{answer:q1.text|none}} {{trait:plan|you}} {{fact:order}} {{answer:q2}}"),
        );
        if !asked.contains(&run.at()) {
            asked.push(run.at());
        }
        if matches!(run.phase(), Phase::Done { .. }) {
            break;
        }
    }
    digest.add(&run.answers(&script).collect::<Vec<_>>());
    digest.add(&run.end(&script));
    for (at, question) in script.questions.iter().enumerate() {
        digest.add(&script.order_of(at, question.kind.choices()));
    }
    (matches!(run.phase(), Phase::Done { .. }), asked.len())
}

fn survey(random: &mut Random) -> Survey {
    let count = 1 + random.below(8);
    let grouped = count >= 3 && random.once_in(2);
    let mut questions: Vec<Question> = Vec::new();
    for at in 0..count {
        // The first two questions of a group know nothing of each other.
        let in_group = grouped && at < 2;
        let known = if in_group { 0 } else { at };
        let kind = kind(random);
        let mut question = Question { required: random.once_in(3), ..Question::new(format!("q{at}"), kind, "Why?") };
        if random.once_in(3) {
            question.when = conditions(random, &questions[..known]);
        }
        if random.once_in(3) {
            let first = if in_group { 2 } else { at + 1 };
            let target = first + random.below(count - first + 1);
            let when = conditions(random, &questions[..known]);
            let to_the_end = Branch { when: when.clone(), end: true, ..Branch::default() };
            let forward = Branch { when, skip_to: format!("q{target}"), end: false };
            question.branches = vec![if target < count { forward } else { to_the_end }];
        }
        questions.push(question);
    }
    let ends = (0..random.below(3))
        .map(|at| EndScreen {
            id: format!("e{at}"),
            when: conditions(random, &questions),
            title: "{{answer:q0|nobody}}".into(),
            button: random.once_in(2).then(|| Button {
                label: "On".into(),
                survey: "other".into(),
                ..Button::default()
            }),
            ..EndScreen::default()
        })
        .collect();
    let random_groups = if grouped { vec![vec!["q0".into(), "q1".into()]] } else { Vec::new() };
    let facts = vec!["order".into()];
    let (id, name, title) = ("s".into(), "S".into(), "S".into());
    Survey { id, name, title, questions, ends, random_groups, facts, back: !random.once_in(4), ..Survey::default() }
}

fn kind(random: &mut Random) -> QuestionKind {
    let none = String::new;
    let choice = |id: &str| Choice { id: id.into(), label: id.to_uppercase(), ..Choice::default() };
    let mut choices: Vec<Choice> = ["a", "b", "c", "d"].map(choice).to_vec();
    choices[3].other = random.once_in(2);
    choices[3].last = random.once_in(2);
    let randomize = random.once_in(2);
    let (low_label, high_label) = (none(), none());
    match random.below(16) {
        0 => QuestionKind::Nps { low_label, high_label },
        1 => {
            let displays = [CsatDisplay::Stars, CsatDisplay::Smileys, CsatDisplay::Numbers, CsatDisplay::Thumbs];
            QuestionKind::Csat { display: random.of(&displays), low_label, high_label }
        }
        2 => QuestionKind::Ces { low_label, high_label },
        3 => {
            let points = 2 + random.below(10) as u8;
            choices.iter_mut().for_each(|row| row.other = false);
            QuestionKind::Matrix { rows: choices, points, low_label, high_label, randomize }
        }
        4 => QuestionKind::Ladder { statements: Vec::new(), low_label, high_label },
        5 => QuestionKind::ExpectationGap { low_label, high_label },
        6 => QuestionKind::MultipleChoiceSingle { choices, randomize },
        7 => QuestionKind::MultipleChoiceMulti { choices, randomize },
        8 => {
            choices.iter_mut().for_each(|choice| choice.other = false);
            QuestionKind::Ranking { choices, randomize }
        }
        9 => QuestionKind::YesNo {
            reason_label: random.of(&["", "Why?"]).into(),
            reason_after: random.of(&[ReasonAfter::Any, ReasonAfter::Yes, ReasonAfter::No]),
        },
        10 => QuestionKind::ShortText { placeholder: none(), max_characters: 1 + random.below(12) },
        11 => QuestionKind::OpenText { placeholder: none(), max_characters: 1 + random.below(12) },
        12 => QuestionKind::Contact { ask_name: randomize, consent_text: random.of(&["", "Yes"]).into() },
        13 => QuestionKind::Idea { placeholder: none() },
        14 => QuestionKind::ProblemReport { placeholder: none(), screenshot: randomize },
        _ => QuestionKind::Review { thing: "Mug".into(), photo: randomize },
    }
}

/// Conditions on earlier questions, on the trait and on the fact, sometimes within each other.
fn conditions(random: &mut Random, known: &[Question]) -> Vec<Condition> {
    (0..1 + random.below(2)).map(|_| condition(random, known, 0)).collect()
}

fn condition(random: &mut Random, known: &[Question], depth: usize) -> Condition {
    if depth < 2 && random.once_in(4) {
        let inner: Vec<Condition> = (0..1 + random.below(2)).map(|_| condition(random, known, depth + 1)).collect();
        return match random.below(3) {
            0 => Condition { any: inner, ..Condition::default() },
            1 => Condition { all: inner, ..Condition::default() },
            _ => Condition { not: inner.into_iter().next().map(Box::new), ..Condition::default() },
        };
    }
    let text = || Condition { customer_trait: "plan".into(), ..Condition::default() };
    let subject = match random.below(4) {
        0 => text(),
        1 => Condition { fact: "order".into(), ..Condition::default() },
        _ if known.is_empty() => text(),
        _ => Condition { answer: random.of(known).id, ..Condition::default() },
    };
    let question = known.iter().find(|question| question.id == subject.answer);
    let scores = question.and_then(|question| question.kind.scores());
    let picks = question.is_some_and(|question| !question.kind.choices().is_empty());
    match (scores, random.below(3)) {
        (Some((low, high)), 0) => {
            let least = i32::from(low) + random.below((high - low) as usize + 1) as i32;
            Condition { at_least: Some(least), at_most: Some(i32::from(high)), ..subject }
        }
        (Some((low, _)), 1) => Condition { at_most: Some(i32::from(low) + 1), ..subject },
        (None, 0) if picks => Condition { includes: Some(random.of(&["a", "b", "d"]).into()), ..subject },
        (None, 0) if question.is_none() => Condition { is: Some(random.of(&["pro", "7"]).into()), ..subject },
        (None, 1) if question.is_none() => Condition { at_least: Some(5), ..subject },
        _ => Condition { given: Some(random.once_in(2)), ..subject },
    }
}

/// Something that a visitor might do: mostly what the question takes, sometimes anything.
fn step(random: &mut Random, question: &Question, save_number: u32) -> Step {
    let part = random.below(question.parts().len() + 1);
    match random.below(14) {
        0..3 => Step::Score(part, random.of(&[None, Some(-2), Some(1), Some(2), Some(5), Some(10)])),
        3 => Step::Choose(part, random.below(4)),
        4 => Step::Toggle(part, random.below(4)),
        5 => Step::Rank(part, random.below(4), random.below(5)),
        6..8 => Step::Write(part, random.of(&WORDS).into()),
        8 => Step::Back,
        9 => Step::Skip,
        10 => {
            let field = format!("answers[{}].text", random.below(3));
            let refused = Outcome::Refused { field, reason: "too long".into() };
            Step::Saved(save_number, random.of(&[Outcome::Stored, Outcome::Held, refused]))
        }
        11 => Step::Saved(save_number.saturating_sub(1), Outcome::Stored),
        _ => Step::Next,
    }
}
