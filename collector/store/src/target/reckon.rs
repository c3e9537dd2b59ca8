//! The targets of a ticket, reckoned from what happened to it and the site's hours: a pure function, so that doing it again comes to
//! the same.
//!
//! The first response runs from when the ticket was opened, and its start never moves. The next response runs from the first message of the
//! customer that nobody has answered, and only once there was a first response; further messages do not restart it. Resolution ends
//! with the first time the ticket was resolved: a reopening starts nothing. Only a person's words to the customer are a response. While
//! a ticket is resolved, or in a state that the promise names, clocks wait.
//!
//! A ticket that was merged into another hands its open clocks over: of two that wait for the same, the one that has waited longer goes on.
//! What is written in it from then on is written in the other.

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
    /// Those that were merged into it.
    pub taken: Vec<Taken>,
}

/// A ticket that was merged into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When it was, in epoch milliseconds.
    pub merged_at_ms: i64,
    /// What happened to it, before and since.
    pub history: History,
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
#[derive(Clone)]
struct Span<'a> {
    kind: TargetKind,
    round: i64,
    start_ms: i64,
    end_ms: Option<i64>,
    /// Its states, each with when it came into it: of the ticket in which the clock began, then of the one that it was merged into.
    states: Vec<(i64, &'a str)>,
}

/// What happened in the conversation of a ticket.
enum Step<'a> {
    Happened(&'a Happened),
    Merged(&'a Taken),
}

impl History {
    /// The states, from its opening on.
    fn states(&self) -> Vec<(i64, &str)> {
        let changes = self.events.iter().filter_map(|(at_ms, event)| match event {
            Happened::State(state) => Some((*at_ms, state.as_str())),
            _ => None,
        });
        [(self.opened_at_ms, "new")].into_iter().chain(changes).collect()
    }

    /// What happened, in order of time. Of those merged into it, messages and answers since then count as its own; their states do not.
    fn steps(&self) -> Vec<(i64, Step<'_>)> {
        let own = self.events.iter().map(|(at_ms, event)| (*at_ms, Step::Happened(event)));
        let merged = self.taken.iter().map(|taken| (taken.merged_at_ms, Step::Merged(taken)));
        let since = self.taken.iter().flat_map(|taken| {
            let steps = taken.history.steps().into_iter().filter(|(at_ms, _)| *at_ms >= taken.merged_at_ms);
            steps.filter(|(_, step)| !matches!(step, Step::Happened(Happened::State(_))))
        });
        let mut steps: Vec<_> = own.chain(merged).chain(since).collect();
        steps.sort_by_key(|(at_ms, _)| *at_ms);
        steps
    }

    /// What its promises are about, by what happened before `until_ms`.
    fn spans(&self, until_ms: i64) -> Vec<Span<'_>> {
        let begun = |kind, start_ms| Span { kind, round: 0, start_ms, end_ms: None, states: self.states() };
        let mut first = begun(TargetKind::FirstResponse, self.opened_at_ms);
        let mut resolution = begun(TargetKind::Resolution, self.opened_at_ms);
        let (mut answered, mut waits): (Vec<Span<'_>>, Option<Span<'_>>) = (Vec::new(), None);
        for (at_ms, step) in self.steps().into_iter().take_while(|(at_ms, _)| *at_ms < until_ms) {
            match step {
                Step::Happened(Happened::Answered) => {
                    first.end_ms = first.end_ms.or(Some(at_ms));
                    answered.extend(waits.take().map(|span| Span { end_ms: Some(at_ms), ..span }));
                }
                Step::Happened(Happened::Received) if first.end_ms.is_some() => {
                    waits = waits.or_else(|| Some(begun(TargetKind::NextResponse, at_ms)));
                }
                Step::Happened(Happened::State(state)) if state == RESOLVED => {
                    resolution.end_ms = resolution.end_ms.or(Some(at_ms));
                }
                Step::Happened(_) => {}
                Step::Merged(taken) => {
                    for clock in self.handed_over(taken) {
                        match clock.kind {
                            TargetKind::Resolution => take_over(&mut resolution, clock),
                            _ if first.end_ms.is_none() => take_over(&mut first, clock),
                            _ => match &mut waits {
                                Some(waits) => take_over(waits, clock),
                                None => waits = Some(Span { kind: TargetKind::NextResponse, ..clock }),
                            },
                        }
                    }
                }
            }
        }
        answered.extend(waits);
        let rounds = answered.into_iter().zip(0..).map(|(span, round)| Span { round, ..span });
        [first, resolution].into_iter().chain(rounds).collect()
    }

    /// The clocks that still ran in a ticket when it was merged into this one; none of one that was resolved.
    fn handed_over<'a>(&'a self, taken: &'a Taken) -> Vec<Span<'a>> {
        let mut clocks = taken.history.spans(taken.merged_at_ms);
        clocks.retain(|span| span.end_ms.is_none());
        for clock in &mut clocks {
            clock.states.retain(|(at_ms, _)| *at_ms < taken.merged_at_ms);
            let own = self.states();
            let (before, since): (Vec<_>, Vec<_>) =
                own.into_iter().partition(|(at_ms, _)| *at_ms <= taken.merged_at_ms);
            clock.states.extend(before.last().map(|(_, state)| (taken.merged_at_ms, *state)));
            clock.states.extend(since);
        }
        let was_resolved = |span: &Span<'_>| {
            span.states
                .iter()
                .rfind(|(at_ms, _)| *at_ms < taken.merged_at_ms)
                .is_some_and(|(_, state)| *state == RESOLVED)
        };
        clocks.retain(|span| !was_resolved(span));
        clocks
    }
}

/// Has a clock go on from where another that waits for the same began, if that was earlier. What is done stays done.
fn take_over<'a>(clock: &mut Span<'a>, other: Span<'a>) {
    if clock.end_ms.is_none() && other.start_ms < clock.start_ms {
        *clock = Span { kind: clock.kind, ..other };
    }
}

/// When a clock runs, up to its end or without one.
fn running(promise: &Promise, span: &Span<'_>) -> Vec<Stretch> {
    let waits = |state: &str| state == RESOLVED || promise.paused_in.iter().any(|paused| paused == state);
    let states = span.states.iter().map(|(at_ms, state)| (*at_ms, waits(state)));
    let (mut runs, mut since) = (Vec::new(), None);
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

fn target(span: &Span<'_>, (version, calendar): (&Version, &Calendar), now_ms: i64) -> Option<Target> {
    let promise = version.hours.promise(span.kind)?;
    let runs = running(promise, span);
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
    let reckoned = |span: &Span<'_>| {
        let by = |version: Option<(&Version, &Calendar)>| target(span, version?, now_ms);
        let known = kept.get(&(span.kind, span.round)).map(|known| known.version);
        let frozen = by(known.and_then(|known| versions.of(known)).or_else(|| versions.at(span.start_ms)));
        match frozen {
            Some(frozen) if frozen.is_settled(now_ms) => Some(frozen),
            // A promise that was not made when the ticket was opened is not made of it later; one that is no longer made is not kept.
            None if known.is_none() => None,
            _ => by(versions.of(versions.newest())),
        }
    };
    history.spans(i64::MAX).iter().filter_map(reckoned).collect()
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
        History { opened_at_ms: ms(opened), events, ..History::default() }
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

    /// A ticket with another that was merged into it.
    fn with(opened: &str, events: &[(&str, Happened)], (merged, other): (&str, History)) -> History {
        let taken = vec![Taken { merged_at_ms: ms(merged), history: other }];
        History { taken, ..history(opened, events) }
    }

    #[test]
    fn merging_hid_how_long_the_other_customer_had_waited() {
        let now = "2026-05-06T15:00";
        let of = |whole: &History| read(&targets(whole, &one(), &[], ms(now)), now);
        // Opened on Monday and unanswered: its clocks go on in a ticket of Wednesday.
        let monday = || history("2026-05-04T09:00", &[]);
        let merged = "2026-05-06T12:00";
        assert_eq!(
            of(&with("2026-05-06T11:00", &[], (merged, monday()))),
            ["first_response.0 04 13:00 missed", "resolution.0 05 17:00 missed"]
        );
        // The one that it became was answered already: whoever was merged into it still waits for the next.
        assert_eq!(
            of(&with("2026-05-06T10:00", &[("2026-05-06T11:00", Answered)], ("2026-05-06T12:00", monday()))),
            ["first_response.0 06 14:00 met", "resolution.0 05 17:00 missed", "next_response.0 04 11:00 missed"]
        );
        // One answer then answers both.
        assert_eq!(
            of(&with(
                "2026-05-06T10:00",
                &[("2026-05-06T11:00", Answered), ("2026-05-06T13:00", Answered)],
                ("2026-05-06T12:00", history("2026-05-06T11:30", &[]))
            )),
            ["first_response.0 06 14:00 met", "resolution.0 08 10:00 running", "next_response.0 06 13:30 met"]
        );
    }

    #[test]
    fn merging_hands_over_no_clock_that_had_stopped_and_none_that_is_younger() {
        let now = "2026-05-06T15:00";
        let own = ["first_response.0 06 15:00 running", "resolution.0 08 11:00 running"].map(str::to_owned);
        let of = |events: &[(&str, Happened)], opened: &str| {
            let other = history(opened, events);
            let resolved = with("2026-05-06T11:00", &[], ("2026-05-06T14:00", other));
            read(&targets(&resolved, &one(), &[], ms(now)), now)
        };
        let done = [("2026-05-04T10:00", Answered), ("2026-05-04T12:00", state("resolved"))];
        assert_eq!(of(&done, "2026-05-04T09:00"), own, "answered and resolved");
        assert_eq!(of(&done[1..], "2026-05-04T09:00"), own, "resolved without an answer, which falls due for nobody");
        assert_eq!(of(&[], "2026-05-06T13:00"), own, "younger");
        // What the other waited on its customer is not counted against anybody.
        let waited = [("2026-05-04T10:00", Answered), ("2026-05-04T10:00", state("waiting"))];
        assert_eq!(
            of(&waited, "2026-05-04T09:00")[1],
            "resolution.0 08 13:00 running",
            "one of sixteen hours was gone"
        );
        // A message that arrives in the merged one, and the answer to it, are those of the one that it became.
        let late = [("2026-05-06T14:20", Answered), ("2026-05-06T14:30", Received)];
        assert_eq!(of(&late, "2026-05-06T13:00")[2], "next_response.0 06 16:30 running");
    }

    #[test]
    fn a_ticket_that_was_merged_twice_hands_its_clock_on() {
        let first = history("2026-05-04T09:00", &[]);
        let second = with("2026-05-05T09:00", &[], ("2026-05-05T10:00", first));
        let third = with("2026-05-06T11:00", &[], ("2026-05-06T12:00", second));
        let found = targets(&third, &one(), &[], ms("2026-05-06T15:00"));
        assert_eq!(found[0].started_at_ms, ms("2026-05-04T09:00"));
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
