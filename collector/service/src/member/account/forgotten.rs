//! Another password for whoever forgot theirs, by a link in a mail. What is answered does not tell who is known, nor how long it takes: the mail is
//! written by a job.

use super::attempts::Door;
use super::form::Submitted;
use super::sign_in::{Needs, html, site_names, too_many};
use super::{normalize_email, password, token};
use crate::app::App;
use crate::http::client_address;
use crate::http::problem::Problem;
use crate::job::reset_mail::WriteResetMail;
use crate::member::PageError;
use askama::Template;
use axum::Router;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rapport_store::account::{Account, TokenKind};
use rapport_store::audit::AuditEntry;
use serde::Deserialize;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in/forgotten", get(page).post(ask))
        .route("/sign-in/reset/{token}", get(reset_page).post(reset))
}

/// The address of a link below `base_url`.
pub(crate) fn reset_address(base_url: &str, secret: &str) -> String {
    format!("{base_url}/sign-in/reset/{secret}")
}

#[derive(Template)]
#[template(path = "member/account/forgotten.html")]
struct ForgottenPage<'a> {
    email: &'a str,
    error: &'a str,
    are_mails_sent: bool,
    /// Whether it was asked for.
    is_asked: bool,
}

#[derive(Template)]
#[template(path = "member/account/reset.html")]
struct ResetPage<'a> {
    email: &'a str,
    characters: usize,
    error: &'a str,
    /// Whether the link leads nowhere any more.
    is_over: bool,
}

async fn page(State(needs): State<Needs>) -> Result<Response, PageError> {
    let are_mails_sent = needs.mailer.is_set();
    html(StatusCode::OK, &ForgottenPage { email: "", error: "", are_mails_sent, is_asked: false })
}

#[derive(Deserialize)]
struct Asked {
    email: String,
}

async fn ask(State(needs): State<Needs>, request: Request) -> Result<Response, PageError> {
    let address = client_address::of_request(&request, &needs.config.trusted_proxies);
    if let Err(wait_s) = needs.attempts.check_address(address) {
        return Err(too_many(wait_s));
    }
    let Submitted(form) = Submitted::<Asked>::from_request(request, &()).await?;
    let are_mails_sent = needs.mailer.is_set();
    if !are_mails_sent {
        let why = "no mail server is set: the operator makes a link with `rapport member reset`";
        return Err(Problem::unavailable(why, 600).into());
    }
    let email = match normalize_email(&form.email) {
        Ok(email) => email,
        Err(reason) => {
            let page = ForgottenPage { email: &form.email, error: &reason, are_mails_sent, is_asked: false };
            return html(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    if let Err(wait_s) = needs.attempts.check(Door::Forgotten(&email)) {
        return Err(too_many(wait_s));
    }
    let job = WriteResetMail::of(&email, &needs.clock)?;
    needs.store.enqueue(&[job], &needs.clock).await?;
    html(StatusCode::OK, &ForgottenPage { email: &email, error: "", are_mails_sent, is_asked: true })
}

async fn of_link(needs: &Needs, secret: &str) -> Result<Option<Account>, PageError> {
    Ok(needs.store.account_of_token(token::hash(secret), TokenKind::Reset, needs.clock.now_ms()).await?)
}

fn show(status: StatusCode, account: Option<&Account>, error: &str) -> Result<Response, PageError> {
    let email = account.map_or("", |account| account.email.as_str());
    html(status, &ResetPage { email, characters: password::CHARACTERS, error, is_over: account.is_none() })
}

/// Opening the link uses nothing up: programs that look at links in mails do so too.
async fn reset_page(State(needs): State<Needs>, Path(secret): Path<String>) -> Result<Response, PageError> {
    match of_link(&needs, &secret).await? {
        Some(account) => show(StatusCode::OK, Some(&account), ""),
        None => show(StatusCode::GONE, None, ""),
    }
}

#[derive(Deserialize)]
struct Chosen {
    new: String,
}

/// The other password; whoever has codes too still needs one.
async fn reset(
    State(needs): State<Needs>,
    Path(secret): Path<String>,
    Submitted(form): Submitted<Chosen>,
) -> Result<Response, PageError> {
    let Some(account) = of_link(&needs, &secret).await? else { return show(StatusCode::GONE, None, "") };
    let names = site_names(&needs, account.account_id).await?;
    if let Some(fault) = password::fault(form.new.clone(), &account.email, &names).await {
        return show(StatusCode::UNPROCESSABLE_ENTITY, Some(&account), &fault);
    }
    let hash = password::hash(form.new).await;
    if hash.is_empty() {
        return Err(Problem::internal().into());
    }
    let taken = needs.store.take_token(token::hash(&secret), TokenKind::Reset, needs.clock.now_ms()).await?;
    if taken.is_none() {
        return show(StatusCode::GONE, None, "");
    }
    needs.store.set_password(account.account_id, &hash).await?;
    for (site_id, _) in needs.store.memberships(account.account_id).await? {
        let subject = format!("password of {}", account.email);
        needs.store.note(site_id, &AuditEntry::now(&needs.clock, &account.email, "password.change", subject)).await?;
    }
    Ok(Redirect::to("/sign-in").into_response())
}
