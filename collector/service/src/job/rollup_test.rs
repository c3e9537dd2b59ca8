//! Rollups against the rows they stand for: the same answer from clean buckets, dirty hours and days, on both engines.

use rapport_figures::sketch::{QuantileSketch, UniqueSketch};
use rapport_ingest::{BatchRequest, Client, Ingest, RateLimit};
use rapport_report::Source;
use rapport_report::response::nowhere;
use rapport_report::slice::{Range, Slice};
use rapport_shared::id::Id;
use rapport_shared::wire::BatchReply;
use rapport_store::clock::Clock;
use rapport_store::rollup::row::merged;
use rapport_store::rollup::{
    AnswerGiven, AnswerRollup, BucketPlan, Continued, Grain, HourRollup, HourRows, PageRollup, ROLLUPS, SignalRollup,
    SignalSeen, SurveyRollup, SurveyStep, View, buckets, fresh, rebuild,
};
use rapport_store::site::Site;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::site::secrets::SiteSecrets;
use rapport_store::test_store::{each_engine, in_memory, number};
use rapport_store::{Statement, Store};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

fn view(path: &str, session: u8, view_index: i64, duration_ms: i64) -> View {
    View {
        path: path.into(),
        device: "desktop".into(),
        session_id: Some(Id([session; 16])),
        visitor_key: Id([session; 16]),
        view_index,
        duration_ms,
        ..View::default()
    }
}

fn whole_site(rollup: &HourRollup) -> &PageRollup {
    rollup.rows::<PageRollup>().iter().find(|page| page.path.is_empty()).expect("the whole site has a row")
}

#[test]
fn a_visit_bounces_by_the_rule_of_google_analytics_4() {
    let stayed = View { hidden_ms: 0, ..view("/a", 1, 1, 10_001) };
    let hidden = View { hidden_ms: 50_000, ..view("/a", 2, 1, 60_000) };
    let bought = View { key_events: 1, ..view("/a", 3, 1, 1_000) };
    let went_on = view("/a", 4, 1, 1_000);
    let left = view("/a", 5, 1, 10_000);
    let views = [stayed, hidden, bought, went_on, view("/b", 4, 2, 1_000), left];
    let rollup = ROLLUPS.of_hour(&HourRows::new(0).with(views).with([Continued(Some(Id([4; 16])))]));
    let site = whole_site(&rollup);
    assert_eq!((site.views, site.visits, site.bounced_visits), (6, 5, 2));
    let second = rollup.rows::<PageRollup>().iter().find(|page| page.path == "/b").expect("the page has a row");
    assert_eq!((second.views, second.visits, second.bounced_visits), (1, 0, 0));
}

#[test]
fn the_rows_of_all_pages_and_devices_are_the_sum_of_the_others() {
    let on = |path: &str, device: &str, session: u8| View {
        device: device.into(),
        lcp_ms: Some(100 * i64::from(session)),
        errors: 1,
        ..view(path, session, 1, 4_000)
    };
    let step = |path: &str, device: &str| SurveyStep {
        survey_id: "nps".into(),
        path: path.into(),
        device: device.into(),
        step: "shown".into(),
    };
    let score = |path: &str, device: &str| AnswerGiven {
        survey_id: "nps".into(),
        question_id: "likely".into(),
        kind: "nps".into(),
        score: Some(9),
        choices: vec![],
        path: path.into(),
        device: device.into(),
    };
    let places = [("/a", "mobile"), ("/a", "desktop"), ("/b", "desktop"), ("/b", "desktop")];
    let views: Vec<_> = (1..).zip(places).map(|(session, (path, device))| on(path, device, session)).collect();
    let answers = places.map(|(path, device)| score(path, device));
    let steps = places.map(|(path, device)| step(path, device));
    let rollup = ROLLUPS.of_hour(&HourRows::new(0).with(views).with(answers).with(steps));
    let expected = [
        (("", ""), 4),
        (("", "desktop"), 3),
        (("", "mobile"), 1),
        (("/a", ""), 2),
        (("/a", "desktop"), 1),
        (("/a", "mobile"), 1),
        (("/b", ""), 2),
        (("/b", "desktop"), 2),
    ];
    let mut pages = Vec::new();
    for row in rollup.rows::<PageRollup>() {
        let lcp = QuantileSketch::decode(&row.lcp_sketch).expect("a sketch");
        let visitors = UniqueSketch::decode(&row.visitors_sketch).expect("a sketch");
        assert_eq!((lcp.n(), visitors.estimate()), (row.views as u64, row.views as u64));
        assert_eq!((row.errors, row.visits), (row.views, row.views));
        pages.push(((row.path.as_str(), row.device.as_str()), row.views));
    }
    assert_eq!(pages, expected);
    let answers =
        rollup.rows::<AnswerRollup>().iter().map(|row| ((row.path.as_str(), row.device.as_str()), row.answers));
    assert_eq!(answers.collect::<Vec<_>>(), expected);
    let shown = rollup.rows::<SurveyRollup>().iter().map(|row| ((row.path.as_str(), row.device.as_str()), row.shown));
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn the_rarest_labels_of_a_signal_share_one_row() {
    let signal = |number: u32, count| SignalSeen {
        path: "/".into(),
        device: "mobile".into(),
        view_id: Id([number as u8; 16]),
        kind: "error".into(),
        element: String::new(),
        name: "Error".into(),
        text: format!("number {number:03}"),
        count,
        visitor_key: None,
        error_key: String::new(),
        detail: rapport_store::signal_detail::SignalDetail::default(),
        within_hour: true,
        ..SignalSeen::default()
    };
    let mut signals: Vec<_> = (0..200).map(|number| signal(number, 1)).collect();
    signals.push(signal(7, 5));
    let rollup = ROLLUPS.of_hour(&HourRows::new(0).with(signals));
    let signals = rollup.rows::<SignalRollup>();
    assert_eq!(signals.len(), 50);
    assert_eq!(signals[0].label, "Error: number 007");
    assert_eq!((signals[0].signals, signals[0].views), (6, 1));
    let other = signals.last().expect("there are rows");
    assert_eq!((other.label.as_str(), other.signals), ("(other)", 151));
}

fn site_of(site_id: [u8; 16]) -> Site {
    Site {
        site_id: Id(site_id),
        key: "key".into(),
        name: "Shop".into(),
        origins: vec![],
        time_zone: jiff::tz::TimeZone::get("Asia/Kolkata").expect("the zone is known"),
        accent_color: "#000000".into(),
        created_at_ms: 0,
    }
}

async fn site(store: &Store) -> Site {
    let site = site_of([1; 16]);
    store.add_site(&site).await.expect("the site is added");
    site
}

async fn send(ingest: &Ingest, session: u8, item: &str) {
    send_to(ingest, "key", session, item).await;
}

async fn send_to(ingest: &Ingest, site: &str, session: u8, item: &str) {
    let reply = send_any(ingest, site, Id([session; 16]), item).await;
    assert_eq!(reply.accepted, 1, "{reply:?}");
}

async fn send_from(ingest: &Ingest, session: Id, item: &str) {
    let reply = send_any(ingest, "key", session, item).await;
    assert_eq!(reply.accepted, 1, "{reply:?}");
}

async fn send_any(ingest: &Ingest, site: &str, session: Id, item: &str) -> BatchReply {
    let body = format!(r#"{{"site":"{site}","session":"{session}","items":[{item}]}}"#);
    let client = Client::new("Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0", "en", "", "");
    let address = std::net::IpAddr::from([192, 0, 2, 1]);
    let request =
        BatchRequest { body: body.as_bytes(), origin: None, address, client, trapped: false, recipient: None };
    ingest.accept(request).await.expect("the batch is taken")
}

/// Everything the buckets of a plan hold, as one row per page.
async fn read(store: &Store, site: &SiteContext, plan: &BucketPlan) -> Vec<PageRollup> {
    let mut rows = Vec::new();
    for (grain, starts) in [(Grain::Day, &plan.days), (Grain::Hour, &plan.hours)] {
        for start in starts {
            rows.extend(store.rollup_rows(site.site.site_id, grain, *start, start + 1).await.expect("reads"));
        }
    }
    for hour_ms in &plan.dirty_hours {
        rows.extend(fresh(store, site, *hour_ms).await.expect("aggregates").rows::<PageRollup>().iter().cloned());
    }
    merged(rows, 0).expect("sketches merge")
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_see_the_same_before_and_after_the_job_and_after_late_items() {
    each_engine(async |store| {
        // 2026-11-22T10:00:00Z; the site's day began at 2026-11-21T18:30:00Z.
        let now_ms = 1_795_341_600_000_i64;
        let clock = Clock::manual(now_ms);
        let context = SiteContext::new(site(&store).await, vec![], SiteSecrets::default());
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), RateLimit::new(None, NonZeroU32::MIN));
        let item = |number: u8, age_ms: i64, path: &str, view_index: u8| {
            let id = Id([number; 16]);
            format!(
                r#"{{"type":"page_view","id":"{id}","age_ms":{age_ms},"path":"{path}","view_index":{view_index},"duration_ms":4000,"lcp_ms":{}}}"#,
                u32::from(number) * 100
            )
        };
        let day = 24 * 3_600_000_i64;
        for (number, age_ms) in [(1, 0), (2, 3_000_000), (3, day), (4, 2 * day), (5, 2 * day)] {
            send(&ingest, number, &item(number, age_ms, "/a", 1)).await;
        }
        let days = [2, 1, 0].map(|back| context.day_start_ms(now_ms - back * day));
        let until_ms = context.next_day_start_ms(now_ms);
        let plan = buckets(&store, &context, &days, until_ms).await.expect("plans");
        assert!(plan.days.is_empty());
        assert_eq!(plan.dirty_hours.len(), 4);
        let before = read(&store, &context, &plan).await;
        assert_eq!((before[0].path.as_str(), before[0].views, before[0].visits, before[0].bounced_visits), ("", 5, 5, 5));

        rebuild::run_once(&store, &clock, &sites).await.expect("rebuilds");
        let plan = buckets(&store, &context, &days, until_ms).await.expect("plans");
        assert_eq!((plan.days.len(), plan.dirty_hours.len()), (2, 0), "today is read by the hour");
        assert_eq!(read(&store, &context, &plan).await, before);

        // A late second view, half an hour later and in the next hour, takes the bounce back.
        send(&ingest, 4, &item(6, 2 * day - 1_500_000, "/b", 2)).await;
        let plan = buckets(&store, &context, &days, until_ms).await.expect("plans");
        let after = read(&store, &context, &plan).await;
        assert_eq!((after[0].views, after[0].visits, after[0].bounced_visits), (6, 5, 4));
        rebuild::run_once(&store, &clock, &sites).await.expect("rebuilds");
        let plan = buckets(&store, &context, &days, until_ms).await.expect("plans");
        assert_eq!((plan.days.len(), plan.dirty_hours.len()), (2, 0));
        assert_eq!(read(&store, &context, &plan).await, after);
    })
    .await;
}

/// So many characters of four bytes, which no engine can compress.
fn wide(characters: usize) -> String {
    (0..characters).filter_map(|_| char::from_u32(rand::random_range(0x2_0000..0x2_a000))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signal_of_four_byte_characters_stops_no_rollup() {
    each_engine(async |store| {
        let clock = Clock::System;
        site(&store).await;
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), RateLimit::new(None, NonZeroU32::MIN));
        let id = || clock.new_id().to_text();
        let path = format!("/{}", wide(511));
        for (kind, element, name, text) in [
            ("rage_click", wide(200), String::new(), String::new()),
            ("dead_click", "👨‍👩‍👧".repeat(40), String::new(), String::new()),
            ("error", String::new(), wide(120), wide(500)),
            ("error", String::new(), String::new(), wide(500)),
            ("task", String::new(), wide(120), wide(500)),
            ("event", String::new(), wide(120), String::new()),
        ] {
            let view = id();
            let signal = serde_json::json!({ "type": "signal", "id": id(), "view": view, "kind": kind, "path": path,
                "element": element, "name": name, "text": text, "count": 1 });
            let page = serde_json::json!({ "type": "page_view", "id": view, "path": path, "duration_ms": 4_000 });
            send(&ingest, 1, &page.to_string()).await;
            send(&ingest, 1, &signal.to_string()).await;
        }
        // A row from before paths were bounded in bytes.
        let sql = "UPDATE page_view SET path = $1 WHERE path = (SELECT MIN(path) FROM page_view)";
        store
            .write(vec![Statement::new(sql, rapport_store::params![format!("/{}", wide(511))])])
            .await
            .expect("writes");
        rebuild::run_once(&store, &clock, &sites).await.expect("rebuilds");
        assert_eq!(store.rollup_failures(10).await, Ok(vec![]));
        let marks = store.dirty_marks((Id([0; 16]), i64::MIN), clock.now_ms(), 10).await;
        assert_eq!(marks, Ok(vec![]), "every hour is up to date");
        assert_eq!(number(&store, "SELECT CAST(SUM(signals) AS BIGINT) FROM rollup_signal").await, 6);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_hour_and_a_bad_day_hold_up_no_other_and_are_told() {
    each_engine(async |store| {
        let hour = 3_600_000_i64;
        let now = Arc::new(AtomicI64::new(1_795_341_600_000));
        let clock = Clock::Manual(now.clone());
        let after = |ms: i64| now.fetch_add(ms, Ordering::Relaxed);
        let first = site(&store).await;
        let other = Site { site_id: Id([2; 16]), key: "other".into(), name: "Other".into(), ..first.clone() };
        store.add_site(&other).await.expect("the site is added");
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), RateLimit::new(None, NonZeroU32::MIN));
        for (site, age_ms) in [("key", 0), ("key", hour), ("key", 48 * hour), ("other", 0), ("other", 48 * hour)] {
            let id = clock.new_id();
            let item = format!(r#"{{"type":"page_view","id":"{id}","age_ms":{age_ms},"path":"/a"}}"#);
            send_to(&ingest, site, 1, &item).await;
        }
        // The first hour of the first site: an answer that is not what this program writes.
        let context = sites.by_id(first.site_id).await.expect("reads").expect("a site");
        let bad_ms = context.hour_start_ms(clock.now_ms() - 48 * hour);
        let broken = [
            "INSERT INTO response (site_id, item_id, revision, survey_id, survey_version, occurred_at_ms, received_at_ms,
                 hour_ms, clamped, bot, path, language, device, duration_ms, finished, trail, trail_withheld, page)
             VALUES ($1, $1, 1, 's', 1, $2, $2, $2, 0, 0, '/', '', 'mobile', 1, 1, '[]', 0, '')",
            "INSERT INTO answer (site_id, item_id, question_id, position, kind, choices, text)
             VALUES ($1, $1, 'q', 0, 'nps', 'broken', '')",
        ];
        store
            .write(broken.map(|sql| Statement::new(sql, rapport_store::params![first.site_id, bad_ms])).into())
            .await
            .expect("writes");
        rebuild::run_once(&store, &clock, &sites).await.expect("goes on");
        let failures = store.rollup_failures(10).await.expect("reads");
        assert_eq!(failures.len(), 1, "{failures:?}");
        let failure = &failures[0];
        assert_eq!((failure.site_id, failure.grain, failure.bucket_ms), (first.site_id, Grain::Hour, bad_ms));
        assert!(failure.attempts == 1 && failure.reason.contains("choices"), "{failure:?}");
        let dirty = async |site_id| store.dirty_hours(site_id, 0, i64::MAX).await.expect("reads");
        assert_eq!((dirty(first.site_id).await, dirty(other.site_id).await), (vec![bad_ms], vec![]));
        // A report of the site is there all the same.
        let source = Source { store: &store, site: &context, now_ms: clock.now_ms(), picture_address: nowhere };
        let overview = source.overview(&Slice::default()).await.expect("the page is not lost");
        assert_eq!(overview.totals[0].value, 2);

        // It is tried again, ever later, and at once when the clock was set back.
        let attempts = async || {
            rebuild::run_once(&store, &clock, &sites).await.expect("goes on");
            store.rollup_failures(10).await.expect("reads").first().map_or(0, |failure| failure.attempts)
        };
        assert_eq!(attempts().await, 1);
        after(15_000);
        assert_eq!(attempts().await, 2);
        after(15_000);
        assert_eq!(attempts().await, 2);
        after(-2 * hour);
        assert_eq!(attempts().await, 3);
        after(4 * hour);
        let mend = "UPDATE answer SET choices = '[]' WHERE site_id = $1";
        store.write(vec![Statement::new(mend, rapport_store::params![first.site_id])]).await.expect("writes");
        assert_eq!(attempts().await, 0);
        assert_eq!(dirty(first.site_id).await, [0; 0]);

        // A day whose hours cannot be merged.
        let spoil = "UPDATE rollup_page SET visitors_sketch = $2 WHERE site_id = $1 AND grain = 'hour'";
        store.write(vec![Statement::new(spoil, rapport_store::params![first.site_id, vec![255_u8; 3]])]).await.expect("writes");
        let days = "INSERT INTO rollup_dirty_day (site_id, day_ms, mark) VALUES ($1, $2, $1)";
        let day_ms = context.day_start_ms(bad_ms);
        let columns = "path, device, views, visits, bounced_visits, duration_ms, engaged_ms, scroll_percent, clicks,
             rage_clicks, rage_views, dead_clicks, dead_views, errors, error_views, failed_views, visitors_sketch,
             engaged_sketch, lcp_sketch, inp_sketch, cls_sketch, fcp_sketch, ttfb_sketch";
        let twice = format!(
            "INSERT INTO rollup_page (site_id, grain, bucket_ms, {columns})
             SELECT site_id, grain, bucket_ms + 3600000, {columns} FROM rollup_page
             WHERE site_id = $1 AND grain = 'hour' AND bucket_ms = $2"
        );
        store
            .write(vec![
                Statement::new(twice, rapport_store::params![first.site_id, bad_ms]),
                Statement::new(days, rapport_store::params![first.site_id, day_ms]),
                Statement::new(days, rapport_store::params![other.site_id, day_ms]),
            ])
            .await
            .expect("writes");
        rebuild::run_once(&store, &clock, &sites).await.expect("goes on");
        let failures = store.rollup_failures(10).await.expect("reads");
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert_eq!((failures[0].site_id, failures[0].grain, failures[0].bucket_ms), (first.site_id, Grain::Day, day_ms));
        assert_eq!(store.dirty_days(other.site_id, 0, day_ms + 1).await, Ok(vec![]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_thirty_days_counts_on_no_day_and_is_told() {
    each_engine(async |store| {
        let clock = Clock::System;
        let context = SiteContext::new(site(&store).await, vec![], SiteSecrets::default());
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), RateLimit::new(None, NonZeroU32::MIN));
        let day = 24 * 3_600_000_i64;
        let late = clock.new_id();
        for (id, age_ms) in [(clock.new_id(), 5_000), (clock.new_id(), 29 * day), (late, 31 * day), (late, 31 * day)] {
            let revision = if id == late { 1 } else { 0 };
            let item =
                format!(r#"{{"type":"page_view","id":"{id}","revision":{revision},"age_ms":{age_ms},"path":"/a"}}"#);
            send_any(&ingest, "key", Id([1; 16]), &item).await;
        }
        let outcomes = store.outcome_counts(Id([1; 16]), 0, i64::MAX).await.expect("reads");
        let told: Vec<_> = outcomes.iter().map(|count| (count.outcome.as_str(), count.items)).collect();
        assert_eq!(told, [("accepted", 2), ("duplicate", 1), ("late", 1)]);
        for _ in 0..2 {
            let source = Source { store: &store, site: &context, now_ms: clock.now_ms(), picture_address: nowhere };
            let slice = Slice { range: Range::Last(90), ..Slice::default() };
            assert_eq!(source.overview(&slice).await.expect("a report").totals[0].value, 2);
            rebuild::run_once(&store, &clock, &sites).await.expect("rebuilds");
        }
        assert_eq!(number(&store, "SELECT COUNT(*) FROM page_view").await, 3, "it is kept");
    })
    .await;
}

/// A page view as a page sends it.
fn view_item(id: Id, age_ms: i64, view_index: u8) -> String {
    format!(
        r#"{{"type":"page_view","id":"{id}","age_ms":{age_ms},"path":"/a","view_index":{view_index},"duration_ms":4000}}"#
    )
}

async fn bounces(store: &Store, context: &SiteContext, now_ms: i64) -> (i64, i64) {
    let day_ms = context.day_start_ms(now_ms);
    let plan = buckets(store, context, &[day_ms], context.next_day_start_ms(now_ms)).await.expect("plans");
    let rows = read(store, context, &plan).await;
    (rows[0].visits, rows[0].bounced_visits)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_whose_second_view_was_lost_did_not_bounce_when_a_third_comes_late() {
    each_engine(async |store| {
        // 2026-11-22T10:00:00Z, 15:30 in Kolkata.
        let now_ms = 1_795_341_600_000_i64;
        let clock = Clock::manual(now_ms);
        let context = SiteContext::new(site(&store).await, vec![], SiteSecrets::default());
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), RateLimit::new(None, NonZeroU32::MIN));
        let minute = 60_000_i64;
        // Two visits, five hours and 70 minutes ago, of which only the first views arrived; the visitor's clock is slow.
        let slow_ms = 90 * minute;
        let id = |ago_ms: i64| Id::version_7((now_ms - ago_ms - slow_ms) as u64, rapport_store::random::fresh());
        let (long, short) = (id(300 * minute), id(70 * minute));
        send_from(&ingest, long, &view_item(id(300 * minute), 300 * minute, 1)).await;
        send_from(&ingest, short, &view_item(id(70 * minute), 70 * minute, 1)).await;
        rebuild::run_once(&store, &clock, &sites).await.expect("rebuilds");
        assert_eq!(bounces(&store, &context, now_ms).await, (2, 2));

        for (session, ago_ms, left) in [(short, 20 * minute, 1), (long, minute, 0)] {
            send_from(&ingest, session, &view_item(id(ago_ms), ago_ms, 3)).await;
            assert_eq!(bounces(&store, &context, now_ms).await, (2, left), "from rows");
            rebuild::run_once(&store, &clock, &sites).await.expect("rebuilds");
            assert_eq!(bounces(&store, &context, now_ms).await, (2, left), "from rollups");
        }

        // Ids that tell no time: all that is known is that the views between were no more than half an hour apart.
        let untold = Id([0x41; 16]);
        send_from(&ingest, untold, &view_item(Id([0x42; 16]), 100 * minute, 1)).await;
        rebuild::run_once(&store, &clock, &sites).await.expect("rebuilds");
        assert_eq!(bounces(&store, &context, now_ms).await, (3, 1));
        send_from(&ingest, untold, &view_item(Id([0x43; 16]), 45 * minute, 3)).await;
        rebuild::run_once(&store, &clock, &sites).await.expect("rebuilds");
        assert_eq!(bounces(&store, &context, now_ms).await, (3, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_with_ever_more_dirty_hours_lets_others_have_their_turn() {
    let (store, clock) = (in_memory().await, Clock::System);
    let first = site(&store).await;
    let last = Site { site_id: Id([2; 16]), key: "other".into(), ..first.clone() };
    store.add_site(&last).await.expect("the site is added");
    let sites = SiteDirectory::new(store.clone(), clock.clone());
    let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), RateLimit::new(None, NonZeroU32::MIN));
    let item =
        |age_ms: i64| format!(r#"{{"type":"page_view","id":"{}","age_ms":{age_ms},"path":"/a"}}"#, clock.new_id());
    send_to(&ingest, "other", 1, &item(0)).await;
    let mut round = rebuild::Round::default();
    for _ in 0..3 {
        // More hours than one turn takes, dirty anew before every turn.
        for hour in 0..300 {
            send_to(&ingest, "key", 1, &item(hour * 3_600_000)).await;
        }
        rebuild::rebuild(&store, &clock, &sites, &mut round).await.expect("rebuilds");
    }
    assert_eq!(store.dirty_hours(last.site_id, 0, i64::MAX).await, Ok(vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_taken_before_the_clock_was_set_back_holds_nobody_up() {
    each_engine(async |store| {
        let (one, other, minute) = (Id([1; 16]), Id([2; 16]), 60_000);
        let take = async |holder, now_ms: i64| store.take_lease("work", holder, now_ms, now_ms + minute).await;
        let year = 365 * 24 * 3_600_000;
        assert_eq!(take(one, year).await, Ok(true));
        assert_eq!(take(other, year + 30_000).await, Ok(false), "it is held");
        assert_eq!(take(other, year - 30_000).await, Ok(false), "the clocks of two machines differ a little");
        assert_eq!(take(other, year / 2).await, Ok(true), "no lease taken now could last that long");
        assert_eq!(take(one, year / 2 + 1).await, Ok(false));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_of_an_american_afternoon_is_one_visitor_of_that_day() {
    each_engine(async |store| {
        // 2026-11-22T23:30:00Z, 15:30 in Los Angeles; in Kolkata the next day began five hours ago.
        let clock = Clock::manual(1_795_390_200_000);
        let Clock::Manual(now) = &clock else { unreachable!("it was made so") };
        site(&store).await;
        let shop = Site {
            site_id: Id([2; 16]),
            key: "us".into(),
            time_zone: jiff::tz::TimeZone::get("America/Los_Angeles").expect("the zone is known"),
            ..site_of([2; 16])
        };
        store.add_site(&shop).await.expect("the site is added");
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let ingest = Ingest::new(store.clone(), clock.clone(), sites.clone(), RateLimit::new(None, NonZeroU32::MIN));
        let address = std::net::IpAddr::from([192, 0, 2, 1]);
        let key_at = async |site_id: Id, later_ms: i64| {
            now.store(1_795_390_200_000 + later_ms, std::sync::atomic::Ordering::Relaxed);
            sites.forget();
            ingest.visitor_key(site_id, None, address, "Firefox").await.expect("the store answers")
        };
        let hour = 3_600_000;
        let afternoon = key_at(shop.site_id, 0).await;
        let kolkata = key_at(Id([1; 16]), 0).await;
        for later_ms in [hour, 8 * hour] {
            assert_eq!(key_at(shop.site_id, later_ms).await, afternoon, "the site's day lasts");
            assert_eq!(key_at(Id([1; 16]), later_ms).await, kolkata, "a day of another site is another");
        }
        let day = 1_795_390_200_000 / (24 * hour);
        let is_kept = async |day| store.daily_salt(day, day - 1, [9; 16]).await.expect("reads") != [9; 16];
        assert!(is_kept(day).await && is_kept(day + 1).await);
        assert_ne!(key_at(shop.site_id, 9 * hour).await, afternoon, "a new day");
        assert!(is_kept(day + 1).await);
        assert!(!is_kept(day).await, "no site needs the salt of the day before");
    })
    .await;
}
