//! What a run goes by: the questions in the order drawn for this visitor, the ways between them, and the ends.

use super::given::{Given, digits};
use crate::survey::{Branch, Choice, EndScreen, Known, Question, Subject, Survey, Value, all_hold, cut, fill};

/// What the page knows: the value of a trait or of a fact.
pub type Outside = Box<dyn Fn(Subject<'_>, Purpose) -> Option<String>>;

/// What a value is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A condition compares it.
    Compare,
    /// The visitor reads it, with numbers and dates as their language writes them.
    Show,
}

/// One survey as one visitor meets it.
pub struct Script {
    /// The questions as defined.
    pub questions: Vec<Question>,
    /// The end screens as defined.
    pub ends: Vec<EndScreen>,
    /// Whether the visitor may go back.
    pub back: bool,
    /// Writes a number as the visitor's language does.
    pub number: Box<dyn Fn(usize) -> String>,
    /// Place of the question that is asked first, second and so on, conditions and branches aside.
    order: Vec<usize>,
    seed: u32,
    outside: Outside,
}

impl Script {
    /// The script of these questions; `seed` draws the random orders, the same one always the same.
    pub fn new(
        questions: Vec<Question>,
        ends: Vec<EndScreen>,
        random_groups: &[Vec<String>],
        seed: u32,
        outside: Outside,
    ) -> Self {
        let mut order: Vec<usize> = (0..questions.len()).collect();
        for group in random_groups {
            let first = questions.iter().position(|question| Some(&question.id) == group.first());
            if let Some(places) = first.and_then(|first| order.get_mut(first..first + group.len())) {
                shuffle(places, seed);
            }
        }
        Self { questions, ends, back: true, number: Box::new(digits), order, seed, outside }
    }

    /// The script of a survey.
    pub fn of(survey: &Survey, seed: u32, outside: Outside) -> Self {
        let (questions, ends) = (survey.questions.clone(), survey.ends.clone());
        Self { back: survey.back, ..Self::new(questions, ends, &survey.random_groups, seed, outside) }
    }

    /// The order in which the choices or rows of a question are shown, by their places.
    pub fn order_of(&self, at: usize, choices: &[Choice]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..choices.len()).collect();
        if self.questions[at].kind.is_random() {
            let (mut free, last): (Vec<_>, Vec<_>) = order.into_iter().partition(|place| !choices[*place].last);
            shuffle(&mut free, self.seed.wrapping_add(at as u32 + 1));
            free.extend(last);
            order = free;
        }
        order
    }

    /// The question after those on `way` (the last of them just passed), with what was answered to them.
    pub(super) fn next_after(&self, way: &[usize], answers: &[Option<Given>]) -> Option<usize> {
        let known = OnTheWay { script: self, way, answers };
        let mut position = 0;
        if let Some(&at) = way.last() {
            position = self.position(at) + 1;
            let taken = self.questions[at].branches.iter().find(|branch| all_hold(&branch.when, &known));
            if let Some(Branch { skip_to, end, .. }) = taken {
                if *end {
                    return None;
                }
                // A definition's check lets no branch lead back, and to no other place in a random group than its first.
                let target = self.questions.iter().position(|question| question.id == *skip_to);
                position = position.max(target.unwrap_or(position));
            }
        }
        let ahead = self.order.get(position..).unwrap_or_default();
        ahead.iter().copied().find(|at| all_hold(&self.questions[*at].when, &known))
    }

    fn position(&self, at: usize) -> usize {
        self.order.iter().position(|other| *other == at).unwrap_or(at)
    }

    /// The whole way through the survey with these answers, from the beginning.
    pub fn way(&self, answers: &[Option<Given>]) -> Vec<usize> {
        self.way_from(Vec::new(), answers)
    }

    /// `way` and what follows from it.
    pub(super) fn way_from(&self, mut way: Vec<usize>, answers: &[Option<Given>]) -> Vec<usize> {
        while let Some(next) = self.next_after(&way, answers) {
            way.push(next);
        }
        way
    }

    /// The end screen of a visitor who went this way; `None` for the survey's own thank-you.
    pub fn end(&self, way: &[usize], answers: &[Option<Given>]) -> Option<&EndScreen> {
        let known = OnTheWay { script: self, way, answers };
        self.ends.iter().find(|end| all_hold(&end.when, &known))
    }

    /// `text` with earlier answers, traits and facts put in.
    pub fn fill(&self, text: &str, way: &[usize], answers: &[Option<Given>]) -> String {
        let known = OnTheWay { script: self, way, answers };
        fill(text, &mut |subject| match subject {
            Subject::Answer(name) => {
                let (question, given, part) = known.answer(name)?;
                given.words(question, part, &self.number)
            }
            outside => (self.outside)(outside, Purpose::Show),
        })
    }
}

/// What is known on one way: an answer that this way does not lead to is not.
struct OnTheWay<'a> {
    script: &'a Script,
    way: &'a [usize],
    answers: &'a [Option<Given>],
}

impl<'a> OnTheWay<'a> {
    /// The question that `name` means, what was given to it, and the part that is meant.
    fn answer<'n>(&self, name: &'n str) -> Option<(&'a Question, &'a Given, &'n str)> {
        let (id, part) = cut(name, b'.').unwrap_or((name, ""));
        let at = *self.way.iter().find(|at| self.script.questions[**at].id == id)?;
        let given = self.answers[at].as_ref()?;
        Some((&self.script.questions[at], given, part))
    }
}

impl Known for OnTheWay<'_> {
    fn value(&self, subject: Subject<'_>) -> Option<Value> {
        match subject {
            Subject::Answer(name) => {
                let (question, given, part) = self.answer(name)?;
                given.value(question, part)
            }
            outside => (self.script.outside)(outside, Purpose::Compare).map(Value::Text),
        }
    }
}

/// Puts `places` into an order drawn from `seed` (Fisher and Yates; the numbers are xorshift's, Marsaglia 2003).
fn shuffle(places: &mut [usize], seed: u32) {
    let mut state = seed ^ 0x9e37_79b9;
    if state == 0 {
        state = 1;
    }
    for left in (1..places.len()).rev() {
        // Neighbouring seeds need a few turns to part.
        for _ in 0..3 {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
        }
        places.swap(left, state as usize % (left + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::QuestionKind;
    use proptest::prelude::*;

    #[test]
    fn every_order_is_drawn_about_as_often() {
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..6_000 {
            let mut places = [0, 1, 2];
            shuffle(&mut places, seed);
            *counts.entry(places).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        // 1000 each; four standard deviations (29) to either side.
        assert!(counts.values().all(|count| (880..=1_120).contains(count)), "{counts:?}");
    }

    proptest! {
        #[test]
        fn a_random_order_loses_nothing_and_keeps_the_last_ones_last(seed: u32, count in 2_usize..12, last in 0_usize..3) {
            let choices: Vec<_> = (0..count)
                .map(|place| Choice { id: place.to_string(), last: place < last, ..Choice::default() })
                .collect();
            let kind = QuestionKind::Ranking { choices: choices.clone(), randomize: true };
            let script = Script::new(vec![Question::new("q", kind, "?")], vec![], &[], seed, Box::new(|_, _| None));
            let order = script.order_of(0, &choices);
            prop_assert_eq!(&order, &script.order_of(0, &choices), "the same seed, the same order");
            let last = last.min(count);
            prop_assert_eq!(&order[count - last..], &(0..last).collect::<Vec<_>>()[..]);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
        }
    }
}
