//! The table of answers over the whole router: all of them, each once, and nothing left behind.

use crate::test_app::TestApp;
use http_body_util::BodyExt;
use rapport_shared::id::Id;
use rapport_shared::survey::AnswerKind;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::device::Device;
use rapport_store::record::Consent;
use rapport_store::record::{AnswerRow, Record, ResponseRow, Submission};
use rapport_store::site::Site;
use rapport_store::test_store::note;
use std::collections::BTreeSet;

/// 2026-05-06T10:30:00Z, 12:30 in Berlin.
const NOW_MS: i64 = 1_778_063_400_000;
const DAYS: &str = "range=custom&from=2026-05-06&to=2026-05-06&format=csv";

fn id(number: u32) -> Id {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Id(bytes)
}

/// A response with a score, words that would be a formula, and a fact.
fn response(site: &Site, number: u32) -> Record {
    let at_ms = NOW_MS - i64::from(number % 600) * 1_000;
    let row = ResponseRow {
        site_id: site.site_id,
        item_id: id(number),
        revision: 1,
        survey_id: "feedback".into(),
        survey_version: 1,
        view_id: None,
        session_id: None,
        visitor_key: None,
        occurred_at_ms: at_ms,
        received_at_ms: at_ms,
        hour_ms: at_ms / 3_600_000 * 3_600_000,
        clamped: false,
        bot: false,
        path: format!("/page/{}", number % 3),
        language: "en".into(),
        device: Device::Desktop.into(),
        duration_ms: 8_000,
        finished: true,
        trail: r#"[{"before_ms":20000,"kind":"rage_click","element":"button.wishlist","count":5}]"#.into(),
        trail_withheld: false,
        page: format!(r#"{{"id":"{}","path":"/","lcp_ms":5000,"clicks":3}}"#, id(number)),
        suspicion: None,
        consent: Consent::Unknown,
        customer_id: None,
    };
    let answer = |position: i64, question: &str, kind: AnswerKind, score: Option<i64>, text: &str| AnswerRow {
        site_id: site.site_id,
        item_id: id(number),
        question_id: question.into(),
        position,
        kind,
        score,
        choices: "[]".into(),
        text: text.into(),
    };
    let answers = vec![
        answer(0, "rating", AnswerKind::Csat, Some(i64::from(number % 5) + 1), ""),
        answer(1, "reason", AnswerKind::OpenText, None, &format!("=SUM({number}), \"said\"\nso")),
        answer(2, "fact.order", AnswerKind::Fact, None, &format!("F-{number}")),
    ];
    Record::Response(Box::new(row), answers)
}

async fn add(store: &Store, site: &Site, numbers: std::ops::Range<u32>) {
    let all: Vec<_> = numbers.collect();
    for some in all.chunks(500) {
        let records = some.iter().map(|number| response(site, *number)).collect();
        let submission = Submission { site_id: site.site_id, received_at_ms: NOW_MS, records, ..Submission::default() };
        store.submit(submission).await.unwrap();
    }
}

/// Reads a table as RFC 4180 says.
fn parsed(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(letter),
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_answers_holds_every_answer_and_not_twenty() {
    const ALL: u32 = 3_000;
    let test = TestApp::new().await;
    let site = test.site().await;
    add(&test.app.store, &site, 0..ALL).await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let table = async |query: &str| {
        let address = format!("/sites/shop/feedback/feedback?{DAYS}{query}");
        let reply = test.get(&address, &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.header("content-disposition").contains("feedback-answers.csv"));
        parsed(&reply.text())
    };
    let rows = table("").await;
    let header = &rows[0];
    let column = |name: &str| {
        header.iter().position(|other| other.starts_with(name)).unwrap_or_else(|| panic!("{name}: {header:?}"))
    };
    assert!(rows.iter().all(|row| row.len() == header.len()));
    let ids: BTreeSet<_> = rows[1..].iter().map(|row| row[column("response")].clone()).collect();
    assert_eq!((rows.len() - 1, ids.len()), (ALL as usize, ALL as usize), "a row a response, each once");
    let one = rows.iter().find(|row| row[column("response")] == id(7).to_text()).unwrap();
    for (name, value) in [
        ("at", "2026-05-06T12:29:53+02:00"),
        ("page", "/page/1"),
        ("finished", "yes"),
        ("version", "1"),
        ("consent", "unknown"),
        ("counted", "yes"),
        ("trail_rage_clicks", "1"),
        ("trail", "20 s before: Rage-clicked button.wishlist ×5"),
        ("page_clicks", "3"),
        ("lcp_ms", "5000"),
        ("rating: ", "3"),
        ("reason: ", "'=SUM(7), \"said\"\nso"),
        ("fact.order", "F-7"),
    ] {
        let place =
            if name == "trail" { header.iter().position(|other| other == "trail").unwrap() } else { column(name) };
        assert_eq!(one[place], value, "{name}");
    }
    // The choice of the page is that of the table; its place in the list is not.
    let low = table("&score=low&with=words&page=%2Fpage%2F1&after=5.01234567-89ab-7def-8123-456789abcdef").await;
    let expected = (0..ALL).filter(|number| number % 5 < 2 && number % 3 == 1).count();
    assert_eq!(low.len() - 1, expected);
    assert_eq!(
        table("&score=high&device=tablet").await,
        std::slice::from_ref(header),
        "the columns stay where nothing was answered"
    );
    until_idle(&test.app.store).await;
}

async fn until_idle(store: &Store) {
    for _ in 0..500 {
        if store.streams() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("a reader is still at work");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_in_the_middle_of_a_table_leaves_no_reader_behind() {
    let test = TestApp::new().await;
    let site = test.site().await;
    add(&test.app.store, &site, 0..3_000).await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let address = format!("/sites/shop/feedback/feedback?{DAYS}");
    let mut body = test.open(&address, &[("cookie", &cookie)]).await.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"response,at,"));
    assert_eq!(test.app.store.streams(), 1, "the rest waits until it is wanted");
    drop(body);
    until_idle(&test.app.store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_take_the_table_of_answers_with_a_key() {
    let test = TestApp::new().await;
    let site = test.site().await;
    add(&test.app.store, &site, 0..30).await;
    let address = format!("/api/v1/sites/shop/reports/feedback/feedback/responses.csv?{DAYS}");
    let figures = test.bearer(&site, &[Scope::ReadReports]).await;
    assert_eq!(test.get(&address, &[("authorization", &figures)]).await.status, 403);
    let reader = test.bearer(&site, &[Scope::ReadResponses]).await;
    let reply = test.get(&address, &[("authorization", &reader)]).await;
    assert_eq!(parsed(&reply.text()).len(), 31, "{}", reply.text());
    let none = test.get(&address.replace("feedback/feedback", "feedback/none"), &[("authorization", &reader)]).await;
    assert_eq!(none.status, 404);
    let fault = test.get(&format!("{address}&bom=maybe"), &[("authorization", &reader)]).await;
    assert_eq!((fault.status.as_u16(), fault.json()["errors"][0]["field"].as_str()), (422, Some("bom")));
}

#[tokio::test]
async fn every_change_is_in_the_table_of_changes() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
    for number in 0..120 {
        let entry = rapport_store::audit::AuditEntry { action: format!("test.{number:03}"), ..note(number) };
        test.app.store.note(site.site_id, &entry).await.unwrap();
    }
    let reply = test.get("/sites/shop/audit?format=csv", &[("cookie", &editor)]).await;
    let seen: BTreeSet<_> =
        parsed(&reply.text()).iter().map(|row| row[4].clone()).filter(|one| one.starts_with("test.")).collect();
    assert!((0..120).all(|number| seen.contains(&format!("test.{number:03}"))), "{seen:?}");
}
