//! Signing in and out over HTTP, as a browser and as those who should not get in.

use super::link::{LINK_MS, new_link};
use super::{password, token};
use crate::app::App;
use crate::config::Config;
use crate::server::key::ApiAccess;
use crate::test_app::TestApp;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use rapport_store::account::api_key::ApiKey;
use rapport_store::account::role::Role;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::test_store::note;
use tower::ServiceExt;

const BROWSER: (&str, &str) =
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36");

async fn person(test: &TestApp, email: &str, secret: &str) -> rapport_store::account::Account {
    let account = test.app.store.account_for_email(Clock::System.new_id(), email, 1).await.unwrap();
    let hash = password::hash(secret.into()).await;
    test.app.store.set_password(account.account_id, &hash).await.unwrap();
    account
}

fn cookie_of(reply: &crate::test_app::Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_password_opens_the_door_and_the_way_back_is_kept() {
    let test = TestApp::new().await;
    person(&test, "ada@example.com", "correct horse battery").await;
    let page = test.get("/sign-in?next=/password", &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains(r#"name="next" value="/password""#), "{}", page.text());
    let reply =
        test.submit("/sign-in", "email=ADA@example.com&password=correct+horse+battery&next=/password", &[]).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/password"));
    let cookie = reply.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let inside = test.get("/password", &[("cookie", &cookie_of(&reply))]).await;
    assert_eq!(inside.status, 200);
    assert!(inside.text().contains("ada@example.com"));

    let out = test.submit("/sign-out", "", &[("cookie", &cookie_of(&reply))]).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let outside = test.get("/password", &[("cookie", &cookie_of(&reply))]).await;
    assert_eq!((outside.status.as_u16(), outside.header("location")), (303, "/sign-in?next=/password"));
}

#[tokio::test]
async fn a_refusal_does_not_tell_who_is_known() {
    let test = TestApp::new().await;
    person(&test, "ada@example.com", "correct horse battery").await;
    test.app.store.account_for_email(Clock::System.new_id(), "new@example.com", 1).await.unwrap();
    let mut texts = Vec::new();
    for email in ["ada@example.com", "new@example.com", "who@example.com", "no-address"] {
        let reply = test.submit("/sign-in", &format!("email={email}&password="), &[]).await;
        assert_eq!(reply.status, 401, "{email}");
        assert_eq!(reply.header("set-cookie"), "");
        texts.push(reply.text().replace(email, ""));
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
}

#[tokio::test]
async fn text_from_outside_never_becomes_markup() {
    let test = TestApp::new().await;
    let reply = test.submit("/sign-in", "email=%22%3E%3Cscript%3E&password=x&next=/%22%3E%3Cb%3E", &[]).await;
    assert!(!reply.text().contains("<script>") && !reply.text().contains("<b>"), "{}", reply.text());
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn attempts_are_limited_by_client() {
    let config = Config {
        sign_in_attempts_per_minute: 2,
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..Config::default()
    };
    let test = TestApp::with_config(config).await;
    let attempt =
        async |client: &str| test.submit("/sign-in", "email=a@b.c&password=x", &[("x-forwarded-for", client)]).await;
    assert_eq!(attempt("192.0.2.1").await.status, 401);
    assert_eq!(attempt("192.0.2.1").await.status, 401);
    let refused = attempt("192.0.2.1").await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    assert_eq!(attempt("192.0.2.2").await.status, 401);
}

#[tokio::test]
async fn another_site_cannot_use_the_cookie() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Owner).await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::post("/sign-out").header("cookie", &cookie).header(name, value);
        let reply = test.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 403, "{name}");
    }
    assert_eq!(test.get("/password", &[("cookie", &cookie)]).await.status, 200);
}

#[tokio::test]
async fn a_link_signs_in_once_and_only_a_person() {
    let test = TestApp::new().await;
    let account = test.app.store.account_for_email(Clock::System.new_id(), "ada@example.com", 1).await.unwrap();
    let link = new_link(&test.app.store, &test.app.clock, "", account.account_id, &[]).await.unwrap();
    let preview =
        test.get(&link, &[("user-agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")]).await;
    assert_eq!(preview.status, 403);
    assert!(preview.text().contains("not used up"), "{}", preview.text());
    let prefetch = test.get(&link, &[BROWSER, ("sec-purpose", "prefetch")]).await;
    assert_eq!(prefetch.status, 403);
    let head = Request::head(&link).header(BROWSER.0, BROWSER.1).body(Body::empty()).unwrap();
    assert_eq!(test.send(head).await.status, 403);

    let first = test.get(&link, &[BROWSER]).await;
    assert_eq!((first.status.as_u16(), first.header("location")), (303, "/password"));
    let cookie = cookie_of(&first);
    assert_eq!(test.get("/password", &[("cookie", &cookie)]).await.status, 200);
    let second = test.get(&link, &[BROWSER]).await;
    assert_eq!(second.status, 410);
    assert!(second.text().contains("used or is too old"));

    let next = new_link(&test.app.store, &test.app.clock, "", account.account_id, &[]).await.unwrap();
    let automated = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/156.0 Safari/537.36");
    let navigation = [automated, ("sec-fetch-mode", "navigate")];
    let there = test.get(&format!("{next}?next=/sites/shop"), &navigation).await;
    assert_eq!(there.header("location"), "/sites/shop");
}

#[tokio::test]
async fn an_old_link_is_no_use() {
    let clock = Clock::manual(1_000);
    let store = rapport_store::test_store::in_memory().await;
    let app = App::new(store.clone(), clock.clone(), Config::default()).await.unwrap();
    let account = store.account_for_email(clock.new_id(), "ada@example.com", 1).await.unwrap();
    let link = new_link(&store, &clock, "", account.account_id, &[]).await.unwrap();
    if let Clock::Manual(now) = &clock {
        now.fetch_add(LINK_MS, std::sync::atomic::Ordering::Relaxed);
    }
    let request = Request::get(link).header(BROWSER.0, BROWSER.1).body(Body::empty()).unwrap();
    assert_eq!(crate::router::router(app).oneshot(request).await.unwrap().status(), 410);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let test = TestApp::new().await;
    let site = test.site().await;
    person(&test, "ada@example.com", "correct horse battery").await;
    let here = test.cookie(&site, "ada@example.com", Role::Owner).await;
    let elsewhere = test.cookie(&site, "ada@example.com", Role::Owner).await;
    let change = async |form: &str| test.submit("/password", form, &[("cookie", &here)]).await;
    assert_eq!(change("current=wrong&new=a+much+better+one").await.status, 401);
    assert_eq!(change("current=correct+horse+battery&new=short").await.status, 422);
    let changed = change("current=correct+horse+battery&new=a+much+better+one").await;
    assert_eq!(changed.status, 303);
    assert_eq!(test.get("/password", &[("cookie", &cookie_of(&changed))]).await.status, 200);
    assert_eq!(test.get("/password", &[("cookie", &elsewhere)]).await.status, 303);
    let old = test.submit("/sign-in", "email=ada@example.com&password=correct+horse+battery", &[]).await;
    assert_eq!(old.status, 401);
    let new = test.submit("/sign-in", "email=ada@example.com&password=a+much+better+one", &[]).await;
    assert_eq!(new.status, 303);
}

/// A service with one page and one report, to try the extractors on.
fn extractors(app: App) -> Router {
    Router::new()
        .route(
            "/sites/{site}/page",
            get(async |access: super::Access| access.require(Role::Editor).map(|()| access.member.email)),
        )
        .route(
            "/api/v1/sites/{site}/report",
            get(async |access: ApiAccess| access.require(Scope::ReadReports).map(|()| access.site.site.name.clone())),
        )
        .with_state(app)
}

#[tokio::test]
async fn a_page_is_for_members_with_the_role() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let editor = test.cookie(&site, "editor@example.com", Role::Editor).await;
    let viewer = test.cookie(&site, "viewer@example.com", Role::Viewer).await;
    let stranger = {
        let other = rapport_store::test_store::a_site("other");
        test.app.store.add_site(&other).await.unwrap();
        test.cookie(&other, "stranger@example.com", Role::Owner).await
    };
    for (path, cookie, status) in [
        ("/sites/shop/page", editor.as_str(), 200),
        ("/sites/shop/page", &viewer, 403),
        ("/sites/shop/page", &stranger, 404),
        ("/sites/none/page", &editor, 404),
        ("/sites/shop/page", "rapport=0000", 303),
        ("/sites/shop/page", "", 303),
    ] {
        let request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
        let response = extractors(test.app.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path} {cookie}");
    }
    let request = Request::get("/sites/shop/page?range=7d&page=/a").body(Body::empty()).unwrap();
    let response = extractors(test.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.headers()["location"], "/sign-in?next=/sites/shop/page%3Frange%3D7d%26page%3D/a");
}

#[tokio::test]
async fn a_report_is_for_keys_of_the_site_with_the_scope() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let other = rapport_store::test_store::a_site("other");
    test.app.store.add_site(&other).await.unwrap();
    let key = async |site_id, scopes: Vec<Scope>| {
        let secret = crate::server::key::random_key();
        let key = ApiKey {
            key_id: Clock::System.new_id(),
            name: "k".into(),
            scopes,
            created_at_ms: 1,
            revoked_at_ms: None,
            expires_at_ms: None,
            used_at_ms: None,
        };
        test.app.store.add_api_key(site_id, &key, token::hash(&secret), &note(1)).await.unwrap();
        (format!("Bearer {secret}"), key.key_id)
    };
    let (reports, key_id) = key(site.site_id, vec![Scope::ReadReports]).await;
    let (responses, _) = key(site.site_id, vec![Scope::ReadResponses]).await;
    let (foreign, _) = key(other.site_id, vec![Scope::ReadReports]).await;
    let ask = async |authorization: &str| {
        let request = Request::get("/api/v1/sites/shop/report").header("authorization", authorization);
        let request = request.body(Body::empty()).unwrap();
        extractors(test.app.clone()).oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(ask(&reports).await, 200);
    assert_eq!(ask(&reports.replace("Bearer", "bearer")).await, 200);
    assert_eq!(ask(&responses).await, 403);
    for refused in [foreign.as_str(), "Bearer nonsense", "Basic abc", ""] {
        assert_eq!(ask(refused).await, 401, "{refused}");
    }
    test.app.store.revoke_api_key(site.site_id, key_id, &note(2)).await.unwrap();
    assert_eq!(ask(&reports).await, 401);
}

const REFUSED: &str = "too many attempts";

/// Signs in behind a proxy that tells the client's address.
async fn try_password(test: &TestApp, client: &str, form: &str, cookie: &str) -> crate::test_app::Reply {
    test.submit("/sign-in", form, &[("x-forwarded-for", client), ("cookie", cookie)]).await
}

async fn behind_a_proxy() -> TestApp {
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    TestApp::with_config(Config { trusted_proxies, ..Config::default() }).await
}

#[tokio::test]
async fn attempts_from_many_addresses_are_limited_by_account_and_lock_nobody_out() {
    let test = behind_a_proxy().await;
    let ada = person(&test, "ada@example.com", "correct horse battery").await;
    let right = "email=ada@example.com&password=correct+horse+battery";
    let first = try_password(&test, "192.0.2.1", right, "").await;
    let known: Vec<_> = first.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let known = known.iter().find(|line| line.starts_with("rapport-known=")).expect("the browser is known");
    assert!(known.contains("HttpOnly") && known.contains("SameSite=Lax"), "{known}");
    let known = known.split(';').next().unwrap();
    // Strangers, each with an address of their own; of an account that there is and of one that there is not.
    for email in ["ada@example.com", "who@example.com"] {
        let mut answers = Vec::new();
        for stranger in 2..14 {
            let form = format!("email={email}&password=wrong");
            answers.push(try_password(&test, &format!("192.0.2.{stranger}"), &form, "").await.status.as_u16());
        }
        let tries = if email == "ada@example.com" { 9 } else { 10 };
        assert!(answers[..tries].iter().all(|status| *status == 401), "{email}: {answers:?}");
        assert!(answers[tries..].iter().all(|status| *status == 429), "{email}: {answers:?}");
    }
    let refused = try_password(&test, "192.0.2.99", right, "rapport-known=made-up").await;
    assert!(refused.status == 429 && refused.text().contains(REFUSED), "{}", refused.text());
    assert_eq!(try_password(&test, "192.0.2.98", right, known).await.status, 303, "her own browser gets in");
    let link = super::link::reset_link(&test.app.store, &test.app.clock, "", ada.account_id, &[]).await.unwrap();
    assert_eq!(test.get(&link, &[BROWSER]).await.status, 303, "and so does the operator's link");
}

#[tokio::test]
async fn the_current_password_cannot_be_guessed_from_a_session() {
    let test = behind_a_proxy().await;
    let site = test.site().await;
    person(&test, "ada@example.com", "correct horse battery").await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Owner).await;
    let mut answers = Vec::new();
    for attempt in 0..12 {
        let address = format!("192.0.2.{attempt}");
        let headers = [("cookie", cookie.as_str()), ("x-forwarded-for", &address)];
        answers.push(test.submit("/password", "current=wrong&new=a+much+better+one", &headers).await.status.as_u16());
    }
    assert_eq!((&answers[..10], &answers[10..]), (&[401; 10][..], &[429; 2][..]));
}

#[tokio::test]
async fn ten_refused_choices_of_a_new_password_locked_their_owner_out_even_after_a_reset() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let ada = person(&test, "ada@example.com", "correct horse battery").await;
    let session = test.cookie(&site, "ada@example.com", Role::Owner).await;
    let choose = async |cookie: &str, body: &str| test.submit("/password", body, &[("cookie", cookie)]).await.status;
    for _ in 0..12 {
        assert_eq!(choose(&session, "current=correct+horse+battery&new=password1234").await, 422);
    }
    for _ in 0..12 {
        let status = choose(&session, "current=wrong&new=a+much+better+one").await;
        assert!(status == 401 || status == 429, "{status}");
    }
    assert_eq!(choose(&session, "current=correct+horse+battery&new=a+much+better+one").await, 429);
    let link = super::link::reset_link(&test.app.store, &test.app.clock, "", ada.account_id, &[]).await.unwrap();
    let fresh = cookie_of(&test.get(&link, &[BROWSER]).await);
    for _ in 0..12 {
        assert_eq!(choose(&fresh, "new=password1234").await, 422);
    }
    assert_eq!(choose(&fresh, "new=a+much+better+one").await, 303);
}

#[tokio::test]
async fn a_reset_ends_the_old_password_and_sessions_and_its_link_asks_for_neither() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let ada = person(&test, "ada@example.com", "correct horse battery").await;
    let session = test.cookie(&site, "ada@example.com", Role::Owner).await;
    let earlier = new_link(&test.app.store, &test.app.clock, "", ada.account_id, &[]).await.unwrap();
    let link = super::link::reset_link(&test.app.store, &test.app.clock, "", ada.account_id, &[]).await.unwrap();
    let old = "email=ada@example.com&password=correct+horse+battery";
    assert_eq!(test.submit("/sign-in", old, &[]).await.status, 401, "the old password");
    assert_eq!(test.submit("/sign-in", "email=ada@example.com&password=", &[]).await.status, 401, "none is none");
    assert_eq!(test.get("/password", &[("cookie", &session)]).await.status, 303, "the old session");
    assert_eq!(test.get(&earlier, &[BROWSER]).await.status, 410, "an earlier link");

    let opened = test.get(&link, &[BROWSER]).await;
    assert_eq!((opened.status.as_u16(), opened.header("location")), (303, "/password"));
    assert_eq!(test.get(&link, &[BROWSER]).await.status, 410, "once");
    let cookie = cookie_of(&opened);
    let page = test.get("/password", &[("cookie", &cookie)]).await.text();
    assert!(!page.contains("Current password") && page.contains("Choose a password"), "{page}");
    let choose = async |new: &str| test.submit("/password", &format!("new={new}"), &[("cookie", &cookie)]).await;
    for (new, told) in [
        ("password1234", "first that others try"),
        ("ada@example.com+and+more", "must not contain"),
        ("short", "at least 12"),
    ] {
        let refused = choose(new).await;
        assert!(refused.status == 422 && refused.text().contains(told), "{new}: {}", refused.text());
    }
    assert_eq!(choose("a+much+better+one").await.status, 303);
    let new = test.submit("/sign-in", "email=ada@example.com&password=a+much+better+one", &[]).await;
    assert_eq!(new.status, 303);
}

/// It was a problem document for whoever signed in, another page for whoever read, and neither said when to come back.
#[tokio::test]
async fn while_the_database_is_away_every_page_says_so_in_the_same_words() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let cookie = test.cookie(&site, "ada@example.com", Role::Editor).await;
    test.app.store.shut_down().await;
    let form = "email=ada@example.com&password=correct+horse+battery";
    for (accepted, kind) in [("text/html", "text/html"), ("application/json", "application/problem+json")] {
        let headers = [("cookie", cookie.as_str()), ("accept", accepted), BROWSER];
        for reply in [
            test.submit("/sign-in", form, &headers).await,
            test.get("/sites/shop/overview", &headers).await,
            test.submit("/sites/shop/theme", "text=", &headers).await,
        ] {
            assert_eq!(reply.status, 503, "{}", reply.text());
            assert_eq!(reply.header("retry-after"), "10");
            assert!(reply.header("content-type").starts_with(kind), "{}", reply.text());
            assert!(reply.text().contains("Nothing is lost; try again in a moment."), "{}", reply.text());
        }
    }
}
