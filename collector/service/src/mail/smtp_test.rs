//! Mails as a real mail server takes them: aiosmtpd, which `tests/run` installs (`RAPPORT_TEST_PYTHON`), with a certificate made here.

use super::{Mailer, Said, Undelivered, written};
use crate::config::{Config, MailTls, Secret};
use crate::http::query::encode;
use crate::test_app::TestApp;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::mail::{MailKind, MailState, OutgoingMail};
use rapport_store::story_test::{NOW_MS, tell};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/smtp_server.py");
/// Nobody is called so there.
const REFUSED: &str = "nobody@example.com";
const PATIENCE: Duration = Duration::from_secs(60);

/// The mail server, which ends with the test.
pub(super) struct Server {
    process: Child,
    port: u16,
    pub(super) taken: Receiver<Value>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// One that asks for this user and password and puts off so many mails; with the certificate and key in a folder, over STARTTLS.
    pub(super) fn start(user: &str, password: &str, put_off: u32, certificate: Option<&Path>) -> Self {
        let python = std::env::var("RAPPORT_TEST_PYTHON").expect("RAPPORT_TEST_PYTHON names a python with aiosmtpd");
        let mut command = Command::new(python);
        command.args([SERVER, user, password, &put_off.to_string(), REFUSED]);
        if let Some(folder) = certificate {
            command.args([folder.join("certificate.pem"), folder.join("key.pem")]);
        }
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the mail server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let port = lines.next().expect("a first line").expect("readable").parse().expect("its port");
        let (tell, taken) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).expect("JSON"));
            }
        });
        Self { process, port, taken }
    }
}

/// A certificate of `localhost` and its key, in a folder.
pub(super) fn certificate(folder: &Path) {
    let path = |name: &str| folder.join(name).display().to_string();
    let (key, certificate) = (path("key.pem"), path("certificate.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-keyout",
            &key,
            "-out",
        ])
        .args([
            &certificate,
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .stderr(Stdio::null())
        .status()
        .expect("openssl is there");
    assert!(made.success());
}

/// Waits until something is so.
pub(super) async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(super) fn advance(test: &TestApp, seconds: i64) {
    let Clock::Manual(now_ms) = &test.app.clock else { unreachable!("the clock is set by hand") };
    now_ms.fetch_add(seconds * 1_000, Ordering::Relaxed);
}

pub(super) fn settings(server: &Server, tls: MailTls) -> Config {
    Config {
        mail_url: format!("smtp://127.0.0.1:{}", server.port),
        mail_tls: tls,
        mail_from: "Rapport <reports@shop.example>".into(),
        public_url: "http://feedback.shop.example".into(),
        ..Config::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_sent_once_a_period_with_the_figures_of_its_page_until_its_reader_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let server = Server::start("reports", "s3cret", 1, Some(folder.path()));
    std::fs::write(folder.path().join("password"), "s3cret\n").unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let config = Config {
        mail_url: format!("smtp://reports@localhost:{}", server.port),
        mail_password_file: file("password"),
        mail_ca_file: file("certificate.pem"),
        ..settings(&server, MailTls::Starttls)
    };
    let test = TestApp::at_with(Clock::manual(NOW_MS), config).await;
    let site = test.site().await;
    tell(&test.app.store, &test.app.sites, &site).await;
    let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
    // Every day from seven on, by the site's clock; of the day of the story it is told on the next.
    let recipients = encode(&format!("ada@example.com {REFUSED}"));
    let form = format!("name=All+of+it&cadence=day&hour=7&fields=&recipients={recipients}");
    let kept = test.submit("/sites/shop/mail-reports", &form, &[("cookie", &editor)]).await;
    assert_eq!(kept.status, 303, "{}", kept.text());
    let jobs = test.app.start_jobs();
    let states = async || -> Vec<(String, MailState, i64)> {
        let mails = test.app.store.mails(site.site_id, 99).await.unwrap();
        mails.into_iter().map(|mail| (mail.recipient, mail.state, mail.attempts)).collect()
    };
    advance(&test, 24 * 3_600);
    until("it is put off", async || {
        let all = states().await;
        (all.len() == 2 && all.iter().all(|(_, _, attempts)| *attempts == 1)).then_some(())
    })
    .await;
    // The mail server said later: so it is, with the same Message-ID.
    advance(&test, 120);
    until("it is sent", async || states().await.iter().any(|(_, state, _)| *state == MailState::Sent).then_some(()))
        .await;
    let mut all = states().await;
    all.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(all, [("ada@example.com".into(), MailState::Sent, 2), (REFUSED.into(), MailState::Refused, 1)]);

    let mail = server.taken.recv_timeout(PATIENCE).expect("a mail");
    assert_eq!((&mail["tls"], &mail["signed_in"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!(
        (mail["from"].as_str(), mail["to"][0].as_str()),
        (Some("reports@shop.example"), Some("ada@example.com"))
    );
    let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(header("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
    assert_eq!(header("auto-submitted"), "auto-generated");
    assert!(header("message-id").ends_with("@shop.example>"), "{}", header("message-id"));
    let day = "6 May 2026";
    assert!(header("subject").contains("All of it") && header("subject").contains(day), "{}", header("subject"));
    let part = |kind: &str| mail["parts"][kind].as_str().unwrap_or_default().to_owned();
    let (text, html) = (part("text/plain"), part("text/html"));
    assert!(html.contains("<html lang=\"en\">") && html.contains("scope=\"col\"") && !html.contains("<img"), "{html}");
    // The figures are those of the page, to the digit.
    let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
    let address = "/sites/shop/overview?range=custom&from=2026-05-06&to=2026-05-06";
    let page = test.get(address, &[("cookie", &editor), ("accept", "text/html")]).await.text();
    let values: Vec<_> = page.split("class=\"value\">").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert!(values.len() > 5, "{values:?}");
    for value in values {
        assert!(text.contains(value) && html.contains(value), "{value}: {text}");
    }
    assert!(text.contains(", n ") && text.contains("95 %"), "{text}");

    // A scanner opens the link and changes nothing; one click in a mail program, which is no page of ours, does.
    let link = header("list-unsubscribe").trim_matches(['<', '>']).to_owned();
    let path = link.strip_prefix("http://feedback.shop.example").expect("below our address").to_owned();
    assert!(text.contains(&link));
    let asked = test.get(&path, &[("accept", "text/html")]).await;
    assert!(asked.status == 200 && asked.text().contains("Stop this report?"), "{}", asked.text());
    let reports = test.app.store.mail_reports(site.site_id).await.unwrap();
    assert!(reports[0].recipients.iter().all(|to| to.unsubscribed_at_ms.is_none()));
    for _ in 0..2 {
        let request = axum::http::Request::post(&path).header("content-type", "application/x-www-form-urlencoded");
        let stopped = test.send(request.body("List-Unsubscribe=One-Click".into()).unwrap()).await;
        assert!(stopped.status == 200 && stopped.text().contains("no more"), "{}", stopped.text());
    }
    let unknown = test.get(&format!("/unsubscribe/shop/{}", "0".repeat(64)), &[]).await;
    assert_eq!(unknown.status, 404);
    advance(&test, 24 * 3_600);
    until("the next one is written", async || (states().await.len() == 3).then_some(())).await;
    until("it is refused", async || {
        let refused = states().await.iter().filter(|(_, state, _)| *state == MailState::Refused).count();
        (refused == 2).then_some(())
    })
    .await;
    assert!(server.taken.try_recv().is_err(), "who stopped it is sent nothing");
    // The session of before is over: days have passed.
    let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
    let log = test.get("/sites/shop/mail-reports", &[("cookie", &editor), ("accept", "text/html")]).await.text();
    assert!(log.contains("nobody here is called so") && log.contains("unsubscribed"), "{log}");
    jobs.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_one_now_gets_one_and_no_link_that_stops_it() {
    let server = Server::start("-", "-", 0, None);
    let test = TestApp::at_with(Clock::manual(NOW_MS), settings(&server, MailTls::None)).await;
    let site = test.site().await;
    tell(&test.app.store, &test.app.sites, &site).await;
    let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
    let form = "name=Phones&cadence=week&hour=7&fields=device%3Dmobile&recipients=ada%40example.com";
    assert_eq!(test.submit("/sites/shop/mail-reports", form, &[("cookie", &editor)]).await.status, 303);
    let id = test.app.store.mail_reports(site.site_id).await.unwrap()[0].report_id;
    let jobs = test.app.start_jobs();
    let address = format!("/sites/shop/mail-reports/{id}");
    assert_eq!(test.submit(&format!("{address}/send"), "", &[("cookie", &editor)]).await.status, 303);
    let mail = tokio::task::spawn_blocking(move || (server.taken.recv_timeout(PATIENCE).expect("a mail"), server));
    let (mail, _server) = mail.await.unwrap();
    assert_eq!(mail["to"][0], "eve@example.com");
    assert!(mail["headers"].get("list-unsubscribe").is_none());
    let text = mail["parts"]["text/plain"].as_str().unwrap();
    assert!(text.contains("27 Apr 2026 to 3 May 2026, on mobile"), "{text}");
    assert_eq!(test.submit(&format!("{address}/remove"), "", &[("cookie", &editor)]).await.status, 303);
    assert_eq!(test.submit(&format!("{address}/remove"), "", &[("cookie", &editor)]).await.status, 404);
    jobs.stop().await;
}

/// A mail of somebody who tries to write headers.
fn mail_to(recipient: &str, subject: &str) -> OutgoingMail {
    let said =
        Said { subject: subject.into(), text: "ü".into(), html: "<p>ü</p>".into(), unsubscribe: String::new() };
    let by = (&Config::default(), &Clock::manual(NOW_MS));
    written(by, Default::default(), MailKind::Report, ("test", recipient), said).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_begins_no_header_and_a_wrong_password_is_no_fault_of_the_mail() {
    let server = Server::start("-", "-", 0, None);
    let mailer = Mailer::new(&settings(&server, MailTls::None)).unwrap();
    mailer.send(&mail_to("ada@example.com", "Shop\r\nBcc: eve@example.com")).await.unwrap();
    let mail = server.taken.recv_timeout(PATIENCE).expect("a mail");
    assert_eq!(mail["headers"]["subject"], "Shop Bcc: eve@example.com");
    assert!(mail["headers"].get("bcc").is_none() && mail["to"].as_array().unwrap().len() == 1);
    assert_eq!(mail["parts"]["text/plain"].as_str().unwrap().trim(), "ü");
    let refused = mailer.send(&mail_to(REFUSED, "x")).await.expect_err("nobody is called so");
    assert!(
        matches!(&refused, Undelivered::Never(reason) if reason.contains("nobody here is called so")),
        "{refused:?}"
    );
    for recipient in ["ada@example.com\r\nRCPT TO:<eve@example.com>", "ada"] {
        assert!(matches!(mailer.send(&mail_to(recipient, "x")).await, Err(Undelivered::Never(_))), "{recipient}");
    }

    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let closed = Server::start("reports", "s3cret", 0, Some(folder.path()));
    let config = Config {
        mail_url: format!("smtp://reports@localhost:{}", closed.port),
        mail_password: Secret("wrong".into()),
        mail_ca_file: folder.path().join("certificate.pem").display().to_string(),
        ..settings(&closed, MailTls::Starttls)
    };
    let wrong =
        Mailer::new(&config).unwrap().send(&mail_to("ada@example.com", "x")).await.expect_err("a wrong password");
    assert!(matches!(&wrong, Undelivered::Later(reason) if !reason.contains("wrong")), "{wrong:?}");
    // Whoever signed its certificate is not known: nothing is said in the clear.
    let strange = Config { mail_ca_file: String::new(), ..config };
    let strange = Mailer::new(&strange).unwrap().send(&mail_to("ada@example.com", "x")).await;
    assert!(matches!(strange, Err(Undelivered::Later(_))), "{strange:?}");
    let nobody = Mailer::new(&Config::default()).unwrap();
    assert!(!nobody.is_set() && matches!(nobody.send(&mail_to("a@b.c", "x")).await, Err(Undelivered::Later(_))));
}
