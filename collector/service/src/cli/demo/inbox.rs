//! What the shop's staff did with a month of feedback: they answered, looked for causes, merged, resolved and opened again, in their business
//! hours and through the same doors as on the pages. When each thing was done comes with it, as it does with every change.

use super::super::{Failure, Session};
use super::cast::{BROKEN_DAYS, Mood, words};
use super::month::DAY_MS;
use super::random::Random;
use super::{EMAIL, day_before};
use futures_util::{StreamExt, TryStreamExt, stream};
use rapport_shared::id::Id;
use rapport_store::StoreError;
use rapport_store::account::role::Role;
use rapport_store::audit::AuditEntry;
use rapport_store::hours::Calendar;
use rapport_store::site::Site;
use rapport_store::ticket::change::{Change, Changed};
use rapport_store::ticket::view::View;
use rapport_store::ticket::{EventKind, NewTicket, Priority, State, TicketEvent, code_of, rule};
use std::collections::HashMap;

/// Another source of randomness than the month's, so that neither depends on the other.
const SEED: u64 = 0x496e_626f_7821_2121;
/// Who works on tickets.
const STAFF: [&str; 2] = ["lena@fernhill.example", "tom@fernhill.example"];
/// Responses that are looked through together.
const TOGETHER: u32 = 500;
/// Tickets that are worked on at once.
const CONCURRENT: usize = 64;
/// Why people complain, by what they went through.
const CAUSES: [(Mood, &str, &str); 4] = [
    (Mood::BrokenCheckout, "Place order does nothing", "checkout"),
    (Mood::BrokenCode, "A discount code hangs the checkout", "checkout"),
    (Mood::DeadButton, "The wishlist button is dead", "wishlist"),
    (Mood::Slow, "The picture moves the page", "speed"),
];
/// What is written to customers.
const REPLIES: [&str; 4] = [
    "Thank you for telling us. We are looking into it and will write again today.",
    "We are sorry about that. Could you tell us which browser you use? Your pieces are kept for you.",
    "Thank you, you are right. We are mending it; until then we gladly take the order by telephone.",
    "That must not happen. We have set it right for you, please try once more.",
];
/// What staff notes for one another.
const NOTES: [&str; 4] = [
    "Seen it on my phone too.",
    "Same as the ones of this morning. @designer can you look?",
    "Called the customer, they are fine with waiting.",
    "Works in the new release.",
];

/// Something that somebody did to a ticket.
#[derive(Clone, Debug)]
struct Deed {
    at_ms: i64,
    actor: &'static str,
    done: Done,
}

#[derive(Clone, Debug)]
enum Done {
    Change(Change),
    Reply(&'static str),
    Note(&'static str),
    Merge(Id),
}

/// What the team knows.
struct Team<'a> {
    calendar: &'a Calendar,
    /// Accounts in the order of [`STAFF`].
    accounts: [Id; STAFF.len()],
    /// Causes in the order of [`CAUSES`].
    causes: [Id; CAUSES.len()],
    /// When the button of the checkout was mended, in epoch milliseconds.
    fixed_at_ms: i64,
    now_ms: i64,
}

/// The place in [`CAUSES`] of what a ticket is about.
fn cause_of(ticket: &NewTicket) -> Option<usize> {
    let is_of = |(mood, ..): &(Mood, &str, &str)| {
        words(*mood).iter().any(|text| text.starts_with(ticket.subject.trim_end_matches('…')))
    };
    CAUSES.iter().position(is_of)
}

impl Team<'_> {
    /// So many business days after an instant.
    fn after(&self, at_ms: i64, days: f64) -> i64 {
        let length_ms = (self.calendar.business_day_ms() as f64 * days) as i64;
        self.calendar.due_ms(at_ms, length_ms).unwrap_or(i64::MAX)
    }

    /// What became of a ticket, in order of time, as far as it has happened.
    fn deeds(&self, random: &mut Random, ticket: &NewTicket) -> Vec<Deed> {
        let who = random.between(0, STAFF.len() as u64) as usize;
        let mut deeds =
            if ticket.words { self.worked_on(random, ticket, who) } else { self.looked_at(random, ticket, who) };
        deeds.retain(|deed| deed.at_ms < self.now_ms);
        deeds
    }

    /// A score without a word: somebody looks at it, and most often there is nothing more to do.
    fn looked_at(&self, random: &mut Random, ticket: &NewTicket, who: usize) -> Vec<Deed> {
        let at_ms = self.after(ticket.opened_at_ms, 0.05 + 0.8 * random.unit());
        let state = if random.chance(0.93) { State::Resolved } else { State::Acknowledged };
        vec![Deed { at_ms, actor: STAFF[who], done: Done::Change(Change { state: Some(state), ..Change::default() }) }]
    }

    /// Words: they are answered, mostly in time, and worked on until it is resolved.
    fn worked_on(&self, random: &mut Random, ticket: &NewTicket, who: usize) -> Vec<Deed> {
        let actor = STAFF[who];
        let days = if random.chance(0.88) { 0.05 + 0.85 * random.unit() } else { 1.1 + random.unit() };
        let answered_ms = self.after(ticket.opened_at_ms, days);
        let deed = |at_ms, done| Deed { at_ms, actor, done };
        let set = |at_ms, change| deed(at_ms, Done::Change(change));
        let cause = cause_of(ticket);
        let reply = REPLIES[random.between(0, REPLIES.len() as u64) as usize];
        let taken = Change {
            state: Some(State::InProgress),
            owner: Some(Some(self.accounts[who])),
            cause: cause.map(|place| Some(self.causes[place])),
            add_tags: cause.map(|place| CAUSES[place].2.to_owned()).into_iter().collect(),
            priority: random.chance(0.04).then_some(Priority::Urgent),
            ..Change::default()
        };
        let mut deeds = vec![deed(answered_ms, Done::Reply(reply)), set(answered_ms, taken)];
        if random.chance(0.2) {
            let note = NOTES[random.between(0, NOTES.len() as u64) as usize];
            deeds.push(deed(self.after(answered_ms, 0.1), Done::Note(note)));
        }
        let mut since_ms = answered_ms;
        if random.chance(0.2) {
            since_ms = self.after(answered_ms, 0.3);
            deeds.push(set(since_ms, Change { state: Some(State::Waiting), ..Change::default() }));
        }
        // A few are never done with: somebody waits for the customer, or for the workshop.
        if random.chance(0.06) {
            return deeds;
        }
        let days = if random.chance(0.93) { 0.3 + 3.0 * random.unit() } else { 5.5 + 2.0 * random.unit() };
        let resolved_ms = self.after(since_ms, days);
        deeds.push(set(resolved_ms, self.resolution(random, cause, resolved_ms)));
        if random.chance(0.04) {
            let again_ms = self.after(resolved_ms, 1.0 + 2.0 * random.unit());
            deeds.push(set(
                again_ms,
                Change { state: Some(State::InProgress), problem_fixed: Some(Some(false)), ..Change::default() },
            ));
            let end_ms = self.after(again_ms, 1.0 + random.unit());
            deeds.push(set(end_ms, self.resolution(random, cause, end_ms)));
        }
        deeds
    }

    /// Both halves of resolved: mostly the problem, and the cause as far as it was mended by then.
    fn resolution(&self, random: &mut Random, cause: Option<usize>, at_ms: i64) -> Change {
        let mended = cause.map(|place| match CAUSES[place].0 {
            Mood::BrokenCheckout | Mood::BrokenCode => at_ms >= self.fixed_at_ms,
            // Said too early once in a while: it keeps coming back.
            Mood::DeadButton => random.chance(0.05),
            _ => false,
        });
        Change {
            state: Some(State::Resolved),
            problem_fixed: Some(Some(random.chance(0.85))),
            cause_fixed: mended.map(Some),
            ..Change::default()
        }
    }
}

/// Everything that was done, by ticket: some of those that say the same on one day are merged into the first of them, and answered there once
/// more. `tickets` are in order of time.
fn month(team: &Team<'_>, tickets: &[NewTicket]) -> Vec<(Id, Vec<Deed>)> {
    let mut random = Random::new(SEED);
    let mut all: Vec<(Id, Vec<Deed>)> = Vec::with_capacity(tickets.len());
    let mut first_of: HashMap<&str, usize> = HashMap::new();
    for (place, ticket) in tickets.iter().enumerate() {
        let mut deeds = team.deeds(&mut random, ticket);
        let first = *first_of.entry(&ticket.subject).or_insert(place);
        let is_same = ticket.words && first != place && ticket.opened_at_ms - tickets[first].opened_at_ms < DAY_MS;
        if !is_same {
            first_of.insert(&ticket.subject, place);
        }
        let is_merged = is_same && random.chance(0.35);
        if let Some(answer) = deeds.first().filter(|_| is_merged).cloned() {
            deeds = vec![Deed { done: Done::Merge(tickets[first].ticket_id), ..answer.clone() }];
            all[first].1.push(Deed { at_ms: (answer.at_ms + 60_000).min(team.now_ms - 1), ..answer });
            all[first].1.sort_by_key(|deed| deed.at_ms);
        }
        all.push((ticket.ticket_id, deeds));
    }
    all
}

/// Opens the tickets of the month by the usual rules. What arrived stays for whoever else takes it.
async fn open(session: &Session, site: &Site) -> Result<Vec<NewTicket>, StoreError> {
    let (site_id, now_ms) = (site.site_id, session.clock.now_ms());
    let rules = session.store.ticket_rules(site_id).await?;
    let (mut after, mut opened) = (Id([0; 16]), Vec::new());
    loop {
        let arrivals = session.store.arrivals(site_id, after, TOGETHER).await?;
        let Some(last) = arrivals.last() else { break };
        after = last.record.item_id;
        let new: Vec<_> =
            arrivals.iter().filter_map(|arrival| rule::opened(site_id, &rules, arrival, now_ms)).collect();
        session.store.open_tickets(site_id, &new).await?;
        opened.extend(new);
    }
    opened.sort_by_key(|ticket| (ticket.opened_at_ms, ticket.ticket_id.0));
    Ok(opened)
}

/// Does to one ticket what was done.
async fn work(session: &Session, site: &Site, (ticket_id, deeds): (Id, Vec<Deed>)) -> Result<(), Failure> {
    let site_id = site.site_id;
    let members = session.store.members(site_id).await?;
    for Deed { at_ms, actor, done } in deeds {
        let entry = |action: &str| AuditEntry {
            actor: actor.to_owned(),
            occurred_at_ms: at_ms,
            ..session.note(action, format!("ticket {}", code_of(ticket_id)))
        };
        match done {
            Done::Change(change) => {
                let seen = (ticket_id, i64::MAX);
                let changed = session.store.change_ticket(site_id, seen, &change, &entry("ticket.change")).await?;
                if !matches!(changed, Changed::Done(..) | Changed::Same(_)) {
                    return Err(Failure(format!("a ticket of the demo was not changed: {changed:?}")));
                }
            }
            Done::Reply(text) => {
                let event = TicketEvent {
                    event_id: session.clock.new_id(),
                    ticket_id,
                    kind: EventKind::Reply,
                    actor: actor.to_owned(),
                    text: text.to_owned(),
                    detail: "{}".to_owned(),
                    occurred_at_ms: at_ms,
                };
                session.store.append_ticket_event(site_id, &event).await?;
            }
            Done::Note(text) => {
                let Some(ticket) = session.store.ticket(site_id, ticket_id).await? else { continue };
                let mentions = rapport_store::ticket::note::mentioned(text, &members);
                let mentions = mentions.map_err(|fault| Failure(fault.to_string()))?;
                session.store.note_on_ticket(site_id, &ticket, (text, &mentions), &entry("ticket.note")).await?;
            }
            Done::Merge(into) => {
                session.store.merge_ticket(site_id, ticket_id, into, &entry("ticket.merge")).await?;
            }
        }
    }
    Ok(())
}

/// The accounts of the staff, members of the site, in the order of [`STAFF`].
async fn accounts(session: &Session, site: &Site) -> Result<[Id; STAFF.len()], Failure> {
    let mut accounts = [Id([0; 16]); STAFF.len()];
    for (place, email) in STAFF.iter().enumerate() {
        let account = session.store.account_for_email(session.clock.new_id(), email, session.clock.now_ms()).await?;
        let entry = session.note("member.add", format!("member {email} as {}", Role::Support));
        session.store.set_member(site.site_id, account.account_id, Role::Support, &entry).await?;
        accounts[place] = account.account_id;
    }
    Ok(accounts)
}

/// The causes, in the order of [`CAUSES`].
async fn causes(session: &Session, site: &Site) -> Result<[Id; CAUSES.len()], Failure> {
    let mut causes = [Id([0; 16]); CAUSES.len()];
    for (place, (_, name, _)) in CAUSES.iter().enumerate() {
        let entry = session.note("cause.add", format!("cause {name}"));
        let made = (session.clock.new_id(), *name);
        let cause = session.store.cause_named(site.site_id, made, None, &entry).await?;
        causes[place] = cause.ok_or_else(|| Failure("the demo has too many causes".to_owned()))?;
    }
    Ok(causes)
}

/// Has the staff work on the month's feedback. Business hours and whoever looks at designs are there before.
pub async fn fill(session: &Session, site: &Site) -> Result<(), Failure> {
    let now_ms = session.clock.now_ms();
    let tickets = open(session, site).await?;
    let calendar = Calendar::of(&session.store.hours(site).await?.hours);
    let team = Team {
        calendar: &calendar,
        accounts: accounts(session, site).await?,
        causes: causes(session, site).await?,
        fixed_at_ms: day_before(&site.time_zone, now_ms, BROKEN_DAYS.start - 1)?.start_ms,
        now_ms,
    };
    let done = month(&team, &tickets);
    // What others were merged into has to be there as it was before.
    let (merged, others): (Vec<_>, Vec<_>) =
        done.into_iter().partition(|(_, deeds)| deeds.iter().any(|deed| matches!(deed.done, Done::Merge(_))));
    for some in [others, merged] {
        let each = stream::iter(some.into_iter().map(|one| work(session, site, one)));
        each.buffer_unordered(CONCURRENT).try_collect::<Vec<()>>().await?;
    }
    let view = View {
        view_id: session.clock.new_id(),
        name: "Low and with words at the checkout".to_owned(),
        fields: "page=%2Fcheckout%2F&score=low&with=words".to_owned(),
    };
    let entry = AuditEntry { actor: EMAIL.to_owned(), ..session.note("view.add", format!("view {}", view.name)) };
    session.store.add_ticket_view(site.site_id, &view, &entry).await?;
    println!("Of the feedback, {} became tickets, and the staff worked on them.", tickets.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_store::hours::{Hours, TargetKind, Version};
    use rapport_store::target::{Happened, History, Standing, Versions, reckon};
    use rapport_store::ticket::TicketKind;

    /// Tuesday, 1 December 2026, 10:00 UTC.
    const NOW_MS: i64 = 1_796_119_200_000;

    fn ticket(number: u64, opened_at_ms: i64) -> NewTicket {
        let moods = [Mood::BrokenCheckout, Mood::BrokenCode, Mood::DeadButton, Mood::Slow, Mood::Fine];
        let said = words(moods[number as usize % moods.len()]);
        NewTicket {
            ticket_id: Id::version_7(opened_at_ms as u64, [number as u8; 10]),
            kind: TicketKind::Rating,
            subject: said[number as usize / 5 % said.len()].to_owned(),
            path: "/checkout/".to_owned(),
            standing: "low".to_owned(),
            words: !number.is_multiple_of(3),
            response_id: None,
            review_id: None,
            customer_id: None,
            issue_id: None,
            priority: Priority::Normal,
            owner_id: None,
            actor: rule::RULE.to_owned(),
            opened_at_ms,
        }
    }

    fn happened(deeds: &[Deed]) -> Vec<(i64, Happened)> {
        let of = |deed: &Deed| match &deed.done {
            Done::Reply(_) => Some((deed.at_ms, Happened::Answered)),
            Done::Change(change) => change.state.map(|state| (deed.at_ms, Happened::State(state.as_str().to_owned()))),
            _ => None,
        };
        deeds.iter().filter_map(of).collect()
    }

    #[test]
    fn nobody_worked_on_tickets_and_no_promise_was_kept() {
        let hours = Hours::usual("Europe/Berlin");
        let calendar = Calendar::of(&hours);
        let versions = Versions::new(vec![Version {
            version: 1,
            hours,
            actor: String::new(),
            created_at_ms: NOW_MS - 40 * DAY_MS,
        }]);
        let team = Team {
            calendar: &calendar,
            accounts: [Id([1; 16]), Id([2; 16])],
            causes: [3, 4, 5, 6].map(|number| Id([number; 16])),
            fixed_at_ms: NOW_MS - 5 * DAY_MS,
            now_ms: NOW_MS,
        };
        let tickets: Vec<_> =
            (0..600).map(|number| ticket(number, NOW_MS - 30 * DAY_MS + number as i64 * 4_320_000)).collect();
        let all = month(&team, &tickets);
        let (mut kept, mut due, mut states) = (0, 0, HashMap::<Option<State>, u32>::new());
        for (ticket, (_, deeds)) in tickets.iter().zip(&all) {
            assert!(deeds.iter().all(|deed| deed.at_ms >= ticket.opened_at_ms && deed.at_ms < NOW_MS));
            assert!(deeds.is_sorted_by_key(|deed| deed.at_ms));
            let change = |deed: &Deed| match &deed.done {
                Done::Change(change) => change.state,
                _ => None,
            };
            *states.entry(deeds.iter().rev().find_map(change)).or_default() += 1;
            if deeds.iter().any(|deed| matches!(deed.done, Done::Merge(_))) {
                continue;
            }
            let history = History { opened_at_ms: ticket.opened_at_ms, events: happened(deeds), ..History::default() };
            let targets = reckon::targets(&history, &versions, &[], NOW_MS);
            for target in targets.iter().filter(|target| target.kind == TargetKind::FirstResponse) {
                let fell_due = target.due_at_ms.is_some_and(|due_ms| due_ms < NOW_MS);
                due += u32::from(fell_due);
                kept += u32::from(fell_due && target.standing(NOW_MS) == Standing::Met);
            }
        }
        let percent = f64::from(kept) * 100.0 / f64::from(due);
        assert!(due > 200 && (80.0..95.0).contains(&percent), "{kept} of {due}");
        for state in
            [None, Some(State::Acknowledged), Some(State::InProgress), Some(State::Waiting), Some(State::Resolved)]
        {
            assert!(states.get(&state).is_some_and(|tickets| *tickets >= 2), "{state:?}: {states:?}");
        }
    }
}
