//! For tests: the whole service over a store in memory, called without a socket.

use crate::app::{App, Reports};
use crate::config::Config;
use crate::member::account::token;
use axum::body::Body;
use axum::extract::FromRef;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::TokenKind;
use rapport_store::account::api_key::ApiKey;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::site::Site;
use rapport_store::test_store::{a_site, in_memory, note};
use tower::ServiceExt;

/// The service and what it stands on.
pub(crate) struct TestApp {
    pub app: App,
    router: axum::Router,
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a readable header"))
    }
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with_config(Config::default()).await
    }

    pub async fn with_config(config: Config) -> Self {
        Self::over(in_memory().await, config).await
    }

    pub async fn over(store: Store, config: Config) -> Self {
        Self::of(App::new(store, Clock::System, config).await.expect("the app starts"))
    }

    /// One whose time is the clock's.
    pub async fn at(clock: Clock) -> Self {
        Self::of(App::new(in_memory().await, clock, Config::default()).await.expect("the app starts"))
    }

    /// The same with settings.
    pub async fn at_with(clock: Clock, config: Config) -> Self {
        Self::of(App::new(in_memory().await, clock, config).await.expect("the app starts"))
    }

    fn of(app: App) -> Self {
        Self { router: crate::router::router(app.clone()), app }
    }

    /// What reports are made by.
    pub fn reports(&self) -> Reports {
        Reports::from_ref(&self.app)
    }

    /// The `Authorization` of a new key of a site.
    pub async fn bearer(&self, site: &Site, scopes: &[Scope]) -> String {
        let secret = crate::server::key::random_key();
        let key = ApiKey {
            key_id: self.app.clock.new_id(),
            name: "key".into(),
            scopes: scopes.to_vec(),
            created_at_ms: 1,
            revoked_at_ms: None,
            expires_at_ms: None,
            used_at_ms: None,
        };
        self.app.store.add_api_key(site.site_id, &key, token::hash(&secret), &note(1)).await.expect("the key is added");
        format!("Bearer {secret}")
    }

    /// A site with the key `shop` and the survey that new sites begin with.
    pub async fn site(&self) -> Site {
        let site = a_site("shop");
        self.app.store.add_site(&site).await.expect("the site is added");
        self.app
            .store
            .apply_survey(site.site_id, &crate::new_site::first_survey(), &note(1))
            .await
            .expect("the survey is added");
        site
    }

    /// The id under which a response of a site's page is stored and shown.
    pub async fn public_id(&self, site_key: &str, response_id: Id) -> Id {
        let site = self.app.sites.by_key(site_key).await.expect("the store answers").expect("there is such a site");
        rapport_ingest::public_id::of_response(site.site.site_id, response_id)
    }

    /// The value of the `Cookie` header of a signed-in member.
    pub async fn cookie(&self, site: &Site, email: &str, role: Role) -> String {
        let (store, clock) = (&self.app.store, &self.app.clock);
        let account = store.account_for_email(clock.new_id(), email, clock.now_ms()).await.expect("an account");
        store.set_member(site.site_id, account.account_id, role, &note(clock.now_ms())).await.expect("a member");
        let (secret, now_ms) = (token::random(), clock.now_ms());
        let hash = token::hash(&secret);
        store
            .add_token(hash, account.account_id, TokenKind::Session, now_ms, now_ms + 60_000)
            .await
            .expect("a session");
        format!("rapport={secret}")
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("a router always answers");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body is complete").to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request and leaves the body of the answer to be read.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> axum::response::Response {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::empty()).expect("a request");
        self.router.clone().oneshot(request).await.expect("a router always answers")
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// Sends a batch as a page does.
    pub async fn batch(&self, body: &str) -> Reply {
        let request = Request::post("/v1/batch")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// Sends a form as a browser does from our own page.
    pub async fn submit(&self, path: &str, form: &str, headers: &[(&str, &str)]) -> Reply {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::from(form.to_owned())).expect("a request")).await
    }
}
