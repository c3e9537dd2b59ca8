//! A conversation over real mail servers: Dovecot keeps the mailbox, aiosmtpd takes what is sent (`tests/run` installs both).

use super::imap::{Look, Unread, look, test};
use super::imap_server::ImapServer;
use super::*;
use crate::config::{Config, MailTls, Secret, SignIn};
use crate::http::query::encode;
use crate::mail::smtp_test::{Server, advance, certificate, settings, until};
use crate::test_app::TestApp;
use axum::extract::FromRef;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::conversation::site_mail::SiteMail;
use rapport_store::story_test::NOW_MS;
use rapport_store::test_store::note;
use rapport_store::ticket::{EventKind, State};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A mail of Ada's on a day that is near the clock of the test.
pub(super) fn mail(number: u32, to: &str, headers: &str, body: &str) -> String {
    format!(
        "From: Ada Example <ada@example.org>\r\nTo: {to}\r\nSubject: The cart is empty\r\n\
         Message-ID: <{number}@example.org>\r\nDate: Wed, 6 May 2026 10:00:00 +0000\r\n{headers}\r\n{body}\r\n"
    )
}

pub(super) fn with_mailbox(config: Config, port: u16, tls: MailTls, folder: &std::path::Path) -> Config {
    Config {
        mail_in_url: format!("imap://help@localhost:{port}"),
        mail_in_tls: tls,
        mail_in_password: Secret("s3cret".into()),
        mail_in_done_folder: "Done".into(),
        mail_ca_file: folder.join("certificate.pem").display().to_string(),
        ..config
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_writes_is_answered_answers_by_mail_and_says_that_it_is_fixed() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let smtp = Server::start("-", "-", 0, None);
    let mut imap = ImapServer::start(folder.path());
    imap.deliver(&mail(1, "help@shop.example", "", "From before anybody read the mailbox"));
    let config = with_mailbox(settings(&smtp, MailTls::None), imap.tls_port, MailTls::Implicit, folder.path());
    let test = TestApp::at_with(Clock::manual(NOW_MS), config).await;
    let site = test.site().await;
    let (store, receiver) = (&test.app.store, Receiver::from_ref(&test.app));
    let own = SiteMail { address: "help@shop.example".into(), asks: true, ..SiteMail::default() };
    store.set_site_mail(site.site_id, &own, &note(1)).await.unwrap();
    let mailbox = test.app.config.mailbox().unwrap().unwrap();
    assert_eq!(look(&receiver, &mailbox).await, Ok(Look::default()), "what was there before is no news");

    // She writes; a mail to somebody else stays where it is.
    imap.deliver(&mail(2, "help@shop.example", "", "Nothing is in my cart."));
    imap.deliver(&mail(3, "other@elsewhere.example", "", "Not for us"));
    assert_eq!(look(&receiver, &mailbox).await, Ok(Look { taken: 1, to_nobody: 1, is_more: false }));
    assert_eq!(look(&receiver, &mailbox).await, Ok(Look::default()));
    assert_eq!(imap.done(), 1);
    let opened = store.received_mails(site.site_id, 9).await.unwrap().remove(0).ticket_id.unwrap();
    let ticket = async || store.ticket(site.site_id, opened).await.unwrap().unwrap();
    let code = ticket().await.code;

    // She is answered from the dashboards, in her thread.
    let jobs = test.app.start_jobs();
    let sue = test.cookie(&site, "sue@example.com", Role::Support).await;
    let form = format!("text={}&to=ada%40example.org&state=waiting", encode("Please load the page again.\n\nSue"));
    let replied = test.submit(&format!("/sites/shop/inbox/{code}/replies"), &form, &[("cookie", &sue)]).await;
    assert_eq!(replied.status, 303, "{}", replied.text());
    let sent = smtp.taken.recv_timeout(PATIENCE).expect("a mail");
    let header = |name: &str| sent["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!((sent["from"].as_str(), sent["to"][0].as_str()), (Some("help@shop.example"), Some("ada@example.org")));
    assert!(header("from").contains("help@shop.example") && header("subject") == "Re: The cart is empty");
    assert_eq!((header("in-reply-to"), header("references")), ("<2@example.org>".into(), "<2@example.org>".into()));
    assert!(header("auto-submitted").is_empty() && !header("x-rapport-mail").is_empty(), "a person wrote it");
    let text = sent["parts"]["text/plain"].as_str().unwrap().to_owned();
    assert!(text.contains("Please load the page again.") && !text.contains("Nothing is in my cart"), "{text}");
    assert!(sent["parts"]["text/html"].as_str().unwrap().contains("<p style"));
    assert_eq!(ticket().await.state, State::Waiting);

    // She answers to the address that the mail gave, and her program quotes it.
    let (reply_to, message_id) = (header("reply-to"), header("message-id"));
    assert!(reply_to.starts_with("help+"), "{reply_to}");
    let quoted: String = text.lines().map(|line| format!("> {line}\r\n")).collect();
    let body = format!("It works now.\r\n\r\nOn Wed, Shop wrote:\r\n{quoted}");
    let references = format!("In-Reply-To: {message_id}\r\nReferences: <2@example.org> {message_id}\r\n");
    imap.deliver(&mail(4, &reply_to, &references, &body));
    until("her answer arrives", async || {
        // A look that had begun counts its pause from later on.
        advance(&test, 31);
        (store.ticket_mails(site.site_id, opened).await.unwrap().len() == 3).then_some(())
    })
    .await;
    // And by a program that knows the Message-ID alone.
    imap.deliver(&mail(5, "help@shop.example", &references, "PS: thanks."));
    until("her answers arrive", async || {
        // A look that had begun counts its pause from later on.
        advance(&test, 31);
        (store.ticket_mails(site.site_id, opened).await.unwrap().len() == 4).then_some(())
    })
    .await;
    let source = test.reports();
    let context = test.app.sites.by_key("shop").await.unwrap().unwrap();
    let conversation = source.of(&context).conversation(&ticket().await).await.unwrap();
    let mut said: Vec<_> =
        conversation.messages.iter().map(|message| (message.from, message.parts[0].text.trim())).collect();
    // Both were taken in the same millisecond.
    said[2..].sort_unstable();
    assert_eq!(said[2..], [("participant", "It works now."), ("participant", "PS: thanks.")]);
    let quotes = |text: &str| {
        let of = conversation.messages.iter().find(|message| message.parts[0].text.trim() == text).expect("a message");
        of.parts.get(1).is_some_and(|part| part.quoted)
    };
    assert!(quotes("It works now.") && !quotes("PS: thanks."));
    assert_eq!(store.received_mails(site.site_id, 9).await.unwrap().len(), 3, "no other ticket was opened");

    // It is resolved; an hour later she is asked, once, and says so.
    let version = ticket().await.version;
    let resolve = format!("state=resolved&problem_fixed=yes&version={version}");
    let sue = test.cookie(&site, "sue@example.com", Role::Support).await;
    assert_eq!(test.submit(&format!("/sites/shop/inbox/{code}"), &resolve, &[("cookie", &sue)]).await.status, 303);
    advance(&test, 3_700);
    let asked = smtp.taken.recv_timeout(PATIENCE).expect("a question");
    assert_eq!(asked["headers"]["auto-submitted"], "auto-generated");
    let text = asked["parts"]["text/plain"].as_str().unwrap();
    let link = text.split_whitespace().find(|word| word.contains("/asked/")).unwrap();
    let path = link.strip_prefix("http://feedback.shop.example").unwrap().to_owned();
    let request = axum::http::Request::post(&path).header("content-type", "application/x-www-form-urlencoded");
    let thanked = test.send(request.body("was_true=yes&problem_fixed=yes&cause_fixed=yes".into()).unwrap()).await;
    assert!(thanked.status == 200 && thanked.text().contains("Thank you"), "{}", thanked.text());
    advance(&test, 3_700);
    let events = store.ticket_events(site.site_id, opened).await.unwrap();
    let of = |kind| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!(
        (of(EventKind::Received), of(EventKind::Reply), of(EventKind::Asked), of(EventKind::Confirmed)),
        (3, 1, 1, 1)
    );
    jobs.stop().await;

    // The server gives every mail another number: none is taken twice. People read mails in between, too.
    imap.renumber();
    imap.deliver(&mail(6, &reply_to, "", "One more"));
    let looked = look(&receiver, &mailbox).await.unwrap();
    assert!(looked.taken >= 1, "{looked:?}");
    assert_eq!(
        store
            .received_mails(site.site_id, 99)
            .await
            .unwrap()
            .iter()
            .filter(|mail| mail.sender == "ada@example.org")
            .count(),
        5
    );
    assert_eq!(store.ticket_mails(site.site_id, opened).await.unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_or_a_server_that_nobody_vouches_for_reads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let imap = ImapServer::start(folder.path());
    let of = |port, tls| with_mailbox(Config::default(), port, tls, folder.path());
    for (port, tls) in [(imap.tls_port, MailTls::Implicit), (imap.port, MailTls::Starttls), (imap.port, MailTls::None)]
    {
        assert_eq!(test(&of(port, tls).mailbox().unwrap().unwrap()).await, Ok(0), "{tls:?}");
    }
    let wrong = Config { mail_in_password: Secret("wrong".into()), ..of(imap.tls_port, MailTls::Implicit) };
    let refused = test(&wrong.mailbox().unwrap().unwrap()).await;
    assert!(
        matches!(&refused, Err(Unread::Server(reason)) if reason.contains("signing in") && !reason.contains("wrong")),
        "{refused:?}"
    );
    let strange = Config { mail_ca_file: String::new(), ..of(imap.tls_port, MailTls::Implicit) };
    assert!(matches!(test(&strange.mailbox().unwrap().unwrap()).await, Err(Unread::Server(_))));
    let missing = Config { mail_in_folder: "Nothing".into(), ..of(imap.tls_port, MailTls::Implicit) };
    assert!(matches!(test(&missing.mailbox().unwrap().unwrap()).await, Err(Unread::Server(_))));
}

#[tokio::test]
async fn a_token_signs_in_where_passwords_no_longer_do() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (reading, mut writing) = stream.into_split();
        let mut lines = BufReader::new(reading).lines();
        writing.write_all(b"* OK ready\r\n").await.unwrap();
        let mut token = String::new();
        while let Ok(Some(line)) = lines.next_line().await {
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            let answer = match command.split(' ').next().unwrap_or_default() {
                "AUTHENTICATE" => {
                    writing.write_all(b"+ \r\n").await.unwrap();
                    token = format!("{command} {}", lines.next_line().await.unwrap().unwrap_or_default());
                    format!("{tag} OK signed in\r\n")
                }
                "EXAMINE" => format!("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK opened\r\n"),
                _ => format!("* BYE\r\n{tag} OK bye\r\n"),
            };
            writing.write_all(answer.as_bytes()).await.unwrap();
        }
        token
    });
    let config = Config {
        mail_in_url: format!("imap://help@127.0.0.1:{port}"),
        mail_in_tls: MailTls::None,
        mail_in_sign_in: SignIn::Xoauth2,
        mail_in_password: Secret("token".into()),
        ..Config::default()
    };
    assert_eq!(test(&config.mailbox().unwrap().unwrap()).await, Ok(3));
    // base64 of "user=help^Aauth=Bearer token^A^A".
    assert_eq!(served.await.unwrap(), "AUTHENTICATE XOAUTH2 dXNlcj1oZWxwAWF1dGg9QmVhcmVyIHRva2VuAQE=");
}
