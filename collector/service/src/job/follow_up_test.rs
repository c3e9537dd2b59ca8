//! Follow-ups in simulated time: what is asked when, of whom, how often, and what is not and why.

use super::follow_up::FollowUps;
use super::target::ReckonTargets;
use crate::config::Config;
use crate::test_app::TestApp;
use rapport_shared::id::Id;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::customer::note_seen;
use rapport_store::follow_up::{Draft, State};
use rapport_store::site::Site;
use rapport_store::test_store::{first_survey, note};
use rapport_store::{Statement, Value};

fn ms(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
}

struct Told {
    test: TestApp,
    site: Site,
    job: FollowUps,
}

impl Told {
    /// A site whose plan asks a survey five business days after a purchase, or has staff call.
    async fn new(way: &str) -> Self {
        // Monday, 4 May 2026, 8:00 in Berlin. Whitsun Monday is on the 25th.
        let config = Config {
            mail_url: "smtp://127.0.0.1:25".into(),
            mail_from: "Shop <shop@example.com>".into(),
            ..Config::default()
        };
        let test = TestApp::at_with(Clock::manual(ms("2026-05-04T06:00:00Z")), config).await;
        let site = test.site().await;
        let survey = first_survey();
        test.app.store.apply_survey(site.site_id, &survey, &note(5)).await.unwrap();
        let draft = Draft {
            name: "After a purchase".into(),
            cause: "purchase".into(),
            days: "5".into(),
            way: way.into(),
            survey_id: survey.id.clone(),
            subject: "How was it?".into(),
            body: "Thank you.".into(),
            ..Draft::default()
        };
        let now_ms = test.app.clock.now_ms();
        let plan = draft.check(&[survey.id], (test.app.clock.new_id(), "eve@example.com", now_ms)).unwrap();
        test.app.store.add_follow_up_plan(site.site_id, &plan, &note(now_ms)).await.unwrap();
        test.app.sites.forget();
        let app = &test.app;
        let job = FollowUps {
            store: app.store.clone(),
            clock: app.clock.clone(),
            config: app.config.clone(),
            names: app.names.clone(),
            sites: app.sites.clone(),
            mailer: app.mailer.clone(),
        };
        Self { test, site, job }
    }

    async fn write(&self, sql: &'static str, values: Vec<Value>) {
        self.test.app.store.write(vec![Statement::new(sql, values)]).await.unwrap();
    }

    async fn customer(&self, number: u8, (mail, phone, zone): (&str, &str, &str)) {
        let seen = note_seen(self.site.site_id, Id([number; 16]), &format!("C-{number}"), 5);
        self.test.app.store.write(vec![seen]).await.unwrap();
        let sql = "UPDATE customer SET mail = $3, phone = $4, time_zone = $5, name = '' WHERE site_id = $1 AND customer_id = $2";
        let values = vec![self.site.site_id.into(), Id([number; 16]).into(), mail.into(), phone.into(), zone.into()];
        self.write(sql, values).await;
    }

    async fn buys(&self, customer: u8, purchase: u8) {
        let sql = "INSERT INTO interaction (site_id, interaction_id, customer_id, channel, direction, subject, body, thing, currency, actor,
               occurred_at_ms, received_at_ms) VALUES ($1, $2, $3, 'purchase', 'in', '', '', '', 'EUR', 'key', $4, $4)";
        let now = Value::Int(self.test.app.clock.now_ms());
        self.write(sql, vec![self.site.site_id.into(), Id([purchase; 16]).into(), Id([customer; 16]).into(), now])
            .await;
    }

    /// Does the job at an instant, twice: as often as it is done, it comes to the same.
    async fn at(&self, instant: &str) {
        if let Clock::Manual(now) = &self.test.app.clock {
            now.store(ms(instant), std::sync::atomic::Ordering::Relaxed);
        }
        self.test.app.sites.forget();
        for _ in 0..2 {
            self.job.of_site(self.site.site_id).await.unwrap();
        }
    }

    /// Who stands in a state, and why.
    async fn of(&self, state: State) -> Vec<(u8, String)> {
        let found = self.test.app.store.follow_ups(self.site.site_id, state, 99).await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|of| (of.customer_id.0[0], of.reason)).collect();
        found.sort();
        found
    }

    async fn mails(&self) -> Vec<String> {
        let mails = self.test.app.store.mails(self.site.site_id, 99).await.unwrap();
        mails.into_iter().map(|mail| mail.recipient).collect()
    }
}

fn alone(numbers: &[u8]) -> Vec<(u8, String)> {
    numbers.iter().map(|number| (*number, String::new())).collect()
}

#[tokio::test]
async fn five_business_days_after_a_purchase_a_customer_is_asked_once_in_their_own_waking_hours() {
    let told = Told::new("mail").await;
    told.customer(1, ("ada@example.com", "", "")).await;
    told.customer(2, ("Bob@Example.com", "", "America/Los_Angeles")).await;
    told.customer(3, ("", "", "")).await;
    told.at("2026-05-19T12:00:00Z").await;
    for (customer, purchase) in [(1, 11), (2, 12), (3, 13)] {
        told.buys(customer, purchase).await;
    }
    told.at("2026-05-19T12:01:00Z").await;
    assert_eq!(told.of(State::Waiting).await, alone(&[1, 2, 3]));
    // Tuesday the 19th, 14:00 in Berlin: five open days later is the 26th, since no country is chosen.
    told.at("2026-05-26T11:59:00Z").await;
    assert_eq!(told.mails().await, [""; 0]);
    told.at("2026-05-26T12:00:30Z").await;
    assert_eq!(told.mails().await, ["ada@example.com"]);
    assert_eq!(told.of(State::Skipped).await, [(3, "no mail address".to_owned())]);
    // In Los Angeles it is 5 in the morning then: not before 9.
    told.at("2026-05-26T15:59:00Z").await;
    assert_eq!(told.mails().await.len(), 1);
    told.at("2026-05-26T16:00:00Z").await;
    assert_eq!(told.mails().await.len(), 2);
    assert_eq!(told.of(State::Sent).await, alone(&[1, 2]));
    // Another purchase at once: the survey was asked not long ago.
    told.buys(1, 14).await;
    told.at("2026-06-02T16:00:00Z").await;
    told.at("2026-06-02T18:00:00Z").await;
    assert!(
        told.of(State::Skipped).await.contains(&(1, "asked not long ago".to_owned())),
        "{:?}",
        told.of(State::Skipped).await
    );
    assert_eq!(told.mails().await.len(), 2);
}

#[tokio::test]
async fn one_click_stops_every_mail_and_opening_the_link_stops_none() {
    let told = Told::new("mail").await;
    told.customer(1, ("ada@example.com", "", "")).await;
    told.buys(1, 11).await;
    told.at("2026-05-04T06:01:00Z").await;
    told.at("2026-05-11T12:00:00Z").await;
    let mails = told.test.app.store.mails(told.site.site_id, 9).await.unwrap();
    let mail = told.test.app.store.mail(told.site.site_id, mails[0].mail_id).await.unwrap().unwrap();
    assert!(mail.text.contains("recipient=C-1") && mail.html.contains("signature="), "{}", mail.text);
    let path = mail.unsubscribe.split_once("/unsubscribe/").map(|(_, rest)| format!("/unsubscribe/{rest}")).unwrap();
    let opened = told.test.get(&path, &[]).await;
    assert!(opened.text().contains("Stop these mails?"), "{}", opened.text());
    assert_eq!(told.test.app.store.stopped(told.site.site_id, Id([1; 16]), "ada@example.com").await, Ok(None));
    let stopped = told.test.submit(&path, "List-Unsubscribe=One-Click", &[]).await;
    assert_eq!(stopped.status, 200);
    told.buys(1, 12).await;
    told.at("2026-05-18T13:00:00Z").await;
    assert_eq!(told.of(State::Skipped).await, [(1, "unsubscribed".to_owned())]);
}

#[tokio::test]
async fn whoever_is_to_be_called_stands_on_the_list_in_opening_hours_and_comes_again_three_times() {
    let told = Told::new("call").await;
    told.customer(1, ("", "+49 30 123", "")).await;
    told.customer(2, ("bob@example.com", "", "")).await;
    told.buys(1, 11).await;
    told.buys(2, 12).await;
    told.at("2026-05-04T06:01:00Z").await;
    // 8:00 in Berlin is before the site opens.
    told.at("2026-05-11T06:30:00Z").await;
    assert_eq!(told.of(State::Calling).await, []);
    told.at("2026-05-11T07:00:00Z").await;
    assert_eq!(told.of(State::Calling).await, alone(&[1]));
    assert_eq!(told.of(State::Skipped).await, [(2, "no number".to_owned())]);
    for (number, day) in (0..).zip(["2026-05-12T08:00:00Z", "2026-05-13T09:00:00Z", "2026-05-14T10:00:00Z"]) {
        // Nobody stays signed in for days.
        let support = told.test.cookie(&told.site, &format!("sam{number}@example.com"), Role::Support).await;
        let of = told.test.app.store.follow_ups(told.site.site_id, State::Calling, 9).await.unwrap().remove(0);
        let page = told.test.get("/sites/shop/follow-ups", &[("cookie", &support)]).await.text();
        assert!(page.contains("+49 30 123") && page.contains("C-1"), "{page}");
        let path = format!("/sites/shop/follow-ups/{}/call", of.follow_up_id);
        assert_eq!(told.test.submit(&path, "came_to=no_answer", &[("cookie", &support)]).await.status, 303);
        assert_eq!(told.test.submit(&path, "came_to=no_answer", &[("cookie", &support)]).await.status, 404, "once");
        told.at(day).await;
    }
    assert!(told.of(State::Skipped).await.contains(&(1, "no answer".to_owned())));
}

#[tokio::test]
async fn a_tickets_due_time_is_reckoned_by_the_job_and_a_late_one_stands_on_the_page() {
    let told = Told::new("mail").await;
    let sql = "INSERT INTO ticket (site_id, ticket_id, code, kind, subject, path, standing, words, state, priority, reopened, version, change_id, opened_at_ms,
           changed_at_ms) VALUES ($1, $2, 'T-1', 'problem', 'It fails', '/', '', 0, 'new', 'normal', 0, 1, $2, $3, $3)";
    let monday = Value::Int(ms("2026-05-04T08:00:00Z"));
    told.write(sql, vec![told.site.site_id.into(), Id([50; 16]).into(), monday]).await;
    told.at("2026-05-05T08:00:01Z").await;
    let app = &told.test.app;
    let job = ReckonTargets { store: app.store.clone(), clock: app.clock.clone(), sites: app.sites.clone() };
    crate::job::target::reckon_of(&job, told.site.site_id).await.unwrap();
    let viewer = told.test.cookie(&told.site, "vi@example.com", Role::Viewer).await;
    let page = told.test.get("/sites/shop/targets", &[("cookie", &viewer)]).await.text();
    assert!(page.contains("T-1") && page.contains("5 May 2026, 10:00"), "{page}");
    assert!(page.contains("n 1"), "{page}");
}
