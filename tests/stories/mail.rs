//! One click in a mail: a question answered in the mail itself, as programs and as people open it.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, dashboard, pages::Pages, tools, wait, world::World};
use std::process::Command;
use std::time::Duration;
use thirtyfour::prelude::*;

in_each_browser!(a_click_in_a_mail_is_an_answer_and_another_click_changes_it);

async fn world(window: Window) -> Outcome<World> {
    World::of("examples", &["examples/mail/surveys/order.json"], window).await
}

/// The mail to one recipient, as the company's own server makes it.
fn personal_mail(world: &World, recipient: &str) -> Outcome<String> {
    let secret = world.rapport.run(&["site", "secret", &world.site, "recipient"])?;
    let script = tools::workspace().join("examples/mail/mail.mjs");
    let output = Command::new("node")
        .arg(script)
        .args([&world.proxy.origin(), &world.site, secret.trim(), recipient, "2199-12-31"])
        .output()?;
    let mail = String::from_utf8(output.stdout)?;
    if output.status.success() && mail.contains("signature=") {
        Ok(mail)
    } else {
        Err(format!("no mail: {mail}").into())
    }
}

/// The words of the page, once they hold `expected`.
async fn says(world: &World, expected: &str) -> Outcome<String> {
    wait::until(expected, || async {
        let words = world.browser.run("return document.body ? document.body.innerText : ''").await?;
        Ok(words.as_str().filter(|words| words.contains(expected)).map(str::to_owned))
    })
    .await
}

/// Requests of forms so far.
fn posts(world: &World) -> usize {
    world
        .proxy
        .exchanges()
        .iter()
        .filter(|exchange| exchange.method == "POST" && exchange.path.starts_with("/f/"))
        .count()
}

async fn a_click_in_a_mail_is_an_answer_and_another_click_changes_it(window: Window) -> Outcome {
    let world = world(window).await?;
    let browser = &world.browser;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("index.html"), personal_mail(&world, "C-17")?)?;
    let mail = Pages::serve(folder.path().to_path_buf(), String::new()).await?;
    browser.visit(&mail.url("/")).await?;
    assert_eq!(browser.run("return document.scripts.length").await?, 0);
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));

    // A program that looks into mails follows every link and stores nothing.
    let links: Vec<String> = serde_json::from_value(
        browser.run("return [...document.querySelectorAll('a[href*=\"/f/\"]')].map((link) => link.href)").await?,
    )?;
    assert_eq!(links.len(), 11, "{links:?}");
    let client = reqwest::Client::builder().no_proxy().build()?;
    for link in &links {
        assert_eq!(client.get(link).send().await?.status(), 200);
        assert_eq!(client.head(link).send().await?.status(), 200);
    }
    assert_eq!(posts(&world), 0);

    // Opening stores nothing, however long a browser shows the page: a person presses the button.
    browser.click("a[href*='likely=9&']").await?;
    says(&world, "How likely").await?;
    wait::stays("a page that waits for its button", wait::DOUBT, async || Ok(posts(&world) == 0)).await?;
    browser.click("form button.next").await?;
    let page = says(&world, "You gave 9.").await?;
    assert!(page.contains("Your answer is saved.") && page.contains("under C-17"), "{page}");
    assert_eq!(posts(&world), 1);
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    // Going back to what was clicked is no press either.
    browser.driver.back().await?;
    says(&world, "How likely").await?;
    assert_eq!(posts(&world), 1);
    browser.click("form button.next").await?;
    says(&world, "You gave 9.").await?;
    browser.driver.query(By::Css("textarea")).first().await?.send_keys("The box was beautiful.").await?;
    browser.click("form button.next").await?;
    says(&world, "Somebody reads every answer.").await?;

    // The same mail again, and another answer.
    browser.visit(&mail.url("/")).await?;
    browser.click("a[href*='likely=3&']").await?;
    says(&world, "How likely").await?;
    // As long as somebody looks at what they are about to send.
    wait::pass(Duration::from_millis(1_600)).await;
    browser.click("form button.next").await?;
    says(&world, "You gave 3.").await?;
    dashboard::sign_in(&world).await?;
    let feedback = dashboard::read(&world, "feedback/order?suspicious=included").await?;
    assert_eq!(feedback.matches("The box was beautiful.").count(), 1, "{feedback}");
    browser.click("a.open, a[href*='/responses/']").await?;
    let response = says(&world, "C-17").await?;
    assert!(response.contains("The box was beautiful.") && response.contains("3"), "{response}");
    assert!(!response.contains("Suspicious"), "one press is fast, and no program's: {response}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_question_of_the_example_is_what_the_command_line_prints() -> Outcome {
    let world = world(DESKTOP).await?;
    let printed = world.rapport.run(&["survey", "link", &world.site, "order", "--fact", "order=17", "--html"])?;
    let mail = std::fs::read_to_string(tools::workspace().join("examples/mail/index.html"))?;
    let mail = mail.replace("{{rapport}}", &world.proxy.origin()).replace("{{site}}", &world.site);
    assert!(mail.contains(printed.trim()), "examples/mail/index.html should hold:\n{printed}");
    let links =
        world.rapport.run(&["survey", "link", &world.site, "order", "--recipient", "C-17", "--valid-days", "5"])?;
    assert!(links.lines().filter(|line| line.contains("/f/") && line.contains("signature=")).count() >= 11, "{links}");
    for wrong in [
        &["survey", "link", &world.site, "order", "--question", "why"][..],
        &["survey", "link", &world.site, "order", "--recipient", ""],
        &["survey", "link", &world.site, "order", "--fact", "colour=red"],
        &["survey", "link", &world.site, "none"],
    ] {
        assert!(world.rapport.run(wrong).is_err(), "{wrong:?}");
    }
    Ok(())
}
