//! Retention of use: of those who came for the first time in a week, how many came again in each week after it.
//!
//! Only known visitors can be recognised from one day to the next: those who consented or were identified. All others are left out, and the
//! report says how many views that leaves out.

use crate::figure::{Better, Figure, FigureKind, Unit};
use rapport_shared::id::Id;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// Fewest and most weeks that are looked at.
pub const WEEKS: (usize, usize) = (8, 26);

/// One week as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// Its first day, a Monday, as `2026-03-30`.
    pub first: String,
    /// Whether it is over.
    pub is_over: bool,
    /// Everybody known who was there.
    pub there: Vec<Id>,
    /// Those among them whose views are asked for.
    pub asked: Vec<Id>,
}

/// Of the people of each week how many came in that week and in each one after: `[cohort][weeks later]`. Who was there before the first
/// week is in no cohort.
pub fn counts(weeks: &[Week], before: &[Id]) -> Vec<Vec<u64>> {
    // The week of each one's first visit.
    let mut first: HashMap<Id, Option<usize>> = before.iter().map(|visitor| (*visitor, None)).collect();
    for (place, week) in weeks.iter().enumerate() {
        for visitor in &week.there {
            first.entry(*visitor).or_insert(Some(place));
        }
    }
    let asked: Vec<HashSet<Id>> = weeks.iter().map(|week| week.asked.iter().copied().collect()).collect();
    let mut counts: Vec<Vec<u64>> = (0..weeks.len()).map(|cohort| vec![0; weeks.len() - cohort]).collect();
    for (place, week) in asked.iter().enumerate() {
        for visitor in week {
            // Of those who came first in a week only who is asked for then is in its cohort.
            let cohort = first.get(visitor).copied().flatten().filter(|cohort| asked[*cohort].contains(visitor));
            if let Some(cohort) = cohort {
                counts[cohort][place - cohort] += 1;
            }
        }
    }
    counts
}

/// How many of a cohort came in a week.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Returned {
    /// How many weeks after their first.
    pub weeks_later: usize,
    /// How many came.
    pub visitors: u64,
    /// Their share.
    pub share: Figure,
    /// Whether that week, or the one in which they came first, is not over: then more may come.
    pub unfinished: bool,
}

/// Those who came for the first time in one week.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Cohort {
    /// The first day of that week, a Monday.
    pub week: String,
    /// How many they are.
    pub visitors: u64,
    /// Whether that week is not over.
    pub unfinished: bool,
    /// How many came again, week by week; the first is the week after.
    pub returned: Vec<Returned>,
}

/// How many came again.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Retention {
    /// The first day of the first week, as `2026-03-30`.
    pub from: String,
    /// The last day of the report.
    pub to: String,
    /// Those who came for the first time in each week, the latest last.
    pub cohorts: Vec<Cohort>,
    /// Of all cohorts together, of the weeks that are over: how many came again in the week after, in the second, and so on.
    pub together: Vec<Returned>,
    /// Page views of these weeks by known visitors.
    pub known_views: Figure,
    /// What exactly it is.
    pub definition: &'static str,
}

const SHARE: FigureKind = FigureKind {
    name: "returned",
    label: "Came again",
    unit: Unit::Percent,
    of: "visitors",
    better: Better::Higher,
    definition: "Of the known visitors who came for the first time in a week, those who came in this later week. Wilson interval.",
};

const KNOWN: FigureKind = FigureKind {
    name: "known_views",
    label: "Views by known visitors",
    unit: Unit::Percent,
    of: "views",
    better: Better::Higher,
    definition: "Page views by visitors who consented or were identified, of all page views of these weeks.",
};

/// What retention is, for those who read figures.
pub const DEFINITION: &str = "Known visitors by the week, Monday to Sunday, of the first visit that is kept of them, and in which later weeks they came again. Who did not \
     consent is known for a day only, and is in no cohort. Where the report is narrowed, whoever is meant in their first week is followed, and \
     counted in later weeks that are meant. Weeks that are not over are hatched: more may come.";

/// The report; `known` are the views of known visitors, and all; absent where the latter are not told.
pub fn report(weeks: &[Week], before: &[Id], to: String, known: Option<(u64, u64)>) -> Retention {
    let counts = counts(weeks, before);
    let cohort = |(place, counts): (usize, &Vec<u64>)| {
        let returned = |(later, visitors): (usize, &u64)| Returned {
            weeks_later: later,
            visitors: *visitors,
            share: Figure::rate(SHARE, (*visitors, counts[0]), None),
            unfinished: !weeks[place].is_over || !weeks[place + later].is_over,
        };
        Cohort {
            week: weeks[place].first.clone(),
            visitors: counts[0],
            unfinished: !weeks[place].is_over,
            returned: counts.iter().enumerate().skip(1).map(returned).collect(),
        }
    };
    let cohorts: Vec<_> = counts.iter().enumerate().map(cohort).collect();
    let together = (1..weeks.len()).filter_map(|later| {
        let over = cohorts.iter().filter_map(|cohort| {
            let one = cohort.returned.get(later - 1).filter(|one| !one.unfinished)?;
            Some((one.visitors, cohort.visitors))
        });
        let (visitors, n) = over.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let share = Figure::rate(SHARE, (visitors, n), None);
        (n > 0).then_some(Returned { weeks_later: later, visitors, share, unfinished: false })
    });
    Retention {
        from: weeks.first().map_or_else(String::new, |week| week.first.clone()),
        to,
        together: together.collect(),
        cohorts,
        known_views: known.map_or_else(
            || Figure::untold(KNOWN, "Too many views to be counted by what the report is narrowed to."),
            |known| Figure::rate(KNOWN, known, None),
        ),
        definition: DEFINITION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(numbers: &[u8]) -> Vec<Id> {
        numbers.iter().map(|number| Id([*number; 16])).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn each_visitor_is_in_the_cohort_of_their_first_week_and_in_no_other(
            there in prop::collection::vec(prop::collection::btree_map(0u8..20, any::<bool>(), 0..12), 1..6),
            before in prop::collection::btree_set(0u8..20, 0..5),
        ) {
            let weeks: Vec<_> = there.iter().map(|week| Week {
                there: ids(&week.keys().copied().collect::<Vec<_>>()),
                asked: ids(&week.iter().filter(|(_, asked)| **asked).map(|(visitor, _)| *visitor).collect::<Vec<_>>()),
                ..Week::default()
            }).collect();
            let found = counts(&weeks, &ids(&before.iter().copied().collect::<Vec<_>>()));
            for cohort in 0..weeks.len() {
                for later in cohort..weeks.len() {
                    let is_of = |visitor: &u8| {
                        !before.contains(visitor)
                            && there[..cohort].iter().all(|week| !week.contains_key(visitor))
                            && there[cohort].get(visitor) == Some(&true)
                            && there[later].get(visitor) == Some(&true)
                    };
                    prop_assert_eq!(found[cohort][later - cohort], (0..20).filter(is_of).count() as u64);
                }
            }
        }
    }

    #[test]
    fn a_week_that_is_not_over_was_shown_as_a_loss() {
        let week = |first: &str, is_over, there: &[u8]| Week {
            first: first.into(),
            is_over,
            there: ids(there),
            asked: ids(there),
        };
        let weeks = [
            week("2026-03-02", true, &[1, 2, 3, 9]),
            week("2026-03-09", true, &[2, 3, 4]),
            week("2026-03-16", false, &[3]),
        ];
        let report = report(&weeks, &ids(&[9]), "2026-03-17".into(), Some((9, 10)));
        let told: Vec<_> = report
            .cohorts
            .iter()
            .map(|cohort| {
                let returned = cohort.returned.iter().map(|one| (one.visitors, one.share.n, one.unfinished));
                (cohort.visitors, returned.collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(told, [(3, vec![(2, 3, false), (1, 3, true)]), (1, vec![(0, 1, true)]), (0, vec![])]);
        // Together only what is over counts.
        assert_eq!(report.together.len(), 1);
        assert_eq!((report.together[0].visitors, report.together[0].share.n), (2, 3));
    }
}
