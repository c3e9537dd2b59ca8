//! Pages and forms of signing in, by password or by a one-time link, and out.

use super::access::SignedIn;
use super::form::Submitted;
use super::{normalize_email, password, session, token};
use crate::app::App;
use crate::client_address;
use crate::problem::Problem;
use crate::store::accounts::TokenKind;
use askama::Template;
use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_shared::id::Id;
use serde::Deserialize;

/// Routes of signing in and out.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in", get(page).post(submit))
        .route("/sign-in/link/{token}", get(link))
        .route("/sign-out", post(sign_out))
        .route("/password", get(password_page).post(change_password))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    email: &'a str,
    next: &'a str,
    error: &'a str,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    email: &'a str,
    has_password: bool,
    characters: usize,
    error: &'a str,
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Problem::internal().into_response()
        }
    }
}

/// Where to go afterwards: a path on this host, and nothing that a browser would take for another host.
fn local(next: &str) -> &str {
    let second = next.as_bytes().get(1);
    let fits = next.starts_with('/') && !matches!(second, Some(b'/' | b'\\')) && !next.contains(char::is_control);
    if fits { next } else { "/" }
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn page(State(app): State<App>, Query(query): Query<Next>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let next = local(&query.next);
    match SignedIn::from_request_parts(&mut parts, &app).await {
        Ok(_) => Redirect::to(next).into_response(),
        Err(_) => html(StatusCode::OK, &SignInPage { email: "", next, error: "" }),
    }
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Wrong address and wrong password give the same answer after the same work.
async fn submit(State(app): State<App>, request: Request) -> Response {
    let address = client_address::of_request(&request, &app.config.trusted_proxies);
    if let Err(wait_s) = app.sign_in_rate.check(address) {
        return Problem::too_many("too many attempts to sign in; wait a little", u32::try_from(wait_s).unwrap_or(60))
            .into_response();
    }
    let form = match Submitted::<Credentials>::from_request(request, &app).await {
        Ok(Submitted(form)) => form,
        Err(problem) => return problem.into_response(),
    };
    let next = local(&form.next);
    let account = match normalize_email(&form.email) {
        Ok(email) => match app.store.account_by_email(&email).await {
            Ok(account) => account,
            Err(error) => return Problem::from(error).into_response(),
        },
        Err(_) => None,
    };
    let known = account.as_ref().map(|account| account.password_hash.clone());
    let matches = form.password.len() <= password::BYTES && password::verify(form.password.clone(), known).await;
    match account.filter(|_| matches) {
        Some(account) => begin_session(&app, account.account_id, next).await,
        None => {
            metrics::counter!("rapport_sign_in_refused_total").increment(1);
            let error = "This address and this password do not go together.";
            html(StatusCode::UNAUTHORIZED, &SignInPage { email: &form.email, next, error })
        }
    }
}

/// Signs in with a link from the command line. Programs that look at links in messages must not use it up.
async fn link(
    State(app): State<App>,
    Path(secret): Path<String>,
    Query(query): Query<Next>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Programs that show previews do not say that they navigate; browsers do, whatever they call themselves.
    let is_program =
        crate::ingest::Client::new(text("user-agent"), "", "", "").bot && text("sec-fetch-mode") != "navigate";
    let is_early = ["sec-purpose", "purpose"].iter().any(|name| text(name).contains("prefetch"));
    if method != Method::GET || is_early || is_program {
        let error = "This link is for a person to open in a browser. It was not used up.";
        return html(StatusCode::FORBIDDEN, &SignInPage { email: "", next: local(&query.next), error });
    }
    let account = match app.store.take_link(token::hash(&secret), app.clock.now_ms()).await {
        Ok(Some(account_id)) => account_id,
        Ok(None) => {
            let error = "This link was used or is too old. Ask for a new one, or sign in with your password.";
            return html(StatusCode::GONE, &SignInPage { email: "", next: local(&query.next), error });
        }
        Err(error) => return Problem::from(error).into_response(),
    };
    // Who has no password yet chooses one first, unless the link leads somewhere.
    let next = match app.store.account(account).await {
        Ok(Some(account)) if account.password_hash.is_empty() && query.next.is_empty() => "/password",
        _ => local(&query.next),
    };
    begin_session(&app, account, next).await
}

async fn begin_session(app: &App, account_id: Id, next: &str) -> Response {
    let secret = token::random();
    let now_ms = app.clock.now_ms();
    let expires_at_ms = now_ms + i64::from(app.config.session_days) * session::DAY_MS;
    let added = app.store.add_token(token::hash(&secret), account_id, TokenKind::Session, now_ms, expires_at_ms).await;
    match added {
        Ok(()) => ([(header::SET_COOKIE, session::cookie(&app.config, &secret))], Redirect::to(next)).into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    if let Some(secret) = session::token(&app.config, &headers)
        && let Err(error) = app.store.end_session(token::hash(&secret)).await
    {
        return Problem::from(error).into_response();
    }
    ([(header::SET_COOKIE, session::cookie(&app.config, ""))], Redirect::to("/sign-in")).into_response()
}

async fn password_page(member: SignedIn) -> Response {
    show_password_page(&member, StatusCode::OK, "")
}

fn show_password_page(member: &SignedIn, status: StatusCode, error: &str) -> Response {
    let (email, has_password) = (member.email.as_str(), member.has_password);
    html(status, &PasswordPage { email, has_password, characters: password::CHARACTERS, error })
}

#[derive(Deserialize)]
struct Passwords {
    #[serde(default)]
    current: String,
    new: String,
}

/// Changes the password and ends every other session. Who has none yet came by a link; others prove that they know it.
async fn change_password(State(app): State<App>, member: SignedIn, Submitted(form): Submitted<Passwords>) -> Response {
    let account = match app.store.account_by_email(&member.email).await {
        Ok(account) => account,
        Err(error) => return Problem::from(error).into_response(),
    };
    let known = account.map(|account| account.password_hash).filter(|hash| !hash.is_empty());
    if known.is_some() && !password::verify(form.current, known).await {
        return show_password_page(&member, StatusCode::UNAUTHORIZED, "This is not your current password.");
    }
    if let Some(fault) = password::fault(&form.new) {
        return show_password_page(&member, StatusCode::UNPROCESSABLE_ENTITY, &fault);
    }
    let hash = password::hash(form.new).await;
    if hash.is_empty() {
        return Problem::internal().into_response();
    }
    match app.store.set_password(member.account_id, &hash).await {
        Ok(()) => begin_session(&app, member.account_id, "/").await,
        Err(error) => Problem::from(error).into_response(),
    }
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
