//! Runs step by step, and properties of any run through any survey.

use super::*;
use crate::survey::{Branch, Choice, Condition, EndScreen, Question, QuestionKind, Subject, Survey};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn question(id: &str, kind: QuestionKind, required: bool) -> Question {
    Question { required, ..Question::new(id, kind, "Why?") }
}

fn nps(required: bool) -> Question {
    question("likely", QuestionKind::Nps { low_label: String::new(), high_label: String::new() }, required)
}

fn text(required: bool, max_characters: usize) -> Question {
    question("words", QuestionKind::OpenText { placeholder: String::new(), max_characters }, required)
}

fn multi() -> Question {
    let choices = ["a", "b", "c"].map(|id| Choice { id: id.into(), label: id.into(), ..Choice::default() }).to_vec();
    question("used", QuestionKind::MultipleChoiceMulti { choices, randomize: false }, false)
}

fn script(questions: Vec<Question>) -> Script {
    Script::new(questions, Vec::new(), &[], 1, Box::new(|_, _| None))
}

fn refused(field: &str) -> Outcome {
    Outcome::Refused { field: field.into(), reason: "too long".into() }
}

fn answered(run: &Run, script: &Script) -> Vec<usize> {
    run.answers(script).map(|(at, _)| at).collect()
}

fn score(score: i8) -> Step {
    Step::Score(0, Some(score))
}

#[test]
fn a_required_question_needs_an_answer_and_cannot_be_skipped() {
    let script = script(vec![nps(true), text(true, 10)]);
    let mut run = Run::new(&script).unwrap();
    assert_eq!(run.apply(&script, Step::Next), Effect::Move);
    assert_eq!(run.problem(), Some(&Problem::Missing(0)));
    assert_eq!(run.apply(&script, Step::Skip), Effect::Nothing);
    assert_eq!(run.apply(&script, score(0)), Effect::Show);
    assert_eq!(run.problem(), None);
    assert_eq!(run.apply(&script, Step::Next), Effect::Save);
    for (words, expected) in [
        (" \n", Some(Problem::Missing(0))),
        ("éééééééééé", None),
        ("ééééééééééé", Some(Problem::TooLong(0, 1))),
        ("🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂", Some(Problem::TooLong(0, 2))),
    ] {
        run.apply(&script, Step::Write(0, words.into()));
        assert_eq!(run.draft().problem(&script.questions[1]), expected, "{words}");
    }
}

#[test]
fn each_confirmed_answer_is_saved_once_and_the_last_save_ends_the_run() {
    let script = script(vec![nps(true), multi(), text(false, 10)]);
    let mut run = Run::new(&script).unwrap();
    run.apply(&script, score(3));
    assert_eq!(run.apply(&script, Step::Next), Effect::Save);
    run.apply(&script, Step::Toggle(0, 0));
    run.apply(&script, Step::Toggle(0, 2));
    run.apply(&script, Step::Toggle(0, 0));
    assert_eq!(run.draft().entries[0].picked, [2]);
    assert_eq!(run.apply(&script, Step::Next), Effect::Save);
    assert_eq!(run.apply(&script, Step::Back), Effect::Move);
    assert_eq!(run.apply(&script, Step::Next), Effect::Move, "nothing changed, nothing to save");
    assert_eq!(run.progress(&script), (3, 3));
    assert_eq!(run.apply(&script, Step::Skip), Effect::Save);
    assert_eq!((run.phase(), run.save_number()), (Phase::Sending, 3));
    assert_eq!(run.apply(&script, Step::Next), Effect::Nothing, "a second press while sending");
    assert_eq!(run.apply(&script, Step::Saved(2, Outcome::Stored)), Effect::Nothing, "an older save");
    assert_eq!(run.phase(), Phase::Sending);
    assert_eq!(run.apply(&script, Step::Saved(3, Outcome::Held)), Effect::Move);
    assert_eq!(run.phase(), Phase::Done { held: true });
    assert_eq!(answered(&run, &script), [0, 1]);
}

#[test]
fn going_back_keeps_what_was_confirmed_further_on() {
    let script = script(vec![nps(true), multi(), text(false, 10)]);
    let mut run = Run::new(&script).unwrap();
    run.apply(&script, score(3));
    run.apply(&script, Step::Next);
    run.apply(&script, Step::Toggle(0, 1));
    run.apply(&script, Step::Next);
    run.apply(&script, Step::Back);
    run.apply(&script, Step::Back);
    run.apply(&script, score(9));
    let first = |run: &Run| run.answers(&script).next().unwrap().1.entries[0].score;
    assert_eq!(first(&run), Some(3), "a draft is no answer yet");
    assert_eq!(run.apply(&script, Step::Next), Effect::Save);
    assert_eq!(answered(&run, &script), [0, 1]);
    assert_eq!(first(&run), Some(9));
}

#[test]
fn a_survey_without_back_only_goes_forward() {
    let mut script = script(vec![nps(true), multi()]);
    script.back = false;
    let mut run = Run::new(&script).unwrap();
    run.apply(&script, score(3));
    run.apply(&script, Step::Next);
    assert!(!run.can_go_back(&script));
    assert_eq!(run.apply(&script, Step::Back), Effect::Nothing);
}

#[test]
fn a_refusal_leads_to_the_answer_it_names() {
    let script = script(vec![multi(), nps(true), text(false, 10), text(false, 10)]);
    let mut run = Run::new(&script).unwrap();
    run.apply(&script, Step::Skip);
    run.apply(&script, score(3));
    run.apply(&script, Step::Next);
    run.apply(&script, Step::Write(0, "why".into()));
    run.apply(&script, Step::Next);
    run.apply(&script, Step::Skip);
    assert_eq!(run.apply(&script, Step::Saved(run.save_number(), refused("answers[1].text"))), Effect::Move);
    assert_eq!((run.at(), run.phase()), (2, Phase::Asking));
    assert_eq!(run.problem(), Some(&Problem::Refused("too long".into())));
    assert_eq!(run.draft().entries[0].text, "why");
    assert_eq!(run.apply(&script, Step::Next), Effect::Save, "confirmed again, saved again");
    // A refusal that names nothing known stays where the visitor is and lets them try again.
    run.apply(&script, Step::Skip);
    run.apply(&script, Step::Saved(run.save_number(), refused("survey")));
    assert_eq!((run.at(), run.phase()), (3, Phase::Asking));
    assert_eq!(run.apply(&script, Step::Skip), Effect::Save);
}

#[test]
fn an_answer_that_was_held_and_then_refused_was_still_said_to_be_kept() {
    let script = script(vec![nps(true), text(false, 10)]);
    let held = |outcome: Outcome| {
        let mut run = Run::new(&script).unwrap();
        run.apply(&script, score(3));
        run.apply(&script, Step::Next);
        run.apply(&script, Step::Write(0, "why".into()));
        run.apply(&script, Step::Next);
        assert_eq!(run.apply(&script, Step::Saved(2, Outcome::Held)), Effect::Move);
        assert_eq!(run.apply(&script, Step::Saved(1, refused("id"))), Effect::Nothing, "an older save");
        assert_eq!(run.apply(&script, Step::Saved(2, Outcome::Held)), Effect::Nothing);
        let effect = run.apply(&script, Step::Saved(2, outcome));
        (effect, run)
    };
    let (effect, mut stored) = held(Outcome::Stored);
    assert_eq!((effect, stored.phase()), (Effect::Show, Phase::Done { held: false }));
    assert_eq!(stored.apply(&script, Step::Saved(2, refused("id"))), Effect::Nothing);
    let (effect, mut again) = held(refused("answers[1].text"));
    assert_eq!((effect, again.phase(), again.at()), (Effect::Move, Phase::Asking, 1));
    assert_eq!(again.problem(), Some(&Problem::Refused("too long".into())));
    assert_eq!(again.apply(&script, Step::Next), Effect::Save);
    assert_eq!(again.phase(), Phase::Sending);
}

#[test]
fn a_run_without_an_answer_leaves_unless_something_is_stored() {
    let script = script(vec![nps(false), text(false, 10)]);
    let mut run = Run::new(&script).unwrap();
    assert_eq!(run.apply(&script, Step::Next), Effect::Move, "an empty optional question is passed");
    assert_eq!(run.apply(&script, Step::Skip), Effect::Leave);
    let mut run = Run::new(&script).unwrap();
    run.apply(&script, score(1));
    run.apply(&script, Step::Next);
    run.apply(&script, Step::Back);
    assert_eq!(run.apply(&script, Step::Skip), Effect::Save, "taking an answer back is saved");
    assert_eq!(run.apply(&script, Step::Skip), Effect::Save);
    assert!(answered(&run, &script).is_empty());
}

#[test]
fn a_ranking_is_built_and_changed_rank_by_rank() {
    let choices = ["a", "b", "c"].map(|id| Choice { id: id.into(), label: id.into(), ..Choice::default() }).to_vec();
    let script = script(vec![question("rank", QuestionKind::Ranking { choices, randomize: false }, true)]);
    let mut run = Run::new(&script).unwrap();
    for (step, expected) in [
        (Step::Toggle(0, 1), vec![1]),
        (Step::Toggle(0, 0), vec![1, 0]),
        (Step::Rank(0, 0, 0), vec![0, 1]),
        (Step::Rank(0, 2, 9), vec![0, 1, 2]),
        (Step::Rank(0, 0, 1), vec![1, 0, 2]),
        (Step::Toggle(0, 1), vec![0, 2]),
    ] {
        assert_eq!(run.apply(&script, step.clone()), Effect::Show);
        assert_eq!(run.draft().entries[0].picked, expected, "{step:?}");
    }
    assert_eq!(run.apply(&script, Step::Score(1, Some(1))), Effect::Nothing, "there is no second part");
}

/// Promoters are asked nothing more, detractors why and where to reach them, the rest why.
fn branching() -> Survey {
    let at_least = |least| vec![Condition { answer: "likely".into(), at_least: Some(least), ..Condition::default() }];
    let at_most = |most| vec![Condition { answer: "likely".into(), at_most: Some(most), ..Condition::default() }];
    let mut likely = nps(true);
    likely.branches = vec![Branch { when: at_least(9), end: true, ..Branch::default() }];
    let mut contact =
        question("contact", QuestionKind::Contact { ask_name: false, consent_text: String::new() }, false);
    contact.when = at_most(6);
    Survey {
        id: "s".into(),
        name: "S".into(),
        title: "Hello {{trait:name|you}}".into(),
        questions: vec![likely, text(false, 100), contact],
        ends: vec![
            EndScreen { id: "promoter".into(), when: at_least(9), ..EndScreen::default() },
            EndScreen { id: "detractor".into(), when: at_most(6), ..EndScreen::default() },
        ],
        ..Survey::default()
    }
}

#[test]
fn the_way_and_the_end_follow_the_answers() {
    let survey = branching();
    assert_eq!(survey.faults(), []);
    let known = |subject: Subject<'_>, _| (subject == Subject::Trait("name")).then(|| "Zoë".to_owned());
    let script = Script::of(&survey, 7, Box::new(known));
    for (given, way, end) in
        [(10, vec![0], Some("promoter")), (8, vec![0, 1], None), (2, vec![0, 1, 2], Some("detractor"))]
    {
        let mut run = Run::new(&script).unwrap();
        run.apply(&script, score(given));
        assert_eq!(run.progress(&script), (1, way.len()), "{given}: known before it is confirmed");
        let mut walked = vec![run.at()];
        run.apply(&script, Step::Next);
        while run.phase() == Phase::Asking {
            walked.push(run.at());
            run.apply(&script, Step::Skip);
        }
        assert_eq!(walked, way, "{given}");
        assert_eq!(run.end(&script).map(|end| end.id.as_str()), end, "{given}");
        assert_eq!(run.fill(&script, &survey.title), "Hello Zoë");
        assert_eq!(run.fill(&script, "{{answer:likely}}"), given.to_string());
    }
}

#[test]
fn an_answer_that_no_way_leads_to_any_more_is_left_out_and_comes_back_with_its_way() {
    let survey = branching();
    let script = Script::of(&survey, 7, Box::new(|_, _| None));
    let mut run = Run::new(&script).unwrap();
    run.apply(&script, score(8));
    run.apply(&script, Step::Next);
    run.apply(&script, Step::Write(0, "slow".into()));
    run.apply(&script, Step::Next);
    run.apply(&script, Step::Saved(run.save_number(), refused("answers[0].score")));
    assert_eq!(run.at(), 0);
    run.apply(&script, score(9));
    run.apply(&script, Step::Next);
    assert_eq!(answered(&run, &script), [0], "the end comes at once now");
    run.apply(&script, Step::Saved(run.save_number(), refused("answers[0].score")));
    run.apply(&script, score(7));
    run.apply(&script, Step::Next);
    assert_eq!((run.at(), run.draft().entries[0].text.as_str()), (1, "slow"));
    assert_eq!(answered(&run, &script), [0, 1]);
}

#[test]
fn nobody_is_asked_when_no_question_is_for_them() {
    let mut only = nps(false);
    only.when = vec![Condition { customer_trait: "plan".into(), is: Some("pro".into()), ..Condition::default() }];
    let known = |subject: Subject<'_>, _| (subject == Subject::Trait("plan")).then(|| "pro".to_owned());
    assert!(Run::new(&script(vec![only.clone()])).is_none());
    assert!(Run::new(&Script::new(vec![only], vec![], &[], 1, Box::new(known))).is_some());
}

fn any_kind() -> impl Strategy<Value = QuestionKind> {
    let choices = || ["a", "b", "c"].map(|id| Choice { id: id.into(), label: id.into(), ..Choice::default() }).to_vec();
    prop_oneof![
        Just(nps(false).kind),
        Just(QuestionKind::ExpectationGap { low_label: String::new(), high_label: String::new() }),
        Just(QuestionKind::MultipleChoiceSingle { choices: choices(), randomize: true }),
        Just(QuestionKind::MultipleChoiceMulti { choices: choices(), randomize: false }),
        Just(QuestionKind::Ranking { choices: choices(), randomize: true }),
        Just(QuestionKind::Matrix {
            rows: choices(),
            points: 5,
            low_label: String::new(),
            high_label: String::new(),
            randomize: true,
        }),
        Just(QuestionKind::YesNo { reason_label: "Why?".into(), reason_after: Default::default() }),
        Just(QuestionKind::OpenText { placeholder: String::new(), max_characters: 5 }),
        Just(QuestionKind::Contact { ask_name: true, consent_text: "Yes".into() }),
        Just(QuestionKind::Review { thing: "Mug".into(), photo: true }),
    ]
}

/// A condition on an earlier question that its kind allows, from three random numbers.
fn condition(questions: &[Question], (which, test, value): (usize, u8, i8)) -> Condition {
    if questions.is_empty() || test == 0 {
        let is = Some(["pro", "free"][usize::from(value.unsigned_abs()) % 2].into());
        return Condition { customer_trait: "plan".into(), is, ..Condition::default() };
    }
    let question = &questions[which % questions.len()];
    let answer = question.id.clone();
    let one = match question.kind.scores() {
        Some((low, high)) if test < 4 => {
            let at = i32::from(low + (value.unsigned_abs() as i8 % (high - low + 1)));
            let (least, most) = if test % 2 == 0 { (Some(at), None) } else { (None, Some(at)) };
            Condition { answer, at_least: least, at_most: most, ..Condition::default() }
        }
        _ if test < 4 && !question.kind.choices().is_empty() => {
            let id = ["a", "b", "c"][usize::from(value.unsigned_abs()) % 3];
            Condition { answer, includes: Some(id.into()), ..Condition::default() }
        }
        _ => Condition { answer, given: Some(value % 2 == 0), ..Condition::default() },
    };
    if test == 5 { Condition { not: Some(Box::new(one)), ..Condition::default() } } else { one }
}

type Draw = (usize, u8, i8);

/// Any survey without a fault: conditions that look back, branches that lead forward, sometimes a random group.
fn any_survey() -> impl Strategy<Value = Survey> {
    let draw = || (0..20_usize, 0..6_u8, -20..20_i8);
    let one = (
        any_kind(),
        any::<bool>(),
        prop::option::of(draw()),
        prop::option::of((prop::option::of(draw()), 0..20_usize)),
    );
    let ones = prop::collection::vec(one, 1..9);
    (ones, any::<bool>(), draw()).prop_map(|(ones, grouped, end)| {
        let count = ones.len();
        let grouped = grouped && count >= 3;
        let mut questions: Vec<Question> = Vec::new();
        for (at, (kind, required, when, branch)) in ones.into_iter().enumerate() {
            // The first two questions are the group: they know nothing of each other.
            let known = if grouped && at < 2 { 0 } else { at };
            let mut question = Question { required, ..Question::new(format!("q{at}"), kind, "{{trait:plan|?}}") };
            question.when = when.map(|draw: Draw| condition(&questions[..known], draw)).into_iter().collect();
            if let Some((when, target)) = branch {
                let when = when.map(|draw: Draw| condition(&questions[..known], draw)).into_iter().collect();
                let first = if grouped && at < 2 { 2 } else { at + 1 };
                let target = first + target % (count - at + 1);
                question.branches = vec![if target < count {
                    Branch { when, skip_to: format!("q{target}"), end: false }
                } else {
                    Branch { when, end: true, ..Branch::default() }
                }];
            }
            questions.push(question);
        }
        let ends = vec![EndScreen { id: "e".into(), when: vec![condition(&questions, end)], ..EndScreen::default() }];
        let random_groups = if grouped { vec![vec!["q0".into(), "q1".into()]] } else { vec![] };
        let (id, name, title) = ("s".into(), "S".into(), "S".into());
        Survey { id, name, title, questions, ends, random_groups, ..Survey::default() }
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    let part = || prop_oneof![Just(0_usize), 0..4_usize];
    prop_oneof![
        (part(), prop::option::of(1..=2_i8)).prop_map(|(part, score)| Step::Score(part, score)),
        (part(), 0..3_usize).prop_map(|(part, index)| Step::Toggle(part, index)),
        (part(), 0..2_usize).prop_map(|(part, index)| Step::Choose(part, index)),
        (part(), "[ab@. ]{0,7}").prop_map(|(part, text)| Step::Write(part, text)),
        Just(Step::Next),
        Just(Step::Next),
        Just(Step::Skip),
        Just(Step::Back),
        (0..8_u32, 0..4_usize).prop_map(|(number, place)| match place {
            0 => Step::Saved(number, Outcome::Stored),
            1 => Step::Saved(number, Outcome::Held),
            place => {
                let field = format!("answers[{place}].text");
                Step::Saved(number, Outcome::Refused { field, reason: "no".into() })
            }
        }),
    ]
}

/// Something that every kind of question takes, as steps.
fn fitting(question: &Question, choice: u8) -> Vec<Step> {
    use crate::survey::Input;
    let one = |(part, input): (usize, &Input<'_>)| match input {
        Input::Scale { low, high, .. } => Step::Score(part, Some(low + (choice as i8).rem_euclid(high - low + 1))),
        Input::Choices { .. } | Input::YesNo | Input::Ranking { .. } => Step::Choose(part, usize::from(choice) % 2),
        Input::Email => Step::Write(part, "a@example.com".into()),
        Input::Line { .. } | Input::Text { .. } => Step::Write(part, "ok".into()),
        Input::Consent | Input::Picture { .. } => Step::Score(part, Some(1)),
    };
    question.parts().iter().map(|part| &part.input).enumerate().map(one).collect()
}

fn plan(known: bool) -> Outside {
    Box::new(move |subject, _| (known && subject == Subject::Trait("plan")).then(|| "pro".to_owned()))
}

proptest! {
    #[test]
    fn generated_surveys_have_no_fault(survey in any_survey()) {
        prop_assert_eq!(survey.faults(), []);
    }

    #[test]
    fn whatever_the_visitor_does_the_run_stays_sound(
        survey in any_survey(),
        seed: u32,
        known: bool,
        steps in prop::collection::vec(any_step(), 0..60),
    ) {
        let script = Script::of(&survey, seed, plan(known));
        let Some(mut run) = Run::new(&script) else { return Ok(()) };
        for step in steps {
            let before = run.clone();
            let effect = run.apply(&script, step.clone());
            prop_assert!(run.at() < script.questions.len());
            match effect {
                Effect::Nothing => prop_assert_eq!(&run, &before),
                Effect::Save => prop_assert_eq!(run.save_number(), before.save_number() + 1),
                _ => prop_assert_eq!(run.save_number(), before.save_number()),
            }
            // Only the newest save's good end finishes a run; then it never changes again, unless it was only held.
            if run.phase() != before.phase() && matches!(run.phase(), Phase::Done { .. }) {
                prop_assert!(matches!(step, Step::Saved(number, _) if number == before.save_number()));
            }
            let ended = matches!(step, Step::Saved(number, ref end) if number == before.save_number() && *end != Outcome::Held);
            if before.phase() == (Phase::Done { held: false }) || before.phase() == (Phase::Done { held: true }) && !ended {
                prop_assert_eq!(&run, &before);
            }
            // What is saved could be confirmed: nothing empty, nothing too long.
            for (at, given) in run.answers(&script) {
                prop_assert!(!given.is_empty());
                prop_assert_eq!(given.problem(&script.questions[at]), None);
            }
            let (place, places) = run.progress(&script);
            prop_assert!((1..=places).contains(&place) && places <= script.questions.len());
        }
    }

    #[test]
    fn a_visitor_who_answers_and_goes_on_always_arrives(
        survey in any_survey(),
        seed: u32,
        known: bool,
        choices in prop::collection::vec(any::<u8>(), 9),
    ) {
        let script = Script::of(&survey, seed, plan(known));
        let Some(mut run) = Run::new(&script) else { return Ok(()) };
        let mut seen = BTreeSet::new();
        while run.phase() == Phase::Asking {
            let at = run.at();
            prop_assert!(seen.insert(at), "question {} is asked twice", at);
            for step in fitting(&script.questions[at], choices[at]) {
                prop_assert_eq!(run.apply(&script, step), Effect::Show);
            }
            let (place, places) = run.progress(&script);
            prop_assert_eq!(run.apply(&script, Step::Next), Effect::Save, "{:?}", run.problem());
            prop_assert_eq!(place == places, run.phase() == Phase::Sending, "the last question is known as such");
        }
        let answered: BTreeSet<_> = answered(&run, &script).into_iter().collect();
        prop_assert_eq!(&answered, &seen, "everything that was asked is sent");
        let answers: Vec<_> = (0..script.questions.len())
            .map(|at| run.answers(&script).find(|(place, _)| *place == at).map(|(_, given)| given.clone()))
            .collect();
        let way: BTreeSet<_> = script.way(&answers).into_iter().collect();
        prop_assert_eq!(&way, &seen, "a form without script takes the same way");
        run.apply(&script, Step::Saved(run.save_number(), Outcome::Stored));
        prop_assert_eq!(run.phase(), Phase::Done { held: false });
    }

    #[test]
    fn going_back_and_forth_changes_no_answer(
        survey in any_survey(),
        seed: u32,
        choices in prop::collection::vec(any::<u8>(), 9),
        steps in 1..6_usize,
    ) {
        let script = Script::of(&survey, seed, plan(true));
        let Some(mut run) = Run::new(&script) else { return Ok(()) };
        for _ in 0..steps {
            let (place, places) = run.progress(&script);
            if place == places {
                break;
            }
            let at = run.at();
            fitting(&script.questions[at], choices[at]).into_iter().for_each(|step| { run.apply(&script, step); });
            run.apply(&script, Step::Next);
        }
        prop_assume!(run.phase() == Phase::Asking);
        let before = run.clone();
        let mut count = 0;
        while run.can_go_back(&script) {
            prop_assert_eq!(run.apply(&script, Step::Back), Effect::Move);
            prop_assert_eq!(answered(&run, &script), answered(&before, &script));
            count += 1;
        }
        for _ in 0..count {
            prop_assert_eq!(run.apply(&script, Step::Next), Effect::Move, "nothing new to save");
        }
        prop_assert_eq!(&run, &before);
    }
}
