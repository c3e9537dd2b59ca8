//! Conversations on both engines: a mail is taken once, nobody becomes the customer by writing, and what bounced stays known.

use super::question::{Kind, Question, Said};
use super::received::*;
use super::site_mail::SiteMail;
use super::*;
use crate::customer::note_seen;
use crate::mail::tests::{a_job, a_mail};
use crate::mail::{Envelope, MailKind, MailState};
use crate::test_store::{each_engine, note, number};
use crate::ticket::{EventKind, NewTicket, Priority, TicketKind};

const SITE: Id = Id([7; 16]);

fn id(number: u8) -> Id {
    Id([number; 16])
}

fn a_ticket(number: u8) -> NewTicket {
    NewTicket {
        ticket_id: id(number),
        kind: TicketKind::Message,
        subject: format!("Mail {number}"),
        path: String::new(),
        standing: String::new(),
        words: true,
        response_id: None,
        review_id: None,
        customer_id: None,
        issue_id: None,
        priority: Priority::Normal,
        owner_id: None,
        actor: "robot:mail".into(),
        opened_at_ms: 100,
    }
}

fn said(key: u8, ticket: u8, actor: &str, at_ms: i64) -> (TicketEvent, TicketMail) {
    let event = TicketEvent {
        event_id: id_of(id(key), 1),
        ticket_id: id(ticket),
        kind: EventKind::Received,
        actor: actor.into(),
        text: "It broke.".into(),
        detail: "{}".into(),
        occurred_at_ms: at_ms,
    };
    let mail = TicketMail {
        event_id: event.event_id,
        ticket_id: id(ticket),
        direction: Direction::In,
        message_id: format!("<{key}@example.org>"),
        sender: "ada@example.org".into(),
        recipients: vec!["help@shop.example".into()],
        subject: "Help".into(),
        choice: Choice::None,
        occurred_at_ms: at_ms,
    };
    (event, mail)
}

fn taken(key: u8, outcome: Outcome, at_ms: i64) -> Taken {
    Taken {
        received: ReceivedMail {
            mail_key: id(key),
            outcome,
            reason: String::new(),
            sender: "ada@example.org".into(),
            subject: "Help".into(),
            text: String::new(),
            ticket_id: None,
            received_at_ms: at_ms,
        },
        opens: None,
        said: None,
        participants: Vec::new(),
        files: Vec::new(),
        is_of_customer: false,
        bounces: Vec::new(),
        answers: Vec::new(),
    }
}

fn participant(address: &str, part: Part, standing: Standing) -> Participant {
    Participant { address: address.into(), name: "Ada".into(), part, standing }
}

/// A mail that opens ticket 1, with a file.
fn opening() -> Taken {
    let mut mail = taken(20, Outcome::Opened, 100);
    mail.received.ticket_id = Some(id(1));
    mail.opens = Some(a_ticket(1));
    mail.said = Some(said(20, 1, "participant:ada@example.org", 101));
    mail.participants = vec![participant("ada@example.org", Part::Opener, Standing::Unverified)];
    mail.files = vec![NewFile { name: "log.txt".into(), content_type: "text/plain".into(), content: b"boom".to_vec() }];
    mail
}

#[tokio::test]
async fn a_mail_that_came_twice_was_said_twice() {
    each_engine(async |store| {
        let clock = Clock::System;
        assert_eq!(store.take_mail(SITE, &opening(), &clock).await, Ok(true));
        assert_eq!(store.take_mail(SITE, &opening(), &clock).await, Ok(false));
        let ticket = store.ticket(SITE, id(1)).await.unwrap().unwrap();
        assert_eq!((ticket.kind, ticket.customer_id), (TicketKind::Message, None));
        let events = store.ticket_events(SITE, id(1)).await.unwrap();
        assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::Opened, EventKind::Received]);
        assert_eq!(store.ticket_mails(SITE, id(1)).await.unwrap(), [said(20, 1, "", 101).1]);
        let files = store.ticket_attachments(SITE, id(1)).await.unwrap();
        assert_eq!((files.len(), files[0].name.as_str(), files[0].size_bytes), (1, "log.txt", 4));
        let file = (id(1), files[0].attachment_id);
        assert_eq!(store.mail_attachment(SITE, file).await.unwrap().unwrap().1, b"boom");
        assert_eq!(store.mail_attachment(SITE, (id(2), file.1)).await, Ok(None), "of another ticket");
        assert_eq!(store.mails_since(SITE, ("ada@example.org", Some(id(1))), 0).await, Ok((1, 1)));
        assert_eq!(store.mails_since(SITE, ("ada@example.org", None), 101).await, Ok((0, 0)));
        assert_eq!(store.received_mails(SITE, 9).await.unwrap().len(), 1);
        assert_eq!(store.received_mails(id(9), 9).await, Ok(vec![]), "of another site");
        store.forget_received_before(SITE, 100).await.unwrap();
        assert!(store.has_taken(SITE, id(20)).await.unwrap());
        store.forget_received_before(SITE, 101).await.unwrap();
        assert!(!store.has_taken(SITE, id(20)).await.unwrap());
        assert!(store.standing_ticket(SITE, ticket.clone()).await.unwrap() == ticket);
        assert_eq!(store.tickets_of_code(&[id(9), SITE], &ticket.code).await, Ok(vec![(SITE, ticket)]));
    })
    .await;
}

#[tokio::test]
async fn whoever_wrote_counted_as_the_customer_before_anybody_agreed() {
    each_engine(async |store| {
        let clock = Clock::System;
        store.take_mail(SITE, &opening(), &clock).await.unwrap();
        let mut stranger = taken(21, Outcome::Appended, 200);
        stranger.received.ticket_id = Some(id(1));
        stranger.said = Some(said(21, 1, "unverified:eve@example.org", 200));
        stranger.participants = vec![participant("eve@example.org", Part::Sender, Standing::Unverified)];
        stranger.is_of_customer = true;
        store.take_mail(SITE, &stranger, &clock).await.unwrap();
        let who = store.participants(SITE, id(1)).await.unwrap();
        assert_eq!(who.iter().map(|one| one.standing).collect::<Vec<_>>(), [Standing::Unverified; 2]);
        assert_eq!(number(&store, "SELECT COUNT(*) AS number FROM interaction").await, 0, "it has no customer");

        let eve = participant("eve@example.org", Part::Sender, Standing::Agreed);
        store.settle_participant(SITE, id(1), &eve, &note(300)).await.unwrap();
        let events = store.ticket_events(SITE, id(1)).await.unwrap();
        assert_eq!(events.last().unwrap().actor, "participant:eve@example.org");
        assert_eq!(store.ticket(SITE, id(1)).await.unwrap().unwrap().changed_at_ms, 300, "targets are reckoned anew");

        store.write(vec![note_seen(SITE, id(5), "C-5", 1)]).await.unwrap();
        let mail = "UPDATE customer SET mail = 'Ada@Example.org' WHERE site_id = $1";
        store.write(vec![Statement::new(mail, params![SITE])]).await.unwrap();
        assert_eq!(store.customer_of_address(SITE, "ada@example.org").await, Ok(Some((id(5), "C-5".into()))));
        assert_eq!(store.customer_of_address(SITE, "eve@example.org").await, Ok(None));
        assert_eq!(store.give_ticket_to(SITE, (id(1), id(5)), &note(400)).await, Ok(true));
        assert_eq!(store.give_ticket_to(SITE, (id(1), id(6)), &note(401)).await, Ok(false), "it is never swapped");
        assert_eq!(store.ticket(SITE, id(1)).await.unwrap().unwrap().customer_id, Some(id(5)));
        assert_eq!(number(&store, "SELECT COUNT(*) AS number FROM interaction").await, 2, "both mails are theirs now");
    })
    .await;
}

#[tokio::test]
async fn a_reply_is_kept_and_sent_in_one_transaction_and_whoever_gets_it_takes_part() {
    each_engine(async |store| {
        let clock = Clock::System;
        store.take_mail(SITE, &opening(), &clock).await.unwrap();
        let envelope =
            Envelope { from: "help@shop.example".into(), copies: vec!["b@c.d".into()], ..Envelope::default() };
        let mut mail = a_mail(30, "reply:30", "ada@example.org");
        (mail.kind, mail.envelope, mail.message_id) = (MailKind::Reply, Some(envelope), "<30@shop.example>".into());
        let (mut event, mut about) = said(30, 1, "eve@shop.example", 500);
        (event.kind, about.direction, about.message_id) = (EventKind::Reply, Direction::Out, mail.message_id.clone());
        let question = Question {
            question_id: id(31),
            ticket_id: id(1),
            kind: Kind::Answer,
            about: "answer:30".into(),
            language: "de".into(),
            asked_at_ms: 500,
            answered_at_ms: None,
            said: Said::default(),
        };
        let reply = Reply {
            event,
            mail: about,
            participants: vec![participant("ada@example.org", Part::Opener, Standing::Agreed)],
            outgoing: vec![(mail.clone(), a_job("30"))],
            question: Some(question.clone()),
        };
        store.send_reply(SITE, &reply, &note(500), &clock).await.unwrap();
        assert_eq!(store.mail(SITE, mail.mail_id).await, Ok(Some(mail.clone())));
        assert_eq!(store.participants(SITE, id(1)).await.unwrap()[0].standing, Standing::Agreed);
        assert_eq!(store.ticket_mails(SITE, id(1)).await.unwrap().len(), 2);
        let known = store.mails_of_messages(SITE, &[mail.message_id.clone(), "<x@y>".into()]).await.unwrap();
        assert_eq!((known.len(), known[0].text.as_str()), (1, ""));
        assert_eq!(store.mails_of_messages(SITE, &[]).await, Ok(vec![]));

        // It comes back: the address never works, and nobody is asked there again.
        store.note_mail(SITE, mail.mail_id, MailState::Sent, None, 510).await.unwrap();
        let bounced = BouncedAddress {
            address: "ada@example.org".into(),
            kind: Bounce::Hard,
            reason: "5.1.1 nobody is called so".into(),
            bounces: 1,
            last_at_ms: 600,
        };
        let mut report = taken(22, Outcome::Bounced, 600);
        report.bounces = vec![(bounced.clone(), mail.message_id.clone())];
        for _ in 0..2 {
            store.take_mail(SITE, &report, &clock).await.unwrap();
        }
        assert_eq!(store.bounced_address(SITE, "ada@example.org").await, Ok(Some(bounced.clone())), "counted once");
        assert_eq!(store.mail(SITE, mail.mail_id).await.unwrap().unwrap().state, MailState::Refused);
        let stopped = store.stopped(SITE, id(5), "ada@example.org").await.unwrap();
        assert!(stopped.is_some());
        let mut later = taken(23, Outcome::Bounced, 700);
        later.bounces =
            vec![(BouncedAddress { kind: Bounce::Soft, last_at_ms: 700, ..bounced.clone() }, String::new())];
        store.take_mail(SITE, &later, &clock).await.unwrap();
        let now = store.bounced_addresses(SITE, 9).await.unwrap();
        assert_eq!((now.len(), now[0].kind, now[0].bounces), (1, Bounce::Hard, 2), "what never works never does");
        store.forget_bounce(SITE, "ada@example.org", &note(800)).await.unwrap();
        assert_eq!(store.bounced_address(SITE, "ada@example.org").await, Ok(None));
        assert_eq!(store.stopped(SITE, id(5), "ada@example.org").await, Ok(None), "it is tried again");

        // What the customer says changes nothing of the ticket, and the last word counts.
        let before = store.ticket(SITE, id(1)).await.unwrap().unwrap();
        for (number, fixed) in [(40, Some(true)), (41, Some(false))] {
            let said = Said { was_true: Some(true), problem_fixed: fixed, cause_fixed: None, words: "Thanks".into() };
            store.answer_question(SITE, &question, &said, (id(number), 900)).await.unwrap();
        }
        let kept = store.question(SITE, id(31)).await.unwrap().unwrap();
        assert_eq!(
            (kept.said.problem_fixed, kept.said.cause_fixed, kept.answered_at_ms),
            (Some(false), None, Some(900))
        );
        assert_eq!(store.questions_of_ticket(SITE, id(1)).await, Ok(vec![kept]));
        let after = store.ticket(SITE, id(1)).await.unwrap().unwrap();
        assert_eq!(
            (after.state, after.problem_fixed, after.version),
            (before.state, before.problem_fixed, before.version)
        );
    })
    .await;
}

#[tokio::test]
async fn a_message_after_the_end_is_chosen_once_and_a_ticket_asked_about_once_each_time_it_is_resolved() {
    each_engine(async |store| {
        let clock = Clock::System;
        store.take_mail(SITE, &opening(), &clock).await.unwrap();
        let mut late = taken(24, Outcome::Appended, 300);
        let (event, mail) = said(24, 1, "participant:ada@example.org", 300);
        late.said = Some((event, TicketMail { choice: Choice::Asked, ..mail }));
        store.take_mail(SITE, &late, &clock).await.unwrap();
        let event_id = id_of(id(24), 1);
        assert_eq!(store.choose(SITE, (event_id, Choice::Thanks), &note(310)).await, Ok(true));
        assert_eq!(store.choose(SITE, (event_id, Choice::Same), &note(311)).await, Ok(false));

        let resolve =
            "UPDATE ticket SET state = 'resolved', resolved_at_ms = $2, changed_at_ms = $2 WHERE site_id = $1";
        store.write(vec![Statement::new(resolve, params![SITE, 1_000_i64])]).await.unwrap();
        let due = async || store.tickets_to_ask_about(SITE, (500, 2_000), 9).await.unwrap();
        assert_eq!(due().await.len(), 1);
        assert_eq!(store.tickets_to_ask_about(SITE, (1_001, 2_000), 9).await, Ok(vec![]));
        let question = Question {
            question_id: id(50),
            ticket_id: id(1),
            kind: Kind::Resolved,
            about: "resolved:1000".into(),
            language: String::new(),
            asked_at_ms: 1_500,
            answered_at_ms: None,
            said: Said::default(),
        };
        let mail = (a_mail(51, "question:1", "ada@example.org"), a_job("51"));
        for _ in 0..2 {
            store.ask_about_ticket(SITE, &question, Some(&mail), &clock).await.unwrap();
        }
        assert_eq!((due().await.len(), store.mails(SITE, 9).await.unwrap().len()), (0, 1));
        assert_eq!(store.questions_of_ticket(SITE, id(1)).await.unwrap().len(), 1);

        let settings = SiteMail { address: "help@shop.example".into(), asks: true, ..SiteMail::default() };
        assert_eq!(store.site_mail(SITE).await, Ok(SiteMail::default()));
        store.set_site_mail(SITE, &settings, &note(1)).await.unwrap();
        assert_eq!(store.site_mail(SITE).await, Ok(settings.clone()));
        assert_eq!(store.sites_that_ask(&[SITE, id(9)]).await, Ok(vec![SITE]));
        assert_eq!(store.sites_that_ask(&[]).await, Ok(vec![]));
        assert_eq!(store.addresses_of_sites(&[SITE, id(9)]).await, Ok(vec![(SITE, settings.address)]));
    })
    .await;
}

#[tokio::test]
async fn what_a_robot_wrote_can_become_a_ticket_once_and_a_mailbox_knows_where_it_was() {
    each_engine(async |store| {
        let clock = Clock::System;
        let mut aside = taken(25, Outcome::SetAside, 100);
        aside.received.text = "An order came in.".into();
        store.take_mail(SITE, &aside, &clock).await.unwrap();
        assert_eq!(store.received_mail(SITE, id(25)).await.unwrap().unwrap().text, "An order came in.");
        let mut opened = taken(25, Outcome::Opened, 200);
        opened.received.ticket_id = Some(id(2));
        opened.opens = Some(a_ticket(2));
        opened.said = Some(said(25, 2, "robot:automatic-reply", 200));
        assert_eq!(store.open_set_aside(SITE, (id(25), &opened), &note(200)).await, Ok(true));
        assert_eq!(store.open_set_aside(SITE, (id(25), &opened), &note(201)).await, Ok(false));
        let now = store.received_mail(SITE, id(25)).await.unwrap().unwrap();
        assert_eq!((now.outcome, now.text.as_str(), now.ticket_id), (Outcome::Opened, "", Some(id(2))));
        assert_eq!(store.ticket_events(SITE, id(2)).await.unwrap().len(), 2);

        assert_eq!(store.mailbox_cursor("imap.example.org/INBOX").await, Ok(None));
        for cursor in [(7, 3), (8, 1)] {
            store.note_mailbox_cursor("imap.example.org/INBOX", cursor).await.unwrap();
            assert_eq!(store.mailbox_cursor("imap.example.org/INBOX").await, Ok(Some(cursor)));
        }
        assert_eq!(store.mailbox_cursor("imap.example.org/Other").await, Ok(None));
    })
    .await;
}
