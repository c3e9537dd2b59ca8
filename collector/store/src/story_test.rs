//! A small story told to the store, for tests: visits of two days, one of which meets everything that can fail and
//! ends with a low rating, in words that try to be markup.

use crate::Store;
use crate::clock::Clock;
use crate::device::Device;
use crate::record::Consent;
use crate::record::{AnswerRow, DeliveryRow, PageViewRow, Record, Refusal, ResponseRow, SignalRow, Submission};
use crate::site::Site;
use crate::site::directory::SiteDirectory;
use crate::site::outcome::ItemKind;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_shared::wire::DeliveryEvent;

/// Text that would run if a page took it for markup.
pub const HOSTILE: &str = "</code><script>alert(1)</script>\"'&<img src=x onerror=alert(2)>";
/// Path of the page that fails.
pub const BROKEN: &str = "/%3Cscript%3Ealert(1)%3C/script%3E";
/// Now: 2026-05-06T10:30:00Z, a Wednesday, 12:30 in Berlin.
pub const NOW_MS: i64 = 1_778_063_400_000;
/// The response that tells of it.
pub const RESPONSE: Id = Id([9; 16]);

const HOUR_MS: i64 = 3_600_000;

fn id(kind: u8, number: u8) -> Id {
    Id([kind, number, 7, 7, 7, 7, 0x77, 7, 0x87, 7, 7, 7, 7, 7, 7, 7])
}

/// Tells the story: 40 fine views of `/` yesterday, 40 the day before, 35 of the broken page an hour ago.
pub async fn tell(store: &Store, sites: &SiteDirectory, site: &Site) {
    let context = sites.by_id(site.site_id).await.expect("the store answers").expect("the site is there");
    let view = |number: u8, path: &str, at_ms: i64| PageViewRow {
        site_id: site.site_id,
        item_id: id(1, number),
        revision: 1,
        session_id: Some(id(2, number)),
        visitor_key: id(3, number),
        occurred_at_ms: at_ms,
        received_at_ms: at_ms,
        hour_ms: context.hour_start_ms(at_ms),
        path: path.into(),
        language: "en".into(),
        device: Device::Desktop.into(),
        view_index: 1,
        duration_ms: 30_000,
        engaged_ms: 12_000,
        scroll_percent: 80,
        clicks: 3,
        lcp_ms: Some(1_200),
        inp_ms: Some(90),
        cls_e4: Some(200),
        fcp_ms: Some(700),
        ttfb_ms: Some(150),
        viewport_width_px: 1_280,
        viewport_height_px: 800,
        ..PageViewRow::default()
    };
    let signal = |number: u8, kind: SignalKind, view: &PageViewRow| {
        Record::Signal(Box::new(SignalRow {
            site_id: site.site_id,
            item_id: id(4, number),
            view_id: view.item_id,
            session_id: view.session_id,
            known_visitor_key: None,
            occurred_at_ms: view.occurred_at_ms + 5_000,
            received_at_ms: view.received_at_ms,
            hour_ms: view.hour_ms,
            clamped: false,
            bot: false,
            kind,
            path: view.path.clone(),
            device: Device::Desktop.into(),
            element: HOSTILE.into(),
            name: if kind == SignalKind::Error { "TypeError" } else { "" }.into(),
            text: if kind == SignalKind::Error { HOSTILE } else { "" }.into(),
            count: 1,
            rule: None,
            measured: None,
            error_key: None,
            detail: None,
        }))
    };
    let mut records = Vec::new();
    for number in 0..40 {
        records.push(Record::PageView(Box::new(view(number, "/", NOW_MS - 24 * HOUR_MS))));
        records.push(Record::PageView(Box::new(view(number + 40, "/", NOW_MS - 48 * HOUR_MS))));
    }
    for number in 80..115 {
        let failed = PageViewRow {
            rage_clicks: 1,
            dead_clicks: 1,
            errors: 2,
            lcp_ms: Some(5_000),
            ..view(number, BROKEN, NOW_MS - HOUR_MS)
        };
        for (place, kind) in [SignalKind::RageClick, SignalKind::DeadClick, SignalKind::Error].into_iter().enumerate() {
            records.push(signal(number + place as u8 * 40, kind, &failed));
        }
        records.push(Record::PageView(Box::new(failed)));
    }
    let first = view(80, BROKEN, NOW_MS - HOUR_MS);
    let at_ms = first.occurred_at_ms + 25_000;
    for (number, event) in [(1, DeliveryEvent::Shown), (2, DeliveryEvent::Started), (3, DeliveryEvent::Answered)] {
        records.push(Record::Delivery(Box::new(DeliveryRow {
            site_id: site.site_id,
            item_id: id(5, number),
            occurred_at_ms: at_ms,
            received_at_ms: at_ms,
            hour_ms: first.hour_ms,
            clamped: false,
            bot: false,
            survey_id: "feedback".into(),
            survey_version: 1,
            event,
            path: BROKEN.into(),
            device: Device::Desktop.into(),
            response_id: (event == DeliveryEvent::Answered).then_some(RESPONSE),
        })));
    }
    let trail = serde_json::json!([
        {"before_ms": 25_000, "kind": "page_view", "path": BROKEN},
        {"before_ms": 20_000, "kind": "rage_click", "element": HOSTILE, "count": 5},
        {"before_ms": 20_000, "kind": "error", "element": HOSTILE, "name": "TypeError", "text": HOSTILE},
    ]);
    let page = serde_json::json!({
        "id": first.item_id, "path": BROKEN, "lcp_ms": 5_000, "rage_clicks": 1, "errors": 2,
        "release": HOSTILE, "referrer": HOSTILE,
    });
    let response = ResponseRow {
        site_id: site.site_id,
        item_id: RESPONSE,
        revision: 2,
        survey_id: "feedback".into(),
        survey_version: 1,
        view_id: Some(first.item_id),
        session_id: first.session_id,
        visitor_key: Some(first.visitor_key),
        occurred_at_ms: at_ms,
        received_at_ms: at_ms + 50,
        hour_ms: first.hour_ms,
        clamped: false,
        bot: false,
        path: BROKEN.into(),
        language: HOSTILE.into(),
        device: Device::Desktop.into(),
        duration_ms: 8_000,
        finished: true,
        trail: trail.to_string(),
        trail_withheld: false,
        page: page.to_string(),
        suspicion: None,
        consent: Consent::Unknown,
        customer_id: None,
    };
    let answer = |position: i64, question: &str, kind: AnswerKind, score: Option<i64>, text: &str| AnswerRow {
        site_id: site.site_id,
        item_id: RESPONSE,
        question_id: question.into(),
        position,
        kind,
        score,
        choices: "[]".into(),
        text: text.into(),
    };
    let answers = vec![
        answer(0, "rating", AnswerKind::Csat, Some(1), ""),
        answer(1, "reason", AnswerKind::OpenText, None, HOSTILE),
    ];
    records.push(Record::Response(Box::new(response), answers));
    let refusal =
        Refusal { item_kind: ItemKind::PageView, field: HOSTILE.into(), reason: format!("must not be {HOSTILE}") };
    store
        .submit(Submission {
            site_id: site.site_id,
            received_at_ms: NOW_MS - HOUR_MS,
            day_ms: context.day_start_ms(NOW_MS),
            records,
            refusals: vec![refusal],
            ..Submission::default()
        })
        .await
        .expect("the story is stored");
}

/// Brings rollups up to date.
pub async fn roll_up(store: &Store, sites: &SiteDirectory) {
    crate::rollup::rebuild::run_once(store, &Clock::manual(NOW_MS), sites).await.expect("rollups are built");
}
