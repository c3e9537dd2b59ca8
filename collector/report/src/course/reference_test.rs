//! Funnels and tasks against a slow, obvious reference on random event streams: equal instants, equal steps and open windows included.

use super::funnel::{Best, Limits, in_any_order, ordered};
use super::task::{ABANDON, Attempt, FAILURE, Outcome, START, SUCCESS, attempts};
use proptest::prelude::*;
use rapport_shared::limit::SESSION_IDLE_MS;

/// Every chain of events that takes steps one after the other, or in any order, as the events with their steps.
fn chains(events: &[(i64, u16)], limits: &Limits, any_order: bool) -> Vec<Vec<(usize, usize)>> {
    let steps = limits.within_ms.len();
    let mut all: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut longer: Vec<Vec<(usize, usize)>> = vec![Vec::new()];
    while let Some(chain) = longer.pop() {
        for (place, (at_ms, mark)) in events.iter().enumerate() {
            for step in (0..steps).filter(|step| mark >> step & 1 == 1) {
                let is_next = match chain.last() {
                    None => (limits.from_ms..limits.to_ms).contains(at_ms) && (any_order || step == 0),
                    Some((last, _)) => {
                        let is_later = place > *last;
                        let is_in_window = at_ms - events[chain[0].0].0 <= limits.window_ms;
                        let is_in_step = any_order || at_ms - events[*last].0 <= limits.within_ms[step];
                        let is_free = chain.iter().all(|(_, taken)| *taken != step);
                        is_later && is_in_window && is_in_step && is_free && (any_order || step == chain.len())
                    }
                };
                if is_next {
                    let mut more = chain.clone();
                    more.push((place, step));
                    all.push(more.clone());
                    longer.push(more);
                }
            }
        }
    }
    all
}

/// What is told of the best chain: how many steps, which event took the last, and whether any may still go on.
fn best_of(events: &[(i64, u16)], limits: &Limits, any_order: bool) -> Option<(usize, usize, bool)> {
    let (all, steps) = (chains(events, limits, any_order), limits.within_ms.len());
    let most = all.iter().map(Vec::len).max()?;
    let last =
        all.iter().filter(|chain| chain.len() == most).filter_map(|chain| chain.last()).map(|one| one.0).min()?;
    let goes_on = all.iter().filter(|chain| chain.len() < steps).any(|chain| {
        let (began_ms, ended_ms) = (events[chain[0].0].0, events[chain[chain.len() - 1].0].0);
        let in_step = any_order || limits.now_ms - ended_ms <= limits.within_ms[chain.len()];
        limits.now_ms - began_ms <= limits.window_ms && in_step
    });
    Some((most, last, most < steps && goes_on))
}

fn told(best: Option<Best>) -> Option<(usize, usize, bool)> {
    best.map(|best| (best.steps, best.last, best.open))
}

prop_compose! {
    fn streams()(
        steps in 2usize..5,
        mut events in prop::collection::vec((0i64..12, 0u16..16), 0..9),
        window_ms in 1i64..12,
        within_ms in prop::collection::vec(1i64..12, 4),
        (from_ms, to_ms) in (0i64..5, 5i64..13),
        now_ms in 12i64..20,
    ) -> (Vec<(i64, u16)>, Limits) {
        // Things of one instant stay in the order of their arrival.
        events.sort_by_key(|(at_ms, _)| *at_ms);
        let within_ms = within_ms[..steps].to_vec();
        (events, Limits { window_ms, within_ms, from_ms, to_ms, now_ms })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn steps_in_order_are_those_of_the_longest_chain_of_all((events, limits) in streams()) {
        let found = ordered(&events, &limits);
        prop_assert_eq!(told(found), best_of(&events, &limits, false));
        if let Some(best) = found {
            let is_it = |chain: &Vec<(usize, usize)>| {
                chain.len() == best.steps && chain[chain.len() - 1].0 == best.last && events[chain[0].0].0 == best.began_ms
            };
            prop_assert!(chains(&events, &limits, false).iter().any(is_it), "{:?}", best);
        }
    }

    #[test]
    fn steps_in_any_order_are_those_of_the_longest_chain_of_all((events, limits) in streams()) {
        let found = in_any_order(&events, &limits);
        prop_assert_eq!(told(found), best_of(&events, &limits, true));
        if let Some(best) = found {
            let is_it = |chain: &Vec<(usize, usize)>| {
                let taken = chain.iter().fold(0u16, |taken, (_, step)| taken | 1 << step);
                taken == best.taken && events[chain[0].0].0 == best.began_ms && chain[chain.len() - 1].0 == best.last
            };
            prop_assert!(chains(&events, &limits, true).iter().any(is_it), "{:?}", best);
        }
    }

    #[test]
    fn attempts_are_those_that_looking_ahead_finds(
        mut events in prop::collection::vec((0i64..40, 0u16..16), 0..10),
        timeout in 1i64..30,
        (after, later) in (0i64..10, 0i64..60),
    ) {
        // In steps of 5 minutes, so that a visit can be over.
        events.sort_by_key(|(at, _)| *at);
        let step_ms = SESSION_IDLE_MS as i64 / 6;
        events.iter_mut().for_each(|(at, _)| *at *= step_ms);
        let last_ms = events.last().map_or(0, |(at_ms, _)| *at_ms) + after * step_ms;
        let (timeout_ms, now_ms) = (timeout * step_ms, last_ms + later * step_ms);
        let found = attempts(&events, timeout_ms, (last_ms, now_ms));
        let told: Vec<_> = found.iter().map(|one| (one.began_ms, one.ended_ms, one.outcome, one.retry)).collect();
        prop_assert_eq!(told, looked_ahead(&events, timeout_ms, (last_ms, now_ms)));
        let places: Vec<_> = found.iter().map(|one: &Attempt| one.last).collect();
        prop_assert!(places.is_sorted());
    }
}

type Told = (i64, i64, Outcome, bool);

/// From each start ahead to what ends it.
fn looked_ahead(events: &[(i64, u16)], timeout_ms: i64, (last_ms, now_ms): (i64, i64)) -> Vec<Told> {
    let ends = |mark: u16| match mark {
        mark if mark & SUCCESS != 0 => Some(Outcome::Success),
        mark if mark & FAILURE != 0 => Some(Outcome::Failed),
        _ => None,
    };
    let is_start = |mark: u16| mark & START != 0 && ends(mark).is_none();
    let mut told: Vec<Told> = Vec::new();
    let mut place = 0;
    while let Some((at_ms, mark)) = events.get(place).copied() {
        let before = told.last().copied();
        if let Some(outcome) = ends(mark) {
            // Nothing runs: it belongs to a failure shortly before, or to nothing.
            if let Some((_, failed_ms, Outcome::Failed, _)) = before.filter(|one| at_ms - one.1 <= timeout_ms) {
                told.push((failed_ms, at_ms, outcome, true));
            }
            place += 1;
            continue;
        }
        if !is_start(mark) {
            place += 1;
            continue;
        }
        let retry = before.is_some_and(|one| one.2 != Outcome::Success);
        let in_time = events[place + 1..].iter().take_while(|(later_ms, _)| later_ms - at_ms <= timeout_ms).count();
        let ahead = &events[place + 1..place + 1 + in_time];
        let end = ahead.iter().position(|(_, mark)| ends(*mark).is_some());
        let until_end = &ahead[..end.unwrap_or(ahead.len())];
        let first_left = until_end.iter().position(|(_, mark)| mark & ABANDON != 0);
        let again = first_left.and_then(|left| {
            let is_again = |mark: u16| is_start(mark) && mark & ABANDON == 0;
            until_end[left..].iter().position(|(_, mark)| is_again(*mark)).map(|after| left + after)
        });
        let last_left =
            |among: &[(i64, u16)]| among.iter().rev().find(|(_, mark)| mark & ABANDON != 0).map(|one| one.0);
        if let Some(again) = again {
            told.push((at_ms, last_left(&until_end[..again]).unwrap_or(0), Outcome::Left, retry));
            place += 1 + again;
        } else if let Some(end) = end {
            let (ended_ms, mark) = ahead[end];
            told.push((at_ms, ended_ms, ends(mark).unwrap_or(Outcome::Undecided), retry));
            place += 2 + end;
        } else {
            let (is_over, is_late) = (now_ms > last_ms + SESSION_IDLE_MS as i64, now_ms - at_ms > timeout_ms);
            let goes_past = place + 1 + in_time < events.len() || last_ms - at_ms > timeout_ms;
            let outcome = match last_left(until_end) {
                Some(left_ms) if is_over || is_late => (left_ms, Outcome::Left),
                None if goes_past || is_late && !is_over => (at_ms + timeout_ms, Outcome::TimedOut),
                None if is_over => (last_ms, Outcome::Left),
                _ => (last_ms, Outcome::Undecided),
            };
            told.push((at_ms, outcome.0, outcome.1, retry));
            place += 1 + in_time;
        }
    }
    told
}

const MINUTE_MS: i64 = 60_000;

fn tried(events: &[(i64, u16)], now: i64) -> Vec<(Outcome, bool, i64)> {
    let events: Vec<_> = events.iter().map(|(minute, mark)| (minute * MINUTE_MS, *mark)).collect();
    let last_ms = events.last().map_or(0, |(at_ms, _)| *at_ms);
    let all = attempts(&events, 60 * MINUTE_MS, (last_ms, now * MINUTE_MS));
    all.iter().map(|one| (one.outcome, one.retry, (one.ended_ms - one.began_ms) / MINUTE_MS)).collect()
}

#[test]
fn a_task_that_ends_on_another_page_is_seen_whole() {
    let later = 1_000;
    for (events, now, expected) in [
        (&[(0, START), (5, SUCCESS)][..], later, &[(Outcome::Success, false, 5)][..]),
        // The form was left, and the thanks came on another page.
        (&[(0, START), (4, ABANDON), (5, SUCCESS)], later, &[(Outcome::Success, false, 5)]),
        (&[(0, START), (4, ABANDON), (9, 0)], later, &[(Outcome::Left, false, 4)]),
        (&[(0, START), (4, ABANDON), (9, 0)], 10, &[(Outcome::Undecided, false, 9)]),
        // Opened again: the same attempt. Left and begun anew: a retry.
        (&[(0, START), (3, START), (5, SUCCESS)], later, &[(Outcome::Success, false, 5)]),
        (
            &[(0, START), (3, ABANDON), (4, START), (9, SUCCESS)],
            later,
            &[(Outcome::Left, false, 3), (Outcome::Success, true, 5)],
        ),
        // Refused, and tried again from where it was.
        (&[(0, START), (3, FAILURE), (7, SUCCESS)], later, &[(Outcome::Failed, false, 3), (Outcome::Success, true, 4)]),
        (&[(0, START), (70, SUCCESS)], later, &[(Outcome::TimedOut, false, 60)]),
        (&[(0, START), (20, 0)], later, &[(Outcome::Left, false, 20)]),
        (&[(0, START), (20, 0)], 40, &[(Outcome::Undecided, false, 20)]),
        // Whoever came to the thanks without a beginning did no task.
        (&[(0, SUCCESS), (1, FAILURE), (2, ABANDON)], later, &[]),
    ] {
        assert_eq!(tried(events, now), expected, "{events:?} at {now}");
    }
}

#[test]
fn three_pages_in_a_row_were_a_funnel_that_nobody_finished() {
    // umami#4144 and openpanel#442: a step after the second was never reached, and things of one instant never connected.
    let limits = |steps| Limits { window_ms: 10, within_ms: vec![10; steps], from_ms: 0, to_ms: 100, now_ms: 1_000 };
    let best = ordered(&[(1, 1), (1, 2), (1, 4)], &limits(3)).expect("somebody began");
    assert_eq!((best.steps, best.open), (3, false));
    // One event takes one of two steps that are alike.
    assert_eq!(ordered(&[(1, 3)], &limits(2)).map(|best| best.steps), Some(1));
    assert_eq!(ordered(&[(1, 3), (2, 3)], &limits(2)).map(|best| best.steps), Some(2));
    assert_eq!(in_any_order(&[(1, 3)], &limits(2)).map(|best| best.steps), Some(1));
    // The best attempt counts, not the first one.
    assert_eq!(ordered(&[(1, 1), (20, 1), (25, 2)], &limits(2)).map(|best| best.began_ms), Some(20));
}
