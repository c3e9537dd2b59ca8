//! Tickets on both engines: opened once, changed by several people, merged and taken apart again.

use super::cause::Kept;
use super::change::{Change, Changed};
use super::list::{Owner, Show, TicketFilter};
use super::merge::Merge;
use super::rule::{self, opened, usual};
use super::*;
use crate::account::Member;
use crate::account::role::Role;
use crate::arrival::Arrival;
use crate::clock::Clock;
use crate::response::AnswerRecord;
use crate::rollup::narrow::Narrow;
use crate::story_test::{BROKEN, NOW_MS, RESPONSE, tell};
use crate::test_store::{a_site, each_engine, note, number};
use rapport_figures::spam::Reason;

const SITE: Id = Id([7; 16]);

fn by_hand(number: u8, at_ms: i64) -> NewTicket {
    NewTicket {
        ticket_id: Id([number; 16]),
        kind: TicketKind::Other,
        subject: format!("Call {number}"),
        path: String::new(),
        standing: String::new(),
        words: false,
        response_id: None,
        review_id: None,
        customer_id: None,
        issue_id: None,
        priority: Priority::Normal,
        owner_id: None,
        actor: "ada@example.com".into(),
        opened_at_ms: at_ms,
    }
}

async fn open(store: &Store, number: u8, at_ms: i64) -> Ticket {
    store.open_ticket(SITE, &by_hand(number, at_ms), &note(at_ms)).await.unwrap().expect("it is open")
}

/// Promises something of a ticket.
async fn promise(store: &Store, number: u8, due_ms: Option<i64>) {
    let sql =
        "INSERT INTO ticket_target (site_id, ticket_id, kind, round, hours_version, promised, started_at_ms, due_at_ms)
         VALUES ($1, $2, 'next_response', $3, 0, '1 hour', 0, $3)";
    store.write(vec![Statement::new(sql, params![SITE, Id([number; 16]), due_ms])]).await.unwrap();
}

fn by(actor: &str, at_ms: i64) -> AuditEntry {
    AuditEntry { actor: actor.into(), ..note(at_ms) }
}

fn everything(narrow: &Narrow) -> TicketFilter<'_> {
    TicketFilter {
        show: Show::All,
        owner: Owner::Anybody,
        mentions: None,
        tag: "",
        kind: None,
        priority: None,
        cause_id: None,
        customer_id: None,
        low: false,
        words: false,
        overdue: false,
        path: "",
        device: None,
        narrow,
        span_ms: (0, i64::MAX),
        now_ms: 1_000,
    }
}

fn answer(question: &str, kind: &str, score: Option<i64>, text: &str) -> AnswerRecord {
    let (question_id, kind, text) = (question.to_owned(), kind.to_owned(), text.to_owned());
    AnswerRecord { item_id: Id([1; 16]), question_id, kind, score, choices: String::new(), text }
}

#[tokio::test]
async fn a_response_taken_twice_opened_two_tickets_or_lost_its_later_words() {
    each_engine(async |store| {
        let site = a_site("shop");
        store.add_site(&site).await.unwrap();
        let sites = crate::site::directory::SiteDirectory::new(store.clone(), Clock::System);
        tell(&store, &sites, &site).await;
        store.write(vec![crate::arrival::note(site.site_id, RESPONSE, 1, NOW_MS)]).await.unwrap();
        let arrivals = store.arrivals(site.site_id, Id::default(), 10).await.unwrap();
        let arrival = arrivals.iter().find(|arrival| arrival.record.item_id == RESPONSE).expect("it arrived");
        let new = opened(site.site_id, &usual(), arrival, NOW_MS).expect("a low rating opens one");
        for _ in 0..2 {
            store.open_tickets(site.site_id, std::slice::from_ref(&new)).await.unwrap();
        }
        let ticket = store.ticket_of_response(site.site_id, RESPONSE).await.unwrap().expect("a ticket");
        assert_eq!((ticket.kind, ticket.path.as_str(), ticket.standing.as_str()), (TicketKind::Rating, BROKEN, "low"));
        assert!(ticket.words && ticket.state == State::New && ticket.code == code_of(ticket.ticket_id));
        assert_eq!(store.ticket_by_code(site.site_id, &ticket.code.to_lowercase()).await, Ok(Some(ticket.clone())));
        // A higher revision says more; what staff decided stays.
        let change = Change { state: Some(State::InProgress), ..Change::default() };
        store.change_ticket(site.site_id, (ticket.ticket_id, 0), &change, &note(5)).await.unwrap();
        let more = NewTicket { subject: "The button does nothing".into(), kind: TicketKind::Problem, ..new.clone() };
        store.open_tickets(site.site_id, &[more]).await.unwrap();
        let later = store.ticket(site.site_id, ticket.ticket_id).await.unwrap().unwrap();
        assert_eq!((later.subject.as_str(), later.state), ("The button does nothing", State::InProgress));
        let events = store.ticket_events(site.site_id, ticket.ticket_id).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::Opened).count(), 1);
        // By hand it is the same ticket.
        let again = store.open_ticket(site.site_id, &new, &note(9)).await.unwrap().unwrap();
        assert_eq!((again.ticket_id, number(&store, "SELECT COUNT(*) AS n FROM ticket").await), (ticket.ticket_id, 1));
        // A robot's response opens none, even where the rule was asked before that was known.
        store
            .write(vec![
                Statement::new("UPDATE response SET bot = 1", vec![]),
                Statement::new("DELETE FROM ticket", vec![]),
            ])
            .await
            .unwrap();
        store.open_tickets(site.site_id, &[new]).await.unwrap();
        assert_eq!(store.ticket_of_response(site.site_id, RESPONSE).await, Ok(None));
        // Erased with its response, nothing of it is left.
        store.write(vec![Statement::new("UPDATE response SET bot = 0", vec![])]).await.unwrap();
        let new = opened(site.site_id, &usual(), arrival, NOW_MS).unwrap();
        store.open_tickets(site.site_id, &[new]).await.unwrap();
        let known = crate::visitor::Known { responses: vec![RESPONSE], ..Default::default() };
        let traces = store.traces(site.site_id, &known).await.unwrap();
        store.erase(site.site_id, &site.time_zone, &traces, &crate::clock::Clock::System).await.unwrap();
        for table in ["ticket", "ticket_event", "ticket_tag"] {
            assert_eq!(number(&store, format!("SELECT COUNT(*) AS n FROM {table}")).await, 0, "{table}");
        }
    })
    .await;
}

#[test]
fn rules_open_tickets_of_low_ratings_problems_bad_reviews_and_ideas_alone() {
    let record = crate::response::ResponseRecord {
        item_id: Id([1; 16]),
        survey_id: "s".into(),
        survey_version: 1,
        view_id: None,
        session_id: None,
        occurred_at_ms: 5,
        received_at_ms: 5,
        clamped: false,
        path: "/cart".into(),
        language: "en".into(),
        device: "desktop".into(),
        duration_ms: 1,
        finished: true,
        trail: String::new(),
        trail_withheld: false,
        page: String::new(),
        suspicion: vec![],
        suspicion_cleared_at_ms: None,
        consent: None,
        customer_id: None,
    };
    let open = |answers: Vec<AnswerRecord>| {
        let arrival = Arrival::for_test(record.clone(), answers, 5);
        opened(SITE, &usual(), &arrival, 10).map(|new| (new.kind, new.subject, new.priority))
    };
    for (answers, expected) in [
        (
            vec![answer("nps", "nps", Some(6), "")],
            Some((TicketKind::Rating, "Rated 6 of 10 on /cart", Priority::Normal)),
        ),
        (vec![answer("nps", "nps", Some(7), "It is fine")], None),
        (
            vec![answer("r", "csat", Some(2), ""), answer("why", "open-text", None, "Too\nslow")],
            Some((TicketKind::Rating, "Too slow", Priority::Normal)),
        ),
        (
            vec![answer("p", "problem-report", None, "It hangs")],
            Some((TicketKind::Problem, "It hangs", Priority::High)),
        ),
        (
            vec![answer("i", "idea", None, "Dark mode"), answer("i.title", "short-text", None, "Dark")],
            Some((TicketKind::Idea, "Dark", Priority::Low)),
        ),
        (
            vec![answer("v", "review", Some(2), ""), answer("author", "short-text", None, "Ada")],
            Some((TicketKind::Review, "Rated 2 of 5 on /cart", Priority::Normal)),
        ),
        (vec![answer("v", "review", Some(3), "Middling")], None),
        (vec![answer("mail", "email", None, "ada@example.com")], None),
    ] {
        let expected = expected.map(|(kind, subject, priority)| (kind, subject.to_owned(), priority));
        assert_eq!(open(answers.clone()), expected, "{answers:?}");
    }
    let low = vec![answer("nps", "nps", Some(0), "")];
    let suspicious = crate::response::ResponseRecord { suspicion: vec![Reason::Burst], ..record.clone() };
    let of = |record: &crate::response::ResponseRecord, rules: &[rule::Rule], now_ms| {
        opened(SITE, rules, &Arrival::for_test(record.clone(), low.clone(), 5), now_ms).is_some()
    };
    assert!(!of(&suspicious, &usual(), 10));
    assert!(of(&crate::response::ResponseRecord { suspicion_cleared_at_ms: Some(6), ..suspicious }, &usual(), 10));
    assert!(!of(&record, &usual(), 6 + rule::OLDEST_MS), "nobody is asked to answer years");
    let words_only = usual().into_iter().map(|rule| rule::Rule { words_only: true, ..rule }).collect::<Vec<_>>();
    assert!(!of(&record, &words_only, 10));
    assert_eq!(rule::subject_of(&"ü".repeat(300)).chars().count(), SUBJECT_CHARACTERS + 1);
}

#[tokio::test]
async fn of_two_members_who_changed_the_same_ticket_the_second_overwrote_the_first() {
    each_engine(async |store| {
        let ticket = open(&store, 1, 10).await;
        let id = ticket.ticket_id;
        let to = |state| Change { state: Some(state), ..Change::default() };
        let first = store.change_ticket(SITE, (id, 0), &to(State::Waiting), &by("ada@example.com", 20)).await.unwrap();
        let Changed::Done(now, meanwhile) = first else { panic!("{first:?}") };
        assert_eq!((now.state, now.version, meanwhile.len()), (State::Waiting, 1, 0));
        // Both saw version 0.
        let second =
            store.change_ticket(SITE, (id, 0), &to(State::Resolved), &by("ben@example.com", 21)).await.unwrap();
        let Changed::Conflict(now, theirs) = second else { panic!("{second:?}") };
        assert_eq!((now.state, theirs.len(), theirs[0].actor.as_str()), (State::Waiting, 1, "ada@example.com"));
        // Another field is no conflict, and tells of the first.
        let urgent = Change { priority: Some(Priority::Urgent), add_tags: vec!["cart".into()], ..Change::default() };
        let third = store.change_ticket(SITE, (id, 0), &urgent, &by("ben@example.com", 22)).await.unwrap();
        let Changed::Done(now, meanwhile) = third else { panic!("{third:?}") };
        assert_eq!((now.state, now.priority, meanwhile.len()), (State::Waiting, Priority::Urgent, 1));
        assert_eq!(store.ticket_tags(SITE, id).await, Ok(vec!["cart".to_owned()]));
        assert!(matches!(store.change_ticket(SITE, (id, 9), &urgent, &note(23)).await, Ok(Changed::Same(_))));
        // The second, who knows now.
        let again = store.change_ticket(SITE, (id, 2), &to(State::Resolved), &by("ben@example.com", 24)).await.unwrap();
        assert!(matches!(again, Changed::Done(ref ticket, _) if ticket.resolved_at_ms == Some(24)), "{again:?}");
        let back = store.change_ticket(SITE, (id, 3), &to(State::New), &note(25)).await.unwrap();
        assert!(matches!(back, Changed::Done(ref t, _) if (t.reopened, t.resolved_at_ms) == (1, None)), "{back:?}");
        let audit = store.audit_entries(SITE, None, 20).await.unwrap();
        assert_eq!(audit.len(), 1 + 4, "opened, and four changes that were made");
        assert_eq!(store.change_ticket(SITE, (Id([99; 16]), 0), &urgent, &note(1)).await, Ok(Changed::Unknown));
        let too_many = Change { add_tags: (0..21).map(|n| format!("t{n}")).collect(), ..Change::default() };
        assert_eq!(store.change_ticket(SITE, (id, 9), &too_many, &note(1)).await, Ok(Changed::TooManyTags));
        // At the very same instant one of both is made.
        let (one, two) = (to(State::Acknowledged), to(State::Waiting));
        let (ada, ben) = (by("ada@example.com", 30), by("ben@example.com", 30));
        let both = tokio::join!(
            store.change_ticket(SITE, (id, 4), &one, &ada),
            store.change_ticket(SITE, (id, 4), &two, &ben)
        );
        let done = [both.0.unwrap(), both.1.unwrap()];
        let made = done.iter().filter(|done| matches!(done, Changed::Done(..))).count();
        let told = done.iter().filter(|done| matches!(done, Changed::Conflict(..))).count();
        assert_eq!((made, told), (1, 1), "{done:?}");
    })
    .await;
}

#[tokio::test]
async fn merged_tickets_lost_what_was_said_in_them_and_could_not_be_taken_apart() {
    each_engine(async |store| {
        for number in 1..=3 {
            open(&store, number, i64::from(number)).await;
            let ticket = store.ticket(SITE, Id([number; 16])).await.unwrap().unwrap();
            store
                .note_on_ticket(SITE, &ticket, (&format!("note {number}"), &[]), &note(10 + i64::from(number)))
                .await
                .unwrap();
        }
        let id = |number: u8| Id([number; 16]);
        let merge = async |from, into| store.merge_ticket(SITE, id(from), id(into), &note(30)).await.unwrap();
        assert_eq!(merge(1, 1).await, Merge::Circular);
        assert_eq!(merge(1, 2).await, Merge::Done);
        assert_eq!(merge(2, 1).await, Merge::Circular);
        assert_eq!(merge(1, 3).await, Merge::Already);
        assert_eq!(merge(9, 3).await, Merge::Unknown);
        assert_eq!(merge(2, 3).await, Merge::Done);
        let notes = async |number: u8| -> Vec<String> {
            let events = store.ticket_events(SITE, id(number)).await.unwrap();
            events.into_iter().filter(|event| event.kind == EventKind::Note).map(|event| event.text).collect()
        };
        assert_eq!(notes(3).await, ["note 1", "note 2", "note 3"]);
        let narrow = Narrow::default();
        let listed = store.tickets(SITE, &everything(&narrow), (0, 10)).await.unwrap();
        assert_eq!(listed.iter().map(|ticket| ticket.ticket_id).collect::<Vec<_>>(), [id(3)]);
        assert_eq!(store.ticket_now(SITE, id(1)).await.unwrap().map(|ticket| ticket.ticket_id), Some(id(3)));
        let change = Change { state: Some(State::Resolved), ..Change::default() };
        assert_eq!(store.change_ticket(SITE, (id(1), 0), &change, &note(31)).await, Ok(Changed::Merged(id(2))));
        assert_eq!(store.unmerge_ticket(SITE, id(2), &note(32)).await, Ok(Merge::Done));
        assert_eq!(store.unmerge_ticket(SITE, id(2), &note(33)).await, Ok(Merge::Already));
        assert_eq!(
            (notes(3).await, notes(2).await),
            (vec!["note 3".to_owned()], vec!["note 1".to_owned(), "note 2".to_owned()])
        );
    })
    .await;
}

#[tokio::test]
async fn a_cause_that_was_said_to_be_fixed_and_came_back_looked_like_any_other() {
    each_engine(async |store| {
        for number in 1..=3 {
            open(&store, number, i64::from(number) * 10).await;
        }
        let id = |number: u8| Id([number; 16]);
        let named = async |name: &str, at_ms| {
            store.cause_named(SITE, (Clock::System.new_id(), name), Some(id(8)), &note(at_ms)).await.unwrap().unwrap()
        };
        let cause = named("Cart button", 11).await;
        assert_eq!(named("Cart button", 12).await, cause);
        let other = named("Shipping", 12).await;
        let of = Change { cause: Some(Some(cause)), ..Change::default() };
        store.change_ticket(SITE, (id(1), 0), &of, &note(13)).await.unwrap();
        let halves = Change {
            state: Some(State::Resolved),
            problem_fixed: Some(Some(true)),
            cause_fixed: Some(Some(true)),
            ..Change::default()
        };
        let done = store.change_ticket(SITE, (id(1), 1), &halves, &note(15)).await.unwrap();
        assert!(
            matches!(done, Changed::Done(ref t, _) if (t.problem_fixed, t.cause_fixed) == (Some(true), Some(true)))
        );
        let causes = store.causes(SITE).await.unwrap();
        assert_eq!(
            (causes[0].fixed_at_ms, causes[0].tickets, causes[0].open, causes[0].came_back),
            (Some(15), 1, 0, 0)
        );
        for number in [2, 3] {
            store.change_ticket(SITE, (id(number), 0), &of, &note(35)).await.unwrap();
        }
        let first = &store.causes(SITE).await.unwrap()[0];
        assert_eq!(
            (first.cause_id, first.tickets, first.open, first.came_back, first.last_ms),
            (cause, 3, 2, 2, Some(30))
        );
        // Fixed once more, it still says that it came back.
        assert_eq!(store.change_cause(SITE, (cause, "Cart button"), (None, Some(40)), &note(40)).await, Ok(Kept::Done));
        let first = &store.causes(SITE).await.unwrap()[0];
        assert_eq!((first.came_back, first.since_fix, first.keeps_coming_back()), (2, 0, true));
        assert_eq!(
            store.change_cause(SITE, (other, "Cart button"), (None, None), &note(41)).await,
            Ok(Kept::NameTaken)
        );
        assert_eq!(store.change_cause(SITE, (id(9), "x"), (None, None), &note(41)).await, Ok(Kept::Unknown));
    })
    .await;
}

#[tokio::test]
async fn what_one_that_was_merged_had_waited_was_lost_to_the_other() {
    each_engine(async |store| {
        let id = |number: u8| Id([number; 16]);
        for number in 1..=3 {
            open(&store, number, i64::from(number) * 10).await;
        }
        assert_eq!(store.merge_ticket(SITE, id(1), id(2), &note(40)).await, Ok(Merge::Done));
        assert_eq!(store.merge_ticket(SITE, id(2), id(3), &note(50)).await, Ok(Merge::Done));
        let histories = async || -> Vec<_> {
            let found = store.tickets_to_reckon(SITE, Id([0; 16]), 10).await.unwrap();
            found.into_iter().map(|of| (of.ticket_id.0[0], of.history)).collect()
        };
        let found = histories().await;
        let third = &found.iter().find(|(number, _)| *number == 3).expect("it is to be reckoned").1;
        assert_eq!((third.taken[0].merged_at_ms, third.taken[0].history.opened_at_ms), (50, 20));
        let first = &third.taken[0].history.taken[0];
        assert_eq!((first.merged_at_ms, first.history.opened_at_ms), (40, 10));
        assert!(found.iter().filter(|(_, history)| history.is_merged).count() == 2, "{found:?}");
        // A merged one that is reckoned has the other reckoned, and so does taking it apart.
        let clock = Clock::manual(100);
        let keep = async || {
            for of in store.tickets_to_reckon(SITE, Id([0; 16]), 10).await.unwrap() {
                store.keep_targets(SITE, &of, (&[], &[]), &clock).await.unwrap();
            }
        };
        keep().await;
        keep().await;
        assert_eq!(histories().await, []);
        assert_eq!(store.unmerge_ticket(SITE, id(2), &note(60)).await, Ok(Merge::Done));
        let found = histories().await;
        assert_eq!(
            found.iter().map(|(number, history)| (*number, history.taken.len())).collect::<Vec<_>>(),
            [(2, 1), (3, 0)]
        );
    })
    .await;
}

#[tokio::test]
async fn the_inbox_tells_apart_whose_and_which_tickets_there_are() {
    each_engine(async |store| {
        let ada = Id([50; 16]);
        for number in 1..=4 {
            open(&store, number, i64::from(number) * 10).await;
        }
        let id = |number: u8| Id([number; 16]);
        let set = async |number, change: Change| {
            store.change_ticket(SITE, (id(number), 9), &change, &note(50)).await.unwrap();
        };
        set(2, Change { priority: Some(Priority::Urgent), owner: Some(Some(ada)), ..Change::default() }).await;
        set(3, Change { state: Some(State::Resolved), add_tags: vec!["cart".into()], ..Change::default() }).await;
        let narrow = Narrow::default();
        let all = everything(&narrow);
        let list = async |filter: &TicketFilter<'_>| -> Vec<u8> {
            store.tickets(SITE, filter, (0, 10)).await.unwrap().iter().map(|ticket| ticket.ticket_id.0[0]).collect()
        };
        assert_eq!(list(&all).await, [2, 1, 4, 3]);
        assert_eq!(list(&TicketFilter { show: Show::Open, ..all.clone() }).await, [2, 1, 4]);
        assert_eq!(list(&TicketFilter { show: Show::Only(State::Resolved), ..all.clone() }).await, [3]);
        assert_eq!(list(&TicketFilter { tag: "cart", ..all.clone() }).await, [3]);
        assert_eq!(list(&TicketFilter { owner: Owner::Member(ada), ..all.clone() }).await, [2]);
        assert_eq!(list(&TicketFilter { owner: Owner::Nobody, show: Show::Open, ..all.clone() }).await, [1, 4]);
        // What waits is there whatever day it came on, also where the days are all before it.
        assert_eq!(list(&TicketFilter { span_ms: (35, 100), ..all.clone() }).await, [2, 1, 4]);
        assert_eq!(list(&TicketFilter { span_ms: (0, 5), ..all.clone() }).await, [2, 1, 4]);
        assert_eq!(list(&TicketFilter { path: "/cart", ..all.clone() }).await, Vec::<u8>::new());
        // What is overdue comes before what is urgent, the longest due first, and nothing that is resolved is overdue.
        for (number, due_ms) in [(1, Some(900)), (2, Some(2_000)), (3, Some(10)), (4, Some(800)), (4, Some(950))] {
            promise(&store, number, due_ms).await;
        }
        assert_eq!(list(&all).await, [4, 1, 2, 3]);
        assert_eq!(list(&TicketFilter { overdue: true, ..all.clone() }).await, [4, 1]);
        assert_eq!(list(&TicketFilter { now_ms: 850, ..all.clone() }).await, [4, 2, 1, 3]);
        let late = store.ticket_counts(SITE, &TicketFilter { overdue: true, ..all.clone() }).await.unwrap();
        assert_eq!(late.into_iter().collect::<Vec<_>>(), [(State::New, 2)]);
        store.write(vec![Statement::new("DELETE FROM ticket_target WHERE site_id = $1", params![SITE])]).await.unwrap();
        // Taken along while somebody works on them, each is there once.
        let mut taken = Vec::new();
        let mut after = None;
        loop {
            let some = store.tickets_after(SITE, &all, (after, 3)).await.unwrap();
            let Some(last) = some.last() else { break };
            after = Some(crate::response::Cursor { occurred_at_ms: last.opened_at_ms, item_id: last.ticket_id });
            taken.extend(some.iter().map(|ticket| ticket.ticket_id.0[0]));
        }
        assert_eq!(taken, [4, 3, 2, 1]);
        assert_eq!(store.count_tickets_of_customer(SITE, ada).await, Ok((0, 0)));
        let one = |kind| TicketFilter {
            kind: Some(kind),
            priority: Some(Priority::Low),
            cause_id: Some(ada),
            customer_id: Some(ada),
            low: true,
            words: true,
            device: Some(crate::device::Device::Desktop),
            ..all.clone()
        };
        assert_eq!(list(&one(TicketKind::Idea)).await, Vec::<u8>::new());
        let counts = store.ticket_counts(SITE, &all).await.unwrap();
        assert_eq!((counts[&State::New], counts[&State::Resolved]), (3, 1));
        assert_eq!(store.new_tickets(SITE).await, Ok(3));
        assert_eq!(store.known_tags(SITE, 5).await, Ok(vec![("cart".to_owned(), 1)]));
        assert_eq!(store.tags_of_tickets(SITE, &[id(3), id(1)]).await.unwrap()[&id(3)], ["cart"]);

        let ticket = store.ticket(SITE, id(1)).await.unwrap().unwrap();
        store.note_on_ticket(SITE, &ticket, ("@ada look", &[ada]), &note(60)).await.unwrap();
        let mine = TicketFilter { mentions: Some((ada, true)), ..all.clone() };
        assert_eq!((list(&mine).await, store.unseen_mentions(SITE, ada).await), (vec![1], Ok(1)));
        for _ in 0..2 {
            store.see_mentions(SITE, (id(1), ada), 70).await.unwrap();
        }
        assert_eq!((list(&mine).await, store.unseen_mentions(SITE, ada).await), (vec![], Ok(0)));
        assert_eq!(list(&TicketFilter { mentions: Some((ada, false)), ..all.clone() }).await, [1]);

        let view = view::View { view_id: id(60), name: "Mine".into(), fields: "owner=me".into() };
        assert_eq!(store.add_ticket_view(SITE, &view, &note(1)).await, Ok(view::Kept::Done));
        let again = view::View { view_id: id(61), ..view.clone() };
        assert_eq!(store.add_ticket_view(SITE, &again, &note(1)).await, Ok(view::Kept::NameTaken));
        assert_eq!(store.ticket_views(SITE).await, Ok(vec![view]));
        assert_eq!(store.remove_ticket_view(SITE, id(60), &note(1)).await, Ok(view::Kept::Done));
        assert_eq!(store.remove_ticket_view(SITE, id(60), &note(1)).await, Ok(view::Kept::Unknown));

        let mut rules = store.ticket_rules(SITE).await.unwrap();
        assert_eq!(rules, usual());
        rules[2] = rule::Rule { most_stars: 3, owner_id: Some(ada), opens: false, ..rules[2].clone() };
        store.set_ticket_rules(SITE, &rules, &note(1)).await.unwrap();
        assert_eq!(store.ticket_rules(SITE).await, Ok(rules));
    })
    .await;
}

#[test]
fn a_mention_is_the_name_of_a_member_and_nothing_else() {
    let member =
        |number: u8, email: &str| Member { account_id: Id([number; 16]), email: email.into(), role: Role::Support };
    let members = [member(1, "ada@example.com"), member(2, "ben@example.com"), member(3, "ben@example.org")];
    let of = |text: &str| note::mentioned(text, &members).map(|ids| ids.iter().map(|id| id.0[0]).collect::<Vec<_>>());
    for (text, expected) in [
        ("@ada, look", vec![1]),
        ("See @Ada@Example.com.", vec![1]),
        ("(@ada) and @ada", vec![1]),
        ("write to ada@example.com", vec![]),
        ("@media print, @nobody", vec![]),
        ("@ben@example.org @ada", vec![1, 3]),
        ("@", vec![]),
    ] {
        assert_eq!(of(text), Ok(expected), "{text}");
    }
    assert!(of("@ben").is_err_and(|fault| fault.reason.contains("@ben@example.com or @ben@example.org")));
    assert_eq!(code_in(" #ol1-b "), "011B");
}
