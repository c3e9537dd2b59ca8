//! A person's own page: the browsers they are signed in with, their password, and the codes that are asked for besides.

use super::access::SignedIn;
use super::attempts::Door;
use super::browser_token;
use super::form::Submitted;
use super::second_factor::proves;
use super::sign_in::{Needs, html, too_many};
use super::{code, password};
use crate::app::App;
use crate::member::PageError;
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::tz::TimeZone;
use rapport_report::response::Time;
use rapport_store::account::browser_session::{BrowserSession, Which, shown_id};
use serde::Deserialize;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/account", get(page))
        .route("/account/sessions/{id}/end", post(end))
        .route("/account/sessions/end-others", post(end_others))
        .route("/account/codes", get(offer_page).post(confirm))
        .route("/account/codes/offer", post(offer))
        .route("/account/codes/renew", post(renew))
        .route("/account/codes/remove", post(remove))
}

/// A browser as it is listed.
struct Line {
    id: String,
    browser: String,
    began: Time,
    used: Option<Time>,
    is_this: bool,
}

/// What the codes of an account come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Codes {
    None,
    Asked { left: u64 },
}

#[derive(Template)]
#[template(path = "member/account/mine.html")]
struct MinePage<'a> {
    member: &'a SignedIn,
    lines: Vec<Line>,
    codes: Codes,
    error: &'a str,
    /// Codes on paper that were made just now.
    made: Vec<String>,
}

#[derive(Template)]
#[template(path = "member/account/offer.html")]
struct OfferPage<'a> {
    email: &'a str,
    has_password: bool,
    secret: String,
    address: String,
    /// Path data of the picture for a camera, and its size.
    picture: Option<(String, i32)>,
    error: &'a str,
}

/// The page, with what went wrong or what was made just now.
async fn show(
    needs: &Needs,
    member: &SignedIn,
    headers: &HeaderMap,
    (status, error, made): (StatusCode, &str, Vec<String>),
) -> Result<Response, PageError> {
    let now_ms = needs.clock.now_ms();
    let this = browser_token(&needs.config, headers).map(|hash| shown_id(&hash));
    let line = |session: BrowserSession| Line {
        is_this: this.as_ref() == Some(&session.shown_id),
        id: session.shown_id,
        browser: if session.browser.is_empty() { "A browser".to_owned() } else { session.browser },
        began: Time::new(session.created_at_ms, &TimeZone::UTC),
        used: session.used_at_ms.map(|at_ms| Time::new(at_ms, &TimeZone::UTC)),
    };
    let sessions = needs.store.sessions(member.account_id, now_ms).await?;
    let factor = needs.store.second_factor(member.account_id).await?.filter(|factor| factor.is_confirmed);
    html(
        status,
        &MinePage {
            member,
            lines: sessions.into_iter().map(line).collect(),
            codes: factor.map_or(Codes::None, |factor| Codes::Asked { left: factor.recovery_codes as u64 }),
            error,
            made,
        },
    )
}

async fn page(State(needs): State<Needs>, member: SignedIn, headers: HeaderMap) -> Result<Response, PageError> {
    show(&needs, &member, &headers, (StatusCode::OK, "", Vec::new())).await
}

fn back() -> Response {
    Redirect::to("/account").into_response()
}

async fn end(State(needs): State<Needs>, member: SignedIn, Path(id): Path<String>) -> Result<Response, PageError> {
    let ended = needs.store.end_sessions(member.account_id, Which::Shown(&id), needs.clock.now_ms()).await?;
    if ended == 0 {
        return Err(PageError::NotFound("You are not signed in with such a browser any more."));
    }
    Ok(back())
}

async fn end_others(State(needs): State<Needs>, member: SignedIn, headers: HeaderMap) -> Result<Response, PageError> {
    let this = browser_token(&needs.config, &headers).unwrap_or_default();
    needs.store.end_sessions(member.account_id, Which::AllBut(&this), needs.clock.now_ms()).await?;
    Ok(back())
}

/// Makes a secret that is not asked for yet.
async fn offer(State(needs): State<Needs>, member: SignedIn) -> Result<Response, PageError> {
    let secret = rapport_store::random::fresh::<[u8; code::SECRET_BYTES]>();
    needs.store.offer_second_factor(member.account_id, &secret, needs.clock.now_ms()).await?;
    Ok(Redirect::to("/account/codes").into_response())
}

async fn show_offer(needs: &Needs, member: &SignedIn, status: StatusCode, error: &str) -> Result<Response, PageError> {
    let offered = needs.store.second_factor(member.account_id).await?.filter(|factor| !factor.is_confirmed);
    let Some(factor) = offered else { return Ok(back()) };
    let address = code::address(&factor.secret, &member.email);
    let readable = code::readable(&factor.secret);
    let groups: Vec<_> = readable.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    html(
        status,
        &OfferPage {
            email: &member.email,
            has_password: member.has_password,
            secret: groups.join(" "),
            picture: code::picture(&address),
            address,
            error,
        },
    )
}

async fn offer_page(State(needs): State<Needs>, member: SignedIn) -> Result<Response, PageError> {
    show_offer(&needs, &member, StatusCode::OK, "").await
}

#[derive(Deserialize)]
struct Confirmed {
    code: String,
    #[serde(default)]
    password: String,
}

/// Has codes asked for from now on. Whoever found a browser that is signed in must not lock its owner out by this, so the password is asked for.
async fn confirm(
    State(needs): State<Needs>,
    member: SignedIn,
    headers: HeaderMap,
    Submitted(form): Submitted<Confirmed>,
) -> Result<Response, PageError> {
    let door = Door::Inside(member.account_id);
    if let Err(wait_s) = needs.attempts.check(door) {
        return Err(too_many(wait_s));
    }
    let account = needs.store.account(member.account_id).await?;
    let known = account.map(|account| account.password_hash).filter(|hash| !hash.is_empty());
    if known.is_none() {
        return show_offer(&needs, &member, StatusCode::CONFLICT, "Choose a password first: codes come on top of one.")
            .await;
    }
    if form.password.len() > password::BYTES || !password::verify(form.password, known).await {
        return show_offer(&needs, &member, StatusCode::UNAUTHORIZED, "This is not your password.").await;
    }
    needs.attempts.passed(door);
    let Some(factor) = needs.store.second_factor(member.account_id).await?.filter(|factor| !factor.is_confirmed) else {
        return Ok(back());
    };
    let now_ms = needs.clock.now_ms();
    let Some(step) = code::step_of(&factor.secret, &form.code, now_ms) else {
        let error = "This is not the code that the app shows now. Is its clock right?";
        return show_offer(&needs, &member, StatusCode::UNPROCESSABLE_ENTITY, error).await;
    };
    let (codes, hashes) = recovery();
    let offered = (factor.secret.as_slice(), step);
    if !needs.store.confirm_second_factor(member.account_id, offered, &hashes, now_ms).await? {
        return Ok(back());
    }
    show(&needs, &member, &headers, (StatusCode::OK, "", codes)).await
}

/// Fresh codes on paper, and what is kept of them.
fn recovery() -> (Vec<String>, Vec<Vec<u8>>) {
    let codes = code::recovery_codes();
    let hashes = codes.iter().map(|code| code::recovery_hash(code)).collect();
    (codes, hashes)
}

#[derive(Deserialize)]
struct Given {
    code: String,
}

/// Whether a code proves who is signed in, within what may be tried.
async fn is_proven(needs: &Needs, member: &SignedIn, given: &str) -> Result<bool, PageError> {
    let door = Door::Inside(member.account_id);
    if let Err(wait_s) = needs.attempts.check(door) {
        return Err(too_many(wait_s));
    }
    let proven = proves(&needs.store, member.account_id, given, needs.clock.now_ms()).await?;
    if proven {
        needs.attempts.passed(door);
    }
    Ok(proven)
}

const NO_CODE: &str = "This is not a code of now, or it was used before. Wait for the next one.";

async fn renew(
    State(needs): State<Needs>,
    member: SignedIn,
    headers: HeaderMap,
    Submitted(form): Submitted<Given>,
) -> Result<Response, PageError> {
    if !is_proven(&needs, &member, &form.code).await? {
        return show(&needs, &member, &headers, (StatusCode::UNAUTHORIZED, NO_CODE, Vec::new())).await;
    }
    let (codes, hashes) = recovery();
    needs.store.renew_recovery_codes(member.account_id, &hashes, needs.clock.now_ms()).await?;
    show(&needs, &member, &headers, (StatusCode::OK, "", codes)).await
}

async fn remove(
    State(needs): State<Needs>,
    member: SignedIn,
    headers: HeaderMap,
    Submitted(form): Submitted<Given>,
) -> Result<Response, PageError> {
    if !is_proven(&needs, &member, &form.code).await? {
        return show(&needs, &member, &headers, (StatusCode::UNAUTHORIZED, NO_CODE, Vec::new())).await;
    }
    needs.store.remove_second_factor(member.account_id).await?;
    Ok(back())
}
