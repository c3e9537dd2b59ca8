//! Pages and forms of signing in, by password or by a one-time link, and out.

use super::access::SignedIn;
use super::attempts::{Attempts, Door};
use super::form::Submitted;
use super::{browser, normalize_email, password, session, token};
use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::client_address;
use crate::http::problem::Problem;
use crate::http::query::query_of;
use crate::mail::Mailer;
use crate::member::PageError;
use askama::Template;
use axum::Router;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_shared::id::Id;
use rapport_store::account::{Account, TokenKind};
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::{Store, StoreError};
use serde::Deserialize;
use std::sync::Arc;

feature_state! {
    /// What signing in needs.
    pub(crate) struct Needs {
        config: Arc<Config>,
        clock: Clock,
        store: Store,
        sites: SiteDirectory,
        mailer: Mailer,
        attempts: Arc<Attempts>,
    }
}

feature_state! {
    /// Signing in whoever just made an account with a link that nobody else has.
    pub(crate) struct FirstSession {
        needs: Needs,
    }
}

impl FirstSession {
    /// Signs the browser in and leads it to `next`.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn begin(&self, account_id: Id, next: &str, headers: &HeaderMap) -> Result<Response, PageError> {
        begin_session(&self.needs, account_id, next, (false, &browser::name(headers))).await
    }
}

/// Routes of signing in and out.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in", get(page).post(submit))
        .route("/sign-in/link/{token}", get(link))
        .route("/sign-out", post(sign_out))
        .route("/password", get(password_page).post(change_password))
}

#[derive(Template)]
#[template(path = "member/account/sign_in.html")]
struct SignInPage<'a> {
    email: &'a str,
    next: &'a str,
    error: &'a str,
    /// Whether a mail can lead to another password.
    are_mails_sent: bool,
    /// Whether there is nothing to sign in to.
    is_empty: bool,
}

#[derive(Template)]
#[template(path = "member/account/password.html")]
struct PasswordPage<'a> {
    email: &'a str,
    has_password: bool,
    characters: usize,
    error: &'a str,
}

pub(super) fn html(status: StatusCode, page: &impl Template) -> Result<Response, PageError> {
    Ok((status, Html(page.render()?)).into_response())
}

/// Where to go afterwards: a path on this host, and nothing that a browser would take for another host.
pub(super) fn local(next: &str) -> &str {
    let second = next.as_bytes().get(1);
    let fits = next.starts_with('/') && !matches!(second, Some(b'/' | b'\\')) && !next.contains(char::is_control);
    if fits { next } else { "/" }
}

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    pub next: String,
}

async fn page(
    State(needs): State<Needs>,
    member: Result<SignedIn, PageError>,
    Query(query): Query<Next>,
) -> Result<Response, PageError> {
    let next = local(&query.next);
    match member {
        Ok(_) => Ok(Redirect::to(next).into_response()),
        Err(_) => show(&needs, StatusCode::OK, ("", next), "").await,
    }
}

/// The page, with the address that was given and where one wants to go.
async fn show(
    needs: &Needs,
    status: StatusCode,
    (email, next): (&str, &str),
    error: &str,
) -> Result<Response, PageError> {
    // The page is shown whether or not that can be read.
    let is_empty = needs.store.site_ids().await.is_ok_and(|sites| sites.is_empty());
    html(status, &SignInPage { email, next, error, are_mails_sent: needs.mailer.is_set(), is_empty })
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Wrong address and wrong password give the same answer after the same work.
async fn submit(State(needs): State<Needs>, request: Request) -> Result<Response, PageError> {
    let address = client_address::of_request(&request, &needs.config.trusted_proxies);
    if let Err(wait_s) = needs.attempts.check_address(address) {
        return Err(too_many(wait_s));
    }
    let known = session::known_token(&needs.config, request.headers()).map(|secret| token::hash(&secret));
    let browser = browser::name(request.headers());
    let Submitted(form) = Submitted::<Credentials>::from_request(request, &()).await?;
    let next = local(&form.next);
    let email = normalize_email(&form.email);
    let account = match &email {
        Ok(email) => needs.store.account_by_email(email).await?,
        Err(_) => None,
    };
    let known = known_browser(&needs, known, account.as_ref()).await?;
    let anywhere = Door::Anywhere(email.as_deref().unwrap_or(&form.email));
    let door = known.as_ref().map_or(anywhere, |token| Door::Known(token));
    if let Err(wait_s) = needs.attempts.check(door) {
        return Err(too_many(wait_s));
    }
    let is_known = known.is_some();
    let known = account.as_ref().map(|account| account.password_hash.clone());
    let matches = form.password.len() <= password::BYTES && password::verify(form.password.clone(), known).await;
    match account.filter(|_| matches) {
        Some(account) => enter(&needs, account.account_id, next, (is_known, &browser)).await,
        None => {
            metrics::counter!("rapport_sign_in_refused_total").increment(1);
            let error = "This address and this password do not go together.";
            show(&needs, StatusCode::UNAUTHORIZED, (&form.email, next), error).await
        }
    }
}

/// The hash of the browser's token, if the account was signed in with it before.
pub(super) async fn known_browser(
    needs: &Needs,
    token_hash: Option<Vec<u8>>,
    account: Option<&Account>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let (Some(token_hash), Some(account)) = (token_hash, account) else { return Ok(None) };
    let known = needs.store.knows_browser(token_hash.clone(), account.account_id, needs.clock.now_ms()).await?;
    Ok(known.then_some(token_hash))
}

pub(super) fn too_many(wait_s: u64) -> PageError {
    let wait_s = u32::try_from(wait_s).unwrap_or(60);
    Problem::too_many("too many attempts at a password; wait a little", wait_s).into()
}

/// Signs in with a link from the command line. Programs that look at links in messages must not use it up.
async fn link(
    State(needs): State<Needs>,
    Path(secret): Path<String>,
    Query(query): Query<Next>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Programs that show previews do not say that they navigate; browsers do, whatever they call themselves.
    let is_program =
        rapport_ingest::Client::new(text("user-agent"), "", "", "").bot && text("sec-fetch-mode") != "navigate";
    let is_early = ["sec-purpose", "purpose"].iter().any(|name| text(name).contains("prefetch"));
    if method != Method::GET || is_early || is_program {
        let error = "This link is for a person to open in a browser. It was not used up.";
        return show(&needs, StatusCode::FORBIDDEN, ("", local(&query.next)), error).await;
    }
    let Some(account) = needs.store.take_link(token::hash(&secret), needs.clock.now_ms()).await? else {
        let error = "This link was used or is too old. Ask for a new one, or sign in with your password.";
        return show(&needs, StatusCode::GONE, ("", local(&query.next)), error).await;
    };
    // Who has no password yet chooses one first, unless the link leads somewhere.
    let next = match needs.store.account(account).await {
        Ok(Some(account)) if account.password_hash.is_empty() && query.next.is_empty() => "/password",
        _ => local(&query.next),
    };
    enter(&needs, account, next, (false, &browser::name(&headers))).await
}

/// Signs the browser in, or asks for the code that the account has besides.
async fn enter(
    needs: &Needs,
    account_id: Id,
    next: &str,
    (is_known, browser): (bool, &str),
) -> Result<Response, PageError> {
    if !needs.store.second_factor(account_id).await?.is_some_and(|factor| factor.is_confirmed) {
        return begin_session(needs, account_id, next, (is_known, browser)).await;
    }
    let secret = add_token(needs, account_id, TokenKind::Half, session::HALF_MS).await?;
    let cookie = session::half_cookie(&needs.config, &secret);
    let address = format!("/sign-in/code?{}", query_of(&[("next", next.to_owned())]));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&address)).into_response())
}

/// Signs the browser in with a token that it never had; it is known from now on, unless it was before.
pub(super) async fn begin_session(
    needs: &Needs,
    account_id: Id,
    next: &str,
    (is_known, browser): (bool, &str),
) -> Result<Response, PageError> {
    let lasts_ms = i64::from(needs.config.session_days) * session::DAY_MS;
    let (secret, now_ms) = (token::random(), needs.clock.now_ms());
    needs.store.add_session(token::hash(&secret), account_id, browser, (now_ms, now_ms + lasts_ms)).await?;
    let cookie = session::cookie(&needs.config, &secret);
    let mut response = ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response();
    if !is_known {
        let secret = add_token(needs, account_id, TokenKind::Known, session::KNOWN_MS).await?;
        response.headers_mut().append(header::SET_COOKIE, session::known_cookie(&needs.config, &secret));
    }
    Ok(response)
}

/// A fresh token of the account, kept as its hash.
async fn add_token(needs: &Needs, account_id: Id, kind: TokenKind, lasts_ms: i64) -> Result<String, StoreError> {
    let (secret, now_ms) = (token::random(), needs.clock.now_ms());
    needs.store.add_token(token::hash(&secret), account_id, kind, now_ms, now_ms + lasts_ms).await?;
    Ok(secret)
}

async fn sign_out(State(needs): State<Needs>, headers: HeaderMap) -> Result<Response, PageError> {
    if let Some(secret) = session::token(&needs.config, &headers) {
        needs.store.end_session(token::hash(&secret)).await?;
    }
    Ok(([(header::SET_COOKIE, session::cookie(&needs.config, ""))], Redirect::to("/sign-in")).into_response())
}

async fn password_page(member: SignedIn) -> Result<Response, PageError> {
    show_password_page(&member, StatusCode::OK, "")
}

fn show_password_page(member: &SignedIn, status: StatusCode, error: &str) -> Result<Response, PageError> {
    let (email, has_password) = (member.email.as_str(), member.has_password);
    html(status, &PasswordPage { email, has_password, characters: password::CHARACTERS, error })
}

#[derive(Deserialize)]
struct Passwords {
    #[serde(default)]
    current: String,
    new: String,
}

/// Changes the password and ends every other session. Who has none yet came by a link and has nothing to guess; others prove
/// that they know it, and only those who do not use up attempts.
async fn change_password(
    State(needs): State<Needs>,
    member: SignedIn,
    request: Request,
) -> Result<Response, PageError> {
    let browser = browser::name(request.headers());
    let Submitted(form) = Submitted::<Passwords>::from_request(request, &()).await?;
    let account = needs.store.account_by_email(&member.email).await?;
    let known = account.map(|account| account.password_hash).filter(|hash| !hash.is_empty());
    if known.is_some() {
        let door = Door::Inside(member.account_id);
        if let Err(wait_s) = needs.attempts.check(door) {
            return Err(too_many(wait_s));
        }
        if form.current.len() > password::BYTES || !password::verify(form.current, known).await {
            return show_password_page(&member, StatusCode::UNAUTHORIZED, "This is not your current password.");
        }
        needs.attempts.passed(door);
    }
    let names = site_names(&needs, member.account_id).await?;
    if let Some(fault) = password::fault(form.new.clone(), &member.email, &names).await {
        return show_password_page(&member, StatusCode::UNPROCESSABLE_ENTITY, &fault);
    }
    let hash = password::hash(form.new).await;
    if hash.is_empty() {
        return Err(Problem::internal().into());
    }
    needs.store.set_password(member.account_id, &hash).await?;
    begin_session(&needs, member.account_id, "/", (false, &browser)).await
}

/// Names of the sites that the account is a member of.
pub(super) async fn site_names(needs: &Needs, account_id: Id) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    for (site_id, _) in needs.store.memberships(account_id).await? {
        names.extend(needs.sites.by_id(site_id).await?.map(|site| site.site.name.clone()));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn the_way_back_never_leaves_this_host() {
        for (next, expected) in [
            ("/sites/abc?range=7d", "/sites/abc?range=7d"),
            ("/", "/"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\nb", "/"),
        ] {
            assert_eq!(local(next), expected, "{next:?}");
        }
    }
}
