//! Ten million views of 30 days, always the same: a few hundred pages of uneven fame, three devices, visits of one to
//! six views, signals on some and responses after a few. Written as ingest writes them, by [`Store::submit`].

use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_shared::wire::DeliveryEvent;
use rapport_store::Store;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::device::Device;
use rapport_store::record::Consent;
use rapport_store::record::{AnswerRow, DeliveryRow, PageViewRow, Record, ResponseRow, SignalRow, Submission};
use rapport_store::site::Site;
use rapport_store::site::directory::{SiteContext, SiteDirectory};

/// The site's key.
pub const SITE_KEY: &str = "bench";
/// The page that is viewed most.
pub const BUSY_PAGE: &str = "/pages/0";
/// Page views.
pub const VIEWS: u64 = 10_000_000;
/// Now, for the reports: 2026-05-31T15:40:00Z.
pub const NOW_MS: i64 = 1_780_242_000_000;

const DAY_MS: i64 = 86_400_000;
const DAYS: i64 = 30;
/// Distinct pages.
const PAGES: u64 = 400;
/// Records in one submission.
const RECORDS: usize = 1_000;
/// Submissions under way at the same time.
const AT_ONCE: usize = 8;

/// So many days before today.
pub fn day(before: i64) -> jiff::civil::Date {
    let zone = zone();
    let instant = jiff::Timestamp::from_millisecond(NOW_MS - before * DAY_MS).expect("an instant");
    instant.to_zoned(zone).date()
}

fn zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone")
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn id(&mut self, at_ms: i64) -> Id {
        let mut tail = [0; 10];
        tail[..8].copy_from_slice(&self.next().to_be_bytes());
        Id::version_7(at_ms as u64, tail)
    }

    /// Around `typical`, with a long tail to the right.
    fn spread(&mut self, typical: i64) -> i64 {
        let share = self.below(1_000) as i64 + 200;
        typical * share * share / 500_000
    }
}

/// Makes the site and its month.
pub async fn generate(store: &Store, sites: &SiteDirectory) {
    let mut random = Random(7);
    let site = Site {
        site_id: Id::version_7(1_770_000_000_000, [7; 10]),
        key: SITE_KEY.into(),
        name: "Bench".into(),
        origins: vec!["https://shop.example.com".into()],
        time_zone: zone(),
        accent_color: "#3457d5".into(),
        created_at_ms: 0,
    };
    store.add_site(&site).await.expect("the site is added");
    let entry = AuditEntry::now(&Clock::System, "bench", "survey.create", "survey feedback");
    store.apply_survey(site.site_id, &rapport::bench::first_survey(), &entry).await.expect("the survey is added");
    sites.forget();
    let site = sites.by_key(SITE_KEY).await.expect("the store answers").expect("the site is there");
    let begin_ms = NOW_MS - DAYS * DAY_MS;
    let (mut views, mut tenths, mut records) = (0, 0, Vec::with_capacity(RECORDS + 16));
    let mut under_way = tokio::task::JoinSet::new();
    while views < VIEWS {
        let share = views as f64 / VIEWS as f64;
        let at_ms = begin_ms + (share * (DAYS * DAY_MS) as f64) as i64;
        views += visit(&site, &mut random, at_ms, &mut records);
        if records.len() < RECORDS && views < VIEWS {
            continue;
        }
        if under_way.len() >= AT_ONCE {
            under_way.join_next().await.expect("a task").expect("it ends well");
        }
        let submission = submission(&site, at_ms, std::mem::take(&mut records));
        let store = store.clone();
        under_way.spawn(async move { store.submit(submission).await.expect("the store takes it") });
        if views * 10 / VIEWS > tenths {
            tenths = views * 10 / VIEWS;
            println!("{} %", tenths * 10);
        }
    }
    while let Some(done) = under_way.join_next().await {
        done.expect("it ends well");
    }
}

/// One more view now, so that the running hour is behind.
pub async fn one_more_view(store: &Store, site: &SiteContext) {
    let mut random = Random(NOW_MS as u64 ^ std::process::id() as u64);
    let mut records = Vec::new();
    visit(site, &mut random, NOW_MS - 1_000, &mut records);
    store.submit(submission(site, NOW_MS, records)).await.expect("the store takes it");
}

fn submission(site: &SiteContext, received_at_ms: i64, records: Vec<Record>) -> Submission {
    let day_ms = site.day_start_ms(received_at_ms);
    let site_id = site.site.site_id;
    Submission { site_id, received_at_ms, day_ms, records, ..Submission::default() }
}

/// Adds one visit, and tells how many views it has.
fn visit(site: &SiteContext, random: &mut Random, begin_ms: i64, records: &mut Vec<Record>) -> u64 {
    let devices = [Device::Desktop, Device::Mobile, Device::Desktop, Device::Tablet, Device::Mobile];
    let device = devices[random.below(5) as usize];
    let (session, mut visitor) = (random.id(begin_ms), Id([1; 16]));
    visitor.0[..8].copy_from_slice(&random.below(3_000_000).to_be_bytes());
    let views = 1 + random.below(6).min(random.below(6));
    let mut at_ms = begin_ms;
    for index in 1..=views {
        let view = view(site, random, (session, visitor), (at_ms, index as i64), device);
        at_ms = (at_ms + view.duration_ms).min(NOW_MS);
        signals(&view, random, records);
        if random.below(300) == 0 {
            response(&view, random, records);
        }
        records.push(Record::PageView(Box::new(view)));
    }
    views
}

fn view(
    site: &SiteContext,
    random: &mut Random,
    (session, visitor): (Id, Id),
    (at_ms, index): (i64, i64),
    device: Device,
) -> PageViewRow {
    // The lesser of two draws twice over: a few pages get most of the views.
    let page = random.below(PAGES).min(random.below(PAGES)).min(random.below(PAGES));
    let slow = if device == Device::Mobile { 2 } else { 1 };
    let duration_ms = random.spread(40_000);
    let rage_clicks = i64::from(random.below(60) == 0);
    PageViewRow {
        site_id: site.site.site_id,
        item_id: random.id(at_ms),
        revision: 1,
        session_id: Some(session),
        visitor_key: visitor,
        occurred_at_ms: at_ms,
        received_at_ms: at_ms + duration_ms,
        hour_ms: site.hour_start_ms(at_ms),
        bot: random.below(100) == 0,
        path: format!("/pages/{page}"),
        referrer: if index == 1 { "https://www.example.com/".into() } else { String::new() },
        release: "2026-05-01".into(),
        language: "en".into(),
        device: device.into(),
        view_index: index,
        duration_ms,
        engaged_ms: duration_ms / 2,
        scroll_percent: random.below(101) as i64,
        clicks: random.below(9) as i64,
        rage_clicks,
        dead_clicks: i64::from(random.below(40) == 0),
        errors: i64::from(random.below(50) == 0),
        lcp_ms: Some(random.spread(1_800 * slow)),
        inp_ms: Some(random.spread(120 * slow)),
        cls_e4: Some(random.spread(500)),
        fcp_ms: Some(random.spread(1_000 * slow)),
        ttfb_ms: Some(random.spread(300)),
        viewport_width_px: 1_280,
        viewport_height_px: 800,
        ..PageViewRow::default()
    }
}

fn signals(view: &PageViewRow, random: &mut Random, records: &mut Vec<Record>) {
    let kinds = [
        (SignalKind::RageClick, view.rage_clicks),
        (SignalKind::DeadClick, view.dead_clicks),
        (SignalKind::Error, view.errors),
    ];
    for (kind, _) in kinds.into_iter().filter(|(_, count)| *count > 0) {
        records.push(Record::Signal(Box::new(SignalRow {
            site_id: view.site_id,
            item_id: random.id(view.occurred_at_ms),
            view_id: view.item_id,
            session_id: view.session_id,
            known_visitor_key: None,
            occurred_at_ms: view.occurred_at_ms,
            received_at_ms: view.received_at_ms,
            hour_ms: view.hour_ms,
            clamped: false,
            bot: view.bot,
            kind,
            path: view.path.clone(),
            device: view.device,
            element: format!("button#buy-{}", random.below(5)),
            name: if kind == SignalKind::Error { "TypeError".into() } else { String::new() },
            text: if kind == SignalKind::Error { format!("x{} is undefined", random.below(4)) } else { String::new() },
            count: 1,
            rule: None,
            measured: None,
            error_key: None,
            detail: None,
        })));
    }
}

fn response(view: &PageViewRow, random: &mut Random, records: &mut Vec<Record>) {
    let item_id = random.id(view.occurred_at_ms);
    for event in [DeliveryEvent::Shown, DeliveryEvent::Started, DeliveryEvent::Answered] {
        records.push(Record::Delivery(Box::new(DeliveryRow {
            site_id: view.site_id,
            item_id: random.id(view.occurred_at_ms),
            occurred_at_ms: view.occurred_at_ms,
            received_at_ms: view.received_at_ms,
            hour_ms: view.hour_ms,
            clamped: false,
            bot: view.bot,
            survey_id: "feedback".into(),
            survey_version: 1,
            event,
            path: view.path.clone(),
            device: view.device,
            response_id: (event == DeliveryEvent::Answered).then_some(item_id),
        })));
    }
    let answer = |question: &str, position, kind: AnswerKind, score, text: &str| AnswerRow {
        site_id: view.site_id,
        item_id,
        question_id: question.into(),
        position,
        kind,
        score,
        choices: "[]".into(),
        text: text.into(),
    };
    let mut answers = vec![answer("rating", 0, AnswerKind::Csat, Some(1 + random.below(5) as i64), "")];
    if random.below(3) == 0 {
        answers.push(answer(
            "reason",
            1,
            AnswerKind::OpenText,
            None,
            "The prices are clear, but the button does nothing.",
        ));
    }
    let row = ResponseRow {
        site_id: view.site_id,
        item_id,
        revision: 2,
        survey_id: "feedback".into(),
        survey_version: 1,
        view_id: Some(view.item_id),
        session_id: view.session_id,
        visitor_key: Some(view.visitor_key),
        occurred_at_ms: view.occurred_at_ms,
        received_at_ms: view.received_at_ms,
        hour_ms: view.hour_ms,
        clamped: false,
        bot: view.bot,
        path: view.path.clone(),
        language: "en".into(),
        device: view.device,
        duration_ms: 9_000,
        finished: true,
        trail: r#"[{"before_ms":4000,"kind":"page_view","path":"/pages/1"}]"#.into(),
        trail_withheld: false,
        page: String::new(),
        suspicion: None,
        consent: Consent::Unknown,
        customer_id: None,
    };
    records.push(Record::Response(Box::new(row), answers));
}
