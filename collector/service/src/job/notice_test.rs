//! What rules tell, when and how often, in simulated time.

use super::finding::{FindIssues, FindTargets};
use super::kind::{Attempt, Kind};
use super::news::SpreadNews;
use super::notice::TellNotices;
use super::target::ReckonTargets;
use crate::app::Reports;
use crate::config::Config;
use crate::notification::Notifications;
use crate::test_app::TestApp;
use axum::extract::FromRef;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::device::Device;
use rapport_store::mail::OutgoingMail;
use rapport_store::news::{News, NewsKind};
use rapport_store::notification::{Draft, Rule};
use rapport_store::record::{AnswerRow, Consent, PageViewRow, Record, ResponseRow, SignalRow, Submission};
use rapport_store::site::directory::SiteContext;
use rapport_store::ticket::{NewTicket, Priority, TicketKind};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::watch;

const MINUTE_MS: i64 = 60_000;

fn ms(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
}

struct Told {
    test: TestApp,
    site: Arc<SiteContext>,
}

impl Told {
    /// Monday, 4 May 2026, 10:00 in Berlin.
    async fn new() -> Self {
        let test = TestApp::at_with(Clock::manual(ms("2026-05-04T08:00:00Z")), Config::default()).await;
        test.site().await;
        let site = test.app.sites.by_key("shop").await.unwrap().unwrap();
        Self { test, site }
    }

    async fn rule(&self, draft: Draft) -> Rule {
        let app = &self.test.app;
        let notifications = Notifications {
            store: app.store.clone(),
            clock: app.clock.clone(),
            courier: app.courier.clone(),
            mailer: app.mailer.clone(),
        };
        notifications.add(&self.site, "eve@example.com", &draft).await.expect("it is set up")
    }

    fn attempt() -> Attempt {
        let (stop, receiver) = watch::channel(false);
        std::mem::forget(stop);
        Attempt { site_id: None, attempts: 1, stop: receiver }
    }

    async fn happens(&self, kind: NewsKind, about: &str, page: &str, audience: &[&str]) {
        let site_id = self.site.site.site_id;
        let title = format!("A low score with words on {page}");
        let news = News {
            page: page.into(),
            path: format!("responses/{about}"),
            words: json!({ "reason": "<!channel> it broke" }).as_object().cloned().unwrap_or_default(),
            audience: audience.iter().map(|address| (*address).to_owned()).collect(),
            response_id: Some(Id([7; 16])),
            ..News::new(site_id, (kind, about), &title, self.test.app.clock.now_ms())
        };
        self.test.app.store.tell(site_id, &[news]).await.unwrap();
    }

    /// Has everything told that can be told so many minutes later.
    async fn after(&self, minutes: i64) {
        let app = &self.test.app;
        let Clock::Manual(now) = &app.clock else { unreachable!("its clock is set by hand") };
        now.fetch_add(minutes * MINUTE_MS, Ordering::Relaxed);
        let (store, clock, config, sites) = (&app.store, &app.clock, &app.config, &app.sites);
        let spread =
            SpreadNews { store: store.clone(), clock: clock.clone(), config: config.clone(), sites: sites.clone() };
        spread.run((), Self::attempt()).await.unwrap();
        let tell =
            TellNotices { store: store.clone(), clock: clock.clone(), config: config.clone(), sites: sites.clone() };
        tell.run((), Self::attempt()).await.unwrap();
    }

    /// The mails that were written, the oldest first, with what they say.
    async fn mails(&self) -> Vec<OutgoingMail> {
        let (site_id, store) = (self.site.site.site_id, &self.test.app.store);
        let mut mails = Vec::new();
        for mail in store.mails(site_id, 99).await.unwrap().into_iter().rev() {
            mails.extend(store.mail(site_id, mail.mail_id).await.unwrap());
        }
        mails
    }
}

fn draft(cadence: &str) -> Draft {
    Draft {
        name: "Checkout".into(),
        kinds: vec!["response.low".into(), "ticket.mentioned".into()],
        path: "/checkout".into(),
        target: "ada@example.com".into(),
        cadence: cadence.into(),
        ..Draft::default()
    }
}

#[tokio::test]
async fn a_flood_of_low_scores_was_a_flood_of_mails() {
    let told = Told::new().await;
    told.rule(draft("now")).await;
    told.happens(NewsKind::ResponseLow, "other", "/cart", &[]).await;
    told.happens(NewsKind::ResponseLow, "first", "/checkout", &[]).await;
    told.after(0).await;
    let mails = told.mails().await;
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "Shop: A low score with words on /checkout"));
    assert!(mails[0].text.contains("/sites/shop/responses/first") && !mails[0].text.contains("it broke"));
    assert!(mails[0].unsubscribe.contains("/unsubscribe/shop/") && mails[0].text.contains(&mails[0].unsubscribe));
    for about in 0..150 {
        told.happens(NewsKind::ResponseLow, &about.to_string(), "/checkout/pay", &[]).await;
        if about % 50 == 0 {
            told.after(1).await;
        }
    }
    assert_eq!(told.mails().await.len(), 1, "ten minutes are not over");
    told.after(10).await;
    let mails = told.mails().await;
    assert_eq!((mails.len(), mails[1].subject.as_str()), (2, "Shop: 150 things happened (Checkout)"));
    assert!(mails[1].text.contains("A low score with words: 150") && mails[1].text.contains("and 130 more"));
    told.after(20).await;
    assert_eq!(told.mails().await.len(), 2, "nothing happened");
}

#[tokio::test]
async fn a_mention_went_to_everybody_and_a_rule_that_was_stopped_went_on() {
    let told = Told::new().await;
    let ada = told.rule(Draft { path: String::new(), ..draft("now") }).await;
    told.rule(Draft { path: String::new(), target: "bob@example.com".into(), ..draft("now") }).await;
    told.happens(NewsKind::TicketMentioned, "1", "/checkout", &["ada@example.com"]).await;
    told.after(0).await;
    let to: Vec<_> = told.mails().await.into_iter().map(|mail| mail.recipient).collect();
    assert_eq!(to, ["ada@example.com"]);
    let (site_id, now_ms) = (told.site.site.site_id, told.test.app.clock.now_ms());
    told.happens(NewsKind::TicketMentioned, "2", "/checkout", &["ada@example.com"]).await;
    told.after(1).await;
    told.test.app.store.unsubscribe(site_id, ada.token.clone(), now_ms).await.unwrap();
    told.after(30).await;
    assert_eq!(told.mails().await.len(), 1);
}

#[tokio::test]
async fn a_digest_came_with_nothing_in_it_or_at_another_hour() {
    let told = Told::new().await;
    told.rule(Draft { hour: "8".into(), ..draft("day") }).await;
    told.happens(NewsKind::ResponseLow, "1", "/checkout", &[]).await;
    told.happens(NewsKind::ResponseLow, "2", "/checkout", &[]).await;
    told.after(21 * 60).await;
    assert_eq!(told.mails().await.len(), 0, "it is 7 in the morning");
    told.after(61).await;
    assert_eq!(told.mails().await[0].subject, "Shop: Checkout, 2 in all");
    // Wednesday has nothing, so there is no mail; what happens after its hour waits for that of Thursday.
    told.after(24 * 60).await;
    told.after(60).await;
    told.happens(NewsKind::ResponseLow, "3", "/checkout", &[]).await;
    told.after(1).await;
    assert_eq!(told.mails().await.len(), 1);
    told.after(23 * 60).await;
    let mails = told.mails().await;
    assert_eq!((mails.len(), mails[1].subject.as_str()), (2, "Shop: Checkout, 1 in all"));
    assert!(mails[1].text.contains("A low score with words: 1 (0 before)"), "{}", mails[1].text);
}

#[tokio::test]
async fn staff_was_told_at_night() {
    let told = Told::new().await;
    told.rule(draft("hours")).await;
    told.after(12 * 60).await;
    told.happens(NewsKind::ResponseLow, "1", "/checkout", &[]).await;
    told.after(0).await;
    assert_eq!(told.mails().await.len(), 0, "it is 22:00");
    told.after(10 * 60).await;
    assert_eq!(told.mails().await.len(), 0, "it is 8:00, and they open at 9:00");
    told.after(61).await;
    assert_eq!(told.mails().await.len(), 1);
}

#[tokio::test]
async fn a_chat_was_shown_the_words_of_several_people_or_called_by_them() {
    let told = Told::new().await;
    let rule = told
        .rule(Draft {
            channel: "slack".into(),
            target: "https://hooks.example.com/services/T/B/x".into(),
            shows_words: true,
            ..draft("now")
        })
        .await;
    let messages = async || {
        let found = told.test.app.store.deliveries(told.site.site.site_id, rule.rule_id, None, 9).await.unwrap();
        found.into_iter().rev().map(|message| (message.body, message.response_id)).collect::<Vec<_>>()
    };
    told.happens(NewsKind::ResponseLow, "1", "/checkout", &[]).await;
    told.after(0).await;
    let (body, response_id) = messages().await.remove(0);
    assert!(body.contains("&lt;!channel&gt; it broke") && !body.contains("<!channel>"), "{body}");
    assert_eq!(response_id, Some(Id([7; 16])), "it is erased with whoever wrote it");
    for about in ["2", "3"] {
        told.happens(NewsKind::ResponseLow, about, "/checkout", &[]).await;
    }
    told.after(1).await;
    told.after(11).await;
    let (body, response_id) = messages().await.remove(1);
    assert!(body.contains("2 things happened") && !body.contains("it broke"), "{body}");
    assert_eq!(response_id, None);
}

#[tokio::test]
async fn a_promise_that_was_missed_was_told_to_nobody_or_every_minute() {
    let told = Told::new().await;
    let kinds = vec!["target.soon".into(), "target.missed".into()];
    told.rule(Draft { kinds, path: String::new(), ..draft("now") }).await;
    let (app, site_id) = (&told.test.app, told.site.site.site_id);
    let entry = AuditEntry::now(&app.clock, "eve@example.com", "ticket.open", "ticket");
    let ticket = NewTicket {
        ticket_id: Id([1; 16]),
        kind: TicketKind::Message,
        subject: "The vase broke".into(),
        path: String::new(),
        standing: String::new(),
        words: true,
        response_id: None,
        review_id: None,
        customer_id: None,
        issue_id: None,
        priority: Priority::Normal,
        owner_id: None,
        actor: "customer".into(),
        opened_at_ms: app.clock.now_ms(),
    };
    let ticket = app.store.open_ticket(site_id, &ticket, &entry).await.unwrap().expect("it is open");
    let (store, clock, sites) = (&app.store, &app.clock, &app.sites);
    let reckon = ReckonTargets { store: store.clone(), clock: clock.clone(), sites: sites.clone() };
    reckon.run((), Told::attempt()).await.unwrap();
    let find = FindTargets { store: store.clone(), clock: clock.clone() };
    // It is Monday, 10:00: a first response is promised until Tuesday, 10:00.
    for (minutes, mails) in [(22 * 60, 0), (90, 1), (11, 1), (20, 2), (11, 2), (60, 2)] {
        told.after(minutes).await;
        find.run((), Told::attempt()).await.unwrap();
        told.after(0).await;
        assert_eq!(told.mails().await.len(), mails, "{minutes} minutes later");
    }
    let subjects: Vec<_> = told.mails().await.into_iter().map(|mail| mail.subject).collect();
    let of = |what: &str| format!("Shop: Ticket {}: its first response is {what}", ticket.code);
    assert_eq!(subjects, [of("due soon"), of("late")]);
}

/// What is looked for, by what is told of a site.
struct Site<'a> {
    told: &'a Told,
    items: u64,
}

impl Site<'_> {
    fn id(&mut self, at_ms: i64) -> Id {
        self.items += 1;
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.items.to_be_bytes());
        Id::version_7(at_ms as u64, bytes)
    }

    /// A view of `/pay`, so many days ago.
    fn view(&mut self, days_ago: i64) -> PageViewRow {
        let at_ms = self.told.test.app.clock.now_ms() - (days_ago * 24 * 60 + 1) * MINUTE_MS;
        PageViewRow {
            site_id: self.told.site.site.site_id,
            item_id: self.id(at_ms),
            revision: 1,
            session_id: Some(self.id(at_ms)),
            visitor_key: self.id(at_ms),
            occurred_at_ms: at_ms,
            received_at_ms: at_ms,
            hour_ms: self.told.site.hour_start_ms(at_ms),
            path: "/pay".into(),
            device: Device::Mobile.into(),
            view_index: 1,
            duration_ms: 20_000,
            ..PageViewRow::default()
        }
    }

    fn dead_click(&mut self, view: &PageViewRow, element: &str) -> Record {
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
            kind: SignalKind::DeadClick,
            path: view.path.clone(),
            device: view.device,
            element: element.into(),
            name: String::new(),
            text: String::new(),
            count: 1,
            rule: None,
            measured: None,
            error_key: None,
            detail: None,
        }))
    }

    fn scored(&mut self, view: &PageViewRow, score: i64) -> Record {
        let item_id = self.id(view.occurred_at_ms);
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
            page: "{}".into(),
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

    async fn submit(&self, records: Vec<Record>) {
        let site_id = self.told.site.site.site_id;
        self.told.test.app.store.submit(Submission { site_id, records, ..Submission::default() }).await.unwrap();
    }

    /// Views with a dead click there.
    async fn clicked(&mut self, element: &str) {
        let mut records = Vec::new();
        for _ in 0..12 {
            let view = PageViewRow { dead_clicks: 1, ..self.view(0) };
            records.extend([self.dead_click(&view, element), Record::PageView(Box::new(view))]);
        }
        self.submit(records).await;
    }

    /// Has the job look, and what it finds told; the subjects of the mails so far.
    async fn found(&self) -> Vec<String> {
        let app = &self.told.test.app;
        let find = FindIssues {
            store: app.store.clone(),
            clock: app.clock.clone(),
            sites: app.sites.clone(),
            reports: Reports::from_ref(app),
        };
        find.run((), Told::attempt()).await.unwrap();
        self.told.after(11).await;
        self.told.mails().await.into_iter().map(|mail| mail.subject).collect()
    }
}

fn all_of(kind: &str) -> Draft {
    Draft { kinds: vec![kind.into()], path: String::new(), ..draft("now") }
}

#[tokio::test]
async fn an_issue_that_was_found_is_told_once_and_what_was_there_before_never() {
    let told = Told::new().await;
    let mut site = Site { told: &told, items: 0 };
    site.clicked("#old").await;
    assert_eq!(site.found().await, [""; 0], "nobody wants to know");
    told.rule(all_of("issue.found")).await;
    assert_eq!(site.found().await, [""; 0], "what is there when somebody first asks is not new");
    site.clicked("#save").await;
    let subjects = site.found().await;
    assert!(matches!(&subjects[..], [one] if one.contains("#save") && one.contains("/pay")), "{subjects:?}");
    site.clicked("#save").await;
    assert_eq!(site.found().await, subjects, "more of the same is no news");
    site.clicked("#send").await;
    assert_eq!(site.found().await.len(), 2);
}

#[tokio::test]
async fn a_score_that_fell_is_told_once_a_week_and_noise_never() {
    let told = Told::new().await;
    let mut site = Site { told: &told, items: 0 };
    told.rule(all_of("score.fell")).await;
    let mut records = Vec::new();
    for days_ago in 0..16 {
        for number in 0..12 {
            let view = site.view(days_ago);
            // Four in six are content, in either week.
            records.push(site.scored(&view, if number % 6 < 4 { 5 } else { 2 }));
            records.push(Record::PageView(Box::new(view)));
        }
    }
    site.submit(records).await;
    assert_eq!(site.found().await, [""; 0], "nothing fell");
    let mut records = Vec::new();
    for days_ago in 0..6 {
        for _ in 0..30 {
            let view = site.view(days_ago);
            records.push(site.scored(&view, 1));
            records.push(Record::PageView(Box::new(view)));
        }
    }
    site.submit(records).await;
    let subjects = site.found().await;
    assert!(matches!(&subjects[..], [one] if one.contains(" fell to ")), "{subjects:?}");
    assert_eq!(site.found().await, subjects, "once a week");
}
