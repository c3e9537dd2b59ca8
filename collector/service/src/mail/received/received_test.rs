//! Mails that are hostile or broken: each ends in a defined way, never in a loop or as the wrong customer's.

use super::classify::{Known, MAILS_A_DAY, Nature, OPENED_A_DAY, Verdict, Who, may_be_answered, nature, verdict};
use super::take::Taken;
use super::*;
use crate::config::Config;
use crate::mail::thread::Thread;
use crate::test_app::TestApp;
use axum::extract::FromRef;
use rapport_store::conversation::received::Outcome;
use rapport_store::conversation::site_mail::SiteMail;
use rapport_store::conversation::{Choice, Standing};
use rapport_store::mail::{MailKind, MailState};
use rapport_store::site::Site;
use rapport_store::site::secrets::Purpose;
use rapport_store::test_store::note;
use rapport_store::ticket::{EventKind, State, Ticket, code_of};

const OURS: &str = "help@shop.example";

/// A mail of Ada's with more headers.
fn mail(headers: &str, body: &str) -> String {
    format!(
        "From: Ada <ada@example.org>\r\nTo: {OURS}\r\nSubject: The cart\r\nMessage-ID: <1@example.org>\r\n\
         Date: Mon, 4 May 2026 10:00:00 +0000\r\n{headers}\r\n{body}\r\n"
    )
}

fn nature_of(text: &str) -> Nature {
    nature(&parse(text.as_bytes(), ""), &[OURS.to_owned()])
}

#[test]
fn each_kind_of_mail_is_told_apart() {
    let with = |headers: &str| nature_of(&mail(&format!("{headers}\r\n"), "Hello"));
    for headers in [
        "X-Nothing: 1",
        "Auto-Submitted: no",
        "Return-Path: <ada@example.org>",
        // A wish not to be answered is no proof of a robot.
        "X-Auto-Response-Suppress: All",
        "Reply-To: other@example.org",
    ] {
        assert_eq!(with(headers), Nature::Person, "{headers}");
    }
    for headers in [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied; owner-email=\"ada@example.org\"",
        "auto-submitted:   AUTO-REPLIED",
        "X-Autoreply: yes",
        "X-Autorespond: yes",
        "Precedence: auto_reply",
    ] {
        assert_eq!(with(headers), Nature::AutomaticReply, "{headers}");
    }
    for headers in [
        "Auto-Submitted: auto-generated",
        "Auto-Submitted: auto-notified",
        "Precedence: bulk",
        "Precedence: list",
        "Return-Path: <>",
        "List-Id: <news.example.org>",
        "List-Unsubscribe: <https://example.org>",
    ] {
        assert!(matches!(with(headers), Nature::Robot(_)), "{headers}");
    }
    let from = |from: &str| nature_of(&mail("", "Your code is 1234").replace("Ada <ada@example.org>", from));
    for robot in
        ["noreply@example.org", "no-reply+7@example.org", "MAILER-DAEMON@example.org", "postmaster@example.org"]
    {
        assert!(matches!(from(robot), Nature::Robot(_)), "{robot}");
    }
    assert_eq!(from(OURS), Nature::Own, "somebody writes as we do");
    let tagged = Thread { secret: &[1; 32], ticket_id: Id([1; 16]), code: "0123456789" }.tagged(OURS);
    assert_eq!(from(&tagged), Nature::Own);
    assert_eq!(with("X-Rapport-Mail: 7"), Nature::Own, "one of ours that came back");
    for subject in ["Automatic reply: The cart", "Automatische Antwort: x", "自動応答: x", "Out of Office: x"] {
        let away = mail("", "I am away").replace("The cart", subject);
        assert_eq!(nature_of(&away), Nature::AutomaticReply, "{subject}");
    }
    assert_eq!(nature_of("Subject: x\r\n\r\nhello"), Nature::Nobody);
    assert_eq!(nature_of(""), Nature::Nobody);
    assert_eq!(nature_of("\u{0}\u{1}\u{2}"), Nature::Nobody);
    let read = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n";
    assert!(matches!(nature_of(&mail(read, "--b\r\n\r\nread\r\n--b--")), Nature::Robot(_)));
}

#[test]
fn what_becomes_of_a_mail_follows_from_its_kind_and_from_who_takes_part() {
    use rapport_store::conversation::Part;
    let person = parse(mail("", "Hello").as_bytes(), "");
    let robot = Nature::Robot("r");
    let known = |in_ticket, is_resolved, is_customer, part| Known {
        in_ticket,
        is_resolved,
        is_customer,
        part,
        ..Known::default()
    };
    let said = |who, asks| Verdict::Append { who, asks };
    let agreed = |part| Some((part, Standing::Agreed));
    let unverified = |part| Some((part, Standing::Unverified));
    for (nature, known, expected) in [
        // New mails: only a person's opens a ticket.
        (&Nature::Person, known(false, false, false, None), Verdict::Open),
        (&robot, known(false, false, false, None), Verdict::SetAside("r")),
        (&Nature::AutomaticReply, known(false, false, true, None), Verdict::SetAside("a program answers for somebody")),
        // In a ticket: who takes part is heard, a stranger is kept apart, a robot is neither.
        (&Nature::Person, known(true, false, true, None), said(Who::Participant, false)),
        (&Nature::Person, known(true, false, false, agreed(Part::Copy)), said(Who::Participant, false)),
        (&Nature::Person, known(true, false, false, unverified(Part::Opener)), said(Who::Participant, false)),
        (&Nature::Person, known(true, false, false, unverified(Part::Copy)), said(Who::Unverified, false)),
        (&Nature::Person, known(true, false, false, unverified(Part::Sender)), said(Who::Unverified, false)),
        (&Nature::Person, known(true, false, false, None), said(Who::Unverified, false)),
        (&robot, known(true, true, true, None), said(Who::Robot, false)),
        (&Nature::AutomaticReply, known(true, true, true, agreed(Part::Customer)), said(Who::Robot, false)),
        // After the end: nothing is opened again, and a person is asked about.
        (&Nature::Person, known(true, true, true, None), said(Who::Participant, true)),
        (&Nature::Person, known(true, true, false, None), said(Who::Unverified, true)),
    ] {
        assert_eq!(verdict(&person, nature, &known), expected, "{nature:?} {known:?}");
    }
    let refused = Known { part: Some((Part::Sender, Standing::Refused)), ..known(true, false, false, None) };
    assert!(matches!(verdict(&person, &Nature::Person, &refused), Verdict::SetAside(_)));
    // Caps: of tickets an address and day, and of mails a ticket and day.
    let many = Known { opened_today: OPENED_A_DAY, ..Known::default() };
    assert!(matches!(verdict(&person, &Nature::Person, &many), Verdict::SetAside(_)));
    let loops = Known { mails_today: MAILS_A_DAY, ..known(true, false, true, None) };
    for nature in [&Nature::Person, &robot, &Nature::AutomaticReply] {
        assert!(matches!(verdict(&person, nature, &loops), Verdict::SetAside(_)), "{nature:?}");
    }
    // The operator's mail server knows that it is not they.
    let forged = Received { is_authentic: Some(false), ..person.clone() };
    assert_eq!(verdict(&forged, &Nature::Person, &known(true, false, true, None)), said(Who::Unverified, false));
    assert!(!may_be_answered(&forged, &Nature::Person) && may_be_answered(&person, &Nature::Person));
    let wish = parse(mail("X-Auto-Response-Suppress: OOF\r\n", "x").as_bytes(), "");
    assert!(!may_be_answered(&wish, &Nature::Person) && !may_be_answered(&person, &Nature::AutomaticReply));
}

#[test]
fn who_the_operators_server_says_counts_and_who_the_sender_says_does_not() {
    let with = |headers: &str, authority| parse(mail(headers, "x").as_bytes(), authority).is_authentic;
    let ours = "Authentication-Results: mx.shop.example; spf=pass; dmarc=fail (p=none)\r\n";
    let theirs = "Authentication-Results: mx.evil.example; dmarc=pass\r\n";
    for (headers, authority, expected) in [
        (ours.to_owned(), "mx.shop.example", Some(false)),
        (ours.replace("fail", "pass"), "MX.shop.example", Some(true)),
        (ours.replace("fail", "none"), "mx.shop.example", None),
        (theirs.to_owned(), "mx.shop.example", None),
        (format!("{theirs}{ours}"), "mx.shop.example", Some(false)),
        (format!("{ours}{}", ours.replace("fail", "pass")), "mx.shop.example", Some(false)),
        (ours.to_owned(), "", None),
        (ours.replace("mx.shop", "mx.shop.evil"), "mx.shop.example", None),
    ] {
        assert_eq!(with(&headers, authority), expected, "{headers} {authority}");
    }
}

#[test]
fn other_encodings_are_read_and_nothing_hostile_is_kept() {
    let text = |headers: &str, body: &[u8]| {
        let mut bytes = mail(headers, "").into_bytes();
        bytes.truncate(bytes.len() - 2);
        bytes.extend_from_slice(body);
        parse(&bytes, "")
    };
    let latin = text("Content-Type: text/plain; charset=iso-8859-1\r\n", b"Gr\xfc\xdfe");
    assert_eq!(latin.text, "Grüße");
    let shift = text("Content-Type: text/plain; charset=shift_jis\r\n", b"\x82\xb1\x82\xf1");
    assert_eq!(shift.text, "こん");
    let printable = text(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n",
        b"=C3=BC=\r\nx",
    );
    assert_eq!(printable.text, "üx");
    let unknown = text("Content-Type: text/plain; charset=x-nothing\r\n", b"plain \xff");
    assert!(unknown.text.starts_with("plain"), "{}", unknown.text);
    let html = text(
        "Content-Type: text/html\r\n",
        b"<p>One</p><script>alert(1)</script><img src=x onerror=alert(2)><p>Two</p>",
    );
    assert!(html.text.contains("One") && html.text.contains("Two") && !html.text.contains('<'), "{}", html.text);
    let subject = mail("", "x").replace("The cart", "=?utf-8?B?w5xiZXI=?= =?iso-8859-1?Q?_=FCber?=");
    assert_eq!(parse(subject.as_bytes(), "").subject, "Über über");
    // What would begin another header, or turn a line around.
    let hidden = mail("", "a\u{202e}b").replace("The cart", "=?utf-8?Q?x=0D=0ABcc:_eve=40example.org?=");
    let read = parse(hidden.as_bytes(), "");
    assert!(!read.subject.contains(['\r', '\n']) && read.text == "ab", "{read:?}");
    let ids = mail("In-Reply-To: <a b@c>\r\nReferences: <ok@d> <\u{e4}@e> <f@g>\r\n", "x");
    assert_eq!(parse(ids.as_bytes(), "").references, ["<f@g>", "<ok@d>"]);
    let card = parse(mail("", "My card is 4111 1111 1111 1111").as_bytes(), "");
    assert!(!card.text.contains("1111 1111"), "{}", card.text);
}

#[test]
fn huge_mails_and_many_parts_are_read_by_their_headers_alone() {
    let large = mail("", &"x".repeat(MAIL_BYTES));
    let read = parse(large.as_bytes(), "");
    assert_eq!((read.from.address.as_str(), read.text.as_str(), read.left_out.len()), ("ada@example.org", "", 1));
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(PARTS + 1);
    let many = mail("Content-Type: multipart/mixed; boundary=b\r\n", &parts);
    assert_eq!((parse(many.as_bytes(), "").left_out.len(), parse(many.as_bytes(), "").text.as_str()), (1, ""));
    let header = mail(&format!("X-Long: {}\r\n", "y".repeat(2 * HEADER_BYTES)), &"x".repeat(MAIL_BYTES));
    assert_eq!(parse(header.as_bytes(), "").from.address, "ada@example.org");
    // Files: of so many and of such a size; whatever is left out is told.
    let file = |number: usize, content: &str| {
        format!(
            "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"../{number}.pdf\"\r\n\r\n{content}\r\n"
        )
    };
    let files: String = (0..FILES + 2).map(|number| file(number, "x")).collect();
    let body = format!("--b\r\n\r\nSee here\r\n{files}{}--b--", file(99, &"z".repeat(FILE_BYTES + 1)));
    let read = parse(mail("Content-Type: multipart/mixed; boundary=b\r\n", &body).as_bytes(), "");
    assert_eq!((read.text.as_str(), read.files.len(), read.left_out.len()), ("See here", FILES, 3));
    assert_eq!((read.files[0].name.as_str(), read.files[0].content_type.as_str()), (".._0.pdf", "application/pdf"));
    // One in another in another.
    let mut nested = mail("", "innermost");
    for _ in 0..200 {
        nested = mail(
            "Content-Type: multipart/mixed; boundary=n\r\n",
            &format!("--n\r\nContent-Type: message/rfc822\r\n\r\n{nested}\r\n--n--"),
        );
    }
    let read = parse(nested.as_bytes(), "");
    assert!(read.files.len() <= FILES && !read.text.contains("innermost"), "{}", read.text);
    let to: Vec<_> = (0..500).map(|number| format!("p{number}@example.org")).collect();
    let crowd = mail("", "x").replace(OURS, &to.join(", "));
    assert!(parse(crowd.as_bytes(), "").to.len() <= ADDRESSES);
}

#[test]
fn a_mail_without_a_message_id_is_known_by_what_it_is_and_one_id_is_used_for_two() {
    let key = |text: &str| parse(text.as_bytes(), "").key;
    let without = mail("", "Hello").replace("Message-ID: <1@example.org>\r\n", "");
    assert_eq!(key(&without), key(&without));
    assert_ne!(key(&without), key(&without.replace("Hello", "Hullo")));
    // Lists and mail servers change a mail on its way.
    assert_eq!(key(&mail("", "Hello")), key(&mail("Received: by mx\r\n", "Hello\r\n-- \r\nA list")));
    assert_ne!(key(&mail("", "Hello")), key(&mail("", "Hello").replace("10:00:00", "11:00:00")));
    assert_ne!(key(&mail("", "Hello")), key(&mail("", "Hello").replace("ada@", "eve@")));
}

/// A report on a mail that never arrived.
fn bounce(message_id: &str, recipient: &str, (action, status): (&str, &str)) -> String {
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery <MAILER-DAEMON@mx.example>\r\nTo: {OURS}\r\nSubject: Undelivered\r\n\
         Message-ID: <{action}.{status}.{recipient}.{}@mx.example>\r\nAuto-Submitted: auto-replied\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Original-Recipient: rfc822;{recipient}\r\nFinal-Recipient: rfc822; other@elsewhere.example\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 {status} nobody\r\n is called so\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: Re: The cart\r\nFrom: {OURS}\r\n\r\nText\r\n--b--\r\n",
        message_id.len()
    )
}

#[test]
fn hard_and_soft_failures_are_told_apart() {
    for (action, status, is_hard) in [
        ("failed", "5.1.1", Some(true)),
        ("failed", "5.1.10", Some(true)),
        ("failed", "5.0.0", Some(true)),
        ("failed", "5.2.1", Some(true)),
        ("failed", "5.2.2", Some(false)),
        ("failed", "5.7.1", Some(false)),
        ("failed", "4.4.7", Some(false)),
        ("delayed", "4.4.1", Some(false)),
        ("delivered", "2.0.0", None),
        ("relayed", "2.0.0", None),
    ] {
        let read = parse(bounce("<1@shop.example>", "ada@example.org", (action, status)).as_bytes(), "");
        let report = read.report.as_ref();
        assert_eq!(report.map(|report| report.failed[0].is_hard), is_hard, "{action} {status}");
        if let Some(report) = report {
            assert_eq!(
                (report.message_id.as_str(), report.failed[0].address.as_str()),
                ("<1@shop.example>", "ada@example.org")
            );
            assert!(report.failed[0].reason.contains("nobody is called so"), "{}", report.failed[0].reason);
        }
    }
    let exim = mail("X-Failed-Recipients: eve@example.org\r\n", "It failed")
        .replace("Ada <ada@example.org>", "Mailer-Daemon@x.example");
    assert!(parse(exim.as_bytes(), "").report.is_some_and(|report| report.failed[0].address == "eve@example.org"));
}

/// A site that hears mail, and who takes it.
async fn hearing(settings: SiteMail) -> (TestApp, Site, Receiver) {
    let config = Config {
        mail_url: "smtp://127.0.0.1:1".into(),
        mail_from: "Collector <usual@collector.example>".into(),
        ..Config::default()
    };
    let test = TestApp::with_config(config).await;
    let site = test.site().await;
    let settings = SiteMail { address: OURS.into(), ..settings };
    test.app.store.set_site_mail(site.site_id, &settings, &note(1)).await.unwrap();
    let receiver = Receiver::from_ref(&test.app);
    (test, site, receiver)
}

async fn taken(receiver: &Receiver, text: &str) -> (Outcome, String) {
    match receiver.receive(text.as_bytes()).await.unwrap() {
        Taken::Now { outcome, code, .. } => (outcome, code),
        other => panic!("{other:?}: {text}"),
    }
}

async fn ticket(test: &TestApp, site: &Site, code: &str) -> Ticket {
    test.app.store.ticket_by_code(site.site_id, code).await.unwrap().expect("a ticket")
}

async fn thread_address(test: &TestApp, site: &Site, code: &str) -> String {
    let of = ticket(test, site, code).await;
    let secret = test.app.store.site_secret(site.site_id, Purpose::Mail, [9; 32], 1).await.unwrap();
    Thread { secret: &secret, ticket_id: of.ticket_id, code: &of.code }.tagged(OURS)
}

#[tokio::test]
async fn two_robots_wrote_to_each_other_for_ever() {
    let (test, site, receiver) = hearing(SiteMail { acknowledges: true, ..SiteMail::default() }).await;
    let store = &test.app.store;
    let (outcome, code) = taken(&receiver, &mail("", "It broke")).await;
    assert_eq!(outcome, Outcome::Opened);
    let answers = store.mails(site.site_id, 99).await.unwrap();
    assert_eq!(answers.len(), 1);
    let answer = store.mail(site.site_id, answers[0].mail_id).await.unwrap().unwrap();
    let envelope = answer.envelope.clone().unwrap();
    assert_eq!(
        (answer.kind, answer.recipient.as_str(), envelope.is_automatic),
        (MailKind::Acknowledgement, "ada@example.org", true)
    );
    assert_eq!((envelope.in_reply_to.as_str(), envelope.from.as_str()), ("<1@example.org>", OURS));
    // Nothing that a stranger wrote is sent to anybody: whoever forged the sender would have us send it.
    let all = format!("{}{}{}", answer.subject, answer.text, answer.html);
    assert!(!all.contains("The cart") && !all.contains("It broke") && !all.contains("Ada"), "{all}");
    assert!(all.contains(&format!("[#{code}]")));
    // A robot that marks nothing and strips every header: each round is a ticket, and none but the first is answered.
    for number in 2..30 {
        let round = mail("", &format!("Round {number}")).replace("<1@", &format!("<{number}@"));
        let (outcome, _) = taken(&receiver, &round).await;
        let expected = if number <= OPENED_A_DAY { Outcome::Opened } else { Outcome::SetAside };
        assert_eq!(outcome, expected, "{number}");
    }
    assert_eq!(store.mails(site.site_id, 99).await.unwrap().len(), 1, "one answer an address and day");
    // One that answers the thread fills it up to its cap.
    let address = thread_address(&test, &site, &code).await;
    let mut outcomes = Vec::new();
    for number in 100..100 + MAILS_A_DAY + 5 {
        let round = mail("Auto-Submitted: auto-replied\r\n", "I am away").replace(OURS, &address);
        outcomes.push(taken(&receiver, &round.replace("<1@", &format!("<{number}@"))).await.0);
    }
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Appended).count() as u64, MAILS_A_DAY - 1);
    let of = ticket(&test, &site, &code).await;
    let events = store.ticket_events(site.site_id, of.ticket_id).await.unwrap();
    let robots = events.iter().filter(|event| event.actor.starts_with("robot:automatic")).count() as u64;
    assert_eq!((robots, of.state), (MAILS_A_DAY - 1, State::New));
    assert_eq!(store.mails(site.site_id, 99).await.unwrap().len(), 1);
    // What we sent and what comes back as it was is known.
    let own = mail(&format!("X-Rapport-Mail: {}\r\n", answer.mail_id), "x").replace("<1@", "<own@");
    assert_eq!(taken(&receiver, &own).await.0, Outcome::SetAside);
    // The language of the answer is that of the mail.
    let german = mail("", "Guten Tag, der Warenkorb ist leer und ich weiß nicht, was ich noch tun soll.");
    taken(&receiver, &german.replace("<1@", "<de@").replace("ada@", "ida@")).await;
    let said = store.mails(site.site_id, 99).await.unwrap();
    assert!(said.iter().any(|mail| mail.recipient == "ida@example.org" && mail.subject.starts_with("Wir haben")));
}

#[tokio::test]
async fn a_forged_sender_or_a_number_in_the_subject_let_a_stranger_in() {
    let (test, site, receiver) = hearing(SiteMail::default()).await;
    let store = &test.app.store;
    let (_, code) = taken(&receiver, &mail("Cc: Bo <bo@example.org>\r\n", "It broke")).await;
    let address = thread_address(&test, &site, &code).await;
    let of = ticket(&test, &site, &code).await;
    let participants = async || {
        let all = store.participants(site.site_id, of.ticket_id).await.unwrap();
        all.into_iter().map(|one| (one.address, one.part.as_str(), one.standing.as_str())).collect::<Vec<_>>()
    };
    let opener = ("ada@example.org".to_owned(), "opener", "unverified");
    let copy = ("bo@example.org".to_owned(), "copy", "unverified");
    assert_eq!(participants().await, [opener.clone(), copy.clone()], "copies are participants, not customers");
    // A code in the subject, a made-up tag, somebody else's Message-ID: each is a new mail.
    for (number, forged) in [
        mail("", "Let me in").replace("The cart", &format!("Re: [#{code}]")),
        mail("", "Let me in").replace(OURS, &format!("help+{}-{}@shop.example", code.to_lowercase(), "0".repeat(20)))
            + &format!("\r\nTo: {OURS}"),
        mail("In-Reply-To: <1@example.org>\r\nReferences: <1@example.org>\r\n", "Let me in"),
    ]
    .into_iter()
    .enumerate()
    {
        let forged = forged.replace("Message-ID: <1@", &format!("Message-ID: <forged{number}@"));
        let (outcome, other) = taken(&receiver, &forged).await;
        assert!(outcome == Outcome::Opened && other != code, "{forged}");
        assert_eq!(ticket(&test, &site, &other).await.customer_id, None, "nobody is the customer by writing");
    }
    // Who has the tag and is a stranger is kept apart and brings nobody along; the ticket is not theirs.
    let stranger = mail("Cc: mallory@example.org\r\n", "I am the customer now")
        .replace(OURS, &address)
        .replace("ada@", "eve@")
        .replace("<1@", "<2@");
    assert_eq!(taken(&receiver, &stranger).await, (Outcome::Appended, code.clone()));
    let eve = ("eve@example.org".to_owned(), "sender", "unverified");
    assert_eq!(participants().await, [opener, copy, eve]);
    let events = store.ticket_events(site.site_id, of.ticket_id).await.unwrap();
    assert_eq!(events.last().unwrap().actor, "unverified:eve@example.org");
    // The same mail again, and through another door, is the same mail.
    assert_eq!(receiver.receive(stranger.as_bytes()).await.unwrap(), Taken::Before);
    let nobody = mail("", "x").replace(OURS, "other@elsewhere.example").replace("<1@", "<3@");
    assert_eq!(receiver.receive(nobody.as_bytes()).await.unwrap(), Taken::NoSite);
    // In a blind copy the address stands where mail servers note it.
    let blind = mail(&format!("Delivered-To: {OURS}\r\n"), "x")
        .replace(&format!("To: {OURS}\r\nSubject"), "To: undisclosed-recipients:;\r\nSubject");
    assert_eq!(taken(&receiver, &blind.replace("<1@", "<4@")).await.0, Outcome::Opened);
}

#[tokio::test]
async fn a_late_thanks_opened_the_ticket_again() {
    let (test, site, receiver) = hearing(SiteMail::default()).await;
    let store = &test.app.store;
    let support = test.cookie(&site, "sue@example.com", rapport_store::account::role::Role::Support).await;
    let cookie = [("cookie", support.as_str())];
    let (_, code) = taken(&receiver, &mail("", "It broke")).await;
    let address = thread_address(&test, &site, &code).await;
    let page = format!("/sites/shop/inbox/{code}");
    let resolved = test.submit(&page, "state=resolved&version=0", &cookie).await;
    assert_eq!(resolved.status, 303, "{}", resolved.text());
    let late = |number: u8, says: &str| mail("", says).replace(OURS, &address).replace("<1@", &format!("<{number}@"));
    for (number, says) in [(2, "Thanks!"), (3, "It broke again"), (4, "And the search?")] {
        taken(&receiver, &late(number, says)).await;
    }
    let of = ticket(&test, &site, &code).await;
    assert_eq!((of.state, of.reopened), (State::Resolved, 0), "nothing is opened by a mail");
    let shown = test.get(&page, &[("cookie", &support), ("accept", "text/html")]).await.text();
    assert_eq!(shown.matches("The same: open it again").count(), 3, "{shown}");
    let mails = store.ticket_mails(site.site_id, of.ticket_id).await.unwrap();
    let asked: Vec<_> = mails.iter().filter(|mail| mail.choice == Choice::Asked).map(|mail| mail.event_id).collect();
    let choose = async |number: usize, choice: &str| {
        let action = format!("{page}/messages/{}/choice", asked[number]);
        test.submit(&action, &format!("choice={choice}"), &cookie).await
    };
    assert_eq!(choose(0, "perhaps").await.status, 422);
    assert_eq!(choose(0, "thanks").await.status, 303);
    assert_eq!(ticket(&test, &site, &code).await.state, State::Resolved);
    let other = choose(2, "new").await;
    let place = other.header("location").to_owned();
    assert!(!place.contains(&code) && place.contains("/inbox/"), "{place}");
    let other_code = place.split(['/', '#', '?']).nth(4).unwrap().to_owned();
    let new = ticket(&test, &site, &other_code).await;
    let events = store.ticket_events(site.site_id, new.ticket_id).await.unwrap();
    assert!(events.iter().any(|event| event.text == "And the search?"), "{events:?}");
    assert_eq!(ticket(&test, &site, &code).await.state, State::Resolved);
    for _ in 0..2 {
        choose(1, "same").await;
    }
    let again = ticket(&test, &site, &code).await;
    assert_eq!((again.state, again.reopened), (State::InProgress, 1));
    let events = store.ticket_events(site.site_id, of.ticket_id).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == EventKind::Reopened).count(), 1, "counted apart, once");
}

#[tokio::test]
async fn a_bounce_opened_a_ticket_or_anybody_could_have_an_address_marked() {
    let (test, site, receiver) = hearing(SiteMail { acknowledges: true, ..SiteMail::default() }).await;
    let store = &test.app.store;
    let (_, code) = taken(&receiver, &mail("", "It broke")).await;
    let sent = store.mails(site.site_id, 9).await.unwrap().remove(0);
    store.note_mail(site.site_id, sent.mail_id, MailState::Sent, None, 2).await.unwrap();
    let of = ticket(&test, &site, &code).await;
    // Of a mail that we never sent, or of somebody to whom we did not.
    for forged in [
        bounce("<never@shop.example>", "ada@example.org", ("failed", "5.1.1")),
        bounce(&sent.message_id, "victim@example.org", ("failed", "5.1.1")),
    ] {
        assert!(!matches!(
            receiver.receive(forged.as_bytes()).await.unwrap(),
            Taken::Now { outcome: Outcome::Bounced | Outcome::Opened, .. }
        ));
    }
    assert_eq!(store.bounced_addresses(site.site_id, 9).await, Ok(vec![]));
    let soft = bounce(&sent.message_id, "ada@example.org", ("delayed", "4.4.1"));
    assert_eq!(taken(&receiver, &soft).await, (Outcome::Bounced, code.clone()));
    assert_eq!(store.stopped(site.site_id, Id::default(), "ada@example.org").await, Ok(None), "not now is not never");
    let hard = bounce(&sent.message_id, "Ada@Example.org", ("failed", "5.1.1"));
    assert_eq!(taken(&receiver, &hard).await, (Outcome::Bounced, code.clone()));
    assert_eq!(receiver.receive(hard.as_bytes()).await.unwrap(), Taken::Before);
    let bounced = store.bounced_addresses(site.site_id, 9).await.unwrap();
    assert_eq!((bounced.len(), bounced[0].bounces), (1, 2));
    assert!(store.stopped(site.site_id, Id::default(), "ada@example.org").await.unwrap().is_some());
    assert_eq!(store.mail(site.site_id, sent.mail_id).await.unwrap().unwrap().state, MailState::Refused);
    // It is told in the ticket, which stays as it was, and nothing is answered.
    let events = store.ticket_events(site.site_id, of.ticket_id).await.unwrap();
    assert!(events.iter().any(|event| event.kind == EventKind::Note && event.actor == "robot:mail-server"));
    assert_eq!(
        (ticket(&test, &site, &code).await.state, store.mails(site.site_id, 9).await.unwrap().len()),
        (State::New, 1)
    );
    // A person cannot write there by mistake.
    let support = test.cookie(&site, "sue@example.com", rapport_store::account::role::Role::Support).await;
    let refused = test
        .submit(
            &format!("/sites/shop/inbox/{code}/replies"),
            "text=Hello&to=ada%40example.org",
            &[("cookie", &support)],
        )
        .await;
    assert!(refused.status == 422 && refused.text().contains("mails come back"), "{}", refused.status);
    assert_eq!(code_of(of.ticket_id), code);
}

#[tokio::test]
async fn a_ticket_that_was_answered_stayed_new() {
    use rapport_store::account::scope::Scope;
    let (test, site, receiver) = hearing(SiteMail::default()).await;
    let support = test.cookie(&site, "sue@example.com", rapport_store::account::role::Role::Support).await;
    let state = async |code: &str| ticket(&test, &site, code).await.state;
    let numbered = |number: u8| mail("", "The cart is empty").replace("<1@", &format!("<{number}@"));
    for (number, asked, after) in [
        (1, "", State::Acknowledged),
        (2, "&state=", State::Acknowledged),
        (3, "&state=new", State::Acknowledged),
        (4, "&state=in_progress", State::InProgress),
    ] {
        let (_, code) = taken(&receiver, &numbered(number)).await;
        assert_eq!(state(&code).await, State::New);
        let path = format!("/sites/shop/inbox/{code}/replies");
        let form = |asked: &str| format!("text=Please+load+it+again.&to=ada%40example.org{asked}");
        let sent = test.submit(&path, &form(asked), &[("cookie", &support)]).await;
        assert_eq!((sent.status.as_u16(), state(&code).await), (303, after), "{asked}");
        // What somebody works on, or waits for, stays so.
        for (asked, after) in [("&state=waiting", State::Waiting), ("", State::Waiting)] {
            test.submit(&path, &form(asked), &[("cookie", &support)]).await;
            assert_eq!(state(&code).await, after);
        }
    }
    let (_, code) = taken(&receiver, &numbered(5)).await;
    let key = test.bearer(&site, &[Scope::WriteTickets]).await;
    let body = serde_json::json!({ "text": "Please load it again.", "to": ["ada@example.org"] });
    let request = axum::http::Request::post(format!("/api/v1/sites/shop/tickets/{code}/replies"));
    let request = request.header("authorization", &key).header("content-type", "application/json");
    assert_eq!(test.send(request.body(body.to_string().into()).unwrap()).await.status, 204);
    assert_eq!(state(&code).await, State::Acknowledged);
}

#[tokio::test]
async fn a_scanner_of_mails_said_that_it_was_fixed() {
    use rapport_store::conversation::question::{Kind, Question, Said};
    let (test, site, receiver) = hearing(SiteMail { asks: true, ..SiteMail::default() }).await;
    let store = &test.app.store;
    let (_, code) = taken(&receiver, &mail("", "Der Warenkorb ist leer, und ich weiß nicht weiter.")).await;
    let support = test.cookie(&site, "sue@example.com", rapport_store::account::role::Role::Support).await;
    let cookie = [("cookie", support.as_str())];
    let id = test.app.clock.new_id();
    let form = format!("reply_id={id}&text=Bitte+neu+laden.&to=ada%40example.org&state=waiting");
    // Sent twice by a double click: one reply.
    for _ in 0..2 {
        let sent = test.submit(&format!("/sites/shop/inbox/{code}/replies"), &form, &cookie).await;
        assert_eq!(sent.status, 303, "{}", sent.text());
    }
    let mails = store.mails(site.site_id, 9).await.unwrap();
    assert_eq!(mails.len(), 1);
    let sent = store.mail(site.site_id, mails[0].mail_id).await.unwrap().unwrap();
    let of = ticket(&test, &site, &code).await;
    let [Question { kind: Kind::Answer, question_id, .. }] =
        store.questions_of_ticket(site.site_id, of.ticket_id).await.unwrap()[..]
    else {
        panic!("one question")
    };
    assert!(sent.text.contains("War diese Antwort richtig?") && sent.html.contains("lang=\"de\""), "{}", sent.text);
    let link = sent.text.split_whitespace().find(|word| word.contains("/asked/")).unwrap().to_owned();
    let path = link.split_once("/asked/").map(|(_, path)| format!("/asked/{path}")).unwrap();
    let question = async || store.question(site.site_id, question_id).await.unwrap().unwrap();
    for _ in 0..3 {
        let opened = test.get(&path, &[("accept", "text/html")]).await;
        assert!(opened.status == 200 && opened.text().contains("lang=\"de\""), "{}", opened.text());
    }
    assert_eq!(question().await.answered_at_ms, None, "opening it says nothing");
    let post = async |path: &str, form: &str| {
        let request = axum::http::Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        test.send(request.body(form.to_owned().into()).unwrap()).await
    };
    assert_eq!(post(&path, "").await.status, 422);
    let long = format!("words={}", "x".repeat(1_251));
    assert!(post(&path, &long).await.text().contains("1250"));
    let said = post(&path, "was_true=yes&problem_fixed=no&cause_fixed=unknown&words=Noch+leer").await;
    assert!(said.status == 200 && said.text().contains("gespeichert"), "{}", said.text());
    let kept = Said { was_true: Some(true), problem_fixed: Some(false), cause_fixed: None, words: "Noch leer".into() };
    assert_eq!(question().await.said, kept);
    let after = ticket(&test, &site, &code).await;
    assert_eq!((after.state, after.problem_fixed), (State::Waiting, None), "what they say is theirs, not staff's");
    let wrong = path.replace(&path[path.len() - 20..], &"0".repeat(20));
    for strange in [wrong.as_str(), "/asked/shop/x", "/asked/nobody/x-y"] {
        assert_eq!(test.get(strange, &[]).await.status, 404, "{strange}");
        assert_eq!(post(strange, "was_true=no").await.status, 404, "{strange}");
    }
    let shown =
        test.get(&format!("/sites/shop/inbox/{code}"), &[("cookie", &support), ("accept", "text/html")]).await.text();
    assert!(shown.contains("The customer says") && shown.contains("Noch leer"), "{shown}");
}
