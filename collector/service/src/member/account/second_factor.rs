//! The second step of signing in, for accounts that have one: a code of an app, or one on paper.

use super::attempts::Door;
use super::form::Submitted;
use super::sign_in::{Needs, Next, begin_session, html, known_browser, local, too_many};
use super::{browser, code, session, token};
use crate::app::App;
use crate::http::client_address;
use crate::member::PageError;
use askama::Template;
use axum::Router;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rapport_shared::id::Id;
use rapport_store::account::{Account, TokenKind};
use rapport_store::{Store, StoreError};
use serde::Deserialize;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/sign-in/code", get(page).post(submit))
}

#[derive(Template)]
#[template(path = "member/account/code.html")]
struct CodePage<'a> {
    next: &'a str,
    error: &'a str,
}

/// Whether a code proves an account: each does once, that of an app and that on paper.
pub(super) async fn proves(store: &Store, account_id: Id, given: &str, now_ms: i64) -> Result<bool, StoreError> {
    let Some(factor) = store.second_factor(account_id).await?.filter(|factor| factor.is_confirmed) else {
        return Ok(false);
    };
    match code::step_of(&factor.secret, given, now_ms) {
        Some(step) => store.take_step(account_id, step).await,
        None => store.take_recovery_code(account_id, code::recovery_hash(given)).await,
    }
}

/// Whose password was right in this browser a moment ago.
async fn half_way(needs: &Needs, headers: &HeaderMap) -> Result<Option<(Vec<u8>, Account)>, StoreError> {
    let Some(secret) = session::half_token(&needs.config, headers) else { return Ok(None) };
    let hash = token::hash(&secret);
    let account = needs.store.account_of_token(hash.clone(), TokenKind::Half, needs.clock.now_ms()).await?;
    Ok(account.map(|account| (hash, account)))
}

async fn page(
    State(needs): State<Needs>,
    Query(query): Query<Next>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    match half_way(&needs, &headers).await? {
        Some(_) => html(StatusCode::OK, &CodePage { next: local(&query.next), error: "" }),
        None => Ok(Redirect::to("/sign-in").into_response()),
    }
}

#[derive(Deserialize)]
struct Given {
    code: String,
    #[serde(default)]
    next: String,
}

async fn submit(State(needs): State<Needs>, request: Request) -> Result<Response, PageError> {
    let address = client_address::of_request(&request, &needs.config.trusted_proxies);
    if let Err(wait_s) = needs.attempts.check_address(address) {
        return Err(too_many(wait_s));
    }
    let headers = request.headers().clone();
    let Submitted(form) = Submitted::<Given>::from_request(request, &()).await?;
    let Some((half, account)) = half_way(&needs, &headers).await? else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let next = local(&form.next);
    let known = session::known_token(&needs.config, &headers).map(|secret| token::hash(&secret));
    let known = known_browser(&needs, known, Some(&account)).await?;
    let door = known.as_ref().map_or(Door::Code(account.account_id), |token| Door::KnownCode(token));
    if let Err(wait_s) = needs.attempts.check(door) {
        return Err(too_many(wait_s));
    }
    if !proves(&needs.store, account.account_id, &form.code, needs.clock.now_ms()).await? {
        metrics::counter!("rapport_sign_in_refused_total").increment(1);
        let error = "This is not a code of now, or it was used before. Wait for the next one.";
        return html(StatusCode::UNAUTHORIZED, &CodePage { next, error });
    }
    // Of two requests with one such token, one gets in.
    if needs.store.take_token(half, TokenKind::Half, needs.clock.now_ms()).await?.is_none() {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    needs.attempts.passed(door);
    let browser = browser::name(&headers);
    let mut response = begin_session(&needs, account.account_id, next, (known.is_some(), &browser)).await?;
    response.headers_mut().append(header::SET_COOKIE, session::half_cookie(&needs.config, ""));
    Ok(response)
}
