//! An empty collector, set up without a shell but for the link that its terminal shows: first owner, first site, first view, first colleague.

use rapport_tests::browser::{Browser, DESKTOP};
use rapport_tests::pages::Pages;
use rapport_tests::proxy::Proxy;
use rapport_tests::rapport::Rapport;
use rapport_tests::{Outcome, tools, wait};

const PASSWORD: &str = "a quite unusual sentence";

/// The text of the page that one sees.
async fn text(browser: &Browser) -> Outcome<String> {
    Ok(browser.run("return document.body.innerText").await?.as_str().unwrap_or_default().to_owned())
}

/// Waits until the page says something.
async fn says(browser: &Browser, words: &str) -> Outcome {
    wait::until(&format!("the page says {words}"), async || Ok(text(browser).await?.contains(words).then_some(())))
        .await
}

/// Fills in the form of a page, and sends it.
async fn fill(browser: &Browser, form: &str, values: &[(&str, &str)]) -> Outcome {
    let form = serde_json::json!(form);
    for (name, value) in values {
        let script = format!("document.querySelector({form}).elements['{name}'].value = {}", serde_json::json!(value));
        browser.run(&script).await?;
    }
    browser.run(&format!("document.querySelector({form}).requestSubmit()")).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_designer_begins_without_a_shell_and_lets_a_colleague_in() -> Outcome {
    let port = tools::free_port()?;
    let proxy = Proxy::start(format!("http://127.0.0.1:{port}")).await?;
    let rapport = Rapport::start(port, &proxy.origin(), "").await?;
    let pages = Pages::serve(tools::workspace().join("examples/shop"), proxy.origin()).await?;
    let browser = Browser::open(DESKTOP).await?;
    browser.visit(&proxy.origin()).await?;
    says(&browser, "Nothing is set up here yet").await?;
    let said = rapport.said();
    let link = said.split_whitespace().find(|word| word.contains("/setup/")).ok_or(format!("no link in: {said}"))?;

    browser.visit(link).await?;
    let owner = [("email", "ada@example.com"), ("password", PASSWORD), ("name", "Pottery")];
    fill(&browser, "form", &[&owner[..], &[("origins", "pottery.example")]].concat()).await?;
    says(&browser, "is not an origin").await?;
    assert_eq!(browser.accessibility_findings().await?, [""; 0], "what is wrong is said beside its field");
    fill(&browser, "form", &[("password", PASSWORD), ("origins", "https://elsewhere.example")]).await?;
    says(&browser, "The tag was never fetched").await?;
    let site = browser.run("return location.pathname.split('/')[2]").await?;
    let site = site.as_str().ok_or("no site")?.to_owned();
    pages.belong_to(&site);

    // The page of the shop carries the tag, and its origin was forgotten.
    let install = browser.run("return location.href").await?;
    let install = install.as_str().ok_or("no address")?.to_owned();
    browser.visit(&pages.url("/")).await?;
    browser.visit(&install).await?;
    says(&browser, "is no origin of this site").await?;
    browser.visit(&format!("{}/sites/{site}/settings", proxy.origin())).await?;
    fill(&browser, ".settings-form", &[("origins", &pages.origin())]).await?;
    says(&browser, "Saved").await?;
    wait::until("a view arrives", async || {
        browser.visit(&pages.url("/")).await?;
        browser.visit(&install).await?;
        Ok(text(&browser).await?.contains("Views arrive").then_some(()))
    })
    .await?;

    browser.visit(&format!("{}/sites/{site}/people", proxy.origin())).await?;
    fill(&browser, "form[action$='/people']", &[("email", "bob@example.com"), ("role", "viewer")]).await?;
    says(&browser, "Hand it over").await?;
    let invitation = browser.run("return document.getElementById('new-link').textContent").await?;
    let colleague = Browser::open(DESKTOP).await?;
    colleague.visit(invitation.as_str().ok_or("no link")?).await?;
    fill(&colleague, "form", &[("new", PASSWORD)]).await?;
    says(&colleague, "Pottery").await?;
    colleague.visit(&format!("{}/sites/{site}/settings", proxy.origin())).await?;
    says(&colleague, "Changing them needs the role editor").await?;
    colleague.visit(&format!("{}/sites/{site}/keys", proxy.origin())).await?;
    says(&colleague, "needs the role owner").await
}
