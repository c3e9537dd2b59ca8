//! A form that is filled in, as its steps and fields tell it. Names are told, never what was entered.
//!
//! A use of a form begins with the first change (a focus is none) and is told as several signals of one view, all as old as that
//! change: `start`, then whenever the page is hidden what was done in each field since, with `left` and the field that was touched last,
//! and `complete` once it was sent. Who started and did not complete abandoned it, at the field of the latest `left`.

use crate::limit;

/// A step of a form; the text of the signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something in it was changed for the first time.
    Start,
    /// The page was hidden before it was sent.
    Left,
    /// It was sent, and showed no error.
    Complete,
}

impl Step {
    /// Every step.
    pub const EACH: [Self; 3] = [Self::Start, Self::Left, Self::Complete];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Left => "left",
            Self::Complete => "complete",
        }
    }

    /// The step of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|step| step.as_str() == name)
    }
}

/// What was done in a field since it was last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Time in it, in milliseconds; of one stay at most [`STAY_MS`].
    pub time_ms: u32,
    /// How often it was entered.
    pub stays: u32,
    /// How often what is in it was another when it was left.
    pub changes: u32,
    /// Errors shown at it.
    pub errors: u32,
    /// Whether the browser filled it in.
    pub autofilled: bool,
    /// Its place in the form, from 1.
    pub position: u32,
}

/// A stay in a field counts no longer than this, in milliseconds: whoever is away longer is not filling it in.
pub const STAY_MS: u32 = 60_000;
/// Largest count of a field.
const MOST: u32 = 1_000_000;

impl Touched {
    /// What the numbers of a field say.
    ///
    /// # Errors
    /// What is wrong with the numbers, naming the limit.
    pub fn read(numbers: &[u32]) -> Result<Self, String> {
        let [time_ms, stays, changes, errors, autofilled, position] = *numbers else {
            return Err("must be 6 numbers".to_owned());
        };
        if time_ms > limit::DURATION_MS {
            return Err(format!("must have a time of at most {}", limit::DURATION_MS));
        }
        if [stays, changes, errors, position].iter().any(|count| *count > MOST) {
            return Err(format!("must have counts of at most {MOST}"));
        }
        if autofilled > 1 {
            return Err("must say 0 or 1 of whether it was filled in by the browser".to_owned());
        }
        Ok(Self { time_ms, stays, changes, errors, autofilled: autofilled == 1, position })
    }

    /// The numbers of a field.
    pub fn numbers(&self) -> Vec<u32> {
        vec![self.time_ms, self.stays, self.changes, self.errors, self.autofilled.into(), self.position]
    }

    /// Adds what was told later.
    pub fn add(&mut self, later: &Self) {
        self.time_ms = self.time_ms.saturating_add(later.time_ms);
        self.stays = self.stays.saturating_add(later.stays);
        self.changes = self.changes.saturating_add(later.changes);
        self.errors = self.errors.saturating_add(later.errors);
        self.autofilled |= later.autofilled;
        self.position = if self.position == 0 { later.position } else { self.position };
    }
}

/// How long a form was filled in until a step, in milliseconds.
///
/// # Errors
/// What is wrong with the numbers, naming the limit.
pub fn duration_ms(numbers: &[u32]) -> Result<u32, String> {
    match *numbers {
        [duration_ms] if duration_ms <= limit::DURATION_MS => Ok(duration_ms),
        [_] => Err(format!("must be at most {}", limit::DURATION_MS)),
        _ => Err("must be 1 number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_told_twice_is_the_sum_of_both() {
        let first = Touched { time_ms: 900, stays: 1, changes: 1, errors: 0, autofilled: true, position: 2 };
        assert_eq!(Touched::read(&first.numbers()), Ok(first));
        let mut both = first;
        both.add(&Touched { time_ms: 100, stays: 1, changes: 0, errors: 2, autofilled: false, position: 2 });
        assert_eq!(both, Touched { time_ms: 1_000, stays: 2, changes: 1, errors: 2, autofilled: true, position: 2 });
    }

    #[test]
    fn numbers_of_nothing_are_refused_with_the_limit() {
        assert_eq!(Touched::read(&[1]).unwrap_err(), "must be 6 numbers");
        assert_eq!(Touched::read(&[604_800_001, 0, 0, 0, 0, 0]).unwrap_err(), "must have a time of at most 604800000");
        assert_eq!(Touched::read(&[0, 0, 1_000_001, 0, 0, 0]).unwrap_err(), "must have counts of at most 1000000");
        assert!(Touched::read(&[0, 0, 0, 0, 2, 0]).unwrap_err().starts_with("must say 0 or 1"));
        assert_eq!(duration_ms(&[5]), Ok(5));
        assert_eq!(duration_ms(&[604_800_001]).unwrap_err(), "must be at most 604800000");
        assert_eq!(duration_ms(&[]).unwrap_err(), "must be 1 number");
    }
}
