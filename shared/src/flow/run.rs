//! One visitor's run through one survey.

use super::given::{Given, Problem};
use super::outcome::Outcome;
use super::script::Script;
use crate::survey::{EndScreen, cut, whole};

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

/// What happens to a run. The first number of a change is the place of the part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A score was chosen, a box ticked or a picture added; or taken back.
    Score(usize, Option<i8>),
    /// The only choice was chosen, by index.
    Choose(usize, usize),
    /// One of several choices was chosen or taken back, by index; a ranked one comes last.
    Toggle(usize, usize),
    /// A ranked choice, by index, was moved to this rank, counted from 0.
    Rank(usize, usize, usize),
    /// The text is now this.
    Write(usize, String),
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
    /// Places of the questions on the way here; the last is the one at hand. Never empty.
    path: Vec<usize>,
    drafts: Vec<Given>,
    answers: Vec<Option<Given>>,
    phase: Phase,
    problem: Option<Problem>,
    save_number: u32,
}

impl Run {
    /// A run that stands at the first question asked; `None` when this visitor is asked nothing.
    pub fn new(script: &Script) -> Option<Self> {
        let answers = vec![None; script.questions.len()];
        let first = script.next_after(&[], &answers)?;
        let drafts = script.questions.iter().map(Given::none).collect();
        Some(Self { path: vec![first], drafts, answers, phase: Phase::Asking, problem: None, save_number: 0 })
    }

    /// Place of the question at hand.
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
    pub fn can_go_back(&self, script: &Script) -> bool {
        script.back && self.path.len() > 1
    }

    /// How far along the visitor is: the number of the question at hand, and how many there are on the way that follows
    /// from the answers so far and from what is being given.
    pub fn progress(&self, script: &Script) -> (usize, usize) {
        let mut answers = self.answers.clone();
        answers[self.at()] =
            Some(self.draft().confirmed(&script.questions[self.at()])).filter(|given| !given.is_empty());
        (self.path.len(), script.way_from(self.path.clone(), &answers).len())
    }

    /// Whether the last question was passed.
    pub fn is_finished(&self) -> bool {
        self.phase != Phase::Asking
    }

    /// The confirmed answers on the way here and on the way that follows from it, with the place of their question:
    /// going back takes no answer away, and an answer that no way leads to any more is left out.
    pub fn answers(&self, script: &Script) -> impl Iterator<Item = (usize, &Given)> {
        let way = script.way_from(self.path.clone(), &self.answers);
        way.into_iter().filter_map(|at| self.answers[at].as_ref().map(|given| (at, given)))
    }

    /// The end screen that fits the answers; `None` for the survey's own thank-you.
    pub fn end<'a>(&self, script: &'a Script) -> Option<&'a EndScreen> {
        script.end(&self.path, &self.answers)
    }

    /// `text` with earlier answers, traits and facts put in.
    pub fn fill(&self, script: &Script, text: &str) -> String {
        script.fill(text, &self.path, &self.answers)
    }

    /// Takes one step.
    pub fn apply(&mut self, script: &Script, step: Step) -> Effect {
        if let Step::Saved(number, outcome) = step {
            return self.saved(script, number, outcome);
        }
        if self.phase != Phase::Asking {
            return Effect::Nothing;
        }
        let at = self.at();
        let question = &script.questions[at];
        let draft = &mut self.drafts[at];
        match step {
            Step::Next => {
                self.problem = draft.problem(question);
                if self.problem.is_some() {
                    return Effect::Move;
                }
                let given = Some(draft.confirmed(question)).filter(|given| !given.is_empty());
                return self.advance(script, given);
            }
            Step::Skip if !question.required => {
                self.drafts[at] = Given::none(question);
                return self.advance(script, None);
            }
            Step::Back if script.back && self.path.len() > 1 => {
                self.path.pop();
                self.problem = None;
                return Effect::Move;
            }
            change => {
                if !edit(draft, change) {
                    return Effect::Nothing;
                }
            }
        }
        self.problem = None;
        Effect::Show
    }

    /// Confirms `given` for the question at hand and moves on.
    fn advance(&mut self, script: &Script, given: Option<Given>) -> Effect {
        let at = self.at();
        self.problem = None;
        let changed = self.answers[at] != given;
        self.answers[at] = given;
        match script.next_after(&self.path, &self.answers) {
            Some(next) => {
                self.path.push(next);
                if !changed {
                    return Effect::Move;
                }
            }
            // A run that was saved before is saved again even when it has been emptied since: what is stored follows it.
            None if self.save_number == 0 && self.answers(script).next().is_none() => return Effect::Leave,
            None => self.phase = Phase::Sending,
        }
        self.save_number += 1;
        Effect::Save
    }

    /// A later save carries everything an earlier one did, so only the newest one's end counts. One that was held ends again
    /// once the collector has said what becomes of it.
    fn saved(&mut self, script: &Script, number: u32, outcome: Outcome) -> Effect {
        let held = self.phase == Phase::Done { held: true };
        if number != self.save_number
            || self.phase == (Phase::Done { held: false })
            || (held && outcome == Outcome::Held)
        {
            return Effect::Nothing;
        }
        let sending = self.phase == Phase::Sending;
        match outcome {
            Outcome::Stored if held => {
                self.phase = Phase::Done { held: false };
                Effect::Show
            }
            Outcome::Stored | Outcome::Held if sending => {
                self.phase = Phase::Done { held: outcome == Outcome::Held };
                Effect::Move
            }
            Outcome::Stored | Outcome::Held => Effect::Nothing,
            Outcome::Refused { field, reason } => {
                self.phase = Phase::Asking;
                self.problem = Some(Problem::Refused(reason));
                if let Some(at) = self.answer_named(script, &field) {
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

    /// Place of the question whose answer `field` names: `answers[1].text` is the second answer that was sent.
    fn answer_named(&self, script: &Script, field: &str) -> Option<usize> {
        let place = whole(cut(field.strip_prefix("answers[")?, b']')?.0)?;
        let place = usize::try_from(place).ok()?;
        self.answers(script).nth(place).map(|(at, _)| at).filter(|at| self.path.contains(at))
    }
}

/// Makes a change to what is being given; false when there is nothing to change.
fn edit(draft: &mut Given, change: Step) -> bool {
    let (Step::Score(part, ..)
    | Step::Choose(part, ..)
    | Step::Toggle(part, ..)
    | Step::Rank(part, ..)
    | Step::Write(part, ..)) = change
    else {
        return false;
    };
    let Some(entry) = draft.entries.get_mut(part) else { return false };
    let place = |index: usize| u8::try_from(index).unwrap_or(u8::MAX);
    match change {
        Step::Score(_, score) => entry.score = score,
        Step::Choose(_, index) => entry.picked = vec![place(index)],
        Step::Toggle(_, index) if entry.has(index) => entry.picked.retain(|picked| *picked != place(index)),
        Step::Toggle(_, index) => entry.picked.push(place(index)),
        Step::Rank(_, index, rank) => {
            entry.picked.retain(|picked| *picked != place(index));
            entry.picked.insert(rank.min(entry.picked.len()), place(index));
        }
        Step::Write(_, text) => entry.text = text,
        _ => return false,
    }
    true
}
