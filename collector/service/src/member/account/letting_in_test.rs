//! Letting people in: invitations, passwords chosen by mail, sessions that are listed and ended, and what strangers make of them.

use super::{password, token};
use crate::config::Config;
use crate::job::kind::{Attempt, Kind};
use crate::job::reset_mail::{Payload, WriteResetMail};
use crate::test_app::{Reply, TestApp};
use axum::body::Body;
use axum::http::Request;
use rapport_store::account::role::Role;
use rapport_store::account::{Account, TokenKind};
use rapport_store::clock::Clock;
use rapport_store::mail::MailKind;
use rapport_store::site::Site;
use rapport_store::test_store::a_site;

const CHOSEN: &str = "new=a+quite+unusual+sentence";

fn cookie_of(reply: &Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn with_mail() -> Config {
    Config {
        mail_url: "smtp://127.0.0.1:1".into(),
        mail_from: "Rapport <rapport@example.com>".into(),
        ..Config::default()
    }
}

/// The first link in a text that begins so.
fn link(text: &str, path: &str) -> String {
    let (_, rest) = text.split_once(path).unwrap_or_else(|| panic!("no {path} in {text}"));
    let secret: String = rest.chars().take_while(|letter| letter.is_ascii_alphanumeric()).collect();
    format!("{path}{secret}")
}

/// Sends a form as a page of another site makes a browser do.
async fn from_elsewhere(test: &TestApp, path: &str, form: &str, cookie: &str) -> u16 {
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .header("cookie", cookie);
    test.send(request.body(Body::from(form.to_owned())).unwrap()).await.status.as_u16()
}

/// Invites somebody to a site as its owner does, and gives the path of the link.
async fn invited(test: &TestApp, site: &Site, owner: &str, form: &str) -> String {
    let path = format!("/sites/{}/people", site.key);
    let made = test.submit(&path, &format!("{form}&by=link"), &[("cookie", owner)]).await;
    assert_eq!(made.status, 200, "{}", made.text());
    link(&made.text(), &format!("/invitations/{}/", site.key))
}

async fn with_password(test: &TestApp, email: &str) -> Account {
    let account = test.app.store.account_for_email(Clock::System.new_id(), email, 1).await.unwrap();
    let hash = password::hash("correct horse battery".into()).await;
    test.app.store.set_password(account.account_id, &hash).await.unwrap();
    account
}

#[tokio::test]
async fn somebody_who_is_invited_chooses_a_password_and_is_in_once() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let owner = test.cookie(&site, "olga@example.com", Role::Owner).await;
    let invitation = invited(&test, &site, &owner, "email=Ada@Example.com&role=editor").await;
    assert_eq!(test.app.store.members(site.site_id).await.unwrap().len(), 1, "nobody is a member before they accept");
    let page = test.get(&invitation, &[]).await.text();
    assert!(
        page.contains("olga@example.com") && page.contains("an <b>editor</b>") && page.contains("Choose a password"),
        "{page}"
    );
    assert_eq!(test.submit(&invitation, "new=short", &[]).await.status, 422);
    assert_eq!(from_elsewhere(&test, &invitation, CHOSEN, "").await, 403);
    let accepted = test.submit(&invitation, CHOSEN, &[]).await;
    assert_eq!((accepted.status.as_u16(), accepted.header("location")), (303, "/sites/shop/overview"));
    let inside = test.get("/sites/shop/people", &[("cookie", &cookie_of(&accepted))]).await;
    assert!(inside.status == 200 && inside.text().contains("ada@example.com"), "{}", inside.text());
    assert_eq!(test.submit(&invitation, CHOSEN, &[]).await.status, 410, "a link that was used");
    assert_eq!(test.get(&invitation, &[]).await.status, 410);
    let noted = test.app.store.audit_entries(site.site_id, None, 9).await.unwrap();
    let actions: Vec<_> = noted.iter().map(|entry| entry.action.as_str()).collect();
    assert!(actions.contains(&"invitation.add") && actions.contains(&"invitation.accept"), "{actions:?}");
}

#[tokio::test]
async fn an_owner_of_one_site_got_at_another_by_inviting_its_owner() {
    let test = TestApp::new().await;
    let (site, other) = (test.site().await, Site { name: "Other".into(), ..a_site("other") });
    test.app.store.add_site(&other).await.unwrap();
    let evil = test.cookie(&site, "evil@example.com", Role::Owner).await;
    // One with a password, and one who was only given a link so far.
    let ada = with_password(&test, "ada@example.com").await;
    let ada_in = test.cookie(&other, "ada@example.com", Role::Owner).await;
    test.cookie(&other, "bob@example.com", Role::Owner).await;
    for email in ["ada@example.com", "bob@example.com"] {
        let invitation = invited(&test, &site, &evil, &format!("email={email}&role=viewer")).await;
        let taken = test.submit(&invitation, CHOSEN, &[]).await;
        assert_eq!(
            (taken.status.as_u16(), taken.header("set-cookie")),
            (409, ""),
            "{email}: nobody is signed in by it"
        );
        let as_evil = test.submit(&invitation, "", &[("cookie", &evil)]).await;
        assert_eq!(as_evil.status, 409, "{email}: nor anybody else");
    }
    let known = "email=ada@example.com&password=correct+horse+battery";
    assert_eq!(test.submit("/sign-in", known, &[]).await.status, 303, "her password is her own");
    let invitation = invited(&test, &site, &evil, "email=ada@example.com&role=viewer").await;
    let page = test.get(&invitation, &[]).await.text();
    assert!(page.contains("/sign-in?next=/invitations/shop/"), "{page}");
    assert_eq!(test.submit(&invitation, "", &[("cookie", &ada_in)]).await.status, 303);
    assert_eq!(test.app.store.role(site.site_id, ada.account_id).await, Ok(Some(Role::Viewer)));
    // The other way round: an account that strangers made for an address opens nothing that its owner is asked to later.
    let olga = test.cookie(&other, "olga@example.com", Role::Owner).await;
    let early = invited(&test, &site, &evil, "email=boss@example.com&role=viewer").await;
    let stolen = cookie_of(&test.submit(&early, CHOSEN, &[]).await);
    invited(&test, &other, &olga, "email=boss@example.com&role=owner").await;
    assert_eq!(test.get("/sites/other/overview", &[("cookie", &stolen)]).await.status, 404, "not without that link");
}

#[tokio::test]
async fn an_invitation_for_less_took_a_role_away() {
    let test = TestApp::new().await;
    let site = test.site().await;
    let owner = test.cookie(&site, "olga@example.com", Role::Owner).await;
    let invitation = invited(&test, &site, &owner, "email=ada@example.com&role=viewer").await;
    let ada = test.cookie(&site, "ada@example.com", Role::Editor).await;
    assert_eq!(test.submit(&invitation, "", &[("cookie", &ada)]).await.status, 303);
    let account = test.app.store.account_by_email("ada@example.com").await.unwrap().unwrap();
    assert_eq!(test.app.store.role(site.site_id, account.account_id).await, Ok(Some(Role::Editor)));
    let again = test.submit("/sites/shop/people", "email=ada@example.com&role=viewer", &[("cookie", &owner)]).await;
    assert!(again.status == 422 && again.text().contains("is a member already"), "{}", again.text());
}

#[tokio::test]
async fn a_mail_brings_the_invitation_where_there_is_a_mail_server() {
    let test = TestApp::with_config(with_mail()).await;
    let site = test.site().await;
    let owner = test.cookie(&site, "olga@example.com", Role::Owner).await;
    let form = "email=ada@example.com&role=support&by=mail";
    let made = test.submit("/sites/shop/people", form, &[("cookie", &owner)]).await.text();
    assert!(made.contains("on its way to") && !made.contains("/invitations/shop/"), "{made}");
    let listed = test.app.store.mails(site.site_id, 9).await.unwrap().remove(0);
    let mail = test.app.store.mail(site.site_id, listed.mail_id).await.unwrap().unwrap();
    assert_eq!((mail.kind, mail.recipient.as_str()), (MailKind::Account, "ada@example.com"));
    assert!(mail.text.contains("olga@example.com asks you to join Shop in Rapport as a support"), "{}", mail.text);
    let path = link(&mail.text, "/invitations/shop/");
    assert_eq!(test.submit(&path, CHOSEN, &[]).await.status, 303);
}

async fn ask(test: &TestApp, email: &str) -> Reply {
    test.submit("/sign-in/forgotten", &format!("email={email}"), &[]).await
}

/// Does what the job does for an address.
async fn write_mail(test: &TestApp, email: &str) {
    let app = &test.app;
    let job = WriteResetMail {
        store: app.store.clone(),
        clock: app.clock.clone(),
        config: app.config.clone(),
        mailer: app.mailer.clone(),
    };
    let payload: Payload = serde_json::from_value(serde_json::json!({ "email": email })).unwrap();
    job.run(payload, Attempt::alone()).await.unwrap();
}

#[tokio::test]
async fn asking_for_another_password_told_who_is_known() {
    let test = TestApp::with_config(with_mail()).await;
    let site = test.site().await;
    test.cookie(&site, "ada@example.com", Role::Viewer).await;
    let mut texts = Vec::new();
    for email in ["ada@example.com", "who@example.com"] {
        let reply = ask(&test, email).await;
        assert_eq!(reply.status, 200);
        texts.push(reply.text().replace(email, ""));
    }
    assert_eq!(texts[0], texts[1]);
    write_mail(&test, "who@example.com").await;
    assert_eq!(test.app.store.mails(site.site_id, 9).await.unwrap(), []);
    let mut statuses = Vec::new();
    for _ in 0..11 {
        statuses.push(ask(&test, "ada@example.com").await.status.as_u16());
    }
    assert_eq!(statuses.last(), Some(&429), "nobody's mailbox is filled: {statuses:?}");
    let without = TestApp::new().await;
    let page = without.get("/sign-in/forgotten", &[]).await.text();
    assert!(page.contains("rapport member reset"), "nobody is sent to a page that cannot help: {page}");
    assert_eq!(ask(&without, "ada@example.com").await.status, 503);
}

#[tokio::test]
async fn a_link_in_a_mail_was_used_up_by_a_scanner_or_used_twice() {
    let test = TestApp::with_config(with_mail()).await;
    let site = test.site().await;
    let ada = with_password(&test, "ada@example.com").await;
    let session = test.cookie(&site, "ada@example.com", Role::Viewer).await;
    for _ in 0..3 {
        write_mail(&test, "ada@example.com").await;
    }
    let mails = test.app.store.mails(site.site_id, 9).await.unwrap();
    assert_eq!(mails.len(), 1, "one in ten minutes");
    let mail = test.app.store.mail(site.site_id, mails[0].mail_id).await.unwrap().unwrap();
    let reset = link(&mail.text, "/sign-in/reset/");
    for _ in 0..2 {
        assert_eq!(test.get(&reset, &[]).await.status, 200, "opening it uses nothing up");
    }
    let secret = reset.strip_prefix("/sign-in/reset/").unwrap();
    assert_eq!(test.get(&format!("/sign-in/link/{secret}"), &[("user-agent", "Firefox/140.0")]).await.status, 410);
    assert_eq!(test.submit(&reset, "new=short", &[]).await.status, 422);
    let old = "email=ada@example.com&password=correct+horse+battery";
    assert_eq!(test.submit("/sign-in", old, &[]).await.status, 303, "the password of before stays until then");
    let chosen = test.submit(&reset, CHOSEN, &[]).await;
    assert_eq!((chosen.status.as_u16(), chosen.header("location")), (303, "/sign-in"));
    assert_eq!(chosen.header("set-cookie"), "", "who has codes too still needs one");
    assert_eq!(test.submit(&reset, CHOSEN, &[]).await.status, 410);
    assert_eq!(test.get("/account", &[("cookie", &session)]).await.status, 303, "every browser signs in again");
    assert_eq!(test.submit("/sign-in", old, &[]).await.status, 401);
    let new = "email=ada@example.com&password=a+quite+unusual+sentence";
    assert_eq!(test.submit("/sign-in", new, &[]).await.status, 303);
    let late = token::random();
    let kind = TokenKind::Reset;
    test.app.store.add_token(token::hash(&late), ada.account_id, kind, 0, 1).await.unwrap();
    assert_eq!(test.get(&format!("/sign-in/reset/{late}"), &[]).await.status, 410, "too old");
}

#[tokio::test]
async fn a_token_that_a_stranger_planted_became_a_session() {
    let test = TestApp::new().await;
    with_password(&test, "ada@example.com").await;
    let planted = format!("rapport={}", token::random());
    let form = "email=ada@example.com&password=correct+horse+battery";
    let entered = test.submit("/sign-in", form, &[("cookie", &planted)]).await;
    assert_eq!(entered.status, 303);
    assert_ne!(cookie_of(&entered), planted);
    assert_eq!(test.get("/account", &[("cookie", &planted)]).await.status, 303, "it opens nothing");
    assert_eq!(test.get("/account", &[("cookie", &cookie_of(&entered))]).await.status, 200);
}

#[tokio::test]
async fn a_stolen_session_is_seen_and_ended_by_its_owner_alone() {
    let test = TestApp::new().await;
    let site = test.site().await;
    with_password(&test, "ada@example.com").await;
    let form = "email=ada@example.com&password=correct+horse+battery";
    let mut sessions = Vec::new();
    for agent in
        ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"]
    {
        sessions.push(cookie_of(&test.submit("/sign-in", form, &[("user-agent", agent)]).await));
    }
    let [mine, stolen] = <[String; 2]>::try_from(sessions).unwrap();
    let page = test.get("/account", &[("cookie", &mine)]).await.text();
    assert!(page.contains("Firefox on Linux") && page.contains("Chrome on Windows"), "{page}");
    assert!(!page.contains(stolen.strip_prefix("rapport=").unwrap()), "no token stands in a page");
    let end = link(&page, "/account/sessions/");
    let other = test.cookie(&site, "eve@example.com", Role::Owner).await;
    assert_eq!(test.submit(&format!("{end}/end"), "", &[("cookie", &other)]).await.status, 404, "of others");
    assert_eq!(from_elsewhere(&test, &format!("{end}/end"), "", &mine).await, 403);
    assert_eq!(test.submit(&format!("{end}/end"), "", &[("cookie", &mine)]).await.status, 303);
    assert_eq!(test.get("/account", &[("cookie", &stolen)]).await.status, 303);
    let third = cookie_of(&test.submit("/sign-in", form, &[]).await);
    assert_eq!(test.submit("/account/sessions/end-others", "", &[("cookie", &mine)]).await.status, 303);
    assert_eq!(test.get("/account", &[("cookie", &third)]).await.status, 303);
    assert_eq!(test.get("/account", &[("cookie", &mine)]).await.status, 200);
}
