//! Staff find a customer in the list, read what happened with them, and log a call by the keyboard alone.

use rapport_tests::keyboard::tab_to;
use rapport_tests::{Outcome, dashboard, wait, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// Sends a document to the API with a key that may write customers.
async fn send(world: &World, path: &str, key: &str, body: &Value) -> Outcome<Value> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/api/v1/sites/{}/{path}", world.rapport.origin(), world.site);
    let sent = client.post(url).bearer_auth(key).header("content-type", "application/json").body(body.to_string());
    Ok(serde_json::from_str(&sent.send().await?.text().await?)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_logged_by_keys_alone_on_the_timeline_of_a_customer_who_was_searched_for() -> Outcome {
    let world = World::shop().await?;
    let browser = &world.browser;
    let printed = world.rapport.run(&["key", "add", &world.site, "--name", "Shop", "--scope", "customers:write"])?;
    let key = printed.split_whitespace().find(|word| word.starts_with("rapport_")).ok_or(printed.clone())?;
    let customers = json!({ "customers": [
        { "id": "4711", "name": "王小明", "mail": "xm@example.com", "traits": { "plan": "gold" } },
        { "id": "4712", "name": "Ada Lovelace" },
    ] });
    let saved = send(&world, "customers", key, &customers).await?;
    assert_eq!(saved["saved"].as_array().map(Vec::len), Some(2), "{saved}");
    let bought = json!({ "interactions": [
        { "id": "o-1", "customer": "4711", "channel": "purchase", "thing": "Field vase", "amount_minor": 4900, "currency": "EUR" },
    ] });
    assert_eq!(send(&world, "interactions", key, &bought).await?["accepted"], 1);

    dashboard::sign_in(&world).await?;
    let everybody = dashboard::read(&world, "customers").await?;
    assert!(everybody.contains("Ada Lovelace") && everybody.contains("王小明"), "{everybody}");
    tab_to(browser, "input[type=search]").await?;
    browser.press("小明").await?;
    browser.press(Key::Enter).await?;
    wait::until("the search", || async {
        let said = dashboard::text(&world).await?;
        Ok((said.contains("xm@example.com") && !said.contains("Ada")).then_some(()))
    })
    .await?;
    tab_to(browser, "a[data-step]").await?;
    browser.press(Key::Enter).await?;
    wait::until("the timeline", || async {
        let said = dashboard::text(&world).await?;
        Ok((said.contains("Field vase") && said.contains("49.00 EUR")).then_some(()))
    })
    .await?;
    // A call is what is offered first, and now is when it was.
    tab_to(browser, "input[name=subject]").await?;
    browser.press("Asked for the invoice").await?;
    browser.press(Key::Enter).await?;
    wait::until("the call", || async {
        let events = "return [...document.querySelectorAll('.customer-day li')].map((event) => event.innerText)";
        let events = browser.run(events).await?;
        let first = events[0].as_str().unwrap_or_default().to_owned();
        Ok((first.contains("Call from them")
            && first.contains("Asked for the invoice")
            && first.contains("owner@example.com"))
        .then_some(()))
    })
    .await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}
