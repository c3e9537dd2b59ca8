//! What a device was asked before, and how long it is left in peace.

use super::Rule;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Whether a device is asked again by a survey.
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

/// How far a survey got on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was on screen.
    Shown,
    /// It was closed without an answer.
    Closed,
    /// It was answered.
    Answered,
}

/// When a survey last appeared, and how far it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Day of the visitor's clock, counted from 1970.
    pub day: u64,
    /// How far it got.
    pub outcome: Outcome,
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
