//! Every report of random data, from rows and from rollups, before and after visitors had themselves erased, on both engines.

use crate::delivery::DeliveryLog;
use crate::driver::Drivers;
use crate::experience::{By, Experience, Listed, Sort};
use crate::feedback::{Delivery, Feedback, RESPONSE_RATE, UNTOLD_STEPS};
use crate::figure::Figure;
use crate::fix::{Since, State};
use crate::issue::{Issue, Issues, Show};
use crate::overview::Overview;
use crate::page::PageReport;
use crate::response::ResponseSummary;
use crate::response::nowhere;
use crate::route::Routes;
use crate::slice::{Device, Dimension, Pages, Range, Slice};
use crate::survey::SurveyReport;
use crate::{Listing, Source};
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::{AnswerKind, Survey};
use rapport_shared::wire::DeliveryEvent;
use rapport_store::clock::Clock;
use rapport_store::customer::{Change, Saved, link_visitor};
use rapport_store::device;
use rapport_store::record::Consent;
use rapport_store::record::{AnswerRow, DeliveryRow, PageViewRow, Record, ResponseRow, SignalRow, Submission};
use rapport_store::response::Suspicious;
use rapport_store::rollup::narrow::{NEW_FOR_MS, Recurrence, Relation, VisitSource};
use rapport_store::rollup::rebuild;
use rapport_store::site::Site;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::test_store::{a_site, each_engine, note};
use rapport_store::visitor::Known;
use rapport_store::{Statement, Store};
use std::collections::HashMap;

const HOUR_MS: i64 = 3_600_000;
const PATHS: [&str; 5] = ["/", "/cart", "/mug/7", "/mug/8", ""];
const DEVICES: [device::Device; 3] = [device::Device::Desktop, device::Device::Mobile, device::Device::Tablet];

/// A zone, and an instant soon after its clocks were changed.
const PLACES: [(&str, &str); 2] =
    [("Australia/Lord_Howe", "2026-04-05T10:20:00Z"), ("America/St_Johns", "2010-11-07T20:00:00Z")];

/// Numbers that look random and are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    fn below(&mut self, end: i64) -> i64 {
        (self.next() % end as u64) as i64
    }

    fn one_in(&mut self, many: i64) -> bool {
        self.below(many) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as i64) as usize]
    }

    fn id(&mut self, at_ms: i64) -> Id {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes()[6..]);
        Id::version_7(at_ms as u64, bytes)
    }
}

/// A survey with a question of each kind that is counted.
fn survey() -> Survey {
    let choices = serde_json::json!([{"id": "a", "label": "A"}, {"id": "b", "label": "B"}, {"id": "c", "label": "C"}]);
    serde_json::from_value(serde_json::json!({
        "id": "all", "name": "All", "title": "All",
        "questions": [
            {"id": "nps", "kind": "nps", "text": "?"},
            {"id": "csat", "kind": "csat", "text": "?"},
            {"id": "ces", "kind": "ces", "text": "?"},
            {"id": "gap", "kind": "expectation-gap", "text": "?"},
            {"id": "ladder", "kind": "ladder", "text": "?"},
            {"id": "matrix", "kind": "matrix", "text": "?", "points": 4, "rows": [{"id": "x", "label": "X"}]},
            {"id": "single", "kind": "multiple-choice-single", "text": "?", "choices": choices},
            {"id": "multi", "kind": "multiple-choice-multi", "text": "?", "choices": choices},
            {"id": "rank", "kind": "ranking", "text": "?", "choices": choices},
            {"id": "yes", "kind": "yes-no", "text": "?"},
            {"id": "words", "kind": "open-text", "text": "?"},
        ],
    }))
    .expect("a survey")
}

/// What a session says of itself.
struct Voice {
    language: &'static str,
    source: &'static str,
    campaign: &'static str,
    browser: &'static str,
    country: &'static str,
    /// Who is known, if anybody.
    known: Option<u8>,
    referrer: &'static str,
    release: &'static str,
}

impl Voice {
    /// The same of a session whenever it is asked for, and of many sessions each about as often.
    fn of(session: Id) -> Self {
        let pick = |byte: usize| usize::from(session.0[byte]);
        let (source, referrer) = [
            ("", ""),
            ("newsletter", "https://mail.example/"),
            ("", "https://search.example/results"),
            ("", "http://search.example"),
        ][pick(9) % 4];
        Self {
            language: ["de", "de-ch", "den", "en", ""][pick(10) % 5],
            source,
            referrer,
            campaign: ["spring", "", "Spring"][pick(12) % 3],
            browser: ["firefox", "chrome"][pick(13) % 2],
            country: ["DE", "AT", ""][pick(15) % 3],
            known: Some(session.0[14] % 9).filter(|visitor| *visitor < 6),
            release: ["1.0", "1.0.1", ""][pick(11) % 3],
        }
    }
}

/// The key of a known visitor.
fn visitor(number: u8) -> Id {
    Id([number + 100; 16])
}

/// The visitors who are customers.
const CUSTOMERS: [u8; 3] = [0, 3, 4];

/// What a view says of itself in an answer.
fn page_of(view: &PageViewRow) -> String {
    let (id, errors, dead_clicks, lcp_ms) = (view.item_id.to_string(), view.errors, view.dead_clicks, view.lcp_ms);
    serde_json::json!({"id": id, "errors": errors, "dead_clicks": dead_clicks, "lcp_ms": lcp_ms}).to_string()
}

/// What is told of a site: sessions with views, signals, responses and steps of delivery over two days.
struct Tale<'a> {
    random: Random,
    site: &'a SiteContext,
    now_ms: i64,
    sessions: Vec<Id>,
    records: Vec<Record>,
    /// What was stored.
    told: Vec<Record>,
}

impl Tale<'_> {
    fn session(&mut self) {
        let began_ms = self.now_ms - self.random.below(20 * HOUR_MS) - 3 * HOUR_MS;
        let session = self.random.id(began_ms);
        let (visitor_key, device) = (self.random.id(0), self.random.pick(&DEVICES));
        let bot = self.random.one_in(8);
        self.sessions.push(session);
        let mut at_ms = began_ms;
        for view_index in 1..=1 + self.random.below(3) {
            let view = self.view(session, visitor_key, device, bot, view_index, at_ms);
            let ended_ms = at_ms + view.duration_ms;
            for _ in 0..self.random.below(4) {
                let at_ms = at_ms + self.random.below(view.duration_ms + 1);
                let kind = self.random.pick(&SignalKind::EACH);
                let label = self.random.pick(&["a", "b", "c"]);
                self.signal(&view, kind, label, at_ms);
            }
            if self.random.one_in(2) {
                self.response(&view, ended_ms);
            }
            // One in five views is lost.
            if !self.random.one_in(5) {
                self.records.push(Record::PageView(Box::new(view)));
            }
            at_ms = ended_ms + self.random.below(20 * 60_000);
        }
    }

    fn view(
        &mut self,
        session: Id,
        visitor_key: Id,
        device: device::Device,
        bot: bool,
        view_index: i64,
        at_ms: i64,
    ) -> PageViewRow {
        let (random, voice) = (&mut self.random, Voice::of(session));
        // Some views last for hours.
        let duration_ms = if random.one_in(4) { random.below(3 * HOUR_MS) } else { random.below(40_000) };
        let vital = |random: &mut Random| (!random.one_in(3)).then(|| random.below(6_000));
        PageViewRow {
            site_id: self.site.site.site_id,
            item_id: random.id(at_ms),
            revision: 1,
            session_id: Some(session),
            visitor_key,
            occurred_at_ms: at_ms,
            received_at_ms: at_ms,
            hour_ms: self.site.hour_start_ms(at_ms),
            bot,
            path: random.pick(&PATHS[..4]).into(),
            referrer: voice.referrer.into(),
            source: voice.source.into(),
            campaign: voice.campaign.into(),
            browser: voice.browser,
            country: voice.country.into(),
            known_visitor_key: voice.known.map(visitor),
            release: voice.release.into(),
            language: voice.language.into(),
            device: device.into(),
            view_index,
            duration_ms,
            hidden_ms: random.below(duration_ms + 1),
            engaged_ms: random.below(duration_ms + 1),
            scroll_percent: random.below(101),
            clicks: random.below(9),
            rage_clicks: random.below(2),
            dead_clicks: random.below(2),
            errors: random.below(3),
            key_events: i64::from(random.one_in(6)),
            lcp_ms: vital(random),
            inp_ms: vital(random),
            cls_e4: vital(random),
            fcp_ms: vital(random),
            ttfb_ms: vital(random),
            viewport_width_px: 1_280,
            viewport_height_px: 800,
            ..PageViewRow::default()
        }
    }

    /// Some visitors had been there before, on the day before the first.
    fn earlier(&mut self) {
        for number in [0, 1, 2] {
            let (session, at_ms) = (self.random.id(0), self.now_ms - 50 * HOUR_MS);
            let view = self.view(session, visitor(number), device::Device::Desktop, false, 1, at_ms);
            let view = PageViewRow { known_visitor_key: Some(visitor(number)), ..view };
            self.records.push(Record::PageView(Box::new(view)));
        }
    }

    fn signal(&mut self, view: &PageViewRow, kind: SignalKind, label: &str, at_ms: i64) {
        self.records.push(Record::Signal(Box::new(SignalRow {
            site_id: view.site_id,
            item_id: self.random.id(at_ms),
            view_id: view.item_id,
            session_id: view.session_id,
            known_visitor_key: None,
            occurred_at_ms: at_ms,
            received_at_ms: at_ms,
            hour_ms: self.site.hour_start_ms(at_ms),
            clamped: false,
            bot: view.bot,
            kind,
            path: view.path.clone(),
            device: view.device,
            element: label.into(),
            name: label.into(),
            text: "text".into(),
            count: 1 + self.random.below(3),
            rule: None,
            measured: None,
            error_key: None,
            detail: None,
        })));
    }

    fn response(&mut self, view: &PageViewRow, at_ms: i64) {
        let random = &mut self.random;
        let item_id = random.id(at_ms);
        let (finished, hosted) = (!random.one_in(4), random.one_in(6));
        let path = if hosted { "" } else { &view.path };
        let mut answers = Vec::new();
        let mut answer = |question: &str, kind: &str, score, choices: &[&str], text: &str| {
            answers.push(AnswerRow {
                site_id: view.site_id,
                item_id,
                question_id: question.into(),
                position: answers.len() as i64,
                kind: AnswerKind::parse(kind).expect("a kind of answers"),
                score,
                choices: serde_json::to_string(choices).expect("texts"),
                text: text.into(),
            });
        };
        for (question, kind, first, points) in [
            ("nps", "nps", 0, 11),
            ("csat", "csat", 1, 5),
            ("ces", "ces", 1, 7),
            ("gap", "expectation-gap", -2, 5),
            ("ladder.price", "ladder", 1, 5),
            ("matrix.x", "rating-4", 1, 4),
            ("old", "review", 1, 5),
        ] {
            if random.one_in(2) {
                answer(question, kind, Some(first + random.below(points)), &[], "");
            }
        }
        let one = random.pick(&["a", "b", "gone"]);
        answer("single", "multiple-choice-single", None, &[one], "");
        answer("multi", "multiple-choice-multi", None, &[one, "c"], "");
        answer("rank", "ranking", None, &["c", one], "");
        answer("yes", "yes-no", None, &["yes"], "");
        if random.one_in(2) {
            answer("words", "open-text", None, &[], "slow");
        }
        let row = ResponseRow {
            site_id: view.site_id,
            item_id,
            revision: 1,
            survey_id: "all".into(),
            survey_version: 1,
            view_id: Some(view.item_id).filter(|_| !hosted),
            session_id: view.session_id,
            visitor_key: Some(view.visitor_key),
            occurred_at_ms: at_ms,
            received_at_ms: at_ms,
            hour_ms: self.site.hour_start_ms(at_ms),
            clamped: false,
            bot: view.bot,
            path: path.into(),
            language: ["de", "DE-at", "en"][usize::from(item_id.0[15]) % 3].into(),
            device: view.device,
            duration_ms: 10,
            finished,
            trail: "[]".into(),
            trail_withheld: false,
            page: if hosted { String::new() } else { page_of(view) },
            suspicion: if view.bot {
                Some("bot".into())
            } else if random.one_in(6) {
                Some("burst".into())
            } else {
                None
            },
            consent: Consent::Unknown,
            customer_id: item_id.0[14].is_multiple_of(5).then_some(Id([9; 16])),
        };
        for event in [DeliveryEvent::Shown, DeliveryEvent::Started, DeliveryEvent::Answered] {
            let is_lost = random.one_in(5) || event == DeliveryEvent::Answered && !finished;
            if !is_lost && !hosted {
                self.records.push(Record::Delivery(Box::new(DeliveryRow {
                    site_id: view.site_id,
                    item_id: random.id(at_ms),
                    occurred_at_ms: at_ms,
                    received_at_ms: at_ms,
                    hour_ms: row.hour_ms,
                    clamped: false,
                    bot: view.bot,
                    survey_id: "all".into(),
                    survey_version: 1,
                    event,
                    path: path.into(),
                    device: view.device,
                    response_id: (event == DeliveryEvent::Answered).then_some(item_id),
                })));
            }
        }
        if !random.one_in(6) {
            self.records.push(Record::Response(Box::new(row), answers));
        }
    }

    /// Stores what was told since the last time.
    async fn store(&mut self, store: &Store) {
        self.told.extend(self.records.iter().cloned());
        for records in std::mem::take(&mut self.records).chunks(200) {
            let submission = Submission {
                site_id: self.site.site.site_id,
                received_at_ms: self.now_ms,
                day_ms: self.site.day_start_ms(self.now_ms),
                records: records.to_vec(),
                ..Submission::default()
            };
            store.submit(submission).await.expect("the tale is stored");
        }
    }

    /// A bot looks in at every hour: nothing of it counts, and every hour has to be counted anew.
    async fn touch_each_hour(&mut self, store: &Store) {
        for back in 0..27 {
            let (session, visitor_key) = (self.random.id(0), self.random.id(0));
            let at_ms = self.now_ms - back * HOUR_MS;
            let view = self.view(session, visitor_key, device::Device::Desktop, true, 1, at_ms);
            self.records.push(Record::PageView(Box::new(view)));
        }
        self.store(store).await;
    }
}

/// Every report with one slice.
#[derive(Debug, PartialEq)]
struct Reports {
    overview: Overview,
    experience: Experience,
    pages: Vec<PageReport>,
    feedback: Feedback,
    delivery: DeliveryLog,
    surveys: Vec<Option<SurveyReport>>,
    drivers: Option<Drivers>,
    issues: Option<Issues>,
}

impl Reports {
    /// What does not name a single response, and leaves out the suspicious: what erasing changes nothing of.
    fn figures(mut self) -> Self {
        self.pages.iter_mut().for_each(|page| page.responses.clear());
        self.surveys.truncate(1);
        // Where visits came from is not kept of what was erased.
        self.drivers = None;
        for survey in self.surveys.iter_mut().flatten() {
            survey.responses.clear();
            survey.next = None;
        }
        self
    }
}

/// Of reports of the whole site, what names no page and no label: paths and labels that nobody else has go under one name
/// when their rows are erased.
fn of_whole_site(reports: Vec<Reports>) -> Vec<Reports> {
    let of_site = reports.into_iter().take(2);
    of_site
        .map(|mut reports| {
            reports.overview.fix_first.clear();
            reports.issues = None;
            reports.experience = Experience::default();
            reports.pages.clear();
            reports
        })
        .collect()
}

async fn reports(source: &Source<'_>) -> Vec<Reports> {
    let filters = [
        Slice { range: Range::Last(7), ..Slice::default() },
        Slice { range: Range::Last(1), device: Device::Mobile, ..Slice::default() },
        Slice { range: Range::Last(2), pages: Pages::One("/cart".into()), compare: false, ..Slice::default() },
    ];
    let mut all = Vec::new();
    for slice in filters {
        let mut pages = Vec::new();
        for path in ["/cart", ""] {
            pages.push(source.page(&slice.of_page(path)).await.unwrap());
        }
        let mut surveys = Vec::new();
        for suspicious in [Suspicious::LeftOut, Suspicious::Included] {
            let listing = Listing { suspicious, ..Listing::default() };
            surveys.push(source.survey(&slice, "all", listing).await.unwrap());
        }
        all.push(Reports {
            overview: source.overview(&slice).await.unwrap(),
            experience: source.experience(&slice, &Listed::default()).await.unwrap(),
            pages,
            feedback: source.feedback(&slice).await.unwrap(),
            delivery: source.delivery(&slice).await.unwrap(),
            surveys,
            drivers: Some(source.drivers(&slice).await.unwrap()),
            issues: Some(source.whole_issues(&slice, Show::All).await.unwrap()),
        });
    }
    all
}

fn assert_same(found: &[Reports], expected: &[Reports], when: &str) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.overview, expected.overview, "{when}");
        assert_eq!(found.experience, expected.experience, "{when}");
        assert_eq!(found.issues, expected.issues, "{when}");
        for (found, expected) in found.pages.iter().zip(&expected.pages) {
            assert_eq!(found, expected, "{when}");
        }
        assert_eq!(found.feedback, expected.feedback, "{when}");
        assert_eq!(found.delivery, expected.delivery, "{when}");
        for (found, expected) in found.surveys.iter().zip(&expected.surveys) {
            assert_eq!(found, expected, "{when}");
        }
    }
    assert_eq!(found, expected, "{when}");
}

fn site_in(zone: &str) -> Site {
    Site { time_zone: jiff::tz::TimeZone::get(zone).expect("a known zone"), ..a_site("shop") }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_is_the_same_from_rows_and_rollups_and_after_an_erasure() {
    each_engine(async |store| {
        for (seed, (zone, now)) in (1..).zip(PLACES) {
            // Each tale on a site of its own.
            let site = Site { site_id: Id([seed as u8; 16]), key: format!("shop-{seed}"), ..site_in(zone) };
            store.add_site(&site).await.unwrap();
            store.apply_survey(site.site_id, &survey(), &note(1)).await.unwrap();
            let now_ms = now.parse::<jiff::Timestamp>().unwrap().as_millisecond();
            let clock = Clock::manual(now_ms);
            let sites = SiteDirectory::new(store.clone(), clock.clone());
            let context = sites.by_id(site.site_id).await.unwrap().unwrap();
            let source = Source { store: &store, site: &context, now_ms, picture_address: nowhere };
            let random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
            let mut tale = Tale { random, ..tale_of(&context, now_ms) };
            for part in ["first", "late"] {
                (0..50).for_each(|_| tale.session());
                tale.store(&store).await;
                let from_rows = reports(&source).await;
                assert!(from_rows[0].overview.totals[0].value > 50, "{zone}: there is something to compare");
                rebuild::run_once(&store, &clock, &sites).await.unwrap();
                assert_eq!(store.dirty_hours(site.site_id, 0, i64::MAX).await, Ok(vec![]));
                assert_same(&reports(&source).await, &from_rows, &format!("{zone}, {part}, rolled up"));
            }

            // Of the hours of who has themselves erased some are rolled up and some are not.
            (0..20).for_each(|_| tale.session());
            tale.store(&store).await;
            let figures = async || reports(&source).await.into_iter().map(Reports::figures).collect::<Vec<_>>();
            let before = figures().await;
            let erased: Vec<Id> = tale.sessions.iter().copied().step_by(5).collect();
            for sessions in erased.chunks(7) {
                let known = Known { sessions: sessions.to_vec(), ..Known::default() };
                let traces = store.traces(site.site_id, &known).await.unwrap();
                assert!(!traces.page_views.is_empty() && !traces.responses.is_empty());
                store.erase(site.site_id, &site.time_zone, &traces, &clock).await.unwrap();
                // Twice is once.
                store.erase(site.site_id, &site.time_zone, &traces, &clock).await.unwrap();
            }
            let erased = figures().await;
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            assert_same(&figures().await, &erased, &format!("{zone}, erased and rolled up"));
            tale.touch_each_hour(&store).await;
            assert_same(&figures().await, &erased, &format!("{zone}, erased and counted anew"));
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            assert_same(&figures().await, &erased, &format!("{zone}, erased and rolled up anew"));
            assert_same(&of_whole_site(erased), &of_whole_site(before), &format!("{zone}, erased"));
        }
    })
    .await;
}

/// The same records as those of another site where everything that a slice leaves out was sent by a bot.
fn told_of_slice(told: &[Record], site_id: Id, slice: &Slice) -> Vec<Record> {
    let narrow = slice.narrow(None);
    let views: HashMap<Id, &PageViewRow> = told.iter().filter_map(page_view).map(|view| (view.item_id, view)).collect();
    let began = views.values().filter(|view| view.view_index == 1);
    let began: HashMap<Id, &PageViewRow> = began.filter_map(|view| Some((view.session_id?, *view))).collect();
    let speaks = |tag: &str| {
        narrow.language.as_ref().is_none_or(|language| {
            let tag = tag.to_ascii_lowercase();
            tag == *language || tag.starts_with(&format!("{language}-"))
        })
    };
    let of_pages = Slice { pages: slice.pages.clone(), ..Slice::default() };
    let is_below = |path: &str| of_pages.page().is_some() || of_pages.pages.holds(path, &Routes::default());
    let comes = |session: Option<Id>| {
        let first = session.and_then(|session| began.get(&session));
        let is_from = |source: &VisitSource| {
            first.is_some_and(|first| VisitSource::of(&first.source, &first.referrer) == *source)
        };
        let is_of = |campaign: &String| first.is_some_and(|first| first.campaign == *campaign);
        narrow.source.as_ref().is_none_or(is_from) && narrow.campaign.as_ref().is_none_or(is_of)
    };
    let is_customer =
        |view: &PageViewRow| CUSTOMERS.iter().any(|number| view.known_visitor_key == Some(visitor(*number)));
    let recurs = |view: &PageViewRow| {
        narrow.recurrence.is_none_or(|recurrence| {
            let Some(key) = view.known_visitor_key else { return false };
            let was_there = views.values().any(|other| {
                other.known_visitor_key == Some(key) && !other.bot && other.hour_ms <= view.hour_ms - NEW_FOR_MS
            });
            was_there == (recurrence == Recurrence::Returning)
        })
    };
    let of_view = |view: &PageViewRow| {
        narrow.release.as_ref().is_none_or(|release| view.release == *release)
            && narrow.country.as_ref().is_none_or(|country| view.country == *country)
            && narrow.browser.as_ref().is_none_or(|browser| view.browser == browser)
            && recurs(view)
    };
    let needs_view =
        narrow.release.is_some() || narrow.country.is_some() || narrow.browser.is_some() || narrow.recurrence.is_some();
    let is_of = |view: Option<&&PageViewRow>| view.map_or(!needs_view, |view| of_view(view));
    let relates =
        |is_customer: bool| narrow.relation.is_none_or(|relation| is_customer == (relation == Relation::Customer));
    let is_member = |view: &PageViewRow| view.known_visitor_key == Some(visitor(CUSTOMERS[0]));
    let belongs = |is_member: bool, is_gold: bool| {
        narrow.persona.as_ref().is_none_or(|persona| is_member != persona.others)
            && (narrow.customer_trait.is_none() || is_gold)
    };
    let of_site = |mut record: Record| {
        match &mut record {
            Record::PageView(row) => {
                let is_told = speaks(&row.language)
                    && of_view(row)
                    && belongs(is_member(row), is_customer(row))
                    && relates(is_customer(row))
                    && comes(row.session_id)
                    && is_below(&row.path);
                (row.site_id, row.bot) = (site_id, row.bot || !is_told);
            }
            Record::Signal(row) => {
                let view = views.get(&row.view_id);
                let speaks = narrow.language.is_none() || view.is_some_and(|view| speaks(&view.language));
                let relates = relates(view.is_some_and(|view| is_customer(view)));
                let belongs =
                    belongs(view.is_some_and(|view| is_member(view)), view.is_some_and(|view| is_customer(view)));
                let is_told =
                    speaks && is_of(view) && belongs && relates && comes(row.session_id) && is_below(&row.path);
                (row.site_id, row.bot) = (site_id, row.bot || !is_told);
            }
            Record::Response(row, answers) => {
                let view = row.view_id.and_then(|view| views.get(&view));
                let is_told = speaks(&row.language)
                    && is_of(view)
                    && belongs(
                        view.is_some_and(|view| is_member(view)),
                        row.customer_id == Some(Id([9; 16])) || view.is_some_and(|view| is_customer(view)),
                    )
                    && relates(row.customer_id.is_some() || view.is_some_and(|view| is_customer(view)))
                    && comes(row.session_id)
                    && is_below(&row.path);
                (row.site_id, row.bot) = (site_id, row.bot || !is_told);
                answers.iter_mut().for_each(|answer| answer.site_id = site_id);
            }
            Record::Delivery(row) => (row.site_id, row.bot) = (site_id, row.bot || !is_below(&row.path)),
        }
        record
    };
    told.iter().cloned().map(of_site).collect()
}

fn page_view(record: &Record) -> Option<&PageViewRow> {
    match record {
        Record::PageView(view) => Some(view),
        _ => None,
    }
}

/// Drivers but for whether visitors return: that is told by all of somebody's views, whether a slice has them or not.
fn without_visitors(mut drivers: Drivers) -> Drivers {
    drivers.over_all.retain(|driver| driver.fact != "visitor");
    drivers
}

/// Issues but for their impact and its reasons: what was observed is told by the first data of the whole site.
fn in_order(issues: &Issues) -> Vec<Issue> {
    let mut issues = issues.issues.clone();
    for issue in &mut issues {
        issue.impact = 0.0;
        issue.since = Since { state: State::Steady, day: None, release: None, before_percent: None, now_percent: 0.0 };
    }
    issues.sort_by(|one, other| one.id.cmp(&other.id));
    issues
}

/// What can be told of a slice by any dimension.
#[derive(Debug, PartialEq)]
struct Sliced {
    overview: Overview,
    experience: Experience,
    routes: Experience,
    page: PageReport,
    feedback: Feedback,
    survey: SurveyReport,
    words: Vec<ResponseSummary>,
    drivers: Drivers,
    issues: Vec<Issue>,
}

impl Sliced {
    async fn of(source: &Source<'_>, slice: &Slice, page: &str) -> Self {
        let mut overview = source.overview(slice).await.unwrap();
        // It depends on when anything was first observed on the site.
        overview.fix_first.iter_mut().for_each(|fix| fix.impact = 0.0);
        Self {
            overview,
            experience: source.experience(slice, &Listed::default()).await.unwrap(),
            routes: source
                .experience(slice, &Listed { by: By::Route, sort: Sort::Lcp, ..Listed::default() })
                .await
                .unwrap(),
            page: source.page(&slice.of_page(page)).await.unwrap(),
            feedback: source.feedback(slice).await.unwrap(),
            survey: source.survey(slice, "all", Listing::default()).await.unwrap().unwrap(),
            words: source.newest_words(slice).await.unwrap(),
            drivers: without_visitors(source.drivers(slice).await.unwrap()),
            issues: in_order(&source.whole_issues(slice, Show::All).await.unwrap()),
        }
    }

    /// The same without bounces: whether a visit went on is known of the pages beside those of the slice, too.
    fn without_bounces(mut self) -> Self {
        let is_other = |figure: &Figure| figure.name != "bounce_rate";
        self.overview.figures.retain(is_other);
        self.page.figures.retain(is_other);
        self.page.scorecard.iter_mut().for_each(|part| part.figures.retain(is_other));
        for line in self.experience.pages.iter_mut().chain(&mut self.routes.pages) {
            line.bounce = line.failed.clone();
        }
        self
    }

    /// The same without what pages tell with page and device alone.
    fn without_steps(mut self) -> Self {
        let untold = |delivery: &mut Delivery, rate: &mut Figure| {
            *delivery = Delivery { shown: None, started: None, answered: None, closed: None, ..delivery.clone() };
            *rate = Figure::untold(RESPONSE_RATE, UNTOLD_STEPS);
        };
        self.feedback.surveys.iter_mut().for_each(|line| untold(&mut line.delivery, &mut line.response_rate));
        untold(&mut self.survey.delivery, &mut self.survey.response_rate);
        self
    }
}

/// What slices are asked for.
const ASKED: [&[(Dimension, &str)]; 25] = [
    &[(Dimension::Language, "de")],
    &[(Dimension::Language, "en"), (Dimension::Device, "mobile")],
    &[(Dimension::Source, "newsletter")],
    &[(Dimension::Source, "search.example")],
    &[(Dimension::Source, "direct"), (Dimension::Language, "de")],
    &[(Dimension::Source, "direct"), (Dimension::Page, "/cart")],
    &[(Dimension::Release, "1.0")],
    &[(Dimension::PageGroup, "/")],
    &[(Dimension::PageGroup, "/"), (Dimension::Language, "de"), (Dimension::Release, "1.0")],
    &[(Dimension::PageGlob, "/?ar*")],
    &[(Dimension::PageGlob, "**"), (Dimension::Browser, "firefox")],
    &[(Dimension::Route, "/mug/:id")],
    &[(Dimension::Campaign, "spring")],
    &[(Dimension::Campaign, "spring"), (Dimension::Source, "newsletter")],
    &[(Dimension::Browser, "firefox")],
    &[(Dimension::Country, "DE")],
    &[(Dimension::Country, "AT"), (Dimension::Device, "mobile"), (Dimension::Language, "de")],
    &[(Dimension::Visitor, "returning")],
    &[(Dimension::Visitor, "new"), (Dimension::Device, "mobile")],
    &[(Dimension::Customer, "yes")],
    &[(Dimension::Customer, "no"), (Dimension::Language, "de")],
    &[(Dimension::Visitor, "returning"), (Dimension::Customer, "yes")],
    &[(Dimension::Persona, "first")],
    &[(Dimension::Persona, "-first"), (Dimension::Device, "mobile")],
    &[(Dimension::Trait, "plan=gold")],
];

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_is_what_a_site_where_nothing_else_happened_shows_from_rows_and_from_rollups() {
    each_engine(async |store| {
        for (seed, (zone, now)) in (3..).zip(PLACES) {
            let new_site = async |number: usize| {
                let key = format!("sliced-{seed}-{number}");
                let site = Site { site_id: Id([seed as u8 * 32 + number as u8; 16]), key, ..site_in(zone) };
                store.add_site(&site).await.unwrap();
                store.apply_survey(site.site_id, &survey(), &note(1)).await.unwrap();
                site.site_id
            };
            let now_ms = now.parse::<jiff::Timestamp>().unwrap().as_millisecond();
            let clock = Clock::manual(now_ms);
            let sites = SiteDirectory::new(store.clone(), clock.clone());
            let whole = sites.by_id(new_site(0).await).await.unwrap().unwrap();
            let source = Source { store: &store, site: &whole, now_ms, picture_address: nowhere };
            let random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
            let mut tale = Tale { random, ..tale_of(&whole, now_ms) };
            tale.earlier();
            (0..80).for_each(|_| tale.session());
            tale.store(&store).await;
            let link = |number: u8| link_visitor(whole.site.site_id, Id([9; 16]), visitor(number), now_ms);
            store.write(CUSTOMERS.map(link).to_vec()).await.unwrap();
            let customer = Saved {
                customer_id: Id([9; 16]),
                external_id: "C-9".into(),
                change: Change { traits: vec![("plan".into(), Some("gold".into()))], ..Change::default() },
            };
            store.save_customers(whole.site.site_id, &[customer], now_ms, vec![]).await.unwrap();
            let sql = "INSERT INTO persona_visitor (site_id, persona_key, visitor_key, checked_at_ms) VALUES ($1, 'first', $2, 1)";
            let params = vec![whole.site.site_id.into(), visitor(CUSTOMERS[0]).into()];
            store.write(vec![Statement::new(sql, params)]).await.unwrap();
            let mut alone = Vec::new();
            for (number, asked) in (1..).zip(ASKED) {
                let mut slice = Slice { range: Range::Last(7), ..Slice::default() };
                asked.iter().for_each(|(dimension, value)| slice.set(*dimension, value).unwrap());
                let site_id = new_site(number).await;
                sites.forget();
                let site = sites.by_id(site_id).await.unwrap().unwrap();
                let mut of_slice = tale_of(&site, now_ms);
                of_slice.records = told_of_slice(&tale.told, site_id, &slice);
                of_slice.store(&store).await;
                alone.push((slice, site));
            }
            let mut told = 0;
            for when in ["from rows", "from rollups"] {
                for (slice, site) in &alone {
                    let asked: Vec<_> = slice.narrowed().collect();
                    let page = if slice.value(Dimension::Route).is_some() { "/mug/7" } else { "/cart" };
                    let mut found = Sliced::of(&source, slice, page).await;
                    assert!(found.overview.totals[0].value > 0 && found.survey.delivery.stored > 0, "{zone} {asked:?}");
                    let other = Source { store: &store, site, now_ms, picture_address: nowhere };
                    let mut expected = Sliced::of(&other, &of_rollups(slice), page).await;
                    if !slice.is_told_by_steps() {
                        expected = expected.without_steps();
                    }
                    if slice.pages.are_matched() {
                        (found, expected) = (found.without_bounces(), expected.without_bounces());
                    }
                    let when = format!("{zone} {asked:?} {when}");
                    assert_eq!(found.overview, expected.overview, "{when}");
                    assert_eq!(found.experience, expected.experience, "{when}");
                    assert_eq!(found.page, expected.page, "{when}");
                    assert_eq!(found.feedback, expected.feedback, "{when}");
                    assert_eq!(found.drivers, expected.drivers, "{when}");
                    assert_eq!(found.issues, expected.issues, "{when}");
                    told += found.drivers.over_all.iter().filter(|driver| driver.fact == "error").count();
                    assert!(found.drivers.bias.views > 0, "{when}");
                    assert_eq!(found, expected, "{when}");
                }
                rebuild::run_once(&store, &clock, &sites).await.unwrap();
            }
            assert!(told > 0, "somebody met an error before they answered");
        }
    })
    .await;
}

/// What of a slice rollups tell.
fn of_rollups(slice: &Slice) -> Slice {
    let told = slice.narrowed().filter(|(dimension, _)| dimension.is_in_rollups());
    let mut of_rollups = Slice { range: slice.range, ..Slice::default() };
    told.for_each(|(dimension, value)| of_rollups.set(dimension, value).expect("it was one"));
    of_rollups
}

fn tale_of(site: &SiteContext, now_ms: i64) -> Tale<'_> {
    Tale { random: Random(1), site, now_ms, sessions: Vec::new(), records: Vec::new(), told: Vec::new() }
}
