//! Whoever reads a report under a link: what they are let see, and why they are not let in.

use super::contained::contained;
use crate::app::feature_state;
use crate::config::Config;
use crate::http::client_address::of_parts;
use crate::http::problem::Problem;
use crate::http::problem_page;
use crate::http::query::share::Locked;
use crate::http::query::{encode, query_of, segment};
use crate::member::PageError;
use crate::member::account::{Attempts, Door, password, token};
use crate::member::error::Failure;
use crate::member::format::TimeText;
use crate::public::visitor_rate::VisitorRate;
use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::share::Share;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::{Store, StoreError};
use std::net::IpAddr;
use std::sync::Arc;
use tower::ServiceExt;

/// Whoever reads a report under a link, for the handlers of reports. It travels with the request that is made of theirs.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The site.
    pub site: Arc<SiteContext>,
    /// The link itself, without its host.
    pub address: String,
    /// What it was called.
    pub name: String,
    /// Until when it can be read.
    pub until: Time,
    /// The same in words.
    pub until_text: String,
    /// What they cannot change.
    pub locked: Locked,
    /// Whether they see what people wrote.
    pub shows_words: bool,
}

feature_state! {
    /// What reading a report under a link needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        sites: SiteDirectory,
        rate: VisitorRate,
        attempts: Arc<Attempts>,
    }
}

/// The reports, as whoever has a link reads them.
#[derive(Clone)]
pub(super) struct Reports(pub Router);

/// Why nothing is shown.
#[derive(Debug)]
enum Refusal {
    /// No link is called so.
    Unknown,
    /// It has come to its end, or was revoked.
    Ended,
    /// It asks for a password: the name of its realm.
    Password(Id),
    /// Everything else.
    Problem(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

#[derive(Template)]
#[template(path = "member/share/refused.html")]
struct RefusedPage<'a> {
    title: &'a str,
    detail: String,
    faults: Vec<rapport_shared::survey::Fault>,
    /// The report as the link gives it, where its address asks for what it does not have.
    plain: Option<String>,
}

fn page(status: StatusCode, title: &str, detail: &str) -> Response {
    let page = RefusedPage { title, detail: detail.to_owned(), faults: Vec::new(), plain: None };
    (status, Html(page.render().unwrap_or_else(|_| detail.to_owned()))).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => page(
                StatusCode::NOT_FOUND,
                "There is no such report",
                "Perhaps the link was cut short on its way. Ask whoever sent it to you to send it once more.",
            ),
            Self::Ended => page(
                StatusCode::GONE,
                "This link has ended",
                "It was made for some time, and that is over, or it was taken back. Ask whoever sent it to you for another one.",
            ),
            Self::Password(share_id) => {
                let mut response = page(
                    StatusCode::UNAUTHORIZED,
                    "This report asks for a password",
                    "Load the page again, leave the name empty, and type the password that you were given with the link.",
                );
                let challenge = format!("Basic realm=\"Report {share_id}\", charset=\"UTF-8\"");
                let challenge = HeaderValue::from_str(&challenge);
                response.headers_mut().extend(challenge.ok().map(|value| (header::WWW_AUTHENTICATE, value)));
                response
            }
            Self::Problem(problem) => {
                let (title, advice) = problem_page::words(problem.status);
                let mut response =
                    page(problem.status, title, &format!("{} {advice}", problem_page::sentence(&problem.detail)));
                if let Some(seconds) = problem.retry_after_s {
                    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
        }
    }
}

/// The password that a request brings, as browsers send it (RFC 7617).
fn brought(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = text.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let pair = String::from_utf8(decoded).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

impl Needs {
    /// Who asks, if the link lets them.
    async fn admitted(&self, site: &str, secret: &str, parts: &Parts) -> Result<(Guest, Share), Refusal> {
        let client = of_parts(&parts.headers, &parts.extensions, &self.config.trusted_proxies);
        self.rate.check(client)?;
        let site = self.sites.by_key(site).await?.ok_or(Refusal::Unknown)?;
        let found = self.store.share_by_hash(site.site.site_id, token::hash(secret)).await?;
        let share = found.ok_or(Refusal::Unknown)?;
        let now_ms = self.clock.now_ms();
        if !share.is_open(now_ms) {
            return Err(Refusal::Ended);
        }
        if !share.password_hash.is_empty() {
            self.check_password(&share, client, brought(&parts.headers)).await?;
        }
        self.store.use_share(site.site.site_id, &share, now_ms).await?;
        let until = Time::new(share.expires_at_ms, &site.site.time_zone);
        let guest = Guest {
            address: format!("/shared/{}/{secret}", site.site.key),
            name: share.name.clone(),
            until_text: until.text(),
            until,
            locked: Locked::parse(&share.locked),
            shows_words: share.shows_words,
            site,
        };
        Ok((guest, share))
    }

    async fn check_password(&self, share: &Share, client: IpAddr, brought: Option<String>) -> Result<(), Refusal> {
        let brought = brought.ok_or(Refusal::Password(share.share_id))?;
        let door = Door::Shared(share.share_id, client);
        self.attempts.check(door).map_err(crate::public::visitor_rate::too_often)?;
        if !password::verify(brought, Some(share.password_hash.clone())).await {
            return Err(Refusal::Password(share.share_id));
        }
        self.attempts.passed(door);
        Ok(())
    }
}

/// The report of a link, as a member would see it but for what leads elsewhere, what is locked and what people wrote.
pub(super) async fn open(
    State(door): State<Needs>,
    Extension(Reports(reports)): Extension<Reports>,
    Path((site, secret)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let mut response = match door.admitted(&site, &secret, &parts).await {
        Ok((guest, share)) => report(reports, guest, &share, &parts).await,
        Err(refusal) => refusal.into_response(),
    };
    for (name, value) in [
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Asks for the report as its own handler knows it.
async fn report(reports: Router, guest: Guest, share: &Share, asked: &Parts) -> Response {
    let fields = guest.locked.over(&segment::pairs(asked.uri.query().unwrap_or_default()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let report = format!("/sites/{}/{}", encode(&guest.site.site.key), share.path);
    let mut request = Request::new(Body::empty());
    let Ok(uri) = format!("{report}?{}", query_of(&fields)).parse() else { return Refusal::Unknown.into_response() };
    *request.uri_mut() = uri;
    let address = guest.address.clone();
    request.extensions_mut().insert(Arc::new(guest));
    let Ok(mut response) = reports.oneshot(request).await;
    if let Some(failure) = Failure::of(&mut response) {
        return refused(failure, address);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("text/html") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(page) = body.collect().await.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()) else {
        return Refusal::Problem(Problem::internal()).into_response();
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(contained(&page, &report, &address)))
}

/// Why there is no report, in a page that leads to the one that there is.
fn refused(failure: Failure, address: String) -> Response {
    let plain = (!failure.faults.is_empty()).then_some(address);
    let page =
        RefusedPage { title: failure.title, detail: failure.detail.clone(), faults: failure.faults.clone(), plain };
    let page = page.render().unwrap_or_else(|_| failure.detail.clone());
    failure.answer(Html(page))
}

impl Guest {
    /// Why whoever has a link is told nothing of people.
    pub fn refusal() -> PageError {
        Problem::forbidden("this link shows figures: what people wrote and did one by one is for members").into()
    }
}
