//! How a visitor goes through a survey: which question is next, what may be confirmed, and when the run is safe.
//!
//! A [`Run`] is changed only by [`Run::apply`], which returns what the caller has to do ([`Effect`]): the panel saves,
//! shows and closes; nothing here touches a DOM or a network. Drafts are what the visitor is typing; answers are what
//! was confirmed with Next, and only those are saved.

use crate::survey::{Question, QuestionKind};

/// What was given to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The score of a scored kind.
    pub score: Option<i8>,
    /// The choices picked, as a bit per choice in the order of the definition ([`crate::limit::ANSWER_CHOICES`] is
    /// below 64).
    pub picked: u64,
    /// The words.
    pub text: String,
}

impl Given {
    /// Whether nothing was given; blank text is nothing.
    pub fn is_empty(&self) -> bool {
        self.score.is_none() && self.picked == 0 && self.text.trim().is_empty()
    }

    /// Whether the choice at `index` is picked.
    pub fn has(&self, index: usize) -> bool {
        self.picked >> index & 1 == 1
    }
}

/// Why the question at hand cannot be confirmed, or why the run could not be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A required question has no answer.
    Missing,
    /// The text has this many characters too many.
    TooLong(usize),
    /// The save was refused, for this reason.
    Refused(String),
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A question is shown.
    Asking,
    /// The last answer is confirmed, its save is under way.
    Sending,
    /// All answers are safe.
    Done {
        /// They are kept on the device, the collector has not acknowledged them yet.
        held: bool,
    },
}

/// How a save ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The collector acknowledged it.
    Stored,
    /// The device keeps it and will send it later.
    Held,
    /// It will never be taken as it is.
    Refused {
        /// Dotted path of the field, such as `answers[1].text`; empty when unknown.
        field: String,
        /// What is wrong.
        reason: String,
    },
}

impl Outcome {
    /// Reads `stored`, `held` or `rejected: <field>: <reason>`; anything else is a refusal with that text as reason.
    pub fn parse(text: &str) -> Self {
        match text {
            "stored" => Self::Stored,
            "held" => Self::Held,
            _ => {
                let rest = text.strip_prefix("rejected:").unwrap_or(text).trim();
                // The field is a path without space or colon.
                let (field, reason) =
                    rest.split_once(':').filter(|(field, _)| !field.contains(' ')).unwrap_or(("", rest));
                Self::Refused { field: field.into(), reason: reason.trim_start().into() }
            }
        }
    }
}

/// What happens to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A score was chosen.
    Score(i8),
    /// The only choice was chosen, by index.
    Choose(usize),
    /// One of several choices was chosen or taken back, by index.
    Toggle(usize),
    /// The text is now this.
    Write(String),
    /// Confirm the draft and go on.
    Next,
    /// Go on without an answer.
    Skip,
    /// Return to the question before.
    Back,
    /// The save of this number ended.
    Saved(u32, Outcome),
}

/// What the caller has to do after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but show the new state.
    Show,
    /// The state is the same as before.
    Nothing,
    /// Another question, the thank-you or a problem is shown: move the focus there.
    Move,
    /// Save the run under [`Run::save_number`], then show; the focus moves as with [`Effect::Move`].
    Save,
    /// The visitor passed over everything: there is nothing to save and nobody to thank.
    Leave,
}

/// One visitor's run through one survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Indexes of the questions on the way here; the last is the one at hand. Never empty.
    path: Vec<usize>,
    drafts: Vec<Given>,
    answers: Vec<Option<Given>>,
    phase: Phase,
    problem: Option<Problem>,
    save_number: u32,
}

/// The index of the question after `at`, `None` after the last. The rules of branching belong here.
fn next_after(questions: &[Question], at: usize) -> Option<usize> {
    (at + 1 < questions.len()).then_some(at + 1)
}

/// Why `given` cannot be confirmed as the answer to `question`.
pub fn problem(question: &Question, given: &Given) -> Option<Problem> {
    if question.required && given.is_empty() {
        return Some(Problem::Missing);
    }
    characters_left(question, given).filter(|left| *left < 0).map(|left| Problem::TooLong(left.unsigned_abs()))
}

/// Characters that still fit into the text, negative when it is too long; `None` for kinds without text.
pub fn characters_left(question: &Question, given: &Given) -> Option<isize> {
    match &question.kind {
        QuestionKind::OpenText { max_characters, .. } => {
            Some(*max_characters as isize - given.text.chars().count() as isize)
        }
        _ => None,
    }
}

impl Run {
    /// A run that stands at the first of `count` questions.
    pub fn new(count: usize) -> Self {
        Self {
            path: vec![0],
            drafts: vec![Given::default(); count],
            answers: vec![None; count],
            phase: Phase::Asking,
            problem: None,
            save_number: 0,
        }
    }

    /// Index of the question at hand.
    pub fn at(&self) -> usize {
        self.path.last().copied().unwrap_or(0)
    }

    /// What is being given to the question at hand.
    pub fn draft(&self) -> &Given {
        &self.drafts[self.at()]
    }

    /// Where the run stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What keeps the visitor from going on.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Number of the newest save; 0 before the first.
    pub fn save_number(&self) -> u32 {
        self.save_number
    }

    /// Whether there is a question to go back to.
    pub fn can_go_back(&self) -> bool {
        self.path.len() > 1
    }

    /// Whether the question at hand is the last one.
    pub fn is_last(&self, questions: &[Question]) -> bool {
        next_after(questions, self.at()).is_none()
    }

    /// Whether the last question was passed.
    pub fn is_finished(&self) -> bool {
        self.phase != Phase::Asking
    }

    /// The confirmed answers on the way here and on the way that follows from it, with the index of their question:
    /// going back takes no answer away, and an answer that no way leads to any more is left out.
    pub fn answers(&self, questions: &[Question]) -> impl Iterator<Item = (usize, &Given)> {
        let ahead = core::iter::successors(next_after(questions, self.at()), |&at| next_after(questions, at));
        let way = self.path.iter().copied().chain(ahead);
        way.filter_map(|at| self.answers[at].as_ref().map(|given| (at, given)))
    }

    /// Takes one step.
    pub fn apply(&mut self, questions: &[Question], step: Step) -> Effect {
        if let Step::Saved(number, outcome) = step {
            return self.saved(questions, number, outcome);
        }
        if self.phase != Phase::Asking {
            return Effect::Nothing;
        }
        let at = self.at();
        let draft = &mut self.drafts[at];
        match step {
            Step::Score(score) => draft.score = Some(score),
            Step::Choose(index) => draft.picked = 1 << index,
            Step::Toggle(index) => draft.picked ^= 1 << index,
            Step::Write(text) => draft.text = text,
            Step::Next => {
                self.problem = problem(&questions[at], draft);
                if self.problem.is_some() {
                    return Effect::Move;
                }
                let given = (!draft.is_empty()).then(|| draft.clone());
                return self.advance(questions, given);
            }
            Step::Skip if !questions[at].required => {
                self.drafts[at] = Given::default();
                return self.advance(questions, None);
            }
            Step::Back if self.path.len() > 1 => {
                self.path.pop();
                self.problem = None;
                return Effect::Move;
            }
            Step::Skip | Step::Back | Step::Saved(..) => return Effect::Nothing,
        }
        self.problem = None;
        Effect::Show
    }

    /// Confirms `given` for the question at hand and moves on.
    fn advance(&mut self, questions: &[Question], given: Option<Given>) -> Effect {
        let at = self.at();
        self.problem = None;
        let changed = self.answers[at] != given;
        self.answers[at] = given;
        match next_after(questions, at) {
            Some(next) => {
                self.path.push(next);
                if !changed {
                    return Effect::Move;
                }
            }
            // A run that was saved before is saved again even when it has been emptied since: what is stored follows it.
            None if self.save_number == 0 && self.answers(questions).next().is_none() => return Effect::Leave,
            None => self.phase = Phase::Sending,
        }
        self.save_number += 1;
        Effect::Save
    }

    /// A later save carries everything an earlier one did, so only the newest one's end counts.
    fn saved(&mut self, questions: &[Question], number: u32, outcome: Outcome) -> Effect {
        if number != self.save_number || matches!(self.phase, Phase::Done { .. }) {
            return Effect::Nothing;
        }
        let sending = self.phase == Phase::Sending;
        match outcome {
            Outcome::Stored | Outcome::Held if sending => {
                self.phase = Phase::Done { held: outcome == Outcome::Held };
                Effect::Move
            }
            Outcome::Stored | Outcome::Held => Effect::Nothing,
            Outcome::Refused { field, reason } => {
                self.phase = Phase::Asking;
                self.problem = Some(Problem::Refused(reason));
                if let Some(at) = self.answer_named(questions, &field) {
                    // Confirming it again must save again, changed or not.
                    self.answers[at] = None;
                    while self.at() != at {
                        self.path.pop();
                    }
                }
                Effect::Move
            }
        }
    }

    /// Index of the question whose answer `field` names: `answers[1].text` is the second answer that was sent.
    fn answer_named(&self, questions: &[Question], field: &str) -> Option<usize> {
        let place: usize = field.strip_prefix("answers[")?.split_once(']')?.0.parse().ok()?;
        self.answers(questions).nth(place).map(|(at, _)| at).filter(|at| self.path.contains(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::Choice;
    use proptest::prelude::*;

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
        let choices =
            ["a", "b", "c"].map(|id| Choice { id: id.into(), label: id.into(), ..Choice::default() }).to_vec();
        question("used", QuestionKind::MultipleChoiceMulti { choices, randomize: false }, false)
    }

    fn refused(field: &str) -> Outcome {
        Outcome::Refused { field: field.into(), reason: "too long".into() }
    }

    fn answered(run: &Run, questions: &[Question]) -> Vec<usize> {
        run.answers(questions).map(|(at, _)| at).collect()
    }

    #[test]
    fn the_agents_reply_is_read() {
        for (reply, expected) in [
            ("stored", Outcome::Stored),
            ("held", Outcome::Held),
            (
                "rejected: answers[1].text: must be at most 10000 characters: cut it",
                Outcome::Refused {
                    field: "answers[1].text".into(),
                    reason: "must be at most 10000 characters: cut it".into(),
                },
            ),
            ("rejected: unknown", Outcome::Refused { field: String::new(), reason: "unknown".into() }),
            ("", Outcome::Refused { field: String::new(), reason: String::new() }),
        ] {
            assert_eq!(Outcome::parse(reply), expected, "{reply}");
        }
    }

    #[test]
    fn a_required_question_needs_an_answer_and_cannot_be_skipped() {
        let questions = [nps(true), text(true, 10)];
        let mut run = Run::new(2);
        assert_eq!(run.apply(&questions, Step::Next), Effect::Move);
        assert_eq!(run.problem(), Some(&Problem::Missing));
        assert_eq!(run.apply(&questions, Step::Skip), Effect::Nothing);
        assert_eq!(run.apply(&questions, Step::Score(0)), Effect::Show);
        assert_eq!(run.problem(), None);
        assert_eq!(run.apply(&questions, Step::Next), Effect::Save);
        for (words, expected) in [
            (" \n", Some(Problem::Missing)),
            ("éééééééééé", None),
            ("ééééééééééé", Some(Problem::TooLong(1))),
            ("🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂", Some(Problem::TooLong(2))),
        ] {
            run.apply(&questions, Step::Write(words.into()));
            assert_eq!(problem(&questions[1], run.draft()), expected, "{words}");
        }
    }

    #[test]
    fn each_confirmed_answer_is_saved_once_and_the_last_save_ends_the_run() {
        let questions = [nps(true), multi(), text(false, 10)];
        let mut run = Run::new(3);
        run.apply(&questions, Step::Score(3));
        assert_eq!(run.apply(&questions, Step::Next), Effect::Save);
        run.apply(&questions, Step::Toggle(0));
        run.apply(&questions, Step::Toggle(2));
        run.apply(&questions, Step::Toggle(0));
        assert_eq!(run.draft().picked, 0b100);
        assert_eq!(run.apply(&questions, Step::Next), Effect::Save);
        assert_eq!(run.apply(&questions, Step::Back), Effect::Move);
        assert_eq!(run.apply(&questions, Step::Next), Effect::Move, "nothing changed, nothing to save");
        assert_eq!(run.apply(&questions, Step::Skip), Effect::Save);
        assert_eq!((run.phase(), run.save_number()), (Phase::Sending, 3));
        assert_eq!(run.apply(&questions, Step::Next), Effect::Nothing, "a second press while sending");
        assert_eq!(run.apply(&questions, Step::Saved(2, Outcome::Stored)), Effect::Nothing, "an older save");
        assert_eq!(run.phase(), Phase::Sending);
        assert_eq!(run.apply(&questions, Step::Saved(3, Outcome::Held)), Effect::Move);
        assert_eq!(run.phase(), Phase::Done { held: true });
        assert_eq!(answered(&run, &questions), [0, 1]);
    }

    #[test]
    fn going_back_keeps_what_was_confirmed_further_on() {
        let questions = [nps(true), multi(), text(false, 10)];
        let mut run = Run::new(3);
        run.apply(&questions, Step::Score(3));
        run.apply(&questions, Step::Next);
        run.apply(&questions, Step::Toggle(1));
        run.apply(&questions, Step::Next);
        run.apply(&questions, Step::Back);
        run.apply(&questions, Step::Back);
        run.apply(&questions, Step::Score(9));
        assert_eq!(run.answers(&questions).next().unwrap().1.score, Some(3), "a draft is no answer yet");
        assert_eq!(run.apply(&questions, Step::Next), Effect::Save);
        assert_eq!(answered(&run, &questions), [0, 1]);
        assert_eq!(run.answers(&questions).next().unwrap().1.score, Some(9));
    }

    #[test]
    fn a_refusal_leads_to_the_answer_it_names() {
        let questions = [multi(), nps(true), text(false, 10), text(false, 10)];
        let mut run = Run::new(4);
        run.apply(&questions, Step::Skip);
        run.apply(&questions, Step::Score(3));
        run.apply(&questions, Step::Next);
        run.apply(&questions, Step::Write("why".into()));
        run.apply(&questions, Step::Next);
        run.apply(&questions, Step::Skip);
        assert_eq!(run.apply(&questions, Step::Saved(run.save_number(), refused("answers[1].text"))), Effect::Move);
        assert_eq!((run.at(), run.phase()), (2, Phase::Asking));
        assert_eq!(run.problem(), Some(&Problem::Refused("too long".into())));
        assert_eq!(run.draft().text, "why");
        assert_eq!(run.apply(&questions, Step::Next), Effect::Save, "confirmed again, saved again");
        // A refusal that names nothing known stays where the visitor is and lets them try again.
        run.apply(&questions, Step::Skip);
        run.apply(&questions, Step::Saved(run.save_number(), refused("survey")));
        assert_eq!((run.at(), run.phase()), (3, Phase::Asking));
        assert_eq!(run.apply(&questions, Step::Skip), Effect::Save);
    }

    #[test]
    fn a_run_without_an_answer_leaves_unless_something_is_stored() {
        let questions = [nps(false), text(false, 10)];
        let mut run = Run::new(2);
        assert_eq!(run.apply(&questions, Step::Next), Effect::Move, "an empty optional question is passed");
        assert_eq!(run.apply(&questions, Step::Skip), Effect::Leave);
        let mut run = Run::new(2);
        run.apply(&questions, Step::Score(1));
        run.apply(&questions, Step::Next);
        run.apply(&questions, Step::Back);
        assert_eq!(run.apply(&questions, Step::Skip), Effect::Save, "taking an answer back is saved");
        assert_eq!(run.apply(&questions, Step::Skip), Effect::Save);
        assert!(answered(&run, &questions).is_empty());
    }

    fn any_question() -> impl Strategy<Value = Question> {
        (0..3_u8, any::<bool>()).prop_map(|(kind, required)| match kind {
            0 => nps(required),
            1 => Question { required, ..multi() },
            _ => text(required, 5),
        })
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..=10_i8).prop_map(Step::Score),
            (0..3_usize).prop_map(Step::Toggle),
            "[ab ]{0,7}".prop_map(Step::Write),
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

    proptest! {
        #[test]
        fn whatever_the_visitor_does_the_run_stays_sound(
            questions in prop::collection::vec(any_question(), 1..6),
            steps in prop::collection::vec(any_step(), 0..60),
        ) {
            let mut run = Run::new(questions.len());
            for step in steps {
                let before = run.clone();
                let effect = run.apply(&questions, step.clone());
                prop_assert!(run.at() < questions.len());
                match effect {
                    Effect::Nothing => prop_assert_eq!(&run, &before),
                    Effect::Save => prop_assert_eq!(run.save_number(), before.save_number() + 1),
                    _ => prop_assert_eq!(run.save_number(), before.save_number()),
                }
                // Only the newest save's good end finishes a run, and a finished run never changes again.
                if run.phase() != before.phase() && matches!(run.phase(), Phase::Done { .. }) {
                    prop_assert!(matches!(step, Step::Saved(number, _) if number == before.save_number()));
                }
                if matches!(before.phase(), Phase::Done { .. }) {
                    prop_assert_eq!(&run, &before);
                }
                // What is saved could be confirmed: nothing empty, nothing too long.
                for (at, given) in run.answers(&questions) {
                    prop_assert!(!given.is_empty());
                    prop_assert_eq!(problem(&questions[at], given), None);
                }
                // A finished run misses no required answer, unless a refusal just reopened one.
                if run.is_finished() {
                    let answered = answered(&run, &questions);
                    for (at, question) in questions.iter().enumerate() {
                        prop_assert!(!question.required || answered.contains(&at), "question {}", at);
                    }
                }
            }
        }

        #[test]
        fn a_visitor_who_answers_and_goes_on_always_arrives(
            questions in prop::collection::vec(any_question(), 1..12),
        ) {
            let mut run = Run::new(questions.len());
            for question in &questions {
                run.apply(&questions, match question.kind {
                    QuestionKind::Nps { .. } => Step::Score(7),
                    QuestionKind::OpenText { .. } => Step::Write("ok".into()),
                    _ => Step::Toggle(1),
                });
                prop_assert_eq!(run.apply(&questions, Step::Next), Effect::Save);
            }
            prop_assert_eq!(run.save_number() as usize, questions.len());
            prop_assert_eq!(answered(&run, &questions), (0..questions.len()).collect::<Vec<_>>());
            run.apply(&questions, Step::Saved(run.save_number(), Outcome::Stored));
            prop_assert_eq!(run.phase(), Phase::Done { held: false });
        }
    }
}
