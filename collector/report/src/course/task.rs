//! Tasks: what people set out to do, and how it ended. A task is told by the page (`rapport('task', …)`, `data-rapport-task`), or
//! found by rules that a site keeps.
//!
//! An attempt begins with the start of the task and is found in one visit, on whatever pages it goes on. It ends with a success or a
//! failure; without either it is abandoned: when its time runs out, or when the visit ends. A page that tells that its form was left is
//! believed only if the visit brings no other end. What comes after a failure, or a new start after one was left, is a retry.

use super::{MINUTE_MS, Step, marks, median, minutes_of};
use crate::figure::{Better, Family, Figure, FigureKind, Unit, correct};
use crate::response::Time;
use crate::route::Routes;
use crate::visits::{Event, Seen, Walk, What, WhatKind};
use jiff::tz::TimeZone;
use rapport_figures::score::{Grouped, Groups};
use rapport_shared::limit::{SESSION_IDLE_MS, SESSION_LENGTH_MS};
use rapport_shared::survey::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where a task begins and how it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskRule {
    /// Who sets out to do it.
    pub start: Step,
    /// Who has done it.
    pub success: Step,
    /// Who could not do it; without one nobody fails, and who does not succeed abandons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Step>,
    /// An attempt that is not over after so many minutes is abandoned.
    pub timeout_minutes: u32,
}

impl TaskRule {
    /// The same, tidied, where it can be a task.
    ///
    /// # Errors
    /// Every field at fault, with what it may be.
    pub fn checked(&self) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut step = |step: &Step, field: &str| {
            let step = Step { within_minutes: None, ..step.clone() };
            step.checked(field).map_err(|fault| faults.push(fault)).unwrap_or_default()
        };
        let (start, success) = (step(&self.start, "start"), step(&self.success, "success"));
        let failure = self.failure.as_ref().map(|failure| step(failure, "failure"));
        if faults.is_empty() && (start == success || failure.as_ref() == Some(&success)) {
            faults.push(Fault::new("success", "must be another than where the task begins or fails"));
        }
        faults.extend(minutes_of("timeout_minutes", self.timeout_minutes).err());
        let timeout_minutes = self.timeout_minutes;
        if faults.is_empty() { Ok(Self { start, success, failure, timeout_minutes }) } else { Err(faults) }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Success,
    /// It failed.
    Failed,
    /// The visit ended, or the page told that its form was left.
    Left,
    /// Its time ran out.
    TimedOut,
    /// It may still go on.
    Undecided,
}

impl Outcome {
    /// Every one.
    pub const EACH: [Self; 5] = [Self::Success, Self::Failed, Self::Left, Self::TimedOut, Self::Undecided];

    /// Its name in addresses and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Left => "left",
            Self::TimedOut => "timed_out",
            Self::Undecided => "undecided",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Success => "Done",
            Self::Failed => "Failed",
            Self::Left => "Left",
            Self::TimedOut => "Ran out of time",
            Self::Undecided => "Not decided",
        }
    }
}

/// What an event is to a task: bits.
pub const START: u16 = 1;
/// See [`START`].
pub const SUCCESS: u16 = 2;
/// See [`START`].
pub const FAILURE: u16 = 4;
/// See [`START`].
pub const ABANDON: u16 = 8;

/// An attempt at a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began, in epoch milliseconds.
    pub began_ms: i64,
    /// When it ended; of one that is not decided the last instant that is known.
    pub ended_ms: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether an earlier one of the same visit was not done.
    pub retry: bool,
    /// The last of the visit's events that belongs to it, by its place.
    pub last: usize,
}

/// An attempt that runs.
struct Running {
    began_ms: i64,
    left_ms: Option<i64>,
    last: usize,
    retry: bool,
}

impl Running {
    fn end(&self, outcome: Outcome, ended_ms: i64, last: usize) -> Attempt {
        Attempt { began_ms: self.began_ms, ended_ms, outcome, retry: self.retry, last }
    }

    /// How it ends where nothing ends it any more.
    fn given_up(&self, timeout_ms: i64) -> Attempt {
        match self.left_ms {
            Some(left_ms) => self.end(Outcome::Left, left_ms, self.last),
            None => self.end(Outcome::TimedOut, self.began_ms + timeout_ms, self.last),
        }
    }
}

/// The attempts in a visit, in order: `events` are instants with what they are to the task, `last_ms` is the last one that the visit is
/// known of. An event that is both a success and a start ends what runs, and begins nothing. All in milliseconds.
pub fn attempts(events: &[(i64, u16)], timeout_ms: i64, (last_ms, now_ms): (i64, i64)) -> Vec<Attempt> {
    let (mut found, mut running): (Vec<Attempt>, Option<Running>) = (Vec::new(), None);
    for (place, (at_ms, mark)) in events.iter().copied().enumerate() {
        if let Some(over) = running.take_if(|running| at_ms - running.began_ms > timeout_ms) {
            found.push(over.given_up(timeout_ms));
        }
        if let Some(running) = &mut running {
            running.last = place;
        }
        let ends = if mark & SUCCESS != 0 {
            Some(Outcome::Success)
        } else if mark & FAILURE != 0 {
            Some(Outcome::Failed)
        } else {
            None
        };
        let failed = found.last().filter(|last| last.outcome == Outcome::Failed);
        let again = failed.filter(|failed| at_ms - failed.ended_ms <= timeout_ms).map(|failed| failed.ended_ms);
        match (ends, running.take()) {
            (Some(outcome), Some(over)) => found.push(over.end(outcome, at_ms, place)),
            // Tried again after a failure, from the page where it failed.
            (Some(outcome), None) if again.is_some() => found.push(Attempt {
                began_ms: again.unwrap_or(at_ms),
                ended_ms: at_ms,
                outcome,
                retry: true,
                last: place,
            }),
            (Some(_), None) => {}
            (None, Some(mut over)) if mark & ABANDON != 0 => {
                over.left_ms = Some(at_ms);
                running = Some(over);
            }
            (None, Some(over)) if mark & START != 0 && over.left_ms.is_some() => {
                found.push(over.given_up(timeout_ms));
                running = Some(Running { began_ms: at_ms, left_ms: None, last: place, retry: true });
            }
            (None, Some(over)) => running = Some(over),
            (None, None) if mark & START != 0 => {
                let retry = found.last().is_some_and(|last| last.outcome != Outcome::Success);
                running = Some(Running { began_ms: at_ms, left_ms: None, last: place, retry });
            }
            (None, None) => {}
        }
    }
    found.extend(running.map(|over| {
        let is_over = now_ms > last_ms + SESSION_IDLE_MS as i64;
        let is_late = now_ms - over.began_ms > timeout_ms;
        let ran_out = is_late && (!is_over || last_ms - over.began_ms > timeout_ms);
        if ran_out || over.left_ms.is_some() && is_over {
            over.given_up(timeout_ms)
        } else if is_over {
            over.end(Outcome::Left, last_ms, over.last)
        } else {
            over.end(Outcome::Undecided, last_ms, over.last)
        }
    }));
    found
}

/// A task whose attempts are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// The id of its rule; absent for one that pages tell.
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
    /// Its rule; absent for one that pages tell.
    pub rule: Option<TaskRule>,
}

impl Sought {
    /// The tasks that pages told of, by name.
    pub fn told(seen: &Seen) -> Vec<Self> {
        let mut names: Vec<_> =
            seen.whats.iter().filter(|what| what.kind == WhatKind::Task).map(|what| &what.text).collect();
        names.sort();
        names.dedup();
        names.into_iter().map(|name| Self { id: None, name: name.clone(), rule: None }).collect()
    }

    /// After how long without an end it is abandoned, in milliseconds; of one that pages tell a visit is the limit.
    pub fn timeout_ms(&self) -> i64 {
        self.rule.as_ref().map_or(SESSION_LENGTH_MS as i64, |rule| i64::from(rule.timeout_minutes) * MINUTE_MS)
    }

    fn marks(&self, whats: &[What], routes: &Routes) -> Vec<u16> {
        let Some(rule) = &self.rule else {
            let of = |what: &What| match what.step.as_str() {
                _ if what.kind != WhatKind::Task || what.text != self.name => 0,
                "start" => START,
                "success" => SUCCESS,
                "fail" => FAILURE,
                "abandon" => ABANDON,
                _ => 0,
            };
            return whats.iter().map(of).collect();
        };
        let steps: Vec<_> = [&rule.start, &rule.success].into_iter().chain(&rule.failure).collect();
        marks(whats, &steps, routes)
    }

    /// The attempts that began in a span, by the place of their visit in what was seen. All in milliseconds.
    pub fn found(&self, seen: &Seen, routes: &Routes, (from_ms, to_ms): (i64, i64), now_ms: i64) -> Vec<Tried> {
        let marks = self.marks(&seen.whats, routes);
        let timeout_ms = self.timeout_ms();
        let of_walk = |(walk, of): (usize, &Walk)| {
            let marked: Vec<_> = of.events.iter().map(|event| (event.at_ms, marks[event.what as usize])).collect();
            let all = attempts(&marked, timeout_ms, (of.last_ms, now_ms));
            all.into_iter().map(move |attempt| Tried { walk, attempt }).collect::<Vec<_>>()
        };
        let began_within = |tried: &Tried| (from_ms..to_ms).contains(&tried.attempt.began_ms);
        seen.walks.iter().enumerate().flat_map(of_walk).filter(began_within).collect()
    }
}

/// An attempt, and in which visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The place of the visit in [`Seen::walks`].
    pub walk: usize,
    /// The attempt.
    pub attempt: Attempt,
}

const SUCCEEDED: FigureKind = FigureKind {
    name: "task_success",
    label: "Success",
    unit: Unit::Percent,
    of: "attempts",
    better: Better::Higher,
    definition: "Attempts that ended with success, of those that are decided. Wilson interval; attempts of one visit are counted for what \
                 they are worth together.",
};
const FAILED: FigureKind = FigureKind {
    name: "task_failed",
    label: "Failed",
    better: Better::Lower,
    definition: "Attempts that ended with a failure, of those that are decided.",
    ..SUCCEEDED
};
const ABANDONED: FigureKind = FigureKind {
    name: "task_abandoned",
    label: "Abandoned",
    better: Better::Lower,
    definition: "Attempts without success or failure: the visit ended, the form was left, or their time ran out; of those that are decided.",
    ..SUCCEEDED
};
const RETRIED: FigureKind = FigureKind {
    name: "task_retried",
    label: "Retries",
    better: Better::Lower,
    definition: "Attempts that came after one in the same visit that was not done, of all.",
    ..SUCCEEDED
};
const TIME: FigureKind = FigureKind {
    name: "task_time",
    label: "Time on task",
    unit: Unit::Milliseconds,
    of: "successes",
    better: Better::Lower,
    definition: "Median time from the beginning of an attempt to its success, of successes alone; of a retry without a start of its own from \
                 the failure before. Interval by ranks.",
};

/// How a task went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaskLine {
    /// The id of its rule; absent for a task that pages tell.
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
    /// Its rule; absent for a task that pages tell.
    pub rule: Option<TaskRule>,
    /// Attempts that began on these days.
    pub attempts: u64,
    /// Those that may still go on; no share counts them.
    pub undecided: u64,
    /// Those that were abandoned because the visit ended or the form was left.
    pub left: u64,
    /// Those whose time ran out.
    pub timed_out: u64,
    /// The share that succeeded.
    pub success: Figure,
    /// The share that failed.
    pub failed: Figure,
    /// The share that was abandoned.
    pub abandoned: Figure,
    /// The share that was a retry.
    pub retried: Figure,
    /// The median time of successes.
    pub time: Figure,
}

/// A share of attempts, which come in visits.
fn share(tried: &[Tried], counts: impl Fn(&Attempt) -> bool, succeeds: impl Fn(&Attempt) -> bool) -> Grouped {
    let mut visits: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for one in tried.iter().filter(|one| counts(&one.attempt)) {
        let (members, successes) = visits.entry(one.walk).or_default();
        *members += 1;
        *successes += u64::from(succeeds(&one.attempt));
    }
    let mut share = Grouped::default();
    for (members, successes) in visits.into_values() {
        let groups = share.groups;
        share.groups = Groups {
            groups: groups.groups + 1,
            members: groups.members + members,
            squares: groups.squares + members * members,
        };
        share.n += members;
        share.successes += successes;
        share.success_squares += successes * successes;
        share.products += successes * members;
    }
    share
}

fn line(sought: &Sought, now: &[Tried], before: Option<&[Tried]>) -> TaskLine {
    let count = |outcome| now.iter().filter(|one| one.attempt.outcome == outcome).count() as u64;
    let decided = |attempt: &Attempt| attempt.outcome != Outcome::Undecided;
    let of = |kind, counts: fn(&Attempt) -> bool, succeeds: fn(&Attempt) -> bool| {
        let before = before.map(|before| share(before, counts, succeeds));
        Figure::share(kind, &share(now, counts, succeeds), before.as_ref())
    };
    let times = |tried: &[Tried]| {
        let done = tried.iter().map(|one| one.attempt).filter(|attempt| attempt.outcome == Outcome::Success);
        done.map(|attempt| attempt.ended_ms - attempt.began_ms).collect::<Vec<_>>()
    };
    TaskLine {
        id: sought.id.clone(),
        name: sought.name.clone(),
        rule: sought.rule.clone(),
        attempts: now.len() as u64,
        undecided: count(Outcome::Undecided),
        left: count(Outcome::Left),
        timed_out: count(Outcome::TimedOut),
        success: of(SUCCEEDED, decided, |attempt| attempt.outcome == Outcome::Success),
        failed: of(FAILED, decided, |attempt| attempt.outcome == Outcome::Failed),
        abandoned: of(ABANDONED, decided, |attempt| matches!(attempt.outcome, Outcome::Left | Outcome::TimedOut)),
        retried: of(RETRIED, |_| true, |attempt| attempt.retry),
        time: median(TIME, &times(now), before.map(times).as_deref()),
    }
}

/// A site's tasks.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaskReport {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Of how many visits one is followed: 1, or 128 where these days have too many rows. All counts are of those that are followed.
    pub one_in: u64,
    /// Each task: those that have rules, then those that pages tell, by name.
    pub tasks: Vec<TaskLine>,
    /// What an attempt is.
    pub definition: &'static str,
}

/// What an attempt is, for those who read figures.
pub const DEFINITION: &str = "An attempt begins with the start of the task, and is followed through the visit on whatever pages it goes on. It succeeds or fails; \
     without either it is abandoned when its time runs out or the visit ends (30 minutes without anything). Whoever may still go on is \
     not decided. A start while one runs goes on with it; what follows a failure is a retry. That a form was left counts only if the visit \
     brings no other end.";

/// Every task: what was sought, the attempts of it now, and before.
pub fn lines<'a>(
    found: impl IntoIterator<Item = (&'a Sought, Vec<Tried>, Option<Vec<Tried>>)>,
    looks: f64,
) -> Vec<TaskLine> {
    let each = found.into_iter().map(|(sought, now, before)| line(sought, &now, before.as_deref()));
    let mut lines: Vec<_> = each.collect();
    let family = Family { name: "tasks", looks };
    correct(
        family,
        lines.iter_mut().flat_map(|line| {
            [&mut line.success, &mut line.failed, &mut line.abandoned, &mut line.retried, &mut line.time]
        }),
    );
    lines
}

/// Somebody who tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskPerson {
    /// The id of the visit.
    pub visit: String,
    /// When they began.
    pub began: Time,
    /// When it ended, in epoch milliseconds.
    pub ended: Time,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was a retry.
    pub retry: bool,
    /// The page they were on at its end; empty where none is known.
    pub page: String,
    /// The device; empty where it is not known.
    pub device: String,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

/// A page on which attempts ended without success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EndedOn {
    /// The page.
    pub page: String,
    /// Attempts that failed there.
    pub failed: u64,
    /// Attempts that were abandoned there.
    pub abandoned: u64,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaskDetail {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Of how many visits one is followed: 1, or 128 where these days have too many rows. All counts are of those that are followed.
    pub one_in: u64,
    /// How it went.
    pub task: TaskLine,
    /// Where it ended without success, by page, most first.
    pub ended_on: Vec<EndedOn>,
    /// Those who tried, the newest first.
    pub people: Vec<TaskPerson>,
    /// What an attempt is.
    pub definition: &'static str,
}

/// The page that was open at a place among the events of a walk.
pub(super) fn page_at<'a>(seen: &'a Seen, events: &[Event], place: usize) -> &'a str {
    let before = events.iter().take(place + 1).rev().map(|event| &seen.whats[event.what as usize]);
    before.filter(|what| what.kind == WhatKind::Page).map(|what| what.text.as_str()).next().unwrap_or_default()
}

/// The last event up to an instant, by its place.
fn until(events: &[Event], at_ms: i64) -> usize {
    events.partition_point(|event| event.at_ms <= at_ms).saturating_sub(1)
}

/// Those who tried, the newest first.
pub fn people(seen: &Seen, tried: &[Tried], zone: &TimeZone) -> Vec<TaskPerson> {
    let of = |one: &Tried| {
        let (walk, attempt) = (&seen.walks[one.walk], &one.attempt);
        let ends = matches!(attempt.outcome, Outcome::Success | Outcome::Failed);
        let last = if ends { attempt.last } else { until(&walk.events, attempt.ended_ms).max(attempt.last) };
        TaskPerson {
            visit: seen.shown(walk.events[last].visit),
            began: Time::new(attempt.began_ms, zone),
            ended: Time::new(attempt.ended_ms, zone),
            outcome: attempt.outcome,
            retry: attempt.retry,
            page: page_at(seen, &walk.events, last).to_owned(),
            device: walk.device.clone(),
            took_ms: attempt.ended_ms - attempt.began_ms,
        }
    };
    let mut people: Vec<_> = tried.iter().map(of).collect();
    people.sort_by_key(|person| std::cmp::Reverse(person.began.epoch_ms));
    people
}

/// Where attempts ended without success, by page, most first.
pub fn ended_on(people: &[TaskPerson]) -> Vec<EndedOn> {
    let mut pages: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for person in people {
        let (failed, abandoned) = match person.outcome {
            Outcome::Failed => (1, 0),
            Outcome::Left | Outcome::TimedOut => (0, 1),
            Outcome::Success | Outcome::Undecided => continue,
        };
        let counts = pages.entry(&person.page).or_default();
        *counts = (counts.0 + failed, counts.1 + abandoned);
    }
    let ended = |(page, (failed, abandoned)): (&str, _)| EndedOn { page: page.to_owned(), failed, abandoned };
    let mut ended: Vec<_> = pages.into_iter().map(ended).collect();
    ended.sort_by_key(|on| std::cmp::Reverse(on.failed + on.abandoned));
    ended
}
