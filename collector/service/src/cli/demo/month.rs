//! The simulated month, visit by visit: the batches that browsers would have sent, seeded, so the same every time.

use super::cast::{
    BROKEN_BUTTON, BROKEN_DAYS, BROWSERS, CART, CHECKOUT, FIX_RELEASE, HOURS, LANGUAGES, Mood, PAGES, PHONE_SLOWNESS,
    Page, REFERRERS, THANKS, WEEKDAYS, words,
};
use super::interaction;
use super::random::Random;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::wire::{Answer, Delivery, DeliveryEvent, PageView, Property, Response, Signal, TrailEvent};
use serde::Serialize;
use std::collections::BTreeMap;

/// Milliseconds of a day.
/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// A day of the month to be.
#[derive(Clone, Copy)]
pub struct Day {
    /// Its start in the site's zone.
    pub start_ms: i64,
    /// Days before today.
    pub days_ago: i64,
    /// Monday is 0.
    pub weekday: usize,
}

/// One visit as one batch.
pub struct Visit {
    /// When the batch arrives, in epoch milliseconds.
    pub sent_ms: i64,
    /// Body of the batch.
    pub body: String,
    /// Browser.
    pub user_agent: &'static str,
    /// Language header.
    pub language: &'static str,
    /// Number of the visitor: each has an address of its own.
    pub visitor: u32,
    /// Page views in it.
    pub views: u32,
}

/// As long after its beginning a visit's batch arrives, in milliseconds: nobody stays longer.
const SENT_AFTER_MS: i64 = 1_200_000;

/// The visits of one day that had ended before `now_ms`, about `visits` of them, in the order in which they arrive.
pub fn day(random: &mut Random, site_key: &str, day: Day, visits: f64, now_ms: i64) -> Vec<Visit> {
    let count = (visits * WEEKDAYS[day.weekday] * random.around(1.0, 0.05)) as usize;
    let mut visits: Vec<_> = (0..count)
        .filter_map(|_| {
            let hour = random.weighted(&HOURS) as i64;
            let begins_ms = day.start_ms + hour * 3_600_000 + random.between(0, 3_600_000) as i64;
            let visit = VisitMaker::new(random, day, begins_ms).make(site_key);
            // Drawn all the same, so that the other days do not depend on the time of day.
            (visit.sent_ms < now_ms).then_some(visit)
        })
        .collect();
    visits.sort_by_key(|visit| visit.sent_ms);
    visits
}

struct VisitMaker<'r> {
    random: &'r mut Random,
    day: Day,
    sent_ms: i64,
    time_ms: i64,
    session: Id,
    browser: usize,
    items: Vec<String>,
    trail: Vec<(i64, TrailEvent<'static>)>,
    last_view: Option<PageView<'static>>,
}

impl<'r> VisitMaker<'r> {
    fn new(random: &'r mut Random, day: Day, begins_ms: i64) -> Self {
        let session = Id::version_7(begins_ms.max(0) as u64, random.ten_bytes());
        let browser = random.weighted(&BROWSERS.map(|(_, share, _)| share));
        let (items, trail) = (Vec::new(), Vec::new());
        let sent_ms = begins_ms + SENT_AFTER_MS;
        Self { random, day, sent_ms, time_ms: begins_ms, session, browser, items, trail, last_view: None }
    }

    fn make(mut self, site_key: &str) -> Visit {
        let language = LANGUAGES[self.random.weighted(&LANGUAGES.map(|(_, share)| share))].0;
        let (referrer, source, _) = REFERRERS[self.random.weighted(&REFERRERS.map(|(_, _, share)| share))];
        let visitor = self.random.between(0, 1 << 22) as u32;
        let mut place = Some(self.random.weighted(&PAGES.each_ref().map(|page| page.entry)));
        let mut index = 0;
        let only_looks_in = self.random.chance(0.37);
        while let Some(here) = place.filter(|_| index < 12) {
            index += 1;
            let from = if index == 1 { (referrer, source) } else { ("", "") };
            let hurry = if only_looks_in { 0.22 } else { 1.0 };
            let failed = self.view(here, index, from, hurry);
            if only_looks_in {
                break;
            }
            let page = &PAGES[here];
            let leaves = 1.0 - page.next.iter().map(|(_, weight)| weight).sum::<f64>() + if failed { 0.9 } else { 0.0 };
            let weights: Vec<f64> = page.next.iter().map(|(_, weight)| *weight).chain([leaves.max(0.05)]).collect();
            place = page.next.get(self.random.weighted(&weights)).map(|(next, _)| *next);
        }
        if index >= 2 && self.random.chance(0.5) {
            self.recommendation();
        }
        let known = known_visitor(visitor, self.day.days_ago)
            .map_or_else(String::new, |known| format!(r#""visitor":"{known}","consent":"granted","#));
        let body = format!(
            r#"{{"site":"{site_key}","session":"{}",{known}"items":[{}]}}"#,
            self.session,
            self.items.join(",")
        );
        Visit { sent_ms: self.sent_ms, body, user_agent: BROWSERS[self.browser].0, language, visitor, views: index }
    }

    /// One view of a page with what happens in it; whether it failed the visitor.
    ///
    /// `hurry` is what part of the usual time the visitor takes.
    fn view(&mut self, place: usize, index: u32, (referrer, source): (&'static str, &'static str), hurry: f64) -> bool {
        let page = &PAGES[place];
        let began_ms = self.time_ms;
        let slower = BROWSERS[self.browser].2;
        let is_phone = slower > PHONE_SLOWNESS;
        let is_broken = is_phone && BROKEN_DAYS.contains(&self.day.days_ago);
        self.note(TrailEvent { kind: "page_view".into(), path: page.path.into(), ..TrailEvent::default() });
        let stay_ms = self.random.around(page.stay_ms * hurry, 0.8).clamp(700.0, 900_000.0);
        let mut view = PageView {
            id: self.id(),
            path: page.path.into(),
            referrer: referrer.into(),
            source: source.into(),
            campaign: if source == "newsletter" { "spring-sale" } else { "" }.into(),
            release: release(self.day.days_ago).into(),
            view_index: index,
            duration_ms: stay_ms as u32,
            engaged_ms: (stay_ms * (0.45 + 0.5 * self.random.unit())) as u32,
            scroll_percent: (35.0 + 65.0 * self.random.unit()) as u8,
            clicks: self.random.between(0, 5) as u32,
            lcp_ms: Some((self.random.around(page.lcp_ms, 0.38) * slower) as u32),
            inp_ms: self.random.chance(0.7).then_some(0),
            cls_e4: Some(self.random.around(page.cls_e4, 0.7) as u32),
            ttfb_ms: Some((self.random.around(180.0, 0.5) * slower) as u32),
            viewport_width_px: if is_phone { 390 } else { 1_440 },
            viewport_height_px: if is_phone { 844 } else { 900 },
            ..PageView::default()
        };
        view.inp_ms = view.inp_ms.map(|_| (self.random.around(page.inp_ms, 0.6) * slower) as u32);
        view.fcp_ms = view.lcp_ms.map(|lcp_ms| (f64::from(lcp_ms) * (0.55 + 0.3 * self.random.unit())) as u32);
        // Whoever does something here has seen the page.
        let stay_ms = stay_ms.max(1.6 * f64::from(view.lcp_ms.unwrap_or_default()));
        view.duration_ms = stay_ms as u32;
        self.time_ms += (stay_ms * 0.4) as i64;

        let mut mood = Mood::Fine;
        if place == CHECKOUT {
            self.signal(&view, SignalKind::Task, "", "checkout", "start", 1);
            if is_broken && self.random.chance(0.7) {
                mood = Mood::BrokenCheckout;
                let (name, text) = ("TypeError", "Cannot read properties of undefined (reading 'total')");
                view.errors = self.random.between(1, 5) as u32;
                let frame = self.frame("pay", "checkout");
                self.error(&view, name, text, frame, view.errors);
                if self.random.chance(0.6) {
                    self.rage(&mut view, BROKEN_BUTTON);
                }
            }
        } else if place == CART && self.random.chance(0.05) {
            mood = Mood::BrokenCode;
            view.errors = 1;
            let text = "Cannot read properties of undefined (reading 'percent')";
            let frame = self.frame("applyCode", "cart");
            self.error(&view, "TypeError", text, frame, 1);
        } else if page.dead > 0.0 && self.random.chance(page.dead) {
            mood = Mood::DeadButton;
            view.dead_clicks = 1;
            self.signal(&view, SignalKind::DeadClick, "button.wishlist", "", "", 1);
            if self.random.chance(0.35) {
                self.rage(&mut view, "button.wishlist");
            }
        } else if view.lcp_ms > Some(4_500) || view.cls_e4 > Some(3_000) {
            mood = Mood::Slow;
        }
        if place == THANKS {
            view.key_events = 1;
            self.signal(&view, SignalKind::Task, "", "checkout", "success", 1);
        } else if place == CHECKOUT && mood == Mood::BrokenCheckout {
            self.signal(&view, SignalKind::Task, "", "checkout", "abandon", 1);
        }
        self.further(&view, place);
        self.time_ms += (stay_ms * 0.4) as i64;
        self.ask(page, &view, mood, began_ms);
        self.time_ms = began_ms + stay_ms as i64 + 400;
        view.age_ms = self.age_of(began_ms);
        let failed = matches!(mood, Mood::BrokenCheckout | Mood::BrokenCode);
        self.interact(&view, page, place == CHECKOUT, failed);
        self.push("page_view", &view);
        self.last_view = Some(view);
        failed
    }

    /// What is done within the page, in a beacon of its own as browsers send it.
    fn interact(&mut self, view: &PageView<'_>, page: &Page, is_checkout: bool, failed: bool) {
        for (number, mut signal) in (0..).zip(interaction::of_view(view, (is_checkout, page.piece), failed)) {
            // Ids that follow from that of the view: chance goes on as if nothing had been drawn.
            signal.id = view.id;
            signal.id.0[6] = (signal.id.0[6] & 0xf0) | 0x0f;
            signal.id.0[9] = signal.id.0[9].wrapping_add(1 + number);
            signal.age_ms = view.age_ms.saturating_sub(u64::from(view.duration_ms) / 2);
            self.push("signal", &signal);
        }
    }

    fn rage(&mut self, view: &mut PageView<'_>, element: &'static str) {
        view.rage_clicks += 1;
        view.clicks += 5;
        let clicks = self.random.between(3, 8) as u32;
        self.signal(view, SignalKind::RageClick, element, "", "", clicks);
    }

    /// A line of a stack as the visitor's browser writes it; each release has a hash of its own in the name of its files.
    fn frame(&self, function: &str, file: &str) -> String {
        let hash = if self.day.days_ago > BROKEN_DAYS.start + 1 { "8f31c2d0" } else { "b07ae94e" };
        let address = format!("https://shop.example/assets/{file}.{hash}.js:1:{}", 4_000 + function.len() * 37);
        if BROWSERS[self.browser].0.contains("Firefox") {
            format!("{function}@{address}")
        } else {
            format!("    at {function} ({address})")
        }
    }

    fn error(&mut self, view: &PageView<'_>, name: &'static str, text: &'static str, frame: String, count: u32) {
        self.told(view, SignalKind::Error, ["", name, text], count, |signal| signal.stack = frame.into());
    }

    /// What pages tell besides: what poor vitals were of, events with their properties, pages that were gone back from at once. It draws
    /// nothing, so that the month is the same without it.
    fn further(&mut self, view: &PageView<'_>, place: usize) {
        let lot = view.id.0[15];
        let mut told = Vec::new();
        let mut tell = |kind: SignalKind, element: &'static str, name: &'static str| {
            let mut id = view.id;
            id.0[14] ^= 1 + told.len() as u8;
            told.push(of_view(view, id, kind, [element, name, ""], 1));
            told.len() - 1
        };
        let lcp = view
            .lcp_ms
            .filter(|lcp_ms| *lcp_ms > 2_500)
            .map(|lcp_ms| (tell(SignalKind::Lcp, "img.hero", "own"), lcp_ms));
        let inp =
            view.inp_ms.filter(|inp_ms| *inp_ms > 200).map(|inp_ms| (tell(SignalKind::Inp, "select.sort", ""), inp_ms));
        let cls = view
            .cls_e4
            .filter(|cls_e4| *cls_e4 > 1_000)
            .map(|cls_e4| (tell(SignalKind::Cls, "div.notice", ""), cls_e4));
        let chosen = (place == CART && lot.is_multiple_of(3)).then(|| tell(SignalKind::Event, "", "delivery_chosen"));
        if place > 0 && view.view_index > 1 && view.duration_ms < 5_000 && lot.is_multiple_of(2) {
            tell(SignalKind::QuickBack, "", "");
        }
        if let Some((at, lcp_ms)) = lcp {
            let ttfb_ms = view.ttfb_ms.unwrap_or_default().min(lcp_ms);
            let rest_ms = lcp_ms - ttfb_ms;
            let (delay_ms, load_ms) = (rest_ms * 55 / 100, rest_ms * 35 / 100);
            told[at].parts = vec![lcp_ms, ttfb_ms, delay_ms, load_ms, rest_ms - delay_ms - load_ms];
        }
        if let Some((at, inp_ms)) = inp {
            let (delay_ms, work_ms) = (inp_ms / 10, inp_ms * 7 / 10);
            told[at].parts = vec![inp_ms, delay_ms, work_ms, inp_ms - delay_ms - work_ms];
        }
        if let Some((at, cls_e4)) = cls {
            told[at].parts = vec![cls_e4, cls_e4 * 8 / 10];
        }
        if let Some(at) = chosen {
            let delivery = ["post", "post", "courier", "collect"][usize::from(lot) % 4];
            told[at].properties.insert("delivery".into(), Property::Text(delivery.into()));
            told[at].properties.insert("pieces".into(), Property::Number(f64::from(1 + lot % 4)));
        }
        for mut signal in told {
            signal.age_ms = self.age_of(self.time_ms);
            self.push("signal", &signal);
        }
    }

    fn signal(
        &mut self,
        view: &PageView<'_>,
        kind: SignalKind,
        element: &'static str,
        name: &'static str,
        text: &'static str,
        count: u32,
    ) {
        self.told(view, kind, [element, name, text], count, |_| {});
    }

    /// A signal with what it says besides.
    fn told(
        &mut self,
        view: &PageView<'_>,
        kind: SignalKind,
        [element, name, text]: [&'static str; 3],
        count: u32,
        besides: impl FnOnce(&mut Signal<'_>),
    ) {
        self.time_ms += 300;
        let id = self.id();
        let mut signal = of_view(view, id, kind, [element, name, text], count);
        signal.age_ms = self.age_of(self.time_ms);
        besides(&mut signal);
        self.push("signal", &signal);
        let kind = kind.as_str().into();
        self.note(TrailEvent {
            kind,
            element: element.into(),
            name: name.into(),
            text: text.into(),
            count,
            ..Default::default()
        });
    }

    /// The page rating from the launcher, and the questions below a piece.
    fn ask(&mut self, page: &Page, view: &PageView<'_>, mood: Mood, began_ms: i64) {
        // People who met a failure answer more often: the response rate itself is biased, as it is in life.
        let eagerness = match mood {
            Mood::Fine => 0.012,
            Mood::BrokenCheckout => 0.24,
            Mood::BrokenCode | Mood::DeadButton | Mood::Slow => 0.075,
        };
        if self.random.chance(eagerness) {
            let weights = match mood {
                Mood::Fine => [0.02, 0.04, 0.12, 0.4, 0.42],
                Mood::Slow => [0.14, 0.26, 0.3, 0.2, 0.1],
                Mood::DeadButton => [0.2, 0.34, 0.26, 0.14, 0.06],
                Mood::BrokenCheckout | Mood::BrokenCode => [0.62, 0.24, 0.08, 0.04, 0.02],
            };
            let score = self.random.weighted(&weights) as i8 + 1;
            let mut answers = vec![Answer { question: "rating".into(), score: Some(score), ..Answer::default() }];
            // Whom nothing happened to writes when they are content.
            let eager = if mood != Mood::Fine { 0.75 } else { 0.45 };
            let writes = self.random.chance(eager) && (mood != Mood::Fine || score >= 3);
            if let Some(text) = self.random.pick(words(mood)).filter(|_| writes) {
                answers.push(Answer { question: "words".into(), text: (*text).into(), ..Answer::default() });
            }
            self.respond("page-rating", view, answers, began_ms, true);
        } else if self.random.chance(0.03) {
            // Who looks at the questions and leaves: more than stay, although they opened them themselves.
            self.delivery("page-rating", DeliveryEvent::Shown, page.path);
            self.delivery("page-rating", DeliveryEvent::Closed, page.path);
        }
        if page.piece {
            self.delivery("product-feedback", DeliveryEvent::Shown, page.path);
            if self.random.chance(0.022) {
                let missing = ["size", "weight", "photos", "delivery", "nothing"];
                let weights = if mood == Mood::Slow { [0.2, 0.1, 0.5, 0.1, 0.1] } else { [0.3, 0.15, 0.15, 0.2, 0.2] };
                let choice = missing[self.random.weighted(&weights)];
                let mut answers =
                    vec![Answer { question: "missing".into(), choices: vec![choice.into()], ..Answer::default() }];
                let finishes = self.random.chance(0.8);
                if finishes {
                    let ease =
                        if mood == Mood::Fine { [1., 1., 2., 4., 12., 22., 18.] } else { [8., 9., 8., 5., 4., 2., 1.] };
                    let score = self.random.weighted(&ease) as i8 + 1;
                    answers.push(Answer { question: "ease".into(), score: Some(score), ..Answer::default() });
                }
                self.respond("product-feedback", view, answers, began_ms, finishes);
            }
        }
    }

    /// The popover that asks some visits, on their last page, whether they would recommend the shop.
    fn recommendation(&mut self) {
        let Some(view) = self.last_view.clone() else { return };
        self.delivery("recommendation", DeliveryEvent::Shown, &view.path);
        if !self.random.chance(0.09) {
            return self.delivery("recommendation", DeliveryEvent::Closed, &view.path);
        }
        let failed = self.trail.iter().any(|(_, event)| matches!(event.kind.as_ref(), "error" | "rage_click"));
        let weights = if failed {
            [9., 6., 8., 8., 8., 12., 8., 6., 4., 2., 1.]
        } else {
            [1., 0.5, 1., 1., 1., 4., 5., 11., 20., 24., 30.]
        };
        let score = self.random.weighted(&weights) as i8;
        let mut answers = vec![Answer { question: "likelihood".into(), score: Some(score), ..Answer::default() }];
        let mood = if failed { Mood::BrokenCheckout } else { Mood::Fine };
        let writes = self.random.chance(0.4) && (failed || score >= 7);
        if let Some(text) = self.random.pick(words(mood)).filter(|_| writes) {
            answers.push(Answer { question: "reason".into(), text: (*text).into(), ..Answer::default() });
        }
        self.respond("recommendation", &view, answers, self.time_ms - 9_000, true);
    }

    fn respond(
        &mut self,
        survey: &'static str,
        view: &PageView<'_>,
        answers: Vec<Answer<'_>>,
        began_ms: i64,
        finished: bool,
    ) {
        let path = view.path.clone().into_owned();
        if survey == "page-rating" {
            self.delivery(survey, DeliveryEvent::Shown, &path);
        }
        self.delivery(survey, DeliveryEvent::Started, &path);
        let answered_ms = self.time_ms;
        let mut trail: Vec<_> = self.trail.clone();
        trail.drain(..trail.len().saturating_sub(20));
        let stayed_ms = (answered_ms - began_ms).max(0);
        let page = PageView {
            duration_ms: stayed_ms as u32,
            engaged_ms: view.engaged_ms.min(stayed_ms as u32),
            age_ms: stayed_ms as u64,
            ..view.clone()
        };
        let response = Response {
            id: self.id(),
            age_ms: self.age_of(answered_ms),
            revision: answers.len() as u32,
            survey: survey.into(),
            survey_version: 1,
            view: Some(view.id),
            path: path.clone().into(),
            language: "en".into(),
            duration_ms: self.random.around(14_000.0, 0.6) as u32,
            finished,
            answers,
            trail: trail
                .into_iter()
                .map(|(at_ms, event)| TrailEvent { before_ms: (answered_ms - at_ms).max(0) as u64, ..event })
                .collect(),
            facts: BTreeMap::new(),
            trail_withheld: false,
            page: Some(page),
            trapped: false,
        };
        let response_id = response.id;
        self.push("response", &response);
        if finished {
            self.step(survey, DeliveryEvent::Answered, &path, Some(response_id));
        }
    }

    fn delivery(&mut self, survey: &'static str, event: DeliveryEvent, path: &str) {
        self.step(survey, event, path, None);
    }

    fn step(&mut self, survey: &'static str, event: DeliveryEvent, path: &str, response: Option<Id>) {
        let delivery = Delivery {
            id: self.id(),
            age_ms: self.age_of(self.time_ms),
            survey: survey.into(),
            survey_version: 1,
            event,
            path: path.into(),
            response,
        };
        self.push("delivery", &delivery);
    }

    fn note(&mut self, event: TrailEvent<'static>) {
        self.trail.push((self.time_ms, event));
    }

    fn id(&mut self) -> Id {
        Id::version_7(self.time_ms.max(0) as u64, self.random.ten_bytes())
    }

    fn age_of(&self, at_ms: i64) -> u64 {
        (self.sent_ms - at_ms).clamp(0, 30 * DAY_MS) as u64
    }

    /// The item as the browser writes it, its type first.
    fn push(&mut self, item_type: &str, item: &impl Serialize) {
        let json = serde_json::to_string(item).unwrap_or_default();
        self.items.push(format!(r#"{{"type":"{item_type}",{}"#, json.trim_start_matches('{')));
    }
}

/// One visit of so many is by somebody who consented, and is recognised the next time.
const KNOWN: u32 = 8;
/// So many people consent for the first time on a day, about.
const NEW_A_DAY: i64 = 70;
/// Who consented comes again for about so many days, ever more rarely.
const COMES_FOR_DAYS: i64 = 24;

/// Who it is, where they consented: those who came first lately come most. It follows from the visitor's number, so that chance goes on as if nothing
/// had been drawn.
fn known_visitor(visitor: u32, days_ago: i64) -> Option<Id> {
    let is_known = visitor.is_multiple_of(KNOWN);
    is_known.then(|| {
        let drawn = i64::from(visitor / KNOWN) % (COMES_FOR_DAYS * NEW_A_DAY);
        let newest = (40 - days_ago) * NEW_A_DAY;
        let number = (newest - drawn * drawn / (COMES_FOR_DAYS * NEW_A_DAY)).max(0) as u64;
        let mut bytes = [0x5a; 16];
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        // A UUID of version 7, as browsers make them.
        (bytes[6], bytes[8]) = (0x7a, 0x80);
        Id(bytes)
    })
}

/// The shop's release of that day.
fn release(days_ago: i64) -> &'static str {
    match days_ago {
        ago if ago >= BROKEN_DAYS.end => "4.1.0",
        ago if ago >= BROKEN_DAYS.start => "4.2.0",
        _ => FIX_RELEASE,
    }
}

/// A signal of a view, without its age.
fn of_view<'a>(
    view: &PageView<'_>,
    id: Id,
    kind: SignalKind,
    [element, name, text]: [&'static str; 3],
    count: u32,
) -> Signal<'a> {
    Signal {
        id,
        age_ms: 0,
        view: view.id,
        kind,
        path: view.path.clone().into_owned().into(),
        element: element.into(),
        name: name.into(),
        text: text.into(),
        count,
        rule: rapport_shared::measure::rage_click::VERSION,
        measured: Vec::new(),
        stack: "".into(),
        properties: BTreeMap::new(),
        parts: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(seed: u64) -> Vec<String> {
        let monday = Day { start_ms: 1_795_478_400_000, days_ago: 9, weekday: 0 };
        let visits = day(&mut Random::new(seed), "shop", monday, 200.0, monday.start_ms + 9 * DAY_MS);
        visits.into_iter().map(|visit| visit.body).collect()
    }

    #[test]
    fn the_month_is_the_same_every_time_and_stands_in_the_limits() {
        let first = bodies(7);
        assert_eq!(first, bodies(7));
        assert_ne!(first, bodies(8));
        assert!(first.len() > 100);
        for body in first {
            assert!(body.len() <= rapport_shared::limit::BATCH_BYTES);
            let batch: serde_json::Value = serde_json::from_str(&body).expect("a batch is JSON");
            let items = batch["items"].as_array().map_or(0, Vec::len);
            assert!((1..=rapport_shared::limit::BATCH_ITEMS).contains(&items), "{items}");
        }
    }

    #[test]
    fn who_consented_comes_again_and_ever_more_rarely() {
        let seen = |days_ago: i64| {
            (0..4_000_u32)
                .filter_map(move |number| known_visitor(number * 7_919 % (1 << 22), days_ago))
                .collect::<Vec<_>>()
        };
        let first: std::collections::BTreeSet<_> = seen(28).into_iter().collect();
        assert!(first.len() > 100, "{}", first.len());
        let again = |days_ago: i64| seen(days_ago).iter().filter(|one| first.contains(one)).count();
        assert!(again(27) > again(20) && again(20) > again(8), "{} {} {}", again(27), again(20), again(8));
    }

    #[test]
    fn nobody_answers_before_they_have_seen_the_page() {
        let mut answered = 0;
        for body in bodies(7) {
            let batch: serde_json::Value = serde_json::from_str(&body).unwrap();
            for item in batch["items"].as_array().unwrap().iter().filter(|item| item["type"] == "response") {
                let figure = |name: &str| item["page"][name].as_u64().unwrap_or_default();
                for earlier in ["lcp_ms", "fcp_ms", "engaged_ms"] {
                    assert!(figure(earlier) <= figure("duration_ms"), "{earlier} in {}", item["page"]);
                }
                answered += 1;
            }
        }
        assert!(answered > 0);
    }
}
