//! Webhooks at a receiver that answers as receivers do: it takes, refuses, is busy, points elsewhere, hangs, talks without end, is gone.

use super::kind::{Attempt, Kind};
use super::news::SpreadNews;
use super::webhook::{Deliver, Payload};
use crate::config::Config;
use crate::test_app::TestApp;
use crate::webhook::address::{Reach, Resolver};
use crate::webhook::{Courier, Draft, Webhooks};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::news::{News, NewsKind};
use rapport_store::site::directory::SiteContext;
use rapport_store::webhook::Webhook;
use rapport_store::webhook::delivery::DeliveryState;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

const START_MS: i64 = 1_772_000_000_000;

/// What a receiver was sent: the headers of the scheme, and the body.
#[derive(Clone, Debug, PartialEq)]
struct Received {
    id: String,
    at_s: String,
    signatures: String,
    body: String,
}

type Log = Arc<Mutex<Vec<Received>>>;

async fn answer(Path(how): Path<String>, State(log): State<Log>, headers: HeaderMap, body: String) -> Response<Body> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let seen = {
        let mut log = log.lock().unwrap();
        log.push(Received {
            id: text("webhook-id"),
            at_s: text("webhook-timestamp"),
            signatures: text("webhook-signature"),
            body,
        });
        log.len()
    };
    let response = Response::builder();
    let (response, said) = match (how.as_str(), seen) {
        ("refuses-first", 1) => (response.status(500), Body::from("not now")),
        ("busy", _) => (response.status(503).header("retry-after", "7200"), Body::from("later")),
        ("moved", _) => (response.status(302).header("location", "/hook/takes"), Body::empty()),
        ("gone", _) => (response.status(410), Body::empty()),
        ("talks", _) => (response.status(200), Body::from("x".repeat(50_000_000))),
        ("hangs-first", 1) | ("hangs", _) => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            (response.status(200), Body::empty())
        }
        _ => (response.status(204), Body::empty()),
    };
    response.body(said).unwrap()
}

struct Told {
    test: TestApp,
    site: Arc<SiteContext>,
    log: Log,
    port: u16,
    courier: Courier,
}

impl Told {
    async fn new() -> Self {
        let networks = vec!["127.0.0.0/8".parse().unwrap()];
        let config = Config { webhook_networks: networks.clone(), ..Config::default() };
        let test = TestApp::at_with(Clock::manual(START_MS), config).await;
        test.site().await;
        let site = test.app.sites.by_key("shop").await.unwrap().unwrap();
        let (log, listener) = (Log::default(), tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().route("/hook/{how}", post(answer)).with_state(log.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let reach = Reach { allowed: networks, ..Reach::default() };
        let courier = Courier::within(reach).with_patience(Duration::from_millis(1_500));
        Self { test, site, log, port, courier }
    }

    fn webhooks(&self) -> Webhooks {
        let app = &self.test.app;
        Webhooks {
            store: app.store.clone(),
            clock: app.clock.clone(),
            config: app.config.clone(),
            courier: self.courier.clone(),
        }
    }

    async fn webhook(&self, how: &str) -> Webhook {
        let draft = Draft {
            name: how.into(),
            url: format!("http://127.0.0.1:{}/hook/{how}", self.port),
            events: vec!["response.created".into()],
            personal: String::new(),
        };
        self.webhooks().add(&self.site, "ada@example.com", &draft).await.expect("it is set up")
    }

    fn after(&self, ms: i64) {
        let Clock::Manual(now) = &self.test.app.clock else { unreachable!("its clock is set by hand") };
        now.fetch_add(ms, Ordering::Relaxed);
    }

    fn attempt(&self) -> Attempt {
        let (stop, receiver) = watch::channel(false);
        // Nobody stops it.
        std::mem::forget(stop);
        Attempt { site_id: Some(self.site.site.site_id), attempts: 1, stop: receiver }
    }

    async fn happens(&self, about: &str) {
        let site_id = self.site.site.site_id;
        let news = News::new(site_id, (NewsKind::ResponseCreated, about), "An answer", self.test.app.clock.now_ms());
        let news = News { response_id: Some(Id([7; 16])), ..news };
        self.test.app.store.tell(site_id, &[news]).await.unwrap();
        let app = &self.test.app;
        let spread = SpreadNews {
            store: app.store.clone(),
            clock: app.clock.clone(),
            config: app.config.clone(),
            sites: app.sites.clone(),
        };
        spread.run((), self.attempt()).await.unwrap();
    }

    async fn deliver(&self, webhook: &Webhook) {
        let app = &self.test.app;
        let job = Deliver { store: app.store.clone(), clock: app.clock.clone(), courier: self.courier.clone() };
        job.run(Payload { webhook_id: webhook.webhook_id.to_text() }, self.attempt()).await.unwrap();
    }

    fn received(&self) -> Vec<Received> {
        self.log.lock().unwrap().clone()
    }

    /// State and attempts of the deliveries of a webhook, the newest first.
    async fn states(&self, webhook: &Webhook) -> Vec<(DeliveryState, i64)> {
        let site_id = self.site.site.site_id;
        let found = self.test.app.store.deliveries(site_id, webhook.webhook_id, None, 99).await.unwrap();
        found.iter().map(|delivery| (delivery.state, delivery.attempts)).collect()
    }

    /// Status, error and answer of the last attempt at the newest delivery.
    async fn last(&self, webhook: &Webhook) -> (Option<i64>, String, String) {
        let (site_id, store) = (self.site.site.site_id, &self.test.app.store);
        let newest = store.deliveries(site_id, webhook.webhook_id, None, 1).await.unwrap().remove(0);
        let last = store.delivery_attempts(site_id, newest.delivery_id).await.unwrap().pop().expect("it was tried");
        (last.status, last.error, last.answer)
    }
}

#[tokio::test]
async fn a_message_that_was_refused_came_under_another_id_or_with_a_signature_of_before() {
    let told = Told::new().await;
    let webhook = told.webhook("refuses-first").await;
    told.happens("1").await;
    told.deliver(&webhook).await;
    assert_eq!(told.states(&webhook).await, [(DeliveryState::Waiting, 1)]);
    assert_eq!(told.last(&webhook).await, (Some(500), "it did not take it".into(), "not now".into()));
    told.deliver(&webhook).await;
    assert_eq!(told.received().len(), 1, "its time has not come");
    told.after(6_000);
    let webhook = told.webhooks().rotate(&told.site, "ada@example.com", webhook).await.unwrap().unwrap();
    told.deliver(&webhook).await;
    assert_eq!(told.states(&webhook).await, [(DeliveryState::Delivered, 2)]);
    let received = told.received();
    assert_eq!((received.len(), &received[0].id, &received[0].body), (2, &received[1].id, &received[1].body));
    assert_eq!(received[1].at_s, (START_MS / 1_000 + 6).to_string());
    // Whoever has the secret of before takes it still, and so does whoever has the new one.
    for secret in webhook.secrets(told.test.app.clock.now_ms()) {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let signed = format!("{}.{}.{}", received[1].id, received[1].at_s, received[1].body);
        let signature = STANDARD.encode(rapport_ingest::signature::bytes_of(&key, &signed));
        assert!(received[1].signatures.split(' ').any(|one| one == format!("v1,{signature}")), "{received:?}");
    }
    assert_eq!(received[1].signatures.split(' ').count(), 2);
    assert!(received[0].body.contains("\"type\":\"response.created\""), "{}", received[0].body);
}

#[tokio::test]
async fn what_points_elsewhere_was_followed_and_what_talks_without_end_was_read() {
    let told = Told::new().await;
    let (moved, talks, busy) = (told.webhook("moved").await, told.webhook("talks").await, told.webhook("busy").await);
    told.happens("1").await;
    told.deliver(&moved).await;
    assert_eq!(told.received().len(), 1);
    assert_eq!(told.last(&moved).await.1, "it points elsewhere, which is not followed");
    told.deliver(&talks).await;
    let (status, _, answer) = told.last(&talks).await;
    assert_eq!((status, answer.len()), (Some(200), 300));
    assert_eq!(told.states(&talks).await, [(DeliveryState::Delivered, 1)]);
    told.deliver(&busy).await;
    told.after(7_199_000);
    told.deliver(&busy).await;
    assert_eq!(told.states(&busy).await, [(DeliveryState::Waiting, 1)], "it asked to be left alone for two hours");
    told.after(2_000);
    told.deliver(&busy).await;
    assert_eq!(told.states(&busy).await, [(DeliveryState::Waiting, 2)]);
}

#[tokio::test]
async fn a_collector_that_was_killed_forgot_a_message_or_sent_it_under_another_id() {
    let told = Told::new().await;
    let webhook = told.webhook("hangs-first").await;
    told.happens("1").await;
    // The receiver has it, and the collector ends before it hears so.
    let killed = tokio::time::timeout(Duration::from_millis(700), told.deliver(&webhook)).await;
    assert!(killed.is_err() && told.received().len() == 1);
    assert_eq!(told.states(&webhook).await, [(DeliveryState::Waiting, 0)]);
    told.deliver(&webhook).await;
    let received = told.received();
    assert_eq!((received.len(), &received[0].id), (2, &received[1].id));
    assert_eq!(told.states(&webhook).await, [(DeliveryState::Delivered, 1)]);
}

#[tokio::test]
async fn an_address_that_does_not_answer_was_asked_again_and_again_and_one_that_is_gone_too() {
    let told = Told::new().await;
    let silent = told.webhook("silent").await;
    let nowhere = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port())
    };
    let draft =
        Draft { name: "s".into(), url: nowhere, events: vec!["response.created".into()], personal: String::new() };
    let silent = told.webhooks().change(&told.site, "ada@example.com", (silent, &draft)).await.unwrap().unwrap();
    let gone = told.webhook("gone").await;
    for about in 0..5 {
        told.happens(&about.to_string()).await;
    }
    told.deliver(&silent).await;
    let tried = told.states(&silent).await.iter().filter(|(_, attempts)| *attempts > 0).count();
    assert_eq!(tried, 3, "it is left alone after three failures in a row");
    told.after(61_000);
    told.deliver(&silent).await;
    assert_eq!(told.states(&silent).await.iter().map(|(_, attempts)| attempts).sum::<i64>(), 6);
    told.deliver(&gone).await;
    assert_eq!(told.received().len(), 1, "gone for good");
    let kept = told.webhooks().one(&told.site, &gone.webhook_id.to_text()).await.unwrap().unwrap();
    assert_eq!(kept.disabled.map(|(_, because)| because).as_deref(), Some("it answered 410 Gone"));
    assert!(told.states(&gone).await.iter().all(|(state, _)| *state == DeliveryState::Failed));
    told.happens("later").await;
    assert_eq!(told.states(&gone).await.len(), 5, "it is told nothing any more");
}

#[tokio::test]
async fn what_an_erased_person_wrote_was_sent_afterwards() {
    let told = Told::new().await;
    let webhook = told.webhook("takes").await;
    told.happens("1").await;
    let traces = rapport_store::visitor::Traces { responses: vec![Id([7; 16])], ..Default::default() };
    let (store, site) = (&told.test.app.store, &told.site.site);
    store.erase(site.site_id, &site.time_zone, &traces, &told.test.app.clock).await.unwrap();
    told.deliver(&webhook).await;
    assert_eq!((told.received(), told.states(&webhook).await), (vec![], vec![]));
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_a_moment_later_led_into_a_private_network() {
    let told = Told::new().await;
    let answers = |first: &str, then: &str| {
        let answers = [first, then].map(|address| vec![address.parse().unwrap()]).to_vec();
        Arc::new(Mutex::new(answers))
    };
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    let post = async |answers: &Arc<Mutex<Vec<Vec<std::net::IpAddr>>>>| {
        let resolver = Resolver::Told(answers.clone());
        let courier = Courier::within(Reach { allowed: allowed.clone(), resolver });
        let address = format!("http://hook.example.com:{}/hook/takes", told.port);
        courier.post(&address, &[], "{}".into(), START_MS).await
    };
    let fine = answers("127.0.0.1", "10.0.0.1");
    assert_eq!(post(&fine).await.status, Some(204));
    assert_eq!(fine.lock().unwrap().len(), 1, "what was looked at is what was connected to");
    let rebound = answers("10.0.0.1", "127.0.0.1");
    assert!(post(&rebound).await.error.contains("private network"));
    assert_eq!(told.received().len(), 1);
    let strict = Courier::within(Reach::default());
    let address = format!("http://127.0.0.1:{}/hook/takes", told.port);
    assert!(strict.post(&address, &[], "{}".into(), START_MS).await.error.contains("private network"));
}

#[tokio::test]
async fn whoever_was_away_for_a_day_was_told_nothing_of_it_again() {
    let told = Told::new().await;
    let webhook = told.webhook("takes").await;
    for about in 0..3 {
        told.happens(&about.to_string()).await;
    }
    told.deliver(&webhook).await;
    assert_eq!(told.received().len(), 3);
    let since = jiff::Timestamp::from_millisecond(START_MS).unwrap().to_string();
    let again = |which| (&webhook, since.as_str(), which);
    let webhooks = told.webhooks();
    let actor = "ada@example.com";
    assert_eq!(webhooks.redeliver_since(&told.site, actor, again(crate::webhook::Again::Failed)).await.unwrap(), 0);
    assert_eq!(webhooks.redeliver_since(&told.site, actor, again(crate::webhook::Again::All)).await.unwrap(), 3);
    told.deliver(&webhook).await;
    let received = told.received();
    let ids = |part: &[Received]| part.iter().map(|one| one.id.clone()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!((received.len(), ids(&received[..3])), (6, ids(&received[3..])));
    let tried = webhooks.test(&told.site, actor, &webhook).await.unwrap();
    told.deliver(&webhook).await;
    assert!(told.received()[6].body.contains("webhook.test"), "{tried}");
}
