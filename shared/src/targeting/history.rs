//! What a device was asked before, and how long it is left in peace.

use super::Rule;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Whether a device, or a customer on any of theirs, is asked again by a survey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Repeat {
    /// Whenever the cooldown is over.
    #[default]
    AfterCooldown,
    /// Whenever the cooldown is over, until it has been answered once.
    UntilAnswered,
    /// Not again once it was closed or answered; one that was only seen may come again after the cooldown.
    Once,
}

/// How far a survey got, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was on screen.
    Shown,
    /// It was closed without an answer.
    Closed,
    /// It was answered.
    Answered,
}

impl Outcome {
    /// Every outcome, in order.
    pub const EACH: [Self; 3] = [Self::Shown, Self::Closed, Self::Answered];

    /// The name on the wire, on the device and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Closed => "closed",
            Self::Answered => "answered",
        }
    }

    /// The outcome of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// When a survey last appeared, and how far it ever got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Day of the visitor's clock, counted from 1970.
    pub day: u64,
    /// How far it got.
    pub outcome: Outcome,
}

impl Asked {
    /// What two of a customer's devices know together: the later day and the furthest outcome. Whatever is told late, twice
    /// or in another order, the sum is the same.
    pub fn with(self, other: Self) -> Self {
        Self { day: self.day.max(other.day), outcome: self.outcome.max(other.outcome) }
    }
}

/// What is known of earlier showings when a survey might appear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Today, by the visitor's clock, counted from 1970.
    pub today: u64,
    /// This survey's last showing.
    pub survey: Option<Asked>,
    /// The last day on which any survey of the site appeared of its own accord.
    pub site_day: Option<u64>,
    /// Days that have to pass between any two surveys of the site; 0 for none.
    pub site_cooldown_days: u32,
}

impl History {
    /// Whether the survey may appear.
    ///
    /// A day in the future, as of a clock that was set back, counts as today: asking once too late is better than twice.
    ///
    /// # Errors
    /// The rule that says no.
    pub fn allows(&self, repeat: Repeat, cooldown_days: u32) -> Result<(), Rule> {
        let is_over = |day: u64, days: u32| self.today.saturating_sub(day) >= u64::from(days);
        if let Some(asked) = self.survey {
            let was_last = match repeat {
                Repeat::AfterCooldown => false,
                Repeat::UntilAnswered => asked.outcome == Outcome::Answered,
                Repeat::Once => asked.outcome != Outcome::Shown,
            };
            if was_last {
                return Err(Rule::Repeat);
            }
            if !is_over(asked.day, cooldown_days) {
                return Err(Rule::Cooldown);
            }
        }
        match self.site_day {
            Some(day) if !is_over(day, self.site_cooldown_days) => Err(Rule::SiteCooldown),
            _ => Ok(()),
        }
    }
}
