//! Suspicious responses over the whole router: kept, marked with their reasons, left out of scores, and counted once
//! somebody says so.

use crate::http::query::list;
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use rapport_figures::spam::Reason;
use rapport_ingest::{proof, public_id};
use rapport_report::figure::Figure;
use rapport_report::slice::{Range, Slice};
use rapport_report::survey::SurveyReport;
use rapport_shared::id::Id;
use rapport_store::account::role::Role;
use rapport_store::record::Consent;
use rapport_store::rollup::rebuild;
use rapport_store::site::Site;
use serde_json::json;

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";
const ORIGIN: &str = "https://shop.example.com";

struct Sent<'a> {
    duration_ms: u32,
    words: &'a str,
    user_agent: &'a str,
    proof: &'a str,
    address: u8,
    trapped: bool,
    visitor: Option<Id>,
    days_ago: u64,
}

const USUAL: Sent<'static> = Sent {
    duration_ms: 9_000,
    words: "",
    user_agent: BROWSER,
    proof: "",
    address: 1,
    trapped: false,
    visitor: None,
    days_ago: 0,
};

/// Sends one response; its public id.
async fn send(test: &TestApp, sent: &Sent<'_>) -> Id {
    let id = test.app.clock.new_id();
    let mut answers = vec![json!({ "question": "rating", "score": 5 })];
    if !sent.words.is_empty() {
        answers.push(json!({ "question": "reason", "text": sent.words }));
    }
    let body = json!({ "site": "shop", "proof": sent.proof, "consent": "granted", "visitor": sent.visitor, "items": [{
        "type": "response", "id": id, "revision": 1, "survey": "feedback", "survey_version": 1,
        "age_ms": sent.days_ago * 86_400_000, "trapped": sent.trapped, "duration_ms": sent.duration_ms, "finished": true, "answers": answers,
    }] });
    // Each client has an address of its own, as a trusted proxy tells it.
    let request = Request::post("/v1/batch")
        .header("origin", ORIGIN)
        .header("user-agent", format!("{} {}", sent.user_agent, sent.address))
        .body(Body::from(body.to_string()))
        .unwrap();
    let reply: Reply = test.send(request).await;
    assert_eq!((reply.status.as_u16(), reply.json()["accepted"].as_u64()), (202, Some(1)), "{}", reply.text());
    test.public_id("shop", id).await
}

async fn suspicion(test: &TestApp, site: &Site, id: Id) -> String {
    let record = test.app.store.response(site.site_id, id).await.unwrap().expect("it is kept");
    assert_eq!(record.consent, Some(Consent::Granted));
    record.suspicion.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(" ")
}

async fn report(test: &TestApp, site: &Site, fields: &str) -> SurveyReport {
    report_of(test, site, &Slice::default(), fields).await
}

async fn report_of(test: &TestApp, site: &Site, slice: &Slice, fields: &str) -> SurveyReport {
    let context = test.app.sites.by_id(site.site_id).await.unwrap().unwrap();
    let reports = test.reports();
    let source = reports.of(&context);
    let pairs: Vec<_> = form_urlencoded::parse(fields.as_bytes()).into_owned().collect();
    let listing = list::listing(&pairs).unwrap();
    source.survey(slice, "feedback", listing).await.unwrap().unwrap()
}

fn counted(report: &SurveyReport) -> (u64, usize) {
    (report.questions[0].answered, report.responses.len())
}

#[tokio::test]
async fn each_reason_is_found_and_nothing_is_dropped() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let words = "Buy cheap watches at evil.example";
    let mut found = Vec::new();
    let mut ids = Vec::new();
    for sent in [
        USUAL,
        Sent { duration_ms: 120, ..USUAL },
        Sent { trapped: true, ..USUAL },
        Sent { user_agent: "Googlebot/2.1", ..USUAL },
        Sent { words, address: 2, ..USUAL },
        Sent { words, address: 3, ..USUAL },
        Sent { words, address: 4, ..USUAL },
    ] {
        ids.push(send(&test, &sent).await);
    }
    for id in ids {
        found.push(suspicion(&test, &site, id).await);
    }
    assert_eq!(found, ["", "too_fast", "trapped", "bot", "repeated", "repeated", "repeated"]);
    let mut burst = Vec::new();
    for _ in 0..12 {
        // One program stays one client, whatever visitors it makes up.
        let id = send(&test, &Sent { address: 9, visitor: Some(test.app.clock.new_id()), ..USUAL }).await;
        burst.push(suspicion(&test, &site, id).await);
    }
    assert!(
        burst[..10].iter().all(String::is_empty) && burst[10..].iter().all(|reason| reason == "burst"),
        "{burst:?}"
    );

    let page = test.get("/v1/config/shop", &[("origin", ORIGIN)]).await.json();
    let proof = page["proof"].as_str().unwrap().to_owned();
    let mut proofs = Vec::new();
    for (proof, address) in [("", 20), (proof.as_str(), 21), ("", 22), ("9.made-up", 23)] {
        let id = send(&test, &Sent { proof, address, ..USUAL }).await;
        proofs.push(suspicion(&test, &site, id).await);
    }
    assert_eq!(proofs, ["", "", "without_config", "without_config"]);
    let secrets = test.app.store.site_secrets(site.site_id, 1).await.unwrap();
    assert!(proof::is_valid(&secrets.config, &proof, test.app.clock.now_ms()));
}

#[tokio::test]
async fn scores_leave_them_out_until_somebody_says_otherwise() {
    let test = TestApp::new().await;
    let site = test.site().await;
    send(&test, &USUAL).await;
    let suspicious = send(&test, &Sent { duration_ms: 90, address: 2, ..USUAL }).await;
    let roll_up = async || rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.unwrap();
    for _ in 0..2 {
        assert_eq!(counted(&report(&test, &site, "").await), (1, 1));
        assert_eq!(counted(&report(&test, &site, "suspicious=included").await), (2, 2));
        let only = report(&test, &site, "suspicious=only").await;
        assert_eq!(counted(&only), (1, 1));
        assert_eq!((only.responses[0].id.as_str(), only.responses[0].is_left_out()), (&*suspicious.to_text(), true));
        // The same from rows as from rollups.
        roll_up().await;
    }
    let address = format!("/sites/shop/responses/{suspicious}");
    let viewer = test.cookie(&site, "vera@example.com", Role::Viewer).await;
    let page = test.get(&address, &[("cookie", &viewer)]).await.text();
    assert!(page.contains("answered faster than people read") && !page.contains("Count it after all"));
    let post = format!("{address}/suspicion");
    assert_eq!(test.submit(&post, "counts=yes", &[("cookie", &viewer)]).await.status, 403);
    let sam = test.cookie(&site, "sam@example.com", Role::Support).await;
    assert_eq!(test.submit(&post, "counts=maybe", &[("cookie", &sam)]).await.status, 422);
    for (counts, expected) in [("yes", (2, 2)), ("no", (1, 1)), ("yes", (2, 2))] {
        assert_eq!(
            test.submit(&post, &format!("counts={counts}"), &[("cookie", &sam)]).await.header("location"),
            address
        );
        assert_eq!(counted(&report(&test, &site, "").await), expected, "at once");
        roll_up().await;
        assert_eq!(counted(&report(&test, &site, "").await), expected, "and from rollups");
    }
    let noted = test.app.store.audit_entries(site.site_id, None, 10).await.unwrap();
    let actions = noted.iter().map(|entry| entry.action.as_str());
    let actions: Vec<_> = actions.filter(|action| action.starts_with("response.")).collect();
    assert_eq!(actions, ["response.trust", "response.distrust", "response.trust"]);
    let fault = test.get("/sites/shop/feedback/feedback?suspicious=maybe", &[("cookie", &sam)]).await;
    assert!(fault.text().contains("<code>suspicious</code>"));
}

#[tokio::test]
async fn the_first_copies_of_the_same_words_leave_the_scores_with_the_third() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let words = "Buy cheap watches at evil.example";
    send(&test, &Sent { address: 90, ..USUAL }).await;
    let roll_up = async || rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.unwrap();
    for (copy, scores) in (0..).zip([2, 3, 1, 1]) {
        send(&test, &Sent { words, address: copy, ..USUAL }).await;
        assert_eq!(counted(&report(&test, &site, "").await).0, scores, "from rows");
        roll_up().await;
        assert_eq!(counted(&report(&test, &site, "").await).0, scores, "from rollups");
    }
    // What somebody counted after all stays counted.
    let only = report(&test, &site, "suspicious=only").await;
    let cookie = test.cookie(&site, "sam@example.com", Role::Support).await;
    let address = format!("/sites/shop/responses/{}/suspicion", only.responses[3].id);
    test.submit(&address, "counts=yes", &[("cookie", &cookie)]).await;
    send(&test, &Sent { words, address: 9, ..USUAL }).await;
    assert_eq!(counted(&report(&test, &site, "").await).0, 2);
}

#[tokio::test]
async fn every_figure_of_a_survey_follows_the_same_choice() {
    let test = TestApp::new().await;
    let site = test.site().await;
    // The oldest says that the data began before both weeks.
    for (days_ago, trusted, suspicious) in [(0, 2, 1), (8, 1, 3), (14, 1, 0)] {
        for number in 0..trusted + suspicious {
            let trapped = number >= trusted;
            send(&test, &Sent { days_ago, trapped, address: number, ..USUAL }).await;
        }
    }
    let week = Slice { range: Range::Last(7), ..Slice::default() };
    for _ in 0..2 {
        for (fields, now, before) in [("", 2, 1), ("suspicious=included", 3, 4)] {
            let report = report_of(&test, &site, &week, fields).await;
            let question = &report.questions[0];
            let score = question.score.as_ref().unwrap();
            let of_trend: u64 = question.trend.iter().map(|point| point.n).sum();
            let of_bars: u64 = question.distribution.iter().map(|bar| bar.answers).sum();
            let delivery = (report.delivery.stored, report.delivery.finished, report.completion.n);
            assert_eq!((question.answered, score.n, of_trend, of_bars), (now, now, now, now), "{fields}");
            assert_eq!(delivery, (now, now, now), "{fields}");
            let earlier = |figure: &Figure| figure.change.as_ref().map(|change| change.n_before);
            assert_eq!((earlier(score), earlier(&report.completion)), (Some(before), Some(before)), "{fields}");
        }
        // The same from rows as from rollups.
        rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.unwrap();
    }
}

#[tokio::test]
async fn a_trap_in_the_hosted_form_is_seen_by_programs_only() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let browser = [("user-agent", BROWSER)];
    let page = test.get("/f/shop/feedback", &browser).await.text();
    let trap = page.split("<p ").find(|rest| rest.contains("name=\"website\"")).expect("the field is there");
    assert!(trap.contains("tabindex=\"-1\"") && trap.contains("aria-hidden=\"true\""), "{trap}");
    for (id, trap, expected) in [(1, "", vec![]), (2, "http%3A%2F%2Fevil.example", vec![Reason::Trapped])] {
        let id = Id([id; 16]);
        let form = format!("run={id}&opened_at_ms=0&website={trap}&q.rating=4");
        assert_eq!(test.submit("/f/shop/feedback", &form, &browser).await.status, 200);
        let id = public_id::of_response(site.site_id, id);
        let record = test.app.store.response(site.site_id, id).await.unwrap().unwrap();
        assert_eq!(record.suspicion, expected);
    }
}

/// Sends responses of one address in batches of ten, each item as its number makes it.
async fn flood(
    test: &TestApp,
    range: std::ops::Range<usize>,
    address: &str,
    item: impl Fn(usize) -> serde_json::Value,
) {
    for from in range.clone().step_by(10) {
        let items: Vec<_> = (from..range.end.min(from + 10)).map(&item).collect();
        let sent = items.len() as u64;
        // Another browser every time, as the sender says.
        let agent = format!("{BROWSER} {from}");
        let request = Request::post("/v1/batch").header("origin", ORIGIN).header("user-agent", agent);
        let request = request.header("x-forwarded-for", address);
        let body = json!({ "site": "shop", "items": items }).to_string();
        let reply = test.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!((reply.status.as_u16(), reply.json()["accepted"].as_u64()), (202, Some(sent)), "{}", reply.text());
    }
}

fn item(test: &TestApp, age_ms: u64, words: &str) -> serde_json::Value {
    let mut answers = vec![json!({ "question": "rating", "score": 5 })];
    answers.extend((!words.is_empty()).then(|| json!({ "question": "reason", "text": words })));
    json!({ "type": "response", "id": test.app.clock.new_id(), "revision": 1, "survey": "feedback", "survey_version": 1,
        "age_ms": age_ms, "duration_ms": 9_000, "finished": true, "answers": answers })
}

async fn behind_a_proxy() -> (TestApp, Site) {
    let config = crate::config::Config {
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        batches_per_minute: 0,
        ..crate::config::Config::default()
    };
    let test = TestApp::with_config(config).await;
    let site = test.site().await;
    (test, site)
}

async fn with_quota(test: &TestApp, site: &Site, quota: u64) {
    let survey = rapport_shared::survey::Survey { quota: Some(quota), ..crate::new_site::first_survey() };
    test.app.store.apply_survey(site.site_id, &survey, &rapport_store::test_store::note(1)).await.unwrap();
    test.app.sites.forget();
}

async fn suspicious(test: &TestApp) -> i64 {
    let sql = "SELECT COUNT(*) FROM response WHERE suspicion IS NOT NULL";
    rapport_store::test_store::number(&test.app.store, sql).await
}

#[tokio::test]
async fn five_hundred_answers_of_one_address_use_up_no_quota_whatever_browsers_they_name() {
    let (test, site) = behind_a_proxy().await;
    with_quota(&test, &site, 50).await;
    flood(&test, 0..500, "198.51.100.7", |number| item(&test, number as u64 % 30 * 86_400_000, "")).await;
    assert_eq!(suspicious(&test).await, 500, "the first ones, too");
    assert_eq!(test.get("/f/shop/feedback", &[]).await.status, 200, "it is still asked");
    assert_eq!(counted(&report(&test, &site, "").await).0, 0);
    rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.unwrap();
    assert_eq!(counted(&report(&test, &site, "").await).0, 0, "nor from rollups");
}

#[tokio::test]
async fn one_network_of_ipv6_is_one_sender() {
    let (test, _) = behind_a_proxy().await;
    for network in 0..2 {
        for part in 0..8_usize {
            let address = format!("2001:db8:0:{network}::{part}");
            flood(&test, part * 10..part * 10 + 10, &address, |_| item(&test, 0, "")).await;
        }
        assert_eq!(suspicious(&test).await, 80 * (network + 1));
    }
}

#[tokio::test]
async fn two_classes_of_a_school_may_answer_at_once() {
    let (test, site) = behind_a_proxy().await;
    with_quota(&test, &site, 60).await;
    flood(&test, 0..60, "198.51.100.7", |number| item(&test, 0, ["", "good", "too long", "I liked it"][number % 4]))
        .await;
    assert_eq!(suspicious(&test).await, 0);
    assert_eq!(counted(&report(&test, &site, "").await).0, 60, "each counts");
    assert_eq!(test.get("/f/shop/feedback", &[]).await.status, 200, "and others are asked, too");
}

#[tokio::test]
async fn fifty_eight_answers_of_one_address_ended_a_survey_and_those_of_five_do() {
    let (test, site) = behind_a_proxy().await;
    with_quota(&test, &site, 50).await;
    flood(&test, 0..58, "198.51.100.7", |_| item(&test, 0, "")).await;
    assert_eq!(test.get("/f/shop/feedback", &[]).await.status, 200);
    for network in 1..4 {
        flood(&test, 0..12, &format!("2001:db8:{network}::1"), |_| item(&test, 0, "")).await;
    }
    assert_eq!(test.get("/f/shop/feedback", &[]).await.status, 200, "four give four fifths");
    flood(&test, 0..10, "198.51.100.8", |_| item(&test, 0, "")).await;
    assert_eq!(test.get("/f/shop/feedback", &[]).await.status, 410, "those of people fill the quota");
    assert_eq!(suspicious(&test).await, 0);
}

#[tokio::test]
async fn many_networks_of_one_ipv6_customer_are_one_sender() {
    for (prefix, answers) in [("2001:db8:0:2", 70), ("2001:db8:1:", 80)] {
        let (test, _) = behind_a_proxy().await;
        for part in 0..answers / 10 {
            // Seven networks of one /56, and eight of one /48 in as many /56s.
            let address = if answers == 70 { format!("{prefix}0{part}::1") } else { format!("{prefix}{part}00::1") };
            flood(&test, part * 10..part * 10 + 10, &address, |_| item(&test, 0, "")).await;
        }
        assert_eq!(suspicious(&test).await, answers as i64, "{prefix}");
    }
}

#[tokio::test]
async fn the_same_short_words_again_and_again_from_one_network_are_suspicious() {
    let (test, _) = behind_a_proxy().await;
    flood(&test, 0..20, "198.51.100.7", |_| item(&test, 0, "evil.example")).await;
    assert_eq!(suspicious(&test).await, 0);
    flood(&test, 20..30, "198.51.100.8", |_| item(&test, 0, "evil.example")).await;
    assert_eq!(suspicious(&test).await, 0, "another network");
    flood(&test, 30..31, "198.51.100.7", |_| item(&test, 0, "evil.example")).await;
    assert_eq!(suspicious(&test).await, 21);
}

#[tokio::test]
async fn a_suspicious_answer_fills_the_quota_once_somebody_says_that_it_counts() {
    let test = TestApp::new().await;
    let site = test.site().await;
    with_quota(&test, &site, 1).await;
    let id = send(&test, &Sent { trapped: true, ..USUAL }).await;
    assert_eq!(test.get("/f/shop/feedback", &[]).await.status, 200);
    let note = rapport_store::test_store::note(1);
    assert!(test.app.store.clear_suspicion(site.site_id, id, true, &note).await.unwrap());
    assert_eq!(test.get("/f/shop/feedback", &[]).await.status, 410);
}

#[tokio::test]
async fn the_first_copies_of_spam_leave_the_scores_when_the_third_arrives() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let words = "Buy cheap watches at evil.example";
    let roll_up = async || rebuild::run_once(&test.app.store, &test.app.clock, &test.app.sites).await.unwrap();
    send(&test, &Sent { address: 1, ..USUAL }).await;
    for (address, expected) in [(2, 2), (3, 3), (4, 1), (5, 1)] {
        send(&test, &Sent { words, address, ..USUAL }).await;
        assert_eq!(counted(&report(&test, &site, "").await).0, expected, "from rows");
        roll_up().await;
        assert_eq!(counted(&report(&test, &site, "").await).0, expected, "from rollups");
    }
    assert_eq!(counted(&report(&test, &site, "suspicious=included").await).0, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_a_burst_slips_through_when_all_arrive_at_the_same_moment() {
    let (test, _) = behind_a_proxy().await;
    let batches = (0..200).map(|number| flood(&test, number..number + 1, "198.51.100.7", |_| item(&test, 0, "")));
    futures_util::future::join_all(batches).await;
    assert_eq!(suspicious(&test).await, 200);
}
