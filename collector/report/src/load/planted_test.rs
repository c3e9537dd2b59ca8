//! A month that was planted, on both engines: a page that is slow and jumps, hated though nobody clicks wrongly there; a button that does
//! nothing on another; and a checkout that a release broke and the next one mended.

use crate::Source;
use crate::driver::DriverVerdict;
use crate::driver::bias::Bias;
use crate::fix::State;
use crate::issue::Show;
use crate::response::nowhere;
use crate::slice::{Pages, Range, Slice};
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::device::Device;
use rapport_store::record::{AnswerRow, Consent, PageViewRow, Record, ResponseRow, SignalRow, Submission};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::story_test::{NOW_MS, roll_up};
use rapport_store::test_store::{a_site, each_engine, first_survey, note};

const DAY_MS: i64 = 86_400_000;
const DAYS: i64 = 20;
/// Days before today on which the checkout was broken.
const BROKEN_DAYS: std::ops::Range<i64> = 7..12;

/// What happens in a view, and how likely its visitor then answers, and answers low.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Happens {
    Nothing,
    Slow,
    Jumps,
    DeadButton,
    Breaks,
}

impl Happens {
    fn answers(self) -> (f64, f64) {
        match self {
            Self::Nothing => (0.1, 0.04),
            Self::Slow | Self::Jumps => (0.25, 0.5),
            Self::DeadButton => (0.3, 0.5),
            Self::Breaks => (0.4, 0.9),
        }
    }
}

/// Numbers that look random and are the same in every run (xorshift64*).
struct Month<'a> {
    site: &'a SiteContext,
    state: u64,
    records: Vec<Record>,
}

impl Month<'_> {
    fn unit(&mut self) -> f64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn chance(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    fn id(&mut self, at_ms: i64) -> Id {
        let bytes = [self.unit(), self.unit()].map(f64::to_bits).map(u64::to_le_bytes).concat();
        Id::version_7(at_ms as u64, bytes[..10].try_into().expect("ten bytes"))
    }

    fn day(&mut self, days_ago: i64) {
        let start_ms = self.site.day_start_ms(NOW_MS - days_ago * DAY_MS);
        for number in 0..280 {
            let path = ["/vase", "/mug", "/vase", "/mug", "/pay"][number as usize % 5];
            let happens = match path {
                "/vase" if self.chance(0.45) => Happens::Slow,
                "/vase" if self.chance(0.7) => Happens::Jumps,
                "/vase" | "/mug" if self.chance(0.06) => Happens::DeadButton,
                "/pay" if BROKEN_DAYS.contains(&days_ago) && self.chance(0.6) => Happens::Breaks,
                _ => Happens::Nothing,
            };
            self.visit(path, happens, (start_ms + 3_600_000 + number * 100_000, days_ago));
        }
    }

    fn visit(&mut self, path: &str, happens: Happens, (at_ms, days_ago): (i64, i64)) {
        let release = if days_ago >= BROKEN_DAYS.end {
            "1.0"
        } else if days_ago >= BROKEN_DAYS.start {
            "1.1"
        } else {
            "1.2"
        };
        let mobile = self.chance(0.5);
        let view = PageViewRow {
            site_id: self.site.site.site_id,
            item_id: self.id(at_ms),
            revision: 1,
            session_id: Some(self.id(at_ms)),
            visitor_key: self.id(at_ms),
            occurred_at_ms: at_ms,
            received_at_ms: at_ms,
            hour_ms: self.site.hour_start_ms(at_ms),
            path: path.into(),
            release: release.into(),
            source: if self.chance(0.3) { "newsletter" } else { "" }.into(),
            language: "en".into(),
            device: if mobile { Device::Mobile } else { Device::Desktop }.into(),
            view_index: 1,
            duration_ms: 5_000 + (self.unit() * 60_000.0) as i64,
            dead_clicks: i64::from(happens == Happens::DeadButton),
            errors: i64::from(happens == Happens::Breaks),
            lcp_ms: Some(if happens == Happens::Slow { 5_200 } else { 1_300 }),
            cls_e4: Some(if happens == Happens::Jumps { 4_000 } else { 100 }),
            ..PageViewRow::default()
        };
        if happens == Happens::Breaks {
            let signal = self.task_given_up(&view);
            self.records.push(signal);
        }
        let (answers, low) = happens.answers();
        if self.chance(answers) {
            let score = if self.chance(low) { 1 } else { 4 };
            let response = self.response(&view, score);
            self.records.push(response);
        }
        self.records.push(Record::PageView(Box::new(view)));
    }

    fn task_given_up(&mut self, view: &PageViewRow) -> Record {
        Record::Signal(Box::new(SignalRow {
            site_id: view.site_id,
            item_id: self.id(view.occurred_at_ms),
            view_id: view.item_id,
            session_id: view.session_id,
            known_visitor_key: None,
            occurred_at_ms: view.occurred_at_ms,
            received_at_ms: view.received_at_ms,
            hour_ms: view.hour_ms,
            clamped: false,
            bot: false,
            kind: SignalKind::Task,
            path: view.path.clone(),
            device: view.device,
            element: String::new(),
            name: "pay".into(),
            text: "abandon".into(),
            count: 1,
            rule: None,
            measured: None,
            error_key: None,
            detail: None,
        }))
    }

    fn response(&mut self, view: &PageViewRow, score: i64) -> Record {
        let item_id = self.id(view.occurred_at_ms);
        let page = serde_json::json!({
            "id": view.item_id.to_string(), "errors": view.errors, "dead_clicks": view.dead_clicks, "lcp_ms": view.lcp_ms,
            "cls_e4": view.cls_e4,
        });
        let row = ResponseRow {
            site_id: view.site_id,
            item_id,
            revision: 1,
            survey_id: "feedback".into(),
            survey_version: 1,
            view_id: Some(view.item_id),
            session_id: view.session_id,
            visitor_key: None,
            occurred_at_ms: view.occurred_at_ms,
            received_at_ms: view.received_at_ms,
            hour_ms: view.hour_ms,
            clamped: false,
            bot: false,
            path: view.path.clone(),
            language: "en".into(),
            device: view.device,
            duration_ms: 1_000,
            finished: true,
            trail: "[]".into(),
            trail_withheld: false,
            page: page.to_string(),
            suspicion: None,
            consent: Consent::Unknown,
            customer_id: None,
        };
        let answer = AnswerRow {
            site_id: view.site_id,
            item_id,
            question_id: "rating".into(),
            position: 0,
            kind: AnswerKind::Csat,
            score: Some(score),
            choices: "[]".into(),
            text: String::new(),
        };
        Record::Response(Box::new(row), vec![answer])
    }
}

async fn plant(store: &Store, site: &SiteContext) {
    let mut month = Month { site, state: 0x9e37_79b9_7f4a_7c15, records: Vec::new() };
    for days_ago in 0..DAYS {
        month.day(days_ago);
        let records = std::mem::take(&mut month.records);
        let submission = Submission { site_id: site.site.site_id, records, ..Submission::default() };
        store.submit(submission).await.expect("a day is stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_slow_and_jumps_was_not_named_because_nobody_clicked_wrongly_on_it() {
    each_engine(async |store| {
        let site = a_site("shop");
        store.add_site(&site).await.unwrap();
        store.apply_survey(site.site_id, &first_survey(), &note(1)).await.unwrap();
        let sites = SiteDirectory::new(store.clone(), Clock::manual(NOW_MS));
        let context = sites.by_id(site.site_id).await.unwrap().unwrap();
        plant(&store, &context).await;
        let source = Source { store: &store, site: &context, now_ms: NOW_MS, picture_address: nowhere };
        let slice = Slice { range: Range::Last(30), ..Slice::default() };
        let mut told = Vec::new();
        for when in ["from rows", "from rollups"] {
            let fixes = source.overview(&slice).await.unwrap().fix_first;
            let first = &fixes[0];
            assert_eq!(first.path, "/vase", "{when}");
            let facts: Vec<_> = first.reasons.iter().map(|reason| reason.fact).collect();
            assert!(matches!(facts[..], ["poor_lcp", "poor_cls"] | ["poor_cls", "poor_lcp"]), "{when}: {facts:?}");
            let risk = first.reasons[0].risk.as_ref().unwrap();
            assert!(risk.low > 2.0 && first.reasons[0].met >= 100, "{when}: {:?}", first.reasons[0]);
            assert!(first.poor_views > 1_500 && first.dead_views < 60, "{when}: {first:?}");
            assert_eq!((first.since.state, first.since.day.as_deref()), (State::Steady, None), "{when}");
            let mug = fixes.iter().find(|fix| fix.path == "/mug").expect("it fails");
            assert_eq!(mug.reasons.iter().map(|reason| reason.fact).collect::<Vec<_>>(), ["dead_click"], "{when}");
            let pay = fixes.iter().find(|fix| fix.path == "/pay").expect("it failed");
            let since = (pay.since.state, pay.since.day.as_deref(), pay.since.release.as_deref());
            assert_eq!(since, (State::Fixed, Some("2026-04-30"), Some("1.2")), "{when}");
            assert_eq!(
                (pay.failed_task_views, pay.impact),
                (pay.error_views, 0.0),
                "{when}: it does not fail any more"
            );
            let drivers = source.drivers(&slice).await.unwrap();
            let errors = drivers.by_page.iter().find(|driver| driver.fact == "error").expect("there were errors");
            assert_eq!((errors.path.as_deref(), errors.verdict), (Some("/pay"), DriverVerdict::Low));
            assert!(errors.sentence.starts_with("Visitors who met an error on /pay rate it 2."), "{}", errors.sentence);
            who_met_a_failure_answers_more(&drivers.bias, when);
            let issues = source.whole_issues(&slice, Show::All).await.unwrap();
            let first = &issues.issues[0];
            assert_eq!((first.page.as_str(), first.kind.starts_with("poor_")), ("/vase", true), "{when}: {first:?}");
            assert!(first.headline.starts_with("/vase "), "{}", first.headline);
            assert!(first.low_ratings > 100 && first.weight_low > 1.1, "{when}: {} {}", first.weight, first.weight_low);
            assert_eq!((first.since.state, &first.segment), (State::Steady, &None), "{when}: {first:?}");
            let task = issues.issues.iter().find(|issue| issue.kind == "task").expect("it was given up");
            let since = (task.since.state, task.since.day.as_deref(), task.since.release.as_deref());
            assert_eq!(since, (State::Fixed, Some("2026-04-30"), Some("1.2")), "{when}");
            assert!(task.headline.starts_with("Task pay on /pay is given up: "), "{}", task.headline);
            assert_eq!((task.label.as_str(), task.impact, task.status), ("pay abandon", 0.0, "new"), "{when}");
            assert!(task.visitors.abs_diff(task.visits) <= task.visits / 20, "each came once: {task:?}");
            let page = Slice { pages: Pages::One("/vase".into()), ..slice.clone() };
            let of_page = source.drivers(&page).await.unwrap();
            assert!(of_page.by_page.is_empty() && of_page.over_all.iter().any(|driver| driver.fact == "poor_cls"));
            told.push((fixes, drivers, of_page, issues));
            roll_up(&store, &sites).await;
        }
        assert!(told[0] == told[1], "the same from rows and from rollups");
    })
    .await;
}

fn who_met_a_failure_answers_more(bias: &Bias, when: &str) {
    let met = bias.levels.iter().find(|level| level.of == "failure" && level.level == "met").expect("some met one");
    assert!(met.is_real && met.difference.is_some_and(|points| points > 10.0), "{when}: {met:?}");
    let device = bias.levels.iter().filter(|level| level.of == "device");
    assert!(device.into_iter().all(|level| !level.is_real), "{when}: devices answer alike");
    let [score] = &bias.scores[..] else { panic!("{when}: one question") };
    let (raw, weighted) = (score.raw.value.unwrap(), score.weighted.value.unwrap());
    assert!(weighted > raw + 3.0, "{when}: those who met nothing are more than those who say so: {raw} {weighted}");
    assert!(score.effective_n < score.weighted.n as f64, "{when}: {}", score.effective_n);
}
