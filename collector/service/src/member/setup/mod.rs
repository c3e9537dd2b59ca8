//! The first run: one page makes the first owner and the first site, for whoever has the link that the terminal shows. There is no password before
//! that, and no page that is open to everybody.

use super::PageError;
use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::client_address;
use crate::http::problem::Problem;
use crate::member::account::{Attempts, Door, FirstSession, Submitted, normalize_email, password, token};
use crate::member::settings::lines_of;
use crate::new_site::{self, Draft};
use askama::Template;
use axum::Router;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::calendar::zone_names;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::site::settings::NAME_CHARACTERS;
use serde::Deserialize;
use std::sync::Arc;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/setup/{token}", get(page).post(begin))
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        sites: SiteDirectory,
        attempts: Arc<Attempts>,
        first_session: FirstSession,
    }
}

/// Makes a link below `base_url` with which a collector without a site is set up, once; `None` where there is a site.
///
/// # Errors
/// When the store is away.
pub(crate) async fn link(
    store: &Store,
    clock: &Clock,
    base_url: &str,
) -> Result<Option<String>, rapport_store::StoreError> {
    if !store.site_ids().await?.is_empty() {
        return Ok(None);
    }
    let secret = token::random();
    store.add_setup_link(&token::hash(&secret), clock.now_ms()).await?;
    Ok(Some(format!("{base_url}/setup/{secret}")))
}

#[derive(Template)]
#[template(path = "member/setup/page.html")]
struct SetupPage {
    email: String,
    draft: Draft,
    faults: Vec<Fault>,
    characters: usize,
    zones: Vec<&'static str>,
    /// Whether the link leads nowhere any more.
    is_over: bool,
}

impl SetupPage {
    fn new(email: String, draft: Draft, faults: Vec<Fault>) -> Self {
        let zones = zone_names().collect();
        Self { email, draft, faults, characters: password::CHARACTERS, zones, is_over: false }
    }

    fn over() -> Self {
        Self { is_over: true, ..Self::new(String::new(), Draft::default(), Vec::new()) }
    }

    fn error(&self, field: &str) -> &str {
        self.faults.iter().find(|fault| fault.field == field).map_or("", |fault| &fault.reason)
    }
}

fn html(status: StatusCode, page: &SetupPage) -> Result<Response, PageError> {
    Ok((status, Html(page.render()?)).into_response())
}

async fn page(State(needs): State<Needs>, Path(secret): Path<String>) -> Result<Response, PageError> {
    if !needs.store.is_setup_link(&token::hash(&secret), needs.clock.now_ms()).await? {
        return html(StatusCode::GONE, &SetupPage::over());
    }
    let draft = Draft { time_zone: "UTC".to_owned(), ..Draft::default() };
    html(StatusCode::OK, &SetupPage::new(String::new(), draft, Vec::new()))
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    origins: String,
    #[serde(default)]
    time_zone: String,
}

/// What is wrong with the owner. Somebody who is known already proves to be them; others choose a password.
async fn owner_faults(needs: &Needs, email: &str, form: &Typed) -> Result<Vec<Fault>, PageError> {
    let known = needs.store.account_by_email(email).await?.map(|account| account.password_hash);
    if let Some(hash) = known.filter(|hash| !hash.is_empty()) {
        let right = form.password.len() <= password::BYTES && password::verify(form.password.clone(), Some(hash)).await;
        let reason = "is not that of this address, which is known here already";
        return Ok(if right { Vec::new() } else { vec![Fault::new("password", reason)] });
    }
    let fault = password::fault(form.password.clone(), email, std::slice::from_ref(&form.name)).await;
    Ok(fault.map(|fault| Fault::new("password", fault)).into_iter().collect())
}

async fn begin(
    State(needs): State<Needs>,
    Path(secret): Path<String>,
    request: Request,
) -> Result<Response, PageError> {
    let address = client_address::of_request(&request, &needs.config.trusted_proxies);
    let headers = request.headers().clone();
    let Submitted(form) = Submitted::<Typed>::from_request(request, &()).await?;
    let (hash, now_ms) = (token::hash(&secret), needs.clock.now_ms());
    if !needs.store.is_setup_link(&hash, now_ms).await? {
        return html(StatusCode::GONE, &SetupPage::over());
    }
    let wait_s = needs.attempts.check_address(address).and_then(|()| needs.attempts.check(Door::Anywhere(&form.email)));
    if let Err(wait_s) = wait_s {
        let wait_s = u32::try_from(wait_s).unwrap_or(60);
        return Err(Problem::too_many("too many attempts; wait a little", wait_s).into());
    }
    let draft = Draft { name: form.name.clone(), origins: lines_of(&form.origins), time_zone: form.time_zone.clone() };
    let (mut faults, email) = match normalize_email(&form.email) {
        Ok(email) => (owner_faults(&needs, &email, &form).await?, email),
        Err(reason) => (vec![Fault::new("email", reason)], String::new()),
    };
    let site = draft.check(&needs.store, &needs.clock).await?;
    let site = match site {
        Ok(site) if faults.is_empty() => site,
        checked => {
            faults.extend(checked.err().into_iter().flatten());
            return html(StatusCode::UNPROCESSABLE_ENTITY, &SetupPage::new(form.email, draft, faults));
        }
    };
    let chosen = password::hash(form.password).await;
    if chosen.is_empty() {
        return Err(Problem::internal().into());
    }
    if !needs.store.take_setup_link(&hash, now_ms).await? {
        return html(StatusCode::GONE, &SetupPage::over());
    }
    let account = needs.store.account_for_email(needs.clock.new_id(), &email, now_ms).await?;
    if account.password_hash.is_empty() {
        needs.store.set_password(account.account_id, &chosen).await?;
    }
    let owner = Some((account.account_id, email.as_str()));
    new_site::add((&needs.store, &needs.clock), &site, &email, owner).await?;
    needs.sites.forget();
    let next = format!("/sites/{}/install", site.key);
    needs.first_session.begin(account.account_id, &next, &headers).await
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;

    const FORM: &str = "email=Ada@example.com&password=quite+a+long+sentence+of+mine&name=Shop\
        &origins=https%3A%2F%2Fshop.example%0D%0Ahttps%3A%2F%2Fwww.shop.example&time_zone=Europe%2FBerlin";

    async fn link(test: &TestApp) -> String {
        let link = super::link(&test.app.store, &test.app.clock, "").await.unwrap();
        link.expect("there is no site yet")
    }

    #[tokio::test]
    async fn a_stranger_who_was_faster_made_themselves_the_owner() {
        let test = TestApp::new().await;
        let link = link(&test).await;
        for guessed in ["/setup", "/setup/", "/setup/admin", &format!("{link}0"), &link[..link.len() - 1]] {
            let status = test.submit(guessed, FORM, &[]).await.status;
            assert!(status == 410 || status == 404, "{guessed}: {status}");
        }
        // Nor with a password that everybody knows.
        for (email, password) in [("admin", "admin"), ("admin@example.com", "rapport"), ("admin@localhost", "")] {
            let form = format!("email={email}&password={password}");
            assert_eq!(test.submit("/sign-in", &form, &[]).await.status, 401);
        }
        let told = test.get("/sign-in", &[]).await.text();
        assert!(told.contains("Nothing is set up here yet") && !told.contains("/setup/"), "{told}");
        assert_eq!(test.app.store.sites().await, Ok(vec![]));
    }

    #[tokio::test]
    async fn the_first_owner_and_the_first_site_are_made_once_by_one_form() {
        let test = TestApp::new().await;
        let (link, other) = (link(&test).await, link(&test).await);
        assert_eq!(test.get(&link, &[]).await.status, 200);
        assert_eq!(test.get(&link, &[]).await.status, 200, "opening it uses nothing up");
        for (from, to, told) in [
            ("Ada@example.com", "ada", "is not a mail address"),
            ("quite+a+long+sentence+of+mine", "short", "at least 12"),
            ("quite+a+long+sentence+of+mine", "my+Shop+is+a+fine+one", "must not contain"),
            ("name=Shop", "name=", "1 to 120 characters"),
            ("https%3A%2F%2Fshop.example%0D", "shop.example%0D", "is not an origin"),
            ("Europe%2FBerlin", "Mars%2FOlympus", "Mars/Olympus"),
        ] {
            let refused = test.submit(&link, &FORM.replace(from, to), &[]).await;
            assert_eq!(refused.status, 422, "{to}: {}", refused.text());
            let page = refused.text().replace("&#34;", "\"").replace("&quot;", "\"");
            assert!(page.contains(told), "{to}: {page}");
            assert!(!page.contains("a long sentence"), "no password stands in a page");
        }
        assert_eq!(test.app.store.sites().await, Ok(vec![]), "what was refused made nothing");
        let foreign = Request::post(&link).header("content-type", "application/x-www-form-urlencoded");
        let foreign = foreign.header("sec-fetch-site", "cross-site").body(Body::from(FORM)).unwrap();
        assert_eq!(test.send(foreign).await.status, 403);
        let made = test.submit(&link, FORM, &[]).await;
        let site = test.app.store.sites().await.unwrap().remove(0);
        assert_eq!((made.status.as_u16(), made.header("location")), (303, &*format!("/sites/{}/install", site.key)));
        assert_eq!((site.name.as_str(), site.origins.len(), site.time_zone_name()), ("Shop", 2, "Europe/Berlin"));
        let cookie = made.header("set-cookie").split(';').next().unwrap().to_owned();
        let install = test.get(&format!("/sites/{}/install", site.key), &[("cookie", &cookie)]).await;
        assert!(install.status == 200 && install.text().contains(&site.key), "{}", install.text());
        for used in [&link, &other] {
            assert_eq!(test.submit(used, FORM, &[]).await.status, 410, "once");
            assert_eq!(test.get(used, &[]).await.status, 410);
        }
        assert_eq!(super::link(&test.app.store, &test.app.clock, "").await, Ok(None), "none is printed any more");
        let form = "email=ada@example.com&password=quite+a+long+sentence+of+mine";
        assert_eq!(test.submit("/sign-in", form, &[]).await.status, 303);
    }
}
