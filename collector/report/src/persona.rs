//! Personas: kinds of people with how many there are, and what they feel and meet beside everybody else.

use crate::experience::PageLine;
use crate::figure::{Better, Figure, FigureKind, Unit};
use crate::issue::Issue;
use crate::overview::SurveyScore;
use crate::response::ResponseSummary;
use rapport_figures::score::wilson;
use rapport_store::persona::rule::Condition;
use rapport_store::persona::{Persona, Size};
use serde::Serialize;
use utoipa::ToSchema;

/// Pages, problems and quotes of a persona.
pub const LISTED: usize = 5;

/// The share of known customers.
pub const SHARE: FigureKind = FigureKind {
    name: "share_of_customers",
    label: "Share of known customers",
    unit: Unit::Percent,
    of: "customers",
    better: Better::Higher,
    definition: "Customers for whom the rule holds now, of all whom the site knows; those who turned out to be one person are one. \
                 Visitors who are no customers are in neither. Interval: Wilson.",
};

/// A kind of people.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PersonaLine {
    /// What it is called in addresses.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// The first letters of its name, where there is no picture.
    pub initials: String,
    /// Who looks after it; empty for nobody.
    pub owner: String,
    /// Age, place, work and the like.
    pub demographics: Vec<String>,
    /// By what one knows them.
    pub identifiers: Vec<String>,
    /// What they want.
    pub goals: Vec<String>,
    /// What is in their way.
    pub problems: Vec<String>,
    /// What is done about it.
    pub solutions: Vec<String>,
    /// Who is one of them, as it is written.
    pub rule: String,
    /// The same in words, a condition each; all must hold.
    pub rule_in_words: Vec<String>,
    /// Whether everybody was held against the rule as it is now. Until then it is not known who is one of them.
    pub is_known: bool,
    /// Customers who are one of them, each person once.
    pub customers: u64,
    /// Known visitors who are one of them and no customers, as far as is known.
    pub visitors: u64,
    /// The customers among all who are known.
    pub share: Figure,
}

/// The first letters of the first two words of a name.
fn initials(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    words.take(2).flat_map(char::to_uppercase).collect()
}

impl PersonaLine {
    /// A persona of that size on a site with so many customers.
    pub fn of(persona: Persona, size: Size, all: u64) -> Self {
        Self {
            initials: initials(&persona.name),
            rule: persona.rule.text(),
            rule_in_words: persona.rule.0.iter().map(Condition::words).collect(),
            is_known: persona.built_at_ms > 0,
            customers: size.customers,
            visitors: size.visitors,
            // A customer may have come between the two counts.
            share: Figure::of_score(SHARE, wilson(size.customers.min(all), all), None, None),
            key: persona.key,
            name: persona.name,
            owner: persona.owner,
            demographics: persona.demographics,
            identifiers: persona.identifiers,
            goals: persona.goals,
            problems: persona.problems,
            solutions: persona.solutions,
        }
    }

    /// Whether it is known that nobody is one of them.
    pub fn is_of_nobody(&self) -> bool {
        self.is_known && self.customers == 0 && self.visitors == 0
    }
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Personas {
    /// By name.
    pub personas: Vec<PersonaLine>,
    /// Customers whom the site knows.
    pub customers: u64,
}

/// One of them on the days of a slice.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PersonaReport {
    /// Who they are.
    pub persona: PersonaLine,
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Scores that they gave: satisfaction, effort, loyalty and the like. What changed is against everybody else of the same days.
    pub scores: Vec<SurveyScore>,
    /// What they met, against everybody else in the same way.
    pub figures: Vec<Figure>,
    /// Pages that they saw most, with what was found on them.
    pub pages: Vec<PageLine>,
    /// Problems that they met, the worst first.
    pub issues: Vec<Issue>,
    /// What they wrote, the newest first.
    pub words: Vec<ResponseSummary>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persona_of_nobody_is_told_from_one_that_is_not_known_yet() {
        let new = Persona { name: "gift buyer of late".into(), ..Persona::default() };
        let built = Persona { built_at_ms: 5, ..new.clone() };
        let line = PersonaLine::of(new, Size::default(), 10);
        assert_eq!((line.initials.as_str(), line.is_of_nobody()), ("GB", false));
        assert!(PersonaLine::of(built.clone(), Size::default(), 10).is_of_nobody());
        let some = PersonaLine::of(built.clone(), Size { customers: 3, visitors: 0 }, 10);
        assert_eq!((some.share.value, some.share.n, some.is_of_nobody()), (Some(30.0), 10, false));
        // Wilson's interval of 3 of 10, to four digits.
        let ends =
            (some.share.low.map(|low| (low * 100.0).round()), some.share.high.map(|high| (high * 100.0).round()));
        assert_eq!(ends, (Some(1078.0), Some(6032.0)));
        assert_eq!(PersonaLine::of(built, Size::default(), 0).share.value, None);
    }
}
