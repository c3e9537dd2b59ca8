//! The targets of a ticket, reckoned from what happened to it and the site's hours: a pure function, so that doing it again comes to
//! the same.
//!
//! The first response runs from when the ticket was opened, and its start never moves. The next response runs from the first message of the
//! customer that nobody has answered, and only once there was a first response; further messages do not restart it. Resolution ends
//! with the first time the ticket was resolved: a reopening starts nothing. Only a person's words to the customer are a response. While
//! a ticket is resolved, or in a state that the promise names, clocks wait.

use crate::hours::{Calendar, Promise, TargetKind, Version};
use rapport_figures::business_time::{Stretch, business_ms, due_ms, while_running};
use std::collections::BTreeMap;

/// The state of a ticket in which every clock waits.
pub const RESOLVED: &str = "resolved";

/// What matters of an event of a ticket. Notes, acknowledgements and whatever robots sent do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The customer wrote.
    Received,
    /// A person wrote to the customer.
    Answered,
    /// The ticket came into a state.
    State(String),
}

/// What happened to a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// When it was opened, in epoch milliseconds.
    pub opened_at_ms: i64,
    /// What happened since, in order of time, in epoch milliseconds.
    pub events: Vec<(i64, Happened)>,
    /// Whether it was merged into another, which is answered in its place: it has no targets of its own then.
    pub is_merged: bool,
}

/// One promise of one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What is promised.
    pub kind: TargetKind,
    /// Which of its kind: 0, and for next responses one more with each.
    pub round: i64,
    /// The version of the hours by which it is counted.
    pub version: i64,
    /// How much is promised, in words.
    pub promised: String,
    /// When it began to run, in epoch milliseconds.
    pub started_at_ms: i64,
    /// When it falls or fell due, in epoch milliseconds; `None` while its clock waits, and where the hours never come to it.
    pub due_at_ms: Option<i64>,
    /// When it was done, in epoch milliseconds.
    pub met_at_ms: Option<i64>,
    /// How much business time is left while its clock waits, in milliseconds.
    pub left_ms: Option<i64>,
}

/// How a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Done in time.
    Met,
    /// Not done in time, whether or not it was done since.
    Missed,
    /// Its time runs.
    Running,
    /// Its clock waits.
    Waiting,
}

impl Standing {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Running => "running",
            Self::Waiting => "waiting",
        }
    }
}

impl Target {
    /// How it stands at an instant. Done at the instant at which it falls due is done in time.
    pub fn standing(&self, now_ms: i64) -> Standing {
        match (self.met_at_ms, self.due_at_ms) {
            (Some(met), Some(due)) if met > due => Standing::Missed,
            (Some(_), _) => Standing::Met,
            (None, Some(due)) if due < now_ms => Standing::Missed,
            (None, Some(_)) => Standing::Running,
            (None, None) => Standing::Waiting,
        }
    }

    /// Whether nothing that is changed later changes it: it is done, or fell due.
    pub fn is_settled(&self, now_ms: i64) -> bool {
        self.met_at_ms.is_some() || self.due_at_ms.is_some_and(|due| due <= now_ms)
    }
}

/// A span of a ticket's life that a promise is about.
struct Span {
    kind: TargetKind,
    round: i64,
    start_ms: i64,
    end_ms: Option<i64>,
}

fn spans(history: &History) -> Vec<Span> {
    let first =
        |what: fn(&Happened) -> bool| history.events.iter().find(|(_, event)| what(event)).map(|(at_ms, _)| *at_ms);
    let answered = first(|event| *event == Happened::Answered);
    let resolved = first(|event| matches!(event, Happened::State(state) if state == RESOLVED));
    let from_opening = |kind, end_ms| Span { kind, round: 0, start_ms: history.opened_at_ms, end_ms };
    let mut spans =
        vec![from_opening(TargetKind::FirstResponse, answered), from_opening(TargetKind::Resolution, resolved)];
    let mut waits_since = None;
    let mut round = 0;
    let next = |round, start_ms, end_ms| Span { kind: TargetKind::NextResponse, round, start_ms, end_ms };
    for (at_ms, event) in history.events.iter().skip_while(|(_, event)| *event != Happened::Answered) {
        match (event, waits_since) {
            (Happened::Received, None) => waits_since = Some(*at_ms),
            (Happened::Answered, Some(start_ms)) => {
                spans.push(next(round, start_ms, Some(*at_ms)));
                (waits_since, round) = (None, round + 1);
            }
            _ => {}
        }
    }
    spans.extend(waits_since.map(|start_ms| next(round, start_ms, None)));
    spans
}

/// When a clock that began at `start_ms` runs, up to `end_ms` or without an end.
fn running(history: &History, promise: &Promise, span: &Span) -> Vec<Stretch> {
    let waits = |state: &str| state == RESOLVED || promise.paused_in.iter().any(|paused| paused == state);
    let states = history.events.iter().filter_map(|(at_ms, event)| match event {
        Happened::State(state) => Some((*at_ms, waits(state))),
        _ => None,
    });
    let mut runs = Vec::new();
    let mut since = (!waits("new")).then_some(history.opened_at_ms);
    for (at_ms, waits) in states.take_while(|(at_ms, _)| span.end_ms.is_none_or(|end_ms| *at_ms < end_ms)) {
        match (since, waits) {
            (Some(from_ms), true) => {
                runs.push(Stretch { from_ms, until_ms: at_ms });
                since = None;
            }
            (None, false) => since = Some(at_ms),
            _ => {}
        }
    }
    // What was done falls due at an instant as well: as if the clock had run on.
    since = since.or(span.end_ms);
    runs.extend(since.map(|from_ms| Stretch { from_ms, until_ms: i64::MAX }));
    runs.retain(|stretch| stretch.from_ms < stretch.until_ms);
    runs
}

fn target(history: &History, span: &Span, (version, calendar): (&Version, &Calendar), now_ms: i64) -> Option<Target> {
    let promise = version.hours.promise(span.kind)?;
    let runs = running(history, promise, span);
    let open = || while_running(calendar.openings(span.start_ms), &runs);
    let length_ms = promise.length_ms(calendar);
    // Hours that never open make a business day of nothing, which is not due at once.
    let due_at_ms = if length_ms > 0 { due_ms(open(), span.start_ms, length_ms) } else { None };
    let left_ms = || (length_ms - business_ms(open(), (span.start_ms, now_ms))).max(0);
    Some(Target {
        kind: span.kind,
        round: span.round,
        version: version.version,
        promised: promise.text(),
        started_at_ms: span.start_ms,
        due_at_ms,
        met_at_ms: span.end_ms,
        left_ms: (due_at_ms.is_none() && span.end_ms.is_none()).then(left_ms),
    })
}

/// The versions of a site's hours with their calendars, the newest first.
pub struct Versions(Vec<(Version, Calendar)>);

impl Versions {
    /// Of versions that are not empty, the newest first.
    pub fn new(versions: Vec<Version>) -> Self {
        Self(
            versions
                .into_iter()
                .map(|version| (Calendar::of(&version.hours), version))
                .map(|(calendar, version)| (version, calendar))
                .collect(),
        )
    }

    /// The number of the newest.
    pub fn newest(&self) -> i64 {
        self.0.first().map_or(0, |(version, _)| version.version)
    }

    fn of(&self, number: i64) -> Option<(&Version, &Calendar)> {
        self.0.iter().find(|(version, _)| version.version == number).map(|(version, calendar)| (version, calendar))
    }

    /// The one that counted at an instant.
    fn at(&self, at_ms: i64) -> Option<(&Version, &Calendar)> {
        let counted = self.0.iter().find(|(version, _)| version.created_at_ms <= at_ms).or(self.0.last());
        counted.map(|(version, calendar)| (version, calendar))
    }
}

/// The targets of a ticket as of `now_ms`. `before` are those that were kept of it: what is settled stays by the version it was counted by,
/// and so does what was settled by the version of its start; the others are counted by the newest.
pub fn targets(history: &History, versions: &Versions, before: &[Target], now_ms: i64) -> Vec<Target> {
    if history.is_merged {
        return Vec::new();
    }
    let kept: BTreeMap<(TargetKind, i64), &Target> =
        before.iter().map(|target| ((target.kind, target.round), target)).collect();
    let reckoned = |span: &Span| {
        let by = |version: Option<(&Version, &Calendar)>| target(history, span, version?, now_ms);
        let known = kept.get(&(span.kind, span.round)).map(|known| known.version);
        let frozen = by(known.and_then(|known| versions.of(known)).or_else(|| versions.at(span.start_ms)));
        match frozen {
            Some(frozen) if frozen.is_settled(now_ms) => Some(frozen),
            // A promise that was not made when the ticket was opened is not made of it later; one that is no longer made is not kept.
            None if known.is_none() => None,
            _ => by(versions.of(versions.newest())),
        }
    };
    spans(history).iter().filter_map(reckoned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hours::{Draft, Hours, Opening, Unit};
    use Happened::{Answered, Received};

    fn ms(text: &str) -> i64 {
        format!("{text}:00Z").parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
    }

    fn state(name: &str) -> Happened {
        Happened::State(name.into())
    }

    fn promise(kind: TargetKind, amount: u32, paused_in: &[&str]) -> Promise {
        Promise {
            kind,
            amount,
            unit: Unit::Hours,
            paused_in: paused_in.iter().map(|state| (*state).to_owned()).collect(),
        }
    }

    /// Monday to Friday from 9 to 17, UTC: 4 hours to a first response, 2 to the next, 16 to a resolution that waits on the customer.
    fn hours() -> Hours {
        let promises = vec![
            promise(TargetKind::FirstResponse, 4, &[]),
            promise(TargetKind::NextResponse, 2, &[]),
            promise(TargetKind::Resolution, 16, &["waiting"]),
        ];
        Hours { promises, ..Hours::usual("UTC") }
    }

    fn version(version: i64, hours: Hours, created: &str) -> Version {
        Version { version, hours, actor: "ada@example.com".into(), created_at_ms: ms(created) }
    }

    fn one() -> Versions {
        Versions::new(vec![version(1, hours(), "2026-01-01T00:00")])
    }

    fn history(opened: &str, events: &[(&str, Happened)]) -> History {
        let events = events.iter().map(|(at, event)| (ms(at), event.clone())).collect();
        History { opened_at_ms: ms(opened), events, is_merged: false }
    }

    /// Each target as `kind.round due standing`.
    fn read(found: &[Target], now: &str) -> Vec<String> {
        let text = |at_ms: i64| jiff::Timestamp::from_millisecond(at_ms).unwrap().strftime("%d %H:%M").to_string();
        let line = |target: &Target| {
            let due = target.due_at_ms.map_or("-".to_owned(), text);
            let kind = target.kind.as_str();
            format!("{kind}.{} {due} {}", target.round, target.standing(ms(now)).as_str())
        };
        found.iter().map(line).collect()
    }

    fn check(opened: &str, events: &[(&str, Happened)], now: &str, expected: &[&str]) {
        let found = targets(&history(opened, events), &one(), &[], ms(now));
        assert_eq!(read(&found, now), expected, "{events:?} at {now}");
        // Doing it again comes to the same, whatever was kept.
        assert_eq!(targets(&history(opened, events), &one(), &found, ms(now)), found);
    }

    #[test]
    fn a_person_answers_in_time_or_late_and_the_start_never_moves() {
        // 1 May 2026 is a Friday.
        let opened = "2026-05-01T16:00";
        check(opened, &[], "2026-05-01T16:30", &["first_response.0 04 12:00 running", "resolution.0 05 16:00 running"]);
        check(
            opened,
            &[("2026-05-04T12:00", Answered)],
            "2026-05-04T12:30",
            &["first_response.0 04 12:00 met", "resolution.0 05 16:00 running"],
        );
        check(
            opened,
            &[
                ("2026-05-01T16:30", Received),
                ("2026-05-01T16:40", state("acknowledged")),
                ("2026-05-04T12:01", Answered),
            ],
            "2026-05-04T12:30",
            &["first_response.0 04 12:00 missed", "resolution.0 05 16:00 running"],
        );
        check(opened, &[], "2026-05-06T10:00", &["first_response.0 04 12:00 missed", "resolution.0 05 16:00 missed"]);
    }

    #[test]
    fn the_next_response_runs_from_the_first_message_that_nobody_answered_and_never_before_a_first_response() {
        let opened = "2026-05-04T09:00";
        let answered = ("2026-05-04T10:00", Answered);
        check(
            opened,
            &[
                ("2026-05-04T09:30", Received),
                answered.clone(),
                ("2026-05-04T11:00", Received),
                ("2026-05-04T12:30", Received),
            ],
            "2026-05-04T12:45",
            &["first_response.0 04 13:00 met", "resolution.0 05 17:00 running", "next_response.0 04 13:00 running"],
        );
        check(
            opened,
            &[
                answered,
                ("2026-05-04T16:00", Received),
                ("2026-05-05T10:30", Answered),
                ("2026-05-05T10:40", Answered),
                ("2026-05-05T11:00", Received),
            ],
            "2026-05-05T11:30",
            &[
                "first_response.0 04 13:00 met",
                "resolution.0 05 17:00 running",
                "next_response.0 05 10:00 missed",
                "next_response.1 05 13:00 running",
            ],
        );
    }

    #[test]
    fn a_clock_waits_in_the_states_that_its_promise_names_and_in_no_other() {
        let opened = "2026-05-04T09:00";
        let answered = ("2026-05-04T10:00", Answered);
        let waiting = ("2026-05-04T11:00", state("waiting"));
        let found =
            targets(&history(opened, &[answered.clone(), waiting.clone()]), &one(), &[], ms("2026-05-08T12:00"));
        assert_eq!(
            read(&found, "2026-05-08T12:00"),
            ["first_response.0 04 13:00 met", "resolution.0 - waiting"],
            "two of sixteen hours are gone"
        );
        assert_eq!(found[1].left_ms, Some(14 * 3_600_000));
        check(
            opened,
            &[answered.clone(), waiting.clone(), ("2026-05-07T16:00", state("in_progress"))],
            "2026-05-08T12:00",
            &["first_response.0 04 13:00 met", "resolution.0 11 14:00 running"],
        );
        // Waiting after it fell due undoes nothing.
        check(
            opened,
            &[answered, ("2026-05-06T10:00", state("waiting"))],
            "2026-05-08T12:00",
            &["first_response.0 04 13:00 met", "resolution.0 05 17:00 missed"],
        );
        check(opened, &[waiting], "2026-05-04T14:00", &["first_response.0 04 13:00 missed", "resolution.0 - waiting"]);
    }

    #[test]
    fn a_reopening_starts_nothing_and_what_is_resolved_falls_due_for_nobody() {
        let opened = "2026-05-04T09:00";
        let resolved = ("2026-05-04T12:00", state("resolved"));
        // Resolved without a word: the first response waits, and runs on when it is reopened.
        check(
            opened,
            std::slice::from_ref(&resolved),
            "2026-05-08T09:00",
            &["first_response.0 - waiting", "resolution.0 05 17:00 met"],
        );
        check(
            opened,
            &[resolved.clone(), ("2026-05-08T09:00", state("in_progress"))],
            "2026-05-08T09:30",
            &["first_response.0 08 10:00 running", "resolution.0 05 17:00 met"],
        );
        // A late thanks starts a next response that waits as long as it is resolved.
        check(
            opened,
            &[("2026-05-04T10:00", Answered), resolved, ("2026-05-06T10:00", Received)],
            "2026-05-08T09:00",
            &["first_response.0 04 13:00 met", "resolution.0 05 17:00 met", "next_response.0 - waiting"],
        );
    }

    #[test]
    fn one_that_was_merged_has_no_targets_and_has_them_again_when_that_is_undone() {
        let mut merged = history("2026-05-04T09:00", &[]);
        let now = ms("2026-05-04T10:00");
        let before = targets(&merged, &one(), &[], now);
        merged.is_merged = true;
        assert_eq!(targets(&merged, &one(), &before, now), []);
        merged.is_merged = false;
        assert_eq!(targets(&merged, &one(), &[], now), before);
    }

    #[test]
    fn changed_hours_move_what_is_open_and_nothing_that_is_settled() {
        let mut longer = hours();
        longer.week[0] = Opening::parse("9-11").unwrap();
        let versions =
            Versions::new(vec![version(2, longer, "2026-05-04T10:30"), version(1, hours(), "2026-01-01T00:00")]);
        let opened = "2026-05-04T09:00";
        let before = targets(&history(opened, &[]), &one(), &[], ms("2026-05-04T10:00"));
        let moved = targets(&history(opened, &[]), &versions, &before, ms("2026-05-04T10:31"));
        assert_eq!(
            read(&moved, "2026-05-04T10:31"),
            ["first_response.0 05 11:00 running", "resolution.0 06 15:00 running"]
        );
        assert!(moved.iter().all(|target| target.version == 2));
        // Done, or fallen due, before the change: as it was.
        let answered = history(opened, &[("2026-05-04T10:00", Answered)]);
        let done = targets(&answered, &versions, &before, ms("2026-05-04T10:31"));
        assert_eq!((done[0].version, done[0].due_at_ms), (1, before[0].due_at_ms));
        let late = Versions::new(vec![
            version(
                2,
                Hours { promises: vec![promise(TargetKind::FirstResponse, 100, &[])], ..hours() },
                "2026-05-04T15:00",
            ),
            version(1, hours(), "2026-01-01T00:00"),
        ]);
        let missed = targets(&history(opened, &[]), &late, &before, ms("2026-05-04T15:01"));
        assert_eq!(
            read(&missed, "2026-05-04T15:01"),
            ["first_response.0 04 13:00 missed"],
            "resolution is promised no more"
        );
        // A promise that is new is not made of tickets of before.
        let fewer = Hours { promises: vec![promise(TargetKind::FirstResponse, 4, &[])], ..hours() };
        let later = Versions::new(vec![version(2, hours(), "2026-05-04T10:30"), version(1, fewer, "2026-01-01T00:00")]);
        let found = targets(&history(opened, &[]), &later, &[], ms("2026-05-04T11:00"));
        assert_eq!(read(&found, "2026-05-04T11:00"), ["first_response.0 04 13:00 running"]);
    }

    #[test]
    fn hours_that_never_open_promise_nothing_that_could_be_missed() {
        let mut draft = Draft::of(&Hours::usual("UTC"));
        draft.week = Default::default();
        let never = Versions::new(vec![version(1, draft.check("UTC").unwrap(), "2026-01-01T00:00")]);
        let found = targets(&history("2026-05-04T09:00", &[]), &never, &[], ms("2027-05-04T09:00"));
        assert_eq!(read(&found, "2027-05-04T09:00"), ["first_response.0 - waiting"]);
    }
}
