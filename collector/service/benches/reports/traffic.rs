//! Ten million views of 30 days, always the same: a few hundred pages of uneven fame, three devices, visits of one to
//! six views, signals on some and responses after a few. Written as ingest writes them, by [`Store::submit`].

use rapport_shared::id::Id;
use rapport_shared::measure::form::Touched;
use rapport_shared::measure::point::{Point, STEPS};
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_shared::wire::DeliveryEvent;
use rapport_store::Store;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::device::Device;
use rapport_store::error_key::{ErrorKey, seen};
use rapport_store::record::Consent;
use rapport_store::record::{AnswerRow, DeliveryRow, PageViewRow, Record, ResponseRow, SignalRow, Submission};
use rapport_store::signal_detail::SignalDetail;
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
/// Errors that are told apart.
const ERRORS: u64 = 40;
/// Where visits come from.
const SOURCES: [&str; 4] = ["", "search.example", "news.example", "mail"];
/// Submissions under way at the same time.
const AT_ONCE: usize = 8;

/// So many days before today.
pub fn day(before: i64) -> jiff::civil::Date {
    let zone = zone();
    let instant = jiff::Timestamp::from_millisecond(NOW_MS - before * DAY_MS).expect("an instant");
    instant.to_zoned(zone).date()
}

fn error_key(number: u64) -> String {
    format!("1:error-{number}")
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
        tail[..2].copy_from_slice(&self.next().to_be_bytes()[..2]);
        tail[2..].copy_from_slice(&self.next().to_be_bytes());
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
    let known = (0..ERRORS).map(|key| {
        let key = ErrorKey {
            error_key: error_key(key),
            name: "TypeError".into(),
            file: "shop.js".into(),
            ..ErrorKey::default()
        };
        seen(site.site.site_id, &key, begin_ms)
    });
    store.write(known.collect()).await.expect("the errors are known");
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
        source: SOURCES[(visitor.0[0] % 4) as usize].into(),
        campaign: if visitor.0[0] % 8 == 1 { "spring".into() } else { String::new() },
        release: if at_ms > NOW_MS - 12 * DAY_MS { "2026-05-19" } else { "2026-05-01" }.into(),
        language: ["en", "de", "fr"][(visitor.0[1] % 3) as usize].into(),
        browser: ["Chrome", "Safari", "Firefox"][(visitor.0[2] % 3) as usize],
        country: ["DE", "FR", "GB", "US"][(visitor.0[3] % 4) as usize].into(),
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

/// A signal of a view, on an element.
fn signal(view: &PageViewRow, random: &mut Random, kind: SignalKind, element: &str) -> SignalRow {
    SignalRow {
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
        element: element.to_owned(),
        name: String::new(),
        text: String::new(),
        count: 1,
        rule: None,
        measured: None,
        error_key: None,
        detail: None,
    }
}

/// About one in two views has one of these, as on a page with a form and a task.
fn signals(view: &PageViewRow, random: &mut Random, records: &mut Vec<Record>) {
    let mut add = |row: SignalRow| records.push(Record::Signal(Box::new(row)));
    for (kind, count) in [(SignalKind::RageClick, view.rage_clicks), (SignalKind::DeadClick, view.dead_clicks)] {
        if count > 0 {
            let element = format!("button#buy-{}", random.below(5));
            add(signal(view, random, kind, &element));
        }
    }
    if view.errors > 0 {
        let key = random.below(ERRORS);
        let text = format!("x{key} is undefined");
        let row = signal(view, random, SignalKind::Error, "");
        add(SignalRow { name: "TypeError".into(), text, error_key: Some(error_key(key)), ..row });
    }
    for _ in 0..if random.below(10) == 0 { 2 } else { 0 } {
        let mut draw = || random.below(u64::from(STEPS)) as u32;
        let places = [(draw(), draw()), (draw(), draw()), (draw(), draw())];
        let point = Point { places, window_px: 1_280, rage: view.rage_clicks > 0, dead: view.dead_clicks > 0 };
        let row = signal(view, random, SignalKind::Point, "button#buy");
        let text = format!("body>main>div:nth-of-type({})>button", 1 + random.below(40));
        add(SignalRow { text, measured: Some(format!("{:?}", point.numbers())), ..row });
    }
    if random.below(60) == 0 {
        form(view, random, &mut add);
    }
    if random.below(20) == 0 {
        for step in ["start", if random.below(4) > 0 { "success" } else { "fail" }] {
            let row = signal(view, random, SignalKind::Task, "");
            add(SignalRow { name: format!("task {}", random.below(3)), text: step.into(), ..row });
        }
    }
    if random.below(30) == 0 {
        let row = signal(view, random, SignalKind::Event, "");
        let properties = [("plan".to_owned(), format!("plan {}", random.below(6)))].into();
        let detail = SignalDetail { properties, ..SignalDetail::default() };
        add(SignalRow { name: format!("event {}", random.below(12)), detail: detail.to_json(), ..row });
    }
    if view.lcp_ms.is_some_and(|lcp_ms| lcp_ms > 2_500) && random.below(3) == 0 {
        let element = format!("img#hero-{}", random.below(3));
        let row = signal(view, random, SignalKind::Lcp, &element);
        let parts = [300, 200, 900, 150].map(|part| random.spread(part) as u32).to_vec();
        let detail = SignalDetail { parts, ..SignalDetail::default() };
        add(SignalRow { name: "image".into(), detail: detail.to_json(), ..row });
    }
}

/// A form of three fields that is begun, and completed by three in four.
fn form(view: &PageViewRow, random: &mut Random, add: &mut impl FnMut(SignalRow)) {
    let form = |row: SignalRow, text: &str, numbers: &[u32]| SignalRow {
        name: "address".into(),
        text: text.into(),
        measured: Some(format!("{numbers:?}")),
        ..row
    };
    add(form(signal(view, random, SignalKind::Form, ""), "start", &[0]));
    for (position, field) in (1..).zip(["street", "town", "phone"]) {
        let numbers =
            Touched { time_ms: random.spread(4_000) as u32, stays: 1, changes: 1, position, ..Touched::default() };
        add(form(signal(view, random, SignalKind::Field, field), "", &numbers.numbers()));
    }
    let last = if random.below(4) > 0 { "complete" } else { "left" };
    add(form(signal(view, random, SignalKind::Form, "phone"), last, &[random.spread(20_000) as u32]));
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
