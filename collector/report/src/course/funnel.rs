//! Funnels: steps, of which each is taken by fewer, in order or in any order, within a window in all and from step to step.
//!
//! Of each visit or visitor the best attempt counts: the one that came furthest, of several as far the first. One event takes one step, even
//! where two steps are alike. Whoever has not come to the end and may still go on is *not decided*, and in no share.

use super::task::page_at;
use super::{MINUTE_MS, Step, marks, median, minutes_of};
use crate::figure::{Better, Family, Figure, FigureKind, Unit, correct};
use crate::response::Time;
use crate::route::Routes;
use crate::visits::{Seen, Walk, Walker, WhatKind};
use jiff::tz::TimeZone;
use rapport_shared::limit::SESSION_IDLE_MS;
use rapport_shared::survey::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Fewest and most steps.
pub const STEPS: (usize, usize) = (2, 8);
/// Most pages that are named to which people went instead.
const INSTEAD: usize = 5;

/// In which order steps are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One after the other, with anything between them.
    #[default]
    Ordered,
    /// In any order.
    Any,
}

/// A funnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Funnel {
    /// In which order its steps are taken.
    #[serde(default)]
    pub order: Order,
    /// Who takes them.
    #[serde(default)]
    pub of: Walker,
    /// From the first step that is taken to the last one: at most so many minutes.
    pub window_minutes: u32,
    /// Its steps.
    pub steps: Vec<Step>,
}

impl Funnel {
    /// The same, tidied, where it can be a funnel.
    ///
    /// # Errors
    /// Every field at fault, with what it may be.
    pub fn checked(&self) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let (fewest, most) = STEPS;
        if !(fewest..=most).contains(&self.steps.len()) {
            faults.push(Fault::new("steps", format!("must be {fewest} to {most}, are {}", self.steps.len())));
        }
        faults.extend(minutes_of("window_minutes", self.window_minutes).err());
        let mut steps = Vec::new();
        for (place, step) in self.steps.iter().enumerate().take(most) {
            let field = format!("steps[{place}]");
            let is_after_another = place > 0 && self.order == Order::Ordered;
            if step.within_minutes.is_some() && !is_after_another {
                let reason = "is for a step that comes after another: not for the first, nor for steps in any order";
                faults.push(Fault::new(format!("{field}.within_minutes"), reason));
            }
            match step.checked(&field) {
                Ok(step) => steps.push(step),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self { steps, ..self.clone() }) } else { Err(faults) }
    }

    /// The window in milliseconds.
    pub fn window_ms(&self) -> i64 {
        i64::from(self.window_minutes) * MINUTE_MS
    }

    /// By when each step has to come after the one before, in milliseconds: the window where it has none of its own.
    pub fn within_ms(&self) -> Vec<i64> {
        let of = |step: &Step| step.within_minutes.map_or(self.window_ms(), |minutes| i64::from(minutes) * MINUTE_MS);
        self.steps.iter().map(of).collect()
    }
}

/// Windows of a funnel, and when its first step may be taken. All in milliseconds.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the first step to the last.
    pub window_ms: i64,
    /// From the step before to each.
    pub within_ms: Vec<i64>,
    /// The first step is taken at this instant or later …
    pub from_ms: i64,
    /// … and before this one.
    pub to_ms: i64,
    /// Until when something may still come; what can go on at this instant is not decided.
    pub now_ms: i64,
}

/// How far somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Best {
    /// How many steps were taken.
    pub steps: usize,
    /// Which: a bit each.
    pub taken: u16,
    /// When the first of them was, in epoch milliseconds.
    pub began_ms: i64,
    /// The event that took the last of them, by its place.
    pub last: usize,
    /// Whether it may still go further, from here or from another beginning.
    pub open: bool,
}

/// Steps taken one after the other. `events` are instants, in order, each with the steps that it can take as bits. None where nobody
/// began.
///
/// Of the chains that came as far as a step only the latest is kept: a later one began no earlier, so whatever can go on from an earlier one can
/// go on from it.
pub fn ordered(events: &[(i64, u16)], limits: &Limits) -> Option<Best> {
    let steps = limits.within_ms.len();
    // When the latest chain of so many steps began, and when it ended.
    let mut chains: Vec<Option<(i64, i64)>> = vec![None; steps];
    let mut best: Option<Best> = None;
    for (place, (at_ms, mark)) in events.iter().copied().enumerate() {
        // Backwards, so that no event takes two steps.
        for step in (0..steps).rev().filter(|step| mark >> step & 1 == 1) {
            let chain = match step {
                0 => (limits.from_ms..limits.to_ms).contains(&at_ms).then_some((at_ms, at_ms)),
                _ => chains[step - 1].filter(|(began_ms, ended_ms)| {
                    at_ms - began_ms <= limits.window_ms && at_ms - ended_ms <= limits.within_ms[step]
                }),
            };
            let Some((began_ms, _)) = chain else { continue };
            chains[step] = Some((began_ms, at_ms));
            if best.is_none_or(|best| best.steps < step + 1) {
                let taken = (1 << (step + 1)) - 1;
                best = Some(Best { steps: step + 1, taken, began_ms, last: place, open: false });
            }
        }
    }
    let now_ms = limits.now_ms;
    let goes_on = chains.iter().zip(limits.within_ms.iter().skip(1)).any(|(chain, within_ms)| {
        chain.is_some_and(|(began_ms, ended_ms)| {
            now_ms - began_ms <= limits.window_ms && now_ms - ended_ms <= *within_ms
        })
    });
    best.map(|best| Best { open: best.steps < steps && goes_on, ..best })
}

/// Steps taken in any order; see [`ordered`]. Of the ways to have taken some steps the one that began last is kept.
pub fn in_any_order(events: &[(i64, u16)], limits: &Limits) -> Option<Best> {
    let steps = limits.within_ms.len();
    let mut began: Vec<Option<i64>> = vec![None; 1 << steps];
    let mut best: Option<Best> = None;
    for (place, (at_ms, mark)) in events.iter().copied().enumerate().filter(|(_, (_, mark))| *mark != 0) {
        // From many steps to few, so that no event takes two.
        for taken in (0..began.len()).rev() {
            let since_ms = match taken {
                0 => (limits.from_ms..limits.to_ms).contains(&at_ms).then_some(at_ms),
                _ => began[taken].filter(|began_ms| at_ms - began_ms <= limits.window_ms),
            };
            let Some(began_ms) = since_ms else { continue };
            for step in (0..steps).filter(|step| mark >> step & 1 == 1 && taken >> step & 1 == 0) {
                let more = taken | 1 << step;
                began[more] = began[more].max(Some(began_ms));
                let count = more.count_ones() as usize;
                if best.is_none_or(|best| best.steps < count) {
                    best = Some(Best { steps: count, taken: more as u16, began_ms, last: place, open: false });
                }
            }
        }
    }
    let all = began.len() - 1;
    let goes_on = began[..all].iter().flatten().any(|began_ms| limits.now_ms - began_ms <= limits.window_ms);
    best.map(|best| Best { open: best.steps < steps && goes_on, ..best })
}

/// How it stands with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Took every step.
    Completed,
    /// Went no further.
    Stopped,
    /// May still go further.
    Undecided,
}

impl Standing {
    /// Every one.
    pub const EACH: [Self; 3] = [Self::Completed, Self::Stopped, Self::Undecided];

    /// Its name in addresses and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Undecided => "undecided",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Completed => "Took every step",
            Self::Stopped => "Went no further",
            Self::Undecided => "Not decided",
        }
    }
}

/// Somebody who began, and how far they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The place in [`Seen::walks`].
    pub walk: usize,
    /// How far.
    pub best: Best,
    /// How it stands.
    pub standing: Standing,
}

/// Everybody who began in a span, and how far they came. Counts and lists of people are both made of it.
pub fn reached(
    funnel: &Funnel,
    seen: &Seen,
    routes: &Routes,
    (from_ms, to_ms): (i64, i64),
    now_ms: i64,
) -> Vec<Reached> {
    let steps: Vec<_> = funnel.steps.iter().collect();
    let marks = marks(&seen.whats, &steps, routes);
    let limits = Limits { window_ms: funnel.window_ms(), within_ms: funnel.within_ms(), from_ms, to_ms, now_ms };
    let of_walk = |(walk, of): (usize, &Walk)| {
        let marked: Vec<_> = of.events.iter().map(|event| (event.at_ms, marks[event.what as usize])).collect();
        let best = match funnel.order {
            Order::Ordered => ordered(&marked, &limits),
            Order::Any => in_any_order(&marked, &limits),
        }?;
        let is_over = funnel.of == Walker::Visit && now_ms > of.last_ms + SESSION_IDLE_MS as i64;
        let standing = match best.open && !is_over {
            _ if best.steps == steps.len() => Standing::Completed,
            true => Standing::Undecided,
            false => Standing::Stopped,
        };
        Some(Reached { walk, best, standing })
    };
    seen.walks.iter().enumerate().filter_map(of_walk).collect()
}

/// The page to which somebody went who stopped, within what time they had; none where they left.
fn instead(funnel: &Funnel, seen: &Seen, one: &Reached) -> Option<u32> {
    let events = &seen.walks[one.walk].events;
    let within_ms = funnel.within_ms();
    let next_ms = if funnel.order == Order::Ordered { within_ms.get(one.best.steps).copied() } else { None };
    let last_ms = events[one.best.last].at_ms;
    let until_ms = (one.best.began_ms + funnel.window_ms()).min(last_ms + next_ms.unwrap_or(funnel.window_ms()));
    let here = page_at(seen, events, one.best.last);
    let after = events[one.best.last + 1..].iter().take_while(|event| event.at_ms <= until_ms);
    let is_other = |what: &&u32| {
        let what = &seen.whats[**what as usize];
        what.kind == WhatKind::Page && what.text != here
    };
    after.map(|event| &event.what).find(is_other).copied()
}

const COMPLETED: FigureKind = FigureKind {
    name: "funnel_completed",
    label: "Completed",
    unit: Unit::Percent,
    of: "people",
    better: Better::Higher,
    definition: "Those who took every step, of those who began on these days and are decided. Wilson interval.",
};
const WENT_ON: FigureKind = FigureKind {
    name: "funnel_went_on",
    label: "Went on",
    definition: "Those who took a further step, of those who came as far as this one and are decided.",
    ..COMPLETED
};
const OF_ALL: FigureKind = FigureKind {
    name: "funnel_of_all",
    label: "Of all",
    definition: "Those who came as far as this step, of those who began and of whom it is decided.",
    ..COMPLETED
};
const TIME: FigureKind = FigureKind {
    name: "funnel_time",
    label: "Time to complete",
    unit: Unit::Milliseconds,
    of: "people",
    better: Better::Lower,
    definition: "Median time from the first step to the last, of those who took every step. Interval by ranks.",
};

/// Where people went instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Instead {
    /// The next page that they opened.
    pub page: String,
    /// How many.
    pub people: u64,
}

/// A step of a funnel, and who came as far.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FunnelStep {
    /// What people read: the step; in any order how many steps.
    pub label: String,
    /// Those who came as far, or further.
    pub reached: u64,
    /// The same before, when compared.
    pub reached_before: Option<u64>,
    /// Those who stand here and may still go on.
    pub undecided: u64,
    /// Those who went no further.
    pub stopped: u64,
    /// The share that went on; absent for the last.
    pub went_on: Option<Figure>,
    /// The share of all who began.
    pub of_all: Figure,
    /// Of those who went no further: the pages they opened next, most first, at most 5.
    pub instead: Vec<Instead>,
    /// Those who went to other pages.
    pub instead_rest: u64,
    /// Those who opened no other page in the time they had.
    pub left: u64,
}

/// How a funnel went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FunnelReport {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its steps and windows.
    pub funnel: Funnel,
    /// Of how many visits one is followed: 1, or 128 where these days have too many rows. All counts are of those that are followed.
    pub one_in: u64,
    /// Those who began.
    pub began: u64,
    /// Those who may still go on.
    pub undecided: u64,
    /// The share that took every step.
    pub completed: Figure,
    /// How long that took.
    pub time: Figure,
    /// Step by step; in any order by how many were taken.
    pub steps: Vec<FunnelStep>,
    /// In any order: by how many each step was taken, in the order of the definition.
    pub taken: Vec<u64>,
    /// How it is counted.
    pub definition: &'static str,
}

/// How a funnel is counted, for those who read figures.
pub const DEFINITION: &str = "Of each visit or visitor the best attempt counts that began on these days: the one that came furthest, of several as far the first. One event \
     takes one step. Events of one instant stand in the order of their arrival. Whoever may still go on, because the window is open and the \
     visit not over, is not decided and in no share. Where people went instead is the next other page within the window.";

/// So many came as far as each of `steps` steps: in all, and standing there.
fn counts(all: &[Reached], steps: usize) -> (Vec<u64>, Vec<u64>, Vec<u64>) {
    let (mut reached, mut undecided, mut stopped) = (vec![0; steps], vec![0; steps], vec![0; steps]);
    for one in all {
        reached[..one.best.steps].iter_mut().for_each(|count| *count += 1);
        match one.standing {
            Standing::Undecided => undecided[one.best.steps - 1] += 1,
            Standing::Stopped => stopped[one.best.steps - 1] += 1,
            Standing::Completed => {}
        }
    }
    (reached, undecided, stopped)
}

/// Successes and n of the shares of one step: of those who went on, and of all.
fn shares((reached, undecided, _): &(Vec<u64>, Vec<u64>, Vec<u64>), step: usize) -> [(u64, u64); 2] {
    let next = reached.get(step + 1).copied().unwrap_or(0);
    let before: u64 = undecided[..step].iter().sum();
    [(next, reached[step] - undecided[step]), (reached[step], reached[0] - before)]
}

/// How long each took who completed it, in milliseconds.
fn times(seen: &Seen, all: &[Reached]) -> Vec<i64> {
    let done = all.iter().filter(|one| one.standing == Standing::Completed);
    done.map(|one| seen.walks[one.walk].events[one.best.last].at_ms - one.best.began_ms).collect()
}

/// Where those who stopped at each step went instead.
fn went_instead(funnel: &Funnel, seen: &Seen, routes: &Routes, all: &[Reached]) -> Vec<(Vec<Instead>, u64, u64)> {
    let (of_whats, names) = seen.pages(Some(routes));
    let mut steps = vec![(BTreeMap::<u32, u64>::new(), 0); funnel.steps.len()];
    for one in all.iter().filter(|one| one.standing == Standing::Stopped) {
        let (pages, left) = &mut steps[one.best.steps - 1];
        match instead(funnel, seen, one).and_then(|what| of_whats[what as usize]) {
            Some(page) => *pages.entry(page).or_default() += 1,
            None => *left += 1,
        }
    }
    let told = |(pages, left): (BTreeMap<u32, u64>, u64)| {
        let named = |(page, people): (u32, u64)| Instead { page: names[page as usize].clone(), people };
        let mut pages: Vec<_> = pages.into_iter().map(named).collect();
        pages.sort_by(|one, other| other.people.cmp(&one.people).then_with(|| one.page.cmp(&other.page)));
        let rest = pages.iter().skip(INSTEAD).map(|page| page.people).sum();
        pages.truncate(INSTEAD);
        (pages, rest, left)
    };
    steps.into_iter().map(told).collect()
}

/// What a funnel came to now and before: what was seen, and who began.
pub type Found<'a> = (&'a Seen, &'a [Reached]);

/// The report of a funnel, called by its id and name, over days.
pub fn report(
    (id, name, funnel): (String, String, Funnel),
    (from, to): (String, String),
    (now, before): (Found<'_>, Option<Found<'_>>),
    routes: &Routes,
    looks: f64,
) -> FunnelReport {
    let (steps, (seen, all)) = (funnel.steps.len(), now);
    let (of_now, of_before) = (counts(all, steps), before.map(|(_, all)| counts(all, steps)));
    let people = funnel.of.plural();
    let figure = |kind: FigureKind, now, before| Figure::rate(FigureKind { of: people, ..kind }, now, before);
    let label = |place: usize| match funnel.order {
        Order::Ordered => funnel.steps[place].label(),
        Order::Any if place == 0 => "Any step".to_owned(),
        Order::Any => format!("Any {} steps", place + 1),
    };
    let mut went = went_instead(&funnel, seen, routes, all).into_iter();
    let mut lines: Vec<_> = (0..steps)
        .map(|step| {
            let [on, of_all] = shares(&of_now, step);
            let before = of_before.as_ref().map(|before| shares(before, step));
            let (instead, instead_rest, left) = went.next().unwrap_or_default();
            FunnelStep {
                label: label(step),
                reached: of_now.0[step],
                reached_before: of_before.as_ref().map(|before| before.0[step]),
                undecided: of_now.1[step],
                stopped: of_now.2[step],
                went_on: (step + 1 < steps).then(|| figure(WENT_ON, on, before.map(|[on, _]| on))),
                of_all: figure(OF_ALL, of_all, before.map(|[_, of_all]| of_all)),
                instead,
                instead_rest,
                left,
            }
        })
        .collect();
    let whole = |counts: &(Vec<u64>, Vec<u64>, Vec<u64>)| shares(counts, steps - 1)[1];
    let mut completed = figure(COMPLETED, whole(&of_now), of_before.as_ref().map(whole));
    let before_times = before.map(|(seen, all)| times(seen, all));
    let mut time = median(FigureKind { of: people, ..TIME }, &times(seen, all), before_times.as_deref());
    let family = Family { name: "steps of the funnel", looks };
    correct(family, lines.iter_mut().filter_map(|line| line.went_on.as_mut()).chain([&mut completed, &mut time]));
    let taken = |step: usize| all.iter().filter(|one| one.best.taken >> step & 1 == 1).count() as u64;
    FunnelReport {
        from,
        to,
        id,
        name,
        one_in: 1,
        began: of_now.0[0],
        undecided: of_now.1.iter().sum(),
        completed,
        time,
        steps: lines,
        taken: if funnel.order == Order::Any { (0..steps).map(taken).collect() } else { Vec::new() },
        definition: DEFINITION,
        funnel,
    }
}

/// Somebody who began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FunnelPerson {
    /// The id of the visit in which the last step was taken.
    pub visit: String,
    /// When they took the first step.
    pub began: Time,
    /// When they took the last one.
    pub last: Time,
    /// How many steps they took.
    pub steps: usize,
    /// How it stands.
    pub standing: Standing,
    /// Who went no further: the page they opened next; empty for none.
    pub instead: String,
    /// The device; empty where it is not known.
    pub device: String,
}

/// Everybody who began, the newest first: those who are counted, no more and no fewer.
pub fn people(funnel: &Funnel, seen: &Seen, all: &[Reached], zone: &TimeZone) -> Vec<FunnelPerson> {
    let of = |one: &Reached| {
        let walk = &seen.walks[one.walk];
        let last = walk.events[one.best.last];
        let went = if one.standing == Standing::Stopped { instead(funnel, seen, one) } else { None };
        FunnelPerson {
            visit: seen.shown(last.visit),
            began: Time::new(one.best.began_ms, zone),
            last: Time::new(last.at_ms, zone),
            steps: one.best.steps,
            standing: one.standing,
            instead: went.map_or_else(String::new, |what| seen.whats[what as usize].text.clone()),
            device: walk.device.clone(),
        }
    };
    let mut people: Vec<_> = all.iter().map(of).collect();
    people.sort_by_key(|person| std::cmp::Reverse(person.began.epoch_ms));
    people
}
