//! Who stays: retention of cohorts in three meanings, and churn.

use crate::score::{Score, wilson};
use std::collections::BTreeSet;

/// What counts as kept so many periods after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Active in that very period.
    Classic,
    /// Active in it or in any later one. The newest periods know the fewest later ones, so their shares still rise.
    Unbounded,
    /// Active in each period from the first to it.
    Full,
}

/// Those who were active for the first time in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// How many they are.
    pub n: u64,
    /// How many of them are kept so many periods later: `[periods later]`, the first being all of them.
    pub kept: Vec<u64>,
    /// How many of these periods are over. Those after them are not, and their shares are too low.
    pub over: usize,
}

impl Cohort {
    /// The share kept so many periods later, in percent; `None` where the cohort is empty or the period has not begun.
    pub fn share(&self, periods_later: usize) -> Option<Score> {
        wilson(*self.kept.get(periods_later)?, self.n)
    }
}

/// The cohorts of `periods` periods, of which the first `over` are over, from the periods in which each customer was active.
/// Periods from `periods` on are passed over.
pub fn cohorts(customers: &[BTreeSet<usize>], periods: usize, over: usize, kept: Kept) -> Vec<Cohort> {
    let empty = |first| Cohort { n: 0, kept: vec![0; periods - first], over: over.min(periods).saturating_sub(first) };
    let mut cohorts: Vec<_> = (0..periods).map(empty).collect();
    for active in customers {
        let mut active = active.range(..periods).copied();
        let Some(first) = active.next() else { continue };
        let cohort = &mut cohorts[first];
        cohort.n += 1;
        cohort.kept[0] += 1;
        match kept {
            Kept::Classic => active.for_each(|period| cohort.kept[period - first] += 1),
            Kept::Unbounded => {
                let last = active.last().unwrap_or(first) - first;
                cohort.kept[1..=last].iter_mut().for_each(|count| *count += 1);
            }
            Kept::Full => {
                let unbroken = active.zip(first + 1..).take_while(|(period, next)| period == next);
                unbroken.for_each(|(period, _)| cohort.kept[period - first] += 1);
            }
        }
    }
    cohorts
}

/// Of those who were active in the window before, the share that was not in the window that ends now, in percent; `None` where nobody
/// was. Both windows are of `window_days`, their last day counts and their first does not; days after `today` are passed over.
///
/// `customers` are the days on which each one was active, in any order, from any first day.
pub fn churn(customers: &[Vec<i64>], today: i64, window_days: u32) -> Option<Score> {
    let window = i64::from(window_days);
    let is_in = |days: &[i64], until: i64| days.iter().any(|day| until - window < *day && *day <= until);
    let before: Vec<_> = customers.iter().filter(|days| is_in(days, today - window)).collect();
    let left = before.iter().filter(|days| !is_in(days, today)).count();
    wilson(left as u64, before.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn people(active: &[&[usize]]) -> Vec<BTreeSet<usize>> {
        active.iter().map(|periods| periods.iter().copied().collect()).collect()
    }

    #[test]
    fn each_meaning_of_retention_has_its_own_count() {
        let people = people(&[&[0, 1, 2, 3], &[0, 2], &[0, 3], &[0], &[1, 2]]);
        let first = |kept| cohorts(&people, 4, 3, kept)[0].kept.clone();
        assert_eq!(first(Kept::Classic), [4, 1, 2, 2]);
        assert_eq!(first(Kept::Unbounded), [4, 3, 3, 2]);
        assert_eq!(first(Kept::Full), [4, 1, 1, 1]);
    }

    #[test]
    fn a_period_that_is_not_over_is_told_apart() {
        let cohorts = cohorts(&people(&[&[0, 1], &[2]]), 3, 2, Kept::Classic);
        assert_eq!(cohorts.iter().map(|cohort| cohort.over).collect::<Vec<_>>(), [2, 1, 0]);
        assert_eq!(cohorts[1].share(0), None, "an empty cohort has no share");
        assert_eq!(cohorts[0].share(3), None, "the period has not begun");
    }

    #[test]
    fn who_was_never_there_has_not_left() {
        let people = [vec![1], vec![1, 35], vec![40], vec![], vec![70]];
        let churn = churn(&people, 60, 30).expect("two were there");
        assert_eq!((churn.value, churn.n), (50.0, 2));
        assert_eq!(super::churn(&[vec![40]], 60, 30), None);
    }

    proptest! {
        #[test]
        fn cohorts_are_those_of_a_slow_reference(drawn in prop::collection::vec(prop::collection::btree_set(0_usize..9, 0..7), 0..30)) {
            let periods = 7;
            for kept in [Kept::Classic, Kept::Unbounded, Kept::Full] {
                let found = cohorts(&drawn, periods, periods, kept);
                for (first, cohort) in found.iter().enumerate() {
                    let members: Vec<_> = drawn.iter().filter(|active| active.iter().next() == Some(&first)).collect();
                    prop_assert_eq!(cohort.n, members.len() as u64);
                    for (later, count) in cohort.kept.iter().enumerate() {
                        let at = first + later;
                        let is_kept = |active: &&&BTreeSet<usize>| match kept {
                            Kept::Classic => active.contains(&at),
                            Kept::Unbounded => (at..periods).any(|period| active.contains(&period)) || later == 0,
                            Kept::Full => (first..=at).all(|period| active.contains(&period)),
                        };
                        prop_assert_eq!(*count, members.iter().filter(is_kept).count() as u64);
                    }
                }
            }
        }
    }
}
