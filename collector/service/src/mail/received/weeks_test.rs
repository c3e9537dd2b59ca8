//! A customer's weeks, lived over a real SMTP and a real IMAP server by a clock that is set by hand: seen, rated low, answered in time,
//! answered back, mended, asked, said to be true; then erased, and found nowhere while totals stay.

use super::imap_server::ImapServer;
use super::imap_test::{PATIENCE, mail, with_mailbox};
use crate::config::MailTls;
use crate::http::query::encode;
use crate::mail::smtp_test::{Server, advance, certificate, settings, until};
use crate::test_app::TestApp;
use axum::body::Body;
use axum::http::Request;
use rapport_ingest::signature;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::conversation::site_mail::SiteMail;
use rapport_store::story_test::NOW_MS;
use rapport_store::test_store::note;
use serde_json::{Value, json};

const ADDRESS: &str = "ada@example.org";
const WORDS: &str = "Nothing is in my cart, says Adalovelace.";

#[tokio::test(flavor = "multi_thread")]
async fn one_customers_weeks_come_to_the_figures_that_a_hand_computes_and_leave_no_trace_when_erased() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let smtp = Server::start("-", "-", 0, None);
    let mut imap = ImapServer::start(folder.path());
    let config = with_mailbox(settings(&smtp, MailTls::None), imap.tls_port, MailTls::Implicit, folder.path());
    // Wednesday, 6 May 2026, 12:30 in Berlin; a first response is promised within a business day.
    let test = TestApp::at_with(Clock::manual(NOW_MS), config).await;
    let site = test.site().await;
    let store = &test.app.store;
    let own = SiteMail { address: "help@shop.example".into(), asks: true, ..SiteMail::default() };
    store.set_site_mail(site.site_id, &own, &note(1)).await.unwrap();
    let scopes =
        [Scope::WriteCustomers, Scope::ReadCustomers, Scope::ManageCustomers, Scope::ReadReports, Scope::ReadResponses];
    let bearer = test.bearer(&site, &scopes).await;
    let api = async |method: &str, path: &str, body: Value| {
        let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/{path}"));
        let request = request.header("authorization", &bearer).header("content-type", "application/json");
        let reply = test.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert!(reply.status.is_success(), "{method} {path}: {} {}", reply.status, reply.text());
        reply.json()
    };
    api("PUT", "customers/C-1", json!({ "name": "Adalovelace", "mail": ADDRESS })).await;
    let bought = json!({ "interactions": [{
        "id": "order-1", "customer": "C-1", "channel": "purchase", "thing": "Moss mug", "amount_minor": 2400, "currency": "EUR",
        "occurred_at_ms": NOW_MS - 86_400_000,
    }] });
    api("POST", "interactions", bought).await;
    let jobs = test.app.start_jobs();

    // She looks at a page and rates it low, known by the company's own signature.
    let secrets = store.site_secrets(site.site_id, 1).await.unwrap();
    let signed = signature::sign(signature::readable(&secrets.identity).as_bytes(), "C-1");
    let id = || test.app.clock.new_id();
    let (view, response) = (id(), id());
    let batch = json!({ "site": "shop", "session": id(), "customer": "C-1", "customer_signature": signed, "items": [
        { "type": "page_view", "id": view, "revision": 1, "path": "/cart", "view_index": 1, "duration_ms": 40_000 },
        { "type": "signal", "id": id(), "view": view, "kind": "dead_click", "path": "/cart", "element": "button.pay" },
        { "type": "response", "id": response, "revision": 1, "survey": "feedback", "survey_version": 1, "view": view,
          "path": "/cart", "duration_ms": 9_000, "finished": true, "trail": [], "answers": [
            { "question": "rating", "score": 1 }, { "question": "reason", "text": WORDS },
          ] },
    ] });
    let stored = test.batch(&batch.to_string()).await;
    assert_eq!(stored.json()["accepted"], 3, "{}", stored.text());
    let response = test.public_id("shop", response).await;
    let ticket_id = rapport_store::ticket::id_of(site.site_id, response);
    let code = rapport_store::ticket::code_of(ticket_id);
    let ticket = async || store.ticket(site.site_id, ticket_id).await.unwrap();
    // Jobs look every few seconds of the clock that is set by hand.
    until("the rating becomes a ticket", async || {
        advance(&test, 3);
        ticket().await
    })
    .await;

    // Sue answers three hours later: within the eight of a business day.
    advance(&test, 3 * 3_600);
    let sue = test.cookie(&site, "sue@shop.example", Role::Editor).await;
    let form = format!("text={}&to={}&state=waiting", encode("We look at it.\n\nSue"), encode(ADDRESS));
    let replied = test.submit(&format!("/sites/shop/inbox/{code}/replies"), &form, &[("cookie", &sue)]).await;
    assert_eq!(replied.status, 303, "{}", replied.text());
    let sent = smtp.taken.recv_timeout(PATIENCE).expect("a mail");
    assert_eq!(sent["to"][0], ADDRESS);
    let header = |name: &str| sent["headers"][name].as_str().unwrap_or_default().to_owned();

    // She answers by mail.
    let references = format!("In-Reply-To: {0}\r\nReferences: {0}\r\n", header("message-id"));
    let answer = mail(7, &header("reply-to"), &references, "It is the pay button.");
    imap.deliver(&answer);
    until("her answer arrives", async || {
        advance(&test, 31);
        (store.ticket_mails(site.site_id, ticket_id).await.unwrap().len() == 2).then_some(())
    })
    .await;

    // Two days on it is mended; an hour after that she is asked, and says that it is true.
    advance(&test, 2 * 86_400);
    let sue = test.cookie(&site, "sue@shop.example", Role::Editor).await;
    let version = ticket().await.unwrap().version;
    let resolve = format!("state=resolved&problem_fixed=yes&cause_fixed=yes&cause=Pay+button&version={version}");
    let resolved = test.submit(&format!("/sites/shop/inbox/{code}"), &resolve, &[("cookie", &sue)]).await;
    assert_eq!(resolved.status, 303, "{}", resolved.text());
    advance(&test, 3_700);
    let asked = smtp.taken.recv_timeout(PATIENCE).expect("a question");
    let text = asked["parts"]["text/plain"].as_str().unwrap();
    let link = text.split_whitespace().find(|word| word.contains("/asked/")).unwrap();
    let path = link.strip_prefix("http://feedback.shop.example").unwrap();
    let thanked = test.submit(path, "was_true=yes&problem_fixed=yes&cause_fixed=yes", &[]).await;
    assert!(thanked.status == 200 && thanked.text().contains("Thank you"), "{}", thanked.text());

    // One promise fell due, of a first response, and was kept: 1 of 1, and Wilson's interval of that begins at 1 / (1 + 1.96²).
    advance(&test, 86_400);
    until("promises are reckoned", async || {
        advance(&test, 3);
        let left = store.tickets_to_reckon(site.site_id, Default::default(), 9).await.unwrap();
        left.is_empty().then_some(())
    })
    .await;
    let targets = api("GET", "reports/targets?range=30d", json!(null)).await;
    let met = |name: &str| {
        let figure = targets["met"].as_array().unwrap().iter().find(|figure| figure["name"] == name).unwrap();
        (figure["n"].as_u64().unwrap(), figure["value"].clone(), figure["low"].as_f64())
    };
    let (n, value, low) = met("first_response_met");
    let wilson = 100.0 / (1.0 + 1.959_963_985_f64.powi(2));
    assert!((n, value) == (1, json!(100.0)) && (low.unwrap() - wilson).abs() < 1e-6, "{targets}");
    assert_eq!((met("next_response_met").0, targets["late"].as_array().map(Vec::len)), (0, Some(0)), "{targets}");
    let sue = test.cookie(&site, "sue@shop.example", Role::Editor).await;
    let read = async |path: &str| {
        let page = test.get(&format!("/sites/shop/{path}"), &[("cookie", &sue), ("accept", "text/html")]).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        page.text()
    };
    assert!(read("targets?range=30d").await.contains("100.0"), "the page says the same");
    assert!(read("causes").await.contains("Pay button"));
    assert!(read(&format!("inbox/{code}")).await.contains("It is the pay button."));

    // On one line, newest first: what she wrote, what she was told, the ticket, her answer, and the day before what she bought.
    let line = api("GET", "customers/C-1/timeline", json!(null)).await;
    let told: Vec<String> = line["days"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|day| day["events"].as_array().unwrap())
        .filter(|event| event["kind"] != "visit")
        .map(|event| match event["kind"].as_str() {
            Some("contact") => {
                format!("{} {}", event["channel"].as_str().unwrap(), event["direction"].as_str().unwrap())
            }
            kind => kind.unwrap_or_default().to_owned(),
        })
        .collect();
    assert_eq!(told, ["mail in", "mail out", "ticket", "answers", "purchase in"], "{line}");
    let customer = api("GET", "customers/C-1", json!(null)).await;
    assert_eq!((&customer["paid"][0]["purchased_minor"], &customer["open_tickets"]), (&json!(2400), &json!(0)));
    assert_eq!((&customer["scores"][0]["score"], &customer["scores"][0]["n"]), (&json!(1), &json!(1)));
    let last = &customer["channels"].as_array().unwrap().iter().find(|of| of["channel"] == "mail").unwrap()["last"];
    assert_eq!(&customer["customer"]["last_contact"], last, "her mail was the last contact: {customer}");
    let overview = api("GET", "reports/overview?range=30d", json!(null)).await;
    let feedback = api("GET", "reports/feedback/feedback?range=30d", json!(null)).await;

    // She is erased: the receipt says what was found, nothing finds her, and totals stay.
    let receipt = api("POST", "customers/C-1/erase", json!({ "confirm": "C-1" })).await;
    assert!(receipt.to_string().contains("ticket") && !receipt.to_string().contains("Ada"), "{receipt}");
    jobs.stop().await;
    let after = api("GET", "reports/overview?range=30d", json!(null)).await;
    assert_eq!(after["totals"], overview["totals"], "totals stay");
    let later = api("GET", "reports/feedback/feedback?range=30d", json!(null)).await;
    let score = |report: &Value| report["questions"][0]["score"]["value"].clone();
    assert_eq!(score(&later), score(&feedback), "and scores");
    let kept = api("GET", "reports/targets?range=30d", json!(null)).await;
    assert_eq!(kept["met"][0]["n"], 1, "and promises");
    for path in
        ["inbox?show=all", "customers", "words?search=Adalovelace", "targets?range=30d", "overview?range=30d", "audit"]
    {
        let page = read(path).await;
        for trace in ["Adalovelace", ADDRESS, "pay button.", WORDS] {
            let typed = path.contains(trace);
            assert!(typed || !page.contains(trace), "{path} has {trace}: {page}");
        }
    }
    let found = test.get(&format!("/sites/shop/inbox/{code}"), &[("cookie", &sue), ("accept", "text/html")]).await;
    assert_eq!(found.status, 404);
}
