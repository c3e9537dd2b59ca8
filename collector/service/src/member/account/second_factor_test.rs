//! Codes besides a password: set up, asked for, taken once, and of no use to whoever found an open browser.

use super::{code, password};
use crate::config::Config;
use crate::test_app::{Reply, TestApp};
use rapport_shared::id::Id;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;

const NOW_MS: i64 = 1_795_341_600_000;
const RIGHT: &str = "email=ada@example.com&password=correct+horse+battery";

/// The cookies that a reply sets, as a browser sends them back.
fn cookies(reply: &Reply) -> String {
    let set = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let pairs = set.filter(|line| !line.contains("Max-Age=0")).filter_map(|line| line.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

struct Story {
    test: TestApp,
    account_id: Id,
    session: String,
}

impl Story {
    async fn new() -> Self {
        // Of one address as many attempts as the story needs: what is tried here are those of an account.
        let config = Config { sign_in_attempts_per_minute: 0, ..Config::default() };
        let test = TestApp::at_with(Clock::manual(NOW_MS), config).await;
        let site = test.site().await;
        let session = test.cookie(&site, "ada@example.com", Role::Owner).await;
        let account = test.app.store.account_by_email("ada@example.com").await.unwrap().unwrap();
        let hash = password::hash("correct horse battery".into()).await;
        test.app.store.set_password(account.account_id, &hash).await.unwrap();
        let entered = test.submit("/sign-in", RIGHT, &[]).await;
        assert_eq!(entered.status, 303);
        drop(session);
        Self { session: cookies(&entered), test, account_id: account.account_id }
    }

    async fn submit(&self, path: &str, form: &str, cookie: &str) -> Reply {
        self.test.submit(path, form, &[("cookie", cookie)]).await
    }

    /// The code that the app shows so many steps from now.
    async fn code(&self, steps: i64) -> String {
        let factor = self.test.app.store.second_factor(self.account_id).await.unwrap().unwrap();
        format!("{:06}", code::code(&factor.secret, NOW_MS / 30_000 + steps))
    }

    /// Sets codes up, and gives those on paper.
    async fn set_up(&self) -> Vec<String> {
        self.submit("/account/codes/offer", "", &self.session).await;
        let offered = self.test.get("/account/codes", &[("cookie", &self.session)]).await.text();
        assert!(
            offered.contains("otpauth://totp/Rapport:ada%40example.com") && offered.contains("<path d=\"M4 4"),
            "{offered}"
        );
        let form = format!("password=correct+horse+battery&code={}", self.code(0).await);
        let made = self.submit("/account/codes", &form, &self.session).await;
        assert_eq!(made.status, 200, "{}", made.text());
        let page = made.text();
        let (_, codes) = page.split_once("paper-codes\">").expect("codes on paper");
        codes.split_once("</pre>").unwrap().0.lines().map(str::to_owned).collect()
    }

    /// The way in up to the code.
    async fn half(&self) -> String {
        let half = self.submit("/sign-in", &format!("{RIGHT}&next=/password"), "").await;
        assert_eq!((half.status.as_u16(), half.header("location")), (303, "/sign-in/code?next=%2Fpassword"));
        cookies(&half)
    }
}

#[tokio::test]
async fn a_password_alone_opened_an_account_that_asks_for_a_code() {
    let story = Story::new().await;
    let paper = story.set_up().await;
    assert_eq!(paper.len(), code::RECOVERY_CODES);
    let half = story.half().await;
    assert!(half.starts_with("rapport-half=") && !half.contains("rapport="), "{half}");
    for path in ["/password", "/account", "/sites/shop/overview"] {
        assert_eq!(story.test.get(path, &[("cookie", &half)]).await.status, 303, "{path}: not in yet");
        let as_session = half.replace("rapport-half=", "rapport=");
        assert_eq!(
            story.test.get(path, &[("cookie", &as_session)]).await.status,
            303,
            "{path}: the token is no session"
        );
    }
    assert_eq!(story.submit("/sign-in/code", "code=000000&next=/password", &half).await.status, 401);
    let given = format!("code={}&next=/password", story.code(1).await);
    assert_eq!(story.submit("/sign-in/code", &given, "").await.header("location"), "/sign-in", "no password before it");
    let entered = story.submit("/sign-in/code", &given, &half).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/password"), "{}", entered.text());
    assert_eq!(story.test.get("/password", &[("cookie", &cookies(&entered))]).await.status, 200);
    assert_eq!(
        story.submit("/sign-in/code", &given, &half).await.header("location"),
        "/sign-in",
        "the way in is used up"
    );
}

#[tokio::test]
async fn a_code_that_somebody_read_over_a_shoulder_worked_again() {
    let story = Story::new().await;
    let paper = story.set_up().await;
    let given = format!("code={}", story.code(1).await);
    let half = story.half().await;
    assert_eq!(story.submit("/sign-in/code", &given, &half).await.status, 303);
    for reused in [given, format!("code={}", story.code(0).await)] {
        let half = story.half().await;
        assert_eq!(story.submit("/sign-in/code", &reused, &half).await.status, 401, "{reused}");
    }
    let typed = format!("code={}", paper[0].to_uppercase().replace('-', "+"));
    let half = story.half().await;
    assert_eq!(story.submit("/sign-in/code", &typed, &half).await.status, 303, "one on paper");
    let half = story.half().await;
    assert_eq!(story.submit("/sign-in/code", &typed, &half).await.status, 401, "once");
    let page = story.test.get("/account", &[("cookie", &story.session)]).await.text();
    assert!(page.contains("9 codes on paper are left"), "{page}");
}

#[tokio::test]
async fn codes_could_be_guessed_one_after_the_other() {
    let story = Story::new().await;
    story.set_up().await;
    let half = story.half().await;
    let mut statuses = Vec::new();
    for _ in 0..11 {
        statuses.push(story.submit("/sign-in/code", "code=000000", &half).await.status.as_u16());
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[tokio::test]
async fn whoever_found_an_open_browser_locked_its_owner_out_or_took_the_codes_away() {
    let story = Story::new().await;
    story.submit("/account/codes/offer", "", &story.session).await;
    let code = story.code(0).await;
    for form in [format!("code={code}"), format!("code={code}&password=wrong")] {
        assert_eq!(story.submit("/account/codes", &form, &story.session).await.status, 401, "{form}");
    }
    let wrong = "code=000000&password=correct+horse+battery";
    assert_eq!(story.submit("/account/codes", wrong, &story.session).await.status, 422);
    assert_eq!(story.submit("/sign-in", RIGHT, "").await.header("location"), "/", "nothing is asked for yet");
    story.set_up().await;
    for path in ["/account/codes/remove", "/account/codes/renew"] {
        assert_eq!(story.submit(path, "code=000000", &story.session).await.status, 401, "{path}");
    }
    story.half().await;
    let given = format!("code={}", story.code(1).await);
    assert_eq!(story.submit("/account/codes/remove", &given, &story.session).await.status, 303);
    assert_eq!(story.submit("/sign-in", RIGHT, "").await.header("location"), "/");
}

#[tokio::test]
async fn whoever_lost_app_and_paper_was_locked_out_for_ever() {
    let story = Story::new().await;
    story.set_up().await;
    let (store, clock) = (&story.test.app.store, &story.test.app.clock);
    let plain = super::link::new_link(store, clock, "", story.account_id, &[]).await.unwrap();
    let browser = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    let opened = story.test.get(&plain, &[browser]).await;
    assert!(opened.header("location").starts_with("/sign-in/code"), "a link is no code: {}", opened.header("location"));
    let reset = super::link::reset_link(store, clock, "", story.account_id, &[]).await.unwrap();
    let opened = story.test.get(&reset, &[browser]).await;
    assert_eq!(opened.header("location"), "/password", "the operator's reset takes the codes away");
}
