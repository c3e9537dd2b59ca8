//! The survey as a page of its own: no script, a plain form post, and the answer lies with the others.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, dashboard, wait, world::World};
use serde_json::json;
use thirtyfour::prelude::*;

const WORDS: &str = "Answered <without> a line of script.";

in_each_browser!(
    a_form_without_script_is_stored,
    the_browser_s_own_back_leads_to_the_step_before,
    a_rating_changed_after_going_back_was_said_to_be_saved_and_was_not,
);

async fn a_form_without_script_is_stored(window: Window) -> Outcome {
    let world = World::shop_in(window).await?;
    let browser = &world.browser;
    browser.visit(&format!("{}/f/{}/page-rating", world.proxy.origin(), world.site)).await?;
    assert_eq!(browser.run("return document.scripts.length").await?, 0);
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));

    browser.click("label:has(input[type=radio][value='2'])").await?;
    let words = browser.driver.query(By::Css("textarea")).first().await?;
    words.send_keys(WORDS).await?;
    browser.click("button[type=submit], form button").await?;
    wait::until("the thank-you", || async {
        let page = browser.run("return document.body.innerText").await?;
        Ok(page.as_str().unwrap_or_default().contains("Thank you").then_some(()))
    })
    .await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    // One post, one answer; nothing measured the visitor.
    let posts: Vec<_> = world
        .proxy
        .exchanges()
        .into_iter()
        .filter(|exchange| exchange.method == "POST")
        .map(|exchange| exchange.path)
        .collect();
    assert_eq!(json!(posts), json!([format!("/f/{}/page-rating?rapport-step", world.site)]));

    dashboard::sign_in(&world).await?;
    // A form answered this fast may be marked suspicious, and is kept all the same.
    let feedback = dashboard::read(&world, "feedback/page-rating?suspicious=included").await?;
    assert_eq!(feedback.matches(WORDS).count(), 1, "{feedback}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_to_be_ordered_looks_unanswered_until_it_is() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    let choices: Vec<_> = ["price", "quality"].map(|id| json!({ "id": id, "label": id })).into();
    let survey = json!({
        "id": "order", "name": "Order", "title": "Order", "placement": "hosted",
        "questions": [{ "id": "ranks", "kind": "ranking", "text": "Order these", "choices": choices }],
    });
    let site = world.another_site(&[survey])?;
    browser.visit(&format!("{}/f/{site}/order", world.proxy.origin())).await?;
    browser.see("select").await?;
    // Each row, and a row as it would be drawn without any rule of choices.
    let looks = "
        for (const animation of document.getAnimations()) animation.finish();
        const look = (row) => [getComputedStyle(row).borderTopColor, getComputedStyle(row).backgroundColor].join();
        const rows = [...document.querySelectorAll('label.option')];
        const bare = rows[0].cloneNode(true);
        bare.querySelector('select').remove();
        rows[0].parentNode.append(bare);
        const plain = look(bare);
        bare.remove();
        return rows.map((row) => look(row) === plain ? 'plain' : 'picked');";
    assert_eq!(browser.run(looks).await?, json!(["plain", "plain"]));
    let choose = |rank: u8| {
        let script = format!("document.querySelectorAll('select')[1].value = '{rank}'");
        async move { browser.run(&script).await }
    };
    choose(1).await?;
    assert_eq!(browser.run(looks).await?, json!(["plain", "picked"]));
    choose(0).await?;
    assert_eq!(browser.run(looks).await?, json!(["plain", "plain"]));
    Ok(())
}

async fn the_browser_s_own_back_leads_to_the_step_before(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[], window).await?;
    let browser = &world.browser;
    let is = |question: &str| json!([{ "answer": question, "at_least": 1 }]);
    let survey = json!({
        "id": "steps", "name": "Steps", "title": "Step by step", "placement": "hosted", "trigger": { "on": "manual" },
        "questions": [
            { "id": "first", "kind": "csat", "text": "The first?", "required": true },
            { "id": "second", "kind": "csat", "text": "The second?", "required": true, "when": is("first") },
            { "id": "third", "kind": "csat", "text": "The third?", "required": true, "when": is("second") },
        ],
    });
    world.ask(&world.site, &survey)?;
    browser.visit(&format!("{}/f/{}/steps", world.proxy.origin(), world.site)).await?;
    let asks = async |question: &str| {
        let legend = format!("{question}?");
        wait::until(question, || async {
            let legends = browser.run("return [...document.querySelectorAll('legend')].at(-1)?.innerText").await?;
            Ok((legends == json!(legend)).then_some(()))
        })
        .await
    };
    let answer = async |score: u64| {
        browser.click(&format!("label:has(input[type=radio][value='{score}'])")).await?;
        browser.click("button.next").await
    };
    asks("The first").await?;
    answer(1).await?;
    asks("The second").await?;
    answer(2).await?;
    asks("The third").await?;
    browser.driver.back().await?;
    asks("The second").await?;
    browser.driver.back().await?;
    asks("The first").await?;
    answer(4).await?;
    asks("The second").await?;
    answer(5).await?;
    asks("The third").await?;
    answer(3).await?;
    browser.see("[role=status]").await?;
    // One run, and the answers that were given last.
    dashboard::sign_in(&world).await?;
    let feedback = dashboard::read(&world, "feedback/steps?suspicious=included").await?;
    for said in ["2\nresponses", "unfinished\nsuspicious"] {
        assert!(!feedback.contains(said), "{said}: {feedback}");
    }
    Ok(())
}

async fn a_rating_changed_after_going_back_was_said_to_be_saved_and_was_not(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[], window).await?;
    let browser = &world.browser;
    let survey = json!({
        "id": "two", "name": "Two", "title": "Two", "placement": "hosted", "language": "en",
        "questions": [
            { "id": "rate", "kind": "csat", "display": "numbers", "text": "How was it?" },
            { "id": "why", "kind": "open-text", "text": "You gave {{answer:rate}}. Why?" },
        ],
    });
    world.ask(&world.site, &survey)?;
    browser.visit(&format!("{}/f/{}/two", world.proxy.origin(), world.site)).await?;
    let reads = async |text: &str| {
        wait::until(text, || async {
            let page = browser.run("return document.body.innerText").await?;
            Ok(page.as_str().unwrap_or_default().contains(text).then_some(()))
        })
        .await
    };
    reads("How was it?").await?;
    browser.click("label:has(input[type=radio][value='2'])").await?;
    browser.click("button.next").await?;
    reads("You gave 2. Why?").await?;
    browser.driver.query(By::Css("textarea")).first().await?.send_keys("Two\nlines").await?;
    browser.click("button.next").await?;
    reads("Thank you").await?;
    browser.driver.back().await?;
    reads("You gave 2. Why?").await?;
    browser.driver.back().await?;
    reads("How was it?").await?;
    browser.click("label:has(input[type=radio][value='5'])").await?;
    browser.click("button.next").await?;
    reads("You gave 5. Why?").await?;
    reads("Your answer is saved.").await?;
    let written = browser.run("return document.querySelector('textarea').value").await?;
    assert_eq!(written, "Two\nlines", "what is stored is shown");
    let run = browser.run("return document.querySelector('input[name=run]').value").await?;
    let told = dashboard::own_data(&world, run.as_str().unwrap_or_default()).await?;
    let answers = &told["responses"][0]["answers"];
    assert_eq!((&answers[0]["score"], &answers[1]["text"]), (&json!(5), &json!("Two\nlines")), "{told}");
    Ok(())
}
